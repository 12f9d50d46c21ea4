//! Sends packets through a wired node and sees what comes out.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use core::net::SocketAddr;
use core::time::Duration;
use std::io::Read as _;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{LinkAddr, MsgFlags, recvfrom, sendto};
use pvefw_core::ir::{Mac, Protocol as IpProtocol};
use socket2::{Domain, Protocol, Socket, Type};

use crate::frame::{self, Tag};
use crate::observe::{Outcome, Seen};
use crate::packet::{Content, Ip, Packet};
use crate::topology::{Place, Topology};
use crate::wiring::{self, SINK, Wiring};

/// After this long without anything new, nothing more will come. Packets take microseconds, unless the machine is busy.
const SILENCE: Duration = Duration::from_millis(80);

/// Longest pause between two packets of a stream.
const PACE: Duration = Duration::from_millis(2);

/// How long devices may take to run once they are plugged in.
const LONGEST_SETTLING: Duration = Duration::from_secs(5);

/// The first tag of probes. One that is late must not be taken for a packet.
const FIRST_PROBE: Tag = 0x8000;

/// The Ethernet type for experiments.
const PROBE: u16 = 0x88b5;

/// What the kernel calls a frame on its way out.
const OUTGOING: u8 = 4;

/// A wired node with open sockets.
#[derive(Debug)]
pub struct Exchange<'a> {
    wiring: &'a Wiring,
    topology: &'a Topology,
    bridges: BTreeMap<&'a str, usize>,
    out: [Socket; 2],
    taken: BTreeMap<(bool, IpProtocol), Socket>,
}

impl<'a> Exchange<'a> {
    /// Opens the sockets.
    ///
    /// # Errors
    /// What the system does not allow.
    pub fn new(wiring: &'a Wiring, topology: &'a Topology) -> Result<Self, String> {
        let four = raw(Domain::IPV4, 255)?;
        four.set_header_included_v4(true).map_err(|error| error.to_string())?;
        let six = raw(Domain::IPV6, 255)?;
        six.set_header_included_v6(true).map_err(|error| error.to_string())?;
        let bridges = topology.bridges().into_iter().enumerate().map(|(at, name)| (name, at)).collect();
        Ok(Self { wiring, topology, bridges, out: [four, six], taken: BTreeMap::new() })
    }

    /// Waits until frames get through every cable in both directions: until a new device runs, the kernel throws away what
    /// it is to send, and nothing tells when that is over. Wants a node without rules.
    ///
    /// # Errors
    /// The cable that stays dead.
    pub fn ready(&self) -> Result<(), String> {
        let begun = Instant::now();
        let (near, far) = ((&self.wiring.near, &self.wiring.devices), (&self.wiring.far, &self.wiring.ends));
        let mut cables = Vec::new();
        for port in &self.topology.ports {
            let own = self.bridge_mac(&port.bridge);
            cables.push(((near, port.bridge.as_str(), own), (far, port.device.as_str(), port.mac)));
            cables.push(((far, port.device.as_str(), port.mac), (near, port.bridge.as_str(), own)));
        }
        let nobody = wiring::bridge_mac(usize::from(u16::MAX));
        cables.push(((near, SINK, nobody), (far, SINK, nobody)));
        let mut buffer = [0; 256];
        let mut dead: BTreeMap<Tag, _> = (FIRST_PROBE..).zip(cables).collect();
        while let Some((_, (.., (_, device, _)))) = dead.first_key_value() {
            if begun.elapsed() > LONGEST_SETTLING {
                return Err(format!("nothing gets through `{device}`"));
            }
            for (tag, (((socket, devices), device, source), (.., dest))) in &dead {
                let bytes = frame::ethernet(&Content::Other(PROBE), *tag, *source, *dest);
                put(socket, devices, device, &bytes)?;
            }
            self.wait(Duration::from_millis(2))?;
            for (socket, devices) in [near, far] {
                while let Some((bytes, from)) = frame_from(socket, &mut buffer)? {
                    let at = name(devices, from);
                    if let Some(tag) = frame::tag(bytes)
                        && dead.get(&tag).is_some_and(|(_, (_, device, _))| *device == at)
                    {
                        dead.remove(&tag);
                    }
                }
            }
        }
        Ok(())
    }

    fn bridge_mac(&self, name: &str) -> Mac {
        wiring::bridge_mac(self.bridges.get(name).copied().unwrap_or(0))
    }

    /// Sends packets with their tags, and gathers what comes out until all is silent.
    ///
    /// # Errors
    /// What can't be sent.
    pub fn run(&mut self, packets: &[(Tag, Packet)]) -> Result<BTreeMap<Tag, Outcome>, String> {
        let mut seen = Seen::new(packets);
        for (_, packet) in packets {
            if let (Place::Host, Some(ip)) = (packet.to, packet.ip()) {
                self.listen(ip)?;
            }
        }
        for (tag, packet) in packets {
            self.send(*tag, packet)?;
            // Little fits into the sockets, so they are emptied often.
            self.gather(&mut seen)?;
        }
        self.settle(&mut seen)?;
        Ok(seen.outcomes)
    }

    /// Gathers until all is silent.
    fn settle(&self, seen: &mut Seen<'_>) -> Result<(), String> {
        let mut last = Instant::now();
        while last.elapsed() < SILENCE {
            if self.gather(seen)? {
                last = Instant::now();
            } else {
                self.wait(SILENCE.saturating_sub(last.elapsed()))?;
            }
        }
        Ok(())
    }

    /// Sends packets over and over, one behind the other, for as long as `going` says; then gathers until all is silent.
    /// Which packet each was, by its place, and what became of it, in the order in which they were sent.
    ///
    /// Rejections are not told apart here: the packets of a flow look the same in them.
    ///
    /// # Errors
    /// What can't be sent; also when it goes on for so long that packets can't be numbered any more.
    pub fn stream(
        &mut self,
        packets: &[Packet],
        going: &mut dyn FnMut() -> Result<bool, String>,
    ) -> Result<Vec<(usize, Outcome)>, String> {
        let all: Vec<(Tag, Packet)> = (0..FIRST_PROBE).zip(packets.iter().cycle().cloned()).collect();
        let mut seen = Seen::new(&all);
        let mut sent = 0;
        for (tag, packet) in &all {
            if !going()? {
                break;
            }
            self.send(*tag, packet)?;
            self.gather(&mut seen)?;
            self.wait(PACE)?;
            sent += 1;
        }
        if sent == all.len() {
            return Err(format!("the stream of {sent} packets has ended too early"));
        }
        self.settle(&mut seen)?;
        let places = (0..packets.len()).cycle();
        Ok(places.zip(seen.outcomes.into_values()).take(sent).collect())
    }

    fn wait(&self, limit: Duration) -> Result<(), String> {
        let mut sockets = vec![
            PollFd::new(self.wiring.far.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.wiring.near.as_fd(), PollFlags::POLLIN),
        ];
        sockets.extend(self.taken.values().map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN)));
        let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::ZERO);
        poll(&mut sockets, limit).map(drop).map_err(|error| format!("can't wait: {error}"))
    }

    /// What the node takes for itself is seen behind its chain INPUT, by raw sockets.
    fn listen(&mut self, ip: &Ip) -> Result<(), String> {
        let key = (ip.source.is_ipv6(), ip.protocol);
        if let Entry::Vacant(free) = self.taken.entry(key) {
            let domain = if key.0 { Domain::IPV6 } else { Domain::IPV4 };
            free.insert(raw(domain, ip.protocol.0.into())?);
        }
        Ok(())
    }

    fn send(&self, tag: Tag, packet: &Packet) -> Result<(), String> {
        match (self.topology.port(packet.from), &packet.content) {
            (Some(port), _) => {
                let dest = match self.topology.port(packet.to) {
                    Some(target) if target.bridge == port.bridge => target.mac,
                    _ => self.bridge_mac(&port.bridge),
                };
                let bytes = frame::ethernet(&packet.content, tag, packet.mac.unwrap_or(port.mac), dest);
                put(&self.wiring.far, &self.wiring.ends, &port.device, &bytes)
            }
            (None, Content::Ip(ip)) => {
                let Place::Port(at) = packet.to else { return Err("from the node to itself".to_owned()) };
                let six = ip.source.is_ipv6();
                let [out4, out6] = &self.out;
                let way = SocketAddr::new(wiring::gateway(at, six), 0);
                let bytes = frame::ip(ip, tag);
                match (if six { out6 } else { out4 }).send_to(&bytes, &way.into()) {
                    Ok(_) => Ok(()),
                    // The chain OUTPUT said no.
                    Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(()),
                    Err(error) => Err(format!("can't send {packet:?}: {error}")),
                }
            }
            (None, _) => {
                let Some(target) = self.topology.port(packet.to) else { return Ok(()) };
                let own = self.bridge_mac(&target.bridge);
                let bytes = frame::ethernet(&packet.content, tag, packet.mac.unwrap_or(own), target.mac);
                put(&self.wiring.near, &self.wiring.devices, &target.bridge, &bytes)
            }
        }
    }

    /// Reads all sockets empty. Whether anything of ours was there.
    fn gather(&self, seen: &mut Seen<'_>) -> Result<bool, String> {
        let mut any = false;
        let mut buffer = [0; 4096];
        while let Some((bytes, from)) = frame_from(&self.wiring.far, &mut buffer)? {
            any |= seen.far(bytes, name(&self.wiring.ends, from), self.topology);
        }
        while let Some((bytes, from)) = frame_from(&self.wiring.near, &mut buffer)? {
            any |= seen.near(bytes, name(&self.wiring.devices, from), self.topology);
        }
        for ((six, protocol), mut socket) in &self.taken {
            // Non-blocking: an error is the end.
            while let Ok(length) = socket.read(&mut buffer) {
                any |= seen.taken(buffer.get(..length).unwrap_or_default(), *six, *protocol);
            }
        }
        Ok(any)
    }
}

fn put(
    socket: &OwnedFd,
    devices: &BTreeMap<String, LinkAddr>,
    name: &str,
    bytes: &[u8],
) -> Result<(), String> {
    let device = devices.get(name).ok_or_else(|| format!("no device `{name}`"))?;
    sendto(socket.as_raw_fd(), bytes, device, MsgFlags::empty())
        .map(drop)
        .map_err(|error| format!("can't send through `{name}`: {error}"))
}

fn name(devices: &BTreeMap<String, LinkAddr>, of: LinkAddr) -> &str {
    devices.iter().find(|(_, device)| device.ifindex() == of.ifindex()).map_or("", |(name, _)| name)
}

/// The next frame that came in, and where.
fn frame_from<'b>(socket: &OwnedFd, buffer: &'b mut [u8]) -> Result<Option<(&'b [u8], LinkAddr)>, String> {
    loop {
        match recvfrom::<LinkAddr>(socket.as_raw_fd(), buffer) {
            Ok((_, Some(from))) if from.pkttype() == OUTGOING => {}
            Ok((length, Some(from))) => return Ok(buffer.get(..length).map(|bytes| (bytes, from))),
            Ok((_, None)) => {}
            Err(Errno::EAGAIN) => return Ok(None),
            // A device went down; its frames are gone.
            Err(Errno::ENETDOWN) => {}
            Err(error) => return Err(format!("can't read frames: {error}")),
        }
    }
}

fn raw(domain: Domain, protocol: i32) -> Result<Socket, String> {
    let socket = Socket::new(domain, Type::RAW, Some(Protocol::from(protocol)))
        .map_err(|error| format!("can't open a raw socket for protocol {protocol}: {error}"))?;
    socket.set_nonblocking(true).map_err(|error| error.to_string())?;
    Ok(socket)
}
