//! Where an installation goes: the settings file and the skills directory of a scope, and where a write really lands.
//!
//! People keep their configuration in version control and link it into place. A link is followed only while it stays
//! inside the configuration directory; a write that would land elsewhere is refused by name. `~/.claude` itself may be
//! a link (it is the user's own); a project's `.claude` may not, because a project can come from anybody.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};
use crate::fs::ambient;
use crate::verbs::Desk;

/// Longest chain of links that is followed.
const MAX_LINKS: usize = 16;

/// The places of one scope.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// `.claude` of the project, or the user's configuration directory.
    pub(crate) dir: PathBuf,
    /// Settings for this user on every project.
    pub(crate) user: bool,
}

impl Place {
    /// Gives the project's place.
    pub(crate) fn project(root: &Path) -> Self {
        Self { dir: root.join(".claude"), user: false }
    }

    /// Gives the user's place: `CLAUDE_CONFIG_DIR`, else `~/.claude`.
    pub(crate) fn user(desk: &Desk) -> Result<Self> {
        let env = &desk.env;
        let dir = match (&env.claude_config_dir, &env.home) {
            (Some(dir), _) => env.cwd.join(dir),
            (None, Some(home)) => home.join(".claude"),
            (None, None) => {
                return Err(Error::refused(
                    "neither CLAUDE_CONFIG_DIR nor HOME is set: where are the user's settings?",
                )
                .hint("redraft install   (for this project only)"));
            }
        };
        Ok(Self { dir, user: true })
    }

    /// Gives one of the two.
    pub(crate) fn of(desk: &Desk, root: &Path, user: bool) -> Result<Self> {
        if user { Self::user(desk) } else { Ok(Self::project(root)) }
    }

    /// Gives the settings file.
    pub(crate) fn settings(&self) -> PathBuf {
        self.dir.join("settings.json")
    }

    /// Gives the directory of skills.
    pub(crate) fn skills(&self) -> PathBuf {
        self.dir.join("skills")
    }

    /// Gives the command that installs here.
    pub(crate) fn install_command(&self) -> &'static str {
        if self.user { "redraft install --user" } else { "redraft install" }
    }

    /// Gives where a write to `path` (inside [`Self::dir`]) lands; refuses a link that leads out.
    pub(crate) fn landing(&self, path: &Path) -> Result<PathBuf> {
        if !self.user && ambient::symlink_target(&self.dir)?.is_some() {
            return Err(leads_out(&self.dir, &self.dir)
                .hint("redraft install --user   (into your own settings instead)"));
        }
        let mut wanted: Vec<_> =
            components_below(&self.dir, path).ok_or_else(|| leads_out(path, &self.dir))?;
        let mut at = self.dir.clone();
        let mut n_links = 0;
        while !wanted.is_empty() {
            let next = at.join(wanted.remove(0));
            let Some(target) = ambient::symlink_target(&next)? else {
                at = next;
                continue;
            };
            n_links += 1;
            let below = components_below(&self.dir, &fold(&at.join(&target)));
            let Some(mut below) = below.filter(|_| n_links <= MAX_LINKS) else {
                return Err(leads_out(&next, &self.dir));
            };
            below.append(&mut wanted);
            wanted = below;
            at.clone_from(&self.dir);
        }
        Ok(at)
    }
}

fn leads_out(link: &Path, dir: &Path) -> Error {
    Error::refused(format!(
        "{} is a symbolic link that leads out of {}; nothing was changed",
        link.display(),
        dir.display()
    ))
    .hint("put the file itself there (cp -L), or link it from inside that directory, then run the command again")
}

fn components_below(dir: &Path, path: &Path) -> Option<Vec<PathBuf>> {
    Some(path.strip_prefix(dir).ok()?.components().map(|c| PathBuf::from(c.as_os_str())).collect())
}

/// Folds `.` and `..` as text; what they pass through is checked component by component afterwards.
fn fold(path: &Path) -> PathBuf {
    let mut folded = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(folded.pop()),
            other => folded.push(other),
        }
    }
    folded
}
