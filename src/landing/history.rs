//! What was landed when, and taking it back.
//!
//! An undo is a landing of its own, with the same journal and the same guarantees: its steps are the commit's steps
//! turned round, its carriers the commit's pre-images. A file that is no longer the one the commit put there (somebody
//! worked on since) is refused and left alone; the others are taken back. What an undo takes away is its pre-image, so
//! an undo can be undone.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};

use super::journal::{Head, Journal, OLD, Work};
use super::plan::{Action, Identity, Step, needs_directory};
use super::{away, finish_interrupted, run_steps, stage};
use crate::error::{Error, Kind, Result};
use crate::fs::cursor::Cursor;
use crate::fs::tree::Step as Walk;
use crate::fs::{Dir, Stat, parallel};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::report::{Conflict, Counts};
use crate::session::lifecycle::{self, Caller};
use crate::store::lock::{Lock, Which};
use crate::store::record::SCHEMA;

/// Why a file does not come back.
const IN_ITS_PLACE: &str = "a directory stands there now; move it away to have the file back";

/// What an undo did.
#[derive(Debug)]
pub struct Undone {
    /// The undo's own id.
    pub id: String,
    /// The landing it took back.
    pub undoes: Head,
    /// The paths that are as before the landing.
    pub paths: Vec<RelPath>,
    /// The paths that were left alone, and why.
    pub refused: Vec<Conflict>,
    /// What kept it from tidying up; the next command does.
    pub untidied: Option<Error>,
}

/// Takes a landing back: the one named, or the last commit that was not taken back yet.
pub fn undo(project: &Project, caller: &Caller<'_>, id: Option<&str>) -> Result<Undone> {
    let _landing = Lock::exclusive(project, Which::Landing, caller.waiter("undo"))?;
    finish_interrupted(project, caller)?;
    let target = choose(project, id)?;
    let journal = Journal::read_done(project, &target.id)?
        .ok_or_else(|| Error::corrupt(format!("the record of commit {} cannot be read", target.id)))?;
    let new = Journal::new_id(project, &lifecycle::stamp(caller.env.now()))?;
    let turned = turn_round(project, &journal, &new);
    let (steps, refused) = turned.inspect_err(|_| {
        let _ = Journal::forget(project, &new);
    })?;
    if !steps.iter().any(|step| step.carrier.is_some()) {
        Journal::forget(project, &new)?;
        return Err(all_refused(&target.id, &refused));
    }
    let head = Head {
        schema: SCHEMA,
        id: new.clone(),
        work: Work::Undo,
        session: target.session.clone(),
        at: caller.env.timestamp(),
        whole: false,
        undoes: Some(target.id.clone()),
        counts: count(&steps),
        bytes: steps.iter().filter_map(|step| step.old).map(|old| old.size).sum(),
        lines: target.lines.map(|l| crate::report::Lines { added: l.removed, removed: l.added }),
    };
    let mut undo = Journal { head, away: Vec::new(), steps };
    let staged = stage::stage(project, &new, &mut undo.steps)
        .and_then(|()| away::plan_back(project, &target.id, &new, &mut undo.steps));
    undo.away = staged.inspect_err(|_| {
        let _ = stage::forget(project, &new);
    })?;
    run_steps(project, &undo, caller.env.now())?;
    // It is sealed: from here on nothing can make it not have happened.
    let tidied = stage::collect(project, &new, &undo.steps).and_then(|()| Journal::close(project, &new));
    let paths =
        undo.steps.iter().filter(|step| step.carrier.is_some()).map(|step| step.path.clone()).collect();
    Ok(Undone { id: new, undoes: target, paths, refused, untidied: tidied.err() })
}

/// Lists landings, newest first, each with whether it was taken back.
pub fn log(project: &Project) -> Result<Vec<(Head, bool)>> {
    marked(project)?.collect()
}

/// Reads landings one after the other, newest first, each with whether it was taken back.
fn marked(project: &Project) -> Result<impl Iterator<Item = Result<(Head, bool)>>> {
    let mut taken_back = BTreeSet::new();
    // What takes a landing back is younger than it: newest first, everything is known in time.
    let mut mark = move |head: Head| {
        let undone = taken_back.contains(&head.id);
        taken_back.extend(head.undoes.clone().filter(|_| !undone));
        (head, undone)
    };
    Ok(Journal::heads(project)?.map(move |head| head.map(&mut mark)))
}

fn choose(project: &Project, id: Option<&str>) -> Result<Head> {
    let wanted = |(head, undone): &(Head, bool)| match id {
        Some(id) => head.id == id,
        None => head.work == Work::Commit && !undone,
    };
    let found = marked(project)?.find(|one| one.as_ref().map_or(true, &wanted)).transpose()?;
    match (found, id) {
        (Some((head, false)), _) => Ok(head),
        (Some((head, true)), _) => Err(Error::refused(format!("commit {} was taken back already", head.id))
            .hint("All commits: redraft log")),
        (None, Some(id)) => {
            Err(Error::not_found(format!("Commit {id:?} not found")).hint("All commits: redraft log"))
        }
        (None, None) => {
            Err(Error::refused("There is no commit to take back").hint("All commits: redraft log"))
        }
    }
}

/// Turns the steps round, last first; what the project has moved on from is refused.
fn turn_round(project: &Project, journal: &Journal, new: &str) -> Result<(Vec<Step>, Vec<Conflict>)> {
    let (mut steps, mut refused) = (Vec::with_capacity(journal.steps.len()), Vec::new());
    let kept = Kept::find(project, &journal.head.id)?;
    let grave = Journal::dir(project, new).join(OsStr::new(OLD))?;
    let made = paths_of(&journal.steps, Action::MakeDir);
    let dir = &project.dir;
    let last_first: Vec<(usize, &Step)> = journal.steps.iter().enumerate().rev().collect();
    let all = parallel::each(last_first, &|| Eyes::on(dir, &kept), &|eyes, (nth, step)| {
        turned(eyes, &kept, nth, step, &grave, &made)
    });
    for (step, turned) in journal.steps.iter().rev().zip(all?) {
        match turned {
            Ok(step) => steps.push(step),
            Err(why) => refused.push(Conflict { path: step.path.clone(), why: why.to_string() }),
        }
    }
    refuse_blocked(project, &mut steps, &mut refused)?;
    for path in missing_parents(project, &steps)? {
        steps.push(Step { action: Action::MakeDir, path, carrier: None, new: None, old: None });
    }
    // A directory that has to go can only go when the files in it went.
    steps.sort_by_key(|step| match step.action {
        Action::Delete => 0,
        Action::RemoveDir => 1,
        Action::MakeDir => 2,
        Action::Create => 3,
        Action::Replace => 4,
    });
    Ok((steps, refused))
}

fn paths_of(steps: &[Step], action: Action) -> BTreeSet<RelPath> {
    steps.iter().filter(|step| step.action == action).map(|step| step.path.clone()).collect()
}

/// Refuses what would come back where, or below where, the project has by now what does not go: a file, or a directory that
/// does not become empty.
fn refuse_blocked(project: &Project, steps: &mut Vec<Step>, refused: &mut Vec<Conflict>) -> Result<()> {
    let (goes, emptied) = (paths_of(steps, Action::Delete), paths_of(steps, Action::RemoveDir));
    let mut seen = BTreeMap::<RelPath, Option<RelPath>>::new();
    let mut found = Vec::new();
    for (nth, step) in steps.iter().enumerate() {
        if step.action == Action::Create && emptied.contains(&step.path) {
            let goes =
                |path: &RelPath, stat: &Stat| if stat.is_dir() { &emptied } else { &goes }.contains(path);
            if !all_below(project, &step.path, &goes)? {
                found.push((nth, IN_ITS_PLACE.to_string()));
                continue;
            }
        }
        let dir = match step.action {
            Action::MakeDir => Some(step.path.clone()),
            Action::Create => step.path.parent(),
            Action::Delete | Action::RemoveDir | Action::Replace => None,
        };
        let Some(dir) = dir else { continue };
        let file = match seen.get(&dir) {
            Some(file) => file.clone(),
            None => seen.entry(dir.clone()).or_insert(project.dir.in_the_way(&dir)?).clone(),
        };
        found.extend(file.filter(|file| !goes.contains(file)).map(|file| (nth, needs_directory(&file))));
    }
    for (nth, why) in found.into_iter().rev() {
        let step = steps.remove(nth);
        refused.push(Conflict { path: step.path, why });
    }
    Ok(())
}

/// Tells whether something holds for all that is below a directory.
fn all_below(project: &Project, path: &RelPath, holds: &dyn Fn(&RelPath, &Stat) -> bool) -> Result<bool> {
    let mut all = true;
    if let Some(dir) = project.dir.find_dir(path)? {
        dir.walk(Some(path), &mut |_, path, stat| {
            all = all && holds(path, stat);
            Ok(if all { Walk::Into } else { Walk::Over })
        })?;
    }
    Ok(all)
}

/// Lists the directories above files that come back which somebody removed since, parents first.
fn missing_parents(project: &Project, steps: &[Step]) -> Result<BTreeSet<RelPath>> {
    let mut missing = BTreeSet::new();
    for step in steps.iter().filter(|step| step.action == Action::Create) {
        let mut above = step.path.parent();
        while let Some(dir) = above.filter(|dir| !missing.contains(dir)) {
            if project.dir.stat(&dir)?.is_some()
                || steps.iter().any(|s| s.action == Action::MakeDir && s.path == dir)
            {
                break;
            }
            above = dir.parent();
            missing.insert(dir);
        }
    }
    Ok(missing)
}

fn turned(
    eyes: &mut Eyes<'_>,
    kept: &Kept,
    nth: usize,
    step: &Step,
    grave: &RelPath,
    own_dirs: &BTreeSet<RelPath>,
) -> Result<Result<Step, &'static str>> {
    let there = eyes.project.stat(&step.path)?;
    let (now, stands) = (there.as_ref().map(Identity::of), there.is_some_and(|stat| stat.is_dir()));
    let moved_on = Ok(Err("the project has moved on since: it is not what the commit put there"));
    let make =
        |action, carrier, new, old| Ok(Ok(Step { action, path: step.path.clone(), carrier, new, old }));
    match step.action {
        Action::MakeDir => make(Action::RemoveDir, None, None, None),
        Action::RemoveDir => make(Action::MakeDir, None, None, None),
        Action::Create if now == step.new => {
            let grave = grave.join(OsStr::new(&format!("gone-{nth}")))?;
            make(Action::Delete, Some(grave), None, step.new)
        }
        // A directory that the landing made of the file may go; `refuse_blocked` looks at what is in it.
        Action::Delete if now.is_none() || (stands && own_dirs.contains(&step.path)) => {
            match kept.pre_image(eyes, nth, step)? {
                Some((kept, found)) => make(Action::Create, Some(kept), Some(found), None),
                None => Ok(Err("its earlier version is no longer kept")),
            }
        }
        Action::Replace if now == step.new => match kept.pre_image(eyes, nth, step)? {
            Some((kept, found)) => make(Action::Replace, Some(kept), Some(found), step.new),
            None => Ok(Err("its earlier version is no longer kept")),
        },
        Action::Delete if stands => Ok(Err(IN_ITS_PLACE)),
        Action::Create | Action::Delete | Action::Replace => moved_on,
    }
}

/// Where the pre-images of a landing are: with it, or, once it was taken back and that was taken back, with a later one.
struct Kept {
    own: Home,
    /// Oldest first.
    later: Vec<(Home, Numbered)>,
}

/// What one thread looks with: at the project, and at what each landing keeps.
struct Eyes<'a> {
    project: Cursor<'a>,
    own: Cursor<'a>,
    later: Vec<Cursor<'a>>,
}

impl<'a> Eyes<'a> {
    fn on(project: &'a Dir, kept: &Kept) -> Self {
        let at = || Cursor::new(project);
        Self { project: at(), own: at(), later: kept.later.iter().map(|_| at()).collect() }
    }
}

impl Kept {
    /// Reads the landings that took this one back, or took that back, and so on.
    fn find(project: &Project, id: &str) -> Result<Self> {
        // What takes a landing back is younger than it.
        let mut heads = Vec::new();
        for head in Journal::heads(project)? {
            let head = head?;
            if head.id == id {
                break;
            }
            heads.push(head);
        }
        let (mut chain, mut later) = (BTreeSet::from([id.to_string()]), Vec::new());
        for head in heads.into_iter().rev() {
            if !head.undoes.as_ref().is_some_and(|id| chain.contains(id)) {
                continue;
            }
            let steps =
                Journal::read_done(project, &head.id)?.map(|journal| journal.steps).unwrap_or_default();
            let files = steps.into_iter().enumerate().filter(|(_, step)| step.carrier.is_some());
            let steps = files.map(|(nth, step)| (step.path.clone(), (nth, step)));
            later.push((Home::of(project, &head.id)?, steps.collect()));
            chain.insert(head.id);
        }
        Ok(Self { own: Home::of(project, id)?, later })
    }

    /// Finds the file that a step took away.
    fn pre_image(&self, eyes: &mut Eyes<'_>, nth: usize, step: &Step) -> Result<Option<(RelPath, Identity)>> {
        let own = self.own.pre_image(&mut eyes.own, nth, step)?;
        if own.is_some() {
            return Ok(own);
        }
        for ((home, steps), at) in self.later.iter().zip(&mut eyes.later).rev() {
            let kept = match steps.get(&step.path) {
                Some((nth, other)) if other.old == step.old => home.pre_image(at, *nth, other)?,
                // It was left alone there, and came along with the directory it is in.
                _ => home.in_session(at, step)?,
            };
            if kept.is_some() {
                return Ok(kept);
            }
        }
        Ok(None)
    }
}

/// Steps by path, each with its number.
type Numbered = BTreeMap<RelPath, (usize, Step)>;

/// What one landing keeps.
struct Home {
    dir: RelPath,
    old: RelPath,
    session: RelPath,
    /// What is in `old`.
    numbered: BTreeSet<OsString>,
}

impl Home {
    fn of(project: &Project, id: &str) -> Result<Self> {
        let dir = Journal::dir(project, id);
        let (old, session) = (dir.join(OsStr::new(OLD))?, dir.join(OsStr::new(away::SESSION))?);
        let names = project.dir.find_dir(&old)?.map(|old| old.names()).transpose()?;
        let numbered = names.unwrap_or_default().into_iter().collect();
        Ok(Self { dir, old, session, numbered })
    }

    /// Finds where the file is that a step of this landing took away, and what identifies it there.
    fn pre_image(&self, at: &mut Cursor<'_>, nth: usize, step: &Step) -> Result<Option<(RelPath, Identity)>> {
        let number = OsString::from(nth.to_string());
        if self.numbered.contains(&number)
            && let home = self.old.join(&number)?
            && let Some((found, old)) = at.stat(&home)?.as_ref().map(Identity::of).zip(step.old)
            // What came home from another file system is a copy: the same but for the inode.
            && (found == old || found == (Identity { ino: found.ino, btime: found.btime, ..old }))
        {
            return Ok(Some((home, found)));
        }
        if let Some(carrier) = step.carrier.as_ref().filter(|carrier| carrier.is_within(&self.dir))
            && let Some(found) = is_at(at, carrier, step)?
        {
            return Ok(Some((carrier.clone(), found)));
        }
        self.in_session(at, step)
    }

    /// Finds it at its path in the session that ended with this landing.
    fn in_session(&self, at: &mut Cursor<'_>, step: &Step) -> Result<Option<(RelPath, Identity)>> {
        let path = self.session.join(&step.path)?;
        Ok(is_at(at, &path, step)?.map(|found| (path, found)))
    }
}

/// Gives what is at a path, if it is the file that a step took away.
fn is_at(at: &mut Cursor<'_>, path: &RelPath, step: &Step) -> Result<Option<Identity>> {
    let found = at.stat(path)?.as_ref().map(Identity::of);
    Ok(found.filter(|found| step.old.as_ref() == Some(found)))
}

fn count(steps: &[Step]) -> Counts {
    let of = |action| steps.iter().filter(|step| step.action == action).count();
    Counts { modified: of(Action::Replace), created: of(Action::Create), deleted: of(Action::Delete) }
}

fn all_refused(id: &str, refused: &[Conflict]) -> Error {
    let error =
        Error::new(Kind::Conflict, format!("nothing of commit {id} can be taken back; nothing was written"));
    refused
        .iter()
        .fold(error, |error, one| error.detail(format!("{}: {}", one.path, one.why)))
        .hint(format!("what it replaced is kept in workspace/.redraft/commits/{id}/"))
}
