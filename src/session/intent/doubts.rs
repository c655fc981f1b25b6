//! Weighs what stands against an order that was found.
//!
//! An order is struck out by a negation, a condition, a question that does not ask for it, reported speech, a command
//! that is run again, an object that nobody writes, somebody else who is to do it; where the prompt also rejects the
//! work, some of these only cast a doubt.

use super::cues::Hit;
use super::files::Mention;
use super::lexicon::Cue;
use super::orders::{Order, Strength};
use super::reading::Reading;
use super::text::Clause;

/// Nobody gives more orders than this in one prompt.
const ORDERS: usize = 32;

/// Words after which something must still be named.
#[rustfmt::skip]
pub(super) const OPEN: &[&str] = &[
    "another", "second", "different", "fresh", "outro", "outra", "otro", "otra", "другой", "другую",
    "другое", "еще", "ще", "autre", "andere", "anderen", "neue", "neuen", "інший", "іншу", "другая", "новый",
    "новую", "новая", "новое", "інша", "інше", "новий", "нову", "нова", "нове", "nueva", "nuevo", "nova", "novo",
    "nouvelle", "nouveau", "nouvel", "neues", "neuer", "anderes", "anderer",
];

/// Of these, what one wants instead of what there is.
#[rustfmt::skip]
const DIFFERENT: &[&str] = &[
    "другой", "другую", "другое", "другая", "інший", "іншу", "інша", "інше", "andere", "anderen", "anderes",
    "anderer",
];

/// What is named after them by somebody who wants a redo; beginnings of words.
#[rustfmt::skip]
const TRIES: &[&str] = &[
    "try", "go", "shot", "pass", "stab", "crack", "chance", "look", "whirl", "spin", "swing", "run",
    "round", "one", "bash", "vez", "раз", "way", "разок", "angle", "whack", "tack", "пробу", "попытк",
    "спроб", "заход", "дубл", "versuch", "anlauf", "essai", "fois", "intento", "tentativa",
];

/// "redo it in one sentence": before what it is to become.
const INTO: &[&str] = &["in", "into", "as", "to", "with", "в", "на", "у", "с", "zu", "en", "em", "a", "com"];

/// Before a condition that is none; beginnings of words.
const GRATEFUL: &[&str] = &[
    "grateful",
    "appreciate",
    "obliged",
    "благодар",
    "признател",
    "вдячн",
    "dankbar",
    "verbunden",
    "reconnaissant",
    "agradec",
    "grato",
    "grata",
    "thankful",
    "glad",
    "lovely",
    "nice",
    "great",
    "wonderful",
];

/// What we do, or will do if what was said before the comma comes true.
const WE: &[&str] = &[
    "начнем",
    "переделаем",
    "перепишем",
    "сделаем",
    "попробуем",
    "напишем",
    "почнемо",
    "переробимо",
    "перепишемо",
    "fangen",
    "recommencons",
    "empezamos",
    "comecamos",
];

/// When it is put off to.
#[rustfmt::skip]
const LATER: &[&str] = &[
    "tomorrow", "later", "tonight", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
    "sunday", "завтра", "потом", "позже", "пізніше", "morgen", "spater", "demain", "manana", "amanha",
    "скоро", "незабаром", "bald", "demnachst", "bientot", "pronto", "depois", "despues",
];

/// Before a day by which it must be done.
const BY: &[&str] =
    &["by", "before", "until", "till", "bis", "vor", "до", "к", "avant", "para", "antes", "ate"];

/// What somebody is mentioned after who says nothing: "for our customers".
#[rustfmt::skip]
const ABOUT: &[&str] = &[
    "for", "of", "to", "with", "from", "our", "fur", "von", "mit", "pour", "de", "avec", "para", "con", "com",
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

    fn doubt(&self, order: &Order) -> Doubt {
        let sentence = self.text.sentence_of(order.first);
        if self.negated(order) || self.names_a_thing(order) {
            return Doubt::Struck;
        }
        if self.is_of_others(order) || self.is_praised(order) || self.is_greeting(order) {
            return Doubt::Struck;
        }
        if let Some(doubt) = self.introduced(order) {
            return doubt;
        }
        if self.is_put_off(order) {
            let wrong = |h: &Hit| matches!(h.cue, Cue::Bad | Cue::Worse) && !self.supposed(h);
            return if self.hits.iter().any(wrong) { Doubt::Some } else { Doubt::Struck };
        }
        let spoken_of = self.is_spoken_of(order);
        let content =
            || self.thanks() || self.has(Cue::Thanks) || self.has(Cue::Good) || self.is_judged(order);
        if spoken_of && !self.complains && content() {
            return Doubt::Struck;
        }
        if self.asks_for_more(order) || self.goes_on(order) {
            let instead = DIFFERENT.contains(&self.text.spell(order.end - 1)) && self.mentioned(order.end);
            return if self.complains || instead { Doubt::Some } else { Doubt::Struck };
        }
        if self.is_for_another(order) && !self.complains || self.takes_another(order) {
            return Doubt::Some;
        }
        if self.in_a_story(order) || spoken_of || self.is_anothers(order) {
            return Doubt::Some;
        }
        let rejected = self.hits.iter().any(|h| h.cue == Cue::Worse && !self.supposed(h));
        if self.conditional(order, sentence) || self.reported(order, sentence) {
            return if rejected || self.complains_outside(sentence) { Doubt::Some } else { Doubt::Struck };
        }
        // "Не понравится редактору — начнём заново": what we will do then.
        let then =
            order.clause > self.text.sentences[sentence].first && WE.contains(&self.text.spell(order.first));
        if then {
            return Doubt::Some;
        }
        if self.is_of_an_operation(order) || self.is_of_a_part(order) {
            return if rejected || self.has(Cue::Bad) { Doubt::Some } else { Doubt::Struck };
        }
        // "try running it again": the command may stand inside the order.
        let inside = |h: &Hit| {
            matches!(h.cue, Cue::Run | Cue::Operation)
                && h.first > order.first
                && h.end < order.end
                && !self.mentioned(h.first)
        };
        if order.repeats
            && (self.foreign_run(order.clause, order.first, order.end)
                || self.in_clause(order.clause).any(inside))
        {
            return Doubt::Struck;
        }
        let mended = |h: &Hit| h.cue == Cue::Fixed && self.text.sentence_of(h.first) <= sentence + 1;
        if order.repeats && self.hits.iter().any(mended) {
            let after =
                self.hits.iter().filter(|h| mended(h)).all(|h| self.text.sentence_of(h.first) > sentence);
            return if rejected || after && self.complains { Doubt::Some } else { Doubt::Struck };
        }
        if order.repeats && self.follows_a_run(order, sentence) {
            return if rejected || self.has(Cue::Bad) { Doubt::Some } else { Doubt::Struck };
        }
        self.questioned(order, sentence)
    }

    /// "redo it tomorrow", "start again at nine": later.
    fn is_put_off(&self, order: &Order) -> bool {
        let later = self.text.clauses[order.clause].end.min(order.end + 3);
        let before = order.first.saturating_sub(2).max(self.text.clauses[order.clause].first);
        // "before Thursday" is a deadline.
        let at_nine = |word: usize| {
            word + 1 < self.text.clauses[order.clause].end
                && word >= order.end
                && self.text.spell(word) == "at"
                && !self.mentioned(word + 1)
                && (self.text.spell(word + 1).starts_with(|c: char| c.is_ascii_digit())
                    || matches!(
                        self.text.spell(word + 1),
                        "noon" | "six" | "seven" | "eight" | "nine" | "ten"
                    ))
        };
        let late = |word: usize| {
            at_nine(word)
                || LATER.contains(&self.text.spell(word))
                    && !word.checked_sub(1).is_some_and(|at| BY.contains(&self.text.spell(at)))
        };
        (before..later).any(late)
    }

    /// "redo the merge", "the upload got stuck, do it again": what is done over was never written.
    fn is_of_an_operation(&self, order: &Order) -> bool {
        let done = |h: &Hit| h.cue == Cue::Operation && !self.mentioned(h.first);
        let named = |clause: usize| self.mentions.iter().any(|m| self.clause_of(m.first) == clause);
        if named(order.clause) {
            return false;
        }
        let beside = |h: &Hit| {
            (order.first..order.end + 3).contains(&h.first)
                || h.end <= order.first && order.first - h.end <= 1
        };
        if self.in_clause(order.clause).any(|h| done(h) && beside(h)) {
            return true;
        }
        let from = self.text.sentences[self.text.sentence_of(order.first)].first;
        let leads = |h: &Hit| done(h) && h.first - self.text.clauses[self.clause_of(h.first)].first <= 1;
        order.strength == Strength::Redo
            && (from..order.clause).any(|clause| self.in_clause(clause).any(leads))
            && !(from..order.clause).any(named)
    }

    /// "reword the first sentence", "the first sentence is weak, give me another": an edit in place.
    fn is_of_a_part(&self, order: &Order) -> bool {
        let named = |clause: usize| self.mentions.iter().any(|m| self.clause_of(m.first) == clause);
        let blamed = |clause: usize| {
            let first = self.text.clauses[clause].first;
            self.in_clause(clause)
                .any(|h| h.cue == Cue::Part && h.first <= first + 2 && !self.mentioned(h.first))
                && self.in_clause(clause).any(|h| matches!(h.cue, Cue::Bad | Cue::Worse))
        };
        // "the logo is ugly. Make a new one"
        let end = self.text.clauses[order.clause].end;
        let one = (order.first..end).any(|word| matches!(self.text.spell(word), "one" | "another"));
        let last = order.clause.checked_sub(1);
        if one
            && last.is_some_and(|clause| self.is_of_a_piece(clause) && !named(clause))
            && !named(order.clause)
        {
            return true;
        }
        let before = order
            .clause
            .checked_sub(1)
            .filter(|&clause| self.text.clauses[clause].sentence == self.text.clauses[order.clause].sentence);
        if before.is_some_and(|clause| blamed(clause) && !named(clause)) && !named(order.clause) {
            return true;
        }
        self.in_clause(order.clause).any(|h| {
            h.cue == Cue::Part
                && (order.first..order.end + 5).contains(&h.first)
                && !self.mentioned(h.first)
                && !(order.end..h.first).any(|word| INTO.contains(&self.text.spell(word)))
        })
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
        // "Хочу другой эпилог, этот слабый": instead of the one there is.
        let instead = self.complains
            && self.mentioned(at)
            && !matches!(self.text.spell(order.end - 1), "another" | "second" | "еще" | "ще");
        // "have it written fresh" asks for nothing more.
        let back = order.end.checked_sub(2).map_or("", |word| self.text.spell(word));
        let open = OPEN.contains(&self.text.spell(order.end - 1))
            && !(self.text.spell(order.end - 1) == "fresh"
                && matches!(back, "written" | "done" | "start" | "starting" | "it" | "this" | "that"))
            && !(self.complains
                && matches!(self.text.spell(order.end - 1), "different" | "fresh")
                && super::more::is_of_the_whole(next))
            && !instead
            && (!self.owned(at, &[Cue::Filler]) || matches!(next, "chapter" | "scene" | "file"));
        // "the outline still ends with the wedding, write me another outline"
        let different = self.text.spell(order.end - 1) == "different";
        let told = |m: &Mention| m.first == at && (different || self.told_of(m.file, order.clause));
        if self.mentions.iter().any(told) {
            return false;
        }
        let named =
            at + 1 < end && self.text.spell(at + 1) == "the" && at + 2 < end && self.mentioned(at + 2);
        let of = next == "of"
            && at + 1 < end
            && !self.owned(at + 1, &[Cue::It])
            && !self.mentioned(at + 1)
            && !named;
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
        let makes = || {
            !order.infinitive
                && self.in_clause(clause).any(|h| matches!(h.cue, Cue::Do | Cue::DoEn))
                && !self
                    .in_clause(clause)
                    .any(|h| matches!(h.cue, Cue::Redo | Cue::RedoEn | Cue::Again | Cue::It))
                && self.in_clause(order.clause).any(|h| h.cue != Cue::Bad && h.first < order.first)
        };
        match (self.clause_has(clause, Cue::Add) || makes(), text) {
            (true, true) => Some(Doubt::Struck),
            (true, false) => Some(Doubt::Some),
            _ if self.leads_in(clause, order) => Some(Doubt::Some),
            _ => None,
        }
    }

    /// "On the door it says: try again": a clause that tells something, and the colon's words at once behind it.
    fn leads_in(&self, clause: usize, order: &Order) -> bool {
        const SPOKEN: &[Cue] = &[Cue::Bad, Cue::Worse, Cue::It, Cue::Polite, Cue::Yours];
        let named = |c: usize| {
            self.mentions
                .iter()
                .any(|m| self.clause_of(m.first) == c && m.first <= self.text.clauses[c].first + 1)
        };
        // "On page 2 the owl says: try again, little one"
        let said = matches!(
            self.text.spell(self.text.clauses[clause].end - 1),
            "says" | "said" | "sings" | "shouts" | "goes" | "reads" | "whispers" | "calls"
        );
        // "Her motto: try, fail, try again"
        let short = |c: usize| self.text.clauses[c].end - self.text.clauses[c].first <= 2;
        (clause + 1..order.clause).all(short)
            && self.idle(clause, order.first, order.end) >= 2
            && (said || !named(clause))
            && !self.in_clause(clause).any(|h| SPOKEN.contains(&h.cue) || self.obliges(h))
    }

    /// "pytest crashed, try again": the command may stand a clause earlier.
    fn follows_a_run(&self, order: &Order, sentence: usize) -> bool {
        let clauses = self.text.sentences[sentence].first..order.clause;
        let named = |clause: usize| self.mentions.iter().any(|m| self.clause_of(m.first) == clause);
        clauses.into_iter().any(|clause| self.foreign_run(clause, 0, 0) && !named(clause))
    }

    /// "retry button": the order is part of a thing's name.
    fn names_a_thing(&self, order: &Order) -> bool {
        // "retry in 2s"
        let end = self.text.clauses[order.clause].end;
        if order.end + 1 < end
            && matches!(self.text.spell(order.end), "in" | "через" | "dans" | "en" | "em")
            && self.text.spell(order.end + 1).starts_with(|c: char| c.is_ascii_digit())
            && self.text.spell(order.end + 1).ends_with('s')
        {
            return true;
        }
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
            // "I'd be grateful if you redid it" is politeness.
            let thankful =
                |word: usize| GRATEFUL.iter().any(|grateful| self.text.spell(word).starts_with(grateful));
            let from = self.text.clauses[self.clause_of(hit.first).saturating_sub(1)].first;
            if (from..hit.first).any(thankful) {
                return false;
            }
            let leads = hit.first - clause.first <= 1 && hit.first <= order.first;
            let follows = self.clause_of(hit.first) == order.clause
                && hit.first >= order.end
                && hit.first - order.end <= 2;
            let ideographs = self.text.spell(hit.first).starts_with(super::text::is_ideograph);
            leads || follows || (ideographs && hit.end - hit.first > 1 && hit.first < order.first)
        })
    }

    fn reported(&self, order: &Order, sentence: usize) -> bool {
        // "he talks like a robot" is how it reads, "too dry for our customers" what it is for.
        let describes = |hit: &Hit| {
            let clause = self.clause_of(hit.first);
            let Clause { first, end, .. } = self.text.clauses[clause];
            let about = hit.first > first && ABOUT.contains(&self.text.spell(hit.first - 1));
            let compares = self.owned(hit.first, &[Cue::Like]) && hit.end < end && self.mentioned(hit.end);
            about
                || compares
                || clause != order.clause && hit.end < end && self.owned(hit.end, &[Cue::Like, Cue::Bad])
        };
        // "we ended up rewriting it" tells of an order, "the logic ended up in views.py" of none.
        let elsewhere = |hit: &Hit| {
            self.clause_of(hit.first) != order.clause
                && matches!(self.text.spell(hit.first), "ended" | "had" | "used")
        };
        self.in_sentence(sentence).any(|hit| {
            hit.cue == Cue::Reported
                && !describes(hit)
                && !elsewhere(hit)
                && hit.first < order.first
                && !(hit.first..hit.end).contains(&order.first)
                || hit.cue == Cue::Reported
                    && self.clause_of(hit.first) == order.clause
                    && (order.end..order.end + 3).contains(&hit.first)
                    && !(order.end..hit.first).any(|word| INTO.contains(&self.text.spell(word)))
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
            let rejected = self.has(Cue::Worse) || self.complains_outside(sentence);
            return if rejected { Doubt::Some } else { Doubt::Struck };
        }
        if !self.text.sentences[sentence].question || self.sentence_has(sentence, Cue::Polite) {
            return Doubt::None;
        }
        let asks = self.in_sentence(sentence).any(|hit| hit.cue == Cue::Wh && hit.first < order.first);
        // "why did you rewrite it instead of patching it?"
        let leads = |hit: &Hit| hit.cue == Cue::Wh && hit.first == self.text.clauses[order.clause].first;
        if self.in_clause(order.clause).any(leads) && !self.complains_outside(sentence) {
            return Doubt::Struck;
        }
        let alone = self.idle(order.clause, order.first, order.end) == 0;
        let bare = !order.infinitive && alone;
        // "Another go?" is asked for, if of nobody.
        if order.infinitive && alone && !asks && order.end - order.first > 1 {
            return if self.complains_outside(sentence) { Doubt::None } else { Doubt::Some };
        }
        match (asks || order.infinitive, rejected) {
            (true, false) => Doubt::Struck,
            (false, _) if bare => Doubt::None,
            _ => Doubt::Some,
        }
    }
}
