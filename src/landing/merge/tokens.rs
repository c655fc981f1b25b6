//! A text cut into tokens: the pieces that are merged whole. Put together again they are the text, byte for byte.
//!
//! Equal tokens of the three sides get the same number, so that all later comparing is of numbers. The kind is part of
//! what is equal: the line break that ends a paragraph is not the one that is an empty line.

use std::collections::HashMap;
use std::ops::Range;

use super::{Grain, MAX_TOKENS, prose};

/// What a token is; decides next to what an edit of it may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A line with its line break.
    Line,
    /// An empty line of prose.
    Blank,
    /// A sentence, from its first character to its last closing quote.
    Sentence,
    /// White space between two sentences of a paragraph.
    Glue,
    /// White space that ends a paragraph's text, with its line break.
    End,
}

impl Kind {
    /// Tells whether it stands between two sentences without telling which they are.
    pub(super) fn is_space(self) -> bool {
        matches!(self, Self::Glue | Self::End)
    }
}

/// One side, cut.
#[derive(Debug)]
pub(super) struct Text<'a> {
    bytes: &'a [u8],
    ends: Vec<usize>,
    /// What each token is.
    pub(super) kinds: Vec<Kind>,
    /// Which token each is.
    pub(super) ids: Vec<u32>,
}

impl<'a> Text<'a> {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Gives the bytes of neighbouring tokens.
    pub(super) fn slice(&self, tokens: Range<usize>) -> &'a [u8] {
        let start_of = |at: usize| if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[start_of(tokens.start)..start_of(tokens.end)]
    }

    /// Gives what the token before a boundary is, if there is one.
    pub(super) fn kind_before(&self, at: usize) -> Option<Kind> {
        at.checked_sub(1).map(|at| self.kinds[at])
    }
}

/// Numbers for tokens.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    known: HashMap<(Kind, &'a [u8]), u32>,
}

impl<'a> Names<'a> {
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Cuts one side; `None` when it has too many tokens.
    pub(super) fn cut(&mut self, bytes: &'a [u8], grain: Grain) -> Option<Text<'a>> {
        let mut text = Text { bytes, ends: Vec::new(), kinds: Vec::new(), ids: Vec::new() };
        let mut start = 0;
        let mut push = |end: usize, kind: Kind| {
            let next = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
            let id = *self.known.entry((kind, &bytes[start..end])).or_insert(next);
            start = end;
            text.ends.push(end);
            text.kinds.push(kind);
            text.ids.push(id);
            text.ends.len() <= MAX_TOKENS
        };
        let whole = match (grain, std::str::from_utf8(bytes)) {
            (Grain::Sentences, Ok(prose)) => prose::cut(prose, &mut push),
            _ => cut_lines(bytes, &mut push),
        };
        whole.then_some(text)
    }
}

/// Cuts after every line feed; stops and gives `false` when `push` does.
fn cut_lines(bytes: &[u8], push: &mut dyn FnMut(usize, Kind) -> bool) -> bool {
    let mut end = 0;
    bytes.split_inclusive(|b| *b == b'\n').all(|line| {
        end += line.len();
        push(end, Kind::Line)
    })
}
