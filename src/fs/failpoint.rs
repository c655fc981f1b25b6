//! Where the crash tests stop a call: a counter before every change to the disk, in debug builds only.
//!
//! `REDRAFT_FAILPOINT=<what>@<n>` makes the n-th changing call of the process fail (`enospc`, `eio`, `eacces`), or
//! stops the process dead before it (`kill`); `REDRAFT_FAILPOINT=trace` writes each call to standard error, so that a
//! test can count them; `REDRAFT_FAILPOINT=panic` makes a door that asks ([`stumble`]) panic. A release build has none
//! of this.
//!
//! `REDRAFT_FAILPOINT=record:<file>` appends a line for each call to a file: its number, its name, the inode and the
//! length of the regular file that lies at its path before it (`-` for none), and the path. With `record:<file>@<n>` the
//! process is stopped dead before the n-th, which is not recorded. The file then says which contents were never synced.

use std::path::Path;

use crate::error::Result;

#[cfg(debug_assertions)]
mod armed {
    use std::fs::{File, OpenOptions};
    use std::io::Write as _;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use rustix::io::Errno;

    pub(super) enum Plan {
        Trace,
        Panic,
        Kill(u64),
        Fail(u64, Errno),
        Record(File, Option<u64>),
    }

    pub(super) static PLAN: OnceLock<Plan> = OnceLock::new();
    static CALLS: AtomicU64 = AtomicU64::new(0);

    pub(super) fn parse(spec: &str) -> Option<Plan> {
        if spec == "trace" {
            return Some(Plan::Trace);
        }
        if spec == "panic" {
            return Some(Plan::Panic);
        }
        if let Some(file) = spec.strip_prefix("record:") {
            return record(file);
        }
        let (what, n) = spec.split_once('@')?;
        let n = n.parse().ok()?;
        Some(match what {
            "kill" => Plan::Kill(n),
            "enospc" => Plan::Fail(n, Errno::NOSPC),
            "eio" => Plan::Fail(n, Errno::IO),
            "eacces" => Plan::Fail(n, Errno::ACCESS),
            _ => return None,
        })
    }

    fn record(spec: &str) -> Option<Plan> {
        let (file, at) = match spec.rsplit_once('@') {
            Some((file, n)) => (file, Some(n.parse().ok()?)),
            None => (spec, None),
        };
        let file = OpenOptions::new().append(true).create(true).open(file).ok()?;
        Some(Plan::Record(file, at))
    }

    /// Writes what a call will find, in one write, so that a kill right after it loses nothing.
    pub(super) fn note(mut file: &File, n: u64, call: &str, path: &Path) {
        let found = path.symlink_metadata().ok().filter(std::fs::Metadata::is_file);
        let found = found.map_or_else(|| "- -".to_string(), |meta| format!("{} {}", meta.ino(), meta.len()));
        let _ = file.write_all(format!("{n} {call} {found} {path:?}\n").as_bytes());
    }

    pub(super) fn die() {
        // SIGKILL, not exit: no destructor, no flush, exactly what a power cut leaves of the process.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }

    pub(super) fn next_call() -> u64 {
        CALLS.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Takes the plan from the environment's text; a plan that does not parse is ignored.
pub fn arm(spec: &str) {
    #[cfg(debug_assertions)]
    if let Some(plan) = armed::parse(spec) {
        let _ = armed::PLAN.set(plan);
    }
    #[cfg(not(debug_assertions))]
    let _ = spec;
}

/// Passes, but for the plan `panic`: shows what a door makes of a mistake of ours.
///
/// # Panics
/// When the plan says so.
pub fn stumble() {
    #[cfg(debug_assertions)]
    if matches!(armed::PLAN.get(), Some(armed::Plan::Panic)) {
        panic!("the failpoint asked for it");
    }
}

/// Passes, fails or stops the process, as the plan says.
#[cfg(debug_assertions)]
#[expect(clippy::print_stderr, reason = "the trace of the crash tests, in debug builds only")]
pub(crate) fn hit(call: &str, path: &Path) -> Result<()> {
    use armed::Plan;
    let Some(plan) = armed::PLAN.get() else { return Ok(()) };
    let n = armed::next_call();
    match plan {
        Plan::Trace => eprintln!("failpoint {n} {call} {}", path.display()),
        Plan::Kill(at) if *at == n => armed::die(),
        Plan::Record(_, Some(at)) if *at == n => armed::die(),
        Plan::Record(file, _) => armed::note(file, n, call, path),
        Plan::Fail(at, errno) if *at == n => return Err(super::io(call, path, *errno)),
        _ => {}
    }
    Ok(())
}

#[cfg(not(debug_assertions))]
#[inline]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as in a debug build")]
pub(crate) fn hit(_call: &str, _path: &Path) -> Result<()> {
    Ok(())
}
