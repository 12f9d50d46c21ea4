//! Names of interfaces by their numbers, kept up to date by what rtnetlink tells.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use crate::netlink::bytes::array;
use crate::netlink::{Attributes, Message};

/// Kind of a message about a new or changed interface.
const NEW: u16 = 16;
/// Kind of a message about an interface that is gone.
const GONE: u16 = 17;
/// Length of the header of these messages.
const HEADER: usize = 16;
/// The attribute with the name.
const NAME: u16 = 3;
/// Netfilter's and rtnetlink's number of bridges, whose messages tell of ports, not of interfaces.
const BRIDGE: u8 = 7;

/// Vanished interfaces whose names are remembered: their last packets may still be on the way.
const REMEMBERED: usize = 1024;

/// Names of interfaces.
#[derive(Clone, Debug, Default)]
pub struct Links {
    names: BTreeMap<u32, Vec<u8>>,
    /// Those that are gone, the oldest first.
    gone: VecDeque<u32>,
}

impl Links {
    /// The name of an interface.
    pub fn name(&self, index: u32) -> Option<&[u8]> {
        self.names.get(&index).map(Vec::as_slice)
    }

    /// Notes the name of an interface.
    pub fn set(&mut self, index: u32, name: &[u8]) {
        self.gone.retain(|gone| *gone != index);
        self.names.insert(index, name.to_vec());
    }

    /// Takes in what a message tells. Whether it told of an interface.
    pub fn take(&mut self, message: Message) -> bool {
        let Some((header, attributes)) = message.payload.split_first_chunk::<HEADER>() else {
            return false;
        };
        let Some(index) = array(header, 4).map(u32::from_ne_bytes) else { return false };
        match message.kind {
            NEW => match Attributes::new(attributes).find(NAME) {
                Some(name) => self.set(index, name.split(|byte| *byte == 0).next().unwrap_or_default()),
                None => return false,
            },
            // A port that leaves its bridge is still an interface.
            GONE if header.first() != Some(&BRIDGE) => self.forget(index),
            _ => return false,
        }
        true
    }

    fn forget(&mut self, index: u32) {
        if !self.names.contains_key(&index) || self.gone.contains(&index) {
            return;
        }
        self.gone.push_back(index);
        if self.gone.len() > REMEMBERED
            && let Some(oldest) = self.gone.pop_front()
        {
            self.names.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::{Messages, message};

    fn tell(links: &mut Links, kind: u16, family: u8, index: u32, name: Option<&str>) -> bool {
        let mut payload = alloc::vec![0_u8; HEADER];
        payload[0] = family;
        payload[4..8].copy_from_slice(&index.to_ne_bytes());
        if let Some(name) = name {
            payload.extend(u16::try_from(name.len() + 5).unwrap().to_ne_bytes());
            payload.extend(NAME.to_ne_bytes());
            payload.extend(name.as_bytes());
            payload.push(0);
        }
        links.take(Messages::new(&message(kind, 0, 0, &payload)).next().unwrap())
    }

    #[test]
    fn names_come_change_and_outlive_their_interface_a_while() {
        let mut links = Links::default();
        assert_eq!(links.name(7), None);
        assert!(tell(&mut links, NEW, 0, 7, Some("tap100i0")));
        assert_eq!(links.name(7), Some(b"tap100i0".as_slice()));
        assert!(tell(&mut links, NEW, 0, 7, Some("renamed")));
        assert!(tell(&mut links, GONE, 0, 7, Some("renamed")));
        assert_eq!(links.name(7), Some(b"renamed".as_slice()));
        for index in 100..100 + u32::try_from(REMEMBERED).unwrap() {
            links.set(index, b"x");
            assert!(tell(&mut links, GONE, 0, index, None));
        }
        assert_eq!(links.name(7), None);
        assert_eq!(links.names.len(), REMEMBERED);
    }

    #[test]
    fn a_port_that_leaves_its_bridge_stays() {
        let mut links = Links::default();
        links.set(3, b"tap100i0");
        assert!(!tell(&mut links, GONE, BRIDGE, 3, None));
        assert!(!tell(&mut links, NEW, 0, 3, None));
        assert!(!tell(&mut links, 20, 0, 3, Some("other")));
        assert!(links.gone.is_empty());
        assert_eq!(links.name(3), Some(b"tap100i0".as_slice()));
    }
}
