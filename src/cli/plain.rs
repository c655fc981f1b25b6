//! The frequent commands as they are typed most: a verb, a word or two, perhaps `--json`; and `commit --force`.
//!
//! To put clap's tree of one verb together and ask it takes a fifth of the time that such a command has, most of it for the
//! first touch of the memory and the code that it takes; of a commit of ten files it is a sixth. So these are read here; whatever has
//! another option, a word that begins with a dash, or too many or too few words, is clap's, as are help and errors. Each verb says
//! in its own file what its words mean; a test reads all of them both ways.

use std::ffi::OsString;

use super::{Cli, Color, Global, Verb, commit};

/// Arguments that can be read from words alone.
pub(super) trait Plain: Sized {
    /// Takes the words behind the verb; `None` where they are not enough or too many.
    fn plain(words: &[&str]) -> Option<Self>;
}

/// Makes the arguments of a verb that takes at most a name.
pub(super) fn of_a_name<T>(words: &[&str], make: impl FnOnce(Option<String>) -> T) -> Option<T> {
    match words {
        [] => Some(make(None)),
        [name] => Some(make(Some((*name).to_string()))),
        _ => None,
    }
}

/// Reads a command line of words alone.
pub(super) fn read(args: &[OsString]) -> Option<Cli> {
    let (verb, rest) = args.get(1..)?.split_first()?;
    let mut words = Vec::with_capacity(rest.len());
    let (mut json, mut force) = (false, false);
    for arg in rest {
        match arg.to_str()? {
            // Said twice, it is an error.
            "--json" if !json => json = true,
            "--force" | "-f" if !force => force = true,
            word if word.starts_with('-') => return None,
            word => words.push(word),
        }
    }
    let verb = match verb.to_str()? {
        "commit" => Verb::Commit(commit::Args::plain(&words)?.forced(force)),
        // Of these, nothing else can be forced.
        _ if force => return None,
        "start" => Verb::Start(Plain::plain(&words)?),
        "list" => Verb::List(Plain::plain(&words)?),
        "status" => Verb::Status(Plain::plain(&words)?),
        "switch" => Verb::Switch(Plain::plain(&words)?),
        "cancel" => Verb::Cancel(Plain::plain(&words)?),
        "undo" => Verb::Undo(Plain::plain(&words)?),
        _ => return None,
    };
    Some(Cli { global: Global { json, root: None, session: None, quiet: false, color: Color::Auto }, verb })
}
