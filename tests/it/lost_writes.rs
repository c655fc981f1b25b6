//! The power goes: what was not synced is lost, and still the project is all old or all new.
//!
//! The disk is taken to keep the order of metadata operations and to lose the contents of files that were written but
//! not synced (`references/crash-safety.md`). So what a power cut leaves is a prefix of the operations with such files
//! empty, cut in half or full of zeros. The prefix is made by stopping the command dead before its n-th call, on the
//! real disk; `REDRAFT_FAILPOINT=record:<file>@<n>` tells which inodes were written until then, how long they were
//! before, and what was synced. Those inodes are spoilt wherever they lie by then, and the next command has to cope.
//!
//! Two grounds: *settled*, where all that was there before the command is on the platter, and *fresh*, where nothing of
//! the session is (a command that comes right after the edits).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::crash::{
    CANCEL, COMMIT, COPY_UP, PARTIAL, REDO, RESTORE, RETRY, START, Scenario, UNDO, contents, everything,
    write,
};
use crate::support::world::World;

/// How a file that was not synced comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// Without anything that was written since it was last synced.
    Missing,
    /// With the first half of it.
    Torn,
    /// As long as it was, with zeros for what was written.
    Zeros,
    /// Missing, but only in the i-th such file; the others made it.
    Only(usize),
}

/// What was on the platter before the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ground {
    Settled,
    Fresh,
}

/// Inodes that hold something which was not synced, each with its length on the platter.
type Unsynced = BTreeMap<u64, u64>;

/// What the session is for, in the scenario that has it.
const DESCRIPTION: &str = "the storm, told twice";

const SECOND_RETRY: Scenario = Scenario {
    prepare: |world| {
        world.run(["start", "s1", DESCRIPTION]).ok();
        world.change("acts/plan.md", "ONE\n");
        world.run(["retry", "acts/plan.md", "too plain"]).ok();
    },
    act: RETRY.act,
};

/// A session with a bit of everything that a layer can hold, in the ledger with its bases.
fn small_session(world: &World) {
    world.start("s1");
    world.change("acts/plan.md", "ONE\n");
    write(world, "acts/new/scene.md", "a new scene\n");
    world.run(["rm", "context/characters/alexa.md"]).ok();
}

fn checkpointed(world: &World) {
    small_session(world);
    world.run(["checkpoint"]).ok();
    world.change("acts/plan.md", "TWO\n");
    world.run(["rm", "acts/new"]).ok();
    write(world, "acts/other.md", "another\n");
}

const CHECKPOINT: Scenario =
    Scenario { prepare: checkpointed, act: |world| world.run(["checkpoint", "--label", "second"]).into() };
const ROLLBACK: Scenario =
    Scenario { prepare: checkpointed, act: |world| world.run(["rollback", "cp-1"]).into() };
const REMOVE: Scenario =
    Scenario { prepare: small_session, act: |world| world.run(["rm", "acts/plan.md"]).into() };
const ARCHIVE: Scenario =
    Scenario { prepare: checkpointed, act: |world| world.run(["archive", "s1"]).into() };
const REOPEN: Scenario = Scenario {
    prepare: |world| {
        checkpointed(world);
        world.run(["archive", "s1"]).ok();
    },
    act: |world| world.run(["reopen", "s1"]).into(),
};

/// What a session says it changes, and whether it has the second checkpoint; for one that is put away, that it is.
fn story(world: &World) -> String {
    let told = |args: &[&str]| -> serde_json::Value {
        serde_json::from_str(&world.run([args, &["--json"]].concat()).ok().stdout).unwrap()
    };
    if !world.exists("workspace/sessions/s1") {
        return format!("put away: {}", told(&["list", "--state", "archived"])["sessions"][0]["name"]);
    }
    let (status, kept) = (told(&["status", "s1"]), told(&["checkpoints", "--session", "s1"]));
    // The one that a rollback makes of what was there is kept whether or not the rollback comes to pass.
    let second = kept["checkpoints"].as_array().unwrap().iter().any(|one| one["label"] == "second");
    format!("{}\n{}\nsecond checkpoint: {second}", status["counts"], status["changes"])
}

/// One cut.
struct Cut<'a> {
    scenario: &'a Scenario,
    ground: Ground,
    /// Before which call; `None` right after the command has ended.
    before: Option<u64>,
    loss: Loss,
}

impl Cut<'_> {
    /// Makes the disk as the cut leaves it; gives it with what it held, and how many files were not synced.
    fn make(&self) -> (World, Ended) {
        let world = World::book();
        (self.scenario.prepare)(&world);
        let before =
            Before { project: world.project(), words: contents(world.root()), described: described(&world) };
        let mut unsynced = match self.ground {
            Ground::Settled => Unsynced::new(),
            Ground::Fresh => session_files(&world),
        };
        let record = world.outside("record");
        let at = self.before.map_or_else(String::new, |n| format!("@{n}"));
        let world = world.with("REDRAFT_FAILPOINT", format!("record:{}{at}", record.display()));
        let outcome = (self.scenario.act)(&world);
        assert_eq!(outcome.code, if self.before.is_some() { -1 } else { 0 }, "{}", outcome.said);
        follow(&fs::read_to_string(&record).unwrap_or_default(), &mut unsynced);
        let world = world.with("REDRAFT_FAILPOINT", "");
        let lost = spoil(world.root(), &unsynced, self.loss);
        (world, Ended { before, lost })
    }

    /// Makes the cut and checks what the next commands make of it; gives how many files were not synced.
    fn survive(&self, after: &str) -> usize {
        let at = format!("{:?}, cut before {:?}, {:?}", self.ground, self.before, self.loss);
        let (world, Ended { before, lost }) = self.make();
        recover(&world, &at);
        let project = world.project();
        let old = project == before.project;
        assert!(old || project == after, "{at}: neither old nor new:\n{project}");
        assert!(self.before.is_some() || project == after, "{at}: success was reported");
        let settled = everything(&world);
        recover(&world, &at);
        assert_eq!(everything(&world), settled, "{at}: a second recover changed something");
        if self.ground == Ground::Settled {
            let kept = contents(world.root());
            for word in &before.words {
                assert!(kept.contains(word), "{at}: lost {:?}", String::from_utf8_lossy(word));
            }
            assert!(!before.described || described(&world), "{at}: lost what the session is for");
            if project != after {
                let again = (self.scenario.act)(&world);
                assert_eq!(again.code, 0, "{at}: a second try: {}", again.said);
                assert_eq!(world.project(), after, "{at}: a second try lands the whole");
            }
        }
        lost
    }

    /// The same for what a session says of itself: it is as before the command or as after it, and a session that is put
    /// away comes back.
    fn keep_story(&self, stories: &[String; 2]) -> usize {
        let at = format!("{:?}, cut before {:?}, {:?}", self.ground, self.before, self.loss);
        let (world, Ended { lost, .. }) = self.make();
        recover(&world, &at);
        let story = story(&world);
        let allowed = if self.before.is_some() { &stories[..] } else { &stories[1..] };
        assert!(allowed.contains(&story), "{at}: neither of {stories:#?}:\n{story}");
        if !world.exists("workspace/sessions/s1") {
            let back = world.run(["reopen", "s1"]);
            assert_eq!(back.code, 0, "{at}: {}{}", back.stdout, back.stderr);
            assert!(world.exists("workspace/sessions/s1"), "{at}");
        }
        lost
    }
}

struct Before {
    project: String,
    words: BTreeSet<Vec<u8>>,
    described: bool,
}

struct Ended {
    before: Before,
    lost: usize,
}

/// Mends all there is, as a person would; then every question is answered again.
fn recover(world: &World, at: &str) {
    let run = |args: &[&str]| {
        let run = world.run(args);
        assert_eq!(run.code, 0, "{at}: {args:?}: {}{}", run.stdout, run.stderr);
    };
    run(&["recover", "--json"]);
    for entry in fs::read_dir(world.path("workspace/sessions")).unwrap() {
        let name = entry.unwrap().file_name();
        run(&["recover", name.to_str().unwrap(), "--json"]);
        run(&["status", name.to_str().unwrap(), "--json"]);
    }
    run(&["list", "--json"]);
    run(&["log", "--json"]);
}

/// Tells whether the session's own words for itself are somewhere.
fn described(world: &World) -> bool {
    let mut found = false;
    each_file(&world.path("workspace"), &mut |path| {
        found |= path.ends_with("session.json") && fs::read_to_string(path).unwrap().contains(DESCRIPTION);
    });
    found
}

/// The session's files, none of them on the platter. What earlier landings keep was synced by them.
fn session_files(world: &World) -> Unsynced {
    let mut found = Unsynced::new();
    each_file(&world.path("workspace"), &mut |path| {
        if !path.starts_with(world.path("workspace/.redraft/commits")) {
            found.insert(path.symlink_metadata().unwrap().ino(), 0);
        }
    });
    found
}

/// Reads a record: a write makes a file unsynced from its length before, a sync makes it whole.
fn follow(record: &str, unsynced: &mut Unsynced) {
    for line in record.lines() {
        let mut words = line.splitn(5, ' ');
        let (_, call) = (words.next(), words.next().unwrap());
        let inode = words.next().unwrap().parse();
        let length = words.next().unwrap().parse();
        match (call, inode, length) {
            ("write" | "append", Ok(inode), Ok(length)) => {
                unsynced.entry(inode).or_insert(length);
            }
            // An inode that is free again may be another file's next.
            ("fsync" | "remove", Ok(inode), _) => {
                unsynced.remove(&inode);
            }
            ("syncfs", ..) => unsynced.clear(),
            _ => {}
        }
    }
}

/// Takes from each file what was not synced; gives how many there were.
fn spoil(root: &Path, unsynced: &Unsynced, loss: Loss) -> usize {
    let mut victims: Vec<(PathBuf, u64)> = Vec::new();
    each_file(root, &mut |path| {
        let meta = path.symlink_metadata().unwrap();
        let kept = unsynced.get(&meta.ino()).copied();
        let locks = path.to_string_lossy().contains("/.redraft/locks/");
        victims
            .extend(kept.filter(|kept| *kept < meta.len() && !locks).map(|kept| (path.to_path_buf(), kept)));
    });
    victims.sort();
    for (nth, (path, kept)) in victims.iter().enumerate() {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        let meta = file.metadata().unwrap();
        match loss {
            Loss::Missing => file.set_len(*kept).unwrap(),
            Loss::Torn => file.set_len(kept + (meta.len() - kept) / 2).unwrap(),
            Loss::Zeros => {
                let zeros = vec![0; usize::try_from(meta.len() - kept).unwrap()];
                file.write_all_at(&zeros, *kept).unwrap();
            }
            Loss::Only(victim) if victim == nth => file.set_len(*kept).unwrap(),
            Loss::Only(_) => {}
        }
    }
    victims.len()
}

fn each_file(root: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let meta = path.symlink_metadata().unwrap();
        if meta.is_dir() {
            each_file(&path, visit);
        } else if meta.is_file() {
            visit(&path);
        }
    }
}

/// Cuts everywhere, in every way; gives how many states of the disk that were.
fn everywhere(scenario: &Scenario) -> usize {
    let (calls, _, after) = scenario.measure();
    every_cut(calls, &mut |ground, before, loss| Cut { scenario, ground, before, loss }.survive(&after))
}

/// The same for a command that changes nothing but the session: what that says of itself is looked at as well.
fn everywhere_in_a_session(scenario: &Scenario) -> usize {
    let (calls, before, after) = scenario.measure();
    assert_eq!(before, after, "the project is not touched");
    let world = World::book();
    (scenario.prepare)(&world);
    let old = story(&world);
    assert_eq!((scenario.act)(&world).code, 0);
    let stories = [old, story(&world)];
    assert_ne!(stories[0], stories[1]);
    every_cut(calls, &mut |ground, before, loss| {
        let cut = Cut { scenario, ground, before, loss };
        if ground == Ground::Settled {
            cut.keep_story(&stories);
        }
        cut.survive(&after)
    })
}

fn every_cut(calls: u64, cut: &mut dyn FnMut(Ground, Option<u64>, Loss) -> usize) -> usize {
    let mut states = 0;
    let mut survive = |ground, before, loss| {
        states += 1;
        cut(ground, before, loss)
    };
    for before in (1..=calls).map(Some).chain([None]) {
        let lost = survive(Ground::Settled, before, Loss::Missing);
        if lost > 0 {
            survive(Ground::Settled, before, Loss::Torn);
            survive(Ground::Settled, before, Loss::Zeros);
        }
        if lost > 1 {
            for victim in 0..lost {
                survive(Ground::Settled, before, Loss::Only(victim));
            }
        }
        for loss in [Loss::Missing, Loss::Torn, Loss::Zeros] {
            survive(Ground::Fresh, before, loss);
        }
    }
    states
}

/// One test for each command, so that they run beside each other and a failure has a name.
macro_rules! power_cuts {
    ($everywhere:ident: $($test:ident: $scenario:ident,)*) => {$(
        #[test]
        fn $test() {
            println!("{}: {} states of the disk", stringify!($scenario), $everywhere(&$scenario));
        }
    )*};
}

power_cuts! { everywhere_in_a_session:
    a_power_cut_in_a_checkpoint: CHECKPOINT,
    a_power_cut_in_a_rollback: ROLLBACK,
    a_power_cut_in_a_removal: REMOVE,
    a_power_cut_in_an_archive: ARCHIVE,
    a_power_cut_in_a_reopen: REOPEN,
}

power_cuts! { everywhere:
    a_power_cut_in_a_start: START,
    a_power_cut_in_a_copy_up: COPY_UP,
    a_power_cut_in_a_commit: COMMIT,
    a_power_cut_in_a_partial_commit: PARTIAL,
    a_power_cut_in_an_undo: UNDO,
    a_power_cut_in_the_undo_of_an_undo: REDO,
    a_power_cut_in_a_cancel: CANCEL,
    a_power_cut_in_a_restore: RESTORE,
    a_power_cut_in_a_retry: SECOND_RETRY,
}

#[test]
fn a_base_that_lost_its_bytes_is_not_merged_from_and_is_made_whole_by_the_next_copy() {
    let world = World::book();
    world.start("s1");
    world.change("acts/plan.md", "ONE\ntwo\nthree\n");
    each_file(&world.path("workspace/.redraft/blobs"), &mut |path| {
        OpenOptions::new().write(true).open(path).unwrap().set_len(4).unwrap();
    });
    world.project_file("acts/plan.md", "one\ntwo\nTHREE\n");
    let refused = world.run(["commit", "--force"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert_eq!(world.text("acts/plan.md"), "one\ntwo\nTHREE\n");

    world.project_file("acts/plan.md", "one\ntwo\nthree\n");
    world.start("s2");
    world.pre_on("Edit", "acts/plan.md").redirect();
    world.project_file("acts/plan.md", "one\ntwo\nTHREE\n");
    world.run(["commit", "s1", "--force"]).ok();
    assert_eq!(world.text("acts/plan.md"), "ONE\ntwo\nTHREE\n");
}
