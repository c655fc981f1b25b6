//! One command in a session's view, from the directory for its writes to the fold; and the process that a command leaves
//! behind to look after its children.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::io::Errno;

use super::desk::Desk;
use super::means::Obstacle;
use super::namespace::Prepared;
use super::shape::Shape;
use super::shell::{Ended, Say, shell_command};
use super::upper::View;
use super::{fold, fold_left_behind, live, spare, without};
use crate::env::Env;
use crate::error::{Error, Kind, Result};
use crate::project::Project;
use crate::session::layer::Layer;
use crate::session::lifecycle::Caller;
use crate::sys::{self, Held};

/// How long a process that looks after a view sleeps between two looks, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// Runs a command string in the view of a session.
pub(super) fn in_view(
    project: &Project,
    caller: &Caller<'_>,
    layer: &Layer<'_>,
    command: &OsStr,
    say: Say<'_>,
) -> Ended {
    if let Err(error) = fold_left_behind(project, caller) {
        say(&format!("redraft: what an earlier command wrote is not in the session yet: {}", error.message));
    }
    let prepared = Shape::of(project, layer).and_then(|shape| {
        let view = spare::take_or_make(project, layer, &shape)?;
        let prepared = prepare(project, caller, layer, &view, &shape)?;
        Ok((Desk::open(project, &view), view, prepared))
    });
    let (desk, view, prepared) = match prepared {
        Ok((Ok(desk), view, prepared)) => (desk, view, prepared),
        // Where sockets are forbidden, so are namespaces: what forbids both is a sandbox.
        Ok((Err(error), view, _)) if error.is_errno(Errno::PERM) => {
            let _ = spare::keep_or_remove(project, view);
            let obstacle = Obstacle::of(&Errno::PERM.into());
            return without::run(project, caller, layer, command, &obstacle, say);
        }
        Ok((Err(error), ..)) | Err(error) => return Ended::NotRun(error),
    };
    let held = Held::hold();
    let mut shell = shell_command(caller.env, command);
    match start(&mut shell, &view, held, move || prepared.enter(&|| Ok(()))) {
        Ok(child) => attend(project, caller, view, &child, held, desk, say, &mut |_| false),
        Err(error) => {
            held.release();
            let _ = spare::keep_or_remove(project, view);
            without::run(project, caller, layer, command, &Obstacle::of(&error), say)
        }
    }
}

/// Furnishes a view's directory and says what has to be mounted.
pub(super) fn prepare(
    project: &Project,
    caller: &Caller<'_>,
    layer: &Layer<'_>,
    view: &View,
    shape: &Shape,
) -> Result<Prepared> {
    if !view.is_furnished {
        shape.lay_out(layer, view)?;
    }
    let session = project.session(&layer.name);
    Ok(Prepared {
        root: project.root.clone(),
        overlays: shape.overlays(project, view)?,
        past: shape.past.iter().map(|path| project.dir.full(path)).collect(),
        links: (view.links()?.as_path().to_path_buf(), project.dir.full(&session)),
        inside: (view.inside()?.as_path().to_path_buf(), project.dir.full(&project.private())),
        scratch: shape.scratch.iter().map(|path| layer.full(path)).collect(),
        note: project.dir.full(&view.namespace()?),
        cwd: caller.env.cwd.clone(),
        ids: (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw()),
    })
}

/// Starts a program that enters a view first.
pub(super) fn start(
    program: &mut Command,
    view: &View,
    held: Held,
    enter: impl Fn() -> std::io::Result<()> + Send + Sync + 'static,
) -> std::io::Result<Child> {
    // Orphans of the command become children of this process, which is how it knows of them.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    program.env("REDRAFT_VIEW", view.id());
    sys::spawn_prepared(program, move || {
        held.release();
        enter()
    })
}

/// Waits for the end of what was started in a view, does what it asks for meanwhile, and brings what it wrote into the
/// session. `again` is asked at the end whether this process has more to do: then it does not end as the child did.
#[expect(clippy::too_many_arguments, reason = "all that there is of a running command")]
pub(super) fn attend(
    project: &Project,
    caller: &Caller<'_>,
    view: View,
    child: &Child,
    held: Held,
    mut desk: Desk<'_>,
    say: Say<'_>,
    again: &mut dyn FnMut(&View) -> bool,
) -> Ended {
    let status = held.wait(child.id(), &mut desk);
    desk.close();
    let goes_on = again(&view);
    if goes_on {
        held.release();
    }
    let status = match status {
        Ok(status) => status,
        Err(error) => {
            let error = Error::io("wait for", "the command".as_ref(), &error);
            return Ended::NotFolded { code: Kind::Bug.exit_code(), error };
        }
    };
    // Not every child is the command's: one may keep a view that this process looked after before.
    let orphans = sys::has_children();
    let lives_on = orphans && view.is_inhabited().unwrap_or(true);
    let folded = if lives_on {
        // They go on in the view, and so does what they write.
        leave_keeper(project, caller.env, &view)
    } else {
        // In another namespace somebody may still have it mounted.
        let reusable = view.is_reusable && !orphans;
        let view = view.reusable(reusable);
        fold_and_remove(project, caller, view, say)
    };
    match folded {
        Ok(()) if goes_on => Ended::Code(sys::code_of(status)),
        Ok(()) => Ended::Code(sys::end_like(status)),
        // Whoever ends by a signal says nothing any more.
        Err(error) => Ended::NotFolded { code: sys::code_of(status), error },
    }
}

fn fold_and_remove(project: &Project, caller: &Caller<'_>, mut view: View, say: Say<'_>) -> Result<()> {
    let folded = fold::fold(project, caller, &mut view)?;
    folded.lines().iter().for_each(|line| say(line));
    spare::keep_or_remove(project, view)
}

/// Starts the process that waits for what the command left running.
fn leave_keeper(project: &Project, env: &Env, view: &View) -> Result<()> {
    let program = Env::program().map_err(|e| Error::io("find", "redraft".as_ref(), &e))?;
    let mut keeper = Command::new(&program);
    keeper.arg("--keep-view").arg(view.id()).env("REDRAFT_ROOT", &project.root).current_dir(&project.root);
    keeper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    keeper.process_group(0);
    if let Some(window) = &env.window {
        keeper.env("CLAUDE_CODE_SESSION_ID", window);
    }
    keeper.spawn().map(drop).map_err(|e| Error::io("start", &program, &e))
}

/// Waits until nobody works in a view and nobody else looks after it, and folds it: `redraft --keep-view ID`.
pub fn keep(env: &Env, id: &OsStr) -> Result<()> {
    let project = Project::discover(env, None)?;
    let caller = Caller { env, option: None, window: env.window.as_deref() };
    let id = PathBuf::from(OsString::from(id));
    let id = id.file_name().filter(|name| name.as_bytes() == id.as_os_str().as_bytes());
    let id = id.ok_or_else(|| Error::new(Kind::Usage, "--keep-view takes the name of a view"))?;
    let mut pause = PAUSES.0;
    loop {
        match View::take_over(&project, id)? {
            Some(mut view) if !view.is_inhabited()? => {
                let folded = fold::fold(&project, &caller, &mut view)?;
                live::leave_notices(&project, &folded)?;
                return view.remove(&project);
            }
            // What still works in it may ask for something.
            Some(view) => {
                let mut desk = Desk::open(&project, &view)?;
                while view.is_inhabited()? {
                    desk.work_for(pause);
                    pause = (pause * 2).min(PAUSES.1);
                }
                desk.close();
            }
            None if !View::exists(&project, id)? => return Ok(()),
            None => std::thread::sleep(pause),
        }
        pause = (pause * 2).min(PAUSES.1);
    }
}
