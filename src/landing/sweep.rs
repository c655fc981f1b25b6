//! What is kept of ended sessions and landed commits, and for how long.
//!
//! The policy is redraft.json's `keep`: sessions stay in the trash for `trash_days`; pre-images stay for the last
//! `commits` landings and while they take no more than `bytes` together (the last landing stays in any case). Bases are
//! kept while a session that is open, archived or in the trash refers to them; the archive itself is never swept.
//!
//! Sweeping comes after a commit or cancel has done its work, takes the oldest first, and stops after [`MAX_REMOVED`]
//! entries: deleting many files at once would make the next ones slow, and the rest can wait. What fails is left for
//! the next time; nothing a person asked for depends on it. The caller holds the landing lock.

use std::collections::HashSet;
use std::ffi::OsStr;

use chrono::{DateTime, Duration, NaiveDateTime, Utc};

use super::journal::{Head, Journal};
use crate::error::{Error, Kind, Result};
use crate::fs::Dir;
use crate::fs::copy::Hash;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::archive;
use crate::session::checkpoint;
use crate::session::lifecycle::{self, stamp};
use crate::store::ledger::Ledger;

/// The most entries that one sweep removes.
const MAX_REMOVED: usize = 2_000;

/// Bases younger than this stay: the session that put one may not have written its line yet.
const BASE_HOURS: i64 = 1;

/// Bases are looked through once in this time.
const BASE_SWEEP_HOURS: i64 = 24;

/// Removes what the policy no longer keeps.
pub fn sweep(project: &Project, now: DateTime<Utc>) {
    let mut left = MAX_REMOVED;
    for part in [sweep_trash, sweep_commits, sweep_bases] {
        // A part that fails has removed nothing that is referred to, and is tried again after the next landing.
        let _ = part(project, now, &mut left);
    }
}

fn sweep_trash(project: &Project, now: DateTime<Utc>, left: &mut usize) -> Result<()> {
    let trash = project.private_dir("trash");
    let Some(dir) = project.dir.find_dir(&trash)? else { return Ok(()) };
    let horizon = stamp(now - Duration::days(i64::from(project.config.keep.trash_days)));
    for name in dir.names()? {
        let trashed_at = name.to_str().and_then(|text| text.split('.').nth(1)).unwrap_or_default();
        let dated = NaiveDateTime::parse_from_str(trashed_at, "%Y%m%d-%H%M%S").is_ok();
        if dated && trashed_at < horizon.as_str() {
            remove_bounded(&dir, &RelPath::new(&name)?, left)?;
        }
    }
    Ok(())
}

fn sweep_commits(project: &Project, _now: DateTime<Utc>, left: &mut usize) -> Result<()> {
    let keep = &project.config.keep;
    let (mut n, mut bytes) = (0, 0_u64);
    for head in Journal::finished(project)? {
        n += 1;
        bytes = bytes.saturating_add(head.bytes);
        if n > 1 && (n > keep.commits as usize || bytes > keep.bytes) {
            remove_commit(project, &head, left)?;
        }
    }
    Ok(())
}

/// Removes the pre-images first and the record last, so that an interrupted removal is still known for what it is.
fn remove_commit(project: &Project, head: &Head, left: &mut usize) -> Result<()> {
    let path = Journal::dir(project, &head.id);
    let dir = project.dir.open_dir(&path)?;
    for part in ["old", "new", "merged", "session", "beside.json", "sealed", "commit.jsonl"] {
        remove_bounded(&dir, &RelPath::new(part)?, left)?;
    }
    project.dir.remove_empty_dir(&path).map(drop)
}

fn sweep_bases(project: &Project, now: DateTime<Utc>, left: &mut usize) -> Result<()> {
    let swept = project.private_dir("bases-swept");
    let nanos = |time: DateTime<Utc>| time.timestamp_nanos_opt().unwrap_or(i64::MIN);
    let last = project.dir.stat(&swept)?.map_or(i64::MIN, |stat| stat.mtime);
    if last > nanos(now - Duration::hours(BASE_SWEEP_HOURS)) {
        return Ok(());
    }
    let used = used_bases(project)?;
    let horizon = nanos(now - Duration::hours(BASE_HOURS));
    let Some(blobs) = project.dir.find_dir(&project.private_dir("blobs"))? else { return Ok(()) };
    for shelf in blobs.names()? {
        let dir = blobs.open_dir(&RelPath::new(&shelf)?)?;
        for name in dir.names()? {
            let rel = RelPath::new(&name)?;
            let hex = format!("{}{}", shelf.to_string_lossy(), name.to_string_lossy());
            let unused = Hash::parse(&hex).is_some_and(|hash| !used.contains(&hash));
            if unused && dir.stat(&rel)?.is_some_and(|stat| stat.ctime < horizon) {
                remove_bounded(&dir, &rel, left)?;
            }
        }
    }
    project.dir.write_atomic(&swept, stamp(now).as_bytes(), false)
}

/// Reads which bases the sessions refer to, open, archived and in the trash, and their checkpoints. A ledger that cannot be
/// read stops it: it may refer to anything.
fn used_bases(project: &Project) -> Result<HashSet<Hash>> {
    let mut used = HashSet::new();
    let mut take = |session: &Dir| -> Result<()> {
        for entry in Ledger::of(session)?.entries()? {
            used.extend(entry.base.map(|base| base.hash));
        }
        used.extend(checkpoint::contents(session)?);
        Ok(())
    };
    for name in lifecycle::names(project)? {
        take(&project.dir.open_dir(&project.sessions().join(&name)?)?)?;
    }
    for archived in archive::entries(project)? {
        take(&project.dir.open_dir(&archived.session)?)?;
    }
    if let Some(trash) = project.dir.find_dir(&project.private_dir("trash"))? {
        for name in trash.names()? {
            take(&trash.open_dir(&RelPath::new(&name)?)?)?;
        }
    }
    // A landed session can be brought back, and its checkpoints with it.
    if let Some(commits) = project.dir.find_dir(&project.private_dir("commits"))? {
        for id in commits.names()? {
            let session = RelPath::new(&id)?.join(OsStr::new("session"))?;
            if let Some(session) = commits.find_dir(&session)? {
                used.extend(checkpoint::contents(&session)?);
            }
        }
    }
    Ok(used)
}

/// Removes a tree, entry by entry, as long as the budget lasts; then stops with [`Kind::Busy`].
fn remove_bounded(dir: &Dir, path: &RelPath, left: &mut usize) -> Result<()> {
    let Some(stat) = dir.stat(path)? else { return Ok(()) };
    if *left == 0 {
        return Err(Error::new(Kind::Busy, "the rest is swept another time"));
    }
    if stat.is_dir() {
        let open = dir.open_dir(path)?;
        for name in open.names()? {
            remove_bounded(&open, &RelPath::new(OsStr::new(&name))?, left)?;
        }
        dir.remove_empty_dir(path)?;
    } else {
        dir.remove_file(path)?;
    }
    *left = left.saturating_sub(1);
    Ok(())
}
