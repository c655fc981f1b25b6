//! Finds the places in a prompt that order a redo.
//!
//! A place is an order by its form: an imperative, an infinitive beside a modal, "again" beside a verb of making or
//! alone. What takes one back is in `doubts.rs`.

use super::cues::Hit;
use super::files::Mention;
use super::lexicon::Cue;
use super::reading::Reading;

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
    pub(super) repeats: bool,
    /// "to redo": in a question, rather an idea than an order.
    pub(super) infinitive: bool,
    /// A noun or an infinitive that nothing makes an order.
    pub(super) hardly: bool,
}

/// Modals that say who is to do it.
const MUST: &[&str] = &["must", "should", "to", "gotta", "needs"];

/// Verbs after which "again" asks to be shown or told something once more.
#[rustfmt::skip]
const SHOWN: &[&str] = &[
    "show", "send", "print", "list", "paste", "display", "explain", "tell", "say", "read", "repeat", "remind",
    "look", "check", "покажи", "покажите", "выведи", "расскажи", "объясни", "объясните", "скажи", "напомни",
    "пришли", "прочитай", "поясни", "розкажи", "zeig", "zeige", "sag", "erklar", "erklare",
    "schick", "lies", "montre", "montrez", "dis", "explique", "expliquez", "rappelle", "envoie", "muestra",
    "muestrame", "di", "dime", "explica", "explicame", "recuerdame", "mostra", "mostre", "diz", "見", "教", "説",
];

/// "Again" as only of what is made.
const ANEW: &[&str] = &["anew", "afresh", "заново", "наново", "改", "重"];

impl Reading<'_> {
    /// The order that a phrase gives, if it gives one.
    pub(super) fn order_at(&self, hit: &Hit) -> Option<Order> {
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
        // "the player should be able to start over"
        let told = || {
            let first = self.text.clauses[clause].first;
            (first..hit.first).any(|word| self.owned(word, &[Cue::Subject]) && !self.mentioned(word))
                && !self.clause_has(clause, Cue::Polite)
        };
        // "the worker has to try again": to try is for whoever is named before the modal.
        let tries = || {
            let first = self.text.clauses[clause].first;
            let other = |word: usize| {
                !self.owned(word, &[Cue::Filler, Cue::It, Cue::Yours, Cue::Polite, Cue::CondPolite, Cue::Bad])
            };
            is_repeat(self.text.spell(hit.first))
                && self.in_clause(clause).any(|h| h.cue == Cue::Modal && (first..h.first).any(other))
        };
        let bare = || self.idle(clause, hit.first, hit.end) == 0;
        let strength = match hit.cue {
            Cue::Redo => Strength::Redo,
            Cue::Rewrite => Strength::Rewrite,
            Cue::RedoEn => self.directed(hit, Strength::Redo)?,
            Cue::RewriteEn => self.directed(hit, Strength::Rewrite)?,
            Cue::RedoInf if tries() => return None,
            Cue::RedoInf if wanted() && !told() || bare() => Strength::Redo,
            Cue::RewriteInf if wanted() || bare() => Strength::Rewrite,
            Cue::RedoInf | Cue::RewriteInf => Strength::Doubtful,
            Cue::Again => self.again(hit, clause)?,
            Cue::Scratch => self.scratch(hit, clause)?,
            Cue::Other => self.another(hit, clause)?,
            Cue::Version => self.version_with(hit, clause)?,
            _ => return None,
        };
        let repeats = hit.cue == Cue::Again || is_repeat(self.text.spell(hit.first));
        let infinitive = matches!(hit.cue, Cue::RedoInf | Cue::RewriteInf);
        let again = strength == Strength::Rewrite && self.clause_has(clause, Cue::Again);
        let strength = if again { Strength::Redo } else { strength };
        let hardly = infinitive && strength == Strength::Doubtful;
        Some(Order { first: hit.first, end: hit.end, clause, strength, repeats, infinitive, hardly })
    }

    /// "do … again", or "again" and nothing else.
    fn again(&self, hit: &Hit, clause: usize) -> Option<Strength> {
        let made = self.in_clause(clause).any(|h| match h.cue {
            Cue::Do => true,
            Cue::DoEn => h.first < hit.first && self.directed(h, Strength::Redo) == Some(Strength::Redo),
            _ => false,
        });
        let idle = self.idle(clause, hit.first, hit.end);
        let foreign = self.foreign_run(clause, hit.first, hit.end) || self.shown(hit, clause);
        // "would you be so kind, once more": whatever the verb is. Not the whole sentence, which may be as long as the prompt.
        let sentence = self.text.clauses[clause].sentence;
        let beside = clause.saturating_sub(1)..=clause;
        let asked = || {
            beside.clone().filter(|&at| self.text.clauses[at].sentence == sentence).any(|at| {
                self.complains && self.clause_has(at, Cue::Polite)
                    || self.in_clause(at).any(|h| h.first < hit.first && self.obliges(h))
            })
        };
        if !made && (1..=3).contains(&idle) && !foreign && asked() {
            return Some(Strength::Doubtful);
        }
        if idle == 0 && !foreign {
            return Some(Strength::Redo);
        }
        let anew = ANEW.contains(&self.text.spell(hit.first));
        match idle {
            0..=3 if made && !foreign => Some(Strength::Redo),
            4..=5 if made && !foreign => Some(Strength::Doubtful),
            1..=3 if anew && !foreign => Some(Strength::Doubtful),
            _ => None,
        }
    }

    /// "show me the diff again".
    fn shown(&self, hit: &Hit, clause: usize) -> bool {
        let from = self.text.clauses[clause].first;
        (from..hit.first).any(|word| SHOWN.contains(&self.text.spell(word)) && !self.mentioned(word))
            || hit.end < self.text.clauses[clause].end && SHOWN.contains(&self.text.spell(hit.end))
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
        // "uma versão nova": in Romance languages it may stand behind.
        let near = |h: &&Hit| {
            h.cue == Cue::Version && (h.first >= hit.end && h.first <= hit.end + 2 || h.end == hit.first)
        };
        let more = matches!(self.text.spell(hit.first), "noch" | "еще" | "ще");
        let named = |m: &Mention| !more && m.first == hit.end && m.end <= self.text.clauses[clause].end;
        if self.mentions.iter().any(named) {
            return self.named_anew(hit, clause);
        }
        if self.in_clause(clause).find(near).is_none() {
            return self.made_anew(hit, clause);
        }
        let asked =
            [Cue::Do, Cue::DoEn, Cue::Modal, Cue::Polite].iter().any(|&cue| self.clause_has(clause, cue));
        let idle = self.idle(clause, hit.first, hit.end);
        (asked || idle == 0).then_some(if idle <= 3 { Strength::Redo } else { Strength::Doubtful })
    }

    /// "I need a version that sounds like me", "could we see a humbler version": a redo beside a complaint.
    fn version_with(&self, hit: &Hit, clause: usize) -> Option<Strength> {
        const ONE: &[&str] = &["a", "an", "eine", "einen", "une", "un", "una", "uma", "um"];
        let first = self.text.clauses[clause].first;
        let from = hit.first.saturating_sub(2).max(first);
        let one = (from..hit.first).any(|word| ONE.contains(&self.text.spell(word)));
        let wished = self.clause_has(clause, Cue::Polite)
            || self.in_clause(clause).any(|h| h.first < hit.first && self.obliges(h));
        let other = self.in_clause(clause).any(|h| h.cue == Cue::Other);
        // "a humbler version" says by itself what the first one was not.
        let varied = hit.first > from && !ONE.contains(&self.text.spell(hit.first - 1));
        (one && wished && !other && (varied || self.has(Cue::Bad))).then_some(Strength::Doubtful)
    }

    /// "a new afterword" where there is one: a redo beside a complaint, else perhaps more work.
    fn named_anew(&self, hit: &Hit, clause: usize) -> Option<Strength> {
        let asked =
            [Cue::Do, Cue::DoEn, Cue::Modal, Cue::Polite].iter().any(|&cue| self.clause_has(clause, cue));
        let idle = self.idle(clause, hit.first, hit.end);
        if !asked && idle > 0 || idle > 2 {
            return None;
        }
        Some(if self.complains { Strength::Redo } else { Strength::Doubtful })
    }

    /// "write a new one" where "one" goes without saying: a redo beside a complaint, else perhaps more work.
    fn made_anew(&self, hit: &Hit, clause: usize) -> Option<Strength> {
        let beside = |h: &Hit| {
            (matches!(h.cue, Cue::Do | Cue::DoEn) || self.obliges(h))
                && (h.end <= hit.first && hit.first - h.end <= 2
                    || h.first >= hit.end && h.first - hit.end <= 1)
        };
        let after = hit.end..self.text.clauses[clause].end;
        let ends = after.into_iter().all(|word| {
            self.owned(word, &[Cue::Filler, Cue::It, Cue::Modal, Cue::Polite, Cue::Again, Cue::Do])
        });
        if !ends || !self.in_clause(clause).any(beside) || self.idle(clause, hit.first, hit.end) > 3 {
            return None;
        }
        let wrong = self.has(Cue::Bad) || self.has(Cue::Worse);
        Some(if wrong { Strength::Redo } else { Strength::Doubtful })
    }

    /// How many words of the clause say anything besides the order and which file.
    pub(super) fn idle(&self, clause: usize, first: usize, end: usize) -> usize {
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
    pub(super) fn foreign_run(&self, clause: usize, first: usize, end: usize) -> bool {
        self.in_clause(clause).any(|h| {
            matches!(h.cue, Cue::Run | Cue::Operation)
                && !(first..end).contains(&h.first)
                && !self.mentioned(h.first)
        })
    }

    /// English tells an order from a noun by its place: nothing before it but politeness, a modal, or the file.
    fn directed(&self, hit: &Hit, strength: Strength) -> Option<Strength> {
        const SKIPPED: &[Cue] =
            &[Cue::Filler, Cue::It, Cue::Polite, Cue::CondPolite, Cue::Again, Cue::Modal, Cue::Neg];
        let clause = self.text.clauses[self.clause_of(hit.first)];
        let mut at = hit.first;
        let mut modal = false;
        let mut must = false;
        while at > clause.first {
            let before = at - 1;
            if self.owned(before, &[Cue::Modal, Cue::Polite]) {
                modal = true;
                must |= MUST.contains(&self.text.spell(before));
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
        ) || hit.end - hit.first > 1 && matches!(self.text.spell(hit.first - 1), "and" | "then");
        let told = (clause.first..at)
            .any(|word| self.owned(word, &[Cue::Subject]) && !self.owned(word, &[Cue::Bad, Cue::Worse]));
        let wrong = self.owned(before, &[Cue::Bad, Cue::Worse]);
        // "the client must start over": it is not the one who is asked.
        let asked = |word: usize| {
            self.owned(word, &[Cue::Polite]) || matches!(self.text.spell(word), "you" | "u" | "we" | "lets")
        };
        let told = told || must && !(clause.first..hit.first).any(asked);
        if wrong || ((modal || link) && !told) { Some(strength) } else { Some(Strength::Doubtful) }
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
        "wiederhol",
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
