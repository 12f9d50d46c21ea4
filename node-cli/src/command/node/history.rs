//! `pvefw history`: the states that can be gone back to.

use pvefw_core::diff::{Diff, render};
use pvefw_core::host::Before;
use pvefw_core::host::before::only_effects;
use pvefw_core::host::rules::Detail;
use pvefw_core::host::store::{State, Store};
use serde::Serialize;

use super::{store, unusable};
use crate::args::{Format, HistoryArgs};
use crate::exit::{Exit, Stop};
use crate::output::{Kind, Output};

/// Runs the command.
pub(crate) fn run(args: &HistoryArgs, output: &Output) -> Result<Exit, Stop> {
    let store = store(&args.state);
    if let Err(error) = std::fs::read_dir(store.folder())
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(Stop::failed(format!(
            "can't read `{}`: {}",
            store.folder().display(),
            crate::output::words(&error)
        ))
        .help("only root may read what was applied: try `sudo`"));
    }
    let states = store.states();
    let current = store.record().and_then(|record| record.current);
    let waiting = store.pending().and_then(|pending| pending.state);
    match args.format {
        Format::Json => {
            let entries: Vec<Entry<'_>> = states
                .iter()
                .rev()
                .map(|state| Entry { state, current: current == Some(state.id) })
                .collect();
            output.json(|out| serde_json::to_writer(out, &entries))?;
        }
        Format::Human => {
            if states.is_empty() {
                output.notice(Kind::Note, "nothing was applied yet");
            }
            for (at, state) in states.iter().enumerate().rev() {
                let mark = if current == Some(state.id) { '*' } else { ' ' };
                let by = if state.by.is_empty() { String::new() } else { format!(" by {}", state.by) };
                let wait = if waiting == Some(state.id) { ", waits to be confirmed" } else { "" };
                output.data(&[&format!(
                    "{mark} {:>4}  {}  {}{by}{wait}\n",
                    state.id,
                    when(state.time),
                    state.command
                )])?;
                if args.diff {
                    let before = at.checked_sub(1).and_then(|at| states.get(at));
                    output.data(&[&indented(&changes(&store, before, state, output)?)])?;
                }
            }
        }
    }
    Ok(Exit::Fine)
}

/// What a state has changed.
fn changes(store: &Store, before: Option<&State>, state: &State, output: &Output) -> Result<String, Stop> {
    let loaded = |state: &State| -> Result<Before, Stop> {
        let rules = store.rules(state.id, Detail::Lines).map_err(|error| unusable(&error))?;
        Ok(Before::state(store, state.id, &rules))
    };
    let Some(before) = before else { return Ok("the first that is kept\n".to_owned()) };
    let (mut old, mut new) = (loaded(before)?, loaded(state)?);
    if old.is_compiled() != new.is_compiled() {
        // Only dumps can be compared with dumps.
        let dumped = |state: &State| store.rules(state.id, Detail::Lines).map(|rules| Before::dumped(&rules));
        old = dumped(before).map_err(|error| unusable(&error))?;
        new = dumped(state).map_err(|error| unusable(&error))?;
    }
    let diff = Diff::new(old.side(), new.side());
    let mut entries = diff.entries(old.side(), new.side());
    if !old.is_compiled() {
        only_effects(&mut entries);
    }
    let options = render::Options { style: output.for_data().style, rules: true };
    Ok(render::text(&diff, &entries, old.side(), new.side(), None, options))
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("        {line}\n") })
        .collect()
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    state: &'a State,
    current: bool,
}

/// A time in UTC: `2026-11-22 22:27:47Z`.
pub(super) fn when(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    // Years begin in March, so that the day that comes every four years is the last.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_date() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00Z"),
            (951_782_399, "2000-02-28 23:59:59Z"),
            (951_868_800, "2000-03-01 00:00:00Z"),
            (1_795_386_467, "2026-11-22 22:27:47Z"),
        ] {
            assert_eq!(when(seconds), text);
        }
    }
}
