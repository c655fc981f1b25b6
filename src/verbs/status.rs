//! `status`: one session in detail, with every changed file and what the project did meanwhile.

use super::{Place, describe};
use crate::error::Result;
use crate::landing::settle;
use crate::report::{NoSession, Report, Status};
use crate::session::changes::{Change, Drift};
use crate::session::{lifecycle, notes, retry};

#[inline(never)]
pub(super) fn status(at: &Place<'_>, name: Option<&str>) -> Result<Report> {
    let own = lifecycle::whose(at.project, &at.caller)?;
    let name = match name {
        Some(name) => name.parse()?,
        None => match own.clone() {
            Some(own) => own,
            None => return waiting(at),
        },
    };
    let inspected = lifecycle::inspect(at.project, &name)?;
    let (record, changes) = (&inspected.record, &inspected.changes);
    let described =
        |change: &Change| Ok(describe::change(change, settle::state_of(&inspected.layer, change)?));
    let notes = notes::recent(&inspected.layer)?;
    let drifted = changes.list.iter().filter(|change| change.drift != Drift::None);
    Ok(Report::Status(Box::new(Status {
        status: lifecycle::state_of(&name, own.as_ref()),
        description: record.description.clone(),
        created_at: record.created_at.clone(),
        age_seconds: describe::age_seconds(&record.created_at, at.desk.env.now()),
        created_by: record.created_by.clone(),
        kind: record.kind.clone(),
        tags: record.tags.iter().cloned().chain(notes.tags()).collect(),
        progress: notes.progress(),
        counts: changes.counts(),
        changes: changes.list.iter().map(described).collect::<Result<_>>()?,
        drifted: drifted.map(|change| change.path.clone()).collect(),
        retries: retry::by_file(&record.human_retries),
        size_bytes: describe::size(&inspected)?,
        paths: at.paths(&name),
        session: name,
    })))
}

fn waiting(at: &Place<'_>) -> Result<Report> {
    let names = lifecycle::names(at.project)?;
    Ok(Report::NoSession(NoSession {
        waiting: names.iter().map(|n| n.to_string_lossy().into_owned()).collect(),
    }))
}
