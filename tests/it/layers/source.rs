//! A Rust file as far as the house rules need it: words without comments and strings, each with its line and module.
//!
//! No parser: the words, the braces that open a `mod`, and the paths that begin with `crate`, `super`, `self` or the
//! name of a crate. That is enough to say who uses whom, and needs no crate that would have to follow the language.

use std::fs;
use std::path::{Path, PathBuf};

/// One word or sign of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) line: usize,
    /// The module it stands in, from the crate root.
    pub(super) module: Vec<String>,
    /// It is compiled for tests only.
    pub(super) test: bool,
}

/// One file of `src/`.
pub(super) struct Source {
    /// Relative to the package.
    pub(super) file: PathBuf,
    pub(super) text: String,
    pub(super) words: Vec<Word>,
}

/// A path as it is written somewhere, resolved from the crate root.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    pub(super) test: bool,
}

impl Source {
    /// Reads every Rust file of `src/`, in order of their names.
    pub(super) fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        let mut dirs = vec![root.join("src")];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    dirs.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    files.push(path);
                }
            }
        }
        files.sort();
        let mut sources: Vec<Source> = files
            .iter()
            .map(|path| Self::of(path.strip_prefix(root).unwrap(), fs::read_to_string(path).unwrap()))
            .collect();
        let for_tests: Vec<Vec<String>> = sources.iter().flat_map(Source::modules_for_tests).collect();
        for source in &mut sources {
            if for_tests.iter().any(|module| module_of(&source.file).starts_with(module)) {
                source.words.iter_mut().for_each(|word| word.test = true);
            }
        }
        sources
    }

    pub(super) fn of(file: &Path, text: String) -> Self {
        let mut words = words(&text);
        place(&mut words, &module_of(file));
        Self { file: file.to_path_buf(), text, words }
    }

    /// Gives the top-level module that this file is, or belongs to; none for the crate root and `main.rs`.
    pub(super) fn top(&self) -> Option<String> {
        module_of(&self.file).into_iter().next()
    }

    /// Gives every path of this crate, of `std` and of `rustix` that the file names.
    pub(super) fn used(&self) -> Vec<Used> {
        let mut used = Vec::new();
        for (at, word) in self.words.iter().enumerate() {
            let begins = at == 0 || !self.is(at - 1, "::");
            let prefix = match word.text.as_str() {
                "crate" if begins => Some(Vec::new()),
                "redraft" if begins && self.file.ends_with("main.rs") => Some(Vec::new()),
                outside @ ("std" | "rustix") if begins && self.is(at + 1, "::") => {
                    Some(vec![outside.to_string()])
                }
                "self" if begins && self.is(at + 1, "::") => Some(word.module.clone()),
                "super" if begins => Some(word.module[..word.module.len().saturating_sub(1)].to_vec()),
                _ => None,
            };
            if let Some(prefix) = prefix {
                self.follow(at + 1, prefix, word, &mut used);
            }
        }
        used
    }

    /// Takes the segments after position `at`, and each branch of a group.
    fn follow(&self, mut at: usize, mut path: Vec<String>, first: &Word, used: &mut Vec<Used>) -> usize {
        while self.is(at, "::") {
            at += 1;
            if self.is(at, "{") {
                at += 1;
                while at < self.words.len() && !self.is(at, "}") {
                    at = match self.words[at].text.as_str() {
                        "," => at + 1,
                        _ => self.branch(at, path.clone(), used),
                    };
                }
                return at + 1;
            }
            match self.words.get(at).map(|word| word.text.as_str()) {
                Some("super") => {
                    path.pop();
                }
                Some(name) => path.push(name.to_string()),
                None => break,
            }
            at += 1;
        }
        used.push(Used { path, line: first.line, test: first.test });
        at
    }

    fn branch(&self, at: usize, mut path: Vec<String>, used: &mut Vec<Used>) -> usize {
        let word = &self.words[at];
        if word.text != "self" {
            path.push(word.text.clone());
        }
        let after = self.follow(at + 1, path, word, used);
        // `a as b` names nothing new.
        if self.is(after, "as") { after + 2 } else { after }
    }

    pub(super) fn is(&self, at: usize, text: &str) -> bool {
        self.words.get(at).is_some_and(|word| word.text == text)
    }

    /// Gives the modules that this file declares as `#[cfg(test)] mod x;`.
    fn modules_for_tests(&self) -> Vec<Vec<String>> {
        let declared = self.words.windows(3).filter(|w| w[0].test && w[0].text == "mod" && w[2].text == ";");
        declared.map(|w| [w[0].module.clone(), vec![w[1].text.clone()]].concat()).collect()
    }
}

/// Gives the module that a file of `src/` is.
fn module_of(file: &Path) -> Vec<String> {
    let below = file.strip_prefix("src").unwrap_or(file).with_extension("");
    let mut module: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if ["mod", "lib", "main"].contains(&module.last().map_or("", String::as_str)) {
        module.pop();
    }
    module
}

/// Notes for every word in which module it stands and whether that is for tests only.
fn place(words: &mut [Word], file: &[String]) {
    // For each open brace: the name of the module it opens, if it opens one, and whether what it holds is for tests.
    let mut open: Vec<(Option<String>, bool)> = Vec::new();
    let mut attribute_for_tests = false;
    for at in 0..words.len() {
        let inside = open.iter().filter_map(|(name, _)| name.clone());
        words[at].module = file.iter().cloned().chain(inside).collect();
        let tests = open.last().is_some_and(|(_, tests)| *tests);
        words[at].test = tests || attribute_for_tests;
        let is = |offset: usize, text: &str| words.get(at + offset).is_some_and(|word| word.text == text);
        if ["#", "[", "cfg", "(", "test", ")"].iter().enumerate().all(|(offset, text)| is(offset, text)) {
            attribute_for_tests = true;
        }
        match words[at].text.as_str() {
            "{" => {
                let name = (at >= 2 && words[at - 2].text == "mod").then(|| words[at - 1].text.clone());
                open.push((name, tests || attribute_for_tests));
                attribute_for_tests = false;
            }
            "}" => {
                open.pop();
            }
            ";" => attribute_for_tests = false,
            _ => {}
        }
    }
}

/// Splits a file into words and signs; comments, strings, characters and lifetimes are left out.
fn words(text: &str) -> Vec<Word> {
    let mut rest = text;
    let mut line = 1;
    let mut words = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (length, word) = next(rest, first);
        if word {
            let text = rest[..length].to_string();
            words.push(Word { text, line, module: Vec::new(), test: false });
        }
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    words
}

/// Gives the length of what stands at the beginning of `rest`, and whether it is a word or sign.
fn next(rest: &str, first: char) -> (usize, bool) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), false);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), false);
    }
    if let Some(length) = string(rest) {
        return (length, false);
    }
    if first == '\'' {
        return (character_or_lifetime(rest), false);
    }
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    if in_word(first) {
        return (rest.find(|c| !in_word(c)).unwrap_or(rest.len()), true);
    }
    if rest.starts_with("::") {
        return (2, true);
    }
    (first.len_utf8(), !first.is_whitespace())
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let (step, change) = match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step;
        depth += change;
        if depth == 0 {
            break;
        }
    }
    at
}

/// Gives the length of a string literal, if one begins here.
fn string(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""]
        .into_iter()
        .find(|prefix| rest.starts_with(prefix) && rest[prefix.len()..].starts_with(['"', '#']))?;
    let body = &rest[prefix.len()..];
    let hashes = body.find(|c| c != '#').unwrap_or(body.len());
    if !body[hashes..].starts_with('"') || (hashes > 0 && !prefix.ends_with('r')) {
        return None;
    }
    let inside = &body[hashes + 1..];
    let end = if prefix.ends_with('r') {
        inside.find(&format!("\"{}", "#".repeat(hashes)))?
    } else {
        let mut escaped = false;
        inside.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })?
    };
    Some(prefix.len() + hashes + 1 + end + 1 + hashes)
}

fn character_or_lifetime(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), _) => rest[3..].find('\'').map_or(rest.len(), |end| 3 + end + 1),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

#[test]
fn words_are_found_and_strings_are_not() {
    let text = "a::b /* x /* y */ z */ \"s\\\"t\" r#\"u\"v\"# 'w' '\\'' &'life b\"c\" // d\n e";
    let found: Vec<(String, usize)> = words(text).into_iter().map(|word| (word.text, word.line)).collect();
    let expected = [("a", 1), ("::", 1), ("b", 1), ("&", 1), ("life", 1), ("e", 2)];
    assert_eq!(found, expected.map(|(text, line)| (text.to_string(), line)));
}

#[test]
fn paths_are_resolved_from_where_they_stand() {
    let text =
        "use crate::{a::{self, b as c}, d};\nmod tests { use super::super::e::f; fn g() { self::h::i() } }";
    let used = Source::of(Path::new("src/x/y.rs"), text.to_string()).used();
    let paths: Vec<String> = used.iter().map(|used| used.path.join("::")).collect();
    assert_eq!(paths, ["a", "a::b", "d", "x::e::f", "x::y::tests::h::i"]);
}

#[test]
fn what_is_for_tests_is_known() {
    let text = "fn a() {}\n#[cfg(test)]\nmod b { fn c() { d } }\n#[cfg(test)]\nmod e;\nfn f() {}";
    let source = Source::of(Path::new("src/x.rs"), text.to_string());
    let for_tests = |name: &str| source.words.iter().find(|word| word.text == name).unwrap().test;
    assert_eq!(["a", "c", "d", "e", "f"].map(for_tests), [false, true, true, true, false]);
    assert_eq!(source.modules_for_tests(), [["x", "e"]]);
}
