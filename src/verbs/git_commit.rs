//! A git commit of a session's landed paths, and of nothing else: never `git add .`, never what others have staged.
//!
//! The message carries what the notebook knows: objectives with what is done, the decisions with their reasons, what
//! the commit does, and how long the session has lived.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Place, describe};
use crate::error::{Error, Result};
use crate::git::Git;
use crate::landing::history;
use crate::landing::journal::{Journal, Work};
use crate::landing::plan::Action;
use crate::relpath::RelPath;
use crate::session::layer::Layer;
use crate::session::notes::{self, Notes};
use crate::store::notebook::{Kind, Status};
use crate::store::record::SessionRecord;

/// How many decisions and paths a message lists.
const MAX_LISTED: usize = 20;

/// Finds the paths that this session has landed, in commits that were not taken back.
pub(super) fn landed(at: &Place<'_>, layer: &Layer<'_>) -> Result<Vec<RelPath>> {
    let born = SessionRecord::read(&layer.dir, &layer.name)?.created_at;
    let mut paths = BTreeSet::new();
    for (head, undone) in history::log(at.project)? {
        // A name may have been used before.
        let own = head.session == layer.name.as_str() && head.work == Work::Commit && head.at >= born;
        if !own || undone {
            continue;
        }
        let Some(journal) = Journal::read_done(at.project, &head.id)? else { continue };
        let files =
            journal.steps.iter().filter(|step| !matches!(step.action, Action::MakeDir | Action::RemoveDir));
        paths.extend(files.map(|step| step.path.clone()));
    }
    if paths.is_empty() {
        return Err(Error::refused(format!("Nothing of session '{}' has landed yet", layer.name))
            .detail("a git commit takes what the session has put on the project, never more")
            .hint("Land a part of it first: redraft commit --force --files 'acts/**'"));
    }
    Ok(paths.into_iter().collect())
}

/// Commits those paths as they are in the project; gives the commit.
pub(super) fn commit(
    at: &Place<'_>,
    layer: &Layer<'_>,
    paths: &[RelPath],
    subject: Option<&str>,
) -> Result<String> {
    let git = Git::open(&at.project.root)?;
    let mut there = Vec::new();
    let mut gone = Vec::new();
    for path in paths {
        let Some(text) = path.as_path().to_str() else { continue };
        let list = if at.project.dir.stat(path)?.is_some() { &mut there } else { &mut gone };
        list.push(text);
    }
    let (record, notes) = (SessionRecord::read(&layer.dir, &layer.name)?, notes::read(layer)?);
    let differing = git.differing(&[there, gone].concat())?;
    if differing.is_empty() {
        return Err(Error::refused(format!("git has all that session '{}' has landed", layer.name))
            .hint("See it: git log -1 --stat"));
    }
    let age = describe::age_seconds(&record.created_at, at.desk.env.now());
    let subject = subject.map_or_else(|| format!("Work in session {}", layer.name), str::to_string);
    git.commit(&differing, &message(&subject, &record.description, &notes, &differing, age))
}

/// Writes the message.
fn message(
    subject: &str,
    description: &str,
    notes: &Notes,
    changed: &[(char, String)],
    age_seconds: i64,
) -> String {
    let mut text = subject.lines().next().unwrap_or_default().trim().to_string();
    text.push('\n');
    if !description.trim().is_empty() && description.trim() != subject.trim() {
        _ = write!(text, "\n{}\n", description.trim());
    }
    let objectives: Vec<_> = notes.kind(Kind::Objective).collect();
    if !objectives.is_empty() {
        text.push_str("\nSession-Objectives:\n");
    }
    let mut open = 0;
    for objective in objectives {
        let (mark, when) = match objective.entry.status {
            Status::Completed => ("✓", ""),
            _ if open == 0 => ("▶", " (this commit)"),
            _ if open == 1 => (" ", " (next)"),
            _ => (" ", ""),
        };
        open += usize::from(mark != "✓");
        _ = writeln!(text, "- [{mark}] {}{when}", one_line(&objective.entry.text));
    }
    let decisions: Vec<_> = notes.kind(Kind::Decision).collect();
    if !decisions.is_empty() {
        text.push_str("\nDecisions:\n");
    }
    for decision in decisions.iter().rev().take(MAX_LISTED) {
        _ = writeln!(text, "- {}", one_line(&decision.entry.text));
        if !decision.entry.rationale.is_empty() {
            _ = writeln!(text, "  Rationale: {}", one_line(&decision.entry.rationale));
        }
    }
    text.push_str("\nImpact:\n");
    for (what, path) in changed.iter().take(MAX_LISTED) {
        let word = match what {
            'A' => "Added",
            'D' => "Deleted",
            _ => "Modified",
        };
        _ = writeln!(text, "- {word}: {}", one_line(path));
    }
    if changed.len() > MAX_LISTED {
        _ = writeln!(text, "- and {} more", changed.len() - MAX_LISTED);
    }
    _ = write!(text, "\nSession-Time: {}\n", duration(age_seconds));
    text
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Writes a time span as the seeds do: `2h 15m`.
pub(super) fn duration(seconds: i64) -> String {
    let minutes = seconds / 60;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes}m"),
        (0, hours, minutes) => format!("{hours}h {minutes}m"),
        (days, hours, _) => format!("{days}d {hours}h"),
    }
}
