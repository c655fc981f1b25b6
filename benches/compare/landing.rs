//! Landing a session durably and taking it back, against git, copies, and writing each file with care.
//!
//! A landing is not repeated by running it again, so a round is: a new session, its changes, commit, undo.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Bench;
use crate::book::{Book, SESSION, put_away, scene, text};
use crate::commands::{Repository, git_calls};
use crate::place::forget_inodes;
use crate::table::{each, plain, time};
use crate::timing::{Call, Done, Samples};
use crate::tools::find;

/// More files than this are not written with care: a sample is enough, and it takes a millisecond for each.
const CAREFUL: usize = 1_000;

/// So often *hello* runs before each round, to tell how fast the machine is.
const HELLOS: usize = 20;

/// What git's budget is of.
const GIT: &str = "git add -A && git commit";

/// No round begins after this many seconds, but for the first.
fn patience(bench: &Bench<'_>) -> Duration {
    Duration::from_secs(if bench.quick { 12 } else { 240 })
}

/// A round of somebody's, which adds to their rows.
type Round<'a> = Box<dyn FnMut(&mut [Row], usize) -> Done + 'a>;

/// Rows that are measured by the same rounds.
struct Group<'a> {
    rows: Vec<Row>,
    round: Round<'a>,
}

impl Group<'_> {
    /// Gives one that could not begin.
    fn out(name: &str, size: usize, why: &str) -> Self {
        let rows = vec![Row { failed: Some(why.to_string()), ..row(name, "", size) }];
        Self { rows, round: Box::new(|_, _| Ok(())) }
    }

    /// Goes a round, and out when it fails.
    fn go(&mut self, round: usize) {
        if self.rows.iter().any(|row| row.failed.is_some()) {
            return;
        }
        // What others left to be flushed, or to be looked through, is nobody's here to pay for.
        forget_inodes();
        if let Err(error) = (self.round)(&mut self.rows, round) {
            self.rows.iter_mut().for_each(|row| row.failed = Some(error.to_string()));
        }
    }
}

/// A row of the table.
struct Row {
    name: String,
    durable: &'static str,
    files: usize,
    samples: Samples,
    failed: Option<String>,
}

/// Measures landing and undo.
pub(crate) fn measure(bench: &mut Bench<'_>) -> Done {
    bench.results.section(
        "Landing",
        "Changed files of a kilobyte, all on one file system. *Layer new*: the session's files were written just before and \
         are not on the disk yet, so the commit has to put them there; *layer on disk*: it was flushed before. A commit of \
         redraft returns when all of it is durable and can be taken back. *bare C* asks of the kernel what no durable landing can \
         do without: a record, a flush, an exchange of two names for each file, a flush; it looks at no file and compares \
         none. git writes no file of the work tree in `commit`; with its defaults it does not flush loose objects.",
    );
    for size in bench.sizes() {
        let home = bench.dir("landing")?.join(size.to_string());
        let mut groups =
            vec![ours(&bench.tools.redraft, &home, *size)?, bare(&bench.tools.land, &home, *size)?];
        groups.extend(
            git(&home, *size).unwrap_or_else(|error| Some(Group::out(GIT, *size, &error.to_string()))),
        );
        groups.extend(copies(bench.quick, &home, *size)?);
        let (mut end, patience) = (None, patience(bench));
        let (hello, mut pace) = (Call::new(bench.tools.hello.clone()), Samples::default());
        for round in 0..rounds(bench, *size) {
            if end.is_some_and(|end| Instant::now() > end) {
                break;
            }
            for _ in 0..HELLOS {
                pace.add(hello.time()?);
            }
            let n = groups.len();
            (0..n).for_each(|nth| groups[if round % 2 == 0 { nth } else { n - 1 - nth }].go(round));
            end.get_or_insert_with(|| Instant::now() + patience);
        }
        let rows: Vec<Row> = groups.into_iter().flat_map(|group| group.rows).collect();
        bench.results.hello_takes(pace.median());
        report(bench, *size, &rows)?;
        put_away(&home)?;
    }
    Ok(())
}

fn rounds(bench: &Bench<'_>, size: usize) -> usize {
    match size {
        0..=100 if bench.quick => 5,
        0..=100 => 40,
        _ if bench.quick => 2,
        101..=20_000 => 5,
        _ => 3,
    }
}

fn row(name: &str, durable: &'static str, files: usize) -> Row {
    Row { name: name.into(), durable, files, samples: Samples::default(), failed: None }
}

fn ours<'a>(redraft: &'a Path, home: &Path, size: usize) -> Done<Group<'a>> {
    let book = Book::write(home.join("book"), size)?;
    let rows = vec![
        row("redraft commit --force, layer new", "yes", size),
        row("redraft undo, after it", "yes", size),
        row("redraft commit --force, layer on disk", "yes", size),
        row("redraft undo, after that", "yes", size),
    ];
    let round = move |rows: &mut [Row], round: usize| {
        let call = |args: &[&str]| book.redraft(redraft, args);
        for at in [0, 2] {
            call(&["start", SESSION]).output()?;
            rustix::fs::sync();
            book.change(0..size, 2 + 2 * round + at)?;
            if at == 2 {
                rustix::fs::sync();
            }
            rows[at].samples.add(call(&["commit", SESSION, "--force"]).time()?);
            rows[at + 1].samples.add(call(&["undo"]).time()?);
        }
        Ok(())
    };
    Ok(Group { rows, round: Box::new(round) })
}

fn bare<'a>(land: &'a Path, home: &Path, size: usize) -> Done<Group<'a>> {
    let (book, home) = (Book::write(home.join("bare"), size)?, home.to_path_buf());
    let rows = vec![row("bare C, layer new", "yes", size), row("bare C, layer on disk", "yes", size)];
    let round = move |rows: &mut [Row], round: usize| {
        for (at, row) in rows.iter_mut().enumerate() {
            rustix::fs::sync();
            let layer = Book::write(home.join(format!("bare-layer-{round}-{at}")), size)?;
            if at == 1 {
                rustix::fs::sync();
            }
            let record = home.join(format!("bare-record-{round}-{at}"));
            row.samples.add(Call::new(land).args([book.root.clone(), layer.root.clone(), record]).time()?);
        }
        Ok(())
    };
    Ok(Group { rows, round: Box::new(round) })
}

fn git(home: &Path, size: usize) -> Done<Option<Group<'static>>> {
    let Some(git) = Repository::make(home.join("git"), size)? else { return Ok(None) };
    let rows = vec![
        row(GIT, "no", size),
        row("git revert", "no", size),
        row("git add -A && git commit, core.fsync=committed in batches", "objects", size),
    ];
    let durable = ["-c", "core.fsync=committed", "-c", "core.fsyncMethod=batch"];
    let [a, b, c, d] = durable;
    let commit = ["commit", "-qm", "changes"];
    let plain = git_calls(&git, &[&["add", "-A"], &commit]);
    let safe = git_calls(&git, &[&[a, b, c, d, "add", "-A"], &[a, b, c, d, "commit", "-qm", "changes"]]);
    let revert = git.call(&["revert", "--no-edit", "HEAD"]);
    let round = move |rows: &mut [Row], round: usize| {
        git.change(size, 2 + 2 * round)?;
        rows[0].samples.add(plain.time()?);
        rows[1].samples.add(revert.time()?);
        git.change(size, 3 + 2 * round)?;
        rows[2].samples.add(safe.time()?);
        Ok(())
    };
    Ok(Some(Group { rows, round: Box::new(round) }))
}

/// Gives those who copy the tree, and who writes it file by file with care.
fn copies(quick: bool, home: &Path, size: usize) -> Done<Vec<Group<'static>>> {
    let book = Book::write(home.join("copied"), size)?;
    let target = home.join("target");
    let mut groups = Vec::new();
    for (name, args) in [("cp", &["-r"]), ("rsync", &["-a"])] {
        let Some(program) = find(name) else { continue };
        let target = target.clone();
        let call =
            Call::new(program).args(args.iter().copied()).args([book.root.join("acts"), target.clone()]);
        let rows = vec![row(&format!("{name} {} to a new place", args.join(" ")), "no", size)];
        let round = move |rows: &mut [Row], _: usize| {
            rows[0].samples.add(call.time()?);
            put_away(&target)
        };
        groups.push(Group { rows, round: Box::new(round) });
    }
    let few = size.min(if quick { CAREFUL / 10 } else { CAREFUL });
    let rows = vec![row("write aside, fsync, rename, fsync the directory; each", "yes", few)];
    let round = move |rows: &mut [Row], round: usize| {
        let begin = Instant::now();
        (0..few).try_for_each(|n| with_care(&book, n, round))?;
        rows[0].samples.add(begin.elapsed());
        Ok(())
    };
    groups.push(Group { rows, round: Box::new(round) });
    Ok(groups)
}

fn with_care(book: &Book, n: usize, round: usize) -> Done {
    let path = book.root.join(scene(n));
    let aside = path.with_extension("new");
    let mut file = File::create(&aside)?;
    file.write_all(text(n, 2 + round).as_bytes())?;
    file.sync_all()?;
    fs::rename(&aside, &path)?;
    File::open(path.parent().ok_or("a scene without a part")?)?.sync_all()?;
    Ok(())
}

fn report(bench: &mut Bench<'_>, size: usize, rows: &[Row]) -> Done {
    let n = |row: &Row| u32::try_from(row.files).map(f64::from);
    let median = |row: &Row| row.samples.median().filter(|_| row.failed.is_none());
    let of = |row: &Row| median(row).zip(n(row).ok()).map(|(median, n)| median / n);
    let ours = of(&rows[0]);
    let mut cells = Vec::new();
    for row in rows {
        if let Some(why) = &row.failed {
            cells.push(vec![row.name.clone(), format!("— {}", plain(why))]);
            continue;
        }
        let each = each(&row.samples, n(row)?).unwrap_or_default();
        cells.push(vec![
            row.name.clone(),
            row.durable.to_string(),
            row.samples.median().map(time).unwrap_or_default(),
            row.samples.p99().map(time).unwrap_or_default(),
            format!("{each:.1} µs"),
            ours.map(|ours| format!("{:.2} ×", each / ours)).unwrap_or_default(),
            row.samples.count().to_string(),
        ]);
    }
    let heads = ["", "durable", "median", "p99", "a file", "ratio", "runs"];
    bench.results.table(&format!("{size} changed files"), &heads, &cells);
    let bare_row = |state: &str| rows.iter().find(|row| row.name == format!("bare C, {state}"));
    if size == 10 {
        let ms = |row: &Row| median(row).map(|us| us / 1e3);
        let least = bare_row("layer new").and_then(ms);
        bench.results.at_most("durable commit of 10 files", 3.0, ms(&rows[0]), "ms").beside("bare C", least);
        return Ok(());
    }
    let bare = |state: &str| bare_row(state).and_then(of);
    let (new, on_disk) = (bare("layer new"), bare("layer on disk"));
    for (at, budget, least) in [(0, 30.0, new), (1, 30.0, on_disk), (2, 15.0, on_disk), (3, 15.0, on_disk)] {
        let what = format!("`{}`, {size} files", rows[at].name);
        bench.results.at_most(&what, budget, of(&rows[at]), "µs a file").beside("bare C", least);
    }
    for (start, budget) in [("cp", 1.5), (GIT, 4.0), ("write aside", 30.0)] {
        let Some(row) = rows.iter().find(|row| row.name.starts_with(start)) else { continue };
        let times = |than: Option<f64>| of(row).zip(than).map(|(theirs, than)| theirs / than);
        let what = format!("`{}`, {size} files", row.name);
        bench.results.at_least(&what, budget, times(ours), "× ours, layer new").beside("bare C", times(new));
    }
    Ok(())
}
