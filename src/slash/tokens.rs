//! Words and quoted stretches of what a person typed, read verbatim: no shell, no expansion, no escapes but `\"`.
//!
//! Quotes are `"…"`, `'…'`, `“…”`, `„…“`, `«…»` and count only where a word begins, so an apostrophe or an inch mark
//! inside a word is text. Backticks, `$()` and backslashes are always text. An unclosed quote is text, too.

/// One word or quoted stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// What it says, without its quotes.
    pub(super) text: String,
    /// It was quoted: never an option or a keyword.
    pub(super) quoted: bool,
}

/// What is left to read.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    /// Starts reading.
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.trim() }
    }

    /// Reads everything left as one text: an outer pair of quotes goes, all else stays.
    pub(super) fn verbatim(&self) -> String {
        match unquoted(self.rest) {
            Some(inner) => inner.trim().to_string(),
            None => self.rest.to_string(),
        }
    }

    /// Reads the next token without taking it.
    pub(super) fn peek(&self) -> Option<Token> {
        Tokens { rest: self.rest }.next()
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if self.rest.is_empty() {
            return None;
        }
        let mention = usize::from(self.rest.starts_with('@'));
        if let Some((text, after)) = leading_quote(&self.rest[mention..]) {
            self.rest = after.trim_start();
            return Some(Token { text, quoted: true });
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        if let Some(equals) = word.find('=').filter(|_| word.starts_with(['-', '–', '—']))
            && let Some((value, after)) = leading_quote(&self.rest[equals + 1..])
        {
            self.rest = after.trim_start();
            return Some(Token { text: format!("{}{value}", &word[..=equals]), quoted: false });
        }
        self.rest = after.trim_start();
        Some(Token { text: word.to_string(), quoted: false })
    }
}

/// Gives the mark that closes a quote.
fn closing(open: char) -> Option<&'static [char]> {
    match open {
        '"' => Some(&['"']),
        '\'' => Some(&['\'']),
        '“' => Some(&['”', '“']),
        '„' => Some(&['“', '”']),
        '«' => Some(&['»']),
        _ => None,
    }
}

/// Splits off a quoted stretch that begins here and ends before white space (or `: `) or the end of the text.
fn leading_quote(text: &str) -> Option<(String, &str)> {
    let open = text.chars().next()?;
    let close = closing(open)?;
    let body = &text[open.len_utf8()..];
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        let after = &body[at + c.len_utf8()..];
        let after = after.strip_prefix([':', ',', ';']).unwrap_or(after);
        if close.contains(&c) && !escaped && after.chars().next().is_none_or(char::is_whitespace) {
            return Some((unescaped(&body[..at], open), after));
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// Strips the outer quotes of a text when they are a pair around all of it.
fn unquoted(text: &str) -> Option<String> {
    let open = text.chars().next()?;
    let close = closing(open)?;
    let last = text.chars().next_back().filter(|c| close.contains(c))?;
    let body = text.get(open.len_utf8()..text.len() - last.len_utf8())?;
    let mut depth = 1_usize;
    let mut before = ' ';
    for c in body.chars() {
        let opens = closing(c) == Some(close) && (before.is_whitespace() || "([{—–-".contains(before));
        if before == '\\' {
        } else if opens {
            depth += 1;
        } else if close.contains(&c) && (open != '\'' || !before.is_alphanumeric()) {
            depth -= 1;
        }
        if depth == 0 {
            return None;
        }
        before = c;
    }
    Some(unescaped(body, open))
}

fn unescaped(body: &str, open: char) -> String {
    if open == '"' { body.replace("\\\"", "\"") } else { body.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_quotes() {
        for (typed, tokens) in [
            ("", &[] as &[(&str, bool)]),
            ("  a   b\tc\nd ", &[("a", false), ("b", false), ("c", false), ("d", false)]),
            ("a \"b c\" d", &[("a", false), ("b c", true), ("d", false)]),
            ("“a b” „c d“ «e f» 'g h'", &[("a b", true), ("c d", true), ("e f", true), ("g h", true)]),
            ("don't 6\" x", &[("don't", false), ("6\"", false), ("x", false)]),
            ("\"open ended", &[("\"open", false), ("ended", false)]),
            ("\"a\\\"b\" c", &[("a\"b", true), ("c", false)]),
            ("\"a b\": c", &[("a b", true), ("c", false)]),
            ("@\"a b.md\" @c", &[("a b.md", true), ("@c", false)]),
            ("--files=\"a b,c\" --x=y", &[("--files=a b,c", false), ("--x=y", false)]),
            ("`rm -rf` $(x) a\\b", &[("`rm", false), ("-rf`", false), ("$(x)", false), ("a\\b", false)]),
            ("\"\"", &[("", true)]),
            ("\"", &[("\"", false)]),
        ] {
            let got: Vec<Token> = Tokens::new(typed).collect();
            let got: Vec<(&str, bool)> =
                got.iter().map(|token| (token.text.as_str(), token.quoted)).collect();
            assert_eq!(got, tokens, "{typed}");
        }
    }

    #[test]
    fn the_rest_of_a_line_is_verbatim() {
        for (typed, text) in [
            ("  too much  exposition ", "too much  exposition"),
            ("\"too much\"", "too much"),
            ("“too much”", "too much"),
            ("«слишком много»", "слишком много"),
            ("'too much'", "too much"),
            ("\"a\" and \"b\"", "\"a\" and \"b\""),
            ("«a» и «b»", "«a» и «b»"),
            ("\"he said \"no\" twice\"", "he said \"no\" twice"),
            ("\"he said \\\"no\\\"\"", "he said \"no\""),
            ("«он сказал «нет»»", "он сказал «нет»"),
            ("'it's fine'", "it's fine"),
            ("\"unclosed", "\"unclosed"),
            ("use `ls` and $(date) \\n", "use `ls` and $(date) \\n"),
            ("two\nlines", "two\nlines"),
            ("\"", "\""),
            ("\"\"", ""),
            ("\" \"", ""),
        ] {
            assert_eq!(Tokens::new(typed).verbatim(), text, "{typed}");
        }
    }
}
