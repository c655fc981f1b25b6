//! `redraft mv <from> <to>`

use std::ffi::OsString;

use crate::verbs::Command;

/// Rename a file or directory in the session
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft mv acts/scene-0101.md acts/scene-0110.md")]
pub(super) struct Args {
    /// The old path
    from: OsString,
    /// The new path
    to: OsString,
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Mv { from: args.from, to: args.to }
    }
}
