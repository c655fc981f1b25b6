//! Finds the places in a prompt that order a redo, and what takes an order back.
//!
//! A place is an order by its form: an imperative, an infinitive beside a modal, "again" beside a verb of making or
//! alone. It is struck out by a negation, a condition, a question that does not ask for it, reported speech, a command
//! that is run again; where the prompt also rejects the work, some of these only cast a doubt.

use super::cues::Hit;
use super::lexicon::Cue;
use super::reading::Reading;

/// Nobody gives more orders than this in one prompt.
const ORDERS: usize = 32;

/// How much of an order it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Something stands against it, or it is hardly an order.
    Doubtful,
    /// To write it anew; of whose text is another matter.
    Rewrite,
    /// To do over what was done.
    Redo,
}

/// A place that orders a redo.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) first: usize,
    pub(super) end: usize,
    pub(super) clause: usize,
    pub(super) strength: Strength,
    /// "again", "try": could as well be about a command.
    repeats: bool,
    /// "to redo": in a question, rather an idea than an order.
    pub(super) infinitive: bool,
}

/// Words after which something must still be named.
#[rustfmt::skip]
const OPEN: &[&str] = &[
    "another", "second", "different", "fresh", "outro", "outra", "otro", "otra", "другой", "другую",
    "другое", "еще", "ще", "autre", "andere", "anderen", "neue", "neuen", "інший", "іншу",
];

/// What is named after them by somebody who wants a redo; beginnings of words.
#[rustfmt::skip]
const TRIES: &[&str] = &[
    "try", "go", "shot", "pass", "stab", "crack", "chance", "look", "whirl", "spin", "swing", "run",
    "round", "one", "bash", "vez", "раз", "way", "разок", "angle", "whack", "tack", "пробу", "попытк",
    "спроб", "заход", "дубл", "versuch", "anlauf", "essai", "fois", "intento", "tentativa",
];

enum Doubt {
    None,
    Some,
    Struck,
}

impl Reading<'_> {
    /// Every order nothing takes back, in the order of the text.
    pub(super) fn orders(&self) -> Vec<Order> {
        let mut orders: Vec<Order> =
            self.hits.iter().filter_map(|hit| self.order_at(hit)).take(ORDERS).collect();
        orders.retain_mut(|order| match self.doubt(order) {
            Doubt::None => true,
            Doubt::Some => {
                order.strength = Strength::Doubtful;
                true
            }
            Doubt::Struck => false,
        });
        orders
    }

    fn order_at(&self, hit: &Hit) -> Option<Order> {
        let clause = self.clause_of(hit.first);
        let made = |h: &Hit| {
            h.cue == Cue::Do
                || (h.cue == Cue::DoEn
                    && h.first < hit.first
                    && self.directed(h, Strength::Redo) == Some(Strength::Redo))
        };
        let wanted = || {
            self.clause_has(clause, Cue::Modal)
                || self.clause_has(clause, Cue::Polite)
                || self.in_clause(clause).any(made)
        };
        let bare = || self.idle(clause, hit.first, hit.end) == 0;
        let strength = match hit.cue {
            Cue::Redo => Strength::Redo,
            Cue::Rewrite => Strength::Rewrite,
            Cue::RedoEn => self.directed(hit, Strength::Redo)?,
            Cue::RewriteEn => self.directed(hit, Strength::Rewrite)?,
            Cue::RedoInf if wanted() || bare() => Strength::Redo,
            Cue::RewriteInf if wanted() || bare() => Strength::Rewrite,
            Cue::RedoInf | Cue::RewriteInf => Strength::Doubtful,
            Cue::Again => self.again(hit, clause)?,
            Cue::Scratch => self.scratch(hit, clause)?,
            Cue::Other => self.another(hit, clause)?,
            _ => return None,
        };
        let repeats = hit.cue == Cue::Again || is_repeat(self.text.spell(hit.first));
        let infinitive = matches!(hit.cue, Cue::RedoInf | Cue::RewriteInf);
        let again = strength == Strength::Rewrite && self.clause_has(clause, Cue::Again);
        let strength = if again { Strength::Redo } else { strength };
        Some(Order { first: hit.first, end: hit.end, clause, strength, repeats, infinitive })
    }

    /// "do … again", or "again" and nothing else.
    fn again(&self, hit: &Hit, clause: usize) -> Option<Strength> {
        let made = self.in_clause(clause).any(|h| match h.cue {
            Cue::Do => true,
            Cue::DoEn => h.first < hit.first && self.directed(h, Strength::Redo) == Some(Strength::Redo),
            _ => false,
        });
        let idle = self.idle(clause, hit.first, hit.end);
        let foreign = self.foreign_run(clause, hit.first, hit.end);
        if idle == 0 && !foreign {
            return Some(Strength::Redo);
        }
        match idle {
            0..=3 if made && !foreign => Some(Strength::Redo),
            4..=5 if made && !foreign => Some(Strength::Doubtful),
            _ => None,
        }
    }

    /// "write it from scratch": anew if there is an "it", else perhaps a new thing.
    fn scratch(&self, hit: &Hit, clause: usize) -> Option<Strength> {
        let idle = self.idle(clause, hit.first, hit.end);
        let made = self.clause_has(clause, Cue::Do) || self.clause_has(clause, Cue::DoEn);
        if self.clause_has(clause, Cue::Done) || self.foreign_run(clause, hit.first, hit.end) {
            return None;
        }
        match (made, idle) {
            (true, 0) => Some(Strength::Redo),
            (false, 0) if hit.end - hit.first > 1 => Some(Strength::Rewrite),
            (true, 1..=3) => Some(Strength::Rewrite),
            _ => None,
        }
    }

    /// "another version", "новый вариант".
    fn another(&self, hit: &Hit, clause: usize) -> Option<Strength> {
        let near = |h: &&Hit| h.cue == Cue::Version && h.first >= hit.end && h.first <= hit.end + 2;
        self.in_clause(clause).find(near)?;
        let asked =
            [Cue::Do, Cue::DoEn, Cue::Modal, Cue::Polite].iter().any(|&cue| self.clause_has(clause, cue));
        let idle = self.idle(clause, hit.first, hit.end);
        (asked || idle == 0).then_some(if idle <= 3 { Strength::Redo } else { Strength::Doubtful })
    }

    /// How many words of the clause say anything besides the order and which file.
    fn idle(&self, clause: usize, first: usize, end: usize) -> usize {
        const IDLE: &[Cue] = &[
            Cue::Filler,
            Cue::It,
            Cue::Polite,
            Cue::Modal,
            Cue::Again,
            Cue::Scratch,
            Cue::Do,
            Cue::DoEn,
            Cue::Other,
            Cue::Version,
            Cue::CondPolite,
            Cue::Bad,
            Cue::Worse,
            Cue::Redo,
            Cue::RedoEn,
            Cue::RedoInf,
            Cue::Rewrite,
            Cue::RewriteEn,
            Cue::RewriteInf,
        ];
        let clause = self.text.clauses[clause];
        let counts = |&word: &usize| {
            !(first..end).contains(&word)
                && !self.text.words[word].quoted
                && !self.mentioned(word)
                && !self.owned(word, IDLE)
        };
        (clause.first..clause.end).filter(counts).count()
    }

    /// Whether a command, and not a file, is what is done again.
    fn foreign_run(&self, clause: usize, first: usize, end: usize) -> bool {
        self.in_clause(clause)
            .any(|h| h.cue == Cue::Run && !(first..end).contains(&h.first) && !self.mentioned(h.first))
    }

    /// English tells an order from a noun by its place: nothing before it but politeness, a modal, or the file.
    fn directed(&self, hit: &Hit, strength: Strength) -> Option<Strength> {
        const SKIPPED: &[Cue] =
            &[Cue::Filler, Cue::It, Cue::Polite, Cue::CondPolite, Cue::Again, Cue::Modal, Cue::Neg];
        let clause = self.text.clauses[self.clause_of(hit.first)];
        let mut at = hit.first;
        let mut modal = false;
        while at > clause.first {
            let before = at - 1;
            if self.owned(before, &[Cue::Modal, Cue::Polite]) {
                modal = true;
            } else if self.text.words[before].quoted && !self.mentioned(before) {
                return None;
            } else if !self.mentioned(before) && !self.owned(before, SKIPPED) {
                break;
            }
            at = before;
        }
        if at == clause.first {
            return Some(strength);
        }
        let before = at - 1;
        let link = matches!(
            self.text.spell(at),
            "and" | "then" | "so" | "please" | "pls" | "plz" | "just" | "no" | "ok"
        );
        let told = (clause.first..at)
            .any(|word| self.owned(word, &[Cue::Subject]) && !self.owned(word, &[Cue::Bad, Cue::Worse]));
        let wrong = self.owned(before, &[Cue::Bad, Cue::Worse]);
        if wrong || ((modal || link) && !told) { Some(strength) } else { Some(Strength::Doubtful) }
    }

    fn doubt(&self, order: &Order) -> Doubt {
        let sentence = self.text.sentence_of(order.first);
        if self.negated(order) || self.names_a_thing(order) {
            return Doubt::Struck;
        }
        if let Some(doubt) = self.introduced(order) {
            return doubt;
        }
        if self.asks_for_more(order) || self.in_a_story(order) {
            return Doubt::Some;
        }
        let rejected = self.has(Cue::Worse);
        if self.conditional(order, sentence) || self.reported(order, sentence) {
            return if rejected { Doubt::Some } else { Doubt::Struck };
        }
        if order.repeats && (self.foreign_run(order.clause, order.first, order.end) || self.has(Cue::Fixed)) {
            return Doubt::Struck;
        }
        if order.repeats && self.follows_a_run(order, sentence) {
            return if rejected || self.has(Cue::Bad) { Doubt::Some } else { Doubt::Struck };
        }
        self.questioned(order, sentence)
    }

    /// "another chapter" is more work, "another attempt" is a redo.
    fn asks_for_more(&self, order: &Order) -> bool {
        let end = self.text.clauses[order.clause].end;
        let at = order.end;
        if at >= end
            || self.owned(
                at,
                &[Cue::Version, Cue::Again, Cue::It, Cue::Bad, Cue::Scratch, Cue::Redo, Cue::RedoInf],
            )
        {
            return false;
        }
        let next = self.text.spell(at);
        let open = OPEN.contains(&self.text.spell(order.end - 1))
            && (!self.owned(at, &[Cue::Filler]) || matches!(next, "chapter" | "scene" | "file"));
        let of = next == "of" && at + 1 < end && !self.owned(at + 1, &[Cue::It]) && !self.mentioned(at + 1);
        of || (open && !TRIES.iter().any(|tries| next.starts_with(tries)))
    }

    /// "a scene where the band has to do another take".
    fn in_a_story(&self, order: &Order) -> bool {
        let first = self.text.clauses[order.clause].first;
        (first..order.first).any(|word| {
            let spelled = self.text.spell(word);
            matches!(spelled, "where" | "about" | "who" | "whose" | "где" | "де" | "wo" | "donde" | "onde")
                && !self.owned(word, &[Cue::Polite])
        })
    }

    /// `Change the text to: Try again`: what a colon introduces is not said to anybody.
    fn introduced(&self, order: &Order) -> Option<Doubt> {
        let sentence = self.text.sentence_of(order.first);
        let from = self.text.sentences[sentence.saturating_sub(1)].first;
        let colon = |&clause: &usize| {
            let end = self.text.words[self.text.clauses[clause].end - 1].end as usize;
            self.text.body[end..].starts_with([':', '：'])
        };
        let clause = (from..order.clause).rev().find(colon)?;
        let text = self.clause_has(clause, Cue::Thing) || self.clause_has(clause, Cue::Reported);
        match (self.clause_has(clause, Cue::Add), text) {
            (true, true) => Some(Doubt::Struck),
            (true, false) => Some(Doubt::Some),
            _ => None,
        }
    }

    /// "pytest crashed, try again": the command may stand a clause earlier.
    fn follows_a_run(&self, order: &Order, sentence: usize) -> bool {
        let clauses = self.text.sentences[sentence].first..order.clause;
        let named = |clause: usize| self.mentions.iter().any(|m| self.clause_of(m.first) == clause);
        clauses.into_iter().any(|clause| self.foreign_run(clause, 0, 0) && !named(clause))
    }

    fn negated(&self, order: &Order) -> bool {
        self.in_clause(order.clause).any(|hit| match hit.cue {
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
            Cue::NegAfter => hit.first >= order.first && hit.first <= order.end + 6 && hit.end > order.end,
            _ => false,
        })
    }

    /// "no, redo it" without its comma: a cry, not a negation.
    fn is_cry(&self, neg: &Hit, order: &Order) -> bool {
        let word = self.text.spell(neg.first);
        let clause = self.text.clauses[order.clause];
        neg.first == clause.first
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

    /// "retry button": the order is part of a thing's name.
    fn names_a_thing(&self, order: &Order) -> bool {
        self.in_clause(order.clause).any(|hit| hit.cue == Cue::Thing && hit.first == order.end)
            && order.strength == Strength::Redo
            || self.in_clause(order.clause).any(|hit| hit.cue == Cue::Thanks)
    }

    fn conditional(&self, order: &Order, sentence: usize) -> bool {
        self.in_sentence(sentence).any(|hit| {
            if hit.cue != Cue::Cond {
                return false;
            }
            let clause = self.text.clauses[self.clause_of(hit.first)];
            let leads = hit.first - clause.first <= 1 && hit.first <= order.first;
            let follows = self.clause_of(hit.first) == order.clause
                && hit.first >= order.end
                && hit.first - order.end <= 2;
            let ideographs = self.text.spell(hit.first).starts_with(super::text::is_ideograph);
            leads || follows || (ideographs && hit.end - hit.first > 1 && hit.first < order.first)
        })
    }

    fn reported(&self, order: &Order, sentence: usize) -> bool {
        self.in_sentence(sentence).any(|hit| {
            hit.cue == Cue::Reported
                && hit.first < order.first
                && !(hit.first..hit.end).contains(&order.first)
                || hit.cue == Cue::Reported
                    && self.clause_of(hit.first) == order.clause
                    && (order.end..order.end + 3).contains(&hit.first)
        })
    }

    fn questioned(&self, order: &Order, sentence: usize) -> Doubt {
        let rejected = self.has(Cue::Worse) || self.has(Cue::Bad);
        let next = sentence + 1;
        let asked_next = next < self.text.sentences.len()
            && self.text.sentences[next].question
            && self.sentence_has(next, Cue::Opinion);
        if self.sentence_has(sentence, Cue::Opinion) || (self.text.sentences[sentence].question && asked_next)
        {
            return if self.has(Cue::Worse) { Doubt::Some } else { Doubt::Struck };
        }
        if !self.text.sentences[sentence].question || self.sentence_has(sentence, Cue::Polite) {
            return Doubt::None;
        }
        let asks = self.in_sentence(sentence).any(|hit| hit.cue == Cue::Wh && hit.first < order.first);
        let bare = !order.infinitive && self.idle(order.clause, order.first, order.end) == 0;
        match (asks || order.infinitive, rejected) {
            (true, false) => Doubt::Struck,
            (false, _) if bare => Doubt::None,
            _ => Doubt::Some,
        }
    }
}

/// Whether an order could as well be about a command that failed.
fn is_repeat(word: &str) -> bool {
    const STEMS: &[&str] = &[
        "try",
        "retry",
        "попроб",
        "повтор",
        "спроб",
        "versuch",
        "probier",
        "essa",
        "reessa",
        "retent",
        "intent",
        "prueba",
        "proba",
        "tenta",
        "tente",
        "も",
        "再",
        "リ",
        "riprova",
        "sprobuj",
    ];
    STEMS.iter().any(|stem| word.starts_with(stem))
}
