//! `gc`: remove what nobody keeps any more, now and all of it, or tell what that would be.

use super::Place;
use crate::error::Result;
use crate::landing::sweep;
use crate::report::{Collected, Report};
use crate::store::lock::{Lock, Which};
use crate::view;

#[inline(never)]
pub(super) fn gc(at: &Place<'_>, dry_run: bool) -> Result<Report> {
    let spare = view::clear_spare(at.project, dry_run)?;
    let _landing = Lock::exclusive(at.project, Which::Landing, at.caller.waiter("gc"))?;
    let swept = sweep::collect(at.project, at.desk.env.now(), dry_run)?;
    Ok(Report::Collected(Collected {
        dry_run,
        sessions: swept.sessions,
        commits: swept.commits,
        bases: swept.bases,
        temporary: swept.temporary + spare,
        windows: swept.windows,
        bytes: swept.bytes,
    }))
}
