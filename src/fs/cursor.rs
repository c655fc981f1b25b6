//! Many paths in tree order, at the cost of one call each: the directory last used stays open.
//!
//! `Dir::stat` opens, looks and closes, walking the whole path every time. Whoever asks about ten thousand files of a
//! few hundred directories asks a [`Cursor`] instead.

use std::path::Path;

use super::{Dir, FileKind, Stat};
use crate::error::Result;
use crate::relpath::RelPath;

/// Looks at and reads paths below a directory, remembering where it was.
#[derive(Debug)]
pub struct Cursor<'a> {
    root: &'a Dir,
    here: Option<(RelPath, Option<Dir>)>,
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
        match path.parent_path() {
            None => self.root.stat_name(path.file_name()),
            Some(parent) => match self.enter(parent)? {
                Some(dir) => dir.stat_name(path.file_name()),
                None => Ok(None),
            },
        }
    }

    /// Reads a regular file of at most `limit` bytes.
    pub fn read(&mut self, path: &RelPath, limit: u64) -> Result<Vec<u8>> {
        let root = self.root;
        match path.parent_path().map(|parent| self.enter(parent)).transpose()?.flatten() {
            Some(dir) => dir.read(&RelPath::new(path.file_name())?, limit),
            None => root.read(path, limit),
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

    fn enter(&mut self, parent: &Path) -> Result<Option<&Dir>> {
        if self.here.as_ref().is_none_or(|(path, _)| path.as_path().as_os_str() != parent.as_os_str()) {
            let parent = RelPath::new(parent)?;
            let dir = self.root.find_dir(&parent)?;
            self.here = Some((parent, dir));
        }
        Ok(self.here.as_ref().and_then(|(_, dir)| dir.as_ref()))
    }
}
