//! What one window, or one person, hands over to the next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Counts, Progress, Thing};
use crate::name::SessionName;
use crate::relpath::RelPath;

/// What is needed to go on: kept when a conversation is compacted or ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Handover {
    /// When it was made, RFC 3339 UTC.
    pub at: String,
    /// What the work is about and how far it is.
    pub summary: String,
    /// What was done last.
    pub last_action: String,
    /// What is to be done next.
    pub next_steps: Vec<String>,
    /// The files to look at first, at most eight.
    pub required_files: Vec<RelPath>,
    /// What the person asked last, word for word, where it may not have been answered yet.
    #[serde(default)]
    pub user_message: String,
    /// Anything else that whoever goes on should know.
    #[serde(default)]
    pub instructions: String,
}

/// Everything that whoever comes into a session should know.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Brief {
    /// Which session.
    pub session: SessionName,
    /// This caller works in it from now on.
    pub resumed: bool,
    /// The session that was this caller's until now.
    pub took_over_from: Option<SessionName>,
    /// What it is for.
    pub description: String,
    /// What kind of work it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// RFC 3339 UTC.
    pub created_at: String,
    /// The git branch of the project, where there is one.
    pub git_branch: Option<String>,
    /// How far it is.
    pub progress: Progress,
    /// What it is to achieve.
    pub objectives: Vec<Thing>,
    /// What was decided last.
    pub decisions: Vec<Thing>,
    /// Tasks that are done, the last ones.
    pub done: Vec<Thing>,
    /// Tasks that are not, those at work first.
    pub next: Vec<Thing>,
    /// What stands in the way.
    pub blockers: Vec<Thing>,
    /// What was noted last.
    pub notes: Vec<Thing>,
    /// How many paths it changes.
    pub counts: Counts,
    /// The first of them.
    pub changed: Vec<RelPath>,
    /// Paths that changed in the project, too.
    pub drifted: Vec<RelPath>,
    /// The last reasons why a version was rejected, by file.
    pub retries: Vec<Rejected>,
    /// The project's own pages about how things are done.
    pub context: Vec<ContextFile>,
    /// What was handed over last, until it is acknowledged.
    pub handover: Option<Handover>,
    /// The notebook has more than was read.
    pub older: bool,
}

/// Why the last version of a file was rejected.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Rejected {
    /// Which file.
    pub file: RelPath,
    /// How often.
    pub times: usize,
    /// The human's words, the last time.
    pub reason: String,
}

/// A page of the project that says how things are done.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct ContextFile {
    /// Which file.
    pub path: RelPath,
    /// Days since it was changed.
    pub days: i64,
    /// It was not changed for so long that it may be out of date.
    pub stale: bool,
}

/// A session was paused, its work kept.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Ended {
    /// Which session.
    pub session: SessionName,
    /// The hand-off document, relative to the project.
    pub document: Option<RelPath>,
    /// How far it is.
    pub progress: Progress,
    /// What it changes and has not landed.
    pub counts: Counts,
    /// The branch that was pushed.
    pub pushed: Option<String>,
    /// The branch that was merged into.
    pub merged_to: Option<String>,
}

/// A hand-over was kept for the window it belongs to.
#[derive(Debug, JsonSchema, Serialize)]
pub struct HandedOver {
    /// Which session.
    pub session: SessionName,
    /// What was kept.
    pub handover: Handover,
    /// What was left out of it, and why.
    pub warnings: Vec<String>,
    /// The command that goes on from here.
    pub restart: String,
    /// The client is ended and started by that command now: it runs under `redraft run`.
    pub restarting: bool,
}
