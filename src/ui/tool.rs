//! The JSON tool's answers in the seeds' own form: `{"success":true,"result":…}` and `{"success":false,"error":"…"}`.

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::report::ToolAnswer;

/// Writes what a tool came to, ending in a line break.
#[inline(never)]
pub(super) fn answer(report: &ToolAnswer) -> String {
    line(&json!({"success": report.success, "result": report.result}))
}

/// Writes why it came to nothing, ending in a line break: the sentence as `error`, then what else is known.
#[must_use]
pub fn tool_refusal(error: &Error) -> String {
    let mut object = Map::new();
    object.insert("success".into(), false.into());
    object.insert("error".into(), error.message.clone().into());
    object.insert("kind".into(), error.kind.as_str().into());
    object.insert("details".into(), error.details.clone().into());
    object.insert("hints".into(), error.next_steps().into());
    line(&Value::Object(object))
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
