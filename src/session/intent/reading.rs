//! What was found in a prompt, and the questions the rules ask of it.
//!
//! Only looking up: what the answers mean is decided in `orders.rs`, `doubts.rs`, `rules.rs` and `reason.rs`.

use super::cues::Hit;
use super::files::Mention;
use super::lexicon::Cue;
use super::text::Text;

/// Everything that was found in a prompt.
pub(super) struct Reading<'a> {
    pub(super) text: &'a Text,
    pub(super) hits: &'a [Hit],
    pub(super) mentions: &'a [Mention],
    /// Whether it is said what is wrong.
    pub(super) complains: bool,
}

impl<'a> Reading<'a> {
    /// The clause a word stands in.
    pub(super) fn clause_of(&self, word: usize) -> usize {
        usize::from(self.text.words[word].clause)
    }

    /// The hits of a clause, in order.
    pub(super) fn in_clause(&self, clause: usize) -> impl Iterator<Item = &'a Hit> + use<'a> {
        let clause = self.text.clauses[clause];
        let (hits, first, end) = (self.hits, clause.first, clause.end);
        let from = hits.partition_point(|hit| hit.first < first);
        hits[from..].iter().take_while(move |hit| hit.first < end)
    }

    /// Whether a clause has a cue.
    pub(super) fn clause_has(&self, clause: usize, cue: Cue) -> bool {
        self.in_clause(clause).any(|hit| hit.cue == cue)
    }

    /// The hits of a sentence, in order.
    pub(super) fn in_sentence(&self, sentence: usize) -> impl Iterator<Item = &'a Hit> + '_ {
        let sentence = self.text.sentences[sentence];
        (sentence.first..sentence.end).flat_map(|clause| self.in_clause(clause))
    }

    /// Whether a sentence has a cue.
    pub(super) fn sentence_has(&self, sentence: usize, cue: Cue) -> bool {
        self.in_sentence(sentence).any(|hit| hit.cue == cue)
    }

    /// Whether the prompt has a cue.
    pub(super) fn has(&self, cue: Cue) -> bool {
        self.hits.iter().any(|hit| hit.cue == cue)
    }

    /// Whether a word belongs to a hit of one of these cues.
    pub(super) fn owned(&self, word: usize, cues: &[Cue]) -> bool {
        let clause = self.clause_of(word);
        self.in_clause(clause).any(|hit| cues.contains(&hit.cue) && hit.owns(word))
    }

    /// Whether a word is part of a file's name.
    pub(super) fn mentioned(&self, word: usize) -> bool {
        self.mentions.iter().any(|m| (m.first..m.end).contains(&word))
    }
}
