//! `redraft gc`

use crate::verbs::Command;

/// Remove what nobody keeps any more; what is open or archived stays
///
/// Sessions in the trash and landings beyond `keep` in redraft.json, contents that no
/// session refers to, and what killed processes left behind. It happens by itself, a
/// little after each commit and cancel; this does all of it now.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft gc --dry-run
  redraft gc")]
pub(super) struct Args {
    /// Only tell what would be removed
    #[arg(long)]
    dry_run: bool,
}

impl From<Args> for Command {
    fn from(args: Args) -> Self {
        Self::Gc { dry_run: args.dry_run }
    }
}
