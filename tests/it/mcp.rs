//! The MCP server: the verbs as tools, with the names the seeds gave them, for clients that send what they like.
//!
//! The examples of `references/mcp.md` are called here, in their order, and what comes back is judged by the schema that
//! the tool itself promises. What a client nobody here wrote makes of it is told in `mcp_peers.rs`.

use crate::support::mcp::Server;
use crate::support::world::{WINDOW, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

const PLAN: &str = "acts/plan.md";

/// Verbs that are no tools, each with its reason.
const NO_TOOLS: [(&str, &str); 11] = [
    ("install", "changes the client's own settings"),
    ("uninstall", "changes the client's own settings"),
    ("doctor", "checks the installation, this server too"),
    ("mcp", "is the server"),
    ("run", "starts the client itself, or another program at a terminal"),
    ("statusline", "is for the client's status line"),
    ("intent", "is for programs that judge prompts"),
    ("watch", "never ends; resources report their changes"),
    ("demo", "shows a book of its own"),
    ("dehydrate", "is for the window that is about to forget, by its hooks"),
    ("restart", "tells a person how to start the client anew"),
];

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("references/mcp.md")).unwrap()
}

/// The examples of the page: a tool's name and what it is called with.
fn examples() -> Vec<(String, Value)> {
    let page = page();
    let blocks = page.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let example = |block: &str| {
        let call: Value = serde_json::from_str(block).unwrap_or_else(|e| panic!("{e}: {block}"));
        (call["name"].as_str().unwrap_or_else(|| panic!("{block}")).to_string(), call["arguments"].clone())
    };
    blocks.map(example).collect()
}

#[track_caller]
fn fits(schema: &Value, value: &Value, what: &str) {
    let validator = jsonschema::draft202012::new(schema).unwrap_or_else(|e| panic!("{what}: {e}"));
    let wrong: Vec<_> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{what}: {wrong:?} in {value:#}");
}

fn tools(server: &mut Server) -> Vec<Value> {
    server.ask("tools/list", json!({}))["tools"].as_array().unwrap().clone()
}

fn tool<'a>(tools: &'a [Value], name: &str) -> &'a Value {
    tools.iter().find(|tool| tool["name"] == name).unwrap_or_else(|| panic!("no tool {name}"))
}

#[test]
fn every_verb_is_a_tool_or_says_why_not() {
    let covered: BTreeSet<&str> = redraft::mcp::tools().map(|(_, verb)| verb).collect();
    for verb in redraft::cli::tree().get_subcommands() {
        let name = verb.get_name();
        let excused = NO_TOOLS.iter().any(|(verb, _)| *verb == name) || name == "completions";
        assert!(covered.contains(name) != excused, "redraft {name}: a tool, or a reason why it is none");
    }
}

#[test]
fn the_seeds_tools_have_their_names_parameters_and_defaults() {
    let world = World::book();
    let tools = tools(&mut Server::start(&world));
    let required = Value::Null;
    for (name, parameters) in [
        ("create_session", json!({"name": "required", "description": ""})),
        ("list_sessions", json!({})),
        ("get_active_session", json!({})),
        ("switch_session", json!({"name": "required"})),
        ("commit_session", json!({"name": required, "force": false})),
        ("cancel_session", json!({"name": null, "backup_retries": true})),
        (
            "record_human_retry",
            json!({"file_path": "required", "reason": "required", "auto_detected": false}),
        ),
        ("resolve_path", json!({"path": "required"})),
    ] {
        let schema = &tool(&tools, name)["inputSchema"];
        let needed = schema["required"].as_array().unwrap();
        for (parameter, default) in parameters.as_object().unwrap() {
            let is_required = default == "required";
            assert_eq!(needed.contains(&json!(parameter)), is_required, "{name}.{parameter}");
            if !is_required {
                assert_eq!(
                    schema["properties"][parameter].get("default"),
                    Some(default),
                    "{name}.{parameter}"
                );
            }
        }
        let all_needed = needed.iter().all(|n| parameters.get(n.as_str().unwrap()).is_some());
        assert!(all_needed, "{name} needs no more than the seeds gave it: {needed:?}");
        assert_eq!(schema["additionalProperties"], false, "{name}");
    }
}

#[test]
fn every_tool_says_what_it_does_takes_and_changes() {
    let world = World::book();
    for tool in tools(&mut Server::start(&world)) {
        let name = tool["name"].as_str().unwrap();
        assert!(tool["description"].as_str().unwrap().len() > 40, "{name}");
        for (parameter, schema) in tool["inputSchema"]["properties"].as_object().unwrap() {
            assert!(schema["description"].as_str().is_some_and(|d| d.len() > 5), "{name}.{parameter}");
        }
        let hints = &tool["annotations"];
        for hint in ["readOnlyHint", "destructiveHint", "idempotentHint"] {
            assert!(hints[hint].is_boolean(), "{name}: {hint}");
        }
        assert!(!(hints["readOnlyHint"] == true && hints["destructiveHint"] == true), "{name}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{name}");
    }
}

/// The page's examples, one after the other, in a book whose plan changes whenever a session begins.
#[test]
fn the_examples_of_the_page_do_what_they_say_and_keep_their_promise() {
    let world = World::book();
    let mut server = Server::start(&world);
    let tools = tools(&mut server);
    let mut called = BTreeSet::new();
    let mut fingerprint = String::new();
    for (name, arguments) in examples() {
        let arguments = json!(arguments.to_string().replace("<fingerprint>", &fingerprint));
        let arguments: Value = serde_json::from_str(arguments.as_str().unwrap()).unwrap();
        fits(&tool(&tools, &name)["inputSchema"], &arguments, &name);
        let answer = server.call(&name, arguments).ok();
        fits(&tool(&tools, &name)["outputSchema"], &answer.json, &name);
        if let Some(new) = answer.json["fingerprint"].as_str() {
            fingerprint = new.to_string();
        }
        if name == "create_session" {
            world.change(PLAN, "one\nTWO\nthree\n");
        }
        called.insert(name);
    }
    let all: BTreeSet<String> = redraft::mcp::tools().map(|(name, _)| name.to_string()).collect();
    assert_eq!(called, all, "the page has an example for every tool");
}

#[test]
fn the_schema_of_an_answer_is_not_a_schema_of_anything() {
    let world = World::book();
    let tools = tools(&mut Server::start(&world));
    for tool in &tools {
        let validator = jsonschema::draft202012::new(&tool["outputSchema"]).unwrap();
        for wrong in
            [json!({}), json!({"ok": true}), json!({"ok": true, "report": "plain", "text": ""}), json!(1)]
        {
            assert!(!validator.is_valid(&wrong), "{} takes {wrong}", tool["name"]);
        }
    }
}

#[test]
fn a_tool_says_what_the_command_line_says() {
    let world = World::changed();
    let mut server = Server::start(&world);
    for (tool, arguments, typed) in [
        ("list_sessions", json!({}), vec!["list"]),
        ("get_active_session", json!({}), vec!["status"]),
        ("get_session", json!({"name": "s1"}), vec!["status", "s1"]),
        ("commit_session", json!({}), vec!["commit"]),
        ("commit_session", json!({"files": ["context/**"]}), vec!["commit", "--files", "context/**"]),
        ("diff_session", json!({"style": "word"}), vec!["diff", "--word"]),
        ("diff_session", json!({"name": "s1", "paths": [PLAN]}), vec!["diff", "s1", PLAN]),
        ("resolve_path", json!({"path": PLAN}), vec!["resolve", PLAN]),
        ("list_commits", json!({}), vec!["log"]),
        ("switch_session", json!({"name": "nobodys"}), vec!["switch", "nobodys"]),
        ("undo_commit", json!({}), vec!["undo"]),
    ] {
        let answer = server.call(tool, arguments);
        let text = world.run(&typed);
        assert_eq!(answer.text, if answer.failed { text.stderr } else { text.stdout }, "{tool}");
        let json = world.run(typed.iter().chain(&["--json"])).stdout;
        assert_eq!(answer.json, serde_json::from_str::<Value>(&json).unwrap(), "{tool}");
    }
}

#[test]
fn a_commit_takes_two_steps_and_lands_what_was_shown() {
    let world = World::changed();
    let mut server = Server::start(&world);
    let preview = server.call("commit_session", json!({})).ok();
    assert_eq!(world.text(PLAN), "one\ntwo\nthree\n");
    world.change(PLAN, "one\nTWO\nTHREE\n");
    let expect = json!({"force": true, "expect": preview.json["fingerprint"]});
    let refused = server.call("commit_session", expect).refused();
    assert!(refused.text.contains("no longer what the preview showed"), "{}", refused.text);
    assert_eq!(world.text(PLAN), "one\ntwo\nthree\n");
    let preview = server.call("commit_session", json!({})).ok();
    server.call("commit_session", json!({"force": true, "expect": preview.json["fingerprint"]})).ok();
    assert_eq!(world.text(PLAN), "one\nTWO\nTHREE\n");
    server.call("undo_commit", json!({})).ok();
    assert_eq!(world.text(PLAN), "one\ntwo\nthree\n");
}

#[test]
fn what_is_not_understood_or_not_allowed_is_an_error_of_the_tool() {
    let world = World::changed();
    let before = world.tree();
    let mut server = Server::start(&world);
    for (tool, arguments) in [
        ("create_session", json!({})),
        ("create_session", json!({"name": "../../acts"})),
        ("create_session", json!({"name": "s1"})),
        ("create_session", json!({"name": "s2", "colour": "red"})),
        ("create_session", json!({"name": 7})),
        ("switch_session", json!({"name": "nobodys"})),
        ("commit_session", json!({"name": "../s1", "force": true})),
        ("commit_session", json!({"force": "yes"})),
        ("commit_session", json!({"force": true, "on_conflict": "shrug"})),
        ("commit_session", json!({"force": true, "expect": "0000000000000000"})),
        ("cancel_session", json!({"name": "../../acts"})),
        ("record_human_retry", json!({"file_path": "/etc/hostname", "reason": "no"})),
        ("record_human_retry", json!({"file_path": "nothing.md", "reason": "no"})),
        ("record_human_retry", json!({"file_path": PLAN, "reason": "no", "session": "../x"})),
        ("resolve_path", json!({"path": "../../etc/passwd"})),
        ("resolve_path", json!({"path": "acts/\u{0}.md"})),
        ("resolve_path", json!({"path": ""})),
        ("diff_session", json!({"name": "acts"})),
        ("diff_session", json!({"other": "s1"})),
        ("remove_path", json!({"paths": ["/etc/hostname"]})),
        ("remove_path", json!({"paths": []})),
        ("move_path", json!({"from_path": PLAN, "to_path": "../plan.md"})),
        ("undo_commit", json!({"commit_id": "../../x"})),
        ("restore_session", json!({"name": "nobodys"})),
        ("recover_session", json!({"name": "nobodys"})),
    ] {
        let answer = server.call(tool, arguments.clone());
        assert!(answer.failed, "{tool} {arguments}: {}", answer.text);
        answer.refused();
    }
    assert_eq!(world.tree(), before, "a refusal changes nothing");
    let unknown =
        server.ask_for_anything("tools/call", json!({"name": "delete_everything", "arguments": {}}));
    assert!(unknown["error"]["message"].as_str().unwrap().contains("create_session"), "{unknown}");
}

#[test]
fn lines_that_are_no_protocol_are_answered_and_survived() {
    let world = World::book();
    let mut server = Server::start(&world);
    server.send_line("hello");
    assert_eq!(server.wait_for(|m| m.get("error").is_some())["error"]["code"], -32700);
    server.send_line("{\"jsonrpc\":\"2.0\",\"id\":900,\"method\":7}");
    assert_eq!(server.wait_for(|m| m["id"] == 900)["error"]["code"], -32600);
    server.send_line("");
    server.send_line(&"x".repeat(17 * 1024 * 1024));
    assert_eq!(server.wait_for(|m| m.get("error").is_some())["error"]["code"], -32600);
    assert_eq!(server.ask_for_anything("no/such/method", json!({}))["error"]["code"], -32601);
    server.call("list_sessions", json!({})).ok();
    assert!(server.close().success());
}

#[test]
fn a_client_that_goes_leaves_no_process_and_no_lock() {
    let world = World::changed();
    let unasked = Server::spawn(&world, &[]);
    assert!(unasked.close().success(), "not even a handshake");
    let mut server = Server::start(&world);
    let commit = json!({"name": "commit_session", "arguments": {"force": true}});
    server.send(&json!({"jsonrpc": "2.0", "id": 77, "method": "tools/call", "params": commit}));
    assert!(server.close().success());
    assert_eq!(world.text(PLAN), "one\nTWO\nthree\n", "what was asked for is finished");
    world.start("s2");
    world.run(["cancel"]).ok();
}

#[test]
fn two_servers_and_the_hooks_share_a_project() {
    let world = World::book();
    let (mut one, mut two) = (Server::start(&world), Server::start(&world));
    one.call("create_session", json!({"name": "s1"})).ok();
    assert!(two.call("get_active_session", json!({})).text.contains("s1"));
    let call = |server: &mut Server, n: u64, name: String| {
        let arguments = json!({"name": name});
        let params = json!({"name": "create_session", "arguments": arguments});
        server.send(&json!({"jsonrpc": "2.0", "id": 1000 + n, "method": "tools/call", "params": params}));
    };
    for n in 0..8 {
        call(&mut one, n, format!("left-{n}"));
        call(&mut two, n, format!("right-{n}"));
        world.change(&format!("acts/new-{n}.md"), "new\n");
    }
    for n in 0..8 {
        for server in [&mut one, &mut two] {
            let answer = server.wait_for(|message| message["id"] == 1000 + n);
            assert_eq!(answer["result"]["isError"], false, "{answer}");
        }
    }
    let list = one.call("list_sessions", json!({})).ok();
    assert_eq!(list.json["sessions"].as_array().unwrap().len(), 17);
    assert!(list.json["sessions"].as_array().unwrap().iter().all(|row| row["status"] != "CRASHED"));
}

#[test]
fn a_server_takes_the_sessions_the_contract_gives_it() {
    let world = World::book();
    world.start("own");
    world.run(["start", "other", "--session", "own"]).ok();
    world.run(["switch", "own"]).ok();
    let mut server = Server::start(&world);
    assert_eq!(server.call("get_active_session", json!({})).json["session"], "own");
    let resolved = server.call("resolve_path", json!({"path": PLAN, "session": "other"})).ok();
    assert_eq!(resolved.json["session"], "other");
    let mut named = Server::spawn(&world, &["--session", "other"]);
    named.shake_hands();
    assert_eq!(named.call("get_active_session", json!({})).json["session"], "other");
}

#[test]
fn resources_are_the_status_the_diff_and_every_retry() {
    let world = World::book();
    let mut server = Server::start(&world);
    let list = |server: &mut Server| server.ask("resources/list", json!({}))["resources"].clone();
    let read = |server: &mut Server, uri: &str| {
        server.ask("resources/read", json!({"uri": uri}))["contents"].clone()
    };
    assert_eq!(list(&mut server).as_array().unwrap().len(), 1);
    assert!(
        read(&mut server, "redraft://session/status")[0]["text"]
            .as_str()
            .unwrap()
            .contains("NO ACTIVE SESSION")
    );
    let none = server.ask_for_anything("resources/read", json!({"uri": "redraft://session/diff"}));
    assert_eq!(none["error"]["code"], -32002, "{none}");
    world.start("s1");
    let odd = "acts/гл 1%.md";
    world.change(odd, "rejected\n");
    world.change(PLAN, "one\nTWO\nthree\n");
    world.run(["retry", odd, "Too much exposition"]).ok();
    let resources = list(&mut server);
    assert_eq!(resources.as_array().unwrap().len(), 3, "{resources}");
    assert!(read(&mut server, "redraft://session/diff")[0]["text"].as_str().unwrap().contains("+TWO"));
    let retry = read(&mut server, resources[2]["uri"].as_str().unwrap());
    assert!(retry[0]["text"].as_str().unwrap().contains("Too much exposition"), "{retry}");
    assert_eq!(retry[1]["text"], "rejected\n");
    let foreign = server.ask_for_anything("resources/read", json!({"uri": "file:///etc/passwd"}));
    assert_eq!(foreign["error"]["code"], -32002, "{foreign}");
}

#[test]
fn a_subscriber_hears_of_what_hooks_and_commands_change() {
    let world = World::book();
    let mut server = Server::start(&world);
    let updated = |message: &Value| message["method"] == "notifications/resources/updated";
    world.start("s1");
    let quiet = server.wait_for_until(Duration::from_millis(800), |m| m.get("method").is_some());
    assert!(quiet.is_none(), "nobody subscribed: {quiet:?}");
    server.ask("resources/subscribe", json!({"uri": "redraft://session/status"}));
    // The first look is taken when the subscription is there; a change must come after it to be one.
    std::thread::sleep(Duration::from_millis(200));
    let copy = world.change(PLAN, "one\nTWO\nthree\n");
    assert_eq!(server.wait_for(updated)["params"]["uri"], "redraft://session/status");
    fs::write(copy, "one\nTWO\nand THREE\n").unwrap();
    server.wait_for(updated);
    world.run(["retry", PLAN, "no"]).ok();
    server.wait_for(|message| message["method"] == "notifications/resources/list_changed");
    server.wait_for(updated);
    server.ask("resources/unsubscribe", json!({"uri": "redraft://session/status"}));
    server.wait_for_until(Duration::from_millis(600), |_| false);
    world.change("acts/new.md", "new\n");
    let late = server.wait_for_until(Duration::from_millis(900), updated);
    assert!(late.is_none(), "unsubscribed, and yet: {late:?}");
}

/// The newest protocol has no handshake: each request says who asks, and one that stays open is the subscription.
#[test]
fn a_listener_of_the_newest_protocol_hears_the_same_until_it_cancels() {
    let world = World::book();
    world.start("s1");
    let mut server = Server::spawn(&world, &[]);
    server.send(&json!({
        "jsonrpc": "2.0", "id": "ears", "method": "subscriptions/listen", "params": {
            "notifications": {"resourcesListChanged": true, "resourceSubscriptions": ["redraft://session/status"]},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        },
    }));
    let accepted = server.wait_for(|m| m["method"] == "notifications/subscriptions/acknowledged");
    let granted = &accepted["params"]["notifications"];
    assert_eq!(granted["resourceSubscriptions"], json!(["redraft://session/status"]), "{accepted}");
    assert_eq!(granted["resourcesListChanged"], true, "{accepted}");
    let mine = |m: &Value| m["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == "ears";
    let updated = |m: &Value| m["method"] == "notifications/resources/updated" && mine(m);
    std::thread::sleep(Duration::from_millis(200));
    world.change(PLAN, "one\nTWO\nthree\n");
    assert_eq!(server.wait_for(updated)["params"]["uri"], "redraft://session/status");
    world.run(["retry", PLAN, "no"]).ok();
    server.wait_for(|m| m["method"] == "notifications/resources/list_changed" && mine(m));
    server.wait_for(updated);
    let cancel = json!({"requestId": "ears", "reason": "enough"});
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel}));
    server.wait_for_until(Duration::from_millis(600), |_| false);
    world.change("acts/new.md", "new\n");
    let late = server.wait_for_until(Duration::from_millis(900), |m| m["method"].is_string() && mine(m));
    assert!(late.is_none(), "cancelled, and yet: {late:?}");
}

#[test]
fn prompts_say_which_tool_does_what_was_typed() {
    let world = World::book();
    let mut server = Server::start(&world);
    let names: Vec<_> = server.ask("prompts/list", json!({}))["prompts"].as_array().unwrap().clone();
    assert_eq!(names.iter().map(|p| p["name"].as_str().unwrap()).collect::<Vec<_>>(), ["session", "retry"]);
    let text = |server: &mut Server, name: &str, arguments: Value| {
        let prompt = server.ask("prompts/get", json!({"name": name, "arguments": arguments}));
        prompt["messages"][0]["content"]["text"].as_str().unwrap().to_string()
    };
    let session = text(&mut server, "session", json!({"command": "start new-ending \"Less rain\""}));
    assert!(
        session.contains("start new-ending \"Less rain\"") && session.contains("create_session"),
        "{session}"
    );
    let retry = text(&mut server, "retry", json!({"file": "scene-0101.md", "reason": "too slow"}));
    assert!(retry.contains("record_human_retry") && retry.contains("too slow"), "{retry}");
    for wrong in [json!({"name": "retry", "arguments": {"file": "a"}}), json!({"name": "nothing"})] {
        assert_eq!(server.ask_for_anything("prompts/get", wrong)["error"]["code"], -32602);
    }
}

#[test]
fn the_clock_of_a_server_goes_on() {
    let world = World::book().without("REDRAFT_NOW");
    let mut server = Server::start(&world);
    server.call("create_session", json!({"name": "s1"})).ok();
    std::thread::sleep(Duration::from_millis(1100));
    let status = server.call("get_active_session", json!({})).ok();
    assert!(status.json["age_seconds"].as_i64().unwrap() >= 1, "{}", status.json);
}

#[test]
fn a_window_that_was_cleared_is_still_the_servers() {
    let world = World::book();
    let mut server = Server::start(&world);
    world.start("s1");
    let after = "5e551011-0000-4000-8000-000000000002";
    let world = world.with("CLAUDE_PID", "4242");
    let end = world.event("SessionEnd", json!({"reason": "clear"}));
    world.hook(&end).silent();
    let mut start = world.event("SessionStart", json!({"source": "clear"}));
    start["session_id"] = json!(after);
    world.hook(&start);
    // The person goes on in the new window; the server was started by the old one.
    let mut typed = world.command();
    typed.args(["start", "s2"]).env("CLAUDE_CODE_SESSION_ID", after);
    assert!(typed.output().unwrap().status.success());
    assert_eq!(server.call("get_active_session", json!({})).ok().json["session"], "s2");
    assert_ne!(WINDOW, after);
}
