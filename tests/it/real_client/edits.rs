//! Read, Edit and Write in a session: what ends up where, and how many calls a model wastes until it knows the way.
//!
//! A relaxed model wastes none, a strict one at most one, whichever path it begins with, as long as it does what it is
//! told. What it is told is taken from what the client really sent it.

use super::author::{Author, PLAN, edit, edit_told, read, read_told, write, write_told};
use crate::support::client::{Setup, with_every_client};
use crate::support::script::{Block, Turn, turn};

with_every_client! {
    an_edit_and_its_revision_by_the_project_path,
    the_project_path_again_costs_one_step_and_leads_back,
    an_edit_and_its_revision_by_the_session_path,
    a_second_file_is_read_where_it_will_be_written,
    a_new_file_by_the_project_path,
    a_new_file_by_the_session_path,
    a_blind_overwrite_by_the_project_path,
    a_blind_overwrite_by_the_session_path,
    many_files_in_one_answer,
}

const SCENE: &str = "acts/act-1/chapter-01/scene-0101.md";
const NEW: &str = "acts/new.md";

fn an_edit_and_its_revision_by_the_project_path(setup: Setup) {
    let author = Author::in_session(setup);
    let plan = author.project_path(PLAN);
    let mut script: Vec<Turn> = vec![turn![read(&plan)], turn![edit(&plan, "two", "TWO").named("by P")]];
    // What was read is the project's file, what is written is the copy: a strict client refuses that once.
    if setup.must_read_first() {
        script.push(turn![read_told(PLAN).named("told")]);
        script.push(turn![edit_told(PLAN, "two", "TWO").named("once more")]);
    }
    script.push(turn![edit_told(PLAN, "TWO", "2").named("revision")]);
    let run = author.ask("Work on the plan").script(script).run();
    author.wasted(&run, author.strict_or(&["by P"], &[]));
    assert_eq!(author.text(PLAN), "one\n2\nthree\n");
}

fn the_project_path_again_costs_one_step_and_leads_back(setup: Setup) {
    let author = Author::in_session(setup);
    let plan = author.project_path(PLAN);
    author.change(PLAN, "one\nTWO\nthree\n");
    let again = author
        .ask("Go on")
        .script([
            turn![edit(&plan, "TWO", "2").named("by P")],
            turn![read_told(PLAN)],
            turn![edit_told(PLAN, "TWO", "2").named("as told")],
        ])
        .run();
    author.wasted(&again, &["by P"]);
    assert_eq!(author.text(PLAN), "one\n2\nthree\n");
}

fn an_edit_and_its_revision_by_the_session_path(setup: Setup) {
    let author = Author::in_session(setup);
    let (copy, scene) = (author.session_path(PLAN), author.session_path(SCENE));
    let mut script = author.by_session_path(&copy, || edit(&copy, "two", "TWO"));
    script.push(turn![edit(&copy, "TWO", "2").named("revision")]);
    script.push(turn![read(&copy).named("in the end")]);
    script.push(turn![read(&scene).named("another")]);
    script.push(turn![edit(&scene, "storm", "gale").named("its edit")]);
    let run = author.ask("Work on the plan").script(script).run();
    author.wasted(&run, author.strict_or(&["refused"], &[]));
    assert_eq!(
        (author.text(PLAN), author.text(SCENE)),
        ("one\n2\nthree\n".into(), "The gale came.\n".into())
    );
    assert!(run.tool_result("in the end").contains("2\t2"), "{run}");
}

/// What a strict client refused once is remembered: the next Read is of the copy, so that nothing is wasted again.
fn a_second_file_is_read_where_it_will_be_written(setup: Setup) {
    let author = Author::in_session(setup);
    let (plan, scene) = (author.project_path(PLAN), author.project_path(SCENE));
    author.ask("Begin").script([turn![read(&plan)], turn![edit(&plan, "two", "TWO")]]).run();
    let second = if setup.must_read_first() {
        turn![edit_told(SCENE, "storm", "gale")]
    } else {
        turn![edit(&scene, "storm", "gale")]
    };
    let run = author.ask("Go on").script([turn![read(&scene)], second]).run();
    author.wasted(&run, &[]);
    assert_eq!(author.text(SCENE), "The gale came.\n");
}

fn a_new_file_by_the_project_path(setup: Setup) {
    let author = Author::in_session(setup);
    let new = author.project_path(NEW);
    let run = author
        .ask("Write it")
        .script([
            turn![write(&new, "alpha\n")],
            turn![edit_told(NEW, "alpha", "beta").named("as told")],
            // The project has no such file, and the client looks before it asks the hook.
            turn![edit(&new, "beta", "gamma").named("by P")],
            turn![edit_told(NEW, "beta", "gamma").named("as told again")],
        ])
        .run();
    author.wasted(&run, &["by P"]);
    assert_eq!(author.text(NEW), "gamma\n");
}

fn a_new_file_by_the_session_path(setup: Setup) {
    let author = Author::in_session(setup);
    let copy = author.session_path(NEW);
    let run = author
        .ask("Write it")
        .script([turn![write(&copy, "alpha\n")], turn![edit(&copy, "alpha", "beta")]])
        .run();
    author.wasted(&run, &[]);
    assert_eq!(author.text(NEW), "beta\n");
}

fn a_blind_overwrite_by_the_project_path(setup: Setup) {
    let author = Author::in_session(setup);
    let mut script: Vec<Turn> = vec![turn![write(&author.project_path(PLAN), "anew\n").named("by P")]];
    if setup.must_read_first() {
        script.push(turn![read_told(PLAN)]);
        script.push(turn![write_told(PLAN, "anew\n").named("as told")]);
    }
    script.push(turn![edit_told(PLAN, "anew", "again").named("revision")]);
    let run = author.ask("Write it anew").script(script).run();
    author.wasted(&run, author.strict_or(&["by P"], &[]));
    assert_eq!(author.text(PLAN), "again\n");
}

fn a_blind_overwrite_by_the_session_path(setup: Setup) {
    let author = Author::in_session(setup);
    let copy = author.session_path(PLAN);
    let mut script: Vec<Turn> = vec![turn![write(&copy, "anew\n").named("blind")]];
    if setup.must_read_first() {
        script.push(turn![read(&copy)]);
        script.push(turn![write(&copy, "anew\n").named("once more")]);
    }
    script.push(turn![edit(&copy, "anew", "again")]);
    let run = author.ask("Write it anew").script(script).run();
    author.wasted(&run, author.strict_or(&["blind"], &[]));
    assert_eq!(author.text(PLAN), "again\n");
}

/// The client runs the hooks of one answer's calls side by side.
fn many_files_in_one_answer(setup: Setup) {
    let author = Author::in_session(setup);
    let names: Vec<String> = (1..=6).map(|n| format!("acts/act-2/chapter-0{n}/scene-020{n}.md")).collect();
    let path = |at: usize| {
        if at.is_multiple_of(2) { author.project_path(&names[at]) } else { author.session_path(&names[at]) }
    };
    let all = |verb: &str, call: &dyn Fn(&str) -> Block| -> Turn {
        (0..names.len()).map(|at| call(&path(at)).named(&format!("{verb} {at}"))).collect()
    };
    let run = author.ask("Write them all").script([all("write", &|path| write(path, "Night.\n"))]).run();
    author.wasted(&run, &[]);
    for name in &names {
        assert_eq!(author.text(name), "Night.\n", "{name}");
    }
    let preview = author.ask("/session commit").run();
    assert!(preview.shown("6 files"), "{preview}");
}
