//! What a person sees at a terminal of 80 columns, pinned as whole transcripts.
//!
//! Each transcript is a file of `data/screens/`; `REDRAFT_BLESS=1` writes them anew (read the difference!). Whatever is
//! shown keeps to the rules of [`Screen::type_in`]: no control characters, no trailing spaces, and a line is wider than
//! the terminal only when it holds a path or a command, which must stay whole to be copied.

use super::support::world::{WINDOW, World};
use serde_json::json;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use unicode_width::UnicodeWidthStr as _;

const COLUMNS: usize = 80;

/// Signs that belong to the look with emoji only.
const SIGNS: &str = "✅❌📂📁📊📋⚡🔒🔓💡🚀⚠🔄💾🛑📦🗑🎉❓🔢📝🤖•✓✏";

/// A terminal in a world: what was typed, and what came.
struct Screen {
    world: World,
    text: String,
}

impl Screen {
    fn new(world: World) -> Self {
        Self { world, text: String::new() }
    }

    /// Types a command line (`'…'` groups) and looks at every line of the answer.
    fn type_in(&mut self, line: &str) -> &mut Self {
        let run = self.world.run(words(line));
        let root = self.world.root().to_str().unwrap().to_string();
        let shown = run.stdout + &run.stderr;
        for line in shown.lines() {
            assert!(!line.contains(char::is_control), "a control character: {line:?}");
            assert!(
                line.ends_with(|c: char| !c.is_whitespace()) || line.is_empty(),
                "a trailing space: {line:?}"
            );
            let copied = line.contains('/') || line.contains("redraft ") || line.contains(&"n".repeat(100));
            let copied = copied || line.starts_with(['┌', '│', '├', '└']);
            assert!(line.width() <= COLUMNS || copied, "{} columns: {line}", line.width());
        }
        let shown = settled(&shown, &root);
        let code = if run.code == 0 { String::new() } else { format!("[exit code {}]\n", run.code) };
        let _ = write!(self.text, "$ redraft {line}\n{shown}{code}\n");
        self
    }

    /// Writes a file where the hook sends a Write of this window.
    fn write(&mut self, path: &str, text: &str) -> &mut Self {
        let input = json!({ "file_path": self.world.name(path), "content": text });
        let event = json!({ "tool_name": "Write", "tool_input": input, "tool_use_id": "t", "permission_mode": "default" });
        let answer = self.world.hook(&self.world.event("PreToolUse", event));
        let answer: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
        let target = Path::new(answer["hookSpecificOutput"]["updatedInput"]["file_path"].as_str().unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, text).unwrap();
        self
    }

    /// Compares with the transcript of that name.
    #[track_caller]
    fn is(&self, name: &str) {
        let path = format!("{}/tests/it/data/screens/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("REDRAFT_BLESS").is_some() {
            fs::write(&path, &self.text).unwrap();
        }
        let wanted = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        assert!(self.text == wanted, "{path} is not what is shown now:\n{}", self.text);
    }
}

/// Takes out what differs from run to run: the project's path, where lines break because of it, and fingerprints.
fn settled(shown: &str, root: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in shown.lines() {
        let text = line.trim_start();
        let goes_on = line.starts_with("   ") && text.starts_with(|c: char| c.is_alphabetic() || c == '"');
        let (goes_on, names_root) = (goes_on || text.starts_with(root), text.starts_with(root));
        match lines.last_mut() {
            Some(last) if goes_on && (names_root || last.contains(root)) => {
                last.push(' ');
                last.push_str(text);
            }
            _ => lines.push(line.to_string()),
        }
    }
    let is_fingerprint = |word: &str| word.len() == 16 && word.chars().all(|c| c.is_ascii_hexdigit());
    let line = |line: &String| {
        let words = line.split(' ').map(|word| if is_fingerprint(word) { "5f0c2a91b3d47e68" } else { word });
        words.collect::<Vec<_>>().join(" ").replace(root, "/book") + "\n"
    };
    lines.iter().map(line).collect()
}

/// Splits a command line at its spaces; `'…'` groups.
fn words(line: &str) -> Vec<String> {
    let quoted = line.split('\'').enumerate();
    quoted
        .flat_map(|(n, part)| match n % 2 {
            0 => part.split_whitespace().map(str::to_string).collect::<Vec<_>>(),
            _ => vec![part.to_string()],
        })
        .collect()
}

/// A session from its start to its commit, and what can be done about that.
fn life(world: World) -> Screen {
    let mut screen = Screen::new(world);
    screen.type_in("status").type_in("list");
    screen.type_in(
        "start work-on-chapter-01 'Less exposition, and the storm comes one scene earlier than it did'",
    );
    screen.write("acts/act-1/chapter-01/scene-0101.md", "The storm came at night.\n");
    screen.write("acts/act-1/chapter-01/scene-0103.md", "Silence.\n");
    screen.type_in("rm acts/act-1/chapter-01/scene-0102.md");
    screen.type_in("mv context/characters/alexa.md context/characters/alexandra.md");
    screen.type_in("retry scene-0101.md 'Too much exposition'");
    screen.world.project_file("acts/act-1/chapter-01/scene-0102.md", "The storm went away.\n");
    screen.type_in("status").type_in("diff --word").type_in("diff --stat").type_in("commit");
    screen.type_in("commit --force");
    screen.type_in("commit --files 'nothing/**'");
    screen.type_in("start other-work").type_in("list").type_in("switch work-on-chapter-01");
    screen.type_in("switch work-on-chapter-01");
    screen.world.project_file("acts/act-1/chapter-01/scene-0102.md", "The storm went.\n");
    screen.type_in("commit --force");
    screen.type_in("log").type_in("undo").type_in("log");
    screen.type_in("cancel other-work").type_in("restore other-work").type_in("cancel other-work --purge");
    screen
}

#[test]
fn the_life_of_a_session() {
    life(World::book()).is("life");
}

#[test]
fn without_emoji_nothing_is_lost_and_no_sign_is_left() {
    let (with, without) = (life(World::book()), life(World::book().with("REDRAFT_EMOJI", "never")));
    assert!(!without.text.contains(|c| SIGNS.contains(c)), "{}", without.text);
    assert!(without.text.chars().all(is_plain), "{}", without.text);
    let plain = |text: &str| {
        let kept = text.chars().filter(|c| !SIGNS.contains(*c) && *c != '\u{fe0f}' && *c != '-');
        kept.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (with, without) = (plain(&with.text), plain(&without.text));
    let first = with.split(' ').zip(without.split(' ')).position(|(a, b)| a != b);
    let around = |text: &str, at: usize| {
        text.split(' ').skip(at.saturating_sub(5)).take(12).collect::<Vec<_>>().join(" ")
    };
    assert!(with == without, "{:?}", first.map(|at| (around(&with, at), around(&without, at))));
}

/// Tells whether a character has one column in every terminal.
fn is_plain(c: char) -> bool {
    c == '\n' || unicode_width::UnicodeWidthChar::width(c) == Some(1)
}

#[test]
fn what_is_refused() {
    let mut screen = Screen::new(World::book());
    for line in [
        "diff",
        "commit",
        "switch nope",
        "restore nope",
        "recover nope",
        "undo",
        "undo nope",
        "start",
        "start 'my chapter'",
        "start -- -x",
        "stauts",
        "frobnicate",
        "commit --forc",
        "completions tcsh",
        "diff --word --stat",
        "--root /nowhere status",
        "--session nope status",
        "diff a b",
        "start one",
        "start one",
        "restore one",
        "retry scene-0901.md 'too long'",
        "retry scene-010.md 'too long'",
        "retry scene 'too long'",
        "retry acts/nowhere/scene.md 'too long'",
        "retry /elsewhere/scene.md 'too long'",
        "rm acts/nowhere.md",
        "rm notes.md",
        "rm workspace/session.lock",
        "mv acts/plan.md ../plan.md",
        "mv acts/plan.md acts/act-1/chapter-01/scene-0101.md",
        "commit --force",
        "commit --force --expect 5f0c2a91b3d47e68",
        "commit --force --files 'nothing/**'",
    ] {
        screen.type_in(line);
    }
    for (file, text) in [
        ("workspace/sessions/one/session.json", "{"),
        ("redraft.json", "{\"traked\":[]}"),
        ("redraft.json", "{\"tracked\":\"acts\"}"),
        ("redraft.json", "{"),
    ] {
        screen.world.project_file(file, text);
        screen.type_in("status").type_in("list");
    }
    fs::remove_file(screen.world.path("redraft.json")).unwrap();
    screen.type_in("recover one");
    screen.is("refused");
}

#[test]
fn names_of_all_kinds() {
    let mut screen = Screen::new(World::book());
    screen.type_in(&format!("start {}", "n".repeat(100)));
    for name in [
        "сцена 01 – ночь.md",
        "第一章.md",
        "🎭 act.md",
        "new\nline.md",
        "esc\u{1b}[2J.md",
        &"long".repeat(30),
    ] {
        screen.write(&format!("acts/{name}"), "x\n");
    }
    screen
        .type_in("status")
        .type_in("list")
        .type_in("diff --stat")
        .type_in("diff --name-only")
        .type_in("commit");
    screen.is("names");
}

#[test]
fn many_files_are_all_listed() {
    let mut screen = Screen::new(World::book());
    screen.type_in("start many");
    for n in 0..300 {
        let path = screen.world.session_file("many", format!("acts/scene-{n:04}.md").as_str());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x\n").unwrap();
    }
    screen.type_in("status").type_in("commit");
    assert_eq!(screen.text.matches("acts/scene-0").count(), 601, "each in both, and one as an example");
}

#[test]
fn a_pipe_and_no_color_get_the_same_plain_text() {
    let world = World::book();
    world.start("one");
    for color in ["NO_COLOR", "FORCE_COLOR"] {
        let mut command = world.command();
        let output = command.args(["status"]).env(color, "1").env("CLAUDE_CODE_SESSION_ID", WINDOW).output();
        assert!(!output.unwrap().stdout.contains(&0x1b));
    }
}

#[test]
fn the_demo_fits_and_leaves_nothing_behind() {
    let world = World::new();
    let temporary = world.outside("tmp");
    fs::create_dir_all(temporary.join("workspace/sessions")).unwrap();
    let world =
        world.with("TMPDIR", &temporary).with("REDRAFT_ROOT", "/nowhere").with("REDRAFT_SESSION", "nope");
    let mut screen = Screen::new(world);
    screen.type_in("demo");
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 1, "only what was there");
    assert!(screen.text.lines().count() < 130, "{}", screen.text);
    let copy = "→ workspace/sessions/rewrite-scene-0101/acts/act-1/scene-0101.md";
    assert_eq!(screen.text.matches(copy).count(), 1, "the path of the copy is shown once");
    let steps = [
        "> /session start",
        "Claude reads the scene",
        "Claude edits the scene",
        "Claude works on the copy; an edit there",
        "Claude writes a new scene",
        "> /retry ",
        "> /session status",
        "> /session commit\n",
        "> /session commit --force",
    ];
    let at: Vec<Option<usize>> = steps.iter().map(|step| screen.text.find(step)).collect();
    assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{at:?} in:\n{}", screen.text);
    screen.is("demo");
}
