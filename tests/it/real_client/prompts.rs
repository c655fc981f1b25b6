//! What a person types: a rejection, a mention of a file, anything else.

use super::author::{Author, PLAN, SESSION, just_told};
use crate::support::client::{Setup, with_every_client};
use crate::support::script::{tool_from, turn};
use serde_json::{Value, json};

with_every_client! {
    a_rejection_is_recorded_and_the_model_is_told,
    a_mentioned_file_is_the_sessions,
}

const SCENE: &str = "acts/act-1/chapter-01/scene-0101.md";

fn a_rejection_is_recorded_and_the_model_is_told(setup: Setup) {
    let author = Author::in_session(setup);
    author.change(SCENE, "\"No,\" she said.\n");

    let other = author.ask("What colour are Alexa's eyes?").run();
    assert!(!other.news("retry"), "{other}");
    let retries = || {
        let record = author.world.text(author.world.session_file(SESSION, "session.json"));
        serde_json::from_str::<Value>(&record).unwrap()["human_retries"].clone()
    };
    assert_eq!(retries(), json!([]));

    let again = author
        .ask("This is bad, rewrite scene 0101, too much dialogue")
        .script([turn![tool_from("Write", |seen| {
            json!({ "file_path": just_told(seen, SCENE), "content": "Silence.\n" })
        })]])
        .run();
    assert!(again.news("redraft: recorded retry 1 of acts/act-1/chapter-01/scene-0101.md"), "{again}");
    author.wasted(&again, &[]);
    let recorded = retries();
    assert_eq!(recorded[0]["auto_detected"], true, "{recorded}");
    assert!(recorded[0]["reason"].as_str().unwrap().contains("too much dialogue"), "{recorded}");
    assert_eq!(
        author.world.text(author.world.session_file(SESSION, "human-retries/scene-0101.md-retry-1.md")),
        "\"No,\" she said.\n"
    );
}

fn a_mentioned_file_is_the_sessions(setup: Setup) {
    let author = Author::in_session(setup);
    author.change(PLAN, "one\nTWO\nthree\n");
    let run = author
        .ask("What is missing in @acts/plan.md?")
        .script([turn![tool_from("Read", |seen| json!({ "file_path": just_told(seen, PLAN) }))]])
        .run();
    assert!(run.news("two"), "the client attaches the project's file\n{run}");
    author.wasted(&run, &[]);
    assert!(run.tool_result("Read").contains("TWO"), "{run}");
}
