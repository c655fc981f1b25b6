//! `recover`: mend an interrupted commit, then a crashed session, then the pointer.
//!
//! The interrupted commit is mended before any verb runs; this one also says so.

use super::Place;
use crate::error::{Kind, Result};
use crate::report::{Recovered, Report};
use crate::session::layer::Layer;
use crate::session::lifecycle;
use crate::session::repair;

#[inline(never)]
pub(super) fn recover(at: &Place<'_>, name: Option<&str>, mended: Option<String>) -> Result<Report> {
    let mut done: Vec<String> = mended.into_iter().collect();
    let mut unsure = Vec::new();
    let own = match lifecycle::whose(at.project, &at.caller) {
        Err(error) if error.kind == Kind::Corrupt => {
            unsure.push("which session was active: say it with redraft switch <name>".to_string());
            lifecycle::reset_pointer(at.project, &at.caller)?;
            done.push("session.lock is made anew; the file as it was is kept beside it".to_string());
            None
        }
        other => other?,
    };
    let session = match name {
        Some(name) => Some(name.parse()?),
        None => own,
    };
    if name.is_none()
        && let Some(gone) = session
            .as_ref()
            .filter(|own| at.project.dir.stat(&at.project.session(own)).is_ok_and(|s| s.is_none()))
    {
        lifecycle::release(at.project, &at.caller, gone.as_str())?;
        unsure.push(format!("where session '{gone}' is: its directory is gone, so it is no longer active"));
        return Ok(Report::Recovered(Recovered { session: None, done, unsure }));
    }
    if let Some(session) = &session {
        let layer = Layer::open(at.project, session)?;
        let repaired = repair::repair(&layer, &at.caller)?;
        done.extend(repaired.done);
        unsure.extend(repaired.unsure);
        // Whatever is still wrong is said now, not at the next command.
        lifecycle::inspect(at.project, session)?;
    }
    Ok(Report::Recovered(Recovered { session, done, unsure }))
}
