//! A task as a document: what programs say about it, kept in the notebook like everything that is said about tasks.
//!
//! A document that is written, fields that are changed and a task that is taken away are each one line about the task's
//! id; the document is what the lines come to. Its state is the notebook's, and its `status_history` is made of the lines,
//! so `task set` on the command line and `update` by a program are one history.

use serde_json::{Map, Value, json};

use super::layer::Layer;
use super::lifecycle::Caller;
use super::notes::{self, Draft, Notes, Thing};
use crate::error::{Error, Result};
use crate::store::notebook::{Entry, Kind, Notebook, Read, Status};
use crate::store::record::SessionRecord;
use crate::text::visible;

/// The largest document, in bytes: it is a line of the notebook.
const MAX_BYTES: usize = 64 * 1024;

/// The longest title kept as the task's text, in characters.
const MAX_TITLE: usize = 200;

/// What the lines say by themselves; what a document says of it is not kept.
const MADE: [&str; 5] = ["id", "status", "status_history", "updated_at", "completed_at"];

/// Gives a task as a document.
pub fn document(thing: &Thing) -> Value {
    let mut all = Map::new();
    all.insert("id".into(), thing.entry.id.clone().into());
    all.insert("title".into(), thing.entry.text.clone().into());
    all.insert("status".into(), thing.entry.status.as_str().into());
    let mut said = Map::new();
    let mut steps = Vec::new();
    let mut before: Option<Status> = None;
    let mut completed_at = None;
    for line in &thing.history {
        let data = line.data.as_ref();
        if let Some(whole) = data.and_then(|data| data.get("document")?.as_object()) {
            said.clone_from(whole);
        } else if let Some(fields) = data.and_then(|data| data.get("fields")?.as_object()) {
            said.extend(fields.clone());
        }
        if before.is_some_and(|before| before != line.status) {
            let from = before.map_or("", Status::as_str);
            steps.push(json!({"from": from, "to": line.status.as_str(), "changed_at": line.at}));
            completed_at = (line.status == Status::Completed).then(|| line.at.clone());
        }
        before = Some(line.status);
    }
    all.extend(said);
    all.insert("status_history".into(), steps.into());
    all.insert("updated_at".into(), thing.history.last().map(|line| line.at.clone()).into());
    if let Some(at) = completed_at {
        all.insert("completed_at".into(), at.into());
    }
    Value::Object(all)
}

/// Finds a task by its id.
pub fn find<'a>(notes: &'a Notes, id: &str) -> Result<&'a Thing> {
    let found = notes.kind(Kind::Task).find(|thing| thing.entry.id.eq_ignore_ascii_case(id));
    found.ok_or_else(|| {
        let error = Error::not_found(format!("There is no task '{}' in this session", visible(id)));
        let known = notes.kind(Kind::Task).map(|thing| thing.entry.id.as_str());
        match crate::text::nearest(id, known) {
            Some(near) => error.hint(format!("Did you mean '{near}'?")),
            None => error.hint("Tasks that there are: redraft task list"),
        }
    })
}

/// Writes a task whole, new or in the place of what was said before.
pub fn write(
    layer: &Layer<'_>,
    caller: &Caller<'_>,
    id: &str,
    content: &Map<String, Value>,
) -> Result<Value> {
    say(layer, caller, id, content, true)
}

/// Changes fields of a task that must be there.
pub fn update(
    layer: &Layer<'_>,
    caller: &Caller<'_>,
    id: &str,
    fields: &Map<String, Value>,
) -> Result<Value> {
    say(layer, caller, id, fields, false)
}

/// Takes a task away; its history stays in the notebook.
pub fn remove(layer: &Layer<'_>, caller: &Caller<'_>, id: &str) -> Result<()> {
    let _lock = layer.lock(caller.waiter("tool"))?;
    SessionRecord::check(&layer.dir, &layer.name)?;
    let notes = notes::read(layer)?;
    let id = find(&notes, id)?.entry.id.clone();
    let line = Entry { id, status: Status::Removed, ..notes::line(caller, Kind::Task, &Draft::default()) };
    Notebook::of(&layer.dir)?.append(&[line])
}

/// Counts the tasks in each state.
pub fn counted(notes: &Notes) -> Value {
    let mut counts = Map::new();
    counts.insert("total".into(), notes.kind(Kind::Task).count().into());
    for status in Status::OF_TASKS {
        let n = notes.kind(Kind::Task).filter(|thing| thing.entry.status == status).count();
        counts.insert(status.as_str().into(), n.into());
    }
    Value::Object(counts)
}

fn say(
    layer: &Layer<'_>,
    caller: &Caller<'_>,
    id: &str,
    given: &Map<String, Value>,
    whole: bool,
) -> Result<Value> {
    let text =
        |key: &str| given.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    if let Some(other) = given.get("id").filter(|other| other.as_str() != Some(id)) {
        return Err(Error::usage(format!("the document is of task {other}, not of '{}'", visible(id))));
    }
    let status = match given.get("status") {
        None => None,
        Some(Value::String(word)) => Some(notes::task_status(word)?),
        Some(other) => return Err(Error::usage(format!("a task's status is a word, not {other}"))),
    };
    let kept: Map<String, Value> = given
        .iter()
        .filter(|(key, _)| !MADE.contains(&key.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let data = json!({ if whole { "document" } else { "fields" }: kept });
    let size = data.to_string().len();
    if size > MAX_BYTES {
        return Err(Error::usage(format!(
            "task '{}' would have {size} bytes; {MAX_BYTES} are allowed",
            visible(id)
        )));
    }
    let title = ["title", "name", "description"].into_iter().find_map(text).unwrap_or(id);
    let title: String = title.chars().take(MAX_TITLE).collect();

    let _lock = layer.lock(caller.waiter("tool"))?;
    SessionRecord::check(&layer.dir, &layer.name)?;
    let mut all = Notebook::of(&layer.dir)?.read()?;
    if let Some(other) =
        all.entries.iter().find(|line| line.id.eq_ignore_ascii_case(id) && line.kind != Kind::Task)
    {
        return Err(Error::refused(format!("'{}' is no task but a {}", visible(id), other.kind.as_str())));
    }
    let notes = Notes::of(Read { entries: all.entries.clone(), ..Read::default() });
    let old = match find(&notes, id) {
        Ok(thing) => Some(thing.entry.clone()),
        Err(_) if whole => None,
        Err(error) => return Err(error),
    };
    let draft = Draft { text: if old.is_none() { &title } else { "" }, ..Draft::default() };
    let line = Entry {
        id: old.as_ref().map_or_else(|| id.to_string(), |old| old.id.clone()),
        status: status.or(old.map(|old| old.status)).unwrap_or(Status::Pending),
        data: Some(data),
        ..notes::line(caller, Kind::Task, &draft)
    };
    Notebook::of(&layer.dir)?.append(std::slice::from_ref(&line))?;
    let id = line.id.clone();
    all.entries.push(line);
    find(&Notes::of(all), &id).map(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(status: Status, at: &str, data: Option<Value>) -> Entry {
        let (rationale, sort, by, alternatives) = (String::new(), String::new(), String::new(), Vec::new());
        let (id, kind, text) = ("IMPL-1".into(), Kind::Task, "Do it".into());
        Entry { id, kind, status, at: at.into(), by, text, rationale, alternatives, sort, data }
    }

    #[test]
    fn a_document_is_what_its_lines_come_to() {
        let entries = vec![
            line(Status::Pending, "1", Some(json!({"document": {"title": "Do it", "priority": 1}}))),
            line(Status::InProgress, "2", Some(json!({"fields": {"priority": 2}}))),
            line(Status::InProgress, "3", Some(json!({"fields": {"owner": "a"}}))),
            line(Status::Completed, "4", None),
        ];
        let notes = Notes::of(Read { entries, ..Read::default() });
        assert_eq!(
            document(&notes.things[0]),
            json!({
                "id": "IMPL-1", "title": "Do it", "status": "completed", "priority": 2, "owner": "a",
                "status_history": [
                    {"from": "pending", "to": "in_progress", "changed_at": "2"},
                    {"from": "in_progress", "to": "completed", "changed_at": "4"},
                ],
                "updated_at": "4", "completed_at": "4",
            })
        );
        assert_eq!(counted(&notes)["completed"], 1);
    }
}
