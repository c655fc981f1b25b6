//! `redraft recover [name]`

use crate::verbs::Command;

/// Mend an interrupted commit, a crashed session or its records; no file is lost
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft recover
  redraft recover old-work")]
pub(super) struct Args {
    /// Session to mend [default: the active one]
    name: Option<String>,
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Recover { name: args.name }
    }
}
