//! Answers as data: what `--format json` prints and what wasm and Python hand on.
//!
//! The types here are apart from those of the pipeline, so that the pipeline can change and these can't: **fields and
//! codes are added, never renamed, reordered, removed or given another meaning.** Readers should ignore fields they
//! don't know.
//!
//! [`Check`] is one object:
//!
//! ```json
//! {"diagnostics": [{
//!    "code": "unknown-macro",        a row of `diag::codes`
//!    "severity": "error",            or "warning" or "info"
//!    "message": "no macro named `HTPS`",
//!    "file": "firewall/cluster.fw",  relative to the root, or as the user named it
//!    "line": 3, "column": 4,         both from 1; columns count characters
//!    "end_line": 3, "end_column": 8, one past the last character
//!    "labels": [{"file": "…", "line": 3, "column": 4, "end_line": 3, "end_column": 8, "message": "not a macro"}],
//!    "notes": ["…"],
//!    "fixes": [{
//!      "title": "write `HTTPS`",
//!      "safety": "safe",             or "unsafe": ask a person first
//!      "edits": [{"file": "…", "start": 20, "end": 24, "text": "HTTPS"}]
//!    }]
//!  }],
//!  "summary": {"errors": 1, "warnings": 0, "infos": 0}}
//! ```
//!
//! [`Answer`] is what `trace --batch` says of a packet:
//!
//! ```json
//! {"verdict": "DROP", "by": {"file": "firewall/100.fw", "line": 12}}
//! ```
//!
//! `start` and `end` of an edit are byte offsets into the file as it is. Words about the place of the diagnostic itself
//! are the first label, at the same place. A byte that is not UTF-8 counts as one character. Diagnostics are ordered by
//! file and place; the summary counts all that were found, also those left out because a file has thousands.

mod answer;
mod check;
pub mod diff;
pub mod editor;
mod places;
#[cfg(feature = "host")]
pub mod plan;
pub mod policy_test;
mod trace;

pub use answer::{Answer, Answers, Line, Refused};
pub use check::{Check, Diagnostic, Edit, Fix, Label, Summary};
pub use trace::{Described, HopReport, Log, Nearly, SetReport, StepReport, Trace};
