//! Directories of views that are used again: `workspace/.redraft/spare/<session>.<inode>.<n>/`.
//!
//! Most commands only read. What is made for one of them is as it was when it ends, and to remove it and make it again for
//! the next would cost more than all else: a dozen entries, and where a disk is told of each block that becomes free
//! (ext4 with `discard`) some milliseconds for each directory. So it goes aside by one rename, with its record, and comes
//! back by another. Nobody folds what lies here; whoever takes one holds its lock, as everywhere else.
//!
//! What is not exactly as it was made is never used again.

use std::ffi::OsStr;

use rustix::io::Errno;

use super::shape::Shape;
use super::upper::{
    INSIDE, LINKS, LOCK, MAX_BYTES, NAMESPACE, RECORD, Record, VIEWS, View, all, remove_rest,
};
use crate::error::Result;
use crate::fs::{Dir, Onto};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::layer::Layer;
use crate::store::lock::{Lock, Which};

/// The directory of all of them, under `.redraft/`.
const SPARE: &str = "spare";

/// So many are kept of a session: for commands that run at the same time.
const MOST: u32 = 4;

/// Gives the view of a command: one that is there, else a new one.
pub(super) fn take_or_make(project: &Project, layer: &Layer<'_>, shape: &Shape) -> Result<View> {
    // What is laid into an upper directory is not what it was once a command has had it.
    if !shape.lays_nothing() {
        return View::create(project, layer, shape, None);
    }
    match take(project, &Record::new(layer, shape, None)?)? {
        Some(view) => Ok(view.reusable(true)),
        None => View::create(project, layer, shape, None).map(|view| view.reusable(true)),
    }
}

/// Leaves the directory of a view that was folded to the next command, or removes it.
pub(super) fn keep_or_remove(project: &Project, view: View) -> Result<()> {
    // What cannot even be looked at is not as it was made.
    if view.is_reusable && keep(project, &view).unwrap_or(false) { Ok(()) } else { view.remove(project) }
}

/// Takes one that was made for the same session in the same shape.
fn take(project: &Project, record: &Record) -> Result<Option<View>> {
    let here = project.private_dir(SPARE);
    let Some(spares) = project.dir.find_dir(&here)? else { return Ok(None) };
    let json = record.to_json()?;
    for n in 0..MOST {
        let id = RelPath::new(format!("{}.{}.{n}", record.session, record.session_ino))?;
        let dir = here.join(&id)?;
        let Some(at) = spares.find_dir(&id)? else { continue };
        let lock = match Lock::try_exclusive(project, Which::View(&dir), "-c") {
            Ok(Some(lock)) => lock,
            // Somebody else takes it.
            Ok(None) => continue,
            Err(error) if error.is_absent() => continue,
            Err(error) => return Err(error),
        };
        if at.find(&RelPath::new(RECORD)?, MAX_BYTES)?.is_none_or(|there| there != json)
            || !leads_here(project, &at, record)?
        {
            remove_rest(project, &dir, &at)?;
            continue;
        }
        match spares.rename(&id, &project.dir, &all(project).join(&id)?, Onto::Nothing) {
            Ok(()) => {
                let dir = all(project).join(&id)?;
                let at = project.dir.open_dir(&dir)?;
                return Ok(Some(View::of(dir, at, record.clone(), Some(lock)).furnished_before()));
            }
            // A view of that name is still at work.
            Err(error) if error.is_errno(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
    }
    forget(project, &spares)?;
    Ok(None)
}

/// Puts the directory of a view aside for the next command, if it is as it was made; tells whether it is.
fn keep(project: &Project, view: &View) -> Result<bool> {
    let n = view.id().to_str().and_then(|id| id.rsplit('.').next()).and_then(|n| n.parse::<u32>().ok());
    if n.is_none_or(|n| n >= MOST) || !is_as_made(project, view)? {
        return Ok(false);
    }
    let spare = project.private_dir(SPARE).join(view.id())?;
    let aside = || project.dir.rename(&view.dir, &project.dir, &spare, Onto::Nothing);
    let kept = match aside() {
        Err(error) if error.is_errno(Errno::NOENT) => {
            project.dir.make_dirs(&project.private_dir(SPARE))?;
            aside()
        }
        other => other,
    };
    match kept {
        Ok(()) => Ok(true),
        Err(error) if error.is_errno(Errno::EXIST) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes all of them that nobody takes in this moment; only counts them with `dry_run`. Gives how many there were.
pub fn clear(project: &Project, dry_run: bool) -> Result<usize> {
    let Some(spares) = project.dir.find_dir(&project.private_dir(SPARE))? else { return Ok(0) };
    let ids = spares.names()?;
    if !dry_run {
        for id in &ids {
            clear_one(project, &spares, id)?;
        }
    }
    Ok(ids.len())
}

/// Removes those whose session has ended.
fn forget(project: &Project, spares: &Dir) -> Result<()> {
    for id in spares.names()? {
        let mut parts = id.to_str().unwrap_or_default().rsplitn(3, '.').skip(1);
        let (ino, name) = (parts.next().and_then(|ino| ino.parse::<u64>().ok()), parts.next());
        let session = name.map(|name| project.sessions().join(name)).transpose()?;
        let now = session.map(|session| project.dir.stat(&session)).transpose()?.flatten();
        if now.is_none_or(|stat| Some(stat.ino) != ino) {
            clear_one(project, spares, &id)?;
        }
    }
    Ok(())
}

fn clear_one(project: &Project, spares: &Dir, id: &OsStr) -> Result<()> {
    let dir = project.private_dir(SPARE).join(id)?;
    let Some(at) = spares.find_dir(&RelPath::new(id)?)? else { return Ok(()) };
    match Lock::try_exclusive(project, Which::View(&dir), "gc") {
        Ok(Some(_lock)) => remove_rest(project, &dir, &at),
        Ok(None) => Ok(()),
        Err(error) if error.is_absent() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Tells whether the links in the session's folder lead to the project where it is now.
fn leads_here(project: &Project, at: &Dir, record: &Record) -> Result<bool> {
    let Some(first) = record.links.first() else { return Ok(true) };
    let link = RelPath::new(LINKS)?.join(first)?;
    match at.read_link(&link) {
        Ok(target) => Ok(target == project.dir.full(first)),
        Err(error) if error.is_absent() || error.is_errno(Errno::INVAL) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Tells whether nothing in a view's directory is different from what was made.
fn is_as_made(project: &Project, view: &View) -> Result<bool> {
    // All of them were made by one process; the command never sees the one they are in.
    let mode = view.at.stat_self()?.mode;
    let (links, scratch) = &view.folder;
    let mut here: Vec<&str> = vec![INSIDE, LINKS, LOCK, NAMESPACE, RECORD];
    let layers: Vec<String> =
        (0..view.mounts.len()).flat_map(|n| [format!("upper-{n}"), format!("work-{n}")]).collect();
    here.extend(layers.iter().map(String::as_str));
    if view
        .at
        .names()?
        .iter()
        .any(|name| !here.contains(&name.to_str().unwrap_or_default()) && name != "empty")
    {
        return Ok(false);
    }
    let holds = |dir: Dir, names: &[&OsStr]| -> Result<bool> {
        Ok(dir.stat_self()?.mode == mode && !dir.has_attributes()? && dir.into_names()? == names)
    };
    for nth in 0..view.mounts.len() {
        if !view.open_upper(nth)?.map_or(Ok(false), |upper| holds(upper, &[]))? {
            return Ok(false);
        }
    }
    let inside = view.at.open_dir(&RelPath::new(INSIDE)?)?;
    let desk = inside.open_dir(&RelPath::new(VIEWS)?)?;
    if !holds(desk, &[view.id()])? || !holds(inside, &[OsStr::new(VIEWS)])? {
        return Ok(false);
    }
    let folder = view.at.open_dir(&RelPath::new(LINKS)?)?;
    for link in links {
        match folder.read_link(link) {
            Ok(target) if target == project.dir.full(link) => {}
            Ok(_) => return Ok(false),
            Err(error) if error.is_absent() || error.is_errno(Errno::INVAL) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    for name in scratch {
        if !folder.find_dir(name)?.map_or(Ok(false), |dir| holds(dir, &[]))? {
            return Ok(false);
        }
    }
    let mut names: Vec<&OsStr> = links.iter().chain(scratch).map(RelPath::file_name).collect();
    names.sort_unstable();
    holds(folder, &names)
}
