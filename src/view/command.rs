//! One command in a session's view, from the directory for its writes to the fold; and the process that a command leaves
//! behind to look after its children.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::namespace::Prepared;
use super::shape::Shape;
use super::shell::{Ended, Say, become_shell, not_isolated, shell_command};
use super::upper::View;
use super::{fold, fold_left_behind};
use crate::env::Env;
use crate::error::{Error, Kind, Result};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::layer::Layer;
use crate::session::lifecycle::Caller;
use crate::session::retry;
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
    let (view, prepared) = match prepare(project, caller, layer) {
        Ok(prepared) => prepared,
        Err(error) => return Ended::NotRun(error),
    };
    let held = Held::hold();
    let child = match start(caller.env, &view, prepared, held, command) {
        Ok(child) => child,
        Err(error) => {
            held.release();
            let _ = view.remove(project);
            say(&not_isolated(layer, &format!("its view could not be made ({error})")));
            return become_shell(caller.env, command);
        }
    };
    let status = match held.wait(child.id()) {
        Ok(status) => status,
        Err(error) => return Ended::NotRun(Error::io("wait for", "the command".as_ref(), &error)),
    };
    let folded = if sys::has_children() {
        // They go on in the view, and so does what they write.
        leave_keeper(project, caller.env, &view)
    } else {
        fold_and_remove(project, caller, view, say)
    };
    match (folded, sys::end_like(status)) {
        (Ok(()), code) => Ended::Code(code),
        (Err(error), code) => Ended::NotFolded { code, error },
    }
}

fn prepare(project: &Project, caller: &Caller<'_>, layer: &Layer<'_>) -> Result<(View, Prepared)> {
    let shape = Shape::of(project, layer)?;
    let view = View::create(project, layer, &shape)?;
    shape.lay_out(layer, &view)?;
    let session = project.session(&layer.name);
    let mut scratch = Vec::new();
    for name in ["artifacts", retry::DIR] {
        let own = RelPath::new(name)?;
        if layer.dir.stat(&own)?.is_some_and(|stat| stat.is_dir()) {
            project.dir.make_dir(&view.links()?.join(name)?)?;
            scratch.push(layer.full(&own));
        }
    }
    let prepared = Prepared {
        root: project.root.clone(),
        overlays: shape.overlays(project, &view)?,
        past: shape.past.iter().map(|path| project.dir.full(path)).collect(),
        links: (view.links()?.as_path().to_path_buf(), project.dir.full(&session)),
        scratch,
        note: project.dir.full(&view.note()?),
        cwd: caller.env.cwd.clone(),
        ids: (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw()),
    };
    Ok((view, prepared))
}

fn start(env: &Env, view: &View, prepared: Prepared, held: Held, command: &OsStr) -> std::io::Result<Child> {
    // Orphans of the command become children of this process, which is how it knows of them.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let mut shell = shell_command(env, command);
    shell.env("REDRAFT_VIEW", view.id());
    sys::spawn_prepared(&mut shell, move || {
        held.release();
        prepared.enter()
    })
}

fn fold_and_remove(project: &Project, caller: &Caller<'_>, view: View, say: Say<'_>) -> Result<()> {
    let folded = fold::fold(project, caller, &view)?;
    for (path, kept) in &folded.clashes {
        say(&format!(
            "redraft: {path} was changed by somebody else while this command ran; the session has this command's version, the other is kept at {}",
            kept.display()
        ));
    }
    if let Some(name) = &folded.moved_to {
        say(&format!(
            "redraft: session '{}' ended while this command ran; what it wrote is in session '{name}': redraft switch {name}",
            view.session
        ));
    }
    view.remove(project)
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
            Some(view) if !view.is_inhabited(&project)? => {
                fold::fold(&project, &caller, &view)?;
                return view.remove(&project);
            }
            None if !View::exists(&project, id)? => return Ok(()),
            _ => std::thread::sleep(pause),
        }
        pause = (pause * 2).min(PAUSES.1);
    }
}
