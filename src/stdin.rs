//! Standard input, never without a bound and a deadline.
//!
//! Whoever starts us may leave a pipe open for ever; a hook or a status line must not hang because of it.

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::error::{Error, Kind, Result};

/// Reads all of standard input, at most `limit` bytes and no longer than `timeout`.
pub fn read(limit: usize, timeout: Duration) -> Result<Vec<u8>> {
    let end = Instant::now() + timeout;
    let stdin = std::io::stdin();
    let mut input = stdin.lock();
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        wait(end)?;
        match input.read(&mut chunk) {
            Ok(0) => return Ok(bytes),
            Ok(n) if bytes.len() + n > limit => {
                return Err(Error::usage(format!("standard input is longer than {limit} bytes")));
            }
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io("read", Path::new("standard input"), &error)),
        }
    }
}

/// Waits until something can be read (or the other end is closed).
fn wait(end: Instant) -> Result<()> {
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).unwrap_or(Timespec { tv_sec: 0, tv_nsec: 0 });
        let stdin = rustix::stdio::stdin();
        match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&timeout)) {
            Ok(0) => return Err(Error::new(Kind::Busy, "standard input was not closed in time")),
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(Error::io("wait for", Path::new("standard input"), &errno.into())),
        }
    }
}
