//! What people say in English, by families: verbs of making, words for a try, frames, idioms, haste, and what only
//! looks like them.

use super::super::Verdict;
use super::{all, book, code};

#[test]
fn any_verb_of_making_with_any_word_for_again_is_a_redo() {
    for verb in ["Write", "Do", "Draft", "Compose", "Tell", "Type"] {
        for again in ["again", "once more", "one more time", "a second time"] {
            let prompt = format!("{verb} it {again}, please. It drags.");
            assert_eq!(book(&prompt).verdict, Verdict::Retry, "{prompt}");
        }
    }
    all(
        Verdict::Retry,
        &[
            "Do it from the ground up.",
            "write it from first principles",
            "Do it right this time.",
            "Do it the way I described.",
            "Start it afresh, it rambles.",
            "Have one more go at it.",
            "take it back to the start and do it over",
        ],
    );
}

#[test]
fn another_of_it_is_a_redo_however_it_is_asked_for() {
    for frame in [
        "I'd like",
        "I'd appreciate",
        "I must ask for",
        "Could I have",
        "Might I request",
        "Let me see",
        "Any chance of",
        "I'd be grateful for",
        "This could do with",
    ] {
        for noun in ["another version", "a fresh draft", "a second attempt", "a different take"] {
            let prompt = format!("It drags. {frame} {noun}.");
            assert_eq!(book(&prompt).verdict, Verdict::Retry, "{prompt}");
        }
    }
    all(
        Verdict::Retry,
        &[
            "A rewrite would be appreciated.",
            "Requesting a redo.",
            "I think you should start over.",
            "I have to ask you to redo it.",
            "Far too dry. Could I have a livelier version?",
            "This is one long scream. I need a calmer one.",
            "Chapter 2 is all weather. I'd like another chapter 2.",
            "it needs 40 pages to open a door, write me a new one",
        ],
    );
}

#[test]
fn who_throws_it_away_wants_it_made_anew() {
    all(
        Verdict::Retry,
        &[
            "Junk it and write another.",
            "Shred this and come up with something else",
            "Forget that and try again",
            "Into the trash with it. Once more.",
            "back to zero with this one",
            "Nah fam, run it back",
            "roll the dice again",
        ],
    );
}

#[test]
fn haste_and_slang_are_read() {
    all(
        Verdict::Retry,
        &[
            "redu it pls",
            "do ovr",
            "wrte it agn",
            "gimme anotha",
            "strat over",
            "lemme see another one",
            "can u do it ovr",
            "u broke it lol rewrite it",
            "this aint it chief, redo",
            "snoozefest, try again",
        ],
    );
}

#[test]
fn an_order_that_points_at_the_work_needs_only_a_statement() {
    all(
        Verdict::Retry,
        &[
            "it takes up half the screen, make me a new one",
            "He dies twice. Do the chapter again.",
            "Everybody agrees with everybody. Write it over.",
            "My readers are twelve. Write it again in plain words.",
            "This has to be done over before Thursday.",
        ],
    );
    all(
        Verdict::Ask,
        &["Rebuild it.", "redesign this", "Give me one that's funny.", "I'd like a version where she wins."],
    );
}

#[test]
fn complaints_without_an_order_are_asked_about() {
    all(
        Verdict::Ask,
        &[
            "I wanted a letter and you gave me an email.",
            "It was supposed to be a comedy.",
            "You got it backwards.",
            "Half of it is padding.",
            "It peters out.",
            "I gave up after two pages.",
            "It blows up on empty input.",
            "This gives away the ending.",
            "I'd be ashamed to send this.",
            "My editor sent it back.",
            "I expected more.",
            "pure drivel",
            "You can do better.",
            "It's worse than before.",
        ],
    );
}

#[test]
fn what_only_looks_like_them_is_none() {
    all(
        Verdict::No,
        &[
            "Write another chapter.",
            "Another scene please, with the dog.",
            "Have another look at the log.",
            "Do another run.",
            "Start the server again.",
            "Try running it again.",
            "Again, thanks for everything.",
            "What would you do differently?",
            "How would you write it differently?",
            "Why did you rewrite it instead of patching it?",
            "a rewrite isn't necessary",
            "a full rewrite would be overkill",
            "On the second attempt show a hint.",
            "The new one is a keeper.",
            "Let me rephrase that.",
            "Now a simpler one for my aunt.",
            "Write a preface from scratch, I have nothing yet.",
            "If it's still boring tomorrow we'll redo it",
            "Great, another one like this!",
            "I'd rather patch it than start over.",
            "Put it back the way it was.",
        ],
    );
    for prompt in
        ["Do it again for the other files.", "kill it and start it again", "regenerate the lock file"]
    {
        assert_ne!(code(prompt).verdict, Verdict::Retry, "{prompt}");
    }
}

#[test]
fn one_more_of_something_else_is_surely_none() {
    for prompt in [
        "The logo is ugly. Make a new one.",
        "The example is wrong. Give another one.",
        "Question 3 is too hard. Give me an easier one.",
        "It's too slow. Try a different allocator.",
        "It hangs. Restart it.",
        "The build is broken. Build it again.",
        "It crashes. Try again with the other file.",
        "It's dull. Replace it with \"grey\" in line three.",
        "The king finds it dull and orders the bard to start over. Write that.",
        "It doesn't retry. It should.",
        "The sign says: try, fail, try again.",
        "My grandmother's notes are in outline.md, hard to read. Rewrite them neatly.",
        "give the build another go",
    ] {
        assert_ne!(book(prompt).verdict, Verdict::Retry, "{prompt}");
    }
}

#[test]
fn a_text_is_not_what_it_is_held_against() {
    let file = |prompt| book(prompt).file.unwrap_or_default();
    // What was written last is chapter 2.
    for (prompt, named) in [
        ("It's chapter 3 with the names changed. Write it again.", "chapters/chapter-02.md"),
        ("That doesn't match the outline. Redo it.", "chapters/chapter-02.md"),
        ("Two is fine. Three drags. Redo it.", "chapters/chapter-03.md"),
        ("redo three please, it's flat", "chapters/chapter-03.md"),
        ("Three coincidences in one chapter. Redo it.", "chapters/chapter-02.md"),
        ("With chapter 1 I was lost at once. Write it again.", "chapters/chapter-01.md"),
    ] {
        assert_eq!(file(prompt), named, "{prompt}");
    }
}
