//! A book, redraft installed in it as a person does, and the client at work in one or more windows.

use crate::support::client::{Client, Prompt, Setup};
use crate::support::run::Run;
use crate::support::script::{Block, Request, Turn, tool, tool_from, turn};
use crate::support::world::{WINDOW, World};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};

/// The file that most scenarios are about.
pub(super) const PLAN: &str = "acts/plan.md";

/// The session that most scenarios are in.
pub(super) const SESSION: &str = "s1";

/// A book with redraft in it.
pub(super) struct Author {
    pub(super) world: World,
    pub(super) setup: Setup,
    client: Client,
    before: String,
    /// A person has one window at least.
    first: Window,
}

/// One conversation: the first prompt begins it, the others resume it.
pub(super) struct Window {
    id: String,
    begun: AtomicBool,
}

impl Window {
    pub(super) fn new(id: &str) -> Self {
        Window { id: id.to_owned(), begun: AtomicBool::new(false) }
    }
}

impl Author {
    /// The small book with one notebook, redraft installed for it, no session.
    pub(super) fn new(setup: Setup) -> Self {
        // The client's hooks and the command line have to agree about the time.
        let world = World::book().without("REDRAFT_NOW");
        world.project_file("acts/figures.ipynb", NOTEBOOK);
        world.run(["install"]).ok();
        let client = Client::in_home(world.root(), &world.outside("home"), setup);
        let before = world.manuscript();
        Author { world, setup, client, before, first: Window::new(WINDOW) }
    }

    /// The same after the person typed `/session start s1`.
    pub(super) fn in_session(setup: Setup) -> Self {
        let author = Author::new(setup);
        let run = author.ask(&format!("/session start {SESSION} Rewriting the plan")).run();
        assert!(run.news("SESSION CREATED: s1"), "{run}");
        author
    }

    /// The same with the whole client in the session's view: `redraft run -- claude`.
    pub(super) fn in_view(self) -> Self {
        Author { client: self.client.under(&[env!("CARGO_BIN_EXE_redraft"), "run", "--"]), ..self }
    }

    /// The same where the kernel refuses some calls, as in a container.
    pub(super) fn where_forbidden(self, calls: &'static [i64]) -> Self {
        Author { client: self.client.forbid(calls), ..self }
    }

    /// A prompt in the first window.
    pub(super) fn ask(&self, text: &str) -> Prompt<'_> {
        self.ask_in(&self.first, text)
    }

    /// A prompt in some window.
    pub(super) fn ask_in(&self, window: &Window, text: &str) -> Prompt<'_> {
        let prompt = self.client.prompt(text);
        if window.begun.swap(true, Ordering::Relaxed) {
            prompt.resume(&window.id)
        } else {
            prompt.session_id(&window.id)
        }
    }

    /// Has a file changed in the first window by a model that knows the rule.
    pub(super) fn change(&self, relative: &str, content: &str) {
        let copy = self.session_path(relative);
        let run = self.ask("Change it").script(self.by_session_path(&copy, || write(&copy, content))).run();
        self.wasted(&run, self.strict_or(&["refused"], &[]));
    }

    /// A Read and a change at the session's path, where nothing is yet.
    ///
    /// That Read is given the project's file, so a strict client refuses the change once; redraft then knows that this
    /// model must have read the copy, and the next file is read where it is written.
    pub(super) fn by_session_path(&self, copy: &str, change: impl Fn() -> Block) -> Vec<Turn> {
        let mut script = vec![turn![read(copy).named("first look")]];
        if self.setup.must_read_first() {
            script.push(turn![change().named("refused")]);
            script.push(turn![read(copy).named("second look")]);
        }
        script.push(turn![change().named("change")]);
        script
    }

    /// The project's path of a file, as a model writes it.
    pub(super) fn project_path(&self, relative: &str) -> String {
        self.world.name(relative)
    }

    /// The session's path of a file.
    pub(super) fn session_path(&self, relative: &str) -> String {
        self.world.session_name(SESSION, relative)
    }

    /// The session's version of a file.
    pub(super) fn text(&self, relative: &str) -> String {
        self.world.text(self.world.session_file(SESSION, relative))
    }

    /// Checks that not one byte of the author's own files is another.
    #[track_caller]
    pub(super) fn is_untouched(&self) {
        assert_eq!(self.world.manuscript(), self.before, "the project was touched");
    }

    /// Checks that the author's files are what they were, but for these.
    #[track_caller]
    pub(super) fn is_only_changed_in(&self, files: &[(&str, &str)]) {
        let line = |line: &str| files.iter().any(|(path, _)| line.contains(&format!(" {path}: ")));
        let others = |tree: &str| tree.lines().filter(|l| !line(l)).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(others(&self.world.manuscript()), others(&self.before));
        for (path, text) in files {
            assert_eq!(self.world.text(path), *text, "{path}");
        }
    }

    /// Checks the result of a run inside the session: which calls failed, and that the project is what it was.
    #[track_caller]
    pub(super) fn wasted(&self, run: &Run, failed: &[&str]) {
        assert_eq!(run.failed(), failed, "{run}");
        self.is_untouched();
    }

    /// Picks what a strict set-up does, or a relaxed one.
    pub(super) fn strict_or<T>(&self, strict: T, relaxed: T) -> T {
        if self.setup.must_read_first() { strict } else { relaxed }
    }
}

/// The path that redraft named for a file in what the model has just heard; fails the test when it named none.
pub(super) fn just_told(seen: &Request, relative: &str) -> String {
    named(&seen.news(), relative)
        .unwrap_or_else(|| panic!("the model was not told of {relative}; it heard {:#?}", seen.news()))
}

/// The same in all that the model has heard, the latest.
pub(super) fn told(seen: &Request, relative: &str) -> String {
    named(&seen.heard(), relative).unwrap_or_else(|| panic!("the model never heard of {relative}"))
}

/// The last session path of `relative` in what redraft says in one of the texts.
fn named(texts: &[&str], relative: &str) -> Option<String> {
    texts.iter().rev().find_map(|text| {
        let (_, ours) = text.split_once("redraft: ")?;
        let words = ours.split_whitespace().map(|word| word.trim_end_matches([',', '.', ';']));
        let own = format!("/{relative}");
        words
            .rev()
            .find(|word| word.contains("/workspace/sessions/") && word.ends_with(&own))
            .map(str::to_owned)
    })
}

pub(super) fn read(path: &str) -> Block {
    tool("Read", json!({ "file_path": path }))
}

pub(super) fn edit(path: &str, old: &str, new: &str) -> Block {
    tool("Edit", edit_input(path, old, new))
}

pub(super) fn write(path: &str, content: &str) -> Block {
    tool("Write", json!({ "file_path": path, "content": content }))
}

/// A Read of what the model was just told to use instead of a file.
pub(super) fn read_told(relative: &'static str) -> Block {
    tool_from("Read", move |seen| json!({ "file_path": just_told(seen, relative) }))
}

/// An Edit of what the model was told to use instead of a file.
pub(super) fn edit_told(relative: &'static str, old: &'static str, new: &'static str) -> Block {
    tool_from("Edit", move |seen| edit_input(&told(seen, relative), old, new))
}

/// A Write of what the model was told to use instead of a file.
pub(super) fn write_told(relative: &'static str, content: &'static str) -> Block {
    tool_from("Write", move |seen| json!({ "file_path": told(seen, relative), "content": content }))
}

fn edit_input(path: &str, old: &str, new: &str) -> Value {
    json!({ "file_path": path, "old_string": old, "new_string": new })
}

/// A notebook of one cell.
const NOTEBOOK: &str = r#"{"cells":[{"cell_type":"code","execution_count":null,"id":"c1","metadata":{},"outputs":[],"source":["x=1"]}],"metadata":{},"nbformat":4,"nbformat_minor":5}
"#;
