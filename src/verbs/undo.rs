//! `log` and `undo`: what was landed when, and taking it back.

use super::Place;
use crate::error::Result;
use crate::landing::history;
use crate::landing::journal::Work;
use crate::report::{Log, LogEntry, Report, Undone};

#[inline(never)]
pub(super) fn undo(at: &Place<'_>, id: Option<&str>) -> Result<Report> {
    let undone = history::undo(at.project, &at.caller, id)?;
    Ok(Report::Undone(Undone {
        id: undone.id,
        undoes: undone.undoes.id,
        session: undone.undoes.session,
        paths: undone.paths,
        refused: undone.refused,
        untidied: undone.untidied.map(|error| error.message),
    }))
}

#[inline(never)]
pub(super) fn log(at: &Place<'_>) -> Result<Report> {
    let entries = history::log(at.project)?.into_iter().map(|(head, undone)| LogEntry {
        id: head.id,
        work: match head.work {
            Work::Commit => "commit",
            Work::Undo => "undo",
        },
        session: head.session,
        at: head.at,
        counts: head.counts,
        lines: head.lines,
        undoes: head.undoes,
        undone,
    });
    Ok(Report::Log(Log { commits: entries.collect() }))
}
