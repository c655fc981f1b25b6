//! Pure: from what a session changes to the steps that land it, or to the conflicts that forbid it.
//!
//! Also the fingerprint, which names exactly the state a preview showed. Nothing here touches the disk: what the disk
//! said is in the [`Change`]s.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::fs::Stat;
use crate::fs::copy::Hash;
use crate::relpath::RelPath;
use crate::report::{Conflict, EntryKind, Op};
use crate::session::changes::{Change, Changes};

/// What is done at a path of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The project's file goes away (to the pre-images).
    Delete,
    /// An emptied directory goes away.
    RemoveDir,
    /// A directory is made.
    MakeDir,
    /// A file comes where none is.
    Create,
    /// Two files change places: the project's and the one that carries the new content.
    Replace,
}

/// How a file is recognised after a crash: which inode, and that it was not written since.
///
/// The device is noted but not compared: its number may be another one after the next mount (always so on btrfs).
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Identity {
    /// Inode number.
    pub ino: u64,
    /// Device number.
    pub dev: u64,
    /// Bytes.
    pub size: u64,
    /// Modification time, nanoseconds since the epoch.
    pub mtime: i64,
    /// Permission bits.
    pub mode: u32,
    /// When the inode was made, where the file system keeps it: an editor that replaces a file and keeps its time may be
    /// given the old one's inode number again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub btime: Option<i64>,
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        let made = self.btime.zip(other.btime).is_none_or(|(one, other)| one == other);
        made && (self.ino, self.size, self.mtime, self.mode)
            == (other.ino, other.size, other.mtime, other.mode)
    }
}

impl Eq for Identity {}

impl Identity {
    /// Takes what identifies a file.
    pub fn of(stat: &Stat) -> Self {
        Self {
            ino: stat.ino,
            dev: stat.dev,
            size: stat.size,
            mtime: stat.mtime,
            mode: stat.mode,
            btime: stat.btime,
        }
    }

    /// Gives the same as bytes, all that a fingerprint is made of.
    fn to_bytes(self) -> [u8; 52] {
        let mut bytes = [0; 52];
        let numbers = [self.ino, self.dev, self.size].map(u64::to_le_bytes);
        let (made, known) = (self.btime.unwrap_or_default(), u64::from(self.btime.is_some()));
        let times = [self.mtime.to_le_bytes(), made.to_le_bytes(), known.to_le_bytes()];
        for (part, number) in bytes.chunks_exact_mut(8).zip(numbers.iter().chain(&times)) {
            part.copy_from_slice(number);
        }
        bytes[48..].copy_from_slice(&self.mode.to_le_bytes());
        bytes
    }
}

/// One step of a landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// Where in the project.
    pub path: RelPath,
    /// The other name of the exchange or rename, relative to the project: where the new file comes from and, for
    /// [`Action::Replace`] and [`Action::Delete`], where the old one goes.
    pub carrier: Option<RelPath>,
    /// The file that comes.
    pub new: Option<Identity>,
    /// The file that goes.
    pub old: Option<Identity>,
}

/// What a set of changes comes to.
#[derive(Debug, Default)]
pub struct Plan {
    /// In the order they are applied; empty when there are conflicts.
    pub steps: Vec<Step>,
    /// What stands in the way.
    pub conflicts: Vec<Conflict>,
}

/// Says where the carriers are.
pub trait Carriers {
    /// Gives the file that lands at a path, relative to the project: the session's, or a merged one.
    fn new_file(&self, path: &RelPath) -> RelPath;
    /// Gives the place for the n-th deleted file, relative to the project.
    fn grave(&self, nth: usize) -> RelPath;
}

/// What the project has above the paths that change, and at those of directories.
#[derive(Debug, Default)]
pub struct Above {
    /// The directories.
    pub dirs: BTreeSet<RelPath>,
    /// What is no directory where one is needed.
    pub files: BTreeSet<RelPath>,
}

/// Plans the landing of these changes.
///
/// Order: files go, emptied directories go (deepest first), directories come (shallowest first), files come, files
/// change places. So a directory can take a file's place and a file a directory's.
pub fn plan(changes: &[&Change], deleted_dirs: &[RelPath], above: &Above, at: &dyn Carriers) -> Plan {
    let conflicts = conflicts(changes, deleted_dirs, above);
    if !conflicts.is_empty() {
        return Plan { steps: Vec::new(), conflicts };
    }
    let mut steps = Vec::with_capacity(changes.len() + deleted_dirs.len());
    let deleted = changes.iter().filter(|c| c.op == Op::Deleted && c.kind != EntryKind::Directory);
    for (nth, change) in deleted.enumerate() {
        steps.push(step(Action::Delete, change, Some(at.grave(nth))));
    }
    for dir in deleted_dirs {
        steps.push(Step {
            action: Action::RemoveDir,
            path: dir.clone(),
            carrier: None,
            new: None,
            old: None,
        });
    }
    for dir in missing_dirs(changes, deleted_dirs, &above.dirs) {
        steps.push(Step { action: Action::MakeDir, path: dir, carrier: None, new: None, old: None });
    }
    for (action, wanted) in [(Action::Create, false), (Action::Replace, true)] {
        for change in changes {
            let comes = change.op != Op::Deleted && change.kind != EntryKind::Directory;
            let replaces = change.project.is_some_and(|p| !p.is_dir());
            if comes && replaces == wanted {
                steps.push(step(action, change, Some(at.new_file(&change.path))));
            }
        }
    }
    Plan { steps, conflicts }
}

fn step(action: Action, change: &Change, carrier: Option<RelPath>) -> Step {
    let identity = |stat: Option<Stat>| stat.as_ref().map(Identity::of);
    let new = if action == Action::Delete { None } else { identity(change.session) };
    let old = if action == Action::Create { None } else { identity(change.project) };
    Step { action, path: change.path.clone(), carrier, new, old }
}

/// Lists the directories that have to be made, parents first.
fn missing_dirs(changes: &[&Change], deleted: &[RelPath], present: &BTreeSet<RelPath>) -> BTreeSet<RelPath> {
    let (mut missing, mut last) = (BTreeSet::new(), None);
    for change in changes.iter().filter(|change| change.op != Op::Deleted) {
        let parent = change.path.parent_path();
        if parent == last && change.kind != EntryKind::Directory {
            continue;
        }
        last = parent;
        let itself = (change.kind == EntryKind::Directory).then(|| change.path.clone());
        let mut dir = itself.or_else(|| change.path.parent());
        while let Some(path) = dir {
            if !present.contains(&path) || deleted.contains(&path) {
                missing.insert(path.clone());
            }
            dir = path.parent();
        }
    }
    missing
}

/// Lists the changes that cannot land whatever is decided about their content.
pub fn conflicts(changes: &[&Change], deleted_dirs: &[RelPath], above: &Above) -> Vec<Conflict> {
    let goes =
        |path: &&RelPath| changes.iter().any(|change| change.op == Op::Deleted && change.path == **path);
    let stay: BTreeSet<&RelPath> = above.files.iter().filter(|path| !goes(path)).collect();
    changes.iter().filter_map(|change| conflict(change, deleted_dirs, &stay)).collect()
}

/// Says why a change cannot land whatever is decided about its content.
fn conflict(change: &Change, deleted_dirs: &[RelPath], files: &BTreeSet<&RelPath>) -> Option<Conflict> {
    let over_directory = change.op != Op::Deleted
        && change.kind != EntryKind::Directory
        && change.project.is_some_and(|project| project.is_dir())
        && !deleted_dirs.contains(&change.path);
    let below = |file: &&&RelPath| {
        change.path.is_within(file) && (change.path != ***file || change.kind == EntryKind::Directory)
    };
    let file = files.iter().find(|file| change.op != Op::Deleted && below(file));
    let why = match file {
        Some(file) => needs_directory(file),
        None if over_directory => OVER_DIRECTORY.to_string(),
        None => return None,
    };
    Some(Conflict { path: change.path.clone(), why })
}

/// Why a file cannot land that has a directory in its place.
pub const OVER_DIRECTORY: &str = "a file in the session, a directory in the project";

/// Says why a path cannot land, or come back, that has a file in the place of a directory.
pub fn needs_directory(file: &RelPath) -> String {
    format!("it needs a directory where the project has a file: {file}")
}

/// Names exactly this state: what would land, byte for byte, over what.
///
/// `contents` gives the hash of each change's content in the session (`None` where it is deleted or a directory).
pub fn fingerprint(changes: &[&Change], contents: &[Option<Hash>]) -> String {
    let mut state = Vec::with_capacity(changes.len() * 160);
    for (change, content) in changes.iter().zip(contents) {
        // A path holds no NUL, and what follows it is of one length for each of the signs that tell what is there.
        state.extend_from_slice(change.path.as_bytes());
        state.extend_from_slice(&[0, change.op as u8, change.kind as u8]);
        push(&mut state, change.session.map(|stat| stat.mode.to_le_bytes()));
        push(&mut state, content.map(|hash| *hash.as_bytes()));
        push(&mut state, change.project.as_ref().map(|stat| Identity::of(stat).to_bytes()));
    }
    Hash::of(&state).to_hex()[..16].to_string()
}

fn push<const N: usize>(state: &mut Vec<u8>, part: Option<[u8; N]>) {
    state.push(u8::from(part.is_some()));
    state.extend_from_slice(part.as_ref().map_or(&[], |bytes| &bytes[..]));
}

/// Picks the changes that match, and the deleted directories among them.
pub fn select<'a>(
    changes: &'a Changes,
    wanted: &dyn Fn(&RelPath) -> bool,
) -> (Vec<&'a Change>, Vec<RelPath>) {
    let list = changes.list.iter().filter(|change| wanted(&change.path)).collect();
    let dirs = changes.deleted_dirs.iter().filter(|dir| wanted(dir)).cloned().collect();
    (list, dirs)
}
