//! Whether a view holds anything that its session does not know, and what was removed of which nothing is left to be found.

use super::shown::{Known, Shown};
use super::upper::View;
use crate::error::Result;
use crate::fs::FileKind;
use crate::fs::tree::Step;
use crate::project::Project;
use crate::relpath::RelPath;

/// Tells whether a view holds anything at all.
pub fn has_anything(view: &View) -> Result<bool> {
    if !view.laid.is_empty() {
        return Ok(true);
    }
    for nth in 0..view.mounts.len() {
        if let Some(upper) = view.open_upper(nth)?
            && !upper.into_names()?.is_empty()
        {
            return Ok(true);
        }
    }
    has_own(view)
}

/// Tells whether something was made in the session's own folder.
fn has_own(view: &View) -> Result<bool> {
    let Some(links) = view.open_links()? else { return Ok(false) };
    for name in links.names()? {
        let name = RelPath::new(&name)?;
        // What was mounted over is as empty as it was made.
        if !view.folder.1.contains(&name)
            && links.stat(&name)?.is_some_and(|stat| stat.kind != FileKind::Symlink)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tells whether a view holds anything that its session did not know when they were last compared.
pub fn has_news(view: &View, shown: &Shown) -> Result<bool> {
    if shown.is_empty() {
        return has_anything(view);
    }
    let (mut news, mut seen) = (false, 0);
    for (nth, mount) in view.mounts.iter().enumerate() {
        let Some(upper) = view.open_upper(nth)? else { continue };
        upper.walk(mount.at.as_ref(), &mut |dir, path, stat| {
            let own = RelPath::new(path.file_name())?;
            let known = shown.get(path);
            seen += usize::from(known.is_some());
            news |= match (stat.kind, known) {
                (FileKind::Directory, known) => {
                    dir.open_dir(&own)?.is_opaque() && !matches!(known, Some(Known::Opaque))
                }
                (FileKind::Whiteout, known) => known != Some(&Known::Whiteout),
                (_, Some(Known::File(file))) => !file.is_still(dir, &own, stat)?,
                _ => true,
            };
            Ok(if news { Step::Over } else { Step::Into })
        })?;
    }
    Ok(news || seen < shown.entries().count() || has_own(view)?)
}

/// Puts a whiteout where the command removed something of which nothing is left to be found: what had been laid out, and
/// what the session knows. Once, for what the fold itself takes away was not removed by the command.
pub fn note_removals(project: &Project, view: &View, shown: &Shown) -> Result<()> {
    let noted = view.removals_noted()?;
    if view.laid.is_empty() && shown.is_empty() || project.dir.stat(&noted)?.is_some() {
        return Ok(());
    }
    for path in &view.laid {
        let place = view.upper(0)?.join(path)?;
        if project.dir.stat(&place)?.is_none() {
            project.dir.put_whiteout(&place)?;
        }
    }
    for (path, known) in shown.entries() {
        let Some((nth, below)) = view.place_of(path)? else { continue };
        let place = view.upper(nth)?.join(&below)?;
        let parent = place.parent().map(|parent| project.dir.stat(&parent)).transpose()?.flatten();
        // Where the directory is gone, too, that is what was removed.
        if matches!(known, Known::File(_) | Known::Directory)
            && project.dir.stat(&place)?.is_none()
            && parent.is_some_and(|parent| parent.is_dir())
        {
            project.dir.put_whiteout(&place)?;
        }
    }
    project.dir.mark(&noted).map(drop)
}
