//! What is found over many sessions, as text.

use crate::report::{Analysis, Lapse, Patterns, Reworked, Tdd, Velocity, Week};
use crate::text::{path, prose, visible};
use crate::ui::Style;
use crate::ui::changes;
use crate::ui::lookback::lasted;
use crate::ui::page::{Page, count, date};

/// Writes what was found, part by part.
#[inline(never)]
pub(super) fn analysis(report: &Analysis, style: &Style) -> String {
    let mut page = Page::titled(style, "📈", &format!("ANALYSIS ({})", count(report.sessions, "session")));
    page.gap();
    match &report.since {
        Some(since) => page.line(&format!("Since {}.", date(since))),
        None if report.more => page.line("The latest; there are older ones."),
        None => page.line("All that are kept, open and ended."),
    }
    if let Some(velocity) = &report.velocity {
        weeks(&mut page, velocity);
    }
    if let Some(files) = &report.retries {
        reworked(&mut page, files);
    }
    if let Some(found) = &report.patterns {
        patterns(&mut page, found);
    }
    if let Some(tdd) = &report.tdd {
        cycles(&mut page, tdd);
    }
    if let Some(lapses) = &report.discipline {
        discipline(&mut page, lapses);
    }
    page.steps(
        "Next steps:",
        &[
            ("See the sessions", "redraft history --metrics".into()),
            ("Only what is new", "redraft analyze --since 7d".into()),
        ],
    );
    page.finish()
}

fn weeks(page: &mut Page<'_>, velocity: &Velocity) {
    page.section("🚀", "Velocity, week by week:");
    if velocity.weeks.is_empty() {
        page.item("Nothing yet");
    }
    for week in &velocity.weeks {
        let told = of_week(week);
        page.said(&format!("{}: {}", visible(&week.from), if told.is_empty() { "nothing" } else { &told }));
    }
    if let Some(median) = velocity.median_seconds_to_land {
        page.item(&format!("From start to landing: {} (median)", lasted(median)));
    }
}

/// Writes what was done in a week; what there is none of is left out.
pub(super) fn of_week(week: &Week) -> String {
    let mut parts = Vec::new();
    for (n, one, what) in [
        (week.started, "session", "started"),
        (week.ended, "session", "landed"),
        (week.objectives_completed, "objective", "completed"),
        (week.tasks_completed, "task", "completed"),
    ] {
        if n > 0 {
            parts.push(format!("{} {what}", count(n, one)));
        }
    }
    if week.landings > 0 {
        let files = count(week.files, "file");
        parts.push(format!(
            "{files} in {} ({})",
            count(week.landings, "landing"),
            changes::lines(week.lines)
        ));
    }
    if week.retries > 0 {
        parts.push(count(week.retries, "retry"));
    }
    parts.join(", ")
}

fn reworked(page: &mut Page<'_>, files: &[Reworked]) {
    page.section("🔄", "Retries by file:");
    if files.is_empty() {
        page.item("None");
    }
    for file in files {
        page.item(&format!("{}: {}", path(&file.file), count(file.times, "retry")));
        for reason in &file.reasons {
            page.sentence("     - ", "       ", &format!("\"{}\"", prose(reason)));
        }
    }
}

fn patterns(page: &mut Page<'_>, found: &Patterns) {
    page.section("🔁", "Patterns:");
    if *found == Patterns::default() {
        page.item("Nothing happened twice");
    }
    for hot in &found.hot {
        page.item(&format!("{} is in {}", path(&hot.path), count(hot.sessions, "session")));
    }
    for pair in &found.together {
        page.said(&format!("{} and {} landed together {} times", path(&pair.a), path(&pair.b), pair.times));
    }
    for word in &found.reasons {
        let example = prose(&word.example);
        page.said(&format!("\"{}\" is in {} reasons: \"{example}\"", visible(&word.word), word.times));
    }
}

fn cycles(page: &mut Page<'_>, tdd: &Tdd) {
    page.section("🧪", "Test-driven work:");
    page.item(&format!("{} in {}", count(tdd.cycles, "cycle"), count(tdd.sessions, "session")));
    page.item(&format!("Checkpoints: {} RED, {} GREEN, {} REFACTOR", tdd.red, tdd.green, tdd.refactor));
}

fn discipline(page: &mut Page<'_>, lapses: &[Lapse]) {
    page.section("📏", "Discipline:");
    if lapses.is_empty() {
        page.item("Every rule was kept");
    }
    for lapse in lapses {
        page.said(&format!("{} ({}): {}", visible(&lapse.session), lapse.state, prose(&lapse.detail)));
    }
}
