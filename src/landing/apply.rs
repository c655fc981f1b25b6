//! One step at a time: apply it, or take it back, by renames that cannot lose either side.
//!
//! A step is applied only if both files are still the ones that were planned, and the check is made again on what came
//! out of the exchange: a file saved by somebody in between is put back and named. Taking back goes by identity, so it
//! does not matter whether a step was applied, which is what recovery after a kill needs.

use rustix::io::Errno;

use super::plan::{Action, Identity, Step};
use crate::error::{Error, Kind, Result};
use crate::fs::Onto;
use crate::project::Project;
use crate::relpath::RelPath;

/// Applies a step.
pub fn apply(project: &Project, step: &Step) -> Result<()> {
    let dir = &project.dir;
    match step.action {
        Action::MakeDir => make_dir(project, &step.path),
        // A directory that still holds something (untracked files) stays.
        Action::RemoveDir => dir.remove_empty_dir(&step.path).map(drop),
        Action::Create => {
            let carrier = carrier(step)?;
            expect(project, carrier, step.new, step)?;
            rename_onto_nothing(project, carrier, &step.path)
        }
        Action::Delete => {
            let carrier = carrier(step)?;
            expect(project, &step.path, step.old, step)?;
            rename_onto_nothing(project, &step.path, carrier)?;
            expect(project, carrier, step.old, step).inspect_err(|_| {
                let _ = rename_onto_nothing(project, carrier, &step.path);
            })
        }
        Action::Replace => {
            let carrier = carrier(step)?;
            expect(project, &step.path, step.old, step)?;
            expect(project, carrier, step.new, step)?;
            dir.rename(carrier, dir, &step.path, Onto::Exchange)?;
            expect(project, carrier, step.old, step).inspect_err(|_| {
                let _ = dir.rename(carrier, dir, &step.path, Onto::Exchange);
            })
        }
    }
}

/// Applies a step of a sealed landing if a power cut lost it: only where both files are exactly as before it.
pub fn ensure(project: &Project, step: &Step) -> Result<()> {
    let at = |path: &RelPath| Ok::<_, Error>(project.dir.stat(path)?.as_ref().map(Identity::of));
    let lost = match (step.action, &step.carrier) {
        (Action::MakeDir, _) => at(&step.path)?.is_none(),
        (Action::RemoveDir, _) => true,
        // A deletion brings nothing new: its carrier is empty as long as it was not applied.
        (_, Some(carrier)) => at(&step.path)? == step.old && at(carrier)? == step.new,
        (_, None) => false,
    };
    if lost { apply(project, step) } else { Ok(()) }
}

/// Who may have written the file that a step put into the project, before the step is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// A moment ago, by this very landing: only a client that had the session's file open can have written it.
    Now,
    /// By a landing that was interrupted: a person may have worked on since.
    Interrupted,
}

/// Takes a step back if it was applied; says so when it cannot be decided.
///
/// The carrier lies where nobody else is sent, so its inode alone tells which side it is.
pub fn take_back(project: &Project, step: &Step, since: Since) -> Result<()> {
    let dir = &project.dir;
    let is = |path: &RelPath, wanted: Option<Identity>| -> Result<bool> {
        Ok(dir.stat(path)?.as_ref().map(Identity::of) == wanted)
    };
    let is_inode = |path: &RelPath, wanted: Option<Identity>| -> Result<bool> {
        Ok(dir.stat(path)?.map(|stat| stat.ino) == wanted.map(|identity| identity.ino))
    };
    let landed = |step: &Step| match since {
        Since::Now => is_inode(&step.path, step.new),
        Since::Interrupted => is(&step.path, step.new),
    };
    match step.action {
        Action::MakeDir => dir.remove_empty_dir(&step.path).map(drop),
        Action::RemoveDir => make_dir(project, &step.path),
        Action::Create => {
            let carrier = carrier(step)?;
            if is_inode(carrier, None)? && landed(step)? {
                return rename_onto_nothing(project, &step.path, carrier);
            }
            // Nothing is there yet, so it was not applied.
            let untouched = is(&step.path, None)?;
            if untouched || is_inode(carrier, step.new)? { Ok(()) } else { Err(undecided(step)) }
        }
        Action::Delete => {
            let carrier = carrier(step)?;
            if is_inode(carrier, step.old)? && is(&step.path, None)? {
                return rename_onto_nothing(project, carrier, &step.path);
            }
            if is_inode(carrier, None)? { Ok(()) } else { Err(undecided(step)) }
        }
        Action::Replace => {
            let carrier = carrier(step)?;
            if is_inode(carrier, step.old)? && landed(step)? {
                return dir.rename(carrier, dir, &step.path, Onto::Exchange);
            }
            // The old file is in its place.
            let untouched = is(&step.path, step.old)?;
            if untouched || is_inode(carrier, step.new)? { Ok(()) } else { Err(undecided(step)) }
        }
    }
}

fn carrier(step: &Step) -> Result<&RelPath> {
    step.carrier
        .as_ref()
        .ok_or_else(|| Error::corrupt(format!("the journal has no second name for {}", step.path)))
}

/// Refuses to go on unless the file at `path` is the one that was planned.
fn expect(project: &Project, path: &RelPath, wanted: Option<Identity>, step: &Step) -> Result<()> {
    let found = project.dir.stat(path)?.as_ref().map(Identity::of);
    if found == wanted {
        return Ok(());
    }
    Err(Error::new(
        Kind::Conflict,
        format!("{} was changed by somebody while it was being committed", step.path),
    )
    .hint("look again: redraft commit"))
}

fn rename_onto_nothing(project: &Project, from: &RelPath, to: &RelPath) -> Result<()> {
    project.dir.rename(from, &project.dir, to, Onto::Nothing).map_err(|error| {
        if error.is_errno(Errno::EXIST) {
            return Error::new(Kind::Conflict, format!("{to} came into being while it was being committed"))
                .hint("look again: redraft commit");
        }
        in_the_way(project, to, error)
    })
}

fn make_dir(project: &Project, path: &RelPath) -> Result<()> {
    project.dir.make_dirs(path).map(drop).map_err(|error| in_the_way(project, path, error))
}

/// Names the file that stands where a directory has to be, when that is why the disk refused.
fn in_the_way(project: &Project, path: &RelPath, error: Error) -> Error {
    match project.dir.in_the_way(path) {
        Ok(Some(file)) if error.is_errno(Errno::NOTDIR) => {
            let what = format!("{file} is a file now, and {path} needs a directory there");
            Error::new(Kind::Conflict, what).hint(format!("move it away: mv {file} {file}.aside"))
        }
        _ => error,
    }
}

fn undecided(step: &Step) -> Error {
    Error::corrupt(format!("{}: neither the old nor the new version is where the journal left it", step.path))
}
