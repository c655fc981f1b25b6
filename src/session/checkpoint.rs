//! Checkpoints: a session's layer as it was, to return to.
//!
//! A checkpoint is an entry of the notebook and a list, `.checkpoints/<id>.json` in the session's directory: every file
//! of the layer with its content's hash, every whiteout, and what the ledger knew. Contents go to the blobs, once each,
//! so a checkpoint costs what changed since the one before: a file with the same times, size and inode is not read again.
//!
//! The contents are on the platter before the list is, and the list before the entry. Returning is a matter for
//! `landing::rollback`.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::changes::hash_entry;
use super::layer::{self, Layer, WHITEOUTS};
use super::lifecycle::Caller;
use super::notes::{self, Draft};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::fs::copy::{self, Hash};
use crate::fs::tree::Step;
use crate::fs::{Dir, FileKind, Stat, absent_as_none, stat_file};
use crate::relpath::RelPath;
use crate::report::{CheckpointChange, CheckpointOp, Counts, GitState};
use crate::store::blobs::Blobs;
use crate::store::ledger::{self, hash_text};
use crate::store::notebook::Kind;
use crate::store::record::SCHEMA;

/// The directory in a session.
pub const DIR: &str = ".checkpoints";

/// The largest list that is read.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// What lies at a path of the layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub enum Is {
    /// A regular file; its times and inode tell the next checkpoint that it has not changed.
    File {
        /// Of its content.
        #[serde(with = "hash_text")]
        hash: Hash,
        /// Bytes.
        size: u64,
        /// Permission bits.
        mode: u32,
        /// Modification time, nanoseconds since the epoch.
        mtime: i64,
        /// Change time, likewise.
        ctime: i64,
        /// Inode number.
        ino: u64,
    },
    /// A symbolic link.
    Symlink {
        /// Of where it points.
        #[serde(with = "hash_text")]
        hash: Hash,
    },
    /// A directory that was made on purpose and is empty.
    Directory,
    /// The session deleted what the project has here.
    Whiteout,
}

/// One path of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Which path.
    pub path: RelPath,
    /// What lay there.
    #[serde(flatten)]
    pub is: Is,
}

/// The list of one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// The store's version.
    pub schema: u32,
    /// The checkpoint's id.
    pub id: String,
    /// Everything in the layer, by path.
    pub kept: Vec<Kept>,
    /// What the ledger knew, by path.
    pub facts: Vec<ledger::Entry>,
}

/// What is to be said about a checkpoint.
#[derive(Debug, Clone, Copy, Default)]
pub struct Label<'a> {
    /// Its name.
    pub label: &'a str,
    /// Anything else.
    pub notes: &'a str,
    /// `RED`, `GREEN` or `REFACTOR`.
    pub tdd_phase: Option<&'a str>,
    /// How the git work tree stood.
    pub git: Option<&'a GitState>,
}

/// What the notebook's line about a checkpoint carries.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Data {
    /// The checkpoint before it.
    pub since: Option<String>,
    /// What changed since that one.
    pub counts: Counts,
    /// How many files it holds.
    pub files: usize,
    /// Anything said about it.
    pub notes: String,
    /// `RED`, `GREEN` or `REFACTOR`.
    pub tdd_phase: Option<String>,
    /// How the git work tree stood.
    pub git: Option<GitState>,
    /// The git commit that was made with it, in a line of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_commit: Option<String>,
}

/// A checkpoint that was taken.
#[derive(Debug)]
pub struct Taken {
    /// Its id.
    pub id: String,
    /// The one before it.
    pub since: Option<String>,
    /// What changed since that one.
    pub changes: Vec<CheckpointChange>,
    /// How many files it holds.
    pub files: usize,
}

/// Takes a checkpoint.
pub fn take(layer: &Layer<'_>, caller: &Caller<'_>, label: &Label<'_>) -> Result<Taken> {
    let _lock = layer.lock(caller.waiter("checkpoint"))?;
    take_locked(layer, caller, label)
}

/// The same, by a caller that holds the session lock.
pub fn take_locked(layer: &Layer<'_>, caller: &Caller<'_>, label: &Label<'_>) -> Result<Taken> {
    let id = notes::next_id(layer, Kind::Checkpoint)?;
    let before = latest(layer)?;
    let list = survey(layer, &id, before.as_ref())?;
    let changes = compare(before.as_ref(), &list);
    let text = serde_json::to_vec(&list)
        .map_err(|e| Error::new(ErrorKind::Bug, format!("cannot write {id}: {e}")))?;
    layer.project.dir.sync_filesystem()?;
    layer.dir.make_dirs(&RelPath::new(DIR)?)?;
    layer.dir.write_atomic(&file(&id)?, &text, true)?;
    let files =
        list.kept.iter().filter(|kept| matches!(kept.is, Is::File { .. } | Is::Symlink { .. })).count();
    let since = before.map(|list| list.id);
    let data = Data {
        since: since.clone(),
        counts: counts(&changes),
        files,
        notes: label.notes.trim().to_string(),
        tdd_phase: label.tdd_phase.map(str::to_string),
        git: label.git.cloned(),
        git_commit: None,
    };
    let data = serde_json::to_value(data).ok();
    let text = if label.label.trim().is_empty() { id.as_str() } else { label.label };
    notes::record(layer, caller, Kind::Checkpoint, &Draft { text, ..Draft::default() }, data)?;
    Ok(Taken { id, since, changes, files })
}

/// Reads the list of a checkpoint.
pub fn read(layer: &Layer<'_>, id: &str) -> Result<List> {
    let gone = |why: String| {
        Error::not_found(format!(
            "Checkpoint '{}' of session '{}' {why}",
            crate::text::visible(id),
            layer.name
        ))
        .hint("See them all: redraft checkpoints")
    };
    let is_id =
        id.strip_prefix("cp-").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if !is_id {
        return Err(gone("does not exist".into()));
    }
    let bytes = layer.dir.find(&file(id)?, MAX_BYTES)?.ok_or_else(|| gone("does not exist".into()))?;
    let list: List = serde_json::from_slice(&bytes).map_err(|e| {
        Error::corrupt(format!("{} cannot be read: {e}", layer.dir.path().join(DIR).join(id).display()))
    })?;
    if list.schema == SCHEMA { Ok(list) } else { Err(gone(format!("has schema {}", list.schema))) }
}

/// Finds the last checkpoint that can be read.
pub fn latest(layer: &Layer<'_>) -> Result<Option<List>> {
    let mut numbers: Vec<u64> =
        ids(&layer.dir)?.iter().filter_map(|id| id.strip_prefix("cp-")?.parse().ok()).collect();
    numbers.sort_unstable();
    for number in numbers.into_iter().rev() {
        match read(layer, &format!("cp-{number}")) {
            Ok(list) => return Ok(Some(list)),
            Err(error) if matches!(error.kind, ErrorKind::Corrupt | ErrorKind::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Gives the contents that a session's checkpoints refer to; a list that cannot be read stops it.
pub fn contents(session: &Dir) -> Result<Vec<Hash>> {
    let mut hashes = Vec::new();
    for id in ids(session)? {
        let bytes = session.find(&file(&id)?, MAX_BYTES)?.unwrap_or_default();
        let list: List = serde_json::from_slice(&bytes)
            .map_err(|e| Error::corrupt(format!("checkpoint {id} cannot be read: {e}")))?;
        hashes.extend(list.kept.iter().filter_map(|kept| content(&kept.is)));
        hashes.extend(list.facts.iter().filter_map(|fact| fact.base.as_ref().map(|base| base.hash)));
    }
    Ok(hashes)
}

/// Counts changes by what happened.
pub fn counts(changes: &[CheckpointChange]) -> Counts {
    let mut counts = Counts::default();
    for change in changes {
        match change.op {
            CheckpointOp::Created => counts.created += 1,
            CheckpointOp::Modified | CheckpointOp::Renamed => counts.modified += 1,
            CheckpointOp::Deleted => counts.deleted += 1,
        }
    }
    counts
}

/// Lists the layer as it is, keeping every content that the checkpoint before did not.
fn survey(layer: &Layer<'_>, id: &str, before: Option<&List>) -> Result<List> {
    let known = layer.ledger()?.read()?;
    let same: HashMap<&RelPath, &Is> =
        before.iter().flat_map(|list| &list.kept).map(|kept| (&kept.path, &kept.is)).collect();
    let found = layer.entries()?;
    let mut kept = Vec::new();
    for (path, stat) in found {
        let is = match stat.kind {
            FileKind::File => match same.get(&path).filter(|before| is_same(before, &stat)) {
                Some(before) => Some((*before).clone()),
                None => keep_file(layer, &path)?,
            },
            FileKind::Symlink => Some(Is::Symlink { hash: keep_link(layer, &path)? }),
            FileKind::Directory => {
                let made = known.paths.get(&path).is_some_and(|fact| fact.op == ledger::Op::Created);
                made.then_some(Is::Directory)
            }
            FileKind::Whiteout | FileKind::Special => None,
        };
        kept.extend(is.map(|is| Kept { path, is }));
    }
    kept.extend(whiteouts(layer)?.into_iter().map(|path| Kept { path, is: Is::Whiteout }));
    let fact = |(path, fact): (RelPath, ledger::Fact)| layer::entry(&path, fact.op, "", fact.base);
    Ok(List { schema: SCHEMA, id: id.into(), kept, facts: known.paths.into_iter().map(fact).collect() })
}

/// Lists the whiteouts of a layer.
pub fn whiteouts(layer: &Layer<'_>) -> Result<Vec<RelPath>> {
    let mut found = Vec::new();
    if let Some(marks) = layer.dir.find_dir(&RelPath::new(WHITEOUTS)?)? {
        marks.walk(None, &mut |_, path, stat| {
            if !stat.is_dir() {
                found.push(path.clone());
            }
            Ok(Step::Into)
        })?;
    }
    Ok(found)
}

fn is_same(before: &Is, now: &Stat) -> bool {
    matches!(before, Is::File { size, mode, mtime, ctime, ino, .. }
        if (*size, *mode, *mtime, *ctime, *ino) == (now.size, now.mode, now.mtime, now.ctime, now.ino))
}

/// Copies a file's content to the blobs, as one version; `None` when it has gone meanwhile.
fn keep_file(layer: &Layer<'_>, path: &RelPath) -> Result<Option<Is>> {
    let full = layer.dir.full(path);
    for _ in 0..8 {
        let Some(mut source) = absent_as_none(layer.dir.open_file(path))? else { return Ok(None) };
        let before = stat_file(&source, &full)?;
        let (temporary, mut target) = layer::temporary(layer.project)?;
        let to = layer.project.dir.full(&temporary);
        let kept = copy::copy_hashing(&mut source, &full, &mut [(&mut target, &to)])
            .and_then(|(hash, _)| Blobs::of(layer.project).adopt(&temporary, hash).map(|()| hash));
        let hash = kept.inspect_err(|_| {
            let _ = layer.project.dir.remove_file(&temporary);
        })?;
        let stat = stat_file(&source, &full)?;
        if (stat.mtime, stat.size, stat.ctime) == (before.mtime, before.size, before.ctime) {
            let Stat { size, mode, mtime, ctime, ino, .. } = stat;
            return Ok(Some(Is::File { hash, size, mode, mtime, ctime, ino }));
        }
    }
    Err(Error::new(ErrorKind::Busy, format!("{path} is being written by another program all the time"))
        .hint("try again when it is saved"))
}

fn keep_link(layer: &Layer<'_>, path: &RelPath) -> Result<Hash> {
    let target = layer.dir.read_link(path)?;
    let bytes = target.as_os_str().as_encoded_bytes();
    let (temporary, mut file) = layer::temporary(layer.project)?;
    let hash = Hash::of(bytes);
    let kept = layer
        .project
        .dir
        .append(&mut file, &temporary, bytes)
        .and_then(|()| Blobs::of(layer.project).adopt(&temporary, hash));
    kept.map(|()| hash).inspect_err(|_| {
        let _ = layer.project.dir.remove_file(&temporary);
    })
}

/// Gives the content that a path needs to come back.
pub fn content(is: &Is) -> Option<Hash> {
    match is {
        Is::File { hash, .. } | Is::Symlink { hash } => Some(*hash),
        Is::Directory | Is::Whiteout => None,
    }
}

/// Tells whether the layer has at a path what a checkpoint has.
pub fn is_there(layer: &Layer<'_>, kept: &Kept, now: &Stat) -> Result<bool> {
    Ok(match (&kept.is, now.kind) {
        (Is::File { hash, size, mode, .. }, FileKind::File) => {
            (*size, *mode) == (now.size, now.mode) && hash_entry(&layer.dir, &kept.path, now.kind)? == *hash
        }
        (Is::Symlink { hash }, FileKind::Symlink) => hash_entry(&layer.dir, &kept.path, now.kind)? == *hash,
        _ => false,
    })
}

/// What a path is in the merged view, as far as a session says anything.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Content(Hash, u32),
    Deleted,
}

/// Gives what a checkpoint says of each path; a copy that equals its base says nothing.
fn said(list: &List) -> BTreeMap<&RelPath, Said> {
    let bases = bases(list);
    let says = |kept: &Kept| match &kept.is {
        Is::File { hash, mode, .. } => {
            let clean = bases.get(&kept.path).is_some_and(|base| base.hash == *hash && base.mode == *mode);
            (!clean).then_some(Said::Content(*hash, *mode))
        }
        Is::Symlink { hash } => Some(Said::Content(*hash, 0)),
        Is::Directory => None,
        Is::Whiteout => Some(Said::Deleted),
    };
    list.kept.iter().filter_map(|kept| says(kept).map(|said| (&kept.path, said))).collect()
}

fn bases(list: &List) -> HashMap<&RelPath, &ledger::Base> {
    list.facts.iter().filter_map(|fact| fact.base.as_ref().map(|base| (&fact.path, base))).collect()
}

/// Tells what changed from one checkpoint to the next, renames put together by their content.
pub fn compare(before: Option<&List>, now: &List) -> Vec<CheckpointChange> {
    let then = before.map(said).unwrap_or_default();
    let (today, bases) = (said(now), bases(now));
    let (mut changes, mut gone) = (Vec::new(), HashMap::new());
    for path in then.keys().chain(today.keys()).collect::<std::collections::BTreeSet<_>>() {
        let (old, new) = (then.get(*path), today.get(*path));
        if old == new {
            continue;
        }
        // What a session says nothing about is there when the project had it.
        let is_there = |said: Option<&Said>| match said {
            Some(said) => *said != Said::Deleted,
            None => bases.contains_key(*path),
        };
        let op = match (is_there(old), is_there(new)) {
            (true, true) => CheckpointOp::Modified,
            (false, true) => CheckpointOp::Created,
            (_, false) => CheckpointOp::Deleted,
        };
        if op == CheckpointOp::Deleted {
            let content = match then.get(*path) {
                Some(Said::Content(hash, _)) => Some(*hash),
                _ => bases.get(*path).map(|base| base.hash),
            };
            gone.extend(content.map(|hash| (hash, (*path).clone())));
        }
        changes.push(CheckpointChange { path: (*path).clone(), op, from: None });
    }
    for change in changes.iter_mut().filter(|change| change.op == CheckpointOp::Created) {
        if let Some(Said::Content(hash, _)) = today.get(&change.path)
            && let Some(from) = gone.remove(hash)
        {
            (change.op, change.from) = (CheckpointOp::Renamed, Some(from));
        }
    }
    let moved: Vec<RelPath> = changes.iter().filter_map(|change| change.from.clone()).collect();
    changes.retain(|change| change.op != CheckpointOp::Deleted || !moved.contains(&change.path));
    changes
}

fn ids(session: &Dir) -> Result<Vec<String>> {
    let Some(dir) = session.find_dir(&RelPath::new(DIR)?)? else { return Ok(Vec::new()) };
    let id = |name: &std::ffi::OsString| Some(name.to_str()?.strip_suffix(".json")?.to_string());
    Ok(dir.names()?.iter().filter_map(id).filter(|id| id.starts_with("cp-")).collect())
}

fn file(id: &str) -> Result<RelPath> {
    RelPath::new(format!("{DIR}/{id}.json"))
}
