//! [`Report`] and [`Error`] → what a person or a program reads; the only printing in the command line.
//!
//! Text has the seeds' look (`page`), JSON is one object a line (`json`). Both are pure functions of the report and a
//! [`Style`], so the hook and the MCP server show exactly what the terminal shows. Names, descriptions and reasons from
//! outside never reach a terminal with their control characters; the text of a diff and [`Report::Plain`] do, as they
//! are the content itself. A reader that goes away (`| head`) is not an error.

mod analysis;
mod changes;
mod checkpoint;
mod diff;
mod error;
mod handover;
mod history;
mod json;
mod landing;
mod lookback;
mod notebook;
mod page;
mod places;
mod session;
mod setup;
mod summary;
mod tool;
mod voice;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod snapshots;

use std::io::{self, Write};
use std::os::fd::AsFd;

use chrono::{DateTime, Utc};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

pub use self::error::error_text;
pub use self::json::{error_json, error_value, json, value};
pub use self::tool::tool_refusal;
pub use self::voice::{
    FILE_VERBS, HANDOVER_VERBS, LOOKBACK_VERBS, NOTEBOOK_VERBS, SESSION_VERBS, Voice, phrase,
};

use crate::env::Env;
use crate::error::{Error, Result};
use crate::report::{Event, Report, SummaryFormat};
use crate::sys;

/// How to write for one reader.
#[derive(Debug, Clone)]
pub struct Style {
    /// Who reads.
    pub voice: Voice,
    /// Signs before headings.
    pub emoji: bool,
    /// Terminal colours in diffs.
    pub color: bool,
    /// What "2 hours ago" is counted from.
    pub now: DateTime<Utc>,
}

impl Style {
    /// How many columns a line may have: Claude Code breaks what hooks say at the terminal's width less ten.
    pub(crate) fn width(&self) -> usize {
        match self.voice {
            Voice::Cli => 80,
            Voice::Slash => 70,
        }
    }

    /// Takes signs and clock from the environment; without colour.
    #[must_use]
    pub fn plain(voice: Voice, env: &Env) -> Self {
        Self { voice, emoji: env.emoji, color: false, now: env.now() }
    }
}

/// Writes a report as text, ending in a line break.
#[must_use]
pub fn text(report: &Report, style: &Style) -> String {
    match report {
        Report::Started(report) => session::started(report, style),
        Report::List(report) => session::list(report, style),
        Report::Status(report) => session::status(report, style),
        Report::NoSession(report) => session::no_session(report, style),
        Report::Switched(report) => session::switched(report, style),
        Report::Preview(report) => landing::preview(report, style),
        Report::Committed(report) => landing::committed(report, style),
        Report::Cancelled(report) => landing::cancelled(report, style),
        Report::Restored(report) => landing::restored(report, style),
        Report::Archived(report) => lookback::archived(report, style),
        Report::Retried(report) => places::retried(report, style),
        Report::Resolved(resolved) => match style.voice {
            Voice::Cli => json(report) + "\n",
            Voice::Slash => places::resolved(resolved, style),
        },
        Report::Diff(report) => diff::diff(report, style),
        Report::Removed(report) => places::removed(report, style),
        Report::Moved(report) => places::moved(report, style),
        Report::Brought(report) => places::brought(report, style),
        Report::Log(report) => history::log(report, style),
        Report::Undone(report) => history::undone(report, style),
        Report::Recovered(report) => history::recovered(report, style),
        Report::Initialised(report) => setup::initialised(report, style),
        Report::Installed(report) => setup::installed(report, style),
        Report::Uninstalled(report) => setup::uninstalled(report, style),
        Report::Doctor(report) => setup::doctor(report, style),
        Report::CheckpointTaken(report) => checkpoint::taken(report, style),
        Report::Checkpoints(report) => checkpoint::list(report, style),
        Report::RolledBack(report) => checkpoint::rolled_back(report, style),
        Report::Found(report) => notebook::found(report, style),
        Report::Brief(report) => handover::brief(report, style),
        Report::Ended(report) => handover::ended(report, style),
        Report::HandedOver(report) => handover::kept(report, style),
        Report::History(report) => lookback::history(report, style),
        Report::Compared(report) => lookback::compared(report, style),
        Report::Analysis(report) => analysis::analysis(report, style),
        Report::Summary(summary) => match summary.format {
            SummaryFormat::Markdown => summary::markdown(summary),
            SummaryFormat::Json => json(report) + "\n",
            SummaryFormat::Html => summary::html(summary),
        },
        Report::Repairs(report) => setup::repairs(report, style),
        Report::Collected(report) => lookback::collected(report, style),
        Report::Noted(report) => notebook::noted(report, style),
        Report::Notes(report) => notebook::notes(report, style),
        Report::Tool(report) => tool::answer(report),
        Report::Plain(report) => report.text.clone(),
    }
}

/// What a command came to, both as a person and as a program reads it.
#[derive(Debug)]
pub struct Said {
    /// It was refused.
    pub failed: bool,
    /// What the terminal shows.
    pub text: String,
    /// What `--json` gives.
    pub json: serde_json::Value,
}

/// Writes a report or an error in both forms.
#[must_use]
pub fn said(outcome: &Result<Report>, style: &Style) -> Said {
    match outcome {
        Ok(report) => Said { failed: false, text: text(report, style), json: value(report) },
        Err(error) => Said { failed: true, text: error_text(error, style), json: error_value(error) },
    }
}

/// What is written to the standard streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a person.
    Text,
    /// For a program.
    Json,
    /// For a program that knows the seeds' JSON tool.
    Tool,
}

/// Prints a report to stdout.
pub fn print(report: &Report, format: Format, style: &Style) -> io::Result<()> {
    match format {
        Format::Text | Format::Tool => print_text(&text(report, style)),
        Format::Json => print_text(&(json(report) + "\n")),
    }
}

/// Prints an error: text to stderr, JSON to stdout, where a program looks for its answer.
pub fn print_error(error: &Error, format: Format, style: &Style) -> io::Result<()> {
    match format {
        Format::Text => write_whole(&mut io::stderr().lock(), &error_text(error, style)),
        Format::Json => print_text(&(error_json(error) + "\n")),
        Format::Tool => print_text(&tool_refusal(error)),
    }
}

/// Gives this process's standard streams, for another one that is to have them.
pub fn standard_streams() -> [std::os::fd::BorrowedFd<'static>; 3] {
    [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()]
}

/// Prints text that is already in its final form (help, completions) to stdout.
pub fn print_text(text: &str) -> io::Result<()> {
    write_whole(&mut io::stdout().lock(), text)
}

/// Prints one event as a line of JSON at once; tells whether anybody reads.
pub fn print_event(event: &Event) -> io::Result<bool> {
    let mut line = serde_json::to_string(event)?;
    line.push('\n');
    match deliver(&mut io::stdout().lock(), line.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        other => other.map(|()| true),
    }
}

/// Tells whether anybody may still read what is printed; asked by who waits long between two lines.
#[must_use]
pub fn is_read() -> bool {
    let stdout = io::stdout();
    let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
    let gone = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
    // What cannot be asked is found out by the next line.
    poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_err()
        || !polled[0].revents().intersects(gone)
}

/// Writes all of it; a pipe whose reader has gone is as good as done.
fn write_whole(to: &mut (impl Write + AsFd), text: &str) -> io::Result<()> {
    match deliver(to, text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes all of it and waits where the stream does not do so by itself.
fn deliver(to: &mut (impl Write + AsFd), mut bytes: &[u8]) -> io::Result<()> {
    loop {
        let written = if bytes.is_empty() { to.flush().map(|()| 0) } else { to.write(bytes) };
        match written {
            Ok(_) if bytes.is_empty() => return Ok(()),
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = &bytes[n..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => sys::wait_for_room(&*to)?,
            Err(error) => return Err(error),
        }
    }
}
