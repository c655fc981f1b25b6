//! The whole client in a session's view: `redraft run -- claude`. It uses the project's own paths, and wastes no call.

use super::author::{Author, PLAN, edit, read, write};
use crate::support::client::{Setup, with_every_client};
use crate::support::script::{Block, tool, turn};
use serde_json::json;
use std::process::Command;
use std::time::{Duration, Instant};

with_every_client! {
    a_client_in_the_view_works_at_the_project_s_own_paths,
    slash_commands_in_the_view_work_on_the_project_itself,
}

const SCENE: &str = "acts/act-1/chapter-01/scene-0101.md";

fn bash(command: &str) -> Block {
    tool("Bash", json!({ "command": command }))
}

/// Puts the book under git, as it is before the client works on it.
fn under_git(author: &Author) {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b.c"]).args(arguments);
        assert!(command.current_dir(author.world.root()).env("HOME", "/nowhere").status().unwrap().success());
    };
    git(&["init", "-q", "."]);
    git(&["add", "acts"]);
    git(&["commit", "-qm", "one"]);
}

fn a_client_in_the_view_works_at_the_project_s_own_paths(setup: Setup) {
    let author = Author::in_session(setup).in_view();
    under_git(&author);
    let (plan, new) = (author.project_path(PLAN), author.project_path("acts/new.md"));
    let late = json!({ "command": "sleep 0.5; echo late > acts/late.md", "run_in_background": true });
    let run = author
        .ask("Work")
        .script([
            turn![read(&plan).named("read")],
            turn![edit(&plan, "two", "TWO").named("edit")],
            turn![edit(&plan, "TWO", "2").named("edit again in the same place")],
            turn![write(&new, "first\n").named("write")],
            turn![edit(&new, "first", "second").named("edit the new one")],
            turn![bash("grep -rn 2 acts; find . -name plan.md").named("search")],
            turn![bash("sed -i 's/second/third/' acts/new.md && mv acts/new.md acts/newer.md && cat acts/newer.md").named("sed")],
            turn![bash(&format!("rm {SCENE}; cat > acts/here.md <<'END'\nhere\nEND\npython3 -c \"open('acts/py.md', 'w').write('py\\n')\"")).named("make")],
            turn![tool("Bash", late).named("late")],
            turn![bash("git status --short acts").named("git")],
            turn![bash("cd acts").named("cd")],
            turn![bash("echo left >> left.md").named("left"), bash("echo right >> right.md").named("right")],
            turn![bash("cat plan.md left.md right.md here.md py.md; ls act-1/chapter-01").named("there")],
            turn![bash("sleep 1; cat late.md").named("later")],
            turn![read(&author.project_path("acts/newer.md")).named("read the new one")],
        ])
        .run();
    author.wasted(&run, &[]);
    assert_eq!(run.tool_result("search").matches("plan.md").count(), 2, "each file once\n{run}");
    assert!(
        run.tool_result("there").contains("one\n2\nthree\nleft\nright\nhere\npy\nscene-0102.md"),
        "{run}"
    );
    assert!(run.tool_result("read the new one").contains("third"), "{run}");
    assert_eq!(author.text(PLAN), "one\n2\nthree\n");
    let end = Instant::now() + Duration::from_secs(20);
    while !author.world.session_file("s1", "acts/late.md").exists() {
        assert!(Instant::now() < end, "the background command's file never came\n{run}");
        std::thread::sleep(Duration::from_millis(20));
    }
    author.is_untouched();
    author.world.run(["commit", "s1", "--force"]).ok();
    assert_eq!(author.world.text(PLAN), "one\n2\nthree\n");
    assert_eq!(
        (author.world.text("acts/newer.md"), author.world.text("acts/late.md")),
        ("third\n".into(), "late\n".into())
    );
    assert!(!author.world.exists(SCENE));
}

fn slash_commands_in_the_view_work_on_the_project_itself(setup: Setup) {
    let author = Author::in_session(setup).in_view();
    let plan = author.project_path(PLAN);
    let program = env!("CARGO_BIN_EXE_redraft");
    let run = author
        .ask("Change it")
        .script([
            turn![read(&plan).named("read")],
            turn![edit(&plan, "two", "TWO").named("edit")],
            turn![bash(&format!("{program} status")).named("status")],
        ])
        .run();
    author.wasted(&run, &[]);
    assert!(run.news("you work in its view"), "{run}");
    assert!(run.tool_result("status").contains("acts/plan.md"), "{run}");
    // A version that the person rejects is kept, as it is in the view.
    let run = author.ask("No, I don't like it at all. Rewrite acts/plan.md").run();
    assert!(run.news("recorded retry 1 of acts/plan.md"), "{run}");
    let run = author.ask("/session commit --force").run();
    assert!(run.news("result of /session commit --force"), "{run}");
    author.is_only_changed_in(&[(PLAN, "one\nTWO\nthree\n")]);
}
