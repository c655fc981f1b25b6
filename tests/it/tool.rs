//! The seeds' JSON tool: what a workflow program asks, by command line and over MCP, and what it can never reach.

use std::fs;

use serde_json::{Value, json};

use crate::support::mcp::Server;
use crate::support::world::{Run, World};

fn call(world: &World, asked: &Value) -> Run {
    world.run(["tool", "session_manager", &asked.to_string()])
}

#[track_caller]
fn done(world: &World, asked: &Value) -> Value {
    let run = call(world, asked);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, &answer["success"]), (0, &json!(true)), "{asked}: {answer}");
    assert_eq!(answer["result"]["operation"], asked["operation"]);
    answer["result"].clone()
}

#[track_caller]
fn refused(world: &World, asked: &Value) -> (i32, String) {
    let run = call(world, asked);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {run:?}"));
    assert_eq!(answer["success"], false, "{asked}: {answer}");
    assert!(!answer["hints"].as_array().unwrap().is_empty(), "{answer}");
    (run.code, answer["error"].as_str().unwrap().to_string())
}

fn task(operation: &str, id: &str, content: &Value) -> Value {
    json!({"operation": operation, "session_id": "WFS-auth", "content_type": "task",
        "path_params": {"task_id": id}, "content": content})
}

fn begun() -> World {
    let world = World::book();
    let metadata = json!({"project": "OAuth2", "type": "tdd", "status": "planning", "created_at": "2024-12-04T08:00:00Z"});
    done(&world, &json!({"operation": "init", "session_id": "WFS-auth", "metadata": metadata}));
    world
}

#[test]
fn a_session_is_begun_listed_and_read_as_the_seed_says() {
    let world = begun();
    let again = json!({"operation": "init", "session_id": "WFS-auth"});
    assert!(refused(&world, &again).1.contains("already exists"));
    let listed = done(&world, &json!({"operation": "list", "location": "active", "include_metadata": true}));
    assert_eq!((&listed["total"], &listed["active"][0]["session_id"]), (&json!(1), &json!("WFS-auth")));
    let metadata = &listed["active"][0]["metadata"];
    assert_eq!(metadata["project"], "OAuth2");
    assert_eq!((&metadata["status"], &metadata["type"]), (&json!("planning"), &json!("tdd")));
    let session = json!({"operation": "read", "session_id": "WFS-auth", "content_type": "session"});
    let read = done(&world, &session);
    assert_eq!(
        (&read["content"], &read["is_json"], &read["location"]),
        (metadata, &json!(true), &json!("active"))
    );
    // It is a session like any other.
    assert!(world.run(["status", "WFS-auth"]).ok().stdout.contains("OAuth2"));

    let update = |content: Value| json!({"operation": "update", "session_id": "WFS-auth", "content_type": "session", "content": content});
    let merged = done(&world, &update(json!({"status": "implementing", "session_id": "WFS-auth"})));
    assert_eq!(merged["merged_data"]["status"], "implementing");
    assert!(refused(&world, &update(json!({"session_id": "WFS-other"}))).1.contains("cannot be changed"));
    assert_eq!(done(&world, &session)["content"]["status"], "implementing");

    world.run(["cancel", "WFS-auth"]).ok();
    assert_eq!(done(&world, &session)["location"], "archived");
    assert!(refused(&world, &update(json!({"status": "x"}))).1.contains("is archived"));
    let archived = done(&world, &json!({"operation": "list", "location": "archived"}));
    assert_eq!((&archived["total"], &archived["active"]), (&json!(1), &json!([])));
}

#[test]
fn documents_lie_in_the_session_and_never_in_the_project() {
    let world = begun();
    let before = world.project();
    let asked = |operation: &str, kind: &str, more: Value| {
        let mut asked = json!({"operation": operation, "session_id": "WFS-auth", "content_type": kind});
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asked
    };
    let written = done(&world, &asked("write", "plan", json!({"content": "# План\n"})));
    assert_eq!(written["path"], "workspace/sessions/WFS-auth/artifacts/IMPL_PLAN.md");
    assert_eq!(done(&world, &asked("read", "plan", json!({})))["content"], "# План\n");
    let context = json!({"content": {"files": ["a"], "n": 1}});
    done(&world, &asked("write", "context", context));
    let merged = done(&world, &asked("update", "context", json!({"content": {"n": 2, "m": null}})));
    assert_eq!(merged["merged_data"], json!({"files": ["a"], "n": 2, "m": null}));
    assert_eq!(merged["fields_updated"], json!(["n", "m"]));
    let summary = json!({"path_params": {"task_id": "IMPL-1"}, "content": "done"});
    assert_eq!(done(&world, &asked("write", "summary", summary))["written_content"], "done");
    done(&world, &json!({"operation": "mkdir", "session_id": "WFS-auth", "dirs": [".process/a", "deep/er"]}));
    assert!(world.session_file("WFS-auth", "artifacts/deep/er").is_dir());

    for (wrong, why) in [
        (asked("write", "context", json!({"content": "just words"})), "must be a JSON object"),
        (asked("write", "plan", json!({})), "\"content\" is required for write"),
        (asked("update", "plan", json!({"content": {"a": 1}})), "is no JSON"),
        (asked("read", "todo", json!({})), "File not found"),
        (asked("read", "summary", json!({})), "needs path_params: task_id"),
        (asked("read", "plans", json!({})), "no content_type 'plans'"),
        (asked("sing", "plan", json!({})), "Unknown operation: sing"),
        (json!({"operation": "read", "content_type": "plan"}), "\"session_id\" is required for read"),
        (json!({"operation": "stats", "session_id": "nobody"}), "not found. Use init operation first"),
        (json!({"operation": "list", "location": "moon"}), "no location 'moon'"),
        (json!({"session_id": "x"}), "\"operation\" is required"),
        (json!({"operation": "list", "locaton": "all"}), "unknown field `locaton`"),
        (json!([]), "takes one JSON object"),
    ] {
        let (code, error) = refused(&world, &wrong);
        assert!(error.contains(why) && code > 0, "{wrong}: {error}");
    }
    assert_eq!(world.project(), before);

    // What is deleted is kept aside, and what is no file is not deleted.
    let delete = |path: &str| json!({"operation": "delete", "session_id": "WFS-auth", "file_path": path});
    done(&world, &delete("IMPL_PLAN.md"));
    assert!(!world.session_file("WFS-auth", "artifacts/IMPL_PLAN.md").exists());
    let aside = world.session_file("WFS-auth", ".removed/20260203-040506-1/artifacts/IMPL_PLAN.md");
    assert_eq!(fs::read_to_string(aside).unwrap(), "# План\n");
    assert!(refused(&world, &delete("deep")).1.contains("is a directory"));
    assert!(refused(&world, &delete("session.json")).1.contains("File not found"));
}

#[test]
fn a_task_is_one_thing_for_programs_and_people() {
    let world = begun();
    let first =
        json!({"id": "IMPL-1", "title": "Token refresh", "status": "pending", "context": {"focus": ["src"]}});
    let written = done(&world, &task("write", "IMPL-1", &first));
    assert_eq!(written["written_content"]["context"], first["context"]);
    world.run(["task", "add", "By hand"]).ok();
    world.run(["task", "set", "IMPL-1", "in_progress"]).ok();
    done(&world, &task("update", "IMPL-1", &json!({"status": "completed", "result": "fine"})));
    let read = done(
        &world,
        &json!({"operation": "read", "session_id": "WFS-auth", "content_type": "task",
        "path_params": {"task_id": "IMPL-1"}}),
    )["content"]
        .clone();
    let steps: Vec<&str> =
        read["status_history"].as_array().unwrap().iter().map(|step| step["to"].as_str().unwrap()).collect();
    assert_eq!((steps, &read["result"]), (vec!["in_progress", "completed"], &json!("fine")));
    let list = world.run(["task", "list"]).ok().stdout;
    assert!(list.contains("IMPL-1  Token refresh (completed)") && list.contains("task-1"), "{list}");
    let by_hand = done(
        &world,
        &json!({"operation": "read", "session_id": "WFS-auth", "content_type": "task",
        "path_params": {"task_id": "task-1"}}),
    );
    assert_eq!(by_hand["content"]["title"], "By hand");

    // A typo makes nothing, and no state is made up.
    assert!(
        refused(&world, &task("update", "IMPL-2", &json!({"status": "completed"})))
            .1
            .contains("no task 'IMPL-2'")
    );
    assert!(
        refused(&world, &task("write", "IMPL-2", &json!({"status": "finished"})))
            .1
            .contains("cannot be 'finished'")
    );
    assert!(
        refused(&world, &task("write", "IMPL-2", &json!({"id": "IMPL-3"}))).1.contains("of task \"IMPL-3\"")
    );
    world.run(["objective", "add", "All of it"]).ok();
    assert!(refused(&world, &task("write", "obj-1", &json!({"title": "x"}))).1.contains("is no task"));
    let stats = done(&world, &json!({"operation": "stats", "session_id": "WFS-auth"}));
    assert_eq!(
        stats["tasks"],
        json!({"total": 2, "pending": 1, "in_progress": 0, "completed": 1, "blocked": 0, "cancelled": 0})
    );

    // Taken away, it is no longer counted, and its lines are still there; written again, it is back.
    done(&world, &json!({"operation": "delete", "session_id": "WFS-auth", "file_path": ".task/IMPL-1.json"}));
    assert_eq!(done(&world, &json!({"operation": "stats", "session_id": "WFS-auth"}))["tasks"]["total"], 1);
    assert!(world.text(world.session_file("WFS-auth", "notebook.jsonl")).contains("Token refresh"));
    done(&world, &task("write", "IMPL-1", &json!({"title": "Once more"})));
    assert_eq!(done(&world, &json!({"operation": "stats", "session_id": "WFS-auth"}))["tasks"]["total"], 2);
}

#[test]
fn putting_a_session_away_calls_nothing_done_that_is_not() {
    let world = begun();
    done(&world, &task("write", "IMPL-1", &json!({"title": "Open"})));
    let archive = json!({"operation": "archive", "session_id": "WFS-auth", "update_status": true});
    assert_eq!(done(&world, &archive)["status"], "archived");
    assert!(!world.path("workspace/sessions/WFS-auth").exists());
    let stats = done(&world, &json!({"operation": "stats", "session_id": "WFS-auth"}));
    assert_eq!((&stats["tasks"]["pending"], &stats["tasks"]["completed"]), (&json!(1), &json!(0)));
    assert_eq!(done(&world, &archive)["status"], "already_archived");
    world.run(["reopen", "WFS-auth"]).ok();
    assert_eq!(
        done(&world, &json!({"operation": "stats", "session_id": "WFS-auth"}))["tasks"],
        stats["tasks"]
    );
}

#[test]
fn nothing_outside_the_session_is_reached() {
    let world = begun();
    world.start("other");
    world.project_file("secret.md", "mine\n");
    fs::write(world.outside("evil"), "outside\n").unwrap();
    done(&world, &json!({"operation": "mkdir", "session_id": "WFS-auth", "dirs": ["sub"]}));
    let there = world.session_file("WFS-auth", "artifacts");
    std::os::unix::fs::symlink(world.root(), there.join(".process")).unwrap();
    std::os::unix::fs::symlink(world.path("secret.md"), there.join("TODO_LIST.md")).unwrap();
    let before = (world.project(), world.text(world.session_file("WFS-auth", "session.json")));
    let with = |operation: &str, more: Value| {
        let mut asked = json!({"operation": operation, "session_id": "WFS-auth", "content": "x"});
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asked
    };
    let mut n_refused = 0;
    for name in ["../other", "..", "a/b", "/etc", "", "other/../WFS-auth", "-rf", "a\0b"] {
        for operation in ["init", "read", "write", "update", "archive", "mkdir", "delete", "stats"] {
            refused(
                &world,
                &with(
                    operation,
                    json!({"session_id": name, "content_type": "plan", "dirs": ["x"], "file_path": "x"}),
                ),
            );
            n_refused += 1;
        }
    }
    for path in ["../session.json", "../../other/session.json", "/etc/passwd", "a/../../b", ""] {
        refused(&world, &with("delete", json!({"file_path": path})));
        refused(&world, &with("mkdir", json!({"dirs": [path]})));
        n_refused += 2;
    }
    for part in ["../../x", "..", "/etc/passwd", "a\\b", ".", ""] {
        for operation in ["read", "write", "update"] {
            let more =
                json!({"content_type": "review-dim", "path_params": {"dimension": part}, "content": {}});
            refused(&world, &with(operation, more));
            n_refused += 1;
        }
    }
    // Links are not followed, neither on the way nor at the end.
    let through = json!({"content_type": "process", "path_params": {"filename": "secret.md"}});
    for operation in ["read", "write"] {
        refused(&world, &with(operation, through.clone()));
    }
    refused(&world, &with("read", json!({"content_type": "todo"})));
    refused(&world, &with("mkdir", json!({"dirs": [".process/made"]})));
    refused(&world, &with("delete", json!({"file_path": ".process/secret.md"})));
    assert!(n_refused > 80);
    assert_eq!((world.project(), world.text(world.session_file("WFS-auth", "session.json"))), before);
    assert_eq!(fs::read_to_string(world.outside("evil")).unwrap(), "outside\n");
    assert_eq!(world.text("secret.md"), "mine\n");
}

#[test]
fn over_mcp_it_has_the_seeds_parameters_and_answers() {
    let world = World::book();
    let mut server = Server::start(&world);
    let answer = server
        .call(
            "session_manager",
            json!({"operation": "init", "session_id": "s1", "metadata": {"project": "p"}}),
        )
        .ok();
    let text: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!((&text["success"], &text["result"]["session_id"]), (&json!(true), &json!("s1")));
    assert_eq!((&answer.json["success"], &answer.json["result"]), (&json!(true), &text["result"]));
    for wrong in [
        json!({"operation": "read", "session_id": "../s1", "content_type": "plan"}),
        json!({"operation": "read", "session_id": "s1", "content_type": "plan"}),
        json!({"operation": "init", "session_id": "s2", "metadata": "p"}),
        json!({}),
    ] {
        let answer = server.call("session_manager", wrong);
        assert!(answer.failed, "{answer:?}");
        let text: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!((&text["success"], &text["error"]), (&json!(false), &answer.json["error"]["message"]));
    }
}

#[test]
fn slash_standard_input_and_json_ask_the_same() {
    let world = begun();
    let shown =
        world.slash("session", r#"tool session_manager {"operation":"stats","session_id":"WFS-auth"}"#);
    assert!(shown.stdout.contains("has_plan"), "{shown:?}");
    let json = world.run(["tool", "session_manager", r#"{"operation":"list"}"#, "--json"]).ok().stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["ok"], &json["report"], &json["result"]["total"]),
        (&json!(true), &json!("tool"), &json!(1))
    );
    let json = world.run(["tool", "other", "{}", "--json"]);
    assert_eq!(
        (json.code, serde_json::from_str::<Value>(&json.stdout).unwrap()["error"]["kind"].clone()),
        (2, json!("usage"))
    );
    let mut command = world.command();
    let file = world.outside("asked.json");
    fs::write(&file, r#"{"operation":"list"}"#).unwrap();
    let output =
        command.args(["tool", "session_manager"]).stdin(fs::File::open(file).unwrap()).output().unwrap();
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .starts_with(r#"{"success":true,"result":{"operation":"list""#)
    );
}

#[test]
fn killed_at_every_call_a_document_is_the_old_one_or_the_new_one() {
    let steps = [
        task("update", "IMPL-1", &json!({"status": "completed"})),
        json!({"operation": "write", "session_id": "WFS-auth", "content_type": "plan", "content": "new"}),
        json!({"operation": "delete", "session_id": "WFS-auth", "file_path": "IMPL_PLAN.md"}),
    ];
    let words = |world: &World| {
        let read = |asked: Value| {
            serde_json::from_str::<Value>(&call(world, &asked).stdout).unwrap()["result"]["content"].clone()
        };
        let plan = read(json!({"operation": "read", "session_id": "WFS-auth", "content_type": "plan"}));
        let own = read(json!({"operation": "read", "session_id": "WFS-auth", "content_type": "task",
            "path_params": {"task_id": "IMPL-1"}}));
        (plan, own["status"].clone())
    };
    let ground = || {
        let world = begun();
        done(&world, &task("write", "IMPL-1", &json!({"title": "one"})));
        done(
            &world,
            &json!({"operation": "write", "session_id": "WFS-auth", "content_type": "plan", "content": "old"}),
        );
        world
    };
    let mut n_kills = 0;
    for step in &steps {
        let world = ground();
        let before = words(&world);
        let world = world.with("REDRAFT_FAILPOINT", "trace");
        let calls = call(&world, step).stderr.lines().filter(|line| line.starts_with("failpoint ")).count();
        let after = words(&world.with("REDRAFT_FAILPOINT", ""));
        assert_ne!(before, after);
        for n in 1..=calls {
            let world = ground().with("REDRAFT_FAILPOINT", format!("kill@{n}"));
            assert_eq!(call(&world, step).code, -1);
            let world = world.with("REDRAFT_FAILPOINT", "");
            let found = words(&world);
            assert!(found == before || found == after, "{step} killed at {n}: {found:?}");
            n_kills += 1;
        }
    }
    assert!(n_kills >= 10, "{n_kills}");
}
