//! Looking back: what sessions came to, open and ended, is told from what they keep.

use std::fs;

use serde_json::{Value, json};

use crate::crash::write;
use crate::support::world::World;

fn told(world: &World, args: &[&str]) -> Value {
    let run = world.run(args.iter().copied().chain(["--json"])).ok();
    serde_json::from_str(&run.stdout).unwrap()
}

fn names(history: &Value) -> Vec<String> {
    let sessions = history["sessions"].as_array().unwrap().iter();
    sessions
        .map(|one| format!("{} {}", one["session"].as_str().unwrap(), one["state"].as_str().unwrap()))
        .collect()
}

/// Four sessions, each ended in another way, over four days.
fn four() -> World {
    let world = World::book().at("2026-01-05T10:00:00Z");
    world.run(["start", "landed-one", "The harbour", "--objective", "Write it"]).ok();
    write(&world, "acts/harbour.md", "A harbour\nwith ships\n");
    write(&world, "acts/plan.md", "ONE\n");
    let world = world.at("2026-01-05T12:15:00Z");
    world.run(["objective", "complete", "obj-1"]).ok();
    world.run(["commit", "--force"]).ok();
    let world = world.at("2026-01-06T10:00:00Z");
    world.run(["start", "put-away"]).ok();
    write(&world, "acts/plan.md", "TWO\n");
    world.run(["archive"]).ok();
    let world = world.at("2026-01-07T10:00:00Z");
    world.run(["start", "cancelled-one"]).ok();
    world.run(["cancel"]).ok();
    let world = world.at("2026-01-08T10:00:00Z");
    world.run(["start", "open-one", "--type", "tdd"]).ok();
    write(&world, "acts/plan.md", "THREE\n");
    write(&world, "acts/other.md", "other\n");
    world.run(["retry", "acts/plan.md", "too plain"]).ok();
    world
}

#[test]
fn history_has_the_sessions_wherever_they_are_the_latest_first() {
    let world = four();
    let all = told(&world, &["history"]);
    assert_eq!(
        names(&all),
        ["open-one open", "cancelled-one cancelled", "put-away archived", "landed-one landed"]
    );
    assert_eq!((&all["more"], &all["sessions"][0]["metrics"]), (&json!(false), &Value::Null));
    let two = told(&world, &["history", "--count", "2", "--metrics"]);
    assert_eq!((names(&two).len(), &two["more"]), (2, &json!(true)));
    assert_eq!(two["sessions"][0]["metrics"]["retries"], 1);
    let landed = &told(&world, &["history", "--metrics"])["sessions"][3];
    assert_eq!(landed["ended_at"], "2026-01-05T12:15:00Z");
    let metrics = &landed["metrics"];
    assert_eq!(metrics["active_seconds"], 8_100);
    assert_eq!(metrics["progress"]["objectives_completed"], 1);
    assert_eq!(metrics["landed"], json!({ "modified": 1, "created": 1, "deleted": 0 }));
    assert_eq!(metrics["changes"], json!({ "modified": 0, "created": 0, "deleted": 0 }));
    assert_eq!(world.run(["history", "--count", "0"]).code, 2);
    let shown = world.slash("session", "history --metrics --count 2").shown();
    assert!(shown.contains("HISTORY (the latest 2 sessions)") && shown.contains("1 retry"), "{shown}");
}

#[test]
fn one_that_was_brought_back_is_told_once_where_it_is_now() {
    let world = four();
    world.run(["restore", "landed-one"]).ok();
    world.run(["reopen", "put-away"]).ok();
    let all = names(&told(&world, &["history"]));
    assert!(
        all.contains(&"landed-one open".to_string()) && all.contains(&"put-away open".to_string()),
        "{all:?}"
    );
    assert_eq!(all.len(), 4);
    world.run(["undo"]).ok();
    let all = told(&world, &["history", "--metrics"]);
    let own = all["sessions"].as_array().unwrap().iter().find(|one| one["session"] == "landed-one").unwrap();
    assert_eq!(own["metrics"]["landings"], 0, "what was taken back does not count");
}

#[test]
fn a_session_that_cannot_be_read_does_not_hide_the_others() {
    let world = four();
    fs::write(world.session_file("open-one", "session.json"), "{").unwrap();
    assert_eq!(names(&told(&world, &["history"])).len(), 3);
}

#[test]
fn two_sessions_side_by_side() {
    let world = four();
    let compared = told(&world, &["compare", "open-one", "put-away"]);
    assert_eq!(compared["both"], json!(["acts/plan.md"]));
    assert_eq!((&compared["only_a"], &compared["only_b"]), (&json!(["acts/other.md"]), &json!([])));
    let with_own = told(&world, &["compare", "landed-one"]);
    assert_eq!(
        (&with_own["a"]["session"], &with_own["b"]["session"]),
        (&json!("open-one"), &json!("landed-one"))
    );
    assert_eq!(with_own["only_b"], json!(["acts/harbour.md"]), "what it landed are its files");
    assert_eq!(with_own["b"]["metrics"]["landings"], 1);
    for (args, code) in
        [(vec!["compare", "open-one"], 2), (vec!["compare", "nobody"], 1), (vec!["compare", "../x"], 2)]
    {
        assert_eq!(world.run(&args).code, code, "{args:?}");
    }
    assert!(world.slash("session", "compare open-one put-away").shown().contains("Files of both (1)"));
}
