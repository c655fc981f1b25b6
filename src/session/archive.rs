//! The archive: sessions that are put away whole, for as long as anybody wants.
//!
//! `.redraft/archive/<name>.<stamp>/` holds `manifest.json`, which says what the session came to, and `session/`, its
//! directory exactly as it was: nothing in it is changed by being put away, no task is called done. One rename puts it
//! there and one rename brings it back, so that there is never half of one. An entry without `session/` is what an
//! interrupted call left; it holds nothing of anybody's, and the next call removes it.

use chrono::{DateTime, Utc};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::lifecycle::{self, stamp};
use crate::error::{Error, Kind, Result};
use crate::fs::Onto;
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::report::Metrics;
use crate::store::record::SCHEMA;

/// What a session came to, in its entry.
const MANIFEST: &str = "manifest.json";

/// The session's directory, in its entry.
const SESSION: &str = "session";

const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// How many sessions of one name may be put away within one second.
const MAX_COUNTED: u32 = 1_000;

/// manifest.json
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The store's version.
    pub schema: u32,
    /// The session's name.
    pub session: SessionName,
    /// What it is for.
    pub description: String,
    /// What kind of work it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// RFC 3339 UTC.
    pub created_at: String,
    /// RFC 3339 UTC.
    pub archived_at: String,
    /// Who put it away.
    pub archived_by: String,
    /// What it came to.
    pub metrics: Metrics,
    /// What a newer redraft keeps here.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// One archived session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    /// Its name.
    pub name: SessionName,
    /// When it was put away, `YYYYMMDD-HHMMSS` UTC.
    pub stamp: String,
    /// Where its directory is.
    pub session: RelPath,
    entry: RelPath,
    nth: u32,
}

impl Archived {
    /// Reads what it came to.
    pub fn manifest(&self, project: &Project) -> Result<Manifest> {
        let file = self.entry.join(MANIFEST)?;
        let shown = || project.dir.full(&file).display().to_string();
        let bytes = project
            .dir
            .find(&file, MAX_BYTES)?
            .ok_or_else(|| Error::corrupt(format!("{} is missing", shown())))?;
        let manifest: Manifest = serde_json::from_slice(&bytes)
            .map_err(|e| Error::corrupt(format!("{} cannot be read: {e}", shown())))?;
        if manifest.schema == SCHEMA {
            return Ok(manifest);
        }
        Err(Error::corrupt(format!(
            "{} has schema {}; this redraft understands {SCHEMA}",
            shown(),
            manifest.schema
        )))
    }
}

/// Lists the archived sessions, those put away last first.
pub fn entries(project: &Project) -> Result<Vec<Archived>> {
    let mut found = Vec::new();
    each_entry(project, &mut |entry, own| {
        let Some(archived) = own else { return Ok(()) };
        if project.dir.stat(&archived.session)?.is_some_and(|stat| stat.is_dir()) {
            found.push(Archived { entry, ..archived });
        }
        Ok(())
    })?;
    found.sort_by(|a, b| (&b.stamp, b.nth, &a.name).cmp(&(&a.stamp, a.nth, &b.name)));
    Ok(found)
}

/// Finds the session of this name that was put away last.
pub fn latest(project: &Project, name: &SessionName) -> Result<Option<Archived>> {
    Ok(entries(project)?.into_iter().find(|archived| archived.name == *name))
}

/// Puts a session away as it is. The caller holds the landing lock and the session's.
pub fn put(project: &Project, manifest: &Manifest, now: DateTime<Utc>) -> Result<()> {
    let entry = new_entry(project, &manifest.session, now)?;
    let mut text = serde_json::to_vec_pretty(manifest)
        .map_err(|e| Error::new(Kind::Bug, format!("cannot write a manifest: {e}")))?;
    text.push(b'\n');
    let from = project.session(&manifest.session);
    let put = project
        .dir
        .write_atomic(&entry.join(MANIFEST)?, &text, true)
        .and_then(|()| project.dir.rename(&from, &project.dir, &entry.join(SESSION)?, Onto::Nothing));
    put.inspect_err(|_| {
        let _ = project.dir.remove_tree(&entry);
    })
}

/// Brings a session back under its name, which must be free. The caller holds the landing lock.
pub fn take_out(project: &Project, archived: &Archived) -> Result<()> {
    project.dir.make_dirs(&project.sessions())?;
    lifecycle::place(project, &archived.session, &archived.name)?;
    // It is back; what is left of the entry holds nothing of it, and the next call would remove it, too.
    let _ = project.dir.remove_tree(&archived.entry);
    Ok(())
}

/// Removes entries that hold no session; tells how many. The caller holds the landing lock.
pub fn forget_unfinished(project: &Project) -> Result<usize> {
    let mut stray = Vec::new();
    each_entry(project, &mut |entry, own| {
        let Some(dir) = own.and_then(|_| project.dir.find_dir(&entry).transpose()).transpose()? else {
            return Ok(());
        };
        // A manifest, or one in the making; whatever else lies there is somebody's.
        let ours = |name: &std::ffi::OsString| name == MANIFEST || name.as_encoded_bytes().starts_with(b".");
        if dir.names()?.iter().all(ours) {
            stray.push(entry);
        }
        Ok(())
    })?;
    stray.iter().try_for_each(|entry| project.dir.remove_tree(entry))?;
    Ok(stray.len())
}

/// Looks at every entry, and at what its name says.
fn each_entry(
    project: &Project,
    look: &mut dyn FnMut(RelPath, Option<Archived>) -> Result<()>,
) -> Result<()> {
    let archive = project.private_dir("archive");
    let Some(dir) = project.dir.find_dir(&archive)? else { return Ok(()) };
    for name in dir.names()? {
        let entry = archive.join(&name)?;
        let own = name.to_str().and_then(|text| parse(text, &entry));
        look(entry, own)?;
    }
    Ok(())
}

/// Reads `<name>.<stamp>[.<n>]`. A name has no dot, so it is never a prefix of another one.
fn parse(text: &str, entry: &RelPath) -> Option<Archived> {
    let mut parts = text.split('.');
    let (name, stamp) = (parts.next()?.parse().ok()?, parts.next()?.to_string());
    let nth = parts.next().map_or(Some(1), |nth| nth.parse().ok())?;
    let session = entry.join(SESSION).ok()?;
    Some(Archived { name, stamp, session, entry: entry.clone(), nth })
}

fn new_entry(project: &Project, name: &SessionName, now: DateTime<Utc>) -> Result<RelPath> {
    let archive = project.private_dir("archive");
    project.dir.make_dirs(&archive)?;
    for nth in 1..=MAX_COUNTED {
        let count = if nth == 1 { String::new() } else { format!(".{nth}") };
        let entry = archive.join(format!("{name}.{}{count}", stamp(now)))?;
        match project.dir.make_dir(&entry) {
            Ok(true) => return Ok(entry),
            Ok(false) => {}
            Err(error) if error.is_errno(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::refused(format!("no free name for session '{name}' in {archive}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_entries_come_apart() {
        let entry = RelPath::new("workspace/.redraft/archive/x").unwrap();
        for (text, expected) in [
            ("auth.20260101-120000", Some(("auth", "20260101-120000", 1))),
            ("auth.20260101-120000.12", Some(("auth", "20260101-120000", 12))),
            ("auth", None),
            ("auth.20260101-120000.x", None),
            ("-auth.20260101-120000", None),
        ] {
            let read = parse(text, &entry);
            let read = read.as_ref().map(|own| (own.name.as_str(), own.stamp.as_str(), own.nth));
            assert_eq!(read, expected, "{text}");
        }
    }
}
