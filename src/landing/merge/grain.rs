//! [`Grain`]: whether a file merges by lines or by sentences.
//!
//! The name decides where it can; a name that says nothing leaves it to the length of the lines. Wrong either way costs
//! only fineness: a merge by lines puts more into one conflict, a merge by sentences less.

use crate::relpath::RelPath;

/// What is merged whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// A line; edits of neighbouring lines conflict.
    Lines,
    /// A sentence, and outside paragraphs a line.
    Sentences,
}

/// Extensions of prose.
const PROSE: &[&str] = &[
    "adoc", "asc", "asciidoc", "fountain", "latex", "markdown", "md", "mdown", "mdwn", "mdx", "mkd", "org",
    "qmd", "rmd", "rst", "tex", "text", "textile", "txt", "typ", "wiki",
];

/// Extensions of formats whose lines are long and still no prose.
const MACHINE: &[&str] = &[
    "css", "csv", "html", "js", "json", "jsonl", "lock", "map", "mjs", "ndjson", "sql", "svg", "ts", "tsv",
    "xml", "yaml", "yml",
];

/// Names that end like prose and are read by programs.
const READ_BY_PROGRAMS: &[&str] = &["CMakeLists.txt", "constraints.txt", "requirements.txt", "robots.txt"];

/// From this median length on, the lines of an unnamed kind of file are paragraphs.
const LONG_LINE: usize = 160;

/// How much of a file is looked at.
const SAMPLE: usize = 1 << 20;

impl Grain {
    /// Picks the grain for a file, by its name and, where that says nothing, by its content.
    #[must_use]
    pub fn for_path(path: &RelPath, content: &[u8]) -> Self {
        let name = path.file_name().to_string_lossy();
        let extension = path.as_path().extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let is = |list: &[&str]| extension.as_deref().is_some_and(|e| list.contains(&e));
        if READ_BY_PROGRAMS.contains(&name.as_ref()) || is(MACHINE) {
            Self::Lines
        } else if is(PROSE) || has_long_lines(content) {
            Self::Sentences
        } else {
            Self::Lines
        }
    }
}

fn has_long_lines(content: &[u8]) -> bool {
    let sample = &content[..content.len().min(SAMPLE)];
    let mut lengths: Vec<usize> =
        sample.split(|b| *b == b'\n').map(|line| line.trim_ascii().len()).filter(|len| *len > 0).collect();
    if lengths.is_empty() {
        return false;
    }
    let middle = lengths.len() / 2;
    *lengths.select_nth_unstable(middle).1 >= LONG_LINE
}
