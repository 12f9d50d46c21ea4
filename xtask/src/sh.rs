//! The one place that starts other programs. Each is shown before it runs; there is no shell between us and them.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::outcome::{Failure, Outcome};

/// Shows a command, runs it, and demands success.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = status(command)?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::failed(format!("`{}` {}", shown(command), ending(status))))
    }
}

/// Shows a command, runs it, and tells how it ended.
pub(crate) fn status(command: &mut Command) -> Outcome<ExitStatus> {
    echo(command);
    command.status().map_err(|error| not_started(command, &error))
}

/// Shows a command and runs it; its status and what it said on stderr, which is not shown.
pub(crate) fn status_and_stderr(command: &mut Command) -> Outcome<(ExitStatus, String)> {
    echo(command);
    let output = command.stdin(Stdio::null()).output().map_err(|error| not_started(command, &error))?;
    Ok((output.status, String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// Shows a command and runs it; its status and what it said on stdout, which is not shown.
pub(crate) fn status_and_stdout(command: &mut Command) -> Outcome<(ExitStatus, String)> {
    echo(command);
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| not_started(command, &error))?;
    Ok((output.status, String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// Shows a command, runs it, and demands success; what it said on stdout, which is shown once it has ended.
pub(crate) fn run_for_text(command: &mut Command) -> Outcome<String> {
    let (status, text) = status_and_stdout(command)?;
    eprint!("{text}");
    if status.success() {
        Ok(text)
    } else {
        Err(Failure::failed(format!("`{}` {}", shown(command), ending(status))))
    }
}

/// Asks a program something without showing it: its stdout, if it succeeds.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Shows a command and becomes it: signals and the exit status are its own. Returns only when it can't be started.
pub(crate) fn become_it(command: &mut Command) -> Failure {
    echo(command);
    let error = command.exec();
    not_started(command, &error)
}

/// Where a program is in `PATH`, first match first.
pub(crate) fn which_all(program: &str) -> Vec<PathBuf> {
    // Where Debian keeps what only root needs; often not in the `PATH` of others.
    let more = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(more);
    folders.map(|folder| folder.join(program)).filter(|file| executable(file)).collect()
}

/// Whether a program is there.
pub(crate) fn have(program: &str) -> bool {
    !which_all(program).is_empty()
}

/// Whether we are root.
pub(crate) fn is_root() -> bool {
    ask(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

fn executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

fn echo(command: &Command) {
    eprintln!("  $ {}", shown(command));
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    let program = command.get_program().display();
    if error.kind() == ErrorKind::NotFound {
        Failure::usage(format!("there is no program `{program}`"))
    } else {
        Failure::failed(format!("cannot start `{program}`: {error}"))
    }
}

fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "did not end well".into(),
    }
}

/// A command as one would type it at the top of the repository.
fn shown(command: &Command) -> String {
    let set = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let set = set.map(|(name, value)| format!("{}={}", name.display(), word(value)));
    let program = Path::new(command.get_program());
    // Cargo tells us its own place in the tool chain; `cargo` is what a person types.
    let program = if program.ends_with("bin/cargo") { OsStr::new("cargo") } else { program.as_os_str() };
    let words = core::iter::once(program).chain(command.get_args()).map(word);
    set.chain(words).collect::<Vec<_>>().join(" ")
}

/// A word, in quotes where a shell needs them, and relative where it is a path of ours.
fn word(word: &OsStr) -> String {
    let top = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let inside = top.as_deref().and_then(Path::parent).and_then(|top| Path::new(word).strip_prefix(top).ok());
    let text = inside.map_or(word, Path::as_os_str).to_string_lossy();
    let plain = |letter: char| letter.is_alphanumeric() || "-_./=:+,@%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_as_typed() {
        let mut command = Command::new("/opt/tools/bin/cargo");
        command.args(["build", "-p", "it's", ""]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(shown(&command), r"RUSTDOCFLAGS='-D warnings' cargo build -p 'it'\''s' ''");
    }

    #[test]
    fn endings_are_told() {
        assert!(run(&mut Command::new("true")).is_ok());
        assert_eq!(run(&mut Command::new("false")).unwrap_err().message, "`false` ended with exit status 1");
        let missing = run(&mut Command::new("no-such-program")).unwrap_err();
        assert_eq!((missing.status, missing.message.as_str()), (2, "there is no program `no-such-program`"));
        let killed = run(Command::new("timeout").args(["--signal=KILL", "0.1", "sleep", "9"])).unwrap_err();
        assert!(
            killed.message.contains("signal 9") || killed.message.contains("status 137"),
            "{}",
            killed.message
        );
    }
}
