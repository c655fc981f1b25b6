//! The three calls of Landlock, and which rights to write this kernel knows.

#![expect(unsafe_code, reason = "system calls that no crate of ours has")]

use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};

/// Asks for the version instead of making a set of rules.
const ASK_VERSION: libc::c_uint = 1;

/// A rule about what lies below a directory, or about one file.
const PATH_BENEATH: libc::c_uint = 1;

/// Writing into a file.
const WRITE: u64 = 1 << 1;
/// Removing, making: everything that changes a directory, in the first version.
const CHANGE_DIRECTORY: u64 = 0b1_1111_1111 << 4;
/// Renaming and linking from one directory to another; forbidden in any case where it is not named. Version 2.
const REFER: u64 = 1 << 13;
/// Cutting a file off. Version 3.
const TRUNCATE: u64 = 1 << 14;

/// What is taken away and given again: for a directory, and for a file.
#[derive(Debug, Clone, Copy)]
pub struct Rights {
    directory: u64,
    file: u64,
}

#[repr(C)]
struct Attributes {
    handled: u64,
}

#[repr(C, packed)]
struct Beneath {
    allowed: u64,
    parent: RawFd,
}

/// Gives the rights that are about writing; an error where there is no Landlock or it is switched off.
pub fn rights() -> io::Result<Rights> {
    let none: *const Attributes = std::ptr::null();
    // SAFETY: no memory is involved; the flag asks for a number.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, 0_usize, ASK_VERSION) };
    if version < 1 {
        return Err(io::Error::last_os_error());
    }
    let cut = if version >= 3 { TRUNCATE } else { 0 };
    let refer = if version >= 2 { REFER } else { 0 };
    Ok(Rights { directory: WRITE | CHANGE_DIRECTORY | refer | cut, file: WRITE | cut })
}

/// Makes a set of rules that allows none of them.
pub fn make(rights: Rights) -> io::Result<OwnedFd> {
    let attributes = Attributes { handled: rights.directory };
    // SAFETY: the attributes and their size; the kernel reads no further.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            &raw const attributes,
            size_of::<Attributes>(),
            0_u32,
        )
    };
    match RawFd::try_from(fd) {
        // SAFETY: a descriptor that was just made and is nobody else's. It is closed on exec by itself.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Allows writing below an open directory, or into an open file.
pub fn allow(ruleset: &OwnedFd, rights: Rights, at: &OwnedFd, is_dir: bool) -> io::Result<()> {
    let allowed = if is_dir { rights.directory } else { rights.file };
    let rule = Beneath { allowed, parent: at.as_raw_fd() };
    // SAFETY: descriptors that are open, and a rule of the kind that is named.
    let done = unsafe {
        libc::syscall(libc::SYS_landlock_add_rule, ruleset.as_raw_fd(), PATH_BENEATH, &raw const rule, 0_u32)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Holds this process to the rules, for good. Who has no privileges must first give up the hope of any (`sudo`).
pub fn enter(ruleset: &OwnedFd) -> io::Result<()> {
    let restrict = || {
        // SAFETY: an open descriptor.
        let done = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0_u32) };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    };
    if restrict().is_ok() {
        return Ok(());
    }
    // SAFETY: no memory is involved.
    if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } != 0 {
        return Err(io::Error::last_os_error());
    }
    restrict()
}
