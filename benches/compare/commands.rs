//! start, list, status, preview and cancel, in projects of every size, against git, copies and jj on the same tree.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Bench;
use crate::book::{Book, SESSION, put_away, scene, text};
use crate::table::{median, ratio};
use crate::timing::{Call, Contender, Done, Limit, Work, alternate};
use crate::tools::find;

/// Measures the commands that write nothing to the project.
pub(crate) fn measure(bench: &mut Bench<'_>) -> Done {
    bench.results.section(
        "Commands",
        "In a project of that many files of a kilobyte. git has the same tree and the same ten files changed. *The files alone* is a \
         C program that makes the files which begin a session, or puts away those that end it, and nothing else; *bare C* looks at both \
         sides of each changed file and reads one of them, or reads and compares both, in two threads, and does nothing with what it \
         found: the least for a status, and for a preview with its lines.",
    );
    for size in bench.sizes() {
        let home = bench.dir("commands")?.join(size.to_string());
        let book = Book::write(home.join("book"), *size)?;
        let git = Repository::make(home.join("git"), *size)?;
        begin_and_end(bench, &book, git.as_ref(), &home)?;
        look(bench, &book, git.as_ref())?;
        look_at_all(bench, &book, git.as_ref())?;
        put_away(&home)?;
    }
    Ok(())
}

/// The same tree under git.
pub(crate) struct Repository {
    git: PathBuf,
    root: PathBuf,
    size: usize,
}

impl Repository {
    /// Makes one; nothing where there is no git.
    pub(crate) fn make(root: PathBuf, size: usize) -> Done<Option<Self>> {
        let Some(git) = find("git") else { return Ok(None) };
        Book::write(root.clone(), size)?;
        let repository = Self { git, root, size };
        for args in
            [&["init", "-q"][..], &["config", "gc.auto", "0"], &["add", "-A"], &["commit", "-qm", "all"]]
        {
            repository.call(args).output()?;
        }
        Ok(Some(repository))
    }

    /// Gives a call of git in it.
    pub(crate) fn call(&self, args: &[&str]) -> Call {
        Call::new(&self.git).args(["-C"]).args([&self.root]).args(args.iter().copied())
    }

    /// Changes the first `n` files.
    pub(crate) fn change(&self, n: usize, revision: usize) -> Done {
        for n in 0..n.min(self.size) {
            fs::write(self.root.join(scene(n)), text(n, revision))?;
        }
        Ok(())
    }
}

/// How often a peer takes part whose work grows with the project.
fn seldom(size: usize) -> usize {
    match size {
        0..=100 => 5,
        101..=20_000 => 30,
        _ => 100,
    }
}

fn limit(bench: &Bench<'_>, size: usize) -> Limit {
    if size > 20_000 {
        Limit { rounds: 101, seconds: 60 }
    } else {
        Limit { seconds: 12, ..bench.limit(40, 200, 0) }
    }
}

fn begin_and_end(bench: &mut Bench<'_>, book: &Book, git: Option<&Repository>, home: &Path) -> Done {
    let (redraft, size) = (&bench.tools.redraft, book.scenes);
    let call = |args: &[&str]| book.redraft(redraft, args);
    let run = |args: &[&str]| {
        let call = call(args);
        move || call.output().map(drop)
    };
    let mut all = vec![
        Contender::call("hello", Call::new(bench.tools.hello.clone())),
        Contender::call("redraft start", call(&["start", "other"]))
            .after(run(&["cancel", "--purge", "other"])),
        // Who cancels a name for the hundredth time in a second waits for a free place in the trash; nobody does.
        Contender::call("redraft cancel", call(&["cancel", "other"]))
            .before(run(&["start", "other"]))
            .after(|| put_away(&book.root.join("workspace/.redraft/trash"))),
    ];
    all.extend(files_alone(&bench.tools.life, home)?);
    let copy = home.join("copy");
    let gone = |path: &Path| {
        let path = path.to_path_buf();
        move || if path.exists() { put_away(&path) } else { Ok(()) }
    };
    if let Some(git) = git {
        let (tree, n) = (home.join("worktree").to_string_lossy().into_owned(), seldom(size));
        let remove = git.call(&["worktree", "remove", "--force", &tree]);
        let add = git.call(&["worktree", "add", "-q", "--detach", &tree]);
        let (remove_after, add_before) = (remove.clone(), add.clone());
        all.push(
            Contender::call("git worktree add", add).after(move || remove_after.output().map(drop)).every(n),
        );
        all.push(
            Contender::call("git worktree remove", remove)
                .before(move || add_before.output().map(drop))
                .every(n),
        );
        let stash = git.call(&["stash", "-q"]);
        let drop_it = git.call(&["stash", "drop", "-q"]);
        all.push(
            Contender::call("git stash (10 files)", stash)
                .before(|| git.change(10, 1))
                .after(move || drop_it.output().map(drop))
                .every(n),
        );
    }
    for (name, args) in [("cp", vec!["-r"]), ("rsync", vec!["-a"])] {
        let Some(program) = find(name) else { continue };
        let made = Call::new(program).args(args.clone()).args([book.root.join("acts"), copy.clone()]);
        let one = Contender::call(format!("{name} {}", args.join(" ")), made);
        all.push(one.after(gone(&copy)).every(seldom(size)));
    }
    if let (Some(jj), Some(_)) = (find("jj"), git) {
        all.extend(jj_workspace(&jj, home).map(|one| one.every(seldom(size))));
    }
    alternate(&mut all, limit(bench, size));
    bench.results.compare(&format!("start and end, {size} files"), &all);
    for name in ["start", "cancel"] {
        let of = |who: &str| ratio(median(&all, &format!("{who}{name}")), median(&all, "hello"));
        let budget = format!("`redraft {name}`, {size} files");
        let judged = bench.results.at_most(&budget, 2.5, of("redraft "), "× hello");
        judged.beside("the files alone", of("the files alone, "));
    }
    drop(all);
    book.redraft(redraft, &["start", SESSION]).output()?;
    book.change(0..10.min(size), 1)
}

/// Gives those who make what begins a session, or put away what ends it, in a tree of their own.
fn files_alone(life: &Path, home: &Path) -> Done<[Contender<'static>; 2]> {
    let root = home.join("alone");
    for dir in ["sessions", ".redraft/locks", ".redraft/trash"] {
        fs::create_dir_all(root.join("workspace").join(dir))?;
    }
    fs::write(root.join("workspace/session.lock"), "")?;
    let call = |what: &str| Call::new(life).args([root.as_os_str(), what.as_ref()]);
    let (start, cancel) = (call("start"), call("cancel"));
    let ended = root.join("workspace/.redraft/trash/other");
    let (start_before, cancel_after, ended_too) = (start.clone(), cancel.clone(), ended.clone());
    Ok([
        Contender::call("the files alone, start", start).after(move || {
            cancel_after.output()?;
            put_away(&ended)
        }),
        Contender::call("the files alone, cancel", cancel)
            .before(move || start_before.output().map(drop))
            .after(move || put_away(&ended_too)),
    ])
}

/// Makes a jj repository beside the git one and gives the call that adds a workspace to it.
fn jj_workspace(jj: &Path, home: &Path) -> Option<Contender<'static>> {
    let root = home.join("git").to_string_lossy().into_owned();
    Call::new(jj).args(["git", "init", "--colocate", &root]).output().ok()?;
    let tree = home.join("jj-workspace");
    let shown = tree.to_string_lossy().into_owned();
    let forget = Call::new(jj).args(["-R", &root, "workspace", "forget", "jj-workspace"]);
    let add = Call::new(jj).args(["-R", &root, "workspace", "add", &shown]);
    Some(Contender::call("jj workspace add", add).after(move || {
        forget.output()?;
        put_away(&tree)
    }))
}

fn look(bench: &mut Bench<'_>, book: &Book, git: Option<&Repository>) -> Done {
    let (redraft, size) = (&bench.tools.redraft, book.scenes);
    let call = |args: &[&str]| book.redraft(redraft, args);
    let mut all = vec![
        Contender::call("hello", Call::new(bench.tools.hello.clone())),
        Contender::call("redraft status", call(&["status"])),
        Contender::call("redraft list", call(&["list"])),
        Contender::call("redraft commit (preview)", call(&["commit"])),
    ];
    if let Some(git) = git {
        git.change(10, 2)?;
        all.push(Contender::call("git status", git.call(&["status", "--short"])).every(3));
        all.push(Contender::call("git diff --stat", git.call(&["diff", "--stat"])).every(3));
    }
    alternate(&mut all, bench.limit(40, 200, 15));
    bench.results.compare(&format!("10 changes, {size} files in the project"), &all);
    bench.results.hello_takes(median(&all, "hello"));
    let seen = ratio(median(&all, "redraft status"), median(&all, "hello"));
    bench.results.at_most(&format!("`status` of 10 changes, {size} files"), 3.0, seen, "× hello");
    Ok(())
}

/// Looks at a session in which every file of the project is changed.
fn look_at_all(bench: &mut Bench<'_>, book: &Book, git: Option<&Repository>) -> Done {
    let size = book.scenes;
    if size <= 10 {
        return Ok(());
    }
    book.change(10..size, 1)?;
    rustix::fs::sync();
    let redraft = &bench.tools.redraft;
    let sides = [book.root.join("workspace/sessions").join(SESSION).join("acts"), book.root.join("acts")];
    let least = Call::new(&bench.tools.look).args(sides);
    let mut all = vec![
        Contender::call("redraft status", book.redraft(redraft, &["status"])),
        Contender::call("redraft commit (preview)", book.redraft(redraft, &["commit"])),
        Contender::call("bare C, one side read", least.clone().args(["own"])),
        Contender::call("bare C, both sides read", least),
    ];
    if let Some(git) = git {
        git.change(size, 2)?;
        all.push(Contender::call("git status", git.call(&["status", "--short"])).every(2));
        all.push(Contender::call("git diff --stat", git.call(&["diff", "--stat"])).every(2));
    }
    // What the kernel has not seen yet it reads from the disk: the first time is another question.
    for one in &mut all {
        one.warm();
    }
    let rounds = if size > 20_000 { 4 } else { 20 };
    alternate(&mut all, bench.limit(10, rounds, 30));
    bench.results.compare(&format!("{size} changes"), &all);
    let n = f64::from(u32::try_from(size)?);
    let each = |name: &str| median(&all, name).map(|us| us / n);
    for (name, least) in
        [("redraft status", "one side read"), ("redraft commit (preview)", "both sides read")]
    {
        let budget = format!("`{name}` of {size} changes");
        let judged = bench.results.at_most(&budget, 8.0, each(name), "µs a file");
        judged.beside("bare C", each(&format!("bare C, {least}")));
    }
    Ok(())
}

/// Gives work that is some calls of git.
pub(crate) fn git_calls(git: &Repository, calls: &[&[&str]]) -> Work {
    Work(calls.iter().map(|args| git.call(args)).collect())
}
