//! `redraft bring <path>…`

use std::ffi::OsString;

use crate::verbs::Command;

/// Bring files of the project into the session, to be changed there
///
/// Read, Edit and Write do that by themselves. A command that cannot see the
/// session needs a copy at the session's path first.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft bring acts/plan.md
  redraft bring acts/act-1 context/world.md")]
pub(super) struct Args {
    /// Files or directories of the project
    #[arg(required = true)]
    paths: Vec<OsString>,
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Bring { paths: args.paths }
    }
}
