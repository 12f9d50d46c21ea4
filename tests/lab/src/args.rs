//! The command line of the lab.

use std::path::PathBuf;

use pvefw_core::host::Variant;

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Args {
    /// The first seed.
    pub seed: u64,
    /// How many datacenters are made up.
    pub cases: u64,
    /// How many packets each gets.
    pub packets: usize,
    /// The variant of the tools; `None` for the one that is installed as `iptables`.
    pub variant: Option<Variant>,
    /// A configuration root that gets all the packets, instead of datacenters made up.
    pub root: Option<PathBuf>,
    /// The node of that root.
    pub node: Option<String>,
    /// A folder of cases with packets, instead.
    pub conformance: Option<PathBuf>,
    /// Where disagreements are put.
    pub keep: PathBuf,
    /// How many processes share the work.
    pub jobs: usize,
    /// Which share of it is this process's own, as the parent tells it.
    pub share: Option<usize>,
}

/// The usage.
pub const USAGE: &str = "usage: pvefw-lab [--seed N] [--cases N] [--packets N] [--variant nft|legacy] [--jobs N] \
                         [--keep DIR] [--root DIR [--node NAME] | --conformance DIR]";

impl Args {
    /// Reads the words after the program's name.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut args = Self {
            seed: 1,
            cases: 200,
            packets: 50,
            variant: None,
            root: None,
            node: None,
            conformance: None,
            keep: PathBuf::from("target/lab"),
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            share: None,
        };
        let mut words = words;
        while let Some(word) = words.next() {
            let mut value =
                || words.next().ok_or_else(|| format!("`{word}` wants something after it\n{USAGE}"));
            match word.as_str() {
                "--seed" => args.seed = number(&value()?)?,
                "--cases" => args.cases = number(&value()?)?,
                "--packets" => args.packets = number(&value()?)?,
                "--jobs" => args.jobs = number(&value()?)?,
                "--share" => args.share = Some(number(&value()?)?),
                "--variant" => args.variant = Some(variant(&value()?)?),
                "--root" => args.root = Some(PathBuf::from(value()?)),
                "--node" => args.node = Some(value()?),
                "--conformance" => args.conformance = Some(PathBuf::from(value()?)),
                "--keep" => args.keep = PathBuf::from(value()?),
                _ => return Err(format!("unknown argument `{word}`\n{USAGE}")),
            }
        }
        if args.jobs == 0 || args.packets == 0 {
            return Err("there is nothing to do for nobody, nor with nothing".to_owned());
        }
        Ok(args)
    }
}

fn variant(word: &str) -> Result<Variant, String> {
    let known = Variant::BOTH.into_iter().find(|variant| variant.name() == word);
    known.ok_or_else(|| format!("variants are `nft` and `legacy`, not `{word}`"))
}

fn number<N: core::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Args, String> {
        Args::parse(words.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn words_are_read() {
        let args = parse("--seed 7 --cases 3 --variant legacy --root /etc/pve --node n1").unwrap();
        assert_eq!((args.seed, args.cases, args.variant), (7, 3, Some(Variant::Legacy)));
        assert_eq!((args.root, args.node.as_deref()), (Some(PathBuf::from("/etc/pve")), Some("n1")));
    }

    #[test]
    fn wrong_words_are_refused() {
        for words in ["--seed", "--seed x", "--variant xt", "--what", "--jobs 0"] {
            assert!(parse(words).is_err(), "{words}");
        }
    }
}
