//! Every command sees the session: what `redraft -c` shows, what comes of what it writes, and that the project stays as it is.
//!
//! Each test runs on a book (tracked directories that are there) or a code base (everything tracked, so that the view lies
//! over the project itself) or both; as root it runs a second time as a user without any privilege.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::views::{NOBODY, book, changes, code_base, give_away, own_uid, shell, views, wait_for};
use crate::support::world::{Run, World};

/// A code base with a session in which the program was changed.
fn code() -> World {
    let world = code_base();
    world.project_file("README.md", "read me\n");
    world.project_file("src/main.rs", "fn main() {}\n");
    world.project_file("src/deep/mod.rs", "mod deep;\n");
    world.start("s1");
    world.change("src/main.rs", "fn main() { session() }\n");
    world
}

#[track_caller]
fn sh(world: &World, script: &str) -> Run {
    Run::of(&shell(world, script).output().unwrap())
}

/// Runs a script that must succeed, with the project as it was before, and gives what it printed.
#[track_caller]
fn sees(world: &World, script: &str) -> String {
    let before = world.project();
    let run = sh(world, script);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{script}: {run:?}");
    assert_eq!(world.project(), before, "{script} changed the project");
    run.stdout
}

#[test]
fn without_a_session_the_command_is_the_shell_s_alone() {
    let world = World::book();
    let run = sh(&world, "echo $0 \"$PWD\" \"${REDRAFT_VIEW-none}\"; echo x > acts/new.md; exit 3");
    assert_eq!(run.code, 3);
    assert!(run.stdout.trim().ends_with("none"), "{run:?}");
    assert_eq!(world.text("acts/new.md"), "x\n");
    assert!(!world.exists("workspace"));
}

#[test]
fn a_command_reads_the_session_at_the_project_s_paths() {
    let world = book();
    assert_eq!(sees(&world, "cat acts/plan.md"), "the session's plan\n");
    assert_eq!(sees(&world, "cd acts && cat plan.md two/scene.md"), "the session's plan\nthe second scene\n");
    let absolute = format!("cat '{}'", world.path("acts/plan.md").display());
    assert_eq!(sees(&world, &absolute), "the session's plan\n");
    let world = code();
    assert_eq!(sees(&world, "cat src/main.rs"), "fn main() { session() }\n");
    assert_eq!(sees(&world, "cat README.md target/out .git/HEAD"), "read me\nbuilt\nref: refs/heads/main\n");
    assert_eq!(changes(&world), ["modified src/main.rs"]);
}

#[test]
fn what_a_command_writes_is_a_change_of_the_session() {
    let world = book();
    sees(
        &world,
        "echo more >> acts/plan.md; echo new > acts/new.md; mkdir -p context/deep && echo d > context/deep/d.md",
    );
    assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "the session's plan\nmore\n");
    assert_eq!(
        changes(&world),
        ["created acts/new.md", "modified acts/plan.md", "created context/deep/d.md"]
    );
    // And the next command, and a Read by the hook, see it.
    assert_eq!(sees(&world, "cat acts/new.md context/deep/d.md"), "new\nd\n");
    assert_eq!(world.pre_on("Read", "acts/new.md").redirect(), world.session_name("s1", "acts/new.md"));
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/plan.md"), "the session's plan\nmore\n");
    assert_eq!(world.text("context/deep/d.md"), "d\n");
}

#[test]
fn a_first_touch_keeps_the_base_for_a_merge() {
    let world = book();
    sees(&world, "sed -i 's/second/third/' acts/two/scene.md");
    assert_eq!(changes(&world), ["modified acts/plan.md", "modified acts/two/scene.md"]);
    world.project_file("acts/two/scene.md", "somebody else's\n");
    let refused = world.run(["commit", "--force", "--files", "acts/two/**"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert_eq!(world.text("acts/two/scene.md"), "somebody else's\n");
}

#[test]
fn deletions_are_whiteouts() {
    let world = book();
    sees(&world, "rm acts/two/scene.md acts/plan.md context/people.md");
    assert_eq!(
        changes(&world),
        ["deleted acts/plan.md", "deleted acts/two/scene.md", "deleted context/people.md"]
    );
    assert_eq!(
        sees(&world, "ls acts; ls acts/two context"),
        "act-1\ntwo\nacts/two:\n\ncontext:\ncharacters\n"
    );
    world.run(["commit", "--force"]).ok();
    assert!(!world.exists("acts/plan.md") && !world.exists("context/people.md"));
}

#[test]
fn renames_modes_and_links_arrive() {
    let world = book();
    world.project_file("acts/run.sh", "#!/bin/sh\n");
    sees(&world, "mv acts/two acts/three; chmod 755 acts/run.sh; ln -s plan.md acts/link.md");
    assert_eq!(
        changes(&world),
        [
            "created acts/link.md",
            "modified acts/plan.md",
            "modified acts/run.sh",
            "created acts/three/scene.md",
            "deleted acts/two/scene.md"
        ]
    );
    assert_eq!(
        sees(&world, "cat acts/link.md acts/three/scene.md"),
        "the session's plan\nthe second scene\n"
    );
    world.run(["commit", "--force"]).ok();
    let mode = fs::metadata(world.path("acts/run.sh")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o755);
    assert_eq!(fs::read_link(world.path("acts/link.md")).unwrap(), Path::new("plan.md"));
    assert!(!world.exists("acts/two/scene.md"));
}

#[test]
fn files_and_directories_take_each_other_s_place() {
    let world = book();
    sees(
        &world,
        "rm -r acts/two && echo file > acts/two; rm acts/plan.md && mkdir acts/plan.md && echo x > acts/plan.md/x",
    );
    assert_eq!(sees(&world, "cat acts/two acts/plan.md/x"), "file\nx\n");
    world.run(["commit", "--force"]).ok();
    assert_eq!((world.text("acts/two"), world.text("acts/plan.md/x")), ("file\n".into(), "x\n".into()));
}

#[test]
fn a_directory_removed_and_made_again_shows_only_what_is_new() {
    for world in [book(), code()] {
        let dir = if world.exists("acts") { "acts/two" } else { "src/deep" };
        sees(&world, &format!("rm -rf {dir} && mkdir {dir} && echo n > {dir}/new"));
        assert_eq!(sees(&world, &format!("ls {dir}")), "new\n");
        assert!(changes(&world).iter().any(|c| c.starts_with("deleted")), "{:?}", changes(&world));
        sees(&world, &format!("rm -rf {dir} && mkdir {dir}"));
        assert_eq!(sees(&world, &format!("ls {dir}")), "");
    }
}

#[test]
fn what_was_only_opened_or_touched_is_no_change() {
    let world = book();
    sees(&world, "touch acts/two/scene.md; : >> context/people.md; sed -i 's/absent/x/' acts/two/scene.md");
    assert_eq!(changes(&world), ["modified acts/plan.md"]);
}

#[test]
fn what_is_not_tracked_goes_straight_through() {
    let world = book();
    world.project_file("notes/n.md", "note\n");
    let run = sh(&world, "echo more >> notes/n.md; echo b > build.log; echo o > /dev/null");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!((world.text("notes/n.md"), world.text("build.log")), ("note\nmore\n".into(), "b\n".into()));
    let world = code();
    let run = sh(
        &world,
        "echo again > target/out; mkdir -p pkg/node_modules && echo d > pkg/node_modules/d; echo x > .git/config; mkdir dist; echo o > dist/o; echo s > pkg/s.rs",
    );
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert_eq!((world.text("target/out"), world.text(".git/config")), ("again\n".into(), "x\n".into()));
    assert_eq!((world.text("pkg/node_modules/d"), world.text("dist/o")), ("d\n".into(), "o\n".into()));
    assert_eq!(changes(&world), ["created pkg/s.rs", "modified src/main.rs"]);
    assert!(!world.exists("pkg/s.rs"));
    let run = sh(&world, "rm -r dist pkg/node_modules");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(!world.exists("dist") && !world.exists("pkg/node_modules"));
}

#[test]
fn the_top_of_a_code_base_is_isolated_too() {
    let world = code();
    sees(&world, "echo mine > README.md; echo t > top.rs; rm -r src/deep; mkdir lib && echo l > lib/l.rs");
    assert_eq!(
        changes(&world),
        [
            "modified README.md",
            "created lib/l.rs",
            "deleted src/deep/mod.rs",
            "modified src/main.rs",
            "created top.rs"
        ]
    );
    assert_eq!(
        sees(&world, "cat README.md top.rs lib/l.rs; ls"),
        "mine\nt\nl\nREADME.md\nlib\nnotes.md\nredraft.json\nsrc\ntarget\ntop.rs\nworkspace\n"
    );
    // A directory that is mounted can be emptied, not removed.
    sees(&world, "rm top.rs README.md; rm -r src lib 2> /dev/null; ls src lib");
    assert_eq!(sees(&world, "ls"), "lib\nnotes.md\nredraft.json\nsrc\ntarget\nworkspace\n");
    world.run(["commit", "--force"]).ok();
    assert!(!world.exists("README.md") && !world.exists("src/main.rs"));
}

#[test]
fn a_search_finds_each_file_once_and_the_session_s_own_paths_still_open() {
    for world in [book(), code()] {
        let (file, words) = if world.exists("acts") {
            ("acts/plan.md", "the session's plan")
        } else {
            ("src/main.rs", "fn main() { session() }")
        };
        let own = world.session_name("s1", file);
        assert_eq!(sees(&world, &format!("grep -rlF \"{words}\" .")), format!("./{file}\n"));
        let name = Path::new(file).file_name().unwrap().to_str().unwrap();
        assert_eq!(sees(&world, &format!("find . -name {name}")), format!("./{file}\n"));
        // Neither what is being written nor what is kept of the project's version is found beside it.
        let search = format!("test \"$(find . -name {name})\" = ./{file}");
        sees(&world, &format!("echo \"{words} \" > {file}; {search}; echo \"{words}\" > {file}"));
        let base = world.text(file).lines().next().unwrap().to_string();
        assert_eq!(sees(&world, &format!("grep -rlF \"{base}\" . || true")), "");
        assert_eq!(sees(&world, &format!("cat '{own}'")), format!("{words}\n"));
        sees(&world, &format!("echo written >> '{own}'"));
        assert_eq!(sees(&world, &format!("tail -n 1 {file}")), "written\n");
        assert_eq!(world.text(world.session_file("s1", file)), format!("{words}\nwritten\n"));
    }
}

#[test]
fn scratch_of_the_session_is_written_where_it_is() {
    let world = book();
    let artifacts = world.session_name("s1", "artifacts");
    sees(&world, &format!("mkdir -p '{artifacts}' && echo a > '{artifacts}/a.txt'"));
    sees(&world, &format!("echo b > '{artifacts}/b.txt'; cat '{artifacts}/a.txt'"));
    assert_eq!(world.text(world.session_file("s1", "artifacts/a.txt")), "a\n");
    assert_eq!(world.text(world.session_file("s1", "artifacts/b.txt")), "b\n");
    assert_eq!(changes(&world), ["modified acts/plan.md"]);
}

#[test]
fn status_signals_streams_and_settings_are_the_command_s_own() {
    let world = book();
    assert_eq!(sh(&world, "exit 7").code, 7);
    let killed = shell(&world, "kill -TERM $$").status().unwrap();
    assert_eq!(killed.signal(), Some(15));
    let mut cat = shell(&world, "cat; echo err >&2");
    let mut child = cat.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"from stdin").unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!((out.stdout.as_slice(), out.stderr.as_slice()), (&b"from stdin"[..], &b"err\n"[..]));
    let big = shell(&world, "yes | head -c 3000000").output().unwrap();
    assert_eq!(big.stdout.len(), 3_000_000);
    let mut umask = Command::new("/bin/sh");
    let program = shell(&world, "").get_program().to_owned();
    umask.args(["-c", "umask 027; exec \"$0\" -c 'umask; id -u; echo x > acts/masked.md'"]).arg(program);
    umask
        .env_clear()
        .envs(shell(&world, "").get_envs().filter_map(|(k, v)| Some((k, v?))))
        .current_dir(world.root());
    let out = Run::of(&umask.output().unwrap());
    assert_eq!(out.stdout, format!("0027\n{}\n", own_uid()));
    let mode = fs::metadata(world.session_file("s1", "acts/masked.md")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o640);
    let mut inside = shell(&world, "pwd; cat plan.md");
    let out = Run::of(&inside.current_dir(world.path("acts")).output().unwrap());
    assert!(out.stdout.ends_with("/acts\nthe session's plan\n"), "{out:?}");
}

#[test]
fn a_signal_to_the_wrapper_reaches_the_command() {
    let world = book();
    let mut child = shell(
        &world,
        "trap 'echo got it > acts/trapped.md; exit 9' TERM; echo ready; while :; do sleep 0.02; done",
    )
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let mut ready = [0; 6];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(9));
    assert_eq!(world.text(world.session_file("s1", "acts/trapped.md")), "got it\n");
}

#[test]
fn children_that_outlive_the_command_are_folded_when_they_end() {
    let world = book();
    let before = world.project();
    let start = Instant::now();
    let run = sh(&world, "(sleep 1; echo late > acts/late.md) > /dev/null 2>&1 & echo started");
    assert_eq!((run.code, run.stdout.as_str()), (0, "started\n"));
    assert!(start.elapsed() < Duration::from_millis(900), "the command waited for its children");
    let late = world.session_file("s1", "acts/late.md");
    assert!(!late.exists());
    wait_for("the late write", || late.exists());
    assert_eq!(world.project(), before);
    wait_for("the end of the view", || views(&world) == 0);
    assert_eq!(changes(&world), ["created acts/late.md", "modified acts/plan.md"]);
}

#[test]
fn what_a_killed_wrapper_left_is_folded_by_the_next_command() {
    let world = book();
    let before = world.project();
    let mut child =
        shell(&world, "echo w > acts/written.md; echo ready; sleep 0.5; echo w >> acts/written.md")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
    let mut ready = [0; 6];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    // The command itself still runs: what it writes is not taken from under it.
    assert_eq!(changes(&world), ["modified acts/plan.md"]);
    wait_for("the fold", || changes(&world) == ["modified acts/plan.md", "created acts/written.md"]);
    assert_eq!(world.text(world.session_file("s1", "acts/written.md")), "w\nw\n");
    assert_eq!((world.project(), views(&world)), (before, 0));
}

/// Killed at every call that changes the disk, before the command and in the fold after it.
#[test]
fn a_fold_that_is_killed_anywhere_is_finished_by_the_next_command() {
    // As the first command of a session, as a later one, and where the view lies over the whole project.
    let used = || {
        let world = book();
        sees(&world, "true");
        world
    };
    for world in [book as fn() -> World, used, code] {
        let is_book = world().exists("acts");
        let (file, dir, top) =
            if is_book { ("acts/plan.md", "acts/two", "acts") } else { ("src/main.rs", "src/deep", "src") };
        let script = format!(
            "echo more >> {file}; rm -r {dir}; mkdir {dir}; echo n > {dir}/new; echo t > {top}/t; ln -s t {top}/l; chmod 700 {top}/t; echo u > untracked.log"
        );
        let whole = world();
        sh(&whole, &script).ok();
        let (expected, untouched) = (whole.session("s1"), world().session("s1"));
        let (mut killed, mut folded) = (0, 0);
        for n in 1.. {
            let world = world();
            let before = world.project();
            let out = shell(&world, &script).env("REDRAFT_FAILPOINT", format!("kill@{n}")).output().unwrap();
            if out.status.signal() != Some(9) {
                assert!(out.status.success(), "{n}: {out:?}");
                break;
            }
            killed += 1;
            world.run(["list"]).ok();
            let session = world.session("s1");
            assert!(
                [&expected, &untouched].contains(&&session),
                "killed at {n}:\n{session}\ninstead of\n{expected}"
            );
            folded += usize::from(session == expected);
            let _ = fs::remove_file(world.path("untracked.log"));
            if is_book {
                assert_eq!(world.project(), before, "killed at {n}");
            }
            assert_eq!(views(&world), 0, "killed at {n}");
            world.run(["list"]).ok();
            assert_eq!(world.session("s1"), session, "killed at {n}: a second look changed something");
        }
        assert!(killed > 20 && folded > 10, "{killed} killed, {folded} of them with something to fold");
    }
}

#[test]
fn parallel_commands_never_share_and_all_they_wrote_is_there() {
    let world = book();
    let before = world.project();
    let running: Vec<_> = (0..8)
        .map(|n| shell(&world, &format!("for i in 1 2 3 4 5; do echo {n}-$i >> acts/own-{n}.md; cat acts/plan.md > /dev/null; done")).spawn().unwrap())
        .collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    for n in 0..8 {
        let text = world.text(world.session_file("s1", &format!("acts/own-{n}.md")));
        assert_eq!(text, ["1", "2", "3", "4", "5"].map(|i| format!("{n}-{i}\n")).concat());
    }
    assert_eq!((world.project(), views(&world)), (before, 0));
}

#[test]
fn two_commands_that_change_one_file_clash_aloud_and_lose_nothing() {
    let world = book();
    let slow = shell(&world, "echo slow > acts/plan.md; touch acts/ready; while [ ! -e /dev/null/x ] && [ ! -e \"$GO\" ]; do sleep 0.02; done")
        .env("GO", world.outside("go"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    sees(&world, "echo quick > acts/plan.md");
    fs::write(world.outside("go"), "").unwrap();
    let out: Output = slow.wait_with_output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains("acts/plan.md was changed by somebody else while this command ran"), "{said}");
    assert_eq!(world.text(world.session_file("s1", "acts/plan.md")), "slow\n");
    let kept = said.trim().rsplit(' ').next().unwrap();
    assert_eq!(fs::read_to_string(kept).unwrap(), "quick\n");
}

#[test]
fn a_session_that_ends_meanwhile_does_not_take_the_words_with_it() {
    let world = book();
    let slow = shell(&world, "echo ready > /dev/null; sleep 0.6; echo late > acts/late.md")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(200));
    world.run(["commit", "--force"]).ok();
    let out = slow.wait_with_output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains("what it wrote is in session 's1-2'"), "{said}");
    assert_eq!(world.text(world.session_file("s1-2", "acts/late.md")), "late\n");
    assert!(!world.exists("acts/late.md"));
    let list: Value = serde_json::from_str(&world.run(["list", "--json"]).ok().stdout).unwrap();
    assert_ne!(list["active"], "s1-2", "{list}");
}

#[test]
fn hostile_names_go_both_ways() {
    let world = book();
    let odd = std::ffi::OsStr::from_bytes(b"acts/a,b:c\\d\n\xff .md");
    fs::write(world.root().join(odd), "odd\n").unwrap();
    let mut command = world.command();
    command.arg("-c").arg("cd acts && for f in a,b*; do cat \"$f\"; echo more >> \"$f\"; done; mkdir 'x:y,z' && echo n > 'x:y,z/n'");
    let out = Run::of(&command.output().unwrap());
    assert_eq!((out.code, out.stdout.as_str(), out.stderr.as_str()), (0, "odd\n", ""));
    let copy = world.session_file("s1", "").join(odd);
    assert_eq!(fs::read_to_string(copy).unwrap(), "odd\nmore\n");
    assert_eq!(sees(&world, "cat 'acts/x:y,z/n'"), "n\n");
}

#[test]
fn a_project_whose_own_path_is_hostile_has_a_view_too() {
    let world = World::book();
    let root = world.outside("a,b:c\\d e");
    fs::create_dir_all(root.join("acts")).unwrap();
    fs::write(root.join("acts/plan.md"), "project\n").unwrap();
    let run = |args: &[&str]| {
        let mut command = world.command();
        Run::of(
            &command
                .env_remove("REDRAFT_ROOT")
                .env_remove("CLAUDE_PROJECT_DIR")
                .current_dir(&root)
                .args(args)
                .output()
                .unwrap(),
        )
    };
    run(&["start", "s1"]).ok();
    let out = run(&["-c", "echo mine > acts/plan.md"]);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""));
    assert_eq!(run(&["-c", "cat acts/plan.md"]).stdout, "mine\n");
    assert_eq!(fs::read_to_string(root.join("acts/plan.md")).unwrap(), "project\n");
}

#[test]
fn files_that_cannot_be_read_or_written_are_brought_home_as_they_are() {
    // Root may do anything; what this is about is seen by others.
    for as_nobody in [false, own_uid() == 0] {
        let world = if as_nobody { give_away(book()) } else { book() };
        let mut command = shell(
            &world,
            "echo secret > acts/secret.md; chmod 000 acts/secret.md; echo done > acts/done.md; chmod 444 acts/done.md; \
             echo more >> acts/plan.md; chmod 444 acts/plan.md; echo more >> acts/two/scene.md; chmod 300 acts/two",
        );
        if as_nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        let before = world.project();
        let run = Run::of(&command.output().unwrap());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
        let mode =
            |file: &str| fs::metadata(world.session_file("s1", file)).unwrap().permissions().mode() & 0o777;
        let modes = ["secret.md", "done.md", "plan.md"].map(|name| mode(&format!("acts/{name}")));
        assert_eq!(modes, [0, 0o444, 0o444]);
        assert_eq!(world.text(world.session_file("s1", "acts/two/scene.md")), "the second scene\nmore\n");
        assert_eq!((world.project(), views(&world)), (before, 0));
    }
}

#[test]
fn arguments_that_are_no_command_string_are_refused() {
    let world = book();
    for args in [&["-c"][..], &["-c", "echo", "x"]] {
        let run = world.run(args);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains("-c takes one command string"), "{run:?}");
    }
    world.project_file("redraft.json", "{\"trakced\":[]}");
    let run = sh(&world, "echo x > acts/plan.md");
    assert_eq!(run.code, 126, "{run:?}");
    assert!(run.stderr.contains("trakced") && run.stderr.contains("nothing was run"), "{run:?}");
}

#[test]
fn it_works_without_any_privilege() {
    if own_uid() != 0 {
        return; // Every other test here is that one then.
    }
    for world in [book(), code()].map(give_away) {
        let (file, dir) =
            if world.exists("acts") { ("acts/plan.md", "acts/two") } else { ("src/main.rs", "src/deep") };
        let before = world.project();
        let mut command = shell(
            &world,
            &format!(
                "echo mine >> {file}; rm -r {dir}; mkdir {dir}; echo n > {dir}/new; id -u; stat -c %u {file}"
            ),
        );
        let run = Run::of(&command.uid(NOBODY).gid(NOBODY).output().unwrap());
        assert_eq!(
            (run.code, run.stdout.as_str(), run.stderr.as_str()),
            (0, "65534\n65534\n", ""),
            "{run:?}"
        );
        assert_eq!(world.project(), before);
        assert!(world.text(world.session_file("s1", file)).ends_with("mine\n"));
        assert_eq!(world.text(world.session_file("s1", &format!("{dir}/new"))), "n\n");
        assert_eq!(views(&world), 0);
    }
}
