//! The project: where its root is, what it isolates, and where everything lies under `workspace/`.
//!
//! Discovery looks only upwards and only at names, so its cost is the depth of the path. The configuration is read
//! once here (`config`); which paths are isolated is decided by [`Tracked`] (`tracked`) without compiling a regular
//! expression for the ordinary globs. The layout functions below are the only place that spells a path under
//! `workspace/`.

pub mod config;
mod quick;
pub mod tracked;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

pub use config::Config;
pub use tracked::Tracked;

use crate::env::Env;
use crate::error::{Error, Result};
use crate::fs::{Dir, ambient};
use crate::name::SessionName;
use crate::relpath::RelPath;

/// The configuration file at the project root.
pub const CONFIG_FILE: &str = "redraft.json";

/// A project whose root is known and whose configuration is sound.
#[derive(Debug)]
pub struct Project {
    /// The root, as it was found (links in it are kept as the person typed them).
    pub root: PathBuf,
    /// The root, open.
    pub dir: Dir,
    /// redraft.json, or the defaults.
    pub config: Config,
    /// Which rule found the root.
    pub found_by: FoundBy,
    tracked: Tracked,
}

/// Which rule of discovery found the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// `--root`
    Option,
    /// `REDRAFT_ROOT`
    Environment,
    /// An ancestor has `redraft.json` or `workspace/sessions/`.
    Ancestor,
    /// `CLAUDE_PROJECT_DIR`
    ClaudeProject,
    /// An ancestor has `.git`.
    Git,
    /// Nothing else applied.
    WorkingDirectory,
}

impl Project {
    /// Finds the root and reads the configuration.
    pub fn discover(env: &Env, option: Option<&Path>) -> Result<Self> {
        let (root, found_by) = find_root(env, option)?;
        Self::open(root, found_by)
    }

    /// Opens the project at a known root.
    pub fn open(root: PathBuf, found_by: FoundBy) -> Result<Self> {
        let dir = Dir::open_ambient(&root)?;
        let config = Config::read(&dir)?;
        let tracked = Tracked::new(&config, &dir).map_err(|error| config::in_file(&dir, error))?;
        Ok(Self { root, dir, config, found_by, tracked })
    }

    /// Tells whether a path is isolated by sessions.
    pub fn is_tracked(&self, path: &RelPath) -> bool {
        self.tracked.contains(path)
    }

    /// Gives the isolated paths, as globs for a person.
    pub fn tracked(&self) -> &Tracked {
        &self.tracked
    }

    /// `workspace`
    pub fn workspace(&self) -> &RelPath {
        &self.config.workspace
    }

    /// `workspace/session.lock`: which session is whose.
    pub fn pointer(&self) -> RelPath {
        self.below("session.lock")
    }

    /// `workspace/sessions`
    pub fn sessions(&self) -> RelPath {
        self.below("sessions")
    }

    /// `workspace/sessions/<name>`
    pub fn session(&self, name: &SessionName) -> RelPath {
        fixed(self.sessions().join(OsStr::new(name.as_str())))
    }

    /// `workspace/retries-archive`
    pub fn retries_archive(&self) -> RelPath {
        self.below("retries-archive")
    }

    /// `workspace/.redraft`
    pub fn private(&self) -> RelPath {
        self.below(".redraft")
    }

    /// `workspace/.redraft/<kind>`: blobs, commits, trash, locks, windows, tmp.
    pub fn private_dir(&self, kind: &str) -> RelPath {
        self.below(&[".redraft/", kind].concat())
    }

    /// Gives something under `workspace/` by a name that is a constant of ours.
    fn below(&self, name: &str) -> RelPath {
        fixed(self.workspace().join(name))
    }
}

/// Unwraps a path made of checked parts; the workspace itself stands in where that is impossible.
fn fixed(path: Result<RelPath>) -> RelPath {
    path.unwrap_or_else(|error| unreachable!("a path of checked parts is a path: {error}"))
}

/// Finds the root by the contract's order.
pub fn find_root(env: &Env, option: Option<&Path>) -> Result<(PathBuf, FoundBy)> {
    if let Some(root) = option {
        return Ok((named_root(env, root, "--root")?, FoundBy::Option));
    }
    if let Some(root) = &env.root {
        return Ok((named_root(env, root, "REDRAFT_ROOT")?, FoundBy::Environment));
    }
    if let Some(root) = nearest(&env.cwd, is_project) {
        return Ok((outermost(root), FoundBy::Ancestor));
    }
    if let Some(root) = env.claude_project_dir.as_deref().filter(|d| ambient::is_dir(d)) {
        return Ok((root.to_path_buf(), FoundBy::ClaudeProject));
    }
    if let Some(root) = nearest(&env.cwd, |dir| ambient::exists(&dir.join(".git"))) {
        return Ok((root.to_path_buf(), FoundBy::Git));
    }
    Ok((env.cwd.clone(), FoundBy::WorkingDirectory))
}

fn named_root(env: &Env, root: &Path, from: &str) -> Result<PathBuf> {
    let root = env.cwd.join(root);
    if ambient::is_dir(&root) {
        return ambient::canonicalize(&root);
    }
    Err(Error::not_found(format!("{from} {} is not a directory", root.display()))
        .hint("name the directory that holds the book or code base, or leave it out"))
}

fn is_project(dir: &Path) -> bool {
    ambient::exists(&dir.join(CONFIG_FILE)) || ambient::is_dir(&dir.join("workspace/sessions"))
}

fn nearest(from: &Path, matches: impl Fn(&Path) -> bool) -> Option<&Path> {
    from.ancestors().find(|dir| matches(dir))
}

/// Leaves a session's layer: a copy of redraft.json inside it does not make the layer a project of its own.
fn outermost(root: &Path) -> PathBuf {
    let inside_sessions = root.iter().any(|part| part == "sessions");
    let outer = inside_sessions.then(|| {
        root.ancestors().skip(1).filter(|dir| is_project(dir)).find(|dir| {
            Dir::open_ambient(dir)
                .and_then(|open| Config::read(&open))
                .is_ok_and(|config| root.starts_with(dir.join(config.workspace.as_path()).join("sessions")))
        })
    });
    outer.flatten().unwrap_or(root).to_path_buf()
}
