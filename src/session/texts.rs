//! Everything of a session that can be searched, as it stands on the disk; what cannot be read is not searched.

use super::layer;
use super::notes::Notes;
use super::search::Text;
use crate::error::Result;
use crate::fs::copy::Hash;
use crate::fs::tree::Step;
use crate::fs::{Dir, Stat};
use crate::relpath::RelPath;
use crate::store::notebook::{self, Kind, Notebook};
use crate::store::record::{SESSION_FILE, SessionRecord};

/// How many changed files of a session are searched, and how large each may be.
const MAX_FILES: usize = 200;
const MAX_FILE: u64 = 64 * 1024;

/// How much the text of a changed file counts.
const FILE_WEIGHT: u32 = 40;

/// Reads everything.
pub fn all(dir: &Dir, name: &str) -> Vec<Text> {
    let mut texts = vec![text("name", name, 100)];
    texts.extend(of_record(dir, name));
    texts.extend(of_notebook(dir, None));
    for (path, _) in files(dir).unwrap_or_default() {
        texts.extend(of_file(dir, &path));
    }
    texts
}

/// Reads the texts of one kind, as [`Text::field`] names it, and not much more.
pub fn of_kind(dir: &Dir, name: &str, field: &str) -> Vec<Text> {
    let mut texts = match field {
        "name" => vec![text("name", name, 100)],
        "description" | "retry" => of_record(dir, name),
        _ if Kind::ALL.iter().any(|kind| kind.as_str() == field) => of_notebook(dir, Some(field)),
        path => RelPath::new(path).ok().and_then(|path| of_file(dir, &path)).into_iter().collect(),
    };
    texts.retain(|text| text.field == field);
    texts
}

/// Gives what the files that are searched look like, as a number that changes with them and is not negative, and when the
/// last of them was written, in nanoseconds.
pub fn print(dir: &Dir) -> Result<(i64, i64)> {
    let mut found = files(dir)?;
    for record in [SESSION_FILE, notebook::FILE] {
        let path = RelPath::new(record)?;
        found.extend(dir.stat(&path)?.map(|stat| (path, stat)));
    }
    let mut bytes = Vec::new();
    let mut newest = i64::MIN;
    for (path, stat) in &found {
        newest = newest.max(stat.ctime).max(stat.mtime);
        bytes.extend_from_slice(path.as_bytes());
        bytes.push(0);
        for number in [stat.size, stat.ino, stat.mtime.cast_unsigned(), stat.ctime.cast_unsigned()] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
    }
    let print = Hash::of(&bytes).as_bytes().first_chunk().copied().unwrap_or_default();
    Ok((i64::from_le_bytes(print) & i64::MAX, newest))
}

fn text(field: &str, text: &str, weight: u32) -> Text {
    Text { field: field.into(), text: text.into(), weight }
}

fn of_record(dir: &Dir, name: &str) -> Vec<Text> {
    let Ok(record) = name.parse().and_then(|name| SessionRecord::read(dir, &name)) else { return Vec::new() };
    let retries = record.human_retries.iter().map(|retry| text("retry", &retry.reason, 60));
    std::iter::once(text("description", &record.description, 90)).chain(retries).collect()
}

/// Reads what the notebook says, all of it or of one kind.
fn of_notebook(dir: &Dir, kind: Option<&str>) -> Vec<Text> {
    let notes = Notebook::of(dir).and_then(|notebook| notebook.recent()).map(Notes::of).unwrap_or_default();
    let said = |thing: &super::notes::Thing| {
        let weight = match thing.entry.kind {
            Kind::Tag => 100,
            Kind::Objective | Kind::Decision => 80,
            _ => 60,
        };
        let all: Vec<&str> = thing
            .history
            .iter()
            .map(|line| line.text.as_str())
            .chain([thing.entry.rationale.as_str()])
            .chain(thing.entry.alternatives.iter().map(String::as_str))
            .collect();
        text(thing.entry.kind.as_str(), &all.join("\n"), weight)
    };
    let wanted = |thing: &&super::notes::Thing| kind.is_none_or(|kind| thing.entry.kind.as_str() == kind);
    notes.things.iter().filter(wanted).map(said).collect()
}

fn of_file(dir: &Dir, path: &RelPath) -> Option<Text> {
    layer::check_landable(path).ok()?;
    let content =
        dir.read(path, MAX_FILE).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    Some(text(&path.to_string(), &format!("{path}\n{content}"), FILE_WEIGHT))
}

/// Lists the changed files that are not too large.
fn files(dir: &Dir) -> Result<Vec<(RelPath, Stat)>> {
    let mut found = Vec::new();
    dir.walk(None, &mut |_, path, stat| {
        if layer::check_landable(path).is_err() || found.len() >= MAX_FILES {
            return Ok(Step::Over);
        }
        if stat.is_file() && stat.size <= MAX_FILE {
            found.push((path.clone(), *stat));
        }
        Ok(Step::Into)
    })?;
    Ok(found)
}
