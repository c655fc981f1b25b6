//! Files of JSON lines that only grow: the mechanics that ledger and notebook share.
//!
//! Lines are appended in one write by whoever holds the session's lock. A torn last line is what a power cut leaves: it
//! is cut by the next append and is no error for a reader. What a line means is its owner's affair.

use std::fs::File;
use std::io::Read as _;
use std::marker::PhantomData;
use std::os::unix::fs::FileExt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::fs::{Dir, FileKind, absent_as_none, stat_file};
use crate::relpath::RelPath;

/// More than any session writes; a larger file is not ours.
const MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// How far back an append looks for the start of a torn line.
const MAX_TORN: u64 = 4 * 1024 * 1024;

/// So many bytes are read at once.
const PIECE: usize = 256 * 1024;

/// About as long as a line is, in bytes: so much room is made for what a file says.
const ABOUT: usize = 200;

/// The end of a file, and whether that is all of it.
#[derive(Debug)]
pub struct Tail {
    /// The bytes; the first line may be cut.
    pub bytes: Vec<u8>,
    /// Nothing stands before them.
    pub whole: bool,
}

/// Lines as they are in the file.
#[derive(Debug)]
pub struct Written<T> {
    text: Vec<u8>,
    of: PhantomData<T>,
}

/// One such file.
#[derive(Debug)]
pub struct Lines<'a> {
    dir: &'a Dir,
    file: RelPath,
}

impl<'a> Lines<'a> {
    /// Names a file in a directory.
    pub fn of(dir: &'a Dir, file: &str) -> Result<Self> {
        Ok(Self { dir, file: RelPath::new(file)? })
    }

    /// Appends lines in one write; with `durable`, they are on the platter when this returns.
    pub fn append<T: Serialize + DeserializeOwned>(&self, lines: &[T], durable: bool) -> Result<()> {
        self.append_written(self.written(lines)?, durable)
    }

    /// Writes lines down, to append them [later](Self::append_written): whoever holds a lock for that holds it for less.
    pub fn written<T: Serialize>(&self, lines: &[T]) -> Result<Written<T>> {
        let mut text = Vec::with_capacity(lines.len() * 256);
        for line in lines {
            serde_json::to_writer(&mut text, line)
                .map_err(|e| Error::corrupt(format!("cannot write {}: {e}", self.shown())))?;
            text.push(b'\n');
        }
        Ok(Written { text, of: PhantomData })
    }

    /// Appends lines that are written down.
    pub fn append_written<T: DeserializeOwned>(&self, mut lines: Written<T>, durable: bool) -> Result<()> {
        let mut file = self.dir.open_append(&self.file)?;
        self.mend_tail::<T>(&file, &mut lines.text)?;
        self.dir.append(&mut file, &self.file, &lines.text)?;
        if durable { self.dir.sync_file(&file, &self.file) } else { Ok(()) }
    }

    /// Reads all of it; nothing when it is not there.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        Ok(self.dir.find(&self.file, MAX_BYTES)?.unwrap_or_default())
    }

    /// Reads all of it by [`parse_by`]'s rules, a piece at a time: not all of it is in memory at once.
    pub fn read_by<T>(
        &self,
        quick: impl Fn(&[u8]) -> Option<(T, &[u8])>,
        slow: impl Fn(&[u8]) -> serde_json::Result<T>,
    ) -> Result<Result<Vec<T>, (usize, String)>> {
        let Some((file, stat)) = absent_as_none(self.dir.open_file_and_look(&self.file))? else {
            return Ok(Ok(Vec::new()));
        };
        if stat.size > MAX_BYTES {
            let shown = self.shown();
            return Err(Error::refused(format!("{shown} is larger than {MAX_BYTES} bytes")));
        }
        let size = usize::try_from(stat.size).unwrap_or(usize::MAX);
        let mut reading = Reading { entries: Vec::with_capacity(size / ABOUT), number: 0 };
        let (mut piece, mut room) = (Vec::new(), PIECE.min(size));
        // What is appended meanwhile is not read.
        let mut left = file.take(stat.size);
        loop {
            let before = piece.len();
            let read = (&mut left).take((room - before) as u64).read_to_end(&mut piece);
            read.map_err(|e| Error::io("read", &self.dir.full(&self.file), &e))?;
            let is_last = piece.len() == before || left.limit() == 0;
            let whole = piece.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            let end = if is_last { piece.len() } else { whole };
            if let Err(bad) = reading.take(&piece[..end], &quick, &slow) {
                return Ok(Err(bad));
            }
            if is_last {
                return Ok(Ok(reading.entries));
            }
            piece.drain(..end);
            // A line that is longer than that.
            room = PIECE.max(piece.len() * 2);
        }
    }

    /// Gives how many bytes there are.
    pub fn size(&self) -> Result<u64> {
        Ok(self.dir.stat(&self.file)?.map_or(0, |stat| stat.size))
    }

    /// Reads the last `limit` bytes; nothing when it is not there.
    pub fn tail(&self, limit: u64) -> Result<Tail> {
        let Ok(file) = self.dir.open_file(&self.file) else {
            return Ok(Tail { bytes: Vec::new(), whole: true });
        };
        let size = stat_file(&file, self.file.as_path())?.size;
        Ok(Tail { bytes: self.read_end(&file, size, limit)?, whole: size <= limit })
    }

    /// Reads the whole lines from a byte on, the last `limit` bytes of them at most; gives where they end.
    pub fn since(&self, from: u64, limit: u64) -> Result<(Vec<u8>, u64)> {
        let Ok(file) = self.dir.open_file(&self.file) else { return Ok((Vec::new(), 0)) };
        let size = stat_file(&file, &self.dir.full(&self.file))?.size;
        let mut bytes = self.read_end(&file, size, size.saturating_sub(from).min(limit))?;
        let torn = bytes.iter().rev().take_while(|b| **b != b'\n').count();
        bytes.truncate(bytes.len() - torn);
        Ok((bytes, size - torn as u64))
    }

    /// Gives the file's path for a message.
    pub fn shown(&self) -> String {
        self.dir.full(&self.file).display().to_string()
    }

    /// Cuts a torn last line, or ends a whole one that only lacks its line break.
    fn mend_tail<T: DeserializeOwned>(&self, file: &File, text: &mut Vec<u8>) -> Result<()> {
        let seen = stat_file(file, &self.dir.full(&self.file))?;
        if seen.kind != FileKind::File {
            return Err(Error::refused(format!("{} is not a regular file", self.shown())));
        }
        let size = seen.size;
        if size == 0 || self.read_end(file, size, 1)? == b"\n" {
            return Ok(());
        }
        let tail = self.read_end(file, size, MAX_TORN)?;
        let start = tail.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        if serde_json::from_slice::<T>(&tail[start..]).is_ok() {
            text.insert(0, b'\n');
            return Ok(());
        }
        self.dir.truncate(file, &self.file, size - (tail.len() - start) as u64)
    }

    fn read_end(&self, file: &File, size: u64, limit: u64) -> Result<Vec<u8>> {
        let length = size.min(limit);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        file.read_exact_at(&mut bytes, size - length)
            .map_err(|e| Error::io("read", &self.dir.full(&self.file), &e))?;
        Ok(bytes)
    }
}

/// Reads lines; the last one may be torn. Fails with the number of a bad line and what is wrong with it.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, (usize, String)> {
    parse_by(bytes, |_| None, |line| serde_json::from_slice(line))
}

/// The same where most lines can be read in a quicker way than by serde: `quick` reads the line that the bytes begin with and
/// gives what stands behind it, or nothing, and then `slow` judges the line.
pub fn parse_by<T>(
    bytes: &[u8],
    quick: impl Fn(&[u8]) -> Option<(T, &[u8])>,
    slow: impl Fn(&[u8]) -> serde_json::Result<T>,
) -> Result<Vec<T>, (usize, String)> {
    let mut reading = Reading { entries: Vec::with_capacity(bytes.len() / ABOUT), number: 0 };
    reading.take(bytes, &quick, &slow)?;
    Ok(reading.entries)
}

/// What has been read of a file's lines.
struct Reading<T> {
    entries: Vec<T>,
    /// Of the last line.
    number: usize,
}

impl<T> Reading<T> {
    /// Reads lines; a last one without a line break may be torn.
    fn take(
        &mut self,
        bytes: &[u8],
        quick: &impl Fn(&[u8]) -> Option<(T, &[u8])>,
        slow: &impl Fn(&[u8]) -> serde_json::Result<T>,
    ) -> Result<(), (usize, String)> {
        let whole = bytes.ends_with(b"\n");
        let mut rest = bytes;
        while !rest.is_empty() {
            self.number += 1;
            if let Some((entry, after)) = quick(rest) {
                self.entries.push(entry);
                rest = after;
                continue;
            }
            let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            let (line, after) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
            rest = after;
            if line.is_empty() {
                continue;
            }
            match slow(line) {
                Ok(entry) => self.entries.push(entry),
                Err(_) if after.is_empty() && !whole => {}
                Err(error) => return Err((self.number, error.to_string())),
            }
        }
        Ok(())
    }
}

/// Reads the lines that can be read, and counts the others; a torn last one is neither.
pub fn salvage<T: DeserializeOwned>(bytes: &[u8]) -> (Vec<T>, usize) {
    let (mut entries, mut lost) = (Vec::new(), 0);
    let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    for line in bytes[..end].split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        match serde_json::from_slice(line) {
            Ok(entry) => entries.push(entry),
            Err(_) => lost += 1,
        }
    }
    entries.extend(serde_json::from_slice(&bytes[end..]));
    (entries, lost)
}

/// Reads the lines of a tail from the last to the first, leaving out what cannot be read (its first line may be cut).
pub fn recent<T: DeserializeOwned>(tail: &[u8]) -> impl Iterator<Item = T> {
    tail.rsplit(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
        .filter_map(|line| serde_json::from_slice(line).ok())
}
