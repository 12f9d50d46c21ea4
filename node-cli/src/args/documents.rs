//! `pvefw documents`, which packaging runs.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `documents`.
#[derive(Debug, Args)]
pub(crate) struct DocumentsArgs {
    /// The folder that gets `man1/` and `completions/`
    pub(crate) folder: PathBuf,
}
