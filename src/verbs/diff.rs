//! `diff`: a session against the project, or against another session.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt::Write as _;

use super::{Diff, Place, describe};
use crate::compare;
use crate::error::{Error, Result};
use crate::name::SessionName;
use crate::project::tracked::Rule;
use crate::relpath::RelPath;
use crate::report::{self, DiffStyle, FileDiff, Op, Report};
use crate::session::layer::{self, Layer};
use crate::session::lifecycle;
use crate::session::lines;

#[inline(never)]
pub(super) fn diff(at: &Place<'_>, asked: &Diff) -> Result<Report> {
    let (names, those) = operands(at, asked)?;
    let wanted = |path: &RelPath| those.is_empty() || those.iter().any(|those| those.include(path));
    let (from, to, files) = match names.as_slice() {
        [a, b] => (a.to_string(), b.to_string(), between(at, a, b, &wanted, asked.style)?),
        [one] => ("project".into(), one.to_string(), against_project(at, one, &wanted, asked.style)?),
        _ => {
            let own = lifecycle::whose_or_refuse(at.project, &at.caller)?;
            ("project".into(), own.to_string(), against_project(at, &own, &wanted, asked.style)?)
        }
    };
    Ok(Report::Diff(report::Diff { from, to, style: asked.style, files }))
}

/// Which paths one operand means.
enum Those {
    /// This one and all below it.
    Below(RelPath),
    /// Those that are like this.
    Like(Rule),
}

impl Those {
    fn include(&self, path: &RelPath) -> bool {
        match self {
            Self::Below(top) => path.is_within(top),
            Self::Like(rule) => rule.matches(path),
        }
    }
}

/// Tells leading session names from paths: unless sessions are named as such, a name counts when that session exists.
fn operands(at: &Place<'_>, asked: &Diff) -> Result<(Vec<SessionName>, Vec<Those>)> {
    let mut names = asked.sessions.iter().map(|name| name.parse()).collect::<Result<Vec<SessionName>>>()?;
    let mut rest = asked.operands.as_slice();
    while let [first, others @ ..] = rest
        && asked.sessions.is_empty()
    {
        let Some(name) = first.to_str().and_then(|text| text.parse::<SessionName>().ok()) else { break };
        if names.len() == 2 || at.project.dir.stat(&at.project.session(&name))?.is_none() {
            break;
        }
        names.push(name);
        rest = others;
    }
    let those = rest.iter().map(|typed| glob_or_path(at, typed)).collect::<Result<_>>()?;
    Ok((names, those))
}

/// Takes a name with a glob's signs for a glob, unless a file is called so.
fn glob_or_path(at: &Place<'_>, typed: &OsStr) -> Result<Those> {
    let text = typed.to_string_lossy();
    let path = at.path(typed);
    let is_there = |path: &RelPath| Ok(at.project.dir.stat(path)?.is_some());
    if text.contains(['*', '?', '[', '{']) && !path.as_ref().map_or(Ok(false), is_there)? {
        return Rule::new(&text).map(Those::Like);
    }
    let path =
        path.map_err(|error| error.hint("a session of that name does not exist either: redraft list"))?;
    let nothing = !is_there(&path)?;
    if nothing && !text.contains('/') && !text.contains('.') {
        return Err(Error::not_found(format!("'{text}' is neither a session nor a path of the project"))
            .hint("Available sessions: redraft list")
            .hint("Changed files: redraft status"));
    }
    Ok(Those::Below(path))
}

fn against_project(
    at: &Place<'_>,
    name: &SessionName,
    wanted: &dyn Fn(&RelPath) -> bool,
    style: DiffStyle,
) -> Result<Vec<FileDiff>> {
    let inspected = lifecycle::inspect(at.project, name)?;
    let (mut files, mut reader) = (Vec::new(), lines::Reader::new(&inspected.layer));
    for change in inspected.changes.list.iter().filter(|change| wanted(&change.path)) {
        let (old, new) = reader.sides(change)?.unwrap_or_default();
        let file = file_diff(&change.path, change.op, &old, &new, style);
        files.push(FileDiff { mode: describe::mode(change), ..file });
    }
    Ok(files)
}

/// Compares the merged views of two sessions, as far as either changes something.
fn between(
    at: &Place<'_>,
    a: &SessionName,
    b: &SessionName,
    wanted: &dyn Fn(&RelPath) -> bool,
    style: DiffStyle,
) -> Result<Vec<FileDiff>> {
    let (left, right) = (lifecycle::inspect(at.project, a)?, lifecycle::inspect(at.project, b)?);
    let changed = left.changes.list.iter().chain(&right.changes.list);
    let paths: BTreeSet<&RelPath> = changed.map(|change| &change.path).collect();
    let mut files = Vec::new();
    for path in paths.into_iter().filter(|path| wanted(path)) {
        let (old, new) = (merged(&left.layer, path)?, merged(&right.layer, path)?);
        let op = match (&old, &new) {
            (Some(old), Some(new)) if old != new => Op::Modified,
            (None, Some(_)) => Op::Created,
            (Some(_), None) => Op::Deleted,
            _ => continue,
        };
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        let file = file_diff(path, op, &old.content, &new.content, style);
        files.push(FileDiff { mode: describe::other_mode(old.mode, new.mode), ..file });
    }
    Ok(files)
}

/// A file as a session sees it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    content: Vec<u8>,
    /// Its permission bits; a link has none of its own.
    mode: Option<u32>,
}

/// Reads a path through a session; `None` where the merged view has no file.
fn merged(layer: &Layer<'_>, path: &RelPath) -> Result<Option<Seen>> {
    let (dir, stat) = match layer.resolve(path)? {
        layer::Place::Session(stat) => (&layer.dir, stat),
        layer::Place::Project(stat) => (&layer.project.dir, stat),
        layer::Place::Deleted | layer::Place::Nowhere => return Ok(None),
    };
    if stat.is_dir() {
        return Ok(None);
    }
    Ok(Some(Seen { content: lines::content(dir, path)?, mode: stat.is_file().then_some(stat.mode) }))
}

fn file_diff(path: &RelPath, op: Op, old: &[u8], new: &[u8], style: DiffStyle) -> FileDiff {
    let lines = compare::count_lines(old, new);
    let binary = lines.is_none();
    let (old, new) = (readable(old), readable(new));
    let text = match style {
        DiffStyle::Stat | DiffStyle::NameOnly => String::new(),
        DiffStyle::Word | DiffStyle::Unified if binary => String::new(),
        DiffStyle::Word => compare::words(&old, &new),
        DiffStyle::Unified => unified(path, op, &old, &new),
    };
    FileDiff { path: path.clone(), op, lines, binary, mode: None, text }
}

/// Gives content as text; bytes that are none are spelled, so that two of them do not look alike.
fn readable(content: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(content) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(content.len());
    for chunk in content.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing into text cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    Cow::Owned(text)
}

/// Writes what `patch -p1` reads.
fn unified(path: &RelPath, op: Op, old: &str, new: &str) -> String {
    let old_name = if op == Op::Created { "/dev/null".to_string() } else { format!("a/{path}") };
    let new_name = if op == Op::Deleted { "/dev/null".to_string() } else { format!("b/{path}") };
    compare::unified(old, new, &old_name, &new_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_told_apart() {
        let path = RelPath::new("acts/menu.txt").unwrap();
        let diff = |style| file_diff(&path, Op::Modified, b"caf\xe9\nrain\n", b"caf\xe8\nrain\n", style).text;
        let unified = diff(DiffStyle::Unified);
        assert!(unified.contains("-caf\\xe9\n+caf\\xe8\n rain\n"), "{unified}");
        assert!(diff(DiffStyle::Word).contains("\\xe8"), "{}", diff(DiffStyle::Word));
        assert_eq!(readable("глава\n".as_bytes()), "глава\n");
    }
}
