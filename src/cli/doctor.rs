//! `redraft doctor`: what the project says of itself, for the checks; `redraft doctor --repair`.

use std::path::PathBuf;

use super::install::program;
use crate::doctor::{self, Ground};
use crate::error::{Error, Kind, Result};
use crate::fs::tree::Step;
use crate::project::{FoundBy, Project, find_root};
use crate::report::Report;
use crate::session::lifecycle;
use crate::verbs::{self, Command, Desk};

/// More entries than this are not looked at for one tracked file.
const MAX_LOOKED_AT: usize = 20_000;

/// Check by running it that everything works
///
/// With --repair: find what lies among the sessions and is none, or is one under a wrong
/// name (a copy, a directory renamed by hand), and say what would put it right; with
/// --apply do that. Nothing is deleted: what is no session is moved to workspace/strays/.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft doctor
  redraft doctor --repair
  redraft doctor --repair --apply")]
pub(super) struct Args {
    /// Look for stray and duplicate sessions instead
    #[arg(long)]
    repair: bool,
    /// Put right what was found
    #[arg(long, requires = "repair")]
    apply: bool,
}

/// Runs every check, or looks for strays.
pub(super) fn run(desk: &Desk, args: &Args) -> Result<Report> {
    if args.repair { verbs::run(desk, &Command::Repair { apply: args.apply }) } else { doctor(desk) }
}

fn doctor(desk: &Desk) -> Result<Report> {
    let (root, found_by) = find_root(&desk.env, desk.root.as_deref())?;
    let project = Project::open(root.clone(), found_by);
    let ground = Ground {
        found_by: phrase(found_by).to_string(),
        tracked: project.as_ref().map(|project| project.tracked().globs()).map_err(Clone::clone),
        any_tracked_file: project.as_ref().is_ok_and(|project| any_tracked_file(project).unwrap_or(true)),
        workspace: project.as_ref().map_err(Clone::clone).and_then(writable),
        crashed: project.as_ref().ok().map(crashed).transpose()?.unwrap_or_default(),
    };
    doctor::doctor(desk, &root, &program(desk)?, &ground)
}

fn phrase(found_by: FoundBy) -> &'static str {
    match found_by {
        FoundBy::Option => "by --root",
        FoundBy::Environment => "by REDRAFT_ROOT",
        FoundBy::Ancestor => "by redraft.json or workspace/sessions in it",
        FoundBy::ClaudeProject => "by CLAUDE_PROJECT_DIR",
        FoundBy::Git => "by .git in it",
        FoundBy::WorkingDirectory => "as the working directory: nothing above says otherwise",
    }
}

fn any_tracked_file(project: &Project) -> Result<bool> {
    let (mut looked_at, mut found) = (0, false);
    project.dir.walk(None, &mut |_, path, stat| {
        looked_at += 1;
        found |= looked_at > MAX_LOOKED_AT || (stat.is_file() && project.is_tracked(path));
        Ok(if found || !project.tracked().may_contain_below(path) { Step::Over } else { Step::Into })
    })?;
    Ok(found)
}

/// Tries to write where sessions are kept, and leaves nothing behind; gives the directory.
fn writable(project: &Project) -> Result<PathBuf> {
    let workspace = project.workspace();
    let made = project.dir.make_dirs(workspace)?;
    let probe = project.dir.temporary_beside(&workspace.join("probe")?)?;
    project.dir.write_new(&probe, b"", false)?;
    project.dir.remove_file(&probe)?;
    if made {
        project.dir.remove_empty_dir(workspace)?;
    }
    Ok(project.dir.full(workspace))
}

fn crashed(project: &Project) -> Result<Vec<String>> {
    let mut crashed = Vec::new();
    for name in lifecycle::names(project)? {
        let text = name.to_string_lossy().into_owned();
        let sound = text.parse().and_then(|name| lifecycle::inspect(project, &name).map(drop));
        if sound.is_err_and(|error: Error| matches!(error.kind, Kind::Corrupt | Kind::Usage)) {
            crashed.push(text);
        }
    }
    Ok(crashed)
}
