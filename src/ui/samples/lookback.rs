//! The reports that look back over sessions, filled in.

use super::notebook::progress;
use super::{COUNTS, NAME, name};
use crate::report::{Archived, Metrics, Report};

fn metrics() -> Metrics {
    Metrics {
        active_seconds: 8_100,
        progress: progress(),
        blockers: 2,
        checkpoints: 3,
        retries: 2,
        changes: COUNTS,
    }
}

pub(in crate::ui) fn archived() -> Report {
    Report::Archived(Archived {
        session: name(NAME),
        archived_at: "2025-11-09T14:30:00Z".into(),
        metrics: metrics(),
        lock_cleared: true,
    })
}
