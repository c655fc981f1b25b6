//! An index over a table of phrases, built while compiling so that a hook does not pay for it.
//!
//! Phrases are chained by the first three letters of their first word, and no `word*` is shorter; an ideograph is a
//! word of its own, so there it is one. Comparing the phrase itself is left to the caller.

const NONE: u16 = u16::MAX;

/// A phrase of one word, and one whose second word may be any of several.
const ENDS: u32 = 0;
const ANY: u32 = 1;

/// How many chains; a power of two.
const HEADS: usize = 2048;

#[derive(Clone, Copy)]
struct Entry {
    phrase: &'static str,
    row: u16,
    next: u16,
    /// Length of the first word, without its `*`.
    first: u8,
    /// Whether the first word is only a beginning.
    open: bool,
    /// The second word's first letter, [`ENDS`] or [`ANY`].
    second: u32,
}

/// Chains of phrases; `N` is their number.
pub(super) struct Index<const N: usize> {
    heads: [u16; HEADS],
    entries: [Entry; N],
}

/// How many phrases a table has.
pub(super) const fn count<T>(table: &[(T, &[&str])]) -> usize {
    let (mut n, mut row) = (0, 0);
    while row < table.len() {
        n += table[row].1.len();
        row += 1;
    }
    n
}

impl<const N: usize> Index<N> {
    /// Builds the chains; meant for a `static`.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a table has a few thousand phrases; try_from is not const"
    )]
    pub(super) const fn new<T>(table: &[(T, &[&'static str])]) -> Self {
        let mut index = Self {
            heads: [NONE; HEADS],
            entries: [Entry { phrase: "", row: 0, next: NONE, first: 0, open: false, second: ENDS }; N],
        };
        let (mut n, mut row) = (0, 0);
        while row < table.len() {
            let mut i = 0;
            while i < table[row].1.len() {
                let phrase = table[row].1[i];
                let head = bucket(phrase.as_bytes());
                let bytes = phrase.as_bytes();
                let first = first_word(bytes);
                let open = first < bytes.len() && bytes[first] == b'*';
                let next = index.heads[head];
                let second = second_of(bytes, if open { first + 1 } else { first });
                index.entries[n] = Entry { phrase, row: row as u16, next, first: first as u8, open, second };
                index.heads[head] = n as u16;
                n += 1;
                i += 1;
            }
            row += 1;
        }
        index
    }

    /// Phrases whose first word is this one, with their rows.
    pub(super) fn candidates<'a>(
        &'a self,
        word: &'a str,
    ) -> impl Iterator<Item = (&'static str, usize)> + 'a {
        self.walk(word, |_| true)
    }

    /// The same, but for those whose second word begins with another letter than the next word (none at the end): most of
    /// them, and then the phrase need not be taken apart.
    pub(super) fn candidates_before<'a>(
        &'a self,
        word: &'a str,
        next: &str,
    ) -> impl Iterator<Item = (&'static str, usize)> + 'a {
        let letter = letter_at(next.as_bytes(), 0);
        self.walk(word, move |second| match second {
            ENDS => true,
            ANY => letter != 0,
            second => second == letter,
        })
    }

    fn walk<'a>(
        &'a self,
        word: &'a str,
        may: impl Fn(u32) -> bool + 'a,
    ) -> impl Iterator<Item = (&'static str, usize)> + 'a {
        let word = word.as_bytes();
        let mut at = self.heads[bucket(word)];
        std::iter::from_fn(move || {
            loop {
                let entry = self.entries.get(usize::from(at))?;
                at = entry.next;
                let first = usize::from(entry.first);
                let long_enough = if entry.open { word.len() >= first } else { word.len() == first };
                if long_enough && may(entry.second) && entry.phrase.as_bytes()[..first] == word[..first] {
                    return Some((entry.phrase, usize::from(entry.row)));
                }
            }
        })
    }
}

/// Where the first word ends; an ideograph is a word, and ends one.
const fn first_word(phrase: &[u8]) -> usize {
    if !phrase.is_empty() && phrase[0] >= 0xe0 {
        return 3;
    }
    let mut i = 0;
    while i < phrase.len() && phrase[i] != b' ' && phrase[i] != b'*' && phrase[i] < 0xe0 {
        i += 1;
    }
    i
}

/// What the second word begins with, where the first one ends at a place.
const fn second_of(phrase: &[u8], end: usize) -> u32 {
    if end >= phrase.len() || phrase[end] != b' ' {
        return ENDS;
    }
    let mut i = end + 1;
    while i < phrase.len() && phrase[i] != b' ' {
        if phrase[i] == b'/' || phrase[i] == b'.' {
            return ANY;
        }
        i += 1;
    }
    letter_at(phrase, end + 1)
}

/// The letter that begins at a place, as its bytes; 0 at the end.
const fn letter_at(word: &[u8], at: usize) -> u32 {
    if at >= word.len() {
        return 0;
    }
    let width = match word[at] {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    let (mut letter, mut i) = (0, 0);
    while i < width && at + i < word.len() {
        letter = letter << 8 | word[at + i] as u32;
        i += 1;
    }
    letter
}

const fn bucket(word: &[u8]) -> usize {
    if word.is_empty() {
        return 0;
    }
    let width = match word[0] {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        _ => 3,
    };
    let mut hash = 0;
    let mut i = 0;
    // Three letters, unless the word has ended; `*` and the space come before the digits.
    let reach = if width == 3 { 3 } else { 3 * width };
    while i < reach && i < word.len() {
        if i >= width && word[i] < b'0' {
            break;
        }
        hash = hash * 31 + word[i] as usize;
        i += 1;
    }
    (hash ^ (hash >> 10)) & (HEADS - 1)
}
