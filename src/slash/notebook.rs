//! The notebook's nouns behind `/session`: `objective add …`, `task set task-1 done`, `decision add … --rationale …`.

use super::options::Options;
use super::tokens::Tokens;
use crate::error::{Error, Result};
use crate::store::notebook::Kind;
use crate::text::{nearest, visible};
use crate::verbs::Ask;

/// Words for each action, its own name first.
const ACTIONS: [(&str, &[&str]); 6] = [
    ("add", &["add", "new", "record", "добавить", "добавь", "записать", "запиши", "новая", "новый"]),
    ("list", &["list", "ls", "список"]),
    ("complete", &["complete", "completed", "done", "finish", "завершить", "заверши", "выполнено", "готово"]),
    ("resolve", &["resolve", "resolved", "снять", "сними", "решить", "решено"]),
    ("set", &["set", "mark", "поставить", "отметить", "отметь"]),
    ("rm", &["rm", "remove", "delete", "удалить", "удали", "снять"]),
];

/// Gives the actions that a noun has.
fn actions_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Objective => &["add", "complete", "list"],
        Kind::Blocker => &["add", "resolve", "list"],
        Kind::Task => &["add", "set", "list", "show"],
        Kind::Tag => &["add", "rm", "list"],
        _ => &["add", "list"],
    }
}

/// Reads an action and its arguments; nothing lists.
pub(super) fn ask(kind: Kind, mut tokens: Tokens<'_>) -> Result<Ask> {
    let noun = kind.as_str();
    let Some(first) = tokens.next() else { return Ok(Ask::List { kind }) };
    let word = first.text.to_lowercase().replace('ё', "е");
    let known = actions_of(kind);
    let meant = ACTIONS
        .iter()
        .filter(|(action, _)| known.contains(action))
        .find(|(_, words)| words.contains(&word.as_str()))
        .map(|(action, _)| *action);
    let meant = meant.or_else(|| known.iter().copied().find(|action| *action == word));
    match meant.filter(|_| !first.quoted) {
        Some("add") => add(kind, tokens),
        Some("list") => Options::read(tokens, noun, &[], &[])?.at_most(0, noun).map(|()| Ask::List { kind }),
        Some("show") => one_id(kind, &mut tokens).map(|id| Ask::Show { kind, id }),
        Some("complete") => {
            Ok(Ask::Set { kind, ids: ids(kind, tokens)?, status: "completed".into(), said: String::new() })
        }
        Some("rm") => {
            Ok(Ask::Set { kind, ids: ids(kind, tokens)?, status: "removed".into(), said: String::new() })
        }
        Some("resolve") => {
            let id = one_id(kind, &mut tokens)?;
            Ok(Ask::Set { kind, ids: vec![id], status: "resolved".into(), said: tokens.verbatim() })
        }
        Some(_) => {
            let id = one_id(kind, &mut tokens)?;
            let Some(status) = tokens.next() else {
                return Err(Error::usage(format!("{noun} set needs a state"))
                    .hint("redraft task set <id> in_progress"));
            };
            Ok(Ask::Set { kind, ids: vec![id], status: status.text, said: tokens.verbatim() })
        }
        None => {
            let error = Error::usage(format!("{noun} has no action '{}'", visible(&first.text)))
                .detail(format!("Actions: {}", known.join(", ")));
            Err(match nearest(&word, known.iter().copied()) {
                Some(near) => error.hint(format!("Did you mean: redraft {noun} {near}")),
                None => error.hint(format!("redraft {noun} add \"<text>\"")),
            })
        }
    }
}

/// Reads what is to be written down; only decisions and tasks have options, anything else is taken as it is.
fn add(kind: Kind, tokens: Tokens<'_>) -> Result<Ask> {
    let noun = kind.as_str();
    let mut ask = (vec![tokens.verbatim()], String::new(), Vec::new(), String::new());
    if matches!(kind, Kind::Decision | Kind::Task) {
        let valued: &[&str] = if kind == Kind::Task { &["kind"] } else { &["rationale", "alternatives"] };
        let options = Options::read(tokens, noun, &[], valued)?;
        ask.0 = vec![options.operands.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")];
        ask.1 = options.values("rationale").last().map(ToString::to_string).unwrap_or_default();
        ask.2 = options.values("alternatives").iter().map(ToString::to_string).collect();
        ask.3 = options.values("kind").last().map(ToString::to_string).unwrap_or_default();
    } else if kind == Kind::Tag {
        ask.0 = tokens.map(|token| token.text.trim_matches(',').to_string()).collect();
    }
    if ask.0.iter().all(|text| text.trim().is_empty()) {
        return Err(
            Error::usage(format!("{noun} needs a text")).hint(format!("redraft {noun} add \"<text>\""))
        );
    }
    let (texts, rationale, alternatives, sort) = ask;
    Ok(Ask::Add { kind, texts, rationale, alternatives, sort })
}

fn one_id(kind: Kind, tokens: &mut Tokens<'_>) -> Result<String> {
    tokens.next().map(|token| token.text).ok_or_else(|| nameless(kind))
}

fn ids(kind: Kind, tokens: Tokens<'_>) -> Result<Vec<String>> {
    let ids: Vec<String> = tokens.map(|token| token.text.trim_matches(',').to_string()).collect();
    if ids.is_empty() { Err(nameless(kind)) } else { Ok(ids) }
}

fn nameless(kind: Kind) -> Error {
    let noun = kind.as_str();
    Error::usage(format!("which {noun} is not said")).hint(format!("See them all: redraft {noun} list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(kind: Kind, id: &str, status: &str, said: &str) -> Ask {
        Ask::Set { kind, ids: vec![id.into()], status: status.into(), said: said.into() }
    }

    fn add(kind: Kind, texts: &[&str], rationale: &str, alternatives: &[&str], sort: &str) -> Ask {
        let own = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        let (rationale, sort) = (rationale.into(), sort.into());
        Ask::Add { kind, texts: own(texts), rationale, alternatives: own(alternatives), sort }
    }

    #[test]
    fn nouns_and_their_actions() {
        use Kind::{Blocker, Decision, Note, Objective, Tag, Task};
        for (kind, typed, expected) in [
            (Objective, "", Ask::List { kind: Objective }),
            (Objective, "list", Ask::List { kind: Objective }),
            (
                Objective,
                "add Implement OAuth2 -- now",
                add(Objective, &["Implement OAuth2 -- now"], "", &[], ""),
            ),
            (Objective, "добавь «новый финал»", add(Objective, &["новый финал"], "", &[], "")),
            (Objective, "complete obj-1", set(Objective, "obj-1", "completed", "")),
            (Blocker, "resolve blk-1 keys arrived", set(Blocker, "blk-1", "resolved", "keys arrived")),
            (
                Decision,
                "add Use PKCE --rationale \"no interception\" --alternatives implicit --alternatives \"device code\"",
                add(Decision, &["Use PKCE"], "no interception", &["implicit", "device code"], ""),
            ),
            (Task, "add cover it --kind tdd", add(Task, &["cover it"], "", &[], "tdd")),
            (Task, "set task-1 in_progress", set(Task, "task-1", "in_progress", "")),
            (Task, "set 1 blocked \"no ink\"", set(Task, "1", "blocked", "no ink")),
            (Task, "show task-1", Ask::Show { kind: Task, id: "task-1".into() }),
            (Note, "add list of things", add(Note, &["list of things"], "", &[], "")),
            (Tag, "add draft, chapter-01", add(Tag, &["draft", "chapter-01"], "", &[], "")),
            (Tag, "rm draft", set(Tag, "draft", "removed", "")),
        ] {
            assert_eq!(ask(kind, Tokens::new(typed)).unwrap(), expected, "{typed}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for (kind, typed, part) in [
            (Kind::Objective, "ad x", "no action 'ad'"),
            (Kind::Objective, "add", "needs a text"),
            (Kind::Objective, "complete", "which objective"),
            (Kind::Note, "set note-1 done", "no action 'set'"),
            (Kind::Task, "set task-1", "needs a state"),
            (Kind::Decision, "add x --why y", "no option --why"),
            (Kind::Tag, "add", "needs a text"),
        ] {
            let error = ask(kind, Tokens::new(typed)).unwrap_err();
            assert!(error.message.contains(part), "{typed}: {}", error.message);
        }
    }
}
