//! Many paths in tree order, at the cost of one call each: the directory last used stays open.
//!
//! `Dir::stat` opens, looks and closes, walking the whole path every time. Whoever asks about ten thousand files of a
//! few hundred directories asks a [`Cursor`] instead.

use std::path::Path;

use super::{Dir, FileKind, Look, Stat};
use crate::error::Result;
use crate::relpath::RelPath;

/// Looks at and reads paths below a directory, remembering where it was.
#[derive(Debug)]
pub struct Cursor<'a> {
    root: &'a Dir,
    here: Option<(RelPath, Here)>,
}

/// What the directory last asked about is.
#[derive(Debug)]
enum Here {
    Open(Dir),
    Absent,
    /// It, or something above it, is no directory.
    Blocked,
}

impl<'a> Cursor<'a> {
    /// Starts at a directory.
    pub fn new(root: &'a Dir) -> Self {
        Self { root, here: None }
    }

    /// Gives the directory it started at.
    pub fn root(&self) -> &'a Dir {
        self.root
    }

    /// Looks at a path without following links; `None` when nothing is there.
    pub fn stat(&mut self, path: &RelPath) -> Result<Option<Stat>> {
        Ok(match self.look(path)? {
            Look::Found(stat) => Some(stat),
            Look::Absent | Look::Blocked => None,
        })
    }

    /// Looks at a path without following links, and tells "absent" from "a file is in the way".
    pub fn look(&mut self, path: &RelPath) -> Result<Look> {
        let dir = match path.parent_path() {
            None => self.root,
            Some(parent) => match self.enter(parent)? {
                Here::Open(dir) => dir,
                Here::Absent => return Ok(Look::Absent),
                Here::Blocked => return Ok(Look::Blocked),
            },
        };
        Ok(dir.stat_name(path.file_name())?.map_or(Look::Absent, Look::Found))
    }

    /// Reads a regular file of at most `limit` bytes.
    pub fn read(&mut self, path: &RelPath, limit: u64) -> Result<Vec<u8>> {
        let root = self.root;
        match path.parent_path().map(|parent| self.enter(parent)).transpose()? {
            Some(Here::Open(dir)) => dir.read(&RelPath::new(path.file_name())?, limit),
            _ => root.read(path, limit),
        }
    }

    /// Reads a file of at most `limit` bytes, or where a link points; nothing of anything else.
    pub fn content(&mut self, path: &RelPath, kind: FileKind, limit: u64) -> Result<Vec<u8>> {
        match kind {
            FileKind::File => self.read(path, limit),
            FileKind::Symlink => Ok(self.root.read_link(path)?.into_os_string().into_encoded_bytes()),
            _ => Ok(Vec::new()),
        }
    }

    fn enter(&mut self, parent: &Path) -> Result<&Here> {
        let there = self.here.take_if(|(path, _)| path.as_path().as_os_str() == parent.as_os_str());
        let (path, here) = match there {
            Some(there) => there,
            None => {
                let parent = RelPath::new(parent)?;
                let here = match self.root.find_dir(&parent)? {
                    Some(dir) => Here::Open(dir),
                    None => match self.root.look(&parent)? {
                        Look::Found(stat) if stat.is_dir() => Here::Absent,
                        Look::Found(_) | Look::Blocked => Here::Blocked,
                        Look::Absent => Here::Absent,
                    },
                };
                (parent, here)
            }
        };
        Ok(&self.here.insert((path, here)).1)
    }
}
