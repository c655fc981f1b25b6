//! [`Env`]: environment, clock and identity, read once at the top and passed down.
//!
//! The clock is read when somebody asks what time it is, and then it is that time for good: most hooks never do.
//! Nothing below `main` looks at the process environment or the clock, so a test (or the MCP server, which serves many
//! callers) can say what they are.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::sys;

/// A moment that is looked up when it is asked for and stays the same afterwards.
#[derive(Debug, Clone, Default)]
pub struct Now(OnceLock<DateTime<Utc>>);

impl From<DateTime<Utc>> for Now {
    fn from(time: DateTime<Utc>) -> Self {
        Self(OnceLock::from(time))
    }
}

/// What the process was started with.
#[derive(Debug, Clone)]
pub struct Env {
    /// The working directory.
    pub cwd: PathBuf,
    /// What [`Env::now`] answers.
    pub now: Now,
    /// `REDRAFT_ROOT`.
    pub root: Option<PathBuf>,
    /// `REDRAFT_SESSION`.
    pub session: Option<OsString>,
    /// `CLAUDE_PROJECT_DIR`.
    pub claude_project_dir: Option<PathBuf>,
    /// `CLAUDE_CODE_SESSION_ID`: which Claude window is asking.
    pub window: Option<String>,
    /// `CLAUDE_CONFIG_DIR`: where Claude Code keeps the user's settings and skills instead of `~/.claude`.
    pub claude_config_dir: Option<PathBuf>,
    /// Which Claude Code process asks: `CLAUDE_PID`, else the parent process. Unlike the window's id it outlives
    /// `/clear`.
    pub claude_pid: String,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `PATH`.
    pub path: Option<OsString>,
    /// `USER`, else `LOGNAME`, else "unknown".
    pub user: String,
    /// `REDRAFT_EMOJI` is not `never`.
    pub emoji: bool,
    /// `NO_COLOR` is unset or empty.
    pub color: bool,
    /// How long to wait for a lock; `REDRAFT_LOCK_TIMEOUT_MS`, else 5 s.
    pub lock_timeout: Duration,
    /// `SHELL`: what runs a command string.
    pub shell: Option<OsString>,
    /// `REDRAFT_VIEW`: the view that this process runs in.
    pub view: Option<OsString>,
    /// `REDRAFT_INSIDE`: the view of the process for which this one does something outside of it.
    pub inside: Option<OsString>,
    /// `REDRAFT_FAILPOINT`: where the tests stop a call; a release build does not look at it.
    pub failpoint: Option<String>,
}

impl Env {
    /// Reads the process environment.
    #[must_use]
    pub fn read() -> Self {
        let [
            root,
            session,
            project,
            window,
            config,
            pid,
            home,
            path,
            user,
            logname,
            emoji,
            no_color,
            wait,
            shell,
            view,
            inside,
            failpoint,
        ] = sys::variables([
            "REDRAFT_ROOT",
            "REDRAFT_SESSION",
            "CLAUDE_PROJECT_DIR",
            "CLAUDE_CODE_SESSION_ID",
            "CLAUDE_CONFIG_DIR",
            "CLAUDE_PID",
            "HOME",
            "PATH",
            "USER",
            "LOGNAME",
            "REDRAFT_EMOJI",
            "NO_COLOR",
            "REDRAFT_LOCK_TIMEOUT_MS",
            "SHELL",
            "REDRAFT_VIEW",
            "REDRAFT_INSIDE",
            "REDRAFT_FAILPOINT",
        ]);
        let text = |value: Option<OsString>| value.and_then(|value| value.into_string().ok());
        let wait = text(wait).and_then(|value| value.parse().ok()).unwrap_or(5_000);
        Self {
            cwd: cwd(inside.is_some()),
            now: Now::default(),
            root: root.map(PathBuf::from),
            session,
            claude_project_dir: project.map(PathBuf::from),
            window: text(window),
            claude_config_dir: config.map(PathBuf::from),
            claude_pid: text(pid).unwrap_or_else(|| std::os::unix::process::parent_id().to_string()),
            home: home.map(PathBuf::from),
            path,
            user: text(user).or_else(|| text(logname)).unwrap_or_else(|| "unknown".into()),
            emoji: emoji.is_none_or(|value| value != "never"),
            color: no_color.is_none(),
            lock_timeout: Duration::from_millis(wait),
            shell,
            view,
            inside,
            failpoint: if cfg!(debug_assertions) { text(failpoint) } else { None },
        }
    }

    /// Gives the same surroundings at the present moment: a server answers many calls, each at its own time.
    #[must_use]
    pub fn at_present(&self) -> Self {
        Self { now: Now::default(), ..self.clone() }
    }

    /// Gives the whole environment, each variable as `NAME=value`, for a process that stands in for this one.
    pub fn whole() -> Vec<OsString> {
        let variable = |(name, value): (OsString, OsString)| {
            let mut variable = name;
            variable.push("=");
            variable.push(value);
            variable
        };
        std::env::vars_os().map(variable).collect()
    }

    /// Gives `CLAUDE_CODE_SHELL_PREFIX`, through which the client runs commands; asked at the start of a window only, for every
    /// hook pays for what [`Env::read`] reads.
    #[must_use]
    pub fn shell_prefix() -> Option<OsString> {
        let [prefix] = sys::variables(["CLAUDE_CODE_SHELL_PREFIX"]);
        prefix
    }

    /// Tells whether this process runs in the client's own sandbox for Bash, which forbids namespaces and sockets:
    /// `SANDBOX_RUNTIME`.
    #[must_use]
    pub fn is_in_sandbox() -> bool {
        let [sandbox] = sys::variables(["SANDBOX_RUNTIME"]);
        sandbox.is_some()
    }

    /// Tells whether this process was started where tracked files cannot be written: `REDRAFT_FENCED`.
    #[must_use]
    pub fn is_fenced() -> bool {
        let [fenced] = sys::variables(["REDRAFT_FENCED"]);
        fenced.is_some()
    }

    /// Gives the path of the running program, as the system knows it.
    pub fn program() -> std::io::Result<PathBuf> {
        std::env::current_exe()
    }

    /// Gives the directory for what is thrown away at once.
    pub fn scratch() -> PathBuf {
        std::env::temp_dir()
    }

    /// Gives now; `REDRAFT_NOW` (RFC 3339) sets it for tests and transcripts.
    pub fn now(&self) -> DateTime<Utc> {
        *self.now.0.get_or_init(clock)
    }

    /// Gives now as it is stored: RFC 3339, UTC, whole seconds.
    #[must_use]
    pub fn timestamp(&self) -> String {
        self.now().to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

/// Gives the working directory; for a process in a view it is that one's, which need not be there outside.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn cwd(for_one_inside: bool) -> PathBuf {
    let told = for_one_inside.then(|| std::env::var_os("REDRAFT_CWD")).flatten().map(PathBuf::from);
    told.or_else(|| std::env::current_dir().ok()).unwrap_or_else(|| PathBuf::from("/"))
}

/// Gives what time it is: `REDRAFT_NOW`, else the clock.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn clock() -> DateTime<Utc> {
    let [set] = sys::variables(["REDRAFT_NOW"]);
    let set = set.and_then(|text| DateTime::parse_from_rfc3339(text.to_str()?).ok());
    let now = || sys::time().unwrap_or_else(std::time::SystemTime::now).into();
    set.map_or_else(now, |time| time.with_timezone(&Utc))
}
