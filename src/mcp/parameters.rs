//! What a tool takes: one table of parameters from which the input schema is made and by which a call is read.
//!
//! A call is checked whole before anything is done, so what is read afterwards is there and of its type. Names and paths
//! become types further down, in `verbs`, where every door's text does; only what JSON has more of than a command line
//! (types, null, unknown keys) is judged here.

use std::ffi::OsString;

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::name;
use crate::relpath::RelPath;

/// What a tool was called with.
pub(super) type Given = Map<String, Value>;

/// One parameter.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: &'static str,
    /// What it may be.
    pub(super) kind: Kind,
    /// What holds when it is left out.
    pub(super) default: Default,
    /// What it is for.
    pub(super) about: &'static str,
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A session's name.
    Name,
    /// Words; space around them is dropped.
    Text,
    /// A path of the project.
    Path,
    /// Several of them.
    Paths,
    /// Texts of paths.
    Texts,
    /// Yes or no.
    Flag,
    /// How many, at least one.
    Count,
    /// A JSON object.
    Object,
    /// A document: a JSON object, or text.
    Document,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// What holds when a parameter is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Default {
    /// It may not be left out.
    Required,
    /// Nothing; `null` says the same.
    Null,
    /// The empty text.
    Empty,
    /// No.
    False,
    /// Yes.
    True,
    /// The empty list.
    NoItems,
    /// The first of the choices.
    First,
}

impl Parameter {
    /// Describes the parameter as a JSON Schema.
    fn schema(&self) -> Value {
        let mut schema = match self.kind {
            Kind::Name => json!({
                "type": "string", "pattern": "^\\s*[A-Za-z0-9][A-Za-z0-9_-]*\\s*$", "maxLength": name::MAX_LENGTH + 8,
            }),
            Kind::Text => json!({"type": "string"}),
            Kind::Path => path_schema(),
            Kind::Paths => json!({"type": "array", "items": path_schema()}),
            Kind::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Kind::Flag => json!({"type": "boolean"}),
            Kind::Count => json!({"type": "integer", "minimum": 1}),
            Kind::Object => json!({"type": "object"}),
            Kind::Document => json!({"type": ["object", "array", "string"]}),
            Kind::Choice(words) => json!({"type": "string", "enum": words}),
        };
        let default = match self.default {
            Default::Required => None,
            Default::Null => Some(Value::Null),
            Default::Empty => Some(json!("")),
            Default::False => Some(json!(false)),
            Default::True => Some(json!(true)),
            Default::NoItems => Some(json!([])),
            Default::First => self.choices().first().map(|word| json!(word)),
        };
        if self.default == Default::Null {
            let mut types = match schema["type"].take() {
                Value::Array(types) => types,
                one => vec![one],
            };
            types.push(json!("null"));
            schema["type"] = Value::Array(types);
            if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                words.push(Value::Null);
            }
        }
        schema["description"] = json!(self.about);
        if let Some(default) = default {
            schema["default"] = default;
        }
        schema
    }

    fn choices(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Choice(words) => words,
            _ => &[],
        }
    }

    /// Says what is wrong with a value.
    fn complaint(&self, value: &Value) -> Option<String> {
        let may_be_null = self.default != Default::Required;
        let wanted = match (self.kind, value) {
            (_, Value::Null) if may_be_null => return None,
            (Kind::Count, n) if n.as_u64().is_some_and(|n| n > 0) => return None,
            (Kind::Name | Kind::Text | Kind::Document, Value::String(_))
            | (Kind::Object | Kind::Document, Value::Object(_))
            | (Kind::Document, Value::Array(_))
            | (Kind::Flag, Value::Bool(_)) => return None,
            (Kind::Path, path) if is_path(path) => return None,
            (Kind::Paths, Value::Array(items)) if items.iter().all(is_path) => return None,
            (Kind::Texts, Value::Array(items)) if items.iter().all(Value::is_string) => return None,
            (Kind::Choice(words), Value::String(word)) if words.contains(&word.as_str()) => return None,
            (Kind::Name | Kind::Text, _) => "must be a string".to_string(),
            (Kind::Path, _) => "must be a path, as a string".to_string(),
            (Kind::Paths, _) => "must be a list of paths, as strings".to_string(),
            (Kind::Texts, _) => "must be a list of strings".to_string(),
            (Kind::Object, _) => "must be an object".to_string(),
            (Kind::Document, _) => "must be an object, a list or a string".to_string(),
            (Kind::Flag, _) => "must be true or false".to_string(),
            (Kind::Count, _) => "must be a whole number, at least 1".to_string(),
            (Kind::Choice(words), _) => format!("must be one of {}", words.join(", ")),
        };
        Some(wanted)
    }
}

fn path_schema() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": crate::relpath::MAX_BYTES})
}

/// Tells whether a value is a path as this program writes them: text, or bytes in hexadecimal.
fn is_path(value: &Value) -> bool {
    value.is_string() || (value.is_object() && serde_json::from_value::<RelPath>(value.clone()).is_ok())
}

/// Describes all parameters of a tool as one JSON Schema.
pub(super) fn schema(parameters: &[Parameter]) -> Map<String, Value> {
    let properties: Map<_, _> = parameters.iter().map(|p| (p.name.to_string(), p.schema())).collect();
    let required: Vec<_> =
        parameters.iter().filter(|p| p.default == Default::Required).map(|p| p.name).collect();
    let mut schema = Map::new();
    schema.insert("type".into(), json!("object"));
    schema.insert("properties".into(), Value::Object(properties));
    schema.insert("required".into(), json!(required));
    schema.insert("additionalProperties".into(), json!(false));
    schema
}

/// Refuses a call that has what the tool does not take, or lacks what it needs.
pub(super) fn check(tool: &str, parameters: &[Parameter], given: &Given) -> Result<()> {
    let known: Vec<&str> = parameters.iter().map(|p| p.name).collect();
    let takes = if known.is_empty() { "nothing".to_string() } else { known.join(", ") };
    let wrong = |what: String| Err(Error::usage(what).hint(format!("call {tool} again; it takes {takes}")));
    if let Some(unknown) = given.keys().find(|key| !known.contains(&key.as_str())) {
        return wrong(format!("{tool} has no parameter {unknown:?}"));
    }
    for parameter in parameters {
        let complaint = match given.get(parameter.name) {
            None if parameter.default == Default::Required => Some("is missing".to_string()),
            None => None,
            Some(value) => parameter.complaint(value),
        };
        if let Some(complaint) = complaint {
            return wrong(format!("{tool}: {:?} {complaint}", parameter.name));
        }
    }
    Ok(())
}

/// Gives a text that has been checked; empty when it was left out.
pub(super) fn text(given: &Given, name: &str) -> String {
    optional(given, name).unwrap_or_default()
}

/// Gives a text that has been checked, if it was given.
pub(super) fn optional(given: &Given, name: &str) -> Option<String> {
    given.get(name).and_then(Value::as_str).map(|text| text.trim().to_string())
}

/// Gives a flag that has been checked.
pub(super) fn flag(given: &Given, name: &str, default: bool) -> bool {
    given.get(name).and_then(Value::as_bool).unwrap_or(default)
}

/// Gives a number that has been checked, if it was given.
pub(super) fn count(given: &Given, name: &str) -> Option<usize> {
    given.get(name).and_then(Value::as_u64).map(|n| usize::try_from(n).unwrap_or(usize::MAX))
}

/// Gives a list of texts that has been checked.
pub(super) fn texts(given: &Given, name: &str) -> Vec<String> {
    let items = given.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(|item| item.as_str().map(str::to_string)).collect()
}

/// Gives a path that has been checked, byte for byte.
pub(super) fn path(given: &Given, name: &str) -> OsString {
    given.get(name).map(as_path).unwrap_or_default()
}

/// Gives a list of paths that has been checked.
pub(super) fn paths(given: &Given, name: &str) -> Vec<OsString> {
    let items = given.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    items.iter().map(as_path).collect()
}

fn as_path(value: &Value) -> OsString {
    match value.as_str() {
        Some(text) => text.into(),
        None => serde_json::from_value::<RelPath>(value.clone())
            .map(|path| path.as_path().as_os_str().to_os_string())
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMETERS: [Parameter; 5] = [
        Parameter { name: "name", kind: Kind::Name, default: Default::Null, about: "" },
        Parameter { name: "path", kind: Kind::Path, default: Default::Required, about: "" },
        Parameter { name: "force", kind: Kind::Flag, default: Default::False, about: "" },
        Parameter { name: "style", kind: Kind::Choice(&["a", "b"]), default: Default::First, about: "" },
        Parameter { name: "count", kind: Kind::Count, default: Default::Null, about: "" },
    ];

    fn refusal(given: &Value) -> Option<String> {
        let given = given.as_object().unwrap();
        check("tool", &PARAMETERS, given).err().map(|error| error.message)
    }

    #[test]
    fn a_call_is_judged_before_anything_is_done() {
        for (given, refused) in [
            (json!({"path": "a"}), None),
            (json!({"path": {"bytes": "616374732fff"}, "name": null, "force": null, "style": "b"}), None),
            (json!({}), Some("tool: \"path\" is missing")),
            (json!({"path": null}), Some("tool: \"path\" must be a path, as a string")),
            (json!({"path": {"bytes": "2e2e"}}), Some("tool: \"path\" must be a path, as a string")),
            (json!({"path": "a", "name": 1}), Some("tool: \"name\" must be a string")),
            (json!({"path": "a", "force": "yes"}), Some("tool: \"force\" must be true or false")),
            (json!({"path": "a", "count": 3}), None),
            (json!({"path": "a", "count": 0}), Some("tool: \"count\" must be a whole number, at least 1")),
            (json!({"path": "a", "style": "c"}), Some("tool: \"style\" must be one of a, b")),
            (json!({"path": "a", "other": 1}), Some("tool has no parameter \"other\"")),
        ] {
            assert_eq!(refusal(&given).as_deref(), refused, "{given}");
        }
    }

    #[test]
    fn a_path_keeps_its_bytes_and_a_text_loses_the_space_around_it() {
        let given = json!({"path": {"bytes": "616374732fff"}, "name": " s1\n", "spaced": " a "});
        let given = given.as_object().unwrap();
        assert_eq!(path(given, "path").as_encoded_bytes(), b"acts/\xff");
        assert_eq!(text(given, "name"), "s1");
        assert_eq!(path(given, "spaced"), " a ");
    }
}
