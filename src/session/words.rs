//! Words of people, compared by what they mean rather than how they are bent.
//!
//! "tests" and "testing", «сцены» and «сценой» are one word here (Snowball stems, by script); words that are in every
//! task ("implement", «сделать») say nothing about which one it is. Pure.

use std::collections::{BTreeSet, HashMap};

use rust_stemmers::{Algorithm, Stemmer};

/// From this share of common words on a task belongs to a session.
pub const RELEVANT: f64 = 0.5;

/// Words that tell no task from another, as stems.
const EMPTY: &[&str] = &[
    "a",
    "an",
    "and",
    "the",
    "of",
    "to",
    "in",
    "on",
    "for",
    "with",
    "by",
    "from",
    "at",
    "is",
    "it",
    "this",
    "that",
    "session",
    "task",
    "work",
    "implement",
    "add",
    "fix",
    "make",
    "creat",
    "do",
    "updat",
    "chang",
    "write",
    "new",
    "bug",
    "issu",
    "и",
    "в",
    "во",
    "на",
    "с",
    "со",
    "к",
    "по",
    "для",
    "из",
    "от",
    "о",
    "об",
    "не",
    "это",
    "сесс",
    "задач",
    "работ",
    "сдела",
    "добав",
    "исправ",
    "созда",
    "обнов",
    "измен",
    "написа",
    "нов",
];

/// Splits a text into the stems of its words, in order.
pub fn stems(text: &str) -> Vec<String> {
    let stemmers = Stemmers::new();
    raw(text).map(|word| stemmers.stem(&folded(word))).collect()
}

/// Splits a text into lower-case words and plain numbers; `ё` is `е`.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    raw(text).map(folded)
}

/// Splits a text into its words as they are written.
fn raw(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn folded(word: &str) -> String {
    if word.is_ascii() {
        let number = word.trim_start_matches('0');
        let is_number = !number.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        return if is_number { number.to_string() } else { word.to_ascii_lowercase() };
    }
    word.to_lowercase().replace('ё', "е")
}

/// Both languages.
struct Stemmers {
    english: Stemmer,
    russian: Stemmer,
}

impl Stemmers {
    fn new() -> Self {
        Self { english: Stemmer::create(Algorithm::English), russian: Stemmer::create(Algorithm::Russian) }
    }

    fn stem(&self, word: &str) -> String {
        let cyrillic = !word.is_ascii() && word.chars().any(|c| matches!(c, 'а'..='я'));
        if cyrillic { self.russian.stem(word).into_owned() } else { self.english.stem(word).into_owned() }
    }
}

/// Words that were met before, with their stems: books say the same words again and again, and finding a stem costs ten
/// times what looking it up does.
pub struct Lexicon {
    stemmers: Stemmers,
    /// From a word as it is written to its stem's place.
    known: HashMap<String, usize>,
    stems: Vec<String>,
    places: HashMap<String, usize>,
    /// For each stem the last text that has it.
    seen: Vec<u64>,
    text: u64,
    /// How many stems were given away as new.
    told: usize,
    longest: usize,
}

impl Lexicon {
    /// How many words are kept.
    const MOST: usize = 200_000;

    /// Knows nothing yet; of a stem that is longer than `longest` characters it will give the beginning.
    pub fn new(longest: usize) -> Self {
        Self {
            longest,
            stemmers: Stemmers::new(),
            known: HashMap::new(),
            stems: Vec::new(),
            places: HashMap::new(),
            seen: Vec::new(),
            text: 0,
            told: 0,
        }
    }

    /// Gives the stems of what is said in several pieces, each stem once, with spaces between.
    pub fn stems<'t>(&mut self, pieces: impl IntoIterator<Item = &'t str>) -> String {
        self.text += 1;
        let mut out = String::new();
        for word in pieces.into_iter().flat_map(raw) {
            let place = match self.known.get(word) {
                Some(place) => *place,
                None => self.meet(word),
            };
            if std::mem::replace(&mut self.seen[place], self.text) != self.text {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(&self.stems[place]);
            }
        }
        out
    }

    /// Gives the stems that were met since this was asked last; after very many words some are met for the first time again.
    pub fn fresh(&mut self) -> Vec<String> {
        let fresh = self.stems[self.told..].to_vec();
        self.told = self.stems.len();
        if self.known.len() > Self::MOST {
            *self = Self { text: self.text, ..Self::new(self.longest) };
        }
        fresh
    }

    fn meet(&mut self, word: &str) -> usize {
        let mut stem = self.stemmers.stem(&folded(word));
        if let Some((end, _)) = stem.char_indices().nth(self.longest) {
            stem.truncate(end);
        }
        let next = self.stems.len();
        let place = *self.places.entry(stem.clone()).or_insert(next);
        if place == next {
            self.stems.push(stem);
            self.seen.push(0);
        }
        self.known.insert(word.to_string(), place);
        place
    }
}

/// Tells how much a task has to do with what is said about a session, from 0 to 1: the share that the common words have
/// of the shorter of the two.
pub fn relevance(task: &str, about: &str) -> f64 {
    let (task, about) = (telling(task), telling(about));
    let shorter = task.len().min(about.len());
    if shorter == 0 {
        return 0.0;
    }
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    count(task.intersection(&about).count()) / count(shorter)
}

/// Tells whether a stem says anything about which task is meant.
pub fn tells(stem: &str) -> bool {
    !EMPTY.contains(&stem)
}

/// Gives the words that tell something; all of them where none does.
fn telling(text: &str) -> BTreeSet<String> {
    let all: BTreeSet<String> = stems(text).into_iter().collect();
    let telling: BTreeSet<String> = all.iter().filter(|stem| tells(stem)).cloned().collect();
    if telling.is_empty() { all } else { telling }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_by_their_stems() {
        assert_eq!(stems("Testing the tests, ch-03"), ["test", "the", "test", "ch", "3"]);
        assert_eq!(stems("Сцены сценой сцену"), ["сцен", "сцен", "сцен"]);
    }

    #[test]
    fn a_lexicon_says_what_stemming_each_word_says() {
        let mut lexicon = Lexicon::new(9);
        let pieces = ["Testing the tests", "the Ёлки, ёлка; 007 and 7", "tested"];
        assert_eq!(lexicon.stems(pieces), "test the елк 7 and");
        let mut each: Vec<String> = pieces.iter().flat_map(|piece| stems(piece)).collect();
        let fresh = lexicon.fresh();
        assert!(each.iter().all(|stem| fresh.contains(stem)), "{each:?} {fresh:?}");
        each.sort_unstable();
        each.dedup();
        assert_eq!(fresh.len(), each.len());
        assert_eq!(lexicon.stems(["tests: xzxzxzxzxzxz"]), "test xzxzxzxzx", "of a long one the beginning");
        assert_eq!(lexicon.fresh(), ["xzxzxzxzx"], "what is known is not new");
        assert_eq!(lexicon.stems([" - "]), "");
    }

    #[test]
    fn a_task_belongs_where_its_words_are() {
        for (task, about, relevant) in [
            ("implement OAuth2 token refresh", "implement OAuth2 auth", true),
            ("authentication tests", "testing of authentication", true),
            ("implement payment flow", "implement OAuth2 auth", false),
            ("fix login bug", "fix search bug in the index", false),
            ("переписать финал главы", "Глава 3: финал", true),
            ("новая карта", "глава 3", false),
            ("implement", "implement", true),
            ("", "anything", false),
        ] {
            assert_eq!(
                relevance(task, about) >= RELEVANT,
                relevant,
                "{task} / {about}: {}",
                relevance(task, about)
            );
        }
    }
}
