//! Finds which files a prompt talks about, however they are called.
//!
//! A file is named by its path, its basename or its stem, or by the words of its name in any of the nine languages:
//! "the storm chapter", "третью главу", "quiz 1". A word that fits several files counts for less in each, so only what
//! tells files apart names one. Which of the mentions is meant is decided in `rules.rs`.

use super::index::{Index, count};
use super::names::{EMPTY, MONTHS, NUMBERS, THINGS};
use super::numbers::{enumerated, is_count, numbered, ordinals, padded, series, spoken_of};
use super::text::{Text, fold_into, is_ideograph};

static THING_INDEX: Index<{ count(THINGS) }> = Index::new(THINGS);
static NUMBER_INDEX: Index<{ count(NUMBERS) }> = Index::new(NUMBERS);
static MONTH_INDEX: Index<{ count(MONTHS) }> = Index::new(MONTHS);

/// A place in the prompt that names a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mention {
    pub(super) file: usize,
    pub(super) first: usize,
    pub(super) end: usize,
    /// How sure: 100 for a path or basename, 80 for a stem, less for words.
    pub(super) score: u32,
}

impl Mention {
    /// Whether these words are of the file's own name.
    pub(super) fn spells(&self, first: usize, end: usize) -> bool {
        self.score >= EXPLICIT && self.first <= first && end <= self.end
    }
}

/// From here on a file is called by its own name, not by words.
const EXPLICIT: u32 = 80;

/// Files beyond this many are only found by path, basename or stem.
const ALIASED: usize = 256;
/// Below this a few words in common name nothing.
const THRESHOLD: u32 = 20;

/// Every mention, strongest first and none over another.
pub(super) fn mentions(text: &Text, files: &[&str], last_written: Option<&str>) -> Vec<Mention> {
    let words: Vec<&str> = (0..text.words.len()).map(|word| text.spell(word)).collect();
    let mut found = Vec::new();
    let mut names = Vec::with_capacity(files.len().min(ALIASED));
    for (file, path) in files.iter().enumerate() {
        explicit(&words, file, path, &mut found);
        if file < ALIASED {
            names.push(Name::of(path));
        }
    }
    let said: Vec<Said> = (0..words.len()).map(|word| Said::at(&words, word)).collect();
    by_words(text, &said, &names, &mut found);
    // Of equal mentions the file that was written last wins, as it is the likeliest to be talked about.
    let is_last = |mention: &Mention| last_written == Some(files[mention.file]);
    found.sort_by_key(|m| {
        (std::cmp::Reverse(m.score), std::cmp::Reverse(m.end - m.first), !is_last(m), m.file)
    });
    let mut kept: Vec<Mention> = Vec::new();
    for mention in found {
        if kept.iter().all(|other| mention.end <= other.first || other.end <= mention.first) {
            kept.push(mention);
        }
    }
    kept
}

/// The words of a folded string, cut as `text.rs` cuts a prompt.
fn pieces(folded: &str) -> impl Iterator<Item = &str> {
    let mut rest = folded;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        let first = rest.chars().next()?;
        let end = if is_ideograph(first) {
            first.len_utf8()
        } else {
            rest.find(|c: char| !c.is_alphanumeric() || is_ideograph(c)).unwrap_or(rest.len())
        };
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        Some(piece)
    })
}

fn stem_of(basename: &str) -> &str {
    basename.rsplit_once('.').map_or(basename, |(stem, _)| if stem.is_empty() { basename } else { stem })
}

fn explicit(words: &[&str], file: usize, path: &str, found: &mut Vec<Mention>) {
    let file_name = path.rsplit('/').next().unwrap_or(path);
    let path = super::text::fold(path);
    let basename = path.rsplit('/').next().unwrap_or(&path);
    let stem = stem_of(basename);
    let stem_len = pieces(stem).count();
    // A stem of one plain word ("index", "notes") is only as good as a word.
    let humps =
        file_name.chars().zip(file_name.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    let telling = stem_len > 1 || humps || stem.contains(|c: char| c.is_ascii_digit());
    for first in 0..words.len() {
        for (spelling, score) in [(path.as_str(), 100), (basename, 98), (stem, 80)] {
            if (score == 80 && !telling) || (score == 98 && basename == stem && !telling) {
                continue;
            }
            if let Some(end) = sequence_at(words, first, spelling) {
                found.push(Mention { file, first, end, score });
                break;
            }
        }
    }
}

fn sequence_at(words: &[&str], first: usize, spelling: &str) -> Option<usize> {
    let mut at = first;
    for piece in pieces(spelling) {
        if words.get(at) != Some(&piece) {
            return None;
        }
        at += 1;
    }
    (at > first).then_some(at)
}

/// Gives the name of the thing that a word stands for in whatever language, as files are called: "сцену" is a scene.
pub(super) fn thing(word: &str) -> Option<&'static str> {
    let is = |phrase: &str| phrase.strip_suffix('*').map_or(phrase == word, |stem| word.starts_with(stem));
    THING_INDEX.candidates(word).find(|(phrase, _)| is(phrase)).map(|(_, row)| THINGS[row].0)
}

/// Rows of `THINGS` that begin at a word, with the words' end.
fn things_at(words: &[&str], at: usize) -> Vec<(usize, usize)> {
    THING_INDEX
        .candidates(words[at])
        .filter_map(|(phrase, row)| Some((row, phrase_end(phrase, words, at)?)))
        .collect()
}

fn phrase_end(phrase: &str, words: &[&str], at: usize) -> Option<usize> {
    if phrase.starts_with(is_ideograph) || phrase.chars().any(is_ideograph) {
        return sequence_at(words, at, phrase);
    }
    let fits = match phrase.strip_suffix('*') {
        Some(beginning) => words[at].starts_with(beginning),
        None => words[at] == phrase,
    };
    fits.then_some(at + 1)
}

fn number_at<const N: usize>(
    index: &Index<N>,
    table: &[(u32, &[&str])],
    words: &[&str],
    at: usize,
) -> Option<u32> {
    index
        .candidates(words[at])
        .find(|(phrase, _)| phrase_end(phrase, words, at).is_some())
        .map(|(_, row)| table[row].0)
}

/// `ch03` as `ch` and 3; also `03` and `ch` alone.
pub(super) fn split_number(word: &str) -> (&str, Option<u32>) {
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
    (letters, word[letters.len()..].parse().ok())
}

/// What a word of the prompt may stand for.
pub(super) struct Said<'a> {
    pub(super) literal: &'a str,
    pub(super) things: Vec<(usize, usize)>,
    pub(super) number: Option<u32>,
    pub(super) month: Option<u32>,
    /// The number, if it is written with a zero in front.
    pub(super) padded: Option<u32>,
}

impl<'a> Said<'a> {
    fn at(words: &[&'a str], at: usize) -> Self {
        let (literal, digits) = split_number(words[at]);
        let mut things = things_at(words, at);
        if digits.is_some() && !literal.is_empty() {
            things.extend(things_at(&[literal], 0).into_iter().map(|(row, _)| (row, at + 1)));
        }
        let number = digits.or_else(|| number_at(&NUMBER_INDEX, NUMBERS, words, at));
        let padded = digits.filter(|_| literal.is_empty() && words[at].starts_with('0'));
        Self { literal, things, number, padded, month: number_at(&MONTH_INDEX, MONTHS, words, at) }
    }
}

/// Endings that people call a file by.
const ENDINGS: &[&str] = &["css", "scss", "ipynb", "fountain"];

/// One word of a file's name.
pub(super) struct Piece {
    pub(super) literal: String,
    pub(super) things: Vec<usize>,
    pub(super) number: Option<u32>,
    pub(super) in_directory: bool,
}

/// A file's name, taken apart.
pub(super) struct Name {
    pub(super) pieces: Vec<Piece>,
}

impl Name {
    fn of(path: &str) -> Self {
        let (directories, basename) = path.rsplit_once('/').unwrap_or(("", path));
        let directory = directories.rsplit('/').next().unwrap_or("");
        let mut pieces = Vec::with_capacity(4);
        add_pieces(stem_of(basename), false, &mut pieces);
        add_pieces(directory, true, &mut pieces);
        // "the stylesheet", "the notebook": what the ending says, where it says more than "a text".
        if let Some((_, ending)) = basename.rsplit_once('.')
            && ENDINGS.contains(&ending)
        {
            add_pieces(ending, true, &mut pieces);
        }
        Self { pieces }
    }

    pub(super) fn has_thing(&self, row: usize) -> bool {
        self.pieces.iter().any(|piece| piece.things.contains(&row))
    }

    pub(super) fn has_number(&self, number: u32) -> bool {
        self.pieces.iter().any(|piece| piece.number == Some(number) && !piece.in_directory)
    }
}

fn add_pieces(name: &str, in_directory: bool, out: &mut Vec<Piece>) {
    let mut folded = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            folded.push('_');
        }
        fold_into(&mut folded, c);
        before = c;
    }
    let words: Vec<&str> = pieces(&folded).collect();
    let mut at = 0;
    while at < words.len() {
        let (literal, number) = split_number(words[at]);
        let found = if literal == words[at] { things_at(&words, at) } else { things_at(&[literal], 0) };
        let end = if literal == words[at] {
            found.iter().map(|&(_, end)| end).max().unwrap_or(at + 1)
        } else {
            at + 1
        };
        let number = number.or_else(|| {
            literal.starts_with(is_ideograph).then(|| number_at(&NUMBER_INDEX, NUMBERS, &words, at)).flatten()
        });
        let literal = words[at..end].concat();
        let literal = literal.trim_end_matches(|c: char| c.is_ascii_digit());
        let literal = if EMPTY.contains(&literal) { "" } else { literal };
        out.push(Piece {
            literal: literal.to_owned(),
            things: found.into_iter().map(|(row, _)| row).collect(),
            number,
            in_directory,
        });
        at = end;
    }
}

/// Whether two words are forms of one: equal, or alike but for an ending.
pub(super) fn alike(said: &str, piece: &str) -> bool {
    if said.as_bytes().get(..2) != piece.as_bytes().get(..2) {
        return false;
    }
    if said == piece {
        return !said.is_empty();
    }
    let (short, long) = if said.len() < piece.len() { (said, piece) } else { (piece, said) };
    if short.len() >= 3 && long.strip_prefix(short) == Some("s") {
        return true;
    }
    let common: usize =
        said.chars().zip(piece.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let letters = said[..common].chars().count();
    letters >= 5 && said[common..].chars().count() <= 3 && piece[common..].chars().count() <= 2
}

/// The piece of a name that a word stands for.
fn fitting(name: &Name, said: &Said) -> Option<usize> {
    name.pieces.iter().position(|piece| {
        !piece.literal.is_empty()
            && (piece.things.iter().any(|row| said.things.iter().any(|(said, _)| said == row))
                || (!said.literal.starts_with(is_ideograph) && alike(said.literal, &piece.literal)))
    })
}

/// What a word alone is worth when it fits one file only.
const WORD: u32 = 30;
const DIRECTORY_WORD: u32 = 22;
const MONTH: u32 = 12;

fn by_words(text: &Text, said: &[Said], names: &[Name], found: &mut Vec<Mention>) {
    // "the first is fine, the third is not": two of them need no noun.
    let mut counted = enumerated(said, names);
    let only = std::cell::OnceCell::new();
    for clause in &text.clauses {
        let before = found.len();
        for word in clause.first..clause.end {
            counted = numbered(clause.first, clause.end, word, said, names, found)
                .or(counted)
                .or_else(|| spoken_of(&said[word], names));
        }
        if before == found.len()
            && let Some(row) = counted
        {
            ordinals(clause.first, clause.end, row, said, names, found);
        }
        if before == found.len() {
            series(clause.first, clause.end, &only, said, names, found);
        }
        padded(clause.first, clause.end, said, names, found);
        // How many files each word fits.
        let fits: Vec<Vec<(usize, usize)>> = (clause.first..clause.end)
            .map(|word| {
                let fitting = |(file, name)| fitting(name, &said[word]).map(|piece| (file, piece));
                names.iter().enumerate().filter_map(fitting).collect()
            })
            .collect();
        for (file, name) in names.iter().enumerate() {
            cluster(clause.first, file, name, &fits, said, found);
        }
    }
}

/// Adds the places where enough words of one file's name stand close together.
fn cluster(
    from: usize,
    file: usize,
    name: &Name,
    fits: &[Vec<(usize, usize)>],
    said: &[Said],
    found: &mut Vec<Mention>,
) {
    let mut open: Option<(Mention, Vec<usize>)> = None;
    let total = name
        .pieces
        .iter()
        .filter(|p| !p.in_directory && (p.number.is_some() || !p.literal.is_empty()))
        .count();
    let mut close = |open: Option<(Mention, Vec<usize>)>| {
        let Some((mut mention, seen)) = open else { return };
        let stems =
            seen.iter().filter(|&&piece| piece != usize::MAX && !name.pieces[piece].in_directory).count();
        if stems > 0 && stems >= total {
            mention.score += 10;
        }
        if mention.score >= THRESHOLD {
            mention.score = mention.score.min(78);
            found.push(mention);
        }
    };
    for (offset, files) in fits.iter().enumerate() {
        let word = from + offset;
        // "the CFO has two minutes" counts them.
        if offset > 0 && said[word].literal.ends_with('s') && is_count(&said[word - 1]) {
            continue;
        }
        let month = said[word].month.filter(|&month| name.has_number(month)).map(|_| (usize::MAX, MONTH));
        let plain = files.iter().find(|(f, _)| *f == file).map(|&(_, piece)| {
            // A directory with one file in it names that file.
            let shared = name.pieces[piece].in_directory && files.len() > 1;
            let worth = if shared { DIRECTORY_WORD } else { WORD };
            (piece, worth / u32::try_from(files.len()).unwrap_or(u32::MAX))
        });
        let Some((piece, worth)) = plain.or(month) else { continue };
        let end =
            said[word].things.iter().map(|&(_, end)| end).max().unwrap_or(word + 1).min(from + fits.len());
        match &mut open {
            Some((mention, seen)) if word <= mention.end + 3 => {
                if !seen.contains(&piece) {
                    mention.score += worth;
                    seen.push(piece);
                }
                mention.end = mention.end.max(end);
            }
            _ => {
                close(open.take());
                open = Some((Mention { file, first: word, end, score: worth }, vec![piece]));
            }
        }
    }
    close(open);
}
