//! `archive` and `reopen`: put a session away whole, and bring it back as it was.
//!
//! What waits longer than the trash keeps things is archived. Nothing about the session is changed by that; a crashed one
//! is repaired first, as nobody could say what was put away.

use super::{Place, describe, lookback};
use crate::error::{Error, Kind, Result};
use crate::landing::reopen;
use crate::name::SessionName;
use crate::report::{Archived, Report, Restored};
use crate::session::archive::{self, Manifest};
use crate::session::layer::Layer;
use crate::session::{lifecycle, notes};
use crate::store::lock::{Lock, Which};
use crate::store::record::SCHEMA;

#[inline(never)]
pub(super) fn archive(at: &Place<'_>, name: Option<&str>) -> Result<Report> {
    let name = lifecycle::named_or_own(at.project, &at.caller, name)?;
    let _landing = Lock::exclusive(at.project, Which::Landing, at.caller.waiter("archive"))?;
    archive::forget_unfinished(at.project)?;
    let _session = Layer::open(at.project, &name)?.lock(at.caller.waiter("archive"))?;
    let manifest = manifest(at, &name)?;
    archive::put(at.project, &manifest, at.desk.env.now())?;
    let lock_cleared = lifecycle::release(at.project, &at.caller, name.as_str())?;
    Ok(Report::Archived(Archived {
        session: name,
        archived_at: manifest.archived_at,
        metrics: manifest.metrics,
        lock_cleared,
    }))
}

#[inline(never)]
pub(super) fn reopen(at: &Place<'_>, name: &str) -> Result<Report> {
    let name: SessionName = name.parse()?;
    let _landing = Lock::exclusive(at.project, Which::Landing, at.caller.waiter("reopen"))?;
    archive::forget_unfinished(at.project)?;
    let Some(archived) = archive::latest(at.project, &name)? else { return Err(not_archived(at, &name)?) };
    archive::take_out(at.project, &archived)?;
    let inspected = lifecycle::inspect(at.project, &name)?;
    Ok(Report::Restored(Restored {
        was: "archived".into(),
        trashed_at: describe::stamp_to_rfc3339(&archived.stamp),
        counts: inspected.changes.counts(),
        session: name,
    }))
}

/// Says what a session comes to now.
fn manifest(at: &Place<'_>, name: &SessionName) -> Result<Manifest> {
    let inspected = lifecycle::inspect(at.project, name)?;
    let (record, notes) = (&inspected.record, notes::read(&inspected.layer)?);
    Ok(Manifest {
        schema: SCHEMA,
        session: name.clone(),
        description: record.description.clone(),
        kind: record.kind.clone(),
        tags: record.tags.iter().cloned().chain(notes.tags()).collect(),
        created_at: record.created_at.clone(),
        archived_at: at.desk.env.timestamp(),
        archived_by: at.desk.env.user.clone(),
        metrics: lookback::of_open(at, &inspected, &notes)?,
        rest: serde_json::Map::new(),
    })
}

/// Says why there is nothing to reopen.
fn not_archived(at: &Place<'_>, name: &SessionName) -> Result<Error> {
    if at.project.dir.stat(&at.project.session(name))?.is_some() {
        return Ok(Error::refused(format!("Session '{name}' is open: there is nothing to bring back"))
            .hint(format!("Work in it: redraft switch {name}")));
    }
    let error = Error::new(Kind::NotFound, format!("Session '{name}' is not in the archive"));
    Ok(if reopen::has_ended(at.project, name)? {
        error
            .detail("it was cancelled or landed")
            .hint(format!("Bring it back from there: redraft restore {name}"))
    } else {
        error.hint("See what is there: redraft list --state archived")
    })
}
