//! `/session …` and `/retry …` as they are typed.

use super::author::{Author, PLAN, SESSION, edit, read, told, write};
use crate::support::client::{Setup, with_every_client};
use crate::support::run::Run;
use crate::support::script::{Request, tool_from, turn};
use serde_json::{Value, json};

with_every_client! {
    the_life_of_a_session_in_slash_commands,
    starting_says_the_rule_at_once,
    a_deleted_file_is_not_there_to_be_read,
}

/// Checks that a command was answered to the person, exactly, and that no model was asked.
#[track_caller]
fn direct(run: &Run, text: &str) {
    assert_eq!(run.model_calls(), 0, "{run}");
    assert!(run.shown(text), "{run}");
}

fn the_life_of_a_session_in_slash_commands(setup: Setup) {
    let author = Author::in_session(setup);
    author.change(PLAN, "one\nTWO\nthree\n");
    author.ask("One more").script([turn![write(&author.project_path("acts/new.md"), "new\n")]]).run();

    let status = author.ask("/session status").run();
    direct(&status, "ACTIVE SESSION: s1");
    assert!(status.shown("acts/plan.md"), "{status}");
    // 2.1.197 has no way to leave the prompt out.
    assert_eq!(status.shown("Original prompt:"), setup == Setup::V197);
    direct(&author.ask("/session list").run(), "SESSIONS (1 total)");

    let retry = author.ask(r#"/retry plan.md "too `flat`, isn't it""#).run();
    assert!(retry.news("HUMAN RETRY RECORDED") && retry.news("too `flat`, isn't it"), "{retry}");
    assert_eq!(retry.model_calls(), 1);
    assert_eq!(
        author.world.text(author.world.session_file(SESSION, "human-retries/plan.md-retry-1.md")),
        "one\nTWO\nthree\n"
    );

    let record = author.world.text(author.world.session_file(SESSION, "session.json"));
    let record: Value = serde_json::from_str(&record).unwrap();
    assert_eq!(
        record["human_retries"].as_array().unwrap().len(),
        1,
        "by its own line, not by the prompt too"
    );

    direct(&author.ask("/session commit").run(), "Fingerprint:");
    author.is_untouched();
    let landed = author.ask("/session commit --force").run();
    assert!(landed.news("SESSION COMMITTED"), "{landed}");
    author.is_only_changed_in(&[(PLAN, "one\nTWO\nthree\n"), ("acts/new.md", "new\n")]);
    assert!(!author.world.exists(author.world.session_file(SESSION, "session.json")));
    let after = author.ask("And now?").run();
    assert!(!after.news("is active"), "{after}");
}

/// The model that was there when the session was started hears of the rule then, not only in its next window.
fn starting_says_the_rule_at_once(setup: Setup) {
    let author = Author::new(setup);
    let copy = author.session_path(PLAN);
    let named = |seen: &Request| told(seen, "acts/FILE").replace("FILE", "plan.md");
    let mut script = vec![turn![tool_from("Read", move |seen| json!({ "file_path": named(seen) }))]];
    script.extend(author.by_session_path(&copy, || edit(&copy, "two", "TWO")).split_off(1));
    script.push(turn![edit(&copy, "TWO", "2").named("revision")]);
    let run = author.ask("/session start s1 Rewriting the plan").script(script).run();
    author.wasted(&run, author.strict_or(&["refused"], &[]));
    assert!(run.news("SESSION CREATED: s1") && run.news("session 's1' is active"), "{run}");
    assert_eq!(author.text(PLAN), "one\n2\nthree\n");
}

fn a_deleted_file_is_not_there_to_be_read(setup: Setup) {
    let author = Author::in_session(setup);
    let (plan, copy) = (author.project_path(PLAN), author.session_path(PLAN));
    let deleted = author.ask("/session rm acts/plan.md").run();
    assert!(deleted.news("DELETED IN SESSION: s1"), "{deleted}");
    let run = author
        .ask("Read the plan")
        .script([
            turn![read(&plan).named("by P"), read(&copy).named("by S")],
            turn![write(&copy, "anew\n").named("again")],
            turn![edit(&copy, "anew", "again").named("revision")],
        ])
        .run();
    author.wasted(&run, &["by P", "by S"]);
    for label in ["by P", "by S"] {
        assert!(run.tool_result(label).contains("acts/plan.md is deleted in session 's1'"), "{run}");
    }
    assert_eq!(author.text(PLAN), "again\n");
}
