//! `brief`, `resume`, `end`, `dehydrate`, `restart`: one person or window goes, another comes.

use std::fmt::Write as _;

use serde::Deserialize;

use super::{Place, describe, git_commit, switch};
use crate::error::{Error, Result};
use crate::git::{self, Git};
use crate::name::SessionName;
use crate::relpath::RelPath;
use crate::report::{Brief, Ended, HandedOver, Handover, Report};
use crate::session::brief::{self, MAX_NAMED, MAX_REQUIRED};
use crate::session::changes::Drift;
use crate::session::layer::Layer;
use crate::session::lifecycle::{self, Inspected};
use crate::session::notes::{self, Notes};
use crate::store::notebook::{Kind, Notebook, Status};
use crate::store::record::SessionRecord;
use crate::text::{prose, visible};
use crate::view;

/// The scratch directory of a session, where hand-off documents are put.
const ARTIFACTS: &str = "artifacts";

/// How a session is to be ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct End {
    /// Write no hand-off document.
    pub no_handoff: bool,
    /// What was accomplished.
    pub accomplished: String,
    /// What whoever goes on should remember.
    pub remember: String,
    /// Push the git branch.
    pub push: bool,
    /// Merge the git branch into this one.
    pub merge_to: Option<String>,
}

#[inline(never)]
pub(super) fn brief(at: &Place<'_>, name: Option<&str>) -> Result<Report> {
    let name = lifecycle::named_or_own(at.project, &at.caller, name)?;
    gather(at, &name).map(|brief| Report::Brief(Box::new(brief)))
}

#[inline(never)]
pub(super) fn resume(at: &Place<'_>, name: Option<&str>) -> Result<Report> {
    let name = match name {
        Some(name) => name.parse()?,
        None => last_paused(at)?,
    };
    let before = match switch::switch(at, name.as_str())? {
        Report::Switched(switched) => switched.from.filter(|from| *from != name),
        _ => None,
    };
    let brief = gather(at, &name)?;
    Ok(Report::Brief(Box::new(Brief { resumed: true, took_over_from: before, ..brief })))
}

/// Finds the session that was paused last, else the newest.
fn last_paused(at: &Place<'_>) -> Result<SessionName> {
    if let Some(own) = lifecycle::whose(at.project, &at.caller)? {
        return Ok(own);
    }
    let mut found = Vec::new();
    for name in lifecycle::names(at.project)? {
        let Some(Ok(name)) = name.to_str().map(str::parse::<SessionName>) else { continue };
        let Ok(layer) = Layer::open(at.project, &name) else { continue };
        let Ok(record) = SessionRecord::read(&layer.dir, &name) else { continue };
        let handed_over = Notebook::of(&layer.dir)?.recent_of(Kind::Handoff).map(Notes::of)?;
        let paused = handed_over.things.last().map(|thing| thing.entry.at.clone());
        found.push((paused, record.created_at, name));
    }
    found.into_iter().max().map(|(_, _, name)| name).ok_or_else(|| {
        Error::not_found("There is no session to resume").hint("Create new session: redraft start <name>")
    })
}

/// Gathers what whoever comes into a session should know.
fn gather(at: &Place<'_>, name: &SessionName) -> Result<Brief> {
    let inspected = lifecycle::inspect(at.project, name)?;
    let notes = notes::recent(&inspected.layer)?;
    let (record, changes) = (&inspected.record, &inspected.changes);
    let things = |found: Vec<&notes::Thing>| found.into_iter().map(describe::thing).collect();
    let drifted = changes.list.iter().filter(|change| change.drift != Drift::None);
    Ok(Brief {
        session: name.clone(),
        resumed: false,
        took_over_from: None,
        description: record.description.clone(),
        kind: record.kind.clone(),
        created_at: record.created_at.clone(),
        git_branch: git::branch_at_a_glance(&at.project.dir),
        progress: notes.progress(),
        objectives: things(notes.kind(Kind::Objective).collect()),
        decisions: things(brief::last_in(&notes, Kind::Decision, &[Status::Recorded]).collect()),
        done: things(brief::last_in(&notes, Kind::Task, &[Status::Completed]).collect()),
        next: things(brief::next(&notes)),
        blockers: things(notes.kind(Kind::Blocker).filter(|thing| thing.is_open()).collect()),
        notes: things(brief::last_in(&notes, Kind::Note, &[Status::Recorded]).collect()),
        counts: changes.counts(),
        changed: changes.list.iter().take(MAX_NAMED).map(|change| change.path.clone()).collect(),
        drifted: drifted.take(MAX_NAMED).map(|change| change.path.clone()).collect(),
        retries: brief::rejected(&inspected),
        context: brief::context(at.project, at.desk.env.now())?,
        handover: brief::kept(at.project, &at.caller)?.or_else(|| brief::handed_over(&notes)),
        older: notes.older,
    })
}

#[inline(never)]
pub(super) fn end(at: &Place<'_>, asked: &End) -> Result<Report> {
    let name = lifecycle::whose_or_refuse(at.project, &at.caller)?;
    let inspected = lifecycle::inspect(at.project, &name)?;
    let notes = notes::read(&inspected.layer)?;
    let mut ended = Ended {
        document: None,
        progress: notes.progress(),
        counts: inspected.changes.counts(),
        pushed: None,
        merged_to: None,
        session: name.clone(),
    };
    // Git first: what it refuses must not leave a session half ended.
    if asked.push || asked.merge_to.is_some() {
        let git = Git::open(&at.project.root)?;
        let branch = git.clean_branch()?;
        if let Some(target) = &asked.merge_to {
            git.merge_to(&branch, target)?;
            ended.merged_to = Some(target.clone());
        }
        if asked.push {
            ended.pushed = Some(git.push()?);
        }
    }
    let touched = inspected.layer.ledger()?.recent_paths(MAX_REQUIRED)?;
    let mut handover = brief::automatic(&at.caller, &inspected.record.description, &notes, &touched);
    if !asked.accomplished.trim().is_empty() {
        handover.summary = asked.accomplished.trim().to_string();
    }
    handover.instructions = asked.remember.trim().to_string();
    if !asked.no_handoff {
        ended.document = Some(write_document(at, &inspected, &notes, &handover)?);
    }
    brief::write_down(&inspected.layer, &at.caller, &handover, true)?;
    lifecycle::leave(at.project, &at.caller, &name)?;
    Ok(Report::Ended(ended))
}

/// Writes the hand-off document under a name of its own; gives it relative to the project.
fn write_document(
    at: &Place<'_>,
    inspected: &Inspected<'_>,
    notes: &Notes,
    handover: &Handover,
) -> Result<RelPath> {
    let text = document(at, inspected, notes, handover);
    let dir = &inspected.layer.dir;
    dir.make_dirs(&RelPath::new(ARTIFACTS)?)?;
    let stamp = lifecycle::stamp(at.desk.env.now());
    for nth in 1..1000 {
        let counted = if nth == 1 { String::new() } else { format!("-{nth}") };
        let own = RelPath::new(format!("{ARTIFACTS}/handoff-{stamp}{counted}.md"))?;
        if dir.stat(&own)?.is_none() {
            dir.write_atomic(&own, text.as_bytes(), true)?;
            let session = at.project.session(&inspected.layer.name);
            return session.join(&own);
        }
    }
    Err(Error::refused(format!("no free name in {ARTIFACTS} of session '{}'", inspected.layer.name)))
}

/// Writes what is known; a field that is not known is left out.
fn document(at: &Place<'_>, inspected: &Inspected<'_>, notes: &Notes, handover: &Handover) -> String {
    let (record, name) = (&inspected.record, &inspected.layer.name);
    let age = describe::age_seconds(&record.created_at, at.desk.env.now());
    let mut page = vec![format!("# Session handoff: {name}"), String::new()];
    page.push(format!("- Session: {name}"));
    page.extend(git::branch_at_a_glance(&at.project.dir).map(|branch| format!("- Branch: {branch}")));
    page.push(format!("- Date: {}", at.desk.env.timestamp()));
    page.push(format!("- Started: {} ({} ago)", record.created_at, git_commit::duration(age)));
    page.push(format!("- Type: {}", record.kind));
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            page.extend([String::new(), format!("## {title}"), String::new()]);
            page.extend(lines);
        }
    };
    let said = |text: &str| if text.trim().is_empty() { Vec::new() } else { vec![text.trim().to_string()] };
    let each = |kind, line: &dyn Fn(&notes::Thing) -> String| notes.kind(kind).map(line).collect::<Vec<_>>();
    let ticked = |thing: &notes::Thing| {
        let mark = if thing.is_open() { ' ' } else { 'x' };
        format!(
            "- [{mark}] {}: {} ({})",
            thing.entry.id,
            prose(&thing.entry.text),
            thing.entry.status.as_str()
        )
    };
    section("What it is for", said(&record.description));
    section("Summary", said(&handover.summary));
    section("Objectives", each(Kind::Objective, &ticked));
    section("Tasks", each(Kind::Task, &ticked));
    section("Blockers", each(Kind::Blocker, &ticked));
    section(
        "Decisions",
        each(Kind::Decision, &|thing| {
            let mut line = format!("- {}: {}", thing.entry.id, prose(&thing.entry.text));
            if !thing.entry.rationale.is_empty() {
                _ = write!(line, "\n  - Rationale: {}", prose(&thing.entry.rationale));
            }
            for other in &thing.entry.alternatives {
                _ = write!(line, "\n  - Alternative: {}", prose(other));
            }
            line
        }),
    );
    section("Notes", each(Kind::Note, &|thing| format!("- {}", prose(&thing.entry.text))));
    let change = |change: &crate::session::changes::Change| {
        let word = match change.op {
            crate::report::Op::Created => "created",
            crate::report::Op::Modified => "modified",
            crate::report::Op::Deleted => "deleted",
        };
        let drift = if change.drift == Drift::None { "" } else { ", changed in the project, too" };
        format!("- {} ({word}{drift})", crate::text::path(&change.path))
    };
    section("Changes that have not landed", inspected.changes.list.iter().map(change).collect());
    let rejected = brief::rejected(inspected).into_iter();
    section(
        "Rejected versions",
        rejected
            .map(|file| format!("- {} (rejected {}×): {}", file.file, file.times, prose(&file.reason)))
            .collect(),
    );
    section("Next steps", handover.next_steps.iter().map(|step| format!("- {}", prose(step))).collect());
    section("To remember", said(&handover.instructions));
    section("To go on", vec![format!("`redraft resume {name}`")]);
    page.push(String::new());
    page.join("\n")
}

/// What `dehydrate` takes.
#[derive(Deserialize)]
struct Payload {
    summary: Option<String>,
    #[serde(alias = "lastAction")]
    last_action: Option<String>,
    #[serde(alias = "nextSteps")]
    next_steps: Option<Vec<String>>,
    #[serde(alias = "requiredFiles")]
    required_files: Option<Vec<String>>,
    #[serde(default, alias = "handoverInstructions")]
    instructions: Option<String>,
    #[serde(default, alias = "userHistory")]
    user_message: Option<String>,
}

#[inline(never)]
pub(super) fn dehydrate(at: &Place<'_>, payload: Option<&str>) -> Result<Report> {
    let name = lifecycle::whose_or_refuse(at.project, &at.caller)?;
    let layer = Layer::open(at.project, &name)?;
    let record = SessionRecord::read(&layer.dir, &name).map_err(|error| lifecycle::crashed(&name, error))?;
    let (handover, warnings) = if let Some(text) = payload {
        read_payload(at, text)?
    } else {
        let touched = layer.ledger()?.recent_paths(MAX_REQUIRED)?;
        let notes = notes::read(&layer)?;
        (brief::automatic(&at.caller, &record.description, &notes, &touched), Vec::new())
    };
    brief::write_down(&layer, &at.caller, &handover, false)?;
    brief::keep(at.project, &at.caller, &handover)?;
    Ok(Report::HandedOver(HandedOver {
        restart: typed(&restart_command(at, &name)),
        restarting: false,
        session: name,
        handover,
        warnings,
    }))
}

#[inline(never)]
pub(super) fn restart(at: &Place<'_>) -> Result<Report> {
    let name = lifecycle::whose_or_refuse(at.project, &at.caller)?;
    let layer = Layer::open(at.project, &name)?;
    let kept = match brief::kept(at.project, &at.caller)? {
        Some(kept) => Some(kept),
        None => brief::handed_over(&notes::recent(&layer)?),
    };
    let handover = kept.unwrap_or_default();
    let command = restart_command(at, &name);
    let restarting = view::restart(at.project, at.caller.env, &command[1..])?;
    let restart = typed(&command);
    Ok(Report::HandedOver(HandedOver { session: name, handover, warnings: Vec::new(), restart, restarting }))
}

/// Gives the command that goes on: the same conversation where it is known, else a new one with the session's brief.
fn restart_command(at: &Place<'_>, name: &SessionName) -> Vec<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match at.caller.window.filter(|id| !id.is_empty() && id.chars().all(plain)) {
        Some(id) => vec!["claude".into(), "--resume".into(), id.into()],
        None => vec!["claude".into(), format!("/session resume {name}")],
    }
}

/// Gives a command as it is typed.
fn typed(command: &[String]) -> String {
    let word = |word: &String| if word.contains(' ') { format!("\"{word}\"") } else { word.clone() };
    command.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Reads a payload: every required key, files of the project only.
fn read_payload(at: &Place<'_>, text: &str) -> Result<(Handover, Vec<String>)> {
    let example = "redraft dehydrate <<< '{\"summary\":\"…\",\"lastAction\":\"…\",\"nextSteps\":[],\"requiredFiles\":[]}'";
    let payload: Payload = serde_json::from_str(text).map_err(|e| {
        Error::usage(format!("the hand-over is no JSON object of the right shape: {e}")).hint(example)
    })?;
    let missing: Vec<&str> = [
        (payload.summary.is_none(), "summary"),
        (payload.last_action.is_none(), "lastAction"),
        (payload.next_steps.is_none(), "nextSteps"),
        (payload.required_files.is_none(), "requiredFiles"),
    ]
    .into_iter()
    .filter_map(|(missing, key)| missing.then_some(key))
    .collect();
    if !missing.is_empty() {
        return Err(Error::usage(format!("the hand-over lacks: {}", missing.join(", "))).hint(example));
    }
    let (mut files, mut warnings) = (Vec::new(), Vec::new());
    for file in payload.required_files.unwrap_or_default() {
        match at.path(std::ffi::OsStr::new(&file)) {
            Ok(path) if files.len() < MAX_REQUIRED => files.push(path),
            Ok(_) => warnings.push(format!("{} is left out: {MAX_REQUIRED} files are kept", visible(&file))),
            Err(error) => warnings.push(format!("{} is left out: {}", visible(&file), error.message)),
        }
    }
    let handover = Handover {
        at: at.desk.env.timestamp(),
        summary: payload.summary.unwrap_or_default(),
        last_action: payload.last_action.unwrap_or_default(),
        next_steps: payload.next_steps.unwrap_or_default(),
        required_files: files,
        user_message: payload.user_message.unwrap_or_default(),
        instructions: payload.instructions.unwrap_or_default(),
    };
    Ok((handover, warnings))
}
