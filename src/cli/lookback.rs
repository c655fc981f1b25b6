//! `redraft history`, `redraft compare <a> [b]`

use crate::verbs::Command;

/// Tell which sessions there were, the latest first
///
/// Open, archived, landed and cancelled ones, as long as they are kept.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft history
  redraft history --count 5 --metrics")]
pub(super) struct History {
    /// How many [default: 10]
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// Tell what each came to, in numbers
    #[arg(long)]
    metrics: bool,
}

/// Put two sessions side by side, open or ended
///
/// What each came to, and which files both are about; `redraft diff` compares their
/// contents.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft compare experimental-v2
  redraft compare main-work experimental-v2")]
pub(super) struct Compare {
    /// Session
    a: String,
    /// The other one [default: the active one is compared with the first]
    b: Option<String>,
}

impl From<History> for Command {
    fn from(args: History) -> Self {
        Self::History { count: args.count, metrics: args.metrics }
    }
}

impl From<Compare> for Command {
    fn from(args: Compare) -> Self {
        Self::Compare { a: args.a, b: args.b }
    }
}
