//! Advisory locks with a deadline, as values: held while they live, released when they drop or the process dies.
//!
//! There are six, and whoever takes several takes them in this order: *view* (what one command wrote) → *fold* (one look at
//! it) → *landing* (one commit, undo, cancel, restore or recovery at a time) → *session* (one change to a session's ledger and layer structure at a time) → *pointer*
//! (session.lock) → *index* (what searches ask). The kernel's `flock` is behind it (std's file locks), so a killed holder leaves nothing behind. The
//! holder writes who it is into the file, for the message of whoever waits in vain.
//!
//! Besides these, whoever changes a small record may have its own file for a moment ([`briefly`]); nobody takes another lock
//! meanwhile, and nothing depends on it.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt;
use std::path::Path;
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

/// Where the locks are, but for those of views.
const DIR: &str = "locks";

/// The index's lock.
const INDEX: &str = "index.lock";

/// A held lock. Dropping it gives it back.
#[must_use = "the lock is given back as soon as this value is dropped"]
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until nobody else holds the lock, or the deadline passes: then says who does.
    pub fn exclusive(project: &Project, which: Which<'_>, waiter: Waiter<'_>) -> Result<Self> {
        let place = Place::of(project, which)?;
        let file = place.open()?;
        poll(waiter.timeout, || file.try_lock()).map_err(|e| explain(e, &file, which, &place, waiter))?;
        if let Which::View(dir) | Which::Fold(dir) = which
            && !place.holds(&file)?
        {
            // Whoever held it took the directory away; another one may stand there by now, which is somebody else's.
            return Err(Error::new(Kind::Busy, format!("{dir} has just been taken away")));
        }
        // Fixed width, so that one positioned write replaces the last holder; it is only ever shown to a person.
        let said = [waiter.doing, " (process ", &std::process::id().to_string(), ")"].concat();
        let mut holder = [b' '; 64];
        holder.iter_mut().zip(said.as_bytes()).for_each(|(place, byte)| *place = *byte);
        holder[63] = b'\n';
        let _ = file.write_all_at(&holder, 0);
        if let Which::Session(name) = which {
            sign(place.dir(), name)?;
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
        Ok(Self { locks: project.dir.find_dir(&project.private_dir(DIR))? })
    }

    /// Gives when the lock of a session was taken last, in nanoseconds of the file system's clock; 0 when never.
    pub fn of(&self, session: &OsStr) -> Result<i64> {
        self.look(&file_of(session))
    }

    /// Gives the file system's clock, as it was when whoever holds the index's lock took it.
    pub fn now(&self) -> Result<i64> {
        self.look(OsStr::new(INDEX))
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
    let place = Place::of(project, Which::Session(session))?;
    place.open()?.write_all_at(b"\n", 63).map_err(|e| Error::io("write", Path::new(&place.shown()), &e))?;
    sign(place.dir(), session)
}

/// Gives which sign is a session's.
pub fn sign_of(session: &OsStr) -> usize {
    let mix = |sum: u32, byte: &u8| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    // The high bits of the sum have something of every byte.
    (session.as_bytes().iter().fold(0x811c_9dc5, mix) >> 16) as usize % SIGNS
}

/// Moves a session's sign. It is moved with the lock held: who looked before saw the lock, who looks later sees the sign.
fn sign(locks: &Dir, session: &SessionName) -> Result<()> {
    let path = RelPath::new(sign_file(sign_of(OsStr::new(session.as_str()))))?;
    if !locks.stamp(&path)? {
        // Somebody else may have made it just now, and been seen by a search already: so it is moved once more.
        locks.open_lock_file(&path)?;
        locks.stamp(&path)?;
    }
    Ok(())
}

fn sign_file(nth: usize) -> String {
    ["sign-", if nth < 10 { "0" } else { "" }, &nth.to_string()].concat()
}

/// Where the file of a lock lies.
///
/// The directory of all locks is opened once for what is done there; that of a view is gone through by its path, which may
/// name another directory the next time.
struct Place<'a> {
    project: &'a Project,
    /// The directory of all locks; nothing for a view's own.
    locks: Option<Dir>,
    /// From there, else from the project's root.
    path: RelPath,
}

impl<'a> Place<'a> {
    fn of(project: &'a Project, which: Which<'_>) -> Result<Self> {
        let name = match which {
            Which::Landing => OsString::from("landing.lock"),
            Which::Session(name) => file_of(OsStr::new(name.as_str())),
            Which::Pointer => OsString::from("pointer.lock"),
            Which::Index => OsString::from(INDEX),
            Which::View(dir) => return Ok(Self { project, locks: None, path: dir.join("lock")? }),
            Which::Fold(dir) => return Ok(Self { project, locks: None, path: dir.join("fold.lock")? }),
        };
        let at = project.private_dir(DIR);
        let locks = if let Some(dir) = project.dir.find_dir(&at)? {
            dir
        } else {
            project.dir.make_dirs(&at)?;
            project.dir.open_dir(&at)?
        };
        Ok(Self { project, locks: Some(locks), path: RelPath::new(name)? })
    }

    /// Gives the directory that the path begins in.
    fn dir(&self) -> &Dir {
        self.locks.as_ref().unwrap_or(&self.project.dir)
    }

    fn open(&self) -> Result<File> {
        self.dir().open_lock_file(&self.path)
    }

    /// Tells whether an open file is the one that the path names now.
    fn holds(&self, file: &File) -> Result<bool> {
        let own = stat_file(file, self.path.as_path())?.ino;
        Ok(self.dir().stat(&self.path)?.is_some_and(|stat| stat.ino == own))
    }

    /// Gives the path from the project's root, for a message.
    fn shown(&self) -> String {
        let whole = self.locks.as_ref().and_then(|_| self.project.private_dir(DIR).join(&self.path).ok());
        whole.as_ref().unwrap_or(&self.path).to_string()
    }
}

/// So often whoever waits lets others run before it sleeps.
const TURNS: u32 = 8;

/// The shortest and the longest sleep between two looks at a lock.
const SLEEPS: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(20));

/// Tries again and again: `flock` has no deadline of its own.
///
/// A lock of a hook is held for some ten microseconds. Who holds it for longer was most likely put off its processor, and
/// needs that to go on; after that, a sleep is a quarter of the time waited so far: it is never much longer than was needed.
fn poll(timeout: Duration, attempt: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    // Most locks are free, and to read the clock costs more than to take one.
    let mut start: Option<Instant> = None;
    let mut turns = 0;
    loop {
        match attempt() {
            Err(TryLockError::WouldBlock) => {}
            other => return other,
        }
        let waited = start.get_or_insert_with(Instant::now).elapsed();
        let Some(left) = timeout.checked_sub(waited).filter(|left| !left.is_zero()) else {
            return Err(TryLockError::WouldBlock);
        };
        if turns < TURNS {
            turns += 1;
            std::thread::yield_now();
        } else {
            std::thread::sleep((waited / 4).clamp(SLEEPS.0, SLEEPS.1).min(left));
        }
    }
}

fn explain(
    error: TryLockError,
    file: &File,
    which: Which<'_>,
    place: &Place<'_>,
    waiter: Waiter<'_>,
) -> Error {
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
            .detail(format!("lock: {}", place.shown()))
            .hint(format!("try again: redraft {}", waiter.doing))
            .hint("nothing is held by a dead process: if it hangs, end the process named above");
    };
    Error::io("lock", Path::new(&place.shown()), &error)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test counts in a file")]
mod tests {
    use super::*;
    use crate::project::FoundBy;

    fn open(root: &Path) -> Project {
        Project::open(root.to_path_buf(), FoundBy::Option).unwrap()
    }

    #[test]
    fn of_many_who_take_a_lock_no_two_have_it_at_once() {
        let scratch = tempfile::tempdir().unwrap();
        let (name, count): (SessionName, _) = ("one".parse().unwrap(), scratch.path().join("count"));
        std::fs::write(&count, "0").unwrap();
        let waiter = Waiter { doing: "test", timeout: Duration::from_mins(1) };
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        // Each time as another process would.
                        let project = open(scratch.path());
                        let _lock = Lock::exclusive(&project, Which::Session(&name), waiter).unwrap();
                        let counted: u32 = std::fs::read_to_string(&count).unwrap().parse().unwrap();
                        std::fs::write(&count, (counted + 1).to_string()).unwrap();
                    }
                });
            }
        });
        assert_eq!(std::fs::read_to_string(&count).unwrap(), "800");
        let stamps = Stamps::open(&open(scratch.path())).unwrap();
        assert!(stamps.of(OsStr::new("one")).unwrap() > 0);
        assert!(stamps.signs().unwrap()[sign_of(OsStr::new("one"))] > 0);
    }

    #[test]
    fn who_waits_in_vain_is_told_and_who_waits_long_enough_has_it() {
        let scratch = tempfile::tempdir().unwrap();
        let project = open(scratch.path());
        let waiter = |timeout| Waiter { doing: "hold", timeout };
        let held = Lock::exclusive(&project, Which::Pointer, waiter(Duration::ZERO));
        for timeout in [Duration::ZERO, Duration::from_millis(30)] {
            let error = Lock::exclusive(&project, Which::Pointer, waiter(timeout)).unwrap_err();
            assert_eq!(error.kind, Kind::Busy);
            assert!(
                error.details.iter().any(|line| line.starts_with("held by: hold (process ")),
                "{error:?}"
            );
            let path = "lock: workspace/.redraft/locks/pointer.lock".to_string();
            assert!(error.details.contains(&path), "{error:?}");
        }
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let project = open(scratch.path());
                Lock::exclusive(&project, Which::Pointer, waiter(Duration::from_mins(1))).map(drop)
            });
            std::thread::sleep(Duration::from_millis(50));
            drop(held);
            waiting.join().unwrap().unwrap();
        });
        assert!(Lock::try_exclusive(&project, Which::Pointer, "again").unwrap().is_some());
    }
}
