//! Pure: what the settings are to say, with redraft in them and without.
//!
//! Our entries are recognised by what they run, never by where they stand, so an entry of an earlier installation with
//! another path is brought up to date instead of doubled, and one that a person moved is still found. Everything else
//! (other hooks, unknown keys, the order of keys) is carried over as it is. `made` names the containers that were not
//! there before; without it, taking out could not tell an empty `"hooks": {}` of the user's from ours.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::prefix;
use super::table::{ARGUMENT, EVENTS};
use crate::error::{Error, Result};

/// What is to stand in the settings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The absolute path of this binary.
    pub(crate) command: &'a str,
    /// The path an earlier installation wrote.
    pub(crate) earlier: Option<&'a str>,
    /// Set the status line too.
    pub(crate) statusline: bool,
    /// What Claude Code is to run each Bash command through; nothing where somebody else's is to stay.
    pub(crate) prefix: Option<&'a str>,
    /// The containers an earlier installation made.
    pub(crate) made: &'a [String],
}

/// The settings with redraft in them.
#[derive(Debug)]
pub(crate) struct Merged {
    /// What they are to say.
    pub(crate) settings: Value,
    /// What was added or changed, one phrase each.
    pub(crate) changed: Vec<String>,
    /// The containers that are there only because of us.
    pub(crate) made: Vec<String>,
}

/// The settings with redraft taken out.
#[derive(Debug)]
pub(crate) struct Taken {
    /// What they are to say.
    pub(crate) settings: Value,
    /// What was taken out, one phrase each.
    pub(crate) removed: Vec<String>,
}

/// Puts our hooks (and the status line) into the settings; refuses what it cannot read without guessing.
pub(crate) fn merge_in(settings: &Value, wanted: Wanted<'_>) -> Result<Merged> {
    let mut top = settings
        .as_object()
        .cloned()
        .ok_or_else(|| wrong("the top level of the settings", settings, "object"))?;
    let mut changed = Vec::new();
    let mut made = Vec::new();
    let known = [Some(wanted.command), wanted.earlier];
    let ours = |hook: &Value| is_hook_of_ours(hook, &known);
    let had_ours = |name: &str| {
        wanted.made.iter().any(|m| m == name) && top.get("hooks").is_some_and(|hooks| contains(hooks, &ours))
    };
    let hooks_were_ours = had_ours("hooks");
    let mut hooks = match top.get("hooks") {
        None => Map::new(),
        Some(Value::Object(hooks)) => hooks.clone(),
        Some(other) => return Err(wrong("hooks", other, "object")),
    };
    if hooks_were_ours || !top.contains_key("hooks") {
        made.push("hooks".to_string());
    }
    for event in &EVENTS {
        let place = format!("hooks.{}", event.name);
        let before = hooks.get(event.name).map(|groups| readable_groups(&place, groups)).transpose()?;
        if before.is_none() || (wanted.made.contains(&place) && before.is_some_and(|g| contains_in(g, &ours)))
        {
            made.push(place.clone());
        }
        let before = before.map_or(&[][..], Vec::as_slice);
        let after = with_ours(before, &event.group(wanted.command), &ours);
        if after != before {
            let verb = if contains_in(before, &ours) { "updated" } else { "added" };
            changed.push(format!("{verb} hook {}", event.name));
            hooks.insert(event.name.to_string(), Value::Array(after));
        }
    }
    changed.extend(drop_former_events(&mut hooks, &ours));
    top.insert("hooks".into(), Value::Object(hooks));
    changed.extend(set_statusline(&mut top, wanted)?);
    changed.extend(prefix::put_in(&mut top, wanted, &mut made)?);
    Ok(Merged { settings: Value::Object(top), changed, made })
}

/// Takes out what is ours, and the containers named in `made` when that leaves them empty.
pub(crate) fn take_out(settings: &Value, earlier: Option<&str>, made: &[String]) -> Taken {
    let mut removed = Vec::new();
    let Some(mut top) = settings.as_object().cloned() else {
        return Taken { settings: settings.clone(), removed };
    };
    let ours = |hook: &Value| is_hook_of_ours(hook, &[earlier]);
    if let Some(Value::Object(hooks)) = top.get_mut("hooks") {
        let names: Vec<_> = hooks.keys().cloned().collect();
        for name in names {
            let Some(Value::Array(groups)) = hooks.get_mut(&name) else { continue };
            if contains_in(groups, &ours) {
                *groups = without_ours(groups, &ours);
                removed.push(format!("removed hook {name}"));
            }
            if groups.is_empty() && made.contains(&format!("hooks.{name}")) {
                hooks.shift_remove(&name);
            }
        }
        if hooks.is_empty() && made.iter().any(|m| m == "hooks") {
            top.shift_remove("hooks");
        }
    }
    if top.get("statusLine").is_some_and(|line| is_statusline_of_ours(line, &[earlier])) {
        top.shift_remove("statusLine");
        removed.push("removed the status line".to_string());
    }
    removed.extend(prefix::take_out(&mut top, earlier, made));
    Taken { settings: Value::Object(top), removed }
}

/// Lists which events the settings give to us, each with the commands they run.
pub(crate) fn events_of_ours(settings: &Value, command: &str) -> Vec<(String, Vec<Value>)> {
    let Some(hooks) = settings.get("hooks").and_then(Value::as_object) else { return Vec::new() };
    let mut found = Vec::new();
    for (name, groups) in hooks {
        let hooks =
            groups.as_array().into_iter().flatten().filter_map(|g| g.get("hooks")?.as_array()).flatten();
        let ours: Vec<_> = hooks.filter(|hook| is_hook_of_ours(hook, &[Some(command)])).cloned().collect();
        if !ours.is_empty() {
            found.push((name.clone(), ours));
        }
    }
    found
}

/// Tells whether a status line is the one `install --statusline` sets.
pub(crate) fn is_statusline_of_ours(line: &Value, known: &[Option<&str>]) -> bool {
    let command = line.get("command").and_then(Value::as_str).unwrap_or_default();
    command.strip_suffix(" statusline").is_some_and(|program| is_redraft(&unquoted(program), known))
}

/// Refuses when one of several settings has a status line that is not ours: one place would hide the other's.
pub(crate) fn refuse_other_statusline<'v>(
    command: &str,
    settings: impl Iterator<Item = &'v Value>,
) -> Result<()> {
    let mut lines = settings.filter_map(|settings| settings.get("statusLine"));
    match lines.find(|line| !is_statusline_of_ours(line, &[Some(command)])) {
        None => Ok(()),
        Some(_) => Err(Error::refused("a status line of somebody else's is set; nothing was changed")
            .hint("redraft install   (without --statusline: everything else)")
            .hint(format!("add the output of `{}` to that status line", statusline_command(command)))),
    }
}

/// Gives the status line's shell command.
pub(crate) fn statusline_command(exe: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@:,".contains(c);
    if exe.chars().all(plain) {
        format!("{exe} statusline")
    } else {
        format!("'{}' statusline", exe.replace('\'', r"'\''"))
    }
}

fn set_statusline(top: &mut Map<String, Value>, wanted: Wanted<'_>) -> Result<Option<String>> {
    let known = [Some(wanted.command), wanted.earlier];
    let present = top.get("statusLine");
    let ours = present.is_some_and(|line| is_statusline_of_ours(line, &known));
    if present.is_some() && !ours && wanted.statusline {
        refuse_other_statusline(wanted.command, std::iter::once(&Value::Object(top.clone())))?;
    }
    if !ours && !wanted.statusline {
        return Ok(None);
    }
    let command = statusline_command(wanted.command);
    if present.and_then(|line| line.get("command")) == Some(&json!(command)) {
        return Ok(None);
    }
    match top.get_mut("statusLine").and_then(Value::as_object_mut) {
        Some(line) => line.insert("command".into(), json!(command)).map(drop),
        None => top.insert("statusLine".into(), json!({"type": "command", "command": command})).map(drop),
    };
    Ok(Some(if ours { "updated the status line" } else { "added the status line" }.to_string()))
}

/// Takes our hooks out of events that an earlier version asked for and this one does not.
fn drop_former_events(hooks: &mut Map<String, Value>, ours: &impl Fn(&Value) -> bool) -> Vec<String> {
    let known = |name: &str| EVENTS.iter().any(|event| event.name == name);
    let former: Vec<_> =
        hooks.iter().filter(|(name, groups)| !known(name) && has_ours(groups, ours)).collect();
    let names: Vec<_> = former.into_iter().map(|(name, _)| name.clone()).collect();
    for name in &names {
        if let Some(Value::Array(groups)) = hooks.get_mut(name) {
            *groups = without_ours(groups, ours);
            if groups.is_empty() {
                hooks.shift_remove(name);
            }
        }
    }
    names.into_iter().map(|name| format!("removed hook {name} (no longer used)")).collect()
}

/// Gives the groups with exactly one group of ours, at the place where the first one stood, else at the end.
fn with_ours(groups: &[Value], group: &Value, ours: &impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut placed = false;
    let mut result = Vec::new();
    for before in groups {
        let hooks = hooks_of(before);
        let n_ours = hooks.iter().filter(|hook| ours(hook)).count();
        let shared_as_wanted = n_ours == 1
            && hooks.contains(&group["hooks"][0])
            && before.get("matcher") == group.get("matcher");
        if n_ours == 0 || (shared_as_wanted && !placed) {
            placed |= n_ours > 0;
            result.push(before.clone());
        } else if n_ours == hooks.len() {
            if !placed {
                result.push(group.clone());
            }
            placed = true;
        } else {
            result.push(without_ours_in(before, ours));
        }
    }
    if !placed {
        result.push(group.clone());
    }
    result
}

fn without_ours(groups: &[Value], ours: &impl Fn(&Value) -> bool) -> Vec<Value> {
    let only_ours = |group: &&Value| !hooks_of(group).is_empty() && hooks_of(group).iter().all(ours);
    groups.iter().filter(|group| !only_ours(group)).map(|group| without_ours_in(group, ours)).collect()
}

fn without_ours_in(group: &Value, ours: &impl Fn(&Value) -> bool) -> Value {
    let mut group = group.clone();
    if let Some(Value::Array(hooks)) = group.get_mut("hooks") {
        hooks.retain(|hook| !ours(hook));
    }
    group
}

fn hooks_of(group: &Value) -> &[Value] {
    group.get("hooks").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn contains(hooks: &Value, ours: &impl Fn(&Value) -> bool) -> bool {
    hooks.as_object().is_some_and(|hooks| hooks.values().any(|groups| has_ours(groups, ours)))
}

fn has_ours(groups: &Value, ours: &impl Fn(&Value) -> bool) -> bool {
    groups.as_array().is_some_and(|groups| contains_in(groups, ours))
}

fn contains_in(groups: &[Value], ours: &impl Fn(&Value) -> bool) -> bool {
    groups.iter().any(|group| hooks_of(group).iter().any(ours))
}

/// Tells whether a hook runs redraft as a hook, in exec form or (written by hand) as a shell command.
fn is_hook_of_ours(hook: &Value, known: &[Option<&str>]) -> bool {
    let command = hook.get("command").and_then(Value::as_str).unwrap_or_default();
    match hook.get("args") {
        Some(args) => *args == json!([ARGUMENT]) && is_redraft(command, known),
        None => command
            .strip_suffix(ARGUMENT)
            .and_then(|rest| rest.strip_suffix(' '))
            .is_some_and(|program| is_redraft(&unquoted(program.trim()), known)),
    }
}

/// Tells whether a program is redraft: by its file name, or because it is a path that we wrote.
pub(super) fn is_redraft(program: &str, known: &[Option<&str>]) -> bool {
    let name = Path::new(program).file_name().and_then(|name| name.to_str());
    matches!(name, Some("redraft" | "redraft.exe")) || known.contains(&Some(program))
}

/// Takes a shell's quotes off one word.
fn unquoted(word: &str) -> String {
    for quote in ['\'', '"'] {
        if let Some(inner) = word.strip_prefix(quote).and_then(|w| w.strip_suffix(quote)) {
            return inner.replace(r"'\''", "'");
        }
    }
    word.to_string()
}

/// Checks that an event's entry can be read as groups of hooks.
fn readable_groups<'v>(place: &str, groups: &'v Value) -> Result<&'v Vec<Value>> {
    let list = groups.as_array().ok_or_else(|| wrong(place, groups, "array"))?;
    for (i, group) in list.iter().enumerate() {
        let place = format!("{place}[{i}]");
        let group = group.as_object().ok_or_else(|| wrong(&place, group, "object"))?;
        let hooks = group.get("hooks").unwrap_or(&Value::Null);
        let hooks = hooks.as_array().ok_or_else(|| wrong(&format!("{place}.hooks"), hooks, "array"))?;
        if let Some((j, hook)) = hooks.iter().enumerate().find(|(_, hook)| !hook.is_object()) {
            return Err(wrong(&format!("{place}.hooks[{j}]"), hook, "object"));
        }
    }
    Ok(list)
}

pub(super) fn wrong(place: &str, value: &Value, expected: &str) -> Error {
    let is = match value {
        Value::Null => "missing or null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Error::refused(format!("{place} is {is}, but Claude Code wants an {expected} there; nothing was changed"))
        .hint("correct it, then run the command again")
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
