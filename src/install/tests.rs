//! Installations in a temporary directory: the state of the disk before and after.

#![expect(clippy::disallowed_methods, reason = "tests set the stage on the disk")]

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::world::{EXE, World};
use super::*;

const SETTINGS: &str = "project/.claude/settings.json";
const SKILL: &str = "project/.claude/skills/session/SKILL.md";

#[test]
fn a_bare_project_gets_all_and_loses_all() {
    let world = World::new();
    let before = world.tree();
    let report = world.install();
    assert_eq!(report.changed.len(), EVENTS.len() + 3);
    assert!(world.read(SETTINGS).contains("\"command\": \"/opt/bin/redraft\""));
    assert_eq!(world.read(SKILL), SKILLS[0].text);
    let report = world.uninstall(false);
    assert_eq!(report.left, Vec::<String>::new());
    assert_eq!(report.removed.len(), EVENTS.len() + 4, "{:?}", report.removed);
    assert_eq!(world.tree(), before);
}

#[test]
fn a_second_time_changes_no_byte() {
    let world = World::new().with(SETTINGS, "{ \"a\": 1 }");
    world.install();
    let before = world.tree();
    let report = world.install();
    assert_eq!(report.changed, Vec::<String>::new());
    assert!(report.notes.contains(&"nothing to change".to_string()));
    assert_eq!(world.tree(), before);
}

#[test]
fn uninstalling_gives_the_old_bytes_back_whatever_they_looked_like() {
    let texts = [
        "{}",
        "{}\n",
        "{ }",
        "{\n}\n",
        "{\"model\":\"opus\"}",
        "\u{feff}{\n    \"model\": \"opus\"\n}\n",
        "{\r\n\t\"hooks\": {\r\n\t}\r\n}\r\n",
        "{\n  \"hooks\": {\n    \"Stop\": [],\n    \"PreToolUse\": [\n      {\"matcher\": \"Bash\", \"hooks\": [{\"type\": \"command\", \"command\": \"x\", \"timeout\": 1.50}]}\n    ]\n  },\n  \"ünï\": \"\\u00e9\"\n}",
        "{\"hooks\":{\"Stop\":[{\"hooks\":[]}],\"Notification\":[ ]},\"z\":[1,2 ,3]}\n\n",
    ];
    for text in texts {
        for user in [false, true] {
            let home = if user { "home" } else { "project" };
            let world = World::new().with(&format!("{home}/.claude/settings.json"), text);
            let before = world.tree();
            world.install_as(EXE, Install { user, statusline: true, mcp: false }).unwrap();
            assert_ne!(world.tree(), before);
            world.install_as("/elsewhere/redraft", Install { user, statusline: false, mcp: false }).unwrap();
            world.uninstall(user);
            assert_eq!(world.tree(), before, "{text:?}");
        }
    }
}

#[test]
fn what_was_added_meanwhile_stays() {
    let world = World::new();
    world.install();
    let text = world.read(SETTINGS).replacen("{\n", "{\n  \"model\": \"opus\",\n", 1);
    let world = world.with(SETTINGS, &text).with("project/.claude/skills/mine/SKILL.md", "mine");
    world.uninstall(false);
    assert_eq!(world.read(SETTINGS), "{\n  \"model\": \"opus\"\n}\n");
    assert_eq!(world.read("project/.claude/skills/mine/SKILL.md"), "mine");
}

#[test]
fn without_the_record_our_entries_are_still_found() {
    let world = World::new();
    world.install();
    std::fs::remove_file(world.root().join(".claude/skills/session/.redraft-install.json")).unwrap();
    let report = world.uninstall(false);
    assert_eq!(report.removed.len(), EVENTS.len() + 3);
    assert!(!world.read(SETTINGS).contains("redraft"));
    assert!(!world.root().join(".claude/skills/session").exists());
}

#[test]
fn another_path_is_updated_not_doubled() {
    let world = World::new();
    world.install_as("/old/rd-renamed", Install::default()).unwrap();
    let report = world.install();
    assert_eq!(report.changed.len(), EVENTS.len());
    assert!(report.changed.iter().all(|c| c.starts_with("updated hook")), "{:?}", report.changed);
    assert!(!world.read(SETTINGS).contains("/old/"));
    let fresh = World::new();
    fresh.install();
    let home = |world: &World| world.temp.path().display().to_string();
    assert_eq!(
        world.read(SETTINGS).replace(&home(&world), ""),
        fresh.read(SETTINGS).replace(&home(&fresh), "")
    );
}

#[test]
fn settings_that_are_no_json_are_refused_with_the_place() {
    let cases = [
        ("{\n  \"a\": 1\n  \"b\": 2\n}", "line 3 column 3"),
        ("{ // comment\n}", "line 1"),
        ("", "it is empty"),
        ("[]", "is an array"),
        ("{\"hooks\": {\"Stop\": 1}}", "hooks.Stop is a number"),
        ("{\"hooks\": {}, \"hooks\": {}}", "\"hooks\" stands twice"),
    ];
    for (text, expected) in cases {
        let error = World::new().with(SETTINGS, text).refusal();
        assert!(error.message.contains(expected), "{}", error.message);
        let named = error.message.contains("settings.json")
            || error.details.iter().any(|d| d.contains("settings.json"));
        assert!(named, "{error:?}");
    }
}

#[test]
fn somebody_elses_skill_is_not_overwritten() {
    let error = World::new().with(SKILL, "---\nname: session\n---\ntheirs").refusal();
    assert!(error.message.contains("somebody else's skill named \"session\""), "{}", error.message);
    assert!(error.hints.iter().any(|h| h.contains("redraft install --user")));
}

#[test]
fn a_skill_changed_by_hand_is_left_and_named() {
    let world = World::new();
    world.install();
    let edited = format!("{}\nmy addition\n", SKILLS[0].text);
    let world = world.with(SKILL, &edited);
    let report = world.install();
    assert!(report.notes.iter().any(|n| n.contains("changed by hand")), "{:?}", report.notes);
    let report = world.uninstall(false);
    assert_eq!(report.left.len(), 1);
    assert!(report.left[0].contains("session/SKILL.md"), "{:?}", report.left);
    assert_eq!(world.read(SKILL), edited);
    assert!(!world.root().join(".claude/skills/retry").exists());
}

#[test]
fn an_older_version_of_a_skill_is_brought_up_to_date() {
    let world = World::new();
    world.install();
    let record = "project/.claude/skills/session/.redraft-install.json";
    let older = "---\nname: session\n---\nolder\n";
    let text = world.read(record);
    let now = skills::hash_of(SKILLS[0].text.as_bytes());
    let world =
        world.with(record, &text.replace(&now, &skills::hash_of(older.as_bytes()))).with(SKILL, older);
    assert_eq!(world.install().changed, ["updated skill session"]);
    assert_eq!(world.read(SKILL), SKILLS[0].text);
}

#[test]
fn the_users_configuration_is_where_the_client_looks() {
    let mut world = World::new();
    world.install_as(EXE, Install { user: true, statusline: false, mcp: false }).unwrap();
    assert!(world.read("home/.claude/settings.json").contains(EXE));
    world.desk.env.claude_config_dir = Some(world.temp.path().join("cfg"));
    world.install_as(EXE, Install { user: true, statusline: false, mcp: false }).unwrap();
    assert!(world.read("cfg/settings.json").contains(EXE));
    world.desk.env.claude_config_dir = None;
    world.desk.env.home = None;
    assert!(world.install_as(EXE, Install { user: true, statusline: false, mcp: false }).is_err());
}

#[test]
fn links_are_followed_inside_the_directory_and_refused_outside() {
    let world = World::new().with("project/.claude/real/s.json", "{}\n");
    symlink("real/s.json", world.root().join(".claude/settings.json")).unwrap();
    let before = world.tree();
    world.install();
    assert!(world.read("project/.claude/real/s.json").contains(EXE));
    assert!(world.root().join(".claude/settings.json").is_symlink());
    world.uninstall(false);
    assert_eq!(world.tree(), before);

    for (link, target) in [
        (".claude", "../outside"),
        (".claude/settings.json", "../../outside/s.json"),
        (".claude/settings.json", "settings.json"),
        (".claude/skills", "../../outside"),
        (".claude/skills/session", "../../../outside"),
        (".claude/skills/retry/SKILL.md", "/etc/redraft-no-such-file"),
    ] {
        let world = World::new().with("outside/s.json", "{}");
        let link = world.root().join(link);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(target, &link).unwrap();
        let error = world.refusal();
        assert!(error.message.contains("symbolic link"), "{link:?}: {}", error.message);
    }
}

#[test]
fn uninstalling_what_was_never_installed_touches_nothing() {
    let world = World::new().with(SETTINGS, "{\"hooks\":{\"Stop\":[]}}").with("home/x", "");
    std::fs::create_dir_all(world.root().join(".claude/skills/session")).unwrap();
    let before = world.tree();
    let report = world.uninstall(false);
    assert_eq!((report.removed.len(), report.left.len()), (0, 0));
    world.uninstall(true);
    assert_eq!(world.tree(), before);
}

#[test]
fn skills_linked_inside_the_directory_are_served_too() {
    let world = World::new().with(SETTINGS, "{}");
    std::fs::create_dir_all(world.root().join(".claude/kept")).unwrap();
    symlink("kept", world.root().join(".claude/skills")).unwrap();
    let before = world.tree();
    world.install();
    assert_eq!(world.read("project/.claude/kept/session/SKILL.md"), SKILLS[0].text);
    world.uninstall(false);
    assert_eq!(world.tree(), before);
}

#[test]
fn permission_bits_stay() {
    let world = World::new().with(SETTINGS, "{}");
    let path = world.root().join(".claude/settings.json");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    world.install();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_status_line_of_the_users_own_is_left() {
    let world = World::new().with(SETTINGS, "{\"statusLine\":{\"type\":\"command\",\"command\":\"mine\"}}");
    let before = world.tree();
    let error = world.install_as(EXE, Install { user: false, statusline: true, mcp: false }).unwrap_err();
    assert!(error.message.contains("status line"), "{}", error.message);
    assert_eq!(world.tree(), before);
    world.install();
    assert!(world.read(SETTINGS).contains("\"mine\""));
}

#[test]
fn a_status_line_in_the_users_settings_is_not_hidden_by_the_projects() {
    let world = World::new()
        .with("home/.claude/settings.json", "{\"statusLine\":{\"type\":\"command\",\"command\":\"mine\"}}");
    let before = world.tree();
    assert!(world.install_as(EXE, Install { user: false, statusline: true, mcp: false }).is_err());
    assert_eq!(world.tree(), before);
}

#[test]
fn a_second_caller_of_redraft_is_named() {
    let world = World::new();
    world.install_as(EXE, Install { user: true, statusline: false, mcp: false }).unwrap();
    assert!(!world.install().notes.iter().any(|n| n.contains("twice")), "the same program runs once");
    let notes = world.install_as("/other/redraft", Install::default()).unwrap().notes;
    assert!(notes.iter().any(|n| n.contains("home/.claude/settings.json calls another")), "{notes:?}");
    let world = World::new().with("home/.claude/settings.json", "{\"enabledPlugins\":{\"redraft@m\":true}}");
    let notes = world.install().notes;
    assert!(notes.iter().any(|n| n.contains("enables the redraft plugin too")), "{notes:?}");
}

#[test]
fn what_stands_in_the_way_is_said() {
    let world = World::new()
        .with(SETTINGS, "{\"disableAllHooks\": true}")
        .with("project/.claude/commands/session.md", "mine");
    let world = world.with("home/.claude/skills/session/SKILL.md", "the user's own");
    let notes = world.install().notes;
    assert!(
        notes.iter().any(|n| n.contains("home/.claude/skills/session/SKILL.md stands before")),
        "{notes:?}"
    );
    assert!(notes.iter().any(|n| n.contains("disableAllHooks")), "{notes:?}");
    assert!(notes.iter().any(|n| n.contains("commands/session.md is hidden")), "{notes:?}");
}

#[test]
fn the_mcp_server_goes_in_and_out_and_leaves_what_was_there() {
    let with_server = Install { mcp: true, ..Install::default() };
    let world = World::new();
    let before = world.tree();
    world.install_as(EXE, with_server).unwrap();
    assert!(world.read("project/.mcp.json").contains(EXE));
    assert!(world.install_as(EXE, with_server).unwrap().changed.is_empty());
    world.install();
    world.uninstall(false);
    assert_eq!(world.tree(), before);

    let theirs = "{ \"mcpServers\": {\"other\": {\"command\": \"x\"}} }";
    let world = World::new().with("project/.mcp.json", theirs);
    world.install_as(EXE, with_server).unwrap();
    world.uninstall(false);
    let left: serde_json::Value = serde_json::from_str(&world.read("project/.mcp.json")).unwrap();
    assert_eq!(left, serde_json::from_str::<serde_json::Value>(theirs).unwrap());

    let user = world.install_as(EXE, Install { user: true, ..with_server }).unwrap_err();
    assert!(user.hints[0].starts_with("claude mcp add --scope user"), "{user:?}");
}

#[test]
fn bash_goes_through_two_names_of_the_program() {
    let world = World::new();
    let report = world.install();
    assert!(report.changed.contains(&"added the shell prefix".to_string()), "{:?}", report.changed);
    let settings: Value = serde_json::from_str(&world.read(SETTINGS)).unwrap();
    let value = prefix::of(&settings).unwrap().as_str().unwrap();
    // A command: the client cuts at the last " -". An MCP server: the whole is one file's name.
    let (program, argument) = value.rsplit_once(" -").unwrap();
    assert_eq!(argument, "c");
    for name in [program, value] {
        assert_eq!(std::fs::read_link(name).unwrap(), Path::new(EXE), "{name}");
    }
    world.install_as("/elsewhere/redraft", Install::default()).unwrap();
    assert_eq!(std::fs::read_link(value).unwrap(), Path::new("/elsewhere/redraft"));
}

#[test]
fn a_shell_prefix_of_somebody_elses_is_left_and_named() {
    let theirs = "{\"env\": {\"CLAUDE_CODE_SHELL_PREFIX\": \"/usr/bin/nice\"}}";
    for (place, user) in [
        ("project/.claude/settings.json", false),
        ("project/.claude/settings.local.json", false),
        ("home/.claude/settings.json", false),
        ("home/.claude/settings.json", true),
    ] {
        let world = World::new().with(place, theirs);
        let before = world.tree();
        let report = world.install_as(EXE, Install { user, ..Install::default() }).unwrap();
        let note = report.notes.iter().find(|n| n.contains("CLAUDE_CODE_SHELL_PREFIX")).unwrap();
        assert!(note.contains(place) && note.contains("then: redraft install"), "{note}");
        assert!(!world.root().join(".claude/redraft").exists());
        assert!(world.read(place).contains("/usr/bin/nice"));
        world.uninstall(user);
        assert_eq!(world.tree(), before);
    }
    let world = World::new().with("project/.claude/redraft/redraft", "theirs");
    assert!(world.refusal().message.contains("no link of redraft's"));
}
