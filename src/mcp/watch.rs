//! Tells whether a session changed from outside: by hooks, by another program, by a person with an editor.
//!
//! Nothing is watched unless somebody asked. Then a [`Look`] is taken now and again: names, sizes and times of the
//! session's own files and of the pointer, never contents. The pause grows with what a look costs, so that a session of
//! any size takes a small share of one processor; a tool call that changes something ends it at once.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::error::Result;
use crate::fs::tree::Step;
use crate::session::{lifecycle, retry};
use crate::verbs::Desk;

/// The shortest pause between two looks.
const PAUSE: Duration = Duration::from_millis(300);

/// The longest.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// A look may take one part in so many of the time.
const SHARE: u32 = 20;

/// With more files than this, the rest is not looked at: a change among them is seen when the ledger grows.
const MAX_FILES: usize = 100_000;

/// How a session was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Which session it is, and which retries it has.
    pub(super) list: u64,
    /// Everything in it.
    pub(super) content: u64,
}

/// Takes a look; what cannot be looked at looks like nothing.
pub(super) fn look(desk: &Desk) -> Look {
    try_look(desk).unwrap_or_default()
}

fn try_look(desk: &Desk) -> Result<Look> {
    let project = desk.project()?;
    let (mut list, mut content) = (DefaultHasher::new(), DefaultHasher::new());
    let Some(name) = lifecycle::whose(&project, &desk.caller())? else { return Ok(Look::default()) };
    name.hash(&mut list);
    name.hash(&mut content);
    let Some(dir) = project.dir.find_dir(&project.session(&name))? else { return Ok(Look::default()) };
    let mut n_files = 0;
    dir.walk(None, &mut |_, path, stat| {
        n_files += 1;
        path.hash(&mut content);
        (stat.size, stat.mtime, stat.ctime, stat.ino).hash(&mut content);
        if path.as_path().starts_with(retry::DIR) {
            path.hash(&mut list);
        }
        Ok(if n_files > MAX_FILES { Step::Over } else { Step::Into })
    })?;
    Ok(Look { list: list.finish(), content: content.finish() })
}

/// Waits until the session looks different, and gives the new look.
pub(super) async fn changed(desk: &Desk, seen: Look, nudge: &Notify) -> Look {
    let mut pause = PAUSE;
    loop {
        // A nudge comes after a tool's work, a pause ends by itself; either is a reason to look.
        let _ = tokio::time::timeout(pause, nudge.notified()).await;
        let (begun, desk) = (Instant::now(), desk.clone());
        let now = tokio::task::spawn_blocking(move || look(&desk)).await.unwrap_or(seen);
        if now != seen {
            return now;
        }
        pause = (begun.elapsed() * SHARE).clamp(PAUSE, MAX_PAUSE);
    }
}
