//! What several verbs say about a session: its changes for a report, its lines, its size, its age.

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::error::Result;
use crate::fs::tree::Step;
use crate::landing::preview::PreviewedChange;
use crate::relpath::RelPath;
use crate::report::{self, EntryKind, FileState};
use crate::session::changes::{Change, Drift};
use crate::session::lifecycle::Inspected;
use crate::session::{notes, retry};
use crate::store::notebook;
use crate::store::{ledger, record};

/// Gives a change for a report, without lines.
pub(super) fn change(change: &Change, state: FileState) -> report::Change {
    told(change.path.clone(), change.op, change.kind, mode(change), change.drift, state)
}

/// The same of a change that is not needed any more.
pub(super) fn landed((change, state): (Change, FileState)) -> report::Change {
    let mode = mode(&change);
    told(change.path, change.op, change.kind, mode, change.drift, state)
}

fn told(
    path: RelPath,
    op: report::Op,
    kind: EntryKind,
    mode: Option<(String, String)>,
    drift: Drift,
    state: FileState,
) -> report::Change {
    let drifted = drift != Drift::None;
    report::Change { path, op, kind, lines: None, binary: false, mode, drifted, state }
}

/// Gives the permission bits from and to, where they changed.
pub(super) fn mode(change: &Change) -> Option<(String, String)> {
    let old = change.base.as_ref().map(|base| base.mode).or(change.project.map(|stat| stat.mode))?;
    let new = change.session.filter(|_| change.kind == EntryKind::File)?.mode;
    other_mode(Some(old), Some(new))
}

/// Gives the permission bits of two sides, where both have some and they differ.
pub(super) fn other_mode(old: Option<u32>, new: Option<u32>) -> Option<(String, String)> {
    old.zip(new)
        .filter(|(old, new)| old != new)
        .map(|(old, new)| (format!("{old:04o}"), format!("{new:04o}")))
}

/// Gives a change with its lines, as a preview found them.
pub(super) fn with_lines(one: &PreviewedChange<'_>) -> report::Change {
    report::Change { lines: one.lines, binary: one.binary, ..change(one.change, one.state) }
}

/// Adds up a session's files: layer, kept versions, scratch, records.
pub(super) fn size(inspected: &Inspected<'_>) -> Result<u64> {
    let dir = &inspected.layer.dir;
    let mut total = inspected.changes.layer_bytes;
    for file in [record::SESSION_FILE, ledger::FILE, notebook::FILE] {
        total += dir.stat(&RelPath::new(file)?)?.map_or(0, |stat| stat.size);
    }
    for below in [retry::DIR, "artifacts"] {
        let Some(open) = dir.find_dir(&RelPath::new(below)?)? else { continue };
        open.walk(None, &mut |_, _, stat| {
            total += if stat.is_file() { stat.size } else { 0 };
            Ok(Step::Into)
        })?;
    }
    Ok(total)
}

/// Gives the seconds since a stored time; 0 where it cannot be read or lies ahead.
pub(super) fn age_seconds(created_at: &str, now: DateTime<Utc>) -> i64 {
    DateTime::parse_from_rfc3339(created_at)
        .map_or(0, |created| (now - created.with_timezone(&Utc)).num_seconds().max(0))
}

/// Turns the time of a trash entry into RFC 3339.
pub(super) fn stamp_to_rfc3339(stamp: &str) -> String {
    NaiveDateTime::parse_from_str(stamp, "%Y%m%d-%H%M%S").map_or_else(
        |_| stamp.to_string(),
        |time| time.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    )
}

/// Gives a thing of the notebook for a report.
pub(super) fn thing(thing: &notes::Thing) -> report::Thing {
    let entry = thing.entry.clone();
    let step = |(nth, line): (usize, &notebook::Entry)| report::Step {
        status: line.status,
        at: line.at.clone(),
        by: line.by.clone(),
        said: if nth == 0 { String::new() } else { line.text.clone() },
    };
    report::Thing {
        id: entry.id,
        kind: entry.kind,
        status: entry.status,
        text: entry.text,
        rationale: entry.rationale,
        alternatives: entry.alternatives,
        sort: entry.sort,
        history: thing.history.iter().enumerate().map(step).collect(),
    }
}

/// Gives a share from 0 to 1 in hundredths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 100")]
pub(super) fn hundredths(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u32
}
