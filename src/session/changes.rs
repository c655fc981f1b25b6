//! What a session changes: its layer and whiteouts, against the bases and against the project as it is now.
//!
//! Content decides, not having been touched: a layer file that equals its base is clean and not listed; one that equals
//! what the project has by now is the same change made twice and not listed either. The walk covers what the session
//! holds and, below a deleted directory, what the project has there; never the whole project.

use std::collections::btree_map::Range;
use std::iter::Peekable;

use super::layer::{self, Layer, WHITEOUTS};
use crate::compare;
use crate::error::Result;
use crate::fs::copy::{self, Hash};
use crate::fs::cursor::Cursor;
use crate::fs::parallel;
use crate::fs::tree::Step;
use crate::fs::{Dir, FileKind, Look, Stat};
use crate::relpath::RelPath;
use crate::report::{Counts, EntryKind, Lines, Op};
use crate::store::ledger::{self, Base, Fact, Known, Ledger};

/// Files larger than this are compared, but their lines are not counted.
pub const MAX_COUNTED: u64 = 16 * 1024 * 1024;

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
    /// Of the session's own content, where it was read to compare it.
    pub hash: Option<Hash>,
    /// By how many lines it and the project's differ, where the survey counted.
    pub counted: Counted,
}

/// What a survey knows of a change's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It did not count them.
    Not,
    /// One of the sides is not text.
    Binary,
    /// So many.
    Lines(Lines),
}

/// Whether a survey counts lines: whoever needs them would read again what it has in its hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// It does not.
    Nothing,
    /// Where the layer has no more files than this.
    UpTo(usize),
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
        Self::survey_counting(layer, Counting::Nothing)
    }

    /// Looks at a session's layer, and counts the lines of the files that it modified or created.
    pub fn survey_counting(layer: &Layer<'_>, counting: Counting) -> Result<Self> {
        let dir = &layer.dir;
        let landable = |path: &RelPath| layer::check_landable(path).is_ok();
        let (known, (dirs, files)) = parallel::both(
            Ledger::of(dir)?.is_large()?,
            || Ledger::of(dir)?.read(),
            || dir.names_below(&landable),
        )?;
        let counts = matches!(counting, Counting::UpTo(most) if files.len() <= most);
        let looks = Looks::at(&layer.project.dir, dir, &known, counts);
        let mut survey = Survey { layer, looks, found: Self::default() };
        dirs.iter().try_for_each(|path| survey.made_dir(path))?;
        survey.layer_files(files)?;
        survey.whiteouts()?;
        let mut found = survey.found;
        found.list.sort_by(|a, b| a.path.cmp(&b.path));
        found.deleted_dirs.sort_by(|a, b| b.cmp(a));
        Ok(found)
    }
}

struct Survey<'a> {
    layer: &'a Layer<'a>,
    looks: Looks<'a>,
    found: Changes,
}

/// Compares one path after another, best in tree order.
struct Looks<'a> {
    known: &'a Known,
    /// What the ledger knows from the path on that was asked about last.
    from: Peekable<Range<'a, RelPath, Fact>>,
    session: Cursor<'a>,
    project: Cursor<'a>,
    counts: bool,
    /// What was read of the session's file, and of the project's.
    own: Vec<u8>,
    theirs: Vec<u8>,
}

/// What a layer file comes to.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are changes, and a box for each costs more than the room"
)]
enum Judged {
    Change(Found),
    Clean,
    /// A client has renamed or removed it since.
    Gone,
}

/// A change, but for where it is: whoever looks at a path keeps it until it is known what comes of it.
struct Found {
    op: Op,
    kind: EntryKind,
    base: Option<Base>,
    session: Option<Stat>,
    project: Look,
    drift: Drift,
    hash: Option<Hash>,
    counted: Counted,
}

impl Found {
    fn new(op: Op, kind: EntryKind, session: Option<Stat>, project: Look) -> Self {
        let (hash, counted) = (None, Counted::Not);
        Self { op, kind, base: None, session, project, drift: Drift::None, hash, counted }
    }

    fn at(self, path: RelPath) -> Change {
        let Self { op, kind, base, session, project, drift, hash, counted } = self;
        let blocked = match project {
            Look::Found(there) => kind == EntryKind::Directory && op != Op::Deleted && !there.is_dir(),
            Look::Absent => false,
            Look::Blocked => true,
        };
        Change { path, op, kind, base, session, project: stat_of(project), drift, blocked, hash, counted }
    }
}

/// What a part of the list is looked at with, and what was found.
struct Part<'a> {
    looks: Looks<'a>,
    list: Vec<Change>,
    clean: Vec<RelPath>,
    bytes: u64,
}

impl Part<'_> {
    fn judge(&mut self, path: RelPath) -> Result<()> {
        let judged = self.looks.seen(&path).and_then(|seen| match seen {
            None => Ok(Judged::Gone),
            Some(stat) => {
                self.bytes += stat.size;
                self.looks.layer_file(&path, &stat)
            }
        });
        match judged {
            Ok(Judged::Change(found)) => self.list.push(found.at(path)),
            Ok(Judged::Clean) => self.clean.push(path),
            Ok(Judged::Gone) => {}
            // An entry that vanishes is left out.
            Err(error) if error.is_absent() && self.looks.session.stat(&path)?.is_none() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl Survey<'_> {
    /// Compares every layer file with its base and with the project.
    fn layer_files(&mut self, files: Vec<RelPath>) -> Result<()> {
        let (project, session) = (&self.layer.project.dir, &self.layer.dir);
        let (known, counts) = (self.looks.known, self.looks.counts);
        let start = |n| Part {
            looks: Looks::at(project, session, known, counts),
            // What the other threads find comes behind what the first one did: their pages would have to be touched anew.
            list: Vec::with_capacity(n),
            clean: Vec::new(),
            bytes: 0,
        };
        for part in parallel::gather(files, &start, &Part::judge)? {
            let Part { mut list, mut clean, bytes, .. } = part;
            if self.found.list.is_empty() {
                self.found.list = list;
            } else {
                self.found.list.append(&mut list);
            }
            self.found.clean.append(&mut clean);
            self.found.layer_bytes += bytes;
        }
        Ok(())
    }

    /// Lists an empty directory that was made on purpose (one made for a file that never came is not a change).
    fn made_dir(&mut self, path: &RelPath) -> Result<()> {
        let on_purpose = self.looks.known.paths.get(path).is_some_and(|fact| fact.op == ledger::Op::Created);
        if !on_purpose {
            return Ok(());
        }
        let Some(stat) = self.looks.session.stat(path)?.filter(Stat::is_dir) else { return Ok(()) };
        if !self.layer.dir.open_dir(path)?.names()?.is_empty() {
            return Ok(());
        }
        let look = self.looks.project.look(path)?;
        if matches!(look, Look::Found(p) if p.is_dir()) && !self.layer.is_whited_out(path)? {
            return Ok(());
        }
        let made = Found::new(Op::Created, EntryKind::Directory, Some(stat), look);
        self.found.list.push(made.at(path.clone()));
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
            match self.looks.project.stat(&path)? {
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
            let look = self.looks.project.look(path)?;
            let gone = Found::new(Op::Deleted, EntryKind::Directory, None, look);
            self.found.list.push(gone.at(path.clone()));
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
        let base = self.looks.base(path);
        let drift = self.looks.drift(path, base, Some(stat), None)?;
        let kind = if stat.kind == FileKind::Symlink { EntryKind::Symlink } else { EntryKind::File };
        let gone = Found::new(Op::Deleted, kind, None, Look::Found(*stat));
        let gone = Found { base: base.cloned(), drift, ..gone };
        self.found.list.push(gone.at(path.clone()));
        Ok(())
    }
}

impl<'a> Looks<'a> {
    fn at(project: &'a Dir, session: &'a Dir, known: &'a Known, counts: bool) -> Self {
        Self {
            known,
            from: known.paths.range::<RelPath, _>(..).peekable(),
            session: Cursor::new(session),
            project: Cursor::new(project),
            counts,
            own: Vec::new(),
            theirs: Vec::new(),
        }
    }

    /// Gives the base of a path. What the ledger knows stands in the order in which files are asked about, so most times it is
    /// the next one.
    fn base(&mut self, path: &RelPath) -> Option<&'a Base> {
        if self.from.peek().is_none_or(|(known, _)| *known != path) {
            self.from = self.known.paths.range(path..).peekable();
        }
        self.from.next_if(|(known, _)| *known == path).and_then(|(_, fact)| fact.base.as_ref())
    }

    /// Looks at a file or link of the layer; `None` when neither is there any more.
    fn seen(&mut self, path: &RelPath) -> Result<Option<Stat>> {
        let is_landable = |stat: &Stat| matches!(stat.kind, FileKind::File | FileKind::Symlink);
        Ok(self.session.stat(path)?.filter(is_landable))
    }

    fn layer_file(&mut self, path: &RelPath, stat: &Stat) -> Result<Judged> {
        let base = self.base(path);
        let (mut hash, mut is_read) = (None, false);
        if let Some(base) = base
            && base.mode == stat.mode
            && is_comparable(stat, base)
        {
            let (own, read) = self.session.hash_seen(path, stat, &mut self.own)?;
            if own == base.hash {
                return Ok(Judged::Clean);
            }
            (hash, is_read) = (Some(own), read);
        }
        let look = self.project.look(path)?;
        let project = stat_of(look);
        let drift = self.drift(path, base, project.as_ref(), stat.btime)?;
        if drift != Drift::None
            && let Some(now) = project
            && (now.kind, now.mode, now.size) == (stat.kind, stat.mode, stat.size)
        {
            let own = hash.map_or_else(|| self.session.hash(path, stat.kind), Ok)?;
            if self.project.hash(path, now.kind)? == own {
                return Ok(Judged::Clean);
            }
            hash = Some(own);
        }
        let op =
            if base.is_some() || project.is_some_and(|p| !p.is_dir()) { Op::Modified } else { Op::Created };
        let kind = if stat.kind == FileKind::Symlink { EntryKind::Symlink } else { EntryKind::File };
        let mut counted = Counted::Not;
        if self.counts {
            // What cannot be read is left to whoever shows the change.
            if let Ok(Some((own, lines))) = self.count(path, stat, project.as_ref(), is_read) {
                hash = own.or(hash);
                counted = lines;
            }
        }
        let (base, session) = (base.cloned(), Some(*stat));
        Ok(Judged::Change(Found { op, kind, base, session, project: look, drift, hash, counted }))
    }

    /// Counts the lines of two files, or of one that is new; nothing of what is no file or is large. Gives the hash of the
    /// session's, too, where that was not read yet.
    fn count(
        &mut self,
        path: &RelPath,
        stat: &Stat,
        project: Option<&Stat>,
        is_read: bool,
    ) -> Result<Option<(Option<Hash>, Counted)>> {
        let is_small = |stat: &Stat| stat.is_file() && stat.size <= MAX_COUNTED;
        if !is_small(stat) || !project.is_none_or(is_small) {
            return Ok(None);
        }
        let mut hash = None;
        if !is_read {
            self.session.read_seen(path, stat.size, MAX_COUNTED, &mut self.own)?;
            hash = Some(Hash::of(&self.own));
        }
        self.theirs.clear();
        if let Some(there) = project {
            self.project.read_seen(path, there.size, MAX_COUNTED, &mut self.theirs)?;
        }
        let lines = compare::count_lines(&self.theirs, &self.own);
        Ok(Some((hash, lines.map_or(Counted::Binary, Counted::Lines))))
    }

    /// Tells how the project moved on. `copied` is when the layer's inode was made, where that is known.
    fn drift(
        &mut self,
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
        let is_base = now.mode == base.mode
            && is_comparable(now, base)
            && self.project.hash(path, now.kind)? == base.hash;
        Ok(if is_base { Drift::None } else { Drift::Changed })
    }
}

fn stat_of(look: Look) -> Option<Stat> {
    match look {
        Look::Found(stat) => Some(stat),
        Look::Absent | Look::Blocked => None,
    }
}

/// Tells whether only the content can tell a file from a base.
fn is_comparable(stat: &Stat, base: &Base) -> bool {
    match stat.kind {
        FileKind::File => !base.symlink && stat.size == base.size,
        FileKind::Symlink => base.symlink,
        _ => false,
    }
}

/// Hashes a file's content, or where a link points.
pub fn hash_entry(dir: &Dir, path: &RelPath, kind: FileKind) -> Result<Hash> {
    if kind == FileKind::Symlink {
        return Ok(Hash::of(dir.read_link(path)?.as_os_str().as_encoded_bytes()));
    }
    copy::hash_at(dir, path)
}
