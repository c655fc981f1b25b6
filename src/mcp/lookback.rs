//! The third part of the table of tools: looking back over sessions, open and ended.

use super::parameters::{self as given, Kind};
use super::tools::{Effect, Tool, flag, optional, required};
use crate::verbs::Command;

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
];
