//! How the process begins, how a command in a view is started, waited for and followed in its end, and what else no crate
//! offers safely: the place for `unsafe`, as `main` is (two files of `fs` say why they have some; `sys/landlock.rs` has the calls of
//! Landlock, `sys/arena.rs` the memory, `sys/bytes.rs` how it is copied).
//!
//! The program has a C `main` and leaves the set-up of std's own out. On glibc that set-up asks for the bounds of the
//! main thread's stack, which reads and parses `/proc/self/maps`: 41,000 instructions, a third of a whole hook. What of it
//! is needed is done here: arguments, three open standard streams, no death by a broken pipe. What is left out: the
//! message at a stack overflow (the process dies of it either way) and the flush of std's stdout at the end (`ui` flushes
//! what it prints). The process ends by a call of the kernel ([`end`]).

#![expect(unsafe_code, reason = "the C arguments and the disposition of a signal have no safe interface")]

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::os::fd::IntoRawFd as _;
#[cfg(target_os = "linux")]
use std::os::fd::{AsFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::time::SystemTime;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::fs::ambient;

pub mod arena;
#[cfg(all(target_os = "linux", target_arch = "x86_64", any(test, target_env = "musl")))]
mod bytes;
#[cfg(target_os = "linux")]
pub mod landlock;

/// The longest that a try in a child process may take, in seconds.
#[cfg(target_os = "linux")]
const TRY_SECONDS: libc::c_uint = 5;

/// Makes the process fit for work and gives its arguments, the program's name first.
///
/// # Safety
/// `argv` must be what C's `main` was given with `n_arguments`.
pub unsafe fn begin(n_arguments: c_int, argv: *const *const c_char) -> Vec<OsString> {
    open_standard_streams();
    ignore_broken_pipes();
    let n_arguments = usize::try_from(n_arguments).unwrap_or(0);
    // SAFETY: C promises that many pointers to strings that live as long as the process.
    let argument = |n| unsafe { CStr::from_ptr(*argv.add(n)) };
    (0..n_arguments).map(|n| OsStr::from_bytes(argument(n).to_bytes()).to_os_string()).collect()
}

/// Ends the process with this exit code, and with nothing of what C does at its end: nobody asked to be called then, and
/// everything that was printed was flushed. To be asked first would touch two more pieces of the program.
pub fn end(code: u8) -> ! {
    // SAFETY: no memory is involved, and nothing of this process goes on.
    unsafe { libc::_exit(c_int::from(code)) }
}

/// Gives the variables of the environment that have these names, in one pass over it; an empty one is as good as none.
///
/// Asking for one after the other reads the whole environment each time, and a hook asks for sixteen.
pub fn variables<const N: usize>(names: [&str; N]) -> [Option<OsString>; N] {
    // Most variables begin with a letter that none of the names begins with.
    let bit = |letter: u8| 1_u32 << (letter & 31);
    let letters =
        names.iter().filter_map(|name| name.bytes().next()).fold(0, |all, letter| all | bit(letter));
    let mut found = [const { None }; N];
    // SAFETY: the C runtime's list of strings, ended by a null; nothing in this program changes it.
    let mut at = unsafe { environ };
    // SAFETY: as above; the list itself may be missing.
    while let Some(variable) = (!at.is_null()).then(|| unsafe { *at }).filter(|variable| !variable.is_null())
    {
        // SAFETY: a string has at least the null at its end.
        let first = unsafe { variable.cast::<u8>().read() };
        let may_be_named = letters & bit(first) != 0;
        // SAFETY: as above.
        let has_name = |nth: &usize| may_be_named && unsafe { is_called(variable, names[*nth]) };
        // The first of several counts, as for `getenv`.
        if let Some(nth) = (0..N).find(has_name).filter(|nth| found[*nth].is_none()) {
            // SAFETY: as above, and the string is longer than its name.
            let value = unsafe { CStr::from_ptr(variable.add(names[nth].len() + 1)) }.to_bytes();
            found[nth] = (!value.is_empty()).then(|| OsStr::from_bytes(value).to_os_string());
        }
        // SAFETY: this was not the null that ends the list.
        at = unsafe { at.add(1) };
    }
    found
}

/// Tells whether a variable of the environment has this name: most are told by their first few letters.
///
/// # Safety
/// `variable` must be a string that ends with a null.
unsafe fn is_called(variable: *const c_char, name: &str) -> bool {
    // There is no null in a name, so the first letter that differs comes before the string's end, or is that.
    // SAFETY: all letters before this one were the name's.
    name.bytes()
        .chain([b'='])
        .enumerate()
        .all(|(at, letter)| unsafe { *variable.cast::<u8>().add(at) } == letter)
}

/// Gives what time it is by a call of the kernel; `None` where this program knows of none.
///
/// To ask without a call takes the C library a search for the kernel's function and three fresh pages, for the first time that
/// a process asks; the call takes a tenth of a microsecond. A hook asks once.
#[must_use]
pub fn time() -> Option<SystemTime> {
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    {
        // SAFETY: any bytes make such a time.
        let mut now: libc::timespec = unsafe { std::mem::zeroed() };
        // SAFETY: room for the answer.
        let asked = unsafe { libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_REALTIME, &raw mut now) };
        let since =
            std::time::Duration::new(u64::try_from(now.tv_sec).ok()?, u32::try_from(now.tv_nsec).ok()?);
        (asked == 0).then(|| SystemTime::UNIX_EPOCH + since)
    }
    #[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
    None
}

/// Asks a process to end.
pub fn ask_to_end(process: u32) {
    // SAFETY: no memory is involved.
    unsafe { libc::kill(libc::pid_t::try_from(process).unwrap_or(0), libc::SIGTERM) };
}

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// Leaves the namespaces that the process shares with others: that of mounts and, where `user` is set, that of users.
#[cfg(target_os = "linux")]
pub fn leave_namespaces(user: bool) -> std::io::Result<()> {
    let flags = libc::CLONE_NEWNS | if user { libc::CLONE_NEWUSER } else { 0 };
    // SAFETY: one thread, whose open files stay as they are.
    if unsafe { libc::unshare(flags) } == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// Tries something in a child process and gives its error; in this process nothing is different afterwards.
#[cfg(target_os = "linux")]
pub fn try_in_child(attempt: impl FnOnce() -> std::io::Result<()>) -> std::io::Result<()> {
    // SAFETY: the child only tries, and ends without tidying up what is its parent's.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: no memory is involved.
        unsafe { libc::alarm(TRY_SECONDS) };
        let code = attempt().map_or_else(|error| error.raw_os_error().unwrap_or(libc::EIO), |()| 0);
        // SAFETY: as above.
        unsafe { libc::_exit(code) };
    }
    if child < 0 {
        return Err(std::io::Error::last_os_error());
    }
    let mut status = 0;
    // SAFETY: a child of ours, and room for its status.
    while unsafe { libc::waitpid(child, &raw mut status, 0) } < 0 {
        let error = std::io::Error::last_os_error();
        if error.kind() != std::io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    match (libc::WIFEXITED(status), libc::WEXITSTATUS(status)) {
        (true, 0) => Ok(()),
        (true, code) => Err(std::io::Error::from_raw_os_error(code)),
        (false, _) => Err(std::io::Error::from_raw_os_error(libc::EINTR)),
    }
}

/// Starts a program after `prepare` has run in its process; an error of that is the error of the start.
pub fn spawn_prepared(
    command: &mut Command,
    prepare: impl FnMut() -> std::io::Result<()> + Send + Sync + 'static,
) -> std::io::Result<Child> {
    // SAFETY: this process has one thread, so what runs between fork and exec may do anything, allocate too.
    unsafe { command.pre_exec(prepare) }.spawn()
}

/// The signals that are passed on to a command.
const PASSED_ON: [c_int; 6] =
    [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP, libc::SIGUSR1, libc::SIGUSR2];

/// Signals held back, so that [`Held::wait`] can deal with them; made before the command is started.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    set: libc::sigset_t,
    before: libc::sigset_t,
}

impl Held {
    /// Holds back what is passed on, and the news of the command's end.
    #[must_use]
    pub fn hold() -> Self {
        // SAFETY: the set is made empty before it is read.
        let (mut set, mut before): (libc::sigset_t, libc::sigset_t) = unsafe { std::mem::zeroed() };
        // SAFETY: sets of this function's own; the thread's mask is changed, nothing else.
        unsafe {
            libc::sigemptyset(&raw mut set);
            for signal in PASSED_ON.into_iter().chain([libc::SIGCHLD, libc::SIGCONT]) {
                libc::sigaddset(&raw mut set, signal);
            }
            libc::sigprocmask(libc::SIG_BLOCK, &raw const set, &raw mut before);
        }
        Self { set, before }
    }

    /// Holds nothing back any more; in the child, which inherits what is held.
    pub fn release(&self) {
        // SAFETY: the mask as it was.
        unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const self.before, std::ptr::null_mut()) };
    }

    /// Waits for a child's end and gives its status as `wait(2)` does; signals that somebody sent to this process reach the
    /// child, and where the child is stopped this process stops too. Looks after something else meanwhile.
    pub fn wait(&self, child: u32, meanwhile: &mut dyn Meanwhile) -> std::io::Result<c_int> {
        let child = libc::pid_t::try_from(child).unwrap_or(-1);
        let signals = Signals::of(*self)?;
        loop {
            let mut status = 0;
            // SAFETY: a child of ours, and room for its status.
            let changed = unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG | libc::WUNTRACED) };
            if changed == child && libc::WIFSTOPPED(status) {
                // SAFETY: no memory is involved. It goes on when whoever stopped both of us says so.
                unsafe {
                    libc::raise(libc::SIGSTOP);
                    libc::kill(child, libc::SIGCONT);
                }
                continue;
            }
            if changed == child {
                return Ok(status);
            }
            if changed < 0 {
                return Err(std::io::Error::last_os_error());
            }
            meanwhile.attend();
            if let Some((signal, by_kernel)) = signals.next(meanwhile)? {
                // What a terminal sends reaches the child without us.
                if signal == libc::SIGCONT || PASSED_ON.contains(&signal) && !by_kernel {
                    // SAFETY: no memory is involved.
                    unsafe { libc::kill(child, signal) };
                }
            }
        }
    }
}

/// What is looked after while a child is waited for.
pub trait Meanwhile {
    /// Gives what to listen to, and for what.
    fn listens_to(&self) -> Vec<PollFd<'_>>;
    /// Something can be read, a child has ended, or neither.
    fn attend(&mut self);
}

/// Nothing is.
impl Meanwhile for () {
    fn listens_to(&self) -> Vec<PollFd<'_>> {
        Vec::new()
    }

    fn attend(&mut self) {}
}

/// Where the signals that are held back are taken from.
#[cfg(target_os = "linux")]
struct Signals(OwnedFd);

#[cfg(target_os = "linux")]
impl Signals {
    fn of(held: Held) -> std::io::Result<Self> {
        let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
        // SAFETY: the set is that value's own.
        let fd = unsafe { libc::signalfd(-1, &raw const held.set, flags) };
        if fd < 0 {
            return Err(std::io::Error::last_os_error());
        }
        // SAFETY: just opened, and nobody else's.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Sleeps until a signal is there or something that is looked after wants attention; gives a signal, and whether it came
    /// from the kernel, which is how a terminal's come.
    fn next(&self, meanwhile: &dyn Meanwhile) -> std::io::Result<Option<(c_int, bool)>> {
        let mut all = meanwhile.listens_to();
        all.push(PollFd::from_borrowed_fd(self.0.as_fd(), PollFlags::IN));
        match poll(&mut all, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let mut bytes = [0_u8; size_of::<libc::signalfd_siginfo>()];
        match rustix::io::read(&self.0, &mut bytes[..]) {
            Ok(_) => {}
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        }
        // SAFETY: the kernel filled all of it, and any bytes make such a record.
        let info: libc::signalfd_siginfo = unsafe { std::ptr::read_unaligned(bytes.as_ptr().cast()) };
        Ok(Some((c_int::try_from(info.ssi_signo).unwrap_or(0), info.ssi_code > 0)))
    }
}

/// Where the signals that are held back are taken from.
#[cfg(not(target_os = "linux"))]
struct Signals(libc::sigset_t);

#[cfg(not(target_os = "linux"))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Linux")]
    fn of(held: Held) -> std::io::Result<Self> {
        Ok(Self(held.set))
    }

    /// Waits for a signal; whose it is cannot be asked here, so those that a terminal sends are taken for its own. There are
    /// no views here, so nothing is looked after meanwhile.
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Linux")]
    fn next(&self, _: &dyn Meanwhile) -> std::io::Result<Option<(c_int, bool)>> {
        let mut signal = 0;
        // SAFETY: the set and room for the signal.
        unsafe { libc::sigwait(&raw const self.0, &raw mut signal) };
        Ok(Some((signal, [libc::SIGINT, libc::SIGQUIT, libc::SIGHUP].contains(&signal))))
    }
}

/// Tells whether this process has children left, those of its children included where it is their reaper; takes note of
/// those that have ended.
pub fn has_children() -> bool {
    loop {
        // SAFETY: nobody asks for the status.
        match unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } {
            0 => return true,
            n if n < 0 => return false,
            _ => {}
        }
    }
}

/// Gives the exit code that stands for how a child ended, as shells have it.
#[must_use]
pub fn code_of(status: c_int) -> u8 {
    let code =
        if libc::WIFSIGNALED(status) { 128 + libc::WTERMSIG(status) } else { libc::WEXITSTATUS(status) };
    u8::try_from(code).unwrap_or(255)
}

/// Ends this process the way a child ended: by the same signal, or with the exit code that is given here.
#[must_use]
pub fn end_like(status: c_int) -> u8 {
    if !libc::WIFSIGNALED(status) {
        return code_of(status);
    }
    let signal = libc::WTERMSIG(status);
    let no_core = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: dispositions, mask and limits of a process that is about to end; the set is made empty before it is read.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &raw const no_core);
        libc::signal(signal, libc::SIG_DFL);
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
        libc::raise(signal);
    }
    code_of(status)
}

/// Opens `/dev/null` for each standard stream that is closed: the next file opened would otherwise take its number, and
/// an answer would be written into somebody's chapter.
fn open_standard_streams() {
    let (stdin, stdout, stderr) = (rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr());
    let mut streams = [&stdin, &stdout, &stderr].map(|stream| PollFd::new(stream, PollFlags::empty()));
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    if poll(&mut streams, Some(&now)).is_err() {
        return;
    }
    let closed = streams.iter().filter(|stream| stream.revents().contains(PollFlags::NVAL)).count();
    for _ in 0..closed {
        // The lowest free number is taken, which is that of the stream.
        if let Ok(null) = ambient::open_null() {
            let _ = null.into_raw_fd();
        }
    }
}

/// How long a stream that somebody else set to no waiting may have no room for more.
const ROOM_TIMEOUT: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

/// Waits until a stream takes more, where writing to it does not wait by itself.
///
/// That is a property of the open stream, not of this process: whoever else has the terminal or the pipe may have set it, and
/// half an answer is none.
pub fn wait_for_room(stream: impl std::os::fd::AsFd) -> rustix::io::Result<()> {
    let mut polled = [PollFd::from_borrowed_fd(stream.as_fd(), PollFlags::OUT)];
    match poll(&mut polled, Some(&ROOM_TIMEOUT)) {
        Ok(0) => Err(rustix::io::Errno::AGAIN),
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Makes a write to a pipe without a reader an error: a refusal that cannot be written must still end with exit code 2.
fn ignore_broken_pipes() {
    // SAFETY: no handler is installed, only the disposition set; no other thread runs yet.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test asks std the same")]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_told_by_its_whole_name() {
        for (variable, name, is) in [
            (c"HOME=/home/anna", "HOME", true),
            (c"HOME=", "HOME", true),
            (c"HOME", "HOME", false),
            (c"HOMES=/home", "HOME", false),
            (c"HOM=/home", "HOME", false),
            (c"", "HOME", false),
        ] {
            // SAFETY: a string with its null.
            assert_eq!(unsafe { is_called(variable.as_ptr(), name) }, is, "{variable:?} {name}");
        }
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let [home, path, none] = variables(["HOME", "PATH", "HOME_OF_NOBODY"]);
        assert_eq!((home, path, none), (set("HOME"), set("PATH"), None));
    }
}
