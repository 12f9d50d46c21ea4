//! The file with the log: written in large pieces, and never the reason to stop.

use core::mem;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use memchr::memchr_iter;

use crate::exit::Stop;
use crate::output::words;

/// Bytes that wait for a disk that takes none, at most. What comes after is dropped and counted.
const MOST_WAITING: usize = 4 << 20;

/// An open log file and what is still to be written.
pub(super) struct LogFile<F = File> {
    path: PathBuf,
    file: F,
    /// Lines, the first of which may already be there in part.
    waiting: Vec<u8>,
    /// Why the last attempt failed.
    failure: Option<String>,
    /// Lines that found no room since it fails.
    dropped: u64,
}

/// What has changed by an attempt to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// It no longer works, and why.
    Failed(String),
    /// It works again, after dropping so many lines.
    Recovered(u64),
}

impl LogFile {
    /// Opens the file, or makes it.
    pub(super) fn open(path: &Path) -> Result<Self, Stop> {
        let file = open(path)?;
        Ok(Self::new(path, file))
    }

    /// Opens the file again: it has been moved away. The old one stays if that fails.
    pub(super) fn reopen(&mut self) -> Result<(), Stop> {
        self.file = open(&self.path)?;
        Ok(())
    }

    /// Whether the path no longer leads to the open file.
    pub(super) fn has_moved(&self) -> bool {
        let identity = |data: &fs::Metadata| (data.dev(), data.ino());
        match (fs::metadata(&self.path), self.file.metadata()) {
            (Ok(there), Ok(open)) => identity(&there) != identity(&open),
            (Err(error), _) => error.kind() == ErrorKind::NotFound,
            (Ok(_), Err(_)) => false,
        }
    }
}

impl<F: Write> LogFile<F> {
    fn new(path: &Path, file: F) -> Self {
        Self { path: path.to_owned(), file, waiting: Vec::new(), failure: None, dropped: 0 }
    }

    /// Whether something waits to be written.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Adds complete lines, and empties them.
    pub(super) fn add(&mut self, lines: &mut Vec<u8>) {
        if self.waiting.is_empty() {
            mem::swap(&mut self.waiting, lines);
        } else if self.waiting.len() + lines.len() <= MOST_WAITING {
            self.waiting.append(lines);
        } else {
            self.dropped += count(lines);
        }
        lines.clear();
    }

    /// Writes as much as the file takes.
    pub(super) fn write(&mut self) -> Change {
        let mut written = 0;
        let ended = loop {
            let rest = self.waiting.get(written..).unwrap_or_default();
            if rest.is_empty() {
                break Ok(());
            }
            match self.file.write(rest) {
                Ok(0) => break Err(io::Error::from(ErrorKind::WriteZero)),
                Ok(bytes) => written += bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        // A line that is there in part is finished by the next attempt.
        self.waiting.drain(..written);
        match ended {
            Ok(()) if self.failure.take().is_some() => Change::Recovered(mem::take(&mut self.dropped)),
            Ok(()) => Change::None,
            Err(error) => {
                let why = words(&error);
                let known = self.failure.replace(why.clone());
                if known.as_deref() == Some(why.as_str()) { Change::None } else { Change::Failed(why) }
            }
        }
    }

    /// Lines that are lost if nothing is written any more.
    pub(super) fn unwritten(&self) -> u64 {
        self.dropped + count(&self.waiting)
    }
}

/// The number of lines.
fn count(lines: &[u8]) -> u64 {
    u64::try_from(memchr_iter(b'\n', lines).count()).unwrap_or(u64::MAX)
}

fn open(path: &Path) -> Result<File, Stop> {
    let shown = path.display();
    // A pipe without a reader would block, and a folder has words of its own.
    if path.is_dir() {
        return Err(Stop::failed(format!("the log file `{shown}` is a directory"))
            .help("move it away, or name another file with `--log FILE`"));
    }
    File::options().append(true).create(true).mode(0o644).open(path).map_err(|error| {
        let stop = Stop::failed(format!("can't open the log file `{shown}`: {}", words(&error)));
        match error.kind() {
            ErrorKind::PermissionDenied => {
                stop.help("run it as root, or name another file with `--log FILE`")
            }
            ErrorKind::NotFound => stop.help("its folder must exist"),
            _ => stop,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;
    use std::process;

    /// A disk with room for so many bytes.
    struct Disk {
        room: usize,
        written: Vec<u8>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // A third at a time, as signals and quotas may have it.
            let bytes = &bytes[..bytes.len().min(self.room).min(7)];
            if bytes.is_empty() {
                return Err(ErrorKind::StorageFull.into());
            }
            self.room -= bytes.len();
            self.written.extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn on(room: usize) -> LogFile<Disk> {
        LogFile::new(Path::new("x"), Disk { room, written: Vec::new() })
    }

    #[test]
    fn a_line_that_is_cut_by_a_full_disk_is_finished_later() {
        let mut log = on(12);
        log.add(&mut b"first line\nsecond line\n".to_vec());
        assert_eq!(log.write(), Change::Failed("no space left on the device".into()));
        assert_eq!(log.write(), Change::None);
        log.add(&mut b"third line\n".to_vec());
        assert_eq!(log.unwritten(), 2);
        log.file.room = 1000;
        assert_eq!(log.write(), Change::Recovered(0));
        assert_eq!(log.file.written, b"first line\nsecond line\nthird line\n");
        assert!(!log.waits());
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let mut log = on(0);
        let many = b"0123456789abcde\n".repeat(MOST_WAITING / 16);
        log.add(&mut many.clone());
        assert_eq!(log.write(), Change::Failed("no space left on the device".into()));
        log.add(&mut b"one\ntwo\n".to_vec());
        log.add(&mut b"three\n".to_vec());
        assert_eq!(log.waiting.len(), MOST_WAITING);
        log.file.room = usize::MAX;
        assert_eq!(log.write(), Change::Recovered(3));
        assert_eq!(log.file.written.len(), MOST_WAITING);
        log.add(&mut b"four\n".to_vec());
        assert_eq!(log.write(), Change::None);
    }

    #[test]
    fn a_file_that_was_moved_is_noticed_and_made_again() {
        let folder = env::temp_dir().join(format!("pvefw-log-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("log");
        let mut log = LogFile::open(&path).unwrap();
        log.add(&mut b"old\n".to_vec());
        assert_eq!((log.write(), log.has_moved()), (Change::None, false));
        fs::rename(&path, folder.join("log.1")).unwrap();
        assert!(log.has_moved());
        log.reopen().unwrap();
        log.add(&mut b"new\n".to_vec());
        assert_eq!((log.write(), log.has_moved()), (Change::None, false));
        assert_eq!(fs::read(folder.join("log.1")).unwrap(), b"old\n");
        assert_eq!(fs::read(&path).unwrap(), b"new\n");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_no_file_says_so() {
        let Err(Stop::Failed { message, .. }) = LogFile::open(&env::temp_dir()) else { panic!() };
        assert!(message.ends_with("is a directory"), "{message}");
        let Err(Stop::Failed { message, help }) = LogFile::open(Path::new("/no/such/folder")) else {
            panic!()
        };
        assert_eq!(message, "can't open the log file `/no/such/folder`: it does not exist");
        assert_eq!(help, ["its folder must exist"]);
    }
}
