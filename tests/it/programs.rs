//! `redraft run`: a whole program in a session's view, and redraft called inside and outside of it while it runs.
//!
//! The program is a shell that does one line after the other, so that a test can look at both sides between two lines.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::support::views::{DEADLINE, NOBODY, book, changes, code_base, give_away, listed, views, wait_for};
use crate::support::world::{Run, World};

/// A code base with the book's names and a session in which the plan was changed.
fn code() -> World {
    let world = code_base();
    world.project_file("README.md", "read me\n");
    world.project_file("acts/plan.md", "the plan\n");
    world.project_file("acts/two/scene.md", "the second scene\n");
    world.start("s1");
    world.change("acts/plan.md", "the session's plan\n");
    world
}

/// A shell that runs in the view.
struct Shell {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// redraft, as it was started.
    program: String,
}

impl Shell {
    fn start(world: &World) -> Self {
        Self::of(world.command(), &[])
    }

    fn of(mut command: Command, options: &[&str]) -> Self {
        command.arg("run").args(options).args(["--", "/bin/sh"]);
        let program = command.get_program().to_str().unwrap().to_string();
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdin, stdout, program }
    }

    /// Runs lines of shell in the view and gives what they print, the exit code last where it is not 0.
    fn does(&mut self, script: &str) -> String {
        writeln!(self.stdin, "{{ {script}\n}} 2>&1; echo \"== $?\"").unwrap();
        let mut said = String::new();
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "the shell ended in {script}: {said}");
            if line == "== 0\n" {
                return said;
            }
            said.push_str(&line);
            if line.starts_with("== ") {
                return said;
            }
        }
    }

    /// Calls redraft in the view.
    fn redraft(&mut self, arguments: &str) -> String {
        let script = format!("'{}' {arguments}", self.program);
        self.does(&script)
    }

    fn json(&mut self, arguments: &str) -> Value {
        let said = self.redraft(&format!("{arguments} --json"));
        serde_json::from_str(&said).unwrap_or_else(|e| panic!("{arguments}: {e}\n{said}"))
    }

    /// Ends the shell and gives what redraft said on stderr.
    fn ends(self) -> Run {
        drop(self.stdin);
        Run::of(&self.child.wait_with_output().unwrap())
    }
}

#[test]
fn a_program_works_in_the_session_and_the_project_stays_as_it_is() {
    for world in [book(), code()] {
        let before = world.project();
        let mut shell = Shell::start(&world);
        assert_eq!(
            shell.does("cat acts/plan.md acts/two/scene.md"),
            "the session's plan\nthe second scene\n"
        );
        shell.does("echo more >> acts/plan.md; echo new > acts/new.md; rm -r acts/two; mkdir acts/deep; echo d > acts/deep/d.md; chmod 700 acts/new.md; ln -s new.md acts/link");
        // Outside, every command sees what it has written so far.
        assert_eq!(
            changes(&world),
            [
                "created acts/deep/d.md",
                "created acts/link",
                "created acts/new.md",
                "modified acts/plan.md",
                "deleted acts/two/scene.md"
            ]
        );
        assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "the session's plan\nmore\n");
        assert_eq!(world.project(), before);
        // It goes on with what is there, in place and by replacing.
        shell.does("echo again >> acts/plan.md; sed -i s/new/newer/ acts/new.md; mv acts/deep/d.md acts/e.md; rmdir acts/deep; rm acts/link");
        assert_eq!(
            changes(&world),
            [
                "created acts/e.md",
                "created acts/new.md",
                "modified acts/plan.md",
                "deleted acts/two/scene.md"
            ]
        );
        shell.does("echo last >> acts/e.md");
        let run = shell.ends();
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
        assert_eq!((world.project(), views(&world)), (before, 0));
        assert_eq!(world.text(world.session_file("s1", "acts/e.md")), "d\nlast\n");
        let mode =
            fs::metadata(world.session_file("s1", "acts/new.md")).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o700);
        world.run(["commit", "--force"]).ok();
        assert_eq!(world.text("acts/plan.md"), "the session's plan\nmore\nagain\n");
        assert_eq!(
            (world.text("acts/e.md"), world.text("acts/new.md")),
            ("d\nlast\n".into(), "newer\n".into())
        );
        assert!(!world.exists("acts/two/scene.md"));
    }
}

#[test]
fn redraft_inside_works_on_the_real_project_and_the_program_sees_the_result() {
    for world in [book(), code()] {
        let mut shell = Shell::start(&world);
        shell.does("echo new > acts/new.md; cd acts");
        assert_eq!(listed(&shell.json("status")), ["created acts/new.md", "modified acts/plan.md"]);
        // A path is meant from where the program stands.
        let said = shell.redraft("retry new.md \"too new\"");
        assert!(said.contains("too new"), "{said}");
        shell.does("mkdir only-here && cd only-here && echo x > x.md");
        assert_eq!(shell.redraft("diff --name-only x.md"), "acts/only-here/x.md\n");
        shell.redraft("rm ../new.md");
        assert_eq!(
            shell.does("cat ../new.md || echo gone"),
            "cat: ../new.md: No such file or directory\ngone\n"
        );
        let landed = shell.json("commit --force");
        assert_eq!(landed["counts"]["created"], 1, "{landed}");
        assert_eq!(world.text("acts/plan.md"), "the session's plan\n");
        assert_eq!(world.text("acts/only-here/x.md"), "x\n");
        assert_eq!(shell.does("cat ../plan.md x.md"), "the session's plan\nx\n");
        // What it writes afterwards is not written to the project, and not lost.
        shell.does("echo after >> ../plan.md");
        assert_eq!(changes(&world), ["modified acts/plan.md"]);
        assert_eq!(world.text("acts/plan.md"), "the session's plan\n");
        let run = shell.ends();
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(world.text(world.session_file("s1-2", "acts/plan.md")), "the session's plan\nafter\n");
        assert_eq!(views(&world), 0);
    }
}

#[test]
fn cancel_restore_switch_and_undo_show_in_the_program() {
    for world in [book(), code()] {
        let before = world.project();
        let mut shell = Shell::start(&world);
        shell.does("echo mine > acts/mine.md; rm -r acts/two");
        world.run(["cancel"]).ok();
        let original = world.text("acts/plan.md");
        assert_eq!(shell.does("cat acts/plan.md acts/two/scene.md"), format!("{original}the second scene\n"));
        assert_eq!(shell.does("cat acts/mine.md >/dev/null 2>&1 || echo gone"), "gone\n");
        shell.redraft("restore s1");
        shell.redraft("switch s1");
        assert_eq!(shell.does("cat acts/plan.md acts/mine.md"), "the session's plan\nmine\n");
        assert_eq!(shell.does("cat acts/two/scene.md 2>/dev/null || echo gone"), "gone\n");
        // Another session, begun inside.
        shell.redraft("start other");
        assert_eq!(shell.does("cat acts/plan.md acts/two/scene.md"), format!("{original}the second scene\n"));
        shell.does("echo other > acts/plan.md");
        assert_eq!(changes(&world), ["modified acts/plan.md"]);
        world.run(["switch", "s1"]).ok();
        assert_eq!(shell.does("cat acts/plan.md"), "the session's plan\n");
        world.run(["switch", "other"]).ok();
        assert_eq!(
            shell.does("cat acts/plan.md; ls acts/two; ls acts | grep -c mine"),
            "other\nscene.md\n0\n== 1\n"
        );
        assert_eq!(world.project(), before);
        world.run(["commit", "--force"]).ok();
        assert_eq!(
            (world.text("acts/plan.md"), shell.does("cat acts/plan.md")),
            ("other\n".into(), "other\n".into())
        );
        shell.redraft("undo");
        assert_eq!(
            (world.text("acts/plan.md"), shell.does("cat acts/plan.md")),
            (original.clone(), original.clone())
        );
        assert_eq!(world.project(), before);
        assert_eq!(shell.ends().code, 0);
        assert_eq!((world.project(), views(&world)), (before, 0));
    }
}

#[test]
fn a_named_session_stays_the_program_s_own() {
    let world = book();
    world.start("other");
    let mut shell = Shell::of(world.command(), &["--session", "s1"]);
    assert_eq!(shell.does("cat acts/plan.md"), "the session's plan\n");
    shell.does("echo in-s1 > acts/one.md");
    assert_eq!(listed(&shell.json("status")), ["created acts/one.md", "modified acts/plan.md"]);
    assert_eq!(changes(&world), [""; 0]);
    assert_eq!(shell.ends().code, 0);
    assert!(world.session_file("s1", "acts/one.md").exists());
}

#[test]
fn a_part_that_landed_and_was_changed_in_the_project_is_not_changed_back() {
    let world = book();
    let mut shell = Shell::start(&world);
    shell.does("echo new > acts/new.md");
    world.run(["commit", "--force", "--files", "acts/new.md"]).ok();
    world.project_file("acts/new.md", "the person's\n");
    // The program never wrote it again, so nothing of it is a change.
    assert_eq!(changes(&world), ["modified acts/plan.md"]);
    assert_eq!(shell.does("cat acts/new.md"), "the person's\n");
    shell.does("echo and mine >> acts/new.md");
    assert_eq!(changes(&world), ["modified acts/new.md", "modified acts/plan.md"]);
    assert_eq!(shell.ends().code, 0);
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/new.md"), "the person's\nand mine\n");
}

#[test]
fn what_others_write_into_the_session_meanwhile_is_kept_beside_a_clash() {
    let world = book();
    let mut shell = Shell::start(&world);
    shell.does("echo program > acts/plan.md");
    assert_eq!(changes(&world), ["modified acts/plan.md"]);
    world.change("acts/plan.md", "the client outside\n");
    world.run(["status"]).ok();
    shell.does("cat acts/plan.md >/dev/null");
    // Not written by the program since: the other's version is what everybody sees after the next change of state.
    world.run(["note", "add", "look"]).ok();
    assert_eq!(shell.does("cat acts/plan.md"), "the client outside\n");
    world.change("acts/plan.md", "the client again\n");
    shell.does("echo the program again > acts/plan.md");
    world.run(["status"]).ok();
    assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "the program again\n");
    let kept: Vec<_> = fs::read_dir(world.session_file("s1", ".removed"))
        .unwrap()
        .map(|e| e.unwrap().path().join("acts/plan.md"))
        .collect();
    assert!(kept.iter().any(|path| fs::read_to_string(path).unwrap() == "the client again\n"), "{kept:?}");
    // And the model is told of it by the next hook.
    let prompt = json!({"hook_event_name": "UserPromptSubmit", "session_id": "w", "cwd": world.root(), "prompt": "go on"});
    let told = world.hook(&prompt).context();
    assert!(told.contains("acts/plan.md was changed by somebody else"), "{told}");
    assert!(!world.hook(&prompt).stdout.contains("somebody else"), "told twice");
    assert_eq!(shell.ends().code, 0);
}

#[test]
fn what_is_not_tracked_goes_to_the_project() {
    let world = code();
    world.project_file("redraft.json", "{\"ignored\": [\"dist/**\", \"*.log\"]}");
    let mut shell = Shell::start(&world);
    shell.does("echo x > run.log; mkdir dist; echo b > dist/b.js; echo h > .git/new; echo o >> target/out");
    assert_eq!(changes(&world), ["modified acts/plan.md"]);
    assert_eq!((world.text("run.log"), world.text("dist/b.js")), ("x\n".into(), "b\n".into()));
    assert_eq!((world.text(".git/new"), world.text("target/out")), ("h\n".into(), "built\no\n".into()));
    shell.does("rm run.log; echo c > dist/b.js");
    assert_eq!(shell.ends().code, 0);
    assert_eq!((world.exists("run.log"), world.text("dist/b.js")), (false, "c\n".into()));
}

#[test]
fn exit_status_streams_signals_and_environment_are_the_program_s_own() {
    let world = book();
    let out = world
        .command()
        .args(["run", "--", "/bin/sh", "-c", "cat; echo err >&2; umask; exit 7"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!((out.status.code(), out.stderr.as_slice()), (Some(7), b"err\n".as_slice()));
    let out = world.command().args(["run", "--", "/bin/sh", "-c", "kill -TERM $$"]).output().unwrap();
    assert_eq!(out.status.signal(), Some(15));
    // A signal to redraft reaches the program, which may have its own way with it.
    let mut child = world
        .command()
        .args([
            "run",
            "--",
            "/bin/sh",
            "-c",
            "trap 'echo caught > acts/caught.md; exit 9' TERM; echo ready; while :; do sleep 0.05; done",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(9));
    assert_eq!(world.text(world.session_file("s1", "acts/caught.md")), "caught\n");
}

/// A terminal of its own, made by `script`: keys go in, what the screen would show comes out.
#[test]
fn the_keys_of_a_terminal_reach_the_program_and_its_jobs() {
    let world = book();
    let program = env!("CARGO_BIN_EXE_redraft");
    // Whatever runs the tests in the background may have had these ignored, which every program inherits.
    let mut command = Command::new("env");
    command.args(["--default-signal=INT,QUIT,TSTP", "script"]);
    let inner = format!("'{program}' run -- /bin/bash --norc -i");
    command.env_clear().envs(world.command().get_envs().filter_map(|(k, v)| Some((k, v?))));
    command.env("PATH", "/usr/bin:/bin").env("TERM", "dumb").env("PS1", "next: ").current_dir(world.root());
    command.args(["-qfec", &inner, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut keys = child.stdin.take().unwrap();
    let mut screen = child.stdout.take().unwrap();
    let (send, seen) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(n @ 1..) = std::io::Read::read(&mut screen, &mut bytes) {
            let _ = send.send(String::from_utf8_lossy(&bytes[..n]).into_owned());
        }
    });
    let mut shown = String::new();
    let mut until = |what: &str| {
        let end = Instant::now() + DEADLINE;
        while !shown.contains(what) {
            let left = end.saturating_duration_since(Instant::now());
            shown.push_str(&seen.recv_timeout(left).unwrap_or_else(|_| panic!("no {what:?} in {shown:?}")));
        }
        shown = shown.split_off(shown.find(what).unwrap() + what.len());
    };
    let mut press = |text: &str| keys.write_all(text.as_bytes()).unwrap();
    // What says so itself is in the foreground already.
    press("echo by hand >> acts/plan.md; sh -c 'echo rea\"\"dy; exec sleep 60'\n");
    until("ready");
    // Ctrl-Z stops the job, not the shell and not redraft; Ctrl-C ends the next one.
    press("\x1a");
    until("Stopped");
    // What is typed while the shell is about to take the terminal back may be lost.
    until("next: ");
    press("kill %1; sh -c 'echo the\"\"n; exec sleep 60'\n");
    until("then");
    press("\x03");
    until("next: ");
    press("echo co''de $?; tty >/dev/null && echo at a ter''minal\n");
    until("code 130");
    until("at a terminal");
    press("exit 4\n");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "the session's plan\nby hand\n");
    assert_eq!(views(&world), 0);
}

#[test]
fn without_a_session_or_a_program_nothing_is_run() {
    let world = World::book();
    let run = world.run(["run", "--", "touch", "acts/x.md"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("No active session") && !world.exists("acts/x.md"), "{run:?}");
    world.start("s1");
    let run = world.run(["run", "--session", "nobody", "--", "touch", "acts/x.md"]);
    assert_eq!(run.code, 1, "{run:?}");
    let run = world.run(["run", "--", "no-such-program"]);
    assert!(run.code == 1 && run.stderr.contains("start no-such-program"), "{run:?}");
    assert_eq!(world.run(["run"]).code, 2);
    assert_eq!((views(&world), world.exists("acts/x.md")), (0, false));
}

#[test]
fn a_view_within_a_view_is_refused_and_a_forgotten_environment_is_noticed() {
    let world = book();
    let mut shell = Shell::start(&world);
    let said = shell.redraft("run -- true");
    assert!(said.contains("runs in a session's view already") && said.ends_with("== 1\n"), "{said}");
    let program = env!("CARGO_BIN_EXE_redraft");
    let said = shell.does(&format!("env -i '{program}' commit --force"));
    assert!(said.contains("REDRAFT_VIEW=s1.") && said.ends_with("== 1\n"), "{said}");
    assert_eq!(changes(&world), ["modified acts/plan.md"]);
    // A command of the client's is the shell's alone: the view is there already.
    assert_eq!(shell.redraft("-c 'cat acts/plan.md'"), "the session's plan\n");
    assert_eq!(shell.ends().code, 0);
}

#[test]
fn an_environment_that_was_carried_out_of_a_view_is_not_believed() {
    let world = book();
    let before = world.project();
    let mut shell = Shell::start(&world);
    let view = shell.does("echo $REDRAFT_VIEW").trim().to_string();
    // As a job of `at` would be, or a window of a tmux server from before.
    let leaked = || {
        let mut command = world.command();
        command.env("REDRAFT_VIEW", &view);
        command
    };
    let run =
        Run::of(&leaked().args(["-c", "echo isolated >> acts/plan.md; cat acts/plan.md"]).output().unwrap());
    assert_eq!((run.code, run.stdout.as_str()), (0, "the session's plan\nisolated\n"), "{run:?}");
    let run = Run::of(&leaked().args(["status", "--json"]).output().unwrap());
    assert_eq!(listed(&serde_json::from_str(&run.ok().stdout).unwrap()), ["modified acts/plan.md"]);
    let edit = json!({"hook_event_name": "PreToolUse", "session_id": "w", "cwd": world.root(), "tool_name": "Write",
        "tool_input": {"file_path": world.path("acts/new.md"), "content": "x"}});
    let mut command = leaked();
    let mut hook = command.arg("hook").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    hook.stdin.take().unwrap().write_all(edit.to_string().as_bytes()).unwrap();
    let said = String::from_utf8(hook.wait_with_output().unwrap().stdout).unwrap();
    assert!(said.contains("updatedInput") && said.contains("/workspace/sessions/s1/acts/new.md"), "{said}");
    assert_eq!(world.project(), before);
    // In another project it means nothing either.
    let other = World::book();
    let said = shell.does(&format!(
        "cd '{}' && '{}' status; true",
        other.root().display(),
        env!("CARGO_BIN_EXE_redraft")
    ));
    assert!(said.contains("No active session") || said.contains("NO ACTIVE SESSION"), "{said}");
    assert_eq!(shell.ends().code, 0);
}

/// The kernel is asked for real: a user namespace in which no further one may be made.
#[test]
fn where_no_view_can_be_made_the_program_is_not_run() {
    let world = book();
    let program = env!("CARGO_BIN_EXE_redraft");
    let script = format!(
        "echo 0 > /proc/sys/user/max_user_namespaces && echo 0 > /proc/sys/user/max_mnt_namespaces && exec '{program}' run -- touch acts/x.md"
    );
    let mut unshare = Command::new("unshare");
    unshare.args(["-Ur", "/bin/sh", "-c", &script]);
    unshare
        .env_clear()
        .envs(world.command().get_envs().filter_map(|(k, v)| Some((k, v?))))
        .env("PATH", "/usr/bin:/bin")
        .current_dir(world.root());
    let run = Run::of(&unshare.output().unwrap());
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("view of session 's1' could not be made"), "{run:?}");
    assert_eq!((world.exists("acts/x.md"), views(&world)), (false, 0));
}

#[test]
fn a_program_whose_wrapper_was_killed_goes_on_and_loses_nothing() {
    let world = book();
    let before = world.project();
    let mut shell = Shell::start(&world);
    shell.does("echo one > acts/one.md");
    assert_eq!(changes(&world), ["created acts/one.md", "modified acts/plan.md"]);
    shell.child.kill().unwrap();
    shell.child.wait().unwrap();
    shell.does("echo two > acts/two.md");
    assert_eq!(changes(&world), ["created acts/one.md", "modified acts/plan.md", "created acts/two.md"]);
    // Nobody is there who could do anything outside, and that is said.
    let said = shell.redraft("commit --force");
    assert!(said.contains("nobody outside answers") && said.ends_with("== 1\n"), "{said}");
    shell.does("echo three > acts/three.md");
    drop(shell);
    wait_for("the end of the view", || {
        world.run(["list"]).ok();
        views(&world) == 0
    });
    assert_eq!(world.text(world.session_file("s1", "acts/three.md")), "three\n");
    assert_eq!(world.project(), before);
}

#[test]
fn what_a_program_leaves_running_may_still_ask() {
    let world = book();
    let program = env!("CARGO_BIN_EXE_redraft");
    let script = format!(
        "(while [ ! -e \"$GO\" ]; do sleep 0.05; done; echo late > acts/late.md; '{program}' note add late > acts/said.md) >/dev/null 2>&1 & echo started"
    );
    let mut command = world.command();
    command.env("GO", world.outside("go")).args(["run", "--", "/bin/sh", "-c", &script]);
    let run = Run::of(&command.output().unwrap());
    assert_eq!((run.code, run.stdout.as_str()), (0, "started\n"), "{run:?}");
    fs::write(world.outside("go"), "").unwrap();
    wait_for("the end of the view", || views(&world) == 0);
    assert_eq!(world.text(world.session_file("s1", "acts/late.md")), "late\n");
    let said = world.text(world.session_file("s1", "acts/said.md"));
    assert!(said.contains("late"), "{said}");
}

#[test]
fn two_programs_on_one_session_see_each_other_after_a_command() {
    let world = book();
    let (mut a, mut b) = (Shell::start(&world), Shell::start(&world));
    a.does("echo a > acts/a.md");
    b.does("echo b > acts/b.md; echo b >> acts/plan.md");
    world.run(["note", "add", "look"]).ok();
    assert_eq!(a.does("cat acts/a.md acts/b.md acts/plan.md"), "a\nb\nthe session's plan\nb\n");
    assert_eq!(b.does("cat acts/a.md acts/b.md"), "a\nb\n");
    assert_eq!((a.ends().code, b.ends().code), (0, 0));
    assert_eq!(changes(&world), ["created acts/a.md", "created acts/b.md", "modified acts/plan.md"]);
}

#[test]
fn a_command_string_may_call_redraft_too() {
    for world in [book(), code()] {
        let program = env!("CARGO_BIN_EXE_redraft");
        let script = format!(
            "echo x > acts/x.md; '{program}' commit --force > /dev/null && cat acts/plan.md acts/x.md; echo after >> acts/plan.md; cat acts/plan.md"
        );
        let run = world.run(["-c", &script]);
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(run.stdout, "the session's plan\nx\nthe session's plan\nafter\n", "{run:?}");
        assert_eq!(
            (world.text("acts/plan.md"), world.text("acts/x.md")),
            ("the session's plan\n".into(), "x\n".into())
        );
        assert!(run.stderr.contains("s1-2"), "{run:?}");
        assert_eq!(world.text(world.session_file("s1-2", "acts/plan.md")), "the session's plan\nafter\n");
        assert_eq!(views(&world), 0);
    }
}

/// Hooks of a client in the view: nothing is redirected, what is asked is done outside.
#[test]
fn hooks_inside_only_record() {
    let world = book();
    let mut shell = Shell::start(&world);
    let event = |name: &str, fields: &Value| {
        let mut event = json!({"session_id": "w1", "cwd": world.root(), "hook_event_name": name});
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        event.to_string()
    };
    let mut hook = |event: String| {
        let file = world.outside("event.json");
        fs::write(&file, event).unwrap();
        shell.redraft(&format!("hook < '{}'", file.display()))
    };
    let started = hook(event("SessionStart", &json!({"source": "startup"})));
    assert!(started.contains("you work in its view"), "{started}");
    let edit = json!({"tool_name": "Edit", "tool_input": {"file_path": world.path("acts/plan.md"), "old_string": "a", "new_string": "b"}});
    assert_eq!(hook(event("PreToolUse", &edit)), "");
    assert_eq!(hook(event("PostToolUse", &edit)), "");
    let prompt = json!({"prompt": "No, I don't like it, rewrite acts/plan.md"});
    let said = hook(event("UserPromptSubmit", &prompt));
    assert!(said.contains("recorded retry 1 of acts/plan.md"), "{said}");
    assert!(said.contains(&format!("Now redo it at {}", world.path("acts/plan.md").display())), "{said}");
    let stop = hook(event("Stop", &json!({})));
    assert!(stop.contains("uncommitted work"), "{stop}");
    let slash = hook(event(
        "UserPromptExpansion",
        &json!({"command_name": "session", "command_args": "commit --force"}),
    ));
    assert!(slash.contains("result of /session commit --force"), "{slash}");
    assert_eq!(world.text("acts/plan.md"), "the session's plan\n");
    assert_eq!(hook("{\"hook_event_name\":".into()), "");
    assert_eq!(shell.ends().code, 0);
}

/// Killed at every call that changes the disk while a command brings in and shows; nothing is lost by it.
#[test]
fn a_command_killed_between_program_and_session_loses_nothing() {
    let script = "echo more >> acts/plan.md; rm -r acts/two; mkdir acts/two; echo n > acts/two/new.md; echo t > acts/t.md";
    let expected = {
        let world = book();
        let mut shell = Shell::start(&world);
        shell.does(script);
        changes(&world)
    };
    let mut killed = 0;
    for n in 1.. {
        let world = book();
        let before = world.project();
        let mut shell = Shell::start(&world);
        shell.does(script);
        let out = world
            .command()
            .args(["start", "other"])
            .env("REDRAFT_FAILPOINT", format!("kill@{n}"))
            .output()
            .unwrap();
        let ended = out.status.signal() != Some(9);
        killed += usize::from(!ended);
        world.run(["switch", "s1"]).ok();
        assert_eq!(changes(&world), expected, "killed at {n}");
        assert_eq!(
            shell.does("cat acts/plan.md acts/t.md acts/two/new.md; ls acts/two"),
            "the session's plan\nmore\nt\nn\nnew.md\n",
            "killed at {n}"
        );
        assert_eq!(shell.ends().code, 0);
        assert_eq!(changes(&world), expected, "killed at {n}, after the program's end");
        assert_eq!((world.project(), views(&world)), (before, 0), "killed at {n}");
        if ended {
            break;
        }
    }
    assert!(killed > 20, "{killed}");
}

#[test]
fn a_program_works_without_any_privilege() {
    if rustix::process::geteuid().as_raw() != 0 {
        return; // Every other test here is that one then.
    }
    for world in [book(), code()].map(give_away) {
        let before = world.project();
        let mut command = world.command();
        command.uid(NOBODY).gid(NOBODY);
        let mut shell = Shell::of(command, &[]);
        assert_eq!(shell.does("cat acts/plan.md; id -u"), "the session's plan\n65534\n");
        shell.does("echo mine >> acts/plan.md; rm -r acts/two");
        assert_eq!(listed(&shell.json("status")), ["modified acts/plan.md", "deleted acts/two/scene.md"]);
        shell.redraft("cancel");
        assert_eq!(shell.does("cat acts/two/scene.md"), "the second scene\n");
        assert_eq!(shell.ends().code, 0);
        assert_eq!((world.project(), views(&world)), (before, 0));
    }
}

#[test]
fn a_client_is_really_restarted_where_it_was() {
    let world = book();
    let program = env!("CARGO_BIN_EXE_redraft");
    let client = world.outside("claude");
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> acts/arguments.md\n[ \"$1\" = --resume ] && {{ cat acts/arguments.md; exit 3; }}\n'{program}' restart\nwhile :; do sleep 0.05; done\n"
    );
    fs::write(&client, script).unwrap();
    fs::set_permissions(&client, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = world.command();
    command.env("CLAUDE_CODE_SESSION_ID", "w-1").arg("run").arg("--").arg(&client).arg("first");
    let run = Run::of(&command.output().unwrap());
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("Restarting as:") && run.stdout.contains("claude --resume w-1"), "{run:?}");
    assert!(run.stdout.ends_with("first\n--resume w-1\n"), "{run:?}");
    assert_eq!(world.text(world.session_file("s1", "acts/arguments.md")), "first\n--resume w-1\n");
    assert!(!world.exists("acts/arguments.md"));
    // Another program is left alone, and the command is said.
    let mut shell = Shell::of(world.command(), &[]);
    let said = shell.redraft("restart");
    assert!(said.contains("type at the terminal") && !said.contains("Restarting"), "{said}");
    assert_eq!(shell.ends().code, 0);
}
