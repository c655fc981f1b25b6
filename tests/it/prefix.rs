//! What `redraft install` makes of Claude Code's Bash: the client's own way of reading the shell prefix, played on a World.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::world::{Run, World};

/// A book with redraft installed, in a session where the plan was changed.
fn installed() -> World {
    let world = World::book();
    world.run(["install"]).ok();
    world.start("s1");
    world.change("acts/plan.md", "the session's plan\n");
    world
}

/// The value that stands in the project's settings.
fn value(world: &World) -> String {
    let settings: Value = serde_json::from_str(&world.text(".claude/settings.json")).unwrap();
    settings["env"]["CLAUDE_CODE_SHELL_PREFIX"].as_str().unwrap().to_string()
}

/// A program with the environment of the world's.
fn program(world: &World, path: impl AsRef<Path>) -> Command {
    let mut command = Command::new(path.as_ref());
    let own = world.command();
    command.env_clear().envs(own.get_envs().filter_map(|(k, v)| Some((k, v?)))).current_dir(world.root());
    command
}

/// Runs a command string as the client's Bash does: the value is cut at its last " -", and what comes first is quoted.
fn bash(world: &World, script: &str) -> Run {
    let value = value(world);
    let (exe, argument) = value.rsplit_once(" -").unwrap();
    Run::of(&program(world, exe).arg(format!("-{argument}")).arg(script).output().unwrap())
}

#[test]
fn what_install_sets_shows_the_session_to_commands() {
    let world = installed();
    let before = world.manuscript();
    let run = bash(&world, "cat acts/plan.md; echo more >> acts/plan.md");
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "the session's plan\n", ""));
    assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "the session's plan\nmore\n");
    assert_eq!(world.manuscript(), before);
}

#[test]
fn a_server_of_the_client_s_starts_and_is_in_no_view() {
    let world = installed();
    // The client takes the whole value for a program, and the server's command line for its one argument.
    let mut server = program(&world, value(&world));
    let server = server
        .arg("read line; echo \"$line, ${REDRAFT_VIEW-no view}\"; cat acts/plan.md")
        .stdin(Stdio::piped());
    let mut child = server.stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"hello\n").unwrap();
    let out = Run::of(&child.wait_with_output().unwrap());
    assert_eq!((out.code, out.stdout.as_str()), (0, "hello, no view\none\ntwo\nthree\n"));
    let run = Run::of(&program(&world, value(&world)).output().unwrap());
    assert!(run.code == 126 && run.stderr.contains("takes one command line"), "{run:?}");
}

#[test]
fn the_status_line_and_hooks_in_shell_form_look_at_the_session_from_outside() {
    let world = installed();
    let exe: PathBuf = value(&world).rsplit_once(" -").unwrap().0.into();
    let run = bash(&world, &format!("'{}' statusline", exe.display()));
    assert!(run.code == 0 && run.stdout.contains("s1 · 1 file"), "{run:?}");
}

#[test]
fn doctor_runs_a_command_and_says_that_it_is_isolated() {
    let world = installed();
    let before = world.tree();
    let bash = |world: &World| {
        let report: Value = serde_json::from_str(&world.run(["doctor", "--json"]).stdout).unwrap();
        let checks = report["checks"].as_array().unwrap().clone();
        checks.into_iter().find(|check| check["name"] == "Bash").unwrap()
    };
    let check = bash(&world);
    assert_eq!(check["result"], "ok", "{check}");
    assert!(check["message"].as_str().unwrap().contains("commands are isolated"), "{check}");
    assert_eq!(world.tree(), before, "nothing is left of it");
    world.run(["uninstall"]).ok();
    let check = bash(&world);
    assert_eq!((check["result"].as_str(), check["hint"].as_str()), (Some("warn"), Some("redraft install")));
}
