//! `redraft commit [name] [--force …]`

use super::plain::{Plain, of_a_name};
use crate::text::globs;
use crate::verbs::{Command, Commit};

/// Put a session's changes on the project, after a preview
///
/// Without --force nothing is written: every file that would land is listed with its
/// lines, conflicts, retries and a fingerprint. With --expect and that fingerprint,
/// what lands is what was shown, or nothing.
///
/// Where the project changed a file, too, both changes are merged: by sentences in prose,
/// by lines in code. What does not merge stops the commit, unless you say what to take.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
Examples:
  redraft commit
  redraft commit --force
  redraft commit work-on-chapter-01 --force --expect 5f0c2a91b3d47e68
  redraft commit --force --files 'acts/act-1/**,context/world.md'
  redraft commit --force --on-conflict merge")]
pub(super) struct Args {
    /// Session to commit [default: the active one]
    name: Option<String>,
    /// Land the changes instead of showing them
    #[arg(short, long)]
    force: bool,
    /// Refuse if anything changed since the preview with this fingerprint
    #[arg(long, value_name = "FINGERPRINT")]
    expect: Option<String>,
    /// Only these files; the rest stays in the session
    #[arg(long, value_name = "GLOB,…")]
    files: Vec<String>,
    /// What to do with files that both sides changed and that do not merge
    #[arg(long, value_name = "HOW", value_parser = ["abort", "merge", "ours", "theirs"])]
    on_conflict: Option<String>,
    /// Of these files in conflict, the session's version
    #[arg(long, value_name = "GLOB,…")]
    ours: Vec<String>,
    /// Of these files in conflict, the project's version
    #[arg(long, value_name = "GLOB,…")]
    theirs: Vec<String>,
    /// Gate of redraft.json that is not waited for; may be given several times
    #[arg(long = "override", value_name = "GATE")]
    overrides: Vec<String>,
    /// Why not; it is recorded
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Args {
    /// The same, to land the changes or to show them.
    pub(super) fn forced(self, force: bool) -> Self {
        Self { force, ..self }
    }
}

impl Plain for Args {
    fn plain(words: &[&str]) -> Option<Self> {
        of_a_name(words, |name| Self { name, ..Self::default() })
    }
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        let split = |lists: &[String]| lists.iter().flat_map(|list| globs(list)).collect();
        Self::Commit(Commit {
            files: split(&args.files),
            ours: split(&args.ours),
            theirs: split(&args.theirs),
            name: args.name,
            force: args.force,
            expect: args.expect,
            on_conflict: args.on_conflict,
            overrides: args.overrides,
            reason: args.reason,
        })
    }
}
