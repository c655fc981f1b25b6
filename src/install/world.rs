//! A project and a home in a temporary directory, for the tests of `install` and `doctor`.

#![expect(clippy::disallowed_methods, reason = "tests set the stage on the disk")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Install, install, uninstall};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::report::{Installed, Report, Uninstalled};
use crate::verbs::Desk;

/// The binary that most tests install.
pub(crate) const EXE: &str = "/opt/bin/redraft";

pub(crate) struct World {
    pub(crate) temp: tempfile::TempDir,
    pub(crate) desk: Desk,
}

impl World {
    pub(crate) fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir(temp.path().join("project")).unwrap();
        std::fs::create_dir(temp.path().join("home")).unwrap();
        let env = Env {
            cwd: temp.path().join("project"),
            now: chrono::DateTime::UNIX_EPOCH.into(),
            root: None,
            session: None,
            claude_project_dir: None,
            window: None,
            claude_config_dir: None,
            claude_pid: "1".into(),
            shell: None,
            view: None,
            inside: None,
            failpoint: None,
            home: Some(temp.path().join("home")),
            path: None,
            user: "tester".into(),
            emoji: true,
            color: false,
            lock_timeout: Duration::from_secs(1),
        };
        Self { temp, desk: Desk { env, root: None, session: None, patience: None } }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.temp.path().join("project")
    }

    pub(crate) fn with(self, path: &str, content: &str) -> Self {
        let path = self.temp.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.temp.path().join(path)).unwrap()
    }

    pub(crate) fn install_as(&self, exe: &str, options: Install) -> Result<Installed> {
        match install(&self.desk, Path::new(exe), &self.root(), &options)? {
            Report::Installed(report) => Ok(report),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn install(&self) -> Installed {
        self.install_as(EXE, Install::default()).unwrap()
    }

    pub(crate) fn refusal(&self) -> Error {
        let before = self.tree();
        let error = self.install_as(EXE, Install::default()).unwrap_err();
        assert_eq!(self.tree(), before, "a refusal changes nothing");
        assert!(!error.hints.is_empty(), "{}", error.message);
        error
    }

    pub(crate) fn uninstall(&self, user: bool) -> Uninstalled {
        match uninstall(&self.desk, &self.root(), user).unwrap() {
            Report::Uninstalled(report) => report,
            other => panic!("{other:?}"),
        }
    }

    /// Gives every path with its mode and content.
    pub(crate) fn tree(&self) -> BTreeMap<PathBuf, (u32, String)> {
        let mut tree = BTreeMap::new();
        let mut open = vec![self.temp.path().to_path_buf()];
        while let Some(dir) = open.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                let metadata = std::fs::symlink_metadata(&path).unwrap();
                let content = if metadata.is_dir() {
                    open.push(path.clone());
                    "dir".into()
                } else if metadata.is_symlink() {
                    format!("-> {}", std::fs::read_link(&path).unwrap().display())
                } else {
                    String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned()
                };
                tree.insert(path, (metadata.permissions().mode(), content));
            }
        }
        tree
    }

    /// Puts an executable file somewhere; gives its path.
    ///
    /// `cp` writes it: a descriptor of ours, open for writing, could be held by another test's fresh child just when
    /// the program is to be started, and the kernel refuses that ("Text file busy").
    pub(crate) fn program(&self, path: &str, script: &str) -> PathBuf {
        let path = self.temp.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut source = tempfile::NamedTempFile::new().unwrap();
        source.write_all(script.as_bytes()).unwrap();
        source.as_file().set_permissions(std::fs::Permissions::from_mode(0o755)).unwrap();
        let copied = std::process::Command::new("cp").arg(source.path()).arg(&path).status().unwrap();
        assert!(copied.success());
        path
    }
}
