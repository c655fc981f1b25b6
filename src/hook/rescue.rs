//! `PostToolUseFailure` and `PostToolBatch`: a call on an isolated file was refused; the next attempt shall work.
//!
//! The client checks a call against the project's file *before* any hook sees it, and some models must have read the
//! very file they write. So an edit of something that only the session has, or that the session changed, fails where
//! only `PostToolBatch` is told. The rescue copies up what is missing and names the path to use: one step, and silence
//! where the model addressed the right file and merely erred, so that nothing goes round in circles. A refusal is
//! recognised by how it *begins*: a file that was read may say anything further on.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::Answer;
use super::brief;
use super::event::{Event, Kind, PathArgument, Text, Tool};
use super::place::{Here, Target, is_isolated};
use super::policy::Seen;
use super::tools::Active;
use crate::env::Env;
use crate::error::Result;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::lifecycle::Caller;

/// The most files that one context speaks of.
const MAX_FILES: usize = 5;

/// Longer responses are contents, not refusals.
const MAX_RESPONSE: usize = 1024 * 1024;

/// Why the client refused a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The file was not read by this model, and its guard is strict.
    Unread,
    /// The text to replace is not there, or not once.
    NotFound,
    /// There is no such file.
    NoFile,
    /// The file changed since it was read.
    Stale,
}

impl Refusal {
    /// Recognises a refusal by how it begins.
    pub fn of(response: &str) -> Option<Self> {
        let mut text = response.trim_start();
        text = text.strip_prefix("<tool_use_error>").unwrap_or(text);
        if let Some((hook, reason)) = text.split_once(" returned updatedInput that the tool refused: ")
            && hook.starts_with("PreToolUse hook for ")
            && hook.len() < 80
        {
            text = reason;
        }
        let several = || {
            text.starts_with("Found ")
                && text.chars().take(80).collect::<String>().contains(" matches of the string")
        };
        if text.starts_with("File has not been read yet") {
            Some(Self::Unread)
        } else if text.starts_with("String to replace not found in file") || several() {
            Some(Self::NotFound)
        } else if text.starts_with("File does not exist") {
            Some(Self::NoFile)
        } else if text.starts_with("File has been modified since read") {
            Some(Self::Stale)
        } else {
            None
        }
    }
}

/// What is done about a refused call; pure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rescue {
    /// Nothing: the client's own words say it all.
    None,
    /// The copy is there (after a copy-up where it was not): use it.
    UseCopy,
    /// The path is deleted in the session.
    SayDeleted,
}

/// Decides what a refused call needs. `redirected`: it named the project's path.
pub fn rescue(refusal: Refusal, redirected: bool, seen: Seen) -> Rescue {
    match (refusal, redirected, seen) {
        (_, true, Seen::Deleted) | (Refusal::NoFile, false, Seen::Deleted) => Rescue::SayDeleted,
        // The client looked at the project's file, but the session's is another; or it must be read first: then the
        // copy shall be. Or the path was right, but nothing was there yet (of a notebook the client says "not read").
        (_, true, Seen::Session)
        | (Refusal::Unread, _, Seen::Project)
        | (Refusal::NoFile, false, Seen::Project) => Rescue::UseCopy,
        _ => Rescue::None,
    }
}

/// One refused call.
struct Failed<'a> {
    tool: Tool,
    input: &'a RawValue,
    refusal: Refusal,
}

/// Answers `PostToolUseFailure`.
pub fn failure(event: &Event<'_>, env: &Env) -> Result<Answer> {
    let refusal = event.error.as_deref().and_then(Refusal::of);
    let (Some(refusal), Some(input), true) = (refusal, event.tool_input, event.tool().mutates()) else {
        return Ok(Answer::Silence);
    };
    let failed = Failed { tool: event.tool(), input, refusal };
    let id = event.tool_use_id.as_deref();
    answer(event, env, Kind::PostToolUseFailure, |active, here| {
        // The tool was given the session's path by us: what failed is our rewrite.
        let Some(text) = one(active, here, event, &failed, true)? else { return Ok(Vec::new()) };
        if let (Some(window), Some(id)) = (active.window()?, id) {
            window.keep("rescued", id.as_bytes())?;
        }
        Ok(vec![text])
    })
}

/// Answers `PostToolBatch`.
pub fn batch(event: &Event<'_>, env: &Env) -> Result<Answer> {
    answer(event, env, Kind::PostToolBatch, |active, here| {
        let mut said: Vec<String> = Vec::new();
        for call in event.calls()? {
            let tool = Tool::of(&call.tool_name);
            let refusal = call.tool_response.and_then(response_text).as_deref().and_then(Refusal::of);
            let (Some(refusal), Some(input), true) = (refusal, call.tool_input, tool.mutates()) else {
                continue;
            };
            if said.len() >= MAX_FILES || told_already(active, call.tool_use_id.as_deref())? {
                continue;
            }
            let text = one(active, here, event, &Failed { tool, input, refusal }, false)?;
            said.extend(text.filter(|text| !said.contains(text)));
        }
        Ok(said)
    })
}

/// Finds the session and joins what is said.
fn answer(
    event: &Event<'_>,
    env: &Env,
    kind: Kind,
    say: impl FnOnce(&Active<'_>, &Here<'_>) -> Result<Vec<String>>,
) -> Result<Answer> {
    let project = Project::discover(env, None)?;
    let caller = Caller { env, option: None, window: event.session_id.as_deref() };
    let Some(active) = Active::find(&project, caller)? else { return Ok(Answer::Silence) };
    let here = Here { project: &project, cwd: &env.cwd, home: env.home.as_deref() };
    let said = say(&active, &here)?;
    Ok(Answer::context(kind, (!said.is_empty()).then(|| said.join("\n"))))
}

/// Tells whether `PostToolUseFailure` spoke of this call.
fn told_already(active: &Active<'_>, id: Option<&str>) -> Result<bool> {
    let (Some(window), Some(id)) = (active.window()?, id) else { return Ok(false) };
    Ok(window.kept("rescued")?.is_some_and(|kept| kept == id.as_bytes()))
}

/// Rescues one call: learns, copies up, and finds the words. `rewritten`: the path is ours, not the model's.
fn one(
    active: &Active<'_>,
    here: &Here<'_>,
    event: &Event<'_>,
    failed: &Failed<'_>,
    rewritten: bool,
) -> Result<Option<String>> {
    let own = &active.layer.name;
    let Some(argument) = PathArgument::find(failed.input, failed.tool.path_key())? else { return Ok(None) };
    let target = here.locate(&argument.path, false)?;
    let redirected = rewritten || matches!(target, Target::Tracked(_));
    let Some(path) = target.project_path(own).filter(|path| is_isolated(here.project, path)) else {
        return Ok(None);
    };
    // Every model must have read a notebook, so a refused notebook says nothing about the model.
    if failed.refusal == Refusal::Unread
        && failed.tool != Tool::NotebookEdit
        && let Some(window) = active.window()?
    {
        window.learn_read_first(event.agent_id.as_deref())?;
    }
    let seen = active.seen(&path)?;
    let compared = matches!(failed.refusal, Refusal::NotFound | Refusal::Stale);
    if compared && seen == Seen::Session && !active.layer.is_changed(&path)? {
        // Both versions are the same, so the model erred about either.
        return Ok(None);
    }
    Ok(match rescue(failed.refusal, redirected, seen) {
        Rescue::None => None,
        Rescue::SayDeleted => Some(format!(
            "redraft: {path} is deleted in session '{own}'. To have it again, Write it anew (whole) at {}",
            active.layer.full(&path).display()
        )),
        Rescue::UseCopy => {
            if seen == Seen::Project {
                active.prepare(&path)?;
            }
            Some(use_copy(active, failed, &path)?)
        }
    })
}

/// Says which path to use, and how.
fn use_copy(active: &Active<'_>, failed: &Failed<'_>, path: &RelPath) -> Result<String> {
    let (own, copy) = (&active.layer.name, active.layer.full(path));
    let copy = brief::as_text(&copy)?;
    let verb = match failed.tool {
        Tool::Write => "Write",
        Tool::NotebookEdit => "NotebookEdit",
        _ => "Edit",
    };
    let what = match failed.refusal {
        Refusal::NoFile => "is there now",
        Refusal::NotFound | Refusal::Stale => {
            "differs from the project's file, which that call was checked against"
        }
        Refusal::Unread => "has to be read before it is changed",
    };
    Ok(format!(
        "redraft: session '{own}''s version of {path} is {copy}; it {what}. Next: Read {copy} (unless you have read it \
         at that path), then {verb} {copy}. Do not use the project's path for this file."
    ))
}

/// Gives the text of a response: a string, or the first of a list of blocks.
fn response_text(response: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Block<'a> {
        #[serde(borrow)]
        text: Option<Text<'a>>,
    }
    let json = response.get();
    match json.as_bytes().first() {
        _ if json.len() > MAX_RESPONSE => None,
        Some(b'"') => serde_json::from_str::<Text<'_>>(json).ok().map(|text| text.0),
        Some(b'[') => {
            let blocks: Vec<Block<'_>> = serde_json::from_str(json).ok()?;
            blocks.into_iter().next()?.text.map(|text| text.0)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_known_by_how_it_begins() {
        const UNREAD: &str = "File has not been read yet. Read it first before writing to it.";
        for (text, expected) in [
            (UNREAD.to_string(), Some(Refusal::Unread)),
            (format!("<tool_use_error>{UNREAD}</tool_use_error>"), Some(Refusal::Unread)),
            (
                format!(
                    "PreToolUse hook for Edit returned updatedInput that the tool refused: {UNREAD}\nThe tool"
                ),
                Some(Refusal::Unread),
            ),
            (
                "<tool_use_error>String to replace not found in file.\nString: x</tool_use_error>".into(),
                Some(Refusal::NotFound),
            ),
            (
                "<tool_use_error>Found 2 matches of the string to replace, but replace_all is false".into(),
                Some(Refusal::NotFound),
            ),
            ("<tool_use_error>File does not exist. Note: your".into(), Some(Refusal::NoFile)),
            ("<tool_use_error>File has been modified since read, either".into(), Some(Refusal::Stale)),
            (format!("1\tHe said: {UNREAD}"), None),
            (format!("The file a.md has been updated. {UNREAD}"), None),
            ("Found a file".into(), None),
            ("<tool_use_error>No changes to make: old".into(), None),
            ("PreToolUse:Write hook error: redraft: refused".into(), None),
            (String::new(), None),
        ] {
            assert_eq!(Refusal::of(&text), expected, "{text}");
        }
    }

    #[test]
    fn one_step_and_no_circles() {
        use Refusal::{NoFile, NotFound, Stale, Unread};
        for (refusal, redirected, seen, expected) in [
            (Unread, true, Seen::Session, Rescue::UseCopy),
            (Unread, true, Seen::Project, Rescue::UseCopy),
            (Unread, true, Seen::Nowhere, Rescue::None),
            (Unread, false, Seen::Session, Rescue::None),
            (Unread, false, Seen::Project, Rescue::UseCopy),
            (NotFound, true, Seen::Session, Rescue::UseCopy),
            (NotFound, true, Seen::Project, Rescue::None),
            (NotFound, false, Seen::Session, Rescue::None),
            (NoFile, true, Seen::Session, Rescue::UseCopy),
            (NoFile, true, Seen::Nowhere, Rescue::None),
            (NoFile, false, Seen::Project, Rescue::UseCopy),
            (NoFile, false, Seen::Session, Rescue::None),
            (NoFile, false, Seen::Nowhere, Rescue::None),
            (Stale, true, Seen::Session, Rescue::UseCopy),
            (Stale, false, Seen::Session, Rescue::None),
            (NotFound, true, Seen::Deleted, Rescue::SayDeleted),
            (NoFile, false, Seen::Deleted, Rescue::SayDeleted),
            (NotFound, false, Seen::Deleted, Rescue::None),
        ] {
            assert_eq!(rescue(refusal, redirected, seen), expected, "{refusal:?} {redirected} {seen:?}");
        }
    }
}
