//! What a process in a view asks of redraft is done outside of it, where the project and the session are what they are.
//!
//! Whoever looks after a view listens at a socket that is seen in it ([`Desk`]). `redraft` that is called inside sends
//! its arguments, environment, working directory and standard streams there and ends as the process does that was started
//! for it outside ([`hand_over`]). Whoever waits inside may be ended: then the other one is, too.

use std::ffi::{OsStr, OsString};
use std::io::{Read as _, Write as _};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::program;
use super::upper::{self, View};
use crate::env::Env;
use crate::error::{Error, Kind, Result};
use crate::fs::socket;
use crate::project::Project;
use crate::relpath::RelPath;
use crate::sys::{self, Meanwhile};

/// The most that a request may hold, in bytes: what the kernel takes for a process, and room to spare.
const MAX_REQUEST: usize = 16 * 1024 * 1024;

/// How long a request may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(5);

/// How long whoever still works for a program may go on after its end.
const FAREWELL: Duration = Duration::from_secs(5);

/// The socket of a view, and what is being done for it.
#[derive(Debug)]
pub struct Desk<'a> {
    listener: UnixListener,
    id: OsString,
    project: &'a Project,
    /// The program whose view it is.
    program: Option<u32>,
    calls: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    from: UnixStream,
    child: Child,
    told_to_end: bool,
}

/// One request as it is sent: working directory, arguments and environment.
struct Request {
    cwd: OsString,
    arguments: Vec<OsString>,
    environment: Vec<OsString>,
}

impl<'a> Desk<'a> {
    /// Opens the desk of a view.
    pub fn open(project: &'a Project, view: &View) -> Result<Self> {
        let listener = view.desk()?.listen(&RelPath::new(view.id())?)?;
        Ok(Self { listener, id: view.id().to_os_string(), project, program: None, calls: Vec::new() })
    }

    /// The same, for the view of a program that can be started again.
    #[must_use]
    pub fn for_program(self, process: u32) -> Self {
        Self { program: Some(process), ..self }
    }

    /// Works for so long.
    pub fn work_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            // A child that ends wakes nobody here.
            let left = if self.calls.is_empty() { left } else { left.min(Duration::from_millis(5)) };
            let wait = Timespec::try_from(left).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
            let _ = poll(&mut [PollFd::new(&self.listener, PollFlags::IN)], Some(&wait));
            self.attend();
            if Instant::now() >= end {
                return;
            }
        }
    }

    /// Takes no more requests, and ends what is not done in time. The socket's name stays as long as the view.
    pub fn close(mut self) {
        let end = Instant::now() + FAREWELL;
        while !self.calls.is_empty() {
            self.look_after_calls();
            if Instant::now() >= end {
                self.calls.iter_mut().for_each(Call::end);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn look_after_calls(&mut self) {
        let before = self.calls.len();
        self.calls.retain_mut(|call| match call.child.try_wait() {
            Ok(None) => {
                if socket::is_closed(&call.from) {
                    call.end();
                }
                true
            }
            Ok(Some(status)) => {
                let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
                let _ = call.from.write_all(&code.to_le_bytes());
                false
            }
            Err(_) => false,
        });
        if self.calls.len() < before {
            self.end_for_restart();
        }
    }

    /// Ends the program if what was done for it asked for that.
    fn end_for_restart(&mut self) {
        let asked = |view: View| program::asked_to_restart(self.project, &view).is_some();
        if let Some(process) = self.program
            && View::look(self.project, &self.id).is_ok_and(|view| view.is_some_and(asked))
        {
            self.program = None;
            sys::ask_to_end(process);
        }
    }

    fn take_requests(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            // Whoever cannot be understood is left without an answer, and says so on the other side.
            if let Some(call) = self.answer(stream) {
                self.calls.push(call);
            }
        }
    }

    fn answer(&self, stream: UnixStream) -> Option<Call> {
        if !socket::is_own(&stream) {
            return None;
        }
        stream.set_nonblocking(false).ok()?;
        stream.set_read_timeout(Some(ARRIVAL)).ok()?;
        let (request, files) = receive(&stream)?;
        let [stdin, stdout, stderr] = <[OwnedFd; 3]>::try_from(files).ok()?;
        // The program itself, also where a newer one lies at its path by now.
        let mut command = Command::new("/proc/self/exe");
        command.args(&request.arguments).current_dir(&self.project.root).env_clear();
        for variable in &request.environment {
            let mut halves = variable.as_bytes().splitn(2, |byte| *byte == b'=');
            if let (Some(name), Some(value)) = (halves.next(), halves.next())
                && name != b"REDRAFT_VIEW"
                && !name.is_empty()
            {
                command.env(OsStr::from_bytes(name), OsStr::from_bytes(value));
            }
        }
        command.env("REDRAFT_INSIDE", &self.id).env("REDRAFT_CWD", &request.cwd);
        command.stdin(Stdio::from(stdin)).stdout(Stdio::from(stdout)).stderr(Stdio::from(stderr));
        let child = command.spawn().ok()?;
        Some(Call { from: stream, child, told_to_end: false })
    }
}

impl Call {
    /// Asks the process to end, once.
    fn end(&mut self) {
        if !std::mem::replace(&mut self.told_to_end, true) {
            sys::ask_to_end(self.child.id());
        }
    }
}

impl Meanwhile for Desk<'_> {
    fn listens_to(&self) -> Vec<PollFd<'_>> {
        // Of who waits for an answer only the end is news.
        let calls = self.calls.iter().filter(|call| !call.told_to_end);
        let calls = calls.map(|call| PollFd::new(&call.from, PollFlags::empty()));
        std::iter::once(PollFd::new(&self.listener, PollFlags::IN)).chain(calls).collect()
    }

    fn attend(&mut self) {
        self.look_after_calls();
        self.take_requests();
    }
}

/// Has redraft called outside of the view in which this process runs, with these arguments; gives its exit code.
///
/// `streams` are its standard streams.
pub fn hand_over(env: &Env, arguments: &[OsString], streams: [BorrowedFd<'_>; 3]) -> Result<u8> {
    let project = Project::discover(env, None)?;
    let id = env.view.clone().unwrap_or_default();
    let gone = |why: &dyn std::fmt::Display| {
        Error::refused(
            "redraft was called by a program that runs in a session's view, and nobody outside answers",
        )
        .detail(format!("{why}"))
        .hint("type it in a terminal outside of the view: redraft status")
    };
    let views = project.dir.open_dir(&upper::all(&project))?;
    let stream = views.connect(&RelPath::new(&id)?).map_err(|error| gone(&error.message))?;
    let request = Request {
        cwd: env.cwd.clone().into_os_string(),
        arguments: arguments.iter().skip(1).cloned().collect(),
        environment: Env::whole(),
    };
    send(&stream, &request, &streams).map_err(|error| gone(&error))?;
    let mut code = [0; 4];
    let answered = (&stream).read_exact(&mut code);
    answered.map_err(|error| gone(&error))?;
    Ok(u8::try_from(i32::from_le_bytes(code)).unwrap_or(Kind::Bug.exit_code()))
}

/// Writes a request: its length in four bytes, then each text ended by a null; the arguments are counted.
fn send(to: &UnixStream, request: &Request, files: &[BorrowedFd<'_>]) -> std::io::Result<()> {
    let count = OsString::from(request.arguments.len().to_string());
    let texts = [&request.cwd, &count].into_iter().chain(&request.arguments).chain(&request.environment);
    let mut body = Vec::new();
    for text in texts {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    let length = u32::try_from(body.len()).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.append(&mut body);
    let sent = socket::send_files(to, &bytes, files)?;
    let mut to = to;
    to.write_all(&bytes[sent..])
}

fn receive(from: &UnixStream) -> Option<(Request, Vec<OwnedFd>)> {
    let mut first = [0; 4096];
    let (n, files) = socket::receive_files(from, &mut first).ok()?;
    let mut bytes = first[..n].to_vec();
    let mut stream = from;
    while bytes.len() < 4 {
        let n = stream.read(&mut first).ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&first[..n]);
    }
    let length = usize::try_from(u32::from_le_bytes(bytes[..4].try_into().ok()?)).ok()?;
    if length > MAX_REQUEST {
        return None;
    }
    let had = bytes.len();
    bytes.resize((length + 4).max(had), 0);
    stream.read_exact(&mut bytes[had..]).ok()?;
    let mut texts = bytes[4..].split(|byte| *byte == 0).map(|text| OsString::from_vec(text.to_vec()));
    let cwd = texts.next()?;
    let count: usize = texts.next()?.into_string().ok()?.parse().ok()?;
    let arguments: Vec<OsString> = texts.by_ref().take(count).collect();
    let environment = texts.filter(|text| !text.is_empty()).collect();
    Some((Request { cwd, arguments, environment }, files))
}
