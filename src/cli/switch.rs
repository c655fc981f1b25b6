//! `redraft switch <name>`

use super::plain::Plain;
use crate::verbs::Command;

/// Make another session the active one
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft switch experimental-scene-0102")]
pub(super) struct Args {
    /// Session to switch to
    name: String,
}

impl Plain for Args {
    fn plain(words: &[&str]) -> Option<Self> {
        match words {
            [name] => Some(Self { name: (*name).to_string() }),
            _ => None,
        }
    }
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Switch { name: args.name }
    }
}
