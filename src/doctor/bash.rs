//! Runs one command as Claude Code would run it by Bash, in a scratch project with a session, and looks what came of it.

use std::ffi::OsString;
use std::path::Path;

use super::{DEADLINE, Scope, Scopes, comes_with_the_project, fail, ok, probe, told, warn};
use crate::child::{self, Call, Ran};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::fs::ambient;
use crate::install::prefix;
use crate::report::Check;
use crate::verbs::Desk;
use crate::view::means::{IN_A_VIEW, Means};

const NAME: &str = "Bash";

/// The file of the scratch project, and what it holds there and in the session.
const PAGE: &str = "acts/page.md";
const IN_PROJECT: &str = "the project's\n";
const IN_SESSION: &str = "the session's\n";

/// What the command adds.
const ADDED: &str = "added\n";

/// Checks what Claude Code's commands see and where their writes go.
pub(super) fn check(desk: &Desk, scopes: &Scopes, root: &Path, workspace: Option<&Path>) -> Check {
    let set = scopes.by_precedence().find_map(|scope| Some((&scope.path, prefix::of(&scope.value)?)));
    let Some((settings, value)) = set else {
        return warn(NAME, not_isolated("Claude Code does not run them through redraft"), "redraft install");
    };
    let Some(program) = prefix::program(value).filter(|_| prefix::is_ours(value, &[])) else {
        let why = format!("{} in {} is not redraft's", prefix::VARIABLE, settings.display());
        return warn(NAME, not_isolated(&why), "take it out there, then: redraft install");
    };
    let path = Path::new(program);
    let bare = path.components().count() == 1 && !path.is_absolute();
    if !bare && (path.is_relative() || !ambient::is_executable(path)) {
        let message =
            format!("{program} cannot be run, so every command fails; {} names it", settings.display());
        return fail(NAME, message, "redraft install");
    }
    if !bare && comes_with_the_project(path, root, Path::new(&scopes.exe)) {
        let message = format!("{program} lies inside the project and is not this program: it was not run");
        return warn(NAME, message, "redraft install   (if you don't know it)");
    }
    let is_sandboxed = |scope: &&Scope| scope.value.pointer("/sandbox/enabled").is_some();
    if let Some(scope) = scopes.by_precedence().find(is_sandboxed)
        && scope.value.pointer("/sandbox/enabled").and_then(serde_json::Value::as_bool) == Some(true)
        && desk.env.inside.is_none()
    {
        let message = format!(
            "Claude Code's own Bash sandbox is switched on in {}: it allows no namespace, so commands in it see the project, \
             not the session, and say so",
            scope.path.display()
        );
        return warn(NAME, message, IN_A_VIEW);
    }
    match tried(desk, program, workspace) {
        Ok(check) => check,
        Err(error) => warn(NAME, format!("was not tried: {}", error.message), "redraft doctor   (again)"),
    }
}

fn not_isolated(why: &str) -> String {
    format!(
        "commands that Claude Code runs are NOT isolated, they see and change the project itself: {why}; Read, Edit, Write \
         and NotebookEdit are isolated"
    )
}

/// Has the program run a command in a session of a scratch project, on the file system of the workspace where that is there.
fn tried(desk: &Desk, program: &str, workspace: Option<&Path>) -> Result<Check> {
    let place = workspace.filter(|dir| ambient::is_dir(dir)).map_or_else(Env::scratch, Path::to_path_buf);
    let scratch = tempfile::Builder::new().prefix(".redraft-doctor-").tempdir_in(&place);
    let scratch = scratch.map_err(|e| Error::io("make a directory in", &place, &e))?;
    let root = ambient::canonicalize(scratch.path())?;
    ambient::write_atomic(&root.join("redraft.json"), br#"{"tracked":["acts/**"]}"#, 0o644)?;
    ambient::write_atomic(&root.join(PAGE), IN_PROJECT.as_bytes(), 0o644)?;
    let mut environment = vec![
        ("REDRAFT_ROOT", root.clone().into_os_string()),
        ("USER", OsString::from(&desk.env.user)),
        ("REDRAFT_EMOJI", "never".into()),
    ];
    environment.extend(desk.env.path.clone().map(|path| ("PATH", path)));
    let run = |args: &[&str]| {
        child::run(&Call {
            program,
            args,
            project: &root,
            environment: Some(&environment),
            input: "",
            deadline: DEADLINE,
        })
    };
    let started = run(&["start", "doctor"]);
    if !matches!(started, Ran::Ended { code: Some(0), .. }) {
        return Ok(fail(NAME, format!("{program} start {}", told(&started)), "redraft install"));
    }
    let copy = root.join("workspace/sessions/doctor").join(PAGE);
    ambient::write_atomic(&copy, IN_SESSION.as_bytes(), 0o644)?;
    let ran = run(&["-c", &format!("cat {PAGE}; printf '{}' >> {PAGE}", ADDED.replace('\n', "\\n"))]);
    let text = |path: &Path| ambient::read_optional(path).map(Option::unwrap_or_default);
    let project = text(&root.join(PAGE))?;
    let session = text(&copy)?;
    let hint =
        Means::find(&root).hint().map_or_else(|| DENY.to_string(), |hint| format!("{hint}   (or: {DENY})"));
    let taken = session == [IN_SESSION, ADDED].concat().as_bytes();
    Ok(judge(program, &ran, project == IN_PROJECT.as_bytes(), taken, &hint))
}

/// Says what a run came to: whether the project is as it was, and the session has what was written.
fn judge(program: &str, ran: &Ran, untouched: bool, taken: bool, hint: &str) -> Check {
    let Ran::Ended { code, stdout, stderr } = ran else {
        return fail(NAME, format!("{program} -c {}; every command fails", told(ran)), "redraft install");
    };
    let said = stderr.lines().find(|line| line.starts_with("redraft: ")).unwrap_or(stderr);
    let said = probe::shortened(said);
    match (untouched, taken) {
        (true, true) if stdout == IN_SESSION && *code == Some(0) => ok(
            NAME,
            "commands are isolated: one was run in a scratch project, saw the session and wrote into it alone",
        ),
        (true, _) if stdout == IN_PROJECT => {
            let message = format!(
                "commands see the project, not the session, and cannot write its isolated files; redraft said: {said:?}"
            );
            warn(NAME, message, hint)
        }
        (false, _) => warn(NAME, not_isolated(&format!("redraft said: {said:?}")), hint),
        (true, _) => fail(NAME, format!("{program} -c {}", told(ran)), "redraft install"),
    }
}

/// What is left to do where nothing isolates commands.
const DENY: &str = "ask for edits with the file tools, or deny Bash in this project (\"permissions\": {\"deny\": [\"Bash\"]})";
