//! Datacenters and packets made up, the same for the same seed.

pub mod config;
pub mod dice;
pub mod packets;

use crate::case::Case;
use crate::lab::Prepared;
use dice::Dice;
use packets::Aim;

/// A datacenter with so many packets, for a seed.
///
/// # Errors
/// When the datacenter can't be wired.
pub fn case(seed: u64, packets: usize) -> Result<Case, String> {
    let mut dice = Dice::new(seed);
    let facts_text = config::facts(&mut dice);
    let facts = serde_json::from_str(&facts_text).map_err(|error| error.to_string())?;
    let files = config::datacenter(&mut dice);
    let mut case = Case { name: format!("seed {seed}"), files, facts_text, facts, questions: Vec::new() };
    let prepared = Prepared::new(&case)?;
    let aim = Aim::new(&prepared.ruleset, &prepared.node);
    // What can't be sent is not counted; all of a round are looked at together.
    while case.questions.len() < packets {
        let mut round = Case { questions: Vec::new(), ..case.clone() };
        while round.questions.len() < packets {
            round.questions.push(aim.packet(&mut dice));
        }
        let sendable = Prepared::new(&round)?.sendable();
        let good = round.questions.into_iter().zip(sendable).filter(|(_, good)| *good).map(|(question, _)| question);
        case.questions.extend(good.take(packets - case.questions.len()));
    }
    Ok(case)
}
