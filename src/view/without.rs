//! A command where no view can be made: it sees the project, behind a fence or watched, and that is said after it.
//!
//! An agent that cannot run anything helps nobody, so the command runs; but nobody must believe that it saw the session or
//! that what it wrote is isolated. With Landlock tracked files cannot be written; without it, what was written is told of.

use std::ffi::OsStr;
use std::process::{Child, Command};

use super::look::Look;
use super::means::Obstacle;
use super::shell::{Ended, Say, become_shell, not_isolated, shell_command};
use crate::error::{Error, Result};
use crate::project::Project;
use crate::report::Op;
use crate::session::layer::Layer;
use crate::session::lifecycle::Caller;
use crate::sys::{self, Held};

#[cfg(target_os = "linux")]
use super::landlock::Fence;

/// The most changed files that are told of, each with what to type.
const MAX_TOLD: usize = 40;

/// Runs a command that can have no view.
pub fn run(
    project: &Project,
    caller: &Caller<'_>,
    layer: &Layer<'_>,
    command: &OsStr,
    obstacle: &Obstacle,
    say: Say<'_>,
) -> Ended {
    let why = &format!("no view can be made here ({})", obstacle.why);
    match fenced(project, caller, command) {
        Some((held, child)) => ended(held, &child, &|code| say(&could_not_write(project, layer, why, code))),
        None => watched(project, caller, layer, command, why, say),
    }
}

/// Starts a command behind a fence; nothing where there is none to be had.
#[cfg(target_os = "linux")]
fn fenced(project: &Project, caller: &Caller<'_>, command: &OsStr) -> Option<(Held, Child)> {
    let fence = Fence::around(project).ok()?;
    let mut shell = shell_command(caller.env, command);
    shell.env("REDRAFT_FENCED", "1");
    start(&mut shell, move || fence.enter())
}

#[cfg(not(target_os = "linux"))]
fn fenced(_: &Project, _: &Caller<'_>, _: &OsStr) -> Option<(Held, Child)> {
    None
}

/// Runs a command that can write what it likes, and says what it wrote.
fn watched(
    project: &Project,
    caller: &Caller<'_>,
    layer: &Layer<'_>,
    command: &OsStr,
    why: &str,
    say: Say<'_>,
) -> Ended {
    say(&not_isolated(layer, why));
    let before = match Look::at(project) {
        Ok(before) => before,
        Err(error) => {
            say(&format!("redraft: what this command changes cannot be told: {}", error.message));
            return become_shell(caller.env, command);
        }
    };
    let Some((held, child)) = start(&mut shell_command(caller.env, command), || Ok(())) else {
        return become_shell(caller.env, command);
    };
    let after = || told(project, layer, &before, &Look::at(project)?);
    ended(held, &child, &|_| match after() {
        Ok(lines) => lines.iter().for_each(|line| say(line)),
        Err(error) => say(&format!("redraft: what this command changed is not known: {}", error.message)),
    })
}

/// Starts a shell with something done first in its process; nothing where either fails.
fn start(
    shell: &mut Command,
    first: impl Fn() -> std::io::Result<()> + Send + Sync + 'static,
) -> Option<(Held, Child)> {
    let held = Held::hold();
    let started = sys::spawn_prepared(shell, move || {
        held.release();
        first()
    });
    if started.is_err() {
        held.release();
    }
    started.ok().map(|child| (held, child))
}

/// Waits for a command's end, has something said, and ends like it.
fn ended(held: Held, child: &Child, after: &dyn Fn(bool)) -> Ended {
    match held.wait(child.id(), &mut ()) {
        Ok(status) => {
            after(status == 0);
            Ended::Code(sys::end_like(status))
        }
        Err(error) => Ended::NotRun(Error::io("wait for", "the command".as_ref(), &error)),
    }
}

/// Says what a command behind a fence could not do; more of it where that may be why it failed.
fn could_not_write(project: &Project, layer: &Layer<'_>, why: &str, went_well: bool) -> String {
    let (name, dir) = (&layer.name, layer.dir.path().display());
    let globs = project.tracked().globs().join(", ");
    let mut text = format!(
        "redraft: this command saw the project itself, NOT session '{name}': {why}. It could not write what the session isolates ({globs}); the session's versions are under {dir}/."
    );
    if !went_well {
        text.push_str(
            " Where it was refused permission, name the file there instead of in the project. One that is not there yet comes with: redraft bring FILE",
        );
    }
    text
}

/// Lists what changed in the project, with what brings it into the session.
fn told(project: &Project, layer: &Layer<'_>, before: &Look, now: &Look) -> Result<Vec<String>> {
    let changed = before.changed_in(now);
    let mut lines = Vec::new();
    if !changed.is_empty() {
        lines.push(format!(
            "redraft: {} changed in the PROJECT while this command ran, not in session '{}'. What brings it into the session (and leaves a modified file in the project as it is now):",
            if changed.len() == 1 { "1 isolated file".to_string() } else { format!("{} isolated files", changed.len()) },
            layer.name
        ));
    }
    for (path, op) in changed.iter().take(MAX_TOLD) {
        let (from, to) = (project.dir.full(path), layer.full(path));
        let (from, to) = (from.to_string_lossy(), to.to_string_lossy());
        lines.push(match op {
            Op::Created => format!("redraft:   created {path}: {}", moved_to(&from, &to)),
            Op::Modified if layer.dir.stat(path)?.is_some() => format!(
                "redraft:   modified {path}: the session has its own version, take over what you want: diff -u {} {}",
                quoted(&to),
                quoted(&from)
            ),
            Op::Modified => format!("redraft:   modified {path}: redraft bring {}", quoted(&from)),
            Op::Deleted if layer.dir.stat(path)?.is_some() => {
                format!("redraft:   deleted {path}: redraft rm {}", quoted(&from))
            }
            Op::Deleted => format!(
                "redraft:   deleted {path}: bring it back from version control, then: redraft rm {}",
                quoted(&from)
            ),
        });
    }
    if changed.len() > MAX_TOLD {
        lines.push(format!("redraft:   and {} more", changed.len() - MAX_TOLD));
    }
    if before.is_cut || now.is_cut {
        lines.push(
            "redraft: the project has more files than are looked at: there may be other changes".to_string(),
        );
    }
    Ok(lines)
}

/// Gives the command that makes a file of the project one of the session alone.
fn moved_to(from: &str, to: &str) -> String {
    let parent = to.rsplit_once('/').map_or("", |(parent, _)| parent);
    format!("mkdir -p {} && mv {} {}", quoted(parent), quoted(from), quoted(to))
}

/// Gives a word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@:,".contains(c);
    if word.chars().all(plain) { word.to_string() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
