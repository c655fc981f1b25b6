//! Sessions come and go: create, find, bind to a window, end, bring back.
//!
//! Whose session a call belongs to is decided in one place ([`whose`]), and what state a session is in in one place
//! ([`Inspected`]): `list`, `status`, `switch` and `commit` agree because they ask here. A session is made aside and
//! renamed into place, and ended by a rename into the trash, so that there is never half of one.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use chrono::{DateTime, Utc};
use rustix::io::Errno;

use super::changes::{Changes, Counting};
use super::layer::{Layer, temporary_dir};
use crate::env::Env;
use crate::error::{Error, Kind, Result};
use crate::fs::{Dir, Onto};
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::report::State;
use crate::store::lock::{self, Lock, Waiter, Which};
use crate::store::notebook::{self, Notebook};
use crate::store::record::{Pointer, SessionRecord};
use crate::store::windows::Window;

/// Bindings of windows that were not seen for so long are dropped.
const BINDING_DAYS: i64 = 90;

/// How many files of one name may be set aside within a second.
const MAX_ASIDE: usize = 1_000;

/// How many sessions may have the same made name.
const MAX_COUNTED: usize = 10_000;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// Environment and clock.
    pub env: &'a Env,
    /// `--session`
    pub option: Option<&'a str>,
    /// The Claude session id, when a Claude window asks.
    pub window: Option<&'a str>,
}

impl<'a> Caller<'a> {
    /// Makes the waiter of this caller's verb.
    pub fn waiter(&self, doing: &'a str) -> Waiter<'a> {
        Waiter { doing, timeout: self.env.lock_timeout }
    }
}

/// Why a session is in the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Discarded by a person.
    Cancelled,
    /// Its changes are in the project.
    Landed,
}

impl Ending {
    /// Gives the word on disk and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Landed => "landed",
        }
    }
}

/// A session as it was found: sound, or crashed with the reason.
#[derive(Debug)]
pub struct Inspected<'a> {
    /// Its layer.
    pub layer: Layer<'a>,
    /// Its record.
    pub record: SessionRecord,
    /// What it changes.
    pub changes: Changes,
}

/// Tells whose session this call belongs to: option, environment, the window's binding, the active one.
pub fn whose(project: &Project, caller: &Caller<'_>) -> Result<Option<SessionName>> {
    if let Some(name) = caller.option {
        return name.parse().map(Some);
    }
    if let Some(name) = &caller.env.session {
        return name.to_string_lossy().parse().map(Some);
    }
    Pointer::session_of(project, caller.window)
}

/// The same, for verbs that cannot do without.
pub fn whose_or_refuse(project: &Project, caller: &Caller<'_>) -> Result<SessionName> {
    whose(project, caller)?.ok_or_else(|| {
        Error::refused("No active session")
            .hint("Create new session: redraft start <name>")
            .hint("Switch to existing: redraft list → redraft switch <name>")
    })
}

/// Takes the name given, or this caller's session.
pub fn named_or_own(project: &Project, caller: &Caller<'_>, name: Option<&str>) -> Result<SessionName> {
    name.map_or_else(|| whose_or_refuse(project, caller), str::parse)
}

/// Lists the directories under `sessions/`, whatever they are called.
pub fn names(project: &Project) -> Result<Vec<std::ffi::OsString>> {
    let Some(dir) = project.dir.find_dir(&project.sessions())? else { return Ok(Vec::new()) };
    Ok(dir.directories()?.into_iter().map(|(name, _)| name).collect())
}

/// Opens a session and reads all of it; what cannot be trusted is [`Kind::Corrupt`].
pub fn inspect<'a>(project: &'a Project, name: &SessionName) -> Result<Inspected<'a>> {
    inspect_counting(project, name, Counting::Nothing)
}

/// The same, and counts lines.
pub fn inspect_counting<'a>(
    project: &'a Project,
    name: &SessionName,
    counting: Counting,
) -> Result<Inspected<'a>> {
    let layer = Layer::open(project, name)?;
    let (record, changes) = read_whole(&layer, counting)?;
    Ok(Inspected { layer, record, changes })
}

/// Reads all of a session that is open.
pub fn read_whole(layer: &Layer<'_>, counting: Counting) -> Result<(SessionRecord, Changes)> {
    SessionRecord::read(&layer.dir, &layer.name)
        .and_then(|record| Ok((record, Changes::survey_counting(layer, counting)?)))
        .map_err(|error| crashed(&layer.name, error))
}

/// Says that a session is CRASHED, and how to go on; other errors pass.
pub fn crashed(name: &SessionName, error: Error) -> Error {
    if error.kind != Kind::Corrupt {
        return error;
    }
    Error::corrupt(format!("Session '{name}' is CRASHED"))
        .detail(error.message)
        .hint(format!("Repair it, keeping its files: redraft recover {name}"))
        .hint(format!("Or discard it (it goes to the trash): redraft cancel {name}"))
}

/// Tells a sound session's state for this caller.
pub fn state_of(name: &SessionName, own: Option<&SessionName>) -> State {
    if own == Some(name) { State::Active } else { State::Inactive }
}

/// What a session begins with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beginning<'a> {
    /// What it is for.
    pub description: &'a str,
    /// What kind of work it is; the default where it is not said.
    pub kind: Option<&'a str>,
    /// The first lines of its notebook.
    pub notebook: &'a [notebook::Entry],
}

/// Makes a session and makes it active; gives the session it takes over from.
pub fn create(
    project: &Project,
    caller: &Caller<'_>,
    name: &SessionName,
    beginning: Beginning<'_>,
) -> Result<Option<SessionName>> {
    make_workspace(project)?;
    // A session that is being landed has left its place for a moment; its name is not free for that.
    let _lock = Lock::exclusive(project, Which::Session(name), caller.waiter("start"))?;
    let staging = stage(project, caller.env, name, beginning)?;
    if let Err(error) = place(project, &staging, name) {
        project.dir.remove_tree(&staging)?;
        return Err(error);
    }
    point_to(project, caller, name).inspect_err(|_| {
        // A start that failed can be tried again: nobody was told of this session yet.
        let taken = project.dir.rename(&project.session(name), &project.dir, &staging, Onto::Nothing);
        let _ = taken.and_then(|()| project.dir.remove_tree(&staging));
    })
}

/// Makes a session under the first free name of `name`, `name-2`, `name-3` …; two callers never get the same one.
pub fn create_under_free_name(
    project: &Project,
    caller: &Caller<'_>,
    name: &SessionName,
    beginning: Beginning<'_>,
) -> Result<(SessionName, Option<SessionName>)> {
    for nth in 1..MAX_COUNTED {
        let name = name.counted(nth);
        if project.dir.stat(&project.session(&name))?.is_some() {
            continue;
        }
        match create(project, caller, &name, beginning) {
            // Somebody else took it just now.
            Err(error)
                if error.kind == Kind::Refused && project.dir.stat(&project.session(&name))?.is_some() => {}
            other => return other.map(|before| (name, before)),
        }
    }
    Err(Error::refused(format!("every name from '{name}' to '{}' is taken", name.counted(MAX_COUNTED - 1)))
        .hint("Use a name of your own: redraft start <name>"))
}

/// Moves a directory that was made aside into a session's place, which must be free.
pub fn place(project: &Project, staging: &RelPath, name: &SessionName) -> Result<()> {
    project
        .dir
        .rename(staging, &project.dir, &project.session(name), Onto::Nothing)
        .map_err(|error| if error.is_errno(Errno::EXIST) { exists(name) } else { error })
}

/// Says that a name is taken, and the three ways on.
pub fn exists(name: &SessionName) -> Error {
    Error::refused(format!("Session '{name}' already exists"))
        .hint(format!("Work in it: redraft switch {name}"))
        .hint("Use another name: redraft start <other-name>")
        .hint(format!("Discard it first: redraft cancel {name}"))
}

/// Makes `workspace/` with the `.gitignore` that keeps git and searches out of it.
fn make_workspace(project: &Project) -> Result<()> {
    let at = project.workspace();
    let workspace = if let Some(dir) = project.dir.find_dir(at)? {
        dir
    } else {
        project.dir.make_dirs(at)?;
        project.dir.open_dir(at)?
    };
    // It is nearly always there: then this is two looks.
    let sessions = RelPath::new(project.sessions().file_name())?;
    if !workspace.stat(&sessions)?.is_some_and(|stat| stat.is_dir()) {
        workspace.make_dirs(&sessions)?;
    }
    let ignore = RelPath::new(".gitignore")?;
    if workspace.stat(&ignore)?.is_none() {
        workspace.write_atomic(&ignore, b"*\n", false)?;
    }
    Ok(())
}

/// Builds the directory of a new session aside: its records and nothing else, whatever the size of the project.
fn stage(project: &Project, env: &Env, name: &SessionName, beginning: Beginning<'_>) -> Result<RelPath> {
    let staging = temporary_dir(project)?;
    let dir = project.dir.open_dir(&staging)?;
    let description = beginning.description.to_string();
    let mut record = SessionRecord::new(name.clone(), description, env.timestamp(), env.user.clone());
    if let Some(kind) = beginning.kind {
        record.kind = kind.to_string();
    }
    record.write_new(&dir)?;
    if !beginning.notebook.is_empty() {
        Notebook::of(&dir)?.append(beginning.notebook)?;
    }
    Ok(staging)
}

/// Makes a session this caller's and the active one; gives the one it was until now.
pub fn point_to(project: &Project, caller: &Caller<'_>, name: &SessionName) -> Result<Option<SessionName>> {
    let mut before = None;
    update_pointer(project, caller, "switch", |pointer| {
        before = pointer.clone().of(caller.window);
        pointer.active = Some(name.clone());
        forget_old_windows(project, caller.env.now(), pointer)?;
        if let Some(window) = caller.window {
            pointer.bindings.insert(window.to_string(), name.clone());
            Window::of(project, window)?.touch()?;
        }
        Ok(())
    })?;
    Ok(before.filter(|before| before != name))
}

/// Binds this caller's window to a session, leaving the active one as it is; a session that is gone is left alone.
pub fn bind(project: &Project, caller: &Caller<'_>, name: &SessionName) -> Result<()> {
    let Some(window) = caller.window else { return Ok(()) };
    update_pointer(project, caller, "switch", |pointer| {
        if project.dir.stat(&project.session(name))?.is_some() {
            pointer.bindings.insert(window.to_string(), name.clone());
            Window::of(project, window)?.touch()?;
        }
        Ok(())
    })
}

/// Takes this caller out of a session: its window's binding, and the active session where it is this one.
pub fn leave(project: &Project, caller: &Caller<'_>, name: &SessionName) -> Result<()> {
    update_pointer(project, caller, "end", |pointer| {
        if let Some(window) = caller.window
            && pointer.bindings.get(window) == Some(name)
        {
            pointer.bindings.remove(window);
        }
        pointer.active = pointer.active.take().filter(|active| active != name);
        Ok(())
    })
}

/// Takes a session out of every pointer; tells whether it was in one.
pub fn release(project: &Project, caller: &Caller<'_>, name: &str) -> Result<bool> {
    let mut held = false;
    update_pointer(project, caller, "release", |pointer| {
        let bound = pointer.bindings.len();
        pointer.bindings.retain(|_, bound| bound.as_str() != name);
        held = bound != pointer.bindings.len() || pointer.active.as_ref().is_some_and(|a| a.as_str() == name);
        pointer.active = pointer.active.take().filter(|active| active.as_str() != name);
        Ok(())
    })?;
    Ok(held)
}

/// Makes a pointer that cannot be read anew; the file as it was is kept beside it.
pub fn reset_pointer(project: &Project, caller: &Caller<'_>) -> Result<()> {
    update_pointer(project, caller, "recover", |pointer| {
        pointer.updated_at = caller.env.timestamp();
        Ok(())
    })
}

/// Changes session.lock with its lock held. A pointer that cannot be read is set aside and made anew from what is asked.
fn update_pointer(
    project: &Project,
    caller: &Caller<'_>,
    doing: &str,
    change: impl FnOnce(&mut Pointer) -> Result<()>,
) -> Result<()> {
    let _lock = Lock::exclusive(project, Which::Pointer, caller.waiter(doing))?;
    let mut pointer = match Pointer::read(project) {
        Err(error) if error.kind == Kind::Corrupt => {
            set_aside(&project.dir, &project.pointer(), &project.pointer(), caller.env.now())?;
            Pointer::empty()
        }
        other => other?,
    };
    let before = pointer.clone();
    change(&mut pointer)?;
    if pointer == before {
        return Ok(());
    }
    // Whose it was may have written into its layer without a lock; from now on nobody looks there by himself.
    for left in names_in(&before).difference(&names_in(&pointer)) {
        if project.dir.stat(&project.session(left))?.is_some() {
            lock::touch(project, left)?;
        }
    }
    pointer.updated_at = caller.env.timestamp();
    pointer.write(project)
}

/// Gives the sessions that are somebody's.
pub fn names_in(pointer: &Pointer) -> BTreeSet<SessionName> {
    pointer.bindings.values().chain(&pointer.active).cloned().collect()
}

/// Moves a file that cannot be trusted out of the way, keeping it: it gets this name with a time behind it.
pub fn set_aside(dir: &Dir, path: &RelPath, name: &RelPath, now: DateTime<Utc>) -> Result<RelPath> {
    let named = format!("{name}.unreadable-{}", stamp(now));
    for nth in 1..=MAX_ASIDE {
        let aside = if nth == 1 { named.clone() } else { format!("{named}-{nth}") };
        let aside = RelPath::new(aside)?;
        match dir.rename(path, dir, &aside, Onto::Nothing) {
            // What was kept within the same second stays.
            Err(error) if error.is_errno(Errno::EXIST) => {}
            other => return other.map(|()| aside),
        }
    }
    Err(Error::refused(format!("{named} is there, and {MAX_ASIDE} more")))
}

/// Drops bindings whose session is gone or whose window was not seen for [`BINDING_DAYS`].
fn forget_old_windows(project: &Project, now: DateTime<Utc>, pointer: &mut Pointer) -> Result<()> {
    let horizon = (now - chrono::Duration::days(BINDING_DAYS)).timestamp_nanos_opt().unwrap_or(i64::MIN);
    let mut gone = Vec::new();
    for (id, name) in &pointer.bindings {
        let seen = Window::of(project, id)?.last_seen()?;
        if project.dir.stat(&project.session(name))?.is_none() || seen.is_some_and(|seen| seen < horizon) {
            gone.push(id.clone());
        }
    }
    for id in gone {
        pointer.bindings.remove(&id);
        Window::of(project, &id)?.forget()?;
    }
    Ok(())
}

/// Moves a session's directory to the trash; gives its new path. The caller holds the session lock.
pub fn to_trash(project: &Project, name: &OsStr, ending: Ending, now: DateTime<Utc>) -> Result<RelPath> {
    let trash = project.private_dir("trash");
    let from = project.sessions().join(name)?;
    let mut nth = 1;
    loop {
        let mut target = name.to_os_string();
        target.push(format!(".{}.{}", stamp(now), ending.as_str()));
        if nth > 1 {
            target.push(format!(".{nth}"));
        }
        let target = trash.join(&target)?;
        match project.dir.rename(&from, &project.dir, &target, Onto::Nothing) {
            Err(error) if error.is_errno(Errno::EXIST) && nth < 1000 => nth += 1,
            // Nothing was ever thrown away here, or the session is gone: then the next try says so.
            Err(error) if error.is_absent() && project.dir.make_dirs(&trash)? => {}
            other => return other.map(|()| target),
        }
    }
}

/// One session in the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trashed {
    /// Where it is.
    pub path: RelPath,
    /// When it went there, `YYYYMMDD-HHMMSS` UTC.
    pub stamp: String,
    /// "cancelled" or "landed".
    pub was: String,
}

/// Finds the latest session of a name in the trash.
pub fn latest_in_trash(project: &Project, name: &SessionName) -> Result<Option<Trashed>> {
    let trash = project.private_dir("trash");
    let Some(dir) = project.dir.find_dir(&trash)? else { return Ok(None) };
    let mut found: Vec<(String, u32, Trashed)> = Vec::new();
    for entry in dir.names()? {
        // A name has no dot, so the first part of an entry is the whole name and never a prefix of another.
        let Some(text) = entry.to_str() else { continue };
        let mut parts = text.split('.');
        if parts.next() != Some(name.as_str()) {
            continue;
        }
        if let (Some(stamp), Some(was)) = (parts.next(), parts.next()) {
            let nth = parts.next().and_then(|n| n.parse().ok()).unwrap_or(1);
            let trashed = Trashed { path: trash.join(&entry)?, stamp: stamp.into(), was: was.into() };
            found.push((stamp.to_string(), nth, trashed));
        }
    }
    Ok(found.into_iter().max_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1))).map(|(_, _, trashed)| trashed))
}

/// Brings the latest session of a name back from the trash.
pub fn from_trash(project: &Project, name: &SessionName) -> Result<Trashed> {
    let Some(trashed) = latest_in_trash(project, name)? else {
        if project.dir.stat(&project.session(name))?.is_some() {
            return Err(Error::refused(format!("Session '{name}' is open: there is nothing to bring back"))
                .hint(format!("Work in it: redraft switch {name}")));
        }
        return Err(Error::not_found(format!("Nothing called '{name}' is in the trash"))
            .detail(format!("looked in: {}", project.dir.full(&project.private_dir("trash")).display()))
            .hint("See what was committed: redraft log")
            .hint("Available sessions: redraft list"));
    };
    project.dir.make_dirs(&project.sessions())?;
    place(project, &trashed.path, name).map(|()| trashed)
}

/// Gives a time as it stands in file names, UTC.
pub fn stamp(now: DateTime<Utc>) -> String {
    now.format("%Y%m%d-%H%M%S").to_string()
}
