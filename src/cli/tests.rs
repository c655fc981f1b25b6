//! What is typed at a shell and the command it is; help whose examples hold.

use super::*;
use crate::report::DiffStyle;
use crate::verbs::{Commit, Diff, Start};

/// Takes a command line apart; words are separated by spaces, `'…'` and `"…"` group.
fn words(line: &str) -> Vec<OsString> {
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut open) = (None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(end), _) if c == end => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                if !open {
                    words.push(String::new());
                }
                open = true;
            }
            (None, ' ') => open = false,
            _ => {
                if !open {
                    words.push(String::new());
                }
                open = true;
                words.last_mut().unwrap().push(c);
            }
        }
    }
    words.into_iter().map(OsString::from).collect()
}

fn read(line: &str) -> Result<Cli, clap::Error> {
    super::read(&words(line))
}

/// Gives the command of a verb that has one.
fn command(line: &str) -> Command {
    match read(line).unwrap_or_else(|error| panic!("{line}: {error}")).verb {
        Verb::Start(args) => args.into(),
        Verb::Status(args) => args.into(),
        Verb::Commit(args) => args.into(),
        Verb::Cancel(args) => args.into(),
        Verb::Retry(args) => args.into(),
        Verb::Diff(args) => args.into(),
        Verb::Rm(args) => args.into(),
        Verb::Mv(args) => args.into(),
        Verb::Bring(args) => args.into(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_tree_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn verbs_become_commands() {
    let start = |name: &str, description: &str| {
        Command::Start(Start { name: Some(name.into()), description: description.into(), ..Start::default() })
    };
    let commit = |name: Option<&str>, force: bool, expect: Option<&str>, files: &[&str]| {
        Command::Commit(Commit {
            name: name.map(Into::into),
            force,
            expect: expect.map(Into::into),
            files: files.iter().map(ToString::to_string).collect(),
            ..Commit::default()
        })
    };
    for (line, expected) in [
        ("redraft start w a b", start("w", "a b")),
        (
            "redraft start --auto 'implement x' --type tdd --objective a --objective 'b c' --branch f/x",
            Command::Start(Start {
                name: Some("implement x".into()),
                kind: Some("tdd".into()),
                objectives: vec!["a".into(), "b c".into()],
                branch: Some("f/x".into()),
                auto: true,
                ..Start::default()
            }),
        ),
        ("redraft start w 'a  b'", start("w", "a  b")),
        ("redraft status", Command::Status { name: None }),
        ("redraft commit", commit(None, false, None, &[])),
        ("redraft commit w --force --expect 5f", commit(Some("w"), true, Some("5f"), &[])),
        ("redraft commit -f --files 'a b,{c,d}' --files e", commit(None, true, None, &["a b", "{c,d}", "e"])),
        ("redraft cancel", Command::Cancel { name: None, backup_retries: true, purge: false }),
        (
            "redraft cancel w --no-backup-retries --purge",
            Command::Cancel { name: Some("w".into()), backup_retries: false, purge: true },
        ),
        (
            "redraft retry 'scene 0101' too dark --auto",
            Command::Retry { file: "scene 0101".into(), reason: "too dark".into(), auto: true },
        ),
        (
            "redraft diff a b c --word",
            Command::Diff(Diff {
                sessions: Vec::new(),
                operands: ["a", "b", "c"].map(Into::into).into(),
                style: DiffStyle::Word,
            }),
        ),
        ("redraft diff", Command::Diff(Diff::default())),
        ("redraft rm -- -x", Command::Rm { paths: vec!["-x".into()] }),
        ("redraft mv a b", Command::Mv { from: "a".into(), to: "b".into() }),
        ("redraft bring a -- -b", Command::Bring { paths: vec!["a".into(), "-b".into()] }),
    ] {
        assert_eq!(command(line), expected, "{line}");
    }
}

#[test]
fn paths_are_bytes() {
    use std::os::unix::ffi::OsStringExt;
    let odd = OsString::from_vec(b"acts/\xff.md".to_vec());
    let args: Vec<OsString> = vec!["redraft".into(), "rm".into(), odd.clone()];
    let Verb::Rm(args) = Cli::try_parse_from(args).unwrap().verb else { panic!("not rm") };
    assert_eq!(Command::from(args), Command::Rm { paths: vec![odd] });
}

#[test]
fn global_options_stand_before_or_after_the_verb() {
    for line in [
        "redraft --json --root /book --session w -q --color never list",
        "redraft list --json --root=/book --session=w --quiet --color=never",
    ] {
        let global = read(line).unwrap().global;
        assert!(global.json && global.quiet, "{line}");
        assert_eq!(global.root, Some("/book".into()));
        assert_eq!(global.session.as_deref(), Some("w"));
        assert_eq!(global.color, Color::Never);
    }
}

#[test]
fn every_verb_has_help_within_80_columns_and_its_examples_hold() {
    let mut tree = Cli::command();
    tree.build();
    for verb in tree.get_subcommands_mut().filter(|verb| verb.get_name() != "help") {
        let name = verb.get_name().to_string();
        assert!(verb.get_about().is_some(), "{name} says what it does");
        let help = verb.render_long_help().to_string();
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
        let examples: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  redraft ")).collect();
        assert!(!examples.is_empty(), "{name} has examples");
        for example in examples {
            let typed = example.split(" < ").next().unwrap_or(example);
            let words = words(&format!("redraft {typed}"));
            let whole =
                Cli::try_parse_from(&words).unwrap_or_else(|error| panic!("{name}: {example}: {error}"));
            let alone = read_alone(&words).unwrap_or_else(|| panic!("{name} alone: {example}"));
            assert_eq!(format!("{alone:?}"), format!("{whole:?}"), "{example}");
            assert!(typed.starts_with(&name), "{name}: {example}");
        }
    }
}

/// Every line of up to three words from these, behind each verb.
#[test]
fn words_alone_are_read_as_clap_reads_them() {
    let kinds = ["w", "", "a b", "глава", "help", "--json", "--force", "-f", "--", "-", "-w", "--json=true"];
    let mut lines: Vec<Vec<&str>> = vec![Vec::new()];
    let mut last = lines.clone();
    for _ in 0..3 {
        last = last
            .iter()
            .flat_map(|line| kinds.iter().map(move |word| [line.as_slice(), &[*word]].concat()))
            .collect();
        lines.extend(last.iter().cloned());
    }
    for (verb, by_words) in [
        ("start", 240),
        ("list", 2),
        ("status", 17),
        ("switch", 15),
        ("commit", 103),
        ("cancel", 17),
        ("undo", 17),
    ] {
        let mut n = 0;
        for line in &lines {
            let words: Vec<OsString> =
                ["redraft", verb].iter().chain(line).map(|word| OsString::from(*word)).collect();
            let Some(plain) = plain::read(&words) else { continue };
            let whole = Cli::try_parse_from(&words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
            assert_eq!(format!("{plain:?}"), format!("{whole:?}"), "{words:?}");
            n += 1;
        }
        assert_eq!(n, by_words, "{verb}");
    }
    let odd: OsString = std::os::unix::ffi::OsStringExt::from_vec(vec![0xff]);
    assert!(plain::read(&["redraft".into(), "status".into(), odd]).is_none());
    assert!(plain::read(&["redraft".into(), "log".into()]).is_none() && plain::read(&[]).is_none());
}

#[test]
fn usage_errors_are_errors_like_any_other() {
    for (line, message, detail, hint) in [
        ("redraft statu", "Unknown command 'statu'", "", "Did you mean: redraft status"),
        ("redraft note hello", "Unknown command 'note hello'", "", "Add it: redraft note add \"hello\""),
        ("redraft note lst", "Unknown command 'note lst'", "", "Did you mean: redraft note list"),
        (
            "redraft commit --forec",
            "Unexpected argument '--forec' found",
            "Usage: redraft commit",
            "Did you mean: redraft commit --force",
        ),
        (
            "redraft start",
            "redraft start needs <NAME>",
            "Usage: redraft start",
            "What it takes: redraft start --help",
        ),
        (
            "redraft diff --word --stat",
            "The argument '--word' cannot be used with '--stat'",
            "Usage: redraft diff",
            "What it takes: redraft diff --help",
        ),
        (
            "redraft completions tcsh",
            "Invalid value 'tcsh' for '<SHELL>'",
            "Possible values: bash, ",
            "Did you mean 'zsh'?",
        ),
    ] {
        let error = usage_error(&read(line).unwrap_err());
        assert_eq!(error.kind, Kind::Usage);
        assert_eq!(error.message, message);
        assert!(
            detail.is_empty() || error.details.iter().any(|line| line.starts_with(detail)),
            "{line}: {:?}",
            error.details
        );
        assert_eq!(error.hints[0], hint, "{line}");
    }
    for bare in ["redraft", "redraft --json"] {
        assert_eq!(usage_error(&read(bare).unwrap_err()).message, "No command given");
    }
}

#[test]
fn completions_know_the_verbs() {
    let Verb::Completions(args) = read("redraft completions bash").unwrap().verb else {
        panic!("no completions")
    };
    let Report::Plain(script) = completions::completions(&args) else { panic!("not text") };
    assert!(script.text.contains("no-backup-retries"));
}

#[test]
fn what_the_reference_pages_type_is_read() {
    let pages = [
        include_str!("../../references/interaction-patterns.md"),
        include_str!("../../references/cow-details.md"),
    ];
    let commands = pages.iter().flat_map(|page| page.lines()).filter(|line| line.starts_with("redraft "));
    for line in commands {
        assert!(read(line).is_ok(), "{line}");
    }
}
