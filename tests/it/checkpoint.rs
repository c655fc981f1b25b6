//! Checkpoints and rollbacks: the layer as it was, whole, also after a kill; git commits of what has landed alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::crash::{contents, rich_session, write};
use crate::support::world::World;

fn told(world: &World, args: &[&str]) -> Value {
    let run = world.run(args.iter().copied().chain(["--json"])).ok();
    serde_json::from_str(&run.stdout).unwrap()
}

/// The layer and its whiteouts, and what it comes to.
fn layer(world: &World) -> String {
    let own = world.session("s1");
    let records =
        ["session.json", "notebook.jsonl", "cow-files.jsonl", ".checkpoints", ".removed", "human-retries"];
    let is_record = |line: &str| {
        records.iter().any(|record| line.split(' ').nth(1).is_some_and(|p| p.starts_with(record)))
    };
    let path = |line: &str| line.split_once(' ').unwrap().1.to_string();
    let files: Vec<String> = own.lines().filter(|line| !line.ends_with('/')).map(path).collect();
    // A directory that nothing is in any more is no change, and a checkpoint does not keep it.
    let is_empty =
        |line: &str| line.ends_with('/') && !files.iter().any(|file| file.starts_with(&path(line)));
    let lines: Vec<&str> = own.lines().filter(|line| !is_record(line) && !is_empty(line)).collect();
    let changes = told(world, &["status"]);
    format!("{}\n{}\n{}", lines.join("\n"), changes["counts"], changes["changes"])
}

fn changed(world: &World, edit: impl Fn(&World)) {
    edit(world);
    write(world, "acts/plan.md", "FOUR\n");
    write(world, "acts/another.md", "another\n");
    world.run(["rm", "acts/new", "acts/file-to-dir"]).ok();
    world.run(["mv", "context/alexa-renamed.md", "acts/gone"]).ok();
}

#[test]
fn a_rollback_brings_everything_back_and_can_be_taken_back() {
    let world = World::book();
    rich_session(&world);
    let project = world.project();
    let first = layer(&world);
    assert_eq!(told(&world, &["checkpoint", "--label", "rich"])["checkpoint"]["id"], "cp-1");
    changed(&world, |_| {});
    let second = layer(&world);
    assert_ne!(first, second);
    let back = told(&world, &["rollback", "cp-1"]);
    assert_eq!((&back["to"], &back["undo"]), (&json!("cp-1"), &json!("cp-2")));
    assert_eq!(layer(&world), first);
    let mode = fs::metadata(world.session_file("s1", "acts/run.sh")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    told(&world, &["rollback", "cp-2"]);
    assert_eq!(layer(&world), second);
    told(&world, &["rollback", "1"]);
    assert_eq!(layer(&world), first);
    assert_eq!(world.project(), project);
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/plan.md"), "ONE\nTWO\nTHREE\n");
}

#[test]
fn what_changed_is_counted_from_the_checkpoint_before() {
    let world = World::book();
    world.start("s1");
    write(&world, "acts/plan.md", "ONE\n");
    write(&world, "acts/new.md", "new\n");
    let first = told(&world, &["checkpoint"]);
    assert_eq!(first["checkpoint"]["counts"], json!({ "modified": 1, "created": 1, "deleted": 0 }));
    assert_eq!(first["checkpoint"]["since"], Value::Null);
    assert_eq!(told(&world, &["checkpoint"])["changes"], json!([]), "nothing happened in between");
    write(&world, "acts/new.md", "newer\n");
    world.run(["mv", "context/characters/alexa.md", "context/alexa.md"]).ok();
    world.run(["rm", "acts/act-1/chapter-01/scene-0102.md"]).ok();
    let third = told(&world, &["checkpoint", "--label", "third"]);
    let ops: Vec<String> = third["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| format!("{} {} {}", change["op"], change["path"], change["from"]).replace('"', ""))
        .collect();
    assert_eq!(
        ops,
        [
            "deleted acts/act-1/chapter-01/scene-0102.md null",
            "modified acts/new.md null",
            "renamed context/alexa.md context/characters/alexa.md",
        ]
    );
    let list = told(&world, &["checkpoints"]);
    assert_eq!(list["checkpoints"][0]["label"], "third");
    assert_eq!(list["checkpoints"].as_array().unwrap().len(), 3);
}

#[test]
fn a_checkpoint_costs_what_changed_since_the_one_before() {
    let world = World::book();
    world.start("s1");
    for n in 0..20 {
        write(&world, &format!("acts/many/{n}.md"), &format!("number {n}\n"));
    }
    told(&world, &["checkpoint"]);
    write(&world, "acts/many/7.md", "another seven\n");
    let traced = world.with("REDRAFT_FAILPOINT", "trace");
    let run = traced.run(["checkpoint"]).ok();
    let copies =
        run.stderr.lines().filter(|line| line.contains(" write ") && line.contains("/.redraft/tmp/")).count();
    assert_eq!(copies, 1, "{}", run.stderr);
}

#[test]
fn a_partial_commit_between_is_respected() {
    let world = World::book();
    world.start("s1");
    write(&world, "acts/plan.md", "ONE\n");
    write(&world, "acts/new.md", "new\n");
    told(&world, &["checkpoint"]);
    world.run(["commit", "--force", "--files", "acts/plan.md"]).ok();
    told(&world, &["rollback", "cp-1"]);
    // What is in the project already is no change any more.
    assert_eq!(told(&world, &["status"])["counts"], json!({ "modified": 0, "created": 1, "deleted": 0 }));
    write(&world, "acts/plan.md", "TWO\n");
    world.run(["commit", "--force", "--on-conflict", "ours"]).ok();
    assert_eq!(world.text("acts/plan.md"), "TWO\n");
}

#[test]
fn what_is_not_there_is_refused_and_nothing_changes() {
    let world = World::book();
    rich_session(&world);
    told(&world, &["checkpoint"]);
    let before = layer(&world);
    for id in ["cp-9", "cp-x", "../cp-1", "", "session.json"] {
        let run = world.run(["rollback", id]);
        assert!(run.code == 1 && run.stderr.contains("redraft checkpoints"), "{id}: {}", run.stderr);
    }
    for (args, part) in [
        (vec!["checkpoint", "--tdd-phase", "BLUE"], "Valid phases: RED, GREEN, REFACTOR"),
        (vec!["checkpoint", "--message", "x"], "is for the git commit"),
    ] {
        let run = world.run(args);
        assert!(run.code == 2 && run.stderr.contains(part), "{}", run.stderr);
    }
    let list = world.session_file("s1", ".checkpoints/cp-1.json");
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, &text[..text.len() / 2]).unwrap();
    assert_eq!(world.run(["rollback", "cp-1"]).code, 5);
    assert_eq!(layer(&world), before);
    assert_eq!(
        told(&world, &["checkpoint"])["checkpoint"]["id"],
        "cp-2",
        "a bad list is no obstacle for the next"
    );
}

/// A session that changed since its checkpoint.
fn ground() -> World {
    let world = World::book();
    rich_session(&world);
    world.run(["checkpoint"]).ok();
    changed(&world, |_| {});
    world
}

#[test]
fn killed_anywhere_the_layer_is_old_or_new_after_the_next_command() {
    let world = ground();
    let before = layer(&world);
    let traced = world.with("REDRAFT_FAILPOINT", "trace");
    let calls = traced.run(["rollback", "cp-1"]).ok().stderr.matches("failpoint ").count();
    let after = layer(&traced.with("REDRAFT_FAILPOINT", ""));
    assert!(calls > 20, "{calls}");
    // A kill comes anywhere; failures are the same code, seen at every third call.
    for (plan, step) in [("kill", 1), ("enospc", 3)] {
        for n in (1..=calls).step_by(step) {
            let at = format!("{plan}@{n}");
            let world = ground();
            let precious = contents(world.root());
            let world = world.with("REDRAFT_FAILPOINT", &at);
            let run = world.run(["rollback", "cp-1"]);
            let world = world.with("REDRAFT_FAILPOINT", "");
            world.run(["recover"]).ok();
            let now = layer(&world);
            assert!(now == before || now == after, "{at}: neither old nor new:\n{now}\n{}", run.stderr);
            assert!(run.code != 0 || now == after, "{at}: success was reported");
            let kept = contents(world.root());
            for word in &precious {
                assert!(kept.contains(word), "{at}: lost {:?}", String::from_utf8_lossy(word));
            }
            world.pre_on("Edit", "acts/plan.md").redirect();
        }
    }
}

#[test]
fn a_checkpoint_killed_anywhere_is_whole_or_not_there() {
    let world = ground();
    let before = layer(&world);
    let traced = world.with("REDRAFT_FAILPOINT", "trace");
    let calls = traced.run(["checkpoint"]).ok().stderr.matches("failpoint ").count();
    assert!(calls > 3, "{calls}");
    for plan in ["kill", "enospc"] {
        for n in 1..=calls {
            let at = format!("{plan}@{n}");
            let world = ground().with("REDRAFT_FAILPOINT", &at);
            let code = world.run(["checkpoint"]).code;
            let world = world.with("REDRAFT_FAILPOINT", "");
            assert_eq!(layer(&world), before, "{at}: a checkpoint changes nothing in the session");
            let known = told(&world, &["checkpoints"])["checkpoints"].as_array().unwrap().len();
            assert!(known == 2 || known == 1 && code != 0, "{at}: {known} of them, exit code {code}");
            // Whichever there are can be gone back to, and the next one is one more.
            told(&world, &["rollback", &format!("cp-{known}")]);
            if known == 2 {
                assert_eq!(layer(&world), before, "{at}: it is whole");
            }
            told(&world, &["checkpoint"]);
        }
    }
}

#[test]
fn a_hook_waits_for_an_interrupted_rollback_to_be_finished() {
    let world = World::book();
    rich_session(&world);
    world.run(["checkpoint"]).ok();
    changed(&world, |_| {});
    let traced = world.with("REDRAFT_FAILPOINT", "kill@40");
    assert_eq!(traced.run(["rollback", "cp-1"]).code, -1);
    let world = traced.with("REDRAFT_FAILPOINT", "").with("REDRAFT_LOCK_TIMEOUT_MS", "100");
    if world.exists("workspace/.redraft/unfinished") {
        let said = world.pre_on("Edit", "acts/plan.md").denied();
        assert!(said.contains("a rollback of session 's1' to cp-1 was interrupted"), "{said}");
    }
    assert!(world.exists("workspace/.redraft/unfinished"), "the kill comes in the middle");
    let said = world.run(["recover"]).ok().stdout;
    assert!(said.contains("was finished"), "{said}");
    world.pre_on("Edit", "acts/plan.md").redirect();
}

fn git(world: &World, args: &[&str]) -> String {
    let output = Command::new("git").args(args).current_dir(world.root()).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

#[test]
fn a_git_commit_takes_what_has_landed_and_nothing_else() {
    let world = World::book();
    git(&world, &["init", "-q", "-b", "main"]);
    git(&world, &["config", "user.name", "a"]);
    git(&world, &["config", "user.email", "a@b.c"]);
    git(&world, &["add", "acts", "context"]);
    git(&world, &["commit", "-qm", "one"]);
    world
        .run([
            "start",
            "s1",
            "OAuth",
            "--objective",
            "Provider interface",
            "--objective",
            "Google",
            "--objective",
            "GitHub",
        ])
        .ok();
    let refused = world.run(["checkpoint", "--git-commit"]);
    assert!(refused.code == 1 && refused.stderr.contains("has landed yet"), "{}", refused.stderr);
    world.run(["objective", "complete", "obj-1"]).ok();
    world.run(["decision", "add", "Using PKCE flow", "--rationale", "Protection against interception"]).ok();
    write(&world, "acts/plan.md", "ONE\n");
    write(&world, "acts/new [1].md", "new\n");
    write(&world, "acts/later.md", "later\n");
    world.run(["rm", "context/characters/alexa.md"]).ok();
    world.run(["commit", "--force", "--files", "acts/plan.md,acts/new*,context/**"]).ok();
    world.project_file(".env", "SECRET=1\n");
    world.project_file("acts/act-1/chapter-01/scene-0102.md", "edited by hand\n");
    world.project_file("staged.txt", "staged\n");
    git(&world, &["add", "staged.txt"]);
    let world = world.at("2026-06-01T10:15:00Z");
    let taken =
        told(&world, &["checkpoint", "--git-commit", "--message", "feat(auth): Implement OAuth2 provider"]);
    assert_eq!(taken["checkpoint"]["git_commit"], git(&world, &["rev-parse", "HEAD"]));
    let paths = git(&world, &["-c", "core.quotepath=off", "show", "--name-status", "--format=", "HEAD"]);
    assert_eq!(
        paths,
        "M\tacts/plan.md\nA\tacts/new [1].md\nD\tcontext/characters/alexa.md"
            .replace("M\tacts/plan.md\nA\tacts/new [1].md", "A\tacts/new [1].md\nM\tacts/plan.md")
    );
    let left = git(&world, &["status", "--porcelain"]);
    assert!(
        left.contains("A  staged.txt") && left.contains("?? .env") && left.contains("M acts/act-1"),
        "{left}"
    );
    let message = git(&world, &["log", "-1", "--format=%B"]);
    for part in [
        "feat(auth): Implement OAuth2 provider\n\nOAuth\n\nSession-Objectives:\n- [✓] Provider interface\n- [▶] Google (this commit)\n- [ ] GitHub (next)\n",
        "\nDecisions:\n- Using PKCE flow\n  Rationale: Protection against interception\n",
        "- Modified: acts/plan.md\n",
        "- Deleted: context/characters/alexa.md\n",
        "\nSession-Time: ",
    ] {
        assert!(message.contains(part), "{part}\nin:\n{message}");
    }
    let again = world.run(["checkpoint", "--git-commit"]);
    assert!(again.code == 1 && again.stderr.contains("git has all"), "{}", again.stderr);
}

#[test]
fn checkpoints_come_back_with_the_session() {
    let world = World::book();
    world.start("s1");
    write(&world, "acts/plan.md", "ONE\n");
    told(&world, &["checkpoint"]);
    write(&world, "acts/plan.md", "TWO\n");
    world.run(["cancel"]).ok();
    world.run(["restore", "s1"]).ok();
    world.run(["switch", "s1"]).ok();
    told(&world, &["rollback", "cp-1"]);
    assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "ONE\n");
}
