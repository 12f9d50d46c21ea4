//! Who reaches whom: the verdicts between all zones of a node, for one kind of packet.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Node;
use crate::facts::Names;
use crate::sim::{Answer, Mistake, Question, Zone};

/// Zones that are looked at if nothing is said about their number, and the most there can be.
const USUAL_LIMIT: usize = 40;
const MOST: usize = 200;

/// Which packets are asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize),
    serde(default, rename_all = "kebab-case", deny_unknown_fields)
)]
pub struct ReachQuery {
    /// Their protocol, as in [`Question`].
    pub proto: Option<String>,
    /// Their destination port.
    pub dport: Option<u16>,
    /// Their ICMP type.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::sim::text_or_number"))]
    pub icmp_type: Option<String>,
    /// Between these zones only.
    pub zones: Option<Vec<String>>,
    /// Between so many zones at most.
    pub limit: Option<usize>,
}

/// What becomes of packets between zones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reach {
    /// The zones that were looked at.
    pub zones: Vec<Zone>,
    /// The answers, for each pair between which a packet can travel.
    pub links: Vec<(Question, Answer)>,
    /// Zones that were left out.
    pub omitted: usize,
}

impl Node {
    /// Asks about packets between all pairs of zones.
    ///
    /// # Errors
    /// A zone or the protocol does not exist, or a value does not fit the protocol.
    pub fn reach(&self, query: &ReachQuery) -> Result<Reach, Mistake> {
        let limit = query.limit.unwrap_or(USUAL_LIMIT).min(MOST);
        let mut zones = match &query.zones {
            Some(names) => names.iter().map(|name| Zone::parse(name)).collect::<Result<Vec<_>, _>>()?,
            None => self.topology.zones().collect(),
        };
        for zone in query.zones.iter().flatten().zip(&zones).map(|(_, zone)| zone) {
            self.topology.find(*zone)?;
        }
        let omitted = zones.len().saturating_sub(limit);
        zones.truncate(limit);
        let (names, simulator) = (Names::new(&self.facts), self.simulator()?);
        let (mut links, mut refused) = (Vec::new(), None);
        for from in &zones {
            for to in zones.iter().filter(|to| *to != from) {
                let question = Question {
                    from: from.to_string(),
                    to: to.to_string(),
                    proto: query.proto.clone(),
                    dport: query.dport,
                    icmp_type: query.icmp_type.clone(),
                    ..Question::default()
                };
                // Some pairs have no way between them; if no packet can be made at all, the question is wrong.
                match question.packet(&self.topology, &names) {
                    Ok(packet) => links.push((question, simulator.verdict(&packet))),
                    Err(mistake) => refused = refused.or(Some(mistake)),
                }
            }
        }
        match refused {
            Some(mistake) if links.is_empty() && zones.len() > 1 => Err(mistake),
            _ => Ok(Reach { zones, links, omitted }),
        }
    }
}

/// What a guest is called in its configuration: `name: web` of a VM, `hostname: web` of a container.
pub fn title(config: &[u8]) -> Option<String> {
    let mut lines = config.split(|byte| *byte == b'\n').take_while(|line| line.first() != Some(&b'['));
    let named = |line: &[u8]| {
        let value = line.strip_prefix(b"name:").or_else(|| line.strip_prefix(b"hostname:"))?;
        Some(String::from_utf8_lossy(value).trim().to_string()).filter(|name| !name.is_empty())
    };
    lines.find_map(named)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::session::Session;

    fn session() -> Session {
        let mut session = Session::new();
        let files = [
            ("firewall/cluster.fw", "[OPTIONS]\nenable: 1\n"),
            ("firewall/100.fw", "[OPTIONS]\nenable: 1\n[RULES]\nIN ACCEPT -p tcp -dport 443\n"),
            (
                "nodes/pve1/qemu-server/100.conf",
                "name: shop\nnet0: virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1\n",
            ),
            (
                "nodes/pve1/lxc/200.conf",
                "net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:02,ip=10.0.0.2/8\n",
            ),
        ];
        for (path, text) in files {
            session.set(path, text).unwrap();
        }
        session
    }

    #[test]
    fn all_pairs_are_asked() {
        let mut session = session();
        let (node, datacenter) = session.node(None).unwrap();
        let shown = |query: &ReachQuery| {
            let reach = node.reach(query).unwrap();
            let link = |(question, answer): &(Question, Answer)| {
                let line = answer.by.map(|span| datacenter.files().name(span.file)).unwrap_or_default();
                format!("{} {} {} {line}", question.from, question.to, answer.verdict.name())
            };
            reach.links.iter().map(link).collect::<Vec<_>>()
        };
        let https = shown(&ReachQuery { dport: Some(443), ..ReachQuery::default() });
        assert_eq!(https.len(), 12);
        assert!(https.contains(&"outside vm100 ACCEPT firewall/100.fw".into()), "{https:?}");
        let ssh = shown(&ReachQuery { dport: Some(22), ..ReachQuery::default() });
        assert!(ssh.contains(&"outside vm100 DROP ".into()), "{ssh:?}");
        assert!(ssh.contains(&"outside ct200 ACCEPT ".into()), "{ssh:?}");
        let limited = node.reach(&ReachQuery { limit: Some(2), ..ReachQuery::default() }).unwrap();
        assert_eq!((limited.links.len(), limited.omitted), (2, 2));
    }

    #[test]
    fn wrong_questions_are_refused() {
        let mut session = session();
        let (node, _) = session.node(None).unwrap();
        for query in [
            ReachQuery {
                zones: Some(Vec::from(["vm9".to_string(), "host".into()])),
                ..ReachQuery::default()
            },
            ReachQuery { proto: Some("nonsense".into()), ..ReachQuery::default() },
            ReachQuery { proto: Some("icmp".into()), dport: Some(1), ..ReachQuery::default() },
        ] {
            assert!(node.reach(&query).is_err(), "{query:?}");
        }
        assert_eq!(title(b"[snap]\nname: x\n"), None);
        assert_eq!(title(b"cores: 1\nhostname:  web \n").as_deref(), Some("web"));
    }
}
