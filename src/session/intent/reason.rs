//! Takes from a prompt the few words that say what is wrong.
//!
//! The clause that complains is chosen, nearest to the order; politeness, the order itself and the file's name are
//! trimmed off its ends. The words stay as they were written: a reason is quoted, never composed.

use super::files::Mention;
use super::lexicon::Cue;
use super::orders::Order;
use super::reading::Reading;
use super::text::boundary_before;

/// The longest reason, in bytes; a longer one is cut at a word.
const LONGEST: usize = 240;

/// The reason, or nothing.
pub(super) fn reason(reading: &Reading, order: Option<&Order>, target: Option<&Mention>) -> String {
    let text = reading.text;
    let best = (0..text.clauses.len())
        .filter_map(|clause| {
            let (first, end) = trimmed(reading, clause, order)?;
            let worth = worth(reading, clause, first, end, order, target)?;
            Some((worth, std::cmp::Reverse(clause), first, end))
        })
        .max();
    let Some((_, _, first, mut end)) = best else { return String::new() };
    // "all tell, no show": what goes on in the same breath belongs to it.
    let clause = usize::from(text.words[first].clause);
    let next = text.clauses.get(clause + 1).filter(|next| next.sentence == text.clauses[clause].sentence);
    if let Some(next) = next
        && next.end - next.first <= 5
        && end == text.clauses[clause].end
        && order.is_none_or(|order| order.clause != clause + 1)
        && (reading.clause_has(clause + 1, Cue::Bad) || reading.clause_has(clause + 1, Cue::Neg))
        && trimmed(reading, clause + 1, order).is_some()
    {
        end = next.end;
    }
    let from = text.words[first].start as usize;
    let to = text.words[end - 1].end as usize;
    let said = text.body[from..to].trim();
    if said.len() <= LONGEST {
        return said.to_owned();
    }
    let cut = boundary_before(said, LONGEST);
    let cut = said[..cut].rfind(char::is_whitespace).unwrap_or(cut);
    said[..cut].to_owned()
}

/// What says nothing at the ends of a reason.
const EDGES: &[Cue] = &[
    Cue::Filler,
    Cue::It,
    Cue::Polite,
    Cue::Again,
    Cue::Scratch,
    Cue::Redo,
    Cue::RedoEn,
    Cue::MaybeEn,
    Cue::RedoInf,
    Cue::Rewrite,
    Cue::RewriteEn,
    Cue::RewriteInf,
    Cue::CondPolite,
    Cue::Do,
    Cue::DoEn,
    Cue::Version,
    Cue::Other,
    Cue::Modal,
];
/// Small words a reason may begin with.
#[rustfmt::skip]
const LINKS: &[&str] = &[
    "all", "only", "все", "один", "одна", "одни", "nur", "nobody", "with", "without", "too", "no", "not",
    "с", "без", "з", "mit", "ohne", "zu", "avec", "sans", "con", "sin", "com", "sem", "по",
];
#[rustfmt::skip]
const LEADS: &[&str] = &[
    "because", "cause", "cuz", "coz", "since", "as", "its", "is", "are", "was", "were", "thats", "it",
    "this", "there", "theres", "im", "i", "honestly", "потому", "что", "там", "здесь", "тут", "он", "она",
    "оно", "они", "ведь", "бо", "weil", "denn", "ist", "er", "sie", "da", "car", "parce", "que", "il",
    "elle", "est", "porque", "es", "esta", "pois", "e", "因", "为", "因为", "它", "是", "けど",
];

/// The clause without its empty ends and without the order.
fn trimmed(reading: &Reading, clause: usize, order: Option<&Order>) -> Option<(usize, usize)> {
    let text = reading.text;
    let mut first = text.clauses[clause].first;
    let mut end = text.clauses[clause].end;
    if let Some(order) = order.filter(|order| order.clause == clause) {
        // The longer side of the order is the one that may complain.
        let (before, after) = (order.first.saturating_sub(first), end.saturating_sub(order.end));
        let complains =
            |from: usize, to: usize| (from..to).any(|word| reading.owned(word, &[Cue::Bad, Cue::Worse]));
        let explained =
            reading.in_clause(clause).any(|hit| hit.cue == Cue::Because && hit.first >= order.end);
        if after > 0
            && (explained || complains(order.end, end) || (before <= after && !complains(first, order.first)))
        {
            first = order.end;
        } else {
            end = order.first.max(first);
        }
    }
    let bad = |word: usize| reading.owned(word, &[Cue::Bad]);
    let empty = |word: usize| !bad(word) && reading.owned(word, EDGES) && !LINKS.contains(&text.spell(word));
    while first < end
        && (empty(first) || reading.mentioned(first) || (!bad(first) && LEADS.contains(&text.spell(first))))
    {
        first += 1;
    }
    while first < end && empty(end - 1) && !reading.mentioned(end - 1) {
        end -= 1;
    }
    (first < end).then_some((first, end))
}

/// How likely these words are the reason; `None` when they cannot be.
fn worth(
    reading: &Reading,
    clause: usize,
    first: usize,
    end: usize,
    order: Option<&Order>,
    target: Option<&Mention>,
) -> Option<i32> {
    let text = reading.text;
    let within = |cue: Cue| {
        reading.in_clause(clause).any(|hit| hit.cue == cue && hit.first >= first && hit.end <= end)
    };
    let bad = within(Cue::Bad);
    let worse = reading.clause_has(clause, Cue::Worse);
    let sentence = usize::from(text.clauses[clause].sentence);
    let length = end - first;
    let vague = (first..end).all(|word| {
        reading.owned(word, &[Cue::Vague, Cue::Worse, Cue::Filler, Cue::It, Cue::Yours])
            || reading.mentioned(word)
    });
    if vague {
        return fallback(reading, clause, first, end, order);
    }
    let mut worth = if bad {
        6
    } else if worse {
        3
    } else {
        0
    };
    // What follows a bare rejection explains it.
    let rejects = |other: usize| {
        let same = text.clauses.get(other).is_some_and(|c| usize::from(c.sentence) == sentence);
        same && (reading.clause_has(other, Cue::Vague) || reading.clause_has(other, Cue::Worse))
    };
    if clause.checked_sub(1).is_some_and(rejects) {
        worth += 3;
    }
    if within(Cue::Good)
        || within(Cue::Thanks)
        || within(Cue::Add)
        || (!bad && reading.owned(first, &[Cue::Run]))
    {
        worth -= 4;
    }
    if length == 1 {
        worth -= 2;
    }
    worth += i32::from(length >= 3);
    if let Some(order) = order {
        let (low, high) = (clause.min(order.clause), clause.max(order.clause));
        // Clauses of nothing but politeness do not count; far off, nobody cares.
        let says = |&c: &usize| c == high || trimmed(reading, c, Some(order)).is_some();
        let away = if high - low > 6 { high - low } else { (low + 1..=high).filter(says).count() };
        let same = text.sentence_of(order.first) == sentence;
        if !same && clause > order.clause {
            worth -= 2;
        }
        worth += match (same, away) {
            (_, 0) => 2,
            (true, 1) => 4,
            (false, 1) | (true, _) => 3,
            (false, 2) => 1,
            (false, away) => -i32::try_from(away).unwrap_or(9).min(9),
        };
    }
    if target.is_some_and(|m| usize::from(text.words[m.first].clause) == clause) {
        worth += 2;
    }
    if text.sentences[sentence].question && order.is_none_or(|order| order.clause != clause) {
        worth -= 3;
    }
    (worth >= 3).then_some(worth)
}

/// A rejection that names nothing: better than no reason, worse than any other.
fn fallback(
    reading: &Reading,
    clause: usize,
    first: usize,
    end: usize,
    order: Option<&Order>,
) -> Option<i32> {
    let says = (first..end).any(|word| {
        reading.owned(word, &[Cue::Vague, Cue::Worse]) && reading.text.spell(word).chars().count() > 4
    });
    let near = order.is_none_or(|order| order.clause.abs_diff(clause) <= 3);
    (says && near).then_some(-50)
}
