//! The index as those who search and those who write see it.

use super::*;
use crate::project::FoundBy;

fn entry(path: &str, weight: u32, stems: &[&str]) -> Entry {
    let seen = Seen { ino: 1, stamp: 2, print: 3 };
    let fresh: Vec<String> = stems.iter().map(|stem| cut(stem).to_string()).collect();
    let texts = vec![Words { field: "note".into(), weight, stems: fresh.join(" ") }];
    Entry { path: RelPath::new(path).unwrap(), no: None, seen, texts, fresh }
}

fn hits(index: &Index, stem: &str) -> Vec<(i64, u32)> {
    let found = index.look_up(stem).unwrap();
    found.into_iter().map(|(text, likeness)| (session_of(text), likeness * weight_of(text) / 100)).collect()
}

fn index_of(known: &[(Vec<u8>, Known)], path: &str) -> i64 {
    known.iter().find(|(own, _)| own == path.as_bytes()).unwrap().1.no
}

#[test]
fn words_are_found_replaced_and_forgotten() {
    let scratch = tempfile::tempdir().unwrap();
    let project = Project::open(scratch.path().to_path_buf(), FoundBy::Option).unwrap();
    let mut index = Index::open(&project, Duration::from_secs(1)).unwrap();
    let long = "x".repeat(100);
    index
        .update(&[], &[entry("a", 80, &["authent", "сцен", &long]), entry("b", 40, &["authentic", "autent"])])
        .unwrap();
    assert_eq!(hits(&index, "authent"), [(1, 80), (2, 32)]);
    assert_eq!(hits(&index, "authenti"), [(1, 48), (2, 32)]);
    assert_eq!(hits(&index, "сцена"), [(1, 48)]);
    assert_eq!(hits(&index, "cцен"), [(1, 48)], "a Latin c");
    assert_eq!(hits(&index, &long), [(1, 80)]);
    assert_eq!(hits(&index, "au"), []);

    // Replaced, it keeps its number; what it said before is gone.
    for word in ["lantern", "harbour"] {
        index.update(&[], &[Entry { no: Some(1), ..entry("a", 100, &[word]) }]).unwrap();
    }
    assert_eq!((hits(&index, "authent"), hits(&index, "lantern")), (vec![(2, 32)], vec![]));
    let known = index.known().unwrap();
    let (path, own) = &known[0];
    assert_eq!((known.len(), path.as_slice(), own.no), (2, b"a".as_slice(), 1));
    assert_eq!(own.seen, Seen { ino: 1, stamp: 2, print: 3 });
    assert_eq!(hits(&index, "harbour"), [(1, 100)]);
    // What somebody else changes meanwhile is not seen half.
    let mut other = Index::open(&project, Duration::from_secs(1)).unwrap();
    other.update(&[own.no], &[entry("c", 100, &["lagoon"])]).unwrap();
    assert_eq!((hits(&index, "harbour"), hits(&index, "lagoon")), (vec![(own.no, 100)], vec![]));
    index.update(&[index_of(&other.known().unwrap(), "c")], &[]).unwrap();
    assert_eq!(hits(&index, "harbour"), []);

    // Signs are kept as they are.
    assert!(index.signs().unwrap().is_empty());
    index.remember(&[7, LOOK_AGAIN, i64::MAX]).unwrap();
    assert_eq!(index.signs().unwrap(), [7, LOOK_AGAIN, i64::MAX]);

    // Opened again it is the same; removed, it is empty.
    drop((index, other));
    assert_eq!(hits(&Index::open(&project, Duration::from_secs(1)).unwrap(), "autent").len(), 1);
    Index::remove(&project).unwrap();
    assert!(Index::open(&project, Duration::from_secs(1)).unwrap().known().unwrap().is_empty());
}

#[test]
fn sessions_of_many_blocks_come_and_go() {
    let scratch = tempfile::tempdir().unwrap();
    let project = Project::open(scratch.path().to_path_buf(), FoundBy::Option).unwrap();
    let mut index = Index::open(&project, Duration::from_secs(1)).unwrap();
    let paths: Vec<String> = (1..=200).map(|n| format!("s/{n}")).collect();
    let all: Vec<Entry> = paths.iter().map(|path| entry(path, 60, &["word"])).collect();
    index.update(&[], &all).unwrap();
    let numbered = |index: &mut Index| -> Vec<(String, i64)> {
        let known = index.known().unwrap();
        known.into_iter().map(|(path, own)| (String::from_utf8(path).unwrap(), own.no)).collect()
    };
    let expected: Vec<(String, i64)> = paths.iter().cloned().zip(1..).collect();
    assert_eq!(numbered(&mut index), expected);
    // A whole block goes, and what comes has numbers of its own.
    let gone: Vec<i64> = (64..128).chain([200]).collect();
    index.update(&gone, &[entry("new", 60, &["word"])]).unwrap();
    let mut left: Vec<(String, i64)> = expected.into_iter().filter(|(_, no)| !gone.contains(no)).collect();
    left.push(("new".into(), 201));
    assert_eq!(numbered(&mut index), left);
    assert_eq!(index.look_up("word").unwrap().len(), left.len());
    // A block that cannot be read is a damaged index.
    index.let_go().unwrap();
    index.database.change(|change| change.execute("UPDATE sessions SET known = x'00'", [])).unwrap();
    assert_eq!(index.known().unwrap_err().kind, crate::error::Kind::Corrupt);
    index.let_go().unwrap();
    let damaged = index.update(&[1], &[]).unwrap_err();
    assert_eq!(damaged.kind, crate::error::Kind::Corrupt);
}

#[test]
fn many_lines_of_stems_become_one() {
    let scratch = tempfile::tempdir().unwrap();
    let project = Project::open(scratch.path().to_path_buf(), FoundBy::Option).unwrap();
    let mut index = Index::open(&project, Duration::from_secs(1)).unwrap();
    for n in 0..MAX_LINES + 3 {
        let no = (n > 0).then_some(1);
        index.update(&[], &[Entry { no, ..entry("a", 60, &[&format!("word{n}end")]) }]).unwrap();
    }
    let lines: i64 =
        index.database.ask(|c| c.query_row("SELECT count(*) FROM lines", [], |row| row.get(0))).unwrap();
    assert!(lines < 5, "{lines}");
    assert!(index.slips("word7endd").unwrap().contains(&"word7end".to_string()));
}
