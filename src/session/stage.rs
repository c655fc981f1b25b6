//! A version of a project's file, copied aside: what a copy-up puts in its place.
//!
//! The copy waits in `.redraft/tmp` with the file's mode and time, and its content is among the bases. Both are of one
//! version: a file that is being saved meanwhile is read again. A small file, as nearly all are, is copied before its base is
//! made; then the name of the base is known before a byte of it is written, and it is made under it at once. Two files are made for it and
//! one is renamed, which is most of what a first touch takes; so nothing else is done here.

use std::fs::File;
use std::path::Path;

use super::layer::{temporary, unused};
use crate::error::{Error, Kind, Result};
use crate::fs::copy::{self, Hash};
use crate::fs::{Stat, stat_file};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::store::blobs::Blobs;
use crate::store::ledger::Base;

/// A copy that waits for its place.
pub(super) struct Staged {
    /// Where it waits, from the project's root.
    pub(super) temporary: RelPath,
    /// What it is a copy of.
    pub(super) base: Base,
}

impl Staged {
    /// Copies a project's file aside, and its content into the blobs, as one version.
    pub(super) fn of(project: &Project, path: &RelPath) -> Result<Self> {
        let full = project.dir.full(path);
        for _ in 0..8 {
            let (mut source, before) = project.dir.open_file_and_look(path)?;
            let staged = if before.size <= copy::WHOLE {
                Self::whole(project, &source, &full, &before)?
            } else {
                Self::by_pieces(project, &mut source, &full, &before)?
            };
            // Somebody may be saving this very file: take only a version that stood still while it was read.
            let after = stat_file(&source, &full)?;
            if (after.mtime, after.size, after.ctime) == (before.mtime, before.size, before.ctime) {
                return Ok(staged);
            }
            project.dir.remove_file(&staged.temporary)?;
        }
        Err(Error::new(Kind::Busy, format!("{path} is being written by another program all the time"))
            .hint("try again when it is saved"))
    }

    fn whole(project: &Project, source: &File, from: &Path, stat: &Stat) -> Result<Self> {
        let dir = &project.dir;
        // With the bits that it shall have: where the umask leaves them, they need not be set.
        let (temporary, mut target) = unused(project, |path| dir.create_if_free(path, stat.mode))?;
        let full = dir.full(&temporary);
        let written = copy::copy_whole((source, from), stat.size, (&mut target, &full)).and_then(|copied| {
            dir.ensure_mode(&target, &temporary, stat.mode)?;
            dir.set_mtime(&target, &temporary, stat.mtime)?;
            Blobs::of(project).keep(&copied, &target)?;
            Ok(base_of(copied.hash, copied.size, stat))
        });
        match written {
            Ok(base) => Ok(Self { temporary, base }),
            Err(error) => {
                let _ = dir.remove_file(&temporary);
                Err(error)
            }
        }
    }

    fn by_pieces(project: &Project, source: &mut File, from: &Path, stat: &Stat) -> Result<Self> {
        let dir = &project.dir;
        let (copy_path, mut copy) = temporary(project)?;
        let (blob_path, mut blob) = temporary(project)?;
        let (copy_full, blob_full) = (dir.full(&copy_path), dir.full(&blob_path));
        let mut targets = [(&mut copy, copy_full.as_path()), (&mut blob, blob_full.as_path())];
        let written = copy::copy_hashing(source, from, &mut targets).and_then(|(hash, size)| {
            dir.set_mode(&copy, &copy_path, stat.mode)?;
            dir.set_mtime(&copy, &copy_path, stat.mtime)?;
            Blobs::of(project).adopt(&blob_path, hash)?;
            Ok(base_of(hash, size, stat))
        });
        match written {
            Ok(base) => Ok(Self { temporary: copy_path, base }),
            Err(error) => {
                let _ = dir.remove_file(&copy_path);
                let _ = dir.remove_file(&blob_path);
                Err(error)
            }
        }
    }
}

fn base_of(hash: Hash, size: u64, stat: &Stat) -> Base {
    Base { hash, size, mode: stat.mode, mtime: stat.mtime, ctime: stat.ctime, symlink: false }
}
