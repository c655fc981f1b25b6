//! Contents: clone where the file system shares blocks, copy where it does not, and hash on the way.
//!
//! On ext4 a read/write loop beats `copy_file_range` for large files, and the bytes pass through our hands anyway to be hashed.
//! A chapter is copied by the kernel and hashed where the copy lies in its memory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Deref;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

#[cfg(target_os = "linux")]
use rustix::io::Errno;

use super::map::Mapped;
use super::{Dir, failpoint, short};
use crate::error::{Error, Result};
use crate::relpath::RelPath;

/// Large enough to amortise the calls, small enough to stay in the cache.
const CHUNK: usize = 128 * 1024;

/// The largest file whose copy is made before its base has a name, in bytes.
pub const WHOLE: u64 = 64 * 1024;

/// The largest one that is read into memory for it. Fresh pages for more cost more than to have the kernel copy the file, and
/// to look at its own pages of the copy.
const IN_MEMORY: u64 = 16 * 1024;

/// A content hash: BLAKE3, 32 bytes, shown as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Hashes bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self(short::hash(bytes).unwrap_or_else(|| *blake3::hash(bytes).as_bytes()))
    }

    /// Reads the hexadecimal form.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
        // To the end in any case: so the compiler takes sixteen digits at once.
        let is_odd = |b: &u8| !b.is_ascii_hexdigit();
        let is_hexadecimal = digits.iter().fold(0, |odd, b| odd | u8::from(is_odd(b))) == 0;
        let values = digits.map(|b| (b & 15) + 9 * (b >> 6));
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(values.as_chunks().0) {
            *byte = high << 4 | low;
        }
        is_hexadecimal.then_some(Self(bytes))
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

/// What was copied.
#[derive(Debug)]
pub struct Copied {
    /// The hash of all of it.
    pub hash: Hash,
    /// Bytes.
    pub size: u64,
    all: Content,
    /// The file system shares blocks, so whoever needs the same content need not write it.
    shared: bool,
}

/// All bytes of a file.
#[derive(Debug)]
enum Content {
    Read(Vec<u8>),
    Mapped(Mapped),
}

impl Deref for Content {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Read(bytes) => bytes,
            Self::Mapped(bytes) => bytes,
        }
    }
}

impl Copied {
    fn of(all: Content, shared: bool) -> Self {
        Self { hash: Hash::of(&all), size: all.len() as u64, all, shared }
    }

    /// Fills an empty target with what was copied to another file, which still has it.
    pub fn fill(&self, (target, to): (&mut File, &Path), copy: &File) -> Result<()> {
        failpoint::hit("write", to)?;
        if self.shared && try_clone(copy, target) {
            return Ok(());
        }
        target.write_all(&self.all).map_err(|e| Error::io("write", to, &e))
    }
}

/// Copies a file of this size, which is at most [`WHOLE`], into an empty target that nobody else knows of; of a file that has
/// grown since, no more than this.
pub fn copy_whole(
    (source, from): (&File, &Path),
    size: u64,
    (target, to): (&mut File, &Path),
) -> Result<Copied> {
    failpoint::hit("write", to)?;
    let shared = try_clone(source, target);
    if size <= IN_MEMORY && !shared {
        let all = read_whole((source, from), size)?;
        target.write_all(&all).map_err(|e| Error::io("write", to, &e))?;
        return Ok(Copied::of(Content::Read(all), shared));
    }
    let copied = if shared {
        // What was cloned is looked at, not what is in the source by now.
        target.metadata().map_err(|e| Error::io("look at", to, &e))?.len().min(size)
    } else {
        transfer((source, from), size, (target, to))?
    };
    let all = if let Ok(mapped) = Mapped::of(target, usize::try_from(copied).unwrap_or(0)) {
        Content::Mapped(mapped)
    } else {
        // Nothing cannot be mapped, and not every file system has pages to look at.
        target.rewind().map_err(|e| Error::io("read", to, &e))?;
        Content::Read(read_whole((target, to), copied)?)
    };
    Ok(Copied::of(all, shared))
}

/// Reads so many bytes at most from where a file was read or written last.
fn read_whole((file, path): (&File, &Path), size: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    super::read::read_into(file, u64::MAX, size, false, &mut bytes, &|| path.to_path_buf())?;
    Ok(bytes)
}

/// Has the kernel copy the first bytes of a file to the end of another one, and gives how many there were.
fn transfer((source, from): (&File, &Path), size: u64, (target, to): (&mut File, &Path)) -> Result<u64> {
    let mut done = 0;
    #[cfg(target_os = "linux")]
    while done < size {
        let left = usize::try_from(size - done).unwrap_or(usize::MAX);
        match rustix::fs::sendfile(&*target, source, Some(&mut done), left) {
            Ok(0) => return Ok(done),
            Ok(_) | Err(Errno::INTR) => {}
            // Not between all file systems, nor in every sandbox.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => break,
            Err(errno) => return Err(Error::io("write", to, &errno.into())),
        }
    }
    let mut room = [0; 4096];
    while done < size {
        let left = room.len().min(usize::try_from(size - done).unwrap_or(usize::MAX));
        match source.read_at(&mut room[..left], done) {
            Ok(0) => break,
            Ok(n) => {
                target.write_all(&room[..n]).map_err(|e| Error::io("write", to, &e))?;
                done += n as u64;
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Error::io("read", from, &e)),
        }
    }
    Ok(done)
}

/// Hashes a regular file's content.
pub fn hash_at(dir: &Dir, path: &RelPath) -> Result<Hash> {
    hash_into(dir, path.as_path(), None, &mut Vec::new()).map(|(hash, _)| hash)
}

/// Hashes a regular file's content; a small one is in `room` afterwards, in the place of what was there, and it is told
/// whether it is. `size` is that of a file that was looked at; has it grown since, what is hashed is not what it was.
pub(super) fn hash_into(
    dir: &Dir,
    path: &Path,
    size: Option<u64>,
    room: &mut Vec<u8>,
) -> Result<(Hash, bool)> {
    let seen = size.is_some();
    let (mut file, size) = dir.try_open(path, size)?.map_err(|errno| dir.explain_at("read", path, errno))?;
    // A small file is read in one call: ten thousand of them are hashed by a preview.
    if size <= CHUNK as u64 {
        super::read::read_into(&file, u64::MAX, size, seen, room, &|| dir.path().join(path))?;
        return Ok((Hash::of(room), true));
    }
    copy_hashing(&mut file, &dir.path().join(path), &mut []).map(|(hash, _)| (hash, false))
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

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test makes its ground")]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = Hash::of(b"what it names");
        let text = hash.to_hex();
        assert_eq!(text, blake3::hash(b"what it names").to_hex().as_str());
        assert_eq!((Hash::parse(&text), Hash::parse(&text.to_uppercase())), (Some(hash), Some(hash)));
        for wrong in [&text[1..], &text[2..], &format!("{text}0"), &format!("{text}00"), ""] {
            assert_eq!(Hash::parse(wrong), None, "{wrong}");
        }
        for byte in (0..128).filter(|byte: &u8| !byte.is_ascii_hexdigit()) {
            for at in [0, 1, 62, 63] {
                let mut wrong = text.clone().into_bytes();
                wrong[at] = byte;
                assert_eq!(Hash::parse(std::str::from_utf8(&wrong).unwrap()), None, "{byte} at {at}");
            }
        }
    }

    #[test]
    fn a_copy_is_whole_and_so_is_what_is_filled_with_it() {
        let scratch = tempfile::tempdir().unwrap();
        let name = |name: &str| scratch.path().join(name);
        let text: Vec<u8> = (0..=WHOLE).map(|n| u8::try_from((n * n / 7 + n) % 251).unwrap()).collect();
        let few = IN_MEMORY;
        for length in [0, 1, 2_000, few - 1, few, few + 1, 2 * few, 50_000, WHOLE - 1, WHOLE] {
            let text = &text[..usize::try_from(length).unwrap()];
            std::fs::write(name("source"), text).unwrap();
            // Cut or grown since it was looked at: what is there is copied, and not more than there was.
            for seen in
                [length, length + 1, length + few, length + few + 1, length / 2, length.saturating_sub(1)]
            {
                let expected =
                    if seen == 0 { text } else { &text[..text.len().min(usize::try_from(seen).unwrap())] };
                let source = File::open(name("source")).unwrap();
                let open = |at: &str| {
                    File::options().read(true).write(true).create(true).truncate(true).open(name(at))
                };
                let (mut copy, mut base) = (open("copy").unwrap(), open("base").unwrap());
                let copied =
                    copy_whole((&source, &name("source")), seen, (&mut copy, &name("copy"))).unwrap();
                copied.fill((&mut base, &name("base")), &copy).unwrap();
                let hash = Hash(*blake3::hash(expected).as_bytes());
                assert_eq!(
                    (copied.hash, copied.size),
                    (hash, expected.len() as u64),
                    "{length}, seen {seen}"
                );
                assert!(std::fs::read(name("copy")).unwrap() == expected, "{length}, seen {seen}");
                assert!(std::fs::read(name("base")).unwrap() == expected, "{length}, seen {seen}");
                copy.rewind().unwrap();
                let again = read_whole((&copy, &name("copy")), copied.size).unwrap();
                assert!(again == expected, "{length}, seen {seen}");
            }
        }
    }

    #[test]
    fn what_the_kernel_does_not_copy_is_copied_all_the_same() {
        let scratch = tempfile::tempdir().unwrap();
        let name = |name: &str| scratch.path().join(name);
        let text: Vec<u8> = (0..WHOLE).map(|n| u8::try_from(n % 251).unwrap()).collect();
        std::fs::write(name("source"), &text).unwrap();
        let source = File::open(name("source")).unwrap();
        for size in [1, 4_096, 50_000, WHOLE, WHOLE + 1] {
            let _ = std::fs::remove_file(name("copy"));
            // To the end of a file that is only appended to, it sends nothing.
            let mut copy = File::options().append(true).create(true).open(name("copy")).unwrap();
            #[cfg(target_os = "linux")]
            assert_eq!(rustix::fs::sendfile(&copy, &source, Some(&mut 0), 1), Err(Errno::INVAL));
            let done = transfer((&source, &name("source")), size, (&mut copy, &name("copy"))).unwrap();
            assert_eq!(done, size.min(WHOLE));
            assert!(std::fs::read(name("copy")).unwrap() == text[..usize::try_from(done).unwrap()]);
        }
    }

    #[test]
    fn a_file_that_has_grown_since_it_was_looked_at_is_not_what_it_was() {
        let scratch = tempfile::tempdir().unwrap();
        let dir = Dir::open_ambient(scratch.path()).unwrap();
        let (path, mut room) = (Path::new("file"), vec![7; 5000]);
        for (text, size, expected) in [
            ("as it was", 9, "as it was"),
            ("as it was, and more", 9, "as it was,"),
            ("as", 9, "as"),
            ("", 9, ""),
            ("", 0, ""),
            ("was empty", 0, "was empty"),
        ] {
            std::fs::write(scratch.path().join(path), text).unwrap();
            let hashed = hash_into(&dir, path, Some(size), &mut room).unwrap();
            assert_eq!(
                (hashed, room.as_slice()),
                ((Hash::of(expected.as_bytes()), true), expected.as_bytes())
            );
            let looked = hash_into(&dir, path, None, &mut room).unwrap();
            assert_eq!((looked, room.as_slice()), ((Hash::of(text.as_bytes()), true), text.as_bytes()));
        }
    }
}
