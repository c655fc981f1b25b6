//! Bases by content: `.redraft/blobs/<2 hex>/<62 hex>`, put once, shared by every session that touches the same file.
//!
//! A blob appears whole or not at all (written aside, then renamed), so a name that exists is the content it names.

use std::fs::File;

use crate::error::{Error, Result};
use crate::fs::copy::Hash;
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

    /// Gives a temporary file's bytes their name; the temporary is gone afterwards.
    pub fn adopt(&self, temporary: &RelPath, hash: Hash) -> Result<()> {
        let dir = &self.project.dir;
        let path = self.path(hash)?;
        let renamed = match dir.rename(temporary, dir, &path, Onto::Nothing) {
            Err(error) if error.is_absent() => {
                if let Some(parent) = path.parent() {
                    dir.make_dirs(&parent)?;
                }
                dir.rename(temporary, dir, &path, Onto::Nothing)
            }
            other => other,
        };
        match renamed {
            Err(error) if error.is_errno(rustix::io::Errno::EXIST) => {
                // One of another length lost its bytes in a power cut.
                let length = |path| Ok::<_, Error>(dir.stat(path)?.map(|stat| stat.size));
                if length(&path)? == length(temporary)? {
                    return dir.remove_file(temporary).map(drop);
                }
                dir.rename(temporary, dir, &path, Onto::Replace)
            }
            other => other,
        }
    }

    /// Opens a blob; `None` when it is not kept.
    pub fn find(&self, hash: Hash) -> Result<Option<File>> {
        absent_as_none(self.project.dir.open_file(&self.path(hash)?))
    }

    /// Reads a blob that must be there and be what its name says: a power cut may have taken its bytes.
    pub fn read(&self, hash: Hash) -> Result<Vec<u8>> {
        let path = self.path(hash)?;
        let found = self.project.dir.find(&path, MAX_IN_MEMORY)?;
        found.filter(|bytes| Hash::of(bytes) == hash).ok_or_else(|| {
            Error::corrupt(format!(
                "the base {path} is missing or damaged: what the session started from is not known any more"
            ))
        })
    }

    fn path(&self, hash: Hash) -> Result<RelPath> {
        let hex = hash.to_hex();
        self.project.private_dir("blobs").join(format!("{}/{}", &hex[..2], &hex[2..]))
    }
}
