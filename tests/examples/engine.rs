//! How long loading, checking and compiling a root takes: the best of some turns, in milliseconds. `cargo xtask bench
//! python` runs this beside `python/bench.py`, which does the same from Python.

use core::error::Error;
use core::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;
use std::{env, io};

use pvefw_cli::root::{self, node};
use pvefw_core::emit;
use pvefw_core::facts::Facts;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).ok_or("a FOLDER is needed")?;
    let mut best = [f64::INFINITY; 3];
    for _ in 0..5 {
        let start = Instant::now();
        let mut root = root::read(Some(Path::new(&folder))).map_err(|stop| format!("{stop:?}"))?;
        let load = start.elapsed();
        let mut facts = Facts::default();
        node::settle(&mut facts, &mut root, node::Need::One).map_err(|stop| format!("{stop:?}"))?;
        let start = Instant::now();
        black_box(root.datacenter.check(&facts).into_sorted());
        let check = start.elapsed();
        let start = Instant::now();
        let (ruleset, sink) = root.datacenter.compile(&facts);
        black_box((emit::restore(&ruleset), sink.into_sorted()));
        let compile = start.elapsed();
        for (best, time) in best.iter_mut().zip([load, check, compile]) {
            *best = best.min(time.as_secs_f64() * 1000.0);
        }
    }
    let [load, check, compile] = best;
    writeln!(io::stdout(), "{load} {check} {compile}")?;
    Ok(())
}
