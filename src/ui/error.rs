//! An [`Error`] as a person reads it: what, about which path; the facts; what to type next.

use crate::error::Error;
use crate::text::{capitalised, visible};
use crate::ui::Style;
use crate::ui::page::Page;
use crate::ui::voice::phrase;

/// Writes an error as text, ending in a line break.
#[must_use]
pub fn error_text(error: &Error, style: &Style) -> String {
    let mut page = Page::new(style);
    let sign = if style.emoji { "❌ " } else { "" };
    page.sentence(&format!("{sign}ERROR: "), "   ", &visible(&error.message));
    if !error.details.is_empty() {
        page.gap();
    }
    for detail in &error.details {
        match detail.strip_suffix(':') {
            Some(_) => page.line(&visible(detail)),
            None => page.said(&visible(detail)),
        }
    }
    page.section("💡", "Next steps:");
    for hint in error.next_steps() {
        step(&mut page, &visible(&hint));
    }
    page.finish()
}

/// Writes a next step: a command, what a command does and the command, or a sentence.
fn step(page: &mut Page<'_>, hint: &str) {
    if hint.starts_with("redraft ") {
        return page.step("", hint);
    }
    if let Some((label, command)) = hint.split_once(": redraft ") {
        return page.step(&capitalised(label), &format!("redraft {command}"));
    }
    let sentence = phrase(&capitalised(hint), page.style().voice);
    page.sentence("   - ", "     ", &sentence);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::samples::{plain, slash, terminal};

    fn not_found() -> Error {
        Error::not_found("session 'experimental-v2' not found")
            .detail("looked in workspace/sessions/")
            .hint("Available sessions: redraft list")
            .hint("redraft recover experimental-v2")
    }

    #[test]
    fn errors_say_what_and_what_next() {
        assert_eq!(
            error_text(&not_found(), &terminal()),
            "\
❌ ERROR: session 'experimental-v2' not found

   • looked in workspace/sessions/

💡 Next steps:
   - Available sessions: redraft list
   - redraft recover experimental-v2
"
        );
        assert_eq!(
            error_text(&not_found(), &slash()),
            "\
❌ ERROR: session 'experimental-v2' not found

   • looked in workspace/sessions/

💡 Next steps:
   - Available sessions: /session list
   - /session recover experimental-v2
"
        );
        assert_eq!(
            error_text(&not_found(), &plain()),
            "\
ERROR: session 'experimental-v2' not found

   - looked in workspace/sessions/

Next steps:
   - Available sessions: redraft list
   - redraft recover experimental-v2
"
        );
    }

    #[test]
    fn what_is_long_is_broken_and_facts_may_have_a_heading() {
        let error = Error::refused("word ".repeat(18).trim())
            .detail("Checked paths:")
            .detail("Session: x")
            .hint("look again: redraft commit")
            .hint(format!("land the rest of it, please: redraft commit {}", "x".repeat(50)))
            .hint("use another name");
        assert_eq!(
            error_text(&error, &plain()),
            format!(
                "ERROR: {}\n   {}\n\nChecked paths:\n   - Session: x\n\nNext steps:\n   - Look again: redraft commit\n   \
                 - Land the rest of it, please:\n     redraft commit {}\n   - Use another name\n",
                ["word"; 14].join(" "),
                ["word"; 4].join(" "),
                "x".repeat(50)
            )
        );
    }

    #[test]
    fn hostile_names_stay_on_their_line() {
        let error = Error::refused("a\nb\x1b[2J").detail("\x07").hint("redraft rm 'x\ny'");
        assert_eq!(
            error_text(&error, &plain()),
            "ERROR: a\\nb\\u{1b}[2J\n\n   - \\u{7}\n\nNext steps:\n   - redraft rm 'x\\ny'\n"
        );
    }
}
