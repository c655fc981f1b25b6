//! `redraft install [--user] [--statusline]` and `redraft uninstall [--user]`.

/// Merge hooks, skills and the shell prefix into Claude Code's settings
///
/// What is there already is kept; `redraft uninstall` takes out exactly what was put in.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft install
  redraft install --user --statusline")]
pub(super) struct Args {
    /// For all projects of this user instead of this project
    #[arg(long)]
    pub(super) user: bool,
    /// Also show the session in Claude Code's status line
    #[arg(long)]
    pub(super) statusline: bool,
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
