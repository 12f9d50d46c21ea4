//! Writes a made-up datacenter to a folder: `cargo run -p pvefw-tests --example generate -- FOLDER GUESTS`, to measure
//! the whole program with `/usr/bin/time -v pvefw compile FOLDER --out OUT`.

use core::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [folder, guests] = words.as_slice() else { return Err("FOLDER and GUESTS are needed".into()) };
    for (path, text) in pvefw_tests::generate::datacenter(guests.parse()?) {
        let path = Path::new(folder).join(path);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(path, text)?;
    }
    Ok(())
}
