//! What went wrong, as data: a kind, a sentence, what to look at, what to type next.
//!
//! One kind maps to one exit code, in one place ([`Kind::exit_code`]). Text and JSON are made from the same fields by
//! `ui`; hints are written as `redraft …` commands and rephrased by the door that shows them (`/session …` in Claude
//! Code). No I/O here, and no error is ever only a string.

use std::fmt;
use std::path::Path;

/// The result of everything that can be refused.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Understood and declined: nothing was changed.
    Refused,
    /// The session, file or entry named does not exist.
    NotFound,
    /// The request itself is malformed.
    Usage,
    /// Base, project and session disagree; nothing was written.
    Conflict,
    /// A lock was held past the deadline.
    Busy,
    /// Stored state cannot be trusted.
    Corrupt,
    /// The operating system said no.
    Io,
    /// A mistake of ours.
    Bug,
}

impl Kind {
    /// Gives the process exit code of the contract.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Refused | Self::NotFound | Self::Io => 1,
            Self::Usage => 2,
            Self::Conflict => 3,
            Self::Busy => 4,
            Self::Corrupt => 5,
            Self::Bug => 70,
        }
    }

    /// Gives the word used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::NotFound => "not_found",
            Self::Usage => "usage",
            Self::Conflict => "conflict",
            Self::Busy => "busy",
            Self::Corrupt => "corrupt",
            Self::Io => "io",
            Self::Bug => "bug",
        }
    }
}

/// A refusal with its kind, what happened to what, details worth listing, and the next steps.
#[derive(Debug, Clone)]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// One sentence: what, about which path or name.
    pub message: String,
    /// Further facts, one a line (paths checked, files in conflict).
    pub details: Vec<String>,
    /// What to type next, most likely first.
    pub hints: Vec<String>,
    /// The operating system's error number, where there is one.
    pub os: Option<i32>,
}

impl Error {
    /// Makes an error of a kind with its sentence.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: Vec::new(), hints: Vec::new(), os: None }
    }

    /// Declines a request that was understood.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// Says that something named does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// Says that the request is malformed.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Says that stored state cannot be trusted.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(Kind::Corrupt, message)
    }

    /// Says of an error at reading stored state that the state cannot be trusted: something else stands in the file's place, or
    /// it cannot be read. What is wrong with the moment and not with the file (too many open ones) stays what it is.
    #[must_use]
    pub fn untrusted(self) -> Self {
        use rustix::io::Errno;
        let of_the_file = [Errno::ACCESS, Errno::PERM, Errno::IO, Errno::LOOP];
        if self.kind == Kind::Refused || of_the_file.iter().any(|errno| self.is_errno(*errno)) {
            return Self { kind: Kind::Corrupt, hints: Vec::new(), ..self };
        }
        self
    }

    /// Wraps an operating-system error with what was being done to which path.
    pub fn io(doing: &str, path: &Path, source: &std::io::Error) -> Self {
        let mut error =
            Self::new(Kind::Io, format!("cannot {doing} {}: {}", path.display(), strip_os_suffix(source)));
        error.os = source.raw_os_error();
        match error.os.and_then(|os| remedy(os, path)) {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// Gives what to type next: the hints, or what helps with any error of this kind.
    #[must_use]
    pub fn next_steps(&self) -> Vec<String> {
        if !self.hints.is_empty() {
            return self.hints.clone();
        }
        let step = match self.kind {
            Kind::Refused | Kind::NotFound => "See the session and its files: redraft status",
            Kind::Usage => "All commands: redraft --help",
            Kind::Conflict => "Look again: redraft commit",
            Kind::Busy => "Run the same command again in a moment",
            Kind::Corrupt => "See which session is CRASHED: redraft list",
            Kind::Io | Kind::Bug => "Find out what is wrong: redraft doctor",
        };
        vec![step.into()]
    }

    /// Adds a next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a fact worth listing.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// Tells whether the operating system said "no such file or directory", or that a parent is not a directory.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        use rustix::io::Errno;
        self.os.is_some_and(|os| os == Errno::NOENT.raw_os_error() || os == Errno::NOTDIR.raw_os_error())
    }

    /// Tells whether the operating system reported this error number.
    #[must_use]
    pub fn is_errno(&self, errno: rustix::io::Errno) -> bool {
        self.os == Some(errno.raw_os_error())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Says what helps against an error of the operating system. Never about what is absent: that is often no error at all.
fn remedy(os: i32, path: &Path) -> Option<String> {
    use rustix::io::Errno;
    let again = "then run the command again";
    match Errno::from_raw_os_error(os) {
        Errno::ACCESS | Errno::PERM => Some(format!(
            "look who may do that (ls -ld {:?}), correct it, {again}",
            path.display().to_string()
        )),
        Errno::ROFS => Some(format!("make that file system writable, {again}")),
        Errno::NOSPC | Errno::DQUOT => Some(format!("make room on that disk, {again}; nothing is half done")),
        Errno::NAMETOOLONG => Some(format!("use a shorter name, {again}")),
        Errno::MFILE | Errno::NFILE => Some(format!("allow more open files (ulimit -n 4096), {again}")),
        _ => None,
    }
}

/// Drops the `(os error 2)` that std appends: the sentence is for a person.
fn strip_os_suffix(source: &std::io::Error) -> String {
    let text = source.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_string(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_file_is_told_from_what_is_wrong_with_the_moment() {
        use rustix::io::Errno;
        for (errno, kind) in [
            (Errno::ACCESS, Kind::Corrupt),
            (Errno::IO, Kind::Corrupt),
            (Errno::MFILE, Kind::Io),
            (Errno::NOSPC, Kind::Io),
        ] {
            let error = Error::io("read", Path::new("/book"), &errno.into()).untrusted();
            assert_eq!((error.kind, error.is_errno(errno)), (kind, true));
        }
        assert_eq!(Error::refused("is a directory").untrusted().kind, Kind::Corrupt);
        assert_eq!(Error::new(Kind::Busy, "x").untrusted().kind, Kind::Busy);
    }

    #[test]
    fn no_error_leaves_a_person_without_a_next_step() {
        use Kind::{Bug, Busy, Conflict, Corrupt, Io, NotFound, Refused, Usage};
        for kind in [Refused, NotFound, Usage, Conflict, Busy, Corrupt, Io, Bug] {
            assert_eq!(Error::new(kind, "x").next_steps().len(), 1);
        }
        assert_eq!(Error::refused("x").hint("redraft list").next_steps(), ["redraft list"]);
        let io = |errno: rustix::io::Errno| Error::io("write", Path::new("/book"), &errno.into());
        assert_eq!(
            io(rustix::io::Errno::ACCESS).hints,
            ["look who may do that (ls -ld \"/book\"), correct it, then run the command again"]
        );
        assert!(io(rustix::io::Errno::NOSPC).hints[0].starts_with("make room"));
        assert!(io(rustix::io::Errno::NOENT).hints.is_empty());
    }
}
