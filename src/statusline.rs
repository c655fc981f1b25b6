//! `statusline`: one short line for Claude Code's status line, and nothing when no session is active.
//!
//! Claude Code gives the window's session id and its directories as JSON on standard input. The line is drawn often and
//! is never worth an error: what cannot be read is left out.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::project::Project;
use crate::report::{Plain, Report};
use crate::session::lifecycle;
use crate::stdin;
use crate::verbs::Desk;

const MAX_BYTES: usize = 1024 * 1024;
const TIMEOUT: Duration = Duration::from_millis(500);

#[derive(Default, Deserialize)]
struct Input {
    session_id: Option<String>,
    cwd: Option<PathBuf>,
}

/// Gives the line: session, changed files, retries.
pub fn statusline(desk: &Desk) -> Report {
    let input = if std::io::stdin().is_terminal() { None } else { stdin::read(MAX_BYTES, TIMEOUT).ok() };
    let input: Input = input.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let mut desk = desk.clone();
    desk.env.window = input.session_id.or(desk.env.window);
    if let Some(cwd) = input.cwd.filter(|cwd| cwd.is_absolute()) {
        desk.env.cwd = cwd;
    }
    let text = desk.project().ok().and_then(|project| line(&desk, &project)).unwrap_or_default();
    Report::Plain(Plain { text })
}

fn line(desk: &Desk, project: &Project) -> Option<String> {
    let sign = if desk.env.emoji { "📝 " } else { "" };
    let name = lifecycle::whose(project, &desk.caller()).ok()??;
    let Ok(inspected) = lifecycle::inspect(project, &name) else {
        return Some(format!("{sign}{name}: crashed\n"));
    };
    let count =
        |n: usize, one: &str, many: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {many}") };
    let mut line = format!("{sign}{name} · {}", count(inspected.changes.counts().total(), "file", "files"));
    let retries = inspected.record.human_retries.len();
    if retries > 0 {
        line += " · ";
        line += &count(retries, "retry", "retries");
    }
    line.push('\n');
    Some(line)
}
