//! Which tables see a packet at a hop, and in which order.
//!
//! A bridged packet meets the bridge's tables and, by `br_netfilter`, those of IP; what is not IP meets the former only.

use alloc::vec::Vec;

use super::packet::Frame;
use super::path::Hop;
use super::program::Program;
use crate::Family;

/// A chain of the kernel's own that a packet is run through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stage {
    /// The table, by its number.
    pub(super) table: u8,
    /// The chain in its program.
    pub(super) entry: u32,
    /// The chain in which packets go different ways, behind jumps that all of them take; `None` if all pass. (No line is
    /// responsible for that, and a verdict of an earlier stage stands.)
    pub(super) fork: Option<u32>,
    /// Whether only packets that open a connection are run through it: addresses are translated once.
    pub(super) first_only: bool,
    /// Whether dropping means to take the frame away from the bridge and route it (table `broute`).
    pub(super) drops_to_routing: bool,
}

/// The stages of every kind of frame at every kind of hop.
#[derive(Clone, Debug, Default)]
pub(super) struct Stages([[Vec<Stage>; 4]; 3]);

type Chains = &'static [(u8, &'static str)];

const RAW: u8 = 0;
const MANGLE: u8 = 1;
const NAT: u8 = 2;
const FILTER: u8 = 3;
const SECURITY: u8 = 4;
/// The first table of IPv6.
const V6: u8 = 5;
/// The bridge's tables.
const BRIDGE_ROUTE: u8 = 10;
const BRIDGE_NAT: u8 = 11;
const BRIDGE_FILTER: u8 = 12;

const BEFORE: Chains = &[(RAW, "PREROUTING"), (MANGLE, "PREROUTING"), (NAT, "PREROUTING")];
const AFTER: Chains = &[(MANGLE, "POSTROUTING"), (NAT, "POSTROUTING")];
const FORWARD: Chains = &[(MANGLE, "FORWARD"), (FILTER, "FORWARD"), (SECURITY, "FORWARD")];
const INPUT: Chains = &[(MANGLE, "INPUT"), (FILTER, "INPUT"), (SECURITY, "INPUT"), (NAT, "INPUT")];
const OUTPUT: Chains =
    &[(RAW, "OUTPUT"), (MANGLE, "OUTPUT"), (NAT, "OUTPUT"), (FILTER, "OUTPUT"), (SECURITY, "OUTPUT")];
const BRIDGE_BEFORE: Chains = &[(BRIDGE_ROUTE, "BROUTING"), (BRIDGE_NAT, "PREROUTING")];
const BRIDGE_INPUT: Chains = &[(BRIDGE_FILTER, "INPUT")];
const BRIDGE_OUTPUT: Chains =
    &[(BRIDGE_NAT, "OUTPUT"), (BRIDGE_FILTER, "OUTPUT"), (BRIDGE_NAT, "POSTROUTING")];

/// The chains of a hop: of the bridge and of IP in turn, in the order in which a packet meets them.
const fn chains(hop: usize) -> [(Chains, Chains); 3] {
    match hop {
        BRIDGED => [
            (BRIDGE_BEFORE, BEFORE),
            (&[(BRIDGE_FILTER, "FORWARD")], FORWARD),
            // The packet leaves IP before it leaves the bridge.
            (&[], AFTER),
        ],
        ROUTED => [(BRIDGE_BEFORE, BEFORE), (BRIDGE_INPUT, FORWARD), (&[], AFTER)],
        INTO => [(BRIDGE_BEFORE, BEFORE), (BRIDGE_INPUT, INPUT), (&[], &[])],
        _ => [(&[], OUTPUT), (&[], AFTER), (&[], &[])],
    }
}

/// What the bridge does with a packet that has left IP.
const fn last(hop: usize) -> Chains {
    match hop {
        BRIDGED => &[(BRIDGE_NAT, "POSTROUTING")],
        INTO => &[],
        _ => BRIDGE_OUTPUT,
    }
}

const BRIDGED: usize = 0;
const ROUTED: usize = 1;
const INTO: usize = 2;
const OUT_OF: usize = 3;

impl Stages {
    pub(super) fn new(programs: &[Option<Program>]) -> Self {
        let mut stages = Self::default();
        let frames =
            [(Some(0), Some(Family::V4.ethertype())), (Some(V6), Some(Family::V6.ethertype())), (None, None)];
        for (of_frame, (first_table, ethertype)) in stages.0.iter_mut().zip(frames) {
            for (stages, hop) in of_frame.iter_mut().zip(0..) {
                let mut add = |chains: Chains, first: u8| {
                    for (table, hook) in chains {
                        let number = first + table;
                        let Some(program) = programs.get(usize::from(number)).and_then(Option::as_ref) else {
                            continue;
                        };
                        let Some(entry) = program.entries.get(hook).copied() else { continue };
                        let is_first = stages.iter().all(|stage: &Stage| stage.fork.is_none());
                        let fork = program.fork(entry, ethertype).or((!is_first).then_some(entry));
                        stages.push(Stage {
                            table: number,
                            entry,
                            fork,
                            first_only: number < BRIDGE_ROUTE && *table == NAT,
                            drops_to_routing: number == BRIDGE_ROUTE,
                        });
                    }
                };
                for (bridge, ip) in chains(hop) {
                    add(bridge, 0);
                    if let Some(first) = first_table {
                        add(ip, first);
                    }
                }
                add(last(hop), 0);
            }
        }
        stages
    }

    /// The stages of a frame at a hop.
    pub(super) fn of(&self, frame: &Frame, hop: Hop) -> &[Stage] {
        let frame = match frame {
            Frame::Ip(packet) => match packet.family() {
                Family::V4 => 0,
                Family::V6 => 1,
            },
            _ => 2,
        };
        let hop = match hop {
            Hop::Bridged { .. } => BRIDGED,
            Hop::Routed { .. } => ROUTED,
            Hop::Input { .. } => INTO,
            Hop::Output { .. } => OUT_OF,
        };
        self.0.get(frame).and_then(|of_frame| of_frame.get(hop)).map_or(&[], Vec::as_slice)
    }
}
