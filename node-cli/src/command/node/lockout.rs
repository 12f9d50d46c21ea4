//! Refuses what would lock somebody out.

use pvefw_core::host::Machine;
use pvefw_core::host::lockout::{Connection, Cuts, Unknown, cuts};
use pvefw_core::sim::render;

use super::{Desired, unusable};
use crate::args::ApplyArgs;
use crate::command::trace::refused;
use crate::exit::Stop;
use crate::output::{Kind, Output};

/// Ways that are shown with their trace; more are named only.
const MOST_SHOWN: usize = 3;

/// Whether it may be loaded. Says why not, or what it cuts all the same.
pub(super) fn passes(
    desired: &Desired,
    machine: &Machine,
    args: &ApplyArgs,
    output: &Output,
) -> Result<bool, Stop> {
    if args.force {
        return Ok(true);
    }
    let Desired { datacenter, facts, ruleset, .. } = desired;
    let Cuts { ways, simulator } =
        cuts(machine.tools(), (datacenter, facts), ruleset, &Connection::to_keep(&args.keep)).map_err(
            |unknown| match unknown {
                Unknown::Host(error) => unusable(&error),
                Unknown::Rules(mistake) => refused(mistake),
            },
        )?;
    if ways.is_empty() {
        return Ok(true);
    }
    let kind = if args.confirm_within.is_some() { Kind::Warning } else { Kind::Error };
    for (at, (way, packet)) in ways.iter().enumerate() {
        output.notice(kind, format!("this would cut {}", way.what));
        if at < MOST_SHOWN {
            let trace = simulator.trace(packet);
            output.aside(&render::trace(packet, &trace, datacenter.files(), &output.for_notices()));
        }
    }
    if args.confirm_within.is_some() {
        return Ok(true);
    }
    output.notice(Kind::Note, "nothing was changed");
    output.notice(Kind::Help, "put a rule that accepts it above the one that decides");
    output.notice(Kind::Help, "or try it and have it undone: `--confirm-within 60s`; or insist: `--force`");
    Ok(false)
}
