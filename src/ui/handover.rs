//! Briefs and hand-overs as text.

use crate::report::{Brief, Ended, HandedOver, Handover, Thing};
use crate::text::{path, prose, visible};
use crate::ui::Style;
use crate::ui::changes;
use crate::ui::notebook;
use crate::ui::page::{Page, ago, count};

/// Writes what whoever comes into a session should know.
#[inline(never)]
pub(super) fn brief(report: &Brief, style: &Style) -> String {
    let title = if report.resumed { "RESUMED SESSION" } else { "BRIEF" };
    let mut page = Page::titled(style, "📂", &format!("{title}: {}", report.session));
    page.gap();
    if let Some(before) = &report.took_over_from {
        page.line(&format!("From: {before}, which keeps its changes"));
    }
    if !report.description.is_empty() {
        page.sentence("What it is for: ", "   ", &prose(&report.description));
    }
    page.line(&format!("Type: {}, created {}", visible(&report.kind), ago(&report.created_at, style.now)));
    if let Some(branch) = &report.git_branch {
        page.line(&format!("Git branch: {}", visible(branch)));
    }
    things(&mut page, "🎯", "What we are building:", &report.objectives);
    things(&mut page, "🧭", "How, as decided:", &report.decisions);
    if !report.context.is_empty() {
        page.section("📚", "How, as the project says:");
    }
    for file in &report.context {
        let age = count(usize::try_from(file.days).unwrap_or(0), "day");
        let outdated = if file.stale { ", may be out of date" } else { "" };
        page.item(&format!("{} ({age} old{outdated})", path(&file.path)));
    }
    done(&mut page, report);
    things(&mut page, "▶️", "What is next:", &report.next);
    watch(&mut page, report);
    things(&mut page, "📓", "Noted:", &report.notes);
    if let Some(handover) = &report.handover {
        handed_over(&mut page, handover, style);
    }
    if report.older {
        page.section("⚠️", "The notebook is large: what is older is not told here");
    }
    page.steps(
        "Next steps:",
        &[("See the changes", "redraft diff".into()), ("See everything", "redraft status".into())],
    );
    page.finish()
}

fn things(page: &mut Page<'_>, sign: &str, title: &str, things: &[Thing]) {
    if things.is_empty() {
        return;
    }
    page.section(sign, title);
    for thing in things {
        notebook::one(page, thing);
    }
}

fn done(page: &mut Page<'_>, report: &Brief) {
    page.section("✅", "What is done:");
    for thing in &report.done {
        notebook::one(page, thing);
    }
    for (label, _, n) in changes::counted(report.counts) {
        page.item(&format!("{label}: {}, not landed yet", count(n, "file")));
    }
    for changed in &report.changed {
        page.sub(&path(changed));
    }
    if report.counts.total() > report.changed.len() {
        page.sub(&format!("and {} more", report.counts.total() - report.changed.len()));
    }
}

fn watch(page: &mut Page<'_>, report: &Brief) {
    if report.blockers.is_empty() && report.drifted.is_empty() && report.retries.is_empty() {
        return;
    }
    page.section("⚠️", "What to watch for:");
    for blocker in &report.blockers {
        notebook::one(page, blocker);
    }
    for drifted in &report.drifted {
        page.item(&format!("{} changed in the project, too", path(drifted)));
    }
    for file in &report.retries {
        let times = if file.times == 1 { "once".into() } else { format!("{} times", file.times) };
        page.said(&format!("{} was rejected {times}: \"{}\"", path(&file.file), prose(&file.reason)));
    }
}

fn handed_over(page: &mut Page<'_>, handover: &Handover, style: &Style) {
    page.section("🤝", &format!("Handed over {}:", ago(&handover.at, style.now)));
    if !handover.summary.is_empty() {
        page.said(&prose(&handover.summary));
    }
    if !handover.last_action.is_empty() {
        page.said(&format!("Last: {}", prose(&handover.last_action)));
    }
    for step in &handover.next_steps {
        page.said(&format!("Next: {}", prose(step)));
    }
    for file in &handover.required_files {
        page.item(&format!("Read: {}", path(file)));
    }
    if !handover.user_message.is_empty() {
        page.said(&format!("Asked last: {}", prose(&handover.user_message)));
    }
    if !handover.instructions.is_empty() {
        page.said(&format!("To remember: {}", prose(&handover.instructions)));
    }
}

/// Writes that a session is paused.
#[inline(never)]
pub(super) fn ended(report: &Ended, style: &Style) -> String {
    let mut page = Page::titled(style, "🏁", &format!("SESSION PAUSED: {}", report.session));
    page.gap();
    page.line("Its work is kept; nothing has landed.");
    if let Some(document) = &report.document {
        page.section("📄", "Handoff:");
        page.indented(&path(document));
    }
    notebook::progress(&mut page, &report.progress);
    page.section("📊", "Not landed yet:");
    for (label, _, n) in changes::counted(report.counts) {
        page.item(&format!("{label}: {}", count(n, "file")));
    }
    if let Some(branch) = &report.merged_to {
        page.section("🌿", &format!("Git: merged into {}", visible(branch)));
    }
    if let Some(branch) = &report.pushed {
        page.section("🌿", &format!("Git: pushed {}", visible(branch)));
    }
    page.steps("Next steps:", &[("Go on", format!("redraft resume {}", report.session))]);
    page.finish()
}

/// Writes what was kept for a window, and how to go on.
#[inline(never)]
pub(super) fn kept(report: &HandedOver, style: &Style) -> String {
    let mut page = Page::titled(style, "🤝", &format!("HANDOVER: {}", report.session));
    handed_over(&mut page, &report.handover, style);
    for warning in &report.warnings {
        page.section("⚠️", &prose(warning));
    }
    page.section(
        "💡",
        if report.restarting { "Restarting as:" } else { "To go on from here, type at the terminal:" },
    );
    page.indented(&visible(&report.restart));
    page.finish()
}
