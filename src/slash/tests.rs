//! Columns of typed text and the command it is.

use super::*;
use crate::store::notebook::Kind;
use crate::verbs::{Analyze, Ask, End, Period};

fn start_(name: &str, description: &str) -> Command {
    Command::Start(Start { name: Some(name.into()), description: description.into(), ..Start::default() })
}

fn status_(name: Option<&str>) -> Command {
    Command::Status { name: name.map(Into::into) }
}

fn switch_(name: &str) -> Command {
    Command::Switch { name: name.into() }
}

fn commit_(name: Option<&str>, force: bool) -> Command {
    Command::Commit(Commit { name: name.map(Into::into), force, ..Commit::default() })
}

fn cancel_(name: Option<&str>, backup_retries: bool, purge: bool) -> Command {
    Command::Cancel { name: name.map(Into::into), backup_retries, purge }
}

fn retry_(file: &str, reason: &str) -> Command {
    Command::Retry { file: file.into(), reason: reason.into(), auto: false }
}

fn rm_(paths: &[&str]) -> Command {
    Command::Rm { paths: paths.iter().map(Into::into).collect() }
}

fn diff_(operands: &[&str], style: DiffStyle) -> Command {
    Command::Diff(Diff { sessions: Vec::new(), operands: operands.iter().map(Into::into).collect(), style })
}

#[track_caller]
fn reads(name: &str, cases: Vec<(&str, Command)>) {
    for (typed, command) in cases {
        match parse(name, typed) {
            Ok(got) => assert_eq!(got, command, "/{name} {typed}"),
            Err(error) => panic!("/{name} {typed}: {}", error.message),
        }
    }
}

#[test]
fn hand_overs() {
    reads(
        "session",
        vec![
            ("search Token refresh -- now", Command::Search { text: "Token refresh -- now".into() }),
            (
                "where did the storm go",
                Command::Resolve { paths: ["did", "the", "storm", "go"].map(Into::into).into() },
            ),
            ("everything about storms", Command::Search { text: "everything about storms".into() }),
            ("frobnicate", Command::Search { text: "frobnicate".into() }),
            ("маяк", Command::Search { text: "маяк".into() }),
            ("\"token refresh\"", Command::Search { text: "token refresh".into() }),
            (
                "find --tag draft --skill tdd --recent 3 --since 7d --state inactive",
                Command::Find(Filter {
                    tags: vec!["draft".into()],
                    kind: Some("tdd".into()),
                    state: Some("inactive".into()),
                    recent: Some(3),
                    since: Some("7d".into()),
                }),
            ),
            ("brief", Command::Brief { name: None }),
            ("resume auth", Command::Resume { name: Some("auth".into()) }),
            (
                "continue --session sessions/auth --skill implement --phase \"3: Build\" --continue",
                Command::Resume { name: Some("auth".into()) },
            ),
            (
                "end --accomplished \"it works\" --merge-to main --push",
                Command::End(End {
                    accomplished: "it works".into(),
                    merge_to: Some("main".into()),
                    push: true,
                    ..End::default()
                }),
            ),
            ("dehydrate", Command::Dehydrate { payload: None }),
            ("restart", Command::Restart),
        ],
    );
}

#[test]
fn starts_and_notebooks() {
    reads(
        "session",
        vec![
            (
                "start exp Trying it --type tdd --objective \"a b\" --objective=c --branch f/x",
                Command::Start(Start {
                    name: Some("exp".into()),
                    description: "Trying it".into(),
                    kind: Some("tdd".into()),
                    objectives: vec!["a b".into(), "c".into()],
                    branch: Some("f/x".into()),
                    ..Start::default()
                }),
            ),
            (
                "start --auto \"implement OAuth2 authentication\"",
                Command::Start(Start {
                    name: Some("implement OAuth2 authentication".into()),
                    auto: true,
                    ..Start::default()
                }),
            ),
            ("start exp a dash -- or two --really", start_("exp", "a dash -- or two --really")),
            (
                "objective add a b",
                Command::Notebook(Ask::Add {
                    kind: Kind::Objective,
                    texts: vec!["a b".into()],
                    rationale: String::new(),
                    alternatives: Vec::new(),
                    sort: String::new(),
                }),
            ),
            (
                "checkpoint oauth complete --notes \"it works\" --tdd-phase green --git-commit",
                Command::Checkpoint(Checkpoint {
                    label: "oauth complete".into(),
                    notes: "it works".into(),
                    tdd_phase: Some("green".into()),
                    git_commit: true,
                    message: None,
                }),
            ),
            ("checkpoints", Command::Checkpoints),
            ("rollback cp-2", Command::Rollback { id: "cp-2".into() }),
            ("откати cp-2", Command::Rollback { id: "cp-2".into() }),
            (
                "commit --force --override blockers --override tests --reason \"keys come later\"",
                Command::Commit(Commit {
                    force: true,
                    overrides: vec!["blockers".into(), "tests".into()],
                    reason: Some("keys come later".into()),
                    ..Commit::default()
                }),
            ),
            ("tasks", Command::Notebook(Ask::List { kind: Kind::Task })),
        ],
    );
}

#[test]
fn english() {
    reads(
        "session",
        vec![
            ("", status_(None)),
            ("   ", status_(None)),
            ("start work-on-chapter-01", start_("work-on-chapter-01", "")),
            (
                "start exp-0102 \"Trying alternative version\"",
                start_("exp-0102", "Trying alternative version"),
            ),
            ("start exp Trying a darker tone", start_("exp", "Trying a darker tone")),
            ("start exp “Trying it”", start_("exp", "Trying it")),
            ("  START  exp  it's `ls` $(rm -rf /) --force ", start_("exp", "it's `ls` $(rm -rf /) --force")),
            ("start \"my name\" x", start_("my name", "x")),
            ("start exp line one\nline two", start_("exp", "line one\nline two")),
            ("create session work", start_("work", "")),
            ("list", Command::List),
            ("ls", Command::List),
            ("list sessions", Command::List),
            ("session list", Command::List),
            ("session", status_(None)),
            ("status", status_(None)),
            ("status old-work", status_(Some("old-work"))),
            ("switch main-work", switch_("main-work")),
            ("switch to main-work", switch_("main-work")),
            ("switch session to main-work", switch_("main-work")),
            ("switch to", switch_("to")),
            ("restore old", Command::Restore { name: "old".into() }),
            ("retry a.md bad", retry_("a.md", "bad")),
            ("record retry a.md bad", retry_("a.md", "bad")),
            ("rm acts/a.md \"acts/b c.md\" @acts/d.md", rm_(&["acts/a.md", "acts/b c.md", "acts/d.md"])),
            ("rm -- --force", rm_(&["--force"])),
            ("rm -x", rm_(&["-x"])),
            ("bring a.md \"b c.md\"", Command::Bring { paths: vec!["a.md".into(), "b c.md".into()] }),
            ("mv a.md \"b c.md\"", Command::Mv { from: "a.md".into(), to: "b c.md".into() }),
            ("resolve acts/a.md b", Command::Resolve { paths: vec!["acts/a.md".into(), "b".into()] }),
            ("diff", diff_(&[], DiffStyle::Unified)),
            ("diff main exp acts/a.md --word", diff_(&["main", "exp", "acts/a.md"], DiffStyle::Word)),
            ("diff --stat", diff_(&[], DiffStyle::Stat)),
            ("diff —name-only", diff_(&[], DiffStyle::NameOnly)),
        ],
    );
}

#[test]
fn commit_and_cancel() {
    let full = |files: &[&str], expect: &str| {
        Command::Commit(Commit {
            name: Some("w".into()),
            force: true,
            expect: Some(expect.into()),
            files: files.iter().map(|file| (*file).to_string()).collect(),
            ..Commit::default()
        })
    };
    reads(
        "session",
        vec![
            ("commit", commit_(None, false)),
            ("commit session", commit_(None, false)),
            ("commit w", commit_(Some("w"), false)),
            ("commit --force", commit_(None, true)),
            ("commit force", commit_(None, true)),
            ("commit w FORCE", commit_(Some("w"), true)),
            ("commit -f w", commit_(Some("w"), true)),
            ("commit —force", commit_(None, true)),
            ("commit \"force\"", commit_(Some("force"), false)),
            ("commit force force", commit_(Some("force"), true)),
            ("commit w --force --files a.md,b.md --expect 5f0c", full(&["a.md", "b.md"], "5f0c")),
            (
                "commit --expect=5f0c w --files=\"a b.md,{c,d}.md\" --force",
                full(&["a b.md", "{c,d}.md"], "5f0c"),
            ),
            ("commit w --force --files a.md, @b.md --expect 5f0c", full(&["a.md", "b.md"], "5f0c")),
            (
                "commit w --files a.md --files \"b c\" --force --expect 1 --expect 2",
                full(&["a.md", "b c"], "2"),
            ),
            ("cancel", cancel_(None, true, false)),
            ("cancel session exp", cancel_(Some("exp"), true, false)),
            ("cancel exp --purge", cancel_(Some("exp"), true, true)),
            ("cancel --no-backup-retries", cancel_(None, false, false)),
        ],
    );
}

#[test]
fn russian() {
    reads(
        "session",
        vec![
            ("начать глава-1", start_("глава-1", "")),
            ("начать сессию ch1 «Тёмный тон»", start_("ch1", "Тёмный тон")),
            ("создать сессию ch1 другой финал", start_("ch1", "другой финал")),
            ("старт ch1", start_("ch1", "")),
            ("Новая сессия ch1", start_("ch1", "")),
            ("список", Command::List),
            ("список сессий", Command::List),
            ("сессии", Command::List),
            ("статус", status_(None)),
            ("статус сессии", status_(None)),
            ("СТАТУС ch1", status_(Some("ch1"))),
            ("переключить ch1", switch_("ch1")),
            ("переключить сессию на ch1", switch_("ch1")),
            ("переключись на сессию ch1", switch_("ch1")),
            ("закоммитить", commit_(None, false)),
            ("закоммитить сессию", commit_(None, false)),
            ("закоммитить сессию ch1 принудительно", commit_(Some("ch1"), true)),
            ("коммит --force", commit_(None, true)),
            ("принять ch1", commit_(Some("ch1"), false)),
            ("отменить", cancel_(None, true, false)),
            ("отменить сессию ch1", cancel_(Some("ch1"), true, false)),
            ("восстановить ch1", Command::Restore { name: "ch1".into() }),
            ("удалить acts/сцена.md", rm_(&["acts/сцена.md"])),
            ("переименовать а.md б.md", Command::Mv { from: "а.md".into(), to: "б.md".into() }),
            ("разница", diff_(&[], DiffStyle::Unified)),
            ("дифф ch1 --word", diff_(&["ch1"], DiffStyle::Word)),
            ("где acts/a.md", Command::Resolve { paths: vec!["acts/a.md".into()] }),
            ("повтор сцена 0101 скучно", retry_("сцена 0101", "скучно")),
        ],
    );
}

#[test]
fn retries() {
    reads(
        "retry",
        vec![
            (
                "scene-0101.md \"Too much exposition, needs more action\"",
                retry_("scene-0101.md", "Too much exposition, needs more action"),
            ),
            ("scene-0101.md too much \"telling\"", retry_("scene-0101.md", "too much \"telling\"")),
            ("scene-0101.md: too much", retry_("scene-0101.md", "too much")),
            ("scene-0101.md — слишком много", retry_("scene-0101.md", "слишком много")),
            ("scene 0101 too dark", retry_("scene 0101", "too dark")),
            ("scene 0101: too dark", retry_("scene 0101", "too dark")),
            ("сцена 0101 «слишком мрачно»", retry_("сцена 0101", "слишком мрачно")),
            ("chapter 3 'flat'", retry_("chapter 3", "flat")),
            ("\"scene 0101\" flat", retry_("scene 0101", "flat")),
            ("“acts/my scene.md” “flat”", retry_("acts/my scene.md", "flat")),
            ("@acts/a.md flat", retry_("acts/a.md", "flat")),
            ("@\"acts/a b.md\" flat", retry_("acts/a b.md", "flat")),
            ("plan.md 3 scenes are missing", retry_("plan.md", "3 scenes are missing")),
            ("\"plan\" 3 scenes are missing", retry_("plan", "3 scenes are missing")),
            ("plan \"3 scenes are missing\"", retry_("plan", "3 scenes are missing")),
            ("a.md `touch /x` $(x) \"$HOME\" \\", retry_("a.md", "`touch /x` $(x) \"$HOME\" \\")),
            ("a.md --auto", retry_("a.md", "--auto")),
        ],
    );
}

#[test]
fn plugins_name_their_commands_with_a_prefix() {
    for name in ["session", "/session", "redraft:session", "/redraft:session", "a:b:session"] {
        assert_eq!(parse(name, "list").unwrap(), Command::List, "{name}");
    }
    assert_eq!(parse("redraft:retry", "a.md b").unwrap(), retry_("a.md", "b"));
    assert!(parse("compact", "list").is_err());
}

#[test]
fn what_is_not_understood_is_said_with_the_next_step() {
    for (name, typed, message, hint) in [
        ("session", "stauts", "Unknown command 'stauts'", "Did you mean: redraft status"),
        ("session", "закомитить", "Unknown command 'закомитить'", "Did you mean: redraft commit"),
        ("session", "retyr a b", "Unknown command 'retyr'", "Did you mean: redraft retry <file> <reason>"),
        ("session", "\x1bstatus", "Unknown command '\\u{1b}status'", "Did you mean: redraft status"),
        ("session", "\"status\"", "Unknown command 'status'", "Did you mean: redraft status"),
        ("session", "record", "Unknown command 'record'", "Did you mean: redraft report"),
        ("session", "start", "start needs a name for the session", "redraft start <name> [description]"),
        (
            "session",
            "start session",
            "start needs a name for the session",
            "redraft start <name> [description]",
        ),
        ("session", "switch", "switch needs the name of a session", "redraft switch <name>"),
        ("session", "restore", "restore needs the session's name", "redraft restore <name>"),
        ("session", "list all of them", "'all' is one word too many for list", "redraft list"),
        ("session", "cancel a b", "'b' is one word too many for cancel", "redraft cancel <name>"),
        ("session", "commit a b --force", "'b' is one word too many for commit", "redraft commit <name>"),
        ("session", "commit --forec", "commit has no option --forec", "Did you mean: redraft commit --force"),
        ("session", "commit --expect", "--expect needs a value", "redraft commit --expect <value>"),
        (
            "session",
            "commit --files ,",
            "--files needs at least one file",
            "redraft commit --files acts/scene-0101.md",
        ),
        (
            "session",
            "commit --force=yes",
            "commit has no option --force",
            "Did you mean: redraft commit --force",
        ),
        ("session", "status --json", "status has no option --json", "redraft status"),
        (
            "session",
            "diff --word --stat",
            "--stat and another way to show the difference",
            "redraft diff --stat",
        ),
        ("session", "help", "no command was given; these are asked for most", "redraft status"),
        ("session", "Помощь", "no command was given; these are asked for most", "redraft status"),
        ("session", "rm", "rm needs a path", "redraft rm <path>"),
        ("session", "bring", "bring needs a path", "redraft bring <path>"),
        (
            "session",
            "удалить сессию ch1",
            "rm deletes files in the session, not a session",
            "Discard a session: redraft cancel <name>",
        ),
        ("session", "mv a", "mv needs two paths, not 1; quote a path with spaces", "redraft mv <from> <to>"),
        ("retry", "", "retry needs a file and a reason", "redraft retry <file> <reason>"),
        ("retry", "a.md", "retry of 'a.md' needs a reason", "redraft retry <file> <reason>"),
        ("retry", "a.md \"\"", "retry of 'a.md' needs a reason", "redraft retry <file> <reason>"),
        ("retry", "scene 0101", "retry of 'scene 0101' needs a reason", "redraft retry <file> <reason>"),
        ("retry", "\"\" why", "retry needs a file", "redraft retry <file> <reason>"),
    ] {
        let error = parse(name, typed).unwrap_err();
        assert_eq!(error.message, message, "/{name} {typed}");
        assert_eq!(error.hints[0], hint, "/{name} {typed}");
        assert_eq!(error.kind.exit_code(), 2);
    }
}

#[test]
fn every_documented_name_is_read() {
    for verb in [crate::ui::SESSION_VERBS.as_slice(), &crate::ui::FILE_VERBS].concat() {
        match parse("session", &format!("{verb} a b")) {
            Ok(_) => {}
            Err(error) => assert!(!error.message.contains("unknown"), "{verb}: {}", error.message),
        }
    }
}

#[test]
fn input_is_bounded_and_never_panics() {
    assert!(parse("session", &"x".repeat(MAX_BYTES + 1)).is_err());
    assert!(parse("session", &"\"".repeat(MAX_BYTES)).is_err());
    let pieces =
        ["\"", "'", "“", "«", "»", "\\", " ", "--", "=", "—", "@", "commit", "start", "\0", "й", ",", "\n"];
    for a in pieces {
        for b in pieces {
            for c in pieces {
                for verb in ["", "start ", "commit --files", "rm ", "diff "] {
                    let _ = parse("session", &format!("{verb}{a}{b}{c}"));
                }
                let _ = parse("retry", &format!("{a}{b}{c}"));
            }
        }
    }
}

#[test]
fn questions_are_answered_directly() {
    for (typed, direct) in [
        ("", true),
        ("list", true),
        ("diff", true),
        ("resolve a", true),
        ("commit", true),
        ("commit --force", false),
        ("start a", false),
        ("cancel", false),
        ("rm a", false),
    ] {
        assert_eq!(is_direct(&parse("session", typed).unwrap()), direct, "{typed}");
    }
}

#[test]
fn what_the_reference_pages_type_is_read() {
    let pages = [
        include_str!("../../references/interaction-patterns.md"),
        include_str!("../../references/cow-details.md"),
    ];
    let mut n_commands = 0;
    for line in pages.iter().flat_map(|page| page.lines()) {
        let line = line.split_once(": /").map_or(line, |(_window, command)| command).trim_start_matches('/');
        let Some((name, args)) = line.split_once(' ').filter(|(name, _)| ["session", "retry"].contains(name))
        else {
            continue;
        };
        assert!(parse(name, args).is_ok(), "/{line}");
        n_commands += 1;
    }
    assert!(n_commands > 30, "only {n_commands} commands found");
}

#[test]
fn looking_back_takes_its_words() {
    let compare = |a: &str, b: Option<&str>| Command::Compare { a: a.into(), b: b.map(Into::into) };
    for (typed, expected) in [
        ("history", Command::History { count: None, metrics: false }),
        ("история --count 5 --metrics", Command::History { count: Some(5), metrics: true }),
        ("compare a", compare("a", None)),
        ("сравни a b", compare("a", Some("b"))),
        ("analyze", Command::Analyze(Analyze::default())),
        (
            "анализ --velocity --since 7d",
            Command::Analyze(Analyze { velocity: true, since: Some("7d".into()), ..Analyze::default() }),
        ),
        ("report", Command::Report { period: Period::Weekly, format: None }),
        (
            "отчёт --project --format html",
            Command::Report { period: Period::Project, format: Some("html".into()) },
        ),
        ("gc --dry-run", Command::Gc { dry_run: true }),
        ("archive", Command::Archive { name: None }),
        ("архивировать сессию a", Command::Archive { name: Some("a".into()) }),
        ("reopen a", Command::Reopen { name: "a".into() }),
    ] {
        assert_eq!(parse("session", typed).unwrap(), expected, "{typed}");
    }
    for wrong in [
        "history --count x",
        "history a",
        "compare",
        "compare a b c",
        "reopen",
        "analyze a",
        "report --weekly --project",
    ] {
        assert!(parse("session", wrong).is_err(), "{wrong}");
    }
}
