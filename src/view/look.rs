//! Where nothing keeps a command from writing: which tracked files of the project changed while it ran.
//!
//! A look before and one after, at names and times only, at so many entries at most. Whoever else changed a file meanwhile
//! is found too: what is told is that the project changed, not by whom.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::fs::Stat;
use crate::fs::tree::Step;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::report::Op;

/// The most entries that are looked at: some thirty milliseconds of them.
const MAX_ENTRIES: usize = 20_000;

/// The project's tracked files as they were.
#[derive(Debug, Default)]
pub struct Look {
    files: BTreeMap<RelPath, Stat>,
    /// There were more entries than are looked at.
    pub is_cut: bool,
}

impl Look {
    /// Looks at a project.
    pub fn at(project: &Project) -> Result<Self> {
        let (mut look, mut n_entries) = (Self::default(), 0);
        project.dir.walk(None, &mut |_, path, stat| {
            n_entries += 1;
            look.is_cut |= n_entries > MAX_ENTRIES;
            if look.is_cut {
                return Ok(Step::Over);
            }
            if stat.is_dir() {
                let below = project.tracked().may_contain_below(path);
                return Ok(if below { Step::Into } else { Step::Over });
            }
            if project.is_tracked(path) {
                look.files.insert(path.clone(), *stat);
            }
            Ok(Step::Over)
        })?;
        Ok(look)
    }

    /// Lists what is different in a later look. Where one of the two was cut, nothing is said to be made or gone.
    pub fn changed_in(&self, later: &Self) -> Vec<(RelPath, Op)> {
        let whole = !self.is_cut && !later.is_cut;
        let mut changed = Vec::new();
        for (path, now) in &later.files {
            match self.files.get(path) {
                Some(before) if is_same(before, now) => {}
                Some(_) => changed.push((path.clone(), Op::Modified)),
                None if whole => changed.push((path.clone(), Op::Created)),
                None => {}
            }
        }
        let gone = self.files.keys().filter(|path| whole && !later.files.contains_key(*path));
        changed.extend(gone.map(|path| (path.clone(), Op::Deleted)));
        changed.sort_by(|a, b| a.0.cmp(&b.0));
        changed
    }
}

/// Tells whether a file is the same and was not touched: the kernel sets the last of these times at every change.
fn is_same(a: &Stat, b: &Stat) -> bool {
    (a.kind, a.dev, a.ino, a.size, a.mtime, a.ctime) == (b.kind, b.dev, b.ino, b.size, b.mtime, b.ctime)
}
