//! What is asked about sessions as a whole, open and ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Counts, Progress};
use crate::name::SessionName;

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
