//! `pvefw`: the command line of the firewall engine, as a program. Everything is in the library beside it.

use std::process::ExitCode;

use pvefw_core::host::Again;

fn main() -> ExitCode {
    pvefw_cli::run(std::env::args_os(), &Again::own_program()).into()
}
