//! Network devices of guests, from `qemu-server/<vmid>.conf` and `lxc/<vmid>.conf` (spec 00 section 3.1).

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::options::boolean;
use crate::diag::{Diagnostic, Sink, codes};
use crate::ir::{Mac, Written};
use crate::text::{FileId, Span, split_at_byte};

/// The two kinds of guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GuestKind {
    /// A virtual machine (`qemu-server`).
    Vm,
    /// A container (`lxc`).
    Container,
}

impl GuestKind {
    /// Beginning of the names of its network devices on the node.
    pub const fn device_prefix(self) -> &'static str {
        match self {
            Self::Vm => "tap",
            Self::Container => "veth",
        }
    }

    /// "VM" or "container", for messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vm => "VM",
            Self::Container => "container",
        }
    }
}

/// The highest index of a network device.
pub const HIGHEST_NIC: u8 = 31;

/// The names of the sets of addresses that network devices may use, by index.
const FILTER_SETS: [&str; HIGHEST_NIC as usize + 1] = [
    "ipfilter-net0",
    "ipfilter-net1",
    "ipfilter-net2",
    "ipfilter-net3",
    "ipfilter-net4",
    "ipfilter-net5",
    "ipfilter-net6",
    "ipfilter-net7",
    "ipfilter-net8",
    "ipfilter-net9",
    "ipfilter-net10",
    "ipfilter-net11",
    "ipfilter-net12",
    "ipfilter-net13",
    "ipfilter-net14",
    "ipfilter-net15",
    "ipfilter-net16",
    "ipfilter-net17",
    "ipfilter-net18",
    "ipfilter-net19",
    "ipfilter-net20",
    "ipfilter-net21",
    "ipfilter-net22",
    "ipfilter-net23",
    "ipfilter-net24",
    "ipfilter-net25",
    "ipfilter-net26",
    "ipfilter-net27",
    "ipfilter-net28",
    "ipfilter-net29",
    "ipfilter-net30",
    "ipfilter-net31",
];

/// Models of virtual network devices; one of them is the key of the hardware address.
const MODELS: [&str; 14] = [
    "e1000",
    "e1000-82540em",
    "e1000-82544gc",
    "e1000-82545em",
    "e1000e",
    "i82551",
    "i82557b",
    "i82559er",
    "ne2k_isa",
    "ne2k_pci",
    "pcnet",
    "rtl8139",
    "virtio",
    "vmxnet3",
];

/// One network device of a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nic {
    /// The number in its key: 0 for `net0`.
    pub index: u8,
    /// The line.
    pub span: Span,
    /// Its hardware address, as written.
    pub mac: Option<Written<Mac>>,
    /// Whether its traffic is filtered.
    pub firewall: bool,
    /// The bridge it is plugged into.
    pub bridge: Option<String>,
    /// A container's own IPv4 address, if it is fixed.
    pub ip: Option<Ipv4Addr>,
    /// A container's own IPv6 address, if it is fixed.
    pub ip6: Option<Ipv6Addr>,
}

impl Nic {
    /// `net0`
    pub fn key(&self) -> &'static str {
        self.filter_set().strip_prefix("ipfilter-").unwrap_or_default()
    }

    /// `ipfilter-net0`: the set of the addresses that it may use, if the guest's file has such a set.
    pub fn filter_set(&self) -> &'static str {
        FILTER_SETS.get(usize::from(self.index)).copied().unwrap_or_default()
    }
}

/// The devices in a guest's configuration, in string order of their keys. Snapshots and pending changes don't count.
pub fn parse(file: FileId, text: &[u8], kind: GuestKind, sink: &mut Sink) -> Vec<Nic> {
    let mut nics: Vec<Nic> = Vec::new();
    let mut at = 0_u32;
    for raw in lines(text) {
        let start = at;
        at = at.saturating_add(u32::try_from(raw.len()).unwrap_or(u32::MAX));
        // `[snapshot]` and `[PENDING]` end the current configuration.
        if raw.first() == Some(&b'[') {
            break;
        }
        let Some(number) = raw.strip_prefix(b"net").and_then(|rest| rest.split(|byte| *byte == b':').next())
        else {
            continue;
        };
        let line = raw.trim_ascii_end();
        let span =
            Span::new(file, start, start.saturating_add(u32::try_from(line.len()).unwrap_or(u32::MAX)));
        let number = core::str::from_utf8(number).unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|digit| digit.is_ascii_digit()) {
            continue;
        }
        let plain = number.len() == 1 || !number.starts_with('0');
        let index = number.parse::<u8>().ok().filter(|index| plain && *index <= HIGHEST_NIC);
        let Some(index) = index else {
            sink.push(
                Diagnostic::new(
                    codes::BAD_NIC,
                    span,
                    alloc::format!("there is no network device `net{number}`"),
                )
                .label("not used")
                .note("network devices are numbered from `net0` to `net31`"),
            );
            continue;
        };
        let value = core::str::from_utf8(line).map_or_else(|_| String::from_utf8_lossy(line), Cow::Borrowed);
        let value = split_at_byte(&value, b':').map_or("", |(_, value)| value).trim();
        if let Some(nic) = device(index, span, value, kind, sink) {
            // The last line of a key counts.
            nics.retain(|earlier| earlier.index != index);
            nics.push(nic);
        }
    }
    nics.sort_by_key(Nic::key);
    nics
}

/// Lines with their ends.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    core::iter::from_fn(move || {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let (line, after) = rest.split_at_checked(end)?;
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}

/// The bridges named in a guest's configuration.
pub fn bridges(text: &[u8]) -> impl Iterator<Item = &str> {
    let current = lines(text).take_while(|line| line.first() != Some(&b'['));
    let nics = current
        .filter(|line| line.starts_with(b"net"))
        .filter_map(|line| core::str::from_utf8(line.strip_suffix(b"\n").unwrap_or(line)).ok());
    nics.flat_map(|line| split(line, |byte| matches!(byte, b',' | b' ')))
        .filter_map(|part| part.strip_prefix("bridge="))
        .map(str::trim)
}

/// The parts of a line between ASCII characters.
fn split(line: &str, ends: impl Fn(u8) -> bool) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    core::iter::from_fn(move || {
        let line = rest?;
        let end = line.bytes().position(&ends);
        rest = end.and_then(|end| line.get(end + 1..));
        line.get(..end.unwrap_or(line.len()))
    })
}

fn device(index: u8, span: Span, value: &str, kind: GuestKind, sink: &mut Sink) -> Option<Nic> {
    let mut nic = Nic { index, span, mac: None, firewall: false, bridge: None, ip: None, ip6: None };
    let mut mac = None;
    for part in split(value, |byte| byte == b',') {
        let (key, value) = split_at_byte(part, b'=').unwrap_or((part, ""));
        match (key, kind) {
            ("bridge", _) => nic.bridge = Some(value.to_string()),
            ("firewall", _) => {
                let Some(on) = boolean(value) else {
                    let message = alloc::format!("`firewall={value}` is neither yes nor no");
                    sink.push(
                        Diagnostic::new(codes::BAD_NIC, span, message)
                            .label("this device is not filtered")
                            .note("write `firewall=1` to have it filtered"),
                    );
                    return None;
                };
                nic.firewall = on;
            }
            ("macaddr", GuestKind::Vm) | ("hwaddr", GuestKind::Container) => mac = Some(value),
            (model, GuestKind::Vm) if MODELS.contains(&model) && !value.is_empty() => mac = Some(value),
            ("ip", GuestKind::Container) => nic.ip = address(value),
            ("ip6", GuestKind::Container) => nic.ip6 = address(value),
            _ => {}
        }
    }
    nic.mac = mac.and_then(|text| {
        let mac = Mac::parse(text).filter(|mac| !mac.is_multicast())?;
        let canonical = !text.bytes().any(|digit| digit.is_ascii_lowercase());
        Some(if canonical { Written::canonical(mac) } else { Written::spelled(mac, text) })
    });
    if nic.firewall && nic.mac.is_none() {
        let message = match mac {
            Some(text) => alloc::format!("`{text}` is not the hardware address of one station"),
            None => alloc::format!("network device `net{index}` has no hardware address"),
        };
        sink.push(
            Diagnostic::new(codes::NIC_WITHOUT_MAC, span, message)
                .label("gets no MAC filter")
                .note("pve-firewall makes up another address on every run and so blocks the guest; pvefw leaves the MAC filter out"),
        );
    }
    Some(nic)
}

/// The address in `10.0.0.1/24`; `dhcp`, `manual` and `auto` are none.
fn address<A: core::str::FromStr>(value: &str) -> Option<A> {
    value.split('/').next().and_then(|address| address.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, kind: GuestKind) -> (Vec<Nic>, u64) {
        let mut sink = Sink::new();
        let nics = parse(FileId(0), text.as_bytes(), kind, &mut sink);
        (nics, sink.counts().total())
    }

    #[test]
    fn virtual_machines() {
        let text = "name: web\nnet10: e1000=0A:0B:0C:0D:0E:0F,bridge=vmbr1,firewall=1,tag=5\n\
                    net2: model=virtio,macaddr=bc:24:11:00:0a:01,bridge=vmbr0,firewall=yes,bogus\n[snap]\nnet3: virtio=BC:24:11:00:0A:02\n";
        let (nics, problems) = read(text, GuestKind::Vm);
        assert_eq!(problems, 0);
        assert_eq!(nics.iter().map(Nic::key).collect::<Vec<_>>(), ["net10", "net2"]);
        assert_eq!(nics[1].mac.as_ref().and_then(Written::text), Some("bc:24:11:00:0a:01"));
        assert!(nics.iter().all(|nic| nic.firewall));
    }

    #[test]
    fn containers() {
        let text =
            "net0: name=eth0,hwaddr=BC:24:11:00:02:00,ip=10.0.200.1/24,ip6=auto,firewall=1\nnet32: x\n";
        let (nics, problems) = read(text, GuestKind::Container);
        assert_eq!(problems, 1);
        assert_eq!(nics[0].ip, Some(Ipv4Addr::new(10, 0, 200, 1)));
        assert_eq!(nics[0].ip6, None);
    }

    #[test]
    fn a_filtered_device_without_address_is_reported() {
        assert_eq!(read("net0: virtio,firewall=1\n", GuestKind::Vm).1, 1);
        assert_eq!(read("net0: virtio=01:00:00:00:00:00,firewall=1\n", GuestKind::Vm).1, 1);
        assert_eq!(read("net0: virtio,firewall=0\n", GuestKind::Vm).1, 0);
        assert_eq!(read("net0: virtio,firewall=maybe\n", GuestKind::Vm), (Vec::new(), 1));
    }
}
