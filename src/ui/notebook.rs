//! The notebook as text: what was written down, and lists of it.

use std::fmt::Write as _;

use crate::report::{Chosen, Found, NoteKind, NoteStatus, Noted, Notes, Progress, Thing};
use crate::text::{capitalised, prose, visible};
use crate::ui::Style;
use crate::ui::page::{Page, ago, count};

/// Writes that something was written down.
#[inline(never)]
pub(super) fn noted(report: &Noted, style: &Style) -> String {
    let word = report.kind.as_str();
    if report.kind == NoteKind::Tag {
        return tagged(report, style);
    }
    let mut page = Page::new(style);
    for thing in &report.things {
        let (sign, done) = match report.change {
            "added" if report.kind == NoteKind::Decision || report.kind == NoteKind::Note => {
                ("✅", "RECORDED")
            }
            "added" => ("✅", "ADDED"),
            _ => ("✅", upper(thing.status)),
        };
        page.section(sign, &format!("{} {done}: {}", word.to_uppercase(), visible(&thing.id)));
        page.gap();
        page.sentence("", "", &prose(&thing.text));
        details(&mut page, thing);
        if let Some(said) = thing.history.last().filter(|step| !step.said.is_empty()) {
            page.said(&prose(&said.said));
        }
    }
    if let Some(so_far) = so_far(report.kind, &report.progress) {
        page.section("📊", &so_far);
    }
    let mut steps = Vec::new();
    if let Some(thing) = report.things.first().filter(|thing| thing.status.is_open()) {
        let id = visible(&thing.id);
        match report.kind {
            NoteKind::Objective => steps.push(("Mark it done", format!("redraft objective complete {id}"))),
            NoteKind::Blocker => {
                steps.push(("When it is out of the way", format!("redraft blocker resolve {id}")));
            }
            NoteKind::Task => steps.push(("When it is done", format!("redraft task set {id} completed"))),
            _ => {}
        }
    }
    steps.push(("See them all", format!("redraft {word} list")));
    page.steps("Next steps:", &steps);
    page.finish()
}

fn tagged(report: &Noted, style: &Style) -> String {
    let done = if report.change == "added" { "ADDED" } else { "REMOVED" };
    let tags: Vec<String> = report.things.iter().map(|thing| visible(&thing.text)).collect();
    if tags.is_empty() {
        let mut page = Page::titled(style, "✅", "TAGS: all were there already");
        page.steps("Next steps:", &[("See them all", "redraft tag list".into())]);
        return page.finish();
    }
    let mut page = Page::titled(style, "✅", &format!("TAGS {done}: {}", tags.join(", ")));
    page.steps("Next steps:", &[("See them all", "redraft tag list".into())]);
    page.finish()
}

/// Writes what a notebook says of one kind.
#[inline(never)]
pub(super) fn notes(report: &Notes, style: &Style) -> String {
    let word = report.kind.as_str();
    let title = match so_far(report.kind, &report.progress) {
        Some(so_far) => so_far.to_uppercase(),
        None => {
            format!("{} ({})", count(2, word).trim_start_matches("2 ").to_uppercase(), report.things.len())
        }
    };
    let mut page = Page::titled(style, sign(report.kind), &title);
    page.gap();
    if report.things.is_empty() {
        page.line(&format!("None in session '{}' yet.", report.session));
    }
    let whole_history = report.things.len() == 1 && report.kind == NoteKind::Task;
    for thing in &report.things {
        one(&mut page, thing);
        if whole_history {
            for step in &thing.history {
                let said =
                    if step.said.is_empty() { String::new() } else { format!(": {}", prose(&step.said)) };
                page.sub(&format!("{} {}{said}", ago(&step.at, style.now), step.status.as_str()));
            }
        }
    }
    if report.unreadable > 0 {
        let lines = count(report.unreadable, "line");
        page.section(
            "⚠️",
            &format!("{lines} of the notebook cannot be read and {} left out", is(report.unreadable)),
        );
    }
    let text = if report.kind == NoteKind::Tag { "<word>" } else { "\"<text>\"" };
    page.steps("Next steps:", &[("Add one", format!("redraft {word} add {text}"))]);
    page.finish()
}

/// Writes what a search found.
#[inline(never)]
pub(super) fn found(report: &Found, style: &Style) -> String {
    let title = format!("FOUND: {} for \"{}\"", count(report.total, "session"), prose(&report.query));
    let mut page = Page::titled(style, "🔎", &title);
    if report.unsearched == 0 || !report.hits.is_empty() {
        page.gap();
    }
    for hit in &report.hits {
        page.item(&format!("{} ({}, {} %)", visible(&hit.session), hit.state, hit.score));
        page.sentence("     ", "     ", &format!("{}: {}", visible(&hit.field), prose(&hit.excerpt)));
    }
    if report.total > report.hits.len() {
        page.item(&format!("and {} more", report.total - report.hits.len()));
    }
    let mut steps = Vec::new();
    if report.unsearched > 0 {
        let searched = report.kept.saturating_sub(report.unsearched);
        let kept = count(report.kept, "session");
        page.section("⚠️", &format!("The index is still being made: {searched} of {kept} searched"));
        page.said(
            "What was changed last is searched first. Searching again goes on from there; at a terminal \
             `redraft search` does the rest at once.",
        );
        steps.push(("Search again", "redraft search <text>".to_string()));
    } else if report.hits.is_empty() {
        page.line("No session has it.");
    }
    if report.hits.is_empty() {
        steps.push(("See them all", "redraft list".into()));
        page.steps("Next steps:", &steps);
        return page.finish();
    }
    steps.push(("Go on in one", "redraft resume <name>".into()));
    if report.hits.iter().any(|hit| matches!(hit.state, "cancelled" | "landed")) {
        steps.push(("Bring one back", "redraft restore <name>".into()));
    }
    if report.hits.iter().any(|hit| hit.state == "archived") {
        steps.push(("Bring an archived one back", "redraft reopen <name>".into()));
    }
    page.steps("Next steps:", &steps);
    page.finish()
}

/// Writes one thing with what belongs to it.
pub(super) fn one(page: &mut Page<'_>, thing: &Thing) {
    let emoji = page.style().emoji;
    let done = matches!(thing.status, NoteStatus::Completed | NoteStatus::Resolved);
    let mark = match (emoji, done) {
        (false, _) => '-',
        (true, true) => '✓',
        (true, false) => '•',
    };
    let mut text = prose(&thing.text);
    if !thing.sort.is_empty() {
        _ = write!(text, " [{}]", prose(&thing.sort));
    }
    if !matches!(thing.status, NoteStatus::Pending | NoteStatus::Open | NoteStatus::Recorded) {
        _ = write!(text, " ({})", thing.status.as_str());
    }
    if thing.kind == NoteKind::Tag {
        page.item(&text);
        return;
    }
    page.sentence(&format!("   {mark} {}  ", visible(&thing.id)), "     ", &text);
    details(page, thing);
}

fn details(page: &mut Page<'_>, thing: &Thing) {
    if !thing.rationale.is_empty() {
        page.sentence("     - Rationale: ", "       ", &prose(&thing.rationale));
    }
    for other in &thing.alternatives {
        page.sentence("     - Alternative: ", "       ", &prose(other));
    }
}

/// Writes the lines that say which session a task got: those that programs look for.
pub(super) fn chosen(page: &mut Page<'_>, session: &str, chosen: &Chosen) {
    if let Some(warning) = &chosen.warning {
        page.line(&format!("WARNING: {warning}"));
    }
    if let Some(analysis) = &chosen.analysis {
        page.line(&format!("ANALYSIS: {analysis}"));
    }
    page.line(&format!("DECISION: {}", chosen.decision));
    page.line(&format!("SESSION_ID: {session}"));
    if chosen.candidates.len() > 1 {
        page.section("📊", "Open sessions by relevance:");
        for candidate in &chosen.candidates {
            page.item(&format!("{}: {} ({} %)", candidate.session, candidate.relevance, candidate.score));
        }
    }
    page.gap();
}

/// Lists how far a session is; nothing when its notebook is empty.
pub(super) fn progress(page: &mut Page<'_>, progress: &Progress) {
    if *progress == Progress::default() {
        return;
    }
    page.section("📓", "Notebook:");
    let kinds = [NoteKind::Objective, NoteKind::Task, NoteKind::Blocker, NoteKind::Decision, NoteKind::Note];
    let counts =
        [progress.objectives, progress.tasks, progress.blockers_open, progress.decisions, progress.notes];
    for (kind, n) in kinds.into_iter().zip(counts).filter(|(_, n)| *n > 0) {
        let plain = || format!("{}: {n}", capitalised(count(2, kind.as_str()).trim_start_matches("2 ")));
        page.item(&so_far(kind, progress).unwrap_or_else(plain));
    }
}

fn so_far(kind: NoteKind, progress: &Progress) -> Option<String> {
    match kind {
        NoteKind::Objective => Some(format!(
            "Objectives: {} of {} completed",
            progress.objectives_completed, progress.objectives
        )),
        NoteKind::Task => {
            Some(format!("Tasks: {} of {} completed", progress.tasks_completed, progress.tasks))
        }
        NoteKind::Blocker => Some(format!("Blockers: {} open", progress.blockers_open)),
        _ => None,
    }
}

fn sign(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::Objective => "🎯",
        NoteKind::Blocker => "🚧",
        NoteKind::Decision => "🧭",
        NoteKind::Task => "📋",
        _ => "📓",
    }
}

fn upper(status: NoteStatus) -> &'static str {
    match status {
        NoteStatus::Completed => "COMPLETED",
        NoteStatus::Resolved => "RESOLVED",
        NoteStatus::InProgress => "IN PROGRESS",
        NoteStatus::Blocked => "BLOCKED",
        NoteStatus::Cancelled => "CANCELLED",
        NoteStatus::Pending => "PENDING",
        _ => "CHANGED",
    }
}

fn is(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}
