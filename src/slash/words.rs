//! The words a person may type for each subcommand, in English and Russian.
//!
//! Matched without regard to case; `ё` counts as `е`. The first word of each list is the subcommand's own name.

use crate::store::notebook::Kind;

/// What a word asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Start,
    List,
    Status,
    Switch,
    Commit,
    Cancel,
    Restore,
    Archive,
    Reopen,
    History,
    Compare,
    Analyze,
    Report,
    Gc,
    Log,
    Undo,
    Recover,
    Retry,
    Resolve,
    Diff,
    Rm,
    Mv,
    Bring,
    Find,
    Search,
    Brief,
    Resume,
    End,
    Dehydrate,
    Restart,
    Checkpoint,
    Checkpoints,
    Rollback,
    Tool,
    /// One of the notebook's nouns.
    Noun(Kind),
}

type Entry = (Verb, &'static [&'static str]);

const VERBS: [Entry; 40] = [
    (
        Verb::Start,
        &[
            "start",
            "create",
            "new",
            "begin",
            "начать",
            "начни",
            "создать",
            "создай",
            "старт",
            "стартовать",
            "новая",
            "новую",
        ],
    ),
    (Verb::List, &["list", "ls", "sessions", "список", "перечень", "сессии"]),
    (Verb::Status, &["status", "info", "статус", "состояние", "инфо"]),
    (
        Verb::Switch,
        &[
            "switch",
            "use",
            "переключить",
            "переключи",
            "переключись",
            "переключиться",
            "перейти",
            "перейди",
            "сменить",
            "смени",
        ],
    ),
    (
        Verb::Commit,
        &[
            "commit",
            "land",
            "закоммитить",
            "закоммить",
            "коммит",
            "коммитить",
            "принять",
            "прими",
            "применить",
            "примени",
            "зафиксировать",
            "зафиксируй",
        ],
    ),
    (Verb::Cancel, &["cancel", "discard", "abort", "отменить", "отмени", "отмена", "отбросить", "отбрось"]),
    (Verb::Restore, &["restore", "восстановить", "восстанови", "вернуть", "верни"]),
    (Verb::Archive, &["archive", "архивировать", "архивируй", "архив"]),
    (Verb::Reopen, &["reopen", "unarchive", "разархивировать", "разархивируй"]),
    (Verb::Log, &["log", "журнал", "лог"]),
    (Verb::History, &["history", "история"]),
    (Verb::Analyze, &["analyze", "analyse", "анализ", "проанализируй"]),
    (Verb::Report, &["report", "отчет"]),
    (Verb::Gc, &["gc"]),
    (Verb::Compare, &["compare", "сравнить", "сравни"]),
    (Verb::Undo, &["undo", "revert", "отозвать", "отзови"]),
    (Verb::Recover, &["recover", "repair", "починить", "почини", "исправить"]),
    (Verb::Retry, &["retry", "повтор", "повторить", "ретрай", "переделать", "переделай"]),
    (Verb::Resolve, &["resolve", "path", "where", "путь", "где"]),
    (Verb::Diff, &["diff", "разница", "дифф", "диф", "отличия", "изменения"]),
    (Verb::Rm, &["rm", "remove", "delete", "удалить", "удали"]),
    (Verb::Find, &["find", "найти", "найди"]),
    (Verb::Search, &["search", "поиск", "искать", "ищи"]),
    (Verb::Brief, &["brief", "сводка", "бриф"]),
    (Verb::Resume, &["resume", "continue", "продолжить", "продолжи", "возобновить"]),
    (Verb::End, &["end", "pause", "finish", "завершить", "заверши", "закончить", "закончи", "пауза"]),
    (Verb::Dehydrate, &["dehydrate"]),
    (Verb::Restart, &["restart", "перезапустить", "перезапуск"]),
    (Verb::Checkpoint, &["checkpoint", "чекпоинт", "чекпойнт"]),
    (Verb::Checkpoints, &["checkpoints", "чекпоинты", "чекпойнты"]),
    (Verb::Rollback, &["rollback", "откатить", "откати", "откат"]),
    (Verb::Tool, &["tool", "инструмент"]),
    (Verb::Noun(Kind::Objective), &["objective", "objectives", "goal", "goals", "цель", "цели"]),
    (Verb::Noun(Kind::Blocker), &["blocker", "blockers", "блокер", "блокеры", "препятствие", "препятствия"]),
    (Verb::Noun(Kind::Decision), &["decision", "decisions", "решение", "решения"]),
    (Verb::Noun(Kind::Task), &["task", "tasks", "todo", "задача", "задачу", "задачи"]),
    (Verb::Noun(Kind::Note), &["note", "notes", "заметка", "заметку", "заметки"]),
    (Verb::Noun(Kind::Tag), &["tag", "tags", "тег", "теги", "метка", "метки"]),
    (Verb::Bring, &["bring", "взять", "возьми", "принести"]),
    (Verb::Mv, &["mv", "move", "rename", "переименовать", "переименуй", "переместить", "перемести"]),
];

/// Words that may stand beside a subcommand and say nothing ("создать сессию", "session status").
const FILLERS: [&str; 8] =
    ["session", "sessions", "сессия", "сессию", "сессии", "сессией", "сессий", "сессиям"];

/// Finds the subcommand a word asks for.
pub(super) fn verb(word: &str) -> Option<Verb> {
    let word = folded(word);
    VERBS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(verb, _)| *verb)
}

/// Finds the subcommand a mistyped word may have meant, by its own name.
pub(super) fn nearest(word: &str) -> Option<&'static str> {
    let meant =
        crate::text::nearest(&folded(word), VERBS.iter().flat_map(|(_, words)| words.iter().copied()))?;
    VERBS.iter().find(|(_, words)| words.contains(&meant)).map(|(_, words)| words[0])
}

/// Tells whether a word only says that sessions are meant.
pub(super) fn is_filler(word: &str) -> bool {
    FILLERS.contains(&folded(word).as_str())
}

fn folded(word: &str) -> String {
    word.to_lowercase().replace('ё', "е")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_means_one_thing_and_is_folded() {
        let all: Vec<&str> = VERBS.iter().flat_map(|(_, words)| words.iter().copied()).collect();
        for word in &all {
            assert_eq!(all.iter().filter(|other| other == &word).count(), 1, "{word}");
            assert_eq!(&folded(word), word);
        }
    }

    #[test]
    fn the_names_are_those_hints_are_phrased_with() {
        let mut own: Vec<&str> =
            VERBS.iter().map(|(_, words)| words[0]).filter(|name| *name != "retry").collect();
        let mut phrased = [
            crate::ui::SESSION_VERBS.as_slice(),
            &crate::ui::FILE_VERBS,
            &crate::ui::NOTEBOOK_VERBS,
            &crate::ui::HANDOVER_VERBS,
            &crate::ui::LOOKBACK_VERBS,
        ]
        .concat();
        own.sort_unstable();
        phrased.sort_unstable();
        assert_eq!(own, phrased);
    }
}
