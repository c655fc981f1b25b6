//! Find sessions by what stands in them: ranked, in English and Russian word forms, typos forgiven. Pure but for the
//! texts it is given.
//!
//! Each word of a query looks for its best match among a session's texts: the same stem, a word that begins with it, or
//! one that is a slip of the keyboard away. Where it stands counts: a name more than an objective, an objective more
//! than a note. A session's score is the share of the query that was found, so a session that has all of it comes first.

use super::words;
use crate::text::Slips;

/// How much of a found text is shown, in characters.
const EXCERPT: usize = 120;

/// How many words of a query are looked for.
const MAX_WORDS: usize = 32;

/// One text of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What kind of text: "name", "objective", "retry", a path …
    pub field: String,
    /// The text.
    pub text: String,
    /// How much it counts, in hundredths.
    pub weight: u32,
}

/// What was found in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// In hundredths: 100 is every word of the query, in the name.
    pub score: u32,
    /// What kind of text had most of it.
    pub field: String,
    /// The part of it that was found.
    pub excerpt: String,
}

/// The part of a session's texts that has most of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// What kind of text it is.
    pub field: String,
    /// The line.
    pub excerpt: String,
}

/// A query, read once.
#[derive(Debug)]
pub struct Query {
    stems: Vec<String>,
    words: Vec<Word>,
}

/// One word of a query.
#[derive(Debug)]
struct Word {
    stem: String,
    length: usize,
    slips: Slips,
}

impl Query {
    /// Reads a query; `None` when it has no word.
    pub fn of(text: &str) -> Option<Self> {
        let mut stems = words::stems(text);
        stems.dedup();
        stems.truncate(MAX_WORDS);
        let word =
            |stem: &String| Word { stem: stem.clone(), length: stem.chars().count(), slips: Slips::of(stem) };
        (!stems.is_empty()).then(|| Self { words: stems.iter().map(word).collect(), stems })
    }

    /// Gives its words, as stems.
    pub fn stems(&self) -> &[String] {
        &self.stems
    }

    /// Looks for the query in a session's texts; `None` when nothing of it is there.
    pub fn find(&self, texts: &[Text]) -> Option<Match> {
        let mut best = vec![0_u32; self.stems.len()];
        let mut shown: Option<(u32, &Text, String)> = None;
        for text in texts {
            for line in text.text.lines() {
                let found = self.in_line(line);
                let score: u32 = found.iter().map(|hit| hit * text.weight / 100).sum();
                for (best, hit) in best.iter_mut().zip(&found) {
                    *best = (*best).max(hit * text.weight / 100);
                }
                if score > shown.as_ref().map_or(0, |(score, ..)| *score) {
                    shown = Some((score, text, excerpt(line)));
                }
            }
        }
        let (_, text, excerpt) = shown?;
        let n = u32::try_from(self.stems.len()).unwrap_or(u32::MAX);
        Some(Match { score: best.iter().sum::<u32>() / n, field: text.field.clone(), excerpt })
    }

    /// Finds the line of a session's texts that [`Self::find`] would show, without asking what all of them come to.
    pub fn excerpt(&self, texts: &[Text]) -> Option<Excerpt> {
        let n = u32::try_from(self.stems.len()).unwrap_or(u32::MAX);
        let heaviest = texts.iter().map(|text| text.weight).max()?;
        let mut best: Option<(u32, &Text, &str)> = None;
        'all: for text in texts {
            for line in text.text.lines() {
                let score: u32 = self.in_line(line).iter().map(|hit| hit * text.weight / 100).sum();
                if score > best.as_ref().map_or(0, |(score, ..)| *score) {
                    best = Some((score, text, line));
                }
                // Nothing that follows can be better than a line with every word as it is.
                if score >= n.saturating_mul(heaviest) {
                    break 'all;
                }
            }
        }
        best.map(|(_, text, line)| Excerpt { field: text.field.clone(), excerpt: excerpt(line) })
    }

    /// Tells for each word of the query how well a line has it, in hundredths.
    fn in_line(&self, line: &str) -> Vec<u32> {
        let own = words::stems(line);
        self.words
            .iter()
            .map(|wanted| own.iter().map(|word| wanted.likeness(word)).max().unwrap_or(0))
            .collect()
    }
}

impl Word {
    /// Tells how much another stem is like this one, in hundredths.
    fn likeness(&self, word: &str) -> u32 {
        if self.stem == word {
            100
        } else if self.length >= 3 && word.starts_with(&self.stem) {
            80
        } else if self.length >= 4 && self.slips.distance(word).is_some() {
            60
        } else {
            0
        }
    }
}

fn excerpt(line: &str) -> String {
    let line = line.trim();
    let mut short: String = line.chars().take(EXCERPT).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(field: &str, text: &str, weight: u32) -> Text {
        Text { field: field.into(), text: text.into(), weight }
    }

    #[test]
    fn words_are_found_by_stem_beginning_and_slip() {
        let texts = [
            text("name", "auth-refresh", 100),
            text("objective", "Implement token authentication", 80),
            text("note", "Сцены финала переписаны", 50),
        ];
        for (query, score, field) in [
            ("auth", Some(100), "name"),
            ("authenticating tokens", Some(80), "objective"),
            ("autentication", Some(48), "objective"),
            ("сценой", Some(50), "note"),
            ("финалы", Some(30), "note"),
            ("auth nothing", Some(50), "name"),
            ("nothing", None, ""),
        ] {
            let found = Query::of(query).unwrap().find(&texts);
            let shown = Query::of(query).unwrap().excerpt(&texts).map(|found| (found.field, found.excerpt));
            assert_eq!(shown, found.clone().map(|found| (found.field, found.excerpt)), "{query}");
            let got = found.as_ref().map(|found| (found.score, found.field.as_str()));
            assert_eq!(got, score.map(|score| (score, field)), "{query}");
        }
        assert!(Query::of(" - ").is_none());
    }
}
