//! From the path of a tool call to what it names: a tracked file, a session's file, redraft's own state, or nothing
//! of ours.
//!
//! A path is first read as text, as the client does (`..` folded, relative to the event's directory). Where the disk
//! disagrees — a link on the way, a root reached under another name, a `..` behind a link — the real path decides:
//! there is one file, and what it is called does not change whose it is.

use std::path::{Component, Path, PathBuf};

use crate::error::Result;
use crate::fs::ambient;
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::layer::{self, RESERVED};
use crate::session::retry;

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A file that sessions do not isolate.
    Free,
    /// A tracked file of the project.
    Tracked(RelPath),
    /// A file below a session's directory that belongs to its layer.
    Layer {
        /// Whose; text, for a stray directory may have any name.
        session: String,
        /// The path inside, which is the project's path again.
        path: RelPath,
    },
    /// Scratch of a session.
    Artifact {
        /// Whose.
        session: String,
    },
    /// Kept versions: to be read, not to be written.
    Kept(RelPath),
    /// redraft's own records.
    State(RelPath),
    /// A tracked path that a link leads away from what is tracked.
    LedAway {
        /// The path as it was named.
        path: RelPath,
        /// Where it leads.
        to: PathBuf,
    },
    /// A path that names one file as text and another on the disk.
    Ambiguous {
        /// As text.
        text: PathBuf,
        /// On the disk.
        disk: PathBuf,
    },
}

/// Where a call is made from.
#[derive(Debug, Clone, Copy)]
pub struct Here<'a> {
    /// The project.
    pub project: &'a Project,
    /// Where relative paths start.
    pub cwd: &'a Path,
    /// What `~` is.
    pub home: Option<&'a Path>,
}

impl Here<'_> {
    /// Reads a path as text alone: what it names when no link is involved.
    pub fn by_text(&self, typed: &str) -> Option<RelPath> {
        RelPath::resolve(&self.project.root, self.cwd, &self.expand(typed)).ok()
    }

    /// Tells what a path names, links followed; who `writes` is not led out of a session by one.
    pub fn locate(&self, typed: &str, writes: bool) -> Result<Target> {
        let expanded = self.expand(typed);
        if let Some(ambiguous) = self.ambiguity(&expanded)? {
            return Ok(ambiguous);
        }
        let named = RelPath::resolve(&self.project.root, self.cwd, &expanded).ok();
        let by_name = named.as_ref().map(|path| classify(self.project, path.clone()));
        match (&named, by_name) {
            // A record is one by its name, whatever was put in its place.
            (_, Some(target @ (Target::State(_) | Target::Kept(_)))) => return Ok(target),
            (Some(path), Some(target)) if !self.project.dir.has_link(path)? => return Ok(target),
            _ => {}
        }
        let folded = fold(&self.cwd.join(&expanded));
        if folded == self.project.root {
            return Ok(Target::Free);
        }
        let real = ambient::real_path(&folded)?;
        let inside = real.strip_prefix(ambient::canonicalize(&self.project.root)?).ok().map(RelPath::new);
        let target = match inside {
            Some(Ok(path)) => classify(self.project, path),
            _ => Target::Free,
        };
        let in_session = |path: &RelPath| writes && path.is_within(&self.project.sessions());
        match named {
            Some(path) if in_session(&path) || target == Target::Free && self.project.is_tracked(&path) => {
                Ok(Target::LedAway { path, to: real })
            }
            _ => Ok(target),
        }
    }

    /// Compares the folded path with the disk's, when there is a `..` to fold.
    fn ambiguity(&self, expanded: &Path) -> Result<Option<Target>> {
        if !expanded.as_os_str().as_encoded_bytes().split(|b| *b == b'/').any(|part| part == b"..") {
            return Ok(None);
        }
        let joined = self.cwd.join(expanded);
        let text = ambient::real_path(&fold(&joined))?;
        // Where something on the way is missing the kernel opens nothing, and only the text counts.
        match ambient::real_path(&joined) {
            Ok(disk) if disk != text => Ok(Some(Target::Ambiguous { text, disk })),
            _ => Ok(None),
        }
    }

    /// Gives a path as text alone, absolute and folded.
    pub fn absolute(&self, typed: &str) -> PathBuf {
        fold(&self.cwd.join(self.expand(typed)))
    }

    fn expand(&self, typed: &str) -> PathBuf {
        match (typed.strip_prefix("~/"), self.home) {
            (Some(below), Some(home)) => home.join(below),
            _ => PathBuf::from(typed),
        }
    }
}

/// Folds `.` and `..` as text.
fn fold(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// Tells what a path below the root is, by its name alone.
pub fn classify(project: &Project, path: RelPath) -> Target {
    if !path.is_within(project.workspace()) {
        return if project.is_tracked(&path) { Target::Tracked(path) } else { Target::Free };
    }
    if path == project.pointer() || path.is_within(&project.private()) {
        return Target::State(path);
    }
    if path.is_within(&project.retries_archive()) {
        return Target::Kept(path);
    }
    let sessions = project.sessions();
    let Ok(below) = path.as_path().strip_prefix(sessions.as_path()) else { return Target::Free };
    let mut parts = below.iter();
    let (Some(session), Some(top)) = (parts.next(), parts.next()) else { return Target::State(path) };
    let session = session.to_string_lossy().into_owned();
    if top == "artifacts" {
        Target::Artifact { session }
    } else if top == retry::DIR {
        Target::Kept(path)
    } else if RESERVED.iter().any(|name| top == *name) || top.as_encoded_bytes().starts_with(b".") {
        Target::State(path)
    } else {
        let inside = below.iter().skip(1).collect::<PathBuf>();
        RelPath::new(inside).map_or(Target::State(path), |path| Target::Layer { session, path })
    }
}

impl Target {
    /// Gives the project's path when this is the project's file or the same file in a session of this name.
    pub fn project_path(self, own: &SessionName) -> Option<RelPath> {
        match self {
            Self::Tracked(path) => Some(path),
            Self::Layer { session, path } if session == own.as_str() => Some(path),
            _ => None,
        }
    }
}

/// Tells whether a session can hold a path.
pub fn is_isolated(project: &Project, path: &RelPath) -> bool {
    project.is_tracked(path) && layer::check_landable(path).is_ok()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test lays out links")]
mod tests {
    use super::*;
    use crate::project::FoundBy;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    fn layer(session: &str, inside: &str) -> Target {
        Target::Layer { session: session.into(), path: path(inside) }
    }

    /// A book at `<scratch>/book`, with links in and out of it, and `<scratch>/alias` leading to it.
    fn book() -> (tempfile::TempDir, PathBuf) {
        let scratch = tempfile::tempdir().unwrap();
        let top = scratch.path().canonicalize().unwrap();
        for dir in ["book/acts/one", "book/notes", "book/workspace/sessions/s1/acts", "outside/deep"] {
            std::fs::create_dir_all(top.join(dir)).unwrap();
        }
        for file in ["book/acts/a.md", "book/notes/n.md", "outside/o.md", "book/workspace/session.lock"] {
            std::fs::write(top.join(file), "x").unwrap();
        }
        for (at, to) in [
            ("alias", "book"),
            ("book/acts/link.md", "a.md"),
            ("book/acts/out.md", "../../outside/o.md"),
            ("book/acts/outdir", "../../outside"),
            ("book/acts/untracked.md", "../notes/n.md"),
            ("book/acts/dangling.md", "one/new.md"),
            ("book/acts/loop", "loop"),
            ("book/acts/lock", "../workspace/session.lock"),
            ("book/notes/in.md", "../acts/a.md"),
            ("outside/back", "../book/acts"),
            ("book/workspace/sessions/s1/acts/planted.md", "../../../../../outside/o.md"),
            ("book/workspace/sessions/s1/session.json", "../../../../outside/o.md"),
        ] {
            std::os::unix::fs::symlink(to, top.join(at)).unwrap();
        }
        (scratch, top)
    }

    #[test]
    fn names_lead_to_files() {
        let (_scratch, top) = book();
        let root = top.join("book");
        let project = Project::open(root.clone(), FoundBy::Option).unwrap();
        let from = Here { project: &project, cwd: &root.join("notes"), home: Some(&top) };
        let led = |at: &str, to: &str| Target::LedAway { path: path(at), to: top.join(to) };
        for (typed, expected) in [
            ("{top}/book/acts/a.md", Target::Tracked(path("acts/a.md"))),
            ("{top}/book//acts/./a.md", Target::Tracked(path("acts/a.md"))),
            ("{top}/book/acts/one/../a.md", Target::Tracked(path("acts/a.md"))),
            ("{top}/book/acts/new/x.md", Target::Tracked(path("acts/new/x.md"))),
            ("../acts/a.md", Target::Tracked(path("acts/a.md"))),
            ("~/book/acts/a.md", Target::Tracked(path("acts/a.md"))),
            ("{top}/alias/acts/a.md", Target::Tracked(path("acts/a.md"))),
            ("{top}/alias/acts/new.md", Target::Tracked(path("acts/new.md"))),
            ("{top}/outside/back/a.md", Target::Tracked(path("acts/a.md"))),
            ("{top}/book/acts/link.md", Target::Tracked(path("acts/a.md"))),
            ("{top}/book/acts/dangling.md", Target::Tracked(path("acts/one/new.md"))),
            ("in.md", Target::Tracked(path("acts/a.md"))),
            ("n.md", Target::Free),
            ("{top}/book", Target::Free),
            ("{top}/bookshop/acts/a.md", Target::Free),
            ("/etc/passwd", Target::Free),
            ("{top}/book/../outside/o.md", Target::Free),
            ("{top}/book/acts/out.md", led("acts/out.md", "outside/o.md")),
            ("{top}/book/acts/outdir/new.md", led("acts/outdir/new.md", "outside/new.md")),
            ("{top}/book/acts/untracked.md", led("acts/untracked.md", "book/notes/n.md")),
            ("{top}/book/acts/lock", Target::State(path("workspace/session.lock"))),
            ("{top}/alias/workspace/session.lock", Target::State(path("workspace/session.lock"))),
            (
                "{top}/book/acts/outdir/../a.md",
                Target::Ambiguous { text: root.join("acts/a.md"), disk: top.join("a.md") },
            ),
            ("{top}/book/workspace/sessions/s1/acts/a.md", layer("s1", "acts/a.md")),
        ] {
            let typed = typed.replace("{top}", top.to_str().unwrap());
            assert_eq!(from.locate(&typed, false).unwrap(), expected, "{typed}");
        }
        let planted = "workspace/sessions/s1/acts/planted.md";
        let typed = root.join(planted).display().to_string();
        assert_eq!(from.locate(&typed, true).unwrap(), led(planted, "outside/o.md"));
        assert_eq!(from.locate(&typed, false).unwrap(), Target::Free);
        let record = "workspace/sessions/s1/session.json";
        let typed = root.join(record).display().to_string();
        assert_eq!(from.locate(&typed, true).unwrap(), Target::State(path(record)));
        assert!(from.locate(&format!("{}/acts/loop", root.display()), false).is_err());
        assert!(from.locate("a\0b", false).is_err());
    }

    #[test]
    fn the_workspace_is_sorted_by_name() {
        let (_scratch, top) = book();
        let project = Project::open(top.join("book"), FoundBy::Option).unwrap();
        let state = |at: &str| Target::State(path(at));
        for (at, expected) in [
            ("workspace/session.lock", state("workspace/session.lock")),
            ("workspace/.redraft/blobs/aa/bb", state("workspace/.redraft/blobs/aa/bb")),
            ("workspace/sessions", state("workspace/sessions")),
            ("workspace/sessions/s1", state("workspace/sessions/s1")),
            ("workspace/sessions/s1/session.json", state("workspace/sessions/s1/session.json")),
            ("workspace/sessions/s1/cow-files.jsonl", state("workspace/sessions/s1/cow-files.jsonl")),
            ("workspace/sessions/s1/.deleted/acts/a.md", state("workspace/sessions/s1/.deleted/acts/a.md")),
            ("workspace/sessions/s1/.removed/1/a.md", state("workspace/sessions/s1/.removed/1/a.md")),
            ("workspace/sessions/a b/session.json", state("workspace/sessions/a b/session.json")),
            ("workspace/sessions/s1/acts/session.json", layer("s1", "acts/session.json")),
            ("workspace/sessions/s1/artifacts/x/y", Target::Artifact { session: "s1".into() }),
            (
                "workspace/sessions/s1/human-retries/a-retry-1.md",
                Target::Kept(path("workspace/sessions/s1/human-retries/a-retry-1.md")),
            ),
            ("workspace/retries-archive/s1/a", Target::Kept(path("workspace/retries-archive/s1/a"))),
            ("workspace/sessions/s10/acts/a.md", layer("s10", "acts/a.md")),
            ("workspace/else", Target::Free),
            ("workspace", Target::Free),
            ("workspacex/sessions/s1/acts", Target::Free),
            ("acts/workspace/session.lock", Target::Tracked(path("acts/workspace/session.lock"))),
        ] {
            assert_eq!(classify(&project, path(at)), expected, "{at}");
        }
    }
}
