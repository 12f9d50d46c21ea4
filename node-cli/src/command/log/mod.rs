//! `pvefw log`: what was logged, and by which rules.

mod files;
mod rules;
mod show;
mod since;

use alloc::collections::VecDeque;
use core::time::Duration;
use std::path::Path;
use std::thread;

use pvefw_core::log::Entry;

use crate::args::{LogArgs, LogFormat};
use crate::exit::{Exit, Stop};
use crate::logger::LOG;
use crate::output::{Kind, Output};

use files::{Follower, Lines};
use rules::Rules;
use show::Show;

/// How often a followed file is looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// Lines that `--follow` begins with.
const SOME: usize = 10;

/// Runs the command.
pub(crate) fn run(args: &LogArgs, output: &Output) -> Result<Exit, Stop> {
    let since = args.since.as_deref().map(since::parse).transpose()?;
    let path = args.file.as_deref().unwrap_or(Path::new(LOG));
    if path == Path::new("-") && args.follow {
        return Err(Stop::failed("`--follow` needs a file: standard input ends when it ends"));
    }
    let mut lines = Lines::open(path, since)?;
    let rules = Rules::find(args, output)?;
    if let Some(why) = rules.unknown() {
        output.notice(Kind::Note, why);
    }
    let mut show = Show::new(rules, args.format, output);
    let mut wanted = Wanted { guest: args.guest, since, within: since.is_none() };
    // A time says by itself where to begin.
    let usual = (args.follow && since.is_none()).then_some(SOME);
    let mut last = Last::new(args.lines.or(usual));
    let mut read = Ok(());
    output.stream(|out| {
        loop {
            match lines.next() {
                Ok(Some(line)) if !wanted.takes(line) => {}
                Ok(Some(line)) if last.kept.is_some() => last.keep(line),
                Ok(Some(line)) => show.line(line, out)?,
                Ok(None) => break,
                Err(failure) => {
                    read = Err(failure);
                    break;
                }
            }
        }
        last.kept.iter().flatten().try_for_each(|line| show.line(line, out))
    })?;
    read?;
    if args.follow {
        follow(lines.into_follower(path)?, &mut wanted, &mut show, output)?;
    }
    Ok(Exit::Fine)
}

/// Prints what comes, until somebody ends it.
fn follow(mut file: Follower, wanted: &mut Wanted, show: &mut Show, output: &Output) -> Result<(), Stop> {
    loop {
        let new = file.read()?;
        if new.is_empty() {
            thread::sleep(PAUSE);
            continue;
        }
        output.stream(|out| {
            new.iter().filter(|line| wanted.takes(line)).try_for_each(|line| show.line(line, out))
        })?;
    }
}

/// Which lines are wanted.
struct Wanted {
    guest: Option<u32>,
    /// In seconds since 1970.
    since: Option<i64>,
    /// Whether the last line with a time was late enough: lines of connections have none of their own.
    within: bool,
}

impl Wanted {
    fn takes(&mut self, line: &str) -> bool {
        let entry = Entry::parse(line);
        if let (Some(since), Some(entry)) = (self.since, &entry) {
            self.within = since::seconds(entry.time).is_none_or(|time| time >= since);
        }
        self.within && self.guest.is_none_or(|guest| entry.is_some_and(|entry| entry.vmid == guest))
    }
}

/// The last lines, if only those are wanted.
struct Last {
    most: usize,
    kept: Option<VecDeque<String>>,
}

impl Last {
    fn new(most: Option<usize>) -> Self {
        Self { most: most.unwrap_or_default(), kept: most.map(|_| VecDeque::new()) }
    }

    fn keep(&mut self, line: &str) {
        let Some(kept) = &mut self.kept else { return };
        kept.push_back(line.to_owned());
        if kept.len() > self.most {
            kept.pop_front();
        }
    }
}

/// Whether a format is for people.
const fn is_human(format: LogFormat) -> bool {
    matches!(format, LogFormat::Human)
}
