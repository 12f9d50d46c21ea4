//! What loading a configuration would change on a node.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::Serialize;

use super::diff::Diff;
use crate::host::{plan, verify};

/// What `plan --format json` prints.
#[derive(Serialize)]
pub struct Plan<'a> {
    /// Whether anything would be loaded.
    pending: bool,
    /// What changes, by line of the configuration.
    diff: Diff<'a>,
    /// What would be loaded, by table.
    tables: Vec<TableAnswer<'a>>,
    /// Sets that would be loaded.
    sets: Names<'a>,
}

#[derive(Serialize)]
struct TableAnswer<'a> {
    table: &'static str,
    chains: Names<'a>,
    hooked: Vec<&'a str>,
    unhooked: Vec<&'a str>,
}

#[derive(Serialize)]
struct Names<'a> {
    created: &'a [Box<str>],
    changed: &'a [Box<str>],
    removed: &'a [Box<str>],
}

impl<'a> Plan<'a> {
    /// Of a plan, and what it changes by line of the configuration.
    pub fn new(plan: &'a plan::Plan, diff: Diff<'a>) -> Self {
        let names = |changes: &'a plan::Changes| Names {
            created: &changes.created,
            changed: &changes.changed,
            removed: &changes.removed,
        };
        let from = |hooks: &'a [(Box<str>, Box<str>)]| hooks.iter().map(|(from, _)| from.as_ref()).collect();
        let tables = plan.tables.iter().map(|(id, changes)| TableAnswer {
            table: verify::name(*id),
            chains: names(&changes.chains),
            hooked: from(&changes.hooked),
            unhooked: from(&changes.unhooked),
        });
        Self { pending: !plan.is_empty(), diff, tables: tables.collect(), sets: names(&plan.sets) }
    }
}
