//! Columns of settings for [`super::merge_in`] and [`super::take_out`].

use serde_json::{Value, json};

use super::super::table::hooks;
use super::*;

const EXE: &str = "/opt/bin/redraft";

fn wanted<'a>() -> Wanted<'a> {
    Wanted { command: EXE, earlier: None, statusline: false, prefix: None, made: &[] }
}

fn install(settings: &Value) -> Merged {
    merge_in(settings, wanted()).unwrap()
}

fn other(command: &str) -> Value {
    json!({"type": "command", "command": command, "unknown": [1]})
}

fn ours(command: &str, timeout: u32) -> Value {
    json!({"type": "command", "command": command, "args": ["hook"], "timeout": timeout})
}

/// Settings as people have them, none of ours in them.
fn foreign() -> Vec<Value> {
    vec![
        json!({}),
        json!({"hooks": {}}),
        json!({"hooks": {"PreToolUse": []}}),
        json!({"model": "opus", "permissions": {"allow": ["Bash(ls:*)"]}, "hooks": {}, "zzz": null}),
        json!({"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [other("guard.sh")]}], "Notification": []}}),
        json!({"hooks": {"Stop": [{"hooks": [other("a"), other("b")]}, {"hooks": []}], "X": "odd"}, "a": 1}),
        json!({"hooks": {"SessionStart": [{"matcher": "startup", "hooks": [other("redraft-lookalike hook")]}]}}),
        json!({"hooks": {"Stop": [{"hooks": [{"type": "command", "command": EXE, "args": ["status"]}]}]}}),
        json!({"statusLine": {"type": "command", "command": "theirs"}, "hooks": {"PostToolBatch": []}}),
    ]
}

#[test]
fn empty_settings_get_every_event() {
    let merged = install(&json!({}));
    assert_eq!(merged.settings, json!({"hooks": hooks(EXE)}));
    assert_eq!(merged.changed.len(), EVENTS.len());
    assert!(merged.changed[0].contains("added hook PreToolUse"), "{:?}", merged.changed);
}

#[test]
fn a_second_time_changes_nothing() {
    for settings in foreign() {
        let first = install(&settings);
        let again = merge_in(&first.settings, Wanted { made: &first.made, ..wanted() }).unwrap();
        assert_eq!(again.settings, first.settings);
        assert_eq!(again.changed, Vec::<String>::new());
        assert_eq!(again.made, first.made, "{settings}");
    }
}

#[test]
fn taking_out_gives_back_what_was_there() {
    for settings in foreign() {
        for statusline in [false, true] {
            if statusline && settings.get("statusLine").is_some() {
                continue;
            }
            let merged = merge_in(&settings, Wanted { statusline, ..wanted() }).unwrap();
            let taken = take_out(&merged.settings, Some(EXE), &merged.made);
            assert_eq!(taken.settings, settings);
            assert_eq!(taken.settings.to_string(), settings.to_string(), "the order of keys too");
            assert_eq!(taken.removed.len(), EVENTS.len() + usize::from(statusline));
        }
    }
}

#[test]
fn what_others_put_there_stays_in_its_place() {
    let settings =
        json!({"a": 1, "hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [other("guard.sh")]}]}, "z": 2});
    let merged = install(&settings).settings;
    assert_eq!(merged["hooks"]["PreToolUse"][0], settings["hooks"]["PreToolUse"][0]);
    assert_eq!(merged["hooks"]["PreToolUse"][1], EVENTS[0].group(EXE));
    assert_eq!(merged.as_object().unwrap().keys().collect::<Vec<_>>(), ["a", "hooks", "z"]);
}

#[test]
fn an_older_path_is_updated_and_doubles_become_one() {
    let theirs = json!({"hooks": [other("x")]});
    let cases = [
        json!([{"hooks": [ours("/old/redraft", 10)]}]),
        json!([{"hooks": [{"type": "command", "command": "redraft hook"}]}]),
        json!([{"hooks": [{"type": "command", "command": "\"/with space/redraft\" hook"}]}]),
        json!([{"hooks": [ours("/old/redraft", 10)]}, {"hooks": [ours(EXE, 10)]}]),
        json!([{"hooks": [ours("/renamed/rd", 10)]}]),
        json!([{"matcher": "older", "hooks": [ours(EXE, 10)]}]),
    ];
    for groups in cases {
        let mut list = groups.as_array().unwrap().clone();
        list.push(theirs.clone());
        let merged =
            merge_in(&json!({"hooks": {"Stop": list}}), Wanted { earlier: Some("/renamed/rd"), ..wanted() })
                .unwrap();
        assert_eq!(merged.settings["hooks"]["Stop"], json!([{"hooks": [ours(EXE, 10)]}, theirs]), "{groups}");
        assert!(merged.changed.contains(&"updated hook Stop".to_string()), "{:?}", merged.changed);
    }
}

#[test]
fn ours_in_a_group_with_others_is_kept_when_right_and_moved_when_not() {
    let right = json!({"hooks": {"Stop": [{"hooks": [other("x"), ours(EXE, 10)]}]}});
    assert_eq!(install(&right).settings["hooks"]["Stop"], right["hooks"]["Stop"]);
    let old = json!({"hooks": {"Stop": [{"hooks": [other("x"), ours("/old/redraft", 10)]}]}});
    let expected = json!([{"hooks": [other("x")]}, {"hooks": [ours(EXE, 10)]}]);
    assert_eq!(install(&old).settings["hooks"]["Stop"], expected);
}

#[test]
fn an_event_that_is_no_longer_used_is_taken_out() {
    let merged = install(&json!({"hooks": {"Notification": [{"hooks": [ours("/old/redraft", 5)]}]}}));
    assert_eq!(merged.settings["hooks"].get("Notification"), None);
    assert!(merged.changed.contains(&"removed hook Notification (no longer used)".to_string()));
}

#[test]
fn shapes_that_cannot_be_read_are_refused_by_place() {
    let cases = [
        (json!([]), "the top level of the settings is an array"),
        (json!({"hooks": []}), "hooks is an array, but Claude Code wants an object"),
        (json!({"hooks": null}), "hooks is missing or null"),
        (json!({"hooks": {"Stop": {}}}), "hooks.Stop is an object, but Claude Code wants an array"),
        (json!({"hooks": {"Stop": ["x"]}}), "hooks.Stop[0] is a string"),
        (json!({"hooks": {"Stop": [{}]}}), "hooks.Stop[0].hooks is missing"),
        (json!({"hooks": {"Stop": [{"hooks": "x"}]}}), "hooks.Stop[0].hooks is a string"),
        (json!({"hooks": {"Stop": [{"hooks": [7]}]}}), "hooks.Stop[0].hooks[0] is a number"),
    ];
    for (settings, expected) in cases {
        let error = merge_in(&settings, wanted()).unwrap_err();
        assert!(error.message.starts_with(expected), "{}", error.message);
        assert!(!error.hints.is_empty());
        take_out(&settings, None, &[]); // does not stumble either
    }
}

#[test]
fn containers_go_only_when_we_made_them() {
    let all: Vec<String> = vec!["hooks".into(), "hooks.Stop".into()];
    let settings = json!({"hooks": {"Stop": [{"hooks": [ours(EXE, 10)]}]}});
    let cases = [
        (&all[..], json!({})),
        (&all[..1], json!({"hooks": {"Stop": []}})),
        (&all[1..], json!({"hooks": {}})),
        (&[], json!({"hooks": {"Stop": []}})),
    ];
    for (made, expected) in cases {
        assert_eq!(take_out(&settings, None, made).settings, expected, "{made:?}");
    }
}

#[test]
fn a_stale_record_does_not_make_the_users_container_ours() {
    let made = vec!["hooks".to_string(), "hooks.Stop".to_string()];
    let merged = merge_in(&json!({"hooks": {"Stop": []}}), Wanted { made: &made, ..wanted() }).unwrap();
    assert!(!merged.made.contains(&"hooks".to_string()) && !merged.made.contains(&"hooks.Stop".to_string()));
}

#[test]
fn the_status_line_is_set_only_where_none_is() {
    let with = |settings: Value| merge_in(&settings, Wanted { statusline: true, ..wanted() });
    let line = json!({"type": "command", "command": "/opt/bin/redraft statusline"});
    assert_eq!(with(json!({})).unwrap().settings["statusLine"], line);
    let error = with(json!({"statusLine": {"type": "command", "command": "mine"}})).unwrap_err();
    assert!(error.message.contains("status line of somebody else's"), "{}", error.message);
    let old =
        json!({"statusLine": {"type": "command", "command": "'/o ld/redraft' statusline", "padding": 0}});
    let updated = install(&old);
    assert_eq!(
        updated.settings["statusLine"],
        json!({"type": "command", "command": line["command"], "padding": 0})
    );
    assert!(updated.changed.contains(&"updated the status line".to_string()));
    assert_eq!(statusline_command("/a b/it's/redraft"), r"'/a b/it'\''s/redraft' statusline");
    let quoted = json!({"command": statusline_command("/a b/it's/redraft")});
    assert!(is_statusline_of_ours(&quoted, &[]));
}
