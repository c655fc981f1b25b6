//! The write-ahead record of a landing: `.redraft/commits/<id>/`.
//!
//! `journal.jsonl` is the intent: a head, one line for each step, and a last line that says how many there are, so a
//! torn one is known for what it is. It becomes `commit.jsonl` when all is done, and is the history's entry from then
//! on. `sealed` appears when every step is durably applied. `.redraft/unfinished` names the landing at work: one look
//! tells a hook, or the next command, whether there is one.

use std::io::{BufRead, BufReader, Read};

use serde::{Deserialize, Serialize};

use super::away::{self, Away};
use super::line;
use super::plan::Step;
use crate::error::{Error, Result};
use crate::fs::{Onto, Pieces, absent_as_none, parallel};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::report::{Counts, Lines};
use crate::store::record::SCHEMA;

/// Where pre-images are that do not come to lie with a session's own files, in the commit's directory.
pub(super) const OLD: &str = "old";

const MAX_BYTES: u64 = 1024 * 1024 * 1024;
const MAX_HEAD: u64 = 64 * 1024;

/// About as long as a line is, in bytes.
const ABOUT: usize = 400;

/// So many lines are made before they are written: what is in the cache is not fetched again.
const AT_ONCE: usize = 320;

/// What kind of landing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// A session's changes come to the project.
    Commit,
    /// A landed commit is taken back.
    Undo,
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The store's version.
    pub schema: u32,
    /// The landing's id, which is also its directory's name.
    pub id: String,
    /// What kind of landing.
    pub work: Work,
    /// The session it came from.
    pub session: String,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// Nothing stays in the session: it ends with this landing.
    pub whole: bool,
    /// The landing that this one takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    /// What landed, for the history; lines only where there were few enough files to count them.
    #[serde(default)]
    pub counts: Counts,
    /// Lines added and removed.
    #[serde(default)]
    pub lines: Option<Lines>,
    /// Bytes of the pre-images.
    #[serde(default)]
    pub bytes: u64,
}

/// The record of one landing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// What it is.
    pub head: Head,
    /// What leaves the session's place before the first step.
    pub away: Vec<Away>,
    /// In the order they are applied.
    pub steps: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
struct Tail {
    #[serde(default)]
    away: usize,
    steps: usize,
}

impl Journal {
    /// Gives the directory of a landing.
    pub fn dir(project: &Project, id: &str) -> RelPath {
        project.private_dir(&format!("commits/{id}"))
    }

    fn file(project: &Project, id: &str, name: &str) -> RelPath {
        project.private_dir(&format!("commits/{id}/{name}"))
    }

    fn marker(project: &Project) -> RelPath {
        project.private_dir("unfinished")
    }

    /// Makes a directory under an id nobody used: the time, counted where that is taken.
    pub fn new_id(project: &Project, stamp: &str) -> Result<String> {
        project.dir.make_dirs(&project.private_dir("commits"))?;
        for attempt in 1..10_000 {
            let id = if attempt == 1 { stamp.to_string() } else { format!("{stamp}-{attempt}") };
            if project.dir.make_dir(&Self::dir(project, &id))? {
                return Ok(id);
            }
        }
        Err(Error::refused(format!("no free id in {}", project.private_dir("commits"))))
    }

    /// Records the intent. It is on the platter after the file system's next sync, which the caller orders.
    pub fn begin(&self, project: &Project) -> Result<()> {
        let id = &self.head.id;
        project.dir.write_atomic(&Self::marker(project), id.as_bytes(), false)?;
        for part in [OLD, away::NEW] {
            let dir = Self::file(project, id, part);
            if self.moves_into(&dir) {
                project.dir.make_dirs(&dir)?;
            }
        }
        if self.head.work == Work::Undo && !self.away.is_empty() {
            project.dir.make_dirs(&Self::file(project, id, away::SESSION))?;
        }
        let file = Self::file(project, id, "journal.jsonl");
        project.dir.write_atomic_in_pieces(&file, &|pieces| self.write(pieces))
    }

    /// Tells whether something comes to a directory, be it for as long as the landing takes. Most landings need neither of theirs,
    /// and to make one takes a tenth of what a small landing does.
    fn moves_into(&self, dir: &RelPath) -> bool {
        let carried = self.steps.iter().filter_map(|step| step.carrier.as_ref());
        carried.chain(self.away.iter().map(|away| &away.to)).any(|path| path.is_within(dir))
    }

    /// Says that every step is applied; from here on the landing is finished, never taken back. The mark and the steps
    /// are on the platter after the file system's next sync, which the caller orders; if only the mark got there,
    /// finishing applies what is missing.
    pub fn seal(&self, project: &Project) -> Result<()> {
        project.dir.write_new(&Self::file(project, &self.head.id, "sealed"), b"", false)
    }

    /// Tells whether the landing is to be finished, not taken back.
    pub fn is_sealed(project: &Project, id: &str) -> Result<bool> {
        Ok(project.dir.stat(&Self::file(project, id, "sealed"))?.is_some())
    }

    /// Turns the journal into the history's entry; nothing is unfinished any more.
    pub fn close(project: &Project, id: &str) -> Result<()> {
        let (open, done) =
            (Self::file(project, id, "journal.jsonl"), Self::file(project, id, "commit.jsonl"));
        if project.dir.stat(&open)?.is_some() {
            project.dir.rename(&open, &project.dir, &done, Onto::Replace)?;
        }
        project.dir.remove_file(&Self::marker(project)).map(drop)
    }

    /// Forgets a landing that changed nothing.
    pub fn forget(project: &Project, id: &str) -> Result<()> {
        project.dir.remove_tree(&Self::dir(project, id))?;
        Self::unmark(project)
    }

    /// Says, durably, that something else than a landing is at work, in its own words.
    pub fn mark(project: &Project, what: &str) -> Result<()> {
        project.dir.write_atomic(&Self::marker(project), what.as_bytes(), true)
    }

    /// Says that no landing is unfinished.
    pub fn unmark(project: &Project) -> Result<()> {
        project.dir.remove_file(&Self::marker(project)).map(drop)
    }

    /// Says before the first byte is copied which files will lie beside targets on other file systems. It is on the
    /// platter when this returns: the other file systems keep no order with this one.
    pub fn announce(project: &Project, id: &str, beside: &[RelPath]) -> Result<()> {
        let list = serde_json::to_vec(beside).map_err(|e| bug(&e))?;
        project.dir.write_atomic(&Self::file(project, id, "beside.json"), &list, true)?;
        project.dir.write_atomic(&Self::marker(project), id.as_bytes(), true)
    }

    /// Gives what was announced.
    pub fn announced(project: &Project, id: &str) -> Result<Vec<RelPath>> {
        let list = project.dir.find(&Self::file(project, id, "beside.json"), MAX_BYTES)?;
        Ok(list.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// Finds the landing that a marker means. Where a power cut took the marker's own bytes, it is the newest one that
    /// is not history yet: one is at work at a time.
    pub fn meant(project: &Project, marked: &str) -> Result<Option<String>> {
        if !marked.is_empty() && project.dir.stat(&Self::dir(project, marked))?.is_some() {
            return Ok(Some(marked.to_string()));
        }
        let Some(dir) = project.dir.find_dir(&project.private_dir("commits"))? else { return Ok(None) };
        let mut open = Vec::new();
        for id in dir.names()?.iter().filter_map(|name| name.to_str()).filter(|id| is_id(id)) {
            if project.dir.stat(&Self::file(project, id, "commit.jsonl"))?.is_none() {
                open.push(id.to_string());
            }
        }
        Ok(open.into_iter().max_by_key(|id| order(id)))
    }

    /// Gives the id of the landing that is at work or was interrupted; an empty one where the marker cannot be read.
    pub fn unfinished(project: &Project) -> Result<Option<String>> {
        let Some(bytes) = project.dir.find(&Self::marker(project), 256)? else { return Ok(None) };
        let id = String::from_utf8_lossy(&bytes).trim().to_string();
        let known = is_id(&id) || id.starts_with("rollback ");
        Ok(Some(if known { id } else { String::new() }))
    }

    /// Reads the intent of an unfinished landing; `None` when it was cut off before it was whole.
    pub fn read_open(project: &Project, id: &str) -> Result<Option<Self>> {
        let bytes = project.dir.find(&Self::file(project, id, "journal.jsonl"), MAX_BYTES)?;
        Ok(bytes.as_deref().and_then(Self::parse))
    }

    /// Reads the entry of a finished landing.
    pub fn read_done(project: &Project, id: &str) -> Result<Option<Self>> {
        let bytes = project.dir.find(&Self::file(project, id, "commit.jsonl"), MAX_BYTES)?;
        Ok(bytes.as_deref().and_then(Self::parse))
    }

    /// Reads only the first line of a finished landing.
    pub fn read_head(project: &Project, id: &str) -> Result<Option<Head>> {
        let Some(file) = absent_as_none(project.dir.open_file(&Self::file(project, id, "commit.jsonl")))?
        else {
            return Ok(None);
        };
        let mut line = Vec::new();
        let read = BufReader::new(file.take(MAX_HEAD)).read_until(b'\n', &mut line);
        read.map_err(|e| Error::io("read", Self::file(project, id, "commit.jsonl").as_path(), &e))?;
        Ok(serde_json::from_slice(&line).ok().filter(|head: &Head| head.schema == SCHEMA))
    }

    /// Lists the ids of all landings, newest first, also of one that is not finished.
    pub fn ids(project: &Project) -> Result<Vec<String>> {
        let Some(dir) = project.dir.find_dir(&project.private_dir("commits"))? else { return Ok(Vec::new()) };
        let mut ids: Vec<String> =
            dir.into_names()?.into_iter().filter_map(|name| name.into_string().ok()).collect();
        ids.sort_by_cached_key(|id| std::cmp::Reverse(order(id)));
        Ok(ids)
    }

    /// Reads the heads of finished landings one after the other, newest first: who looks for one reads those before it.
    pub fn heads(project: &Project) -> Result<impl Iterator<Item = Result<Head>>> {
        let ids = Self::ids(project)?.into_iter();
        Ok(ids.filter_map(|id| Self::read_head(project, &id).transpose()))
    }

    /// Reads the heads of all finished landings, newest first.
    pub fn finished(project: &Project) -> Result<Vec<Head>> {
        Self::heads(project)?.collect()
    }

    /// Reads a journal; `None` unless it is whole.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (first, mut rest) = take_line(bytes)?;
        let head: Head = serde_json::from_slice(first).ok()?;
        let (mut away, mut steps) = (Vec::new(), Vec::with_capacity(bytes.len() / ABOUT));
        let mut whole = None;
        loop {
            // Nearly all lines are steps, and plain ones.
            if let Some((step, after)) = line::read_step(rest) {
                steps.push(step);
                rest = after;
                continue;
            }
            let Some((line, after)) = take_line(rest) else { break };
            rest = after;
            if let Ok(step) = serde_json::from_slice::<Step>(line) {
                steps.push(step);
            } else if let Ok(one) = serde_json::from_slice::<Away>(line) {
                away.push(one);
            } else {
                let tail = serde_json::from_slice::<Tail>(line).ok()?;
                whole = Some((tail.away, tail.steps));
            }
        }
        (head.schema == SCHEMA && whole == Some((away.len(), steps.len()))).then_some(Self {
            head,
            away,
            steps,
        })
    }

    fn write(&self, pieces: &mut Pieces<'_>) -> Result<()> {
        serde_json::to_writer(pieces.room()?, &self.head).map_err(|e| bug(&e))?;
        for away in &self.away {
            let room = pieces.room()?;
            room.push(b'\n');
            serde_json::to_writer(room, away).map_err(|e| bug(&e))?;
        }
        let write = |steps: &[Step], text: &mut Vec<u8>| {
            steps.iter().try_for_each(|step| {
                text.push(b'\n');
                line::push_step(text, step).map_err(|e| bug(&e))
            })
        };
        if self.steps.len() <= AT_ONCE {
            write(&self.steps, pieces.room()?)?;
        } else {
            parallel::texts(&self.steps, AT_ONCE, &write, &mut |text| pieces.add(text))?;
        }
        let room = pieces.room()?;
        room.push(b'\n');
        let tail = Tail { away: self.away.len(), steps: self.steps.len() };
        serde_json::to_writer(&mut *room, &tail).map_err(|e| bug(&e))?;
        room.push(b'\n');
        Ok(())
    }
}

/// Takes the next line that is not empty, and gives it and what stands behind it.
fn take_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = bytes.iter().position(|b| *b != b'\n')?;
    let rest = &bytes[start..];
    let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    Some((&rest[..end], rest.get(end + 1..).unwrap_or_default()))
}

fn bug(error: &serde_json::Error) -> Error {
    Error::new(crate::error::Kind::Bug, format!("cannot write the journal: {error}"))
}

/// Tells whether this can be a landing's id, which is also a directory's name.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '-')
}

/// Orders ids by time, then by the count behind it (`…-10` after `…-9`).
fn order(id: &str) -> (String, u32) {
    let mut parts = id.splitn(3, '-');
    let stamp = format!("{}-{}", parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    (stamp, parts.next().and_then(|n| n.parse().ok()).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::super::plan::{Action, Identity};
    use super::*;
    use crate::project::FoundBy;

    #[test]
    fn what_was_written_by_one_thread_or_two_is_read_as_it_was() {
        let scratch = tempfile::tempdir().unwrap();
        let project = Project::open(scratch.path().to_path_buf(), FoundBy::Option).unwrap();
        let identity = |ino| Identity { ino, dev: 1, size: ino * 7, mtime: -1, mode: 0o644, btime: None };
        let steps: Vec<Step> = (0..3_000)
            .map(|n| Step {
                action: Action::Replace,
                path: RelPath::new(format!("acts/{n}{}", "x".repeat(n % 90))).unwrap(),
                carrier: Some(RelPath::new(format!("new/{n}")).unwrap()),
                new: Some(identity(n as u64)),
                old: Some(identity(n as u64 + 1)),
            })
            .collect();
        for n in [0, 1, AT_ONCE, AT_ONCE + 1, 2 * AT_ONCE, 1_001, 3_000] {
            let id = Journal::new_id(&project, "20260101-000000").unwrap();
            let head = Head {
                schema: SCHEMA,
                id: id.clone(),
                work: Work::Commit,
                session: "s".into(),
                at: "2026-01-01T00:00:00Z".into(),
                whole: true,
                undoes: None,
                counts: Counts::default(),
                lines: None,
                bytes: 0,
            };
            let away = Away { from: steps[0].path.clone(), to: steps[1].path.clone(), ino: 7 };
            let journal = Journal { head, away: vec![away; n % 3], steps: steps[..n].to_vec() };
            journal.begin(&project).unwrap();
            assert_eq!(Journal::read_open(&project, &id).unwrap(), Some(journal), "{n}");
        }
    }
}
