//! `redraft intent`: what the prompt hook would decide, for prompts given as JSON lines.
//!
//! In: `{"prompt":…,"files":[…],"last_written":…|null}` a line. Out: `{"verdict","file","reason"}` a line, in order.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::report::{Plain, Report};
use crate::session::intent::{Prompt, judge};
use crate::stdin;

const MAX_BYTES: usize = 64 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_mins(1);

#[derive(Deserialize)]
struct Line {
    prompt: String,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    last_written: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    verdict: &'static str,
    file: Option<&'a str>,
    reason: String,
}

/// Judges every line of standard input.
pub(super) fn intent() -> Result<Report> {
    let input = stdin::read(MAX_BYTES, TIMEOUT)?;
    let mut text = String::new();
    for (number, line) in
        input.split(|b| *b == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty())
    {
        let line: Line = serde_json::from_slice(line).map_err(|e| {
            Error::usage(format!("line {} is not a prompt: {e}", number + 1))
                .hint(r#"each line looks like {"prompt":"again","files":["a.md"],"last_written":"a.md"}"#)
        })?;
        let files: Vec<&str> = line.files.iter().map(String::as_str).collect();
        let prompt = Prompt { text: &line.prompt, files: &files, last_written: line.last_written.as_deref() };
        let intent = judge(&prompt);
        let answer = Answer { verdict: intent.verdict.as_str(), file: intent.file, reason: intent.reason };
        text += &serde_json::to_string(&answer).map_err(|e| Error::usage(e.to_string()))?;
        text.push('\n');
    }
    Ok(Report::Plain(Plain { text }))
}
