//! Source text: named files in memory, byte spans in them, and lines and columns for people.
//!
//! Nothing here knows what a firewall is. Files are bytes, not strings: any bytes are accepted, and everything that
//! shows text to a person goes through [`str::from_utf8`] or its lossy form.

mod by_file;
mod by_name;
mod files;
mod lines;
mod span;
mod split;
mod utf16;

pub(crate) use by_file::ByFile;
pub(crate) use by_name::ByName;
pub use files::{File, FileId, Files};
pub use lines::{LineIndex, Position};
pub use span::Span;
pub(crate) use split::{in_lower_case, split_at_byte};
pub use utf16::Utf16;
