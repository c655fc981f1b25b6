//! The command line: the clap tree, one match, and the exit code.
//!
//! Each verb's arguments and help stand in the file of its name and become a [`Command`]; what the verb does is told
//! in `verbs`. Reports go to stdout, errors to stderr (with `--json` both to stdout); the exit code comes from
//! [`Kind::exit_code`] alone, also for a panic, which is a bug and says so.

mod archive;
mod bring;
mod cancel;
mod checkpoint;
mod commit;
mod completions;
mod diff;
mod doctor;
mod find;
mod gc;
mod handover;
mod install;
mod intent;
mod lookback;
mod mv;
mod notebook;
mod plain;
mod recover;
mod resolve;
mod restore;
mod retry;
mod rm;
mod run;
mod shell;
mod start;
mod status;
mod switch;
mod tool;
mod undo;
mod usage;
mod watch;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use clap::{Args as _, CommandFactory, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::demo;
use crate::env::Env;
use crate::error::{Error, Kind, Result};
use crate::mcp;
use crate::project::Project;
use crate::report::{CheckResult, Report};
use crate::statusline;
use crate::ui::{Format, Style, Voice, print, print_error, print_text, standard_streams};
use crate::verbs::{self, Command, Desk};
use crate::view;

/// Isolated, copy-on-write work sessions for people who write and code with Claude Code
#[derive(Debug, Parser)]
#[command(
    name = "redraft",
    version,
    max_term_width = 80,
    arg_required_else_help = true,
    subcommand_required = true,
    after_help = "\
Examples:
  redraft start work-on-chapter-01
  redraft status
  redraft commit
  redraft commit --force

Exit codes:
  0 done, 1 refused or not found, 2 usage, 3 conflict (nothing written),
  4 busy, 5 crashed or corrupt state, 70 bug"
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

/// What every verb takes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// Answer with one JSON object
    #[arg(long, global = true)]
    json: bool,
    /// Project root [default: found from here upwards]
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Session to work in [default: the active one]
    #[arg(long, global = true, value_name = "NAME")]
    session: Option<String>,
    /// Print nothing on success
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Colours in diffs
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// At a terminal, unless `NO_COLOR` is set
    Auto,
    /// Also in a pipe
    Always,
    /// Not at all
    Never,
}

/// Makes the enumeration of the verbs, and what reads one of them alone, from one table.
macro_rules! verbs {
    ($($(#[$about:meta])* $name:ident => $verb:ident $(($args:ty))?,)*) => {
        #[derive(Debug, Subcommand)]
        enum Verb {
            $($(#[$about])* #[command(name = stringify!($name))] $verb $(($args))?,)*
        }

        impl Verb {
            /// Gives the part of the command line that belongs to the verb of this name.
            fn alone(name: &str) -> Option<clap::Command> {
                // Made outside of the match: together, the verbs that are not meant would take 56 KiB of stack.
                let (name, takes): (_, fn(clap::Command) -> clap::Command) = match name {
                    $(stringify!($name) => (stringify!($name), verbs!(@takes $($args)?)),)*
                    _ => return None,
                };
                Some(takes(clap::Command::new(name)))
            }
        }
    };
    (@takes $args:ty) => { <$args as clap::Args>::augment_args };
    (@takes) => { std::convert::identity };
}

verbs! {
    start => Start(start::Args),
    list => List(find::List),
    find => Find(find::Find),
    search => Search(find::Search),
    status => Status(status::Args),
    switch => Switch(switch::Args),
    commit => Commit(commit::Args),
    cancel => Cancel(cancel::Args),
    restore => Restore(restore::Args),
    archive => Archive(archive::Archive),
    reopen => Reopen(archive::Reopen),
    /// Show what was committed when
    #[command(after_help = "Examples:\n  redraft log")]
    log => Log,
    undo => Undo(undo::Args),
    recover => Recover(recover::Args),
    history => History(lookback::History),
    compare => Compare(lookback::Compare),
    analyze => Analyze(lookback::AnalyzeArgs),
    report => Report(lookback::ReportArgs),
    gc => Gc(gc::Args),
    watch => Watch(watch::Args),
    retry => Retry(retry::Args),
    resolve => Resolve(resolve::Args),
    diff => Diff(diff::Args),
    rm => Rm(rm::Args),
    mv => Mv(mv::Args),
    run => Run(run::Args),
    bring => Bring(bring::Args),
    #[command(alias = "objectives")]
    objective => Objective(notebook::Objective),
    #[command(alias = "tasks")]
    task => Task(notebook::Task),
    #[command(alias = "blockers")]
    blocker => Blocker(notebook::Blocker),
    #[command(alias = "decisions")]
    decision => Decision(notebook::Decision),
    #[command(alias = "notes")]
    note => Note(notebook::Note),
    #[command(alias = "tags")]
    tag => Tag(notebook::Tag),
    checkpoint => Checkpoint(checkpoint::Args),
    /// List the session's checkpoints, newest first
    #[command(after_help = "Examples:\n  redraft checkpoints")]
    checkpoints => Checkpoints,
    rollback => Rollback(checkpoint::Rollback),
    brief => Brief(handover::Brief),
    resume => Resume(handover::Resume),
    end => End(handover::EndArgs),
    /// Keep what is needed to go on, for this window alone
    ///
    /// Takes a JSON object on standard input: summary, lastAction, nextSteps and
    /// requiredFiles (at most eight), and if you like handoverInstructions and
    /// userHistory. Without input it is made of the notebook. The window gets it back
    /// after a compaction or a restart.
    #[command(after_help = "Examples:\n  redraft dehydrate\n  redraft dehydrate < handover.json")]
    dehydrate => Dehydrate,
    /// Start the client anew where it is (under `run`), or say how to
    #[command(after_help = "Examples:\n  redraft restart")]
    restart => Restart,
    tool => Tool(tool::Args),
    /// Write redraft.json: which files are isolated in a session
    #[command(after_help = "Examples:\n  redraft init")]
    init => Init,
    install => Install(install::Args),
    uninstall => Uninstall(install::UninstallArgs),
    doctor => Doctor(doctor::Args),
    /// Serve the Model Context Protocol on standard input and output
    #[command(after_help = "Examples:\n  redraft mcp\n  claude mcp add redraft -- redraft mcp")]
    mcp => Mcp,
    /// Write one short line for Claude Code's status line
    #[command(after_help = "Examples:\n  redraft statusline")]
    statusline => Statusline,
    /// Show the whole life of a session on a scratch book
    #[command(after_help = "Examples:\n  redraft demo")]
    demo => Demo,
    /// Read prompts as JSON lines and say which of them are retries
    #[command(after_help = "Examples:\n  redraft intent < prompts.jsonl")]
    intent => Intent,
    completions => Completions(completions::Args),
}

/// Gives the whole command line as a tree: help pages, completions and the documentation's tests are made from it.
#[must_use]
pub fn tree() -> clap::Command {
    Cli::command()
}

/// Reads the arguments; what the verb alone cannot be read from has all that help and errors need in the whole tree.
fn read(args: &[OsString]) -> clap::error::Result<Cli> {
    match plain::read(args).or_else(|| read_alone(args)) {
        Some(cli) => Ok(cli),
        None => Cli::try_parse_from(args),
    }
}

/// Reads the arguments of the verb that comes first without putting all others together, which takes ten times as long.
fn read_alone(args: &[OsString]) -> Option<Cli> {
    let verb = Verb::alone(args.get(1)?.to_str()?)?;
    let tree = Global::augment_args(clap::Command::new("redraft")).subcommand(verb);
    let mut matches = tree.try_get_matches_from(args).ok()?;
    Cli::from_arg_matches_mut(&mut matches).ok()
}

/// Does what the arguments say and gives the process's exit code.
#[must_use]
pub fn main(env: Env, args: &[OsString]) -> u8 {
    let wants_json = args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json");
    let (format, style) = (format(wants_json), Style::plain(Voice::Cli, &env));
    let code = catch_unwind(AssertUnwindSafe(|| match args.get(1).map(|arg| arg.as_bytes()) {
        _ if shell::is_for_a_server(args.first()) => shell::serve(&env, &args[1..]),
        // What is asked for inside a view is done outside of it; a command string is the shell's alone there.
        first if first != Some(b"-c") && is_in_view(&env) => {
            let outside = view::hand_over(&env, args, standard_streams());
            outside.unwrap_or_else(|error| fail(&error, format, &style))
        }
        Some(b"-c") => shell::run(&env, &args[2..]),
        #[cfg(target_os = "linux")]
        Some(b"--keep-view") => shell::keep(&env, &args[2..]),
        _ => match read(args) {
            Ok(cli) => answer(env, cli),
            Err(error) => refuse(&error, format, &style),
        },
    }));
    code.unwrap_or_else(|_| {
        let bug = Error::new(Kind::Bug, "redraft has a bug: it stopped at the place named above");
        fail(&bug, format, &style)
    })
}

/// Tells whether this process runs in a session's view of the project it is called in.
fn is_in_view(env: &Env) -> bool {
    env.view.is_some() && Project::discover(env, None).is_ok_and(|project| view::is_inside(env, &project))
}

/// Runs the verb and prints its report or its error.
fn answer(env: Env, cli: Cli) -> u8 {
    let format = match cli.verb {
        Verb::Tool(_) if !cli.global.json => Format::Tool,
        _ => format(cli.global.json),
    };
    let color = match cli.global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => env.color && std::io::stdout().is_terminal(),
    };
    let style = Style { color, ..Style::plain(Voice::Cli, &env) };
    let desk = Desk { env, root: cli.global.root, session: cli.global.session, patience: None };
    if let Verb::Run(args) = &cli.verb {
        return run::run(&desk, args, &style).unwrap_or_else(|error| fail(&error, format, &style));
    }
    match report(&desk, cli.verb) {
        // The protocol, or the events, were the answer.
        Ok(None) => 0,
        Ok(Some(report)) => {
            let printed = if cli.global.quiet { Ok(()) } else { print(&report, format, &style) };
            match printed {
                Ok(()) => code(&report),
                Err(error) => fail(&cannot_print(&error), Format::Text, &style),
            }
        }
        Err(error) => fail(&error, format, &style),
    }
}

/// Turns a verb into its report; nothing where stdout has been used already.
fn report(desk: &Desk, verb: Verb) -> Result<Option<Report>> {
    let command: Command = match verb {
        Verb::Start(args) => args.into(),
        Verb::List(args) => args.into(),
        Verb::Find(args) => args.into(),
        Verb::Search(args) => args.into(),
        Verb::Status(args) => args.into(),
        Verb::Switch(args) => args.into(),
        Verb::Commit(args) => args.into(),
        Verb::Cancel(args) => args.into(),
        Verb::Restore(args) => args.into(),
        Verb::Archive(args) => args.into(),
        Verb::Reopen(args) => args.into(),
        Verb::Log => Command::Log,
        Verb::Undo(args) => args.into(),
        Verb::Recover(args) => args.into(),
        Verb::History(args) => args.into(),
        Verb::Compare(args) => args.into(),
        Verb::Analyze(args) => args.into(),
        Verb::Report(args) => args.into(),
        Verb::Gc(args) => args.into(),
        Verb::Retry(args) => args.into(),
        Verb::Resolve(args) => args.into(),
        Verb::Diff(args) => args.into(),
        Verb::Rm(args) => args.into(),
        Verb::Mv(args) => args.into(),
        Verb::Bring(args) => args.into(),
        Verb::Brief(args) => args.into(),
        Verb::Resume(args) => args.into(),
        Verb::End(args) => args.into(),
        Verb::Dehydrate => handover::dehydrate()?,
        Verb::Restart => Command::Restart,
        Verb::Tool(args) => tool::command(args)?,
        Verb::Checkpoint(args) => args.into(),
        Verb::Checkpoints => Command::Checkpoints,
        Verb::Rollback(args) => args.into(),
        Verb::Objective(args) => args.into(),
        Verb::Task(args) => args.into(),
        Verb::Blocker(args) => args.into(),
        Verb::Decision(args) => args.into(),
        Verb::Note(args) => args.into(),
        Verb::Tag(args) => args.into(),
        Verb::Init => Command::Init,
        Verb::Install(args) => return install::install(desk, &args).map(Some),
        Verb::Uninstall(args) => return install::uninstall(desk, &args).map(Some),
        Verb::Doctor(args) => return doctor::run(desk, &args).map(Some),
        Verb::Watch(args) => return watch::watch(desk, &args).map(|()| None),
        Verb::Mcp => return mcp::serve(desk).map(|()| None),
        Verb::Statusline => return Ok(Some(statusline::statusline(desk))),
        Verb::Demo => return demo::demo(desk, &install::program(desk)?).map(Some),
        Verb::Intent => return intent::intent().map(Some),
        // Its answer is the program's.
        Verb::Run(args) => return run::run(desk, &args, &Style::plain(Voice::Cli, &desk.env)).map(|_| None),
        Verb::Completions(args) => return Ok(Some(completions::completions(&args))),
    };
    verbs::run(desk, &command).map(Some)
}

/// Prints help and version as the answers they are, anything else as a usage error.
fn refuse(error: &clap::Error, format: Format, style: &Style) -> u8 {
    let as_text = usage::is_answer(error) || (usage::is_bare(error) && format == Format::Text);
    if !as_text {
        return fail(&usage_error(error), format, style);
    }
    match print_text(&error.render().to_string()) {
        Ok(()) if usage::is_answer(error) => 0,
        Ok(()) => Kind::Usage.exit_code(),
        Err(error) => fail(&cannot_print(&error), Format::Text, style),
    }
}

/// Rewrites a clap error with the verbs at hand.
fn usage_error(error: &clap::Error) -> Error {
    let tree = tree();
    let verbs: Vec<&str> = tree.get_subcommands().map(clap::Command::get_name).collect();
    usage::error(error, &verbs)
}

/// Prints an error and gives its exit code; if even that cannot be printed, the code is the answer.
fn fail(error: &Error, format: Format, style: &Style) -> u8 {
    let _ = print_error(error, format, style);
    error.kind.exit_code()
}

/// Gives the exit code of an answer: only a check that failed makes it other than done.
fn code(report: &Report) -> u8 {
    match report {
        Report::Doctor(doctor) if doctor.checks.iter().any(|check| check.result == CheckResult::Fail) => {
            Kind::Refused.exit_code()
        }
        _ => 0,
    }
}

fn cannot_print(error: &std::io::Error) -> Error {
    Error::io("write the answer to", Path::new("stdout"), error)
}

fn format(json: bool) -> Format {
    if json { Format::Json } else { Format::Text }
}

#[cfg(test)]
mod tests;
