//! The client's own commands in the session's view, as `redraft install` sets it up: Bash sees what Read sees.

use super::author::{Author, PLAN, edit_told, read};
use crate::support::client::{Setup, with_every_client};
use crate::support::filter;
use crate::support::script::{Block, tool, turn};
use serde_json::json;
use std::time::{Duration, Instant};

with_every_client! {
    commands_search_and_write_in_the_session,
    a_permission_rule_sees_the_command_as_it_was_written,
    an_mcp_server_starts_beside_the_prefix,
    in_a_container_a_command_is_refused_and_the_model_told,
}

const SCENE: &str = "acts/act-1/chapter-01/scene-0101.md";

fn bash(command: &str) -> Block {
    tool("Bash", json!({ "command": command }))
}

fn commands_search_and_write_in_the_session(setup: Setup) {
    let author = Author::in_session(setup);
    let late = json!({ "command": "sleep 0.5; echo late > acts/late.md", "run_in_background": true });
    let run = author
        .ask("Work with commands")
        .script([
            turn![bash("grep -rn two acts; find . -name plan.md").named("search")],
            turn![bash("sed -i 's/two/TWO/' acts/plan.md && cat acts/plan.md").named("sed")],
            turn![bash("cat > acts/new.md <<'END'\nnew\nEND\nmv acts/new.md acts/newer.md").named("new")],
            turn![
                bash(&format!("rm {SCENE}; python3 -c \"open('acts/py.md', 'w').write('by python\\n')\""))
                    .named("py")
            ],
            turn![tool("Bash", late).named("late")],
            turn![bash("cd acts").named("cd")],
            turn![bash("cat newer.md py.md; ls act-1/chapter-01").named("there")],
            turn![bash("echo left >> left.md").named("left"), bash("echo right >> right.md").named("right")],
            turn![read(&author.project_path(PLAN)).named("read")],
            turn![edit_told(PLAN, "TWO", "2").named("edit")],
            turn![bash("cat plan.md left.md right.md").named("after")],
        ])
        .run();
    author.wasted(&run, &[]);
    assert!(run.tool_result("search").contains("acts/plan.md:2:two"), "{run}");
    assert_eq!(run.tool_result("search").matches("plan.md").count(), 2, "each file once\n{run}");
    assert!(run.tool_result("sed").contains("one\nTWO\nthree"), "{run}");
    assert!(run.tool_result("there").contains("new\nby python\nscene-0102.md"), "{run}");
    assert!(run.tool_result("read").contains("2\tTWO"), "{run}");
    assert!(run.tool_result("after").contains("one\n2\nthree\nleft\nright"), "{run}");
    let end = Instant::now() + Duration::from_secs(20);
    while !author.world.session_file("s1", "acts/late.md").exists() {
        assert!(Instant::now() < end, "the background command's file never came\n{run}");
        std::thread::sleep(Duration::from_millis(20));
    }
    author.is_untouched();
    author.world.run(["commit", "s1", "--force"]).ok();
    assert_eq!(
        (author.world.text(PLAN), author.world.text("acts/late.md")),
        ("one\n2\nthree\n".into(), "late\n".into())
    );
    assert!(!author.world.exists(SCENE));
}

fn a_permission_rule_sees_the_command_as_it_was_written(setup: Setup) {
    let author = Author::in_session(setup);
    let run = author
        .ask("Count")
        .permissions("default", "Bash(wc -l:*)")
        .script([
            turn![bash("wc -l acts/plan.md").named("allowed")],
            turn![bash("python3 -c 'print(1)' > acts/x.md").named("not allowed")],
        ])
        .run();
    assert!(run.tool_result("allowed").starts_with("3 acts/plan.md"), "{run}");
    assert!(run.tool_failed("not allowed"), "{run}");
    author.is_untouched();
}

fn an_mcp_server_starts_beside_the_prefix(setup: Setup) {
    let author = Author::in_session(setup);
    let server = json!({"command": env!("CARGO_BIN_EXE_redraft"), "args": ["mcp"]});
    let configuration = json!({"mcpServers": {"redraft": server}}).to_string();
    let run = author
        .ask("Which session?")
        .permissions("acceptEdits", "Bash,mcp__redraft")
        .arguments(["--mcp-config", &configuration])
        .script([
            turn![tool("mcp__redraft__get_active_session", json!({})).named("active")],
            turn![bash("sed -i 's/two/TWO/' acts/plan.md").named("sed")],
            turn![tool("mcp__redraft__get_active_session", json!({})).named("after")],
        ])
        .run();
    assert!(run.tool_result("active").contains("s1"), "{run}");
    assert!(run.tool_result("after").contains("acts/plan.md"), "the server sees what the command did\n{run}");
    author.is_untouched();
}

fn in_a_container_a_command_is_refused_and_the_model_told(setup: Setup) {
    let author = Author::in_session(setup).where_forbidden(filter::NAMESPACES);
    let copy = author.session_path(PLAN);
    let run = author
        .ask("Work with commands")
        .script([
            turn![bash("cd acts && sed -i 's/two/TWO/' plan.md").named("refused")],
            turn![bash("cd acts && wc -l plan.md").named("read")],
            turn![read(&copy)],
            turn![
                bash(&format!("mkdir -p '{copy}.d' && echo scratch > '{copy}.d/x'"))
                    .named("by the session's path")
            ],
        ])
        .run();
    assert!(run.news("Landlock keeps them from writing"), "{run}");
    let refused = run.tool_result("refused");
    assert!(run.tool_failed("refused") && refused.contains("Permission denied"), "{run}");
    assert!(refused.contains("NOT session 's1'") && refused.contains("workspace/sessions/s1/"), "{run}");
    assert!(run.tool_result("read").contains("3 plan.md"), "{run}");
    assert!(!run.tool_failed("by the session's path"), "{run}");
    assert_eq!(author.text("acts/plan.md.d/x"), "scratch\n");
    author.is_untouched();
}
