//! session.json and session.lock: small records, versioned, replaced whole.
//!
//! Fields that a newer redraft wrote are kept when an older one rewrites the record; a newer *schema* is refused. A
//! record that cannot be read is [`Kind::Corrupt`](crate::error::Kind::Corrupt): its session is CRASHED, never gone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::fs::Dir;
use crate::name::SessionName;
use crate::project::Project;
use crate::relpath::RelPath;

/// The record's name in the session directory.
pub const SESSION_FILE: &str = "session.json";

/// What the store's version is; another one is an error.
pub const SCHEMA: u32 = 1;

const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// session.json
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// [`SCHEMA`]
    pub schema: u32,
    /// The directory's name again.
    pub name: SessionName,
    /// What the session is for.
    #[serde(default)]
    pub description: String,
    /// What kind of work it is.
    #[serde(default = "default_type", rename = "type")]
    pub kind: String,
    /// RFC 3339 UTC.
    pub created_at: String,
    /// Who made it.
    #[serde(default)]
    pub created_by: String,
    /// Words to find it by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Rejected versions, oldest first.
    #[serde(default)]
    pub human_retries: Vec<RetryRecord>,
    /// What a newer redraft keeps here.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The kinds of work that a session may be for, as the seeds name them.
pub const KINDS: [&str; 5] = ["workflow", "review", "tdd", "test", "docs"];

/// One rejected version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryRecord {
    /// Which file.
    pub file: RelPath,
    /// Counted from 1 for each file.
    pub retry_number: u32,
    /// The human's words.
    pub reason: String,
    /// RFC 3339 UTC.
    pub timestamp: String,
    /// Recorded from a prompt, not by a command.
    #[serde(default)]
    pub auto_detected: bool,
    /// The kept copy, relative to the session.
    pub saved: RelPath,
}

/// session.lock: which session is whose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// [`SCHEMA`]
    pub schema: u32,
    /// The session of every caller without a binding.
    pub active: Option<SessionName>,
    /// Claude session id → session.
    #[serde(default)]
    pub bindings: BTreeMap<String, SessionName>,
    /// RFC 3339 UTC.
    #[serde(default)]
    pub updated_at: String,
    /// What a newer redraft keeps here.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl SessionRecord {
    /// Makes the record of a new session.
    pub fn new(name: SessionName, description: String, created_at: String, created_by: String) -> Self {
        Self {
            schema: SCHEMA,
            name,
            description,
            kind: default_type(),
            created_at,
            created_by,
            tags: Vec::new(),
            human_retries: Vec::new(),
            rest: Map::new(),
        }
    }

    /// Reads the record of a session.
    pub fn read(session: &Dir, name: &SessionName) -> Result<Self> {
        let file = RelPath::new(SESSION_FILE)?;
        let path = session.full(&file);
        let bytes = session
            .find(&file, MAX_BYTES)
            .map_err(Error::untrusted)?
            .ok_or_else(|| Error::corrupt(format!("{} is missing", path.display())))?;
        let record: Self = parse(&bytes).map_err(|p| Error::corrupt(format!("{} {p}", path.display())))?;
        if record.name != *name {
            return Err(Error::corrupt(format!(
                "{} is the record of '{}', not of '{name}'",
                path.display(),
                record.name
            )));
        }
        Ok(record)
    }

    /// Writes the record of a session that nobody else knows yet.
    pub fn write_new(&self, session: &Dir) -> Result<()> {
        session.write_new(&RelPath::new(SESSION_FILE)?, &to_json(self)?, false)
    }

    /// Checks that the record is there, whole, of this schema and of this session, without keeping any of it.
    pub fn check(session: &Dir, name: &SessionName) -> Result<()> {
        #[derive(Deserialize)]
        struct Named {
            schema: u32,
            name: SessionName,
        }
        let file = RelPath::new(SESSION_FILE)?;
        let Some(bytes) = session.find(&file, MAX_BYTES).map_err(Error::untrusted)? else {
            return Err(Error::corrupt(format!("{} is missing", session.full(&file).display())));
        };
        match serde_json::from_slice::<Named>(&bytes) {
            Ok(record) if record.schema == SCHEMA && record.name == *name => Ok(()),
            // The whole reading finds the words for what is wrong.
            _ => Self::read(session, name).map(drop),
        }
    }

    /// Replaces the record; a power cut leaves the old one or this one. The caller holds the session lock.
    pub fn write(&self, session: &Dir) -> Result<()> {
        session.write_atomic(&RelPath::new(SESSION_FILE)?, &to_json(self)?, true)
    }
}

impl Pointer {
    /// Reads session.lock; nobody's session is active where there is none.
    pub fn read(project: &Project) -> Result<Self> {
        let file = project.pointer();
        let read = match project.dir.find(&file, MAX_BYTES).map_err(Error::untrusted) {
            Ok(None) => return Ok(Self::empty()),
            Ok(Some(bytes)) => parse(&bytes).map_err(|problem| {
                Error::corrupt(format!("{} {problem}", project.dir.full(&file).display()))
            }),
            Err(error) => Err(error),
        };
        read.map_err(|error| match error.kind {
            Kind::Corrupt => error
                .hint("say which session is active: redraft switch <name>")
                .hint("see them all: redraft list"),
            _ => error,
        })
    }

    /// Tells which session is a window's, reading no more of session.lock than that takes.
    pub fn session_of(project: &Project, window: Option<&str>) -> Result<Option<SessionName>> {
        let quick = match project.dir.find(&project.pointer(), MAX_BYTES) {
            Ok(None) => return Ok(None),
            Ok(Some(bytes)) => serde_json::from_slice::<Quick>(&bytes).ok(),
            Err(_) => None,
        };
        match quick {
            Some(mut quick) if quick.schema == SCHEMA => {
                Ok(window.and_then(|id| quick.bindings.remove(id)).or(quick.active))
            }
            // The whole reading finds the words for what is wrong.
            _ => Ok(Self::read(project)?.of(window)),
        }
    }

    /// Tells which session is a window's.
    pub fn of(mut self, window: Option<&str>) -> Option<SessionName> {
        window.and_then(|id| self.bindings.remove(id)).or(self.active)
    }

    /// Replaces session.lock. The caller holds the pointer lock.
    pub fn write(&self, project: &Project) -> Result<()> {
        project.dir.write_exchanged(&project.pointer(), &to_json(self)?)
    }

    /// Gives the pointer of a project without sessions.
    pub fn empty() -> Self {
        Self {
            schema: SCHEMA,
            active: None,
            bindings: BTreeMap::new(),
            updated_at: String::new(),
            rest: Map::new(),
        }
    }
}

/// session.lock as far as a hook asks.
#[derive(Deserialize)]
struct Quick {
    schema: u32,
    active: Option<SessionName>,
    #[serde(default)]
    bindings: BTreeMap<String, SessionName>,
}

fn default_type() -> String {
    "workflow".into()
}

/// Reads a record after looking at its schema, so that a newer one is named as such.
fn parse<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, String> {
    #[derive(Deserialize)]
    struct Versioned {
        schema: u32,
    }
    let version: Versioned = serde_json::from_slice(bytes).map_err(|e| format!("cannot be read: {e}"))?;
    if version.schema != SCHEMA {
        return Err(format!("has schema {}; this redraft understands {SCHEMA}", version.schema));
    }
    serde_json::from_slice(bytes).map_err(|e| format!("cannot be read: {e}"))
}

fn to_json(record: &impl Serialize) -> Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(record)
        .map_err(|e| Error::new(Kind::Bug, format!("cannot write a record: {e}")))?;
    json.push(b'\n');
    Ok(json)
}
