//! Events of a client that runs in a view itself (`redraft run -- claude`), and of hooks that were started in one.
//!
//! A client in a view works on the project's own paths, and all that its tools write is in the session: there is nothing to
//! redirect and nothing to refuse, so most events are answered at once and in silence. What redraft has to know or to say is
//! done outside of the view, after what the program wrote so far has come in.

use std::ffi::OsString;
use std::os::fd::AsFd as _;

use super::answer::Answer;
use super::event::{Event, Guess, Kind};
use super::{closed, life, place, prompt, tools, write_answer};
use crate::env::Env;
use crate::error::Result;
use crate::fs::ambient;
use crate::project::Project;
use crate::session::lifecycle::Caller;
use crate::stdin::Taken;
use crate::view;

/// Answers an event in a view, at once or by asking outside, and gives the exit code; `None` where this process runs in none.
pub(super) fn main(taken: &Taken, env: &Env) -> Option<u8> {
    env.view.as_ref()?;
    let mut parsed = Event::parse(&taken.bytes);
    let mut there = env.clone();
    if let Ok(event) = &mut parsed {
        place(event, &mut there);
    }
    let project = Project::discover(&there, None).ok()?;
    view::is_inside(env, &project).then(|| answer(taken, &there, parsed.as_ref().ok()))
}

fn answer(taken: &Taken, env: &Env, event: Option<&Event<'_>>) -> u8 {
    let in_program = env.view.as_deref().is_some_and(view::is_program);
    if in_program && event.is_some_and(is_nothing_to_us) {
        return 0;
    }
    let arguments = ["redraft", "hook"].map(OsString::from);
    let outside = ambient::in_memory(&taken.bytes).and_then(|event| {
        view::hand_over(env, &arguments, [event.as_fd(), rustix::stdio::stdout(), rustix::stdio::stderr()])
    });
    outside.unwrap_or_else(|error| write_answer(&closed(Guess::scan(&taken.bytes), env, &error)))
}

/// Tells whether redraft has nothing to say to an event and nothing to keep of it.
fn is_nothing_to_us(event: &Event<'_>) -> bool {
    match event.kind() {
        Kind::PreToolUse
        | Kind::PostToolUseFailure
        | Kind::PostToolBatch
        | Kind::SubagentStart
        | Kind::Other => true,
        Kind::PostToolUse => !event.tool().mutates(),
        _ => false,
    }
}

/// Answers, outside, an event of a client that runs in a view.
pub(super) fn outside(event: &Event<'_>, env: &Env) -> Result<Answer> {
    if is_nothing_to_us(event) {
        return Ok(Answer::Silence);
    }
    if event.kind() == Kind::PostToolUse {
        return tools::after(event, env);
    }
    let project = Project::discover(env, None)?;
    let caller = Caller { env, option: None, window: event.session_id.as_deref() };
    let mut views = view::bring_in(&project, &caller)?;
    if event.kind() == Kind::SessionStart {
        view::belongs_to_window(&project, &caller, &mut views)?;
    }
    match event.kind() {
        Kind::UserPromptSubmit => prompt::submitted(event, env),
        Kind::UserPromptExpansion => super::expansion::expanded(event, env),
        Kind::SessionStart => life::start(event, env),
        Kind::PreCompact => life::compact(event, env),
        Kind::SessionEnd => life::end(event, env),
        _ => life::stop(event, env),
    }
}

/// Tells whether an event comes from a client that runs in a view.
pub(super) fn is_from_program(env: &Env) -> bool {
    env.inside.as_deref().is_some_and(view::is_program)
}
