//! Sessions are found by what they are and by what stands in them, open or ended.

use serde_json::Value;

use crate::crash::write;
use crate::support::world::World;

fn told(world: &World, args: &[&str]) -> Value {
    let run = world.run(args.iter().copied().chain(["--json"])).ok();
    serde_json::from_str(&run.stdout).unwrap()
}

fn named(world: &World, args: &[&str]) -> Vec<String> {
    let answer = told(world, args);
    let rows = answer["sessions"].as_array().or(answer["hits"].as_array()).unwrap();
    rows.iter().map(|row| row["name"].as_str().or(row["session"].as_str()).unwrap().to_string()).collect()
}

#[test]
fn by_tag_type_state_age_and_number() {
    let world = World::book().at("2026-01-01T12:00:00Z");
    world.run(["start", "old", "--type", "tdd"]).ok();
    world.run(["tag", "add", "draft", "chapter-01"]).ok();
    let world = world.at("2026-01-09T12:00:00Z");
    world.run(["start", "middle", "--type", "docs"]).ok();
    world.run(["tag", "add", "draft"]).ok();
    let world = world.at("2026-01-10T12:00:00Z");
    world.run(["start", "new"]).ok();
    for (args, expected) in [
        (vec!["find"], vec!["new", "middle", "old"]),
        (vec!["find", "--tag", "draft"], vec!["middle", "old"]),
        (vec!["find", "--tag", "#Draft", "--tag", "chapter-01"], vec!["old"]),
        (vec!["find", "--type", "tdd"], vec!["old"]),
        (vec!["find", "--skill", "docs"], vec!["middle"]),
        (vec!["find", "--state", "active"], vec!["new"]),
        (vec!["find", "--state", "inactive", "--recent", "1"], vec!["middle"]),
        (vec!["list", "--recent", "2"], vec!["new", "middle"]),
        (vec!["list", "--since", "7d"], vec!["new", "middle"]),
        (vec!["list", "--since", "2026-01-10"], vec!["new"]),
        (vec!["list", "--tag", "none"], vec![]),
    ] {
        assert_eq!(named(&world, &args), expected, "{args:?}");
    }
    for args in [["find", "--state", "lost"], ["find", "--since", "soon"]] {
        let run = world.run(args);
        assert_eq!(run.code, 2, "{}", run.stderr);
    }
    assert!(world.slash("session", "find --tag chapter-01").shown().contains("SESSIONS (1 total)"));
}

#[test]
fn by_words_in_whatever_form_wherever_they_stand() {
    let world = World::book();
    world.run(["start", "auth", "OAuth", "--objective", "Token refresh for Google"]).ok();
    world.run(["decision", "add", "PKCE", "--rationale", "against interception"]).ok();
    world.start("final");
    world.run(["note", "add", "Сцены финала переписаны"]).ok();
    write(&world, "acts/plan.md", "The lighthouse keeper\n");
    world.run(["retry", "acts/plan.md", "too much exposition"]).ok();
    world.run(["start", "gone", "about lighthouses"]).ok();
    world.run(["cancel"]).ok();
    world.run(["start", "landed-one", "the harbour"]).ok();
    write(&world, "acts/harbour.md", "A harbour\n");
    world.run(["commit", "--force"]).ok();
    for (query, expected) in [
        ("refreshing tokens", vec!["auth"]),
        ("refersh", vec!["auth"]),
        ("intercept", vec!["auth"]),
        ("финальная сцена", vec!["final"]),
        ("exposition", vec!["final"]),
        ("lighthouse", vec!["gone", "final"]),
        ("harbours", vec!["landed-one"]),
        ("submarine", vec![]),
    ] {
        assert_eq!(named(&world, &["search", query]), expected, "{query}");
    }
    let found = told(&world, &["search", "lighthouse"]);
    assert_eq!(found["hits"][0]["state"], "cancelled");
    assert_eq!(found["hits"][1]["field"], "acts/plan.md");
    assert_eq!(found["hits"][1]["excerpt"], "The lighthouse keeper");
    assert!(
        world.slash("session", "everything about exposition").shown().contains("final (open"),
        "no command: a search"
    );
    assert!(world.slash("session", "stauts now").context().contains("Did you mean"), "a slip stays a slip");
    assert_eq!(world.run(["search", "--", "-"]).code, 2);
}
