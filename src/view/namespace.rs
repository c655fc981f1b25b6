//! In the command's own process, before the command: leave the namespaces, mount the view, go back to where it was called.
//!
//! Everything that can be prepared outside has been ([`Prepared`]); what is here is calls to the kernel.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::fs::overlay::{self, Overlay};
use crate::sys;

/// All that the new process needs to know.
#[derive(Debug)]
pub struct Prepared {
    /// The project's root, absolute.
    pub root: PathBuf,
    /// What to mount, outermost first.
    pub overlays: Vec<Overlay>,
    /// Directories that are shown as they are; absolute.
    pub past: Vec<PathBuf>,
    /// What stands in the place of the session's directory: from where, to where; the first relative to the root.
    pub links: (PathBuf, PathBuf),
    /// What stands in the place of `.redraft/`: from where, to where; the first relative to the root.
    pub inside: (PathBuf, PathBuf),
    /// Parts of the session's directory that stay what they are; absolute.
    pub scratch: Vec<PathBuf>,
    /// Where the name of the mount namespace is noted.
    pub note: PathBuf,
    /// Where the command was called.
    pub cwd: PathBuf,
    /// User and group of the caller.
    pub ids: (u32, u32),
}

impl Prepared {
    /// Makes this process see the session; `fill` writes into the overlays what their layers do not say.
    pub fn enter(&self, fill: &dyn Fn() -> io::Result<()>) -> io::Result<()> {
        // Until all is mounted nobody could tell that somebody lives here, and would take the view away.
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        leave(self.ids)?;
        overlay::note_namespace(&self.note)?;
        overlay::make_private()?;
        rustix::process::chdir(&self.root)?;
        let held = |paths: &[PathBuf]| -> io::Result<Vec<OwnedFd>> {
            paths.iter().map(|path| Ok(overlay::hold(path)?)).collect()
        };
        let (past, scratch) = (held(&self.past)?, held(&self.scratch)?);
        let (links, inside) = (overlay::hold(&self.links.0)?, overlay::hold(&self.inside.0)?);
        for overlay in &self.overlays {
            overlay.mount()?;
        }
        for (held, at) in past.iter().zip(&self.past) {
            overlay::show(held, at)?;
        }
        fill()?;
        overlay::show(&links, &self.links.1)?;
        overlay::show(&inside, &self.inside.1)?;
        for (held, at) in scratch.iter().zip(&self.scratch) {
            overlay::show(held, at)?;
        }
        rustix::process::set_parent_process_death_signal(None)?;
        match rustix::process::chdir(&self.cwd) {
            // The session deleted the directory; a shell in a directory that is gone would be of no use.
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(rustix::process::chdir(&self.root)?),
            other => Ok(other?),
        }
    }
}

/// Leaves the namespace of mounts; without privileges that takes a user namespace, in which everybody is who they were.
fn leave((user, group): (u32, u32)) -> io::Result<()> {
    // In one that maps a single user, everybody else's files belong to nobody: root can do without.
    if user == 0 && sys::leave_namespaces(false).is_ok() {
        return Ok(());
    }
    sys::leave_namespaces(true)?;
    Ok(overlay::keep_own_ids(user, group)?)
}

/// Tries in a child process whether an overlay can be mounted, on a scratch file system over a directory.
pub fn try_at(at: &Path) -> io::Result<()> {
    sys::try_in_child(|| {
        leave((rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw()))?;
        overlay::make_private()?;
        Ok(overlay::try_at(at)?)
    })
}
