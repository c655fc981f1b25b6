//! After a refused call the next attempt works: what clients really refused, and what is none of our business.

use crate::support::client::VERSIONS;
use crate::support::world::World;
use serde_json::json;

#[test]
fn the_rescue_makes_the_next_attempt_work() {
    // sample, the file it is about, whether the session changed it before, what is said
    for (sample, path, changed, said) in [
        ("2.1.329/PostToolBatch-edit-redirected-refused-strict", "acts/plan.md", false, "has to be read"),
        ("2.1.329/PostToolBatch-edit-unread-strict", "acts/unread.md", false, "has to be read"),
        (
            "2.1.329/PostToolBatch-notebookedit-redirected-refused",
            "acts/nb.ipynb",
            false,
            "then NotebookEdit",
        ),
        ("2.1.197/PostToolBatch-edit-unread", "acts/unread.md", false, "has to be read"),
        ("2.1.197/PostToolBatch-edit-redirected-refused", "acts/plan.md", false, "has to be read"),
        ("2.1.329/PostToolBatch-edit-not-found", "acts/plan.md", true, "differs from the project's file"),
        ("2.1.197/PostToolBatch-edit-not-found", "acts/plan.md", true, "differs from the project's file"),
    ] {
        let world = World::sampled();
        world.start("s1");
        let copy = world.session_name("s1", path);
        if changed {
            world.change(path, "other\n");
        }
        let run = world.hook(&world.sample(sample, "s1"));
        let text = run.context();
        assert!(text.contains(said) && text.contains(&format!("Read {copy}")), "{sample}: {text}");
        assert_eq!(run.json()["hookSpecificOutput"]["hookEventName"], "PostToolBatch");
        assert!(world.exists(&copy), "{sample}");
    }
}

#[test]
fn the_rescue_is_silent_about_the_models_own_mistakes() {
    let world = World::changed();
    let copy = world.session_name("s1", "acts/plan.md");
    let not_found = "<tool_use_error>String to replace not found in file.\nString: x</tool_use_error>";
    world.batch("Edit", World::input("Edit", &copy), not_found).silent();
    world.batch("Edit", World::input("Edit", &world.name("acts/b.md")), not_found).silent();
    world.batch("Edit", World::input("Edit", &world.name("notes.md")), not_found).silent();
    let unread =
        "<tool_use_error>File has not been read yet. Read it first before writing to it.</tool_use_error>";
    world.batch("Edit", World::input("Edit", &copy), unread).silent();
    world.batch("Read", World::input("Read", &world.name("acts/plan.md")), &unread[16..]).silent();
    world.batch("Bash", json!({ "command": "cat acts/plan.md" }), &unread[16..]).silent();
    let quoting = format!("1\tFile: {unread}");
    world.batch("Edit", World::input("Edit", &world.name("acts/plan.md")), &quoting).silent();
    for sample in
        ["edit", "parallel", "write-not-permitted", "read-notebook", "edit-nonexistent", "bash-failing"]
    {
        for version in VERSIONS {
            let said =
                world.hook(&world.sample(&format!("{version}/PostToolBatch-{sample}"), "s1")).context();
            assert!(said.is_empty() || sample == "parallel", "{version} {sample}: {said}");
        }
    }
}

#[test]
fn a_file_that_only_the_session_has_is_found_again() {
    let world = World::sampled();
    world.start("s1");
    let copy = world.change("acts/new.md", "new\n");
    let missing =
        "<tool_use_error>File does not exist. Note: your current working directory is /x</tool_use_error>";
    // As the model wrote it: raw, relative or with a tilde.
    for path in ["acts/new.md".to_string(), world.name("acts/new.md")] {
        let said = world.batch("Edit", World::input("Edit", &path), missing).context();
        assert!(said.contains(&copy), "{said}");
    }
    let world = world.with("HOME", "/");
    let below_home = format!("~{}", world.name("acts/new.md"));
    let said = world.batch("Edit", World::input("Edit", &below_home), missing).context();
    assert!(said.contains(&copy), "{said}");
}

#[test]
fn the_sessions_path_of_an_untouched_file_is_made_good() {
    let world = World::sampled();
    world.start("s1");
    let copy = world.session_name("s1", "acts/plan.md");
    let missing =
        "<tool_use_error>File does not exist. Note: your current working directory is /x</tool_use_error>";
    let said = world.batch("Edit", World::input("Edit", &copy), missing).context();
    assert!(said.contains("is there now") && said.contains(&copy), "{said}");
    assert_eq!(world.text(&copy), "one\ntwo\nthree\n");
    world.batch("Edit", World::input("Edit", &copy), missing).silent();
}

#[test]
fn a_deleted_file_is_named_as_deleted_by_the_rescue() {
    let world = World::changed();
    world.run(["rm", "acts/b.md"]).ok();
    let not_found = "<tool_use_error>String to replace not found in file.\nString: x</tool_use_error>";
    let said = world.batch("Edit", World::input("Edit", &world.name("acts/b.md")), not_found).context();
    assert!(said.contains("acts/b.md is deleted in session 's1'"), "{said}");
}

#[test]
fn a_strict_model_is_learned_for_its_agent_alone() {
    let world = World::sampled();
    world.start("s1");
    world.pre_on("Read", "acts/b.md").silent();
    // 2.1.197: the tool ran with our path and failed.
    let event = world.sample("2.1.197/PostToolUseFailure-edit-redirected-refused", "s1");
    world.hook(&event);
    let read = world.pre_on("Read", "acts/b.md");
    let copy = world.session_name("s1", "acts/b.md");
    assert_eq!(read.redirect(), copy);
    assert!(read.context().contains(&copy));
    assert_eq!(world.text(&copy), "bee\n");
    // A Read by the session's path is made good by a copy, too, so that the client has read what it will write.
    let unread = world.session_name("s1", "acts/unread.md");
    world.pre("Read", json!({ "file_path": unread })).silent();
    assert_eq!(world.text(&unread), "alpha\n");
    // A subagent may run another model.
    let mut event = world.event("PreToolUse", json!({ "tool_name": "Read", "agent_id": "a1" }));
    event["tool_input"] = json!({ "file_path": world.name("context/characters/alexa.md") });
    world.hook(&event).silent();
    // What was copied up for a Read is no change.
    assert_eq!(world.run(["diff", "--name-only"]).ok().stdout.trim(), "");
}

#[test]
fn a_refused_notebook_says_nothing_about_the_model() {
    let world = World::sampled();
    world.start("s1");
    world.hook(&world.sample("2.1.329/PostToolBatch-notebookedit-redirected-refused", "s1"));
    world.pre_on("Read", "acts/plan.md").silent();
}

#[test]
fn a_failure_that_was_spoken_of_is_not_spoken_of_again() {
    let world = World::sampled();
    world.start("s1");
    let failure = world.sample("2.1.197/PostToolUseFailure-edit-redirected-refused", "s1");
    let said = world.hook(&failure).context();
    assert!(said.contains("Read /"), "{said}");
    let mut batch = world.sample("2.1.197/PostToolBatch-edit-redirected-refused", "s1");
    batch["tool_calls"][0]["tool_use_id"] = failure["tool_use_id"].clone();
    world.hook(&batch).silent();
}
