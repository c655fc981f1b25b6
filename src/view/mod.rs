//! Every program sees the session: a command runs where the session's merged view stands at the project's own paths.
//!
//! 1. Who calls has a session (as for a hook), or the command is the shell's alone ([`shell`]).
//! 2. A directory for what this command writes is made under `workspace/.redraft/views/` ([`upper`]). Each command has its
//!    own, so none ever sees half of what another is writing.
//! 3. In a mount namespace of its own, overlays are put over the project ([`shape`] says which, [`namespace`] mounts them).
//! 4. The command runs; its signals, streams and exit status are its own ([`crate::sys::Held`]).
//! 5. What it wrote comes into the session ([`fold`]): what it changed of tracked files as changes of the session, the rest
//!    where it belongs. Children that outlive the command keep the view; then a process of ours waits for them.
//!
//! Where it wrote nothing, the directory of step 2 is the next command's ([`spare`]). Whatever is interrupted leaves it, and the next command folds it ([`fold_left_behind`]).
//!
//! A whole program ([`program`]) has a view for as long as it runs: [`live`] keeps it and the session together meanwhile, and
//! [`desk`] does outside what redraft is asked for inside. Where there can be no view, [`without`] is the story.

#[cfg(target_os = "linux")]
pub mod command;
#[cfg(target_os = "linux")]
pub mod desk;
#[cfg(target_os = "linux")]
pub mod fold;
#[cfg(target_os = "linux")]
pub mod folded;
#[cfg(target_os = "linux")]
pub mod landlock;
#[cfg(target_os = "linux")]
pub mod live;
pub mod look;
pub mod means;
#[cfg(target_os = "linux")]
pub mod namespace;
#[cfg(target_os = "linux")]
pub mod news;
#[cfg(not(target_os = "linux"))]
mod nowhere;
#[cfg(target_os = "linux")]
pub mod program;
#[cfg(target_os = "linux")]
pub mod shape;
pub mod shell;
#[cfg(target_os = "linux")]
pub mod shown;
#[cfg(target_os = "linux")]
pub mod spare;
#[cfg(target_os = "linux")]
pub mod upper;
pub mod without;

use crate::env::Env;
#[cfg(target_os = "linux")]
use crate::error::Result;
use crate::project::Project;
#[cfg(target_os = "linux")]
use crate::session::lifecycle::Caller;

/// Tells whether a command ever had a view in this project. Where not, nothing else need be asked about views.
#[cfg(target_os = "linux")]
pub fn are_any(project: &Project) -> Result<bool> {
    Ok(project.dir.stat(&upper::all(project))?.is_some())
}

/// Folds what commands that were interrupted had written; those that still run are left alone. One look where there is
/// nothing.
#[cfg(target_os = "linux")]
pub fn fold_left_behind(project: &Project, caller: &Caller<'_>) -> Result<()> {
    for mut view in upper::View::left_behind(project)? {
        fold::fold(project, caller, &mut view)?;
        view.remove(project)?;
    }
    Ok(())
}

/// Tells whether this process runs in the view that its environment names, in this project. An environment outlives a view
/// and is carried out of it (by `at`, say): believed alone, what is not isolated would be taken for isolated.
pub fn is_inside(env: &Env, project: &Project) -> bool {
    env.view.is_some() && of_this_process(project).is_ok_and(|view| view == env.view)
}

#[cfg(target_os = "linux")]
pub use self::desk::hand_over;
#[cfg(target_os = "linux")]
pub use self::live::{belongs_to_window, bring_in, show, take_notices};
#[cfg(not(target_os = "linux"))]
pub use self::nowhere::{
    are_any, belongs_to_window, bring_in, clear_spare, fold_left_behind, hand_over, is_program,
    of_this_process, program, restart, show, take_notices,
};
#[cfg(target_os = "linux")]
pub use self::program::restart;
#[cfg(target_os = "linux")]
pub use self::spare::clear as clear_spare;
#[cfg(target_os = "linux")]
pub use self::upper::{is_program, of_this_process};
