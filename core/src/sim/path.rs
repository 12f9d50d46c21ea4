//! The way of a packet through a node's bridges (spec 00 section 3.2, spec 10 section 3).
//!
//! A frame from a filtered guest first crosses the guest's firewall bridge, then the bridge of the node, then the
//! firewall bridge of the guest it is for. Each crossing is a [`Hop`] with its own run through the rules. Between two
//! bridges, and to and from the node itself, IP packets are routed.

use alloc::format;

use super::mistake::Mistake;
use super::packet::{Frame, Packet};
use super::topology::Endpoint;
use crate::ir::InterfaceName;

/// One passage through the kernel's hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hop {
    /// From one port of a bridge to another.
    Bridged {
        /// The bridge.
        bridge: InterfaceName,
        /// The port the frame came in by.
        port_in: InterfaceName,
        /// The port it leaves by.
        port_out: InterfaceName,
    },
    /// From one bridge to another, by the node's routes.
    Routed {
        /// The bridge it came from.
        bridge_in: InterfaceName,
        /// The port of that bridge.
        port_in: InterfaceName,
        /// The bridge it goes to.
        bridge_out: InterfaceName,
    },
    /// To the node itself.
    Input {
        /// The bridge it came from.
        bridge: InterfaceName,
        /// The port of that bridge.
        port: InterfaceName,
    },
    /// From the node itself.
    Output {
        /// The bridge it goes to.
        bridge: InterfaceName,
    },
}

/// The most hops of a packet: two firewall bridges and one step between them.
pub(super) const MOST_HOPS: usize = 3;

impl Packet {
    /// The hops from where it comes from to where it goes.
    pub fn hops(&self) -> impl Iterator<Item = Hop> + use<> {
        let mut hops = [None; MOST_HOPS];
        if let Endpoint::Filtered(guest) = self.from {
            hops[0] = Some(Hop::Bridged {
                bridge: guest.firewall_bridge,
                port_in: guest.device,
                port_out: guest.inner,
            });
        }
        let place = |end: &Endpoint| Some((end.bridge()?, end.port()?));
        hops[1] = match (place(&self.from), place(&self.to)) {
            (Some((bridge, port_in)), Some((other, port_out))) if bridge == other => {
                Some(Hop::Bridged { bridge, port_in, port_out })
            }
            (Some((bridge_in, port_in)), Some((bridge_out, _))) => {
                Some(Hop::Routed { bridge_in, port_in, bridge_out })
            }
            (Some((bridge, port)), None) => Some(Hop::Input { bridge, port }),
            (None, Some((bridge, _))) => Some(Hop::Output { bridge }),
            (None, None) => None,
        };
        if let Endpoint::Filtered(guest) = self.to {
            hops[2] = Some(Hop::Bridged {
                bridge: guest.firewall_bridge,
                port_in: guest.inner,
                port_out: guest.device,
            });
        }
        hops.into_iter().flatten()
    }

    /// The way back of an answer that is made at a hop: the packet and the hops that it passes.
    ///
    /// A frame that crosses a bridge is answered at the port it came in by, behind the hooks; else the node answers, and
    /// what it says leaves it as any packet of its own does.
    pub(super) fn way_back(&self, at: Hop) -> (Self, impl Iterator<Item = Hop> + use<>) {
        let mut hops = [None; MOST_HOPS + 1];
        let mut slots = hops.iter_mut();
        let mut add = |hop: Option<Hop>| {
            if let (Some(hop), Some(slot)) = (hop, slots.next()) {
                *slot = Some(hop);
            }
        };
        add(match at {
            Hop::Bridged { .. } | Hop::Output { .. } => None,
            Hop::Routed { bridge_in: bridge, .. } | Hop::Input { bridge, .. } => Some(Hop::Output { bridge }),
        });
        let mut before: [Option<Hop>; MOST_HOPS] = [None; MOST_HOPS];
        for (slot, hop) in before.iter_mut().zip(self.hops().take_while(|hop| *hop != at)) {
            *slot = Some(hop);
        }
        for hop in before.into_iter().rev().flatten() {
            add(match hop {
                Hop::Bridged { bridge, port_in, port_out } => {
                    Some(Hop::Bridged { bridge, port_in: port_out, port_out: port_in })
                }
                Hop::Output { bridge } => self.to.port().map(|port| Hop::Input { bridge, port }),
                Hop::Routed { bridge_in, bridge_out, .. } => self.to.port().map(|port| Hop::Routed {
                    bridge_in: bridge_out,
                    port_in: port,
                    bridge_out: bridge_in,
                }),
                Hop::Input { bridge, .. } => Some(Hop::Output { bridge }),
            });
        }
        let frame = match &self.frame {
            Frame::Ip(ip) => Frame::Ip(ip.answer()),
            other => other.clone(),
        };
        let (from, to) = self.zones;
        let answer = Self { zones: (to, from), from: self.to, to: self.from, mac: None, frame };
        (answer, hops.into_iter().flatten())
    }

    /// Only IP is routed from bridge to bridge.
    pub(super) fn can_travel(&self) -> Result<(), Mistake> {
        match (self.from.bridge(), self.to.bridge(), &self.frame) {
            (Some(from), Some(to), Frame::Arp { .. } | Frame::Other(_)) if from != to => Err(Mistake::new(
                format!("such a frame stays on its bridge: it never gets from `{from}` to `{to}`"),
            )
            .help("only IPv4 and IPv6 are routed between bridges; ask for a zone on the same bridge")),
            _ => Ok(()),
        }
    }
}
