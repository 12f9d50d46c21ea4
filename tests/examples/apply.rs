//! How long `pvefw apply` takes beside the bare tools that load the same rules: `cargo xtask bench apply`.
//!
//! Everything happens in network namespaces of their own, the rounds one behind the other, so that what slows the machine
//! slows both sides. The best of the rounds counts.

use core::error::Error;
use core::time::Duration;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, fs};

use pvefw_core::datacenter::Datacenter;
use pvefw_core::emit;
use pvefw_core::facts::Facts;
use pvefw_core::host::apply::{Applier, Options, Target, Trust};
use pvefw_core::host::{Machine, Sandbox, Store, Texts, Tool, Tools, Variant, load};
use pvefw_tests::{generate, root};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// A rule of one guest, which is added and taken out again.
const RULE: &str = "[RULES]\nIN DROP -source 198.51.100.9\n";

fn main() -> Outcome {
    let words: Vec<String> = env::args().skip(1).collect();
    let [pvefw, folder, guests, rounds, variants @ ..] = words.as_slice() else {
        return Err("PVEFW, FOLDER, GUESTS and ROUNDS are needed, then variants".into());
    };
    let bench = Bench::new(pvefw.into(), Path::new(folder), guests.parse()?)?;
    let mut out = std::io::stdout();
    for variant in Variant::BOTH
        .into_iter()
        .filter(|variant| variants.is_empty() || variants.iter().any(|word| word == variant.name()))
    {
        let mut best = Times::default();
        for _ in 0..rounds.parse::<u32>()? {
            best = best.or(bench.round(variant)?);
        }
        writeln!(out, "{}", best.table(variant))?;
    }
    Ok(())
}

/// A datacenter in two forms that differ by a rule.
struct Bench {
    pvefw: PathBuf,
    state: PathBuf,
    plain: Form,
    changed: Form,
}

struct Form {
    root: PathBuf,
    target: Target,
}

/// How long everything took.
#[derive(Clone, Copy, Debug)]
struct Times {
    bare: Duration,
    whole: Duration,
    whole_command: Duration,
    foreign: Duration,
    bare_chain: Duration,
    chain: Duration,
    chain_command: Duration,
    idle: Duration,
}

impl Default for Times {
    fn default() -> Self {
        let [bare, whole, whole_command, foreign] = [Duration::MAX; 4];
        let [bare_chain, chain, chain_command, idle] = [Duration::MAX; 4];
        Self { bare, whole, whole_command, foreign, bare_chain, chain, chain_command, idle }
    }
}

impl Bench {
    fn new(pvefw: PathBuf, folder: &Path, guests: u32) -> Outcome<Self> {
        let files = generate::datacenter(guests);
        let form = |name: &str, rule: bool| -> Outcome<Form> {
            let place = folder.join(name);
            let mut guest = false;
            for (path, text) in &files {
                let mut text = text.clone();
                // The first guest that has rules.
                if rule && !guest && path.starts_with("firewall/1") && text.contains("[RULES]\n") {
                    guest = true;
                    text = text.replacen("[RULES]\n", RULE, 1);
                }
                let path = place.join(path);
                fs::create_dir_all(path.parent().unwrap_or(&path))?;
                fs::write(path, text)?;
            }
            let mut datacenter = Datacenter::new();
            for path in root::files(&place)? {
                let inside = path.strip_prefix(&place)?.display().to_string();
                datacenter.add(&inside, root::read(&path)?);
            }
            let facts = Facts { node: Some("n1".into()), ..Facts::default() };
            let (ruleset, _) = datacenter.compile(&facts);
            Ok(Form {
                root: place,
                target: Target::compiled(emit::restore(&ruleset), facts.node, Vec::new()),
            })
        };
        Ok(Self {
            pvefw,
            state: folder.join("state"),
            plain: form("plain", false)?,
            changed: form("changed", true)?,
        })
    }

    fn round(&self, variant: Variant) -> Outcome<Times> {
        let texts = Texts::from(&self.plain.target.texts);
        let mut times = Times::default();
        let tools = self.fresh(variant)?;
        times.bare = timed(|| Ok(load(&tools, &texts).map(drop)?))?;
        // One chain over all the others, which are there.
        let chain = self.chain()?;
        times.bare_chain = timed(|| Ok(tools.restore(Tool::Iptables, &chain)?))?;

        let machine = Machine::new(self.fresh(variant)?);
        let store = Store::new(&self.state);
        let lock = store.lock("bench", Duration::ZERO)?;
        let applier = Applier { host: &machine, store: &store };
        let apply = |target: &Target, trust| -> Outcome {
            let options = Options { by: "bench", command: "bench", confirm: None, trust };
            Ok(applier.apply(&lock, target, &options).map(drop)?)
        };
        let (plain, changed) = (&self.plain.target, &self.changed.target);
        apply(plain, Trust::Recent)?;
        apply(&Target::nothing(), Trust::Recent)?;
        times.whole = timed(|| apply(plain, Trust::Recent))?;
        times.idle = timed(|| apply(plain, Trust::Recent))?;
        times.chain = timed(|| apply(changed, Trust::Recent))?;
        drop(lock);
        times.chain_command = timed(|| self.command("apply", Some(&self.plain), variant))?;
        self.command("stop", None, variant)?;
        times.whole_command = timed(|| self.command("apply", Some(&self.plain), variant))?;

        // Somebody else's rules of the same names.
        let tools = self.fresh(variant)?;
        let foreign = |text: &str| text.replace("PVESIG:", "PVESIG:x");
        let (v4, v6) = (foreign(texts.iptables), foreign(texts.ip6tables));
        load(&tools, &Texts { iptables: &v4, ip6tables: &v6, ..texts })?;
        times.foreign = timed(|| self.command("apply", Some(&self.plain), variant))?;
        Ok(times)
    }

    /// The chains that the two forms differ by, for the bare tool.
    fn chain(&self) -> Outcome<String> {
        let [plain, changed] = [&self.plain, &self.changed].map(|form| &form.target.rules.v4.filter.chains);
        let mut text = String::from("*filter\n");
        let differ = || changed.iter().filter(|(name, chain)| plain.get(*name) != Some(chain));
        for (name, _) in differ() {
            text.extend([":", name, " - [0:0]\n"]);
        }
        for (name, chain) in differ() {
            chain.fill(name, &mut text);
        }
        let found = differ().count();
        text.push_str("COMMIT\n");
        if found == 0 { Err("the rule changes nothing".into()) } else { Ok(text) }
    }

    /// An empty node with an empty state directory.
    fn fresh(&self, variant: Variant) -> Outcome<Tools> {
        Sandbox::enter().map_err(|error| error.in_full())?;
        let _ = fs::remove_dir_all(&self.state);
        Ok(Tools::find(Some(variant))?)
    }

    fn command(&self, word: &str, form: Option<&Form>, variant: Variant) -> Outcome {
        let mut command = Command::new(&self.pvefw);
        command.arg(word);
        if let Some(form) = form {
            command.arg(&form.root).args(["--node", "n1"]);
        }
        command.arg("--state").arg(&self.state).args(["--variant", variant.name()]);
        let output = command.stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("`pvefw {word}`: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

fn timed(work: impl FnOnce() -> Outcome) -> Outcome<Duration> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed())
}

impl Times {
    fn or(self, other: Self) -> Self {
        Self {
            bare: self.bare.min(other.bare),
            whole: self.whole.min(other.whole),
            whole_command: self.whole_command.min(other.whole_command),
            foreign: self.foreign.min(other.foreign),
            bare_chain: self.bare_chain.min(other.bare_chain),
            chain: self.chain.min(other.chain),
            chain_command: self.chain_command.min(other.chain_command),
            idle: self.idle.min(other.idle),
        }
    }

    fn table(&self, variant: Variant) -> String {
        let line = |what: &str, time: Duration, bare: Option<Duration>| {
            let ratio = bare.map(|bare| format!("{:7.2} ×", time.as_secs_f64() / bare.as_secs_f64()));
            format!("{what:<52}{:>9.1} ms{}\n", time.as_secs_f64() * 1000.0, ratio.unwrap_or_default())
        };
        let head = format!("{variant}\n");
        [
            head,
            line("bare restores of all rules", self.bare, None),
            line("apply of all, state known, rules compiled", self.whole, Some(self.bare)),
            line("`pvefw apply` of all, state known", self.whole_command, Some(self.bare)),
            line("`pvefw apply` over somebody else's rules", self.foreign, Some(self.bare)),
            line("bare restore of one guest's chain", self.bare_chain, None),
            line("apply of one rule, rules compiled", self.chain, Some(self.bare_chain)),
            line("`pvefw apply` of one rule", self.chain_command, Some(self.bare_chain)),
            line("apply of nothing new, rules compiled", self.idle, None),
        ]
        .concat()
    }
}
