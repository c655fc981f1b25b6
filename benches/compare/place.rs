//! Where a run keeps its books.
//!
//! Making files is most of what some hooks do, and what that takes depends on what else the machine did today:
//!
//! * To give a file a number the kernel goes through inodes that it remembers. After a day of builds and books these are some
//!   millions, and ten microseconds become a hundred. So they are forgotten before each section, and each round of landings.
//! * ext4 without a journal does not give a freed number away for some minutes, and passes over each of them in turn. Beside a
//!   build, which has just removed hundreds of files, a new one takes twenty times as much.
//!
//! So hooks, and the commands that flush nothing, are measured on a disk that is made for them: an ext4 with a journal, as
//! people have it, in a file that is mounted past the page cache. What is flushed would go through two file systems there, so
//! all else lies on the disk of the build, in that directory where making a file takes the least; and so does everything
//! where nobody may mount a disk.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tempfile::TempDir;

use crate::timing::{Call, Done, Samples};
use crate::tools::find;

/// Set by `benches/run` where mounts are nobody else's and end with this process.
const OWN_MOUNTS: &str = "REDRAFT_BENCH_OWN_MOUNTS";

/// So many files are made to see what one takes.
const MADE: usize = 300;

/// A directory for books.
pub(crate) struct Place {
    /// Where they go.
    pub(crate) path: PathBuf,
    /// For the head of the page.
    pub(crate) said: String,
    /// What goes away at the end: first the mount, if there is one.
    _held: (Option<Mounted>, TempDir),
}

/// A file system that is here until this is dropped.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        // Where this fails, the mount ends with the process.
        let _ = rustix::mount::unmount(&self.0, rustix::mount::UnmountFlags::DETACH);
    }
}

/// Lets the kernel forget inodes that nobody holds; only root may.
pub(crate) fn forget_inodes() {
    rustix::fs::sync();
    // Refused, they stay: the page says what a file takes.
    let _ = fs::write("/proc/sys/vm/drop_caches", "2");
}

/// Makes a disk of so many bytes, with an inode for each four kilobytes, or says why that cannot be done.
pub(crate) fn own_disk(bytes: u64) -> Done<Place> {
    if std::env::var_os(OWN_MOUNTS).is_none() {
        return Err("only root may mount one".into());
    }
    let program = |name: &'static str| find(name).ok_or_else(|| format!("there is no {name}")).map(Call::new);
    let held = tempfile::Builder::new().prefix("compare-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (image, path) = (held.path().join("image"), held.path().join("disk"));
    fs::create_dir(&path)?;
    rustix::fs::fallocate(File::create_new(&image)?, rustix::fs::FallocateFlags::empty(), 0, bytes)?;
    program("mkfs.ext4")?.args(["-q", "-i", "4096"]).args([&image]).output()?;
    let attach = program("losetup")?.args(["--direct-io=on", "--show", "--find"]).args([&image]);
    let device = attach.output()?.0.trim().to_string();
    let mounted = program("mount")?.args(["-o", "noinit_itable", &device]).args([&path]).output();
    // From here on it is the mount that holds the device, and the device the file.
    program("losetup")?.args(["--detach", &device]).output()?;
    mounted?;
    let mounted = Mounted(path.clone());
    fs::remove_file(image)?;
    let one = one_file(&path)?;
    let said =
        format!("are on an ext4 with a journal, made for them; to make a file takes {one:.0} µs there");
    Ok(Place { path, said, _held: (Some(mounted), held) })
}

/// Takes the build's own directory or the system's temporary one, if that is on the same disk.
pub(crate) fn on_the_disk_of_the_build() -> Done<Place> {
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
        let one = one_file(dir.path())?;
        Ok(Self { dir, name, one })
    }

    fn taken(self, other: Option<&Self>) -> Place {
        let Self { dir, name, one } = self;
        let mut said = format!("the books are in {name}; to make a file takes {one:.0} µs there");
        if let Some(Self { name, one, .. }) = other {
            said.push_str(&format!("; in {name}, on the same disk, {one:.0} µs"));
        }
        Place { path: dir.path().into(), said, _held: (None, dir) }
    }
}

/// Tells how long it takes to make a file, in microseconds.
fn one_file(dir: &Path) -> Done<f64> {
    let (tries, mut samples) = (dir.join("tries"), Samples::default());
    fs::create_dir(&tries)?;
    for nth in 0..MADE {
        let path = tries.join(nth.to_string());
        let begin = Instant::now();
        let mut file = File::create_new(path)?;
        samples.add(begin.elapsed());
        // As in a book: a file without content would need no place on the disk.
        file.write_all(&[b'.'; 1024])?;
    }
    Ok(samples.median().ok_or("no file was made")?)
}
