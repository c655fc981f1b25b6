//! `cancel`: discard a session; the project is not touched, retries are archived, the session waits in the trash.
//!
//! A crashed session can be cancelled too: what lies on its disk goes to the trash as it is.

use std::ffi::OsStr;

use super::Place;
use crate::error::{Kind, Result};
use crate::landing::sweep;
use crate::report::{Cancelled, Report};
use crate::session::changes::Counting;
use crate::session::layer::Layer;
use crate::session::lifecycle::{self, Ending};
use crate::session::retry;
use crate::store::lock::{Lock, Which};

#[inline(never)]
pub(super) fn cancel(
    at: &Place<'_>,
    name: Option<&str>,
    backup_retries: bool,
    purge: bool,
) -> Result<Report> {
    let name = lifecycle::named_or_own(at.project, &at.caller, name).map_err(|mut error| {
        if name.is_none() && error.kind == Kind::Refused {
            error.hints.insert(0, "Specify: redraft cancel <name>".into());
        }
        error
    })?;
    let _landing = Lock::exclusive(at.project, Which::Landing, at.caller.waiter("cancel"))?;
    let layer = Layer::open(at.project, &name)?;
    let _session = layer.lock(at.caller.waiter("cancel"))?;
    let discarded = match lifecycle::read_whole(&layer, Counting::Nothing) {
        Ok((_, changes)) => Some(changes.counts()),
        Err(error) if error.kind == Kind::Corrupt => None,
        Err(error) => return Err(error),
    };
    let retries = retry::count_kept(&layer.dir)?;
    let directory = OsStr::new(name.as_str());
    let now = at.desk.env.now();
    let archived = if backup_retries {
        retry::archive(at.project, &layer.dir, directory, Ending::Cancelled, now)?
    } else {
        None
    };
    let trashed = lifecycle::to_trash(at.project, directory, Ending::Cancelled, now)?;
    let lock_cleared = lifecycle::release(at.project, &at.caller, name.as_str())?;
    if purge {
        at.project.dir.remove_tree(&trashed)?;
    }
    sweep::sweep_without_landings(at.project, now);
    Ok(Report::Cancelled(Cancelled {
        session: name.to_string(),
        discarded,
        retries,
        retries_archived: archived.map(|path| format!("{path}/")),
        purged: purge,
        trash_days: at.project.config.keep.trash_days,
        lock_cleared,
    }))
}
