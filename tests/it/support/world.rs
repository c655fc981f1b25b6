//! A project on its own: scratch directory, private HOME, cleared environment, fixed clock.
//!
//! A test is a few verbs over it. What redraft wrote is looked at on the disk ([`World::tree`]), what it said is what
//! the binary printed; nothing here looks into its memory.

use serde_json::{Value, json};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The Claude window that a test speaks for.
pub(crate) const WINDOW: &str = "5e551011-0000-4000-8000-000000000001";

/// What the samples call the project.
const SAMPLED_ROOT: &str = "/home/author/book";

/// What the samples call the session.
const SAMPLED_SESSION: &str = "s1";

/// One project with all that is around it; the disk is cleared away with it.
pub(crate) struct World {
    scratch: TempDir,
    root: PathBuf,
    variables: Vec<(OsString, OsString)>,
    binary: PathBuf,
}

/// What a run of the command line came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// What a hook answered.
#[derive(Debug)]
pub(crate) struct HookRun {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

#[expect(clippy::needless_pass_by_value, reason = "a test writes json!(…) where it is used")]
impl World {
    /// An empty project whose tracked paths are `acts/**` and `context/**`.
    pub(crate) fn new() -> Self {
        let scratch = TempDir::new().unwrap();
        let top = scratch.path().canonicalize().unwrap();
        let root = top.join("book");
        for dir in [&root, &top.join("home"), &root.join("acts"), &root.join("context")] {
            fs::create_dir(dir).unwrap();
        }
        let world =
            World { scratch, root, variables: Vec::new(), binary: env!("CARGO_BIN_EXE_redraft").into() };
        world
            .with("HOME", top.join("home"))
            .with("USER", "author")
            .with("PATH", "/usr/bin:/bin")
            .with("LC_ALL", "C.UTF-8")
            .at("2026-02-03T04:05:06Z")
    }

    /// A small book: a plan and two scenes under `acts/`, characters under `context/`, notes that are not tracked.
    pub(crate) fn book() -> Self {
        let world = World::new();
        for (path, text) in [
            ("acts/plan.md", "one\ntwo\nthree\n"),
            ("acts/act-1/chapter-01/scene-0101.md", "The storm came.\n"),
            ("acts/act-1/chapter-01/scene-0102.md", "The storm went.\n"),
            ("context/characters/alexa.md", "# Alexa\n"),
            ("notes.md", "not tracked\n"),
        ] {
            world.project_file(path, text);
        }
        world
    }

    /// The book with the files that the sampled events speak of.
    pub(crate) fn sampled() -> Self {
        let world = World::book();
        for (path, text) in [
            ("acts/b.md", "bee\n"),
            ("acts/unread.md", "alpha\n"),
            ("acts/nb.ipynb", "{\"cells\":[],\"metadata\":{},\"nbformat\":4,\"nbformat_minor\":5}\n"),
        ] {
            world.project_file(path, text);
        }
        world
    }

    /// The sampled book with session `s1`, where `acts/plan.md` is changed.
    pub(crate) fn changed() -> Self {
        let world = World::sampled();
        world.start("s1");
        world.change("acts/plan.md", "one\nTWO\nthree\n");
        world
    }

    /// Sets a variable of every process started from here on.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.into(), value.as_ref().into()));
        self
    }

    /// Unsets a variable.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// Sets the clock (RFC 3339).
    #[must_use]
    pub(crate) fn at(self, now: &str) -> Self {
        self.with("REDRAFT_NOW", now)
    }

    /// The project's root, without links.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A place beside the project that is no part of it.
    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.scratch.path().canonicalize().unwrap().join(name)
    }

    /// The same with a copy of the program in the scratch directory.
    pub(crate) fn with_own_program(mut self) -> Self {
        let own = self.outside("redraft");
        fs::copy(&self.binary, &own).unwrap();
        self.binary = own;
        self
    }

    /// The absolute path of something in the project.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// The same as text, for JSON.
    pub(crate) fn name(&self, relative: &str) -> String {
        self.path(relative).to_str().unwrap().to_string()
    }

    /// Where a session has its copy of a path.
    pub(crate) fn session_file(&self, session: &str, relative: &str) -> PathBuf {
        self.path(format!("workspace/sessions/{session}/{relative}"))
    }

    /// The same as text, for JSON.
    pub(crate) fn session_name(&self, session: &str, relative: &str) -> String {
        self.session_file(session, relative).to_str().unwrap().to_string()
    }

    /// Writes a file of the project, with the directories above it.
    pub(crate) fn project_file(&self, relative: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Makes a symbolic link in the project.
    pub(crate) fn link(&self, relative: &str, target: impl AsRef<Path>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
    }

    /// Reads a file, by a path relative to the project or absolute.
    pub(crate) fn text(&self, path: impl AsRef<Path>) -> String {
        let path = self.root.join(path);
        String::from_utf8(fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).unwrap()
    }

    /// Tells whether something is there, without following a link.
    pub(crate) fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.root.join(path).symlink_metadata().is_ok()
    }

    /// Starts a session for this window.
    pub(crate) fn start(&self, session: &str) {
        self.run(["start", session]).ok();
    }

    /// Changes a file in this window's session, as a tool with its hooks would; gives the path of the copy.
    pub(crate) fn change(&self, relative: &str, text: &str) -> String {
        let copy = self.pre("Write", json!({ "file_path": self.name(relative), "content": text })).redirect();
        fs::write(&copy, text).unwrap();
        self.post("Write", json!({ "file_path": copy, "content": text }));
        copy
    }

    /// Runs the command line in the project, as this window.
    pub(crate) fn run<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Run {
        let mut command = self.command();
        command.args(args).env("CLAUDE_CODE_SESSION_ID", WINDOW).stdin(Stdio::null());
        Run::of(&command.output().unwrap())
    }

    /// The binary in the project's directory with this world's environment; to be given arguments.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.env_clear().envs(self.variables.iter().map(|(k, v)| (k, v))).current_dir(&self.root);
        command
    }

    /// Sends an event to the hook.
    pub(crate) fn hook(&self, event: &Value) -> HookRun {
        self.hook_text(event.to_string())
    }

    /// Sends whatever text to the hook.
    pub(crate) fn hook_text(&self, text: impl AsRef<[u8]>) -> HookRun {
        let mut command = self.command();
        command.arg("hook").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A hook that needs no more input may be gone before it is all written.
        let _ = child.stdin.take().unwrap().write_all(text.as_ref());
        HookRun::of(&child.wait_with_output().unwrap())
    }

    /// An event with the fields every event has, and these.
    pub(crate) fn event(&self, name: &str, fields: Value) -> Value {
        let mut event = json!({
            "session_id": WINDOW,
            "transcript_path": "/nowhere/transcript.jsonl",
            "cwd": self.root,
            "hook_event_name": name,
        });
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        event.as_object_mut().unwrap().extend(fields);
        event
    }

    /// Sends an event of this name.
    pub(crate) fn send(&self, name: &str, fields: Value) -> HookRun {
        self.hook(&self.event(name, fields))
    }

    /// Sends a `PreToolUse`.
    pub(crate) fn pre(&self, tool: &str, input: Value) -> HookRun {
        self.send("PreToolUse", json!({ "tool_name": tool, "tool_input": input, "tool_use_id": "toolu_1" }))
    }

    /// Sends the `PreToolUse` of a tool on a file of the project.
    pub(crate) fn pre_on(&self, tool: &str, relative: &str) -> HookRun {
        self.pre(tool, World::input(tool, &self.name(relative)))
    }

    /// Arguments of a tool for a path, as a model writes them.
    pub(crate) fn input(tool: &str, path: &str) -> Value {
        match tool {
            "Read" => json!({ "file_path": path }),
            "Write" => json!({ "file_path": path, "content": "written\n" }),
            "Edit" => {
                json!({ "file_path": path, "old_string": "two", "new_string": "TWO", "replace_all": false })
            }
            "MultiEdit" => {
                json!({ "file_path": path, "edits": [{ "old_string": "two", "new_string": "TWO" }] })
            }
            "NotebookEdit" => json!({ "notebook_path": path, "cell_id": "c1", "new_source": "x=2\n" }),
            _ => json!({ "pattern": "storm", "path": path }),
        }
    }

    /// Sends the `PostToolUse` of a tool.
    pub(crate) fn post(&self, tool: &str, input: Value) -> HookRun {
        self.send("PostToolUse", json!({ "tool_name": tool, "tool_input": input, "tool_response": {} }))
    }

    /// Sends a `PostToolBatch` with one call and what the model was told about it.
    pub(crate) fn batch(&self, tool: &str, input: Value, response: &str) -> HookRun {
        let call = json!({
            "tool_name": tool, "tool_input": input, "tool_use_id": "toolu_1", "tool_response": response,
        });
        self.send("PostToolBatch", json!({ "tool_calls": [call] }))
    }

    /// Sends a prompt.
    pub(crate) fn prompt(&self, text: &str) -> HookRun {
        self.send("UserPromptSubmit", json!({ "prompt": text }))
    }

    /// Sends a typed slash command: `world.slash("session", "status")`.
    pub(crate) fn slash(&self, command: &str, args: &str) -> HookRun {
        self.send(
            "UserPromptExpansion",
            json!({
                "expansion_type": "slash_command", "command_name": command, "command_args": args,
                "command_source": "projectSettings", "prompt": format!("/{command} {args}"),
            }),
        )
    }

    /// A genuine event (`2.1.329/PreToolUse-edit`), its project and session renamed to this world's.
    pub(crate) fn sample(&self, name: &str, session: &str) -> Value {
        let path = format!("{}/tests/it/data/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        let from = format!("{SAMPLED_ROOT}/workspace/sessions/{SAMPLED_SESSION}/");
        let to = format!("{SAMPLED_ROOT}/workspace/sessions/{session}/");
        serde_json::from_str(&text.replace(&from, &to).replace(SAMPLED_ROOT, self.root.to_str().unwrap()))
            .unwrap()
    }

    /// Everything in the project but redraft's private records, one line each: mode, path, content.
    pub(crate) fn tree(&self) -> String {
        self.tree_where(|path| !path.starts_with("workspace/.redraft") && path != "workspace/session.lock")
    }

    /// The project's own files: everything outside `workspace/`.
    pub(crate) fn project(&self) -> String {
        self.tree_where(|path| path != "workspace" && !path.starts_with("workspace/"))
    }

    /// What the author wrote: everything outside `workspace/` and `.claude/`.
    pub(crate) fn manuscript(&self) -> String {
        self.tree_where(|path| {
            ["workspace", ".claude", ".git"]
                .iter()
                .all(|own| path != *own && !path.starts_with(&format!("{own}/")))
        })
    }

    /// One session's directory but for its ledger, which holds times; paths begin there.
    pub(crate) fn session(&self, name: &str) -> String {
        let prefix = format!("workspace/sessions/{name}/");
        let whole =
            self.tree_where(|path| path.starts_with(&prefix) || prefix.starts_with(&format!("{path}/")));
        let shown = |line: &&str| {
            line.contains(&prefix) && !line.ends_with(&prefix) && !line.contains("/cow-files.jsonl: ")
        };
        let below = whole.lines().filter(shown);
        let session: String = below.map(|line| line.replace(&prefix, "") + "\n").collect();
        assert!(session.contains("session.json"), "no session {name}: {whole}");
        session
    }

    fn tree_where(&self, shown: impl Fn(&str) -> bool) -> String {
        let mut lines = Vec::new();
        list(&self.root, &self.root, &shown, &mut lines);
        lines.sort();
        lines.into_iter().map(|(_, line)| line + "\n").collect()
    }
}

/// Adds a line for everything below a directory that is to be shown.
fn list(root: &Path, dir: &Path, shown: &impl Fn(&str) -> bool, lines: &mut Vec<(OsString, String)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let relative = path.strip_prefix(root).unwrap();
        let name = relative.to_string_lossy().into_owned();
        if !shown(&name) {
            continue;
        }
        let meta = path.symlink_metadata().unwrap();
        let mode = meta.permissions().mode() & 0o7777;
        let kind = meta.file_type();
        let line = if kind.is_symlink() {
            format!("link {name:?} -> {:?}", fs::read_link(&path).unwrap())
        } else if kind.is_dir() {
            format!("{mode:o} {name}/")
        } else if kind.is_file() {
            format!("{mode:o} {name}: {:?}", String::from_utf8_lossy(&fs::read(&path).unwrap()))
        } else if kind.is_char_device() {
            format!("whiteout {name}")
        } else {
            format!("special {name}")
        };
        lines.push((relative.as_os_str().to_os_string(), line));
        if kind.is_dir() {
            list(root, &path, shown, lines);
        }
    }
}

impl Run {
    /// Takes what a command came to.
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Checks that it succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self
    }
}

impl HookRun {
    fn of(output: &Output) -> Self {
        let run = Run::of(output);
        HookRun { code: run.code, stdout: run.stdout, stderr: run.stderr }
    }

    /// The answer; null when there is none.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        if self.stdout.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }

    /// Checks that nothing was said and nothing is wrong.
    #[track_caller]
    pub(crate) fn silent(&self) {
        assert_eq!((self.code, self.stdout.as_str(), self.stderr.as_str()), (0, "", ""));
    }

    /// The reason of a refusal; fails when the call was not refused.
    #[track_caller]
    pub(crate) fn denied(&self) -> String {
        let answer = &self.json()["hookSpecificOutput"];
        assert_eq!((self.code, &answer["permissionDecision"]), (0, &json!("deny")), "{self:?}");
        assert_eq!(answer["hookEventName"], "PreToolUse");
        answer["permissionDecisionReason"].as_str().unwrap().to_string()
    }

    /// The arguments of a rewrite; fails when the call was not rewritten, or when a permission goes with it.
    #[track_caller]
    pub(crate) fn rewritten(&self) -> Value {
        let answer = &self.json()["hookSpecificOutput"];
        assert_eq!((self.code, &answer["hookEventName"]), (0, &json!("PreToolUse")), "{self:?}");
        assert_eq!(answer.get("permissionDecision"), None, "{self:?}");
        assert!(answer["updatedInput"].is_object(), "{self:?}");
        answer["updatedInput"].clone()
    }

    /// The path of a rewrite.
    #[track_caller]
    pub(crate) fn redirect(&self) -> String {
        let input = self.rewritten();
        let path = input["file_path"].as_str().or(input["notebook_path"].as_str());
        path.unwrap_or_else(|| panic!("{input}")).to_string()
    }

    /// What the model is told beside the answer; empty when nothing.
    #[track_caller]
    pub(crate) fn context(&self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.json()["hookSpecificOutput"]["additionalContext"].as_str().unwrap_or_default().to_string()
    }

    /// What the person is told by `systemMessage`; empty when nothing.
    #[track_caller]
    pub(crate) fn told(&self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.json()["systemMessage"].as_str().unwrap_or_default().to_string()
    }

    /// The text that answers a slash command without the model; fails when the model is asked.
    #[track_caller]
    pub(crate) fn shown(&self) -> String {
        let answer = self.json();
        assert_eq!((self.code, &answer["decision"]), (0, &json!("block")), "{self:?}");
        assert_eq!(answer["hookSpecificOutput"]["suppressOriginalPrompt"], true, "{self:?}");
        assert_eq!(answer["hookSpecificOutput"]["hookEventName"], "UserPromptExpansion", "{self:?}");
        answer["reason"].as_str().unwrap().to_string()
    }
}
