//! redraft.json as it nearly always is, read without making a tree of values of it.
//!
//! Every hook reads it, and the tree with its tables takes a third of what a hook without a session does. What is read here
//! is what [`super::config`] would make of it, which a test holds; all that is wrong or unusual is left to that, which has the
//! words for it.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::config::{Config, SLASH_COMMANDS};
use crate::relpath::RelPath;

/// Reads the configuration; `None` where the whole reading has to say what it is.
pub(super) fn read(text: &[u8]) -> Option<Config> {
    let Object(file) = serde_json::from_slice::<Object<File>>(text).ok()?;
    if file.schema.is_some_and(|schema| schema != 1) || file.gates.is_some() {
        return None;
    }
    let mut config = Config::defaults().ok()?;
    config.tracked = file.tracked;
    config.ignored = file.ignored.unwrap_or_default();
    if let Some(workspace) = file.workspace {
        config.workspace = RelPath::new(workspace).ok()?;
    }
    if let Some(Object(retry)) = file.retry {
        config.retry_auto_detect = retry.auto_detect.unwrap_or(true);
    }
    if let Some(Object(slash)) = file.slash {
        if !slash.direct.iter().flatten().all(|word| SLASH_COMMANDS.contains(&word.as_str())) {
            return None;
        }
        config.slash_direct = slash.direct;
    }
    if let Some(Object(keep)) = file.keep {
        let count = |n: Option<u64>, or| n.map_or(or, |n| u32::try_from(n).unwrap_or(u32::MAX));
        config.keep.trash_days = count(keep.trash_days, config.keep.trash_days);
        config.keep.commits = count(keep.commits, config.keep.commits);
        config.keep.bytes = keep.bytes.unwrap_or(config.keep.bytes);
    }
    Some(config)
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, deserialize_with = "there")]
    schema: Option<u64>,
    #[serde(default, deserialize_with = "there")]
    tracked: Option<Vec<String>>,
    #[serde(default, deserialize_with = "there")]
    ignored: Option<Vec<String>>,
    #[serde(default, deserialize_with = "there")]
    workspace: Option<String>,
    #[serde(default, deserialize_with = "there")]
    retry: Option<Object<Retry>>,
    #[serde(default, deserialize_with = "there")]
    slash: Option<Object<Slash>>,
    #[serde(default, deserialize_with = "there")]
    keep: Option<Object<Keep>>,
    #[serde(default, deserialize_with = "there")]
    gates: Option<IgnoredAny>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Retry {
    #[serde(default, deserialize_with = "there")]
    auto_detect: Option<bool>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Slash {
    #[serde(default, deserialize_with = "there")]
    direct: Option<Vec<String>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Keep {
    #[serde(default, deserialize_with = "there")]
    trash_days: Option<u64>,
    #[serde(default, deserialize_with = "there")]
    commits: Option<u64>,
    #[serde(default, deserialize_with = "there")]
    bytes: Option<u64>,
}

/// Reads what stands there: `null` is not the same as nothing.
fn there<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A JSON object; serde would take a list of the values in its place.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}
