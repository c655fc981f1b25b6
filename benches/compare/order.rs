//! Where the functions of hooks and frequent commands lie in the program: writes `link/hook-first.ld`, which the release
//! build is linked with.
//!
//! A program is read in pieces of 64 KiB, each at its first touch, and that touch costs more than a thousand
//! instructions. What a hook runs through is some 200 KiB of ten million bytes; in the order of the compiler it lies in
//! thirty-odd pieces, side by side in a handful. What frequent commands run through besides comes behind it. A function
//! that is not in the list, or is called otherwise by another compiler, lies where it lay before: an old list costs time
//! and nothing else.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::book::SESSION;
use crate::hooks::{Books, fresh, hook};
use crate::timing::{Call, Done};
use crate::tools::{Tools, find};

/// The list, for the linker.
const SCRIPT: &str = "link/hook-first.ld";

/// A generic function of more kinds than this is named with its hash, which is another one for other compilers and targets;
/// all of its kinds would take more room than what is called.
const KINDS: usize = 4;

/// What valgrind does not see called, as its processor has no such instructions: a first touch runs through it.
const UNSEEN: [&str; 2] =
    ["_RNvNtNtCs*_7redraft2fs5short12side_by_side", "_RNvNtNtNtCs*_7redraft2fs5short4wide8compress"];

/// The files of musl that every process runs through; valgrind calls some of what is in them by other names.
const BEGIN_AND_END: [&str; 5] = ["__init_tls", "__libc_start_main", "_Exit", "getppid", "sigaction"];

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
    let follow = |call| functions(call, &valgrind, home.path(), &kinds);
    let followed: Vec<Vec<String>> = calls(&redraft, home.path())?.iter().map(follow).collect::<Done<_>>()?;
    let order = in_order(&followed);
    if order.len() < followed.len() {
        return Err("this build of redraft has no names: REDRAFT_KEEP_NAMES=1".into());
    }
    fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(SCRIPT), script(&order)?)?;
    println!("{SCRIPT}: {} functions", order.len());
    Ok(())
}

/// Gives the list as a linker has it. The first two megabytes of a program have one table of the processor's: constants and
/// functions fit into them.
fn script(order: &[String]) -> Result<String, std::fmt::Error> {
    let mut text = String::from(
        "/* What hooks run through, and behind it what frequent commands do: `benches/run --order` writes this. Their tables, and \
         the constants and formats of all, lie before them. */\n\
         SECTIONS\n{\n  .rodata.hook :\n  {\n    *(.rodata.str*)\n    *(.rodata.cst4 .rodata.cst8 .rodata.cst16 .rodata.cst32)\n",
    );
    for name in CONSTANTS.iter().copied().chain(order.iter().map(String::as_str)) {
        writeln!(text, "    *(.rodata.{name})")?;
    }
    // Before all that is executed: lld would make two segments more of constants between `.init` and `.text`.
    text.push_str(
        "  }\n}\nINSERT BEFORE .init;\n\n\
         SECTIONS\n{\n  .text.hook :\n  {\n    *crt*.o(.text .text.*)\n    *.lo(.text)\n    *(.text.memcpy)\n",
    );
    for file in BEGIN_AND_END {
        writeln!(text, "    *{file}.lo(.text.*)")?;
    }
    for name in order.iter().map(String::as_str).chain(UNSEEN) {
        // What a compiler takes for unlikely, it puts elsewhere; it was called.
        writeln!(text, "    *(.text.{name} .text.unlikely.{name})")?;
    }
    text.push_str(
        "  }\n}\nINSERT BEFORE .text;\n\n\
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
    Ok(text)
}

/// Puts what the first call runs through in front, behind it what the second runs through besides, and so on; of what comes
/// with a call, what most of the others need, too, lies first.
fn in_order(followed: &[Vec<String>]) -> Vec<String> {
    let mut callers: BTreeMap<&String, usize> = BTreeMap::new();
    followed.iter().flatten().for_each(|function| *callers.entry(function).or_default() += 1);
    let (mut order, mut placed) = (Vec::new(), BTreeSet::new());
    for functions in followed {
        let mut besides: Vec<&String> = functions.iter().filter(|name| placed.insert(*name)).collect();
        besides.sort_by_key(|name| (Reverse(callers[name]), *name));
        order.extend(besides.into_iter().cloned());
    }
    order
}

/// Gives the calls that are followed, what comes most often first: the events of tools, which come with every step of a client,
/// a prompt, the commands, and the other events.
fn calls(redraft: &Path, home: &Path) -> Done<Vec<Call>> {
    let books = Books::write(home, redraft)?;
    let with = &books.with;
    let steady = books.steady(home)?;
    let known = |name: &str| -> Done<Call> {
        let steady = steady.iter().find(|steady| steady.name == name).ok_or(name)?;
        Ok(hook(redraft, &steady.book, &steady.event))
    };
    let other = |name: &str, event: &str, more: Value| -> Done<Call> {
        let path = home.join(format!("{name}.json"));
        fs::write(&path, with.event(event, &more))?;
        Ok(hook(redraft, with, &path))
    };
    let touch = |serial: usize, bytes: usize| -> Done<Call> {
        let path = home.join(format!("fresh-{serial}.json"));
        fresh(with, &path, serial, bytes)?;
        Ok(hook(redraft, with, &path))
    };
    let after =
        json!({ "tool_name": "Edit", "tool_input": { "file_path": with.copy(3) }, "tool_response": {} });
    let mut calls = vec![
        known("Read, not in the session")?,
        known("Read, redirected")?,
        known("Edit again")?,
        other("after", "PostToolUse", after)?,
        other("bash", "PreToolUse", json!({ "tool_name": "Bash", "tool_input": { "command": "ls" } }))?,
        touch(1, 2_000)?,
        touch(2, 50_000)?,
        known("no session")?,
        known("a prompt")?,
    ];
    calls.extend(commands(redraft, home)?);
    calls.extend([
        other("stop", "Stop", json!({ "stop_hook_active": false }))?,
        other("start", "SessionStart", json!({ "source": "startup" }))?,
        known("a prompt that asks for a retry")?,
    ]);
    Ok(calls)
}

/// Gives a call of each command that is given often.
fn commands(redraft: &Path, home: &Path) -> Done<Vec<Call>> {
    let home = home.join("commands");
    fs::create_dir(&home)?;
    let books = Books::write(&home, redraft)?;
    let all: [&[&str]; 11] = [
        &["status"],
        &["statusline"],
        &["start", "another"],
        &["cancel", "another"],
        &["switch", SESSION],
        &["-c", "true"],
        &["list"],
        &["diff"],
        &["commit"],
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
            let is_plain = |b: u8| b == b'_' || b == b'.' || b.is_ascii_alphanumeric();
            !name.starts_with("0x") && name.bytes().all(is_plain)
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
    // The newer mangling: `Cs`, a number in base 62, `_`, the crate's name with its length before it. What follows a dot is a
    // number that tells functions of one name apart.
    let mut made = String::new();
    let (mut rest, numbered) = name.split_once('.').map_or((name, ""), |(name, _)| (name, ".*"));
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
    made + rest + numbered
}
