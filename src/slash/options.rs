//! Options and operands of one subcommand: `--name`, `--name value`, `--name=value`, anything else an operand.
//!
//! A long dash counts as two hyphens, since keyboards and word processors put it there. `--` ends the options.

use std::ffi::OsString;

use super::mention;
use super::tokens::{Token, Tokens};
use crate::error::{Error, Result};
use crate::text::{nearest, visible};

/// What stood behind a subcommand.
pub(super) struct Options {
    /// Everything that is no option, in order.
    pub(super) operands: Vec<Token>,
    flags: Vec<String>,
    values: Vec<(String, String)>,
}

impl Options {
    /// Reads all tokens; an option that is not among the flags and value options is a usage error.
    pub(super) fn read(mut tokens: Tokens<'_>, verb: &str, flags: &[&str], valued: &[&str]) -> Result<Self> {
        let mut options = Self { operands: Vec::new(), flags: Vec::new(), values: Vec::new() };
        let mut ended = false;
        while let Some(token) = tokens.next() {
            let name = option_name(&token.text).filter(|_| !token.quoted && !ended);
            let Some(name) = name else {
                options.operands.push(token);
                continue;
            };
            let (name, inline) = match name.split_once('=') {
                Some((name, value)) => (name, Some(value.to_string())),
                None => (name, None),
            };
            if name.is_empty() {
                ended = true;
            } else if flags.contains(&name) && inline.is_none() {
                options.flags.push(name.to_string());
            } else if valued.contains(&name) {
                let value = inline.or_else(|| tokens.next().map(|token| token.text));
                let value = value.filter(|value| !value.is_empty()).ok_or_else(|| {
                    Error::usage(format!("--{name} needs a value"))
                        .hint(format!("redraft {verb} --{name} <value>"))
                })?;
                options.values.push((name.to_string(), continued(value, &mut tokens)));
            } else {
                return Err(unknown(name, verb, flags, valued));
            }
        }
        Ok(options)
    }

    /// Tells whether a flag was given.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|given| given == flag)
    }

    /// Gives every value of an option, in order.
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        self.values.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Gives the number that an option has.
    pub(super) fn number(&self, name: &str, verb: &str) -> Result<Option<usize>> {
        let Some(given) = self.values(name).last().copied() else { return Ok(None) };
        given.parse().map(Some).map_err(|_| {
            Error::usage(format!("--{name} needs a number, not '{}'", visible(given)))
                .hint(format!("redraft {verb} --{name} 5"))
        })
    }

    /// Refuses more operands than a verb takes.
    pub(super) fn at_most(&self, n: usize, verb: &str) -> Result<()> {
        match self.operands.get(n) {
            None => Ok(()),
            Some(extra) => {
                Err(Error::usage(format!("'{}' is one word too many for {verb}", visible(&extra.text)))
                    .hint(format!("redraft {verb}{}", if n == 0 { "" } else { " <name>" })))
            }
        }
    }

    /// Gives the session's name, if one was given.
    pub(super) fn at_most_one_name(&self, verb: &str) -> Result<Option<String>> {
        self.at_most(1, verb)?;
        Ok(self.operands.first().map(|token| token.text.clone()))
    }

    /// Gives the operands as paths.
    pub(super) fn paths(&self) -> Vec<OsString> {
        let path =
            |token: &Token| if token.quoted { token.text.clone() } else { mention(&token.text).into() };
        self.operands.iter().map(|token| path(token).into()).collect()
    }
}

/// Gives what stands behind `--` (or a long dash, or `-f` for force).
fn option_name(word: &str) -> Option<&str> {
    if word == "-f" {
        return Some("force");
    }
    ["--", "—", "–"].iter().find_map(|dash| word.strip_prefix(dash))
}

/// Tells whether a word is one of these options.
pub(super) fn is_one_of(token: &Token, options: &[&str]) -> bool {
    let name = option_name(&token.text).filter(|_| !token.quoted);
    name.is_some_and(|name| options.contains(&name.split('=').next().unwrap_or_default()))
}

/// Takes the rest of a list that was typed with spaces after its commas.
fn continued(mut value: String, tokens: &mut Tokens<'_>) -> String {
    while value.ends_with(',')
        && let Some(next) = tokens.peek().filter(|next| option_name(&next.text).is_none())
    {
        tokens.next();
        value.push_str(&next.text);
    }
    value
}

fn unknown(name: &str, verb: &str, flags: &[&str], valued: &[&str]) -> Error {
    let error = Error::usage(format!("{verb} has no option --{}", visible(name)));
    let known: Vec<&str> = flags.iter().chain(valued).copied().collect();
    match nearest(name, known.iter().copied()) {
        Some(meant) => error.hint(format!("Did you mean: redraft {verb} --{meant}")),
        None if known.is_empty() => error.hint(format!("redraft {verb}")),
        None => error.detail(format!("Options: --{}", known.join(", --"))).hint(format!("redraft {verb}")),
    }
}
