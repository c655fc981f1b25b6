//! Tells an order from what somebody else does, and from a new version that is only spoken of.
//!
//! Apart from `doubts.rs` because these look at who acts: an order has nobody before its verb, and a version that is
//! asked for is no subject of a sentence.

use super::cues::Hit;
use super::lexicon::Cue;
use super::orders::Order;
use super::reading::Reading;

/// Orders that are spelled as what somebody else does.
const HOMOGRAPHS: &[&str] = &[
    "refait",
    "recommence",
    "reecrit",
    "rehace",
    "reescribe",
    "repite",
    "intenta",
    "empieza",
    "refaz",
    "reescreve",
    "tenta",
    "repete",
    "comeca",
    "vuelve",
    "recomeca",
];

/// Third persons, before verbs that are spelled as orders are.
#[rustfmt::skip]
const PERSONS: &[&str] = &[
    "he", "she", "they", "il", "elle", "ils", "elles", "el", "ella", "ellos", "ellas", "ele", "ela", "eles",
    "elas",
];

/// What begins what somebody else thinks or wants.
const THAT: &[&str] = &["that", "dass", "que", "qu", "чтобы", "что", "щоб", "що"];

/// Before what somebody does or is going to do.
const BUSY: &[&str] = &["is", "are", "vai", "vao", "va", "van", "vont", "wird", "werden", "будет", "будут"];

/// What a version is called that is not the first; beginnings of words.
#[rustfmt::skip]
pub(super) const NEWER: &[&str] = &[
    "second", "third", "new", "v2", "втор", "трет", "нов", "друг", "нова", "zweit", "neue", "deuxieme", "nouvel",
    "segund", "nuev", "nova",
];

/// What a version is asked to have.
pub(super) const WITH: &[&str] = &[
    "with", "without", "in", "for", "but", "from", "where", "of", "at", "on", "that", "to", "с", "со", "без",
    "но", "для", "на", "в", "з", "mit", "ohne", "in", "avec", "sans", "con", "sin", "com", "sem", "para",
];

/// Verbs that say how something does.
#[rustfmt::skip]
const DOES: &[&str] = &[
    "is", "was", "works", "reads", "fits", "feels", "looks", "does", "did", "hits", "convinced", "вышел", "вышла", "вышло", "читается", "читаеться", "вийшла", "вийшов", "ist", "war", "liest", "passt", "funktioniert", "est", "marche", "passe", "se", "es", "funciona", "quedo", "ficou", "esta",
];

impl Reading<'_> {
    /// "ela tenta de novo", "Tom will redo it", "make the upload retry": somebody else does it.
    pub(super) fn is_of_others(&self, order: &Order) -> bool {
        let clause = self.text.clauses[order.clause];
        let back = |n: usize| {
            order
                .first
                .checked_sub(n)
                .filter(|&word| word >= clause.first)
                .map_or("", |word| self.text.spell(word))
        };
        let next = |n: usize| {
            Some(order.first + n).filter(|&word| word < clause.end).map_or("", |word| self.text.spell(word))
        };
        let whom = matches!(back(1), "que" | "qui") && HOMOGRAPHS.contains(&back(0));
        let busy_self = matches!(back(1), "im" | "hes" | "shes" | "theyre" | "ich" | "je");
        if matches!(next(1), "ich" | "er" | "man") || busy_self || whom {
            return true;
        }
        if PERSONS.contains(&back(1)) || matches!(back(1), "will" | "shall" | "gonna") && back(2) != "you" {
            return true;
        }
        // "my boss wants that I rewrite it", "the agency is redoing it"
        let that = |word: usize| {
            THAT.contains(&self.text.spell(word))
                && word + 1 < order.first
                && matches!(
                    self.text.spell(word + 1),
                    "ich" | "je" | "j" | "eu" | "yo" | "я" | "i" | "мы" | "wir" | "we"
                )
        };
        let busy = order.infinitive
            && BUSY.contains(&back(1))
            && order.first >= clause.first + 2
            && !self.mentioned(order.first - 2)
            && !self.in_clause(order.clause).any(|h| h.owns(order.first - 2));
        // "make sure that the service tries again"
        let other = |word: usize| {
            THAT.contains(&self.text.spell(word))
                && order.repeats
                && (word + 1..order.first).any(|at| {
                    !self.mentioned(at)
                        && !self
                            .in_clause(order.clause)
                            .any(|h| h.cue != Cue::Thing && h.cue != Cue::Subject && h.owns(at))
                })
        };
        if (clause.first..order.first).any(|word| that(word) || other(word)) || busy {
            return true;
        }
        let word = self.text.spell(order.first);
        let made = |h: &Hit| {
            h.cue == Cue::DoEn
                && h.first == clause.first
                && h.end < order.first
                && h.end == h.first + 1
                && matches!(self.text.spell(h.first), "make" | "let" | "have")
                && (h.end..order.first).all(|w| !self.owned(w, &[Cue::It, Cue::Yours]))
        };
        matches!(word, "retry" | "try" | "redo" | "start" | "take") && self.in_clause(order.clause).any(made)
    }

    /// "Luc refait la page": by a name before it, somebody does it already.
    pub(super) fn is_anothers(&self, order: &Order) -> bool {
        let clause = self.text.clauses[order.clause];
        let before = order.first.checked_sub(1).filter(|&word| word >= clause.first);
        HOMOGRAPHS.contains(&self.text.spell(order.first))
            && before.is_some_and(|word| {
                let start = self.text.words[word].start as usize;
                self.text.body[start..].starts_with(char::is_uppercase)
                    && !self.mentioned(word)
                    && !self.in_clause(order.clause).any(|hit| hit.owns(word))
            })
    }

    /// "the second version is great": a version that was asked for before.
    pub(super) fn is_praised(&self, order: &Order) -> bool {
        const ASKS: &[Cue] = &[Cue::Modal, Cue::Polite, Cue::Do, Cue::DoEn, Cue::Bad, Cue::Worse, Cue::Again];
        let word = self.text.spell(order.first);
        let next = order.clause + 1;
        let sentence = self.text.clauses[order.clause].sentence;
        // 「新しいバージョン、最高です」: the praise behind a comma.
        let follows = self.text.clauses.get(next).is_some_and(|clause| clause.sentence == sentence)
            && self.in_clause(next).any(|h| self.praises(h))
            && (order.infinitive || word.starts_with('新'))
            && !self.complains;
        follows
            || NEWER.iter().any(|newer| word.starts_with(newer))
                && self
                    .in_clause(order.clause)
                    .any(|h| self.praises(h) && !(order.first..order.end).contains(&h.first))
                && !ASKS.iter().any(|&cue| self.clause_has(order.clause, cue))
    }

    /// "новый вариант живее", "a new version reads well": it is spoken of, and not asked for.
    pub(super) fn is_spoken_of(&self, order: &Order) -> bool {
        const ASKS: &[Cue] =
            &[Cue::Modal, Cue::Polite, Cue::Do, Cue::DoEn, Cue::Again, Cue::Worse, Cue::Vague, Cue::It];
        let word = self.text.spell(order.first);
        let end = self.text.clauses[order.clause].end;
        let unspaced = word.starts_with(super::text::is_ideograph);
        if unspaced {
            let first = self.text.clauses[order.clause].first;
            return order.infinitive
                && order.end < end
                && !(first..order.first).any(|at| self.owned(at, ASKS))
                && !(order.end..end).any(|at| self.owned(at, &[Cue::Polite, Cue::Modal]));
        }
        let noun = NEWER.iter().any(|newer| word.starts_with(newer))
            || matches!(word, "take" | "attempt" | "draft" | "version");
        let named = |at: usize| self.mentioned(at) || self.owned(at, &[Cue::Version]);
        let Some(next) = (order.end..end).find(|&at| !named(at)) else { return false };
        let does = DOES.contains(&self.text.spell(next)) && !self.owned(next, &[Cue::Modal, Cue::Polite]);
        noun && order.first <= self.text.clauses[order.clause].first + 1
            && (does
                || !self
                    .owned(next, &[Cue::Filler, Cue::Polite, Cue::Modal, Cue::Again, Cue::Like, Cue::Neg]))
            && !WITH.contains(&self.text.spell(next))
    }

    /// "v2 works for me": a verb says how the new version does.
    pub(super) fn is_judged(&self, order: &Order) -> bool {
        let end = self.text.clauses[order.clause].end;
        (order.end..end).find(|&at| !self.mentioned(at)).is_some_and(|at| DOES.contains(&self.text.spell(at)))
    }
}
