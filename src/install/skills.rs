//! The two skills and the record of an installation.
//!
//! A skill file is ours as long as nobody changed it: it equals the embedded text, or the hash that was recorded when
//! an earlier version wrote it. The record lies beside our `session` skill, in a directory that is ours in both scopes;
//! it also keeps what taking out could not know otherwise (which containers, files and directories we made). Without
//! it nothing breaks: our entries are recognised by themselves and empty containers are left standing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::fs::ambient;

/// The marker by which a skill file is recognised as once ours.
const MARKER: &str = "<!-- redraft:skill -->";

/// The layout version of the record; one of another layout is not understood and counts as none.
const SCHEMA: u64 = 1;

/// A skill that the binary carries.
#[derive(Debug)]
pub(crate) struct Skill {
    /// Its name, and its directory's.
    pub(crate) name: &'static str,
    /// Its whole `SKILL.md`.
    pub(crate) text: &'static str,
}

/// Both skills.
pub(crate) const SKILLS: [Skill; 2] = [
    Skill { name: "session", text: include_str!("../../skills/session/SKILL.md") },
    Skill { name: "retry", text: include_str!("../../skills/retry/SKILL.md") },
];

/// What lies where a skill of ours belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing.
    Absent,
    /// The embedded text.
    Current,
    /// The text of another version, as that version wrote it.
    Older,
    /// Ours once, changed by hand since.
    Edited,
    /// Somebody else's.
    Foreign,
}

impl Skill {
    /// Gives the skill's file below a `skills` directory.
    pub(crate) fn file(&self, skills: &Path) -> PathBuf {
        skills.join(self.name).join("SKILL.md")
    }

    /// Tells whose the content of the skill's file is.
    pub(crate) fn judge(&self, content: Option<&[u8]>, record: &Record) -> Found {
        let Some(content) = content else { return Found::Absent };
        let marked = content.windows(MARKER.len()).any(|window| window == MARKER.as_bytes());
        if content == self.text.as_bytes() {
            Found::Current
        } else if record.skills.get(self.name).is_some_and(|hash| *hash == hash_of(content)) {
            Found::Older
        } else if marked {
            Found::Edited
        } else {
            Found::Foreign
        }
    }
}

/// What an installation did, for the next one and for taking it out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    /// The binary's path as written into the settings.
    pub(crate) command: Option<String>,
    /// Containers in the settings that we made, as `hooks` and `hooks.<event>`.
    pub(crate) made: Vec<String>,
    /// We made the settings file.
    pub(crate) made_settings: bool,
    /// We made the project's `.mcp.json`.
    pub(crate) made_mcp: bool,
    /// Directories that we made, relative to the configuration directory ("" is itself).
    pub(crate) made_dirs: Vec<String>,
    /// The hash of each skill file as written.
    pub(crate) skills: BTreeMap<String, String>,
}

impl Record {
    /// Gives the record's file below a `skills` directory.
    pub(crate) fn file(skills: &Path) -> PathBuf {
        skills.join(SKILLS[0].name).join(".redraft-install.json")
    }

    /// Reads a record; one that is missing, of another layout or unreadable counts as none.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = ambient::read_optional(path)?.unwrap_or_default();
        let stored: Stored = serde_json::from_slice(&bytes).unwrap_or_default();
        Ok(if stored.schema == SCHEMA { stored.record } else { Self::default() })
    }

    /// Gives the record as it is stored.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let stored = Stored { schema: SCHEMA, record: self.clone() };
        let mut bytes = serde_json::to_vec_pretty(&stored).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

/// A record with the version of its layout.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Stored {
    schema: u64,
    #[serde(flatten)]
    record: Record,
}

/// Gives the hash that the record keeps of a file.
pub(crate) fn hash_of(content: &[u8]) -> String {
    blake3::hash(content).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skill_file_is_judged_by_its_content() {
        let skill = &SKILLS[0];
        let older = b"an older text <!-- redraft:skill -->";
        let record =
            Record { skills: BTreeMap::from([("session".to_string(), hash_of(older))]), ..Record::default() };
        let cases: [(Option<&[u8]>, Found); 5] = [
            (None, Found::Absent),
            (Some(skill.text.as_bytes()), Found::Current),
            (Some(older), Found::Older),
            (Some(b"mine now <!-- redraft:skill -->"), Found::Edited),
            (Some(b"---\nname: session\n---\n"), Found::Foreign),
        ];
        for (content, expected) in cases {
            assert_eq!(skill.judge(content, &record), expected);
        }
    }

    #[test]
    fn both_skills_carry_the_marker_and_their_name() {
        for skill in &SKILLS {
            assert!(skill.text.contains(MARKER));
            assert!(skill.text.starts_with(&format!("---\nname: {}\n", skill.name)));
        }
    }

    #[test]
    fn no_skill_runs_a_shell_on_what_the_user_typed() {
        for skill in &SKILLS {
            assert!(!skill.text.contains("!`"), "{}", skill.name);
        }
    }
}
