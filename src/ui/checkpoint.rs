//! Checkpoints, rollbacks and gates as text.

use crate::report::{CheckpointChange, CheckpointOp, CheckpointTaken, Checkpoints, Gate, RolledBack};
use crate::text::{path, prose, visible};
use crate::ui::Style;
use crate::ui::page::{Page, ago, count};

/// Writes that a checkpoint was taken.
#[inline(never)]
pub(super) fn taken(report: &CheckpointTaken, style: &Style) -> String {
    let own = &report.checkpoint;
    let mut page = Page::titled(style, "✅", &format!("CHECKPOINT: {}", visible(&own.id)));
    page.gap();
    page.line(&format!("Session: {}", report.session));
    if own.label != own.id {
        page.sentence("Label: ", "   ", &prose(&own.label));
    }
    if let Some(phase) = &own.tdd_phase {
        page.line(&format!("TDD phase: {}", visible(phase)));
    }
    if !own.notes.is_empty() {
        page.sentence("Notes: ", "   ", &prose(&own.notes));
    }
    if let Some(git) = &own.git {
        let branch = git.branch.as_deref().map_or("detached".into(), visible);
        page.line(&format!("Git: {branch}, {} not committed", count(git.dirty, "path")));
    }
    if let Some(commit) = &own.git_commit {
        page.line(&format!("Git commit: {}", visible(commit)));
    }
    let since = own.since.as_deref().map_or("the session began".to_string(), visible);
    changed(&mut page, &format!("Changed since {since}"), &report.changes);
    page.steps(
        "Next steps:",
        &[
            ("Return to it", format!("redraft rollback {}", visible(&own.id))),
            ("See them all", "redraft checkpoints".into()),
        ],
    );
    page.finish()
}

/// Writes the checkpoints of a session.
#[inline(never)]
pub(super) fn list(report: &Checkpoints, style: &Style) -> String {
    let title = format!("CHECKPOINTS OF {} ({} total)", report.session, report.checkpoints.len());
    let mut page = Page::titled(style, "📋", &title);
    page.gap();
    if report.checkpoints.is_empty() {
        page.line("None yet.");
        page.steps("Next steps:", &[("Take one", "redraft checkpoint --label \"<text>\"".into())]);
        return page.finish();
    }
    for one in &report.checkpoints {
        let label = if one.label == one.id { String::new() } else { format!("  {}", prose(&one.label)) };
        page.item(&format!("{}{label}  {}", visible(&one.id), ago(&one.at, style.now)));
        let mut about = vec![count(one.counts.total(), "file") + " changed"];
        about.extend(one.tdd_phase.as_deref().map(visible));
        about.extend(
            one.git.as_ref().and_then(|git| git.branch.as_deref()).map(|b| format!("on {}", visible(b))),
        );
        about.extend(
            one.git_commit.as_ref().map(|sha| format!("git {}", sha.chars().take(10).collect::<String>())),
        );
        page.sub(&about.join(", "));
        if !one.notes.is_empty() {
            page.sub(&prose(&one.notes));
        }
    }
    page.steps("Next steps:", &[("Return to one", "redraft rollback <id>".into())]);
    page.finish()
}

/// Writes that a session is what it was.
#[inline(never)]
pub(super) fn rolled_back(report: &RolledBack, style: &Style) -> String {
    let mut page = Page::titled(style, "✅", &format!("ROLLED BACK TO: {}", visible(&report.to)));
    page.gap();
    page.line(&format!("Session: {}", report.session));
    changed(&mut page, "Different now", &report.changes);
    page.section("💡", "Global files unchanged");
    page.steps("Next steps:", &[("Take it back", format!("redraft rollback {}", visible(&report.undo)))]);
    page.finish()
}

/// Lists what a commit waits for; nothing when it waits for nothing.
pub(super) fn gates(page: &mut Page<'_>, gates: &[Gate]) {
    if gates.is_empty() {
        return;
    }
    page.section("🚧", "Gates:");
    for gate in gates {
        let state = if gate.state == "unknown" { "is run before it lands" } else { gate.state };
        page.item(&format!("{}: {state}", visible(&gate.name)));
        for why in &gate.why {
            page.sub(why);
        }
    }
}

fn changed(page: &mut Page<'_>, title: &str, changes: &[CheckpointChange]) {
    page.section("📊", &format!("{title} ({}):", count(changes.len(), "file")));
    if changes.is_empty() {
        page.item("Nothing");
    }
    for change in changes {
        let what = match (change.op, &change.from) {
            (CheckpointOp::Created, _) => "created",
            (CheckpointOp::Deleted, _) => "deleted",
            (CheckpointOp::Renamed, Some(from)) => {
                page.item(&format!("{} (renamed from {})", path(&change.path), path(from)));
                continue;
            }
            (CheckpointOp::Modified | CheckpointOp::Renamed, _) => "modified",
        };
        page.item(&format!("{} ({what})", path(&change.path)));
    }
}
