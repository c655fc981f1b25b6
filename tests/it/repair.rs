//! `doctor --repair`: what is no session, or one under a wrong name, is put right and nothing is lost.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::crash::{contents, everything, rich_session, write};
use crate::support::world::World;

fn told(world: &World, args: &[&str]) -> Value {
    let run = world.run(args.iter().copied().chain(["--json"])).ok();
    serde_json::from_str(&run.stdout).unwrap()
}

fn copy(world: &World, from: &str, to: &str) {
    let sessions = world.path("workspace/sessions");
    let status =
        Command::new("cp").arg("-a").arg(sessions.join(from)).arg(sessions.join(to)).status().unwrap();
    assert!(status.success());
}

/// A sound session and one of everything that is wrong.
fn ground() -> World {
    let world = World::book().at("2026-01-01T10:00:00Z");
    rich_session(&world);
    world.run(["note", "add", "a word"]).ok();
    copy(&world, "s1", "s1-copy");
    copy(&world, "s1", "s1 (backup)");
    world.start("gone");
    let late = world.session_file("gone", "acts/late.md");
    world.run(["cancel"]).ok();
    fs::create_dir_all(late.parent().unwrap()).unwrap();
    fs::write(&late, "written too late\n").unwrap();
    fs::write(world.path("workspace/sessions/notes.txt"), "mine\n").unwrap();
    world.start("broken");
    fs::write(world.session_file("broken", "session.json"), "{").unwrap();
    let below = world.path("acts/workspace/sessions/further/session.json");
    fs::create_dir_all(below.parent().unwrap()).unwrap();
    fs::write(below, "{}").unwrap();
    world
}

fn cures(repairs: &Value) -> Vec<String> {
    let each = repairs["repairs"].as_array().unwrap().iter();
    let line = |one: &Value| {
        let name =
            Path::new(one["path"].as_str().unwrap()).file_name().unwrap().to_string_lossy().into_owned();
        format!("{name}: {}", one["cure"].as_str().unwrap())
    };
    let mut lines: Vec<String> = each.map(line).collect();
    lines.sort();
    lines
}

const FOUND: [&str; 6] = [
    "broken: leave",
    "gone: set_aside",
    "notes.txt: set_aside",
    "s1 (backup): name",
    "s1-copy: name",
    "workspace: leave",
];

#[test]
fn it_says_first_and_then_puts_right_what_is_wrong() {
    let world = ground();
    let (before, words) = (everything(&world), contents(world.root()));
    let dry = told(&world, &["doctor", "--repair"]);
    assert_eq!((cures(&dry), &dry["applied"]), (FOUND.map(str::to_string).to_vec(), &json!(false)));
    assert_eq!(everything(&world), before, "it only looked");
    let shown = world.run(["doctor", "--repair"]).ok().stdout;
    assert!(shown.contains("redraft recover broken") && shown.contains("--apply"), "{shown}");

    let done = told(&world, &["doctor", "--repair", "--apply"]);
    assert_eq!((cures(&done), &done["applied"]), (FOUND.map(str::to_string).to_vec(), &json!(true)));
    let kept = contents(world.root());
    assert!(words.iter().all(|word| kept.contains(word)), "nothing is lost");
    assert_eq!(world.text("workspace/strays/20260101-100000/gone/acts/late.md"), "written too late\n");
    assert_eq!(world.text("workspace/strays/20260101-100000/notes.txt"), "mine\n");
    for name in ["s1", "s1-copy", "s1-backup"] {
        let status = told(&world, &["status", name]);
        assert_eq!(status["progress"]["notes"], 1, "{name} has its notebook");
        assert_eq!(status["retries"][0]["retries"].as_array().unwrap().len(), 1, "{name} has its retry");
    }
    let left = told(&world, &["doctor", "--repair"]);
    assert_eq!(cures(&left), ["broken: leave", "workspace: leave"]);
    let log = world.text("workspace/.redraft/repairs.jsonl");
    assert_eq!(log.lines().count(), 4, "{log}");
    // Each of the copies is a session of its own.
    world.run(["switch", "s1-copy"]).ok();
    write(&world, "acts/plan.md", "another end\n");
    assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "ONE\nTWO\nTHREE\n");
    world.run(["restore", "gone"]).ok();
}

/// Who repairs one copy by its name gets the same.
#[test]
fn recover_gives_a_copy_its_name_and_keeps_what_its_record_says() {
    let world = World::book();
    world.run(["start", "s1", "The harbour", "--type", "tdd"]).ok();
    copy(&world, "s1", "s1-copy");
    let crashed = told(&world, &["list"]);
    let row = crashed["sessions"].as_array().unwrap().iter().find(|row| row["name"] == "s1-copy").unwrap();
    assert_eq!(row["action"], "redraft recover s1-copy");
    let said = world.run(["recover", "s1-copy"]).ok().stdout;
    assert!(said.contains("which was that of 's1'"), "{said}");
    let status = told(&world, &["status", "s1-copy"]);
    assert_eq!((&status["description"], &status["type"]), (&json!("The harbour"), &json!("tdd")));
}

#[test]
fn sound_sessions_are_left_alone_and_apply_needs_repair() {
    let world = World::book();
    rich_session(&world);
    let before = everything(&world);
    let found = told(&world, &["doctor", "--repair", "--apply"]);
    assert_eq!(found["repairs"], json!([]));
    assert_eq!(everything(&world), before);
    assert_eq!(world.run(["doctor", "--apply"]).code, 2);
}

#[test]
fn killed_anywhere_it_is_done_the_next_time() {
    let traced = ground().with("REDRAFT_FAILPOINT", "trace");
    let calls = traced.run(["doctor", "--repair", "--apply"]).ok().stderr.matches("failpoint ").count();
    for n in 1..=calls {
        let world = ground();
        let words = contents(world.root());
        let world = world.with("REDRAFT_FAILPOINT", format!("kill@{n}"));
        assert_eq!(world.run(["doctor", "--repair", "--apply"]).code, -1, "kill@{n}");
        let world = world.with("REDRAFT_FAILPOINT", "");
        told(&world, &["doctor", "--repair", "--apply"]);
        assert_eq!(
            cures(&told(&world, &["doctor", "--repair"])),
            ["broken: leave", "workspace: leave"],
            "kill@{n}"
        );
        let kept = contents(world.root());
        assert!(words.iter().all(|word| kept.contains(word)), "kill@{n}: nothing is lost");
        for name in ["s1", "s1-copy", "s1-backup"] {
            told(&world, &["status", name]);
        }
    }
}

/// What recover keeps aside of broken records is no change of the session.
#[test]
fn what_recover_keeps_aside_never_lands() {
    let world = World::book();
    world.start("s1");
    world.change("acts/plan.md", "changed\n");
    let broken = ["{", "rubbish\n{}\n"];
    for (nth, file) in
        [("session.json", 0), ("cow-files.jsonl", 1), ("session.json", 0)].into_iter().enumerate()
    {
        fs::write(world.session_file("s1", file.0), broken[file.1]).unwrap();
        assert_eq!(world.run(["status"]).code, 5, "{nth}");
        world.run(["recover", "s1"]).ok();
    }
    let kept = |world: &World, dir: &str| {
        let names = fs::read_dir(world.path(dir)).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().contains(".unreadable-")).count()
    };
    // Two of one name, within one second of the frozen clock.
    assert_eq!(kept(&world, "workspace/sessions/s1"), 3);
    let paths = |report: &Value| -> Vec<String> {
        let changes = report["changes"].as_array().unwrap().iter();
        changes.map(|change| change["path"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(paths(&told(&world, &["status"])), ["acts/plan.md"]);
    assert_eq!(paths(&told(&world, &["commit"])), ["acts/plan.md"]);
    world.run(["commit", "--force", "--on-conflict", "ours"]).ok();
    assert_eq!((kept(&world, "."), world.text(world.path("acts/plan.md"))), (0, "changed\n".to_string()));
}

/// Whatever stands in a record's place, its session is crashed for everybody, hides no other one, and is mended.
#[test]
fn what_is_no_file_in_a_records_place_is_mended_and_hides_nothing() {
    for (file, kind) in
        ["session.json", "cow-files.jsonl"].into_iter().flat_map(|f| ["dir", "link", "fifo"].map(|k| (f, k)))
    {
        let world = World::book();
        world.start("other");
        world.start("s1");
        world.change("acts/plan.md", "changed\n");
        let at = world.session_file("s1", file);
        fs::remove_file(&at).unwrap();
        match kind {
            "dir" => fs::create_dir(&at).unwrap(),
            "link" => std::os::unix::fs::symlink(world.outside("secret"), &at).unwrap(),
            _ => assert!(Command::new("mkfifo").arg(&at).status().unwrap().success()),
        }
        let project = world.project();
        let rows = told(&world, &["list"])["sessions"].as_array().unwrap().clone();
        let states: Vec<(&str, &str)> =
            rows.iter().map(|row| (row["name"].as_str().unwrap(), row["status"].as_str().unwrap())).collect();
        assert!(states.contains(&("other", "INACTIVE")) && states.contains(&("s1", "CRASHED")), "{states:?}");
        for args in [&["status"][..], &["switch", "s1"], &["commit"], &["commit", "--force"]] {
            let run = world.run(args);
            assert!(run.code == 5 && run.stderr.contains("redraft recover s1"), "{file} {kind}: {run:?}");
        }
        world.pre_on("Write", "acts/new.md").denied();
        world.run(["recover", "s1"]).ok();
        let after = told(&world, &["status"]);
        assert_eq!(after["changes"][0]["path"], "acts/plan.md", "{file} {kind}");
        assert_eq!(after["changes"].as_array().unwrap().len(), 1);
        assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "changed\n");
        world.pre_on("Write", "acts/new.md").redirect();
        assert_eq!((world.project(), world.outside("secret").exists()), (project, false));
    }
}

#[test]
fn what_is_no_file_in_the_pointers_place_is_mended_by_switch() {
    let world = World::book();
    world.start("s1");
    fs::remove_file(world.path("workspace/session.lock")).unwrap();
    fs::create_dir(world.path("workspace/session.lock")).unwrap();
    world.pre_on("Write", "acts/plan.md").denied();
    assert_eq!((world.run(["status"]).code, world.run(["list"]).code), (5, 0));
    world.run(["switch", "s1"]).ok();
    world.pre_on("Write", "acts/plan.md").redirect();
}
