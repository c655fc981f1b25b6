//! Tells a redo from one more of it, from an edit in place, and from the same work on something else.
//!
//! Apart from `doubts.rs` because these look at what an order is of: "do it again" is of what is there, "do it again for
//! the others" is not, and "make a new one" is of the logo that was just spoken of.

use super::lexicon::Cue;
use super::orders::{Order, Strength};
use super::reading::Reading;
use super::text::Clause;

/// Pieces of a text or a page that one can have another of; without their "s".
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "logo", "image", "photo", "icon", "name", "comment", "example", "screenshot", "question", "exercise", "link", "quote",
    "greeting", "title", "colour", "color", "font", "variable", "function", "step", "joke", "metaphor", "answer", "option",
    "heading", "caption", "password", "key", "library", "package", "compiler", "port", "signature", "subject", "background",
];

/// What may be different of a text, so that all of it is.
const WHOLES: &[&str] =
    &["layout", "tone", "structure", "style", "format", "design", "voice", "setup", "plot", "ending", "form"];

impl Reading<'_> {
    /// "replace it with \"small\"", "try again with the other file": something else takes its place.
    pub(super) fn takes_another(&self, order: &Order) -> bool {
        let end = self.text.clauses[order.clause].end;
        let quoted = order.end < end && self.text.words[order.end].quoted;
        let spell = |word: usize| if word < end { self.text.spell(word) } else { "" };
        quoted && self.text.spell(order.first) == "replace"
            || order.repeats
                && spell(order.end) == "with"
                && (spell(order.end + 1) == "another"
                    || matches!(spell(order.end + 2), "other" | "different" | "new"))
    }

    /// "Again, thanks", "have another look at the log", "another one like this".
    pub(super) fn is_greeting(&self, order: &Order) -> bool {
        let clause = self.text.clauses[order.clause];
        let spell = |word: usize| if word < clause.end { self.text.spell(word) } else { "" };
        let next = self.text.clauses.get(order.clause + 1).filter(|next| next.sentence == clause.sentence);
        let thanks = |word: usize| {
            matches!(
                self.text.spell(word),
                "thanks" | "thank" | "thx" | "sorry" | "congrats" | "congratulations"
            )
        };
        if order.first == clause.first
            && order.end == clause.end
            && next.is_some_and(|next| thanks(next.first))
        {
            return true;
        }
        let other =
            super::doubts::OPEN.contains(&self.text.spell(order.end - 1)) || spell(order.end - 1) == "one";
        let look = (order.end - 1..=order.end).find(|&word| spell(word) == "look");
        let at = look.filter(|&word| matches!(spell(word + 1), "at" | "in" | "for"));
        let elsewhere = |word: usize| {
            word + 2 < clause.end && !self.mentioned(word + 2) && !self.owned(word + 2, &[Cue::It])
        };
        let run = self.in_clause(order.clause).any(|h| {
            matches!(h.cue, Cue::Run | Cue::Operation)
                && h.first == order.end
                && spell(order.end + 1) != "at"
                && !self.mentioned(h.first)
        });
        // "Another way to do it is with make."
        let told = other_noun(self.text.spell(order.first))
            && order.first == clause.first
            && !self.complains
            && (order.end..clause.end).any(|word| matches!(spell(word), "is" | "was" | "are"))
            && !self.in_clause(order.clause).any(|h| matches!(h.cue, Cue::Modal | Cue::Polite));
        told || at.is_some_and(|word| elsewhere(word) && !(self.mentioned(word + 3)))
            || other && (run || spell(order.end) == "like" && self.owned(order.end + 1, &[Cue::It]))
    }

    /// "do it again for the other three files": the same work on something else.
    pub(super) fn goes_on(&self, order: &Order) -> bool {
        let end = self.text.clauses[order.clause].end;
        let same = (order.first..order.end).any(|word| self.text.spell(word) == "same");
        let on = order.end + 1 < end && self.text.spell(order.end) == "for";
        let others = |word: usize| {
            let next = if word + 1 < end { self.text.spell(word + 1) } else { "" };
            self.mentioned(word)
                || matches!(self.text.spell(word), "each" | "every" | "all" | "both")
                || self.text.spell(word) == "the"
                    && (self.mentioned(word + 1)
                        || matches!(
                            next,
                            "other" | "others" | "rest" | "next" | "remaining" | "same" | "last"
                        ))
        };
        order.strength == Strength::Redo && (same && order.end < end || on && others(order.end + 1))
    }

    /// "make a second version for the audiobook", "give me another one for chapter 4": rather one more of it.
    pub(super) fn is_for_another(&self, order: &Order) -> bool {
        let end = self.text.clauses[order.clause].end;
        let other = (order.first..order.end)
            .any(|word| matches!(self.text.spell(word), "another" | "second" | "new" | "different"));
        other
            && (order.end..end.min(order.end + 2)).any(|word| {
                self.text.spell(word) == "for" && word + 1 < end && !self.owned(word + 1, &[Cue::It])
            })
    }

    /// "the logo is ugly": whether a clause begins with a piece that one can have another of.
    pub(super) fn is_of_a_piece(&self, clause: usize) -> bool {
        let Clause { first, end, .. } = self.text.clauses[clause];
        (first..end.min(first + 3)).any(|word| {
            let spelled = self.text.spell(word);
            !self.mentioned(word)
                && (word == first || matches!(self.text.spell(first), "the" | "this" | "that" | "your"))
                && (PIECES.contains(&spelled.strip_suffix('s').unwrap_or(spelled))
                    || self.owned(word, &[Cue::Part]))
        })
    }
}

/// "try a different layout": whether that is of what is there.
pub(super) fn is_of_the_whole(noun: &str) -> bool {
    WHOLES.contains(&noun) || super::files::thing(noun).is_some()
}

fn other_noun(word: &str) -> bool {
    matches!(word, "another" | "other" | "different")
}
