//! Merges of made-up texts, held against what must be true of every merge.
//!
//! A failure prints the seed; `REDRAFT_SEED=<seed> cargo test merge::properties` runs the same cases again.

use std::hash::{BuildHasher, RandomState};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::invariants::check_invariants;
use super::tokens::{Kind, Names};
use super::*;

const LABELS: Labels<'_> = Labels { base: Some("base"), project: "project", session: "session" };

/// Runs a property on new cases each time, and says how to run it on the same again.
fn check<S: Strategy>(cases: u32, strategy: &S, property: impl Fn(S::Value)) {
    #[expect(clippy::disallowed_methods, reason = "a test reads its own environment")]
    let asked = std::env::var("REDRAFT_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = asked.unwrap_or_else(|| RandomState::new().hash_one("redraft"));
    println!("REDRAFT_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let result = runner.run(strategy, |value| {
        property(value);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Pieces that texts are made of: sentences, marks, line breaks of both kinds, odd spaces, broken stops.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "It rained. ",
        "Anna slept.",
        "“Go!” he said. ",
        "Mr. Grey left. ",
        "Он спал. ",
        "— Да, — сказал он.\n",
        "他走了。",
        "क्या? ",
        "« Oui ! » ",
        "e.g. this ",
        "3.14 ",
        "… ",
        "?! ",
        "\n",
        "\n\n",
        "\r\n",
        " ",
        "\t",
        "# Title\n",
        "- item. Two.\n",
        "```\n",
        "---\n",
        "| a | b |\n",
        "> quote. More.\n",
        "\u{feff}",
        "\u{a0}",
        "    indented. Code.\n",
        "<<<<<<< x\n",
        "=======\n",
        ">>>>>>> y\n",
        "<<<<<<<< z\n",
        "a line of the usual length that an editor has wrapped\n",
        "no stop",
        "a\n",
        "b\n",
        ".",
    ])
}

fn text() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(piece(), 0..24)
}

/// Edits: at this place (of its thousandths) so many pieces go and these come.
fn edits() -> impl Strategy<Value = Vec<(usize, usize, Vec<&'static str>)>> {
    prop::collection::vec((0..1000_usize, 0..3_usize, prop::collection::vec(piece(), 0..3)), 0..4)
}

fn edited(base: &[&'static str], edits: &[(usize, usize, Vec<&'static str>)]) -> String {
    let mut pieces = base.to_vec();
    for (place, gone, come) in edits {
        let at = place * (pieces.len() + 1) / 1000;
        let end = (at + gone).min(pieces.len());
        pieces.splice(at..end, come.iter().copied());
    }
    pieces.concat()
}

#[test]
fn made_up_prose_keeps_the_invariants() {
    check(3000, &(text(), edits(), edits()), |(base, a, b)| {
        let (a, b) = (edited(&base, &a), edited(&base, &b));
        check_invariants(base.concat().as_bytes(), a.as_bytes(), b.as_bytes());
    });
}

#[test]
fn any_bytes_keep_the_invariants() {
    let bytes = || {
        let byte = prop_oneof![Just(b'\n'), Just(b'.'), Just(b' '), Just(b'\r'), Just(b'A'), any::<u8>()];
        prop::collection::vec(byte, 0..40)
    };
    check(3000, &(bytes(), bytes(), bytes()), |(base, a, b)| check_invariants(&base, &a, &b));
}

#[test]
fn tokens_put_together_are_the_text() {
    check(3000, &prop_oneof![text().prop_map(|pieces| pieces.concat()), any::<String>()], |text| {
        for grain in [Grain::Lines, Grain::Sentences] {
            let mut names = Names::default();
            let cut = names.cut(text.as_bytes(), grain).unwrap();
            let parts: Vec<&[u8]> = (0..cut.len()).map(|at| cut.slice(at..at + 1)).collect();
            assert_eq!(parts.concat(), text.as_bytes());
            assert!(parts.iter().all(|part| !part.is_empty()));
            let is_space = |at: usize| std::str::from_utf8(parts[at]).unwrap().trim().is_empty();
            for (at, kind) in cut.kinds.iter().enumerate() {
                match kind {
                    Kind::Glue | Kind::End | Kind::Blank => assert!(is_space(at), "{:?}", parts[at]),
                    Kind::Sentence => assert!(!is_space(at)),
                    Kind::Line => {}
                }
            }
        }
    });
}

/// With every line different, a merge can be said exactly: a line goes if either side took it out, and comes if either
/// side brought it.
#[test]
fn a_clean_merge_has_exactly_the_edits_of_both() {
    let side =
        || prop::collection::vec(prop_oneof![6 => Just(0_u8), 1 => Just(1), 1 => Just(2), 1 => Just(3)], 30);
    let mut n_clean = std::cell::Cell::new(0);
    check(3000, &(side(), side()), |(p, s)| {
        // 0 keeps the line, 1 deletes it, 2 rewrites it, 3 puts one before it.
        let write = |edits: &[u8], who: &str| -> Vec<String> {
            let line = |(at, edit): (usize, &u8)| match edit {
                0 => vec![format!("{at}\n")],
                1 => vec![],
                2 => vec![format!("{who}~{at}\n")],
                _ => vec![format!("{who}+{at}\n"), format!("{at}\n")],
            };
            edits.iter().enumerate().flat_map(line).collect()
        };
        let (base, project, session) = (write(&[0; 30], ""), write(&p, "p"), write(&s, "s"));
        let [b, p, s] = [&base, &project, &session].map(|lines| lines.concat().into_bytes());
        let Merged::Clean(got) = merge(&b, &p, &s, Grain::Lines, &LABELS) else { return };
        n_clean.set(n_clean.get() + 1);
        let got: Vec<String> =
            String::from_utf8(got).unwrap().split_inclusive('\n').map(str::to_string).collect();
        for side in [&project, &session] {
            let of_side = |line: &&String| side.contains(line) || !base.contains(line);
            let new: Vec<&String> = side.iter().filter(|line| !base.contains(line)).collect();
            assert_eq!(got.iter().filter(|line| new.contains(line)).collect::<Vec<_>>(), new, "in order");
            assert!(got.iter().all(|line| of_side(&line)), "what a side deleted is gone");
        }
        assert!(base.iter().all(|l| got.contains(l) == (project.contains(l) && session.contains(l))));
    });
    assert!(*n_clean.get_mut() > 0);
}
