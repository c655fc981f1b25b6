//! What the pages say is so: commands are read, examples run, transcripts and help are what the program prints.
//!
//! The two generated texts, `references/commands.md` and the transcript in README.md, are written anew by
//! `REDRAFT_BLESS=1 cargo test --test it docs`.

mod page;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use page::{Page, root};
use redraft::hook::event::{Event, Kind};
use redraft::{cli, slash};
use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_redraft");

/// Gives the program, with nothing of this machine in its environment.
fn program(home: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    clean(&mut command, home);
    command
}

fn clean(command: &mut Command, home: &Path) {
    let path = format!("{}:/usr/bin:/bin", Path::new(PROGRAM).parent().unwrap().display());
    command.env_clear().env("PATH", path).env("HOME", home).env("TZ", "UTC").current_dir(home);
}

fn succeeded(output: Output) -> String {
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

/// Compares a generated text with what is in a file, or puts it there.
#[track_caller]
fn is_generated(file: &str, there: &str, generated: &str, whole: impl FnOnce() -> String) {
    if there == generated {
        return;
    }
    if std::env::var_os("REDRAFT_BLESS").is_some() {
        fs::write(root().join(file), whole()).unwrap();
    } else {
        assert_eq!(there, generated, "{file} is out of date: REDRAFT_BLESS=1 cargo test --test it docs");
    }
}

/// Splits a line of a page as a shell would, up to a comment, a pipe or a redirection; `None` when it is no command that
/// could be typed. What stands for something (`<name>`) becomes a word, what may be left out (`[name]`) is left out.
fn typed(line: &str) -> Option<Vec<String>> {
    let line = line.strip_prefix("$ ").unwrap_or(line);
    let rest = line.strip_prefix("redraft ")?;
    let mut words = vec![String::new()];
    let (mut quote, mut optional) = (None, 0);
    let mut before = ' ';
    for c in rest.chars() {
        match (quote, c) {
            (Some(end), _) if c == end => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '#' | '|' | ';' | '&') if before == ' ' => break,
            (None, ' ') if words.last().is_some_and(|word| word == "<" || word == ">") => break,
            (None, ' ') => words.push(String::new()),
            (None, '[') => optional += 1,
            (None, ']') => optional -= 1,
            (None, _) if optional > 0 => {}
            _ => words.last_mut().unwrap().push(c),
        }
        before = c;
    }
    let bare = |word: &String| word.trim_end_matches('…').trim_matches(['<', '>']).to_string();
    let words: Vec<String> = words.iter().map(bare).filter(|word| !word.is_empty()).collect();
    // `hook` is answered before the command line is read; "redraft X" speaks of all commands.
    (!words.is_empty() && words != ["hook"] && words != ["X"]).then_some(words)
}

#[test]
fn lines_are_split_as_a_shell_would() {
    let split = |line: &str| typed(line).map(|words| words.join("|"));
    assert_eq!(split("redraft start <name> '<description>'").unwrap(), "start|name|description");
    assert_eq!(split("$ redraft commit [name] --files 'a b,c'  # some").unwrap(), "commit|--files|a b,c");
    assert_eq!(split("redraft intent < prompts.jsonl").unwrap(), "intent");
    assert_eq!(split("redraft rm <path>…").unwrap(), "rm|path");
    assert_eq!([split("redraft …"), split("redraft hook"), split("redraft.json")], [None, None, None]);
}

#[test]
fn every_command_in_the_pages_is_read() {
    let mut n_commands = 0;
    for page in Page::all() {
        for line in page.code_lines().into_iter().chain(page.spans()) {
            let Some(words) = typed(&line) else { continue };
            n_commands += 1;
            // Read before the tree is built: one command string.
            if words[0] == "-c" {
                assert!(words.len() <= 2, "{}: {line}", page.file.display());
                continue;
            }
            // A verb alone is its name.
            if words.len() == 1 && cli::tree().find_subcommand(&words[0]).is_some() {
                continue;
            }
            let read = cli::tree().try_get_matches_from(std::iter::once("redraft".into()).chain(words));
            if let Err(error) = read {
                let is_help = !error.use_stderr();
                assert!(is_help, "{}: {line}\n{error}", page.file.display());
            }
        }
    }
    assert!(n_commands > 50, "only {n_commands} commands found");
}

#[test]
fn every_slash_command_in_the_pages_is_read() {
    let mut n_commands = 0;
    for page in Page::all() {
        for line in page.code_lines().into_iter().chain(page.spans()) {
            let line = line.strip_prefix("> ").unwrap_or(&line);
            let Some((command, args)) = line.strip_prefix('/').and_then(|rest| rest.split_once(' ')) else {
                continue;
            };
            // "/session X" and "/session …" speak of all of them.
            if !["session", "retry"].contains(&command) || ["X", "…"].contains(&args) {
                continue;
            }
            n_commands += 1;
            // A comment, or what a picture draws beside it.
            let end =
                [" # ", "  ", " ─"].iter().filter_map(|mark| args.find(mark)).min().unwrap_or(args.len());
            let read = slash::parse(command, &args[..end]);
            assert!(read.is_ok(), "{}: {line}: {read:?}", page.file.display());
        }
    }
    assert!(n_commands > 30, "only {n_commands} commands found");
}

/// Gives the page of commands as the program's help makes it.
fn commands_page() -> String {
    let home = TempDir::new().unwrap();
    let help = |args: &[&str]| succeeded(program(home.path()).args(args).output().unwrap());
    let whole = help(&["--help"]);
    let global = whole.find("Global options:").unwrap();
    let end = whole[global..].find("\n\nExamples:").map_or(whole.len(), |end| global + end + 1);
    let global = whole[global..end].to_string();
    let mut page = "# Commands\n\nThe help of every command, as the program prints it; the global options stand in the \
        first one only. This page is\ngenerated: `REDRAFT_BLESS=1 cargo test --test it docs` writes it anew.\n"
        .to_string();
    let mut add = |title: &str, help: &str| {
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        let _ = write!(page, "\n## {title}\n\n```text\n{}\n```\n", lines.join("\n").trim_end());
    };
    add("redraft", &whole);
    let tree = cli::tree();
    for verb in tree.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let own = help(&[verb.get_name(), "--help"]);
        assert!(own.contains(&global), "{} takes the global options", verb.get_name());
        add(&format!("redraft {}", verb.get_name()), &own.replace(&format!("{global}\n"), ""));
        for action in verb.get_subcommands() {
            let (verb, action) = (verb.get_name(), action.get_name());
            add(
                &format!("redraft {verb} {action}"),
                &help(&[verb, action, "--help"]).replace(&format!("{global}\n"), ""),
            );
        }
    }
    page
}

#[test]
fn the_page_of_commands_is_the_help() {
    let file = "references/commands.md";
    let there = fs::read_to_string(root().join(file)).unwrap_or_default();
    let generated = commands_page();
    is_generated(file, &there, &generated, || generated.clone());
}

/// Runs what the README's first section tells to type, in a directory with a book in it.
#[test]
fn the_start_of_the_readme_runs() {
    let home = TempDir::new().unwrap();
    let scene = home.path().join("my-book/acts/scene-0101.md");
    fs::create_dir_all(scene.parent().unwrap()).unwrap();
    fs::write(&scene, "A quiet evening.\n").unwrap();
    let section = Page::read("README.md").section("Two minutes");
    let lines = section.blocks().into_iter().filter(|block| block.kind == "sh").flat_map(|block| block.lines);
    // The program under test is what is installed.
    let typed: Vec<&str> = lines.filter(|line| !line.starts_with("cargo install ")).collect();
    assert!(typed.len() >= 3, "{typed:?}");
    let mut shell = Command::new("bash");
    clean(&mut shell, home.path());
    let said = succeeded(shell.args(["-euo", "pipefail", "-c", &typed.join("\n")]).output().unwrap());
    assert!(said.contains("INSTALLED") && said.contains("removed; nothing is left behind"), "{said}");
    assert!(home.path().join("my-book/.claude/skills/session/SKILL.md").exists());
    assert_eq!(fs::read_to_string(scene).unwrap(), "A quiet evening.\n");
}

/// What differs from run to run: the fingerprint, the commit's id, the size of the records.
fn without_ids(transcript: &str) -> String {
    let mut lines = Vec::new();
    for line in transcript.lines() {
        let is_id = |word: &str| {
            let digits = |c: char| c.is_ascii_digit() || c == '-';
            (word.len() == 16 && word.chars().all(|c| c.is_ascii_hexdigit()))
                || (word.len() >= 15 && word.chars().all(digits))
        };
        let word =
            |word: &str| if is_id(word.trim_end_matches(':')) { "ID".into() } else { word.to_string() };
        let line = line.split_once("Session Size: ").map_or(line, |(before, _)| before);
        lines.push(line.split(' ').map(word).collect::<Vec<_>>().join(" "));
    }
    lines.join("\n")
}

#[test]
fn the_readmes_transcript_is_the_demos() {
    let home = TempDir::new().unwrap();
    let demo = succeeded(program(home.path()).arg("demo").output().unwrap());
    let readme = Page::read("README.md").text;
    let (before, rest) = readme.split_once("<!-- the demo's transcript").unwrap();
    let (opening, rest) = rest.split_once("```text\n").unwrap();
    let (there, after) = rest.split_once("```").unwrap();
    is_generated("README.md", &without_ids(there), &without_ids(&demo), || {
        format!("{before}<!-- the demo's transcript{opening}```text\n{demo}```{after}")
    });
}

#[test]
fn the_readme_is_enough_for_a_plugin_directory() {
    let readme = Page::read("README.md").text;
    let introduction = readme.split("\n## ").next().unwrap();
    assert!(introduction.split_whitespace().count() >= 40);
    assert!(readme.lines().any(|line| line.starts_with("/plugin install redraft")));
}

#[test]
fn every_event_of_the_plugin_is_known_to_the_hook() {
    let plugin: Value = serde_json::from_str(&Page::read("hooks/hooks.json").text).unwrap();
    for name in plugin["hooks"].as_object().unwrap().keys() {
        let text = json!({ "hook_event_name": name }).to_string();
        let kind = Event::parse(text.as_bytes()).unwrap().kind();
        assert!(kind != Kind::Other, "{name}");
    }
}

#[test]
fn links_lead_somewhere() {
    for page in Page::all() {
        let dir = root().join(page.file.parent().unwrap());
        for target in page.links() {
            assert!(dir.join(&target).exists(), "{}: {target}", page.file.display());
        }
    }
}

#[test]
fn files_that_pages_name_exist() {
    let ours = ["src/", "tests/", "references/", "hooks/", "skills/", ".ci/", ".claude-plugin/"];
    for page in Page::all() {
        for span in page.spans() {
            // A name with a leading dot is something that an installation makes.
            let varies = span.contains(['*', '<', ' ', '…']) || span.contains("/.");
            let is_path = ours.iter().any(|dir| span.starts_with(dir)) && !varies;
            assert!(!is_path || root().join(&span).exists(), "{}: {span}", page.file.display());
        }
    }
}

#[test]
fn the_changelog_knows_this_version() {
    let changelog = Page::read("CHANGELOG.md").text;
    assert!(changelog.contains("\n## [Unreleased]\n"));
    assert!(changelog.contains(&format!("\n## [{}]", env!("CARGO_PKG_VERSION"))));
}
