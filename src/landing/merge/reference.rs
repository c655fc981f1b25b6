//! Every small merge, against references that are slow and obviously right.

use super::align::{self, Hunk};
use super::tokens::Names;
use super::*;

const LABELS: Labels<'_> = Labels { base: None, project: "project", session: "session" };

/// All texts of up to `n` lines over an alphabet.
fn texts(alphabet: &[&str], n: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut longest = all.clone();
    for _ in 0..n {
        longest = longest
            .iter()
            .flat_map(|text| alphabet.iter().map(move |line| format!("{text}{line}")))
            .collect();
        all.extend(longest.iter().cloned());
    }
    all
}

/// For each line of the base, where the side has it; what is not in a hunk stayed.
fn places(n_base: usize, hunks: &[Hunk]) -> Vec<Option<usize>> {
    (0..n_base)
        .map(|at| {
            if hunks.iter().any(|hunk| hunk.base.contains(&at)) {
                return None;
            }
            let before = hunks.iter().filter(|hunk| hunk.base.end <= at);
            let (old, new) = before.fold((0, 0), |(o, n), h| (o + h.base.len(), n + h.side.len()));
            Some(at + new - old)
        })
        .collect()
}

/// diff3 as its inventors define it: between two lines that stayed on both sides, whoever changed something wins, and
/// if both did, they must have made it the same. `None` for a conflict.
fn diff3(base: &str, project: &str, session: &str) -> Option<String> {
    let mut names = Names::default();
    let mut cut = |side: &'static str| names.cut(side.as_bytes(), Grain::Lines).unwrap();
    let leak = |text: &str| -> &'static str { Box::leak(text.to_string().into_boxed_str()) };
    let [b, p, s] = [base, project, session].map(|side| cut(leak(side)));
    let until = Instant::now() + DEADLINE;
    let places_in = |side| places(b.len(), &align::hunks(&b, side, names.len(), until).unwrap());
    let (in_p, in_s) = (places_in(&p), places_in(&s));
    let (mut out, mut from) = (Vec::new(), (0, 0, 0));
    for at in 0..=b.len() {
        let here = if at == b.len() {
            (p.len(), s.len())
        } else {
            let (Some(p_at), Some(s_at)) = (in_p[at], in_s[at]) else { continue };
            (p_at, s_at)
        };
        let (old, ours, theirs) = (b.slice(from.0..at), p.slice(from.1..here.0), s.slice(from.2..here.1));
        out.extend_from_slice(if ours == old {
            theirs
        } else if theirs == old || ours == theirs {
            ours
        } else {
            return None;
        });
        if at < b.len() {
            out.extend_from_slice(b.slice(at..at + 1));
        }
        from = (at + 1, here.0 + 1, here.1 + 1);
    }
    Some(String::from_utf8(out).unwrap())
}

#[test]
fn lines_merge_as_diff3_defines_it() {
    let texts = texts(&["a\n", "b\n", "c\n"], 3);
    for (base, project, session) in texts
        .iter()
        .flat_map(|b| texts.iter().flat_map(|p| texts.iter().map(move |s| (b, p, s))).collect::<Vec<_>>())
    {
        let bytes = [base, project, session].map(String::as_bytes);
        let merged = merge(bytes[0], bytes[1], bytes[2], Grain::Lines, &LABELS);
        // Two equal sides are not compared at all, which is what diff3 comes to as well.
        match (diff3(base, project, session), merged) {
            (Some(expected), Merged::Clean(text)) => {
                assert_eq!(text, expected.as_bytes(), "{base:?} {project:?} {session:?}");
            }
            (None, Merged::Conflict { .. }) => {}
            (expected, merged) => panic!("{base:?} {project:?} {session:?}: {expected:?}, {merged:?}"),
        }
    }
}

#[test]
fn every_merge_of_two_lines_keeps_the_invariants() {
    let texts = texts(&["a\n", "b", "\n", "It is. ", "So! "], 2);
    for base in &texts {
        for a in &texts {
            for b in &texts {
                invariants::check_invariants(base.as_bytes(), a.as_bytes(), b.as_bytes());
            }
        }
    }
}

/// What one side did to three sentences: each kept, rewritten or deleted, and perhaps one inserted in each gap.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Edit {
    sentences: [char; 3],
    gaps: [bool; 4],
}

const NUMBERS: [&str; 7] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"];

const BASE: [&str; 3] = ["It rained.", "Anna slept.", "Nobody came."];

impl Edit {
    fn all() -> Vec<Self> {
        let signs = ['=', '~', '-'];
        let mut all = Vec::new();
        for n in 0..27 {
            for gaps in 0..16 {
                all.push(Self {
                    sentences: [signs[n % 3], signs[n / 3 % 3], signs[n / 9]],
                    gaps: [1, 2, 4, 8].map(|bit| gaps & bit != 0),
                });
            }
        }
        all
    }

    /// Writes the sentences that come of one or two edits that do not meet. Those of one edit are numbered in order, so
    /// that two edits that look the same are the same.
    fn write(edits: &[(&Edit, &str)]) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let new = |out: &[String], who: &str| {
            let nth = out.iter().filter(|sentence| sentence.starts_with(who)).count();
            format!("{who} wrote the {}.", NUMBERS[nth])
        };
        for at in 0..=3 {
            let who = |has: &dyn Fn(&Edit) -> bool| edits.iter().find(|(e, _)| has(e)).map(|(_, who)| *who);
            if let Some(who) = who(&|e| e.gaps[at]) {
                out.push(new(&out, who));
            }
            let Some(kept) = BASE.get(at) else { break };
            if who(&|e| e.sentences[at] == '-').is_some() {
                continue;
            }
            out.push(match who(&|e| e.sentences[at] == '~') {
                Some(who) => new(&out, who),
                None => (*kept).to_string(),
            });
        }
        out
    }

    /// Tells whether two edits are of different sentences and gaps.
    fn is_apart_from(&self, other: &Self) -> bool {
        let same = |(a, b): (&char, &char)| *a == '=' || *b == '=' || (*a == '-' && *b == '-');
        self.sentences.iter().zip(&other.sentences).all(same)
            && self.gaps.iter().zip(&other.gaps).all(|(a, b)| !(a & b))
    }
}

/// Edits of different sentences come out as both; where only sentences are rewritten that is certain, else there may be
/// a conflict, and never anything but these two. One text can come of several edits (a sentence rewritten, or deleted
/// and another inserted): a merge is right if it is what one reading gives.
#[test]
fn sentences_merge_when_they_are_different_ones() {
    let edits = Edit::all();
    let readings = |edit: &Edit, who: &str| -> Vec<&Edit> {
        let text = Edit::write(&[(edit, who)]);
        edits.iter().filter(|other| Edit::write(&[(other, who)]) == text).collect()
    };
    for (space, end) in [(" ", "\n"), ("\n", "")] {
        let text = |sentences: &[String]| format!("# T\n\n{}{end}", sentences.join(space));
        let base = text(&BASE.map(str::to_string));
        for p in &edits {
            for s in edits.iter().filter(|s| *s != p) {
                let (ours, theirs) =
                    (text(&Edit::write(&[(p, "Here")])), text(&Edit::write(&[(s, "There")])));
                let merged =
                    merge(base.as_bytes(), ours.as_bytes(), theirs.as_bytes(), Grain::Sentences, &LABELS);
                let rewrites_only =
                    [p, s].iter().all(|e| e.gaps == [false; 4] && !e.sentences.contains(&'-'));
                let Merged::Clean(got) = merged else {
                    assert!(!p.is_apart_from(s) || !rewrites_only, "{p:?} {s:?}: {merged:?}");
                    continue;
                };
                let is_right = |p: &Edit, s: &Edit| {
                    p.is_apart_from(s) && text(&Edit::write(&[(p, "Here"), (s, "There")])).as_bytes() == got
                };
                let right = is_right(p, s)
                    || readings(p, "Here")
                        .iter()
                        .any(|p| readings(s, "There").iter().any(|s| is_right(p, s)));
                assert!(
                    right,
                    "{p:?} {s:?}: {ours:?} and {theirs:?} gave {:?}",
                    String::from_utf8_lossy(&got)
                );
            }
        }
    }
}
