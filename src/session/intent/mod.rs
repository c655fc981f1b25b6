//! Reads from a prompt whether a person asks for work to be redone, which file they mean, and why.
//!
//! Pure, because a wrong guess here costs a person's trust and so must be testable by the hundred. The guess has two
//! stages: *retry* is sure enough for the hook to set the rejected version aside at once; *ask* changes nothing and
//! only lets the model know which command to run if it was a retry. Everything else is *no*. Nine languages are read,
//! by one lexicon (`lexicon.rs`) and one set of rules (`rules.rs`); what it gets right is measured in
//! `references/retry-detection.md`. Not here: going back to an older version, and the typed `/retry`.

mod cues;
mod doubts;
mod english;
mod evidence;
mod files;
mod index;
mod lexicon;
mod mask;
mod more;
mod names;
mod negations;
mod numbers;
mod orders;
mod others;
mod reading;
mod reason;
mod rules;
mod text;
mod versions;

use files::Mention;
use reading::Reading;
use rules::Whose;
use text::Text;

/// A prompt and what is known beside it.
#[derive(Debug, Clone, Copy)]
pub struct Prompt<'a> {
    /// What the person typed.
    pub text: &'a str,
    /// Project-relative paths that may be meant.
    pub files: &'a [&'a str],
    /// What the agent wrote last.
    pub last_written: Option<&'a str>,
}

/// Whether a prompt asks for a redo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Surely.
    Retry,
    /// Perhaps.
    Ask,
    /// No, or nobody can tell.
    No,
}

impl Verdict {
    /// Names the verdict as the hook's log does.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Ask => "ask",
            Self::No => "no",
        }
    }
}

/// What a prompt asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent<'a> {
    /// Whether it is a retry.
    pub verdict: Verdict,
    /// The file that is meant, out of those given.
    pub file: Option<&'a str>,
    /// What is wrong, in the person's words; empty where they do not say.
    pub reason: String,
}

/// Gives the name of the thing that a word stands for, folded to lower case, in whatever language: "сцену" is a scene.
#[must_use]
pub fn thing(word: &str) -> Option<&'static str> {
    files::thing(word)
}

/// Judges a prompt.
#[must_use]
pub fn judge<'a>(prompt: &Prompt<'a>) -> Intent<'a> {
    let no = Intent { verdict: Verdict::No, file: None, reason: String::new() };
    let Some(text) = Text::read(prompt.text) else { return no };
    let mut hits = cues::find(&text);
    if !rules::may_order(&text, &hits) {
        return no;
    }
    let mentions = files::mentions(&text, prompt.files, prompt.last_written);
    // `restore.md` restores nothing.
    let named = |hit: &cues::Hit| mentions.iter().any(|m| m.spells(hit.first, hit.end));
    // "make them blue here too" adds something.
    let also = |hit: &cues::Hit| {
        hit.cue == lexicon::Cue::Bad
            && text.spell(hit.first) == "too"
            && hit.end == hit.first + 1
            && hit.end == text.clauses[usize::from(text.words[hit.first].clause)].end
    };
    hits.retain(|hit| !named(hit) && !also(hit));
    let reading =
        Reading { text: &text, hits: &hits, mentions: &mentions, complains: evidence::complains(&hits) };
    let orders = reading.orders();
    let order = orders
        .iter()
        .copied()
        .reduce(|best, order| if order.strength > best.strength { order } else { best });
    let target = reading.target(order.as_ref());
    let named = target.map(|mention: Mention| prompt.files[mention.file]);
    let other_file = named.is_some_and(|file| prompt.last_written != Some(file));
    let theirs = order.as_ref().is_some_and(|order| reading.are_theirs(order));
    let whose = Whose { written: prompt.last_written.is_some(), other_file, theirs };
    let (verdict, order) = reading.verdict(&orders, &whose);
    if verdict == Verdict::No {
        return no;
    }
    Intent {
        verdict,
        file: named.or(prompt.last_written),
        reason: reason::reason(&reading, order.as_ref(), target.as_ref()),
    }
}

/// Whether [`judge`] could say anything but no; cheap, and needs no files.
#[must_use]
pub fn may_be_retry(text: &str) -> bool {
    Text::read(text).is_some_and(|text| rules::may_order(&text, &cues::find(&text)))
}

#[cfg(test)]
mod tests;
