//! Running a command in the session's view, against other ways to show a command other files.

use std::fs;
use std::path::Path;

use crate::Bench;
use crate::book::{Book, SESSION};
use crate::table::{median, ratio};
use crate::timing::{Call, Contender, Done, Work, alternate};
use crate::tools::find;

/// Measures `-c` and `run`.
pub(crate) fn measure(bench: &mut Bench<'_>) -> Done {
    bench.results.section(
        "A command in the session's view",
        "`-c true` as Claude Code runs each Bash command, `run -- true` as a whole program is started. *bare C* does what \
         the kernel has to do for it in any case: the same namespace, the same mounts, `sh -c true`; it does not wait, \
         nor make and fold anything.",
    );
    let home = bench.dir("view")?;
    let redraft = bench.tools.redraft.clone();
    let limit = bench.limit(30, 200, 15);
    let without = Book::write(home.join("without"), 100)?;
    let sh = || Call::new("/bin/sh").args(["-c", "true"]);
    let mut all = vec![
        Contender::call("sh -c true", sh()),
        Contender::call("hello", Call::new(bench.tools.hello.clone())),
        Contender::call(
            "redraft -c true",
            without.redraft(&redraft, &["-c", "true"]).env("SHELL", "/bin/sh"),
        ),
    ];
    alternate(&mut all, limit);
    bench.results.compare("no session", &all);
    let floor = median(&all, "sh -c true").zip(median(&all, "hello")).map(|(sh, hello)| (sh + hello) * 1.1);
    let seen = ratio(median(&all, "redraft -c true"), floor);
    bench.results.at_most("`-c true`, no session", 1.0, seen, "× (sh -c true + hello + 10 %)");

    let book = Book::write(home.join("with"), 100)?;
    book.redraft(&redraft, &["start", SESSION]).output()?;
    book.change(0..10, 1)?;
    same_mounts(bench, &book, &home.join("counted"))?;
    let mut all = vec![
        Contender::call("bare C", bare(bench, &book, &home.join("bare"), "true")?),
        Contender::call("sh -c true, no view", sh()),
        Contender::call("redraft -c true", book.redraft(&redraft, &["-c", "true"]).env("SHELL", "/bin/sh")),
        Contender::call("redraft run -- true", book.redraft(&redraft, &["run", "--", "true"])),
    ];
    all.extend(peers(&book, &home)?);
    alternate(&mut all, limit);
    bench.results.compare("session active, 10 changed files", &all);
    let seen = ratio(median(&all, "redraft -c true"), median(&all, "bare C"));
    bench.results.at_most("`-c true`, session active", 1.5, seen, "× bare C");
    Ok(())
}

/// Gives an upper and a work directory of an overlay.
fn overlay(at: &Path) -> Done<(String, String)> {
    let (upper, work) = (at.join("upper"), at.join("work"));
    fs::create_dir_all(&upper)?;
    fs::create_dir_all(&work)?;
    Ok((upper.to_string_lossy().into_owned(), work.to_string_lossy().into_owned()))
}

/// Gives a call of the C program with the mounts that redraft makes for a book without `context`: one overlay over the
/// project, one over `acts`, and three directories that are shown.
fn bare(bench: &Bench<'_>, book: &Book, at: &Path, command: &str) -> Done<Call> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let (root, acts, workspace) = (&book.root, book.root.join("acts"), book.root.join("workspace"));
    let (links, inside) = (at.join("links"), at.join("inside"));
    fs::create_dir_all(&links)?;
    fs::create_dir_all(&inside)?;
    std::os::unix::fs::symlink(&acts, links.join("acts"))?;
    let mut call = Call::new(bench.tools.view.clone()).args([text(root), command.to_string()]);
    let session = workspace.join("sessions").join(SESSION);
    for (from, to) in [(&workspace, &workspace), (&links, &session), (&inside, &workspace.join(".redraft"))] {
        call = call.args(["-b".to_string(), text(from), text(to)]);
    }
    let lower = format!("workspace/sessions/{SESSION}/acts:acts");
    for (n, (place, lower)) in [(root, "."), (&acts, lower.as_str())].into_iter().enumerate() {
        let (upper, work) = overlay(&at.join(n.to_string()))?;
        let options = format!("userxattr,lowerdir={lower},upperdir={upper},workdir={work}");
        call = call.args(["-o".to_string(), text(place), options]);
    }
    Ok(call)
}

/// Fails where the C program does not mount as much as redraft: the comparison would say nothing.
fn same_mounts(bench: &Bench<'_>, book: &Book, at: &Path) -> Done {
    let count = "grep -c . /proc/self/mountinfo";
    let (ours, _) = book.redraft(&bench.tools.redraft, &["-c", count]).env("SHELL", "/bin/sh").output()?;
    let (bare, _) = bare(bench, book, at, count)?.output()?;
    if ours == bare { Ok(()) } else { Err(format!("{ours} mounts in a view, {bare} of bare C").into()) }
}

fn peers(book: &Book, home: &Path) -> Done<Vec<Contender<'static>>> {
    let acts = book.root.join("acts").to_string_lossy().into_owned();
    let mut all = Vec::new();
    if let Some(unshare) = find("unshare") {
        let (upper, work) = overlay(&home.join("unshare"))?;
        let options = format!("lowerdir={acts},upperdir={upper},workdir={work},userxattr");
        let script = format!("mount -t overlay overlay -o '{options}' '{acts}' && true");
        let call = Call::new(unshare).args(["-Urm", "sh", "-c", &script]);
        all.push(Contender::call("unshare -Urm, mount, true", call));
    }
    if let Some(bwrap) = find("bwrap") {
        let call = Call::new(bwrap).args(["--dev-bind", "/", "/", "true"]);
        all.push(Contender::call("bwrap --dev-bind / / true (no overlay)", call));
    }
    if let (Some(fuse), Some(unmount)) =
        (find("fuse-overlayfs"), find("fusermount3").or_else(|| find("fusermount")))
    {
        let (upper, work) = overlay(&home.join("fuse"))?;
        let at = home.join("fuse/merged");
        fs::create_dir_all(&at)?;
        let options = format!("lowerdir={acts},upperdir={upper},workdir={work}");
        let calls = vec![
            Call::new(fuse).args(["-o", &options]).args([at.clone()]),
            Call::new("/bin/sh").args(["-c", "true"]),
            Call::new(unmount).args(["-u"]).args([at]),
        ];
        all.push(Contender::new("fuse-overlayfs, sh -c true, unmount", Work(calls)).every(4));
    }
    if let Some(attempt) = find("try") {
        all.push(Contender::call("try -n true", Call::new(attempt).args(["-n", "true"])).every(10));
    }
    if let Some(agentfs) = find("agentfs") {
        all.push(Contender::call("agentfs run true", Call::new(agentfs).args(["run", "true"])).every(10));
    }
    Ok(all)
}
