//! Which node to look from, and what is known about it.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use pvefw_core::diag::suggest::nearest;
use pvefw_core::facts::Facts;

use super::{LIVE, Root, live, read_given};
use crate::args::NodeArgs;
use crate::exit::Stop;

/// Node names listed in a message.
const MOST_NAMED: usize = 12;

/// Whether a command can do without a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It compiles for one.
    One,
    /// It looks at the files of all.
    Any,
}

/// The facts of `--facts`, with the node of `--node`.
pub(crate) fn facts(args: &NodeArgs, warnings: &mut Vec<String>) -> Result<Facts, Stop> {
    let mut facts = match &args.facts {
        Some(path) => read(path, warnings)?,
        None => Facts::default(),
    };
    if let Some(node) = &args.node {
        facts.node = Some(node.clone());
    }
    fill_time(&mut facts);
    Ok(facts)
}

/// Fills in the time if nobody has said it.
pub fn fill_time(facts: &mut Facts) {
    if facts.now.is_none() {
        facts.now =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs());
    }
}

/// Fills in the node if nobody has named it. A root without nodes has none, and that is fine.
///
/// # Errors
/// [`Stop`] when a node is needed and there are several.
pub fn settle(facts: &mut Facts, root: &mut Root, need: Need) -> Result<(), Stop> {
    match &facts.node {
        None => facts.node = choose(root, need)?,
        Some(node) if !root.nodes.is_empty() && !root.nodes.contains(node) => {
            let near = nearest(node, root.nodes.iter().map(String::as_str));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            root.warnings.push(format!("there is no node `{node}` in `{}`{near}", root.path.display()));
        }
        Some(_) => {}
    }
    fill(facts, &root.path);
    Ok(())
}

/// Fills in what a live node tells about itself, if `path` is its configuration and the facts are about it.
pub fn fill(facts: &mut Facts, path: &Path) {
    if path == Path::new(LIVE) && facts.node == host_name() {
        live::fill(facts);
    }
}

/// The node that nobody has named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// There are no nodes.
    None,
    /// This machine, or the only one.
    One(String),
    /// Any of several.
    Several,
}

impl Choice {
    /// Chooses from the nodes of a root; `path` tells whether it is that of a live node.
    pub fn of(path: &Path, nodes: &[String]) -> Self {
        match (nodes, host_name()) {
            (_, Some(name)) if path == Path::new(LIVE) => Self::One(name),
            ([], _) => Self::None,
            ([only], _) => Self::One(only.clone()),
            _ => Self::Several,
        }
    }
}

fn choose(root: &Root, need: Need) -> Result<Option<String>, Stop> {
    match (Choice::of(&root.path, &root.nodes), root.nodes.as_slice()) {
        (Choice::One(name), _) => Ok(Some(name)),
        (Choice::Several, [first, ..]) if need == Need::One => {
            Err(Stop::failed(format!("`{}` has several nodes: {}", root.path.display(), listed(&root.nodes)))
                .help(format!("choose one, for example `--node {first}`")))
        }
        _ => Ok(None),
    }
}

/// The names of nodes for a message, not too many of them.
pub fn listed(nodes: &[String]) -> String {
    let mut names: Vec<String> = nodes.iter().take(MOST_NAMED).map(|name| format!("`{name}`")).collect();
    if nodes.len() > MOST_NAMED {
        names.push("…".into());
    }
    names.join(", ")
}

/// The short host name of this machine, which is what a node is called.
fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim().split('.').next().unwrap_or_default();
    (!name.is_empty()).then(|| name.to_owned())
}

fn read(path: &Path, warnings: &mut Vec<String>) -> Result<Facts, Stop> {
    let shown = path.display();
    let bytes =
        read_given(path).map_err(|why| Stop::failed(format!("can't read the facts `{shown}`: {why}")))?;
    let facts: Facts = serde_json::from_slice(&bytes).map_err(|error| bad_json(path, &error))?;
    for key in &facts.unknown {
        warnings.push(format!("`{shown}`: the key `{key}` means nothing here"));
    }
    Ok(facts)
}

fn bad_json(path: &Path, error: &serde_json::Error) -> Stop {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let what = text.strip_suffix(&position).unwrap_or(&text);
    let place = if error.line() == 0 {
        String::new()
    } else {
        format!(":{}:{}", error.line(), error.column().max(1))
    };
    Stop::failed(format!("{}{place}: {what}", path.display())).help(
        "facts are a JSON object; all keys are optional: {\"node\":\"n1\",\"node_ip\":\"192.168.2.100\",…}",
    )
}
