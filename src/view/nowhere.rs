//! What the rest of redraft asks of views, where there are none.

use std::ffi::{OsStr, OsString};
use std::os::fd::BorrowedFd;

use crate::env::Env;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::session::lifecycle::Caller;

/// A view that cannot be.
#[derive(Debug)]
pub enum View {}

/// Tells that no view is a program's.
pub fn is_program(_: &OsStr) -> bool {
    false
}

/// Tells that there are none.
pub fn are_any(_: &Project) -> Result<bool> {
    Ok(false)
}

/// Tells that this process runs in none.
pub fn of_this_process(_: &Project) -> Result<Option<OsString>> {
    Ok(None)
}

/// Finds nothing to fold.
pub fn fold_left_behind(_: &Project, _: &Caller<'_>) -> Result<()> {
    Ok(())
}

/// Finds no directories that are kept for the next view.
pub fn clear_spare(_: &Project, _: bool) -> Result<usize> {
    Ok(0)
}

/// Finds no views in use.
pub fn bring_in(_: &Project, _: &Caller<'_>) -> Result<Vec<View>> {
    Ok(Vec::new())
}

/// Shows nothing.
pub fn show(_: &Project, _: &Caller<'_>, _: Vec<View>) -> Result<()> {
    Ok(())
}

/// Finds no view to follow a window.
pub fn belongs_to_window(_: &Project, _: &Caller<'_>, _: &mut [View]) -> Result<()> {
    Ok(())
}

/// Finds nothing that was left to be said.
pub fn take_notices(_: &Project) -> Result<Vec<String>> {
    Ok(Vec::new())
}

/// Restarts nothing.
pub fn restart(_: &Project, _: &Env, _: &[String]) -> Result<bool> {
    Ok(false)
}

/// Says that nobody is outside.
pub fn hand_over(_: &Env, _: &[OsString], _: [BorrowedFd<'_>; 3]) -> Result<u8> {
    Err(no_views())
}

fn no_views() -> Error {
    Error::refused("only Linux can show a session to a program")
        .hint("start the program as usual: the client's file tools use the session all the same")
}

/// `redraft run`
pub mod program {
    use std::ffi::OsString;

    use super::super::shell::{Ended, Say};
    use crate::project::Project;
    use crate::session::lifecycle::Caller;

    /// Says that there is no such thing here.
    pub fn run(_: &Project, _: &Caller<'_>, _: &[OsString], _: Say<'_>) -> Ended {
        Ended::NotRun(super::no_views())
    }
}
