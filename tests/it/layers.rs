//! The house rules that a compiler does not know: who may use whom, and who may touch the world.
//!
//! The floors are read from `src/lib.rs`: its `// ── … ──` comments and the `mod` lines under each. Which doors may use
//! one another is read from the list in `references/architecture.md`. A failure names file and line.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use source::{Source, Used};

/// A floor of the house: its title and its modules, in the order of `lib.rs`.
struct Floor {
    title: String,
    modules: Vec<String>,
}

/// Reads the floors, lowest first.
fn floors() -> Vec<Floor> {
    let mut floors: Vec<Floor> = Vec::new();
    for line in read("src/lib.rs").lines() {
        if let Some(title) = line.strip_prefix("// ── ") {
            let title = title.trim_end_matches(['─', ' ']).to_string();
            floors.push(Floor { title, modules: Vec::new() });
        }
        let module = line.trim_start_matches("pub ").strip_prefix("mod ");
        if let Some(module) = module.and_then(|rest| rest.strip_suffix(';')) {
            let floor = floors.last_mut().unwrap_or_else(|| panic!("mod {module} stands on no floor"));
            floor.modules.push(module.to_string());
        }
    }
    floors
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// Collects violations and fails with all of them.
#[derive(Default)]
struct Violations(String);

impl Violations {
    fn add(&mut self, source: &Source, line: usize, what: &str) {
        let _ = writeln!(self.0, "{}:{line}: {what}", source.file.display());
    }

    #[track_caller]
    fn none(self) {
        assert!(self.0.is_empty(), "\n{}", self.0);
    }
}

/// Gives every use of one top-level module by another.
fn uses<'a>(sources: &'a [Source], modules: &BTreeSet<String>) -> Vec<(&'a Source, String, String, Used)> {
    let mut uses = Vec::new();
    for source in sources {
        let Some(from) = source.top() else { continue };
        for used in source.used() {
            let to = used.path.first().filter(|to| **to != from && modules.contains(*to)).cloned();
            uses.extend(to.map(|to| (source, from.clone(), to, used)));
        }
    }
    uses
}

#[test]
fn nothing_uses_a_floor_above_its_own() {
    let floors = floors();
    assert!(floors.len() >= 5, "lib.rs lists the floors");
    let floor_of: BTreeMap<&str, usize> = floors
        .iter()
        .enumerate()
        .flat_map(|(nth, floor)| floor.modules.iter().map(move |module| (module.as_str(), nth)))
        .collect();
    let (sources, mut wrong) = (Source::all(), Violations::default());
    let modules: BTreeSet<String> = floor_of.keys().map(ToString::to_string).collect();
    for (source, from, to, used) in uses(&sources, &modules) {
        let (below, above) = (floor_of[from.as_str()], floor_of[to.as_str()]);
        if above > below {
            let floors = (&floors[below].title, &floors[above].title);
            let what = format!("{from} ({}) uses {} of a higher floor ({})", floors.0, to, floors.1);
            wrong.add(source, used.line, &what);
        }
    }
    wrong.none();
}

#[test]
fn every_module_stands_on_a_floor() {
    let known: BTreeSet<String> = floors().into_iter().flat_map(|floor| floor.modules).collect();
    let found: BTreeSet<String> = Source::all().iter().filter_map(Source::top).collect();
    assert_eq!(found, known);
}

#[test]
fn modules_do_not_use_each_other_in_circles() {
    let sources = Source::all();
    let modules: BTreeSet<String> = sources.iter().filter_map(Source::top).collect();
    let mut uses_of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, from, to, used) in uses(&sources, &modules) {
        if !used.test {
            uses_of.entry(from).or_default().insert(to);
        }
    }
    // Whoever uses nothing that is left can be taken away; what remains in the end is in, or above, a circle.
    let mut left = modules;
    while let Some(free) =
        left.iter().find(|module| uses_of.get(*module).is_none_or(|uses| uses.is_disjoint(&left))).cloned()
    {
        left.remove(&free);
    }
    assert!(left.is_empty(), "{left:?} use each other in a circle");
}

/// Reads `a → b, c` lines from the block that begins with ```` ```doors ````.
fn allowed_between_doors() -> BTreeMap<String, BTreeSet<String>> {
    let page = read("references/architecture.md");
    let block = page.split("```doors\n").nth(1).and_then(|rest| rest.split("```").next());
    let lines = block.expect("architecture.md has a block of doors").lines();
    let pairs = lines.filter_map(|line| line.split_once(" → "));
    pairs
        .map(|(from, to)| (from.trim().to_string(), to.split(", ").map(|t| t.trim().to_string()).collect()))
        .collect()
}

#[test]
fn doors_use_one_another_only_as_listed() {
    let doors: BTreeSet<String> =
        floors().pop().map(|floor| floor.modules.into_iter().collect()).unwrap_or_default();
    let (sources, allowed, mut wrong) = (Source::all(), allowed_between_doors(), Violations::default());
    let mut unused = allowed.clone();
    for (source, from, to, used) in uses(&sources, &doors) {
        if !doors.contains(&from) || used.test {
            continue;
        }
        if !allowed.get(&from).is_some_and(|to_these| to_these.contains(&to)) {
            wrong.add(
                source,
                used.line,
                &format!("door {from} uses door {to}: not in architecture.md's list"),
            );
        }
        if let Some(unused) = unused.get_mut(&from) {
            unused.remove(&to);
        }
    }
    wrong.none();
    unused.retain(|door, uses| doors.contains(door) && !uses.is_empty());
    assert!(unused.is_empty(), "architecture.md lists what no door does: {unused:?}");
}

/// Gives each path of `std` or `rustix` that files outside `home` (prefixes of their names) use, but for tests.
fn used_outside<'a>(sources: &'a [Source], home: &[&str]) -> Vec<(&'a Source, usize, String)> {
    let away = sources.iter().filter(|source| !home.iter().any(|home| source.file.starts_with(home)));
    away.flat_map(|source| source.used().into_iter().map(move |used| (source, used)))
        .filter(|(_, used)| !used.test)
        .map(|(source, used)| (source, used.line, used.path.join("::")))
        .collect()
}

/// Adds each place outside `home` where one of these calls (`Type::function`) is written, but for tests.
fn add_calls(wrong: &mut Violations, sources: &[Source], home: &str, calls: &[&str], what: &str) {
    for source in sources.iter().filter(|source| !source.file.starts_with(home)) {
        for (at, word) in source.words.iter().enumerate().filter(|(_, word)| !word.test) {
            let is_call = |call: &&&str| {
                let (of, function) = call.split_once("::").unwrap();
                source.is(at, of) && source.is(at + 1, "::") && source.is(at + 2, function)
            };
            if let Some(call) = calls.iter().find(is_call) {
                wrong.add(source, word.line, &format!("{call} {what}"));
            }
        }
    }
}

/// An open file may be held anywhere (a lock is one); to open, make, name or change one is that floor's own work.
#[test]
fn only_fs_touches_the_disk() {
    let (sources, mut wrong) = (Source::all(), Violations::default());
    let touches = |path: &str| {
        let held = ["std::fs::File", "std::fs::TryLockError"].contains(&path);
        !held && ["std::fs", "rustix::fs"].iter().any(|floor| path.starts_with(floor))
    };
    for (source, line, path) in used_outside(&sources, &["src/fs"]) {
        if touches(&path) {
            wrong.add(source, line, &format!("{path} touches the disk; only src/fs/ does"));
        }
    }
    let calls = ["File::open", "File::create", "File::create_new", "File::options", "OpenOptions::new"];
    add_calls(&mut wrong, &sources, "src/fs", &calls, "opens a file; only src/fs/ does");
    wrong.none();
}

/// Whether stdout is a terminal may be asked anywhere; whether it is open, where the process begins.
#[test]
fn only_ui_and_the_two_protocols_write_to_stdout() {
    let (sources, mut wrong) = (Source::all(), Violations::default());
    let writers = ["src/ui", "src/hook", "src/hook.rs", "src/mcp", "src/mcp.rs", "src/sys.rs"];
    let others = sources.iter().filter(|source| !writers.iter().any(|own| source.file.starts_with(own)));
    for source in others {
        for (at, word) in source.words.iter().enumerate().filter(|(_, word)| !word.test) {
            let is_macro = ["print", "println"].contains(&word.text.as_str()) && source.is(at + 1, "!");
            let is_handle = word.text == "stdout" && source.is(at + 1, "(") && source.is(at + 2, ")");
            if is_macro || (is_handle && !source.is(at + 4, "is_terminal")) {
                wrong.add(source, word.line, "writes to stdout; only ui, hook and mcp do");
            }
        }
    }
    wrong.none();
}

/// Durations are measured by `Instant`, wherever that is needed; what time it is, is asked once.
#[test]
fn only_env_asks_for_environment_and_clock() {
    let (sources, mut wrong) = (Source::all(), Violations::default());
    for (source, line, path) in used_outside(&sources, &["src/env.rs"]) {
        // Splitting a PATH that was handed down asks nobody.
        let asks = match path.as_str() {
            "std::env::split_paths" | "std::env::join_paths" => false,
            _ => path.starts_with("std::env"),
        };
        if asks {
            wrong.add(source, line, &format!("{path} asks for the environment; only src/env.rs does"));
        }
    }
    let clocks = ["SystemTime::now", "Utc::now", "Local::now"];
    add_calls(&mut wrong, &sources, "src/env.rs", &clocks, "asks for the time; only src/env.rs does");
    wrong.none();
}

#[test]
fn unsafe_code_is_in_few_files() {
    let mut wrong = Violations::default();
    let sys = ["src/sys.rs", "src/sys/arena.rs", "src/sys/bytes.rs", "src/sys/landlock.rs"].map(Path::new);
    let others = ["src/main.rs", "src/fs/map.rs", "src/fs/short/wide.rs"].map(Path::new);
    let home = [sys.as_slice(), others.as_slice()].concat();
    for source in Source::all().iter().filter(|source| !home.contains(&source.file.as_path())) {
        for word in source.words.iter().filter(|word| word.text == "unsafe") {
            wrong.add(
                source,
                word.line,
                "unsafe code; only src/sys, main, fs/map.rs and fs/short/wide.rs have it",
            );
        }
    }
    wrong.none();
}

#[test]
fn a_long_file_says_why() {
    let mut wrong = Violations::default();
    for source in Source::all() {
        let header = source.text.lines().take_while(|line| line.starts_with("//!"));
        let says_so = header.collect::<String>().contains("500 lines");
        if source.text.lines().count() > 500 && !says_so {
            wrong.add(&source, 1, "more than 500 lines, and the header does not say why");
        }
    }
    wrong.none();
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut wrong = Violations::default();
    for source in Source::all() {
        if !source.text.starts_with("//! ") {
            wrong.add(&source, 1, "no `//!` header");
        }
    }
    wrong.none();
}
