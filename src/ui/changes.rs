//! How changed files, their lines and their retries are written, wherever they appear. Lists are always whole.

use crate::report::{Change, Counts, EntryKind, FileRetries, FileState, Lines, Op, RetryNote};
use crate::text::{path, prose, shown, visible};
use crate::ui::page::{columns, count};

/// Beyond this width a path pushes its line counts to the right instead of all of them.
const ALIGN_UP_TO: usize = 60;

/// Writes lines added and removed: `+12 −3`.
pub(super) fn lines(lines: Lines) -> String {
    let mut numbers = [itoa::Buffer::new(), itoa::Buffer::new()];
    let [added, removed] = &mut numbers;
    ["+", added.format(lines.added), " −", removed.format(lines.removed)].concat()
}

/// Writes the changes of one kind, a line each, with their line counts in a column.
pub(super) fn of_op(changes: &[Change], op: Op) -> impl Iterator<Item = String> {
    let of_op = || changes.iter().filter(move |change| change.op == op);
    // None but the row that is asked for is kept: ten thousand of them would lie on fresh pages.
    let column = column(of_op().filter(|change| is_remarkable(change)).map(|change| shown(&change.path)));
    of_op().map(move |change| row(&shown(&change.path), &remarks(change), column))
}

/// Puts what is said about each name in one column.
pub(super) fn aligned(rows: &[(String, String)]) -> Vec<String> {
    let column = column(rows.iter().filter(|(_, remark)| !remark.is_empty()).map(|(name, _)| name));
    rows.iter().map(|(name, remark)| row(name, remark, column)).collect()
}

/// Gives the column up to which the names reach that something is said about.
fn column(names: impl Iterator<Item = impl AsRef<str>>) -> usize {
    names.map(|name| columns(name.as_ref())).filter(|width| *width <= ALIGN_UP_TO).max().unwrap_or(0)
}

fn row(name: &str, remark: &str, column: usize) -> String {
    if remark.is_empty() {
        return name.to_string();
    }
    let gap = column.saturating_sub(columns(name)) + 2;
    let mut row = String::with_capacity(name.len() + gap + remark.len());
    row.push_str(name);
    row.extend(std::iter::repeat_n(' ', gap));
    row.push_str(remark);
    row
}

/// Adds up the lines of all counted changes.
pub(super) fn total_lines<'a>(all: impl IntoIterator<Item = &'a Option<Lines>>) -> Lines {
    all.into_iter().flatten().fold(Lines::default(), |sum, lines| Lines {
        added: sum.added + lines.added,
        removed: sum.removed + lines.removed,
    })
}

/// Writes the three counts of the seeds, as label and number.
pub(super) fn counted(counts: Counts) -> [(&'static str, Op, usize); 3] {
    [
        ("Modified", Op::Modified, counts.modified),
        ("Created", Op::Created, counts.created),
        ("Deleted", Op::Deleted, counts.deleted),
    ]
}

/// Counts the retries of all files.
pub(super) fn n_retries(files: &[FileRetries]) -> usize {
    files.iter().map(|file| file.retries.len()).sum()
}

/// Writes one retry: `Retry 1: "Too much exposition"`.
pub(super) fn retry(note: &RetryNote) -> String {
    let source = if note.auto_detected { " (AI detected)" } else { "" };
    format!("Retry {}: \"{}\"{source}", note.number, prose(&note.reason))
}

/// Writes the head of a file's retries: `acts/scene-0101.md: 2 retries`.
pub(super) fn retries_of(file: &FileRetries) -> String {
    format!("{}: {}", path(&file.file), count(file.retries.len(), "retry"))
}

/// Tells whether there is more to say about a change than how many lines it is.
fn is_special(change: &Change) -> bool {
    let is_plain = change.kind == EntryKind::File && !change.binary && change.mode.is_none();
    !is_plain || change.state != FileState::Clean || change.drifted
}

fn is_remarkable(change: &Change) -> bool {
    change.lines.is_some() || is_special(change)
}

fn remarks(change: &Change) -> String {
    let counted = change.lines.map(lines).unwrap_or_default();
    if !is_special(change) {
        return counted;
    }
    let mut remarks: Vec<String> = Some(counted).filter(|counted| !counted.is_empty()).into_iter().collect();
    match change.kind {
        EntryKind::File => {}
        EntryKind::Symlink => remarks.push("(symlink)".into()),
        EntryKind::Directory => remarks.push("(directory)".into()),
    }
    if change.binary {
        remarks.push("(binary)".into());
    }
    remarks.extend(change.mode.as_ref().map(mode));
    match change.state {
        FileState::Merged => remarks.push("(merged with the project's changes)".into()),
        FileState::Clean if !change.drifted => {}
        _ => remarks.push("(project changed too)".into()),
    }
    remarks.join(" ")
}

/// Writes what became of a file's permission bits.
pub(super) fn mode((from, to): &(String, String)) -> String {
    format!("(mode {} → {})", visible(from), visible(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_by_width_and_long_names_stand_out_alone() {
        let long = "a".repeat(61);
        let row = |name: &str, remark: &str| (name.to_string(), remark.to_string());
        assert_eq!(
            aligned(&[
                row("a.md", "+1 −0"),
                row("章.md", "+2 −0"),
                row("no remark at all", ""),
                row(&long, "x")
            ]),
            ["a.md   +1 −0", "章.md  +2 −0", "no remark at all", &format!("{long}  x")]
        );
    }
}
