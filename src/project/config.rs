//! redraft.json: what may stand in it, and what is said when something else does.
//!
//! `{"schema":1,"tracked":[globs],"ignored":[globs],"workspace":"workspace","retry":{"auto_detect":true},
//! "slash":{"direct":["list",…]},"keep":{"trash_days":14,"commits":100,"bytes":4294967296},
//! "gates":{"open_blockers":true,"unfinished_tasks":["*"],"commands":{"tests":"make test"},"command_seconds":600}}`. A key that is not known, or a value of another type, is an
//! error that names the key, the file and the nearest known key: a typo must not switch protection off in silence.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;

use super::{CONFIG_FILE, quick};
use crate::error::{Error, Kind, Result};
use crate::fs::Dir;
use crate::relpath::RelPath;

/// The configuration, defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Globs of isolated paths; `None` when the file does not say.
    pub tracked: Option<Vec<String>>,
    /// Globs taken out of them.
    pub ignored: Vec<String>,
    /// The directory that holds sessions.
    pub workspace: RelPath,
    /// Prompts are read for requests to redo something.
    pub retry_auto_detect: bool,
    /// Slash commands that answer the person directly; `None` for the built-in set.
    pub slash_direct: Option<Vec<String>>,
    /// How long what ended is kept.
    pub keep: Keep,
    /// What a commit waits for.
    pub gates: Gates,
}

/// What a commit waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gates {
    /// No blocker is open.
    pub open_blockers: bool,
    /// No task of these sorts is unfinished; `*` is every task.
    pub unfinished_tasks: Vec<String>,
    /// Commands that must succeed where they see the session, each with its name.
    pub commands: Vec<(String, String)>,
    /// How long one of them may take.
    pub command_seconds: u64,
}

impl Gates {
    /// Tells whether there is any.
    pub fn any(&self) -> bool {
        self.open_blockers || !self.unfinished_tasks.is_empty() || !self.commands.is_empty()
    }
}

/// How long what ended is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Days that cancelled sessions stay in the trash.
    pub trash_days: u32,
    /// How many landings can be taken back.
    pub commits: u32,
    /// How many bytes their pre-images may take together.
    pub bytes: u64,
}

/// The commands that `slash.direct` may list, by the words that `hook::expansion` has for them.
#[rustfmt::skip]
pub const SLASH_COMMANDS: &[&str] = &[
    "start", "list", "status", "switch", "commit", "commit --force", "cancel", "restore", "archive", "reopen", "retry",
    "resolve", "diff", "rm", "mv", "bring", "undo", "log", "recover", "checkpoint", "checkpoints", "rollback", "find",
    "search", "history", "compare", "analyze", "report", "gc", "brief", "resume", "end", "dehydrate", "restart",
    "tool", "objective", "blocker", "decision", "task", "note", "tag",
];

const KNOWN: &[&str] = &["schema", "tracked", "ignored", "workspace", "retry", "slash", "keep", "gates"];
const KNOWN_RETRY: &[&str] = &["auto_detect"];
const KNOWN_SLASH: &[&str] = &["direct"];
const KNOWN_GATES: &[&str] = &["open_blockers", "unfinished_tasks", "commands", "command_seconds"];
const KNOWN_KEEP: &[&str] = &["trash_days", "commits", "bytes"];
const MAX_BYTES: u64 = 1024 * 1024;

impl Config {
    /// Reads redraft.json of a project; the defaults where there is none.
    pub fn read(dir: &Dir) -> Result<Self> {
        let file = RelPath::new(CONFIG_FILE)?;
        match dir.find(&file, MAX_BYTES).map_err(no_file)? {
            None => Self::defaults(),
            Some(bytes) => Self::parse(&bytes).map_err(|problem| {
                Error::new(Kind::Usage, format!("{}: {problem}", dir.full(&file).display()))
                    .hint("correct that line; `redraft doctor` shows what was understood")
            }),
        }
    }

    pub(super) fn defaults() -> Result<Self> {
        Ok(Self {
            tracked: None,
            ignored: Vec::new(),
            workspace: RelPath::new("workspace")?,
            retry_auto_detect: true,
            slash_direct: None,
            keep: Keep { trash_days: 14, commits: 100, bytes: 4 << 30 },
            gates: Gates { command_seconds: 600, ..Gates::default() },
        })
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match quick::read(text) {
            Some(config) => Ok(config),
            // The whole reading finds the words for what is wrong.
            None => Self::parse_whole(text),
        }
    }

    fn parse_whole(text: &[u8]) -> Result<Self, String> {
        let Strict(value) = serde_json::from_slice(text).map_err(|e| match e.classify() {
            // Not the syntax, but a key that is there twice.
            Category::Data => e.to_string(),
            _ => format!("not valid JSON: {e}"),
        })?;
        let top = Section::of(&value, "", KNOWN)?;
        match top.get("schema").map(Value::as_u64) {
            None | Some(Some(1)) => {}
            Some(Some(n)) => return Err(format!("schema {n} is newer than this redraft understands (1)")),
            Some(None) => return Err("\"schema\" must be the number 1".into()),
        }
        let mut config = Self::defaults().map_err(|e| e.message)?;
        config.tracked = top.strings("tracked")?;
        config.ignored = top.strings("ignored")?.unwrap_or_default();
        if let Some(workspace) = top.string("workspace")? {
            config.workspace = RelPath::new(workspace).map_err(|e| format!("\"workspace\": {e}"))?;
        }
        if let Some(retry) = top.section("retry", KNOWN_RETRY)? {
            config.retry_auto_detect = retry.boolean("auto_detect")?.unwrap_or(true);
        }
        if let Some(slash) = top.section("slash", KNOWN_SLASH)? {
            config.slash_direct = slash.strings("direct")?;
            config.slash_direct.iter().flatten().try_for_each(|word| slash_command(word))?;
        }
        if let Some(keep) = top.section("keep", KNOWN_KEEP)? {
            let count = |key, default| {
                keep.number(key).map(|n| n.map_or(default, |n| u32::try_from(n).unwrap_or(u32::MAX)))
            };
            config.keep.trash_days = count("trash_days", config.keep.trash_days)?;
            config.keep.commits = count("commits", config.keep.commits)?;
            config.keep.bytes = keep.number("bytes")?.unwrap_or(config.keep.bytes);
        }
        if let Some(gates) = top.section("gates", KNOWN_GATES)? {
            config.gates.open_blockers = gates.boolean("open_blockers")?.unwrap_or_default();
            config.gates.unfinished_tasks = gates.strings("unfinished_tasks")?.unwrap_or_default();
            config.gates.commands = gates.named_strings("commands")?;
            let seconds = gates.number("command_seconds")?;
            config.gates.command_seconds = seconds.unwrap_or(config.gates.command_seconds).clamp(1, 3600);
        }
        Ok(config)
    }
}

/// Refuses what is no slash command.
fn slash_command(word: &str) -> Result<(), String> {
    if SLASH_COMMANDS.contains(&word) {
        return Ok(());
    }
    let meant = crate::text::nearest(word, SLASH_COMMANDS.iter().copied()).map_or_else(
        || format!("it may list {}", SLASH_COMMANDS.join(", ")),
        |nearest| format!("did you mean {nearest:?}?"),
    );
    Err(format!("\"slash.direct\" lists {word:?}, which is no slash command; {meant}"))
}

/// Says of which file an error about one of its values is.
pub(super) fn in_file(dir: &Dir, mut error: Error) -> Error {
    if let (Kind::Usage, Ok(file)) = (error.kind, RelPath::new(CONFIG_FILE)) {
        error.message = format!("{}: {}", dir.full(&file).display(), error.message);
    }
    error
}

/// What stands in the file's place cannot be read: what helps with any other file would not help here.
fn no_file(mut error: Error) -> Error {
    if error.kind == Kind::Refused {
        error.hints = vec![format!("move it away; `redraft init` writes a {CONFIG_FILE}")];
    }
    error
}

/// A JSON value in which no object has a key twice: of two, one would be ignored in silence.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(value)) = seq.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = serde_json::Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let Strict(value) = access.next_value()?;
            if map.contains_key(&key) {
                return Err(de::Error::custom(format_args!("key {key:?} is there twice")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

/// One JSON object of the file, with the name it has there.
struct Section<'a> {
    name: &'a str,
    map: &'a serde_json::Map<String, Value>,
}

impl<'a> Section<'a> {
    fn of(value: &'a Value, name: &'a str, known: &[&str]) -> Result<Self, String> {
        let Value::Object(map) = value else { return Err(ill_typed(name, "", "an object", value)) };
        match map.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(Self { name, map }),
            Some(unknown) => {
                let nearest = crate::text::nearest(unknown, known.iter().copied()).unwrap_or(known[0]);
                Err(format!(
                    "unknown key {:?}; did you mean {:?}?",
                    dotted(name, unknown),
                    dotted(name, nearest)
                ))
            }
        }
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key)
    }

    fn section(&self, key: &'a str, known: &[&str]) -> Result<Option<Section<'a>>, String> {
        self.get(key).map(|value| Section::of(value, key, known)).transpose()
    }

    fn string(&self, key: &str) -> Result<Option<&'a str>, String> {
        self.typed(key, "a string", Value::as_str)
    }

    fn boolean(&self, key: &str) -> Result<Option<bool>, String> {
        self.typed(key, "true or false", Value::as_bool)
    }

    fn number(&self, key: &str) -> Result<Option<u64>, String> {
        self.typed(key, "a whole number", Value::as_u64)
    }

    fn strings(&self, key: &str) -> Result<Option<Vec<String>>, String> {
        self.typed(key, "a list of strings", |value| {
            value.as_array()?.iter().map(|v| v.as_str().map(str::to_string)).collect()
        })
    }

    /// Reads an object of strings under names that whoever wrote it chose.
    fn named_strings(&self, key: &str) -> Result<Vec<(String, String)>, String> {
        let read = |value: &Value| {
            value.as_object()?.iter().map(|(name, v)| Some((name.clone(), v.as_str()?.to_string()))).collect()
        };
        let named: Vec<(String, String)> = self.typed(key, "an object of strings", read)?.unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        match named.iter().find(|(name, _)| name.is_empty() || !name.chars().all(plain) || is_taken(name)) {
            None => Ok(named),
            Some((name, _)) => Err(format!(
                "{:?} has a name that cannot be used: {name:?} (letters, digits, '-' and '_', not \"blockers\" or \"tasks\")",
                dotted(self.name, key)
            )),
        }
    }

    fn typed<T>(
        &self,
        key: &str,
        wanted: &str,
        take: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let Some(value) = self.get(key) else { return Ok(None) };
        take(value).map(Some).ok_or_else(|| ill_typed(self.name, key, wanted, value))
    }
}

/// Tells whether a gate of the notebook has this name.
fn is_taken(name: &str) -> bool {
    ["blockers", "tasks"].contains(&name)
}

fn dotted(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_string() } else { format!("{section}.{key}") }
}

fn ill_typed(section: &str, key: &str, wanted: &str, value: &Value) -> String {
    let key = if key.is_empty() { section.to_string() } else { dotted(section, key) };
    let mut shown = value.to_string();
    shown.truncate(shown.char_indices().nth(40).map_or(shown.len(), |(i, _)| i));
    if key.is_empty() {
        return format!("the file must hold {wanted}, not {shown}");
    }
    format!("{key:?} must be {wanted}, not {shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_key() {
        let config = Config::parse(
            br#"{"schema":1,"tracked":["acts/**"],"ignored":["*.bak"],"workspace":"w","retry":{"auto_detect":false},
                "slash":{"direct":["list"]},"keep":{"trash_days":3,"bytes":5},
                "gates":{"open_blockers":true,"unfinished_tasks":["tdd"],"commands":{"tests":"make test"}}}"#,
        )
        .unwrap();
        assert_eq!(config.tracked, Some(vec!["acts/**".to_string()]));
        assert_eq!(
            (config.retry_auto_detect, config.keep),
            (false, Keep { trash_days: 3, commits: 100, bytes: 5 })
        );
        let commands = vec![("tests".to_string(), "make test".to_string())];
        let unfinished_tasks = vec!["tdd".to_string()];
        let gates = Gates { open_blockers: true, unfinished_tasks, commands, command_seconds: 600 };
        assert_eq!(config.gates, gates);
        assert_eq!(config.slash_direct, Some(vec!["list".to_string()]));
        assert_eq!(config.workspace, RelPath::new("w").unwrap());
    }

    #[test]
    fn refuses_with_the_key_and_the_nearest_known_one() {
        for (text, part) in [
            (r#"{"trakced":[]}"#, r#"unknown key "trakced"; did you mean "tracked"?"#),
            (r#"{"tracked":["a/**"],"tracked":["b/**"]}"#, r#"key "tracked" is there twice"#),
            (r#"{"retry":{"auto_detect":true,"auto_detect":false}}"#, r#"key "auto_detect" is there twice"#),
            (
                r#"{"retry":{"autodetect":true}}"#,
                r#"unknown key "retry.autodetect"; did you mean "retry.auto_detect"?"#,
            ),
            (r#"{"tracked":"acts"}"#, r#""tracked" must be a list of strings, not "acts""#),
            (r#"{"tracked":[1]}"#, "must be a list of strings"),
            (r#"{"retry":{"auto_detect":"yes"}}"#, r#""retry.auto_detect" must be true or false"#),
            (r#"{"retry":7}"#, r#""retry" must be an object, not 7"#),
            (r#"{"gates":{"commands":{"tasks":"x"}}}"#, "cannot be used: \"tasks\""),
            (r#"{"gates":{"commands":["x"]}}"#, "must be an object of strings"),
            (r#"{"gates":{"blockers":true}}"#, r#"did you mean "gates.open_blockers"?"#),
            (
                r#"{"slash":{"direct":["status","stauts"]}}"#,
                r#""slash.direct" lists "stauts", which is no slash command; did you mean "status"?"#,
            ),
            (r#"{"slash":{"direct":["everything"]}}"#, "it may list start, list, status"),
            (r#"{"schema":2}"#, "schema 2 is newer"),
            (r#"{"workspace":"../x"}"#, "outside the project"),
            ("[]", "the file must hold an object"),
            ("{", "not valid JSON"),
        ] {
            let problem = Config::parse(text.as_bytes()).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }

    /// What is read at once is what the whole reading makes of it, and all else is left to that.
    #[test]
    fn the_quick_reading_is_the_whole_one() {
        let sound = [
            r#"{"schema":1,"tracked":["acts/**","a\"b"],"ignored":[],"workspace":"w/x","retry":{"auto_detect":false}}"#,
            r#" { "slash" : { "direct" : [ "list" ] } , "keep" : { "trash_days" : 99999999999 , "bytes" : 5 } } "#,
            r#"{"keep":{"commits":7},"retry":{},"slash":{}}"#,
            "{}",
        ];
        for text in sound {
            let quick = quick::read(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(Config::parse_whole(text.as_bytes()), Ok(quick), "{text}");
        }
        let values = [
            "null",
            "1",
            "-1",
            "1.0",
            "true",
            r#""x""#,
            "[]",
            r#"["x"]"#,
            "[true]",
            "[1]",
            "{}",
            r#"{"x":1}"#,
            "..",
        ];
        let keys = ["", "retry.auto_detect", "slash.direct", "keep.trash_days", "keep.commits", "keep.bytes"];
        for key in KNOWN.iter().chain(&keys).chain(&["typo", "retry.typo"]) {
            for value in values {
                let text = match key.split_once('.') {
                    _ if key.is_empty() => value.to_string(),
                    Some((section, key)) => format!(r#"{{"{section}":{{"{key}":{value}}}}}"#),
                    None => format!(r#"{{"{key}":{value}}}"#),
                };
                for text in [text.clone(), text.clone() + ",", text.replace('}', r#","schema":1}"#)] {
                    if let Some(quick) = quick::read(text.as_bytes()) {
                        assert_eq!(Config::parse_whole(text.as_bytes()), Ok(quick), "{text}");
                    }
                }
            }
        }
    }
}
