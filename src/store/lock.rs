//! Advisory locks with a deadline, as values: held while they live, released when they drop or the process dies.
//!
//! There are six, and whoever takes several takes them in this order: *view* (what one command wrote) → *fold* (one look at
//! it) → *landing* (one commit, undo, cancel, restore or recovery at a time) → *session* (one change to a session's ledger and layer structure at a time) → *pointer*
//! (session.lock) → *index* (what searches ask). The kernel's `flock` is behind it (std's file locks), so a killed holder leaves nothing behind. The
//! holder writes who it is into the file, for the message of whoever waits in vain.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};
use crate::fs::{Dir, stat_file};
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
    /// One change to the index of searches at a time; taken last, and nobody waits for another lock while holding it.
    Index,
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

/// The index's lock.
const INDEX: &str = "locks/index.lock";

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
        let mut holder = [b' '; 64];
        holder[63] = b'\n';
        let _ = write!(&mut holder[..63], "{} (process {})", waiter.doing, std::process::id());
        let _ = file.write_all_at(&holder, 0);
        if let Which::Session(name) = which {
            sign(project, name)?;
        }
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

/// How long a small record is waited for.
const BRIEFLY: Duration = Duration::from_millis(200);

/// Has a small record for oneself until its file is closed. Whoever would wait too long, or cannot lock, goes on without:
/// it is for records that only cost a sentence said twice.
pub fn briefly(record: &File) {
    let _ = poll(BRIEFLY, || record.try_lock());
}

/// How many signs there are; many sessions share one.
pub const SIGNS: usize = 64;

/// When sessions were last about to be changed.
///
/// Every change to a session's records and structure takes its lock first, and taking it writes the holder into its file:
/// that file's time says that nothing was changed since, for the price of one look. Then it sets the time of a *sign*, which
/// many sessions share: as long as none of the few signs has moved, not one of very many locks need be looked at. What a
/// client writes into a copy that is in the layer already takes no lock.
#[derive(Debug)]
pub struct Stamps {
    locks: Option<Dir>,
}

impl Stamps {
    /// Opens the locks of a project.
    pub fn open(project: &Project) -> Result<Self> {
        Ok(Self { locks: project.dir.find_dir(&project.private_dir("locks"))? })
    }

    /// Gives when the lock of a session was taken last, in nanoseconds of the file system's clock; 0 when never.
    pub fn of(&self, session: &OsStr) -> Result<i64> {
        self.look(&file_of(session))
    }

    /// Gives the file system's clock, as it was when whoever holds the index's lock took it.
    pub fn now(&self) -> Result<i64> {
        self.look(OsStr::new(INDEX.trim_start_matches("locks/")))
    }

    /// Gives the times of all signs, in nanoseconds of the file system's clock; 0 of one that never moved.
    pub fn signs(&self) -> Result<Vec<i64>> {
        (0..SIGNS).map(|nth| self.look(OsStr::new(&sign_file(nth)))).collect()
    }

    /// Tells whether somebody is changing a session right now.
    pub fn is_held(&self, session: &OsStr) -> Result<bool> {
        let Some(locks) = &self.locks else { return Ok(false) };
        let file = match locks.open_file(&RelPath::new(file_of(session))?) {
            Err(error) if error.is_absent() => return Ok(false),
            other => other?,
        };
        Ok(matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    fn look(&self, file: &OsStr) -> Result<i64> {
        let Some(locks) = &self.locks else { return Ok(0) };
        Ok(locks.stat_name(file)?.map_or(0, |stat| stat.mtime))
    }
}

/// Names the file of a session's lock.
fn file_of(session: &OsStr) -> OsString {
    let (before, after) = ("session-", ".lock");
    let mut name = OsString::with_capacity(before.len() + session.len() + after.len());
    name.push(before);
    name.push(session);
    name.push(after);
    name
}

/// Says that a session may have been changed by somebody who takes no lock for it.
pub fn touch(project: &Project, session: &SessionName) -> Result<()> {
    let (file, path) = open(project, Which::Session(session))?;
    file.write_all_at(b"\n", 63).map_err(|e| Error::io("write", path.as_path(), &e))?;
    sign(project, session)
}

/// Gives which sign is a session's.
pub fn sign_of(session: &OsStr) -> usize {
    let mix = |sum: u32, byte: &u8| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    // The high bits of the sum have something of every byte.
    (session.as_bytes().iter().fold(0x811c_9dc5, mix) >> 16) as usize % SIGNS
}

/// Moves a session's sign. It is moved with the lock held: who looked before saw the lock, who looks later sees the sign.
fn sign(project: &Project, session: &SessionName) -> Result<()> {
    let path = project.private_dir(&format!("locks/{}", sign_file(sign_of(OsStr::new(session.as_str())))));
    if !project.dir.stamp(&path)? {
        // Somebody else may have made it just now, and been seen by a search already: so it is moved once more.
        project.dir.open_lock_file(&path)?;
        project.dir.stamp(&path)?;
    }
    Ok(())
}

fn sign_file(nth: usize) -> String {
    format!("sign-{nth:02}")
}

fn open(project: &Project, which: Which<'_>) -> Result<(File, RelPath)> {
    let name = match which {
        Which::Landing => "locks/landing.lock".to_string(),
        Which::Session(name) => format!("locks/session-{name}.lock"),
        Which::Pointer => "locks/pointer.lock".to_string(),
        Which::Index => INDEX.to_string(),
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
    // Most locks are free, and to read the clock costs more than to take one.
    let mut start: Option<Instant> = None;
    let mut pause = Duration::from_micros(200);
    loop {
        match attempt() {
            Err(TryLockError::WouldBlock) if start.get_or_insert_with(Instant::now).elapsed() < timeout => {
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
            Which::Index => "another search is reading the sessions".to_string(),
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
