//! When a commit ends before anything is written, and what it says then.

use super::settle::{Decided, Settled};
use super::{Options, preview};
use crate::error::{Error, Kind, Result};
use crate::name::SessionName;
use crate::report::{Conflict, FileState};
use crate::session::changes::Change;
use crate::session::layer::Layer;
use crate::session::lifecycle::Inspected;

/// Refuses a commit that would land nothing and keep no retry.
pub(super) fn refuse_nothing(
    inspected: &Inspected<'_>,
    changes: &[&Change],
    options: Options<'_>,
) -> Result<()> {
    let name = &inspected.layer.name;
    if !changes.is_empty() {
        return Ok(());
    }
    if !options.files.is_empty() {
        return Err(Error::refused(format!(
            "Nothing in session '{name}' matches {}",
            options.files.join(", ")
        ))
        .hint(format!("see what it changes: redraft status {name}")));
    }
    if inspected.record.human_retries.is_empty() {
        return Err(Error::refused(format!("No changes to commit in session '{name}'"))
            .hint("keep working: files come into the session when they are written")
            .hint(format!("or end it: redraft cancel {name}")));
    }
    Ok(())
}

/// Refuses to land what is no longer what the person looked at.
pub(super) fn refuse_other_state(layer: &Layer<'_>, changes: &[&Change], options: Options<'_>) -> Result<()> {
    let Some(expected) = options.expect else { return Ok(()) };
    let now = preview::fingerprint(layer, changes)?;
    if now == expected {
        return Ok(());
    }
    Err(Error::new(Kind::Conflict, format!("Session '{}' is no longer what the preview showed", layer.name))
        .detail(format!("expected fingerprint {expected}, found {now}"))
        .hint(format!("look again: redraft commit {}", layer.name)))
}

/// Ends a commit before anything is written when nobody decided a conflict.
pub(super) fn refuse_conflicts(name: &SessionName, decided: &[Decided<'_>]) -> Result<()> {
    let conflicts: Vec<Conflict> = conflicts_of(decided).collect();
    // Markers are for text alone: nobody is told to ask for them in vain.
    let in_text =
        |one: &Decided<'_>| one.state == FileState::Conflict && matches!(one.settled, Settled::Conflict(_));
    let mark = decided.iter().any(in_text);
    if conflicts.is_empty() { Ok(()) } else { Err(conflicted(name, &conflicts, mark)) }
}

/// Lists the conflicts that nobody decided.
pub(super) fn conflicts_of<'a>(decided: &'a [Decided<'_>]) -> impl Iterator<Item = Conflict> + use<'a> {
    decided.iter().filter_map(|one| match &one.settled {
        Settled::Conflict(why) => Some(Conflict { path: one.change.path.clone(), why: why.clone() }),
        _ => None,
    })
}

/// Says which files cannot land and what can be done; between markers only where `mark` says that there is text.
pub(super) fn conflicted(name: &SessionName, conflicts: &[Conflict], mark: bool) -> Error {
    let n = conflicts.len();
    let files = if n == 1 { "1 file".to_string() } else { format!("{n} files") };
    let error =
        Error::new(Kind::Conflict, format!("{files} of session '{name}' cannot land; nothing was written"));
    let listed = conflicts
        .iter()
        .fold(error, |error, conflict| error.detail(format!("{}: {}", conflict.path, conflict.why)))
        .hint(format!("see both sides: redraft diff {name}"));
    let merge = format!("redraft commit {name} --force --on-conflict merge");
    let listed =
        if mark { listed.hint(format!("land both versions between markers: {merge}")) } else { listed };
    listed
        .hint(format!("take the session's: redraft commit {name} --force --ours <glob,…>"))
        .hint(format!("keep the project's: redraft commit {name} --force --theirs <glob,…>"))
}
