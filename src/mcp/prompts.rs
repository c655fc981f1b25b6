//! Prompts: `session` and `retry`, for clients in which a person picks them as slash commands.
//!
//! They tell the model which tool does what the person typed; nothing is done by asking for them.

use std::fmt::Write as _;

use rmcp::model::{GetPromptResult, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::{Map, Value};

use super::tools;

/// Lists both.
pub(super) fn list() -> Vec<Prompt> {
    let session = PromptArgument::new("command").with_description(
        "What to do: start <name> [description], list, status, switch <name>, commit, cancel, …",
    );
    let file = PromptArgument::new("file")
        .with_description("The file whose version is rejected")
        .with_required(true);
    let reason = PromptArgument::new("reason").with_description("Why it is rejected").with_required(true);
    vec![
        Prompt::new(
            "session",
            Some("Work in an isolated session: start, status, commit, cancel …"),
            Some(vec![session]),
        )
        .with_title("Work session"),
        Prompt::new(
            "retry",
            Some("Keep a version you reject, with your reason, and have it written again"),
            Some(vec![file, reason]),
        )
        .with_title("Retry a file"),
    ]
}

/// Writes one of them; `None` when there is none of that name, an error when an argument is missing.
pub(super) fn get(name: &str, arguments: &Map<String, Value>) -> Option<Result<GetPromptResult, String>> {
    let argument =
        |name: &str| arguments.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
    let text = match name {
        "session" => session(argument("command")),
        "retry" if argument("file").is_empty() => {
            return Some(Err("the argument \"file\" is missing".into()));
        }
        "retry" if argument("reason").is_empty() => {
            return Some(Err("the argument \"reason\" is missing".into()));
        }
        "retry" => retry(argument("file"), argument("reason")),
        _ => return None,
    };
    Some(Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)])))
}

fn session(command: &str) -> String {
    let asked = if command.is_empty() { "status" } else { command };
    let mut text = format!(
        "I typed: session {asked}\n\nDo that with the redraft tool for it, once, and show me its text as it is: keep \
         names, counts, paths and fingerprints exactly.\n\n"
    );
    for tool in tools::all() {
        let parameters: Vec<&str> = tool.parameters.iter().map(|parameter| parameter.name).collect();
        let _ = writeln!(text, "- {}: {}({})", tool.verb, tool.name, parameters.join(", "));
    }
    text.push_str(
        "\nCommitting takes two steps: commit_session with force=false, show me what would land, and only after my yes \
         commit_session with force=true and expect=<the fingerprint>. With a session active, read and edit tracked files \
         at their session path (resolve_path gives it). If the tool refuses, tell me why and which next steps it names.\n",
    );
    text
}

fn retry(file: &str, reason: &str) -> String {
    format!(
        "I reject the present version of {file}. My reason: {reason}\n\nFirst call record_human_retry with \
         file_path={file:?} and reason={reason:?}, unless that was recorded already. Then read the earlier reasons for \
         this file with get_active_session and write it anew at its session path (resolve_path gives it), taking all of \
         them into account.\n"
    )
}
