//! One goes, another comes: what is handed over, to whom, and that nothing is lost or made up on the way.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::crash::write;
use crate::support::world::{Run, WINDOW, World};

fn told(world: &World, args: &[&str]) -> Value {
    let run = world.run(args.iter().copied().chain(["--json"])).ok();
    serde_json::from_str(&run.stdout).unwrap()
}

/// A session with something of everything.
fn at_work() -> World {
    let world = World::book();
    world.project_file("CLAUDE.md", "# Rules\n");
    world.run(["start", "s1", "OAuth for everybody", "--objective", "Google OAuth"]).ok();
    world.run(["task", "add", "Provider interface"]).ok();
    world.run(["task", "add", "Token refresh"]).ok();
    world.run(["task", "set", "task-1", "completed"]).ok();
    world.run(["blocker", "add", "Waiting on API keys"]).ok();
    world.run(["decision", "add", "Using PKCE flow", "--rationale", "no interception"]).ok();
    write(&world, "acts/plan.md", "ONE\n");
    world.run(["retry", "acts/plan.md", "too plain"]).ok();
    world
}

fn piped(world: &World, args: &[&str], input: &str) -> Run {
    let mut command = world.command();
    command.args(args).env("CLAUDE_CODE_SESSION_ID", WINDOW);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Run::of(&child.wait_with_output().unwrap())
}

#[test]
fn a_brief_tells_what_to_know() {
    let world = at_work();
    let brief = told(&world, &["brief"]);
    let texts =
        |key: &str| brief[key].as_array().unwrap().iter().map(|t| t["text"].clone()).collect::<Vec<_>>();
    assert_eq!(texts("objectives"), ["Google OAuth"]);
    assert_eq!(texts("done"), ["Provider interface"]);
    assert_eq!(texts("next"), ["Token refresh"]);
    assert_eq!(texts("blockers"), ["Waiting on API keys"]);
    assert_eq!(brief["decisions"][0]["rationale"], "no interception");
    assert_eq!(brief["changed"], json!(["acts/plan.md"]));
    assert_eq!(brief["retries"], json!([{ "file": "acts/plan.md", "times": 1, "reason": "too plain" }]));
    assert_eq!(brief["context"][0]["path"], "CLAUDE.md");
    let start = world.send("SessionStart", json!({ "source": "startup" })).context();
    for part in ["To be achieved: obj-1 Google OAuth", "In the way: blk-1", "Next: task-2", "Decided: dec-1"]
    {
        assert!(start.contains(part), "{part} in {start}");
    }
}

#[test]
fn a_brief_is_bounded() {
    let world = World::book();
    world.start("s1");
    for nth in 0..60 {
        world.run(["task", "add", &format!("{nth} {}", "long ".repeat(200))]).ok();
    }
    assert_eq!(told(&world, &["brief"])["next"].as_array().unwrap().len(), 8);
    let start = world.send("SessionStart", json!({ "source": "startup" })).context();
    assert!(start.len() <= 2048, "{}", start.len());
}

#[test]
fn an_ended_session_is_paused_its_work_kept_and_its_story_written() {
    let world = at_work();
    let layer = world.session_file("s1", "acts/plan.md");
    let ended = told(&world, &["end", "--accomplished", "It works", "--remember", "Keys on Monday"]);
    let document = world.text(ended["document"].as_str().unwrap());
    for part in [
        "# Session handoff: s1",
        "- [ ] obj-1: Google OAuth (pending)",
        "- [x] task-1: Provider interface (completed)",
        "- [ ] blk-1: Waiting on API keys (open)",
        "- dec-1: Using PKCE flow\n  - Rationale: no interception",
        "- acts/plan.md (modified)",
        "- acts/plan.md (rejected 1×): too plain",
        "## Summary\n\nIt works",
        "## To remember\n\nKeys on Monday",
        "- Token refresh",
    ] {
        assert!(document.contains(part), "{part} in\n{document}");
    }
    // What is not known is not written.
    for absent in ["Branch:", "Coverage", "Notes"] {
        assert!(!document.contains(absent), "{absent} in\n{document}");
    }
    assert_eq!(fs::read_to_string(&layer).unwrap(), "ONE\n");
    assert_eq!(told(&world, &["list"])["active"], Value::Null);
    world.pre_on("Write", "acts/plan.md").silent();
    world.start("other");
    let back = told(&world, &["resume", "s1"]);
    assert_eq!((&back["resumed"], &back["took_over_from"]), (&json!(true), &json!("other")));
    assert_eq!(back["handover"]["summary"], "It works");
    assert_eq!(back["handover"]["instructions"], "Keys on Monday");
    world.pre_on("Edit", "acts/plan.md").redirect();
}

#[test]
fn resume_without_a_name_goes_to_what_was_paused_last() {
    let world = World::book();
    world.start("one");
    world.run(["end"]).ok();
    let world = world.at("2027-01-02T00:00:00Z");
    world.start("two");
    world.run(["end", "--no-handoff"]).ok();
    let world = world.at("2027-01-03T00:00:00Z");
    assert_eq!(told(&world, &["resume"])["session"], "two");
    world.run(["end"]).ok();
    assert!(!world.exists(world.session_file("two", "artifacts/handoff-20270102-000000.md")));
    let empty = World::book();
    let run = empty.run(["resume"]);
    assert!(run.code == 1 && run.stderr.contains("no session to resume"), "{}", run.stderr);
}

#[test]
fn another_window_in_the_session_stays_in_it() {
    let world = at_work();
    let other = "5e551011-0000-4000-8000-00000000000b";
    let mut switch = world.command();
    let status = switch.args(["switch", "s1"]).env("CLAUDE_CODE_SESSION_ID", other).output().unwrap();
    assert!(status.status.success());
    world.run(["end"]).ok();
    let mut event = world.event("PreToolUse", json!({ "tool_name": "Edit", "tool_use_id": "t", "tool_input": World::input("Edit", &world.name("acts/plan.md")) }));
    event["session_id"] = json!(other);
    world.hook(&event).redirect();
}

#[test]
fn compaction_hands_over_to_its_own_window_until_the_turn_has_ended() {
    let world = at_work();
    let transcript = world.outside("transcript.jsonl");
    let line = |kind: &str, content: Value| {
        json!({ "type": kind, "message": { "role": kind, "content": content } }).to_string()
    };
    let lines = [
        line("user", json!("an older wish")),
        line("user", json!([{ "type": "text", "text": "now the refresh, please" }])),
        line("assistant", json!([{ "type": "tool_use", "name": "Read" }])),
        line("user", json!([{ "type": "tool_result", "content": "x" }])),
        line("user", json!("<system-reminder>not typed</system-reminder>")),
    ];
    fs::write(&transcript, lines.join("\n") + "\n{\"torn").unwrap();
    let mut compact = world.event("PreCompact", json!({ "trigger": "auto" }));
    compact["transcript_path"] = json!(transcript);
    world.hook(&compact).silent();

    let mut stranger = world.event("SessionStart", json!({ "source": "compact" }));
    stranger["session_id"] = json!("5e551011-0000-4000-8000-00000000000b");
    assert!(!world.hook(&stranger).context().contains("kept for you"), "no other window gets it");
    for _ in 0..2 {
        let back = world.send("SessionStart", json!({ "source": "compact" })).context();
        for part in [
            "kept for you",
            "OAuth for everybody",
            "Next step: Token refresh",
            "acts/plan.md",
            "now the refresh, please",
        ] {
            assert!(back.contains(part), "{part} in {back}");
        }
        assert!(!back.contains("an older wish"), "{back}");
    }
    world.send("Stop", json!({}));
    let later = world.send("SessionStart", json!({ "source": "resume" })).context();
    assert!(!later.contains("kept for you"), "{later}");
}

#[test]
fn what_the_model_wrote_itself_is_what_comes_back() {
    let world = at_work();
    let payload = json!({
        "summary": "half way through", "lastAction": "wrote the test", "nextSteps": ["make it pass"],
        "requiredFiles": ["acts/plan.md", "/etc/passwd", "../out", "acts/a", "acts/b", "acts/c", "acts/d", "acts/e", "acts/f", "acts/g"],
        "handoverInstructions": "mind the clock", "userHistory": "go on", "unknown": 1,
    });
    let run = piped(&world, &["dehydrate", "--json"], &payload.to_string()).ok();
    let kept: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(kept["handover"]["required_files"].as_array().unwrap().len(), 8);
    assert_eq!(kept["restart"], format!("claude --resume {WINDOW}"));
    let warnings = kept["warnings"].to_string();
    assert!(warnings.contains("/etc/passwd") && warnings.contains("outside the project"), "{warnings}");
    world.send("PreCompact", json!({ "trigger": "auto" })).silent();
    let back = world.send("SessionStart", json!({ "source": "compact" })).context();
    for part in ["half way through", "wrote the test", "make it pass", "mind the clock", "go on"] {
        assert!(back.contains(part), "{part} in {back}");
    }
    let other = world.without("CLAUDE_CODE_SESSION_ID");
    let brief = other.command().args(["brief", "s1", "--json"]).output().unwrap();
    let brief: Value = serde_json::from_slice(&brief.stdout).unwrap();
    assert_eq!(brief["handover"], Value::Null, "it is that window's, and nobody else's");
}

#[test]
fn a_hand_over_that_lacks_something_is_refused_by_name() {
    let world = at_work();
    for (input, part) in [
        ("{\"foo\":1}", "lacks: summary, lastAction, nextSteps, requiredFiles"),
        ("{\"summary\":\"x\",\"lastAction\":\"y\",\"nextSteps\":[]}", "lacks: requiredFiles"),
        ("{\"summary\":7}", "no JSON object of the right shape"),
        ("rubbish", "no JSON object"),
    ] {
        let run = piped(&world, &["dehydrate"], input);
        assert!(run.code == 2 && run.stderr.contains(part), "{input}: {}", run.stderr);
    }
    let automatic = piped(&world, &["dehydrate", "--json"], "").ok();
    assert!(automatic.stdout.contains("OAuth for everybody"), "{}", automatic.stdout);
    let restart = told(&world, &["restart"]);
    assert_eq!(restart["restart"], format!("claude --resume {WINDOW}"));
}

fn git(world: &World, args: &[&str]) -> String {
    let output = Command::new("git").args(args).current_dir(world.root()).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

#[test]
fn git_is_pushed_and_merged_only_when_asked_and_clean() {
    let world = World::book();
    let remote = world.outside("remote.git");
    git(&world, &["init", "-q", "-b", "main"]);
    git(&world, &["config", "user.name", "a"]);
    git(&world, &["config", "user.email", "a@b.c"]);
    world.project_file(".gitignore", "workspace\nredraft.json\n");
    git(&world, &["add", "."]);
    git(&world, &["commit", "-qm", "one"]);
    git(&world, &["init", "-q", "--bare", remote.to_str().unwrap()]);
    git(&world, &["remote", "add", "origin", remote.to_str().unwrap()]);
    git(&world, &["push", "-q", "-u", "origin", "main"]);
    world.run(["start", "s1", "--branch", "fix"]).ok();
    world.project_file("acts/plan.md", "fixed\n");
    let refused = world.run(["end", "--merge-to", "main", "--push"]);
    assert!(refused.code == 1 && refused.stderr.contains("not committed in git"), "{}", refused.stderr);
    assert_eq!(told(&world, &["list"])["active"], "s1", "a refused end ends nothing");
    git(&world, &["commit", "-qam", "fixed"]);
    let nowhere = world.run(["end", "--merge-to", "nowhere"]);
    assert!(nowhere.code == 1 && nowhere.stderr.contains("no git branch"), "{}", nowhere.stderr);
    let ended = told(&world, &["end", "--merge-to", "main", "--push"]);
    assert_eq!((&ended["merged_to"], &ended["pushed"]), (&json!("main"), &json!("main")));
    assert_eq!(git(&world, &["rev-parse", "origin/main"]), git(&world, &["rev-parse", "fix"]));

    world.run(["start", "s2", "--branch", "other"]).ok();
    world.project_file("acts/plan.md", "other\n");
    git(&world, &["commit", "-qam", "other"]);
    git(&world, &["switch", "-q", "main"]);
    world.project_file("acts/plan.md", "main\n");
    git(&world, &["commit", "-qam", "main"]);
    git(&world, &["switch", "-q", "other"]);
    let before = git(&world, &["rev-parse", "main", "other"]);
    let conflict = world.run(["end", "--merge-to", "main"]);
    assert!(conflict.code == 1 && conflict.stderr.contains("it is as it was"), "{}", conflict.stderr);
    assert_eq!(git(&world, &["rev-parse", "main", "other"]), before);
    assert_eq!(git(&world, &["branch", "--show-current"]), "other");
    assert_eq!(git(&world, &["status", "--porcelain"]), "");
}

#[test]
fn slash_commands_hand_over_too() {
    let world = at_work();
    assert!(world.slash("session", "brief").shown().contains("What we are building:"));
    assert!(
        world.slash("session", "end --remember \"Keys on Monday\"").context().contains("SESSION PAUSED: s1")
    );
    let back =
        world.slash("session", "continue --session workspace/sessions/s1 --skill x --phase 3").context();
    assert!(back.contains("RESUMED SESSION: s1") && back.contains("is active"), "{back}");
}
