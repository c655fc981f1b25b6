//! The verbs: each one the story of a command, in named steps, told once for every door.
//!
//! The command line, the slash commands and the MCP tools all turn what they were given into a [`Command`] and call
//! [`run`]; none has logic of its own. Arguments are plain text here (names and paths become types on the way in, so
//! that every door refuses the same things in the same words); the answer is a [`Report`].
//!
//! Each verb, and the text that `ui` makes of its report, is a function of its own in the program, too (`inline(never)`): made one
//! with all the others, what each runs through would be scattered over a quarter of a megabyte, and every piece of 64 KiB
//! costs at its first touch.

mod archive;
mod cancel;
mod checkpoint;
mod commit;
mod describe;
mod diff;
mod edit;
mod find;
mod gates;
mod gc;
mod git_commit;
mod handover;
mod init;
mod list;
mod lookback;
mod notebook;
mod recover;
mod repair;
mod resolve;
mod restore;
mod retry;
mod search;
mod start;
mod status;
mod switch;
mod tool;
mod undo;
mod watch;

pub use self::checkpoint::Ask as Checkpoint;
pub use self::find::Filter;
pub use self::handover::End;
pub use self::lookback::{Analyze, Period};
pub use self::notebook::Ask;
pub use self::tool::OPERATIONS;
pub use self::watch::Watch;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::env::Env;
use crate::error::{Error, Result};
use crate::fs::ambient;
use crate::landing;
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::report::{DiffStyle, Paths, Report};
use crate::session::layer::Layer;
use crate::session::lifecycle::{self, Caller};
use crate::store::record::SessionRecord;
use crate::store::windows;
use crate::view;

/// What was asked for; fields are the arguments of the same name in the contract.
#[expect(missing_docs, reason = "the fields are the command line's arguments")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `start <name> [description]`
    Start(Start),
    /// `list`
    List,
    /// `status [name]`
    Status { name: Option<String> },
    /// `switch <name>`
    Switch { name: String },
    /// `commit [name] [--force …]`
    Commit(Commit),
    /// `cancel [name] [--no-backup-retries] [--purge]`
    Cancel { name: Option<String>, backup_retries: bool, purge: bool },
    /// `restore <name>`
    Restore { name: String },
    /// `archive [name]`
    Archive { name: Option<String> },
    /// `reopen <name>`
    Reopen { name: String },
    /// `retry <file> <reason> [--auto]`
    Retry { file: OsString, reason: String, auto: bool },
    /// `resolve <path>…`
    Resolve { paths: Vec<OsString> },
    /// `diff [a] [b] [paths…]`
    Diff(Diff),
    /// `rm <path>…`
    Rm { paths: Vec<std::ffi::OsString> },
    /// `mv <from> <to>`
    Mv { from: std::ffi::OsString, to: std::ffi::OsString },
    /// `bring <path>…`
    Bring { paths: Vec<std::ffi::OsString> },
    /// `undo [commit-id]`
    Undo { id: Option<String> },
    /// `log`
    Log,
    /// `recover [name]`
    Recover { name: Option<String> },
    /// `init`
    Init,
    /// `objective`, `blocker`, `decision`, `task`, `note`, `tag`
    Notebook(Ask),
    /// `checkpoint [--label …]`
    Checkpoint(Checkpoint),
    /// `checkpoints`
    Checkpoints,
    /// `rollback <id>`
    Rollback { id: String },
    /// `find [--tag …]`
    Find(Filter),
    /// `search <text>`
    Search { text: String },
    /// `history [--count N] [--metrics]`
    History { count: Option<usize>, metrics: bool },
    /// `compare <a> [b]`
    Compare { a: String, b: Option<String> },
    /// `analyze [--velocity …]`
    Analyze(Analyze),
    /// `report [--weekly|--project] [--format F]`
    Report { period: Period, format: Option<String> },
    /// `doctor --repair [--apply]`
    Repair { apply: bool },
    /// `gc [--dry-run]`
    Gc { dry_run: bool },
    /// `brief [name]`
    Brief { name: Option<String> },
    /// `resume [name]`
    Resume { name: Option<String> },
    /// `end`
    End(End),
    /// `dehydrate`, with what stood on standard input
    Dehydrate { payload: Option<String> },
    /// `restart`
    Restart,
    /// `tool <tool> <json>`
    Tool { tool: String, asked: String },
}

/// Which session to make, or for which task to find one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// Its name; the first word of the task with `auto` and `new`.
    pub name: Option<String>,
    /// What it is for.
    pub description: String,
    /// `workflow`, `review`, `tdd`, `test` or `docs`.
    pub kind: Option<String>,
    /// The first lines of its notebook.
    pub objectives: Vec<String>,
    /// The git branch to work on.
    pub branch: Option<String>,
    /// Go on in the session that the task belongs to, or make one.
    pub auto: bool,
    /// Make one for the task, named after it.
    pub new: bool,
}

/// What to land, and on which condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// This caller's session when absent.
    pub name: Option<String>,
    /// Land it; without, only preview.
    pub force: bool,
    /// Refuse unless the preview's fingerprint is still this.
    pub expect: Option<String>,
    /// Only paths that match one of these globs; all when empty.
    pub files: Vec<String>,
    /// `abort`, `merge`, `ours` or `theirs`.
    pub on_conflict: Option<String>,
    /// Globs whose conflicts are decided for the session's version.
    pub ours: Vec<String>,
    /// Globs whose conflicts are decided for the project's version.
    pub theirs: Vec<String>,
    /// Gates that it does not wait for.
    pub overrides: Vec<String>,
    /// Why not.
    pub reason: Option<String>,
}

/// What to compare, and how to show it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// Up to two sessions that are named as such: each must exist.
    pub sessions: Vec<String>,
    /// Up to two leading session names, then paths or globs; told apart by what exists.
    pub operands: Vec<std::ffi::OsString>,
    /// How to show it.
    pub style: DiffStyle,
}

/// Who asks, from where: everything a verb needs besides its arguments.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Environment and clock.
    pub env: Env,
    /// `--root`.
    pub root: Option<PathBuf>,
    /// `--session`.
    pub session: Option<String>,
    /// How long whoever asks can wait for an answer that may be given in part; as long as it takes where that is not said.
    pub patience: Option<Duration>,
}

impl Desk {
    /// Finds the project.
    pub fn project(&self) -> Result<Project> {
        Project::discover(&self.env, self.root.as_deref())
    }

    /// Gives the desk of a call that comes over a wire: at the present moment, from the window that the client has now,
    /// with paths that begin at the root.
    pub fn at_root(&self) -> Result<Self> {
        let env = self.env.at_present();
        let project = Project::discover(&env, self.root.as_deref())?;
        let window = env.window.as_deref().map(|id| windows::latest(&project, id)).transpose()?;
        let (root, named) = (project.root, self.root.is_some() || env.root.is_some());
        let env = Env { cwd: root.clone(), window, ..env };
        Ok(Self { env, root: named.then_some(root), ..self.clone() })
    }

    /// Tells the lower floors who asks.
    pub fn caller(&self) -> Caller<'_> {
        Caller { env: &self.env, option: self.session.as_deref(), window: self.env.window.as_deref() }
    }
}

/// Does what was asked, after finishing what an interrupted command left.
pub fn run(desk: &Desk, command: &Command) -> Result<Report> {
    if writes_the_project(command) && Env::is_fenced() {
        return Err(behind_a_fence());
    }
    let project = desk.project()?;
    // Where no command ever had a view, that is one look instead of three.
    let with_views = view::are_any(&project)?;
    if with_views && let Some(view) = view::of_this_process(&project)? {
        return Err(inside_a_view(&view));
    }
    let caller = desk.caller();
    let mended = landing::recover(&project, &caller)?;
    let views = if with_views {
        view::fold_left_behind(&project, &caller)?;
        view::bring_in(&project, &caller)?
    } else {
        Vec::new()
    };
    let done = carry_out(&Place { desk, project: &project, caller }, command, mended);
    // What went wrong half-way has changed something, too.
    let shown = view::show(&project, &caller, views);
    done.and_then(|report| shown.map(|()| report))
}

fn carry_out(at: &Place<'_>, command: &Command, mended: Option<String>) -> Result<Report> {
    match command {
        Command::Start(options) => start::start(at, options),
        Command::List => list::list(at),
        Command::Status { name } => status::status(at, name.as_deref()),
        Command::Switch { name } => switch::switch(at, name),
        Command::Commit(options) => commit::commit(at, options),
        Command::Cancel { name, backup_retries, purge } => {
            cancel::cancel(at, name.as_deref(), *backup_retries, *purge)
        }
        Command::Restore { name } => restore::restore(at, name),
        Command::Archive { name } => archive::archive(at, name.as_deref()),
        Command::Reopen { name } => archive::reopen(at, name),
        Command::Retry { file, reason, auto } => retry::retry(at, file, reason, *auto),
        Command::Resolve { paths } => resolve::resolve(at, paths),
        Command::Diff(options) => diff::diff(at, options),
        Command::Rm { paths } => edit::rm(at, paths),
        Command::Mv { from, to } => edit::mv(at, from, to),
        Command::Bring { paths } => edit::bring(at, paths),
        Command::Undo { id } => undo::undo(at, id.as_deref()),
        Command::Log => undo::log(at),
        Command::Recover { name } => recover::recover(at, name.as_deref(), mended),
        Command::Init => init::init(at),
        Command::Notebook(ask) => notebook::notebook(at, ask),
        Command::Checkpoint(ask) => checkpoint::checkpoint(at, ask),
        Command::Checkpoints => checkpoint::checkpoints(at),
        Command::Rollback { id } => checkpoint::rollback(at, id),
        Command::Find(filter) => find::find(at, filter),
        Command::Search { text } => search::search(at, text),
        Command::History { count, metrics } => lookback::history(at, *count, *metrics),
        Command::Compare { a, b } => lookback::compare(at, a, b.as_deref()),
        Command::Analyze(parts) => lookback::analyze(at, parts),
        Command::Report { period, format } => lookback::summary(at, *period, format.as_deref()),
        Command::Repair { apply } => repair::repair(at, *apply),
        Command::Gc { dry_run } => gc::gc(at, *dry_run),
        Command::Brief { name } => handover::brief(at, name.as_deref()),
        Command::Resume { name } => handover::resume(at, name.as_deref()),
        Command::End(options) => handover::end(at, options),
        Command::Dehydrate { payload } => handover::dehydrate(at, payload.as_deref()),
        Command::Restart => handover::restart(at),
        Command::Tool { tool, asked } => tool::tool(at, tool, asked),
    }
}

/// Says why a process that sees a session in the place of the project cannot do this: what it would land is what it sees.
fn inside_a_view(view: &OsStr) -> Error {
    let view = view.to_string_lossy();
    Error::refused("redraft was called in a session's view without knowing of it")
        .detail("such a process sees the session, not the project, so redraft is to work outside of the view")
        .hint(format!("say which view it is: REDRAFT_VIEW={view} redraft status"))
        .hint("or type it in a terminal of its own: redraft status")
}

/// Tells whether a command's work is on the project's own tracked files.
fn writes_the_project(command: &Command) -> bool {
    match command {
        Command::Commit(options) => options.force,
        Command::Undo { .. } => true,
        _ => false,
    }
}

/// Says why a command cannot land anything where tracked files cannot be written.
fn behind_a_fence() -> Error {
    Error::refused("redraft was called by a command that cannot write the project's isolated files")
        .detail("no view can be made here, so Landlock keeps commands from writing them; nothing was changed")
        .hint("type it as a command of Claude Code: /session commit --force")
        .hint("or in a terminal: redraft commit --force")
}

/// A verb's surroundings: who asks, in which project.
struct Place<'a> {
    desk: &'a Desk,
    project: &'a Project,
    caller: Caller<'a>,
}

impl Place<'_> {
    /// Turns what was typed into a path of the project; a path inside this caller's session means the project's path.
    fn path(&self, typed: &OsStr) -> Result<RelPath> {
        let path = RelPath::resolve(&self.project.root, &self.desk.env.cwd, Path::new(typed))
            .or_else(|error| self.through_links(typed).ok_or(error))?;
        let Some(name) = lifecycle::whose(self.project, &self.caller)? else { return Ok(path) };
        match path.as_path().strip_prefix(self.project.session(&name).as_path()) {
            Ok(below) if !below.as_os_str().is_empty() => RelPath::new(below),
            _ => Ok(path),
        }
    }

    /// Tries again with the links of the root and of the typed directory resolved (`/tmp` may be `/private/tmp`).
    fn through_links(&self, typed: &OsStr) -> Option<RelPath> {
        let absolute = self.desk.env.cwd.join(typed);
        let root = ambient::canonicalize(&self.project.root).ok()?;
        let parent = ambient::canonicalize(absolute.parent()?).ok()?;
        RelPath::resolve(&root, &root, &parent.join(absolute.file_name()?)).ok()
    }

    /// Opens the layer of this caller's session, whose records must be sound.
    fn own_layer(&self) -> Result<Layer<'_>> {
        let name = lifecycle::whose_or_refuse(self.project, &self.caller)?;
        let layer = Layer::open(self.project, &name)?;
        SessionRecord::check(&layer.dir, &name)
            .and_then(|()| layer.ledger()?.read().map(drop))
            .map_err(|error| lifecycle::crashed(&name, error))?;
        Ok(layer)
    }

    /// Gives a path for a person, absolute.
    fn shown(&self, path: &RelPath) -> String {
        self.project.dir.full(path).display().to_string()
    }

    /// Says where a session lies.
    fn paths(&self, name: &SessionName) -> Paths {
        let session = self.project.session(name);
        let roots = self.project.tracked().roots().unwrap_or_default();
        Paths {
            session: format!("{session}/"),
            roots: roots.iter().map(|root| format!("{session}/{root}/")).collect(),
            session_path: self.shown(&session),
        }
    }
}
