//! What clap could not read, as an [`Error`] like any other: exit code 2, text or JSON.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::Error;
use crate::text::{capitalised, nearest};

/// How many lines are taken over as details.
const MAX_DETAILS: usize = 20;

/// Tells whether help or the version was asked for, which is an answer and not an error.
pub(super) fn is_answer(error: &clap::Error) -> bool {
    matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}

/// Tells whether nothing was asked for at all.
pub(super) fn is_bare(error: &clap::Error) -> bool {
    error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

/// The command of a usage line, without what it takes.
fn command_of(shape: &str) -> String {
    let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
    shape.split(' ').take_while(is_name).collect::<Vec<_>>().join(" ")
}

/// "redraft note hello": what can be done with a note, and what was probably meant.
fn unknown_below(noun: &str, word: &str) -> Error {
    let tree = super::tree();
    let verbs: Vec<&str> = tree
        .find_subcommand(noun)
        .into_iter()
        .flat_map(|noun| noun.get_subcommands().map(clap::Command::get_name))
        .collect();
    let mut error = Error::usage(format!("Unknown command '{noun} {word}'"));
    if let Some(meant) = nearest(word, verbs.iter().copied()) {
        error = error.hint(format!("Did you mean: redraft {noun} {meant}"));
    } else if verbs.contains(&"add") {
        error = error.hint(format!("Add it: redraft {noun} add {word:?}"));
    }
    error.hint(format!("What it takes: redraft {noun} --help"))
}

/// Rewrites a clap error: its first line is the message, what it lists are details, tips and help are next steps.
pub(super) fn error(error: &clap::Error, verbs: &[&str]) -> Error {
    if is_bare(error) || error.kind() == ErrorKind::MissingSubcommand {
        return Error::usage("No command given")
            .hint("Create new session: redraft start <name>")
            .hint("All commands: redraft --help");
    }
    if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) {
        let text = error.render().to_string();
        let command = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("Usage: "))
            .map_or_else(String::new, command_of);
        if let Some(noun) = command.strip_prefix("redraft ") {
            return unknown_below(noun, word);
        }
        let unknown = Error::usage(format!("Unknown command '{word}'"));
        let unknown = match nearest(word, verbs.iter().copied()) {
            Some(meant) => unknown.hint(format!("Did you mean: redraft {meant}")),
            None => unknown,
        };
        return unknown.hint("All commands: redraft --help");
    }
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("arguments cannot be read");
    let first = first.strip_prefix("error: ").unwrap_or(first).trim_end_matches(':');
    let mut message = capitalised(first);
    let (mut command, mut details) = ("redraft".to_string(), Vec::new());
    for line in lines.take(MAX_DETAILS) {
        if let Some(shape) = line.strip_prefix("Usage: ") {
            command = command_of(shape);
        }
        let noise = ["For more information", "tip:", "[possible values:"];
        if !noise.iter().any(|start| line.starts_with(start)) {
            details.push(line.to_string());
        }
    }
    if error.kind() == ErrorKind::MissingRequiredArgument {
        let missing: Vec<String> = details.extract_if(.., |line| line.starts_with(['<', '-'])).collect();
        message = format!("{command} needs {}", missing.join(" "));
    }
    if let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue)
        && !values.is_empty()
    {
        details.insert(0, format!("Possible values: {}", values.join(", ")));
    }
    let usage = details.into_iter().fold(Error::usage(message), Error::detail);
    let usage = match suggestion(error) {
        Some(meant) if meant.starts_with('-') => usage.hint(format!("Did you mean: {command} {meant}")),
        Some(meant) => usage.hint(format!("Did you mean '{meant}'?")),
        None => usage,
    };
    usage.hint(format!("What it takes: {command} --help"))
}

/// Gives the argument or value that may have been meant.
fn suggestion(error: &clap::Error) -> Option<&str> {
    [ContextKind::SuggestedArg, ContextKind::SuggestedValue].into_iter().find_map(|kind| {
        match error.get(kind)? {
            ContextValue::String(one) => Some(one.as_str()),
            ContextValue::Strings(several) => several.first().map(String::as_str),
            _ => None,
        }
    })
}
