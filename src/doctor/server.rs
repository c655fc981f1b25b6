//! Starts this program as an MCP server, has it list its tools, and lets it go.

use std::path::Path;

use serde_json::{Value, json};

use super::{DEADLINE, fail, ok, told};
use crate::child::{self, Call, Ran};
use crate::fs::ambient;
use crate::install::server;
use crate::report::Check;

const NAME: &str = "MCP server";

/// Checks that the server answers, and that what `.mcp.json` names is there.
///
/// Only this program is run: what a project's file names may be anybody's.
pub(super) fn check(root: &Path, exe: &Path) -> Check {
    let n_tools = match list_tools(root, exe) {
        Ok(n_tools) => n_tools,
        Err(why) => return fail(NAME, format!("{} mcp {why}", exe.display()), "redraft mcp --help"),
    };
    let tools = if n_tools == 1 { "1 tool".to_string() } else { format!("{n_tools} tools") };
    let answers = format!("starts and lists {tools}");
    match server::program(root) {
        Some(program) if program.contains('/') && !ambient::is_executable(Path::new(&program)) => {
            let message = format!("{} names {program}, which cannot be run", server::FILE);
            fail(NAME, message, "redraft install --mcp")
        }
        Some(_) => ok(NAME, format!("{answers}; {} names it", server::FILE)),
        None => Check {
            hint: Some("redraft install --mcp".into()),
            ..ok(NAME, format!("{answers}; {} does not name it", server::FILE))
        },
    }
}

/// Gives how many tools the server has, or what is wrong with it.
fn list_tools(root: &Path, exe: &Path) -> Result<usize, String> {
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "redraft-doctor", "version": env!("CARGO_PKG_VERSION")},
    });
    let messages = [
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
    ];
    let input = messages.map(|message| message.to_string()).join("\n") + "\n";
    let program = exe.to_string_lossy();
    let call = Call {
        program: &program,
        args: &["mcp"],
        project: root,
        environment: None,
        input: &input,
        deadline: DEADLINE,
    };
    let stdout = match child::run(&call) {
        Ran::Ended { code: Some(0), stdout, .. } => stdout,
        other => return Err(told(&other)),
    };
    let answers = stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let list = answers.into_iter().find(|answer| answer["id"] == 1);
    let tools = list.and_then(|list| list["result"]["tools"].as_array().map(Vec::len));
    tools.filter(|n| *n > 0).ok_or_else(|| "gives no list of tools".to_string())
}
