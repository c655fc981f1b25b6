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

/// Three sessions that landed, each with a retry, over three weeks.
fn weeks() -> World {
    let mut world = World::book();
    for (name, day, reason) in [
        ("one", "06", "too much exposition"),
        ("two", "14", "Exposition again!"),
        ("three", "15", "no voice"),
    ] {
        world = world.at(&format!("2026-01-{day}T10:00:00Z"));
        world.run(["start", name]).ok();
        world.run(["task", "add", "Write it"]).ok();
        write(&world, "acts/plan.md", &format!("{name}\n"));
        write(&world, "acts/map.md", &format!("{name} map\n"));
        world.run(["retry", "acts/plan.md", reason]).ok();
        world.run(["task", "set", "task-1", "completed"]).ok();
        world = world.at(&format!("2026-01-{day}T12:00:00Z"));
        world.run(["commit", "--force"]).ok();
    }
    world.at("2026-01-21T10:00:00Z")
}

#[test]
fn an_analysis_counts_what_was_done_week_by_week_and_what_comes_again() {
    let world = weeks();
    let found = told(&world, &["analyze"]);
    let weeks = found["velocity"]["weeks"].as_array().unwrap();
    let told_of: Vec<String> = weeks
        .iter()
        .map(|week| {
            format!(
                "{} {} {} {} {}",
                week["from"], week["ended"], week["tasks_completed"], week["files"], week["retries"]
            )
            .replace('"', "")
        })
        .collect();
    assert_eq!(told_of, ["2026-01-05 1 1 2 1", "2026-01-12 2 2 4 2", "2026-01-19 0 0 0 0"]);
    assert_eq!(found["velocity"]["median_seconds_to_land"], 7_200);
    assert_eq!(found["retries"][0]["file"], "acts/plan.md");
    assert_eq!(
        (&found["retries"][0]["times"], &found["retries"][0]["sessions"]),
        (&json!(3), &json!(["three", "two", "one"]))
    );
    let patterns = &found["patterns"];
    assert_eq!(patterns["together"], json!([{ "a": "acts/map.md", "b": "acts/plan.md", "times": 3 }]));
    assert_eq!(patterns["hot"][0]["sessions"], 3);
    assert_eq!(
        (&patterns["reasons"][0]["word"], &patterns["reasons"][0]["times"]),
        (&json!("exposition"), &json!(2))
    );
    assert_eq!(patterns["reasons"].as_array().unwrap().len(), 1, "{patterns}");

    let since = told(&world, &["analyze", "--velocity", "--retries", "--since", "2026-01-15"]);
    assert_eq!(since["velocity"]["weeks"][0]["files"], 2);
    assert_eq!(
        (&since["retries"][0]["times"], &since["patterns"], &since["tdd"]),
        (&json!(1), &Value::Null, &Value::Null)
    );
    world.run(["undo"]).ok();
    let undone = told(&world, &["analyze", "--velocity"]);
    assert_eq!(undone["velocity"]["weeks"][1]["files"], 2, "what was taken back does not count");
    assert!(world.slash("session", "analyze --patterns").shown().contains("landed together 2 times"));
    assert_eq!(world.run(["analyze", "--since", "soon"]).code, 2);
}

#[test]
fn cycles_are_counted_and_rules_that_were_not_kept_are_named() {
    let world = World::book();
    world.run(["start", "kept", "--type", "tdd"]).ok();
    for phase in ["RED", "GREEN", "REFACTOR", "RED", "GREEN"] {
        world.run(["checkpoint", "--tdd-phase", phase]).ok();
    }
    write(&world, "acts/auth.rs", "fn a() {}\n");
    write(&world, "acts/auth_test.rs", "fn t() {}\n");
    world.run(["commit", "--force"]).ok();
    let kept = told(&world, &["analyze"]);
    assert_eq!(kept["tdd"], json!({ "sessions": 1, "cycles": 2, "red": 2, "green": 2, "refactor": 1 }));
    assert_eq!(kept["discipline"], json!([]));

    world.run(["start", "broken", "--type", "tdd"]).ok();
    world.run(["checkpoint", "--tdd-phase", "GREEN"]).ok();
    world.run(["checkpoint", "--tdd-phase", "RED"]).ok();
    world.run(["task", "add", "Cover it"]).ok();
    write(&world, "acts/auth.rs", "fn b() {}\n");
    world.run(["commit", "--force"]).ok();
    let found = told(&world, &["analyze", "--discipline"])["discipline"].clone();
    let rules: Vec<&str> =
        found.as_array().unwrap().iter().map(|lapse| lapse["rule"].as_str().unwrap()).collect();
    assert_eq!(
        rules,
        ["green_without_red", "red_without_green", "no_cycle", "no_tests", "landed_unfinished"]
    );
    // Who writes prose has no tests to write, and no cycles to keep.
    world.run(["start", "prose"]).ok();
    write(&world, "acts/plan.md", "ONE\n");
    world.run(["commit", "--force"]).ok();
    assert_eq!(told(&world, &["analyze", "--discipline"])["discipline"].as_array().unwrap().len(), 5);
}

#[test]
fn a_report_is_a_document_in_three_forms() {
    let world = weeks();
    world.run(["start", "now", "--objective", "Write <b>it</b>"]).ok();
    world.run(["decision", "add", "Use a | pipe", "--rationale", "because"]).ok();
    world.run(["blocker", "add", "no keys"]).ok();
    let weekly = told(&world, &["report", "--weekly"]);
    assert_eq!((&weekly["period"], &weekly["from"]), (&json!("weekly"), &json!("2026-01-14T10:00:00Z")));
    assert_eq!(weekly["sessions"].as_array().unwrap().len(), 3, "one was over before");
    assert_eq!((&weekly["totals"]["files"], &weekly["totals"]["retries"]), (&json!(4), &json!(2)));
    assert_eq!(weekly["completed"].as_array().unwrap().len(), 2);
    assert_eq!(weekly["next"][0]["text"], "Write <b>it</b>");
    let project = told(&world, &["report", "--project"]);
    assert_eq!((&project["from"], &project["totals"]["files"]), (&Value::Null, &json!(6)));
    assert_eq!(project["sessions"].as_array().unwrap().len(), 4);

    let markdown = world.run(["report"]).ok().stdout;
    for part in
        ["# ", "## In the way", "* no keys (now)", "* Use a \\| pipe (now)\n  * because", "\\<b\\>it\\</b\\>"]
    {
        assert!(markdown.contains(part), "{part} in\n{markdown}");
    }
    let html = world.run(["report", "--format", "html"]).ok().stdout;
    assert!(html.starts_with("<!doctype html>") && html.contains("Write &lt;b&gt;it&lt;/b&gt;"), "{html}");
    assert!(!html.contains("<b>") && !html.contains("http"), "{html}");
    let json: Value = serde_json::from_str(&world.run(["report", "--format", "json"]).ok().stdout).unwrap();
    assert_eq!(json, told(&world, &["report"]));
    let refused = world.run(["report", "--format", "pdf"]);
    assert!(refused.code == 2 && refused.stderr.contains("markdown, json, html"), "{}", refused.stderr);
}

#[test]
fn gc_tells_first_and_takes_only_what_nobody_keeps() {
    let world = World::book().at("2026-01-01T10:00:00Z");
    world.start("kept-open");
    write(&world, "acts/plan.md", "OPEN\n");
    world.start("put-away");
    write(&world, "acts/plan.md", "AWAY\n");
    world.run(["archive"]).ok();
    world.start("old");
    write(&world, "acts/act-1/chapter-01/scene-0101.md", "an old idea\n");
    world.run(["cancel"]).ok();
    let world = world.at("2027-06-01T10:00:00Z");
    fs::write(world.path("workspace/.redraft/tmp/left"), "half").unwrap();
    // A base that an earlier version kept on a shelf, and nobody refers to any more.
    let shelf = world.path("workspace/.redraft/blobs/ab");
    fs::create_dir(&shelf).unwrap();
    fs::write(shelf.join("cd".repeat(31)), "old").unwrap();
    let before = crate::crash::everything(&world);
    let dry = told(&world, &["gc", "--dry-run"]);
    assert_eq!(crate::crash::everything(&world), before, "it only tells");
    assert_eq!(dry["sessions"], json!(["old.20260101-100000.cancelled"]));
    assert_eq!((&dry["dry_run"], &dry["temporary"], &dry["bases"]), (&json!(true), &json!(1), &json!(2)));
    let done = told(&world, &["gc"]);
    assert_eq!(
        (&done["sessions"], &done["bases"], &done["bytes"]),
        (&dry["sessions"], &dry["bases"], &dry["bytes"])
    );
    assert!(!world.exists("workspace/.redraft/tmp/left"));
    let again = told(&world, &["gc"]);
    assert_eq!((&again["bases"], &again["temporary"], &again["bytes"]), (&json!(0), &json!(0), &json!(0)));
    assert_eq!(world.run(["restore", "old"]).code, 1);
    world.run(["reopen", "put-away"]).ok();
    for (name, text) in [("put-away", "AWAY\n"), ("kept-open", "OPEN\n")] {
        world.run(["switch", name]).ok();
        world.run(["commit", "--force", "--ours", "**"]).ok();
        assert_eq!(world.text("acts/plan.md"), text);
    }
}
