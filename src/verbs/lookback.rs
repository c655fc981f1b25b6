//! Looking back: every session that is kept, wherever it lies, and what it came to.
//!
//! A session is open, archived, in the trash, or with the commit that ended it; one that was brought back from there is
//! looked at where it is now. Nothing is kept for looking back alone: all of this is read from what the sessions
//! themselves keep, so it can never say something else than they do.

mod analyze;
mod compare;
mod history;
mod summary;

use std::collections::HashSet;
use std::ffi::OsStr;

use chrono::{DateTime, Utc};

pub use self::analyze::Parts as Analyze;
pub(super) use self::analyze::analyze;
pub(super) use self::compare::compare;
pub(super) use self::history::history;
pub use self::summary::Period;
pub(super) use self::summary::summary;

use super::{Place, describe};
use crate::error::Result;
use crate::fs::Stat;
use crate::landing::history as landings;
use crate::landing::journal::{Head, Journal, Work};
use crate::relpath::RelPath;
use crate::report::{Metrics, Past};
use crate::session::archive;
use crate::session::changes::Changes;
use crate::session::layer::Layer;
use crate::session::lifecycle;
use crate::session::notes::{Notes, Thing};
use crate::store::ledger::{self, Ledger};
use crate::store::notebook::{self, Kind, Notebook};
use crate::store::record::SessionRecord;

/// So many more sessions are read than are asked for: what is written down in one may be older than its last change.
const SPARE: usize = 50;

/// Where a session is kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// Its name, as it lies on the disk.
    pub(super) name: String,
    /// "open", "archived", "landed" or "cancelled".
    pub(super) state: &'static str,
    /// Its directory.
    pub(super) path: RelPath,
    /// When it ended or was put away, RFC 3339 UTC.
    pub(super) ended_at: Option<String>,
    /// It lies with the commit that ended it; it may have been brought back since.
    with_commit: bool,
}

/// One session as it was found.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) kept: Kept,
    pub(super) record: SessionRecord,
    pub(super) notes: Notes,
    pub(super) metrics: Metrics,
    /// When something was last written down in it.
    pub(super) last: Option<DateTime<Utc>>,
    /// Paths that it has landed, or changes and has not landed.
    pub(super) paths: Vec<RelPath>,
    /// What it has landed, newest first, without what was taken back.
    pub(super) landed: Vec<Head>,
}

impl Seen {
    /// Gives the session for a report; its numbers only where they are asked for.
    pub(super) fn past(&self, with_metrics: bool) -> Past {
        Past {
            session: self.kept.name.clone(),
            state: self.kept.state,
            description: self.record.description.clone(),
            kind: self.record.kind.clone(),
            tags: self.tags(),
            created_at: self.record.created_at.clone(),
            last_at: self.last.map(rfc3339),
            ended_at: self.kept.ended_at.clone(),
            metrics: with_metrics.then_some(self.metrics),
        }
    }

    fn tags(&self) -> Vec<String> {
        self.record.tags.iter().cloned().chain(self.notes.tags()).collect()
    }

    /// Gives when it ended, else when it was last worked on.
    fn order(&self) -> Option<DateTime<Utc>> {
        self.kept.ended_at.as_deref().and_then(time).max(self.last)
    }
}

/// Lists where every session is kept: the open ones, the archived, those in the trash, those that landed.
pub(super) fn everywhere(at: &Place<'_>) -> Result<Vec<Kept>> {
    let mut found = Vec::new();
    for name in lifecycle::names(at.project)? {
        let path = at.project.sessions().join(&name)?;
        let name = name.to_string_lossy().into_owned();
        found.push(Kept { name, state: "open", path, ended_at: None, with_commit: false });
    }
    for one in archive::entries(at.project)? {
        let ended_at = Some(describe::stamp_to_rfc3339(&one.stamp));
        let (name, path) = (one.name.to_string(), one.session);
        found.push(Kept { name, state: "archived", path, ended_at, with_commit: false });
    }
    let trash = at.project.private_dir("trash");
    let mut trashed = Vec::new();
    if let Some(dir) = at.project.dir.find_dir(&trash)? {
        for entry in dir.names()? {
            let text = entry.to_string_lossy().into_owned();
            let mut parts = text.split('.');
            let (name, stamp, was) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
            let state = if was == Some("landed") { "landed" } else { "cancelled" };
            let ended_at = stamp.map(describe::stamp_to_rfc3339);
            let (name, path) = (name.to_string(), trash.join(&entry)?);
            trashed.push(Kept { name, state, path, ended_at, with_commit: false });
        }
    }
    trashed.sort_by(|a, b| b.ended_at.cmp(&a.ended_at));
    found.extend(trashed);
    for head in
        Journal::finished(at.project)?.into_iter().filter(|head| head.work == Work::Commit && head.whole)
    {
        let path = Journal::dir(at.project, &head.id).join(OsStr::new("session"))?;
        let (name, ended_at) = (head.session, Some(head.at));
        found.push(Kept { name, state: "landed", path, ended_at, with_commit: true });
    }
    Ok(found)
}

/// Reads sessions, those first that something happened to last; what cannot be read is left out.
///
/// With a limit only those are looked at whose directories changed last, some more than are asked for.
pub(super) fn seen(at: &Place<'_>, limit: usize) -> Result<Vec<Seen>> {
    let mut all = Vec::new();
    for kept in everywhere(at)? {
        if let Some(touched) = touched(at, &kept)? {
            all.push((touched, kept));
        }
    }
    all.sort_by_key(|(touched, _)| std::cmp::Reverse(*touched));
    let landed = landings::log(at.project)?;
    let enough = limit.saturating_add(SPARE);
    let mut found: Vec<Seen> =
        all.into_iter().take(enough).filter_map(|(_, kept)| read(at, kept, &landed)).collect();
    // One that was brought back is looked at where it is now.
    let key = |seen: &Seen| (seen.kept.name.clone(), seen.record.created_at.clone());
    let elsewhere: HashSet<_> = found.iter().filter(|seen| !seen.kept.with_commit).map(key).collect();
    let mut known = HashSet::new();
    found.retain(|seen| {
        !seen.kept.with_commit || (!elsewhere.contains(&key(seen)) && known.insert(key(seen)))
    });
    found.sort_by(|a, b| b.order().cmp(&a.order()).then_with(|| a.kept.name.cmp(&b.kept.name)));
    found.truncate(limit);
    Ok(found)
}

/// Finds when a session's directory or one of its records changed last; nothing where it is gone.
fn touched(at: &Place<'_>, kept: &Kept) -> Result<Option<i64>> {
    let dir = &at.project.dir;
    let Some(own) = dir.stat(&kept.path)?.filter(Stat::is_dir) else { return Ok(None) };
    let mut last = own.ctime;
    for file in [notebook::FILE, ledger::FILE] {
        last = last.max(dir.stat(&kept.path.join(file)?)?.map_or(last, |stat| stat.mtime));
    }
    Ok(Some(last))
}

/// Reads one session; nothing when it cannot be read.
pub(super) fn read(at: &Place<'_>, kept: Kept, landed: &[(Head, bool)]) -> Option<Seen> {
    let name = kept.name.parse().ok()?;
    let dir = at.project.dir.find_dir(&kept.path).ok()??;
    let record = SessionRecord::read(&dir, &name).ok()?;
    let layer = Layer { project: at.project, name, dir };
    let notes = Notebook::of(&layer.dir).and_then(|notebook| notebook.recent()).map(Notes::of).ok()?;
    let landed = landed_by(&record, kept.ended_at.as_deref(), landed);
    // With its commit lies what the project had before, not what it changes.
    let changes = if kept.with_commit { Changes::default() } else { Changes::survey(&layer).ok()? };
    let mut paths: Vec<RelPath> = changes.list.iter().map(|change| change.path.clone()).collect();
    paths.extend(landed.iter().filter_map(|head| landed_paths(at, head)).flatten());
    paths.sort();
    paths.dedup();
    let last = last_sign(&layer, &record, &notes);
    let metrics = metrics(&record, &notes, &changes, &landed, last);
    Some(Seen { kept, record, notes, metrics, last, paths, landed })
}

/// Counts a session, whose parts have been read.
fn metrics(
    record: &SessionRecord,
    notes: &Notes,
    changes: &Changes,
    landed: &[Head],
    last: Option<DateTime<Utc>>,
) -> Metrics {
    let mut metrics = Metrics {
        active_seconds: time(&record.created_at)
            .zip(last)
            .map_or(0, |(made, last)| (last - made).num_seconds().max(0)),
        progress: notes.progress(),
        blockers: notes.kind(Kind::Blocker).count(),
        checkpoints: notes.kind(Kind::Checkpoint).count(),
        retries: record.human_retries.len(),
        changes: changes.counts(),
        landings: landed.len(),
        ..Metrics::default()
    };
    for head in landed {
        metrics.landed.modified += head.counts.modified;
        metrics.landed.created += head.counts.created;
        metrics.landed.deleted += head.counts.deleted;
        let lines = head.lines.unwrap_or_default();
        metrics.lines.added += lines.added;
        metrics.lines.removed += lines.removed;
    }
    metrics
}

/// Counts a session that is open.
pub(super) fn of_open(
    at: &Place<'_>,
    inspected: &lifecycle::Inspected<'_>,
    notes: &Notes,
) -> Result<Metrics> {
    let record = &inspected.record;
    let landed = landed_by(record, None, &landings::log(at.project)?);
    let last = last_sign(&inspected.layer, record, notes);
    Ok(metrics(record, notes, &inspected.changes, &landed, last))
}

/// Picks the landings of a session, by its name and its time: a name may have been used before, and again.
fn landed_by(record: &SessionRecord, until: Option<&str>, landed: &[(Head, bool)]) -> Vec<Head> {
    let (from, until) = (time(&record.created_at), until.and_then(time));
    let own = |(head, undone): &&(Head, bool)| {
        let at = time(&head.at);
        let in_time = at >= from && until.is_none_or(|until| at <= Some(until));
        head.work == Work::Commit && !undone && head.session == record.name.as_str() && in_time
    };
    landed.iter().filter(own).map(|(head, _)| head.clone()).collect()
}

/// Names the files that a landing changed; nothing where its record cannot be read.
pub(super) fn landed_paths(at: &Place<'_>, head: &Head) -> Option<Vec<RelPath>> {
    let journal = Journal::read_done(at.project, &head.id).ok()??;
    Some(journal.steps.into_iter().filter(|step| step.carrier.is_some()).map(|step| step.path).collect())
}

/// Finds when something was last written down: in the notebook, about a file, about a retry.
fn last_sign(layer: &Layer<'_>, record: &SessionRecord, notes: &Notes) -> Option<DateTime<Utc>> {
    let said = notes.things.iter().flat_map(|thing: &Thing| &thing.history).map(|line| line.at.as_str());
    let rejected = record.human_retries.iter().map(|retry| retry.timestamp.as_str());
    let touched = Ledger::of(&layer.dir).and_then(|ledger| ledger.last_time()).unwrap_or_default();
    said.chain(rejected).chain([record.created_at.as_str()]).chain(touched.as_deref()).filter_map(time).max()
}

/// Reads a stored time.
pub(super) fn time(stored: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(stored).ok().map(|time| time.with_timezone(&Utc))
}

/// Gives a time as it is stored.
pub(super) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
