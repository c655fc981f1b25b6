//! What works and what does not, found out by looking and by running the hooks once.
//!
//! Every check says what was seen and, when something is wrong, what to type. The project's own part (root,
//! configuration, workspace, crashed sessions) is looked up by the caller and given as [`Ground`]; this file looks at
//! Claude Code's side: settings, skills, the hook command as Claude Code would run it (`child`, judged by `doctor/probe.rs`), and a command as
//! its Bash would (`doctor/bash.rs`). Nothing is repaired here; the sample events only read, and the command runs in a
//! scratch project.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::child::{self, Call, Ran};
use crate::error::{Error, Result};
use crate::fs::ambient;
use crate::install::{self, EVENTS, Found, Place, Record, SKILLS, Settings};
use crate::report::{Check, CheckResult, Doctor, Report};
use crate::verbs::Desk;

mod bash;
mod probe;
mod server;

/// How long one run of the hook command may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// What the lower floors say about the project.
#[derive(Debug)]
pub struct Ground {
    /// Which rule found the root, as a phrase ("by redraft.json in it").
    pub found_by: String,
    /// The isolated paths as globs, or why the configuration cannot be used.
    pub tracked: Result<Vec<String>>,
    /// At least one file of the project is isolated.
    pub any_tracked_file: bool,
    /// Where sessions are kept, which can be written; or why not.
    pub workspace: Result<PathBuf>,
    /// Names of sessions whose stored state cannot be trusted.
    pub crashed: Vec<String>,
}

/// Checks the project, the installation and the hooks.
pub fn doctor(desk: &Desk, project_root: &Path, exe: &Path, ground: &Ground) -> Result<Report> {
    let mut checks = check_ground(project_root, ground);
    let scopes = Scopes::read(desk, project_root, exe);
    checks.extend(scopes.unreadable.iter().map(|error| failed("settings", error)));
    checks.extend(check_hooks(&scopes));
    for command in scopes.commands() {
        checks.extend(check_command(&command, project_root, exe));
    }
    checks.extend(check_skills(&scopes)?);
    checks.push(check_slash_name(&scopes, install::hiding_skill(desk, &SKILLS[0])?));
    checks.push(check_statusline(&scopes));
    checks.push(server::check(project_root, exe));
    checks.push(bash::check(desk, &scopes, project_root, ground.workspace.as_deref().ok()));
    checks.push(check_crashed(&ground.crashed));
    Ok(Report::Doctor(Doctor { checks }))
}

fn ok(name: &str, message: impl Into<String>) -> Check {
    Check { name: name.into(), result: CheckResult::Ok, message: message.into(), hint: None }
}

fn warn(name: &str, message: impl Into<String>, hint: impl Into<String>) -> Check {
    Check { name: name.into(), result: CheckResult::Warn, message: message.into(), hint: Some(hint.into()) }
}

fn fail(name: &str, message: impl Into<String>, hint: impl Into<String>) -> Check {
    Check { name: name.into(), result: CheckResult::Fail, message: message.into(), hint: Some(hint.into()) }
}

fn failed(name: &str, error: &Error) -> Check {
    Check {
        name: name.into(),
        result: CheckResult::Fail,
        message: error.message.clone(),
        hint: error.hints.first().cloned(),
    }
}

fn check_ground(root: &Path, ground: &Ground) -> Vec<Check> {
    let mut checks = vec![ok("project root", format!("{}, found {}", root.display(), ground.found_by))];
    match &ground.tracked {
        Err(error) => checks.push(failed("configuration", error)),
        Ok(globs) => {
            checks.push(ok("configuration", format!("isolated: {}", globs.join(", "))));
            checks.push(if ground.any_tracked_file {
                ok("isolated files", "there are files to isolate")
            } else {
                let hint = "look at \"tracked\" in redraft.json (`redraft init` writes one)";
                warn(
                    "isolated files",
                    "no file of the project is isolated: sessions would keep nothing",
                    hint,
                )
            });
        }
    }
    checks.push(match &ground.workspace {
        Ok(_) => ok("workspace", "can be written"),
        Err(error) => failed("workspace", error),
    });
    checks
}

/// One place where settings were found.
struct Scope {
    place: Place,
    path: PathBuf,
    value: Value,
    /// The events that run redraft, each with its hooks.
    ours: Vec<(String, Vec<Value>)>,
}

/// Every place that Claude Code reads settings from and redraft is installed to.
struct Scopes {
    exe: String,
    all: Vec<Scope>,
    unreadable: Vec<Error>,
}

impl Scopes {
    fn read(desk: &Desk, root: &Path, exe: &Path) -> Self {
        let exe = exe.to_string_lossy().into_owned();
        let mut scopes = Self { exe, all: Vec::new(), unreadable: Vec::new() };
        let project = Place::project(root);
        let mut files =
            vec![(project.settings(), project.clone()), (project.dir.join("settings.local.json"), project)];
        files.extend(Place::user(desk).ok().map(|user| (user.settings(), user)));
        for (path, place) in files {
            match Settings::read_file(path) {
                Ok(settings) => {
                    let ours = install::events_of_ours(&settings.value, &scopes.exe);
                    scopes.all.push(Scope { place, path: settings.path, value: settings.value, ours });
                }
                Err(error) => scopes.unreadable.push(error),
            }
        }
        scopes
    }

    /// Gives the places in the order in which the client lets one settle what another says too: local, project, user.
    fn by_precedence(&self) -> impl Iterator<Item = &Scope> {
        let local = |scope: &&Scope| scope.path.ends_with("settings.local.json");
        self.all.iter().filter(local).chain(self.all.iter().filter(move |scope| !local(scope)))
    }

    fn with_hooks(&self) -> impl Iterator<Item = &Scope> {
        self.all.iter().filter(|scope| !scope.ours.is_empty())
    }

    /// Gives each command that the hooks run, once, as program and arguments.
    fn commands(&self) -> Vec<Vec<String>> {
        let mut commands = Vec::new();
        if self.plugin() {
            commands.push(vec!["redraft".to_string(), "hook".to_string()]);
        }
        for hook in self.with_hooks().flat_map(|scope| &scope.ours).flat_map(|(_, hooks)| hooks) {
            let program = hook.get("command").and_then(Value::as_str).unwrap_or_default();
            let command = if hook.get("args").is_some() {
                vec![program.to_string(), "hook".to_string()]
            } else {
                vec![program.to_string()]
            };
            if !commands.contains(&command) {
                commands.push(command);
            }
        }
        commands
    }

    /// Tells whether the plugin is enabled, whose hooks would run beside the installed ones.
    fn plugin(&self) -> bool {
        self.all.iter().any(|scope| install::enables_plugin(&scope.value))
    }
}

fn check_hooks(scopes: &Scopes) -> Vec<Check> {
    const NAME: &str = "hooks";
    let mut checks = Vec::new();
    for scope in scopes.with_hooks() {
        let missing: Vec<_> =
            EVENTS.iter().map(|e| e.name).filter(|name| !scope.ours.iter().any(|(n, _)| n == name)).collect();
        checks.push(if missing.is_empty() {
            ok(NAME, format!("{} asks for all {} events", scope.path.display(), EVENTS.len()))
        } else {
            let message = format!("{} does not ask for {}", scope.path.display(), missing.join(", "));
            fail(NAME, message, scope.place.install_command())
        });
    }
    match (checks.is_empty(), scopes.plugin()) {
        (true, true) => checks.push(ok(NAME, "the redraft plugin is enabled and asks for them")),
        (true, false) => {
            let message = "Claude Code does not call redraft: its edits go straight to the project";
            checks.push(fail(NAME, message, "redraft install"));
        }
        (false, true) => {
            let message =
                "the plugin is enabled and the hooks are installed too: each command would run twice";
            checks.push(fail(NAME, message, "redraft uninstall   (or disable the plugin with /plugin)"));
        }
        (false, false) if scopes.commands().len() > 1 => {
            let programs: Vec<_> = scopes.commands().iter().map(|command| command.join(" ")).collect();
            let message = format!("several programs are called for the same events: {}", programs.join(", "));
            checks.push(fail(NAME, message, "redraft uninstall   (or: redraft uninstall --user)"));
        }
        (false, false) => {}
    }
    let disabled = scopes.all.iter().find(|scope| scope.value.get("disableAllHooks") == Some(&json!(true)));
    if let Some(scope) = disabled {
        let message = format!("\"disableAllHooks\" is true in {}: no hook runs", scope.path.display());
        checks.push(fail(NAME, message, "remove \"disableAllHooks\" there"));
    }
    checks
}

/// Runs one hook command as Claude Code would: its version, then two sample events.
///
/// A project can come from anybody, and so can its settings: a program inside it is not run, unless it is this one.
fn check_command(command: &[String], root: &Path, exe: &Path) -> Vec<Check> {
    const NAME: &str = "hook command";
    let [program, rest @ ..] = command else { return Vec::new() };
    if rest.is_empty() {
        let message = format!("{program:?} goes through a shell, which costs time at every call");
        return vec![warn(NAME, message, "redraft install   (writes the exec form)")];
    }
    let path = Path::new(program);
    let bare = path.components().count() == 1 && !path.is_absolute();
    if !bare && path.is_relative() {
        let message =
            format!("{program} is relative: which program that is depends on where Claude Code is started");
        return vec![fail(NAME, message, "redraft install")];
    }
    if !bare && !ambient::exists(path) {
        return vec![fail(
            NAME,
            format!("{program} does not exist, so every tool runs unguarded"),
            "redraft install",
        )];
    }
    if !bare && !ambient::is_executable(path) {
        return vec![fail(NAME, format!("{program} is not executable"), format!("chmod +x '{program}'"))];
    }
    if !bare && comes_with_the_project(path, root, exe) {
        let message = format!("{program} lies inside the project and is not this program: it was not run");
        return vec![warn(NAME, message, "redraft install   (if you don't know it)")];
    }
    let mut checks = vec![check_version(program, root)];
    checks.extend(samples(root).iter().map(|(event, input)| check_answer(program, root, event, input)));
    checks
}

fn comes_with_the_project(path: &Path, root: &Path, exe: &Path) -> bool {
    let real = |path: &Path| ambient::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    real(path) != real(exe) && (path.starts_with(root) || real(path).starts_with(real(root)))
}

fn check_version(program: &str, root: &Path) -> Check {
    const NAME: &str = "hook version";
    let own = env!("CARGO_PKG_VERSION");
    let call = Call {
        program,
        args: &["--version"],
        project: root,
        environment: None,
        input: "",
        deadline: DEADLINE,
    };
    match child::run(&call) {
        Ran::Ended { code: Some(0), stdout, .. } => {
            let theirs = stdout.split_whitespace().last().unwrap_or_default();
            if theirs == own {
                ok(NAME, format!("{program} is {own}, like this one"))
            } else {
                let message = format!("{program} is {:?}, this one is {own}", probe::shortened(&stdout));
                warn(NAME, message, "redraft install   (from the version you want)")
            }
        }
        other => fail(NAME, format!("{program} --version {}", told(&other)), "redraft install"),
    }
}

/// Gives two events that change nothing: a start, and the read of a file that is not there.
fn samples(root: &Path) -> Vec<(&'static str, String)> {
    let common = |event: &str, extra: &Value| {
        let mut input = json!({
            "session_id": "redraft-doctor", "transcript_path": "", "cwd": root.to_string_lossy(),
            "permission_mode": "default", "hook_event_name": event,
        });
        if let (Some(input), Some(extra)) = (input.as_object_mut(), extra.as_object()) {
            input.extend(extra.clone());
        }
        input.to_string()
    };
    let file = root.join("redraft-doctor-reads-nothing.md");
    let read = json!({"tool_name": "Read", "tool_input": {"file_path": file.to_string_lossy()}, "tool_use_id": "doctor"});
    vec![
        ("SessionStart", common("SessionStart", &json!({"source": "startup"}))),
        ("PreToolUse", common("PreToolUse", &read)),
    ]
}

fn check_answer(program: &str, root: &Path, event: &str, input: &str) -> Check {
    let name = format!("hook answer to {event}");
    let call = Call { program, args: &["hook"], project: root, environment: None, input, deadline: DEADLINE };
    match child::run(&call) {
        Ran::Ended { code: Some(0), stdout, .. } => match probe::complaint(event, &stdout) {
            None if stdout.trim().is_empty() => ok(&name, "ran, nothing to say"),
            None => ok(&name, "ran, its answer is valid"),
            Some(complaint) => fail(
                &name,
                format!("{program} hook {complaint}; Claude Code would ignore it"),
                "redraft install",
            ),
        },
        other => {
            // The client takes 2 for a refusal and anything else that goes wrong for a yes.
            let refuses = matches!(other, Ran::Ended { code: Some(2), .. });
            let then = if refuses { "refuse the tool" } else { "let the tool through" };
            let message = format!("{program} hook {}; Claude Code would {then}", told(&other));
            fail(&name, message, "redraft install")
        }
    }
}

/// Tells how a run went that was not a success.
fn told(ran: &Ran) -> String {
    match ran {
        Ran::Ended { code: Some(code), stderr, .. } => {
            format!("ended with {code}: {:?}", probe::shortened(stderr))
        }
        Ran::Ended { code: None, .. } => "was killed by a signal".to_string(),
        Ran::TimedOut => format!("did not end within {} s", DEADLINE.as_secs()),
        Ran::NotStarted(why) => format!("could not be started: {why}"),
    }
}

fn check_skills(scopes: &Scopes) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    for place in scopes.with_hooks().map(|scope| &scope.place) {
        if seen.contains(&place.dir) {
            continue;
        }
        seen.push(place.dir.clone());
        let record = Record::read(&Record::file(&place.skills()))?;
        for skill in &SKILLS {
            let file = skill.file(&place.skills());
            let name = format!("skill {}", skill.name);
            let shown = file.display();
            let install = place.install_command();
            checks.push(match skill.judge(ambient::read_optional(&file)?.as_deref(), &record) {
                Found::Current => ok(&name, format!("{shown} is current")),
                Found::Older => warn(&name, format!("{shown} is of another version"), install),
                Found::Edited => warn(
                    &name,
                    format!("{shown} was changed by hand"),
                    format!("remove it to get ours, then: {install}"),
                ),
                Found::Absent => fail(&name, format!("{shown} is missing"), install),
                Found::Foreign => {
                    let hint = format!("rename its directory, then: {install}");
                    fail(&name, format!("{shown} is somebody else's"), hint)
                }
            });
        }
    }
    Ok(checks)
}

/// Says whose `/session` is: the user's skill before the project's, either before the client's own, a plugin's last.
fn check_slash_name(scopes: &Scopes, hiding: Option<PathBuf>) -> Check {
    const NAME: &str = "/session";
    if let Some(file) = hiding {
        let message = format!("has the text of {}; the hook runs the command all the same", file.display());
        return warn(NAME, message, "rename that skill's directory, then: redraft install");
    }
    let skill = &SKILLS[0];
    let there =
        scopes.all.iter().map(|scope| skill.file(&scope.place.skills())).find(|file| ambient::exists(file));
    match (there, scopes.plugin()) {
        (Some(file), _) => ok(NAME, format!("is redraft's, by {}", file.display())),
        (None, true) => {
            let message = "is Claude Code's own; the plugin's is /redraft:session (/retry works as it is)";
            warn(NAME, message, "redraft install   (and disable the plugin)")
        }
        (None, false) => fail(NAME, "is Claude Code's own: no skill of ours has the name", "redraft install"),
    }
}

fn check_statusline(scopes: &Scopes) -> Check {
    const NAME: &str = "status line";
    let set = scopes.all.iter().find_map(|scope| Some((scope, scope.value.get("statusLine")?)));
    match set {
        Some((scope, line)) if install::is_statusline_of_ours(line, &[Some(scopes.exe.as_str())]) => {
            ok(NAME, format!("shows the session, by {}", scope.path.display()))
        }
        Some((scope, _)) => ok(NAME, format!("is your own, by {}", scope.path.display())),
        None => Check {
            hint: Some("redraft install --statusline".into()),
            ..ok(NAME, "is not set; it could show the session")
        },
    }
}

fn check_crashed(crashed: &[String]) -> Check {
    const NAME: &str = "sessions";
    if crashed.is_empty() {
        return ok(NAME, "none is crashed");
    }
    let message = format!("{} crashed: {}; their files are kept", crashed.len(), crashed.join(", "));
    fail(NAME, message, "redraft list   (names the command for each)")
}

#[cfg(test)]
#[path = "doctor/tests.rs"]
mod tests;
