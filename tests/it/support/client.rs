//! The published Claude Code client, run so that it reaches nothing but a [`MessagesApi`] on loopback.
//!
//! The client is proprietary and large: it is never part of this repository, `.ci/fetch-client` brings it to
//! `.client/<version>/claude`. A test that needs it is `#[ignore]`d with that hint, and fails when it is asked for and the
//! client is not there, so that no test passes without having run.

use super::filter;
use super::messages_api::MessagesApi;
use super::run::Run;
use super::script::{Script, Turn};
use serde_json::Value;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A run takes one to three seconds; beyond this it hangs.
const DEADLINE: Duration = Duration::from_secs(90);

/// The client versions that `.ci/fetch-client` brings.
pub(crate) const VERSIONS: [&str; 2] = ["2.1.197", "2.1.329"];

/// Registers each scenario once per set-up; a plain `cargo test` reports them as ignored, with the reason.
macro_rules! with_every_client {
    ($($scenario:ident),+ $(,)?) => { $(
        mod $scenario {
            use crate::support::client::Setup;

            #[test]
            #[ignore = "needs the client: .ci/fetch-client, then cargo test real_client -- --include-ignored"]
            fn on_2_1_197() {
                super::$scenario(Setup::V197);
            }

            #[test]
            #[ignore = "needs the client: .ci/fetch-client, then cargo test real_client -- --include-ignored"]
            fn on_2_1_329() {
                super::$scenario(Setup::V329);
            }

            #[test]
            #[ignore = "needs the client: .ci/fetch-client, then cargo test real_client -- --include-ignored"]
            fn on_2_1_329_with_a_strict_model() {
                super::$scenario(Setup::V329Strict);
            }
        }
    )+ };
}
pub(crate) use with_every_client;

/// A client and a model that differ in when a file must be read before it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setup {
    /// 2.1.197: every model must read first.
    V197,
    /// 2.1.329 with its default model: nothing must be read first, but notebooks.
    V329,
    /// 2.1.329 with a model that must read first.
    V329Strict,
}

impl Setup {
    pub(crate) fn version(self) -> &'static str {
        match self {
            Setup::V197 => VERSIONS[0],
            Setup::V329 | Setup::V329Strict => VERSIONS[1],
        }
    }

    /// Whether Write and Edit refuse a file that the model has not read.
    pub(crate) fn must_read_first(self) -> bool {
        self != Setup::V329
    }

    fn model(self) -> Option<&'static str> {
        (self == Setup::V329Strict).then_some("claude-haiku-4-5")
    }
}

/// The client in one project, with a HOME that outlives its runs (a conversation can be resumed).
pub(crate) struct Client {
    binary: PathBuf,
    setup: Setup,
    project: PathBuf,
    home: PathBuf,
    /// Goes with the client, when the HOME is its own.
    _own_home: Option<TempDir>,
    environment: Vec<(String, OsString)>,
    /// What starts it.
    under: Vec<OsString>,
    /// The calls that the kernel refuses it.
    forbidden: &'static [i64],
}

impl Client {
    /// The client of `setup` in `project`, with a HOME of its own.
    pub(crate) fn new(project: &Path, setup: Setup) -> Self {
        let own = TempDir::new().unwrap();
        let client = Client::in_home(project, own.path(), setup);
        Client { _own_home: Some(own), ..client }
    }

    /// The client of `setup` in `project`, with the settings that lie in `home`.
    pub(crate) fn in_home(project: &Path, home: &Path, setup: Setup) -> Self {
        let (project, home) = (project.to_owned(), home.to_owned());
        Client {
            binary: find_binary(setup),
            setup,
            project,
            home,
            _own_home: None,
            environment: vec![],
            under: vec![],
            forbidden: &[],
        }
    }

    /// Has the kernel refuse some calls to the client and all that it starts.
    pub(crate) fn forbid(self, calls: &'static [i64]) -> Self {
        Client { forbidden: calls, ..self }
    }

    /// Adds a variable to the client's otherwise empty environment.
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Lets a program start it, with these arguments before the client's own path.
    pub(crate) fn under(mut self, program: &[&str]) -> Self {
        self.under = program.iter().map(OsString::from).collect();
        self
    }

    /// A prompt typed into this client: `claude -p TEXT`.
    pub(crate) fn prompt(&self, text: &str) -> Prompt<'_> {
        Prompt {
            client: self,
            text: text.to_owned(),
            script: Script::default(),
            permission_mode: "acceptEdits",
            allowed_tools: "Bash,Read,Edit,Write,NotebookEdit,Agent,Skill",
            arguments: vec![],
        }
    }

    fn command(&self, api: &MessagesApi) -> Command {
        let mut words = self.under.iter().map(OsString::as_os_str).chain([self.binary.as_os_str()]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).current_dir(&self.project).env_clear();
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", &self.home).env("TERM", "dumb");
        command.env("CLAUDE_CODE_TMPDIR", self.home.join("tmp")).env("TMPDIR", self.home.join("tmp"));
        command.env("ANTHROPIC_BASE_URL", api.url()).env("ANTHROPIC_API_KEY", "sk-test");
        for off in ["DISABLE_TELEMETRY", "DISABLE_AUTOUPDATER", "DISABLE_ERROR_REPORTING"] {
            command.env(off, "1");
        }
        command.env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        filter::forbid(&mut command, self.forbidden);
        command
    }
}

/// One `claude -p`, about to run.
#[must_use = "nothing happens before run()"]
pub(crate) struct Prompt<'c> {
    client: &'c Client,
    text: String,
    script: Script,
    permission_mode: &'static str,
    allowed_tools: &'static str,
    arguments: Vec<String>,
}

impl Prompt<'_> {
    /// What the model does, turn by turn; after the last turn it says "done".
    pub(crate) fn script(mut self, turns: impl IntoIterator<Item = Turn>) -> Self {
        self.script.main.extend(turns);
        self
    }

    /// What a subagent does whose prompt contains `marker` (which the main prompt must not).
    pub(crate) fn subagent(mut self, marker: &str, turns: impl IntoIterator<Item = Turn>) -> Self {
        self.script.subagents.push((marker.to_owned(), turns.into_iter().collect()));
        self
    }

    /// Starts a conversation under this id (a UUID).
    pub(crate) fn session_id(self, id: &str) -> Self {
        self.arguments(["--session-id", id])
    }

    /// Goes on with the conversation of this id.
    pub(crate) fn resume(self, id: &str) -> Self {
        self.arguments(["--resume", id])
    }

    /// Goes on with the last conversation of this project.
    pub(crate) fn continue_last(self) -> Self {
        self.arguments(["--continue"])
    }

    /// What the user has allowed; without this: edits are accepted, and every tool that the scripts use.
    pub(crate) fn permissions(mut self, mode: &'static str, allowed_tools: &'static str) -> Self {
        (self.permission_mode, self.allowed_tools) = (mode, allowed_tools);
        self
    }

    /// More arguments for the client.
    pub(crate) fn arguments<'a>(mut self, more: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments.extend(more.into_iter().map(str::to_owned));
        self
    }

    /// Runs the client to its end and says what was seen of it; panics when it hangs, or when the script itself fails.
    pub(crate) fn run(self) -> Run {
        let client = self.client;
        let api = MessagesApi::start(self.script);
        let output = TempDir::new().unwrap();
        fs::create_dir_all(client.home.join("tmp")).unwrap();
        let mut command = client.command(&api);
        command.args(["-p", &self.text, "--output-format", "stream-json", "--verbose"]);
        command.args(["--permission-mode", self.permission_mode, "--allowedTools", self.allowed_tools]);
        command.args(client.setup.model().into_iter().flat_map(|model| ["--model", model]));
        command.args(&self.arguments);
        // Files, not pipes: what the client leaves running in the background could hold a pipe open for ever.
        let (stdout, stderr) = (output.path().join("stdout"), output.path().join("stderr"));
        command.stdin(Stdio::null());
        command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
        let child = command.process_group(0).spawn().expect("the client starts");
        let status = wait(child);
        let recording = api.finish();
        let (stdout, stderr) = (read_text(&stdout), read_text(&stderr));
        let lines =
            stdout.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|_| Value::from(l))).collect();
        let run = Run { status, lines, stderr, recording };
        assert!(run.recording.faults.is_empty(), "{:#?}\n{run}", run.recording.faults);
        assert!(run.status.is_some(), "the client was killed after {} s\n{run}", DEADLINE.as_secs());
        run
    }
}

/// Waits for the end of the client; kills it, and what it started in its process group, at the deadline.
fn wait(mut child: Child) -> Option<ExitStatus> {
    let end = Instant::now() + DEADLINE;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(10));
    }
    let group = rustix::process::Pid::from_child(&child);
    let _already_gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    drop(child.wait());
    None
}

fn read_text(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}

/// `$REDRAFT_CLIENT_DIR/<version>/claude`, or the same under `.client/` of this repository.
fn find_binary(setup: Setup) -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var_os("REDRAFT_CLIENT_DIR").map_or(repository.join(".client"), PathBuf::from);
    let binary = folder.join(setup.version()).join("claude");
    assert!(
        binary.is_file(),
        "Claude Code {} is not at {}: run .ci/fetch-client",
        setup.version(),
        binary.display()
    );
    binary
}
