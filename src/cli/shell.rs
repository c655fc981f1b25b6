//! `redraft -c COMMAND`, in the place of a shell, and the process that a command leaves behind to look after its children.
//!
//! Both are read before the clap tree is built: every command of an agent comes through here. What redraft itself has to
//! say goes to stderr, for stdout is the command's.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;

use crate::env::Env;
use crate::error::{Error, Kind};
use crate::ui::{Format, Style, Voice, print_error};
#[cfg(target_os = "linux")]
use crate::view::command;
use crate::view::shell::{self, Ended};

/// The exit code of a command that could not be run, as shells have it.
const NOT_RUN: u8 = 126;

/// The name by which Claude Code calls an MCP server through the shell prefix: it takes the whole of that for a program's.
const SERVER_NAME: &[u8] = b"redraft -c";

/// Tells whether the program was called by that name.
pub(crate) fn is_for_a_server(name: Option<&OsString>) -> bool {
    name.is_some_and(|name| name.as_bytes().ends_with(SERVER_NAME))
}

/// Becomes the shell for a server's command line; what is returned is the exit code for why it could not.
pub(crate) fn serve(env: &Env, arguments: &[OsString]) -> u8 {
    let style = Style::plain(Voice::Cli, env);
    let error = match arguments {
        [command] => match shell::become_shell(env, command) {
            Ended::NotRun(error) => error,
            Ended::Code(code) | Ended::NotFolded { code, .. } => return code,
        },
        _ => Error::new(Kind::Usage, format!("this name takes one command line, not {}", arguments.len()))
            .hint("redraft --help"),
    };
    let _ = print_error(&error, Format::Text, &style);
    NOT_RUN
}

/// Runs what `-c` was given and gives the exit code.
pub(crate) fn run(env: &Env, arguments: &[OsString]) -> u8 {
    let style = Style::plain(Voice::Cli, env);
    let [command] = arguments else {
        let error = Error::new(Kind::Usage, format!("-c takes one command string, not {}", arguments.len()))
            .hint("quote it: redraft -c 'grep -r rain acts'");
        let _ = print_error(&error, Format::Text, &style);
        return Kind::Usage.exit_code();
    };
    let say = |line: &str| drop(writeln!(std::io::stderr(), "{line}"));
    code(shell::run(env, command, &say), NOT_RUN, &style)
}

/// Says what went wrong and gives the exit code of what was run; `not_run` where it was not.
pub(super) fn code(ended: Ended, not_run: u8, style: &Style) -> u8 {
    match ended {
        Ended::Code(code) => code,
        Ended::NotRun(error) => {
            let _ = print_error(&error.detail("nothing was run"), Format::Text, style);
            not_run
        }
        Ended::NotFolded { code, error } => {
            let own = error.kind.exit_code();
            let error = error
                .detail("it was run; what it wrote is kept and not in the session yet")
                .hint("try again: redraft recover");
            let _ = print_error(&error, Format::Text, style);
            if code == 0 { own } else { code }
        }
    }
}

/// Looks after a view until nobody works in it.
#[cfg(target_os = "linux")]
pub(crate) fn keep(env: &Env, arguments: &[OsString]) -> u8 {
    let [id] = arguments else { return Kind::Usage.exit_code() };
    command::keep(env, id).map_or_else(|error| error.kind.exit_code(), |()| 0)
}
