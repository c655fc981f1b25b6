//! Mounts: an overlay over a directory, and what shows through it. Only for a process in a mount namespace of its own.
//!
//! Paths are given relative to the working directory where they may be long: the kernel takes one page of options.

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags};

/// The attribute by which an overlay mounted without privileges says that a directory hides what is below it.
const OPAQUE: &str = "user.overlay.opaque";

/// The attribute by which it notes where a file was copied from.
const ORIGIN: &str = "user.overlay.origin";

/// What its notes on directories and files begin with.
const KERNEL_S: &[u8] = b"user.overlay.";

/// One overlay.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// Where it is seen; absolute.
    pub at: PathBuf,
    /// What is merged, topmost first; one at least.
    pub lowers: Vec<PathBuf>,
    /// Where writes go.
    pub upper: PathBuf,
    /// The kernel's own scratch, on the file system of `upper`.
    pub work: PathBuf,
}

impl Overlay {
    /// Mounts it.
    pub fn mount(&self) -> rustix::io::Result<()> {
        let mut options = b"userxattr,lowerdir=".to_vec();
        for (nth, lower) in self.lowers.iter().enumerate() {
            if nth > 0 {
                options.push(b':');
            }
            push_escaped(&mut options, lower);
        }
        for (name, path) in [(",upperdir=", &self.upper), (",workdir=", &self.work)] {
            options.extend_from_slice(name.as_bytes());
            push_escaped(&mut options, path);
        }
        let options = CString::new(options).map_err(|_| Errno::INVAL)?;
        let overlay = c"overlay";
        rustix::mount::mount(overlay, &self.at, overlay, MountFlags::empty(), options.as_c_str())
    }
}

/// Writes a path as an overlay's options take it.
fn push_escaped(options: &mut Vec<u8>, path: &Path) {
    for byte in path.as_os_str().as_bytes() {
        if matches!(byte, b',' | b':' | b'\\') {
            options.push(b'\\');
        }
        options.push(*byte);
    }
}

/// Mounts an overlay of two empty directories, all of it on a scratch file system that is mounted over a directory.
pub fn try_at(at: &Path) -> rustix::io::Result<()> {
    rustix::mount::mount(c"tmpfs", at, c"tmpfs", MountFlags::empty(), None)?;
    rustix::process::chdir(at)?;
    for name in ["a", "b", "seen"] {
        rustix::fs::mkdir(name, Mode::RWXU)?;
    }
    let options = c"userxattr,lowerdir=a:b";
    rustix::mount::mount(c"overlay", "seen", c"overlay", MountFlags::empty(), options)
}

/// Keeps what is mounted here from showing outside, and what is mounted outside from showing here.
pub fn make_private() -> rustix::io::Result<()> {
    rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
}

/// Takes hold of a directory as it is now, with what is mounted in it, to show it elsewhere.
pub fn hold(path: &Path) -> rustix::io::Result<OwnedFd> {
    let flags =
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
    rustix::mount::open_tree(CWD, path, flags)
}

/// Shows a directory that was taken hold of.
pub fn show(held: &OwnedFd, at: &Path) -> rustix::io::Result<()> {
    rustix::mount::move_mount(held, c"", CWD, at, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
}

/// Writes the numbers that stand for this process's user and group in a user namespace: the same ones.
pub fn keep_own_ids(user: u32, group: u32) -> rustix::io::Result<()> {
    put("/proc/self/setgroups", "deny")?;
    put("/proc/self/uid_map", &format!("{user} {user} 1"))?;
    put("/proc/self/gid_map", &format!("{group} {group} 1"))
}

fn put(file: &str, text: &str) -> rustix::io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open(file, flags, Mode::empty())?;
    rustix::io::write(&file, text.as_bytes()).map(drop)
}

/// Writes what names the mount namespace of this process into a file; its time says since when there is a view.
pub fn note_namespace(file: &Path) -> rustix::io::Result<()> {
    let name = rustix::fs::readlinkat(CWD, "/proc/self/ns/mnt", Vec::new())?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::open(file, flags, Mode::from_raw_mode(0o600))?;
    rustix::io::write(&file, name.as_bytes())?;
    rustix::fs::ftruncate(&file, name.as_bytes().len() as u64)
}

/// Gives what names the mount namespace of a process.
fn namespace_of(pid: u32) -> rustix::io::Result<Vec<u8>> {
    rustix::fs::readlinkat(CWD, format!("/proc/{pid}/ns/mnt"), Vec::new()).map(CString::into_bytes)
}

/// Finds a process that may be looked at in a mount namespace in which something of this name is mounted.
///
/// The kernel gives the number of a namespace that has ended to the next one, so the number alone says nothing.
pub fn inhabitant(namespace: &[u8], mounted: &[u8]) -> rustix::io::Result<Option<u32>> {
    let proc =
        rustix::fs::open("/proc", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    for entry in rustix::fs::Dir::read_from(&proc)? {
        let entry = entry?;
        let pid = entry.file_name().to_str().ok().and_then(|name| name.parse().ok());
        // Another user's process, or one that has just ended, cannot be asked; neither is ours.
        let here = |pid| namespace_of(pid).is_ok_and(|of| of == namespace) && has_mounted(pid, mounted);
        if let Some(pid) = pid.filter(|pid| here(*pid)) {
            return Ok(Some(pid));
        }
    }
    Ok(None)
}

/// Tells whether a process has something mounted whose description holds these bytes; where it cannot be read, it may.
fn has_mounted(pid: u32, what: &[u8]) -> bool {
    let mounts = super::ambient::read_optional(Path::new(&format!("/proc/{pid}/mountinfo")));
    mounts.map_or(true, |text| text.is_some_and(|text| text.windows(what.len()).any(|part| part == what)))
}

impl super::Dir {
    /// Tells whether a directory of an upper layer hides what the layers below have in it.
    pub fn is_opaque(&self) -> bool {
        let mut value = [0_u8; 1];
        rustix::fs::fgetxattr(&self.fd, OPAQUE, &mut value).is_ok_and(|n| n == 1 && value == *b"y")
    }

    /// Tells whether anybody gave the directory attributes or an access list: what the kernel itself notes does not count.
    pub fn has_attributes(&self) -> crate::error::Result<bool> {
        let mut names = [0_u8; 1024];
        match rustix::fs::flistxattr(&self.fd, &mut names[..]) {
            Ok(n) => {
                let mut given = names[..n].split(|byte| *byte == 0).filter(|name| !name.is_empty());
                Ok(given.any(|name| !name.starts_with(KERNEL_S)))
            }
            Err(Errno::NOTSUP) => Ok(false),
            Err(Errno::RANGE) => Ok(true),
            Err(errno) => Err(super::io("look at", &self.path, errno)),
        }
    }

    /// Makes a directory of an upper layer show what is below it again.
    pub fn clear_opaque(&self) -> crate::error::Result<()> {
        super::failpoint::hit("removexattr", &self.path)?;
        rustix::fs::fremovexattr(&self.fd, OPAQUE).map_err(|errno| super::io("change", &self.path, errno))
    }

    /// Takes hold of whatever lies at `rel` without opening it; a link itself, not what it names.
    pub fn hold(&self, rel: &crate::relpath::RelPath) -> crate::error::Result<OwnedFd> {
        let (parent, name) = self.parent_of(rel, "take hold of")?;
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(&parent, name, flags, Mode::empty())
            .map_err(|errno| super::io("take hold of", &self.full(rel), errno))
    }

    /// Removes a tree with directories in it that not even their owner may look into: the kernel leaves one in an overlay's
    /// scratch, and commands do.
    pub fn remove_closed_tree(&self, rel: &crate::relpath::RelPath) -> crate::error::Result<()> {
        match self.remove_tree(rel) {
            Err(error) if error.is_errno(Errno::ACCESS) => {
                self.open_up_all(rel)?;
                self.remove_tree(rel)
            }
            other => other,
        }
    }

    fn open_up_all(&self, rel: &crate::relpath::RelPath) -> crate::error::Result<()> {
        self.open_up(rel)?;
        let dir = self.open_dir(rel)?;
        for name in dir.names()? {
            let name = crate::relpath::RelPath::new(&name)?;
            if dir.stat(&name)?.is_some_and(|stat| stat.is_dir()) {
                dir.open_up_all(&name)?;
            }
        }
        Ok(())
    }

    /// Lets its owner into a directory.
    pub fn open_up(&self, rel: &crate::relpath::RelPath) -> crate::error::Result<()> {
        let (parent, name) = self.parent_of(rel, "open up")?;
        super::failpoint::hit("chmod", &self.full(rel))?;
        rustix::fs::chmodat(&parent, name, Mode::RWXU, AtFlags::empty())
            .map_err(|errno| super::io("open up", &self.full(rel), errno))
    }

    /// Takes the kernel's note of where a file was copied from off it: it is of no use outside of that overlay. A file that
    /// its owner may not write keeps one, if it has one: that takes the right to write it, and the note does no harm.
    pub fn forget_origin(&self, rel: &crate::relpath::RelPath) -> crate::error::Result<()> {
        super::failpoint::hit("removexattr", &self.full(rel))?;
        match rustix::fs::lremovexattr(self.full(rel), ORIGIN) {
            Ok(()) | Err(Errno::NODATA | Errno::NOTSUP | Errno::PERM | Errno::ACCESS) => Ok(()),
            Err(errno) => Err(super::io("change", &self.full(rel), errno)),
        }
    }
}
