//! What keeps a command's writes off the project on this machine, found out by trying: a view, else Landlock, else nothing.
//!
//! A try is a child process that leaves its namespaces, mounts an overlay over a scratch file system that nobody else sees,
//! and ends: less than a millisecond. It is made where somebody asks (`doctor`, `install`, the start of a window), never for
//! a tool call; a command finds out by itself.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// Commands see the session.
    View,
    /// They see the project, and cannot write tracked files.
    Fence(Obstacle),
    /// They see the project and can write it; that is only told afterwards.
    Look(Obstacle),
}

/// How a client's commands see the session in its sandbox.
pub const IN_A_VIEW: &str = "redraft run -- claude   (its sandbox works in the view)";

/// Why there is no view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// As a phrase.
    pub why: String,
    /// What an administrator could type.
    pub hint: Option<&'static str>,
}

impl Means {
    /// Finds out; a scratch file system is mounted at `at`, a directory, for a child process alone.
    #[cfg(target_os = "linux")]
    pub fn find(at: &Path) -> Self {
        let Err(error) = super::namespace::try_at(at) else { return Self::View };
        let obstacle = Obstacle::of(&error);
        if crate::sys::landlock::rights().is_ok() { Self::Fence(obstacle) } else { Self::Look(obstacle) }
    }

    /// Knows: other systems have neither.
    #[cfg(not(target_os = "linux"))]
    pub fn find(_at: &Path) -> Self {
        Self::Look(Obstacle::of_this_system())
    }

    /// Says what commands cannot do here; nothing where they see the session.
    pub fn told(&self) -> Option<String> {
        let (why, rest) = match self {
            Self::View => return None,
            Self::Fence(obstacle) => (
                &obstacle.why,
                "see the project itself, and Landlock keeps them from writing its isolated files",
            ),
            Self::Look(obstacle) => (
                &obstacle.why,
                "see and change the project itself; a changed isolated file is reported after the command, not prevented",
            ),
        };
        Some(format!("commands that Claude runs with Bash cannot see a session here ({why}): they {rest}"))
    }

    /// Gives what an administrator could type to have views.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::View => None,
            Self::Fence(obstacle) | Self::Look(obstacle) => obstacle.hint,
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Obstacle {
    /// Gives the one there is.
    pub fn of_this_system() -> Self {
        Self { why: "only Linux can show a session to a command".to_string(), hint: None }
    }
}

#[cfg(target_os = "linux")]
impl Obstacle {
    /// Looks for the switch that stands behind an error.
    pub fn of(error: &std::io::Error) -> Self {
        const SWITCHES: [(&str, &str, &str, &str); 4] = [
            (
                "/proc/sys/user/max_user_namespaces",
                "0",
                "user namespaces are switched off",
                "sudo sysctl user.max_user_namespaces=15000",
            ),
            (
                "/proc/sys/user/max_mnt_namespaces",
                "0",
                "mount namespaces are switched off",
                "sudo sysctl user.max_mnt_namespaces=15000",
            ),
            (
                "/proc/sys/kernel/unprivileged_userns_clone",
                "0",
                "user namespaces are for root alone",
                "sudo sysctl kernel.unprivileged_userns_clone=1",
            ),
            (
                "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
                "1",
                "AppArmor forbids user namespaces",
                "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
            ),
        ];
        if crate::env::Env::is_in_sandbox() {
            let why = "Claude Code's Bash sandbox allows no namespace in it; under `redraft run -- claude` both work";
            return Self { why: why.to_string(), hint: Some(IN_A_VIEW) };
        }
        for (file, off, why, hint) in SWITCHES {
            let value = crate::fs::ambient::read_optional(Path::new(file)).ok().flatten();
            if value.is_some_and(|value| value.trim_ascii() == off.as_bytes()) {
                return Self { why: why.to_string(), hint: Some(hint) };
            }
        }
        Self { why: format!("the kernel says: {error}"), hint: None }
    }
}

/// Tells whether a client runs its commands through redraft, by the value that it keeps of that.
pub fn is_set_up(prefix: Option<&OsStr>) -> bool {
    prefix.is_some_and(|prefix| prefix.as_bytes().ends_with(b"redraft -c"))
}
