//! Pure but for looks at the top of the project: which overlays show a session, and what goes past them.
//!
//! Where all that is tracked lies in directories that are there, each has an overlay: session over whiteouts over project.
//! Otherwise (everything is tracked, or a tracked directory does not exist yet) one overlay lies over the project itself,
//! so that what is made at its top is caught too. The kernel takes no lower layer that lies inside another one, and the
//! session lies inside the project: so that overlay has the project alone below it, what the session has at the top is laid
//! into its upper directory, and each directory at the top that the session knows has an overlay of its own.
//!
//! What a command costs depends on the names at the top of the project and of the session, not on what is below them.

use std::ffi::OsString;
use std::path::PathBuf;

use super::upper::{Mounted, View};
use crate::error::Result;
use crate::fs::FileKind;
use crate::fs::overlay::Overlay;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::session::layer::{self, Layer, Place};
use crate::session::retry;

/// What is shown past the overlay over a whole project, where it is not tracked: a program may live for long with what is
/// in there, lock it, and change it in place. Such a directory cannot itself be removed while a command shows it, so others,
/// which builds remove and make again, are not among them: what is written there arrives when the command ends.
const PAST: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".jj",
    "node_modules",
    "bower_components",
    "target",
    ".venv",
    "venv",
    ".tox",
    ".gradle",
];

/// The overlays of a view, outermost first.
#[derive(Debug, Default)]
pub struct Shape {
    mounts: Vec<Mount>,
    /// Directories at the top that are shown as they are, past the overlay over the project.
    pub past: Vec<RelPath>,
    /// What the session has at the top, for the upper directory of the overlay over the project.
    top: Vec<(RelPath, Top)>,
    /// The names for which the session's folder has a link.
    pub links: Vec<RelPath>,
    /// Directories of the session's folder that stay what they are.
    pub scratch: Vec<RelPath>,
}

#[derive(Debug)]
struct Mount {
    at: Option<RelPath>,
    lowers: Vec<RelPath>,
}

#[derive(Debug)]
enum Top {
    File,
    Link,
    Directory,
    Whiteout,
}

impl Shape {
    /// Looks what the view of a session needs.
    pub fn of(project: &Project, layer: &Layer<'_>) -> Result<Self> {
        let mut shape = Self::default();
        if let Some(roots) = project.tracked().roots()
            && let Some(roots) = Self::standing(project, Some(layer), roots)?
        {
            for root in roots {
                shape.add(layer, root)?;
            }
        } else {
            shape.mounts.push(Mount { at: None, lowers: Vec::new() });
            let names = project.dir.names()?;
            shape.find_past(project, &names)?;
            shape.look_at_top(layer)?;
            shape.find_links(&names)?;
        }
        shape.furnish_folder(layer)
    }

    /// Gives the outermost of these directories, if every one is a directory of the project and, where a session is to be
    /// seen from the beginning, of the merged view.
    fn standing(
        project: &Project,
        layer: Option<&Layer<'_>>,
        mut roots: Vec<RelPath>,
    ) -> Result<Option<Vec<RelPath>>> {
        roots.sort();
        let mut outer: Vec<RelPath> = Vec::new();
        for root in roots {
            let in_project = project.dir.stat(&root)?.is_some_and(|stat| stat.is_dir());
            let seen = match layer.map(|layer| layer.resolve(&root)).transpose()? {
                None => true,
                Some(place) => {
                    matches!(place, Place::Session(stat) | Place::Project(stat) if stat.is_dir())
                }
            };
            if !in_project || !seen {
                return Ok(None);
            }
            if !outer.last().is_some_and(|last| root.is_within(last)) {
                outer.push(root);
            }
        }
        Ok(Some(outer))
    }

    /// Adds the overlay over a directory: session, whiteouts, and the project where the session did not delete it.
    fn add(&mut self, layer: &Layer<'_>, at: RelPath) -> Result<()> {
        let session = layer.project.session(&layer.name);
        let mut lowers = Vec::new();
        let mark = layer::whiteout(&at)?;
        for (dir, below) in [(session.join(&at)?, &at), (session.join(&mark)?, &mark)] {
            if layer.dir.stat(below)?.is_some_and(|stat| stat.is_dir()) {
                lowers.push(dir);
            }
        }
        if !layer.is_whited_out(&at)? && layer.project.dir.stat(&at)?.is_some_and(|stat| stat.is_dir()) {
            lowers.push(at.clone());
        }
        self.mounts.push(Mount { at: Some(at), lowers });
        Ok(())
    }

    /// Looks what the view of a whole program needs: the project alone lies below what it writes, for sessions come and go
    /// under it. What the session says is written into it ([`super::live::fill`]).
    pub fn for_program(project: &Project, layer: &Layer<'_>) -> Result<Self> {
        let mut shape = Self::default();
        if let Some(roots) = project.tracked().roots()
            && let Some(roots) = Self::standing(project, None, roots)?
        {
            shape.mounts =
                roots.into_iter().map(|at| Mount { lowers: vec![at.clone()], at: Some(at) }).collect();
        } else {
            shape.mounts.push(Mount { at: None, lowers: Vec::new() });
            let names = project.dir.names()?;
            shape.find_past(project, &names)?;
            shape.find_links(&names)?;
        }
        shape.furnish_folder(layer)
    }

    /// Finds what is shown past the overlay over the project.
    fn find_past(&mut self, project: &Project, names: &[OsString]) -> Result<()> {
        for name in names {
            let path = RelPath::new(name)?;
            let is_dir = project.dir.stat(&path)?.is_some_and(|stat| stat.is_dir());
            let tracked = project.tracked().may_contain_below(&path) && layer::check_landable(&path).is_ok();
            let known = PAST.iter().any(|known| name == known) || path == *project.workspace();
            if is_dir && !tracked && known {
                self.past.push(path);
            }
        }
        Ok(())
    }

    fn look_at_top(&mut self, layer: &Layer<'_>) -> Result<()> {
        let marks = match layer.dir.find_dir(&RelPath::new(layer::WHITEOUTS)?)? {
            Some(marks) => marks.into_names()?,
            None => Vec::new(),
        };
        let mut names: Vec<OsString> = layer.dir.names()?;
        names.extend(marks);
        names.sort_unstable();
        names.dedup();
        for name in names {
            let path = RelPath::new(&name)?;
            if layer::check_landable(&path).is_ok() {
                self.look_at(layer, path)?;
            }
        }
        Ok(())
    }

    /// Adds one name that the session has, or has a whiteout for, at the top.
    fn look_at(&mut self, layer: &Layer<'_>, path: RelPath) -> Result<()> {
        let in_project = layer.project.dir.stat(&path)?;
        match layer.resolve(&path)? {
            Place::Session(stat) if stat.kind == FileKind::File => self.top.push((path, Top::File)),
            Place::Session(stat) if stat.kind == FileKind::Symlink => self.top.push((path, Top::Link)),
            Place::Session(stat) | Place::Project(stat) if stat.is_dir() => {
                if !in_project.is_some_and(|stat| stat.is_dir()) {
                    self.top.push((path.clone(), Top::Directory));
                }
                self.add(layer, path)?;
            }
            Place::Deleted if in_project.is_some() => self.top.push((path, Top::Whiteout)),
            _ => {}
        }
        Ok(())
    }

    /// Says what is mounted where, for the view's record.
    pub fn mounted(&self) -> Vec<Mounted> {
        self.mounts.iter().map(|mount| Mounted { at: mount.at.clone() }).collect()
    }

    /// Lists what is laid into the first upper directory, for the view's record.
    pub fn laid(&self) -> Vec<RelPath> {
        let files = self.top.iter().filter(|(_, top)| matches!(top, Top::File | Top::Link));
        files.map(|(path, _)| path.clone()).collect()
    }

    /// Lays what the session has at the top into the upper directory of the overlay over the project.
    pub fn lay_out(&self, layer: &Layer<'_>, view: &View) -> Result<()> {
        let project = layer.project;
        for (path, top) in &self.top {
            let place = view.upper(0)?.join(path)?;
            match top {
                Top::File => layer.copy_to(path, &place)?,
                Top::Link => project.dir.symlink(&layer.dir.read_link(path)?, &place)?,
                Top::Directory => project.dir.make_dir(&place).map(drop)?,
                Top::Whiteout => project.dir.put_whiteout(&place)?,
            }
        }
        // Inside the view the session's folder holds links: its files open there, and no search finds them twice.
        let links = view.make_links()?;
        for link in &self.links {
            links.symlink(&project.dir.full(link), link)?;
        }
        for scratch in &self.scratch {
            links.make_dir(scratch)?;
        }
        Ok(())
    }

    /// Finds the names at the project's top that the overlay over it shows.
    fn find_links(&mut self, names: &[OsString]) -> Result<()> {
        for name in names {
            let path = RelPath::new(name)?;
            if layer::check_landable(&path).is_ok() && !self.past.contains(&path) {
                self.links.push(path);
            }
        }
        Ok(())
    }

    /// Says what stands in the session's folder: a link for each name at the top, and what stays what it is.
    fn furnish_folder(mut self, layer: &Layer<'_>) -> Result<Self> {
        let of_mounts = self.mounts.iter().filter_map(|mount| mount.at.as_ref());
        for path in of_mounts.chain(self.top.iter().map(|(path, _)| path)) {
            self.links.push(RelPath::new(path.top())?);
        }
        self.links.sort();
        self.links.dedup();
        for name in ["artifacts", retry::DIR] {
            let own = RelPath::new(name)?;
            if layer.dir.stat(&own)?.is_some_and(|stat| stat.is_dir()) {
                self.scratch.push(own);
            }
        }
        Ok(self)
    }

    /// Tells whether nothing of the session is laid into an upper directory.
    pub fn lays_nothing(&self) -> bool {
        self.top.is_empty()
    }

    /// Gives the overlays for the kernel. Lower layers are relative to the project, which must be the working directory.
    pub fn overlays(&self, project: &Project, view: &View) -> Result<Vec<Overlay>> {
        let empty = view.dir.join("empty")?;
        let mut overlays = Vec::new();
        for (nth, mount) in self.mounts.iter().enumerate() {
            let lowers: Vec<PathBuf> = match (&mount.at, mount.lowers.as_slice()) {
                (None, _) => vec![PathBuf::from(".")],
                (Some(_), []) => {
                    project.dir.make_dir(&empty)?;
                    vec![empty.as_path().to_path_buf()]
                }
                (Some(_), lowers) => lowers.iter().map(|lower| lower.as_path().to_path_buf()).collect(),
            };
            overlays.push(Overlay {
                at: mount.at.as_ref().map_or_else(|| project.root.clone(), |at| project.dir.full(at)),
                lowers,
                upper: view.upper(nth)?.as_path().to_path_buf(),
                work: view.work(nth)?.as_path().to_path_buf(),
            });
        }
        Ok(overlays)
    }
}
