//! Directory trees: list, walk and remove them, never through a link, never deeper than [`MAX_DEPTH`].

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use rustix::fs::FileType;

use super::{Dir, FileKind, Look, Stat};
use crate::error::{Error, Result};
use crate::relpath::RelPath;

/// Directories nested deeper than this are refused rather than walked.
pub const MAX_DEPTH: usize = 256;

/// What a walk does after an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Goes into a directory.
    Into,
    /// Leaves it out.
    Over,
}

impl Dir {
    /// Lists the names in this directory, sorted by bytes.
    pub fn names(&self) -> Result<Vec<OsString>> {
        self.names_up_to(usize::MAX)
    }

    /// Lists the first names that the directory gives, at most `limit`, sorted by bytes.
    pub fn names_up_to(&self, limit: usize) -> Result<Vec<OsString>> {
        let reader = rustix::fs::Dir::read_from(&self.fd).map_err(|e| super::io("list", self.path(), e))?;
        listed(reader, limit, &self.path)
    }

    /// Lists the names where nothing else is wanted of the directory: then it is not opened again to be read.
    pub fn into_names(self) -> Result<Vec<OsString>> {
        let Self { fd, path } = self;
        let reader = rustix::fs::Dir::new(fd).map_err(|e| super::io("list", &path, e))?;
        listed(reader, usize::MAX, &path)
    }

    /// Lists the directories directly in this one with their inode numbers, sorted by bytes.
    pub fn directories(&self) -> Result<Vec<(OsString, u64)>> {
        let mut found = Vec::new();
        self.each_directory(&mut |name, ino| found.push((name, ino)))?;
        found.sort_unstable();
        Ok(found)
    }

    /// Visits the directories directly in this one with their inode numbers, in whatever order they come. Nothing is looked
    /// at where the directory itself knows what its names are.
    pub fn each_directory(&self, visit: &mut dyn FnMut(OsString, u64)) -> Result<()> {
        let reader = rustix::fs::Dir::read_from(&self.fd).map_err(|e| super::io("list", self.path(), e))?;
        for entry in reader {
            let entry = entry.map_err(|e| super::io("list", self.path(), e))?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let name = OsString::from_vec(name.to_vec());
            let is_dir = match entry.file_type() {
                FileType::Directory => true,
                FileType::Unknown => self.stat_name(&name)?.is_some_and(|stat| stat.is_dir()),
                _ => false,
            };
            if is_dir {
                visit(name, entry.ino());
            }
        }
        Ok(())
    }

    /// Visits everything below this directory in order, parents before children.
    ///
    /// `prefix` stands before every path given to `visit` (the directory's own path in the tree that is asked about).
    /// An entry that vanishes while it is looked at is left out.
    pub fn walk(
        &self,
        prefix: Option<&RelPath>,
        visit: &mut dyn FnMut(&Dir, &RelPath, &Stat) -> Result<Step>,
    ) -> Result<()> {
        self.walk_to(prefix, 0, visit)
    }

    fn walk_to(
        &self,
        prefix: Option<&RelPath>,
        depth: usize,
        visit: &mut dyn FnMut(&Dir, &RelPath, &Stat) -> Result<Step>,
    ) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(self.too_deep());
        }
        for name in self.names()? {
            let Some(stat) = self.stat_name(&name)? else { continue };
            let rel = match prefix {
                Some(prefix) => prefix.join(&name)?,
                None => RelPath::new(&name)?,
            };
            if visit(self, &rel, &stat)? == Step::Into && stat.is_dir() {
                let Some(below) = self.find_dir(&RelPath::new(&name)?)? else { continue };
                below.walk_to(Some(&rel), depth + 1, visit)?;
            }
        }
        Ok(())
    }

    /// Lists the directories below this one, and its regular files and links, each in the order of a walk. A name at the top is left
    /// out, with what is below it, unless it is `wanted`. Nothing is looked at where a directory itself knows what its names are.
    pub fn names_below(&self, wanted: &dyn Fn(&RelPath) -> bool) -> Result<(Vec<RelPath>, Vec<RelPath>)> {
        let mut found = (Vec::new(), Vec::new());
        self.names_below_to(None, 0, wanted, &mut found)?;
        Ok(found)
    }

    fn names_below_to(
        &self,
        prefix: Option<&RelPath>,
        depth: usize,
        wanted: &dyn Fn(&RelPath) -> bool,
        found: &mut (Vec<RelPath>, Vec<RelPath>),
    ) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(self.too_deep());
        }
        let reader = rustix::fs::Dir::read_from(&self.fd).map_err(|e| super::io("list", self.path(), e))?;
        let mut here = Vec::new();
        for entry in reader {
            let entry = entry.map_err(|e| super::io("list", self.path(), e))?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => match self.stat_name(name)? {
                    Some(stat) => stat.kind,
                    None => continue,
                },
                FileType::RegularFile => FileKind::File,
                FileType::Directory => FileKind::Directory,
                FileType::Symlink => FileKind::Symlink,
                _ => continue,
            };
            let path = prefix.map_or_else(|| RelPath::new(name), |prefix| prefix.join(name))?;
            if prefix.is_some() || wanted(&path) {
                here.push((path, kind));
            }
        }
        here.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (path, kind) in here {
            match kind {
                FileKind::Directory => {
                    let below = self.find_dir(&RelPath::new(path.file_name())?)?;
                    found.0.push(path.clone());
                    if let Some(below) = below {
                        below.names_below_to(Some(&path), depth + 1, wanted, found)?;
                    }
                }
                FileKind::File | FileKind::Symlink => found.1.push(path),
                FileKind::Whiteout | FileKind::Special => {}
            }
        }
        Ok(())
    }

    fn too_deep(&self) -> Error {
        Error::refused(format!("{} is nested deeper than {MAX_DEPTH}", self.path().display()))
    }

    /// Finds what is no directory at a path or above it: nothing can be made below that.
    pub fn in_the_way(&self, rel: &RelPath) -> Result<Option<RelPath>> {
        let mut at = Some(rel.clone());
        while let Some(path) = at {
            match self.look(&path)? {
                Look::Found(stat) => return Ok((!stat.is_dir()).then_some(path)),
                Look::Absent | Look::Blocked => at = path.parent(),
            }
        }
        Ok(None)
    }

    /// Removes whatever lies at `rel`, with everything below it; links are removed, not followed.
    pub fn remove_tree(&self, rel: &RelPath) -> Result<()> {
        match self.stat(rel)? {
            None => Ok(()),
            Some(stat) if !stat.is_dir() => self.remove_file(rel).map(drop),
            Some(_) => {
                let dir = self.open_dir(rel)?;
                for name in dir.names()? {
                    dir.remove_tree(&RelPath::new(&name)?)?;
                }
                self.remove_empty_dir(rel).map(drop)
            }
        }
    }

    /// Removes empty directories from `rel` upwards, as far as they are empty, not including `top` and above.
    pub fn prune_empty(&self, rel: Option<RelPath>, top: Option<&RelPath>) -> Result<()> {
        let mut current = rel;
        while let Some(dir) = current {
            if top.is_some_and(|top| top.is_within(&dir)) || !self.remove_empty_dir(&dir)? {
                return Ok(());
            }
            current = dir.parent();
        }
        Ok(())
    }
}

/// Gives the first names that a directory gives, at most `limit`, sorted by bytes.
fn listed(reader: rustix::fs::Dir, limit: usize, path: &Path) -> Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in reader {
        let entry = entry.map_err(|e| super::io("list", path, e))?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(OsString::from_vec(name.to_vec()));
        }
        if names.len() >= limit {
            break;
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test makes its ground")]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_a_walk_visits_them() {
        let scratch = tempfile::tempdir().unwrap();
        for dir in ["a/b/c", "a.b", "a-/x", "left/out", "z"] {
            std::fs::create_dir_all(scratch.path().join(dir)).unwrap();
        }
        for file in ["a/b/c/1", "a/b/2", "a/b.", "a.b/3", "a-/x/4", "left/out/5", "a0", "top"] {
            std::fs::write(scratch.path().join(file), file).unwrap();
        }
        std::os::unix::fs::symlink("top", scratch.path().join("a/link")).unwrap();
        std::os::unix::fs::symlink("a", scratch.path().join("to-a")).unwrap();
        let dir = Dir::open_ambient(scratch.path()).unwrap();
        dir.put_whiteout(&RelPath::new("z/gone").unwrap()).unwrap();
        let wanted = |path: &RelPath| path.top() != "left";
        let (mut dirs, mut files) = (Vec::new(), Vec::new());
        dir.walk(None, &mut |_, path, stat| {
            match stat.kind {
                _ if !wanted(path) => return Ok(Step::Over),
                FileKind::Directory => dirs.push(path.clone()),
                FileKind::File | FileKind::Symlink => files.push(path.clone()),
                FileKind::Whiteout | FileKind::Special => {}
            }
            Ok(Step::Into)
        })
        .unwrap();
        assert!(dirs.len() == 7 && files.len() >= 9, "{dirs:?} {files:?}");
        assert_eq!(dir.names_below(&wanted).unwrap(), (dirs, files));
    }
}
