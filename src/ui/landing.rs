//! What ends a session, as text: the preview of a commit, the commit, the cancellation, and the way back.

use crate::relpath::RelPath;
use crate::report::{Cancelled, Change, Committed, FileState, Op, Preview, Restored};
use crate::text::{path, prose, shown, visible};
use crate::ui::Style;
use crate::ui::changes;
use crate::ui::checkpoint;
use crate::ui::page::{Page, ago, count};
use crate::ui::voice::Voice;

/// Writes what a commit would do, and the commands that do it.
#[inline(never)]
pub(super) fn preview(report: &Preview, style: &Style) -> String {
    let mut page = Page::titled(style, "⚠️", &format!("COMMIT SESSION: {}", report.session));
    if report.changes.is_empty() {
        page.section("📊", "No changes to be committed");
    } else {
        let lines = changes::lines(changes::total_lines(report.changes.iter().map(|change| &change.lines)));
        let files = count(report.changes.len(), "file");
        page.section("📊", &format!("Changes to be committed ({files}, {lines}):"));
    }
    page.expect_lines(report.changes.len());
    for (label, op, n) in changes::counted(report.counts) {
        if n > 0 {
            page.gap();
            page.indented(&format!("{label} files ({n}):"));
        }
        for line in changes::of_op(&report.changes, op) {
            page.sub_item(&line);
        }
    }
    if !report.files.is_empty() {
        page.gap();
        page.indented(&format!("Only: {}", prose(&report.files.join(", "))));
        page.indented(&format!("Staying in the session: {}", count(report.staying, "file")));
    }
    if !report.retries.is_empty() {
        page.gap();
        page.indented(&format!("Human retries: {}", changes::n_retries(&report.retries)));
    }
    for file in &report.retries {
        page.sub_item(&changes::retries_of(file));
        for note in &file.retries {
            page.indented(&format!("    - {}", changes::retry(note)));
        }
    }
    if !report.conflicts.is_empty() {
        page.section("🛑", &format!("Conflicts ({}):", report.conflicts.len()));
    }
    for conflict in &report.conflicts {
        page.item(&path(&conflict.path));
        page.sentence("     ", "     ", &prose(&conflict.why));
    }
    if !report.changes.is_empty() {
        page.section("🔢", &format!("Fingerprint: {}", visible(&report.fingerprint)));
    }
    verdict(&mut page, report);
    page.finish()
}

/// Writes what a commit did.
#[inline(never)]
pub(super) fn committed(report: &Committed, style: &Style) -> String {
    let mut page = Page::titled(style, "✅", "SESSION COMMITTED");
    page.gap();
    page.line(&format!("Session: {}", report.session));
    if let Some(commit) = &report.commit {
        page.line(&format!("Commit: {}", visible(commit)));
    }
    let (deleted, copied): (Vec<&Change>, Vec<&Change>) =
        report.changes.iter().partition(|change| change.op == Op::Deleted);
    if report.changes.is_empty() && report.kept.is_empty() {
        page.section("📁", "No files to copy: the session changed none");
    }
    for (changes, title) in [(copied, "Files copied to global:"), (deleted, "Files deleted from global:")] {
        if !changes.is_empty() {
            page.section("📁", title);
        }
        page.expect_lines(changes.len());
        for change in changes {
            page.done(&shown(&change.path));
        }
    }
    if !report.kept.is_empty() {
        page.section("📂", "The project's version kept:");
        report.kept.iter().for_each(|path| page.item(&shown(path)));
    }
    if let Some(archive) = &report.retries_archived {
        page.section("📦", "Human retries archived:");
        page.indented(&visible(archive));
    }
    page.gap();
    if report.session_removed {
        page.signed("🗑️", "Session directory removed (kept in the trash)");
    } else {
        page.signed("📂", &format!("Session stays open: {} not committed", count(report.staying, "file")));
    }
    if report.lock_cleared {
        page.signed("🔓", "Session lock cleared");
    }
    if !report.changes.is_empty() {
        page.section("🎉", "Changes committed to the project!");
    }
    untidied(&mut page, report.untidied.as_deref());
    if let Some(commit) = &report.commit {
        page.steps("Next steps:", &[("Take it back", format!("redraft undo {}", visible(commit)))]);
    }
    page.finish()
}

/// Says that all has landed and only the tidying up has not been done.
pub(super) fn untidied(page: &mut Page<'_>, why: Option<&str>) {
    if let Some(why) = why {
        page.section("⚠️", "Not tidied up yet; the next command does it:");
        page.sentence("     ", "     ", &prose(why));
    }
}

/// Writes what was discarded, and what is kept.
#[inline(never)]
pub(super) fn cancelled(report: &Cancelled, style: &Style) -> String {
    let mut page = Page::titled(style, "🛑", "SESSION CANCELLED");
    page.gap();
    page.line(&format!("Session: {}", visible(&report.session)));
    page.section("📊", "Discarded changes:");
    match report.discarded {
        Some(counts) => {
            for (label, _, n) in changes::counted(counts) {
                page.item(&format!("{label} files: {n}"));
            }
        }
        None => page.item("Files: unknown (its records could not be read)"),
    }
    page.item(&format!("Human retries: {}", report.retries));
    if let Some(archive) = &report.retries_archived {
        page.section("📦", "Human retries backed up:");
        page.indented(&visible(archive));
    }
    page.gap();
    if report.purged {
        page.signed("🗑️", "Session directory removed for good");
    } else {
        let days = count(report.trash_days as usize, "day");
        page.signed("🗑️", &format!("Session directory removed (in the trash for {days})"));
    }
    if report.lock_cleared {
        page.signed("🔓", "Session lock cleared");
    }
    page.section("💡", "Global files unchanged");
    if !report.purged {
        page.steps("Next steps:", &[("Bring it back", format!("redraft restore {}", report.session))]);
    }
    page.finish()
}

/// Writes that a session is back.
#[inline(never)]
pub(super) fn restored(report: &Restored, style: &Style) -> String {
    let what = if report.was == "archived" { "REOPENED" } else { "RESTORED" };
    let mut page = Page::titled(style, "✅", &format!("SESSION {what}: {}", report.session));
    page.gap();
    page.line(&format!("It was {} {}.", visible(&report.was), ago(&report.trashed_at, style.now)));
    page.section("📊", "Changes (uncommitted):");
    for (label, _, n) in changes::counted(report.counts) {
        page.item(&format!("{label}: {}", count(n, "file")));
    }
    page.steps("Next steps:", &[("Work in it", format!("redraft switch {}", report.session))]);
    page.finish()
}

/// Says whether it would land, and how to.
fn verdict(page: &mut Page, report: &Preview) {
    checkpoint::gates(page, &report.gates);
    let own = if report.active { String::new() } else { format!(" {}", report.session) };
    let only = if report.files.is_empty() {
        String::new()
    } else {
        format!(" --files {}", argument(&report.files.join(","), page.style().voice))
    };
    let part = part(report, page.style().voice);
    if !report.conflicts.is_empty() {
        page.section("❓", "Nothing lands while a file is in conflict.");
        let one = glob(&report.conflicts[0].path, page.style().voice);
        let land = format!("redraft commit{own} --force{only}");
        let mut steps = vec![("See both sides", format!("redraft diff{own}"))];
        // Markers are for text alone.
        if report.changes.iter().any(|change| change.state == FileState::Conflict) {
            steps.push(("Land both versions between markers", format!("{land} --on-conflict merge")));
        }
        steps.push(("Take the session's version", format!("{land} --ours {one}")));
        steps.push(("Keep the project's version", format!("{land} --theirs {one}")));
        steps.extend(part.map(|files| {
            ("Land only what is free, for example", format!("redraft commit{own} --force --files {files}"))
        }));
        page.steps("To proceed:", &steps);
        return;
    }
    if report.changes.is_empty() && report.staying > 0 {
        page.section("❓", "No change of this session matches; nothing would land.");
        page.steps("To proceed:", &[("See what it changes", format!("redraft status{own}"))]);
        return;
    }
    if report.changes.is_empty() && report.retries.is_empty() {
        page.section("❓", "There is nothing to commit.");
        page.steps("To proceed:", &[("End the session", format!("redraft cancel{own}"))]);
        return;
    }
    if report.changes.is_empty() {
        page.section("❓", "No file changed: a commit archives the retries and closes the session.");
        page.steps("To proceed:", &[("Close it", format!("redraft commit{own} --force"))]);
        return;
    }
    page.section("❓", "This will OVERWRITE global files.");
    let expect = visible(&report.fingerprint);
    let mut steps = vec![
        ("Land exactly this", format!("redraft commit{own} --force{only} --expect {expect}")),
        ("Land it as it is by then", format!("redraft commit{own} --force{only}")),
    ];
    if report.files.is_empty() && report.changes.len() > 1 {
        steps.extend(
            part.map(|files| {
                ("Land only some files", format!("redraft commit{own} --force --files {files}"))
            }),
        );
    }
    page.steps("To proceed:", &steps);
}

/// Names one file that could land alone, as an example for `--files`.
fn part(report: &Preview, voice: Voice) -> Option<String> {
    let in_conflict = |change: &&Change| report.conflicts.iter().any(|conflict| conflict.path == change.path);
    let free = report.changes.iter().find(|change| !in_conflict(change))?;
    Some(glob(&free.path, voice))
}

/// Names one path where globs are taken; a stand-in where its name cannot be typed as one.
fn glob(one: &RelPath, voice: Voice) -> String {
    let name = path(one);
    let plain =
        name.as_bytes() == one.as_bytes() && !name.contains(['*', '?', '[', ']', '{', '}', ',', '\\']);
    if plain { argument(&name, voice) } else { "GLOB,…".into() }
}

/// Quotes an argument as its reader would have to type it.
fn argument(text: &str, voice: Voice) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./,:@%+=".contains(c);
    let text = visible(text);
    match voice {
        _ if text.chars().all(plain) => text,
        Voice::Cli => format!("'{}'", text.replace('\'', "'\\''")),
        Voice::Slash => format!("\"{text}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_can_be_typed_as_shown() {
        assert_eq!(argument("acts/сцена-1.md,b", Voice::Cli), "acts/сцена-1.md,b");
        assert_eq!(argument("it's $HOME", Voice::Cli), "'it'\\''s $HOME'");
        assert_eq!(argument("acts/**", Voice::Cli), "'acts/**'");
        assert_eq!(argument("a b.md", Voice::Slash), "\"a b.md\"");
    }
}
