//! `/session history` and what else looks back.

use super::missing;
use super::options::Options;
use super::tokens::Tokens;
use crate::error::Result;
use crate::verbs::{Analyze, Command, Period};

/// Reads `[--count N] [--metrics]`.
pub(super) fn history(tokens: Tokens<'_>) -> Result<Command> {
    let options = Options::read(tokens, "history", &["metrics"], &["count"])?;
    options.at_most(0, "history")?;
    Ok(Command::History { count: options.number("count", "history")?, metrics: options.has("metrics") })
}

/// Reads `<a> [b]`.
pub(super) fn compare(tokens: Tokens<'_>) -> Result<Command> {
    let options = Options::read(tokens, "compare", &[], &[])?;
    options.at_most(2, "compare")?;
    let mut names = options.operands.iter().map(|name| name.text.clone());
    let a = names.next().ok_or_else(|| {
        missing("compare needs the name of a session", "redraft compare <name>").hint("redraft history")
    })?;
    Ok(Command::Compare { a, b: names.next() })
}

/// Reads `[--velocity] [--retries] [--patterns] [--tdd] [--discipline] [--since T]`.
pub(super) fn analyze(tokens: Tokens<'_>) -> Result<Command> {
    let parts = ["velocity", "retries", "patterns", "tdd", "discipline", "recommendations"];
    let options = Options::read(tokens, "analyze", &parts, &["since"])?;
    options.at_most(0, "analyze")?;
    Ok(Command::Analyze(Analyze {
        velocity: options.has("velocity"),
        retries: options.has("retries"),
        patterns: options.has("patterns"),
        tdd: options.has("tdd"),
        discipline: options.has("discipline") || options.has("recommendations"),
        since: options.values("since").last().map(ToString::to_string),
    }))
}

/// Reads `[--dry-run]`.
pub(super) fn gc(tokens: Tokens<'_>) -> Result<Command> {
    let options = Options::read(tokens, "gc", &["dry-run"], &[])?;
    options.at_most(0, "gc")?;
    Ok(Command::Gc { dry_run: options.has("dry-run") })
}

/// Reads `[--weekly|--project] [--format F]`.
pub(super) fn report(tokens: Tokens<'_>) -> Result<Command> {
    let options = Options::read(tokens, "report", &["weekly", "project"], &["format"])?;
    options.at_most(0, "report")?;
    if options.has("weekly") && options.has("project") {
        return Err(missing("--weekly and --project are two reports", "redraft report --weekly"));
    }
    let period = if options.has("project") { Period::Project } else { Period::Weekly };
    Ok(Command::Report { period, format: options.values("format").last().map(ToString::to_string) })
}
