//! [`RelPath`]: the only way from text to a file of the project or of a session's layer.
//!
//! Project-relative bytes, normalised, never empty, never absolute, without `.`/`..` components: joining one to a
//! root cannot escape it *as text*. That the disk agrees (no symbolic link on the way) is `fs`'s part. Names are kept
//! as bytes, so non-UTF-8 names work; in JSON such a name is `{"bytes":"<hex>"}`, any other a plain string.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};

/// The longest path, in bytes: what the kernel takes.
pub const MAX_BYTES: usize = 4095;

/// A normalised path below the project root.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(PathBuf);

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
        self.0.file_name().unwrap_or_default()
    }

    /// Gives the directory above, unless this is at the top.
    #[must_use]
    pub fn parent(&self) -> Option<RelPath> {
        self.0.parent().filter(|p| !p.as_os_str().is_empty()).map(|p| Self(p.to_path_buf()))
    }

    /// Gives the first component.
    #[must_use]
    pub fn top(&self) -> &OsStr {
        self.0.iter().next().unwrap_or_default()
    }

    /// Tells whether this path is `other` or below it, by whole components.
    #[must_use]
    pub fn is_within(&self, other: &RelPath) -> bool {
        self.0.starts_with(&other.0)
    }

    /// Appends one file name.
    pub fn join(&self, name: &OsStr) -> Result<Self> {
        Self::fold(&self.0.join(name))
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
                "path {path:?} names the project root itself, not a file in it"
            )));
        }
        Ok(Self(out))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string_lossy();
        if text.chars().any(char::is_control) { write!(f, "{text:?}") } else { f.write_str(&text) }
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
        let bytes = match Stored::deserialize(deserializer)? {
            Stored::Text(text) => text.into_bytes(),
            Stored::Bytes { bytes } => {
                unhex(&bytes).ok_or_else(|| serde::de::Error::custom("\"bytes\" is not hexadecimal"))?
            }
        };
        Self::new(Path::new(OsStr::from_bytes(&bytes))).map_err(serde::de::Error::custom)
    }
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
#[derive(JsonSchema, Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Text(String),
    Bytes { bytes: String },
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
