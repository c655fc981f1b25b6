//! The life of a file in a session, as the hooks and the tools live it: the project never changes.

use crate::support::world::World;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, UNIX_EPOCH};

/// Writes where the client would: at the path the hook gave.
fn write(path: &str, text: &str) {
    fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_file_is_read_written_twice_and_deleted() {
    let world = World::book();
    let before = world.project();
    world.start("s1");
    let copy = world.session_name("s1", "acts/plan.md");

    // Not touched yet: read where it is.
    world.pre_on("Read", "acts/plan.md").silent();
    assert!(!world.exists(&copy));

    // The first write brings it into the layer and says so.
    let first = world.pre_on("Edit", "acts/plan.md");
    assert_eq!(first.redirect(), copy);
    assert!(first.context().contains(&format!("From now on use {copy}")), "{}", first.context());
    assert_eq!(world.text(&copy), "one\ntwo\nthree\n");
    write(&copy, "one\nTWO\nthree\n");

    // The second one goes there without a word, and what was written stays.
    let second = world.pre_on("Edit", "acts/plan.md");
    assert_eq!((second.redirect(), second.context()), (copy.clone(), String::new()));
    assert_eq!(world.text(&copy), "one\nTWO\nthree\n");

    // A Read of the original sees the session's version, under its name.
    let read = world.pre_on("Read", "acts/plan.md");
    assert_eq!(read.redirect(), copy);
    assert!(read.context().contains(&copy));

    world.run(["rm", "acts/plan.md"]).ok();
    assert!(
        world.pre_on("Read", "acts/plan.md").denied().contains("acts/plan.md is deleted in session 's1'")
    );
    assert!(world.pre_on("Edit", "acts/plan.md").denied().contains("Write it anew"));
    assert_eq!(world.pre_on("Write", "acts/plan.md").redirect(), copy);
    assert!(!world.exists(&copy), "room is made, the file is the tool's to make");
    write(&copy, "new\n");
    assert_eq!(world.pre_on("Read", "acts/plan.md").redirect(), copy);

    assert_eq!(world.project(), before);
}

#[test]
fn a_copy_has_its_files_mode_and_time_whatever_the_umask_and_the_size() {
    let world = World::new();
    world.start("s1");
    for (n, (mode, size)) in
        [(0o600, 5), (0o444, 5), (0o666, 5), (0o777, 0), (0o646, 100_000)].into_iter().enumerate()
    {
        let path = format!("acts/{n}.md");
        let file = world.project_file(&path, "x".repeat(size));
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let time = UNIX_EPOCH + Duration::new(1_000_000_000, 123_456_789);
        fs::File::open(&file).unwrap().set_modified(time).unwrap();
        let copy = world.pre_on("Edit", &path).redirect();
        let meta = fs::metadata(&copy).unwrap();
        assert_eq!(meta.permissions().mode() & 0o7777, mode, "{path}");
        assert_eq!(meta.modified().unwrap(), time, "{path}");
        assert_eq!(fs::read(&copy).unwrap(), fs::read(&file).unwrap(), "{path}");
    }
}

#[test]
fn the_first_touch_leaves_a_copy_a_line_and_nothing_else() {
    let world = World::new();
    world.project_file("acts/a.md", "one\n");
    fs::set_permissions(world.path("acts/a.md"), fs::Permissions::from_mode(0o640)).unwrap();
    world.start("s1");
    world.pre_on("Edit", "acts/a.md").redirect();
    let record = world.text(world.session_file("s1", "session.json"));
    let ledger = world.text(world.session_file("s1", "cow-files.jsonl"));
    let modified = "{\"path\":\"acts/a.md\",\"op\":\"modified\",\"at\":\"2026-02-03T04:05:06Z\",\"base\":{";
    assert!(ledger.starts_with(modified) && ledger.lines().count() == 1, "{ledger}");
    let tree =
        world.tree().replace(&format!("{record:?}"), "RECORD").replace(&format!("{ledger:?}"), "LEDGER");
    assert_eq!(
        tree,
        "\
755 acts/
640 acts/a.md: \"one\\n\"
755 context/
755 workspace/
644 workspace/.gitignore: \"*\\n\"
755 workspace/sessions/
755 workspace/sessions/s1/
755 workspace/sessions/s1/acts/
640 workspace/sessions/s1/acts/a.md: \"one\\n\"
644 workspace/sessions/s1/cow-files.jsonl: LEDGER
644 workspace/sessions/s1/session.json: RECORD
"
    );
}

#[test]
fn a_new_file_comes_into_being_in_the_session_only() {
    let world = World::book();
    let before = world.project();
    world.start("s1");
    let copy = world.session_name("s1", "acts/act-9/new.md");
    assert_eq!(world.pre_on("Write", "acts/act-9/new.md").redirect(), copy);
    write(&copy, "x\n");
    assert_eq!(world.pre_on("Read", "acts/act-9/new.md").redirect(), copy);
    assert_eq!(world.project(), before);
}

#[test]
fn a_copy_that_was_never_written_follows_the_project() {
    let world = World::book();
    world.start("s1");
    let copy = world.pre_on("Edit", "acts/plan.md").redirect();
    std::thread::sleep(std::time::Duration::from_millis(20));
    world.project_file("acts/plan.md", "changed by the user\n");
    assert_eq!(world.pre_on("Read", "acts/plan.md").redirect(), copy);
    assert_eq!(world.text(&copy), "changed by the user\n");
}

#[test]
fn two_windows_write_into_their_own_sessions() {
    let world = World::book();
    let before = world.project();
    world.start("one");
    let mut other = world.command();
    other.args(["start", "two"]).env("CLAUDE_CODE_SESSION_ID", "another-window");
    assert!(other.output().unwrap().status.success());
    let mut event = world.event(
        "PreToolUse",
        json!({ "tool_name": "Edit", "tool_input": World::input("Edit", &world.name("acts/plan.md")) }),
    );
    assert_eq!(world.hook(&event).redirect(), world.session_name("one", "acts/plan.md"));
    event["session_id"] = json!("another-window");
    assert_eq!(world.hook(&event).redirect(), world.session_name("two", "acts/plan.md"));
    event["session_id"] = json!("a-third-window");
    assert_eq!(world.hook(&event).redirect(), world.session_name("two", "acts/plan.md"));
    assert_eq!(world.project(), before);
}

#[test]
fn thirty_hooks_at_once_on_one_file_make_one_copy() {
    let world = World::book();
    let before = world.project();
    world.start("s1");
    let copy = world.session_name("s1", "acts/plan.md");
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..30).map(|_| scope.spawn(|| world.pre_on("Edit", "acts/plan.md"))).collect();
        let mut said = 0;
        for run in runs {
            let run = run.join().unwrap();
            assert_eq!(run.redirect(), copy);
            said += usize::from(!run.context().is_empty());
        }
        assert_eq!(said, 1, "the rule is said once");
    });
    let ledger = world.text(world.session_file("s1", "cow-files.jsonl"));
    assert_eq!(ledger.lines().count(), 1, "{ledger}");
    assert_eq!(world.text(&copy), "one\ntwo\nthree\n");
    assert_eq!(world.project(), before);
}

/// A directory that holds no file is in the project alone: a whiteout without the move would be half of it.
#[test]
fn a_directory_without_files_is_not_half_moved() {
    let world = World::book();
    fs::create_dir(world.path("acts/empty")).unwrap();
    world.start("s1");
    let (project, session) = (world.project(), world.session("s1"));
    let refused = world.run(["mv", "acts/empty", "acts/elsewhere"]);
    assert!(refused.code == 1 && refused.stderr.contains("acts/empty holds no file"), "{refused:?}");
    assert_eq!((world.project(), world.session("s1")), (project, session));
}

#[test]
fn a_directory_that_stands_where_the_project_has_a_file_is_moved_as_it_is() {
    let world = World::book();
    world.project_file("acts/d/x.md", "x\n");
    world.start("s1");
    world.run(["mv", "acts/d", "acts/m/x.md"]).ok();
    world.project_file("acts/m/x.md", "somebody's\n");
    world.run(["mv", "acts/m", "acts/n"]).ok();
    assert_eq!(world.text(world.session_file("s1", "acts/n/x.md/x.md")), "x\n");
    assert_eq!(world.text("acts/m/x.md"), "somebody's\n");
}
