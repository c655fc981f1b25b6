//! `redraft install [--user] [--statusline] [--mcp]` and `redraft uninstall [--user]`.

use std::path::{Path, PathBuf};

use crate::env::Env;
use crate::error::{Error, Result};
use crate::fs::ambient;
use crate::install;
use crate::report::Report;
use crate::verbs::Desk;

/// Merge hooks, skills and the shell prefix into Claude Code's settings
///
/// What is there already is kept; `redraft uninstall` takes out exactly what was put in.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft install
  redraft install --user --statusline
  redraft install --mcp")]
pub(super) struct Args {
    /// For all projects of this user instead of this project
    #[arg(long)]
    pub(super) user: bool,
    /// Also show the session in Claude Code's status line
    #[arg(long)]
    pub(super) statusline: bool,
    /// Also add the MCP server to the project's .mcp.json
    #[arg(long)]
    pub(super) mcp: bool,
}

/// Take out of Claude Code's settings what `install` put in
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft uninstall
  redraft uninstall --user")]
pub(super) struct UninstallArgs {
    /// From the user's settings instead of this project's
    #[arg(long)]
    pub(super) user: bool,
}

/// Merges into the settings of the project, or of the user.
pub(super) fn install(desk: &Desk, args: &Args) -> Result<Report> {
    let options = install::Install { user: args.user, statusline: args.statusline, mcp: args.mcp };
    install::install(desk, &program(desk)?, &desk.project()?.root, &options)
}

/// Takes out of the same.
pub(super) fn uninstall(desk: &Desk, args: &UninstallArgs) -> Result<Report> {
    install::uninstall(desk, &desk.project()?.root, args.user)
}

/// Gives the path by which this program is called and stays callable: the entry of the PATH that leads to it (an upgrade
/// moves the file behind such a link), else the file itself.
pub(super) fn program(desk: &Desk) -> Result<PathBuf> {
    let exe = Env::program().map_err(|e| Error::io("find", Path::new("this program"), &e))?;
    let real = ambient::canonicalize(&exe)?;
    let path = desk.env.path.as_deref().unwrap_or_default();
    let entries = std::env::split_paths(path).filter(|dir| dir.is_absolute()).map(|dir| dir.join("redraft"));
    let same = |entry: &PathBuf| ambient::canonicalize(entry).is_ok_and(|found| found == real);
    Ok(entries.into_iter().find(same).unwrap_or(exe))
}
