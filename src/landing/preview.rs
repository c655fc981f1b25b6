//! What a commit would do, and the name of exactly that state. Writes nothing.
//!
//! Each file's two sides are read for the lines, most of them by the survey, which has one of them in its hands anyway;
//! what the fingerprint needs is hashed with that. Thousands of files are read in as many threads as there are processors;
//! nothing is shared between them but two open directories.

use super::plan;
use super::refuse::conflicts_of;
use super::settle::{self, Decided, Settled};
use super::{Options, Selection, look_above};
use crate::compare;
use crate::error::Result;
use crate::fs::absent_as_none;
use crate::fs::copy::Hash;
use crate::fs::parallel;
use crate::relpath::RelPath;
use crate::report::{Conflict, EntryKind, FileState, Lines};
use crate::session::changes::{Change, Counted, hash_entry};
use crate::session::layer::Layer;
use crate::session::lifecycle::Inspected;
use crate::session::lines::Reader;

/// What would land.
#[derive(Debug)]
pub struct Previewed<'a> {
    /// The changes that would land.
    pub changes: Vec<PreviewedChange<'a>>,
    /// What stands in the way.
    pub conflicts: Vec<Conflict>,
    /// Names this state.
    pub fingerprint: String,
    /// Changes that were not selected.
    pub staying: usize,
}

/// One change that would land.
#[derive(Debug)]
pub struct PreviewedChange<'a> {
    /// The change.
    pub change: &'a Change,
    /// How it stands to the project.
    pub state: FileState,
    /// Lines against what the project has now; `None` where they are not counted.
    pub lines: Option<Lines>,
    /// Not text.
    pub binary: bool,
}

/// Tells what a commit would do.
pub fn preview<'a>(inspected: &'a Inspected<'_>, options: Options<'_>) -> Result<Previewed<'a>> {
    let selection = Selection::of(options.files)?;
    let (changes, dirs) = plan::select(&inspected.changes, &|path| selection.contains(path));
    let decided = settle::settle_all(&inspected.layer, &changes, &options.choice()?)?;
    let mut conflicts: Vec<Conflict> = conflicts_of(&decided).collect();
    conflicts.extend(cannot_land(&inspected.layer, &decided, &dirs)?);
    let (project, session) = (&inspected.layer.project.dir, &inspected.layer.dir);
    let read = parallel::each(decided, &|| Reader::of(project, session), &look_at)?;
    let (shown, hashes): (Vec<_>, Vec<_>) = read.unzip();
    Ok(Previewed {
        fingerprint: plan::fingerprint(&changes, &hashes),
        staying: inspected.changes.list.len() - changes.len(),
        changes: shown,
        conflicts,
    })
}

/// Lists what cannot land beside what else lands, although nobody needs to decide about it.
fn cannot_land(layer: &Layer<'_>, decided: &[Decided<'_>], dirs: &[RelPath]) -> Result<Vec<Conflict>> {
    let changes: Vec<&Change> = decided.iter().filter(|one| one.lands()).map(|one| one.change).collect();
    Ok(plan::conflicts(&changes, dirs, &look_above(layer.project, &changes)?))
}

/// Names the state that is there now, to compare it with the one a preview named.
pub(super) fn fingerprint(layer: &Layer<'_>, changes: &[&Change]) -> Result<String> {
    let (project, session) = (&layer.project.dir, &layer.dir);
    let hashes = parallel::each(changes.to_vec(), &|| Reader::of(project, session), &|reader, change| {
        // What the survey read a moment ago to compare it is not read again.
        let new = if change.hash.is_some() { None } else { reader.new_side(change)? };
        hash_of(reader, change, new.as_deref())
    })?;
    Ok(plan::fingerprint(changes, &hashes.collect::<Vec<_>>()))
}

/// Reads both sides of a change, for its lines and for its part in the fingerprint.
fn look_at<'a>(reader: &mut Reader<'_>, one: Decided<'a>) -> Result<(PreviewedChange<'a>, Option<Hash>)> {
    let change = one.change;
    let (mut lines, mut binary) = (None, false);
    let is_own = matches!(one.settled, Settled::Session | Settled::Conflict(_));
    if is_own && change.counted != Counted::Not && change.hash.is_some() {
        match change.counted {
            Counted::Lines(counted) => lines = Some(counted),
            Counted::Binary | Counted::Not => binary = true,
        }
        return Ok((PreviewedChange { change, state: one.state, lines, binary }, change.hash));
    }
    let session = reader.new_side(change)?;
    let hash = hash_of(reader, change, session.as_deref())?;
    let old = reader.old(change)?;
    let new = match one.settled {
        Settled::Merged(text) => Some(text),
        Settled::Session | Settled::Conflict(_) => session,
        Settled::Project => old.clone(),
    };
    if let (Some(new), Some(old)) = (new, old) {
        lines = compare::count_lines(&old, &new);
        binary = lines.is_none();
    }
    Ok((PreviewedChange { change, state: one.state, lines, binary }, hash))
}

/// Hashes a change's content in the session; `content` is it, unless it is too large to be read into memory.
fn hash_of(reader: &Reader<'_>, change: &Change, content: Option<&[u8]>) -> Result<Option<Hash>> {
    match (change.session, content) {
        (None, _) => Ok(None),
        (Some(_), _) if change.hash.is_some() => Ok(change.hash),
        (Some(_), _) if change.kind == EntryKind::Directory => Ok(None),
        (Some(_), Some(content)) => Ok(Some(Hash::of(content))),
        (Some(stat), None) => absent_as_none(hash_entry(reader.session(), &change.path, stat.kind)),
    }
}
