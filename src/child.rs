//! A child process, run the way Claude Code runs an exec-form hook: no shell, the event on stdin, and never for long.
//!
//! What is always true: the call returns by its deadline, the child and whatever it started in its process group are
//! killed by then, and at most [`MAX_OUTPUT`] bytes of each stream are kept, whatever the child does.

use std::ffi::OsString;
use std::io::{Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The most that is kept of stdout, and of stderr.
const MAX_OUTPUT: u64 = 256 * 1024;

/// How often a running child is looked at.
const PAUSE: Duration = Duration::from_millis(2);

/// What a program is started with.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The program; a bare name is looked up on the PATH.
    pub(crate) program: &'a str,
    /// Its arguments.
    pub(crate) args: &'a [&'a str],
    /// Its working directory and `CLAUDE_PROJECT_DIR`.
    pub(crate) project: &'a Path,
    /// Its whole environment besides that; ours when absent.
    pub(crate) environment: Option<&'a [(&'a str, OsString)]>,
    /// Its stdin.
    pub(crate) input: &'a str,
    /// When it is killed.
    pub(crate) deadline: Duration,
}

/// How it went.
#[derive(Debug)]
pub(crate) enum Ran {
    /// It ended by itself.
    Ended {
        /// The exit code; nothing when a signal ended it.
        code: Option<i32>,
        /// What it wrote.
        stdout: String,
        /// What it complained about.
        stderr: String,
    },
    /// It was killed at the deadline.
    TimedOut,
    /// It could not be started.
    NotStarted(String),
}

/// Runs a program to its end or its deadline.
pub(crate) fn run(call: &Call<'_>) -> Ran {
    let end = Instant::now() + call.deadline;
    let mut command = Command::new(call.program);
    if let Some(environment) = call.environment {
        command.env_clear().envs(environment.iter().cloned());
    }
    let started = command
        .args(call.args)
        .current_dir(call.project)
        .env("CLAUDE_PROJECT_DIR", call.project)
        // What is done for a process in a view is told to this one alone.
        .env_remove("REDRAFT_INSIDE")
        .env_remove("REDRAFT_CWD")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => return Ran::NotStarted(error.to_string()),
    };
    feed(&mut child, call.input.to_string());
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                let left = || end.saturating_duration_since(Instant::now());
                let outputs = stdout.recv_timeout(left()).ok().zip(stderr.recv_timeout(left()).ok());
                kill(&mut child);
                return match outputs {
                    Some((stdout, stderr)) => Ran::Ended { code: status.code(), stdout, stderr },
                    None => Ran::TimedOut,
                };
            }
            Ok(None) if Instant::now() < end => std::thread::sleep(PAUSE),
            Ok(None) => {
                kill(&mut child);
                return Ran::TimedOut;
            }
            Err(error) => {
                kill(&mut child);
                return Ran::NotStarted(error.to_string());
            }
        }
    }
}

/// Writes the input from a thread of its own: a child that never reads must not hold us up.
fn feed(child: &mut Child, input: String) {
    if let Some(mut stdin) = child.stdin.take() {
        std::thread::spawn(move || {
            let _ = stdin.write_all(input.as_bytes()); // a child that closes its stdin early has its reasons
        });
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.by_ref().take(MAX_OUTPUT).read_to_end(&mut bytes);
            let _ = std::io::copy(&mut stream, &mut std::io::sink()); // lets a talkative child end
        }
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

/// Kills the child's process group (so also what it left behind) and reaps the child.
fn kill(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, input: &str, timeout_ms: u64) -> Ran {
        let project = std::env::temp_dir();
        run(&Call {
            program: "sh",
            args: &["-c", script],
            project: &project,
            environment: None,
            input,
            deadline: Duration::from_millis(timeout_ms),
        })
    }

    #[test]
    fn the_input_goes_in_and_the_output_comes_back() {
        let ran = sh("cat; echo \"$CLAUDE_PROJECT_DIR\" >&2; exit 3", "event", 5_000);
        let Ran::Ended { code, stdout, stderr } = ran else { panic!("{ran:?}") };
        assert_eq!((code, stdout.as_str()), (Some(3), "event"));
        assert_eq!(Path::new(stderr.trim()), std::env::temp_dir());
    }

    #[test]
    fn nothing_outlasts_the_deadline() {
        let scripts =
            ["sleep 60", "sleep 60 & exit 0", "sleep 60 | cat", "trap '' TERM; while :; do :; done"];
        for script in scripts {
            let start = Instant::now();
            assert!(matches!(sh(script, "", 200), Ran::TimedOut), "{script}");
            assert!(start.elapsed() < Duration::from_secs(3), "{script}");
        }
    }

    #[test]
    fn much_output_and_unread_input_are_bounded() {
        let ran = sh("head -c 5000000 /dev/zero", &"x".repeat(1_000_000), 5_000);
        let Ran::Ended { code: Some(0), stdout, .. } = ran else { panic!("{ran:?}") };
        assert_eq!(stdout.len() as u64, MAX_OUTPUT);
    }

    #[test]
    fn a_program_that_is_not_there_is_said() {
        let call = Call {
            program: "/no/such/program",
            args: &[],
            project: Path::new("/"),
            environment: None,
            input: "",
            deadline: Duration::from_secs(1),
        };
        assert!(matches!(run(&call), Ran::NotStarted(why) if why.contains("No such file")));
    }
}
