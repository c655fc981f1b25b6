//! Finds where sentences end, in many languages, with what characters say and a short list of abbreviations.
//!
//! A missed end joins two sentences into one token, which can only turn a merge into a conflict; so whatever is in doubt
//! is no end.

use super::tokens::Kind;

/// Words before a full stop after which a name, a number or a noun goes on with a capital.
const ABBREVIATIONS: &[&str] = &[
    "abb", "abs", "al", "bd", "bl", "bzw", "ca", "cap", "capt", "cf", "ch", "comm", "cpt", "dott", "dr",
    "dra", "ed", "eds", "env", "evtl", "fig", "figs", "fr", "gen", "gov", "hl", "hr", "hrn", "inkl", "jr",
    "lt", "maj", "mlle", "mme", "mr", "mrs", "ms", "mt", "nos", "nr", "op", "pp", "prof", "rep", "rev",
    "sen", "sgt", "sig", "sog", "sr", "sra", "srta", "st", "ste", "str", "tel", "ud", "uds", "vgl", "vol",
    "vs", "zb", "им", "гл", "гр", "обл", "проф", "рис", "см", "ср", "стр", "табл", "тел", "тов", "ул",
    "акад",
];

/// How many characters behind a stop are looked at for the next sentence's first letter.
const LOOK_AHEAD: usize = 64;

/// Cuts one paragraph; stops and gives `false` when `push` does.
pub(super) fn cut(paragraph: &str, push: &mut dyn FnMut(usize, Kind) -> bool) -> bool {
    let text = paragraph.trim_end();
    let mut start = 0;
    let mut from = 0;
    while let Some(stop) = text[from..].find(is_stop).map(|at| from + at) {
        let end = end_of_closing(text, stop);
        from = end;
        if end == text.len() || !ends(text, start, stop, end) {
            continue;
        }
        let next = text.len() - text[end..].trim_start().len();
        if !push(end, Kind::Sentence) || (next > end && !push(next, Kind::Glue)) {
            return false;
        }
        (start, from) = (next, next);
    }
    (start == text.len() || push(text.len(), Kind::Sentence))
        && (text.len() == paragraph.len() || push(paragraph.len(), Kind::End))
}

fn is_stop(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '‽' | ';' | '\u{37e}' | '؟' | '۔' | '⁇' | '⁈' | '⁉')
        || stands_alone(c)
}

/// Tells whether a stop ends a sentence without a space behind it.
fn stands_alone(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '．' | '｡' | '।' | '॥' | '։' | '።' | '។')
}

fn closes(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '”'
            | '«'
            | '‹'
            | '’'
            | '“'
            | '‘'
            | '»'
            | '›'
            | ')'
            | ']'
            | '}'
            | '」'
            | '』'
            | '）'
            | '】'
            | '〉'
            | '》'
            | '*'
            | '_'
            | '~'
            | '`'
    )
}

/// Gives where the stop ends, with the stops, quotes, brackets and footnote marks that belong to it.
fn end_of_closing(text: &str, stop: usize) -> usize {
    let mut end = stop;
    while let Some(c) = text[end..].chars().next() {
        let rest = &text[end..];
        if is_stop(c) || closes(c) {
            end += c.len_utf8();
        } else if rest.starts_with("[^") {
            // A footnote's mark is short; an unclosed one is text.
            let Some(close) = rest.bytes().take(64).position(|b| b == b']') else { break };
            end += close + 1;
        } else if let Some(len) = spaced_guillemet(rest) {
            end += len;
        } else {
            break;
        }
    }
    end
}

/// Measures a closing `»` that has a space before it, as French has it. Before a letter it opens, as German has it.
fn spaced_guillemet(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix([' ', '\u{a0}', '\u{202f}'])?.strip_prefix('»')?;
    (!after.starts_with(char::is_alphanumeric)).then_some(rest.len() - after.len())
}

/// Tells whether the sentence from `start` ends with the stop at `stop`, whose closing ends at `end`.
fn ends(text: &str, start: usize, stop: usize, end: usize) -> bool {
    let closing = &text[stop..end];
    if closing.contains(stands_alone) {
        return true;
    }
    if !text[end..].starts_with(char::is_whitespace) {
        return false;
    }
    let goes_on = text[end..].chars().take(LOOK_AHEAD).find(|c| !c.is_whitespace() && !opens(*c));
    if goes_on.is_some_and(char::is_lowercase) {
        return false;
    }
    let sentence = &text[start..stop];
    match closing {
        "." => !is_abbreviated(sentence),
        // The Greek question mark; elsewhere a semicolon joins what is one sentence.
        ";" => sentence.ends_with(is_greek),
        _ => true,
    }
}

/// Tells whether a character may stand before a sentence's first letter.
fn opens(c: char) -> bool {
    closes(c) || matches!(c, '«' | '‹' | '„' | '‚' | '(' | '[' | '¿' | '¡' | '—' | '–' | '―' | '-' | '…')
}

fn is_greek(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}')
}

/// Tells whether the full stop behind this text belongs to its last word: an initial, `z.B`, `Mr`, an ordinal.
fn is_abbreviated(sentence: &str) -> bool {
    let from = sentence.rfind(char::is_whitespace).unwrap_or(0);
    let word = sentence[from..].trim_start_matches(|c: char| !c.is_alphanumeric());
    if word.len() > 24 {
        return false;
    }
    let is_number = !word.is_empty() && word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit());
    let is_initials =
        word.split('.').all(|part| part.starts_with(char::is_alphabetic) && part.chars().count() <= 2)
            && (word.contains('.') || word.chars().count() == 1);
    is_number || is_initials || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cuts and puts a bar between the sentences.
    fn barred(text: &str) -> String {
        let mut out = String::new();
        let mut start = 0;
        let whole = cut(text, &mut |end, kind| {
            if kind == Kind::Sentence && start > 0 {
                out.push('|');
            }
            if kind == Kind::Sentence {
                out.push_str(&text[start..end]);
            }
            start = end;
            true
        });
        assert!(whole && start == text.len(), "{text:?}");
        out
    }

    #[test]
    fn sentences_of_many_languages() {
        for expected in [
            "It rained.|Anna slept!|Why?|Nobody came…|The end",
            "Mr. Grey saw Dr. Who.|He left.",
            "J. R. R. Tolkien wrote it.|We read it.",
            "It costs 3.14 or 1,000.50 at most.|Pay.",
            "E.g. this, i.e. that, etc. and so on.|Done.",
            "“Go!” he said.|“No.”|“Why?” asked Anna.|(He went.)|Then?",
            "He stopped... and went on.|He stopped...|Then he went on.",
            "**Bold.**|_Soft._|A note.[^1]|Next.",
            "What?!|Really!!!|Yes.",
            "One; two; three.|Four.",
            "Das ist z. B. so, d.h. nicht anders.|Am 3. Mai kam er.|Ende.",
            "„Ja.“|„Nein!“, rief sie.|»Doch.«|Aus.",
            "« Oui ! » dit-il.|« Non ? »|Il part.|M. Hugo aussi.",
            "¿Quién?|¡Nadie!|El Sr. Pérez vino.",
            "Он пришёл.|Т.е. вернулся, и т.д. и т.п. снова.|А. С. Пушкин писал.|Конец.",
            "— Да, — сказал он.|— Пойдём?|— Нет! — крикнула она.",
            "他走了。|她问：“为什么？”|没有人回答！|完",
            "「行くぞ。」|彼は言った。",
            "वह आया।|क्या?|हाँ।",
            "من هو؟|لا أحد.|انتهى.",
            "Τι είναι;|Τίποτα.",
            "Version 2.0.1 is out at example.com/a.b.|Get it.",
            "no capital. goes on. here",
            "",
        ] {
            // A bar stands for a space, except behind a full-width stop.
            let text =
                expected.replace("。|", "。").replace("！|", "！").replace("？”|", "？”").replace("।|", "।");
            let text = text.replace("。」|", "。」").replace('|', " ");
            assert_eq!(barred(&text), expected, "{text}");
        }
    }

    #[test]
    fn the_space_between_is_kept_apart() {
        let mut kinds = Vec::new();
        let cut = cut("It is.  \n So.\r\n", &mut |end, kind| {
            kinds.push((end, kind));
            true
        });
        assert!(cut);
        assert_eq!(kinds, [(6, Kind::Sentence), (10, Kind::Glue), (13, Kind::Sentence), (15, Kind::End)]);
    }
}
