//! Words of people, compared by what they mean rather than how they are bent.
//!
//! "tests" and "testing", «сцены» and «сценой» are one word here (Snowball stems, by script); words that are in every
//! task ("implement", «сделать») say nothing about which one it is. Pure.

use std::collections::BTreeSet;

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
    let (english, russian) = (Stemmer::create(Algorithm::English), Stemmer::create(Algorithm::Russian));
    words(text)
        .map(|word| {
            let cyrillic = word.chars().any(|c| matches!(c, 'а'..='я'));
            if cyrillic { russian.stem(&word).into_owned() } else { english.stem(&word).into_owned() }
        })
        .collect()
}

/// Splits a text into lower-case words and plain numbers; `ё` is `е`.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(|word| {
        let word = word.to_lowercase().replace('ё', "е");
        let number = word.trim_start_matches('0');
        let is_number = !number.is_empty() && word.chars().all(|c| c.is_ascii_digit());
        if is_number { number.to_string() } else { word }
    })
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
