//! The disk, without opinions: the only floor that calls `std::fs` and `rustix::fs`.
//!
//! Everything goes through a [`Dir`]: an open directory and paths below it. A path is opened beneath its `Dir` with no
//! symbolic link on the way (`openat2` where the kernel has it, component by component elsewhere), so what [`RelPath`]
//! promises as text the kernel keeps on the disk, also while somebody renames directories under us. Every error names
//! its path. Every call that changes the disk passes [`failpoint::hit`] first, where the crash tests stop it.
//!
//! `read` opens and reads files within bounds, `replace` writes them whole; `copy` holds contents (clone, copy, hash),
//! `short` hashes what is short, `map` shows what lies in the kernel's memory; `tree` walks and removes; `cursor` and
//! `parallel` look at many; `ambient` has the few functions on plain paths that discovery and installation need;
//! `database` is the one file that another library opens; `overlay` mounts what a command in a view sees, `socket` is
//! where it asks for what is done outside; `portable` is for other systems than Linux.
//! Longer than 500 lines because [`Dir`] is one type: each call is short, and that all of them pass the failpoint and name
//! their path is seen at a glance only side by side.

pub mod ambient;
pub mod copy;
pub mod cursor;
pub mod database;
pub mod failpoint;
mod map;
#[cfg(target_os = "linux")]
pub mod overlay;
pub mod parallel;
#[cfg(not(target_os = "linux"))]
mod portable;
mod read;
mod replace;
mod short;
#[cfg(target_os = "linux")]
pub mod socket;
pub mod tree;

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use rustix::fs::StatxFlags;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::error::{Error, Result};
use crate::relpath::RelPath;

pub use self::read::read_bounded;
pub use self::replace::Pieces;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A character device 0:0, the kernel's own whiteout.
    Whiteout,
    /// FIFO, socket or device.
    Special,
}

/// What `lstat` knows of a path; times in nanoseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// What it is.
    pub kind: FileKind,
    /// Permission bits (`0o7777`).
    pub mode: u32,
    /// Bytes.
    pub size: u64,
    /// Last change of the content.
    pub mtime: i64,
    /// Last change of content, name or attributes.
    pub ctime: i64,
    /// When the inode was made, where the file system keeps it.
    pub btime: Option<i64>,
    /// Inode number.
    pub ino: u64,
    /// Device.
    pub dev: u64,
}

impl Stat {
    /// Tells whether this is a regular file.
    pub fn is_file(&self) -> bool {
        self.kind == FileKind::File
    }

    /// Tells whether this is a directory.
    pub fn is_dir(&self) -> bool {
        self.kind == FileKind::Directory
    }
}

/// What a look at a path finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Something is there.
    Found(Stat),
    /// Nothing is there.
    Absent,
    /// Something above it is no directory.
    Blocked,
}

/// What a rename does about an existing target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onto {
    /// Replaces it.
    Replace,
    /// Fails with `EEXIST`.
    Nothing,
    /// Swaps the two names.
    Exchange,
}

/// An open directory: the capability to work beneath it.
#[derive(Debug)]
pub struct Dir {
    fd: OwnedFd,
    path: PathBuf,
}

/// The directory that holds a name: one that was opened for a call, or the [`Dir`] itself.
enum Parent<'a> {
    Own(BorrowedFd<'a>),
    Opened(OwnedFd),
}

impl AsFd for Parent<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Own(fd) => *fd,
            Self::Opened(fd) => fd.as_fd(),
        }
    }
}

impl Dir {
    /// Opens a directory by a plain path; links on the way are followed, for this is where a person said the root is.
    pub fn open_ambient(path: &Path) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| io("open directory", path, e))?;
        Ok(Self { fd, path: path.to_path_buf() })
    }

    /// Opens a directory below this one.
    pub fn open_dir(&self, rel: &RelPath) -> Result<Self> {
        let fd = self.open_fd(rel, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty(), "open directory")?;
        Ok(Self { fd, path: self.full(rel) })
    }

    /// Opens a directory below this one, or says that there is none.
    pub fn find_dir(&self, rel: &RelPath) -> Result<Option<Self>> {
        match self.open_raw(rel.as_path(), OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()) {
            Ok(fd) => Ok(Some(Self { fd, path: self.full(rel) })),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(self.explain("open directory", rel, errno)),
        }
    }

    /// Gives the absolute path this was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the absolute path of something below.
    pub fn full(&self, rel: &RelPath) -> PathBuf {
        self.path.join(rel.as_path())
    }

    /// Looks at a path without following links; `None` when nothing is there.
    pub fn stat(&self, rel: &RelPath) -> Result<Option<Stat>> {
        Ok(match self.look(rel)? {
            Look::Found(stat) => Some(stat),
            Look::Absent | Look::Blocked => None,
        })
    }

    /// Looks at a path without following links, and tells "absent" from "a file is in the way".
    pub fn look(&self, rel: &RelPath) -> Result<Look> {
        #[cfg(target_os = "linux")]
        let found = match rel.parent_path() {
            // A single name has no way to it on which a link could stand.
            None => stat_in(self.fd.as_fd(), rel.file_name()),
            Some(_) => self
                .open_raw(rel.as_path(), OFlags::PATH | OFlags::NOFOLLOW, Mode::empty())
                .and_then(|fd| stat_fd(&fd)),
        };
        #[cfg(not(target_os = "linux"))]
        let found = portable::look(&self.fd, rel.as_path());
        match found {
            Ok(stat) => Ok(Look::Found(stat)),
            Err(Errno::NOENT) => Ok(Look::Absent),
            Err(Errno::NOTDIR) => Ok(Look::Blocked),
            Err(errno) => Err(self.explain("look at", rel, errno)),
        }
    }

    /// Tells whether a symbolic link is on the way to a path, or is at its end; what is not there is no link.
    pub fn has_link(&self, rel: &RelPath) -> Result<bool> {
        #[cfg(target_os = "linux")]
        let found = self.open_raw(rel.as_path(), OFlags::PATH, Mode::empty()).map(drop);
        #[cfg(not(target_os = "linux"))]
        let found = portable::look(&self.fd, rel.as_path())
            .and_then(|stat| if stat.kind == FileKind::Symlink { Err(Errno::LOOP) } else { Ok(()) });
        match found {
            Ok(()) | Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
            Err(Errno::LOOP) => Ok(true),
            Err(errno) => Err(self.explain("look at", rel, errno)),
        }
    }

    /// Reads where a symbolic link points.
    pub fn read_link(&self, rel: &RelPath) -> Result<PathBuf> {
        let (parent, name) = self.parent_of(rel, "read link")?;
        let target = rustix::fs::readlinkat(&parent, name, Vec::new())
            .map_err(|e| io("read link", &self.full(rel), e))?;
        Ok(PathBuf::from(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(target.as_bytes())))
    }

    /// Makes a directory and those above it; tells whether it was not there before.
    pub fn make_dirs(&self, rel: &RelPath) -> Result<bool> {
        match self.make_dir(rel) {
            Err(error) if error.is_errno(Errno::NOENT) => {
                if let Some(parent) = rel.parent() {
                    self.make_dirs(&parent)?;
                }
                self.make_dir(rel)
            }
            other => other,
        }
    }

    /// Makes one directory; tells whether it was not there before.
    pub fn make_dir(&self, rel: &RelPath) -> Result<bool> {
        let (parent, name) = self.parent_of(rel, "make directory")?;
        self.hit("mkdir", rel)?;
        match rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(0o777)) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => match self.stat(rel)? {
                Some(stat) if stat.is_dir() => Ok(false),
                Some(stat) if stat.kind == FileKind::Symlink => Err(linked(&self.full(rel))),
                _ => Err(io("make directory", &self.full(rel), Errno::NOTDIR)),
            },
            Err(errno) => Err(io("make directory", &self.full(rel), errno)),
        }
    }

    /// Makes a new file for writing; fails when anything is there.
    pub fn create_new(&self, rel: &RelPath, mode: u32) -> Result<File> {
        self.hit("create", rel)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        Ok(File::from(self.open_fd(rel, flags, Mode::from_raw_mode(raw_mode(mode & 0o7777)), "create")?))
    }

    /// Makes a new file for writing; `None` when anything is there.
    pub fn create_if_free(&self, rel: &RelPath, mode: u32) -> Result<Option<File>> {
        self.hit("create", rel)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        match self.open_raw(rel.as_path(), flags, Mode::from_raw_mode(raw_mode(mode & 0o7777))) {
            Ok(fd) => Ok(Some(File::from(fd))),
            Err(Errno::EXIST) => Ok(None),
            Err(errno) => Err(self.explain("create", rel, errno)),
        }
    }

    /// Makes an empty marker file; tells whether it was not there before.
    pub fn mark(&self, rel: &RelPath) -> Result<bool> {
        Ok(self.create_if_free(rel, 0o644)?.is_some())
    }

    /// Opens (or makes) a file whose content does not matter, to lock it.
    pub fn open_lock_file(&self, rel: &RelPath) -> Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        Ok(File::from(self.open_fd(rel, flags, Mode::from_raw_mode(0o644), "open lock")?))
    }

    /// Opens (or makes) a small table, to look up and change places in it.
    pub fn open_table(&self, rel: &RelPath) -> Result<File> {
        self.open_lock_file(rel)
    }

    /// Writes bytes at a place of an open file, which grows as far as that takes.
    pub fn write_at(&self, file: &File, rel: &RelPath, bytes: &[u8], at: u64) -> Result<()> {
        self.hit("write", rel)?;
        file.write_all_at(bytes, at).map_err(|e| Error::io("write", &self.full(rel), &e))
    }

    /// Opens (or makes) a file for reading and appending.
    pub fn open_append(&self, rel: &RelPath) -> Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        Ok(File::from(self.open_fd(rel, flags, Mode::from_raw_mode(0o644), "open")?))
    }

    /// Writes bytes with one `write` call where the kernel takes them so.
    pub fn append(&self, file: &mut File, rel: &RelPath, bytes: &[u8]) -> Result<()> {
        self.hit("append", rel)?;
        file.write_all(bytes).map_err(|e| Error::io("append to", &self.full(rel), &e))
    }

    /// Cuts a file to a length.
    pub fn truncate(&self, file: &File, rel: &RelPath, length: u64) -> Result<()> {
        self.hit("truncate", rel)?;
        file.set_len(length).map_err(|e| Error::io("cut", &self.full(rel), &e))
    }

    /// Renames, also into another `Dir` on the same file system.
    pub fn rename(&self, from: &RelPath, other: &Dir, to: &RelPath, onto: Onto) -> Result<()> {
        let (from_dir, from_name) = self.parent_of(from, "rename")?;
        let (to_dir, to_name) = other.parent_of(to, "rename onto")?;
        other.hit("rename", to)?;
        renameat((from_dir.as_fd(), from_name), (to_dir.as_fd(), to_name), onto)
            .map_err(|e| io(&format!("rename {} to", self.full(from).display()), &other.full(to), e))
    }

    /// Removes a file or link; tells whether it was there.
    pub fn remove_file(&self, rel: &RelPath) -> Result<bool> {
        self.unlink(rel, AtFlags::empty())
    }

    /// Removes an empty directory; tells whether it was there and is gone (not when it still holds something, and not
    /// when it is something else).
    pub fn remove_empty_dir(&self, rel: &RelPath) -> Result<bool> {
        let stays = [Errno::NOTEMPTY, Errno::EXIST, Errno::NOTDIR];
        match self.unlink(rel, AtFlags::REMOVEDIR) {
            Err(error) if stays.iter().any(|errno| error.is_errno(*errno)) => Ok(false),
            other => other,
        }
    }

    /// Makes a symbolic link.
    pub fn symlink(&self, target: &Path, rel: &RelPath) -> Result<()> {
        let (parent, name) = self.parent_of(rel, "make link")?;
        self.hit("symlink", rel)?;
        rustix::fs::symlinkat(target, &parent, name).map_err(|e| io("make link", &self.full(rel), e))
    }

    /// Puts a whiteout entry: the kernel's (a character device 0:0) where it may be made, else an empty file.
    pub fn put_whiteout(&self, rel: &RelPath) -> Result<()> {
        let (parent, name) = self.parent_of(rel, "delete in the session")?;
        self.hit("whiteout", rel)?;
        #[cfg(target_os = "linux")]
        let device = rustix::fs::mknodat(&parent, name, FileType::CharacterDevice, Mode::empty(), 0);
        #[cfg(not(target_os = "linux"))]
        let device = portable::no_device(parent.as_fd(), name);
        match device {
            Ok(()) => Ok(()),
            Err(Errno::EXIST) => Err(io("delete in the session", &self.full(rel), Errno::EXIST)),
            Err(_) => self.mark(rel).map(drop),
        }
    }

    /// Sets permission bits of an open file.
    pub fn set_mode(&self, file: &File, rel: &RelPath, mode: u32) -> Result<()> {
        self.hit("chmod", rel)?;
        rustix::fs::fchmod(file, Mode::from_raw_mode(raw_mode(mode & 0o7777)))
            .map_err(|e| io("set mode of", &self.full(rel), e))
    }

    /// Gives an open file these permission bits, unless it has them.
    pub fn ensure_mode(&self, file: &File, rel: &RelPath, mode: u32) -> Result<()> {
        let now = stat_fd(file).map_err(|e| io("look at", &self.full(rel), e))?;
        if now.mode == mode & 0o7777 { Ok(()) } else { self.set_mode(file, rel, mode) }
    }

    /// Says by the time of a file that something happened just now; tells whether the file is there. A link is not followed.
    pub fn stamp(&self, rel: &RelPath) -> Result<bool> {
        let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
        let times = rustix::fs::Timestamps { last_access: now, last_modification: now };
        let (parent, name) = match self.parent_of(rel, "set time of") {
            Err(error) if error.is_absent() => return Ok(false),
            found => found?,
        };
        match rustix::fs::utimensat(&parent, name, &times, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(io("set time of", &self.full(rel), errno)),
        }
    }

    /// Sets the modification time of an open file, in nanoseconds since the epoch.
    pub fn set_mtime(&self, file: &File, rel: &RelPath, mtime: i64) -> Result<()> {
        let stamp = rustix::fs::Timespec {
            tv_sec: mtime.div_euclid(1_000_000_000),
            tv_nsec: mtime.rem_euclid(1_000_000_000),
        };
        let omit = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT };
        let times = rustix::fs::Timestamps { last_access: omit, last_modification: stamp };
        self.hit("utimens", rel)?;
        rustix::fs::futimens(file, &times).map_err(|e| io("set time of", &self.full(rel), e))
    }

    /// Puts a file's bytes on the platter.
    pub fn sync_file(&self, file: &File, rel: &RelPath) -> Result<()> {
        self.hit("fsync", rel)?;
        file.sync_all().map_err(|e| Error::io("sync", &self.full(rel), &e))
    }

    /// Puts the directory that holds `rel` on the platter.
    pub fn sync_parent(&self, rel: &RelPath) -> Result<()> {
        self.hit("fsync-parent", rel)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let result = match rel.parent() {
            Some(parent) => rustix::fs::fsync(self.open_fd(&parent, flags, Mode::empty(), "sync")?),
            None => rustix::fs::fsync(&self.fd),
        };
        result.map_err(|e| io("sync the directory of", &self.full(rel), e))
    }

    /// Puts everything the file system of this directory still holds in memory on the platter.
    pub fn sync_filesystem(&self) -> Result<()> {
        failpoint::hit("syncfs", &self.path)?;
        #[cfg(target_os = "linux")]
        let result = rustix::fs::syncfs(&self.fd);
        #[cfg(not(target_os = "linux"))]
        let result: std::result::Result<(), Errno> = {
            rustix::fs::sync();
            Ok(())
        };
        result.map_err(|e| io("sync the file system of", &self.path, e))
    }

    /// Looks at the directory itself.
    pub fn stat_self(&self) -> Result<Stat> {
        stat_fd(&self.fd).map_err(|e| io("look at", &self.path, e))
    }

    /// Tells whether a path leads to an open directory now. Which one it is decides, however it is reached: nothing is done
    /// by this path.
    pub fn leads_to(&self, rel: &RelPath, other: &Dir) -> Result<bool> {
        let own = other.stat_self()?;
        match stat_in(self.fd.as_fd(), rel.as_path().as_os_str()) {
            Ok(stat) => Ok((stat.ino, stat.dev) == (own.ino, own.dev)),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
            Err(errno) => Err(self.explain("look at", rel, errno)),
        }
    }

    /// Looks at one name directly in this directory.
    pub(crate) fn stat_name(&self, name: &OsStr) -> Result<Option<Stat>> {
        match stat_in(self.fd.as_fd(), name) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(io("look at", &self.path.join(name), errno)),
        }
    }

    /// Passes the failpoint. Only the tests' build makes the path for it.
    fn hit(&self, call: &str, rel: &RelPath) -> Result<()> {
        if cfg!(debug_assertions) { failpoint::hit(call, &self.full(rel)) } else { Ok(()) }
    }

    fn unlink(&self, rel: &RelPath, flags: AtFlags) -> Result<bool> {
        let (parent, name) = match self.parent_of(rel, "remove") {
            Ok(found) => found,
            Err(error) if error.is_absent() => return Ok(false),
            Err(error) => return Err(error),
        };
        self.hit("remove", rel)?;
        match rustix::fs::unlinkat(&parent, name, flags) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(io("remove", &self.full(rel), errno)),
        }
    }

    /// Opens the directory that holds `rel`, for the calls that take a directory and a name.
    fn parent_of<'a>(&'a self, rel: &'a RelPath, doing: &str) -> Result<(Parent<'a>, &'a OsStr)> {
        #[cfg(target_os = "linux")]
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        #[cfg(not(target_os = "linux"))]
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let parent = match rel.parent_path() {
            Some(parent) => self
                .open_raw(parent, flags, Mode::empty())
                .map(Parent::Opened)
                .map_err(|e| self.explain(doing, rel, e))?,
            None => Parent::Own(self.fd.as_fd()),
        };
        Ok((parent, rel.file_name()))
    }

    fn open_fd(&self, rel: &RelPath, flags: OFlags, mode: Mode, doing: &str) -> Result<OwnedFd> {
        self.open_raw(rel.as_path(), flags, mode).map_err(|e| self.explain(doing, rel, e))
    }

    #[cfg(target_os = "linux")]
    fn open_raw(&self, path: &Path, flags: OFlags, mode: Mode) -> std::result::Result<OwnedFd, Errno> {
        use rustix::fs::ResolveFlags;
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        for _ in 0..16 {
            match rustix::fs::openat2(&self.fd, path, flags | OFlags::CLOEXEC, mode, how) {
                // The kernel asks for another try when a rename raced with the walk.
                Err(Errno::AGAIN) => {}
                Err(Errno::NOSYS) => return open_by_components(&self.fd, path, flags, mode),
                other => return other,
            }
        }
        Err(Errno::AGAIN)
    }

    #[cfg(not(target_os = "linux"))]
    fn open_raw(&self, path: &Path, flags: OFlags, mode: Mode) -> std::result::Result<OwnedFd, Errno> {
        open_by_components(&self.fd, path, flags, mode)
    }

    fn explain(&self, doing: &str, rel: &RelPath, errno: Errno) -> Error {
        self.explain_at(doing, rel.as_path(), errno)
    }

    fn explain_at(&self, doing: &str, rel: &Path, errno: Errno) -> Error {
        let full = self.path.join(rel);
        if errno == Errno::LOOP {
            let mut error = linked(&full);
            error.os = Some(errno.raw_os_error());
            return error;
        }
        io(doing, &full, errno)
    }
}

/// Renames a name in an open directory to one in another.
fn renameat(
    from: (BorrowedFd<'_>, &OsStr),
    to: (BorrowedFd<'_>, &OsStr),
    onto: Onto,
) -> std::result::Result<(), Errno> {
    let flags = match onto {
        Onto::Replace => RenameFlags::empty(),
        Onto::Nothing => RenameFlags::NOREPLACE,
        Onto::Exchange => RenameFlags::EXCHANGE,
    };
    rustix::fs::renameat_with(from.0, from.1, to.0, to.1, flags)
}

/// Opens a path one component at a time, refusing a link at each: what `openat2` does in one call.
fn open_by_components(
    dir: &OwnedFd,
    path: &Path,
    flags: OFlags,
    mode: Mode,
) -> std::result::Result<OwnedFd, Errno> {
    let mut components = path.iter().peekable();
    let mut current: Option<OwnedFd> = None;
    while let Some(name) = components.next() {
        let at = current.as_ref().unwrap_or(dir).as_fd();
        let last = components.peek().is_none();
        let step = if last { flags } else { OFlags::RDONLY | OFlags::DIRECTORY };
        let fd =
            rustix::fs::openat(at, name, step | OFlags::NOFOLLOW | OFlags::CLOEXEC, mode).map_err(|e| {
                let link = stat_in(at, name).is_ok_and(|s| s.kind == FileKind::Symlink);
                if link { Errno::LOOP } else { e }
            })?;
        current = Some(fd);
    }
    current.ok_or(Errno::NOENT)
}

#[cfg(target_os = "linux")]
fn stat_fd(fd: impl AsFd) -> std::result::Result<Stat, Errno> {
    statx(fd.as_fd(), OsStr::new(""), AtFlags::EMPTY_PATH)
}

#[cfg(not(target_os = "linux"))]
fn stat_fd(fd: impl AsFd) -> std::result::Result<Stat, Errno> {
    portable::stat_fd(fd.as_fd())
}

/// Looks at a name directly in an open directory, without following a link.
#[cfg(target_os = "linux")]
fn stat_in(dir: BorrowedFd<'_>, name: &OsStr) -> std::result::Result<Stat, Errno> {
    statx(dir, name, AtFlags::SYMLINK_NOFOLLOW)
}

#[cfg(not(target_os = "linux"))]
fn stat_in(dir: BorrowedFd<'_>, name: &OsStr) -> std::result::Result<Stat, Errno> {
    portable::stat_name(dir, name)
}

#[cfg(target_os = "linux")]
fn statx(fd: BorrowedFd<'_>, name: &OsStr, flags: AtFlags) -> std::result::Result<Stat, Errno> {
    let wanted = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    let x = rustix::fs::statx(fd, name, flags | AtFlags::STATX_DONT_SYNC, wanted)?;
    let nanos = |t: rustix::fs::StatxTimestamp| {
        t.tv_sec.saturating_mul(1_000_000_000).saturating_add(i64::from(t.tv_nsec))
    };
    let rdev = (x.stx_rdev_major, x.stx_rdev_minor);
    let has_btime = x.stx_mask & StatxFlags::BTIME.bits() != 0;
    Ok(Stat {
        kind: kind_of(u32::from(x.stx_mode), rdev == (0, 0)),
        mode: u32::from(x.stx_mode) & 0o7777,
        size: x.stx_size,
        mtime: nanos(x.stx_mtime),
        ctime: nanos(x.stx_ctime),
        btime: has_btime.then(|| nanos(x.stx_btime)),
        ino: x.stx_ino,
        dev: u64::from(x.stx_dev_major) << 32 | u64::from(x.stx_dev_minor),
    })
}

/// Gives the bits of a mode in the width that this system has for them.
#[cfg(target_os = "linux")]
fn raw_mode(mode: u32) -> u32 {
    mode
}

#[cfg(not(target_os = "linux"))]
fn raw_mode(mode: u32) -> rustix::fs::RawMode {
    portable::raw_mode(mode)
}

fn kind_of(mode: u32, rdev_is_zero: bool) -> FileKind {
    match FileType::from_raw_mode(raw_mode(mode)) {
        FileType::RegularFile => FileKind::File,
        FileType::Directory => FileKind::Directory,
        FileType::Symlink => FileKind::Symlink,
        FileType::CharacterDevice if rdev_is_zero => FileKind::Whiteout,
        _ => FileKind::Special,
    }
}

/// Looks at an open file.
pub fn stat_file(file: &File, path: &Path) -> Result<Stat> {
    stat_fd(file).map_err(|e| io("look at", path, e))
}

/// Turns "nothing is there" into `None`.
pub fn absent_as_none<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error),
    }
}

fn io(doing: &str, path: &Path, errno: Errno) -> Error {
    Error::io(doing, path, &errno.into())
}

fn linked(path: &Path) -> Error {
    Error::refused(format!(
        "{} is reached through a symbolic link, which redraft never follows to write",
        path.display()
    ))
    .hint(format!("look at it: ls -la {:?}", path.parent().unwrap_or(path)))
    .hint("name the real file, or replace the link by a directory")
}

fn not_regular(path: &Path, kind: FileKind) -> Error {
    let what = match kind {
        FileKind::Directory => "is a directory",
        FileKind::Symlink => "is a symbolic link",
        _ => "is not a regular file (a FIFO, socket or device)",
    };
    let mut error = Error::refused(format!("{} {what}", path.display()));
    error.os = (kind == FileKind::Directory).then_some(Errno::ISDIR.raw_os_error());
    error
}
