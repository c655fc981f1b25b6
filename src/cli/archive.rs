//! `redraft archive [name]`, `redraft reopen <name>`

use crate::verbs::Command;

/// Put a session away whole, for as long as you like
///
/// Nothing in it is changed, and nothing lands; `redraft list --state archived` shows it,
/// `redraft search` finds it, `redraft reopen` brings it back as it was.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft archive
  redraft archive experimental-v2")]
pub(super) struct Archive {
    /// Session to put away [default: the active one]
    name: Option<String>,
}

/// Bring an archived session back as it was
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft reopen experimental-v2")]
pub(super) struct Reopen {
    /// Session to bring back
    name: String,
}

impl From<Archive> for Command {
    fn from(args: Archive) -> Self {
        Self::Archive { name: args.name }
    }
}

impl From<Reopen> for Command {
    fn from(args: Reopen) -> Self {
        Self::Reopen { name: args.name }
    }
}
