//! `start`: make a session and make it this caller's.

use super::Place;
use crate::error::{Error, Result};
use crate::name::SessionName;
use crate::report::{Report, Started};
use crate::session::lifecycle;

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 500;

pub(super) fn start(at: &Place<'_>, name: &str, description: &str) -> Result<Report> {
    let name: SessionName = name.parse()?;
    let description = description.trim();
    if description.chars().count() > MAX_DESCRIPTION {
        return Err(Error::usage(format!("the description is longer than {MAX_DESCRIPTION} characters")));
    }
    let took_over_from = lifecycle::create(at.project, &at.caller, &name, description)?;
    Ok(Report::Started(Started {
        paths: at.paths(&name),
        session: name,
        description: description.to_string(),
        took_over_from,
        tracked: at.project.tracked().globs(),
    }))
}
