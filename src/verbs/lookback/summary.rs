//! `report`: a week's work, or all that is kept of a project's, as a document.

use chrono::{DateTime, Duration, Utc};

use super::Seen;
use super::analyze::{Ground, discipline, reworked, velocity};
use crate::error::{Error, Result};
use crate::report::{Remark, Report, Summary, SummaryFormat, Week};
use crate::session::notes::Thing;
use crate::store::notebook::{Kind, Status};
use crate::text::{nearest, visible};
use crate::verbs::Place;

/// What a summary is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Period {
    /// The last seven days.
    #[default]
    Weekly,
    /// All that is kept.
    Project,
}

const FORMATS: [&str; 3] = ["markdown", "json", "html"];

#[inline(never)]
pub(in crate::verbs) fn summary(at: &Place<'_>, period: Period, format: Option<&str>) -> Result<Report> {
    let format = format.map_or(Ok(SummaryFormat::Markdown), format_of)?;
    let now = at.desk.env.now();
    let from = (period == Period::Weekly).then(|| now - Duration::days(7));
    let ground = Ground::read(at, from)?;
    let velocity = velocity(&ground, now);
    let (mut completed, mut decisions, mut blockers, mut next) = Default::default();
    for seen in &ground.sessions {
        for thing in &seen.notes.things {
            sort_in(seen, thing, from, [&mut completed, &mut decisions, &mut blockers, &mut next]);
        }
    }
    let name = at.project.root.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(Report::Summary(Box::new(Summary {
        period: if from.is_some() { "weekly" } else { "project" },
        format,
        project: name.unwrap_or_default(),
        from: from.map(super::rfc3339),
        to: at.desk.env.timestamp(),
        sessions: ground.sessions.iter().map(|seen| seen.past(true)).collect(),
        more: ground.more,
        totals: total(&super::analyze::all_weeks(&ground)),
        completed,
        decisions,
        blockers,
        next,
        retries: reworked(&ground),
        velocity,
        discipline: discipline(&ground),
    })))
}

/// Puts a thing where a summary tells it, if it belongs to the period.
fn sort_in(seen: &Seen, thing: &Thing, from: Option<DateTime<Utc>>, into: [&mut Vec<Remark>; 4]) {
    let [completed, decisions, blockers, next] = into;
    let (kind, status) = (thing.entry.kind, thing.entry.status);
    let open = seen.kept.state == "open" && thing.is_open();
    let done = thing.history.iter().rev().find(|line| line.status == Status::Completed);
    let (list, at) = match kind {
        Kind::Objective | Kind::Task if status == Status::Completed => {
            (completed, done.map_or(&thing.entry.at, |line| &line.at))
        }
        Kind::Decision => (decisions, &thing.entry.at),
        Kind::Blocker if open => (blockers, &thing.entry.at),
        Kind::Objective | Kind::Task if open => (next, &thing.entry.at),
        _ => return,
    };
    // What is still open is told however old it is.
    if open || super::time(at) >= from {
        list.push(Remark {
            session: seen.kept.name.clone(),
            id: thing.entry.id.clone(),
            kind,
            text: thing.entry.text.clone(),
            rationale: thing.entry.rationale.clone(),
            at: at.clone(),
        });
    }
}

fn total(weeks: &[Week]) -> Week {
    let mut total =
        Week { from: weeks.first().map(|week| week.from.clone()).unwrap_or_default(), ..Week::default() };
    for week in weeks {
        total.started += week.started;
        total.ended += week.ended;
        total.tasks_completed += week.tasks_completed;
        total.objectives_completed += week.objectives_completed;
        total.landings += week.landings;
        total.files += week.files;
        total.lines.added += week.lines.added;
        total.lines.removed += week.lines.removed;
        total.retries += week.retries;
    }
    total
}

fn format_of(asked: &str) -> Result<SummaryFormat> {
    match asked.trim().to_lowercase().as_str() {
        "markdown" | "md" => Ok(SummaryFormat::Markdown),
        "json" => Ok(SummaryFormat::Json),
        "html" => Ok(SummaryFormat::Html),
        other => {
            let error = Error::usage(format!("A report has no format '{}'", visible(asked)))
                .detail(format!("Formats: {}", FORMATS.join(", ")));
            let meant = nearest(other, FORMATS).unwrap_or("markdown");
            Err(error.hint(format!("redraft report --format {meant}")))
        }
    }
}
