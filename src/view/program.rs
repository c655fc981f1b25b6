//! `redraft run -- PROGRAM`: a whole program in the view of a session, for as long as it likes.
//!
//! As for a single command, but the view outlives what happens to the session: whatever redraft is asked to do meanwhile,
//! inside or outside, first brings in what the program wrote and afterwards shows it what came of it ([`super::live`]). Where
//! the view cannot be made the program is not run: who asks for isolation of a whole program gets it or an error.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use super::command::{attend, prepare, start};
use super::desk::Desk;
use super::fold_left_behind;
use super::live;
use super::shape::Shape;
use super::shell::{Ended, Say};
use super::shown::Shown;
use super::upper::{Shows, View};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::fs::Dir;
use crate::landing;
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::layer::Layer;
use crate::session::lifecycle::{self, Caller};
use crate::sys::Held;

/// Where a process that could not enter its view says why, in the view's directory.
const WHY: &str = "why";

/// Where it says that it has entered.
const ENTERED: &str = "entered";

/// How it is to be started again, in the view's directory: its arguments, with a null between them.
const RESTART: &str = "restart";

/// Runs a program to its end; one that was asked to begin anew ([`restart`]) does so in a view of its own.
pub fn run(project: &Project, caller: &Caller<'_>, program: &[OsString], say: Say<'_>) -> Ended {
    let mut program = program.to_vec();
    loop {
        let (view, child, held, desk) = match begin(project, caller, &program, say) {
            Ok(begun) => begun,
            Err(error) => return Ended::NotRun(error),
        };
        let mut again = None;
        let ended = attend(project, caller, view, &child, held, desk, say, &mut |view| {
            again = asked_to_restart(project, view);
            again.is_some()
        });
        match (ended, again) {
            (Ended::Code(_), Some(arguments)) => {
                program = program.into_iter().take(1).chain(arguments).collect();
            }
            (ended, _) => return ended,
        }
    }
}

/// Asks for the program in whose view this is asked to be ended and started with other arguments; tells whether it will
/// be: only a client goes on where it was.
pub fn restart(project: &Project, env: &Env, arguments: &[String]) -> Result<bool> {
    let Some(view) = env.inside.as_deref().map(|id| View::look(project, id)).transpose()?.flatten() else {
        return Ok(false);
    };
    if !view.is_program() || !view.shows.resumable {
        return Ok(false);
    }
    let text = arguments.join("\0");
    project.dir.write_atomic(&view.dir.join(RESTART)?, text.as_bytes(), false)?;
    Ok(true)
}

/// Gives the arguments with which a program is to be started again, if it is.
pub fn asked_to_restart(project: &Project, view: &View) -> Option<Vec<OsString>> {
    let bytes = project.dir.find(&view.dir.join(RESTART).ok()?, 64 * 1024).ok()??;
    let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    Some(words.map(|word| OsString::from_vec(word.to_vec())).collect())
}

type Begun<'a> = (View, std::process::Child, Held, Desk<'a>);

fn begin<'a>(
    project: &'a Project,
    caller: &Caller<'_>,
    program: &[OsString],
    say: Say<'_>,
) -> Result<Begun<'a>> {
    let [name, arguments @ ..] = program else {
        return Err(Error::usage("run takes a program").hint("redraft run -- claude"));
    };
    if caller.env.inside.is_some() {
        return Err(Error::refused("run was called by a program that runs in a session's view already")
            .hint("it sees the session as it is: start the program itself"));
    }
    lifecycle::whose_or_refuse(project, caller)?;
    landing::wait_for_unfinished(project, caller.waiter("run"))?;
    let own = lifecycle::whose_or_refuse(project, caller)?;
    let layer = Layer::open(project, &own)?;
    if let Err(error) = fold_left_behind(project, caller) {
        say(&format!("redraft: what an earlier command wrote is not in the session yet: {}", error.message));
    }
    let fixed = caller.option.is_some() || caller.env.session.is_some();
    let resumable = Path::new(name).file_name().is_some_and(|name| name == "claude");
    let shows = Shows { fixed, window: caller.window.map(str::to_string), resumable };
    let shape = Shape::for_program(project, &layer)?;
    let view = View::create(project, &layer, &shape, Some(&shows))?;
    let prepared = prepare(project, caller, &layer, &view, &shape)?;
    let desk = Desk::open(project, &view)?;
    // What runs in the new process has to be fit for several threads, though there is one.
    let filling = Mutex::new(Filling::new(project, caller.env, &layer.name, &view)?);
    let mut command = Command::new(name);
    command.args(arguments);
    if fixed {
        command.env("REDRAFT_SESSION", own.as_str());
    }
    let held = Held::hold();
    let started = start(&mut command, &view, held, move || {
        let filling = filling.lock().map_err(|_| std::io::ErrorKind::Other)?;
        let entered = prepared.enter(&|| filling.fill());
        filling.tell(&entered);
        entered
    });
    match started {
        Ok(child) => {
            let desk = desk.for_program(child.id());
            Ok((view, child, held, desk))
        }
        Err(error) => {
            held.release();
            let why = why_not(project, &view, name, &error);
            let _ = view.remove(project);
            Err(why)
        }
    }
}

/// What the new process needs to write the session into its view; opened outside, where the project is what it is.
struct Filling {
    project: Project,
    env: Env,
    session: SessionName,
    view: OsString,
}

impl Filling {
    fn new(project: &Project, env: &Env, session: &SessionName, view: &View) -> Result<Self> {
        let project = Project::open(project.root.clone(), project.found_by)?;
        Ok(Self { project, env: env.clone(), session: session.clone(), view: view.id().to_os_string() })
    }

    fn fill(&self) -> std::io::Result<()> {
        let filled = (|| {
            let Some(view) = View::look(&self.project, &self.view)? else { return Ok(()) };
            let layer = Layer::open(&self.project, &self.session)?;
            let seen = Dir::open_ambient(&self.project.root)?;
            let caller = Caller { env: &self.env, option: None, window: None };
            let mut shown = Shown::default();
            let filled =
                live::fill(&self.project, &caller, Some(&layer), &view, &seen, &mut shown, Vec::new());
            shown.write(&self.project, &view)?;
            filled
        })();
        filled.map_err(|error: Error| std::io::Error::other(error.message))
    }

    /// Leaves word of how it went: an error's text does not reach whoever started this process.
    fn tell(&self, entered: &std::io::Result<()>) {
        let Ok(Some(view)) = View::look(&self.project, &self.view) else { return };
        let note = |name: &str| view.dir.join(name);
        let _ = match entered {
            Ok(()) => note(ENTERED).and_then(|path| self.project.dir.mark(&path).map(drop)),
            Err(error) => note(WHY)
                .and_then(|path| self.project.dir.write_atomic(&path, error.to_string().as_bytes(), false)),
        };
    }
}

/// Says why a program was not started.
fn why_not(project: &Project, view: &View, program: &OsString, error: &std::io::Error) -> Error {
    let left = |name: &str| -> Option<Vec<u8>> {
        let path: RelPath = view.dir.join(name).ok()?;
        project.dir.find(&path, 64 * 1024).ok().flatten()
    };
    if left(ENTERED).is_some() {
        let failed = Error::io("start", program.as_ref(), error);
        return if error.kind() == std::io::ErrorKind::NotFound {
            failed.hint("give a program that is on the PATH, or its path")
        } else {
            failed
        };
    }
    let why = left(WHY).map_or_else(|| error.to_string(), |why| String::from_utf8_lossy(&why).into_owned());
    Error::refused(format!("the view of session '{}' could not be made: {why}", view.session))
        .detail("it takes namespaces of one's own and overlayfs, which not every system gives")
        .hint("see what is missing: redraft doctor")
        .hint("work without a view: start claude as usual; its file tools use the session all the same")
}
