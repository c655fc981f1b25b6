//! The tools: a table in which each line is a verb under the name, with the parameters and defaults, that the seeds gave it.
//!
//! A tool turns what it was given into the [`Command`] that the command line makes of the same words; `verbs::run` does
//! it, `ui` writes it down. A verb that is added later becomes a tool by a line here; a test fails for one that has none.

use super::lookback::LOOKBACK;
use super::notebook::NOTEBOOK;
use super::parameters::{self as given, Default, Given, Kind, Parameter};
use crate::error::Result;
use crate::report::DiffStyle;
use crate::verbs::{Command, Commit, Diff, Start};

/// One tool.
pub(super) struct Tool {
    /// The verb of the command line that does the same; several, with a space between, where it does what they do.
    pub(super) verb: &'static str,
    /// Its name.
    pub(super) name: &'static str,
    /// Its name for a person.
    pub(super) title: &'static str,
    /// What it does, for a model.
    pub(super) about: &'static str,
    /// What it takes.
    pub(super) parameters: &'static [Parameter],
    /// The reports it may answer with, as JSON names them.
    pub(super) reports: &'static [&'static str],
    /// What it may change.
    pub(super) effect: Effect,
    /// A second call with the same arguments changes nothing further.
    pub(super) idempotent: bool,
    /// Makes the command of what it was given.
    pub(super) command: fn(&Given) -> Result<Command>,
}

/// What a tool may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    Reads,
    /// It adds, and takes nothing away.
    Adds,
    /// It may replace or take away.
    Replaces,
}

pub(super) const fn required(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { name, kind, default: Default::Required, about }
}

pub(super) const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { name, kind, default: Default::Null, about }
}

pub(super) const fn list(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { name, kind, default: Default::NoItems, about }
}

pub(super) const fn flag(name: &'static str, default: bool, about: &'static str) -> Parameter {
    let default = if default { Default::True } else { Default::False };
    Parameter { name, kind: Kind::Flag, default, about }
}

/// Which session a tool works in.
pub(super) const SESSION: Parameter =
    optional("session", Kind::Name, "Session to work in; the active one when left out");

/// The seeds' eight, then what came later.
const TOOLS: &[Tool] = &[
    Tool {
        verb: "start",
        name: "create_session",
        title: "Start a session",
        about: "Create a work session and make it active. From then on edits of tracked files go to the session's own \
                copies (copy-on-write); the project's files stay as they are until the session is committed. Takes \
                about 10 KB whatever the project's size.",
        parameters: &[
            required(
                "name",
                Kind::Name,
                "Name of the session: letters, digits, '-' and '_', a letter or digit first, 100 at most",
            ),
            Parameter {
                name: "description",
                kind: Kind::Text,
                default: Default::Empty,
                about: "What the session is for",
            },
            optional("type", Kind::Choice(&["workflow", "review", "tdd", "test", "docs"]), "Kind of work"),
            list("objectives", Kind::Texts, "The first objectives of its notebook"),
            optional("branch", Kind::Text, "Git branch to go to; it is made where it does not exist"),
        ],
        reports: &["started"],
        effect: Effect::Adds,
        idempotent: false,
        command: |asked| {
            Ok(Command::Start(Start {
                name: given::optional(asked, "name"),
                description: given::text(asked, "description"),
                kind: given::optional(asked, "type"),
                objectives: given::texts(asked, "objectives"),
                branch: given::optional(asked, "branch"),
                ..Start::default()
            }))
        },
    },
    Tool {
        verb: "list",
        name: "list_sessions",
        title: "List sessions",
        about: "List all sessions, newest first: name, status (ACTIVE, INACTIVE, CRASHED), created, changes. A crashed \
                one comes with the command that repairs it.",
        parameters: &[],
        reports: &["list"],
        effect: Effect::Reads,
        idempotent: true,
        command: |_| Ok(Command::List),
    },
    Tool {
        verb: "status",
        name: "get_active_session",
        title: "Status of the active session",
        about: "Show the active session: description, age, every modified, created and deleted file, drifted files, \
                retries with their reasons, size, paths.",
        parameters: &[],
        reports: &["status", "no_session"],
        effect: Effect::Reads,
        idempotent: true,
        command: |_| Ok(Command::Status { name: None }),
    },
    Tool {
        verb: "switch",
        name: "switch_session",
        title: "Switch to a session",
        about: "Make another session the active one. The session left behind keeps its files and waits.",
        parameters: &[required("name", Kind::Name, "Name of the session to work in from now on")],
        reports: &["switched"],
        effect: Effect::Adds,
        idempotent: true,
        command: |asked| Ok(Command::Switch { name: given::text(asked, "name") }),
    },
    COMMIT,
    Tool {
        verb: "cancel",
        name: "cancel_session",
        title: "Cancel a session",
        about: "Discard a session: its retries are archived, the session waits in the trash for 14 days, the project's \
                files are not touched.",
        parameters: &[
            optional("name", Kind::Name, "Session to discard; the active one when left out"),
            flag("backup_retries", true, "Keep its retries in workspace/retries-archive/"),
            flag("purge", false, "Delete it at once instead of keeping it in the trash"),
        ],
        reports: &["cancelled"],
        effect: Effect::Replaces,
        idempotent: false,
        command: |asked| {
            Ok(Command::Cancel {
                name: given::optional(asked, "name"),
                backup_retries: given::flag(asked, "backup_retries", true),
                purge: given::flag(asked, "purge", false),
            })
        },
    },
    Tool {
        verb: "retry",
        name: "record_human_retry",
        title: "Keep a rejected version",
        about: "Keep the present version of a file together with the human's reason for rejecting it. Call it before \
                the new version is written, with auto_detected=true when the human did not ask for it in so many words.",
        parameters: &[
            required(
                "file_path",
                Kind::Path,
                "The file: a path, a bare name, a stem or \"scene 0101\"; several matches are refused and listed",
            ),
            required("reason", Kind::Text, "The human's words"),
            flag("auto_detected", false, "Found in what the human said, not asked for"),
            SESSION,
        ],
        reports: &["retried"],
        effect: Effect::Adds,
        idempotent: false,
        command: |asked| {
            Ok(Command::Retry {
                file: given::path(asked, "file_path"),
                reason: given::text(asked, "reason"),
                auto: given::flag(asked, "auto_detected", false),
            })
        },
    },
    Tool {
        verb: "resolve",
        name: "resolve_path",
        title: "Where a file is read from",
        about: "Say where a path is read from: the session's copy or the project's file, whether it exists, and whether \
                the session modified it. With a session active, edit a tracked file at its session path.",
        parameters: &[
            required("path", Kind::Path, "Path in the project, relative to its root or absolute"),
            SESSION,
        ],
        reports: &["resolved"],
        effect: Effect::Reads,
        idempotent: true,
        command: |asked| Ok(Command::Resolve { paths: vec![given::path(asked, "path")] }),
    },
    Tool {
        verb: "status",
        name: "get_session",
        title: "Status of a session",
        about: "Show one session in detail by its name, active or not.",
        parameters: &[required("name", Kind::Name, "Name of the session")],
        reports: &["status"],
        effect: Effect::Reads,
        idempotent: true,
        command: |asked| Ok(Command::Status { name: given::optional(asked, "name") }),
    },
    Tool {
        verb: "diff",
        name: "diff_session",
        title: "What a session changes",
        about: "Show what differs between the project and a session, or between two sessions.",
        parameters: &[
            optional("name", Kind::Name, "The session; the active one when left out"),
            optional(
                "other",
                Kind::Name,
                "A second session to compare the first with, instead of the project",
            ),
            list("paths", Kind::Paths, "Only these paths or globs; everything when empty"),
            Parameter {
                name: "style",
                kind: Kind::Choice(&["unified", "word", "stat", "name_only"]),
                default: Default::First,
                about: "Lines that patch reads, words for prose, counts of lines, or paths only",
            },
        ],
        reports: &["diff"],
        effect: Effect::Reads,
        idempotent: true,
        command: |asked| diff(asked),
    },
    Tool {
        verb: "rm",
        name: "remove_path",
        title: "Delete in the session",
        about: "Delete files or directories inside the session. The project keeps them until the session is committed.",
        parameters: &[required("paths", Kind::Paths, "What to delete"), SESSION],
        reports: &["removed"],
        effect: Effect::Replaces,
        idempotent: false,
        command: |asked| Ok(Command::Rm { paths: given::paths(asked, "paths") }),
    },
    Tool {
        verb: "mv",
        name: "move_path",
        title: "Rename in the session",
        about: "Rename a file or directory inside the session. The project keeps the old name until the session is \
                committed.",
        parameters: &[
            required("from_path", Kind::Path, "The old path"),
            required("to_path", Kind::Path, "The new path, or a directory to move it into"),
            SESSION,
        ],
        reports: &["moved"],
        effect: Effect::Replaces,
        idempotent: false,
        command: |asked| {
            Ok(Command::Mv { from: given::path(asked, "from_path"), to: given::path(asked, "to_path") })
        },
    },
    Tool {
        verb: "bring",
        name: "bring_path",
        title: "Copy into the session",
        about: "Bring files or directories of the project into the session, so that a command can change them at their \
                session paths. Read, Edit and Write do that by themselves.",
        parameters: &[required("paths", Kind::Paths, "What to bring"), SESSION],
        reports: &["brought"],
        effect: Effect::Adds,
        idempotent: true,
        command: |asked| Ok(Command::Bring { paths: given::paths(asked, "paths") }),
    },
    Tool {
        verb: "log",
        name: "list_commits",
        title: "What was committed when",
        about: "List what was landed on the project when, newest first, with the ids that undo_commit takes.",
        parameters: &[],
        reports: &["log"],
        effect: Effect::Reads,
        idempotent: true,
        command: |_| Ok(Command::Log),
    },
    Tool {
        verb: "undo",
        name: "undo_commit",
        title: "Take a commit back",
        about: "Take a landed commit back. Files that the project has changed since are left alone and named.",
        parameters: &[optional("commit_id", Kind::Text, "Id of the commit; the last one when left out")],
        reports: &["undone"],
        effect: Effect::Replaces,
        idempotent: false,
        command: |asked| Ok(Command::Undo { id: given::optional(asked, "commit_id") }),
    },
    Tool {
        verb: "restore",
        name: "restore_session",
        title: "Bring a session back",
        about: "Bring a cancelled or committed session back from the trash.",
        parameters: &[required("name", Kind::Name, "Name of the session")],
        reports: &["restored"],
        effect: Effect::Adds,
        idempotent: false,
        command: |asked| Ok(Command::Restore { name: given::text(asked, "name") }),
    },
    Tool {
        verb: "archive",
        name: "archive_session",
        title: "Put a session away",
        about: "Put a session away whole, for as long as anybody wants. Nothing in it is changed and nothing lands; \
                find_sessions with state=archived and search_sessions find it, reopen_session brings it back.",
        parameters: &[optional("name", Kind::Name, "Session to put away; the active one when left out")],
        reports: &["archived"],
        effect: Effect::Adds,
        idempotent: false,
        command: |asked| Ok(Command::Archive { name: given::optional(asked, "name") }),
    },
    Tool {
        verb: "reopen",
        name: "reopen_session",
        title: "Reopen an archived session",
        about: "Bring an archived session back exactly as it was. It is not made the active one.",
        parameters: &[required("name", Kind::Name, "Name of the session")],
        reports: &["restored"],
        effect: Effect::Adds,
        idempotent: false,
        command: |asked| Ok(Command::Reopen { name: given::text(asked, "name") }),
    },
    Tool {
        verb: "recover",
        name: "recover_session",
        title: "Repair a session",
        about: "Repair a CRASHED session without losing a file, or finish a commit that was interrupted.",
        parameters: &[optional("name", Kind::Name, "The crashed session; the active one when left out")],
        reports: &["recovered"],
        effect: Effect::Adds,
        idempotent: true,
        command: |asked| Ok(Command::Recover { name: given::optional(asked, "name") }),
    },
    Tool {
        verb: "init",
        name: "init_project",
        title: "Write redraft.json",
        about: "Write redraft.json, which says what sessions isolate. One that is there already is left alone.",
        parameters: &[],
        reports: &["initialised"],
        effect: Effect::Adds,
        idempotent: true,
        command: |_| Ok(Command::Init),
    },
];

const COMMIT: Tool = Tool {
    verb: "commit",
    name: "commit_session",
    title: "Commit a session",
    about: "Land a session on the project, in two steps. With force=false it only shows what would land: every file with \
            its lines, conflicts, retries and a fingerprint. Show that to the human; after their yes, call it again with \
            force=true and expect=<the fingerprint>. It lands whole or not at all; undo_commit takes it back.",
    parameters: &[
        optional("name", Kind::Name, "Session to commit; the active one when left out"),
        flag("force", false, "Land it; without, only show what would land"),
        optional("expect", Kind::Text, "Fingerprint of the preview: refuse if anything changed since"),
        list(
            "files",
            Kind::Texts,
            "Land only paths that match one of these globs; the rest stays in the session",
        ),
        optional(
            "on_conflict",
            Kind::Choice(&["abort", "merge", "ours", "theirs"]),
            "What becomes of files that do not merge: abort (the rule), merge (with markers), ours (the session's), \
             theirs (the project's)",
        ),
        list("ours", Kind::Texts, "Of these files in conflict, the session's version"),
        list("theirs", Kind::Texts, "Of these files in conflict, the project's version"),
        list("overrides", Kind::Texts, "Gates that the commit does not wait for"),
        optional("reason", Kind::Text, "Why it does not wait for them"),
    ],
    reports: &["preview", "committed"],
    effect: Effect::Replaces,
    idempotent: false,
    command: |asked| {
        Ok(Command::Commit(Commit {
            name: given::optional(asked, "name"),
            force: given::flag(asked, "force", false),
            expect: given::optional(asked, "expect"),
            files: given::texts(asked, "files"),
            on_conflict: given::optional(asked, "on_conflict"),
            ours: given::texts(asked, "ours"),
            theirs: given::texts(asked, "theirs"),
            overrides: given::texts(asked, "overrides"),
            reason: given::optional(asked, "reason"),
        }))
    },
};

fn diff(asked: &Given) -> Result<Command> {
    let style = match given::text(asked, "style").as_str() {
        "word" => DiffStyle::Word,
        "stat" => DiffStyle::Stat,
        "name_only" => DiffStyle::NameOnly,
        _ => DiffStyle::Unified,
    };
    let (name, other) = (given::optional(asked, "name"), given::optional(asked, "other"));
    if name.is_none() && other.is_some() {
        return Err(crate::error::Error::usage(
            "diff_session: \"other\" is compared with \"name\", which is missing",
        )
        .hint("call diff_session again with both names"));
    }
    let sessions = name.into_iter().chain(other).collect();
    Ok(Command::Diff(Diff { sessions, operands: given::paths(asked, "paths"), style }))
}

/// Gives every tool.
pub(super) fn all() -> impl Iterator<Item = &'static Tool> {
    TOOLS.iter().chain(NOTEBOOK).chain(LOOKBACK)
}

/// Finds a tool by its name.
pub(super) fn find(name: &str) -> Option<&'static Tool> {
    all().find(|tool| tool.name == name)
}
