//! What a commit waits for, and how it is told not to.

use serde_json::{Value, json};

use crate::support::world::World;

fn gated(gates: &Value) -> World {
    let world = World::book();
    let config = json!({ "schema": 1, "tracked": ["acts/**", "context/**"], "gates": gates });
    world.project_file("redraft.json", config.to_string());
    world.start("s1");
    world.change("acts/plan.md", "ONE\n");
    world
}

fn refused(world: &World, args: &[&str], code: i32) -> String {
    let before = world.project();
    let run = world.run(args);
    assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
    assert_eq!(world.project(), before, "nothing landed");
    run.stderr
}

#[test]
fn an_open_blocker_holds_the_commit_until_it_is_resolved() {
    let world = gated(&json!({ "open_blockers": true }));
    world.run(["blocker", "add", "Waiting on API keys"]).ok();
    let preview = world.run(["commit"]).ok().stdout;
    assert!(
        preview.contains("blockers: closed") && preview.contains("blk-1: Waiting on API keys"),
        "{preview}"
    );
    let said = refused(&world, &["commit", "--force"], 1);
    assert!(
        said.contains("The commit waits for: blockers") && said.contains("redraft blocker resolve"),
        "{said}"
    );
    world.run(["blocker", "resolve", "blk-1"]).ok();
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/plan.md"), "ONE\n");
}

#[test]
fn an_override_names_the_gate_and_its_reason_is_kept() {
    let world = gated(&json!({ "open_blockers": true, "unfinished_tasks": ["tdd"] }));
    world.run(["blocker", "add", "keys"]).ok();
    world.run(["task", "add", "docs only", "--kind", "docs"]).ok();
    world.run(["task", "add", "cover it", "--kind", "tdd"]).ok();
    let said = refused(&world, &["commit", "--force", "--override", "blockers", "--reason", "later"], 1);
    assert!(
        said.contains("waits for: tasks") && said.contains("task-2: cover it") && !said.contains("task-1"),
        "{said}"
    );
    assert!(refused(&world, &["commit", "--force", "--override", "blockers"], 2).contains("with a reason"));
    let typo = refused(&world, &["commit", "--force", "--override", "blocker", "--reason", "x"], 2);
    assert!(typo.contains("no gate 'blocker'") && typo.contains("blockers, tasks"), "{typo}");
    let args =
        ["commit", "--force", "--override", "blockers", "--override", "tasks", "--reason", "keys come later"];
    world.run(args).ok();
    world.run(["restore", "s1"]).ok();
    let notebook = world.text(world.session_file("s1", "notebook.jsonl"));
    let lines: Vec<Value> = notebook.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let gates: Vec<_> = lines.iter().filter(|line| line["kind"] == "gate").collect();
    assert_eq!(gates.len(), 2);
    assert_eq!((&gates[0]["sort"], &gates[0]["text"]), (&json!("blockers"), &json!("keys come later")));
}

#[test]
fn a_command_must_succeed_and_only_a_real_commit_runs_it() {
    let world = gated(
        &json!({ "commands": { "tests": "echo ran >> ran.txt; test -f ok || { echo no ok >&2; exit 3; }" } }),
    );
    let preview = world.run(["commit"]).ok().stdout;
    assert!(preview.contains("tests: is run before it lands") && !world.exists("ran.txt"), "{preview}");
    let run = world.run(["commit", "--force"]);
    assert!(run.code == 1 && run.stderr.contains("exit code 3: no ok"), "{}", run.stderr);
    assert_eq!(world.text("ran.txt"), "ran\n");
    world.run(["commit", "--force", "--override", "tests", "--reason", "by hand", "--files", "acts/none"]);
    assert_eq!(world.text("ran.txt"), "ran\n", "an overridden command is not run");
    world.project_file("ok", "");
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/plan.md"), "ONE\n");
}

#[test]
fn a_command_that_hangs_is_ended() {
    let world = gated(&json!({ "commands": { "slow": "sleep 60" }, "command_seconds": 1 }));
    assert!(refused(&world, &["commit", "--force"], 1).contains("took longer than 1 s"));
}

#[test]
fn without_gates_there_is_nothing_to_override() {
    let world = gated(&json!({}));
    let said = refused(&world, &["commit", "--force", "--override", "tests", "--reason", "x"], 2);
    assert!(said.contains("Gates of this project: none"), "{said}");
    world.run(["commit", "--force"]).ok();
}

/// What would land is judged, not what is there already.
#[test]
fn a_command_sees_the_session() {
    let world = gated(&json!({ "commands": { "ends": "grep -q 'The end' acts/plan.md" } }));
    world.change("acts/plan.md", "no end yet\n");
    let said = refused(&world, &["commit", "--force"], 1);
    assert!(said.contains("ends"), "{said}");
    world.change("acts/plan.md", "The end\n");
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/plan.md"), "The end\n");
}
