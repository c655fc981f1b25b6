//! The events of a window's life: start, subagent, compaction, end of a turn, end.
//!
//! Here the model learns which session it is in and the one rule about paths, and the person is reminded of work that
//! is not landed. A brief costs a bounded amount of work whatever the session holds: a large one is described by what
//! was touched last. After `/clear` the window has another id; the client's process, which is the same, carries the
//! binding over.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::Answer;
use super::brief::{self, MAX_BRIEF};
use super::event::{Event, Kind};
use super::tools::Active;
use crate::env::Env;
use crate::error::Result;
use crate::fs::ambient;
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::brief as kept;
use crate::session::changes::{Changes, Drift};
use crate::session::lifecycle::{self, Caller};
use crate::session::{notes, retry};
use crate::store::ledger;
use crate::store::record::{Pointer, SessionRecord};
use crate::store::windows::Window;
use crate::view::means::{self, Means};

/// Ledgers up to this size are surveyed for a brief.
const MAX_SURVEYED: u64 = 64 * 1024;

/// Paths that a brief names.
const MAX_NAMED: usize = 12;

/// How much of a conversation's record is searched for what was asked last.
const MAX_TRANSCRIPT: u64 = 512 * 1024;

/// How much of it is kept, in bytes.
const MAX_ASKED: usize = 2000;

/// A binding is carried over `/clear` only at once: seconds.
const MAX_CLEAR: i64 = 120;

/// What a window's end leaves for the one that follows it in the same client.
#[derive(Serialize, Deserialize)]
struct Cleared {
    session: SessionName,
    window: String,
    at: i64,
}

/// Answers `SessionStart`.
pub fn start(event: &Event<'_>, env: &Env) -> Result<Answer> {
    let project = Project::discover(env, None)?;
    let caller = Caller { env, option: None, window: event.session_id.as_deref() };
    if event.source.as_deref() == Some("clear") {
        take_over(&project, &caller)?;
    }
    let Some(active) = Active::find(&project, caller)? else {
        return Ok(Answer::context(Kind::SessionStart, waiting(&project)?));
    };
    if let Some(window) = active.window()? {
        window.take("compacted")?;
        window.keep("stopped", stamp(&active)?.as_bytes())?;
    }
    Ok(Answer::Context(Kind::SessionStart, format!("{}\n{}", with_handover(&active)?, commands(&active))))
}

/// Says what commands see here. It is found out by a try, so only when a window comes into a session.
fn commands(active: &Active<'_>) -> String {
    if active.caller.env.view.is_some() {
        return brief::commands(Some(&Means::View));
    }
    let set_up = means::is_set_up(Env::shell_prefix().as_deref());
    brief::commands(set_up.then(|| Means::find(&active.layer.project.root)).as_ref())
}

/// Writes the brief and what was kept for this window, which is forgotten when the turn that got it has ended.
fn with_handover(active: &Active<'_>) -> Result<String> {
    let mut text = full(active)?;
    if let Some(handover) = kept::kept(active.layer.project, &active.caller)? {
        text.push('\n');
        text.push_str(&brief::handed_over(&handover));
        if let Some(window) = active.window()? {
            window.keep("given", b"")?;
        }
    }
    Ok(text)
}

/// Says which sessions could be switched to.
fn waiting(project: &Project) -> Result<Option<String>> {
    let names: Vec<String> = lifecycle::names(project)?
        .iter()
        .filter_map(|name| name.to_str()?.parse::<SessionName>().ok())
        .map(|name| name.to_string())
        .collect();
    let first = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    Ok(match names.len() {
        0 => None,
        1 => Some(format!(
            "redraft: 1 session waiting: {first}. None is active, so edits go to the project itself."
        )),
        n => Some(format!(
            "redraft: {n} sessions waiting: {first}{}. None is active, so edits go to the project itself.",
            if n > 3 { ", …" } else { "" }
        )),
    })
}

/// Binds this window as the one before `/clear` was.
fn take_over(project: &Project, caller: &Caller<'_>) -> Result<()> {
    let notes = Window::of(project, &client(caller.env))?;
    let Some(note) = notes.take("cleared")? else { return Ok(()) };
    let Ok(note) = serde_json::from_slice::<Cleared>(&note) else { return Ok(()) };
    if (caller.env.now().timestamp() - note.at).abs() <= MAX_CLEAR {
        lifecycle::bind(project, caller, &note.session)?;
        if let Some(now) = caller.window.filter(|now| *now != note.window) {
            Window::of(project, &note.window)?.succeeded_by(now)?;
        }
    }
    Ok(())
}

/// Answers `SessionEnd`: before a `/clear`, leaves the window's binding to the next one.
pub fn end(event: &Event<'_>, env: &Env) -> Result<Answer> {
    let (Some("clear"), Some(id)) = (event.reason.as_deref(), event.session_id.as_deref()) else {
        return Ok(Answer::Silence);
    };
    let project = Project::discover(env, None)?;
    if let Some(session) = Pointer::read(&project)?.bindings.remove(id) {
        let note = Cleared { session, window: id.to_string(), at: env.now().timestamp() };
        let note = serde_json::to_vec(&note).unwrap_or_default();
        Window::of(&project, &client(env))?.keep("cleared", &note)?;
    }
    Ok(Answer::Silence)
}

fn client(env: &Env) -> String {
    format!("client-{}", env.claude_pid)
}

/// Answers `SubagentStart`.
pub fn subagent(event: &Event<'_>, env: &Env) -> Result<Answer> {
    let project = Project::discover(env, None)?;
    let caller = Caller { env, option: None, window: event.session_id.as_deref() };
    let Some(active) = Active::find(&project, caller)? else { return Ok(Answer::Silence) };
    let changed = active.layer.ledger()?.recent_paths(5)?;
    let mut lines = vec![rule(&active, changed.first())?];
    if !changed.is_empty() {
        lines.push(format!("In the session already: {}", brief::listed(&changed, 5, Some(changed.len()))));
    }
    Ok(Answer::Context(
        Kind::SubagentStart,
        brief::cut(
            lines.join(
                "
",
            ),
            MAX_BRIEF,
        ),
    ))
}

/// Answers `PreCompact`: what was explained will be forgotten, so it is to be explained again, and what this window
/// needs to go on is kept for it.
pub fn compact(event: &Event<'_>, env: &Env) -> Result<Answer> {
    let project = Project::discover(env, None)?;
    let caller = Caller { env, option: None, window: event.session_id.as_deref() };
    if let Some(active) = Active::find(&project, caller)?
        && let Some(window) = active.window()?
    {
        window.forget_told()?;
        window.keep("compacted", b"")?;
        keep_handover(event, &active, &window)?;
    }
    Ok(Answer::Silence)
}

/// Keeps what this window needs to go on; what the model has written itself stays until it was given back.
fn keep_handover(event: &Event<'_>, active: &Active<'_>, window: &Window<'_>) -> Result<()> {
    let (project, layer) = (active.layer.project, &active.layer);
    let given = window.take("given")?.is_some();
    let own = kept::kept(project, &active.caller)?.filter(|_| !given);
    let mut handover = if let Some(own) = own {
        own
    } else {
        let record = SessionRecord::read(&layer.dir, &layer.name)?;
        let touched = layer.ledger()?.recent_paths(kept::MAX_REQUIRED)?;
        kept::automatic(&active.caller, &record.description, &notes::recent(layer)?, &touched)
    };
    if let Some(transcript) = event.transcript_path.as_deref() {
        // A record that cannot be read costs one line of the hand-over.
        let end = ambient::read_end(Path::new(transcript), MAX_TRANSCRIPT).ok().flatten();
        let asked = end.and_then(|text| last_asked(&text));
        handover.user_message = asked.unwrap_or(handover.user_message);
    }
    kept::keep(project, &active.caller, &handover)
}

/// Finds what the person asked last in the end of a conversation's record.
fn last_asked(transcript: &[u8]) -> Option<String> {
    let asked = |line: &[u8]| {
        let line: Value = serde_json::from_slice(line).ok()?;
        let meta = line.get("isMeta").and_then(Value::as_bool) == Some(true);
        let by_person = line.get("type")?.as_str()? == "user" && !meta;
        let content = line.get("message")?.get("content")?;
        let block = |block: &Value| {
            let is_text = block.get("type")?.as_str()? == "text";
            block.get("text")?.as_str().filter(|_| is_text).map(str::to_string)
        };
        let text = match content.as_str() {
            Some(text) => text.to_string(),
            None => content.as_array()?.iter().filter_map(block).collect::<Vec<_>>().join("\n"),
        };
        // What the client wraps in tags was not typed.
        let typed = by_person && !text.trim().is_empty() && !text.trim_start().starts_with('<');
        typed.then(|| brief::beginning(text.trim(), MAX_ASKED).to_string())
    };
    transcript.rsplit(|b| *b == b'\n').filter(|line| !line.is_empty()).find_map(asked)
}

/// Answers `Stop`: one line for the person when there is work to land and it grew since the last such line.
pub fn stop(event: &Event<'_>, env: &Env) -> Result<Answer> {
    if event.stop_hook_active == Some(true) {
        return Ok(Answer::Silence);
    }
    let project = Project::discover(env, None)?;
    let caller = Caller { env, option: None, window: event.session_id.as_deref() };
    let Some(active) = Active::find(&project, caller)? else { return Ok(Answer::Silence) };
    let Some(window) = active.window()? else { return Ok(Answer::Silence) };
    if window.take("given")?.is_some() {
        kept::acknowledge(&project, &active.caller)?;
    }
    let (now, before) = (stamp(&active)?, window.kept("stopped")?);
    if before.as_deref() == Some(now.as_bytes()) || !has_work(&active, &window)? {
        return Ok(Answer::Silence);
    }
    window.keep("stopped", now.as_bytes())?;
    let own = &active.layer.name;
    Ok(Answer::Tell(format!(
        "redraft: session '{own}' has uncommitted work. See it: /session commit · land it: /session commit --force"
    )))
}

/// Names the state of the work: another text, another state.
fn stamp(active: &Active<'_>) -> Result<String> {
    let wrote = active.window()?.map(|window| window.last_write_at()).transpose()?.flatten();
    let ledger = active.layer.dir.stat(&RelPath::new(ledger::FILE)?)?;
    Ok(format!("{} {} {}", active.layer.name, wrote.unwrap_or(0), ledger.map_or(0, |stat| stat.size)))
}

/// Tells whether something that was touched lately is a change.
fn has_work(active: &Active<'_>, window: &Window<'_>) -> Result<bool> {
    let mut paths = active.layer.ledger()?.recent_paths(20)?;
    paths.extend(window.last_written()?);
    for path in paths.iter().rev() {
        if active.layer.is_changed(path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Gives the brief of the session that this window is in now; empty when it is in none.
pub fn brief_now(event: &Event<'_>, env: &Env) -> Result<String> {
    let project = Project::discover(env, None)?;
    let caller = Caller { env, option: None, window: event.session_id.as_deref() };
    Active::find(&project, caller)?
        .map_or(Ok(String::new()), |active| Ok(format!("{}\n{}", full(&active)?, commands(&active))))
}

/// Gives the brief again where the client compacted without a `SessionStart`.
pub fn brief_after_compaction(active: &Active<'_>) -> Result<Option<String>> {
    match active.window()? {
        Some(window) if window.take("compacted")?.is_some() => with_handover(active).map(Some),
        _ => Ok(None),
    }
}

/// Writes the whole brief of a session.
fn full(active: &Active<'_>) -> Result<String> {
    let own = &active.layer.name;
    let record =
        SessionRecord::read(&active.layer.dir, own).map_err(|error| lifecycle::crashed(own, error))?;
    let (state, example) = state(active)?;
    let mut lines = vec![rule(active, example.as_ref())?];
    let description = brief::one_line(&record.description, 200);
    if !description.is_empty() {
        lines.push(format!("What it is for: {description}"));
    }
    lines.extend(brief::notebook(&notes::recent(&active.layer)?));
    lines.extend(state);
    for file in retry::by_file(&record.human_retries).iter().rev().take(5) {
        let Some(last) = file.retries.last() else { continue };
        let reason = brief::one_line(&last.reason, 80);
        lines.push(format!("Rejected before: {} (retry {}): {reason}", file.file, last.number));
    }
    Ok(brief::cut(
        lines.join(
            "
",
        ),
        MAX_BRIEF,
    ))
}

/// Writes which session is active and the rule about paths, with one example.
fn rule(active: &Active<'_>, example: Option<&RelPath>) -> Result<String> {
    let (layer, own) = (&active.layer, &active.layer.name);
    let tracked = layer.project.tracked();
    if active.is_in_view() {
        return Ok(format!(
            "redraft: session '{own}' is active, and you work in its view: read and edit files matching {} at their own \
             paths. All that you write to them, by commands too, is in the session; the project itself stays as it is \
             until the user commits (/session commit). Never change session.json or what is under {}/ by hand.",
            brief::one_line(&tracked.globs().join(", "), 200),
            layer.project.dir.full(&layer.project.private()).display(),
        ));
    }
    let example = match (example, tracked.roots().unwrap_or_default().into_iter().next()) {
        (Some(path), _) => path.clone(),
        (None, Some(root)) => root.join(std::ffi::OsStr::new("FILE"))?,
        (None, None) => RelPath::new("FILE")?,
    };
    Ok(format!(
        "redraft: session '{own}' is active. Files matching {} are isolated: each has a session path under {}/, and the \
         project's own files stay as they are until the user commits (/session commit).\nRule: read and edit such a \
         file at its session path, for example {example} at {}. Never change files under {}/ or session.json by hand.",
        brief::one_line(&tracked.globs().join(", "), 200),
        layer.dir.path().display(),
        layer.full(&example).display(),
        layer.project.dir.full(&layer.project.private()).display(),
    ))
}

/// Writes what is changed and what moved on in the project; gives a changed path as an example, too.
fn state(active: &Active<'_>) -> Result<(Vec<String>, Option<RelPath>)> {
    let layer = &active.layer;
    let ledger = layer.dir.stat(&RelPath::new(ledger::FILE)?)?;
    if ledger.is_some_and(|stat| stat.size > MAX_SURVEYED) {
        let recent = layer.ledger()?.recent_paths(MAX_NAMED)?;
        let text = format!("Touched last: {}", brief::listed(&recent, MAX_NAMED, None));
        return Ok((vec![text], recent.into_iter().next()));
    }
    let changes = Changes::survey(layer)?.list;
    if changes.is_empty() {
        return Ok((vec!["Nothing is changed yet.".into()], None));
    }
    let drifted = changes.iter().filter(|change| change.drift != Drift::None).count();
    let paths: Vec<RelPath> = changes.into_iter().map(|change| change.path).collect();
    let named = brief::listed(&paths, MAX_NAMED, Some(paths.len()));
    let mut lines = vec![format!("Changed so far ({}): {named}", paths.len())];
    if drifted > 0 {
        lines.push(format!("{drifted} of them changed in the project, too, since the session took them."));
    }
    Ok((lines, paths.into_iter().next()))
}
