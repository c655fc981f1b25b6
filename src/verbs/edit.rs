//! `rm`, `mv` and `bring`: delete and rename inside the session, and copy into it.

use std::ffi::{OsStr, OsString};

use super::Place;
use crate::error::{Error, Result};
use crate::relpath::RelPath;
use crate::report::{Brought, BroughtFile, Moved, Removed, Report};
use crate::session::{edit, find};

#[inline(never)]
pub(super) fn rm(at: &Place<'_>, paths: &[OsString]) -> Result<Report> {
    if paths.is_empty() {
        return Err(Error::usage("No path is given").hint("redraft rm acts/act-1/old-scene.md"));
    }
    let layer = at.own_layer()?;
    // All are checked before the first is deleted.
    let paths = paths.iter().map(|typed| tracked(at, typed)).collect::<Result<Vec<_>>>()?;
    let mut removed = Vec::new();
    for path in &paths {
        removed.extend(edit::remove(&layer, &at.caller, path)?);
    }
    Ok(Report::Removed(Removed { session: layer.name.clone(), paths: removed }))
}

#[inline(never)]
pub(super) fn mv(at: &Place<'_>, from: &OsStr, to: &OsStr) -> Result<Report> {
    let layer = at.own_layer()?;
    let (from, to) = (tracked(at, from)?, tracked(at, to)?);
    edit::rename(&layer, &at.caller, &from, &to)?;
    Ok(Report::Moved(Moved {
        session: layer.name.clone(),
        to_path: layer.full(&to).display().to_string(),
        from,
        to,
    }))
}

#[inline(never)]
pub(super) fn bring(at: &Place<'_>, paths: &[OsString]) -> Result<Report> {
    if paths.is_empty() {
        return Err(Error::usage("No path is given").hint("redraft bring acts/plan.md"));
    }
    let layer = at.own_layer()?;
    let paths = paths.iter().map(|typed| tracked(at, typed)).collect::<Result<Vec<_>>>()?;
    let mut files = Vec::new();
    for path in &paths {
        for (path, is_new) in edit::bring(&layer, &at.caller, path)? {
            files.push(BroughtFile { session_path: layer.full(&path).display().to_string(), path, is_new });
        }
    }
    Ok(Report::Brought(Brought { session: layer.name.clone(), files }))
}

fn tracked(at: &Place<'_>, typed: &OsStr) -> Result<RelPath> {
    let path = at.path(typed)?;
    if at.project.is_tracked(&path) {
        return Ok(path);
    }
    Err(find::untracked(at.project, &path))
}
