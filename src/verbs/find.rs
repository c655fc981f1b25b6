//! `find`: sessions, open and archived, by what they are, which their records say.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};

use chrono::{DateTime, Duration, NaiveDate, Utc};

use super::{Place, list};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::name::SessionName;
use crate::relpath::RelPath;
use crate::report::{List, Report, Row, State};
use crate::session::archive;
use crate::session::notes::{self, Notes};
use crate::store::notebook::{Kind, Notebook};
use crate::store::record::SessionRecord;
use crate::text::{nearest, visible};

/// Which sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// With all of these tags.
    pub tags: Vec<String>,
    /// Of this kind of work.
    pub kind: Option<String>,
    /// `active`, `inactive`, `crashed` or `archived`.
    pub state: Option<String>,
    /// The newest so many.
    pub recent: Option<usize>,
    /// Made since then: `16h`, `7d`, `2w`, `today`, `yesterday`, a date.
    pub since: Option<String>,
}

#[inline(never)]
pub(super) fn find(at: &Place<'_>, filter: &Filter) -> Result<Report> {
    let state = filter.state.as_deref().map(state_of).transpose()?;
    let since = filter.since.as_deref().map(|text| time(text, at.desk.env.now())).transpose()?;
    let only_recent = Filter { recent: None, ..filter.clone() } == Filter::default();
    let newest = filter.recent.filter(|_| only_recent).map(|n| newest(at, n)).transpose()?;
    let wanted = |name: &OsStr| match &newest {
        _ if state == Some(State::Archived) => Ok(false),
        Some(newest) => Ok(newest.contains(name)),
        None => matches(at, name, &at.project.sessions().join(name)?, filter, since),
    };
    let Report::List(all) = list::list_where(at, &wanted)? else {
        return Err(Error::new(ErrorKind::Bug, "list is no list"));
    };
    let mut sessions = all.sessions;
    if state == Some(State::Archived) {
        sessions = archived(at, filter, since)?;
    }
    sessions.retain(|row| state.is_none_or(|state| row.status == state));
    sessions.truncate(filter.recent.unwrap_or(usize::MAX));
    let narrowed = *filter != Filter::default();
    Ok(Report::List(List { active: all.active, sessions, narrowed }))
}

/// Finds the directories that were made last, more than are asked for: which of them are the newest sessions is read in
/// their records, and no other session is looked at.
fn newest(at: &Place<'_>, n: usize) -> Result<HashSet<OsString>> {
    let mut made = Vec::new();
    let Some(sessions) = at.project.dir.find_dir(&at.project.sessions())? else { return Ok(HashSet::new()) };
    for (name, _) in sessions.directories()? {
        if let Some(stat) = sessions.stat_name(&name)? {
            made.push((stat.btime.unwrap_or(stat.mtime), name));
        }
    }
    made.sort_unstable_by(|a, b| b.cmp(a));
    Ok(made.into_iter().take(n.saturating_mul(4).saturating_add(16)).map(|(_, name)| name).collect())
}

/// Lists the archived sessions that are asked for, newest first.
fn archived(at: &Place<'_>, filter: &Filter, since: Option<DateTime<Utc>>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for one in archive::entries(at.project)? {
        if !matches(at, OsStr::new(one.name.as_str()), &one.session, filter, since)? {
            continue;
        }
        let manifest = one.manifest(at.project);
        rows.push(Row {
            name: one.name.to_string(),
            status: State::Archived,
            created_at: manifest.as_ref().ok().map(|manifest| manifest.created_at.clone()),
            description: manifest.as_ref().map(|manifest| manifest.description.clone()).unwrap_or_default(),
            changes: manifest.as_ref().ok().map(|manifest| manifest.metrics.changes),
            problem: manifest.err().map(|error| error.message),
            action: Some(format!("redraft reopen {}", one.name)),
        });
    }
    rows.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.name.cmp(&b.name)));
    Ok(rows)
}

/// Tells whether a session's record and notebook are what is asked for; one that cannot be read is shown, unless it is
/// asked for what only a record knows.
fn matches(
    at: &Place<'_>,
    name: &OsStr,
    path: &RelPath,
    filter: &Filter,
    since: Option<DateTime<Utc>>,
) -> Result<bool> {
    let by_record = filter.kind.is_some() || since.is_some() || !filter.tags.is_empty();
    let Some(Ok(parsed)) = name.to_str().map(str::parse::<SessionName>) else { return Ok(!by_record) };
    let Some(dir) = at.project.dir.find_dir(path)? else { return Ok(false) };
    let Ok(record) = SessionRecord::read(&dir, &parsed) else { return Ok(!by_record) };
    let made = DateTime::parse_from_rfc3339(&record.created_at).ok().map(|made| made.with_timezone(&Utc));
    let by_kind = filter.kind.as_ref().is_none_or(|kind| record.kind.eq_ignore_ascii_case(kind));
    if !by_kind || since.is_some_and(|since| made.is_none_or(|made| made < since)) {
        return Ok(false);
    }
    if filter.tags.is_empty() {
        return Ok(true);
    }
    let tags: Vec<String> = {
        let noted = Notebook::of(&dir)?.recent_of(Kind::Tag).map(Notes::of)?;
        record.tags.into_iter().chain(noted.tags()).collect()
    };
    Ok(filter.tags.iter().all(|tag| tags.contains(&notes::tag_word(tag))))
}

fn state_of(asked: &str) -> Result<State> {
    match asked.trim().to_lowercase().as_str() {
        "active" => Ok(State::Active),
        "inactive" | "paused" => Ok(State::Inactive),
        "crashed" => Ok(State::Crashed),
        "archived" => Ok(State::Archived),
        other => {
            let error = Error::usage(format!("There is no state '{}'", visible(asked)))
                .detail("States: active, inactive, crashed, archived");
            Err(match nearest(other, ["active", "inactive", "crashed", "archived"]) {
                Some(near) => error.hint(format!("Did you mean: redraft find --state {near}")),
                None => error.hint("redraft find --state inactive"),
            })
        }
    }
}

/// Reads a point in time.
pub(super) fn time(asked: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let text = asked.trim().to_lowercase();
    let midnight = |date: NaiveDate| date.and_hms_opt(0, 0, 0).map(|time| time.and_utc());
    let ago = || {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let number: i64 = number.parse().ok().filter(|n| (0..=10_000).contains(n))?;
        match unit {
            "h" => Some(now - Duration::hours(number)),
            "d" => Some(now - Duration::days(number)),
            "w" => Some(now - Duration::weeks(number)),
            _ => None,
        }
    };
    let found = match text.as_str() {
        "today" => midnight(now.date_naive()),
        "yesterday" => midnight((now - Duration::days(1)).date_naive()),
        _ => ago()
            .or_else(|| midnight(text.parse().ok()?))
            .or_else(|| Some(DateTime::parse_from_rfc3339(asked.trim()).ok()?.with_timezone(&Utc))),
    };
    found.ok_or_else(|| {
        Error::usage(format!("'{}' is no point in time", visible(asked)))
            .detail("For example: 16h, 7d, 2w, today, yesterday, 2026-01-21")
            .hint("redraft find --since 7d")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_time() {
        let now = "2026-01-21T12:30:00Z".parse().unwrap();
        for (asked, expected) in [
            ("16h", Some("2026-01-20T20:30:00Z")),
            ("7d", Some("2026-01-14T12:30:00Z")),
            ("2W", Some("2026-01-07T12:30:00Z")),
            ("today", Some("2026-01-21T00:00:00Z")),
            ("yesterday", Some("2026-01-20T00:00:00Z")),
            ("2026-01-02", Some("2026-01-02T00:00:00Z")),
            ("2026-01-02T03:04:05+02:00", Some("2026-01-02T01:04:05Z")),
            ("-7d", None),
            ("d", None),
            ("", None),
            ("ж", None),
            ("soon", None),
        ] {
            let expected = expected.map(|text| text.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(time(asked, now).ok(), expected, "{asked}");
        }
    }
}
