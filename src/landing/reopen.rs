//! Bring an ended session back: a cancelled one from the trash, a landed one from its commit.
//!
//! A cancelled session comes back whole. A landed one comes back with its record, its notebook, its kept versions and its scratch
//! files; its changes are in the project (`undo` takes them out again), so its layer is empty.

use std::ffi::OsStr;

use super::journal::{Journal, Work};
use crate::error::Result;
use crate::fs::{Dir, copy};
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::checkpoint;
use crate::session::layer::temporary_dir;
use crate::session::lifecycle::{self, Trashed};
use crate::store::notebook;
use crate::store::record::SESSION_FILE;

/// What came back.
#[derive(Debug)]
pub struct Reopened {
    /// "cancelled" or "landed".
    pub was: String,
    /// When it ended, `YYYYMMDD-HHMMSS` UTC.
    pub stamp: String,
}

/// Brings back whatever of this name ended last.
pub fn reopen(project: &Project, name: &SessionName) -> Result<Reopened> {
    let trashed = lifecycle::latest_in_trash(project, name)?;
    let landed = latest_landed(project, name)?;
    match (trashed, landed) {
        (trashed, Some(id)) if trashed.as_ref().map_or(Ok(true), |t| landed_later(project, &id, t))? => {
            bring_back_landed(project, name, &id)?;
            Ok(Reopened { was: "landed".into(), stamp: id.chars().take(15).collect() })
        }
        _ => {
            let Trashed { was, stamp, .. } = lifecycle::from_trash(project, name)?;
            Ok(Reopened { was, stamp })
        }
    }
}

/// Tells whether a landing ended its session after another of that name came to the trash.
fn landed_later(project: &Project, id: &str, trashed: &Trashed) -> Result<bool> {
    let ended = id.get(..trashed.stamp.len()).unwrap_or(id);
    if trashed.stamp != ended {
        return Ok(trashed.stamp.as_str() < ended);
    }
    // Within one second: the rename that ended a session is the last change of its directory.
    let changed = |path: &RelPath| project.dir.stat(path).map(|stat| stat.map_or(0, |stat| stat.ctime));
    Ok(changed(&trashed.path)? < changed(&landed_session(project, id)?)?)
}

/// Gives where a landing keeps the session that ended with it.
fn landed_session(project: &Project, id: &str) -> Result<RelPath> {
    Journal::dir(project, id).join(OsStr::new("session"))
}

/// Tells whether a session of this name was cancelled or landed, and can be brought back.
pub fn has_ended(project: &Project, name: &SessionName) -> Result<bool> {
    Ok(lifecycle::latest_in_trash(project, name)?.is_some() || latest_landed(project, name)?.is_some())
}

/// Finds the last commit that ended a session of this name.
fn latest_landed(project: &Project, name: &SessionName) -> Result<Option<String>> {
    for head in Journal::heads(project)? {
        let head = head?;
        let kept = project.dir.stat(&landed_session(project, &head.id)?)?;
        if kept.is_some() && head.work == Work::Commit && head.session == name.as_str() {
            return Ok(Some(head.id));
        }
    }
    Ok(None)
}

/// Copies what a landed session keeps besides its layer; the commit keeps its own, for `undo`.
fn bring_back_landed(project: &Project, name: &SessionName, id: &str) -> Result<()> {
    let ended = project.dir.open_dir(&landed_session(project, id)?)?;
    let staging = temporary_dir(project)?;
    let fresh = project.dir.open_dir(&staging)?;
    let copied = [SESSION_FILE, notebook::FILE, checkpoint::DIR, "human-retries", "artifacts"]
        .iter()
        .try_for_each(|kept| copy_tree(&ended, &fresh, &RelPath::new(kept)?));
    let placed = copied.and_then(|()| {
        project.dir.make_dirs(&project.sessions())?;
        lifecycle::place(project, &staging, name)
    });
    if placed.is_err() {
        project.dir.remove_tree(&staging)?;
    }
    placed
}

fn copy_tree(from: &Dir, to: &Dir, path: &RelPath) -> Result<()> {
    let Some(stat) = from.stat(path)? else { return Ok(()) };
    if stat.is_dir() {
        to.make_dir(path)?;
        for name in from.open_dir(path)?.names()? {
            copy_tree(from, to, &path.join(&name)?)?;
        }
    } else if stat.is_file() {
        let mut target = to.create_new(path, stat.mode)?;
        copy::copy(&mut from.open_file(path)?, &from.full(path), &mut target, &to.full(path))?;
    }
    Ok(())
}
