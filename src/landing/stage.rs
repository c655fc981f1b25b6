//! Where a landing crosses file systems: copies beside the target before, pre-images home afterwards.
//!
//! A rename or exchange needs both names on one file system. A file whose target lies on another one (a mount under a
//! tracked directory) is copied beside the target first, under a name that begins with `.redraft-`, and the pre-image
//! that the exchange leaves there is copied to the commit once all is sealed. On one file system none of this happens.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;

use super::journal::{Journal, OLD};
use super::plan::{Action, Identity, Step};
use super::settle::{Decided, Settled};
use crate::error::Result;
use crate::fs::{Dir, FileKind, Onto, copy};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::changes::Change;

/// Copies carriers beside their targets where those lie on another file system, and enters that into the steps.
pub(super) fn stage(project: &Project, id: &str, steps: &mut [Step]) -> Result<()> {
    let home = device_of(project, &project.workspace().clone())?;
    let leaving: BTreeSet<RelPath> =
        steps.iter().filter(|step| step.action == Action::RemoveDir).map(|step| step.path.clone()).collect();
    let (mut crossing, mut devices) = (Vec::new(), Devices::default());
    for (nth, step) in steps.iter_mut().enumerate() {
        if step.carrier.is_none() || devices.of(project, step)? == home {
            continue;
        }
        let Some(carrier) = step.carrier.clone() else { continue };
        let beside = beside(project, &step.path, &leaving, id, nth)?;
        if step.action == Action::Delete {
            step.carrier = Some(beside);
        } else {
            crossing.push((step, carrier, beside));
        }
    }
    if crossing.is_empty() {
        return Ok(());
    }
    let announced: Vec<RelPath> = crossing.iter().map(|(_, _, beside)| beside.clone()).collect();
    Journal::announce(project, id, &announced)?;
    for (step, carrier, beside) in crossing {
        step.new = Some(copy_entry(project, &carrier, &beside)?);
        step.carrier = Some(beside);
    }
    Ok(())
}

/// What lands where both sides had changed a file.
pub(super) struct Merged {
    /// The change, with the merged file in the place of the session's.
    change: Change,
    /// Where that file is.
    pub(super) at: RelPath,
}

/// Writes merged contents to the commit's directory; gives them by the paths at which they land.
pub(super) fn write_merged(
    project: &Project,
    id: &str,
    decided: &[Decided<'_>],
) -> Result<BTreeMap<RelPath, Merged>> {
    let mut merged = BTreeMap::new();
    let home = Journal::dir(project, id).join(OsStr::new("merged"))?;
    for (nth, one) in decided.iter().enumerate() {
        let Settled::Merged(content) = &one.settled else { continue };
        project.dir.make_dirs(&home)?;
        let at = home.join(OsStr::new(&nth.to_string()))?;
        project.dir.write_new(&at, content, false)?;
        project.dir.set_mode(&project.dir.open_file(&at)?, &at, merged_mode(one.change))?;
        let change = Change { session: project.dir.stat(&at)?, ..one.change.clone() };
        merged.insert(change.path.clone(), Merged { change, at });
    }
    Ok(merged)
}

/// Lists the changes that land, with what was merged in the place of what both sides had.
pub(super) fn landing<'a>(decided: &[Decided<'a>], merged: &'a BTreeMap<RelPath, Merged>) -> Vec<&'a Change> {
    let mut changes = Vec::with_capacity(decided.len());
    changes.extend(decided.iter().filter_map(|one| match &one.settled {
        Settled::Project | Settled::Conflict(_) => None,
        Settled::Session => Some(one.change),
        Settled::Merged(_) => merged.get(&one.change.path).map(|merged| &merged.change),
    }));
    changes
}

/// The session's permission bits where it changed them, else the project's.
fn merged_mode(change: &Change) -> u32 {
    let (base, session, project) = (change.base.as_ref(), change.session, change.project);
    match (session, project) {
        (Some(session), Some(project)) if base.is_some_and(|base| base.mode == session.mode) => project.mode,
        (Some(session), _) => session.mode,
        (None, project) => project.map_or(0o644, |project| project.mode),
    }
}

/// Forgets a landing that did not happen, its staged copies first: once it is forgotten nobody knows of them.
pub(super) fn forget(project: &Project, id: &str) -> Result<()> {
    for copy in Journal::announced(project, id)?.iter().filter(|copy| is_beside(copy, id)) {
        project.dir.remove_file(copy)?;
    }
    Journal::forget(project, id)
}

/// Brings the pre-images that lie beside targets or in a living session's layer to the commit's own directory.
pub(super) fn collect(project: &Project, id: &str, steps: &[Step]) -> Result<()> {
    let own = Journal::dir(project, id);
    let old = own.join(OsStr::new(OLD))?;
    for (nth, step) in steps.iter().enumerate() {
        let Some(carrier) = step.carrier.as_ref().filter(|c| !c.is_within(&own)) else { continue };
        // What came to that name since (a write that was on its way) is no pre-image.
        let there = project.dir.stat(carrier)?.as_ref().map(Identity::of);
        if there.is_none() || there != step.old {
            continue;
        }
        let home = old.join(OsStr::new(&format!("{nth}")))?;
        project.dir.make_dirs(&old)?;
        if is_beside(carrier, id) {
            // An earlier try may have been cut off in the middle of the copy.
            project.dir.remove_file(&home)?;
            copy_entry(project, carrier, &home)?;
            project.dir.remove_file(carrier)?;
        } else {
            project.dir.rename(carrier, &project.dir, &home, Onto::Replace)?;
        }
    }
    Ok(())
}

/// Syncs every other file system that the steps touch, each once; the project's own is synced with the journal on it.
pub(super) fn sync_others(project: &Project, steps: &[Step]) -> Result<()> {
    let home = project.dir.stat_self()?.dev;
    let mut seen = BTreeSet::from([home]);
    for step in steps {
        let dev = step.new.or(step.old).map_or(home, |identity| identity.dev);
        if seen.insert(dev)
            && let Some(parent) = step.path.parent()
            && let Some(dir) = project.dir.find_dir(&parent)?
        {
            dir.sync_filesystem()?;
        }
    }
    Ok(())
}

/// Where the targets of steps are, each directory asked once.
#[derive(Default)]
struct Devices {
    last: Option<(RelPath, u64)>,
}

impl Devices {
    /// Gives the device of a step's target: its own where it is there, else that of what will hold it.
    fn of(&mut self, project: &Project, step: &Step) -> Result<u64> {
        if let Some(old) = step.old {
            return Ok(old.dev);
        }
        let parent = step.path.parent_path();
        if let Some((dir, device)) = &self.last
            && Some(dir.as_path().as_os_str()) == parent.map(std::path::Path::as_os_str)
        {
            return Ok(*device);
        }
        let device = device_of(project, &step.path)?;
        self.last = step.path.parent().map(|parent| (parent, device));
        Ok(device)
    }
}

/// Gives the device a path is on, or would be on.
fn device_of(project: &Project, path: &RelPath) -> Result<u64> {
    let mut here = Some(path.clone());
    while let Some(path) = here {
        // A mount point is the directory itself; a file is on the device of the directory that holds it.
        if let Some(stat) = project.dir.stat(&path)? {
            return Ok(stat.dev);
        }
        here = path.parent();
    }
    Ok(project.dir.stat_self()?.dev)
}

/// Names a file in the nearest directory above the target that exists and stays: one that is to go must be empty then.
fn beside(
    project: &Project,
    path: &RelPath,
    leaving: &BTreeSet<RelPath>,
    id: &str,
    nth: usize,
) -> Result<RelPath> {
    let name = format!("{}{nth}", prefix(id));
    let mut dir = path.parent();
    while let Some(parent) = dir {
        if !leaving.contains(&parent) && project.dir.stat(&parent)?.is_some_and(|stat| stat.is_dir()) {
            return parent.join(OsStr::new(&name));
        }
        dir = parent.parent();
    }
    RelPath::new(&name)
}

fn prefix(id: &str) -> String {
    format!(".redraft-{id}-")
}

fn is_beside(carrier: &RelPath, id: &str) -> bool {
    carrier.file_name().as_encoded_bytes().starts_with(prefix(id).as_bytes())
}

/// Copies a file or link with its mode and times.
fn copy_entry(project: &Project, from: &RelPath, to: &RelPath) -> Result<Identity> {
    let dir: &Dir = &project.dir;
    let stat = dir.stat(from)?.ok_or_else(|| crate::error::Error::not_found(format!("{from} is gone")))?;
    if stat.kind == FileKind::Symlink {
        dir.symlink(&dir.read_link(from)?, to)?;
    } else {
        let mut source = dir.open_file(from)?;
        let mut target = dir.create_new(to, 0o600)?;
        copy::copy(&mut source, &dir.full(from), &mut target, &dir.full(to))?;
        dir.set_mode(&target, to, stat.mode)?;
        dir.set_mtime(&target, to, stat.mtime)?;
        dir.sync_file(&target, to)?;
    }
    let copied = dir.stat(to)?.ok_or_else(|| crate::error::Error::not_found(format!("{to} is gone")))?;
    Ok(Identity::of(&copied))
}
