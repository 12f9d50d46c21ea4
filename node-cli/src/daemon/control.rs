//! The control socket: one line in, one answer out. For root alone.
//!
//! | line | answer |
//! | --- | --- |
//! | `status` | the [`super::tally::Tally`] as JSON |
//! | `metrics` | what Prometheus reads; `GET /metrics` gets the same over HTTP |
//! | `confirm` | what came of it: the report of that run as JSON |
//! | `reload` | `ok`: the daemon starts anew |
//! | `stop` | `ok`: the daemon removes its rules and ends |

use core::time::Duration;
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Instant;

use nix::sys::socket::{getsockopt, sockopt};
use nix::unistd::geteuid;

use crate::output::words;

/// Who says nothing for this long, or does not take the answer, is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest question.
const LONGEST: usize = 4096;
/// So many at the same time.
const MOST: usize = 32;

/// What somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Status,
    Metrics,
    MetricsByHttp,
    Confirm,
    Reload,
    Stop,
}

impl Request {
    fn of(line: &str) -> Option<Self> {
        match line.trim() {
            "status" => Some(Self::Status),
            "metrics" => Some(Self::Metrics),
            "confirm" => Some(Self::Confirm),
            "reload" => Some(Self::Reload),
            "stop" => Some(Self::Stop),
            line if line.starts_with("GET /metrics ") => Some(Self::MetricsByHttp),
            _ => None,
        }
    }
}

/// The socket and who is connected.
pub(super) struct Control {
    listener: UnixListener,
    path: PathBuf,
    clients: Vec<Client>,
}

/// Somebody who is connected.
pub(super) struct Client {
    stream: UnixStream,
    said: Vec<u8>,
    until: Instant,
}

impl Control {
    /// Makes the socket. One that a dead daemon has left is replaced, since whoever calls holds the daemon's lock.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let failed =
            |error: std::io::Error| format!("can't make the control socket `{shown}`: {}", words(&error));
        match fs::symlink_metadata(path) {
            Ok(data) if !data.file_type().is_socket() => {
                return Err(format!(
                    "can't make the control socket `{shown}`: there is something else, which is no socket; move it away"
                ));
            }
            Ok(_) if UnixStream::connect(path).is_ok() => {
                return Err(format!(
                    "can't make the control socket `{shown}`: another program listens there; end it, or name another folder with `--run`"
                ));
            }
            Ok(_) => fs::remove_file(path).map_err(failed)?,
            Err(_) => {}
        }
        let listener = UnixListener::bind(path).map_err(failed)?;
        // Whoever comes before this is asked who they are all the same.
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        Ok(Self { listener, path: path.to_owned(), clients: Vec::new() })
    }

    /// Where to wait for somebody.
    pub(super) fn sources(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let clients = self.clients.iter().map(|client| client.stream.as_fd());
        core::iter::once(self.listener.as_fd()).chain(clients)
    }

    /// How long until somebody has to be let go.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        self.clients.iter().map(|client| client.until.saturating_duration_since(now)).min()
    }

    /// Takes questions, with those who asked them.
    pub(super) fn take(&mut self, now: Instant) -> Vec<(Request, Client)> {
        while let Ok((stream, _)) = self.listener.accept() {
            let trusted = getsockopt(&stream, sockopt::PeerCredentials)
                .is_ok_and(|peer| peer.uid() == 0 || peer.uid() == geteuid().as_raw());
            if trusted && self.clients.len() < MOST && stream.set_nonblocking(true).is_ok() {
                self.clients.push(Client { stream, said: Vec::new(), until: now + PATIENCE });
            }
        }
        let mut requests = Vec::new();
        for mut client in core::mem::take(&mut self.clients).into_iter().filter(|client| client.until > now) {
            match client.line() {
                Line::Unfinished => self.clients.push(client),
                Line::Gone => {}
                Line::Said(line) => match Request::of(&line) {
                    Some(request) => requests.push((request, client)),
                    None => client.write("error: no such request\n"),
                },
            }
        }
        requests
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // The next daemon replaces it, should that fail.
        let _ = fs::remove_file(&self.path);
    }
}

enum Line {
    Unfinished,
    Gone,
    Said(String),
}

impl Client {
    fn line(&mut self) -> Line {
        let mut piece = [0; 512];
        loop {
            match self.stream.read(&mut piece) {
                Ok(0) if self.said.is_empty() => return Line::Gone,
                Ok(0) => break,
                Ok(length) => self.said.extend(piece.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if !self.said.contains(&b'\n') {
                        return if self.said.len() > LONGEST { Line::Gone } else { Line::Unfinished };
                    }
                    break;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Line::Gone,
            }
            if self.said.len() > LONGEST {
                return Line::Gone;
            }
        }
        let text = String::from_utf8_lossy(&self.said).into_owned();
        Line::Said(text.lines().next().unwrap_or_default().to_owned())
    }

    /// Answers, as far as they take it at once: a socket has room for any answer of ours.
    pub(super) fn write(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes());
    }

    /// Answers a question that came by HTTP.
    pub(super) fn write_http(&mut self, text: &str) {
        self.write(&format!(
            "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\r\n{text}",
            text.len()
        ));
    }
}
