//! Looking back over sessions, as text.

use crate::report::{Archived, Metrics};
use crate::ui::Style;
use crate::ui::changes;
use crate::ui::notebook;
use crate::ui::page::{Page, count};

/// Writes that a session was put away.
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

/// Lists what a session came to.
fn metrics(page: &mut Page<'_>, metrics: &Metrics) {
    page.section("📊", "What it came to:");
    page.item(&format!("At work for {}", lasted(metrics.active_seconds)));
    for (label, _, n) in changes::counted(metrics.changes) {
        page.item(&format!("{label}: {}, not landed", count(n, "file")));
    }
    page.item(&format!("Checkpoints: {}, retries: {}", metrics.checkpoints, metrics.retries));
    notebook::progress(page, &metrics.progress);
}

/// Writes how long something took: "2h 15m", "3d 4h".
fn lasted(seconds: i64) -> String {
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
