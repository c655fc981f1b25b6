//! A file's content without a copy of it: the kernel's own pages, to be read.
//!
//! They are the file's for as long as they are looked at: who cuts it off meanwhile, or a disk that does not give back what was
//! written to it, is told to the process by a signal (SIGBUS), whose end is what a program expects of it. So only files of our
//! own are mapped, under names that nobody else has been told; and if it happens all the same, the process ends as a hook that
//! refuses, not as one that has crashed: a client goes on without one that has.

#![expect(unsafe_code, reason = "no type says that a file stays as long as it is")]

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// The exit code with which a client takes a hook for one that refuses.
const REFUSED: i32 = 2;

/// What is said then.
const LOST: &str =
    "redraft: a file of its own was cut off by another program, or the disk does not give it back\n";

/// All pages at once: each that is asked for later on is a trap.
#[cfg(target_os = "linux")]
const FLAGS: MapFlags = MapFlags::SHARED.union(MapFlags::POPULATE);
#[cfg(not(target_os = "linux"))]
const FLAGS: MapFlags = MapFlags::SHARED;

/// The content of a file.
#[derive(Debug)]
pub(super) struct Mapped {
    at: NonNull<u8>,
    length: usize,
}

impl Mapped {
    /// Gives the first bytes of a file; so many must be there, at least one, and nobody else may know its name.
    pub(super) fn of(file: &File, length: usize) -> io::Result<Self> {
        refuse_when_lost();
        // SAFETY: a place that the kernel chooses; the file stays open for the call, and the pages after it.
        let at = unsafe { mmap(std::ptr::null_mut(), length, ProtFlags::READ, FLAGS, file, 0) }?;
        let at = NonNull::new(at.cast()).ok_or(io::ErrorKind::Unsupported)?;
        Ok(Self { at, length })
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: mapped for as long as this value lives, and written by nobody: who knows of the file is done with it.
        unsafe { std::slice::from_raw_parts(self.at.as_ptr(), self.length) }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: what was mapped, and nobody looks at it any more.
        let _ = unsafe { munmap(self.at.as_ptr().cast(), self.length) };
    }
}

/// Ends the process as a refusal where a mapped page cannot be had.
fn refuse_when_lost() {
    extern "C" fn end(_: libc::c_int) {
        // SAFETY: two calls that a handler may make, on bytes that are always there.
        unsafe {
            libc::write(libc::STDERR_FILENO, LOST.as_ptr().cast(), LOST.len());
            libc::_exit(REFUSED);
        }
    }
    let handler: extern "C" fn(libc::c_int) = end;
    // SAFETY: the handler only makes calls that it may make.
    unsafe { libc::signal(libc::SIGBUS, handler as libc::sighandler_t) };
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test makes its ground")]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn what_is_mapped_is_what_the_file_has() {
        let mut file = tempfile::tempfile().unwrap();
        let text: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
        io::Write::write_all(&mut file, &text).unwrap();
        for length in [1, 4_095, 4_096, 4_097, text.len()] {
            assert!(*Mapped::of(&file, length).unwrap() == text[..length], "{length}");
        }
        assert!(Mapped::of(&file, 0).is_err());
    }

    #[test]
    fn a_mapped_file_that_is_cut_off_ends_the_process_as_a_refusal() {
        const INSIDE: &str = "REDRAFT_TEST_CUT";
        let name = "fs::map::tests::a_mapped_file_that_is_cut_off_ends_the_process_as_a_refusal";
        if std::env::var_os(INSIDE).is_some() {
            let file = tempfile::tempfile().unwrap();
            file.set_len(8_192).unwrap();
            let mapped = Mapped::of(&file, 8_192).unwrap();
            file.set_len(0).unwrap();
            assert_eq!(std::hint::black_box(mapped[5_000]), 0);
            return;
        }
        let mut command = Command::new(std::env::current_exe().unwrap());
        let run = command.args(["--exact", name, "--nocapture"]).env(INSIDE, "1").output().unwrap();
        assert_eq!(run.status.code(), Some(REFUSED), "{run:?}");
        assert!(String::from_utf8_lossy(&run.stderr).contains(LOST.trim()), "{run:?}");
    }
}
