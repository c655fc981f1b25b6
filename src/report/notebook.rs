//! What is asked about a session's notebook.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Counts;
use crate::name::SessionName;
use crate::relpath::RelPath;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoteKind {
    /// What the session is to achieve.
    Objective,
    /// What stands in the way.
    Blocker,
    /// What was decided, and why.
    Decision,
    /// A piece of work.
    Task,
    /// Anything worth remembering.
    Note,
    /// A word to find the session by.
    Tag,
    /// A state of the layer that can be returned to.
    Checkpoint,
    /// A gate that a commit did not wait for.
    Gate,
    /// What was handed over to whoever goes on.
    Handoff,
    /// Something that a newer redraft keeps here.
    #[serde(other)]
    Other,
}

impl NoteKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Objective,
        Self::Blocker,
        Self::Decision,
        Self::Task,
        Self::Note,
        Self::Tag,
        Self::Checkpoint,
        Self::Gate,
        Self::Handoff,
        Self::Other,
    ];

    /// Gives the beginning of its ids.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Objective => "obj",
            Self::Blocker => "blk",
            Self::Decision => "dec",
            Self::Task => "task",
            Self::Note => "note",
            Self::Tag => "tag",
            Self::Checkpoint => "cp",
            Self::Gate => "gate",
            Self::Handoff => "ho",
            Self::Other => "other",
        }
    }

    /// Gives the word for one.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Objective => "objective",
            Self::Blocker => "blocker",
            Self::Decision => "decision",
            Self::Task => "task",
            Self::Note => "note",
            Self::Tag => "tag",
            Self::Checkpoint => "checkpoint",
            Self::Gate => "gate",
            Self::Handoff => "handoff",
            Self::Other => "entry",
        }
    }

    /// Gives the state in which one begins.
    pub fn first_status(self) -> NoteStatus {
        match self {
            Self::Objective | Self::Task => NoteStatus::Pending,
            Self::Blocker => NoteStatus::Open,
            _ => NoteStatus::Recorded,
        }
    }
}

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteStatus {
    /// Not begun.
    Pending,
    /// At work.
    InProgress,
    /// Done.
    Completed,
    /// Held up.
    Blocked,
    /// Given up.
    Cancelled,
    /// A blocker that is in the way.
    Open,
    /// A blocker that is not any more.
    Resolved,
    /// Said once; it stays said.
    Recorded,
    /// Taken away again.
    Removed,
    /// Something that a newer redraft knows.
    #[serde(other)]
    Other,
}

impl NoteStatus {
    /// What a task may be set to.
    pub const OF_TASKS: [Self; 5] =
        [Self::Pending, Self::InProgress, Self::Completed, Self::Blocked, Self::Cancelled];

    /// Gives the word on disk and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Blocked => "blocked",
            Self::Cancelled => "cancelled",
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Recorded => "recorded",
            Self::Removed => "removed",
            Self::Other => "unknown",
        }
    }

    /// Tells whether something is still to be done about it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::InProgress | Self::Blocked | Self::Open)
    }
}

/// One thing of a notebook.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Thing {
    /// Its id, for the commands that change it.
    pub id: String,
    /// What kind of thing.
    pub kind: NoteKind,
    /// How it stands.
    pub status: NoteStatus,
    /// What it is.
    pub text: String,
    /// Why, for a decision.
    pub rationale: String,
    /// What was not chosen, for a decision.
    pub alternatives: Vec<String>,
    /// The sort of task, where it was given.
    pub sort: String,
    /// How it came to stand so, oldest first.
    pub history: Vec<Step>,
}

/// One change of a thing.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Step {
    /// How it stood from then on.
    pub status: NoteStatus,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// Who said so.
    pub by: String,
    /// What was said about the change; empty for the first.
    pub said: String,
}

/// How far a session is, by its notebook.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Progress {
    /// Objectives.
    pub objectives: usize,
    /// Those that are completed.
    pub objectives_completed: usize,
    /// Blockers that are in the way.
    pub blockers_open: usize,
    /// Tasks.
    pub tasks: usize,
    /// Those that are completed.
    pub tasks_completed: usize,
    /// Decisions.
    pub decisions: usize,
    /// Notes.
    pub notes: usize,
}

/// Something was written down.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Noted {
    /// Which session.
    pub session: SessionName,
    /// "added" or "changed".
    pub change: &'static str,
    /// What kind of thing.
    pub kind: NoteKind,
    /// What was written; empty when it was all there already.
    pub things: Vec<Thing>,
    /// How far the session is now.
    pub progress: Progress,
}

/// What a notebook says of one kind, or about one thing.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Notes {
    /// Which session.
    pub session: SessionName,
    /// What kind of thing.
    pub kind: NoteKind,
    /// Every one, oldest first.
    pub things: Vec<Thing>,
    /// How far the session is.
    pub progress: Progress,
    /// Lines of the notebook that could not be read.
    pub unreadable: usize,
}

/// How a session was chosen for a task.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Chosen {
    /// What was found out; nothing when a new session was asked for.
    pub analysis: Option<String>,
    /// What was done because of it.
    pub decision: String,
    /// What is worth knowing.
    pub warning: Option<String>,
    /// The open sessions that were looked at, best first.
    pub candidates: Vec<Candidate>,
}

/// An open session as far as it has to do with a task.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Candidate {
    /// Its name.
    pub session: SessionName,
    /// "high", "medium", "low" or "none".
    pub relevance: &'static str,
    /// The same in hundredths.
    pub score: u32,
}

/// How a git work tree stood.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct GitState {
    /// The branch; `null` when HEAD is detached.
    pub branch: Option<String>,
    /// The commit; `null` before the first.
    pub head: Option<String>,
    /// Paths that differ from it, untracked ones included.
    pub dirty: usize,
}

/// What happened to a path between two checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckpointOp {
    /// It is new, or there again.
    Created,
    /// Its content or mode is another.
    Modified,
    /// It is gone.
    Deleted,
    /// It has another name.
    Renamed,
}

/// One change between two checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct CheckpointChange {
    /// Which path.
    pub path: RelPath,
    /// What happened to it.
    pub op: CheckpointOp,
    /// Its old name, when it was renamed.
    pub from: Option<RelPath>,
}

/// A checkpoint was taken.
#[derive(Debug, JsonSchema, Serialize)]
pub struct CheckpointTaken {
    /// Which session.
    pub session: SessionName,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// What changed since the one before.
    pub changes: Vec<CheckpointChange>,
}

/// One checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Checkpoint {
    /// Its id, for `rollback`.
    pub id: String,
    /// Its name; the id where none was given.
    pub label: String,
    /// What was said about it.
    pub notes: String,
    /// `RED`, `GREEN` or `REFACTOR`.
    pub tdd_phase: Option<String>,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// Who took it.
    pub by: String,
    /// The one before it.
    pub since: Option<String>,
    /// What changed since that one.
    pub counts: Counts,
    /// How many files it holds.
    pub files: usize,
    /// How the git work tree stood.
    pub git: Option<GitState>,
    /// The git commit that was made with it.
    pub git_commit: Option<String>,
}

/// The checkpoints of a session.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Checkpoints {
    /// Which session.
    pub session: SessionName,
    /// Every one, newest first.
    pub checkpoints: Vec<Checkpoint>,
}

/// A session is what it was at a checkpoint.
#[derive(Debug, JsonSchema, Serialize)]
pub struct RolledBack {
    /// Which session.
    pub session: SessionName,
    /// The checkpoint.
    pub to: String,
    /// The checkpoint that keeps what was there before.
    pub undo: String,
    /// What is different now.
    pub changes: Vec<CheckpointChange>,
}

/// A condition that a commit waits for.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Gate {
    /// Its name.
    pub name: String,
    /// "open", "closed", or "unknown" for a command that a preview does not run.
    pub state: &'static str,
    /// Why it is closed.
    pub why: Vec<String>,
}

/// What a search found.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Found {
    /// What was searched for.
    pub query: String,
    /// The sessions that have it, best first, at most twenty.
    pub hits: Vec<Hit>,
    /// How many have it.
    pub total: usize,
    /// How many sessions are kept, ended ones too.
    pub kept: usize,
    /// How many of them could not be searched in the time that a hook or a server has: the index is still being made. 0 at
    /// a terminal.
    pub unsearched: usize,
}

/// One session that a search found.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Hit {
    /// Its name.
    pub session: String,
    /// "open", "archived", "landed" or "cancelled".
    pub state: &'static str,
    /// In hundredths: 100 is every word, in the name.
    pub score: u32,
    /// Where most of it stands: "name", "objective", "retry", a changed path …
    pub field: String,
    /// The line that has it.
    pub excerpt: String,
}
