//! `redraft undo [id]`

use super::plain::{Plain, of_a_name};
use crate::verbs::Command;

/// Take a landed commit back; files the project has moved on from are left alone
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft undo
  redraft undo 20260121-120000")]
pub(super) struct Args {
    /// Commit to take back, as `redraft log` names it [default: the last one]
    id: Option<String>,
}

impl Plain for Args {
    fn plain(words: &[&str]) -> Option<Self> {
        of_a_name(words, |id| Self { id })
    }
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Undo { id: args.id }
    }
}
