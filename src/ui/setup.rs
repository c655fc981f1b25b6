//! What `init`, `install`, `uninstall` and `doctor` answer, as text.

use crate::report::{CheckResult, Doctor, Initialised, Installed, Repairs, Uninstalled};
use crate::text::{path, prose, visible};
use crate::ui::Style;
use crate::ui::page::{Page, count};
use crate::ui::voice::phrase;

/// Writes which configuration holds now.
#[inline(never)]
pub(super) fn initialised(report: &Initialised, style: &Style) -> String {
    let mut page = if report.existed {
        Page::titled(style, "📋", "CONFIGURATION LEFT AS IT WAS")
    } else {
        Page::titled(style, "✅", "CONFIGURATION WRITTEN")
    };
    page.section("📁", "File:");
    page.indented(&visible(&report.config_path));
    page.section("📂", "Isolated in a session:");
    for glob in &report.tracked {
        page.item(&visible(glob));
    }
    page.steps("Next steps:", &[("Create new session", "redraft start <name>".into())]);
    page.finish()
}

/// Writes what was merged into the settings.
#[inline(never)]
pub(super) fn installed(report: &Installed, style: &Style) -> String {
    let mut page = if report.changed.is_empty() {
        Page::titled(style, "✅", "ALREADY INSTALLED: nothing to change")
    } else {
        Page::titled(style, "✅", "INSTALLED")
    };
    page.section("📁", "Settings:");
    page.indented(&visible(&report.settings_path));
    if !report.changed.is_empty() {
        page.section("📝", "Changed:");
    }
    for change in together(&report.changed) {
        page.achieved(&change);
    }
    if !report.notes.is_empty() {
        page.section("⚠️", "Worth knowing:");
    }
    for note in &report.notes {
        page.said(&phrase(&prose(note), style.voice));
    }
    page.steps("Next steps:", &[("Check that it works", "redraft doctor".into())]);
    page.finish()
}

/// Writes what was taken out again.
#[inline(never)]
pub(super) fn uninstalled(report: &Uninstalled, style: &Style) -> String {
    let mut page = if report.removed.is_empty() {
        Page::titled(style, "✅", "NOT INSTALLED: nothing to take out")
    } else {
        Page::titled(style, "✅", "UNINSTALLED")
    };
    page.section("📁", "Settings:");
    page.indented(&visible(&report.settings_path));
    if !report.removed.is_empty() {
        page.section("🗑️", "Taken out:");
    }
    for removed in together(&report.removed) {
        page.achieved(&removed);
    }
    if !report.left.is_empty() {
        page.section("⚠️", "Left, because it was changed by hand:");
    }
    for left in &report.left {
        page.said(&prose(left));
    }
    page.finish()
}

/// Writes every check, and what to type about those that failed.
#[inline(never)]
pub(super) fn doctor(report: &Doctor, style: &Style) -> String {
    let failed = report.checks.iter().filter(|check| check.result == CheckResult::Fail).count();
    let warned = report.checks.iter().filter(|check| check.result == CheckResult::Warn).count();
    let (sign, verdict) = match (failed, warned) {
        (0, 0) => ("✅", "all is well".to_string()),
        (0, _) => ("⚠️", format!("works, with {}", count(warned, "limit"))),
        _ => ("❌", format!("{} failed", count(failed, "check"))),
    };
    let mut page = Page::titled(style, sign, &format!("DOCTOR: {verdict}"));
    page.gap();
    for check in &report.checks {
        let (sign, word) = match check.result {
            CheckResult::Ok => ("✅", "ok  "),
            CheckResult::Warn => ("⚠️", "warn"),
            CheckResult::Fail => ("❌", "FAIL"),
        };
        let text = format!("{}: {}", prose(&check.name), prose(&check.message));
        let first = if style.emoji { sign } else { word };
        page.sentence(&format!("{first} "), "   ", &text);
        if let Some(hint) = &check.hint {
            page.sentence("   → ", "     ", &phrase(&visible(hint), style.voice));
        }
    }
    page.finish()
}

/// Says what was done to several hooks or skills in one line: "added hooks PreToolUse, Stop".
fn together(phrases: &[String]) -> Vec<String> {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for phrase in phrases {
        let phrase = prose(phrase);
        let words: Vec<&str> = phrase.split(' ').collect();
        let (what, name) = match words.as_slice() {
            [done, kind @ ("hook" | "skill"), name] => (format!("{done} {kind}"), vec![(*name).to_string()]),
            _ => (phrase.clone(), Vec::new()),
        };
        match lines.last_mut() {
            Some((last, names)) if *last == what && !names.is_empty() => names.extend(name),
            _ => lines.push((what, name)),
        }
    }
    let line = |(what, names): (String, Vec<String>)| match names.len() {
        0 => what,
        1 => format!("{what} {}", names[0]),
        _ => format!("{what}s {}", names.join(", ")),
    };
    lines.into_iter().map(line).collect()
}

/// Writes what was wrong among the sessions.
#[inline(never)]
pub(super) fn repairs(report: &Repairs, style: &Style) -> String {
    let n = report.repairs.iter().filter(|repair| repair.cure != "leave").count();
    let title = match (n, report.applied) {
        (0, _) => "NOTHING TO REPAIR".to_string(),
        (_, true) => format!("REPAIRED ({n})"),
        (_, false) => format!("WOULD BE REPAIRED ({n})"),
    };
    let mut page = Page::titled(style, "🔧", &title);
    page.gap();
    if report.repairs.is_empty() {
        page.line("Whatever lies among the sessions is one, under its own name.");
    }
    for repair in &report.repairs {
        page.item(&path(&repair.path));
        page.sentence("     ", "     ", &prose(&repair.problem));
        match (&repair.to, &repair.action) {
            (Some(to), _) if *to == repair.path => page.sub("its record gets this name"),
            (Some(to), _) => page.sub(&format!("it is moved to {}", path(to))),
            (None, Some(action)) => {
                page.sub(&format!("left as it is: {}", phrase(&visible(action), style.voice)));
            }
            (None, None) => {}
        }
    }
    if !report.applied && n > 0 {
        page.steps("Next steps:", &[("Do it, deleting nothing", "redraft doctor --repair --apply".into())]);
    }
    page.finish()
}
