//! `switch`: make another session this caller's.

use super::{Place, describe};
use crate::error::{Kind, Result};
use crate::name::SessionName;
use crate::report::{Report, Switched};
use crate::session::lifecycle;

#[inline(never)]
pub(super) fn switch(at: &Place<'_>, name: &str) -> Result<Report> {
    let name: SessionName = name.parse()?;
    let inspected = lifecycle::inspect(at.project, &name)?;
    // A pointer that cannot be read is exactly what a switch repairs.
    let from = match lifecycle::whose(at.project, &at.caller) {
        Err(error) if error.kind == Kind::Corrupt => None,
        other => other?,
    };
    lifecycle::point_to(at.project, &at.caller, &name)?;
    Ok(Report::Switched(Switched {
        from,
        counts: inspected.changes.counts(),
        retries: inspected.record.human_retries.len(),
        size_bytes: describe::size(&inspected)?,
        paths: at.paths(&name),
        to: name,
        chosen: None,
    }))
}
