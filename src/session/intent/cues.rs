//! Finds the lexicon's phrases in a text.
//!
//! A hook lives for less than a millisecond, so the lexicon is indexed while compiling (`index.rs`). A phrase never crosses a clause and never uses a quoted word. A phrase inside a longer one is dropped, which
//! is how `retry button` silences `retry`. Words of the few orders everybody mistypes are mended first.

use super::index::{Index, count};
use super::lexicon::{Cue, LEXICON};
use super::text::{Text, is_ideograph};

static INDEX: Index<{ count(LEXICON) }> = Index::new(LEXICON);

/// A phrase that was found: `words[first..end]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) cue: Cue,
    pub(super) first: usize,
    pub(super) end: usize,
    /// The words of the gap, which the phrase spans but does not own.
    gap: (usize, usize),
}

impl Hit {
    /// The words of its gap, if it has one.
    pub(super) fn gap(&self) -> (usize, usize) {
        self.gap
    }

    /// Whether the phrase owns this word.
    pub(super) fn owns(&self, word: usize) -> bool {
        (self.first..self.end).contains(&word) && !(self.gap.0..self.gap.1).contains(&word)
    }
}

/// Every phrase in the text, in order, the hidden ones left out.
pub(super) fn find(text: &Text) -> Vec<Hit> {
    let words: Vec<&str> = (0..text.words.len()).map(|word| mend(text.spell(word))).collect();
    let mut hits = Vec::with_capacity(64);
    for first in 0..text.words.len() {
        if text.words[first].quoted {
            continue;
        }
        let end = text.clauses[usize::from(text.words[first].clause)].end;
        let next = words.get(first + 1).filter(|_| first + 1 < end).map_or("", |word| *word);
        for (phrase, row) in INDEX.candidates_before(words[first], next) {
            if let Some((last, gap)) = fits(phrase, &words, text, first, end) {
                hits.push(Hit { cue: LEXICON[row].0, first, end: last, gap });
            }
        }
    }
    drop_hidden(&mut hits);
    hits
}

/// The longest phrase, in words; hidden ones are looked for no further back.
const REACH: usize = 16;

fn drop_hidden(hits: &mut Vec<Hit>) {
    let hidden = |i: usize| {
        let inner = &hits[i];
        let near = |other: &&Hit| other.first + REACH >= inner.first;
        let hides = |outer: &Hit| {
            outer.end - outer.first > inner.end - inner.first
                && (inner.first..inner.end).all(|word| outer.owns(word))
                && outer.end >= inner.end
        };
        hits[..i].iter().rev().take_while(near).any(hides)
            || hits[i..].iter().take_while(|other| other.first == inner.first).any(hides)
    };
    let keep: Vec<bool> = (0..hits.len()).map(|i| !hidden(i)).collect();
    let mut keep = keep.iter();
    hits.retain(|_| *keep.next().unwrap_or(&true));
}

/// The widest gap that `..` stands for, in words and in ideographs.
const GAP: usize = 4;
const IDEOGRAPH_GAP: usize = 10;

/// Where another thought begins, a gap ends: "write a poem about starting over".
#[rustfmt::skip]
const BARRIERS: &[&str] = &[
    "about", "where", "which", "who", "when", "if", "because", "saying", "before", "after", "until",
    "while", "что", "чтобы", "где", "когда", "если", "про", "wo", "dass", "wenn", "uber", "qui", "que",
    "quand", "donde", "cuando", "sobre", "onde", "quando", "wie", "comme", "como", "как",
];

type Span = (usize, usize);

/// Where the phrase ends if it begins at `first`, and its gap.
fn fits(phrase: &str, words: &[&str], text: &Text, first: usize, end: usize) -> Option<(usize, Span)> {
    let mut at = first;
    let mut gap = (first, first);
    let mut open = false;
    for part in phrase.split(' ') {
        if part == ".." {
            open = true;
            continue;
        }
        let width = if part.starts_with(is_ideograph) { IDEOGRAPH_GAP } else { GAP };
        let reach = || (at..end.min(at + width)).take_while(|&word| !BARRIERS.contains(&words[word])).count();
        let last = if open { at + reach() } else { at };
        let (from, to) =
            (at..=last).find_map(|from| Some((from, part_fits(part, words, text, from, end)?)))?;
        if open {
            gap = (at, from);
            open = false;
        }
        at = to;
    }
    Some((at, gap))
}

fn part_fits(part: &str, words: &[&str], text: &Text, at: usize, end: usize) -> Option<usize> {
    if part.starts_with(is_ideograph) {
        let mut at = at;
        for c in part.chars() {
            let mut utf8 = [0; 4];
            if at >= end || text.words[at].quoted || words[at] != c.encode_utf8(&mut utf8) {
                return None;
            }
            at += 1;
        }
        return Some(at);
    }
    if at >= end || text.words[at].quoted {
        return None;
    }
    let spelled = words[at];
    let same = |choice: &str| match choice.strip_suffix('*') {
        Some(beginning) => spelled.starts_with(beginning),
        None => spelled == choice,
    };
    let fits = if part.contains('/') { part.split('/').any(same) } else { same(part) };
    fits.then_some(at + 1)
}

/// Orders that are mistyped often enough to matter.
#[rustfmt::skip]
const MENDED: &[&str] = &[
    "again", "rewrite", "regenerate", "scratch", "another", "different", "переделай", "перепиши", "переделать",
    "переписать", "заново", "попробуй", "перероби", "спробуй", "nochmal", "schreib", "versuch",
    "recommence", "reecris", "reescribe", "reescreva", "intentalo", "novamente", "refaire",
];

/// Words one slip away from an order that are words of their own.
#[rustfmt::skip]
const REAL: &[&str] = &[
    "rewrote", "rewritten", "difference", "rewriter", "rewrites", "others", "gain", "reecrit", "reescribi", "reescreve",
    "reescribo", "nochmals", "versucht", "schrieb",
];

/// The order a mistyped word stands for, or the word itself.
fn mend(word: &str) -> &str {
    if let Some(meant) = hasty(word) {
        return meant;
    }
    if word.len() < 4 || REAL.contains(&word) {
        return word;
    }
    // Two bytes are the first letter, or in the Latin alphabet the first two, which nobody mistypes as often.
    MENDED
        .iter()
        .find(|order| {
            order.as_bytes()[..2] == word.as_bytes()[..2]
                && word.len().abs_diff(order.len()) <= 2
                && one_slip(word, order)
        })
        .map_or(word, |order| order)
}

/// What a short English word stands for that is typed so in haste or in slang. A match, as each word of each prompt is asked about.
#[rustfmt::skip]
fn hasty(word: &str) -> Option<&'static str> {
    Some(match word {
        "agn" | "agin" | "agan" | "agen" => "again",
        "ovr" | "ova" => "over",
        "anotha" | "anutha" => "another",
        "smth" | "sth" | "smthn" | "sumthin" | "somethin" => "something",
        "wrte" | "wirte" | "writ" => "write",
        "redu" | "reod" | "rdo" | "redoo" => "redo",
        "strat" | "srart" => "start",
        "frm" => "from",
        "dis" | "ths" => "this",
        "dat" => "that",
        "cud" | "cld" => "could",
        "wud" => "would",
        "shud" => "should",
        "borin" => "boring",
        "nahh" => "nah",
        "noo" => "no",
        "eww" => "ew",
        "ughh" => "ugh",
        "sloww" => "slow",
        "soo" => "so",
        _ => return None,
    })
}

/// Whether `typed` is `order` with two letters exchanged, one letter left out, or one inner letter wrong.
fn one_slip(typed: &str, order: &str) -> bool {
    let (mut a, mut b) = (typed.chars(), order.chars());
    loop {
        let (rest_a, rest_b) = (a.clone(), b.clone());
        match (a.next(), b.next()) {
            (Some(x), Some(y)) if x == y => {}
            (Some(x), Some(y)) => {
                let left_out = rest_a.as_str() == b.as_str();
                let wrong = !a.as_str().is_empty() && a.as_str() == b.as_str();
                let exchanged = a.next() == Some(y) && b.next() == Some(x) && a.as_str() == b.as_str();
                return left_out || wrong || exchanged;
            }
            // "rewritee"
            (Some(x), None) => return a.as_str().is_empty() && order.ends_with(x),
            (None, Some(_)) => return b.as_str().is_empty() && rest_b.clone().count() == 1,
            _ => return false,
        }
    }
}
