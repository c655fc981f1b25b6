//! `restore`: bring back a session that was cancelled or landed.

use super::{Place, describe};
use crate::error::Result;
use crate::landing::reopen;
use crate::name::SessionName;
use crate::report::{Report, Restored};
use crate::session::lifecycle;
use crate::store::lock::{Lock, Which};

pub(super) fn restore(at: &Place<'_>, name: &str) -> Result<Report> {
    let name: SessionName = name.parse()?;
    let _landing = Lock::exclusive(at.project, Which::Landing, at.caller.waiter("restore"))?;
    let back = reopen::reopen(at.project, &name)?;
    // A session that was cancelled because it was crashed comes back crashed, and that is said by what follows.
    let inspected = lifecycle::inspect(at.project, &name)?;
    Ok(Report::Restored(Restored {
        was: back.was,
        trashed_at: describe::stamp_to_rfc3339(&back.stamp),
        counts: inspected.changes.counts(),
        session: name,
    }))
}
