//! Hostile paths and links through the hook: nothing is written past the session, and nothing outside is touched.

use crate::support::world::World;
use serde_json::json;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

fn session() -> World {
    let world = World::book();
    world.start("s1");
    fs::create_dir(world.outside("outside")).unwrap();
    fs::write(world.outside("outside/secret.md"), "secret\n").unwrap();
    world
}

#[test]
fn whatever_a_tracked_file_is_called_it_goes_to_the_session() {
    let world = session();
    let copy = world.session_name("s1", "acts/plan.md");
    symlink(world.root(), world.outside("alias")).unwrap();
    world.link("notes-link.md", "acts/plan.md");
    world.link("acts/alias.md", "plan.md");
    world.link("to-acts", "acts");
    let root = world.root().display().to_string();
    for path in [
        format!("{root}/acts/plan.md"),
        format!("{root}//acts///plan.md"),
        format!("{root}/./acts/./plan.md"),
        format!("{root}/acts/../acts/plan.md"),
        format!("{root}/context/../acts/plan.md"),
        format!("{root}/../book/acts/plan.md"),
        "acts/plan.md".into(),
        "./acts/plan.md".into(),
        "../book/acts/plan.md".into(),
        format!("{}/acts/plan.md", world.outside("alias").display()),
        format!("{root}/notes-link.md"),
        format!("{root}/acts/alias.md"),
        format!("{root}/to-acts/plan.md"),
    ] {
        assert_eq!(world.pre("Edit", World::input("Edit", &path)).redirect(), copy, "{path}");
    }
    let new = world.outside("alias/acts/new.md").display().to_string();
    assert_eq!(
        world.pre("Write", World::input("Write", &new)).redirect(),
        world.session_name("s1", "acts/new.md")
    );
}

#[test]
fn the_window_may_stand_anywhere_in_the_project() {
    let world = session();
    symlink(world.root(), world.outside("alias")).unwrap();
    for cwd in [world.path("acts/act-1"), world.session_file("s1", ""), world.outside("alias/context")] {
        let mut event = world.event("PreToolUse", json!({ "tool_name": "Edit", "cwd": cwd }));
        event["tool_input"] = World::input("Edit", &world.name("acts/plan.md"));
        let to = world.hook(&event).redirect();
        assert_eq!(
            Path::new(&to).canonicalize().unwrap(),
            world.session_file("s1", "acts/plan.md"),
            "{cwd:?}"
        );
    }
    let mut event =
        world.event("PreToolUse", json!({ "tool_name": "Edit", "cwd": world.path("acts/act-1") }));
    event["tool_input"] = World::input("Edit", "../plan.md");
    assert_eq!(world.hook(&event).redirect(), world.session_name("s1", "acts/plan.md"));
}

#[test]
fn a_tracked_path_that_leads_away_is_refused_for_writing() {
    let world = session();
    let before = world.project();
    world.link("acts/out.md", "../../outside/secret.md");
    world.link("acts/absolute.md", world.outside("outside/secret.md"));
    world.link("acts/out", "../../outside");
    world.link("acts/dangling.md", "../../outside/not-yet.md");
    world.link("acts/notes.md", "../notes.md");
    world.link("acts/loop.md", "loop.md");
    for path in [
        "acts/out.md",
        "acts/absolute.md",
        "acts/out/secret.md",
        "acts/out/new.md",
        "acts/out/deep/new.md",
        "acts/dangling.md",
        "acts/notes.md",
        "acts/loop.md",
    ] {
        for tool in ["Write", "Edit"] {
            world.pre_on(tool, path).denied();
        }
        let read = world.pre_on("Read", path);
        assert_eq!(read.json()["hookSpecificOutput"].get("permissionDecision"), None, "{path}");
    }
    assert!(world.pre_on("Write", "acts/out.md").denied().contains("outside/secret.md"));
    // A '..' behind a link means one thing as text and another on the disk.
    world.pre_on("Write", "acts/out/../plan.md").denied();
    assert_eq!(world.text(world.outside("outside/secret.md")), "secret\n");
    for link in ["out.md", "absolute.md", "out", "dangling.md", "notes.md", "loop.md"] {
        fs::remove_file(world.path(format!("acts/{link}"))).unwrap();
    }
    assert_eq!(world.project(), before);
}

#[test]
fn records_are_found_behind_links_and_dots() {
    let world = session();
    world.link("innocent.md", "workspace/session.lock");
    world.link("acts/innocent.md", "../workspace/sessions/s1/session.json");
    world.link("ws", "workspace");
    for path in [
        "innocent.md",
        "acts/innocent.md",
        "ws/session.lock",
        "ws/.redraft/locks/x",
        "acts/../workspace/session.lock",
        "workspace//sessions/./s1/session.json",
        "workspace/sessions/s1/acts/../session.json",
        "workspace/sessions/s1/artifacts/../session.json",
    ] {
        assert!(world.pre_on("Write", path).denied().contains("redraft's own record"), "{path}");
    }
    world.run(["cancel", "s1"]).ok();
    for path in ["innocent.md", "ws/session.lock"] {
        assert!(world.pre_on("Write", path).denied().contains("redraft's own record"), "{path}");
    }
}

#[test]
fn a_link_planted_in_the_session_is_not_followed() {
    let world = session();
    let outside = world.outside("outside");
    fs::create_dir_all(world.session_file("s1", "acts")).unwrap();
    symlink(outside.join("secret.md"), world.session_file("s1", "acts/plan.md")).unwrap();
    symlink(&outside, world.session_file("s1", "acts/act-1")).unwrap();
    for path in ["acts/plan.md", "acts/act-1/secret.md", "acts/act-1/new.md"] {
        for tool in ["Write", "Edit"] {
            world.pre_on(tool, path).denied();
            world.pre(tool, World::input(tool, &world.session_name("s1", path))).denied();
        }
    }
    assert_eq!(world.text(outside.join("secret.md")), "secret\n");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn a_link_in_place_of_the_session_or_the_workspace_is_not_followed() {
    for at in ["workspace/sessions/s1", "workspace/sessions", "workspace", "workspace/.redraft"] {
        let world = session();
        let moved = world.outside("outside/moved");
        fs::rename(world.path(at), &moved).unwrap();
        world.link(at, &moved);
        let before = fs::read_dir(&moved).unwrap().count();
        world.pre_on("Edit", "acts/plan.md").denied();
        world.pre_on("Write", "acts/new.md").denied();
        assert_eq!(fs::read_dir(&moved).unwrap().count(), before, "{at}");
    }
}

#[test]
fn the_sessions_own_links_are_read_in_the_merged_view() {
    let world = session();
    world.pre_on("Edit", "acts/plan.md");
    let target = world.outside("outside/secret.md").display().to_string();
    for (name, to) in
        [("inner.md", "plan.md"), ("project.md", "../context/characters/alexa.md"), ("out.md", &target)]
    {
        symlink(to, world.session_file("s1", &format!("acts/{name}"))).unwrap();
    }
    assert_eq!(world.pre_on("Read", "acts/inner.md").redirect(), world.session_name("s1", "acts/plan.md"));
    assert_eq!(world.pre_on("Read", "acts/project.md").redirect(), world.name("context/characters/alexa.md"));
    assert_eq!(world.pre_on("Read", "acts/out.md").redirect(), target);
    symlink("round.md", world.session_file("s1", "acts/round.md")).unwrap();
    let round = world.pre_on("Read", "acts/round.md");
    assert!(round.context().contains("warning"), "{round:?}");
}

#[test]
fn odd_names_are_names() {
    let world = session();
    for name in [
        "trailing ",
        " leading",
        "dots...",
        "new\nline",
        "tab\t",
        "quote\"'`$(x)",
        "\u{202e}evil",
        "глава",
        "-rf",
        "*?[a]",
    ] {
        let path = format!("acts/{name}");
        world.project_file(&path, "odd\n");
        assert_eq!(world.pre_on("Edit", &path).redirect(), world.session_name("s1", &path), "{name:?}");
        assert_eq!(world.text(world.session_file("s1", &path)), "odd\n", "{name:?}");
        assert_eq!(world.pre_on("Read", &path).redirect(), world.session_name("s1", &path), "{name:?}");
    }
    let long = format!("acts/{}", "x".repeat(300));
    world.pre_on("Write", &long).denied();
    let endless = format!("acts/{}", "x/".repeat(5000));
    world.pre_on("Write", &endless).denied();
    let nul = world
        .pre("Write", json!({ "file_path": format!("{}\u{0}", world.name("acts/plan.md")), "content": "" }));
    nul.denied();
}

#[test]
fn a_name_that_is_not_utf8_cannot_be_redirected_and_is_refused() {
    let world = session();
    let name = OsStr::from_bytes(b"acts/\xff.md");
    fs::write(world.path(name), "x").unwrap();
    world.link("acts/plain.md", OsStr::from_bytes(b"\xff.md"));
    let reason = world.pre_on("Edit", "acts/plain.md").denied();
    assert!(reason.contains("not UTF-8") && reason.contains("redraft run"), "{reason}");
}

#[test]
fn directories_and_files_in_each_others_place_are_refused() {
    let world = session();
    assert!(world.pre_on("Write", "acts/act-1").denied().contains("is a directory"));
    assert!(world.pre_on("Write", "acts/plan.md/below.md").denied().contains("acts/plan.md is a file"));
    fs::create_dir_all(world.session_file("s1", "acts/plan.md")).unwrap();
    assert!(world.pre_on("Edit", "acts/plan.md").denied().contains("is a directory"));
    fs::create_dir_all(world.session_file("s1", "acts")).unwrap();
    fs::write(world.session_file("s1", "acts/act-1"), "a file now").unwrap();
    world.pre_on("Write", "acts/act-1/new.md").denied();
    assert!(world.pre_on("Read", "acts/act-1/chapter-01/scene-0101.md").denied().contains("deleted"));
}

#[test]
fn pipes_and_sockets_are_refused_without_waiting() {
    let world = session();
    let made = Command::new("mkfifo").arg(world.path("acts/fifo")).status().unwrap();
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(world.path("acts/socket")).unwrap();
    for path in ["acts/fifo", "acts/socket"] {
        for tool in ["Write", "Edit"] {
            assert!(world.pre_on(tool, path).denied().contains("not a regular file"), "{path}");
        }
        world.pre_on("Read", path).silent();
    }
    fs::create_dir_all(world.session_file("s1", "acts")).unwrap();
    let made = Command::new("mkfifo").arg(world.session_file("s1", "acts/plan.md")).status().unwrap();
    assert!(made.success());
    world.pre_on("Edit", "acts/plan.md").denied();
    world.pre_on("Read", "acts/plan.md").silent();
}

#[test]
fn a_retry_of_what_is_no_file_says_what_it_is() {
    let world = session();
    let made = Command::new("mkfifo").arg(world.path("acts/fifo")).status().unwrap();
    assert!(made.success());
    world.project_file("elsewhere.txt", "not isolated");
    world.run(["rm", "acts/plan.md"]).ok();
    for (path, why) in [
        ("acts/fifo", "is not a regular file"),
        ("acts/act-1", "is a directory"),
        ("acts/plan.md", "is deleted in session 's1'"),
        ("elsewhere.txt", "is not tracked"),
        ("acts/never.md", "File not found: acts/never.md"),
    ] {
        let run = world.run(["retry", path, "too dry"]);
        assert_eq!(run.code, 1, "{path}: {}", run.stderr);
        assert!(run.stderr.contains(why), "{path}: {}", run.stderr);
    }
    assert!(!world.session_file("s1", "human-retries").exists(), "nothing was kept");
}

#[test]
fn a_retry_takes_a_name_as_it_is() {
    let world = session();
    let long = format!("acts/{}.md", "n".repeat(250));
    let cyrillic = format!("acts/{}.md", "\u{433}".repeat(120));
    let names: [&[u8]; 4] = [b"acts/\xff.md", b"acts/blank.md ", long.as_bytes(), cyrillic.as_bytes()];
    // Would be found in their place if blanks were cut off.
    world.project_file("acts/blank.md", "another one\n");
    for name in names.map(OsStr::from_bytes) {
        fs::write(world.path(name), name.as_bytes()).unwrap();
        let run = world.run([OsStr::new("retry"), name, OsStr::new("too dry"), OsStr::new("--json")]).ok();
        let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let saved = match &answer["saved"] {
            serde_json::Value::String(saved) => saved.clone().into_bytes(),
            odd => {
                let hex = odd["bytes"].as_str().unwrap();
                let digits = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
                digits.collect::<Result<_, _>>().unwrap()
            }
        };
        let saved = world.path(OsStr::from_bytes(&saved));
        assert_eq!(fs::read(&saved).unwrap(), name.as_bytes(), "{}", saved.display());
    }
    // Where no such file is, blanks are as good as none.
    world.run(["retry", " acts/plan.md ", "too dry"]).ok();
    assert_eq!(world.run([OsStr::new("retry"), OsStr::from_bytes(b"\xfe"), OsStr::new("x")]).code, 1);
}

#[test]
fn a_diff_of_a_path_takes_it_as_it_is() {
    let world = session();
    let names: [&[u8]; 3] = [b"acts/\xff.md", b"acts/*[1]?.md", b"acts/{a}.md"];
    for name in names.map(OsStr::from_bytes) {
        fs::write(world.path(name), "before\n").unwrap();
        world.run([OsStr::new("bring"), name]).ok();
        fs::write(world.path("workspace/sessions/s1").join(name), "after\n").unwrap();
    }
    for name in names.map(OsStr::from_bytes) {
        let run = world.run([OsStr::new("diff"), OsStr::new("--stat"), OsStr::new("--json"), name]).ok();
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(report["files"].as_array().unwrap().len(), 1, "{name:?}: {report}");
    }
}

#[test]
fn prompts_and_batches_with_hostile_paths_touch_nothing() {
    let world = session();
    let before = world.project();
    let paths = ["../../etc/passwd", "/etc/passwd", "~/x", "acts/../../outside/secret.md", "\u{0}", "@@@"];
    for path in paths {
        world.prompt(&format!("Rewrite {path}, it is too dry @{path} @\"{path}\""));
        for text in
            ["String to replace not found in file.", "File has not been read yet", "File does not exist."]
        {
            let run = world.batch("Edit", World::input("Edit", path), &format!("<tool_use_error>{text}"));
            assert_eq!(run.code, 0);
        }
    }
    assert_eq!(world.project(), before);
    assert!(!world.session("s1").contains("passwd"), "{}", world.session("s1"));
}
