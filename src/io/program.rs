//! A program of the user's that is given a document on stdin. No shell reads its arguments, and of the environment
//! it gets only what finds programs and people.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::text::Foreign;

/// Variables that it gets.
const ENVIRONMENT: [&str; 8] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR"];
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked at.
const STEP: Duration = Duration::from_millis(10);

/// Runs `words` (a program and its arguments) with `input` on stdin and waits for it.
///
/// # Errors
/// `Environment` when it cannot be started, takes longer than a minute, or ends with another code than 0.
pub fn fed(words: &[String], input: &[u8]) -> Result<()> {
    let failed = |why: String| Error::new(Kind::Environment, why);
    let Some((program, arguments)) = words.split_first() else { return Err(Error::usage("no program is named")) };
    let shown = Foreign::new(program.as_str());
    let kept = ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    let started = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(kept)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut child = started.map_err(|error| failed(format!("{shown} cannot be started: {error}")))?;
    let pipe = child.stdin.take();
    // A program that does not read all of it is none the worse for that.
    let feeding = std::thread::spawn({
        let input = input.to_vec();
        move || pipe.map(|mut pipe| pipe.write_all(&input).is_ok())
    });
    let code = ended(&mut child)
        .map_err(|error| failed(format!("{shown}: {error}")))?
        .ok_or_else(|| failed(format!("{shown} took longer than {} s and was ended", PATIENCE.as_secs())))?;
    let _ = feeding.join();
    if code.success() { Ok(()) } else { Err(failed(format!("{shown} ended with {code}"))) }
}

/// Waits for the end; None when it had to be killed.
fn ended(child: &mut Child) -> std::io::Result<Option<std::process::ExitStatus>> {
    let mut waited = Duration::ZERO;
    while waited < PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(STEP);
        waited += STEP;
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, input: &[u8]) -> Result<()> {
        fed(&["sh".into(), "-c".into(), script.into()], input)
    }

    #[test]
    fn the_document_arrives_and_the_code_counts() {
        assert!(shell("test \"$(cat)\" = hello", b"hello").is_ok());
        assert!(shell("test \"$(cat)\" = hello", b"other").is_err());
        assert!(shell("exit 0", &[b'x'; 1 << 20]).is_ok(), "a program need not read");
        assert!(fed(&["/nowhere/at/all".into()], b"").unwrap_err().problem().contains("cannot be started"));
    }

    #[test]
    fn secrets_of_the_environment_stay_behind() {
        // CARGO_PKG_NAME stands for any variable that the test's own process has.
        assert!(std::env::var_os("CARGO_PKG_NAME").is_none() || shell("test -z \"$CARGO_PKG_NAME\"", b"").is_ok());
    }
}
