//! What one command writes, until it is folded: `workspace/.redraft/views/<session>.<inode>.<n>/`.
//!
//! `lock` is held by whoever looks after the view and is let go by the kernel when that process dies; `view.json` says
//! which directory is seen where; `namespace` names the mount namespace, so that a view whose keeper died is not taken apart
//! while a process still works in it; `inside` is what the view shows in the place of `.redraft/`, in which a search would
//! find everything a second time: the socket of whoever carries out commands for the view ([`super::desk`]), under the
//! view's own name. The rest are the directories that the overlays need. The view of a whole program ends in `.run`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use serde::{Deserialize, Serialize};

use super::shape::Shape;
use crate::error::{Error, Kind, Result};
use crate::fs::{FileKind, overlay};
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::layer::Layer;
use crate::store::lock::{Lock, Which};

/// The directory of all views, under `.redraft/`.
const VIEWS: &str = "views";

/// The lock of whoever looks after a view, in its directory (as [`Which::View`] has it).
const LOCK: &str = "lock";

/// Where the record is, in a view's directory.
const RECORD: &str = "view.json";

/// Where the command's mount namespace is noted, in a view's directory.
const NAMESPACE: &str = "namespace";

/// What the name of a whole program's view ends in.
const PROGRAM: &[u8] = b".run";

/// The most that the record may hold, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Tells from its name whether a view is a whole program's.
pub fn is_program(id: &OsStr) -> bool {
    id.as_bytes().ends_with(PROGRAM)
}

/// One view's directory.
#[derive(Debug)]
pub struct View {
    /// Where it is.
    pub dir: RelPath,
    /// Whose view it is.
    pub session: SessionName,
    /// The inode of the session's directory: a later session of the same name has another.
    pub session_ino: u64,
    /// When it was made, in nanoseconds since the epoch, by the clock of the file system.
    pub made: i64,
    /// What is mounted where.
    pub mounts: Vec<Mounted>,
    /// Names at the top of the project that were laid into the first upper directory.
    pub laid: Vec<RelPath>,
    /// Who decides which session it shows.
    pub shows: Shows,
    _lock: Option<Lock>,
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

#[derive(Serialize, Deserialize)]
struct Record {
    session: SessionName,
    session_ino: u64,
    mounts: Vec<Mounted>,
    laid: Vec<RelPath>,
    #[serde(default)]
    shows: Shows,
}

impl View {
    /// Makes the directory of a new view; `shows` where it is that of a whole program.
    pub fn create(
        project: &Project,
        layer: &Layer<'_>,
        shape: &Shape,
        shows: Option<&Shows>,
    ) -> Result<Self> {
        let views = project.private_dir(VIEWS);
        project.dir.make_dirs(&views)?;
        let session_ino = layer.dir.stat_self()?.ino;
        for n in 0..100_000_u32 {
            let program = shows.map_or("", |_| ".run");
            let dir = views.join(format!("{}.{session_ino}.{n}{program}", layer.name))?;
            if !project.dir.make_dir(&dir)? {
                continue;
            }
            let record = Record {
                session: layer.name.clone(),
                session_ino,
                mounts: shape.mounted(),
                laid: shape.laid(),
                shows: shows.cloned().unwrap_or_default(),
            };
            match Self::furnish(project, dir, record) {
                // Whoever looks for views left behind may have taken an empty one away.
                Ok(None) => {}
                Err(error) if error.is_absent() => {}
                Ok(Some(view)) => return Ok(view),
                Err(error) => return Err(error),
            }
        }
        Err(Error::refused(format!("{views} has no free name")))
    }

    fn furnish(project: &Project, dir: RelPath, record: Record) -> Result<Option<Self>> {
        let Some(lock) = Lock::try_exclusive(project, Which::View(&dir), "-c")? else { return Ok(None) };
        let view = Self::of(project, dir, record, Some(lock))?;
        view.note(project)?;
        project.dir.make_dir(&view.inside()?)?;
        project.dir.make_dir(&view.inside()?.join(VIEWS)?)?;
        for nth in 0..view.mounts.len() {
            project.dir.make_dir(&view.upper(nth)?)?;
            project.dir.make_dir(&view.work(nth)?)?;
        }
        Ok(Some(view))
    }

    fn of(project: &Project, dir: RelPath, record: Record, lock: Option<Lock>) -> Result<Self> {
        let made = project.dir.stat(&dir)?.map_or(0, |stat| stat.btime.unwrap_or(stat.mtime));
        let Record { session, session_ino, mounts, laid, shows } = record;
        Ok(Self { dir, session, session_ino, made, mounts, laid, shows, _lock: lock })
    }

    /// Writes the record.
    fn note(&self, project: &Project) -> Result<()> {
        let record = Record {
            session: self.session.clone(),
            session_ino: self.session_ino,
            mounts: self.mounts.clone(),
            laid: self.laid.clone(),
            shows: self.shows.clone(),
        };
        let json = serde_json::to_vec(&record).map_err(|e| Error::new(Kind::Bug, e.to_string()))?;
        project.dir.write_atomic(&self.dir.join(RECORD)?, &json, false)
    }

    /// Lets another session have what is written in the view from now on.
    pub fn belong_to(&mut self, project: &Project, layer: &Layer<'_>) -> Result<()> {
        self.session = layer.name.clone();
        self.session_ino = layer.dir.stat_self()?.ino;
        self.note(project)
    }

    /// Lets a window decide which session it shows.
    pub fn follow(&mut self, project: &Project, window: &str) -> Result<()> {
        if self.shows.window.as_deref() == Some(window) {
            return Ok(());
        }
        self.shows.window = Some(window.to_string());
        self.note(project)
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
        self.dir.join(format!("upper-{nth}"))
    }

    /// Gives the kernel's scratch for the n-th overlay.
    pub fn work(&self, nth: usize) -> Result<RelPath> {
        self.dir.join(format!("work-{nth}"))
    }

    /// Gives the mark that what the command removed of what was laid out has a whiteout now.
    pub fn removals_noted(&self) -> Result<RelPath> {
        self.dir.join("removals-noted")
    }

    /// Gives what stands in the place of the session's directory inside the view.
    pub fn links(&self) -> Result<RelPath> {
        self.dir.join("links")
    }

    /// Gives what names the view to the programs in it.
    pub fn id(&self) -> &OsStr {
        self.dir.file_name()
    }

    /// Gives what stands in the place of `.redraft/` inside the view.
    pub fn inside(&self) -> Result<RelPath> {
        self.dir.join("inside")
    }

    /// Gives the directory of the socket, as it is outside of the view.
    pub fn desk(&self) -> Result<RelPath> {
        self.inside()?.join(VIEWS)
    }

    /// Gives where it is noted which mount namespace the command lives in.
    pub fn namespace(&self) -> Result<RelPath> {
        self.dir.join(NAMESPACE)
    }

    /// Tells whether a process still works in it.
    pub fn is_inhabited(&self, project: &Project) -> Result<bool> {
        self.inhabitant(project).map(|pid| pid.is_some())
    }

    /// Finds a process that works in it.
    pub fn inhabitant(&self, project: &Project) -> Result<Option<u32>> {
        let Some(namespace) = project.dir.find(&self.namespace()?, MAX_BYTES)? else {
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
        for id in views.names()? {
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
        let dir = project.private_dir(VIEWS).join(id)?;
        let Some(record) = Self::record(project, &dir)? else { return Ok(None) };
        Self::of(project, dir, record, None).map(Some)
    }

    fn record(project: &Project, dir: &RelPath) -> Result<Option<Record>> {
        let Some(json) = project.dir.find(&dir.join(RECORD)?, MAX_BYTES)? else { return Ok(None) };
        serde_json::from_slice(&json)
            .map(Some)
            .map_err(|e| Error::corrupt(format!("{dir}/{RECORD} cannot be read: {e}")))
    }

    /// Tells whether a view is still there.
    pub fn exists(project: &Project, id: &OsStr) -> Result<bool> {
        Ok(project.dir.stat(&project.private_dir(VIEWS).join(id)?)?.is_some())
    }

    /// Opens a view that nobody looks after; `None` where somebody does, or where it is gone.
    pub fn take_over(project: &Project, id: &OsStr) -> Result<Option<Self>> {
        let dir = project.private_dir(VIEWS).join(id)?;
        if project.dir.stat(&dir.join(LOCK)?)?.is_none() {
            // It is being made or taken away by somebody, or that is all that is left of it.
            project.dir.remove_empty_dir(&dir)?;
            return Ok(None);
        }
        let Some(lock) = Lock::try_exclusive(project, Which::View(&dir), "recover")? else { return Ok(None) };
        let Some(record) = Self::record(project, &dir)? else {
            // Its record comes before anything is mounted and goes when all is folded.
            remove_rest(project, &dir)?;
            return Ok(None);
        };
        Self::of(project, dir, record, Some(lock)).map(Some)
    }

    /// Lists the views that nobody looks after and nobody works in.
    pub fn left_behind(project: &Project) -> Result<Vec<Self>> {
        let Some(views) = project.dir.find_dir(&project.private_dir(VIEWS))? else { return Ok(Vec::new()) };
        let mut left = Vec::new();
        for id in views.names()? {
            if let Some(view) = Self::take_over(project, &id)?
                && !view.is_inhabited(project)?
            {
                left.push(view);
            }
        }
        Ok(left)
    }

    /// Removes what is left of a view that was folded. The record goes first: from then on nobody folds it again.
    pub fn remove(self, project: &Project) -> Result<()> {
        project.dir.remove_file(&self.dir.join(RECORD)?)?;
        remove_rest(project, &self.dir)
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

/// Removes a view's directory, the lock last.
fn remove_rest(project: &Project, dir: &RelPath) -> Result<()> {
    let names = project.dir.find_dir(dir)?.map_or_else(|| Ok(Vec::new()), |open| open.names())?;
    for name in names.iter().filter(|name| *name != LOCK) {
        let path = dir.join(name)?;
        if name.as_encoded_bytes().starts_with(b"work-") {
            project.dir.remove_work(&path)?;
        } else {
            project.dir.remove_tree(&path)?;
        }
    }
    project.dir.remove_file(&dir.join(LOCK)?)?;
    project.dir.remove_empty_dir(dir).map(drop)
}
