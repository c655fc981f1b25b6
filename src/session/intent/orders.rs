//! Finds the places in a prompt that order a redo.
//!
//! A place is an order by its form: an imperative, an infinitive beside a modal, "again" beside a verb of making or
//! alone. What takes one back is in `doubts.rs`.

use super::cues::Hit;
use super::lexicon::Cue;
use super::reading::Reading;
use super::text::Clause;

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
        let strength = self.strength_of(hit, clause)?;
        let repeats = hit.cue == Cue::Again || is_repeat(self.text.spell(hit.first));
        let infinitive = matches!(hit.cue, Cue::RedoInf | Cue::RewriteInf);
        let again = strength == Strength::Rewrite && self.clause_has(clause, Cue::Again);
        let strength = if again { Strength::Redo } else { strength };
        let hardly = infinitive && strength == Strength::Doubtful;
        Some(Order { first: hit.first, end: hit.end, clause, strength, repeats, infinitive, hardly })
    }

    /// How much of an order a phrase is by its form.
    fn strength_of(&self, hit: &Hit, clause: usize) -> Option<Strength> {
        Some(match hit.cue {
            Cue::Redo if self.is_aside(hit, clause) => return None,
            Cue::Redo => Strength::Redo,
            Cue::Rewrite => Strength::Rewrite,
            Cue::RedoEn | Cue::RewriteEn if self.is_first(hit) => return None,
            Cue::RedoEn => self.directed(hit, Strength::Redo)?,
            Cue::RewriteEn => self.directed(hit, Strength::Rewrite)?,
            Cue::MaybeEn => self.maybe(hit, clause)?,
            Cue::RedoInf
                if self.tries(hit, clause)
                    || self.is_counted(hit, clause)
                    || self.is_same(hit, clause) == Some(false) =>
            {
                return None;
            }
            Cue::RedoInf if self.is_same(hit, clause) == Some(true) => Strength::Redo,
            Cue::RedoInf
                if self.is_wanted(hit, clause) && !self.is_told(hit, clause) || self.is_bare(hit, clause) =>
            {
                Strength::Redo
            }
            Cue::RewriteInf if self.is_wanted(hit, clause) || self.is_bare(hit, clause) => Strength::Rewrite,
            Cue::RedoInf | Cue::RewriteInf => Strength::Doubtful,
            Cue::Again => self.again(hit, clause)?,
            Cue::Scratch => self.scratch(hit, clause)?,
            Cue::Other => self.another(hit, clause)?,
            Cue::Version => self.version_with(hit, clause)?,
            Cue::Indefinite => self.compared_with(hit, clause)?,
            _ => return None,
        })
    }

    /// Whether somebody is asked to do what an infinitive names.
    fn is_wanted(&self, hit: &Hit, clause: usize) -> bool {
        let made =
            |h: &Hit| h.cue == Cue::Do || h.cue == Cue::DoEn && h.first < hit.first && self.is_imperative(h);
        // "would you be so kind, to do it once more": the request may stand before the comma.
        let asked_before = || {
            let same = |&at: &usize| self.text.clauses[at].sentence == self.text.clauses[clause].sentence;
            clause.checked_sub(1).filter(same).is_some_and(|at| self.clause_has(at, Cue::Polite))
        };
        self.clause_has(clause, Cue::Modal)
            || self.clause_has(clause, Cue::Polite)
            || self.in_clause(clause).any(made)
            || asked_before()
    }

    /// "the player should be able to start over": whether it is told of somebody.
    fn is_told(&self, hit: &Hit, clause: usize) -> bool {
        let first = self.text.clauses[clause].first;
        (first..hit.first).any(|word| self.owned(word, &[Cue::Subject]) && !self.mentioned(word))
            && !self.clause_has(clause, Cue::Polite)
    }

    /// "the worker has to try again": to try is for whoever is named before the modal.
    fn tries(&self, hit: &Hit, clause: usize) -> bool {
        let first = self.text.clauses[clause].first;
        let other = |word: usize| {
            !self.owned(word, &[Cue::Filler, Cue::It, Cue::Yours, Cue::Polite, Cue::CondPolite, Cue::Bad])
        };
        is_repeat(self.text.spell(hit.first))
            && self.in_clause(clause).any(|h| h.cue == Cue::Modal && (first..h.first).any(other))
    }

    /// Whether a clause says nothing else: "a redo", "New attempt at the guide, please".
    fn is_bare(&self, hit: &Hit, clause: usize) -> bool {
        let pleaded = || {
            self.text.clauses.get(clause + 1).is_some_and(|next| {
                next.end == next.first + 1
                    && self.owned(next.first, &[Cue::Modal, Cue::Polite])
                    && hit.first <= self.text.clauses[clause].first + 1
            })
        };
        let idle = self.idle(clause, hit.first, hit.end);
        idle == 0 || idle <= 2 && hit.end - hit.first > 1 && pleaded()
    }

    /// "Otra cosa: ¿dónde está la config?": what begins another matter.
    fn is_aside(&self, hit: &Hit, clause: usize) -> bool {
        let Clause { first, end, sentence } = self.text.clauses[clause];
        let goes_on = self.text.clauses.get(clause + 1).is_some_and(|next| {
            next.sentence == sentence && !self.owned(next.first, &[Cue::Polite, Cue::Modal, Cue::Bad])
        });
        matches!(self.text.spell(hit.end - 1), "cosa" | "chose" | "coisa" | "anderes")
            && hit.end - hit.first == 2
            && (first, end) == (hit.first, hit.end)
            && goes_on
    }

    /// Whether "the same" is followed by what is to be different: "то же самое, но короче".
    fn is_same(&self, hit: &Hit, clause: usize) -> Option<bool> {
        const SAME: &[&str] =
            &["same", "самое", "саме", "dasselbe", "gleiche", "mismo", "misma", "mesma", "mesmo", "chose"];
        const BUT: &[&str] = &[
            "but",
            "only",
            "just",
            "но",
            "только",
            "але",
            "тільки",
            "aber",
            "nur",
            "pero",
            "solo",
            "mas",
            "so",
            "mais",
            "sans",
            "без",
            "ohne",
            "sin",
            "sem",
            "without",
        ];
        if !SAME.contains(&self.text.spell(hit.end - 1)) {
            return None;
        }
        let next = clause + 1;
        let same = |n: usize| {
            self.text.clauses.get(n).is_some_and(|c| c.sentence == self.text.clauses[clause].sentence)
        };
        let alone = self.idle(clause, hit.first, hit.end) <= 1;
        Some(alone && same(next) && BUT.contains(&self.text.spell(self.text.clauses[next].first)))
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
        // "Nochmal: keine Emojis" says something again.
        let end = self.text.words[hit.end - 1].end as usize;
        let alone = (self.text.clauses[clause].first, self.text.clauses[clause].end) == (hit.first, hit.end);
        if alone && !self.complains && self.text.body[end..].starts_with([':', '：']) {
            return None;
        }
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
        // "that page again, but usable"
        let but = |next: &Clause| matches!(self.text.spell(next.first), "but" | "only" | "and");
        let wanted = self.complains || self.text.clauses.get(clause + 1).is_some_and(but);
        if idle == 1 && !foreign && wanted && self.is_a_thing_alone(clause) {
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

    /// Whether the one word of a clause that says anything is what a text is called.
    fn is_a_thing_alone(&self, clause: usize) -> bool {
        let Clause { first, end, .. } = self.text.clauses[clause];
        (first..end)
            .filter(|&word| self.is_idle(word))
            .all(|word| word <= first + 1 && super::files::thing(self.text.spell(word)).is_some())
    }

    /// "show me the diff again".
    fn shown(&self, hit: &Hit, clause: usize) -> bool {
        let from = self.text.clauses[clause].first;
        // "tell it again" is of a story.
        let tells = |word: usize| {
            self.text.spell(word) == "tell"
                && matches!(self.text.spell(word + 1), "it" | "this" | "that" | "the")
        };
        (from..hit.first)
            .any(|word| SHOWN.contains(&self.text.spell(word)) && !self.mentioned(word) && !tells(word))
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

    /// How many words of the clause say anything besides the order and which file.
    pub(super) fn idle(&self, clause: usize, first: usize, end: usize) -> usize {
        let clause = self.text.clauses[clause];
        let counts = |word: &usize| !(first..end).contains(word) && self.is_idle(*word);
        (clause.first..clause.end).filter(counts).count()
    }

    /// Whether a word says anything besides an order and which file.
    pub(super) fn is_idle(&self, word: usize) -> bool {
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
            Cue::Indefinite,
            Cue::CondPolite,
            Cue::Bad,
            Cue::Worse,
            Cue::Redo,
            Cue::RedoEn,
            Cue::MaybeEn,
            Cue::RedoInf,
            Cue::Rewrite,
            Cue::RewriteEn,
            Cue::RewriteInf,
        ];
        !self.text.words[word].quoted && !self.mentioned(word) && !self.owned(word, IDLE)
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
    pub(super) fn directed(&self, hit: &Hit, strength: Strength) -> Option<Strength> {
        // "it doesn't retry"
        const DENIED: &[&str] = &["doesnt", "didnt", "wont", "cant", "isnt", "wouldnt", "couldnt"];
        const SKIPPED: &[Cue] =
            &[Cue::Filler, Cue::It, Cue::Polite, Cue::CondPolite, Cue::Again, Cue::Modal, Cue::Neg];
        let clause = self.text.clauses[self.clause_of(hit.first)];
        if hit.first > clause.first && DENIED.contains(&self.text.spell(hit.first - 1)) {
            return None;
        }
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
        // "the gallery should start again at the first picture"
        let asked = |word: usize| {
            self.owned(word, &[Cue::Polite]) || matches!(self.text.spell(word), "you" | "u" | "we" | "lets")
        };
        let asked = (clause.first..hit.first).any(asked);
        let acts = must
            && !asked
            && hit.end - hit.first == 2
            && matches!(self.text.spell(hit.first), "start" | "begin" | "try" | "go")
            && (clause.first..hit.first).any(|word| self.mentioned(word) || self.text.spell(word) == "it");
        if at == clause.first {
            return Some(if acts { Strength::Doubtful } else { strength });
        }
        let before = at - 1;
        let link = matches!(
            self.text.spell(at),
            "and" | "n" | "then" | "so" | "please" | "pls" | "plz" | "just" | "no" | "ok"
        ) || hit.end - hit.first > 1 && matches!(self.text.spell(hit.first - 1), "and" | "then");
        let told = (clause.first..at)
            .any(|word| self.owned(word, &[Cue::Subject]) && !self.owned(word, &[Cue::Bad, Cue::Worse]));
        if acts {
            return Some(Strength::Doubtful);
        }
        let wrong = self.owned(before, &[Cue::Bad, Cue::Worse]) || self.runs_on(hit, clause.first, at);
        // "the client must start over": it is not the one who is asked.
        let told = told || must && !asked;
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
