//! Port lists.

use alloc::boxed::Box;

/// Ports from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortRange {
    /// The lowest port.
    pub first: u16,
    /// The highest port; not below `first`.
    pub last: u16,
}

impl PortRange {
    /// A single port.
    pub const fn single(port: u16) -> Self {
        Self { first: port, last: port }
    }

    /// Whether `port` lies in it.
    pub const fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }
}

/// One range or several.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ports {
    /// One port or range.
    One(PortRange),
    /// Any of these, at least two.
    Many(Box<[PortRange]>),
}

impl Ports {
    /// The ranges in the order in which they are written.
    pub fn ranges(&self) -> &[PortRange] {
        match self {
            Self::One(range) => core::slice::from_ref(range),
            Self::Many(ranges) => ranges,
        }
    }

    /// Whether `port` is one of them.
    pub fn contains(&self, port: u16) -> bool {
        self.ranges().iter().any(|range| range.contains(port))
    }
}
