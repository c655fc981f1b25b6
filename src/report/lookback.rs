//! What is asked about sessions as a whole, open and ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Counts, Lines, Progress};
use crate::name::SessionName;
use crate::relpath::RelPath;

/// What a session came to, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Metrics {
    /// Seconds from when it was made to its last sign of life.
    pub active_seconds: i64,
    /// How far it is, by its notebook.
    pub progress: Progress,
    /// Blockers, also those that are out of the way.
    pub blockers: usize,
    /// Checkpoints.
    pub checkpoints: usize,
    /// Rejected versions.
    pub retries: usize,
    /// Changes that are not landed.
    pub changes: Counts,
    /// How often it landed something that was not taken back.
    #[serde(default)]
    pub landings: usize,
    /// The files of those landings.
    #[serde(default)]
    pub landed: Counts,
    /// Their lines, where they were counted.
    #[serde(default)]
    pub lines: Lines,
}

/// A session was put away.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Archived {
    /// Which session.
    pub session: SessionName,
    /// When, RFC 3339 UTC.
    pub archived_at: String,
    /// What it came to.
    pub metrics: Metrics,
    /// It was active for somebody, and is no longer.
    pub lock_cleared: bool,
}

/// A session as one looks back on it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Past {
    /// Its name.
    pub session: String,
    /// "open", "archived", "landed" or "cancelled".
    pub state: &'static str,
    /// What it is for.
    pub description: String,
    /// What kind of work it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// RFC 3339 UTC.
    pub created_at: String,
    /// When something was last written down in it, RFC 3339 UTC.
    pub last_at: Option<String>,
    /// When it ended or was put away, RFC 3339 UTC; `null` while it is open.
    pub ended_at: Option<String>,
    /// What it came to, where that is asked for.
    pub metrics: Option<Metrics>,
}

/// The sessions there were.
#[derive(Debug, JsonSchema, Serialize)]
pub struct History {
    /// Those that something happened to last, first.
    pub sessions: Vec<Past>,
    /// There are more.
    pub more: bool,
}

/// Two sessions side by side.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Compared {
    /// The one.
    pub a: Past,
    /// The other.
    pub b: Past,
    /// Files that both change or have landed.
    pub both: Vec<RelPath>,
    /// Files of the one alone.
    pub only_a: Vec<RelPath>,
    /// Files of the other alone.
    pub only_b: Vec<RelPath>,
}
