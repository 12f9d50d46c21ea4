//! Datacenters of any size, made up: the same bytes for the same size, and nothing wrong in them.

use core::fmt::Write;

/// A file: its path below the configuration root, and its content.
pub type File = (String, String);

/// The node that all guests are on.
pub const NODE: &str = "n1";

/// Rules of each guest.
pub const RULES: usize = 20;

/// Security groups of the cluster.
const GROUPS: u32 = 8;

/// The cluster's definitions, a host file, and `guests` guests with one filtered network device and [`RULES`] rules
/// each: a third are containers, every rule is different, and one in ten logs.
pub fn datacenter(guests: u32) -> Vec<File> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut files = vec![
        ("firewall/cluster.fw".to_owned(), cluster(&mut dice)),
        (format!("nodes/{NODE}/host.fw"), host()),
    ];
    for number in 0..guests {
        let vmid = 100 + number;
        let (folder, config) = configuration(number, number % 3 == 2);
        files.push((format!("firewall/{vmid}.fw"), guest(number, &mut dice)));
        files.push((format!("nodes/{NODE}/{folder}/{vmid}.conf"), config));
    }
    files
}

/// Marsaglia's xorshift: enough to mix lines.
struct Dice(u64);

impl Dice {
    /// A number from 0 to `sides` - 1.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) % sides
    }
}

// Writing to a string can't fail: the results of `write!` are dropped below.

fn cluster(dice: &mut Dice) -> String {
    let mut text =
        "[OPTIONS]\nenable: 1\npolicy_in: DROP\n\n[ALIASES]\nlocal_network 10.0.0.0/16\n".to_owned();
    for number in 0..40 {
        let _ = writeln!(text, "srv-{number} 10.1.{number}.{} # server", dice.roll(250) + 1);
        let _ = writeln!(text, "net-{number} 10.2.{number}.0/24");
        let _ = writeln!(text, "six-{number} 2001:db8:{number}::/64");
    }
    for number in 0..20 {
        let _ = writeln!(text, "\n[IPSET office-{number}] # desks");
        for member in 0..10 {
            let _ = writeln!(text, "10.3.{number}.{}", member * 20 + dice.roll(20));
        }
        let _ = writeln!(text, "2001:db8:{number}:1::/64\nnet-{number}\n!10.3.{number}.254");
    }
    for number in 0..GROUPS {
        let _ = writeln!(
            text,
            "\n[group web-{number}]\nIN Web(ACCEPT)\nIN Ping(ACCEPT) -source +dc/office-{number}"
        );
        let _ = writeln!(text, "IN ACCEPT -source dc/srv-{number} -p tcp -dport 9100 -log nolog");
    }
    text.push_str(
        "\n[RULES]\nIN SSH(ACCEPT) -source +office-0\nIN ACCEPT -p tcp -dport 8006 -source net-1\n",
    );
    text
}

fn host() -> String {
    "[OPTIONS]\ntcpflags: 1\n\n[RULES]\nIN Ping(ACCEPT)\nIN ACCEPT -i vmbr0 -p udp -dport 161 -source srv-3\n"
        .to_owned()
}

/// The folder and content of a guest's configuration.
fn configuration(number: u32, container: bool) -> (&'static str, String) {
    let [_, _, high, low] = number.to_be_bytes();
    let mac = format!("BC:24:11:{:02X}:{high:02X}:{low:02X}", number >> 16);
    if container {
        let text = format!(
            "arch: amd64\ncores: 2\nhostname: ct{number}\nmemory: 512\nnet0: name=eth0,bridge=vmbr0,firewall=1,\
             gw=10.4.0.1,hwaddr={mac},ip=10.4.{high}.{low}/16,type=veth\nostype: debian\nrootfs: local:{number}/disk.raw\n"
        );
        ("lxc", text)
    } else {
        let text = format!(
            "agent: 1\nboot: order=scsi0\ncores: 4\nmemory: 4096\nname: vm{number}\nnet0: virtio={mac},bridge=vmbr0,\
             firewall=1\nonboot: 1\nostype: l26\nscsi0: local-lvm:vm-{number}-disk-0,size=32G\nscsihw: virtio-scsi-pci\n"
        );
        ("qemu-server", text)
    }
}

fn guest(number: u32, dice: &mut Dice) -> String {
    let mut text = "[OPTIONS]\n\nenable: 1\npolicy_in: DROP\n".to_owned();
    if number.is_multiple_of(4) {
        text.push_str("ipfilter: 1\nlog_level_in: info\n");
    }
    text.push_str("\n[ALIASES]\n\n");
    for own in 0..3 {
        let _ = writeln!(text, "own-{own} 10.5.{}.{}", dice.roll(256), dice.roll(256));
    }
    text.push_str("\n[IPSET friends]\n\n");
    for member in 0..4 {
        let _ = writeln!(text, "10.6.{}.{member}", dice.roll(256));
    }
    let _ = writeln!(text, "2001:db8:6:{:x}::/64\n\n[RULES]\n", dice.roll(65536) + 1);
    for line in 0..RULES {
        let _ = writeln!(text, "{}", rule(line, dice));
    }
    text
}

fn rule(line: usize, dice: &mut Dice) -> String {
    let (a, b) = (dice.roll(256), dice.roll(254) + 1);
    let (low, high) = (dice.roll(40), 1024 + dice.roll(40_000));
    match line {
        0 => format!("GROUP web-{}", dice.roll(u64::from(GROUPS))),
        1 => format!("IN SSH(ACCEPT) -source +dc/office-{} -log nolog", dice.roll(20)),
        2 => format!("IN Web(ACCEPT) -source 198.51.{a}.0/24"),
        3 => format!("IN HTTPS(ACCEPT) -i net0 -source own-{}", dice.roll(3)),
        4 => format!("IN ACCEPT -source dc/srv-{low} -p tcp -dport {high} # monitoring"),
        5 => format!("IN ACCEPT -source 10.7.{a}.{b} -p tcp -dport 80,443,{high}"),
        6 => format!("IN DROP -source 203.0.{a}.{b} -log info"),
        7 => "IN ACCEPT -source +friends -p udp -dport 5000:5100".to_owned(),
        8 => format!("IN ACCEPT -source 2001:db8:{a:x}::{b:x} -p tcp -dport {high}"),
        9 => "IN Ping(ACCEPT)".to_owned(),
        10 => format!("IN ACCEPT -source net-{low} -dest 10.8.{a}.{b} -p tcp -dport http"),
        11 => format!("IN ACCEPT -source six-{low} -p udp -dport {high}"),
        12 => format!("IN ACCEPT -source 10.9.{a}.0/24,10.10.{a}.0/24 -p tcp -dport 22"),
        13 => format!("IN REJECT -p tcp -dport 113 -source 10.11.{a}.{b} -log notice"),
        14 => format!("|IN ACCEPT -p tcp -dport {high} # switched off"),
        15 => format!("OUT DNS(ACCEPT) -dest dc/srv-{low}"),
        16 => format!("OUT ACCEPT -dest 10.12.{a}.{b} -p tcp -dport {high}"),
        17 => "OUT NTP(ACCEPT)".to_owned(),
        18 => format!("OUT SMTP(REJECT) -dest 192.0.{a}.{b}"),
        _ => format!("OUT ACCEPT -dest +dc/office-{} -p icmp -icmp-type echo-request", dice.roll(20)),
    }
}

#[cfg(test)]
mod tests {
    use pvefw_core::datacenter::Datacenter;
    use pvefw_core::facts::Facts;

    /// What is measured must be the good case, or diagnostics are measured.
    #[test]
    fn nothing_is_wrong_and_every_guest_is_filtered() {
        let mut datacenter = Datacenter::new();
        for (path, text) in super::datacenter(30) {
            assert!(datacenter.add(&path, text).is_some(), "{path}");
        }
        let found = datacenter.check(&Facts::default()).into_sorted();
        assert_eq!(found.iter().map(|found| &found.message).collect::<Vec<_>>(), Vec::<&String>::new());
        let inventory = datacenter.inventory(&Facts::default());
        assert_eq!((inventory.vms, inventory.containers, inventory.open_nics), (20, 10, 0));
    }
}
