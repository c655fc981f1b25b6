//! `retry`: keep the present version of a file with the reason why a person rejected it.

use std::ffi::OsStr;

use super::Place;
use crate::error::Result;
use crate::relpath::RelPath;
use crate::report::{Report, Retried};
use crate::session::{find, retry as kept};

#[inline(never)]
pub(super) fn retry(at: &Place<'_>, file: &OsStr, reason: &str, auto: bool) -> Result<Report> {
    let layer = at.own_layer()?;
    let file = find::file(&layer, &at.desk.env.cwd, file)?;
    let kept = kept::record(&layer, &at.caller, &file, reason, auto)?;
    let session = at.project.session(&layer.name);
    let below = |path: &RelPath| session.join(path);
    Ok(Report::Retried(Retried {
        session: layer.name.clone(),
        file,
        number: kept.record.retry_number,
        reason: kept.record.reason,
        auto_detected: auto,
        saved: below(&kept.record.saved)?,
        reason_file: below(&kept::reason_file(&kept.record.saved)?)?,
        from_session: kept.from_session,
    }))
}
