//! The few functions on plain paths: root discovery and installation work above any project.

#![expect(clippy::disallowed_methods, reason = "this is fs: the floor that touches the disk")]

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::{Dir, Onto, failpoint, read_bounded};
use crate::error::{Error, Result};
use crate::relpath::RelPath;

/// The most that a settings or configuration file may hold.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Tells whether something is there, links followed.
pub fn exists(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXISTS).is_ok()
}

/// Tells whether this is a directory, links followed.
pub fn is_dir(path: &Path) -> bool {
    rustix::fs::stat(path).is_ok_and(|s| rustix::fs::FileType::from_raw_mode(s.st_mode).is_dir())
}

/// Tells whether this is a file that may be executed.
pub fn is_executable(path: &Path) -> bool {
    !is_dir(path) && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// Gives the path without links, `.` and `..`.
pub fn canonicalize(path: &Path) -> Result<PathBuf> {
    std::fs::canonicalize(path).map_err(|e| Error::io("find", path, &e))
}

/// Gives the path that the kernel would use, also when its end (or more of it) does not exist yet.
pub fn real_path(path: &Path) -> Result<PathBuf> {
    real_path_within(path, 40)
}

fn real_path_within(path: &Path, links: u32) -> Result<PathBuf> {
    let missing = match std::fs::canonicalize(path) {
        Ok(real) => return Ok(real),
        Err(e) if e.kind() == io::ErrorKind::NotFound && links > 0 => e,
        Err(e) => return Err(Error::io("find", path, &e)),
    };
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::io("find", path, &missing));
    };
    match symlink_target(path)? {
        // A link to nothing: who writes there makes what it names.
        Some(target) => real_path_within(&parent.join(target), links - 1),
        None => Ok(real_path_within(parent, links)?.join(name)),
    }
}

/// Reads a file of at most 16 MiB; `None` when nothing is there.
pub fn read_optional(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::File::open(path) {
        Ok(file) => read_bounded(&file, path, MAX_BYTES).map(Some),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io("read", path, &e)),
    }
}

/// Reads the last `limit` bytes of a file; `None` when nothing is there, or something else than a file.
pub fn read_end(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    use std::os::unix::fs::FileExt as _;
    if !path.is_file() {
        return Ok(None);
    }
    let file = std::fs::File::open(path).map_err(|e| Error::io("read", path, &e))?;
    let size = super::stat_file(&file, path)?.size;
    let length = size.min(limit);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    match file.read_exact_at(&mut bytes, size - length) {
        Ok(()) => Ok(Some(bytes)),
        Err(e) => Err(Error::io("read", path, &e)),
    }
}

/// Gives the name of this start of the machine; empty where the system has none.
pub fn boot() -> Result<String> {
    let id = read_optional(Path::new("/proc/sys/kernel/random/boot_id"))?;
    Ok(id.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_string()).unwrap_or_default())
}

/// Opens `/dev/null`, for reading and writing.
pub fn open_null() -> Result<OwnedFd> {
    let path = Path::new("/dev/null");
    rustix::fs::open(path, OFlags::RDWR, Mode::empty()).map_err(|errno| super::io("open", path, errno))
}

/// Gives the permission bits of a file, links followed; `None` when nothing is there.
pub fn mode(path: &Path) -> Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt as _;
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.permissions().mode() & 0o7777)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io("look at", path, &e)),
    }
}

/// Replaces a file whole, making the directories above it; a symbolic link at `path` is replaced, not followed.
///
/// The permission bits are set before the file gets its name: it is never readable by more people than `mode` says.
pub fn write_atomic(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::usage(format!("{} is not a file", path.display())));
    };
    failpoint::hit("mkdir", parent)?;
    std::fs::create_dir_all(parent).map_err(|e| Error::io("make directory", parent, &e))?;
    let dir = Dir::open_ambient(parent)?;
    let rel = RelPath::new(name)?;
    let (temporary, mut file) = dir.create_beside(&rel, 0o600)?;
    let written = dir
        .append(&mut file, &temporary, bytes)
        .and_then(|()| dir.set_mode(&file, &temporary, mode))
        .and_then(|()| dir.sync_file(&file, &temporary))
        .and_then(|()| dir.rename(&temporary, &dir, &rel, Onto::Replace));
    if written.is_err() {
        let _ = dir.remove_file(&temporary);
    }
    written.and_then(|()| dir.sync_parent(&rel))
}

/// Makes a symbolic link in one step, and the directories above it; another link that is there is replaced.
pub fn put_link(target: &Path, path: &Path) -> Result<()> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::usage(format!("{} cannot be a link", path.display())));
    };
    failpoint::hit("mkdir", parent)?;
    std::fs::create_dir_all(parent).map_err(|e| Error::io("make directory", parent, &e))?;
    let dir = Dir::open_ambient(parent)?;
    let rel = RelPath::new(name)?;
    let temporary = dir.temporary_beside(&rel)?;
    dir.symlink(target, &temporary)?;
    let put = dir.rename(&temporary, &dir, &rel, Onto::Replace);
    if put.is_err() {
        let _ = dir.remove_file(&temporary);
    }
    put
}

/// Removes a file; tells whether it was there.
pub fn remove_file(path: &Path) -> Result<bool> {
    failpoint::hit("remove", path)?;
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(Error::io("remove", path, &e)),
    }
}

/// Removes a directory if it is empty; tells whether it is gone because of this.
pub fn remove_empty_dir(path: &Path) -> Result<bool> {
    failpoint::hit("remove", path)?;
    match std::fs::remove_dir(path) {
        Ok(()) => Ok(true),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => Ok(false),
        Err(e) => Err(Error::io("remove", path, &e)),
    }
}

/// Gives where a symbolic link points; `None` when this is not one.
pub fn symlink_target(path: &Path) -> Result<Option<PathBuf>> {
    match std::fs::read_link(path) {
        Ok(target) => Ok(Some(target)),
        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::NotFound) => Ok(None),
        Err(e) => Err(Error::io("read link", path, &e)),
    }
}

/// Makes a file that is only in memory, open at its beginning.
#[cfg(target_os = "linux")]
pub fn in_memory(bytes: &[u8]) -> Result<OwnedFd> {
    use std::io::{Seek as _, Write as _};

    let path = Path::new("a file in memory");
    let fd = rustix::fs::memfd_create(c"redraft", rustix::fs::MemfdFlags::CLOEXEC)
        .map_err(|errno| Error::io("make", path, &errno.into()))?;
    let mut file = std::fs::File::from(fd);
    let written = file.write_all(bytes).and_then(|()| file.rewind());
    written.map_err(|error| Error::io("write", path, &error)).map(|()| file.into())
}

/// Makes none: it is asked for in views, which this system does not have.
#[cfg(not(target_os = "linux"))]
pub fn in_memory(_: &[u8]) -> Result<OwnedFd> {
    Err(Error::refused("a file in memory takes Linux"))
}
