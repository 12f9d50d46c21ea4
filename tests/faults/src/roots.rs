//! Configurations to go from and to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pvefw_core::emit::Restore;
use pvefw_core::host::Texts;
use pvefw_core::host::rules::Rules;
use pvefw_tests::folder::copy;

/// A configuration on disk, and what it comes to.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) path: PathBuf,
    pub(crate) rules: Rules,
    pub(crate) texts: Restore,
}

/// The example datacenter and three that differ from it: by a rule and a set; by guests and groups that are gone; by
/// being off.
pub(crate) fn make(folder: &Path, example: &Path, pvefw: &Path) -> Result<Vec<Root>, String> {
    let edits: [&[(&str, &str, &str)]; 4] = [
        &[],
        &[
            (
                "firewall/cluster.fw",
                "[RULES]",
                "[IPSET fault]\n10.9.0.0/16\n\n[RULES]\nIN ACCEPT -source +fault -p tcp -dport 7",
            ),
            ("firewall/cluster.fw", "[IPSET management]", "[IPSET management]\n10.99.0.0/16"),
            (
                "firewall/100.fw",
                "[RULES]",
                "[RULES]\nIN DROP -source 198.51.100.9\nOUT REJECT -dest 198.51.100.9",
            ),
            ("nodes/pve1/host.fw", "[RULES]", "[RULES]\nIN DROP -source 198.51.100.9 -log info"),
        ],
        &[
            ("firewall/101.fw", "enable: 1", "enable: 0"),
            ("firewall/200.fw", "enable: 1", "enable: 0"),
            ("firewall/cluster.fw", "[RULES]", "[RULES]\nIN Ping(ACCEPT) -source 198.51.100.0/24"),
        ],
        &[("firewall/cluster.fw", "enable: 1", "enable: 0")],
    ];
    edits
        .iter()
        .zip(0..)
        .map(|(edits, number)| root(&format!("root-{number}"), edits, folder, example, pvefw))
        .collect()
}

/// The example datacenter and ten thousand rules more.
pub(crate) fn large(folder: &Path, example: &Path, pvefw: &Path) -> Result<Root, String> {
    let mut rules = String::from("[RULES]\n");
    for number in 0..10_000 {
        let line = format!(
            "IN DROP -source 198.18.{}.{} -p tcp -dport {}\n",
            number / 250,
            number % 250,
            1000 + number
        );
        rules.push_str(&line);
    }
    root("large", &[("firewall/100.fw", "[RULES]\n", &rules)], folder, example, pvefw)
}

/// The example datacenter with some lines changed.
fn root(
    name: &str,
    edits: &[(&str, &str, &str)],
    folder: &Path,
    example: &Path,
    pvefw: &Path,
) -> Result<Root, String> {
    let path = folder.join(name);
    let _ = fs::remove_dir_all(&path);
    copy(example, &path).map_err(|error| format!("can't copy the example: {error}"))?;
    for (file, old, new) in edits {
        let file = path.join(file);
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        if !text.contains(old) {
            return Err(format!("{} has no `{old}`", file.display()));
        }
        fs::write(file, text.replacen(old, new, 1)).map_err(|error| error.to_string())?;
    }
    let texts = compiled(&path, &folder.join(format!("{name}-texts")), pvefw)?;
    Ok(Root { path, rules: Rules::of(&Texts::from(&texts)), texts })
}

/// What a configuration comes to.
pub(crate) fn compiled(path: &Path, out: &Path, pvefw: &Path) -> Result<Restore, String> {
    let output = Command::new(pvefw)
        .arg("compile")
        .arg(path)
        .args(["--node", "pve1", "--facts"])
        .arg(path.join("facts.json"))
        .arg("--out")
        .arg(out)
        .output();
    if !output.is_ok_and(|output| output.status.success()) {
        return Err(format!("`pvefw compile {}` failed", path.display()));
    }
    let read = |name: &str| fs::read_to_string(out.join(name)).map_err(|error| error.to_string());
    Ok(Restore {
        ipset: read("ipset")?,
        ebtables: read("ebtables")?,
        iptables: read("iptables")?,
        ip6tables: read("ip6tables")?,
    })
}
