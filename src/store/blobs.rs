//! Bases by content: `.redraft/blobs/<64 hex>`, put once, shared by every session that touches the same file.
//!
//! All of them lie in one directory: to make one of 256 costs more than to find a name among many. Those of earlier
//! versions lie in `blobs/<2 hex>/<62 hex>` and are read there.
//!
//! Nobody refers to a blob before it is whole: whoever keeps one writes its hash into a ledger afterwards. What was killed
//! meanwhile has left one that is too short, as a power cut does, and whoever keeps the same bytes next replaces it.

use std::fs::File;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Error, Result};
use crate::fs::copy::{Copied, Hash};
use crate::fs::{Onto, absent_as_none};
use crate::project::Project;
use crate::relpath::RelPath;

/// The largest base that is read into memory (to compare or merge it).
pub const MAX_IN_MEMORY: u64 = 512 * 1024 * 1024;

/// The blobs of one project.
#[derive(Debug)]
pub struct Blobs<'a> {
    project: &'a Project,
}

impl<'a> Blobs<'a> {
    /// Names the blobs of a project.
    pub fn of(project: &'a Project) -> Self {
        Self { project }
    }

    /// Keeps what was copied to a file; its blocks are shared where the file system can.
    pub fn keep(&self, copied: &Copied, copy: &File) -> Result<()> {
        let (dir, path) = (&self.project.dir, self.path(copied.hash)?);
        let made = match dir.create_if_free(&path, 0o600) {
            Err(error) if error.is_absent() => {
                dir.make_dirs(&self.project.private_dir("blobs"))?;
                dir.create_if_free(&path, 0o600)?
            }
            other => other?,
        };
        match made {
            // If this fails, what is there stays: by now it may be somebody else's, and whole.
            Some(mut file) => copied.fill((&mut file, &dir.full(&path)), copy),
            None if self.has_length(&path, copied.size)? => Ok(()),
            None => self.replace(&path, copied, copy),
        }
    }

    /// Puts a whole one in the place of a blob that has lost some, or is being written by somebody else right now.
    fn replace(&self, path: &RelPath, copied: &Copied, copy: &File) -> Result<()> {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let serial = COUNTER.fetch_add(1, Ordering::Relaxed);
        let dir = &self.project.dir;
        let aside = self.project.private_dir(&format!("tmp/{}-base-{serial}", std::process::id()));
        if let Some(parent) = aside.parent() {
            dir.make_dirs(&parent)?;
        }
        // A process with our number may have died here before.
        dir.remove_file(&aside)?;
        let replaced = dir
            .create_new(&aside, 0o600)
            .and_then(|mut file| copied.fill((&mut file, &dir.full(&aside)), copy))
            .and_then(|()| dir.rename(&aside, dir, path, Onto::Replace));
        replaced.inspect_err(|_| {
            let _ = dir.remove_file(&aside);
        })
    }

    fn has_length(&self, path: &RelPath, length: u64) -> Result<bool> {
        Ok(self.project.dir.stat(path)?.is_some_and(|stat| stat.size == length))
    }

    /// Gives a temporary file's bytes their name; the temporary is gone afterwards.
    pub fn adopt(&self, temporary: &RelPath, hash: Hash) -> Result<()> {
        let dir = &self.project.dir;
        let path = self.path(hash)?;
        let renamed = match dir.rename(temporary, dir, &path, Onto::Nothing) {
            Err(error) if error.is_absent() => {
                dir.make_dirs(&self.project.private_dir("blobs"))?;
                dir.rename(temporary, dir, &path, Onto::Nothing)
            }
            other => other,
        };
        match renamed {
            Err(error) if error.is_errno(rustix::io::Errno::EXIST) => {
                let length = dir.stat(temporary)?.map_or(0, |stat| stat.size);
                if self.has_length(&path, length)? {
                    return dir.remove_file(temporary).map(drop);
                }
                dir.rename(temporary, dir, &path, Onto::Replace)
            }
            other => other,
        }
    }

    /// Opens a blob; `None` when it is not kept.
    pub fn find(&self, hash: Hash) -> Result<Option<File>> {
        let dir = &self.project.dir;
        match absent_as_none(dir.open_file(&self.path(hash)?))? {
            None => absent_as_none(dir.open_file(&self.old_path(hash)?)),
            found => Ok(found),
        }
    }

    /// Reads a blob that must be there and be what its name says: a power cut may have taken its bytes.
    pub fn read(&self, hash: Hash) -> Result<Vec<u8>> {
        let (dir, path) = (&self.project.dir, self.path(hash)?);
        let found = match dir.find(&path, MAX_IN_MEMORY)? {
            None => dir.find(&self.old_path(hash)?, MAX_IN_MEMORY)?,
            found => found,
        };
        found.filter(|bytes| Hash::of(bytes) == hash).ok_or_else(|| {
            Error::corrupt(format!(
                "the base {path} is missing or damaged: what the session started from is not known any more"
            ))
        })
    }

    fn path(&self, hash: Hash) -> Result<RelPath> {
        self.project.private_dir("blobs").join(hash.to_hex())
    }

    /// Where earlier versions put it.
    fn old_path(&self, hash: Hash) -> Result<RelPath> {
        let hex = hash.to_hex();
        self.project.private_dir("blobs").join(format!("{}/{}", &hex[..2], &hex[2..]))
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test plays other processes and earlier versions")]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::fs::copy::copy_whole;
    use crate::project::FoundBy;

    fn project() -> (tempfile::TempDir, Project) {
        let scratch = tempfile::tempdir().unwrap();
        let project = Project::open(scratch.path().to_path_buf(), FoundBy::Option).unwrap();
        (scratch, project)
    }

    fn keep(project: &Project, text: &str) -> Hash {
        let scratch = tempfile::tempdir().unwrap();
        let (from, to) = (scratch.path().join("text"), scratch.path().join("copy"));
        std::fs::write(&from, text).unwrap();
        let mut copy = File::options().read(true).write(true).create_new(true).open(&to).unwrap();
        let source = (&File::open(&from).unwrap(), from.as_path());
        let copied = copy_whole(source, text.len() as u64, (&mut copy, &to)).unwrap();
        Blobs::of(project).keep(&copied, &copy).unwrap();
        copied.hash
    }

    #[test]
    fn what_is_kept_is_found_by_its_hash_and_kept_once() {
        let (_scratch, project) = project();
        let blobs = Blobs::of(&project);
        let (one, empty) = (keep(&project, "one"), keep(&project, ""));
        assert_eq!(keep(&project, "one"), one);
        assert_eq!((blobs.read(one).unwrap(), blobs.read(empty).unwrap()), (b"one".to_vec(), Vec::new()));
        let names = project.dir.open_dir(&project.private_dir("blobs")).unwrap().names().unwrap();
        assert_eq!(names.len(), 2);
        assert!(blobs.find(Hash::of(b"two")).unwrap().is_none());
    }

    #[test]
    fn one_that_is_too_short_is_replaced_and_its_reader_keeps_what_it_has() {
        let (scratch, project) = project();
        for left in ["", "on", "one and more"] {
            let hash = keep(&project, "one");
            let at = scratch.path().join("workspace/.redraft/blobs").join(hash.to_hex());
            std::fs::write(&at, left).unwrap();
            let mut open = Blobs::of(&project).find(hash).unwrap().unwrap();
            assert!(Blobs::of(&project).read(hash).is_err(), "{left:?}");
            keep(&project, "one");
            assert_eq!(Blobs::of(&project).read(hash).unwrap(), b"one");
            let mut text = String::new();
            open.read_to_string(&mut text).unwrap();
            assert_eq!(text, left);
        }
        assert!(project.dir.open_dir(&project.private_dir("tmp")).unwrap().names().unwrap().is_empty());
    }

    #[test]
    fn many_who_keep_the_same_bytes_at_once_leave_them_whole() {
        let (scratch, project) = project();
        let text = "a line of a scene\n".repeat(2_000);
        for _ in 0..20 {
            project.dir.remove_tree(&project.private_dir("blobs")).unwrap();
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        let project = Project::open(scratch.path().to_path_buf(), FoundBy::Option).unwrap();
                        let hash = keep(&project, &text);
                        assert_eq!(Blobs::of(&project).read(hash).unwrap(), text.as_bytes());
                    });
                }
            });
        }
    }

    #[test]
    fn those_of_earlier_versions_are_found() {
        let (scratch, project) = project();
        let hex = Hash::of(b"old").to_hex();
        let shelf = scratch.path().join("workspace/.redraft/blobs").join(&hex[..2]);
        std::fs::create_dir_all(&shelf).unwrap();
        std::fs::write(shelf.join(&hex[2..]), "old").unwrap();
        assert_eq!(Blobs::of(&project).read(Hash::of(b"old")).unwrap(), b"old");
        assert!(Blobs::of(&project).find(Hash::of(b"old")).unwrap().is_some());
    }
}
