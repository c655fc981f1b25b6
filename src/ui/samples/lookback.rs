//! The reports that look back over sessions, filled in.

use super::notebook::progress;
use super::{COUNTS, NAME, name, rel};
use crate::report::{Archived, Compared, Counts, History, Lines, Metrics, Past, Report};

fn metrics() -> Metrics {
    Metrics {
        active_seconds: 8_100,
        progress: progress(),
        blockers: 2,
        checkpoints: 3,
        retries: 2,
        changes: COUNTS,
        landings: 1,
        landed: Counts { modified: 3, ..Counts::default() },
        lines: Lines { added: 120, removed: 30 },
    }
}

fn past() -> Past {
    Past {
        session: NAME.into(),
        state: "open",
        description: "OAuth for everybody".into(),
        kind: "tdd".into(),
        tags: vec!["draft".into()],
        created_at: "2025-11-09T12:00:00Z".into(),
        last_at: Some("2025-11-09T14:15:00Z".into()),
        ended_at: None,
        metrics: Some(metrics()),
    }
}

fn landed() -> Past {
    Past {
        session: "old-work".into(),
        state: "landed",
        description: String::new(),
        kind: "workflow".into(),
        tags: Vec::new(),
        created_at: "2025-11-06T12:00:00Z".into(),
        last_at: Some("2025-11-06T12:45:00Z".into()),
        ended_at: Some("2025-11-06T13:00:00Z".into()),
        metrics: Some(Metrics {
            active_seconds: 2_700,
            landings: 1,
            landed: Counts { created: 1, ..Counts::default() },
            lines: Lines { added: 8, removed: 0 },
            ..Metrics::default()
        }),
    }
}

pub(in crate::ui) fn history() -> Report {
    Report::History(History { sessions: vec![past(), landed()], more: true })
}

pub(in crate::ui) fn compared() -> Report {
    Report::Compared(Box::new(Compared {
        a: past(),
        b: landed(),
        both: vec![rel("src/auth.rs")],
        only_a: vec![rel("src/token.rs")],
        only_b: Vec::new(),
    }))
}

pub(in crate::ui) fn archived() -> Report {
    Report::Archived(Archived {
        session: name(NAME),
        archived_at: "2025-11-09T14:30:00Z".into(),
        metrics: metrics(),
        lock_cleared: true,
    })
}
