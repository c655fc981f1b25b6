//! Delete, rename and copy up inside a session: the project is not touched, the session's own versions are kept aside.
//!
//! What `rm` removes of the layer goes to the session's `.removed/`, because it may be the only copy of somebody's
//! words; the project's file gets a whiteout. A rename is a copy-up, a move within the layer and a whiteout.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::changes::hash_entry;
use super::layer::{Layer, Place, REMOVED, Touched, check_landable, entry};
use super::lifecycle::{Caller, stamp};
use crate::error::{Error, Result};
use crate::fs::tree::Step;
use crate::fs::{FileKind, Onto, Stat};
use crate::relpath::RelPath;
use crate::store::ledger::{Base, Entry, Op};

/// Says that a path is neither in the session nor in the project.
pub(super) fn nowhere(layer: &Layer<'_>, path: &RelPath) -> Error {
    Error::not_found(format!("File not found: {path}"))
        .detail("Checked paths:")
        .detail(format!("Session: {}/{path}", layer.project.session(&layer.name)))
        .detail(format!("Global: {path}"))
        .hint("See the session's files: redraft status")
}

/// Deletes a file, or a directory with all that the merged view has in it; gives the files.
pub fn remove(layer: &Layer<'_>, caller: &Caller<'_>, path: &RelPath) -> Result<Vec<RelPath>> {
    check_landable(path)?;
    let gone = match layer.resolve(path)? {
        Place::Session(stat) | Place::Project(stat) if stat.is_dir() => merged_files(layer, path)?,
        Place::Session(_) | Place::Project(_) => vec![path.clone()],
        Place::Deleted => {
            return Err(Error::refused(format!("{path} is already deleted in session '{}'", layer.name))
                .hint(format!("See what the session changes: redraft status {}", layer.name)));
        }
        Place::Nowhere => return Err(nowhere(layer, path)),
    };
    let _lock = layer.lock(caller.waiter("rm"))?;
    let mut lines = Vec::new();
    for file in &gone {
        lines.push(deletion(layer, file, &caller.env.timestamp())?);
    }
    layer.ledger()?.append(&lines)?;
    if layer.project.dir.stat(path)?.is_some() {
        layer.put_whiteout(path)?;
    }
    keep_aside(layer, caller.env.now(), path)?;
    Ok(gone)
}

/// Makes the ledger line of a deletion; the base is what the project has, unless an earlier line knows it.
fn deletion(layer: &Layer<'_>, path: &RelPath, at: &str) -> Result<Entry> {
    let own = layer.dir.stat(path)?.is_some();
    let hidden = layer.is_whited_out(path)?;
    let project = layer.project.dir.stat(path)?.filter(|stat| !stat.is_dir());
    Ok(match project {
        None => entry(path, Op::Dropped, at, None),
        // The session has a copy or deleted it before, so the ledger has its base.
        Some(_) if own || hidden => entry(path, Op::Deleted, at, None),
        Some(stat) => entry(path, Op::Deleted, at, Some(base_of(layer, path, &stat)?)),
    })
}

/// Gives the project's file as the base of a change, its content kept for a merge.
pub fn base_of(layer: &Layer<'_>, path: &RelPath, stat: &Stat) -> Result<Base> {
    let hash = match stat.kind {
        // It may be written again, and the project's may change: then the merge needs it.
        FileKind::File => return layer.keep_base(path),
        FileKind::Symlink => hash_entry(&layer.project.dir, path, stat.kind)?,
        _ => return Err(Error::refused(format!("{path} is not a regular file; redraft does not delete it"))),
    };
    let symlink = stat.kind == FileKind::Symlink;
    Ok(Base { hash, size: stat.size, mode: stat.mode, mtime: stat.mtime, ctime: stat.ctime, symlink })
}

/// Moves the layer's own version to the session's `.removed/<time>/`.
pub fn keep_aside(layer: &Layer<'_>, now: DateTime<Utc>, path: &RelPath) -> Result<()> {
    if layer.dir.stat(path)?.is_none() {
        return Ok(());
    }
    let target = free_aside(layer, now)?.join(path)?;
    layer.make_parents(&target)?;
    layer.dir.rename(path, &layer.dir, &target, Onto::Nothing)
}

/// Gives a directory below the session's `.removed/` that is not there yet.
pub fn free_aside(layer: &Layer<'_>, now: DateTime<Utc>) -> Result<RelPath> {
    for attempt in 1..100_000 {
        let aside = RelPath::new(format!("{REMOVED}/{}-{attempt}", stamp(now)))?;
        if layer.dir.stat(&aside)?.is_none() {
            return Ok(aside);
        }
    }
    Err(Error::refused(format!("no free name in {REMOVED}")))
}

/// Brings a file, or all that the merged view has in a directory, into the layer, so that it can be written there by whoever
/// does not ask first; tells of each file whether it was not there yet.
pub fn bring(layer: &Layer<'_>, caller: &Caller<'_>, path: &RelPath) -> Result<Vec<(RelPath, bool)>> {
    check_landable(path)?;
    let files = match layer.resolve(path)? {
        Place::Session(stat) | Place::Project(stat) if stat.is_dir() => merged_files(layer, path)?,
        Place::Session(_) | Place::Project(_) => vec![path.clone()],
        Place::Deleted => {
            return Err(Error::refused(format!("{path} is deleted in session '{}'", layer.name))
                .hint(format!("See what the session changes: redraft status {}", layer.name)));
        }
        Place::Nowhere => return Err(nowhere(layer, path)),
    };
    let at = caller.env.timestamp();
    let bring = |file: RelPath| {
        let touched = layer.prepare_write(&file, caller.waiter("bring"), &at)?;
        Ok((file, matches!(touched, Touched::First)))
    };
    files.into_iter().map(bring).collect()
}

/// Renames a file or directory; gives nothing, for the new path is the one that was asked for.
pub fn rename(layer: &Layer<'_>, caller: &Caller<'_>, from: &RelPath, to: &RelPath) -> Result<()> {
    check_landable(to)?;
    if to.is_within(from) {
        return Err(Error::usage(format!("{from} cannot be moved into itself")));
    }
    if let Place::Session(_) | Place::Project(_) = layer.resolve(to)? {
        return Err(Error::refused(format!("{to} exists")).hint(format!("delete it first: redraft rm {to}")));
    }
    layer.check_ancestors(to)?;
    let files = match layer.resolve(from)? {
        Place::Session(stat) | Place::Project(stat) if stat.is_dir() => merged_files(layer, from)?,
        Place::Session(_) | Place::Project(_) => vec![from.clone()],
        Place::Deleted => {
            return Err(Error::refused(format!("{from} is deleted in session '{}'", layer.name))
                .hint(format!("See what the session changes: redraft status {}", layer.name)));
        }
        Place::Nowhere => return Err(nowhere(layer, from)),
    };
    // The layer has nothing of it that could be moved, and a whiteout alone would be half a move.
    if files.is_empty() && layer.dir.stat(from)?.is_none() {
        return Err(Error::refused(format!("{from} holds no file, so there is nothing to move"))
            .detail("a session keeps files; a directory comes with the first file in it"));
    }
    let at = caller.env.timestamp();
    for file in &files {
        layer.prepare_write(file, caller.waiter("mv"), &at)?;
    }
    let _lock = layer.lock(caller.waiter("mv"))?;
    let mut lines = Vec::new();
    for file in &files {
        lines.push(entry(&moved(from, to, file)?, Op::Created, &at, None));
        lines.push(deletion(layer, file, &at)?);
    }
    layer.ledger()?.append(&lines)?;
    layer.make_parents(to)?;
    // All that can be seen below `from` is in the layer by now, and the layer lies above its whiteouts: this one hides
    // nothing until the rename, which decides.
    if layer.project.dir.stat(from)?.is_some() {
        layer.put_whiteout(from)?;
    }
    layer.dir.rename(from, &layer.dir, to, Onto::Nothing)
}

fn moved(from: &RelPath, to: &RelPath, file: &RelPath) -> Result<RelPath> {
    match file.as_path().strip_prefix(from.as_path()) {
        Ok(below) if !below.as_os_str().is_empty() => to.join(below),
        _ => Ok(to.clone()),
    }
}

/// Lists the files that the merged view has below a directory.
pub fn merged_files(layer: &Layer<'_>, dir: &RelPath) -> Result<Vec<RelPath>> {
    let mut files = BTreeSet::new();
    for tree in [&layer.dir, &layer.project.dir] {
        let Some(open) = tree.find_dir(dir)? else { continue };
        open.walk(Some(dir), &mut |_, path, stat| {
            if !stat.is_dir() {
                files.insert(path.clone());
            }
            Ok(Step::Into)
        })?;
    }
    let mut merged = Vec::new();
    for file in files {
        // Where the session has a directory, the project's file is not seen.
        if matches!(layer.resolve(&file)?, Place::Session(stat) | Place::Project(stat) if !stat.is_dir()) {
            merged.push(file);
        }
    }
    Ok(merged)
}
