//! The ground that redraft stands on: what the client does with hooks, paths and conversations, without redraft.
//!
//! When one of these fails with a newer client, a fact has changed and the hooks must be looked at again.

use crate::support::client::{Client, Setup, VERSIONS, with_every_client};
use crate::support::script::{Speaker, say, tool, tool_from, turn};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

with_every_client! {
    a_file_is_read_edited_and_shown,
    only_a_strict_client_refuses_an_unread_file,
    a_hook_moves_a_write_and_the_model_learns_the_path,
    a_rewrite_is_no_permission,
    a_subagent_has_its_own_script_and_context,
    two_windows_keep_their_conversations,
    a_slash_command_is_answered_without_the_model,
    the_shell_prefix_sees_the_command_as_one_argument,
}

/// A project with one file, and a folder for hooks.
struct Book {
    dir: TempDir,
}

impl Book {
    fn new() -> Self {
        let book = Book { dir: TempDir::new().unwrap() };
        book.file("acts/plan.md", "one\ntwo\nthree\n");
        book
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    fn file(&self, relative: &str, content: &str) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn text(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    /// Makes the client's hook on each event answer with this, whatever happened.
    fn hooks<const N: usize>(&self, answers: [(&str, Value); N]) {
        let hook = |(event, answer): (&str, Value)| {
            let answer_file = format!("hooks/{event}.json");
            self.file(&answer_file, &answer.to_string());
            let handler = json!({"type": "command", "command": "cat", "args": [self.path(&answer_file)]});
            (event.to_owned(), json!([{"hooks": [handler]}]))
        };
        let hooks: serde_json::Map<String, Value> = answers.into_iter().map(hook).collect();
        self.file(".claude/settings.json", &json!({"hooks": hooks}).to_string());
    }

    fn client(&self, setup: Setup) -> Client {
        Client::new(self.dir.path(), setup)
    }
}

fn with_context(event: &str, text: &str) -> Value {
    json!({"hookSpecificOutput": {"hookEventName": event, "additionalContext": text}})
}

fn edit(path: &Path, old: &str, new: &str) -> Value {
    json!({"file_path": path, "old_string": old, "new_string": new})
}

fn a_file_is_read_edited_and_shown(setup: Setup) {
    let book = Book::new();
    let plan = book.path("acts/plan.md");
    let run = book
        .client(setup)
        .prompt("go")
        .script([
            turn![tool("Read", json!({"file_path": plan}))],
            turn![say("Now."), tool("Edit", edit(&plan, "two", "TWO"))],
            turn![
                tool("Bash", json!({"command": "cat acts/plan.md"})).named("cat"),
                tool("Bash", json!({"command": "exit 3"})).named("fail"),
            ],
            turn![say("It is done.")],
        ])
        .run();
    assert_eq!(book.text("acts/plan.md"), "one\nTWO\nthree\n");
    assert!(run.tool_result("Read").contains("2\ttwo"));
    assert!(run.tool_result("Edit").contains("has been updated successfully"));
    assert!(run.tool_result("cat").starts_with("one\nTWO\nthree") && !run.tool_failed("cat"));
    assert!(run.tool_result("fail").contains("Exit code 3") && run.tool_failed("fail"));
    assert_eq!(run.model_calls(), 4);
    assert_eq!(run.answer(), "It is done.");
}

fn only_a_strict_client_refuses_an_unread_file(setup: Setup) {
    let book = Book::new();
    let run = book
        .client(setup)
        .prompt("go")
        .script([
            turn![tool("Edit", edit(&book.path("acts/plan.md"), "two", "TWO"))],
            turn![tool("Write", json!({"file_path": book.path("acts/new.md"), "content": "new\n"}))],
        ])
        .run();
    assert_eq!(run.tool_failed("Edit"), setup.must_read_first());
    assert_eq!(run.tool_result("Edit").contains("has not been read yet"), setup.must_read_first());
    assert!(!run.tool_failed("Write"));
}

fn a_hook_moves_a_write_and_the_model_learns_the_path(setup: Setup) {
    let book = Book::new();
    let moved = book.path("workspace/sessions/s1/acts/new.md");
    let rewrite = json!({"file_path": moved, "content": "moved\n"});
    let note = format!("From now on use `{}`.", moved.display());
    let output = json!({"hookEventName": "PreToolUse", "updatedInput": rewrite, "additionalContext": note});
    book.hooks([("PreToolUse", json!({"hookSpecificOutput": output}))]);
    let run = book
        .client(setup)
        .prompt("go")
        .script([
            turn![tool("Write", json!({"file_path": book.path("acts/new.md"), "content": "new\n"}))],
            turn![
                tool_from(
                    "Write",
                    |seen| json!({"file_path": seen.between("From now on use `", "`"), "content": ""})
                )
                .named("again")
            ],
        ])
        .run();
    assert!(run.context_seen(&note));
    assert!(run.tool_result("Write").contains("workspace/sessions/s1/acts/new.md"));
    assert!(!run.tool_failed("again"));
    assert_eq!(book.text("workspace/sessions/s1/acts/new.md"), "moved\n");
    assert!(!book.path("acts/new.md").exists());
}

fn a_rewrite_is_no_permission(setup: Setup) {
    let book = Book::new();
    let rewrite = json!({"file_path": book.path("elsewhere.md"), "content": "moved\n"});
    book.hooks([(
        "PreToolUse",
        json!({"hookSpecificOutput": {"hookEventName": "PreToolUse", "updatedInput": rewrite}}),
    )]);
    let write = tool("Write", json!({"file_path": book.path("acts/new.md"), "content": "new\n"}));
    let run = book.client(setup).prompt("go").permissions("default", "Read").script([turn![write]]).run();
    assert!(run.tool_result("Write").contains("requested permissions to write to"));
    assert!(!book.path("elsewhere.md").exists() && !book.path("acts/new.md").exists());
}

fn a_subagent_has_its_own_script_and_context(setup: Setup) {
    let book = Book::new();
    book.hooks([
        ("SessionStart", with_context("SessionStart", "for the main agent")),
        ("SubagentStart", with_context("SubagentStart", "for the subagent")),
    ]);
    let task = json!({
        "description": "look", "prompt": "READER: look at the plan", "subagent_type": "general-purpose",
        "run_in_background": false,
    });
    let run = book
        .client(setup)
        .prompt("go")
        .script([turn![tool("Agent", task)], turn![say("Thanks.")]])
        .subagent(
            "READER",
            [turn![tool("Read", json!({"file_path": book.path("acts/plan.md")}))], turn![say("Seen.")]],
        )
        .run();
    assert!(run.tool_result("Agent").contains("Seen."));
    assert!(run.tool_result("Read").contains("three"));
    assert_eq!(run.model_calls(), 2);
    assert_eq!(run.requests_of(&Speaker::Subagent("READER".to_owned())).count(), 2);
    assert!(run.context_seen("for the main agent") && !run.context_seen("for the subagent"));
    assert!(run.subagent_context_seen("READER", "for the subagent"));
    assert!(!run.subagent_context_seen("READER", "for the main agent"));
}

fn two_windows_keep_their_conversations(setup: Setup) {
    let (left, right) = ("11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555");
    let book = Book::new();
    let client = book.client(setup);
    client.prompt("I am left").session_id(left).script([turn![say("Hello left.")]]).run();
    client.prompt("I am right").session_id(right).script([turn![say("Hello right.")]]).run();
    let look = || turn![tool("Bash", json!({"command": "echo $CLAUDE_CODE_SESSION_ID"}))];
    let again = client.prompt("Who am I?").resume(left).script([look()]).run();
    assert_eq!(again.session_id(), left);
    assert!(again.tool_result("Bash").contains(left));
    assert!(again.context_seen("I am left") && !again.context_seen("I am right"));
    let last = client.prompt("And who now?").continue_last().script([look(), turn![say("Left.")]]).run();
    assert_eq!((last.session_id(), last.answer()), (left, "Left."));
}

fn a_slash_command_is_answered_without_the_model(setup: Setup) {
    let book = Book::new();
    book.file(".claude/skills/session/SKILL.md", "---\nname: session\ndescription: Sessions\n---\nDone.\n");
    let output = json!({"hookEventName": "UserPromptExpansion", "suppressOriginalPrompt": true});
    let block = json!({"decision": "block", "reason": "no session\n  — ✓", "hookSpecificOutput": output});
    book.hooks([("UserPromptExpansion", block)]);
    let run = book.client(setup).prompt(r#"/session status "x""#).run();
    assert_eq!(run.model_calls(), 0);
    assert!(run.shown("no session\n  — ✓"));
    assert_eq!(run.shown("Original prompt:"), setup == Setup::V197, "2.1.197 cannot suppress it");
}

fn the_shell_prefix_sees_the_command_as_one_argument(setup: Setup) {
    let book = Book::new();
    book.file("prefix", "#!/bin/sh\necho \"$#: $1\" >> \"$PREFIX_LOG\"\nexec sh -c \"$1\"\n");
    fs::set_permissions(book.path("prefix"), fs::Permissions::from_mode(0o755)).unwrap();
    let client = book
        .client(setup)
        .env("CLAUDE_CODE_SHELL_PREFIX", book.path("prefix"))
        .env("PREFIX_LOG", book.path("log"));
    let run = client.prompt("go").script([turn![tool("Bash", json!({"command": "echo 'a  b'"}))]]).run();
    assert!(run.tool_result("Bash").starts_with("a  b"));
    assert!(book.text("log").starts_with("1: ") && book.text("log").contains("a  b"));
}

#[test]
fn the_fetch_script_brings_every_version() {
    let script = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/fetch-client")).unwrap();
    assert!(script.contains(&format!("versions=\"{}\"", VERSIONS.join(" "))));
}
