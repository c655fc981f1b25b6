//! `redraft start <name> [description]`

use crate::verbs::Command;

/// Create a session and make it active
///
/// Takes no time and next to no space, whatever the project's size: files are copied
/// into the session when they are first written.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft start work-on-chapter-01
  redraft start experimental-scene-0102 \"Trying alternative version\"")]
pub(super) struct Args {
    /// Name of the session: letters, digits, '-' and '_'
    name: String,
    /// What the session is for
    description: Vec<String>,
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Start { name: args.name, description: args.description.join(" ") }
    }
}
