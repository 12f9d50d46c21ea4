//! What is written is read back: the texts of the restore tools are dumps, and tell the ruleset they were made from.

extern crate alloc;

mod damage;
mod names;
mod rulesets;

use pvefw_tests::readback::round_trip;

#[test]
fn texts_tell_the_ruleset_they_were_made_from() -> Result<(), String> {
    let rulesets = rulesets::rulesets()?;
    assert!(rulesets.len() > 300, "{}", rulesets.len());
    for (name, ruleset) in rulesets {
        round_trip(&ruleset).map_err(|what| format!("{name}: {what}"))?;
    }
    Ok(())
}
