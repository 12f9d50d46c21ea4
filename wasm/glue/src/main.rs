//! `pvefw-glue MODULE FOLDER`: writes `raw.js` and `raw_bg.wasm` of a WebAssembly module into a folder.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [module, folder] = words.as_slice() else {
        eprintln!("usage: pvefw-glue MODULE FOLDER");
        return ExitCode::from(2);
    };
    match write(Path::new(module), Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pvefw-glue: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Names stay: `wasm-opt` puts functions in their order before it drops them.
///
/// The types are written by hand, in `wasm/npm/src/raw.d.ts`: those generated know numbers and text only, too.
fn write(module: &Path, folder: &Path) -> Result<(), impl core::fmt::Display> {
    Bindgen::new()
        .input_path(module)
        .out_name("raw")
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(false)
        .remove_producers_section(true)
        .keep_debug(true)
        .demangle(true)
        .web(true)
        .and_then(|bindgen| bindgen.generate(folder))
        // The whole chain of reasons.
        .map_err(|error| format!("{error:#}"))
}
