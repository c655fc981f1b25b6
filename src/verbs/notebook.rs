//! `objective`, `blocker`, `decision`, `task`, `note`, `tag`: what a session is to remember.

use super::{Place, describe};
use crate::error::{Error, Result};
use crate::name::SessionName;
use crate::report::{Noted, Notes, Report, Thing};
use crate::session::layer::Layer;
use crate::session::lifecycle;
use crate::session::notes::{self, Draft};
use crate::store::notebook::{Kind, Status};
use crate::store::record::SessionRecord;

/// What is asked of a notebook; every noun asks in the same ways.
#[expect(missing_docs, reason = "the fields are the command line's arguments")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// `objective add TEXT`; only tags take several texts.
    Add { kind: Kind, texts: Vec<String>, rationale: String, alternatives: Vec<String>, sort: String },
    /// `objective complete ID`, `blocker resolve ID`, `task set ID STATUS`, `tag rm WORD`.
    Set { kind: Kind, ids: Vec<String>, status: String, said: String },
    /// `objective list`
    List { kind: Kind },
    /// `task show ID`
    Show { kind: Kind, id: String },
}

impl Ask {
    /// Gives what it is about.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Add { kind, .. }
            | Self::Set { kind, .. }
            | Self::List { kind }
            | Self::Show { kind, .. } => *kind,
        }
    }

    /// Tells whether it only looks.
    pub fn only_looks(&self) -> bool {
        matches!(self, Self::List { .. } | Self::Show { .. })
    }
}

#[inline(never)]
pub(super) fn notebook(at: &Place<'_>, ask: &Ask) -> Result<Report> {
    let name = lifecycle::whose_or_refuse(at.project, &at.caller)?;
    let layer = Layer::open(at.project, &name)?;
    SessionRecord::check(&layer.dir, &name).map_err(|error| lifecycle::crashed(&name, error))?;
    match ask {
        Ask::Add { kind, texts, rationale, alternatives, sort } => {
            let drafts: Vec<Draft<'_>> =
                texts.iter().map(|text| Draft { text, rationale, alternatives, sort }).collect();
            let (added, notes) = notes::add(&layer, &at.caller, *kind, &drafts)?;
            let is_new = |thing: &&notes::Thing| added.iter().any(|line| line.id == thing.entry.id);
            let things = notes.things.iter().filter(is_new).map(describe::thing).collect();
            let progress = notes.progress();
            Ok(Report::Noted(Noted { session: name, change: "added", kind: *kind, things, progress }))
        }
        Ask::Set { kind, ids, status, said } => {
            let status = status_of(*kind, status)?;
            let (changed, notes) = notes::set(&layer, &at.caller, *kind, ids, status, said)?;
            let things = changed.iter().map(describe::thing).collect();
            let progress = notes.progress();
            Ok(Report::Noted(Noted { session: name, change: "changed", kind: *kind, things, progress }))
        }
        Ask::List { kind } => {
            let notes = notes::read(&layer)?;
            let things = notes.kind(*kind).map(describe::thing).collect();
            Ok(listed(name, *kind, things, &notes))
        }
        Ask::Show { kind, id } => {
            let notes = notes::read(&layer)?;
            let thing = describe::thing(notes::find(&notes, *kind, id, &layer)?);
            Ok(listed(name, *kind, vec![thing], &notes))
        }
    }
}

fn listed(session: SessionName, kind: Kind, things: Vec<Thing>, notes: &notes::Notes) -> Report {
    let (progress, unreadable) = (notes.progress(), notes.unreadable);
    Report::Notes(Notes { session, kind, things, progress, unreadable })
}

/// Reads the state that a thing of a kind is to be in.
fn status_of(kind: Kind, asked: &str) -> Result<Status> {
    match kind {
        Kind::Task => notes::task_status(asked),
        Kind::Objective if asked == "completed" => Ok(Status::Completed),
        Kind::Blocker if asked == "resolved" => Ok(Status::Resolved),
        Kind::Tag if asked == "removed" => Ok(Status::Removed),
        _ => {
            Err(Error::usage(format!("{} cannot be set to '{}'", kind.as_str(), crate::text::visible(asked))))
        }
    }
}
