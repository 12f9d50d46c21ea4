//! Policy tests: which packets must pass, which must not, and why.
//!
//! In: the text of a `tests.toml` (DESIGN, "The command line"); lists in it are cross products. Out: [`PolicyTests`],
//! each test with the questions that it asks; [`PolicyTest::run`] asks them of a [`Simulator`](crate::sim::Simulator) and tells which were
//! answered otherwise. What can go wrong: a test with a mistake becomes a diagnostic and is left out as a whole, for it
//! would ask something else than its author meant; the others run.
//!
//! ```
//! use pvefw_core::{diag::Sink, policy_test, text::FileId};
//!
//! let text = "[[test]]\nfrom = 'outside'\nto = ['vm100', 'vm101']\ndport = [80, 443]\nexpect = 'accept'\n";
//! let tests = policy_test::read(FileId(0), text.as_bytes(), &mut Sink::new());
//! assert_eq!(tests.tests[0].questions.len(), 4);
//! ```

mod document;
mod keys;
mod read;
mod run;

use alloc::string::String;
use alloc::vec::Vec;

pub use read::read;
pub use run::{Failure, Run, Why};

use crate::sim::{Question, Verdict};
use crate::text::Span;

/// More packets than this are not looked at for one file.
pub const MOST_PACKETS: usize = 100_000;

/// The tests of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyTests {
    /// The node whose rules are tested, if the file says so.
    pub node: Option<String>,
    /// The tests that can be run, in order.
    pub tests: Vec<PolicyTest>,
}

/// What must happen to some packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyTest {
    /// What it is about; where nobody said so, the line it stands in.
    pub name: String,
    /// Its header.
    pub span: Span,
    /// The packets.
    pub questions: Vec<Question>,
    /// What must become of them.
    pub expect: Expect,
    /// The line that must decide.
    pub rule: Option<DecidingLine>,
}

/// What must become of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It arrives.
    Accept,
    /// It vanishes in silence.
    Drop,
    /// It vanishes, and the sender is told.
    Reject,
    /// It does not arrive.
    Blocked,
}

impl Expect {
    /// All of them, by the words for them.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Accept, "accept"),
        (Self::Drop, "drop"),
        (Self::Reject, "reject"),
        (Self::Blocked, "blocked"),
    ];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Drop => "drop",
            Self::Reject => "reject",
            Self::Blocked => "blocked",
        }
    }

    /// Whether a verdict is the one expected. One that is not certain is not.
    pub const fn is_met_by(self, verdict: Verdict) -> bool {
        matches!(
            (self, verdict),
            (Self::Accept, Verdict::Accept)
                | (Self::Drop | Self::Blocked, Verdict::Drop)
                | (Self::Reject | Self::Blocked, Verdict::Reject(_))
        )
    }
}

/// A line of the configuration, as tests name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidingLine {
    /// The file, relative to the root.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}
