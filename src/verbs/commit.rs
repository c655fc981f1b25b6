//! `commit`: show what would land, or land it.

use super::{Commit, Place, describe, gates};
use crate::error::Result;
use crate::landing::{self, Options, preview};
use crate::report::{Committed, Preview, Report};
use crate::session::changes::Counting;
use crate::session::layer::Layer;
use crate::session::lifecycle;
use crate::session::retry;

#[inline(never)]
pub(super) fn commit(at: &Place<'_>, asked: &Commit) -> Result<Report> {
    let name = lifecycle::named_or_own(at.project, &at.caller, asked.name.as_deref())?;
    let options = Options {
        files: &asked.files,
        expect: asked.expect.as_deref(),
        on_conflict: asked.on_conflict.as_deref().map(str::parse).transpose()?.unwrap_or_default(),
        ours: &asked.ours,
        theirs: &asked.theirs,
    };
    if !asked.force {
        // Of a few files that are asked about only those are read.
        let counting = if asked.files.is_empty() { Counting::UpTo(usize::MAX) } else { Counting::Nothing };
        let inspected = lifecycle::inspect_counting(at.project, &name, counting)?;
        let previewed = preview::preview(&inspected, options)?;
        return Ok(Report::Preview(Preview {
            counts: landing::count(previewed.changes.iter().map(|one| one.change)),
            changes: previewed.changes.iter().map(describe::with_lines).collect(),
            conflicts: previewed.conflicts,
            retries: retry::by_file(&inspected.record.human_retries),
            fingerprint: previewed.fingerprint,
            files: asked.files.clone(),
            staying: previewed.staying,
            active: lifecycle::whose(at.project, &at.caller).is_ok_and(|own| own.as_ref() == Some(&name)),
            gates: gates::look(at, &inspected.layer)?,
            session: name,
        }));
    }
    gates::pass(at, &Layer::open(at.project, &name)?, asked)?;
    let landed = landing::commit(at.project, &at.caller, &name, options)?;
    Ok(Report::Committed(Committed {
        commit: landed.id,
        counts: landing::count(landed.changes.iter()),
        changes: landed.changes.into_iter().zip(landed.states).map(describe::landed).collect(),
        kept: landed.kept,
        retries_archived: landed.retries_archived.map(|path| format!("{path}/")),
        session_removed: landed.session_removed,
        lock_cleared: landed.lock_cleared,
        staying: landed.staying,
        untidied: landed.untidied.map(|error| error.message),
        session: name,
    }))
}
