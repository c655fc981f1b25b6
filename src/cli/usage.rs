//! What clap could not read, as an [`Error`] like any other: exit code 2, text or JSON.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::Error;
use crate::text::nearest;

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

/// Rewrites a clap error: its first line is the message, tips and usage are details, help is the next step.
pub(super) fn error(error: &clap::Error, verbs: &[&str]) -> Error {
    if is_bare(error) || error.kind() == ErrorKind::MissingSubcommand {
        return Error::usage("no command given").hint("redraft start <name>").hint("redraft --help");
    }
    if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) {
        let unknown = Error::usage(format!("unknown command '{word}'"));
        let unknown = match nearest(word, verbs.iter().copied()) {
            Some(meant) => unknown.hint(format!("Did you mean: redraft {meant}")),
            None => unknown,
        };
        return unknown.hint("All commands: redraft --help");
    }
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("arguments cannot be read");
    let mut usage = Error::usage(first.strip_prefix("error: ").unwrap_or(first).trim_end_matches(':'));
    let mut command = "redraft".to_string();
    for line in lines.take(MAX_DETAILS) {
        if line.starts_with("For more information") {
            continue;
        }
        if let Some(shape) = line.strip_prefix("Usage: ") {
            let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
            command = shape.split(' ').take_while(is_name).collect::<Vec<_>>().join(" ");
        }
        usage = usage.detail(line);
    }
    usage.hint(format!("{command} --help"))
}
