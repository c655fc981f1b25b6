//! From what a command wrote to what the session says: each entry of a view's upper directories, and then it is gone there.
//!
//! An entry leaves the upper directory with the very rename that puts it in its place, or after what it asks for is done, so
//! a fold that is interrupted goes on where it was. Directories come before what is in them: one that hides what was below it
//! (removed and made again) is first a deletion.
//!
//! What the command did not really change is no change: the kernel copies a file up when it is opened for writing. Where
//! somebody else changed the session's version while the command ran, the command's is the newer one; the other is kept in
//! the session's `.removed/` and told of ([`Folded::clashes`]). Where the *project's* file changed meanwhile, the change has no
//! base, so that landing it is a conflict and not somebody's loss.

use std::path::PathBuf;

use super::upper::View;
use crate::error::{Error, Kind, Result};
use crate::fs::copy;
use crate::fs::tree::Step;
use crate::fs::{Dir, FileKind, Onto, Stat};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::edit;
use crate::session::layer::{self, Layer, Place};
use crate::session::lifecycle::{self, Beginning, Caller};
use crate::store::ledger::Op;

/// What a fold came to.
#[derive(Debug, Default)]
pub struct Folded {
    /// Paths that somebody else changed too, and where the other version is.
    pub clashes: Vec<(RelPath, PathBuf)>,
    /// The session had ended: what was written is in this one.
    pub moved_to: Option<String>,
}

/// Brings into the session what a view's command wrote.
pub fn fold(project: &Project, caller: &Caller<'_>, view: &View) -> Result<Folded> {
    let mut folded = Folded::default();
    if !has_anything(project, view)? {
        return Ok(folded);
    }
    let layer = match Layer::open(project, &view.session) {
        Ok(layer) if layer.dir.stat_self()?.ino == view.session_ino => layer,
        Ok(_) => another(project, caller, view, &mut folded)?,
        Err(error) if error.kind == Kind::NotFound => another(project, caller, view, &mut folded)?,
        Err(error) => return Err(error),
    };
    note_removals(project, view)?;
    let mut fold = Fold { layer: &layer, caller, view, at: caller.env.timestamp(), folded };
    for (nth, mount) in view.mounts.iter().enumerate() {
        // Whoever was killed before it was made wrote nothing.
        if let Some(upper) = project.dir.find_dir(&view.upper(nth)?)? {
            fold.directory(&upper, mount.at.as_ref())?;
        }
    }
    if let Some(links) = project.dir.find_dir(&view.links()?)? {
        fold.session_folder(&links)?;
    }
    Ok(fold.folded)
}

fn has_anything(project: &Project, view: &View) -> Result<bool> {
    if !view.laid.is_empty() {
        return Ok(true);
    }
    for nth in 0..view.mounts.len() {
        if let Some(upper) = project.dir.find_dir(&view.upper(nth)?)?
            && !upper.names_up_to(1)?.is_empty()
        {
            return Ok(true);
        }
    }
    let Some(links) = project.dir.find_dir(&view.links()?)? else { return Ok(false) };
    for name in links.names()? {
        if links.stat(&RelPath::new(&name)?)?.is_some_and(|stat| stat.kind != FileKind::Symlink) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Puts a whiteout where the command removed something that had been laid out: of that nothing is left to be found. Once,
/// for what the fold itself takes away was not removed by the command.
fn note_removals(project: &Project, view: &View) -> Result<()> {
    let noted = view.removals_noted()?;
    if view.laid.is_empty() || project.dir.stat(&noted)?.is_some() {
        return Ok(());
    }
    for path in &view.laid {
        let place = view.upper(0)?.join(path)?;
        if project.dir.stat(&place)?.is_none() {
            project.dir.put_whiteout(&place)?;
        }
    }
    project.dir.mark(&noted).map(drop)
}

/// Makes a session for what was written in one that has ended meanwhile.
fn another<'a>(
    project: &'a Project,
    caller: &Caller<'_>,
    view: &View,
    folded: &mut Folded,
) -> Result<Layer<'a>> {
    let description = format!("What a command wrote after session '{}' had ended", view.session);
    let beginning = Beginning { description: &description, ..Beginning::default() };
    let (name, before) =
        lifecycle::create_under_free_name(project, caller, &view.session.counted(2), beginning)?;
    // Whoever works here goes on in the session they chose.
    match before {
        Some(before) => drop(lifecycle::point_to(project, caller, &before)?),
        None => lifecycle::leave(project, caller, &name)?,
    }
    folded.moved_to = Some(name.to_string());
    Layer::open(project, &name)
}

struct Fold<'a> {
    layer: &'a Layer<'a>,
    caller: &'a Caller<'a>,
    view: &'a View,
    at: String,
    folded: Folded,
}

impl Fold<'_> {
    /// Folds one directory of an upper tree; `at` is its path in the project, `None` for the project itself.
    fn directory(&mut self, upper: &Dir, at: Option<&RelPath>) -> Result<()> {
        for name in upper.names()? {
            let own = RelPath::new(&name)?;
            let path = at.map_or_else(|| Ok(own.clone()), |at| at.join(&name))?;
            let Some(stat) = upper.stat(&own)? else { continue };
            match stat.kind {
                FileKind::Whiteout => {
                    self.delete(&path)?;
                    upper.remove_file(&own)?;
                }
                FileKind::Directory => self.subdirectory(upper, &own, &path)?,
                FileKind::File | FileKind::Symlink if self.is_isolated(&path) => {
                    self.file(upper, &own, &path, &stat)?;
                }
                FileKind::File | FileKind::Symlink => self.pass(upper, &own, &path)?,
                // Nobody's words are in a socket or a pipe, and nothing could land them.
                FileKind::Special => drop(upper.remove_file(&own)?),
            }
        }
        Ok(())
    }

    fn is_isolated(&self, path: &RelPath) -> bool {
        self.layer.project.is_tracked(path) && layer::check_landable(path).is_ok()
    }

    fn subdirectory(&mut self, upper: &Dir, own: &RelPath, path: &RelPath) -> Result<()> {
        let dir = upper.open_dir(own)?;
        if dir.is_opaque() {
            self.delete(path)?;
            dir.clear_opaque()?;
        }
        if dir.names_up_to(1)?.is_empty() {
            self.make_directory(path)?;
        }
        self.directory(&dir, Some(path))?;
        upper.remove_empty_dir(own).map(drop)
    }

    /// Makes an empty directory that neither session nor project has.
    fn make_directory(&self, path: &RelPath) -> Result<()> {
        let there = match self.layer.resolve(path)? {
            Place::Session(stat) | Place::Project(stat) => stat.is_dir(),
            Place::Deleted | Place::Nowhere => false,
        };
        if there {
            return Ok(());
        }
        if !self.is_isolated(path) {
            return self.layer.project.dir.make_dirs(path).map(drop);
        }
        let _lock = self.layer.lock(self.caller.waiter("-c"))?;
        self.layer.ledger()?.append(&[layer::entry(path, Op::Created, &self.at, None)])?;
        self.layer.dir.make_dirs(path).map(drop)
    }

    /// Brings a file or link of the upper directory into the layer.
    fn file(&mut self, upper: &Dir, own: &RelPath, path: &RelPath, stat: &Stat) -> Result<()> {
        if let Place::Session(there) | Place::Project(there) = self.layer.resolve(path)?
            && there.is_dir()
        {
            self.delete(path)?;
        }
        let _lock = self.layer.lock(self.caller.waiter("-c"))?;
        let place = self.layer.resolve(path)?;
        let untouched = stat.mtime < self.view.made && stat.kind == FileKind::File;
        match place {
            Place::Session(there) => {
                let others = there.ctime > self.view.made;
                if same(&self.layer.dir, path, &there, upper, own, stat)?
                    || others && untouched && stat.mode == there.mode
                {
                    return upper.remove_file(own).map(drop);
                }
                if others {
                    self.keep_the_others(path)?;
                }
            }
            Place::Project(there) => {
                if same(&self.layer.project.dir, path, &there, upper, own, stat)? {
                    return upper.remove_file(own).map(drop);
                }
                let moved_on = there.ctime > self.view.made;
                let base = if moved_on { None } else { Some(edit::base_of(self.layer, path, &there)?) };
                self.layer.ledger()?.append(&[layer::entry(path, Op::Modified, &self.at, base)])?;
            }
            Place::Deleted | Place::Nowhere => {
                self.layer.ledger()?.append(&[layer::entry(path, Op::Created, &self.at, None)])?;
            }
        }
        self.layer.make_parents(path)?;
        upper.forget_origin(own)?;
        upper.rename(own, &self.layer.dir, path, Onto::Replace)
    }

    /// Keeps the version that somebody else gave the session while the command ran.
    fn keep_the_others(&mut self, path: &RelPath) -> Result<()> {
        let aside = edit::free_aside(self.layer, self.caller.env.now)?.join(path)?;
        edit::keep_aside(self.layer, self.caller.env.now, path)?;
        self.folded.clashes.push((path.clone(), self.layer.full(&aside)));
        Ok(())
    }

    /// Deletes what the merged view has at a path, whoever's it is.
    fn delete(&self, path: &RelPath) -> Result<()> {
        if self.is_isolated(path) {
            return match self.layer.resolve(path)? {
                Place::Session(_) | Place::Project(_) => {
                    edit::remove(self.layer, self.caller, path).map(drop)
                }
                Place::Deleted | Place::Nowhere => Ok(()),
            };
        }
        let project = self.layer.project;
        let is_dir = project.dir.stat(path)?.is_some_and(|stat| stat.is_dir());
        if !is_dir || !project.tracked().may_contain_below(path) {
            return project.dir.remove_tree(path);
        }
        let mut files = Vec::new();
        project.dir.open_dir(path)?.walk(Some(path), &mut |_, path, stat| {
            if !stat.is_dir() {
                files.push(path.clone());
            }
            Ok(Step::Into)
        })?;
        files.extend(self.layer.some_files(Some(path), usize::MAX)?.0);
        files.iter().try_for_each(|file| self.delete(file))
    }

    /// Moves what sessions do not isolate to where it was meant.
    fn pass(&self, upper: &Dir, own: &RelPath, path: &RelPath) -> Result<()> {
        let project = &self.layer.project.dir;
        if let Some(parent) = path.parent() {
            project.make_dirs(&parent)?;
        }
        if project.stat(path)?.is_some_and(|stat| stat.is_dir()) {
            project.remove_tree(path)?;
        }
        upper.forget_origin(own)?;
        upper.rename(own, project, path, Onto::Replace)
    }

    /// Folds what was made in the session's own folder beside the links that stand there.
    fn session_folder(&mut self, links: &Dir) -> Result<()> {
        for name in links.names()? {
            let own = RelPath::new(&name)?;
            let Some(stat) = links.stat(&own)? else { continue };
            if stat.kind == FileKind::Symlink {
                continue;
            }
            if layer::check_landable(&own).is_err() {
                self.keep_scratch(links, &own)?;
            } else if stat.is_dir() {
                self.subdirectory(links, &own, &own)?;
            } else {
                self.file(links, &own, &own, &stat)?;
            }
        }
        Ok(())
    }

    /// Moves scratch that was made in the view to the session, where nothing of that name is there yet.
    fn keep_scratch(&self, links: &Dir, own: &RelPath) -> Result<()> {
        let dir = &self.layer.dir;
        let empty =
            links.find_dir(own)?.map(|dir| dir.names_up_to(1)).transpose()?.is_some_and(|n| n.is_empty());
        if empty {
            return links.remove_empty_dir(own).map(drop);
        }
        let target = if dir.stat(own)?.is_none() {
            own.clone()
        } else {
            let aside = edit::free_aside(self.layer, self.caller.env.now)?.join(own)?;
            self.layer.make_parents(&aside)?;
            aside
        };
        links.rename(own, dir, &target, Onto::Nothing)
    }
}

/// Tells whether two files or links are the same in kind, mode and content; what cannot be read is not.
fn same(a: &Dir, at: &RelPath, one: &Stat, b: &Dir, bt: &RelPath, other: &Stat) -> Result<bool> {
    if one.kind != other.kind {
        return Ok(false);
    }
    if one.kind == FileKind::Symlink {
        return Ok(a.read_link(at)? == b.read_link(bt)?);
    }
    if (one.mode, one.size) != (other.mode, other.size) {
        return Ok(false);
    }
    match (copy::hash_at(a, at), copy::hash_at(b, bt)) {
        (Ok(one), Ok(other)) => Ok(one == other),
        (Err(error), _) | (_, Err(error)) if error.is_errno(rustix::io::Errno::ACCESS) => Ok(false),
        (Err(error), _) | (_, Err(error)) => {
            Err(Error { message: format!("{at}: {}", error.message), ..error })
        }
    }
}
