//! Return to a checkpoint: the layer becomes what it was then. The project is not touched.
//!
//! 1. *Lock* landing, then the session; finish what was interrupted.
//! 2. *Look*: the list is whole and every content it needs is kept. Nothing was changed until here.
//! 3. *Keep* what is there now, by a checkpoint of its own: a rollback is undone by rolling back to that one.
//! 4. *Mark* what is being done where an unfinished landing is marked, so that hooks wait and the next command knows.
//! 5. *Apply*: ledger, then what is not wanted goes aside, then whiteouts, then what is missing. Each part looks at what
//!    is there and does what is left to do, so after a kill the whole is simply done again.
//! 6. *Unmark*, and a line in the notebook.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::finish_interrupted;
use super::journal::Journal;
use crate::error::{Error, Result};
use crate::fs::{Onto, copy};
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::report::CheckpointChange;
use crate::session::checkpoint::{self, Is, Kept, Label, List};
use crate::session::layer::{self, Layer, REMOVED};
use crate::session::lifecycle::{self, Caller};
use crate::session::notes;
use crate::store::blobs::Blobs;
use crate::store::ledger::{Entry, Op};
use crate::store::lock::{Lock, Which};
use crate::store::record::SessionRecord;

/// What the marker begins with.
const MARK: &str = "rollback ";

/// What a rollback did.
#[derive(Debug)]
pub struct RolledBack {
    /// The checkpoint that keeps what was there before.
    pub before: String,
    /// What is different now.
    pub changes: Vec<CheckpointChange>,
}

/// Makes a session's layer what it was at a checkpoint.
pub fn rollback(project: &Project, caller: &Caller<'_>, name: &SessionName, id: &str) -> Result<RolledBack> {
    let _landing = Lock::exclusive(project, Which::Landing, caller.waiter("rollback"))?;
    finish_interrupted(project, caller)?;
    let layer = Layer::open(project, name)?;
    let _session = layer.lock(caller.waiter("rollback"))?;
    SessionRecord::check(&layer.dir, name).map_err(|error| lifecycle::crashed(name, error))?;
    let target = checkpoint::read(&layer, id)?;
    refuse_incomplete(&layer, &target)?;
    let label = format!("before the rollback to {id}");
    let before = checkpoint::take_locked(&layer, caller, &Label { label: &label, ..Label::default() })?;
    let now = checkpoint::read(&layer, &before.id)?;
    Journal::mark(project, &format!("{MARK}{name} {id}"))?;
    if let Err(error) = apply(&layer, caller, &target) {
        // Back to what was; if that fails too, the mark stays and the next command goes on forward.
        if apply(&layer, caller, &now).is_ok() {
            Journal::unmark(project)?;
        }
        return Err(error.detail(format!("what was there is kept as checkpoint {}", before.id)));
    }
    finish(&layer, caller, id)?;
    Ok(RolledBack { before: before.id, changes: checkpoint::compare(Some(&now), &target) })
}

/// Goes on with a rollback that was interrupted; `None` when the marker is about something else.
pub(super) fn resume(project: &Project, caller: &Caller<'_>, marked: &str) -> Result<Option<String>> {
    let Some((name, id)) = parse(marked) else { return Ok(None) };
    let Ok(layer) = Layer::open(project, &name) else {
        Journal::unmark(project)?;
        return Ok(Some(format!("the rollback of '{name}' is forgotten: the session is gone")));
    };
    let _session = layer.lock(caller.waiter("recover"))?;
    let target = checkpoint::read(&layer, id)?;
    apply(&layer, caller, &target)?;
    finish(&layer, caller, id)?;
    Ok(Some(format!("the rollback of '{name}' to {id} was finished")))
}

/// Says what a marker means, for a person.
pub(super) fn called(marked: &str) -> Option<String> {
    parse(marked).map(|(name, id)| format!("a rollback of session '{name}' to {id}"))
}

fn parse(marked: &str) -> Option<(SessionName, &str)> {
    let (name, id) = marked.strip_prefix(MARK)?.split_once(' ')?;
    Some((name.parse().ok()?, id))
}

/// Refuses to begin where a content is not kept any more.
fn refuse_incomplete(layer: &Layer<'_>, target: &List) -> Result<()> {
    let blobs = Blobs::of(layer.project);
    for kept in &target.kept {
        if let Some(hash) = checkpoint::content(&kept.is)
            && blobs.find(hash)?.is_none()
        {
            return Err(Error::refused(format!(
                "{} as it was at {} is not kept any more",
                kept.path, target.id
            ))
            .hint("See the other checkpoints: redraft checkpoints"));
        }
    }
    Ok(())
}

fn finish(layer: &Layer<'_>, caller: &Caller<'_>, id: &str) -> Result<()> {
    layer.project.dir.sync_filesystem()?;
    Journal::unmark(layer.project)?;
    notes::say(layer, caller, id, "rolled back to", None)
}

/// Makes the layer what a list says, as far as it is not.
fn apply(layer: &Layer<'_>, caller: &Caller<'_>, target: &List) -> Result<()> {
    restore_ledger(layer, caller, target)?;
    let wanted: BTreeMap<&RelPath, &Kept> =
        target.kept.iter().filter(|kept| kept.is != Is::Whiteout).map(|kept| (&kept.path, kept)).collect();
    put_aside(layer, caller, &wanted)?;
    restore_whiteouts(layer, target)?;
    for kept in wanted.values() {
        put_back(layer, kept)?;
    }
    Ok(())
}

/// Appends the lines that make the ledger know what it knew.
fn restore_ledger(layer: &Layer<'_>, caller: &Caller<'_>, target: &List) -> Result<()> {
    let (known, at) = (layer.ledger()?.read()?, caller.env.timestamp());
    let then: BTreeMap<&RelPath, &Entry> = target.facts.iter().map(|fact| (&fact.path, fact)).collect();
    let forgotten = known.paths.keys().filter(|path| !then.contains_key(*path));
    let mut lines: Vec<Entry> = forgotten.map(|path| layer::entry(path, Op::Dropped, &at, None)).collect();
    for (path, fact) in then {
        let now = known.paths.get(path);
        if now.is_some_and(|now| now.op == fact.op && now.base == fact.base) {
            continue;
        }
        if fact.base.is_none() && now.is_some_and(|now| now.base.is_some()) {
            lines.push(layer::entry(path, Op::Dropped, &at, None));
        }
        lines.push(layer::entry(path, fact.op, &at, fact.base.clone()));
    }
    if lines.is_empty() { Ok(()) } else { layer.ledger()?.append(&lines) }
}

/// Moves what is not wanted to one new directory in `.removed/`: whoever still writes it loses nothing.
fn put_aside(layer: &Layer<'_>, caller: &Caller<'_>, wanted: &BTreeMap<&RelPath, &Kept>) -> Result<()> {
    let found = layer.entries()?;
    let mut aside: Option<RelPath> = None;
    // Deepest first: a directory is empty by the time it is looked at.
    for (path, stat) in found.iter().rev() {
        let own = wanted.get(path);
        if stat.is_dir() {
            if own.is_none_or(|kept| kept.is != Is::Directory) {
                layer.dir.remove_empty_dir(path)?;
            }
            continue;
        }
        if let Some(kept) = own
            && checkpoint::is_there(layer, kept, stat)?
        {
            continue;
        }
        let home = match &aside {
            Some(home) => home.clone(),
            None => aside.insert(new_aside(layer, caller)?).clone(),
        };
        let to = home.join(path)?;
        layer.make_parents(&to)?;
        layer.dir.rename(path, &layer.dir, &to, Onto::Nothing)?;
    }
    Ok(())
}

fn new_aside(layer: &Layer<'_>, caller: &Caller<'_>) -> Result<RelPath> {
    let stamp = lifecycle::stamp(caller.env.now());
    layer.dir.make_dirs(&RelPath::new(REMOVED)?)?;
    for nth in 1..10_000 {
        let home = RelPath::new(format!("{REMOVED}/{stamp}-rollback-{nth}"))?;
        if layer.dir.make_dir(&home)? {
            return Ok(home);
        }
    }
    Err(Error::refused(format!("no free name in {REMOVED} of session '{}'", layer.name)))
}

fn restore_whiteouts(layer: &Layer<'_>, target: &List) -> Result<()> {
    let wanted: BTreeSet<&RelPath> =
        target.kept.iter().filter(|kept| kept.is == Is::Whiteout).map(|kept| &kept.path).collect();
    for path in checkpoint::whiteouts(layer)? {
        if !wanted.contains(&path) {
            let mark = layer::whiteout(&path)?;
            layer.dir.remove_file(&mark)?;
            layer.dir.prune_empty(mark.parent(), None)?;
        }
    }
    wanted.into_iter().try_for_each(|path| layer.put_whiteout(path))
}

/// Brings one path back from the blobs, unless it is there.
fn put_back(layer: &Layer<'_>, kept: &Kept) -> Result<()> {
    let path = &kept.path;
    if matches!(kept.is, Is::Directory) {
        return layer.dir.make_dirs(path).map(drop);
    }
    if layer.dir.stat(path)?.is_some() {
        return Ok(());
    }
    let project = layer.project;
    layer.make_parents(path)?;
    match &kept.is {
        Is::File { hash, mode, mtime, .. } => {
            let missing = || Error::corrupt(format!("{path} as it was is not kept any more"));
            let mut blob = Blobs::of(project).find(*hash)?.ok_or_else(missing)?;
            let (temporary, mut file) = layer::temporary(project)?;
            let full = project.dir.full(&temporary);
            let placed = copy::copy(&mut blob, &full, &mut file, &full)
                .and_then(|()| project.dir.set_mode(&file, &temporary, *mode))
                .and_then(|()| project.dir.set_mtime(&file, &temporary, *mtime))
                .and_then(|()| project.dir.rename(&temporary, &layer.dir, path, Onto::Nothing));
            placed.inspect_err(|_| {
                let _ = project.dir.remove_file(&temporary);
            })
        }
        Is::Symlink { hash } => {
            let target = Blobs::of(project).read(*hash)?;
            layer.dir.symlink(Path::new(OsStr::from_bytes(&target)), path)
        }
        Is::Directory | Is::Whiteout => Ok(()),
    }
}
