//! Pure three-way merge: what becomes of a file that the session and the project both changed since the base.
//!
//! [`judge`] is the per-file table; it asks [`merge`] only when all three are files and pairwise different. Code merges
//! by lines, as git does it. Prose merges by sentences, so that two edits in different sentences of one paragraph both
//! come through. Always true, and checked by `invariants`:
//!
//! * A clean merge has every insertion and every deletion of both sides; anything less certain is a conflict.
//! * Bytes are never rewritten: line breaks, a missing final one, a byte order mark and broken UTF-8 stay as they are.
//! * Taking one side of every conflict gives a file without a byte of redraft's in it. That is why markers stand around
//!   whole lines even where sentences conflict: what merged in the same line is on both sides.
//! * Time and memory are bounded; past a bound the whole file is one conflict.
//!
//! Nothing here touches the disk, and who asked for markers is `landing`'s affair. `references/merging.md` tells it all
//! to a person.

mod align;
mod grain;
#[cfg(any(test, fuzzing))]
pub mod invariants;
mod markers;
mod prose;
mod sentence;
mod tokens;
mod weave;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use crate::compare::is_binary;
use tokens::Names;
use weave::Piece;

pub use grain::Grain;

/// The largest side that is merged; a caller can refuse a larger file before reading it.
pub const MAX_BYTES: usize = 32 << 20;

/// The most lines or sentences of one side that are merged.
const MAX_TOKENS: usize = 2_000_000;

/// How long one merge may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// Why a merge is not clean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Both sides changed the same place.
    Overlap,
    /// A side has more than [`MAX_BYTES`], or more lines or sentences than are compared.
    TooLarge,
    /// The comparison did not end in time.
    OutOfTime,
}

/// What a three-way merge gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// All edits of both sides.
    Clean(Vec<u8>),
    /// What merges is merged; the rest stands between markers.
    Conflict {
        /// The file with markers.
        text: Vec<u8>,
        /// How many places stand between markers.
        n_conflicts: usize,
        /// Why there are any.
        reason: Reason,
    },
}

/// What stands behind the markers; each on one line.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    /// Behind `|||||||`; `None` leaves the base out of the conflicts.
    pub base: Option<&'a str>,
    /// Behind `>>>>>>>`.
    pub project: &'a str,
    /// Behind `<<<<<<<`.
    pub session: &'a str,
}

/// What is at a path, as one of the three sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side<'a> {
    /// Nothing.
    Absent,
    /// A file with this content.
    File(&'a [u8]),
    /// A symbolic link with this target.
    Symlink(&'a [u8]),
    /// A directory.
    Directory,
}

/// What becomes of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The session has what the base had: the project's stays.
    Unchanged,
    /// The project has what the base had: the session's lands.
    Clean,
    /// Both made the same change: nothing to do.
    SameChange,
    /// Both changed it, and this is both changes.
    Merged(Vec<u8>),
    /// Both changed it, in the same places or as two new files.
    Conflict {
        /// The file with markers.
        text: Vec<u8>,
        /// How many places stand between markers.
        n_conflicts: usize,
        /// Why it did not merge.
        reason: Reason,
    },
    /// One deleted it, the other changed it.
    DeletedModified,
    /// Both changed it, and it is not text: a NUL byte in one of the three, or a link.
    Binary,
    /// Both changed it, and not all are of one kind.
    TypeChange,
}

/// Tells what becomes of one path: the per-file table.
#[must_use]
pub fn judge(
    base: Side<'_>,
    project: Side<'_>,
    session: Side<'_>,
    grain: Grain,
    labels: &Labels<'_>,
) -> Verdict {
    if session == base {
        return Verdict::Unchanged;
    }
    if project == session {
        return Verdict::SameChange;
    }
    if project == base {
        return Verdict::Clean;
    }
    let base = match (base, project, session) {
        (_, Side::Absent, _) | (_, _, Side::Absent) => return Verdict::DeletedModified,
        (Side::Absent, _, _) => Side::File(b""),
        (base, _, _) => base,
    };
    let (base, project, session) = match (base, project, session) {
        (Side::File(base), Side::File(project), Side::File(session)) => (base, project, session),
        (Side::Symlink(_), Side::Symlink(_), Side::Symlink(_)) => return Verdict::Binary,
        _ => return Verdict::TypeChange,
    };
    if [base, project, session].into_iter().any(is_binary) {
        return Verdict::Binary;
    }
    match merge(base, project, session, grain, labels) {
        Merged::Clean(text) => Verdict::Merged(text),
        Merged::Conflict { text, n_conflicts, reason } => Verdict::Conflict { text, n_conflicts, reason },
    }
}

/// Merges two texts that came from one base.
#[must_use]
pub fn merge(base: &[u8], project: &[u8], session: &[u8], grain: Grain, labels: &Labels<'_>) -> Merged {
    let sides = Three { base, project, session };
    merge_until(sides, grain, labels, Instant::now() + DEADLINE)
}

/// One of each.
#[derive(Debug, Clone, Copy)]
struct Three<T> {
    base: T,
    project: T,
    session: T,
}

impl<T: Copy> Three<T> {
    fn each(self) -> [T; 3] {
        [self.base, self.project, self.session]
    }
}

fn merge_until(sides: Three<&[u8]>, grain: Grain, labels: &Labels<'_>, until: Instant) -> Merged {
    if sides.project == sides.session || sides.session == sides.base {
        return Merged::Clean(sides.project.to_vec());
    }
    if sides.project == sides.base {
        return Merged::Clean(sides.session.to_vec());
    }
    let (pieces, reason) = match weave_sides(sides, grain, until) {
        Ok(pieces) => (pieces, Reason::Overlap),
        Err(reason) => (vec![Piece::Split(sides)], reason),
    };
    let (text, n_conflicts) = markers::write(&pieces, sides, labels);
    if n_conflicts == 0 { Merged::Clean(text) } else { Merged::Conflict { text, n_conflicts, reason } }
}

fn weave_sides(sides: Three<&[u8]>, grain: Grain, until: Instant) -> Result<Vec<Piece<'_>>, Reason> {
    if sides.each().iter().any(|side| side.len() > MAX_BYTES) {
        return Err(Reason::TooLarge);
    }
    // Sentences are found in characters; three sides cut in two ways would have nothing in common.
    let legible = sides.each().iter().all(|side| std::str::from_utf8(side).is_ok());
    let grain = if legible { grain } else { Grain::Lines };
    let mut names = Names::default();
    let mut cut = |side| names.cut(side, grain).ok_or(Reason::TooLarge);
    let (base, project, session) = (cut(sides.base)?, cut(sides.project)?, cut(sides.session)?);
    let hunks = |side| align::hunks(&base, side, names.len(), until).ok_or(Reason::OutOfTime);
    let edits = [hunks(&project)?, hunks(&session)?];
    Ok(weave::weave(&base, [&project, &session], &edits))
}
