//! The index that a search asks is a cache: whatever was changed, killed or spoilt, a search finds what there is.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::crash::write;
use crate::support::world::World;

const INDEX: &str = "workspace/.redraft/index";

/// What a search answers, the time it took aside.
fn told(world: &World, query: &str) -> Value {
    let run = world.run(["search", query, "--json"]).ok();
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    answer["hits"].clone()
}

#[track_caller]
fn finds(world: &World, query: &str, sessions: &[&str]) {
    let hits = told(world, query);
    let named: Vec<&str> =
        hits.as_array().unwrap().iter().map(|hit| hit["session"].as_str().unwrap()).collect();
    assert_eq!(named, sessions, "{query}: {hits}");
}

/// The same search without an index: a file stands where its directory would be.
fn without_index(world: &World, query: &str) -> Value {
    let (index, aside) = (world.path(INDEX), world.path("workspace/.redraft/aside"));
    let was = index.exists();
    if was {
        fs::rename(&index, &aside).unwrap();
    }
    fs::write(&index, "in the way").unwrap();
    let hits = told(world, query);
    fs::remove_file(&index).unwrap();
    if was {
        fs::rename(&aside, &index).unwrap();
    }
    hits
}

const QUERIES: [&str; 8] = [
    "lighthouse",
    "refreshing tokens",
    "refersh",
    "финальная сцена",
    "token nothing",
    "harb",
    "many",
    "number 7",
];

#[track_caller]
fn is_as_without(world: &World, what: &str) {
    for query in QUERIES {
        let indexed = told(world, query);
        assert!(world.path(INDEX).join("search.db").exists(), "{what}: there is an index");
        assert_eq!(indexed, without_index(world, query), "{what}: {query}");
    }
}

/// Some sessions of every kind.
fn library() -> World {
    let world = World::book();
    world.run(["start", "auth", "OAuth", "--objective", "Token refresh for Google"]).ok();
    world.start("final");
    world.run(["note", "add", "Сцены финала переписаны"]).ok();
    write(&world, "acts/plan.md", "The lighthouse keeper\n");
    world.run(["retry", "acts/plan.md", "many tokens"]).ok();
    world.run(["start", "gone", "about lighthouses"]).ok();
    world.run(["cancel"]).ok();
    world.run(["start", "landed-one", "the harbour"]).ok();
    write(&world, "acts/harbour.md", "A harbour\n");
    world.run(["commit", "--force"]).ok();
    world
}

/// Makes sessions by hand, so that there are many; each says its number.
fn add_many(world: &World, n: usize) {
    for nth in 0..n {
        let dir = world.path(format!("workspace/sessions/many-{nth}"));
        fs::create_dir_all(&dir).unwrap();
        let record = format!(
            r#"{{"schema":1,"name":"many-{nth}","description":"number {nth}","created_at":"2026-01-01T00:00:00Z"}}"#
        );
        fs::write(dir.join("session.json"), record).unwrap();
        let line = |id: usize| {
            format!(
                "{{\"id\":\"note-{id}\",\"kind\":\"note\",\"status\":\"recorded\",\"at\":\"\",\"text\":\"token {id} of {nth}\"}}\n"
            )
        };
        fs::write(dir.join("notebook.jsonl"), (1..20).map(line).collect::<String>()).unwrap();
    }
}

#[test]
fn it_says_what_reading_everything_says() {
    let world = library();
    add_many(&world, 40);
    is_as_without(&world, "at first");
    is_as_without(&world, "again");
    thread::sleep(Duration::from_millis(1200));
    is_as_without(&world, "when nothing is fresh any more");
}

#[test]
fn every_change_is_found_by_the_next_search() {
    let world = World::book();
    world.run(["start", "one", "first"]).ok();
    finds(&world, "umbrella", &[]);
    world.run(["note", "add", "umbrella"]).ok();
    finds(&world, "umbrella", &["one"]);
    world.run(["task", "add", "cucumber"]).ok();
    world.run(["task", "set", "task-1", "blocked", "because granite"]).ok();
    finds(&world, "granite", &["one"]);
    let copy = world.change("acts/plan.md", "saxophone\n");
    finds(&world, "saxophone", &["one"]);
    // An editor writes into the copy, which takes no lock and is told to nobody.
    fs::write(&copy, "windmill\n").unwrap();
    finds(&world, "saxophone", &[]);
    finds(&world, "windmill", &["one"]);
    // It does so once more and goes to another session, so that this one is nobody's.
    thread::sleep(Duration::from_millis(1200));
    finds(&world, "windmill", &["one"]);
    fs::write(&copy, "pyramid\n").unwrap();
    world.run(["start", "two", "second"]).ok();
    finds(&world, "pyramid", &["one"]);
    world.run(["switch", "one"]).ok();
    world.run(["retry", "acts/plan.md", "too much exposition"]).ok();
    finds(&world, "exposition", &["one"]);
    world.run(["rm", "acts/plan.md"]).ok();
    finds(&world, "pyramid", &[]);
    world.run(["cancel", "one"]).ok();
    assert_eq!(told(&world, "umbrella")[0]["state"], "cancelled");
    world.run(["restore", "one"]).ok();
    assert_eq!(told(&world, "umbrella")[0]["state"], "open");
    world.run(["switch", "two"]).ok();
    world.run(["note", "add", "crocodile"]).ok();
    world.change("acts/new.md", "new\n");
    world.run(["commit", "--force"]).ok();
    assert_eq!(told(&world, "crocodile")[0]["state"], "landed");
    // The same name again is another session.
    world.run(["start", "two", "jungle"]).ok();
    finds(&world, "jungle", &["two"]);
    world.run(["cancel", "two", "--purge"]).ok();
    finds(&world, "jungle", &[]);
    fs::remove_dir_all(world.path("workspace/sessions/one")).unwrap();
    finds(&world, "umbrella", &[]);
    is_as_without(&world, "after all of it");
}

#[test]
fn a_spoilt_index_is_made_anew_and_none_is_no_harm() {
    let world = library();
    finds(&world, "tokens", &["auth", "final"]);
    let file = world.path(INDEX).join("search.db");
    let whole = fs::read(&file).unwrap();
    let logs = || ["search.db-wal", "search.db-shm"].map(|name| world.path(INDEX).join(name));
    let spoilt: [&dyn Fn(); 5] = [
        &|| fs::write(&file, "this is no database, but long enough to be taken for one by its size").unwrap(),
        &|| fs::write(&file, "").unwrap(),
        &|| fs::write(&file, &whole[..whole.len() / 2]).unwrap(),
        &|| {
            let mut bytes = whole.clone();
            bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
            fs::write(&file, bytes).unwrap();
        },
        &|| fs::remove_dir_all(world.path(INDEX)).unwrap(),
    ];
    for (nth, spoil) in spoilt.iter().enumerate() {
        for log in logs() {
            let _ = fs::remove_file(log);
        }
        spoil();
        is_as_without(&world, &format!("spoilt in way {nth}"));
    }
    // A link is not followed, neither to the directory nor to the file.
    let elsewhere = world.outside("elsewhere");
    fs::remove_dir_all(world.path(INDEX)).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    world.link(INDEX, &elsewhere);
    finds(&world, "tokens", &["auth", "final"]);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    fs::remove_file(world.path(INDEX)).unwrap();
    world.link(&format!("{INDEX}/search.db"), elsewhere.join("search.db"));
    finds(&world, "tokens", &["auth", "final"]);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn after_a_start_of_the_machine_every_session_is_looked_at_closely() {
    let world = library();
    add_many(&world, 60);
    // Those that were changed last are looked at closely anyway: they are others.
    for nth in 20..60 {
        fs::write(world.path(format!("workspace/.redraft/locks/session-many-{nth}.lock")), "").unwrap();
    }
    finds(&world, "zebra", &[]);
    thread::sleep(Duration::from_millis(1200));
    finds(&world, "zebra", &[]);
    // What a power cut may leave: the line is there, and the time of the lock says that nothing was changed.
    let notebook = world.session_file("many-1", "notebook.jsonl");
    let line = r#"{"id":"note-99","kind":"note","status":"recorded","at":"","text":"zebra"}"#;
    fs::write(&notebook, fs::read_to_string(&notebook).unwrap() + line + "\n").unwrap();
    finds(&world, "zebra", &[]);
    let database = rusqlite::Connection::open(world.path(INDEX).join("search.db")).unwrap();
    database.execute("UPDATE boots SET boot = 'before'", []).unwrap();
    drop(database);
    finds(&world, "zebra", &["many-1"]);
    is_as_without(&world, "after a start");
}

#[test]
fn when_nothing_has_moved_for_long_the_next_change_is_found() {
    let world = library();
    add_many(&world, 70);
    let settle = || {
        finds(&world, "zebra", &[]);
        thread::sleep(Duration::from_millis(1200));
        finds(&world, "zebra", &[]);
        finds(&world, "zebra", &[]);
    };
    settle();
    // A lock whose sign many others share, one after the other and one right after a search.
    let words = ["armadillo", "bassoon", "cathedral", "marmalade", "quicksand", "tambourine"];
    for (nth, said) in [0, 1, 33, 33, 1, 69].into_iter().zip(words) {
        let name = format!("many-{nth}");
        world.run(["--session", &name, "note", "add", said]).ok();
        finds(&world, said, &[&name]);
    }
    settle();
    // Whoever makes, renames or removes a directory by hand takes no lock.
    let (one, other) = (world.path("workspace/sessions/many-5"), world.path("workspace/sessions/by-hand"));
    fs::create_dir(&other).unwrap();
    fs::copy(one.join("session.json"), other.join("session.json")).unwrap();
    let line = r#"{"id":"note-1","kind":"note","status":"recorded","at":"","text":"platypus"}"#;
    fs::write(other.join("notebook.jsonl"), format!("{line}\n")).unwrap();
    finds(&world, "platypus", &["by-hand"]);
    settle();
    fs::rename(&other, world.path("workspace/sessions/renamed")).unwrap();
    finds(&world, "platypus", &["renamed"]);
    settle();
    fs::remove_dir_all(world.path("workspace/sessions/renamed")).unwrap();
    finds(&world, "platypus", &[]);
    settle();
    world.run(["cancel", "many-7"]).ok();
    assert_eq!(told(&world, "\"number 7\"")[0]["state"], "cancelled");
    is_as_without(&world, "after all of it");
}

/// Searches as whoever has no time at all.
fn at_once(world: &World, query: &str) -> redraft::report::Found {
    let env = redraft::env::Env {
        cwd: world.root().to_path_buf(),
        window: None,
        session: None,
        ..redraft::env::Env::read()
    };
    let desk = redraft::verbs::Desk {
        env,
        root: Some(world.root().to_path_buf()),
        session: None,
        patience: Some(Duration::ZERO),
    };
    match redraft::verbs::run(&desk, &redraft::verbs::Command::Search { text: query.into() }).unwrap() {
        redraft::report::Report::Found(found) => found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_cannot_wait_is_told_what_is_not_searched_and_each_call_goes_on() {
    let world = library();
    add_many(&world, 40);
    // What was written just now is read again and again.
    thread::sleep(Duration::from_millis(1200));
    let first = at_once(&world, "token");
    assert_eq!((first.kept, first.unsearched > 0), (44, true), "{first:?}");
    assert!(first.hits.len() + first.unsearched <= 44, "{first:?}");
    // One call may find the index busy and get no further; none goes back.
    let mut before = first.unsearched;
    for _ in 0..1_000 {
        let found = at_once(&world, "token");
        assert!(found.unsearched <= before, "{found:?} after {before}");
        before = found.unsearched;
        if before == 0 {
            break;
        }
    }
    assert_eq!(before, 0, "all of it is in the index at last");
    assert_eq!(at_once(&world, "token").total, 42);
    is_as_without(&world, "when all of it was read in pieces");
}

#[test]
fn nothing_is_made_where_nothing_is_kept() {
    let world = World::book();
    finds(&world, "anything", &[]);
    assert!(!world.exists("workspace"));
}

#[test]
fn killed_at_every_call_the_next_search_finds_what_there_is() {
    let world = library().with("REDRAFT_FAILPOINT", "trace");
    let traced = world.run(["search", "tokens"]).ok().stderr;
    let calls = traced.lines().filter(|line| line.starts_with("failpoint ")).count();
    assert!(calls >= 6, "{traced}");
    for n in 1..=calls {
        let world = library().with("REDRAFT_FAILPOINT", format!("kill@{n}"));
        assert_eq!(world.run(["search", "tokens"]).code, -1, "{n}");
        is_as_without(&world.with("REDRAFT_FAILPOINT", ""), &format!("killed at {n}"));
        let world = library().with("REDRAFT_FAILPOINT", format!("enospc@{n}"));
        finds(&world, "tokens", &["auth", "final"]);
        is_as_without(&world.with("REDRAFT_FAILPOINT", ""), &format!("failed at {n}"));
    }
}

#[test]
fn killed_at_any_moment_the_next_search_finds_what_there_is() {
    let world = library();
    add_many(&world, 400);
    let mut n_killed = 0;
    for wait in [1, 3, 6, 10, 15, 20, 30, 45, 60, 90] {
        let _ = fs::remove_dir_all(world.path(INDEX));
        let mut child =
            world.command().args(["search", "tokens"]).stdout(std::process::Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(wait));
        let _ = child.kill();
        n_killed += usize::from(!child.wait().unwrap().success());
        let query = "number 7";
        assert_eq!(told(&world, query), without_index(&world, query), "killed after {wait} ms");
    }
    assert!(n_killed > 0, "some were at work");
}

#[test]
fn who_searches_while_others_write_finds_what_was_written_before() {
    let world = library();
    let one = |session: usize| {
        for nth in 0..12 {
            let (name, said) = (format!("many-{session}"), format!("word{session}x{nth}end"));
            world.run(["--session", &name, "note", "add", &said]).ok();
            let hits = told(&world, &said);
            let found = (&hits[0]["session"], &hits[0]["excerpt"]);
            assert_eq!(found, (&name.into(), &said.into()), "{hits}");
        }
    };
    add_many(&world, 4);
    thread::scope(|scope| (0..4).for_each(|session| drop(scope.spawn(move || one(session)))));
    is_as_without(&world, "after all of it");
    assert!(Path::new(&world.path(INDEX)).is_dir());
}
