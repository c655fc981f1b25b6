//! `/session …` and `/retry …` argument text → the same [`Command`]s the command line has.
//!
//! Claude Code hands the text over verbatim and no shell has seen it, so nothing in it is ever expanded: quotes group,
//! everything else is text. Tolerant where only one thing can be meant ("создать сессию", `commit force`, curly quotes,
//! a dash that a keyboard made long), strict otherwise: what is not understood is a usage error that names the nearest
//! command, never a guess. Pure; names and paths are checked by the verbs, as for every door.

mod lookback;
mod notebook;
mod options;
mod tokens;
mod words;

use std::ffi::OsString;

use self::options::Options;
use self::tokens::{Token, Tokens};
use self::words::Verb;
use crate::error::{Error, Result};
use crate::report::DiffStyle;
use crate::text::{globs, visible};
use crate::verbs::{Checkpoint, Command, Commit, Diff, End, Filter, Start};

/// The longest argument text read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// Reads the text after `/session` or `/retry` (also `/redraft:session`).
pub fn parse(command_name: &str, args: &str) -> Result<Command> {
    if args.len() > MAX_BYTES {
        return Err(Error::usage(format!("{} bytes of arguments; {MAX_BYTES} are read", args.len())));
    }
    let name = command_name.trim_start_matches('/');
    match name.rsplit_once(':').map_or(name, |(_plugin, own)| own) {
        "session" => session(Tokens::new(args)),
        "retry" => retry(Tokens::new(args)),
        _ => Err(Error::usage(format!("no slash command '{}'", visible(command_name)))
            .hint("redraft status")
            .hint("redraft retry <file> <reason>")),
    }
}

/// Tells whether the answer is for the person alone, who asked to see something; what changes a session is told to
/// the model, too.
#[must_use]
pub fn is_direct(command: &Command) -> bool {
    match command {
        Command::List
        | Command::Log
        | Command::Checkpoints
        | Command::Brief { .. }
        | Command::Find(_)
        | Command::Search { .. }
        | Command::History { .. }
        | Command::Compare { .. }
        | Command::Analyze(_)
        | Command::Report { .. }
        | Command::Restart
        | Command::Status { .. }
        | Command::Diff(_)
        | Command::Resolve { .. } => true,
        Command::Commit(commit) => !commit.force,
        Command::Notebook(ask) => ask.only_looks(),
        _ => false,
    }
}

/// Reads a subcommand and its arguments.
fn session(mut tokens: Tokens<'_>) -> Result<Command> {
    let whole = tokens.verbatim();
    let Some(first) = tokens.next() else { return Ok(Command::Status { name: None }) };
    let word = match tokens.peek() {
        Some(second) if is_filler(&first) => {
            tokens.next();
            second
        }
        None if is_filler(&first) && words::verb(&first.text).is_none() => {
            return Ok(Command::Status { name: None });
        }
        _ => first,
    };
    let help = ["help", "--help", "-h", "?", "помощь", "справка"];
    if !word.quoted && tokens.peek().is_none() && help.contains(&word.text.to_lowercase().as_str()) {
        return Err(commands());
    }
    let Some(verb) = words::verb(&word.text).filter(|_| !word.quoted) else {
        // What is no command is searched for, one word as well as many; unless it looks like a command with a slip in it.
        let slip = words::nearest(&word.text);
        let otherwise = || slip.map_or_else(|| search(&whole), |meant| Err(unknown(&word.text, meant)));
        return recorded_retry(&word, tokens.clone()).unwrap_or_else(otherwise);
    };
    let takes_words = matches!(
        verb,
        Verb::Rm
            | Verb::Mv
            | Verb::Bring
            | Verb::Diff
            | Verb::Resolve
            | Verb::Retry
            | Verb::Tool
            | Verb::Noun(_)
    );
    if !takes_words {
        skip_filler(&mut tokens);
    }
    command(verb, tokens)
}

/// Reads a subcommand's arguments.
fn command(verb: Verb, tokens: Tokens<'_>) -> Result<Command> {
    match verb {
        Verb::Start => start(tokens),
        Verb::List => filter(tokens, "list")
            .map(|filter| if filter == Filter::default() { Command::List } else { Command::Find(filter) }),
        Verb::Find => filter(tokens, "find").map(Command::Find),
        Verb::Search => search(&tokens.verbatim()),
        Verb::Status => Ok(Command::Status { name: at_most_one(tokens, "status")? }),
        Verb::Switch => switch(tokens),
        Verb::Commit => commit(tokens),
        Verb::Cancel => cancel(tokens),
        Verb::Restore => at_most_one(tokens, "restore")?
            .map(|name| Command::Restore { name })
            .ok_or_else(|| missing("restore needs the session's name", "redraft restore <name>")),
        Verb::Archive => Ok(Command::Archive { name: at_most_one(tokens, "archive")? }),
        Verb::Reopen => at_most_one(tokens, "reopen")?
            .map(|name| Command::Reopen { name })
            .ok_or_else(|| missing("reopen needs the session's name", "redraft reopen <name>")),
        Verb::History => lookback::history(tokens),
        Verb::Compare => lookback::compare(tokens),
        Verb::Report => lookback::report(tokens),
        Verb::Gc => lookback::gc(tokens),
        Verb::Analyze => lookback::analyze(tokens),
        Verb::Log => nothing_more(tokens, "log").map(|()| Command::Log),
        Verb::Undo => Ok(Command::Undo { id: at_most_one(tokens, "undo")? }),
        Verb::Recover => Ok(Command::Recover { name: at_most_one(tokens, "recover")? }),
        Verb::Retry => retry(tokens),
        Verb::Resolve => some_paths(tokens, "resolve").map(|paths| Command::Resolve { paths }),
        Verb::Diff => diff(tokens),
        Verb::Rm => rm(tokens),
        Verb::Mv => mv(tokens),
        Verb::Bring => some_paths(tokens, "bring").map(|paths| Command::Bring { paths }),
        Verb::Noun(kind) => notebook::ask(kind, tokens).map(Command::Notebook),
        Verb::Brief => Ok(Command::Brief { name: at_most_one(tokens, "brief")? }),
        Verb::Resume => resume(tokens),
        Verb::End => end(tokens),
        Verb::Dehydrate => nothing_more(tokens, "dehydrate").map(|()| Command::Dehydrate { payload: None }),
        Verb::Restart => nothing_more(tokens, "restart").map(|()| Command::Restart),
        Verb::Tool => tool(tokens),
        Verb::Checkpoint => checkpoint(tokens),
        Verb::Checkpoints => nothing_more(tokens, "checkpoints").map(|()| Command::Checkpoints),
        Verb::Rollback => {
            at_most_one(tokens, "rollback")?.map(|id| Command::Rollback { id }).ok_or_else(|| {
                missing("rollback needs a checkpoint", "redraft rollback <id>")
                    .hint("See them all: redraft checkpoints")
                    .hint("Discard the whole session: redraft cancel")
            })
        }
    }
}

/// Reads `[--tag T] [--type T] [--state S] [--recent N] [--since T]`.
fn filter(tokens: Tokens<'_>, verb: &str) -> Result<Filter> {
    let options = Options::read(tokens, verb, &[], &["tag", "type", "skill", "state", "recent", "since"])?;
    options.at_most(0, verb)?;
    let given = |name| options.values(name).last().map(ToString::to_string);
    Ok(Filter {
        tags: options.values("tag").iter().map(ToString::to_string).collect(),
        kind: given("type").or_else(|| given("skill")),
        state: given("state"),
        recent: options.number("recent", verb)?,
        since: given("since"),
    })
}

fn search(text: &str) -> Result<Command> {
    if !text.contains(char::is_alphanumeric) {
        return Err(missing("search needs a word", "redraft search <text>"));
    }
    Ok(Command::Search { text: text.to_string() })
}

/// Reads `[name]`; also `continue --session X --skill Y --phase Z`, where only the session means something here.
fn resume(tokens: Tokens<'_>) -> Result<Command> {
    let options = Options::read(tokens, "resume", &["continue"], &["session", "skill", "phase"])?;
    let named = options.at_most_one_name("resume")?;
    let by_path =
        options.values("session").last().and_then(|path| path.trim_end_matches('/').rsplit('/').next());
    Ok(Command::Resume { name: named.or_else(|| by_path.map(ToString::to_string)) })
}

/// Reads `[--no-handoff] [--accomplished T] [--remember T] [--push] [--merge-to B]`.
fn end(tokens: Tokens<'_>) -> Result<Command> {
    let flags = ["handoff", "no-handoff", "push", "no-push"];
    let options = Options::read(tokens, "end", &flags, &["accomplished", "summary", "remember", "merge-to"])?;
    options.at_most(0, "end")?;
    let given = |name| options.values(name).last().map(ToString::to_string);
    Ok(Command::End(End {
        no_handoff: options.has("no-handoff"),
        accomplished: given("accomplished").or_else(|| given("summary")).unwrap_or_default(),
        remember: given("remember").unwrap_or_default(),
        push: options.has("push") && !options.has("no-push"),
        merge_to: given("merge-to"),
    }))
}

/// Reads `<tool> <json>`; the JSON is the rest of the text, as it is.
fn tool(mut tokens: Tokens<'_>) -> Result<Command> {
    let usage = "redraft tool session_manager '{\"operation\":\"list\"}'";
    let Some(tool) = tokens.next() else {
        return Err(missing("tool needs a tool and what is asked of it", usage));
    };
    let asked = tokens.verbatim();
    if asked.is_empty() {
        return Err(missing(&format!("tool {} needs a JSON object", visible(&tool.text)), usage));
    }
    Ok(Command::Tool { tool: tool.text, asked })
}

/// Reads `[label] [--label L] [--notes N] [--tdd-phase P] [--git-commit] [--message M]`.
fn checkpoint(tokens: Tokens<'_>) -> Result<Command> {
    let valued = ["label", "notes", "tdd-phase", "message"];
    let options = Options::read(tokens, "checkpoint", &["git-commit", "commit"], &valued)?;
    let given = |name| options.values(name).last().map(ToString::to_string);
    let words: Vec<&str> = options.operands.iter().map(|word| word.text.as_str()).collect();
    Ok(Command::Checkpoint(Checkpoint {
        label: given("label").unwrap_or_else(|| words.join(" ")),
        notes: given("notes").unwrap_or_default(),
        tdd_phase: given("tdd-phase"),
        git_commit: options.has("git-commit") || options.has("commit"),
        message: given("message"),
    }))
}

/// Reads `<name> [description]`; the description is the rest of the text, as it is unless one of start's options is in
/// it. With `--auto` or `--new` all of it is the task.
fn start(mut tokens: Tokens<'_>) -> Result<Command> {
    const VALUED: [&str; 3] = ["type", "objective", "branch"];
    if tokens.clone().any(|token| options::is_one_of(&token, &["auto", "new", "type", "objective", "branch"]))
    {
        let options = Options::read(tokens, "start", &["auto", "new"], &VALUED)?;
        let mut words = options.operands.iter().map(|word| word.text.clone());
        return Ok(Command::Start(Start {
            name: words.next(),
            description: words.collect::<Vec<_>>().join(" "),
            kind: options.values("type").last().map(ToString::to_string),
            objectives: options.values("objective").iter().map(ToString::to_string).collect(),
            branch: options.values("branch").last().map(ToString::to_string),
            auto: options.has("auto"),
            new: options.has("new"),
        }));
    }
    let Some(name) = tokens.next() else {
        return Err(missing("start needs a name for the session", "redraft start <name> [description]")
            .hint("redraft start work-on-chapter-01 \"Generating all scenes\""));
    };
    Ok(Command::Start(Start { name: Some(name.text), description: tokens.verbatim(), ..Start::default() }))
}

/// Reads `<name>`; "switch to X", "переключить на X" are the same.
fn switch(mut tokens: Tokens<'_>) -> Result<Command> {
    let mut after = tokens.clone();
    let preposition =
        after.next().filter(|token| !token.quoted && ["to", "на"].contains(&token.text.as_str()));
    if preposition.is_some() && after.peek().is_some() {
        tokens = after;
        skip_filler(&mut tokens);
    }
    at_most_one(tokens, "switch")?.map(|name| Command::Switch { name }).ok_or_else(|| {
        missing("switch needs the name of a session", "redraft switch <name>")
            .hint("Available sessions: redraft list")
    })
}

/// Reads `[name] [--force] [--expect F] [--files A,B] [--on-conflict HOW] [--ours A,B] [--theirs A,B]`; a bare last word `force` is the option.
fn commit(tokens: Tokens<'_>) -> Result<Command> {
    let mut options = Options::read(
        tokens,
        "commit",
        &["force"],
        &["expect", "files", "on-conflict", "ours", "theirs", "override", "reason"],
    )?;
    let bare = |token: &Token| {
        !token.quoted && ["force", "принудительно"].contains(&token.text.to_lowercase().as_str())
    };
    let by_word = options.operands.pop_if(|last| bare(last)).is_some();
    Ok(Command::Commit(Commit {
        force: options.has("force") || by_word,
        expect: options.values("expect").last().map(ToString::to_string),
        on_conflict: options.values("on-conflict").last().map(ToString::to_string),
        files: listed(&options, "files")?,
        ours: listed(&options, "ours")?,
        theirs: listed(&options, "theirs")?,
        overrides: options.values("override").iter().map(ToString::to_string).collect(),
        reason: options.values("reason").last().map(ToString::to_string),
        name: options.at_most_one_name("commit")?,
    }))
}

/// Reads an option that names files, separated by commas.
fn listed(options: &Options, name: &str) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for list in options.values(name) {
        let listed = globs(list);
        if listed.iter().all(String::is_empty) {
            return Err(missing(
                &format!("--{name} needs at least one file"),
                &format!("redraft commit --{name} acts/scene-0101.md"),
            ));
        }
        files.extend(listed.iter().map(|glob| mention(glob.trim_matches('"')).to_string()));
    }
    Ok(files)
}

/// Reads `[name] [--purge] [--no-backup-retries]`.
fn cancel(tokens: Tokens<'_>) -> Result<Command> {
    let options = Options::read(tokens, "cancel", &["purge", "no-backup-retries"], &[])?;
    Ok(Command::Cancel {
        backup_retries: !options.has("no-backup-retries"),
        purge: options.has("purge"),
        name: options.at_most_one_name("cancel")?,
    })
}

/// Reads `[a] [b] [paths…] [--word|--stat|--name-only]`.
fn diff(tokens: Tokens<'_>) -> Result<Command> {
    let options = Options::read(tokens, "diff", &["word", "stat", "name-only"], &[])?;
    let styles = [("word", DiffStyle::Word), ("stat", DiffStyle::Stat), ("name-only", DiffStyle::NameOnly)];
    let mut chosen = styles.iter().filter(|(name, _)| options.has(name));
    let style = chosen.next().map_or(DiffStyle::Unified, |(_, style)| *style);
    if let Some((second, _)) = chosen.next() {
        return Err(missing(
            &format!("--{second} and another way to show the difference"),
            "redraft diff --stat",
        ));
    }
    Ok(Command::Diff(Diff { sessions: Vec::new(), operands: options.paths(), style }))
}

/// Reads paths to delete; "удалить сессию" is not a file to delete but a session to cancel.
fn rm(tokens: Tokens<'_>) -> Result<Command> {
    if tokens.peek().is_some_and(|first| is_filler(&first)) {
        return Err(Error::usage("rm deletes files in the session, not a session")
            .hint("Discard a session: redraft cancel <name>")
            .hint("Delete a file of that name: redraft rm \"session\""));
    }
    some_paths(tokens, "rm").map(|paths| Command::Rm { paths })
}

/// Reads `<from> <to>`.
fn mv(tokens: Tokens<'_>) -> Result<Command> {
    let paths = some_paths(tokens, "mv")?;
    match <[OsString; 2]>::try_from(paths) {
        Ok([from, to]) => Ok(Command::Mv { from, to }),
        Err(paths) => Err(missing(
            &format!("mv needs two paths, not {}; quote a path with spaces", paths.len()),
            "redraft mv <from> <to>",
        )),
    }
}

/// Reads `<file> <reason>`; the file may be the two words "scene 0101".
fn retry(mut tokens: Tokens<'_>) -> Result<Command> {
    let wanted = |complaint: &str| {
        missing(complaint, "redraft retry <file> <reason>")
            .hint("redraft retry scene-0101.md \"Too much exposition, needs more action\"")
    };
    let Some(first) = tokens.next() else { return Err(wanted("retry needs a file and a reason")) };
    let mut file = if first.quoted { first.text.clone() } else { mention(&first.text).to_string() };
    if !first.quoted
        && first.text.chars().all(char::is_alphabetic)
        && let Some(number) = tokens.peek().and_then(|second| numbered(&second))
    {
        tokens.next();
        file = format!("{} {number}", first.text);
    } else if !first.quoted {
        file.truncate(file.trim_end_matches([':', ',']).len());
    }
    while tokens.peek().is_some_and(|next| !next.quoted && [":", "-", "–", "—"].contains(&next.text.as_str()))
    {
        tokens.next();
    }
    let reason = tokens.verbatim();
    match (file.trim().is_empty(), reason.is_empty()) {
        (true, _) => Err(wanted("retry needs a file")),
        (_, true) => Err(wanted(&format!("retry of '{}' needs a reason", visible(&file)))),
        _ => Ok(Command::Retry { file: file.into(), reason, auto: false }),
    }
}

/// Reads the trigger phrase "record retry …".
fn recorded_retry(first: &Token, mut tokens: Tokens<'_>) -> Option<Result<Command>> {
    let phrase = ["record", "записать", "запиши"].contains(&first.text.to_lowercase().as_str());
    let second = tokens.next().filter(|_| phrase && !first.quoted)?;
    (words::verb(&second.text) == Some(Verb::Retry)).then(|| retry(tokens))
}

/// Gives the number of "scene 0101", without the punctuation after it.
fn numbered(token: &Token) -> Option<String> {
    let number = token.text.trim_end_matches([':', ',', ';']);
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    (is_number && !token.quoted).then(|| number.to_string())
}

/// Strips the `@` of a file mention.
fn mention(word: &str) -> &str {
    word.strip_prefix('@').filter(|path| !path.is_empty()).unwrap_or(word)
}

fn is_filler(token: &Token) -> bool {
    !token.quoted && words::is_filler(&token.text)
}

fn skip_filler(tokens: &mut Tokens<'_>) {
    if tokens.peek().is_some_and(|next| is_filler(&next)) {
        tokens.next();
    }
}

fn nothing_more(tokens: Tokens<'_>, verb: &str) -> Result<()> {
    Options::read(tokens, verb, &[], &[])?.at_most(0, verb)
}

fn at_most_one(tokens: Tokens<'_>, verb: &str) -> Result<Option<String>> {
    Options::read(tokens, verb, &[], &[])?.at_most_one_name(verb)
}

fn some_paths(tokens: Tokens<'_>, verb: &str) -> Result<Vec<OsString>> {
    let paths = Options::read(tokens, verb, &[], &[])?.paths();
    if paths.is_empty() {
        Err(missing(&format!("{verb} needs a path"), &format!("redraft {verb} <path>")))
    } else {
        Ok(paths)
    }
}

fn missing(complaint: &str, usage: &str) -> Error {
    Error::usage(complaint).hint(usage)
}

/// Says what can be asked for, to who asks that.
fn commands() -> Error {
    let often = [
        "redraft status",
        "redraft start <name> \"<what it is for>\"",
        "redraft list",
        "redraft switch <name>",
        "redraft diff",
        "redraft commit",
        "redraft commit --force",
        "redraft cancel <name>",
        "redraft undo",
        "redraft retry <file> <reason>",
        "all of them: redraft --help",
    ];
    often.into_iter().fold(Error::usage("no command was given; these are asked for most"), Error::hint)
}

/// Says that a word is no subcommand, and which was probably meant.
fn unknown(word: &str, meant: &str) -> Error {
    let error = Error::usage(format!("Unknown command '{}'", visible(word)));
    let error = match meant {
        "retry" => error.hint("Did you mean: redraft retry <file> <reason>"),
        meant => error.hint(format!("Did you mean: redraft {meant}")),
    };
    error
        .hint(format!("Search for the word: redraft search {}", visible(word)))
        .detail(format!("Sessions: {}", crate::ui::SESSION_VERBS.join(", ")))
        .detail(format!("Files: {}, and /retry", crate::ui::FILE_VERBS.join(", ")))
        .detail(format!("Notebook: {}", crate::ui::NOTEBOOK_VERBS.join(", ")))
        .detail(format!("Hand-over: {}", crate::ui::HANDOVER_VERBS.join(", ")))
        .detail(format!("Looking back: {}", crate::ui::LOOKBACK_VERBS.join(", ")))
}

#[cfg(test)]
mod tests;
