//! The verbs: each one the story of a command, in named steps, told once for every door.
//!
//! The command line, the slash commands and the MCP tools all turn what they were given into a [`Command`] and call
//! [`run`]; none has logic of its own. Arguments are plain text here (names and paths become types on the way in, so
//! that every door refuses the same things in the same words); the answer is a [`Report`].

use std::path::PathBuf;

use crate::env::Env;
use crate::error::Result;
use crate::report::{DiffStyle, Report};

/// What was asked for; fields are the arguments of the same name in the contract.
#[expect(missing_docs, reason = "the fields are the command line's arguments")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `start <name> [description]`
    Start { name: String, description: String },
    /// `list`
    List,
    /// `status [name]`
    Status { name: Option<String> },
    /// `switch <name>`
    Switch { name: String },
    /// `commit [name] [--force …]`
    Commit(Commit),
    /// `cancel [name] [--no-backup-retries] [--purge]`
    Cancel { name: Option<String>, backup_retries: bool, purge: bool },
    /// `restore <name>`
    Restore { name: String },
    /// `retry <file> <reason> [--auto]`
    Retry { file: String, reason: String, auto: bool },
    /// `resolve <path>…`
    Resolve { paths: Vec<std::ffi::OsString> },
    /// `diff [a] [b] [paths…]`
    Diff(Diff),
    /// `rm <path>…`
    Rm { paths: Vec<std::ffi::OsString> },
    /// `mv <from> <to>`
    Mv { from: std::ffi::OsString, to: std::ffi::OsString },
    /// `init`
    Init,
}

/// What to land, and on which condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// This caller's session when absent.
    pub name: Option<String>,
    /// Land it; without, only preview.
    pub force: bool,
    /// Refuse unless the preview's fingerprint is still this.
    pub expect: Option<String>,
    /// Only paths that match one of these globs; all when empty.
    pub files: Vec<String>,
}

/// What to compare, and how to show it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// Up to two leading session names, then paths or globs; told apart by what exists.
    pub operands: Vec<std::ffi::OsString>,
    /// How to show it.
    pub style: DiffStyle,
}

/// Who asks, from where: everything a verb needs besides its arguments.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Environment and clock.
    pub env: Env,
    /// `--root`.
    pub root: Option<PathBuf>,
    /// `--session`.
    pub session: Option<String>,
}

/// Does what was asked.
pub fn run(desk: &Desk, command: &Command) -> Result<Report> {
    let _ = (desk, command);
    Err(crate::error::Error::new(crate::error::Kind::Bug, "not built yet"))
}
