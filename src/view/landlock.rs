//! Where no view can be made: a command that can write everywhere but where the project's tracked files are.
//!
//! Landlock (Linux 5.13) takes rights from a process for good, but for what it is allowed again, and what is allowed holds for
//! everything below a directory: there is no "this one and not what is below". So from the root of the file system down to the
//! project each directory's *other* entries are allowed; inside the project what is not tracked is, as deep as it is mixed
//! with what is. Nothing can then be made or removed in those directories themselves; `references/every-program.md` says what
//! that means. What is not looked at, because there are too many entries or they may not be listed, stays forbidden.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use crate::error::Result;
use crate::fs::{Dir, FileKind, ambient};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::sys::landlock::{self, Rights};

/// The most entries that are allowed one by one: what this costs a command, about a microsecond each.
const MAX_ENTRIES: usize = 10_000;

/// A process that cannot write tracked files, not entered yet.
#[derive(Debug)]
pub struct Fence {
    ruleset: OwnedFd,
    rights: Rights,
    left: usize,
}

impl Fence {
    /// Makes it for a project; an error where the kernel has no Landlock.
    pub fn around(project: &Project) -> io::Result<Self> {
        let rights = landlock::rights()?;
        let mut fence = Self { ruleset: landlock::make(rights)?, rights, left: MAX_ENTRIES };
        let root = ambient::canonicalize(&project.root).map_err(|e| io::Error::other(e.message))?;
        fence.allow_around(&root);
        // What cannot be looked at stays forbidden.
        let _ = fence.allow_inside(project);
        Ok(fence)
    }

    /// Goes behind it: this process, and all that it starts, for good.
    pub fn enter(&self) -> io::Result<()> {
        landlock::enter(&self.ruleset)
    }

    /// Allows, from the top down, whatever is beside the way to the project.
    fn allow_around(&mut self, root: &Path) {
        let mut at = PathBuf::from("/");
        for next in root.components().filter(|part| matches!(part, Component::Normal(_))) {
            if let Ok(dir) = Dir::open_ambient(&at) {
                for name in dir.names_up_to(self.left).unwrap_or_default() {
                    if name != next.as_os_str() {
                        let _ = RelPath::new(&name).and_then(|name| self.allow(&dir, &name));
                    }
                }
            }
            at.push(next);
        }
    }

    /// Allows what is not tracked in the project, the upper directories first.
    fn allow_inside(&mut self, project: &Project) -> Result<()> {
        let tracked = project.tracked();
        let mut mixed: VecDeque<Option<RelPath>> = VecDeque::from([None]);
        while let Some(at) = mixed.pop_front() {
            let below = at.as_ref().map(|at| project.dir.open_dir(at)).transpose();
            let Ok(below) = below else { continue };
            let dir = below.as_ref().unwrap_or(&project.dir);
            for name in dir.names_up_to(self.left)? {
                let own = RelPath::new(&name)?;
                let path = at.as_ref().map_or_else(|| Ok(own.clone()), |at| at.join(&name))?;
                let Some(stat) = dir.stat(&own)? else { continue };
                let tracked =
                    if stat.is_dir() { tracked.may_contain_below(&path) } else { tracked.contains(&path) };
                if !tracked {
                    self.allow(dir, &own)?;
                } else if stat.is_dir() && !project.tracked().holds_all_below(&path) && self.left > 0 {
                    self.left -= 1;
                    mixed.push_back(Some(path));
                }
            }
        }
        Ok(())
    }

    fn allow(&mut self, dir: &Dir, name: &RelPath) -> Result<()> {
        let Some(stat) = dir.stat(name)?.filter(|stat| stat.kind != FileKind::Symlink) else { return Ok(()) };
        if self.left > 0 {
            self.left -= 1;
            let held = dir.hold(name)?;
            // One that cannot be allowed stays forbidden.
            let _ = landlock::allow(&self.ruleset, self.rights, &held, stat.is_dir());
        }
        Ok(())
    }
}
