//! Looking back over sessions, as text.

use crate::relpath::RelPath;
use crate::report::{Archived, Collected, Compared, History, Metrics, Past};
use crate::text::{path, prose, visible};
use crate::ui::Style;
use crate::ui::changes;
use crate::ui::notebook;
use crate::ui::page::{Page, ago, count, size};

/// Writes that a session was put away.
#[inline(never)]
pub(super) fn archived(report: &Archived, style: &Style) -> String {
    let mut page = Page::titled(style, "🗄️", &format!("SESSION ARCHIVED: {}", report.session));
    page.gap();
    page.line("It is kept as it is; nothing has landed.");
    metrics(&mut page, &report.metrics);
    if report.lock_cleared {
        page.section("🔓", "Session lock cleared");
    }
    page.steps(
        "Next steps:",
        &[
            ("Bring it back", format!("redraft reopen {}", report.session)),
            ("See what is archived", "redraft list --state archived".into()),
        ],
    );
    page.finish()
}

/// Writes which sessions there were.
#[inline(never)]
pub(super) fn history(report: &History, style: &Style) -> String {
    let n = count(report.sessions.len(), "session");
    let title = if report.more { format!("HISTORY (the latest {n})") } else { format!("HISTORY ({n})") };
    let mut page = Page::titled(style, "📜", &title);
    page.gap();
    for past in &report.sessions {
        page.item(&headline(past, style));
        if !past.description.is_empty() {
            page.sentence("     - ", "       ", &prose(&past.description));
        }
        if let Some(metrics) = &past.metrics {
            page.sentence("     - ", "       ", &in_short(metrics));
        }
    }
    if report.sessions.is_empty() {
        page.line("There was no session yet.");
        page.steps("Next steps:", &[("Create new session", "redraft start <name>".into())]);
        return page.finish();
    }
    let mut steps = vec![("Put two side by side", "redraft compare <name> <name>".to_string())];
    if report.more {
        let more = (report.sessions.len() * 2).to_string();
        steps.insert(0, ("See more", format!("redraft history --count {more}")));
    }
    page.steps("Next steps:", &steps);
    page.finish()
}

/// Writes a session's name, state and time.
fn headline(past: &Past, style: &Style) -> String {
    let when = past.ended_at.as_ref().or(past.last_at.as_ref()).unwrap_or(&past.created_at);
    let kind = if past.kind == "workflow" { String::new() } else { format!(", {}", visible(&past.kind)) };
    let last = if past.ended_at.is_some() { "" } else { "last worked on " };
    format!("{} ({}{kind}, {last}{})", visible(&past.session), past.state, ago(when, style.now))
}

/// Writes what a session came to, in a sentence; what there is none of is left out.
pub(super) fn in_short(metrics: &Metrics) -> String {
    let mut parts = vec![lasted(metrics.active_seconds)];
    let progress = &metrics.progress;
    if progress.objectives > 0 {
        parts.push(format!(
            "{} of {}",
            progress.objectives_completed,
            count(progress.objectives, "objective")
        ));
    }
    if progress.tasks > 0 {
        parts.push(format!("{} of {}", progress.tasks_completed, count(progress.tasks, "task")));
    }
    if metrics.landings > 0 {
        let landed = count(metrics.landed.total(), "file");
        parts.push(format!("{landed} landed ({})", changes::lines(metrics.lines)));
    }
    if metrics.changes.total() > 0 {
        parts.push(format!("{} not landed", count(metrics.changes.total(), "file")));
    }
    for (n, one) in [
        (metrics.blockers, "blocker"),
        (progress.decisions, "decision"),
        (metrics.checkpoints, "checkpoint"),
        (metrics.retries, "retry"),
    ] {
        if n > 0 {
            parts.push(count(n, one));
        }
    }
    parts.join(", ")
}

/// Writes two sessions side by side.
#[inline(never)]
pub(super) fn compared(report: &Compared, style: &Style) -> String {
    let (a, b) = (&report.a, &report.b);
    let title = format!("COMPARED: {} and {}", visible(&a.session), visible(&b.session));
    let mut page = Page::titled(style, "⚖️", &title);
    page.gap();
    for past in [a, b] {
        page.item(&headline(past, style));
        if !past.description.is_empty() {
            page.sentence("     - ", "       ", &prose(&past.description));
        }
    }
    page.section("📊", "What each came to:");
    let (one, other) = (a.metrics.unwrap_or_default(), b.metrics.unwrap_or_default());
    let rows = numbers(&one).into_iter().zip(numbers(&other)).filter(|((_, x), (_, y))| x != "0" || y != "0");
    let rows: Vec<(String, String)> =
        rows.map(|((label, x), (_, y))| (format!("{label}:"), format!("{x} and {y}"))).collect();
    for row in changes::aligned(&rows) {
        page.item(&row);
    }
    files(&mut page, "🔀", "Files of both", &report.both);
    files(&mut page, "📁", &format!("Files of {} alone", visible(&a.session)), &report.only_a);
    files(&mut page, "📁", &format!("Files of {} alone", visible(&b.session)), &report.only_b);
    if a.state == "open" && b.state == "open" {
        let command = format!("redraft diff {} {}", visible(&a.session), visible(&b.session));
        page.steps("Next steps:", &[("Compare their contents", command)]);
    }
    page.finish()
}

fn files(page: &mut Page<'_>, sign: &str, title: &str, paths: &[RelPath]) {
    page.section(sign, &format!("{title} ({}):", paths.len()));
    for one in paths {
        page.item(&path(one));
    }
}

/// Gives every number under its name.
fn numbers(metrics: &Metrics) -> Vec<(&'static str, String)> {
    let progress = &metrics.progress;
    let of = |done: usize, all: usize| if all == 0 { "0".into() } else { format!("{done} of {all}") };
    vec![
        ("At work", lasted(metrics.active_seconds)),
        ("Objectives", of(progress.objectives_completed, progress.objectives)),
        ("Tasks", of(progress.tasks_completed, progress.tasks)),
        ("Blockers", metrics.blockers.to_string()),
        ("Decisions", progress.decisions.to_string()),
        ("Checkpoints", metrics.checkpoints.to_string()),
        ("Retries", metrics.retries.to_string()),
        ("Landings", metrics.landings.to_string()),
        ("Files landed", metrics.landed.total().to_string()),
        ("Files not landed", metrics.changes.total().to_string()),
    ]
}

/// Writes what nobody keeps any more.
#[inline(never)]
pub(super) fn collected(report: &Collected, style: &Style) -> String {
    let title = if report.dry_run { "WOULD BE REMOVED" } else { "REMOVED" };
    let mut page = Page::titled(style, "🧹", &format!("{title}: {}", size(report.bytes)));
    page.gap();
    let rows = [
        (report.sessions.len(), "session", "of the trash"),
        (report.commits.len(), "landing", "that could be taken back"),
        (report.bases, "content", "that no session refers to"),
        (report.temporary, "thing", "that killed processes left behind"),
        (report.windows, "window", "not seen for 90 days"),
    ];
    for (n, one, what) in rows.into_iter().filter(|(n, ..)| *n > 0) {
        page.item(&format!("{} {what}", count(n, one)));
    }
    if rows.iter().all(|(n, ..)| *n == 0) {
        page.line("There is nothing that nobody keeps.");
    }
    for name in report.sessions.iter().chain(&report.commits) {
        page.sub(&visible(name));
    }
    if report.dry_run && rows.iter().any(|(n, ..)| *n > 0) {
        page.steps("Next steps:", &[("Do it", "redraft gc".into())]);
    }
    page.finish()
}

/// Lists what a session came to.
fn metrics(page: &mut Page<'_>, metrics: &Metrics) {
    page.section("📊", "What it came to:");
    page.item(&format!("At work for {}", lasted(metrics.active_seconds)));
    if metrics.landings > 0 {
        page.item(&format!(
            "Landed: {} ({})",
            count(metrics.landed.total(), "file"),
            changes::lines(metrics.lines)
        ));
    }
    for (label, _, n) in changes::counted(metrics.changes) {
        page.item(&format!("{label}: {}, not landed", count(n, "file")));
    }
    page.item(&format!("Checkpoints: {}, retries: {}", metrics.checkpoints, metrics.retries));
    notebook::progress(page, &metrics.progress);
}

/// Writes how long something took: "2h 15m", "3d 4h".
pub(super) fn lasted(seconds: i64) -> String {
    let minutes = seconds.max(0) / 60;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes}m"),
        (0, hours, minutes) => format!("{hours}h {minutes:02}m"),
        (days, hours, _) => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_a_person_writes_them() {
        for (seconds, text) in
            [(-5, "0m"), (59, "0m"), (2_700, "45m"), (8_100, "2h 15m"), (3_660, "1h 01m"), (90_000, "1d 1h")]
        {
            assert_eq!(lasted(seconds), text, "{seconds}");
        }
    }
}
