//! Reading: a regular file, opened without following a link or waiting for anybody, and never more of it than was allowed.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::{Dir, Stat, io, not_regular, stat_fd, stat_file};
use crate::error::{Error, Result};
use crate::relpath::RelPath;

/// How a file is opened to be read: not through a link, and a FIFO without waiting.
const READING: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK);

/// Without a note in the inode that it was read: that is a write for each file that was changed since it was read last, and the
/// next sync brings it to the disk.
#[cfg(target_os = "linux")]
const UNNOTED: OFlags = READING.union(OFlags::NOATIME);
#[cfg(not(target_os = "linux"))]
const UNNOTED: OFlags = READING;

impl Dir {
    /// Opens a regular file for reading; a FIFO, socket or device is refused without blocking.
    pub fn open_file(&self, rel: &RelPath) -> Result<File> {
        self.open_file_and_look(rel).map(|(file, _)| file)
    }

    /// The same, with what the file is.
    pub fn open_file_and_look(&self, rel: &RelPath) -> Result<(File, Stat)> {
        self.try_open_file(rel)?.map_err(|errno| self.explain("read", rel, errno))
    }

    /// Reads a regular file of at most `limit` bytes.
    pub fn read(&self, rel: &RelPath, limit: u64) -> Result<Vec<u8>> {
        match self.try_open_file(rel)? {
            Ok((file, stat)) => read_sized(&file, limit, stat.size, &|| self.full(rel)),
            Err(errno) => Err(self.explain("read", rel, errno)),
        }
    }

    /// Reads a regular file of at most `limit` bytes; `None` when nothing is there.
    pub fn find(&self, rel: &RelPath, limit: u64) -> Result<Option<Vec<u8>>> {
        match self.try_open_file(rel)? {
            Ok((file, stat)) => read_sized(&file, limit, stat.size, &|| self.full(rel)).map(Some),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(self.explain("read", rel, errno)),
        }
    }

    /// Opens a regular file and looks at it; an absent one costs no words.
    fn try_open_file(&self, rel: &RelPath) -> Result<std::result::Result<(File, Stat), Errno>> {
        self.try_open_and_look(rel.as_path())
    }

    /// The same for a path, or a name that was taken from one; gives the file's size. A `size` is that of a regular file that
    /// was looked at: it is not looked at again. What has taken its place since is read without blocking, and is found out when
    /// something is done with it.
    pub(super) fn try_open(
        &self,
        rel: &Path,
        size: Option<u64>,
    ) -> Result<std::result::Result<(File, u64), Errno>> {
        match size {
            Some(size) => Ok(self.open_to_read(rel).map(|fd| (File::from(fd), size))),
            None => Ok(self.try_open_and_look(rel)?.map(|(file, stat)| (file, stat.size))),
        }
    }

    fn try_open_and_look(&self, rel: &Path) -> Result<std::result::Result<(File, Stat), Errno>> {
        let fd = match self.open_to_read(rel) {
            Ok(fd) => fd,
            Err(errno) => return Ok(Err(errno)),
        };
        let stat = stat_fd(&fd).map_err(|e| io("look at", &self.path.join(rel), e))?;
        if !stat.is_file() {
            return Err(not_regular(&self.path.join(rel), stat.kind));
        }
        Ok(Ok((File::from(fd), stat)))
    }

    /// Opens whatever is there, so that reading it leaves no trace where that is ours to say.
    fn open_to_read(&self, rel: &Path) -> std::result::Result<OwnedFd, Errno> {
        match self.open_raw(rel, UNNOTED, Mode::empty()) {
            // It belongs to somebody else, who may want to know that it is read.
            Err(Errno::PERM) => self.open_raw(rel, READING, Mode::empty()),
            opened => opened,
        }
    }
}

/// Reads an open file of at most `limit` bytes; `path` is for the error.
pub fn read_bounded(file: &File, path: &Path, limit: u64) -> Result<Vec<u8>> {
    read_sized(file, limit, stat_file(file, path)?.size, &|| path.to_path_buf())
}

/// The same for a file whose size was just looked at.
pub(super) fn read_sized(file: &File, limit: u64, size: u64, path: &dyn Fn() -> PathBuf) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read_into(file, limit, size, false, &mut bytes, path)?;
    Ok(bytes)
}

/// The same in the place of what `bytes` holds: as many bytes as the file had when its size was looked at, in one call. What is
/// appended meanwhile is not read; a size of nothing is not believed, as the kernel's own files have it. Was it `seen` a while
/// ago, one byte more is read where there is one: then the content is not what it was.
/// `path` is asked when there is an error to tell.
pub(super) fn read_into(
    file: &File,
    limit: u64,
    size: u64,
    seen: bool,
    bytes: &mut Vec<u8>,
    path: &dyn Fn() -> PathBuf,
) -> Result<()> {
    let too_large = || Error::refused(format!("{} is larger than {limit} bytes", path().display()));
    bytes.clear();
    if size > limit {
        return Err(too_large());
    }
    let most = if size == 0 { limit.saturating_add(1) } else { size };
    let wanted = usize::try_from(size).unwrap_or(0).saturating_add(usize::from(seen));
    bytes.reserve_exact(wanted);
    while (bytes.len() as u64) < most {
        if bytes.len() == bytes.capacity() {
            bytes.reserve(8192);
        }
        match rustix::io::read(file, rustix::buffer::spare_capacity(bytes)) {
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(io("read", &path(), errno)),
        }
    }
    if size > 0 {
        // There may be more room than that, from what was read before.
        bytes.truncate(wanted);
    }
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(()) }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
#[expect(clippy::disallowed_methods, reason = "the test makes its ground")]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    #[test]
    fn that_a_file_was_read_is_not_noted_in_it() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("file");
        fs::write(&path, "content").unwrap();
        let noted = || fs::metadata(&path).unwrap().accessed().unwrap();
        let before = noted();
        // Longer than a tick of the file system's clock.
        std::thread::sleep(Duration::from_millis(30));
        let dir = Dir::open_ambient(scratch.path()).unwrap();
        assert_eq!(dir.read(&RelPath::new("file").unwrap(), 9).unwrap(), b"content");
        assert_eq!(noted(), before);
    }
}
