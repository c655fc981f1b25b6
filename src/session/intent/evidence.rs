//! Weighs what speaks for an order besides the order itself.
//!
//! A redo is asked for by somebody who is not satisfied, and mostly they say so. An order with no complaint is one only
//! where nothing else is spoken of, or where a file is said something about and the order follows; beside anything
//! else it may be a list, a menu, a line of a story, or more work, and is asked about. So is an order about a file the
//! person calls theirs.

use super::cues::Hit;
use super::files::Mention;
use super::lexicon::Cue;
use super::orders::{Order, Strength};
use super::reading::Reading;

/// What says before a file's name that it is somebody's own, or was there before.
#[rustfmt::skip]
const THEIRS: &[&str] = &[
    "my", "our", "old", "ancient", "мой", "моя", "мое", "мои", "мою", "моего", "моей", "наш", "наша", "наше", "наши", "нашу",
    "нашего", "нашей", "старый", "старая", "старое", "старую", "мій", "моє", "мої", "нашу", "старий", "стара", "старе",
    "mein", "meine", "meinen", "meiner", "unser", "unsere", "unseren", "unserer", "alte", "alten", "altes", "mon", "ma", "mes",
    "notre", "nos", "vieux", "vieille", "ancien", "ancienne", "mi", "mis", "nuestro", "nuestra", "nuestros", "nuestras", "viejo",
    "vieja", "antiguo", "antigua", "meu", "minha", "meus", "minhas", "nosso", "nossa", "nossos", "nossas", "antigo", "antiga", "velho",
];

/// The same in scripts without spaces, where it is looked for in what stands before the name.
const THEIRS_UNSPACED: &[&str] =
    &["うちの", "私の", "僕の", "俺の", "弊社の", "古い", "旧", "我的", "我们的", "老", "以前的"];

/// How far behind an order its file is named: "redo the whole of our README".
const COMING: usize = 6;

/// Before the year a text is from.
const SINCE: &[&str] =
    &["from", "since", "in", "of", "с", "от", "из", "від", "von", "aus", "seit", "de", "depuis", "desde"];

/// All of what there is.
const WHOLE: &[&str] = &[
    "whole",
    "entire",
    "всю",
    "весь",
    "целиком",
    "полностью",
    "повністю",
    "ganz",
    "alles",
    "tout",
    "todo",
    "entero",
    "tudo",
    "inteiro",
];

/// Who is not the agent.
const I: &[&str] = &["i", "ive", "я", "ich", "je", "j", "yo", "eu", "мы", "ми", "we", "wir", "nous"];

/// How far before the name that may stand.
const NEAR: usize = 3;

/// Words that may stand beside an order without saying anything new.
const SLACK: usize = 1;

/// Whether any of these says what is wrong; a bare "not" says nothing.
pub(super) fn complains(hits: &[Hit]) -> bool {
    hits.chunk_by(|one, next| one.first == next.first).any(|here| {
        here.iter().filter(|hit| matches!(hit.cue, Cue::Bad | Cue::Worse)).any(|hit| {
            let bare = |h: &Hit| matches!(h.cue, Cue::Neg | Cue::Cond | Cue::Thing) && h.end == hit.end;
            !here.iter().any(bare)
        })
    })
}

impl Reading<'_> {
    /// Whether an order that comes with no complaint is surely one all the same.
    pub(super) fn vouched(&self, order: &Order) -> bool {
        let sentence = self.text.sentence_of(order.first);
        let clauses = self.text.sentences[sentence];
        let idle = |clause: usize| self.idle(clause, order.first, order.end);
        if self.is_commented(order) {
            return false;
        }
        if (clauses.first..clauses.end).map(idle).sum::<usize>() <= SLACK {
            return true;
        }
        if order.clause == clauses.first && idle(order.clause) <= SLACK && !order.repeats && !clauses.question
        {
            return true;
        }
        if !order.repeats
            && !order.infinitive
            && idle(order.clause) <= SLACK
            && (clauses.first..order.clause).any(|clause| self.blames(clause))
        {
            return true;
        }
        self.stated(order)
    }

    /// "The second try — spot on": a version is named, and something is said about it.
    fn is_commented(&self, order: &Order) -> bool {
        let noun = super::others::NEWER.iter().any(|newer| self.text.spell(order.first).starts_with(newer));
        let next = order.clause + 1;
        noun && self.text.clauses.get(next).is_some_and(|clause| {
            let word = self.text.spell(clause.first);
            !self.owned(clause.first, &[Cue::Like, Cue::Neg, Cue::Bad, Cue::Polite, Cue::It])
                && !super::others::WITH.contains(&word)
                && !self.in_clause(next).any(|h| self.obliges(h) && h.first == clause.first)
        })
    }

    fn blames(&self, clause: usize) -> bool {
        self.clause_has(clause, Cue::Bad) || self.clause_has(clause, Cue::Vague)
    }

    /// Whether something is said about the file just before the order: "the mail sender blocks for seconds, redo it".
    pub(super) fn stated(&self, order: &Order) -> bool {
        let sentence = self.text.sentence_of(order.first);
        let idle = |clause: usize| self.idle(clause, order.first, order.end);
        // "0301 has no stakes, redo it"
        let from = self.text.sentences[sentence.saturating_sub(1)].first;
        let stated = |clause: usize| {
            let first = self.text.clauses[clause].first;
            let is_wish = |h: &Hit| match h.cue {
                Cue::Modal => self.obliges(h),
                Cue::DoEn | Cue::Wh => h.first == first,
                Cue::Run => !self.mentions.iter().any(|m| m.first >= first && m.end <= h.first),
                Cue::Do | Cue::Polite | Cue::Cond => true,
                _ => false,
            };
            (idle(clause) > SLACK || self.blames(clause))
                && !self.in_clause(clause).any(|h| !self.mentioned(h.first) && is_wish(h))
        };
        // "menu.gd I made at school" is not the agent's.
        let made_by_them = |clause: usize| {
            order.strength == Strength::Rewrite
                && (self.text.clauses[clause].first..self.text.clauses[clause].end)
                    .any(|word| I.contains(&self.text.spell(word)))
        };
        let named = |clause: usize| {
            self.mentions.iter().any(|m| self.clause_of(m.first) == clause && !self.praised(m))
        };
        // "half of it blocks, rewrite the whole file": what there is is meant.
        let whole = !order.repeats
            && !order.infinitive
            && (self.clause_has(order.clause, Cue::Scratch)
                || (order.first..self.text.clauses[order.clause].end)
                    .any(|word| WHOLE.contains(&self.text.spell(word))));
        idle(order.clause) <= NEAR
            && (from..order.clause)
                .any(|clause| stated(clause) && (named(clause) || whole) && !made_by_them(clause))
    }

    /// Whether it is said what is wrong, and not only in this sentence: "if it fails" is no complaint.
    pub(super) fn complains_outside(&self, sentence: usize) -> bool {
        let outside = |hit: &Hit| {
            matches!(hit.cue, Cue::Bad | Cue::Worse) && self.text.sentence_of(hit.first) != sentence
        };
        self.complains && self.hits.iter().any(outside)
    }

    /// A modal of more than a letter or two, which in some other language are a modal and here nothing.
    pub(super) fn obliges(&self, hit: &Hit) -> bool {
        hit.cue == Cue::Modal
            && (hit.end - hit.first > 1 || self.text.spell(hit.first).chars().nth(2).is_some())
    }

    /// Whether it ends with thanks.
    pub(super) fn thanks(&self) -> bool {
        const THANKS: &[&str] = &[
            "thanks",
            "thx",
            "cheers",
            "спасибо",
            "дякую",
            "danke",
            "merci",
            "gracias",
            "obrigado",
            "obrigada",
            "valeu",
        ];
        let last = self.text.words.len().saturating_sub(3);
        (last..self.text.words.len()).any(|word| THANKS.contains(&self.text.spell(word)))
            || self.text.body.ends_with("谢谢")
            || self.text.body.contains("ありがと")
    }

    /// Whether the person calls a file that the order may be about theirs, or old: "our old README".
    pub(super) fn are_theirs(&self, order: &Order) -> bool {
        let sentence = self.text.sentence_of(order.first);
        let near =
            |m: &&Mention| m.first < order.end + COMING && sentence <= self.text.sentence_of(m.first) + 1;
        self.mentions.iter().filter(near).any(|m| self.is_theirs(m))
    }

    fn is_theirs(&self, mention: &Mention) -> bool {
        let first = self.text.clauses[self.clause_of(mention.first)].first;
        let from = mention.first.saturating_sub(NEAR).max(first);
        let said = &self.text.body
            [self.text.words[from].start as usize..self.text.words[mention.first].start as usize];
        // "a horror from 2009"
        let clause = self.text.clauses[self.clause_of(mention.first)];
        let dated = |word: usize| {
            let spelled = self.text.spell(word);
            spelled.len() == 4
                && (spelled.starts_with("19") || spelled.starts_with("20"))
                && spelled.bytes().all(|byte| byte.is_ascii_digit())
                && SINCE.contains(&self.text.spell(word - 1))
        };
        if (mention.end + 1..clause.end).any(dated) {
            return true;
        }
        // A word of the name may itself be one.
        (from..=mention.first).any(|word| THEIRS.contains(&self.text.spell(word)))
            || said.contains(super::text::is_ideograph)
                && THEIRS_UNSPACED.iter().any(|theirs| said.contains(theirs))
    }
}
