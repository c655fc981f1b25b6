//! What is measured and what it is measured against: found on this machine, built, or said to be absent.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::timing::{Call, Done};

/// Programs by their paths.
pub(crate) struct Tools {
    /// redraft, as `cargo build --release` makes it.
    pub(crate) redraft: PathBuf,
    /// A static C program that does nothing.
    pub(crate) empty: PathBuf,
    /// A static Rust program that says hello.
    pub(crate) hello: PathBuf,
    /// How hello was linked.
    pub(crate) hello_is: String,
    /// Tells a program's peak memory.
    pub(crate) peak: PathBuf,
    /// Mounts an overlay in a namespace and runs a command there.
    pub(crate) view: PathBuf,
    /// Exchanges two trees file by file between two flushes.
    pub(crate) land: PathBuf,
    /// Makes the files of a first touch, and nothing else.
    pub(crate) touch: PathBuf,
    /// Makes the files that begin and end a session, and nothing else.
    pub(crate) life: PathBuf,
    /// Looks at two trees, reads and compares them, in two threads.
    pub(crate) look: PathBuf,
    /// Where the hooks in other languages are.
    pub(crate) peers: PathBuf,
    absent: Vec<(&'static str, &'static str)>,
}

/// How to get what is not there.
const SOURCES: &[(&str, &str)] = &[
    ("python3", "apt-get install python3"),
    ("node", "apt-get install nodejs"),
    ("bash", "apt-get install bash"),
    ("jq", "apt-get install jq"),
    ("git", "apt-get install git"),
    ("rsync", "apt-get install rsync"),
    ("valgrind", "apt-get install valgrind (instruction counts)"),
    ("strace", "apt-get install strace (system calls)"),
    ("unshare", "apt-get install util-linux"),
    ("bwrap", "apt-get install bubblewrap"),
    ("fuse-overlayfs", "apt-get install fuse-overlayfs"),
    ("jj", "cargo install --locked jj-cli"),
    ("try", "the shell script of github.com/binpash/try, on the PATH"),
    ("agentfs", "cargo install agentfs, see github.com/tursodatabase/agentfs"),
];

impl Tools {
    /// Builds what has to be built into a directory: redraft for the fastest target there is, or as cargo does it unasked,
    /// which is what its recorded instructions are of.
    pub(crate) fn build(into: &Path, unasked: bool) -> Done<Self> {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
        let has_musl = has_musl()?;
        let c = |name: &str| -> Done<PathBuf> {
            let out = into.join(name);
            let cc = if has_musl { "musl-gcc" } else { "cc" };
            let cc = find(cc).ok_or("no C compiler: apt-get install gcc libc6-dev")?;
            let source = peers.join(format!("{name}.c"));
            let flags = ["-O2", "-static", "-no-pie", "-fno-pie", "-o"];
            Call::new(cc).args(flags).args([out.clone(), source]).output()?;
            Ok(out)
        };
        let (empty, peak, view) = (c("empty")?, c("peak")?, c("view")?);
        let (land, touch, life, look) = (c("land")?, c("touch")?, c("life")?, c("look")?);
        let target = if has_musl { concat_target("musl") } else { concat_target("gnu") };
        let (hello, hello_is) = hello(&peers, into, &target)?;
        let absent = SOURCES.iter().filter(|(name, _)| find(name).is_none()).copied().collect();
        Ok(Self {
            redraft: redraft((!unasked).then_some(&target))?,
            empty,
            hello,
            hello_is,
            peak,
            view,
            land,
            touch,
            life,
            look,
            peers,
            absent,
        })
    }

    /// Lists what is not on this machine, and how to get it.
    pub(crate) fn absent(&self) -> &[(&'static str, &'static str)] {
        &self.absent
    }
}

/// Finds a program on the PATH, behind the shims that some version managers put there.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|path| path.is_file())?;
    if name != "python3" {
        return Some(found);
    }
    let shown = Call::new(&found).args(["-c", "import sys; print(sys.executable)"]).output().ok()?.0;
    Some(PathBuf::from(shown.trim()))
}

/// Tells whether redraft can be built for musl here: that takes Rust's library for it, and a C compiler.
fn has_musl() -> Done<bool> {
    if find("musl-gcc").is_none() {
        return Ok(false);
    }
    let rustc = find("rustc").ok_or("no rustc on the PATH")?;
    let root = Call::new(&rustc).args(["--print", "sysroot"]).output()?.0;
    Ok(fs::exists(Path::new(root.trim()).join("lib/rustlib").join(concat_target("musl")))?)
}

/// Asks cargo where the release build is; the one that it makes unasked was made before this program started.
fn redraft(target: Option<&String>) -> Done<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let out = Command::new(cargo)
        .args(["build", "--release", "--locked", "--bin", "redraft", "--message-format=json"])
        .args(target.into_iter().flat_map(|target| ["--target", target]))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()?;
    let lines = String::from_utf8(out.stdout)?;
    let messages = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let paths = messages.filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from));
    let mut paths = paths;
    paths.next_back().ok_or_else(|| "cargo build --release made no redraft".into())
}

/// Builds the floor for the same target; without PIE, as redraft is.
fn hello(peers: &Path, into: &Path, target: &str) -> Done<(PathBuf, String)> {
    let out = into.join("hello");
    let rustc = find("rustc").ok_or("no rustc on the PATH")?;
    let flags = "-O -C panic=abort -C strip=symbols -C target-feature=+crt-static -C relocation-model=static";
    Call::new(&rustc)
        .args(flags.split(' '))
        .args(["--edition", "2024", "--target", target, "-o"])
        .args([out.clone(), peers.join("hello.rs")])
        .output()?;
    Ok((out, format!("{target}, static, no PIE")))
}

fn concat_target(libc: &str) -> String {
    format!("{}-unknown-linux-{libc}", std::env::consts::ARCH)
}

/// Tells what machine this is, in a line each.
pub(crate) fn machine() -> Vec<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = read("/proc/meminfo");
    let said = |call: &[&str]| {
        let program = find(call.first()?)?;
        let (stdout, _) = Call::new(program).args(call.iter().skip(1).copied()).output().ok()?;
        stdout.lines().last().map(|line| line.trim().to_string())
    };
    let root = env!("CARGO_MANIFEST_DIR");
    let dirty = said(&["git", "-C", root, "status", "--porcelain", "--untracked-files=no"]).is_some();
    let commit = said(&["git", "-C", root, "rev-parse", "--short=12", "HEAD"]).unwrap_or_default();
    vec![
        format!("commit {commit}{}", if dirty { " and changes on top of it" } else { "" }),
        said(&["date", "-u", "+%F %H:%M UTC"]).unwrap_or_default(),
        format!(
            "{} × {}, {}, file system {}, Linux {}",
            cores,
            model.map_or("unknown processor", |(_, name)| name),
            memory.lines().next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "),
            said(&["stat", "-f", "-c", "%T", root]).unwrap_or_default(),
            said(&["uname", "-r"]).unwrap_or_default(),
        ),
        format!("load when it began: {}", read("/proc/loadavg").trim()),
        said(&["rustc", "--version"]).unwrap_or_default(),
    ]
}

impl Tools {
    /// Tells which target redraft was built for.
    pub(crate) fn target(&self) -> Done<String> {
        let parent = self.redraft.parent().and_then(Path::parent).and_then(Path::file_name);
        Ok(parent.ok_or("a release build without a directory")?.to_string_lossy().into_owned())
    }

    /// Tells which compiler is used.
    pub(crate) fn compiler() -> Done<String> {
        let rustc = find("rustc").ok_or("no rustc on the PATH")?;
        Ok(Call::new(rustc).args(["--version"]).output()?.0.trim().to_string())
    }
}
