//! The program: hands over to the command line and turns its outcome into an exit code.

use std::process::ExitCode;

/// Blocks come and go by the thousand; the system's allocator gives their pages back each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(groundtell::cli::run(std::env::args_os()))
}
