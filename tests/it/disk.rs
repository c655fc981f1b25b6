//! Real faults of real disks: full, read-only, immutable, another file system in the middle of the project, blocks that
//! are shared between files, and a file of somebody else.
//!
//! Each test needs root and nearly all of them mounts, so it is ignored unless asked for: `cargo test --test it disk -- --include-ignored`.
//! Who mounts starts this binary again for itself in a mount namespace of its own, with everything in a directory that is
//! cleared away afterwards: what it mounts is gone with it, however it ends. A file system that cannot be mounted here
//! is named, and the test fails: run without `--include-ignored` where that is so.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::crash::contents;
use crate::support::views::{NOBODY, give_away};
use crate::support::world::{Run, World};

/// Says to a started test that it is in its own mount namespace.
const INSIDE: &str = "REDRAFT_TEST_MOUNTS";

/// Runs a test by its name in a mount namespace, with a scratch directory as `TMPDIR`.
fn in_own_mounts(test: &str, body: impl FnOnce(&Path)) {
    if let Some(scratch) = std::env::var_os(INSIDE) {
        return body(Path::new(&scratch));
    }
    let scratch = tempfile::tempdir().unwrap();
    let inner = scratch.path().join("disk");
    fs::create_dir(&inner).unwrap();
    let run = Command::new("unshare")
        .args(["--mount", "--propagation", "private"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("disk::{test}"), "--include-ignored", "--nocapture"])
        .env(INSIDE, scratch.path())
        .env("TMPDIR", &inner)
        .output()
        .expect("unshare(1) is needed");
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

fn sh(program: &str, args: &[&str]) {
    let run = Command::new(program).args(args).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(run.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&run.stderr));
}

/// Mounts a fresh file system where this test's worlds are made.
fn mount(scratch: &Path, kind: &str, megabytes: u64) -> PathBuf {
    let disk = scratch.join("disk");
    let at = disk.to_str().unwrap();
    if kind == "tmpfs" {
        sh("mount", &["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "none", at]);
        return disk;
    }
    let image = scratch.join("image");
    fs::File::create(&image).unwrap().set_len(megabytes << 20).unwrap();
    let image = image.to_str().unwrap();
    sh(&format!("mkfs.{kind}"), &[if kind == "btrfs" { "-fq" } else { "-q" }, image]);
    sh("mount", &["-o", "loop", image, at]);
    disk
}

/// Takes all room but so much.
fn fill(disk: &Path, left: u64) -> PathBuf {
    let path = disk.join("ballast");
    let mut file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
    for chunk in [1 << 16, 1 << 12] {
        while file.write_all(&vec![7; chunk]).is_ok() {}
    }
    let size = file.metadata().unwrap().len();
    file.set_len(size.saturating_sub(left)).unwrap();
    file.sync_all().unwrap();
    path
}

/// A session with a change, a new file and a deletion, none of them small.
fn changed(world: &World) {
    world.project_file("acts/long.md", "a long line of text\n".repeat(2_000));
    world.start("s1");
    world.change("acts/long.md", &"a longer line of text\n".repeat(2_000));
    world.change("acts/new/scene.md", &"new\n".repeat(3_000));
    world.run(["rm", "acts/plan.md"]).ok();
}

/// Lets a command run with more and more room; refused, it says why and the project is old, or new after recovery.
fn with_little_room(disk: &Path, what: &str, prepare: fn(&World), act: fn(&World) -> (i32, String)) {
    let after = {
        let world = World::book();
        prepare(&world);
        assert_eq!(act(&world).0, 0, "{what}, with room");
        world.project()
    };
    let (mut refused, mut done) = (0, 0);
    for left in (0..=40).map(|n| n * 4096) {
        let world = World::book();
        prepare(&world);
        let (project, words) = (world.project(), contents(world.root()));
        let ballast = fill(disk, left);
        let (code, said) = act(&world);
        fs::remove_file(ballast).unwrap();
        if code == 0 {
            done += 1;
        } else {
            refused += 1;
            assert!(
                said.split_whitespace().collect::<Vec<_>>().join(" ").contains("No space left"),
                "{what}, {left} bytes left: {said}"
            );
            world.run(["recover"]).ok();
            let now = world.project();
            assert!(now == project || now == after, "{what}, {left} bytes left: neither old nor new:\n{now}");
            let kept = contents(world.root());
            assert!(words.iter().all(|word| kept.contains(word)), "{what}, {left} bytes left: lost words");
            // Where the room was missing after the seal, recovery has landed it.
            if now == project {
                assert_eq!(act(&world).0, 0, "{what}, {left} bytes left: and then with room");
            }
        }
    }
    assert!(refused > 0 && done > 0, "{what}: {refused} refused, {done} done");
}

fn full(scratch: &Path, kind: &str) {
    let disk = mount(scratch, kind, 8);
    with_little_room(
        &disk,
        "copy-up",
        |world| {
            world.project_file("acts/long.md", "a long line of text\n".repeat(2_000));
            world.start("s1");
        },
        |world| {
            let answer = world.pre_on("Edit", "acts/long.md");
            (i32::from(answer.stdout.contains("\"deny\"")), answer.stdout)
        },
    );
    with_little_room(&disk, "start", |_| {}, |world| said(world, &["start", "s9"]));
    with_little_room(&disk, "commit", changed, |world| said(world, &["commit", "s1", "--force"]));
    with_little_room(&disk, "retry", changed, |world| said(world, &["retry", "acts/long.md", "too long"]));
}

fn said(world: &World, args: &[&str]) -> (i32, String) {
    let run = world.run(args);
    (run.code, format!("{}{}", run.stdout, run.stderr))
}

#[test]
#[ignore = "needs root and mounts: a small tmpfs is filled"]
fn a_full_tmpfs_refuses_and_loses_nothing() {
    in_own_mounts("a_full_tmpfs_refuses_and_loses_nothing", |scratch| full(scratch, "tmpfs"));
}

#[test]
#[ignore = "needs root and mounts: a small ext4 on a loop device is filled"]
fn a_full_ext4_refuses_and_loses_nothing() {
    in_own_mounts("a_full_ext4_refuses_and_loses_nothing", |scratch| full(scratch, "ext4"));
}

#[test]
#[ignore = "needs root: a file is another user's"]
fn what_belongs_to_another_user_is_read_and_copied_like_ones_own() {
    let world = give_away(World::book());
    sh("chown", &["0:0", world.path("acts/plan.md").to_str().unwrap()]);
    let run = |args: &[&str]| {
        let mut command = world.command();
        Run::of(&command.args(args).uid(NOBODY).gid(NOBODY).output().unwrap()).ok()
    };
    run(&["start", "s1"]);
    run(&["bring", "acts/plan.md"]);
    let copy = world.session_file("s1", "acts/plan.md");
    assert_eq!(world.text(&copy), "one\ntwo\nthree\n");
    fs::write(&copy, "one\nTWO\nthree\n").unwrap();
    let shown = run(&["diff", "--word"]).stdout;
    assert!(shown.contains("[-two-]{+TWO+}"), "{shown}");
}

#[test]
#[ignore = "needs root and mounts: ext4 on a loop device, for immutable directories"]
fn what_may_not_be_changed_is_named_and_nothing_lands() {
    in_own_mounts("what_may_not_be_changed_is_named_and_nothing_lands", |scratch| {
        mount(scratch, "ext4", 16);
        for locked in ["acts/act-1/chapter-01", "acts/act-1/chapter-01/scene-0101.md"] {
            let world = World::book();
            world.start("s1");
            world.change("acts/plan.md", "ONE\n");
            world.change("acts/act-1/chapter-01/scene-0101.md", "changed\n");
            let (project, session) = (world.project(), world.session("s1"));
            sh("chattr", &["+i", world.path(locked).to_str().unwrap()]);
            let (code, text) = said(&world, &["commit", "--force"]);
            sh("chattr", &["-i", world.path(locked).to_str().unwrap()]);
            assert_eq!(code, 1, "{text}");
            assert!(text.contains("scene-0101.md"), "{text}");
            assert_eq!((world.project(), world.session("s1")), (project, session), "{text}");
            world.run(["commit", "--force"]).ok();
            assert_eq!(world.text("acts/plan.md"), "ONE\n");
        }
        let world = World::book();
        world.start("s1");
        world.change("acts/plan.md", "ONE\n");
        world.change("context/characters/alexa.md", "# Alex\n");
        let project = world.project();
        let context = world.name("context");
        sh("mount", &["--bind", &context, &context]);
        sh("mount", &["-o", "remount,bind,ro", &context]);
        let (code, text) = said(&world, &["commit", "--force"]);
        sh("umount", &[&context]);
        assert_eq!(code, 1, "{text}");
        assert!(text.contains("alexa.md"), "{text}");
        assert_eq!(world.project(), project, "{text}");
        world.run(["commit", "--force"]).ok();
    });
}

/// A tmpfs at `acts/other` with a file to change, one to delete, a directory to delete; and a session that does.
fn across(world: &World) {
    fs::create_dir(world.path("acts/other")).unwrap();
    sh("mount", &["-t", "tmpfs", "-o", "size=1m", "none", &world.name("acts/other")]);
    world.project_file("acts/other/change.md", "old there\n");
    world.project_file("acts/other/delete.md", "gone there\n");
    world.project_file("acts/other/gone/inner.md", "inside there\n");
    world.start("s1");
    world.change("acts/plan.md", "ONE\n");
    world.change("acts/other/change.md", "new there\n");
    world.change("acts/other/deep/new.md", "made there\n");
    world.run(["rm", "acts/other/delete.md", "acts/other/gone"]).ok();
}

#[test]
#[ignore = "needs root and mounts: a tmpfs under a tracked directory"]
fn a_landing_across_file_systems_is_whole_and_can_be_taken_back() {
    in_own_mounts("a_landing_across_file_systems_is_whole_and_can_be_taken_back", |_| {
        let world = World::book();
        across(&world);
        let before = world.project();
        world.run(["commit", "--force"]).ok();
        assert_eq!(world.text("acts/other/change.md"), "new there\n");
        assert_eq!(world.text("acts/other/deep/new.md"), "made there\n");
        assert!(!world.exists("acts/other/delete.md") && !world.exists("acts/other/gone"));
        assert!(!world.project().contains(".redraft-"), "{}", world.project());
        world.run(["undo"]).ok();
        assert_eq!(world.project(), before);
    });
}

#[test]
#[ignore = "needs root and mounts: a tmpfs under a tracked directory, killed at every call"]
fn a_landing_across_file_systems_may_be_killed_or_fail_at_every_call() {
    in_own_mounts("a_landing_across_file_systems_may_be_killed_or_fail_at_every_call", |_| {
        for verb in [["commit", "--force"].as_slice(), &["undo"]] {
            for plan in ["kill", "eio"] {
                for n in 1.. {
                    let world = World::book();
                    across(&world);
                    let mut sides = vec![world.project()];
                    if verb == ["undo"] {
                        world.run(["commit", "--force"]).ok();
                        sides.push(world.project());
                    }
                    let words = contents(world.root());
                    let world = world.with("REDRAFT_FAILPOINT", format!("{plan}@{n}"));
                    let (code, text) = said(&world, verb);
                    let world = world.with("REDRAFT_FAILPOINT", "");
                    world.run(["recover"]).ok();
                    let project = world.project();
                    let new = world.text("acts/plan.md") == "ONE\n";
                    let at = format!("{verb:?} {plan}@{n}: {text}");
                    assert!(!project.contains(".redraft-"), "{at}: litter:\n{project}");
                    assert!(sides.contains(&project) || verb != ["undo"] && new, "{at}:\n{project}");
                    assert_eq!(world.exists("acts/other/deep/new.md"), new, "{at}: half of it:\n{project}");
                    let kept = contents(world.root());
                    assert!(words.iter().all(|word| kept.contains(word)), "{at}: lost words");
                    sh("umount", &[&world.name("acts/other")]);
                    if code == 0 && !text.contains("failpoint") {
                        assert!(n > 20, "{verb:?}: only {n} calls");
                        break;
                    }
                }
            }
        }
    });
}

/// Unmounts the image and mounts it again; a btrfs has another device number then.
///
/// It takes the lowest free number, so small mounts are made until one took the old number: other tests may give
/// numbers back at the same time.
fn mount_again(scratch: &Path, disk: &Path, kind: &str) {
    let (at, image) = (disk.to_str().unwrap(), scratch.join("image"));
    let device = || fs::metadata(disk).unwrap().dev();
    let before = device();
    for n in 0..64 {
        sh("umount", &[at]);
        let other = scratch.join(format!("other-{n}"));
        fs::create_dir(&other).unwrap();
        sh("mount", &["-t", "tmpfs", "none", other.to_str().unwrap()]);
        sh("mount", &["-o", "loop", image.to_str().unwrap(), at]);
        // Elsewhere the number is the loop device's, which is often the same.
        if kind != "btrfs" || device() != before {
            return;
        }
    }
    panic!("after 64 mounts {kind} still has the device number {before}");
}

/// Copies up 32 MB, lands it and takes it back after another mount; the copy takes next to no room.
fn share(scratch: &Path, kind: &str) {
    let disk = mount(scratch, kind, 400);
    let world = World::book();
    let before = "0123456789abcde\n".repeat(2 << 20);
    world.project_file("acts/large.md", &before);
    world.start("s1");
    let free = || {
        sh("sync", &["-f", disk.to_str().unwrap()]);
        let out = Command::new("stat").args(["-f", "-c", "%f %S"]).arg(&disk).output().unwrap().stdout;
        let text = String::from_utf8(out).unwrap();
        let numbers: Vec<u64> = text.split_whitespace().map(|n| n.parse().unwrap()).collect();
        numbers[0] * numbers[1]
    };
    let had = free();
    let copy = world.pre_on("Edit", "acts/large.md").redirect();
    let took = had.saturating_sub(free());
    assert!(took < 8 << 20, "{kind}: the copy and its base took {took} bytes");
    OpenOptions::new().append(true).open(copy).unwrap().write_all(b"and more\n").unwrap();
    assert_eq!(world.text("acts/large.md").len(), before.len(), "writing the copy leaves the original");
    world.run(["commit", "--force"]).ok();
    assert_eq!(world.text("acts/large.md").len(), before.len() + 9);

    mount_again(scratch, &disk, kind);
    world.run(["undo"]).ok();
    assert_eq!(world.text("acts/large.md"), before);
}

#[test]
#[ignore = "needs root and mounts: btrfs on a loop device (btrfs-progs)"]
fn on_btrfs_a_copy_shares_its_blocks_and_undo_outlives_a_remount() {
    in_own_mounts("on_btrfs_a_copy_shares_its_blocks_and_undo_outlives_a_remount", |scratch| {
        share(scratch, "btrfs");
    });
}

#[test]
#[ignore = "needs root and mounts: xfs on a loop device (xfsprogs)"]
fn on_xfs_a_copy_shares_its_blocks_and_undo_outlives_a_remount() {
    in_own_mounts("on_xfs_a_copy_shares_its_blocks_and_undo_outlives_a_remount", |scratch| {
        share(scratch, "xfs");
    });
}
