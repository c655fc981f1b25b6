//! What a session remembers: things with ids that stay, changes that are lines, and nothing made by a typo.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::support::world::World;

fn told(world: &World, args: &[&str]) -> Value {
    let run = world.run(args.iter().copied().chain(["--json"])).ok();
    serde_json::from_str(&run.stdout).unwrap()
}

fn refused(world: &World, args: &[&str]) -> (i32, String) {
    let run = world.run(args.iter().copied().chain(["--json"]));
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(answer["ok"], false, "{answer}");
    (run.code, answer["error"].to_string())
}

fn lines(world: &World, session: &str) -> Vec<Value> {
    let text = world.text(world.session_file(session, "notebook.jsonl"));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_change_is_a_line_and_nothing_is_rewritten() {
    let world = World::book();
    world.start("s1");
    let added = told(&world, &["objective", "add", "Implement OAuth2 integration"]);
    assert_eq!(added["things"][0]["id"], "obj-1");
    told(&world, &["objectives", "add", "Second"]);
    told(&world, &["task", "add", "Cover it", "--kind", "tdd"]);
    let before = world.text(world.session_file("s1", "notebook.jsonl"));
    told(&world, &["objective", "complete", "obj-1"]);
    told(&world, &["task", "set", "1", "blocked", "no", "ink"]);
    told(&world, &["task", "set", "task-1", "in_progress"]);
    let after = world.text(world.session_file("s1", "notebook.jsonl"));
    assert!(after.starts_with(&before));
    let task = &told(&world, &["task", "show", "task-1"])["things"][0];
    let history: Vec<&str> =
        task["history"].as_array().unwrap().iter().map(|step| step["status"].as_str().unwrap()).collect();
    assert_eq!(history, ["pending", "blocked", "in_progress"]);
    assert_eq!((&task["sort"], &task["history"][1]["said"]), (&json!("tdd"), &json!("no ink")));
    let status = told(&world, &["status"]);
    assert_eq!(status["progress"]["objectives"], 2);
    assert_eq!(status["progress"]["objectives_completed"], 1);
    assert_eq!(status["counts"], json!({ "modified": 0, "created": 0, "deleted": 0 }));
}

#[test]
fn blockers_are_resolved_and_decisions_keep_their_reasons() {
    let world = World::book();
    world.start("s1");
    told(&world, &["blocker", "add", "Waiting on API keys"]);
    assert_eq!(told(&world, &["status"])["progress"]["blockers_open"], 1);
    told(&world, &["blockers", "resolve", "blk-1", "they came"]);
    let blockers = told(&world, &["blocker", "list"]);
    assert_eq!(blockers["things"][0]["status"], "resolved");
    assert_eq!(blockers["progress"]["blockers_open"], 0);
    let args =
        ["decision", "add", "Repository pattern", "--rationale", "separates", "--alternatives", "a: b"];
    told(&world, &args);
    let decision = &told(&world, &["decisions", "list"])["things"][0];
    assert_eq!((&decision["rationale"], &decision["alternatives"]), (&json!("separates"), &json!(["a: b"])));
    told(&world, &["note", "add", "Буря до письма"]);
    let text = world.run(["note", "list"]).ok().stdout;
    assert!(text.contains("note-1  Буря до письма"), "{text}");
}

#[test]
fn a_typo_makes_nothing() {
    let world = World::book();
    world.start("s1");
    told(&world, &["task", "add", "one"]);
    let before = world.session("s1");
    for (args, code, part) in [
        (vec!["task", "set", "task-9", "completed"], 1, "No task 'task-9'"),
        (vec!["task", "set", "task-1", "compleet"], 2, "completed"),
        (vec!["task", "show", "nothing"], 1, "No task"),
        (vec!["objective", "complete", "task-1"], 1, "No objective"),
        (vec!["objective", "complete", "obj-1"], 1, "No objective"),
        (vec!["objective", "add", "  "], 2, "needs a text"),
        (vec!["tag", "add", "two words"], 2, "one word"),
        (vec!["tag", "rm", "draft"], 1, "No tag"),
        (vec!["task", "set", "task-1", "pending"], 1, "already"),
    ] {
        let (got, error) = refused(&world, &args);
        assert!(got == code && error.contains(part), "{args:?}: {got} {error}");
    }
    assert_eq!(world.session("s1"), before);
}

#[test]
fn tags_are_kept_once_and_taken_off() {
    let world = World::book();
    world.start("s1");
    told(&world, &["tag", "add", "#Draft", "chapter-01", "draft"]);
    told(&world, &["tag", "add", "draft"]);
    assert_eq!(told(&world, &["status"])["tags"], json!(["draft", "chapter-01"]));
    told(&world, &["tag", "rm", "draft"]);
    assert_eq!(told(&world, &["status"])["tags"], json!(["chapter-01"]));
    told(&world, &["tag", "add", "draft"]);
    assert_eq!(told(&world, &["status"])["tags"], json!(["chapter-01", "draft"]));
}

#[test]
fn callers_at_the_same_time_never_get_the_same_id() {
    let world = World::book();
    world.start("s1");
    std::thread::scope(|scope| {
        for caller in 0..8 {
            let world = &world;
            scope.spawn(move || {
                for nth in 0..5 {
                    world.run(["note", "add", &format!("{caller} {nth}")]).ok();
                }
            });
        }
    });
    let ids: BTreeSet<String> = lines(&world, "s1").iter().map(|line| line["id"].to_string()).collect();
    assert_eq!(ids.len(), 40);
}

#[test]
fn a_bad_line_is_counted_and_the_session_goes_on() {
    let world = World::book();
    world.start("s1");
    told(&world, &["note", "add", "one"]);
    let file = world.session_file("s1", "notebook.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("rubbish\n{text}{{\"id\":\"torn")).unwrap();
    assert_eq!(told(&world, &["note", "add", "two"])["things"][0]["id"], "note-2");
    let notes = told(&world, &["note", "list"]);
    assert_eq!((notes["things"].as_array().unwrap().len(), &notes["unreadable"]), (2, &json!(1)));
    assert_eq!(told(&world, &["list"])["sessions"][0]["status"], "ACTIVE");
}

#[test]
fn the_notebook_is_not_the_agents_to_edit_and_no_part_of_the_layer() {
    let world = World::book();
    world.start("s1");
    told(&world, &["note", "add", "mine"]);
    let input = json!({ "file_path": world.session_name("s1", "notebook.jsonl"), "content": "" });
    assert!(world.pre("Write", input).denied().contains("redraft's own record"));
    world.change("acts/plan.md", "ONE\n");
    world.run(["commit", "--force"]).ok();
    assert!(!world.exists("notebook.jsonl"));
    world.run(["restore", "s1"]).ok();
    world.run(["switch", "s1"]).ok();
    assert_eq!(told(&world, &["note", "list"])["things"][0]["text"], "mine");
}

#[test]
fn slash_commands_write_and_show_it() {
    let world = World::book();
    world.start("s1");
    let said = world.slash("session", "objective add Переписать финал -- и точка").context();
    assert!(
        said.contains("OBJECTIVE ADDED: obj-1") && said.contains("/session objective complete obj-1"),
        "{said}"
    );
    let shown = world.slash("session", "objectives").shown();
    assert!(shown.contains("obj-1  Переписать финал -- и точка"), "{shown}");
    assert!(
        world.slash("session", "objective complete obj-7").context().contains("ERROR: No objective 'obj-7'")
    );
}

#[test]
fn without_a_session_there_is_no_notebook() {
    let world = World::book();
    let (code, error) = refused(&world, &["note", "add", "x"]);
    assert!(code == 1 && error.contains("No active session"), "{error}");
}
