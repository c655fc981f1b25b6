//! What one command writes, until it is folded: `workspace/.redraft/views/<session>.<inode>.<n>/`.
//!
//! `lock` is held by whoever looks after the view and is let go by the kernel when that process dies; `view.json` says
//! which directory is seen where; `namespace` names the mount namespace, so that a view whose keeper died is not taken apart
//! while a process still works in it. The rest are the directories that the overlays need.

use std::ffi::OsStr;

use serde::{Deserialize, Serialize};

use super::shape::Shape;
use crate::error::{Error, Kind, Result};
use crate::fs::overlay;
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

/// The most that the record may hold, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

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
    _lock: Lock,
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
}

impl View {
    /// Makes the directory of a new view.
    pub fn create(project: &Project, layer: &Layer<'_>, shape: &Shape) -> Result<Self> {
        let views = project.private_dir(VIEWS);
        project.dir.make_dirs(&views)?;
        let session_ino = layer.dir.stat_self()?.ino;
        for n in 0..100_000_u32 {
            let dir = views.join(format!("{}.{session_ino}.{n}", layer.name))?;
            if !project.dir.make_dir(&dir)? {
                continue;
            }
            match Self::furnish(project, dir, layer, session_ino, shape) {
                // Whoever looks for views left behind may have taken an empty one away.
                Ok(None) => {}
                Err(error) if error.is_absent() => {}
                Ok(Some(view)) => return Ok(view),
                Err(error) => return Err(error),
            }
        }
        Err(Error::refused(format!("{views} has no free name")))
    }

    fn furnish(
        project: &Project,
        dir: RelPath,
        layer: &Layer<'_>,
        session_ino: u64,
        shape: &Shape,
    ) -> Result<Option<Self>> {
        let Some(lock) = Lock::try_exclusive(project, Which::View(&dir), "-c")? else { return Ok(None) };
        let (session, mounts, laid) = (layer.name.clone(), shape.mounted(), shape.laid());
        let record = Record { session, session_ino, mounts, laid };
        let json = serde_json::to_vec(&record).map_err(|e| Error::new(Kind::Bug, e.to_string()))?;
        project.dir.write_atomic(&dir.join(RECORD)?, &json, false)?;
        let view = Self::of(project, dir, record, lock)?;
        for nth in 0..view.mounts.len() {
            project.dir.make_dir(&view.upper(nth)?)?;
            project.dir.make_dir(&view.work(nth)?)?;
        }
        Ok(Some(view))
    }

    fn of(project: &Project, dir: RelPath, record: Record, lock: Lock) -> Result<Self> {
        let made = project.dir.stat(&dir)?.map_or(0, |stat| stat.btime.unwrap_or(stat.mtime));
        let Record { session, session_ino, mounts, laid } = record;
        Ok(Self { dir, session, session_ino, made, mounts, laid, _lock: lock })
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

    /// Gives where it is noted which mount namespace the command lives in.
    pub fn note(&self) -> Result<RelPath> {
        self.dir.join(NAMESPACE)
    }

    /// Tells whether a process still works in it.
    pub fn is_inhabited(&self, project: &Project) -> Result<bool> {
        let Some(namespace) = project.dir.find(&self.note()?, MAX_BYTES)? else {
            return Ok(false);
        };
        overlay::is_inhabited(&namespace, format!("/{}/upper-", self.id().to_string_lossy()).as_bytes())
            .map_err(|errno| Error::io("look into", "/proc".as_ref(), &errno.into()))
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
        let Some(json) = project.dir.find(&dir.join(RECORD)?, MAX_BYTES)? else {
            // Its record comes before anything is mounted and goes when all is folded.
            remove_rest(project, &dir)?;
            return Ok(None);
        };
        let record = serde_json::from_slice(&json)
            .map_err(|e| Error::corrupt(format!("{dir}/{RECORD} cannot be read: {e}")))?;
        Self::of(project, dir, record, lock).map(Some)
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
