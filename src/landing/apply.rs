//! One step at a time: apply it, or take it back, by renames that cannot lose either side.
//!
//! A step is applied only if both files are still the ones that were planned. Of a file that gives way this is seen on what came
//! out of the exchange, which nobody can change any more: one that somebody saved since is put back and named. Taking back
//! goes by identity, so it does not matter whether a step was applied, which is what recovery after a kill needs.

use rustix::io::Errno;

use super::plan::{Action, Identity, Step};
use crate::error::{Error, Kind, Result};
use crate::fs::cursor::Cursor;
use crate::fs::parallel;
use crate::fs::{Dir, Onto};
use crate::project::Project;
use crate::relpath::RelPath;

/// So many steps are looked at by one thread. The tests' build shares nearly all its landings among several.
const MANY: usize = if cfg!(debug_assertions) { 2 } else { 500 };

/// Works through steps in the order of the tree, in two places at once: the project and where the carriers are.
#[derive(Debug)]
pub struct Hands<'a> {
    dir: &'a Dir,
    at: Cursor<'a>,
    carriers: Cursor<'a>,
}

/// Who may have written the file that a step put into the project, before the step is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// A moment ago, by this very landing: only a client that had the session's file open can have written it.
    Now,
    /// By a landing that was interrupted: a person may have worked on since.
    Interrupted,
}

/// Which of a step's two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Path,
    Carrier,
}

/// Applies steps one after the other, in their order; an error names its step.
///
/// The files that come are all looked at before the first of them moves: by several threads, and not while names are exchanged,
/// since the kernel makes whoever looks wait for whoever renames. They are out of reach by now. Who still has one of them open may
/// write to it at any time, also when it has landed.
pub fn apply_all(project: &Project, steps: &[Step]) -> Result<()> {
    // Files that come stand last, and while they come no directory does: what was looked at ahead stays where it was.
    let comes = |step: &Step| matches!(step.action, Action::Create | Action::Replace);
    let (before, coming) = steps.split_at(steps.iter().position(comes).unwrap_or(steps.len()));
    let mut hands = Hands::new(project);
    before.iter().try_for_each(|step| hands.apply(step).map_err(|error| of_step(step, error)))?;
    let dir = &project.dir;
    let look = |some: &[Step]| {
        let mut eyes = Hands::below(dir);
        some.iter().try_for_each(|step| eyes.look(step).map_err(|error| of_step(step, error)))
    };
    parallel::parts(coming, MANY, &look).into_iter().collect::<Result<()>>()?;
    coming.iter().try_for_each(|step| hands.apply_seen(step).map_err(|error| of_step(step, error)))
}

fn of_step(step: &Step, error: Error) -> Error {
    Error { message: format!("{}: {}", step.path, error.message), ..error }
}

impl<'a> Hands<'a> {
    /// Starts to work in a project.
    pub fn new(project: &'a Project) -> Self {
        Self::below(&project.dir)
    }

    fn below(dir: &'a Dir) -> Self {
        Self { dir, at: Cursor::new(dir), carriers: Cursor::new(dir) }
    }

    /// Applies a step.
    pub fn apply(&mut self, step: &Step) -> Result<()> {
        self.look(step)?;
        self.apply_seen(step)
    }

    /// Refuses a step whose files are not those that were planned. A file that gives way to another is not looked at here: that is
    /// done when it has come out.
    fn look(&mut self, step: &Step) -> Result<()> {
        match step.action {
            Action::Delete => self.expect(step, At::Path, step.old),
            Action::Create | Action::Replace => self.expect(step, At::Carrier, step.new),
            Action::MakeDir | Action::RemoveDir => Ok(()),
        }
    }

    /// Applies a step whose files were just looked at. What comes out of the project is looked at in any case: a file that somebody
    /// saved since goes back.
    fn apply_seen(&mut self, step: &Step) -> Result<()> {
        match step.action {
            Action::MakeDir => self.make_dir(&step.path),
            // A directory that still holds something (untracked files) stays.
            Action::RemoveDir => self.remove_dir(&step.path),
            Action::Create => self.rename_onto_nothing(step, At::Path),
            Action::Delete => {
                self.rename_onto_nothing(step, At::Carrier)?;
                self.expect(step, At::Carrier, step.old).inspect_err(|_| {
                    let _ = self.rename_onto_nothing(step, At::Path);
                })
            }
            Action::Replace => {
                self.exchange(step)?;
                self.expect(step, At::Carrier, step.old).inspect_err(|_| {
                    let _ = self.exchange(step);
                })
            }
        }
    }

    /// Applies a step of a sealed landing if a power cut lost it: only where both files are exactly as before it.
    pub fn ensure(&mut self, step: &Step) -> Result<()> {
        let lost = match (step.action, &step.carrier) {
            (Action::MakeDir, _) => self.identity(step, At::Path)?.is_none(),
            (Action::RemoveDir, _) => true,
            // A deletion brings nothing new: its carrier is empty as long as it was not applied.
            (_, Some(_)) => {
                self.identity(step, At::Path)? == step.old && self.identity(step, At::Carrier)? == step.new
            }
            (_, None) => false,
        };
        if lost { self.apply(step) } else { Ok(()) }
    }

    /// Takes a step back if it was applied; says so when it cannot be decided.
    ///
    /// The carrier lies where nobody else is sent, so its inode alone tells which side it is.
    pub fn take_back(&mut self, step: &Step, since: Since) -> Result<()> {
        if step.carrier.is_none() {
            return match step.action {
                Action::MakeDir => self.remove_dir(&step.path),
                Action::RemoveDir => self.make_dir(&step.path),
                Action::Create | Action::Delete | Action::Replace => carrier(step).map(drop),
            };
        }
        let (there, carried) = (self.identity(step, At::Path)?, self.identity(step, At::Carrier)?);
        let inode = |identity: Option<Identity>| identity.map(|identity| identity.ino);
        let holds = |wanted: Option<Identity>| inode(carried) == inode(wanted);
        let landed = match since {
            Since::Now => inode(there) == inode(step.new),
            Since::Interrupted => there == step.new,
        };
        let (applied, untouched) = match step.action {
            // Nothing is there yet, so it was not applied.
            Action::Create => (carried.is_none() && landed, there.is_none() || holds(step.new)),
            Action::Delete => (holds(step.old) && there.is_none(), carried.is_none()),
            // What came out is in its place, be it the old file or what somebody had saved over it, which goes back as well.
            _ => (carried.is_some() && !holds(step.new) && landed, there == step.old || holds(step.new)),
        };
        match step.action {
            _ if !applied => {
                if untouched {
                    Ok(())
                } else {
                    Err(undecided(step))
                }
            }
            Action::Create => self.rename_onto_nothing(step, At::Carrier),
            Action::Delete => self.rename_onto_nothing(step, At::Path),
            _ => self.exchange(step),
        }
    }

    fn identity(&mut self, step: &Step, at: At) -> Result<Option<Identity>> {
        let stat = match at {
            At::Path => self.at.stat(&step.path)?,
            At::Carrier => self.carriers.stat(carrier(step)?)?,
        };
        Ok(stat.as_ref().map(Identity::of))
    }

    /// Refuses to go on unless the file is the one that was planned.
    fn expect(&mut self, step: &Step, at: At, wanted: Option<Identity>) -> Result<()> {
        if self.identity(step, at)? == wanted { Ok(()) } else { Err(changed_meanwhile(step)) }
    }

    fn exchange(&mut self, step: &Step) -> Result<()> {
        let exchanged = self.carriers.rename(carrier(step)?, &mut self.at, &step.path, Onto::Exchange);
        exchanged.map_err(|error| {
            let is_gone = error.is_errno(Errno::NOENT) || error.is_errno(Errno::NOTDIR);
            if is_gone { changed_meanwhile(step) } else { error }
        })
    }

    fn rename_onto_nothing(&mut self, step: &Step, to: At) -> Result<()> {
        let carrier = carrier(step)?;
        let (renamed, to) = match to {
            At::Path => (self.carriers.rename(carrier, &mut self.at, &step.path, Onto::Nothing), &step.path),
            At::Carrier => (self.at.rename(&step.path, &mut self.carriers, carrier, Onto::Nothing), carrier),
        };
        renamed.map_err(|error| {
            if error.is_errno(Errno::EXIST) {
                return Error::new(
                    Kind::Conflict,
                    format!("{to} came into being while it was being committed"),
                )
                .hint("look again: redraft commit");
            }
            in_the_way(self.dir, to, error)
        })
    }

    fn make_dir(&mut self, path: &RelPath) -> Result<()> {
        self.forget();
        self.dir.make_dirs(path).map(drop).map_err(|error| in_the_way(self.dir, path, error))
    }

    fn remove_dir(&mut self, path: &RelPath) -> Result<()> {
        self.forget();
        self.dir.remove_empty_dir(path).map(drop)
    }

    /// A directory that comes or goes may be the one that is open.
    fn forget(&mut self) {
        self.at.forget();
        self.carriers.forget();
    }
}

fn carrier(step: &Step) -> Result<&RelPath> {
    step.carrier
        .as_ref()
        .ok_or_else(|| Error::corrupt(format!("the journal has no second name for {}", step.path)))
}

/// Names the file that stands where a directory has to be, when that is why the disk refused.
fn in_the_way(dir: &Dir, path: &RelPath, error: Error) -> Error {
    match dir.in_the_way(path) {
        Ok(Some(file)) if error.is_errno(Errno::NOTDIR) => {
            let what = format!("{file} is a file now, and {path} needs a directory there");
            Error::new(Kind::Conflict, what).hint(format!("move it away: mv {file} {file}.aside"))
        }
        _ => error,
    }
}

fn changed_meanwhile(step: &Step) -> Error {
    let what = format!("{} was changed by somebody while it was being committed", step.path);
    Error::new(Kind::Conflict, what).hint("look again: redraft commit")
}

fn undecided(step: &Step) -> Error {
    Error::corrupt(format!("{}: neither the old nor the new version is where the journal left it", step.path))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test plays a person who saves a file")]
mod tests {
    use std::fs;

    use super::*;
    use crate::project::FoundBy;

    /// A project of files with their successors beside them, and the steps that put those in their places.
    fn planned(n: usize) -> (tempfile::TempDir, Project, Vec<Step>) {
        let scratch = tempfile::tempdir().unwrap();
        let project = Project::open(scratch.path().to_path_buf(), FoundBy::Option).unwrap();
        let mut steps = Vec::new();
        for dir in ["a", "b", "new"] {
            fs::create_dir(scratch.path().join(dir)).unwrap();
        }
        for nth in 0..n {
            let (path, carrier) = (["a", "b"][nth % 2], "new");
            let rel = |dir: &str| RelPath::new(format!("{dir}/{nth}")).unwrap();
            let identity = |rel: &RelPath| project.dir.stat(rel).unwrap().as_ref().map(Identity::of);
            let (path, carrier) = (rel(path), rel(carrier));
            fs::write(scratch.path().join(carrier.as_path()), "new").unwrap();
            let action = if nth % 10 == 9 { Action::Create } else { Action::Replace };
            if action == Action::Replace {
                fs::write(scratch.path().join(path.as_path()), "old").unwrap();
            }
            let (new, old) = (identity(&carrier), identity(&path));
            steps.push(Step { action, path, carrier: Some(carrier), new, old });
        }
        (scratch, project, steps)
    }

    fn is_applied(project: &Project, step: &Step) -> bool {
        let there = project.dir.stat(&step.path).unwrap().as_ref().map(Identity::of);
        let carried = project.dir.stat(step.carrier.as_ref().unwrap()).unwrap().as_ref().map(Identity::of);
        assert!((there, carried) == (step.new, step.old) || carried == step.new, "{step:?}");
        there == step.new
    }

    #[test]
    fn all_steps_are_applied_whoever_looks() {
        for n in [0, 1, 2, 3, 200] {
            let (_scratch, project, steps) = planned(n);
            apply_all(&project, &steps).unwrap();
            assert!(steps.iter().all(|step| is_applied(&project, step)), "{n}");
        }
    }

    #[test]
    fn a_file_that_was_saved_since_ends_it_at_its_step_and_stays_where_it_is() {
        for changed in [0, 1, 98, 99, 100, 199] {
            for side in [At::Path, At::Carrier] {
                let (scratch, project, steps) = planned(200);
                let step = &steps[changed];
                if side == At::Path && step.action == Action::Create {
                    continue;
                }
                let file = if side == At::Path { &step.path } else { step.carrier.as_ref().unwrap() };
                fs::write(scratch.path().join(file.as_path()), "saved meanwhile").unwrap();
                let error = apply_all(&project, &steps).unwrap_err();
                assert!(error.message.starts_with(&format!("{}: ", step.path)), "{error}");
                // What comes is looked at before anything moves; what goes, when it has come out.
                let n_applied = if side == At::Path { changed } else { 0 };
                assert!(steps[..n_applied].iter().all(|step| is_applied(&project, step)));
                let others = steps[n_applied..].iter().filter(|other| *other != step);
                assert!(!others.into_iter().any(|step| is_applied(&project, step)));
                assert_eq!(fs::read(scratch.path().join(file.as_path())).unwrap(), b"saved meanwhile");
            }
        }
    }

    #[test]
    fn a_file_that_was_saved_after_the_look_goes_back_to_its_place() {
        let (scratch, project, steps) = planned(1);
        let (step, mut hands) = (&steps[0], Hands::new(&project));
        hands.look(step).unwrap();
        for save in ["saved meanwhile", "another"] {
            // As editors do: in place, and by a new file that takes the name.
            if save == "another" {
                fs::write(scratch.path().join("beside"), save).unwrap();
                fs::rename(scratch.path().join("beside"), scratch.path().join(step.path.as_path())).unwrap();
            } else {
                fs::write(scratch.path().join(step.path.as_path()), save).unwrap();
            }
            assert_eq!(hands.apply_seen(step).unwrap_err().kind, Kind::Conflict);
            assert_eq!(fs::read_to_string(scratch.path().join(step.path.as_path())).unwrap(), save);
            assert!(!is_applied(&project, step));
        }
    }

    #[test]
    fn what_stands_in_the_place_of_a_file_by_now_stays_there() {
        for by_now in ["nothing", "a directory", "a link", "a file above it"] {
            let (scratch, project, steps) = planned(1);
            let path = scratch.path().join(steps[0].path.as_path());
            fs::remove_file(&path).unwrap();
            match by_now {
                "a directory" => {
                    fs::create_dir(&path).unwrap();
                    fs::write(path.join("below"), "kept").unwrap();
                }
                "a link" => std::os::unix::fs::symlink("elsewhere", &path).unwrap(),
                "a file above it" => {
                    fs::remove_dir(path.parent().unwrap()).unwrap();
                    fs::write(path.parent().unwrap(), "kept").unwrap();
                }
                _ => {}
            }
            let error = apply_all(&project, &steps).unwrap_err();
            assert_eq!(error.kind, Kind::Conflict, "{by_now}: {error}");
            match by_now {
                "a directory" => assert_eq!(fs::read(path.join("below")).unwrap(), b"kept"),
                "a link" => assert_eq!(fs::read_link(&path).unwrap().to_str(), Some("elsewhere")),
                "a file above it" => assert_eq!(fs::read(path.parent().unwrap()).unwrap(), b"kept"),
                _ => assert!(!path.exists()),
            }
            let carrier = steps[0].carrier.as_ref().unwrap();
            assert_eq!(fs::read(scratch.path().join(carrier.as_path())).unwrap(), b"new");
        }
    }

    #[test]
    fn what_somebody_saved_goes_back_also_after_a_kill_right_behind_the_exchange() {
        for since in [Since::Now, Since::Interrupted] {
            let (scratch, project, steps) = planned(1);
            let (step, mut hands) = (&steps[0], Hands::new(&project));
            let path = scratch.path().join(step.path.as_path());
            fs::write(scratch.path().join("beside"), "saved meanwhile").unwrap();
            fs::rename(scratch.path().join("beside"), &path).unwrap();
            hands.exchange(step).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
            hands.take_back(step, since).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"saved meanwhile");
            // Taken back once more, as by a second recovery, it stays so.
            hands.take_back(step, since).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"saved meanwhile");
        }
    }
}
