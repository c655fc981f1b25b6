//! Standard input, never without a bound and a deadline.
//!
//! Whoever starts us may leave a pipe open for ever; a hook or a status line must not hang because of it.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::error::{Error, Kind, Result};

/// Room for the first read: an ordinary event and the end after it fit, and what a hook remembers next lies on the same pages.
const FIRST: usize = 2 * 1024;

/// Room for each read after it.
const CHUNK: usize = 16 * 1024;

/// What could be read.
#[derive(Debug)]
pub struct Taken {
    /// The first bytes, up to the limit.
    pub bytes: Vec<u8>,
    /// There was more than the limit.
    pub over: bool,
    /// The other end was closed before the deadline.
    pub ended: bool,
}

/// Reads all of standard input, at most `limit` bytes and no longer than `timeout`.
pub fn read(limit: usize, timeout: Duration) -> Result<Vec<u8>> {
    let taken = take(limit, timeout)?;
    if taken.over {
        return Err(Error::usage(format!("standard input is longer than {limit} bytes")));
    }
    if taken.ended {
        return Ok(taken.bytes);
    }
    Err(Error::new(Kind::Busy, "standard input was not closed in time"))
}

/// Reads what comes until the end or the deadline. What is over the limit is read, too, and dropped: a writer whose
/// pipe breaks may take that for an answer.
pub fn take(limit: usize, timeout: Duration) -> Result<Taken> {
    let mut deadline = Deadline { timeout, looks: 0, at: None };
    let stdin = rustix::stdio::stdin();
    let mut taken = Taken { bytes: Vec::new(), over: false, ended: false };
    while deadline.wait()? {
        if taken.bytes.len() == taken.bytes.capacity() {
            taken.bytes.reserve(if taken.bytes.is_empty() { FIRST } else { CHUNK });
        }
        match rustix::io::read(stdin, rustix::buffer::spare_capacity(&mut taken.bytes)) {
            Ok(0) => {
                taken.ended = true;
                break;
            }
            Ok(_) if taken.bytes.len() > limit => {
                taken.over = true;
                taken.bytes.truncate(limit);
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(Error::io("read", Path::new("standard input"), &errno.into())),
        }
    }
    Ok(taken)
}

/// When to stop waiting.
///
/// Reading the clock for the first time costs a hook three pages, and what a client sends is there whole when its hook
/// looks: the first looks do not wait and do not ask, and only then the time runs.
struct Deadline {
    timeout: Duration,
    looks: u8,
    at: Option<Instant>,
}

/// An event, its end, and one to spare.
const LOOKS: u8 = 3;

impl Deadline {
    /// Waits until something can be read (or the other end is closed); false when the deadline passes first.
    fn wait(&mut self) -> Result<bool> {
        if self.looks < LOOKS {
            self.looks += 1;
            if is_ready(Duration::ZERO)? == Some(true) {
                return Ok(true);
            }
            self.looks = LOOKS;
        }
        let at = *self.at.get_or_insert_with(|| Instant::now() + self.timeout);
        loop {
            if let Some(ready) = is_ready(at.saturating_duration_since(Instant::now()))? {
                return Ok(ready);
            }
        }
    }
}

/// Tells whether something can be read within this time; `None` when a signal came between.
fn is_ready(within: Duration) -> Result<Option<bool>> {
    let timeout = Timespec::try_from(within).unwrap_or(Timespec { tv_sec: 0, tv_nsec: 0 });
    let stdin = rustix::stdio::stdin();
    match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&timeout)) {
        Ok(n) => Ok(Some(n > 0)),
        Err(rustix::io::Errno::INTR) => Ok(None),
        Err(errno) => Err(Error::io("wait for", Path::new("standard input"), &errno.into())),
    }
}
