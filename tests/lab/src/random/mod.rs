//! Datacenters and packets made up, the same for the same seed.

pub mod config;
pub mod dice;
pub mod packets;

use pvefw_core::sim::Simulator;

use crate::case::Case;
use crate::coverage::{Coverage, met};
use dice::Dice;
use packets::Aim;

/// Of so many packets the one that meets what was met least is taken.
const CANDIDATES: usize = 4;

/// A datacenter without packets, for a seed.
///
/// # Errors
/// Never, unless its facts are no facts.
pub fn datacenter(seed: u64) -> Result<Case, String> {
    let mut dice = Dice::new(seed);
    let facts_text = config::facts(&mut dice);
    let facts = serde_json::from_str(&facts_text).map_err(|error| error.to_string())?;
    let files = config::datacenter(&mut dice);
    Ok(Case { name: format!("seed {seed}"), files, facts_text, facts, questions: Vec::new() })
}

/// Adds packets to a case, for a seed. They lean to what `coverage` has little of, which counts them.
///
/// # Errors
/// When the case can't be wired.
pub fn aim(case: &mut Case, seed: u64, packets: usize, coverage: &mut Coverage) -> Result<(), String> {
    let mut dice = Dice::new(!seed);
    let prepared = case.prepared()?;
    let simulator =
        Simulator::new(&prepared.ruleset, &prepared.node.networks).map_err(|error| error.to_string())?;
    let aim = Aim::new(&prepared.ruleset, &prepared.node);
    // Many can't be sent, so they are made and looked at by the round; a datacenter where none can is given up.
    for _ in 0..20 {
        let missing = packets.saturating_sub(case.questions.len());
        if missing == 0 {
            break;
        }
        let questions = (0..missing * CANDIDATES * 2).map(|_| aim.packet(&mut dice)).collect();
        let round = Case { questions, ..case.clone() };
        let prepared = round.prepared()?;
        let sendable: Vec<_> = prepared
            .sendable()
            .zip(&round.questions)
            .filter_map(|(asked, question)| Some((asked?, question)))
            .map(|(asked, question)| (met(asked, &simulator.trace(asked)), question))
            .collect();
        for candidates in sendable.chunks_exact(CANDIDATES).take(missing) {
            if let Some((things, question)) =
                candidates.iter().min_by_key(|(things, _)| coverage.rarity(things))
            {
                coverage.count(things);
                case.questions.push((*question).clone());
            }
        }
    }
    Ok(())
}
