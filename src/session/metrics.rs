//! What a session came to, in numbers, wherever it lies: open, archived, in the trash or with its commit.

use chrono::{DateTime, Utc};

use super::changes::Changes;
use super::layer::Layer;
use super::notes::Notes;
use crate::error::Result;
use crate::report::Metrics;
use crate::store::ledger::Ledger;
use crate::store::notebook::Kind;
use crate::store::record::SessionRecord;

/// Counts a session, whose parts have been read.
pub fn of(layer: &Layer<'_>, record: &SessionRecord, notes: &Notes, changes: &Changes) -> Result<Metrics> {
    let made = time(&record.created_at);
    let last = last_sign(layer, record, notes)?;
    Ok(Metrics {
        active_seconds: made.zip(last).map_or(0, |(made, last)| (last - made).num_seconds().max(0)),
        progress: notes.progress(),
        blockers: notes.kind(Kind::Blocker).count(),
        checkpoints: notes.kind(Kind::Checkpoint).count(),
        retries: record.human_retries.len(),
        changes: changes.counts(),
    })
}

/// Finds when something was last written down: in the notebook, about a file, about a retry.
pub fn last_sign(layer: &Layer<'_>, record: &SessionRecord, notes: &Notes) -> Result<Option<DateTime<Utc>>> {
    let said = notes.things.iter().flat_map(|thing| &thing.history).map(|line| line.at.as_str());
    let rejected = record.human_retries.iter().map(|retry| retry.timestamp.as_str());
    let touched = Ledger::of(&layer.dir)?.last_time()?;
    let all = said.chain(rejected).chain([record.created_at.as_str()]).chain(touched.as_deref());
    Ok(all.filter_map(time).max())
}

/// Reads a stored time.
pub fn time(stored: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(stored).ok().map(|time| time.with_timezone(&Utc))
}
