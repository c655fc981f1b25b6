//! Every session that is kept: the open ones, the archived, and those that were cancelled or landed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use crate::error::Result;
use crate::fs::Dir;
use crate::landing::journal::{Journal, Work};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::archive;

/// A session that is kept.
pub(super) struct Kept {
    /// Its name.
    pub(super) name: OsString,
    /// `open`, `archived`, `cancelled` or `landed`.
    pub(super) state: &'static str,
    /// Its directory, relative to the project, of one that has ended: an open one's is made of its name when it is needed.
    pub(super) ended_at: Option<RelPath>,
    /// The inode of its directory, of an open one.
    pub(super) ino: u64,
}

impl Kept {
    /// Gives the name as text.
    pub(super) fn shown(&self) -> String {
        self.name.to_string_lossy().into_owned()
    }

    pub(super) fn is_open(&self) -> bool {
        self.ended_at.is_none()
    }
}

/// Every session that is kept, in no order, below the project's root.
pub(super) struct Library<'a> {
    pub(super) root: &'a Dir,
    /// Where the open ones lie.
    pub(super) sessions: RelPath,
    pub(super) kept: Vec<Kept>,
}

impl Library<'_> {
    /// Gives the directory of one, relative to the project.
    pub(super) fn path(&self, nth: usize) -> Result<RelPath> {
        let one = &self.kept[nth];
        one.ended_at.clone().map_or_else(|| self.sessions.join(&one.name), Ok)
    }

    /// Opens the directory of one; it may have ended by now.
    pub(super) fn open(&self, nth: usize) -> Result<Option<Dir>> {
        self.root.find_dir(&self.path(nth)?)
    }

    /// Orders those that are equally good: by name, then by where they lie.
    pub(super) fn order(&self, a: usize, b: usize) -> std::cmp::Ordering {
        let (one, two) = (&self.kept[a], &self.kept[b]);
        let place = |one: &Kept| one.ended_at.as_ref().map(|path| path.as_bytes().to_vec());
        one.name.cmp(&two.name).then_with(|| place(one).cmp(&place(two)))
    }
}

/// Lists every session that is kept; the open ones are as they are `listed`, where that is known.
pub(super) fn everywhere(project: &Project, listed: Option<Vec<Kept>>) -> Result<Library<'_>> {
    let sessions = project.sessions();
    let is_listed = listed.is_some();
    let mut kept = listed.unwrap_or_default();
    if !is_listed && let Some(dir) = project.dir.find_dir(&sessions)? {
        dir.each_directory(&mut |name, ino| kept.push(Kept { name, state: "open", ended_at: None, ino }))?;
    }
    let mut ended = |name: OsString, state, path| {
        kept.push(Kept { name, state, ended_at: Some(path), ino: 0 });
    };
    for one in archive::entries(project)? {
        ended(one.name.as_str().into(), "archived", one.session);
    }
    let trash = project.private_dir("trash");
    if let Some(dir) = project.dir.find_dir(&trash)? {
        for (entry, _) in dir.directories()? {
            let mut parts = entry.as_bytes().split(|b| *b == b'.');
            let name = OsStr::from_bytes(parts.next().unwrap_or_default()).to_os_string();
            let state = if parts.nth(1) == Some(b"landed") { "landed" } else { "cancelled" };
            ended(name, state, trash.join(&entry)?);
        }
    }
    for head in Journal::finished(project)?.into_iter().filter(|head| head.work == Work::Commit && head.whole)
    {
        let path = Journal::dir(project, &head.id).join(OsStr::new("session"))?;
        if project.dir.stat(&path)?.is_some() {
            ended(head.session.into(), "landed", path);
        }
    }
    Ok(Library { root: &project.dir, sessions, kept })
}
