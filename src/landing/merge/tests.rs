//! The cases a person would name, one by one: the per-file table, lines, sentences, markers, bounds.

use super::*;
use crate::relpath::RelPath;

const LABELS: Labels<'_> = Labels { base: None, project: "project", session: "session" };

fn merged(base: &str, project: &str, session: &str, grain: Grain) -> Merged {
    merge(base.as_bytes(), project.as_bytes(), session.as_bytes(), grain, &LABELS)
}

/// Gives the merge, or "conflict".
fn told(base: &str, project: &str, session: &str, grain: Grain) -> String {
    match merged(base, project, session, grain) {
        Merged::Clean(text) => String::from_utf8(text).unwrap(),
        Merged::Conflict { .. } => "conflict".to_string(),
    }
}

#[test]
fn lines() {
    for (base, project, session, expected) in [
        ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n"),
        ("a\nb\nc\n", "A\nb\nc\n", "a\nB\nc\n", "conflict"),
        ("a\nb\nc\n", "b\nc\n", "a\nb\nc\nd\n", "b\nc\nd\n"),
        ("a\nb\n", "a\nx\nb\n", "a\ny\nb\n", "conflict"),
        ("a\nb\n", "a\nx\nb\n", "a\nx\nb\n", "a\nx\nb\n"),
        ("a\nb\nc\nd\n", "A\nb\nc\nD\n", "A\nb\nc\nd\n", "A\nb\nc\nD\n"),
        // Line breaks are content.
        ("a\r\nb\r\nc\r\n", "A\r\nb\r\nc\r\n", "a\r\nb\r\nC\r\n", "A\r\nb\r\nC\r\n"),
        ("a\r\nb\nc\r\n", "A\nb\nc\r\n", "a\r\nb\nC\n", "A\nb\nC\n"),
        ("a\nb\nc", "A\nb\nc", "a\nb\nc\n", "A\nb\nc\n"),
        ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nc", "A\nb\nc"),
        ("\u{feff}a\nb\nc\n", "\u{feff}a\nb\nC\n", "\u{feff}A\nb\nc\n", "\u{feff}A\nb\nC\n"),
        ("a\nb\nc\n", "\u{feff}a\nb\nc\n", "a\nb\nC\n", "\u{feff}a\nb\nC\n"),
    ] {
        assert_eq!(told(base, project, session, Grain::Lines), expected, "{base:?} {project:?} {session:?}");
    }
}

#[test]
fn sentences() {
    let base = "# Rain\n\nIt rained. Anna slept. Nobody came.\n\nThe end.\n";
    for (project, session, expected) in [
        // Two sentences of one paragraph, apart and side by side.
        (
            ("It rained", "It poured"),
            ("Nobody came", "He came"),
            "It poured. Anna slept. He came.\n\nThe end",
        ),
        (
            ("It rained", "It poured"),
            ("Anna slept", "Anna woke"),
            "It poured. Anna woke. Nobody came.\n\nThe end",
        ),
        (("It rained. ", ""), ("Anna slept", "Anna woke"), "Anna woke. Nobody came.\n\nThe end"),
        (
            ("Nobody came.", "Nobody came. Why?"),
            ("Nobody", "Ben"),
            "It rained. Anna slept. Ben came. Why?\n\nThe end",
        ),
        (
            ("It rained.", "It rained. It stopped."),
            ("Anna slept", "Anna woke"),
            "It rained. It stopped. Anna woke. Nobody came.\n\nThe end",
        ),
        // A paragraph added, split off, or taken away beside another edit.
        (
            ("\n\nThe end", "\n\nLater.\n\nThe end"),
            ("Nobody", "Ben"),
            "It rained. Anna slept. Ben came.\n\nLater.\n\nThe end",
        ),
        (
            ("\n\nThe end", "\n\nLater.\n\nThe end"),
            ("The end", "Fin"),
            "It rained. Anna slept. Nobody came.\n\nLater.\n\nFin",
        ),
        (
            (" Nobody", "\n\nNobody"),
            ("Anna slept", "Anna woke"),
            "It rained. Anna woke.\n\nNobody came.\n\nThe end",
        ),
        ((" Anna slept.", ""), (" Nobody came.", ""), "It rained.\n\nThe end"),
        // One sentence twice; two in one place; one put beside a deleted one.
        (("Anna slept", "Anna woke"), ("Anna slept", "Eva slept"), "conflict"),
        (("Anna slept.", "Anna slept. So?"), ("Anna slept.", "Anna slept. No!"), "conflict"),
        (("Anna slept. ", ""), ("Anna slept.", "Anna slept. So?"), "conflict"),
        // A heading is a line.
        (("# Rain", "# Storm"), ("It rained", "It poured"), "It poured. Anna slept. Nobody came.\n\nThe end"),
    ] {
        let edit = |(old, new): (&str, &str)| {
            assert!(base.contains(old), "{old}");
            base.replacen(old, new, 1)
        };
        let title = if project.1 == "# Storm" { "# Storm" } else { "# Rain" };
        let expected =
            if expected == "conflict" { expected.to_string() } else { format!("{title}\n\n{expected}.\n") };
        assert_eq!(told(base, &edit(project), &edit(session), Grain::Sentences), expected, "{project:?}");
        assert_eq!(
            told(base, &edit(session), &edit(project), Grain::Sentences),
            expected,
            "{project:?} exchanged"
        );
    }
}

#[test]
fn marks_of_structure_merge_by_lines() {
    for (base, project, session, expected) in [
        (
            "- One. Two.\n- Three.\n- Four.\n",
            "- 1. Two.\n- Three.\n- Four.\n",
            "- One. 2.\n- Three.\n- Four.\n",
            "conflict",
        ),
        (
            "- One.\n- Two.\n- Three.\n",
            "- 1.\n- Two.\n- Three.\n",
            "- One.\n- Two.\n- 3.\n",
            "- 1.\n- Two.\n- 3.\n",
        ),
        ("- One.\n- Two.\n", "- 1.\n- Two.\n", "- One.\n- 2.\n", "conflict"),
        ("```\nA. B.\n```\n", "```\nX. B.\n```\n", "```\nA. Y.\n```\n", "conflict"),
        (
            "---\nt: A. B.\n---\nC. D.\n",
            "---\nt: X. B.\n---\nC. D.\n",
            "---\nt: A. Y.\n---\nC. D.\n",
            "conflict",
        ),
        (
            "---\nt: A. B.\n---\n\nIt is. So.\n",
            "---\nt: X. B.\n---\n\nIt is. So.\n",
            "---\nt: A. B.\n---\n\nIt is. No.\n",
            "---\nt: X. B.\n---\n\nIt is. No.\n",
        ),
        ("| It is. So. |\n", "| It was. So. |\n", "| It is. No. |\n", "conflict"),
        // A paragraph whose lines the editor wrapped.
        (
            "It rained that night as it had not rained for years. Anna slept\nthrough it. Nobody came.\n",
            "It poured that night as it had not rained for years. Anna slept\nthrough it. Nobody came.\n",
            "It rained that night as it had not rained for years. Anna slept\nthrough it. Ben came.\n",
            "It poured that night as it had not rained for years. Anna slept\nthrough it. Ben came.\n",
        ),
        // Without spaces between sentences.
        (
            "下雨了。她睡了。没有人来。\n",
            "下雪了。她睡了。没有人来。\n",
            "下雨了。她醒了。没有人来。\n",
            "下雪了。她醒了。没有人来。\n",
        ),
    ] {
        assert_eq!(
            told(base, project, session, Grain::Sentences),
            expected,
            "{base:?} {project:?} {session:?}"
        );
    }
}

#[test]
fn broken_utf_8_merges_by_lines_and_stays_broken() {
    let prose =
        |first: &[u8], second: &[u8]| [first, b" \xff. Nobody came.\nThen.\n", second, b"\n"].concat();
    let (base, project, session) = (prose(b"A", b"B"), prose(b"X", b"B"), prose(b"A", b"Y"));
    let merged = merge(&base, &project, &session, Grain::Sentences, &LABELS);
    assert_eq!(merged, Merged::Clean(prose(b"X", b"Y")));
    let session = [b"A \xff. Ben came.\nThen.\n".as_slice(), b"B\n"].concat();
    assert!(matches!(merge(&base, &project, &session, Grain::Sentences, &LABELS), Merged::Conflict { .. }));
}

fn marked(base: &str, project: &str, session: &str, grain: Grain, labels: &Labels<'_>) -> (String, usize) {
    match merge(base.as_bytes(), project.as_bytes(), session.as_bytes(), grain, labels) {
        Merged::Conflict { text, n_conflicts, reason: Reason::Overlap } => {
            (String::from_utf8(text).unwrap(), n_conflicts)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn markers_stand_around_whole_lines() {
    let both = Labels { base: Some("base"), ..LABELS };
    let (text, n) = marked("a\nb\nc\n", "a\nP\nc\n", "a\nS\nc\n", Grain::Lines, &both);
    assert_eq!(n, 1);
    assert_eq!(text, "a\n<<<<<<< session\nS\n||||||| base\nb\n=======\nP\n>>>>>>> project\nc\n");

    // What merged in the same line is on both sides.
    let (base, project, session) =
        ("A was. B was. C was.\n", "A is. B is. C was.\n", "A was. B were. C were.\n");
    let (text, n) = marked(base, project, session, Grain::Sentences, &both);
    assert_eq!(n, 1);
    assert_eq!(
        text,
        "<<<<<<< session\nA was. B were. C were.\n||||||| base\nA was. B was. C was.\n=======\nA is. B is. C was.\n>>>>>>> project\n"
    );
    let (text, _) = marked(
        "It is. So. Then. End.\n",
        "It was. So. Now. End.\n",
        "It is. So. Later. End.\n",
        Grain::Sentences,
        &LABELS,
    );
    assert_eq!(
        text,
        "<<<<<<< session\nIt was. So. Later. End.\n=======\nIt was. So. Now. End.\n>>>>>>> project\n"
    );

    // No line break at the end: only there is one added.
    let (text, _) = marked("a", "b", "c", Grain::Lines, &LABELS);
    assert_eq!(text, "<<<<<<< session\nc\n=======\nb\n>>>>>>> project\n");
    let (text, _) = marked("a\r\nb\r\n", "P\r\nb\r\n", "S\r\nb\r\n", Grain::Lines, &LABELS);
    assert_eq!(text, "<<<<<<< session\r\nS\r\n=======\r\nP\r\n>>>>>>> project\r\nb\r\n");
    // Equal ends are outside.
    let (text, n) = marked("o\n", "x\n1\ny\n", "x\n2\ny\n", Grain::Lines, &LABELS);
    assert_eq!((text.as_str(), n), ("x\n<<<<<<< session\n2\n=======\n1\n>>>>>>> project\ny\n", 1));
}

/// The examples of the page are what happens.
#[test]
fn the_page_tells_the_truth() {
    let page = include_str!("../../../references/merging.md");
    let (base, project) = ("It rained. Anna slept. Nobody came.", "It poured. Anna slept. Nobody came.");
    let merged = told(base, project, "It rained. Anna slept. Ben came, late.", Grain::Sentences);
    let project = "It poured. Anna slept. He came.\n";
    let (text, _) = marked(
        &format!("{base}\n"),
        project,
        "It rained. Anna slept. Ben came.\n",
        Grain::Sentences,
        &LABELS,
    );
    for told in [format!("merged     {merged}\n"), format!("\n\n{text}```")] {
        assert!(page.contains(&told), "{told}");
    }
}

#[test]
fn markers_are_longer_than_what_looks_like_them() {
    for (line, size) in [
        ("text", 7),
        ("<<<<<<< HEAD", 8),
        (">>>>>>>>> nine", 10),
        ("||||||", 7),
        ("=======", 8),
        ("==========", 7),
        (&"<".repeat(500), 7),
    ] {
        let (text, _) = marked(
            &format!("{line}\na\n"),
            &format!("{line}\nb\n"),
            &format!("{line}\nc\n"),
            Grain::Lines,
            &LABELS,
        );
        let marker = format!("{} project\n", ">".repeat(size));
        assert!(text.ends_with(&format!("\n{marker}")), "{line:?} {text:?}");
    }
}

/// The table, said again in words.
fn table(base: Side<'_>, project: Side<'_>, session: Side<'_>) -> &'static str {
    let is_kind = |kind: fn(&Side<'_>) -> bool| [base, project, session].iter().all(kind);
    match (base == session, project == session, project == base) {
        (true, _, _) => "unchanged",
        (_, true, _) => "same change",
        (_, _, true) => "clean",
        _ if [project, session].contains(&Side::Absent) => "deleted-modified",
        _ if is_kind(|side| matches!(side, Side::File(_) | Side::Absent)) => "merge",
        _ if is_kind(|side| matches!(side, Side::Symlink(_))) => "binary",
        _ => "type change",
    }
}

#[test]
fn the_table_is_complete() {
    let sides = [
        Side::Absent,
        Side::File(b"a\n"),
        Side::File(b"b\n"),
        Side::File(b"c\n"),
        Side::Symlink(b"a\n"),
        Side::Symlink(b"b\n"),
        Side::Symlink(b"c\n"),
        Side::Directory,
    ];
    for base in sides {
        for project in sides {
            for session in sides {
                let got = match judge(base, project, session, Grain::Lines, &LABELS) {
                    Verdict::Unchanged => "unchanged",
                    Verdict::Clean => "clean",
                    Verdict::SameChange => "same change",
                    Verdict::Merged(_) | Verdict::Conflict { .. } => "merge",
                    Verdict::DeletedModified => "deleted-modified",
                    Verdict::Binary => "binary",
                    Verdict::TypeChange => "type change",
                };
                assert_eq!(got, table(base, project, session), "{base:?} {project:?} {session:?}");
            }
        }
    }
}

#[test]
fn files_that_both_changed_are_judged_by_content() {
    let file = |text: &'static str| Side::File(text.as_bytes());
    let judged = |base, project, session| judge(base, project, session, Grain::Lines, &LABELS);
    let merged = judged(file("a\nb\nc\n"), file("A\nb\nc\n"), file("a\nb\nC\n"));
    assert_eq!(merged, Verdict::Merged(b"A\nb\nC\n".to_vec()));
    assert_eq!(judged(file("a\0\n"), file("b\n"), file("c\n")), Verdict::Binary);
    assert_eq!(judged(file("a\n"), file("b\n"), file("c\0\n")), Verdict::Binary);
    // Two new files: what they have in common is outside the conflict.
    let Verdict::Conflict { text, n_conflicts: 1, .. } = judged(Side::Absent, file("x\na\n"), file("x\nb\n"))
    else {
        panic!("two new files conflict");
    };
    assert_eq!(text, b"x\n<<<<<<< session\nb\n=======\na\n>>>>>>> project\n");
}

#[test]
fn grain_goes_by_name_then_by_length_of_lines() {
    let long = format!("{}\n\n", "word ".repeat(60)).repeat(3);
    let short = "let x = 1;\n".repeat(9);
    for (name, content, expected) in [
        ("acts/scene-0101.md", &short, Grain::Sentences),
        ("NOTES.TXT", &short, Grain::Sentences),
        ("play.fountain", &short, Grain::Sentences),
        ("src/main.rs", &short, Grain::Lines),
        ("chapter", &long, Grain::Sentences),
        ("chapter", &short, Grain::Lines),
        ("chapter", &String::new(), Grain::Lines),
        ("data.json", &long, Grain::Lines),
        ("CMakeLists.txt", &long, Grain::Lines),
        ("requirements.txt", &short, Grain::Lines),
        (".md", &short, Grain::Lines),
    ] {
        assert_eq!(Grain::for_path(&RelPath::new(name).unwrap(), content.as_bytes()), expected, "{name}");
    }
}

#[test]
fn past_a_bound_the_whole_file_is_one_conflict() {
    let whole = |base: &[u8], project: &[u8], session: &[u8], expected| match merge(
        base,
        project,
        session,
        Grain::Lines,
        &LABELS,
    ) {
        Merged::Conflict { text, n_conflicts: 1, reason } => {
            assert_eq!(reason, expected);
            assert!(text.len() > project.len() + session.len(), "both sides are there");
        }
        other => panic!("{:?}", matches!(other, Merged::Clean(_))),
    };
    let big = "0123456789abcdef\n".repeat(MAX_BYTES / 17 + 1).into_bytes();
    let with = |line: &[u8]| [big.as_slice(), line].concat();
    whole(&big, &with(b"a\n"), &with(b"b\n"), Reason::TooLarge);
    // Decided without comparing, whatever the size.
    assert_eq!(merge(&big, &with(b"a\n"), &big, Grain::Lines, &LABELS), Merged::Clean(with(b"a\n")));
    let lines = |n: usize| b"a\n".repeat(n);
    whole(&lines(MAX_TOKENS + 1), &lines(MAX_TOKENS), &lines(MAX_TOKENS - 1), Reason::TooLarge);

    let sides = Three { base: b"a\nb\n".as_slice(), project: b"b\n", session: b"b\na\n" };
    let late = merge_until(sides, Grain::Lines, &LABELS, Instant::now());
    assert!(matches!(late, Merged::Conflict { n_conflicts: 1, reason: Reason::OutOfTime, .. }));
}

#[test]
fn hostile_inputs_end_in_time() {
    let mut state = 1_u64;
    let mut coin = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 63 == 1
    };
    let mut coins =
        |n: usize| (0..n).flat_map(|_| if coin() { *b"a\n" } else { *b"b\n" }).collect::<Vec<u8>>();
    let random = [coins(150_000), coins(150_000), coins(150_000)];
    let same = [100_000, 150_000, 90_000].map(|n| b"\n".repeat(n));
    let stops = ["… ", "?! - ", "a.\" "].map(|text| text.repeat(300_000).into_bytes());
    let time = Duration::from_millis(300);
    for [base, project, session] in [&random, &same, &stops] {
        for grain in [Grain::Lines, Grain::Sentences] {
            let begun = Instant::now();
            let _ = merge_until(Three { base, project, session }, grain, &LABELS, begun + time);
            assert!(begun.elapsed() < time + Duration::from_secs(10), "{:?}", begun.elapsed());
        }
    }
}
