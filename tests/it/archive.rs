//! A session that is put away comes back as it was, also when the putting away or the bringing back was killed.

use std::fs;

use serde_json::{Value, json};

use crate::crash::{contents, rich_session, write};
use crate::support::world::World;

fn told(world: &World, args: &[&str]) -> Value {
    let run = world.run(args.iter().copied().chain(["--json"])).ok();
    serde_json::from_str(&run.stdout).unwrap()
}

/// A session with changes of every kind, a retry, a notebook and a checkpoint.
fn ground() -> World {
    let world = World::book();
    rich_session(&world);
    world.run(["task", "add", "one"]).ok();
    world.run(["task", "add", "two"]).ok();
    world.run(["task", "set", "task-2", "cancelled"]).ok();
    world.run(["blocker", "add", "no keys"]).ok();
    world.run(["tag", "add", "draft"]).ok();
    world.run(["checkpoint", "--label", "here"]).ok();
    world.run(["note", "add", "after the checkpoint"]).ok();
    write(&world, "acts/plan.md", "FOUR\n");
    world
}

/// Everything in the session's directory, its ledger included.
fn whole(world: &World) -> Vec<(String, Vec<u8>)> {
    let root = world.path("workspace/sessions/s1");
    let (mut open, mut found) = (vec![root.clone()], Vec::new());
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            if path.is_dir() {
                open.push(path);
                found.push((name, Vec::new()));
            } else {
                // A whiteout is a device.
                found.push((name, fs::read(path).unwrap_or_default()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_session_comes_back_byte_for_byte() {
    let world = ground();
    let (before, project) = (whole(&world), world.project());
    let archived = told(&world, &["archive"]);
    assert_eq!((&archived["session"], &archived["lock_cleared"]), (&json!("s1"), &json!(true)));
    let metrics = &archived["metrics"];
    assert_eq!(metrics["progress"]["tasks"], 2);
    assert_eq!(metrics["progress"]["tasks_completed"], 0, "no status is touched");
    assert_eq!(
        (&metrics["retries"], &metrics["checkpoints"], &metrics["blockers"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert!(!world.exists("workspace/sessions/s1"));
    assert_eq!(world.project(), project);
    assert_eq!(told(&world, &["status"])["report"], "no_session");

    let back = told(&world, &["reopen", "s1"]);
    assert_eq!((&back["was"], &back["session"]), (&json!("archived"), &json!("s1")));
    assert_eq!(whole(&world), before);
    assert_eq!(world.project(), project);
    world.run(["switch", "s1"]).ok();
    world.run(["rollback", "cp-1"]).ok();
    assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "ONE\nTWO\nTHREE\n");
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/plan.md"), "ONE\nTWO\nTHREE\n");
}

#[test]
fn archived_sessions_are_found_by_those_who_look_for_them() {
    let world = World::book().at("2026-01-01T12:00:00Z");
    world.run(["start", "auth", "OAuth", "--type", "tdd", "--objective", "Token refresh"]).ok();
    world.run(["tag", "add", "draft"]).ok();
    write(&world, "acts/plan.md", "The lighthouse keeper\n");
    world.run(["archive"]).ok();
    world.start("open-one");
    assert_eq!(told(&world, &["list"])["sessions"].as_array().unwrap().len(), 1);
    for (args, expected) in [
        (vec!["list", "--state", "archived"], 1),
        (vec!["find", "--state", "archived", "--tag", "draft"], 1),
        (vec!["find", "--state", "archived", "--type", "tdd", "--since", "2025-12-31"], 1),
        (vec!["find", "--state", "archived", "--type", "docs"], 0),
        (vec!["find", "--tag", "draft"], 0),
    ] {
        let sessions = told(&world, &args)["sessions"].clone();
        assert_eq!(sessions.as_array().unwrap().len(), expected, "{args:?}: {sessions}");
    }
    let row = &told(&world, &["list", "--state", "archived"])["sessions"][0];
    assert_eq!((&row["status"], &row["changes"]["modified"]), (&json!("ARCHIVED"), &json!(1)));
    for query in ["refreshing tokens", "lighthouse"] {
        let found = told(&world, &["search", query]);
        assert_eq!(
            (&found["hits"][0]["session"], &found["hits"][0]["state"]),
            (&json!("auth"), &json!("archived"))
        );
    }
    let shown = world.slash("session", "list --state archived").shown();
    assert!(shown.contains("ARCHIVED") && shown.contains("/session reopen <name>"), "{shown}");
    assert!(world.run(["search", "lighthouse"]).ok().stdout.contains("redraft reopen <name>"));
    assert!(world.run(["reopen", "auth"]).ok().stdout.starts_with("✅ SESSION REOPENED: auth\n"));
}

#[test]
fn a_name_may_be_used_again_and_the_last_one_comes_back_first() {
    let world = World::book();
    for text in ["first\n", "second\n"] {
        world.start("s1");
        write(&world, "acts/plan.md", text);
        world.run(["archive", "s1"]).ok();
    }
    world.start("s1");
    let taken = world.run(["reopen", "s1"]);
    assert!(taken.code == 1 && taken.stderr.contains("already exists"), "{}", taken.stderr);
    world.run(["cancel", "s1"]).ok();
    for text in ["second\n", "first\n"] {
        world.run(["reopen", "s1"]).ok();
        assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), text);
        world.run(["switch", "s1"]).ok();
        world.run(["cancel", "--purge"]).ok();
    }
}

#[test]
fn what_cannot_be_put_away_or_brought_back_says_the_way_on() {
    let world = World::book();
    world.start("open-one");
    world.start("gone");
    world.run(["cancel"]).ok();
    world.start("kept");
    world.run(["archive"]).ok();
    for (args, part) in [
        (["reopen", "open-one"], "redraft switch open-one"),
        (["reopen", "gone"], "redraft restore gone"),
        (["reopen", "nobody"], "redraft list --state archived"),
        (["restore", "kept"], "redraft reopen kept"),
        (["archive", "nobody"], "redraft list"),
    ] {
        let run = world.run(args);
        assert!(run.code == 1 && run.stderr.contains(part), "{args:?}: {}", run.stderr);
    }
    for args in [["reopen", "../gone"], ["archive", "../open-one"]] {
        assert_eq!(world.run(args).code, 2, "{args:?}");
    }
    fs::write(world.session_file("open-one", "session.json"), "{").unwrap();
    let crashed = world.run(["archive", "open-one"]);
    assert!(crashed.code == 5 && crashed.stderr.contains("redraft recover open-one"), "{}", crashed.stderr);
    assert!(world.exists("workspace/sessions/open-one"));
}

/// Bases outlive the sweeping as long as an archived session refers to them.
#[test]
fn an_archived_session_can_be_landed_a_year_later() {
    let world = World::book().at("2026-01-01T12:00:00Z");
    world.start("s1");
    write(&world, "acts/plan.md", "One.\n\nTWO.\n");
    world.run(["archive"]).ok();
    let world = world.at("2027-01-01T12:00:00Z");
    world.start("other");
    world.run(["cancel"]).ok();
    world.run(["reopen", "s1"]).ok();
    world.run(["switch", "s1"]).ok();
    let status = told(&world, &["status"]);
    assert_eq!(status["counts"]["modified"], 1, "{status}");
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/plan.md"), "One.\n\nTWO.\n");
}

/// Runs a command killed, or failing, at each of its calls; afterwards the session is in one place, whole.
fn disturbed(prepare: fn() -> World, command: &[&str], there_before: bool) {
    let world = prepare();
    let project = world.project();
    let traced = world.with("REDRAFT_FAILPOINT", "trace");
    let calls = traced.run(command).ok().stderr.matches("failpoint ").count();
    assert!(calls >= 3, "{calls}");
    let expected = whole(&ground());
    let paths = |files: &[(String, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    for plan in ["kill", "enospc", "eio"] {
        for n in 1..=calls {
            let at = format!("{plan}@{n} of {command:?}");
            let world = prepare();
            let precious = contents(world.root());
            let world = world.with("REDRAFT_FAILPOINT", format!("{plan}@{n}"));
            let run = world.run(command);
            let world = world.with("REDRAFT_FAILPOINT", "");
            world.run(["recover"]).ok();
            let open = world.exists("workspace/sessions/s1");
            let archived =
                told(&world, &["list", "--state", "archived"])["sessions"].as_array().unwrap().len();
            assert_eq!(usize::from(open) + archived, 1, "{at}: it is in one place");
            assert!(run.code != 0 || open != there_before, "{at}: success was reported");
            assert_eq!(world.project(), project, "{at}");
            if !open {
                // Nobody works in it, and the next command of its kind is not hindered by what was left.
                assert_eq!(told(&world, &["status"])["report"], "no_session", "{at}");
                world.run(["reopen", "s1"]).ok();
            }
            assert_eq!(paths(&whole(&world)), paths(&expected), "{at}");
            let kept = contents(world.root());
            for word in &precious {
                assert!(kept.contains(word), "{at}: lost {:?}", String::from_utf8_lossy(word));
            }
            world.run(["archive", "s1"]).ok();
            let left = fs::read_dir(world.path("workspace/.redraft/archive")).unwrap().count();
            assert_eq!(left, 1, "{at}: nothing is left of the interrupted one");
        }
    }
}

#[test]
fn archive_may_be_killed_anywhere() {
    disturbed(ground, &["archive"], true);
}

#[test]
fn reopen_may_be_killed_anywhere() {
    let archived = || {
        let world = ground();
        world.run(["archive"]).ok();
        world
    };
    disturbed(archived, &["reopen", "s1"], false);
}
