//! What the hook answers to a tool call, row by row of `references/hook-contract.md`, with the events clients really
//! sent where there is one.

use crate::support::client::VERSIONS;
use crate::support::world::{WINDOW, World};
use serde_json::{Value, json};
use std::fs;

#[test]
fn without_a_session_every_genuine_event_is_met_with_silence() {
    let world = World::sampled();
    let mut n_events = 0;
    for version in VERSIONS {
        let dir = format!("{}/tests/it/data/events/{version}", env!("CARGO_MANIFEST_DIR"));
        for entry in fs::read_dir(dir).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let name = file.strip_suffix(".json").unwrap();
            let event = world.sample(&format!("{version}/{name}"), "s1");
            if event["hook_event_name"] == "UserPromptExpansion" {
                continue;
            }
            world.hook(&event).silent();
            n_events += 1;
        }
    }
    assert!(n_events > 150, "{n_events}");
}

#[test]
fn with_a_session_every_genuine_event_is_answered_in_its_own_name() {
    let world = World::changed();
    let before = world.project();
    for version in VERSIONS {
        let dir = format!("{}/tests/it/data/events/{version}", env!("CARGO_MANIFEST_DIR"));
        for entry in fs::read_dir(dir).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let name = file.strip_suffix(".json").unwrap();
            let event = world.sample(&format!("{version}/{name}"), "s1");
            let run = world.hook(&event);
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{name}");
            let said = run.json();
            let named = &said["hookSpecificOutput"]["hookEventName"];
            assert!(named.is_null() || *named == event["hook_event_name"], "{name}: {said}");
            // The samples' writes went to the project, which is worth a warning.
            let warned = run.stdout.contains("warning");
            assert!(!warned || run.stdout.contains("written in the project itself"), "{name}: {said}");
        }
    }
    assert_eq!(world.project(), before);
}

#[test]
fn genuine_calls_go_to_the_session() {
    for version in VERSIONS {
        let world = World::sampled();
        world.start("s1");
        for (sample, path) in [
            ("PreToolUse-edit", "acts/plan.md"),
            ("PreToolUse-edit-in-subagent", "acts/b.md"),
            ("PreToolUse-notebookedit", "acts/nb.ipynb"),
        ] {
            let event = world.sample(&format!("{version}/{sample}"), "s1");
            let run = world.hook(&event);
            let key = if sample.contains("notebook") { "notebook_path" } else { "file_path" };
            let mut expected = event["tool_input"].clone();
            let named = expected[key].as_str().unwrap().replace(&format!("{}/", world.root().display()), "");
            expected[key] = json!(world.session_name("s1", &named));
            assert_eq!(run.rewritten(), expected, "{sample}");
            assert!(sample.contains("subagent") || named == path, "{sample}: {named}");
        }
        let event = world.sample(&format!("{version}/PreToolUse-write-new"), "s1");
        assert!(world.hook(&event).redirect().contains("/workspace/sessions/s1/acts/"));
        // Read of a file that the session has not touched, of one that is not there, and a tool that is not ours.
        for sample in
            ["PreToolUse-read-range", "PreToolUse-read-nonexistent", "PreToolUse-bash", "PreToolUse-agent"]
        {
            let event = world.sample(&format!("{version}/{sample}"), "s1");
            let untouched = world.hook(&event);
            assert!(
                untouched.stdout.is_empty() || untouched.redirect().contains("/s1/"),
                "{sample}: {untouched:?}"
            );
        }
    }
}

#[test]
fn a_rewrite_echoes_every_other_byte() {
    let world = World::sampled();
    world.start("s1");
    let path = world.name("acts/plan.md");
    let input = format!(
        "{{ \"z\":1.50e+3,\n\"file_path\" : \"{path}\",\"old_string\":\"\\u00e9\",\"new\":{{\"file_path\":\"x\"}},\"z\":9007199254740993}}"
    );
    let event = format!(
        "{{\"session_id\":\"{WINDOW}\",\"cwd\":\"{}\",\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Edit\",\"tool_input\":{input}}}",
        world.root().display()
    );
    let run = world.hook_text(event);
    let expected = input.replace(&path, &world.session_name("s1", "acts/plan.md"));
    assert!(run.stdout.contains(&expected), "{}\n{expected}", run.stdout);
}

#[test]
fn read_of_a_changed_file_is_redirected_and_the_path_named() {
    let world = World::changed();
    let copy = world.session_name("s1", "acts/plan.md");
    for version in VERSIONS {
        let run = world.hook(&world.sample(&format!("{version}/PreToolUse-read"), "s1"));
        if !run.stdout.is_empty() {
            assert!(run.context().contains("/workspace/sessions/s1/"), "{run:?}");
        }
    }
    let run = world.pre("Read", json!({ "file_path": world.name("acts/plan.md"), "offset": 2, "limit": 1 }));
    assert_eq!(run.rewritten(), json!({ "file_path": copy, "offset": 2, "limit": 1 }));
    assert_eq!(
        run.context(),
        format!("redraft: this is session 's1's version. Read and edit it at {copy}")
            .replace("'s1's", "'s1''s")
    );
}

#[test]
fn every_writing_tool_is_redirected_and_the_rule_said_once_a_file() {
    for tool in ["Write", "Edit", "MultiEdit", "NotebookEdit"] {
        let world = World::sampled();
        let before = world.project();
        world.start("s1");
        for path in ["acts/plan.md", "acts/nb.ipynb"] {
            let run = world.pre_on(tool, path);
            assert_eq!(run.redirect(), world.session_name("s1", path), "{tool}");
            assert!(run.context().contains("From now on use"), "{tool}");
            assert_eq!(world.pre_on(tool, path).context(), "", "{tool}");
            assert_eq!(world.text(world.session_file("s1", path)), world.text(path), "{tool}");
        }
        assert_eq!(world.project(), before, "{tool}");
    }
}

#[test]
fn calls_on_the_sessions_own_path_pass_after_the_copy_up() {
    let world = World::sampled();
    world.start("s1");
    let copy = world.session_name("s1", "acts/plan.md");
    // Nothing there yet: a Read is given the project's file, and the copy for the Edit that may follow, because a client
    // refuses to edit what is not there before any hook is asked. A write brings the file in as well.
    let read = world.pre("Read", json!({ "file_path": copy }));
    assert_eq!((read.redirect(), read.context()), (world.name("acts/plan.md"), String::new()));
    assert_eq!(world.text(&copy), "one\ntwo\nthree\n");
    world.run(["status"]).ok().stdout.lines().find(|line| line.contains("Modified: 0 files")).unwrap();
    let scene = world.session_name("s1", "acts/act-1/chapter-01/scene-0101.md");
    world.pre("Edit", World::input("Edit", &scene)).silent();
    assert_eq!(world.text(&scene), "The storm came.\n");
    world.pre("Read", json!({ "file_path": copy })).silent();
    world.pre("Write", World::input("Write", &copy)).silent();
    // A new file needs no more than its directory.
    let new = world.session_name("s1", "acts/act-7/new.md");
    world.pre("Write", World::input("Write", &new)).silent();
    assert!(world.session_file("s1", "acts/act-7").is_dir());
}

#[test]
fn another_sessions_files_are_refused_by_name() {
    let world = World::sampled();
    world.start("other");
    world.start("s1");
    for tool in ["Read", "Write", "Edit", "NotebookEdit"] {
        let reason =
            world.pre(tool, World::input(tool, &world.session_name("other", "acts/plan.md"))).denied();
        assert!(reason.contains("session 'other'") && reason.contains("/session switch other"), "{reason}");
    }
    let artifact = world.session_name("other", "artifacts/x.txt");
    world.pre("Write", World::input("Write", &artifact)).denied();
    // A name that only begins alike is another session.
    let longer = world.session_name("s10", "acts/plan.md");
    assert!(world.pre("Edit", World::input("Edit", &longer)).denied().contains("'s10'"));
}

#[test]
fn redrafts_own_records_are_refused_with_and_without_a_session() {
    let world = World::sampled();
    world.start("s1");
    let records = [
        "workspace/session.lock",
        "workspace/.redraft/locks/pointer.lock",
        "workspace/sessions/s1/session.json",
        "workspace/sessions/s1/cow-files.jsonl",
        "workspace/sessions/s1/.deleted/acts/plan.md",
        "workspace/sessions/s1/.removed/1/acts/plan.md",
        "workspace/sessions/other/session.json",
        "workspace/sessions/new-one",
    ];
    let refuse_all = |world: &World| {
        for record in records {
            for tool in ["Read", "Write", "Edit", "MultiEdit", "NotebookEdit"] {
                let reason = world.pre_on(tool, record).denied();
                assert!(
                    reason.contains("redraft's own record") && reason.contains(record),
                    "{tool} {record}: {reason}"
                );
            }
        }
        for kept in
            ["workspace/sessions/s1/human-retries/a-retry-1.md", "workspace/retries-archive/s1/a-retry-1.md"]
        {
            world.pre_on("Read", kept).silent();
            for tool in ["Write", "Edit"] {
                assert!(world.pre_on(tool, kept).denied().contains("kept earlier version"));
            }
        }
    };
    refuse_all(&world);
    for tool in ["Read", "Write", "Edit"] {
        world.pre_on(tool, "workspace/sessions/s1/artifacts/scratch.txt").silent();
    }
    world.run(["cancel", "s1"]).ok();
    refuse_all(&world);
}

#[test]
fn what_sessions_do_not_isolate_is_left_alone() {
    let world = World::sampled();
    world.start("s1");
    let outside = world.outside("elsewhere.md");
    for tool in ["Read", "Write", "Edit", "MultiEdit", "NotebookEdit"] {
        for path in [
            world.name("notes.md"),
            outside.display().to_string(),
            world.name("new-dir/x.md"),
            world.name(""),
        ] {
            world.pre(tool, World::input(tool, &path)).silent();
        }
    }
    for (tool, input) in
        [("Bash", json!({ "command": "cat acts/plan.md" })), ("Agent", json!({ "prompt": "x" }))]
    {
        world.pre(tool, input).silent();
    }
    world.pre("Read", json!({})).silent();
    world.send("Notification", json!({ "message": "x" })).silent();
}

#[test]
fn what_a_session_has_no_room_for_is_refused_for_writing() {
    let world = World::sampled();
    world.project_file("redraft.json", r#"{"schema":1,"tracked":["**"]}"#);
    world.project_file("artifacts/a.md", "x");
    world.start("s1");
    let reason = world.pre_on("Edit", "artifacts/a.md").denied();
    assert!(reason.contains("'artifacts' is a reserved name"), "{reason}");
    world.pre_on("Read", "artifacts/a.md").silent();
    assert!(world.pre_on("Write", ".hidden/x").denied().contains("reserved name"));
}

#[test]
fn a_path_in_the_session_that_is_not_isolated_is_refused_for_writing() {
    let world = World::sampled();
    world.start("s1");
    let stray = world.session_name("s1", "notes.md");
    let reason = world.pre("Write", World::input("Write", &stray)).denied();
    assert!(reason.contains("notes.md is not a file that sessions isolate"), "{reason}");
    assert!(reason.contains(&world.session_name("s1", "artifacts")), "{reason}");
    world.pre("Read", json!({ "file_path": stray })).silent();
}

#[test]
fn searches_are_told_which_files_the_session_has() {
    let world = World::changed();
    world.change("acts/act-1/chapter-01/scene-0101.md", "calm\n");
    let said = |tool: &str, input: Value| world.pre(tool, input).context();
    for tool in ["Grep", "Glob"] {
        let all = said(tool, json!({ "pattern": "x" }));
        assert!(all.contains("acts/act-1/chapter-01/scene-0101.md, acts/plan.md"), "{tool}: {all}");
        assert!(all.contains(world.session_name("s1", "").trim_end_matches('/')), "{tool}: {all}");
        let part = said(tool, json!({ "pattern": "x", "path": world.name("acts/act-1") }));
        assert!(part.contains("scene-0101.md") && !part.contains("plan.md"), "{tool}: {part}");
        assert_eq!(said(tool, json!({ "pattern": "x", "path": world.name("context") })), "");
        assert_eq!(said(tool, json!({ "pattern": "x", "path": world.session_name("s1", "acts") })), "");
        assert_eq!(said(tool, json!({ "pattern": "x", "path": "/usr" })), "");
        let file = said(tool, json!({ "pattern": "x", "path": "acts/plan.md" }));
        assert!(file.contains("acts/plan.md"), "{tool}: {file}");
    }
    for n in 0..300 {
        let path = world.session_file("s1", &format!("acts/many/f-{n}.md"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    let many = said("Grep", json!({ "pattern": "x" }));
    assert!(many.len() < 2048 && many.contains(" and more"), "{many}");
}

#[test]
fn what_was_written_is_remembered_and_said_once() {
    let world = World::sampled();
    world.start("s1");
    let copy = world.session_name("s1", "acts/plan.md");
    world.pre("Edit", World::input("Edit", &copy)).silent();
    let first = world.post("Edit", World::input("Edit", &copy)).context();
    assert!(first.contains("acts/plan.md is changed in session 's1' only"), "{first}");
    world.post("Edit", World::input("Edit", &copy)).silent();
    let written = world.path(format!("workspace/.redraft/windows/{WINDOW}/last-written"));
    assert_eq!(world.text(&written), "acts/plan.md");
    // After a redirect the rule was said already.
    world.pre_on("Edit", "acts/b.md");
    world.post("Edit", World::input("Edit", &world.session_name("s1", "acts/b.md"))).silent();
    assert_eq!(world.text(&written), "acts/b.md");
    world.post("Edit", World::input("Edit", &world.name("notes.md"))).silent();
    assert_eq!(world.text(&written), "acts/b.md");
    // A write that passed the session by is told.
    let past = world.post("Edit", World::input("Edit", &world.name("acts/plan.md"))).context();
    assert!(past.contains("written in the project itself"), "{past}");
}
