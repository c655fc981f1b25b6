//! Doors that are built elsewhere; each function is replaced by the call of its name and this file goes.

use crate::error::{Error, Kind, Result};
use crate::report::Report;
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
