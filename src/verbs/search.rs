//! `search`: sessions by what stands in them: open and archived ones, and those that were cancelled or landed, as long as they
//! are kept.
//!
//! An index says where the words of a query stand ([`crate::store::index`]); what is shown is read where it stands. Before
//! it is asked, what changed since it was made is read anew: for an open session the time of its lock says so, and for
//! those that are somebody's, or were changed last, what their files look like. What cannot be brought into the index
//! (somebody else is at it, the disk is full) is searched as it is, so an index is never waited for and never trusted alone.

use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::Place;
use crate::error::{Error, Kind, Result};
use crate::fs::{Dir, ambient};
use crate::landing::journal::{Journal, Work};
use crate::project::Project;
use crate::relpath::RelPath;
use crate::report::{Found, Hit, Report};
use crate::session::archive;
use crate::session::lifecycle;
use crate::session::search::{Match, Query};
use crate::session::texts;
use crate::session::words;
use crate::store::index::{self, Entry, Index, Known, LOOK_AGAIN, Likeness, Seen, Words};
use crate::store::lock::{Lock, Stamps, Which};
use crate::store::record::Pointer;

/// How many sessions a search names.
const MAX_HITS: usize = 20;

/// How many sessions are read before they are written into the index.
const BATCH: usize = 512;

/// How many of the sessions that were changed last are looked at more closely, besides those that are somebody's.
const WATCHED: usize = 16;

/// What was written within so many nanoseconds may have been written again without looking otherwise.
const RECENT: i64 = 1_000_000_000;

/// A session that is kept.
pub(super) struct Kept {
    /// Its name.
    pub(super) name: OsString,
    /// `open`, `archived`, `cancelled` or `landed`.
    pub(super) state: &'static str,
    /// Its directory, relative to the project.
    pub(super) path: RelPath,
    /// The inode of its directory, of an open one.
    ino: u64,
}

impl Kept {
    /// Gives the name as text.
    pub(super) fn shown(&self) -> String {
        self.name.to_string_lossy().into_owned()
    }

    fn is_open(&self) -> bool {
        self.state == "open"
    }
}

/// Lists every session that is kept, in the order of the bytes of their paths.
pub(super) fn everywhere(project: &Project) -> Result<Vec<Kept>> {
    let mut found = Vec::new();
    let sessions = project.sessions();
    if let Some(dir) = project.dir.find_dir(&sessions)? {
        for (name, ino) in dir.directories()? {
            found.push(Kept { path: sessions.join(&name)?, name, state: "open", ino });
        }
    }
    for one in archive::entries(project)? {
        found.push(Kept { name: one.name.as_str().into(), state: "archived", path: one.session, ino: 0 });
    }
    let trash = project.private_dir("trash");
    if let Some(dir) = project.dir.find_dir(&trash)? {
        for (entry, _) in dir.directories()? {
            let mut parts = entry.as_bytes().split(|b| *b == b'.');
            let name = OsStr::from_bytes(parts.next().unwrap_or_default()).to_os_string();
            let state = if parts.nth(1) == Some(b"landed") { "landed" } else { "cancelled" };
            found.push(Kept { name, state, path: trash.join(&entry)?, ino: 0 });
        }
    }
    for head in Journal::finished(project)?.into_iter().filter(|head| head.work == Work::Commit && head.whole)
    {
        let path = Journal::dir(project, &head.id).join(OsStr::new("session"))?;
        if project.dir.stat(&path)?.is_some() {
            found.push(Kept { name: head.session.into(), state: "landed", path, ino: 0 });
        }
    }
    found.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    Ok(found)
}

pub(super) fn search(at: &Place<'_>, text: &str) -> Result<Report> {
    let query = Query::of(text)
        .ok_or_else(|| Error::usage("search needs a word").hint("redraft search \"token refresh\""))?;
    let kept = everywhere(at.project)?;
    let (index, left) = up_to_date(at, &kept);
    let mut found = live(at.project, &kept, &left, &query);
    let mut total = found.len();
    if let Some(index) = &index {
        // An index that breaks while it is read is no help.
        let rest = || (0..kept.len()).filter(|nth| !left.contains(nth)).collect::<Vec<_>>();
        let (best, n) = indexed(index, &kept, &left, &query).unwrap_or_else(|_| {
            let all = live(at.project, &kept, &rest(), &query);
            let n = all.len();
            (all, n)
        });
        found.extend(best);
        total += n;
    }
    found.sort_by(|a, b| {
        b.score
            .cmp(&a.score)
            .then_with(|| kept[a.nth].name.cmp(&kept[b.nth].name))
            .then_with(|| a.nth.cmp(&b.nth))
    });
    let mut hits = Vec::new();
    let (root, mut next) = (&at.project.dir, found.as_slice());
    while !next.is_empty() && hits.len() < MAX_HITS {
        let (some, rest) = next.split_at(next.len().min(MAX_HITS - hits.len()));
        next = rest;
        let one = |candidate: &Candidate| shown(root, &kept[candidate.nth], candidate, &query);
        let read = in_parallel(some, 4, &|part| part.iter().map(one).collect::<Vec<_>>());
        for (candidate, shown) in some.iter().zip(read.into_iter().flatten()) {
            let one = &kept[candidate.nth];
            match shown? {
                Some(Match { field, excerpt, .. }) => {
                    let score = candidate.score;
                    hits.push(Hit { session: one.shown(), state: one.state, score, field, excerpt });
                }
                // It ended, or says something else by now.
                None => total -= 1,
            }
        }
    }
    Ok(Report::Found(Found { query: text.trim().to_string(), hits, total }))
}

/// A session in which something was found.
struct Candidate {
    /// Which of the kept ones.
    nth: usize,
    /// In hundredths.
    score: u32,
    /// Kinds of its texts in which most was found, best first.
    fields: Vec<String>,
}

/// Reads what is to be shown of a candidate, where it stands.
fn shown(root: &Dir, one: &Kept, candidate: &Candidate, query: &Query) -> Result<Option<Match>> {
    let Some(dir) = root.find_dir(&one.path)? else { return Ok(None) };
    let name = one.shown();
    for field in &candidate.fields {
        if let Some(found) = query.find(&texts::of_kind(&dir, &name, field)) {
            return Ok(Some(found));
        }
    }
    Ok(query.find(&texts::all(&dir, &name)))
}

/// Searches sessions as they are.
fn live(project: &Project, kept: &[Kept], which: &[usize], query: &Query) -> Vec<Candidate> {
    let one = |nth: &usize| {
        let dir = project.dir.find_dir(&kept[*nth].path).ok().flatten()?;
        let found = query.find(&texts::all(&dir, &kept[*nth].shown()))?;
        Some(Candidate { nth: *nth, score: found.score, fields: vec![found.field] })
    };
    which.iter().filter_map(one).collect()
}

/// Asks the index for the best, and how many there are; what is `left` is not in it as it is.
fn indexed(
    (index, known): &Indexed,
    kept: &[Kept],
    left: &[usize],
    query: &Query,
) -> Result<(Vec<Candidate>, usize)> {
    let words: Vec<Likeness> = query.stems().iter().map(|stem| index.look_up(stem)).collect::<Result<_>>()?;
    // What each word comes to in a session is its best likeness there, by what the text counts.
    let mut scores: Vec<(i64, u32)> = Vec::new();
    for found in &words {
        let mut best: Vec<(i64, u32)> = Vec::new();
        for (text, likeness) in found {
            let (session, score) = (index::session_of(*text), likeness * index::weight_of(*text) / 100);
            match best.last_mut() {
                Some((last, most)) if *last == session => *most = (*most).max(score),
                _ => best.push((session, score)),
            }
        }
        scores.extend(best);
    }
    scores.sort_by_key(|(session, _)| *session);
    let places: HashMap<i64, usize> =
        known.iter().enumerate().filter_map(|(nth, known)| Some((known.as_ref()?.no, nth))).collect();
    let n_words = u32::try_from(words.len()).unwrap_or(u32::MAX).max(1);
    let mut found: Vec<(u32, usize, i64)> = Vec::new();
    for session in scores.chunk_by(|a, b| a.0 == b.0) {
        let score = session.iter().map(|(_, score)| score).sum::<u32>() / n_words;
        let (no, _) = session[0];
        found.extend(places.get(&no).map(|nth| (score, *nth, no)));
    }
    let left: BTreeSet<usize> = left.iter().copied().collect();
    found.retain(|(score, nth, _)| *score > 0 && !left.contains(nth));
    // Some of the first may turn out to be gone; the rest is only counted.
    let (total, most) = (found.len(), 2 * MAX_HITS);
    let better = |a: &(u32, usize, i64), b: &(u32, usize, i64)| {
        let by_name = kept[a.1].name.cmp(&kept[b.1].name);
        b.0.cmp(&a.0).then(by_name).then(a.1.cmp(&b.1))
    };
    if total > most {
        found.select_nth_unstable_by(most, better);
        found.truncate(most);
    }
    let one = |(score, nth, no)| Ok(Candidate { nth, score, fields: best_fields(index, &words, no)? });
    let best = found.into_iter().map(one).collect::<Result<Vec<_>>>()?;
    Ok((best, total))
}

/// Gives the kinds of a session's texts in which most of the query stands.
fn best_fields(index: &Index, words: &[Likeness], session: i64) -> Result<Vec<String>> {
    let mut sums: HashMap<i64, u32> = HashMap::new();
    for found in words {
        let first = found.partition_point(|(text, _)| index::session_of(*text) < session);
        for (text, likeness) in
            found[first..].iter().take_while(|(text, _)| index::session_of(*text) == session)
        {
            *sums.entry(*text).or_default() += likeness * index::weight_of(*text) / 100;
        }
    }
    let mut best: Vec<(u32, i64)> = sums.into_iter().map(|(text, sum)| (sum, text)).collect();
    best.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    best.iter().take(3).filter_map(|(_, text)| index.field(*text).transpose()).collect()
}

/// The index, and what it has of each of the kept sessions.
type Indexed = (Index, Vec<Option<Known>>);

/// Opens the index and brings it up to date; gives also the sessions for which that cannot be done, all if there is none.
fn up_to_date(at: &Place<'_>, kept: &[Kept]) -> (Option<Indexed>, Vec<usize>) {
    let all = || (0..kept.len()).collect();
    if kept.is_empty() {
        return (None, Vec::new());
    }
    for attempt in 0..2 {
        match refresh(at, kept) {
            Ok((index, left)) => return (Some(index), left),
            // It is a cache: what cannot be read is made anew, once.
            Err(error) if error.kind == Kind::Corrupt && attempt == 0 => {
                let lock = Lock::exclusive(at.project, Which::Index, at.caller.waiter("search"));
                if lock.is_err() || Index::remove(at.project).is_err() {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    (None, all())
}

fn refresh(at: &Place<'_>, kept: &[Kept]) -> Result<(Indexed, Vec<usize>)> {
    let mut index = Index::open(at.project, at.desk.env.lock_timeout)?;
    let boot = ambient::boot()?;
    // A power cut may have taken the time of a lock and left what was written under it.
    let rebooted = index.boot()?.as_deref() != Some(boot.as_str());
    let old = outdated(at, kept, index.known()?, rebooted)?;
    if old.sessions.is_empty() && old.gone.is_empty() && !rebooted {
        return Ok(((index, old.known), Vec::new()));
    }
    let Ok(lock) = Lock::exclusive(at.project, Which::Index, at.caller.waiter("search")) else {
        return Ok(((index, old.known), old.sessions));
    };
    // Somebody else may have brought it up to date while this search waited.
    let old = outdated(at, kept, index.known()?, rebooted)?;
    let stamps = Stamps::open(at.project)?;
    let now = stamps.now()?;
    index.update(&old.gone, &[])?;
    for batch in old.sessions.chunks(BATCH) {
        let entries = read(&at.project.dir, &stamps, now, kept, batch);
        index.update(&[], &entries)?;
    }
    if rebooted {
        index.sure_since(&boot)?;
    }
    drop(lock);
    let (known, _) = matched(kept, index.known()?);
    let missing = old.sessions.into_iter().filter(|nth| known[*nth].is_none()).collect();
    Ok(((index, known), missing))
}

/// Finds what the index has of each of the kept sessions, and the numbers of those that are no longer kept. Both lists are in
/// the order of their paths.
fn matched(kept: &[Kept], known: Vec<(Vec<u8>, Known)>) -> (Vec<Option<Known>>, Vec<i64>) {
    let mut gone = Vec::new();
    let mut known = known.into_iter().peekable();
    let mut of = |one: &Kept| {
        let path = one.path.as_bytes();
        while let Some((_, lost)) = known.next_if(|(own, _)| own.as_slice() < path) {
            gone.push(lost.no);
        }
        known.next_if(|(own, _)| own == path).map(|(_, known)| known)
    };
    let matched = kept.iter().map(&mut of).collect();
    gone.extend(known.map(|(_, lost)| lost.no));
    (matched, gone)
}

/// What the index has otherwise than it is.
struct Outdated {
    /// What it has of each of the kept sessions.
    known: Vec<Option<Known>>,
    /// Sessions to read, by their place among the kept ones.
    sessions: Vec<usize>,
    /// Numbers of sessions that are no longer kept.
    gone: Vec<i64>,
}

/// Finds what changed; looks closely at `all` sessions, or only at those that may change without a lock.
fn outdated(at: &Place<'_>, kept: &[Kept], known: Vec<(Vec<u8>, Known)>, all: bool) -> Result<Outdated> {
    let (known, gone) = matched(kept, known);
    let now = taken(&Stamps::open(at.project)?, kept)?;
    let mut sessions = Vec::new();
    let mut same: Vec<(i64, usize)> = Vec::new();
    for (nth, (one, known)) in kept.iter().zip(&known).enumerate() {
        match known {
            Some(Known { seen, .. }) if seen.stamp == now[nth] && seen.ino == one.ino => {
                same.push((now[nth], nth));
            }
            _ => sessions.push(nth),
        }
    }
    // Nobody takes a lock to write into a copy that is in the layer already.
    let somebodys = somebodys(at);
    same.retain(|(_, nth)| kept[*nth].is_open());
    same.sort_unstable_by(|a, b| b.cmp(a));
    for (place, (_, nth)) in same.iter().enumerate() {
        let one = &kept[*nth];
        if !all && place >= WATCHED && !somebodys.contains(&one.name) {
            continue;
        }
        let seen = known[*nth].map_or(LOOK_AGAIN, |known| known.seen.print);
        let print = at.project.dir.find_dir(&one.path)?.map(|dir| texts::print(&dir)).transpose();
        if !matches!(print, Ok(Some((print, _))) if print == seen) {
            sessions.push(*nth);
        }
    }
    Ok(Outdated { known, sessions, gone })
}

/// Looks when the lock of each open session was taken, with as many threads as there are processors: it is one look for each,
/// but there may be very many. What has ended has no such time.
fn taken(stamps: &Stamps, kept: &[Kept]) -> Result<Vec<i64>> {
    let of = |one: &Kept| if one.is_open() { stamps.of(&one.name) } else { Ok(0) };
    in_parallel(kept, 1_000, &|part| part.iter().map(of).collect::<Result<Vec<_>>>()).into_iter().try_fold(
        Vec::with_capacity(kept.len()),
        |mut all, part| {
            all.extend(part?);
            Ok(all)
        },
    )
}

/// Does something with the parts of a list, each at least so long, in as many threads as there are processors.
fn in_parallel<T: Sync, R: Send>(list: &[T], least: usize, work: &(dyn Fn(&[T]) -> R + Sync)) -> Vec<R> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = list.len().div_ceil(n_threads).max(least);
    if list.len() <= share {
        return vec![work(list)];
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = list.chunks(share).map(|part| scope.spawn(move || work(part))).collect();
        // A part whose thread panicked is done here, where the panic is told.
        parts
            .into_iter()
            .zip(list.chunks(share))
            .map(|(part, own)| part.join().unwrap_or_else(|_| work(own)))
            .collect()
    })
}

/// Gives the sessions that are this caller's or anybody else's.
fn somebodys(at: &Place<'_>) -> BTreeSet<OsString> {
    let pointer = Pointer::read(at.project).map(|pointer| lifecycle::names_in(&pointer)).unwrap_or_default();
    let own = lifecycle::whose(at.project, &at.caller).ok().flatten();
    pointer.into_iter().chain(own).map(|name| OsString::from(String::from(name))).collect()
}

/// Reads sessions for the index.
fn read(root: &Dir, stamps: &Stamps, now: i64, kept: &[Kept], which: &[usize]) -> Vec<Entry> {
    let one = |nth: &usize| entry(root, stamps, now, &kept[*nth]).ok().flatten();
    let parts = in_parallel(which, 8, &|part| part.iter().filter_map(one).collect::<Vec<_>>());
    parts.into_iter().flatten().collect()
}

/// Reads one session; what is seen of it is seen first, so that a change in between is found the next time.
fn entry(root: &Dir, stamps: &Stamps, now: i64, one: &Kept) -> Result<Option<Entry>> {
    let Some(dir) = root.find_dir(&one.path)? else { return Ok(None) };
    let seen = if one.is_open() {
        let stamp = stamps.of(&one.name)?;
        let at_work = now.saturating_sub(stamp) < RECENT || stamps.is_held(&one.name)?;
        let (print, newest) = texts::print(&dir)?;
        let writing = now.saturating_sub(newest) < RECENT;
        Seen {
            ino: one.ino,
            stamp: if at_work { LOOK_AGAIN } else { stamp },
            print: if writing { LOOK_AGAIN } else { print },
        }
    } else {
        Seen { ino: 0, stamp: 0, print: 0 }
    };
    let mut texts: Vec<Words> = Vec::new();
    for text in texts::all(&dir, &one.shown()) {
        let stems = words::stems(&text.text);
        // What is said in many lines of one kind is one text to the index.
        match texts.iter_mut().find(|known| known.field == text.field && known.weight == text.weight) {
            Some(known) => known.stems.extend(stems),
            None => {
                texts.push(Words {
                    field: text.field,
                    weight: text.weight,
                    stems: stems.into_iter().collect(),
                });
            }
        }
    }
    Ok(Some(Entry { path: one.path.clone(), seen, texts }))
}
