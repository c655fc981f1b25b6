//! What was landed and taken back, and what was mended, as text.

use crate::report::{Log, LogEntry, Recovered, Undone};
use crate::text::{path, prose, visible};
use crate::ui::Style;
use crate::ui::changes;
use crate::ui::page::{Page, ago, count};

/// Writes the history of landings.
#[inline(never)]
pub(super) fn log(report: &Log, style: &Style) -> String {
    let mut page = Page::titled(style, "📋", &format!("COMMITS ({} total)", report.commits.len()));
    if report.commits.is_empty() {
        page.gap();
        page.line("Nothing was committed yet.");
        page.steps("Next steps:", &[("See the sessions", "redraft list".into())]);
        return page.finish();
    }
    page.gap();
    let rows = report.commits.iter().map(|entry| {
        let named = changes::aligned(&[(visible(&entry.id), visible(&entry.session))]).remove(0);
        (named, ago(&entry.at, style.now))
    });
    for (entry, row) in report.commits.iter().zip(changes::aligned(&rows.collect::<Vec<_>>())) {
        page.item(&row);
        page.sub(&what(entry));
    }
    let last = report.commits.iter().find(|entry| entry.work == "commit" && !entry.undone);
    if let Some(last) = last {
        page.steps("Next steps:", &[("Take one back", format!("redraft undo {}", last.id))]);
    }
    page.finish()
}

fn what(entry: &LogEntry) -> String {
    let mut what = vec![count(entry.counts.total(), "file")];
    what.extend(entry.lines.map(changes::lines));
    what.extend(entry.undoes.as_ref().map(|undoes| format!("takes back {}", visible(undoes))));
    what.extend(entry.undone.then(|| "taken back".to_string()));
    what.join(", ")
}

/// Writes what an undo did.
#[inline(never)]
pub(super) fn undone(report: &Undone, style: &Style) -> String {
    let mut page = Page::titled(style, "✅", &format!("COMMIT TAKEN BACK: {}", visible(&report.undoes)));
    page.gap();
    page.line(&format!("Session: {}", visible(&report.session)));
    page.line(&format!("Undo: {}", visible(&report.id)));
    page.section("📁", "As before the commit:");
    for one in &report.paths {
        page.done(&path(one));
    }
    if !report.refused.is_empty() {
        page.section("⚠️", "Left alone:");
    }
    for conflict in &report.refused {
        page.item(&path(&conflict.path));
        page.sentence("     ", "     ", &prose(&conflict.why));
    }
    super::landing::untidied(&mut page, report.untidied.as_deref());
    page.steps("Next steps:", &[("Take this undo back", format!("redraft undo {}", report.id))]);
    page.finish()
}

/// Writes what was mended.
#[inline(never)]
pub(super) fn recovered(report: &Recovered, style: &Style) -> String {
    let name = report.session.as_ref().map_or(String::new(), |name| format!(": {name}"));
    let mut page = Page::titled(style, "✅", &format!("RECOVERED{name}"));
    page.gap();
    if report.done.is_empty() {
        page.line("Nothing needed mending.");
    }
    for done in &report.done {
        page.achieved(&prose(done));
    }
    if !report.unsure.is_empty() {
        page.section("⚠️", "Not known any more:");
    }
    for unsure in &report.unsure {
        page.said(&prose(unsure));
    }
    if let Some(name) = &report.session {
        page.steps("Next steps:", &[("Look at it", format!("redraft status {name}"))]);
    }
    page.finish()
}
