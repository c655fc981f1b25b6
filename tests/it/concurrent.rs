//! Many at once: hooks, commits, cancels and new starts race on one project, and no acknowledged write is lost.
//!
//! A client is a thread that asks `redraft hook` where to write and writes a word of its own there, as a Claude window
//! does. Afterwards every such word is somewhere: in a layer, in the project, with a commit, in the trash. The storm is
//! 16 clients × 50 events; `REDRAFT_STORM=64x200` makes it the full one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use redraft::project::{FoundBy, Project};
use redraft::store::lock::{Lock, Waiter, Which};
use serde_json::{Value, json};

use crate::support::world::{Run, World};

/// Files of the project that all clients write, each its own line.
const N_SHARED: usize = 6;

fn size() -> (usize, usize) {
    let asked = std::env::var("REDRAFT_STORM").unwrap_or_else(|_| "16x50".into());
    let (clients, events) = asked.split_once('x').expect("REDRAFT_STORM=<clients>x<events>");
    (clients.parse().unwrap(), events.parse().unwrap())
}

fn shared(n: usize) -> String {
    format!("acts/shared-{}.md", n % N_SHARED)
}

fn window(n: usize) -> String {
    format!("5e551011-0000-4000-8000-{n:012}")
}

/// What one client was answered, and what it wrote.
#[derive(Default)]
struct Told {
    written: BTreeMap<String, PathBuf>,
    refused: usize,
    silent: usize,
}

/// Asks the hook about a Write as one window; gives where to write.
fn ask(world: &World, window: &str, path: &str, told: &mut Told) -> Option<PathBuf> {
    let mut event = world.event(
        "PreToolUse",
        json!({ "tool_name": "Write", "tool_input": World::input("Write", &world.name(path)), "tool_use_id": "t" }),
    );
    event["session_id"] = window.into();
    let run = world.hook(&event);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    let answer = run.json();
    if answer.is_null() {
        told.silent += 1;
        return None;
    }
    let said = &answer["hookSpecificOutput"];
    if said["permissionDecision"] == "deny" {
        told.refused += 1;
        return None;
    }
    Some(PathBuf::from(said["updatedInput"]["file_path"].as_str().unwrap_or_else(|| panic!("{run:?}"))))
}

/// One client: shared files get a line each time, files of its own are written whole or renamed into place.
fn client(world: &World, n: usize, events: usize, sharing: bool) -> Told {
    let mut told = Told::default();
    for event in 0..events {
        let unique = format!("word-{n}-{event}-end");
        let path =
            if sharing && event % 2 == 0 { shared(n + event) } else { format!("acts/own-{n}/{event}.md") };
        let Some(copy) = ask(world, &window(n), &path, &mut told) else { continue };
        // The session may have ended since: a client then makes the directories anew.
        let written = (0..100).any(|_| {
            fs::create_dir_all(copy.parent().unwrap()).is_ok() && write(&copy, &unique, event).is_ok()
        });
        assert!(written, "{copy:?}");
        told.written.insert(unique, copy);
    }
    told
}

fn write(copy: &Path, word: &str, event: usize) -> std::io::Result<()> {
    match event % 4 {
        0 | 2 => fs::File::options()
            .append(true)
            .create(true)
            .open(copy)?
            .write_all(format!("{word}\n").as_bytes()),
        1 => fs::write(copy, word),
        _ => {
            let beside = copy.with_extension("tmp~");
            fs::write(&beside, word)?;
            fs::rename(&beside, copy)
        }
    }
}

/// A refusal of the command line is a refusal, a conflict or a wait in vain; never a failure of ours.
#[track_caller]
fn sound(run: &Run) {
    let answer: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {run:?}"));
    let kind = answer["error"]["kind"].as_str().unwrap_or_default();
    let known = ["refused", "not_found", "conflict", "busy"].contains(&kind);
    assert!(run.code == 0 || known, "{run:?}");
}

/// Lands, discards and starts sessions as long as clients work; gives how often each came to something.
fn person(world: &World, busy: &AtomicUsize) -> BTreeMap<&'static str, usize> {
    let mut done = BTreeMap::new();
    for turn in 0.. {
        if busy.load(Ordering::Acquire) == 0 {
            break;
        }
        let name = format!("s{turn}");
        let (what, args): (_, Vec<&str>) = match turn % 7 {
            0 | 3 => {
                ("commit --files", vec!["commit", "--force", "--files", "acts/shared-1.md,acts/own-1/**"])
            }
            1 => ("list", vec!["list"]),
            2 => ("commit", vec!["commit", "--force", "--on-conflict", "ours"]),
            4 => ("status", vec!["status"]),
            5 => ("cancel", vec!["cancel"]),
            _ => ("undo", vec!["undo"]),
        };
        let run = world.run(args.iter().copied().chain(["--json"]));
        sound(&run);
        *done.entry(what).or_default() += usize::from(run.code == 0);
        if what == "list" || what == "status" {
            assert_eq!(run.code, 0, "{run:?}");
        }
        // A part may have been all there was.
        let ended = || {
            let answer: Value = serde_json::from_str(&run.stdout).unwrap();
            what == "cancel" || answer["session_removed"] == true
        };
        if ["commit", "commit --files", "cancel"].contains(&what) && run.code == 0 && ended() {
            world.run(["start", &name, "--json"]).ok();
        }
    }
    done
}

/// Every text file below the root.
fn all_files(root: &Path) -> BTreeMap<PathBuf, String> {
    let (mut found, mut open) = (BTreeMap::new(), vec![root.to_path_buf()]);
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap().file_type();
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() {
                found.insert(path.clone(), String::from_utf8(fs::read(&path).unwrap()).unwrap());
            }
        }
    }
    found
}

/// Every record is whole, and nothing half-made is left.
fn records_are_whole(files: &BTreeMap<PathBuf, String>) {
    for (path, text) in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.extension().is_some_and(|e| e == "jsonl") {
            assert!(text.ends_with('\n'), "{path:?} is torn");
            for line in text.lines() {
                serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{path:?}: {e}: {line}"));
            }
        } else if name == "session.json" || name == "session.lock" {
            serde_json::from_str::<Value>(text).unwrap_or_else(|e| panic!("{path:?}: {e}: {text}"));
        }
        assert!(!path.to_str().unwrap().contains("/.redraft/tmp/"), "{path:?} was left behind");
        assert!(!path.ends_with(".redraft/unfinished"), "{path:?} was left behind");
    }
}

/// Repairs what late writes left, and checks that all is sound then.
fn nothing_is_crashed_after_recover(world: &World) {
    for again in [false, true] {
        let list: Value = serde_json::from_str(&world.run(["list", "--json"]).ok().stdout).unwrap();
        for row in list["sessions"].as_array().unwrap() {
            let crashed = row["status"] == "CRASHED";
            assert!(!crashed || !again, "{row}");
            if crashed {
                world.run(["recover", row["name"].as_str().unwrap()]).ok();
            }
        }
    }
}

fn storm_world() -> World {
    let world = World::book().with("REDRAFT_LOCK_TIMEOUT_MS", "60000");
    for n in 0..N_SHARED {
        world.project_file(&shared(n), "the project's\n");
    }
    world.start("first");
    world
}

#[expect(clippy::print_stdout, reason = "how much was done is a result that a reader of the run wants")]
fn storm(with_person: bool, sharing: bool) -> (World, Vec<Told>) {
    let (clients, events) = size();
    let world = storm_world();
    let busy = AtomicUsize::new(clients);
    let mut told: Vec<Told> = Vec::new();
    thread::scope(|scope| {
        let (world, busy) = (&world, &busy);
        let running: Vec<_> = (0..clients)
            .map(|n| {
                scope.spawn(move || {
                    let done = std::panic::catch_unwind(|| client(world, n, events, sharing));
                    busy.fetch_sub(1, Ordering::AcqRel);
                    done.unwrap()
                })
            })
            .collect();
        let done = with_person.then(|| person(world, busy));
        told.extend(running.into_iter().map(|one| one.join().unwrap()));
        let count = |of: fn(&Told) -> usize| told.iter().map(of).sum::<usize>();
        println!(
            "{clients} × {events}: {} written, {} refused, {} with no session; {done:?}",
            count(|t| t.written.len()),
            count(|t| t.refused),
            count(|t| t.silent)
        );
    });
    let files = all_files(world.root());
    records_are_whole(&files);
    let text = files.values().map(String::as_str).collect::<Vec<_>>().join("\n");
    let words: BTreeSet<&str> = text
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(|w| w.starts_with("word-"))
        .collect();
    for (word, at) in told.iter().flat_map(|told| &told.written) {
        assert!(words.contains(word.as_str()), "{word} was written at {at:?} and is lost");
    }
    (world, told)
}

#[test]
fn parallel_hooks_lose_no_line_and_make_no_half_copy() {
    let (world, told) = storm(false, true);
    let ledger = world.text("workspace/sessions/first/cow-files.jsonl");
    let lines: Vec<Value> = ledger.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (word, copy) in told.iter().flat_map(|told| &told.written) {
        let text = fs::read_to_string(copy).unwrap();
        assert!(text.contains(word), "{copy:?}");
        let path = copy.strip_prefix(world.path("workspace/sessions/first")).unwrap().to_str().unwrap();
        assert!(lines.iter().any(|line| line["path"] == path), "no line about {path}");
    }
    for n in 0..N_SHARED {
        let bases = lines.iter().filter(|line| line["path"] == *shared(n) && !line["base"].is_null());
        assert_eq!(bases.count(), 1, "{} was copied up more than once", shared(n));
        assert!(world.text(world.session_file("first", &shared(n))).starts_with("the project's\n"));
    }
    assert!(told.iter().all(|told| told.refused == 0 && told.silent == 0));
    world.run(["commit", "--force"]).ok();
}

#[test]
fn commits_cancels_and_starts_between_the_hooks_lose_no_word() {
    let (world, _) = storm(true, false);
    nothing_is_crashed_after_recover(&world);
}

#[test]
fn the_same_where_clients_write_the_same_files_again_and_again() {
    let (world, _) = storm(true, true);
    nothing_is_crashed_after_recover(&world);
}

#[test]
fn who_waits_in_vain_is_told_who_holds_the_lock() {
    let world = World::changed().with("REDRAFT_LOCK_TIMEOUT_MS", "50");
    let project = Project::open(world.root().to_path_buf(), FoundBy::Option).unwrap();
    let waiter = Waiter { doing: "commit", timeout: std::time::Duration::ZERO };
    let before = world.tree();
    let held = Lock::exclusive(&project, Which::Landing, waiter).unwrap();
    for args in [["commit", "--force"].as_slice(), &["cancel"], &["undo"], &["restore", "s1"]] {
        let run = world.run(args);
        assert_eq!(run.code, 4, "{args:?}: {run:?}");
        let holder = format!("held by: commit (process {})", std::process::id());
        assert!(run.stderr.contains(&holder), "{args:?}: {}", run.stderr);
    }
    assert_eq!(world.tree(), before);
    drop(held);
    world.run(["commit", "--force"]).ok();
}

#[test]
fn of_many_commits_at_once_one_lands() {
    for _ in 0..5 {
        let world = World::changed();
        let runs = at_once(8, |_| world.run(["commit", "s1", "--force", "--json"]));
        runs.iter().for_each(sound);
        assert_eq!(runs.iter().filter(|run| run.code == 0).count(), 1, "{runs:?}");
        assert_eq!(world.text("acts/plan.md"), "one\nTWO\nthree\n");
        let log: Value = serde_json::from_str(&world.run(["log", "--json"]).ok().stdout).unwrap();
        assert_eq!(log["commits"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn of_many_starts_of_one_name_one_wins() {
    for _ in 0..5 {
        let world = World::book();
        let runs = at_once(8, |_| world.run(["start", "same", "--json"]));
        runs.iter().for_each(sound);
        assert_eq!(runs.iter().filter(|run| run.code == 0).count(), 1, "{runs:?}");
        records_are_whole(&all_files(world.root()));
    }
}

#[test]
fn switch_commit_and_cancel_race_and_the_pointer_stays_whole() {
    for _ in 0..4 {
        let world = World::book();
        for name in ["a", "b", "c"] {
            world.start(name);
            world.change("acts/plan.md", name);
        }
        let runs = at_once(9, |n| match n % 9 {
            0 | 3 => world.run(["switch", "a", "--json"]),
            1 => world.run(["commit", "b", "--force", "--json"]),
            2 => world.run(["cancel", "c", "--json"]),
            4 | 7 => world.run(["switch", "c", "--json"]),
            5 => world.run(["list", "--json"]),
            6 => world.run(["status", "--json"]),
            _ => world.run(["switch", "b", "--json"]),
        });
        runs.iter().for_each(sound);
        let files = all_files(world.root());
        records_are_whole(&files);
        assert!(files.values().any(|text| text == "c"), "what was cancelled waits in the trash");
        world.run(["list"]).ok();
        world.run(["switch", "a"]).ok();
    }
}

#[test]
fn windows_bound_to_sessions_of_their_own_do_not_meet() {
    let world = World::book().with("REDRAFT_LOCK_TIMEOUT_MS", "60000");
    let told = at_once(6, |n| {
        let name = format!("own{n}");
        as_window(&world, n, &["start", &name]).ok();
        let told = client(&world, n, 12, true);
        assert_eq!((told.refused, told.silent), (0, 0));
        let home = world.path(format!("workspace/sessions/{name}"));
        assert!(
            told.written.values().all(|copy| copy.starts_with(&home)),
            "a window wrote in another's session"
        );
        as_window(&world, n, &["commit", "--force", "--on-conflict", "merge"]).ok();
        told
    });
    let project = world.project();
    for word in told.iter().flat_map(|told| told.written.keys()) {
        assert!(project.contains(word.as_str()), "{word} did not land");
    }
}

fn as_window(world: &World, n: usize, args: &[&str]) -> Run {
    Run::of(&world.command().args(args).env("CLAUDE_CODE_SESSION_ID", window(n)).output().unwrap())
}

/// Does something as many times at once.
fn at_once<T: Send>(n: usize, act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let running: Vec<_> = (0..n)
            .map(|n| {
                scope.spawn({
                    let act = &act;
                    move || act(n)
                })
            })
            .collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// Writes as a client does whose session ended after it was sent there.
fn write_late(copy: &Path, text: &str) {
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::write(copy, text).unwrap();
}

#[test]
fn a_write_that_comes_after_its_session_ended_is_listed_and_can_be_landed() {
    for ending in [["commit", "--force"].as_slice(), &["cancel"]] {
        let world = World::changed();
        let new = PathBuf::from(world.pre_on("Write", "acts/late.md").redirect());
        world.run(ending).ok();
        write_late(&new, "late\n");
        let list: Value = serde_json::from_str(&world.run(["list", "--json"]).ok().stdout).unwrap();
        let row = &list["sessions"][0];
        assert_eq!(
            (row["status"].as_str(), row["action"].as_str()),
            (Some("CRASHED"), Some("redraft recover s1"))
        );
        assert_eq!(world.run(["start", "s1"]).code, 1, "its place is taken");
        world.run(["recover", "s1"]).ok();
        world.run(["switch", "s1"]).ok();
        world.run(["commit", "--force"]).ok();
        assert_eq!(world.text("acts/late.md"), "late\n", "{ending:?}");
        world.run(["list"]).ok();
    }
}

#[test]
fn a_late_write_of_a_file_that_landed_is_a_conflict_and_not_a_silent_overwrite() {
    let world = World::changed();
    let copy = PathBuf::from(world.pre_on("Edit", "acts/plan.md").redirect());
    world.run(["commit", "--force"]).ok();
    write_late(&copy, "late and whole\n");
    world.run(["recover", "s1"]).ok();
    world.run(["switch", "s1"]).ok();
    assert_eq!(world.run(["commit", "--force"]).code, 3);
    assert_eq!(world.text("acts/plan.md"), "one\nTWO\nthree\n");
    world.run(["commit", "--force", "--on-conflict", "ours"]).ok();
    assert_eq!(world.text("acts/plan.md"), "late and whole\n");
    world.run(["undo"]).ok();
    assert_eq!(world.text("acts/plan.md"), "one\nTWO\nthree\n");
}

#[test]
fn a_late_write_does_not_keep_an_interrupted_commit_from_being_finished() {
    let mut killed_after_the_end = 0;
    for n in 1.. {
        let world = World::changed();
        let copy = PathBuf::from(world.pre_on("Write", "acts/late.md").redirect());
        let world = world.with("REDRAFT_FAILPOINT", format!("kill@{n}"));
        let run = world.run(["commit", "--force"]);
        let world = world.with("REDRAFT_FAILPOINT", "");
        if run.code == 0 {
            break;
        }
        killed_after_the_end += usize::from(!copy.parent().unwrap().exists());
        write_late(&copy, "late\n");
        world.run(["recover"]).ok();
        nothing_is_crashed_after_recover(&world);
        let plan = world.text("acts/plan.md");
        assert!(["one\ntwo\nthree\n", "one\nTWO\nthree\n"].contains(&plan.as_str()), "kill@{n}: {plan}");
        assert!(all_files(world.root()).values().any(|text| text == "late\n"), "kill@{n}");
    }
    assert!(killed_after_the_end > 0);
}

/// Wherever the commit is killed: what a client writes then is the session's newest version when the commit is taken
/// back, and a version that it replaces is kept.
#[test]
fn a_late_write_of_a_file_that_was_landing_is_the_sessions_newest_version() {
    for args in [["commit", "--force"].as_slice(), &["commit", "--force", "--files", "acts/plan.md"]] {
        let (mut met, mut replaced) = (0, 0);
        for n in 1.. {
            let world = World::changed();
            world.change("acts/act-1/chapter-01/scene-0101.md", "The storm grew.\n");
            let copy = PathBuf::from(world.pre_on("Edit", "acts/plan.md").redirect());
            let world = world.with("REDRAFT_FAILPOINT", format!("kill@{n}"));
            let run = world.run(args);
            let world = world.with("REDRAFT_FAILPOINT", "");
            if run.code == 0 {
                break;
            }
            let away = !copy.exists();
            write_late(&copy, "late and whole\n");
            world.run(["recover"]).ok();
            let (plan, files) = (world.text("acts/plan.md"), all_files(world.root()));
            let at = format!("{args:?} kill@{n}: {plan}");
            assert!(files.values().any(|text| text == "late and whole\n"), "{at}");
            if plan == "one\ntwo\nthree\n" {
                world.run(["status"]).ok();
                assert_eq!(fs::read_to_string(&copy).unwrap(), "late and whole\n", "{at}");
                let kept = files.values().any(|text| text == "one\nTWO\nthree\n");
                assert!(kept || !away, "{at}: the version before it is lost");
                (met, replaced) = (met + 1, replaced + usize::from(away));
            } else {
                assert_eq!(plan, "one\nTWO\nthree\n", "{at}");
            }
        }
        assert!(met > 0 && replaced > 0, "{args:?}: {met} taken back, {replaced} replaced");
    }
}

#[test]
fn while_a_session_lands_hooks_wait_for_it_and_its_name_is_taken() {
    let world = (1..1_000)
        .map(|n| {
            let world = World::changed().with("REDRAFT_FAILPOINT", format!("kill@{n}"));
            assert_ne!(world.run(["commit", "--force"]).code, 0, "the commit is killed while it lands");
            world.with("REDRAFT_FAILPOINT", "").with("REDRAFT_LOCK_TIMEOUT_MS", "100")
        })
        .find(|world| !world.path("workspace/sessions/s1").exists())
        .unwrap();
    let denied = world.pre_on("Edit", "acts/plan.md").denied();
    assert!(denied.contains("was interrupted") && denied.contains("redraft recover"), "{denied}");
    let warned = world.pre_on("Read", "acts/plan.md").context();
    assert!(warned.contains("was interrupted"), "{warned}");
    assert_eq!(world.run(["start", "s1"]).code, 1, "its name is not free");
    assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "one\nTWO\nthree\n");

    let project = Project::open(world.root().to_path_buf(), FoundBy::Option).unwrap();
    let name = "s9".parse().unwrap();
    let waiter = Waiter { doing: "commit", timeout: std::time::Duration::ZERO };
    let held = Lock::exclusive(&project, Which::Session(&name), waiter).unwrap();
    assert_eq!(world.run(["start", "s9"]).code, 4, "who lands a session of that name holds its lock");
    drop(held);
    world.run(["start", "s9"]).ok();
}
