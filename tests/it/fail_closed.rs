//! When the hook cannot do its job: with a session active nothing is written past it, without one nobody is disturbed.

use crate::support::world::{HookRun, WINDOW, World};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

const MUTATING: [&str; 4] = ["Write", "Edit", "MultiEdit", "NotebookEdit"];

fn session() -> World {
    let world = World::book();
    world.start("s1");
    world
}

/// Checks that writing is refused with these words, and that everything else goes on.
#[track_caller]
fn closed(world: &World, words: &[&str]) {
    let before = world.project();
    for tool in MUTATING {
        let reason = world.pre_on(tool, "acts/plan.md").denied();
        for word in words {
            assert!(reason.contains(word), "{word}: {reason}");
        }
    }
    let read = world.pre_on("Read", "acts/plan.md");
    assert_eq!(read.json()["hookSpecificOutput"].get("permissionDecision"), None, "{read:?}");
    assert_eq!(read.json()["hookSpecificOutput"].get("updatedInput"), None, "{read:?}");
    never_blocked(world);
    assert_eq!(world.project(), before);
}

/// Checks that no event but a tool call is ever blocked.
#[track_caller]
fn never_blocked(world: &World) {
    for (name, fields) in [
        ("UserPromptSubmit", json!({ "prompt": "Rewrite acts/plan.md, it is too dry" })),
        ("SessionStart", json!({ "source": "startup" })),
        ("SubagentStart", json!({ "agent_id": "a", "agent_type": "x" })),
        ("PreCompact", json!({ "trigger": "manual" })),
        ("SessionEnd", json!({ "reason": "clear" })),
        ("Stop", json!({ "stop_hook_active": false })),
        (
            "PostToolUse",
            json!({ "tool_name": "Edit", "tool_input": { "file_path": world.name("acts/plan.md") } }),
        ),
        ("PostToolBatch", json!({ "tool_calls": [] })),
    ] {
        let run = world.send(name, fields);
        let answer = run.json();
        assert_eq!(
            (run.code, &answer["decision"], &answer["continue"]),
            (0, &Value::Null, &Value::Null),
            "{name}"
        );
    }
}

/// Checks that nothing is said when no session is active, whatever is wrong.
#[track_caller]
fn open_without_a_session(spoil: impl Fn(&World)) {
    let world = World::book();
    spoil(&world);
    for tool in MUTATING {
        world.pre_on(tool, "acts/plan.md").silent();
    }
    world.pre_on("Read", "acts/plan.md").silent();
    world.prompt("Rewrite acts/plan.md").silent();
}

fn send(world: &World, text: &str) -> HookRun {
    world.hook_text(text)
}

#[test]
fn malformed_json_is_refused_unless_it_is_plainly_no_write() {
    let world = session();
    for text in [
        "",
        "not JSON",
        "[]",
        "{}",
        "{\"hook_event_name\":\"PreToolUse\"",
        "{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Write\",\"tool_input\":{\"content\":\"cut off",
        "{\"hook_event_name\":\"PreToolUse\",\"hook_event_name\":\"Stop\"}",
        "{\"hook_event_name\":17,\"tool_name\":\"Edit\"}",
        "{\"tool_input\":{\"content\":\"\\\"hook_event_name\\\":\\\"Stop\\\"\"},\"hook_event_name\":\"PreToolUse\"",
    ] {
        let reason = send(&world, text).denied();
        assert!(reason.contains("this hook event cannot be read"), "{text}: {reason}");
        assert!(reason.contains("redraft doctor"), "{text}: {reason}");
    }
    for text in [
        "{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Read\",\"tool_input\":{",
        "{\"hook_event_name\":\"UserPromptSubmit\",\"prompt\":\"cut",
        "{\"hook_event_name\":\"Stop\",",
        "{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Bash\",\"tool_input\":{",
    ] {
        let answer = send(&world, text).json();
        assert_eq!(answer["hookSpecificOutput"].get("permissionDecision"), None, "{text}: {answer}");
        assert_eq!(answer.get("decision"), None, "{text}: {answer}");
    }
    let none = World::book();
    for text in ["", "not JSON", "{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Write\""] {
        send(&none, text).silent();
    }
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    let world = session();
    let event = world.event(
        "PreToolUse",
        json!({ "tool_name": "Edit", "tool_input": World::input("Edit", &world.name("acts/plan.md")) }),
    );
    let run = world.hook_text(format!("\u{feff}{event}"));
    assert_eq!(run.redirect(), world.session_name("s1", "acts/plan.md"));
}

#[test]
fn wrong_types_are_refused() {
    let world = session();
    for input in [
        json!({ "file_path": 7, "content": "x" }),
        json!({ "file_path": null }),
        json!({ "file_path": [world.name("acts/plan.md")] }),
        json!({ "content": "x" }),
        json!("acts/plan.md"),
        json!(null),
    ] {
        world.pre("Write", input.clone()).denied();
        let read = world.pre("Read", input);
        assert_eq!(read.json()["hookSpecificOutput"].get("permissionDecision"), None);
    }
    for fields in [
        json!({ "cwd": 7 }),
        json!({ "session_id": {} }),
        json!({ "tool_name": ["Write"] }),
        json!({ "tool_name": null }),
    ] {
        let input = World::input("Write", &world.name("notes.md"));
        let mut event = world.event("PreToolUse", json!({ "tool_name": "Write", "tool_input": input }));
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        world.hook(&event).denied();
    }
}

#[test]
fn a_path_given_twice_is_refused() {
    let world = session();
    let (tracked, free) = (world.name("acts/plan.md"), world.name("notes.md"));
    for input in [
        format!("{{\"file_path\":\"{free}\",\"file_path\":\"{tracked}\"}}"),
        format!("{{\"file_path\":\"{tracked}\",\"file\\u005fpath\":\"{free}\"}}"),
    ] {
        let event = format!(
            "{{\"hook_event_name\":\"PreToolUse\",\"session_id\":\"{WINDOW}\",\"tool_name\":\"Write\",\"tool_input\":{input}}}"
        );
        assert!(send(&world, &event).denied().contains("two"));
    }
}

#[test]
fn a_panic_is_refused() {
    let world = session().with("REDRAFT_FAILPOINT", "panic");
    for tool in MUTATING {
        let reason = world.pre_on(tool, "acts/plan.md").denied();
        assert!(reason.contains("a mistake in redraft itself"), "{reason}");
    }
    let read = world.pre_on("Read", "acts/plan.md");
    assert!(read.context().contains("warning"), "{read:?}");
    never_blocked(&world);
    let none = World::book().with("REDRAFT_FAILPOINT", "panic");
    let run = none.pre_on("Edit", "acts/plan.md");
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
}

#[test]
fn a_disk_that_fails_is_refused() {
    for n in 1..=14 {
        for what in ["enospc", "eio", "eacces"] {
            let world = session();
            let before = world.project();
            let world = world.with("REDRAFT_FAILPOINT", format!("{what}@{n}"));
            let run = world.pre_on("Edit", "acts/plan.md");
            let answer = run.json();
            let refused = answer["hookSpecificOutput"]["permissionDecision"] == "deny";
            let rewritten = answer["hookSpecificOutput"]["updatedInput"].is_object();
            assert!(refused != rewritten && run.code == 0, "{what}@{n}: {run:?}");
            assert_eq!(world.project(), before, "{what}@{n}");
        }
    }
}

#[test]
fn an_unreadable_record_is_refused() {
    for spoiled in ["", "{", "[]", "{\"schema\":1}", "{\"schema\":1,\"name\":\"other\",\"created_at\":\"x\"}"]
    {
        let world = session();
        fs::write(world.session_file("s1", "session.json"), spoiled).unwrap();
        closed(&world, &["Session 's1' is CRASHED", "redraft recover s1"]);
    }
    let world = session();
    fs::write(world.session_file("s1", "session.json"), "{\"schema\":99,\"name\":\"s1\"}").unwrap();
    closed(&world, &["schema 99", "redraft recover s1"]);
    let world = session();
    fs::remove_file(world.session_file("s1", "session.json")).unwrap();
    closed(&world, &["is missing", "redraft recover s1"]);
}

#[test]
fn bad_configuration_is_refused() {
    for (text, word) in [
        ("{", "not valid JSON"),
        ("{\"trakced\":[\"acts/**\"]}", "did you mean \"tracked\""),
        ("{\"tracked\":\"acts\"}", "must be a list"),
        ("{\"tracked\":[\"acts/[\"]}", "redraft.json: bad glob"),
        ("{\"tracked\":[\"acts/**\"],\"tracked\":[]}", "\"tracked\" is there twice"),
        ("{\"schema\":9}", "schema 9"),
    ] {
        let world = session();
        world.project_file("redraft.json", text);
        closed(&world, &[word]);
        open_without_a_session(|world| {
            world.project_file("redraft.json", text);
        });
    }
    let world = session();
    world.project_file("redraft.json", "{\"workspace\":\"elsewhere\",");
    closed(&world, &["not valid JSON"]);
    let world = session();
    fs::create_dir(world.path("redraft.json")).unwrap();
    closed(&world, &["redraft.json", "redraft init"]);
}

#[test]
fn a_session_in_another_workspace_is_known_although_the_configuration_is_bad() {
    let world = World::book();
    world.project_file("redraft.json", "{\"schema\":1,\"workspace\":\"w/x\"}");
    world.start("s1");
    assert!(world.exists("w/x/sessions/s1"));
    for text in ["{\"schema\":1,\"workspace\":\"w/x\",\"typo\":1}", "{\"schema\":1,\"workspace\":\"w/x\""] {
        world.project_file("redraft.json", text);
        world.pre_on("Edit", "acts/plan.md").denied();
    }
}

#[test]
fn unreadable_configuration_is_refused() {
    let world = session();
    let file = world.project_file("redraft.json", "{}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&file).is_ok() {
        return; // root reads everything
    }
    closed(&world, &["redraft.json"]);
}

#[test]
fn a_pointer_that_cannot_be_trusted_is_refused() {
    for text in ["", "{", "[]", "{\"schema\":2,\"active\":\"s1\"}", "{\"schema\":1,\"active\":\"../x\"}"] {
        let world = session();
        fs::write(world.path("workspace/session.lock"), text).unwrap();
        closed(&world, &["session.lock", "redraft switch"]);
        world.pre_on("Edit", "notes.md").silent();
    }
    let world = session();
    fs::remove_file(world.path("workspace/session.lock")).unwrap();
    fs::create_dir(world.path("workspace/session.lock")).unwrap();
    closed(&world, &["session.lock"]);
}

#[test]
fn a_session_whose_directory_is_gone_is_refused() {
    let world = session();
    fs::remove_dir_all(world.path("workspace/sessions/s1")).unwrap();
    closed(&world, &["session 's1' is active, but its directory is gone", "redraft restore s1"]);
    let world = session();
    let dir = world.path("workspace/sessions/s1");
    fs::remove_dir_all(&dir).unwrap();
    fs::write(&dir, "a file").unwrap();
    closed(&world, &["s1"]);
    let world = World::book().with("REDRAFT_SESSION", "nowhere");
    assert!(world.pre_on("Edit", "acts/plan.md").denied().contains("nowhere"));
    let world = World::book().with("REDRAFT_SESSION", "../nowhere");
    assert!(world.pre_on("Edit", "acts/plan.md").denied().contains("nowhere"));
}

#[test]
fn a_lock_that_is_held_is_refused_within_the_deadline() {
    let world = session();
    let locks = world.path("workspace/.redraft/locks");
    fs::create_dir_all(&locks).unwrap();
    let file = fs::File::create(locks.join("session-s1.lock")).unwrap();
    file.lock().unwrap();
    let start = Instant::now();
    let reason = world.pre_on("Edit", "acts/plan.md").denied();
    let waited = start.elapsed();
    assert!(
        reason.contains("gave up after 2000 ms") && reason.contains("Try the same call again"),
        "{reason}"
    );
    assert!(waited > Duration::from_millis(1900) && waited < Duration::from_secs(8), "{waited:?}");
    let world = world.with("REDRAFT_LOCK_TIMEOUT_MS", "30");
    closed(&world, &["gave up after 30 ms"]);
    drop(file);
    world.pre_on("Edit", "acts/plan.md").redirect();
}

#[test]
fn an_event_that_is_too_large_is_refused_and_read_to_its_end() {
    let world = session();
    let head = format!(
        "{{\"session_id\":\"{WINDOW}\",\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Write\",\"tool_input\":{{\"file_path\":\"{}\",\"content\":\"",
        world.name("acts/plan.md")
    );
    let text = format!("{head}{}\"}}}}", "x".repeat(65 * 1024 * 1024));
    let mut child = world.command().arg("hook").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).expect("a hook that stops reading breaks the client's pipe");
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["hookSpecificOutput"]["permissionDecision"], "deny");
    assert!(answer.to_string().contains("longer than 67108864 bytes"), "{answer}");
    // Just below the limit it is an event like any other.
    let text = format!("{head}{}\"}}}}", "x".repeat(63 * 1024 * 1024));
    assert!(world.hook_text(text).stdout.contains("/workspace/sessions/s1/acts/plan.md"));
}

#[test]
fn deep_nesting_is_no_crash() {
    let world = session();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
        for field in ["tool_response", "unknown", "tool_calls", "effort"] {
            let event = format!(
                "{{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Write\",\"{field}\":{deep},\"tool_input\":{{\"file_path\":\"{}\",\"x\":{deep}}}}}",
                world.name("acts/plan.md")
            );
            let run = world.hook_text(&event);
            assert_eq!(run.code, 0, "{field}");
            assert!(run.stdout.contains("deny") || run.stdout.contains("updatedInput"), "{field}");
        }
    }
}

#[test]
fn a_pipe_that_is_never_closed_does_not_hang() {
    let world = session();
    let mut child = world.command().arg("hook").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Wri").unwrap();
    let start = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(start.elapsed() < Duration::from_secs(20));
    assert!(String::from_utf8_lossy(&output.stdout).contains("deny"));
    drop(stdin);
}

#[test]
fn a_refusal_or_a_redirect_that_cannot_be_written_still_blocks() {
    let world = session();
    let broken = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    world.change("acts/plan.md", "changed\n");
    let mut events = vec![(b"{".to_vec(), "refused")];
    for tool in ["Edit", "Write", "Read"] {
        let input = World::input(tool, &world.name("acts/plan.md"));
        let event = world.event("PreToolUse", json!({ "tool_name": tool, "tool_input": input }));
        events.push((event.to_string().into_bytes(), "cannot write the answer to stdout"));
    }
    for (event, reason) in events {
        for stdout in [full(), broken()] {
            let mut command = world.command();
            command.arg("hook").stdin(Stdio::piped()).stdout(stdout).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            child.stdin.take().unwrap().write_all(&event).unwrap();
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&event));
            let said = String::from_utf8_lossy(&output.stderr).to_string();
            assert!(said.contains("refused") && said.contains(reason), "{said}");
        }
    }
}

#[test]
fn an_answer_is_whole_where_the_pipe_does_not_wait() {
    let world = session();
    world.change("acts/plan.md", "changed\n");
    let mut input = World::input("Write", &world.name("acts/plan.md"));
    input["content"] = "x".repeat(300_000).into();
    let event = world.event("PreToolUse", json!({ "tool_name": "Write", "tool_input": input })).to_string();
    for n in 0..3_000 {
        let file = world.session_file("s1", &format!("acts/{n}-{}.md", "x".repeat(60)));
        fs::write(file, "x").unwrap();
    }
    for (args, stdin) in [(["hook", ""], event.as_str()), (["status", "--json"], "")] {
        let (mut reader, writer) = std::io::pipe().unwrap();
        rustix::io::ioctl_fionbio(&writer, true).unwrap();
        let mut command = world.command();
        command.args(args.iter().filter(|arg| !arg.is_empty()));
        let mut child = command.stdin(Stdio::piped()).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        // What is left of it here would keep the pipe open.
        drop(command);
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        let mut answer = Vec::new();
        reader.read_to_end(&mut answer).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(answer.len() > 200_000, "{}", answer.len());
        serde_json::from_slice::<Value>(&answer).unwrap();
    }
}

#[test]
fn untracked_files_are_nobodys_business_also_when_the_session_is_broken() {
    let world = session();
    fs::write(world.session_file("s1", "session.json"), "{").unwrap();
    for tool in MUTATING {
        world.pre_on(tool, "notes.md").silent();
        world.pre(tool, World::input(tool, world.outside("x.md").to_str().unwrap())).silent();
    }
}

#[test]
fn an_unfinished_commit_holds_writes_back_and_says_how_to_go_on() {
    let world = World::book().with("REDRAFT_LOCK_TIMEOUT_MS", "100");
    world.start("s1");
    let copy = world.pre_on("Edit", "acts/plan.md").redirect();
    std::fs::write(copy, "session\n").unwrap();
    // Stopped between the first and the second change to the project.
    let world = world.with("REDRAFT_FAILPOINT", "kill@10");
    assert_eq!(world.run(["commit", "--force"]).code, -1);
    let world = world.with("REDRAFT_FAILPOINT", "");
    assert!(world.exists("workspace/.redraft/unfinished"));
    let reason = world.pre_on("Edit", "acts/act-1/chapter-01/scene-0101.md").denied();
    assert!(reason.contains("was interrupted") && reason.contains("redraft recover"), "{reason}");
    world.run(["status"]).ok();
    world.pre_on("Edit", "acts/act-1/chapter-01/scene-0101.md").redirect();
}

/// Without a stand-in the first file that is opened would be standard output, and the answer would be written into it.
#[test]
fn an_answer_is_never_written_into_a_file_because_a_stream_is_closed() {
    let world = session();
    world.change("acts/plan.md", "one\nTWO\nthree\n");
    let before = world.tree();
    let event = world.path("event.json");
    let input = World::input("Read", &world.name("acts/plan.md"));
    let read =
        world.event("PreToolUse", json!({ "tool_name": "Read", "tool_input": input, "tool_use_id": "t" }));
    fs::write(&event, read.to_string()).unwrap();
    for closed in [">&-", ">&- 2>&-", "<&- >&- 2>&-", "<&-"] {
        for call in ["status", "commit", "diff", "hook"] {
            let stdin = if call == "hook" { "<event.json" } else { "</dev/null" };
            let line = format!("\"$0\" {call} {stdin} {closed}");
            let program = world.command().get_program().to_os_string();
            let mut shell = std::process::Command::new("/bin/sh");
            shell.env_clear().envs(world.command().get_envs().filter_map(|(k, v)| Some((k, v?))));
            let status =
                shell.args(["-c", &line]).arg(program).current_dir(world.root()).output().unwrap().status;
            assert!(status.success(), "{line}: {status}");
        }
    }
    fs::remove_file(event).unwrap();
    assert_eq!(world.tree(), before);
}

/// A reader that goes away ends nothing half-way and is no failure.
#[test]
fn a_broken_pipe_is_an_error_and_not_a_death() {
    let world = session();
    let mut child = world.command().args(["status"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
