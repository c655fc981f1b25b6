//! `PreToolUse` and `PostToolUse`: a call on a tracked file goes to the session's copy.
//!
//! The facts are gathered here, in the order in which they are cheap, and [`policy`] says what they come to. Nothing
//! here writes a project file; whatever cannot be done is an error, which `mod` turns into a refusal.

use std::path::Path;

use super::answer::Answer;
use super::brief;
use super::event::{Event, Kind, PathArgument, Tool};
use super::place::{Here, Target, is_isolated};
use super::policy::{self, Plan, Seen, Spot, Why};
use crate::env::Env;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::landing;
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::layer::{self, Layer, Place};
use crate::session::lifecycle::{self, Caller};
use crate::store::record::SessionRecord;
use crate::store::windows::Window;

/// How many entries of the layer a search's context looks at.
const MAX_LOOKED_AT: usize = 256;

/// How many links of a session are followed one after another.
const MAX_LINKS: usize = 8;

/// The active session as an event finds it.
#[derive(Debug)]
pub struct Active<'a> {
    /// Its layer.
    pub layer: Layer<'a>,
    /// Who asks.
    pub caller: Caller<'a>,
}

impl<'a> Active<'a> {
    /// Opens this caller's session; `None` when none is active.
    pub fn find(project: &'a Project, caller: Caller<'a>) -> Result<Option<Self>> {
        match lifecycle::whose(project, &caller)? {
            Some(own) => Self::open(project, caller, &own),
            None => Ok(None),
        }
    }

    /// Opens a session that was active a moment ago; `None` when it has ended since.
    ///
    /// While a session lands it is not in its place. Whoever finds it gone waits for that, and asks again whose turn it is.
    pub fn open(project: &'a Project, caller: Caller<'a>, own: &SessionName) -> Result<Option<Self>> {
        let gone_now = match Layer::open(project, own) {
            Ok(layer) => return Ok(Some(Self { layer, caller })),
            Err(error) if error.kind == ErrorKind::NotFound => error,
            Err(error) => return Err(error),
        };
        landing::wait_for_unfinished(project, caller.waiter("hook"))?;
        let Some(own) = lifecycle::whose(project, &caller)? else { return Ok(None) };
        match Layer::open(project, &own) {
            Ok(layer) => Ok(Some(Self { layer, caller })),
            Err(error) if error.kind == ErrorKind::NotFound => Err(gone(&own, &gone_now)),
            Err(error) => Err(error),
        }
    }

    /// Checks what a write relies on.
    fn check(&self) -> Result<()> {
        let own = &self.layer.name;
        landing::wait_for_unfinished(self.layer.project, self.caller.waiter("hook"))?;
        SessionRecord::check(&self.layer.dir, own).map_err(|error| lifecycle::crashed(own, error))
    }

    /// Gives the memory of the calling window; `None` when the event does not name it.
    pub fn window(&self) -> Result<Option<Window<'a>>> {
        self.caller.window.map(|id| Window::of(self.layer.project, id)).transpose()
    }

    /// Tells whether the client runs in a view, where the session is what the project's own paths show.
    pub fn is_in_view(&self) -> bool {
        self.caller.env.inside.as_deref().is_some_and(crate::view::is_program)
    }

    /// Gives the path at which the client reads and writes a file of the session.
    pub fn path_of(&self, path: &RelPath) -> std::path::PathBuf {
        if self.is_in_view() { self.layer.project.dir.full(path) } else { self.layer.full(path) }
    }

    /// Tells whether this agent's model must have read what it writes.
    fn reads_first(&self, event: &Event<'_>) -> Result<bool> {
        match self.window()? {
            Some(window) => window.reads_first(event.agent_id.as_deref()),
            None => Ok(false),
        }
    }

    /// Tells whether this window has most likely not been told about a path yet, and takes it that it is now.
    fn first_mention(&self, path: &RelPath) -> Result<bool> {
        self.window()?.map_or(Ok(true), |window| window.first_mention(path))
    }

    /// Brings a path into the layer.
    pub fn prepare(&self, path: &RelPath) -> Result<()> {
        self.prepare_at(path, self.layer.resolve(path)?)
    }

    /// The same for a path that was resolved just now.
    fn prepare_at(&self, path: &RelPath, place: Place) -> Result<()> {
        let at = || self.caller.env.timestamp();
        self.layer.prepare_write_of(path, place, self.caller.waiter("hook"), &at).map(drop)
    }

    /// Copies a file up because it is read; that it cannot be done is no reason not to read it.
    fn copy_for_read(&self, path: &RelPath) -> Result<()> {
        self.check().and_then(|()| self.prepare(path))
    }

    /// Looks where the session has a path.
    pub fn seen(&self, path: &RelPath) -> Result<Seen> {
        self.layer.resolve(path).map(|place| seen_at(&place))
    }
}

fn seen_at(place: &Place) -> Seen {
    match place {
        Place::Session(stat) if stat.is_file() => Seen::Session,
        Place::Session(stat) if stat.kind == crate::fs::FileKind::Symlink => Seen::Link,
        Place::Session(_) => Seen::Other,
        Place::Deleted => Seen::Deleted,
        Place::Project(_) => Seen::Project,
        Place::Nowhere => Seen::Nowhere,
    }
}

/// A session that is active but not there: says how to get it back.
fn gone(own: &SessionName, error: &Error) -> Error {
    Error::corrupt(format!("session '{own}' is active, but its directory is gone"))
        .detail(error.details.first().cloned().unwrap_or_default())
        .hint(format!("bring it back from the trash: redraft restore {own}"))
        .hint("or work in another: redraft list → redraft switch <name>")
}

/// Answers `PreToolUse`.
pub fn before(event: &Event<'_>, env: &Env) -> Result<Answer> {
    let tool = event.tool();
    if tool == Tool::Other {
        return Ok(Answer::Silence);
    }
    let project = Project::discover(env, None)?;
    let caller = Caller { env, option: None, window: event.session_id.as_deref() };
    let own = lifecycle::whose(&project, &caller);
    let here = Here { project: &project, cwd: &env.cwd, home: env.home.as_deref() };
    if tool.searches() {
        let Some(own) = own? else { return Ok(Answer::Silence) };
        let active = Active::open(&project, caller, &own)?;
        return active.map_or(Ok(Answer::Silence), |active| search(event, &here, &active));
    }
    let Some(argument) = path_argument(event, tool)? else { return Ok(Answer::Silence) };
    let target = match (&own, here.by_text(&argument.path)) {
        // Nothing is isolated, so a Read need not know what the disk says of its path.
        (Ok(None), Some(path)) if !tool.mutates() => super::place::classify(&project, path),
        _ => here.locate(&argument.path, tool.mutates())?,
    };
    match policy::unasked(tool, &target) {
        Some(Plan::Deny(why)) => return Ok(Answer::Deny(refusal(why, None, &target)?)),
        Some(_) => return Ok(Answer::Silence),
        None => {}
    }
    let Some(own) = own? else { return Ok(Answer::Silence) };
    let active = Active::open(&project, caller, &own)?;
    active.map_or(Ok(Answer::Silence), |active| answer(event, &argument, &target, &active))
}

fn path_argument<'a>(event: &Event<'a>, tool: Tool) -> Result<Option<PathArgument<'a>>> {
    let found =
        event.tool_input.map(|input| PathArgument::find(input, tool.path_key())).transpose()?.flatten();
    if found.is_none() && tool.mutates() {
        return Err(Error::usage(format!("this hook event names no {}", tool.path_key()))
            .hint("check the installation: redraft doctor"));
    }
    Ok(found)
}

/// Answers a call on a path that may concern the active session.
fn answer(
    event: &Event<'_>,
    argument: &PathArgument<'_>,
    target: &Target,
    active: &Active<'_>,
) -> Result<Answer> {
    let (tool, project, own) = (event.tool(), active.layer.project, &active.layer.name);
    if tool.mutates() {
        active.check()?;
    }
    let path = target.clone().project_path(own);
    let isolated = path.as_ref().is_some_and(|path| is_isolated(project, path));
    let spot = policy::spot(target, own.as_str(), isolated);
    let (Spot::Project | Spot::Session, Some(path)) = (spot, path) else {
        return match policy::decide(tool, spot, Seen::Nowhere, false) {
            Plan::Deny(why) => Ok(Answer::Deny(refusal(why, Some(active), target)?)),
            _ => Ok(Answer::Silence),
        };
    };
    let in_session = active.layer.resolve_in_session(&path)?;
    let reads_first = tool == Tool::Read
        && in_session.is_none()
        && (spot == Spot::Session && is_notebook(&path) || active.reads_first(event)?);
    let place = match in_session {
        Some(place) => place,
        // It passes, whether or not the project has the file.
        None if tool == Tool::Read && spot == Spot::Project && !reads_first => return Ok(Answer::Silence),
        None => active.layer.resolve_in_project(&path)?,
    };
    let seen = seen_at(&place);
    let plan = policy::decide(tool, spot, seen, reads_first);
    carry_out(plan, argument, (&path, place), target, active)
}

/// Tells whether every model must have read this very file before it edits it.
fn is_notebook(path: &RelPath) -> bool {
    path.as_path().extension().is_some_and(|extension| extension == "ipynb")
}

/// Does what the plan says.
fn carry_out(
    plan: Plan,
    argument: &PathArgument<'_>,
    (path, place): (&RelPath, Place),
    target: &Target,
    active: &Active<'_>,
) -> Result<Answer> {
    let (layer, own) = (&active.layer, &active.layer.name);
    let copy = layer.full(path);
    let to_copy = |context: Option<String>| -> Result<Answer> {
        Ok(Answer::Rewrite { input: argument.replaced(brief::as_text(&copy)?), context })
    };
    let to_original = |context: Option<String>| -> Result<Answer> {
        let original = layer.project.dir.full(path);
        Ok(Answer::Rewrite { input: argument.replaced(brief::as_text(&original)?), context })
    };
    let read_here = || Ok(Some(brief::read_here(own, brief::as_text(&copy)?)));
    match plan {
        Plan::Pass => Ok(Answer::Silence),
        Plan::Deny(why) => Ok(Answer::Deny(refusal(why, Some(active), target)?)),
        Plan::ReadSession { redirect } => match active.refresh(path) {
            Ok(()) if redirect => to_copy(read_here()?),
            Ok(()) => Ok(Answer::Silence),
            Err(error) if redirect => Err(error),
            Err(error) => Ok(Answer::Context(Kind::PreToolUse, brief::warned(&error))),
        },
        Plan::CopyThenRead { redirect } => match active.copy_for_read(path) {
            Ok(()) if redirect => to_copy(read_here()?),
            Ok(()) => Ok(Answer::Silence),
            Err(error) if redirect => Err(error),
            Err(error) => to_original(Some(brief::warned(&error))),
        },
        // The client looks for a file before it asks about an Edit, so what was read at this path has to be there.
        Plan::ReadProject => to_original(active.copy_for_read(path).err().map(|e| brief::warned(&e))),
        Plan::ReadLink => read_link(argument, path, active),
        Plan::Write { redirect } => {
            brief::as_text(&copy)?;
            active.prepare_at(path, place)?;
            if !redirect {
                return Ok(Answer::Silence);
            }
            let context = active.first_mention(path)?.then(|| brief::as_text(&copy)).transpose()?;
            to_copy(context.map(|copy| brief::write_here(own, path, copy)))
        }
    }
}

/// Reads what a link of the session leads to in the merged view.
fn read_link(argument: &PathArgument<'_>, path: &RelPath, active: &Active<'_>) -> Result<Answer> {
    let layer = &active.layer;
    let mut at = path.clone();
    for _ in 0..MAX_LINKS {
        let link = layer.dir.read_link(&at)?;
        let beside = layer.project.dir.full(&at);
        let beside = beside.parent().unwrap_or(Path::new("/"));
        let Ok(next) = RelPath::resolve(&layer.project.root, beside, &link) else {
            let led = beside.join(&link);
            let context = format!("redraft: {path} is a link to {} in this session.", led.display());
            return Ok(Answer::Rewrite {
                input: argument.replaced(brief::as_text(&led)?),
                context: Some(context),
            });
        };
        let full = match active.seen(&next)? {
            Seen::Link => {
                at = next;
                continue;
            }
            Seen::Session => layer.full(&next),
            _ => layer.project.dir.full(&next),
        };
        return Ok(Answer::Rewrite { input: argument.replaced(brief::as_text(&full)?), context: None });
    }
    Err(Error::refused(format!("{path} is a link to a link to a link; {MAX_LINKS} are followed")))
}

impl Active<'_> {
    /// Lets a clean copy follow the project before it is read.
    fn refresh(&self, path: &RelPath) -> Result<()> {
        let Some(copy) = self.layer.dir.stat(path)? else { return Ok(()) };
        self.layer.refresh(path, &copy, self.caller.waiter("hook"), || self.caller.env.timestamp())
    }
}

/// Finds the words of a refusal.
fn refusal(why: Why, active: Option<&Active<'_>>, target: &Target) -> Result<String> {
    let own = active.map(|active| &active.layer.name);
    let below = |path: &RelPath| active.map_or(String::new(), |a| a.layer.full(path).display().to_string());
    Ok(match target {
        Target::State(path) | Target::Kept(path) => brief::refused(why, own, &path.to_string(), ""),
        Target::LedAway { path, to } => {
            brief::refused(why, own, &path.to_string(), &to.display().to_string())
        }
        Target::Ambiguous { text, disk } => {
            brief::refused(why, own, &disk.display().to_string(), &text.display().to_string())
        }
        Target::Artifact { session } => brief::refused(why, own, session, ""),
        Target::Layer { session, .. } if why == Why::Foreign => brief::refused(why, own, session, ""),
        Target::Layer { path, .. } if why == Why::Stray => {
            let scratch = RelPath::new("artifacts")?;
            brief::refused(why, own, &path.to_string(), &format!("{}/", below(&scratch)))
        }
        Target::Tracked(path) if why == Why::Reserved => {
            return layer::check_landable(path)
                .map(|()| String::new())
                .or_else(|error| Ok(brief::failed(&error)));
        }
        Target::Layer { path, .. } | Target::Tracked(path) => {
            brief::refused(why, own, &path.to_string(), &below(path))
        }
        Target::Free => String::new(),
    })
}

/// Names the session's files where a search looks.
fn search(event: &Event<'_>, here: &Here<'_>, active: &Active<'_>) -> Result<Answer> {
    let argument = event.tool_input.map(|input| PathArgument::find(input, "path")).transpose()?.flatten();
    let typed = argument.map_or_else(|| here.cwd.to_string_lossy().into_owned(), |a| a.path.into_owned());
    let under = match here.by_text(&typed) {
        Some(path) if path.is_within(here.project.workspace()) => return Ok(Answer::Silence),
        Some(path) => Some(path),
        None if here.project.root.starts_with(here.absolute(&typed)) => None,
        None => return Ok(Answer::Silence),
    };
    let (files, complete) = active.layer.some_files(under.as_ref(), MAX_LOOKED_AT)?;
    if files.is_empty() {
        return Ok(Answer::Silence);
    }
    let text = brief::searched(&active.layer.name, active.layer.dir.path(), &files, complete);
    Ok(Answer::Context(Kind::PreToolUse, text))
}

/// Answers `PostToolUse`: remembers what was written last, and says once where it went.
pub fn after(event: &Event<'_>, env: &Env) -> Result<Answer> {
    let tool = event.tool();
    if !tool.mutates() {
        return Ok(Answer::Silence);
    }
    let project = Project::discover(env, None)?;
    let caller = Caller { env, option: None, window: event.session_id.as_deref() };
    let Some(active) = Active::find(&project, caller)? else { return Ok(Answer::Silence) };
    let Some(argument) = path_argument(event, tool)? else { return Ok(Answer::Silence) };
    let here = Here { project: &project, cwd: &env.cwd, home: env.home.as_deref() };
    let target = here.locate(&argument.path, false)?;
    let past = matches!(target, Target::Tracked(_));
    let own = &active.layer.name;
    let Some(path) = target.project_path(own).filter(|path| is_isolated(&project, path)) else {
        return Ok(Answer::Silence);
    };
    if let Some(window) = active.window()? {
        window.wrote(&path)?;
    }
    // In a view the file's own path is the session's.
    if active.is_in_view() {
        return Ok(Answer::Silence);
    }
    let copy = active.layer.full(&path);
    let copy = brief::as_text(&copy)?;
    let text = if past {
        Some(brief::written_past(own, &path, copy))
    } else {
        active.first_mention(&path)?.then(|| brief::written(own, &path, copy))
    };
    Ok(Answer::context(Kind::PostToolUse, text))
}
