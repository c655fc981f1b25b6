//! No session, and a session that cannot be trusted.

use super::author::{Author, PLAN, SESSION, edit, edit_told, read, write};
use crate::support::client::{Setup, with_every_client};
use crate::support::script::{tool, turn};
use serde_json::json;

with_every_client! {
    without_a_session_nothing_is_different,
    a_session_that_cannot_be_trusted_is_not_written_past,
}

fn without_a_session_nothing_is_different(setup: Setup) {
    let author = Author::new(setup);
    let plan = author.project_path(PLAN);
    let run = author
        .ask("This is bad, rewrite @acts/plan.md, too much dialogue")
        .script([
            turn![read(&plan)],
            turn![edit(&plan, "two", "TWO"), write(&author.project_path("acts/new.md"), "new\n")],
            turn![edit(&plan, "no such text", "x").named("mistaken")],
            turn![tool("Bash", json!({"command": "ls"}))],
        ])
        .run();
    assert_eq!(run.failed(), ["mistaken"], "{run}");
    assert!(!run.news("redraft:") && !run.shown("redraft"), "{run}");
    assert_eq!(
        (author.world.text(PLAN), author.world.text("acts/new.md")),
        ("one\nTWO\nthree\n".into(), "new\n".into())
    );
    assert!(!author.world.exists("workspace"), "{}", author.world.tree());
}

fn a_session_that_cannot_be_trusted_is_not_written_past(setup: Setup) {
    let author = Author::in_session(setup);
    let (plan, copy) = (author.project_path(PLAN), author.session_path(PLAN));
    author.change(PLAN, "one\nTWO\nthree\n");
    author.world.project_file(format!("workspace/sessions/{SESSION}/session.json").as_str(), "{ torn");
    let run = author
        .ask("Go on")
        .script([
            turn![read(&author.project_path("context/characters/alexa.md")).named("another")],
            turn![edit(&author.project_path("context/characters/alexa.md"), "Alexa", "Alex").named("by P")],
            turn![read(&plan)],
            turn![edit(&copy, "TWO", "2").named("by S")],
            turn![write(&author.project_path("acts/new.md"), "new\n").named("new")],
            turn![write(&author.project_path("notes.md"), "not tracked\n").named("not isolated")],
        ])
        .run();
    let unread = author.strict_or(&["by P", "by S", "new", "not isolated"][..], &["by P", "by S", "new"][..]);
    author.wasted(&run, unread);
    for label in ["by P", "by S", "new"] {
        assert!(run.tool_result(label).contains("Session 's1' is CRASHED"), "{label}\n{run}");
    }
    assert_eq!(author.text(PLAN), "one\nTWO\nthree\n");

    let repaired = author.ask("/session recover s1").run();
    assert!(repaired.news("redraft: result of /session recover s1"), "{repaired}");
    let run = author.ask("Go on").script([turn![read(&plan)], turn![edit_told(PLAN, "TWO", "2")]]).run();
    author.wasted(&run, &[]);
    assert_eq!(author.text(PLAN), "one\n2\nthree\n");
}
