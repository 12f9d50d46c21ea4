//! `pvefw documents`: man pages and completions, made of the same table as the help.

use std::fs;
use std::io;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::{DocumentsArgs, Line};
use crate::exit::{Exit, Stop};
use crate::output::words;

/// Runs the command.
pub(crate) fn run(args: &DocumentsArgs) -> Result<Exit, Stop> {
    write(&args.folder).map(|()| Exit::Fine).map_err(|error| {
        Stop::failed(format!("can't write into `{}`: {}", args.folder.display(), words(&error)))
    })
}

fn write(folder: &Path) -> io::Result<()> {
    let (man, completions) = (folder.join("man1"), folder.join("completions"));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    // A page for each command; those that are not for people have none.
    clap_mangen::generate_to(Line::command(), &man)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut Line::command(), "pvefw", &completions)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, process};

    #[test]
    fn every_command_has_a_page_and_every_shell_a_file() {
        let folder = env::temp_dir().join(format!("pvefw-documents-{}", process::id()));
        write(&folder).unwrap();
        for command in Line::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let page = folder.join("man1").join(format!("pvefw-{}.1", command.get_name()));
            let text = fs::read_to_string(&page).unwrap();
            assert!(text.contains(".SH SYNOPSIS") && text.contains("Examples:"), "{}", page.display());
        }
        for name in ["pvefw.bash", "_pvefw", "pvefw.fish"] {
            let text = fs::read_to_string(folder.join("completions").join(name)).unwrap();
            assert!(text.contains("--follow"), "{name}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
