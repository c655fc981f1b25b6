//! `redraft checkpoint …`, `redraft rollback <id>`

use crate::verbs::{Checkpoint, Command};

/// Keep the session's layer as it is, to return to
///
/// Costs what changed since the checkpoint before. With --git-commit the paths that the
/// session has landed are committed in git, too, with its objectives and decisions in
/// the message; nothing else is, whatever is changed or staged.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft checkpoint
  redraft checkpoint --label oauth-complete --notes \"OAuth flow tested\"
  redraft checkpoint --label feature-complete --git-commit
  redraft checkpoint --git-commit --message \"fix: resolve auth token expiry\"
  redraft checkpoint --tdd-phase GREEN")]
pub(super) struct Args {
    /// Its name
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    label: String,
    /// Anything else worth keeping
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    notes: String,
    /// Where the work is in its cycle: RED, GREEN or REFACTOR
    #[arg(long, value_name = "PHASE")]
    tdd_phase: Option<String>,
    /// Make a git commit of what the session has landed
    #[arg(long, alias = "commit")]
    git_commit: bool,
    /// First line of the git commit's message
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
}

/// Return to a checkpoint; what is there now is kept as a checkpoint of its own
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft rollback cp-1")]
pub(super) struct Rollback {
    /// Checkpoint, as `redraft checkpoints` names it
    id: String,
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        let Args { label, notes, tdd_phase, git_commit, message } = args;
        Self::Checkpoint(Checkpoint { label, notes, tdd_phase, git_commit, message })
    }
}

impl From<Rollback> for Command {
    fn from(args: Rollback) -> Self {
        Self::Rollback { id: args.id }
    }
}
