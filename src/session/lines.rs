//! Both sides of a change as content, and how many lines they differ by.

use super::changes::{Change, Counted, MAX_COUNTED};
use super::layer::Layer;
use crate::compare;
use crate::error::Result;
use crate::fs::cursor::Cursor;
use crate::fs::{Dir, FileKind, Stat, absent_as_none};
use crate::relpath::RelPath;
use crate::report::{EntryKind, Lines};

/// With more changes than this, lines are not counted unless they are asked for.
pub const MAX_TOTALLED: usize = 1000;

/// Reads changes, best in tree order.
#[derive(Debug)]
pub struct Reader<'a> {
    project: Cursor<'a>,
    session: Cursor<'a>,
}

impl<'a> Reader<'a> {
    /// Starts reading the changes of a session.
    pub fn new(layer: &'a Layer<'_>) -> Self {
        Self::of(&layer.project.dir, &layer.dir)
    }

    /// Starts reading changes between two trees.
    pub fn of(project: &'a Dir, session: &'a Dir) -> Self {
        Self { project: Cursor::new(project), session: Cursor::new(session) }
    }

    /// Gives the session's tree.
    pub fn session(&self) -> &'a Dir {
        self.session.root()
    }

    /// Reads what the project has at a change's path now; `None` for what has no lines.
    pub fn old(&mut self, change: &Change) -> Result<Option<Vec<u8>>> {
        readable(&mut self.project, change, change.project)
    }

    /// Reads what the session makes of it; `None` for what has no lines.
    pub fn new_side(&mut self, change: &Change) -> Result<Option<Vec<u8>>> {
        readable(&mut self.session, change, change.session)
    }

    /// Reads both sides.
    pub fn sides(&mut self, change: &Change) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
        Ok(self.old(change)?.zip(self.new_side(change)?))
    }
}

fn readable(at: &mut Cursor<'_>, change: &Change, stat: Option<Stat>) -> Result<Option<Vec<u8>>> {
    match stat {
        _ if change.kind == EntryKind::Directory => Ok(None),
        None => Ok(Some(Vec::new())),
        Some(stat) if stat.size > MAX_COUNTED => Ok(None),
        // Somebody may have removed or renamed it since it was looked at; what lands is checked when it lands.
        Some(stat) => absent_as_none(at.content(&change.path, stat.kind, MAX_COUNTED)),
    }
}

/// Reads a file, or where a link points; nothing for a directory.
pub fn content(dir: &Dir, path: &RelPath) -> Result<Vec<u8>> {
    match dir.stat(path)? {
        Some(stat) if stat.is_file() => dir.read(path, MAX_COUNTED),
        Some(stat) if stat.kind == FileKind::Symlink => {
            Ok(dir.read_link(path)?.into_os_string().into_encoded_bytes())
        }
        _ => Ok(Vec::new()),
    }
}

/// Adds up the lines of few enough changes.
pub fn total(layer: &Layer<'_>, changes: &[&Change]) -> Result<Option<Lines>> {
    if changes.len() > MAX_TOTALLED {
        return Ok(None);
    }
    let (mut total, mut reader) = (Lines::default(), Reader::new(layer));
    for change in changes {
        let counted = match change.counted {
            Counted::Lines(lines) => lines,
            Counted::Binary => continue,
            Counted::Not => {
                let sides = reader.sides(change)?;
                sides.and_then(|(old, new)| compare::count_lines(&old, &new)).unwrap_or_default()
            }
        };
        total.added += counted.added;
        total.removed += counted.removed;
    }
    Ok(Some(total))
}
