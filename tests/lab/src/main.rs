//! Runs the lab; see `cargo xtask lab --help`.

use std::path::PathBuf;

use pvefw_core::host::Tools;
use pvefw_core::sim::Simulator;
use pvefw_lab::case::Case;
use pvefw_lab::oracle::{Oracle, Recorded};
use pvefw_lab::lab::Prepared;

fn main() {
    let tools = Tools::find(None).unwrap();
    let (mut good, mut bad) = (0, 0);
    for folder in std::env::args().skip(1) {
        let begun = std::time::Instant::now();
        let case = if let Ok(seed) = folder.parse() { pvefw_lab::random::case(seed, 50).unwrap() } else { Case::read(&PathBuf::from(&folder)).unwrap() };
        let made = begun.elapsed();
        let prepared = Prepared::new(&case).unwrap();
        let simulator = Simulator::new(&prepared.ruleset, &prepared.node.networks).unwrap();
        match prepared.run(&tools) {
            Ok(outcomes) => {
                for ((question, outcome), asked) in case.questions.iter().zip(outcomes).zip(&prepared.asked) {
                    let outcome = match outcome { Ok(o) => o, Err(why) => { println!("{folder} {question:?} {why}"); continue } };
                    let asked = asked.as_ref().unwrap();
                    for oracle in [&simulator as &dyn Oracle, &Recorded] {
                        match oracle.wanted(question, asked).unwrap() {
                            Some(w) if !w.is(&outcome) => {
                                bad += 1;
                                println!("{folder} {} {} wanted {:?} got {:?}", oracle.name(), serde_json::to_string(question).unwrap(), w, outcome);
                            }
                            _ => good += 1,
                        }
                    }
                }
            }
            Err(why) => println!("{folder}: {why}"),
        }
        eprintln!("{folder} {made:?} {:?}", begun.elapsed());
    }
    println!("{good} good {bad} bad");
}
