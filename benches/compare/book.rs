//! A made-up book with a session in it, as large as it is asked for.
//!
//! What the session holds comes into it through the library's own copy-up, file by file as hooks would do it, without a
//! hundred thousand processes.

use std::fs;
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use redraft::env::Env;
use redraft::project::{FoundBy, Project};
use redraft::relpath::RelPath;
use redraft::session::layer::Layer;
use redraft::store::lock::Waiter;
use serde_json::{Value, json};

use crate::timing::{Call, Done};

/// The session's name.
pub(crate) const SESSION: &str = "bench";

/// What `redraft init` writes, for a book.
const CONFIGURATION: &str = r#"{
  "schema": 1,
  "tracked": [
    "acts/**",
    "context/**"
  ],
  "ignored": [],
  "workspace": "workspace",
  "retry": {
    "auto_detect": true
  }
}
"#;

/// The Claude window that the events come from.
const WINDOW: &str = "5e551011-0000-4000-8000-000000000001";

/// Where a book is and how many scenes it has.
#[derive(Debug, Clone)]
pub(crate) struct Book {
    /// Its root.
    pub(crate) root: PathBuf,
    /// Scenes in the project.
    pub(crate) scenes: usize,
}

impl Book {
    /// Writes a book.
    pub(crate) fn write(root: PathBuf, scenes: usize) -> Done<Self> {
        for n in 0..scenes {
            let path = root.join(scene(n));
            if n % 100 == 0 {
                fs::create_dir_all(path.parent().ok_or("a scene without a part")?)?;
            }
            fs::write(path, text(n, 0))?;
        }
        fs::write(root.join("redraft.json"), CONFIGURATION)?;
        Ok(Self { root, scenes })
    }

    /// Gives a call of a command in this book.
    pub(crate) fn redraft(&self, program: &Path, args: &[&str]) -> Call {
        Call::new(program).env("REDRAFT_ROOT", &self.root).args(args.iter().copied())
    }

    /// Gives the absolute path of a scene.
    pub(crate) fn path(&self, n: usize) -> PathBuf {
        self.root.join(scene(n))
    }

    /// Gives the absolute path of the session's copy of a scene.
    pub(crate) fn copy(&self, n: usize) -> PathBuf {
        self.root.join("workspace/sessions").join(SESSION).join(scene(n))
    }

    /// Brings scenes into the session and changes them there.
    pub(crate) fn change(&self, scenes: Range<usize>, revision: usize) -> Done {
        // A file that changed in the same tick of the file system's clock as its copy was made is looked at more closely
        // by every hook: that is rare in life and would be random here.
        std::thread::sleep(Duration::from_millis(30));
        let env = Env::read();
        let project = Project::open(self.root.clone(), FoundBy::Option)?;
        let layer = Layer::open(&project, &SESSION.parse()?)?;
        for n in scenes {
            let waiter = Waiter { doing: "bench", timeout: env.lock_timeout };
            layer.prepare_write(&RelPath::new(scene(n))?, waiter, &env.timestamp())?;
            fs::write(self.copy(n), text(n, revision))?;
        }
        Ok(())
    }

    /// Makes a PreToolUse event.
    pub(crate) fn tool(&self, tool: &str, path: &Path, rest: &Value) -> String {
        let mut input = json!({ "file_path": path });
        if let (Some(input), Some(rest)) = (input.as_object_mut(), rest.as_object()) {
            input.extend(rest.clone());
        }
        self.event("PreToolUse", &json!({ "tool_name": tool, "tool_input": input, "tool_use_id": "toolu_1" }))
    }

    /// Makes an event as Claude Code sends it.
    pub(crate) fn event(&self, kind: &str, rest: &Value) -> String {
        let mut event = json!({
            "session_id": WINDOW,
            "transcript_path": self.root.join("transcript.jsonl"),
            "cwd": self.root,
            "prompt_id": "9a0a9d00-0000-4000-8000-000000000001",
            "permission_mode": "acceptEdits",
            "hook_event_name": kind,
        });
        if let (Some(event), Some(rest)) = (event.as_object_mut(), rest.as_object()) {
            event.extend(rest.clone());
        }
        event.to_string()
    }
}

/// Gives the n-th scene's path in the project.
pub(crate) fn scene(n: usize) -> String {
    format!("acts/part-{:04}/scene-{n:06}.md", n / 100)
}

/// Gives the n-th scene's text, about a kilobyte; revisions differ in one line.
pub(crate) fn text(n: usize, revision: usize) -> String {
    let mut text = format!("# Scene {n}\n\n");
    for line in 0..11 {
        let said = if line == 5 { revision } else { 0 };
        text.push_str(&format!(
            "She came to the {line}. gate of {n}, counted its stones, found {said} missing, and went on without a word.\n"
        ));
    }
    text
}

/// Writes a small file over, in its place.
///
/// ext4 begins to write out a file that was cut to nothing and written again as soon as it is closed (`auto_da_alloc`), and
/// whoever runs then is measured with the disk's interrupts: 60 µs, where a client sends its event through a pipe.
pub(crate) fn write_over(path: &Path, text: &str) -> Done {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file.set_len(u64::try_from(text.len())?)?)
}

/// Puts a tree out of the way; all of it is removed when the run ends.
///
/// Not at once: ext4 gives no inode again that was freed within the last minute, and to make a file it looks through all that
/// were. What is made after a large removal then takes twice as long, whoever makes it.
pub(crate) fn put_away(path: &Path) -> Done {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    Ok(fs::rename(path, path.with_extension(format!("put-away-{n}")))?)
}
