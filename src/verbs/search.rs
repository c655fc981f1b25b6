//! `search`: sessions by what stands in them: open and archived ones, and those that were cancelled or landed, as long as they
//! are kept ([`library`]).
//!
//! An index says where the words of a query stand ([`crate::store::index`]); what is shown is read where it stands. Before
//! it is asked, what changed since it was made is read anew ([`refresh`]); what could not be is searched as it is.
//!
//! A hook or a server does not wait until thousands of sessions have come into the index: when its time is over it answers
//! from what is there, and says how much is not. The next call goes on from there.

mod library;
mod refresh;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use self::library::Library;
use self::refresh::{FEW, Indexed, up_to_date};
use super::Place;
use crate::error::{Error, Result};
use crate::fs::parallel;
use crate::report::{Found, Hit, Report};
use crate::session::search::{Excerpt, Query};
use crate::session::texts;
use crate::store::index::{self, Index, Likeness};

/// How many sessions a search names.
const MAX_HITS: usize = 20;

#[inline(never)]
pub(super) fn search(at: &Place<'_>, text: &str) -> Result<Report> {
    let query = Query::of(text)
        .ok_or_else(|| Error::usage("search needs a word").hint("redraft search \"token refresh\""))?;
    let begun = Instant::now();
    // A quarter of the time is for what could not be brought into the index, and for the answer.
    let share = |quarters| Until(at.desk.patience.map(|patience| begun + patience * quarters / 4));
    let (library, index, left) = up_to_date(at, share(3))?;
    let live = |which: &[usize]| live(&library, which, &query, share(4));
    let (mut found, mut unsearched) = live(&left);
    let mut total = found.len();
    if let Some(index) = &index {
        let (best, n) = if let Ok(best) = indexed(index, &library, &left, &query) {
            best
        } else {
            // An index that breaks while it is read is no help.
            let left: HashSet<usize> = left.into_iter().collect();
            let rest: Vec<usize> = (0..library.kept.len()).filter(|nth| !left.contains(nth)).collect();
            let (all, missed) = live(&rest);
            unsearched += missed;
            let n = all.len();
            (all, n)
        };
        found.extend(best);
        total += n;
    }
    found.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| library.order(a.nth, b.nth)));
    let mut hits = Vec::new();
    let mut next = found.as_slice();
    while !next.is_empty() && hits.len() < MAX_HITS {
        let (some, rest) = next.split_at(next.len().min(MAX_HITS - hits.len()));
        next = rest;
        let one = |candidate: &Candidate| shown(&library, candidate, &query);
        let read = parallel::parts(some, 4, &|part| part.iter().map(one).collect::<Vec<_>>());
        for (candidate, shown) in some.iter().zip(read.into_iter().flatten()) {
            let one = &library.kept[candidate.nth];
            match shown? {
                Some(Excerpt { field, excerpt }) => {
                    let score = candidate.score;
                    hits.push(Hit { session: one.shown(), state: one.state, score, field, excerpt });
                }
                // It ended, or says something else by now.
                None => total -= 1,
            }
        }
    }
    Ok(Report::Found(Found {
        query: text.trim().to_string(),
        hits,
        total,
        kept: library.kept.len(),
        unsearched,
    }))
}

/// When somebody who waits has waited long enough; never, where the answer may take as long as it does.
#[derive(Debug, Clone, Copy)]
struct Until(Option<Instant>);

impl Until {
    fn is_over(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }

    /// Gives a wait that ends by then.
    fn at_most(self, wait: Duration) -> Duration {
        self.0.map_or(wait, |end| wait.min(end.saturating_duration_since(Instant::now())))
    }
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
fn shown(library: &Library<'_>, candidate: &Candidate, query: &Query) -> Result<Option<Excerpt>> {
    let Some(dir) = library.open(candidate.nth)? else { return Ok(None) };
    let name = library.kept[candidate.nth].shown();
    for field in &candidate.fields {
        if let Some(found) = query.excerpt(&texts::of_kind(&dir, &name, field)) {
            return Ok(Some(found));
        }
    }
    Ok(query.excerpt(&texts::all(&dir, &name)))
}

/// Searches sessions as they are, as many as there is time for; gives also how many there was no time for.
fn live(library: &Library<'_>, which: &[usize], query: &Query, until: Until) -> (Vec<Candidate>, usize) {
    let one = |nth: usize| {
        let dir = library.open(nth).ok().flatten()?;
        let found = query.find(&texts::all(&dir, &library.kept[nth].shown()))?;
        Some(Candidate { nth, score: found.score, fields: vec![found.field] })
    };
    let some = |part: &[usize]| {
        let (mut found, mut missed) = (Vec::new(), 0);
        for (n, nth) in part.iter().enumerate() {
            if until.is_over() {
                missed = part.len() - n;
                break;
            }
            found.extend(one(*nth));
        }
        (found, missed)
    };
    let (found, missed): (Vec<_>, Vec<_>) = parallel::parts(which, FEW, &some).into_iter().unzip();
    (found.into_iter().flatten().collect(), missed.into_iter().sum())
}

/// Asks the index for the best, and how many there are; what is `left` is not in it as it is.
fn indexed(
    (index, known): &Indexed,
    library: &Library<'_>,
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
    let better =
        |a: &(u32, usize, i64), b: &(u32, usize, i64)| b.0.cmp(&a.0).then_with(|| library.order(a.1, b.1));
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
