//! `redraft completions <shell>`: written from the same tree that reads the arguments.

use clap_complete::Shell;

use crate::cli::tree;
use crate::report::{Plain, Report};

/// Write shell completions to stdout
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft completions bash
  redraft completions zsh")]
pub(super) struct Args {
    /// Which shell
    shell: Shell,
}

/// Writes the completions of a shell.
pub(super) fn completions(args: &Args) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut tree(), "redraft", &mut script);
    Report::Plain(Plain { text: String::from_utf8_lossy(&script).into_owned() })
}
