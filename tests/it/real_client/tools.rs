//! Sessions through the MCP tools, in the client as a person has it: started, edited in, and committed by the model.

use super::author::{Author, PLAN, edit_told, read_told};
use crate::support::client::{Setup, with_every_client};
use crate::support::script::{tool, tool_from, turn};
use serde_json::json;

with_every_client! {
    a_session_is_started_edited_and_committed_through_the_tools,
    a_refusal_is_an_error_with_the_next_step,
}

/// The binary under test as the client's MCP server.
fn configuration() -> String {
    json!({"mcpServers": {"redraft": {"command": env!("CARGO_BIN_EXE_redraft"), "args": ["mcp"]}}})
        .to_string()
}

const ALLOWED: &str = "Read,Edit,Write,mcp__redraft";

fn a_session_is_started_edited_and_committed_through_the_tools(setup: Setup) {
    let author = Author::new(setup);
    let plan = author.project_path(PLAN);
    let start = json!({"name": "s1", "description": "By the tools"});
    let run = author
        .ask("Work on the plan in a session, then land it")
        .permissions("acceptEdits", ALLOWED)
        .arguments(["--mcp-config", &configuration()])
        .script([
            turn![tool("mcp__redraft__create_session", start)],
            turn![tool("Read", json!({"file_path": plan})).named("look")],
            turn![
                tool("Edit", json!({"file_path": plan, "old_string": "two", "new_string": "TWO"}))
                    .named("edit")
            ],
            turn![read_told(PLAN)],
            turn![edit_told(PLAN, "three", "THREE").named("again")],
            turn![tool("mcp__redraft__commit_session", json!({"force": false})).named("preview")],
            turn![
                tool_from("mcp__redraft__commit_session", |seen| {
                    json!({"force": true, "expect": fingerprint(&seen.news().join("\n"))})
                })
                .named("commit")
            ],
        ])
        .run();
    assert!(run.tool_result("mcp__redraft__create_session").contains("s1"), "{run}");
    assert!(!run.tool_failed("again") && !run.tool_failed("preview"), "{run}");
    assert!(!run.tool_failed("commit"), "{run}");
    let landed = author.world.text(PLAN);
    assert!(landed.contains("THREE") && !author.world.exists("workspace/sessions/s1"), "{landed}\n{run}");
}

/// The fingerprint in a preview, as text or as JSON: the client shows the model the one or the other.
fn fingerprint(heard: &str) -> String {
    let (_, after) = heard.rsplit_once("ingerprint").unwrap_or_else(|| panic!("no fingerprint in {heard}"));
    after.chars().skip_while(|c| !c.is_ascii_hexdigit()).take_while(char::is_ascii_hexdigit).collect()
}

fn a_refusal_is_an_error_with_the_next_step(setup: Setup) {
    let author = Author::new(setup);
    let run = author
        .ask("Land it")
        .permissions("acceptEdits", ALLOWED)
        .arguments(["--mcp-config", &configuration()])
        .script([turn![tool("mcp__redraft__commit_session", json!({"force": true}))]])
        .run();
    assert!(run.tool_failed("mcp__redraft__commit_session"), "{run}");
    assert!(run.tool_result("mcp__redraft__commit_session").contains("redraft start"), "{run}");
    author.is_untouched();
}
