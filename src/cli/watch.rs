//! `redraft watch`

use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::report::Event;
use crate::ui;
use crate::verbs::{Desk, Watch};

/// Tell what happens to sessions as it happens, one JSON object a line
///
/// The first line is WATCHING; what is there already is no event. Ends when whoever reads
/// has gone, or as the options say. references/json.md lists the events.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  redraft watch
  redraft watch --seconds 60
  redraft watch --events 1")]
pub(super) struct Args {
    /// End after so many seconds
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// End after so many events
    #[arg(long, value_name = "N")]
    events: Option<u64>,
}

/// Writes events until nobody reads them, or until there was enough.
pub(super) fn watch(desk: &Desk, args: &Args) -> Result<()> {
    let begun = Instant::now();
    let enough = args.seconds.map(Duration::from_secs);
    let (mut watch, first) = Watch::begin(desk)?;
    let mut left = args.events.unwrap_or(u64::MAX);
    if !told(&first)? {
        return Ok(());
    }
    while left > 0 && ui::is_read() {
        let rest = enough.map_or(watch.pause, |enough| enough.saturating_sub(begun.elapsed()));
        if rest.is_zero() {
            return Ok(());
        }
        std::thread::sleep(watch.pause.min(rest));
        for event in watch.look()? {
            if left == 0 || !told(&event)? {
                return Ok(());
            }
            left -= 1;
        }
    }
    Ok(())
}

/// Writes one event; tells whether anybody reads.
fn told(event: &Event) -> Result<bool> {
    ui::print_event(event).map_err(|error| Error::io("write the event to", Path::new("stdout"), &error))
}
