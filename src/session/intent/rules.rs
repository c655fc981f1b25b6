//! Decides: what the cues of each clause, sentence and prompt mean together.
//!
//! The orders that `doubts.rs` left standing are weighed against the whole prompt: whose text it is, whether something
//! is wrong with it, whether an older version is wanted, and which of the files that are mentioned is meant. Only an
//! order that nothing speaks against is a retry; an order in doubt, or a rejection without one, is asked about.

use super::Verdict;
use super::cues::Hit;
use super::files::Mention;
use super::lexicon::Cue;
use super::orders::{Order, Strength};
use super::reading::Reading;
use super::text::{Clause, Text};

/// A complaint longer than this, in words, is a conversation.
const COMPLAINT: usize = 30;

/// A mention by words alone, and one that counts or spells the file.
const WEAK: u32 = 45;
const STRONG: u32 = 60;

/// Whether any cue is there without which a prompt is never a retry.
pub(super) fn may_order(text: &Text, hits: &[Hit]) -> bool {
    use Cue::{
        Again, Bad, Indefinite, MaybeEn, Other, Redo, RedoEn, RedoInf, Rewrite, RewriteEn, RewriteInf,
        Scratch, Version, Worse,
    };
    if !text.words.is_empty()
        && text.words.len() <= 14
        && matches!(text.spell(0), "it" | "its" | "this" | "thats" | "that" | "you" | "youve")
    {
        return true;
    }
    hits.iter().any(|hit| {
        if hit.cue == Indefinite {
            return (hit.end..(hit.end + 2).min(text.words.len()))
                .any(|word| super::english::is_comparative(text.spell(word)));
        }
        matches!(
            hit.cue,
            Redo | RedoEn
                | MaybeEn
                | RedoInf
                | Rewrite
                | RewriteEn
                | RewriteInf
                | Again
                | Scratch
                | Version
                | Other
                | Worse
                | Bad
        )
    })
}

/// What begins an order to change a piece of it.
#[rustfmt::skip]
const EDITS: &[&str] = &[
    "use", "allow", "handle", "cache", "suggest", "put", "turn", "let", "sign", "end", "begin", "fix", "start", "ignore",
    "close", "open", "skip", "round", "quote", "escape", "fill", "merge", "split", "lower", "raise", "bring", "find",
];

/// What begins a question that nobody is to answer: "is this a joke?".
const CRIES: &[&str] = &["what", "wtf", "is", "are", "who", "didnt", "how"];

/// What turns the praise after it round.
#[rustfmt::skip]
const DENIALS: &[&str] = &[
    "cant", "cannot", "couldnt", "dont", "doesnt", "didnt", "not", "isnt", "arent", "never", "wont", "не",
    "нельзя", "nicht", "kein", "keine", "pas", "nao",
];

/// A bare "not".
const NOTS: &[&str] = &["не", "nicht", "kein", "keine", "ne", "n", "pas", "no", "nao"];

/// Whether a cue may by itself be an order.
fn is_order(cue: Cue) -> bool {
    use Cue::{Again, Redo, RedoEn, RedoInf, Rewrite, RewriteEn, RewriteInf};
    matches!(cue, Redo | RedoEn | RedoInf | Rewrite | RewriteEn | RewriteInf | Again)
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
            Strength::Doubtful => self.wonder(&order),
            _ => self.weigh(&order, whose),
        };
        (verdict, Some(order))
    }

    /// What to make of an order in doubt: a noun or an infinitive is hardly one, unless it is asked for with a complaint.
    fn wonder(&self, order: &Order) -> Verdict {
        let complains = self.complains;
        let sentence = self.text.sentence_of(order.first);
        let question = self.text.sentences[sentence].question;
        let good = self.in_sentence(sentence).any(|hit| self.praises(hit));
        let idle = order.hardly && !(complains && question) || complains && good;
        if idle && !self.has(Cue::Worse) {
            return self.without_order();
        }
        let wrong = self.has(Cue::Worse) || self.has(Cue::Bad);
        if wrong || !self.told(order) { Verdict::Ask } else { Verdict::No }
    }

    /// Whether the words of an order are somebody else's doing: "how to redo", "tell the client to try again".
    fn told(&self, order: &Order) -> bool {
        let clause = self.text.clauses[order.clause];
        let before = order
            .first
            .checked_sub(1)
            .filter(|&word| word >= clause.first)
            .map_or("", |word| self.text.spell(word));
        let newer = super::others::NEWER.iter().any(|newer| self.text.spell(order.first).starts_with(newer));
        // "a version where the dog lives" is asked for.
        let version = matches!(before, "a" | "an") && self.owned(order.first, &[Cue::Version]);
        let other = matches!(before, "a" | "an") && self.owned(order.first, &[Cue::Other]);
        matches!(before, "the" | "a" | "an") && !newer && !version && !other
            || matches!(before, "to" | "can" | "will" | "would" | "not" | "and")
            || (clause.first..order.first)
                .any(|word| self.owned(word, &[Cue::Subject]) && !self.mentioned(word))
    }

    /// A rejection without an order, or a short complaint and nothing else.
    fn without_order(&self) -> Verdict {
        let said = |cue: Cue| {
            self.hits.iter().any(|hit| {
                let sentence = self.text.sentence_of(hit.first);
                hit.cue == cue
                    && !self.supposed(hit)
                    && (!self.text.sentences[sentence].question
                        || hit.cue == Cue::Worse && CRIES.contains(&self.text.spell(hit.first)))
                    && (!self.sentence_has(sentence, Cue::Reported) || self.is_rejected_by(hit))
            })
        };
        let any = |cues: &[Cue]| cues.iter().any(|&cue| self.has(cue));
        let good = self.hits.iter().any(|hit| self.praises(hit));
        // "it breaks on Windows, use pathlib": an edit in place.
        let edited =
            self.text.clauses.iter().any(|clause| {
                clause.end > clause.first + 1 && EDITS.contains(&self.text.spell(clause.first))
            });
        // "What is this?" asks nothing.
        let asks = self.hits.iter().any(|hit| {
            let clause = self.text.clauses[self.clause_of(hit.first)];
            hit.cue == Cue::Wh
                && (clause.first..clause.end).any(|word| !self.owned(word, &[Cue::Wh, Cue::It, Cue::Filler]))
        });
        // "write something", unless it is to be new: then it may stand in for what is wrong.
        let makes = self.hits.iter().any(|hit| {
            (hit.cue == Cue::Do || hit.cue == Cue::DoEn && self.is_imperative(hit))
                && !self
                    .in_clause(self.clause_of(hit.first))
                    .any(|h| h.cue == Cue::Other && h.first >= hit.end)
        });
        // "No, thanks."
        let declined = self.thanks() && self.text.words.len() <= 3 && !self.has(Cue::Worse);
        if any(&[Cue::Revert, Cue::Thanks, Cue::Own, Cue::Fixed]) || declined {
            return Verdict::No;
        }
        let short = self.text.words.len() <= COMPLAINT;
        // Where nothing is ordered, a bare "not" says what is wrong: "не смешно".
        let orders = self.hits.iter().any(|hit| is_order(hit.cue));
        let negates = self.hits.iter().any(|hit| {
            let bare = hit.end - hit.first == 1 && NOTS.contains(&self.text.spell(hit.first));
            hit.cue == Cue::Neg && (orders || !bare)
        });
        let complains = short
            && said(Cue::Bad)
            && !(good || asks || makes || edited)
            && !negates
            && !any(&[Cue::Add, Cue::Cond, Cue::Into, Cue::Run, Cue::Part]);
        let stated = short
            && self.states()
            && !(good || asks || makes || edited)
            && !any(&[Cue::Add, Cue::Cond, Cue::Run, Cue::Reported, Cue::Opinion, Cue::Part]);
        let commanded = self.has(Cue::Run) && self.has(Cue::Cond);
        let spared = good || edited || commanded || any(&[Cue::Add]);
        if said(Cue::Worse) && !spared || complains || stated { Verdict::Ask } else { Verdict::No }
    }

    /// "This only handles ASCII", "you used threads": something is said of the work, and nothing else.
    fn states(&self) -> bool {
        const WORK: &[&str] = &["it", "its", "this", "thats", "that", "you", "youve"];
        const HELPS: &[&str] =
            &["can", "may", "could", "will", "should", "might", "are", "have", "need", "know", "was"];
        let first = &self.text.clauses[0];
        self.text.clauses.len() <= 2
            && !self.text.sentences.iter().any(|sentence| sentence.question)
            && WORK.contains(&self.text.spell(0))
            && first.end > 2
            && !HELPS.contains(&self.text.spell(1))
            && !self.in_clause(0).any(|h| self.obliges(h))
            && self.idle(0, 0, 0) >= 1
    }

    /// "my editor sent it back": what somebody else made of it.
    fn is_rejected_by(&self, hit: &Hit) -> bool {
        let by = |h: &Hit| h.cue == Cue::Reported && h.end <= hit.first && hit.first - h.end <= 1;
        hit.cue == Cue::Worse && self.in_clause(self.clause_of(hit.first)).any(by)
    }

    fn weigh(&self, order: &Order, whose: &Whose) -> Verdict {
        let sentence = self.text.sentence_of(order.first);
        let because = self.in_sentence(sentence).any(|hit| hit.cue == Cue::Because && hit.first >= order.end);
        let wrong = self.has(Cue::Bad) || self.has(Cue::Worse) || because || self.is_set_off(order);
        let yours = self.has(Cue::Yours);
        // "the restore runbook" is a file.
        let named = |hit: &Hit| {
            self.mentions.iter().any(|m| m.end - m.first > 1 && m.first <= hit.first && hit.end <= m.end)
        };
        let reverts = self.hits.iter().any(|hit| {
            hit.cue == Cue::Revert
                && !(order.first..order.end).contains(&hit.first)
                && !self.is_noun(hit)
                && !named(hit)
                // "the first page is exactly how it was" is long past.
                && self.text.sentence_of(hit.first) + 1 >= sentence
        });
        let own = self.owned_near(order);
        let rewrite = order.strength == Strength::Rewrite;
        if reverts {
            // "undo that and try again" may be a retry; "the rewrite broke it, undo" is none.
            let later = self
                .hits
                .iter()
                .any(|hit| hit.cue == Cue::Revert && hit.first >= order.end && !self.is_noun(hit));
            let here = self.clause_has(order.clause, Cue::Revert);
            let alone = here && !self.complains_outside(sentence) || !wrong || order.infinitive;
            return if later || alone { Verdict::No } else { Verdict::Ask };
        }
        if self.sentence_has(sentence, Cue::Thanks) {
            return Verdict::No;
        }
        if own {
            // Nobody has something done over that was never done.
            let asks = !rewrite || wrong;
            return if asks { Verdict::Ask } else { Verdict::No };
        }
        if self.has(Cue::Thanks) && !wrong {
            return Verdict::Ask;
        }
        if whose.theirs
            && (wrong || !whose.written || whose.other_file)
            && (rewrite || whose.other_file || !whose.written)
        {
            return Verdict::Ask;
        }
        if !self.complains && !because && !yours && !self.vouched(order) {
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
            // "the second is in the present, rewrite it" is no wish for the present.
            let from = self.text.clauses[order.clause].first;
            let into = self.in_sentence(sentence).any(|hit| hit.cue == Cue::Into && hit.first >= from);
            let short = self.idle(order.clause, order.first, order.end) <= 1;
            if !into && (self.says_why(order) || short && self.stated(order)) {
                return Verdict::Retry;
            }
            return match (whose.other_file, into) {
                (true, true) => Verdict::No,
                (true, false) | (false, true) => Verdict::Ask,
                (false, false) => Verdict::Retry,
            };
        }
        Verdict::Retry
    }

    /// "with a trap and a rollback", "it deletes the old one": what the text has or does, and not what is to be done.
    fn is_noun(&self, hit: &Hit) -> bool {
        let clause = self.clause_of(hit.first);
        let spoken_of =
            matches!(self.text.spell(hit.first), "the" | "previous" | "old" | "last" | "original");
        if spoken_of && self.in_clause(clause).any(|h| h.cue == Cue::Bad && h.end <= hit.first) {
            return true;
        }
        let before = hit.first.checked_sub(1).map_or("", |word| self.text.spell(word));
        hit.end - hit.first == 1 && matches!(before, "a" | "an" | "no" | "any")
    }

    /// Whose text it is said to be, where that is said beside the order or just before it.
    fn owned_near(&self, order: &Order) -> bool {
        let sentence = self.text.sentence_of(order.first);
        self.hits.iter().any(|hit| {
            // "it sounds like my dad wrote it"
            let likened = || {
                self.text.spell(hit.first) == "wrote"
                    && self.in_clause(self.clause_of(hit.first)).any(|h| {
                        matches!(h.cue, Cue::Bad | Cue::Like | Cue::CondPolite) && h.first < hit.first
                    })
            };
            // "you describe the old CLI" says so of no file.
            let old = self.text.spell(hit.end - 1) == "old"
                && self.clause_of(hit.first) != order.clause
                && !self.mentions.iter().any(|m| m.first == hit.end);
            hit.cue == Cue::Own
                && !old
                && !self.mentioned(hit.first)
                && !likened()
                && (self.text.sentence_of(hit.first) + 2 >= sentence)
                && self.text.sentence_of(hit.first) <= sentence + 1
        })
    }

    /// "net.c opens a socket for each packet. Rewrite it.": a bare order to rewrite what was just spoken of.
    fn says_why(&self, order: &Order) -> bool {
        let from = self.text.sentences[self.text.sentence_of(order.first).saturating_sub(1)].first;
        let mut before = from..order.clause;
        let speaks = |clause: usize| {
            let first = self.text.clauses[clause].first;
            self.idle(clause, first, first) > 1
        };
        self.idle(order.clause, order.first, order.end) == 0
            && self.mentions.iter().any(|m| before.contains(&self.clause_of(m.first)) && !self.praised(m))
            && before.any(speaks)
    }

    /// The mention that is meant, if any is.
    pub(super) fn target(&self, order: Option<&Order>) -> Option<Mention> {
        // "take two" names no file with two brothers in it.
        let ordered = |m: &Mention| {
            m.score <= WEAK
                && order.is_some_and(|order| order.infinitive && m.first >= order.first && m.end <= order.end)
        };
        // "с чистого листа" names no letter.
        let idiom = |m: &Mention| m.score <= WEAK && self.owned(m.first, &[Cue::Scratch, Cue::Again]);
        let usable: Vec<&Mention> =
            self.mentions.iter().filter(|m| !self.compared(m) && !ordered(m) && !idiom(m)).collect();
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
        // "the guide repeats the readme": a clause is about what it begins with.
        let topic = |nearest: &Mention| {
            let before = usable.iter().filter(|m| {
                clause_of(m) == clause_of(nearest)
                    && m.end <= nearest.first
                    && m.score + 10 >= nearest.score
                    && nearest.first < order.first
                    && !self.praised(m)
            });
            before.min_by_key(|m| m.first).map_or(*nearest, |m| **m)
        };
        // Then the nearest before it, sentence by sentence; what is praised is not meant.
        let nearest = |from: usize, before: bool, least: u32| {
            usable
                .iter()
                .filter(|m| self.text.sentence_of(m.first) == from && (m.first < order.first) == before)
                .filter(|m| m.score >= least && !self.praised(m))
                .min_by_key(|m| distance(m))
                .map(|m| topic(m))
        };
        nearest(sentence, true, 0)
            .or_else(|| nearest(sentence, false, 0))
            .or_else(|| (1..=3).find_map(|back| nearest(sentence.checked_sub(back)?, true, 25)))
            .or_else(|| nearest(sentence + 1, false, 45))
            .map(|weak| usable.iter().find(|m| self.outdoes(m, &weak)).map_or(weak, |m| **m))
    }

    /// "chapter 2 drags and the characters are flat, redo it": a word of the complaint names no file beside what does.
    fn outdoes(&self, strong: &Mention, weak: &Mention) -> bool {
        let sentence = |m: &Mention| self.text.sentence_of(m.first);
        weak.score <= WEAK
            && strong.score >= STRONG
            && strong.end <= weak.first
            && sentence(strong) == sentence(weak)
            && self.clause_of(strong.first) + 1 >= self.clause_of(weak.first)
            && !self.praised(strong)
    }

    /// Whether a mention only says what the text should be like, or what it contradicts.
    fn compared(&self, mention: &Mention) -> bool {
        let first = self.text.clauses[self.clause_of(mention.first)].first;
        self.is_what_it_is(mention)
            || self.in_clause(self.clause_of(mention.first)).any(|hit| {
                let near = if self.copies(hit) { 3 } else { 1 };
                // "With the install page she was stuck" is about that page.
                let about = hit.first == first && self.text.spell(hit.first) == "with";
                hit.cue == Cue::Like && !about && hit.end <= mention.first && mention.first - hit.end <= near
                    || hit.cue == Cue::Like
                        && self.text.spell(hit.first).starts_with(super::text::is_ideograph)
                        && hit.first >= mention.end
                        && hit.first - mention.end <= 1
            })
    }

    /// "it's chapter 2 with the names changed", "that doesn't match the outline": it is held against another file.
    fn is_what_it_is(&self, mention: &Mention) -> bool {
        const SKIPPED: &[&str] =
            &["the", "a", "an", "just", "only", "basically", "still", "literally", "my", "our"];
        let Clause { first, end, .. } = self.text.clauses[self.clause_of(mention.first)];
        let it = |word: usize| matches!(self.text.spell(word), "it" | "this" | "that");
        let mut at = mention.first;
        while at > first && SKIPPED.contains(&self.text.spell(at - 1)) {
            at -= 1;
        }
        if at == first {
            return false;
        }
        let is = matches!(self.text.spell(at - 1), "its" | "thats")
            || at > first + 1 && matches!(self.text.spell(at - 1), "is" | "was") && it(at - 2);
        let held = at > first + 2
            && (it(at - 3)
                && matches!(self.text.spell(at - 2), "doesnt" | "didnt" | "dont" | "cant" | "wont"));
        let inside = self.text.spell(at - 1) == "in"
            && at > first + 1
            && matches!(self.text.spell(at - 2), "hes" | "shes" | "its" | "theyre" | "stands");
        is && mention.end < end || held || inside
    }

    /// "repeats half of": a verb, after which the file may be some words away.
    fn copies(&self, hit: &Hit) -> bool {
        const VERBS: [&str; 9] = [
            "repeat",
            "contrad",
            "copies",
            "duplicat",
            "повтор",
            "противореч",
            "дублир",
            "widersp",
            "contred",
        ];
        VERBS.iter().any(|verb| self.text.spell(hit.first).starts_with(verb))
    }

    /// Whether it is praise, and not "we can't keep it".
    pub(super) fn praises(&self, hit: &Hit) -> bool {
        let first = self.text.clauses[self.clause_of(hit.first)].first;
        let mut at = hit.first;
        while at > first
            && matches!(self.text.spell(at - 1), "be" | "been" | "really" | "very" | "so" | "even")
        {
            at -= 1;
        }
        let denied = at > first && DENIALS.contains(&self.text.spell(at - 1));
        hit.cue == Cue::Good && !denied
    }

    pub(super) fn praised(&self, mention: &Mention) -> bool {
        let clause = self.clause_of(mention.first);
        let sentence = self.text.sentences[self.text.sentence_of(mention.first)];
        let good = |clause: usize| {
            self.in_clause(clause).any(|hit| self.praises(hit)) && !self.clause_has(clause, Cue::Worse)
        };
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
    /// The person calls the file theirs.
    pub(super) theirs: bool,
}
