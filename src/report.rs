//! What a person asked to know, as plain serialisable data.
//!
//! Every verb answers with one [`Report`]; `ui` turns it into text or JSON. Nothing here is formatted, truncated or
//! looked up: lists are whole, times are RFC 3339 UTC, sizes are bytes, paths are project-relative ([`RelPath`]) or, in
//! fields called `*_path`, absolute. `references/json.md` documents each shape; the serde attributes are its source.
//! Longer than 500 lines because the whole vocabulary of answers stands in one place, with a sentence for every field.

mod handover;
mod lookback;
mod notebook;
mod tool;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::handover::{Brief, ContextFile, Ended, HandedOver, Handover, Rejected};
pub use self::lookback::{
    Analysis, Archived, Collected, Compared, Event, History, Hot, Lapse, Metrics, Past, Patterns, Recurring,
    Remark, Repair, Repairs, Reworked, Summary, SummaryFormat, Tdd, Together, Velocity, Week,
};
pub use self::notebook::{
    Candidate, Checkpoint, CheckpointChange, CheckpointOp, CheckpointTaken, Checkpoints, Chosen, Found, Gate,
    GitState, Hit, NoteKind, NoteStatus, Noted, Notes, Progress, RolledBack, Step, Thing,
};
pub use self::tool::ToolAnswer;

use crate::name::SessionName;
use crate::relpath::RelPath;

/// The answer of one verb.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum Report {
    /// A session was made and is active.
    Started(Started),
    /// All sessions.
    List(List),
    /// One session in detail.
    Status(Box<Status>),
    /// Nobody's session is active here.
    NoSession(NoSession),
    /// The active session changed.
    Switched(Switched),
    /// What a commit would do.
    Preview(Preview),
    /// What a commit did.
    Committed(Committed),
    /// A session was discarded.
    Cancelled(Cancelled),
    /// A session came back from the trash, a commit or the archive.
    Restored(Restored),
    /// A session was put away.
    Archived(Archived),
    /// A rejected version was kept.
    Retried(Retried),
    /// Where paths are read from.
    Resolved(Resolved),
    /// Differences, file by file.
    Diff(Diff),
    /// Files were deleted in the session.
    Removed(Removed),
    /// A file or directory was renamed in the session.
    Moved(Moved),
    /// Files of the project were copied into the session.
    Brought(Brought),
    /// What was landed when.
    Log(Log),
    /// A landing was taken back.
    Undone(Undone),
    /// A crashed session or an interrupted commit was mended.
    Recovered(Recovered),
    /// redraft.json was written.
    Initialised(Initialised),
    /// Hooks and skills were merged into Claude Code's settings.
    Installed(Installed),
    /// They were taken out again.
    Uninstalled(Uninstalled),
    /// What works and what does not.
    Doctor(Doctor),
    /// The sessions there were.
    History(History),
    /// Two sessions side by side.
    Compared(Box<Compared>),
    /// What is found over many sessions.
    Analysis(Box<Analysis>),
    /// A period's work, or a project's.
    Summary(Box<Summary>),
    /// What was wrong among the sessions.
    Repairs(Repairs),
    /// What nobody keeps any more was removed.
    Collected(Collected),
    /// Something was written into the notebook.
    Noted(Noted),
    /// What the notebook says of one kind.
    Notes(Notes),
    /// A checkpoint was taken.
    CheckpointTaken(CheckpointTaken),
    /// The checkpoints of a session.
    Checkpoints(Checkpoints),
    /// A session is what it was at a checkpoint.
    RolledBack(RolledBack),
    /// What a search found.
    Found(Found),
    /// What whoever comes into a session should know.
    Brief(Box<Brief>),
    /// A session was paused.
    Ended(Ended),
    /// A hand-over was kept for a window.
    HandedOver(HandedOver),
    /// What a JSON tool came to.
    Tool(ToolAnswer),
    /// Text that is the answer itself (`statusline`, `completions`, `demo`).
    Plain(Plain),
}

/// How a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// This caller's session.
    Active,
    /// Exists, is not this caller's.
    Inactive,
    /// Its stored state cannot be trusted.
    Crashed,
    /// Put away; only those who ask for it see it.
    Archived,
}

/// What happened to a path in the session, seen against its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// Was in the project, differs now.
    Modified,
    /// Was not in the project.
    Created,
    /// Was in the project, is gone.
    Deleted,
}

/// What kind of entry a path is in the session (or was, when deleted).
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A symbolic link.
    Symlink,
    /// A directory (listed only when it is empty or replaced by something else).
    Directory,
}

/// How many paths changed in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Counts {
    /// Files that differ from their base.
    pub modified: usize,
    /// Files the project did not have.
    pub created: usize,
    /// Files the session deleted.
    pub deleted: usize,
}

impl Counts {
    /// Adds one change.
    pub fn add(&mut self, op: Op) {
        match op {
            Op::Modified => self.modified += 1,
            Op::Created => self.created += 1,
            Op::Deleted => self.deleted += 1,
        }
    }

    /// Counts all changes.
    #[must_use]
    pub fn total(self) -> usize {
        self.modified + self.created + self.deleted
    }
}

/// One changed path.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct Change {
    /// Which path.
    pub path: RelPath,
    /// What happened to it.
    pub op: Op,
    /// What it is now.
    pub kind: EntryKind,
    /// Lines added and removed against the base; `None` where not counted or binary.
    pub lines: Option<Lines>,
    /// Not text.
    pub binary: bool,
    /// The permission bits changed, from and to (octal digits).
    pub mode: Option<(String, String)>,
    /// The project's file is no longer the base.
    pub drifted: bool,
    /// What becomes of it when it lands as things are.
    pub state: FileState,
}

/// What becomes of a changed file when it lands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// The project's file is still the base: the session's lands.
    #[default]
    Clean,
    /// Both changed it, and both changes land.
    Merged,
    /// Both changed it, in the same places.
    Conflict,
    /// One deleted it, the other changed it.
    DeletedModified,
    /// Both changed it, and it is not text.
    Binary,
    /// Both changed it, and it is not a file on both sides.
    TypeChange,
}

/// Lines added and removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Lines {
    /// In the newer side only.
    pub added: u64,
    /// In the older side only.
    pub removed: u64,
}

/// A file that cannot land as things are.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct Conflict {
    /// Which path.
    pub path: RelPath,
    /// Why, as a short phrase ("changed in the project since the session first touched it").
    pub why: String,
}

/// Where a session lies.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct Paths {
    /// The session's directory, relative to the project, with a trailing `/`.
    pub session: String,
    /// The tracked roots inside it (`…/acts/`), relative to the project; empty when everything is tracked.
    pub roots: Vec<String>,
    /// The session's directory, absolute.
    pub session_path: String,
}

/// The retries of one file.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct FileRetries {
    /// Which file.
    pub file: RelPath,
    /// Each rejected version, oldest first.
    pub retries: Vec<RetryNote>,
}

/// One rejected version.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct RetryNote {
    /// Counted from 1 for each file.
    pub number: u32,
    /// The human's words.
    pub reason: String,
    /// Recorded from a prompt, not by a command.
    pub auto_detected: bool,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// The kept copy, relative to the session.
    pub saved: RelPath,
}

/// A session was made and is active.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Started {
    /// Its name.
    pub session: SessionName,
    /// What it is for.
    pub description: String,
    /// What kind of work it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// The first lines of its notebook.
    pub objectives: Vec<String>,
    /// The git branch that was asked for.
    pub branch: Option<String>,
    /// Where it lies.
    pub paths: Paths,
    /// The session that was this caller's until now.
    pub took_over_from: Option<SessionName>,
    /// Which paths are isolated, as globs.
    pub tracked: Vec<String>,
    /// How it came to be made, when a task was given instead of a name.
    pub chosen: Option<Chosen>,
}

/// All sessions, newest first.
#[derive(Debug, JsonSchema, Serialize)]
pub struct List {
    /// This caller's session.
    pub active: Option<SessionName>,
    /// Every session.
    pub sessions: Vec<Row>,
    /// Only some were asked for, so that none does not mean that there is none.
    #[serde(skip)]
    pub narrowed: bool,
}

/// One line of the list.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Row {
    /// Its name; a stray directory whose name is no session name is given as it lies on the disk.
    pub name: String,
    /// Its state.
    pub status: State,
    /// RFC 3339 UTC; unknown when crashed.
    pub created_at: Option<String>,
    /// What it is for.
    pub description: String,
    /// Unknown when crashed.
    pub changes: Option<Counts>,
    /// Why it is crashed.
    pub problem: Option<String>,
    /// The exact command to type, when crashed.
    pub action: Option<String>,
}

/// One session in detail.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Status {
    /// Its name.
    pub session: SessionName,
    /// Its state.
    pub status: State,
    /// What it is for.
    pub description: String,
    /// What kind of work it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// RFC 3339 UTC.
    pub created_at: String,
    /// Seconds since then.
    pub age_seconds: i64,
    /// Who made it.
    pub created_by: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// How far it is, by its notebook.
    pub progress: Progress,
    /// How many paths changed.
    pub counts: Counts,
    /// Every changed path.
    pub changes: Vec<Change>,
    /// Paths whose project file is no longer the base.
    pub drifted: Vec<RelPath>,
    /// Rejected versions by file.
    pub retries: Vec<FileRetries>,
    /// Bytes the session takes on disk (the layer, the kept versions, the records; not the shared bases).
    pub size_bytes: u64,
    /// Where it lies.
    pub paths: Paths,
}

/// Nobody's session is active here.
#[derive(Debug, JsonSchema, Serialize)]
pub struct NoSession {
    /// Sessions one could switch to.
    pub waiting: Vec<String>,
}

/// The active session changed.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Switched {
    /// This caller's session until now.
    pub from: Option<SessionName>,
    /// This caller's session now.
    pub to: SessionName,
    /// How many paths it changes.
    pub counts: Counts,
    /// How many retries it keeps.
    pub retries: usize,
    /// Bytes on disk.
    pub size_bytes: u64,
    /// Where it lies.
    pub paths: Paths,
    /// How it came to be chosen, when a task was given instead of a name.
    pub chosen: Option<Chosen>,
}

/// What a commit would do; nothing was written.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Preview {
    /// Which session.
    pub session: SessionName,
    /// How many paths would land.
    pub counts: Counts,
    /// Every path that would land, with its lines.
    pub changes: Vec<Change>,
    /// What stands in the way.
    pub conflicts: Vec<Conflict>,
    /// Rejected versions by file: they are archived, not landed.
    pub retries: Vec<FileRetries>,
    /// Names exactly this state: give it to `--expect`.
    pub fingerprint: String,
    /// The globs of `--files`, when only a part would land.
    pub files: Vec<String>,
    /// Changes outside `--files`, which stay in the session.
    pub staying: usize,
    /// It is this caller's session: a command need not name it.
    pub active: bool,
    /// What a commit waits for, by redraft.json's `gates`.
    pub gates: Vec<Gate>,
}

/// What a commit did.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Committed {
    /// Which session.
    pub session: SessionName,
    /// The landed commit's id, for `log` and `undo`.
    pub commit: Option<String>,
    /// How many paths landed.
    pub counts: Counts,
    /// Every path that landed.
    pub changes: Vec<Change>,
    /// Every path of which the project's version was kept, as was asked for; the session's change ended with the commit.
    pub kept: Vec<RelPath>,
    /// Where the retries are kept now, relative to the project.
    pub retries_archived: Option<String>,
    /// The session is done and waits in the trash (`restore` brings it back).
    pub session_removed: bool,
    /// No caller has this session active any more.
    pub lock_cleared: bool,
    /// Changes that stay in the session after a partial commit.
    pub staying: usize,
    /// Why tidying up is left to the next command; everything is in the project all the same.
    pub untidied: Option<String>,
}

/// A session was discarded.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Cancelled {
    /// Which session.
    pub session: String,
    /// What was discarded; unknown when the session was crashed.
    pub discarded: Option<Counts>,
    /// How many retries it kept.
    pub retries: usize,
    /// Where they are kept now, relative to the project.
    pub retries_archived: Option<String>,
    /// Nothing is left to restore.
    pub purged: bool,
    /// Days until the trash forgets it.
    pub trash_days: u32,
    /// It was active for somebody, and is no longer.
    pub lock_cleared: bool,
}

/// A session came back from the trash, a commit or the archive.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Restored {
    /// Which session.
    pub session: SessionName,
    /// "cancelled", "landed" or "archived".
    pub was: String,
    /// When it ended or was put away, RFC 3339 UTC.
    pub trashed_at: String,
    /// What it changes, against the project as it is now.
    pub counts: Counts,
}

/// A rejected version was kept.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Retried {
    /// Which session.
    pub session: SessionName,
    /// Which file.
    pub file: RelPath,
    /// Counted from 1 for each file.
    pub number: u32,
    /// The human's words.
    pub reason: String,
    /// Recorded from a prompt, not by a command.
    pub auto_detected: bool,
    /// The kept copy, relative to the project.
    pub saved: RelPath,
    /// The reason file, relative to the project.
    pub reason_file: RelPath,
    /// The copy was taken of the session's version (else of the project's).
    pub from_session: bool,
}

/// Where a path is read from.
#[derive(Debug, JsonSchema, Serialize)]
pub struct ResolvedPath {
    /// As asked.
    pub path: RelPath,
    /// Where it is, relative to the project.
    pub resolved_path: RelPath,
    /// The same, absolute.
    pub absolute_path: String,
    /// "session" or "project".
    pub source: &'static str,
    /// Something is there.
    pub exists: bool,
    /// The session has its own version, or deleted it.
    pub modified_in_session: bool,
    /// This caller's session.
    pub session: Option<SessionName>,
}

/// Where paths are read from; a single path's fields also stand at the top.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Resolved {
    /// One for each path asked.
    pub paths: Vec<ResolvedPath>,
}

/// Differences, file by file.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Diff {
    /// The older side ("project" or a session).
    pub from: String,
    /// The newer side (a session).
    pub to: String,
    /// How they are to be shown.
    pub style: DiffStyle,
    /// Every file that differs.
    pub files: Vec<FileDiff>,
}

/// How differences are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DiffStyle {
    /// Unified hunks of lines.
    #[default]
    Unified,
    /// Lines added and removed by file.
    Stat,
    /// Paths only.
    NameOnly,
    /// Words marked `[-old-]{+new+}`, for prose.
    Word,
}

/// One file's difference.
#[derive(Debug, JsonSchema, Serialize)]
pub struct FileDiff {
    /// Which path.
    pub path: RelPath,
    /// What happened to it.
    pub op: Op,
    /// Lines added and removed; `None` for binary files.
    pub lines: Option<Lines>,
    /// Not text.
    pub binary: bool,
    /// Permission bits from and to, in octal, where they changed; between two sessions they are not compared.
    pub mode: Option<(String, String)>,
    /// The difference as text in the style asked for; empty for `stat` and `name_only`.
    pub text: String,
}

/// Files were deleted in the session.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Removed {
    /// Which session.
    pub session: SessionName,
    /// Every path.
    pub paths: Vec<RelPath>,
}

/// A file or directory was renamed in the session.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Moved {
    /// Which session.
    pub session: SessionName,
    /// The old path.
    pub from: RelPath,
    /// The new path.
    pub to: RelPath,
    /// Where it lies in the session, absolute.
    pub to_path: String,
}

/// Files of the project were copied into the session.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Brought {
    /// Which session.
    pub session: SessionName,
    /// Every file that was asked for.
    pub files: Vec<BroughtFile>,
}

/// A file that can be written in the session.
#[derive(Debug, JsonSchema, Serialize)]
pub struct BroughtFile {
    /// Which path.
    pub path: RelPath,
    /// Where it lies in the session, absolute.
    pub session_path: String,
    /// It was not there before.
    pub is_new: bool,
}

/// What was landed when, newest first.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Log {
    /// Every landing that is kept.
    pub commits: Vec<LogEntry>,
}

/// One landing.
#[derive(Debug, JsonSchema, Serialize)]
pub struct LogEntry {
    /// Its id, for `undo`.
    pub id: String,
    /// "commit" or "undo".
    pub work: &'static str,
    /// The session it came from.
    pub session: String,
    /// RFC 3339 UTC.
    pub at: String,
    /// How many paths landed.
    pub counts: Counts,
    /// Lines added and removed, where they were counted.
    pub lines: Option<Lines>,
    /// The landing that this one took back.
    pub undoes: Option<String>,
    /// It was taken back itself.
    pub undone: bool,
}

/// A landing was taken back.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Undone {
    /// The undo's own id: an undo can be undone.
    pub id: String,
    /// The landing it took back.
    pub undoes: String,
    /// The session that came from.
    pub session: String,
    /// Every path that is as before.
    pub paths: Vec<RelPath>,
    /// Paths that were left alone because the project has moved on.
    pub refused: Vec<Conflict>,
    /// Why tidying up is left to the next command; everything is in the project all the same.
    pub untidied: Option<String>,
}

/// A crashed session or an interrupted commit was mended.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Recovered {
    /// Which session, when one was named or is active.
    pub session: Option<SessionName>,
    /// What is right again.
    pub done: Vec<String>,
    /// What is not known any more.
    pub unsure: Vec<String>,
}

/// redraft.json was written.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Initialised {
    /// The file, absolute.
    pub config_path: String,
    /// It was there already and was left alone.
    pub existed: bool,
    /// Which paths are isolated, as globs.
    pub tracked: Vec<String>,
}

/// Hooks and skills were merged into Claude Code's settings.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Installed {
    /// The settings file, absolute.
    pub settings_path: String,
    /// What was added or changed, one phrase each; empty when all was there already.
    pub changed: Vec<String>,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

/// They were taken out again.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Uninstalled {
    /// The settings file, absolute.
    pub settings_path: String,
    /// What was taken out, one phrase each.
    pub removed: Vec<String>,
    /// What was left because it had been changed by hand.
    pub left: Vec<String>,
}

/// What works and what does not.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Doctor {
    /// Every check, in order.
    pub checks: Vec<Check>,
}

/// One check.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// How it went.
    pub result: CheckResult,
    /// What was seen.
    pub message: String,
    /// What to type, when something is wrong.
    pub hint: Option<String>,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckResult {
    /// Works.
    Ok,
    /// Works, with a limit worth knowing.
    Warn,
    /// Does not work.
    Fail,
}

/// Text that is the answer itself.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Plain {
    /// Printed as it is.
    pub text: String,
}
