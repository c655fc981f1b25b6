//! Out of reach: what lands leaves the session's place before the first file of the project changes.
//!
//! A client that was sent to a file of the session may write there at any moment, also while the session is being
//! landed. An exchange would give such a write the project's old file under the session's name, and a landing that is
//! then taken back could not tell the two apart. So the files that land are moved to the commit's own directory first,
//! where nobody else is sent: the whole session with one rename when it ends with the landing, else file by file.
//!
//! What comes to the old place meanwhile is a *late write*. When the landing is taken back it is the session's newest
//! version, and the one it replaces is kept in `.removed/`; after a landing it is a new change.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;

use chrono::{DateTime, Utc};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::journal::Journal;
use super::plan::Step;
use crate::error::{Error, Kind, Result};
use crate::fs::tree::Step as Walk;
use crate::fs::{Look, Onto};
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::edit;
use crate::session::layer::Layer;
use crate::store::record::SESSION_FILE;

/// A file of the session, or all of it, on its way out of reach. Paths are relative to the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Away {
    /// Where clients know it.
    pub from: RelPath,
    /// Where it is while it lands.
    pub to: RelPath,
    /// Its inode: a late write to `from` has another.
    pub ino: u64,
}

/// Says what has to leave for these steps, and turns their carriers to where it will be.
pub(super) fn plan(layer: &Layer<'_>, id: &str, whole: bool, steps: &mut [Step]) -> Result<Vec<Away>> {
    let session = layer.project.session(&layer.name);
    let commit = Journal::dir(layer.project, id);
    let own = steps.iter_mut().filter(|s| s.carrier.as_ref().is_some_and(|c| c.is_within(&session)));
    if whole {
        let to = commit.join(OsStr::new(SESSION))?;
        for step in own {
            step.carrier = step.carrier.take().map(|from| moved(&from, &session, &to)).transpose()?;
        }
        return Ok(vec![Away { from: session, to, ino: layer.dir.stat_self()?.ino }]);
    }
    let (home, mut away) = (commit.join(OsStr::new(NEW))?, Vec::new());
    for (nth, step) in own.enumerate() {
        let to = home.join(OsStr::new(&nth.to_string()))?;
        if let (Some(from), Some(new)) = (step.carrier.replace(to.clone()), step.new) {
            away.push(Away { from, to, ino: new.ino });
        }
    }
    Ok(away)
}

/// Lets the pre-images of a landing that is taken back come to the one that takes it back, a directory at a time, and
/// turns the carriers to where they will be: there they are, after the exchange, the pre-images of what was landed.
///
/// Only those in the session that ended with it; its records stay where they are.
pub(super) fn plan_back(project: &Project, undone: &str, id: &str, steps: &mut [Step]) -> Result<Vec<Away>> {
    let from = Journal::dir(project, undone).join(OsStr::new(SESSION))?;
    let to = Journal::dir(project, id).join(OsStr::new(SESSION))?;
    let (mut away, mut seen) = (Vec::new(), BTreeSet::new());
    for step in steps.iter_mut().filter(|s| s.carrier.as_ref().is_some_and(|c| c.is_within(&from))) {
        let Some(carrier) = step.carrier.take() else { continue };
        let kept = RelPath::new(carrier.below(&from).unwrap_or(carrier.as_path()))?;
        step.carrier = Some(to.join(&kept)?);
        if seen.insert(kept.top().to_os_string()) {
            let top = from.join(kept.top())?;
            let stat = project.dir.stat(&top)?.ok_or_else(|| Error::not_found(format!("{top} is gone")))?;
            away.push(Away { to: to.join(kept.top())?, from: top, ino: stat.ino });
        }
    }
    Ok(away)
}

/// Where the session that ends is while it lands, in the commit's directory.
pub(super) const SESSION: &str = "session";

/// Where the files of a session that goes on are while they land, in the commit's directory.
pub(super) const NEW: &str = "new";

fn moved(path: &RelPath, from: &RelPath, to: &RelPath) -> Result<RelPath> {
    to.join(path.below(from).unwrap_or(path.as_path()))
}

/// Moves everything out of reach.
pub(super) fn put(project: &Project, away: &[Away]) -> Result<()> {
    away.iter().try_for_each(|one| {
        let changed = |how: &str| {
            let what = format!("{} was {how} while it was being committed", one.from);
            Error::new(Kind::Conflict, what).hint("look again: redraft commit")
        };
        if let Err(error) = project.dir.rename(&one.from, &project.dir, &one.to, Onto::Nothing) {
            let is_gone = error.is_absent() && project.dir.stat(&one.from)?.is_none();
            return Err(if is_gone { changed("taken away") } else { error });
        }
        if is(project, &one.to, one.ino)? { Ok(()) } else { Err(changed("written anew")) }
    })
}

/// Moves what a power cut left in its old place, although the landing is sealed.
pub(super) fn ensure(project: &Project, away: &[Away]) -> Result<()> {
    away.iter().try_for_each(|one| {
        let left = is(project, &one.from, one.ino)? && project.dir.stat(&one.to)?.is_none();
        if left { project.dir.rename(&one.from, &project.dir, &one.to, Onto::Nothing) } else { Ok(()) }
    })
}

fn is(project: &Project, path: &RelPath, ino: u64) -> Result<bool> {
    Ok(project.dir.stat(path)?.is_some_and(|stat| stat.ino == ino))
}

/// Gives the steps with their carriers where they are now: what was not moved yet is still in its old place.
pub(super) fn as_they_are(project: &Project, away: &[Away], steps: &[Step]) -> Result<Vec<Step>> {
    let mut steps = steps.to_vec();
    let mut left = BTreeMap::new();
    for one in away {
        if is(project, &one.from, one.ino)? {
            left.insert(one.to.clone(), one.from.clone());
        }
    }
    if left.is_empty() {
        return Ok(steps);
    }
    for step in &mut steps {
        let Some(carrier) = step.carrier.clone() else { continue };
        let mut above = Some(carrier.clone());
        while let Some(at) = above {
            if let Some(from) = left.get(&at) {
                step.carrier = Some(moved_from(&carrier, &at, from)?);
                break;
            }
            above = at.parent();
        }
    }
    Ok(steps)
}

/// [`moved`], also for the path itself.
fn moved_from(path: &RelPath, at: &RelPath, from: &RelPath) -> Result<RelPath> {
    if path == at { Ok(from.clone()) } else { moved(path, at, from) }
}

/// Brings everything back into its place; a late write that is there stays, and what it replaces is kept aside. May be
/// repeated.
pub(super) fn bring_back(
    project: &Project,
    session: &SessionName,
    away: &[Away],
    now: DateTime<Utc>,
) -> Result<()> {
    for one in away {
        let mut attempts = 0;
        while let Err(error) = bring_one_back(project, session, one, now) {
            attempts += 1;
            // A client may come to the old place in the moment after it was looked at; the next look finds it there.
            if attempts == MAX_ATTEMPTS || !error.is_errno(Errno::EXIST) {
                return Err(error);
            }
        }
    }
    Ok(())
}

/// How often somebody may write to a place just before it is taken.
const MAX_ATTEMPTS: usize = 1000;

fn bring_one_back(project: &Project, session: &SessionName, one: &Away, now: DateTime<Utc>) -> Result<()> {
    let (late, ours) = (project.dir.stat(&one.from)?, project.dir.stat(&one.to)?);
    match (late, ours) {
        (_, None) => Ok(()),
        (None, Some(_)) => {
            if let Some(parent) = one.from.parent() {
                project.dir.make_dirs(&parent)?;
            }
            project.dir.rename(&one.to, &project.dir, &one.from, Onto::Nothing)
        }
        (Some(_), Some(_)) if one.from != project.session(session) => keep_older(project, session, one, now),
        (Some(late), Some(_)) => {
            if late.ino != one.ino {
                refuse_a_new_session(project, session)?;
                project.dir.rename(&one.to, &project.dir, &one.from, Onto::Exchange)?;
            }
            adopt(project, session, &one.to, now)
        }
    }
}

/// Keeps the version of the session that a late write replaces.
fn keep_older(project: &Project, session: &SessionName, one: &Away, now: DateTime<Utc>) -> Result<()> {
    let layer = Layer::open(project, session)?;
    let path = RelPath::new(
        one.from.as_path().strip_prefix(project.session(session).as_path()).unwrap_or(one.from.as_path()),
    )?;
    let aside = edit::free_aside(&layer, now)?;
    let target = aside.join(&path)?;
    layer.make_parents(&target)?;
    project.dir.rename(&one.to, &layer.dir, &target, Onto::Nothing)
}

fn refuse_a_new_session(project: &Project, session: &SessionName) -> Result<()> {
    let record = project.session(session).join(OsStr::new(SESSION_FILE))?;
    if project.dir.stat(&record)?.is_none() {
        return Ok(());
    }
    Err(Error::corrupt(format!("another session called '{session}' stands where this one was"))
        .hint("move it away by hand, then: redraft recover"))
}

/// Takes the files of late writes into the session that is back in its place.
fn adopt(project: &Project, session: &SessionName, stray: &RelPath, now: DateTime<Utc>) -> Result<()> {
    let layer = Layer::open(project, session)?;
    let mut files = Vec::new();
    project.dir.open_dir(stray)?.walk(None, &mut |_, path, stat| {
        if !stat.is_dir() {
            files.push(path.clone());
        }
        Ok(Walk::Into)
    })?;
    for path in files {
        let mut target = path.clone();
        match layer.dir.look(&path)? {
            Look::Found(stat) if !stat.is_dir() => edit::keep_aside(&layer, now, &path)?,
            // A directory stands there now, or a file above it: the late write cannot have its place any more.
            Look::Found(_) | Look::Blocked => {
                target = edit::free_aside(&layer, now)?.join(&path)?;
            }
            Look::Absent => {}
        }
        layer.make_parents(&target)?;
        let from = stray.join(&path)?;
        project.dir.rename(&from, &layer.dir, &target, Onto::Nothing)?;
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test plays a client that writes")]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use crate::project::FoundBy;

    #[test]
    fn what_was_taken_away_or_written_anew_since_the_plan_is_a_conflict_that_names_it() {
        for (since, said) in [("removed", "was taken away"), ("replaced", "was written anew")] {
            let scratch = tempfile::tempdir().unwrap();
            let project = Project::open(scratch.path().to_path_buf(), FoundBy::Option).unwrap();
            let file = scratch.path().join("file");
            fs::write(&file, "planned").unwrap();
            fs::create_dir(scratch.path().join("commit")).unwrap();
            let rel = |path: &str| RelPath::new(path).unwrap();
            let ino = fs::metadata(&file).unwrap().ino();
            let away = [Away { from: rel("file"), to: rel("commit/0"), ino }];
            if since == "replaced" {
                fs::write(scratch.path().join("beside"), "anew").unwrap();
                fs::rename(scratch.path().join("beside"), &file).unwrap();
            } else {
                fs::remove_file(&file).unwrap();
            }
            let error = put(&project, &away).unwrap_err();
            assert_eq!(error.kind, Kind::Conflict, "{error}");
            assert!(error.message.starts_with(&format!("file {said}")), "{error}");
        }
    }
}
