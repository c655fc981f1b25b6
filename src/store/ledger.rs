//! cow-files.jsonl: what the session touched, one line at a time, append-only.
//!
//! A line is `{"path","op","at","base"}`. `base` is the project's file as it was when the session first touched it;
//! `null` says nothing about the base, so a file that was deleted and written again keeps the base of its deletion.
//! `dropped` forgets a path. Lines are appended with the session lock held, in one write; a torn last line is what a
//! power cut leaves and is cut, never an error. A bad line anywhere else means the file cannot be trusted.

mod line;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lines::{self, Lines, Written};
use crate::error::{Error, Kind, Result};
use crate::fs::Dir;
use crate::fs::copy::Hash;
use crate::relpath::RelPath;

/// The file's name in the session directory.
pub const FILE: &str = "cow-files.jsonl";

/// How far back [`Ledger::last_base`] looks.
const TAIL_BYTES: u64 = 4 * 1024 * 1024;

/// From this size on a ledger [is large](Ledger::is_large).
const LARGE_BYTES: u64 = 256 * 1024;

/// What a line says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// A project file was brought into the layer.
    Modified,
    /// A path the project did not have was made.
    Created,
    /// A path was deleted in the session.
    Deleted,
    /// The session no longer says anything about the path.
    Dropped,
}

/// The project's file as it was when the session first touched it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// BLAKE3 of the content (of the target, for a link), hexadecimal.
    #[serde(with = "hash_text")]
    pub hash: Hash,
    /// Bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// Modification time, nanoseconds since the epoch: tells an untouched file without reading it.
    #[serde(default)]
    pub mtime: i64,
    /// Change time, likewise: unlike the other it cannot be set back.
    #[serde(default)]
    pub ctime: i64,
    /// It was a symbolic link.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub symlink: bool,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which path.
    pub path: RelPath,
    /// What happened.
    pub op: Op,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// The base, where this line knows it.
    pub base: Option<Base>,
}

/// What the whole ledger says: for each path that was not dropped, its base and the last operation.
#[derive(Debug, Default)]
pub struct Known {
    /// By path.
    pub paths: BTreeMap<RelPath, Fact>,
}

/// What is known of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The last operation.
    pub op: Op,
    /// The base; `None` when the project had nothing there.
    pub base: Option<Base>,
}

impl Fact {
    /// Takes one more line of the path into account.
    fn take(&mut self, op: Op, base: Option<Base>) {
        self.op = op;
        if base.is_some() {
            self.base = base;
        }
    }

    /// Takes one more line into account, of which one that drops the path leaves nothing.
    fn follow(&mut self, next: &mut Fact) {
        let base = next.base.take();
        if next.op == Op::Dropped || self.op == Op::Dropped {
            *self = Fact { op: next.op, base };
        } else {
            self.take(next.op, base);
        }
    }
}

/// The ledger of one session.
#[derive(Debug)]
pub struct Ledger<'a> {
    lines: Lines<'a>,
}

impl<'a> Ledger<'a> {
    /// Names the ledger in a session's directory.
    pub fn of(session: &'a Dir) -> Result<Self> {
        Ok(Self { lines: Lines::of(session, FILE)? })
    }

    /// Appends lines in one write. The caller holds the session lock.
    pub fn append(&self, entries: &[Entry]) -> Result<()> {
        self.lines.append(entries, false)
    }

    /// Writes a line down, to append it [later](Self::append_written).
    pub fn written(&self, entry: Entry) -> Result<Written<Entry>> {
        self.lines.written(&[entry])
    }

    /// Appends what is written down. The caller holds the session lock.
    pub fn append_written(&self, lines: Written<Entry>) -> Result<()> {
        self.lines.append_written(lines, false)
    }

    /// Reads everything.
    pub fn read(&self) -> Result<Known> {
        // What a line says of a path has to do with that path's lines only. In the order of the paths, the map is made in one
        // go, and lines that were written in that order are not compared with all the others.
        let quick = |line: line::Line<'_>| (line.path, Fact { op: line.op, base: line.base });
        let slow = |line: &[u8]| {
            let Entry { path, op, at: _, base } = serde_json::from_slice(line)?;
            Ok((path, Fact { op, base }))
        };
        let read = self.lines.read_by(|rest| line::read(rest).map(|(line, rest)| (quick(line), rest)), slow);
        let read = read.map_err(Error::untrusted)?;
        let mut facts = read.map_err(|bad| self.unreadable(bad))?;
        facts.sort_by(|a, b| a.0.cmp(&b.0));
        facts.dedup_by(|(path, next), (last, fact)| {
            let is_same = path == last;
            if is_same {
                fact.follow(next);
            }
            is_same
        });
        facts.retain(|(_, fact)| fact.op != Op::Dropped);
        Ok(Known { paths: facts.into_iter().collect() })
    }

    /// Tells whether reading it takes so long that something else can be done meanwhile: a thousand lines and more.
    pub fn is_large(&self) -> Result<bool> {
        Ok(self.lines.size()? >= LARGE_BYTES)
    }

    /// Reads every line in order.
    pub fn entries(&self) -> Result<Vec<Entry>> {
        parse(&self.lines.bytes().map_err(Error::untrusted)?).map_err(|bad| self.unreadable(bad))
    }

    fn unreadable(&self, (line, problem): (usize, String)) -> Error {
        Error::corrupt(format!("{} line {line} cannot be read: {problem}", self.lines.shown()))
    }

    /// Reads the lines that can be read, and counts the others; nothing where the file cannot be read at all.
    pub fn salvage(&self) -> Result<Option<(Vec<Entry>, usize)>> {
        match self.lines.bytes().map_err(Error::untrusted) {
            Err(error) if error.kind == Kind::Corrupt => Ok(None),
            read => Ok(Some(lines::salvage(&read?))),
        }
    }

    /// Finds the last base recorded for a path in the last 4 MiB, without reading the rest.
    pub fn last_base(&self, path: &RelPath) -> Result<Option<Base>> {
        let tail = self.lines.tail(TAIL_BYTES)?.bytes;
        Ok(lines::recent(&tail)
            .find(|entry: &Entry| entry.path == *path && (entry.base.is_some() || entry.op == Op::Dropped))
            .and_then(|e| e.base))
    }

    /// Finds when a line was last written, without reading more than the end.
    pub fn last_time(&self) -> Result<Option<String>> {
        let tail = self.lines.tail(64 * 1024)?.bytes;
        Ok(lines::recent::<Entry>(&tail).next().map(|entry| entry.at))
    }

    /// Lists the paths touched most recently, newest first, each once, from the last 64 KiB.
    pub fn recent_paths(&self, limit: usize) -> Result<Vec<RelPath>> {
        let tail = self.lines.tail(64 * 1024)?.bytes;
        let mut paths: Vec<RelPath> = Vec::new();
        for entry in lines::recent::<Entry>(&tail) {
            if paths.len() < limit && entry.op != Op::Dropped && !paths.contains(&entry.path) {
                paths.push(entry.path);
            }
        }
        Ok(paths)
    }
}

impl Known {
    /// Takes one more line into account.
    pub fn take(&mut self, entry: Entry) {
        if entry.op == Op::Dropped {
            self.paths.remove(&entry.path);
            return;
        }
        self.paths.entry(entry.path).or_insert(Fact { op: entry.op, base: None }).take(entry.op, entry.base);
    }

    /// Gives the base of a path.
    pub fn base(&self, path: &RelPath) -> Option<&Base> {
        self.paths.get(path)?.base.as_ref()
    }
}

/// Reads lines; the last one may be torn. Fails with the number of a bad line and what is wrong with it.
pub fn parse(bytes: &[u8]) -> Result<Vec<Entry>, (usize, String)> {
    let quick = |line: line::Line<'_>| {
        let line::Line { path, op, at, base } = line;
        Entry { path, op, at: at.to_string(), base }
    };
    lines::parse_by(
        bytes,
        |rest| line::read(rest).map(|(line, rest)| (quick(line), rest)),
        |line| serde_json::from_slice(line),
    )
}

/// A hash in JSON: hexadecimal.
pub(crate) mod hash_text {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::fs::copy::Hash;

    pub(crate) fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hash.to_hex())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(deserializer)?;
        Hash::parse(&text).ok_or_else(|| serde::de::Error::custom("\"hash\" is not 64 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, op: Op, base: Option<&str>) -> Entry {
        let base = base.map(|content| Base {
            hash: Hash::of(content.as_bytes()),
            size: content.len() as u64,
            mode: 0o644,
            mtime: 7,
            ctime: 7,
            symlink: false,
        });
        Entry { path: RelPath::new(path).unwrap(), op, at: "2026-01-01T00:00:00Z".into(), base }
    }

    fn session() -> (tempfile::TempDir, Dir) {
        let scratch = tempfile::tempdir().unwrap();
        let dir = Dir::open_ambient(scratch.path()).unwrap();
        (scratch, dir)
    }

    #[test]
    fn a_null_base_keeps_the_one_before_and_dropped_forgets() {
        let (_scratch, dir) = session();
        let ledger = Ledger::of(&dir).unwrap();
        ledger.append(&[entry("a", Op::Modified, Some("one")), entry("a", Op::Deleted, None)]).unwrap();
        ledger
            .append(&[
                entry("b", Op::Created, None),
                entry("c", Op::Modified, Some("x")),
                entry("c", Op::Dropped, None),
            ])
            .unwrap();
        let known = ledger.read().unwrap();
        assert_eq!(known.base(&RelPath::new("a").unwrap()).unwrap().hash, Hash::of(b"one"));
        assert_eq!(known.paths[&RelPath::new("b").unwrap()], Fact { op: Op::Created, base: None });
        assert!(!known.paths.contains_key(&RelPath::new("c").unwrap()));
        assert_eq!(ledger.last_base(&RelPath::new("a").unwrap()).unwrap().unwrap().hash, Hash::of(b"one"));
        assert_eq!(ledger.last_base(&RelPath::new("c").unwrap()).unwrap(), None);
        let recent: Vec<String> = ledger.recent_paths(9).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(recent, ["c", "b", "a"]);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test plays the power cut")]
    fn a_torn_tail_is_cut_at_every_byte_and_what_follows_is_kept() {
        let whole = {
            let (scratch, dir) = session();
            Ledger::of(&dir)
                .unwrap()
                .append(&[entry("a", Op::Created, None), entry("b", Op::Modified, Some("x"))])
                .unwrap();
            std::fs::read(scratch.path().join(FILE)).unwrap()
        };
        for cut in 0..=whole.len() {
            let (scratch, dir) = session();
            std::fs::write(scratch.path().join(FILE), &whole[..cut]).unwrap();
            let ledger = Ledger::of(&dir).unwrap();
            let before = ledger.read().unwrap().paths.len();
            ledger.append(&[entry("new", Op::Created, None)]).unwrap();
            assert_eq!(ledger.read().unwrap().paths.len(), before + 1, "cut at {cut}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test writes what nobody would")]
    fn a_ledger_of_many_pieces_is_read_as_one() {
        let (scratch, dir) = session();
        let ledger = Ledger::of(&dir).unwrap();
        // Names of every length, so that pieces end anywhere in a line; one is longer than a piece, by an odd time.
        let mut entries: Vec<Entry> = (0..6_000)
            .map(|n| entry(&format!("{n}/{}", "x".repeat(n % 97)), Op::Modified, (n % 3 > 0).then_some("x")))
            .collect();
        entries[2_500].at = "\"".repeat(400_000);
        entries.extend((0..6_000).step_by(7).map(|n| entries[n].clone()).collect::<Vec<_>>());
        entries.extend(
            (0..6_000)
                .step_by(11)
                .map(|n| Entry { op: Op::Dropped, ..entries[n].clone() })
                .collect::<Vec<_>>(),
        );
        entries.extend(
            (0..6_000)
                .step_by(22)
                .map(|n| Entry { op: Op::Created, ..entries[n].clone() })
                .collect::<Vec<_>>(),
        );
        ledger.append(&entries).unwrap();
        let mut expected = Known::default();
        entries.iter().cloned().for_each(|entry| expected.take(entry));
        assert_eq!(ledger.read().unwrap().paths, expected.paths);
        let whole = std::fs::read(scratch.path().join(FILE)).unwrap();
        for (bad, torn) in [("rubbish\n", false), ("{\"path\":\"a\",\"op\":\"cre", true), ("\n\n", true)] {
            std::fs::write(scratch.path().join(FILE), [&whole, bad.as_bytes()].concat()).unwrap();
            let read = ledger.read();
            assert_eq!(read.is_ok(), torn, "{bad}");
            if let Err(error) = read {
                assert!(error.message.contains(&format!(" line {} ", entries.len() + 1)), "{error}");
            }
        }
    }

    #[test]
    fn a_bad_line_inside_is_an_error_with_its_number() {
        let good = serde_json::to_string(&entry("a", Op::Created, None)).unwrap();
        assert_eq!(parse(format!("{good}\nrubbish\n{good}\n").as_bytes()).unwrap_err().0, 2);
        assert_eq!(parse(format!("{good}\n{{\"path\":\"../x\"}}\n").as_bytes()).unwrap_err().0, 2);
    }
}
