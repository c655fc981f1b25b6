//! `watch` tells what happens to sessions, each thing once, while it happens.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::crash::write;
use crate::support::world::World;

/// How long an event may take to come; a machine that is busy is slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// Somebody who watches.
struct Watcher {
    child: Child,
    lines: Receiver<String>,
}

impl Watcher {
    fn start(world: &World, args: &[&str]) -> Self {
        let mut command = world.command();
        let mut child = command.arg("watch").args(args).stdout(Stdio::piped()).spawn().unwrap();
        let (stdout, (sender, lines)) = (child.stdout.take().unwrap(), channel());
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut watcher = Self { child, lines };
        assert_eq!(watcher.next()["event"], "WATCHING");
        watcher
    }

    #[track_caller]
    fn next(&mut self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("an event");
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"))
    }

    /// The names of the events until one of this name, without updates: those come as often as a look sees one.
    #[track_caller]
    fn until(&mut self, last: &str) -> Vec<String> {
        let mut names = Vec::new();
        while names.last().is_none_or(|name| name != last) {
            let event = self.next();
            assert!(event["at"].is_string(), "{event}");
            names.push(event["event"].as_str().unwrap().to_string());
        }
        names.retain(|name| name != "SESSION_UPDATED");
        names
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_happens_is_told_in_order_each_thing_once() {
    let world = World::book();
    world.start("before");
    let mut watcher = Watcher::start(&world, &[]);
    world.run(["start", "s1", "The harbour", "--objective", "Write it"]).ok();
    assert_eq!(
        watcher.until("SESSION_SWITCHED"),
        ["SESSION_CREATED", "OBJECTIVE_CREATED", "SESSION_SWITCHED"]
    );
    world.run(["task", "add", "one"]).ok();
    let created = watcher.next();
    assert_eq!(
        (&created["event"], &created["id"], &created["text"]),
        (&"TASK_CREATED".into(), &"task-1".into(), &"one".into())
    );
    world.run(["task", "set", "task-1", "in_progress", "begun"]).ok();
    let updated = watcher.next();
    assert_eq!(
        (&updated["event"], &updated["status"], &updated["session"]),
        (&"TASK_UPDATED".into(), &"in_progress".into(), &"s1".into())
    );
    write(&world, "acts/plan.md", "ONE\n");
    assert_eq!(watcher.next()["event"], "SESSION_UPDATED");
    world.run(["retry", "acts/plan.md", "too plain"]).ok();
    watcher.until("RETRY_RECORDED");
    world.run(["checkpoint"]).ok();
    watcher.until("CHECKPOINT_CREATED");
    world.run(["archive"]).ok();
    assert_eq!(watcher.until("SESSION_SWITCHED"), ["SESSION_ARCHIVED", "SESSION_SWITCHED"]);
    world.run(["reopen", "s1"]).ok();
    assert_eq!(watcher.until("SESSION_REOPENED"), ["SESSION_REOPENED"]);
    world.run(["commit", "s1", "--force"]).ok();
    let landed = watcher.until("SESSION_LANDED");
    assert_eq!(landed, ["COMMIT_LANDED", "SESSION_LANDED"]);
    world.run(["restore", "s1"]).ok();
    assert_eq!(watcher.until("SESSION_RESTORED"), ["SESSION_RESTORED"]);
    world.run(["undo"]).ok();
    assert_eq!(watcher.until("COMMIT_UNDONE"), ["COMMIT_UNDONE"]);
    world.run(["cancel", "before"]).ok();
    assert_eq!(watcher.until("SESSION_CANCELLED"), ["SESSION_CANCELLED"]);
}

#[test]
fn it_ends_when_it_was_enough_or_when_nobody_reads() {
    let world = World::book();
    let run = world.run(["watch", "--seconds", "1"]).ok();
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    let mut watcher = Watcher::start(&world, &["--events", "1"]);
    world.start("s1");
    assert_eq!(watcher.next()["event"], "SESSION_CREATED");
    assert!(watcher.child.wait().unwrap().success());

    let mut child = world.command().arg("watch").stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout: ChildStdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 1]).unwrap();
    drop(stdout);
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < PATIENCE, "nothing happens, and nobody reads");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A look takes no lock and changes nothing on the disk.
#[test]
fn watching_changes_nothing() {
    let world = World::book();
    world.start("s1");
    write(&world, "acts/plan.md", "ONE\n");
    let before = crate::crash::everything(&world);
    let traced = world.with("REDRAFT_FAILPOINT", "trace");
    let run = traced.run(["watch", "--seconds", "1"]).ok();
    assert!(!run.stderr.contains("failpoint "), "{}", run.stderr);
    assert_eq!(crate::crash::everything(&traced), before);
}
