//! git, as far as a person asks for it: which branch, a branch to work on, a commit of named paths, push and merge.
//!
//! The program itself is run, with a deadline, never through a shell and never with text where an option could be. What
//! it prints is read in its `-z` forms only. Whether a checkout or a merge would lose something is git's own decision:
//! nothing here forces anything.

use std::path::Path;
use std::time::Duration;

use crate::child::{self, Call, Ran};
use crate::error::{Error, Result};
use crate::fs::Dir;
use crate::relpath::RelPath;
use crate::report::GitState;

/// How long one call may take.
const DEADLINE: Duration = Duration::from_mins(1);

/// The most of a file in `.git` that is read.
const MAX_BYTES: u64 = 64 * 1024;

/// How many paths are given to one call as arguments.
const MAX_PATHS: usize = 200;

/// A work tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Git<'a> {
    root: &'a Path,
}

impl<'a> Git<'a> {
    /// Opens the work tree that a project is in.
    pub(crate) fn open(root: &'a Path) -> Result<Self> {
        let git = Self { root };
        match git.ask(&["rev-parse", "--is-inside-work-tree"])? {
            Some(answer) if answer.trim() == "true" => Ok(git),
            _ => Err(Error::refused(format!("{} is not in a git work tree", root.display()))
                .hint("make it one: git init, or leave out what needs git")),
        }
    }

    /// Reads how the work tree stands.
    pub(crate) fn state(self) -> Result<GitState> {
        let text = self.run(&["status", "--porcelain=v2", "--branch", "-z"], "")?;
        Ok(parse_status(&text))
    }

    /// Goes to a branch, making it where it does not exist; tells whether it was made. Refused by git where work that is
    /// not committed would be lost.
    pub(crate) fn go_to(self, branch: &str) -> Result<bool> {
        if branch.starts_with('-') || self.ask(&["check-ref-format", "--branch", branch])?.is_none() {
            return Err(Error::usage(format!("{branch:?} cannot be the name of a git branch"))
                .hint("redraft start auth --branch feature/auth"));
        }
        let exists =
            self.ask(&["rev-parse", "--verify", "--quiet", &format!("refs/heads/{branch}")])?.is_some();
        if self.state()?.branch.as_deref() == Some(branch) {
            return Ok(false);
        }
        let arguments: &[&str] =
            if exists { &["switch", "--no-guess", branch] } else { &["switch", "-c", branch] };
        self.run(arguments, "").map(|_| !exists).map_err(|error| {
            Error::refused(format!("git did not go to the branch '{branch}'"))
                .detail(error.message)
                .hint("git commit or git stash what is not committed, then run the command again")
        })
    }

    /// Gives the branch of a work tree where everything is committed; refuses any other.
    pub(crate) fn clean_branch(self) -> Result<String> {
        let state = self.state()?;
        if state.dirty > 0 {
            let paths =
                if state.dirty == 1 { "1 path is".into() } else { format!("{} paths are", state.dirty) };
            return Err(Error::refused(format!(
                "{paths} not committed in git; nothing was pushed or merged"
            ))
            .hint("See them: git status")
            .hint("Commit what the session has landed: redraft checkpoint --git-commit"));
        }
        state.branch.ok_or_else(|| {
            Error::refused("git is on no branch; nothing was pushed or merged").hint("git switch <branch>")
        })
    }

    /// Pushes the current branch to where it belongs, never by force; gives its name.
    pub(crate) fn push(self) -> Result<String> {
        let branch = self.clean_branch()?;
        self.run(&["push", "--quiet"], "").map(|_| branch).map_err(|error| {
            Error::refused("git did not push")
                .detail(error.message)
                .hint("git push --set-upstream origin HEAD")
        })
    }

    /// Goes to a branch and merges another into it; a merge that does not go through is taken back.
    pub(crate) fn merge_to(self, from: &str, target: &str) -> Result<()> {
        let known = !target.starts_with('-')
            && self.ask(&["rev-parse", "--verify", "--quiet", &format!("refs/heads/{target}")])?.is_some();
        if !known {
            return Err(
                Error::not_found(format!("There is no git branch {target:?}")).hint("See them: git branch")
            );
        }
        if target == from {
            return Err(
                Error::refused(format!("{target:?} is the current git branch")).hint("See them: git branch")
            );
        }
        self.run(&["switch", "--quiet", "--no-guess", target], "")?;
        let Err(error) = self.run(&["merge", "--quiet", "--no-edit", from], "") else { return Ok(()) };
        let aborted = self.run(&["merge", "--abort"], "");
        let back = self.run(&["switch", "--quiet", "--no-guess", from], "");
        let mut refused =
            Error::refused(format!("git did not merge '{from}' into '{target}'; it is as it was"))
                .detail(error.message)
                .hint(format!("merge it by hand: git switch {target} && git merge {from}"));
        for undone in [aborted, back] {
            if let Err(error) = undone {
                refused = refused.detail(error.message);
            }
        }
        Err(refused)
    }

    /// Tells which of these paths differ from the last commit, and whether each was added, modified or deleted.
    pub(crate) fn differing(self, paths: &[&str]) -> Result<Vec<(char, String)>> {
        let mut found = Vec::new();
        for some in paths.chunks(MAX_PATHS) {
            let mut args = vec!["--literal-pathspecs", "status", "--porcelain=v1", "-z", "--no-renames"];
            args.extend(["--untracked-files=all", "--"]);
            args.extend(some);
            let text = self.run(&args, "")?;
            for field in text.split('\0').filter(|field| field.len() > 3) {
                let (states, path) = (&field.as_bytes()[..2], field[3..].to_string());
                let what = match states {
                    b"??" => 'A',
                    _ if states.contains(&b'D') => 'D',
                    _ if states.contains(&b'A') => 'A',
                    _ => 'M',
                };
                found.push((what, path));
            }
        }
        Ok(found)
    }

    /// Commits these paths as they are in the work tree, and nothing else; gives the commit.
    pub(crate) fn commit(self, differing: &[(char, String)], message: &str) -> Result<String> {
        let list = |wanted: &dyn Fn(char) -> bool| {
            let paths = differing.iter().filter(|(what, _)| wanted(*what)).map(|(_, path)| path.as_str());
            paths.flat_map(|path| [path, "\0"]).collect::<String>()
        };
        let from_stdin = ["--pathspec-from-file=-", "--pathspec-file-nul"];
        let new = list(&|what| what == 'A');
        if !new.is_empty() {
            self.run(&[&["--literal-pathspecs", "add"][..], &from_stdin[..]].concat(), &new)?;
        }
        let commit = ["--literal-pathspecs", "commit", "--only", "--quiet", "-m", message];
        self.run(&[&commit[..], &from_stdin[..]].concat(), &list(&|_| true))?;
        Ok(self.run(&["rev-parse", "HEAD"], "")?.trim().to_string())
    }

    /// Runs git; a failure is an error with what it said.
    fn run(self, args: &[&str], input: &str) -> Result<String> {
        match self.call(args, input)? {
            (Some(0), stdout, _) => Ok(stdout),
            (_, _, stderr) => Err(Error::refused(format!("git {}: {}", called(args), said(&stderr)))),
        }
    }

    /// Runs git; a failure is the answer "no".
    fn ask(self, args: &[&str]) -> Result<Option<String>> {
        let (code, stdout, _) = self.call(args, "")?;
        Ok((code == Some(0)).then_some(stdout))
    }

    fn call(self, args: &[&str], input: &str) -> Result<(Option<i32>, String, String)> {
        let call =
            Call { program: "git", args, project: self.root, environment: None, input, deadline: DEADLINE };
        match child::run(&call) {
            Ran::Ended { code, stdout, stderr } => Ok((code, stdout, stderr)),
            Ran::TimedOut => Err(Error::refused(format!(
                "git {} took longer than {} s and was ended",
                called(args),
                DEADLINE.as_secs()
            ))
            .hint("try it by hand: git status")),
            Ran::NotStarted(why) => Err(Error::refused(format!("git cannot be started: {why}"))
                .hint("install git, or leave out what needs it")),
        }
    }
}

/// Reads the branch of a project without running anything; `None` where that is not plain to see.
pub(crate) fn branch_at_a_glance(project: &Dir) -> Option<String> {
    let head = project.find(&RelPath::new(".git/HEAD").ok()?, MAX_BYTES).ok()??;
    let text = String::from_utf8(head).ok()?;
    Some(text.trim().strip_prefix("ref: refs/heads/")?.to_string())
}

/// Reads `git status --porcelain=v2 --branch -z`.
fn parse_status(text: &str) -> GitState {
    let mut state = GitState::default();
    let mut fields = text.split('\0').filter(|field| !field.is_empty());
    while let Some(field) = fields.next() {
        if let Some(branch) = field.strip_prefix("# branch.head ") {
            state.branch = (branch != "(detached)").then(|| branch.to_string());
        } else if let Some(head) = field.strip_prefix("# branch.oid ") {
            state.head = (head != "(initial)").then(|| head.to_string());
        } else if !field.starts_with('#') {
            state.dirty += 1;
            // A rename has its old path behind it.
            if field.starts_with("2 ") {
                fields.next();
            }
        }
    }
    state
}

/// Gives the word for what git was to do.
fn called<'a>(args: &[&'a str]) -> &'a str {
    args.iter().find(|arg| !arg.starts_with('-')).copied().unwrap_or_default()
}

/// Puts what git complained about on one line.
fn said(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).take(6).collect();
    if lines.is_empty() { "it failed without a word".into() } else { lines.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_with_renames_and_odd_names() {
        let text = "# branch.oid 1234\0# branch.head feature/x\0# branch.upstream origin/x\0\
            1 .M N... 100644 100644 100644 a b acts/a b.md\0\
            2 R. N... 100644 100644 100644 a b R100 new.md\0# old.md\0? untracked\n.md\0";
        let state = parse_status(text);
        assert_eq!(state, GitState { branch: Some("feature/x".into()), head: Some("1234".into()), dirty: 3 });
        assert_eq!(parse_status("# branch.oid (initial)\0# branch.head (detached)\0"), GitState::default());
    }
}
