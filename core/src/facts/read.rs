//! Facts from a map of keys. Written by hand, since serde's way to keep the names of unknown keys (`flatten`) keeps their
//! values for a while, too, with code for each type that one can have: 4 KB that every page would load.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::Facts;

impl<'de> Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Keys)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Facts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct Facts")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Facts, M::Error> {
        let mut facts = Facts::default();
        let mut known: Vec<String> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "node" => facts.node = map.next_value()?,
                "node_ip" => facts.node_ip = map.next_value()?,
                "local_network" => facts.local_network = map.next_value()?,
                "altnames" => facts.altnames = or_default(&mut map)?,
                "resolve" => facts.resolve = or_default(&mut map)?,
                "sdn" => facts.sdn = or_default(&mut map)?,
                "services" => facts.services = map.next_value()?,
                "protocols" => facts.protocols = map.next_value()?,
                "ethertypes" => facts.ethertypes = map.next_value()?,
                "now" => facts.now = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    facts.unknown.push(key);
                    continue;
                }
            }
            if known.contains(&key) {
                return Err(M::Error::custom(format!("duplicate field `{key}`")));
            }
            known.push(key);
        }
        facts.unknown.sort_unstable();
        facts.unknown.dedup();
        Ok(facts)
    }
}

/// `null` means the same as a key that is left out.
fn or_default<'de, M: MapAccess<'de>, T: Default + Deserialize<'de>>(map: &mut M) -> Result<T, M::Error> {
    map.next_value::<Option<T>>().map(Option::unwrap_or_default)
}
