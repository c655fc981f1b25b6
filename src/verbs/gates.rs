//! Gates: what a commit waits for, as redraft.json's `gates` says; each can be overridden by its name with a reason.
//!
//! An override is a line in the notebook, written before anything lands. A preview says which gates are closed but runs
//! no command.

use std::time::Duration;

use super::{Commit, Place};
use crate::child::{self, Call, Ran};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::report::Gate;
use crate::session::layer::Layer;
use crate::session::notes::{self, Draft, Notes};
use crate::store::notebook::Kind;
use crate::text::{prose, visible};

/// The gate of open blockers.
const BLOCKERS: &str = "blockers";

/// The gate of unfinished tasks.
const TASKS: &str = "tasks";

/// How much of what a command said is repeated.
const MAX_SAID: usize = 400;

/// Looks at every gate without running a command.
pub(super) fn look(at: &Place<'_>, layer: &Layer<'_>) -> Result<Vec<Gate>> {
    let gates = &at.project.config.gates;
    if !gates.any() {
        return Ok(Vec::new());
    }
    let mut found = noted(at, &notes::read(layer)?);
    let command =
        |(name, _): &(String, String)| Gate { name: name.clone(), state: "unknown", why: Vec::new() };
    found.extend(gates.commands.iter().map(command));
    Ok(found)
}

/// Refuses a commit while a gate is closed that is not overridden; records those that are.
pub(super) fn pass(at: &Place<'_>, layer: &Layer<'_>, asked: &Commit) -> Result<()> {
    let gates = &at.project.config.gates;
    let reason = check_overrides(at, asked)?;
    if !gates.any() {
        return Ok(());
    }
    let overridden = |name: &str| asked.overrides.iter().any(|own| own == name);
    let mut closed: Vec<Gate> = Vec::new();
    let mut skipped: Vec<String> = Vec::new();
    for gate in noted(at, &notes::read(layer)?).into_iter().filter(|gate| gate.state == "closed") {
        if overridden(&gate.name) { skipped.push(gate.name) } else { closed.push(gate) }
    }
    for (name, command) in &gates.commands {
        if overridden(name) {
            skipped.push(name.clone());
        } else if let Err(why) = run(at, layer, command) {
            closed.push(Gate { name: name.clone(), state: "closed", why: vec![why] });
        }
    }
    if !closed.is_empty() {
        return Err(refusal(&closed));
    }
    let _lock = layer.lock(at.caller.waiter("commit"))?;
    for name in skipped {
        let draft = Draft { text: reason, sort: &name, ..Draft::default() };
        notes::record(layer, &at.caller, Kind::Gate, &draft, None)?;
    }
    Ok(())
}

/// Checks the names of the gates to be overridden; gives the reason.
fn check_overrides<'a>(at: &Place<'_>, asked: &'a Commit) -> Result<&'a str> {
    let known = names(at);
    for name in &asked.overrides {
        if !known.contains(&name.as_str()) {
            let error = Error::usage(format!("There is no gate '{}'", visible(name)));
            let listed = if known.is_empty() { "none".into() } else { known.join(", ") };
            return Err(error
                .detail(format!("Gates of this project: {listed}"))
                .hint("See what it waits for: redraft commit"));
        }
    }
    let reason = asked.reason.as_deref().unwrap_or_default().trim();
    if !asked.overrides.is_empty() && reason.is_empty() {
        return Err(Error::usage("A gate is overridden with a reason, which is recorded")
            .hint(format!("redraft commit --force --override {} --reason \"<why>\"", asked.overrides[0])));
    }
    Ok(reason)
}

fn names<'a>(at: &'a Place<'_>) -> Vec<&'a str> {
    let gates = &at.project.config.gates;
    let own = [(gates.open_blockers, BLOCKERS), (!gates.unfinished_tasks.is_empty(), TASKS)];
    let own = own.into_iter().filter_map(|(on, name)| on.then_some(name));
    own.chain(gates.commands.iter().map(|(name, _)| name.as_str())).collect()
}

/// Looks at the gates that the notebook decides.
fn noted(at: &Place<'_>, notes: &Notes) -> Vec<Gate> {
    let gates = &at.project.config.gates;
    let said = |thing: &notes::Thing| format!("{}: {}", thing.entry.id, prose(&thing.entry.text));
    let mut found = Vec::new();
    let mut add = |name: &str, why: Vec<String>| {
        found.push(Gate { name: name.into(), state: if why.is_empty() { "open" } else { "closed" }, why });
    };
    if gates.open_blockers {
        add(BLOCKERS, notes.kind(Kind::Blocker).filter(|thing| thing.is_open()).map(said).collect());
    }
    if !gates.unfinished_tasks.is_empty() {
        let counts = |sort: &str| gates.unfinished_tasks.iter().any(|own| own == "*" || own == sort);
        let open = notes.kind(Kind::Task).filter(|thing| thing.is_open() && counts(&thing.entry.sort));
        add(TASKS, open.map(said).collect());
    }
    found
}

/// Runs a command that must succeed, where it sees the session, which is what would land; gives what it said when it does
/// not.
fn run(at: &Place<'_>, layer: &Layer<'_>, command: &str) -> Result<(), String> {
    let program = Env::program().map_err(|error| format!("redraft cannot be found: {error}"))?;
    let program = program.to_str().ok_or("redraft lies at a path that is not UTF-8")?;
    let session = format!("REDRAFT_SESSION={}", layer.name);
    let path = format!("REDRAFT_SESSION_PATH={}", layer.dir.path().display());
    let seconds = at.project.config.gates.command_seconds;
    let call = Call {
        program: "env",
        args: &[&session, &path, "SHELL=/bin/sh", program, "-c", command],
        project: &at.project.root,
        environment: None,
        input: "",
        deadline: Duration::from_secs(seconds),
    };
    match child::run(&call) {
        Ran::Ended { code: Some(0), .. } => Ok(()),
        Ran::Ended { code, stdout, stderr } => {
            let said = if stderr.trim().is_empty() { stdout } else { stderr };
            let end = said.trim().chars().rev().take(MAX_SAID).collect::<Vec<_>>();
            let end: String = end.into_iter().rev().collect();
            let code = code.map_or("a signal".to_string(), |code| format!("exit code {code}"));
            Err(format!("`{command}` ended with {code}: {}", prose(&end)))
        }
        Ran::TimedOut => Err(format!("`{command}` took longer than {seconds} s and was ended")),
        Ran::NotStarted(why) => Err(format!("`{command}` could not be started: {why}")),
    }
}

fn refusal(closed: &[Gate]) -> Error {
    let names: Vec<&str> = closed.iter().map(|gate| gate.name.as_str()).collect();
    let mut error = Error::refused(format!("The commit waits for: {}", names.join(", ")));
    for gate in closed {
        for why in &gate.why {
            error = error.detail(format!("{}: {why}", gate.name));
        }
    }
    if names.contains(&BLOCKERS) {
        error = error.hint("When one is out of the way: redraft blocker resolve <id>");
    }
    if names.contains(&TASKS) {
        error = error.hint("When one is done: redraft task set <id> completed");
    }
    let all = names.iter().flat_map(|name| [" --override ", name]).collect::<String>();
    error.hint(format!(
        "Land it anyway; the reason is recorded: redraft commit --force{all} --reason \"<why>\""
    ))
}
