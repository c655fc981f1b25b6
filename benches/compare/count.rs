//! What repeats exactly: instructions, system calls, peak memory and bytes on disk. And the guard over the first.
//!
//! Callgrind counts the instructions of the release binary in user space. They depend on the compiler, the target and
//! (for memcpy) the processor, hardly on anything else; the books lie under a path of a fixed depth and the clock stands.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Bench;
use crate::book::{Book, SESSION};
use crate::hooks::{Books, fresh, hook};
use crate::timing::{Call, Done};
use crate::tools::{Tools, find};

/// Where the recorded counts are.
const RECORD: &str = "benches/instructions.txt";

/// By how much an event may grow before the record has to be changed, in percent.
const TOLERANCE: u64 = 5;

/// Counts of one call.
#[derive(Default)]
struct Counts {
    instructions: Option<u64>,
    calls: Option<u64>,
    peak_kib: Option<u64>,
}

/// Measures one section of the result.
pub(crate) fn measure(bench: &mut Bench<'_>) -> Done {
    bench.results.section(
        "Counts",
        "User instructions by callgrind, system calls by strace, peak memory as the kernel counts it. These repeat.",
    );
    let home = tempfile::Builder::new().prefix("redraft-count-").tempdir()?;
    let (redraft, peak) = (&bench.tools.redraft, &bench.tools.peak);
    let books = Books::write(home.path(), redraft)?;
    let mut rows = Vec::new();
    let mut add = |name: &str, counts: &Counts| {
        let cell = |n: Option<u64>, unit: &str| n.map_or("—".to_string(), |n| format!("{n}{unit}"));
        let cells = [cell(counts.instructions, ""), cell(counts.calls, ""), cell(counts.peak_kib, " KiB")];
        rows.push([name.to_string()].into_iter().chain(cells).collect::<Vec<_>>());
    };
    let none = || Ok(());
    add("empty", &count(&Call::new(bench.tools.empty.clone()), home.path(), peak, none)?);
    add("hello", &count(&Call::new(bench.tools.hello.clone()), home.path(), peak, none)?);
    let mut worst: BTreeMap<&str, u64> = BTreeMap::new();
    for steady in books.steady(home.path())? {
        let call = hook(redraft, &steady.book, &steady.event);
        // What is said once for each file is said by this.
        call.output()?;
        let counts = count(&call, home.path(), peak, || steady.renew(redraft))?;
        if steady.name.starts_with("Read") {
            let mut keep = |name, n: Option<u64>| {
                let most: &mut u64 = worst.entry(name).or_default();
                *most = n.unwrap_or_default().max(*most);
            };
            keep("instructions", counts.instructions);
            keep("system calls", counts.calls);
        }
        let most = worst.entry("KiB at peak").or_default();
        *most = counts.peak_kib.unwrap_or_default().max(*most);
        add(&format!("hook, {}", steady.name), &counts);
    }
    for args in [&["status"][..], &["list"], &["commit"], &["diff"]] {
        let counts = count(&books.with.redraft(redraft, args), home.path(), peak, none)?;
        add(&format!("`redraft {}`, 10 changes", args.join(" ")), &counts);
    }
    for (bytes, shown) in [(2_000, "2 KB"), (50_000, "50 KB"), (10_000_000, "10 MB")] {
        let (event, mut serial) = (home.path().join("fresh.json"), 0);
        let call = hook(redraft, &books.with, &event);
        let counts = count(&call, home.path(), peak, || {
            serial += 1;
            fresh(&books.with, &event, serial, bytes)
        })?;
        let most = worst.entry("KiB at peak").or_default();
        *most = counts.peak_kib.unwrap_or_default().max(*most);
        add(&format!("hook, Edit, first touch, {shown}"), &counts);
    }
    bench.results.table("", &["", "instructions", "system calls", "peak memory"], &rows);
    for (what, budget) in [("instructions", 80_000.0), ("system calls", 70.0), ("KiB at peak", 4_096.0)] {
        let seen = worst.get(what).filter(|n| **n > 0).and_then(|n| u32::try_from(*n).ok()).map(f64::from);
        let of = if what == "KiB at peak" { "any hook" } else { "hook, Read in a session" };
        bench.results.at_most(of, budget, seen, what);
    }
    disk(bench, home.path())
}

/// Adds up what a session takes on disk.
fn disk(bench: &mut Bench<'_>, home: &Path) -> Done {
    let book = Book::write(home.join("disk"), 100)?;
    let redraft = &bench.tools.redraft;
    let (all, session) = (book.root.join("workspace"), book.root.join("workspace/sessions").join(SESSION));
    book.redraft(redraft, &["start", "earlier"]).output()?;
    let before = bytes(&all)?;
    book.redraft(redraft, &["start", SESSION]).output()?;
    let started = bytes(&all)?.saturating_sub(before);
    let own = bytes(&session)?;
    book.change(0..10, 1)?;
    let touched = (bytes(&all)?.saturating_sub(before) - started) / 10;
    let row = |what: &str, n: u64| vec![what.to_string(), n.to_string()];
    let content = u64::try_from(crate::book::text(0, 0).len())?;
    let rows = [
        row("a fresh session, content", own),
        row("… with what else it adds to the workspace", started),
        row("each first touch of a file (copy, base, ledger line)", touched),
        row("… of a file of this size", content),
    ];
    bench.results.table("Bytes on disk (contents; directories and block sizes aside)", &["", "bytes"], &rows);
    let seen = u32::try_from(started).ok().map(|n| f64::from(n) / 1024.0);
    bench.results.at_most("disk, fresh session", 10.0, seen, "KiB");
    Ok(())
}

fn bytes(dir: &Path) -> Done<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let stat = entry.metadata()?;
        sum += if stat.is_dir() { bytes(&entry.path())? } else { stat.len() };
    }
    Ok(sum)
}

fn count(call: &Call, home: &Path, peak: &Path, mut before: impl FnMut() -> Done) -> Done<Counts> {
    let mut counts = Counts::default();
    if let Some(valgrind) = find("valgrind") {
        before()?;
        counts.instructions = Some(instructions(call, &valgrind, home)?);
    }
    let out = home.join("counted");
    let shown = out.to_string_lossy();
    if let Some(strace) = find("strace") {
        before()?;
        call.under(&strace, &["-c", "-f", "-o", &shown]).output()?;
        let text = fs::read_to_string(&out)?;
        let total = text.lines().find(|line| line.ends_with("total"));
        counts.calls = total.and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    }
    before()?;
    call.under(peak, &[&shown]).output()?;
    counts.peak_kib = fs::read_to_string(&out)?.trim().parse().ok();
    Ok(counts)
}

fn instructions(call: &Call, valgrind: &Path, home: &Path) -> Done<u64> {
    let out = format!("--callgrind-out-file={}", home.join("callgrind.out").display());
    let (_, said) = call.under(valgrind, &["--tool=callgrind", &out]).output()?;
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    let (_, n) = collected.ok_or("callgrind did not say what it collected")?;
    Ok(n.trim().parse()?)
}

/// Counts the main events and compares them with the record, or makes the record.
pub(crate) fn guard(record: bool) -> Done {
    let valgrind = find("valgrind").ok_or("no valgrind: apt-get install valgrind")?;
    let home = tempfile::Builder::new().prefix("redraft-count-").tempdir()?;
    let tools = Tools::build(home.path(), true)?;
    let counted = main_events(&tools, &valgrind, home.path())?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORD);
    if record {
        let mut text = format!(
            "# User instructions of the hook's main events, by callgrind: `benches/run --record` writes this,\n\
             # `.ci/run` fails when one grows by more than {TOLERANCE} % and this file was not changed with it.\n\
             # Counted on {} with {}.\n",
            tools.target()?,
            Tools::compiler()?
        );
        for (name, n) in &counted {
            text.push_str(&format!("{n:>9}  {name}\n"));
        }
        fs::write(&path, &text)?;
        print!("{text}");
        return Ok(());
    }
    let text = fs::read_to_string(&path)?;
    let recorded: BTreeMap<&str, u64> = text.lines().filter_map(recorded_line).collect();
    let mut grown = Vec::new();
    for (name, now) in &counted {
        let then = *recorded.get(name.as_str()).ok_or_else(|| format!("{RECORD} has no line for: {name}"))?;
        let over = *now * 100 > then * (100 + TOLERANCE);
        println!("{now:>9}  {name} (recorded: {then}){}", if over { "  ← grown" } else { "" });
        if over {
            grown.push(name.as_str());
        }
    }
    if recorded.len() != counted.len() {
        return Err(format!("{RECORD} has {} lines for {} events", recorded.len(), counted.len()).into());
    }
    if grown.is_empty() {
        return Ok(());
    }
    Err(format!(
        "more than {TOLERANCE} % over the record: {}. Make it cheaper, or write the record anew in the same commit and say \
         why: benches/run --record. (The record's: {}; here: {}.)",
        grown.join("; "),
        text.lines().nth(2).unwrap_or_default().trim_start_matches("# "),
        Tools::compiler()?
    )
    .into())
}

fn recorded_line(line: &str) -> Option<(&str, u64)> {
    let (n, name) = line.trim_start().split_once("  ")?;
    Some((name, n.parse().ok()?))
}

fn main_events(tools: &Tools, valgrind: &Path, home: &Path) -> Done<Vec<(String, u64)>> {
    let books = Books::write(home, &tools.redraft)?;
    let mut counted = Vec::new();
    for steady in books.steady(home)? {
        let call = still(hook(&tools.redraft, &steady.book, &steady.event));
        call.output()?;
        steady.renew(&tools.redraft)?;
        counted.push((steady.name.to_string(), instructions(&call, valgrind, home)?));
    }
    let event: PathBuf = home.join("fresh.json");
    fresh(&books.with, &event, 1, 2_000)?;
    let call = still(hook(&tools.redraft, &books.with, &event));
    counted.push(("Edit, first touch, 2 KB".to_string(), instructions(&call, valgrind, home)?));
    Ok(counted)
}

/// Stops the clock for a call.
fn still(call: Call) -> Call {
    call.env("REDRAFT_NOW", "2026-01-01T00:00:00Z")
}
