//! `UserPromptExpansion`: `/session …` and `/retry …` are run here, by the verbs, before the model is asked.
//!
//! What a person only wants to see is answered to the person, exactly and without a model call. What changes a session
//! is told to the model, under a first line that says it has been done, so that it is not done twice; the person sees the
//! answer's heading at once, whatever the model makes of the rest.

use std::time::Duration;

use super::answer::Answer;
use super::brief;
use super::event::{Event, Kind};
use super::life;
use crate::env::Env;
use crate::error::Result;
use crate::project::Project;
use crate::slash;
use crate::ui::{self, Style, Voice};
use crate::verbs::{self, Command, Desk};

/// How long a person waits for a search that has an index to make first. What could not be read by then is said, and the
/// next call goes on from there.
const PATIENCE: Duration = Duration::from_secs(4);

/// Answers `UserPromptExpansion`.
pub fn expanded(event: &Event<'_>, env: &Env) -> Result<Answer> {
    let name = event.command_name.as_deref().unwrap_or_default();
    if !matches!(name, "session" | "retry" | "redraft:session" | "redraft:retry") {
        return Ok(Answer::Silence);
    }
    let args = event.command_args.as_deref().unwrap_or_default();
    let style = Style::plain(Voice::Slash, env);
    let asked = brief::one_line(&format!("/{name} {args}"), 200);
    let tell = |text: &str| Answer::Announced {
        kind: Kind::UserPromptExpansion,
        context: format!("redraft: result of {asked}:\n{text}"),
        line: format!("redraft: {}", text.lines().next().unwrap_or_default()),
    };
    let command = match slash::parse(name, args) {
        Ok(command) => command,
        // A person may have put it in words that the model understands.
        Err(error) => return Ok(tell(&format!("{}\nNothing was run.\n", ui::error_text(&error, &style)))),
    };
    let desk = Desk { env: env.clone(), root: None, session: None, patience: Some(PATIENCE) };
    let text = match verbs::run(&desk, &command) {
        Ok(report) => ui::text(&report, &style) + &rule_after(&command, event, env),
        Err(error) => ui::error_text(&error, &style),
    };
    Ok(if is_direct(&command, env) { Answer::Block(text.trim_end().to_string()) } else { tell(&text) })
}

/// Gives the rule about paths where the command has put this window into a session: the next brief may be far off.
fn rule_after(command: &Command, event: &Event<'_>, env: &Env) -> String {
    if !matches!(command, Command::Start(_) | Command::Switch { .. } | Command::Resume { .. })
        || is_direct(command, env)
    {
        return String::new();
    }
    // The command is done; that its session cannot be described is said by what is tried in it.
    life::brief_now(event, env)
        .map(|brief| format!("\n(For you, not part of the result:)\n{brief}\n"))
        .unwrap_or_default()
}

/// Tells whether the person alone is answered: as `slash.direct` in redraft.json says, else as the command is.
fn is_direct(command: &Command, env: &Env) -> bool {
    let direct = Project::discover(env, None).ok().and_then(|project| project.config.slash_direct);
    direct
        .map_or_else(|| slash::is_direct(command), |words| words.iter().any(|listed| listed == word(command)))
}

/// Gives the word by which redraft.json names a command, one of `config::SLASH_COMMANDS`; `commit` there is the preview.
fn word(command: &Command) -> &'static str {
    match command {
        Command::Start(_) => "start",
        Command::List => "list",
        Command::Status { .. } => "status",
        Command::Switch { .. } => "switch",
        Command::Commit(commit) if commit.force => "commit --force",
        Command::Commit(_) => "commit",
        Command::Cancel { .. } => "cancel",
        Command::Restore { .. } => "restore",
        Command::Archive { .. } => "archive",
        Command::Reopen { .. } => "reopen",
        Command::Retry { .. } => "retry",
        Command::Resolve { .. } => "resolve",
        Command::Diff(_) => "diff",
        Command::Rm { .. } => "rm",
        Command::Mv { .. } => "mv",
        Command::Bring { .. } => "bring",
        Command::Init => "init",
        Command::Notebook(ask) => ask.kind().as_str(),
        Command::Checkpoint(_) => "checkpoint",
        Command::Checkpoints => "checkpoints",
        Command::Rollback { .. } => "rollback",
        Command::Find(_) => "find",
        Command::Search { .. } => "search",
        Command::History { .. } => "history",
        Command::Compare { .. } => "compare",
        Command::Analyze(_) => "analyze",
        Command::Report { .. } => "report",
        Command::Repair { .. } => "repair",
        Command::Gc { .. } => "gc",
        Command::Brief { .. } => "brief",
        Command::Resume { .. } => "resume",
        Command::End(_) => "end",
        Command::Dehydrate { .. } => "dehydrate",
        Command::Restart => "restart",
        Command::Tool { .. } => "tool",
        Command::Undo { .. } => "undo",
        Command::Log => "log",
        Command::Recover { .. } => "recover",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::config::SLASH_COMMANDS;

    #[test]
    fn each_word_that_may_be_listed_is_some_commands() {
        for listed in SLASH_COMMANDS {
            let rest = match *listed {
                "start" | "switch" | "restore" | "archive" | "reopen" | "resume" => "s1",
                "retry" => "acts/plan.md too long",
                "resolve" | "rm" | "bring" => "acts/plan.md",
                "mv" => "acts/plan.md acts/other.md",
                "checkpoint" | "search" => "words",
                "rollback" => "c1",
                "compare" => "s1 s2",
                "objective" | "blocker" | "decision" | "task" | "note" | "tag" => "add words",
                "tool" => "get_task_status {}",
                _ => "",
            };
            let typed = format!("{listed} {rest}");
            let command = slash::parse("session", typed.trim());
            let command = command.unwrap_or_else(|error| panic!("{typed}: {}", error.message));
            assert_eq!(word(&command), *listed, "{typed}");
        }
    }
}
