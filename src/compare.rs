//! Pure: how two texts differ, by lines and by words.
//!
//! Equal lines at both ends are cut off first (most edits touch one place of a long file, and then nothing else has to
//! be compared); the middle goes to `similar` with a deadline, past which its answer is coarser but still right.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use similar::{Algorithm, ChangeTag, DiffOp, TextDiff};

use crate::report::Lines;

/// How long one file's comparison may take.
const DEADLINE: Duration = Duration::from_millis(500);

/// How many bytes are compared at once.
const BLOCK: usize = 16;

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// Tells whether content is not text: a NUL byte near its start.
pub fn is_binary(content: &[u8]) -> bool {
    // Whole pieces, with no way out within one: the compiler looks at sixteen bytes at once.
    let has_nul = |piece: &[u8]| piece.iter().fold(u8::MAX, |least, byte| least.min(*byte)) == 0;
    content[..content.len().min(8192)].chunks(1024).any(has_nul)
}

/// Counts the lines added and removed; `None` when either side is not text.
pub fn count_lines(old: &[u8], new: &[u8]) -> Option<Lines> {
    if is_binary(old) || is_binary(new) {
        return None;
    }
    let (old, new) = differing_middle(old, new);
    let all = Lines { added: n_lines(new), removed: n_lines(old) };
    // One line for another: both ends were cut off up to it, so the two differ.
    if old.is_empty() || new.is_empty() || (all.added, all.removed) == (1, 1) {
        return Some(all);
    }
    let (old, new): (Vec<&[u8]>, Vec<&[u8]>) = (lines(old).collect(), lines(new).collect());
    let deadline = Instant::now() + DEADLINE;
    let ops = similar::capture_diff_slices_deadline(Algorithm::Myers, &old, &new, Some(deadline));
    let mut count = Lines::default();
    for op in ops.iter().filter(|op| op.tag() != similar::DiffTag::Equal) {
        count.added += op.new_range().len() as u64;
        count.removed += op.old_range().len() as u64;
    }
    Some(count)
}

/// Cuts off the whole lines that both sides have in common at the start and at the end.
fn differing_middle<'a>(old: &'a [u8], new: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let shared = same_start(old, new);
    let start = if shared == old.len() && shared == new.len() {
        shared
    } else {
        old[..shared].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1)
    };
    let (old, new) = (&old[start..], &new[start..]);
    let same = same_end(old, new);
    // A common tail counts from the first line break in it: what stands before belongs to a line that differs, unless
    // the whole side is the tail and starts a line anyway.
    let whole = |side: &[u8]| same == side.len();
    let tail = &old[old.len() - same..];
    let end = if whole(old) && whole(new) {
        same
    } else {
        tail.iter().position(|b| *b == b'\n').map_or(0, |at| same - at - 1)
    };
    (&old[..old.len() - end], &new[..new.len() - end])
}

/// Tells whether two blocks are the same, as one number each: musl compares bytes one by one.
fn same(a: &[u8; BLOCK], b: &[u8; BLOCK]) -> bool {
    u128::from_ne_bytes(*a) == u128::from_ne_bytes(*b)
}

/// Counts the bytes that both begin with; most of them are compared a block at a time.
fn same_start(old: &[u8], new: &[u8]) -> usize {
    let blocks = old.as_chunks::<BLOCK>().0.iter().zip(new.as_chunks::<BLOCK>().0);
    let whole = blocks.take_while(|(a, b)| same(a, b)).count() * BLOCK;
    whole + old[whole..].iter().zip(&new[whole..]).take_while(|(a, b)| a == b).count()
}

/// Counts the bytes that both end with.
fn same_end(old: &[u8], new: &[u8]) -> usize {
    let blocks = old.as_rchunks::<BLOCK>().1.iter().rev().zip(new.as_rchunks::<BLOCK>().1.iter().rev());
    let whole = blocks.take_while(|(a, b)| same(a, b)).count() * BLOCK;
    let rest = old[..old.len() - whole].iter().rev().zip(new[..new.len() - whole].iter().rev());
    whole + rest.take_while(|(a, b)| a == b).count()
}

/// Counts the lines, of which the last need not have a line break.
fn n_lines(text: &[u8]) -> u64 {
    // In pieces whose count is a byte: so the compiler counts in sixteen bytes at once.
    let in_piece = |piece: &[u8]| piece.iter().fold(0_u8, |n, b| n + u8::from(*b == b'\n'));
    let breaks: u64 = text.chunks(usize::from(u8::MAX)).map(in_piece).map(u64::from).sum();
    breaks + u64::from(text.last().is_some_and(|last| *last != b'\n'))
}

/// Splits into lines with their line breaks.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|b| *b == b'\n')
}

/// Writes a unified diff; empty when nothing differs.
pub fn unified(old: &str, new: &str, old_name: &str, new_name: &str) -> String {
    let diff = TextDiff::configure().timeout(DEADLINE).diff_lines(old, new);
    diff.unified_diff().context_radius(CONTEXT).header(old_name, new_name).to_string()
}

/// Writes the changed passages with words marked `[-old-]` and `{+new+}`, and the lines around them. For reading: the
/// passages have a heading each, the file has none.
pub fn words(old: &str, new: &str) -> String {
    let diff = TextDiff::configure().timeout(DEADLINE).diff_lines(old, new);
    let mut out = String::new();
    for group in diff.grouped_ops(CONTEXT) {
        if let (Some(first), Some(last)) = (group.first(), group.last()) {
            let (old, new) = (
                first.old_range().start..last.old_range().end,
                first.new_range().start..last.new_range().end,
            );
            let _ = writeln!(out, "@@ -{},{} +{},{} @@", old.start + 1, old.len(), new.start + 1, new.len());
        }
        for op in &group {
            let old: String = diff.old_slices()[op.old_range()].concat();
            let new: String = diff.new_slices()[op.new_range()].concat();
            match op {
                DiffOp::Equal { .. } => out.push_str(&old),
                _ => mark_words(&mut out, &old, &new),
            }
        }
        if !out.ends_with('\n') {
            out.push('\n');
        }
    }
    out
}

fn mark_words(out: &mut String, old: &str, new: &str) {
    let diff = TextDiff::configure().timeout(DEADLINE).diff_words(old, new);
    let mut open = ChangeTag::Equal;
    for change in diff.iter_all_changes() {
        if change.tag() != open {
            close(out, open);
            open = change.tag();
            out.push_str(match open {
                ChangeTag::Equal => "",
                ChangeTag::Delete => "[-",
                ChangeTag::Insert => "{+",
            });
        }
        out.push_str(change.value());
    }
    close(out, open);
}

/// Ends a mark, before the line break it may have run over, so that a mark never swallows the next line.
fn close(out: &mut String, open: ChangeTag) {
    let sign = match open {
        ChangeTag::Equal => return,
        ChangeTag::Delete => "-]",
        ChangeTag::Insert => "+}",
    };
    let text = out.trim_end_matches('\n').len();
    let breaks = out.split_off(text);
    out.push_str(sign);
    out.push_str(&breaks);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_like_a_full_comparison() {
        for (old, new, added, removed) in [
            ("", "", 0, 0),
            ("a\n", "a\n", 0, 0),
            ("", "a\nb\n", 2, 0),
            ("a\nb\n", "", 0, 2),
            ("a\nb\nc\n", "a\nB\nc\n", 1, 1),
            ("a\nb\nc\n", "a\nc\n", 0, 1),
            ("a\na\n", "a\na\na\n", 1, 0),
            ("a\nb", "a\nb\n", 1, 1),
            ("xb\n", "yb\n", 1, 1),
            ("b\n", "ab\n", 1, 1),
            ("a\nb\nc\nd\n", "b\nd\ne\n", 1, 2),
            ("a", "", 0, 1),
            ("", "a\n\nb", 3, 0),
            ("a\n", "a", 1, 1),
        ] {
            assert_eq!(
                count_lines(old.as_bytes(), new.as_bytes()),
                Some(Lines { added, removed }),
                "{old:?} {new:?}"
            );
        }
        assert_eq!(count_lines(b"a\0", b"b"), None);
        for n in [254, 255, 256, 511, 5_000] {
            let (breaks, texts) = ("\n".repeat(n), "a\n".repeat(n));
            assert_eq!(count_lines(b"", breaks.as_bytes()), Some(Lines { added: n as u64, removed: 0 }));
            assert_eq!(count_lines(texts.as_bytes(), b""), Some(Lines { added: 0, removed: n as u64 }));
        }
    }

    #[test]
    fn marks_words_inside_a_line() {
        let text = words("She walked home slowly.\n", "She ran home slowly.\n");
        assert!(text.contains("She [-walked-]{+ran+} home slowly."), "{text}");
        assert_eq!(words("same\n", "same\n"), "");
    }
}
