//! Notebooks: every model must have read the very file that it edits.

use super::author::{Author, just_told, read, told};
use crate::support::client::{Setup, with_every_client};
use crate::support::script::{Block, Turn, tool, tool_from, turn};
use serde_json::{Value, json};

with_every_client! {
    a_notebook_by_the_project_path,
    a_notebook_by_the_session_path,
}

const NOTEBOOK: &str = "acts/figures.ipynb";

fn cell(path: &str, source: &str) -> Value {
    json!({ "notebook_path": path, "cell_id": "c1", "new_source": source })
}

fn cell_as_told(source: &'static str) -> Block {
    tool_from("NotebookEdit", move |seen| cell(&told(seen, NOTEBOOK), source))
}

fn a_notebook_by_the_project_path(setup: Setup) {
    let author = Author::in_session(setup);
    let notebook = author.project_path(NOTEBOOK);
    let mut script: Vec<Turn> =
        vec![turn![read(&notebook)], turn![tool("NotebookEdit", cell(&notebook, "x=2")).named("by P")]];
    // 2.1.197 takes the rewritten path, 2.1.329 wants it read with every model.
    if setup != Setup::V197 {
        script.push(turn![
            tool_from("Read", |seen| json!({ "file_path": just_told(seen, NOTEBOOK) })).named("told")
        ]);
        script.push(turn![cell_as_told("x=2").named("as told")]);
    }
    script.push(turn![tool_from("Read", |seen| json!({ "file_path": told(seen, NOTEBOOK) })).named("again")]);
    script.push(turn![cell_as_told("x=3").named("revision")]);
    let run = author.ask("Work on the figures").script(script).run();
    author.wasted(&run, if setup == Setup::V197 { &[] } else { &["by P"] });
    assert!(author.text(NOTEBOOK).contains("x=3"), "{}", author.text(NOTEBOOK));
}

fn a_notebook_by_the_session_path(setup: Setup) {
    let author = Author::in_session(setup);
    let copy = author.session_path(NOTEBOOK);
    let run = author
        .ask("Work on the figures")
        .script([turn![read(&copy)], turn![tool("NotebookEdit", cell(&copy, "x=2"))]])
        .run();
    author.wasted(&run, &[]);
    assert!(author.text(NOTEBOOK).contains("x=2"), "{run}");
}
