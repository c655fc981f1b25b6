//! Hook events: against the floor of a process, against hooks in other languages, at every size, one and many at a time.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::Bench;
use crate::book::{Book, SESSION, write_over};
use crate::table::{median, ratio, time};
use crate::timing::{Call, Contender, Done, Limit, Samples, alternate};
use crate::tools::find;

/// An event that is answered the same however often it is sent.
pub(crate) struct Steady {
    /// Its name.
    pub(crate) name: &'static str,
    /// The book it comes from.
    pub(crate) book: Book,
    /// Where it is.
    pub(crate) event: PathBuf,
    /// What it may cost, in hellos; nothing where the budget is another one.
    budget: Option<f64>,
}

impl Steady {
    fn is_renewed(&self) -> bool {
        self.name.contains("retry")
    }

    /// Makes what the event needs as it was: a retry that was recorded is in the session from then on, so its session is
    /// another one each time.
    pub(crate) fn renew(&self, redraft: &Path) -> Done {
        if !self.is_renewed() {
            return Ok(());
        }
        self.book.redraft(redraft, &["cancel", "--purge", SESSION]).output()?;
        self.book.redraft(redraft, &["start", SESSION]).output()?;
        self.book.change(0..10, 1)
    }
}

/// A book of a hundred scenes, ten of them in a session; and one without.
pub(crate) struct Books {
    /// With a session.
    pub(crate) with: Book,
    /// Without one.
    pub(crate) without: Book,
    /// With a session in which retries are recorded.
    retried: Book,
}

impl Books {
    /// Writes both.
    pub(crate) fn write(home: &Path, redraft: &Path) -> Done<Self> {
        let book = |name: &str| Book::write(home.join(name), 100);
        let (with, without, retried) = (book("with")?, book("without")?, book("retried")?);
        for book in [&with, &retried] {
            book.redraft(redraft, &["start", SESSION]).output()?;
            book.change(0..10, 1)?;
        }
        Ok(Self { with, without, retried })
    }

    /// Gives the events that can be sent again and again.
    pub(crate) fn steady(&self, home: &Path) -> Done<Vec<Steady>> {
        let (with, none) = (&self.with, json!({}));
        let edit = json!({ "old_string": "a word", "new_string": "a sound", "replace_all": false });
        let prompt =
            json!({ "prompt": "Redo scene-000003.md, it still has too much exposition in the middle part." });
        let events = [
            (
                "no session",
                &self.without,
                self.without.tool("Read", &self.without.path(50), &none),
                Some(1.4),
            ),
            ("Read, not in the session", with, with.tool("Read", &with.path(50), &none), Some(1.6)),
            ("Read, redirected", with, with.tool("Read", &with.path(3), &none), Some(1.6)),
            ("Edit again", with, with.tool("Edit", &with.path(3), &edit), None),
            (
                "a prompt",
                with,
                with.event("UserPromptSubmit", &json!({ "prompt": "Go on with the next part." })),
                None,
            ),
            (
                "a prompt that asks for a retry",
                &self.retried,
                self.retried.event("UserPromptSubmit", &prompt),
                None,
            ),
        ];
        let make =
            |(nth, (name, book, text, budget)): (usize, (&'static str, &Book, String, Option<f64>))| {
                let event = home.join(format!("event-{nth}.json"));
                fs::write(&event, text)?;
                Ok(Steady { name, book: book.clone(), event, budget })
            };
        events.into_iter().enumerate().map(make).collect()
    }
}

/// Gives a call of the hook with an event.
pub(crate) fn hook(redraft: &Path, book: &Book, event: &Path) -> Call {
    with_claude(Call::new(redraft).args(["hook"]), book, event)
}

fn with_claude(call: Call, book: &Book, event: &Path) -> Call {
    call.stdin(event).env("CLAUDE_PROJECT_DIR", &book.root).env("CLAUDE_PID", "4711")
}

/// Names a scene that no session has seen.
fn fresh_name(n: usize, bytes: usize) -> String {
    format!("acts/fresh/{bytes}-{n:05}.md")
}

/// Makes such a scene, and asks for the least that touching it takes.
fn fresh_for_least(book: &Book, asked: &Path, n: usize, bytes: usize) -> Done {
    fresh(book, asked, n, bytes)?;
    let layer = book.root.join("workspace/sessions").join(SESSION);
    fs::create_dir_all(layer.join("acts/fresh"))?;
    // The name of a base that nobody else makes.
    write_over(asked, &format!("{} {bytes:032x}{n:032x}\n", fresh_name(n, bytes)))
}

/// Makes a scene that no session has seen, and the event that edits it.
pub(crate) fn fresh(book: &Book, event: &Path, n: usize, bytes: usize) -> Done {
    let mut text = format!("# A new scene {n} of {bytes} bytes\n");
    while text.len() < bytes {
        text.push_str(&format!(
            "{} stones were counted, and {n} were missing at the {bytes}. gate.\n",
            text.len()
        ));
    }
    fs::create_dir_all(book.root.join("acts/fresh"))?;
    let path = book.root.join(fresh_name(n, bytes));
    fs::write(&path, text)?;
    let edit = json!({ "old_string": "missing", "new_string": "lost", "replace_all": false });
    write_over(event, &book.tool("Edit", &path, &edit))
}

/// Measures all of it.
pub(crate) fn measure(bench: &mut Bench<'_>) -> Done {
    let about = format!(
        "The whole life of a process, as the client sees it. *empty* is a static C program that does nothing, *hello* a \
         static Rust one ({}). *The files alone* is a C program that makes the copy, the base and the line of a first touch and \
         nothing else: what the file system takes for them. Before a first touch everybody \
         writes the file that is touched, and the event over in place: cut to nothing and written anew, ext4 would write it to the disk \
         while it is measured. The hooks in other languages make the same decision and \
         give the same answer. Ratios are against the first row.",
        bench.tools.hello_is
    );
    bench.results.section("Hook events", &about);
    let books = Books::write(&bench.dir("hooks")?, &bench.tools.redraft)?;
    let events = books.steady(&bench.dir("hooks")?)?;
    let (renewed, steady): (Vec<_>, Vec<_>) = events.into_iter().partition(Steady::is_renewed);
    measure_steady(bench, &steady);
    for (bytes, shown, budget, limit) in [
        (2_000, "2 KB", Some(2.2), bench.limit(60, 300, 8)),
        (50_000, "50 KB", Some(2.5), bench.limit(60, 300, 8)),
        (10_000_000, "10 MB", None, bench.limit(3, 12, 10)),
    ] {
        first_touch(bench, &books.with, bytes, shown, budget, limit)?;
    }
    sizes(bench)?;
    in_flight(bench, &books)?;
    // Last: its sessions are removed by the hundred, and without a journal whoever makes a file after that pays for it (`place`).
    measure_steady(bench, &renewed);
    Ok(())
}

/// Who makes a first touch's files and nothing else.
const THE_FILES: &str = "the files alone, in C";

/// Gives a call that makes a first touch's files and nothing else; it is told which on its standard input.
fn least(bench: &Bench<'_>, book: &Book, asked: &Path) -> Call {
    Call::new(bench.tools.touch.clone()).args([book.root.clone()]).stdin(asked)
}

fn floors(bench: &Bench<'_>) -> Vec<Contender<'static>> {
    let call = |name, path: &PathBuf| Contender::call(name, Call::new(path.clone()));
    vec![call("hello", &bench.tools.hello), call("empty", &bench.tools.empty)]
}

/// Gives the same hook in other languages.
fn peers(bench: &Bench<'_>, book: &Book, event: &Path) -> Vec<Contender<'static>> {
    let of = |name: &str, file: &str| {
        let program = find(if name == "bash+jq" { find("jq").and(Some("bash"))? } else { name })?;
        let call = with_claude(Call::new(program).args([bench.tools.peers.join(file)]), book, event);
        Some(Contender::call(name, call).every(12))
    };
    [of("python3", "hook.py"), of("node", "hook.js"), of("bash+jq", "hook.sh")]
        .into_iter()
        .flatten()
        .collect()
}

fn measure_steady(bench: &mut Bench<'_>, events: &[Steady]) {
    let limit = bench.limit(120, 600, 12);
    for steady in events {
        let mut all = floors(bench);
        let ours = Contender::call("redraft", hook(&bench.tools.redraft, &steady.book, &steady.event));
        let anew = || steady.renew(&bench.tools.redraft);
        all.push(ours.before(anew));
        if !steady.name.contains("prompt") {
            all.extend(peers(bench, &steady.book, &steady.event));
        }
        alternate(&mut all, limit);
        bench.results.compare(steady.name, &all);
        let (ours, hello) = (median(&all, "redraft"), median(&all, "hello"));
        bench.results.hello_takes(hello);
        if let Some(budget) = steady.budget {
            bench.results.at_most(&format!("hook, {}", steady.name), budget, ratio(ours, hello), "× hello");
        }
        if steady.is_renewed() {
            bench.results.at_most("hook, retry prompt", 2.0, ours.map(|us| us / 1e3), "ms");
        }
        if steady.name == "Read, redirected" {
            for (peer, budget) in [("python3", 60.0), ("node", 150.0), ("bash+jq", 130.0)] {
                let what = format!("the same decision in {peer}");
                bench.results.at_least(&what, budget, ratio(median(&all, peer), ours), "× ours");
            }
        }
    }
}

fn first_touch(
    bench: &mut Bench<'_>,
    book: &Book,
    bytes: usize,
    shown: &str,
    budget: Option<f64>,
    limit: Limit,
) -> Done {
    let event = bench.dir("hooks")?.join("fresh.json");
    let serial = std::cell::Cell::new(0);
    let next = || {
        serial.set(serial.get() + 1);
        fresh(book, &event, serial.get(), bytes)
    };
    let asked = bench.dir("hooks")?.join("least.txt");
    let mut all: Vec<_> = floors(bench).into_iter().map(|floor| floor.before(next)).collect();
    if bytes <= 64 * 1024 {
        let least = least(bench, book, &asked);
        all.push(Contender::call(THE_FILES, least).before(|| {
            serial.set(serial.get() + 1);
            fresh_for_least(book, &asked, serial.get(), bytes)
        }));
    }
    all.push(Contender::call("redraft", hook(&bench.tools.redraft, book, &event)).before(next));
    if bytes < 10_000 {
        all.extend(peers(bench, book, &event).into_iter().map(|peer| peer.before(next)));
    }
    alternate(&mut all, limit);
    bench.results.compare(&format!("Edit, first touch, {shown} (copy, base, ledger)"), &all);
    if let Some(budget) = budget {
        let of_hello = |name| ratio(median(&all, name), median(&all, "hello"));
        let (seen, least) = (of_hello("redraft"), of_hello(THE_FILES));
        let what = format!("hook, first touch of {shown}");
        bench.results.at_most(&what, budget, seen, "× hello").beside("the files alone", least);
    }
    Ok(())
}

/// Sends the same events to books and sessions of very different sizes.
fn sizes(bench: &mut Bench<'_>) -> Done {
    let large = if bench.quick { 2_000 } else { 100_000 };
    let home = bench.dir("hooks")?;
    let mut books = Vec::new();
    for (name, scenes, changed) in [
        ("100 files, 10 changed", 100, 10),
        ("1,000 files, 1,000 changed", 1_000, 1_000),
        ("many files, 10 changed", large, 10),
        ("many files, all changed", large, large),
    ] {
        let book = Book::write(home.join(format!("size-{}", books.len())), scenes)?;
        book.redraft(&bench.tools.redraft, &["start", SESSION]).output()?;
        book.change(0..changed, 1)?;
        books.push((name.replace("many", &large.to_string()), book));
    }
    let limit = bench.limit(100, 500, 10);
    let mut reads = Vec::new();
    let mut touches = Vec::new();
    for (nth, (name, book)) in books.iter().enumerate() {
        let (read, touch) = (home.join(format!("read-{nth}.json")), home.join(format!("touch-{nth}.json")));
        fs::write(&read, book.tool("Read", &book.path(3), &json!({})))?;
        reads.push(Contender::call(name, hook(&bench.tools.redraft, book, &read)));
        let (call, mut serial) = (hook(&bench.tools.redraft, book, &touch), 0);
        touches.push(Contender::call(name, call).before(move || {
            serial += 1;
            fresh(book, &touch, serial, 2_000)
        }));
    }
    alternate(&mut reads, limit);
    alternate(&mut touches, limit);
    bench.results.compare("Read, redirected, by size of project and session", &reads);
    bench.results.compare("Edit, first touch of 2 KB, by size of project and session", &touches);
    for (what, all) in [("read", &reads), ("first touch", &touches)] {
        let at = |n: usize| all.get(n).and_then(|one| one.samples.median());
        for (n, said) in [(2, "files in the project"), (3, "changed files")] {
            let what = format!("hook, {what}, {large} {said} against the small one");
            bench.results.at_most(&what, 1.1, ratio(at(n), at(0)), "×");
        }
    }
    Ok(())
}

/// Keeps 32 processes running and looks at how many end in a second.
fn in_flight(bench: &mut Bench<'_>, books: &Books) -> Done {
    const THREADS: usize = 32;
    let home = bench.dir("hooks")?;
    let per_thread = if bench.quick { 20 } else { 60 };
    let event = home.join("flight.json");
    fs::write(&event, books.with.tool("Read", &books.with.path(3), &json!({})))?;
    let calls = [
        ("empty", Call::new(bench.tools.empty.clone())),
        ("hello", Call::new(bench.tools.hello.clone())),
        ("redraft, Read redirected", hook(&bench.tools.redraft, &books.with, &event)),
        ("redraft, Edit first touch of 2 KB", hook(&bench.tools.redraft, &books.with, &event)),
        ("the files of a first touch, in C", least(bench, &books.with, &event)),
    ];
    let mut found: Vec<(Samples, Samples)> = vec![Default::default(); calls.len()];
    for round in 0..if bench.quick { 3 } else { 7 } {
        for (nth, (name, call)) in calls.iter().enumerate() {
            let mut lists: Vec<Vec<Call>> = Vec::new();
            for thread in 0..THREADS {
                let many = (0..per_thread).map(|n| {
                    if !name.contains("first") {
                        return Ok(call.clone());
                    }
                    let serial = 20_000 * nth + (round * THREADS + thread) * per_thread + n;
                    let event = home.join(format!("flight-{serial}.json"));
                    if name.contains("in C") {
                        fresh_for_least(&books.with, &event, serial, 2_000)?;
                        return Ok(least(bench, &books.with, &event));
                    }
                    fresh(&books.with, &event, serial, 2_000)?;
                    Ok(hook(&bench.tools.redraft, &books.with, &event))
                });
                lists.push(many.collect::<Done<_>>()?);
            }
            let (took, each) = all_at_once(&lists)?;
            let n = u32::try_from(THREADS * per_thread)?;
            found[nth].0.add(took / n);
            found[nth].1.extend(&each);
        }
    }
    let base = found[0].0.median();
    let rows = calls.iter().zip(&found).map(|((name, _), (rate, each))| {
        let per_second = rate.median().map_or(0.0, |us| 1e6 / us);
        let share = ratio(base, rate.median()).unwrap_or_default() * 100.0;
        let (median, p99) = (each.median().map(time), each.p99().map(time));
        let begin = [name.to_string(), format!("{per_second:.0}"), format!("{share:.0} %")];
        begin.into_iter().chain([median.unwrap_or_default(), p99.unwrap_or_default()]).collect()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let heads = ["", "a second", "of empty's rate", "median", "p99"];
    bench.results.table("32 in flight", &heads, &rows);
    for (nth, what, floor, least) in
        [(2, "Read redirected", 1, "hello"), (3, "first touch", 4, "the files alone")]
    {
        let share = |nth: usize| ratio(base, found[nth].0.median()).map(|share| share * 100.0);
        let what = format!("32 hooks in flight, {what}: of the rate of empty");
        bench.results.at_least(&what, 85.0, share(nth), "%").beside(least, share(floor));
    }
    Ok(())
}

/// Runs each list on a thread of its own.
fn all_at_once(lists: &[Vec<Call>]) -> Done<(Duration, Samples)> {
    let begin = Instant::now();
    let lists_of = std::thread::scope(|scope| {
        let run = |list: &Vec<Call>| -> Result<Samples, String> {
            let mut samples = Samples::default();
            for call in list {
                samples.add(call.time().map_err(|error| error.to_string())?);
            }
            Ok(samples)
        };
        let threads: Vec<_> = lists.iter().map(|list| scope.spawn(move || run(list))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "a thread panicked".to_string())?)
            .collect()
    });
    let took = begin.elapsed();
    let mut samples = Samples::default();
    let lists_of: Result<Vec<Samples>, String> = lists_of;
    lists_of?.iter().for_each(|one| samples.extend(one));
    Ok((took, samples))
}
