//! `redraft retry <file> <reason> [--auto]`

use std::ffi::OsString;

use crate::verbs::Command;

/// Keep the current version of a file with the reason it was rejected
///
/// The file may be a path, a bare name, a stem or "scene 0101"; if several match, they
/// are listed and nothing is kept.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft retry scene-0101.md \"Too much exposition, needs more action\"
  redraft retry \"scene 0101\" \"Character voice inconsistent\"")]
pub(super) struct Args {
    /// File that was rejected
    file: OsString,
    /// Why, in the human's words
    #[arg(required = true)]
    reason: Vec<String>,
    /// The reason was read from a prompt, not given as a command
    #[arg(long)]
    auto: bool,
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Retry { file: args.file, reason: args.reason.join(" "), auto: args.auto }
    }
}
