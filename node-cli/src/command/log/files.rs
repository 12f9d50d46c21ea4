//! The file, those it was rotated into, and what is added to it.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use flate2::read::MultiGzDecoder;

use crate::exit::Stop;
use crate::output::words;

/// A line is cut here; ours have 508 bytes.
const LONGEST: u64 = 64 << 10;

/// Bytes of a followed file that are read at once: one of gigabytes may have taken its place.
const MOST_AT_ONCE: usize = 1 << 20;

/// Lines of one file after the other.
pub(super) struct Lines {
    /// What is still to be read, the last first.
    files: Vec<(PathBuf, Box<dyn BufRead>)>,
    bytes: Vec<u8>,
    line: String,
    /// The file without those it was rotated into, to go on with.
    newest: Option<(File, u64)>,
}

impl Lines {
    /// Opens the file, and with a time those it was rotated into since.
    pub(super) fn open(path: &Path, since: Option<i64>) -> Result<Self, Stop> {
        let mut lines = Self { files: Vec::new(), bytes: Vec::new(), line: String::new(), newest: None };
        if path == Path::new("-") {
            lines.files.push((path.to_owned(), Box::new(BufReader::new(io::stdin()))));
            return Ok(lines);
        }
        let mut file = open(path)?;
        if is_packed(path) {
            lines.files.push((path.to_owned(), unpacked(file)));
            return Ok(lines);
        }
        // What is added while we read is left to whoever follows.
        let end = file.seek(SeekFrom::End(0)).unwrap_or(u64::MAX);
        let failed = |error| unreadable(path, &error);
        // A pipe can't be rewound, and need not be.
        let _ = file.rewind();
        let copy = file.try_clone().map_err(failed)?;
        lines.newest = Some((copy, end));
        lines.files.push((path.to_owned(), Box::new(BufReader::with_capacity(1 << 16, file.take(end)))));
        if let Some(since) = since {
            lines.add_rotated(path, since)?;
        }
        Ok(lines)
    }

    /// Adds `log.1`, `log.2.gz` and so on, as far as they were written to since.
    fn add_rotated(&mut self, path: &Path, since: i64) -> Result<(), Stop> {
        for (rotated, changed) in rotations(path) {
            if changed < since {
                break;
            }
            let file = open(&rotated)?;
            let reader: Box<dyn BufRead> = if is_packed(&rotated) {
                unpacked(file)
            } else {
                Box::new(BufReader::with_capacity(1 << 16, file))
            };
            self.files.push((rotated, reader));
        }
        Ok(())
    }

    /// The next line, without its end.
    pub(super) fn next(&mut self) -> Result<Option<&str>, Stop> {
        loop {
            let Some((path, reader)) = self.files.last_mut() else { return Ok(None) };
            self.bytes.clear();
            match reader.take(LONGEST).read_until(b'\n', &mut self.bytes) {
                Ok(0) => drop(self.files.pop()),
                Ok(_) => {
                    self.line.clear();
                    self.line.push_str(&String::from_utf8_lossy(self.bytes.trim_ascii_end_of_line()));
                    return Ok(Some(&self.line));
                }
                Err(error) => return Err(unreadable(path, &error)),
            }
        }
    }

    /// Goes on with what is added to the file.
    pub(super) fn into_follower(self, path: &Path) -> Result<Follower, Stop> {
        let Some((file, at)) = self.newest else {
            return Err(Stop::failed(format!("can't follow `{}`: nothing is added to it", path.display())));
        };
        Ok(Follower { path: path.to_owned(), file, at, rest: Vec::new() })
    }
}

/// The files that a log was rotated into, the newest first, with the time of their last change.
fn rotations(path: &Path) -> impl Iterator<Item = (PathBuf, i64)> {
    let with = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    (1..).map_while(move |number| {
        [format!(".{number}"), format!(".{number}.gz")].into_iter().find_map(|end| {
            let path = with(&end);
            let changed = fs::metadata(&path).and_then(|data| data.modified()).ok()?;
            let changed = changed.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            Some((path, i64::try_from(changed).unwrap_or(i64::MAX)))
        })
    })
}

fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "gz")
}

fn unpacked(file: File) -> Box<dyn BufRead> {
    Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file)))
}

fn open(path: &Path) -> Result<File, Stop> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    if file.metadata().is_ok_and(|data| data.is_dir()) {
        return Err(Stop::failed(format!("can't read the log `{}`: it is a directory", path.display())));
    }
    Ok(file)
}

fn unreadable(path: &Path, error: &io::Error) -> Stop {
    let stop = Stop::failed(format!("can't read the log `{}`: {}", path.display(), words(error)));
    match error.kind() {
        ErrorKind::NotFound => {
            stop.help("has anything been logged yet? `systemctl status pvefw-log` tells of the logger")
        }
        ErrorKind::PermissionDenied => stop.help("only root and the group adm may read it: try `sudo`"),
        _ => stop,
    }
}

/// Without `\n` or `\r\n`.
trait TrimEnd {
    fn trim_ascii_end_of_line(&self) -> &[u8];
}

impl TrimEnd for [u8] {
    fn trim_ascii_end_of_line(&self) -> &[u8] {
        let line = self.strip_suffix(b"\n").unwrap_or(self);
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}

/// A file that grows, is cut, and is replaced by another of its name.
pub(super) struct Follower {
    path: PathBuf,
    file: File,
    at: u64,
    /// A line that is not there as a whole yet.
    rest: Vec<u8>,
}

impl Follower {
    /// The lines that have come since the last look.
    pub(super) fn read(&mut self) -> Result<Vec<String>, Stop> {
        let mut lines = self.rest_of_file()?;
        let there = fs::metadata(&self.path);
        let replaced = |open: &fs::Metadata| {
            there.as_ref().is_ok_and(|there| (there.dev(), there.ino()) != (open.dev(), open.ino()))
        };
        let open_now = self.file.metadata().map_err(|error| unreadable(&self.path, &error))?;
        if replaced(&open_now) {
            // Whoever wrote to the old one may just have finished a line.
            lines.extend(self.rest_of_file()?);
            (self.file, self.at, self.rest) = (open(&self.path)?, 0, Vec::new());
            lines.extend(self.rest_of_file()?);
        } else if open_now.len() < self.at {
            (self.at, self.rest) = (0, Vec::new());
            lines.extend(self.rest_of_file()?);
        }
        Ok(lines)
    }

    fn rest_of_file(&mut self) -> Result<Vec<String>, Stop> {
        let failed = |error: io::Error| unreadable(&self.path, &error);
        self.file.seek(SeekFrom::Start(self.at)).map_err(failed)?;
        let read = (&self.file)
            .take(u64::try_from(MOST_AT_ONCE).unwrap_or(u64::MAX))
            .read_to_end(&mut self.rest)
            .map_err(failed)?;
        self.at += u64::try_from(read).unwrap_or_default();
        // Something this long without an end is no line that is still being written.
        let long = if self.rest.len() > MOST_AT_ONCE { self.rest.len() } else { 0 };
        let end = memchr::memrchr(b'\n', &self.rest).map_or(long, |at| at + 1);
        let whole: Vec<u8> = self.rest.drain(..end).collect();
        let lines = whole.split_inclusive(|byte| *byte == b'\n');
        Ok(lines.map(|line| String::from_utf8_lossy(line.trim_ascii_end_of_line()).into_owned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;
    use std::{env, process};

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = env::temp_dir().join(format!("pvefw-{name}-{}", process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn all(path: &Path, since: Option<i64>) -> Vec<String> {
        let mut lines = Lines::open(path, since).unwrap();
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push(line.to_owned());
        }
        found
    }

    #[test]
    fn rotated_files_come_first_and_only_with_a_time() {
        let folder = Folder::new("rotated");
        let path = folder.0.join("log");
        fs::write(&path, "e\nf\r\n").unwrap();
        fs::write(folder.0.join("log.1"), "c\nd\n").unwrap();
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(b"a\nb\n").unwrap();
        fs::write(folder.0.join("log.2.gz"), packed.finish().unwrap()).unwrap();
        fs::write(folder.0.join("log.4"), "too far\n").unwrap();
        assert_eq!(all(&path, None), ["e", "f"]);
        assert_eq!(all(&path, Some(0)), ["a", "b", "c", "d", "e", "f"]);
        assert_eq!(all(&path, Some(i64::MAX)), ["e", "f"]);
        assert_eq!(all(&folder.0.join("log.2.gz"), None), ["a", "b"]);
    }

    #[test]
    fn a_followed_file_grows_is_cut_and_is_replaced() {
        let folder = Folder::new("followed");
        let path = folder.0.join("log");
        fs::write(&path, "old\n").unwrap();
        let mut lines = Lines::open(&path, None).unwrap();
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b"new\nhalf").unwrap();
        assert_eq!(lines.next().unwrap(), Some("old"));
        assert_eq!(lines.next().unwrap(), None);
        let mut follower = lines.into_follower(&path).unwrap();
        assert_eq!(follower.read().unwrap(), ["new"]);
        file.write_all(b" whole\n").unwrap();
        assert_eq!(follower.read().unwrap(), ["half whole"]);
        fs::rename(&path, folder.0.join("log.1")).unwrap();
        file.write_all(b"last\n").unwrap();
        assert_eq!(follower.read().unwrap(), ["last"]);
        file.write_all(b"very last\n").unwrap();
        fs::write(&path, "first\nsecond\n").unwrap();
        assert_eq!(follower.read().unwrap(), ["very last", "first", "second"]);
        fs::write(&path, "cut\n").unwrap();
        assert_eq!(follower.read().unwrap(), ["cut"]);
        assert!(follower.read().unwrap().is_empty());
    }

    #[test]
    fn what_is_no_log_says_so() {
        let message = |path: &Path| match Lines::open(path, None) {
            Err(Stop::Failed { message, .. }) => message,
            _ => panic!("{} is a log", path.display()),
        };
        assert_eq!(message(Path::new("/no/such")), "can't read the log `/no/such`: it does not exist");
        assert!(message(&env::temp_dir()).ends_with("is a directory"));
    }
}
