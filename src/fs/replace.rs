//! Writing files whole: beside their place first, so that no reader and no kill sees half of one.
//!
//! What a killed process left beside a place stays there: a number of a process is used again, and whoever has it now takes
//! another name.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::io::Errno;

use super::{Dir, Onto};
use crate::error::{Error, Result};
use crate::relpath::RelPath;

/// So many bytes are made before they are written: what is in the cache is not fetched again, and the calls cost nothing.
const PIECE: usize = 128 * 1024;

/// A new file that is written piece by piece.
#[derive(Debug)]
pub struct Pieces<'a> {
    dir: &'a Dir,
    file: File,
    rel: &'a RelPath,
    room: Vec<u8>,
}

impl Pieces<'_> {
    /// Gives the room behind which the next bytes go.
    pub fn room(&mut self) -> Result<&mut Vec<u8>> {
        if self.room.len() >= PIECE {
            self.put()?;
        }
        Ok(&mut self.room)
    }

    /// Writes what was made elsewhere, behind what is there.
    pub fn add(&mut self, text: &[u8]) -> Result<()> {
        if !self.room.is_empty() {
            self.put()?;
        }
        self.dir.fill(&mut self.file, self.rel, text, false)
    }

    fn put(&mut self) -> Result<()> {
        self.dir.fill(&mut self.file, self.rel, &self.room, false)?;
        self.room.clear();
        Ok(())
    }
}

impl Dir {
    /// Replaces a file whole: a reader sees the old bytes or the new ones. With `durable`, so does the next boot.
    pub fn write_atomic(&self, rel: &RelPath, bytes: &[u8], durable: bool) -> Result<()> {
        let temporary = self.write_beside(rel, bytes, durable)?;
        let replaced = self.rename(&temporary, self, rel, Onto::Replace);
        if replaced.is_err() {
            let _ = self.remove_file(&temporary);
        }
        replaced.and_then(|()| if durable { self.sync_parent(rel) } else { Ok(()) })
    }

    /// The same of what is made piece by piece: so that not all of it is in memory at once. Not durable by itself.
    pub fn write_atomic_in_pieces(
        &self,
        rel: &RelPath,
        make: &dyn Fn(&mut Pieces<'_>) -> Result<()>,
    ) -> Result<()> {
        let (temporary, file) = self.create_beside(rel, 0o644)?;
        let mut pieces = Pieces { dir: self, file, rel: &temporary, room: Vec::with_capacity(PIECE + 4096) };
        let written = make(&mut pieces).and_then(|()| pieces.put());
        let replaced = written.and_then(|()| self.rename(&temporary, self, rel, Onto::Replace));
        if replaced.is_err() {
            let _ = self.remove_file(&temporary);
        }
        replaced
    }

    /// Replaces a file whole for every reader, and leaves it to the kernel when that comes to the disk.
    ///
    /// ext4 begins to write a file out when it is renamed over another one (`auto_da_alloc`), which takes longer than all
    /// else of a short command. The two files are exchanged instead, and the old one goes.
    pub fn write_exchanged(&self, rel: &RelPath, bytes: &[u8]) -> Result<()> {
        match rel.parent() {
            // Three calls need the directory: it is looked up once.
            Some(parent) => self.open_dir(&parent)?.exchange(&RelPath::new(rel.file_name())?, bytes),
            None => self.exchange(rel, bytes),
        }
    }

    fn exchange(&self, rel: &RelPath, bytes: &[u8]) -> Result<()> {
        let temporary = self.write_beside(rel, bytes, false)?;
        let cannot = [Errno::NOENT, Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP];
        let exchanged = match self.rename(&temporary, self, rel, Onto::Exchange) {
            Err(error) if cannot.iter().any(|errno| error.is_errno(*errno)) => {
                self.rename(&temporary, self, rel, Onto::Replace)
            }
            other => other,
        };
        // It is the old file, or the new one that did not come to its place.
        let _ = self.remove_file(&temporary);
        exchanged
    }

    /// Writes a new file whole; fails when anything is there.
    pub fn write_new(&self, rel: &RelPath, bytes: &[u8], durable: bool) -> Result<()> {
        let mut file = self.create_new(rel, 0o644)?;
        self.fill(&mut file, rel, bytes, durable)
    }

    /// Writes a file in the same directory, under a name that is nobody's; gives the name.
    pub fn write_beside(&self, rel: &RelPath, bytes: &[u8], durable: bool) -> Result<RelPath> {
        let (temporary, mut file) = self.create_beside(rel, 0o644)?;
        let written = self.fill(&mut file, &temporary, bytes, durable);
        if written.is_err() {
            let _ = self.remove_file(&temporary);
        }
        written.map(|()| temporary)
    }

    /// Makes a file in the same directory, under a name that is nobody's.
    pub(super) fn create_beside(&self, rel: &RelPath, mode: u32) -> Result<(RelPath, File)> {
        loop {
            let temporary = self.temporary_beside(rel)?;
            if let Some(file) = self.create_if_free(&temporary, mode)? {
                return Ok((temporary, file));
            }
        }
    }

    fn fill(&self, file: &mut File, rel: &RelPath, bytes: &[u8], durable: bool) -> Result<()> {
        self.hit("write", rel)?;
        file.write_all(bytes).map_err(|e| Error::io("write", &self.full(rel), &e))?;
        if durable { self.sync_file(file, rel) } else { Ok(()) }
    }

    /// Names a file in the same directory that no other living process uses.
    pub fn temporary_beside(&self, rel: &RelPath) -> Result<RelPath> {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let serial = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!(".redraft-{}-{serial}.tmp", std::process::id());
        match rel.parent() {
            Some(parent) => parent.join(OsStr::new(&name)),
            None => RelPath::new(&name),
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test plays a process that was killed")]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_with_our_number_left_is_neither_in_the_way_nor_taken() {
        let scratch = tempfile::tempdir().unwrap();
        let (dir, rel) = (Dir::open_ambient(scratch.path()).unwrap(), RelPath::new("file").unwrap());
        let left = |n: u32| scratch.path().join(format!(".redraft-{}-{n}.tmp", std::process::id()));
        for n in 0..2_000 {
            std::fs::write(left(n), "left").unwrap();
        }
        dir.write_exchanged(&rel, b"one").unwrap();
        dir.write_exchanged(&rel, b"two").unwrap();
        assert_eq!(std::fs::read(scratch.path().join("file")).unwrap(), b"two");
        dir.write_atomic(&rel, b"three", true).unwrap();
        assert_eq!(std::fs::read(scratch.path().join("file")).unwrap(), b"three");
        assert!((0..2_000).all(|n| std::fs::read(left(n)).unwrap() == b"left"));
        assert_eq!(dir.names().unwrap().len(), 2_001);
    }
}
