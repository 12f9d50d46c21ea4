//! The only printer: data goes to stdout, all else to stderr.

use core::fmt;
use std::env;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

use pvefw_core::diag::render::{Options, Style, visible};

use crate::args::When;
use crate::exit::Stop;

/// Where to, and with colours or without.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    data: Options,
    notices: Options,
}

/// What a notice is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// The command stops.
    Error,
    /// Something is probably not as meant.
    Warning,
    /// Worth knowing.
    Note,
    /// A way out.
    Help,
}

impl Output {
    /// Decides about colours: as asked for, else where a terminal will show them and nobody objects.
    pub(crate) fn new(color: When) -> Self {
        let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let auto = !set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb");
        let options = |terminal: bool| {
            let coloured = match color {
                When::Always => true,
                When::Never => false,
                When::Auto => auto && terminal,
            };
            let width = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
            Options {
                style: if coloured { Style::Ansi } else { Style::Plain },
                width: width.unwrap_or(Options::default().width),
            }
        };
        Self { data: options(io::stdout().is_terminal()), notices: options(io::stderr().is_terminal()) }
    }

    /// How to render diagnostics that go to stdout.
    pub(crate) fn for_data(&self) -> Options {
        self.data
    }

    /// How to render diagnostics that go to stderr.
    pub(crate) fn for_notices(&self) -> Options {
        self.notices
    }

    /// Prints data.
    #[expect(clippy::unused_self, reason = "that there is an Output is the permission to print")]
    pub(crate) fn data(&self, parts: &[&str]) -> Result<(), Stop> {
        let mut out = BufWriter::new(io::stdout().lock());
        parts
            .iter()
            .try_for_each(|part| out.write_all(part.as_bytes()))
            .and_then(|()| out.flush())
            .map_err(|error| stop(&error))
    }

    /// Prints one line of JSON, which `write` makes.
    #[expect(clippy::unused_self, reason = "that there is an Output is the permission to print")]
    pub(crate) fn json(
        &self,
        write: impl FnOnce(&mut dyn Write) -> serde_json::Result<()>,
    ) -> Result<(), Stop> {
        let mut out = BufWriter::new(io::stdout().lock());
        write(&mut out)
            .map_err(io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush())
            .map_err(|error| stop(&error))
    }

    /// Prints data as it comes.
    #[expect(clippy::unused_self, reason = "that there is an Output is the permission to print")]
    pub(crate) fn stream(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Stop> {
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        write(&mut out).and_then(|()| out.flush()).map_err(|error| stop(&error))
    }

    /// Prints diagnostics that are not the data asked for. Nobody is left to tell if that fails.
    #[expect(clippy::unused_self, reason = "that there is an Output is the permission to print")]
    pub(crate) fn aside(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Prints a line about the run: `warning: …`.
    pub(crate) fn notice(&self, kind: Kind, message: impl fmt::Display) {
        let (name, color) = match kind {
            Kind::Error => ("error", "\u{1b}[1m\u{1b}[91m"),
            Kind::Warning => ("warning", "\u{1b}[1m\u{1b}[33m"),
            Kind::Note => ("note", "\u{1b}[1m\u{1b}[92m"),
            Kind::Help => ("help", "\u{1b}[1m\u{1b}[96m"),
        };
        // Paths are in there, and may hold anything.
        let message = visible(&message.to_string());
        self.aside(&match self.notices.style {
            Style::Plain => format!("{name}: {message}\n"),
            Style::Ansi => format!("{color}{name}\u{1b}[0m: {message}\n"),
        });
    }
}

fn stop(error: &io::Error) -> Stop {
    match error.kind() {
        ErrorKind::BrokenPipe => Stop::ReaderGone,
        _ => Stop::failed(format!("can't write the output: {}", words(error))),
    }
}

/// An error of the system in our grammar: lower case, without its number.
pub(crate) fn words(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::NotFound => "it does not exist".into(),
        ErrorKind::StorageFull => "no space left on the device".into(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let mut letters = text.chars();
            letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}
