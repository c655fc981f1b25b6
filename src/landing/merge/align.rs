//! Finds what one side changed: the hunks in which it differs from the base.
//!
//! `similar` compares; around it stand three things that a merge needs and a display does not. Tokens that only one side
//! has are left out of the comparison, so that a rewritten file costs nothing. A hunk that could lie in several places
//! with the same result (a paragraph added between others) is put where both sides would put it. And two edits with
//! nothing but space between them are one.

use std::ops::Range;
use std::time::Instant;

use similar::{Algorithm, DiffOp};

use super::tokens::{Kind, Text};

/// One edit: these tokens of the base became these of the side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) base: Range<usize>,
    pub(super) side: Range<usize>,
}

/// Gives a side's edits in order, between any two at least one token that stayed; `None` when time is up.
pub(super) fn hunks(base: &Text<'_>, side: &Text<'_>, n_ids: usize, until: Instant) -> Option<Vec<Hunk>> {
    let (in_base, in_side) = (present(base, n_ids), present(side, n_ids));
    let (old, old_at) = shared(base, &in_side);
    let (new, new_at) = shared(side, &in_base);
    let ops = similar::capture_diff_slices_deadline(Algorithm::Patience, &old, &new, Some(until));
    if Instant::now() >= until {
        return None;
    }
    let mut hunks = Vec::new();
    let (mut b, mut s) = (0, 0);
    let mut gap_until = |base_at: usize, side_at: usize, b: usize, s: usize| {
        if b < base_at || s < side_at {
            hunks.push(Hunk { base: b..base_at, side: s..side_at });
        }
    };
    for op in ops {
        let DiffOp::Equal { old_index, new_index, len } = op else { continue };
        for nth in 0..len {
            let (base_at, side_at) = (old_at[old_index + nth], new_at[new_index + nth]);
            gap_until(base_at, side_at, b, s);
            (b, s) = (base_at + 1, side_at + 1);
        }
    }
    gap_until(base.len(), side.len(), b, s);
    settle(&mut hunks, base, side);
    Some(join_over_space(hunks, base))
}

fn present(text: &Text<'_>, n_ids: usize) -> Vec<bool> {
    let mut present = vec![false; n_ids];
    for id in &text.ids {
        present[*id as usize] = true;
    }
    present
}

/// Gives the tokens that the other has too, and where they stand.
fn shared(text: &Text<'_>, in_other: &[bool]) -> (Vec<u32>, Vec<usize>) {
    text.ids.iter().enumerate().filter(|(_, id)| in_other[**id as usize]).map(|(at, id)| (*id, at)).unzip()
}

/// Moves every pure insertion and deletion to the best of the places where it means the same.
///
/// Of places that cost the same it takes the last for lines, as git does, and the first for prose.
fn settle(hunks: &mut [Hunk], base: &Text<'_>, side: &Text<'_>) {
    let prose = base.kinds.contains(&Kind::Sentence);
    for nth in 0..hunks.len() {
        let hunk = &hunks[nth];
        let inserted = hunk.base.is_empty();
        if !inserted && !hunk.side.is_empty() {
            continue;
        }
        let of = |hunk: &Hunk| if inserted { hunk.side.clone() } else { hunk.base.clone() };
        let ids = if inserted { &side.ids } else { &base.ids };
        // One token that stayed is left between two hunks.
        let floor = nth.checked_sub(1).map_or(0, |before| of(&hunks[before]).end + 1);
        let ceiling = hunks.get(nth + 1).map_or(ids.len(), |after| of(after).start - 1);
        let range = of(hunk);
        let up = (floor..range.start).rev().zip((0..range.end).rev()).take_while(|(a, b)| ids[*a] == ids[*b]);
        let down = (range.start..).zip(range.end..ceiling).take_while(|(a, b)| ids[*a] == ids[*b]);
        let (up, down) = (up.count(), down.count());
        let cost = |shift: usize| {
            let (start, end) = (hunk.base.start - up + shift, hunk.base.end - up + shift);
            cost(base.kind_before(start)) + cost(base.kinds.get(end).copied())
        };
        let by_custom = |shift: usize| if prose { shift } else { up + down - shift };
        let shift = (0..=up + down).min_by_key(|shift| (cost(*shift), by_custom(*shift))).unwrap_or(up);
        let moved = |range: &Range<usize>| range.start - up + shift..range.end - up + shift;
        hunks[nth] = Hunk { base: moved(&hunk.base), side: moved(&hunk.side) };
    }
}

/// Says how bad it is for an edit to stand beside this token: what is edited most often costs most.
fn cost(neighbour: Option<Kind>) -> u8 {
    match neighbour {
        Some(Kind::Line) => 2,
        Some(Kind::Sentence) => 1,
        Some(Kind::Blank | Kind::Glue | Kind::End) | None => 0,
    }
}

/// Joins edits of neighbouring sentences: that a space or a line break between them stayed does not tell which sentence
/// became which.
fn join_over_space(hunks: Vec<Hunk>, base: &Text<'_>) -> Vec<Hunk> {
    let mut joined: Vec<Hunk> = Vec::with_capacity(hunks.len());
    for hunk in hunks {
        match joined.last_mut() {
            Some(last) if base.kinds[last.base.end..hunk.base.start].iter().all(|kind| kind.is_space()) => {
                last.base.end = hunk.base.end;
                last.side.end = hunk.side.end;
            }
            _ => joined.push(hunk),
        }
    }
    joined
}
