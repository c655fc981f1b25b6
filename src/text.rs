//! Text that came from outside, made safe to show, and small readings of text that several doors share.
//!
//! A file name, a description or a reason may hold anything. [`visible`] and [`path`] show it without letting it steer
//! the terminal; [`prose`] does the same for sentences. [`nearest`] is every "did you mean". Pure; what is *stored* is
//! never changed by what is shown here.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::relpath::RelPath;

/// Shows text with control characters and direction overrides written out (`\u{1b}`, `\n`).
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// Shows a sentence on one line: line breaks and tabs become spaces, what else steers a terminal is written out.
#[must_use]
pub fn prose(text: &str) -> String {
    let lines: Vec<String> = text
        .split(['\n', '\r', '\t', '\u{2028}', '\u{2029}'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(visible)
        .collect();
    lines.join(" ")
}

/// Shows a path: as it is where it is plain text, else in quotes with every odd byte written out.
#[must_use]
pub fn path(path: &RelPath) -> String {
    shown(path).into_owned()
}

/// The same, without a copy of what is plain text.
#[must_use]
pub fn shown(path: &RelPath) -> Cow<'_, str> {
    let bytes = path.as_bytes();
    let is_plain = bytes.iter().all(|b| matches!(b, b' '..=b'~'));
    if let Ok(text) = std::str::from_utf8(bytes)
        && (is_plain || !text.chars().any(steers))
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if steers(c) || matches!(c, '"' | '\\') { out.extend(c.escape_default()) } else { out.push(c) }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    Cow::Owned(out)
}

/// Gives the known word closest to a mistyped one, if one is close enough to be meant.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let slips = Slips::of(word);
    known
        .into_iter()
        .filter_map(|candidate| slips.distance(candidate).map(|d| (d, candidate)))
        .min_by_key(|(d, _)| *d)
        .map(|(_, candidate)| candidate)
}

/// A mistyped word, read once to be compared with many.
#[derive(Debug)]
pub struct Slips {
    word: Vec<char>,
    letters: u64,
    allowed: usize,
}

impl Slips {
    /// Reads a word.
    #[must_use]
    pub fn of(word: &str) -> Self {
        let word: Vec<char> = word.chars().take(64).flat_map(char::to_lowercase).collect();
        let allowed = match word.len() {
            0..=4 => 1,
            5..=7 => 2,
            _ => 3,
        };
        Self { letters: letters(word.iter().copied()), word, allowed }
    }

    /// Counts the edits to a known word; `None` when there are too many for it to be meant.
    #[must_use]
    pub fn distance(&self, candidate: &str) -> Option<usize> {
        // Most words are told apart by their length or by letters that the other does not have.
        let (shortest, longest) =
            (self.word.len().saturating_sub(self.allowed), self.word.len() + self.allowed);
        if candidate.len() < shortest || candidate.len() > longest * 4 {
            return None;
        }
        let theirs = letters(candidate.chars());
        let only = (self.letters & !theirs).count_ones().max((theirs & !self.letters).count_ones());
        if only as usize > self.allowed {
            return None;
        }
        let candidate: Vec<char> = candidate.chars().collect();
        if !(shortest..=longest).contains(&candidate.len()) {
            return None;
        }
        let edits = distance(&self.word, &candidate);
        (edits <= self.allowed && edits < candidate.len()).then_some(edits)
    }
}

/// Gives the letters of a word as a set: two words that differ in one letter differ in one bit on each side at the most.
fn letters(word: impl Iterator<Item = char>) -> u64 {
    word.fold(0, |set, c| set | 1 << (u32::from(c) % 64))
}

/// Splits `a.md,{b,c}.md` at the commas outside braces and brackets; empty parts are dropped. A list of nothing is one
/// empty glob, which is refused later: it must not be taken for no list, which means everything.
#[must_use]
pub fn globs(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    let mut named =
        parts.iter().map(|part| part.trim().to_string()).filter(|part| !part.is_empty()).peekable();
    if named.peek().is_none() { vec![String::new()] } else { named.collect() }
}

/// Begins a sentence with a capital letter.
#[must_use]
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// Tells whether a character moves the cursor, changes the terminal or reorders what follows it.
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Counts the edits (insert, delete, replace, swap neighbours) from one word to another.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use super::*;

    #[test]
    fn nothing_shown_steers_the_terminal() {
        assert_eq!(visible("a\x1b[31mb\u{9b}c"), "a\\u{1b}[31mb\\u{9b}c");
        assert_eq!(visible("Глава 3 – é 👩‍💻"), "Глава 3 – é 👩‍💻");
        assert_eq!(visible("a\u{202e}b\u{2066}"), "a\\u{202e}b\\u{2066}");
        assert_eq!(prose("  two\r\nlines\tand\n\n a tab\x07 "), "two lines and a tab\\u{7}");
    }

    #[test]
    fn paths_are_shown_exactly() {
        for (bytes, shown) in [
            (b"acts/a b.md".as_slice(), "acts/a b.md"),
            ("acts/сцена.md".as_bytes(), "acts/сцена.md"),
            (b"acts/\xff.md", "\"acts/\\xff.md\""),
            (b"a\nb\"c\\d", "\"a\\nb\\\"c\\\\d\""),
            (b"a\"b\\c", "a\"b\\c"),
            (b"\x1b]0;owned\x07", "\"\\u{1b}]0;owned\\u{7}\""),
        ] {
            let rel = RelPath::new(Path::new(OsStr::from_bytes(bytes))).unwrap();
            assert_eq!(path(&rel), shown);
        }
    }

    #[test]
    fn nearest_is_close_or_nothing() {
        let known = ["status", "start", "commit", "cancel", "rm", "diff"];
        for (typed, meant) in [
            ("stauts", Some("status")),
            ("STATU", Some("status")),
            ("comit", Some("commit")),
            ("mr", Some("rm")),
            ("dif", Some("diff")),
            ("frobnicate", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
        assert_eq!(nearest("статсу", ["статус", "старт"]), Some("статус"));
    }

    #[test]
    fn globs_split_outside_braces() {
        assert_eq!(globs("a.md,b.md"), ["a.md", "b.md"]);
        assert_eq!(globs(" a b.md , ,{x,y}/[,z].md,"), ["a b.md", "{x,y}/[,z].md"]);
        assert_eq!(globs("{a,b"), ["{a,b"]);
        assert_eq!((globs(" , "), globs("")), (vec![String::new()], vec![String::new()]));
    }
}
