//! `list`: every session with its state, newest first; crashed ones with the command that repairs them.

use std::ffi::OsStr;

use super::Place;
use crate::error::{Error, Kind, Result};
use crate::report::{List, Report, Row, State};
use crate::session::lifecycle;

#[inline(never)]
pub(super) fn list(at: &Place<'_>) -> Result<Report> {
    list_where(at, &|_| Ok(true))
}

/// Lists the sessions that are wanted; only those are looked at as a whole.
pub(super) fn list_where(at: &Place<'_>, wanted: &dyn Fn(&OsStr) -> Result<bool>) -> Result<Report> {
    // A pointer that cannot be read must not hide the sessions; `status` and `switch` say what is wrong with it.
    let active = match lifecycle::whose(at.project, &at.caller) {
        Err(error) if error.kind == Kind::Corrupt => None,
        other => other?,
    };
    let mut sessions = Vec::new();
    for name in lifecycle::names(at.project)? {
        if !wanted(&name)? {
            continue;
        }
        match row(at, &name, active.as_ref().map(crate::name::SessionName::as_str)) {
            // It ended while we looked.
            Err(error) if error.kind == Kind::NotFound || error.is_absent() => {}
            row => sessions.push(row?),
        }
    }
    sessions.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.name.cmp(&b.name)));
    Ok(Report::List(List { active, sessions, narrowed: false }))
}

fn row(at: &Place<'_>, name: &OsStr, active: Option<&str>) -> Result<Row> {
    let shown = name.to_string_lossy().into_owned();
    let crashed = |problem: String, action: String| Row {
        name: shown.clone(),
        status: State::Crashed,
        created_at: None,
        description: String::new(),
        changes: None,
        problem: Some(problem),
        action: Some(action),
    };
    let Some(Ok(parsed)) = name.to_str().map(str::parse) else {
        let aside = format!("move it out of {}", at.project.sessions());
        return Ok(crashed("its name is not a session name".into(), aside));
    };
    // One whose files cannot be read is crashed, too: it must not hide the others, and `recover` says what is in the way.
    match lifecycle::inspect(at.project, &parsed).map_err(Error::untrusted) {
        Ok(inspected) => Ok(Row {
            status: if active == Some(parsed.as_str()) { State::Active } else { State::Inactive },
            name: shown,
            created_at: Some(inspected.record.created_at),
            description: inspected.record.description,
            changes: Some(inspected.changes.counts()),
            problem: None,
            action: None,
        }),
        Err(error) if error.kind == Kind::Corrupt => {
            let problem = error.details.first().cloned().unwrap_or(error.message);
            Ok(crashed(problem, format!("redraft recover {parsed}")))
        }
        Err(error) => Err(error),
    }
}
