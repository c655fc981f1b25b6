//! The MCP server as clients see it that nobody here wrote: the official Python SDK, which checks what it is answered.

use crate::support::world::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

#[test]
#[ignore = "needs the Python SDK: .ci/fetch-mcp-peer, then cargo test mcp_peers -- --include-ignored"]
fn the_official_python_sdk_drives_every_tool_resource_and_prompt() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var_os("REDRAFT_CLIENT_DIR").map_or(repository.join(".client"), Into::into);
    let python = folder.join("mcp-peer/bin/python");
    assert!(python.exists(), "the Python SDK is not at {}: run .ci/fetch-mcp-peer", python.display());
    let world = World::book();
    let output = Command::new(python)
        .arg(repository.join("tests/it/data/mcp_peer.py"))
        .arg(env!("CARGO_BIN_EXE_redraft"))
        .args([world.root(), &repository.join("references/mcp.md")])
        .env_clear()
        .env("HOME", world.outside("home"))
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let seen: Value = serde_json::from_str(&said).unwrap();
    let names = |list: &str| -> BTreeSet<String> {
        seen[list].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_string()).collect()
    };
    let all: BTreeSet<String> = redraft::mcp::tools().map(|(name, _)| name.to_string()).collect();
    assert_eq!((names("tools"), names("called")), (all.clone(), all));
    assert_eq!(seen["refused"], json!(["usage", "usage", "usage"]));
    let resources = seen["resources"].as_array().unwrap();
    let read = |resource: &Value| (resource[0].as_str().unwrap().to_string(), resource[1].as_u64().unwrap());
    let resources: Vec<_> = resources.iter().map(read).collect();
    assert!(resources.contains(&("redraft://session/status".into(), 1)), "{resources:?}");
    assert!(resources.contains(&("redraft://session/diff".into(), 1)), "{resources:?}");
    assert!(resources.contains(&("redraft://session/retries/1/acts/plan.md".into(), 2)), "{resources:?}");
    assert_eq!(seen["prompts"].as_array().unwrap().len(), 2);
    assert!(names("heard").contains("notifications/resources/updated"), "{seen}");
    assert_eq!(world.text("acts/plan.md"), "one\ntwo\nthree\n", "committed, and taken back");
}
