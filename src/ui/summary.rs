//! Reports of a week or a project as documents: Markdown and HTML from the same blocks.
//!
//! A document goes to people who have no redraft, so it names no commands. Whatever came from outside is escaped for the
//! form it stands in; the page needs nothing from elsewhere and runs nothing.

use std::fmt::Write as _;

use crate::report::{Past, Remark, Summary, Week};
use crate::text::{path, prose, visible};
use crate::ui::analysis::of_week;
use crate::ui::lookback::in_short;

/// A part of a document; its texts are not escaped yet.
enum Block {
    Heading(String),
    Paragraph(String),
    List(Vec<Item>),
    Table(Vec<Vec<String>>),
}

/// A line of a list, and what is said about it.
struct Item {
    text: String,
    about: Vec<String>,
}

/// Writes a summary as Markdown.
#[inline(never)]
pub(super) fn markdown(summary: &Summary) -> String {
    let mut out = format!("# {}\n", escaped(&title(summary)));
    for block in blocks(summary) {
        out.push('\n');
        match block {
            Block::Heading(text) => _ = writeln!(out, "## {}", escaped(&text)),
            Block::Paragraph(text) => _ = writeln!(out, "{}", escaped(&text)),
            Block::List(items) => {
                for item in items {
                    _ = writeln!(out, "* {}", escaped(&item.text));
                    item.about.iter().for_each(|about| _ = writeln!(out, "  * {}", escaped(about)));
                }
            }
            Block::Table(rows) => {
                for (nth, row) in rows.iter().enumerate() {
                    let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
                    _ = writeln!(out, "| {} |", cells.join(" | "));
                    if nth == 0 {
                        _ = writeln!(out, "|{}", "---|".repeat(row.len()));
                    }
                }
            }
        }
    }
    out
}

/// Writes a summary as one HTML page.
#[inline(never)]
pub(super) fn html(summary: &Summary) -> String {
    let title = entities(&title(summary));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>\n\
         body {{ font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222 }}\n\
         table {{ border-collapse: collapse }}\n\
         th, td {{ border: 1px solid #bbb; padding: .3em .6em; text-align: left }}\n\
         </style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    for block in blocks(summary) {
        match block {
            Block::Heading(text) => _ = writeln!(out, "<h2>{}</h2>", entities(&text)),
            Block::Paragraph(text) => _ = writeln!(out, "<p>{}</p>", entities(&text)),
            Block::List(items) => {
                out.push_str("<ul>\n");
                for item in items {
                    _ = write!(out, "<li>{}", entities(&item.text));
                    item.about.iter().for_each(|about| _ = write!(out, "<br>{}", entities(about)));
                    out.push_str("</li>\n");
                }
                out.push_str("</ul>\n");
            }
            Block::Table(rows) => {
                out.push_str("<table>\n");
                for (nth, row) in rows.iter().enumerate() {
                    let tag = if nth == 0 { "th" } else { "td" };
                    out.push_str("<tr>");
                    for cell in row {
                        _ = write!(out, "<{tag}>{}</{tag}>", entities(cell));
                    }
                    out.push_str("</tr>\n");
                }
                out.push_str("</table>\n");
            }
        }
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn title(summary: &Summary) -> String {
    let name = visible(&summary.project);
    match &summary.from {
        Some(from) => format!("{name}: {} to {}", day(from), day(&summary.to)),
        None => format!("{name}: the project until {}", day(&summary.to)),
    }
}

/// Gives a stored time's day.
fn day(stored: &str) -> String {
    visible(stored.split('T').next().unwrap_or(stored))
}

fn blocks(summary: &Summary) -> Vec<Block> {
    let totals = of_week(&summary.totals);
    let nothing = "Nothing happened.".to_string();
    let mut blocks = vec![Block::Paragraph(if totals.is_empty() { nothing } else { totals + "." })];
    let remarks = |remarks: &[Remark]| remarks.iter().map(remark).collect();
    section(&mut blocks, "Completed", remarks(&summary.completed));
    section(&mut blocks, "Decided", remarks(&summary.decisions));
    section(&mut blocks, "In the way", remarks(&summary.blockers));
    section(&mut blocks, "Next", remarks(&summary.next));
    section(&mut blocks, "Sessions", summary.sessions.iter().map(session).collect());
    let rejected = summary.retries.iter().map(|file| Item {
        text: format!("{} ({})", path(&file.file), file.times),
        about: file.reasons.iter().map(|reason| prose(reason)).collect(),
    });
    section(&mut blocks, "Rejected versions", rejected.collect());
    let lapses = summary.discipline.iter().map(|lapse| Item {
        text: format!("{}: {}", visible(&lapse.session), prose(&lapse.detail)),
        about: Vec::new(),
    });
    section(&mut blocks, "Rules that were not kept", lapses.collect());
    if summary.velocity.weeks.len() > 1 {
        blocks.push(Block::Heading("Week by week".into()));
        blocks.push(Block::Table(weeks(&summary.velocity.weeks)));
    }
    if summary.more {
        blocks.push(Block::Paragraph("There are older sessions, which are not told here.".into()));
    }
    blocks
}

fn section(blocks: &mut Vec<Block>, title: &str, items: Vec<Item>) {
    if !items.is_empty() {
        blocks.push(Block::Heading(title.into()));
        blocks.push(Block::List(items));
    }
}

fn remark(remark: &Remark) -> Item {
    let about = [&remark.rationale].into_iter().filter(|why| !why.is_empty()).map(|why| prose(why));
    Item { text: format!("{} ({})", prose(&remark.text), visible(&remark.session)), about: about.collect() }
}

fn session(past: &Past) -> Item {
    let when = past.ended_at.as_ref().or(past.last_at.as_ref()).unwrap_or(&past.created_at);
    let about = [prose(&past.description), past.metrics.as_ref().map(in_short).unwrap_or_default()];
    Item {
        text: format!("{} ({}, {})", visible(&past.session), past.state, day(when)),
        about: about.into_iter().filter(|about| !about.is_empty()).collect(),
    }
}

fn weeks(weeks: &[Week]) -> Vec<Vec<String>> {
    let head = ["Week from", "Started", "Landed", "Objectives", "Tasks", "Files", "Lines", "Retries"];
    let mut rows = vec![head.map(str::to_string).to_vec()];
    for week in weeks {
        let lines = format!("+{} −{}", week.lines.added, week.lines.removed);
        let numbers = [week.started, week.ended, week.objectives_completed, week.tasks_completed, week.files];
        let mut row = vec![visible(&week.from)];
        row.extend(numbers.map(|n| n.to_string()));
        row.extend([lines, week.retries.to_string()]);
        rows.push(row);
    }
    rows
}

/// Writes a text so that Markdown shows it as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_[]<>|#&~".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Writes a text so that HTML shows it as it is.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
