//! The prefix by which Claude Code runs each Bash command through redraft: into the settings' `env`, and out again.
//!
//! The client (2.1.197, 2.1.329) reads the value in two ways. Before a command, and before a hook in shell form, it cuts it
//! at its last " -" and quotes what comes first: `'…/redraft' -c '<command>'`. For an MCP server the whole value is the
//! *name of a program*, which gets the server's command line as its one argument: with `redraft -c` alone no server would
//! start any more. So a directory of ours has the program under two names, `redraft` and `redraft -c`; under the second
//! one it is the shell, for a server lives as long as the client and a view shows what was there when it began.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::merge::{Wanted, is_redraft, wrong};
use super::{Place, Settings};
use crate::error::{Error, Result};
use crate::fs::ambient;

/// The variable that Claude Code reads.
pub(crate) const VARIABLE: &str = "CLAUDE_CODE_SHELL_PREFIX";

/// What follows the program in its value.
const ARGUMENT: &str = " -c";

/// The directory of the two names, in the configuration directory.
pub(super) const DIR: &str = "redraft";

/// The two names.
const NAMES: [&str; 2] = ["redraft", "redraft -c"];

/// Keeps the links out of version control: they lead to a place on this machine.
const IGNORE: (&str, &str) = (".gitignore", "*\n");

/// The program's two names in a scope's directory.
pub(super) struct Links<'a> {
    dir: PathBuf,
    program: &'a Path,
    is_new: bool,
}

impl<'a> Links<'a> {
    /// Looks what is there; writes nothing.
    pub(super) fn plan(place: &Place, program: &'a Path) -> Result<Self> {
        let dir = place.landing(&place.dir.join(DIR))?;
        let mut is_new = false;
        for name in NAMES {
            let path = dir.join(name);
            let target = ambient::symlink_target(&path)?;
            if target.is_none() && ambient::exists(&path) {
                return Err(Error::refused(format!(
                    "{} is there and no link of redraft's; nothing was changed",
                    path.display()
                ))
                .hint(format!("move it away, then: {}", place.install_command())));
            }
            is_new |= target.as_deref() != Some(program);
        }
        Ok(Self { dir, program, is_new })
    }

    /// Gives the value for the settings. The client quotes the program itself.
    pub(super) fn value(&self) -> Result<String> {
        let path = self.dir.join(NAMES[1]);
        path.into_os_string().into_string().map_err(|path| {
            Error::refused(format!(
                "{} is not UTF-8, and settings cannot name it",
                Path::new(&path).display()
            ))
            .hint("redraft install --user   (into your own settings instead)")
        })
    }

    /// Makes them.
    pub(super) fn write(&self) -> Result<()> {
        if !self.is_new {
            return Ok(());
        }
        ambient::write_atomic(&self.dir.join(IGNORE.0), IGNORE.1.as_bytes(), super::NEW_FILE)?;
        NAMES.iter().try_for_each(|name| ambient::put_link(self.program, &self.dir.join(name)))
    }

    /// Removes them; gives the directory they were in.
    pub(super) fn remove(place: &Place) -> Result<Option<PathBuf>> {
        let dir = place.landing(&place.dir.join(DIR))?;
        let mut found = false;
        for name in NAMES {
            let path = dir.join(name);
            if ambient::symlink_target(&path)?.is_some() {
                found |= ambient::remove_file(&path)?;
            }
        }
        let ignore = dir.join(IGNORE.0);
        if found && ambient::read_optional(&ignore)?.as_deref() == Some(IGNORE.1.as_bytes()) {
            ambient::remove_file(&ignore)?;
        }
        Ok(found.then_some(dir))
    }
}

/// Sets the prefix; says so where that is new. `made` is told when the `env` is there only because of it.
pub(super) fn put_in(
    top: &mut Map<String, Value>,
    wanted: Wanted<'_>,
    made: &mut Vec<String>,
) -> Result<Option<String>> {
    let known = [Some(wanted.command), wanted.earlier];
    let before = match top.get("env") {
        None => None,
        Some(Value::Object(env)) => env.get(VARIABLE),
        Some(other) => return Err(wrong("env", other, "object")),
    };
    let ours = before.is_some_and(|value| is_ours(value, &known));
    if !top.contains_key("env") || ours && wanted.made.iter().any(|m| m == "env") {
        made.push("env".to_string());
    }
    let Some(prefix) = wanted.prefix.filter(|_| before.is_none() || ours) else {
        made.retain(|m| m != "env" || ours);
        return Ok(None);
    };
    if before == Some(&json!(prefix)) {
        return Ok(None);
    }
    let env = top.entry("env").or_insert_with(|| Value::Object(Map::new()));
    if let Some(env) = env.as_object_mut() {
        env.insert(VARIABLE.into(), json!(prefix));
    }
    Ok(Some(if ours { "updated the shell prefix" } else { "added the shell prefix" }.to_string()))
}

/// Takes the prefix out if it is ours, and the `env` if that was made for it and is empty.
pub(super) fn take_out(
    top: &mut Map<String, Value>,
    earlier: Option<&str>,
    made: &[String],
) -> Option<String> {
    let env = top.get_mut("env").and_then(Value::as_object_mut)?;
    if !env.get(VARIABLE).is_some_and(|value| is_ours(value, &[earlier])) {
        return None;
    }
    env.shift_remove(VARIABLE);
    if env.is_empty() && made.iter().any(|m| m == "env") {
        top.shift_remove("env");
    }
    Some("removed the shell prefix".to_string())
}

/// Gives the prefix that settings set.
pub(crate) fn of(settings: &Value) -> Option<&Value> {
    settings.get("env")?.get(VARIABLE)
}

/// Gives the program that a prefix of ours names.
pub(crate) fn program(value: &Value) -> Option<&str> {
    value.as_str()?.strip_suffix(ARGUMENT)
}

/// Tells whether a prefix runs `redraft -c`.
pub(crate) fn is_ours(value: &Value, known: &[Option<&str>]) -> bool {
    program(value).is_some_and(|program| is_redraft(program, known))
}

/// Gives the settings whose prefix is somebody else's and would be hidden, or would hide ours.
pub(super) fn foreign(place: &Place, settings: &Settings, others: &[Settings]) -> Option<PathBuf> {
    // What one project sets says nothing about a user's other projects.
    let others = if place.user { &[] } else { others };
    let all = std::iter::once(settings).chain(others);
    let mut theirs = all.filter(|s| of(&s.value).is_some_and(|value| !is_ours(value, &[])));
    theirs.next().map(|settings| settings.path.clone())
}

/// Says that somebody else's prefix was left.
pub(super) fn left_alone(settings: &Path, place: &Place) -> String {
    format!(
        "{VARIABLE} in {} is not redraft's and is left: commands that Claude runs with Bash are not isolated; take it out there, then: {}",
        settings.display(),
        place.install_command()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXE: &str = "/opt/bin/redraft";
    const OURS: &str = "/home/me/.claude/redraft/redraft -c";

    fn wanted(prefix: Option<&'static str>, made: &'static [String]) -> Wanted<'static> {
        Wanted { command: EXE, earlier: None, statusline: false, prefix, made }
    }

    fn put(settings: &Value, prefix: Option<&'static str>) -> (Value, Option<String>, Vec<String>) {
        let (mut top, mut made) = (settings.as_object().unwrap().clone(), Vec::new());
        let changed = put_in(&mut top, wanted(prefix, &[]), &mut made).unwrap();
        (Value::Object(top), changed, made)
    }

    #[test]
    fn it_goes_in_once_and_comes_out_alone() {
        for before in [json!({}), json!({"env": {}}), json!({"env": {"A": "1"}, "z": 1})] {
            let (with, changed, made) = put(&before, Some(OURS));
            assert_eq!(with["env"][VARIABLE], OURS);
            assert_eq!(changed.as_deref(), Some("added the shell prefix"));
            assert_eq!(put(&with, Some(OURS)).1, None);
            let mut top = with.as_object().unwrap().clone();
            assert!(take_out(&mut top, None, &made).is_some());
            assert_eq!(Value::Object(top), before);
        }
        let by_hand = json!({"env": {VARIABLE: "redraft -c"}});
        let (with, changed, _) = put(&by_hand, Some(OURS));
        assert_eq!((with["env"][VARIABLE].as_str(), changed.is_some()), (Some(OURS), true));
    }

    #[test]
    fn somebody_elses_stays() {
        for theirs in [json!("/usr/bin/nice"), json!("tracer -c"), json!(""), json!(7)] {
            let before = json!({"env": {VARIABLE: theirs}});
            assert_eq!(put(&before, Some(OURS)), (before.clone(), None, Vec::new()), "{before}");
            let mut top = before.as_object().unwrap().clone();
            assert_eq!(take_out(&mut top, Some(EXE), &["env".to_string()]), None);
            assert_eq!(Value::Object(top), before);
        }
        let mut top = json!({"env": []}).as_object().unwrap().clone();
        assert!(put_in(&mut top, wanted(Some(OURS), &[]), &mut Vec::new()).is_err());
    }
}
