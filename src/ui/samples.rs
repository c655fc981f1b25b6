//! One report of each kind, filled in: what the tests of text and JSON and the reference page show.

mod handover;
mod lookback;
mod notebook;
mod setup;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

pub(super) use self::handover::{brief, ended, handed_over};
pub(super) use self::lookback::{
    analysis, analysis_of_nothing, archived, collected, compared, event, history, repairs, summary,
    summary_html, summary_json,
};
pub(super) use self::notebook::{
    checkpoint_taken, checkpoints, decided, found, noted, notes, objectives, preview_gated, progress,
    rolled_back, started_for_task, tagged, tool,
};
pub(super) use self::setup::{doctor, initialised, installed, uninstalled};
use crate::error::Error;
use crate::name::SessionName;
use crate::relpath::RelPath;
use crate::report::{
    Brought, BroughtFile, Cancelled, Change, Committed, Conflict, Counts, Diff, DiffStyle, EntryKind,
    FileDiff, FileRetries, FileState, Lines, List, Log, LogEntry, Moved, NoSession, Op, Paths, Plain,
    Preview, Recovered, Removed, Report, Resolved, ResolvedPath, Restored, Retried, RetryNote, Row, Started,
    State, Status, Switched, Undone,
};
use crate::ui::{Style, Voice};

const NAME: &str = "work-on-chapter-01";

/// A terminal with signs.
pub(super) fn terminal() -> Style {
    let now = "2025-11-09T14:30:00Z".parse().unwrap();
    Style { voice: Voice::Cli, emoji: true, color: false, now }
}

/// A terminal without signs.
pub(super) fn plain() -> Style {
    Style { emoji: false, ..terminal() }
}

/// Claude Code.
pub(super) fn slash() -> Style {
    Style { voice: Voice::Slash, ..terminal() }
}

/// Claude Code without signs.
pub(super) fn plain_slash() -> Style {
    Style { emoji: false, ..slash() }
}

fn name(text: &str) -> SessionName {
    text.parse().unwrap()
}

fn rel(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn change(path: &str, op: Op, lines: (u64, u64)) -> Change {
    Change {
        path: rel(path),
        op,
        kind: EntryKind::File,
        lines: Some(Lines { added: lines.0, removed: lines.1 }),
        binary: false,
        mode: None,
        drifted: false,
        state: FileState::Clean,
    }
}

fn changes() -> Vec<Change> {
    let mut map = change("acts/map.png", Op::Modified, (0, 0));
    (map.lines, map.binary, map.drifted, map.state) = (None, true, true, FileState::Binary);
    vec![
        change("acts/act-1/chapters/chapter-01/scene-0101.md", Op::Modified, (12, 3)),
        map,
        change("acts/act-1/chapters/chapter-01/scene-0103.md", Op::Created, (80, 0)),
        change("context/old-timeline.json", Op::Deleted, (0, 41)),
    ]
}

const COUNTS: Counts = Counts { modified: 2, created: 1, deleted: 1 };

fn retries() -> Vec<FileRetries> {
    let note = |number: u32, reason: &str, auto_detected: bool| RetryNote {
        number,
        reason: reason.into(),
        auto_detected,
        at: format!("2025-11-09T13:0{number}:00Z"),
        saved: rel(&format!("human-retries/scene-0101.md-retry-{number}.md")),
    };
    vec![FileRetries {
        file: rel("acts/act-1/chapters/chapter-01/scene-0101.md"),
        retries: vec![
            note(1, "Too much exposition", false),
            note(2, "Character voice\ninconsistent\u{1b}[2J", true),
        ],
    }]
}

fn paths() -> Paths {
    let session = format!("workspace/sessions/{NAME}/");
    Paths {
        roots: vec![format!("{session}context/"), format!("{session}acts/")],
        session_path: format!("/book/{session}"),
        session,
    }
}

pub(super) fn started() -> Report {
    Report::Started(Started {
        session: name(NAME),
        description: "Generating all scenes for chapter 01".into(),
        kind: "workflow".into(),
        objectives: Vec::new(),
        branch: None,
        paths: paths(),
        took_over_from: Some(name("main-work")),
        tracked: vec!["acts/**".into(), "context/**".into()],
        chosen: None,
    })
}

pub(super) fn list() -> Report {
    let row = |name: &str, status: State, day: Option<&str>, changes: Option<Counts>| Row {
        name: name.into(),
        status,
        created_at: day.map(|day| format!("2025-11-{day}T12:00:00Z")),
        description: String::new(),
        changes,
        problem: None,
        action: None,
    };
    let one = Counts { created: 1, ..Counts::default() };
    let mut crashed = row("rewrite-act-1-ending", State::Crashed, None, None);
    crashed.problem = Some("session.json cannot be read: expected value at line 1 column 1".into());
    crashed.action = Some("redraft recover rewrite-act-1-ending".into());
    Report::List(List {
        active: Some(name(NAME)),
        sessions: vec![
            row(NAME, State::Active, Some("09"), Some(COUNTS)),
            row("experimental-scene-0102", State::Inactive, Some("08"), Some(one)),
            crashed,
        ],
        narrowed: false,
    })
}

pub(super) fn status() -> Report {
    Report::Status(Box::new(Status {
        session: name(NAME),
        status: State::Active,
        description: "Generating all scenes for chapter 01".into(),
        created_at: "2025-11-09T12:30:00Z".into(),
        age_seconds: 7200,
        created_by: "alexa".into(),
        tags: vec!["draft".into()],
        kind: "workflow".into(),
        progress: progress(),
        counts: COUNTS,
        changes: changes(),
        drifted: vec![rel("acts/map.png")],
        retries: retries(),
        size_bytes: 2_300_000,
        paths: paths(),
    }))
}

pub(super) fn no_session() -> Report {
    Report::NoSession(NoSession { waiting: vec!["main-work".into(), "experimental-v2".into()] })
}

pub(super) fn switched() -> Report {
    Report::Switched(Switched {
        from: Some(name(NAME)),
        to: name("experimental-scene-0102"),
        counts: Counts { modified: 1, ..Counts::default() },
        retries: 0,
        size_bytes: 487_000,
        paths: Paths {
            session: "workspace/sessions/experimental-scene-0102/".into(),
            roots: Vec::new(),
            session_path: "/book/workspace/sessions/experimental-scene-0102/".into(),
        },
        chosen: None,
    })
}

pub(super) fn preview_data() -> Preview {
    Preview {
        session: name(NAME),
        counts: COUNTS,
        changes: changes(),
        conflicts: Vec::new(),
        retries: retries(),
        fingerprint: "5f0c2a91b3d47e68".into(),
        files: Vec::new(),
        staying: 0,
        active: true,
        gates: Vec::new(),
    }
}

pub(super) fn preview() -> Report {
    Report::Preview(preview_data())
}

pub(super) fn preview_in_conflict() -> Report {
    let why = "changed in the project since the session first touched it".into();
    Report::Preview(Preview {
        conflicts: vec![Conflict { path: rel("acts/map.png"), why }],
        ..preview_data()
    })
}

pub(super) fn preview_in_part() -> Report {
    let mut part = preview_data();
    part.changes.truncate(1);
    part.retries.clear();
    part.counts = Counts { modified: 1, ..Counts::default() };
    part.files = vec!["acts/**/scene-0101.md".into(), "acts/a b.md".into()];
    part.staying = 3;
    Report::Preview(part)
}

pub(super) fn preview_of_retries_only() -> Report {
    Report::Preview(Preview { counts: Counts::default(), changes: Vec::new(), ..preview_data() })
}

pub(super) fn committed() -> Report {
    Report::Committed(Committed {
        session: name(NAME),
        commit: Some("20251109-143000-work-on-chapter-01".into()),
        counts: COUNTS,
        changes: changes(),
        kept: Vec::new(),
        retries_archived: Some(format!("workspace/retries-archive/{NAME}/")),
        session_removed: true,
        lock_cleared: true,
        staying: 0,
        untidied: None,
    })
}

pub(super) fn committed_in_part() -> Report {
    Report::Committed(Committed {
        session: name(NAME),
        commit: None,
        counts: Counts { modified: 1, ..Counts::default() },
        changes: changes().drain(..1).collect(),
        kept: vec![rel("acts/map.png")],
        retries_archived: None,
        session_removed: false,
        lock_cleared: false,
        staying: 3,
        untidied: Some(
            "write workspace/.redraft/commits/20251109-143000/commit.jsonl: No space left on device".into(),
        ),
    })
}

pub(super) fn cancelled() -> Report {
    Report::Cancelled(Cancelled {
        session: NAME.into(),
        discarded: Some(Counts { modified: 5, created: 2, deleted: 0 }),
        retries: 2,
        retries_archived: Some(format!("workspace/retries-archive/{NAME}-cancelled-20251109-143000/")),
        purged: false,
        trash_days: 14,
        lock_cleared: true,
    })
}

pub(super) fn cancelled_crashed() -> Report {
    Report::Cancelled(Cancelled {
        session: "a\x1bb".into(),
        discarded: None,
        retries: 0,
        retries_archived: None,
        purged: true,
        trash_days: 14,
        lock_cleared: false,
    })
}

pub(super) fn restored() -> Report {
    Report::Restored(Restored {
        session: name(NAME),
        was: "cancelled".into(),
        trashed_at: "2025-11-06T14:30:00Z".into(),
        counts: COUNTS,
    })
}

pub(super) fn log() -> Report {
    let entry = |id: &str, work, undoes: Option<&str>, undone| LogEntry {
        id: id.into(),
        work,
        session: NAME.into(),
        at: "2025-11-09T12:00:00Z".into(),
        counts: Counts { modified: 2, created: 1, deleted: 0 },
        lines: Some(Lines { added: 12, removed: 3 }),
        undoes: undoes.map(Into::into),
        undone,
    };
    Report::Log(Log {
        commits: vec![
            entry("20251109-120000-2", "undo", Some("20251109-120000"), false),
            entry("20251109-120000", "commit", None, true),
        ],
    })
}

pub(super) fn undone() -> Report {
    Report::Undone(Undone {
        id: "20251109-120000-2".into(),
        undoes: "20251109-120000".into(),
        session: NAME.into(),
        paths: vec![rel("acts/plan.md")],
        refused: vec![Conflict {
            path: rel("acts/map.png"),
            why: "the project has moved on since: it is not what the commit put there".into(),
        }],
        untidied: None,
    })
}

pub(super) fn recovered() -> Report {
    Report::Recovered(Recovered {
        session: NAME.parse().ok(),
        done: vec!["session.json is made anew, with 2 retries".into()],
        unsure: vec!["description and tags".into()],
    })
}

pub(super) fn retried() -> Report {
    let saved = format!("workspace/sessions/{NAME}/human-retries/scene-0101.md-retry-1.md");
    Report::Retried(Retried {
        session: name(NAME),
        file: rel("acts/act-1/chapters/chapter-01/scene-0101.md"),
        number: 1,
        reason: "Too much exposition, needs more action".into(),
        auto_detected: false,
        reason_file: rel(&format!("{saved}.reason.txt")),
        saved: rel(&saved),
        from_session: true,
    })
}

pub(super) fn resolved(n: usize) -> Report {
    let one = |path: &str, in_session: bool| {
        let resolved = if in_session { format!("workspace/sessions/{NAME}/{path}") } else { path.into() };
        ResolvedPath {
            path: rel(path),
            absolute_path: format!("/book/{resolved}"),
            resolved_path: rel(&resolved),
            source: if in_session { "session" } else { "project" },
            exists: true,
            modified_in_session: in_session,
            session: Some(name(NAME)),
        }
    };
    let mut paths = vec![one("acts/scene-0101.md", true), one("context/world.md", false)];
    paths.truncate(n);
    Report::Resolved(Resolved { paths })
}

pub(super) fn diff(style: DiffStyle) -> Report {
    let text = match style {
        DiffStyle::Unified => "@@ -1,2 +1,2 @@\n Rain.\n-It was dark.\n+The lamps were out.\n",
        DiffStyle::Word => "Rain.\n[-It was dark.-]{+The lamps were out.+}\n",
        DiffStyle::Stat | DiffStyle::NameOnly => "",
    };
    let scene = FileDiff {
        path: rel("acts/scene-0101.md"),
        op: Op::Modified,
        lines: Some(Lines { added: 1, removed: 1 }),
        binary: false,
        mode: None,
        text: text.into(),
    };
    let map = FileDiff {
        path: rel("acts/map.png"),
        op: Op::Created,
        lines: None,
        binary: true,
        mode: None,
        text: String::new(),
    };
    Report::Diff(Diff { from: "project".into(), to: NAME.into(), style, files: vec![scene, map] })
}

pub(super) fn removed() -> Report {
    Report::Removed(Removed { session: name(NAME), paths: vec![rel("acts/scene-0104.md")] })
}

pub(super) fn removed_odd_names() -> Report {
    let odd = RelPath::new(OsStr::from_bytes(b"acts/\xff.md")).unwrap();
    Report::Removed(Removed { session: name(NAME), paths: vec![rel("acts/a\nb.md"), odd] })
}

pub(super) fn moved() -> Report {
    Report::Moved(Moved {
        session: name(NAME),
        from: rel("acts/scene-0101.md"),
        to: rel("acts/scene-0110.md"),
        to_path: format!("/book/workspace/sessions/{NAME}/acts/scene-0110.md"),
    })
}

pub(super) fn brought() -> Report {
    let file = |path: &str, is_new| BroughtFile {
        path: rel(path),
        session_path: format!("/book/workspace/sessions/{NAME}/{path}"),
        is_new,
    };
    let files = vec![file("acts/scene-0101.md", true), file("acts/scene-0102.md", false)];
    Report::Brought(Brought { session: name(NAME), files })
}

pub(super) fn plain_text() -> Report {
    Report::Plain(Plain { text: "work-on-chapter-01 · 4 files\n".into() })
}

pub(super) fn error() -> Error {
    Error::not_found("session 'experimental-v2' not found")
        .detail("looked in workspace/sessions/")
        .hint("Available sessions: redraft list")
}

/// Every kind of report under its name in JSON.
pub(super) fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("started", started()),
        ("list", list()),
        ("status", status()),
        ("no_session", no_session()),
        ("switched", switched()),
        ("preview", preview()),
        ("committed", committed()),
        ("cancelled", cancelled()),
        ("restored", restored()),
        ("archived", archived()),
        ("log", log()),
        ("undone", undone()),
        ("recovered", recovered()),
        ("retried", retried()),
        ("resolved", resolved(1)),
        ("diff", diff(DiffStyle::Unified)),
        ("removed", removed()),
        ("moved", moved()),
        ("brought", brought()),
        ("initialised", initialised()),
        ("installed", installed()),
        ("uninstalled", uninstalled()),
        ("doctor", doctor()),
        ("checkpoint_taken", checkpoint_taken()),
        ("checkpoints", checkpoints()),
        ("rolled_back", rolled_back()),
        ("found", found()),
        ("brief", brief()),
        ("ended", ended()),
        ("handed_over", handed_over()),
        ("history", history()),
        ("compared", compared()),
        ("analysis", analysis()),
        ("summary", summary()),
        ("repairs", repairs(false)),
        ("collected", collected()),
        ("noted", noted()),
        ("notes", notes()),
        ("tool", tool()),
        ("plain", plain_text()),
    ]
}
