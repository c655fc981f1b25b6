//! Where a run keeps its books: on the disk of the build, in that directory where making a file takes the least.
//!
//! ext4 does not give a freed inode away again for up to some minutes, and whoever makes a file looks at each of them in turn. Beside a
//! build, which has just removed its own files by the hundred, that is twenty times what it takes elsewhere on the same disk: more
//! than a hook has to do in all, and nothing that the book of an author has beside it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Instant;

use tempfile::TempDir;

use crate::timing::{Done, Samples};

/// So many files are made to see what one takes.
const MADE: usize = 300;

/// A directory for the books.
pub(crate) struct Place {
    /// Goes away at the end.
    pub(crate) dir: TempDir,
    /// For the head of the page.
    pub(crate) said: String,
}

/// Takes the build's own directory or the system's temporary one, if that is on the same disk.
pub(crate) fn choose() -> Done<Place> {
    let (build, temporary) = (Path::new(env!("CARGO_TARGET_TMPDIR")), std::env::temp_dir());
    let own = Tried::at(build, "the build's own directory")?;
    if fs::metadata(build)?.dev() != fs::metadata(&temporary)?.dev() {
        return Ok(own.taken(None));
    }
    let other = Tried::at(&temporary, "the system's temporary directory")?;
    Ok(if other.one < own.one { other.taken(Some(&own)) } else { own.taken(Some(&other)) })
}

/// A directory in which files were made.
struct Tried {
    dir: TempDir,
    name: &'static str,
    /// How long one took, in microseconds.
    one: f64,
}

impl Tried {
    fn at(place: &Path, name: &'static str) -> Done<Self> {
        let dir = tempfile::Builder::new().prefix("compare-").tempdir_in(place)?;
        let (tries, mut samples) = (dir.path().join("tries"), Samples::default());
        fs::create_dir(&tries)?;
        for nth in 0..MADE {
            let path = tries.join(nth.to_string());
            let begin = Instant::now();
            let mut file = fs::File::create_new(path)?;
            samples.add(begin.elapsed());
            // As in a book: a file without content would need no place on the disk.
            file.write_all(&[b'.'; 1024])?;
        }
        let one = samples.median().ok_or("no file was made")?;
        Ok(Self { dir, name, one })
    }

    fn taken(self, other: Option<&Self>) -> Place {
        let Self { dir, name, one } = self;
        let mut said = format!("the books are in {name}, where to make a file takes {one:.0} µs");
        if let Some(Self { name, one, .. }) = other {
            said.push_str(&format!("; in {name}, on the same disk, {one:.0} µs"));
        }
        Place { dir, said }
    }
}
