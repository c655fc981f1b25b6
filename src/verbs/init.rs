//! `init`: write redraft.json with what the defaults come to, for a person to change.

use super::Place;
use crate::error::Result;
use crate::fs::Onto;
use crate::project::CONFIG_FILE;
use crate::relpath::RelPath;
use crate::report::{Initialised, Report};

#[inline(never)]
pub(super) fn init(at: &Place<'_>) -> Result<Report> {
    let file = RelPath::new(CONFIG_FILE)?;
    let existed = at.project.dir.stat(&file)?.is_some();
    let tracked = at.project.tracked().globs();
    if !existed {
        let config = serde_json::json!({
            "schema": 1,
            "tracked": tracked,
            "ignored": at.project.tracked().ignored_globs(),
            "workspace": at.project.workspace(),
            "retry": { "auto_detect": true },
        });
        let text = format!("{config:#}\n");
        let temporary = at.project.dir.write_beside(&file, text.as_bytes(), true)?;
        at.project.dir.rename(&temporary, &at.project.dir, &file, Onto::Nothing)?;
    }
    Ok(Report::Initialised(Initialised { config_path: at.shown(&file), existed, tracked }))
}
