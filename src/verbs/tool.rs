//! `tool session_manager`: the seeds' JSON tool, each operation as what does the same here.
//!
//! `init` is `start`, a task is a thing of the notebook, the other documents are files of the session's artifacts; so a
//! workflow that speaks JSON and a person who types commands see one session. Everything named becomes a
//! [`SessionName`] or lies below the session's documents before it is touched; the project's files are out of reach.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::lookback::{self, Kept};
use super::{Place, Start, archive, start};
use crate::error::{Error, Result};
use crate::fs::Dir;
use crate::name::SessionName;
use crate::relpath::RelPath;
use crate::report::{Report, ToolAnswer};
use crate::session::documents::{self, Document};
use crate::session::layer::Layer;
use crate::session::lifecycle;
use crate::session::notes::Notes;
use crate::session::tasks;
use crate::store::notebook::{self, Notebook};
use crate::store::record::SessionRecord;
use crate::text::{nearest, visible};

/// The one tool.
const NAME: &str = "session_manager";

/// What it does.
pub const OPERATIONS: [&str; 9] =
    ["init", "list", "read", "write", "update", "archive", "mkdir", "delete", "stats"];

/// How many directories one call makes.
const MAX_DIRS: usize = 100;

/// What the tool is called with.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    operation: Option<String>,
    session_id: Option<String>,
    content_type: Option<String>,
    content: Option<Value>,
    path_params: Option<Map<String, Value>>,
    metadata: Option<Map<String, Value>>,
    location: Option<String>,
    include_metadata: Option<bool>,
    dirs: Option<Vec<String>>,
    /// Taken and not needed: putting a session away changes no status.
    #[serde(rename = "update_status")]
    _update_status: Option<bool>,
    file_path: Option<String>,
}

#[inline(never)]
pub(super) fn tool(at: &Place<'_>, tool: &str, asked: &str) -> Result<Report> {
    let example = || format!("redraft tool {NAME} '{{\"operation\":\"list\"}}'");
    if tool.trim() != NAME {
        return Err(Error::usage(format!("There is no tool '{}'", visible(tool))).hint(example()));
    }
    // An object first: a list would be taken for its fields in order.
    let asked: Asked = serde_json::from_str::<Map<String, Value>>(asked)
        .and_then(|object| serde_json::from_value(Value::Object(object)))
        .map_err(|e| Error::usage(format!("{NAME} takes one JSON object: {e}")).hint(example()))?;
    let Some(operation) = asked.operation.as_deref() else {
        let all = OPERATIONS.join(", ");
        return Err(Error::usage(format!("Parameter \"operation\" is required. Valid operations: {all}"))
            .hint(example()));
    };
    let result = match operation {
        "init" => init(at, &asked),
        "list" => list(at, &asked),
        "read" => read(at, &asked),
        "write" => write(at, &asked),
        "update" => update(at, &asked),
        "archive" => archive(at, &asked),
        "mkdir" => mkdir(at, &asked),
        "delete" => delete(at, &asked),
        "stats" => stats(at, &asked),
        other => Err(unknown_operation(other)),
    }?;
    let mut all = Map::new();
    all.insert("operation".into(), operation.into());
    all.extend(result);
    Ok(Report::Tool(ToolAnswer { tool: NAME, success: true, result: Value::Object(all) }))
}

fn unknown_operation(asked: &str) -> Error {
    let error = Error::usage(format!(
        "Unknown operation: {}. Valid operations: {}",
        visible(asked),
        OPERATIONS.join(", ")
    ));
    match nearest(asked, OPERATIONS) {
        Some(near) => error.hint(format!("use \"operation\":\"{near}\"")),
        None => error.hint("use \"operation\":\"list\""),
    }
}

/// The fields of an answer.
type Fields = Map<String, Value>;

fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

/// Says that an operation lacks a parameter.
fn required<'a, T>(value: Option<&'a T>, parameter: &str, asked: &Asked) -> Result<&'a T> {
    value.ok_or_else(|| {
        let operation = asked.operation.as_deref().unwrap_or_default();
        Error::usage(format!("Parameter \"{parameter}\" is required for {operation}"))
            .hint(format!("add \"{parameter}\" to the object"))
    })
}

fn name_of(asked: &Asked) -> Result<SessionName> {
    required(asked.session_id.as_ref(), "session_id", asked)?.parse()
}

fn document_of(asked: &Asked) -> Result<(&str, Document)> {
    let content_type = required(asked.content_type.as_ref(), "content_type", asked)?;
    let none = Map::new();
    documents::locate(content_type, asked.path_params.as_ref().unwrap_or(&none))
        .map(|document| (content_type.as_str(), document))
}

/// A session that can be read: open, or ended and still kept.
struct Home {
    name: SessionName,
    dir: Dir,
    /// Its directory, relative to the project.
    path: RelPath,
    location: &'static str,
}

impl Home {
    fn of(at: &Place<'_>, asked: &Asked) -> Result<Self> {
        let name = name_of(asked)?;
        let path = at.project.session(&name);
        if let Some(dir) = at.project.dir.find_dir(&path)? {
            return Ok(Self { name, dir, path, location: "active" });
        }
        let ended = lookback::everywhere(at)?.into_iter();
        for Kept { path, .. } in ended.filter(|kept| kept.name == name.as_str() && kept.state != "open") {
            if let Some(dir) = at.project.dir.find_dir(&path)? {
                return Ok(Self { name, dir, path, location: "archived" });
            }
        }
        Err(not_found(&name))
    }

    fn record(&self) -> Result<SessionRecord> {
        SessionRecord::read(&self.dir, &self.name).map_err(|error| lifecycle::crashed(&self.name, error))
    }

    fn notes(&self) -> Result<Notes> {
        Notebook::of(&self.dir)?.read().map(Notes::of)
    }
}

fn not_found(name: &SessionName) -> Error {
    Error::not_found(format!("Session \"{name}\" not found. Use init operation first."))
        .hint("Available sessions: redraft list")
}

/// Opens a session to change it: an open one; what has ended stays as it is.
fn open<'a>(at: &Place<'a>, asked: &Asked) -> Result<Layer<'a>> {
    let home = Home::of(at, asked)?;
    if home.location == "active" {
        return Layer::open(at.project, &home.name);
    }
    Err(Error::refused(format!("Session \"{}\" is archived", home.name))
        .hint(format!("Bring it back first: redraft restore {}", home.name)))
}

/// Gives the path of a document for the answer, relative to the project.
fn shown(session: &RelPath, document: &Document) -> Result<String> {
    let own = match document {
        Document::Session => documents::session_file()?,
        Document::Task(_) => RelPath::new(notebook::FILE)?,
        Document::File(path) => path.clone(),
    };
    Ok(session.join(&own)?.to_string())
}

fn init(at: &Place<'_>, asked: &Asked) -> Result<Fields> {
    let name = name_of(asked)?;
    if let Some(other) = asked.location.as_deref().filter(|location| *location != "active") {
        return Err(Error::usage(format!(
            "a session cannot begin in '{}': it begins active",
            visible(other)
        )));
    }
    let metadata = asked.metadata.as_ref();
    let text = |key: &str| metadata.and_then(|m| m.get(key)).and_then(Value::as_str).map(ToString::to_string);
    let begun = start::start(
        at,
        &Start {
            name: Some(name.to_string()),
            description: text("description").or_else(|| text("project")).unwrap_or_default(),
            kind: text("type"),
            ..Start::default()
        },
    )?;
    let Report::Started(begun) = begun else { return Ok(Fields::new()) };
    let layer = Layer::open(at.project, &name)?;
    let record = SessionRecord::read(&layer.dir, &name)?;
    if let Some(metadata) = metadata {
        let mut own = metadata.clone();
        // The record is made now, whatever time a caller would like it to say.
        for made_here in ["session_id", "created_at", "created_by", "type"] {
            own.shift_remove(made_here);
        }
        own.entry("status").or_insert_with(|| "initialized".into());
        documents::write(&layer, &at.caller, &documents::session_file()?, &Value::Object(own))?;
    }
    Ok(fields(json!({
        "session_id": name,
        "location": "active",
        "path": at.project.session(&name).to_string(),
        "directories_created": [],
        "metadata": if metadata.is_some() { documents::session(&layer.dir, &record, "active")? } else { Value::Null },
        "took_over_from": begun.took_over_from,
        "message": format!("Session \"{name}\" initialized in active"),
    })))
}

fn list(at: &Place<'_>, asked: &Asked) -> Result<Fields> {
    const LOCATIONS: [&str; 6] = ["active", "archived", "both", "lite-plan", "lite-fix", "all"];
    let location = asked.location.as_deref().unwrap_or("both");
    if !LOCATIONS.contains(&location) {
        return Err(Error::usage(format!("There is no location '{}'", visible(location)))
            .detail(format!("locations: {}", LOCATIONS.join(", ")))
            .hint("use \"location\":\"both\""));
    }
    let wanted = |own: &str| [own, "both", "all"].contains(&location);
    let (mut active, mut archived) = (Vec::new(), Vec::new());
    for Kept { name, state, path, .. } in lookback::everywhere(at)? {
        let own = if state == "open" { "active" } else { "archived" };
        let Ok(name) = name.parse::<SessionName>() else { continue };
        if !wanted(own) {
            continue;
        }
        let mut row = fields(json!({"session_id": name, "location": own}));
        if asked.include_metadata == Some(true) {
            // What cannot be read is listed without: `redraft list` says what is wrong with it.
            let read = at.project.dir.find_dir(&path)?.map(|dir| {
                SessionRecord::read(&dir, &name).and_then(|record| documents::session(&dir, &record, own))
            });
            row.extend(read.and_then(Result::ok).map(|metadata| ("metadata".to_string(), metadata)));
        }
        if own == "active" { active.push(row) } else { archived.push(row) }
    }
    let total = active.len() + archived.len();
    Ok(fields(json!({"active": active, "archived": archived, "litePlan": [], "liteFix": [], "total": total})))
}

fn read(at: &Place<'_>, asked: &Asked) -> Result<Fields> {
    let (content_type, document) = document_of(asked)?;
    let home = Home::of(at, asked)?;
    let content = match &document {
        Document::Session => documents::session(&home.dir, &home.record()?, home.location)?,
        Document::Task(id) => tasks::document(tasks::find(&home.notes()?, id)?),
        Document::File(path) => documents::read(&home.dir, path)?,
    };
    let is_json = match &document {
        Document::File(path) => documents::is_json(path),
        _ => true,
    };
    Ok(fields(json!({
        "session_id": home.name,
        "content_type": content_type,
        "path": shown(&home.path, &document)?,
        "location": home.location,
        "content": content,
        "is_json": is_json,
    })))
}

/// Gives what an object is given as: an object, or the text of one.
fn object(content: &Value) -> Result<Map<String, Value>> {
    let parsed = content.as_str().and_then(|text| serde_json::from_str(text).ok());
    match parsed.as_ref().unwrap_or(content) {
        Value::Object(object) => Ok(object.clone()),
        _ => Err(Error::usage("Parameter \"content\" must be an object here")
            .hint("add \"content\":{…} to the object")),
    }
}

fn write(at: &Place<'_>, asked: &Asked) -> Result<Fields> {
    let (content_type, document) = document_of(asked)?;
    let content = required(asked.content.as_ref(), "content", asked)?;
    let layer = open(at, asked)?;
    let written = match &document {
        Document::Session => {
            let record = SessionRecord::read(&layer.dir, &layer.name)?;
            let own = documents::beside_the_record(&record, &object(content)?)?;
            documents::write(&layer, &at.caller, &documents::session_file()?, &Value::Object(own))?;
            Value::Null
        }
        Document::Task(id) => tasks::write(&layer, &at.caller, id, &object(content)?)?,
        Document::File(path) => {
            documents::write(&layer, &at.caller, path, content)?;
            if content_type == "summary" { content.clone() } else { Value::Null }
        }
    };
    let mut answer = fields(json!({
        "session_id": layer.name,
        "content_type": content_type,
        "path": shown(&at.project.session(&layer.name), &document)?,
        "location": "active",
        "message": "File written successfully",
    }));
    if !written.is_null() {
        answer.insert("written_content".into(), written);
    }
    Ok(answer)
}

fn update(at: &Place<'_>, asked: &Asked) -> Result<Fields> {
    let (content_type, document) = document_of(asked)?;
    let given = object(required(asked.content.as_ref(), "content", asked)?)?;
    let layer = open(at, asked)?;
    let merged = match &document {
        Document::Session => {
            let record = SessionRecord::read(&layer.dir, &layer.name)?;
            let own = documents::beside_the_record(&record, &given)?;
            documents::update(&layer, &at.caller, &documents::session_file()?, &own)?;
            documents::session(&layer.dir, &record, "active")?
        }
        Document::Task(id) => tasks::update(&layer, &at.caller, id, &given)?,
        Document::File(path) => documents::update(&layer, &at.caller, path, &given)?,
    };
    Ok(fields(json!({
        "session_id": layer.name,
        "content_type": content_type,
        "path": shown(&at.project.session(&layer.name), &document)?,
        "location": "active",
        "fields_updated": given.keys().collect::<Vec<_>>(),
        "merged_data": merged,
        "message": "File updated successfully",
    })))
}

fn archive(at: &Place<'_>, asked: &Asked) -> Result<Fields> {
    let home = Home::of(at, asked)?;
    if home.location != "active" {
        return Ok(fields(json!({
            "session_id": home.name,
            "status": "already_archived",
            "path": home.path.to_string(),
            "location": home.location,
            "message": format!("Session \"{}\" is already archived", home.name),
        })));
    }
    put_away(at, &home.name)
}

/// Puts a session away whole; no status in it is touched.
fn put_away(at: &Place<'_>, name: &SessionName) -> Result<Fields> {
    let Report::Archived(archived) = archive::archive(at, Some(name.as_str()))? else {
        return Ok(Fields::new());
    };
    Ok(fields(json!({
        "session_id": name,
        "status": "archived",
        "location": "archived",
        "archived_at": archived.archived_at,
        "message": format!("Session \"{name}\" is archived; its statuses stay as they are"),
    })))
}

fn mkdir(at: &Place<'_>, asked: &Asked) -> Result<Fields> {
    let dirs = required(asked.dirs.as_ref(), "dirs", asked)?;
    if dirs.is_empty() || dirs.len() > MAX_DIRS {
        return Err(Error::usage(format!("Parameter \"dirs\" must have 1 to {MAX_DIRS} directories")));
    }
    let paths = dirs.iter().map(|dir| documents::within(dir)).collect::<Result<Vec<_>>>()?;
    let layer = open(at, asked)?;
    documents::make_dirs(&layer, &at.caller, &paths)?;
    Ok(fields(json!({
        "session_id": layer.name,
        "location": "active",
        "directories_created": dirs,
        "message": format!("Created {} directories", dirs.len()),
    })))
}

fn delete(at: &Place<'_>, asked: &Asked) -> Result<Fields> {
    let typed = required(asked.file_path.as_ref(), "file_path", asked)?;
    let document = documents::of_path(typed)?;
    let layer = open(at, asked)?;
    match &document {
        Document::Session => documents::remove(&layer, &at.caller, &documents::session_file()?)?,
        Document::Task(id) => tasks::remove(&layer, &at.caller, id)?,
        Document::File(path) => documents::remove(&layer, &at.caller, path)?,
    }
    Ok(fields(json!({
        "session_id": layer.name,
        "deleted": typed,
        "path": shown(&at.project.session(&layer.name), &document)?,
        "message": "File deleted; the session keeps it aside",
    })))
}

fn stats(at: &Place<'_>, asked: &Asked) -> Result<Fields> {
    let home = Home::of(at, asked)?;
    let (summaries, has_plan) = documents::counted(&home.dir)?;
    Ok(fields(json!({
        "session_id": home.name,
        "location": home.location,
        "tasks": tasks::counted(&home.notes()?),
        "summaries": summaries,
        "has_plan": has_plan,
        "message": "Session statistics retrieved",
    })))
}
