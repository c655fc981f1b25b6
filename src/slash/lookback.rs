//! `/session history` and what else looks back.

use super::missing;
use super::options::Options;
use super::tokens::Tokens;
use crate::error::Result;
use crate::verbs::Command;

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
