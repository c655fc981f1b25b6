//! What whoever comes into a session should know, gathered from everything that says something about it.
//!
//! Bounded: the recent notebook, the last few of each kind, the first changed paths. What is kept of a window for the one
//! that follows it (the hand-over) is in the window's memory and in the notebook, and is given to nobody else.

use chrono::{DateTime, Utc};

use super::lifecycle::{Caller, Inspected};
use super::notes::{self, Notes, Thing};
use super::retry;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::report::{ContextFile, Handover, Rejected};
use crate::store::notebook::{Kind, Status};
use crate::store::windows::Window;

/// How many of a kind a brief names.
pub const MAX_NAMED: usize = 8;

/// How many files a hand-over may require.
pub const MAX_REQUIRED: usize = 8;

/// A page that was not changed for so many days may be out of date.
const STALE_DAYS: i64 = 60;

/// Where the project's own pages about how things are done usually are.
const PAGES: [&str; 12] = [
    "CLAUDE.md",
    ".claude/CLAUDE.md",
    "AGENTS.md",
    "ARCHITECTURE.md",
    "CONVENTIONS.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/conventions.md",
    "references/architecture.md",
    ".session/architecture.md",
    ".session/conventions.md",
    ".session/decision-log.md",
];

/// The file in a window's memory that holds its hand-over.
const KEPT: &str = "handover";

/// Finds the project's own pages and how old they are.
pub fn context(project: &Project, now: DateTime<Utc>) -> Result<Vec<ContextFile>> {
    let mut found = Vec::new();
    for page in PAGES {
        let path = RelPath::new(page)?;
        // A link is somebody's own arrangement, and what it leads to may be anywhere.
        let Some(stat) = project.dir.stat(&path).ok().flatten().filter(crate::fs::Stat::is_file) else {
            continue;
        };
        let days = (now - DateTime::from_timestamp_nanos(stat.mtime)).num_days().max(0);
        found.push(ContextFile { path, days, stale: days >= STALE_DAYS });
    }
    Ok(found)
}

/// Gives the last things of a kind that are in one of these states, newest first.
pub fn last_in<'a>(notes: &'a Notes, kind: Kind, states: &'a [Status]) -> impl Iterator<Item = &'a Thing> {
    let own: Vec<&Thing> = notes.kind(kind).filter(|thing| states.contains(&thing.entry.status)).collect();
    own.into_iter().rev().take(MAX_NAMED)
}

/// Gives the open tasks: those at work, then those held up, then the others in their order.
pub fn next(notes: &Notes) -> Vec<&Thing> {
    let mut open: Vec<&Thing> = notes.kind(Kind::Task).filter(|thing| thing.is_open()).collect();
    open.sort_by_key(|thing| match thing.entry.status {
        Status::InProgress => 0,
        Status::Blocked => 1,
        _ => 2,
    });
    open.truncate(MAX_NAMED);
    open
}

/// Gives the last reasons for which versions were rejected.
pub fn rejected(inspected: &Inspected<'_>) -> Vec<Rejected> {
    let files = retry::by_file(&inspected.record.human_retries);
    let last = |file: crate::report::FileRetries| {
        let reason = file.retries.last()?.reason.clone();
        Some(Rejected { times: file.retries.len(), reason, file: file.file })
    };
    files.into_iter().rev().take(MAX_NAMED).filter_map(last).collect()
}

/// Makes a hand-over of what the notebook and the layer say, for when nobody has written one.
pub fn automatic(caller: &Caller<'_>, description: &str, notes: &Notes, touched: &[RelPath]) -> Handover {
    let objectives: Vec<&str> =
        notes.kind(Kind::Objective).filter(|thing| thing.is_open()).map(|o| o.entry.text.as_str()).collect();
    let mut summary = description.to_string();
    if !objectives.is_empty() {
        if !summary.is_empty() {
            summary.push_str(". ");
        }
        summary.push_str("To be achieved: ");
        summary.push_str(&objectives.join("; "));
    }
    let last = notes.things.iter().filter_map(|thing| thing.history.last()).max_by(|a, b| a.at.cmp(&b.at));
    let last_action = match (touched.first(), last) {
        (Some(path), _) => format!("worked on {path}"),
        (None, Some(line)) => format!("{} {} is {}", line.kind.as_str(), line.id, line.status.as_str()),
        (None, None) => String::new(),
    };
    let mut next_steps: Vec<String> = next(notes).iter().map(|task| task.entry.text.clone()).collect();
    if next_steps.is_empty() {
        next_steps = objectives.iter().take(MAX_NAMED).map(ToString::to_string).collect();
    }
    Handover {
        at: caller.env.timestamp(),
        summary,
        last_action,
        next_steps,
        required_files: touched.iter().take(MAX_REQUIRED).cloned().collect(),
        ..Handover::default()
    }
}

/// Keeps a hand-over for this caller's window.
pub fn keep(project: &Project, caller: &Caller<'_>, handover: &Handover) -> Result<()> {
    let Some(window) = caller.window else { return Ok(()) };
    let json = serde_json::to_vec(handover)
        .map_err(|e| Error::new(ErrorKind::Bug, format!("cannot write a hand-over: {e}")))?;
    Window::of(project, window)?.keep(KEPT, &json)
}

/// Gives what was kept for this caller's window, and for no other; it stays until it is acknowledged.
pub fn kept(project: &Project, caller: &Caller<'_>) -> Result<Option<Handover>> {
    let Some(window) = caller.window else { return Ok(None) };
    let kept = Window::of(project, window)?.kept(KEPT)?;
    // What cannot be read is of no use to anybody.
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Forgets what was kept for this caller's window: it has been given and gone on from.
pub fn acknowledge(project: &Project, caller: &Caller<'_>) -> Result<()> {
    let Some(window) = caller.window else { return Ok(()) };
    Window::of(project, window)?.take(KEPT).map(drop)
}

/// Gives the last hand-over of a session that was ended: for whoever comes next.
pub fn handed_over(notes: &Notes) -> Option<Handover> {
    let read = |thing: &Thing| {
        let data = thing.entry.data.clone()?;
        // What a window kept for itself is for that window.
        data.get("ended")?.as_bool().filter(|ended| *ended)?;
        serde_json::from_value(data.get("handover")?.clone()).ok()
    };
    notes.kind(Kind::Handoff).filter_map(read).last()
}

/// Writes a hand-over into the notebook; one of a session that `ended` is for whoever comes next.
pub fn write_down(
    layer: &super::layer::Layer<'_>,
    caller: &Caller<'_>,
    handover: &Handover,
    ended: bool,
) -> Result<()> {
    let _lock = layer.lock(caller.waiter("end"))?;
    let text = if handover.summary.is_empty() { "handed over" } else { handover.summary.as_str() };
    let data = serde_json::json!({ "handover": handover, "ended": ended });
    notes::record(layer, caller, Kind::Handoff, &notes::Draft { text, ..notes::Draft::default() }, Some(data))
        .map(drop)
}
