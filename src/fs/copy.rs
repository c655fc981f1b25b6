//! Contents: clone where the file system shares blocks, copy where it does not, and hash on the way.
//!
//! On ext4 a read/write loop beats `copy_file_range`, and the bytes pass through our hands anyway to be hashed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{Dir, failpoint};
use crate::error::{Error, Result};
use crate::relpath::RelPath;

/// Large enough to amortise the calls, small enough to stay in the cache.
const CHUNK: usize = 128 * 1024;

/// A content hash: BLAKE3, 32 bytes, shown as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Hashes bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Reads the hexadecimal form.
    pub fn parse(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text).ok().map(|h| Self(*h.as_bytes()))
    }

    /// Gives the bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Gives the hexadecimal form.
    pub fn to_hex(self) -> String {
        crate::relpath::hex(&self.0)
    }
}

/// Copies `source` from its start into every target, and gives the hash and the number of bytes.
///
/// With one target on a file system that shares blocks, the target is a clone and the source is only read.
pub fn copy_hashing(
    source: &mut File,
    from: &Path,
    targets: &mut [(&mut File, &Path)],
) -> Result<(Hash, u64)> {
    for (_, to) in targets.iter() {
        failpoint::hit("write", to)?;
    }
    let cloned: Vec<bool> = targets.iter().map(|(target, _)| try_clone(source, target)).collect();
    let mut pending: Vec<_> =
        targets.iter_mut().zip(cloned).filter(|(_, cloned)| !cloned).map(|(t, _)| t).collect();
    let mut hasher = blake3::Hasher::new();
    let mut total = 0;
    read_chunks(source, from, |chunk| {
        hasher.update(chunk);
        total += chunk.len() as u64;
        for (target, to) in &mut pending {
            target.write_all(chunk).map_err(|e| Error::io("write", to, &e))?;
        }
        Ok(())
    })?;
    Ok((Hash(*hasher.finalize().as_bytes()), total))
}

/// Hashes a regular file's content.
pub fn hash_at(dir: &Dir, path: &RelPath) -> Result<Hash> {
    let (mut file, size) = dir.try_open_file(path)?.map_err(|errno| dir.explain("read", path, errno))?;
    // A small file is read in one call: ten thousand of them are hashed by a preview.
    if size <= CHUNK as u64 {
        return super::read_sized(&file, u64::MAX, size, &|| dir.full(path)).map(|bytes| Hash::of(&bytes));
    }
    copy_hashing(&mut file, &dir.full(path), &mut []).map(|(hash, _)| hash)
}

/// Copies without hashing: clone, else bytes.
pub fn copy(source: &mut File, from: &Path, target: &mut File, to: &Path) -> Result<()> {
    failpoint::hit("write", to)?;
    if try_clone(source, target) {
        return Ok(());
    }
    read_chunks(source, from, |chunk| target.write_all(chunk).map_err(|e| Error::io("write", to, &e)))
}

/// Shares the blocks of `source` with an empty `target`; false where the file system cannot.
fn try_clone(source: &File, target: &File) -> bool {
    #[cfg(target_os = "linux")]
    {
        rustix::fs::ioctl_ficlone(target, source).is_ok()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (source, target);
        false
    }
}

fn read_chunks(source: &mut File, from: &Path, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    source.seek(SeekFrom::Start(0)).map_err(|e| Error::io("read", from, &e))?;
    let size = source.metadata().map_or(0, |m| m.len());
    // A small file gets a small buffer: touching fresh pages costs more than the copy.
    let length = usize::try_from(size).unwrap_or(CHUNK).saturating_add(1).clamp(4096, CHUNK);
    let mut buffer = vec![0; length];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => each(&buffer[..n])?,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Error::io("read", from, &e)),
        }
    }
}
