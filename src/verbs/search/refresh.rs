//! What a search asks, brought up to date before it is asked.
//!
//! A few signs say that nothing changed since the index was made ([`Stamps::signs`], the time of the sessions' directory);
//! where one has moved, for an open session the time of its lock says so, and for those that are somebody's, or were changed
//! last, what their files look like. What cannot be brought into the index (somebody else is at it, the disk is full, the
//! time is over) is left to be searched as it is, so an index is never waited for and never trusted alone.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::Until;
use super::library::{Kept, Library, everywhere};
use crate::error::{Kind, Result};
use crate::fs::{Dir, ambient, parallel};
use crate::project::Project;
use crate::session::lifecycle;
use crate::session::search::Text;
use crate::session::texts;
use crate::session::words::Lexicon;
use crate::store::index::{self, AllKnown, Entry, Index, Known, LOOK_AGAIN, Seen, Words};
use crate::store::lock::{self, Lock, SIGNS, Stamps, Waiter, Which};
use crate::store::record::Pointer;
use crate::verbs::Place;
/// How many sessions are read before they are written into the index.
const BATCH: usize = 256;

/// So few are read without further threads.
pub(super) const FEW: usize = 8;

/// How many of the sessions that were changed last are looked at more closely, besides those that are somebody's.
const WATCHED: usize = 16;

/// What was written within so many nanoseconds may have been written again without looking otherwise.
const RECENT: i64 = 1_000_000_000;

/// The index, and what it has of each of the kept sessions.
pub(super) type Indexed = (Index, Vec<Option<Known>>);

/// Every session with the index that has them, and those that are not in it as they are.
pub(super) type UpToDate<'a> = (Library<'a>, Option<Indexed>, Vec<usize>);

/// Opens the index and brings it up to date; where there can be none, no session is in it.
pub(super) fn up_to_date<'a>(at: &Place<'a>, until: Until) -> Result<UpToDate<'a>> {
    // Nothing is made where nothing is kept.
    let is_there = at.project.dir.stat(at.project.workspace())?.is_some();
    for attempt in 0..2 {
        if !is_there {
            break;
        }
        match refresh(at, until) {
            Ok((library, index, left)) => return Ok((library, Some(index), left)),
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
    let library = everywhere(at.project, None)?;
    let all = (0..library.kept.len()).collect();
    Ok((library, None, all))
}

fn refresh<'a>(at: &Place<'a>, until: Until) -> Result<(Library<'a>, Indexed, Vec<usize>)> {
    let wait = until.at_most(at.desk.env.lock_timeout);
    let mut index = Index::open(at.project, wait)?;
    let boot = ambient::boot()?;
    // A power cut may have taken the time of a lock and left what was written under it.
    let rebooted = index.boot()?.as_deref() != Some(boot.as_str());
    let old = outdated(at, &mut index, rebooted)?;
    if !old.is_any() && !rebooted {
        return Ok((old.library, (index, old.known), Vec::new()));
    }
    let waiter = Waiter { timeout: until.at_most(at.desk.env.lock_timeout), ..at.caller.waiter("search") };
    let Ok(lock) = Lock::exclusive(at.project, Which::Index, waiter) else {
        return Ok((old.library, (index, old.known), old.sessions));
    };
    // Somebody else may have brought it up to date while this search waited.
    let old = outdated(at, &mut index, rebooted)?;
    let stamps = Stamps::open(at.project)?;
    let now = stamps.now()?;
    if !old.gone.is_empty() {
        index.update(&old.gone, &[])?;
    }
    let reader = Reader { library: &old.library, stamps: &stamps, now, known: &old.known };
    let taken = take_in(&mut index, &reader, &old.sessions, until)?;
    let left: Vec<usize> = old.sessions.iter().copied().filter(|nth| !taken.contains(nth)).collect();
    // The signs are remembered when everything that was behind them is in the index.
    if left.is_empty() {
        index.remember(&old.signs.settled(now).0)?;
        if rebooted {
            index.sure_since(&boot)?;
        }
    }
    index.tidy()?;
    drop(lock);
    let (known, _) = matched(&old.library, index.known()?);
    Ok((old.library, (index, known), left))
}

/// The signs that tell that nothing changed: those of the locks, then inode, size and times of the sessions' directory, in
/// which every session comes and goes by a rename.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Signs(Vec<i64>);

impl Signs {
    /// Looks at them.
    fn now(project: &Project) -> Result<Self> {
        let mut signs = Stamps::open(project)?.signs()?;
        let dir = project.dir.stat(&project.sessions())?;
        signs.extend(
            dir.map_or([0; 4], |dir| [dir.ino.cast_signed(), dir.size.cast_signed(), dir.mtime, dir.ctime]),
        );
        Ok(Self(signs))
    }

    /// Tells whether the same sessions are open as when `other` was looked at.
    fn same_names(&self, other: &Self) -> bool {
        self.0.get(SIGNS..) == other.0.get(SIGNS..) && self.0.len() == other.0.len()
    }

    /// Tells whether no lock that shares this session's sign was taken since `other` was looked at.
    fn same_lock(&self, other: &Self, session: &OsStr) -> bool {
        let nth = lock::sign_of(session);
        let moved = self.0.get(nth);
        moved.is_some() && moved != Some(&LOOK_AGAIN) && moved == other.0.get(nth)
    }

    /// Gives what is to be remembered of them: one that moved just now may move again without looking otherwise.
    fn settled(&self, now: i64) -> Self {
        let recent = |time: &i64| now.saturating_sub(*time) < RECENT;
        let (locks, dir) = self.0.split_at(SIGNS);
        let dir_moved = dir.iter().skip(2).any(recent);
        let locks = locks.iter().map(|time| if recent(time) { LOOK_AGAIN } else { *time });
        Self(locks.chain(dir.iter().map(|sign| if dir_moved { LOOK_AGAIN } else { *sign })).collect())
    }
}

/// Reads sessions into the index, as many as there is time for; gives those that are in it now.
///
/// They are read in as many threads as there are processors while this one writes: reading and finding the stems is most
/// of the work. What was written stays, so whoever comes next goes on from there.
fn take_in(index: &mut Index, reader: &Reader<'_>, which: &[usize], until: Until) -> Result<HashSet<usize>> {
    let mut taken = HashSet::new();
    let mut batch = Vec::new();
    if which.len() <= FEW {
        let mut lexicon = Lexicon::new(index::MAX_STEM);
        for nth in which {
            if let Ok(Some(entry)) = reader.entry(*nth, &mut lexicon) {
                taken.insert(*nth);
                batch.push(entry);
            }
        }
        if !batch.is_empty() {
            index.update(&[], &batch)?;
        }
        return Ok(taken);
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel(BATCH);
        for _ in 0..parallel::n_threads(which.len(), FEW) {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                let mut lexicon = Lexicon::new(index::MAX_STEM);
                while let Some(nth) = which.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // What cannot be read is not in the index. Nobody listens any more when the time is over.
                    if let Ok(Some(entry)) = reader.entry(*nth, &mut lexicon)
                        && send.send((*nth, entry)).is_err()
                    {
                        break;
                    }
                }
            });
        }
        drop(send);
        for (nth, entry) in receive {
            batch.push(entry);
            taken.insert(nth);
            let over = until.is_over();
            if batch.len() >= BATCH || over {
                index.update(&[], &batch)?;
                batch.clear();
            }
            if over {
                break;
            }
        }
        if batch.is_empty() { Ok(()) } else { index.update(&[], &batch) }
    })?;
    Ok(taken)
}

/// Finds what the index has of each of the kept sessions, and the numbers of those that are no longer kept.
fn matched(library: &Library<'_>, known: AllKnown) -> (Vec<Option<Known>>, Vec<i64>) {
    matched_from(library, 0, known)
}

/// The same, where the first so many of the kept sessions are not among the known ones.
fn matched_from(library: &Library<'_>, first: usize, known: AllKnown) -> (Vec<Option<Known>>, Vec<i64>) {
    let key = |one: &Kept| match &one.ended_at {
        None => (true, one.name.as_bytes().to_vec()),
        Some(path) => (false, path.as_bytes().to_vec()),
    };
    let mut places: HashMap<(bool, Vec<u8>), usize> = HashMap::with_capacity(library.kept.len() - first);
    places.extend(library.kept.iter().enumerate().skip(first).map(|(nth, one)| (key(one), nth)));
    let mut found = vec![None; library.kept.len()];
    let mut gone = Vec::new();
    let sessions = library.sessions.as_bytes();
    for (path, known) in known {
        let open = path.strip_prefix(sessions).and_then(|rest| rest.strip_prefix(b"/"));
        let place = match open {
            Some(name) => places.get(&(true, name.to_vec())),
            None => places.get(&(false, path)),
        };
        match place {
            Some(nth) if found[*nth].is_none() => found[*nth] = Some(known),
            _ => gone.push(known.no),
        }
    }
    (found, gone)
}

/// What the index has otherwise than it is.
struct Outdated<'a> {
    /// Every session.
    library: Library<'a>,
    /// The signs, as they were before anything else was looked at.
    signs: Signs,
    /// One of the signs has moved.
    moved: bool,
    /// What it has of each of the kept sessions.
    known: Vec<Option<Known>>,
    /// Sessions to read, by their place among the kept ones.
    sessions: Vec<usize>,
    /// Numbers of sessions that are no longer kept.
    gone: Vec<i64>,
}

impl Outdated<'_> {
    /// Tells whether there is anything to be brought up to date.
    fn is_any(&self) -> bool {
        self.moved || !self.sessions.is_empty() || !self.gone.is_empty()
    }
}

/// Finds what changed; looks closely at `all` sessions, or only at those that may change without a lock.
fn outdated<'a>(at: &Place<'a>, index: &mut Index, all: bool) -> Result<Outdated<'a>> {
    let signs = Signs::now(at.project)?;
    let known = index.known()?;
    let remembered = Signs(index.signs()?);
    let (library, known, gone) = if !all && signs.same_names(&remembered) {
        listed(at.project, known)?
    } else {
        let library = everywhere(at.project, None)?;
        let (known, gone) = matched(&library, known);
        (library, known, gone)
    };
    let kept = &library.kept;
    // What is known of a lock is what it says now, as long as its sign is the same.
    let as_known = |nth: usize| {
        let known = known[nth].filter(|known| known.seen.stamp != LOOK_AGAIN)?;
        (!all && signs.same_lock(&remembered, &kept[nth].name)).then_some(known.seen.stamp)
    };
    let now = taken(&Stamps::open(at.project)?, kept, &as_known)?;
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
    if same.len() > WATCHED {
        same.select_nth_unstable_by(WATCHED, |a, b| b.cmp(a));
    }
    for (place, (_, nth)) in same.iter().enumerate() {
        let one = &kept[*nth];
        if !all && place >= WATCHED && !somebodys.contains(&one.name) {
            continue;
        }
        let seen = known[*nth].map_or(LOOK_AGAIN, |known| known.seen.print);
        let print = library.open(*nth)?.map(|dir| texts::print(&dir)).transpose();
        if !matches!(print, Ok(Some((print, _))) if print == seen) {
            sessions.push(*nth);
        }
    }
    // What was changed last is read first: who has no time for all of it has that.
    sessions.sort_unstable_by_key(|nth| (std::cmp::Reverse(now[*nth]), *nth));
    let moved = signs != remembered;
    Ok(Outdated { library, signs, moved, known, sessions, gone })
}

/// Gives the sessions that the index has as open, without asking the directory, with those that have ended.
fn listed(project: &Project, known: AllKnown) -> Result<(Library<'_>, Vec<Option<Known>>, Vec<i64>)> {
    let (mut open, mut known_open, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    let sessions = project.sessions();
    for (path, known) in known {
        match path.strip_prefix(sessions.as_bytes()).and_then(|below| below.strip_prefix(b"/")) {
            Some(name) => {
                let name = OsStr::from_bytes(name).to_os_string();
                open.push(Kept { name, state: "open", ended_at: None, ino: known.seen.ino });
                known_open.push(Some(known));
            }
            None => rest.push((path, known)),
        }
    }
    let n_open = open.len();
    let library = everywhere(project, Some(open))?;
    let (mut known, gone) = matched_from(&library, n_open, rest);
    known.splice(..n_open, known_open);
    Ok((library, known, gone))
}

/// Looks when the lock of each open session was taken, with as many threads as there are processors: it is one look for each
/// of which it is not known, but there may be very many. What has ended has no such time.
fn taken(stamps: &Stamps, kept: &[Kept], as_known: &dyn Fn(usize) -> Option<i64>) -> Result<Vec<i64>> {
    let mut now: Vec<i64> = vec![0; kept.len()];
    let mut unknown = Vec::new();
    for (nth, one) in kept.iter().enumerate().filter(|(_, one)| one.is_open()) {
        match as_known(nth) {
            Some(known) => now[nth] = known,
            None => unknown.push((nth, one)),
        }
    }
    let look = |part: &[(usize, &Kept)]| {
        part.iter().map(|(nth, one)| Ok((*nth, stamps.of(&one.name)?))).collect::<Result<Vec<_>>>()
    };
    for part in parallel::parts(&unknown, 1_000, &look) {
        part?.into_iter().for_each(|(nth, stamp)| now[nth] = stamp);
    }
    Ok(now)
}

/// Gives the sessions that are this caller's or anybody else's.
fn somebodys(at: &Place<'_>) -> BTreeSet<OsString> {
    let pointer = Pointer::read(at.project).map(|pointer| lifecycle::names_in(&pointer)).unwrap_or_default();
    let own = lifecycle::whose(at.project, &at.caller).ok().flatten();
    pointer.into_iter().chain(own).map(|name| OsString::from(String::from(name))).collect()
}

/// Reads sessions for the index.
struct Reader<'a> {
    library: &'a Library<'a>,
    stamps: &'a Stamps,
    /// The file system's clock, as it was when the index's lock was taken.
    now: i64,
    /// What the index has of each session.
    known: &'a [Option<Known>],
}

impl Reader<'_> {
    /// Reads one session; what is seen of it is seen first, so that a change in between is found the next time.
    fn entry(&self, nth: usize, lexicon: &mut Lexicon) -> Result<Option<Entry>> {
        let one = &self.library.kept[nth];
        let Some(dir) = self.library.open(nth)? else { return Ok(None) };
        let seen = if one.is_open() { self.seen(one, &dir)? } else { Seen { ino: 0, stamp: 0, print: 0 } };
        let texts = texts::all(&dir, &one.shown());
        // What is said in many lines of one kind is one text to the index.
        let mut said: Vec<(&Text, Vec<&str>)> = Vec::new();
        for text in &texts {
            let alike = |(first, _): &&mut (&Text, Vec<&str>)| {
                first.weight == text.weight && first.field == text.field
            };
            match said.iter_mut().find(alike) {
                Some((_, pieces)) => pieces.push(text.text.as_str()),
                None => said.push((text, vec![text.text.as_str()])),
            }
        }
        let words = |(first, pieces): (&Text, Vec<&str>)| Words {
            field: first.field.clone(),
            weight: first.weight,
            stems: lexicon.stems(pieces),
        };
        let texts = said.into_iter().map(words).collect();
        let (path, no) = (self.library.path(nth)?, self.known[nth].map(|known| known.no));
        Ok(Some(Entry { path, no, seen, texts, fresh: lexicon.fresh() }))
    }

    fn seen(&self, one: &Kept, dir: &Dir) -> Result<Seen> {
        let stamp = self.stamps.of(&one.name)?;
        let at_work = self.now.saturating_sub(stamp) < RECENT || self.stamps.is_held(&one.name)?;
        let (print, newest) = texts::print(dir)?;
        let writing = self.now.saturating_sub(newest) < RECENT;
        Ok(Seen {
            ino: one.ino,
            stamp: if at_work { LOOK_AGAIN } else { stamp },
            print: if writing { LOOK_AGAIN } else { print },
        })
    }
}
