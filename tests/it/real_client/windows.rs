//! Several windows, subagents, and a window that is opened again.

use super::author::{Author, PLAN, Window, edit, edit_told, read, told, write};
use crate::support::client::{Setup, with_every_client};
use crate::support::script::{Request, say, tool, tool_from, turn};
use serde_json::json;
use std::thread;

with_every_client! {
    two_windows_have_two_sessions,
    two_windows_at_the_same_time,
    a_subagent_works_in_the_session_of_its_parent,
    a_subagent_in_the_background_too,
    a_resumed_window_has_its_session_and_is_briefed,
}

const LEFT: &str = "11111111-2222-4333-8444-555555555555";
const RIGHT: &str = "99999999-2222-4333-8444-555555555555";

fn two_windows_have_two_sessions(setup: Setup) {
    let author = Author::new(setup);
    let (left, right) = (Window::new(LEFT), Window::new(RIGHT));
    for (window, name) in [(&left, "left"), (&right, "right")] {
        author.ask_in(window, &format!("/session start {name}")).run();
    }
    let plan = author.project_path(PLAN);
    for (window, name) in [(&left, "left"), (&right, "right")] {
        let copy = author.world.session_name(name, PLAN);
        let script = author.by_session_path(&copy, || edit(&copy, "two", name));
        let run = author.ask_in(window, "Work").script(script).run();
        author.wasted(&run, author.strict_or(&["refused"], &[]));
    }
    let other = author.world.session_name("right", PLAN);
    let run = author
        .ask_in(&left, "Look")
        .script([turn![read(&plan).named("own")], turn![read(&other).named("other")]])
        .run();
    author.wasted(&run, &["other"]);
    assert!(run.tool_result("own").contains("left"), "{run}");
    assert!(run.tool_result("other").contains("this file belongs to session 'right'"), "{run}");
    assert!(author.ask_in(&right, "/session status").run().shown("ACTIVE SESSION: right"));
}

fn two_windows_at_the_same_time(setup: Setup) {
    let author = Author::new(setup);
    let author = &author;
    thread::scope(|scope| {
        for (id, name) in [(LEFT, "left"), (RIGHT, "right")] {
            scope.spawn(move || {
                let window = Window::new(id);
                author.ask_in(&window, &format!("/session start {name}")).run();
                let copy = author.world.session_name(name, PLAN);
                let mut script = author.by_session_path(&copy, || edit(&copy, "two", name));
                script.push(turn![write(&author.world.session_name(name, "acts/new.md"), name)]);
                let run = author.ask_in(&window, "Work").script(script).run();
                assert_eq!(run.failed(), author.strict_or(&["refused"][..], &[]), "{run}");
            });
        }
    });
    author.is_untouched();
    for name in ["left", "right"] {
        let text = |file| author.world.text(author.world.session_file(name, file));
        assert_eq!((text(PLAN), text("acts/new.md")), (format!("one\n{name}\nthree\n"), name.to_owned()));
    }
}

fn a_subagent_works_in_the_session_of_its_parent(setup: Setup) {
    let author = Author::in_session(setup);
    let task = json!({
        "description": "edit", "prompt": "EDITOR: edit the plan", "subagent_type": "general-purpose",
        "run_in_background": false,
    });
    // A subagent is briefed on its own; it takes the path from there.
    let named = |seen: &Request| told(seen, "acts/FILE").replace("FILE", "plan.md");
    let copy = author.session_path(PLAN);
    let mut script = vec![turn![tool_from("Read", move |seen| json!({ "file_path": named(seen) }))]];
    script.extend(author.by_session_path(&copy, || edit(&copy, "two", "TWO")).split_off(1));
    script.push(turn![write(&author.project_path("acts/new.md"), "new\n")]);
    script.push(turn![say("Edited.")]);
    let run = author
        .ask("Have the plan edited")
        .script([turn![tool("Agent", task)], turn![say("Thanks.")]])
        .subagent("EDITOR", script)
        .run();
    author.wasted(&run, author.strict_or(&["refused"], &[]));
    assert!(run.tool_result("Agent").contains("Edited."), "{run}");
    assert_eq!((author.text(PLAN), author.text("acts/new.md")), ("one\nTWO\nthree\n".into(), "new\n".into()));
}

/// A background agent outlives its parent's turn; what it says at the end comes as a prompt, but no person typed it.
fn a_subagent_in_the_background_too(setup: Setup) {
    let author = Author::in_session(setup);
    author.change(PLAN, "one\nTWO\nthree\n");
    let task = json!({
        "description": "write", "prompt": "WRITER: write it", "subagent_type": "general-purpose",
        "run_in_background": true,
    });
    let run = author
        .ask("Have it written")
        .script([turn![tool("Agent", task)], turn![say("It is on its way.")], turn![say("It is there.")]])
        .subagent(
            "WRITER",
            [
                turn![tool("Bash", json!({ "command": "sleep 1" }))],
                turn![write(&author.project_path("acts/new.md"), "new\n")],
                turn![edit_told("acts/new.md", "new", "newer")],
                turn![say("This is bad, rewrite acts/plan.md, too much dialogue.")],
            ],
        )
        .run();
    author.wasted(&run, &[]);
    assert_eq!(author.text("acts/new.md"), "newer\n");
    assert!(!run.news("recorded retry") && !run.news("redraft retry"), "{run}");
}

fn a_resumed_window_has_its_session_and_is_briefed(setup: Setup) {
    let author = Author::in_session(setup);
    let copy = author.session_path(PLAN);
    let script = author.by_session_path(&copy, || write(&copy, "one\nTWO\nthree\n"));
    let work = author.ask("Work").script(script).run();
    // 2.1.197 shows the line of a Stop hook to a person at a terminal only.
    assert_eq!(work.shown("session 's1' has uncommitted work"), setup != Setup::V197, "{work}");

    // Another window starts another session, which becomes the active one.
    author.ask_in(&Window::new(RIGHT), "/session start other").run();
    let resumed = author.ask("Where are we?").script([turn![read(&author.project_path(PLAN))]]).run();
    assert!(
        resumed.news("session 's1' is active") && resumed.news("Changed so far (1): acts/plan.md"),
        "{resumed}"
    );
    assert!(resumed.tool_result("Read").contains("TWO"), "{resumed}");
    assert!(!resumed.shown("uncommitted work"), "said once, not at the end of every answer\n{resumed}");
    author.wasted(&resumed, &[]);
}
