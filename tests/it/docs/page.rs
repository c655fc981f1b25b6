//! A Markdown page as far as its tests need it: blocks of code, code in sentences, links.

use std::fs;
use std::path::{Path, PathBuf};

/// One page of the repository.
pub(super) struct Page {
    /// Relative to the package.
    pub(super) file: PathBuf,
    pub(super) text: String,
}

/// A fenced block of code.
pub(super) struct Block<'a> {
    /// What stands after the opening fence ("sh", "json").
    pub(super) kind: &'a str,
    pub(super) lines: Vec<&'a str>,
}

/// Gives the package's directory.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Page {
    pub(super) fn read(file: &str) -> Self {
        Self { file: file.into(), text: fs::read_to_string(root().join(file)).unwrap() }
    }

    /// Reads every page that people or models are given.
    pub(super) fn all() -> Vec<Self> {
        let mut files = vec!["README.md".to_string(), "CHANGELOG.md".into()];
        for (dir, file) in [("references", ""), ("skills", "/SKILL.md")] {
            for entry in fs::read_dir(root().join(dir)).unwrap() {
                files.push(format!("{dir}/{}{file}", entry.unwrap().file_name().display()));
            }
        }
        files.sort();
        let is_page = |file: &&String| Path::new(file).extension().is_some_and(|extension| extension == "md");
        files.iter().filter(is_page).map(|file| Self::read(file)).collect()
    }

    /// Gives the text of one section, from its `## ` heading to the next.
    pub(super) fn section(&self, heading: &str) -> Page {
        let start =
            self.text.find(&format!("## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
        let rest = &self.text[start..];
        let end = rest[3..].find("\n## ").map_or(rest.len(), |end| end + 4);
        Page { file: self.file.clone(), text: rest[..end].to_string() }
    }

    /// Gives the fenced blocks, in order.
    pub(super) fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks: Vec<Block<'_>> = Vec::new();
        let mut inside = false;
        for line in self.text.lines() {
            match (line.trim_start().strip_prefix("```"), inside) {
                (Some(_), true) => inside = false,
                (Some(kind), false) => {
                    inside = true;
                    blocks.push(Block { kind: kind.trim(), lines: Vec::new() });
                }
                (None, true) => blocks.last_mut().unwrap().lines.push(line),
                (None, false) => {}
            }
        }
        blocks
    }

    /// Gives what stands outside of fenced blocks, in pieces that no code span crosses: paragraphs and table rows.
    fn prose(&self) -> Vec<String> {
        let mut pieces = vec![String::new()];
        let mut fenced = false;
        for line in self.text.lines() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            } else if fenced || line.trim().is_empty() || line.starts_with('|') {
                pieces.push(if fenced { String::new() } else { line.to_string() });
                pieces.push(String::new());
            } else if let Some(piece) = pieces.last_mut() {
                piece.push_str(line);
                piece.push('\n');
            }
        }
        pieces
    }

    /// Gives what stands between backticks in sentences and tables.
    pub(super) fn spans(&self) -> Vec<String> {
        let pieces = self.prose();
        let spans = pieces.iter().flat_map(|piece| piece.split('`').skip(1).step_by(2));
        spans.map(|span| span.replace('\n', " ")).collect()
    }

    /// Gives every line that is code by its fence or its indentation, but for data.
    pub(super) fn code_lines(&self) -> Vec<String> {
        let blocks = self.blocks().into_iter().filter(|block| block.kind != "json");
        let mut lines: Vec<String> =
            blocks.flat_map(|block| block.lines).map(|line| line.trim().to_string()).collect();
        let indented = |piece: &String| piece.starts_with("    ");
        for piece in self.prose().iter().filter(|piece| indented(piece)) {
            lines.extend(piece.lines().map(|line| line.trim().to_string()));
        }
        lines
    }

    /// Gives the targets of links, without their fragments; those that lead out of the repository are left out.
    pub(super) fn links(&self) -> Vec<String> {
        let mut targets = Vec::new();
        for piece in self.prose() {
            for link in piece.split("](").skip(1) {
                let target = link.split([')', ' ']).next().unwrap_or_default();
                if !target.contains("://") && !target.starts_with('#') {
                    targets.push(target.split('#').next().unwrap_or_default().to_string());
                }
            }
        }
        targets
    }
}
