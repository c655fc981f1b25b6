//! The doctor on installations that work and on ones that do not.

use std::path::{Path, PathBuf};

use super::*;
use crate::install::Install;
use crate::install::world::World;

const GOOD: &str = "#!/bin/sh\ncase $1 in --version) echo \"redraft VERSION\" ;; mcp) cat >/dev/null; echo 'TOOLS' ;; *) cat >/dev/null ;; esac\n";

const TOOLS: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"create_session"}]}}"#;

fn ground() -> Ground {
    Ground {
        found_by: "by redraft.json in it".into(),
        tracked: Ok(vec!["acts/**".into()]),
        any_tracked_file: true,
        workspace: Ok(PathBuf::from("/no/such/workspace")),
        crashed: Vec::new(),
    }
}

fn good(world: &World) -> PathBuf {
    world.program("bin/redraft", &GOOD.replace("VERSION", env!("CARGO_PKG_VERSION")).replace("TOOLS", TOOLS))
}

fn examine(world: &World, exe: &Path, ground: &Ground) -> Vec<Check> {
    match doctor(&world.desk, &world.root(), exe, ground).unwrap() {
        Report::Doctor(report) => report.checks,
        other => panic!("{other:?}"),
    }
}

/// Gives the checks that are not well, as `name: message`; what Bash does is another test's: the program here is none.
fn unwell(world: &World, exe: &Path) -> Vec<String> {
    let checks = examine(world, exe, &ground());
    let unwell = checks.iter().filter(|check| check.result != CheckResult::Ok && check.name != "Bash");
    unwell
        .map(|check| {
            assert!(check.hint.is_some(), "{check:?}");
            format!("{}: {}", check.name, check.message)
        })
        .collect()
}

#[test]
fn a_working_installation_is_well() {
    for user in [false, true] {
        let world = World::new();
        let exe = good(&world);
        world.install_as(exe.to_str().unwrap(), Install { user, statusline: true, mcp: false }).unwrap();
        assert_eq!(unwell(&world, &exe), Vec::<String>::new());
        let checks = examine(&world, &exe, &ground());
        let answers = checks.iter().filter(|c| c.name.starts_with("hook answer")).count();
        assert_eq!(answers, 2);
    }
}

#[test]
fn nothing_installed_says_what_to_type() {
    let world = World::new();
    let exe = good(&world);
    let checks = examine(&world, &exe, &ground());
    let hooks = checks.iter().find(|c| c.name == "hooks").unwrap();
    assert_eq!((hooks.result, hooks.hint.as_deref()), (CheckResult::Fail, Some("redraft install")));
    let slash = checks.iter().find(|c| c.name == "/session").unwrap();
    assert_eq!(slash.result, CheckResult::Fail);
}

#[test]
fn a_hook_that_does_not_answer_is_found_by_running_it() {
    let version = env!("CARGO_PKG_VERSION");
    let cases = [
        ("exit 1", "ended with 1"),
        ("echo hello", "plain text"),
        ("echo '{\"what\":1}'", "does not take"),
        ("kill -9 $$", "killed by a signal"),
    ];
    for (script, expected) in cases {
        let world = World::new();
        let text =
            format!("#!/bin/sh\nif [ \"$1\" = --version ]; then echo redraft {version}; else {script}; fi\n");
        let exe = world.program("bin/redraft", &text);
        world.install_as(exe.to_str().unwrap(), Install::default()).unwrap();
        let unwell = unwell(&world, &exe);
        assert!(
            unwell.iter().any(|line| line.contains("PreToolUse") && line.contains(expected)),
            "{unwell:?}"
        );
    }
}

#[test]
fn a_program_that_is_gone_or_of_another_version_is_named() {
    let world = World::new();
    let exe = good(&world);
    world.install_as("/no/such/redraft", Install::default()).unwrap();
    let lines = unwell(&world, &exe);
    assert!(lines.iter().any(|line| line.contains("/no/such/redraft does not exist")), "{lines:?}");

    let old = world.program("old/redraft", &GOOD.replace("VERSION", "0.0.1"));
    world.install_as(old.to_str().unwrap(), Install::default()).unwrap();
    let lines = unwell(&world, &exe);
    assert!(lines.iter().any(|line| line.contains("0.0.1")), "{lines:?}");
}

#[test]
fn a_program_that_came_with_the_project_is_not_run() {
    let world = World::new();
    let exe = good(&world);
    let planted = world.program("project/redraft", "#!/bin/sh\ntouch \"$(dirname \"$0\")/ran\"\n");
    world.install_as(planted.to_str().unwrap(), Install::default()).unwrap();
    let lines = unwell(&world, &exe);
    assert!(lines.iter().any(|line| line.contains("was not run")), "{lines:?}");
    assert!(!ambient::exists(&world.root().join("ran")));
    let world = world.with(
        "project/.claude/settings.json",
        r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"./redraft","args":["hook"]}]}]}}"#,
    );
    let lines = unwell(&world, &exe);
    assert!(lines.iter().any(|line| line.contains("is relative")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("does not ask for PreToolUse")), "{lines:?}");
    assert!(!ambient::exists(&world.root().join("ran")));
}

#[test]
fn two_installations_and_a_plugin_beside_one_are_found() {
    let world = World::new();
    let exe = good(&world);
    let other = world.program(
        "other/redraft",
        &GOOD.replace("VERSION", env!("CARGO_PKG_VERSION")).replace("TOOLS", TOOLS),
    );
    world.install_as(exe.to_str().unwrap(), Install::default()).unwrap();
    world.install_as(exe.to_str().unwrap(), Install { user: true, statusline: false, mcp: false }).unwrap();
    assert_eq!(unwell(&world, &exe), Vec::<String>::new(), "the client runs identical hooks once");
    world.install_as(other.to_str().unwrap(), Install { user: true, statusline: false, mcp: false }).unwrap();
    let lines = unwell(&world, &exe);
    assert!(lines.iter().any(|line| line.contains("several programs")), "{lines:?}");

    let world =
        World::new().with("home/.claude/settings.json", r#"{"enabledPlugins":{"redraft@market":true}}"#);
    let exe = good(&world);
    let lines = unwell(&world, &exe);
    assert!(lines.iter().any(|line| line.contains("/redraft:session")), "{lines:?}");
    world.install_as(exe.to_str().unwrap(), Install::default()).unwrap();
    let lines = unwell(&world, &exe);
    assert!(lines.iter().any(|line| line.contains("would run twice")), "{lines:?}");
}

#[test]
fn broken_settings_disabled_hooks_and_missing_skills_are_found() {
    let world = World::new().with("home/.claude/settings.json", "{,}");
    let exe = good(&world);
    let lines = unwell(&world, &exe);
    assert!(lines.iter().any(|line| line.contains("not valid JSON") && line.contains("line 1")), "{lines:?}");

    let world = World::new().with("project/.claude/settings.json", "{\"disableAllHooks\":true}");
    let exe = good(&world);
    world.install_as(exe.to_str().unwrap(), Install::default()).unwrap();
    ambient::remove_file(&world.root().join(".claude/skills/retry/SKILL.md")).unwrap();
    let lines = unwell(&world, &exe);
    assert!(lines.iter().any(|line| line.contains("no hook runs")), "{lines:?}");
    assert!(
        lines.iter().any(|line| line.starts_with("skill retry") && line.contains("missing")),
        "{lines:?}"
    );
}

#[test]
fn a_skill_of_the_users_own_takes_the_name() {
    let world = World::new();
    let exe = good(&world);
    world.install_as(exe.to_str().unwrap(), Install::default()).unwrap();
    let world = world.with("home/.claude/skills/session/SKILL.md", "mine");
    let lines = unwell(&world, &exe);
    assert!(lines.len() == 1 && lines[0].starts_with("/session: has the text of"), "{lines:?}");
}

#[test]
fn the_ground_is_reported_as_it_was_found() {
    let world = World::new();
    let exe = good(&world);
    let ground = Ground {
        tracked: Err(Error::usage("redraft.json: unknown key").hint("correct that line")),
        workspace: Err(Error::refused("workspace cannot be written")),
        crashed: vec!["a".into(), "b".into()],
        ..ground()
    };
    let checks = examine(&world, &exe, &ground);
    let failed: Vec<_> =
        checks.iter().filter(|c| c.result == CheckResult::Fail).map(|c| c.name.as_str()).collect();
    assert_eq!(failed, ["configuration", "workspace", "hooks", "/session", "sessions"]);
    assert!(checks.last().unwrap().message.contains("a, b"));
}

#[test]
fn the_mcp_server_is_started_asked_and_stopped() {
    let world = World::new();
    let exe = good(&world);
    let server = |world: &World, exe: &Path| {
        let checks = examine(world, exe, &ground());
        checks.into_iter().find(|check| check.name == "MCP server").unwrap()
    };
    let check = server(&world, &exe);
    assert_eq!((check.result, check.hint.as_deref()), (CheckResult::Ok, Some("redraft install --mcp")));
    assert!(check.message.contains("1 tool"), "{}", check.message);
    let options = Install { mcp: true, ..Install::default() };
    world.install_as(exe.to_str().unwrap(), options).unwrap();
    assert!(server(&world, &exe).message.contains(".mcp.json"));
    world.install_as("/no/such/redraft", options).unwrap();
    assert_eq!(server(&world, &exe).result, CheckResult::Fail);
    let dumb = world.program("dumb/redraft", "#!/bin/sh\ncat >/dev/null\n");
    let check = server(&World::new(), &dumb);
    assert!(check.result == CheckResult::Fail && check.message.contains("no list of tools"), "{check:?}");
}

#[test]
fn what_bash_does_is_found_by_running_a_command() {
    // A stand-in for `redraft -c`: as if there were a view, as if writes were refused, and as if nothing were done.
    let page = "workspace/sessions/doctor/acts/page.md";
    let cases = [
        (format!("cat {page}; echo added >> {page}"), CheckResult::Ok, "commands are isolated"),
        (
            "cat acts/page.md; echo refused >&2; exit 1".into(),
            CheckResult::Warn,
            "cannot write its isolated files",
        ),
        ("eval \"$2\"; echo nothing here >&2".into(), CheckResult::Warn, "NOT isolated"),
        ("exit 3".into(), CheckResult::Fail, "ended with 3"),
    ];
    for (script, result, expected) in cases {
        let world = World::new();
        let text = format!("#!/bin/sh\nif [ \"$1\" = -c ]; then {script}; else cat > /dev/null; fi\n");
        let exe = world.program("bin/redraft", &text);
        let bash =
            |world: &World| examine(world, &exe, &ground()).into_iter().find(|c| c.name == "Bash").unwrap();
        let before = bash(&world);
        assert!(before.message.contains("does not run them through redraft"), "{before:?}");
        assert_eq!(before.hint.as_deref(), Some("redraft install"));
        world.install_as(exe.to_str().unwrap(), Install::default()).unwrap();
        let check = bash(&world);
        assert!(check.result == result && check.message.contains(expected), "{script}: {check:?}");
    }
    let world = World::new()
        .with("project/.claude/settings.local.json", r#"{"env":{"CLAUDE_CODE_SHELL_PREFIX":"nice"}}"#);
    let exe = good(&world);
    world.install_as(exe.to_str().unwrap(), Install::default()).unwrap();
    let lines: Vec<_> = examine(&world, &exe, &ground()).into_iter().filter(|c| c.name == "Bash").collect();
    assert!(lines[0].message.contains("is not redraft's"), "{lines:?}");
}
