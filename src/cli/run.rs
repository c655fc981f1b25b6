//! `redraft run [--session NAME] -- PROGRAM [ARGUMENTS…]`

use std::ffi::OsString;
use std::io::Write as _;

use super::shell;
use crate::error::Result;
use crate::ui::Style;
use crate::verbs::Desk;
use crate::view::program;
use crate::view::shell::Ended;

/// Run a program that sees the session at the project's own paths
///
/// An editor, a shell, make, claude itself: all that it writes to tracked files is in
/// the session, and the project stays as it is until you commit. While it runs, you
/// can commit, cancel, switch … inside and outside, and it sees the result. Linux only.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft run -- claude
  redraft run --session experimental-scene-0102 -- vim acts/plan.md")]
pub(super) struct Args {
    /// The program and its arguments
    #[arg(required = true, last = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

/// Runs it and gives its exit code; an error is that it was not run.
pub(super) fn run(desk: &Desk, args: &Args, style: &Style) -> Result<u8> {
    let project = desk.project()?;
    let say = |line: &str| drop(writeln!(std::io::stderr(), "{line}"));
    match program::run(&project, &desk.caller(), &args.program, &say) {
        Ended::NotRun(error) => Err(error),
        ended => Ok(shell::code(ended, 0, style)),
    }
}
