//! Differences as text: a heading and each file's difference as the floor below wrote it, coloured only when told so.
//!
//! The content is shown as it is. `--name-only` is bare paths, one a line, for other programs to read.

use crate::report::{Diff, DiffStyle, FileDiff, Lines, Op};
use crate::text::{path, prose, visible};
use crate::ui::Style;
use crate::ui::changes;
use crate::ui::page::{Page, count};

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const CYAN: &str = "\x1b[36m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";

/// Writes the differences in the style asked for.
#[inline(never)]
pub(super) fn diff(report: &Diff, style: &Style) -> String {
    if report.style == DiffStyle::NameOnly {
        return report.files.iter().map(|file| path(&file.path) + "\n").collect();
    }
    let sides = format!("{} → {}", prose(&report.from), prose(&report.to));
    if report.files.is_empty() {
        return Page::titled(style, "📊", &format!("NO DIFFERENCES: {sides}")).finish();
    }
    let sum = changes::lines(changes::total_lines(report.files.iter().map(|file| &file.lines)));
    let files = count(report.files.len(), "file");
    let mut page = Page::titled(style, "📊", &format!("DIFF: {sides} ({files}, {sum})"));
    page.gap();
    if report.style == DiffStyle::Stat {
        let rows: Vec<(String, String)> =
            report.files.iter().map(|file| (path(&file.path), remark(file))).collect();
        for row in changes::aligned(&rows) {
            page.item(&row);
        }
        return page.finish();
    }
    let mut out = page.finish();
    for (i, file) in report.files.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        out.push_str(&one_file(file, report.style, style));
    }
    out
}

/// Writes one file: its name and remarks, then its text.
fn one_file(file: &FileDiff, diff_style: DiffStyle, style: &Style) -> String {
    let heading = format!("{}  {}", path(&file.path), remark(file));
    let mut out = if style.color { format!("{BOLD}{heading}{RESET}\n") } else { heading + "\n" };
    match (style.color, diff_style) {
        (false, _) => out.push_str(&file.text),
        (true, DiffStyle::Word) => out.push_str(&colored_words(&file.text)),
        (true, _) => file.text.split_inclusive('\n').for_each(|line| out.push_str(&colored_line(line))),
    }
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

fn remark(file: &FileDiff) -> String {
    let what = match file.op {
        Op::Modified => "",
        Op::Created => " (new)",
        Op::Deleted => " (deleted)",
    };
    let is_same = |lines: &Lines| (lines.added, lines.removed) == (0, 0);
    // Of a file that only may do something else now no lines are counted.
    let counted = file.lines.filter(|lines| file.mode.is_none() || !is_same(lines));
    let lines = if file.binary { "(binary)".into() } else { counted.map(changes::lines).unwrap_or_default() };
    let mode = file.mode.as_ref().map(|mode| format!(" {}", changes::mode(mode))).unwrap_or_default();
    visible(format!("{lines}{what}{mode}").trim_start())
}

fn colored_line(line: &str) -> String {
    let color = match line.as_bytes() {
        [b'+', b'+', b'+', b' ', ..] | [b'-', b'-', b'-', b' ', ..] => BOLD,
        [b'+', ..] => GREEN,
        [b'-', ..] => RED,
        [b'@', b'@', ..] => CYAN,
        _ => return line.to_string(),
    };
    match line.strip_suffix('\n') {
        Some(body) => format!("{color}{body}{RESET}\n"),
        None => format!("{color}{line}{RESET}"),
    }
}

/// Colours `[-old-]` and `{+new+}`; the marks stay, so that nothing depends on colour.
fn colored_words(text: &str) -> String {
    text.replace("[-", &format!("{RED}[-"))
        .replace("-]", &format!("-]{RESET}"))
        .replace("{+", &format!("{GREEN}{{+"))
        .replace("+}", &format!("+}}{RESET}"))
}

#[cfg(test)]
mod tests {
    use super::remark;
    use crate::report::{DiffStyle, Lines, Report};
    use crate::ui::samples::{diff, plain, terminal};
    use crate::ui::{Style, text};

    #[test]
    fn content_is_shown_as_it_is() {
        assert_eq!(
            text(&diff(DiffStyle::Unified), &terminal()),
            "\
📊 DIFF: project → work-on-chapter-01 (2 files, +1 −1)

acts/scene-0101.md  +1 −1
@@ -1,2 +1,2 @@
 Rain.
-It was dark.
+The lamps were out.

acts/map.png  (binary) (new)
"
        );
    }

    #[test]
    fn permission_bits_are_told_beside_the_lines_or_alone() {
        for (lines, said) in [(0, "(mode 0644 → 0755)"), (1, "+1 −1 (mode 0644 → 0755)")] {
            let Report::Diff(mut diff) = diff(DiffStyle::Stat) else { panic!() };
            diff.files[0].mode = Some(("0644".into(), "0755".into()));
            diff.files[0].lines = Some(Lines { added: lines, removed: lines });
            assert_eq!(remark(&diff.files[0]), said);
        }
    }

    #[test]
    fn colour_only_when_told_so() {
        let colored = Style { color: true, ..terminal() };
        assert_eq!(
            text(&diff(DiffStyle::Unified), &colored),
            "📊 DIFF: project → work-on-chapter-01 (2 files, +1 −1)\n\n\
             \x1b[1macts/scene-0101.md  +1 −1\x1b[0m\n\
             \x1b[36m@@ -1,2 +1,2 @@\x1b[0m\n \
             Rain.\n\
             \x1b[31m-It was dark.\x1b[0m\n\
             \x1b[32m+The lamps were out.\x1b[0m\n\n\
             \x1b[1macts/map.png  (binary) (new)\x1b[0m\n"
        );
        let words = text(&diff(DiffStyle::Word), &colored);
        assert!(
            words.contains("\x1b[31m[-It was dark.-]\x1b[0m\x1b[32m{+The lamps were out.+}\x1b[0m"),
            "{words}"
        );
    }

    #[test]
    fn the_short_styles() {
        assert_eq!(
            text(&diff(DiffStyle::Stat), &plain()),
            "DIFF: project → work-on-chapter-01 (2 files, +1 −1)\n\n   - acts/scene-0101.md  +1 −1\n   - acts/map.png        (binary) (new)\n"
        );
        assert_eq!(text(&diff(DiffStyle::NameOnly), &terminal()), "acts/scene-0101.md\nacts/map.png\n");
        let Report::Diff(mut none) = diff(DiffStyle::Unified) else { unreachable!() };
        none.files.clear();
        assert_eq!(
            text(&Report::Diff(none), &terminal()),
            "📊 NO DIFFERENCES: project → work-on-chapter-01\n"
        );
    }
}
