//! `doctor --repair`: what lies among the sessions and is none, or is one under a wrong name.
//!
//! Without `--apply` it only looks. Nothing is deleted in any case.

use super::Place;
use crate::error::Result;
use crate::report::{Repair, Repairs, Report};
use crate::session::stray::{self, Cure, Stray};
use crate::store::lock::{Lock, Which};

#[inline(never)]
pub(super) fn repair(at: &Place<'_>, apply: bool) -> Result<Report> {
    let _landing =
        apply.then(|| Lock::exclusive(at.project, Which::Landing, at.caller.waiter("doctor"))).transpose()?;
    let mut repairs = Vec::new();
    for found in stray::find(at.project, &at.caller)? {
        if apply {
            stray::cure(at.project, &at.caller, &found)?;
        }
        repairs.push(told(at, found));
    }
    Ok(Report::Repairs(Repairs { applied: apply, repairs }))
}

fn told(at: &Place<'_>, found: Stray) -> Repair {
    let (cure, to, action) = match found.cure {
        Cure::SetAside(to) => ("set_aside", Some(to), None),
        Cure::Name(name) => ("name", Some(at.project.session(&name)), None),
        Cure::Leave(command) => ("leave", None, Some(command)),
    };
    Repair { path: found.path, problem: found.problem, cure, to, action }
}
