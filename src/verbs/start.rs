//! `start`: make a session and make it this caller's; with a task instead of a name, find or name the session for it.
//!
//! What could still be refused is checked before anything is made: names, the kind of work, the objectives, then git.

use super::{Place, Start, describe};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::git::Git;
use crate::name::SessionName;
use crate::report::{Candidate, Chosen, Report, Started};
use crate::session::layer::Layer;
use crate::session::lifecycle::{self, Beginning};
use crate::session::notes::{self, Draft, Notes};
use crate::session::words::{self, RELEVANT};
use crate::store::notebook::{Entry, Kind, Notebook};
use crate::store::record::{KINDS, SessionRecord};

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 500;

/// How many open sessions a task is compared with.
const MAX_COMPARED: usize = 10_000;

#[inline(never)]
pub(super) fn start(at: &Place<'_>, asked: &Start) -> Result<Report> {
    check_kind(asked)?;
    let notebook = objectives(at, asked)?;
    if asked.auto || asked.new {
        return for_task(at, asked, &notebook);
    }
    let Some(name) = &asked.name else {
        return Err(Error::usage("start needs a name for the session")
            .hint("redraft start work-on-chapter-01 \"Generating all scenes\"")
            .hint("Let the task find its session: redraft start --auto \"<task>\""));
    };
    let name = SessionName::for_new(name)?;
    let description = checked_description(&asked.description)?;
    if at.project.dir.stat(&at.project.session(&name))?.is_some() {
        return Err(lifecycle::exists(&name));
    }
    go_to_branch(at, asked)?;
    let beginning = Beginning { description, kind: asked.kind.as_deref(), notebook: &notebook };
    let before = lifecycle::create(at.project, &at.caller, &name, beginning)?;
    Ok(started(at, asked, name, description, before, None))
}

/// Finds the session that a task belongs to, or makes one named after it.
#[inline(never)]
fn for_task(at: &Place<'_>, asked: &Start, notebook: &[Entry]) -> Result<Report> {
    let mode = if asked.auto { "--auto" } else { "--new" };
    let words = asked.name.iter().map(String::as_str).chain([asked.description.trim()]);
    let task = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if task.is_empty() {
        return Err(Error::usage(format!("{mode} mode requires task description"))
            .hint(format!("redraft start {mode} \"implement OAuth2 authentication\"")));
    }
    let description = checked_description(&task)?;
    let candidates = if asked.auto { candidates(at, &task)? } else { Vec::new() };
    let chosen = choose(asked.auto, candidates);
    if let Some(best) = chosen.candidates.first().filter(|best| asked.auto && is_relevant(best)) {
        let name = best.session.clone();
        return reuse(at, asked, &name, chosen, notebook);
    }
    go_to_branch(at, asked)?;
    let beginning = Beginning { description, kind: asked.kind.as_deref(), notebook };
    let base = SessionName::made_of(&task);
    let (name, before) = lifecycle::create_under_free_name(at.project, &at.caller, &base, beginning)?;
    Ok(started(at, asked, name, description, before, Some(chosen)))
}

/// Goes on in an open session; new objectives come into its notebook.
fn reuse(
    at: &Place<'_>,
    asked: &Start,
    name: &SessionName,
    chosen: Chosen,
    notebook: &[Entry],
) -> Result<Report> {
    go_to_branch(at, asked)?;
    if !notebook.is_empty() {
        let layer = Layer::open(at.project, name)?;
        let drafts: Vec<Draft<'_>> =
            notebook.iter().map(|entry| Draft { text: &entry.text, ..Draft::default() }).collect();
        notes::add(&layer, &at.caller, Kind::Objective, &drafts)?;
    }
    match super::switch::switch(at, name.as_str())? {
        Report::Switched(mut switched) => {
            switched.chosen = Some(chosen);
            Ok(Report::Switched(switched))
        }
        other => Ok(other),
    }
}

fn started(
    at: &Place<'_>,
    asked: &Start,
    name: SessionName,
    description: &str,
    before: Option<SessionName>,
    chosen: Option<Chosen>,
) -> Report {
    Report::Started(Started {
        paths: at.paths(&name),
        session: name,
        description: description.to_string(),
        kind: asked.kind.clone().unwrap_or_else(|| KINDS[0].to_string()),
        objectives: asked.objectives.clone(),
        branch: asked.branch.clone(),
        took_over_from: before,
        tracked: at.project.tracked().globs(),
        chosen,
    })
}

/// Looks at every open session that can be read, best first.
fn candidates(at: &Place<'_>, task: &str) -> Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for name in lifecycle::names(at.project)?.iter().take(MAX_COMPARED) {
        let Some(Ok(name)) = name.to_str().map(str::parse::<SessionName>) else { continue };
        let layer = match Layer::open(at.project, &name) {
            Err(error) if error.kind == ErrorKind::NotFound => continue,
            other => other?,
        };
        // A crashed session is not worked in; `list` says what is wrong with it.
        let Ok(record) = SessionRecord::read(&layer.dir, &name) else { continue };
        let mut about = format!("{name} {}", record.description);
        for objective in Notebook::of(&layer.dir)?.recent_of(Kind::Objective).map(Notes::of)?.things {
            about.push(' ');
            about.push_str(&objective.entry.text);
        }
        found.push((words::relevance(task, &about), record.created_at, name));
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.cmp(&a.1)).then_with(|| a.2.cmp(&b.2)));
    Ok(found
        .into_iter()
        .map(|(score, _, session)| Candidate {
            session,
            relevance: grade(score),
            score: describe::hundredths(score),
        })
        .collect())
}

fn grade(score: f64) -> &'static str {
    match score {
        s if s >= RELEVANT => "high",
        s if s >= RELEVANT / 2.0 => "medium",
        s if s > 0.0 => "low",
        _ => "none",
    }
}

fn is_relevant(candidate: &Candidate) -> bool {
    candidate.relevance == "high"
}

/// Says what was found out about a task and what is done because of it.
fn choose(auto: bool, candidates: Vec<Candidate>) -> Chosen {
    let several = "Multiple active sessions detected";
    let (analysis, decision) = match candidates.first() {
        _ if !auto => (None, "Creating new session"),
        None => (Some("No active sessions".to_string()), "Creating new session"),
        Some(best) if is_relevant(best) => {
            (Some(format!("Task relevance = {}", best.relevance)), "Reusing existing session")
        }
        Some(best) => (Some(format!("Task relevance = {}", best.relevance)), "Creating new session"),
    };
    Chosen {
        analysis,
        decision: decision.into(),
        warning: (candidates.len() > 1).then(|| several.to_string()),
        candidates,
    }
}

fn checked_description(text: &str) -> Result<&str> {
    let text = text.trim();
    if text.chars().count() > MAX_DESCRIPTION {
        return Err(Error::usage(format!("the description is longer than {MAX_DESCRIPTION} characters")));
    }
    Ok(text)
}

fn check_kind(asked: &Start) -> Result<()> {
    let Some(kind) = &asked.kind else { return Ok(()) };
    if KINDS.contains(&kind.as_str()) {
        return Ok(());
    }
    let error = Error::usage(format!("Invalid session type. Valid types: {}", KINDS.join(", ")));
    Err(match crate::text::nearest(kind, KINDS) {
        Some(near) => error.hint(format!("Did you mean: redraft start <name> --type {near}")),
        None => error.hint("redraft start <name> --type workflow"),
    })
}

/// Makes the first lines of the notebook.
fn objectives(at: &Place<'_>, asked: &Start) -> Result<Vec<Entry>> {
    let line = |(nth, text): (usize, &String)| {
        notes::first_line(&at.caller, Kind::Objective, nth + 1, &Draft { text, ..Draft::default() })
    };
    asked.objectives.iter().enumerate().map(line).collect()
}

fn go_to_branch(at: &Place<'_>, asked: &Start) -> Result<()> {
    match &asked.branch {
        Some(branch) => Git::open(&at.project.root)?.go_to(branch).map(drop),
        None => Ok(()),
    }
}
