//! The directory of a view that a command left as it was made is the next command's: what is used again, what never is, and
//! that a command costs the same however much the project holds.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::views::{NOBODY, book, changes, give_away, own_uid, shell, views, wait_for};
use crate::support::world::{Run, World};

#[track_caller]
fn sees(world: &World, script: &str) -> String {
    let run = Run::of(&shell(world, script).output().unwrap());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{script}: {run:?}");
    run.stdout
}

/// The directories that are kept for the next command, with their inodes.
fn spare(world: &World) -> Vec<(PathBuf, u64)> {
    let Ok(entries) = fs::read_dir(world.path("workspace/.redraft/spare")) else { return Vec::new() };
    let mut found: Vec<_> =
        entries.map(|entry| entry.unwrap()).map(|e| (e.path(), e.metadata().unwrap().ino())).collect();
    found.sort();
    found
}

#[test]
fn a_view_that_was_left_as_it_was_made_is_the_next_command_s() {
    let world = book();
    assert_eq!(sees(&world, "cat acts/plan.md"), "the session's plan\n");
    let first = spare(&world);
    assert_eq!((first.len(), views(&world)), (1, 0));
    assert_eq!(
        sees(&world, "cat acts/plan.md; ls workspace/sessions/s1"),
        "the session's plan\nacts\ncontext\n"
    );
    assert_eq!(spare(&world), first);
    // What was written is in the session, and the empty directory is fit for the next one.
    sees(&world, "echo one > acts/one.md");
    assert_eq!(sees(&world, "cat acts/one.md; rm acts/one.md"), "one\n");
    assert_eq!(sees(&world, "cat acts/one.md 2>/dev/null || echo gone"), "gone\n");
    assert_eq!(changes(&world), ["modified acts/plan.md"]);
    assert_eq!(views(&world), 0);
}

/// Each leaves something that no fold brings into the session; a view of its own begins without it.
#[test]
fn what_a_command_leaves_in_its_view_never_reaches_the_next() {
    let leaves = [
        "touch workspace/.redraft/left",
        "touch workspace/.redraft/views/left",
        "chmod 700 workspace/.redraft",
        "chmod 750 acts",
        "rm workspace/sessions/s1/acts",
        "rm workspace/sessions/s1/acts && ln -s /nowhere workspace/sessions/s1/acts",
        "ln -s /nowhere workspace/sessions/s1/left",
        "python3 -c 'import os; os.setxattr(\"acts\", \"user.left\", b\"1\")'",
        "chmod 000 workspace/.redraft/views; chmod 000 workspace/.redraft",
        "chmod 000 acts",
    ];
    let as_root = own_uid() == 0;
    for (leave, as_nobody) in leaves.iter().flat_map(|leave| [(leave, false), (leave, as_root)]) {
        let world = if as_nobody { give_away(book()) } else { book() };
        let sees = |world: &World, script: &str| {
            let mut command = shell(world, script);
            if as_nobody {
                command.uid(NOBODY).gid(NOBODY);
            }
            let run = Run::of(&command.output().unwrap());
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{script}: {run:?}");
            run.stdout
        };
        let look = "ls -A workspace/.redraft workspace/sessions/s1; readlink workspace/sessions/s1/acts; \
                    stat -c %a acts workspace/.redraft; ls workspace/.redraft/views | wc -l; \
                    python3 -c 'import os; print(os.listxattr(\"acts\"))'";
        let fresh = sees(&world, look);
        assert_eq!(spare(&world).len(), 1, "{leave}");
        sees(&world, leave);
        assert_eq!(sees(&world, look), fresh, "after: {leave}");
        assert_eq!(changes(&world), ["modified acts/plan.md"], "{leave}");
    }
}

#[test]
fn what_was_changed_before_a_command_began_is_no_clash_and_what_is_changed_meanwhile_is() {
    let world = book();
    sees(&world, "true");
    world.change("acts/plan.md", "changed between two commands\n");
    std::thread::sleep(std::time::Duration::from_millis(30));
    assert_eq!(sees(&world, "echo and by a command >> acts/plan.md; cat acts/plan.md").lines().count(), 2);
    sees(&world, "true");
    let mut slow = shell(&world, "echo slow > acts/plan.md; echo ready; read go")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = [0; 6];
    std::io::Read::read_exact(slow.stdout.as_mut().unwrap(), &mut ready).unwrap();
    world.change("acts/plan.md", "quick\n");
    drop(slow.stdin.take());
    let said = String::from_utf8(slow.wait_with_output().unwrap().stderr).unwrap();
    assert!(said.contains("acts/plan.md was changed by somebody else"), "{said}");
    let kept = said.trim().rsplit(' ').next().unwrap();
    assert_eq!(fs::read_to_string(kept).unwrap(), "quick\n");
}

#[test]
fn commands_that_run_at_the_same_time_never_take_the_same_one() {
    let world = book();
    for round in 0..3 {
        let running: Vec<_> = (0..8)
            .map(|n| {
                let script = if n % 2 == 0 {
                    "cat acts/plan.md".to_string()
                } else {
                    format!("echo {n} >> acts/own-{n}.md; cat acts/plan.md")
                };
                shell(&world, &script).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for child in running {
            let run = Run::of(&child.wait_with_output().unwrap());
            let seen = (run.code, run.stdout.as_str(), run.stderr.as_str());
            assert_eq!(seen, (0, "the session's plan\n", ""), "{round}");
        }
        for n in [1, 3, 5, 7] {
            let text = world.text(world.session_file("s1", &format!("acts/own-{n}.md")));
            assert_eq!(text, format!("{n}\n").repeat(round + 1));
        }
        assert!((1..=4).contains(&spare(&world).len()), "{:?}", spare(&world));
        assert_eq!(views(&world), 0);
    }
}

#[test]
fn a_view_in_which_somebody_still_works_is_nobody_else_s() {
    let world = book();
    let child = "(sleep 0.4; echo late > acts/late.md) >/dev/null 2>&1 &";
    sees(&world, child);
    assert_eq!(spare(&world), []);
    // What was started in a namespace of its own cannot be told from what is gone; the directory is not used again.
    let options = if own_uid() == 0 { "-m" } else { "-Urm" };
    sees(&world, &format!("unshare {options} sleep 0.6 >/dev/null 2>&1 & sleep 0.3"));
    assert_eq!(spare(&world), []);
    wait_for("the end of the view", || views(&world) == 0);
    assert_eq!(changes(&world), ["created acts/late.md", "modified acts/plan.md"]);
}

#[test]
fn what_is_kept_for_a_session_goes_when_it_has_ended() {
    let world = book();
    sees(&world, "true");
    let of_first = spare(&world);
    world.run(["cancel"]).ok();
    world.start("s1");
    assert_eq!(sees(&world, "cat acts/plan.md"), world.text("acts/plan.md"));
    let of_second = spare(&world);
    assert!(of_second.len() == 1 && of_second != of_first, "{of_first:?} {of_second:?}");
    let told: serde_json::Value = serde_json::from_str(&world.run(["gc", "--json"]).ok().stdout).unwrap();
    assert_eq!(told["temporary"], 1, "{told}");
    assert_eq!(spare(&world), []);
    assert_eq!(sees(&world, "cat acts/plan.md"), world.text("acts/plan.md"));
}

#[test]
fn a_project_that_was_moved_has_its_links_where_it_is_now() {
    let world = World::new();
    let run = |root: &Path, args: &[&str]| {
        let mut command = world.command();
        Run::of(&command.current_dir(root).args(args).output().unwrap()).ok().stdout
    };
    let (old, new) = (world.outside("old"), world.outside("new"));
    fs::create_dir_all(old.join("acts")).unwrap();
    fs::write(old.join("acts/plan.md"), "the plan\n").unwrap();
    fs::write(old.join("redraft.json"), "{}").unwrap();
    run(&old, &["start", "s1"]);
    run(&old, &["-c", "true"]);
    assert_eq!(fs::read_dir(old.join("workspace/.redraft/spare")).unwrap().count(), 1);
    fs::rename(&old, &new).unwrap();
    assert_eq!(run(&new, &["-c", "cat workspace/sessions/s1/acts/plan.md"]), "the plan\n");
}

/// Directories that may be entered and not listed: whoever walked the tracked files could not work here, as root or not.
#[test]
fn a_command_lists_nothing_below_the_top_of_project_and_session() {
    let world = book();
    sees(&world, "true");
    let deep: Vec<PathBuf> = [".", "workspace/sessions/s1"]
        .iter()
        .flat_map(|top| [world.path(top).join("acts"), world.path(top).join("acts/two")])
        .filter(|dir| dir.is_dir())
        .collect();
    let as_root = own_uid() == 0;
    let world = if as_root { give_away(world) } else { world };
    let set =
        |mode| deep.iter().for_each(|d| fs::set_permissions(d, fs::Permissions::from_mode(mode)).unwrap());
    set(0o311);
    for script in ["true", "cat acts/plan.md acts/two/scene.md", "echo more >> acts/two/scene.md"] {
        let mut command = shell(&world, script);
        if as_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let run = Run::of(&command.output().unwrap());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{script}: {run:?}");
    }
    set(0o755);
    assert_eq!(world.text(world.session_file("s1", "acts/two/scene.md")), "the second scene\nmore\n");
}
