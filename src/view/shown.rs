//! What a view that programs go on working in shows, as of the last comparison with its session: `shown.jsonl` in the
//! view's directory, a line for each entry of the upper directories that both know.
//!
//! An entry that is still what it was is no news, whatever session and project have become meanwhile; without that, a file
//! that landed and was then changed in the project would be taken for a change back. What no line tells of is news. Whether a file
//! is what it was is seen from its inode, size and times; where it was noted in the same moment in which it was written,
//! from its content.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::upper::View;
use crate::error::{Error, Kind, Result};
use crate::fs::copy::Hash;
use crate::fs::{Dir, FileKind, Stat};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::changes::hash_entry;

/// The file, in the view's directory.
const FILE: &str = "shown.jsonl";

/// The most that it may hold, in bytes: half a million entries.
const MAX_BYTES: u64 = 128 * 1024 * 1024;

/// A change within so many nanoseconds before a file was noted may have come after it was read.
const MOMENT: i64 = 50_000_000;

/// One entry as both knew it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub enum Known {
    /// A file or link.
    File(KnownFile),
    /// Something of the project is hidden.
    Whiteout,
    /// A directory that hides what the project has in it.
    Opaque,
    /// An empty directory that the session has, too.
    Directory,
}

/// A file or link as both knew it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFile {
    ino: u64,
    size: u64,
    mode: u32,
    mtime: i64,
    ctime: i64,
    hash: String,
    /// It may have been written again in the moment in which it was read.
    #[serde(default)]
    recent: bool,
}

impl KnownFile {
    /// Notes a file by what was seen before its content was read.
    pub fn new(stat: &Stat, hash: Hash, now: DateTime<Utc>) -> Self {
        let now = now.timestamp_nanos_opt().unwrap_or(i64::MIN);
        Self {
            ino: stat.ino,
            size: stat.size,
            mode: stat.mode,
            mtime: stat.mtime,
            ctime: stat.ctime,
            hash: hash.to_hex(),
            recent: stat.ctime > now.saturating_sub(MOMENT),
        }
    }

    /// Tells whether this was its content.
    pub fn had(&self, hash: Hash) -> bool {
        self.hash == hash.to_hex()
    }

    /// Tells whether a file of an upper directory is what it was.
    pub fn is_still(&self, upper: &Dir, own: &RelPath, stat: &Stat) -> Result<bool> {
        let seen = (stat.ino, stat.size, stat.mtime, stat.ctime, stat.mode);
        if seen == (self.ino, self.size, self.mtime, self.ctime, self.mode) && !self.recent {
            return Ok(true);
        }
        if (stat.size, stat.mode) != (self.size, self.mode) {
            return Ok(false);
        }
        hash_entry(upper, own, stat.kind).map(|hash| self.had(hash))
    }
}

#[derive(Serialize, Deserialize)]
struct Line {
    path: RelPath,
    #[serde(flatten)]
    known: Known,
}

/// What a view shows.
#[derive(Debug, Default)]
pub struct Shown {
    entries: BTreeMap<RelPath, Known>,
    changed: bool,
}

impl Shown {
    /// Gives where it is written down.
    pub fn path(view: &View) -> Result<RelPath> {
        view.dir.join(FILE)
    }

    /// Tells whether a view was ever compared.
    pub fn exists(view: &View) -> Result<bool> {
        Ok(view.at.stat(&RelPath::new(FILE)?)?.is_some())
    }

    /// Reads what is known of a view; nothing where it was never compared.
    pub fn read(project: &Project, view: &View) -> Result<Self> {
        let Some(bytes) = project.dir.find(&Self::path(view)?, MAX_BYTES)? else {
            return Ok(Self::default());
        };
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mut entries = BTreeMap::new();
        for line in lines {
            let line: Line = serde_json::from_slice(line)
                .map_err(|e| Error::corrupt(format!("{}/{FILE} cannot be read: {e}", view.dir)))?;
            entries.insert(line.path, line.known);
        }
        Ok(Self { entries, changed: false })
    }

    /// Writes it down, if it is not what was read.
    pub fn write(&mut self, project: &Project, view: &View) -> Result<()> {
        if !self.changed {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for (path, known) in &self.entries {
            let line = Line { path: path.clone(), known: known.clone() };
            serde_json::to_writer(&mut bytes, &line).map_err(|e| Error::new(Kind::Bug, e.to_string()))?;
            bytes.push(b'\n');
        }
        project.dir.write_atomic(&Self::path(view)?, &bytes, false)?;
        self.changed = false;
        Ok(())
    }

    /// Gives what is known of a path.
    pub fn get(&self, path: &RelPath) -> Option<&Known> {
        self.entries.get(path)
    }

    /// Gives the file that is known at a path.
    pub fn file(&self, path: &RelPath) -> Option<&KnownFile> {
        match self.entries.get(path) {
            Some(Known::File(file)) => Some(file),
            _ => None,
        }
    }

    /// Notes what a path shows.
    pub fn put(&mut self, path: &RelPath, known: Known) {
        if self.entries.get(path) != Some(&known) {
            self.entries.insert(path.clone(), known);
            self.changed = true;
        }
    }

    /// Forgets a path.
    pub fn forget(&mut self, path: &RelPath) {
        self.changed |= self.entries.remove(path).is_some();
    }

    /// Gives everything that is known.
    pub fn entries(&self) -> impl Iterator<Item = (&RelPath, &Known)> {
        self.entries.iter()
    }

    /// Tells whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Notes a file of an upper directory with its content.
pub fn note(shown: &mut Shown, path: &RelPath, stat: &Stat, hash: Hash, now: DateTime<Utc>) {
    if matches!(stat.kind, FileKind::File | FileKind::Symlink) {
        shown.put(path, Known::File(KnownFile::new(stat, hash, now)));
    }
}
