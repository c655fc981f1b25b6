//! What is kept of ended sessions and landed commits, and for how long.
//!
//! The policy is redraft.json's `keep`: sessions stay in the trash for `trash_days`; pre-images stay for the last
//! `commits` landings and while they take no more than `bytes` together (the last landing stays in any case). Bases are
//! kept while a session that is open, archived or in the trash refers to them; the archive itself is never swept.
//!
//! Sweeping comes after a landing or a cancel has done its work, takes the oldest first, and stops after [`MAX_REMOVED`]
//! entries: deleting many files at once would make the next ones slow, and the rest can wait. What fails is left for
//! the next time; nothing a person asked for depends on it. [`collect`] is the same for a person who does ask: all of it,
//! with what killed processes and forgotten windows left behind, and with what fails said. The caller holds the landing lock.

use std::collections::HashSet;
use std::ffi::OsStr;

use chrono::{DateTime, Duration, NaiveDateTime, Utc};

use super::away::{NEW, SESSION};
use super::journal::{Head, Journal, OLD};
use crate::error::{Error, Kind, Result};
use crate::fs::Dir;
use crate::fs::copy::Hash;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::archive;
use crate::session::checkpoint;
use crate::session::lifecycle::{self, stamp};
use crate::store::ledger::Ledger;

/// The most entries that one sweep removes.
const MAX_REMOVED: usize = 2_000;

/// Bases younger than this stay: the session that put one may not have written its line yet.
const BASE_HOURS: i64 = 1;

/// Bases are looked through once in this time.
const BASE_SWEEP_HOURS: i64 = 24;

/// Its time is that of the last look.
const BASES_SWEPT: &str = "bases-swept";

/// Landings are looked through once in this time, and when it must be.
const COMMIT_SWEEP_HOURS: i64 = 1;

/// Its time is that of the last look.
const COMMITS_SWEPT: &str = "commits-swept";

/// What lies in `tmp/` for so long belongs to nobody who is at work.
const TEMPORARY_HOURS: i64 = 24;

/// Windows that were not seen for so long are forgotten.
const WINDOW_DAYS: i64 = 90;

/// What nobody keeps any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Sessions in the trash, as `<name>.<stamp>.<ending>`.
    pub sessions: Vec<String>,
    /// Landings that could be taken back until now.
    pub commits: Vec<String>,
    /// Bases.
    pub bases: usize,
    /// What killed processes left behind.
    pub temporary: usize,
    /// Windows that were not seen for long.
    pub windows: usize,
    /// Bytes of all of that.
    pub bytes: u64,
}

/// Looks through one kind of what is kept.
type Part = fn(&Project, DateTime<Utc>, &mut Broom) -> Result<()>;

/// Removes what the policy no longer keeps, after a landing.
pub fn sweep(project: &Project, now: DateTime<Utc>) {
    sweep_parts(project, now, &[sweep_trash, sweep_commits_now_and_then, sweep_bases_now_and_then]);
}

/// Removes what the policy no longer keeps, after a cancel: no more landings are kept than before it.
pub fn sweep_without_landings(project: &Project, now: DateTime<Utc>) {
    sweep_parts(project, now, &[sweep_trash, sweep_bases_now_and_then]);
}

fn sweep_parts(project: &Project, now: DateTime<Utc>, parts: &[Part]) {
    let mut broom = Broom { left: MAX_REMOVED, dry: false, swept: Swept::default() };
    for part in parts {
        // A part that fails has removed nothing that is referred to, and is tried again the next time.
        let _ = part(project, now, &mut broom);
    }
}

/// Removes all of it, or with `dry` only tells what it is.
pub fn collect(project: &Project, now: DateTime<Utc>, dry: bool) -> Result<Swept> {
    let mut broom = Broom { left: usize::MAX, dry, swept: Swept::default() };
    sweep_trash(project, now, &mut broom)?;
    sweep_commits(project, now, &mut broom)?;
    sweep_bases(project, now, &mut broom)?;
    sweep_temporary(project, now, &mut broom)?;
    sweep_windows(project, now, &mut broom)?;
    Ok(broom.swept)
}

/// Takes away, or only looks, and keeps count.
struct Broom {
    /// So many entries may still be removed.
    left: usize,
    /// Only look.
    dry: bool,
    swept: Swept,
}

impl Broom {
    /// Removes a tree, entry by entry, as long as the budget lasts; then stops with [`Kind::Busy`].
    fn remove(&mut self, dir: &Dir, path: &RelPath) -> Result<()> {
        let Some(stat) = dir.stat(path)? else { return Ok(()) };
        if self.left == 0 {
            return Err(Error::new(Kind::Busy, "the rest is swept another time"));
        }
        if stat.is_dir() {
            let open = dir.open_dir(path)?;
            for name in open.names()? {
                self.remove(&open, &RelPath::new(OsStr::new(&name))?)?;
            }
        }
        if !self.dry {
            if stat.is_dir() {
                dir.remove_empty_dir(path)?
            } else {
                dir.remove_file(path)?
            };
        }
        self.swept.bytes += if stat.is_file() { stat.size } else { 0 };
        self.left = self.left.saturating_sub(1);
        Ok(())
    }
}

fn sweep_trash(project: &Project, now: DateTime<Utc>, broom: &mut Broom) -> Result<()> {
    let trash = project.private_dir("trash");
    let Some(dir) = project.dir.find_dir(&trash)? else { return Ok(()) };
    let horizon = stamp(now - Duration::days(i64::from(project.config.keep.trash_days)));
    for name in dir.names()? {
        let trashed_at = name.to_str().and_then(|text| text.split('.').nth(1)).unwrap_or_default();
        let dated = NaiveDateTime::parse_from_str(trashed_at, "%Y%m%d-%H%M%S").is_ok();
        if dated && trashed_at < horizon.as_str() {
            broom.remove(&dir, &RelPath::new(&name)?)?;
            broom.swept.sessions.push(name.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

/// Sweeps the landings where there are a tenth more than are kept, where the newest has a hundredth of the bytes that are kept,
/// or where nobody looked for an hour: to know their bytes each is read, and to remove one with every landing would make all
/// of them slow.
fn sweep_commits_now_and_then(project: &Project, now: DateTime<Utc>, broom: &mut Broom) -> Result<()> {
    let keep = &project.config.keep;
    let ids = Journal::ids(project)?;
    let many = ids.len() > keep.commits.saturating_add(keep.commits / 10) as usize;
    let newest = ids.first().map(|id| Journal::read_head(project, id)).transpose()?.flatten();
    let large = newest.is_some_and(|head| head.bytes > keep.bytes / 100);
    let mark = project.private_dir(COMMITS_SWEPT);
    let last = project.dir.stat(&mark)?.map_or(i64::MIN, |stat| stat.mtime);
    if !many && !large && last > nanos(now - Duration::hours(COMMIT_SWEEP_HOURS)) {
        return Ok(());
    }
    sweep_commits(project, now, broom)?;
    if !project.dir.stamp(&mark)? {
        project.dir.mark(&mark)?;
    }
    Ok(())
}

fn sweep_commits(project: &Project, _now: DateTime<Utc>, broom: &mut Broom) -> Result<()> {
    let keep = &project.config.keep;
    let (mut n, mut bytes) = (0, 0_u64);
    for head in Journal::finished(project)? {
        n += 1;
        bytes = bytes.saturating_add(head.bytes);
        if n > 1 && (n > keep.commits as usize || bytes > keep.bytes) {
            remove_commit(project, &head, broom)?;
            broom.swept.commits.push(head.id);
        }
    }
    Ok(())
}

/// Removes the pre-images first and the record last, so that an interrupted removal is still known for what it is.
fn remove_commit(project: &Project, head: &Head, broom: &mut Broom) -> Result<()> {
    let path = Journal::dir(project, &head.id);
    let dir = project.dir.open_dir(&path)?;
    for part in [OLD, NEW, "merged", SESSION, "beside.json", "sealed", "commit.jsonl"] {
        broom.remove(&dir, &RelPath::new(part)?)?;
    }
    if broom.dry { Ok(()) } else { project.dir.remove_empty_dir(&path).map(drop) }
}

/// Sweeps the bases, unless that was done a short time ago: for that every ledger is read.
fn sweep_bases_now_and_then(project: &Project, now: DateTime<Utc>, broom: &mut Broom) -> Result<()> {
    let last = project.dir.stat(&project.private_dir(BASES_SWEPT))?.map_or(i64::MIN, |stat| stat.mtime);
    if last > nanos(now - Duration::hours(BASE_SWEEP_HOURS)) {
        Ok(())
    } else {
        sweep_bases(project, now, broom)
    }
}

fn sweep_bases(project: &Project, now: DateTime<Utc>, broom: &mut Broom) -> Result<()> {
    let Some(blobs) = project.dir.find_dir(&project.private_dir("blobs"))? else { return Ok(()) };
    let used = used_bases(project, &broom.swept)?;
    let horizon = nanos(now - Duration::hours(BASE_HOURS));
    let mut sweep = |dir: &Dir, name: &OsStr, before: &str| -> Result<()> {
        let rel = RelPath::new(name)?;
        let hex = format!("{before}{}", name.to_string_lossy());
        let unused = Hash::parse(&hex).is_some_and(|hash| !used.contains(&hash));
        if unused && dir.stat(&rel)?.is_some_and(|stat| stat.ctime < horizon) {
            broom.remove(dir, &rel)?;
            broom.swept.bases += 1;
        }
        Ok(())
    };
    for name in blobs.names()? {
        sweep(&blobs, &name, "")?;
        // Where earlier versions put them.
        if name.len() == 2
            && let Some(shelf) = blobs.find_dir(&RelPath::new(&name)?)?
        {
            shelf.names()?.iter().try_for_each(|rest| sweep(&shelf, rest, &name.to_string_lossy()))?;
        }
    }
    if broom.dry {
        return Ok(());
    }
    project.dir.write_atomic(&project.private_dir(BASES_SWEPT), stamp(now).as_bytes(), false)
}

/// Removes what processes that were killed left half-made, and entries of the archive without a session.
fn sweep_temporary(project: &Project, now: DateTime<Utc>, broom: &mut Broom) -> Result<()> {
    let horizon = nanos(now - Duration::hours(TEMPORARY_HOURS));
    let tmp = project.private_dir("tmp");
    broom.swept.temporary += sweep_older(project, &tmp, horizon, broom)?;
    if !broom.dry {
        broom.swept.temporary += archive::forget_unfinished(project)?;
    }
    Ok(())
}

fn sweep_windows(project: &Project, now: DateTime<Utc>, broom: &mut Broom) -> Result<()> {
    let horizon = nanos(now - Duration::days(WINDOW_DAYS));
    broom.swept.windows += sweep_older(project, &project.private_dir("windows"), horizon, broom)?;
    Ok(())
}

/// Removes what lies in a directory and changed last before a time; tells how many.
fn sweep_older(project: &Project, dir: &RelPath, horizon: i64, broom: &mut Broom) -> Result<usize> {
    let Some(dir) = project.dir.find_dir(dir)? else { return Ok(0) };
    let mut n = 0;
    for name in dir.names()? {
        let rel = RelPath::new(&name)?;
        if dir.stat(&rel)?.is_some_and(|stat| stat.ctime.max(stat.mtime) < horizon) {
            broom.remove(&dir, &rel)?;
            n += 1;
        }
    }
    Ok(n)
}

fn nanos(time: DateTime<Utc>) -> i64 {
    time.timestamp_nanos_opt().unwrap_or(i64::MIN)
}

/// Reads which bases the sessions that stay refer to, open, archived and in the trash, and their checkpoints. A ledger that cannot be
/// read stops it: it may refer to anything.
fn used_bases(project: &Project, swept: &Swept) -> Result<HashSet<Hash>> {
    let mut used = HashSet::new();
    let mut take = |session: &Dir| -> Result<()> {
        for entry in Ledger::of(session)?.entries()? {
            used.extend(entry.base.map(|base| base.hash));
        }
        used.extend(checkpoint::contents(session)?);
        Ok(())
    };
    for name in lifecycle::names(project)? {
        take(&project.dir.open_dir(&project.sessions().join(&name)?)?)?;
    }
    for archived in archive::entries(project)? {
        take(&project.dir.open_dir(&archived.session)?)?;
    }
    if let Some(trash) = project.dir.find_dir(&project.private_dir("trash"))? {
        let goes = |name: &OsStr| swept.sessions.iter().any(|gone| name == gone.as_str());
        for name in trash.names()?.into_iter().filter(|name| !goes(name)) {
            take(&trash.open_dir(&RelPath::new(&name)?)?)?;
        }
    }
    // A landed session can be brought back, and its checkpoints with it.
    if let Some(commits) = project.dir.find_dir(&project.private_dir("commits"))? {
        let goes = |id: &OsStr| swept.commits.iter().any(|gone| id == gone.as_str());
        for id in commits.names()?.into_iter().filter(|id| !goes(id)) {
            let session = RelPath::new(&id)?.join(OsStr::new("session"))?;
            if let Some(session) = commits.find_dir(&session)? {
                used.extend(checkpoint::contents(&session)?);
            }
        }
    }
    Ok(used)
}
