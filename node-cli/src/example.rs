//! The built-in example datacenter: the files of `examples/datacenter`, carried in the binary.

macro_rules! files {
    ($($path:literal,)*) => {
        &[$(($path, include_str!(concat!("../../examples/datacenter/", $path))),)*]
    };
}

/// The node that the example is compiled for.
pub(crate) const NODE: &str = "pve1";

/// Path below the root, and content.
pub(crate) const FILES: &[(&str, &str)] = files![
    "corosync.conf",
    "facts.json",
    "firewall/100.fw",
    "firewall/101.fw",
    "firewall/102.fw",
    "firewall/200.fw",
    "firewall/201.fw",
    "firewall/202.fw",
    "firewall/cluster.fw",
    "nodes/pve1/host.fw",
    "nodes/pve1/lxc/200.conf",
    "nodes/pve1/lxc/201.conf",
    "nodes/pve1/qemu-server/100.conf",
    "nodes/pve1/qemu-server/101.conf",
    "nodes/pve1/qemu-server/110.conf",
    "nodes/pve2/host.fw",
    "nodes/pve2/lxc/202.conf",
    "nodes/pve2/qemu-server/102.conf",
    "tests.toml",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }

    #[test]
    fn every_file_of_the_example_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/datacenter");
        let mut found = Vec::new();
        walk(&root, &root, &mut found);
        found.sort();
        let carried: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(carried, found);
    }

    /// The lines that its tests name must be the ones meant; they move easily.
    #[test]
    fn lines_named_by_the_tests_are_rules() {
        let content = |wanted: &str| FILES.iter().find(|(path, _)| *path == wanted).map(|(_, text)| *text);
        let named = content("tests.toml").unwrap().lines().filter_map(|line| line.strip_prefix("rule = "));
        let mut count = 0;
        for name in named {
            let (path, line) = name.trim_matches('"').split_once(':').unwrap();
            let line: usize = line.parse().unwrap();
            let rule = content(path).unwrap().lines().nth(line - 1).unwrap();
            assert!(rule.starts_with("IN ") || rule.starts_with("OUT "), "{name}: {rule}");
            count += 1;
        }
        assert_eq!(count, 5);
    }
}
