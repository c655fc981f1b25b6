//! [`SessionName`]: the only way from text to a session directory.
//!
//! A name is `[A-Za-z0-9][A-Za-z0-9_-]{0,99}`. It is checked here and nowhere else, so that a command, a tool, a hook
//! and a stored pointer all refuse the same names: no `..`, no separator, no option-like or look-alike text.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The longest name, in characters.
pub const MAX_LENGTH: usize = 100;

/// The longest name that is made of free text, in characters.
pub const MAX_MADE: usize = 50;

/// A checked session name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionName(String);

impl SessionName {
    /// Makes a name of free text in any language: transliterated, lower case, at most [`MAX_MADE`] characters.
    #[must_use]
    pub fn made_of(text: &str) -> Self {
        let plain = deunicode::deunicode(text).to_lowercase();
        let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut name = String::new();
        for word in words {
            if name.is_empty() {
                name.extend(word.chars().take(MAX_MADE));
            } else if name.len() + 1 + word.len() <= MAX_MADE {
                name.push('-');
                name.push_str(word);
            } else {
                break;
            }
        }
        Self(if name.is_empty() { "session".into() } else { name })
    }

    /// Checks the name of a session that is to be made; what is refused gets a name that would do.
    pub fn for_new(text: &str) -> Result<Self> {
        Self::checked(text, || format!("For example: redraft start {}", suggestion(text)))
    }

    fn checked(text: &str, next: impl FnOnce() -> String) -> Result<Self> {
        match complaint(text) {
            None => Ok(Self(text.to_string())),
            Some(complaint) => Err(Error::usage(format!("Session name {text:?} {complaint}"))
                .hint("use letters, digits, '-' and '_', a letter or digit first, 100 at most")
                .hint(next())),
        }
    }

    /// Gives the name with a number behind it, not longer than a made one; the first is the name itself.
    #[must_use]
    pub fn counted(&self, nth: usize) -> Self {
        if nth < 2 {
            return self.clone();
        }
        let suffix = format!("-{nth}");
        let stem: String = self.0.chars().take(MAX_MADE - suffix.len()).collect();
        Self(format!("{}{suffix}", stem.trim_end_matches('-')))
    }

    /// Gives the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SessionName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::checked(text, || "Available sessions: redraft list".into())
    }
}

impl TryFrom<String> for SessionName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<SessionName> for String {
    fn from(name: SessionName) -> Self {
        name.0
    }
}

impl AsRef<std::path::Path> for SessionName {
    fn as_ref(&self) -> &std::path::Path {
        std::path::Path::new(&self.0)
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes a name of what was typed, in any script, as far as that is possible.
fn suggestion(text: &str) -> String {
    let plain = deunicode::deunicode(text);
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("-").chars().take(40).collect();
    let name = name.trim_matches(['-', '_']);
    if name.is_empty() { "work-on-chapter-01".into() } else { name.into() }
}

/// Says what is wrong with a name, most telling first.
fn complaint(text: &str) -> Option<String> {
    let Some(first) = text.chars().next() else { return Some("is empty".into()) };
    let count = text.chars().count();
    if count > MAX_LENGTH {
        return Some(format!("has {count} characters; {MAX_LENGTH} are allowed"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if let Some(bad) = text.chars().find(|c| !allowed(*c)) {
        // A look-alike cannot be told from the letter it looks like, but its number can.
        let number =
            if bad.is_ascii() { String::new() } else { format!(" (U+{:04X}, no Latin letter)", bad as u32) };
        return Some(format!("contains {bad:?}{number}"));
    }
    (!first.is_ascii_alphanumeric()).then(|| format!("starts with {first:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_the_contract_allows() {
        for name in ["a", "0", "work-on-chapter-01", "A_b-C", &"x".repeat(100)] {
            assert_eq!(name.parse::<SessionName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_are_made_of_free_text_in_any_language() {
        for (text, name) in [
            ("implement OAuth2 authentication", "implement-oauth2-authentication"),
            ("  Fix: the login/bug!! ", "fix-the-login-bug"),
            ("Переписать финал главы 3", "perepisat-final-glavy-3"),
            ("重写 第三章", "zhong-xie-di-san-zhang"),
            ("Über-Größe", "uber-grosse"),
            ("--rf ../..", "rf"),
            ("💡", "bulb"),
            ("\u{200b}", "session"),
            ("", "session"),
            (
                "one two three four five six seven eight nine ten eleven",
                "one-two-three-four-five-six-seven-eight-nine-ten",
            ),
        ] {
            let made = SessionName::made_of(text);
            assert_eq!(made.as_str(), name, "{text}");
            assert_eq!(name.parse::<SessionName>().unwrap(), made);
        }
        let long = SessionName::made_of(&"x".repeat(80));
        assert_eq!((long.as_str().len(), long.counted(12).as_str().len()), (50, 50));
        assert_eq!(SessionName::made_of("a b").counted(2).as_str(), "a-b-2");
        assert_eq!(SessionName::made_of("a b").counted(1).as_str(), "a-b");
    }

    #[test]
    fn refuses_everything_else_and_says_why() {
        let long = "x".repeat(101);
        for (name, why) in [
            ("", "is empty"),
            (long.as_str(), "101 characters"),
            ("..", "contains '.'"),
            ("a/b", "contains '/'"),
            ("a\\b", "contains '\\\\'"),
            ("-rf", "starts with '-'"),
            ("_x", "starts with '_'"),
            ("a\0b", "contains '\\0'"),
            ("а", "contains 'а' (U+0430, no Latin letter)"),
            ("ｗork", "contains 'ｗ' (U+FF57, no Latin letter)"),
            ("a b", "contains ' '"),
            ("a\n", "contains '\\n'"),
        ] {
            let error = name.parse::<SessionName>().unwrap_err();
            assert!(error.message.contains(why), "{name:?}: {}", error.message);
            assert_eq!(error.kind.exit_code(), 2);
            // What is only looked for is not offered to be made.
            assert!(error.hints.iter().all(|hint| !hint.contains("redraft start")), "{:?}", error.hints);
        }
    }

    #[test]
    fn offers_a_name_that_would_do_for_a_new_session() {
        for (typed, offered) in [
            ("работа", "rabota"),
            ("wоrk-1", "work-1"),
            ("ﬁx", "fix"),
            ("my chapter", "my-chapter"),
            ("-x", "x"),
            ("a/b", "a-b"),
            ("..", "work-on-chapter-01"),
            ("", "work-on-chapter-01"),
        ] {
            let error = SessionName::for_new(typed).unwrap_err();
            assert_eq!(error.hints[1], format!("For example: redraft start {offered}"), "{typed}");
            assert!(SessionName::for_new(offered).is_ok());
        }
    }
}
