//! The reports that look back over sessions, filled in.

use super::notebook::progress;
use super::{COUNTS, NAME, name, rel};
use crate::report::{
    Analysis, Archived, Collected, Compared, Counts, Event, History, Hot, Lapse, Lines, Metrics, NoteKind,
    NoteStatus, Past, Patterns, Recurring, Remark, Repair, Repairs, Report, Reworked, Summary, SummaryFormat,
    Tdd, Together, Velocity, Week,
};

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

fn reworked() -> Vec<Reworked> {
    vec![Reworked {
        file: rel("acts/scene-0101.md"),
        times: 2,
        sessions: vec![NAME.into()],
        reasons: vec!["Too much exposition".into(), "Exposition\nagain".into()],
    }]
}

fn velocity() -> Velocity {
    let week = Week {
        from: "2025-11-03".into(),
        started: 2,
        ended: 1,
        tasks_completed: 3,
        objectives_completed: 1,
        landings: 2,
        files: 4,
        lines: Lines { added: 128, removed: 30 },
        retries: 2,
    };
    let quiet = Week { from: "2025-11-10".into(), ..Week::default() };
    Velocity { weeks: vec![week, quiet], median_seconds_to_land: Some(3_600) }
}

fn lapses() -> Vec<Lapse> {
    let detail = "cp-3 is GREEN, and no test was RED before it".into();
    vec![Lapse { session: NAME.into(), state: "open", rule: "green_without_red", detail }]
}

pub(in crate::ui) fn analysis() -> Report {
    Report::Analysis(Box::new(Analysis {
        sessions: 2,
        more: false,
        since: None,
        velocity: Some(velocity()),
        retries: Some(reworked()),
        patterns: Some(Patterns {
            hot: vec![Hot { path: rel("src/auth.rs"), sessions: 3 }],
            together: vec![Together { a: rel("src/auth.rs"), b: rel("tests/auth.rs"), times: 4 }],
            reasons: vec![Recurring {
                word: "exposition".into(),
                times: 2,
                example: "Too much exposition".into(),
            }],
        }),
        tdd: Some(Tdd { sessions: 1, cycles: 2, red: 2, green: 3, refactor: 1 }),
        discipline: Some(lapses()),
    }))
}

pub(in crate::ui) fn analysis_of_nothing() -> Report {
    Report::Analysis(Box::new(Analysis {
        sessions: 0,
        more: false,
        since: Some("2025-11-02T12:00:00Z".into()),
        velocity: Some(Velocity::default()),
        retries: Some(Vec::new()),
        patterns: Some(Patterns::default()),
        tdd: None,
        discipline: Some(Vec::new()),
    }))
}

fn remark(id: &str, kind: NoteKind, text: &str, rationale: &str) -> Remark {
    let (session, at) = (NAME.into(), "2025-11-08T12:00:00Z".into());
    Remark { session, id: id.into(), kind, text: text.into(), rationale: rationale.into(), at }
}

fn summary_as(format: SummaryFormat) -> Report {
    Report::Summary(Box::new(Summary {
        period: "weekly",
        format,
        project: "my_book".into(),
        from: Some("2025-11-02T14:30:00Z".into()),
        to: "2025-11-09T14:30:00Z".into(),
        sessions: vec![past(), landed()],
        more: true,
        totals: velocity().weeks.remove(0),
        completed: vec![remark("obj-1", NoteKind::Objective, "Implement OAuth2\n<integration>", "")],
        decisions: vec![remark(
            "dec-1",
            NoteKind::Decision,
            "Using *PKCE*",
            "No code interception & the like",
        )],
        blockers: vec![remark("blk-1", NoteKind::Blocker, "Waiting on API keys", "")],
        next: vec![remark("task-2", NoteKind::Task, "Token refresh", "")],
        retries: reworked(),
        velocity: velocity(),
        discipline: lapses(),
    }))
}

pub(in crate::ui) fn summary() -> Report {
    summary_as(SummaryFormat::Markdown)
}

pub(in crate::ui) fn summary_html() -> Report {
    summary_as(SummaryFormat::Html)
}

pub(in crate::ui) fn summary_json() -> Report {
    summary_as(SummaryFormat::Json)
}

pub(in crate::ui) fn collected() -> Report {
    Report::Collected(Collected {
        dry_run: true,
        sessions: vec!["old-idea.20251001-120000.cancelled".into()],
        commits: vec!["20250901-120000".into()],
        bases: 12,
        temporary: 1,
        windows: 0,
        bytes: 2_300_000,
    })
}

pub(in crate::ui) fn repairs(applied: bool) -> Report {
    let sessions = "workspace/sessions";
    let repair = |path: &str, problem: &str, cure, to: Option<&str>, action: Option<&str>| Repair {
        path: rel(&format!("{sessions}/{path}")),
        problem: problem.into(),
        cure,
        to: to.map(rel),
        action: action.map(Into::into),
    };
    Report::Repairs(Repairs {
        applied,
        repairs: vec![
            repair(
                "auth-copy",
                "it is a copy of session 'auth', or was renamed",
                "name",
                Some("workspace/sessions/auth-copy"),
                None,
            ),
            repair(
                "gone",
                "it has no session's records",
                "set_aside",
                Some("workspace/strays/20251109-143000/gone"),
                None,
            ),
            repair("broken", "its records cannot be read", "leave", None, Some("redraft recover broken")),
        ],
    })
}

pub(in crate::ui) fn event() -> Event {
    Event {
        event: "TASK_UPDATED".into(),
        at: "2025-11-09T14:30:00Z".into(),
        session: Some(NAME.into()),
        id: Some("task-2".into()),
        status: Some(NoteStatus::InProgress),
        text: Some("begun".into()),
        path: None,
    }
}
