//! [`RelPath`]: the only way from text to a file of the project or of a session's layer.
//!
//! Project-relative bytes, normalised, never empty, never absolute, without `.`/`..` components: joining one to a
//! root cannot escape it *as text*. That the disk agrees (no symbolic link on the way) is `fs`'s part. Names are kept
//! as bytes, so non-UTF-8 names work; in JSON such a name is `{"bytes":"<hex>"}`, any other a plain string.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};

/// The longest path, in bytes: what the kernel takes.
pub const MAX_BYTES: usize = 4095;

/// A normalised path below the project root.
///
/// What is asked about one is answered from its bytes: it has nothing to fold, so the general rules of `std::path`, which
/// read it component by component, would give the same at ten times the cost.
#[derive(Clone, Eq)]
pub struct RelPath(PathBuf);

impl PartialEq for RelPath {
    fn eq(&self, other: &Self) -> bool {
        same_bytes(self.as_bytes(), other.as_bytes())
    }
}

impl Hash for RelPath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl RelPath {
    /// Takes a path that is already relative to the root; `.` and inner `..` are folded, an escape is refused.
    pub fn new(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if path.is_absolute() {
            return Err(outside(path));
        }
        Self::fold(path)
    }

    /// Turns what a person or a program typed, absolute or relative to `cwd`, into a path below `root`.
    pub fn resolve(root: &Path, cwd: &Path, typed: &Path) -> Result<Self> {
        // Most paths are typed as they are: then the root is taken off and nothing else.
        if let Some(below) = below(root, typed)
            && is_normal(below)
        {
            return Self::fold(Path::new(OsStr::from_bytes(below)));
        }
        let absolute =
            if typed.is_absolute() { fold_absolute(typed) } else { fold_absolute(&cwd.join(typed)) };
        match absolute.strip_prefix(root) {
            Ok(below) => Self::fold(below),
            Err(_) => Err(outside(typed)),
        }
    }

    /// Gives the path as a person reads it: a name that would disturb the line is quoted.
    #[must_use]
    pub fn shown(&self) -> Cow<'_, str> {
        let text = self.0.to_string_lossy();
        if text.chars().any(char::is_control) { format!("{text:?}").into() } else { text }
    }

    /// Gives the path for joining to a root.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// Gives the bytes of the path.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_os_str().as_bytes()
    }

    /// Gives the last component.
    #[must_use]
    pub fn file_name(&self) -> &OsStr {
        let bytes = self.as_bytes();
        OsStr::from_bytes(&bytes[last_slash(bytes).map_or(0, |at| at + 1)..])
    }

    /// Gives the directory above, unless this is at the top.
    #[must_use]
    pub fn parent(&self) -> Option<RelPath> {
        self.parent_path().map(|parent| Self(parent.to_path_buf()))
    }

    /// Gives the directory above for a comparison or a call, unless this is at the top.
    #[must_use]
    pub fn parent_path(&self) -> Option<&Path> {
        let bytes = self.as_bytes();
        last_slash(bytes).map(|at| Path::new(OsStr::from_bytes(&bytes[..at])))
    }

    /// Gives the components, from the top down.
    pub fn parts(&self) -> impl Iterator<Item = &OsStr> {
        self.as_bytes().split(|b| *b == b'/').map(OsStr::from_bytes)
    }

    /// Gives the first component.
    #[must_use]
    pub fn top(&self) -> &OsStr {
        self.parts().next().unwrap_or_default()
    }

    /// Tells whether this path is `other` or below it, by whole components.
    #[must_use]
    pub fn is_within(&self, other: &RelPath) -> bool {
        let rest = self.as_bytes().strip_prefix(other.as_bytes());
        rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
    }

    /// Gives what is left of this path below `other`; `None` when it is not below it.
    #[must_use]
    pub fn below(&self, other: &RelPath) -> Option<&Path> {
        let rest = self.as_bytes().strip_prefix(other.as_bytes())?.strip_prefix(b"/")?;
        Some(Path::new(OsStr::from_bytes(rest)))
    }

    /// Appends a name or a path, by the rules of [`RelPath::new`].
    pub fn join(&self, below: impl AsRef<Path>) -> Result<Self> {
        let below = below.as_ref();
        let bytes = below.as_os_str().as_bytes();
        if bytes.contains(&0) || !is_normal(bytes) || self.as_bytes().len() + 1 + bytes.len() > MAX_BYTES {
            return Self::new(self.0.join(below));
        }
        let mut joined = OsString::with_capacity(self.as_bytes().len() + 1 + bytes.len());
        joined.push(&self.0);
        joined.push("/");
        joined.push(below);
        Ok(Self(joined.into()))
    }

    fn fold(path: &Path) -> Result<Self> {
        let bytes = path.as_os_str().as_bytes();
        if bytes.contains(&0) {
            return Err(Error::usage(format!("Path {path:?} contains a NUL byte")));
        }
        if bytes.len() > MAX_BYTES {
            return Err(Error::usage(format!("Path of {} bytes is longer than {MAX_BYTES}", bytes.len())));
        }
        if is_normal(bytes) {
            return Ok(Self(path.to_path_buf()));
        }
        let mut out = PathBuf::new();
        for component in path.components() {
            match component {
                std::path::Component::Normal(name) => out.push(name),
                std::path::Component::CurDir => {}
                std::path::Component::ParentDir if out.pop() => {}
                _ => return Err(outside(path)),
            }
        }
        if out.as_os_str().is_empty() {
            return Err(Error::usage(format!(
                "Path {path:?} names the project root itself, not a file in it"
            ))
            .hint("Name a file below the project root"));
        }
        Ok(Self(out))
    }
}

impl Ord for RelPath {
    /// Orders as a walk of the tree does: what is in a directory stands together, right after it.
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, two) = (self.as_bytes(), other.as_bytes());
        // Paths of one tree begin alike, so most of them is compared a block at a time.
        let blocks = one.as_chunks::<16>().0.iter().zip(two.as_chunks::<16>().0);
        let alike = blocks.take_while(|(a, b)| a == b).count() * 16;
        let differ = one[alike..].iter().zip(&two[alike..]).position(|(a, b)| a != b).map(|at| alike + at);
        // No name holds a NUL, so a slash counts as less than any byte of a name.
        let rank = |b: u8| if b == b'/' { 0 } else { b };
        differ.map_or_else(|| one.len().cmp(&two.len()), |at| rank(one[at]).cmp(&rank(two[at])))
    }
}

impl PartialOrd for RelPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl AsRef<Path> for RelPath {
    fn as_ref(&self) -> &Path {
        self.as_path()
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl Serialize for RelPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.0.to_str() {
            Some(text) => serializer.serialize_str(text),
            None => Stored::Bytes { bytes: hex(self.as_bytes()) }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for RelPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

/// Takes a path as it is read. Nearly all are plain strings; an untagged enum would copy each to look at it twice.
struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = RelPath;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, or {\"bytes\": its hexadecimal bytes}")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> std::result::Result<RelPath, E> {
        RelPath::new(text).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<RelPath, A::Error> {
        use serde::de::Error as _;
        let Hexadecimal { bytes } = Hexadecimal::deserialize(MapAccessDeserializer::new(map))?;
        let bytes = unhex(&bytes).ok_or_else(|| A::Error::custom("\"bytes\" is not hexadecimal"))?;
        RelPath::new(OsStr::from_bytes(&bytes)).map_err(A::Error::custom)
    }
}

#[derive(Deserialize)]
struct Hexadecimal {
    bytes: String,
}

impl JsonSchema for RelPath {
    fn schema_name() -> Cow<'static, str> {
        "Path".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Stored::json_schema(generator)
    }
}

/// A path relative to the project; hexadecimal bytes where it is not UTF-8.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
enum Stored {
    #[expect(dead_code, reason = "it is written from the path's own bytes, and described here")]
    Text(String),
    Bytes {
        bytes: String,
    },
}

/// Tells whether two paths are the same, a block at a time: musl compares them byte by byte.
#[must_use]
pub fn same_bytes(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let ((blocks, rest), (others, other_rest)) = (one.as_chunks::<16>(), other.as_chunks::<16>());
    blocks.iter().zip(others).all(|(a, b)| a == b) && rest.iter().zip(other_rest).all(|(a, b)| a == b)
}

fn last_slash(path: &[u8]) -> Option<usize> {
    path.iter().rposition(|b| *b == b'/')
}

/// Tells whether a path is relative and has nothing to fold.
fn is_normal(path: &[u8]) -> bool {
    !path.is_empty() && path.split(|b| *b == b'/').all(|part| !matches!(part, b"" | b"." | b".."))
}

/// Takes the root off a path that begins with it, byte for byte.
fn below<'a>(root: &Path, typed: &'a Path) -> Option<&'a [u8]> {
    typed.as_os_str().as_bytes().strip_prefix(root.as_os_str().as_bytes())?.strip_prefix(b"/")
}

/// Folds `.` and `..` of an absolute path as text; `..` at the top stays at the top, as the kernel has it.
fn fold_absolute(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            std::path::Component::ParentDir => {
                out.pop();
            }
            std::path::Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

fn outside(path: &Path) -> Error {
    Error::usage(format!("Path {path:?} is outside the project")).hint("name a file below the project root")
}

/// Writes bytes as lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]])
        .map(char::from)
        .collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_ordered_and_taken_apart_as_std_does() {
        let names = [
            "a",
            "a/b",
            "a/b/c",
            "a/b.c",
            "a.b",
            "a-b/c",
            "a/c",
            "ab",
            "b",
            "a/b/scene-00017.md",
            "a/b/scene-0001",
            "a/b/scene-00018.md",
            "a/b/scene-00017.md/x",
            "\u{1}",
            "a/\u{1}",
            "é/ü",
        ];
        for one in names {
            let path = RelPath::new(one).unwrap();
            let std = Path::new(one);
            assert_eq!(Some(path.file_name()), std.file_name(), "{one}");
            assert_eq!(path.parent_path(), std.parent().filter(|p| *p != Path::new("")), "{one}");
            assert_eq!(path.parts().collect::<Vec<_>>(), std.iter().collect::<Vec<_>>(), "{one}");
            for two in names {
                let other = RelPath::new(two).unwrap();
                assert_eq!(path.cmp(&other), std.cmp(Path::new(two)), "{one} and {two}");
                assert_eq!(path.is_within(&other), std.starts_with(two), "{one} in {two}");
            }
            for name in ["x", "", ".", "..", "/x", "x/y", "x//y", "x/../y", "a\0b", "../../.."] {
                let joined = path.join(name).ok();
                assert_eq!(joined, RelPath::new(std.join(name)).ok(), "{one} and {name}");
            }
        }
    }

    #[test]
    fn folds_and_confines() {
        for (typed, expected) in [
            ("acts/a.md", Some("acts/a.md")),
            ("./acts//a.md", Some("acts/a.md")),
            ("acts/../context/b.md", Some("context/b.md")),
            ("/book/acts/a.md", Some("acts/a.md")),
            ("/book/../book/acts/a.md", Some("acts/a.md")),
            ("acts/trailing ", Some("acts/trailing ")),
            ("acts/a.md/", Some("acts/a.md")),
            ("acts/a..md", Some("acts/a..md")),
            ("/book//acts/a.md", Some("acts/a.md")),
            ("/book/./acts/a.md", Some("acts/a.md")),
            ("/book/acts/..", None),
            ("/book/../bookshop/a.md", None),
            ("/book/", None),
            ("..", None),
            ("../other/x", None),
            ("acts/../../x", None),
            ("/etc/passwd", None),
            ("/bookshop/x", None),
            (".", None),
            ("", None),
            ("a\0b", None),
        ] {
            let got = RelPath::resolve(Path::new("/book"), Path::new("/book"), Path::new(typed)).ok();
            assert_eq!(got.as_ref().map(|p| p.as_path().to_str().unwrap()), expected, "{typed:?}");
        }
        assert!(RelPath::new("x".repeat(5000)).is_err());
    }

    #[test]
    fn is_within_goes_by_whole_components() {
        let path = |p: &str| RelPath::new(p).unwrap();
        assert!(path("acts/a").is_within(&path("acts")));
        assert!(path("acts").is_within(&path("acts")));
        assert!(!path("acts2/a").is_within(&path("acts")));
    }

    #[test]
    fn json_keeps_every_byte() {
        for bytes in [b"acts/\xd0\xb3.md".as_slice(), b"acts/\xff\n.md", b"a b"] {
            let path = RelPath::new(Path::new(OsStr::from_bytes(bytes))).unwrap();
            let json = serde_json::to_string(&path).unwrap();
            assert_eq!(serde_json::from_str::<RelPath>(&json).unwrap(), path, "{json}");
        }
        assert!(serde_json::from_str::<RelPath>("\"../x\"").is_err());
        assert!(serde_json::from_str::<RelPath>("\"/x\"").is_err());
    }
}
