//! `diff`: a session against the project, or against another session.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use super::{Diff, Place};
use crate::compare;
use crate::error::{Error, Result};
use crate::name::SessionName;
use crate::project::tracked::Rule;
use crate::relpath::RelPath;
use crate::report::{self, DiffStyle, FileDiff, Op, Report};
use crate::session::layer::{self, Layer};
use crate::session::lifecycle;
use crate::session::lines;

pub(super) fn diff(at: &Place<'_>, asked: &Diff) -> Result<Report> {
    let (names, paths) = operands(at, asked)?;
    let rules = paths.iter().map(|path| Rule::new(path)).collect::<Result<Vec<_>>>()?;
    let wanted = |path: &RelPath| rules.is_empty() || rules.iter().any(|rule| rule.matches(path));
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

/// Tells leading session names from paths: unless sessions are named as such, a name counts when that session exists.
fn operands(at: &Place<'_>, asked: &Diff) -> Result<(Vec<SessionName>, Vec<String>)> {
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
    let paths = rest.iter().map(|typed| glob_or_path(at, typed)).collect::<Result<_>>()?;
    Ok((names, paths))
}

fn glob_or_path(at: &Place<'_>, typed: &OsStr) -> Result<String> {
    let text = typed.to_string_lossy();
    if text.contains(['*', '?', '[', '{']) {
        return Ok(text.into_owned());
    }
    let path = at
        .path(typed)
        .map_err(|error| error.hint("a session of that name does not exist either: redraft list"))?;
    let nothing = at.project.dir.stat(&path)?.is_none();
    if nothing && !text.contains('/') && !text.contains('.') {
        return Err(Error::not_found(format!("'{text}' is neither a session nor a path of the project"))
            .hint("Available sessions: redraft list")
            .hint("Changed files: redraft status"));
    }
    Ok(path.as_path().to_string_lossy().into_owned())
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
        files.push(file_diff(&change.path, change.op, &old, &new, style));
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
        files.push(file_diff(path, op, &old.unwrap_or_default(), &new.unwrap_or_default(), style));
    }
    Ok(files)
}

/// Reads a path through a session; `None` where the merged view has no file.
fn merged(layer: &Layer<'_>, path: &RelPath) -> Result<Option<Vec<u8>>> {
    match layer.resolve(path)? {
        layer::Place::Session(stat) if !stat.is_dir() => lines::content(&layer.dir, path).map(Some),
        layer::Place::Project(stat) if !stat.is_dir() => lines::content(&layer.project.dir, path).map(Some),
        _ => Ok(None),
    }
}

fn file_diff(path: &RelPath, op: Op, old: &[u8], new: &[u8], style: DiffStyle) -> FileDiff {
    let lines = compare::count_lines(old, new);
    let binary = lines.is_none();
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let text = match style {
        DiffStyle::Stat | DiffStyle::NameOnly => String::new(),
        DiffStyle::Word | DiffStyle::Unified if binary => String::new(),
        DiffStyle::Word => compare::words(&old, &new),
        DiffStyle::Unified => unified(path, op, &old, &new),
    };
    FileDiff { path: path.clone(), op, lines, binary, text }
}

/// Writes what `patch -p1` reads.
fn unified(path: &RelPath, op: Op, old: &str, new: &str) -> String {
    let old_name = if op == Op::Created { "/dev/null".to_string() } else { format!("a/{path}") };
    let new_name = if op == Op::Deleted { "/dev/null".to_string() } else { format!("b/{path}") };
    compare::unified(old, new, &old_name, &new_name)
}
