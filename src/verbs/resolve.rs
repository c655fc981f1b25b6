//! `resolve`: say where paths are read from.

use std::ffi::OsString;

use super::Place;
use crate::error::{Error, Result};
use crate::relpath::RelPath;
use crate::report::{Report, Resolved, ResolvedPath};
use crate::session::layer::{self, Layer};
use crate::session::lifecycle;

#[inline(never)]
pub(super) fn resolve(at: &Place<'_>, paths: &[OsString]) -> Result<Report> {
    if paths.is_empty() {
        return Err(Error::usage("No path is given").hint("redraft resolve acts/act-1/plan.md"));
    }
    let session = lifecycle::whose(at.project, &at.caller)?;
    let layer = session.as_ref().map(|name| Layer::open(at.project, name)).transpose()?;
    let paths = paths.iter().map(|typed| one(at, layer.as_ref(), at.path(typed)?)).collect::<Result<_>>()?;
    Ok(Report::Resolved(Resolved { paths }))
}

fn one(at: &Place<'_>, layer: Option<&Layer<'_>>, path: RelPath) -> Result<ResolvedPath> {
    let isolated = at.project.is_tracked(&path) && layer::check_landable(&path).is_ok();
    let place = match layer.filter(|_| isolated) {
        Some(layer) => layer.resolve(&path)?,
        None => at.project.dir.stat(&path)?.map_or(layer::Place::Nowhere, layer::Place::Project),
    };
    let (in_session, exists) = match place {
        layer::Place::Session(_) => (true, true),
        layer::Place::Deleted => (true, false),
        layer::Place::Project(_) => (false, true),
        layer::Place::Nowhere => (false, false),
    };
    let resolved_path = match layer.filter(|_| in_session) {
        Some(layer) => at.project.session(&layer.name).join(&path)?,
        None => path.clone(),
    };
    Ok(ResolvedPath {
        path,
        absolute_path: at.shown(&resolved_path),
        resolved_path,
        source: if in_session { "session" } else { "project" },
        exists,
        modified_in_session: in_session,
        session: layer.map(|layer| layer.name.clone()),
    })
}
