//! `UserPromptSubmit`: what the person typed may name a file, or reject a version of one.
//!
//! The client attaches a mentioned `@file` itself, from the project, so the model is told where the session's version
//! is. A prompt that surely rejects what was written sets the rejected version aside at once; one that may do so costs
//! the model a sentence. A prompt is never blocked, and what machines send as prompts is passed over.

use super::answer::Answer;
use super::brief;
use super::event::{Event, Kind};
use super::life;
use super::place::{Here, is_isolated};
use super::policy::Seen;
use super::tools::Active;
use crate::env::Env;
use crate::error::Result;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::intent::{self, Intent, Prompt, Verdict};
use crate::session::lifecycle::Caller;
use crate::session::retry;
use crate::view;

/// Mentions of files that are looked at.
const MAX_MENTIONS: usize = 20;

/// Files touched last that a prompt may mean.
const MAX_RECENT: usize = 100;

/// Words of a prompt that are tried as paths.
const MAX_SPELLED: usize = 20;

/// Longer prompts are pasted text; only their beginning is read.
const MAX_READ: usize = 64 * 1024;

/// Answers `UserPromptSubmit`.
pub fn submitted(event: &Event<'_>, env: &Env) -> Result<Answer> {
    let Some(text) = event.prompt.as_deref().filter(|text| is_typed(text, event.source.as_deref())) else {
        return Ok(Answer::Silence);
    };
    let project = Project::discover(env, None)?;
    let caller = Caller { env, option: None, window: event.session_id.as_deref() };
    let Some(active) = Active::find(&project, caller)? else { return Ok(Answer::Silence) };
    let here = Here { project: &project, cwd: &env.cwd, home: env.home.as_deref() };
    let text = brief::beginning(text, MAX_READ);
    let mut said: Vec<String> = life::brief_after_compaction(&active)?.into_iter().collect();
    said.extend(view::take_notices(&project)?);
    // In a view the client has attached the session's own.
    let mentioned_files = if active.is_in_view() { Vec::new() } else { mentions(text) };
    for mention in mentioned_files.into_iter().take(MAX_MENTIONS) {
        said.extend(mentioned(&here, &active, &mention)?.filter(|line| !said.contains(line)));
    }
    if project.config.retry_auto_detect && intent::may_be_retry(text) {
        said.extend(rejected(&here, &active, text, event.prompt_id.as_deref())?);
    }
    Ok(Answer::context(Kind::UserPromptSubmit, (!said.is_empty()).then(|| said.join("\n"))))
}

/// Tells whether a person typed this, and not as a slash command.
fn is_typed(text: &str, source: Option<&str>) -> bool {
    let text = text.trim_start();
    // What the client writes itself begins with a tag of two words: <task-notification>, <local-command-stdout>, …
    let tagged = text.strip_prefix('<').and_then(|rest| rest.split_once('>')).is_some_and(|(tag, _)| {
        tag.contains('-') && tag.len() < 60 && tag.chars().all(|c| c.is_ascii_lowercase() || c == '-')
    });
    !text.is_empty() && !text.starts_with('/') && !tagged && matches!(source, None | Some("user" | "sdk"))
}

/// Finds `@path` and `@"a path"`, each with the readings it may have, likeliest first.
fn mentions(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut before = None;
    for (at, c) in text.char_indices() {
        let begins = before.is_none_or(|b: char| b.is_whitespace() || "([{\"'«“„,;:".contains(b));
        before = Some(c);
        if c != '@' || !begins {
            continue;
        }
        let rest = &text[at + 1..];
        let whole = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split(['"', '\n']).next(),
            None => rest.split(char::is_whitespace).next(),
        };
        let Some(whole) = whole.filter(|whole| !whole.is_empty()) else { continue };
        let mut readings = vec![whole.to_string()];
        for shorter in [without_lines(whole), trimmed(whole), trimmed(without_lines(trimmed(whole)))] {
            if !shorter.is_empty() && !readings.iter().any(|known| known == shorter) {
                readings.push(shorter.to_string());
            }
        }
        found.push(readings);
    }
    found
}

/// Drops `#L3` or `#L3-10`.
fn without_lines(path: &str) -> &str {
    let lines = |part: &str| {
        part.strip_prefix('L').is_some_and(|n| n.chars().all(|c| c.is_ascii_digit() || c == '-' || c == 'L'))
    };
    path.rsplit_once('#').filter(|(_, part)| lines(part)).map_or(path, |(path, _)| path)
}

/// Drops what a sentence puts after a path.
fn trimmed(path: &str) -> &str {
    path.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '"', '\'', '»', '”', '…'])
}

/// Says where the session has a mentioned file.
fn mentioned(here: &Here<'_>, active: &Active<'_>, readings: &[String]) -> Result<Option<String>> {
    let own = &active.layer.name;
    for reading in readings {
        let Some(path) = isolated(here, active, reading) else { continue };
        match active.seen(&path)? {
            Seen::Session if active.layer.is_changed(&path)? => {
                return Ok(Some(format!(
                    "redraft: the copy of {path} attached above is the project's. Session '{own}' has its own version: \
                     read it at {} before you answer.",
                    active.layer.full(&path).display()
                )));
            }
            Seen::Deleted => {
                return Ok(Some(format!(
                    "redraft: {path} is deleted in session '{own}'; the project still has it."
                )));
            }
            Seen::Nowhere => {}
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// Reads a word as an isolated path; what cannot be one is none.
fn isolated(here: &Here<'_>, active: &Active<'_>, word: &str) -> Option<RelPath> {
    let target = here.locate(word, false).ok()?;
    target.project_path(&active.layer.name).filter(|path| is_isolated(here.project, path))
}

/// Sets a rejected version aside when the prompt surely rejects one; asks the model when it may.
fn rejected(
    here: &Here<'_>,
    active: &Active<'_>,
    text: &str,
    prompt: Option<&str>,
) -> Result<Option<String>> {
    let (files, last) = candidates(here, active, text)?;
    let names: Vec<&str> = files.iter().filter_map(|path| path.as_path().to_str()).collect();
    let last_written = last.as_ref().and_then(|path| path.as_path().to_str());
    let judged = intent::judge(&Prompt { text, files: &names, last_written });
    let file = judged.file.and_then(|file| RelPath::new(file).ok());
    match (judged.verdict, file) {
        (Verdict::No, _) => Ok(None),
        (Verdict::Retry, Some(file)) => {
            let first = is_first(active, prompt, &file)?;
            first.then(|| record(active, &file, &judged)).transpose()
        }
        (Verdict::Retry | Verdict::Ask, file) => Ok(Some(ask(file.as_ref()))),
    }
}

/// Gives the files that may be meant, and the one written last.
fn candidates(here: &Here<'_>, active: &Active<'_>, text: &str) -> Result<(Vec<RelPath>, Option<RelPath>)> {
    let last = active.window()?.map(|window| window.last_written()).transpose()?.flatten();
    let words = text.split(|c: char| c.is_whitespace() || "\"'«»“”„`()<>".contains(c));
    let spelled = words
        .map(|word| trimmed(word.trim_start_matches('@')))
        .filter(|word| word.contains(['/', '.']) && word.len() > 2)
        .take(MAX_SPELLED)
        .filter_map(|word| isolated(here, active, word));
    let mut files: Vec<RelPath> = Vec::new();
    for path in last.iter().cloned().chain(spelled).chain(active.layer.ledger()?.recent_paths(MAX_RECENT)?) {
        let there = matches!(active.seen(&path)?, Seen::Session | Seen::Project);
        if there && !files.contains(&path) {
            files.push(path);
        }
    }
    let last = last.filter(|path| files.contains(path));
    Ok((files, last))
}

/// Tells whether this prompt was not taken up yet: installed twice, the hook runs twice.
fn is_first(active: &Active<'_>, prompt: Option<&str>, file: &RelPath) -> Result<bool> {
    match (active.window()?, prompt) {
        (Some(window), Some(id)) => window.first_time(&format!("retry {id}"), file),
        _ => Ok(true),
    }
}

/// Keeps the rejected version and says so.
fn record(active: &Active<'_>, file: &RelPath, judged: &Intent<'_>) -> Result<String> {
    let kept = retry::record(&active.layer, &active.caller, file, &judged.reason, true)?.record;
    if !active.is_in_view() {
        active.prepare(file)?;
    }
    let reason = brief::one_line(&kept.reason, 300);
    let because = if reason.is_empty() { String::new() } else { format!(" (\"{reason}\")") };
    Ok(format!(
        "redraft: recorded retry {} of {file}, because the user rejects the present version{because}. That version is \
         kept at {}. Now redo it at {}; do not record it again.",
        kept.retry_number,
        active.layer.full(&kept.saved).display(),
        active.path_of(file).display(),
    ))
}

/// Lets the model decide.
fn ask(file: Option<&RelPath>) -> String {
    let (named, argument) = match file {
        Some(file) => (file.to_string(), shell_word(&file.to_string())),
        None => ("a file".to_string(), "FILE".to_string()),
    };
    format!(
        "redraft: if the user is rejecting the present version of {named}, keep it before you redo it: redraft retry \
         {argument} \"REASON\" --auto"
    )
}

/// Quotes a word for a shell where it needs it.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./+,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with('-') {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_person_typed_is_read() {
        for (text, source, expected) in [
            ("redo it", None, true),
            ("redo it", Some("user"), true),
            ("redo it", Some("sdk"), true),
            ("redo it", Some("system"), false),
            ("/session status", None, false),
            ("  /retry a b", None, false),
            ("<task-notification>\nx</task-notification>", None, false),
            ("<local-command-stdout>x", None, false),
            ("<b>bold</b> is wrong here", None, true),
            ("<- this is wrong", None, true),
            ("", None, false),
        ] {
            assert_eq!(is_typed(text, source), expected, "{text}");
        }
    }

    #[test]
    fn mentions_are_found_with_their_readings() {
        for (text, expected) in [
            ("see @acts/a.md", &[&["acts/a.md"][..]][..]),
            ("see @acts/a.md, and (@b.md).", &[&["acts/a.md,", "acts/a.md"], &["b.md).", "b.md"]]),
            ("@\"a b.md\" now", &[&["a b.md"]]),
            ("@a.md#L3-10", &[&["a.md#L3-10", "a.md"]]),
            ("@a.md#L3.", &[&["a.md#L3.", "a.md#L3", "a.md"]]),
            ("@a#b.md", &[&["a#b.md"]]),
            ("mail me@example.org", &[]),
            ("@ nothing", &[]),
            ("см. @главы/третья.md!", &[&["главы/третья.md!", "главы/третья.md"]]),
        ] {
            assert_eq!(mentions(text), expected, "{text}");
        }
    }

    #[test]
    fn a_command_for_the_shell_stays_one_word() {
        for (word, expected) in [
            ("acts/a.md", "acts/a.md"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("$(x)", "'$(x)'"),
            ("-rf", "'-rf'"),
            ("глава.md", "глава.md"),
        ] {
            assert_eq!(shell_word(word), expected);
        }
    }
}
