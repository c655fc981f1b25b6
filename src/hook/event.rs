//! Claude Code's JSON in: what of an event is used; nothing decides here. The answers are in `answer`.
//!
//! Unknown events and fields are no errors; a known field of another type is. `tool_input` stays the text it came as,
//! so that a rewrite changes the bytes of one value and echoes everything else, whatever it is. Text is borrowed from
//! the input where it has no escapes.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::answer;
use crate::error::{Error, Result};

/// One event, as far as it is used.
#[derive(Debug, Deserialize)]
pub struct Event<'a> {
    /// Which event.
    #[serde(borrow)]
    pub hook_event_name: Text<'a>,
    /// The Claude window.
    #[serde(borrow)]
    pub session_id: Option<Text<'a>>,
    /// Names the prompt that led to this.
    #[serde(borrow)]
    pub prompt_id: Option<Text<'a>>,
    /// Where relative paths start.
    #[serde(borrow)]
    pub cwd: Option<Text<'a>>,
    /// The subagent that calls a tool.
    #[serde(borrow)]
    pub agent_id: Option<Text<'a>>,
    /// The tool of a tool event.
    #[serde(borrow)]
    pub tool_name: Option<Text<'a>>,
    /// Its arguments, as they came.
    #[serde(borrow)]
    pub tool_input: Option<&'a RawValue>,
    /// Names the call.
    #[serde(borrow)]
    pub tool_use_id: Option<Text<'a>>,
    /// `PostToolUseFailure`: what the tool said.
    #[serde(borrow)]
    pub error: Option<Text<'a>>,
    /// `PostToolBatch`: every call, as it came.
    #[serde(borrow)]
    pub tool_calls: Option<&'a RawValue>,
    /// `UserPromptSubmit`: what was typed.
    #[serde(borrow)]
    pub prompt: Option<Text<'a>>,
    /// `SessionStart`: startup, resume, clear, compact; `UserPromptSubmit` of newer clients: user, sdk, system…
    #[serde(borrow)]
    pub source: Option<Text<'a>>,
    /// `UserPromptExpansion`: the slash command.
    #[serde(borrow)]
    pub command_name: Option<Text<'a>>,
    /// `UserPromptExpansion`: its arguments, verbatim.
    #[serde(borrow)]
    pub command_args: Option<Text<'a>>,
    /// `PreCompact`: where the conversation is kept.
    #[serde(borrow)]
    pub transcript_path: Option<Text<'a>>,
    /// `SessionEnd`: why.
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
    /// `Stop`: a hook made the model go on already.
    pub stop_hook_active: Option<bool>,
}

/// One call of a `PostToolBatch`.
#[derive(Debug, Deserialize)]
pub struct Call<'a> {
    /// The tool.
    #[serde(borrow, default)]
    pub tool_name: Text<'a>,
    /// What the model wrote.
    #[serde(borrow, default)]
    pub tool_input: Option<&'a RawValue>,
    /// Names the call.
    #[serde(borrow, default)]
    pub tool_use_id: Option<Text<'a>>,
    /// What the model was told: a string or a list of blocks.
    #[serde(borrow, default)]
    pub tool_response: Option<&'a RawValue>,
}

/// The events that are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the client's own names")]
pub enum Kind {
    PreToolUse,
    PostToolUse,
    PostToolUseFailure,
    PostToolBatch,
    UserPromptSubmit,
    UserPromptExpansion,
    SessionStart,
    SubagentStart,
    PreCompact,
    SessionEnd,
    Stop,
    /// Anything else: no error, no answer.
    Other,
}

/// Every kind by its name.
const KINDS: &[(&str, Kind)] = &[
    ("PreToolUse", Kind::PreToolUse),
    ("PostToolUse", Kind::PostToolUse),
    ("PostToolUseFailure", Kind::PostToolUseFailure),
    ("PostToolBatch", Kind::PostToolBatch),
    ("UserPromptSubmit", Kind::UserPromptSubmit),
    ("UserPromptExpansion", Kind::UserPromptExpansion),
    ("SessionStart", Kind::SessionStart),
    ("SubagentStart", Kind::SubagentStart),
    ("PreCompact", Kind::PreCompact),
    ("SessionEnd", Kind::SessionEnd),
    ("Stop", Kind::Stop),
];

impl Kind {
    /// Reads the client's name of an event.
    pub fn of(name: &str) -> Self {
        KINDS.iter().find(|(known, _)| *known == name).map_or(Self::Other, |(_, kind)| *kind)
    }

    /// Gives the client's name.
    pub fn as_str(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// The tools that are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the client's own names")]
pub enum Tool {
    Read,
    Write,
    Edit,
    MultiEdit,
    NotebookEdit,
    Grep,
    Glob,
    /// Anything else.
    Other,
}

impl Tool {
    /// Reads the client's name of a tool.
    pub fn of(name: &str) -> Self {
        match name {
            "Read" => Self::Read,
            "Write" => Self::Write,
            "Edit" => Self::Edit,
            "MultiEdit" => Self::MultiEdit,
            "NotebookEdit" => Self::NotebookEdit,
            "Grep" => Self::Grep,
            "Glob" => Self::Glob,
            _ => Self::Other,
        }
    }

    /// Tells whether the tool changes a file.
    pub fn mutates(self) -> bool {
        matches!(self, Self::Write | Self::Edit | Self::MultiEdit | Self::NotebookEdit)
    }

    /// Tells whether the tool looks for files rather than into one.
    pub fn searches(self) -> bool {
        matches!(self, Self::Grep | Self::Glob)
    }

    /// Names the argument that holds the path.
    pub fn path_key(self) -> &'static str {
        match self {
            Self::NotebookEdit => "notebook_path",
            Self::Grep | Self::Glob => "path",
            _ => "file_path",
        }
    }
}

impl<'a> Event<'a> {
    /// Reads an event; a byte order mark before it is no error.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        // A list would be taken for the fields in their order.
        if !json.starts_with(b"{") {
            return Err(malformed("it is no JSON object"));
        }
        serde_json::from_slice(json).map_err(|e| malformed(&e.to_string()))
    }

    /// Tells which event it is.
    pub fn kind(&self) -> Kind {
        Kind::of(&self.hook_event_name)
    }

    /// Tells which tool is called.
    pub fn tool(&self) -> Tool {
        self.tool_name.as_ref().map_or(Tool::Other, |name| Tool::of(name))
    }

    /// Reads the calls of a batch.
    pub fn calls(&self) -> Result<Vec<Call<'a>>> {
        let Some(calls) = self.tool_calls else { return Ok(Vec::new()) };
        serde_json::from_str(calls.get()).map_err(|e| malformed(&format!("tool_calls: {e}")))
    }
}

/// The path among a tool's arguments, and where in their text it stands.
#[derive(Debug)]
pub struct PathArgument<'a> {
    /// The path as the model or the client wrote it.
    pub path: Cow<'a, str>,
    input: &'a str,
    start: usize,
    end: usize,
}

impl<'a> PathArgument<'a> {
    /// Finds the path; `None` when there is none. Twice the same key is malformed: nobody knows which one counts.
    pub fn find(input: &'a RawValue, key: &'static str) -> Result<Option<Self>> {
        let mut deserializer = serde_json::Deserializer::from_str(input.get());
        let found =
            deserializer.deserialize_map(Find { key }).map_err(|e| malformed(&format!("tool_input: {e}")))?;
        let Some(value) = found else { return Ok(None) };
        let path: Text<'a> = serde_json::from_str(value)
            .map_err(|_| malformed(&format!("{key} is {}, not a string", short(value))))?;
        // The value is a part of the input's own text, so the distance of the two is where it stands.
        let start = value.as_ptr() as usize - input.get().as_ptr() as usize;
        Ok(Some(Self { path: path.0, input: input.get(), start, end: start + value.len() }))
    }

    /// Gives the arguments with another path, every other byte as it came.
    pub fn replaced(&self, path: &str) -> String {
        let mut out = String::with_capacity(self.input.len() + path.len() + 2);
        out.push_str(&self.input[..self.start]);
        answer::push_string(&mut out, path);
        out.push_str(&self.input[self.end..]);
        out
    }
}

/// Walks over an object's keys and keeps the text of one value.
struct Find {
    key: &'static str,
}

impl<'de> Visitor<'de> for Find {
    type Value = Option<&'de str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if *key != *self.key {
                map.next_value::<IgnoredAny>()?;
            } else if found.replace(map.next_value::<&RawValue>()?.get()).is_some() {
                return Err(serde::de::Error::custom(format_args!("two {:?}", self.key)));
            }
        }
        Ok(found)
    }
}

/// Text that is borrowed from the input where it has no escapes.
#[derive(Debug, Clone, Default)]
pub struct Text<'a>(pub Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;

        impl<'de> Visitor<'de> for Borrow {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_string())))
            }
        }

        deserializer.deserialize_str(Borrow)
    }
}

/// What a text that is no event seems to be: enough to decide whether refusing is the safe answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess {
    /// The event; `None` when the text does not say, or says several.
    pub kind: Option<Kind>,
    /// The tool; `None` likewise.
    pub tool: Option<Tool>,
}

impl Guess {
    /// Looks for the two names in text that cannot be parsed.
    ///
    /// The quotes of a key inside a string are escaped there, so what a file's content says is not mistaken for them.
    pub fn scan(bytes: &[u8]) -> Self {
        let one = |key| {
            let mut values = values_of(bytes, key);
            let first = values.next()?;
            values.all(|other| other == first).then_some(first)?
        };
        Self { kind: one("\"hook_event_name\"").map(Kind::of), tool: one("\"tool_name\"").map(Tool::of) }
    }
}

/// Gives the string after each occurrence of a quoted key; `None` where no whole string follows.
fn values_of<'a>(bytes: &'a [u8], key: &'static str) -> impl Iterator<Item = Option<&'a str>> {
    let key = key.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let found = bytes[at..].windows(key.len()).position(|window| window == key)?;
        at += found + key.len();
        let rest = bytes[at..].trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        let value = rest.and_then(|rest| rest.strip_prefix(b"\"")).and_then(|rest| {
            let end = rest.iter().take(64).position(|b| *b == b'"')?;
            std::str::from_utf8(&rest[..end]).ok()
        });
        Some(value)
    })
}

fn malformed(problem: &str) -> Error {
    Error::usage(format!("this hook event cannot be read: {problem}"))
        .hint("check the installation: redraft doctor")
}

fn short(json: &str) -> String {
    json.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_string()).unwrap()
    }

    #[test]
    fn a_rewrite_changes_the_bytes_of_the_path_alone() {
        for (before, after) in [
            (r#"{"file_path":"/a"}"#, r#"{"file_path":"/S"}"#),
            (
                "{ \"x\" : 1.50e+3, \"file_path\"\t:\n \"/a\\u0020b\" ,\"n\":12345678901234567890,\"é\":[ ]}",
                "{ \"x\" : 1.50e+3, \"file_path\"\t:\n \"/S\" ,\"n\":12345678901234567890,\"é\":[ ]}",
            ),
            (
                r#"{"a":{"file_path":"/inner"},"a":1,"file_path":"/a","file\u005fpat":2}"#,
                r#"{"a":{"file_path":"/inner"},"a":1,"file_path":"/S","file\u005fpat":2}"#,
            ),
            (r#"{"file\u005fpath":"/a"}"#, r#"{"file\u005fpath":"/S"}"#),
            (
                r#"{"content":"\ud800 \"file_path\"","file_path":"/a"}"#,
                r#"{"content":"\ud800 \"file_path\"","file_path":"/S"}"#,
            ),
        ] {
            let input = raw(before);
            let found = PathArgument::find(&input, "file_path").unwrap().unwrap();
            assert_eq!(found.replaced("/S"), after);
        }
        let input = raw(r#"{"file_path":"/a\u0020b"}"#);
        let found = PathArgument::find(&input, "file_path").unwrap().unwrap();
        assert_eq!(found.path, "/a b");
        assert_eq!(found.replaced("q\"\\\n\u{1}é"), r#"{"file_path":"q\"\\\n\u0001é"}"#);
    }

    #[test]
    fn a_path_is_one_string_or_malformed() {
        assert!(PathArgument::find(&raw("{}"), "file_path").unwrap().is_none());
        for bad in [
            r#"{"file_path":7}"#,
            r#"{"file_path":null}"#,
            r#"{"file_path":["/a"]}"#,
            r#"{"file_path":"/a","file_path":"/b"}"#,
            r#"{"file_path":"/a","file\u005fpath":"/b"}"#,
            r#"{"file_path":"\ud800"}"#,
            "[]",
            "7",
        ] {
            assert!(PathArgument::find(&raw(bad), "file_path").is_err(), "{bad}");
        }
    }

    #[test]
    fn unknown_is_no_error_and_another_type_is() {
        let event =
            Event::parse(b"\xef\xbb\xbf {\"hook_event_name\":\"New\",\"x\":{\"y\":[1]},\"cwd\":null}")
                .unwrap();
        assert_eq!((event.kind(), event.tool()), (Kind::Other, Tool::Other));
        assert!(event.cwd.is_none());
        for bad in [
            "",
            "[]",
            "[\"Stop\"]",
            "{}",
            "{",
            r#"{"hook_event_name":7}"#,
            r#"{"hook_event_name":"Stop","cwd":["x"]}"#,
            r#"{"hook_event_name":"Stop","stop_hook_active":"no"}"#,
            r#"{"hook_event_name":"Stop","cwd":"a","cwd":"b"}"#,
            r#"{"hook_event_name":"Stop"} trailing"#,
        ] {
            assert!(Event::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_guess_sees_keys_but_not_what_strings_say() {
        let guess = |text: &str| {
            let guess = Guess::scan(text.as_bytes());
            (guess.kind, guess.tool)
        };
        for (text, expected) in [
            (
                r#"{"hook_event_name":"PreToolUse","tool_name" : "Write","tool_input":{"content":"cut"#,
                (Some(Kind::PreToolUse), Some(Tool::Write)),
            ),
            (
                r#"{"content":"\"hook_event_name\":\"Stop\"","hook_event_name":"PreToolUse""#,
                (Some(Kind::PreToolUse), None),
            ),
            (r#"{"hook_event_name":"Stop","hook_event_name":"PreToolUse"}"#, (None, None)),
            (r#"{"hook_event_name":7,"tool_name":"Read"}"#, (None, Some(Tool::Read))),
            (r#"{"hook_event_name":"PreToo"#, (None, None)),
            (r#"{"hook_event_name":"New"}"#, (Some(Kind::Other), None)),
            ("rubbish", (None, None)),
            ("", (None, None)),
        ] {
            assert_eq!(guess(text), expected, "{text}");
        }
    }
}
