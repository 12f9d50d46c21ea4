//! Runs the lab; see `cargo xtask lab --help`.

use std::io::Write as _;
use std::path::PathBuf;

use pvefw_core::host::Tools;
use pvefw_lab::case::Case;
use pvefw_lab::lab;

fn main() {
    let tools = Tools::find(None).unwrap();
    let (mut good, mut bad) = (0, 0);
    for folder in std::env::args().skip(1) {
        let begun = std::time::Instant::now();
        let case = Case::read(&PathBuf::from(&folder)).unwrap();
        match lab::run(&case, &tools) {
            Ok(outcomes) => {
                for (question, outcome) in case.questions.iter().zip(outcomes) {
                    let got = outcome.as_ref().map(|outcome| outcome.verdict());
                    if got.as_ref().ok() == question.verdict.as_ref() { good += 1 } else {
                        bad += 1;
                        println!("{folder} {} got {:?}", serde_json::to_string(question).unwrap(), outcome);
                    }
                }
            }
            Err(why) => println!("{folder}: {why}"),
        }
        eprintln!("{folder} {:?}", begun.elapsed());
    }
    println!("{good} good {bad} bad");
}
