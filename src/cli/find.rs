//! `redraft find [--tag …]`, `redraft list [--tag …]`, `redraft search <text>`

use super::plain::Plain;
use crate::verbs::{Command, Filter};

/// Which sessions.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Which {
    /// With this tag; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Of this kind of work: workflow, review, tdd, test or docs
    #[arg(long = "type", alias = "skill", value_name = "TYPE")]
    kind: Option<String>,
    /// In this state: active, inactive, crashed or archived
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// The newest N
    #[arg(long, value_name = "N")]
    recent: Option<usize>,
    /// Made since then: 16h, 7d, 2w, today, yesterday or a date
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

/// List all sessions, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft list
  redraft list --tag draft --since 7d
  redraft list --json")]
pub(super) struct List {
    #[command(flatten)]
    which: Which,
}

/// Find sessions by what they are
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft find --tag chapter-01
  redraft find --recent 5
  redraft find --type tdd --state inactive")]
pub(super) struct Find {
    #[command(flatten)]
    which: Which,
}

/// Search names, notebooks, retry reasons and changed texts
///
/// Also in sessions that were archived, and in those that were cancelled or landed, as
/// long as they are kept. Word forms of English and Russian count as one word, and slips
/// of the keyboard are forgiven.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft search \"token refresh\"")]
pub(super) struct Search {
    /// What to look for
    #[arg(required = true)]
    text: Vec<String>,
}

impl From<Which> for Filter {
    fn from(which: Which) -> Self {
        let Which { tags, kind, state, recent, since } = which;
        Self { tags, kind, state, recent, since }
    }
}

impl Plain for List {
    fn plain(words: &[&str]) -> Option<Self> {
        words.is_empty().then(|| Self { which: Which::default() })
    }
}

impl From<List> for Command {
    fn from(args: List) -> Self {
        let filter = Filter::from(args.which);
        if filter == Filter::default() { Self::List } else { Self::Find(filter) }
    }
}

impl From<Find> for Command {
    fn from(args: Find) -> Self {
        Self::Find(args.which.into())
    }
}

impl From<Search> for Command {
    fn from(args: Search) -> Self {
        Self::Search { text: args.text.join(" ") }
    }
}
