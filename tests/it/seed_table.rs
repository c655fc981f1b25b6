//! `references/seed-commands.md` is so: every row's command is run, in order, in one scratch project.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::world::World;

/// Splits a command line as a shell would, as far as the page goes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match c {
            '"' | '\'' if quote.is_none_or(|open| open == c) => quote = quote.xor(Some(c)),
            ' ' if quote.is_none() => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words
}

fn git(world: &World, args: &[&str]) {
    let output = Command::new("git").args(args).current_dir(world.root()).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A book under git with a remote, so that every row has the ground it needs.
fn ground() -> World {
    let world = World::book();
    let remote = world.outside("remote.git");
    git(&world, &["init", "-q", "-b", "main"]);
    git(&world, &["config", "user.name", "a"]);
    git(&world, &["config", "user.email", "a@b.c"]);
    git(&world, &["config", "push.autoSetupRemote", "true"]);
    world.project_file(".gitignore", "workspace\nredraft.json\n");
    git(&world, &["add", "."]);
    git(&world, &["commit", "-qm", "one"]);
    git(&world, &["init", "-q", "--bare", remote.to_str().unwrap()]);
    git(&world, &["remote", "add", "origin", remote.to_str().unwrap()]);
    git(&world, &["push", "-q", "-u", "origin", "main"]);
    world
}

/// Does what a person would have done before a row.
fn before(world: &World, command: &[String]) {
    let is = |words: &[&str]| words.iter().all(|word| command.iter().any(|own| own == word));
    if is(&["--git-commit"]) {
        world.change("acts/plan.md", "landed in part\n");
        world.change("acts/other.md", "stays\n");
        world.run(["commit", "--force", "--files", "acts/plan.md"]).ok();
    }
    if command.iter().any(|word| word.contains("IMPL_PLAN.md")) {
        let plan = r#"{"operation":"write","session_id":"my-session","content_type":"plan","content":"x"}"#;
        world.run(["tool", "session_manager", plan]).ok();
    }
    if is(&["task", "set"]) {
        world.run(["switch", "auth"]).ok();
        world.run(["task", "add", "Cover it"]).ok();
    }
    if is(&["end"]) || is(&["checkpoint"]) || is(&["objective"]) || is(&["blocker"]) || is(&["decision"]) {
        world.run(["switch", "auth"]).ok();
    }
    if is(&["restart"]) || is(&["dehydrate"]) || is(&["brief"]) {
        world.run(["switch", "auth"]).ok();
    }
}

#[test]
fn every_row_of_the_table_runs() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("references/seed-commands.md");
    let text = fs::read_to_string(page).unwrap();
    let (tables, _) = text.split_once("\n## Not there").unwrap();
    let world = ground();
    let mut n_rows = 0;
    for row in tables.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| there")) {
        let here = row.trim_end_matches(" |").rsplit(" | ").next().unwrap().trim_matches('`');
        let command = words(here);
        assert_eq!(command[0], "redraft", "{row}");
        before(&world, &command);
        let run = world.run(&command[1..]);
        assert_eq!(run.code, 0, "{row}\n{}{}", run.stdout, run.stderr);
        n_rows += 1;
    }
    assert!(n_rows >= 55, "{n_rows} rows");
}
