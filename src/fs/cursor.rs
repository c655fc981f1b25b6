//! Many paths in tree order, at the cost of one call each: the directory last used stays open.
//!
//! `Dir::stat` opens, looks and closes, walking the whole path every time. Whoever asks about ten thousand files of a
//! few hundred directories asks a [`Cursor`] instead. A directory that somebody renames meanwhile is followed to where it
//! went, as by any program that works in it; one that the asker himself removes or makes must be forgotten
//! ([`Cursor::forget`]).

use std::os::fd::AsFd as _;
use std::path::Path;

use rustix::io::Errno;

use super::copy::{self, Hash};
use super::{Dir, FileKind, Look, Onto, Stat, io, renameat};
use crate::error::Result;
use crate::relpath::{RelPath, same_bytes};

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

    /// Renames, also to where another cursor is, on the same file system.
    pub fn rename(&mut self, from: &RelPath, other: &mut Self, to: &RelPath, onto: Onto) -> Result<()> {
        let (from_root, to_root) = (self.root, other.root);
        let from_dir =
            self.directory_of(from)?.map_err(|errno| io("rename", &from_root.full(from), errno))?;
        let to_dir = other.directory_of(to)?.map_err(|errno| io("rename onto", &to_root.full(to), errno))?;
        to_root.hit("rename", to)?;
        renameat((from_dir.fd.as_fd(), from.file_name()), (to_dir.fd.as_fd(), to.file_name()), onto).map_err(
            |errno| io(&format!("rename {} to", from_root.full(from).display()), &to_root.full(to), errno),
        )
    }

    /// Closes the directory last used: it may be another one by now.
    pub fn forget(&mut self) {
        self.here = None;
    }

    fn directory_of(&mut self, path: &RelPath) -> Result<std::result::Result<&Dir, Errno>> {
        let root = self.root;
        Ok(match path.parent_path().map(|parent| self.enter(parent)).transpose()? {
            None => Ok(root),
            Some(Here::Open(dir)) => Ok(dir),
            Some(Here::Absent) => Err(Errno::NOENT),
            Some(Here::Blocked) => Err(Errno::NOTDIR),
        })
    }

    /// Reads a regular file of at most `limit` bytes.
    pub fn read(&mut self, path: &RelPath, limit: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_into(path, None, limit, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads a file of at most `limit` bytes, or where a link points; nothing of anything else.
    pub fn content(&mut self, path: &RelPath, kind: FileKind, limit: u64) -> Result<Vec<u8>> {
        match kind {
            FileKind::File => self.read(path, limit),
            FileKind::Symlink => Ok(self.root.read_link(path)?.into_os_string().into_encoded_bytes()),
            _ => Ok(Vec::new()),
        }
    }

    /// Reads a regular file of at most `limit` bytes, whose size was looked at, in the place of what `room` holds.
    pub fn read_seen(&mut self, path: &RelPath, size: u64, limit: u64, room: &mut Vec<u8>) -> Result<()> {
        self.read_into(path, Some(size), limit, room)
    }

    fn read_into(&mut self, path: &RelPath, size: Option<u64>, limit: u64, room: &mut Vec<u8>) -> Result<()> {
        let (dir, below) = self.place_of(path)?;
        let seen = size.is_some();
        let (file, size) =
            dir.try_open(below, size)?.map_err(|errno| dir.explain_at("read", below, errno))?;
        super::read::read_into(&file, limit, size, seen, room, &|| dir.path().join(below))
    }

    /// Hashes a file's content, or where a link points.
    pub fn hash(&mut self, path: &RelPath, kind: FileKind) -> Result<Hash> {
        self.hash_into(path, kind, None, &mut Vec::new()).map(|(hash, _)| hash)
    }

    /// The same for what was just looked at; a small file's content is in `room` afterwards, in the place of what was there, and
    /// it is told whether it is.
    pub fn hash_seen(&mut self, path: &RelPath, seen: &Stat, room: &mut Vec<u8>) -> Result<(Hash, bool)> {
        self.hash_into(path, seen.kind, seen.is_file().then_some(seen.size), room)
    }

    fn hash_into(
        &mut self,
        path: &RelPath,
        kind: FileKind,
        size: Option<u64>,
        room: &mut Vec<u8>,
    ) -> Result<(Hash, bool)> {
        if kind == FileKind::Symlink {
            let target = self.root.read_link(path)?;
            return Ok((Hash::of(target.as_os_str().as_encoded_bytes()), false));
        }
        let (dir, below) = self.place_of(path)?;
        copy::hash_into(dir, below, size, room)
    }

    /// Gives the directory that holds a path where it is open, else the root; and the path below that.
    fn place_of<'p>(&mut self, path: &'p RelPath) -> Result<(&Dir, &'p Path)> {
        let root = self.root;
        Ok(match path.parent_path().map(|parent| self.enter(parent)).transpose()? {
            Some(Here::Open(dir)) => (dir, Path::new(path.file_name())),
            _ => (root, path.as_path()),
        })
    }

    fn enter(&mut self, parent: &Path) -> Result<&Here> {
        let bytes = parent.as_os_str().as_encoded_bytes();
        let there = self.here.take_if(|(path, _)| same_bytes(path.as_bytes(), bytes));
        if let Some(there) = there {
            return Ok(&self.here.insert(there).1);
        }
        let path = RelPath::new(parent)?;
        let here = match self.root.find_dir(&path)? {
            Some(dir) => Here::Open(dir),
            None => match self.root.look(&path)? {
                Look::Found(stat) if !stat.is_dir() => Here::Blocked,
                Look::Blocked => Here::Blocked,
                Look::Found(_) | Look::Absent => Here::Absent,
            },
        };
        Ok(&self.here.insert((path, here)).1)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test makes its ground")]
mod tests {
    use super::*;

    fn rel(path: &str) -> RelPath {
        RelPath::new(path).unwrap()
    }

    #[test]
    fn it_finds_what_a_directory_finds() {
        let scratch = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(scratch.path().join("a/b")).unwrap();
        for path in ["top", "a/one", "a/b/two"] {
            std::fs::write(scratch.path().join(path), path).unwrap();
        }
        let dir = Dir::open_ambient(scratch.path()).unwrap();
        let mut cursor = Cursor::new(&dir);
        for path in
            ["top", "a", "a/one", "a/none", "none", "none/x", "none/x/y", "a/one/x", "a/one/x/y", "a/b/two"]
        {
            assert_eq!(cursor.look(&rel(path)).unwrap(), dir.look(&rel(path)).unwrap(), "{path}");
        }
        assert_eq!(cursor.hash(&rel("a/b/two"), FileKind::File).unwrap(), Hash::of(b"a/b/two"));
        assert_eq!(cursor.read(&rel("top"), 9).unwrap(), b"top");
    }

    #[test]
    fn it_renames_from_one_place_to_another_and_says_what_is_in_the_way() {
        let scratch = tempfile::tempdir().unwrap();
        for dir in ["a", "b"] {
            std::fs::create_dir(scratch.path().join(dir)).unwrap();
            std::fs::write(scratch.path().join(dir).join("file"), dir).unwrap();
        }
        let dir = Dir::open_ambient(scratch.path()).unwrap();
        let (mut from, mut to) = (Cursor::new(&dir), Cursor::new(&dir));
        from.rename(&rel("a/file"), &mut to, &rel("b/file"), Onto::Exchange).unwrap();
        assert_eq!(dir.read(&rel("a/file"), 9).unwrap(), b"b");
        let onto = from.rename(&rel("a/file"), &mut to, &rel("b/file"), Onto::Nothing).unwrap_err();
        assert!(onto.is_errno(Errno::EXIST), "{onto}");
        let below = from.rename(&rel("a/file"), &mut to, &rel("b/file/x"), Onto::Nothing).unwrap_err();
        assert!(below.is_errno(Errno::NOTDIR), "{below}");
        assert_eq!(dir.in_the_way(&rel("b/file/x")).unwrap(), Some(rel("b/file")));
        assert_eq!(dir.in_the_way(&rel("b/none/x")).unwrap(), None);
        // A directory that is made anew is another one: what was open has to be forgotten.
        std::fs::rename(scratch.path().join("a"), scratch.path().join("c")).unwrap();
        std::fs::create_dir(scratch.path().join("a")).unwrap();
        assert!(from.stat(&rel("a/file")).unwrap().is_some());
        from.forget();
        assert!(from.stat(&rel("a/file")).unwrap().is_none());
    }
}
