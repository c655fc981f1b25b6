//! Advisory locks with a deadline, as values: held while they live, released when they drop or the process dies.
//!
//! There are five, and whoever takes several takes them in this order: *view* (what one command wrote) → *fold* (one look at
//! it) → *landing* (one commit, undo, cancel, restore or recovery at a time) → *session* (one change to a session's ledger and layer structure at a time) → *pointer*
//! (session.lock). The kernel's `flock` is behind it (std's file locks), so a killed holder leaves nothing behind. The
//! holder writes who it is into the file, for the message of whoever waits in vain.

use std::fs::{File, TryLockError};
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};
use crate::fs::stat_file;
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;

/// Which lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// One landing operation at a time.
    Landing,
    /// One structural change to a session at a time.
    Session(&'a SessionName),
    /// One change of session.lock at a time.
    Pointer,
    /// Held by whoever looks after the view in this directory; taken before any other.
    View(&'a RelPath),
    /// One comparison of the view in this directory with its session at a time; taken after that of the view.
    Fold(&'a RelPath),
}

/// Who takes a lock, for how long at most they wait, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Waiter<'a> {
    /// The verb, as a person knows it ("commit").
    pub doing: &'a str,
    /// The longest wait.
    pub timeout: Duration,
}

/// A held lock. Dropping it gives it back.
#[must_use = "the lock is given back as soon as this value is dropped"]
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until nobody else holds the lock, or the deadline passes: then says who does.
    pub fn exclusive(project: &Project, which: Which<'_>, waiter: Waiter<'_>) -> Result<Self> {
        let (file, path) = open(project, which)?;
        poll(waiter.timeout, || file.try_lock()).map_err(|e| explain(e, &file, which, &path, waiter))?;
        if let Which::View(dir) | Which::Fold(dir) = which
            && !is_there(project, &path, &file)?
        {
            // Whoever held it took the directory away; another one may stand there by now, which is somebody else's.
            return Err(Error::new(Kind::Busy, format!("{dir} has just been taken away")));
        }
        // Fixed width, so that one positioned write replaces the last holder; it is only ever shown to a person.
        let holder = format!("{:<63}\n", format!("{} (process {})", waiter.doing, std::process::id()));
        let _ = file.write_all_at(holder.as_bytes(), 0);
        Ok(Self { _file: file })
    }

    /// Takes the lock if nobody holds it.
    pub fn try_exclusive(project: &Project, which: Which<'_>, doing: &str) -> Result<Option<Self>> {
        match Self::exclusive(project, which, Waiter { doing, timeout: Duration::ZERO }) {
            Ok(lock) => Ok(Some(lock)),
            Err(error) if error.kind == Kind::Busy => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn open(project: &Project, which: Which<'_>) -> Result<(File, RelPath)> {
    let name = match which {
        Which::Landing => "locks/landing.lock".to_string(),
        Which::Session(name) => format!("locks/session-{name}.lock"),
        Which::Pointer => "locks/pointer.lock".to_string(),
        Which::View(dir) | Which::Fold(dir) => {
            let path = dir.join(if matches!(which, Which::View(_)) { "lock" } else { "fold.lock" })?;
            return Ok((project.dir.open_lock_file(&path)?, path));
        }
    };
    let path = project.private_dir(&name);
    match project.dir.open_lock_file(&path) {
        Err(error) if error.is_absent() => {
            project.dir.make_dirs(&project.private_dir("locks"))?;
            Ok((project.dir.open_lock_file(&path)?, path))
        }
        other => other.map(|file| (file, path)),
    }
}

/// Tells whether an open file is the one that its path names now.
fn is_there(project: &Project, path: &RelPath, file: &File) -> Result<bool> {
    let own = stat_file(file, path.as_path())?.ino;
    Ok(project.dir.stat(path)?.is_some_and(|stat| stat.ino == own))
}

/// Tries with growing pauses: `flock` has no deadline of its own.
fn poll(timeout: Duration, attempt: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        match attempt() {
            Err(TryLockError::WouldBlock) if start.elapsed() < timeout => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            other => return other,
        }
    }
}

fn explain(error: TryLockError, file: &File, which: Which<'_>, path: &RelPath, waiter: Waiter<'_>) -> Error {
    let TryLockError::Error(error) = error else {
        let mut text = [0; 64];
        let read = file.read_at(&mut text, 0).unwrap_or(0);
        let holder = String::from_utf8_lossy(&text[..read]).trim().to_string();
        let holder = if holder.is_empty() { "another process".to_string() } else { holder };
        let what = match which {
            Which::Landing => "another commit, undo or cancel is at work in this project".to_string(),
            Which::Session(name) => format!("session '{name}' is being changed by somebody else"),
            Which::Pointer => "somebody else is switching sessions".to_string(),
            Which::View(dir) => format!("a command is at work in {dir}"),
            Which::Fold(dir) => format!("somebody else brings in what was written in {dir}"),
        };
        return Error::new(Kind::Busy, format!("{what}; gave up after {} ms", waiter.timeout.as_millis()))
            .detail(format!("held by: {holder}"))
            .detail(format!("lock: {path}"))
            .hint(format!("try again: redraft {}", waiter.doing))
            .hint("nothing is held by a dead process: if it hangs, end the process named above");
    };
    Error::io("lock", path.as_path(), &error)
}
