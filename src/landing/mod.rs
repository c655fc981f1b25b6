//! Landing: a session's changes come to the project as one transaction.
//!
//! The protocol of [`commit`], each number a function of that name:
//!
//! 1. *lock* landing, then the session; finish what an interrupted landing left ([`recover`]).
//! 2. *survey and plan*: what changes, over which files of the project. A conflict ends here; nothing was written.
//! 3. *stage*: a file on another file system than its target is copied beside the target.
//! 4. *begin*: the journal with every step and the identity of both files of each; one sync puts it and the session's
//!    contents on the platter before anything moves.
//! 5. *apply*: the session's files leave the places that clients know ([`away`]); then each step is one rename or
//!    exchange, and the old file comes out of the exchange and is the pre-image. Any failure takes all of it back, and the
//!    session is as it was.
//! 6. *seal*: the mark that says all is applied, and one sync that puts it and the renames on the platter.
//! 7. *finish*: pre-images to the commit, retries to the archive, pointer released, journal closed.
//!
//! | killed in | the project is | the next command |
//! |---|---|---|
//! | 1–3 | old | removes what was staged |
//! | 4–5 | partly new | takes back by identity: old |
//! | 6–7 | new | finishes: new |
//!
//! Longer than 500 lines because the steps and their taking back are read side by side.

pub mod apply;
pub mod away;
pub mod history;
pub mod journal;
mod line;
pub mod merge;
pub mod plan;
pub mod preview;
mod refuse;
pub mod reopen;
pub mod rollback;
pub mod settle;
mod stage;
pub mod sweep;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, Utc};

use crate::error::{Error, Kind, Result};
use crate::fs::Look;
use crate::fs::parallel;
use crate::name::SessionName;
use crate::project::Project;
use crate::project::tracked::Rule;
use crate::relpath::RelPath;
use crate::report::{Counts, EntryKind, FileState};
use crate::session::archive;
use crate::session::changes::{Change, Counting};
use crate::session::edit;
use crate::session::layer::{self, Layer};
use crate::session::lifecycle::{self, Caller, Ending, Inspected};
use crate::session::lines;
use crate::session::retry;
use crate::store::ledger::Op as LedgerOp;
use crate::store::lock::{Lock, Waiter, Which};
use crate::store::record::{Pointer, SCHEMA};
use apply::{Hands, Since};
use journal::{Head, Journal, OLD, Work};
use plan::{Above, Action, Carriers, Plan};
use refuse::{conflicted, refuse_conflicts, refuse_nothing, refuse_other_state};
use settle::{Choice, Decided, OnConflict};
use stage::Merged;

/// What to land, and on which condition.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Only paths that match one of these globs.
    pub files: &'a [String],
    /// Refuse unless the fingerprint is still this.
    pub expect: Option<&'a str>,
    /// What to do with changes that do not merge.
    pub on_conflict: OnConflict,
    /// The session's version of what matches one of these.
    pub ours: &'a [String],
    /// The project's version of what matches one of these.
    pub theirs: &'a [String],
}

impl Options<'_> {
    fn choice(&self) -> Result<Choice> {
        let some = |globs: &[String]| (!globs.is_empty()).then(|| Selection::of(globs)).transpose();
        Ok(Choice { otherwise: self.on_conflict, ours: some(self.ours)?, theirs: some(self.theirs)? })
    }
}

/// What landed.
#[derive(Debug)]
pub struct Landed {
    /// The commit's id; `None` when there was nothing but retries.
    pub id: Option<String>,
    /// The changes that landed.
    pub changes: Vec<Change>,
    /// How each of them stood to the project.
    pub states: Vec<FileState>,
    /// Where a person wanted the project's version.
    pub kept: Vec<RelPath>,
    /// Where the retries went.
    pub retries_archived: Option<RelPath>,
    /// The session ended.
    pub session_removed: bool,
    /// It was somebody's active session.
    pub lock_cleared: bool,
    /// Changes that stay in the session.
    pub staying: usize,
    /// What kept it from tidying up; the next command does.
    pub untidied: Option<Error>,
}

/// Lands a session's changes: all of them and the session ends, or the selected ones and the rest stays.
pub fn commit(
    project: &Project,
    caller: &Caller<'_>,
    name: &SessionName,
    options: Options<'_>,
) -> Result<Landed> {
    let _landing = Lock::exclusive(project, Which::Landing, caller.waiter("commit"))?;
    finish_interrupted(project, caller)?;
    let session_lock = Layer::open(project, name)?.lock(caller.waiter("commit"))?;
    let inspected = inspect(project, name)?;

    let selection = Selection::of(options.files)?;
    let (changes, dirs) = plan::select(&inspected.changes, &|path| selection.contains(path));
    let staying = inspected.changes.list.len() - changes.len();
    refuse_nothing(&inspected, &changes, options)?;
    refuse_other_state(&inspected.layer, &changes, options)?;

    let decided = settle::settle_all(&inspected.layer, &changes, &options.choice()?)?;
    refuse_conflicts(name, &decided)?;
    let landing: Vec<&Change> = decided.iter().filter(|one| one.lands()).map(|one| one.change).collect();
    let head = Head {
        schema: SCHEMA,
        id: String::new(),
        work: Work::Commit,
        session: name.to_string(),
        at: caller.env.timestamp(),
        whole: staying == 0,
        undoes: None,
        counts: count(landing.iter().copied()),
        lines: lines::total(&inspected.layer, &landing)?,
        bytes: landing.iter().filter_map(|change| change.project).map(|stat| stat.size).sum(),
    };
    let any = !landing.is_empty();
    let journal = any.then(|| land(project, caller, &inspected.layer, head, &decided, &dirs)).transpose()?;
    let ended = finish(project, caller, &inspected.layer, journal.as_ref(), &changes, staying == 0);
    let id = journal.map(|journal| journal.head.id);
    let (ended, untidied) = match ended {
        Ok(ended) => (ended, None),
        // It is sealed: from here on nothing can make it not have happened.
        Err(error) if id.is_some() => (Ended::default(), Some(error)),
        Err(error) => return Err(error),
    };
    drop(session_lock);
    if untidied.is_none() {
        sweep::sweep(project, caller.env.now());
    }
    let (mut states, mut kept) = (Vec::with_capacity(decided.len()), Vec::new());
    for one in &decided {
        if one.lands() {
            states.push(one.state);
        } else {
            kept.push(one.change.path.clone());
        }
    }
    drop(decided);
    // Where they are: beside their states they would all be moved to fresh pages. Both lists are in one order.
    let (mut landed, mut left) = (inspected.changes.list, kept.iter().peekable());
    landed.retain(|change| {
        selection.contains(&change.path) && left.next_if(|path| **path == change.path).is_none()
    });
    Ok(Landed {
        id,
        changes: landed,
        states,
        kept,
        retries_archived: ended.retries_archived,
        session_removed: staying == 0,
        lock_cleared: ended.lock_cleared,
        staying,
        untidied,
    })
}

/// Looks at what the session changes. What a large one holds begins to come to the disk meanwhile: the reading waits for the
/// processor, the writing for the disk. It is a start and no more, *begin* syncs all of it; but where it fails, the kernel has
/// said so now and would not say it again.
fn inspect<'a>(project: &'a Project, name: &SessionName) -> Result<Inspected<'a>> {
    let look = || lifecycle::inspect_counting(project, name, Counting::UpTo(lines::MAX_TOTALLED));
    if !Layer::open(project, name)?.ledger()?.is_large()? {
        return look();
    }
    let dir = &project.dir;
    parallel::both(true, || dir.sync_filesystem(), look).map(|((), inspected)| inspected)
}

/// Steps 2 to 6: plan, stage, begin, apply, seal. On any error the project and the session are as they were.
fn land(
    project: &Project,
    caller: &Caller<'_>,
    layer: &Layer<'_>,
    head: Head,
    decided: &[Decided<'_>],
    dirs: &[RelPath],
) -> Result<Journal> {
    let id = Journal::new_id(project, &lifecycle::stamp(caller.env.now()))?;
    let forget = |error: Error| {
        let _ = stage::forget(project, &id);
        error
    };
    let merged = stage::write_merged(project, &id, decided).map_err(forget)?;
    let plan = plan_for(layer, &stage::landing(decided, &merged), dirs, &id, &merged).map_err(forget)?;
    if !plan.conflicts.is_empty() {
        return Err(forget(conflicted(&layer.name, &plan.conflicts, false)));
    }
    let mut journal = Journal { head: Head { id: id.clone(), ..head }, away: Vec::new(), steps: plan.steps };
    stage::stage(project, &id, &mut journal.steps).map_err(forget)?;
    journal.away = away::plan(layer, &id, journal.head.whole, &mut journal.steps).map_err(forget)?;
    run_steps(project, &journal, caller.env.now())?;
    Ok(journal)
}

/// Begin, apply, seal; takes everything back on an error.
fn run_steps(project: &Project, journal: &Journal, now: DateTime<Utc>) -> Result<()> {
    let id = &journal.head.id;
    let begun = journal.begin(project).and_then(|()| project.dir.sync_filesystem());
    if let Err(error) = begun {
        let _ = stage::forget(project, id);
        return Err(error);
    }
    let left = away::put(project, &journal.away);
    let applied = left.and_then(|()| apply::apply_all(project, &journal.steps));
    let others = applied.and_then(|()| stage::sync_others(project, &journal.steps));
    let Err(error) = others.and_then(|()| journal.seal(project)) else {
        return project.dir.sync_filesystem().map_err(|error| unconfirmed(id, error));
    };
    match take_all_back(project, journal, Since::Now, now) {
        Ok(()) => {
            stage::forget(project, id)?;
            Err(Error { message: format!("nothing was committed: {}", error.message), ..error }
                .detail("the project is as it was, and so is the session"))
        }
        // The journal stays: recovery goes on from here.
        Err(undo) => Err(undo.detail(format!("while taking the commit back after: {}", error.message))),
    }
}

/// The landing is sealed, but the disk did not say that it is on the platter.
fn unconfirmed(id: &str, error: Error) -> Error {
    Error {
        message: format!("commit {id} is applied, but the disk did not confirm it: {}", error.message),
        ..error
    }
    .hint("the next command finishes it: redraft recover")
}

fn take_all_back(project: &Project, journal: &Journal, since: Since, now: DateTime<Utc>) -> Result<()> {
    let steps = away::as_they_are(project, &journal.away, &journal.steps)?;
    let mut hands = Hands::new(project);
    steps.iter().rev().try_for_each(|step| hands.take_back(step, since))?;
    let session: SessionName = journal.head.session.parse()?;
    away::bring_back(project, &session, &journal.away, now)?;
    stage::sync_others(project, &journal.steps)?;
    project.dir.sync_filesystem()
}

#[derive(Default)]
struct Ended {
    retries_archived: Option<RelPath>,
    lock_cleared: bool,
}

/// Step 7. Each part may be repeated: recovery calls it again.
fn finish(
    project: &Project,
    caller: &Caller<'_>,
    layer: &Layer<'_>,
    journal: Option<&Journal>,
    changes: &[&Change],
    whole: bool,
) -> Result<Ended> {
    let mut ended = Ended::default();
    let name = OsStr::new(layer.name.as_str());
    if whole {
        ended.retries_archived = retry::archive(project, &layer.dir, name, Ending::Landed, caller.env.now())?;
    }
    match journal {
        // It is with the commit already.
        Some(_) if whole => {}
        Some(journal) => keep_rest(project, layer, journal, changes, caller.env.now())?,
        None if whole => drop(lifecycle::to_trash(project, name, Ending::Landed, caller.env.now())?),
        None => {}
    }
    if whole {
        ended.lock_cleared = lifecycle::release(project, caller, layer.name.as_str())?;
    }
    if let Some(journal) = journal {
        stage::collect(project, &journal.head.id, &journal.steps)?;
        Journal::close(project, &journal.head.id)?;
    }
    Ok(ended)
}

/// After a partial commit: the landed paths leave the layer, the whiteouts and the ledger.
fn keep_rest(
    project: &Project,
    layer: &Layer<'_>,
    journal: &Journal,
    changes: &[&Change],
    at: DateTime<Utc>,
) -> Result<()> {
    stage::collect(project, &journal.head.id, &journal.steps)?;
    let now = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let dropped: Vec<_> =
        changes.iter().map(|c| layer::entry(&c.path, LedgerOp::Dropped, &now, None)).collect();
    layer.ledger()?.append(&dropped)?;
    let session = project.session(&layer.name);
    let landed: BTreeSet<&RelPath> = journal.away.iter().map(|away| &away.from).collect();
    for change in changes {
        let place = session.join(&change.path)?;
        if !landed.contains(&place) {
            // What did not land itself (it was merged, or the project's version stays) is kept aside.
            edit::keep_aside(layer, at, &change.path)?;
        } else if layer.dir.stat(&change.path)?.is_some() {
            // A late write is a change of what has just landed.
            let base = layer.keep_base(&change.path)?;
            layer.ledger()?.append(&[layer::entry(&change.path, LedgerOp::Modified, &now, Some(base))])?;
        }
        // A file that stands there now leaves nothing below it to hide.
        let mark = layer::whiteout(&change.path)?;
        layer.dir.remove_tree(&mark)?;
        layer.dir.prune_empty(mark.parent(), None)?;
        layer.dir.prune_empty(change.path.parent(), None)?;
    }
    // A whiteout above it goes on hiding the rest, but not what has just landed.
    changes.iter().try_for_each(|change| layer.uncover(&change.path, &now))?;
    // A whiteout of a whole directory has done its work when the directory is gone; kept, it would hide a new one.
    for step in journal.steps.iter().filter(|step| step.action == Action::RemoveDir) {
        if project.dir.stat(&step.path)?.is_none() {
            let mark = layer::whiteout(&step.path)?;
            layer.dir.remove_file(&mark)?;
            layer.dir.prune_empty(mark.parent(), None)?;
        }
    }
    Ok(())
}

/// Finishes or takes back what an interrupted landing left; gives what was done, for a person.
pub fn recover(project: &Project, caller: &Caller<'_>) -> Result<Option<String>> {
    if Journal::unfinished(project)?.is_none() {
        return release_ended(project, caller);
    }
    let _landing = Lock::exclusive(project, Which::Landing, caller.waiter("recover"))?;
    finish_interrupted(project, caller)
}

/// Waits until no landing is at work, and tells whether one was; after the deadline says which one is, or was interrupted.
pub fn wait_for_unfinished(project: &Project, waiter: Waiter<'_>) -> Result<bool> {
    let mut start: Option<Instant> = None;
    let mut found_any = false;
    while let Some(id) = Journal::unfinished(project)? {
        if start.get_or_insert_with(Instant::now).elapsed() >= waiter.timeout {
            // Who works holds the lock; whoever was interrupted holds nothing.
            return Err(match Lock::try_exclusive(project, Which::Landing, waiter.doing)? {
                None => Error::new(Kind::Busy, format!("{} is at work in this project", called(&id))),
                Some(_) => Error::corrupt(format!("{} was interrupted", called(&id)))
                    .hint("finish it, or take it back: redraft recover"),
            });
        }
        std::thread::sleep(Duration::from_millis(5));
        found_any = true;
    }
    Ok(found_any)
}

/// Says what is marked as unfinished, for a person.
fn called(marked: &str) -> String {
    rollback::called(marked).unwrap_or_else(|| format!("commit {marked}"))
}

/// Takes out of the pointer what ended, where a commit, cancel or archive was interrupted just before it did so.
///
/// A session that is simply gone stays named: a hook then refuses to write, and `recover` says what is wrong.
fn release_ended(project: &Project, caller: &Caller<'_>) -> Result<Option<String>> {
    let Ok(pointer) = Pointer::read(project) else { return Ok(None) };
    let mut released = None;
    for name in pointer.active.iter().chain(pointer.bindings.values()) {
        let gone = project.dir.stat(&project.session(name))?.is_none();
        let archived = || Ok(archive::latest(project, name)?.is_some());
        if gone && (reopen::has_ended(project, name)? || archived()?) {
            lifecycle::release(project, caller, name.as_str())?;
            released = Some(format!("session.lock no longer names '{name}', which has ended"));
        }
    }
    Ok(released)
}

/// The same, with the landing lock held.
fn finish_interrupted(project: &Project, caller: &Caller<'_>) -> Result<Option<String>> {
    let Some(marked) = Journal::unfinished(project)? else { return Ok(None) };
    if let Some(done) = rollback::resume(project, caller, &marked)? {
        return Ok(Some(done));
    }
    let Some(id) = Journal::meant(project, &marked)? else {
        Journal::unmark(project)?;
        return Ok(Some("a commit had not begun".to_string()));
    };
    let Some(journal) = Journal::read_open(project, &id)? else {
        // The intent was never whole, so nothing was applied; or it is closed already.
        if Journal::read_done(project, &id)?.is_some() {
            Journal::close(project, &id)?;
        } else {
            stage::forget(project, &id)?;
        }
        return Ok(Some(format!("commit {id} had not begun")));
    };
    let name: SessionName = journal.head.session.parse()?;
    let session_lock = Lock::exclusive(project, Which::Session(&name), caller.waiter("recover"))?;
    if !Journal::is_sealed(project, &id)? {
        take_all_back(project, &journal, Since::Interrupted, caller.env.now())
            .map_err(|error| undecided(&id, error))?;
        stage::forget(project, &id)?;
        return Ok(Some(format!("commit {id} of '{name}' was taken back")));
    }
    away::ensure(project, &journal.away)?;
    let mut hands = Hands::new(project);
    journal.steps.iter().try_for_each(|step| hands.ensure(step))?;
    if journal.head.work == Work::Commit {
        let layer = landed_layer(project, &name, &journal)?;
        let landed = landed_paths(&journal);
        let refs: Vec<&Change> = landed.iter().collect();
        finish(project, caller, &layer, Some(&journal), &refs, journal.head.whole)?;
    } else {
        stage::collect(project, &id, &journal.steps)?;
        Journal::close(project, &id)?;
    }
    drop(session_lock);
    Ok(Some(format!("commit {id} of '{name}' was finished")))
}

/// Opens the layer that landed: with the commit when the session ended, else in its place.
fn landed_layer<'a>(project: &'a Project, name: &SessionName, journal: &Journal) -> Result<Layer<'a>> {
    if !journal.head.whole {
        return Layer::open(project, name);
    }
    let dir = project.dir.open_dir(&Journal::dir(project, &journal.head.id).join(OsStr::new("session"))?)?;
    Ok(Layer { project, name: name.clone(), dir })
}

/// Makes the changes a journal landed, as far as finishing needs them: their paths.
fn landed_paths(journal: &Journal) -> Vec<Change> {
    let files = journal.steps.iter().filter(|step| step.carrier.is_some());
    files
        .map(|step| Change {
            path: step.path.clone(),
            op: crate::report::Op::Modified,
            kind: EntryKind::File,
            base: None,
            session: None,
            project: None,
            drift: crate::session::changes::Drift::None,
            blocked: false,
            hash: None,
            counted: crate::session::changes::Counted::Not,
        })
        .collect()
}

fn undecided(id: &str, error: Error) -> Error {
    Error::corrupt(format!("commit {id} was interrupted and cannot be taken back on its own"))
        .detail(error.message)
        .hint("put that file back by hand (both versions are named in the journal), then: redraft recover")
}

/// Which paths `--files` (or `--ours`, `--theirs`) selects.
#[derive(Debug)]
struct Selection {
    rules: Vec<(Rule, String)>,
}

impl Selection {
    fn of(globs: &[String]) -> Result<Self> {
        let rules = globs.iter().map(|glob| Ok((Rule::new(glob.trim())?, glob.trim().to_string())));
        Ok(Self { rules: rules.collect::<Result<_>>()? })
    }

    /// A glob without a slash also means the file's own name, wherever it lies.
    fn contains(&self, path: &RelPath) -> bool {
        let named = |rule: &Rule, glob: &str| {
            !glob.contains('/') && RelPath::new(path.file_name()).is_ok_and(|name| rule.matches(&name))
        };
        self.rules.is_empty() || self.rules.iter().any(|(rule, glob)| rule.matches(path) || named(rule, glob))
    }
}

struct Places<'a> {
    session: RelPath,
    grave: RelPath,
    merged: &'a BTreeMap<RelPath, Merged>,
    project: &'a Project,
}

impl Carriers for Places<'_> {
    fn new_file(&self, path: &RelPath) -> RelPath {
        if let Some(merged) = self.merged.get(path) {
            return merged.at.clone();
        }
        self.session.join(path).unwrap_or_else(|_| self.project.sessions())
    }

    fn grave(&self, nth: usize) -> RelPath {
        self.grave.join(format!("gone-{nth}")).unwrap_or_else(|_| self.project.private())
    }
}

fn plan_for(
    layer: &Layer<'_>,
    changes: &[&Change],
    dirs: &[RelPath],
    id: &str,
    merged: &BTreeMap<RelPath, Merged>,
) -> Result<Plan> {
    let project = layer.project;
    let above = look_above(project, changes)?;
    let grave = Journal::dir(project, id).join(OLD)?;
    let at = Places { session: project.session(&layer.name), grave, merged, project };
    Ok(plan::plan(changes, dirs, &above, &at))
}

/// Looks at what the project has above the changes, each directory once.
fn look_above(project: &Project, changes: &[&Change]) -> Result<Above> {
    let (mut above, mut last) = (Above::default(), None);
    for change in changes {
        match change.project {
            Some(stat) if stat.is_dir() => drop(above.dirs.insert(change.path.clone())),
            Some(_) if change.kind == EntryKind::Directory => drop(above.files.insert(change.path.clone())),
            _ => {}
        }
        let parent = change.path.parent_path();
        if parent == last {
            continue;
        }
        last = parent;
        let (mut dir, mut there) = (change.path.parent(), change.project.is_some());
        while let Some(path) = dir.filter(|path| !above.dirs.contains(path)) {
            dir = path.parent();
            // What holds something is a directory, and so is all above it.
            there = there
                || match project.dir.look(&path)? {
                    Look::Found(stat) if stat.is_dir() => true,
                    Look::Found(_) => {
                        above.files.insert(path);
                        there = true;
                        continue;
                    }
                    Look::Absent | Look::Blocked => false,
                };
            if there {
                above.dirs.insert(path);
            }
        }
    }
    Ok(above)
}

/// Counts changes by operation.
pub fn count<'a>(changes: impl Iterator<Item = &'a Change>) -> Counts {
    let mut counts = Counts::default();
    changes.for_each(|change| counts.add(change.op));
    counts
}
