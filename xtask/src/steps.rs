//! A row of steps, each announced, and a table of them at the end.

use core::time::Duration;
use std::time::Instant;

use crate::outcome::{Failure, Outcome};

/// How a step that did not fail went.
pub(crate) enum Ran {
    /// Done.
    Done,
    /// It could not be done here, and that is no failure: why.
    LeftOut(String),
}

/// The steps so far.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Done>,
}

struct Done {
    name: &'static str,
    took: Duration,
    note: String,
}

impl Steps {
    /// Runs a step. The first that fails ends the row.
    pub(crate) fn step(&mut self, name: &'static str, run: impl FnOnce() -> Outcome<Ran>) -> Outcome {
        eprintln!("\n==> {name}");
        let start = Instant::now();
        let outcome = run();
        let note = match &outcome {
            Ok(Ran::Done) => String::new(),
            Ok(Ran::LeftOut(why)) => {
                eprintln!("\n!!! LEFT OUT: {why}");
                format!("LEFT OUT: {why}")
            }
            Err(_) => "FAILED".into(),
        };
        self.done.push(Done { name, took: start.elapsed(), note });
        match outcome {
            Ok(_) => Ok(()),
            Err(failure) => {
                self.summary();
                Err(Failure::failed(format!("{name}: {}", failure.message)))
            }
        }
    }

    /// Prints the steps with their times.
    pub(crate) fn summary(&self) {
        eprintln!("\n==> Summary");
        for line in self.lines() {
            eprintln!("{line}");
        }
    }

    fn lines(&self) -> Vec<String> {
        let width = self.done.iter().map(|step| step.name.chars().count()).max().unwrap_or(0);
        let total = self.done.iter().map(|step| step.took).sum();
        let row = |name: &str, took: Duration, note: &str| {
            format!("    {name:<width$}  {:>7.1} s  {note}", took.as_secs_f64()).trim_end().to_owned()
        };
        let steps = self.done.iter().map(|step| row(step.name, step.took, &step.note));
        steps.chain([row("all", total, "")]).collect()
    }
}

/// A step that is never left out.
pub(crate) fn done(outcome: Outcome) -> Outcome<Ran> {
    outcome.map(|()| Ran::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_names_its_step() {
        let mut steps = Steps::default();
        steps.step("one", || Ok(Ran::Done)).unwrap();
        steps.step("the other", || Ok(Ran::LeftOut("no tool".into()))).unwrap();
        let failure = steps.step("third", || Err(Failure::usage("no luck"))).unwrap_err();
        assert_eq!((failure.status, failure.message.as_str()), (1, "third: no luck"));
        assert_eq!(
            steps.lines(),
            [
                "    one            0.0 s",
                "    the other      0.0 s  LEFT OUT: no tool",
                "    third          0.0 s  FAILED",
                "    all            0.0 s"
            ]
        );
    }
}
