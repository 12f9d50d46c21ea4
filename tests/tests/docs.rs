//! What the documents show holds: commands run, configurations parse, examples print what is shown, links lead
//! somewhere, and `docs/diagnostics.md` is what the code says.
//!
//! How blocks are marked (nothing else is allowed, so that nothing goes unchecked by mistake):
//!
//! | mark | check |
//! | --- | --- |
//! | `fw file=PATH [errors=CODE,…]` | has exactly these errors; is there as PATH for the commands after it |
//! | `json facts` | is read as facts, every key known |
//! | `json output=check`, `json output=compile` | part of what that command says of the `fw` block before |
//! | `json output=diff` | part of what has changed in the `fw` block before since `small` |
//! | `json output=trace from=… to=… …` | part of what `trace` says of that packet in `small` |
//! | `jsonl file=PATH` | is there as PATH |
//! | `toml file=PATH` | is there as PATH; is read as policy tests without a finding |
//! | `json output=test`, `xml output=test` | part of what that command says of the `toml` block before; all of it, with `…` as below |
//! | `sh` | the commands work |
//! | `console [status=N]` | `$ pvefw …` ends so and prints these lines; `…` stands for anything |
//! | `log file=PATH` | every line is read as one of the log; is there as PATH |
//! | `json output=log` | part of what `log` says of the last line of the `log` block before, with the rules of `examples/datacenter` |
//! | `python` | is run by `python/tests/test_docs.py` |
//! | `rust` | is `docs/example.rs`, which is run |
//! | `text` | prose |

extern crate alloc;

#[cfg(test)]
#[path = "../../docs/example.rs"]
mod example;

#[cfg(test)]
mod documents {
    use alloc::collections::BTreeSet;
    use core::fmt::Write as _;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output};
    use std::{env, fs};

    use pvefw_core::datacenter::{Datacenter, FileKind};
    use pvefw_core::diag::{Severity, Sink, codes};
    use pvefw_core::facts::Facts;
    use pvefw_core::log::Entry;
    use pvefw_core::policy_test;
    use pvefw_core::text::FileId;
    use pvefw_tests::program::pvefw;
    use serde_json::Value;

    fn top() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
    }

    /// The documents, by their paths from the top.
    fn documents() -> Vec<(String, String)> {
        let mut names: Vec<String> =
            ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(str::to_owned).into();
        for entry in fs::read_dir(top().join("docs")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if Path::new(&name).extension().is_some_and(|end| end == "md") {
                names.push(format!("docs/{name}"));
            }
        }
        names.sort();
        names.into_iter().map(|name| (name.clone(), fs::read_to_string(top().join(name)).unwrap())).collect()
    }

    struct Block {
        /// Where it is, for messages.
        place: String,
        mark: Vec<String>,
        text: String,
    }

    impl Block {
        fn is(&self, language: &str) -> bool {
            self.mark.first().is_some_and(|word| word == language)
        }

        fn value(&self, key: &str) -> Option<&str> {
            self.mark.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
        }
    }

    fn blocks(name: &str, text: &str) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut open: Option<usize> = None;
        for (line, number) in text.lines().zip(1..) {
            let ticks = line.len() - line.trim_start_matches('`').len();
            match open {
                None if ticks >= 3 => {
                    let mark = line.trim_start_matches('`').split_whitespace().map(str::to_owned).collect();
                    blocks.push(Block { place: format!("{name}:{number}"), mark, text: String::new() });
                    open = Some(ticks);
                }
                Some(fence) if ticks == fence && line.len() == ticks => open = None,
                Some(_) => writeln!(blocks.last_mut().unwrap().text, "{line}").unwrap(),
                None => {}
            }
        }
        assert!(open.is_none(), "{name}: a block has no end");
        blocks
    }

    fn cargo(words: &[&str]) -> Output {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Command::new(cargo).args(words).current_dir(top()).output().unwrap()
    }

    /// A folder for the commands of one document, where `examples` is as in a checkout.
    fn folder(document: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("docs").join(document.replace('/', "-"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink(top().join("examples"), folder.join("examples")).unwrap();
        folder
    }

    fn put(folder: &Path, block: &Block) {
        let path = folder.join(block.value("file").unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &block.text).unwrap();
    }

    /// The path in a root that `pvefw check FILE` finds, or that is below the shown root.
    fn in_root(shown: &str) -> String {
        let below = shown.split_once('/').map_or("", |(_, below)| below);
        let candidates = [shown.to_owned(), below.to_owned(), format!("firewall/{shown}")];
        candidates.into_iter().find(|path| FileKind::of(path).is_some()).unwrap()
    }

    /// The codes of all errors in an `fw` block.
    fn errors(block: &Block) -> Vec<&'static str> {
        let mut datacenter = Datacenter::new();
        let shown = block.value("file").unwrap_or_else(|| panic!("{}: `file=` is missing", block.place));
        datacenter.add(&in_root(shown), block.text.as_str()).unwrap();
        let found = datacenter.check(&Facts::default()).into_sorted().into_iter();
        found.filter(|found| found.severity == Severity::Error).map(|found| found.code.name()).collect()
    }

    fn run(block: &Block, command: &str, folder: &Path) -> (i32, String) {
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        let output = Command::new(pvefw().unwrap()).args(&words).current_dir(folder).output().unwrap();
        let status = output.status.code().unwrap();
        // Only a machine without the tools or without the right to make namespaces is excused.
        if words[0] == "try" && status == 2 {
            let why = String::from_utf8_lossy(&output.stderr);
            eprintln!("!!! LEFT OUT: {}: `{command}` can't work here: {why}", block.place);
        }
        (status, String::from_utf8(output.stdout).unwrap())
    }

    /// Whether a line is the shown one, in which `…` stands for anything.
    fn line_fits(shown: &str, line: &str) -> bool {
        let mut parts = shown.trim_end().split('…');
        let Some(mut rest) = line.trim_end().strip_prefix(parts.next().unwrap()) else { return false };
        let mut anything = false;
        for part in parts {
            anything = true;
            let Some((_, behind)) = rest.split_once(part) else { return false };
            rest = if part.is_empty() { "" } else { behind };
        }
        rest.is_empty() || (anything && shown.ends_with('…'))
    }

    /// Whether lines are the shown ones; a line `…` stands for any number of them.
    fn lines_fit(shown: &[&str], lines: &[&str]) -> bool {
        match (shown.split_first(), lines.split_first()) {
            (None, None) => true,
            (Some((&"…", rest)), _) => (0..=lines.len()).any(|skip| lines_fit(rest, &lines[skip..])),
            (Some((first, rest)), Some((line, lines))) => line_fits(first, line) && lines_fit(rest, lines),
            _ => false,
        }
    }

    /// Whether `shown` is part of `whole`: some keys, some elements in order.
    fn is_part(shown: &Value, whole: &Value) -> bool {
        match (shown, whole) {
            (Value::Object(shown), Value::Object(whole)) => {
                shown.iter().all(|(key, value)| whole.get(key).is_some_and(|whole| is_part(value, whole)))
            }
            (Value::Array(shown), Value::Array(whole)) => {
                let mut rest = whole.iter();
                shown.iter().all(|value| rest.any(|whole| is_part(value, whole)))
            }
            _ => shown == whole,
        }
    }

    /// Whether a command of a `sh` block works.
    fn command_works(block: &Block, command: &str, folder: &Path) {
        let words: Vec<&str> =
            command.split_whitespace().skip_while(|word| word.starts_with("PVEFW_")).collect();
        let known = match words.as_slice() {
            ["pvefw", "try", ..] => matches!(run(block, command, folder).0, 0 | 2),
            ["pvefw", ..] => run(block, command, folder).0 == 0,
            ["cargo", "xtask"] => true,
            ["cargo", "xtask", task, ..] => cargo(&["xtask", task, "--help"]).status.success(),
            ["cargo", "test" | "run", "-p", package, rest @ ..] => {
                let sources = match *package {
                    "pvefw-core" => "core/tests",
                    "pvefw-tests" => "tests/tests",
                    "pvefw-lab" => "tests/lab/tests",
                    _ => "node-cli",
                };
                let after = rest.iter().skip_while(|word| **word != "--test");
                after.skip(1).take(1).all(|test| {
                    let files = [format!("{test}.rs"), format!("{test}/main.rs")];
                    files.iter().any(|file| top().join(sources).join(file).exists())
                })
            }
            ["cargo", "install", "--locked", "--path", package] => top().join(package).is_dir(),
            ["cargo", "fmt", "--all"] | ["rustup", "target" | "toolchain", ..] | [".ci/run"] => true,
            _ => false,
        };
        assert!(known, "{}: `{command}` does not work, or the test does not know it", block.place);
    }

    #[test]
    fn blocks_hold() {
        for (name, text) in documents() {
            let folder = folder(&name);
            let blocks = blocks(&name, &text);
            for (place, command) in commands_in_prose(&name, &text) {
                let mark = vec!["sh".to_owned()];
                command_works(&Block { place, mark, text: String::new() }, command, &folder);
            }
            let mut last: Option<&Block> = None;
            for block in &blocks {
                let place = &block.place;
                match block.mark.first().map(String::as_str) {
                    Some("fw") => {
                        let wanted: Vec<_> =
                            block.value("errors").map_or(Vec::new(), |codes| codes.split(',').collect());
                        assert_eq!(errors(block), wanted, "{place}");
                        put(&folder, block);
                        last = Some(block);
                    }
                    Some("toml") => {
                        let mut sink = Sink::new();
                        policy_test::read(FileId(0), block.text.as_bytes(), &mut sink);
                        assert_eq!(sink.into_sorted(), [], "{place}");
                        put(&folder, block);
                        last = Some(block);
                    }
                    Some("xml") => {
                        let root = last.unwrap().value("file").unwrap().strip_suffix("/tests.toml").unwrap();
                        let (_, printed) = run(block, &format!("pvefw test {root} --format junit"), &folder);
                        let (shown, lines): (Vec<_>, Vec<_>) =
                            (block.text.lines().collect(), printed.lines().collect());
                        assert!(lines_fit(&shown, &lines), "{place}: it prints\n{printed}");
                    }
                    Some("json") if block.mark[1] == "facts" => {
                        let facts: Facts = serde_json::from_str(&block.text).unwrap();
                        assert!(facts.unknown.is_empty(), "{place}: {:?}", facts.unknown);
                    }
                    Some("json") => {
                        let shown: Value = serde_json::from_str(&block.text).unwrap();
                        let source = last.expect("an `fw` block before");
                        let whole = output(block, source, &folder);
                        assert!(is_part(&shown, &whole), "{place}: not part of\n{whole:#}");
                    }
                    Some("jsonl") => put(&folder, block),
                    Some("log") => {
                        for line in block.text.lines() {
                            assert!(Entry::parse(line).is_some(), "{place}: `{line}` is no line of the log");
                        }
                        put(&folder, block);
                        last = Some(block);
                    }
                    Some("sh") => {
                        for command in block.text.lines() {
                            command_works(block, command, &folder);
                        }
                    }
                    Some("console") => console(block, &folder),
                    Some("python" | "rust" | "text") => {}
                    mark => panic!("{place}: what is a block of {mark:?}?"),
                }
            }
        }
    }

    /// Code spans that are a command of cargo without a placeholder such as `NAME` for its first words.
    fn commands_in_prose<'t>(name: &str, text: &'t str) -> Vec<(String, &'t str)> {
        let mut commands = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            let spans = line.split('`').skip(1).step_by(2).filter(|span| span.starts_with("cargo "));
            let placeholder = |word: &str| word.chars().all(|letter| letter.is_ascii_uppercase());
            let real = spans
                .filter(|span| !span.split_whitespace().take(3).any(|word| word == "…" || placeholder(word)));
            commands.extend(real.map(|span| (format!("{name}:{number}"), span)));
        }
        commands
    }

    /// What a command prints as JSON for the file of an `fw` block.
    fn output(block: &Block, source: &Block, folder: &Path) -> Value {
        let file = source.value("file").unwrap();
        let command = match block.value("output") {
            Some("check") => format!("pvefw check {file} --format json"),
            Some("compile") => {
                format!("pvefw compile {} --format json", file.strip_suffix("/firewall/cluster.fw").unwrap())
            }
            Some("trace") => {
                let options = block.mark.iter().skip(2).filter_map(|word| word.split_once('='));
                options.fold("pvefw trace small --format json".to_owned(), |command, (key, value)| {
                    command + &format!(" --{key} {value}")
                })
            }
            Some("test") => {
                format!("pvefw test {} --format json", file.strip_suffix("/tests.toml").unwrap())
            }
            Some("log") => {
                format!("pvefw log {file} --root examples/datacenter --node pve1 -n 1 --format json")
            }
            Some("diff") => {
                let new = file.strip_suffix("/firewall/cluster.fw").unwrap();
                format!("pvefw diff small {new} --format json")
            }
            other => panic!("{}: no output {other:?}", block.place),
        };
        serde_json::from_str(&run(block, &command, folder).1).unwrap()
    }

    fn console(block: &Block, folder: &Path) {
        let (command, shown) = block.text.split_once('\n').unwrap();
        let command = command.strip_prefix("$ ").unwrap();
        let wanted = block.value("status").map_or(0, |status| status.parse().unwrap());
        let (status, printed) = run(block, command, folder);
        if command.starts_with("pvefw try") && status == 2 {
            return;
        }
        assert_eq!(status, wanted, "{}", block.place);
        let (shown, lines): (Vec<_>, Vec<_>) = (shown.lines().collect(), printed.lines().collect());
        assert!(lines_fit(&shown, &lines), "{}: `{command}` prints\n{printed}", block.place);
    }

    #[test]
    fn dots_stand_for_anything() {
        assert!(line_fits("a  … ms", "a  12 ms") && line_fits("a…", "abc") && line_fits("a", "a "));
        assert!(!line_fits("a…c", "abcd") && !line_fits("a", "ab"));
        assert!(lines_fit(&["…", "b", "…"], &["a", "b"]) && !lines_fit(&["a"], &["a", "b"]));
    }

    #[test]
    fn the_program_of_the_readme_is_the_one_that_runs() {
        let program = fs::read_to_string(top().join("docs/example.rs")).unwrap();
        let (_, program) = program.split_once("\n\n").unwrap();
        let readme = fs::read_to_string(top().join("README.md")).unwrap();
        let blocks = blocks("README.md", &readme);
        let shown = blocks.iter().find(|block| block.is("rust")).unwrap();
        assert_eq!(shown.text, program.replace("pub(crate) fn main", "fn main"));
        super::example::main();
    }

    /// Links, and paths of the repository in code spans, lead somewhere.
    #[test]
    fn paths_exist() {
        const FOLDERS: [&str; 7] = [".ci/", "core/", "docs/", "examples/", "node-cli/", "tests/", "xtask/"];
        let mut missing = BTreeSet::new();
        for (name, text) in documents() {
            let here = top().join(&name).parent().unwrap().to_owned();
            let links =
                text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
            for link in links.filter(|link| !link.starts_with("http") && !link.starts_with('#')) {
                let path = link.split('#').next().unwrap();
                if !here.join(path).exists() {
                    missing.insert(format!("{name}: {link}"));
                }
            }
            let spans = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
            for path in spans.filter(|span| FOLDERS.iter().any(|folder| span.starts_with(folder))) {
                let place = path.split(['<', '*', '{', '…', ' ']).next().unwrap();
                let place =
                    if place == path { place } else { place.rsplit_once('/').map_or("", |(up, _)| up) };
                if !top().join(place).exists() {
                    missing.insert(format!("{name}: {path}"));
                }
            }
        }
        assert!(missing.is_empty(), "these do not exist: {missing:#?}");
    }

    /// With `PVEFW_BLESS=1` the list is written, and the test still fails: nobody blesses unseen.
    #[test]
    fn the_list_of_diagnostics_is_up_to_date() {
        let mut wanted = String::from(
            "# Diagnostics\n\n\
             Everything that pvefw can find, in the order of `core/src/diag/codes.rs`, from which this list is made.\n\
             A line with an error is left out of the rulesets; with a warning or an info it is used. A finding may\n\
             have another severity than its code where the case at hand is better or worse. Codes are never renamed\n\
             and never used again for something else.\n\n\
             | code | severity | meaning |\n| --- | --- | --- |\n",
        );
        for code in codes::ALL {
            let meaning = code.explanation().split_whitespace().collect::<Vec<_>>().join(" ");
            let meaning = meaning.replace('|', "\\|");
            writeln!(wanted, "| `{code}` | {} | {meaning} |", code.severity().name()).unwrap();
        }
        let path = top().join("docs/diagnostics.md");
        let found = fs::read_to_string(&path).unwrap_or_default();
        if found != wanted && env::var_os("PVEFW_BLESS").is_some_and(|value| value == "1") {
            fs::write(&path, &wanted).unwrap();
        }
        assert!(
            found == wanted,
            "docs/diagnostics.md is old: `PVEFW_BLESS=1 cargo test -p pvefw-tests --test docs` writes it"
        );
    }
}
