//! `redraft tool session_manager <json>`

use std::time::Duration;

use crate::error::{Error, Result};
use crate::stdin;
use crate::verbs::Command;

/// The most that may come on standard input.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// How long whoever writes it may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Work on a session by JSON, as workflow programs do
///
/// The one tool is `session_manager`, with the operations init, list, read, write,
/// update, archive, mkdir, delete and stats. It answers one object on one line:
/// {"success":true,"result":…} or {"success":false,"error":…}. Documents lie in the
/// session's artifacts and never land; what is deleted is kept aside.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft tool session_manager '{\"operation\":\"list\",\"location\":\"active\"}'
  redraft tool session_manager < asked.json")]
pub(super) struct Args {
    /// Which tool
    tool: String,
    /// What is asked, as a JSON object [default: standard input]
    asked: Option<String>,
}

/// Takes what is asked from the arguments, or from standard input.
pub(super) fn command(args: Args) -> Result<Command> {
    let asked = match args.asked.filter(|asked| asked != "-") {
        Some(asked) => asked,
        None => String::from_utf8(stdin::read(MAX_BYTES, TIMEOUT)?)
            .map_err(|_| Error::usage("what is asked of the tool is not UTF-8"))?,
    };
    Ok(Command::Tool { tool: args.tool, asked })
}
