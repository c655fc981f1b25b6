//! The documents of a workflow: plans, summaries, reviews. They lie beside the layer and never land.
//!
//! The seeds' JSON tool names a document by its content type and a few parameters; [`locate`] knows the one place that
//! each has. All but two are files below `artifacts/`. A *task* is a thing of the notebook ([`super::tasks`]), so that what
//! a program and what a person say about it is one history. What a *session* is, its record knows; the file only adds to it.

use serde_json::{Map, Value};

use super::edit;
use super::layer::Layer;
use super::lifecycle::Caller;
use crate::error::{Error, Result};
use crate::fs::Dir;
use crate::relpath::RelPath;
use crate::store::record::SessionRecord;
use crate::text::{nearest, visible};

/// Where documents lie in a session's directory.
pub const HOME: &str = "artifacts";

/// The largest document, in bytes.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// The longest parameter of a path, in bytes.
const MAX_PART: usize = 200;

/// What the record of a session is called among the documents.
const SESSION: &str = "workflow-session.json";

/// Each content type and the path of its document; a task's is only its name.
const ROUTES: [(&str, &str); 21] = [
    ("session", SESSION),
    ("plan", "IMPL_PLAN.md"),
    ("task", ".task/{task_id}.json"),
    ("summary", ".summaries/{task_id}-summary.md"),
    ("process", ".process/{filename}"),
    ("chat", ".chat/{filename}"),
    ("brainstorm", ".brainstorming/{filename}"),
    ("review-dim", ".review/dimensions/{dimension}.json"),
    ("review-iter", ".review/iterations/{iteration}.json"),
    ("review-fix", ".review/fixes/{filename}"),
    ("todo", "TODO_LIST.md"),
    ("context", "context-package.json"),
    ("lite-plan", "plan.json"),
    ("lite-fix-plan", "fix-plan.json"),
    ("exploration", "exploration-{angle}.json"),
    ("explorations-manifest", "explorations-manifest.json"),
    ("diagnosis", "diagnosis-{angle}.json"),
    ("diagnoses-manifest", "diagnoses-manifest.json"),
    ("clarifications", "clarifications.json"),
    ("execution-context", "execution-context.json"),
    ("session-metadata", "session-metadata.json"),
];

/// The content types, as the tool names them.
pub const TYPES: [&str; 21] = {
    let mut types = [""; 21];
    let mut nth = 0;
    while nth < types.len() {
        types[nth] = ROUTES[nth].0;
        nth += 1;
    }
    types
};

/// One document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// What the session is.
    Session,
    /// The task of this id.
    Task(String),
    /// A file, by its path in the session's directory.
    File(RelPath),
}

/// Finds the place of a document.
pub fn locate(content_type: &str, parameters: &Map<String, Value>) -> Result<Document> {
    let Some((_, route)) = ROUTES.iter().find(|(name, _)| *name == content_type) else {
        let error = Error::usage(format!("There is no content_type '{}'", visible(content_type)))
            .detail(format!("content types: {}", TYPES.join(", ")));
        return Err(match nearest(content_type, TYPES) {
            Some(near) => error.hint(format!("use \"content_type\":\"{near}\"")),
            None => error.hint("use \"content_type\":\"session\""),
        });
    };
    for (name, value) in parameters {
        check_part(name, value)?;
    }
    let mut path = String::new();
    let mut missing = Vec::new();
    for piece in route.split_inclusive('}') {
        let (text, name) = piece.split_once('{').unwrap_or((piece, ""));
        path.push_str(text);
        let name = name.trim_end_matches('}');
        match parameters.get(name).and_then(Value::as_str) {
            Some(value) => path.push_str(value),
            None if name.is_empty() => {}
            None => missing.push(name),
        }
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(Error::usage(format!("content_type '{content_type}' needs path_params: {missing}"))
            .hint(format!("add \"path_params\":{{\"{missing}\":\"…\"}}")));
    }
    of_path(&path)
}

/// Finds the document that a path of the tool means: relative to the documents, with or without their directory in front.
pub fn of_path(typed: &str) -> Result<Document> {
    let path = within(typed)?;
    let below = path.as_path().strip_prefix(HOME).ok().and_then(std::path::Path::to_str).unwrap_or_default();
    let task = below.strip_prefix(".task/").and_then(|name| name.strip_suffix(".json"));
    Ok(match task.filter(|id| !id.is_empty() && !id.contains('/')) {
        Some(id) => Document::Task(id.to_string()),
        None if below == SESSION => Document::Session,
        None => Document::File(path),
    })
}

/// Confines what was typed to the session's documents.
pub fn within(typed: &str) -> Result<RelPath> {
    let outside = |error: Error| {
        let hint = "name a file below the session's artifacts/, without '..' at its front and without '/'";
        Error::usage(format!("Path {typed:?} is outside the session")).detail(error.message).hint(hint)
    };
    let path = RelPath::new(typed).map_err(outside)?;
    let home = RelPath::new(HOME)?;
    if path == home {
        return Err(Error::usage(format!("Path {typed:?} names all documents, not one")));
    }
    if path.is_within(&home) { Ok(path) } else { home.join(&path) }
}

/// Checks a parameter, which becomes one name of a path or a part of one.
fn check_part(name: &str, value: &Value) -> Result<()> {
    let wrong = |what: &str| Err(Error::usage(format!("path_params.{} {what}", visible(name))));
    let Some(text) = value.as_str() else { return wrong("must be a string") };
    if text.is_empty() || text == "." || text.len() > MAX_PART {
        return wrong(&format!("must be a name of 1 to {MAX_PART} bytes"));
    }
    if text.contains("..") || text.contains(['/', '\\']) || text.chars().any(char::is_control) {
        return wrong("must be a plain name: no '/', '\\' or '..'");
    }
    Ok(())
}

/// Tells whether a document holds JSON.
pub fn is_json(path: &RelPath) -> bool {
    path.as_path().extension().is_some_and(|extension| extension == "json")
}

/// Reads a file; JSON as what it says, all else as text.
pub fn read(session: &Dir, path: &RelPath) -> Result<Value> {
    let bytes = session.find(path, MAX_BYTES)?.ok_or_else(|| nothing_at(path))?;
    if is_json(path) {
        return serde_json::from_slice(&bytes).map_err(|e| {
            Error::refused(format!("{} is no JSON: {e}", session.full(path).display()))
                .hint("write it anew, or delete it: it is kept aside")
        });
    }
    let text = String::from_utf8(bytes);
    text.map(Value::String)
        .map_err(|_| Error::refused(format!("{} is no text", session.full(path).display())))
}

/// Says that there is no such document.
fn nothing_at(path: &RelPath) -> Error {
    Error::not_found(format!("File not found: {path}"))
        .hint("write it first: {\"operation\":\"write\",\"content_type\":\"…\",\"content\":…}")
}

/// Writes a file whole: the old one is there, or the new one.
pub fn write(layer: &Layer<'_>, caller: &Caller<'_>, path: &RelPath, content: &Value) -> Result<()> {
    let bytes = bytes_of(path, content)?;
    let _lock = lock(layer, caller)?;
    put(layer, path, &bytes)
}

/// Merges fields into a JSON file that is an object, or into nothing; gives what it says now.
pub fn update(
    layer: &Layer<'_>,
    caller: &Caller<'_>,
    path: &RelPath,
    fields: &Map<String, Value>,
) -> Result<Value> {
    if !is_json(path) {
        return Err(Error::usage(format!("{path} is no JSON: update merges fields of an object"))
            .hint("replace it whole: {\"operation\":\"write\",…}"));
    }
    let _lock = lock(layer, caller)?;
    let merged = match layer.dir.stat(path)? {
        None => fields.clone(),
        Some(_) => match read(&layer.dir, path)? {
            Value::Object(mut old) => {
                old.extend(fields.clone());
                old
            }
            _ => {
                return Err(Error::refused(format!(
                    "{path} holds no object: there is nothing to merge into"
                )));
            }
        },
    };
    let merged = Value::Object(merged);
    put(layer, path, &bytes_of(path, &merged)?)?;
    Ok(merged)
}

/// Makes directories for documents.
pub fn make_dirs(layer: &Layer<'_>, caller: &Caller<'_>, dirs: &[RelPath]) -> Result<()> {
    let _lock = lock(layer, caller)?;
    dirs.iter().try_for_each(|dir| layer.dir.make_dirs(dir).map(drop))
}

/// Moves a file aside, into the session's `.removed/`.
pub fn remove(layer: &Layer<'_>, caller: &Caller<'_>, path: &RelPath) -> Result<()> {
    let _lock = lock(layer, caller)?;
    match layer.dir.stat(path)? {
        None => Err(nothing_at(path)),
        Some(stat) if stat.is_dir() => {
            Err(Error::refused(format!("{path} is a directory; delete takes a file")))
        }
        Some(_) => edit::keep_aside(layer, caller.env.now(), path),
    }
}

/// Tells what a session is: its record, then what programs say of it besides.
pub fn session(session: &Dir, record: &SessionRecord, status: &str) -> Result<Value> {
    let own = own_fields(session)?.unwrap_or_default();
    let mut all = Map::new();
    let project = own.get("project").cloned().unwrap_or_else(|| record.description.clone().into());
    all.insert("session_id".into(), record.name.as_str().into());
    all.insert("project".into(), project);
    all.insert("description".into(), record.description.clone().into());
    all.insert("type".into(), record.kind.clone().into());
    all.insert("status".into(), status.into());
    all.insert("created_at".into(), record.created_at.clone().into());
    all.insert("created_by".into(), record.created_by.clone().into());
    all.insert("tags".into(), record.tags.clone().into());
    all.extend(own.into_iter().filter(|(key, _)| !IDENTITY.contains(&key.as_str())));
    Ok(Value::Object(all))
}

/// What only the record says.
const IDENTITY: [&str; 4] = ["session_id", "type", "created_at", "created_by"];

/// Reads what programs say of a session.
fn own_fields(session: &Dir) -> Result<Option<Map<String, Value>>> {
    let path = session_file()?;
    if session.stat(&path)?.is_none() {
        return Ok(None);
    }
    match read(session, &path)? {
        Value::Object(fields) => Ok(Some(fields)),
        _ => Err(Error::refused(format!("{path} holds no object")).hint("write it anew")),
    }
}

/// Gives the file that adds to a session's record.
pub fn session_file() -> Result<RelPath> {
    within(SESSION)
}

/// Takes out of a session's fields what the record says, too; refuses what it says otherwise.
pub fn beside_the_record(record: &SessionRecord, fields: &Map<String, Value>) -> Result<Map<String, Value>> {
    let known = [record.name.as_str(), &record.kind, &record.created_at, &record.created_by];
    let mut own = fields.clone();
    for (key, known) in IDENTITY.into_iter().zip(known) {
        let Some(given) = own.shift_remove(key) else { continue };
        if given.as_str() != Some(known) {
            return Err(Error::refused(format!("'{key}' of session '{}' cannot be changed", record.name))
                .detail(format!("it is {known:?}"))
                .hint("leave it out, or start another session: {\"operation\":\"init\",…}"));
        }
    }
    Ok(own)
}

/// Counts the summaries, and tells whether there is a plan.
pub fn counted(session: &Dir) -> Result<(usize, bool)> {
    let summaries = session.find_dir(&within(".summaries")?)?;
    let names = summaries.map(|dir| dir.names()).transpose()?.unwrap_or_default();
    let n = names.iter().filter(|name| name.as_encoded_bytes().ends_with(b".md")).count();
    Ok((n, session.stat(&within("IMPL_PLAN.md")?)?.is_some()))
}

/// Takes the session's lock; its record must be sound.
fn lock(layer: &Layer<'_>, caller: &Caller<'_>) -> Result<crate::store::lock::Lock> {
    let lock = layer.lock(caller.waiter("tool"))?;
    SessionRecord::check(&layer.dir, &layer.name).map(|()| lock)
}

fn put(layer: &Layer<'_>, path: &RelPath, bytes: &[u8]) -> Result<()> {
    layer.make_parents(path)?;
    layer.dir.write_atomic(path, bytes, true)
}

/// Turns content into the bytes of a file. What is to be JSON is an object or a list, also when it comes as text.
fn bytes_of(path: &RelPath, content: &Value) -> Result<Vec<u8>> {
    let text = match content {
        Value::String(text) if !is_json(path) => text.clone(),
        Value::String(text) => pretty(&structured(path, &serde_json::from_str(text).unwrap_or_default())?),
        other => pretty(&structured(path, other)?),
    };
    if text.len() as u64 > MAX_BYTES {
        return Err(Error::usage(format!("{path} would have {} bytes; {MAX_BYTES} are allowed", text.len())));
    }
    Ok(text.into_bytes())
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn structured(path: &RelPath, value: &Value) -> Result<Value> {
    if value.is_object() || value.is_array() {
        return Ok(value.clone());
    }
    Err(Error::usage(format!("\"content\" of {path} must be a JSON object or list")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn place(content_type: &str, parameters: &Value) -> Result<String> {
        locate(content_type, parameters.as_object().unwrap()).map(|document| match document {
            Document::Session => "session".into(),
            Document::Task(id) => format!("task {id}"),
            Document::File(path) => path.to_string(),
        })
    }

    #[test]
    fn every_content_type_has_one_place_in_the_session() {
        let all =
            json!({"task_id": "T-1", "filename": "a.md", "dimension": "d", "iteration": "2", "angle": "x"});
        let mut places: Vec<String> = TYPES.iter().map(|name| place(name, &all).unwrap()).collect();
        assert_eq!(
            places[..5],
            [
                "session",
                "artifacts/IMPL_PLAN.md",
                "task T-1",
                "artifacts/.summaries/T-1-summary.md",
                "artifacts/.process/a.md"
            ]
        );
        places.sort();
        places.dedup();
        assert_eq!(places.len(), 21);
    }

    #[test]
    fn a_parameter_is_one_plain_name() {
        for value in ["..", "a/b", "/etc/passwd", "a\\b", "", ".", "a..b", "a\0b", "a\nb"] {
            assert!(place("summary", &json!({"task_id": value})).is_err(), "{value:?}");
            assert!(place("plan", &json!({"unused": value})).is_err(), "{value:?}");
        }
        assert!(place("summary", &json!({"task_id": 1})).is_err());
        // What is put in is not looked through for further placeholders.
        let odd = place("summary", &json!({"task_id": "{filename}", "filename": "x"})).unwrap();
        assert_eq!(odd, "artifacts/.summaries/{filename}-summary.md");
        let missing = place("summary", &json!({"filename": "x"})).unwrap_err();
        assert_eq!(missing.message, "content_type 'summary' needs path_params: task_id");
        assert_eq!(place("plann", &json!({})).unwrap_err().hints, ["use \"content_type\":\"plan\""]);
    }

    #[test]
    fn a_path_stays_below_the_documents() {
        for (typed, there) in [
            ("notes/a.md", Some("artifacts/notes/a.md")),
            ("artifacts/notes/a.md", Some("artifacts/notes/a.md")),
            ("./a.md", Some("artifacts/a.md")),
            ("a/../b.md", Some("artifacts/b.md")),
            ("artifacts/../session.json", Some("artifacts/session.json")),
            ("session.json", Some("artifacts/session.json")),
            ("../session.json", None),
            ("a/../../b", None),
            ("/etc/passwd", None),
            ("artifacts", None),
            ("", None),
        ] {
            assert_eq!(within(typed).ok().map(|path| path.to_string()).as_deref(), there, "{typed}");
        }
        assert_eq!(of_path(".task/IMPL-1.json").unwrap(), Document::Task("IMPL-1".into()));
        assert_eq!(of_path("workflow-session.json").unwrap(), Document::Session);
    }
}
