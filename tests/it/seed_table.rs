//! `references/seed-commands.md` is so: every row's command is run, in order, in one scratch project, and says what it did.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::world::World;

/// What each row's command answers, in the order of the rows; several texts are separated by a bar.
const SAYS: &[(&str, &str)] = &[
    ("init", "CONFIGURATION WRITTEN"),
    ("doctor --repair", "NOTHING TO REPAIR"),
    ("start auth --branch", "SESSION CREATED: auth|Git branch: feature/auth|Token refresh"),
    ("start auth-tdd", "SESSION CREATED: auth-tdd|Type: tdd|Back to that one: redraft switch auth"),
    ("resume auth", "RESUMED SESSION: auth|From: auth-tdd, which keeps its changes|obj-1  Token refresh"),
    ("switch auth", "ALREADY IN SESSION: auth"),
    ("checkpoint --label \"oauth", "CHECKPOINT: cp-1|Label: oauth-complete|Changed since the session began"),
    ("checkpoint --label \"feature", "CHECKPOINT: cp-2|Notes: OAuth flow tested|Changed since cp-1"),
    ("checkpoint --tdd-phase", "CHECKPOINT: cp-3|TDD phase: GREEN"),
    ("checkpoint --git-commit", "CHECKPOINT: cp-4|Git commit: |acts/other.md (created)"),
    ("end --accomplished", "SESSION PAUSED: auth|artifacts/handoff-|Go on: redraft resume auth"),
    ("end", "SESSION PAUSED: auth|Its work is kept; nothing has landed."),
    ("end --push", "SESSION PAUSED: auth|Git: pushed feature/auth"),
    ("end --merge-to", "SESSION PAUSED: auth|Git: merged into main"),
    ("objective add", "OBJECTIVE ADDED: obj-2|Implement OAuth2 integration|Objectives: 0 of 2 completed"),
    ("objective complete", "OBJECTIVE COMPLETED: obj-1|Objectives: 1 of 2 completed"),
    (
        "objective list",
        "OBJECTIVES: 1 OF 2 COMPLETED|obj-1  Token refresh (completed)|obj-2  Implement OAuth2",
    ),
    ("blocker add", "BLOCKER ADDED: blk-1|Blockers: 1 open"),
    ("blocker resolve", "BLOCKER RESOLVED: blk-1|Blockers: 0 open"),
    ("blocker list", "BLOCKERS: 0 OPEN|blk-1  Waiting on API keys (resolved)"),
    ("decision add", "DECISION RECORDED: dec-1|Rationale: Separates domain logic|Alternative: Active Record"),
    ("decision list", "DECISIONS (1)|dec-1  Repository pattern|Rationale: Separates domain logic"),
    ("status", "ACTIVE SESSION: auth|Objectives: 1 of 2 completed|acts/other.md"),
    ("history --count 10", "HISTORY (2 sessions)|auth (open|auth-tdd (open, tdd"),
    ("history --count 5 --metrics", "HISTORY (2 sessions)|1 of 2 objectives, 1 file landed|4 checkpoints"),
    ("compare", "COMPARED: auth and auth-tdd|Objectives:        1 of 2 and 0|acts/other.md"),
    (
        "analyze",
        "ANALYSIS (2 sessions)|2 sessions started|Retries by file|Patterns|Test-driven work|Discipline",
    ),
    ("analyze --velocity", "ANALYSIS (2 sessions)|2 sessions started, 1 objective completed"),
    ("analyze --patterns", "ANALYSIS (2 sessions)|Patterns"),
    ("analyze --tdd --discipline", "0 RED, 1 GREEN, 0 REFACTOR|cp-3 is GREEN, and no test was RED before it"),
    ("report --weekly", "## Completed|Token refresh (auth)|## Decided|Repository pattern (auth)|## Next"),
    ("report --project", "the project until|## Completed|Token refresh (auth)|Separates domain logic"),
    ("brief", "BRIEF: auth|obj-2  Implement OAuth2 integration|dec-1  Repository pattern|acts/other.md"),
    ("status", "ACTIVE SESSION: auth|Objectives: 1 of 2 completed"),
    ("search", "FOUND: 1 session for \"token refresh\"|auth (open, 80 %)|objective: Token refresh"),
    ("find --tag", "SESSIONS (0 total)|None is like that."),
    ("find --recent", "SESSIONS (2 total)|auth-tdd"),
    ("find --skill", "SESSIONS (1 total)|auth-tdd"),
    ("restart", "HANDOVER: auth|claude --resume "),
    ("resume auth", "RESUMED SESSION: auth|obj-2  Implement OAuth2 integration"),
    ("dehydrate", "HANDOVER: auth|To be achieved: Implement OAuth2 integration"),
    ("doctor --repair", "NOTHING TO REPAIR"),
    ("doctor --repair --apply", "NOTHING TO REPAIR"),
    ("list", "SESSIONS (2 total)|auth-tdd|Active: auth"),
    ("start --auto", "ANALYSIS: Task relevance = high|DECISION: Reusing existing session|SESSION_ID: auth\n"),
    ("start --type tdd --auto", "ANALYSIS: Task relevance = |DECISION: |SESSION_ID: "),
    (
        "start --type review --new",
        "DECISION: Creating new session|SESSION_ID: code-review-for-auth-module|Type: review",
    ),
    ("start --type test --new", "SESSION_ID: test-payment-flow|Type: test|Description: test payment flow"),
    ("tool", "\"success\":true|\"operation\":\"init\"|\"session_id\":\"my-session\"|\"location\":\"active\""),
    ("tool", "\"success\":true|\"operation\":\"list\"|\"session_id\":\"my-session\"|\"metadata\":{"),
    ("tool", "\"operation\":\"read\"|\"content_type\":\"session\"|my project description"),
    ("tool", "\"operation\":\"write\"|\"content_type\":\"task\"|File written successfully|Token refresh"),
    ("tool", "\"operation\":\"update\"|\"fields_updated\":[\"status\"]|in_progress"),
    ("tool", "\"operation\":\"mkdir\"|\"directories_created\":[\".process\"]"),
    ("tool", "\"operation\":\"delete\"|\"deleted\":\"IMPL_PLAN.md\""),
    ("tool", "\"operation\":\"stats\"|\"in_progress\":1"),
    ("archive", "SESSION ARCHIVED: my-session|Bring it back: redraft reopen my-session"),
    ("list --state archived", "SESSIONS (1 total)|my-session"),
    ("watch", "\"event\":\"WATCHING\""),
    ("reopen", "SESSION REOPENED: my-session"),
    ("status my-session", "my-session|Tasks: 0 of 1 completed"),
    ("task set", "TASK IN PROGRESS: task-1|Cover it"),
];

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
    let mut says = SAYS.iter();
    for row in tables.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| there")) {
        let here = row.trim_end_matches(" |").rsplit(" | ").next().unwrap().trim_matches('`');
        let command = words(here);
        assert_eq!(command[0], "redraft", "{row}");
        before(&world, &command);
        let run = world.run(&command[1..]);
        assert_eq!(run.code, 0, "{row}\n{}{}", run.stdout, run.stderr);
        let (asked, said) = says.next().unwrap_or_else(|| panic!("nothing is expected of {row}"));
        let typed = here.strip_prefix("redraft ").unwrap();
        assert!(typed.starts_with(asked), "the row of '{asked}' is {row}");
        for said in said.split('|') {
            assert!(run.stdout.contains(said), "{row}\n{said:?} is not in\n{}", run.stdout);
        }
        n_rows += 1;
    }
    assert_eq!(n_rows, SAYS.len());
}
