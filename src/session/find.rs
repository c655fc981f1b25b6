//! Which file a person means: a path, a bare name, a stem, or a phrase like "scene 0101".
//!
//! A path that exists wins. Otherwise the files the session touched are asked first, then all tracked files of the
//! project: a unique match wins, several are an error that lists them. Words are compared without case and signs, and
//! numbers without leading zeros ("chapter 3" finds `chapter-03.md`).

use std::ffi::OsStr;
use std::path::Path;

use super::intent;
use super::layer::{Layer, Place};
use crate::error::{Error, Result};
use crate::fs::tree::Step;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::text::nearest;

/// Projects with more tracked files than this are not searched by name.
const MAX_SEARCHED: usize = 200_000;

/// Finds the one file that is meant.
pub fn file(layer: &Layer<'_>, cwd: &Path, typed: &OsStr) -> Result<RelPath> {
    let text = typed.to_string_lossy();
    let asked = text.trim();
    if asked.is_empty() {
        return Err(Error::usage("No file is named").hint("redraft retry <file> <reason>"));
    }
    // Names are bytes, and blanks at their ends may belong to them.
    if let Some(path) = exact(layer, cwd, Path::new(typed))? {
        return Ok(path);
    }
    let is_as_typed = asked.as_bytes() == typed.as_encoded_bytes();
    if !is_as_typed && let Some(path) = exact(layer, cwd, Path::new(asked))? {
        return Ok(path);
    }
    if typed.to_str().is_none() {
        why_not(layer, cwd, Path::new(typed))?;
        return Err(not_found(layer, asked, &[]));
    }
    let touched = existing(layer, layer.ledger()?.read()?.paths.into_keys())?;
    for candidates in [touched, tracked(layer)?] {
        match best(&candidates, asked).as_slice() {
            [] => {}
            [one] => return Ok((*one).clone()),
            several => return Err(ambiguous(asked, several)),
        }
    }
    why_not(layer, cwd, Path::new(asked))?;
    Err(not_found(layer, asked, &tracked(layer)?))
}

/// Refuses a path at which something stands that is no version of a file.
fn why_not(layer: &Layer<'_>, cwd: &Path, asked: &Path) -> Result<()> {
    let Ok(path) = RelPath::resolve(&layer.project.root, cwd, asked) else { return Ok(()) };
    let error = match layer.resolve(&path)? {
        Place::Nowhere => return Ok(()),
        Place::Deleted => Error::refused(format!("{path} is deleted in session '{}'", layer.name))
            .hint(format!("See what the session changes: redraft status {}", layer.name)),
        Place::Session(stat) | Place::Project(stat) if stat.is_dir() => {
            Error::refused(format!("{path} is a directory")).hint("name a file in it")
        }
        Place::Session(stat) | Place::Project(stat) if !stat.is_file() => {
            Error::refused(format!("{path} is not a regular file (a FIFO, socket or device)"))
                .hint("See the session's files: redraft status")
        }
        Place::Session(_) | Place::Project(_) => untracked(layer.project, &path),
    };
    Err(error)
}

/// Says that a path is none of those that sessions isolate, and which are.
pub fn untracked(project: &Project, path: &RelPath) -> Error {
    Error::refused(format!("{path} is not tracked: sessions do not isolate it"))
        .detail(format!("tracked: {}", project.tracked().globs().join(", ")))
        .hint("change \"tracked\" in redraft.json, or work on the file directly")
}

/// Takes what was typed as a path, relative to the working directory or to the root.
fn exact(layer: &Layer<'_>, cwd: &Path, typed: &Path) -> Result<Option<RelPath>> {
    let root = &layer.project.root;
    let as_typed = RelPath::resolve(root, cwd, typed);
    // A path that leaves the project is refused outright, not searched for.
    if let Err(error) = &as_typed
        && (typed.is_absolute() || typed.starts_with(".."))
    {
        return Err(error.clone());
    }
    let from_root = RelPath::new(typed);
    let inside = RelPath::resolve(layer.dir.path(), cwd, typed);
    for path in [inside, as_typed, from_root].into_iter().flatten() {
        if layer.project.is_tracked(&path) && is_file(layer, &path)? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn is_file(layer: &Layer<'_>, path: &RelPath) -> Result<bool> {
    Ok(matches!(layer.resolve(path)?, Place::Session(stat) | Place::Project(stat) if stat.is_file()))
}

fn existing(layer: &Layer<'_>, paths: impl Iterator<Item = RelPath>) -> Result<Vec<RelPath>> {
    let mut found = Vec::new();
    for path in paths {
        if is_file(layer, &path)? {
            found.push(path);
        }
    }
    Ok(found)
}

/// Lists the tracked files of the project that the session did not delete.
fn tracked(layer: &Layer<'_>) -> Result<Vec<RelPath>> {
    let project = layer.project;
    let mut found = Vec::new();
    project.dir.walk(None, &mut |_, path, stat| {
        if stat.is_dir() {
            return Ok(if project.tracked().may_contain_below(path) { Step::Into } else { Step::Over });
        }
        if stat.is_file() && project.is_tracked(path) {
            if found.len() >= MAX_SEARCHED {
                return Err(Error::refused(format!(
                    "the project has more than {MAX_SEARCHED} tracked files; name the path"
                )));
            }
            found.push(path.clone());
        }
        Ok(Step::Into)
    })?;
    found.retain(|path| !matches!(layer.resolve(path), Ok(Place::Deleted)));
    Ok(found)
}

/// Gives the candidates of the best kind of match: end of path, file name, stem, words, and words that stand for the same
/// things in another language.
fn best<'a>(candidates: &'a [RelPath], asked: &str) -> Vec<&'a RelPath> {
    let wanted = words(asked);
    let things = |words: Vec<String>| -> Vec<String> {
        words.into_iter().map(|word| intent::thing(&word).map_or(word, str::to_string)).collect()
    };
    let wanted_things = things(wanted.clone());
    let name = |path: &RelPath| path.file_name().to_string_lossy().into_owned();
    let stem = |path: &RelPath| path.as_path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let kinds: [&dyn Fn(&RelPath) -> bool; 6] = [
        &|path| path.as_path().ends_with(asked),
        &|path| name(path).eq_ignore_ascii_case(asked),
        &|path| stem(path) == asked,
        &|path| words(&stem(path)) == wanted || words(&name(path)) == wanted,
        &|path| words(&path.as_path().with_extension("").to_string_lossy()).ends_with(&wanted),
        &|path| things(words(&path.as_path().with_extension("").to_string_lossy())).ends_with(&wanted_things),
    ];
    if wanted.is_empty() {
        return Vec::new();
    }
    kinds
        .iter()
        .map(|kind| candidates.iter().filter(|path| kind(path)).collect::<Vec<_>>())
        .find(|m| !m.is_empty())
        .unwrap_or_default()
}

/// Splits a name or phrase into lower-case words and plain numbers.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = None;
    for c in text.chars().flat_map(char::to_lowercase) {
        let kind = if c.is_numeric() { Some('0') } else { c.is_alphabetic().then_some('a') };
        match kind {
            None => {}
            Some(_) if kind == last => words.last_mut().into_iter().for_each(|word| word.push(c)),
            Some(_) => words.push(c.to_string()),
        }
        last = kind;
    }
    for word in &mut words {
        let short = word.trim_start_matches('0');
        if !short.is_empty() && short.len() < word.len() {
            *word = short.to_string();
        }
    }
    words
}

fn ambiguous(asked: &str, several: &[&RelPath]) -> Error {
    let error = Error::refused(format!("{asked:?} could be {} files", several.len()));
    several
        .iter()
        .fold(error, |error, path| error.detail(path.to_string()))
        .hint(format!("Say which one, for example: redraft retry {} \"<reason>\"", several[0]))
}

fn not_found(layer: &Layer<'_>, asked: &str, known: &[RelPath]) -> Error {
    let place = if asked.contains('/') { asked.to_string() } else { format!("…/{asked}") };
    let tracked = layer.project.tracked().globs().join(", ");
    let error = Error::not_found(format!("File not found: {asked}"))
        .detail("Checked paths:")
        .detail(format!("Session: {}/{place}", layer.project.session(&layer.name)))
        .detail(format!("Global: {place} (tracked: {tracked})"));
    let name = |path: &RelPath| path.file_name().to_string_lossy().into_owned();
    let names: Vec<String> = known.iter().map(name).collect();
    let file_name = asked.rsplit('/').next().unwrap_or(asked);
    let near = nearest(file_name, names.iter().map(String::as_str))
        .and_then(|near| known.iter().find(|path| name(path) == near));
    let error = match near {
        Some(near) => error.hint(format!("Did you mean: redraft retry {near} \"<reason>\"")),
        None => error.hint("generate the file first, or give its path from the project root"),
    };
    error.hint("See the session's files: redraft status")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_best_kind_of_match() {
        let paths: Vec<RelPath> = [
            "acts/act-1/chapter-01/scene-0101.md",
            "acts/act-1/chapter-01/scene-0102.md",
            "acts/act-1/chapter-02/plan.md",
            "acts/act-1/chapter-01/plan.md",
            "context/глава-3.md",
            "context/characters/alexa-timeline.json",
        ]
        .iter()
        .map(|p| RelPath::new(p).unwrap())
        .collect();
        for (asked, expected) in [
            ("scene-0101.md", &["acts/act-1/chapter-01/scene-0101.md"][..]),
            ("scene-0101", &["acts/act-1/chapter-01/scene-0101.md"]),
            ("Scene 0101", &["acts/act-1/chapter-01/scene-0101.md"]),
            ("scene 101", &["acts/act-1/chapter-01/scene-0101.md"]),
            ("chapter-02/plan.md", &["acts/act-1/chapter-02/plan.md"]),
            ("chapter 2 plan", &["acts/act-1/chapter-02/plan.md"]),
            ("plan.md", &["acts/act-1/chapter-02/plan.md", "acts/act-1/chapter-01/plan.md"]),
            ("Глава 03", &["context/глава-3.md"]),
            ("сцену 0102", &["acts/act-1/chapter-01/scene-0102.md"]),
            ("план", &["acts/act-1/chapter-02/plan.md", "acts/act-1/chapter-01/plan.md"]),
            ("chapter 3", &["context/глава-3.md"]),
            ("сцена 9", &[]),
            ("scene 01", &[]),
            ("timeline.json", &[]),
            ("!!", &[]),
        ] {
            let got: Vec<String> = best(&paths, asked).iter().map(ToString::to_string).collect();
            assert_eq!(got, expected, "{asked}");
        }
    }
}
