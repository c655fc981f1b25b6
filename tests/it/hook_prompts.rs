//! Prompts, slash commands and the life of a window, row by row of `references/hook-contract.md`.

use crate::support::client::VERSIONS;
use crate::support::world::{WINDOW, World};
use serde_json::{Value, json};

#[test]
fn prompts_of_machines_and_slash_commands_are_passed_over() {
    let world = World::changed();
    for version in VERSIONS {
        for sample in
            ["UserPromptSubmit-slash", "UserPromptSubmit-task-notification", "UserPromptSubmit-plain"]
        {
            world.hook(&world.sample(&format!("{version}/{sample}"), "s1")).silent();
        }
    }
    let machine =
        json!({ "prompt": "rewrite acts/plan.md, it is too dry @acts/plan.md", "source": "system" });
    world.send("UserPromptSubmit", machine).silent();
}

#[test]
fn a_mentioned_file_of_the_session_is_named() {
    let world = World::changed();
    let copy = world.session_name("s1", "acts/plan.md");
    for prompt in ["see @acts/plan.md.", "see @\"acts/plan.md\"", "what of @./acts/plan.md#L1-2?"] {
        let said = world.prompt(prompt).context();
        assert!(said.contains(&copy) && said.contains("acts/plan.md"), "{prompt}: {said}");
    }
    world.prompt("see @acts/b.md and @nothing.md and @notes.md").silent();
    world.run(["rm", "acts/b.md"]).ok();
    assert!(world.prompt("see @acts/b.md").context().contains("acts/b.md is deleted"));
}

#[test]
fn a_sure_retry_is_recorded_and_said() {
    let world = World::changed();
    let said = world.prompt("Rewrite acts/plan.md, it has too much exposition").context();
    assert!(said.contains("recorded retry 1 of acts/plan.md"), "{said}");
    assert!(said.contains(&world.session_name("s1", "acts/plan.md")), "{said}");
    let kept = world.session_file("s1", "human-retries/plan.md-retry-1.md");
    assert_eq!(world.text(&kept), "one\nTWO\nthree\n");
    let record: Value = serde_json::from_str(&world.text(world.session_file("s1", "session.json"))).unwrap();
    assert_eq!(record["human_retries"][0]["auto_detected"], true, "{record}");
    assert!(record["human_retries"][0]["reason"].as_str().unwrap().contains("exposition"), "{record}");
}

#[test]
fn a_hook_that_is_installed_twice_records_a_retry_once() {
    let world = World::changed();
    let prompt = json!({ "prompt": "Rewrite acts/plan.md, it has too much exposition", "prompt_id": "p1" });
    assert!(world.send("UserPromptSubmit", prompt.clone()).context().contains("recorded retry 1"));
    world.send("UserPromptSubmit", prompt.clone()).silent();
    let mut later = prompt;
    later["prompt_id"] = json!("p2");
    assert!(world.send("UserPromptSubmit", later).context().contains("recorded retry 2"));
}

#[test]
fn thanks_are_no_retry_and_detection_can_be_switched_off() {
    let world = World::changed();
    world.prompt("thanks").silent();
    world.project_file("redraft.json", r#"{"schema":1,"retry":{"auto_detect":false}}"#);
    world.prompt("Rewrite acts/plan.md, it has too much exposition").silent();
}

#[test]
fn what_a_person_wants_to_see_is_answered_without_the_model() {
    let world = World::changed();
    for (args, part) in
        [("list", "s1"), ("status", "acts/plan.md"), ("", "acts/plan.md"), ("commit", "acts/plan.md")]
    {
        let shown = world.slash("session", args).shown();
        assert!(shown.contains(part), "{args}: {shown}");
    }
    assert!(world.slash("redraft:session", "diff").shown().contains("+TWO"));
    assert!(world.slash("session", "status nowhere").shown().contains("nowhere"));
}

#[test]
fn the_person_sees_the_heading_of_what_the_model_is_told() {
    let world = World::sampled();
    let told = |args: &str| world.slash("session", args).told();
    assert_eq!(told("start s1 The storm"), "redraft: ✅ SESSION CREATED: s1");
    assert_eq!(told("start s1"), "redraft: ❌ ERROR: Session 's1' already exists");
    world.change("acts/plan.md", "x\n");
    assert_eq!(world.slash("retry", "acts/plan.md too dry").told(), "redraft: ✅ HUMAN RETRY RECORDED");
    assert_eq!(told("commit --force"), "redraft: ✅ SESSION COMMITTED");
    assert_eq!(told("list"), "", "what is answered directly needs no second line");
}

#[test]
fn what_changes_a_session_is_told_to_the_model() {
    let world = World::sampled();
    let said = world.slash("session", "start s1 The \"storm\" `chapter`").context();
    assert!(said.starts_with("redraft: result of /session start s1"), "{said}");
    assert!(world.exists("workspace/sessions/s1/session.json"));
    world.change("acts/plan.md", "x\n");
    let said = world.slash("retry", "acts/plan.md too dry").context();
    assert!(said.starts_with("redraft: result of /retry acts/plan.md too dry:\n"), "{said}");
    let said = world.slash("session", "start s1").context();
    assert!(said.contains("already exists"), "{said}");
    let said = world.slash("session", "comit").context();
    assert!(said.contains("Nothing was run"), "{said}");
    world.slash("commit", "x").silent();
    let landed = world.slash("session", "commit --force").context();
    assert!(landed.starts_with("redraft: result of /session commit --force:\n"), "{landed}");
    assert_eq!(world.text("acts/plan.md"), "x\n");
}

#[test]
fn redraft_json_says_which_commands_are_direct() {
    let world = World::sampled();
    world.project_file("redraft.json", r#"{"schema":1,"slash":{"direct":["start"]}}"#);
    assert!(world.slash("session", "start s1").shown().contains("s1"));
    assert!(world.slash("session", "status").context().contains("s1"));
}

#[test]
fn a_slash_command_belongs_to_the_window_that_typed_it() {
    let world = World::sampled();
    world.slash("session", "start s1");
    let pointer: Value = serde_json::from_str(&world.text("workspace/session.lock")).unwrap();
    assert_eq!(pointer["bindings"][WINDOW], "s1");
}

#[test]
fn a_window_starts_with_the_brief_or_with_what_waits() {
    let world = World::sampled();
    let start = |world: &World| world.hook(&world.sample("2.1.329/SessionStart-startup", "s1")).context();
    assert_eq!(start(&world), "");
    for name in ["a", "b", "c", "s1"] {
        world.start(name);
    }
    let copy = world.change("acts/plan.md", "x\n");
    world.run(["start", "described", "The last \n act"]).ok();
    world.run(["switch", "s1"]).ok();
    let brief = start(&world);
    for part in ["session 's1' is active", "acts/**", "Changed so far (1): acts/plan.md", &copy] {
        assert!(brief.contains(part), "{part}: {brief}");
    }
    assert!(brief.len() <= 2048);
    world.project_file("acts/plan.md", "moved on\n");
    world.slash("retry", "acts/plan.md too dry");
    let brief = start(&world);
    assert!(brief.contains("1 of them changed in the project, too"), "{brief}");
    assert!(brief.contains("Rejected before: acts/plan.md (retry 1): too dry"), "{brief}");
    world.run(["cancel", "s1"]).ok();
    let waiting = start(&world);
    assert!(waiting.contains("4 sessions waiting: a, b, c, …"), "{waiting}");
}

#[test]
fn a_brief_stays_short_whatever_the_session_holds() {
    let world = World::sampled();
    world.run(["start", "s1", &"very long description ".repeat(20)]).ok();
    for n in 0..400 {
        let path = format!("acts/a-folder-with-a-rather-long-name/and-another-one/scene-{n:04}.md");
        world.project_file(&path, "x");
        world.pre_on("Edit", &path);
    }
    let brief = world.send("SessionStart", json!({ "source": "startup" })).context();
    assert!(brief.len() <= 2048, "{}", brief.len());
    assert!(brief.contains("scene-0399.md"), "{brief}");
}

#[test]
fn a_subagent_is_briefed() {
    let world = World::changed();
    for version in VERSIONS {
        let event = world.sample(&format!("{version}/SubagentStart-general-purpose"), "s1");
        let said = world.hook(&event).context();
        assert!(said.contains("session 's1' is active") && said.contains("acts/plan.md"), "{said}");
        assert!(said.contains(&world.session_name("s1", "acts/plan.md")), "{said}");
    }
}

#[test]
fn after_a_compaction_everything_is_said_again() {
    let world = World::changed();
    assert_eq!(world.pre_on("Edit", "acts/plan.md").context(), "");
    world.hook(&world.sample("2.1.329/PreCompact-manual", "s1")).silent();
    assert!(world.pre_on("Edit", "acts/plan.md").context().contains("From now on use"));
    // Where the client starts no session after it, the next prompt brings the brief.
    assert!(world.prompt("go on").context().contains("session 's1' is active"));
    world.prompt("go on").silent();
    world.hook(&world.sample("2.1.329/PreCompact-manual", "s1")).silent();
    let event = world.sample("2.1.329/SessionStart-compact", "s1");
    assert!(world.hook(&event).context().contains("session 's1' is active"));
    world.prompt("go on").silent();
}

#[test]
fn clear_keeps_the_windows_session() {
    for variable in ["CLAUDE_PID", "UNUSED"] {
        let world = World::sampled().with(variable, "4242");
        world.start("s1");
        let mut other = world.command();
        other.args(["start", "other"]).env("CLAUDE_CODE_SESSION_ID", "another-window");
        assert!(other.output().unwrap().status.success());
        world.hook(&world.sample("2.1.329/SessionEnd-clear", "s1")).silent();
        let start = world.sample("2.1.329/SessionStart-clear", "s1");
        assert_ne!(start["session_id"], WINDOW);
        // The window that is new for another reason has the active session.
        let mut unrelated = start.clone();
        unrelated["session_id"] = json!("unrelated");
        unrelated["source"] = json!("startup");
        assert!(world.hook(&unrelated).context().contains("session 'other' is active"));
        assert!(world.hook(&start).context().contains("session 's1' is active"));
        let pointer: Value = serde_json::from_str(&world.text("workspace/session.lock")).unwrap();
        assert_eq!(pointer["bindings"][start["session_id"].as_str().unwrap()], "s1");
        assert_eq!(pointer["active"], "other");
    }
}

#[test]
fn the_end_of_a_turn_reminds_once_for_each_change() {
    let world = World::sampled();
    world.start("s1");
    let stop = || world.hook(&world.sample("2.1.329/Stop-plain", "s1"));
    stop().silent();
    // Looking, and copies made for looking, are no work.
    world.pre_on("Edit", "acts/b.md");
    stop().silent();
    world.change("acts/plan.md", "x\n");
    assert_eq!(
        stop().told(),
        "redraft: session 's1' has uncommitted work. See it: /session commit · land it: /session commit --force"
    );
    stop().silent();
    std::thread::sleep(std::time::Duration::from_millis(20));
    world.change("acts/plan.md", "y\n");
    let mut again = world.sample("2.1.329/Stop-plain", "s1");
    again["stop_hook_active"] = json!(true);
    world.hook(&again).silent();
    assert!(stop().told().contains("uncommitted work"));
    world.hook(&world.sample("2.1.329/SessionStart-startup", "s1"));
    stop().silent();
    for sample in ["SessionEnd-other", "SessionEnd-prompt-input-exit", "SubagentStop-general-purpose"] {
        world.hook(&world.sample(&format!("2.1.329/{sample}"), "s1")).silent();
    }
}
