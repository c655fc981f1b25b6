//! `demo`: the whole life of a session on a scratch book, as a person would see it.
//!
//! Nothing is staged: each step sends the JSON that Claude Code sends to this program's own `hook`, in a process of its
//! own, does to the files what the answer says (that is Claude Code's part), and checks what came of it. A step that
//! does not come out as promised is a bug and ends the demo. The book lies in a temporary directory, which is removed.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::child::{self, Call, Ran};
use crate::env::Env;
use crate::error::{Error, Kind, Result};
use crate::fs::ambient;
use crate::report::{Plain, Report};
use crate::verbs::Desk;

const SCENE: &str = "acts/act-1/scene-0101.md";
const NEW_SCENE: &str = "acts/act-1/scene-0102.md";
const NOTES: &str = "context/characters.md";
const DRAFT: &str = "# Scene 0101\n\nIt was a quiet evening.\nShe explained the plan at length.\n";
const WINDOW: &str = "5e551011-0000-4000-8000-000000000001";
const DEADLINE: Duration = Duration::from_secs(10);

/// Plays the demo and gives its transcript.
pub fn demo(desk: &Desk, program: &Path) -> Result<Report> {
    let place = Env::scratch();
    let scratch = tempfile::Builder::new().prefix("redraft-demo-").tempdir_in(&place);
    let scratch = scratch.map_err(|e| Error::io("make a directory in", &place, &e))?;
    let mut book = Book::new(desk, program, ambient::canonicalize(scratch.path())?)?;
    book.play()?;
    let place = book.root.clone();
    let mut text = book.transcript;
    scratch.close().map_err(|e| Error::io("remove", &place, &e))?;
    let _ = writeln!(
        text,
        "\nThe scratch book is removed; nothing is left behind.\nBegin with your own: redraft install, then /session start <name> in Claude Code."
    );
    Ok(Report::Plain(Plain { text }))
}

struct Book {
    root: PathBuf,
    program: String,
    environment: Vec<(&'static str, OsString)>,
    transcript: String,
}

impl Book {
    fn new(desk: &Desk, program: &Path, root: PathBuf) -> Result<Self> {
        for (path, text) in [(SCENE, DRAFT), (NOTES, "# Characters\n\nAlexa, who says little.\n")] {
            ambient::write_atomic(&root.join(path), text.as_bytes(), 0o644)?;
        }
        let mut environment =
            vec![("HOME", root.clone().into_os_string()), ("USER", OsString::from(&desk.env.user))];
        // Whatever lies above the temporary directory or stands in our environment: the demo is about this book only.
        environment.push(("REDRAFT_ROOT", root.clone().into_os_string()));
        environment.push(("REDRAFT_NOW", desk.env.timestamp().into()));
        if !desk.env.emoji {
            environment.push(("REDRAFT_EMOJI", "never".into()));
        }
        let program = program.display().to_string();
        let transcript = "A session from start to commit, on a scratch book. Lines with > are typed by a\n\
             person in Claude Code, lines with · are what Claude does. The answers are real:\n\
             each comes from this program's own hook.\n"
            .into();
        Ok(Self { root, program, environment, transcript })
    }

    fn play(&mut self) -> Result<()> {
        self.slash("/session start rewrite-scene-0101 \"Less exposition\"")?;

        self.note("Claude reads the scene. Nothing is changed yet: it gets the book's own file.");
        let at = self.tool("Read", &json!({ "file_path": self.full(SCENE) }))?;
        self.check(at.is_none(), "a read before the first write goes to the project")?;

        self.note("Claude edits the scene. The hook makes a copy and sends the edit there:");
        let copy = self.edit(SCENE, "quiet evening", "stormy night")?;
        self.note("From now on Claude works on the copy; an edit there goes through as it is.");
        let again = self.tool(
            "Edit",
            &json!({ "file_path": copy, "old_string": "stormy night", "new_string": "stormy evening" }),
        )?;
        self.check(again.is_none(), "an edit of the session's own copy is left as it is")?;
        self.replace(Path::new(&copy), "stormy night", "stormy evening")?;

        self.note("Even by the original path Claude now reads the session's version.");
        let at = self.tool("Read", &json!({ "file_path": self.full(SCENE) }))?;
        self.check(at.as_deref() == Some(copy.as_str()), "a read after the first write goes to the session")?;

        self.note("Claude writes a new scene. It exists in the session only.");
        let text = "# Scene 0102\n\nThe storm broke.\n";
        let target = self.tool("Write", &json!({ "file_path": self.full(NEW_SCENE), "content": text }))?;
        let target = target.ok_or_else(|| bug("a new file goes to the session"))?;
        ambient::write_atomic(Path::new(&target), text.as_bytes(), 0o644)?;
        self.check(self.book_is_untouched()?, "the book is as it was")?;

        self.slash("/retry scene-0101.md \"Too much exposition\"")?;
        self.note("Claude tries again. The version that was rejected is kept.");
        let (old, new) = ("She explained the plan at length.", "She drew the plan in the dust.");
        let at = self.tool("Edit", &json!({ "file_path": copy, "old_string": old, "new_string": new }))?;
        self.check(at.is_none(), "an edit of the session's own copy is left as it is")?;
        self.replace(Path::new(&copy), old, new)?;
        // What comes after these lines, the retries and the paths, is told beside them.
        self.slash_up_to("/session status", "Deleted:")?;
        let preview = self.slash("/session commit")?;
        let fingerprint = fingerprint(&preview).ok_or_else(|| bug("the preview names a fingerprint"))?;
        self.check(self.book_is_untouched()?, "a preview writes nothing")?;
        self.slash(&format!("/session commit --force --expect {fingerprint}"))?;

        let landed = self.text(Path::new(&self.full(SCENE)))?;
        self.check(
            landed.contains("stormy evening") && landed.contains("in the dust"),
            "the book has the new scene",
        )?;
        self.check(self.text(Path::new(&self.full(NEW_SCENE)))? == text, "the book has the second scene")?;
        self.note("The book's own scene 0101 now reads:");
        self.quote(&landed);
        Ok(())
    }

    /// Sends a slash command as typed, and shows what comes back.
    fn slash(&mut self, line: &str) -> Result<String> {
        let text = self.ask(line)?;
        self.quote(&text);
        Ok(text)
    }

    /// Sends a slash command as typed, and shows what comes back up to the line with these words.
    fn slash_up_to(&mut self, line: &str, words: &str) -> Result<()> {
        let text = self.ask(line)?;
        let at =
            text.find(words).ok_or_else(|| bug(&format!("{line} says {words:?}")).detail(text.clone()))?;
        let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
        self.quote(&text[..end]);
        self.quote("…");
        Ok(())
    }

    /// Sends a slash command as typed, and gives what comes back.
    fn ask(&mut self, line: &str) -> Result<String> {
        let (command, args) = line.trim_start_matches('/').split_once(' ').unwrap_or((line, ""));
        let answer = self.hook(json!({
            "hook_event_name": "UserPromptExpansion", "expansion_type": "slash_command",
            "command_name": command, "command_args": args, "command_source": "projectSettings", "prompt": line,
        }))?;
        let direct = answer["reason"].as_str().or_else(|| answer["stopReason"].as_str());
        let given = direct.or_else(|| answer["hookSpecificOutput"]["additionalContext"].as_str());
        let text = given.ok_or_else(|| bug(&format!("{line} is answered")))?;
        // The first line tells the model what this is, and what stands below the mark is for the model alone.
        let told = text.strip_prefix("redraft: result of ").and_then(|rest| rest.split_once('\n'));
        let text = told.map_or(text, |(_, rest)| rest);
        let text = text.split("\n(For you, not part of the result:)").next().unwrap_or(text).to_string();
        let _ = write!(self.transcript, "\n> {line}\n");
        if text.contains("ERROR") {
            return Err(bug(&format!("{line} succeeds")).detail(text));
        }
        Ok(text)
    }

    /// Sends a tool call; gives the path it is sent to instead.
    fn tool(&mut self, tool: &str, input: &Value) -> Result<Option<String>> {
        let answer = self.hook(json!({
            "hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": input,
            "tool_use_id": "toolu_demo", "permission_mode": "default",
        }))?;
        let answer = &answer["hookSpecificOutput"];
        if let Some(reason) = answer["permissionDecisionReason"].as_str() {
            return Err(bug(&format!("{tool} is allowed")).detail(reason.to_string()));
        }
        let target = answer["updatedInput"]["file_path"].as_str().map(str::to_string);
        if let Some(target) = &target {
            let at = Path::new(target).strip_prefix(&self.root).unwrap_or(Path::new(target));
            let at = at.display().to_string();
            let shown = if self.transcript.contains(&at) { "the session's copy" } else { &at };
            let _ = writeln!(self.transcript, "  {tool} → {shown}");
        }
        Ok(target)
    }

    /// Edits as Claude Code does: where the hook says, else at the path itself.
    fn edit(&mut self, path: &str, old: &str, new: &str) -> Result<String> {
        let input = json!({ "file_path": self.full(path), "old_string": old, "new_string": new, "replace_all": false });
        let target = self.tool("Edit", &input)?.ok_or_else(|| bug("an edit goes to the session"))?;
        self.replace(Path::new(&target), old, new)?;
        Ok(target)
    }

    fn hook(&self, mut event: Value) -> Result<Value> {
        event["session_id"] = json!(WINDOW);
        event["transcript_path"] = json!(self.root.join("transcript.jsonl"));
        event["cwd"] = json!(self.root);
        let call = Call {
            program: &self.program,
            args: &["hook"],
            project: &self.root,
            environment: Some(&self.environment),
            input: &event.to_string(),
            deadline: DEADLINE,
        };
        match child::run(&call) {
            Ran::Ended { code: Some(0), stdout, .. } if stdout.trim().is_empty() => Ok(Value::Null),
            Ran::Ended { code: Some(0), stdout, .. } => serde_json::from_str(&stdout)
                .map_err(|e| bug("a hook answers with JSON").detail(e.to_string())),
            other => Err(bug("the hook ends with 0").detail(format!("{other:?}"))),
        }
    }

    fn book_is_untouched(&self) -> Result<bool> {
        Ok(self.text(Path::new(&self.full(SCENE)))? == DRAFT
            && !ambient::exists(Path::new(&self.full(NEW_SCENE))))
    }

    fn replace(&self, path: &Path, old: &str, new: &str) -> Result<()> {
        let text = self.text(path)?;
        self.check(text.contains(old), "the text to edit is there")?;
        ambient::write_atomic(path, text.replacen(old, new, 1).as_bytes(), 0o644)
    }

    fn text(&self, path: &Path) -> Result<String> {
        let bytes =
            ambient::read_optional(path)?.ok_or_else(|| bug(&format!("{} is there", path.display())))?;
        self.check(path.starts_with(&self.root), "all work is inside the scratch book")?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn check(&self, holds: bool, promise: &str) -> Result<()> {
        if holds { Ok(()) } else { Err(bug(promise).detail(self.transcript.clone())) }
    }

    fn note(&mut self, text: &str) {
        let _ = write!(self.transcript, "\n· {text}\n");
    }

    /// Shows a text; places in the book are shown from its root, which is another one each time.
    fn quote(&mut self, text: &str) {
        let text = text.replace(&format!("{}/", self.root.display()), "");
        for line in text.trim_end().lines() {
            let _ = writeln!(self.transcript, "{}", format!("  {line}").trim_end());
        }
    }

    fn full(&self, path: &str) -> String {
        self.root.join(path).display().to_string()
    }
}

/// Finds the fingerprint in a preview's text.
fn fingerprint(preview: &str) -> Option<String> {
    let after = preview.split("--expect ").nth(1)?;
    Some(after.chars().take_while(char::is_ascii_hexdigit).collect()).filter(|text: &String| !text.is_empty())
}

fn bug(promise: &str) -> Error {
    Error::new(Kind::Bug, format!("the demo did not come out as promised: {promise}"))
}
