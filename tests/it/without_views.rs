//! Where the kernel makes no view: Landlock keeps commands off the tracked files, or what they wrote is told; and it is said
//! everywhere, never claimed otherwise.
//!
//! The kernel is asked for real: calls are forbidden by a filter, as containers do it, or namespaces are counted down to none.

use std::fs;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::filter::{self, forbid};
use crate::support::views::{NOBODY, changes, code_base, give_away, own_uid, views};
use crate::support::world::{Run, WINDOW, World};

/// A book with a second scene and a session in which the plan was changed.
fn book() -> World {
    let world = World::book();
    world.project_file("acts/two/scene.md", "the second scene\n");
    world.project_file("notes/n.md", "a note\n");
    world.start("s1");
    world.change("acts/plan.md", "the session's plan\n");
    world
}

/// A code base with dependencies and a session in which the program was changed.
fn code() -> World {
    let world = code_base();
    world.project_file("src/main.rs", "fn main() {}\n");
    world.project_file("src/deep/mod.rs", "mod deep;\n");
    world.project_file("pkg/node_modules/dep/d.js", "dep\n");
    world.start("s1");
    world.change("src/main.rs", "fn main() { session() }\n");
    world
}

/// What a container forbids: leaving namespaces.
fn fenced(world: &World, script: &str) -> Run {
    let mut command = world.command();
    Run::of(&forbid(command.args(["-c", script]), filter::NAMESPACES).output().unwrap())
}

/// What an old kernel in such a container has: no Landlock either.
fn watched(world: &World, script: &str) -> Run {
    let mut command = world.command();
    Run::of(&forbid(command.args(["-c", script]), filter::NAMESPACES_AND_LANDLOCK).output().unwrap())
}

#[test]
fn tracked_files_cannot_be_written_and_it_is_said_where_to() {
    for world in [book(), code()] {
        let (file, dir) =
            if world.exists("acts") { ("acts/plan.md", "acts/two") } else { ("src/main.rs", "src/deep") };
        let before = world.project();
        for script in [
            format!("echo past > {file}"),
            format!("echo past >> {file}"),
            format!("truncate -s 0 {file}"),
            format!("rm {file}"),
            format!("rm -r {dir}"),
            format!("mv {file} {dir}/moved"),
            format!("mkdir {dir}/new"),
            format!("echo new > {dir}/new.md"),
            format!("ln -s x {dir}/link"),
            format!("sed -i s/e/E/ {file}"),
            format!("cp {file} {dir}/copy"),
            format!("exec 3<> {file}; echo past >&3"),
        ] {
            let run = fenced(&world, &script);
            assert_ne!(run.code, 0, "{script}: {run:?}");
            assert_eq!(world.project(), before, "{script}");
            assert!(run.stderr.contains("ermission denied"), "{script}: {run:?}");
            assert!(run.stderr.contains("this command saw the project itself, NOT session 's1'"), "{run:?}");
            assert!(run.stderr.contains(&world.session_name("s1", "")), "{run:?}");
        }
        let run = fenced(&world, &format!("cat {file}"));
        assert_eq!(run.code, 0, "{run:?}");
        assert!(
            run.stderr.contains("NOT session 's1'") && !run.stderr.contains("refused permission"),
            "{run:?}"
        );
        // As it is told, so it works.
        let copy = world.session_name("s1", file);
        let run = fenced(&world, &format!("echo mine > '{copy}'"));
        assert_eq!((run.code, world.text(&copy).as_str()), (0, "mine\n"));
        assert_eq!(world.project(), before);
    }
}

#[test]
fn what_the_error_says_brings_a_file_to_where_commands_can_write_it() {
    let world = book();
    let run = fenced(&world, "echo past > acts/two/scene.md");
    assert!(run.stderr.trim().ends_with("comes with: redraft bring FILE"), "{run:?}");
    let program = world.command().get_program().to_owned();
    let copy = world.session_name("s1", "acts/two/scene.md");
    let script =
        format!("'{}' bring acts/two/scene.md && sed -i s/second/SECOND/ '{copy}'", program.display());
    let run = fenced(&world, &script);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(world.text("acts/two/scene.md"), "the second scene\n");
    assert_eq!(changes(&world), ["modified acts/plan.md", "modified acts/two/scene.md"]);
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/two/scene.md"), "the SECOND scene\n");
}

#[test]
fn bring_copies_what_is_not_there_yet_and_nothing_else() {
    let world = book();
    world.change("context/new.md", "new\n");
    let before = world.project();
    let brought = |args: &[&str]| -> Vec<(String, bool)> {
        let report: Value = serde_json::from_str(&world.run(args).ok().stdout).unwrap();
        let files = report["files"].as_array().unwrap();
        files
            .iter()
            .map(|f| (f["path"].as_str().unwrap().to_string(), f["is_new"].as_bool().unwrap()))
            .collect()
    };
    let found = brought(&["bring", "--json", "acts/two", "acts/plan.md"]);
    assert_eq!(found, [("acts/two/scene.md".to_string(), true), ("acts/plan.md".to_string(), false)]);
    assert_eq!(brought(&["bring", "--json", "acts/two"]), [("acts/two/scene.md".to_string(), false)]);
    assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "the session's plan\n");
    // A copy that nobody changed is no change, and goes on following the project.
    assert_eq!(changes(&world), ["modified acts/plan.md", "created context/new.md"]);
    assert_eq!(world.project(), before);
    world.run(["rm", "context/new.md", "acts/two"]).ok();
    for (path, why) in [
        ("acts/two/scene.md", "is deleted in session 's1'"),
        ("acts/nowhere.md", "File not found"),
        ("notes.md", "is not tracked"),
        ("../x", "outside"),
    ] {
        let run = world.run(["bring", path]);
        assert!(run.code != 0 && run.stderr.contains(why), "{path}: {run:?}");
    }
}

#[test]
fn what_is_not_tracked_is_written_where_it_is() {
    let world = book();
    let script = format!(
        "echo more >> notes/n.md && echo new > notes/new && mv notes/new notes/newer && echo n >> notes.md && \
         echo out > '{}' && mkdir -p \"$HOME/deep/er\" && echo h > \"$HOME/deep/er/h\" && echo null > /dev/null",
        world.outside("home/out").display()
    );
    let run = fenced(&world, &script);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(world.text("notes/n.md"), "a note\nmore\n");
    assert_eq!(world.text("notes/newer"), "new\n");
    assert_eq!(world.text("notes.md"), "not tracked\nn\n");
    assert_eq!(world.text(world.outside("home/out")), "out\n");
    // A limit that is told in references/every-program.md: nothing is made beside the tracked directories.
    assert_ne!(fenced(&world, "echo b > build.log").code, 0);
    let world = code();
    let run = fenced(
        &world,
        "echo again > target/out && mkdir target/debug && echo x > .git/config && echo d > pkg/node_modules/dep/e.js",
    );
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(world.text("target/out"), "again\n");
    assert_eq!(world.text("pkg/node_modules/dep/e.js"), "d\n");
}

#[test]
fn a_link_from_elsewhere_leads_nobody_past_it() {
    let world = book();
    world.link("notes/plan", world.path("acts/plan.md"));
    world.link("notes/acts", world.path("acts"));
    let before = world.project();
    for script in ["echo past > notes/plan", "echo past > notes/acts/plan.md", "rm notes/acts/plan.md"] {
        assert_ne!(fenced(&world, script).code, 0, "{script}");
        assert_eq!(world.project(), before, "{script}");
    }
}

#[test]
fn the_command_s_streams_status_and_signals_are_its_own() {
    let world = book();
    for run in [fenced, watched] {
        assert_eq!(run(&world, "exit 7").code, 7);
        assert_eq!(run(&world, "echo out").stdout, "out\n");
    }
    for calls in [filter::NAMESPACES, filter::NAMESPACES_AND_LANDLOCK] {
        let mut command = world.command();
        let killed =
            forbid(command.args(["-c", "kill -TERM $$"]), calls).stderr(Stdio::null()).status().unwrap();
        assert_eq!(killed.signal(), Some(15));
    }
}

#[test]
fn landing_from_behind_the_fence_is_refused_before_anything_is_done() {
    let world = book();
    let program = world.command().get_program().to_owned();
    let before = world.project();
    let run = fenced(&world, &format!("'{}' commit --force", program.display()));
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("a command that cannot write the project's"), "{run:?}");
    assert_eq!((world.project(), changes(&world).len()), (before, 1));
    let run = fenced(&world, &format!("'{}' status", program.display()));
    assert!(run.code == 0 && run.stdout.contains("acts/plan.md"), "{run:?}");
}

#[test]
fn without_any_means_what_a_command_wrote_is_told_with_what_to_type() {
    let world = book();
    world.project_file("acts/gone.md", "gone\n");
    let run = watched(&world, "cat acts/two/scene.md");
    assert!(run.stderr.contains("this command does NOT see session 's1'"), "{run:?}");
    assert!(!run.stderr.contains("changed in the PROJECT"), "{run:?}");

    let script = "echo past > acts/two/scene.md; echo past > acts/plan.md; echo 'n' > 'acts/new one.md'; rm acts/gone.md; echo x > notes/x";
    let run = watched(&world, script);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("4 isolated files changed in the PROJECT while this command ran"), "{run:?}");
    assert!(!run.stderr.contains("notes/x"), "{run:?}");
    let told = |op: &str, path: &str| -> String {
        let start = format!("redraft:   {op} {path}: ");
        let line = run.stderr.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("{start}: {run:?}")).to_string()
    };
    assert!(told("modified", "acts/plan.md").contains("the session has its own version"), "{run:?}");
    assert!(
        told("deleted", "acts/gone.md").ends_with(&format!("redraft rm {}", world.name("acts/gone.md"))),
        "{run:?}"
    );
    for line in [told("modified", "acts/two/scene.md"), told("created", "acts/new one.md")] {
        let line = line.replacen("redraft ", &format!("'{}' ", world.command().get_program().display()), 1);
        let typed = Command::new("/bin/sh")
            .env("REDRAFT_ROOT", world.root())
            .args(["-c", &line])
            .current_dir(world.root())
            .status()
            .unwrap();
        assert!(typed.success(), "{line}");
    }
    assert_eq!(world.text(world.session_file("s1", "acts/two/scene.md")), "past\n");
    assert_eq!(world.text(world.session_file("s1", "acts/new one.md")), "n\n");
    assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "the session's plan\n");
    assert!(!world.exists("acts/new one.md"));
    assert!(changes(&world).contains(&"created acts/new one.md".to_string()), "{:?}", changes(&world));
}

/// Runs redraft in a user namespace in which no further one, and no mount namespace, may be made.
fn counted_down(world: &World, args: &str) -> Run {
    let own = world.command();
    let script = format!(
        "echo 0 > /proc/sys/user/max_user_namespaces && echo 0 > /proc/sys/user/max_mnt_namespaces && exec '{}' {args}",
        own.get_program().display()
    );
    let mut unshare = Command::new("unshare");
    unshare.args(["-Ur", "/bin/sh", "-c", &script]);
    unshare.env_clear().envs(own.get_envs().filter_map(|(k, v)| Some((k, v?)))).current_dir(world.root());
    Run::of(&unshare.env("CLAUDE_CODE_SESSION_ID", WINDOW).output().unwrap())
}

#[test]
fn where_no_namespace_is_left_that_is_found_out_and_said_with_the_switch() {
    let world = book();
    let before = world.project();
    let run = counted_down(&world, "-c 'echo past > acts/plan.md'");
    assert!(run.code != 0 && run.stderr.contains("NOT session 's1'"), "{run:?}");
    assert_eq!(world.project(), before);

    let run = counted_down(&world, "install --json");
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let notes = report["notes"].to_string();
    assert!(notes.contains("cannot see a session here (user namespaces are switched off)"), "{notes}");
    assert!(notes.contains("sudo sysctl user.max_user_namespaces="), "{notes}");

    let run = counted_down(&world, "doctor --json");
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let bash = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "Bash").unwrap();
    assert_eq!(bash["result"], "warn", "{bash}");
    let (message, hint) = (bash["message"].as_str().unwrap(), bash["hint"].as_str().unwrap());
    assert!(message.contains("cannot write its isolated files") && message.contains("NOT session"), "{bash}");
    assert!(hint.contains("sudo sysctl user.max_user_namespaces="), "{bash}");
}

#[test]
fn in_the_client_s_sandbox_a_command_runs_behind_the_fence_and_says_how_it_would_see_the_session() {
    for world in [book(), code()] {
        let file = if world.exists("acts") { "acts/plan.md" } else { "src/main.rs" };
        let before = world.project();
        let sandboxed = |script: &str| {
            let mut command = world.command();
            command.args(["-c", script]).env("SANDBOX_RUNTIME", "1");
            Run::of(&forbid(&mut command, filter::SANDBOX).output().unwrap())
        };
        let run = sandboxed(&format!("cat {file}; exit 3"));
        assert_eq!((run.code, run.stdout.as_str()), (3, world.text(file).as_str()), "{run:?}");
        assert!(run.stderr.contains("NOT session 's1'"), "{run:?}");
        assert!(
            run.stderr.contains("Bash sandbox") && run.stderr.contains("redraft run -- claude"),
            "{run:?}"
        );
        let run = sandboxed(&format!("echo past > {file}"));
        assert!(run.code != 0 && run.stderr.contains("ermission denied"), "{run:?}");
        assert_eq!(world.project(), before);
        assert_eq!(views(&world), 0, "nothing is left of the view that could not be");
    }
}

#[test]
fn doctor_knows_of_the_client_s_sandbox() {
    let world = book();
    world.run(["install"]).ok();
    let bash = |inside: bool| {
        let mut command = world.command();
        command.args(["doctor", "--json"]);
        if inside {
            command.env("REDRAFT_INSIDE", "s1.1.0.run");
        }
        let report: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "Bash").unwrap().clone()
    };
    assert_eq!(bash(false)["result"], "ok", "{}", bash(false));
    let path = world.path(".claude/settings.json");
    let mut settings: Value = serde_json::from_str(&world.text(&path)).unwrap();
    settings["sandbox"] = json!({ "enabled": true });
    fs::write(&path, settings.to_string()).unwrap();
    let check = bash(false);
    assert_eq!(check["result"], "warn", "{check}");
    assert!(check["hint"].as_str().unwrap().contains("redraft run -- claude"), "{check}");
    assert_eq!(bash(true)["result"], "ok", "in the view of a program both work: {}", bash(true));
}

#[test]
fn the_brief_says_what_commands_see() {
    let world = book();
    let brief = |world: &World, calls: &'static [i64]| -> String {
        let mut command = world.command();
        forbid(command.arg("hook"), calls)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let event = world.event("SessionStart", json!({ "source": "startup" })).to_string();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), event.as_bytes()).unwrap();
        Run::of(&child.wait_with_output().unwrap()).stdout
    };
    assert!(brief(&world, &[]).contains("see and change the project itself, not the session"));
    let world = world.with("CLAUDE_CODE_SHELL_PREFIX", "/home/me/.claude/redraft/redraft -c");
    assert!(brief(&world, &[]).contains("see the session at the project's own paths"));
    let text = brief(&world, filter::NAMESPACES);
    assert!(text.contains("Warning: ") && text.contains("Landlock keeps them from writing"), "{text}");
    let text = brief(&world, filter::NAMESPACES_AND_LANDLOCK);
    assert!(text.contains("reported after the command, not prevented"), "{text}");
}

#[test]
fn it_works_without_any_privilege() {
    if own_uid() != 0 {
        return; // Every other test here is that one then.
    }
    let world = give_away(book());
    let before = world.project();
    for (calls, written) in [(filter::NAMESPACES, false), (filter::NAMESPACES_AND_LANDLOCK, true)] {
        let mut command = world.command();
        command.args(["-c", "echo past > acts/two/scene.md"]).uid(NOBODY).gid(NOBODY);
        let run = Run::of(&forbid(&mut command, calls).output().unwrap());
        assert_eq!((run.code == 0, world.project() != before), (written, written), "{run:?}");
        assert!(run.stderr.contains("NOT s"), "{run:?}");
    }
}
