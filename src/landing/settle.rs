//! What becomes of each change where the project moved on: landed, merged, left, or a conflict someone must decide.
//!
//! A change whose project file is still the base lands as it is. Otherwise `merge` judges the three versions; what does
//! not merge is a conflict unless a person said which side to take, for all files (`--on-conflict`) or for some
//! (`--ours`, `--theirs`). *Ours* is the session's version, *theirs* the project's.

use std::str::FromStr;

use super::merge::{self, Grain, Labels, Side, Verdict};
use super::{Selection, plan};
use crate::error::{Error, Result};
use crate::fs::Stat;
use crate::report::{EntryKind, FileState, Op};
use crate::session::changes::{Change, Drift};
use crate::session::layer::Layer;
use crate::session::lines;
use crate::store::blobs::Blobs;

/// What to do with a change that does not merge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Write nothing at all.
    #[default]
    Abort,
    /// Land both versions between markers.
    Merge,
    /// Land the session's version.
    Ours,
    /// Leave the project's version.
    Theirs,
}

impl FromStr for OnConflict {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "abort" => Ok(Self::Abort),
            "merge" => Ok(Self::Merge),
            "ours" => Ok(Self::Ours),
            "theirs" => Ok(Self::Theirs),
            _ => Err(Error::usage(format!("--on-conflict takes abort, merge, ours or theirs, not {text:?}"))
                .hint("redraft commit --force --on-conflict merge")),
        }
    }
}

/// Who decides conflicts.
#[derive(Debug)]
pub(super) struct Choice {
    /// For every file that is not named below.
    pub(super) otherwise: OnConflict,
    /// The session's version of these.
    pub(super) ours: Option<Selection>,
    /// The project's version of these.
    pub(super) theirs: Option<Selection>,
}

/// What becomes of one change.
#[derive(Debug)]
pub(super) enum Settled {
    /// The session's file lands.
    Session,
    /// This content lands.
    Merged(Vec<u8>),
    /// The project's file stays; the session's change ends with the commit.
    Project,
    /// Nobody decided, and why it does not merge.
    Conflict(String),
}

/// A change, what state it is in, and what becomes of it.
#[derive(Debug)]
pub(super) struct Decided<'a> {
    /// The change.
    pub(super) change: &'a Change,
    /// How it stands to the project.
    pub(super) state: FileState,
    /// What becomes of it.
    pub(super) settled: Settled,
}

impl Decided<'_> {
    /// Tells whether something of the session comes to the project.
    pub(super) fn lands(&self) -> bool {
        matches!(self.settled, Settled::Session | Settled::Merged(_))
    }
}

/// Decides about every change.
pub(super) fn settle_all<'a>(
    layer: &Layer<'_>,
    changes: &[&'a Change],
    choice: &Choice,
) -> Result<Vec<Decided<'a>>> {
    let decide = |change: &&'a Change| {
        let (state, settled) = settle(layer, change, choice)?;
        Ok(Decided { change, state, settled })
    };
    changes.iter().map(decide).collect()
}

/// Gives the state of one change, whoever decides about it.
pub fn state_of(layer: &Layer<'_>, change: &Change) -> Result<FileState> {
    let nobody = Choice { otherwise: OnConflict::Abort, ours: None, theirs: None };
    settle(layer, change, &nobody).map(|(state, _)| state)
}

/// Decides about one change.
fn settle(layer: &Layer<'_>, change: &Change, choice: &Choice) -> Result<(FileState, Settled)> {
    let named = |selection: &Option<Selection>| selection.as_ref().is_some_and(|s| s.contains(&change.path));
    let how = match (named(&choice.ours), named(&choice.theirs)) {
        (true, _) => OnConflict::Ours,
        (_, true) => OnConflict::Theirs,
        _ => choice.otherwise,
    };
    if let Some(why) = other_kind(layer, change)? {
        let settled = if how == OnConflict::Theirs { Settled::Project } else { Settled::Conflict(why) };
        return Ok((FileState::TypeChange, settled));
    }
    if change.drift == Drift::None {
        return Ok((FileState::Clean, Settled::Session));
    }
    let (state, merged, why) = judge(layer, change)?;
    if let (FileState::Merged, Some(text)) = (state, &merged)
        && !named(&choice.ours)
        && !named(&choice.theirs)
    {
        return Ok((state, Settled::Merged(text.clone())));
    }
    let settled = match (how, merged) {
        (OnConflict::Ours, _) if over_directory(change) => Settled::Conflict(why),
        (OnConflict::Ours, _) => Settled::Session,
        (OnConflict::Theirs, _) => Settled::Project,
        (OnConflict::Merge, Some(text)) => Settled::Merged(text),
        (OnConflict::Merge | OnConflict::Abort, _) => Settled::Conflict(why),
    };
    Ok((state, settled))
}

/// Says what the project has where this needs something of another kind, unless the session deleted that.
fn other_kind(layer: &Layer<'_>, change: &Change) -> Result<Option<String>> {
    if change.op == Op::Deleted {
        return Ok(None);
    }
    if change.blocked {
        let file = layer.project.dir.in_the_way(&change.path)?;
        let deleted = file.as_ref().map(|file| layer.is_whited_out(file)).transpose()?;
        return Ok(file.filter(|_| deleted == Some(false)).map(|file| plan::needs_directory(&file)));
    }
    let over = change.kind != EntryKind::Directory && over_directory(change);
    Ok((over && !layer.is_whited_out(&change.path)?).then(|| plan::OVER_DIRECTORY.to_string()))
}

/// A file cannot take the place of a directory that the session knows nothing of.
fn over_directory(change: &Change) -> bool {
    change.op != Op::Deleted && change.project.is_some_and(|stat| stat.is_dir())
}

/// Judges the three versions; gives the state, the merged text (with markers in a conflict), and why it is none.
fn judge(layer: &Layer<'_>, change: &Change) -> Result<(FileState, Option<Vec<u8>>, String)> {
    let plain = |state, why: &str| Ok((state, None, why.to_string()));
    match (change.drift, change.op) {
        (Drift::Vanished, _) => {
            return plain(FileState::DeletedModified, "changed in the session, deleted in the project since");
        }
        (Drift::Changed, Op::Deleted) => {
            return plain(FileState::DeletedModified, "deleted in the session, changed in the project since");
        }
        (Drift::Appeared, Op::Deleted) => {
            return plain(
                FileState::DeletedModified,
                "deleted in the session, which never saw the project's version",
            );
        }
        _ => {}
    }
    let large = |stat: Option<Stat>| stat.is_some_and(|stat| stat.size > merge::MAX_BYTES as u64);
    if large(change.project)
        || large(change.session)
        || change.base.as_ref().is_some_and(|b| b.size > merge::MAX_BYTES as u64)
    {
        return plain(FileState::Conflict, "changed on both sides, and too large to merge");
    }
    if change.kind != EntryKind::File || !change.project.is_some_and(|stat| stat.is_file()) {
        return plain(FileState::TypeChange, "changed on both sides, and not a file on both");
    }
    let mut reader = lines::Reader::new(layer);
    let (Some(project), Some(session)) = (reader.old(change)?, reader.new_side(change)?) else {
        return plain(FileState::Conflict, "changed on both sides, and too large to merge");
    };
    let base = match &change.base {
        None => None,
        Some(base) => match Blobs::of(layer.project).read(base.hash) {
            Ok(content) => Some(content),
            Err(_) => {
                return plain(FileState::Conflict, "changed on both sides, and its base is no longer kept");
            }
        },
    };
    Ok(told(change, base.as_deref(), &project, &session))
}

fn told(
    change: &Change,
    base: Option<&[u8]>,
    project: &[u8],
    session: &[u8],
) -> (FileState, Option<Vec<u8>>, String) {
    let labels = Labels { base: None, project: "project", session: "session" };
    let grain = Grain::for_path(&change.path, session);
    let base = base.map_or(Side::Absent, Side::File);
    match merge::judge(base, Side::File(project), Side::File(session), grain, &labels) {
        // Contents agree with one side; what differs is the mode, and the session's is the newer wish.
        Verdict::Unchanged => (FileState::Merged, Some(project.to_vec()), String::new()),
        Verdict::Clean | Verdict::SameChange => (FileState::Merged, Some(session.to_vec()), String::new()),
        Verdict::Merged(text) => (FileState::Merged, Some(text), String::new()),
        Verdict::Conflict { text, n_conflicts, .. } => {
            let places = if n_conflicts == 1 { "1 place".into() } else { format!("{n_conflicts} places") };
            let since = if change.base.is_some() {
                "changed in the project since the session first touched it"
            } else {
                "made in the session; the project has one of its own that the session never saw"
            };
            (FileState::Conflict, Some(text), format!("{since} ({places} not merged)"))
        }
        Verdict::Binary => (FileState::Binary, None, "changed on both sides, and not text".into()),
        Verdict::DeletedModified => {
            (FileState::DeletedModified, None, "deleted on one side, changed on the other".into())
        }
        Verdict::TypeChange => {
            (FileState::TypeChange, None, "changed on both sides, and not a file on both".into())
        }
    }
}
