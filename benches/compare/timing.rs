//! Runs contenders in turns and keeps what each run took.
//!
//! A machine's speed drifts within seconds, so nothing is measured first and compared later: each round runs every
//! contender once, and every other round backwards. A contender that fails is out, with what it said, and the rest goes on.

use std::error::Error;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What everything here may fail with.
pub(crate) type Done<T = ()> = Result<T, Box<dyn Error>>;

/// A program with its arguments, started without a shell.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    program: PathBuf,
    args: Vec<OsString>,
    stdin: Option<PathBuf>,
    env: Vec<(OsString, OsString)>,
}

impl Call {
    /// Names a program by its path (a name would be searched for each time, which is not what is measured).
    pub(crate) fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), args: Vec::new(), stdin: None, env: Vec::new() }
    }

    /// Adds arguments.
    pub(crate) fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Gives it a file as standard input.
    pub(crate) fn stdin(mut self, path: impl Into<PathBuf>) -> Self {
        self.stdin = Some(path.into());
        self
    }

    /// Sets a variable of its environment, which is otherwise the same few for everybody.
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Makes a call that runs this one under another program.
    pub(crate) fn under(&self, program: &Path, args: &[&str]) -> Self {
        let mut call = Self::new(program).args(args.iter().copied()).args([self.program.clone()]);
        call.args.extend(self.args.iter().cloned());
        Self { stdin: self.stdin.clone(), env: self.env.clone(), ..call }
    }

    /// Runs it and gives what it wrote; fails when it fails.
    pub(crate) fn output(&self) -> Done<(String, String)> {
        let out = self.command()?.stdout(Stdio::piped()).stderr(Stdio::piped()).output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&out.stdout), text(&out.stderr));
        if out.status.success() {
            return Ok((stdout, stderr));
        }
        let said = stderr.lines().chain(stdout.lines()).find(|line| !line.trim().is_empty());
        Err(format!("{} failed: {}", self.shown(), said.unwrap_or("(said nothing)")).into())
    }

    /// Runs it and gives how long that took, start and end of the process included.
    pub(crate) fn time(&self) -> Done<Duration> {
        let mut command = self.command()?;
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let status = command.spawn()?.wait()?;
        let took = begin.elapsed();
        if status.success() { Ok(took) } else { Err(format!("{} failed ({status})", self.shown()).into()) }
    }

    fn command(&self) -> Done<Command> {
        let mut command = Command::new(&self.program);
        // Neither a working directory nor a change of PATH: with either, std forks instead of posix_spawn.
        command.args(&self.args).env_clear().envs(self.env.iter().map(|(k, v)| (k, v)));
        for name in ["PATH", "HOME", "USER", "LANG"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        for (name, value) in [
            ("GIT_AUTHOR_NAME", "Nobody"),
            ("GIT_AUTHOR_EMAIL", "nobody@example.org"),
            ("GIT_COMMITTER_NAME", "Nobody"),
            ("GIT_COMMITTER_EMAIL", "nobody@example.org"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
        ] {
            command.env(name, value);
        }
        match &self.stdin {
            Some(path) => command.stdin(File::open(path)?),
            None => command.stdin(Stdio::null()),
        };
        Ok(command)
    }

    fn shown(&self) -> String {
        let name = self.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.args.iter().take(4).fold(name, |text, arg| format!("{text} {}", arg.to_string_lossy()))
    }
}

/// What is measured: some calls, one after the other.
pub(crate) struct Work(pub(crate) Vec<Call>);

impl Work {
    /// Does it and gives how long it took.
    pub(crate) fn time(&self) -> Done<Duration> {
        self.0.iter().map(Call::time).sum()
    }
}

/// One of those that are compared.
pub(crate) struct Contender<'a> {
    /// Its name in the table.
    pub(crate) name: String,
    work: Work,
    before: Box<dyn FnMut() -> Done + 'a>,
    after: Box<dyn FnMut() -> Done + 'a>,
    every: usize,
    /// What its runs took.
    pub(crate) samples: Samples,
    /// Why it is out.
    pub(crate) failed: Option<String>,
}

impl<'a> Contender<'a> {
    /// Names some work.
    pub(crate) fn new(name: impl Into<String>, work: Work) -> Self {
        let nothing = || Box::new(|| Ok(()));
        let (before, after) = (nothing(), nothing());
        Self { name: name.into(), work, before, after, every: 1, samples: Samples::default(), failed: None }
    }

    /// Names a call.
    pub(crate) fn call(name: impl Into<String>, call: Call) -> Self {
        Self::new(name, Work(vec![call]))
    }

    /// Does something before each run that is not measured.
    pub(crate) fn before(mut self, before: impl FnMut() -> Done + 'a) -> Self {
        self.before = Box::new(before);
        self
    }

    /// Does something after each run that is not measured.
    pub(crate) fn after(mut self, after: impl FnMut() -> Done + 'a) -> Self {
        self.after = Box::new(after);
        self
    }

    /// Takes part in every n-th round only: for what is so slow that few runs say enough.
    pub(crate) fn every(mut self, n: usize) -> Self {
        self.every = n;
        self
    }

    /// Runs it once without counting it.
    pub(crate) fn warm(&mut self) {
        self.run();
        self.samples = Samples::default();
    }

    fn run(&mut self) {
        let taken = (self.before)().and_then(|()| self.work.time()).and_then(|took| {
            (self.after)()?;
            Ok(took)
        });
        match taken {
            Ok(took) => self.samples.add(took),
            Err(error) => self.failed = Some(error.to_string()),
        }
    }
}

/// How long a comparison may go on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    /// Rounds at the most.
    pub(crate) rounds: usize,
    /// No round begins when so many seconds have gone since the first one, in which those are, too, who take seconds themselves.
    pub(crate) seconds: u64,
}

/// Runs all in turns.
pub(crate) fn alternate(contenders: &mut [Contender<'_>], limit: Limit) {
    let mut end = None;
    for round in 0..limit.rounds {
        if end.is_some_and(|end| Instant::now() > end) {
            return;
        }
        let n = contenders.len();
        for place in 0..n {
            let one = &mut contenders[if round % 2 == 0 { place } else { n - 1 - place }];
            if one.failed.is_none() && round % one.every == 0 {
                one.run();
            }
        }
        end.get_or_insert_with(|| Instant::now() + Duration::from_secs(limit.seconds));
    }
}

/// What the runs of one contender took, in microseconds.
#[derive(Debug, Default, Clone)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// Adds a run.
    pub(crate) fn add(&mut self, took: Duration) {
        self.0.push(took.as_secs_f64() * 1e6);
    }

    /// Adds those of another.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    /// How many runs there were.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The middle one; of an even number half way between the two in the middle.
    pub(crate) fn median(&self) -> Option<f64> {
        let sorted = self.sorted();
        let (upper, lower) = (sorted.len() / 2, sorted.len().saturating_sub(1) / 2);
        Some(f64::midpoint(*sorted.get(lower)?, *sorted.get(upper)?))
    }

    /// The one that ninety-nine of a hundred do not exceed.
    pub(crate) fn p99(&self) -> Option<f64> {
        let sorted = self.sorted();
        sorted.get((sorted.len().saturating_sub(1) * 99).div_ceil(100)).copied()
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}
