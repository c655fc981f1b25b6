//! [`Page`]: the look of everything redraft says, in one place.
//!
//! A heading line with its sign, sections with theirs, details indented three spaces with a bullet, and a block of next
//! steps. Without emoji the signs go, their spaces with them, and bullets become dashes. Sentences are broken at the
//! reader's width; paths and commands never are, so that they can be copied. What is given to a page is already safe to
//! show (`crate::text`); commands are written as `redraft …` and phrased for the voice here.

use chrono::{DateTime, Local, Utc};

use unicode_width::UnicodeWidthStr;

use crate::text::visible;
use crate::ui::Style;
use crate::ui::voice::phrase;

/// Gives the columns that a text takes: a byte of plain text takes one, and to know that no table is needed.
pub(super) fn columns(text: &str) -> usize {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) { text.len() } else { text.width() }
}

/// A text in the making.
pub(super) struct Page<'a> {
    out: String,
    style: &'a Style,
}

impl<'a> Page<'a> {
    /// Starts an empty page.
    pub(super) fn new(style: &'a Style) -> Self {
        Self { out: String::new(), style }
    }

    /// Starts a page with its heading.
    pub(super) fn titled(style: &'a Style, sign: &str, title: &str) -> Self {
        let mut page = Self::new(style);
        page.signed(sign, title);
        page
    }

    /// Makes room for so many lines of a list: as a long one grows, all of it would be moved to fresh pages.
    pub(super) fn expect_lines(&mut self, n: usize) {
        self.out.reserve(n * 64);
    }

    /// Gives the style the page is written in.
    pub(super) fn style(&self) -> &'a Style {
        self.style
    }

    /// Adds a blank line, unless the page is empty.
    pub(super) fn gap(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    /// Adds a line at the margin.
    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Adds a line at the margin with a sign before it.
    pub(super) fn signed(&mut self, sign: &str, text: &str) {
        if self.style.emoji {
            self.out.push_str(sign);
            self.out.push(' ');
        }
        self.line(text);
    }

    /// Adds a blank line and a line with a sign: the head of a section.
    pub(super) fn section(&mut self, sign: &str, text: &str) {
        self.gap();
        self.signed(sign, text);
    }

    /// Adds an indented line without a bullet.
    pub(super) fn indented(&mut self, text: &str) {
        self.put(&["   ", text]);
    }

    /// Adds a line of some pieces.
    fn put(&mut self, pieces: &[&str]) {
        self.out.extend(pieces.iter().copied());
        self.out.push('\n');
    }

    /// Adds a bulleted detail.
    pub(super) fn item(&mut self, text: &str) {
        let bullet = if self.style.emoji { "•" } else { "-" };
        self.put(&["   ", bullet, " ", text]);
    }

    /// Adds a detail that was carried out.
    pub(super) fn done(&mut self, text: &str) {
        let tick = if self.style.emoji { "✓" } else { "-" };
        self.put(&["   ", tick, " ", text]);
    }

    /// Adds a detail of a detail.
    pub(super) fn sub(&mut self, text: &str) {
        self.put(&["     - ", text]);
    }

    /// Adds a bulleted detail under an indented sub-heading.
    pub(super) fn sub_item(&mut self, text: &str) {
        let bullet = if self.style.emoji { "•" } else { "-" };
        self.put(&["     ", bullet, " ", text]);
    }

    /// Adds a sentence after `first`, broken where it is too wide; what follows stands after `rest`.
    pub(super) fn sentence(&mut self, first: &str, rest: &str, text: &str) {
        let mut line = first.to_string();
        let mut fresh = true;
        for word in text.split(' ') {
            if !fresh && columns(&line) + 1 + columns(word) > self.style.width() {
                self.line(line.trim_end());
                line = rest.to_string();
                fresh = true;
            }
            if !fresh {
                line.push(' ');
            }
            line.push_str(word);
            fresh = false;
        }
        self.line(line.trim_end());
    }

    /// Adds a bulleted sentence.
    pub(super) fn said(&mut self, text: &str) {
        let bullet = if self.style.emoji { '•' } else { '-' };
        self.sentence(&format!("   {bullet} "), "     ", text);
    }

    /// Adds a sentence about what was carried out.
    pub(super) fn achieved(&mut self, text: &str) {
        let tick = if self.style.emoji { '✓' } else { '-' };
        self.sentence(&format!("   {tick} "), "     ", text);
    }

    /// Adds a step: its command, or what the command does and the command, on its own line where that is long.
    pub(super) fn step(&mut self, label: &str, command: &str) {
        let command = phrase(command, self.style.voice);
        let one_line = format!("   - {label}: {command}");
        if label.is_empty() {
            self.line(&format!("   - {command}"));
        } else if columns(&one_line) <= self.style.width() {
            self.line(&one_line);
        } else {
            self.sentence("   - ", "     ", &format!("{label}:"));
            self.line(&format!("     {command}"));
        }
    }

    /// Adds a block of steps: what each does, and the `redraft …` command for it.
    pub(super) fn steps(&mut self, title: &str, steps: &[(&str, String)]) {
        if steps.is_empty() {
            return;
        }
        self.section("💡", title);
        for (label, command) in steps {
            self.step(label, command);
        }
    }

    /// Ends the page.
    pub(super) fn finish(self) -> String {
        self.out
    }
}

/// Counts things: "1 file", "5 files".
pub(super) fn count(n: usize, one: &str) -> String {
    if n == 1 {
        return format!("1 {one}");
    }
    match one.strip_suffix("ry") {
        Some(stem) => format!("{n} {stem}ries"),
        None => format!("{n} {one}s"),
    }
}

/// Writes a size: "812 bytes", "487 KB", "2.3 MB" (steps of 1000).
pub(super) fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return count(usize::try_from(bytes).unwrap_or_default(), "byte");
    }
    let in_tenths = |power: u32| (u128::from(bytes) * 10 + 10_u128.pow(power) / 2) / 10_u128.pow(power);
    let units = [("KB", 3), ("MB", 6), ("GB", 9), ("TB", 12)];
    let fits = units.iter().find(|(_, power)| in_tenths(*power) < 9_995);
    let (unit, power) = fits.copied().unwrap_or(("TB", 12));
    let tenths = in_tenths(power);
    if tenths >= 1_000 || tenths.is_multiple_of(10) {
        format!("{} {unit}", (tenths + 5) / 10)
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

/// Writes how long ago a stored time was: "just now", "2 hours ago"; a time that cannot be read is given as it is.
pub(super) fn ago(stored: &str, now: DateTime<Utc>) -> String {
    let Ok(then) = DateTime::parse_from_rfc3339(stored) else { return visible(stored) };
    let seconds = usize::try_from((now - then.with_timezone(&Utc)).num_seconds()).unwrap_or(0);
    let (n, unit) = match seconds {
        0..60 => return "just now".into(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        86_400..2_592_000 => (seconds / 86_400, "day"),
        2_592_000..31_536_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    format!("{} ago", count(n, unit))
}

/// Writes the local date of a stored time; one that cannot be read is given as it is.
pub(super) fn date(stored: &str) -> String {
    match DateTime::parse_from_rfc3339(stored) {
        Ok(then) => then.with_timezone(&Local).format("%Y-%m-%d").to_string(),
        Err(_) => visible(stored),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_broken_and_commands_are_not() {
        let style = crate::ui::samples::slash();
        let mut page = Page::new(&style);
        page.said(&"слово ".repeat(14));
        page.said(&"a".repeat(90));
        page.step("A label that is rather long", &format!("redraft commit {}", "x".repeat(40)));
        assert_eq!(
            page.finish(),
            format!(
                "   • {}\n     {}\n   • {}\n   - A label that is rather long:\n     /session commit {}\n",
                ["слово"; 11].join(" "),
                ["слово"; 3].join(" "),
                "a".repeat(90),
                "x".repeat(40),
            )
        );
    }

    #[test]
    fn counts_agree_in_number() {
        assert_eq!([count(0, "file"), count(1, "file"), count(5, "file")], ["0 files", "1 file", "5 files"]);
        assert_eq!(
            [count(1, "retry"), count(2, "retry"), count(2, "day")],
            ["1 retry", "2 retries", "2 days"]
        );
    }

    #[test]
    fn sizes_read_like_a_person_writes_them() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1 KB"),
            (1_234, "1.2 KB"),
            (99_960, "100 KB"),
            (487_321, "487 KB"),
            (999_449, "999 KB"),
            (999_500, "1 MB"),
            (2_300_000, "2.3 MB"),
            (5_000_000_000, "5 GB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn ages_are_rough_and_never_negative() {
        let now = "2025-11-09T12:00:00Z".parse().unwrap();
        for (then, text) in [
            ("2025-11-09T13:00:00Z", "just now"),
            ("2025-11-09T11:59:01Z", "just now"),
            ("2025-11-09T11:59:00Z", "1 minute ago"),
            ("2025-11-09T12:00:00+02:00", "2 hours ago"),
            ("2025-11-08T12:00:00Z", "1 day ago"),
            ("2025-10-01T12:00:00Z", "1 month ago"),
            ("2020-11-09T12:00:00Z", "5 years ago"),
            ("yesterday\x1b", "yesterday\\u{1b}"),
        ] {
            assert_eq!(ago(then, now), text);
        }
    }
}
