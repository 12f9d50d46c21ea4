//! The options of every level, as rows (spec 02). A row is the field's name, which is the option's, and the type of its
//! value; the parser, the list of names and the struct derive from it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::value::{Action, Level, LogSetting};
use crate::facts::Names;
use crate::ir::{Queue, Rate, RateUnit, Written};
use crate::tables::helpers::{self, Helper};
use crate::tables::log_levels::{self, LogLevel};
use crate::text::{FileId, Span};

/// The value of an option and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// The whole line.
    pub span: Span,
}

/// A value that an option can have.
trait OptionValue: Sized {
    /// Reads it; the error says what would be right.
    fn read(text: &str, names: &Names<'_>) -> Result<Self, String>;

    /// Values to propose, the likeliest first; none where any number will do. Of a list, its elements.
    fn proposals(names: &Names<'_>) -> Vec<String>;

    /// Whether the value is a list, with commas between its elements.
    const IS_LIST: bool = false;
}

/// What is known about an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// What it does, and what holds without it.
    pub text: &'static str,
    /// What it takes, as in `expected …`.
    pub expected: String,
    /// Values to propose, the likeliest first.
    pub proposals: Vec<String>,
    /// Whether the value is a list of proposals, with commas between them.
    pub is_list: bool,
}

/// No option can have this value, so that its reader says what would be right.
const WRONG: &str = "?";

/// The option whose name is in lower case only.
pub(super) const CASE_SENSITIVE: &str = "log_ratelimit";

/// What became of an option line.
pub(super) enum Outcome {
    /// No such option at this level.
    Unknown,
    /// The value is wrong; what would be right.
    Bad(String),
    /// It is set; where it was set before.
    Set(Option<Span>),
}

macro_rules! options {
    ($($(#[doc = $doc:literal])+ $level:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty,)+ })+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug, Default, PartialEq)]
            pub struct $level {
                $($(#[doc = $field_doc])+ pub $field: Option<Setting<$type>>,)+
            }

            impl $level {
                /// The names of all options of this level.
                pub const NAMES: &'static [&'static str] = &[$(stringify!($field)),+];

                fn about(name: &str, names: &Names<'_>) -> Option<About> {
                    match name {
                        $(stringify!($field) => Some(About {
                            text: concat!($($field_doc),+).trim_ascii(),
                            expected: <$type as OptionValue>::read(WRONG, names).err().unwrap_or_default(),
                            proposals: <$type as OptionValue>::proposals(names),
                            is_list: <$type as OptionValue>::IS_LIST,
                        }),)+
                        _ => None,
                    }
                }

                fn set(&mut self, name: &str, text: &str, span: Span, names: &Names<'_>) -> Outcome {
                    match name {
                        $(stringify!($field) => match <$type as OptionValue>::read(text, names) {
                            Ok(value) => {
                                let before = self.$field.replace(Setting { value, span });
                                Outcome::Set(before.map(|setting| setting.span))
                            }
                            Err(expected) => Outcome::Bad(expected),
                        },)+
                        _ => Outcome::Unknown,
                    }
                }
            }
        )+
    };
}

options! {
    /// Options of `cluster.fw`.
    ClusterOptions {
        /// The master switch: 0 off, 1 on, larger the time at which it was switched on for a minute.
        enable: u64,
        /// Whether the bridge is filtered too; on if absent.
        ebtables: bool,
        /// End of the node's incoming rules; `DROP` if absent.
        policy_in: Action,
        /// End of the node's outgoing rules; `ACCEPT` if absent.
        policy_out: Action,
        /// No effect on this backend.
        policy_forward: Action,
        /// How often a rule may log.
        log_ratelimit: RateLimit,
    }

    /// Options of `host.fw`.
    HostOptions {
        /// Whether the node's own traffic is filtered; on if absent.
        enable: bool,
        /// Log level of the policy for incoming packets.
        log_level_in: LogSetting,
        /// Log level of the policy for outgoing packets, and of the blacklist.
        log_level_out: LogSetting,
        /// No effect on this backend.
        log_level_forward: LogSetting,
        /// Log level of packets with impossible TCP flags.
        tcp_flags_log_level: LogSetting,
        /// Log level of smurfs.
        smurf_log_level: LogSetting,
        /// Whether smurfs are dropped; on if absent.
        nosmurfs: bool,
        /// Whether packets with impossible TCP flags are dropped; off if absent.
        tcpflags: bool,
        /// Whether neighbour discovery is allowed; on if absent.
        ndp: bool,
        /// Whether packets that belong to no connection pass through the node; off if absent.
        nf_conntrack_allow_invalid: bool,
        /// Connection tracking helpers.
        nf_conntrack_helpers: Vec<&'static Helper>,
        /// Most tracked connections (a kernel setting).
        nf_conntrack_max: u64,
        /// Time after which a silent connection is forgotten, in seconds (a kernel setting).
        nf_conntrack_tcp_timeout_established: u64,
        /// Time after which a half-open connection is forgotten, in seconds; also of the SYN flood table.
        nf_conntrack_tcp_timeout_syn_recv: Seconds,
        /// Whether new connections are limited; off if absent.
        protection_synflood: bool,
        /// New connections a second and source; 200 if absent.
        protection_synflood_rate: HashLimitNumber,
        /// New connections at once; 1000 if absent.
        protection_synflood_burst: HashLimitNumber,
        /// Accepted, but without effect.
        protection_limit: u64,
        /// Whether the logger writes connections.
        log_nf_conntrack: bool,
        /// Whether another backend makes the node's rules.
        nftables: bool,
    }

    /// Options of guest files.
    GuestOptions {
        /// Whether the guest is filtered; off if absent.
        enable: bool,
        /// Whether DHCP is allowed; on if absent (the documentation says off).
        dhcp: bool,
        /// Whether neighbour discovery is allowed; on if absent.
        ndp: bool,
        /// Whether the guest may send router advertisements; off if absent.
        radv: bool,
        /// Whether the guest must use its own hardware address; on if absent.
        macfilter: bool,
        /// Whether the guest must use its own IP addresses; off if absent.
        ipfilter: bool,
        /// End of the incoming rules; `DROP` if absent.
        policy_in: Action,
        /// End of the outgoing rules; `ACCEPT` if absent.
        policy_out: Action,
        /// Log level of the policy for incoming packets.
        log_level_in: LogSetting,
        /// Log level of the policy for outgoing packets.
        log_level_out: LogSetting,
        /// Whether accepted packets are handed to an intrusion prevention system; off if absent.
        ips: bool,
        /// Which queues it listens on.
        ips_queues: Queues,
        /// Ethernet protocols the guest may use.
        layer2_protocols: Vec<Written<u16>>,
    }

    /// Options of VNet files; none has an effect on this backend.
    VnetOptions {
        /// Whether the VNet is filtered.
        enable: u64,
        /// End of the rules.
        policy_forward: ForwardPolicy,
        /// Log level of the policy.
        log_level_forward: RequiredLog,
    }
}

/// Options of any level.
#[derive(Clone, Debug, PartialEq)]
pub enum Options {
    /// Of `cluster.fw`.
    Cluster(alloc::boxed::Box<ClusterOptions>),
    /// Of `host.fw`.
    Host(alloc::boxed::Box<HostOptions>),
    /// Of a guest file.
    Guest(alloc::boxed::Box<GuestOptions>),
    /// Of a VNet file.
    Vnet(alloc::boxed::Box<VnetOptions>),
}

impl Options {
    /// No options.
    pub fn none(level: Level) -> Self {
        match level {
            Level::Cluster => Self::Cluster(alloc::boxed::Box::default()),
            Level::Host => Self::Host(alloc::boxed::Box::default()),
            Level::Guest => Self::Guest(alloc::boxed::Box::default()),
            Level::Vnet => Self::Vnet(alloc::boxed::Box::default()),
        }
    }

    pub(super) fn set(&mut self, name: &str, text: &str, span: Span, names: &Names<'_>) -> Outcome {
        match self {
            Self::Cluster(options) => options.set(name, text, span, names),
            Self::Host(options) => options.set(name, text, span, names),
            Self::Guest(options) => options.set(name, text, span, names),
            Self::Vnet(options) => options.set(name, text, span, names),
        }
    }
}

/// The name of an option that a level has and that can have this value.
pub(crate) fn read(level: Level, name: &str, value: &str, names: &Names<'_>) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    // COMPAT: the name of this one option is case-sensitive (spec 02 section 1).
    if lower == CASE_SENSITIVE && name != lower {
        return None;
    }
    let set = Options::none(level).set(&lower, value, Span::at(FileId(0), 0), names);
    let known = self::names(level).iter().copied().find(|known| *known == lower);
    known.filter(|_| matches!(set, Outcome::Set(_)))
}

/// The names of a level's options.
pub const fn names(level: Level) -> &'static [&'static str] {
    match level {
        Level::Cluster => ClusterOptions::NAMES,
        Level::Host => HostOptions::NAMES,
        Level::Guest => GuestOptions::NAMES,
        Level::Vnet => VnetOptions::NAMES,
    }
}

/// What is known about an option of a level, by its name in lower case.
pub fn about(level: Level, name: &str, facts: &Names<'_>) -> Option<About> {
    match level {
        Level::Cluster => ClusterOptions::about(name, facts),
        Level::Host => HostOptions::about(name, facts),
        Level::Guest => GuestOptions::about(name, facts),
        Level::Vnet => VnetOptions::about(name, facts),
    }
}

/// Log rate limit of the datacenter (spec 02 section 1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Whether there is a limit.
    pub enable: bool,
    /// How often; `None`: once a second.
    pub rate: Option<Rate>,
    /// How many at once; `None`: the kernel's default, 5.
    pub burst: Option<u32>,
}

/// Queues of an intrusion prevention system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queues {
    /// The first queue; `None` for the kernel's default.
    pub first: Option<u16>,
    /// The last one of several.
    pub last: Option<u16>,
}

impl Queues {
    /// The target that hands packets over.
    pub const fn queue(self) -> Queue {
        Queue { first: self.first, last: self.last, bypass: true }
    }
}

/// A number that the tools take in a `hashlimit` condition: more makes them refuse the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashLimitNumber(pub u32);

impl HashLimitNumber {
    /// The largest one (iptables 1.8: "Rate too fast", "out of range (1-1000000)").
    pub const MOST: u32 = 1_000_000;
}

/// A time whose milliseconds fit into 32 bits, as the tools want them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub u32);

impl Seconds {
    /// The longest time.
    pub const MOST: u32 = u32::MAX / 1000;
}

/// `ACCEPT` or `DROP`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForwardPolicy(pub Action);

/// A log level that may not be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequiredLog(pub LogSetting);

impl OptionValue for bool {
    fn read(text: &str, _: &Names<'_>) -> Result<Self, String> {
        match text {
            "0" => Ok(false),
            "1" => Ok(true),
            _ => Err("`0` or `1`".to_string()),
        }
    }

    fn proposals(_: &Names<'_>) -> Vec<String> {
        ["1", "0"].map(String::from).into()
    }
}

impl OptionValue for u64 {
    fn read(text: &str, _: &Names<'_>) -> Result<Self, String> {
        digits(text).ok_or_else(|| "a whole number".to_string())
    }

    fn proposals(_: &Names<'_>) -> Vec<String> {
        Vec::new()
    }
}

fn digits<N: core::str::FromStr>(text: &str) -> Option<N> {
    if text.bytes().all(|digit| digit.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// A number that reaches the kernel tools as written, which read a leading zero as octal.
fn plain_digits<N: core::str::FromStr>(text: &str) -> Option<N> {
    if text.len() > 1 && text.starts_with('0') { None } else { digits(text) }
}

impl OptionValue for HashLimitNumber {
    fn read(text: &str, _: &Names<'_>) -> Result<Self, String> {
        let number = digits(text).filter(|number| *number <= Self::MOST).map(Self);
        number.ok_or_else(|| {
            format!("a whole number up to {}; the kernel tools refuse larger ones", Self::MOST)
        })
    }

    fn proposals(_: &Names<'_>) -> Vec<String> {
        Vec::new()
    }
}

impl OptionValue for Seconds {
    fn read(text: &str, _: &Names<'_>) -> Result<Self, String> {
        let number = digits(text).filter(|number| *number <= Self::MOST).map(Self);
        number.ok_or_else(|| format!("a number of seconds up to {}", Self::MOST))
    }

    fn proposals(_: &Names<'_>) -> Vec<String> {
        Vec::new()
    }
}

impl OptionValue for Action {
    fn read(text: &str, _: &Names<'_>) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|action| action.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| "`ACCEPT`, `DROP` or `REJECT`".to_string())
    }

    fn proposals(_: &Names<'_>) -> Vec<String> {
        Self::ALL.map(|action| action.name().to_string()).into()
    }
}

impl OptionValue for ForwardPolicy {
    fn read(text: &str, names: &Names<'_>) -> Result<Self, String> {
        match Action::read(text, names) {
            Ok(action @ (Action::Accept | Action::Drop)) => Ok(Self(action)),
            _ => Err("`ACCEPT` or `DROP`".to_string()),
        }
    }

    fn proposals(_: &Names<'_>) -> Vec<String> {
        [Action::Accept, Action::Drop].map(|action| action.name().to_string()).into()
    }
}

const LOG_LEVELS: &str =
    "a log level: `emerg`, `alert`, `crit`, `err`, `warning`, `notice`, `info`, `debug` or `nolog`";

impl OptionValue for LogSetting {
    fn read(text: &str, _: &Names<'_>) -> Result<Self, String> {
        if text.is_empty() || text.eq_ignore_ascii_case("nolog") {
            return Ok(None);
        }
        LogLevel::named(&text.to_ascii_lowercase()).map(Some).ok_or_else(|| LOG_LEVELS.to_string())
    }

    fn proposals(_: &Names<'_>) -> Vec<String> {
        let levels = log_levels::ALL.iter().map(|level| level.name());
        core::iter::once("nolog").chain(levels).map(String::from).collect()
    }
}

impl OptionValue for RequiredLog {
    fn read(text: &str, names: &Names<'_>) -> Result<Self, String> {
        if text.is_empty() { Err(LOG_LEVELS.to_string()) } else { LogSetting::read(text, names).map(Self) }
    }

    fn proposals(names: &Names<'_>) -> Vec<String> {
        LogSetting::proposals(names)
    }
}

impl OptionValue for Vec<&'static Helper> {
    fn read(text: &str, _: &Names<'_>) -> Result<Self, String> {
        let found: Option<Self> = text.split(',').map(helpers::named).collect();
        found.ok_or_else(|| {
            let all: Vec<_> = helpers::HELPERS.iter().map(|helper| format!("`{}`", helper.name)).collect();
            format!("a list, separated by commas without blanks, of {}", all.join(", "))
        })
    }

    fn proposals(_: &Names<'_>) -> Vec<String> {
        helpers::HELPERS.iter().map(|helper| helper.name.to_string()).collect()
    }

    const IS_LIST: bool = true;
}

impl OptionValue for Vec<Written<u16>> {
    fn read(text: &str, names: &Names<'_>) -> Result<Self, String> {
        let mut list = Self::new();
        for item in text.split(',') {
            let Some(number) = names.ethertype(item) else {
                let near = crate::diag::suggest::nearest(item, names.ethertype_names());
                let near = near.map_or_else(String::new, |near| format!(" (`{item}` is none; `{near}`?)"));
                return Err(format!(
                    "a list, separated by commas without blanks, of names or numbers in `/etc/ethertypes`{near}"
                ));
            };
            list.push(Written::spelled(number, item));
        }
        Ok(list)
    }

    fn proposals(names: &Names<'_>) -> Vec<String> {
        names.ethertype_names().into_iter().map(String::from).collect()
    }

    const IS_LIST: bool = true;
}

impl OptionValue for Queues {
    fn read(text: &str, _: &Names<'_>) -> Result<Self, String> {
        let expected = || "a queue number up to 65535, or two as `first:last`".to_string();
        if let Some((first, last)) = text.split_once(':') {
            let (first, last) =
                (plain_digits(first).ok_or_else(expected)?, plain_digits(last).ok_or_else(expected)?);
            // The tools refuse a range that is empty or has one queue only, the kernel one of all 65536.
            if first >= last || last - first == u16::MAX {
                return Err("a range of queues whose first is below its last, not all of them".to_string());
            }
            return Ok(Self { first: Some(first), last: Some(last) });
        }
        let number: u16 = plain_digits(text).ok_or_else(expected)?;
        Ok(Self { first: (number != 0).then_some(number), last: None })
    }

    fn proposals(_: &Names<'_>) -> Vec<String> {
        Vec::new()
    }
}

impl OptionValue for RateLimit {
    fn read(text: &str, _: &Names<'_>) -> Result<Self, String> {
        let (mut enable, mut rate, mut burst) = (None, None, None);
        let twice = |key: &str| Err(format!("`{key}` only once"));
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or(("enable", part));
            match key {
                "enable" => {
                    let on = boolean(value).ok_or_else(|| "`enable=1` or `enable=0`".to_string())?;
                    if enable.replace(on).is_some() {
                        return twice(key);
                    }
                }
                "rate" => {
                    if rate.replace(self::rate(value)?).is_some() {
                        return twice(key);
                    }
                }
                "burst" => {
                    let number: Option<u32> = digits(value).filter(|burst| *burst <= 10_000);
                    let number = number.ok_or_else(|| "a `burst` from 0 to 10000".to_string())?;
                    if burst.replace(number).is_some() {
                        return twice(key);
                    }
                }
                _ => return Err(format!("only the keys `enable`, `rate` and `burst`, not `{key}`")),
            }
        }
        let enable = enable.ok_or_else(|| "`enable=1` or `enable=0` first".to_string())?;
        Ok(Self { enable, rate, burst: burst.filter(|burst| *burst != 0) })
    }

    fn proposals(_: &Names<'_>) -> Vec<String> {
        ["enable=1,rate=1/second,burst=5", "enable=0"].map(String::from).into()
    }
}

/// The words Proxmox VE takes for yes and no.
pub(super) fn boolean(text: &str) -> Option<bool> {
    let is = |words: [&str; 4]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is(["1", "on", "yes", "true"]) {
        Some(true)
    } else if is(["0", "off", "no", "false"]) {
        Some(false)
    } else {
        None
    }
}

fn rate(text: &str) -> Result<Rate, String> {
    let expected =
        || "a `rate` as `5/minute`: a number, `/`, and `second`, `minute`, `hour` or `day`".to_string();
    let (count, unit) = text.split_once('/').ok_or_else(expected)?;
    let (unit, _) = RateUnit::ALL.into_iter().find(|(_, name)| *name == unit).ok_or_else(expected)?;
    if count.starts_with('0') {
        return Err(expected());
    }
    let count: u32 = digits(count).ok_or_else(expected)?;
    let seconds = match unit {
        RateUnit::Second => 1,
        RateUnit::Minute => 60,
        RateUnit::Hour => 3_600,
        RateUnit::Day => 86_400,
    };
    // What the tools take; more makes them refuse the table ("Rate too fast").
    if u64::from(count) > 10_000 * seconds {
        return Err("a `rate` of at most 10000 a second".to_string());
    }
    Ok(Rate { count, unit })
}
