//! `redraft objective|blocker|decision|task|note|tag …`: six nouns, the same few actions.
//!
//! An action that is left out lists what is there.

use clap::Subcommand;

use crate::store::notebook::Kind;
use crate::verbs::{Ask, Command};

/// What the session is to achieve
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft objective add \"Implement OAuth2 integration\"
  redraft objective complete obj-1
  redraft objective list")]
pub(super) struct Objective {
    #[command(subcommand)]
    action: Option<ObjectiveAction>,
}

#[derive(Debug, Subcommand)]
enum ObjectiveAction {
    /// Add an objective
    Add(Text),
    /// Mark objectives as completed
    Complete(Ids),
    /// List the objectives
    List,
}

/// What stands in the session's way
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft blocker add \"Waiting on API keys\"
  redraft blocker resolve blk-1 \"Keys arrived\"
  redraft blocker list")]
pub(super) struct Blocker {
    #[command(subcommand)]
    action: Option<BlockerAction>,
}

#[derive(Debug, Subcommand)]
enum BlockerAction {
    /// Add a blocker
    Add(Text),
    /// Say that a blocker is out of the way
    Resolve(Id),
    /// List the blockers
    List,
}

/// What was decided in the session, and why
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft decision add \"Use PKCE\" --rationale \"No code interception\"
  redraft decision add \"Use PKCE\" --alternatives \"Implicit flow: deprecated\"
  redraft decision list")]
pub(super) struct Decision {
    #[command(subcommand)]
    action: Option<DecisionAction>,
}

#[derive(Debug, Subcommand)]
enum DecisionAction {
    /// Record a decision
    Add {
        #[command(flatten)]
        text: Text,
        /// Why
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        rationale: String,
        /// What was not chosen, and why not; may be given several times
        #[arg(long, value_name = "TEXT")]
        alternatives: Vec<String>,
    },
    /// List the decisions
    List,
}

/// The session's pieces of work; each keeps the history of its states
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft task add \"Cover the refresh with a test\" --kind tdd
  redraft task set task-1 in_progress
  redraft task set task-1 blocked \"Waiting on API keys\"
  redraft task list")]
pub(super) struct Task {
    #[command(subcommand)]
    action: Option<TaskAction>,
}

#[derive(Debug, Subcommand)]
enum TaskAction {
    /// Add a task
    Add {
        #[command(flatten)]
        text: Text,
        /// Sort of task, in your own words
        #[arg(long, value_name = "WORD", default_value = "", hide_default_value = true)]
        kind: String,
    },
    /// Say how a task stands
    Set {
        /// Task, as `list` names it
        id: String,
        /// `pending`, `in_progress`, `completed`, `blocked` or `cancelled`
        status: String,
        /// What is to be said about it
        said: Vec<String>,
    },
    /// List the tasks
    List,
    /// Show a task with its history
    Show {
        /// Task, as `list` names it
        id: String,
    },
}

/// Anything worth remembering about the session
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft note add \"The storm must come before the letter\"
  redraft note list")]
pub(super) struct Note {
    #[command(subcommand)]
    action: Option<NoteAction>,
}

#[derive(Debug, Subcommand)]
enum NoteAction {
    /// Add a note
    Add(Text),
    /// List the notes
    List,
}

/// Words to find the session by
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft tag add chapter-01 draft
  redraft tag rm draft
  redraft tag list")]
pub(super) struct Tag {
    #[command(subcommand)]
    action: Option<TagAction>,
}

#[derive(Debug, Subcommand)]
enum TagAction {
    /// Add tags
    Add {
        /// Tags, each one word
        #[arg(required = true)]
        tags: Vec<String>,
    },
    /// Take tags off
    Rm {
        /// Tags
        #[arg(required = true)]
        tags: Vec<String>,
    },
    /// List the tags
    List,
}

#[derive(Debug, clap::Args)]
struct Text {
    /// What is to be written down
    #[arg(required = true)]
    text: Vec<String>,
}

#[derive(Debug, clap::Args)]
struct Ids {
    /// Which ones, as `list` names them
    #[arg(required = true)]
    ids: Vec<String>,
}

#[derive(Debug, clap::Args)]
struct Id {
    /// Which one, as `list` names it
    id: String,
    /// What is to be said about it
    said: Vec<String>,
}

impl From<Text> for Vec<String> {
    fn from(text: Text) -> Self {
        vec![text.text.join(" ")]
    }
}

fn add(kind: Kind, texts: impl Into<Vec<String>>) -> Ask {
    let (rationale, alternatives, sort) = (String::new(), Vec::new(), String::new());
    Ask::Add { kind, texts: texts.into(), rationale, alternatives, sort }
}

fn set(kind: Kind, ids: Vec<String>, status: &str, said: &[String]) -> Ask {
    Ask::Set { kind, ids, status: status.into(), said: said.join(" ") }
}

impl From<Objective> for Command {
    fn from(args: Objective) -> Self {
        let kind = Kind::Objective;
        Self::Notebook(match args.action {
            Some(ObjectiveAction::Add(text)) => add(kind, text),
            Some(ObjectiveAction::Complete(ids)) => set(kind, ids.ids, "completed", &[]),
            Some(ObjectiveAction::List) | None => Ask::List { kind },
        })
    }
}

impl From<Blocker> for Command {
    fn from(args: Blocker) -> Self {
        let kind = Kind::Blocker;
        Self::Notebook(match args.action {
            Some(BlockerAction::Add(text)) => add(kind, text),
            Some(BlockerAction::Resolve(id)) => set(kind, vec![id.id], "resolved", &id.said),
            Some(BlockerAction::List) | None => Ask::List { kind },
        })
    }
}

impl From<Decision> for Command {
    fn from(args: Decision) -> Self {
        let kind = Kind::Decision;
        Self::Notebook(match args.action {
            Some(DecisionAction::Add { text, rationale, alternatives }) => {
                Ask::Add { kind, texts: text.into(), rationale, alternatives, sort: String::new() }
            }
            Some(DecisionAction::List) | None => Ask::List { kind },
        })
    }
}

impl From<Task> for Command {
    fn from(args: Task) -> Self {
        let kind = Kind::Task;
        Self::Notebook(match args.action {
            Some(TaskAction::Add { text, kind: sort }) => Ask::Add {
                kind,
                texts: text.into(),
                rationale: String::new(),
                alternatives: Vec::new(),
                sort,
            },
            Some(TaskAction::Set { id, status, said }) => set(kind, vec![id], &status, &said),
            Some(TaskAction::List) | None => Ask::List { kind },
            Some(TaskAction::Show { id }) => Ask::Show { kind, id },
        })
    }
}

impl From<Note> for Command {
    fn from(args: Note) -> Self {
        let kind = Kind::Note;
        Self::Notebook(match args.action {
            Some(NoteAction::Add(text)) => add(kind, text),
            Some(NoteAction::List) | None => Ask::List { kind },
        })
    }
}

impl From<Tag> for Command {
    fn from(args: Tag) -> Self {
        let kind = Kind::Tag;
        Self::Notebook(match args.action {
            Some(TagAction::Add { tags }) => add(kind, tags),
            Some(TagAction::Rm { tags }) => set(kind, tags, "removed", &[]),
            Some(TagAction::List) | None => Ask::List { kind },
        })
    }
}
