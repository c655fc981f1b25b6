//! Finds what is an order in English only beside something else: a complaint, a comparative, a piece of it.
//!
//! Apart from `orders.rs` because English imperatives are spelled as infinitives and nouns are, and so its orders need
//! more company than those of other languages.

use super::cues::Hit;
use super::lexicon::Cue;
use super::orders::Strength;
use super::reading::Reading;
use super::text::Clause;

/// Words that end as a comparative does.
#[rustfmt::skip]
const NO_COMPARATIVES: &[&str] = &[
    "other", "another", "letter", "chapter", "number", "paper", "order", "character", "cover", "proper", "former",
    "parser", "super", "container", "computer", "folder", "header", "footer", "player", "poster", "newsletter",
];

/// What says how a version is to be.
pub(super) const VARIED: &[&str] = &["where", "that", "with", "without", "which"];

/// What begins an order that throws something away, or names something vaguely; without a complaint only if it is all.
#[rustfmt::skip]
const BARE: &[&str] = &[
    "dump", "kill", "flush", "erase", "discard", "drop", "lose", "disregard", "forget", "get", "cross", "reset", "send",
    "sending", "anything", "something", "any", "give", "another", "next", "restart", "rebuild", "recreate",
];

/// What stands behind a "one" that is a version.
const ONE_THAT: &[&str] = &["that", "which", "where", "without", "with", "i", "you", "we", "in", "thats"];

impl Reading<'_> {
    /// "rebuild it", "give me one that works": only a complaint tells it from another task.
    pub(super) fn maybe(&self, hit: &Hit, clause: usize) -> Option<Strength> {
        // "start the server again"
        let run = |h: &Hit| {
            matches!(h.cue, Cue::Run | Cue::Operation)
                && h.first > hit.first
                && h.first < hit.end
                && !self.mentioned(h.first)
        };
        if self.in_clause(clause).any(run) {
            return None;
        }
        // A process is what is mostly started again, even after a complaint.
        let process = matches!(
            self.text.spell(hit.first),
            "restart" | "start" | "replace" | "build" | "rebuild" | "reboot" | "kill" | "reset"
        ) && !(hit.first..hit.end).any(|word| self.mentioned(word));
        // "The thesis is on page four. Start the intro again."
        let named = (hit.first..hit.end).any(|word| self.mentioned(word)) && self.told_beside(clause);
        let Clause { first, end, .. } = self.text.clauses[clause];
        let this_time = (first + 1..end)
            .any(|word| self.text.spell(word) == "time" && self.text.spell(word - 1) == "this");
        // "give me one that fails" complains of nothing.
        let complains = self.complains
            && self.hits.iter().any(|h| {
                matches!(h.cue, Cue::Bad | Cue::Worse)
                    && (self.clause_of(h.first) != clause || h.first < hit.end)
            });
        let counts = self.text.spell(hit.end - 1) == "one"
            && hit.end < end
            && !ONE_THAT.contains(&self.text.spell(hit.end))
            && !self.owned(hit.end, &[Cue::Filler, Cue::Bad, Cue::Modal, Cue::Polite]);
        if counts {
            return None;
        }
        let bare = BARE.contains(&self.text.spell(hit.first)) && self.text.spell(hit.end - 1) != "one";
        let least = if bare { 0 } else { 3 };
        match self.directed(hit, Strength::Redo)? {
            Strength::Redo if (complains || this_time || named) && !process => Some(Strength::Redo),
            Strength::Redo if complains || self.idle(clause, hit.first, hit.end) <= least => {
                Some(Strength::Doubtful)
            }
            _ => None,
        }
    }

    /// "write a parser from scratch", "write chapter 5 from scratch": what was never there.
    pub(super) fn is_first(&self, hit: &Hit) -> bool {
        let (from, to) = hit.gap();
        let some = |word: usize| matches!(self.text.spell(word), "a" | "an" | "some" | "me" | "us");
        let counted = |word: usize| {
            self.text.spell(word).bytes().all(|byte| byte.is_ascii_digit()) && !self.mentioned(word)
        };
        let scratch = matches!(
            self.text.spell(hit.end - 1),
            "scratch" | "zero" | "nothing" | "principles" | "up" | "beginning" | "start"
        );
        from < to
            && (some(from) || scratch && (from..to).any(counted))
            && !self.complains
            && !self.is_new(hit)
    }

    /// "write me a new one": its own words say that there was one.
    fn is_new(&self, hit: &Hit) -> bool {
        (hit.first..hit.end).any(|word| {
            matches!(
                self.text.spell(word),
                "new" | "different" | "better" | "again" | "over" | "anew" | "another"
            )
        })
    }

    /// "on the second attempt show a hint": one of several, in a story or a program.
    pub(super) fn is_counted(&self, hit: &Hit, clause: usize) -> bool {
        let first = self.text.clauses[clause].first;
        let back = |n: usize| {
            hit.first.checked_sub(n).filter(|&at| at >= first).map_or("", |at| self.text.spell(at))
        };
        matches!(back(1), "the" | "his" | "her" | "their" | "each" | "every")
            && matches!(back(2), "on" | "after" | "at" | "in" | "during" | "before" | "with")
    }

    /// "I need a shorter one", "could I have a gentler prologue": what it is to be more of.
    pub(super) fn compared_with(&self, hit: &Hit, clause: usize) -> Option<Strength> {
        let Clause { first, end, .. } = self.text.clauses[clause];
        let named = |word: usize| {
            word < end
                && (self.text.spell(word) == "one"
                    || self.owned(word, &[Cue::Version])
                    || self.mentions.iter().any(|m| m.first == word)
                    || self.complains && super::files::thing(self.text.spell(word)).is_some())
        };
        let noun = (hit.end..(hit.end + 3).min(end)).find(|&word| named(word))?;
        let more = self.text.spell(noun - 1);
        let comparative = is_comparative(more) && more != "more"
            || noun - hit.end == 2 && matches!(self.text.spell(hit.end), "more" | "less" | "better")
            // "an introduction that takes a stand"
            || noun == hit.end
                && self.mentioned(noun)
                && noun + 1 < end
                && VARIED.contains(&self.text.spell(noun + 1));
        let made = |h: &Hit| h.cue == Cue::DoEn && self.is_imperative(h);
        let wished = self.clause_has(clause, Cue::Polite)
            || self.in_clause(clause).any(|h| self.obliges(h) || h.first < hit.first && made(h))
            || hit.end - hit.first > 1 && self.is_imperative(hit)
            || hit.first == first && noun + 1 == end;
        let besides = self.is_besides(hit, clause);
        // "shorter" alone is what it is to be.
        let wrong =
            |h: &Hit| matches!(h.cue, Cue::Bad | Cue::Worse) && !(hit.first..=noun).contains(&h.first);
        let complains = self.complains && self.hits.iter().any(wrong);
        let sure = (complains || self.told_beside(clause)) && !besides;
        (comparative
            && (sure || !besides || complains)
            && wished
            && self.idle(clause, hit.first, noun + 1) <= 2)
            .then_some(if sure { Strength::Redo } else { Strength::Doubtful })
    }

    /// "a shorter one for my aunt", "a version for kids as well": one more of it.
    pub(super) fn is_besides(&self, hit: &Hit, clause: usize) -> bool {
        let end = self.text.clauses[clause].end;
        (hit.first..end).any(|word| {
            matches!(
                self.text.spell(word),
                "for" | "also" | "too" | "well" | "of" | "fur" | "для" | "para" | "pour"
            )
        })
    }

    /// Whether an English verb stands where an order does.
    pub(super) fn is_imperative(&self, hit: &Hit) -> bool {
        self.directed(hit, Strength::Redo) == Some(Strength::Redo)
    }

    /// "u broke it lol rewrite it": a complaint, and the order behind it without a comma.
    pub(super) fn runs_on(&self, hit: &Hit, from: usize, at: usize) -> bool {
        let clause = self.clause_of(hit.first);
        let end = self.text.clauses[clause].end;
        self.in_clause(clause)
            .any(|h| matches!(h.cue, Cue::Bad | Cue::Worse) && h.first >= from && h.end <= at)
            && self.text.spell(at) != "to"
            && !matches!(
                self.text.spell(at - 1),
                "the" | "a" | "an" | "to" | "and" | "or" | "of" | "you" | "we" | "they"
            )
            && (hit.end..end).all(|word| self.owned(word, &[Cue::It, Cue::Filler]) || self.mentioned(word))
            && !(from..at).any(|word| self.owned(word, &[Cue::Subject, Cue::Neg]))
    }
}

/// Whether a word compares: "calmer", "more".
pub(super) fn is_comparative(word: &str) -> bool {
    word.ends_with("er") && word.len() > 4 && !NO_COMPARATIVES.contains(&word)
        || matches!(word, "more" | "less")
}
