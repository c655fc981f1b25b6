//! `watch`: what happens to sessions, as it happens.
//!
//! Nobody announces anything: a [`Watch`] takes a look now and again and tells what is different from the look before.
//! A look is at names, sizes and times; only a record or a notebook that changed is read, the notebook from where it was
//! read to. It takes no lock and changes nothing, so it may see a command half-way; what it then cannot read it leaves for
//! the next look. `pause` grows with what a look costs, so that a project of any size takes a small share of one processor.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use super::{Desk, inside_a_view};
use crate::error::Result;
use crate::fs::tree::Step;
use crate::fs::{Dir, Stat};
use crate::landing::journal::{Journal, Work};
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::report::Event;
use crate::session::{archive, checkpoint, lifecycle};
use crate::store::notebook::{self, Entry, Kind, Notebook};
use crate::store::record::{Pointer, SESSION_FILE, SessionRecord};
use crate::view;

/// The shortest pause between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// The longest.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// A look may take one part in so many of the time.
const SHARE: u32 = 20;

/// With more files in all sessions than this, the rest is not looked at: a change among them is seen when the ledger
/// grows.
const MAX_FILES: usize = 100_000;

/// Somebody who watches.
#[derive(Debug)]
pub struct Watch {
    desk: Desk,
    seen: Look,
    /// How long to wait before the next look.
    pub pause: Duration,
}

/// Everything as it was found once.
#[derive(Debug, Default)]
struct Look {
    /// It was taken: nothing that is there already is an event.
    taken: bool,
    active: Option<SessionName>,
    open: BTreeMap<String, Open>,
    /// As it was just before the open sessions were looked at.
    elsewhere: Elsewhere,
}

/// What lies where sessions go when they leave their place.
#[derive(Debug, Default)]
struct Elsewhere {
    /// `<name>.<stamp>`
    archived: BTreeSet<String>,
    /// `<name>.<stamp>.<ending>`
    trashed: BTreeSet<String>,
    /// Ids of finished landings.
    landed: BTreeSet<String>,
}

/// An open session as it was found.
#[derive(Debug, Clone, Default)]
struct Open {
    /// Of session.json.
    record: Option<Mark>,
    retries: usize,
    /// Everything besides record and notebook.
    content: u64,
    notebook: Pages,
    /// It was not in its place at the last look, and nobody knows yet where it went.
    missing: bool,
}

/// How far a notebook was read.
#[derive(Debug, Clone, Default)]
struct Pages {
    bytes: u64,
    /// The highest number of each kind.
    highest: HashMap<Kind, usize>,
}

/// What tells one version of a file from another.
type Mark = (u64, i64, i64, u64);

fn mark(stat: &Stat) -> Mark {
    (stat.size, stat.mtime, stat.ctime, stat.ino)
}

impl Watch {
    /// Takes the first look; what is there already is no event.
    pub fn begin(desk: &Desk) -> Result<(Self, Event)> {
        let project = desk.project()?;
        if let Some(view) = view::of_this_process(&project)? {
            return Err(inside_a_view(&view));
        }
        let seen = Look::take(&project, desk, &Look::default(), &mut Vec::new())?;
        let first =
            Event { session: seen.active.as_ref().map(ToString::to_string), ..event(desk, "WATCHING") };
        Ok((Self { desk: desk.clone(), seen, pause: PAUSE }, first))
    }

    /// Takes a look and tells what happened since the one before.
    pub fn look(&mut self) -> Result<Vec<Event>> {
        let begun = Instant::now();
        let desk = Desk { env: self.desk.env.at_present(), ..self.desk.clone() };
        let project = desk.project()?;
        let mut events = Vec::new();
        match Look::take(&project, &desk, &self.seen, &mut events) {
            Ok(now) => self.seen = now,
            // Something went away while it was looked at; the next look sees what became of it.
            Err(error) if error.is_absent() => events.clear(),
            Err(error) => return Err(error),
        }
        self.pause = (begun.elapsed() * SHARE).clamp(PAUSE, MAX_PAUSE);
        Ok(events)
    }
}

fn event(desk: &Desk, what: &str) -> Event {
    Event { event: what.to_string(), at: desk.env.timestamp(), ..Event::default() }
}

impl Look {
    /// Looks at everything; events say what is different from the look before, in the order in which it is looked at.
    fn take(project: &Project, desk: &Desk, before: &Self, events: &mut Vec<Event>) -> Result<Self> {
        let mut now = Self {
            taken: true,
            // One that cannot be read names nobody.
            active: Pointer::session_of(project, None).unwrap_or_default(),
            elsewhere: Elsewhere::look(project)?,
            ..Self::default()
        };
        if before.taken {
            let news = now.elsewhere.landed.difference(&before.elsewhere.landed);
            events.extend(news.filter_map(|id| landing(project, desk, id)));
        }
        let (mut left, mut new) = (MAX_FILES, Vec::new());
        for name in lifecycle::names(project)? {
            let Some(Ok(parsed)) = name.to_str().map(str::parse::<SessionName>) else { continue };
            let Some(dir) = project.dir.find_dir(&project.session(&parsed))? else { continue };
            let was = before.open.get(parsed.as_str());
            let look = OpenLook { project, desk, dir, name: parsed };
            match look.take(was, &mut left) {
                Ok((open, mut own)) => {
                    now.open.insert(look.name.to_string(), open);
                    if was.is_some() {
                        events.append(&mut own);
                    } else if before.taken {
                        new.push((look, own));
                    }
                }
                // It is in the making or on its way out: as before, until it can be read.
                Err(_) => drop(was.map(|was| now.open.insert(look.name.to_string(), was.clone()))),
            }
        }
        // Where one came from or went was there, or was not, at some moment between the two looks at the sessions.
        let after = Elsewhere::look(project)?;
        for (look, own) in new {
            let appeared = look.appeared(&before.elsewhere, &after);
            let created = appeared.event == "SESSION_CREATED";
            events.push(appeared);
            events.extend(own.into_iter().filter(|_| created));
        }
        for (name, was) in &before.open {
            if now.open.contains_key(name) {
                continue;
            }
            let what = after.ending(&before.elsewhere, name).or_else(|| now.landing(before, project, name));
            // A landing takes it out of its place before it is done.
            if what.is_none() && (!was.missing || Journal::unfinished(project)?.is_some()) {
                now.open.insert(name.clone(), Open { missing: true, ..was.clone() });
                continue;
            }
            let session = Some(name.clone());
            events.push(Event { session, ..event(desk, what.unwrap_or("SESSION_REMOVED")) });
        }
        if now.active != before.active {
            let session = now.active.as_ref().map(ToString::to_string);
            events.push(Event { session, ..event(desk, "SESSION_SWITCHED") });
        }
        Ok(now)
    }

    /// Tells whether a session ended with a landing that has been told.
    fn landing(&self, before: &Self, project: &Project, name: &str) -> Option<&'static str> {
        let whole = |id: &String| {
            let head = Journal::read_head(project, id).ok().flatten();
            head.is_some_and(|head| head.whole && head.session == name)
        };
        self.elsewhere.landed.difference(&before.elsewhere.landed).any(whole).then_some("SESSION_LANDED")
    }
}

impl Elsewhere {
    fn look(project: &Project) -> Result<Self> {
        let entry = |one: archive::Archived| format!("{}.{}", one.name, one.session);
        Ok(Self {
            archived: archive::entries(project)?.into_iter().map(entry).collect(),
            trashed: names(&project.dir, &project.private_dir("trash"))?,
            landed: landings(project)?,
        })
    }

    /// Tells where a session was moved that is not in its place any more.
    fn ending(&self, before: &Self, name: &str) -> Option<&'static str> {
        let own = |entry: &&String| entry.split('.').next() == Some(name);
        if self.archived.difference(&before.archived).any(|entry| own(&entry)) {
            return Some("SESSION_ARCHIVED");
        }
        let entry = self.trashed.difference(&before.trashed).find(own)?;
        let landed = entry.split('.').nth(2) == Some("landed");
        Some(if landed { "SESSION_LANDED" } else { "SESSION_CANCELLED" })
    }
}

/// One open session that is looked at.
struct OpenLook<'a> {
    project: &'a Project,
    desk: &'a Desk,
    dir: Dir,
    name: SessionName,
}

impl OpenLook<'_> {
    fn event(&self, what: &str) -> Event {
        Event { session: Some(self.name.to_string()), ..event(self.desk, what) }
    }

    /// Says that a session is there that was not: made, or brought back.
    fn appeared(&self, before: &Elsewhere, after: &Elsewhere) -> Event {
        let own = |entry: &String| entry.split('.').next() == Some(self.name.as_str());
        let what = if before.archived.difference(&after.archived).any(own) {
            "SESSION_REOPENED"
        } else if before.trashed.difference(&after.trashed).any(own) || self.has_landed() {
            "SESSION_RESTORED"
        } else {
            "SESSION_CREATED"
        };
        let record = SessionRecord::read(&self.dir, &self.name).ok();
        let text = record.map(|record| record.description).filter(|text| !text.is_empty());
        Event { text, ..self.event(what) }
    }

    /// Tells whether this very session lies with a commit that ended it.
    fn has_landed(&self) -> bool {
        let made = |dir: &Dir| SessionRecord::read(dir, &self.name).ok().map(|record| record.created_at);
        let heads = Journal::finished(self.project).unwrap_or_default();
        heads.iter().filter(|head| head.whole && head.session == self.name.as_str()).any(|head| {
            let place = Journal::dir(self.project, &head.id).join("session");
            let dir = place.and_then(|place| self.project.dir.open_dir(&place));
            dir.is_ok_and(|dir| made(&dir).is_some() && made(&dir) == made(&self.dir))
        })
    }

    /// Looks at the session; tells what changed in it since it was looked at, or what stands in it.
    fn take(&self, was: Option<&Open>, left: &mut usize) -> Result<(Open, Vec<Event>)> {
        let record = self.dir.stat(&RelPath::new(SESSION_FILE)?)?.as_ref().map(mark);
        let mut now = Open { missing: false, ..was.cloned().unwrap_or_default() };
        let mut events = Vec::new();
        now.content = content(&self.dir, left)?;
        let mut updated = was.is_some_and(|was| was.content != now.content);
        if record != now.record {
            let read = SessionRecord::read(&self.dir, &self.name)?;
            now.record = record;
            let known = now.retries;
            now.retries = read.human_retries.len();
            updated |= was.is_some() && now.retries <= known;
            for retry in read.human_retries.into_iter().skip(known) {
                let (text, path) = (Some(retry.reason), Some(retry.file));
                events.push(Event { text, path, at: retry.timestamp, ..self.event("RETRY_RECORDED") });
            }
        }
        if updated {
            events.insert(0, self.event("SESSION_UPDATED"));
        }
        self.pages(&mut now.notebook, &mut events)?;
        Ok((now, events))
    }

    /// Reads what is new in the notebook.
    fn pages(&self, pages: &mut Pages, events: &mut Vec<Event>) -> Result<()> {
        let size = self.dir.stat(&RelPath::new(notebook::FILE)?)?.map_or(0, |stat| stat.size);
        if size == pages.bytes {
            return Ok(());
        }
        // A torn last line was cut: what follows it is read anew from there.
        let from = pages.bytes.min(size);
        let (lines, end) = Notebook::of(&self.dir)?.since(from)?;
        pages.bytes = end;
        for line in lines {
            let number = number(&line);
            let highest = pages.highest.entry(line.kind).or_default();
            let is_new = number > *highest;
            *highest = number.max(*highest);
            events.push(self.of_line(line, is_new));
        }
        Ok(())
    }

    fn of_line(&self, line: Entry, is_new: bool) -> Event {
        let what = match line.kind {
            Kind::Gate => "GATE_OVERRIDDEN".into(),
            Kind::Handoff => "HANDOFF_WRITTEN".into(),
            kind => {
                format!("{}_{}", kind.as_str().to_uppercase(), if is_new { "CREATED" } else { "UPDATED" })
            }
        };
        let text = Some(line.text).filter(|text| !text.is_empty());
        Event { id: Some(line.id), status: Some(line.status), text, at: line.at, ..self.event(&what) }
    }
}

/// Gives the number of a thing's id.
fn number(line: &Entry) -> usize {
    line.id.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Says what was landed or taken back.
fn landing(project: &Project, desk: &Desk, id: &str) -> Option<Event> {
    let head = Journal::read_head(project, id).ok()??;
    let what = match head.work {
        Work::Commit => "COMMIT_LANDED",
        Work::Undo => "COMMIT_UNDONE",
    };
    let id = head.undoes.unwrap_or(head.id);
    Some(Event { session: Some(head.session), id: Some(id), at: head.at, ..event(desk, what) })
}

/// Names the finished landings.
fn landings(project: &Project) -> Result<BTreeSet<String>> {
    let mut finished = BTreeSet::new();
    let commits = project.private_dir("commits");
    for id in names(&project.dir, &commits)? {
        if project.dir.stat(&commits.join(&id)?.join("commit.jsonl")?)?.is_some() {
            finished.insert(id);
        }
    }
    Ok(finished)
}

fn names(dir: &Dir, path: &RelPath) -> Result<BTreeSet<String>> {
    let Some(dir) = dir.find_dir(path)? else { return Ok(BTreeSet::new()) };
    Ok(dir.names()?.iter().filter_map(|name| name.to_str().map(str::to_string)).collect())
}

/// Sums up names, sizes and times of a session's files, but for its record, its notebook and its checkpoints.
fn content(dir: &Dir, left: &mut usize) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    dir.walk(None, &mut |_, path, stat| {
        let told_otherwise = [SESSION_FILE, notebook::FILE, checkpoint::DIR].map(OsStr::new);
        if told_otherwise.contains(&path.top()) || *left == 0 {
            return Ok(Step::Over);
        }
        *left -= 1;
        path.hash(&mut hasher);
        if !stat.is_dir() {
            mark(stat).hash(&mut hasher);
        }
        Ok(Step::Into)
    })?;
    Ok(hasher.finish())
}
