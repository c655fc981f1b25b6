//! `history`: the sessions there were, those first that something happened to last.

use super::seen;
use crate::error::{Error, Result};
use crate::report::{History, Report};
use crate::verbs::Place;

/// How many sessions are told without being asked for a number.
const COUNT: usize = 10;

#[inline(never)]
pub(in crate::verbs) fn history(at: &Place<'_>, count: Option<usize>, metrics: bool) -> Result<Report> {
    let count = count.unwrap_or(COUNT);
    if count == 0 {
        return Err(Error::usage("--count needs at least 1").hint("redraft history --count 10"));
    }
    let mut sessions = seen(at, count.saturating_add(1))?;
    let more = sessions.len() > count;
    sessions.truncate(count);
    Ok(Report::History(History { sessions: sessions.iter().map(|seen| seen.past(metrics)).collect(), more }))
}
