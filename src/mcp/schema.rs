//! Output schemas: what a tool may answer, as JSON Schema, made from the very types that answers are made of.
//!
//! Of the schema of all reports ([`Report`]) each tool gets its own, with the definitions they use. A refusal is an answer
//! too, so its shape stands beside them.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::report::Report;

/// The schema of all reports.
pub(super) struct Answers {
    shapes: Vec<Value>,
    definitions: Map<String, Value>,
}

impl Answers {
    /// Describes every report.
    pub(super) fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        let mut schema = settings.into_generator().into_root_schema_for::<Report>().to_value();
        // Names of integer formats are this generator's own, and some validators refuse what they do not know.
        drop_formats(&mut schema);
        let shapes = schema.get_mut("oneOf").and_then(Value::as_array_mut).map(std::mem::take);
        let definitions = match schema.get_mut("$defs") {
            Some(Value::Object(definitions)) => std::mem::take(definitions),
            _ => Map::new(),
        };
        Self { shapes: shapes.unwrap_or_default(), definitions }
    }

    /// Describes the answers of a tool that gives these reports, or refuses.
    pub(super) fn of(&self, reports: &[&str]) -> Map<String, Value> {
        let name_of = |shape: &Value| shape["properties"]["report"]["const"].as_str().map(str::to_string);
        let wanted = |shape: &&Value| name_of(shape).is_some_and(|name| reports.contains(&name.as_str()));
        let mut shapes: Vec<Value> = self.shapes.iter().filter(wanted).cloned().collect();
        for shape in &mut shapes {
            shape["properties"]["ok"] = json!({"const": true});
            if let Some(required) = shape["required"].as_array_mut() {
                required.push(json!("ok"));
            }
        }
        shapes.push(refusal());
        let mut schema = Map::new();
        schema.insert("type".into(), json!("object"));
        schema.insert("properties".into(), json!({"ok": {"type": "boolean"}}));
        schema.insert("required".into(), json!(["ok"]));
        let used = self.used_by(&shapes);
        schema.insert("oneOf".into(), Value::Array(shapes));
        if !used.is_empty() {
            schema.insert("$defs".into(), Value::Object(used));
        }
        schema
    }

    /// Gives the definitions that shapes refer to, directly or through others.
    fn used_by(&self, shapes: &[Value]) -> Map<String, Value> {
        let mut open: Vec<&Value> = shapes.iter().collect();
        let mut used = BTreeSet::new();
        while let Some(value) = open.pop() {
            match value {
                Value::Array(items) => open.extend(items),
                Value::Object(fields) => {
                    open.extend(fields.values());
                    let name = fields.get("$ref").and_then(Value::as_str);
                    let name = name.and_then(|reference| reference.strip_prefix("#/$defs/"));
                    if let Some((name, definition)) =
                        name.and_then(|name| self.definitions.get_key_value(name))
                        && used.insert(name)
                    {
                        open.push(definition);
                    }
                }
                _ => {}
            }
        }
        let definition = |name: &String| self.definitions.get(name).map(|d| (name.clone(), d.clone()));
        used.into_iter().filter_map(definition).collect()
    }
}

/// Describes a refusal.
fn refusal() -> Value {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    json!({
        "description": "It was refused: why, and what to do next.",
        "type": "object",
        "properties": {
            "ok": {"const": false},
            "error": {
                "type": "object",
                "properties": {"kind": {"type": "string"}, "message": {"type": "string"}, "details": texts, "hints": texts},
                "required": ["kind", "message", "details", "hints"],
            },
        },
        "required": ["ok", "error"],
    })
}

fn drop_formats(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(drop_formats),
        Value::Object(fields) => {
            fields.retain(|key, value| key != "format" || !value.is_string());
            fields.values_mut().for_each(drop_formats);
        }
        _ => {}
    }
}
