//! Landing: what a commit puts on the project, what it refuses, what it leaves behind, and taking it back.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;

use serde_json::Value;

use crate::support::world::World;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// What was said, as one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Writes through the hook, as an agent does.
fn write(world: &World, path: &str, text: &str) {
    let target = world.pre_on("Write", path).redirect();
    fs::create_dir_all(std::path::Path::new(&target).parent().unwrap()).unwrap();
    fs::write(target, text).unwrap();
}

/// A book with `acts/run.sh` of this mode, which the session is about to edit; gives the script and the session's copy.
fn script_in_session(mode: u32) -> (World, PathBuf, String) {
    let world = World::book();
    let script = world.project_file("acts/run.sh", "#!/bin/sh\n");
    fs::set_permissions(&script, fs::Permissions::from_mode(mode)).unwrap();
    world.start("s1");
    let copy = world.pre_on("Edit", "acts/run.sh").redirect();
    (world, script, copy)
}

#[test]
fn a_preview_writes_nothing_and_names_the_state_that_force_expects() {
    let world = World::book();
    world.start("s1");
    write(&world, "acts/plan.md", "one\nTWO\nthree\n");
    let before = world.tree();
    let preview = json(&world.run(["commit", "--json"]).ok().stdout);
    assert_eq!(world.tree(), before);
    assert_eq!(preview["changes"][0]["lines"], serde_json::json!({"added": 1, "removed": 1}));
    let fingerprint = preview["fingerprint"].as_str().unwrap();

    write(&world, "acts/plan.md", "one\nTWO\nthree\nfour\n");
    let refused = world.run(["commit", "--force", "--expect", fingerprint]);
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    assert!(refused.stderr.contains("no longer what the preview showed"), "{}", refused.stderr);
    assert_eq!(world.text("acts/plan.md"), "one\ntwo\nthree\n");

    let now = json(&world.run(["commit", "--json"]).ok().stdout);
    world.run(["commit", "--force", "--expect", now["fingerprint"].as_str().unwrap()]).ok();
    assert_eq!(world.text("acts/plan.md"), "one\nTWO\nthree\nfour\n");
}

#[test]
fn a_file_that_becomes_executable_and_nothing_else_is_shown_as_such_and_lands() {
    let (world, script, copy) = script_in_session(0o644);
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    for style in ["--stat", "--word"] {
        let shown = world.run(["diff", style]).ok().stdout;
        assert!(shown.contains("acts/run.sh  (mode 0644 → 0755)"), "{shown}");
    }
    let told = json(&world.run(["diff", "--json"]).ok().stdout);
    assert_eq!(told["files"][0]["mode"], serde_json::json!(["0644", "0755"]));
    // Beside another session, too, which leaves the file alone.
    world.start("s2");
    let told = json(&world.run(["diff", "s1", "s2", "--json"]).ok().stdout);
    assert_eq!(told["files"][0]["mode"], serde_json::json!(["0755", "0644"]));
    assert_eq!(told["files"][0]["op"], "modified");
    world.run(["commit", "--force", "s1"]).ok();
    assert_eq!(fs::metadata(&script).unwrap().mode() & 0o777, 0o755);
}

#[test]
fn a_whole_commit_ends_the_session_and_keeps_modes_and_times() {
    let (world, script, copy) = script_in_session(0o750);
    assert_eq!(fs::metadata(&copy).unwrap().mode() & 0o777, 0o750, "copy-up keeps the mode");
    assert_eq!(fs::metadata(&copy).unwrap().mtime_nsec(), fs::metadata(&script).unwrap().mtime_nsec());
    fs::write(&copy, "#!/bin/sh\necho\n").unwrap();
    world.run(["retry", "run.sh", "too short"]).ok();
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/run.sh"), "#!/bin/sh\necho\n");
    assert_eq!(fs::metadata(&script).unwrap().mode() & 0o777, 0o750);
    assert!(!world.exists("workspace/sessions/s1"));
    assert_eq!(world.text("workspace/retries-archive/s1/run.sh-retry-1.sh.reason.txt"), "too short\n");
    assert_eq!(json(&world.text("workspace/session.lock"))["active"], Value::Null);
}

/// Lands a text, each in a second of its own; gives how many landings are kept then.
fn land(world: World, nth: usize) -> (World, usize) {
    let world = world.at(&format!("2026-03-01T10:00:{nth:02}Z"));
    world.start(&format!("s{nth}"));
    write(&world, "acts/plan.md", &format!("{nth}\n"));
    world.run(["commit", "--force"]).ok();
    let kept = fs::read_dir(world.path("workspace/.redraft/commits")).unwrap().count();
    (world, kept)
}

#[test]
fn pre_images_that_are_no_longer_kept_go_and_not_with_every_landing() {
    let mut world = World::book();
    let mut kept = |keep: &str, landings: std::ops::Range<usize>| {
        let mut counts = Vec::new();
        for nth in landings {
            let one = std::mem::replace(&mut world, World::new());
            one.project_file("redraft.json", format!("{{\"keep\":{{{keep}}}}}"));
            let (one, count) = land(one, nth);
            world = one;
            counts.push(count);
        }
        counts
    };
    assert_eq!(kept("\"commits\":2", 1..5), [1, 2, 2, 2]);
    let counts = kept("\"commits\":10", 5..15);
    assert!(counts.windows(2).any(|two| two == [11, 10]) && counts.iter().all(|n| *n <= 11), "{counts:?}");
    // The last stays however large it is.
    assert_eq!(kept("\"bytes\":1", 15..17), [1, 1]);
    world.run(["undo"]).ok();
    assert_eq!(world.text("acts/plan.md"), "15\n");
    assert_eq!(world.run(["undo"]).code, 1);
}

#[test]
fn only_the_named_files_land_and_the_rest_stays() {
    let world = World::book();
    world.start("s1");
    write(&world, "acts/plan.md", "PLAN\n");
    write(&world, "acts/act-1/chapter-01/scene-0101.md", "SCENE\n");
    world.run(["rm", "context/characters/alexa.md"]).ok();
    world.run(["commit", "--force", "--files", "scene-0101.md,context/**"]).ok();
    assert_eq!(world.text("acts/act-1/chapter-01/scene-0101.md"), "SCENE\n");
    assert!(!world.exists("context/characters/alexa.md"));
    assert_eq!(world.text("acts/plan.md"), "one\ntwo\nthree\n");
    let status = json(&world.run(["status", "--json"]).ok().stdout);
    assert_eq!(status["counts"], serde_json::json!({"modified": 1, "created": 0, "deleted": 0}));
    // What landed is edited again from what the project has now, and is no conflict with itself.
    let copy = world.pre_on("Edit", "acts/act-1/chapter-01/scene-0101.md").redirect();
    assert_eq!(world.text(&copy), "SCENE\n");
    fs::write(copy, "SCENE 2\n").unwrap();
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/act-1/chapter-01/scene-0101.md"), "SCENE 2\n");
    assert_eq!(world.text("acts/plan.md"), "PLAN\n");
}

#[test]
fn what_changed_on_both_sides_merges_or_is_refused_by_name() {
    let world = World::book();
    world.project_file("acts/prose.md", "She came home late. The lamp was lit. Nobody spoke.\n");
    world.start("s1");
    write(&world, "acts/prose.md", "She came home at dawn. The lamp was lit. Nobody spoke.\n");
    write(&world, "acts/plan.md", "session\n");
    world.project_file("acts/prose.md", "She came home late. The lamp was lit. Only the cat spoke.\n");
    world.project_file("acts/plan.md", "human\n");

    let status = world.run(["status"]).ok().stdout;
    assert!(status.contains("project changed too"), "{status}");
    let refused = world.run(["commit", "--force", "--json"]);
    assert_eq!(refused.code, 3);
    let error = json(&refused.stdout);
    assert_eq!(error["error"]["kind"], "conflict");
    let named: Vec<&str> =
        error["error"]["details"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(named.len() == 1 && named[0].starts_with("acts/plan.md: "), "{named:?}");
    assert_eq!(world.text("acts/plan.md"), "human\n", "nothing was written");
    assert_eq!(world.text("acts/prose.md"), "She came home late. The lamp was lit. Only the cat spoke.\n");

    world.run(["commit", "--force", "--files", "acts/prose.md"]).ok();
    assert_eq!(world.text("acts/prose.md"), "She came home at dawn. The lamp was lit. Only the cat spoke.\n");
}

/// An empty list, as a script's empty variable makes it, must not be taken for no list: that would land everything.
#[test]
fn an_empty_list_of_files_lands_nothing() {
    let world = World::book();
    world.start("s1");
    world.change("acts/plan.md", "changed\n");
    let before = world.project();
    for option in ["--files", "--ours", "--theirs"] {
        for list in ["", " ", ",", " , "] {
            let run = world.run(["commit", "--force", option, list]);
            assert!(run.code == 2 && run.stderr.contains("bad glob"), "{option} {list:?}: {run:?}");
        }
    }
    assert_eq!(world.run(["commit", "--files", ""]).code, 2);
    assert_eq!(world.project(), before);
    assert!(world.exists(world.session_file("s1", "acts/plan.md")));
}

/// Several sessions of one name may end within a second: the one that ended last comes back.
#[test]
fn what_ended_last_comes_back_also_within_one_second() {
    let world = World::book();
    let life = |nth: usize, end: &[&str]| {
        world.start("s1");
        world.change(&format!("acts/{nth}.md"), "words\n");
        world.run(end).ok();
    };
    let (land, cancel): (&[&str], &[&str]) = (&["commit", "--force"], &["cancel"]);
    for (nth, end) in [cancel, land, land, cancel, land, cancel, cancel].into_iter().enumerate() {
        life(nth, end);
        let text = world.run(["restore", "s1"]).ok().stdout;
        assert_eq!(text.contains("landed"), end == land, "{nth}: {text}");
        let own = world.exists(world.session_file("s1", &format!("acts/{nth}.md")));
        assert_eq!(own, end == cancel, "{nth}");
        // Out of the way, so that it is no candidate the next time.
        world.run(["cancel", "s1", "--purge"]).ok();
    }
}

#[test]
fn a_person_decides_a_conflict_for_all_files_or_for_some() {
    for (args, plan, scene, landed) in [
        (&["--on-conflict", "ours"][..], "session\n", "session scene\n", 2),
        (&["--on-conflict", "theirs"], "human\n", "human scene\n", 0),
        (&["--ours", "acts/plan.md", "--theirs", "scene-0101.md"], "session\n", "human scene\n", 1),
    ] {
        let world = World::book();
        world.start("s1");
        write(&world, "acts/plan.md", "session\n");
        write(&world, "acts/act-1/chapter-01/scene-0101.md", "session scene\n");
        world.project_file("acts/plan.md", "human\n");
        world.project_file("acts/act-1/chapter-01/scene-0101.md", "human scene\n");
        let run = world.run(["commit", "--force", "--json"].iter().chain(args)).ok();
        // What did not come to the project is not said to have done so.
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let paths = |list: &str| report[list].as_array().unwrap().len();
        assert_eq!((paths("changes"), paths("kept")), (landed, 2 - landed), "{report}");
        assert_eq!(report["counts"]["modified"], landed);
        let log: Value = serde_json::from_str(&world.run(["log", "--json"]).ok().stdout).unwrap();
        let in_log = &log["commits"][0]["counts"]["modified"];
        assert_eq!(in_log.as_u64().unwrap_or(0), landed as u64, "{log}");
        assert_eq!(world.text("acts/plan.md"), plan, "{args:?}");
        assert_eq!(world.text("acts/act-1/chapter-01/scene-0101.md"), scene, "{args:?}");
        // Whoever lost is kept: the project's in the commit, the session's with the session that ended.
        if plan == "session\n" {
            world.run(["undo"]).ok();
            assert_eq!(world.text("acts/plan.md"), "human\n", "{args:?}");
        } else {
            world.run(["restore", "s1"]).ok();
            assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "session\n");
        }
    }
    let world = World::book();
    world.start("s1");
    write(&world, "acts/plan.md", "session\n");
    world.project_file("acts/plan.md", "human\n");
    world.run(["commit", "--force", "--on-conflict", "merge"]).ok();
    let text = world.text("acts/plan.md");
    assert!(text.contains("<<<<<<< session\nsession\n=======\nhuman\n>>>>>>> project\n"), "{text}");
}

#[test]
fn deleted_here_and_changed_there_is_a_conflict_both_ways() {
    let world = World::book();
    world.start("s1");
    world.run(["rm", "acts/plan.md"]).ok();
    write(&world, "context/characters/alexa.md", "# Alexa, changed\n");
    world.project_file("acts/plan.md", "human\n");
    fs::remove_file(world.path("context/characters/alexa.md")).unwrap();
    let refused = world.run(["commit", "--force"]);
    assert_eq!(refused.code, 3);
    assert!(
        refused.stderr.contains("acts/plan.md: deleted in the session, changed in the project"),
        "{}",
        refused.stderr
    );
    assert!(
        refused.stderr.contains("alexa.md: changed in the session, deleted in the project"),
        "{}",
        refused.stderr
    );
    world.run(["commit", "--force", "--on-conflict", "ours"]).ok();
    assert!(!world.exists("acts/plan.md"));
    assert_eq!(world.text("context/characters/alexa.md"), "# Alexa, changed\n");
}

#[test]
fn a_file_made_on_both_sides_is_a_conflict_unless_it_is_the_same() {
    let world = World::book();
    world.start("s1");
    write(&world, "acts/new.md", "mine\n");
    write(&world, "acts/same.md", "same\n");
    world.project_file("acts/new.md", "theirs\n");
    world.project_file("acts/same.md", "same\n");
    let refused = world.run(["commit", "--force"]);
    assert_eq!(refused.code, 3);
    assert!(
        refused.stderr.contains("acts/new.md") && !refused.stderr.contains("acts/same.md"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_copy_that_was_never_written_or_put_back_is_no_change_and_follows_the_project() {
    let world = World::book();
    world.start("s1");
    let copy = world.pre_on("Edit", "acts/plan.md").redirect();
    assert_eq!(world.run(["commit", "--force"]).code, 1, "nothing to commit");
    fs::write(&copy, "other\n").unwrap();
    fs::write(&copy, "one\ntwo\nthree\n").unwrap();
    world.project_file("acts/plan.md", "the human went on\n");
    // A Read sees the project's new version, an Edit starts from it.
    world.pre_on("Read", "acts/plan.md").redirect();
    assert_eq!(world.text(&copy), "the human went on\n");
    fs::write(&copy, "and so did the agent\n").unwrap();
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/plan.md"), "and so did the agent\n");
}

#[test]
fn a_commit_that_fails_in_one_file_leaves_everything_as_it_was() {
    let world = World::book();
    world.start("s1");
    write(&world, "acts/plan.md", "session\n");
    write(&world, "context/characters/alexa.md", "# session\n");
    let (project, session) = (world.project(), world.session("s1"));
    // Somebody saves a file at the very moment: the seventh call is the first exchange.
    for n in 1..40 {
        let failing = World::book();
        failing.start("s1");
        write(&failing, "acts/plan.md", "session\n");
        write(&failing, "context/characters/alexa.md", "# session\n");
        let failing = failing.with("REDRAFT_FAILPOINT", format!("eacces@{n}"));
        let run = failing.run(["commit", "--force"]);
        if run.code == 0 {
            break;
        }
        if failing.text("acts/plan.md") == "one\ntwo\nthree\n" {
            assert_eq!((failing.project(), failing.session("s1")), (project.clone(), session.clone()), "{n}");
        }
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("Permission denied"), "{n}: {said}");
    }
}

#[test]
fn undo_restores_exactly_refuses_what_moved_on_and_can_be_undone() {
    let world = World::book();
    let before = world.project();
    world.start("s1");
    write(&world, "acts/plan.md", "session\n");
    write(&world, "acts/new/scene.md", "new\n");
    world.run(["rm", "acts/act-1/chapter-01"]).ok();
    world.run(["commit", "--force"]).ok();
    let after = world.project();
    world.run(["undo"]).ok();
    assert_eq!(world.project(), before);
    let log = json(&world.run(["log", "--json"]).ok().stdout);
    assert_eq!(
        (log["commits"][0]["work"].as_str(), log["commits"][1]["undone"].as_bool()),
        (Some("undo"), Some(true))
    );
    assert_eq!(world.run(["undo"]).code, 1, "there is no second one to take back");
    world.run(["undo", log["commits"][0]["id"].as_str().unwrap()]).ok();
    assert_eq!(world.project(), after);

    world.project_file("acts/plan.md", "the human went on\n");
    let log = json(&world.run(["log", "--json"]).ok().stdout);
    let undone = json(&world.run(["undo", log["commits"][0]["id"].as_str().unwrap(), "--json"]).ok().stdout);
    assert_eq!(undone["refused"][0]["path"], "acts/plan.md");
    assert_eq!(world.text("acts/plan.md"), "the human went on\n");
    assert!(!world.exists("acts/new/scene.md"));
}

#[test]
fn a_cancelled_session_comes_back_whole_and_a_reused_name_overwrites_nothing() {
    let world = World::book();
    for round in ["first", "second"] {
        world.start("s1");
        write(&world, "acts/plan.md", round);
        world.run(["retry", "plan.md", round]).ok();
        world.run(["cancel"]).ok();
    }
    let archived = fs::read_dir(world.path("workspace/retries-archive")).unwrap().count();
    assert_eq!(archived, 2);
    world.run(["restore", "s1"]).ok();
    assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "second");
    assert_eq!(world.run(["restore", "s1"]).code, 1, "its place is taken");
}

#[test]
fn names_that_would_leave_the_sessions_directory_are_refused_everywhere() {
    let world = World::book();
    let before = world.tree();
    for verb in ["start", "switch", "status", "commit", "cancel", "restore", "recover"] {
        for name in ["../../acts", "..", "a/b", "", "acts\u{0}", "ｓ1"] {
            if name.contains('\0') {
                continue;
            }
            let run = world.run([verb, name]);
            assert_eq!(run.code, 2, "{verb} {name:?}: {}{}", run.stdout, run.stderr);
        }
    }
    assert_eq!(world.tree(), before);
}

#[test]
fn a_crashed_session_is_refused_by_every_verb_and_repaired_without_losing_a_file() {
    let world = World::book();
    world.start("s1");
    write(&world, "acts/plan.md", "session\n");
    world.run(["retry", "plan.md", "too plain"]).ok();
    fs::write(world.session_file("s1", "session.json"), "{").unwrap();
    let ledger = world.session_file("s1", "cow-files.jsonl");
    let lines = world.text(&ledger);
    fs::write(&ledger, format!("rubbish\n{lines}")).unwrap();
    for verb in [
        &["status"][..],
        &["switch", "s1"],
        &["commit", "--force"],
        &["rm", "acts/plan.md"],
        &["mv", "acts/plan.md", "acts/b.md"],
        &["retry", "plan.md", "x"],
    ] {
        let refused = world.run(verb);
        assert_eq!(refused.code, 5, "{verb:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("redraft recover s1"), "{verb:?}: {}", refused.stderr);
    }
    let list = world.run(["list"]).ok().stdout;
    assert!(list.contains("CRASHED") && list.contains("redraft recover s1"), "{list}");
    world.run(["recover", "s1"]).ok();
    let status = json(&world.run(["status", "--json"]).ok().stdout);
    assert_eq!(status["counts"]["modified"], 1);
    assert_eq!(status["retries"][0]["retries"][0]["reason"], "too plain");
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/plan.md"), "session\n");
}

/// An editor saves by replacing the file and keeps its time; the new file is as long as the old one and may be given its
/// inode number again.
#[test]
fn undo_leaves_a_file_alone_that_looks_like_the_landed_one_in_everything_but_content() {
    let world = World::book();
    world.start("s1");
    let copy = world.pre_on("Write", "acts/new.md").redirect();
    fs::write(copy, "landed\n").unwrap();
    world.run(["commit", "--force"]).ok();
    let path = world.path("acts/new.md");
    let landed = path.metadata().unwrap();
    for _ in 0..200 {
        fs::remove_file(&path).unwrap();
        fs::write(&path, "edited\n").unwrap();
        if path.metadata().unwrap().ino() == landed.ino() {
            break;
        }
    }
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(landed.modified().unwrap()).unwrap();
    let run = world.run(["undo"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert_eq!(world.text("acts/new.md"), "edited\n");
}

/// The whiteouts below have nothing to hide any more when the file that took the directory's place lands.
#[test]
fn a_part_can_land_whose_place_was_a_directory_with_deleted_files() {
    let world = World::book();
    world.project_file("acts/part/one.md", "one\n");
    world.start("s1");
    world.run(["rm", "acts/part/one.md"]).ok();
    fs::remove_dir_all(world.path("acts/part")).unwrap();
    for (path, text) in [("acts/part", "now a file\n"), ("acts/plan.md", "changed\n")] {
        let copy = world.pre_on("Write", path).redirect();
        fs::write(copy, text).unwrap();
    }
    world.run(["commit", "--force", "--files", "acts/part"]).ok();
    assert_eq!(world.text("acts/part"), "now a file\n");
    assert!(!world.exists("workspace/.redraft/unfinished"));
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/plan.md"), "changed\n");
}

/// A person put a file where the directory of a new file has to be: it is a conflict that names it, and nothing is written.
#[test]
fn a_file_in_the_place_of_a_directory_is_a_type_change_by_name() {
    let world = World::book();
    world.start("s1");
    write(&world, "acts/part/one.md", "one\n");
    write(&world, "acts/plan.md", "changed\n");
    world.project_file("acts/part", "a person's file\n");
    let before = world.project();
    let status = json(&world.run(["status", "--json"]).ok().stdout);
    let told: Vec<_> = status["changes"].as_array().unwrap().iter().map(|c| c["state"].clone()).collect();
    assert_eq!(told, ["type_change", "clean"], "{status:#}");
    let why = "it needs a directory where the project has a file: acts/part";
    let preview = json(&world.run(["commit", "--json"]).ok().stdout);
    assert_eq!(preview["conflicts"].as_array().unwrap().len(), 1, "{preview:#}");
    assert_eq!(preview["conflicts"][0]["why"], why);
    for decision in ["abort", "merge", "ours"] {
        let run = world.run(["commit", "--force", "--on-conflict", decision]);
        assert_eq!(run.code, 3, "{decision}: {run:?}");
        assert!(flat(&run.stderr).contains(&format!("acts/part/one.md: {why}")), "{run:?}");
        assert_eq!(world.project(), before, "{decision}");
    }
    world.run(["commit", "--force", "--theirs", "acts/part/**"]).ok();
    assert_eq!(world.text("acts/part"), "a person's file\n");
    assert_eq!(world.text("acts/plan.md"), "changed\n");
}

#[test]
fn an_empty_directory_of_the_session_does_not_land_on_a_file() {
    let world = World::book();
    world.start("s1");
    let copy = world.pre_on("Write", "acts/other").redirect();
    fs::create_dir_all(copy).unwrap();
    world.project_file("acts/other", "a person's file\n");
    let run = world.run(["commit", "--force"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(flat(&run.stderr).contains("where the project has a file: acts/other"), "{run:?}");
    assert_eq!(world.text("acts/other"), "a person's file\n");
}

/// The session deletes a file and makes a directory of it; only the directory is asked for, and the file is still there.
#[test]
fn a_part_that_needs_the_rest_to_land_first_is_a_conflict() {
    let world = World::book();
    world.project_file("acts/part", "a file\n");
    world.start("s1");
    world.run(["rm", "acts/part"]).ok();
    write(&world, "acts/part/one.md", "one\n");
    for args in [&["commit", "--files", "acts/part/one.md"][..], &["commit"]] {
        let preview = json(&world.run([args, &["--json"]].concat()).ok().stdout);
        let expected = usize::from(args.len() > 1);
        assert_eq!(preview["conflicts"].as_array().unwrap().len(), expected, "{preview:#}");
    }
    let run = world.run(["commit", "--force", "--files", "acts/part/one.md"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(flat(&run.stderr).contains("where the project has a file: acts/part"), "{run:?}");
    assert!(!world.exists("workspace/.redraft/unfinished"));
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/part/one.md"), "one\n");
}

#[test]
fn a_file_that_became_a_directory_comes_back_and_goes_again() {
    let world = World::book();
    world.project_file("acts/part", "a file\n");
    world.start("s1");
    world.run(["rm", "acts/part"]).ok();
    write(&world, "acts/part/one.md", "one\n");
    write(&world, "acts/part/deep/two.md", "two\n");
    let before = world.project();
    world.run(["commit", "--force"]).ok();
    let landed = world.project();
    let undone = json(&world.run(["undo", "--json"]).ok().stdout);
    assert_eq!(undone["refused"].as_array().unwrap().len(), 0, "{undone:#}");
    assert_eq!(world.project(), before);
    let undo = undone["id"].as_str().unwrap();
    world.run(["undo", undo]).ok();
    assert_eq!(world.project(), landed);

    // What a person put into the directory stays, and so does the directory.
    world.project_file("acts/part/deep/mine.md", "mine\n");
    let undone = json(&world.run(["undo", "--json"]).ok().stdout);
    assert_eq!(undone["refused"].as_array().unwrap().len(), 1, "{undone:#}");
    assert_eq!(undone["refused"][0]["path"], "acts/part");
    assert!(undone["refused"][0]["why"].as_str().unwrap().starts_with("a directory stands there now"));
    assert_eq!(world.text("acts/part/deep/mine.md"), "mine\n");
    assert!(!world.exists("acts/part/one.md"));
}

#[test]
fn undo_refuses_what_would_come_back_below_a_file() {
    let world = World::book();
    fs::create_dir(world.path("acts/empty")).unwrap();
    world.project_file("acts/part/one.md", "one\n");
    world.project_file("acts/two.md", "two\n");
    world.start("s1");
    world.run(["rm", "acts/part", "acts/empty", "acts/two.md"]).ok();
    world.run(["commit", "--force"]).ok();
    world.project_file("acts/part", "a person's file\n");
    world.project_file("acts/empty", "another\n");
    let undone = json(&world.run(["undo", "--json"]).ok().stdout);
    let mut refused: Vec<_> = undone["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{}: {}", one["path"].as_str().unwrap(), one["why"].as_str().unwrap()))
        .collect();
    refused.sort();
    let needs =
        |path: &str, file: &str| format!("{path}: it needs a directory where the project has a file: {file}");
    assert_eq!(
        refused,
        [
            needs("acts/empty", "acts/empty"),
            needs("acts/part/one.md", "acts/part"),
            needs("acts/part", "acts/part"),
        ]
    );
    assert_eq!(world.text("acts/two.md"), "two\n");
    assert_eq!(world.text("acts/part"), "a person's file\n");

    // The undo is taken back and a person goes on; then nothing can come back, and each file is told.
    let log = json(&world.run(["log", "--json"]).ok().stdout);
    world.run(["undo", log["commits"][0]["id"].as_str().unwrap()]).ok();
    world.project_file("acts/two.md", "moved on\n");
    let before = world.project();
    let run = world.run(["undo", log["commits"][1]["id"].as_str().unwrap()]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(flat(&run.stderr).contains("acts/part/one.md: it needs a directory"), "{run:?}");
    assert_eq!(world.project(), before);
}

/// A version that an undo left alone goes along with the directory it is in, and is found there when its turn comes.
#[test]
fn what_an_undo_refused_can_still_be_taken_back_later() {
    let world = World::book();
    let before = world.project();
    world.start("s1");
    write(&world, "acts/plan.md", "session\n");
    write(&world, "acts/act-1/chapter-01/scene-0101.md", "session, too\n");
    world.run(["commit", "--force"]).ok();
    let after = world.project();
    let (plan, aside) = (world.path("acts/plan.md"), world.path("aside.md"));
    fs::rename(&plan, &aside).unwrap();
    let undone = json(&world.run(["undo", "--json"]).ok().stdout);
    assert_eq!(undone["refused"][0]["path"], "acts/plan.md");
    fs::rename(&aside, &plan).unwrap();
    let log = json(&world.run(["log", "--json"]).ok().stdout);
    let ids: Vec<_> = (0..2).map(|nth| log["commits"][nth]["id"].as_str().unwrap()).collect();
    world.run(["undo", ids[0]]).ok();
    assert_eq!(world.project(), after);
    let undone = json(&world.run(["undo", ids[1], "--json"]).ok().stdout);
    assert_eq!(undone["refused"], Value::Array(Vec::new()), "{undone:#}");
    assert_eq!(world.project(), before);
}
