//! Views that programs work in while a command changes their session: what they wrote comes in before it, and what it did
//! is shown in them after it.
//!
//! The layers below a mounted overlay are never changed behind the kernel's back to show something. It is written into the
//! view as any program would write it, through `/proc/<pid>/root` of a process that lives there.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::fold;
use super::folded::Folded;
use super::shown::{self, Known, Shown};
use super::upper::View;
use crate::error::Result;
use crate::fs::copy;
use crate::fs::tree::Step;
use crate::fs::{Dir, FileKind, Onto, Stat, stat_file};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::changes::hash_entry;
use crate::session::edit;
use crate::session::layer::{self, Layer, Place};
use crate::session::lifecycle::{self, Caller};
use crate::store::lock::Lock;

/// A view while a command is at work.
#[derive(Debug)]
pub struct InUse {
    view: View,
    /// What its session said before the command, where the session itself lies below the view: it may be moved from there.
    below: Vec<RelPath>,
}

/// Brings what programs have written so far into their sessions; gives the views that are in use. One look where there
/// are none.
pub fn bring_in(project: &Project, caller: &Caller<'_>) -> Result<Vec<InUse>> {
    let mut in_use = Vec::new();
    for mut view in View::in_use(project, caller.env.inside.as_deref())? {
        let Some(_lock) = hold(project, caller, &view)? else { continue };
        let mut shown = Shown::read(project, &view)?;
        let folded = fold::bring_in(project, caller, &mut view, &mut shown);
        shown.write(project, &view)?;
        leave_notices(project, &folded?)?;
        let mut below = Vec::new();
        if !view.is_program()
            && let Ok(layer) = Layer::open(project, &view.session)
        {
            below = whiteouts(&layer)?;
            below.extend(layer.entries()?.into_iter().map(|(path, _)| path));
        }
        in_use.push(InUse { view, below });
    }
    Ok(in_use)
}

/// Takes the lock of a view; `None` where it has come to its end meanwhile.
fn hold(project: &Project, caller: &Caller<'_>, view: &View) -> Result<Option<Lock>> {
    let lock = fold::lock(project, caller, view);
    if View::look(project, view.id())?.is_none() {
        return Ok(None);
    }
    lock.map(Some)
}

/// Lets the views show what their sessions say now, and follow whoever decides which session that is.
pub fn show(project: &Project, caller: &Caller<'_>, in_use: Vec<InUse>) -> Result<()> {
    for InUse { mut view, below } in in_use {
        let Some(_lock) = hold(project, caller, &view)? else { continue };
        let Some(pid) = view.inhabitant()? else { continue };
        let root = PathBuf::from(format!("/proc/{pid}/root{}", project.root.display()));
        let Ok(seen) = Dir::open_ambient(&root) else { continue };
        let layer = follow(project, caller, &mut view)?;
        let mut shown = Shown::read(project, &view)?;
        let filled = fill(project, caller, layer.as_ref(), &view, &seen, &mut shown, below);
        shown.write(project, &view)?;
        filled?;
    }
    Ok(())
}

/// Lets the window that works in a view decide which session it shows from now on.
pub fn belongs_to_window(project: &Project, caller: &Caller<'_>, in_use: &mut [InUse]) -> Result<()> {
    let (Some(window), Some(inside)) = (caller.window, caller.env.inside.as_deref()) else { return Ok(()) };
    for InUse { view, .. } in in_use {
        if view.id() != inside || view.shows.fixed {
            continue;
        }
        view.follow(window)?;
        lifecycle::bind(project, caller, &view.session.clone())?;
    }
    Ok(())
}

/// Opens the session that a view is to show; `None` where that is none, and the project is what it shows.
fn follow<'a>(project: &'a Project, caller: &Caller<'_>, view: &mut View) -> Result<Option<Layer<'a>>> {
    let still = |layer: &Layer<'_>| layer.dir.stat_self().is_ok_and(|stat| stat.ino == view.session_ino);
    if view.is_program() && !view.shows.fixed {
        let chooser = Caller { env: caller.env, option: None, window: view.shows.window.as_deref() };
        let chosen = crate::store::record::Pointer::session_of(project, chooser.window)?;
        let Some(layer) = chosen.and_then(|name| Layer::open(project, &name).ok()) else { return Ok(None) };
        if !still(&layer) {
            view.belong_to(&layer)?;
        }
        return Ok(Some(layer));
    }
    Ok(Layer::open(project, &view.session).ok().filter(still))
}

/// Writes into a view what a session says where the view shows something else: of what either of them knows, and of
/// `also`.
pub fn fill(
    project: &Project,
    caller: &Caller<'_>,
    layer: Option<&Layer<'_>>,
    view: &View,
    seen: &Dir,
    shown: &mut Shown,
    also: Vec<RelPath>,
) -> Result<()> {
    let mut fill = Fill { project, caller, layer, view, seen, shown };
    let mut paths: BTreeSet<RelPath> = also.into_iter().collect();
    for (path, known) in fill.shown.entries() {
        if matches!(known, Known::Whiteout | Known::Opaque) {
            fill.find_hidden(path, &mut paths)?;
        }
        paths.insert(path.clone());
    }
    if let Some(layer) = layer {
        for path in whiteouts(layer)? {
            fill.take_away_below(&path)?;
            paths.insert(path);
        }
        paths.extend(layer.entries()?.into_iter().map(|(path, _)| path));
    }
    for path in paths {
        if project.is_tracked(&path)
            || layer.is_some_and(|layer| layer.dir.stat(&path).is_ok_and(|s| s.is_some()))
        {
            fill.path(&path)?;
        }
    }
    Ok(())
}

/// Lists what a session has whiteouts for.
fn whiteouts(layer: &Layer<'_>) -> Result<Vec<RelPath>> {
    let mut found = Vec::new();
    if let Some(marks) = layer.dir.find_dir(&RelPath::new(layer::WHITEOUTS)?)? {
        marks.walk(None, &mut |_, path, stat| {
            if !stat.is_dir() {
                found.push(path.clone());
            }
            Ok(Step::Into)
        })?;
    }
    Ok(found)
}

struct Fill<'a> {
    project: &'a Project,
    caller: &'a Caller<'a>,
    layer: Option<&'a Layer<'a>>,
    view: &'a View,
    seen: &'a Dir,
    shown: &'a mut Shown,
}

impl Fill<'_> {
    fn resolve(&self, path: &RelPath) -> Result<Place> {
        match self.layer {
            Some(layer) => layer.resolve(path),
            None => Ok(self.project.dir.stat(path)?.map_or(Place::Nowhere, Place::Project)),
        }
    }

    /// Lists what there is to be seen below a directory that the view hides.
    fn find_hidden(&self, path: &RelPath, paths: &mut BTreeSet<RelPath>) -> Result<()> {
        let (Place::Session(stat) | Place::Project(stat)) = self.resolve(path)? else { return Ok(()) };
        if !stat.is_dir() {
            return Ok(());
        }
        if let Some(layer) = self.layer {
            paths.extend(edit::merged_files(layer, path)?);
            return Ok(());
        }
        self.project.dir.open_dir(path)?.walk(Some(path), &mut |_, path, stat| {
            if !stat.is_dir() {
                paths.insert(path.clone());
            }
            Ok(Step::Into)
        })
    }

    /// Lets the view show one path as it is to be.
    fn path(&mut self, path: &RelPath) -> Result<()> {
        match self.resolve(path)? {
            Place::Session(stat) if stat.is_dir() => self.directory(path),
            Place::Project(stat) if stat.is_dir() => self.directory(path),
            Place::Session(stat) => match self.layer {
                Some(layer) => self.put(&layer.dir, path, &stat),
                None => Ok(()),
            },
            Place::Project(stat) => {
                let project = self.project;
                self.put(&project.dir, path, &stat)
            }
            Place::Deleted | Place::Nowhere => self.take_away(path),
        }
    }

    fn directory(&mut self, path: &RelPath) -> Result<()> {
        match self.seen.stat(path)? {
            Some(stat) if stat.is_dir() => return Ok(()),
            Some(_) => drop(self.seen.remove_file(path)?),
            None => {}
        }
        if let Some(parent) = path.parent() {
            self.directory(&parent)?;
        }
        self.seen.make_dir(path)?;
        // A directory that is new may be one that hides what is below it; that is none of the program's doing.
        if let Some((dir, below)) = self.upper(path)?
            && dir.find_dir(&below)?.is_some_and(|dir| dir.is_opaque())
        {
            self.shown.put(path, Known::Opaque);
        }
        Ok(())
    }

    fn put(&mut self, from: &Dir, path: &RelPath, want: &Stat) -> Result<()> {
        match self.seen.stat(path)? {
            Some(have) if alike(&have, want) => return Ok(()),
            Some(have) if have.is_dir() => self.seen.remove_tree(path)?,
            Some(have)
                if have.kind == want.kind
                    && have.mode == want.mode
                    && have.size == want.size
                    && hash_entry(self.seen, path, have.kind)? == hash_entry(from, path, want.kind)? =>
            {
                return Ok(());
            }
            Some(_) => {}
            None => {
                if let Some(parent) = path.parent() {
                    self.directory(&parent)?;
                }
            }
        }
        let temporary = self.seen.temporary_beside(path)?;
        let hash = write(from, path, self.seen, &temporary, want)
            .and_then(|hash| self.seen.rename(&temporary, self.seen, path, Onto::Replace).map(|()| hash))
            .inspect_err(|_| drop(self.seen.remove_file(&temporary)))?;
        if let Some((dir, below)) = self.upper(path)?
            && let Some(stat) = dir.stat(&below)?
        {
            shown::note(self.shown, path, &stat, hash, self.caller.env.now());
        }
        Ok(())
    }

    fn take_away(&mut self, path: &RelPath) -> Result<()> {
        match self.seen.stat(path)? {
            Some(stat) if stat.is_dir() => self.take_away_below(path)?,
            Some(_) => drop(self.seen.remove_file(path)?),
            None => return Ok(()),
        }
        self.gone(path)
    }

    /// Takes away what a view has below a directory that the session deleted, and keeps what the session has there.
    fn take_away_below(&mut self, path: &RelPath) -> Result<()> {
        let Some(dir) = self.seen.find_dir(path)? else { return Ok(()) };
        let (mut files, mut dirs) = (Vec::new(), vec![path.clone()]);
        dir.walk(Some(path), &mut |_, path, stat| {
            if stat.is_dir() {
                dirs.push(path.clone());
            } else {
                files.push(path.clone());
            }
            Ok(Step::Into)
        })?;
        for file in files {
            if self.project.is_tracked(&file)
                && matches!(self.resolve(&file)?, Place::Deleted | Place::Nowhere)
            {
                self.seen.remove_file(&file)?;
                self.gone(&file)?;
            }
        }
        for dir in dirs.into_iter().rev() {
            if matches!(self.resolve(&dir)?, Place::Deleted | Place::Nowhere) {
                // One that something is mounted on stays, and so does one that still holds something.
                let _ = self.seen.remove_empty_dir(&dir);
                self.gone(&dir)?;
            }
        }
        Ok(())
    }

    /// Notes that a view shows nothing at a path any more.
    fn gone(&mut self, path: &RelPath) -> Result<()> {
        let left = match self.upper(path)? {
            Some((dir, below)) => dir.stat(&below)?,
            None => None,
        };
        match left {
            Some(stat) if stat.kind == FileKind::Whiteout => self.shown.put(path, Known::Whiteout),
            _ => self.shown.forget(path),
        }
        Ok(())
    }

    /// Opens the upper directory that a path lies in, and gives its path there.
    fn upper(&self, path: &RelPath) -> Result<Option<(Dir, RelPath)>> {
        let Some((nth, below)) = self.view.place_of(path)? else { return Ok(None) };
        Ok(Some((self.project.dir.open_dir(&self.view.upper(nth)?)?, below)))
    }
}

/// Tells from times and sizes that two files are the same: a copy keeps the time of what it was made from.
fn alike(have: &Stat, want: &Stat) -> bool {
    have.kind == FileKind::File
        && (have.kind, have.mode, have.size, have.mtime) == (want.kind, want.mode, want.size, want.mtime)
}

/// Copies a file or link, with its mode and time, and gives its hash.
fn write(from: &Dir, path: &RelPath, into: &Dir, to: &RelPath, want: &Stat) -> Result<copy::Hash> {
    if want.kind == FileKind::Symlink {
        let link = from.read_link(path)?;
        into.symlink(&link, to)?;
        return Ok(copy::Hash::of(link.as_os_str().as_encoded_bytes()));
    }
    let (mut source, full) = (from.open_file(path)?, from.full(path));
    let stat = stat_file(&source, &full)?;
    let mut target = into.create_new(to, 0o600)?;
    let (hash, _) = copy::copy_hashing(&mut source, &full, &mut [(&mut target, &into.full(to))])?;
    into.set_mode(&target, to, stat.mode)?;
    into.set_mtime(&target, to, stat.mtime)?;
    Ok(hash)
}

/// Keeps what a fold has to say for whoever asks next: nobody hears it where it happens.
pub fn leave_notices(project: &Project, folded: &Folded) -> Result<()> {
    let lines = folded.lines();
    if lines.is_empty() {
        return Ok(());
    }
    let path = notices(project);
    let mut file = project.dir.open_append(&path)?;
    project.dir.append(&mut file, &path, format!("{}\n", lines.join("\n")).as_bytes())
}

/// Takes what was kept.
pub fn take_notices(project: &Project) -> Result<Vec<String>> {
    let path = notices(project);
    let Some(bytes) = project.dir.find(&path, 1024 * 1024)? else { return Ok(Vec::new()) };
    project.dir.remove_file(&path)?;
    Ok(String::from_utf8_lossy(&bytes).lines().map(str::to_string).collect())
}

fn notices(project: &Project) -> RelPath {
    project.private_dir("notices")
}
