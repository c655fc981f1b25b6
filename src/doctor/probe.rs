//! Judges what a hook answered as Claude Code would: an answer it does not take lets the tool through.

use serde_json::Value;

/// Checks a hook's stdout against what Claude Code takes for an answer to `event`; gives what is wrong with it.
pub(crate) fn complaint(event: &str, stdout: &str) -> Option<String> {
    let text = stdout.trim();
    if text.is_empty() {
        return None;
    }
    if !text.starts_with('{') {
        let context = ["SessionStart", "UserPromptSubmit", "UserPromptExpansion"].contains(&event);
        return (!context).then(|| format!("prints plain text: {:?}", shortened(text)));
    }
    let Ok(Value::Object(answer)) = serde_json::from_str(text) else {
        return Some(format!("prints broken JSON: {:?}", shortened(text)));
    };
    for (key, value) in &answer {
        let right = match key.as_str() {
            "continue" | "suppressOutput" => value.is_boolean(),
            "stopReason" | "reason" | "systemMessage" => value.is_string(),
            "decision" => matches!(value.as_str(), Some("approve" | "block")),
            "hookSpecificOutput" => value.get("hookEventName").and_then(Value::as_str) == Some(event),
            _ => false,
        };
        if !right {
            return Some(format!("answers with a {key:?} that Claude Code does not take"));
        }
    }
    None
}

/// Cuts a text to one short line.
pub(crate) fn shortened(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    match line.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_checked_like_the_client_checks_them() {
        let good = [
            ("PreToolUse", ""),
            ("PreToolUse", " \n"),
            ("SessionStart", "plain context"),
            ("PreToolUse", r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","updatedInput":{}}}"#),
            (
                "UserPromptExpansion",
                r#"{"decision":"block","reason":"x","hookSpecificOutput":{"hookEventName":"UserPromptExpansion"}}"#,
            ),
            ("Stop", r#"{"systemMessage":"x","continue":true,"suppressOutput":false}"#),
        ];
        for (event, stdout) in good {
            assert_eq!(complaint(event, stdout), None, "{stdout}");
        }
        let bad = [
            ("PreToolUse", "hello"),
            ("PreToolUse", "{"),
            ("PreToolUse", r#"{"hookSpecificOutput":{"hookEventName":"Stop"}}"#),
            ("PreToolUse", r#"{"decision":"maybe"}"#),
            ("PreToolUse", r#"{"continue":"yes"}"#),
            ("PreToolUse", r#"{"whatever":1}"#),
        ];
        for (event, stdout) in bad {
            assert!(complaint(event, stdout).is_some(), "{stdout}");
        }
    }
}
