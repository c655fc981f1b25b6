//! redraft's hooks in the published client: whatever a model does with a tracked file, it ends up in the session, the
//! project stays as it was, and no more than one step is lost.

use crate::support::client::{Client, Setup, with_every_client};
use crate::support::run::Run;
use crate::support::script::{say, tool, tool_from, turn};
use crate::support::world::World;
use serde_json::{Value, json};
use std::fs;

with_every_client! {
    an_edit_by_the_projects_path_goes_to_the_session,
    an_edit_of_a_copy_that_is_not_there_yet_costs_one_step,
    a_second_edit_by_the_projects_path_is_rescued,
    a_new_file_is_written_and_edited_in_the_session,
    a_strict_model_is_served_without_a_refusal_once_it_is_known,
    a_notebook_is_edited_in_the_session,
    a_subagent_works_in_the_session,
    a_broken_session_stops_writing_and_not_reading,
    redrafts_records_cannot_be_written,
    slash_commands_are_run_by_the_hook,
    a_rejection_is_recorded_before_the_model_answers,
}

/// A book with redraft installed and session `s1` active for whoever comes.
fn installed() -> World {
    let world = World::sampled();
    world.run(["install"]).ok();
    world.start("s1");
    world
}

fn client(world: &World, setup: Setup) -> Client {
    Client::new(world.root(), setup)
}

fn edit(path: &str, old: &str, new: &str) -> Value {
    json!({ "file_path": path, "old_string": old, "new_string": new })
}

fn read(path: &str) -> Value {
    json!({ "file_path": path })
}

/// The project's own files, without what the client and the installation keep in `.claude`.
fn book(world: &World) -> Vec<String> {
    world.project().lines().filter(|line| !line.contains(".claude")).map(str::to_owned).collect()
}

#[track_caller]
fn worked(run: &Run, label: &str) {
    assert!(!run.tool_failed(label), "{label}: {}\n{run}", run.tool_result(label));
}

fn an_edit_by_the_projects_path_goes_to_the_session(setup: Setup) {
    let world = installed();
    let before = book(&world);
    let (plan, copy) = (world.name("acts/plan.md"), world.session_name("s1", "acts/plan.md"));
    let second =
        if setup.must_read_first() { edit(&copy, "two", "TWO!") } else { edit(&copy, "TWO", "TWO!") };
    let run = client(&world, setup)
        .prompt("go")
        .script([
            turn![tool("Read", read(&plan)).named("read")],
            turn![tool("Edit", edit(&plan, "two", "TWO")).named("first")],
            turn![tool("Read", read(&copy)).named("read again")],
            turn![tool("Edit", second).named("second")],
            turn![tool("Read", read(&plan)).named("look")],
        ])
        .run();
    worked(&run, "read");
    assert_eq!(run.tool_failed("first"), setup.must_read_first(), "{run}");
    assert!(run.context_seen(&copy), "{run}");
    worked(&run, "second");
    assert!(run.tool_result("look").contains("TWO!"), "{run}");
    assert_eq!(world.text(&copy), "one\nTWO!\nthree\n");
    assert_eq!(book(&world), before);
}

fn an_edit_of_a_copy_that_is_not_there_yet_costs_one_step(setup: Setup) {
    let world = installed();
    let before = book(&world);
    let copy = world.session_name("s1", "acts/plan.md");
    let run = client(&world, setup)
        .prompt("go")
        .script([
            turn![tool("Edit", edit(&copy, "two", "TWO")).named("too early")],
            turn![tool_from("Read", |seen| read(&seen.between("Next: Read ", " (unless"))).named("as told")],
            turn![
                tool_from("Edit", |seen| edit(&seen.between("then Edit ", ". Do not"), "two", "TWO"))
                    .named("now")
            ],
        ])
        .run();
    assert!(run.tool_failed("too early"));
    worked(&run, "as told");
    worked(&run, "now");
    assert_eq!(world.text(&copy), "one\nTWO\nthree\n");
    assert_eq!(book(&world), before);
}

fn a_second_edit_by_the_projects_path_is_rescued(setup: Setup) {
    let world = installed();
    let before = book(&world);
    world.change("acts/plan.md", "one\nTWO\nthree\n");
    let (plan, copy) = (world.name("acts/plan.md"), world.session_name("s1", "acts/plan.md"));
    let run = client(&world, setup)
        .prompt("go")
        .script([
            turn![tool("Read", read(&plan)).named("read")],
            turn![tool("Edit", edit(&plan, "TWO", "2")).named("by the old path")],
            turn![
                tool_from("Edit", |seen| edit(&seen.between("then Edit ", ". Do not"), "TWO", "2"))
                    .named("as told")
            ],
        ])
        .run();
    assert!(run.tool_result("read").contains("TWO"), "{run}");
    assert!(run.tool_failed("by the old path"));
    worked(&run, "as told");
    assert_eq!(world.text(&copy), "one\n2\nthree\n");
    assert_eq!(book(&world), before);
}

fn a_new_file_is_written_and_edited_in_the_session(setup: Setup) {
    let world = installed();
    let before = book(&world);
    let (new, copy) = (world.name("acts/act-2/new.md"), world.session_name("s1", "acts/act-2/new.md"));
    let run = client(&world, setup)
        .prompt("go")
        .script([
            turn![tool("Write", json!({ "file_path": new, "content": "first\n" })).named("write")],
            turn![tool("Read", read(&new)).named("read")],
            turn![tool("Edit", edit(&copy, "first", "second")).named("edit")],
        ])
        .run();
    for label in ["write", "read", "edit"] {
        worked(&run, label);
    }
    assert_eq!(world.text(&copy), "second\n");
    assert_eq!(book(&world), before);
}

fn a_strict_model_is_served_without_a_refusal_once_it_is_known(setup: Setup) {
    let world = installed();
    let before = book(&world);
    let name = |path: &str| world.name(path);
    let copy = world.session_name("s1", "acts/b.md");
    let run = client(&world, setup)
        .prompt("go")
        .script([
            turn![tool("Read", read(&name("acts/plan.md"))).named("read plan")],
            turn![tool("Edit", edit(&name("acts/plan.md"), "two", "TWO")).named("edit plan")],
            turn![tool("Read", read(&name("acts/b.md"))).named("read b")],
            turn![
                tool(
                    "Edit",
                    edit(
                        &if setup.must_read_first() { copy.clone() } else { name("acts/b.md") },
                        "bee",
                        "BEE"
                    )
                )
                .named("edit b")
            ],
        ])
        .run();
    assert_eq!(run.tool_failed("edit plan"), setup.must_read_first());
    worked(&run, "read b");
    worked(&run, "edit b");
    assert_eq!(world.text(&copy), "BEE\n");
    assert_eq!(book(&world), before);
}

fn a_notebook_is_edited_in_the_session(setup: Setup) {
    let world = World::sampled();
    world.project_file(
        "acts/nb.ipynb",
        r#"{"cells":[{"cell_type":"code","id":"c1","metadata":{},"execution_count":null,"outputs":[],"source":["x=1\n"]}],"metadata":{"language_info":{"name":"python"}},"nbformat":4,"nbformat_minor":5}"#,
    );
    world.run(["install"]).ok();
    world.start("s1");
    let before = book(&world);
    let (notebook, copy) = (world.name("acts/nb.ipynb"), world.session_name("s1", "acts/nb.ipynb"));
    let cell = |path: &str| json!({ "notebook_path": path, "cell_id": "c1", "new_source": "x=2\n" });
    let run = client(&world, setup)
        .prompt("go")
        .script([
            turn![tool("Read", read(&notebook)).named("read")],
            turn![tool("NotebookEdit", cell(&notebook)).named("edit")],
            turn![tool("Read", read(&copy)).named("read copy")],
            turn![tool("NotebookEdit", cell(&copy)).named("edit copy")],
        ])
        .run();
    worked(&run, "edit copy");
    assert!(run.context_seen(&copy));
    assert!(world.text(&copy).contains("x=2"), "{run}");
    assert_eq!(book(&world), before);
}

fn a_subagent_works_in_the_session(setup: Setup) {
    let world = installed();
    let before = book(&world);
    let (plan, copy) = (world.name("acts/plan.md"), world.session_name("s1", "acts/plan.md"));
    let task = json!({
        "description": "write", "prompt": "WRITER: change the plan", "subagent_type": "general-purpose",
        "run_in_background": false,
    });
    let run = client(&world, setup)
        .prompt("go")
        .script([turn![tool("Agent", task)], turn![say("Thanks.")]])
        .subagent(
            "WRITER",
            [
                turn![tool("Read", read(&plan)).named("read")],
                turn![tool("Write", json!({ "file_path": plan, "content": "by path\n" })).named("write")],
                turn![tool("Read", read(&copy)).named("read copy")],
                turn![
                    tool("Write", json!({ "file_path": copy, "content": "by copy\n" })).named("write copy")
                ],
            ],
        )
        .run();
    assert!(run.subagent_context_seen("WRITER", "session 's1' is active"), "{run}");
    assert!(run.context_seen("session 's1' is active"), "{run}");
    worked(&run, "write copy");
    assert_eq!(world.text(&copy), "by copy\n");
    assert_eq!(book(&world), before);
}

fn a_broken_session_stops_writing_and_not_reading(setup: Setup) {
    let world = installed();
    let before = book(&world);
    fs::write(world.session_file("s1", "session.json"), "{").unwrap();
    let plan = world.name("acts/plan.md");
    let run = client(&world, setup)
        .prompt("go")
        .script([
            turn![tool("Read", read(&plan)).named("read")],
            turn![tool("Edit", edit(&plan, "two", "TWO")).named("edit")],
            turn![
                tool("Write", json!({ "file_path": world.name("acts/new.md"), "content": "x" }))
                    .named("write")
            ],
        ])
        .run();
    worked(&run, "read");
    for label in ["edit", "write"] {
        assert!(run.tool_failed(label), "{run}");
        assert!(run.tool_result(label).contains("redraft recover s1"), "{run}");
    }
    assert_eq!(book(&world), before);
}

fn redrafts_records_cannot_be_written(setup: Setup) {
    let world = installed();
    let record = world.session_name("s1", "session.json");
    let before = world.text(&record);
    let run = client(&world, setup)
        .prompt("go")
        .script([
            turn![tool("Read", read(&record)).named("read")],
            turn![
                tool("Write", json!({ "file_path": world.session_name("s1", ".deleted/x"), "content": "x" }))
                    .named("write")
            ],
        ])
        .run();
    for label in ["read", "write"] {
        assert!(run.tool_failed(label) && run.tool_result(label).contains("redraft's own record"), "{run}");
    }
    assert_eq!(world.text(&record), before);
}

fn slash_commands_are_run_by_the_hook(setup: Setup) {
    let world = installed();
    let client = client(&world, setup);
    let seen = client.prompt("/session status").run();
    assert_eq!(seen.model_calls(), 0, "{seen}");
    assert!(seen.shown("s1"), "{seen}");
    let told = client.prompt("/session start other The \"last\" `act`").run();
    assert!(told.context_seen("redraft: result of /session start other"), "{told}");
    assert!(world.exists("workspace/sessions/other/session.json"));
}

fn a_rejection_is_recorded_before_the_model_answers(setup: Setup) {
    let window = "11111111-2222-4333-8444-555555555555";
    let world = installed();
    let (new, copy) = (world.name("acts/storm.md"), world.session_name("s1", "acts/storm.md"));
    let client = client(&world, setup);
    let write = tool("Write", json!({ "file_path": new, "content": "dull\n" }));
    client.prompt("go").session_id(window).script([turn![write]]).run();
    let run = client
        .prompt("Rewrite acts/storm.md, it is too dull")
        .resume(window)
        .script([turn![say("Done.")]])
        .run();
    assert!(run.context_seen("recorded retry 1 of acts/storm.md"), "{run}");
    assert!(run.context_seen(&copy), "{run}");
    let status = world.run(["status"]).ok().stdout;
    assert!(status.contains("too dull"), "{status}");
}
