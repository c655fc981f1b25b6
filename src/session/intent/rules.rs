//! Decides: what the cues of each clause, sentence and prompt mean together.
//!
//! The orders that `orders.rs` left standing are weighed against the whole prompt: whose text it is, whether something
//! is wrong with it, whether an older version is wanted, and which of the files that are mentioned is meant. Only an
//! order that nothing speaks against is a retry; an order in doubt, or a rejection without one, is asked about.

use super::Verdict;
use super::cues::Hit;
use super::files::Mention;
use super::lexicon::Cue;
use super::orders::{Order, Strength};
use super::reading::Reading;

/// A complaint longer than this, in words, is a conversation.
const COMPLAINT: usize = 30;

/// Whether any cue is there without which a prompt is never a retry.
pub(super) fn may_order(hits: &[Hit]) -> bool {
    use Cue::{Again, Bad, Redo, RedoEn, RedoInf, Rewrite, RewriteEn, RewriteInf, Scratch, Version, Worse};
    hits.iter().any(|hit| {
        matches!(
            hit.cue,
            Redo | RedoEn
                | RedoInf
                | Rewrite
                | RewriteEn
                | RewriteInf
                | Again
                | Scratch
                | Version
                | Worse
                | Bad
        )
    })
}

impl Reading<'_> {
    /// The verdict, with the order it rests on.
    pub(super) fn verdict(&self, orders: &[Order], whose: &Whose) -> (Verdict, Option<Order>) {
        let best = orders
            .iter()
            .copied()
            .reduce(|best, order| if order.strength > best.strength { order } else { best });
        let Some(order) = best else { return (self.without_order(), None) };
        let verdict = match order.strength {
            Strength::Doubtful if self.has(Cue::Worse) || self.has(Cue::Bad) => Verdict::Ask,
            Strength::Doubtful => {
                if self.told(&order) {
                    Verdict::No
                } else {
                    Verdict::Ask
                }
            }
            _ => self.weigh(&order, whose),
        };
        (verdict, Some(order))
    }

    /// Whether the words of an order are somebody else's doing: "how to redo", "tell the client to try again".
    fn told(&self, order: &Order) -> bool {
        let clause = self.text.clauses[order.clause];
        let before = order
            .first
            .checked_sub(1)
            .filter(|&word| word >= clause.first)
            .map_or("", |word| self.text.spell(word));
        matches!(before, "to" | "the" | "a" | "an" | "can" | "will" | "would" | "not" | "and")
            || (clause.first..order.first).any(|word| self.owned(word, &[Cue::Subject]))
    }

    /// A rejection without an order, or a short complaint and nothing else.
    fn without_order(&self) -> Verdict {
        let said = |cue: Cue| {
            self.hits.iter().any(|hit| {
                let sentence = self.text.sentence_of(hit.first);
                hit.cue == cue
                    && !self.text.sentences[sentence].question
                    && !self.sentence_has(sentence, Cue::Reported)
            })
        };
        let any = |cues: &[Cue]| cues.iter().any(|&cue| self.has(cue));
        if any(&[Cue::Revert, Cue::Thanks, Cue::Own, Cue::Run, Cue::Fixed]) {
            return Verdict::No;
        }
        let short = self.text.words.len() <= COMPLAINT;
        let complains = short
            && said(Cue::Bad)
            && !any(&[Cue::Good, Cue::Add, Cue::Wh, Cue::Neg, Cue::Cond, Cue::Into, Cue::Do, Cue::DoEn]);
        if (said(Cue::Worse) && !any(&[Cue::Good, Cue::Add])) || complains {
            Verdict::Ask
        } else {
            Verdict::No
        }
    }

    fn weigh(&self, order: &Order, whose: &Whose) -> Verdict {
        let sentence = self.text.sentence_of(order.first);
        let because = self.in_sentence(sentence).any(|hit| hit.cue == Cue::Because && hit.first >= order.end);
        let wrong = self.has(Cue::Bad) || self.has(Cue::Worse) || because;
        let yours = self.has(Cue::Yours);
        let reverts = self
            .hits
            .iter()
            .any(|hit| hit.cue == Cue::Revert && !(order.first..order.end).contains(&hit.first));
        let own = self.has(Cue::Own);
        let rewrite = order.strength == Strength::Rewrite;
        if reverts {
            // "undo that and try again" may be a retry; "the rewrite broke it, undo" is none.
            let later = self.hits.iter().any(|hit| hit.cue == Cue::Revert && hit.first >= order.end);
            let alone = self.clause_has(order.clause, Cue::Revert) || !wrong || order.infinitive;
            return if later || alone { Verdict::No } else { Verdict::Ask };
        }
        if self.sentence_has(sentence, Cue::Thanks) {
            return Verdict::No;
        }
        if own {
            let asks = wrong && (yours || !rewrite);
            return if asks { Verdict::Ask } else { Verdict::No };
        }
        if self.has(Cue::Thanks) && !wrong {
            return Verdict::Ask;
        }
        if !whose.written {
            return match (rewrite, wrong, yours) {
                (_, _, true) | (false, true, _) => Verdict::Retry,
                (false, false, false) | (true, true, false) => Verdict::Ask,
                (true, false, false) => Verdict::No,
            };
        }
        if rewrite && !wrong && !yours {
            let into = self.sentence_has(sentence, Cue::Into);
            return match (whose.other_file, into) {
                (true, true) => Verdict::No,
                (true, false) | (false, true) => Verdict::Ask,
                (false, false) => Verdict::Retry,
            };
        }
        Verdict::Retry
    }

    /// The mention that is meant, if any is.
    pub(super) fn target(&self, order: Option<&Order>) -> Option<Mention> {
        let usable: Vec<&Mention> = self.mentions.iter().filter(|m| !self.compared(m)).collect();
        let Some(order) = order else {
            return usable.iter().filter(|m| !self.praised(m)).max_by_key(|m| m.score).map(|m| **m);
        };
        let distance = |m: &Mention| {
            if m.first >= order.end { m.first - order.end } else { order.first.saturating_sub(m.end) }
        };
        let sentence = self.text.sentence_of(order.first);
        let clause_of = |m: &Mention| self.clause_of(m.first);
        let here = usable
            .iter()
            .filter(|m| clause_of(m) == order.clause)
            .max_by_key(|m| (m.score, std::cmp::Reverse(distance(m))));
        if let Some(mention) = here {
            return Some(**mention);
        }
        // Then the nearest before it, sentence by sentence; what is praised is not meant.
        let nearest = |from: usize, before: bool, least: u32| {
            usable
                .iter()
                .filter(|m| self.text.sentence_of(m.first) == from && (m.first < order.first) == before)
                .filter(|m| m.score >= least && !self.praised(m))
                .min_by_key(|m| distance(m))
                .map(|m| **m)
        };
        nearest(sentence, true, 0)
            .or_else(|| nearest(sentence, false, 0))
            .or_else(|| (1..=3).find_map(|back| nearest(sentence.checked_sub(back)?, true, 25)))
            .or_else(|| nearest(sentence + 1, false, 45))
    }

    /// Whether a mention only says what the text should be like, or what it contradicts.
    fn compared(&self, mention: &Mention) -> bool {
        self.in_clause(self.clause_of(mention.first)).any(|hit| {
            hit.cue == Cue::Like && hit.end <= mention.first && mention.first - hit.end <= 1
                || hit.cue == Cue::Like
                    && self.text.spell(hit.first).starts_with(super::text::is_ideograph)
                    && hit.first >= mention.end
                    && hit.first - mention.end <= 1
        })
    }

    fn praised(&self, mention: &Mention) -> bool {
        let clause = self.clause_of(mention.first);
        let sentence = self.text.sentences[self.text.sentence_of(mention.first)];
        let good = |clause: usize| self.clause_has(clause, Cue::Good) && !self.clause_has(clause, Cue::Worse);
        let other = |clause: usize| self.mentions.iter().any(|m| self.clause_of(m.first) == clause);
        // "chapter 4, honestly, is great": the praise may come a clause later, unless that is about another file.
        good(clause)
            || (clause + 1 < sentence.end
                && good(clause + 1)
                && !other(clause + 1)
                && !self.clause_has(clause, Cue::Bad))
    }
}

/// Whose text the order is about, as far as files tell.
pub(super) struct Whose {
    /// The agent has written something.
    pub(super) written: bool,
    /// A file is named, and it is not the one that was written last.
    pub(super) other_file: bool,
}
