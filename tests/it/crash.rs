//! Killed, or failed, at every call that changes the disk: the project is all old or all new, and no word is lost.
//!
//! Each scenario is prepared afresh, its last command is run once to count its calls (`REDRAFT_FAILPOINT=trace`), and
//! then for n = 1, 2, 3 … killed before the n-th, or made to fail there. After that the next command mends what was
//! left; a second `recover` has nothing to do.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::support::world::{HookRun, Run, World};

/// What is done, and on what ground.
pub(crate) struct Scenario {
    pub(crate) prepare: fn(&World),
    pub(crate) act: fn(&World) -> Outcome,
}

/// How the last command ended.
pub(crate) struct Outcome {
    pub(crate) code: i32,
    stderr: String,
    pub(crate) said: String,
}

impl From<Run> for Outcome {
    fn from(run: Run) -> Self {
        Outcome { code: run.code, said: format!("{}{}", run.stdout, run.stderr), stderr: run.stderr }
    }
}

impl From<HookRun> for Outcome {
    fn from(run: HookRun) -> Self {
        Outcome { code: run.code, said: format!("{}{}", run.stdout, run.stderr), stderr: run.stderr }
    }
}

impl Scenario {
    /// Runs everything once undisturbed; gives the number of calls and the project before and after.
    pub(crate) fn measure(&self) -> (u64, String, String) {
        let world = World::book();
        (self.prepare)(&world);
        let before = world.project();
        let world = world.with("REDRAFT_FAILPOINT", "trace");
        let traced = (self.act)(&world);
        assert_eq!(traced.code, 0, "{}", traced.said);
        let calls = traced.stderr.lines().filter(|line| line.starts_with("failpoint ")).count();
        (calls as u64, before, world.project())
    }

    /// Disturbs every call with each of the plans; gives how many points there were.
    fn disturb(&self, plans: &[&str]) -> u64 {
        let (calls, before, after) = self.measure();
        assert!(calls > 0, "a scenario changes the disk");
        for plan in plans {
            for n in 1..=calls {
                let at = format!("{plan}@{n}");
                let world = World::book();
                (self.prepare)(&world);
                let precious = contents(world.root());
                let world = world.with("REDRAFT_FAILPOINT", &at);
                let outcome = (self.act)(&world);
                let world = world.with("REDRAFT_FAILPOINT", "");
                check(&world, &at, &outcome, [&before, &after], &precious);
            }
        }
        calls
    }
}

fn check(world: &World, at: &str, outcome: &Outcome, sides: [&String; 2], precious: &BTreeSet<Vec<u8>>) {
    if at.starts_with("kill") {
        assert_eq!(outcome.code, -1, "{at}: {}", outcome.said);
    }
    let mended = world.run(["recover", "--json"]);
    assert_eq!(mended.code, 0, "{at}: {}{}", mended.stdout, mended.stderr);
    let project = world.project();
    assert!(sides.contains(&&project), "{at}: neither old nor new:\n{project}\nsaid: {}", outcome.said);
    if outcome.code == 0 && !outcome.said.contains("\"deny\"") {
        assert_eq!(&project, sides[1], "{at}: success was reported");
    }
    if outcome.code > 0 && !outcome.said.contains("the disk did not confirm it") {
        assert_eq!(&project, sides[0], "{at}: a failure was reported: {}", outcome.said);
    }
    let kept = contents(world.root());
    for word in precious {
        assert!(kept.contains(word), "{at}: lost {:?}", String::from_utf8_lossy(word));
    }
    let settled = everything(world);
    world.run(["recover"]).ok();
    assert_eq!(everything(world), settled, "{at}: a second recover changed something");
    world.run(["list"]).ok();
}

/// Every file's content, records of ours and what is remembered of windows excepted.
pub(crate) fn contents(root: &Path) -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let meta = path.symlink_metadata().unwrap();
            let record = path.extension().is_some_and(|e| e == "json" || e == "jsonl" || e == "lock")
                || path.to_string_lossy().contains("/.redraft/windows/");
            if meta.is_dir() {
                open.push(path);
            } else if meta.is_file() && !record {
                found.insert(fs::read(&path).unwrap());
            }
        }
    }
    found.remove(b"".as_slice());
    found
}

/// The whole disk, private records included, locks excepted (they name the last holder).
pub(crate) fn everything(world: &World) -> String {
    let mut lines = vec![world.tree()];
    let private = world.path("workspace/.redraft");
    let mut open = vec![private.clone()];
    while let Some(dir) = open.pop() {
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&private).unwrap().display().to_string();
            if path.is_dir() {
                open.push(path);
            } else if !name.starts_with("locks") {
                lines.push(format!("{name}: {:?}", fs::read(&path).ok().map(|b| b.len())));
            }
        }
    }
    lines.sort();
    lines.join("\n")
}

pub(crate) fn write(world: &World, path: &str, text: &str) {
    let target = world.pre_on("Write", path).redirect();
    fs::create_dir_all(Path::new(&target).parent().unwrap()).unwrap();
    fs::write(target, text).unwrap();
}

/// A session with one of each: modified, created (in a new directory), deleted, a directory deleted, a file that became
/// a directory, a directory that became a file, a mode, a rename, a retry.
pub(crate) fn rich_session(world: &World) {
    world.project_file("acts/gone/one.md", "gone one\n");
    world.project_file("acts/gone/two.md", "gone two\n");
    world.project_file("acts/file-to-dir", "was a file\n");
    world.project_file("acts/dir-to-file/inner.md", "was inside\n");
    world.project_file("acts/run.sh", "#!/bin/sh\n");
    world.start("s1");
    write(world, "acts/plan.md", "ONE\nTWO\n");
    write(world, "acts/new/deep/scene.md", "a new scene\n");
    world.run(["retry", "acts/plan.md", "too plain"]).ok();
    write(world, "acts/plan.md", "ONE\nTWO\nTHREE\n");
    world
        .run([
            "rm",
            "acts/act-1/chapter-01/scene-0102.md",
            "acts/gone",
            "acts/file-to-dir",
            "acts/dir-to-file",
        ])
        .ok();
    write(world, "acts/file-to-dir/now-a-dir.md", "inside\n");
    write(world, "acts/dir-to-file", "now a file\n");
    let script = world.pre_on("Edit", "acts/run.sh").redirect();
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
    world.run(["mv", "context/characters/alexa.md", "context/alexa-renamed.md"]).ok();
}

fn committed(world: &World) {
    rich_session(world);
    world.run(["commit", "--force"]).ok();
}

pub(crate) const START: Scenario = Scenario {
    prepare: |world| world.start("s1"),
    act: |world| world.run(["start", "s2", "another"]).into(),
};
pub(crate) const COPY_UP: Scenario =
    Scenario { prepare: |world| world.start("s1"), act: |world| world.pre_on("Edit", "acts/plan.md").into() };
pub(crate) const MAKE_ROOM: Scenario = Scenario {
    prepare: |world| world.start("s1"),
    act: |world| world.pre_on("Write", "acts/new/scene.md").into(),
};
pub(crate) const COMMIT: Scenario =
    Scenario { prepare: rich_session, act: |world| world.run(["commit", "--force"]).into() };
pub(crate) const PARTIAL: Scenario = Scenario {
    prepare: rich_session,
    act: |world| world.run(["commit", "--force", "--files", "acts/plan.md,acts/gone/**,acts/new/**"]).into(),
};
pub(crate) const UNDO: Scenario = Scenario { prepare: committed, act: |world| world.run(["undo"]).into() };
pub(crate) const REDO: Scenario = Scenario {
    prepare: |world| {
        committed(world);
        world.run(["undo"]).ok();
    },
    act: |world| {
        let log: serde_json::Value = serde_json::from_str(&world.run(["log", "--json"]).stdout).unwrap();
        world.run(["undo", log["commits"][0]["id"].as_str().unwrap()]).into()
    },
};
pub(crate) const CANCEL: Scenario =
    Scenario { prepare: rich_session, act: |world| world.run(["cancel"]).into() };
pub(crate) const RESTORE: Scenario = Scenario {
    prepare: |world| {
        rich_session(world);
        world.run(["cancel"]).ok();
    },
    act: |world| world.run(["restore", "s1"]).into(),
};
pub(crate) const RESTORE_LANDED: Scenario =
    Scenario { prepare: committed, act: |world| world.run(["restore", "s1"]).into() };
pub(crate) const RETRY: Scenario =
    Scenario { prepare: rich_session, act: |world| world.run(["retry", "acts/plan.md", "again"]).into() };
pub(crate) const REMOVE: Scenario =
    Scenario { prepare: rich_session, act: |world| world.run(["rm", "acts/plan.md", "acts/new"]).into() };
pub(crate) const MOVE: Scenario =
    Scenario { prepare: rich_session, act: |world| world.run(["mv", "acts/act-1", "acts/act-one"]).into() };
pub(crate) const NOTE: Scenario = Scenario {
    prepare: |world| {
        rich_session(world);
        world.run(["task", "add", "one"]).ok();
    },
    act: |world| world.run(["task", "set", "task-1", "completed"]).into(),
};
pub(crate) const CHECKPOINT: Scenario = Scenario {
    prepare: |world| {
        rich_session(world);
        world.run(["checkpoint"]).ok();
        write(world, "acts/plan.md", "FOUR\n");
    },
    act: |world| world.run(["checkpoint", "--label", "two"]).into(),
};
pub(crate) const START_FOR_TASK: Scenario = Scenario {
    prepare: |world| world.start("s1"),
    act: |world| world.run(["start", "--new", "another task", "--objective", "one"]).into(),
};
const PROMPT: Scenario = Scenario {
    prepare: |world| {
        rich_session(world);
        world.post("Write", json!({ "file_path": world.name("acts/plan.md"), "content": "x" }));
    },
    act: |world| world.prompt("plan.md is bad, too plain. Rewrite it").into(),
};

/// Which scenarios, by the name a person would call them.
const ALL: &[(&str, &Scenario)] = &[
    ("start", &START),
    ("copy-up", &COPY_UP),
    ("room for a new file", &MAKE_ROOM),
    ("commit", &COMMIT),
    ("commit --files", &PARTIAL),
    ("undo", &UNDO),
    ("undo of an undo", &REDO),
    ("cancel", &CANCEL),
    ("restore, cancelled", &RESTORE),
    ("restore, landed", &RESTORE_LANDED),
    ("retry", &RETRY),
    ("rm", &REMOVE),
    ("mv", &MOVE),
    ("task set", &NOTE),
    ("checkpoint", &CHECKPOINT),
    ("start --new", &START_FOR_TASK),
    ("a prompt that is a retry", &PROMPT),
];

#[expect(clippy::print_stdout, reason = "the number of points is a result that a reader of the run wants")]
fn everywhere(plans: &[&str]) {
    std::thread::scope(|scope| {
        let running: Vec<_> =
            ALL.iter().map(|(name, scenario)| (name, scope.spawn(|| scenario.disturb(plans)))).collect();
        let mut total = 0;
        for (name, scenario) in running {
            let points = scenario.join().unwrap_or_else(|_| panic!("{name}"));
            println!("{name}: {points} points");
            total += points;
        }
        println!("{total} points, each with {plans:?}");
    });
}

#[test]
fn killed_at_every_call_the_project_is_old_or_new_and_no_word_is_lost() {
    everywhere(&["kill"]);
}

#[test]
fn failing_at_every_call_the_project_is_old_or_new_and_no_word_is_lost() {
    everywhere(&["enospc", "eio", "eacces"]);
}

#[test]
fn recover_itself_may_be_killed_at_every_call() {
    for (name, scenario) in [("commit", &COMMIT), ("commit --files", &PARTIAL), ("undo", &UNDO)] {
        let (calls, before, after) = scenario.measure();
        for first in (1..=calls).step_by(3) {
            for second in 1.. {
                let world = World::book();
                (scenario.prepare)(&world);
                let precious = contents(world.root());
                let world = world.with("REDRAFT_FAILPOINT", format!("kill@{first}"));
                (scenario.act)(&world);
                let world = world.with("REDRAFT_FAILPOINT", format!("kill@{second}"));
                let killed = world.run(["recover"]);
                let world = world.with("REDRAFT_FAILPOINT", "");
                let at = format!("kill@{first} of {name}, then kill@{second} of recover");
                check(
                    &world,
                    &at,
                    &Outcome { code: -1, stderr: String::new(), said: String::new() },
                    [&before, &after],
                    &precious,
                );
                if killed.code == 0 {
                    break;
                }
            }
        }
    }
}

/// A base or a copy that was half made is never taken for a whole one.
#[test]
fn after_a_copy_up_that_was_killed_the_next_one_has_copy_and_base_whole() {
    let (calls, _, _) = COPY_UP.measure();
    for n in 1..=calls {
        let world = World::book();
        (COPY_UP.prepare)(&world);
        let project = world.text("acts/plan.md");
        let world = world.with("REDRAFT_FAILPOINT", format!("kill@{n}"));
        assert_eq!((COPY_UP.act)(&world).code, -1, "kill@{n}");
        let world = world.with("REDRAFT_FAILPOINT", "");
        let copy = world.pre_on("Edit", "acts/plan.md").redirect();
        assert_eq!(fs::read_to_string(&copy).unwrap(), project, "kill@{n}");
        // Both sides change, and only a whole base tells what each of them did.
        fs::write(&copy, project.replace("one", "ONE")).unwrap();
        world.project_file("acts/plan.md", project.replace("three", "THREE"));
        world.run(["commit", "--force"]).ok();
        let both = project.replace("one", "ONE").replace("three", "THREE");
        assert_eq!(world.text("acts/plan.md"), both, "kill@{n}");
    }
}

/// What a session says is one thing or the other, too: landed after the kill, it is as before the rename or as after it.
#[test]
fn a_rename_killed_at_every_call_is_made_or_not_made() {
    let prepare = |world: &World| {
        rich_session(world);
        world.run(["rm", "acts/act-1/chapter-01/scene-0101.md"]).ok();
        write(world, "acts/act-1/chapter-01/scene-0103.md", "The storm came back.\n");
    };
    let landed = |world: &World| {
        world.run(["commit", "--force"]).ok();
        world.project()
    };
    let rename = ["mv", "acts/act-1", "acts/act-one"];
    let (before, after) = (World::book(), World::book());
    prepare(&before);
    prepare(&after);
    after.run(rename).ok();
    let sides = [landed(&before), landed(&after)];
    assert_ne!(sides[0], sides[1]);
    let mut seen = BTreeSet::new();
    for n in 1..1_000 {
        let world = World::book();
        prepare(&world);
        let world = world.with("REDRAFT_FAILPOINT", format!("kill@{n}"));
        let run = world.run(rename);
        let world = world.with("REDRAFT_FAILPOINT", "");
        let landed = landed(&world);
        let side = sides.iter().position(|side| *side == landed);
        seen.insert(side.unwrap_or_else(|| panic!("kill@{n}: neither made nor not made:\n{landed}")));
        if run.code == 0 {
            break;
        }
    }
    assert_eq!(seen.len(), 2);
}
