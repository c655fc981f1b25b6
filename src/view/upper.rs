//! What one command writes, until it is folded: `workspace/.redraft/views/<session>.<inode>.<n>/`.
//!
//! `lock` is held by whoever looks after the view and is let go by the kernel when that process dies; `view.json` says
//! which directory is seen where; `namespace` names the mount namespace, so that a view whose keeper died is not taken apart
//! while a process still works in it; `inside` is what the view shows in the place of `.redraft/`, in which a search would
//! find everything a second time: the socket of whoever carries out commands for the view ([`super::desk`]), under the
//! view's own name. The rest are the directories that the overlays need. The view of a whole program ends in `.run`.
//!
//! A command that leaves nothing in it leaves it to the next one ([`super::spare`]).

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::shape::Shape;
use crate::error::{Error, Kind, Result};
use crate::fs::{Dir, FileKind, overlay};
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::layer::Layer;
use crate::store::lock::{Lock, Which};

/// The directory of all views, under `.redraft/`.
pub(super) const VIEWS: &str = "views";

/// The lock of whoever looks after a view, in its directory (as [`Which::View`] has it).
pub(super) const LOCK: &str = "lock";

/// Where the record is, in a view's directory.
pub(super) const RECORD: &str = "view.json";

/// Where the command's mount namespace is noted, in a view's directory.
pub(super) const NAMESPACE: &str = "namespace";

/// What stands in the place of the session's directory, in a view's directory.
pub(super) const LINKS: &str = "links";

/// What stands in the place of `.redraft/`, in a view's directory.
pub(super) const INSIDE: &str = "inside";

/// What the name of a whole program's view ends in.
const PROGRAM: &[u8] = b".run";

/// The most that the record may hold, in bytes.
pub(super) const MAX_BYTES: u64 = 1024 * 1024;

/// Tells from its name whether a view is a whole program's.
pub fn is_program(id: &OsStr) -> bool {
    id.as_bytes().ends_with(PROGRAM)
}

/// One view's directory.
#[derive(Debug)]
pub struct View {
    /// Where it is.
    pub dir: RelPath,
    /// The same, open.
    pub(super) at: Dir,
    /// Whose view it is.
    pub session: SessionName,
    /// The inode of the session's directory: a later session of the same name has another.
    pub session_ino: u64,
    /// What is mounted where.
    pub mounts: Vec<Mounted>,
    /// Names at the top of the project that were laid into the first upper directory.
    pub laid: Vec<RelPath>,
    /// Who decides which session it shows.
    pub shows: Shows,
    /// What stands in the session's folder has been put there before.
    pub is_furnished: bool,
    /// The next command may have it, if this one leaves it as it was made.
    pub(super) is_reusable: bool,
    /// Names in the session's folder that are links, and those that are directories.
    pub(super) folder: (Vec<RelPath>, Vec<RelPath>),
    lock: Option<Lock>,
}

/// Who decides which session the view of a program shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shows {
    /// Nobody: it was named when the program was started.
    pub fixed: bool,
    /// The Claude window that works in it; whoever switches in the project, where there is none.
    pub window: Option<String>,
    /// The program is Claude Code, which can be ended and go on where it was.
    #[serde(default)]
    pub resumable: bool,
}

/// One overlay of a view.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mounted {
    /// The directory of the project it lies over; `None` for the project itself.
    pub at: Option<RelPath>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) session: SessionName,
    pub(super) session_ino: u64,
    mounts: Vec<Mounted>,
    laid: Vec<RelPath>,
    #[serde(default)]
    shows: Shows,
    #[serde(default)]
    pub(super) links: Vec<RelPath>,
    #[serde(default)]
    scratch: Vec<RelPath>,
}

impl Record {
    pub(super) fn new(layer: &Layer<'_>, shape: &Shape, shows: Option<&Shows>) -> Result<Self> {
        Ok(Self {
            session: layer.name.clone(),
            session_ino: layer.dir.stat_self()?.ino,
            mounts: shape.mounted(),
            laid: shape.laid(),
            shows: shows.cloned().unwrap_or_default(),
            links: shape.links.clone(),
            scratch: shape.scratch.clone(),
        })
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| Error::new(Kind::Bug, e.to_string()))
    }
}

impl View {
    /// Makes the directory of a new view; `shows` where it is that of a whole program.
    pub fn create(
        project: &Project,
        layer: &Layer<'_>,
        shape: &Shape,
        shows: Option<&Shows>,
    ) -> Result<Self> {
        let (all, record) = (all(project), Record::new(layer, shape, shows)?);
        project.dir.make_dirs(&all)?;
        let (views, end) = (project.dir.open_dir(&all)?, shows.map_or("", |_| ".run"));
        for n in 0..100_000_u32 {
            let id = RelPath::new(format!("{}.{}.{n}{end}", record.session, record.session_ino))?;
            if !views.make_dir(&id)? {
                continue;
            }
            match Self::furnish(project, &views, &id, record.clone()) {
                // Whoever looks for views left behind may have taken an empty one away.
                Ok(None) => {}
                Err(error) if error.is_absent() => {}
                Ok(Some(view)) => return Ok(view),
                Err(error) => return Err(error),
            }
        }
        Err(Error::refused(format!("{all} has no free name")))
    }

    fn furnish(project: &Project, views: &Dir, id: &RelPath, record: Record) -> Result<Option<Self>> {
        let dir = all(project).join(id)?;
        let Some(lock) = Lock::try_exclusive(project, Which::View(&dir), "-c")? else { return Ok(None) };
        let view = Self::of(dir, views.open_dir(id)?, record, Some(lock));
        view.note()?;
        let inside = RelPath::new(INSIDE)?;
        view.at.make_dir(&inside)?;
        view.at.make_dir(&inside.join(VIEWS)?)?;
        for nth in 0..view.mounts.len() {
            view.at.make_dir(&upper(nth)?)?;
            view.at.make_dir(&work(nth)?)?;
        }
        Ok(Some(view))
    }

    pub(super) fn of(dir: RelPath, at: Dir, record: Record, lock: Option<Lock>) -> Self {
        let Record { session, session_ino, mounts, laid, shows, links, scratch } = record;
        let (is_furnished, is_reusable, folder) = (false, false, (links, scratch));
        Self { dir, at, session, session_ino, mounts, laid, shows, is_furnished, is_reusable, folder, lock }
    }

    /// Writes the record.
    fn note(&self) -> Result<()> {
        let record = Record {
            session: self.session.clone(),
            session_ino: self.session_ino,
            mounts: self.mounts.clone(),
            laid: self.laid.clone(),
            shows: self.shows.clone(),
            links: self.folder.0.clone(),
            scratch: self.folder.1.clone(),
        };
        self.at.write_atomic(&RelPath::new(RECORD)?, &record.to_json()?, false)
    }

    /// Gives since when a command or program has been working in it, in nanoseconds since the epoch, by the clock of the
    /// file system: since its process noted where it lives, just before it mounted anything.
    pub fn began(&self) -> Result<i64> {
        match self.at.stat(&RelPath::new(NAMESPACE)?)? {
            Some(stat) => Ok(stat.mtime),
            None => self.at.stat_self().map(|stat| stat.btime.unwrap_or(stat.mtime)),
        }
    }

    /// Says that what stands in it was put there for an earlier command.
    pub(super) fn furnished_before(self) -> Self {
        Self { is_furnished: true, ..self }
    }

    /// Says whether the next command may have it, if this one leaves it as it was made.
    #[must_use]
    pub fn reusable(self, is_reusable: bool) -> Self {
        Self { is_reusable, ..self }
    }

    /// Lets another session have what is written in the view from now on.
    pub fn belong_to(&mut self, layer: &Layer<'_>) -> Result<()> {
        self.session = layer.name.clone();
        self.session_ino = layer.dir.stat_self()?.ino;
        self.note()
    }

    /// Lets a window decide which session it shows.
    pub fn follow(&mut self, window: &str) -> Result<()> {
        if self.shows.window.as_deref() == Some(window) {
            return Ok(());
        }
        self.shows.window = Some(window.to_string());
        self.note()
    }

    /// Tells whether it is the view of a whole program.
    pub fn is_program(&self) -> bool {
        is_program(self.id())
    }

    /// Gives which overlay a path of the project lies in, and where in it.
    pub fn place_of(&self, path: &RelPath) -> Result<Option<(usize, RelPath)>> {
        let mut found: Option<(usize, &Option<RelPath>)> = None;
        for (nth, mount) in self.mounts.iter().enumerate() {
            let holds = mount.at.as_ref().is_none_or(|at| path.is_within(at) && path != at);
            let closer = found.is_none_or(|(_, at)| {
                mount.at.as_ref().map_or(0, |at| at.as_bytes().len())
                    > at.as_ref().map_or(0, |at| at.as_bytes().len())
            });
            if holds && closer {
                found = Some((nth, &mount.at));
            }
        }
        let Some((nth, at)) = found else { return Ok(None) };
        let below = at.as_ref().map_or(Ok(path.as_path()), |at| path.as_path().strip_prefix(at.as_path()));
        let below = below.map_err(|_| Error::new(Kind::Bug, format!("{path} is not where it was found")))?;
        Ok(Some((nth, RelPath::new(below)?)))
    }

    /// Gives where the writes of the n-th overlay go.
    pub fn upper(&self, nth: usize) -> Result<RelPath> {
        self.dir.join(upper(nth)?)
    }

    /// Gives the kernel's scratch for the n-th overlay.
    pub fn work(&self, nth: usize) -> Result<RelPath> {
        self.dir.join(work(nth)?)
    }

    /// Gives the mark that what the command removed of what was laid out has a whiteout now.
    pub fn removals_noted(&self) -> Result<RelPath> {
        self.dir.join("removals-noted")
    }

    /// Gives what stands in the place of the session's directory inside the view.
    pub fn links(&self) -> Result<RelPath> {
        self.dir.join(LINKS)
    }

    /// Makes what stands in the place of the session's directory.
    pub fn make_links(&self) -> Result<Dir> {
        let links = RelPath::new(LINKS)?;
        self.at.make_dir(&links)?;
        self.at.open_dir(&links)
    }

    /// Gives what names the view to the programs in it.
    pub fn id(&self) -> &OsStr {
        self.dir.file_name()
    }

    /// Gives what stands in the place of `.redraft/` inside the view.
    pub fn inside(&self) -> Result<RelPath> {
        self.dir.join(INSIDE)
    }

    /// Opens the directory of the socket, as it is outside of the view.
    pub fn desk(&self) -> Result<Dir> {
        self.at.open_dir(&RelPath::new(INSIDE)?.join(VIEWS)?)
    }

    /// Opens where the writes of the n-th overlay go.
    pub fn open_upper(&self, nth: usize) -> Result<Option<Dir>> {
        let upper = upper(nth)?;
        match self.at.find_dir(&upper) {
            // What a command did to a mounted directory's own mode; whoever looks after the view is about to fold it.
            Err(error) if error.is_errno(Errno::ACCESS) && self.lock.is_some() => {
                self.at.open_up(&upper)?;
                self.at.find_dir(&upper)
            }
            other => other,
        }
    }

    /// Opens what stands in the place of the session's directory.
    pub fn open_links(&self) -> Result<Option<Dir>> {
        self.at.find_dir(&RelPath::new(LINKS)?)
    }

    /// Gives where it is noted which mount namespace the command lives in.
    pub fn namespace(&self) -> Result<RelPath> {
        self.dir.join(NAMESPACE)
    }

    /// Tells whether a process still works in it.
    pub fn is_inhabited(&self) -> Result<bool> {
        self.inhabitant().map(|pid| pid.is_some())
    }

    /// Finds a process that works in it.
    pub fn inhabitant(&self) -> Result<Option<u32>> {
        let Some(namespace) = self.at.find(&RelPath::new(NAMESPACE)?, MAX_BYTES)? else {
            return Ok(None);
        };
        overlay::inhabitant(&namespace, &mounted(self.id()))
            .map_err(|errno| Error::io("look into", "/proc".as_ref(), &errno.into()))
    }

    /// Opens the views that somebody works in and that take part in commands while that goes on: those of whole programs,
    /// and the one that this call comes from.
    pub fn in_use(project: &Project, inside: Option<&OsStr>) -> Result<Vec<Self>> {
        let Some(views) = project.dir.find_dir(&project.private_dir(VIEWS))? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for id in views.into_names()? {
            if !is_program(&id) && inside != Some(&id) {
                continue;
            }
            if let Some(view) = Self::look(project, &id)? {
                found.push(view);
            }
        }
        Ok(found)
    }

    /// Opens a view without looking after it.
    pub fn look(project: &Project, id: &OsStr) -> Result<Option<Self>> {
        let dir = all(project).join(id)?;
        let Some(at) = project.dir.find_dir(&dir)? else { return Ok(None) };
        let Some(record) = Self::record(&at)? else { return Ok(None) };
        Ok(Some(Self::of(dir, at, record, None)))
    }

    fn record(at: &Dir) -> Result<Option<Record>> {
        let Some(json) = at.find(&RelPath::new(RECORD)?, MAX_BYTES)? else { return Ok(None) };
        serde_json::from_slice(&json)
            .map(Some)
            .map_err(|e| Error::corrupt(format!("{}/{RECORD} cannot be read: {e}", at.path().display())))
    }

    /// Tells whether a view is still there.
    pub fn exists(project: &Project, id: &OsStr) -> Result<bool> {
        Ok(project.dir.stat(&project.private_dir(VIEWS).join(id)?)?.is_some())
    }

    /// Opens a view that nobody looks after; `None` where somebody does, or where it is gone.
    pub fn take_over(project: &Project, id: &OsStr) -> Result<Option<Self>> {
        let dir = all(project).join(id)?;
        let Some(at) = project.dir.find_dir(&dir)? else { return Ok(None) };
        if at.stat(&RelPath::new(LOCK)?)?.is_none() {
            // It is being made or taken away by somebody, or that is all that is left of it.
            project.dir.remove_empty_dir(&dir)?;
            return Ok(None);
        }
        let lock = match Lock::try_exclusive(project, Which::View(&dir), "recover") {
            Ok(Some(lock)) => lock,
            Ok(None) => return Ok(None),
            // Whoever looked after it has taken it away by now.
            Err(error) if error.is_absent() => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(record) = Self::record(&at)? else {
            // Its record comes before anything is mounted and goes when all is folded.
            remove_rest(project, &dir, &at)?;
            return Ok(None);
        };
        Ok(Some(Self::of(dir, at, record, Some(lock))))
    }

    /// Lists the views that nobody looks after and nobody works in.
    pub fn left_behind(project: &Project) -> Result<Vec<Self>> {
        let Some(views) = project.dir.find_dir(&project.private_dir(VIEWS))? else { return Ok(Vec::new()) };
        let mut left = Vec::new();
        for id in views.into_names()? {
            if let Some(view) = Self::take_over(project, &id)?
                && !view.is_inhabited()?
            {
                left.push(view);
            }
        }
        Ok(left)
    }

    /// Removes what is left of a view that was folded. The record goes first: from then on nobody folds it again.
    pub fn remove(self, project: &Project) -> Result<()> {
        self.at.remove_file(&RelPath::new(RECORD)?)?;
        remove_rest(project, &self.dir, &self.at)
    }
}

/// Gives where all views are, below the project.
pub fn all(project: &Project) -> RelPath {
    project.private_dir(VIEWS)
}

/// Gives the view in which this very process runs, whatever its environment says: inside a view nothing is seen of views but
/// the socket of that one.
pub fn of_this_process(project: &Project) -> Result<Option<OsString>> {
    let Some(views) = project.dir.find_dir(&all(project))? else { return Ok(None) };
    for id in views.names_up_to(2)? {
        if views.stat(&RelPath::new(&id)?)?.is_some_and(|stat| stat.kind == FileKind::Special) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Gives what stands in the description of a view's mounts.
fn mounted(id: &OsStr) -> Vec<u8> {
    [b"/", id.as_bytes(), b"/upper-"].concat()
}

fn upper(nth: usize) -> Result<RelPath> {
    RelPath::new(format!("upper-{nth}"))
}

fn work(nth: usize) -> Result<RelPath> {
    RelPath::new(format!("work-{nth}"))
}

/// Removes a view's directory, the lock last.
pub(super) fn remove_rest(project: &Project, dir: &RelPath, at: &Dir) -> Result<()> {
    for name in at.names()?.iter().filter(|name| *name != LOCK) {
        at.remove_closed_tree(&RelPath::new(name)?)?;
    }
    at.remove_file(&RelPath::new(LOCK)?)?;
    project.dir.remove_empty_dir(dir).map(drop)
}
