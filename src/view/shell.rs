//! `redraft -c COMMAND`: one command string, as a shell would take it, in the session's view.
//!
//! Called in the place of the shell for every command of an agent, so without a session it becomes the shell at once. Where
//! the view cannot be made the command is run all the same and that is said: an agent that cannot run anything helps nobody,
//! but nobody must believe that what it writes is isolated when it is not.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::env::Env;
use crate::error::{Error, Result};
use crate::fs::ambient;
use crate::landing;
use crate::project::Project;
use crate::session::layer::Layer;
use crate::session::lifecycle::{self, Caller};
#[cfg(target_os = "linux")]
use crate::view::command::in_view;

/// The shells whose `-c` is the one that clients write for; the first that is there stands in for any other.
const SHELLS: [&str; 3] = ["/bin/bash", "/usr/bin/bash", "/bin/sh"];

/// How a command came to its end.
#[derive(Debug)]
pub enum Ended {
    /// With this exit code.
    Code(u8),
    /// It was not run: redraft could not do what it had to do first.
    NotRun(Error),
    /// It was run, and what it wrote could not be brought into the session.
    NotFolded {
        /// Its exit code.
        code: u8,
        /// What went wrong.
        error: Error,
    },
}

/// What is said on the command's error stream, a line each.
pub type Say<'a> = &'a dyn Fn(&str);

/// Runs a command string; does not return where the command takes this process's place.
pub fn run(env: &Env, command: &OsStr, say: Say<'_>) -> Ended {
    if is_own(command) {
        return become_shell(env, command);
    }
    let project = match Project::discover(env, None) {
        Ok(project) => project,
        Err(error) => return Ended::NotRun(error),
    };
    if super::is_inside(env, &project) {
        return become_shell(env, command);
    }
    let caller = Caller { env, option: None, window: env.window.as_deref() };
    match own_layer(&project, &caller) {
        Ok(None) => become_shell(env, command),
        Ok(Some(layer)) => in_view(&project, &caller, &layer, command, say),
        Err(error) => Ended::NotRun(error),
    }
}

fn own_layer<'a>(project: &'a Project, caller: &Caller<'_>) -> Result<Option<Layer<'a>>> {
    let Some(mut name) = lifecycle::whose(project, caller)? else { return Ok(None) };
    if landing::wait_for_unfinished(project, caller.waiter("-c"))? {
        // What was waited for may have been its end.
        let Some(now) = lifecycle::whose(project, caller)? else { return Ok(None) };
        name = now;
    }
    Layer::open(project, &name).map(Some)
}

/// Gives the shell: the caller's where it understands what clients write, else the first that is there.
fn shell(env: &Env) -> PathBuf {
    let own = env.shell.as_ref().map(PathBuf::from).filter(|shell| {
        let name = shell.file_name().unwrap_or_default();
        shell.is_absolute() && ["bash", "zsh", "sh", "dash", "ksh"].iter().any(|known| name == *known)
    });
    own.into_iter()
        .chain(SHELLS.map(PathBuf::from))
        .find(|shell| ambient::is_executable(shell))
        .unwrap_or_else(|| PathBuf::from("/bin/sh"))
}

pub(super) fn shell_command(env: &Env, command: &OsStr) -> Command {
    let mut shell = Command::new(shell(env));
    shell.arg("-c").arg(command);
    shell
}

/// Tells whether a command is nothing but a hook or status line of redraft's, which clients start in the same way: they look
/// at the session, and in a view they could not.
fn is_own(command: &OsStr) -> bool {
    let words = command.as_bytes();
    let Some(program) = words.strip_suffix(b" hook").or_else(|| words.strip_suffix(b" statusline")) else {
        return false;
    };
    let quoted = program.strip_prefix(b"'").and_then(|program| program.strip_suffix(b"'"));
    let one_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte) || !byte.is_ascii();
    let sound = quoted.map_or_else(|| program.iter().all(one_word), |inner| !inner.contains(&b'\''));
    sound
        && Path::new(OsStr::from_bytes(quoted.unwrap_or(program))).file_name() == Some(OsStr::new("redraft"))
}

/// Becomes the shell; what is returned is why it could not.
pub fn become_shell(env: &Env, command: &OsStr) -> Ended {
    let error = shell_command(env, command).exec();
    not_started(&shell(env), &error)
}

fn not_started(shell: &Path, error: &std::io::Error) -> Ended {
    Ended::NotRun(Error::io("start", shell, error).hint("say which shell to use: SHELL=/bin/sh"))
}

#[cfg(not(target_os = "linux"))]
fn in_view(
    project: &Project,
    caller: &Caller<'_>,
    layer: &Layer<'_>,
    command: &OsStr,
    say: Say<'_>,
) -> Ended {
    super::without::run(project, caller, layer, command, &super::means::Obstacle::of_this_system(), say)
}

/// Says that a command's writes are not isolated, and why.
pub(super) fn not_isolated(layer: &Layer<'_>, why: &str) -> String {
    let name = &layer.name;
    format!(
        "redraft: this command does NOT see session '{name}', and what it writes goes to the project itself: {why}. Write to {} instead.",
        layer.dir.path().display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_of_ours_is_known_and_nothing_that_hides_behind_one() {
        for own in ["redraft hook", "/opt/bin/redraft statusline", "'/a b/redraft' statusline"] {
            assert!(is_own(OsStr::new(own)), "{own}");
        }
        for other in [
            "redraft",
            "redraft status",
            "rm x; redraft hook",
            "rm x /redraft hook",
            "'a'$(x)'/redraft' hook",
            "$(rm x)/redraft hook",
            "redraft-x hook",
            "",
        ] {
            assert!(!is_own(OsStr::new(other)), "{other}");
        }
    }
}
