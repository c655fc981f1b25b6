//! A line of the ledger, read by hand where it is written as [`append`](super::Ledger::append) writes it.
//!
//! serde looks for each field by name and copies every text: 8,600 instructions for a line, and a landing reads one for each
//! file. Here the fields stand in their order, so a line is read from its start to its end once. Whatever is written in any
//! other way, odd or wrong, is left to serde: nothing is judged here. A test holds what is read against what serde reads.

use std::path::Path;

use super::{Base, Op};
use crate::fs::copy::Hash;
use crate::relpath::RelPath;
use crate::store::plain::Plain;

/// What a line says.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) path: RelPath,
    pub(super) op: Op,
    pub(super) at: &'a str,
    pub(super) base: Option<Base>,
}

/// Reads the line that these bytes begin with, and gives what stands behind it; `None` where serde has to look.
pub(super) fn read(bytes: &[u8]) -> Option<(Line<'_>, &[u8])> {
    let mut rest = Plain::of(bytes);
    rest.skip(b"{\"path\":\"")?;
    let path = rest.text()?;
    rest.skip(b",\"op\":\"")?;
    let op = match rest.text()? {
        "modified" => Op::Modified,
        "created" => Op::Created,
        "deleted" => Op::Deleted,
        "dropped" => Op::Dropped,
        _ => return None,
    };
    rest.skip(b",\"at\":\"")?;
    let at = rest.text()?;
    rest.skip(b",\"base\":")?;
    let base = if rest.skip(b"null").is_some() { None } else { Some(read_base(&mut rest)?) };
    let rest = rest.end()?;
    // The path last: it is what costs something.
    Some((Line { path: RelPath::new(Path::new(path)).ok()?, op, at, base }, rest))
}

fn read_base(rest: &mut Plain<'_>) -> Option<Base> {
    rest.skip(b"{\"hash\":\"")?;
    let hash = Hash::parse(rest.text()?)?;
    rest.skip(b",\"size\":")?;
    let size = rest.number()?;
    rest.skip(b",\"mode\":")?;
    let mode = u32::try_from(rest.number()?).ok()?;
    rest.skip(b",\"mtime\":")?;
    let mtime = rest.signed()?;
    rest.skip(b",\"ctime\":")?;
    let ctime = rest.signed()?;
    let symlink = rest.skip(b",\"symlink\":true").is_some();
    rest.skip(b"}")?;
    Some(Base { hash, size, mode, mtime, ctime, symlink })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;
    use crate::store::ledger::Entry;
    use crate::store::plain::ODD_PATHS;

    fn entries() -> Vec<Entry> {
        let numbers = [0, 1, 9, 10, 1_764_470_284_000_000_000, i64::MAX];
        let ops = [Op::Modified, Op::Created, Op::Deleted, Op::Dropped];
        let mut entries = Vec::new();
        for (nth, path) in ODD_PATHS.iter().enumerate() {
            for (at, number) in numbers.iter().enumerate() {
                let base = Base {
                    hash: Hash::of(path),
                    size: number.unsigned_abs() * 2,
                    mode: [0o644, 0, u32::MAX][at % 3],
                    mtime: *number,
                    ctime: [-*number, i64::MIN, 7][(at + nth) % 3],
                    symlink: at % 4 == 1,
                };
                entries.push(Entry {
                    path: RelPath::new(OsStr::from_bytes(path)).unwrap(),
                    op: ops[(nth + at) % 4],
                    at: ["2026-01-01T00:00:00Z", "", "an odd \"time\"", "\u{e9}"][nth % 4].into(),
                    base: (at % 5 != 4).then_some(base),
                });
            }
        }
        entries
    }

    fn entry(line: Line<'_>) -> Entry {
        Entry { path: line.path, op: line.op, at: line.at.to_string(), base: line.base }
    }

    #[test]
    fn what_is_read_is_what_serde_reads_and_the_rest_is_left_to_it() {
        let mut by_hand = 0;
        for expected in entries() {
            let text = serde_json::to_string(&expected).unwrap();
            for after in ["", "\n", "\n\n", "\n{\"path\":"] {
                let both = format!("{text}{after}");
                let Some((line, rest)) = read(both.as_bytes()) else { continue };
                assert_eq!(entry(line), expected, "{text}");
                assert_eq!(rest, after.strip_prefix('\n').unwrap_or(after).as_bytes());
                by_hand += 1;
            }
        }
        // Five of ten paths have nothing escaped in them, and one of those came with an odd time.
        assert_eq!(by_hand, 4 * 6 * 4);
    }

    #[test]
    fn a_line_that_was_changed_in_any_byte_is_read_as_serde_reads_it() {
        for expected in entries() {
            let text = serde_json::to_string(&expected).unwrap().into_bytes();
            for at in 0..text.len() {
                for byte in [b'0', b'9', b'-', b'"', b'\\', b' ', b'}', b',', b'.', b'e', b'/', 0, 0xff] {
                    let mut other = text.clone();
                    other[at] = byte;
                    let shorter = &text[..at];
                    for line in [other.as_slice(), shorter] {
                        if let Some((by_hand, rest)) = read(line) {
                            let by_serde: Entry = serde_json::from_slice(&line[..line.len() - rest.len()])
                                .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(line)));
                            assert_eq!((entry(by_hand), rest), (by_serde, [].as_slice()));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn fields_in_another_order_or_number_are_left_to_serde() {
        let good = r#"{"path":"a","op":"created","at":"x","base":null}"#;
        assert!(read(good.as_bytes()).is_some());
        for odd in [
            r#"{"op":"created","path":"a","at":"x","base":null}"#,
            r#"{"path":"a","op":"created","at":"x"}"#,
            r#"{"path":"a","op":"created","at":"x","base":null,"more":1}"#,
            r#"{"path":"a", "op":"created","at":"x","base":null}"#,
            r#"{"path":"../a","op":"created","at":"x","base":null}"#,
            r#"{"path":"","op":"created","at":"x","base":null}"#,
            r#"{"path":{"bytes":"61"},"op":"created","at":"x","base":null}"#,
            r#"{"path":"a","op":"moved","at":"x","base":null}"#,
            "",
            "\n",
        ] {
            assert!(read(odd.as_bytes()).is_none(), "{odd}");
        }
    }
}
