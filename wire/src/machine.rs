//! The programs `ip` and `bridge` of iproute2, and settings of the kernel.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where iproute2 is on Debian.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/// Feeds a program of iproute2 with commands, a line each, here and now.
///
/// # Errors
/// What the program complains about, with the line.
pub fn batch(program: &str, options: &[&str], commands: &str) -> Result<(), String> {
    let path = find(program)?;
    let cannot = |error| format!("can't run `{program}`: {error}");
    let mut child = Command::new(path)
        .args(options)
        .args(["-batch", "-"])
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    if let Some(mut stdin) = child.stdin.take() {
        // Should it stop reading, its status tells why.
        drop(stdin.write_all(commands.as_bytes()));
    }
    let output = child.wait_with_output().map_err(cannot)?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let number = words.rsplit_once("-:").and_then(|(_, rest)| rest.trim().parse::<usize>().ok());
    let line = number.and_then(|number| commands.lines().nth(number.saturating_sub(1))).unwrap_or_default();
    Err(format!("{program}: {} (at `{line}`)", words.trim().replace('\n', "; ")))
}

fn find(program: &str) -> Result<PathBuf, String> {
    let mut places = FOLDERS.iter().map(|folder| PathBuf::from(folder).join(program));
    places.find(|path| path.is_file()).ok_or_else(|| format!("no `{program}`: apt-get install iproute2"))
}

/// Writes a setting of the kernel, `net/ipv4/ip_forward`.
///
/// # Errors
/// When the kernel refuses.
pub fn set(name: &str, value: &str) -> Result<(), String> {
    let path = format!("/proc/sys/{name}");
    fs::write(&path, value).map_err(|error| format!("can't set `{path}` to {value}: {error}"))
}
