//! `redraft diff [a] [b] [paths…]`

use std::ffi::OsString;

use crate::report::DiffStyle;
use crate::verbs::{Command, Diff};

/// Show what differs: session against project, or session against session
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft diff
  redraft diff main-work experimental-v2 --word
  redraft diff acts/act-1 --stat")]
pub(super) struct Args {
    /// Up to two sessions, then paths or globs
    #[arg(value_name = "SESSION|PATH")]
    operands: Vec<OsString>,
    /// Lines added and removed, by file
    #[arg(long, group = "style")]
    stat: bool,
    /// Only the paths
    #[arg(long, group = "style")]
    name_only: bool,
    /// Words instead of lines, for prose
    #[arg(long, group = "style")]
    word: bool,
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        let style = if args.stat {
            DiffStyle::Stat
        } else if args.name_only {
            DiffStyle::NameOnly
        } else if args.word {
            DiffStyle::Word
        } else {
            DiffStyle::Unified
        };
        Self::Diff(Diff { sessions: Vec::new(), operands: args.operands, style })
    }
}
