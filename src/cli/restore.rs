//! `redraft restore <name>`

use crate::verbs::Command;

/// Bring a cancelled or landed session back from the trash
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft restore experimental-v2")]
pub(super) struct Args {
    /// Session to bring back
    name: String,
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Restore { name: args.name }
    }
}
