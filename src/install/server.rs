//! The MCP server in a project's `.mcp.json`, where Claude Code looks for the servers of a project: in, and out again.
//!
//! The entry is ours when it runs `… mcp` of this program, wherever that lay before; one of the same
//! name that runs something else is somebody's and is refused.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::merge::is_redraft;
use super::{Record, Settings};
use crate::error::{Error, Result};
use crate::fs::ambient;

/// The file, at the project's root.
pub(crate) const FILE: &str = ".mcp.json";

/// The object that holds the servers.
const SERVERS: &str = "mcpServers";

/// Our server's name in it.
const NAME: &str = "redraft";

/// The argument that makes the binary a server.
const ARGUMENT: &str = "mcp";

/// What the file is to say with our server in it.
pub(crate) struct Planned {
    file: Settings,
    text: String,
    /// There was no such file.
    pub(crate) made: bool,
    /// It says something new.
    pub(crate) is_new: bool,
}

impl Planned {
    /// Decides what a project's file is to say; writes nothing.
    pub(crate) fn of(root: &Path, command: &str, record: &Record) -> Result<Self> {
        let file = read(root)?;
        let (merged, is_new) = merge_in(&file.value, command, record.command.as_deref())?;
        let text = file.text_for(&merged)?;
        Ok(Self { made: file.bytes.is_none(), file, text, is_new })
    }

    /// Writes it.
    pub(crate) fn write(&self) -> Result<()> {
        self.file.write(&self.text)
    }
}

/// Takes our server out of a project's file, and the file away if an installation made it and nothing else is in it.
pub(crate) fn remove(root: &Path, record: &Record) -> Result<Option<String>> {
    if !ambient::exists(&root.join(FILE)) {
        return Ok(None);
    }
    let file = read(root)?;
    let (without, taken) = take_out(&file.value, record.command.as_deref());
    if !taken {
        return Ok(None);
    }
    if record.made_mcp && without == json!({}) {
        ambient::remove_file(&file.path)?;
    } else {
        file.write(&file.text_for(&without)?)?;
    }
    Ok(Some(format!("removed the MCP server from {FILE}")))
}

/// Gives the program that a project's file names for our server.
pub(crate) fn program(root: &Path) -> Option<String> {
    let file = read(root).ok()?;
    let server = file.value.get(SERVERS)?.get(NAME)?;
    let command = server.get("command").and_then(Value::as_str)?;
    is_ours(server, &[]).then(|| command.to_string())
}

fn read(root: &Path) -> Result<Settings> {
    let path = root.join(FILE);
    // A project can come from anybody, and a link would have us write wherever it leads.
    if ambient::symlink_target(&path)?.is_some() {
        return Err(Error::refused(format!("{} is a symbolic link; nothing was changed", path.display()))
            .hint("put the file itself there, then: redraft install --mcp"));
    }
    Settings::read_file(path)
}

/// Puts our server in; gives what the file is to say, and whether that is new.
pub(crate) fn merge_in(configuration: &Value, command: &str, earlier: Option<&str>) -> Result<(Value, bool)> {
    let wrong = |what: &str| {
        Error::refused(format!("{FILE}: {what} is not an object; nothing was changed"))
            .hint("correct it there, then run the command again")
    };
    let mut top = configuration.as_object().cloned().ok_or_else(|| wrong("the top level"))?;
    let servers = top.entry(SERVERS).or_insert_with(|| Value::Object(Map::new()));
    let servers = servers.as_object_mut().ok_or_else(|| wrong("\"mcpServers\""))?;
    let wanted = json!({"command": command, "args": [ARGUMENT]});
    match servers.get(NAME) {
        Some(there) if *there == wanted => return Ok((configuration.clone(), false)),
        Some(there) if !is_ours(there, &[Some(command), earlier]) => {
            return Err(Error::refused(format!(
                "{FILE} has another server named \"{NAME}\"; nothing was changed"
            ))
            .hint("rename it there, then: redraft install --mcp"));
        }
        _ => {}
    }
    servers.insert(NAME.into(), wanted);
    Ok((Value::Object(top), true))
}

/// Takes our server out, and what that leaves empty; gives what the file is to say, and whether anything was taken.
pub(crate) fn take_out(configuration: &Value, earlier: Option<&str>) -> (Value, bool) {
    let mut configuration = configuration.clone();
    let servers = configuration.get_mut(SERVERS).and_then(Value::as_object_mut);
    let Some(servers) = servers.filter(|s| s.get(NAME).is_some_and(|there| is_ours(there, &[earlier])))
    else {
        return (configuration, false);
    };
    servers.shift_remove(NAME);
    if servers.is_empty()
        && let Some(top) = configuration.as_object_mut()
    {
        top.shift_remove(SERVERS);
    }
    (configuration, true)
}

fn is_ours(server: &Value, known: &[Option<&str>]) -> bool {
    let command = server.get("command").and_then(Value::as_str).unwrap_or_default();
    server.get("args") == Some(&json!([ARGUMENT])) && is_redraft(command, known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXE: &str = "/opt/bin/redraft";

    #[test]
    fn our_server_goes_in_once_and_comes_out_alone() {
        let other = json!({"mcpServers": {"theirs": {"command": "x"}}, "more": 1});
        for before in [json!({}), other] {
            let (merged, is_new) = merge_in(&before, EXE, None).unwrap();
            assert!(is_new);
            assert_eq!(merged["mcpServers"]["redraft"], json!({"command": EXE, "args": ["mcp"]}));
            assert_eq!(merge_in(&merged, EXE, None).unwrap(), (merged.clone(), false));
            let (moved, is_new) = merge_in(&merged, "/usr/bin/redraft", None).unwrap();
            assert!(is_new && moved["mcpServers"]["redraft"]["command"] == "/usr/bin/redraft");
            assert_eq!(take_out(&merged, Some(EXE)), (before.clone(), true));
            assert_eq!(take_out(&before, Some(EXE)), (before.clone(), false));
        }
    }

    #[test]
    fn somebody_elses_server_is_left_alone() {
        let theirs = json!({"mcpServers": {"redraft": {"command": "node", "args": ["server.js"]}}});
        assert!(merge_in(&theirs, EXE, None).unwrap_err().message.contains("another server"));
        assert_eq!(take_out(&theirs, Some(EXE)), (theirs, false));
        for wrong in [json!([]), json!({"mcpServers": []})] {
            assert!(merge_in(&wrong, EXE, None).is_err());
        }
    }
}
