//! The reports about a session's notebook, filled in.

use super::{NAME, name, preview_data, rel, started};
use crate::report::{
    Candidate, Checkpoint, CheckpointChange, CheckpointOp, CheckpointTaken, Checkpoints, Chosen, Counts,
    Found, Gate, GitState, Hit, NoteKind, NoteStatus, Noted, Notes, Preview, Progress, Report, RolledBack,
    Started, Step, Thing, ToolAnswer,
};

pub(in crate::ui) fn started_for_task() -> Report {
    let Report::Started(started) = started() else { unreachable!() };
    let candidate = |session: &str, relevance, score| Candidate { session: name(session), relevance, score };
    Report::Started(Started {
        kind: "tdd".into(),
        objectives: vec!["Token refresh".into()],
        branch: Some("feature/auth".into()),
        took_over_from: None,
        chosen: Some(Chosen {
            analysis: Some("Task relevance = low".into()),
            decision: "Creating new session".into(),
            warning: Some("Multiple active sessions detected".into()),
            candidates: vec![candidate("main-work", "low", 20), candidate("old-work", "none", 0)],
        }),
        ..started
    })
}

pub(in crate::ui) fn progress() -> Progress {
    Progress {
        objectives: 2,
        objectives_completed: 1,
        blockers_open: 1,
        tasks: 3,
        tasks_completed: 0,
        decisions: 1,
        notes: 0,
    }
}

pub(super) fn thing(id: &str, kind: NoteKind, text: &str, states: &[(NoteStatus, &str)]) -> Thing {
    let step = |(nth, (status, said)): (usize, &(NoteStatus, &str))| Step {
        status: *status,
        at: format!("2025-11-09T1{}:30:00Z", nth + 2),
        by: "alexa".into(),
        said: (*said).into(),
    };
    Thing {
        id: id.into(),
        kind,
        status: states[states.len() - 1].0,
        text: text.into(),
        rationale: String::new(),
        alternatives: Vec::new(),
        sort: String::new(),
        history: states.iter().enumerate().map(step).collect(),
    }
}

pub(in crate::ui) fn noted() -> Report {
    let states = [(NoteStatus::Pending, ""), (NoteStatus::Completed, "")];
    Report::Noted(Noted {
        session: name(NAME),
        change: "changed",
        kind: NoteKind::Objective,
        things: vec![thing("obj-1", NoteKind::Objective, "Implement OAuth2\nintegration", &states)],
        progress: progress(),
    })
}

pub(in crate::ui) fn decided() -> Report {
    let mut decision = thing("dec-1", NoteKind::Decision, "Using PKCE flow", &[(NoteStatus::Recorded, "")]);
    decision.rationale = "Protection against code interception".into();
    decision.alternatives = vec!["Implicit flow: deprecated".into()];
    Report::Noted(Noted {
        session: name(NAME),
        change: "added",
        kind: NoteKind::Decision,
        things: vec![decision],
        progress: progress(),
    })
}

pub(in crate::ui) fn tagged() -> Report {
    let tag = |id: &str, text: &str| thing(id, NoteKind::Tag, text, &[(NoteStatus::Recorded, "")]);
    let things = vec![tag("tag-1", "draft"), tag("tag-2", "chapter-01")];
    Report::Noted(Noted {
        session: name(NAME),
        change: "added",
        kind: NoteKind::Tag,
        things,
        progress: progress(),
    })
}

pub(in crate::ui) fn notes() -> Report {
    let states =
        [(NoteStatus::Pending, ""), (NoteStatus::InProgress, ""), (NoteStatus::Blocked, "no keys yet")];
    let mut task = thing("task-2", NoteKind::Task, "Cover the refresh with a test", &states);
    task.sort = "tdd".into();
    Report::Notes(Notes {
        session: name(NAME),
        kind: NoteKind::Task,
        things: vec![task],
        progress: progress(),
        unreadable: 1,
    })
}

pub(in crate::ui) fn objectives() -> Report {
    let done = [(NoteStatus::Pending, ""), (NoteStatus::Completed, "")];
    Report::Notes(Notes {
        session: name(NAME),
        kind: NoteKind::Objective,
        things: vec![
            thing("obj-1", NoteKind::Objective, "OAuth provider interface", &done),
            thing("obj-2", NoteKind::Objective, "GitHub OAuth\u{1b}[2J", &done[..1]),
        ],
        progress: progress(),
        unreadable: 0,
    })
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        id: "cp-2".into(),
        label: "oauth-complete".into(),
        notes: "OAuth flow tested".into(),
        tdd_phase: Some("GREEN".into()),
        at: "2025-11-09T13:30:00Z".into(),
        by: "alexa".into(),
        since: Some("cp-1".into()),
        counts: Counts { modified: 2, created: 1, deleted: 1 },
        files: 7,
        git: Some(GitState {
            branch: Some("feature/auth".into()),
            head: Some("3f786850e387550fdab836ed7e6dc881de23001b".into()),
            dirty: 2,
        }),
        git_commit: Some("89e6c98d92887913cadf06b2adb97f26cde4849b".into()),
    }
}

fn checkpoint_changes() -> Vec<CheckpointChange> {
    let change =
        |path: &str, op, from: Option<&str>| CheckpointChange { path: rel(path), op, from: from.map(rel) };
    vec![
        change("acts/scene-0101.md", CheckpointOp::Modified, None),
        change("acts/scene-0103.md", CheckpointOp::Created, None),
        change("acts/scene-0110.md", CheckpointOp::Renamed, Some("acts/scene-0102.md")),
        change("context/old.json", CheckpointOp::Deleted, None),
    ]
}

pub(in crate::ui) fn checkpoint_taken() -> Report {
    let changes = checkpoint_changes();
    Report::CheckpointTaken(CheckpointTaken { session: name(NAME), checkpoint: checkpoint(), changes })
}

pub(in crate::ui) fn checkpoints() -> Report {
    let first = Checkpoint {
        id: "cp-1".into(),
        label: "cp-1".into(),
        notes: String::new(),
        tdd_phase: None,
        at: "2025-11-09T12:30:00Z".into(),
        since: None,
        counts: Counts { modified: 1, created: 0, deleted: 0 },
        git: None,
        git_commit: None,
        ..checkpoint()
    };
    Report::Checkpoints(Checkpoints { session: name(NAME), checkpoints: vec![checkpoint(), first] })
}

pub(in crate::ui) fn rolled_back() -> Report {
    Report::RolledBack(RolledBack {
        session: name(NAME),
        to: "cp-1".into(),
        undo: "cp-3".into(),
        changes: checkpoint_changes(),
    })
}

pub(in crate::ui) fn preview_gated() -> Report {
    let gate = |name: &str, state, why: &[&str]| Gate {
        name: name.into(),
        state,
        why: why.iter().map(ToString::to_string).collect(),
    };
    Report::Preview(Preview {
        gates: vec![
            gate("blockers", "closed", &["blk-1: Waiting on API keys"]),
            gate("tasks", "open", &[]),
            gate("tests", "unknown", &[]),
        ],
        ..preview_data()
    })
}

pub(in crate::ui) fn found() -> Report {
    let hit = |session: &str, state, score, field: &str, excerpt: &str| Hit {
        session: session.into(),
        state,
        score,
        field: field.into(),
        excerpt: excerpt.into(),
    };
    Report::Found(Found {
        query: "token refresh".into(),
        hits: vec![
            hit(NAME, "open", 80, "objective", "Token refresh for Google OAuth"),
            hit("old-work", "landed", 30, "src/auth.rs", "fn refresh()"),
        ],
        total: 3,
        kept: 40,
        unsearched: 0,
    })
}

pub(in crate::ui) fn tool() -> Report {
    Report::Tool(ToolAnswer {
        tool: "session_manager",
        success: true,
        result: serde_json::json!({
            "operation": "stats",
            "session_id": NAME,
            "location": "active",
            "tasks": {"total": 2, "pending": 1, "in_progress": 0, "completed": 1, "blocked": 0, "cancelled": 0},
            "summaries": 1,
            "has_plan": true,
            "message": "Session statistics retrieved",
        }),
    })
}
