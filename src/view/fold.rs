//! From what a command wrote to what the session says: each entry of a view's upper directories.
//!
//! When the command has ended an entry leaves the upper directory with the very rename that puts it in its place, or after
//! what it asks for is done, so a fold that is interrupted goes on where it was ([`Way::Take`]). While programs go on in the
//! view its directories stay as they are, for the kernel shows them: entries are copied, and what is known by both sides is
//! noted ([`Way::Copy`], [`super::shown`]). Directories come before what is in them: one that hides what was below it
//! (removed and made again) is first a deletion.
//!
//! What the command did not really change is no change: the kernel copies a file up when it is opened for writing. Where
//! somebody else changed the session's version while the command ran, the command's is the newer one; the other is kept in
//! the session's `.removed/` and told of ([`Folded::clashes`]). Where the *project's* file changed meanwhile, the change has no
//! base, so that landing it is a conflict and not somebody's loss.

use std::collections::BTreeSet;

use rustix::io::Errno;

use super::folded::Folded;
use super::news;
use super::shown::{self, Known, Shown};
use super::upper::View;
use crate::error::{Error, Kind, Result};
use crate::fs::copy::{self, Hash};
use crate::fs::tree::Step;
use crate::fs::{Dir, FileKind, Onto, Stat, stat_file};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::changes::hash_entry;
use crate::session::edit;
use crate::session::layer::{self, Layer, Place};
use crate::session::lifecycle::{self, Beginning, Caller};
use crate::store::ledger::Op;
use crate::store::lock::{Lock, Which};

/// What becomes of an entry of the upper directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It goes: nobody works in the view any more.
    Take,
    /// It stays.
    Copy,
}

/// Brings into the session what a view's command wrote, after its end.
pub fn fold(project: &Project, caller: &Caller<'_>, view: &mut View) -> Result<Folded> {
    // Others look into the view of a whole program, too.
    let shared = view.is_program() || Shown::exists(view)?;
    if !shared && !news::has_anything(view)? {
        return Ok(Folded::default());
    }
    let _lock = shared.then(|| lock(project, caller, view)).transpose()?;
    let mut shown = Shown::read(project, view)?;
    news::note_removals(project, view, &shown)?;
    run(project, caller, view, Way::Take, &mut shown)
}

/// Brings into the session what was written in a view so far; programs go on in it. The caller holds its lock.
pub fn bring_in(
    project: &Project,
    caller: &Caller<'_>,
    view: &mut View,
    shown: &mut Shown,
) -> Result<Folded> {
    run(project, caller, view, Way::Copy, shown)
}

/// Takes the lock for comparing a view with its session.
pub fn lock(project: &Project, caller: &Caller<'_>, view: &View) -> Result<Lock> {
    Lock::exclusive(project, Which::Fold(&view.dir), caller.waiter("recover"))
}

fn run(
    project: &Project,
    caller: &Caller<'_>,
    view: &mut View,
    way: Way,
    shown: &mut Shown,
) -> Result<Folded> {
    let mut folded = Folded::default();
    let layer = match Layer::open(project, &view.session) {
        Ok(layer) if layer.dir.stat_self()?.ino == view.session_ino => layer,
        Err(error) if error.kind != Kind::NotFound => return Err(error),
        // It has ended: only what was written since then needs another one.
        _ if !news::has_news(view, shown)? => return Ok(folded),
        _ => another(project, caller, view, way, &mut folded)?,
    };
    if way == Way::Copy && layer.name != view.session {
        view.belong_to(&layer)?;
    }
    let mounts = view.mounts.clone();
    let at = caller.env.timestamp();
    let began = view.began()?;
    let mut fold = Fold { layer: &layer, caller, view, began, at, folded, way, shown, seen: BTreeSet::new() };
    for (nth, mount) in mounts.iter().enumerate() {
        // Whoever was killed before it was made wrote nothing.
        if let Some(upper) = fold.view.open_upper(nth)? {
            fold.directory(&upper, mount.at.as_ref())?;
        }
    }
    if let Some(links) = fold.view.open_links()? {
        fold.session_folder(&links)?;
    }
    if way == Way::Copy {
        fold.removals()?;
    }
    Ok(fold.folded)
}

/// Makes a session for what was written in one that has ended meanwhile.
fn another<'a>(
    project: &'a Project,
    caller: &Caller<'_>,
    view: &View,
    way: Way,
    folded: &mut Folded,
) -> Result<Layer<'a>> {
    let description = format!("What a command wrote after session '{}' had ended", view.session);
    let beginning = Beginning { description: &description, ..Beginning::default() };
    let (name, before) =
        lifecycle::create_under_free_name(project, caller, &view.session.counted(2), beginning)?;
    // Whoever works here goes on in the session they chose.
    match before {
        Some(before) => drop(lifecycle::point_to(project, caller, &before)?),
        // The program goes on writing, and who asks for its session should be told of this one.
        None if way == Way::Copy => {}
        None => lifecycle::leave(project, caller, &name)?,
    }
    folded.moved = Some((view.session.to_string(), name.to_string()));
    Layer::open(project, &name)
}

struct Fold<'a> {
    layer: &'a Layer<'a>,
    caller: &'a Caller<'a>,
    view: &'a View,
    /// Since when the view is there, by the clock of the file system.
    began: i64,
    at: String,
    folded: Folded,
    way: Way,
    shown: &'a mut Shown,
    /// What stands in the upper directories.
    seen: BTreeSet<RelPath>,
}

impl Fold<'_> {
    /// Folds one directory of an upper tree; `at` is its path in the project, `None` for the project itself.
    fn directory(&mut self, upper: &Dir, at: Option<&RelPath>) -> Result<()> {
        for name in upper.names()? {
            let own = RelPath::new(&name)?;
            let path = at.map_or_else(|| Ok(own.clone()), |at| at.join(&name))?;
            let Some(stat) = upper.stat(&own)? else { continue };
            self.seen.insert(path.clone());
            match stat.kind {
                FileKind::Whiteout => self.whiteout(upper, &own, &path)?,
                FileKind::Directory => self.subdirectory(upper, &own, &path)?,
                FileKind::File | FileKind::Symlink => self.entry(upper, &own, &path, &stat)?,
                // Nobody's words are in a socket or a pipe, and nothing could land them.
                FileKind::Special => self.settle(upper, &own)?,
            }
        }
        Ok(())
    }

    /// Takes away an entry that has nothing more to say, where the view is at its end.
    fn settle(&self, upper: &Dir, own: &RelPath) -> Result<()> {
        if self.way == Way::Take { upper.remove_file(own).map(drop) } else { Ok(()) }
    }

    fn whiteout(&mut self, upper: &Dir, own: &RelPath, path: &RelPath) -> Result<()> {
        if self.shown.get(path) != Some(&Known::Whiteout) {
            self.delete(path)?;
            self.shown.put(path, Known::Whiteout);
        }
        self.settle(upper, own)
    }

    fn entry(&mut self, upper: &Dir, own: &RelPath, path: &RelPath, stat: &Stat) -> Result<()> {
        if let Some(known) = self.shown.file(path)
            && known.is_still(upper, own, stat)?
        {
            return self.settle(upper, own);
        }
        let written = if self.is_isolated(path) {
            self.file(upper, own, path, stat)
        } else {
            self.pass(upper, own, path, stat)
        };
        match written {
            // It cannot be read now; when the view ends it is moved as it is.
            Err(error) if self.way == Way::Copy && error.is_errno(Errno::ACCESS) => Ok(()),
            // The program has removed it in this very moment.
            Err(error) if self.way == Way::Copy && error.is_absent() && upper.stat(own)?.is_none() => Ok(()),
            other => other,
        }
    }

    /// Notes that view and session have the same at a path.
    fn agree(&mut self, upper: &Dir, own: &RelPath, path: &RelPath, stat: &Stat) -> Result<()> {
        if self.way == Way::Copy {
            let hash = hash_entry(upper, own, stat.kind)?;
            shown::note(self.shown, path, stat, hash, self.caller.env.now());
        }
        self.settle(upper, own)
    }

    /// Puts an entry of the upper directory in its place: moved, or copied and noted.
    fn put(&mut self, upper: &Dir, own: &RelPath, into: &Dir, path: &RelPath, stat: &Stat) -> Result<()> {
        if self.way == Way::Take {
            upper.forget_origin(own)?;
            return upper.rename(own, into, path, Onto::Replace);
        }
        let project = self.layer.project;
        let (temporary, mut target) = layer::temporary(project)?;
        let mut put = || -> Result<(Stat, Hash)> {
            if stat.kind == FileKind::Symlink {
                let link = upper.read_link(own)?;
                project.dir.remove_file(&temporary)?;
                project.dir.symlink(&link, &temporary)?;
                project.dir.rename(&temporary, into, path, Onto::Replace)?;
                return Ok((*stat, Hash::of(link.as_os_str().as_encoded_bytes())));
            }
            let (mut source, from) = (upper.open_file(own)?, upper.full(own));
            let before = stat_file(&source, &from)?;
            let to = project.dir.full(&temporary);
            let (hash, _) = copy::copy_hashing(&mut source, &from, &mut [(&mut target, &to)])?;
            project.dir.set_mode(&target, &temporary, before.mode)?;
            project.dir.set_mtime(&target, &temporary, before.mtime)?;
            project.dir.rename(&temporary, into, path, Onto::Replace)?;
            Ok((before, hash))
        };
        let (stat, hash) = put().inspect_err(|_| drop(project.dir.remove_file(&temporary)))?;
        shown::note(self.shown, path, &stat, hash, self.caller.env.now());
        Ok(())
    }

    /// Deletes what the program removed of which nothing is left in the upper directories.
    fn removals(&mut self) -> Result<()> {
        let gone: Vec<(RelPath, Known)> = self
            .shown
            .entries()
            .filter(|(path, _)| !self.seen.contains(*path))
            .map(|(path, known)| (path.clone(), known.clone()))
            .collect();
        for (path, known) in gone {
            match known {
                Known::File(file) => {
                    let now = match self.layer.resolve(&path)? {
                        Place::Session(stat) => Some((&self.layer.dir, stat)),
                        Place::Project(stat) => Some((&self.layer.project.dir, stat)),
                        Place::Deleted | Place::Nowhere => None,
                    };
                    // What somebody else has made of it meanwhile was not removed by this program.
                    if let Some((dir, stat)) = now
                        && !stat.is_dir()
                        && file.had(hash_entry(dir, &path, stat.kind)?)
                    {
                        self.delete(&path)?;
                    }
                }
                Known::Directory if self.is_isolated(&path) => {
                    self.layer.dir.remove_empty_dir(&path)?;
                }
                Known::Directory | Known::Whiteout | Known::Opaque => {}
            }
            self.shown.forget(&path);
        }
        Ok(())
    }

    fn is_isolated(&self, path: &RelPath) -> bool {
        self.layer.project.is_tracked(path) && layer::check_landable(path).is_ok()
    }

    fn subdirectory(&mut self, upper: &Dir, own: &RelPath, path: &RelPath) -> Result<()> {
        let dir = match upper.open_dir(own) {
            // Its owner may not list it (0311). At the end it goes anyway; until then the program may need it so.
            Err(error) if error.is_errno(Errno::ACCESS) && self.way == Way::Copy => return Ok(()),
            Err(error) if error.is_errno(Errno::ACCESS) => {
                upper.open_up(own)?;
                upper.open_dir(own)?
            }
            other => other?,
        };
        if dir.is_opaque() {
            let known = self.shown.get(path) == Some(&Known::Opaque);
            match self.way {
                Way::Take if known => dir.clear_opaque()?,
                Way::Take => {
                    self.delete(path)?;
                    dir.clear_opaque()?;
                }
                Way::Copy if known => {}
                Way::Copy => {
                    self.delete_hidden(&dir, path)?;
                    self.shown.put(path, Known::Opaque);
                }
            }
        }
        if dir.names_up_to(1)?.is_empty() {
            self.make_directory(path)?;
            if self.way == Way::Copy && self.shown.get(path).is_none() {
                self.shown.put(path, Known::Directory);
            }
        }
        self.directory(&dir, Some(path))?;
        if self.way == Way::Take { upper.remove_empty_dir(own).map(drop) } else { Ok(()) }
    }

    /// Deletes the files that a directory which was removed and made again hides.
    fn delete_hidden(&mut self, upper: &Dir, path: &RelPath) -> Result<()> {
        if !self.layer.project.tracked().may_contain_below(path) {
            return Ok(());
        }
        for file in edit::merged_files(self.layer, path)? {
            let below = file.as_path().strip_prefix(path.as_path()).unwrap_or(file.as_path());
            // What both knew is told by its absence.
            if self.shown.get(&file).is_none() && upper.stat(&RelPath::new(below)?)?.is_none() {
                self.delete(&file)?;
            }
        }
        Ok(())
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
        let known = self.shown.file(path).cloned();
        let untouched = known.is_none() && stat.mtime < self.began && stat.kind == FileKind::File;
        match place {
            Place::Session(there) => {
                let others = match &known {
                    Some(known) => !known.had(hash_entry(&self.layer.dir, path, there.kind)?),
                    None => there.ctime > self.began,
                };
                if same(&self.layer.dir, path, &there, upper, own, stat)?
                    || others && untouched && stat.mode == there.mode
                {
                    return self.agree(upper, own, path, stat);
                }
                if others {
                    self.keep_the_others(path)?;
                }
            }
            Place::Project(there) => {
                if same(&self.layer.project.dir, path, &there, upper, own, stat)? {
                    return self.agree(upper, own, path, stat);
                }
                let moved_on = match &known {
                    Some(known) => !known.had(hash_entry(&self.layer.project.dir, path, there.kind)?),
                    None => there.ctime > self.began,
                };
                let base = if moved_on { None } else { Some(edit::base_of(self.layer, path, &there)?) };
                self.layer.ledger()?.append(&[layer::entry(path, Op::Modified, &self.at, base)])?;
            }
            Place::Deleted | Place::Nowhere => {
                self.layer.ledger()?.append(&[layer::entry(path, Op::Created, &self.at, None)])?;
            }
        }
        self.layer.make_parents(path)?;
        let layer = self.layer;
        self.put(upper, own, &layer.dir, path, stat)
    }

    /// Keeps the version that somebody else gave the session while the command ran.
    fn keep_the_others(&mut self, path: &RelPath) -> Result<()> {
        let aside = edit::free_aside(self.layer, self.caller.env.now())?.join(path)?;
        edit::keep_aside(self.layer, self.caller.env.now(), path)?;
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

    /// Puts what sessions do not isolate where it was meant.
    fn pass(&mut self, upper: &Dir, own: &RelPath, path: &RelPath, stat: &Stat) -> Result<()> {
        let project = &self.layer.project.dir;
        if let Some(parent) = path.parent() {
            project.make_dirs(&parent)?;
        }
        if project.stat(path)?.is_some_and(|stat| stat.is_dir()) {
            project.remove_tree(path)?;
        }
        self.put(upper, own, project, path, stat)
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
                continue;
            }
            // Nothing is mounted here, so it goes as at the end of the view.
            let way = std::mem::replace(&mut self.way, Way::Take);
            let taken = if stat.is_dir() {
                self.subdirectory(links, &own, &own)
            } else {
                self.file(links, &own, &own, &stat)
            };
            self.way = way;
            taken?;
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
            let aside = edit::free_aside(self.layer, self.caller.env.now())?.join(own)?;
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
