//! Where the functions of hooks and frequent commands lie in the program: writes `link/hook-first.ld`, which the release
//! build is linked with.
//!
//! A program is read in pieces of 64 KiB, each at its first touch, and that touch costs more than a thousand
//! instructions. What a hook runs through is some 200 KiB of ten million bytes; in the order of the compiler it lies in
//! thirty-odd pieces, side by side in a handful. What frequent commands run through besides comes behind it. A function
//! that is not in the list, or is called otherwise by another compiler, lies where it lay before: an old list costs time
//! and nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;

use crate::book::SESSION;
use crate::hooks::{Books, fresh, hook};
use crate::timing::{Call, Done};
use crate::tools::{Tools, find};

/// The list, for the linker.
const SCRIPT: &str = "link/hook-first.ld";

/// A generic function of more kinds than this is named with its hash, which is another one for other compilers and targets;
/// all of its kinds would take more room than what is called.
const KINDS: usize = 4;

/// What valgrind calls by another name, or does not see called, as its processor has no such instructions.
const UNSEEN: [&str; 5] = [
    "__libc_start_main",
    "libc_start_main_stage2",
    "getppid",
    "_RNvNtNtCs*_7redraft2fs5short12side_by_side",
    "_RNvNtNtNtCs*_7redraft2fs5short4wide8compress",
];

/// Constants with names that hooks look at.
const CONSTANTS: [&str; 2] = ["_RNvCs*_4itoa13DECIMAL_PAIRS", "_RNvNtCs*_10serde_json3ser6ESCAPE"];

/// The files of musl whose variables every process looks at.
const VARIABLES: [&str; 6] =
    ["__environ", "__init_tls", "__libc_start_main", "defsysinfo", "libc", "sigaction"];

/// Variables of ours, and of crates, that nearly every hook looks at.
const OURS: [&str; 3] = [
    "_RNvNtNtNtCs*_6rustix2fs5statx6compat11STATX_STATE*",
    "_RNvNvNtNtNtCs*_7redraft2fs5short4hash6HASHED",
    "_RNvNvNtNtCs*_7redraft7session5layer6unused7COUNTER",
];

/// Follows the hook's events and the commands, and writes the list anew. The release build must have its names (`benches/run` sees to that).
pub(crate) fn write() -> Done {
    let valgrind = find("valgrind").ok_or("no valgrind: apt-get install valgrind")?;
    let home = tempfile::Builder::new().prefix("redraft-order-").tempdir()?;
    let redraft = Tools::build(home.path(), false)?.redraft;
    let kinds = kinds(&redraft)?;
    let mut order: Vec<String> = Vec::new();
    let [tools, others] = calls(&redraft, home.path())?;
    for calls in [tools, others, commands(&redraft, home.path())?] {
        let mut callers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (nth, call) in calls.into_iter().enumerate() {
            for function in functions(&call, &valgrind, home.path(), &kinds)? {
                callers.entry(function).or_default().push(nth);
            }
        }
        callers.retain(|function, _| !order.contains(function));
        let mut called: Vec<(String, Vec<usize>)> = callers.into_iter().collect();
        // What all need comes first, and what is needed together lies together; else the name decides.
        called.sort_by(|(a, by), (b, than)| (than.len(), by, a).cmp(&(by.len(), than, b)));
        if called.is_empty() {
            return Err("this build of redraft has no names: REDRAFT_KEEP_NAMES=1".into());
        }
        let first = order.is_empty();
        order.extend(called.into_iter().map(|(function, _)| function));
        if first {
            order.extend(UNSEEN.map(String::from));
        }
    }
    let mut text = String::from(
        "/* What hooks and frequent commands run through, side by side at the front: `benches/run --order` writes this. */\n\
         SECTIONS\n{\n  .text.hook :\n  {\n    *crt*.o(.text .text.*)\n    *.lo(.text)\n    *(.text.memcpy)\n",
    );
    for function in &order {
        // What a compiler takes for unlikely, it puts elsewhere; it was called.
        writeln!(text, "    *(.text.{function} .text.unlikely.{function})")?;
    }
    text.push_str(
        "  }\n}\nINSERT BEFORE .text;\n\n\
         /* Their tables, and the constants of all: in one piece. */\n\
         SECTIONS\n{\n  .rodata.hook : ALIGN(65536)\n  {\n    *(.rodata.cst4 .rodata.cst8 .rodata.cst16 .rodata.cst32)\n",
    );
    for name in CONSTANTS.iter().copied().chain(order.iter().map(String::as_str)) {
        writeln!(text, "    *(.rodata.{name})")?;
    }
    text.push_str(
        "  }\n}\nINSERT BEFORE .rodata;\n\n\
         /* The variables of every process, then the memory, and behind it all others: on as few pages as there can be. */\n\
         SECTIONS\n{\n  .bss.hook (NOLOAD) :\n  {\n    *crt*.o(.bss .bss.*)\n",
    );
    for file in VARIABLES {
        writeln!(text, "    *{file}.lo(.bss .bss.* COMMON)")?;
    }
    for name in OURS {
        writeln!(text, "    *(.bss.{name})")?;
    }
    text.push_str("    *(.bss._RNvCs*_7redraft6MEMORY)\n  }\n}\nINSERT BEFORE .bss;\n");
    fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(SCRIPT), text)?;
    println!("{SCRIPT}: {} functions", order.len());
    Ok(())
}

/// Gives a call for each kind of event that comes often: those of tools, which come with every step of a client and lie in
/// front, and the others.
fn calls(redraft: &Path, home: &Path) -> Done<[Vec<Call>; 2]> {
    let books = Books::write(home, redraft)?;
    let (mut tools, mut others) = (Vec::new(), Vec::new());
    for steady in books.steady(home)? {
        let of = if steady.name.contains("prompt") { &mut others } else { &mut tools };
        of.push(hook(redraft, &steady.book, &steady.event));
    }
    let with = &books.with;
    for (serial, bytes) in [(1, 2_000), (2, 50_000)] {
        let touched = home.join(format!("fresh-{serial}.json"));
        fresh(with, &touched, serial, bytes)?;
        tools.push(hook(redraft, with, &touched));
    }
    let after =
        json!({ "tool_name": "Edit", "tool_input": { "file_path": with.copy(3) }, "tool_response": {} });
    let rest = [
        (
            "bash",
            with.event("PreToolUse", &json!({ "tool_name": "Bash", "tool_input": { "command": "ls" } })),
        ),
        ("after", with.event("PostToolUse", &after)),
        ("stop", with.event("Stop", &json!({ "stop_hook_active": false }))),
        ("start", with.event("SessionStart", &json!({ "source": "startup" }))),
    ];
    for (name, text) in rest {
        let event = home.join(format!("{name}.json"));
        fs::write(&event, text)?;
        let of = if ["bash", "after"].contains(&name) { &mut tools } else { &mut others };
        of.push(hook(redraft, with, &event));
    }
    Ok([tools, others])
}

/// Gives a call of each command that is given often, a command in the session's view first among them.
fn commands(redraft: &Path, home: &Path) -> Done<Vec<Call>> {
    let home = home.join("commands");
    fs::create_dir(&home)?;
    let books = Books::write(&home, redraft)?;
    let all: [&[&str]; 10] = [
        &["-c", "true"],
        &["status"],
        &["list"],
        &["statusline"],
        &["diff"],
        &["commit"],
        &["start", "another"],
        &["cancel", "another"],
        &["commit", "--force", SESSION],
        &["undo"],
    ];
    Ok(all.into_iter().map(|args| books.with.redraft(redraft, args)).collect())
}

/// Counts the functions that each pattern stands for.
fn kinds(redraft: &Path) -> Done<BTreeMap<String, usize>> {
    let nm = find("nm").ok_or("no nm: apt-get install binutils")?;
    let (names, _) = Call::new(nm).args(["--format=posix"]).args([redraft]).output()?;
    let mut kinds = BTreeMap::new();
    for name in names.lines().filter_map(|line| line.split(' ').next()) {
        *kinds.entry(pattern(name)).or_default() += 1;
    }
    Ok(kinds)
}

/// Gives the functions that a call runs through, as patterns of their sections' names.
fn functions(
    call: &Call,
    valgrind: &Path,
    home: &Path,
    kinds: &BTreeMap<String, usize>,
) -> Done<Vec<String>> {
    let dir = home.join("callgrind");
    fs::create_dir(&dir)?;
    // A command in a view is started by a process of its own.
    let to = format!("--callgrind-out-file={}", dir.join("%p").display());
    call.under(valgrind, &["--tool=callgrind", "--demangle=no", &to]).output()?;
    let mut text = String::new();
    for entry in fs::read_dir(&dir)? {
        text.push_str(&fs::read_to_string(entry?.path())?);
    }
    fs::remove_dir_all(&dir)?;
    // `fn=(7) name` and `cfn=(7) name`: a name stands where its number comes for the first time.
    let names = text.lines().filter_map(|line| line.strip_prefix('c').unwrap_or(line).strip_prefix("fn="));
    let mut all: Vec<String> = names
        .filter_map(|rest| rest.split_once(") "))
        // A recursion's inner calls are counted apart, with a mark behind the name.
        .map(|(_, name)| name.split('\'').next().unwrap_or(name))
        // What has no name is told by its address.
        .filter(|name| {
            !name.starts_with("0x") && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
        })
        .map(|name| {
            Some(pattern(name)).filter(|all| kinds.get(all) <= Some(&KINDS)).unwrap_or_else(|| name.into())
        })
        .collect();
    all.sort();
    all.dedup();
    Ok(all)
}

/// Makes a pattern of a mangled name: what stands for a crate differs from build to build.
///
/// The newer mangling, which `.cargo/config.toml` asks for, spells the types of a generic function. The older one ends with
/// a hash of them that is another one as soon as a crate's version or feature is, and then nothing lies where it should.
fn pattern(name: &str) -> String {
    if let Some(at) = name.rfind("17h").filter(|_| name.starts_with("_ZN")) {
        return format!("{}17h*", &name[..at]);
    }
    // The newer mangling: `Cs`, a number in base 62, `_`, the crate's name with its length before it.
    let mut made = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("Cs") {
        made.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let follows =
            after[digits..].strip_prefix('_').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        (made, rest) = match follows {
            Some(follows) => (made + "Cs*_", follows),
            None => (made + "Cs", after),
        };
    }
    made + rest
}
