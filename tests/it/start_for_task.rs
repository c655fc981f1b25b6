//! Starting with a task: the session it belongs to, or a new one with a name made of it; also types, objectives, git.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::world::World;

fn told(world: &World, args: &[&str]) -> Value {
    let run = world.run(args.iter().copied().chain(["--json"])).ok();
    serde_json::from_str(&run.stdout).unwrap()
}

fn said(world: &World, args: &[&str]) -> String {
    world.run(args).ok().stdout
}

fn sessions(world: &World) -> BTreeSet<String> {
    let list = told(world, &["list"]);
    list["sessions"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_string()).collect()
}

#[test]
fn auto_makes_a_session_when_none_is_open() {
    let world = World::book();
    let text = said(&world, &["start", "--auto", "implement OAuth2 authentication"]);
    let first: Vec<&str> = text.lines().take(3).collect();
    assert_eq!(
        first,
        [
            "ANALYSIS: No active sessions",
            "DECISION: Creating new session",
            "SESSION_ID: implement-oauth2-authentication"
        ]
    );
    let status = told(&world, &["status"]);
    assert_eq!(status["session"], "implement-oauth2-authentication");
    assert_eq!(status["description"], "implement OAuth2 authentication");
}

#[test]
fn auto_goes_on_in_the_session_that_the_task_belongs_to() {
    let world = World::book();
    world.run(["start", "auth", "implement OAuth2 authentication"]).ok();
    let text = said(&world, &["start", "--auto", "OAuth2 authentication tests", "--objective", "Cover it"]);
    assert!(text.starts_with(
        "ANALYSIS: Task relevance = high\nDECISION: Reusing existing session\nSESSION_ID: auth\n"
    ));
    assert_eq!(sessions(&world).len(), 1);
    assert_eq!(told(&world, &["objective", "list"])["things"][0]["text"], "Cover it");
    let answer = told(&world, &["start", "--auto", "repaint the fence"]);
    assert_eq!(answer["session"], "repaint-the-fence");
    assert_eq!(answer["chosen"]["decision"], "Creating new session");
    assert_eq!(answer["took_over_from"], "auth");
}

#[test]
fn auto_takes_the_best_of_several_and_warns() {
    let world = World::book();
    world.run(["start", "payments", "Payment flow and invoices"]).ok();
    world.run(["start", "final", "Переписать финальную сцену третьей главы"]).ok();
    world.run(["start", "auth", "Login and authentication"]).ok();
    let answer = told(&world, &["start", "--auto", "сцены финала: глава третья"]);
    assert_eq!(
        (&answer["to"], &answer["chosen"]["decision"]),
        (&json!("final"), &json!("Reusing existing session"))
    );
    assert_eq!(answer["chosen"]["warning"], "Multiple active sessions detected");
    assert_eq!(answer["chosen"]["candidates"].as_array().unwrap().len(), 3);
    let text = said(&world, &["start", "--auto", "draw a map"]);
    assert!(
        text.starts_with("WARNING: Multiple active sessions detected\nANALYSIS: Task relevance = none\n"),
        "{text}"
    );
    assert!(text.contains("\nSESSION_ID: draw-a-map\n"), "{text}");
}

#[test]
fn new_always_makes_one_and_counts_names() {
    let world = World::book();
    for expected in ["perepisat-final", "perepisat-final-2", "perepisat-final-3"] {
        let text = said(&world, &["start", "--new", "Переписать финал!", "--type", "docs"]);
        assert!(
            text.starts_with(&format!("DECISION: Creating new session\nSESSION_ID: {expected}\n")),
            "{text}"
        );
    }
    assert_eq!(told(&world, &["status"])["type"], "docs");
}

#[test]
fn starts_at_the_same_time_get_names_of_their_own() {
    let world = World::book();
    let names: BTreeSet<String> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..12)
            .map(|_| scope.spawn(|| told(&world, &["start", "--new", "same task"])["session"].to_string()))
            .collect();
        running.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(names.len(), 12, "{names:?}");
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_made() {
    let world = World::book();
    for (args, code, part) in [
        (
            vec!["start", "x", "--type", "workflows"],
            2,
            "Invalid session type. Valid types: workflow, review, tdd, test, docs",
        ),
        (vec!["start", "--auto"], 2, "--auto mode requires task description"),
        (vec!["start", "--new"], 2, "--new mode requires task description"),
        (vec!["start"], 2, "needs <NAME>"),
        (vec!["start", "x", "--objective", " "], 2, "needs a text"),
        (vec!["start", "x", "--branch", "b"], 1, "not in a git work tree"),
        (vec!["start", "--auto", "x", "--new"], 2, "cannot be used with"),
    ] {
        let run = world.run(args.iter().copied());
        assert!(run.code == code && run.stderr.contains(part), "{args:?}: {}", run.stderr);
    }
    assert!(sessions(&world).is_empty());
}

#[test]
fn objectives_and_type_are_there_from_the_start() {
    let world = World::book();
    let text = said(
        &world,
        &["start", "auth", "--type", "tdd", "--objective", "One, with a comma", "--objective", "Two"],
    );
    assert!(text.contains("Type: tdd") && text.contains("One, with a comma"), "{text}");
    let objectives = told(&world, &["objective", "list"]);
    assert_eq!(objectives["things"][1]["id"], "obj-2");
    assert_eq!(told(&world, &["objective", "add", "Three"])["things"][0]["id"], "obj-3");
}

fn git(world: &World, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@b.c"])
        .args(args)
        .current_dir(world.root())
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

#[test]
fn a_branch_is_made_or_gone_to_and_nothing_uncommitted_is_lost() {
    let world = World::book();
    git(&world, &["init", "-q", "-b", "main"]);
    git(&world, &["add", "acts"]);
    git(&world, &["commit", "-qm", "one"]);
    world.run(["start", "a", "--branch", "feature/a"]).ok();
    assert_eq!(git(&world, &["branch", "--show-current"]), "feature/a");
    world.project_file("acts/plan.md", "two\n");
    git(&world, &["commit", "-qam", "two"]);
    world.project_file("acts/plan.md", "not committed\n");
    let refused = world.run(["start", "b", "--branch", "main"]);
    assert!(
        refused.code == 1 && refused.stderr.contains("did not go to the branch 'main'"),
        "{}",
        refused.stderr
    );
    assert_eq!(world.text("acts/plan.md"), "not committed\n");
    assert_eq!(sessions(&world), BTreeSet::from(["a".to_string()]));
    git(&world, &["checkout", "-q", "acts/plan.md"]);
    world.run(["start", "b", "--branch", "main"]).ok();
    assert_eq!(git(&world, &["branch", "--show-current"]), "main");
    for odd in ["-f", "a..b", "--orphan"] {
        let run = world.run(["start", "c", &format!("--branch={odd}")]);
        assert!(
            run.code == 2 && run.stderr.contains("cannot be the name of a git branch"),
            "{odd}: {}",
            run.stderr
        );
    }
}
