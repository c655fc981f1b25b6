//! `redraft history`, `redraft compare <a> [b]`, `redraft analyze`, `redraft report`

use crate::verbs::{Analyze, Command, Period};

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

/// Tell what can be learned from all sessions; one part with its option
///
/// Counted from what the sessions keep, open and ended: work week by week, rejected
/// versions by file, what happens again and again, cycles of test-driven work (a GREEN
/// checkpoint after a RED one), and rules that were not kept.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[command(after_help = "\
Examples:
  redraft analyze
  redraft analyze --velocity
  redraft analyze --patterns --retries --since 2w")]
pub(super) struct AnalyzeArgs {
    /// Work week by week
    #[arg(long)]
    velocity: bool,
    /// Rejected versions by file
    #[arg(long)]
    retries: bool,
    /// Files of several sessions, files that land together, words of several reasons
    #[arg(long)]
    patterns: bool,
    /// Cycles of test-driven work
    #[arg(long)]
    tdd: bool,
    /// Rules of work that were not kept
    #[arg(long, alias = "recommendations")]
    discipline: bool,
    /// Only what happened since then: 16h, 7d, 2w, today, yesterday or a date
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

/// Write a report of the last seven days, or of all that is kept of the project
///
/// What was completed and decided, what stands in the way, what is next, what each
/// session came to. As Markdown, as JSON, or as one HTML page by itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft report --weekly
  redraft report --project --format markdown
  redraft report --project --format html")]
pub(super) struct ReportArgs {
    /// The last seven days [default]
    #[arg(long)]
    weekly: bool,
    /// All that is kept
    #[arg(long, conflicts_with = "weekly")]
    project: bool,
    /// markdown, json or html [default: markdown]
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
}

impl From<ReportArgs> for Command {
    fn from(args: ReportArgs) -> Self {
        let period = if args.project { Period::Project } else { Period::Weekly };
        Self::Report { period, format: args.format }
    }
}

impl From<AnalyzeArgs> for Command {
    fn from(args: AnalyzeArgs) -> Self {
        let AnalyzeArgs { velocity, retries, patterns, tdd, discipline, since } = args;
        Self::Analyze(Analyze { velocity, retries, patterns, tdd, discipline, since })
    }
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
