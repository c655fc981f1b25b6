//! What a commit would do, and the name of exactly that state. Writes nothing.
//!
//! Each file's two sides are read once: for the lines, and for the fingerprint.

use std::collections::BTreeMap;

use super::plan::{self, Plan};
use super::settle::{self, Settled};
use super::{Options, Selection, conflicts_of, plan_for};
use crate::compare;
use crate::error::Result;
use crate::fs::copy::Hash;
use crate::report::{Conflict, EntryKind, FileState, Lines};
use crate::session::changes::{Change, hash_entry};
use crate::session::layer::Layer;
use crate::session::lifecycle::Inspected;
use crate::session::lines::Reader;

/// What would land.
#[derive(Debug)]
pub struct Previewed {
    /// The changes that would land.
    pub changes: Vec<PreviewedChange>,
    /// What stands in the way.
    pub conflicts: Vec<Conflict>,
    /// Names this state.
    pub fingerprint: String,
    /// Changes that were not selected.
    pub staying: usize,
}

/// One change that would land.
#[derive(Debug)]
pub struct PreviewedChange {
    /// The change.
    pub change: Change,
    /// How it stands to the project.
    pub state: FileState,
    /// Lines against what the project has now; `None` where they are not counted.
    pub lines: Option<Lines>,
    /// Not text.
    pub binary: bool,
}

/// Tells what a commit would do.
pub fn preview(inspected: &Inspected<'_>, options: Options<'_>) -> Result<Previewed> {
    let selection = Selection::of(options.files)?;
    let (changes, dirs) = plan::select(&inspected.changes, &|path| selection.contains(path));
    let Plan { mut conflicts, .. } = plan_for(&inspected.layer, &changes, &dirs, "preview", BTreeMap::new())?;
    let decided = settle::settle_all(&inspected.layer, &changes, &options.choice()?)?;
    conflicts.extend(conflicts_of(&decided));
    let (mut reader, mut hashes) = (Reader::new(&inspected.layer), Vec::with_capacity(changes.len()));
    let mut shown = Vec::with_capacity(changes.len());
    for one in decided {
        let change = one.change;
        let (mut lines, mut binary) = (None, false);
        let session = reader.new_side(change)?;
        hashes.push(hash_of(&inspected.layer, change, session.as_deref())?);
        let new = match one.settled {
            Settled::Merged(text) => Some(text),
            Settled::Session | Settled::Conflict(_) => session,
            Settled::Project => reader.old(change)?,
        };
        if let (Some(new), Some(old)) = (new, reader.old(change)?) {
            lines = compare::count_lines(&old, &new);
            binary = lines.is_none();
        }
        shown.push(PreviewedChange { change: change.clone(), state: one.state, lines, binary });
    }
    Ok(Previewed {
        fingerprint: plan::fingerprint(&changes, &hashes),
        staying: inspected.changes.list.len() - changes.len(),
        changes: shown,
        conflicts,
    })
}

/// Names the state that is there now, to compare it with the one a preview named.
pub(super) fn fingerprint(layer: &Layer<'_>, changes: &[&Change]) -> Result<String> {
    let mut reader = Reader::new(layer);
    let hashes = changes.iter().map(|change| {
        let new = reader.new_side(change)?;
        hash_of(layer, change, new.as_deref())
    });
    Ok(plan::fingerprint(changes, &hashes.collect::<Result<Vec<_>>>()?))
}

/// Hashes a change's content in the session; `content` is it, unless it is too large to be read into memory.
fn hash_of(layer: &Layer<'_>, change: &Change, content: Option<&[u8]>) -> Result<Option<Hash>> {
    match (change.session, content) {
        (None, _) => Ok(None),
        (Some(_), _) if change.kind == EntryKind::Directory => Ok(None),
        (Some(_), Some(content)) => Ok(Some(Hash::of(content))),
        (Some(stat), None) => hash_entry(&layer.dir, &change.path, stat.kind).map(Some),
    }
}
