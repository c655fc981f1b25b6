//! What lies among the sessions and is none, or is one under a wrong name: found, and put right without deleting anything.
//!
//! | found in `sessions/` | put right by |
//! |---|---|
//! | something that is no directory | moving it to `strays/` |
//! | a directory without a record and without a ledger: what was written to a session that had ended | moving it there |
//! | a copied or renamed session, whose record has another name | giving the record its directory's name |
//! | the same, under a name that no session can have | a free name made of that one |
//! | a record or ledger that cannot be read | nothing: that is `recover`'s |
//! | sessions of a `workspace/` further down | nothing: they are another project's, by `--root` |
//!
//! Each is one rename, or one record replaced, so that a kill leaves it undone or done. What was done is kept in
//! `.redraft/repairs.jsonl`.

use std::ffi::{OsStr, OsString};

use serde::{Deserialize, Serialize};

use super::lifecycle::{self, Caller, stamp};
use crate::error::{Error, Kind, Result};
use crate::fs::tree::Step;
use crate::fs::{Dir, Onto};
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::store::ledger;
use crate::store::lines::Lines;
use crate::store::lock::{Lock, Which};
use crate::store::record::{SESSION_FILE, SessionRecord};

/// Where strays are put, under `workspace/`; people look for their files there.
const STRAYS: &str = "strays";

/// What was done, a line for each.
const REPAIRS: &str = "repairs.jsonl";

/// So many directories are looked through for further workspaces.
const MAX_DIRS: usize = 20_000;

/// How many names are tried for a session that has none.
const MAX_COUNTED: usize = 10_000;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Where it lies.
    pub path: RelPath,
    /// What is wrong with it, as a phrase.
    pub problem: String,
    /// What puts it right.
    pub cure: Cure,
}

/// What puts something right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cure {
    /// Move it to `strays/`.
    SetAside(RelPath),
    /// Give its record this name, and its directory, too.
    Name(SessionName),
    /// Nothing that is done here; the command that is for it.
    Leave(String),
}

/// A line of what was done.
#[derive(Debug, Serialize, Deserialize)]
struct Done {
    at: String,
    by: String,
    path: RelPath,
    problem: String,
    to: RelPath,
}

/// Finds everything that is not as it should be.
pub fn find(project: &Project, caller: &Caller<'_>) -> Result<Vec<Stray>> {
    let mut found = Vec::new();
    let sessions = project.sessions();
    if let Some(dir) = project.dir.find_dir(&sessions)? {
        let mut names = dir.names()?;
        names.sort();
        let mut taken: Vec<OsString> = names.clone();
        for name in names {
            found.extend(one(project, caller, &dir, &name, &mut taken)?);
        }
    }
    // What cannot be looked into is not ours to put right, and no reason to leave the rest as it is.
    let _ = further_workspaces(project, &mut found);
    Ok(found)
}

/// Looks at one entry of `sessions/`.
fn one(
    project: &Project,
    caller: &Caller<'_>,
    dir: &Dir,
    name: &OsStr,
    taken: &mut Vec<OsString>,
) -> Result<Option<Stray>> {
    let path = project.sessions().join(name)?;
    let aside = || {
        let home = project.workspace().join(STRAYS)?.join(stamp(caller.env.now()))?;
        Ok::<_, Error>(Cure::SetAside(home.join(name)?))
    };
    let stray = |problem: &str, cure| Ok(Some(Stray { path: path.clone(), problem: problem.into(), cure }));
    let Some(stat) = dir.stat(&RelPath::new(name)?)? else { return Ok(None) };
    if !stat.is_dir() {
        return stray("it is no directory", aside()?);
    }
    let own = dir.open_dir(&RelPath::new(name)?)?;
    let parsed = name.to_str().and_then(|text| text.parse::<SessionName>().ok());
    let Some(recorded) = recorded_name(&own)? else {
        let has = |file: &str| Ok::<_, Error>(own.stat(&RelPath::new(file)?)?.is_some());
        return match parsed {
            _ if !has(SESSION_FILE)? && !has(ledger::FILE)? => stray("it has no session's records", aside()?),
            Some(name) => stray("its records cannot be read", Cure::Leave(format!("redraft recover {name}"))),
            None => stray("its records cannot be read, and its name is no session's", aside()?),
        };
    };
    let Some(parsed) = parsed else {
        let free = free_name(project, &name.to_string_lossy(), taken)?;
        return stray("its name is no session's", Cure::Name(free));
    };
    if recorded == parsed {
        return Ok(None);
    }
    stray(&format!("it is a copy of session '{recorded}', or was renamed"), Cure::Name(parsed))
}

/// Reads which session a record is of; nothing where it cannot be read.
pub(super) fn recorded_name(dir: &Dir) -> Result<Option<SessionName>> {
    #[derive(Deserialize)]
    struct Named {
        name: SessionName,
    }
    let Ok(Some(bytes)) = dir.find(&RelPath::new(SESSION_FILE)?, 64 * 1024 * 1024) else { return Ok(None) };
    let Ok(Named { name }) = serde_json::from_slice(&bytes) else { return Ok(None) };
    Ok(SessionRecord::read(dir, &name).ok().map(|record| record.name))
}

fn free_name(project: &Project, text: &str, taken: &mut Vec<OsString>) -> Result<SessionName> {
    let name = SessionName::made_of(text);
    for nth in 1..MAX_COUNTED {
        let name = name.counted(nth);
        let free = !taken.iter().any(|taken| taken == name.as_str());
        if free && project.dir.stat(&project.session(&name))?.is_none() {
            taken.push(name.as_str().into());
            return Ok(name);
        }
    }
    Err(Error::refused(format!("every name from '{name}' on is taken")))
}

/// Finds sessions that were begun further down, where another root was found.
fn further_workspaces(project: &Project, found: &mut Vec<Stray>) -> Result<()> {
    let mut looked_at = 0;
    let own = project.workspace().clone();
    let wanted = own.file_name().to_os_string();
    project.dir.walk(None, &mut |parent, path, stat| {
        looked_at += 1;
        let hidden = path.file_name().as_encoded_bytes().starts_with(b".");
        if looked_at > MAX_DIRS
            || !stat.is_dir()
            || hidden
            || *path == own
            || path.file_name() == "node_modules"
        {
            return Ok(Step::Over);
        }
        if path.file_name() != wanted {
            return Ok(Step::Into);
        }
        let sessions = RelPath::new(&wanted)?.join("sessions")?;
        let n = match parent.find_dir(&sessions) {
            Ok(Some(dir)) => dir.names()?.len(),
            _ => return Ok(Step::Into),
        };
        if n > 0 {
            let root = path.parent().map_or(".".into(), |root| root.to_string());
            found.push(Stray {
                path: path.clone(),
                problem: format!("{n} of the sessions in it belong to a root of their own, {root}"),
                cure: Cure::Leave(format!("redraft list --root {root}")),
            });
        }
        Ok(Step::Over)
    })
}

/// Puts one thing right; tells where it is now. The caller holds the landing lock.
pub fn cure(project: &Project, caller: &Caller<'_>, stray: &Stray) -> Result<Option<RelPath>> {
    let to = match &stray.cure {
        Cure::Leave(_) => return Ok(None),
        Cure::SetAside(to) => {
            if let Some(home) = to.parent() {
                project.dir.make_dirs(&home)?;
            }
            project.dir.rename(&stray.path, &project.dir, to, Onto::Nothing)?;
            to.clone()
        }
        Cure::Name(name) => {
            let _session = Lock::exclusive(project, Which::Session(name), caller.waiter("doctor"))?;
            name_it(project, &stray.path, name)?
        }
    };
    let private = project.dir.open_dir(&project.private())?;
    let done = Done {
        at: caller.env.timestamp(),
        by: caller.env.user.clone(),
        path: stray.path.clone(),
        problem: stray.problem.clone(),
        to: to.clone(),
    };
    Lines::of(&private, REPAIRS)?.append(&[done], true)?;
    Ok(Some(to))
}

/// Gives a session a name, in its record first: a kill in between leaves it to be found again.
fn name_it(project: &Project, path: &RelPath, name: &SessionName) -> Result<RelPath> {
    let dir = project.dir.open_dir(path)?;
    let recorded = recorded_name(&dir)?
        .ok_or_else(|| Error::new(Kind::Refused, format!("{path} has just been changed by somebody else")))?;
    let mut record = SessionRecord::read(&dir, &recorded)?;
    record.name = name.clone();
    record.write(&dir)?;
    let to = project.session(name);
    if *path != to {
        lifecycle::place(project, path, name)?;
    }
    Ok(to)
}
