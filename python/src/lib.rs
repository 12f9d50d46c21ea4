//! The native half of the Python package `pvefw`.
//!
//! It converts and forwards: questions come in as plain values, answers go out as the JSON of `pvefw_core::report` and
//! as text. The classes that Python programs see, with their types and documentation, are in `python/pvefw`. Long calls
//! release the interpreter.

extern crate alloc;

mod answers;
mod compiled;
mod datacenter;
mod edit;
mod error;
mod node;
mod rule;
mod state;

use std::ffi::OsString;

use pvefw_core::host::Again;
use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::compiled::Compiled;
    #[pymodule_export]
    use super::datacenter::Datacenter;
    #[pymodule_export]
    use super::main;
    #[pymodule_export]
    use super::node::Node;
    #[pymodule_export]
    use super::rule::Line;
    #[pymodule_export]
    use super::version;
}

/// Runs the command line and returns its exit status. The first word is the name of the program; `again` is the
/// interpreter with the words that run this module.
#[pyfunction]
fn main(py: Python<'_>, words: Vec<OsString>, again: Vec<OsString>) -> u8 {
    let again = Again::words(again).unwrap_or_else(Again::own_program);
    py.detach(|| pvefw_cli::run(words, &again).code())
}

/// The version of the engine.
#[pyfunction]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
