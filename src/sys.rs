//! How the process begins, and the few calls that no crate offers safely: the only file with `unsafe` besides `main`.
//!
//! The program has a C `main` and leaves the set-up of std's own out. On glibc that set-up asks for the bounds of the
//! main thread's stack, which reads and parses `/proc/self/maps`: 41,000 instructions, a third of a whole hook. What of it
//! is needed is done here: arguments, three open standard streams, no death by a broken pipe. What is left out: the
//! message at a stack overflow (the process dies of it either way) and the flush of std's stdout at the end (`ui` flushes
//! what it prints).

#![expect(unsafe_code, reason = "the C arguments and the disposition of a signal have no safe interface")]

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::os::fd::IntoRawFd as _;
use std::os::unix::ffi::OsStrExt as _;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::fs::ambient;

/// Makes the process fit for work and gives its arguments, the program's name first.
///
/// # Safety
/// `argv` must be what C's `main` was given with `n_arguments`.
pub unsafe fn begin(n_arguments: c_int, argv: *const *const c_char) -> Vec<OsString> {
    open_standard_streams();
    ignore_broken_pipes();
    let n_arguments = usize::try_from(n_arguments).unwrap_or(0);
    // SAFETY: C promises that many pointers to strings that live as long as the process.
    let argument = |n| unsafe { CStr::from_ptr(*argv.add(n)) };
    (0..n_arguments).map(|n| OsStr::from_bytes(argument(n).to_bytes()).to_os_string()).collect()
}

/// Gives the variables of the environment that have these names, in one pass over it; an empty one is as good as none.
///
/// Asking for one after the other reads the whole environment each time, and a hook asks for sixteen.
pub fn variables<const N: usize>(names: [&str; N]) -> [Option<OsString>; N] {
    let mut found = [const { None }; N];
    // SAFETY: the C runtime's list of strings, ended by a null; nothing in this program changes it.
    let mut at = unsafe { environ };
    // SAFETY: as above; the list itself may be missing.
    while let Some(variable) = (!at.is_null()).then(|| unsafe { *at }).filter(|variable| !variable.is_null())
    {
        // SAFETY: as above.
        let text = unsafe { CStr::from_ptr(variable) }.to_bytes();
        // Most begin with another letter, and a look at one byte is no call of memcmp.
        let is = |name: &str| {
            name.as_bytes().first() == text.first()
                && text.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
        };
        // The first of several counts, as for `getenv`.
        if let Some(nth) = names.iter().position(|name| is(name)).filter(|nth| found[*nth].is_none()) {
            let value = &text[names[nth].len() + 1..];
            found[nth] = (!value.is_empty()).then(|| OsStr::from_bytes(value).to_os_string());
        }
        // SAFETY: this was not the null that ends the list.
        at = unsafe { at.add(1) };
    }
    found
}

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// Opens `/dev/null` for each standard stream that is closed: the next file opened would otherwise take its number, and
/// an answer would be written into somebody's chapter.
fn open_standard_streams() {
    let (stdin, stdout, stderr) = (rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr());
    let mut streams = [&stdin, &stdout, &stderr].map(|stream| PollFd::new(stream, PollFlags::empty()));
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    if poll(&mut streams, Some(&now)).is_err() {
        return;
    }
    let closed = streams.iter().filter(|stream| stream.revents().contains(PollFlags::NVAL)).count();
    for _ in 0..closed {
        // The lowest free number is taken, which is that of the stream.
        if let Ok(null) = ambient::open_null() {
            let _ = null.into_raw_fd();
        }
    }
}

/// Makes a write to a pipe without a reader an error: a refusal that cannot be written must still end with exit code 2.
fn ignore_broken_pipes() {
    // SAFETY: no handler is installed, only the disposition set; no other thread runs yet.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}
