//! `checkpoint`, `checkpoints`, `rollback`: states of the layer to return to, and a git commit of what has landed.

use super::{Place, git_commit};
use crate::error::{Error, Result};
use crate::git::Git;
use crate::relpath::RelPath;
use crate::report::{Checkpoint, CheckpointTaken, Checkpoints, GitState, Report, RolledBack};
use crate::session::checkpoint::{self, Data, Label};
use crate::session::{lifecycle, notes};
use crate::store::notebook::Kind;

/// What is to be said about a checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// Its name.
    pub label: String,
    /// Anything else.
    pub notes: String,
    /// `RED`, `GREEN` or `REFACTOR`.
    pub tdd_phase: Option<String>,
    /// Make a git commit of the session's landed paths, too.
    pub git_commit: bool,
    /// The first line of its message.
    pub message: Option<String>,
}

const PHASES: [&str; 3] = ["RED", "GREEN", "REFACTOR"];

#[inline(never)]
pub(super) fn checkpoint(at: &Place<'_>, ask: &Ask) -> Result<Report> {
    let phase = ask.tdd_phase.as_deref().map(phase).transpose()?;
    if ask.message.is_some() && !ask.git_commit {
        return Err(Error::usage("--message is for the git commit; there is none")
            .hint("redraft checkpoint --git-commit --message \"fix: resolve auth token expiry\""));
    }
    let layer = at.own_layer()?;
    let git = git_state(at)?;
    let landed = if ask.git_commit { git_commit::landed(at, &layer)? } else { Vec::new() };
    let label = Label { label: &ask.label, notes: &ask.notes, tdd_phase: phase, git: git.as_ref() };
    let taken = checkpoint::take(&layer, &at.caller, &label)?;
    if ask.git_commit {
        let subject =
            ask.message.as_deref().or(Some(ask.label.as_str())).filter(|text| !text.trim().is_empty());
        let sha = git_commit::commit(at, &layer, &landed, subject)
            .map_err(|error| error.detail(format!("the checkpoint itself is taken: {}", taken.id)))?;
        let _lock = layer.lock(at.caller.waiter("checkpoint"))?;
        notes::say(
            &layer,
            &at.caller,
            &taken.id,
            "git commit",
            Some(serde_json::json!({ "git_commit": sha })),
        )?;
    }
    let notes = notes::read(&layer)?;
    let thing = notes::find(&notes, Kind::Checkpoint, &taken.id, &layer)?;
    Ok(Report::CheckpointTaken(CheckpointTaken {
        session: layer.name.clone(),
        checkpoint: described(thing),
        changes: taken.changes,
    }))
}

#[inline(never)]
pub(super) fn checkpoints(at: &Place<'_>) -> Result<Report> {
    let name = lifecycle::whose_or_refuse(at.project, &at.caller)?;
    let layer = crate::session::layer::Layer::open(at.project, &name)?;
    let notes = notes::read(&layer)?;
    let mut checkpoints: Vec<Checkpoint> = notes.kind(Kind::Checkpoint).map(described).collect();
    checkpoints.reverse();
    Ok(Report::Checkpoints(Checkpoints { session: name, checkpoints }))
}

#[inline(never)]
pub(super) fn rollback(at: &Place<'_>, id: &str) -> Result<Report> {
    let name = lifecycle::whose_or_refuse(at.project, &at.caller)?;
    let id = id.trim();
    let id = if id.bytes().all(|b| b.is_ascii_digit()) { format!("cp-{id}") } else { id.to_string() };
    let done = crate::landing::rollback::rollback(at.project, &at.caller, &name, &id)?;
    Ok(Report::RolledBack(RolledBack { session: name, to: id, undo: done.before, changes: done.changes }))
}

/// Gives a checkpoint for a report, from the lines about it.
pub(super) fn described(thing: &notes::Thing) -> Checkpoint {
    let entry = &thing.entry;
    let read = |line: &crate::store::notebook::Entry| serde_json::from_value::<Data>(line.data.clone()?).ok();
    let data = thing.history.first().and_then(read).unwrap_or_default();
    Checkpoint {
        id: entry.id.clone(),
        label: entry.text.clone(),
        notes: data.notes,
        tdd_phase: data.tdd_phase,
        at: entry.at.clone(),
        by: entry.by.clone(),
        since: data.since,
        counts: data.counts,
        files: data.files,
        git: data.git,
        git_commit: thing.history.iter().filter_map(read).find_map(|data| data.git_commit),
    }
}

/// Reads how the git work tree stands; nothing where there is none.
fn git_state(at: &Place<'_>) -> Result<Option<GitState>> {
    if at.project.dir.stat(&RelPath::new(".git")?)?.is_none() {
        return Ok(None);
    }
    // A checkpoint does not depend on git; what is wrong with it is said by what needs it.
    Ok(Git::open(&at.project.root).and_then(Git::state).ok())
}

fn phase(asked: &str) -> Result<&'static str> {
    let upper = asked.trim().to_uppercase();
    PHASES.into_iter().find(|known| *known == upper).ok_or_else(|| {
        Error::usage(format!("Invalid TDD phase. Valid phases: {}", PHASES.join(", ")))
            .hint("redraft checkpoint --tdd-phase GREEN")
    })
}
