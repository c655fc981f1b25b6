//! Every command of the original session skill, by its own example: typed in Claude Code, looked at on the disk.
//!
//! The lines expected here are those of the skill's "Example Output". Where redraft says more (every file by name, lines
//! added, a fingerprint) that stands between them; where it differs on purpose, the test says why.

use crate::support::world::{HookRun, World};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const CHAPTER: &str = "acts/act-1/chapters/chapter-01";
const SESSION: &str = "work-on-chapter-01";

/// The book of the examples, at half past noon.
fn book() -> World {
    let world = World::new().at("2025-11-09T12:30:00Z");
    for (path, text) in [
        ("content/scene-0101.md", "It was a quiet evening.\nShe explained the plan.\n"),
        ("content/scene-0102.md", "The storm came.\n"),
    ] {
        world.project_file(&format!("{CHAPTER}/{path}"), text);
    }
    world.project_file("context/characters/alexa-romanova-timeline.json", "{\"born\": 1990}\n");
    world
}

/// Writes a file as Claude does: the hook says where to, and is told when it is done.
#[track_caller]
fn write(world: &World, path: &str, text: &str) {
    let asked = world.pre("Write", json!({ "file_path": world.name(path), "content": text }));
    let target = asked.redirect();
    fs::create_dir_all(Path::new(&target).parent().unwrap()).unwrap();
    fs::write(&target, text).unwrap();
    world.post("Write", json!({ "file_path": target, "content": text }));
}

/// The three modified and two created files of the examples.
fn work(world: &World) {
    write(
        world,
        &format!("{CHAPTER}/content/scene-0101.md"),
        "It was a quiet evening.\nShe drew the plan.\n",
    );
    write(world, &format!("{CHAPTER}/content/scene-0102.md"), "The storm came at noon.\n");
    write(world, "context/characters/alexa-romanova-timeline.json", "{\"born\": 1991}\n");
    write(world, &format!("{CHAPTER}/scenes/scene-0103-blueprint.md"), "Third.\n");
    write(world, &format!("{CHAPTER}/scenes/scene-0104-blueprint.md"), "Fourth.\n");
}

/// Gives what a command said, to the person or to the model.
#[track_caller]
fn said(run: &HookRun) -> String {
    let answer = run.json();
    assert_eq!(run.code, 0, "{run:?}");
    let context = answer["hookSpecificOutput"]["additionalContext"].as_str();
    answer["reason"].as_str().or(context).unwrap_or_else(|| panic!("{run:?}")).to_string()
}

/// Checks that these lines stand in a text, in this order, each whole.
#[track_caller]
fn has_lines(text: &str, expected: &[&str]) {
    let mut lines = text.lines();
    for wanted in expected {
        assert!(lines.any(|line| line == *wanted), "missing, or out of order: {wanted:?}\n{text}");
    }
}

/// Gives the pointer file.
fn lock(world: &World) -> Value {
    serde_json::from_str(&world.text("workspace/session.lock")).unwrap()
}

/// Gives a session's record.
fn record(world: &World, session: &str) -> Value {
    serde_json::from_str(&world.text(world.session_file(session, "session.json"))).unwrap()
}

fn crash(world: &World, session: &str) {
    fs::write(world.session_file(session, "session.json"), "{\"schema\": 1, \"na").unwrap();
}

#[test]
fn start_creates_a_session_and_activates_it() {
    let world = book();
    let before = world.project();
    let text = said(&world.slash("session", "start work-on-chapter-01"));
    has_lines(
        &text,
        &[
            "✅ SESSION CREATED: work-on-chapter-01",
            "📂 Session Path:",
            "   workspace/sessions/work-on-chapter-01/",
            "⚡ Copy-on-Write Mode:",
            "   • Empty session created (~10 KB structure only)",
            "   • Files will copy on first write",
            "   • Read operations use global files by default",
            "🔒 Session activated (written to session.lock)",
            "💡 How CoW works:",
            "   1. Read \"acts/.../plan.md\" → Reads from global (not yet modified)",
            "   2. Write \"acts/.../plan.md\" → CoW: Copies to session, then modifies",
            "   3. Read \"acts/.../plan.md\" → Reads from session (now modified)",
            "🚀 Ready to work in session!",
        ],
    );
    assert_eq!(lock(&world)["active"], SESSION);
    assert_eq!(record(&world, SESSION)["created_at"], "2025-11-09T12:30:00Z");
    let files = world.session(SESSION);
    assert!(files.len() < 10_000 && !files.contains("scene"), "{files}");
    assert_eq!(world.project(), before);
}

#[test]
fn start_takes_a_description_in_quotes() {
    let world = book();
    world.slash("session", "start experimental-scene-0102 \"Trying alternative version\"");
    assert_eq!(record(&world, "experimental-scene-0102")["description"], "Trying alternative version");
    let text = said(&world.slash("session", "start rewrite-ending \"Revising act 1 ending\""));
    assert!(text.contains("experimental-scene-0102"), "it says which session it takes over from: {text}");
    assert_eq!(lock(&world)["active"], "rewrite-ending");
}

#[test]
fn list_shows_a_table_with_every_state() {
    let world = book().at("2025-11-06T12:00:00Z");
    world.slash("session", "start rewrite-act-1-ending");
    let world = world.at("2025-11-08T12:00:00Z");
    world.slash("session", "start experimental-scene-0102");
    write(&world, &format!("{CHAPTER}/content/scene-0102.md"), "Darker.\n");
    let world = world.at("2025-11-09T12:00:00Z");
    world.slash("session", "start work-on-chapter-01");
    work(&world);
    crash(&world, "rewrite-act-1-ending");

    let text = world.slash("session", "list").shown();
    has_lines(
        &text,
        &[
            "📋 SESSIONS (3 total)",
            "🔒 Active: work-on-chapter-01",
            "⚠️ Crashed sessions (1):",
            "   • rewrite-act-1-ending",
            // The original offers to discard the work; here it is mended without losing a file.
            "     Action required: /session recover rewrite-act-1-ending",
            "💡 Commands:",
            "   - Switch: /session switch <name>",
            "   - Commit: /session commit",
            "   - Cancel: /session cancel",
        ],
    );
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with('│'))
        .map(|line| line.trim_matches('│').split('│').map(str::trim).collect())
        .collect();
    let expected = [
        ["Name", "Status", "Created", "Changes"],
        ["work-on-chapter-01", "ACTIVE", "2025-11-09", "5 files"],
        ["experimental-scene-0102", "INACTIVE", "2025-11-08", "1 file"],
        ["rewrite-act-1-ending", "CRASHED", "2025-11-06", "unknown"],
    ];
    // A record that cannot be read does not say when it was made.
    assert_eq!(rows[..3], expected[..3].iter().map(|row| row.to_vec()).collect::<Vec<_>>()[..]);
    assert_eq!([rows[3][0], rows[3][1], rows[3][3]], [expected[3][0], expected[3][1], expected[3][3]]);
}

#[test]
fn status_shows_changes_retries_and_paths() {
    let world = book().at("2025-11-09T10:00:00Z");
    world.slash("session", "start work-on-chapter-01 \"Generating all scenes for chapter 01\"");
    let world = world.at("2025-11-09T12:30:00Z");
    work(&world);
    world.slash("retry", "scene-0101.md \"Too much exposition\"");
    world.slash("retry", "scene-0101.md \"Character voice inconsistent\"");
    let before = world.tree();

    let text = world.slash("session", "status").shown();
    has_lines(
        &text,
        &[
            "📂 ACTIVE SESSION: work-on-chapter-01",
            "Status: ACTIVE",
            "Created: 2 hours ago",
            "Description: Generating all scenes for chapter 01",
            "📊 Changes (uncommitted):",
            "   • Modified: 3 files",
            "   • Created: 2 files",
            "   • Deleted: 0 files",
            "🔄 Human Retries: 2",
            // By its path: another folder may have a file of this name.
            "   • acts/act-1/chapters/chapter-01/content/scene-0101.md: 2 retries",
            "     - Retry 1: \"Too much exposition\"",
            "     - Retry 2: \"Character voice inconsistent\"",
            "📁 Paths:",
            "   • Session: workspace/sessions/work-on-chapter-01/",
            "   • Acts: workspace/sessions/work-on-chapter-01/acts/",
            "   • Context: workspace/sessions/work-on-chapter-01/context/",
        ],
    );
    assert!(text.contains("\n💾 Session Size: "), "{text}");
    assert_eq!(world.tree(), before, "looking changes nothing");
}

#[test]
fn switch_goes_to_another_session() {
    let world = book();
    world.slash("session", "start experimental-scene-0102");
    write(&world, &format!("{CHAPTER}/content/scene-0102.md"), "Darker.\n");
    world.slash("session", "start work-on-chapter-01");

    let text = said(&world.slash("session", "switch experimental-scene-0102"));
    has_lines(
        &text,
        &[
            "🔄 SWITCHED SESSION",
            "From: work-on-chapter-01",
            "To:   experimental-scene-0102",
            "📂 Active Session Directory:",
            "   workspace/sessions/experimental-scene-0102/",
            "📊 Progress:",
            "   • Modified files: 1",
            "   • Created files: 0",
            "   • Human retries: 0",
            "💡 Resume work or commit when ready",
        ],
    );
    assert!(text.contains("   • Session size: "), "{text}");
    assert_eq!(lock(&world)["active"], "experimental-scene-0102");
    let scene = format!("{CHAPTER}/content/scene-0102.md");
    let read = world.pre_on("Read", &scene).redirect();
    assert_eq!(read, world.session_name("experimental-scene-0102", &scene));
}

#[test]
fn switch_refuses_what_is_not_there_or_crashed() {
    let world = book();
    world.slash("session", "start old-work");
    world.slash("session", "start work-on-chapter-01");
    crash(&world, "old-work");
    let text = said(&world.slash("session", "switch experimental-v2"));
    has_lines(&text, &["❌ ERROR: Session 'experimental-v2' not found"]);
    assert!(text.contains("/session list"), "{text}");
    let text = said(&world.slash("session", "switch old-work"));
    has_lines(&text, &["❌ ERROR: Session 'old-work' is CRASHED"]);
    assert!(text.contains("/session cancel old-work"), "{text}");
    assert_eq!(lock(&world)["active"], SESSION);
}

#[test]
fn commit_shows_a_preview_and_writes_nothing() {
    let world = book();
    world.slash("session", "start work-on-chapter-01");
    work(&world);
    world.slash("retry", "scene-0101.md \"Too much exposition, needs more action\"");
    world.slash("retry", "scene-0102.md \"Character voice inconsistent\"");
    let before = world.tree();

    let text = world.slash("session", "commit").shown();
    // The lines added and removed stand behind each name, a count behind the heading.
    let names_only: Vec<&str> =
        text.lines().map(|line| line.split("  +").next().unwrap().trim_end()).collect();
    has_lines(
        &names_only.join("\n"),
        &[
            "⚠️ COMMIT SESSION: work-on-chapter-01",
            "   Modified files (3):",
            "     • acts/act-1/chapters/chapter-01/content/scene-0101.md",
            "     • acts/act-1/chapters/chapter-01/content/scene-0102.md",
            "     • context/characters/alexa-romanova-timeline.json",
            "   Created files (2):",
            "     • acts/act-1/chapters/chapter-01/scenes/scene-0103-blueprint.md",
            "     • acts/act-1/chapters/chapter-01/scenes/scene-0104-blueprint.md",
            "   Human retries: 2",
            "     • acts/act-1/chapters/chapter-01/content/scene-0101.md: 1 retry",
            "       - Retry 1: \"Too much exposition, needs more action\"",
            "     • acts/act-1/chapters/chapter-01/content/scene-0102.md: 1 retry",
            "       - Retry 1: \"Character voice inconsistent\"",
            "❓ This will OVERWRITE global files.",
            "💡 To proceed:",
        ],
    );
    assert!(text.contains("📊 Changes to be committed"), "{text}");
    assert!(text.contains("/session commit --force --expect "), "{text}");
    assert_eq!(world.tree(), before);
}

#[test]
fn commit_force_lands_the_session_and_ends_it() {
    let world = book();
    world.slash("session", "start work-on-chapter-01");
    work(&world);
    world.slash("retry", "scene-0101.md \"Too much exposition\"");
    let preview = world.slash("session", "commit").shown();
    let (_, after) = preview.split_once("--expect ").unwrap();
    let fingerprint = after.split_whitespace().next().unwrap();

    let text = said(&world.slash("session", &format!("commit --force --expect {fingerprint}")));
    has_lines(
        &text,
        &[
            "✅ SESSION COMMITTED",
            "Session: work-on-chapter-01",
            "📁 Files copied to global:",
            "   ✓ acts/act-1/chapters/chapter-01/content/scene-0101.md",
            "   ✓ acts/act-1/chapters/chapter-01/content/scene-0102.md",
            "   ✓ acts/act-1/chapters/chapter-01/scenes/scene-0103-blueprint.md",
            "   ✓ acts/act-1/chapters/chapter-01/scenes/scene-0104-blueprint.md",
            "   ✓ context/characters/alexa-romanova-timeline.json",
            "📦 Human retries archived:",
            "   workspace/retries-archive/work-on-chapter-01/",
            // The original deletes it; here it waits in the trash, and not every project is a book.
            "🗑️ Session directory removed (kept in the trash)",
            "🔓 Session lock cleared",
            "🎉 Changes committed to the project!",
        ],
    );
    let text_of = |path: &str| world.text(format!("{CHAPTER}/{path}"));
    assert_eq!(text_of("content/scene-0101.md"), "It was a quiet evening.\nShe drew the plan.\n");
    assert_eq!(text_of("content/scene-0102.md"), "The storm came at noon.\n");
    assert_eq!(text_of("scenes/scene-0104-blueprint.md"), "Fourth.\n");
    assert!(!world.exists(world.session_file(SESSION, "")));
    assert_eq!(lock(&world)["active"], Value::Null);
    assert!(world.exists("workspace/retries-archive/work-on-chapter-01/scene-0101.md-retry-1.md"));
}

#[test]
fn cancel_discards_the_session_and_keeps_the_retries() {
    let world = book();
    let before = world.project();
    world.slash("session", "start work-on-chapter-01");
    work(&world);
    world.slash("retry", "scene-0101.md \"Too much exposition\"");
    world.slash("retry", "scene-0102.md \"Character voice inconsistent\"");
    let world = world.at("2025-11-09T14:30:00Z");

    let text = said(&world.slash("session", "cancel"));
    has_lines(
        &text,
        &[
            "🛑 SESSION CANCELLED",
            "Session: work-on-chapter-01",
            "📊 Discarded changes:",
            "   • Modified files: 3",
            "   • Created files: 2",
            "   • Human retries: 2",
            "📦 Human retries backed up:",
            "   workspace/retries-archive/work-on-chapter-01-cancelled-20251109-143000/",
            // The original deletes it; here it waits in the trash.
            "🗑️ Session directory removed (in the trash for 14 days)",
            "🔓 Session lock cleared",
            "💡 Global files unchanged",
        ],
    );
    assert_eq!(world.project(), before);
    assert!(!world.exists(world.session_file(SESSION, "")));
    assert_eq!(lock(&world)["active"], Value::Null);
    let archive = "workspace/retries-archive/work-on-chapter-01-cancelled-20251109-143000";
    assert!(world.exists(format!("{archive}/scene-0102.md-retry-1.md.reason.txt")));
}

#[test]
fn cancel_refuses_without_a_session() {
    let world = book();
    let text = said(&world.slash("session", "cancel"));
    has_lines(&text, &["❌ ERROR: No active session", "💡 Next steps:"]);
    assert!(text.contains("/session start <name>") && text.contains("/session list"), "{text}");
    assert!(text.contains("Specify: /session cancel <name>"), "{text}");
    let text = said(&world.slash("session", "cancel experimental-v2"));
    has_lines(&text, &["❌ ERROR: Session 'experimental-v2' not found"]);
}

#[test]
fn retry_keeps_the_rejected_version() {
    let world = book();
    world.slash("session", "start work-on-chapter-01");
    work(&world);
    let text = said(&world.slash("retry", "scene-0101.md \"Too much exposition, needs more action\""));
    has_lines(
        &text,
        &[
            "✅ HUMAN RETRY RECORDED",
            "📝 File: acts/act-1/chapters/chapter-01/content/scene-0101.md",
            "🔢 Retry Number: 1",
            "📝 Reason: Too much exposition, needs more action",
            "🤖 Source: User command",
            "💾 Saved to:",
            "   • workspace/sessions/work-on-chapter-01/human-retries/scene-0101.md-retry-1.md",
            "   • workspace/sessions/work-on-chapter-01/human-retries/scene-0101.md-retry-1.md.reason.txt",
            "💡 Previous version preserved for review",
        ],
    );
    let kept = |name: &str| world.text(world.session_file(SESSION, &format!("human-retries/{name}")));
    assert_eq!(kept("scene-0101.md-retry-1.md"), "It was a quiet evening.\nShe drew the plan.\n");
    assert_eq!(
        kept("scene-0101.md-retry-1.md.reason.txt").trim_end(),
        "Too much exposition, needs more action"
    );

    let scene = format!("{CHAPTER}/content/scene-0101.md");
    write(&world, &scene, "Third attempt.\n");
    let second = said(&world.slash("retry", &format!("{scene} Character voice still off")));
    has_lines(&second, &["🔢 Retry Number: 2", "📝 Reason: Character voice still off"]);
    assert_eq!(kept("scene-0101.md-retry-2.md"), "Third attempt.\n");
    assert_eq!(record(&world, SESSION)["human_retries"].as_array().unwrap().len(), 2);
}

#[test]
fn retry_says_where_it_looked() {
    let world = book();
    let text = said(&world.slash("retry", "scene-0101.md \"too dark\""));
    has_lines(&text, &["❌ ERROR: No active session"]);
    world.slash("session", "start work-on-chapter-01");
    let text = said(&world.slash("retry", "scene-9999.md \"too dark\""));
    assert!(text.contains("❌ ERROR: ") && text.contains("scene-9999.md"), "{text}");
    assert_eq!(record(&world, SESSION)["human_retries"], json!([]));
}

#[test]
fn a_retry_is_detected_in_a_prompt() {
    let world = book();
    world.slash("session", "start work-on-chapter-01");
    work(&world);
    let context = world.prompt("This is bad, rewrite scene 0101, too much dialogue").context();
    assert!(context.contains("scene-0101.md"), "the model is told: {context}");
    let retries = record(&world, SESSION)["human_retries"].clone();
    assert_eq!(retries.as_array().unwrap().len(), 1, "{retries}");
    assert_eq!(retries[0]["auto_detected"], true);
    assert!(retries[0]["reason"].as_str().unwrap().contains("too much dialogue"), "{retries}");
    let kept = world.text(world.session_file(SESSION, "human-retries/scene-0101.md-retry-1.md"));
    assert_eq!(kept, "It was a quiet evening.\nShe drew the plan.\n");
    let status = world.slash("session", "status").shown();
    has_lines(&status, &["🔄 Human Retries: 1"]);
}

#[test]
fn resolve_says_where_a_path_is_read_from() {
    let world = book();
    world.slash("session", "start work-on-chapter-01");
    let scene = format!("{CHAPTER}/content/scene-0101.md");
    let resolve = |path: &str| -> Value {
        let run = world.run(["resolve", path]).ok();
        serde_json::from_str(&run.stdout).unwrap()
    };
    let before = resolve(&scene);
    assert_eq!([&before["resolved_path"], &before["source"]], [&json!(scene), &json!("project")]);
    assert_eq!([&before["exists"], &before["modified_in_session"]], [true, false]);
    work(&world);
    let after = resolve(&scene);
    let copy = format!("workspace/sessions/{SESSION}/{scene}");
    assert_eq!([&after["resolved_path"], &after["source"]], [&json!(copy), &json!("session")]);
    assert_eq!([&after["exists"], &after["modified_in_session"]], [true, true]);
    assert_eq!(after["session"], SESSION);
    let nowhere = resolve("acts/nothing.md");
    assert_eq!([&nowhere["exists"], &nowhere["modified_in_session"]], [false, false]);
}
