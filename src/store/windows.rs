//! What is remembered about one Claude window (a Claude session id): `.redraft/windows/<id>/`.
//!
//! Small marks: which agents need a Read before a Write, what was written last, what was said once, each a file of its own;
//! and one table with a place for each path that was explained, of which parallel hooks write one place at a time. Losing
//! any of it costs a sentence said twice, never a word of anybody's.

use std::ffi::OsStr;
use std::os::unix::fs::FileExt as _;

use super::lock;
use crate::error::{Error, Result};
use crate::fs::copy::Hash;
use crate::project::Project;
use crate::relpath::RelPath;

const MAX_BYTES: u64 = 64 * 1024;

/// So many `/clear`s of one client are followed.
const MAX_CLEARED: usize = 1000;

/// The table of paths that were explained: in each place the begin of a path's hash, and a line break.
const MENTIONED: &str = "mentioned";

/// How many places it has, and how many bytes each: 64 KB at the most.
const MENTIONS: u64 = 2048;
const MENTION: usize = 32;

/// The memory of one Claude window.
#[derive(Debug)]
pub struct Window<'a> {
    project: &'a Project,
    dir: RelPath,
}

impl<'a> Window<'a> {
    /// Names the memory of a window; an id that is no plain file name is hashed.
    pub fn of(project: &'a Project, id: &str) -> Result<Self> {
        Ok(Self { project, dir: project.private_dir("windows").join(OsStr::new(&file_name(id)))? })
    }

    /// Makes the window's directory, which also says when it was last seen.
    pub fn touch(&self) -> Result<()> {
        self.project.dir.make_dirs(&self.dir).map(drop)
    }

    /// Tells whether this window was told where a path's copy is, and takes it that it is from now on.
    ///
    /// A table with a place for each path, found by its hash, takes a fraction of the time that a file for each one takes. Where
    /// two paths have the same place, a sentence is said twice. Of hooks that ask at once, one is told so.
    pub fn first_mention(&self, path: &RelPath) -> Result<bool> {
        let hash = Hash::of(path.as_bytes());
        let nth = hash.as_bytes()[..8].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)) % MENTIONS;
        let at = nth * MENTION as u64;
        let mut mark = hash.to_hex();
        mark.truncate(MENTION - 1);
        mark.push('\n');
        let (dir, file) = (&self.project.dir, self.file(MENTIONED)?);
        let table = match dir.open_table(&file) {
            Err(error) if error.is_absent() => {
                self.touch()?;
                dir.open_table(&file)?
            }
            other => other?,
        };
        let is_there = || -> Result<bool> {
            let mut there = [0; MENTION];
            let read = table.read_at(&mut there, at).map_err(|e| Error::io("read", &dir.full(&file), &e))?;
            Ok(read == MENTION && there == mark.as_bytes())
        };
        if is_there()? {
            return Ok(false);
        }
        lock::briefly(&table);
        if is_there()? {
            return Ok(false);
        }
        dir.write_at(&table, &file, mark.as_bytes(), at)?;
        Ok(true)
    }

    /// Tells whether this is the first time that something is said about a path; of several who ask, one is told so.
    pub fn first_time(&self, about: &str, path: &RelPath) -> Result<bool> {
        let mut key = about.as_bytes().to_vec();
        key.push(0);
        key.extend_from_slice(path.as_bytes());
        let name = Hash::of(&key).to_hex();
        self.mark(&format!("told/{}", &name[..32]))
    }

    /// Remembers that this agent's model wants a Read before a Write.
    pub fn learn_read_first(&self, agent: Option<&str>) -> Result<bool> {
        self.mark(&read_first(agent))
    }

    /// Tells whether this agent's model wants a Read before a Write.
    pub fn reads_first(&self, agent: Option<&str>) -> Result<bool> {
        let path = self.dir.join(read_first(agent))?;
        Ok(self.project.dir.stat(&path)?.is_some())
    }

    /// Remembers what was written last, and that it was now.
    pub fn wrote(&self, path: &RelPath) -> Result<()> {
        let file = self.file("last-written")?;
        // Most edits are of the file of the edit before; to replace a file by a new one costs many times what a look does.
        if self.last_written()?.as_ref() == Some(path) && self.project.dir.stamp(&file)? {
            return Ok(());
        }
        let write = || self.project.dir.write_atomic(&file, path.as_bytes(), false);
        match write() {
            Err(error) if error.is_absent() => {
                self.touch()?;
                write()
            }
            other => other,
        }
    }

    /// Gives what was written last.
    pub fn last_written(&self) -> Result<Option<RelPath>> {
        let bytes = self.project.dir.find(&self.file("last-written")?, MAX_BYTES)?;
        Ok(bytes
            .and_then(|bytes| RelPath::new(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&bytes)).ok()))
    }

    /// Gives when the window was last seen, in nanoseconds since the epoch; `None` when nothing is remembered.
    pub fn last_seen(&self) -> Result<Option<i64>> {
        Ok(self.project.dir.stat(&self.dir)?.map(|stat| stat.mtime))
    }

    /// Forgets everything about the window.
    pub fn forget(&self) -> Result<()> {
        self.project.dir.remove_tree(&self.dir)
    }

    /// Keeps a small text under a name of ours.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.touch()?;
        self.project.dir.write_atomic(&self.file(name)?, bytes, false)
    }

    /// Forgets what was already explained, as the model has after a compaction.
    pub fn forget_told(&self) -> Result<()> {
        self.project.dir.remove_file(&self.file(MENTIONED)?)?;
        self.project.dir.remove_tree(&self.file("told")?)
    }

    /// Gives a text kept by [`Window::keep`] and forgets it; two callers never both get it.
    pub fn take(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let kept = self.kept(name)?;
        let mine = kept.is_some() && self.project.dir.remove_file(&self.file(name)?)?;
        Ok(kept.filter(|_| mine))
    }

    /// Gives when the last write was remembered, in nanoseconds since the epoch.
    pub fn last_write_at(&self) -> Result<Option<i64>> {
        Ok(self.project.dir.stat(&self.file("last-written")?)?.map(|stat| stat.ctime))
    }

    /// Gives a text kept by [`Window::keep`].
    pub fn kept(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.project.dir.find(&self.file(name)?, MAX_BYTES)
    }

    /// Remembers which window goes on where this one was cleared.
    pub fn succeeded_by(&self, id: &str) -> Result<()> {
        self.keep("successor", id.as_bytes())
    }

    fn mark(&self, name: &str) -> Result<bool> {
        let path = self.file(name)?;
        match self.project.dir.mark(&path) {
            Err(error) if error.is_absent() => {
                if let Some(parent) = path.parent() {
                    self.project.dir.make_dirs(&parent)?;
                }
                self.project.dir.mark(&path)
            }
            other => other,
        }
    }

    fn file(&self, name: &str) -> Result<RelPath> {
        self.dir.join(name)
    }
}

/// Gives the window that a client has now: a program that it started before a `/clear` only knows the one before.
pub fn latest(project: &Project, id: &str) -> Result<String> {
    let mut id = id.to_string();
    for _ in 0..MAX_CLEARED {
        let Some(next) = Window::of(project, &id)?.kept("successor")? else { break };
        id = String::from_utf8_lossy(&next).into_owned();
    }
    Ok(id)
}

fn read_first(agent: Option<&str>) -> String {
    let agent = agent.map(file_name);
    // Every Read asks for it: what std formats with lies in two pieces of the program that nothing else touches.
    ["read-first-", agent.as_deref().unwrap_or("main")].concat()
}

/// Gives an id as a file name: itself where it is plain, else its hash.
fn file_name(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !id.is_empty() && id.len() <= 100 && id.chars().all(plain) {
        return id.to_string();
    }
    format!("h{}", &Hash::of(id.as_bytes()).to_hex()[..40])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::FoundBy;

    #[test]
    fn what_is_written_again_is_noted_in_the_same_file_with_the_new_time() {
        let scratch = tempfile::tempdir().unwrap();
        let project = Project::open(scratch.path().to_path_buf(), FoundBy::Option).unwrap();
        let window = Window::of(&project, "one").unwrap();
        let (one, two) = (RelPath::new("acts/one.md").unwrap(), RelPath::new("acts/two.md").unwrap());
        let noted = || project.dir.stat(&window.file("last-written").unwrap()).unwrap().unwrap();
        window.wrote(&one).unwrap();
        let first = noted();
        std::thread::sleep(std::time::Duration::from_millis(20));
        window.wrote(&one).unwrap();
        assert_eq!((noted().ino, window.last_written().unwrap()), (first.ino, Some(one.clone())));
        assert!(window.last_write_at().unwrap() > Some(first.ctime));
        window.wrote(&two).unwrap();
        assert_eq!(window.last_written().unwrap(), Some(two));
        window.wrote(&one).unwrap();
        assert_eq!(window.last_written().unwrap(), Some(one));
    }

    #[test]
    fn each_path_is_mentioned_for_the_first_time_once_until_all_is_forgotten() {
        let scratch = tempfile::tempdir().unwrap();
        let project = Project::open(scratch.path().to_path_buf(), FoundBy::Option).unwrap();
        let (one, two) = (Window::of(&project, "one").unwrap(), Window::of(&project, "two").unwrap());
        let paths: Vec<RelPath> = (0..50).map(|n| RelPath::new(format!("acts/{n}.md")).unwrap()).collect();
        for path in &paths {
            assert!(one.first_mention(path).unwrap(), "{path}");
        }
        // Two paths that have the same place are told again and again; of fifty hardly any do.
        let again =
            |window: &Window<'_>| paths.iter().filter(|path| window.first_mention(path).unwrap()).count();
        assert!(again(&one) < 10);
        assert_eq!(again(&two), paths.len());
        one.forget_told().unwrap();
        assert_eq!(again(&one), paths.len());
        one.forget_told().unwrap();
        two.forget().unwrap();
        one.forget_told().unwrap();
    }

    #[test]
    fn of_many_who_mention_a_path_at_once_one_is_the_first() {
        let scratch = tempfile::tempdir().unwrap();
        let gate = std::sync::Barrier::new(4);
        // Each opens the table for itself, as each hook does.
        let asks = || {
            let project = Project::open(scratch.path().to_path_buf(), FoundBy::Option).unwrap();
            let window = Window::of(&project, "one").unwrap();
            let first = |n| {
                let path = RelPath::new(format!("acts/{n}.md")).unwrap();
                gate.wait();
                usize::from(window.first_mention(&path).unwrap())
            };
            (0..500).map(first).collect::<Vec<usize>>()
        };
        let answers = std::thread::scope(|scope| {
            let all = [(); 4].map(|()| scope.spawn(asks));
            all.map(|one| one.join().unwrap())
        });
        for n in 0..500 {
            assert_eq!(answers.iter().map(|one| one[n]).sum::<usize>(), 1, "acts/{n}.md");
        }
    }
}
