//! What is asked of very many sessions: list, search, brief and status, with a notebook of a hundred lines in each.
//!
//! The sessions are made by the library as `start` makes them; their notebooks and a changed scene are written beside that,
//! for a million lines are not typed. Words come as they do in books: a few in every line, most of them rarely.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;

use redraft::env::Env;
use redraft::project::{FoundBy, Project};
use redraft::session::lifecycle::{self, Beginning, Caller};
use serde_json::json;

use crate::Bench;
use crate::table::median;
use crate::timing::{Call, Contender, Done, alternate};

/// What each command may take, in microseconds.
const BUDGET: f64 = 50_000.0;

/// How many words the books have.
const WORDS: usize = 40_000;

/// Lines of each notebook.
const LINES: usize = 100;

/// Measures the commands that must not read every session.
pub(crate) fn measure(bench: &mut Bench<'_>) -> Done {
    let n = if bench.quick { 500 } else { 10_000 };
    let lines = n * LINES;
    bench.results.section(
        &format!("{n} sessions, {lines} lines in their notebooks"),
        "The first search makes the index; a search after a note reads one session anew. Everything else is there already.",
    );
    let home = bench.dir("sessions")?.join("book");
    fs::create_dir_all(home.join("acts"))?;
    generate(&home, n)?;
    let redraft = &bench.tools.redraft;
    let call = |args: &[&str]| Call::new(redraft).env("REDRAFT_ROOT", &home).args(args.iter().copied());
    let begin = Instant::now();
    call(&["search", "lighthouse"]).output()?;
    let built = begin.elapsed();
    let size = fs::read_dir(home.join("workspace/.redraft/index"))?
        .map(|entry| Ok(entry?.metadata()?.len()))
        .sum::<std::io::Result<u64>>()?;
    bench.results.table(
        "The index",
        &["made in", "bytes"],
        &[vec![format!("{:.1} s", built.as_secs_f64()), size.to_string()]],
    );
    // What was written just now is looked at again for a second.
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    call(&["search", "lighthouse"]).output()?;
    let (own, other) = (name(n / 2), name(n / 3));
    let common = format!("{} {}", word(3), word(40));
    let rare = word(WORDS - 7);
    let slip = format!("{}x", word(900));
    let note = call(&["--session", &own, "note", "add", "another remark"]);
    let mut all = vec![
        Contender::call("hello", Call::new(bench.tools.hello.clone())),
        Contender::call("redraft list --recent 10", call(&["list", "--recent", "10"])),
        Contender::call("redraft search, a rare word", call(&["search", &rare])),
        Contender::call("redraft search, two common words", call(&["search", &common])),
        Contender::call("redraft search, a slip", call(&["search", &slip])),
        Contender::call("redraft search, Russian", call(&["search", "переписанная сцена"])),
        Contender::call("redraft search after a note", call(&["search", &rare]))
            .before(move || note.output().map(drop)),
        Contender::call("redraft brief", call(&["brief", &other])),
        Contender::call("redraft status", call(&["status", &other])),
        Contender::call("redraft status, no session", call(&["status"])),
    ];
    let processor: Vec<Vec<String>> = all.iter_mut().map(processor_time).collect::<Done<_>>()?;
    alternate(&mut all, bench.limit(10, 60, 60));
    bench.results.compare("asked", &all);
    bench.results.table("Processor time of one call, user and system", &["", "ms"], &processor);
    let names: Vec<String> = all.iter().skip(1).map(|one| one.name.clone()).collect();
    for name in names {
        let seen = median(&all, &name).map(|us| us / 1000.0);
        bench.results.at_most(&format!("`{name}`, {n} sessions"), BUDGET / 1000.0, seen, "ms");
    }
    Ok(())
}

/// Gives what one call of a contender costs the processors, children of this process included: the clock also counts who
/// else is at work on the machine. The kernel counts in hundredths of a second, so many calls are counted together.
fn processor_time(one: &mut Contender<'_>) -> Done<Vec<String>> {
    const CALLS: u32 = 20;
    let ticks = || -> Done<u64> {
        let stat = fs::read_to_string("/proc/self/stat")?;
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        // The times of children that have been waited for are the 16th and 17th field, counted from the name's end 14th.
        Ok(fields.skip(13).take(2).map(|field| field.parse().unwrap_or(0)).sum())
    };
    let before = ticks()?;
    (0..CALLS).for_each(|_| one.warm());
    let spent = f64::from(u32::try_from(ticks()? - before)?) * 10.0 / f64::from(CALLS);
    Ok(vec![one.name.clone(), format!("{spent:.1}")])
}

/// Makes the sessions.
fn generate(root: &Path, n: usize) -> Done {
    let env = Env { session: None, window: None, ..Env::read() };
    let project = Project::open(root.to_path_buf(), FoundBy::Option)?;
    let caller = Caller { env: &env, option: None, window: None };
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for nth in 0..n {
        let name = name(nth);
        let description = sentence(&mut random, 6);
        let beginning = Beginning { description: &description, ..Beginning::default() };
        lifecycle::create(&project, &caller, &name.parse()?, beginning)?;
        let dir = root.join("workspace/sessions").join(&name);
        let mut lines = String::new();
        for line in 0..LINES {
            let (kind, id) =
                [("note", "note"), ("task", "task"), ("decision", "dec"), ("objective", "obj")][line % 4];
            let text = if nth % 50 == 0 && line == 7 {
                "Сцены финала переписаны у маяка, the lighthouse scene".to_string()
            } else {
                sentence(&mut random, 10)
            };
            let status = if kind == "note" || kind == "decision" { "recorded" } else { "pending" };
            let entry = json!({
                "id": format!("{id}-{}", line / 4 + 1), "kind": kind, "status": status,
                "at": "2026-01-01T00:00:00Z", "by": "author", "text": text,
            });
            writeln!(lines, "{entry}")?;
        }
        fs::write(dir.join("notebook.jsonl"), lines)?;
        fs::create_dir_all(dir.join("acts"))?;
        fs::write(dir.join("acts/scene.md"), sentence(&mut random, 200))?;
    }
    // Nobody's session is active: each command says which one it means.
    fs::remove_file(root.join("workspace/session.lock"))?;
    Ok(())
}

fn name(nth: usize) -> String {
    format!("work-{nth:05}")
}

/// Gives the n-th word: letters that no other word has in that order.
fn word(mut nth: usize) -> String {
    const SYLLABLES: [&str; 24] = [
        "ba", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "da", "fe", "gi", "ho", "ju", "ka", "le",
        "mi", "no", "ru", "sha", "che", "tri", "blo",
    ];
    let mut word = String::from(["st", "gr", "pl", "m", "v"][nth % 5]);
    while nth > 0 || word.len() < 4 {
        word.push_str(SYLLABLES[nth % SYLLABLES.len()]);
        nth /= SYLLABLES.len();
    }
    word
}

/// Gives a sentence of words that are the rarer the higher their number.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a made-up text"
)]
fn sentence(random: &mut Random, n: usize) -> String {
    let one = |random: &mut Random| word((WORDS as f64).powf(random.next()) as usize);
    (0..n).map(|_| one(random)).collect::<Vec<_>>().join(" ")
}

/// The same numbers in each run.
struct Random(u64);

impl Random {
    #[expect(clippy::cast_precision_loss, reason = "a number from 0 to 1")]
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
