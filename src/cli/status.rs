//! `redraft status [name]`

use super::plain::{Plain, of_a_name};
use crate::verbs::Command;

/// Show a session: its changes, retries, size and paths
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft status
  redraft status main-work --json")]
pub(super) struct Args {
    /// Session to show [default: the active one]
    name: Option<String>,
}

impl Plain for Args {
    fn plain(words: &[&str]) -> Option<Self> {
        of_a_name(words, |name| Self { name })
    }
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Status { name: args.name }
    }
}
