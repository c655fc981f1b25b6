//! `redraft cancel [name] [--no-backup-retries] [--purge]`

use super::plain::{Plain, of_a_name};
use crate::verbs::Command;

/// Discard a session; the project stays as it is
///
/// The session waits in the trash for 14 days (see restore); its retries are archived.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft cancel
  redraft cancel experimental-v2 --purge")]
pub(super) struct Args {
    /// Session to cancel [default: the active one]
    name: Option<String>,
    /// Do not archive the retries
    #[arg(long)]
    no_backup_retries: bool,
    /// Delete the session at once instead of keeping it in the trash
    #[arg(long)]
    purge: bool,
}

impl Plain for Args {
    fn plain(words: &[&str]) -> Option<Self> {
        of_a_name(words, |name| Self { name, no_backup_retries: false, purge: false })
    }
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Cancel { name: args.name, backup_retries: !args.no_backup_retries, purge: args.purge }
    }
}
