//! `restore`: bring back a session that was cancelled or landed.

use super::{Place, describe};
use crate::error::{Error, Kind, Result};
use crate::landing::reopen;
use crate::name::SessionName;
use crate::report::{Report, Restored};
use crate::session::{archive, lifecycle};
use crate::store::lock::{Lock, Which};

#[inline(never)]
pub(super) fn restore(at: &Place<'_>, name: &str) -> Result<Report> {
    let name: SessionName = name.parse()?;
    let _landing = Lock::exclusive(at.project, Which::Landing, at.caller.waiter("restore"))?;
    let back = reopen::reopen(at.project, &name).or_else(|error| Err(or_archived(at, &name, error)?))?;
    // A session that was cancelled because it was crashed comes back crashed, and that is said by what follows.
    let inspected = lifecycle::inspect(at.project, &name)?;
    Ok(Report::Restored(Restored {
        was: back.was,
        trashed_at: describe::stamp_to_rfc3339(&back.stamp),
        counts: inspected.changes.counts(),
        session: name,
    }))
}

/// Says where a session is that is not in the trash.
fn or_archived(at: &Place<'_>, name: &SessionName, error: Error) -> Result<Error> {
    let archived = error.kind == Kind::NotFound && archive::latest(at.project, name)?.is_some();
    Ok(if archived {
        Error::not_found(format!("Session '{name}' was archived, not cancelled or landed"))
            .hint(format!("Bring it back from there: redraft reopen {name}"))
    } else {
        error
    })
}
