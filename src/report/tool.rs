//! What the seeds' JSON tool answers.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The answer of a JSON tool; a refusal is an error like any other.
#[derive(Debug, JsonSchema, Serialize)]
pub struct ToolAnswer {
    /// Which tool.
    pub tool: &'static str,
    /// Always true.
    pub success: bool,
    /// What it came to: `operation`, then the operation's own fields.
    pub result: Value,
}
