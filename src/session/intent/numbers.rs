//! Finds files that are called by a number: "chapter 3", "the third", "0301", "spread four".
//!
//! Apart from `files.rs`, which finds them by words alone, because a number is sure where a word is not.

use super::files::{Mention, Name, Said, alike, split_number};
use super::names::{NUMBERED, THINGS};
use super::text::is_ideograph;

/// Numbers that count what comes after them, and name only what comes before.
#[rustfmt::skip]
const CARDINALS: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "два", "две", "три",
    "четыре", "пять", "шесть", "дві", "чотири", "zwei", "drei", "vier", "funf", "deux", "trois", "quatre", "cinq",
    "dos", "tres", "cuatro", "cinco", "dois", "duas", "quatro",
];

/// What an ordinal counts that is no file; beginnings of words.
#[rustfmt::skip]
const COUNTED: &[&str] = &[
    "draft", "version", "attempt", "try", "time", "take", "pass", "person", "thing", "half", "лиц", "раз", "попытк", "верси",
    "вариант", "особ", "спроб", "fassung", "versuch", "mal", "fois", "essai", "intento", "vez", "veces", "tentativa", "pessoa",
];

/// What makes an ordinal of a figure.
const ENDINGS: &[&str] = &["я", "й", "ю", "е", "ья", "ью", "ей", "ой", "го", "st", "nd", "rd", "th"];

/// The thing files are numbered by, if the prompt names several of them by nothing but ordinals.
pub(super) fn enumerated(said: &[Said], names: &[Name]) -> Option<usize> {
    // "другое" is a second one in Ukrainian only.
    let counts = |one: &&Said| one.literal.chars().count() > 4 && !one.literal.starts_with("друг");
    let ordinal = |one: &&Said| one.number.is_some() && counts(one) && !CARDINALS.contains(&one.literal);
    let mut numbers = said.iter().filter(ordinal).filter_map(|one| one.number);
    let first = numbers.next()?;
    if numbers.all(|n| n == first) {
        return None;
    }
    let counted = |pair: &[Said]| {
        pair[0].number.is_some() && COUNTED.iter().any(|counted| pair[1].literal.starts_with(counted))
    };
    only_counted(names).filter(|_| !said.windows(2).any(counted))
}

/// The thing a word names, if files are numbered by it: "of the chapters only the third".
pub(super) fn spoken_of(one: &Said, names: &[Name]) -> Option<usize> {
    if one.things.is_empty() {
        return None;
    }
    only_counted(names).filter(|row| one.things.iter().any(|(thing, _)| thing == row))
}

/// "the second chapter is fine, the third …": a number that leaves its noun out.
pub(super) fn ordinals(
    from: usize,
    to: usize,
    row: usize,
    said: &[Said],
    names: &[Name],
    found: &mut Vec<Mention>,
) {
    for word in from..to.min(from + 4) {
        let next = said.get(word + 1).filter(|_| word + 1 < to).map_or("", |next| next.literal);
        // "3-я", "2nd"
        let ordinal = said[word].literal.is_empty() && ENDINGS.contains(&next);
        let Some(n) = said[word].number.filter(|_| {
            ordinal
                || said[word].literal.chars().count() > 3
                    && !CARDINALS.contains(&said[word].literal)
                    && !COUNTED.iter().any(|counted| next.starts_with(counted))
        }) else {
            continue;
        };
        let files = (0..names.len()).filter(|&f| names[f].has_number(n) && names[f].has_thing(row));
        found.extend(files.map(|file| Mention { file, first: word, end: word + 1, score: 45 }));
    }
}

/// "Two is where I lost patience", "redo three": the only kind of file that is counted.
pub(super) fn series(
    from: usize,
    to: usize,
    row: &std::cell::OnceCell<Option<usize>>,
    said: &[Said],
    names: &[Name],
    found: &mut Vec<Mention>,
) {
    const SAYS: &[&str] = &[
        "is", "was", "has", "had", "isnt", "wasnt", "doesnt", "drags", "needs", "reads", "feels", "sounds",
        "looks", "works", "made", "makes", "though", "however", "starts", "ends", "opens", "goes", "still",
        "just", "lost", "can", "could",
    ];
    const BEFORE: &[&str] =
        &["redo", "rewrite", "write", "retry", "do", "with", "about", "regarding", "number", "make"];
    const BEHIND: &[&str] = &["again", "over", "from", "please", "pls", "anew", "afresh", "differently"];
    for word in from..to {
        // "I" is one in Rome only.
        let counts = said[word].things.is_empty() && said[word].literal != "i";
        let Some(n) = said[word].number.filter(|_| counts) else { continue };
        let next = if word + 1 < to { said[word + 1].literal } else { "" };
        let back = if word > from { said[word - 1].literal } else { "" };
        let many = word + 2 < to && matches!(said[word + 2].literal, "too" | "enough" | "of" | "one");
        let leads = !many
            && word <= from + 1
            && SAYS.contains(&next)
            && !matches!(back, "no" | "this" | "that" | "the");
        let ordered = BEFORE.contains(&back) && (word + 1 == to || BEHIND.contains(&next));
        if !leads && !ordered {
            continue;
        }
        if let Some(row) = *row.get_or_init(|| only_counted(names))
            && let Some(file) = only(names, |name| name.has_thing(row) && name.has_number(n))
        {
            found.push(Mention { file, first: word, end: word + 1, score: 45 });
        }
    }
}

/// Whether a word counts what comes after it: "two", "30".
pub(super) fn is_count(said: &Said) -> bool {
    const MORE: &[&str] =
        &["fifteen", "twenty", "thirty", "forty", "fifty", "sixty", "hundred", "several", "many"];
    CARDINALS.contains(&said.literal)
        || MORE.contains(&said.literal)
        || said.literal.is_empty() && said.padded.is_none() && said.number.is_some_and(|n| n > 1)
}

/// The only kind of file of which several have a number.
fn only_counted(names: &[Name]) -> Option<usize> {
    let counts = |name: &&Name, row: usize| {
        name.has_thing(row) && name.pieces.iter().any(|p| p.number.is_some() && !p.in_directory)
    };
    let mut rows = (0..THINGS.len()).filter(|&row| {
        NUMBERED.contains(&THINGS[row].0) && names.iter().filter(|name| counts(name, row)).nth(1).is_some()
    });
    rows.next().filter(|_| rows.next().is_none())
}

/// "0301 has no stakes": nobody writes a number with a zero in front but for a file.
pub(super) fn padded(from: usize, to: usize, said: &[Said], names: &[Name], found: &mut Vec<Mention>) {
    for (word, one) in said.iter().enumerate().take(to).skip(from) {
        let Some(number) = one.padded else { continue };
        if let Some(file) = only(names, |name| name.has_number(number)) {
            found.push(Mention { file, first: word, end: word + 1, score: 60 });
        }
    }
}

/// "chapter 3", "third chapter", "第3章", "ch3"; the thing that was counted.
pub(super) fn numbered(
    from: usize,
    to: usize,
    word: usize,
    said: &[Said],
    names: &[Name],
    found: &mut Vec<Mention>,
) -> Option<usize> {
    let mut counted = None;
    if said[word].things.is_empty() {
        called_by_number(from, to, word, said, names, found);
    }
    for &(row, end) in &said[word].things {
        let here = || {
            split_number(said[word].literal)
                .1
                .or(said[word].number.filter(|_| end == word + 1))
                .map(|n| (n, word, end))
        };
        // "give this chapter one more try": that one counts something else.
        let counts_on = |at: usize| {
            at + 1 < to && matches!(said[at + 1].literal, "more" | "last" | "final" | "another" | "of")
        };
        let number = |at: usize| {
            let here = (from..to).contains(&at) && !(said[at].literal == "one" && counts_on(at));
            here.then(|| said[at].number).flatten()
        };
        let after = || number(end).map(|n| (n, word, end + 1));
        let skipping = || {
            let near = end < to
                && matches!(
                    said[end].literal,
                    "number" | "no" | "nr" | "num" | "номер" | "numero" | "nummer"
                );
            near.then(|| number(end + 1)).flatten().map(|n| (n, word, end + 2))
        };
        // "in two pages" counts them.
        // 这一章 is this chapter.
        let this = |at: usize| {
            at > from
                && said[at].literal == "一"
                && matches!(said[at - 1].literal, "这" | "那" | "每" | "下" | "上" | "另" | "再" | "整")
        };
        let ordinal = |at: &usize| !CARDINALS.contains(&said[*at].literal) && !this(*at);
        let before = || word.checked_sub(1).filter(ordinal).and_then(number).map(|n| (n, word - 1, end));
        let Some((n, first, end)) = here().or_else(after).or_else(skipping).or_else(before) else { continue };
        let exact: Vec<usize> =
            (0..names.len()).filter(|&f| names[f].has_number(n) && names[f].has_thing(row)).collect();
        let numbered = NUMBERED.contains(&THINGS[row].0);
        let loose = || {
            let any = names
                .iter()
                .any(|name| name.has_thing(row) && name.pieces.iter().any(|p| p.number.is_some()));
            // "asleep by page two" is a place in a file.
            let place = THINGS[row].0 == "page"
                && first > from
                && matches!(said[first - 1].literal, "by" | "after" | "past" | "until" | "before");
            let files = if numbered && !any && !place {
                (0..names.len()).filter(|&f| names[f].has_number(n)).collect()
            } else {
                vec![]
            };
            (files, 50)
        };
        let (files, score) = if exact.is_empty() { loose() } else { (exact, 70) };
        if !files.is_empty() {
            counted = Some(row);
        }
        let share = u32::try_from(files.len()).unwrap_or(u32::MAX).max(1);
        for file in files {
            found.push(Mention { file, first, end, score: score - share.min(10) });
        }
    }
    counted
}

/// "spread four", "level 2": a word that is in the names of several files, and the number of one.
pub(super) fn called_by_number(
    from: usize,
    to: usize,
    word: usize,
    said: &[Said],
    names: &[Name],
    found: &mut Vec<Mention>,
) {
    let one = &said[word];
    if one.literal.len() < 3 || one.literal.starts_with(is_ideograph) {
        return;
    }
    let number = |at: usize| (from..to).contains(&at).then(|| said[at].number).flatten();
    let ordinal = |at: &usize| !CARDINALS.contains(&said[*at].literal);
    let after = number(word + 1).map(|n| (n, word, word + 2));
    let before = || word.checked_sub(1).filter(ordinal).and_then(number).map(|n| (n, word - 1, word + 1));
    let Some((n, first, end)) = after.or_else(before) else { return };
    let fits = |name: &Name| {
        name.has_number(n) && name.pieces.iter().any(|p| !p.in_directory && alike(one.literal, &p.literal))
    };
    if let Some(file) = only(names, fits) {
        found.push(Mention { file, first, end, score: 65 });
    }
}

/// Gives the one file whose name is so.
fn only(names: &[Name], is_so: impl Fn(&Name) -> bool) -> Option<usize> {
    let mut files = (0..names.len()).filter(|&file| is_so(&names[file]));
    files.next().filter(|_| files.next().is_none())
}
