//! What is true of every merge, for any bytes; for the property tests and for fuzzing.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::align::{self, Hunk};
use super::tokens::{Names, Text};
use super::weave::{self, Piece};
use super::{Grain, Labels, Merged, merge};

const LABELS: Labels<'_> = Labels { base: None, project: "project", session: "session" };

/// Merges in every grain and checks what must hold.
///
/// # Panics
/// When it does not hold.
pub fn check_invariants(base: &[u8], a: &[u8], b: &[u8]) {
    for grain in [Grain::Lines, Grain::Sentences] {
        let merged = |base, project, session| merge(base, project, session, grain, &LABELS);
        assert_eq!(merged(base, a, base), Merged::Clean(a.to_vec()), "only the project changed");
        assert_eq!(merged(base, base, a), Merged::Clean(a.to_vec()), "only the session changed");
        assert_eq!(merged(base, a, a), Merged::Clean(a.to_vec()), "both changed the same");
        check_symmetry(&merged(base, a, b), &merged(base, b, a));

        let legible = [base, a, b].iter().all(|side| std::str::from_utf8(side).is_ok());
        let grain = if legible { grain } else { Grain::Lines };
        let mut names = Names::default();
        let mut cut = |side| names.cut(side, grain);
        let (Some(base_text), Some(a_text), Some(b_text)) = (cut(base), cut(a), cut(b)) else { continue };
        let until = Instant::now() + Duration::from_mins(1);
        let hunks = |side| align::hunks(&base_text, side, names.len(), until);
        let (Some(a_hunks), Some(b_hunks)) = (hunks(&a_text), hunks(&b_text)) else { continue };
        for (text, hunks, bytes) in [(&a_text, &a_hunks, a), (&b_text, &b_hunks, b)] {
            assert_eq!(text.slice(0..text.len()), bytes, "the tokens are the text");
            assert_eq!(applied(&base_text, text, hunks), bytes, "the edits make the side of the base");
        }
        let edits = [(&a_text, &a_hunks), (&b_text, &b_hunks)]
            .map(|(side, hunks)| Edits::of(&base_text, side, hunks, grain));
        let pieces = weave::weave(&base_text, [&a_text, &b_text], &[a_hunks, b_hunks]);
        if pieces.iter().all(|piece| matches!(piece, Piece::Agreed(_) | Piece::Alike(_))) {
            check_clean(base, &pieces, &merged(base, a, b), &edits, grain);
        } else {
            check_marked(&pieces, [base, a, b], &merged(base, a, b));
        }
    }
}

fn applied(base: &Text<'_>, side: &Text<'_>, hunks: &[Hunk]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut done = 0;
    for hunk in hunks {
        assert!(done == 0 || done < hunk.base.start, "edits of one side do not touch");
        out.extend_from_slice(base.slice(done..hunk.base.start));
        out.extend_from_slice(side.slice(hunk.side.clone()));
        done = hunk.base.end;
    }
    out.extend_from_slice(base.slice(done..base.len()));
    out
}

/// The sides exchanged give the same, with the sides exchanged.
fn check_symmetry(one: &Merged, other: &Merged) {
    match (one, other) {
        (Merged::Clean(one), Merged::Clean(other)) => assert_eq!(one, other, "no side is preferred"),
        (Merged::Conflict { n_conflicts: one, .. }, Merged::Conflict { n_conflicts: other, .. }) => {
            assert_eq!(one, other, "no side is preferred");
        }
        _ => panic!("clean one way, a conflict the other: {one:?} {other:?}"),
    }
}

/// Counts lines, or bytes where a line is no unit: what one side brings or takes away, the merge has brought or taken
/// away, and nothing else. What both did alike is done once.
fn check_clean(base: &[u8], pieces: &[Piece<'_>], merged: &Merged, edits: &[Edits<'_>; 2], grain: Grain) {
    let texts = pieces.iter().map(|piece| match piece {
        Piece::Agreed(text) | Piece::Alike(text) => *text,
        Piece::Split(_) => b"",
    });
    let text = texts.collect::<Vec<_>>().concat();
    assert_eq!(merged, &Merged::Clean(text.clone()), "the pieces are the merge");
    let (base, merged) = (counts(base, grain), counts(&text, grain));
    let [a, b] = edits;
    let of = |counts: &HashMap<&[u8], i64>, unit: &[u8]| counts.get(unit).copied().unwrap_or(0);
    for unit in [&base, &merged, &a.come, &b.come].into_iter().flat_map(HashMap::keys) {
        let (come, gone) = ((of(&a.come, unit), of(&b.come, unit)), (of(&a.gone, unit), of(&b.gone, unit)));
        let got = of(&merged, unit) - of(&base, unit);
        let both = come.0 + come.1 - gone.0 - gone.1;
        let (least, most) = (both - come.0.min(come.1), both + gone.0.min(gone.1));
        let shown = String::from_utf8_lossy(unit);
        assert!((least..=most).contains(&got), "{shown:?}: +{come:?} -{gone:?} became {got}");
    }
}

/// What one side brought and took away, counted.
struct Edits<'a> {
    come: HashMap<&'a [u8], i64>,
    gone: HashMap<&'a [u8], i64>,
}

impl<'a> Edits<'a> {
    fn of(base: &Text<'a>, side: &Text<'a>, hunks: &[Hunk], grain: Grain) -> Self {
        let mut edits = Self { come: HashMap::new(), gone: HashMap::new() };
        for hunk in hunks {
            count(&mut edits.come, side.slice(hunk.side.clone()), grain);
            count(&mut edits.gone, base.slice(hunk.base.clone()), grain);
        }
        edits
    }
}

fn counts(text: &[u8], grain: Grain) -> HashMap<&[u8], i64> {
    let mut counts = HashMap::new();
    count(&mut counts, text, grain);
    counts
}

fn count<'a>(counts: &mut HashMap<&'a [u8], i64>, text: &'a [u8], grain: Grain) {
    let units: Vec<&[u8]> = match grain {
        Grain::Lines => text.split_inclusive(|b| *b == b'\n').collect(),
        Grain::Sentences => text.chunks(1).collect(),
    };
    for unit in units {
        *counts.entry(unit).or_default() += 1;
    }
}

/// Taking one side of every conflict gives the pieces of that side, byte for byte but for a line break at the end.
fn check_marked(pieces: &[Piece<'_>], sides: [&[u8]; 3], merged: &Merged) {
    let Merged::Conflict { text, n_conflicts, .. } = merged else {
        // Woven into a conflict, but decided before: two sides are equal.
        assert!(sides[0] == sides[1] || sides[0] == sides[2] || sides[1] == sides[2], "{merged:?}");
        return;
    };
    for session in [true, false] {
        let mut expected = Vec::new();
        for piece in pieces {
            expected.extend_from_slice(match piece {
                Piece::Agreed(text) | Piece::Alike(text) => text,
                Piece::Split(sides) if session => sides.session,
                Piece::Split(sides) => sides.project,
            });
        }
        let (mut got, n) = take(text, session);
        assert_eq!(n, *n_conflicts, "every conflict has its markers");
        if got != expected {
            assert_eq!(got.pop(), Some(b'\n'));
            if got != expected {
                assert_eq!(got.pop(), Some(b'\r'));
            }
        }
        assert_eq!(got, expected, "one side of every conflict");
    }
}

/// Reads a text with markers and takes one side of each conflict.
fn take(text: &[u8], session: bool) -> (Vec<u8>, usize) {
    let lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
    let run = |line: &[u8], sign: u8| line.iter().take_while(|b| **b == sign).count();
    let is_end = |line: &[u8], sign: u8, label: &str| {
        let n = run(line, sign);
        n >= 7 && line[n..].trim_ascii_end() == label.as_bytes()
    };
    // The first opening marker tells the length: the content has no line like it.
    let size = lines.iter().filter(|line| is_end(line, b'<', " session")).map(|line| run(line, b'<')).max();
    let (mut out, mut n, mut inside) = (Vec::new(), 0, None);
    for line in lines {
        let is = |sign, label| is_end(line, sign, label) && Some(run(line, sign)) == size;
        match inside {
            None if is(b'<', " session") => (inside, n) = (Some(true), n + 1),
            Some(true) if is(b'=', "") => inside = Some(false),
            Some(false) if is(b'>', " project") => inside = None,
            Some(part) if part != session => {}
            _ => out.extend_from_slice(line),
        }
    }
    assert!(inside.is_none(), "the last conflict is closed");
    (out, n)
}
