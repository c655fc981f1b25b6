//! `redraft status [name]`

use super::plain::Plain;
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
        let name = match words {
            [] => None,
            [name] => Some((*name).to_string()),
            _ => return None,
        };
        Some(Self { name })
    }
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Status { name: args.name }
    }
}
