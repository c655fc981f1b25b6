//! notebook.jsonl: why a session does what it does, one line at a time, append-only.
//!
//! A line is about a *thing* (an objective, a task, a decision, …) with an id that never changes: `obj-1`, `task-2`.
//! The first line about a thing makes it; each later one says what is different from then on, so that a correction is a
//! line and nothing is ever rewritten. What the lines come to is told in `session::notes`.
//!
//! The notebook is not the work: a line that cannot be read is counted and left out, it never makes a session CRASHED,
//! and no hook on a tool call reads this file.

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::report::{NoteKind as Kind, NoteStatus as Status};

use super::lines::{self, Lines};
use crate::error::Result;
use crate::fs::Dir;

/// The file's name in the session directory.
pub const FILE: &str = "notebook.jsonl";

/// How much of a notebook is read by those who must answer at once; a notebook larger than this is rare.
pub const RECENT_BYTES: u64 = 4 * 1024 * 1024;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The thing it is about.
    pub id: String,
    /// What kind of thing that is.
    pub kind: Kind,
    /// How it stands from here on.
    pub status: Status,
    /// RFC 3339 UTC.
    pub at: String,
    /// Who said so.
    #[serde(default)]
    pub by: String,
    /// The first line: what it is. A later one: what is to be said about the change.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Why, for a decision.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rationale: String,
    /// What was not chosen, for a decision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<String>,
    /// The sort of task (`tdd`, `docs`), in the words of whoever made it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sort: String,
    /// What belongs to it besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// What was read of a notebook.
#[derive(Debug, Default)]
pub struct Read {
    /// The lines, in order.
    pub entries: Vec<Entry>,
    /// How many lines could not be read.
    pub unreadable: usize,
    /// There is more before them.
    pub older: bool,
}

/// The notebook of one session.
#[derive(Debug)]
pub struct Notebook<'a> {
    lines: Lines<'a>,
}

impl<'a> Notebook<'a> {
    /// Names the notebook in a session's directory.
    pub fn of(session: &'a Dir) -> Result<Self> {
        Ok(Self { lines: Lines::of(session, FILE)? })
    }

    /// Appends lines in one write, durably: they are somebody's words. The caller holds the session lock.
    pub fn append(&self, entries: &[Entry]) -> Result<()> {
        self.lines.append(entries, true)
    }

    /// Reads every line.
    pub fn read(&self) -> Result<Read> {
        let (entries, unreadable) = lines::salvage(&self.lines.bytes()?);
        Ok(Read { entries, unreadable, older: false })
    }

    /// Reads the whole lines from a byte on, as many as are in the last [`RECENT_BYTES`]; gives where they end.
    pub fn since(&self, from: u64) -> Result<(Vec<Entry>, u64)> {
        let (bytes, end) = self.lines.since(from, RECENT_BYTES)?;
        Ok((lines::salvage(&bytes).0, end))
    }

    /// Reads the last lines, as many as are in [`RECENT_BYTES`].
    pub fn recent(&self) -> Result<Read> {
        let tail = self.lines.tail(RECENT_BYTES)?;
        let cut =
            if tail.whole { 0 } else { tail.bytes.iter().position(|b| *b == b'\n').map_or(0, |at| at + 1) };
        let (entries, unreadable) = lines::salvage(&tail.bytes[cut..]);
        Ok(Read { entries, unreadable, older: !tail.whole })
    }

    /// The same of one kind that this redraft knows; the other lines are not taken apart, so that this can be asked of thousands of notebooks.
    pub fn recent_of(&self, kind: Kind) -> Result<Read> {
        let tail = self.lines.tail(RECENT_BYTES)?;
        let text = String::from_utf8_lossy(&tail.bytes);
        let word = format!("\"{}\"", kind.as_str());
        let own: String = text.split_inclusive('\n').filter(|line| line.contains(&word)).collect();
        let (mut entries, unreadable) = lines::salvage::<Entry>(own.as_bytes());
        entries.retain(|entry| entry.kind == kind);
        Ok(Read { entries, unreadable, older: !tail.whole })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, text: &str) -> Entry {
        let (kind, status) = (Kind::Note, Status::Recorded);
        let (at, by) = ("2026-01-01T00:00:00Z".into(), "alexa".into());
        let (rationale, sort) = (String::new(), String::new());
        Entry {
            id: id.into(),
            kind,
            status,
            at,
            by,
            text: text.into(),
            rationale,
            alternatives: Vec::new(),
            sort,
            data: None,
        }
    }

    #[test]
    fn one_kind_is_read_without_the_others() {
        let scratch = tempfile::tempdir().unwrap();
        let dir = Dir::open_ambient(scratch.path()).unwrap();
        let notebook = Notebook::of(&dir).unwrap();
        assert!(notebook.recent_of(Kind::Tag).unwrap().entries.is_empty());
        let kinds = || Kind::ALL.into_iter().filter(|kind| *kind != Kind::Other);
        for kind in kinds() {
            // What a line says is not its kind.
            let own = Entry { kind, ..entry(kind.as_str(), "a \"tag\" of \"note\"") };
            let named = Entry { sort: "tag".into(), ..own.clone() };
            notebook.append(&[own, named]).unwrap();
        }
        let all = notebook.recent().unwrap().entries;
        for kind in kinds() {
            let own: Vec<Entry> = all.iter().filter(|entry| entry.kind == kind).cloned().collect();
            assert_eq!(notebook.recent_of(kind).unwrap().entries, own, "{kind:?}");
            assert_eq!(own.len(), 2);
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test plays the power cut")]
    fn a_torn_tail_is_cut_at_every_byte_and_what_follows_is_kept() {
        let scratch = tempfile::tempdir().unwrap();
        let dir = Dir::open_ambient(scratch.path()).unwrap();
        Notebook::of(&dir).unwrap().append(&[entry("note-1", "a"), entry("note-2", "ж")]).unwrap();
        let whole = std::fs::read(scratch.path().join(FILE)).unwrap();
        for cut in 0..=whole.len() {
            std::fs::write(scratch.path().join(FILE), &whole[..cut]).unwrap();
            let notebook = Notebook::of(&dir).unwrap();
            let before = notebook.read().unwrap();
            notebook.append(&[entry("note-3", "new")]).unwrap();
            let after = notebook.read().unwrap();
            assert_eq!((before.unreadable, after.unreadable), (0, 0), "cut at {cut}");
            assert_eq!(after.entries.len(), before.entries.len() + 1, "cut at {cut}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test spoils a line")]
    fn what_cannot_be_read_is_counted_and_what_is_newer_is_kept_apart() {
        let scratch = tempfile::tempdir().unwrap();
        let dir = Dir::open_ambient(scratch.path()).unwrap();
        let good = serde_json::to_string(&entry("note-1", "a")).unwrap();
        let newer = good.replace("\"note\"", "\"vision\"").replace("recorded", "imagined");
        std::fs::write(scratch.path().join(FILE), format!("{good}\nrubbish\n{newer}\n{{\"id\"")).unwrap();
        let read = Notebook::of(&dir).unwrap().read().unwrap();
        assert_eq!((read.entries.len(), read.unreadable), (2, 1));
        assert_eq!((read.entries[1].kind, read.entries[1].status), (Kind::Other, Status::Other));
    }
}
