//! Columns of texts and values for [`super::rewrite`].

use serde_json::{Value, json};

use super::*;

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn to(text: &str, new: &Value) -> String {
    rewrite(text, &parse(text), new).unwrap()
}

#[test]
fn nothing_to_change_changes_no_byte() {
    for text in ["{}", " { \"a\" : 1.00 , \"b\":[ ] }\r\n\n", "{\n\t\"é\": \"\\u00e9\\\"}\"\n}", "[1,2]"] {
        assert_eq!(to(text, &parse(text)), text);
    }
}

#[test]
fn members_are_added_in_the_style_around_them() {
    let cases = [
        ("{}", "{\n  \"n\": [\n    1\n  ]\n}"),
        ("{\n  \"a\": 1\n}\n", "{\n  \"a\": 1,\n  \"n\": [\n    1\n  ]\n}\n"),
        ("{\n    \"a\": 1\n}", "{\n    \"a\": 1,\n    \"n\": [\n        1\n    ]\n}"),
        ("{\r\n\t\"a\": 1\r\n}", "{\r\n\t\"a\": 1,\r\n\t\"n\": [\r\n\t\t1\r\n\t]\r\n}"),
        ("{\"a\":1}", "{\"a\":1,\"n\":[1]}"),
        ("{ \"a\": 1, \"b\": 2 }", "{ \"a\": 1, \"b\": 2, \"n\":[1] }"),
    ];
    for (text, expected) in cases {
        let mut new = parse(text);
        new["n"] = json!([1]);
        assert_eq!(to(text, &new), expected, "{text:?}");
    }
}

#[test]
fn what_was_added_comes_out_without_a_trace() {
    let texts = [
        "{}",
        "{ }",
        "{\n}",
        "{}\n",
        "{\"a\":{}}",
        "{\"a\":{ }}",
        "{\n  \"a\": {}\n}",
        "{\n  \"a\": {\n  }\n}\n",
        "{\n\t\"a\": { }\n}",
        "{\"a\":{\"x\":[{\"k\":1.50}]}, \"b\" : [ ] }",
        "  {\n \"z\":0 ,\n   \"a\":{\"x\":[\n1\n]}}\n\n",
        "{\r\n  \"a\": {\r\n  }\r\n}\r\n",
        "{\n  \"a\": {\n    \"x\": [\n    ]\n  }\n}",
        "{\"s\": \"}{,][\\\\\\\"\"}",
    ];
    for text in texts {
        let old = parse(text);
        let mut new = old.clone();
        new["n"] = json!({"deep": [1, {"e": {}}]});
        if new["a"].is_object() {
            new["a"]["m"] = json!(["v"]);
            new["a"]["o"] = json!(null);
        }
        if let Some(items) = new["a"]["x"].as_array_mut() {
            items.push(json!({"ours": true}));
        }
        if new["a"] == Value::Null {
            new.as_object_mut().unwrap().shift_remove("a");
        }
        let there = to(text, &new);
        assert_eq!(parse(&there), new, "{text:?}");
        assert_eq!(rewrite(&there, &new, &old).unwrap(), text, "through {there:?}");
    }
}

#[test]
fn items_are_dropped_and_changed_in_place() {
    let cases = [
        ("[ 1, 2, 3 ]", json!([1, 3]), "[ 1, 3 ]"),
        ("[ 1, 2, 3 ]", json!([2, 3]), "[ 2, 3 ]"),
        ("[ 1, 2, 3 ]", json!([1, 2]), "[ 1, 2 ]"),
        ("[\n 1,\n 2\n]", json!([]), "[]"),
        ("[{\"a\": 1, \"b\":2}, 5]", json!([{"a": 1, "b": 3}, 5]), "[{\"a\": 1, \"b\":3}, 5]"),
        ("[1, 2, 3]", json!([1, 9, 8, 3]), "[1,9,8,3]"),
        ("[1, 2, 3, 4]", json!([3, 5]), "[3, 5]"),
        ("[1, 2]", json!([7, 8, 9]), "[7, 8, 9]"),
        ("[1, 1, 1]", json!([1]), "[1]"),
    ];
    for (text, new, expected) in cases {
        assert_eq!(to(text, &new), expected);
    }
}

#[test]
fn a_key_that_stands_twice_is_refused_only_where_something_changes() {
    let text = "{\"x\":{\"a\":1,\"a\":2}}";
    let mut new = parse(text);
    new["n"] = json!(1);
    assert_eq!(to(text, &new), "{\"x\":{\"a\":1,\"a\":2},\"n\":1}");
    new["x"]["b"] = json!(1);
    let error = rewrite(text, &parse(text), &new).unwrap_err();
    assert!(error.message.contains("\"a\" stands twice"), "{}", error.message);
}
