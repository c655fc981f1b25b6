//! What is asked about sessions as a whole, open and ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Counts, Lines, NoteKind, NoteStatus, Progress};
use crate::name::SessionName;
use crate::relpath::RelPath;

/// What a session came to, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Metrics {
    /// Seconds from when it was made to its last sign of life.
    pub active_seconds: i64,
    /// How far it is, by its notebook.
    pub progress: Progress,
    /// Blockers, also those that are out of the way.
    pub blockers: usize,
    /// Checkpoints.
    pub checkpoints: usize,
    /// Rejected versions.
    pub retries: usize,
    /// Changes that are not landed.
    pub changes: Counts,
    /// How often it landed something that was not taken back.
    #[serde(default)]
    pub landings: usize,
    /// The files of those landings.
    #[serde(default)]
    pub landed: Counts,
    /// Their lines, where they were counted.
    #[serde(default)]
    pub lines: Lines,
}

/// A session was put away.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Archived {
    /// Which session.
    pub session: SessionName,
    /// When, RFC 3339 UTC.
    pub archived_at: String,
    /// What it came to.
    pub metrics: Metrics,
    /// It was active for somebody, and is no longer.
    pub lock_cleared: bool,
}

/// A session as one looks back on it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Past {
    /// Its name.
    pub session: String,
    /// "open", "archived", "landed" or "cancelled".
    pub state: &'static str,
    /// What it is for.
    pub description: String,
    /// What kind of work it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// RFC 3339 UTC.
    pub created_at: String,
    /// When something was last written down in it, RFC 3339 UTC.
    pub last_at: Option<String>,
    /// When it ended or was put away, RFC 3339 UTC; `null` while it is open.
    pub ended_at: Option<String>,
    /// What it came to, where that is asked for.
    pub metrics: Option<Metrics>,
}

/// The sessions there were.
#[derive(Debug, JsonSchema, Serialize)]
pub struct History {
    /// Those that something happened to last, first.
    pub sessions: Vec<Past>,
    /// There are more.
    pub more: bool,
}

/// Two sessions side by side.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Compared {
    /// The one.
    pub a: Past,
    /// The other.
    pub b: Past,
    /// Files that both change or have landed.
    pub both: Vec<RelPath>,
    /// Files of the one alone.
    pub only_a: Vec<RelPath>,
    /// Files of the other alone.
    pub only_b: Vec<RelPath>,
}

/// What is found over many sessions; a part that was not asked for is `null`.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Analysis {
    /// How many sessions were looked at.
    pub sessions: usize,
    /// There are older ones, which were not.
    pub more: bool,
    /// Only what happened since then counts, RFC 3339 UTC.
    pub since: Option<String>,
    /// What was done week by week.
    pub velocity: Option<Velocity>,
    /// Rejected versions by file, most often rejected first.
    pub retries: Option<Vec<Reworked>>,
    /// What happens again and again.
    pub patterns: Option<Patterns>,
    /// Cycles of test-driven work.
    pub tdd: Option<Tdd>,
    /// Where a rule of work was not kept.
    pub discipline: Option<Vec<Lapse>>,
}

/// What was done week by week.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Velocity {
    /// The latest twelve at most, oldest first, without gaps.
    pub weeks: Vec<Week>,
    /// How long half of the landed sessions took at most, from start to landing.
    pub median_seconds_to_land: Option<i64>,
}

/// One week, Monday to Sunday, UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Week {
    /// Its Monday, `YYYY-MM-DD`.
    pub from: String,
    /// Sessions that were started.
    pub started: usize,
    /// Sessions that ended with a landing.
    pub ended: usize,
    /// Tasks that were completed.
    pub tasks_completed: usize,
    /// Objectives that were completed.
    pub objectives_completed: usize,
    /// Landings that were not taken back.
    pub landings: usize,
    /// Their files.
    pub files: usize,
    /// Their lines, where they were counted.
    pub lines: Lines,
    /// Versions that were rejected.
    pub retries: usize,
}

/// A file whose versions were rejected.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Reworked {
    /// Which file.
    pub file: RelPath,
    /// How often.
    pub times: usize,
    /// In which sessions.
    pub sessions: Vec<String>,
    /// Every reason.
    pub reasons: Vec<String>,
}

/// What happens again and again: the ten most frequent of each, and only what happened more than once.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Patterns {
    /// Files that several sessions are about.
    pub hot: Vec<Hot>,
    /// Files that land together.
    pub together: Vec<Together>,
    /// Words of several reasons for a retry.
    pub reasons: Vec<Recurring>,
}

/// A file that several sessions are about.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Hot {
    /// Which file.
    pub path: RelPath,
    /// How many sessions.
    pub sessions: usize,
}

/// Two files that land together.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Together {
    /// The one.
    pub a: RelPath,
    /// The other.
    pub b: RelPath,
    /// How often.
    pub times: usize,
}

/// A word that stands in several reasons.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Recurring {
    /// The word, as it stood first.
    pub word: String,
    /// In how many reasons it stands, in whatever form.
    pub times: usize,
    /// One of them.
    pub example: String,
}

/// Cycles of test-driven work, by the phases of checkpoints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Tdd {
    /// Sessions of the type `tdd`, or with a phase.
    pub sessions: usize,
    /// RED followed by GREEN.
    pub cycles: usize,
    /// Checkpoints in RED.
    pub red: usize,
    /// Checkpoints in GREEN.
    pub green: usize,
    /// Checkpoints in REFACTOR.
    pub refactor: usize,
}

/// A rule of work that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Lapse {
    /// In which session.
    pub session: String,
    /// "open", "archived", "landed" or "cancelled".
    pub state: &'static str,
    /// Which rule: `green_without_red`, `red_without_green`, `no_cycle`, `no_tests`, `gate_overridden` or
    /// `landed_unfinished`.
    pub rule: &'static str,
    /// What was seen.
    pub detail: String,
}

/// What nobody keeps any more was removed.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Collected {
    /// Nothing was removed: this is what would be.
    pub dry_run: bool,
    /// Sessions that were in the trash for longer than `keep.trash_days`, as `<name>.<when>.<how>`.
    pub sessions: Vec<String>,
    /// Landings beyond `keep.commits` or `keep.bytes`: they cannot be taken back any more.
    pub commits: Vec<String>,
    /// Kept contents that no session refers to.
    pub bases: usize,
    /// Things that killed processes left behind.
    pub temporary: usize,
    /// What was remembered of windows that were not seen for 90 days.
    pub windows: usize,
    /// Bytes of all of that.
    pub bytes: u64,
}

/// How a summary is written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SummaryFormat {
    /// For a person, a wiki, a mail.
    #[default]
    Markdown,
    /// For a program.
    Json,
    /// One page by itself.
    Html,
}

/// A period's work, or a project's, to hand to somebody.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Summary {
    /// "weekly" or "project".
    pub period: &'static str,
    /// How it is written down.
    #[serde(skip)]
    pub format: SummaryFormat,
    /// The name of the project's directory.
    pub project: String,
    /// When the period begins, RFC 3339 UTC; `null` for all that is kept.
    pub from: Option<String>,
    /// When it ends.
    pub to: String,
    /// The sessions that something happened to, the latest first.
    pub sessions: Vec<Past>,
    /// There are older ones, which were not looked at.
    pub more: bool,
    /// What was done, all together.
    pub totals: Week,
    /// Objectives and tasks that were completed.
    pub completed: Vec<Remark>,
    /// What was decided.
    pub decisions: Vec<Remark>,
    /// What stands in the way of open sessions.
    pub blockers: Vec<Remark>,
    /// What open sessions have still to do.
    pub next: Vec<Remark>,
    /// Rejected versions by file.
    pub retries: Vec<Reworked>,
    /// Week by week.
    pub velocity: Velocity,
    /// Where a rule of work was not kept.
    pub discipline: Vec<Lapse>,
}

/// Something that a notebook says, as a summary tells it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Remark {
    /// In which session.
    pub session: String,
    /// Its id there.
    pub id: String,
    /// What kind of thing.
    pub kind: NoteKind,
    /// What it says.
    pub text: String,
    /// Why, for a decision.
    pub rationale: String,
    /// When, RFC 3339 UTC.
    pub at: String,
}

/// Something that happened; one line of `watch`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Event {
    /// What: `SESSION_CREATED`, `TASK_UPDATED` …
    pub event: String,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// In which session; the active one, where that changed.
    pub session: Option<String>,
    /// The id of a thing of its notebook, or of a landing.
    pub id: Option<String>,
    /// How that thing stands now.
    pub status: Option<NoteStatus>,
    /// What was said.
    pub text: Option<String>,
    /// Which file it is about.
    pub path: Option<RelPath>,
}

/// What lies among the sessions and is none, or is one under a wrong name.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Repairs {
    /// It was put right; else this is what would be done.
    pub applied: bool,
    /// Each thing.
    pub repairs: Vec<Repair>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Repair {
    /// Where it lies, or lay.
    pub path: RelPath,
    /// What is wrong with it.
    pub problem: String,
    /// `set_aside` (moved to `strays/`), `name` (record and directory get one name) or `leave`.
    pub cure: &'static str,
    /// Where it is then.
    pub to: Option<RelPath>,
    /// The command that is for it, when it is left.
    pub action: Option<String>,
}
