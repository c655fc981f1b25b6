//! Ways of ordering a redo and of complaining, family by family, in the languages beside English.

use super::super::Verdict;
use super::{BOOK, all, book};

#[test]
fn a_verb_of_making_and_another_way_is_a_redo() {
    all(
        Verdict::Retry,
        &[
            "Сделай по-новому.",
            "Сгенерируй снова",
            "Напиши в другом ключе, слишком мрачно",
            "Оформи заново",
            "Зроби по-іншому",
            "Склади заново, пункти переплутані",
            "Schreib es anders, das klingt wie Werbung",
            "Verfasse den Text noch einmal",
            "Écris-le autrement, ça sonne faux",
            "Escríbelo de otra forma, parece publicidad",
            "Faça de outra maneira",
            "別の書き方で書いて",
            "换个写法",
        ],
    );
}

#[test]
fn another_version_is_asked_for_in_many_words() {
    all(
        Verdict::Retry,
        &[
            "Нужна новая редакция, в этой одни штампы",
            "Дай альтернативную версию",
            "Придумай вариант поживее",
            "Потрібна нова версія, ця нудна",
            "Ich brauche einen neuen Entwurf",
            "Ich brauche eine lustigere Version, die ist öde",
            "Donne-moi une version plus drôle",
            "Il me faut une nouvelle version",
            "Dame una versión más divertida",
            "Quero algo mais leve, isso é clichê",
            "もっと短いバージョンをください",
            "给我一个更好的版本",
        ],
    );
}

#[test]
fn what_is_thrown_away_is_redone() {
    all(
        Verdict::Retry,
        &[
            "Удаляй и пиши заново",
            "В корзину. Новый вариант, пожалуйста.",
            "Сотри всё и начни с чистого листа",
            "Викинь і напиши нове",
            "Lösch alles und fang von vorn an",
            "À la poubelle. Nouvelle version.",
            "Tíralo y empieza de nuevo",
            "Apaga tudo e começa do zero",
            "捨てて書き直して",
            "删了重写",
        ],
    );
}

#[test]
fn a_polite_request_is_an_order() {
    all(
        Verdict::Retry,
        &[
            "Нельзя ли переписать помягче?",
            "Хочу, чтобы ты переписал эту главу",
            "Убедительная просьба переделать",
            "Чи можна переписати коротше?",
            "Wären Sie so nett, es noch einmal zu erstellen?",
            "Auriez-vous l'obligeance de le refaire ?",
            "¿Le importaría reescribirlo?",
            "Você se importaria de refazer?",
            "書き直していただけますでしょうか",
            "麻烦你重新写一下",
        ],
    );
}

#[test]
fn slang_typos_and_words_of_two_languages_are_read() {
    all(
        Verdict::Retry,
        &[
            "пиридилай плз",
            "исчо раз пж",
            "сделай redo",
            "плиз redo, форма кривая",
            "дай новый take, этот скучный",
            "зроби redo",
            "nochma bitte",
            "redo svp, trop plat",
            "azlo otra vez",
            "faz dnv",
            "redoお願いします、長すぎる",
            "rewrite一下，太长",
        ],
    );
}

#[test]
fn the_same_but_different_is_a_redo() {
    all(
        Verdict::Retry,
        &[
            "То же самое, но короче",
            "Dasselbe, aber kürzer",
            "Lo mismo, pero más corto",
            "Те саме, але коротше",
        ],
    );
    all(Verdict::No, &["То же самое для server.py", "Dasselbe für den Server", "Lo mismo para el servidor"]);
}

#[test]
fn a_statement_of_what_is_wrong_is_asked_about() {
    all(
        Verdict::Ask,
        &[
            "Ты меня не понял.",
            "Мы договаривались о другом",
            "Несёт нейросетью",
            "Высосано из пальца",
            "Заказчик завернул",
            "Это не роман, это протокол",
            "Не смешно",
            "Завдання було інше",
            "Schlampig",
            "So kann ich das nicht verschicken",
            "Bâclé",
            "Le client l'a refusé",
            "No tiene sentido",
            "O cliente não gostou",
            "期待外れ",
            "文不对题",
        ],
    );
}

#[test]
fn what_sounds_alike_is_no_redo() {
    all(
        Verdict::No,
        &[
            "Напиши новый тест для парсера",
            "Попробуй подключиться ещё раз",
            "Сделай ревью ещё раз",
            "Другой вариант не нужен",
            "Третий вариант мне нравится больше",
            "Беру второй вариант",
            "Иначе не получится",
            "Не забудь добавить дату",
            "Не сейчас",
            "Нет, спасибо",
            "Інший варіант не потрібен",
            "Server neu starten",
            "Eine andere Version brauche ich nicht",
            "Nicht schlimm, machen wir später",
            "Encore un chapitre, s'il te plaît",
            "Je ne veux pas d'autre version",
            "No quiero otra versión",
            "Me quedo con la segunda versión",
            "Tenta conectar de novo",
            "Agora não",
            "新しいバージョン、最高です。ありがとう",
            "重新编译一下",
            "不需要别的版本",
        ],
    );
}

#[test]
fn a_bare_ordinal_names_a_file_among_its_like() {
    let meant = |prompt: &str, file: &str| assert_eq!(book(prompt).file, Some(file), "{prompt}");
    meant("Все главы хороши, кроме третьей, её перепиши", BOOK[2]);
    meant("Первая хороша, третью в топку и заново", BOOK[2]);
    meant("1-я глава ок, 3-я — переписать, скучно", BOOK[2]);
    // Persons are counted too.
    meant("Я просил от первого лица, а тут третье. Переделай", BOOK[1]);
}

#[test]
fn what_has_changed_or_will_be_done_then_is_only_asked_about() {
    all(
        Verdict::Ask,
        &[
            "Имя героини теперь Вера, перепиши",
            "Не понравится — начнём заново",
            "La heroína ahora se llama Vera, reescribe",
            "合同金额变了，重写",
        ],
    );
    all(
        Verdict::No,
        &[
            "Nochmal: keine Emojis",
            "Otra cosa, añade la fecha",
            "Autre chose : ajoute la date",
            "Скоро придётся переделывать, но не сейчас",
            "Kapitel 2: ich mach das neu",
        ],
    );
}

#[test]
fn another_of_what_there_is_is_a_redo_beside_a_complaint() {
    all(Verdict::Retry, &["Хочу другой план, этот слабый", "Нужен другой план: в этом нет кульминации"]);
    all(Verdict::Ask, &["Хочу другой план"]);
    all(
        Verdict::Retry,
        &[
            "Глава 1 может остаться как есть, а глава 3 — переписать",
            "Capítulo 1 está bien. El capítulo 3 hay que rehacerlo.",
        ],
    );
}

#[test]
fn a_version_that_is_to_be_without_something_is_asked_about() {
    all(
        Verdict::Ask,
        &[
            "Нужна версия без канцелярита",
            "Ich brauche eine Version ohne Pathos",
            "Quiero una versión sin clichés",
        ],
    );
    all(Verdict::No, &["Это версия без рекламы, оставляем", "Версия без правок лежит в docs"]);
}
