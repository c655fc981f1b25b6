//! Human retries: the version a person rejected, kept with the reason.
//!
//! A kept copy lies in the session's `human-retries/` as `<file name>-retry-<n><.ext>` beside `….reason.txt`. Numbers
//! count for each file; files of the same name in different folders get the folder in front, so none is ever
//! overwritten. When the session ends, `human-retries/` moves to `retries-archive/`, under a name nobody used.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use chrono::{DateTime, Utc};
use rustix::io::Errno;

use super::layer::{Layer, Place};
use super::lifecycle::{Caller, Ending, stamp};
use crate::error::{Error, Result};
use crate::fs::{Onto, copy};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::report::{FileRetries, RetryNote};
use crate::store::record::{RetryRecord, SessionRecord};

/// The directory in a session.
pub const DIR: &str = "human-retries";

/// The longest reason, in bytes; what is longer is refused, not cut.
const MAX_REASON: usize = 16 * 1024;

/// The longest name of a kept copy, in bytes: there has to be room for that of its reason.
const MAX_KEPT_NAME: usize = 240;

/// What was kept.
#[derive(Debug)]
pub struct Kept {
    /// The record that went into session.json.
    pub record: RetryRecord,
    /// The copy was taken of the session's version.
    pub from_session: bool,
}

/// Keeps the present version of a file with the reason for rejecting it.
pub fn record(
    layer: &Layer<'_>,
    caller: &Caller<'_>,
    file: &RelPath,
    reason: &str,
    auto: bool,
) -> Result<Kept> {
    let reason = reason.trim();
    if reason.is_empty() && !auto {
        return Err(Error::usage(format!("no reason given for the retry of {file}"))
            .hint(format!("redraft retry {file} \"Too much exposition\"")));
    }
    if reason.len() > MAX_REASON {
        return Err(Error::usage(format!("the reason has {} bytes; {MAX_REASON} are allowed", reason.len())));
    }
    let _lock = layer.lock(caller.waiter("retry"))?;
    let mut session = SessionRecord::read(&layer.dir, &layer.name)?;
    let from_session = version_is_sessions(layer, file)?;
    let number = 1 + session
        .human_retries
        .iter()
        .filter(|r| r.file == *file)
        .map(|r| r.retry_number)
        .max()
        .unwrap_or(0);
    layer.dir.make_dirs(&RelPath::new(DIR)?)?;
    let saved = keep_copy(layer, file, number, from_session)?;
    layer.dir.write_atomic(&reason_file(&saved)?, format!("{reason}\n").as_bytes(), false)?;
    let record = RetryRecord {
        file: file.clone(),
        retry_number: number,
        reason: reason.to_string(),
        timestamp: caller.env.timestamp(),
        auto_detected: auto,
        saved,
    };
    session.human_retries.push(record.clone());
    session.write(&layer.dir)?;
    Ok(Kept { record, from_session })
}

fn version_is_sessions(layer: &Layer<'_>, file: &RelPath) -> Result<bool> {
    match layer.resolve(file)? {
        Place::Session(stat) if stat.is_file() => Ok(true),
        Place::Project(stat) if stat.is_file() => Ok(false),
        Place::Session(_) | Place::Project(_) => Err(Error::refused(format!("{file} is not a regular file"))),
        Place::Deleted => Err(Error::refused(format!("{file} is deleted in session '{}'", layer.name))),
        Place::Nowhere => Err(super::edit::nowhere(layer, file)),
    }
}

/// Copies the file under the first name that is free; the copy appears whole.
fn keep_copy(layer: &Layer<'_>, file: &RelPath, number: u32, from_session: bool) -> Result<RelPath> {
    let from = if from_session { &layer.dir } else { &layer.project.dir };
    let mut source = from.open_file(file)?;
    let (temporary, mut target) = super::layer::temporary(layer.project)?;
    let full = layer.project.dir.full(&temporary);
    let copied = copy::copy(&mut source, &from.full(file), &mut target, &full);
    let mode = crate::fs::stat_file(&source, &full)?.mode;
    let placed = copied.and_then(|()| layer.project.dir.set_mode(&target, &temporary, mode)).and_then(|()| {
        for name in candidate_names(file, number) {
            let saved = RelPath::new(DIR)?.join(&name)?;
            match layer.project.dir.rename(&temporary, &layer.dir, &saved, Onto::Nothing) {
                Err(error) if error.is_errno(Errno::EXIST) => {}
                other => return other.map(|()| saved),
            }
        }
        Err(Error::refused(format!("no free name for the kept version of {file}")))
    });
    if placed.is_err() {
        let _ = layer.project.dir.remove_file(&temporary);
    }
    placed
}

/// Gives the names to try: the file's own, then with more and more of its folders in front, then counted.
fn candidate_names(file: &RelPath, number: u32) -> Vec<OsString> {
    let suffix = match file.as_path().extension() {
        Some(extension) if extension.len() <= MAX_KEPT_NAME / 2 => {
            let mut suffix = OsString::from(format!("-retry-{number}."));
            suffix.push(extension);
            suffix
        }
        _ => OsString::from(format!("-retry-{number}")),
    };
    let mut stem = cut(file.file_name(), MAX_KEPT_NAME - suffix.len() - "~99".len());
    let own = stem.clone();
    let mut stems = vec![stem.clone()];
    for folder in file.parent().iter().flat_map(|p| p.as_path().iter().rev()) {
        let mut longer = folder.to_os_string();
        longer.push("--");
        longer.push(&stem);
        stem = longer;
        stems.push(stem.clone());
    }
    for n in 2..100 {
        let mut counted = own.clone();
        counted.push(format!("~{n}"));
        stems.push(counted);
    }
    // What the file system cannot name is not tried.
    let named = stems.into_iter().map(|mut name| {
        name.push(&suffix);
        name
    });
    named.filter(|name| name.len() <= MAX_KEPT_NAME).collect()
}

/// Gives the beginning of a name that has room in so many bytes; no letter is cut.
fn cut(name: &OsStr, room: usize) -> OsString {
    let bytes = name.as_bytes();
    let is_inside_a_letter = |at: &usize| bytes.get(*at).is_some_and(|b| b & 0xc0 == 0x80);
    let end = (0..=room.min(bytes.len())).rev().find(|at| !is_inside_a_letter(at)).unwrap_or(room);
    OsStr::from_bytes(&bytes[..end.min(bytes.len())]).to_os_string()
}

/// Gives the reason file of a kept copy.
pub fn reason_file(saved: &RelPath) -> Result<RelPath> {
    let mut name = saved.file_name().to_os_string();
    name.push(".reason.txt");
    match saved.parent() {
        Some(parent) => parent.join(&name),
        None => RelPath::new(Path::new(&name)),
    }
}

/// Groups the records by file, oldest first.
pub fn by_file(records: &[RetryRecord]) -> Vec<FileRetries> {
    let mut files: Vec<FileRetries> = Vec::new();
    for record in records {
        let note = RetryNote {
            number: record.retry_number,
            reason: record.reason.clone(),
            auto_detected: record.auto_detected,
            at: record.timestamp.clone(),
            saved: record.saved.clone(),
        };
        match files.iter_mut().find(|f| f.file == record.file) {
            Some(file) => file.retries.push(note),
            None => files.push(FileRetries { file: record.file.clone(), retries: vec![note] }),
        }
    }
    files
}

/// Counts the kept versions on the disk, whatever session.json says.
pub fn count_kept(session: &crate::fs::Dir) -> Result<usize> {
    let Some(dir) = session.find_dir(&RelPath::new(DIR)?)? else { return Ok(0) };
    Ok(dir.names()?.iter().filter(|name| !name.as_encoded_bytes().ends_with(b".reason.txt")).count())
}

/// Copies a session's kept versions into the archive, by what lies on the disk; gives where, or `None` without any.
///
/// The session keeps its own, so that it can come back from the trash whole.
pub fn archive(
    project: &Project,
    session: &crate::fs::Dir,
    name: &OsStr,
    ending: Ending,
    now: DateTime<Utc>,
) -> Result<Option<RelPath>> {
    let Some(kept) = session.find_dir(&RelPath::new(DIR)?)? else { return Ok(None) };
    let names = kept.names()?;
    if names.is_empty() {
        return Ok(None);
    }
    project.dir.make_dirs(&project.retries_archive())?;
    let target = free_archive(project, name, ending, now)?;
    for file in names {
        let rel = RelPath::new(&file)?;
        if !kept.stat(&rel)?.is_some_and(|stat| stat.is_file()) {
            continue;
        }
        let to = target.join(&file)?;
        let mut source = kept.open_file(&rel)?;
        let mut copy_to = project.dir.create_new(&to, 0o644)?;
        copy::copy(&mut source, &kept.full(&rel), &mut copy_to, &project.dir.full(&to))?;
    }
    Ok(Some(target))
}

/// Makes the archive's directory under a name that nobody used.
fn free_archive(project: &Project, name: &OsStr, ending: Ending, now: DateTime<Utc>) -> Result<RelPath> {
    let mut base = name.to_os_string();
    if ending == Ending::Cancelled {
        base.push(format!("-cancelled-{}", stamp(now)));
    }
    for attempt in 1..10_000 {
        let mut name = base.clone();
        if attempt > 1 {
            name.push(format!("-{attempt}"));
        }
        let target = project.retries_archive().join(&name)?;
        if project.dir.make_dir(&target)? {
            return Ok(target);
        }
    }
    Err(Error::refused(format!("no free name in {}", project.retries_archive())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_copy_has_a_name_whatever_its_file_is_called() {
        let first = |path: &[u8]| {
            let names = candidate_names(&RelPath::new(OsStr::from_bytes(path)).unwrap(), 7);
            assert!(names.iter().all(|name| name.len() <= MAX_KEPT_NAME), "{names:?}");
            assert!(names.len() >= 99, "{names:?}");
            names[0].clone()
        };
        assert_eq!(first(b"acts/scene.md"), "scene.md-retry-7.md");
        assert_eq!(first(b"Makefile"), "Makefile-retry-7");
        let deep = ["folder"; 100].join("/") + "/scene.md";
        assert_eq!(first(deep.as_bytes()), "scene.md-retry-7.md");
        let long = "n".repeat(250) + ".md";
        assert_eq!(first(long.as_bytes()), format!("{}-retry-7.md", "n".repeat(226)).as_str());
        let cyrillic = "\u{433}".repeat(126) + ".md";
        assert_eq!(first(cyrillic.as_bytes()), format!("{}-retry-7.md", "\u{433}".repeat(113)).as_str());
        let ending = "a.".to_string() + &"x".repeat(250);
        assert!(first(ending.as_bytes()).as_bytes().ends_with(b"x-retry-7"));
        assert_eq!(first(b"acts/\xff.md").as_bytes(), b"\xff.md-retry-7.md");
    }
}
