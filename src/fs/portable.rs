//! What stands in on systems without `openat2`, `O_PATH` and `statx`: a descriptor for every directory, and `fstatat`.

use std::ffi::OsStr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::{Stat, kind_of, open_by_components};

/// Looks at a path without following a link, at its end or before.
pub(super) fn look(dir: &OwnedFd, path: &Path) -> Result<Stat, Errno> {
    let name = path.file_name().ok_or(Errno::NOENT)?;
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        None => stat_name(dir.as_fd(), name),
        Some(parent) => {
            let parent = open_by_components(dir, parent, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
            stat_name(parent.as_fd(), name)
        }
    }
}

/// Looks at a name in an open directory.
pub(super) fn stat_name(dir: BorrowedFd<'_>, name: &OsStr) -> Result<Stat, Errno> {
    rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).map(|stat| told(&stat))
}

/// Looks at what is open.
pub(super) fn stat_fd(fd: BorrowedFd<'_>) -> Result<Stat, Errno> {
    rustix::fs::fstat(fd).map(|stat| told(&stat))
}

/// Gives the bits of a mode in the width that this system has for them.
pub(super) fn raw_mode(mode: u32) -> rustix::fs::RawMode {
    rustix::fs::RawMode::try_from(mode).unwrap_or(0)
}

/// Says that no device can be made in the place of a whiteout, or that something is there.
pub(super) fn no_device(dir: BorrowedFd<'_>, name: &OsStr) -> Result<(), Errno> {
    match stat_name(dir, name) {
        Ok(_) => Err(Errno::EXIST),
        Err(_) => Err(Errno::NOTSUP),
    }
}

fn told(stat: &rustix::fs::Stat) -> Stat {
    let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
    #[cfg(target_vendor = "apple")]
    let btime = Some(nanos(stat.st_birthtime, stat.st_birthtime_nsec));
    #[cfg(not(target_vendor = "apple"))]
    let btime = None;
    Stat {
        // There are no overlays here, so no device is one of their whiteouts.
        kind: kind_of(u32::from(stat.st_mode), false),
        mode: u32::from(stat.st_mode) & 0o7777,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        mtime: nanos(stat.st_mtime, stat.st_mtime_nsec),
        ctime: nanos(stat.st_ctime, stat.st_ctime_nsec),
        btime,
        ino: stat.st_ino,
        dev: u64::from(stat.st_dev.cast_unsigned()),
    }
}
