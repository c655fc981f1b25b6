//! `compare`: two sessions side by side, what each came to and which files both are about.

use super::{Seen, everywhere, read};
use crate::error::{Error, Result};
use crate::landing::history as landings;
use crate::name::SessionName;
use crate::report::{Compared, Report};
use crate::session::lifecycle;
use crate::verbs::Place;

#[inline(never)]
pub(in crate::verbs) fn compare(at: &Place<'_>, a: &str, b: Option<&str>) -> Result<Report> {
    // With one name it is compared with the session one works in.
    let (a, b) = match b {
        Some(b) => (a.parse()?, b.parse()?),
        None => (lifecycle::whose_or_refuse(at.project, &at.caller)?, a.parse()?),
    };
    if a == b {
        return Err(Error::usage(format!("'{a}' compared with itself is the same"))
            .hint(format!("Name another one: redraft compare {a} <name>"))
            .hint("See them all: redraft history"));
    }
    let (a, b) = (one(at, &a)?, one(at, &b)?);
    // They are sorted.
    let (both, only_a) = a.paths.iter().cloned().partition(|path| b.paths.binary_search(path).is_ok());
    let only_b = b.paths.iter().filter(|path| a.paths.binary_search(path).is_err()).cloned().collect();
    Ok(Report::Compared(Box::new(Compared { a: a.past(true), b: b.past(true), both, only_a, only_b })))
}

/// Reads the session of a name: the open one, else the archived, else the one that ended last.
fn one(at: &Place<'_>, name: &SessionName) -> Result<Seen> {
    let landed = landings::log(at.project)?;
    let mut named: Vec<_> = everywhere(at)?.into_iter().filter(|kept| kept.name == name.as_str()).collect();
    let rank = |state| ["open", "archived"].iter().position(|known| *known == state).unwrap_or(2);
    named.sort_by(|a, b| rank(a.state).cmp(&rank(b.state)).then_with(|| b.ended_at.cmp(&a.ended_at)));
    if named.first().is_some_and(|kept| kept.state == "open") {
        // What is wrong with a crashed one is said as everywhere.
        lifecycle::inspect(at.project, name)?;
    }
    named.into_iter().find_map(|kept| read(at, kept, &landed)).ok_or_else(|| {
        Error::not_found(format!("Session '{name}' not found"))
            .detail("looked among the open, the archived and the ended ones")
            .hint("See them all: redraft history")
    })
}
