//! `redraft rm <path>…`

use std::ffi::OsString;

use crate::verbs::Command;

/// Delete files in the session; the project keeps them until the commit
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft rm acts/act-1/scene-0104.md
  redraft rm -- -odd-name.md")]
pub(super) struct Args {
    /// Files or directories to delete
    #[arg(required = true)]
    paths: Vec<OsString>,
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Rm { paths: args.paths }
    }
}
