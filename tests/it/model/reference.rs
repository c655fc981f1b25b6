//! What a session, a landing and an undo come to, said with maps.
//!
//! Each operation is a function of the state before: whether it must succeed, and the state after if it does. Contents
//! are compared as text; a file of the project also has a version, because `undo` tells a file that was saved again
//! from the one that was landed even where both say the same. Directories are not predicted, they are looked at
//! ([`Model::dirs`], [`Session::dirs`]); where one stands in the way of a file the outcome may be either.

use std::collections::{BTreeMap, BTreeSet};

use redraft::landing::merge::{self, Grain, Labels, Side, Verdict};
use redraft::relpath::RelPath;
use redraft::report::Op;
use redraft::session::changes::Drift;

/// A file of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) text: String,
    version: u64,
}

/// One session.
#[derive(Debug, Clone, Default)]
pub(super) struct Session {
    /// The layer's files.
    pub(super) own: BTreeMap<String, String>,
    /// The project's files when they were first touched.
    pub(super) base: BTreeMap<String, String>,
    /// What was deleted, each with everything below it.
    white: BTreeSet<String>,
    /// How many versions were rejected.
    retries: usize,
    /// The layer's directories, as they were seen.
    pub(super) dirs: BTreeSet<String>,
}

/// A session that ended.
#[derive(Debug, Clone)]
enum Ended {
    /// Comes back as it was.
    Whole(Session),
    /// Its changes are in the project: comes back with its retries only.
    Landed(usize),
}

/// What a commit or an undo did.
#[derive(Debug, Clone)]
struct Landing {
    undoes: Option<usize>,
    /// The directories it made; known when they are seen.
    made: Option<BTreeSet<String>>,
    steps: Vec<(String, Option<Kept>, Option<Kept>)>,
}

/// The whole state.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) project: BTreeMap<String, Kept>,
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) active: Option<String>,
    ended: BTreeMap<String, Vec<Ended>>,
    landings: Vec<Landing>,
    /// The versions that landings took away and keep; one that was put back and deleted by a person is kept by nobody.
    pre_images: BTreeSet<u64>,
    versions: u64,
    /// The project's directories, as they were seen.
    dirs: BTreeSet<String>,
}

/// Whether an operation has to succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    Ok,
    Refused,
    /// A directory is in the way, or gone: both are right.
    Either,
}

/// What to do with conflicts.
pub(super) use redraft::landing::settle::OnConflict;

/// What becomes of one change.
enum Settled {
    Lands(Option<String>),
    Stays,
    Conflict,
}

type Next = (Expect, Model);

/// Tells whether a path is another or lies below it.
pub(super) fn within(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

fn must(yes: bool) -> Expect {
    if yes { Expect::Ok } else { Expect::Refused }
}

impl Session {
    fn is_white(&self, path: &str) -> bool {
        self.white.contains(path) || ancestors(path).any(|above| self.white.contains(above))
    }

    fn whiten(&mut self, path: &str) {
        if !self.is_white(path) {
            self.white.retain(|mark| !within(mark, path));
            self.white.insert(path.to_string());
        }
    }
}

impl Model {
    /// Takes the project's directories as they are; the new ones were made by a landing that has just been.
    pub(super) fn see_dirs(&mut self, dirs: BTreeSet<String>) {
        if let Some(landing) = self.landings.last_mut() {
            landing.made.get_or_insert_with(|| dirs.difference(&self.dirs).cloned().collect());
        }
        self.dirs = dirs;
    }

    /// The text at a path of the merged view.
    pub(super) fn view<'a>(&'a self, session: &'a Session, path: &str) -> Option<&'a str> {
        if let Some(text) = session.own.get(path) {
            return Some(text);
        }
        let hidden = session.dirs.contains(path)
            || session.is_white(path)
            || ancestors(path).any(|above| session.own.contains_key(above));
        self.project.get(path).filter(|_| !hidden).map(|kept| kept.text.as_str())
    }

    fn is_dir(&self, session: &Session, path: &str) -> bool {
        let hidden = session.is_white(path)
            || session.own.contains_key(path)
            || ancestors(path).any(|above| session.own.contains_key(above));
        session.dirs.contains(path) || self.dirs.contains(path) && !hidden
    }

    /// Every path that somebody has.
    pub(super) fn paths(&self) -> BTreeSet<String> {
        let own = self.sessions.values().flat_map(|s| s.own.keys().chain(s.base.keys()));
        self.project.keys().chain(own).cloned().collect()
    }

    fn files_below(&self, session: &Session, path: &str) -> Vec<String> {
        let all = self.project.keys().chain(session.own.keys()).collect::<BTreeSet<_>>();
        let seen = |p: &&&String| within(p, path) && self.view(session, p).is_some();
        all.iter().filter(seen).map(ToString::to_string).collect()
    }

    /// What the session changes, as `status` has to say it.
    pub(super) fn changes(&self, session: &Session) -> BTreeMap<String, (Op, Drift)> {
        let mut found = BTreeMap::new();
        for (path, text) in &session.own {
            let (base, now) = (session.base.get(path), self.project.get(path).map(|kept| &kept.text));
            let drift = self.drift(session, path);
            if base == Some(text) || drift != Drift::None && now == Some(text) {
                continue;
            }
            let op = if base.is_some() || now.is_some() { Op::Modified } else { Op::Created };
            found.insert(path.clone(), (op, drift));
        }
        for path in self.project.keys() {
            if session.is_white(path) && !session.own.contains_key(path) {
                found.insert(path.clone(), (Op::Deleted, self.drift(session, path)));
            }
        }
        found
    }

    fn drift(&self, session: &Session, path: &str) -> Drift {
        match (session.base.get(path), self.project.get(path)) {
            (None, None) => Drift::None,
            (None, Some(_)) => Drift::Appeared,
            (Some(_), None) if self.dirs.contains(path) => Drift::Changed,
            (Some(_), None) => Drift::Vanished,
            (Some(base), Some(now)) if *base == now.text => Drift::None,
            (Some(_), Some(_)) => Drift::Changed,
        }
    }

    fn put(&mut self, path: &str, text: &str) -> Kept {
        self.versions += 1;
        let kept = Kept { text: text.to_string(), version: self.versions };
        self.project.insert(path.to_string(), kept.clone());
        kept
    }

    // ── the human, in the project ──

    pub(super) fn human_writes(mut self, path: &str, text: &str) -> Model {
        self.put(path, text);
        self
    }

    pub(super) fn human_deletes(mut self, path: &str) -> Model {
        self.project.retain(|p, _| !within(p, path));
        self
    }

    // ── the agent, in the session ──

    /// A write with its hook; without a text only the hook.
    pub(super) fn write(&self, name: &str, path: &str, text: Option<&str>) -> Next {
        let session = &self.sessions[name];
        let blocked = ancestors(path).any(|above| self.view(session, above).is_some());
        let expect = must(!blocked && !self.is_dir(session, path));
        let mut next = self.clone();
        next.prepare(name, path);
        if let (Some(text), Some(session)) = (text, next.sessions.get_mut(name)) {
            session.own.insert(path.to_string(), text.to_string());
        }
        (expect, next)
    }

    /// Copy-up, and the refresh of a clean copy.
    fn prepare(&mut self, name: &str, path: &str) {
        let from_project = self.view(&self.sessions[name], path).is_some();
        let now = self.project.get(path).map(|kept| kept.text.clone());
        let Some(session) = self.sessions.get_mut(name) else { return };
        let clean = session.own.get(path).map(|own| session.base.get(path) == Some(own));
        let follows = match clean {
            Some(clean) => clean && !session.is_white(path),
            None => from_project,
        };
        if let Some(now) = now.filter(|_| follows) {
            session.own.insert(path.to_string(), now.clone());
            session.base.insert(path.to_string(), now);
        }
    }

    pub(super) fn remove(&self, name: &str, path: &str) -> Next {
        let gone = self.files_below(&self.sessions[name], path);
        let nothing = if self.is_dir(&self.sessions[name], path) { Expect::Either } else { Expect::Refused };
        let expect = if gone.is_empty() { nothing } else { Expect::Ok };
        let mut next = self.clone();
        for file in &gone {
            next.forget(name, file);
        }
        next.whiten(name, path);
        (expect, next)
    }

    /// A file leaves the session's view; its base is known as long as the project has one.
    fn forget(&mut self, name: &str, file: &str) {
        let now = self.project.get(file).map(|kept| kept.text.clone());
        let Some(session) = self.sessions.get_mut(name) else { return };
        let own = session.own.remove(file).is_some();
        match now {
            None => drop(session.base.remove(file)),
            Some(text) if !own => drop(session.base.insert(file.to_string(), text)),
            Some(_) => {}
        }
    }

    fn whiten(&mut self, name: &str, path: &str) {
        let there = self.project.contains_key(path) || self.dirs.contains(path);
        if let Some(session) = self.sessions.get_mut(name).filter(|_| there) {
            session.whiten(path);
        }
    }

    pub(super) fn rename(&self, name: &str, from: &str, to: &str) -> Next {
        let session = &self.sessions[name];
        let files = self.files_below(session, from);
        let free = self.view(session, to).is_none() && !self.is_dir(session, to);
        let blocked = ancestors(to).any(|above| self.view(session, above).is_some());
        let expect = match (files.is_empty(), !within(to, from) && free && !blocked) {
            (false, true) => Expect::Ok,
            (true, true) if self.is_dir(session, from) => Expect::Either,
            _ => Expect::Refused,
        };
        let mut next = self.clone();
        for file in &files {
            next.prepare(name, file);
            let text = next.view(&next.sessions[name], file).unwrap_or_default().to_string();
            next.forget(name, file);
            let moved = format!("{to}{}", &file[from.len()..]);
            if let Some(session) = next.sessions.get_mut(name) {
                session.own.insert(moved, text);
            }
        }
        next.whiten(name, from);
        (expect, next)
    }

    pub(super) fn retry(&self, name: &str, path: &str) -> Next {
        let expect = must(self.view(&self.sessions[name], path).is_some());
        let mut next = self.clone();
        next.sessions.entry(name.to_string()).and_modify(|session| session.retries += 1);
        (expect, next)
    }

    // ── sessions come and go ──

    pub(super) fn start(&self, name: &str) -> Next {
        let mut next = self.clone();
        next.sessions.insert(name.to_string(), Session::default());
        next.active = Some(name.to_string());
        (must(!self.sessions.contains_key(name)), next)
    }

    pub(super) fn switch(&self, name: &str) -> Next {
        let next = Model { active: Some(name.to_string()), ..self.clone() };
        (must(self.sessions.contains_key(name)), next)
    }

    fn end(&mut self, name: &str, ended: Ended) {
        self.sessions.remove(name);
        self.active = self.active.take().filter(|active| active != name);
        self.ended.entry(name.to_string()).or_default().push(ended);
    }

    pub(super) fn cancel(&self, name: &str) -> Next {
        let mut next = self.clone();
        next.end(name, Ended::Whole(self.sessions[name].clone()));
        (Expect::Ok, next)
    }

    pub(super) fn restore(&self, name: &str) -> Next {
        let mut next = self.clone();
        let ended = next.ended.entry(name.to_string()).or_default();
        let back = match ended.last().cloned() {
            Some(Ended::Whole(session)) => ended.pop().map(|_| session),
            Some(Ended::Landed(retries)) => Some(Session { retries, ..Session::default() }),
            None => None,
        };
        let expect = must(back.is_some() && !self.sessions.contains_key(name));
        next.sessions.insert(name.to_string(), back.unwrap_or_default());
        (expect, next)
    }

    // ── landing ──

    /// Lands what lies at or below `files` (everything without). `dir_changes` are the changed directories.
    pub(super) fn commit(
        &self,
        name: &str,
        files: Option<&str>,
        on_conflict: OnConflict,
        dir_changes: &BTreeSet<String>,
    ) -> Next {
        let session = &self.sessions[name];
        let wanted = |path: &str| files.is_none_or(|root| within(path, root));
        let all = self.changes(session);
        let (selected, staying): (Vec<_>, Vec<_>) = all.iter().partition(|(path, _)| wanted(path));
        let dirs = dir_changes.iter().filter(|path| wanted(path)).count();
        let whole = staying.is_empty() && dirs == dir_changes.len();
        let mut next = self.clone();
        if selected.is_empty() && dirs == 0 && (files.is_some() || session.retries == 0) {
            return (Expect::Refused, next);
        }
        let (mut expect, mut steps) = (Expect::Ok, Vec::new());
        for (path, (op, drift)) in &selected {
            match self.settle(session, path, *op, *drift, on_conflict) {
                Settled::Conflict => return (Expect::Refused, next),
                Settled::Stays => {}
                Settled::Lands(text) => {
                    if text.is_some() && self.dirs.contains(*path) && !session.is_white(path) {
                        return (Expect::Refused, next);
                    }
                    steps.push(((*path).clone(), text));
                }
            }
        }
        if steps.iter().any(|(path, text)| text.is_some() && self.is_in_the_way(path)) {
            expect = Expect::Either;
        }
        let landed = !steps.is_empty() || dirs > 0;
        next.land(landed, steps);
        if whole && landed {
            next.end(name, Ended::Landed(session.retries));
        } else if whole {
            next.end(name, Ended::Whole(session.clone()));
        } else if landed {
            next.keep_rest(name, selected.into_iter().map(|(path, _)| path));
            next.uncover_gone(name, wanted);
        }
        (expect, next)
    }

    /// A directory at a file's place, or a file above it: whether it goes away in time is not predicted.
    fn is_in_the_way(&self, path: &str) -> bool {
        self.dirs.contains(path) || ancestors(path).any(|above| self.project.contains_key(above))
    }

    fn land(&mut self, landed: bool, steps: Vec<(String, Option<String>)>) {
        let mut done = Vec::new();
        for (path, text) in steps {
            let before = self.project.remove(&path);
            let after = text.map(|text| self.put(&path, &text));
            self.pre_images.extend(before.as_ref().map(|kept| kept.version));
            done.push((path, before, after));
        }
        if landed {
            self.landings.push(Landing { undoes: None, made: None, steps: done });
        }
    }

    /// After a partial commit the session says nothing of what landed: it sees what the project has.
    fn keep_rest<'a>(&mut self, name: &str, paths: impl Iterator<Item = &'a String>) {
        for path in paths {
            let now = self.project.get(path).map(|kept| kept.text.clone());
            let Some(session) = self.sessions.get_mut(name) else { return };
            session.own.remove(path);
            session.base.remove(path);
            session.white.remove(path);
            // Below a directory that stays deleted, what the project has is seen through a clean copy.
            if let Some(now) = now.filter(|_| session.is_white(path)) {
                session.own.insert(path.clone(), now.clone());
                session.base.insert(path.clone(), now);
            }
        }
    }

    /// A directory that went away with the commit is not deleted in the session any more: a new one is seen.
    fn uncover_gone(&mut self, name: &str, wanted: impl Fn(&str) -> bool) {
        let Model { project, sessions, dirs, .. } = self;
        let Some(session) = sessions.get_mut(name) else { return };
        let made_anew = &session.dirs;
        session.white.retain(|mark| {
            let there = made_anew.contains(mark) || project.keys().any(|path| within(path, mark));
            !(wanted(mark) && dirs.contains(mark)) || there
        });
    }

    fn settle(&self, session: &Session, path: &str, op: Op, drift: Drift, on: OnConflict) -> Settled {
        let own = session.own.get(path);
        let stays = |there: bool, at: &str| there && !session.is_white(at);
        let other_kind = stays(self.dirs.contains(path), path)
            || ancestors(path).any(|above| stays(self.project.contains_key(above), above));
        if op != Op::Deleted && other_kind {
            return if matches!(on, OnConflict::Theirs) { Settled::Stays } else { Settled::Conflict };
        }
        if drift == Drift::None {
            return Settled::Lands(own.cloned());
        }
        let mut text = None;
        if let (Drift::Changed | Drift::Appeared, Some(own), Some(now)) = (drift, own, self.project.get(path))
        {
            let (clean, merged) = merged(path, session.base.get(path), &now.text, own);
            if clean {
                return Settled::Lands(merged);
            }
            text = merged;
        }
        match on {
            OnConflict::Ours if op != Op::Deleted && self.dirs.contains(path) => Settled::Conflict,
            OnConflict::Ours => Settled::Lands(own.cloned()),
            OnConflict::Theirs => Settled::Stays,
            OnConflict::Merge if text.is_some() => Settled::Lands(text),
            OnConflict::Merge | OnConflict::Abort => Settled::Conflict,
        }
    }

    /// Tells which landings are taken back, oldest first.
    pub(super) fn undone(&self) -> Vec<bool> {
        let mut undone = vec![false; self.landings.len()];
        // Whatever takes one back is younger.
        for nth in (0..self.landings.len()).rev() {
            let by = |other: usize| self.landings[other].undoes == Some(nth) && !undone[other];
            undone[nth] = (nth + 1..self.landings.len()).any(by);
        }
        undone
    }

    /// Takes back the last commit, or the last landing of either kind.
    pub(super) fn undo(&self, last: bool) -> Next {
        let undone = self.undone();
        let mut numbers = (0..self.landings.len()).rev();
        let target = numbers.find(|n| last || self.landings[*n].undoes.is_none() && !undone[*n]);
        let mut next = self.clone();
        let Some(target) = target else { return (Expect::Refused, next) };
        let (mut steps, made) = (Vec::new(), self.landings[target].made.clone().unwrap_or_default());
        for (path, before, after) in &self.landings[target].steps {
            let is_kept = before.as_ref().is_none_or(|kept| self.pre_images.contains(&kept.version));
            let is_landed = self.project.get(path) == after.as_ref();
            let is_free = after.is_some() || !self.dirs.contains(path) || made.contains(path);
            if is_kept && is_landed && is_free {
                steps.push((path.clone(), after.clone(), before.clone()));
            }
        }
        // What would come back below a file that stays is refused.
        let goes: BTreeSet<String> =
            steps.iter().filter(|(_, _, comes)| comes.is_none()).map(|(path, ..)| path.clone()).collect();
        let stays = |above: &str| self.project.contains_key(above) && !goes.contains(above);
        // So is what would come back in the place of a directory that does not become empty.
        let is_emptied = |dir: &str| {
            self.dirs.iter().filter(|path| within(path, dir)).all(|path| made.contains(path))
                && self.project.keys().filter(|path| within(path, dir)).all(|path| goes.contains(path))
        };
        let is_blocked = |path: &str| ancestors(path).any(stays) || !is_emptied(path);
        steps.retain(|(path, goes, comes)| comes.is_none() || goes.is_some() || !is_blocked(path));
        let mut expect = must(!steps.is_empty());
        let above = |path: &str| ancestors(path).any(|above| self.project.contains_key(above));
        if steps.iter().any(|(path, _, comes)| comes.is_some() && above(path)) {
            expect = Expect::Either;
        }
        for (path, _, comes) in &steps {
            let goes = match comes {
                Some(kept) => next.project.insert(path.clone(), kept.clone()),
                None => next.project.remove(path),
            };
            next.pre_images.extend(goes.map(|kept| kept.version));
            next.pre_images.retain(|version| comes.as_ref().is_none_or(|kept| kept.version != *version));
        }
        next.landings.push(Landing { undoes: Some(target), made: None, steps });
        (expect, next)
    }
}

/// What merging gives: whether it is clean, and the text. The merge itself has its own tests.
fn merged(path: &str, base: Option<&String>, project: &str, session: &str) -> (bool, Option<String>) {
    let labels = Labels { base: None, project: "project", session: "session" };
    let grain = Grain::for_path(&RelPath::new(path).unwrap(), session.as_bytes());
    let base = base.map_or(Side::Absent, |text| Side::File(text.as_bytes()));
    let (ours, theirs) = (Side::File(session.as_bytes()), Side::File(project.as_bytes()));
    let text = |bytes| Some(String::from_utf8(bytes).unwrap());
    match merge::judge(base, theirs, ours, grain, &labels) {
        Verdict::Unchanged => (true, Some(project.to_string())),
        Verdict::Clean | Verdict::SameChange => (true, Some(session.to_string())),
        Verdict::Merged(bytes) => (true, text(bytes)),
        Verdict::Conflict { text: bytes, .. } => (false, text(bytes)),
        Verdict::Binary | Verdict::DeletedModified | Verdict::TypeChange => (false, None),
    }
}
