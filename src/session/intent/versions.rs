//! Orders of another version: "another one", "a new afterword", "a version that sounds like me", "вариант поживее".
//!
//! Apart from `orders.rs` because a version may also be one more of it: only what is said beside tells.

use super::cues::Hit;
use super::files::Mention;
use super::lexicon::Cue;
use super::orders::Strength;
use super::reading::Reading;
use super::text::Clause;

/// A prompt of so few words has room for nothing else.
const SHORT: usize = 3;

impl Reading<'_> {
    /// "another version", "новый вариант".
    pub(super) fn another(&self, hit: &Hit, clause: usize) -> Option<Strength> {
        // "uma versão nova": in Romance languages it may stand behind.
        let near = |h: &&Hit| {
            h.cue == Cue::Version && (h.first >= hit.end && h.first <= hit.end + 2 || h.end == hit.first)
        };
        let more = matches!(self.text.spell(hit.first), "noch" | "еще" | "ще");
        let named = |m: &&Mention| !more && m.first == hit.end && m.end <= self.text.clauses[clause].end;
        if let Some(mention) = self.mentions.iter().find(named) {
            return self.named_anew(hit, clause, mention.file);
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
    pub(super) fn version_with(&self, hit: &Hit, clause: usize) -> Option<Strength> {
        const ONE: &[&str] = &["a", "an", "eine", "einen", "une", "un", "una", "uma", "um"];
        if self.is_more(hit, clause) {
            let asked =
                [Cue::Do, Cue::Modal, Cue::Polite, Cue::Bad].iter().any(|&cue| self.clause_has(clause, cue));
            return asked.then_some(Strength::Redo);
        }
        if self.is_bounded(hit, clause)
            && [Cue::Do, Cue::Modal, Cue::Polite].iter().any(|&cue| self.clause_has(clause, cue))
        {
            return Some(Strength::Doubtful);
        }
        let Clause { first, end, .. } = self.text.clauses[clause];
        let from = hit.first.saturating_sub(2).max(first);
        let one = (from..hit.first).any(|word| ONE.contains(&self.text.spell(word)));
        let made = |h: &Hit| h.cue == Cue::DoEn && self.is_imperative(h);
        let wished = self.clause_has(clause, Cue::Polite)
            || self.in_clause(clause).any(|h| h.first < hit.first && (self.obliges(h) || made(h)));
        let other = self.in_clause(clause).any(|h| h.cue == Cue::Other);
        // "a humbler version" says by itself what the first one was not, "a version where the dog lives" too.
        let varied = hit.first > from && !ONE.contains(&self.text.spell(hit.first - 1))
            || hit.end < end && super::english::VARIED.contains(&self.text.spell(hit.end));
        let besides = self.is_besides(hit, clause);
        let sure = self.complains && !besides;
        (one && (sure || !besides || self.has(Cue::Bad))
            && wished
            && !other
            && (varied || self.has(Cue::Bad)))
        .then_some(if sure { Strength::Redo } else { Strength::Doubtful })
    }

    /// "нужна версия без пафоса", "дай версию, где она жива": what the first one did not keep to.
    fn is_bounded(&self, hit: &Hit, clause: usize) -> bool {
        const WITHOUT: &[&str] = &["без", "ohne", "sans", "sin", "sem", "なし"];
        const WHERE: &[&str] = &["где", "де", "wo", "ou", "donde", "onde"];
        let Clause { end, sentence, .. } = self.text.clauses[clause];
        let spells = |word: usize, words: &[&str]| words.contains(&self.text.spell(word));
        let next = self.text.clauses.get(clause + 1).filter(|next| next.sentence == sentence);
        hit.end < end && spells(hit.end, WITHOUT)
            || hit.end == end && next.is_some_and(|next| spells(next.first, WHERE))
    }

    /// "вариант поживее", "une version plus drôle", "更短的版本": what a first version has not enough of.
    fn is_more(&self, hit: &Hit, clause: usize) -> bool {
        const MORE: &[&str] =
            &["plus", "moins", "mas", "mais", "menos", "более", "менее", "більш", "менш", "更", "っ"];
        const ENDS: &[&str] = &["ее", "че", "ше", "ще", "же", "іше"];
        let Clause { first, end, .. } = self.text.clauses[clause];
        let next = Some(hit.end).filter(|&word| word < end).map_or("", |word| self.text.spell(word));
        let russian = |word: &str| word.starts_with("по") && ENDS.iter().any(|ending| word.ends_with(ending));
        let german = |word: &str| {
            let stem = word.trim_end_matches(['n', 'r', 's', 'm']);
            stem.len() > 5 && stem.ends_with("ere") && !stem.starts_with("and")
        };
        let unspaced = self.text.spell(hit.first).starts_with(super::text::is_ideograph);
        let before = hit.first.saturating_sub(if unspaced { 6 } else { 2 }).max(first)..hit.first;
        MORE.contains(&next)
            || russian(next)
            || before.clone().any(|word| MORE.contains(&self.text.spell(word)))
            || !unspaced && before.clone().next_back().is_some_and(|word| german(self.text.spell(word)))
    }

    /// "a new afterword" where there is one: a redo beside a complaint, else perhaps more work.
    fn named_anew(&self, hit: &Hit, clause: usize, file: usize) -> Option<Strength> {
        let asked =
            [Cue::Do, Cue::DoEn, Cue::Modal, Cue::Polite].iter().any(|&cue| self.clause_has(clause, cue));
        let idle = self.idle(clause, hit.first, hit.end);
        let sure = self.complains || self.told_of(file, clause);
        if !asked && idle > 0 || idle > 2 || idle > 1 && !sure {
            return None;
        }
        Some(if sure { Strength::Redo } else { Strength::Doubtful })
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
        let wrong = self.has(Cue::Bad) || self.has(Cue::Worse) || self.told_beside(clause);
        let idle = self.idle(clause, hit.first, hit.end);
        // "Нет. Другую.": nothing but that; of "try again with the other file" it is a part.
        let first = self.text.clauses[clause].first;
        let alone = (first..hit.first).all(|word| self.owned(word, &[Cue::Filler, Cue::Modal, Cue::Polite]));
        if ends && alone && idle == 0 && (wrong && clause > 0 || self.text.words.len() <= SHORT) {
            return Some(if wrong { Strength::Redo } else { Strength::Doubtful });
        }
        if !ends || !self.in_clause(clause).any(beside) || idle > 3 {
            return None;
        }
        Some(if wrong { Strength::Redo } else { Strength::Doubtful })
    }
}
