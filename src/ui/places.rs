//! What is said about single files, as text: a kept retry, where a path is read from, deletions and renames.

use crate::report::{Brought, Moved, Removed, Resolved, Retried};
use crate::text::{path, prose, visible};
use crate::ui::Style;
use crate::ui::page::{Page, count};

/// Writes that a rejected version was kept.
#[inline(never)]
pub(super) fn retried(report: &Retried, style: &Style) -> String {
    let mut page = Page::titled(style, "✅", "HUMAN RETRY RECORDED");
    page.section("📝", &format!("File: {}", path(&report.file)));
    page.signed("🔢", &format!("Retry Number: {}", report.number));
    page.signed("📝", &format!("Reason: {}", prose(&report.reason)));
    page.signed(
        "🤖",
        &format!("Source: {}", if report.auto_detected { "AI detected" } else { "User command" }),
    );
    page.section("💾", "Saved to:");
    page.item(&path(&report.saved));
    page.item(&path(&report.reason_file));
    page.section("💡", "Previous version preserved for review");
    if !report.from_session {
        page.item("it is the project's: the session has none of its own");
    }
    page.finish()
}

/// Writes where paths are read from.
#[inline(never)]
pub(super) fn resolved(report: &Resolved, style: &Style) -> String {
    let mut page = Page::new(style);
    for one in &report.paths {
        page.section("📁", &path(&one.path));
        page.item(&format!("Resolved: {}", path(&one.resolved_path)));
        page.item(&format!("Source: {}", one.source));
        page.item(&format!("Exists: {}", yes(one.exists)));
        page.item(&format!("Modified in session: {}", yes(one.modified_in_session)));
        page.item(&format!("Session: {}", one.session.as_ref().map_or("none", |name| name.as_str())));
    }
    page.finish()
}

/// Writes which files the session deleted.
#[inline(never)]
pub(super) fn removed(report: &Removed, style: &Style) -> String {
    let files = count(report.paths.len(), "file");
    let mut page = Page::titled(style, "🗑️", &format!("DELETED IN SESSION: {} ({files})", report.session));
    page.gap();
    for gone in &report.paths {
        page.done(&path(gone));
    }
    page.section("💡", "Global files unchanged until the session is committed");
    page.finish()
}

/// Writes what the session renamed.
#[inline(never)]
pub(super) fn moved(report: &Moved, style: &Style) -> String {
    let mut page = Page::titled(style, "🔄", &format!("RENAMED IN SESSION: {}", report.session));
    page.gap();
    page.line(&format!("From: {}", path(&report.from)));
    page.line(&format!("To:   {}", path(&report.to)));
    page.section("📂", "In the session:");
    page.indented(&visible(&report.to_path));
    page.section("💡", "Global files unchanged until the session is committed");
    page.finish()
}

/// Writes which files can be changed in the session now.
#[inline(never)]
pub(super) fn brought(report: &Brought, style: &Style) -> String {
    let files = count(report.files.len(), "file");
    let mut page = Page::titled(style, "📥", &format!("IN SESSION: {} ({files})", report.session));
    page.gap();
    for file in &report.files {
        page.done(&format!("{}{}", path(&file.path), if file.is_new { "" } else { " (was there)" }));
        page.indented(&visible(&file.session_path));
    }
    page.section("💡", "Change them there; what is not changed goes on following the project");
    page.finish()
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}
