//! The hook: one event of Claude Code on stdin, the answer on stdout; and where fail-closed is decided.
//!
//! 1. Read stdin, bounded and with a deadline ([`stdin::take`]).
//! 2. Make an event of it ([`event`]); its `cwd` and window take the place of the process's own.
//!    Inside a session's view that is done elsewhere ([`inside`]).
//! 3. Answer it: tools ([`tools`], [`rescue`]), prompts ([`prompt`], [`expansion`]), the window's life ([`life`]).
//! 4. Whatever goes wrong on the way — bad JSON, an error, a panic — comes to `closed` and nowhere else.
//! 5. Write the answer in one call. The exit code is 0, because 1 and a crash let the tool through; only a refusal or a
//!    redirect that could not be written ends with 2, which blocks: the call would reach the project's file.
//!
//! With no session active every failure is silence: a project that does not use redraft is not disturbed by it.

pub mod answer;
pub mod brief;
pub mod event;
pub mod expansion;
mod inside;
pub mod life;
pub mod place;
pub mod policy;
pub mod prompt;
pub mod rescue;
pub mod tools;

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use self::answer::Answer;
use self::event::{Event, Guess, Kind, Text, Tool};
use crate::env::Env;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::fs::{ambient, failpoint};
use crate::project::{self, CONFIG_FILE};
use crate::stdin::{self, Taken};
use crate::sys;

/// The most that an event may hold, in bytes.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// How long the client may take to send it.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a tool call waits for a lock: a person is waiting, too.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// Answers one event and gives the process's exit code.
pub fn main(env: Env) -> u8 {
    let answer = match stdin::take(MAX_BYTES, READ_TIMEOUT) {
        Ok(taken) => match inside::main(&taken, &env) {
            Some(code) => return code,
            None => answer(&taken, env),
        },
        Err(error) => closed(Guess { kind: None, tool: None }, &env, &error),
    };
    write_answer(&answer)
}

/// Writes an answer in one call and gives the exit code.
fn write_answer(answer: &Answer) -> u8 {
    let Some(mut json) = answer.to_json() else { return 0 };
    json.push('\n');
    let Err(errno) = write_all(rustix::stdio::stdout(), json.as_bytes()) else { return 0 };
    let reason = match answer {
        Answer::Deny(reason) => Cow::Borrowed(reason.as_str()),
        Answer::Rewrite { .. } => Cow::Owned(brief::failed(&unsaid(errno))),
        _ => return 0,
    };
    let _ = write_all(rustix::stdio::stderr(), reason.as_bytes());
    2
}

/// Says that the client was not told where the call has to go.
fn unsaid(errno: rustix::io::Errno) -> Error {
    Error::io("write the answer to", Path::new("stdout"), &errno.into())
}

/// Answers one event that is there already: what would be written, or nothing.
pub fn answer_to(bytes: &[u8], env: Env) -> Option<String> {
    answer(&Taken { bytes: bytes.to_vec(), over: false, ended: true }, env).to_json()
}

/// Turns what was read into an answer, whatever it is.
fn answer(taken: &Taken, mut env: Env) -> Answer {
    let parsed = if taken.over {
        Err(Error::usage(format!("this hook event is longer than {MAX_BYTES} bytes")))
    } else {
        Event::parse(&taken.bytes)
    };
    let mut event = match parsed {
        Ok(event) => event,
        Err(error) => return closed(Guess::scan(&taken.bytes), &env, &error),
    };
    let guess = Guess { kind: Some(event.kind()), tool: event.tool_name.as_ref().map(|_| event.tool()) };
    place(&mut event, &mut env);
    let answered = catch_unwind(AssertUnwindSafe(|| {
        failpoint::stumble();
        dispatch(&event, &env)
    }));
    match answered {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => closed(guess, &env, &error),
        Err(panic) => closed(guess, &env, &mistake(panic.as_ref())),
    }
}

/// Lets the event say where and for which window, where it does.
fn place(event: &mut Event<'_>, env: &mut Env) {
    if let Some(cwd) = event.cwd.as_deref().map(Path::new).filter(|cwd| cwd.is_absolute()) {
        env.cwd = cwd.to_path_buf();
    }
    match &event.session_id {
        Some(id) => env.window = Some(id.to_string()),
        None => event.session_id = env.window.clone().map(|id| Text(Cow::Owned(id))),
    }
    if event.kind() != Kind::UserPromptExpansion {
        env.lock_timeout = env.lock_timeout.min(LOCK_TIMEOUT);
    }
}

fn dispatch(event: &Event<'_>, env: &Env) -> Result<Answer> {
    if inside::is_from_program(env) {
        return inside::outside(event, env);
    }
    match event.kind() {
        // Nobody can say whether it writes.
        Kind::PreToolUse if event.tool_name.is_none() => Err(Error::usage("this hook event names no tool")),
        Kind::PreToolUse => tools::before(event, env),
        Kind::PostToolUse => tools::after(event, env),
        Kind::PostToolUseFailure => rescue::failure(event, env),
        Kind::PostToolBatch => rescue::batch(event, env),
        Kind::UserPromptSubmit => prompt::submitted(event, env),
        Kind::UserPromptExpansion => expansion::expanded(event, env),
        Kind::SessionStart => life::start(event, env),
        Kind::SubagentStart => life::subagent(event, env),
        Kind::PreCompact => life::compact(event, env),
        Kind::SessionEnd => life::end(event, env),
        Kind::Stop => life::stop(event, env),
        Kind::Other => Ok(Answer::Silence),
    }
}

/// Decides what is answered when the hook could not do its job.
///
/// A tool that changes files is refused, and so is a call that might be one; a tool that reads goes on with a warning,
/// and nothing else is ever blocked.
fn closed(guess: Guess, env: &Env, error: &Error) -> Answer {
    if !may_be_active(env) {
        return Answer::Silence;
    }
    let kind = guess.kind.unwrap_or(Kind::PreToolUse);
    match (kind, guess.tool) {
        (Kind::PreToolUse, Some(Tool::Other)) | (Kind::SessionEnd | Kind::PreCompact | Kind::Other, _) => {
            Answer::Silence
        }
        (Kind::PreToolUse, Some(tool)) if !tool.mutates() => {
            Answer::Context(kind, format!("{} What is read here is the project's.", brief::warned(error)))
        }
        (Kind::PreToolUse, _) => Answer::Deny(brief::failed(error)),
        (Kind::UserPromptExpansion, _) => {
            Answer::Context(kind, format!("redraft: the command was not run. {}", brief::warned(error)))
        }
        (Kind::Stop, _) => Answer::Tell(brief::warned(error)),
        _ => Answer::Context(kind, brief::warned(error)),
    }
}

/// Tells whether a session may be active for this caller, as far as anybody can tell without sound configuration.
fn may_be_active(env: &Env) -> bool {
    if env.session.is_some() {
        return true;
    }
    let Ok((root, _)) = project::find_root(env, None) else { return false };
    let Some(workspaces) = possible_workspaces(&root) else { return true };
    workspaces
        .iter()
        .any(|workspace| is_pointed(&root.join(workspace).join("session.lock"), env.window.as_deref()))
}

/// Gives the directories that may be the workspace; `None` when a configuration that names one cannot be read.
fn possible_workspaces(root: &Path) -> Option<Vec<PathBuf>> {
    let mut found = vec![PathBuf::from("workspace")];
    let bytes = ambient::read_optional(&root.join(CONFIG_FILE)).ok()?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    match serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) {
        Ok(value) => found.extend(value.get("workspace").and_then(Value::as_str).map(PathBuf::from)),
        Err(_) if text.contains("\"workspace\"") => return None,
        Err(_) => {}
    }
    Some(found)
}

/// Tells whether a pointer names a session for a window, or cannot be read.
fn is_pointed(pointer: &Path, window: Option<&str>) -> bool {
    let bytes = match ambient::read_optional(pointer) {
        Ok(None) => return false,
        Ok(Some(bytes)) => bytes,
        Err(error) => return !error.is_absent(),
    };
    let Ok(value) = serde_json::from_slice::<Value>(&bytes) else { return true };
    let (Some(active), bindings) = (value.get("active"), value.get("bindings")) else { return true };
    let bound = match (bindings.and_then(Value::as_object), window) {
        (Some(bindings), Some(window)) => bindings.contains_key(window),
        (Some(bindings), None) => !bindings.is_empty(),
        (None, _) => bindings.is_some(),
    };
    !active.is_null() || bound
}

/// Makes an error of a panic.
fn mistake(panic: &(dyn std::any::Any + Send)) -> Error {
    let said =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::new(ErrorKind::Bug, format!("a mistake in redraft itself ({})", said.unwrap_or("no message")))
        .hint("check the installation: redraft doctor")
        .hint("or end the session: redraft commit, redraft cancel")
}

fn write_all(to: impl std::os::fd::AsFd, mut bytes: &[u8]) -> rustix::io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(&to, bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(rustix::io::Errno::INTR) => {}
            // Somebody else who has the stream wanted no waiting; half an answer would be none.
            Err(rustix::io::Errno::AGAIN) => sys::wait_for_room(&to)?,
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
