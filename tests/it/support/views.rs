//! Books with a session for the tests of views, and what is looked at in them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::world::World;

/// A user whom nothing belongs to but what a test gives them.
pub(crate) const NOBODY: u32 = 65534;

/// Nothing here takes a second on a quiet machine; beyond this something hangs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A book with a second scene and a session in which the plan was changed.
pub(crate) fn book() -> World {
    let world = World::book();
    world.project_file("acts/two/scene.md", "the second scene\n");
    world.project_file("context/people.md", "nobody\n");
    world.start("s1");
    world.change("acts/plan.md", "the session's plan\n");
    world
}

/// A code base without a session: everything is tracked but what is built and `.git`.
pub(crate) fn code_base() -> World {
    let world = World::book();
    for dir in ["acts", "context"] {
        let _ = fs::remove_dir_all(world.path(dir));
    }
    world.project_file("redraft.json", "{}");
    world.project_file("target/out", "built\n");
    world.project_file(".git/HEAD", "ref: refs/heads/main\n");
    world
}

/// A command string as the client runs one.
pub(crate) fn shell(world: &World, script: &str) -> Command {
    let mut command = world.command();
    command.args(["-c", script]);
    command
}

/// What the session changes, as `status` says it.
pub(crate) fn changes(world: &World) -> Vec<String> {
    listed(&serde_json::from_str(&world.run(["status", "--json"]).ok().stdout).unwrap())
}

/// The changes of a status, an operation and a path each.
pub(crate) fn listed(status: &Value) -> Vec<String> {
    let list = status["changes"].as_array().unwrap_or_else(|| panic!("{status}"));
    list.iter().map(|c| format!("{} {}", c["op"].as_str().unwrap(), c["path"].as_str().unwrap())).collect()
}

/// Makes all of a world nobody's, down from the scratch directory. The program is copied there where nobody cannot reach it: a
/// clone in a directory of root's alone.
pub(crate) fn give_away(world: World) -> World {
    let mut tried = world.command();
    let reached = tried.arg("--version").uid(NOBODY).gid(NOBODY).output().is_ok();
    let world = if reached { world } else { world.with_own_program() };
    let scratch = world.outside("");
    assert!(Command::new("chown").args(["-R", "65534:65534"]).arg(&scratch).status().unwrap().success());
    world
}

/// The number of the user who runs this, as the kernel tells it.
pub(crate) fn own_uid() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}

/// How many views there are.
pub(crate) fn views(world: &World) -> usize {
    fs::read_dir(world.path("workspace/.redraft/views")).map_or(0, Iterator::count)
}

#[track_caller]
pub(crate) fn wait_for(what: &str, mut there: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !there() {
        assert!(Instant::now() < end, "{what} did not happen in time");
        std::thread::sleep(Duration::from_millis(10));
    }
}
