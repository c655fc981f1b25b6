//! Made-up lives of two sessions over one project, held against a model of maps after every step.
//!
//! The first test makes its steps in-process, thousands in seconds. The second ends each life with a command of the
//! binary that is killed at a made-up call, and `recover`: everything is as before that command or as after it.
//!
//! A failure prints the seed and the shortest life that fails; `REDRAFT_SEED=<seed>` runs the same lives again and
//! `REDRAFT_CASES=<n>` as many as one likes.

mod reference;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use redraft::env::Env;
use redraft::error::Result;
use redraft::fs::Dir;
use redraft::relpath::RelPath;
use redraft::report::{EntryKind, Report};
use redraft::session::changes::Changes;
use redraft::session::layer::{Layer, Place};
use redraft::session::lifecycle;
use redraft::store::lock::Waiter;
use redraft::verbs::{self, Command, Commit, Desk, Start};

use self::reference::{Expect, Model, OnConflict};
use crate::support::world::World;

const NAMES: [&str; 2] = ["s0", "s1"];

/// Files first, then directories; `acts/f` is a file or a directory, `acts/m` is only moved to.
const PATHS: [&str; 12] = [
    "acts/a.md",
    "acts/b.md",
    "acts/d/x.md",
    "acts/d/y.md",
    "acts/d/e/z.md",
    "context/c.md",
    "acts/f",
    "acts/f/g.md",
    "acts/m/x.md",
    "acts/d",
    "acts/d/e",
    "acts/m",
];
const N_FILES: usize = 9;

/// What `--files` selects.
const SELECTIONS: [&str; 5] = ["acts/d/**", "acts/a.md", "acts/d/x.md", "context/**", "acts/f/**"];

/// One step of a life.
#[derive(Debug, Clone)]
enum Step {
    /// An agent writes a whole file (an edit is one, too).
    Write(usize, u8),
    /// The hook lets an agent write, and it does not.
    Touch(usize),
    /// An agent writes what was there when the session first touched it.
    PutBack(usize),
    Remove(usize),
    Move(usize, usize),
    Retry(usize),
    /// The person saves a file of the project as an editor does, perhaps with the old one's time.
    HumanWrites(usize, u8, bool),
    HumanDeletes(usize),
    Commit(Option<usize>, OnConflict),
    Cancel,
    Restore(usize),
    Start(usize),
    Switch(usize),
    /// The last commit, or the last landing of either kind.
    Undo(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let file = || 0..N_FILES;
    let path = || 0..PATHS.len();
    let name = || 0..NAMES.len();
    let text = || 0..27_u8;
    let decision = prop::sample::select(vec![
        OnConflict::Abort,
        OnConflict::Merge,
        OnConflict::Ours,
        OnConflict::Theirs,
    ]);
    prop_oneof![
        12 => (file(), text()).prop_map(|(file, text)| Step::Write(file, text)),
        2 => file().prop_map(Step::Touch),
        2 => file().prop_map(Step::PutBack),
        5 => path().prop_map(Step::Remove),
        4 => (path(), path()).prop_map(|(from, to)| Step::Move(from, to)),
        1 => file().prop_map(Step::Retry),
        8 => (file(), text(), any::<bool>()).prop_map(|(file, text, sly)| Step::HumanWrites(file, text, sly)),
        3 => path().prop_map(Step::HumanDeletes),
        6 => (prop::option::of(0..SELECTIONS.len()), decision).prop_map(|(files, on)| Step::Commit(files, on)),
        1 => Just(Step::Cancel),
        3 => name().prop_map(Step::Restore),
        3 => name().prop_map(Step::Start),
        2 => name().prop_map(Step::Switch),
        3 => any::<bool>().prop_map(Step::Undo),
    ]
}

/// Three short lines, each one of three: sides often differ in different lines, and then they merge.
fn text(n: u8) -> String {
    let line = |at: &str, which: u8| {
        format!("{at} {}.\n", ["is as it was", "is better", "is worse"][which as usize % 3])
    };
    [line("The first", n), "\n".into(), line("The second", n / 3), "\n".into(), line("The third", n / 9)]
        .concat()
}

/// Runs lives; new ones each time, unless a seed is given.
#[expect(clippy::print_stdout, reason = "the seed is what a reader of a failure needs")]
fn live<S: Strategy>(cases: u32, lives: &S, check: impl Fn(S::Value)) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("REDRAFT_SEED").unwrap_or_else(|| RandomState::new().hash_one("redraft"));
    println!("REDRAFT_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let cases = number("REDRAFT_CASES").and_then(|n| u32::try_from(n).ok()).unwrap_or(cases);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let result = runner.run(lives, |life| {
        check(life);
        Ok(())
    });
    if let Err(error) = result {
        panic!("REDRAFT_SEED={seed}: {error}");
    }
}

/// The real thing beside its model.
struct Life {
    world: World,
    desk: Desk,
    model: Model,
}

impl Life {
    fn new() -> Self {
        let world = World::new();
        let desk = Desk {
            env: env(world.root()),
            root: Some(world.root().to_path_buf()),
            session: None,
            patience: None,
        };
        let mut life = Life { world, desk, model: Model::default() };
        for (nth, path) in
            ["acts/a.md", "acts/d/x.md", "acts/d/e/z.md", "acts/f", "context/c.md"].iter().enumerate()
        {
            life.human_writes(path, &text(u8::try_from(nth).unwrap()), false);
        }
        life.take(&Step::Start(0));
        life
    }

    /// Takes a step on both sides and compares them.
    fn take(&mut self, step: &Step) {
        self.desk.env.now = (self.desk.env.now() + chrono::TimeDelta::seconds(1)).into();
        self.observe();
        match step {
            Step::HumanWrites(file, which, sly) => self.human_writes(PATHS[*file], &text(*which), *sly),
            Step::HumanDeletes(path) => self.human_deletes(PATHS[*path]),
            _ => {
                let Some((expect, after)) = self.predict(step) else { return };
                let done = self.act(step);
                let right = match expect {
                    Expect::Ok => done.is_ok(),
                    Expect::Refused => done.is_err(),
                    Expect::Either => true,
                };
                assert!(right, "{step:?}: expected {expect:?}, got {done:?}");
                if done.is_ok() {
                    self.model = after;
                }
            }
        }
        self.observe();
        self.compare(&format!("after {step:?}"));
    }

    /// What the model says of a step; `None` when there is nobody to take it.
    fn predict(&self, step: &Step) -> Option<(Expect, Model)> {
        let model = &self.model;
        let own = model.active.as_deref();
        Some(match step {
            Step::Start(name) => model.start(NAMES[*name]),
            Step::Switch(name) => model.switch(NAMES[*name]),
            Step::Restore(name) => model.restore(NAMES[*name]),
            Step::Undo(last) => model.undo(*last),
            Step::Write(file, which) => model.write(own?, PATHS[*file], Some(&text(*which))),
            Step::Touch(file) => model.write(own?, PATHS[*file], None),
            Step::PutBack(file) => {
                let base = model.sessions[own?].base.get(PATHS[*file])?;
                model.write(own?, PATHS[*file], Some(base))
            }
            Step::Remove(path) => model.remove(own?, PATHS[*path]),
            Step::Move(from, to) => model.rename(own?, PATHS[*from], PATHS[*to]),
            Step::Retry(file) => model.retry(own?, PATHS[*file]),
            Step::Cancel => model.cancel(own?),
            Step::Commit(files, on) => {
                let roots = files.map(|nth| SELECTIONS[nth].trim_end_matches("/**"));
                model.commit(own?, roots, *on, &self.changed_dirs(own?))
            }
            Step::HumanWrites(..) | Step::HumanDeletes(_) => return None,
        })
    }

    /// Takes a step of the agent, or of the person at the command line.
    fn act(&self, step: &Step) -> Result<()> {
        match step {
            Step::Write(file, which) => self.write(PATHS[*file], Some(&text(*which))),
            Step::Touch(file) => self.write(PATHS[*file], None),
            Step::PutBack(file) => {
                let session = &self.model.sessions[self.model.active.as_deref().unwrap()];
                self.write(PATHS[*file], session.base.get(PATHS[*file]).map(String::as_str))
            }
            _ => verbs::run(&self.desk, &self.command(step)).map(drop),
        }
    }

    fn command(&self, step: &Step) -> Command {
        match step {
            Step::Remove(path) => Command::Rm { paths: vec![PATHS[*path].into()] },
            Step::Move(from, to) => Command::Mv { from: PATHS[*from].into(), to: PATHS[*to].into() },
            Step::Retry(file) => {
                Command::Retry { file: PATHS[*file].into(), reason: "no".into(), auto: false }
            }
            Step::Commit(files, on) => Command::Commit(Commit {
                force: true,
                files: files.map(|nth| SELECTIONS[nth].to_string()).into_iter().collect(),
                on_conflict: Some(format!("{on:?}").to_lowercase()),
                ..Commit::default()
            }),
            Step::Cancel => Command::Cancel { name: None, backup_retries: true, purge: false },
            Step::Restore(name) => Command::Restore { name: NAMES[*name].into() },
            Step::Start(name) => {
                Command::Start(Start { name: Some(NAMES[*name].into()), ..Start::default() })
            }
            Step::Switch(name) => Command::Switch { name: NAMES[*name].into() },
            Step::Undo(last) => Command::Undo { id: self.last_landing().filter(|_| *last) },
            _ => panic!("{step:?} is no command"),
        }
    }

    fn last_landing(&self) -> Option<String> {
        let Report::Log(log) = verbs::run(&self.desk, &Command::Log).unwrap() else { panic!("not a log") };
        log.commits.first().map(|entry| entry.id.clone())
    }

    /// A write as a client makes it: it asks, and writes where it was sent.
    fn write(&self, path: &str, text: Option<&str>) -> Result<()> {
        let project = self.desk.project()?;
        let name = self.model.active.as_deref().unwrap().parse()?;
        let layer = Layer::open(&project, &name)?;
        let waiter = Waiter { doing: "hook", timeout: Duration::from_secs(5) };
        layer.prepare_write(&RelPath::new(path)?, waiter, &self.desk.env.timestamp())?;
        if let Some(text) = text {
            fs::write(layer.full(&RelPath::new(path)?), text).unwrap();
        }
        Ok(())
    }

    /// Saves a file beside and renames it into place; a sly one keeps the time of the file it replaces.
    fn human_writes(&mut self, path: &str, text: &str, sly: bool) {
        let (target, new) = (self.world.path(path), self.world.path("saving~"));
        if target.is_dir() || fs::create_dir_all(target.parent().unwrap()).is_err() {
            return;
        }
        fs::write(&new, text).unwrap();
        if let (true, Ok(old)) = (sly, target.metadata()) {
            fs::File::options()
                .append(true)
                .open(&new)
                .unwrap()
                .set_modified(old.modified().unwrap())
                .unwrap();
        }
        fs::rename(&new, &target).unwrap();
        self.model = self.model.clone().human_writes(path, text);
    }

    fn human_deletes(&mut self, path: &str) {
        let target = self.world.path(path);
        let _ = if target.is_dir() { fs::remove_dir_all(&target) } else { fs::remove_file(&target) };
        self.model = self.model.clone().human_deletes(path);
    }

    /// Looks where directories are; the model takes them as they are.
    fn observe(&mut self) {
        self.model.see_dirs(files_and_dirs(self.world.root()).1);
        for (name, session) in &mut self.model.sessions {
            session.dirs = files_and_dirs(&self.world.path(format!("workspace/sessions/{name}"))).1;
        }
    }

    /// Compares everything with the model; says what is not as it should be.
    fn compare(&self, at: &str) {
        let differences = self.differences();
        assert!(differences.is_empty(), "{at}:\n{}\nmodel: {:#?}", differences.join("\n"), self.model);
    }

    fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut check = |what: &str, real: String, model: String| {
            if real != model {
                found.push(format!("{what}\n  is      {real}\n  expected {model}"));
            }
        };
        let project: BTreeMap<_, _> =
            self.model.project.iter().map(|(path, kept)| (path, &kept.text)).collect();
        check("project", format!("{:?}", files_and_dirs(self.world.root()).0), format!("{project:?}"));
        let opened = self.desk.project().unwrap();
        let own = lifecycle::whose(&opened, &self.desk.caller()).unwrap().map(|name| name.to_string());
        check("active", format!("{own:?}"), format!("{:?}", self.model.active));
        let names: BTreeSet<_> = lifecycle::names(&opened).unwrap().into_iter().collect();
        check(
            "sessions",
            format!("{names:?}"),
            format!("{:?}", self.model.sessions.keys().collect::<BTreeSet<_>>()),
        );
        let Report::Log(log) = verbs::run(&self.desk, &Command::Log).unwrap() else { panic!("not a log") };
        let undone: Vec<bool> = log.commits.iter().rev().map(|entry| entry.undone).collect();
        check("taken back", format!("{undone:?}"), format!("{:?}", self.model.undone()));
        for (name, session) in &self.model.sessions {
            if opened.dir.stat(&opened.session(&name.parse().unwrap())).unwrap().is_none() {
                continue;
            }
            let layer = Layer::open(&opened, &name.parse().unwrap()).unwrap();
            check(&format!("{name}: changes"), changes(&layer), format!("{:?}", self.model.changes(session)));
            for path in self.known_paths() {
                let model = self.model.view(session, &path);
                check(&format!("{name}: {path}"), format!("{:?}", view(&layer, &path)), format!("{model:?}"));
            }
        }
        found
    }

    fn known_paths(&self) -> BTreeSet<String> {
        let mut paths = self.model.paths();
        paths.extend(PATHS.iter().map(ToString::to_string));
        paths
    }

    /// The directories that a session says it made or deleted.
    fn changed_dirs(&self, name: &str) -> BTreeSet<String> {
        let project = self.desk.project().unwrap();
        let layer = Layer::open(&project, &name.parse().unwrap()).unwrap();
        let list = Changes::survey(&layer).unwrap().list;
        let dirs = list.iter().filter(|change| change.kind == EntryKind::Directory);
        dirs.map(|change| change.path.to_string()).collect()
    }
}

/// The files a session changes, as the survey has them, in the model's form.
fn changes(layer: &Layer<'_>) -> String {
    let list = Changes::survey(layer).unwrap().list;
    let files = list.iter().filter(|change| change.kind != EntryKind::Directory);
    let found: Vec<_> = files.map(|change| (change.path.to_string(), (change.op, change.drift))).collect();
    let map: BTreeMap<_, _> = found.iter().cloned().collect();
    assert_eq!(found.len(), map.len(), "a file is listed twice: {found:?}");
    format!("{map:?}")
}

/// What the merged view has at a path.
fn view(layer: &Layer<'_>, path: &str) -> Option<String> {
    let path = RelPath::new(path).unwrap();
    let read = |dir: &Dir| fs::read_to_string(dir.full(&path)).unwrap();
    match layer.resolve(&path).unwrap() {
        Place::Session(stat) if stat.is_file() => Some(read(&layer.dir)),
        Place::Project(stat) if stat.is_file() => Some(read(&layer.project.dir)),
        _ => None,
    }
}

/// The files (with their text) and directories at or below `acts` and `context`.
fn files_and_dirs(root: &Path) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let (mut files, mut dirs) = (BTreeMap::new(), BTreeSet::new());
    let mut open: Vec<PathBuf> = ["acts", "context"].iter().map(|top| root.join(top)).collect();
    while let Some(dir) = open.pop() {
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        dirs.insert(dir.strip_prefix(root).unwrap().to_str().unwrap().to_string());
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_string();
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    (files, dirs)
}

fn env(root: &Path) -> Env {
    Env {
        cwd: root.to_path_buf(),
        now: DateTime::parse_from_rfc3339("2026-02-03T04:05:06Z").unwrap().with_timezone(&Utc).into(),
        root: None,
        session: None,
        claude_project_dir: None,
        window: None,
        claude_config_dir: None,
        claude_pid: "1".into(),
        home: None,
        path: None,
        user: "author".into(),
        emoji: false,
        color: false,
        lock_timeout: Duration::from_secs(5),
        shell: None,
        view: None,
        inside: None,
        failpoint: None,
    }
}

#[test]
fn every_step_of_a_life_is_as_the_model_says() {
    live(150, &prop::collection::vec(step(), 1..60), |steps| {
        let mut life = Life::new();
        for step in &steps {
            life.take(step);
        }
    });
}

/// A life that ends with a command which is killed before its n-th change to the disk.
#[derive(Debug, Clone)]
struct Killed {
    steps: Vec<Step>,
    last: Step,
    call: u64,
}

fn killed() -> impl Strategy<Value = Killed> {
    let command = step().prop_filter("a command of the binary", |step| {
        !matches!(
            step,
            Step::Write(..)
                | Step::Touch(_)
                | Step::PutBack(_)
                | Step::HumanWrites(..)
                | Step::HumanDeletes(_)
        )
    });
    (prop::collection::vec(step(), 1..30), command, 1..60_u64).prop_map(|(steps, last, call)| Killed {
        steps,
        last,
        call,
    })
}

/// The command line of a step.
fn arguments(command: &Command) -> Vec<String> {
    let text = |path: &std::ffi::OsString| path.to_str().unwrap().to_string();
    let of = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    match command {
        Command::Rm { paths } => of(&["rm", &text(&paths[0])]),
        Command::Mv { from, to } => of(&["mv", &text(from), &text(to)]),
        Command::Retry { file, reason, .. } => of(&["retry", &text(file), reason]),
        Command::Commit(commit) => {
            let mut words =
                of(&["commit", "--force", "--on-conflict", commit.on_conflict.as_deref().unwrap()]);
            commit.files.iter().for_each(|files| words.extend(of(&["--files", files])));
            words
        }
        Command::Cancel { .. } => of(&["cancel"]),
        Command::Restore { name } => of(&["restore", name]),
        Command::Start(start) => of(&["start", start.name.as_deref().unwrap()]),
        Command::Switch { name } => of(&["switch", name]),
        Command::Undo { id } => ["undo".to_string()].into_iter().chain(id.clone()).collect(),
        other => panic!("{other:?}"),
    }
}

impl Life {
    /// Runs the last command in a process that is killed, then `recover`; everything is as before it or as after it.
    fn end_killed(mut self, killed: &Killed) {
        self.desk.env.now = (self.desk.env.now() + chrono::TimeDelta::seconds(1)).into();
        self.observe();
        let Some((expect, after)) = self.predict(&killed.last) else { return };
        let words = arguments(&self.command(&killed.last));
        self.world = self
            .world
            .at(&self.desk.env.timestamp())
            .with("REDRAFT_FAILPOINT", format!("kill@{}", killed.call));
        let run = self.world.run(&words);
        self.world = self.world.with("REDRAFT_FAILPOINT", "");
        let mended = self.world.run(["recover"]);
        assert_eq!(mended.code, 0, "{words:?}: {run:?}: {mended:?}");
        self.observe();
        let before = self.model.clone();
        let old = self.differences();
        self.model = after.clone();
        self.observe();
        let new = self.differences();
        // A start makes the session, then points to it: in between it exists and is nobody's, and `switch` goes on.
        let mut made = after.clone();
        made.active.clone_from(&before.active);
        self.model = made;
        self.observe();
        let made = self.differences();
        let whole = match killed.last {
            Step::Start(_) => [&old, &new, &made].iter().any(|differences| differences.is_empty()),
            // Several files change one after another there; each is as before or as after.
            Step::Remove(_) | Step::Move(..) => self.each_is_old_or_new(&before, &after),
            _ => old.is_empty() || expect != Expect::Refused && new.is_empty(),
        };
        let done = run.code != 0 || expect == Expect::Refused || new.is_empty();
        assert!(
            whole && done,
            "{words:?} ({run:?}, {mended:?})\nas before:\n{}\nas after:\n{}",
            old.join("\n"),
            new.join("\n")
        );
    }

    fn each_is_old_or_new(&self, before: &Model, after: &Model) -> bool {
        let project = self.desk.project().unwrap();
        let texts: BTreeMap<_, _> =
            before.project.iter().map(|(path, kept)| (path.clone(), kept.text.clone())).collect();
        let name = before.active.as_deref().unwrap();
        let layer = Layer::open(&project, &name.parse().unwrap()).unwrap();
        let (mut old, mut new) = (before.clone(), after.clone());
        let dirs = files_and_dirs(&self.world.path(format!("workspace/sessions/{name}"))).1;
        for model in [&mut old, &mut new] {
            model.sessions.entry(name.to_string()).and_modify(|session| session.dirs.clone_from(&dirs));
        }
        let right = |path: &String| {
            let real = view(&layer, path);
            // A copy that is still its base may have followed the project before the kill.
            let session = &before.sessions[name];
            let clean = session.own.contains_key(path) && session.own.get(path) == session.base.get(path);
            let followed =
                clean && before.project.get(path).map(|kept| kept.text.as_str()) == real.as_deref();
            followed
                || [&old, &new].iter().any(|model| model.view(&model.sessions[name], path) == real.as_deref())
        };
        let paths: BTreeSet<_> = old.paths().into_iter().chain(new.paths()).collect();
        files_and_dirs(self.world.root()).0 == texts && paths.iter().all(right)
    }
}

#[test]
fn killed_at_any_call_a_life_goes_on_as_before_or_as_after() {
    live(60, &killed(), |life| {
        let mut real = Life::new();
        for step in &life.steps {
            real.take(step);
        }
        real.end_killed(&life);
    });
}
