//! What a session changes: its layer and whiteouts, against the bases and against the project as it is now.
//!
//! Content decides, not having been touched: a layer file that equals its base is clean and not listed; one that equals
//! what the project has by now is the same change made twice and not listed either. The walk covers what the session
//! holds and, below a deleted directory, what the project has there; never the whole project.

use super::layer::{self, Layer, WHITEOUTS};
use crate::error::Result;
use crate::fs::copy::{self, Hash};
use crate::fs::cursor::Cursor;
use crate::fs::tree::Step;
use crate::fs::{Dir, FileKind, Look, Stat};
use crate::relpath::RelPath;
use crate::report::{Counts, EntryKind, Op};
use crate::store::ledger::{self, Base, Known};

/// How the project moved on under a changed path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// It is still the base.
    None,
    /// Its content or kind is another.
    Changed,
    /// It is there now, and the session never saw it.
    Appeared,
    /// It is gone.
    Vanished,
}

/// One changed path.
#[derive(Debug, Clone)]
pub struct Change {
    /// Which path.
    pub path: RelPath,
    /// What happened to it in the session.
    pub op: Op,
    /// What it is in the session (was in the project, when deleted).
    pub kind: EntryKind,
    /// The project's file when the session first touched it.
    pub base: Option<Base>,
    /// The session's own, when it is not deleted.
    pub session: Option<Stat>,
    /// The project's, as it is now.
    pub project: Option<Stat>,
    /// How the project moved on.
    pub drift: Drift,
    /// The project has something else than a directory where this needs one: above it or, for a directory, at its path.
    pub blocked: bool,
}

/// Everything a session changes.
#[derive(Debug, Default)]
pub struct Changes {
    /// By path.
    pub list: Vec<Change>,
    /// Directories of the project that the session deleted whole, deepest first.
    pub deleted_dirs: Vec<RelPath>,
    /// Layer files that change nothing.
    pub clean: Vec<RelPath>,
    /// Bytes of all layer files.
    pub layer_bytes: u64,
}

impl Changes {
    /// Counts by operation.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.list {
            counts.add(change.op);
        }
        counts
    }

    /// Looks at a session's layer.
    pub fn survey(layer: &Layer<'_>) -> Result<Self> {
        let known = layer.ledger()?.read()?;
        let project = Cursor::new(&layer.project.dir);
        let mut survey = Survey { layer, known: &known, project, found: Self::default() };
        survey.layer_files()?;
        survey.whiteouts()?;
        let mut found = survey.found;
        found.list.sort_by(|a, b| a.path.cmp(&b.path));
        found.deleted_dirs.sort_by(|a, b| b.cmp(a));
        Ok(found)
    }
}

struct Survey<'a> {
    layer: &'a Layer<'a>,
    known: &'a Known,
    project: Cursor<'a>,
    found: Changes,
}

impl Survey<'_> {
    /// Compares every layer file with its base and with the project.
    fn layer_files(&mut self) -> Result<()> {
        let dir = &self.layer.dir;
        dir.walk(None, &mut |parent, path, stat| {
            if layer::check_landable(path).is_err() {
                return Ok(Step::Over);
            }
            match stat.kind {
                FileKind::Directory => self.made_dir(path, stat)?,
                FileKind::File | FileKind::Symlink => match self.layer_file(parent, path, stat) {
                    // A client has renamed or removed it since: an entry that vanishes is left out.
                    Err(error) if error.is_absent() && parent.stat_name(path.file_name())?.is_none() => {}
                    other => other?,
                },
                FileKind::Whiteout | FileKind::Special => {}
            }
            Ok(Step::Into)
        })
    }

    /// Lists an empty directory that was made on purpose (one made for a file that never came is not a change).
    fn made_dir(&mut self, path: &RelPath, stat: &Stat) -> Result<()> {
        let on_purpose = self.known.paths.get(path).is_some_and(|fact| fact.op == ledger::Op::Created);
        if !on_purpose || !self.layer.dir.open_dir(path)?.names()?.is_empty() {
            return Ok(());
        }
        let look = self.project.look(path)?;
        if matches!(look, Look::Found(p) if p.is_dir()) && !self.layer.is_whited_out(path)? {
            return Ok(());
        }
        self.list(path, Op::Created, EntryKind::Directory, None, Some(*stat), look, Drift::None);
        Ok(())
    }

    fn layer_file(&mut self, parent: &Dir, path: &RelPath, stat: &Stat) -> Result<()> {
        self.found.layer_bytes += stat.size;
        let base = self.known.base(path);
        let here = Content { dir: parent, path: RelPath::new(path.file_name())?, stat: *stat };
        if let Some(base) = base
            && base.mode == stat.mode
            && here.is(base)?
        {
            self.found.clean.push(path.clone());
            return Ok(());
        }
        let look = self.project.look(path)?;
        let project = found(look);
        let drift = self.drift(path, base, project.as_ref(), stat.btime)?;
        if drift != Drift::None
            && let Some(now) = project
            && same(&here, &Content { dir: &self.layer.project.dir, path: path.clone(), stat: now })?
        {
            self.found.clean.push(path.clone());
            return Ok(());
        }
        let op =
            if base.is_some() || project.is_some_and(|p| !p.is_dir()) { Op::Modified } else { Op::Created };
        let kind = if stat.kind == FileKind::Symlink { EntryKind::Symlink } else { EntryKind::File };
        self.list(path, op, kind, base.cloned(), Some(*stat), look, drift);
        Ok(())
    }

    /// Lists what the whiteouts hide.
    fn whiteouts(&mut self) -> Result<()> {
        let Some(marks) = self.layer.dir.find_dir(&RelPath::new(WHITEOUTS)?)? else { return Ok(()) };
        let mut found = Vec::new();
        marks.walk(None, &mut |_, path, stat| {
            if !stat.is_dir() {
                found.push(path.clone());
            }
            Ok(Step::Into)
        })?;
        for path in found {
            match self.project.stat(&path)? {
                None => {}
                Some(stat) if stat.is_dir() => self.deleted_tree(&path)?,
                Some(stat) => self.deleted_file(&path, &stat)?,
            }
        }
        Ok(())
    }

    fn deleted_tree(&mut self, path: &RelPath) -> Result<()> {
        let mut below = Vec::new();
        self.layer.project.dir.open_dir(path)?.walk(Some(path), &mut |_, path, stat| {
            below.push((path.clone(), *stat));
            Ok(Step::Into)
        })?;
        let empty = below.is_empty();
        for (path, stat) in below {
            if stat.is_dir() {
                self.deleted_dir(&path)?;
            } else {
                self.deleted_file(&path, &stat)?;
            }
        }
        self.deleted_dir(path)?;
        if empty && !self.layer.dir.stat(path)?.is_some_and(|s| s.is_dir()) {
            let look = self.project.look(path)?;
            self.list(path, Op::Deleted, EntryKind::Directory, None, None, look, Drift::None);
        }
        Ok(())
    }

    fn deleted_dir(&mut self, path: &RelPath) -> Result<()> {
        if !self.layer.dir.stat(path)?.is_some_and(|s| s.is_dir()) {
            self.found.deleted_dirs.push(path.clone());
        }
        Ok(())
    }

    fn deleted_file(&mut self, path: &RelPath, stat: &Stat) -> Result<()> {
        // The layer's own file at this path was compared as a modification already.
        if self.layer.dir.stat(path)?.is_some_and(|s| !s.is_dir()) {
            return Ok(());
        }
        let base = self.known.base(path);
        let drift = self.drift(path, base, Some(stat), None)?;
        let kind = if stat.kind == FileKind::Symlink { EntryKind::Symlink } else { EntryKind::File };
        self.list(path, Op::Deleted, kind, base.cloned(), None, Look::Found(*stat), drift);
        Ok(())
    }

    /// Tells how the project moved on. `copied` is when the layer's inode was made, where that is known.
    fn drift(
        &self,
        path: &RelPath,
        base: Option<&Base>,
        now: Option<&Stat>,
        copied: Option<i64>,
    ) -> Result<Drift> {
        let (base, now) = match (base, now) {
            (None, None) => return Ok(Drift::None),
            // A directory in the place of a new file is met by the plan, with a better message.
            (None, Some(now)) if now.is_dir() => return Ok(Drift::None),
            (None, Some(_)) => return Ok(Drift::Appeared),
            (Some(_), None) => return Ok(Drift::Vanished),
            (Some(base), Some(now)) => (base, now),
        };
        let untouched =
            (now.ctime, now.mtime, now.size, now.mode) == (base.ctime, base.mtime, base.size, base.mode);
        if untouched && copied.is_some_and(|copied| now.ctime < copied) {
            return Ok(Drift::None);
        }
        let content = Content { dir: &self.layer.project.dir, path: path.clone(), stat: *now };
        Ok(if now.mode == base.mode && content.is(base)? { Drift::None } else { Drift::Changed })
    }

    #[expect(clippy::too_many_arguments, reason = "one for each field of the change")]
    fn list(
        &mut self,
        path: &RelPath,
        op: Op,
        kind: EntryKind,
        base: Option<Base>,
        session: Option<Stat>,
        project: Look,
        drift: Drift,
    ) {
        let blocked = match project {
            Look::Found(there) => kind == EntryKind::Directory && op != Op::Deleted && !there.is_dir(),
            Look::Absent => false,
            Look::Blocked => true,
        };
        let project = found(project);
        self.found.list.push(Change { path: path.clone(), op, kind, base, session, project, drift, blocked });
    }
}

fn found(look: Look) -> Option<Stat> {
    match look {
        Look::Found(stat) => Some(stat),
        Look::Absent | Look::Blocked => None,
    }
}

/// A file or link that can be compared.
struct Content<'a> {
    dir: &'a Dir,
    path: RelPath,
    stat: Stat,
}

impl Content<'_> {
    fn hash(&self) -> Result<Hash> {
        hash_entry(self.dir, &self.path, self.stat.kind)
    }

    fn is(&self, base: &Base) -> Result<bool> {
        let comparable = match self.stat.kind {
            FileKind::File => !base.symlink && self.stat.size == base.size,
            FileKind::Symlink => base.symlink,
            _ => false,
        };
        Ok(comparable && self.hash()? == base.hash)
    }
}

fn same(a: &Content<'_>, b: &Content<'_>) -> Result<bool> {
    let alike = a.stat.kind == b.stat.kind && a.stat.mode == b.stat.mode && a.stat.size == b.stat.size;
    Ok(alike && matches!(a.stat.kind, FileKind::File | FileKind::Symlink) && a.hash()? == b.hash()?)
}

/// Hashes a file's content, or where a link points.
pub fn hash_entry(dir: &Dir, path: &RelPath, kind: FileKind) -> Result<Hash> {
    if kind == FileKind::Symlink {
        return Ok(Hash::of(dir.read_link(path)?.as_os_str().as_encoded_bytes()));
    }
    copy::hash_at(dir, path)
}
