//! What a session's notebook comes to: its things, how each stands, and how it came to stand so.
//!
//! Reading folds the lines by id; writing appends lines with the session lock held, so that two callers never get the
//! same id. A change names a thing that is there, in a state that its kind has: a typo makes nothing.

use serde_json::Value;

use super::layer::Layer;
use super::lifecycle::Caller;
use crate::error::{Error, Result};
use crate::report::Progress;
use crate::store::notebook::{Entry, Kind, Notebook, Read, Status};
use crate::text;

/// The longest text of one line, in bytes; what is longer is refused, not cut.
const MAX_TEXT: usize = 16 * 1024;

/// One thing of the notebook.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing {
    /// Its first line, with the state it is in by now.
    pub entry: Entry,
    /// Every line about it, oldest first.
    pub history: Vec<Entry>,
}

impl Thing {
    /// Tells whether something is still to be done about it.
    pub fn is_open(&self) -> bool {
        self.entry.status.is_open()
    }
}

/// Everything that a notebook says.
#[derive(Debug, Default)]
pub struct Notes {
    /// In the order in which they were first mentioned; what was taken away is not among them.
    pub things: Vec<Thing>,
    /// How many lines could not be read.
    pub unreadable: usize,
    /// Older lines were not read.
    pub older: bool,
}

impl Notes {
    /// Folds the lines of a notebook.
    pub fn of(read: Read) -> Self {
        let mut things: Vec<Thing> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for entry in read.entries {
            if let Some(at) = places.get(&entry.id) {
                let thing: &mut Thing = &mut things[*at];
                thing.entry.status = entry.status;
                thing.history.push(entry);
            } else {
                places.insert(entry.id.clone(), things.len());
                things.push(Thing { entry: entry.clone(), history: vec![entry] });
            }
        }
        things.retain(|thing| thing.entry.status != Status::Removed);
        Self { things, unreadable: read.unreadable, older: read.older }
    }

    /// Gives the things of one kind.
    pub fn kind(&self, kind: Kind) -> impl Iterator<Item = &Thing> {
        self.things.iter().filter(move |thing| thing.entry.kind == kind)
    }

    /// Counts what it holds.
    pub fn progress(&self) -> Progress {
        let count = |kind| self.kind(kind).count();
        let completed =
            |kind| self.kind(kind).filter(|thing| thing.entry.status == Status::Completed).count();
        Progress {
            objectives: count(Kind::Objective),
            objectives_completed: completed(Kind::Objective),
            blockers_open: self.kind(Kind::Blocker).filter(|thing| thing.is_open()).count(),
            tasks: count(Kind::Task),
            tasks_completed: completed(Kind::Task),
            decisions: count(Kind::Decision),
            notes: count(Kind::Note),
        }
    }

    /// Gives the tags, each once.
    pub fn tags(&self) -> Vec<String> {
        self.kind(Kind::Tag).map(|thing| thing.entry.text.clone()).collect()
    }
}

/// What is to be written down.
#[derive(Debug, Clone, Default)]
pub struct Draft<'a> {
    /// What it is.
    pub text: &'a str,
    /// Why, for a decision.
    pub rationale: &'a str,
    /// What was not chosen, for a decision.
    pub alternatives: &'a [String],
    /// The sort of task.
    pub sort: &'a str,
}

/// Reads all of a session's notebook.
pub fn read(layer: &Layer<'_>) -> Result<Notes> {
    Notebook::of(&layer.dir)?.read().map(Notes::of)
}

/// Reads what is recent in a session's notebook, at a bounded cost.
pub fn recent(layer: &Layer<'_>) -> Result<Notes> {
    Notebook::of(&layer.dir)?.recent().map(Notes::of)
}

/// Makes the first line about a thing, whose id is the `nth` of its kind.
pub fn first_line(caller: &Caller<'_>, kind: Kind, nth: usize, draft: &Draft<'_>) -> Result<Entry> {
    let text = checked(kind, draft.text)?;
    for more in [draft.rationale, draft.sort].into_iter().chain(draft.alternatives.iter().map(String::as_str))
    {
        fits(kind, more)?;
    }
    Ok(Entry { id: format!("{}-{nth}", kind.prefix()), text, ..line(caller, kind, draft) })
}

/// Makes a line that says who says it and when, about nothing yet.
pub(super) fn line(caller: &Caller<'_>, kind: Kind, draft: &Draft<'_>) -> Entry {
    Entry {
        id: String::new(),
        kind,
        status: kind.first_status(),
        at: caller.env.timestamp(),
        by: caller.env.user.clone(),
        text: draft.text.trim().to_string(),
        rationale: draft.rationale.trim().to_string(),
        alternatives: draft.alternatives.iter().map(|other| other.trim().to_string()).collect(),
        sort: draft.sort.trim().to_string(),
        data: None,
    }
}

/// Writes new things down; gives them, and everything that the notebook says by then.
///
/// A tag that is there already is not written again.
pub fn add(
    layer: &Layer<'_>,
    caller: &Caller<'_>,
    kind: Kind,
    drafts: &[Draft<'_>],
) -> Result<(Vec<Entry>, Notes)> {
    let _lock = layer.lock(caller.waiter(kind.as_str()))?;
    let mut all = Notebook::of(&layer.dir)?.read()?;
    let mut next = next_number(&all.entries, kind);
    let mut known = Notes::of(Read { entries: all.entries.clone(), ..Read::default() }).tags();
    let mut lines = Vec::new();
    for draft in drafts {
        let line = first_line(caller, kind, next, draft)?;
        if kind == Kind::Tag && known.contains(&line.text) {
            continue;
        }
        known.push(line.text.clone());
        next += 1;
        lines.push(line);
    }
    if !lines.is_empty() {
        Notebook::of(&layer.dir)?.append(&lines)?;
    }
    all.entries.extend(lines.iter().cloned());
    Ok((lines, Notes::of(all)))
}

/// Gives the id that the next thing of a kind gets. The caller holds the session lock.
pub fn next_id(layer: &Layer<'_>, kind: Kind) -> Result<String> {
    let entries = Notebook::of(&layer.dir)?.read()?.entries;
    Ok(format!("{}-{}", kind.prefix(), next_number(&entries, kind)))
}

/// Writes a line of redraft's own. The caller holds the session lock.
pub fn record(
    layer: &Layer<'_>,
    caller: &Caller<'_>,
    kind: Kind,
    draft: &Draft<'_>,
    data: Option<Value>,
) -> Result<Entry> {
    let line = Entry { id: next_id(layer, kind)?, data, ..line(caller, kind, draft) };
    Notebook::of(&layer.dir)?.append(std::slice::from_ref(&line))?;
    Ok(line)
}

/// Writes a further line about a checkpoint. The caller holds the session lock.
pub fn say(layer: &Layer<'_>, caller: &Caller<'_>, id: &str, said: &str, data: Option<Value>) -> Result<()> {
    let said = Draft { text: said, ..Draft::default() };
    let line = Entry { id: id.into(), data, ..line(caller, Kind::Checkpoint, &said) };
    Notebook::of(&layer.dir)?.append(&[line])
}

/// Counts one further than the highest number that a kind ever had.
fn next_number(entries: &[Entry], kind: Kind) -> usize {
    let number =
        |entry: &Entry| entry.id.strip_prefix(kind.prefix())?.strip_prefix('-')?.parse::<usize>().ok();
    entries.iter().filter_map(number).max().unwrap_or(0) + 1
}

/// Writes down that things stand differently, all or none; gives them as they stand, and everything.
pub fn set(
    layer: &Layer<'_>,
    caller: &Caller<'_>,
    kind: Kind,
    ids: &[String],
    status: Status,
    said: &str,
) -> Result<(Vec<Thing>, Notes)> {
    fits(kind, said)?;
    let _lock = layer.lock(caller.waiter(kind.as_str()))?;
    let mut all = Notebook::of(&layer.dir)?.read()?;
    let notes = Notes::of(Read { entries: all.entries.clone(), ..Read::default() });
    let mut changed = Vec::new();
    for id in ids {
        let mut thing = find(&notes, kind, id, layer)?.clone();
        if thing.entry.status == status && said.trim().is_empty() {
            return Err(Error::refused(format!("{} is {} already", thing.entry.id, status.as_str()))
                .detail(text::prose(&thing.entry.text))
                .hint(format!("See them all: redraft {} list", kind.as_str())));
        }
        let said = Draft { text: said, ..Draft::default() };
        let line = Entry { id: thing.entry.id.clone(), status, ..line(caller, kind, &said) };
        thing.entry.status = status;
        thing.history.push(line);
        changed.push(thing);
    }
    let lines: Vec<Entry> = changed.iter().filter_map(|thing| thing.history.last().cloned()).collect();
    Notebook::of(&layer.dir)?.append(&lines)?;
    all.entries.extend(lines);
    Ok((changed, Notes::of(all)))
}

/// Finds a thing by its id, by its number alone, or a tag by its word.
pub fn find<'a>(notes: &'a Notes, kind: Kind, asked: &str, layer: &Layer<'_>) -> Result<&'a Thing> {
    let asked = asked.trim();
    let own = |thing: &&Thing| {
        let id = &thing.entry.id;
        id.eq_ignore_ascii_case(asked)
            || id.strip_prefix(kind.prefix()).and_then(|rest| rest.strip_prefix('-')) == Some(asked)
            || kind == Kind::Tag && thing.entry.text == tag_word(asked)
    };
    if let Some(thing) = notes.kind(kind).find(own) {
        return Ok(thing);
    }
    let word = kind.as_str();
    let mut error =
        Error::not_found(format!("No {word} '{}' in session '{}'", text::visible(asked), layer.name));
    for thing in notes.kind(kind).take(20) {
        error = error.detail(format!("{}: {}", thing.entry.id, text::prose(&thing.entry.text)));
    }
    let known = notes.kind(kind).map(|thing| thing.entry.id.as_str());
    if let Some(near) = text::nearest(asked, known) {
        error = error.hint(format!("Did you mean '{near}'?"));
    }
    Err(error
        .hint(format!("See them all: redraft {word} list"))
        .hint(format!("Add one: redraft {word} add \"<text>\"")))
}

/// Reads the state of a task; an unknown one is an error that names the known ones.
pub fn task_status(asked: &str) -> Result<Status> {
    let folded = asked.trim().to_lowercase().replace([' ', '-'], "_");
    let known = Status::OF_TASKS.map(Status::as_str);
    let word = match folded.as_str() {
        "done" | "complete" | "готово" => "completed",
        "doing" | "started" | "active" => "in_progress",
        "canceled" => "cancelled",
        other => other,
    };
    Status::OF_TASKS.into_iter().find(|status| status.as_str() == word).ok_or_else(|| {
        let error = Error::usage(format!("A task cannot be '{}'", text::visible(asked)))
            .detail(format!("Valid statuses: {}", known.join(", ")));
        match text::nearest(word, known) {
            Some(near) => error.hint(format!("Did you mean: redraft task set <id> {near}")),
            None => error.hint("redraft task set <id> in_progress"),
        }
    })
}

/// Gives a tag as it is kept: without `#`, in lower case.
pub fn tag_word(text: &str) -> String {
    text.trim().trim_start_matches('#').to_lowercase()
}

/// Checks what a thing is to say.
fn checked(kind: Kind, said: &str) -> Result<String> {
    let said = if kind == Kind::Tag { tag_word(said) } else { said.trim().to_string() };
    let word = kind.as_str();
    if said.is_empty() {
        return Err(
            Error::usage(format!("{word} needs a text")).hint(format!("redraft {word} add \"<text>\""))
        );
    }
    if kind == Kind::Tag && said.chars().any(|c| c.is_whitespace() || c == ',') {
        return Err(Error::usage(format!("a tag is one word, not '{}'", text::visible(&said)))
            .hint("redraft tag add chapter-01 draft"));
    }
    fits(kind, &said).map(|()| said)
}

fn fits(kind: Kind, said: &str) -> Result<()> {
    if said.len() <= MAX_TEXT {
        return Ok(());
    }
    Err(Error::usage(format!("the {} has {} bytes; {MAX_TEXT} are allowed", kind.as_str(), said.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, kind: Kind, status: Status, text: &str) -> Entry {
        let (rationale, sort) = (String::new(), String::new());
        let (at, by, alternatives) = ("2026-01-01T00:00:00Z".into(), String::new(), Vec::new());
        Entry {
            id: id.into(),
            kind,
            status,
            at,
            by,
            text: text.into(),
            rationale,
            alternatives,
            sort,
            data: None,
        }
    }

    #[test]
    fn a_thing_is_its_lines() {
        let entries = vec![
            line("task-1", Kind::Task, Status::Pending, "write"),
            line("tag-1", Kind::Tag, Status::Recorded, "draft"),
            line("task-1", Kind::Task, Status::Blocked, "no ink"),
            line("tag-1", Kind::Tag, Status::Removed, ""),
            line("task-1", Kind::Task, Status::Completed, ""),
        ];
        assert_eq!((next_number(&entries, Kind::Tag), next_number(&entries, Kind::Note)), (2, 1));
        let notes = Notes::of(Read { entries, ..Read::default() });
        assert_eq!(notes.tags(), Vec::<String>::new());
        let [task] = notes.things.as_slice() else { panic!("{notes:?}") };
        assert_eq!((task.entry.text.as_str(), task.entry.status), ("write", Status::Completed));
        let states: Vec<&str> = task.history.iter().map(|step| step.status.as_str()).collect();
        assert_eq!(states, ["pending", "blocked", "completed"]);
    }

    #[test]
    fn a_task_is_in_one_of_five_states() {
        for (asked, expected) in [
            ("in_progress", Some(Status::InProgress)),
            ("In Progress", Some(Status::InProgress)),
            ("done", Some(Status::Completed)),
            ("blocked", Some(Status::Blocked)),
            ("open", None),
            ("removed", None),
            ("", None),
        ] {
            assert_eq!(task_status(asked).ok(), expected, "{asked}");
        }
        assert!(task_status("compleet").unwrap_err().hints[0].ends_with("completed"));
    }
}
