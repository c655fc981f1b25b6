//! `redraft brief`, `redraft resume`, `redraft end`, `redraft dehydrate`

use std::io::IsTerminal;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::stdin;
use crate::verbs::{Command, End};

/// The most that a hand-over may hold.
const MAX_BYTES: usize = 48 * 1024;

/// How long whoever writes it may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Tell what whoever comes into a session should know
///
/// What it is to achieve, what was decided and why, what is done, what is next, what to
/// watch for, and the project's own pages about how things are done.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft brief
  redraft brief main-work --json")]
pub(super) struct Brief {
    /// Session [default: the active one]
    name: Option<String>,
}

/// Go on in a session: make it active and tell what to know
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft resume
  redraft resume main-work")]
pub(super) struct Resume {
    /// Session [default: the active one, else the one paused last]
    name: Option<String>,
}

/// Pause the session and hand it over; its work is kept
///
/// Writes a hand-off document to the session's artifacts. Git is touched only when asked:
/// a push or a merge is refused while something is not committed.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, and what it says is the default"
)]
#[command(after_help = "\
Examples:
  redraft end
  redraft end --accomplished \"OAuth works\" --remember \"Refresh is next\"
  redraft end --push
  redraft end --merge-to main")]
pub(super) struct EndArgs {
    /// Write the hand-off document; it is written anyway
    #[arg(long, conflicts_with = "no_handoff")]
    handoff: bool,
    /// Write no hand-off document
    #[arg(long)]
    no_handoff: bool,
    /// What was accomplished
    #[arg(long, value_name = "TEXT", alias = "summary", default_value = "", hide_default_value = true)]
    accomplished: String,
    /// What whoever goes on should remember
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    remember: String,
    /// Push the git branch to its remote
    #[arg(long, conflicts_with = "no_push")]
    push: bool,
    /// Do not push; nothing is pushed unless asked
    #[arg(long)]
    no_push: bool,
    /// Merge the git branch into this one, which is then the current one
    #[arg(long, value_name = "BRANCH")]
    merge_to: Option<String>,
}

impl From<Brief> for Command {
    fn from(args: Brief) -> Self {
        Self::Brief { name: args.name }
    }
}

impl From<Resume> for Command {
    fn from(args: Resume) -> Self {
        Self::Resume { name: args.name }
    }
}

impl From<EndArgs> for Command {
    fn from(args: EndArgs) -> Self {
        let EndArgs { no_handoff, accomplished, remember, push, merge_to, .. } = args;
        Self::End(End { no_handoff, accomplished, remember, push, merge_to })
    }
}

/// Reads standard input, unless it is a terminal or empty.
pub(super) fn dehydrate() -> Result<Command> {
    if std::io::stdin().is_terminal() {
        return Ok(Command::Dehydrate { payload: None });
    }
    let bytes = stdin::read(MAX_BYTES, TIMEOUT)?;
    let text = String::from_utf8(bytes).map_err(|_| Error::usage("the hand-over is not UTF-8"))?;
    Ok(Command::Dehydrate { payload: Some(text).filter(|text| !text.trim().is_empty()) })
}
