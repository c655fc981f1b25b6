//! `analyze`: how fast the work goes, what is done over again, what belongs together, how the cycles are kept.
//!
//! All of it is counted from what the sessions keep, by rules that stand beside each part; nothing is guessed, and a
//! session that was deleted for good is not in it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use super::{Seen, landed_paths, seen, time};
use crate::error::Result;
use crate::landing::history as landings;
use crate::landing::journal::{Head, Work};
use crate::relpath::RelPath;
use crate::report::{
    Analysis, Hot, Lapse, Patterns, Recurring, Report, Reworked, Tdd, Together, Velocity, Week,
};
use crate::session::words;
use crate::store::notebook::{Kind, Status};
use crate::text::prose;
use crate::verbs::{Place, checkpoint, find};

/// How many sessions are looked at; with more, the oldest are left out.
pub(super) const MAX_SESSIONS: usize = 1_000;

/// How many weeks are told, the latest.
const MAX_WEEKS: usize = 12;

/// How many of a kind are told, the most frequent.
const MAX_TOLD: usize = 10;

/// A landing of more files than this says nothing about which of them belong together.
const MAX_TOGETHER: usize = 50;

/// Endings of files that no test is written for.
const PROSE: [&str; 4] = ["md", "txt", "rst", "adoc"];

/// Words that are in every reason and say nothing, as stems.
const VAGUE: [&str; 14] = [
    "too",
    "not",
    "much",
    "mani",
    "more",
    "less",
    "veri",
    "enough",
    "need",
    "слишк",
    "мног",
    "больш",
    "меньш",
    "очен",
];

/// Which parts of an analysis.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part of its own; none of them means all")]
pub struct Parts {
    /// What was done week by week.
    pub velocity: bool,
    /// What was rejected, file by file.
    pub retries: bool,
    /// What happens again and again.
    pub patterns: bool,
    /// How many cycles of test-driven work there were.
    pub tdd: bool,
    /// Where a rule of work was not kept.
    pub discipline: bool,
    /// Only what happened since then: `16h`, `7d`, `2w`, `today`, `yesterday`, a date.
    pub since: Option<String>,
}

impl Parts {
    fn all(&self) -> bool {
        !(self.velocity || self.retries || self.patterns || self.tdd || self.discipline)
    }
}

#[inline(never)]
pub(in crate::verbs) fn analyze(at: &Place<'_>, parts: &Parts) -> Result<Report> {
    let since = parts.since.as_deref().map(|text| find::time(text, at.desk.env.now())).transpose()?;
    let ground = Ground::read(at, since)?;
    let all = parts.all();
    let part = |asked: bool| all || asked;
    Ok(Report::Analysis(Box::new(Analysis {
        sessions: ground.sessions.len(),
        more: ground.more,
        since: since.map(super::rfc3339),
        velocity: part(parts.velocity).then(|| velocity(&ground, at.desk.env.now())),
        retries: part(parts.retries).then(|| reworked(&ground)),
        patterns: part(parts.patterns).then(|| patterns(&ground)),
        tdd: part(parts.tdd).then(|| tdd(&ground)),
        discipline: part(parts.discipline).then(|| discipline(&ground)),
    })))
}

/// What is analysed.
pub(super) struct Ground {
    /// Those that something happened to since then.
    pub(super) sessions: Vec<Seen>,
    /// Older ones were not looked at.
    pub(super) more: bool,
    /// What was landed since then and not taken back, newest first, each with its files.
    pub(super) landed: Vec<(Head, Vec<RelPath>)>,
    /// Since when.
    pub(super) since: Option<DateTime<Utc>>,
}

impl Ground {
    /// Reads what there is.
    pub(super) fn read(at: &Place<'_>, since: Option<DateTime<Utc>>) -> Result<Self> {
        let mut sessions = seen(at, MAX_SESSIONS + 1)?;
        let more = sessions.len() > MAX_SESSIONS;
        sessions.truncate(MAX_SESSIONS);
        sessions.retain(|seen| seen.order() >= since);
        let own = |(head, undone): &(Head, bool)| {
            head.work == Work::Commit && !undone && (since.is_none() || time(&head.at) >= since)
        };
        let landed = landings::log(at.project)?.into_iter().filter(own);
        let landed = landed.map(|(head, _)| (landed_paths(at, &head).unwrap_or_default(), head));
        Ok(Self { sessions, more, landed: landed.map(|(paths, head)| (head, paths)).collect(), since })
    }

    /// Reads a time that is in question.
    fn within(&self, stored: &str) -> Option<DateTime<Utc>> {
        time(stored).filter(|at| self.since.is_none_or(|since| *at >= since))
    }
}

/// Counts week by week, Monday to Sunday, from the first in which something happened.
pub(super) fn velocity(ground: &Ground, now: DateTime<Utc>) -> Velocity {
    let mut lasted: Vec<i64> = ground.sessions.iter().filter_map(took).collect();
    lasted.sort_unstable();
    Velocity {
        weeks: without_gaps(by_week(ground), now),
        median_seconds_to_land: lasted.get(lasted.len() / 2).copied(),
    }
}

/// Gives the seconds from a session's start to its landing.
fn took(seen: &Seen) -> Option<i64> {
    let ended = seen.kept.ended_at.as_deref().filter(|_| seen.kept.state == "landed").and_then(time)?;
    Some((ended - time(&seen.record.created_at)?).num_seconds())
}

/// Counts every week in which something happened, oldest first.
pub(super) fn all_weeks(ground: &Ground) -> Vec<Week> {
    by_week(ground).into_iter().map(|(monday, week)| Week { from: monday.to_string(), ..week }).collect()
}

fn by_week(ground: &Ground) -> BTreeMap<NaiveDate, Week> {
    let mut weeks: BTreeMap<NaiveDate, Week> = BTreeMap::new();
    let mut count = |stored: &str, add: &dyn Fn(&mut Week)| {
        if let Some(at) = ground.within(stored) {
            add(weeks.entry(monday(at)).or_default());
        }
    };
    for seen in &ground.sessions {
        count(&seen.record.created_at, &|week| week.started += 1);
        if let (Some(ended), "landed") = (&seen.kept.ended_at, seen.kept.state) {
            count(ended, &|week| week.ended += 1);
        }
        for retry in &seen.record.human_retries {
            count(&retry.timestamp, &|week| week.retries += 1);
        }
        for thing in seen.notes.things.iter().filter(|thing| thing.entry.status == Status::Completed) {
            let Some(done) = thing.history.iter().rev().find(|line| line.status == Status::Completed) else {
                continue;
            };
            match thing.entry.kind {
                Kind::Task => count(&done.at, &|week| week.tasks_completed += 1),
                Kind::Objective => count(&done.at, &|week| week.objectives_completed += 1),
                _ => {}
            }
        }
    }
    for (head, _) in &ground.landed {
        count(&head.at, &|week| {
            week.landings += 1;
            week.files += head.counts.total();
            let lines = head.lines.unwrap_or_default();
            week.lines.added += lines.added;
            week.lines.removed += lines.removed;
        });
    }
    weeks
}

/// Lists the latest weeks, those in which nothing happened, too.
fn without_gaps(mut weeks: BTreeMap<NaiveDate, Week>, now: DateTime<Utc>) -> Vec<Week> {
    let Some(first) = weeks.keys().next().copied() else { return Vec::new() };
    let mut told = Vec::new();
    let mut monday = monday(now).max(weeks.keys().next_back().copied().unwrap_or(first));
    while monday >= first && told.len() < MAX_WEEKS {
        told.push(Week { from: monday.to_string(), ..weeks.remove(&monday).unwrap_or_default() });
        let Some(before) = monday.checked_sub_days(Days::new(7)) else { break };
        monday = before;
    }
    told.reverse();
    told
}

fn monday(at: DateTime<Utc>) -> NaiveDate {
    let date = at.date_naive();
    let since = u64::from(date.weekday().num_days_from_monday());
    date.checked_sub_days(Days::new(since)).unwrap_or(date)
}

/// Counts rejected versions by file, most often rejected first.
pub(super) fn reworked(ground: &Ground) -> Vec<Reworked> {
    let mut files: BTreeMap<&RelPath, Reworked> = BTreeMap::new();
    for seen in &ground.sessions {
        for retry in &seen.record.human_retries {
            if ground.within(&retry.timestamp).is_none() {
                continue;
            }
            let file = files.entry(&retry.file).or_insert_with(|| Reworked {
                file: retry.file.clone(),
                times: 0,
                sessions: Vec::new(),
                reasons: Vec::new(),
            });
            file.times += 1;
            file.reasons.push(retry.reason.clone());
            if !file.sessions.contains(&seen.kept.name) {
                file.sessions.push(seen.kept.name.clone());
            }
        }
    }
    let mut files: Vec<Reworked> = files.into_values().collect();
    files.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.file.cmp(&b.file)));
    files
}

/// Finds what happens again and again: files of several sessions, files that land together, words of several reasons.
fn patterns(ground: &Ground) -> Patterns {
    let mut of_sessions: BTreeMap<&RelPath, usize> = BTreeMap::new();
    for path in ground.sessions.iter().flat_map(|seen| &seen.paths) {
        *of_sessions.entry(path).or_default() += 1;
    }
    let hot = most(of_sessions).map(|(path, sessions)| Hot { path: path.clone(), sessions });
    let mut pairs: BTreeMap<(&RelPath, &RelPath), usize> = BTreeMap::new();
    for (_, paths) in ground.landed.iter().filter(|(_, paths)| paths.len() <= MAX_TOGETHER) {
        let paths: BTreeSet<&RelPath> = paths.iter().collect();
        let paths: Vec<&RelPath> = paths.into_iter().collect();
        for (nth, a) in paths.iter().enumerate() {
            for b in &paths[nth + 1..] {
                *pairs.entry((*a, *b)).or_default() += 1;
            }
        }
    }
    let together = most(pairs).map(|((a, b), times)| Together { a: a.clone(), b: b.clone(), times });
    Patterns { hot: hot.collect(), together: together.collect(), reasons: recurring(ground) }
}

/// Gives what was counted more than once, most frequent first.
fn most<K: Ord>(counted: BTreeMap<K, usize>) -> impl Iterator<Item = (K, usize)> {
    let mut often: Vec<(K, usize)> = counted.into_iter().filter(|(_, n)| *n > 1).collect();
    // Equal ones stay in the order of their names.
    often.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    often.into_iter().take(MAX_TOLD)
}

/// Finds words that stand in several reasons, in whatever form.
fn recurring(ground: &Ground) -> Vec<Recurring> {
    let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for retry in ground.sessions.iter().flat_map(|seen| &seen.record.human_retries) {
        let mut own = BTreeSet::new();
        for word in retry.reason.split(|c: char| !c.is_alphanumeric()) {
            let Some(stem) = words::stems(word).into_iter().next().filter(|stem| tells(stem)) else {
                continue;
            };
            found.entry(stem.clone()).or_insert_with(|| (word.to_lowercase(), retry.reason.clone()));
            own.insert(stem);
        }
        for stem in own {
            *counted.entry(stem).or_default() += 1;
        }
    }
    let word = |(stem, times): (String, usize)| {
        found.remove(&stem).map(|(word, example)| Recurring { word, times, example })
    };
    most(counted).filter_map(word).collect()
}

/// Tells whether a word of a reason, as a stem, says what is wrong.
fn tells(stem: &str) -> bool {
    words::tells(stem) && !VAGUE.contains(&stem) && stem.chars().count() > 2
}

/// Counts test-driven work by its checkpoints: a cycle is a GREEN after a RED.
fn tdd(ground: &Ground) -> Tdd {
    let mut tdd = Tdd::default();
    for seen in &ground.sessions {
        let cycles = Cycles::of(seen);
        tdd.sessions += usize::from(cycles.is_tdd(seen));
        tdd.red += cycles.red;
        tdd.green += cycles.green;
        tdd.refactor += cycles.refactor;
        tdd.cycles += cycles.whole;
    }
    tdd
}

/// The phases of one session, in order.
#[derive(Default)]
struct Cycles {
    red: usize,
    green: usize,
    refactor: usize,
    whole: usize,
    /// GREEN with no RED since the cycle before.
    without_red: Vec<String>,
    /// RED with no GREEN yet.
    open: Option<String>,
}

impl Cycles {
    fn of(seen: &Seen) -> Self {
        let mut own = Self::default();
        for thing in seen.notes.kind(Kind::Checkpoint) {
            let checkpoint = checkpoint::described(thing);
            match checkpoint.tdd_phase.as_deref() {
                Some("RED") => {
                    own.red += 1;
                    own.open = Some(checkpoint.id);
                }
                Some("GREEN") => {
                    own.green += 1;
                    match own.open.take() {
                        Some(_) => own.whole += 1,
                        None => own.without_red.push(checkpoint.id),
                    }
                }
                Some("REFACTOR") => own.refactor += 1,
                _ => {}
            }
        }
        own
    }

    fn is_tdd(&self, seen: &Seen) -> bool {
        seen.record.kind == "tdd" || self.red + self.green + self.refactor > 0
    }
}

/// Finds where a rule of work was not kept.
pub(super) fn discipline(ground: &Ground) -> Vec<Lapse> {
    let mut lapses = Vec::new();
    for seen in &ground.sessions {
        let mut lapse = |rule, detail: String| {
            let (session, state) = (seen.kept.name.clone(), seen.kept.state);
            lapses.push(Lapse { session, state, rule, detail });
        };
        let landed = seen.kept.state == "landed";
        let cycles = Cycles::of(seen);
        if cycles.is_tdd(seen) {
            for id in &cycles.without_red {
                lapse("green_without_red", format!("{id} is GREEN, and no test was RED before it"));
            }
            if let (Some(id), true) = (&cycles.open, landed) {
                lapse("red_without_green", format!("it landed while {id} was RED"));
            }
            if landed && cycles.whole == 0 {
                lapse("no_cycle", "it landed without one cycle of RED and GREEN".into());
            }
            for id in without_tests(ground, seen) {
                lapse("no_tests", format!("commit {id} changed code and no test"));
            }
        }
        for gate in seen.notes.kind(Kind::Gate) {
            lapse("gate_overridden", prose(&gate.entry.text));
        }
        if landed {
            for (kind, what) in
                [(Kind::Blocker, "open"), (Kind::Task, "unfinished"), (Kind::Objective, "unfinished")]
            {
                let n = seen.notes.kind(kind).filter(|thing| thing.is_open()).count();
                if n > 0 {
                    let ending = if n == 1 { "" } else { "s" };
                    lapse(
                        "landed_unfinished",
                        format!("it landed with {n} {what} {}{ending}", kind.as_str()),
                    );
                }
            }
        }
    }
    lapses
}

/// Names the landings of a session that changed code and no test.
fn without_tests<'a>(ground: &'a Ground, seen: &'a Seen) -> impl Iterator<Item = &'a str> {
    let own = |head: &&(Head, Vec<RelPath>)| seen.landed.iter().any(|landed| landed.id == head.0.id);
    ground.landed.iter().filter(own).filter_map(|(head, paths)| {
        let code = paths.iter().any(|path| !is_prose(path) && !is_test(path));
        (code && !paths.iter().any(is_test)).then_some(head.id.as_str())
    })
}

fn is_prose(path: &RelPath) -> bool {
    let ending = path.as_path().extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| PROSE.contains(&ending.as_str()))
}

/// Tells whether a path is a test's, by the words of its names: `tests/a.rs`, `test_a.py`, `a.spec.ts`, `AuthTest.java`.
fn is_test(path: &RelPath) -> bool {
    let text = path.as_path().to_string_lossy().into_owned();
    let words = || text.split(|c: char| !c.is_alphanumeric());
    words().any(|word| ["test", "tests", "spec", "specs"].contains(&word.to_lowercase().as_str()))
        || words().any(|word| ["Test", "Tests", "Spec"].iter().any(|ending| word.ends_with(ending)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_the_words_of_their_paths() {
        for (path, expected) in [
            ("tests/it/main.rs", true),
            ("src/test_auth.py", true),
            ("src/auth.spec.ts", true),
            ("src/AuthTest.java", true),
            ("src/auth_test.go", true),
            ("src/contest.rs", false),
            ("src/latest/auth.rs", false),
            ("src/inspector.rs", false),
        ] {
            assert_eq!(is_test(&RelPath::new(path).unwrap()), expected, "{path}");
        }
    }

    #[test]
    fn weeks_are_told_without_gaps_the_latest() {
        let now = "2026-01-21T12:00:00Z".parse().unwrap();
        let week = |date: &str| date.parse::<NaiveDate>().unwrap();
        let from = |weeks: &[&str]| {
            let weeks =
                weeks.iter().map(|date| (week(date), Week { started: 1, ..Week::default() })).collect();
            without_gaps(weeks, now)
                .iter()
                .map(|week| format!("{} {}", week.from, week.started))
                .collect::<Vec<_>>()
        };
        assert_eq!(from(&[]), Vec::<String>::new());
        assert_eq!(from(&["2026-01-05"]), ["2026-01-05 1", "2026-01-12 0", "2026-01-19 0"]);
        let long = from(&["2020-01-06", "2026-01-19"]);
        assert_eq!((long.len(), long[11].as_str()), (12, "2026-01-19 1"));
        assert_eq!(monday("2026-01-25T23:59:59Z".parse().unwrap()), week("2026-01-19"));
        assert_eq!(monday("2026-01-26T00:00:00Z".parse().unwrap()), week("2026-01-26"));
    }
}
