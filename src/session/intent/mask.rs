//! Tells what in a prompt the person said from what they only pasted, quoted, or never saw.
//!
//! Apart from `text.rs` because it works on raw text, by marks and line beginnings, and knows no words. A prompt a
//! machine made is refused as a whole; inside a person's prompt, system tags, logs and fenced code are gone, while
//! quotations stay, marked.

use super::text::{boundary_before, is_ideograph};

/// Quoted: may name a file, cannot give an order.
pub(super) const QUOTED: u8 = 1;
/// Not the person's: makes no words at all.
pub(super) const GONE: u8 = 2;

/// Whether a machine made the prompt, or it is a typed command.
pub(super) fn is_not_said(prompt: &str) -> bool {
    is_command(prompt) || is_machine_made(prompt)
}

/// `/retry …`, but not `/home/me/a.md is bad`.
fn is_command(prompt: &str) -> bool {
    let Some(rest) = prompt.strip_prefix('/') else { return prompt.starts_with('!') };
    let first = rest.split_whitespace().next().unwrap_or("");
    first.starts_with(|c: char| c.is_alphabetic()) && !first.contains('/') && !first.contains('.')
}

/// Tags only programs write; from one of these to its closing tag nothing is the person's.
#[rustfmt::skip]
const TAGS: &[&str] = &[
    "task-notification", "system-reminder", "local-command", "command-name", "command-message",
    "command-args", "bash-", "user-prompt-submit-hook", "tool_use_error", "function_results", "ide_",
    "post-tool-use-hook", "new-diagnostics", "session-start-hook", "user-memory-input", "persisted-output",
];

#[rustfmt::skip]
const OPENINGS: &[&str] = &[
    "Caveat: The messages below", "[Request interrupted", "This session is being continued from",
    "Stop hook feedback", "PreToolUse", "PostToolUse", "UserPromptSubmit hook", "SessionStart hook",
    "hook feedback", "[hook", "[Image", "API Error", "Your task is to create a detailed summary",
    "Base directory for this skill", "Another Claude session", "[SYSTEM NOTIFICATION", "{\"",
];

fn is_machine_made(prompt: &str) -> bool {
    OPENINGS.iter().any(|opening| prompt.starts_with(opening))
        || prompt.strip_prefix('<').is_some_and(|rest| TAGS.iter().any(|tag| rest.starts_with(tag)))
}

/// One byte per byte of the body: spoken, quoted, or not the person's.
pub(super) fn mask(body: &str) -> Vec<u8> {
    let mut mask = vec![0; body.len()];
    mask_lines(body, &mut mask);
    mask_tags(body, &mut mask);
    mask_quotes(body, &mut mask);
    mask
}

fn mask_lines(body: &str, mask: &mut [u8]) {
    let mut at = 0;
    let mut fenced = false;
    for line in body.split_inclusive('\n') {
        let trimmed = line.trim();
        let fence = trimmed.starts_with("```") || trimmed.starts_with("~~~");
        let kind = if fence || fenced || is_log_line(line.trim_end()) {
            GONE
        } else if trimmed.starts_with("> ") {
            QUOTED
        } else {
            0
        };
        // A fence that opens and closes on one line fences nothing after it.
        if fence && trimmed.len() < 40 && !trimmed[3..].contains("```") {
            fenced = !fenced;
        }
        if kind != 0 {
            mask[at..at + line.len()].fill(kind);
        }
        at += line.len();
    }
}

#[rustfmt::skip]
const LOG_STARTS: &[&str] = &[
    "npm ERR", "npm WARN", "npm error", "npm warn", "npm notice", "yarn error", "error[", "error: ",
    "warning: ", "Error: ", "Warning: ", "WARN ", "WARN:", "WARNING ", "WARNING:", "ERROR ", "ERROR:",
    "INFO ", "INFO:", "DEBUG ", "FATAL ", "FATAL:", "TRACE ", "[ERROR]", "[WARN", "[INFO", "[DEBUG",
    "[error", "[warn", "[info", "Traceback", "File \"", "panicked at", "thread '", "Caused by", "fatal: ",
    "E   ", "FAIL ", "FAILED ", "PASS ", "Exception", "$ ", "% ", "remote: ", "make: ", "make[", "curl: ",
    "ssh: ", "Back-off", "stderr", "stdout", "note: run with", "-->", "--- ", "+++ ", "@@ ", "diff --git",
    "test result:", "HTTP/", "ECONN", "ETIMEDOUT", "Build failed", "FAILURE:", "Compiling ",
    "panic: ", "goroutine ", "level=", "time=", "E1", "W1", "I1", "E0", "W0", "I0", "> npm", "> yarn",
    "git: ", "docker: ", "bash: ", "zsh: ", "sh: ", "kubelet", "systemd[", "ERR!", "pip ", "ERR_",
    "UnhandledPromise", "Uncaught ", "Segmentation", "exit code", "Exit code", "Process exited",
    "Command failed", "Downloading ", "Fetching ",
];

/// Whether a line has the look of a log, a stack trace or a diff.
fn is_log_line(line: &str) -> bool {
    let trimmed = line.trim_start();
    if trimmed.is_empty() {
        return false;
    }
    if LOG_STARTS.iter().any(|start| trimmed.starts_with(start)) {
        // Klog's `E1107 …` is a log, `E1` followed by anything else is not; a cry of "ERROR" alone is not either.
        let short = ["E1", "W1", "I1", "E0", "W0", "I0"].iter().any(|start| trimmed.starts_with(start));
        return !short
            || trimmed.as_bytes().iter().skip(1).take(4).filter(|b| b.is_ascii_digit()).count() == 4;
    }
    has_clock(trimmed.as_bytes())
        || is_of_a_container(trimmed)
        || trimmed.strip_prefix("running ").is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()))
        || is_frame(trimmed)
        || trimmed.split(' ').next().is_some_and(|word| {
            let name = word.trim_end_matches(':');
            word.ends_with(':') && name.is_ascii() && (name.ends_with("Error") || name.ends_with("Exception"))
        })
}

/// `12:00:01` anywhere in the first part of the line.
fn has_clock(line: &[u8]) -> bool {
    line[..line.len().min(48)]
        .windows(8)
        .any(|w| w[2] == b':' && w[5] == b':' && [0, 1, 3, 4, 6, 7].iter().all(|&i| w[i].is_ascii_digit()))
}

/// `web_1  | Waiting for db`: what compose puts before the lines of each container.
fn is_of_a_container(line: &str) -> bool {
    let Some((name, _)) = line.split_once(" | ") else { return false };
    let name = name.trim_end();
    name.contains(['-', '_']) && name.ends_with(|c: char| c.is_ascii_digit()) && !name.contains(' ')
}

/// `at main (app.js:3:1)`, `at a::b`.
fn is_frame(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("at ") else { return false };
    (rest.contains('(') || rest.contains("::") || rest.contains('/'))
        && rest.split(':').skip(1).any(|part| part.starts_with(|c: char| c.is_ascii_digit()))
}

fn mask_tags(body: &str, mask: &mut [u8]) {
    let mut at = 0;
    while let Some(found) = body[at..].find('<') {
        let open = at + found;
        let rest = &body[open + 1..];
        at = open + 1;
        if !TAGS.iter().any(|tag| rest.starts_with(tag)) {
            continue;
        }
        let name_len =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).unwrap_or(rest.len());
        let closing = format!("</{}>", &rest[..name_len]);
        let end = rest.find(&closing).map_or(body.len(), |i| open + 1 + i + closing.len());
        mask[open..end].fill(GONE);
        at = end;
    }
}

/// The longest quotation that is believed to be one, in bytes.
const QUOTE_LIMIT: usize = 600;

fn mask_quotes(body: &str, mask: &mut [u8]) {
    let mut skip_to = 0;
    let mut before = ' ';
    for (i, c) in body.char_indices() {
        if i >= skip_to
            && mask[i] == 0
            && let Some(end) = closing_quote(body, i, c, before)
        {
            mask[i + c.len_utf8()..end].fill(QUOTED);
            skip_to = end + body[end..].chars().next().map_or(0, char::len_utf8);
        }
        before = c;
    }
}

/// Where the quotation that opens at `open` ends, if one opens there.
fn closing_quote(body: &str, open: usize, c: char, before: char) -> Option<usize> {
    let closers: &[char] = match c {
        '"' | '\'' | '`' => &[c],
        '“' => &['”', '"'],
        '„' => &['“', '”', '"'],
        '«' => &['»'],
        '»' => &['«'],
        '‹' => &['›'],
        '‘' => &['’'],
        '‚' => &['‘', '’'],
        '「' => &['」'],
        '『' => &['』'],
        '《' => &['》'],
        _ => return None,
    };
    let from = open + c.len_utf8();
    let next = body[from..].chars().next()?;
    // A straight or reversed mark only opens before a word and after none.
    if matches!(c, '\'' | '"' | '»' | '‘')
        && (before.is_alphanumeric() && !is_ideograph(before) || next.is_whitespace())
    {
        return None;
    }
    let limit = boundary_before(body, from + QUOTE_LIMIT);
    let window = &body[from..limit];
    let mut last = next;
    for (i, q) in window.char_indices() {
        if q == '\n' && c != '`' && window[i + 1..].starts_with('\n') {
            return None;
        }
        if closers.contains(&q) && i > 0 {
            let after = window[i + q.len_utf8()..].chars().next().unwrap_or(' ');
            let apostrophe = matches!(q, '\'' | '’') && (after.is_alphanumeric() || last.is_whitespace());
            if !apostrophe {
                return Some(from + i);
            }
        }
        last = q;
    }
    None
}
