//! The third part of the table of tools: looking back over sessions, open and ended.

use super::parameters::{self as given, Default, Given, Kind, Parameter};
use super::tools::{Effect, Tool, flag, list, optional, required};
use crate::error::{Error, Result};
use crate::verbs::{Analyze, Command, Period};

/// The tools that look back.
pub(super) const LOOKBACK: &[Tool] = &[
    Tool {
        verb: "history",
        name: "session_history",
        title: "The sessions there were",
        about: "Tell which sessions there were, open, archived, landed and cancelled, the latest first; with metrics=true what \
                each came to in numbers.",
        parameters: &[
            optional("count", Kind::Count, "How many; 10 when left out"),
            flag("metrics", false, "With time at work, tasks, files, lines and retries of each"),
        ],
        reports: &["history"],
        effect: Effect::Reads,
        idempotent: true,
        command: |asked| {
            Ok(Command::History {
                count: given::count(asked, "count"),
                metrics: given::flag(asked, "metrics", false),
            })
        },
    },
    Tool {
        verb: "compare",
        name: "compare_sessions",
        title: "Two sessions side by side",
        about: "Put two sessions side by side, open or ended: what each came to, and which files both are about. diff_session \
                compares their contents.",
        parameters: &[
            required("name", Kind::Name, "A session"),
            optional("other", Kind::Name, "The other one; the active session when left out"),
        ],
        reports: &["compared"],
        effect: Effect::Reads,
        idempotent: true,
        command: |asked| {
            Ok(Command::Compare { a: given::text(asked, "name"), b: given::optional(asked, "other") })
        },
    },
    Tool {
        verb: "analyze",
        name: "analyze_sessions",
        title: "What can be learned from all sessions",
        about: "Count over all sessions that are kept, open and ended: work week by week, rejected versions by file, what \
                happens again and again, cycles of test-driven work, rules that were not kept.",
        parameters: &[
            list(
                "parts",
                Kind::Texts,
                "Of velocity, retries, patterns, tdd, discipline; all of them when empty",
            ),
            optional(
                "since",
                Kind::Text,
                "Only what happened since then: 16h, 7d, 2w, today, yesterday or a date",
            ),
        ],
        reports: &["analysis"],
        effect: Effect::Reads,
        idempotent: true,
        command: |asked| analyze(asked),
    },
    Tool {
        verb: "report",
        name: "report_work",
        title: "A report of the work",
        about: "Write a report of the last seven days, or of all that is kept of the project: what was completed and decided, what \
                stands in the way, what is next, what each session came to.",
        parameters: &[
            Parameter {
                name: "period",
                kind: Kind::Choice(&["weekly", "project"]),
                default: Default::First,
                about: "The last seven days, or all that is kept",
            },
            Parameter {
                name: "format",
                kind: Kind::Choice(&["markdown", "json", "html"]),
                default: Default::First,
                about: "How the text of the answer is written",
            },
        ],
        reports: &["summary"],
        effect: Effect::Reads,
        idempotent: true,
        command: |asked| {
            let project = given::text(asked, "period") == "project";
            let period = if project { Period::Project } else { Period::Weekly };
            Ok(Command::Report { period, format: given::optional(asked, "format") })
        },
    },
    Tool {
        verb: "gc",
        name: "collect_garbage",
        title: "Remove what nobody keeps",
        about: "Remove sessions and commits beyond what redraft.json keeps, contents that no session refers to, and what killed \
                processes left behind. What is open or archived stays. With dry_run=true it only tells what that would be.",
        parameters: &[flag("dry_run", true, "Only tell what would be removed")],
        reports: &["collected"],
        effect: Effect::Replaces,
        idempotent: true,
        command: |asked| Ok(Command::Gc { dry_run: given::flag(asked, "dry_run", true) }),
    },
];

fn analyze(asked: &Given) -> Result<Command> {
    let mut parts = Analyze { since: given::optional(asked, "since"), ..Analyze::default() };
    for part in given::texts(asked, "parts") {
        match part.as_str() {
            "velocity" => parts.velocity = true,
            "retries" => parts.retries = true,
            "patterns" => parts.patterns = true,
            "tdd" => parts.tdd = true,
            "discipline" => parts.discipline = true,
            other => {
                return Err(Error::usage(format!("an analysis has no part {other:?}"))
                    .hint("call analyze_sessions with parts=[] for all of them"));
            }
        }
    }
    Ok(Command::Analyze(parts))
}
