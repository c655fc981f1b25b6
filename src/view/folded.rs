//! What a fold came to, for whoever is to hear of it.

use std::path::PathBuf;

use crate::relpath::RelPath;

/// What a fold came to.
#[derive(Debug, Default)]
pub struct Folded {
    /// Paths that somebody else changed too, and where the other version is.
    pub clashes: Vec<(RelPath, PathBuf)>,
    /// A session had ended, and what was written is in another one: from which to which.
    pub moved: Option<(String, String)>,
}

impl Folded {
    /// Says what somebody should know of it, a line each.
    pub fn lines(&self) -> Vec<String> {
        let clash = |(path, kept): &(RelPath, PathBuf)| {
            format!(
                "redraft: {path} was changed by somebody else while this command ran; the session has this command's version, the other is kept at {}",
                kept.display()
            )
        };
        let mut lines: Vec<String> = self.clashes.iter().map(clash).collect();
        if let Some((ended, name)) = &self.moved {
            lines.push(format!(
                "redraft: session '{ended}' ended while this command ran; what it wrote is in session '{name}': redraft switch {name}"
            ));
        }
        lines
    }
}
