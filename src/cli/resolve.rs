//! `redraft resolve <path>…`

use std::ffi::OsString;

use crate::verbs::Command;

/// Say where paths are read from, as JSON
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft resolve acts/act-1/plan.md")]
pub(super) struct Args {
    /// Paths in the project
    #[arg(required = true)]
    paths: Vec<OsString>,
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Resolve { paths: args.paths }
    }
}
