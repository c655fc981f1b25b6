//! Any bytes as a hook event, against a scratch project with a session: an answer that is JSON, or silence, and the
//! project's file as it was.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use redraft::env::Env;
use redraft::hook;

struct Scratch {
    _kept: tempfile::TempDir,
    root: PathBuf,
}

const TEXT: &str = "one\ntwo\nthree\n";

static SCRATCH: LazyLock<Scratch> = LazyLock::new(|| {
    let kept = tempfile::tempdir().unwrap();
    let root = kept.path().canonicalize().unwrap();
    let session = root.join("workspace/sessions/s1");
    std::fs::create_dir_all(&session).unwrap();
    std::fs::create_dir_all(root.join("acts")).unwrap();
    std::fs::write(root.join("acts/plan.md"), TEXT).unwrap();
    std::fs::write(
        session.join("session.json"),
        br#"{"schema":1,"name":"s1","created_at":"2026-01-01T00:00:00Z"}"#,
    )
    .unwrap();
    std::fs::write(
        root.join("workspace/session.lock"),
        br#"{"schema":1,"active":"s1","bindings":{}}"#,
    )
    .unwrap();
    Scratch { _kept: kept, root }
});

fuzz_target!(|bytes: &[u8]| {
    // Typed commands may land the session, which is what they are for.
    if bytes.windows(9).any(|word| word.eq_ignore_ascii_case(b"Expansion")) {
        return;
    }
    let mut env = Env::read();
    env.root = Some(SCRATCH.root.clone());
    env.cwd = SCRATCH.root.clone();
    env.home = Some(SCRATCH.root.clone());
    env.claude_config_dir = None;
    if let Some(json) = hook::answer_to(bytes, env) {
        serde_json::from_str::<serde_json::Value>(&json).expect("the answer is JSON");
    }
    let text = std::fs::read_to_string(SCRATCH.root.join("acts/plan.md")).unwrap();
    assert_eq!(text, TEXT, "a hook wrote a file of the project");
});
