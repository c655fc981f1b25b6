//! Doors that are built elsewhere; each function is replaced by the call of its name and this file goes.

use std::process::ExitCode;

use crate::env::Env;
use crate::error::{Error, Kind, Result};
use crate::report::Report;
use crate::ui::{Format, Style, Voice, print_error};
use crate::verbs::Desk;

fn not_here(what: &str) -> Error {
    Error::new(Kind::Bug, format!("{what} is not part of this build"))
}

/// `redraft install`
pub fn install(_desk: &Desk, _user: bool, _statusline: bool) -> Result<Report> {
    Err(not_here("install"))
}

/// `redraft uninstall`
pub fn uninstall(_desk: &Desk, _user: bool) -> Result<Report> {
    Err(not_here("uninstall"))
}

/// `redraft doctor`
pub fn doctor(_desk: &Desk) -> Result<Report> {
    Err(not_here("doctor"))
}

/// `redraft statusline`
pub fn statusline(_desk: &Desk) -> Result<Report> {
    Err(not_here("statusline"))
}

/// `redraft demo`
pub fn demo(_desk: &Desk) -> Result<Report> {
    Err(not_here("demo"))
}

/// `redraft intent`
pub fn intent(_desk: &Desk) -> Result<Report> {
    Err(not_here("intent"))
}

/// `redraft hook`: exit code 2 stops the tool call, as a hook that cannot do its job must.
pub fn hook(env: &Env) -> ExitCode {
    let _ = print_error(&not_here("hook"), Format::Text, &Style::plain(Voice::Cli, env));
    ExitCode::from(2)
}
