//! What `start`, `list`, `status` and `switch` answer, as text.

use crate::report::{Counts, List, NoSession, Paths, Row, Started, State, Status, Switched};
use crate::text::{capitalised, prose, visible};
use crate::ui::Style;
use crate::ui::changes;
use crate::ui::notebook;
use crate::ui::page::{Page, ago, columns, count, date, size};
use crate::ui::voice::phrase;

/// Writes that a session was made.
#[inline(never)]
pub(super) fn started(report: &Started, style: &Style) -> String {
    let mut page = Page::new(style);
    if let Some(chosen) = &report.chosen {
        notebook::chosen(&mut page, report.session.as_str(), chosen);
    }
    page.signed("✅", &format!("SESSION CREATED: {}", report.session));
    if !report.description.is_empty() {
        page.gap();
        page.sentence("Description: ", "   ", &prose(&report.description));
    }
    if report.kind != "workflow" {
        page.gap();
        page.line(&format!("Type: {}", visible(&report.kind)));
    }
    if let Some(branch) = &report.branch {
        page.section("🌿", &format!("Git branch: {}", visible(branch)));
    }
    if !report.objectives.is_empty() {
        page.section("🎯", "Objectives:");
    }
    for objective in &report.objectives {
        page.said(&prose(objective));
    }
    page.section("📂", "Session Path:");
    page.indented(&visible(&report.paths.session));
    page.section("⚡", "Copy-on-Write Mode:");
    page.item("Empty session created (~10 KB structure only)");
    page.item("Files will copy on first write");
    page.item("Read operations use global files by default");
    if !report.tracked.is_empty() {
        let globs: Vec<String> = report.tracked.iter().map(|glob| visible(glob)).collect();
        page.item(&format!("Isolated: {}", globs.join(", ")));
    }
    page.section("🔒", "Session activated (written to session.lock)");
    if let Some(before) = &report.took_over_from {
        page.indented(&format!("It takes over from '{before}', which keeps its changes."));
        page.indented(&phrase(&format!("Back to that one: redraft switch {before}"), style.voice));
    }
    let example = if report.paths.roots.is_empty() { "notes/plan.md" } else { "acts/.../plan.md" };
    page.section("💡", "How CoW works:");
    page.indented(&format!("1. Read \"{example}\" → Reads from global (not yet modified)"));
    page.indented(&format!("2. Write \"{example}\" → CoW: Copies to session, then modifies"));
    page.indented(&format!("3. Read \"{example}\" → Reads from session (now modified)"));
    page.section("🚀", "Ready to work in session!");
    page.finish()
}

/// Writes the table of sessions.
#[inline(never)]
pub(super) fn list(report: &List, style: &Style) -> String {
    let mut page = Page::titled(style, "📋", &format!("SESSIONS ({} total)", report.sessions.len()));
    page.gap();
    if report.sessions.is_empty() {
        let (what, step) = if report.narrowed {
            ("None is like that.", ("See them all", "redraft list".into()))
        } else {
            ("No sessions yet.", ("Create new session", "redraft start <name>".into()))
        };
        page.line(what);
        page.steps("Next steps:", &[step]);
        return page.finish();
    }
    table(&mut page, &report.sessions);
    match &report.active {
        Some(name) => page.section("🔒", &format!("Active: {name}")),
        None => page.section("🔓", "Active: none"),
    }
    let crashed: Vec<&Row> = report.sessions.iter().filter(|row| row.status == State::Crashed).collect();
    if !crashed.is_empty() {
        page.section("⚠️", &format!("Crashed sessions ({}):", crashed.len()));
    }
    for row in crashed {
        page.item(&visible(&row.name));
        if let Some(problem) = &row.problem {
            page.sentence("     ", "     ", &prose(problem));
        }
        if let Some(action) = &row.action {
            page.indented(&format!("  Action required: {}", phrase(&visible(action), style.voice)));
        }
    }
    if report.sessions.iter().all(|row| row.status == State::Archived) {
        page.steps("Commands:", &[("Bring one back", "redraft reopen <name>".into())]);
        return page.finish();
    }
    page.steps(
        "Commands:",
        &[
            ("Switch", "redraft switch <name>".into()),
            ("Commit", "redraft commit".into()),
            ("Cancel", "redraft cancel".into()),
        ],
    );
    page.finish()
}

/// Writes everything about one session.
#[inline(never)]
pub(super) fn status(report: &Status, style: &Style) -> String {
    let title = if report.status == State::Active { "ACTIVE SESSION" } else { "SESSION" };
    let mut page = Page::titled(style, "📂", &format!("{title}: {}", report.session));
    page.gap();
    page.line(&format!("Status: {}", state(report.status)));
    page.line(&format!("Created: {}", ago(&report.created_at, style.now)));
    if !report.description.is_empty() {
        page.sentence("Description: ", "   ", &prose(&report.description));
    }
    if !report.tags.is_empty() {
        let tags: Vec<String> = report.tags.iter().map(|tag| prose(tag)).collect();
        page.line(&format!("Tags: {}", tags.join(", ")));
    }
    if report.kind != "workflow" {
        page.line(&format!("Type: {}", visible(&report.kind)));
    }
    notebook::progress(&mut page, &report.progress);
    page.section("📊", "Changes (uncommitted):");
    for (label, op, n) in changes::counted(report.counts) {
        page.item(&format!("{label}: {}", count(n, "file")));
        for line in changes::of_op(&report.changes, op) {
            page.sub(&line);
        }
    }
    if !report.drifted.is_empty() {
        let files = count(report.drifted.len(), "file");
        page.section("⚠️", &format!("Changed in the project, too: {files} (marked above)"));
    }
    page.section("🔄", &format!("Human Retries: {}", changes::n_retries(&report.retries)));
    for file in &report.retries {
        page.item(&changes::retries_of(file));
        for note in &file.retries {
            page.sub(&changes::retry(note));
        }
    }
    page.section("💾", &format!("Session Size: {}", size(report.size_bytes)));
    page.section("📁", "Paths:");
    paths(&mut page, &report.paths);
    let name = match report.status {
        State::Active => String::new(),
        _ => format!(" {}", report.session),
    };
    if report.status == State::Inactive {
        page.steps("Next steps:", &[("Work in it", format!("redraft switch{name}"))]);
    } else if report.counts.total() > 0 || !report.retries.is_empty() {
        page.steps(
            "Next steps:",
            &[
                ("See the changes", "redraft diff".into()),
                ("Preview the commit", format!("redraft commit{name}")),
                ("Discard them", format!("redraft cancel{name}")),
            ],
        );
    }
    page.finish()
}

/// Writes that nobody's session is active.
#[inline(never)]
pub(super) fn no_session(report: &NoSession, style: &Style) -> String {
    let mut page = Page::titled(style, "📂", "NO ACTIVE SESSION");
    page.gap();
    page.line("Writes go straight to the project's files.");
    if !report.waiting.is_empty() {
        page.section("📋", &format!("Sessions waiting ({}):", report.waiting.len()));
        for name in &report.waiting {
            page.item(&visible(name));
        }
    }
    let mut steps = vec![("Create new session", "redraft start <name>".to_string())];
    if !report.waiting.is_empty() {
        steps.push(("Switch to existing", "redraft list → redraft switch <name>".into()));
    }
    page.steps("Next steps:", &steps);
    page.finish()
}

/// Writes which session was left and which is active now.
#[inline(never)]
pub(super) fn switched(report: &Switched, style: &Style) -> String {
    let mut page = Page::new(style);
    if let Some(chosen) = &report.chosen {
        notebook::chosen(&mut page, report.to.as_str(), chosen);
    }
    if report.from.as_ref() == Some(&report.to) {
        page.signed("🔄", &format!("ALREADY IN SESSION: {}", report.to));
    } else {
        page.signed("🔄", "SWITCHED SESSION");
        page.gap();
        page.line(&format!("From: {}", report.from.as_ref().map_or("none", |name| name.as_str())));
        page.line(&format!("To:   {}", report.to));
    }
    page.section("📂", "Active Session Directory:");
    page.indented(&visible(&report.paths.session));
    page.section("📊", "Progress:");
    for (label, _, n) in changes::counted(report.counts) {
        page.item(&format!("{label} files: {n}"));
    }
    page.item(&format!("Session size: {}", size(report.size_bytes)));
    page.item(&format!("Human retries: {}", report.retries));
    page.section("💡", "Resume work or commit when ready");
    page.finish()
}

/// Draws the table, each column as wide as its widest cell.
fn table(page: &mut Page, rows: &[Row]) {
    let cells: Vec<[String; 4]> = rows
        .iter()
        .map(|row| {
            [
                visible(&row.name),
                state(row.status).to_string(),
                row.created_at.as_deref().map_or_else(|| "unknown".into(), date),
                row.changes.map_or_else(|| "unknown".into(), |counts| count(Counts::total(counts), "file")),
            ]
        })
        .collect();
    let head = ["Name", "Status", "Created", "Changes"];
    let mut widths = [26, 8, 10, 8];
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = columns(cell).max(*width);
        }
    }
    let rule = |left: char, middle: &str, right: char| {
        let bars: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
        format!("{left}{}{right}", bars.join(middle))
    };
    let line = |row: [&str; 4]| {
        let padded = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!(" {cell}{} │", " ".repeat(width.saturating_sub(columns(cell)))));
        format!("│{}", padded.collect::<String>())
    };
    page.line(&rule('┌', "┬", '┐'));
    page.line(&line(head));
    page.line(&rule('├', "┼", '┤'));
    for row in &cells {
        page.line(&line(row.each_ref().map(String::as_str)));
    }
    page.line(&rule('└', "┴", '┘'));
}

/// Lists where a session lies; each tracked root is named after its directory.
fn paths(page: &mut Page, paths: &Paths) {
    page.item(&format!("Session: {}", visible(&paths.session)));
    for root in &paths.roots {
        let name = root.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        page.item(&format!("{}: {}", visible(&capitalised(name)), visible(root)));
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Active => "ACTIVE",
        State::Inactive => "INACTIVE",
        State::Crashed => "CRASHED",
        State::Archived => "ARCHIVED",
    }
}
