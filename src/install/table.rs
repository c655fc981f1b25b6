//! The hooks redraft asks Claude Code for: one table, from which `install` and the plugin's `hooks/hooks.json` are made.
//!
//! Why each event is asked for, and why with this matcher, is told in `references/hook-contract.md`. A timeout is the
//! client's, in seconds; when it runs out the *tool proceeds*, so it is only the net under our own, shorter deadlines.

use serde_json::{Map, Value, json};

/// One event with what it is asked for.
#[derive(Debug)]
pub(crate) struct Event {
    /// Claude Code's name of it.
    pub(crate) name: &'static str,
    /// The tools or commands it is wanted for; all when absent.
    pub(crate) matcher: Option<&'static str>,
    /// Seconds until the client stops waiting.
    pub(crate) timeout: u32,
}

/// The argument that makes the binary a hook.
pub(crate) const ARGUMENT: &str = "hook";

/// Every event, in the order it is written.
pub(crate) const EVENTS: [Event; 11] = [
    Event {
        name: "PreToolUse",
        matcher: Some("Read|Write|Edit|MultiEdit|NotebookEdit|Grep|Glob"),
        timeout: 120,
    },
    Event { name: "PostToolUse", matcher: Some("Write|Edit|MultiEdit|NotebookEdit"), timeout: 30 },
    Event {
        name: "PostToolUseFailure",
        matcher: Some("Read|Write|Edit|MultiEdit|NotebookEdit"),
        timeout: 120,
    },
    Event { name: "PostToolBatch", matcher: None, timeout: 120 },
    Event { name: "UserPromptSubmit", matcher: None, timeout: 30 },
    Event { name: "UserPromptExpansion", matcher: Some("^(redraft:)?(session|retry)$"), timeout: 600 },
    Event { name: "SessionStart", matcher: None, timeout: 30 },
    Event { name: "SubagentStart", matcher: None, timeout: 10 },
    Event { name: "PreCompact", matcher: None, timeout: 10 },
    Event { name: "SessionEnd", matcher: None, timeout: 10 },
    Event { name: "Stop", matcher: None, timeout: 10 },
];

impl Event {
    /// Gives the entry for this event: one matcher group with one exec-form hook.
    pub(crate) fn group(&self, command: &str) -> Value {
        let mut group = Map::new();
        if let Some(matcher) = self.matcher {
            group.insert("matcher".into(), json!(matcher));
        }
        let hook =
            json!({"type": "command", "command": command, "args": [ARGUMENT], "timeout": self.timeout});
        group.insert("hooks".into(), json!([hook]));
        Value::Object(group)
    }
}

/// Gives the whole `hooks` object for a command.
#[cfg(test)]
pub(crate) fn hooks(command: &str) -> Value {
    EVENTS.iter().map(|event| (event.name.to_string(), json!([event.group(command)]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plugin_asks_for_exactly_what_install_merges() {
        let plugin: Value = serde_json::from_str(include_str!("../../hooks/hooks.json")).unwrap();
        let expected = hooks("redraft");
        assert_eq!(
            serde_json::to_string_pretty(&plugin["hooks"]).unwrap(),
            serde_json::to_string_pretty(&expected).unwrap()
        );
    }

    #[test]
    fn every_event_is_asked_for_once() {
        let mut names: Vec<_> = EVENTS.iter().map(|e| e.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), EVENTS.len());
    }
}
