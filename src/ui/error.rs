//! An [`Error`] as a person reads it: what, about which path; the facts; what to type next.

use crate::error::Error;
use crate::text::visible;
use crate::ui::Style;
use crate::ui::page::Page;
use crate::ui::voice::phrase;

/// Writes an error as text, ending in a line break.
#[must_use]
pub fn error_text(error: &Error, style: &Style) -> String {
    let mut page = Page::titled(style, "❌", &format!("ERROR: {}", visible(&error.message)));
    if !error.details.is_empty() {
        page.gap();
    }
    for detail in &error.details {
        page.item(&visible(detail));
    }
    if !error.hints.is_empty() {
        page.section("💡", "Next steps:");
    }
    for hint in &error.hints {
        page.indented(&format!("- {}", phrase(&visible(hint), style.voice)));
    }
    page.finish()
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
    fn hostile_names_stay_on_their_line() {
        let error = Error::refused("a\nb\x1b[2J").detail("\x07").hint("redraft rm 'x\ny'");
        assert_eq!(
            error_text(&error, &plain()),
            "ERROR: a\\nb\\u{1b}[2J\n\n   - \\u{7}\n\nNext steps:\n   - redraft rm 'x\\ny'\n"
        );
    }
}
