//! The second half of the table of tools: a session's notebook, its checkpoints, what the next window needs to go on, and the finding of sessions.

use serde_json::Value;

use super::parameters::{self as given, Default, Given, Kind, Parameter};
use super::tools::{Effect, SESSION, Tool, flag, list, optional, required};
use crate::error::{Error, Result};
use crate::report::NoteKind;
use crate::session::documents;
use crate::verbs::{Ask, Checkpoint, Command, End, Filter, OPERATIONS};

const KINDS: Kind = Kind::Choice(&["objective", "task", "blocker", "decision", "note", "tag"]);

const fn words(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, kind: Kind::Text, default: Default::Empty, about }
}

/// The tools of notebook, checkpoints and handover.
pub(super) const NOTEBOOK: &[Tool] = &[
    Tool {
        verb: "objective task blocker decision note tag",
        name: "add_note",
        title: "Write in the notebook",
        about: "Write an objective, a task, a blocker, a decision, a note or tags in the session's notebook.",
        parameters: &[
            required("kind", KINDS, "What it is"),
            required("texts", Kind::Texts, "What it says; only tags may be several"),
            words("rationale", "Why, of a decision"),
            list("alternatives", Kind::Texts, "What else was thought of, of a decision"),
            words("type", "Which sort of task"),
            SESSION,
        ],
        reports: &["noted"],
        effect: Effect::Adds,
        idempotent: false,
        command: |asked| {
            Ok(Command::Notebook(Ask::Add {
                kind: kind(asked)?,
                texts: given::texts(asked, "texts"),
                rationale: given::text(asked, "rationale"),
                alternatives: given::texts(asked, "alternatives"),
                sort: given::text(asked, "type"),
            }))
        },
    },
    Tool {
        verb: "objective task blocker tag",
        name: "set_note",
        title: "Bring the notebook up to date",
        about: "Say what became of notebook entries: an objective completed, a task in_progress, a blocker resolved, a tag \
                removed.",
        parameters: &[
            required("kind", KINDS, "What the entries are"),
            required("ids", Kind::Texts, "Their ids, as list_notes names them; a tag's own word"),
            required(
                "status",
                Kind::Text,
                "completed, in_progress, pending, blocked, cancelled, resolved or removed",
            ),
            words("said", "A remark: how a blocker was resolved, how far a task is"),
            SESSION,
        ],
        reports: &["noted"],
        effect: Effect::Adds,
        idempotent: true,
        command: |asked| {
            Ok(Command::Notebook(Ask::Set {
                kind: kind(asked)?,
                ids: given::texts(asked, "ids"),
                status: given::text(asked, "status"),
                said: given::text(asked, "said"),
            }))
        },
    },
    Tool {
        verb: "objective task blocker decision note tag",
        name: "list_notes",
        title: "Read the notebook",
        about: "List the objectives, tasks, blockers, decisions, notes or tags in the session's notebook.",
        parameters: &[required("kind", KINDS, "Which of them"), SESSION],
        reports: &["notes"],
        effect: Effect::Reads,
        idempotent: true,
        command: |asked| Ok(Command::Notebook(Ask::List { kind: kind(asked)? })),
    },
    Tool {
        verb: "checkpoint",
        name: "create_checkpoint",
        title: "Take a checkpoint",
        about: "Keep the session's layer as it is, to return to with rollback_session. Costs what changed since the last one.",
        parameters: &[
            words("label", "Its name"),
            words("notes", "Anything else worth keeping"),
            optional(
                "tdd_phase",
                Kind::Choice(&["RED", "GREEN", "REFACTOR"]),
                "Where the work is in its cycle",
            ),
            flag("git_commit", false, "Make a git commit of what the session has landed, too"),
            optional("message", Kind::Text, "First line of the git commit's message"),
            SESSION,
        ],
        reports: &["checkpoint_taken"],
        effect: Effect::Adds,
        idempotent: false,
        command: |asked| {
            Ok(Command::Checkpoint(Checkpoint {
                label: given::text(asked, "label"),
                notes: given::text(asked, "notes"),
                tdd_phase: given::optional(asked, "tdd_phase"),
                git_commit: given::flag(asked, "git_commit", false),
                message: given::optional(asked, "message"),
            }))
        },
    },
    Tool {
        verb: "checkpoints",
        name: "list_checkpoints",
        title: "List checkpoints",
        about: "List the session's checkpoints, newest first, with the ids that rollback_session takes.",
        parameters: &[SESSION],
        reports: &["checkpoints"],
        effect: Effect::Reads,
        idempotent: true,
        command: |_| Ok(Command::Checkpoints),
    },
    Tool {
        verb: "rollback",
        name: "rollback_session",
        title: "Return to a checkpoint",
        about: "Return the session to a checkpoint. What is there now is kept as a checkpoint of its own.",
        parameters: &[required("checkpoint_id", Kind::Text, "As list_checkpoints names it"), SESSION],
        reports: &["rolled_back"],
        effect: Effect::Replaces,
        idempotent: false,
        command: |asked| Ok(Command::Rollback { id: given::text(asked, "checkpoint_id") }),
    },
    Tool {
        verb: "brief",
        name: "brief_session",
        title: "What one needs to go on",
        about: "Show what somebody needs to go on with a session: its notebook, its files, its retries, its checkpoints.",
        parameters: &[optional("name", Kind::Name, "The session; the active one when left out")],
        reports: &["brief"],
        effect: Effect::Reads,
        idempotent: true,
        command: |asked| Ok(Command::Brief { name: given::optional(asked, "name") }),
    },
    Tool {
        verb: "resume",
        name: "resume_session",
        title: "Go on with a session",
        about: "Make a session the active one and show what is needed to go on with it.",
        parameters: &[optional(
            "name",
            Kind::Name,
            "The session; the active or the latest one when left out",
        )],
        reports: &["brief"],
        effect: Effect::Adds,
        idempotent: true,
        command: |asked| Ok(Command::Resume { name: given::optional(asked, "name") }),
    },
    Tool {
        verb: "end",
        name: "end_session",
        title: "End a day's work",
        about: "End the work on a session for now: write down what was accomplished and what to remember. Nothing is landed \
                or discarded.",
        parameters: &[
            flag("no_handoff", false, "Write nothing down"),
            words("accomplished", "What was done"),
            words("remember", "What the next one should know"),
            SESSION,
        ],
        reports: &["ended"],
        effect: Effect::Adds,
        idempotent: false,
        command: |asked| {
            Ok(Command::End(End {
                no_handoff: given::flag(asked, "no_handoff", false),
                accomplished: given::text(asked, "accomplished"),
                remember: given::text(asked, "remember"),
                ..End::default()
            }))
        },
    },
    Tool {
        verb: "find",
        name: "find_sessions",
        title: "Find sessions by what they are",
        about: "List the sessions that fit all of these: tags, kind of work, state, age.",
        parameters: &[
            list("tags", Kind::Texts, "With all of these tags"),
            optional(
                "type",
                Kind::Choice(&["workflow", "review", "tdd", "test", "docs"]),
                "Of this kind of work",
            ),
            optional("state", Kind::Choice(&["active", "inactive", "crashed", "archived"]), "In this state"),
            optional("recent", Kind::Count, "The newest so many"),
            optional("since", Kind::Text, "Made since then: 16h, 7d, 2w, today, yesterday or a date"),
        ],
        reports: &["list"],
        effect: Effect::Reads,
        idempotent: true,
        command: |asked| {
            Ok(Command::Find(Filter {
                tags: given::texts(asked, "tags"),
                kind: given::optional(asked, "type"),
                state: given::optional(asked, "state"),
                recent: given::count(asked, "recent"),
                since: given::optional(asked, "since"),
            }))
        },
    },
    Tool {
        verb: "search",
        name: "search_sessions",
        title: "Search what stands in sessions",
        about: "Search names, notebooks, retry reasons and changed texts of all sessions, also of those that ended.",
        parameters: &[required("text", Kind::Text, "What to look for")],
        reports: &["found"],
        effect: Effect::Reads,
        idempotent: true,
        command: |asked| Ok(Command::Search { text: given::text(asked, "text") }),
    },
    Tool {
        verb: "tool",
        name: "session_manager",
        title: "Work on a session by JSON",
        about: "One tool with an operation for workflows: init, list, read, write, update, archive, mkdir, delete, stats. \
                Documents are named by content_type and path_params and lie in the session's artifacts; tasks are the \
                notebook's. Answers {success, result} or {success, error}. Nothing reaches the project.",
        parameters: &[
            required("operation", Kind::Choice(&OPERATIONS), "What to do"),
            optional("session_id", Kind::Text, "The session's name; all operations but list need it"),
            optional(
                "content_type",
                Kind::Choice(&documents::TYPES),
                "Which document, for read, write and update",
            ),
            optional("content", Kind::Document, "The document to write, or the fields to update"),
            optional(
                "path_params",
                Kind::Object,
                "task_id, filename, dimension, iteration or angle, as the type needs",
            ),
            optional(
                "metadata",
                Kind::Object,
                "What init begins with: project, description, type, status and others",
            ),
            optional(
                "location",
                Kind::Choice(&["active", "archived", "both", "lite-plan", "lite-fix", "all"]),
                "Which sessions list names; both when left out",
            ),
            flag("include_metadata", false, "list tells what each session is"),
            optional("dirs", Kind::Texts, "Directories to make, for mkdir"),
            flag("update_status", true, "Taken for archive; statuses stay as they are"),
            optional(
                "file_path",
                Kind::Text,
                "Document to delete, relative to the session's artifacts; it is kept aside",
            ),
        ],
        reports: &["tool"],
        effect: Effect::Replaces,
        idempotent: false,
        command: |asked| {
            Ok(Command::Tool {
                tool: "session_manager".into(),
                asked: Value::Object(asked.clone()).to_string(),
            })
        },
    },
];

fn kind(asked: &Given) -> Result<NoteKind> {
    let word = given::text(asked, "kind");
    serde_json::from_value(Value::String(word.clone())).map_err(|_| {
        Error::usage(format!("the notebook has no {word:?}")).hint("call list_notes with kind=note")
    })
}
