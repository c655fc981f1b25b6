//! Measures redraft beside what a person would have instead; `benches/run` starts it and says how.
//!
//! Every comparison is made in turns within one run (`timing`), because absolute times drift; what repeats exactly is
//! counted (`count`). A section that fails is noted and the rest goes on. All that is written lies in directories that go away
//! at the end (`place`).

#![expect(
    clippy::disallowed_methods,
    reason = "a measurement writes its own books and reads its own environment"
)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to the person who runs it")]
#![expect(clippy::format_push_string, reason = "what is written here is not what is measured")]

mod book;
mod commands;
mod count;
mod hooks;
mod landing;
mod order;
mod place;
mod search;
mod table;
mod timing;
mod tools;
mod view;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use table::Results;
use timing::{Done, Limit};
use tools::Tools;

/// How long ext4 remembers a freed inode (see `book::put_away`), and a little more.
const FORGETS: Duration = Duration::from_secs(65);

/// One run.
pub(crate) struct Bench<'a> {
    /// What is measured.
    pub(crate) tools: &'a Tools,
    /// Small sizes, few rounds.
    pub(crate) quick: bool,
    /// What was found out.
    pub(crate) results: Results,
    /// Where the books of this section go.
    home: PathBuf,
}

impl Bench<'_> {
    /// Gives a directory for a section's files.
    pub(crate) fn dir(&self, name: &str) -> Done<PathBuf> {
        let dir = self.home.join(name);
        fs::create_dir_all(&dir)?;
        Ok(dir)
    }

    /// Limits a comparison: rounds in a quick run, rounds and seconds in a whole one.
    pub(crate) fn limit(&self, quick: usize, rounds: usize, seconds: u64) -> Limit {
        if self.quick { Limit { rounds: quick, seconds: 3 } } else { Limit { rounds, seconds } }
    }

    /// How many files the projects have.
    pub(crate) fn sizes(&self) -> &'static [usize] {
        if self.quick { &[10, 1_000] } else { &[10, 10_000, 100_000] }
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        [] => measure(false, &SECTIONS, "RESULTS"),
        ["--quick"] => measure(true, &SECTIONS, "RESULTS"),
        ["--hooks"] => measure(false, &[HOOKS], "RESULTS-hooks"),
        ["--hooks", "--quick"] => measure(true, &[HOOKS], "RESULTS-hooks"),
        ["--commands"] => measure(false, &[COMMANDS], "RESULTS-commands"),
        ["--commands", "--quick"] => measure(true, &[COMMANDS], "RESULTS-commands"),
        ["--landing"] => measure(false, &[LANDING], "RESULTS-landing"),
        ["--landing", "--quick"] => measure(true, &[LANDING], "RESULTS-landing"),
        ["--sessions"] => measure(false, &[SESSIONS], "RESULTS-sessions"),
        ["--sessions", "--quick"] => measure(true, &[SESSIONS], "RESULTS-sessions"),
        ["--count"] => count::guard(false),
        ["--record"] => count::guard(true),
        ["--order"] => order::write(),
        _ => {
            Err("benches/run [--quick | --hooks | --commands | --landing | --sessions | --count | --record | --order]".into())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("benches/run: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A part of a run.
type Section = (&'static str, fn(&mut Bench<'_>) -> Done);

/// The part that sends events to hooks.
const HOOKS: Section = ("hooks", hooks::measure);

/// The part that lands sessions.
const LANDING: Section = ("landing", landing::measure);

/// The part that asks very many sessions.
const SESSIONS: Section = ("sessions", search::measure);

/// The part that begins, ends and looks at sessions.
const COMMANDS: Section = ("commands", commands::measure);

/// The parts that flush nothing while they are measured: their books lie on a disk of their own, so large, in bytes. Those of the hooks
/// are four trees of a hundred thousand files, those of the commands a dozen; on a larger disk than it needs, a file takes longer to make.
const ON_OWN_DISK: [(&str, u64); 2] = [(HOOKS.0, 4 << 30), (COMMANDS.0, 8 << 30)];

/// How large a part's own disk is, if it has one.
fn own_disk_of(part: &str) -> Option<u64> {
    ON_OWN_DISK.iter().find(|(name, _)| *name == part).map(|(_, bytes)| *bytes)
}

const SECTIONS: [Section; 6] =
    [HOOKS, ("counts", count::measure), ("view", view::measure), COMMANDS, LANDING, SESSIONS];

fn measure(quick: bool, sections: &[Section], page: &str) -> Done {
    let begin = Instant::now();
    let mut machine = tools::machine();
    let built = tempfile::Builder::new().prefix("compare-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let tools = Tools::build(built.path(), false)?;
    if !quick && sections.iter().any(|(name, _)| own_disk_of(name).is_none()) {
        println!("── Waiting for the file system to forget what was removed before");
        rustix::fs::sync();
        std::thread::sleep(FORGETS);
    }
    let other = place::on_the_disk_of_the_build()?;
    machine.push(other.said.clone());
    let mut bench = Bench { tools: &tools, quick, results: Results::default(), home: PathBuf::new() };
    for (name, section) in sections {
        // What one section wrote is neither flushed nor looked through while the next one is measured.
        place::forget_inodes();
        let own = own_disk_of(name).map(place::own_disk);
        machine.extend(own.as_ref().map(|own| match own {
            Ok(own) => format!("the books of {name} {}", own.said),
            Err(error) => format!("the books of {name} have no disk of their own: {error}"),
        }));
        let place = own.as_ref().and_then(|own| own.as_ref().ok()).unwrap_or(&other);
        bench.home.clone_from(&place.path);
        if let Err(error) = section(&mut bench) {
            bench.results.section(&format!("{name}: stopped"), &format!("This part stopped: {error}"));
        }
    }
    let rows: Vec<Vec<String>> =
        tools.absent().iter().map(|(name, how)| vec![(*name).to_string(), (*how).to_string()]).collect();
    bench.results.section("Absent on this machine", "What was not there to be compared, and how to get it.");
    bench.results.table("", &["program", "from"], &rows);
    let took = begin.elapsed().as_secs();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let whole = !quick && sections.len() == SECTIONS.len();
    let path = match quick {
        _ if whole => root.join("benches/RESULTS.md"),
        true => root.join(format!("target/{page}-quick.md")),
        false => root.join(format!("target/{page}.md")),
    };
    fs::write(&path, bench.results.page(&head(&machine, quick, took)))?;
    println!("{}", path.strip_prefix(root).unwrap_or(&path).display());
    Ok(())
}

fn head(machine: &[String], quick: bool, took: u64) -> String {
    let mut text = "# Results\n\n".to_string();
    text.push_str(&format!(
        "Written by `benches/run{}` in {took} seconds, one run for all of it. In every table the rows were run in \
         turns; medians are what to compare, and only within a table.\n\n",
        if quick { " --quick" } else { "" }
    ));
    for line in machine.iter().filter(|line| !line.is_empty()) {
        text.push_str(&format!("* {line}\n"));
    }
    text
}
