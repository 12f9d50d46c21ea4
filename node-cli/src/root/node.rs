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
pub(crate) enum Need {
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
    if facts.now.is_none() {
        facts.now =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs());
    }
    Ok(facts)
}

/// Fills in the node if nobody has named it. A root without nodes has none, and that is fine.
pub(crate) fn settle(facts: &mut Facts, root: &mut Root, need: Need) -> Result<(), Stop> {
    match &facts.node {
        None => facts.node = choose(root, need)?,
        Some(node) if !root.nodes.is_empty() && !root.nodes.contains(node) => {
            let near = nearest(node, root.nodes.iter().map(String::as_str));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            root.warnings.push(format!("there is no node `{node}` in `{}`{near}", root.path.display()));
        }
        Some(_) => {}
    }
    if root.path == Path::new(LIVE) && facts.node == host_name() {
        live::fill(facts);
    }
    Ok(())
}

fn choose(root: &Root, need: Need) -> Result<Option<String>, Stop> {
    if root.path == Path::new(LIVE) {
        let name = host_name();
        if name.is_some() {
            return Ok(name);
        }
    }
    match root.nodes.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.clone())),
        _ if need == Need::Any => Ok(None),
        [first, ..] => {
            let mut names: Vec<String> =
                root.nodes.iter().take(MOST_NAMED).map(|name| format!("`{name}`")).collect();
            if root.nodes.len() > MOST_NAMED {
                names.push("…".into());
            }
            Err(Stop::failed(format!("`{}` has several nodes: {}", root.path.display(), names.join(", ")))
                .help(format!("choose one, for example `--node {first}`")))
        }
    }
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
    for key in facts.unknown.keys() {
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
