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
use super::text::Clause;

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
    &["from", "since", "с", "от", "из", "від", "von", "aus", "seit", "de", "depuis", "desde"];

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

/// Verbs that say by themselves that something is made anew; beginnings of words.
#[rustfmt::skip]
const ANEW: &[&str] = &[
    "пере", "redo", "redraft", "regen", "rewrite", "refais", "refait", "refaz", "refac", "rehaz", "rehag", "reescr", "reecri",
    "uberarb", "重", "書", "作", "や",
];

/// Who is not the agent.
const I: &[&str] = &["i", "ive", "я", "ich", "je", "j", "yo", "eu", "мы", "ми", "we", "wir", "nous"];

/// What has come to be otherwise since the text was written.
#[rustfmt::skip]
const CHANGED: &[&str] = &[
    "changed", "now", "heisst", "jetzt", "geandert", "change", "maintenant", "cambio", "ahora", "mudou", "agora", "сменился",
    "сменилась", "изменился", "изменилась", "изменилось", "изменились", "змінився", "змінилась", "变", "変", "今", "现",
];

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
        if self.is_commented(order) || self.is_of_a_product(order) {
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
            || self.told_of_it(order)
            || self.becomes(order)
            || self.has_to_be(order)
            || self.is_set_off(order)
    }

    /// "it takes up half the screen, make me a new one": an order that points at the work, and a statement beside it.
    fn told_of_it(&self, order: &Order) -> bool {
        const POINTING: &[&str] = &["it", "this", "that", "one", "another", "whole", "everything"];
        let end = self.text.clauses[order.clause].end;
        let sentence = self.text.sentence_of(order.first);
        let points = (order.first..end.min(order.end + 3))
            .any(|word| POINTING.contains(&self.text.spell(word)) || self.mentioned(word))
            // "pls redo": nobody says it of anything else.
            || matches!(self.text.spell(order.first), "redo" | "rewrite")
                && self.idle(order.clause, order.first, order.end) == 0;
        let asked = !order.infinitive
            || order.end - order.first > 1
                && self.idle(order.clause, order.first, order.end) == 0
                && !self.text.sentences[sentence].question;
        (points || order.infinitive)
            && asked
            && self.beside_it(order) <= NEAR
            && !self.has(Cue::Own)
            && self.beside(order.clause).any(|clause| self.tells(clause))
    }

    /// How many words say anything before an order, or behind it and before what it is to become.
    fn beside_it(&self, order: &Order) -> usize {
        const LINKS: &[&str] =
            &["and", "so", "but", "with", "without", "where", "because", "in", "as", "before", "by"];
        let Clause { first, end, .. } = self.text.clauses[order.clause];
        let until = (order.end..end).find(|&word| LINKS.contains(&self.text.spell(word))).unwrap_or(end);
        (first..until).filter(|word| !(order.first..order.end).contains(word) && self.is_idle(*word)).count()
    }

    /// "it has to be redone": of what is there, and nothing else is said.
    fn has_to_be(&self, order: &Order) -> bool {
        order.strength == Strength::Redo
            && order.infinitive
            && self.text.spell(order.first).ends_with("done")
            && self.beside_it(order) == 0
            && self.in_clause(order.clause).any(|h| self.obliges(h) && h.first < order.first)
            && (self.text.clauses[order.clause].first..order.first)
                .any(|word| self.owned(word, &[Cue::It]) || self.mentioned(word))
    }

    /// "redo it in the sister's voice": what it is to become says enough.
    fn becomes(&self, order: &Order) -> bool {
        const WRITES: &[&str] = &["redo", "write", "draft", "compose", "word", "phrase", "retell", "start"];
        const AS: &[&str] = &["in", "with", "as", "from", "without", "but", "like", "through"];
        let clause = self.text.clauses[order.clause];
        let next =
            (order.end..clause.end).find(|&word| !self.mentioned(word) && !self.owned(word, &[Cue::It]));
        order.strength == Strength::Redo
            && (WRITES.contains(&self.text.spell(order.first))
                || self.text.spell(order.first) == "do"
                    && next.is_some_and(|word| !matches!(self.text.spell(word), "with" | "from")))
            && order.first <= clause.first + 1
            && (self.text.sentences[usize::from(clause.sentence)].first..order.clause)
                .all(|before| self.idle(before, 0, 0) <= SLACK)
            && next.is_some_and(|word| AS.contains(&self.text.spell(word)))
            && !self.text.sentences[usize::from(clause.sentence)].question
            && !self
                .in_clause(order.clause)
                .any(|h| matches!(h.cue, Cue::Thing | Cue::Run | Cue::Operation | Cue::Into))
    }

    /// The other clauses of the sentences about a clause.
    fn beside(&self, clause: usize) -> impl Iterator<Item = usize> + use<> {
        let sentence = usize::from(self.text.clauses[clause].sentence);
        let last = self.text.sentences.len() - 1;
        let from = self.text.sentences[sentence.saturating_sub(1)].first;
        let to = self.text.sentences[(sentence + 1).min(last)].end;
        (from..to).filter(move |&other| other != clause)
    }

    /// Whether a clause tells something, and neither wishes, asks, praises nor reports.
    fn tells(&self, clause: usize) -> bool {
        let named = || self.mentions.iter().any(|m| self.clause_of(m.first) == clause);
        let says = self.idle(clause, 0, 0);
        (says > SLACK || says > 0 && named()) && self.is_plain(clause)
    }

    /// Whether a clause is neither wish, question, praise nor report.
    fn is_plain(&self, clause: usize) -> bool {
        let Clause { first, end, .. } = self.text.clauses[clause];
        // "it needs 4 GB" wishes for nothing.
        let takes = |h: &Hit| {
            h.end < end
                && self.text.spell(h.first) == "needs"
                && (self.text.spell(h.end).starts_with(|c: char| c.is_ascii_digit())
                    || matches!(self.text.spell(h.end), "two" | "three" | "four" | "five" | "ten" | "twenty"))
        };
        !self.in_clause(clause).any(|h| match h.cue {
            Cue::Modal => self.obliges(h) && !takes(h),
            Cue::DoEn | Cue::RedoEn | Cue::Run | Cue::Wh => h.first == first,
            Cue::Cond => h.first <= first + 1,
            Cue::Operation => h.first <= first + 1 && !self.mentioned(h.first),
            Cue::Polite
            | Cue::Reported
            | Cue::Own
            | Cue::Add
            | Cue::Fixed
            | Cue::Revert
            | Cue::Thanks
            | Cue::Into
            | Cue::Do => true,
            _ => self.praises(h),
        })
    }

    /// Whether something is told of what a clause points at: "it takes nine hours".
    pub(super) fn told_beside(&self, clause: usize) -> bool {
        !self.has(Cue::Own) && self.beside(clause).any(|other| self.tells(other))
    }

    /// Whether something is told of a file besides in this clause.
    pub(super) fn told_of(&self, file: usize, clause: usize) -> bool {
        let tells = |m: &&Mention| {
            let other = self.clause_of(m.first);
            m.file == file && other != clause && self.idle(other, 0, 0) > 0 && self.is_plain(other)
        };
        !self.has(Cue::Own) && self.mentions.iter().any(|m| tells(&m))
    }

    /// "regenerate the lock file": a program makes it, and it is named by no file's name.
    fn is_of_a_product(&self, order: &Order) -> bool {
        let end = self.text.clauses[order.clause].end;
        let made = ["regen", "remake", "recreat", "rebuil"];
        let at = order.end;
        made.iter().any(|made| self.text.spell(order.first).starts_with(made))
            && at + 1 < end
            && self.text.spell(at) == "the"
            && !self.mentioned(at + 1)
            && !self.owned(at + 1, &[Cue::It, Cue::Filler])
    }

    /// "chapter 1 can stay, chapter 3 must be rewritten": what is kept is named beside it.
    pub(super) fn is_set_off(&self, order: &Order) -> bool {
        let sentence = self.text.sentence_of(order.first);
        let near =
            |m: &&Mention| self.text.sentence_of(m.first) + 1 >= sentence && m.first < order.end + COMING;
        let kept = |m: &Mention| self.praised(m) && self.clause_of(m.first) < order.clause;
        let (mut named, mut others) = (self.mentions.iter().filter(near), self.mentions.iter().filter(near));
        // "глава 3 — переписать"
        let beside = |m: &Mention| {
            let clause = self.clause_of(m.first);
            clause == order.clause
                || clause + 1 == order.clause && self.idle(order.clause, order.first, order.end) == 0
        };
        named.any(|m| beside(m) && !self.praised(m))
            && others.any(kept)
            && self.idle(order.clause, order.first, order.end) <= SLACK
    }

    /// "The second try — spot on": a version is named, and something is said about it.
    fn is_commented(&self, order: &Order) -> bool {
        let noun = super::others::NEWER.iter().any(|newer| self.text.spell(order.first).starts_with(newer));
        let next = order.clause + 1;
        let asked =
            [Cue::Modal, Cue::Polite, Cue::DoEn].iter().any(|&cue| self.clause_has(order.clause, cue));
        noun && !asked
            && self.text.clauses.get(next).is_some_and(|clause| {
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
        // "everybody sounds the same, redo it": nothing but the order, and it cannot be about anything else.
        let bare = order.strength != Strength::Doubtful
            && ANEW.iter().any(|anew| self.text.spell(order.first).starts_with(anew))
            && !order.infinitive
            && idle(order.clause) == 0
            && order.end == self.text.clauses[order.clause].end;
        // Nor is it by the person, or about what has changed since: "имя теперь Вера, перепиши".
        let by_them = |clause: usize| {
            let Clause { first, end, .. } = self.text.clauses[clause];
            (first..end)
                .any(|word| I.contains(&self.text.spell(word)) || CHANGED.contains(&self.text.spell(word)))
                || [Cue::Other, Cue::Add, Cue::Done].iter().any(|&cue| self.clause_has(clause, cue))
        };
        let bare = bare && !(from..order.clause).any(by_them);
        idle(order.clause) <= NEAR
            && (from..order.clause)
                .any(|clause| stated(clause) && (named(clause) || whole || bare) && !made_by_them(clause))
    }

    /// Whether it is said what is wrong, and not only in this sentence: "if it fails" is no complaint.
    pub(super) fn complains_outside(&self, sentence: usize) -> bool {
        let outside = |hit: &Hit| {
            matches!(hit.cue, Cue::Bad | Cue::Worse) && self.text.sentence_of(hit.first) != sentence
        };
        self.complains && self.hits.iter().any(outside)
    }

    /// "if she hates it" says nothing of how it is.
    pub(super) fn supposed(&self, hit: &Hit) -> bool {
        self.in_clause(self.clause_of(hit.first)).any(|h| h.cue == Cue::Cond && h.first < hit.first)
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
        // "my grandmother's recipe is in soup.md"
        let lies = mention.first >= first + 3
            && self.text.spell(mention.first - 1) == "in"
            && matches!(self.text.spell(mention.first - 2), "is" | "are" | "s");
        if lies && THEIRS.contains(&self.text.spell(first)) {
            return true;
        }
        // A word of the name may itself be one.
        (from..=mention.first).any(|word| THEIRS.contains(&self.text.spell(word)))
            || said.contains(super::text::is_ideograph)
                && THEIRS_UNSPACED.iter().any(|theirs| said.contains(theirs))
    }
}
