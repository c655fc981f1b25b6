//! [`Voice`]: who is spoken to decides how a command is written.
//!
//! Every floor writes next steps as `redraft …`. Inside Claude Code the same step is `/session …` or `/retry …`; a
//! command that has no slash form stays a `redraft …` command for the terminal.

/// The subcommands of `/session` about sessions, as the command line names them.
pub const SESSION_VERBS: [&str; 14] = [
    "start", "list", "find", "search", "status", "switch", "commit", "cancel", "restore", "archive",
    "reopen", "log", "undo", "recover",
];

/// The subcommands of `/session` about files.
pub const FILE_VERBS: [&str; 5] = ["diff", "resolve", "rm", "mv", "bring"];

/// The subcommands of `/session` about its notebook.
pub const NOTEBOOK_VERBS: [&str; 10] = [
    "objective",
    "blocker",
    "decision",
    "task",
    "note",
    "tag",
    "checkpoint",
    "checkpoints",
    "rollback",
    "tool",
];

/// The subcommands of `/session` about handing it over.
pub const HANDOVER_VERBS: [&str; 5] = ["brief", "resume", "end", "dehydrate", "restart"];

/// The subcommands of `/session` that look back.
pub const LOOKBACK_VERBS: [&str; 5] = ["history", "compare", "analyze", "report", "gc"];

/// Who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// A person or program at a terminal.
    Cli,
    /// A person typing slash commands in Claude Code.
    Slash,
}

/// Writes the commands in a sentence for its reader.
#[must_use]
pub fn phrase(text: &str, voice: Voice) -> String {
    const NAME: &str = "redraft ";
    if voice == Voice::Cli {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(NAME) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let after = &from[NAME.len()..];
        let end =
            after.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(after.len());
        let verb = &after[..end];
        let stands_alone = !out.ends_with(|c: char| c.is_alphanumeric() || "-_./\\".contains(c));
        match verb {
            "retry" if stands_alone => out.push_str("/retry"),
            _ if stands_alone && has_slash_form(verb) => {
                out.push_str("/session ");
                out.push_str(verb);
            }
            _ => out.push_str(&from[..NAME.len() + end]),
        }
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

fn has_slash_form(verb: &str) -> bool {
    [SESSION_VERBS.as_slice(), &FILE_VERBS, &NOTEBOOK_VERBS, &HANDOVER_VERBS, &LOOKBACK_VERBS]
        .iter()
        .any(|verbs| verbs.contains(&verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_phrased_for_their_reader() {
        for (written, slash) in [
            ("redraft commit --force", "/session commit --force"),
            ("redraft retry scene-0101.md \"…\"", "/retry scene-0101.md \"…\""),
            (
                "Switch: redraft list → redraft switch <name>",
                "Switch: /session list → /session switch <name>",
            ),
            ("`redraft diff`", "`/session diff`"),
            ("redraft recover old-work", "/session recover old-work"),
            ("redraft doctor", "redraft doctor"),
            ("redraft commits", "redraft commits"),
            ("redraft commit-msg", "redraft commit-msg"),
            ("/opt/redraft list", "/opt/redraft list"),
            ("my-redraft list", "my-redraft list"),
            ("a redraft of it", "a redraft of it"),
            ("redraft redraft list", "redraft redraft list"),
            ("redraft ", "redraft "),
            ("use letters", "use letters"),
        ] {
            assert_eq!(phrase(written, Voice::Slash), slash);
            assert_eq!(phrase(written, Voice::Cli), written);
        }
    }
}
