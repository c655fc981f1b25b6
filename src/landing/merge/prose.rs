//! Cuts prose: paragraphs into sentences, everything else (headings, lists, tables, fenced code, …) into lines.
//!
//! Looks at one line at a time and at what came before, so that an edit changes the cut near it only; an opened code
//! fence is the exception. The marks of Markdown, reStructuredText, `AsciiDoc`, Org and TeX are known alike: a line taken
//! for a mark by mistake is merged whole, which is right in any format.

use unicode_width::UnicodeWidthStr;

use super::sentence;
use super::tokens::Kind;

/// The columns a line has when its end may be there only because the editor wrapped it. A shorter one is a verse, an
/// address or a reply; a longer one is a paragraph of its own.
const WRAPPED: std::ops::RangeInclusive<usize> = 40..=120;

/// Bytes below which a line's columns are counted.
const MAY_BE_SHORT: usize = 1024;

/// Lines that front matter has at most.
const MAX_FRONT_MATTER: usize = 1000;

/// TeX commands that stand on a line of their own; others may begin a paragraph.
const TEX: &[&str] = &[
    "\\begin",
    "\\end",
    "\\chapter",
    "\\section",
    "\\subsection",
    "\\paragraph",
    "\\part",
    "\\item",
    "\\document",
    "\\usepackage",
    "\\input",
    "\\include",
    "\\label",
    "\\title",
    "\\author",
    "\\new",
    "\\par",
];

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Blank,
    Mark,
    /// A line of a paragraph, perhaps its first.
    Prose {
        first: bool,
    },
}

/// Cuts a text; stops and gives `false` when `push` does.
pub(super) fn cut(text: &str, push: &mut dyn FnMut(usize, Kind) -> bool) -> bool {
    let mut blocks = Blocks { front_matter: front_matter(text), ..Blocks::default() };
    let (mut paragraph, mut end) = (0, 0);
    for line in text.split_inclusive('\n') {
        let start = end;
        end += line.len();
        let class = blocks.class(line);
        if class != (Class::Prose { first: false }) && !sentences(text, paragraph..start, push) {
            return false;
        }
        let go_on = match class {
            Class::Blank => push(end, Kind::Blank),
            Class::Mark => push(end, Kind::Line),
            Class::Prose { first } => {
                if first {
                    paragraph = start;
                }
                if is_wrapped(line) {
                    continue;
                }
                sentences(text, paragraph..end, push)
            }
        };
        paragraph = end;
        if !go_on {
            return false;
        }
    }
    sentences(text, paragraph..end, push)
}

/// Cuts what there is of a paragraph.
fn sentences(
    text: &str,
    paragraph: std::ops::Range<usize>,
    push: &mut dyn FnMut(usize, Kind) -> bool,
) -> bool {
    let start = paragraph.start;
    sentence::cut(&text[paragraph], &mut |end, kind| push(start + end, kind))
}

fn is_wrapped(line: &str) -> bool {
    let shown = line.trim_end_matches(['\n', '\r']);
    let broken_on_purpose = shown.ends_with("  ") || shown.ends_with('\\');
    !broken_on_purpose && line.len() < MAY_BE_SHORT && WRAPPED.contains(&shown.width())
}

/// Counts the lines of a `---` or `+++` block at the very start.
fn front_matter(text: &str) -> usize {
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines().take(MAX_FRONT_MATTER);
    let closes: &[&str] = match lines.next().map(str::trim_end) {
        Some("---") => &["---", "..."],
        Some("+++") => &["+++"],
        _ => return 0,
    };
    lines.position(|line| closes.contains(&line.trim_end())).map_or(0, |at| at + 2)
}

#[derive(Default)]
struct Blocks {
    front_matter: usize,
    /// The character and the number of an open code fence.
    fence: Option<(char, usize)>,
    in_item: bool,
}

impl Blocks {
    fn class(&mut self, line: &str) -> Class {
        let text = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if self.front_matter > 0 {
            self.front_matter -= 1;
            return Class::Mark;
        }
        if let Some((sign, n)) = self.fence {
            if text.chars().all(|c| c == sign) && text.chars().count() >= n {
                self.fence = None;
            }
            return Class::Mark;
        }
        self.fence = opens_fence(text);
        if self.fence.is_some() {
            return Class::Mark;
        }
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let indented = indent >= 4 || line.starts_with('\t');
        let class = if text.is_empty() && line.trim().is_empty() {
            Class::Blank
        } else if is_mark(text) || (self.in_item && (indent >= 2 || indented)) {
            Class::Mark
        } else {
            Class::Prose { first: indented || text.starts_with(['—', '–', '―']) }
        };
        self.in_item = is_item(text) || (self.in_item && class == Class::Mark);
        class
    }
}

fn opens_fence(text: &str) -> Option<(char, usize)> {
    let sign = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let n = text.chars().take_while(|c| *c == sign).count();
    (n >= 3 && !(sign == '`' && text[n..].contains('`'))).then_some((sign, n))
}

/// Tells whether a line is a mark of structure and no part of a paragraph.
fn is_mark(text: &str) -> bool {
    let after = |sign: char| text.trim_start_matches(sign);
    let is_heading = |sign| after(sign).len() < text.len() && after(sign).starts_with([' ', '\t']);
    let is_definition = || text.starts_with('[') && text.contains("]:");
    let is_tag =
        || text.starts_with('<') && text[1..].starts_with(|c: char| c.is_alphabetic() || "/!".contains(c));
    text.starts_with(['|', '>', '%', ':'])
        || text.starts_with(".. ")
        || text.starts_with("#+")
        || is_heading('#')
        || is_heading('=')
        || is_item(text)
        || is_definition()
        || is_tag()
        || TEX.iter().any(|command| text.starts_with(command))
        || !text.contains(char::is_alphanumeric)
}

/// Tells whether a line begins a list item.
fn is_item(text: &str) -> bool {
    let bullet = text.strip_prefix(['-', '*', '+', '•']);
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number = (1..=3).contains(&digits).then(|| text[digits..].strip_prefix(['.', ')'])).flatten();
    bullet.or(number).is_some_and(|rest| rest.starts_with([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says of each token what it is: `L`ine, `B`lank, `S`entence, `g`lue, `e`nd.
    fn kinds(text: &str) -> String {
        let mut out = String::new();
        let whole = cut(text, &mut |_, kind| {
            out.push(match kind {
                Kind::Line => 'L',
                Kind::Blank => 'B',
                Kind::Sentence => 'S',
                Kind::Glue => 'g',
                Kind::End => 'e',
            });
            true
        });
        assert!(whole);
        out
    }

    #[test]
    fn paragraphs_are_cut_and_marks_are_not() {
        for (text, expected) in [
            ("", ""),
            ("It is. So.\n", "SgSe"),
            ("It is. So.", "SgS"),
            ("\u{feff}# One. Two.\n\nIt is.\n", "LBSe"),
            ("---\na: It is. So.\n---\nIt is. So.\n", "LLLSgSe"),
            ("---\nIt is. So.\n", "LSgSe"),
            ("```rust\nIt is. So.\n\n~~~\n```\nIt is. So.\n", "LLLLLSgSe"),
            ("`It is.` So.\n", "SgSe"),
            ("- It is. So.\n  It is. So.\nIt is. So.\n", "LLSgSe"),
            ("12. It is. So.\n1984. It is\n", "LSgSe"),
            ("> It is. So.\n| a. B. | c |\n***\n<div>It is. So.\n[a]: b. C\n", "LLLLL"),
            ("\\section{It is. So.}\n\\emph{It} is. So.\n% It is. So.\n", "LSgSeL"),
            // Verses and replies; an indented first line; a wrapped paragraph; one paragraph to a line.
            ("O wild West Wind,\nthou breath\n", "SeSe"),
            ("— Да, — сказал он.\n— Нет.\n", "SeSe"),
            ("    It is. So.\n\tIt is.\n", "SgSeSe"),
            ("A line of the usual length that an editor\nhas wrapped. Here. It\nends.\n", "SgSgSeSe"),
            ("A line of the usual length, broken on purpose  \nhere.\n", "SeSe"),
        ] {
            assert_eq!(kinds(text), expected, "{text:?}");
        }
        let long = format!("{} end\nNext.\n", "word ".repeat(40));
        assert_eq!(kinds(&long), "SeSe");
    }
}
