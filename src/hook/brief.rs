//! What the hook says: every sentence that a model or a person reads of it.
//!
//! Session paths are the vocabulary: a text that concerns a file names the path to use next, whole. Everything is
//! bounded, and what people typed (descriptions, reasons, names) is put on one line and cut before it is repeated.
//!
//! What hooks say with every step of a client is put together without std's formatting, whose code and tables a process would
//! look at for nothing else.

use std::fmt::Write as _;
use std::path::Path;

use super::policy::Why;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::name::SessionName;
use crate::relpath::RelPath;
use crate::report::Handover;
use crate::session::brief as session;
use crate::session::notes::{Notes, Thing};
use crate::store::notebook::{Kind, Status};
use crate::view::means::Means;

/// The most that a brief says, in bytes.
pub const MAX_BRIEF: usize = 2048;

/// The most that a hand-over adds to it, in bytes.
const MAX_HANDOVER: usize = 4096;

/// Gives a path as text for a tool's arguments; a name that JSON cannot carry is an error.
pub fn as_text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| {
        Error::refused(format!("{} is not UTF-8, and a tool call cannot carry such a name", path.display()))
            .hint("work on it in the session by a command: redraft run -- <command>")
    })
}

/// Puts text of people on one line of at most `limit` characters.
pub fn one_line(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for (n, c) in text.split_whitespace().collect::<Vec<_>>().join(" ").chars().enumerate() {
        if n >= limit {
            out.push('…');
            break;
        }
        let steers = c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        out.push(if steers { '\u{fffd}' } else { c });
    }
    out
}

/// Says, beside a redirected Read, which path to use.
pub fn read_here(own: &SessionName, copy: &str) -> String {
    ["redraft: this is session '", own.as_str(), "''s version. Read and edit it at ", copy].concat()
}

/// Says, beside the first redirected write of a file, which path to use.
pub fn write_here(own: &SessionName, path: &RelPath, copy: &str) -> String {
    let parts = [
        "redraft: ",
        &path.shown(),
        " belongs to session '",
        own.as_str(),
        "', so this call goes to its copy there. From now on use ",
        copy,
        " to read and edit it. The project's own file stays as it is until the session is committed.",
    ];
    parts.concat()
}

/// Says, after the first write addressed to the session's copy, what that means.
pub fn written(own: &SessionName, path: &RelPath, copy: &str) -> String {
    format!(
        "redraft: {path} is changed in session '{own}' only, at {copy}; go on using that path. The project's own file \
         stays as it is until the session is committed."
    )
}

/// Says that a write passed the session by.
pub fn written_past(own: &SessionName, path: &RelPath, copy: &str) -> String {
    format!(
        "redraft: warning: {path} was written in the project itself, not in session '{own}'. Use {copy} for this file, \
         and tell the user."
    )
}

/// Says why a call is refused.
pub fn refused(why: Why, own: Option<&SessionName>, subject: &str, other: &str) -> String {
    let own = own.map_or("", SessionName::as_str);
    match why {
        Why::State => format!(
            "redraft: {subject} is redraft's own record, which only its commands change. See the session: redraft status"
        ),
        Why::Kept => format!(
            "redraft: {subject} is a kept earlier version: it can be read but not changed. Copy what you need into the \
             session's own file."
        ),
        Why::LedAway => format!(
            "redraft: {subject} is isolated by session '{own}', but a symbolic link leads it to {other}, which is not. \
             Name the real file if you mean that one, or replace the link."
        ),
        Why::Ambiguous => format!(
            "redraft: {subject} names two files, because of a symbolic link before '..'; as text it is {other}. Name \
             the one you mean without '..'."
        ),
        Why::Reserved => format!("redraft: {subject} cannot be isolated by session '{own}': {other}"),
        Why::Stray => format!(
            "redraft: {subject} is not a file that sessions isolate, so it has no place in session '{own}'. Use the \
             project's own path, or put scratch files under {other}"
        ),
        Why::Foreign => format!(
            "redraft: this file belongs to session '{subject}', and session '{own}' is active. To work in that one, the \
             user types: /session switch {subject}"
        ),
        Why::Deleted => format!(
            "redraft: {subject} is deleted in session '{own}'. To have it again, Write it anew (whole) at {other}; the \
             project's version is still in the project and comes back when the session is cancelled."
        ),
    }
}

/// Says that a call was refused because something went wrong, and what to do.
pub fn failed(error: &Error) -> String {
    let mut text = format!("redraft: refused, to keep the project safe: {}", explained(error));
    if error.kind == ErrorKind::Busy {
        text.push_str(" Try the same call again in a moment.");
    }
    text
}

/// Says that something went wrong where nothing is refused.
pub fn warned(error: &Error) -> String {
    format!("redraft: warning: {}", explained(error))
}

/// Puts an error with its facts and next steps into one paragraph.
fn explained(error: &Error) -> String {
    let mut text = sentence(&one_line(&error.message, 600));
    for detail in error.details.iter().take(5) {
        text.push(' ');
        text.push_str(&sentence(&one_line(detail, 300)));
    }
    if error.kind != ErrorKind::Busy && !error.hints.is_empty() {
        let hints: Vec<String> = error.hints.iter().take(4).map(|hint| one_line(hint, 200)).collect();
        let _ = write!(text, " Next: {}", hints.join(" · "));
    }
    text
}

fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?', ':']) { text.to_string() } else { format!("{text}.") }
}

/// Lists paths on one line: as many as fit, then how many more. `total` counts all, where that is known.
pub fn listed(paths: &[RelPath], limit: usize, total: Option<usize>) -> String {
    let mut text = String::new();
    let mut shown = 0;
    for path in paths.iter().take(limit) {
        let path = path.to_string();
        if text.len() + path.len() > 900 {
            break;
        }
        if shown > 0 {
            text.push_str(", ");
        }
        text.push_str(&path);
        shown += 1;
    }
    match total {
        Some(total) if total > shown => _ = write!(text, " and {} more", total - shown),
        None => text.push_str(" and more"),
        Some(_) => {}
    }
    text
}

/// Says which files of the session lie where a search looks.
pub fn searched(own: &SessionName, layer: &Path, files: &[RelPath], complete: bool) -> String {
    let named = listed(files, 20, complete.then_some(files.len()));
    format!(
        "redraft: this search sees the project's files. Session '{own}' has its own version of {named}, under {}/ — \
         search there too.",
        layer.display()
    )
}

/// Says what the notebook holds that whoever works in the session needs: what it is to achieve, what stands in the way,
/// what is at work, what was decided last.
pub fn notebook(notes: &Notes) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |title: &str, things: Vec<&Thing>| {
        let said = |thing: &&Thing| format!("{} {}", thing.entry.id, one_line(&thing.entry.text, 100));
        if !things.is_empty() {
            lines.push(format!("{title}: {}", things.iter().map(said).collect::<Vec<_>>().join(" · ")));
        }
    };
    let open = |kind| notes.kind(kind).filter(|thing| thing.is_open()).take(3).collect();
    say("To be achieved", open(Kind::Objective));
    say("In the way", open(Kind::Blocker));
    say("Next", session::next(notes).into_iter().take(3).collect());
    say("Decided", session::last_in(notes, Kind::Decision, &[Status::Recorded]).take(2).collect());
    lines
}

/// Says what commands see and where their writes go; `means` is nothing where the client does not run them through redraft.
pub fn commands(means: Option<&Means>) -> String {
    const INSTEAD: &str = "change isolated files with the file tools, at their session paths";
    match means.map(Means::told) {
        None => format!("Commands run with Bash see and change the project itself, not the session: {INSTEAD}."),
        Some(None) => {
            "Commands run with Bash see the session at the project's own paths, and what they write there is in the session."
                .to_string()
        }
        Some(Some(told)) => format!("Warning: {told}; {INSTEAD}."),
    }
}

/// Says what was kept for this window before it was compacted or ended.
pub fn handed_over(handover: &Handover) -> String {
    let first = "redraft: kept for you before this conversation was compacted or resumed; go on from here.";
    let mut lines = vec![first.to_string()];
    let mut say = |title: &str, text: &str, limit: usize| {
        if !text.trim().is_empty() {
            lines.push(format!("{title}: {}", one_line(text, limit)));
        }
    };
    say("Summary", &handover.summary, 800);
    say("Last action", &handover.last_action, 300);
    for step in handover.next_steps.iter().take(8) {
        say("Next step", step, 200);
    }
    say("To remember", &handover.instructions, 600);
    let files = &handover.required_files;
    if !files.is_empty() {
        say("Read first", &listed(files, 8, Some(files.len())), 900);
    }
    say("The user asked last (answer it if that was not done)", &handover.user_message, 1200);
    cut(lines.join("\n"), MAX_HANDOVER)
}

/// Cuts a text at a character so that it fits.
pub fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        text.truncate(beginning(&text, limit.saturating_sub('…'.len_utf8())).len());
        text.push('…');
    }
    text
}

/// Gives the whole characters in the first `limit` bytes.
pub fn beginning(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_stays_on_one_line() {
        assert_eq!(one_line("a\n\n b\tc \u{1b}[31m\u{202e}x", 50), "a b c \u{fffd}[31m\u{fffd}x");
        assert_eq!(one_line("éééé", 2), "éé…");
        assert_eq!(cut("éé".into(), 4), "éé");
        assert_eq!(cut("ééééé".into(), 8), "éé…");
    }

    #[test]
    fn lists_say_how_many_they_leave_out() {
        let paths: Vec<RelPath> = ["a", "b", "c"].iter().map(|p| RelPath::new(p).unwrap()).collect();
        assert_eq!(listed(&paths, 5, Some(3)), "a, b, c");
        assert_eq!(listed(&paths, 2, Some(3)), "a, b and 1 more");
        assert_eq!(listed(&paths, 5, None), "a, b, c and more");
    }

    #[test]
    fn an_error_is_said_with_its_facts_and_next_steps() {
        let error = Error::corrupt("Session 'x' is CRASHED").detail("cut").hint("redraft recover x");
        assert_eq!(
            failed(&error),
            "redraft: refused, to keep the project safe: Session 'x' is CRASHED. cut. Next: redraft recover x"
        );
        let busy = Error::new(ErrorKind::Busy, "locked").hint("try again: redraft hook");
        assert!(failed(&busy).ends_with("locked. Try the same call again in a moment."));
    }
}
