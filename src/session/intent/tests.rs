//! Prompts and what they come to: what is surely a retry, what is asked about, and what is left alone.

mod english;

use super::lexicon::LEXICON;
use super::names::{MONTHS, NUMBERS, THINGS};
use super::text::fold;
use super::{Intent, Prompt, Verdict, judge, may_be_retry};

mod languages;

const BOOK: &[&str] =
    &["chapters/chapter-01.md", "chapters/chapter-02.md", "chapters/chapter-03.md", "outline.md"];
const CODE: &[&str] =
    &["src/parser.rs", "src/lexer.rs", "src/useRetry.ts", "tests/parser_test.rs", "README.md"];

fn book(text: &str) -> Intent<'_> {
    judge(&Prompt { text, files: BOOK, last_written: Some(BOOK[1]) })
}

fn code(text: &str) -> Intent<'_> {
    judge(&Prompt { text, files: CODE, last_written: Some(CODE[1]) })
}

fn all(verdict: Verdict, prompts: &[&str]) {
    let wrong: Vec<_> = prompts.iter().filter(|prompt| book(prompt).verdict != verdict).collect();
    assert!(wrong.is_empty(), "not {verdict:?}: {wrong:#?}");
}

#[test]
fn orders_are_retries_in_every_language() {
    all(
        Verdict::Retry,
        &[
            "Redo it.",
            "try again, the dialogue is wooden",
            "Start over please",
            "this needs to be rewritten from scratch, too slow",
            "rewrtie it plz, so boring",
            "could you give it another shot?",
            "If it's not too much trouble, do it over.",
            "Переделай.",
            "Скучно, перепиши заново",
            "давай ещё раз, но короче",
            "Перероби, надто довго",
            "Mach das nochmal neu, zu lang",
            "Könntest du es bitte noch einmal versuchen?",
            "Recommence, c'est trop long",
            "Pourrais-tu réessayer ?",
            "Hazlo de nuevo, suena falso",
            "Refaça, está chato",
            "書き直してください。",
            "長すぎるので、もう一度書いて",
            "重写一遍，太长了",
            "能不能再写一遍？",
            "Riscrivilo, è troppo lungo",
            "Napisz to jeszcze raz, za długie",
            "Tekrar yaz, çok uzun",
        ],
    );
}

#[test]
fn rejections_without_an_order_are_asked_about() {
    all(
        Verdict::Ask,
        &[
            "That's not what I asked for.",
            "Это совсем не то.",
            "Це зовсім не те.",
            "Das ist nicht das, was ich wollte.",
            "Ce n'est pas ce que je voulais.",
            "Esto no es lo que te pedí.",
            "Não é nada disso.",
            "全然違います。",
            "这根本不是我想要的。",
        ],
    );
}

#[test]
fn negated_orders_are_none() {
    all(
        Verdict::No,
        &[
            "No redo needed, thanks.",
            "Kapitel 2 bitte nicht neu schreiben, nur die Namen ändern",
            "вторую главу заново не делай",
            "全部書き直すのではなく、冒頭だけ短くして",
            "与其全部重写，不如把开头缩短",
            "Don't rewrite it.",
            "No need to redo anything.",
            "Add a title without rewriting the rest.",
            "Не переписывай главу.",
            "Переделывать не надо.",
            "Не переписуй.",
            "Schreib das nicht neu.",
            "Ne réécris rien.",
            "No lo reescribas.",
            "Não precisa refazer.",
            "書き直さないで。",
            "やり直す必要はありません。",
            "不要重写。",
        ],
    );
}

#[test]
fn conditions_are_no_orders() {
    all(
        Verdict::No,
        &[
            "If she hates it we'll rewrite chapter 3.",
            "Try again if it fails.",
            "Если не понравится, перепиши.",
            "Якщо не вийде, перепиши.",
            "Falls es ihr nicht passt, schreib es neu.",
            "Si elle refuse, réécris-le.",
            "Si no le gusta, reescríbelo.",
            "Se ela não aprovar, reescreva.",
            "编辑不喜欢的话，如果有时间就重写。",
        ],
    );
}

#[test]
fn questions_are_no_orders() {
    all(
        Verdict::No,
        &[
            "Why did you rewrite it?",
            "How many times have you redone this?",
            "Should we redo the ending?",
            "Почему ты переписал?",
            "Стоит ли переделать?",
            "Warum hast du es neu geschrieben?",
            "Pourquoi as-tu recommencé ?",
            "¿Por qué lo reescribiste?",
            "Por que você reescreveu?",
            "なぜ書き直したんですか？",
            "为什么重写？",
        ],
    );
}

#[test]
fn what_others_say_is_no_order() {
    all(
        Verdict::No,
        &[
            "Add a line where he shouts \"Do it again!\"",
            "The label should be 'Try again'.",
            "Добавь реплику «Переделай всё!»",
            "Der Zettel sagt: „Mach es neu!“",
            "Ajoute « Recommence ! » à la fin.",
            "彼は「やり直せ！」と叫ぶ。",
            "加一句“重来！”",
            "My editor rewrote it twice.",
            "She asked us to redo it.",
            "Change the text to: Try again.",
        ],
    );
}

#[test]
fn machines_and_commands_give_no_orders() {
    all(
        Verdict::No,
        &[
            "/retry chapters/chapter-02.md too long",
            "/anything redo it",
            "<task-notification>redo it</task-notification>",
            "<system-reminder>The user wants you to start over.</system-reminder>",
            "<local-command-stdout>try again</local-command-stdout>",
            "Caveat: The messages below were generated by the user. Redo it.",
            "ERROR 12:00:01 lost connection, try again",
            "```\nredo it\n```",
            "> redo it",
            "",
            "   ",
        ],
    );
}

#[test]
fn going_back_and_running_again_are_no_retries() {
    all(
        Verdict::No,
        &[
            "Go back to the previous version.",
            "Undo that.",
            "Верни как было.",
            "Stell die alte Version wieder her.",
            "Run the tests again.",
            "The network is back, try again.",
            "Запусти тесты ещё раз.",
            "Relance les tests.",
            "テストをもう一度実行して。",
            "再跑一次测试。",
        ],
    );
}

#[test]
fn what_nobody_writes_is_not_redone() {
    all(
        Verdict::No,
        &[
            "Redo the merge but keep my side.",
            "The upload got stuck, do it again.",
            "Mach den Build nochmal.",
            "Сделай ребейз заново.",
            "Refais le build.",
            "デプロイをやり直して。",
            "Reword the first sentence.",
            "Перефразируй последнюю фразу.",
        ],
    );
    // Beside a complaint nobody can tell.
    all(
        Verdict::Ask,
        &["Redo the import, half of it is missing.", "The last line is awful, rewrite that line."],
    );
}

#[test]
fn again_is_said_for_other_reasons() {
    all(
        Verdict::No,
        &[
            "Thanks again!",
            "Спасибо ещё раз!",
            "Nochmals danke!",
            "Merci encore.",
            "Gracias otra vez.",
            "再次感谢",
            "Show me the diff again.",
            "Покажи ещё раз дифф.",
            "Let's try again tomorrow.",
            "Tom will redo it himself.",
            "Kapitel 2 schreibe ich selbst neu.",
            "The second version is great.",
        ],
    );
}

#[test]
fn a_new_one_beside_a_complaint_is_a_redo() {
    let complaint = [
        "aburrido, escribe otro",
        "太平淡了,写个别的",
        "Zu lang. Schreib ein anderes.",
        "мляво, напиши інший",
    ];
    all(Verdict::Retry, &complaint);
    all(
        Verdict::Retry,
        &["I wonder if you could try this again, it's flat.", "Too dull. Come up with a new one."],
    );
    all(Verdict::Ask, &["What is this? There's no ending.", "The title is flat, come up with a new title."]);
}

#[test]
fn domain_words_are_no_orders() {
    for prompt in [
        "Add backoff to the retry logic.",
        "Implement undo and redo.",
        "The game needs a retry button.",
        "Make the retry count configurable.",
        "Write a poem about starting over.",
        "给重试逻辑加上退避。",
    ] {
        assert_eq!(code(prompt).verdict, Verdict::No, "{prompt}");
    }
}

#[test]
fn a_persons_own_text_is_not_retried() {
    all(
        Verdict::No,
        &[
            "Here is my own draft. Rewrite it in the present tense.",
            "Вот мой черновик, перепиши его.",
            "Hier ist mein eigener Entwurf, schreib ihn um.",
            "Voici mon brouillon, réécris-le.",
            "私が書いた下書きです。書き直して。",
            "这是我自己写的，请重写。",
        ],
    );
}

#[test]
fn an_order_without_a_complaint_is_sure_only_where_nothing_else_is_spoken_of() {
    all(
        Verdict::Retry,
        &[
            "Redo chapter 2, please.",
            "Chapter 2 opens at the harbour and ends there. Redo it.",
            "the second chapter has no stakes, do it over",
            "Во второй главе все едут в поезде, переделай её",
        ],
    );
    all(
        Verdict::Ask,
        &[
            "Over the door hangs a board: start over.",
            "The wizard has a back arrow, start over at any step and a summary at the end",
            "тег запушил, давай ещё раз",
            "le menu propose : reprendre, recommencer le niveau, quitter",
            "Tag ist jetzt da, nochmal",
        ],
    );
}

#[test]
fn what_the_person_calls_theirs_is_asked_about() {
    all(
        Verdict::Ask,
        &[
            "Our old outline is unreadable, rewrite it by act.",
            "My outline is weak, I know. Rewrite it.",
            "Unser alter Outline ist unlesbar, schreib outline.md neu",
            "我们的老outline.md没人看得懂，重写一下",
        ],
    );
}

#[test]
fn a_new_version_that_is_spoken_of_is_no_order() {
    all(
        Verdict::No,
        &[
            "v2 works for me",
            "new version of chapter 2 reads so much smoother, thanks",
            "die neue Fassung von Kapitel 2 liest sich gut, danke",
            "第二章的新版本读起来很好，谢谢",
        ],
    );
}

#[test]
fn approval_and_more_are_no_retries() {
    all(
        Verdict::No,
        &[
            "Much better now, thanks for redoing it.",
            "Perfect, exactly what I wanted.",
            "Good, now add a paragraph to chapter 3.",
            "next chapter",
            "Другое дело, спасибо, что переделал.",
            "书写继续。",
        ],
    );
}

#[test]
fn files_are_found_by_any_name() {
    let meant = |prompt: &str, file: &str| assert_eq!(book(prompt).file, Some(file), "{prompt}");
    meant("Redo chapters/chapter-01.md", BOOK[0]);
    meant("Redo `chapter-03.md`, too long", BOOK[2]);
    meant("chapter-03 is too long, redo", BOOK[2]);
    meant("Redo chapter 3, it's too long", BOOK[2]);
    meant("Redo the third chapter, it's too long", BOOK[2]);
    meant("Переделай третью главу, скучно", BOOK[2]);
    meant("Schreib das 3. Kapitel neu, zu lang", BOOK[2]);
    meant("第3章を書き直して、長すぎる", BOOK[2]);
    meant("第三章重写，太长", BOOK[2]);
    meant("План переделай, скучно", BOOK[3]);
    meant("Chapter 1 is great. Redo chapter 3, it's too long.", BOOK[2]);
    meant("Make it like chapter 1, which I loved. Try again.", BOOK[1]);
    meant("too long, try again", BOOK[1]);
    meant("I'm not happy with chapter 3, redo it", BOOK[2]);
    meant("chapter-03.md repeats half of chapter-01.md, redo", BOOK[2]);
    meant("Chapter 3 drags and the outline is not followed, redo it", BOOK[2]);
    meant("Chapter 1 is something we can't keep, redo", BOOK[0]);
    meant("03 is too long, redo", BOOK[2]);
    meant("Too many adjectives in two chapters' worth of text. Redo chapter-03.md", BOOK[2]);
}

#[test]
fn code_is_found_by_any_name() {
    let meant = |prompt: &str, file: &str| assert_eq!(code(prompt).file, Some(file), "{prompt}");
    meant("Redo the parser, it panics", CODE[0]);
    meant("лексер отстой, переписывай", CODE[1]);
    meant("useRetry leaks, write it again", CODE[2]);
    meant("The parser tests are useless, start over", CODE[3]);
    meant("the readme is too long, redo", CODE[4]);
}

#[test]
fn nothing_written_is_no_file() {
    let intent = judge(&Prompt { text: "Try again, that's wrong.", files: &[], last_written: None });
    assert_eq!((intent.verdict, intent.file), (Verdict::Retry, None));
}

#[test]
fn reasons_are_quoted() {
    let reason = |prompt: &str, reason: &str| assert_eq!(book(prompt).reason, reason, "{prompt}");
    reason("Redo it.", "");
    reason("Try again, the dialogue feels wooden.", "dialogue feels wooden");
    reason("Слишком много описаний, перепиши.", "Слишком много описаний");
    reason("переделай без пафоса", "без пафоса");
    reason("描写太多了，重写一遍。", "描写太多");
}

#[test]
fn the_cheap_check_never_contradicts() {
    for (_, phrases) in LEXICON {
        for phrase in *phrases {
            let text = phrase.replace(['*', '/'], " ").replace("..", "it");
            assert!(may_be_retry(&text) || book(&text).verdict == Verdict::No, "{text}");
        }
    }
    assert!(!may_be_retry("/retry it"));
    assert!(!may_be_retry("Create a page about lighthouses."));
}

#[test]
fn tables_are_spelled_as_words_are_read() {
    let cues = LEXICON.iter().flat_map(|(_, phrases)| phrases.iter());
    let names = THINGS.iter().flat_map(|(_, words)| words.iter());
    let numbers = NUMBERS.iter().chain(MONTHS).flat_map(|(_, words)| words.iter());
    for phrase in cues.chain(names).chain(numbers) {
        assert_eq!(fold(phrase), *phrase);
        assert!(!phrase.contains(['\'', '’', '-', '。']), "{phrase}");
        assert!(!phrase.is_empty() && phrase.trim() == *phrase, "{phrase}");
        let first = phrase.split(' ').next().unwrap_or_default();
        assert!(!first.ends_with('*') || first.chars().count() > 3, "{phrase} is too short for the index");
    }
}

#[test]
fn nothing_stands_in_a_table_twice() {
    let mut phrases = std::collections::HashSet::new();
    for (cue, row) in LEXICON {
        for phrase in *row {
            assert!(phrases.insert((format!("{cue:?}"), phrase)), "{cue:?} has {phrase} twice");
        }
    }
    let mut things = std::collections::HashSet::new();
    for (thing, _) in THINGS {
        assert!(things.insert(thing), "{thing} has two rows");
    }
}

#[test]
fn long_prompts_are_read_at_both_ends() {
    let filler = "The tide came in and the gulls left. ".repeat(30_000);
    assert_eq!(book(&format!("Redo it, too long. {filler}")).verdict, Verdict::Retry);
    assert_eq!(book(&format!("{filler} Redo it, too long.")).verdict, Verdict::Retry);
    assert_eq!(book(&filler).verdict, Verdict::No);
}

#[test]
fn odd_text_does_no_harm() {
    for text in [
        "\"",
        "'",
        "«",
        "「",
        "```",
        "<",
        "/",
        "…",
        "😡",
        "\u{301}",
        "İ redo",
        "redo\u{0}it",
        "第",
        "1",
        "- redo",
        "¿?",
    ] {
        let _ = book(text);
        let _ = book(&text.repeat(5000));
    }
}
