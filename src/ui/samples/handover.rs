//! The reports about handing a session over, filled in.

use super::notebook::{progress, thing};
use super::{COUNTS, NAME, name, rel};
use crate::report::{
    Brief, ContextFile, Counts, Ended, HandedOver, Handover, NoteKind, NoteStatus, Rejected, Report,
};

fn handover() -> Handover {
    Handover {
        at: "2025-11-09T14:00:00Z".into(),
        summary: "OAuth works but for the refresh".into(),
        last_action: "worked on src/auth.rs".into(),
        next_steps: vec!["Token refresh".into(), "Docs".into()],
        required_files: vec![rel("src/auth.rs")],
        user_message: "now the\nrefresh".into(),
        instructions: "Keys are in the vault".into(),
    }
}

pub(in crate::ui) fn brief() -> Report {
    let open = [(NoteStatus::Pending, "")];
    let mut decision = thing("dec-1", NoteKind::Decision, "Using PKCE flow", &[(NoteStatus::Recorded, "")]);
    decision.rationale = "Protection against code interception".into();
    let page = |path: &str, days, stale| ContextFile { path: rel(path), days, stale };
    let completed = [(NoteStatus::Pending, ""), (NoteStatus::Completed, "")];
    Report::Brief(Box::new(Brief {
        session: name(NAME),
        resumed: true,
        took_over_from: Some(name("main-work")),
        description: "OAuth for everybody".into(),
        kind: "tdd".into(),
        created_at: "2025-11-09T12:30:00Z".into(),
        git_branch: Some("feature/auth".into()),
        progress: progress(),
        objectives: vec![thing("obj-1", NoteKind::Objective, "Google OAuth", &open)],
        decisions: vec![decision],
        done: vec![thing("task-1", NoteKind::Task, "Provider interface", &completed)],
        next: vec![thing("task-2", NoteKind::Task, "Token refresh", &open)],
        blockers: vec![thing("blk-1", NoteKind::Blocker, "Waiting on API keys", &[(NoteStatus::Open, "")])],
        notes: vec![thing(
            "note-1",
            NoteKind::Note,
            "The keys come on Monday",
            &[(NoteStatus::Recorded, "")],
        )],
        counts: Counts { modified: 1, created: 1, deleted: 0 },
        changed: vec![rel("src/auth.rs")],
        drifted: vec![rel("src/auth.rs")],
        retries: vec![Rejected { file: rel("src/auth.rs"), times: 2, reason: "Too clever".into() }],
        context: vec![page("CLAUDE.md", 3, false), page("docs/architecture.md", 90, true)],
        handover: Some(handover()),
        older: true,
    }))
}

pub(in crate::ui) fn ended() -> Report {
    Report::Ended(Ended {
        session: name(NAME),
        document: Some(rel(&format!("workspace/sessions/{NAME}/artifacts/handoff-20251109-143000.md"))),
        progress: progress(),
        counts: COUNTS,
        pushed: Some("main".into()),
        merged_to: Some("main".into()),
    })
}

pub(in crate::ui) fn handed_over() -> Report {
    Report::HandedOver(HandedOver {
        session: name(NAME),
        handover: handover(),
        warnings: vec!["/etc/passwd is left out: Path \"/etc/passwd\" is outside the project".into()],
        restart: "claude --resume 5e551011-0000-4000-8000-000000000001".into(),
        restarting: false,
    })
}
