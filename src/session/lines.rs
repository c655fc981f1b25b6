//! Both sides of a change as content, and how many lines they differ by.

use super::changes::Change;
use super::layer::Layer;
use crate::compare;
use crate::error::Result;
use crate::fs::{Dir, FileKind, Stat};
use crate::relpath::RelPath;
use crate::report::{EntryKind, Lines, Op};

/// Files larger than this are compared, but their lines are not counted.
const MAX_COUNTED: u64 = 16 * 1024 * 1024;

/// With more changes than this, lines are not counted unless they are asked for.
const MAX_TOTALLED: usize = 1000;

/// Reads both sides of a change: what the project has, and what the session makes of it; `None` for what has no lines.
pub fn sides(layer: &Layer<'_>, change: &Change) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    let small = |stat: Option<Stat>| stat.is_none_or(|stat| stat.size <= MAX_COUNTED);
    if change.kind == EntryKind::Directory || !small(change.session) || !small(change.project) {
        return Ok(None);
    }
    let old = match change.project {
        Some(_) => content(&layer.project.dir, &change.path)?,
        None => Vec::new(),
    };
    let new = if change.op == Op::Deleted { Vec::new() } else { content(&layer.dir, &change.path)? };
    Ok(Some((old, new)))
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
    let mut total = Lines::default();
    for change in changes {
        let counted =
            sides(layer, change)?.and_then(|(old, new)| compare::count_lines(&old, &new)).unwrap_or_default();
        total.added += counted.added;
        total.removed += counted.removed;
    }
    Ok(Some(total))
}
