//! Checks of what is valid but hardly meant. Each looks at finished parts and only adds diagnostics.

pub(crate) mod cluster;
pub(crate) mod corosync;
pub(crate) mod guest;
pub(crate) mod interface;
pub(crate) mod lockout;
pub(crate) mod sets;
pub(crate) mod vnet;
