//! Resources: the active session's status, its diff, and each version that the human rejected, with the reason.
//!
//! A resource's text is what the command of the same name prints. A retry's address holds its number and its file's path,
//! percent-encoded byte by byte, so that every name can be addressed.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rmcp::model::{Resource, ResourceContents, ResourceTemplate};

use crate::error::{Error, Result};
use crate::relpath::RelPath;
use crate::report::{Report, RetryNote, Status};
use crate::session::layer::Layer;
use crate::ui::{self, Style, Voice};
use crate::verbs::{self, Command, Desk, Diff};

/// The active session's status.
pub(super) const STATUS: &str = "redraft://session/status";

/// What the active session changes.
pub(super) const DIFF: &str = "redraft://session/diff";

/// What a retry's address begins with.
const RETRIES: &str = "redraft://session/retries/";

/// Kept versions larger than this are not sent.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Lists what can be read now.
pub(super) fn list(desk: &Desk) -> Result<Vec<Resource>> {
    let mut resources = vec![
        Resource::new(STATUS, "session-status")
            .with_title("Session status")
            .with_description(
                "The active session: changed files, drifted files, retries with their reasons, paths",
            )
            .with_mime_type("text/plain"),
    ];
    let Some(status) = active(desk)? else { return Ok(resources) };
    resources.push(
        Resource::new(DIFF, "session-diff")
            .with_title(format!("What {} changes", status.session))
            .with_description("The active session against the project, as patch reads it")
            .with_mime_type("text/x-diff"),
    );
    for (file, note) in notes(&status) {
        let name = format!("retry-{}-{}", note.number, file.as_path().display());
        resources.push(
            Resource::new(address(file, note.number), name)
                .with_title(format!("Retry {} of {file}", note.number))
                .with_description(format!("The version that was rejected: {}", note.reason)),
        );
    }
    Ok(resources)
}

/// Describes how a retry is addressed.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new(format!("{RETRIES}{{number}}/{{file}}"), "retry")
            .with_title("A rejected version")
            .with_description("Version <number> of <file> that the human rejected, with the reason"),
    ]
}

/// Reads a resource; `None` when there is none of that address.
pub(super) fn read(desk: &Desk, uri: &str) -> Result<Option<Vec<ResourceContents>>> {
    let style = Style::plain(Voice::Cli, &desk.env);
    let text = |report: &Report, mime: &str| {
        Some(vec![ResourceContents::text(ui::text(report, &style), uri).with_mime_type(mime)])
    };
    if uri == STATUS {
        return verbs::run(desk, &Command::Status { name: None }).map(|report| text(&report, "text/plain"));
    }
    let Some(status) = active(desk)? else { return Ok(None) };
    if uri == DIFF {
        let report = verbs::run(desk, &Command::Diff(Diff::default()))?;
        return Ok(text(&report, "text/x-diff"));
    }
    let Some((number, file)) = addressed(uri) else { return Ok(None) };
    let found = notes(&status).find(|(path, note)| note.number == number && **path == file);
    found.map(|(_, note)| retry(desk, &status, note, uri)).transpose()
}

/// Gives the reason, and then the version that was kept.
fn retry(desk: &Desk, status: &Status, note: &RetryNote, uri: &str) -> Result<Vec<ResourceContents>> {
    let project = desk.project()?;
    let kept = Layer::open(&project, &status.session)?.dir.read(&note.saved, MAX_BYTES)?;
    let reason = format!("Reason: {}\nRecorded: {}\n", note.reason, note.at);
    let version = match String::from_utf8(kept) {
        Ok(text) => ResourceContents::text(text, uri),
        Err(error) => ResourceContents::blob(BASE64_STANDARD.encode(error.as_bytes()), uri),
    };
    Ok(vec![ResourceContents::text(reason, format!("{uri}#reason")), version])
}

fn active(desk: &Desk) -> Result<Option<Status>> {
    match verbs::run(desk, &Command::Status { name: None })? {
        Report::Status(status) => Ok(Some(*status)),
        Report::NoSession(_) => Ok(None),
        other => Err(Error::new(crate::error::Kind::Bug, format!("status answered with {other:?}"))),
    }
}

fn notes(status: &Status) -> impl Iterator<Item = (&RelPath, &RetryNote)> {
    status.retries.iter().flat_map(|file| file.retries.iter().map(|note| (&file.file, note)))
}

fn address(file: &RelPath, number: u32) -> String {
    let mut uri = format!("{RETRIES}{number}/");
    for byte in file.as_path().as_os_str().as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(*byte));
            }
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

/// Reads an address as [`address`] writes it.
fn addressed(uri: &str) -> Option<(u32, RelPath)> {
    let (number, encoded) = uri.strip_prefix(RETRIES)?.split_once('/')?;
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let [first, others @ ..] = rest {
        rest = others;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = others.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = after;
    }
    Some((number.parse().ok()?, RelPath::new(OsStr::from_bytes(&bytes)).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_can_be_addressed() {
        for name in [&b"acts/a.md"[..], b"acts/a b%.md", "acts/гл 1.md".as_bytes(), b"acts/\xff\n.md"] {
            let path = RelPath::new(OsStr::from_bytes(name)).unwrap();
            let uri = address(&path, 3);
            assert!(uri.is_ascii() && !uri.contains([' ', '\n']), "{uri}");
            assert_eq!(addressed(&uri), Some((3, path)));
        }
        for uri in
            [STATUS, "redraft://session/retries/1/../../x", "redraft://session/retries/1/%2", "file:///x"]
        {
            assert_eq!(addressed(uri), None, "{uri}");
        }
    }
}
