//! `redraft start <name> [description]`, `redraft start --auto|--new <task>`

use super::plain::Plain;
use crate::verbs::{Command, Start};

/// Create a session and make it active
///
/// Takes no time and next to no space, whatever the project's size: files are copied
/// into the session when they are first written. With `--auto` or `--new` a task stands
/// in place of the name.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
Examples:
  redraft start work-on-chapter-01
  redraft start experimental-scene-0102 \"Trying alternative version\"
  redraft start auth --type tdd --objective \"Token refresh\"
  redraft start --auto \"implement OAuth2 authentication\"
  redraft start --type test --new \"test payment flow\"")]
pub(super) struct Args {
    /// Name of the session: letters, digits, '-' and '_'
    #[arg(required_unless_present_any = ["auto", "new"])]
    name: Option<String>,
    /// What the session is for
    description: Vec<String>,
    /// Kind of work: workflow, review, tdd, test or docs
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// First objective; may be given several times
    #[arg(long = "objective", value_name = "TEXT")]
    objectives: Vec<String>,
    /// Git branch to go to; it is made where it does not exist
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Go on in the session that the task belongs to, or create one for it
    #[arg(long, conflicts_with = "new")]
    auto: bool,
    /// Create a session for the task, named after it
    #[arg(long)]
    new: bool,
}

impl Plain for Args {
    fn plain(words: &[&str]) -> Option<Self> {
        let (name, description) = words.split_first()?;
        let description = description.iter().map(ToString::to_string).collect();
        Some(Self { name: Some((*name).to_string()), description, ..Self::default() })
    }
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        let Args { name, description, kind, objectives, branch, auto, new } = args;
        Self::Start(Start { name, description: description.join(" "), kind, objectives, branch, auto, new })
    }
}
