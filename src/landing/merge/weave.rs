//! Weaves the edits of both sides into one text: the diff3 rule, and what makes it finer for prose.
//!
//! Edits of the two sides that *collide* are one group; a group of one side's edits is taken as it is, a group of both
//! is a conflict unless both made it the same. Lines collide when they overlap or touch, as in git. Sentences may touch
//! as long as it is certain what stands where: [`collide`] is the whole rule.

use std::ops::Range;

use super::Three;
use super::align::Hunk;
use super::tokens::{Kind, Text};

/// A part of the merged text, in order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Piece<'a> {
    /// What both sides have, or one changed and the other did not.
    Agreed(&'a [u8]),
    /// What both changed alike behind a conflict; the base has no part in it.
    Alike(&'a [u8]),
    /// What each has where they collide.
    Split(Three<&'a [u8]>),
}

/// Edits that are decided together: which of each side's, and the part of the base they cover.
struct Group {
    base: Range<usize>,
    hunks: [Range<usize>; 2],
}

/// Weaves the edits of project and session (in this order) into the base.
pub(super) fn weave<'a>(base: &Text<'a>, sides: [&Text<'a>; 2], edits: &[Vec<Hunk>; 2]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut done = 0;
    for group in groups(base, sides, edits) {
        pieces.push(Piece::Agreed(base.slice(done..group.base.start)));
        done = group.base.end;
        let [project, session] = [0, 1].map(|side| covered(&group, side, edits));
        match (project, session) {
            (Some(project), Some(session)) => {
                split(&mut pieces, base.slice(group.base), &(sides[0], project), &(sides[1], session));
            }
            (Some(project), None) => pieces.push(Piece::Agreed(sides[0].slice(project))),
            (None, Some(session)) => pieces.push(Piece::Agreed(sides[1].slice(session))),
            (None, None) => {}
        }
    }
    pieces.push(Piece::Agreed(base.slice(done..base.len())));
    pieces
}

/// Gives what a side has in the place of a group, when it changed anything there.
fn covered(group: &Group, side: usize, edits: &[Vec<Hunk>; 2]) -> Option<Range<usize>> {
    let hunks = &edits[side][group.hunks[side].clone()];
    let (first, last) = (hunks.first()?, hunks.last()?);
    let before = first.base.start - group.base.start;
    let after = group.base.end - last.base.end;
    Some(first.side.start - before..last.side.end + after)
}

type Part<'t, 'a> = (&'t Text<'a>, Range<usize>);

/// Takes what begins and ends alike on both sides out of the conflict; nothing is left of it when both are the same.
fn split<'a>(pieces: &mut Vec<Piece<'a>>, base: &'a [u8], project: &Part<'_, 'a>, session: &Part<'_, 'a>) {
    let ids = |part: &Part<'_, 'a>| part.0.ids[part.1.clone()].to_vec();
    let (ours, theirs) = (ids(project), ids(session));
    let head = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
    let tail = ours[head..].iter().rev().zip(theirs[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (text, all) = (project.0, project.1.clone());
    pieces.push(Piece::Agreed(text.slice(all.start..all.start + head)));
    if ours != theirs {
        let middle = |part: &Part<'_, 'a>| part.0.slice(part.1.start + head..part.1.end - tail);
        pieces.push(Piece::Split(Three { base, project: middle(project), session: middle(session) }));
    }
    pieces.push(Piece::Alike(text.slice(all.end - tail..all.end)));
}

fn groups(base: &Text<'_>, sides: [&Text<'_>; 2], edits: &[Vec<Hunk>; 2]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // For each side, the group of each of its hunks so far.
    let mut homes: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    loop {
        let next = |side: usize| edits[side].get(homes[side].len());
        let side = match (next(0), next(1)) {
            (None, None) => return groups,
            (Some(a), Some(b)) => usize::from((b.base.start, b.base.end) < (a.base.start, a.base.end)),
            (Some(_), None) => 0,
            (None, Some(_)) => 1,
        };
        let (nth, other) = (homes[side].len(), 1 - side);
        let hunk = &edits[side][nth];
        let near = |before: &Hunk| before.base.end > hunk.base.start || neighbours(base, before, hunk);
        let met = (0..homes[other].len())
            .rev()
            .take_while(|at| near(&edits[other][*at]))
            .filter(|at| collide(base, (&edits[other][*at], sides[other]), (hunk, sides[side])))
            .last();
        let home = if let Some(met) = met {
            homes[other][met]
        } else {
            let at = |side: usize| homes[side].len()..homes[side].len();
            groups.push(Group { base: hunk.base.clone(), hunks: [at(0), at(1)] });
            groups.len() - 1
        };
        let mut joined = groups.drain(home..).reduce(join);
        if let Some(group) = &mut joined {
            group.base.end = group.base.end.max(hunk.base.end);
            group.hunks[side].end = nth + 1;
        }
        groups.extend(joined);
        for homes in &mut homes {
            homes.iter_mut().rev().take_while(|at| **at > home).for_each(|at| *at = home);
        }
        homes[side].push(home);
    }
}

/// Makes one group of two that follow one another.
#[expect(clippy::needless_pass_by_value, reason = "as `reduce` hands them over")]
fn join(a: Group, b: Group) -> Group {
    let hunks = [0, 1].map(|side| a.hunks[side].start..b.hunks[side].end);
    Group { base: a.base.start..a.base.end.max(b.base.end), hunks }
}

/// How many sentences an edit takes away and brings.
struct Shape {
    old: usize,
    new: usize,
}

impl Shape {
    fn of(base: &Text<'_>, (hunk, side): (&Hunk, &Text<'_>)) -> Self {
        let count = |kinds: &[Kind]| kinds.iter().filter(|kind| **kind == Kind::Sentence).count();
        Self { old: count(&base.kinds[hunk.base.clone()]), new: count(&side.kinds[hunk.side.clone()]) }
    }

    fn grows(&self) -> bool {
        self.new > self.old
    }

    fn inserts(&self) -> bool {
        self.old == 0 && self.new > 0
    }

    /// Tells whether it is certain which sentence became which.
    fn rewrites_one(&self) -> bool {
        self.old == 1 && self.new == 1
    }
}

/// Tells whether an edit of one side cannot stand beside one of the other, which begins at the same place or later.
///
/// They can when a token lies between that is no mere end of line or space. Otherwise they are neighbours, and:
///
/// 1. Lines collide with any neighbour.
/// 2. Two edits that both bring more sentences than they take collide: which goes first is not known.
/// 3. An insertion collides with any edit in the same paragraph but one sentence rewritten as one: of a passage that was
///    rewritten, or a sentence that is gone, it is not known what of it the insertion followed.
/// 4. Edits that touch collide if that would bring two things together that never stand so: two sentences without a
///    space, two spaces, a sentence and an empty line.
fn collide(base: &Text<'_>, a: (&Hunk, &Text<'_>), b: (&Hunk, &Text<'_>)) -> bool {
    let (first, second) = (a.0, b.0);
    if second.base.start < first.base.end {
        return true;
    }
    if !neighbours(base, first, second) {
        return false;
    }
    let between = &base.kinds[first.base.end..second.base.start];
    let has_lines = |(hunk, side): (&Hunk, &Text<'_>)| {
        base.kinds[hunk.base.clone()].iter().chain(&side.kinds[hunk.side.clone()]).any(|k| *k == Kind::Line)
    };
    if has_lines(a) || has_lines(b) || (first.base.is_empty() && first.base == second.base) {
        return true;
    }
    let (before, after) = (Shape::of(base, a), Shape::of(base, b));
    let one_paragraph = !between.contains(&Kind::End);
    let displaced =
        (before.inserts() && !after.rewrites_one()) || (after.inserts() && !before.rewrites_one());
    (before.grows() && after.grows())
        || (one_paragraph && displaced)
        || (between.is_empty() && !fit(base, a, b))
}

/// Tells whether nothing but the end of a line or space lies between two edits that do not overlap.
fn neighbours(base: &Text<'_>, first: &Hunk, second: &Hunk) -> bool {
    base.kinds[first.base.end..second.base.start].iter().all(|kind| kind.is_space())
}

/// Tells whether two touching edits leave a text in which everything stands beside what it may stand beside.
fn fit(base: &Text<'_>, (first, a): (&Hunk, &Text<'_>), (second, b): (&Hunk, &Text<'_>)) -> bool {
    let kind_of = |text: &Text<'_>, at: usize| text.kinds.get(at).copied();
    let left = if first.side.is_empty() {
        base.kind_before(first.base.start)
    } else {
        a.kind_before(first.side.end)
    };
    let right =
        if second.side.is_empty() { kind_of(base, second.base.end) } else { kind_of(b, second.side.start) };
    let boundary = (base.kind_before(first.base.end), kind_of(base, first.base.end));
    match (left, right) {
        (Some(Kind::Sentence), Some(Kind::Sentence)) => boundary == (left, right),
        (Some(Kind::Sentence), right) => matches!(right, Some(Kind::Glue | Kind::End) | None),
        (Some(Kind::Glue), right) => right == Some(Kind::Sentence),
        (Some(Kind::End | Kind::Blank | Kind::Line) | None, right) => {
            !matches!(right, Some(Kind::Glue | Kind::End))
        }
    }
}
