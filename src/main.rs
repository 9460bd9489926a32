//! The program: hands over to the command line and turns its outcome into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(groundtell::cli::run(std::env::args_os()))
}
