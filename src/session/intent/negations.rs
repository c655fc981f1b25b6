//! Tells an order from its negation.
//!
//! Apart from `doubts.rs` because each language puts its "not" somewhere else: before the verb, after it, or inside it.

use super::cues::Hit;
use super::lexicon::Cue;
use super::orders::Order;
use super::reading::Reading;

impl Reading<'_> {
    /// Whether it is said not to do it.
    pub(super) fn negated(&self, order: &Order) -> bool {
        self.in_clause(order.clause).any(|hit| match hit.cue {
            // "рассылку заново не делай"
            Cue::Neg
                if hit.first >= order.end
                    && hit.first - order.end <= 1
                    && hit.end < self.text.clauses[order.clause].end
                    && self.owned(
                        hit.end,
                        &[Cue::Do, Cue::DoEn, Cue::Redo, Cue::Rewrite, Cue::RedoEn, Cue::RewriteEn],
                    ) =>
            {
                true
            }
            Cue::Neg => {
                let short = hit.end - hit.first == 1;
                // "не нужен другой вариант": the negation may share a word with the order.
                let distance = order.first.saturating_sub(hit.end);
                let before =
                    hit.first < order.first && hit.end < order.end && distance <= if short { 2 } else { 4 };
                let between =
                    (hit.end..order.first).all(|word| !self.owned(word, &[Cue::Bad, Cue::Worse, Cue::Good]));
                let inside = hit.first > order.first && hit.end < order.end;
                (before && between && !self.is_cry(hit, order)) || inside
            }
            Cue::NegAfter if hit.first > order.first && hit.first < order.end => true,
            // "nicht neu schreiben": the negation may take a word of the order with it.
            Cue::NegAfter if hit.first < order.first && hit.end > order.first => true,
            Cue::NegAfter => hit.first >= order.first && hit.first <= order.end + 6 && hit.end > order.end,
            _ => false,
        })
    }

    /// "no, redo it" without its comma: a cry, not a negation.
    fn is_cry(&self, neg: &Hit, order: &Order) -> bool {
        let word = self.text.spell(neg.first);
        let clause = self.text.clauses[order.clause];
        // "no redo needed" is none.
        let needed = (order.end..clause.end)
            .any(|at| self.owned(at, &[Cue::Modal]) && self.text.spell(at).starts_with("ne"));
        let alone = order.end == clause.end && order.clause > 0 && self.text.spell(order.first) == "redo";
        neg.first == clause.first
            && neg.end - neg.first == 1
            && !(needed || alone)
            && neg.end == order.first
            && matches!(word, "no" | "nein" | "nao" | "non")
            && {
                // Romance languages negate with the same word they refuse with; only there the imperative differs.
                matches!(
                    self.text.spell(order.first),
                    "otra" | "rehaz" | "rehazlo" | "hazlo" | "de" | "nochmal" | "redo"
                )
            }
    }
}
