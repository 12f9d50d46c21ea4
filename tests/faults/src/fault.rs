//! What goes wrong, and when.

use core::time::Duration;

use serde::{Deserialize, Serialize};

/// Calls of tools that a run of `pvefw apply` makes at most, those that ask what a tool is included.
const MOST_CALLS: u64 = 20;

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `SIGKILL` at some moment.
    Kill(Duration),
    /// Something at the n-th call of a tool.
    AtCall(u64, AtCall),
    /// The disk has room for so many bytes more.
    DiskFull(u64),
    /// The wall clock has jumped by so many seconds since the last run.
    Clock(i64),
    /// The kernel does not take one of ten thousand rules, in the n-th text that has so many.
    OneOfTenThousand(u64),
}

/// What happens at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AtCall {
    /// `pvefw` is killed before the tool does anything.
    KillBefore,
    /// `pvefw` is killed when the tool is done.
    KillAfter,
    /// The tool fails without having done anything.
    Fail,
    /// It fails though it has done its work.
    FailAfter,
    /// It fails from now on.
    FailForGood,
    /// It does nothing and does not end.
    Hang,
    /// It is gone from now on.
    Vanish,
    /// The tool does not take one of the rules.
    Refuse,
    /// The kernel does not take one of the rules; the tool does.
    KernelRefuses,
    /// The same, whenever a text has so many rules.
    KernelRefusesForGood,
    /// Somebody else empties one of our chains and adds rules of theirs, before.
    OtherBefore,
    /// The same, after.
    OtherAfter,
}

impl AtCall {
    const ALL: [Self; 11] = [
        Self::KillBefore,
        Self::KillAfter,
        Self::Fail,
        Self::FailAfter,
        Self::FailForGood,
        Self::Hang,
        Self::Vanish,
        Self::Refuse,
        Self::KernelRefuses,
        Self::OtherBefore,
        Self::OtherAfter,
    ];

    /// Whether it spoils a text that is fed to a tool, rather than the call itself.
    pub(crate) const fn spoils(self) -> bool {
        matches!(self, Self::Refuse | Self::KernelRefuses | Self::KernelRefusesForGood)
    }

    /// Whether it ends `pvefw` by force.
    pub(crate) const fn kills(self) -> bool {
        matches!(self, Self::KillBefore | Self::KillAfter)
    }
}

impl Fault {
    /// The kind, for counting.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Kill(_) => "killed at some moment".into(),
            Self::AtCall(_, at) => match at {
                AtCall::KillBefore => "killed before a tool's work",
                AtCall::KillAfter => "killed after a tool's work",
                AtCall::Fail => "tool fails",
                AtCall::FailAfter => "tool fails after its work",
                AtCall::FailForGood => "tool fails for good",
                AtCall::Hang => "tool hangs",
                AtCall::Vanish => "tool vanishes",
                AtCall::Refuse => "tool refuses a rule",
                AtCall::KernelRefuses | AtCall::KernelRefusesForGood => "kernel refuses a rule",
                AtCall::OtherBefore | AtCall::OtherAfter => "second writer",
            }
            .into(),
            Self::DiskFull(_) => "disk full".into(),
            Self::Clock(_) => "clock jumps".into(),
            Self::OneOfTenThousand(_) => "kernel refuses 1 of 10,000".into(),
        }
    }

    /// Whether it ends `pvefw` by force.
    pub(crate) const fn kills(&self) -> bool {
        match self {
            Self::Kill(_) => true,
            Self::AtCall(_, at) => at.kills(),
            Self::DiskFull(_) | Self::Clock(_) | Self::OneOfTenThousand(_) => false,
        }
    }

    /// Whether somebody else changes our rules.
    pub(crate) const fn is_other(&self) -> bool {
        matches!(self, Self::AtCall(_, AtCall::OtherBefore | AtCall::OtherAfter))
    }

    /// Whether it goes on after its first effect.
    pub(crate) const fn lasts(&self) -> bool {
        matches!(self, Self::DiskFull(_) | Self::AtCall(_, AtCall::FailForGood | AtCall::Vanish))
    }

    /// One of all, as the dice fall. `usual` is how long a run takes.
    pub(crate) fn random(dice: &mut Dice, usual: Duration) -> Self {
        match dice.roll(10) {
            0..=2 => {
                Self::Kill(usual.mul_f64(f64::from(u32::try_from(dice.roll(1100)).unwrap_or(0)) / 1000.0))
            }
            3 => Self::DiskFull(dice.roll(120_000)),
            4 if dice.roll(3) == 0 => Self::OneOfTenThousand(dice.roll(2)),
            4 if dice.roll(2) == 0 => {
                let seconds = i64::try_from(dice.roll(1 << 30)).unwrap_or(0);
                Self::Clock(if dice.roll(2) == 0 { -seconds } else { seconds })
            }
            _ => {
                let at = AtCall::ALL.get(usize::try_from(dice.roll(11)).unwrap_or(0)).copied();
                Self::AtCall(dice.roll(MOST_CALLS), at.unwrap_or(AtCall::Fail))
            }
        }
    }
}

/// Marsaglia's xorshift, from a seed of any kind.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            dice.roll(2);
        }
        dice
    }

    /// A number from 0 to `sides` - 1.
    pub(crate) const fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}
