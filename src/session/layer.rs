//! Copy-on-write: where a path is read, how it comes into the layer, how it is deleted there.
//!
//! A session's directory holds its own files at the project's relative paths (the layer) and, under `.deleted/`, a
//! whiteout for each path it deleted. A whiteout hides the project's path *and everything below it*; the layer lies
//! above both, so a deleted and remade directory shows only what was remade. (Read as overlayfs layers, top to bottom:
//! layer, `.deleted`, project.) The directories are the index: no question here reads the ledger, so the cost of a
//! hook does not depend on how much a session holds.
//!
//! Every change of structure happens with the session lock held: blob first, then the ledger line, then the file by a
//! rename that refuses to replace. A kill in between leaves a base that nothing uses or a line about a file that is
//! not there, and both mean "unchanged".
//!
//! A copy that was never written since, or was put back, follows the project: see [`Layer::refresh`].

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::io::Errno;

use super::stage::Staged;
use crate::error::{Error, Result};
use crate::fs::copy;
use crate::fs::tree::Step as Walk;
use crate::fs::{Dir, FileKind, Look, Onto, Stat, stat_file};
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::store::ledger::{Base, Entry, Ledger, Op};
use crate::store::lines::Written;
use crate::store::lock::{Lock, Waiter, Which};

/// Where the whiteouts are, in the session's directory.
pub const WHITEOUTS: &str = ".deleted";

/// Where `rm` puts the session's own versions, in the session's directory.
pub const REMOVED: &str = ".removed";

/// Names at the top of a session's directory that are not the layer; so are all names that begin with a dot.
pub const RESERVED: &[&str] =
    &["session.json", "cow-files.jsonl", "notebook.jsonl", "human-retries", "artifacts"];

/// Where a path of the merged view comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The session has its own.
    Session(Stat),
    /// The session deleted it.
    Deleted,
    /// Only the project has it.
    Project(Stat),
    /// Nobody has it.
    Nowhere,
}

/// Whether a path is in the layer because of this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched {
    /// It has come into the layer now (or may be created there now).
    First,
    /// It was there.
    Before,
}

/// The layer of one session.
#[derive(Debug)]
pub struct Layer<'a> {
    /// The project below.
    pub project: &'a Project,
    /// Whose layer.
    pub name: SessionName,
    /// The session's directory, open.
    pub dir: Dir,
}

impl<'a> Layer<'a> {
    /// Opens the layer of a session that must exist.
    pub fn open(project: &'a Project, name: &SessionName) -> Result<Self> {
        let path = project.session(name);
        match project.dir.find_dir(&path)? {
            Some(dir) => Ok(Self { project, name: name.clone(), dir }),
            None => Err(Error::not_found(format!("Session '{name}' not found"))
                .detail(format!("looked for: {}", project.dir.full(&path).display()))
                .hint("Available sessions: redraft list")),
        }
    }

    /// Tells where a path is read from.
    pub fn resolve(&self, path: &RelPath) -> Result<Place> {
        self.resolve_in_session(path)?.map_or_else(|| self.resolve_in_project(path), Ok)
    }

    /// Tells what the session has at a path, or has deleted there; `None` where the project is seen.
    pub fn resolve_in_session(&self, path: &RelPath) -> Result<Option<Place>> {
        Ok(match self.dir.look(path)? {
            Look::Found(stat) => Some(Place::Session(stat)),
            // A file of the layer stands where the project has a directory: it hides all below.
            Look::Blocked => Some(Place::Deleted),
            Look::Absent => self.is_whited_out(path)?.then_some(Place::Deleted),
        })
    }

    /// Tells what the project has at a path that the session leaves alone.
    pub fn resolve_in_project(&self, path: &RelPath) -> Result<Place> {
        Ok(self.project.dir.stat(path)?.map_or(Place::Nowhere, Place::Project))
    }

    /// Tells whether the session deleted a path or something above it: one look, whatever the depth.
    pub fn is_whited_out(&self, path: &RelPath) -> Result<bool> {
        Ok(match self.dir.look(&whiteout(path)?)? {
            Look::Found(stat) => !stat.is_dir(),
            Look::Blocked => true,
            Look::Absent => false,
        })
    }

    /// Gives the absolute path of a path's copy in the session, whether or not it is there.
    pub fn full(&self, path: &RelPath) -> PathBuf {
        self.dir.full(path)
    }

    /// Names the ledger.
    pub fn ledger(&self) -> Result<Ledger<'_>> {
        Ledger::of(&self.dir)
    }

    /// Takes the lock for a structural change.
    pub fn lock(&self, waiter: Waiter<'_>) -> Result<Lock> {
        let lock = Lock::exclusive(self.project, Which::Session(&self.name), waiter)?;
        // Whoever held it may have ended the session: its directory is then no longer where the name says.
        if self.project.dir.leads_to(&self.project.session(&self.name), &self.dir)? {
            return Ok(lock);
        }
        Err(Error::not_found(format!("Session '{}' has just been ended by somebody else", self.name))
            .hint("redraft list"))
    }

    /// Brings a path into the layer so that it can be written there: copy-up, or room for a new file.
    pub fn prepare_write(&self, path: &RelPath, waiter: Waiter<'_>, at: &str) -> Result<Touched> {
        check_landable(path)?;
        self.prepare_write_of(path, self.resolve(path)?, waiter, &|| at.to_owned())
    }

    /// The same for a path that was resolved just now; what time it is, is asked only if something is noted.
    pub fn prepare_write_of(
        &self,
        path: &RelPath,
        place: Place,
        waiter: Waiter<'_>,
        at: &dyn Fn() -> String,
    ) -> Result<Touched> {
        check_landable(path)?;
        match place {
            Place::Session(stat) if stat.is_file() => {
                self.refresh(path, &stat, waiter, at)?;
                Ok(Touched::Before)
            }
            Place::Project(stat) if stat.is_file() => self.copy_up(path, waiter, &at()),
            Place::Session(stat) | Place::Project(stat) => Err(self.unwritable(path, stat.kind)),
            Place::Deleted | Place::Nowhere => self.make_room(path, waiter, &at()),
        }
    }

    /// Copies a file of the project up, with its mode and times; the base is kept as a blob.
    fn copy_up(&self, path: &RelPath, waiter: Waiter<'_>, at: &str) -> Result<Touched> {
        let copied = Staged::of(self.project, path)?;
        let ledger = self.ledger()?;
        let line = ledger
            .written(entry(path, Op::Modified, at, Some(copied.base.clone())))
            .inspect_err(|_| self.discard(&copied))?;
        // All that can be done before is done by now: others wait for this lock.
        let lock = self.lock(waiter).inspect_err(|_| self.discard(&copied))?;
        if self.dir.stat(path)?.is_some() {
            drop(lock);
            self.project.dir.remove_file(&copied.temporary)?;
            return Ok(Touched::Before);
        }
        self.adopt(path, &copied, &ledger, line)?;
        Ok(Touched::First)
    }

    /// Shows what the project has at a path although a directory above it stays deleted: as a clean copy. The caller
    /// holds the lock.
    pub fn uncover(&self, path: &RelPath, at: &str) -> Result<()> {
        if !self.is_whited_out(path)? || self.dir.stat(path)?.is_some() {
            return Ok(());
        }
        match self.project.dir.stat(path)? {
            Some(stat) if stat.is_file() => {
                let (copied, ledger) = (Staged::of(self.project, path)?, self.ledger()?);
                let line = ledger.written(entry(path, Op::Modified, at, Some(copied.base.clone())))?;
                self.adopt(path, &copied, &ledger, line)
            }
            _ => Ok(()),
        }
    }

    /// Keeps the content of the project's file among the bases, for a merge later on.
    pub fn keep_base(&self, path: &RelPath) -> Result<Base> {
        let copied = Staged::of(self.project, path)?;
        self.project.dir.remove_file(&copied.temporary)?;
        Ok(copied.base)
    }

    /// Removes a staged copy that nobody waits for any more.
    fn discard(&self, copied: &Staged) {
        let _ = self.project.dir.remove_file(&copied.temporary);
    }

    /// Notes a staged copy and moves it to its place.
    fn adopt(
        &self,
        path: &RelPath,
        copied: &Staged,
        ledger: &Ledger<'_>,
        line: Written<Entry>,
    ) -> Result<()> {
        ledger.append_written(line)?;
        let place = || self.project.dir.rename(&copied.temporary, &self.dir, path, Onto::Nothing);
        match place() {
            // Most files have neighbours in the layer, and then their directory is there.
            Err(error) if error.is_absent() => {
                self.make_parents(path)?;
                place()
            }
            other => other,
        }
    }

    /// Makes the directories for a new file and notes it; the file itself is made by whoever writes it.
    fn make_room(&self, path: &RelPath, waiter: Waiter<'_>, at: &str) -> Result<Touched> {
        self.check_ancestors(path)?;
        let _lock = self.lock(waiter)?;
        self.ledger()?.append(&[entry(path, Op::Created, at, None)])?;
        self.make_parents(path)?;
        Ok(Touched::First)
    }

    /// Lets a clean copy follow the project: refreshed when the project's file changed after the copy was made and the
    /// copy still equals its base.
    ///
    /// The question costs one look: a project file that did not change since the copy's inode was made cannot have
    /// drifted. Only then are contents compared.
    pub fn refresh(
        &self,
        path: &RelPath,
        copy: &Stat,
        waiter: Waiter<'_>,
        at: impl FnOnce() -> String,
    ) -> Result<()> {
        let Some(now) = self.project.dir.stat(path)? else { return Ok(()) };
        // The clock of a file system moves in ticks of milliseconds: what happened in the same one may have come after.
        let moved_on = copy.btime.is_some_and(|made| now.ctime >= made);
        if !moved_on || !now.is_file() || !copy.is_file() || self.is_whited_out(path)? {
            return Ok(());
        }
        let Some(base) = self.ledger()?.last_base(path)? else { return Ok(()) };
        if !self.copy_is_base(path, copy, &base)? || copy::hash_at(&self.project.dir, path)? == base.hash {
            return Ok(());
        }
        let copied = Staged::of(self.project, path)?;
        let _lock = self.lock(waiter).inspect_err(|_| self.discard(&copied))?;
        let drop_new = || self.project.dir.remove_file(&copied.temporary).map(drop);
        let unwritten = |now: Option<Stat>| {
            now.is_some_and(|now| (now.ino, now.size, now.mtime) == (copy.ino, copy.size, copy.mtime))
        };
        if !unwritten(self.dir.stat(path)?) {
            return drop_new();
        }
        let exchange = || self.project.dir.rename(&copied.temporary, &self.dir, path, Onto::Exchange);
        exchange()?;
        // Somebody who was sent there before may have written it in this very moment.
        if !unwritten(self.project.dir.stat(&copied.temporary)?) {
            exchange()?;
            return drop_new();
        }
        // The line comes last: a copy older than its base would be taken for an edit that undoes the project's.
        let noted = self.ledger()?.append(&[entry(path, Op::Modified, &at(), Some(copied.base.clone()))]);
        noted.inspect_err(|_| drop(exchange().and_then(|()| drop_new())))?;
        drop_new()
    }

    /// Tells whether the session says something else about a path than its base does: content, presence or absence.
    pub fn is_changed(&self, path: &RelPath) -> Result<bool> {
        let copy = match self.resolve(path)? {
            Place::Deleted => return Ok(true),
            Place::Project(_) | Place::Nowhere => return Ok(false),
            Place::Session(stat) => stat,
        };
        match self.ledger()?.last_base(path)? {
            Some(base) if copy.is_file() => Ok(!self.copy_is_base(path, &copy, &base)?),
            _ => Ok(!copy.is_dir()),
        }
    }

    /// Lists everything in the layer, directories before what is in them; the session's own records are not the layer.
    pub fn entries(&self) -> Result<Vec<(RelPath, Stat)>> {
        let mut found = Vec::new();
        self.dir.walk(None, &mut |_, path, stat| {
            if check_landable(path).is_err() {
                return Ok(Walk::Over);
            }
            found.push((path.clone(), *stat));
            Ok(Walk::Into)
        })?;
        Ok(found)
    }

    /// Lists files of the layer at or below a path, looking at no more than `limit` entries; tells whether it saw all.
    pub fn some_files(&self, under: Option<&RelPath>, limit: usize) -> Result<(Vec<RelPath>, bool)> {
        let (mut files, mut budget) = (Vec::new(), limit);
        let mut open: Vec<Option<RelPath>> = match under {
            Some(path) => match self.dir.stat(path)? {
                Some(stat) if stat.is_dir() => vec![Some(path.clone())],
                Some(_) => return Ok((vec![path.clone()], true)),
                None => return Ok((files, true)),
            },
            None => vec![None],
        };
        while let Some(at) = open.pop() {
            let below = at.as_ref().map(|at| self.dir.find_dir(at)).transpose()?.flatten();
            let dir = if at.is_some() { below.as_ref() } else { Some(&self.dir) };
            let names =
                dir.map(|dir| dir.names_up_to(budget.saturating_add(1))).transpose()?.unwrap_or_default();
            for name in names {
                if budget == 0 {
                    return Ok((files, false));
                }
                budget -= 1;
                let path = at.as_ref().map_or_else(|| RelPath::new(&name), |at| at.join(&name))?;
                if check_landable(&path).is_err() {
                    continue;
                }
                match self.dir.stat(&path)? {
                    Some(stat) if stat.is_dir() => open.push(Some(path)),
                    Some(_) => files.push(path),
                    None => {}
                }
            }
        }
        files.sort_unstable();
        Ok((files, true))
    }

    /// Puts a whiteout where the project has something; the caller holds the lock and removed the layer's own.
    pub fn put_whiteout(&self, path: &RelPath) -> Result<()> {
        let mark = whiteout(path)?;
        match self.dir.look(&mark)? {
            Look::Found(stat) if !stat.is_dir() => return Ok(()),
            Look::Blocked => return Ok(()),
            Look::Found(_) => return self.cover_whiteouts(&mark),
            Look::Absent => {}
        }
        if let Some(parent) = mark.parent() {
            self.dir.make_dirs(&parent)?;
        }
        self.dir.put_whiteout(&mark)
    }

    /// Puts one whiteout in the place of those below it, which it covers: at no moment is one of them missing.
    fn cover_whiteouts(&self, mark: &RelPath) -> Result<()> {
        let (aside, ()) = unused(self.project, |path| self.project.dir.put_whiteout(path).map(Some))?;
        self.project.dir.rename(&aside, &self.dir, mark, Onto::Exchange)?;
        self.project.dir.remove_tree(&aside)
    }

    /// Makes the directories of the layer above a path.
    pub fn make_parents(&self, path: &RelPath) -> Result<()> {
        path.parent().map_or(Ok(()), |parent| self.dir.make_dirs(&parent).map(drop))
    }

    /// Refuses a path below something that is a file in the merged view.
    pub fn check_ancestors(&self, path: &RelPath) -> Result<()> {
        let mut above = path.parent();
        while let Some(dir) = above {
            match self.resolve(&dir)? {
                Place::Session(stat) | Place::Project(stat) if stat.is_dir() => return Ok(()),
                Place::Session(stat) | Place::Project(stat) => {
                    return Err(self.not_a_directory(&dir, path, stat.kind));
                }
                Place::Deleted | Place::Nowhere => above = dir.parent(),
            }
        }
        Ok(())
    }

    /// Tells whether a copy still has its base's content.
    fn copy_is_base(&self, path: &RelPath, copy: &Stat, base: &Base) -> Result<bool> {
        Ok(copy.size == base.size && copy::hash_at(&self.dir, path)? == base.hash)
    }

    /// Copies a file of the layer to a new place, given from the project's root, with its mode and time.
    pub fn copy_to(&self, path: &RelPath, place: &RelPath) -> Result<()> {
        let (mut source, from) = (self.dir.open_file(path)?, self.dir.full(path));
        let stat = stat_file(&source, &from)?;
        let dir = &self.project.dir;
        let mut target = dir.create_new(place, 0o600)?;
        copy::copy(&mut source, &from, &mut target, &dir.full(place))?;
        dir.set_mode(&target, place, stat.mode)?;
        dir.set_mtime(&target, place, stat.mtime)
    }

    fn unwritable(&self, path: &RelPath, kind: FileKind) -> Error {
        let what = match kind {
            FileKind::Directory => "is a directory",
            FileKind::Symlink => "is a symbolic link; redraft never writes through one",
            _ => "is not a regular file (a FIFO, socket or device)",
        };
        Error::refused(format!("{path} {what}")).detail(format!("session: {}", self.name))
    }

    fn not_a_directory(&self, dir: &RelPath, path: &RelPath, kind: FileKind) -> Error {
        let what = if kind == FileKind::Symlink { "a symbolic link" } else { "a file" };
        Error::refused(format!("{path} cannot be made: {dir} is {what}"))
            .detail(format!("session: {}", self.name))
            .hint(format!("delete it in the session first: redraft rm {dir}"))
    }
}

/// Refuses a path that would land among the session's own files.
pub fn check_landable(path: &RelPath) -> Result<()> {
    let top = path.top();
    let reserved = RESERVED.iter().any(|name| top == *name) || top.as_encoded_bytes().starts_with(b".");
    if !reserved {
        return Ok(());
    }
    let top = top.to_string_lossy();
    Err(Error::refused(format!(
        "{path} cannot be isolated: '{top}' is a reserved name at the top of a session"
    ))
    .hint(format!("leave it out of sessions: add \"{top}\" to \"ignored\" in redraft.json"))
    .hint("or edit it while no session is active"))
}

/// Gives the whiteout of a path.
pub fn whiteout(path: &RelPath) -> Result<RelPath> {
    RelPath::new(WHITEOUTS)?.join(path)
}

/// Makes a ledger line.
pub fn entry(path: &RelPath, op: Op, at: &str, base: Option<Base>) -> Entry {
    Entry { path: path.clone(), op, at: at.to_string(), base }
}

/// Makes an empty file on the workspace's file system that nobody else uses.
pub fn temporary(project: &Project) -> Result<(RelPath, File)> {
    unused(project, |path| project.dir.create_new(path, 0o600).map(Some))
}

/// Makes an empty directory on the workspace's file system that nobody else uses.
pub fn temporary_dir(project: &Project) -> Result<RelPath> {
    unused(project, |path| Ok(project.dir.make_dir(path)?.then_some(()))).map(|(path, ())| path)
}

/// Tries names until one was free; `make` gives `None` or `EEXIST` where it was not.
pub(super) fn unused<T>(
    project: &Project,
    make: impl Fn(&RelPath) -> Result<Option<T>>,
) -> Result<(RelPath, T)> {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let pid = std::process::id().to_string();
    loop {
        let serial = COUNTER.fetch_add(1, Ordering::Relaxed).to_string();
        let path = project.private_dir(&["tmp/", &pid, "-", &serial].concat());
        match make(&path) {
            Ok(Some(value)) => return Ok((path, value)),
            Err(error) if error.is_absent() => {
                project.dir.make_dirs(&project.private_dir("tmp"))?;
            }
            // A process with our number died here before.
            Ok(None) => {}
            Err(error) if error.is_errno(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
    }
}
