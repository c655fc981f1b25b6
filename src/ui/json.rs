//! [`Report`] and [`Error`] as one JSON object; the shapes are in `references/json.md`.
//!
//! The serde attributes in `report` are the source; this file adds `ok`, and lifts the fields of a single resolved path
//! to the top, where programs written for the seeds' `resolve_path` look for them.

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::report::Report;

/// Writes a report as one object on one line, without a line break at its end.
#[must_use]
pub fn json(report: &Report) -> String {
    // Of ten thousand changes a value would be made and taken apart again, which costs more than to survey them.
    match serde_json::to_string(report) {
        Ok(text) if !matches!(report, Report::Resolved(_)) && text.starts_with("{\"report\":") => {
            ["{\"ok\":true,", &text[1..]].concat()
        }
        _ => value(report).to_string(),
    }
}

/// Gives the same object as a value.
#[must_use]
pub fn value(report: &Report) -> Value {
    match serde_json::to_value(report) {
        Ok(Value::Object(fields)) => {
            let mut object = Map::new();
            object.insert("ok".into(), Value::Bool(true));
            object.extend(fields);
            lift_single_path(&mut object);
            Value::Object(object)
        }
        Ok(other) => {
            error_value(&Error::new(crate::error::Kind::Bug, format!("report is no object: {other}")))
        }
        Err(error) => {
            error_value(&Error::new(crate::error::Kind::Bug, format!("report is no JSON: {error}")))
        }
    }
}

/// Writes an error as one object on one line, without a line break at its end.
#[must_use]
pub fn error_json(error: &Error) -> String {
    error_value(error).to_string()
}

/// Gives the same object as a value.
#[must_use]
pub fn error_value(error: &Error) -> Value {
    json!({
        "ok": false,
        "error": {
            "kind": error.kind.as_str(),
            "message": error.message,
            "details": error.details,
            "hints": error.next_steps(),
        }
    })
}

/// Copies the fields of the only resolved path to the top.
fn lift_single_path(object: &mut Map<String, Value>) {
    if object.get("report").and_then(Value::as_str) != Some("resolved") {
        return;
    }
    let Some([Value::Object(only)]) = object.get("paths").and_then(Value::as_array).map(Vec::as_slice) else {
        return;
    };
    let fields = only.clone();
    object.extend(fields);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::samples;

    #[test]
    fn every_report_is_one_ok_object_with_its_name() {
        let reports = samples::all();
        for (name, report) in &reports {
            let text = json(report);
            assert!(text.starts_with(&format!("{{\"ok\":true,\"report\":\"{name}\"")), "{text}");
            assert!(!text.contains('\n'));
            assert!(serde_json::from_str::<Value>(&text).unwrap().is_object());
        }
        assert_eq!(reports.len(), 40, "one sample for each report");
    }

    #[test]
    fn a_report_is_written_as_its_value_is() {
        for (name, report) in &samples::all() {
            assert_eq!(json(report), value(report).to_string(), "{name}");
        }
        for n in [0, 1, 2] {
            assert_eq!(json(&samples::resolved(n)), value(&samples::resolved(n)).to_string());
        }
    }

    #[test]
    fn the_reference_page_shows_every_report_as_it_is() {
        let page = include_str!("../../references/json.md");
        let shown: Vec<Value> = page
            .split("```json\n")
            .skip(1)
            .filter_map(|rest| rest.split("```").next())
            .map(|block| serde_json::from_str(block).unwrap_or_else(|error| panic!("{error} in {block}")))
            .collect();
        let mut expected: Vec<String> = samples::all().iter().map(|(_, report)| json(report)).collect();
        expected.push(error_json(&samples::error()));
        expected.push(serde_json::to_string(&samples::event()).unwrap());
        expected.push(json(&samples::removed_odd_names()));
        for text in expected {
            let value: Value = serde_json::from_str(&text).unwrap();
            assert!(shown.contains(&value), "references/json.md lacks:\n{value:#}");
        }
    }

    #[test]
    fn a_single_resolved_path_also_stands_at_the_top() {
        let one: Value = serde_json::from_str(&json(&samples::resolved(1))).unwrap();
        assert_eq!(one["resolved_path"], one["paths"][0]["resolved_path"]);
        assert_eq!(one["source"], "session");
        let two: Value = serde_json::from_str(&json(&samples::resolved(2))).unwrap();
        assert_eq!(two["paths"].as_array().unwrap().len(), 2);
        assert!(two.get("source").is_none());
    }

    #[test]
    fn odd_names_keep_every_byte() {
        let text = json(&samples::removed_odd_names());
        assert_eq!(
            text,
            r#"{"ok":true,"report":"removed","session":"work-on-chapter-01","paths":["acts/a\nb.md",{"bytes":"616374732fff2e6d64"}]}"#
        );
    }
}
