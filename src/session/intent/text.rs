//! Cuts a prompt into words, clauses and sentences, and sets aside what the person did not say themselves.
//!
//! Its own file because everything after it works on words and never looks at raw text again. What `mask.rs` found to
//! be a machine's makes no words at all; what is quoted makes words that are marked as quoted. Nothing is longer than `LIMIT`: of a longer prompt only its
//! beginning and its end are read. Chinese and Japanese characters are words of one character.

use super::mask::{GONE, QUOTED, is_not_said, mask};

/// How much of a prompt is read from each end, in bytes.
const LIMIT: usize = 8 * 1024;

/// The longest clause, in words; people make shorter ones, and the rules compare words within a clause.
const CLAUSE_LIMIT: usize = 96;

/// One word, lower case and without accents.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    /// Where its folded spelling lies in `Text::folded`.
    lo: u32,
    hi: u32,
    /// Where it lies in `Text::body`.
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) clause: u16,
    pub(super) quoted: bool,
}

/// The words between two commas, or the like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clause {
    pub(super) first: usize,
    pub(super) end: usize,
    pub(super) sentence: u16,
}

/// The clauses between two full stops, or the like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sentence {
    pub(super) first: usize,
    pub(super) end: usize,
    pub(super) question: bool,
}

/// A prompt, ready to be understood.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub(super) body: String,
    folded: String,
    pub(super) words: Vec<Word>,
    pub(super) clauses: Vec<Clause>,
    pub(super) sentences: Vec<Sentence>,
}

impl Text {
    /// Reads a prompt; `None` when a machine wrote it or it is a typed command.
    pub(super) fn read(prompt: &str) -> Option<Self> {
        let prompt = prompt.trim();
        if prompt.is_empty() || is_not_said(prompt) {
            return None;
        }
        let body = bounded(prompt);
        let mask = mask(&body);
        let mut cutter = Cutter { text: Text { body, ..Text::default() }, from: None, lone: 0 };
        cutter.run(&mask);
        Some(cutter.text)
    }

    /// The folded spelling of a word.
    pub(super) fn spell(&self, word: usize) -> &str {
        let word = &self.words[word];
        &self.folded[word.lo as usize..word.hi as usize]
    }

    /// The sentence a word stands in.
    pub(super) fn sentence_of(&self, word: usize) -> usize {
        usize::from(self.clauses[usize::from(self.words[word].clause)].sentence)
    }
}

/// Whether words in this script are not separated by spaces.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Appends a character in lower case, without accents and of normal width.
pub(super) fn fold_into(out: &mut String, c: char) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    for c in c.to_lowercase() {
        match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' => out.push('a'),
            'è'..='ë' | 'ē' | 'ę' | 'ě' => out.push('e'),
            'ì'..='ï' | 'ı' => out.push('i'),
            'ò'..='ö' | 'ø' | 'ő' => out.push('o'),
            'ù'..='ü' | 'ů' | 'ű' => out.push('u'),
            'ç' | 'ć' | 'č' => out.push('c'),
            'ñ' | 'ń' => out.push('n'),
            'ś' | 'š' | 'ş' => out.push('s'),
            'ź' | 'ż' | 'ž' => out.push('z'),
            'ł' => out.push('l'),
            'ğ' => out.push('g'),
            'ý' => out.push('y'),
            'ё' => out.push('е'),
            'ß' => out.push_str("ss"),
            'œ' => out.push_str("oe"),
            'æ' => out.push_str("ae"),
            // The dot that lower-casing the Turkish capital I leaves behind, and combining accents.
            '\u{300}'..='\u{36f}' => {}
            '\u{ff01}'..='\u{ff5e}' => {
                let ascii = u32::from(c) - 0xfee0;
                out.extend(char::from_u32(ascii));
            }
            c => out.push(c),
        }
    }
}

/// Folds a whole string.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| fold_into(&mut out, c));
    out
}

/// The last place at or before `at` where a character begins, or the end.
pub(super) fn boundary_before(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

fn bounded(prompt: &str) -> String {
    if prompt.len() <= 2 * LIMIT {
        return prompt.to_owned();
    }
    let head = boundary_before(prompt, LIMIT);
    let tail = boundary_before(prompt, prompt.len() - LIMIT);
    format!("{}\n{}", &prompt[..head], &prompt[tail..])
}

/// How hard a mark separates.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Cut {
    Clause,
    Sentence,
    Question,
}

struct Cutter {
    text: Text,
    from: Option<(usize, u32, bool)>,
    /// First word of the open clause.
    lone: usize,
}

impl Cutter {
    fn run(&mut self, mask: &[u8]) {
        let body = std::mem::take(&mut self.text.body);
        let mut chars = body.char_indices().peekable();
        let mut before = ' ';
        while let Some((i, c)) = chars.next() {
            let next = chars.peek().map_or(' ', |&(_, next)| next);
            let quoted = mask[i] == QUOTED;
            if mask[i] == GONE {
                self.end_word(i);
                self.cut(Cut::Sentence);
            } else if is_ideograph(c) {
                self.end_word(i);
                self.begin_word(i, quoted);
                self.push(c);
                self.end_word(i + c.len_utf8());
                // 「のではなく」 is no reason.
                if next != 'は' && self.ends_with_because() {
                    self.cut(Cut::Clause);
                }
            } else if c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c) {
                self.letter(i, c, quoted, before);
            } else if matches!(c, '\'' | '’' | 'ʼ')
                && self.from.is_some()
                && joins(before, &body[i + c.len_utf8()..])
            {
                // `don't` is one word, spelled `dont`.
            } else {
                self.end_word(i);
                if !quoted && let Some(cut) = cut_of(c, before, next, &body[i + c.len_utf8()..]) {
                    self.cut(cut);
                }
            }
            before = c;
        }
        self.end_word(body.len());
        self.text.body = body;
        self.cut(Cut::Sentence);
    }

    fn letter(&mut self, i: usize, c: char, quoted: bool, before: char) {
        // `scene0101` and `v2` stay whole; `第3章` is cut by the ideographs themselves.
        if self.from.is_none_or(|(_, _, q)| q != quoted) {
            self.end_word(i);
            self.begin_word(i, quoted);
        }
        let repeats = c == before && self.text.folded.len() >= 2 && {
            let mut last = self.text.folded.chars().rev();
            let lower = c.to_lowercase().next();
            c.is_alphabetic() && last.next() == lower && last.next() == lower
        };
        if !repeats {
            self.push(c);
        }
    }

    fn push(&mut self, c: char) {
        fold_into(&mut self.text.folded, c);
    }

    fn begin_word(&mut self, i: usize, quoted: bool) {
        self.from = Some((i, to_u32(self.text.folded.len()), quoted));
    }

    fn end_word(&mut self, i: usize) {
        let Some((start, lo, quoted)) = self.from.take() else { return };
        let hi = to_u32(self.text.folded.len());
        if lo == hi {
            return;
        }
        let spelled = &self.text.folded[lo as usize..hi as usize];
        if !quoted && self.text.words.len() > self.lone && CONTRASTS.contains(&spelled) {
            self.cut(Cut::Clause);
        }
        let clause = u16::try_from(self.text.clauses.len()).unwrap_or(u16::MAX);
        self.text.words.push(Word { lo, hi, start: to_u32(start), end: to_u32(i), clause, quoted });
        if self.text.words.len() - self.lone >= CLAUSE_LIMIT {
            self.cut(Cut::Clause);
        }
    }

    /// Japanese joins a reason to what follows from it without a comma.
    fn ends_with_because(&self) -> bool {
        let words = &self.text.words[self.lone..];
        let Some(last) = words.last() else { return false };
        if words.len() < 4 || last.quoted {
            return false;
        }
        let said = &self.text.folded[..last.hi as usize];
        ["ので", "けど", "いから", "だから", "ため、", "るから"].iter().any(|end| said.ends_with(end))
    }

    fn cut(&mut self, cut: Cut) {
        let end = self.text.words.len();
        let sentences = self.text.sentences.len();
        if end > self.lone {
            let sentence = u16::try_from(sentences).unwrap_or(u16::MAX);
            self.text.clauses.push(Clause { first: self.lone, end, sentence });
            self.lone = end;
        }
        if cut == Cut::Clause {
            return;
        }
        let first = self.text.sentences.last().map_or(0, |last| last.end);
        let end = self.text.clauses.len();
        if end > first {
            self.text.sentences.push(Sentence { first, end, question: cut == Cut::Question });
        } else if cut == Cut::Question
            && let Some(last) = self.text.sentences.last_mut()
        {
            // `!?`
            last.question = true;
        }
    }
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Words that turn against what was said before them.
const CONTRASTS: &[&str] = &[
    "but",
    "however",
    "aber",
    "pero",
    "porem",
    "но",
    "зато",
    "але",
    "proste",
    "allerdings",
    "jedoch",
    "cependant",
    "lamentablemente",
];

/// Whether an apostrophe between these belongs inside a word.
fn joins(before: char, rest: &str) -> bool {
    let tail = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    let tail = &rest[..tail];
    if tail.starts_with(|c| ('\u{400}'..='\u{4ff}').contains(&c)) {
        return ('\u{400}'..='\u{4ff}').contains(&before);
    }
    // `chapter 3's` is the number and a letter nobody misses.
    !before.is_ascii_digit()
        && ["t", "s", "re", "ve", "ll", "m", "d"].iter().any(|end| tail.eq_ignore_ascii_case(end))
}

/// What a mark does, given what stands around it.
fn cut_of(c: char, before: char, next: char, rest: &str) -> Option<Cut> {
    let spaced =
        next.is_whitespace() || rest.is_empty() || matches!(next, '"' | '»' | '”' | ')' | '\'' | '*' | '_');
    match c {
        '?' | '？' | '¿' if c != '¿' => Some(Cut::Question),
        '!' | '！' | '。' | '\n' | '…' | '¡' | '¿' | '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}' => {
            Some(Cut::Sentence)
        }
        '.' if next == '.' => None,
        '.' if before.is_ascii_digit() && is_ordinal(rest) => None,
        '.' if spaced || is_ideograph(next) => Some(Cut::Sentence),
        ',' if before.is_ascii_digit() && next.is_ascii_digit() => None,
        ':' if !spaced && (next.is_ascii_digit() || matches!(next, '/' | ':')) => None,
        ':' if before == ':' => None,
        ',' | ';' | ':' | '、' | '，' | '：' | '；' | '(' | ')' | '（' | '）' | '[' | ']' | '—' | '–'
        | '―' | '→' | '⇒' | '~' | '～' | '·' | '|' => Some(Cut::Clause),
        '-' if before.is_whitespace() && spaced || before == '-' => Some(Cut::Clause),
        '>' if matches!(before, '-' | '=') => Some(Cut::Clause),
        _ => None,
    }
}

/// `3. Kapitel`: the full stop belongs to the number.
fn is_ordinal(rest: &str) -> bool {
    let mut word = String::new();
    rest.trim_start().chars().take_while(|c| c.is_alphabetic()).take(6).for_each(|c| fold_into(&mut word, c));
    rest.starts_with(' ')
        && ["kap", "szen", "absch", "teil", "lekt", "akt", "seite", "bolum", "rozdz", "abs"]
            .iter()
            .any(|w| word.starts_with(w))
}
