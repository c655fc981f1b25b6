//! One finished run of the client: what it printed, and what it told the model.

use super::script::{Recording, Request, Speaker};
use serde_json::Value;
use std::fmt;
use std::process::ExitStatus;

/// A run of the client that has ended.
pub(crate) struct Run {
    /// None when it had to be killed.
    pub(super) status: Option<ExitStatus>,
    /// The lines of `--output-format stream-json`.
    pub(super) lines: Vec<Value>,
    pub(super) stderr: String,
    pub(super) recording: Recording,
}

impl Run {
    /// The text that came back for the one call of this label (a tool's name, or what `named` gave it).
    ///
    /// With some models the client appends hook context to that text: look for a part of it.
    pub(crate) fn tool_result(&self, label: &str) -> String {
        self.result_of(label).0
    }

    /// Whether the client called the result of this call an error.
    pub(crate) fn tool_failed(&self, label: &str) -> bool {
        self.result_of(label).1
    }

    /// Whether the main agent was told `text`: in hook context, a tool result, a prompt or a skill.
    pub(crate) fn context_seen(&self, text: &str) -> bool {
        self.heard_by(&Speaker::Main, text)
    }

    /// Whether the main agent was told `text` in this very run, not in one that it resumes.
    pub(crate) fn news(&self, text: &str) -> bool {
        let mut requests = self.requests_of(&Speaker::Main);
        requests.any(|request| request.news().iter().any(|heard| heard.contains(text)))
    }

    /// The labels of the calls, of whichever agent, whose results are errors: what a model wasted.
    pub(crate) fn failed(&self) -> Vec<&str> {
        let failed = |id: &str| self.latest(id).is_none_or(|(_, is_error)| is_error);
        self.recording.calls.iter().filter(|(_, id)| failed(id)).map(|(label, _)| label.as_str()).collect()
    }

    /// Whether the subagent of this marker was told `text`.
    pub(crate) fn subagent_context_seen(&self, marker: &str, text: &str) -> bool {
        self.heard_by(&Speaker::Subagent(marker.to_owned()), text)
    }

    /// How often the main agent's model was asked for a next step.
    pub(crate) fn model_calls(&self) -> usize {
        self.requests_of(&Speaker::Main).count()
    }

    /// The requests of one speaker, in order.
    pub(crate) fn requests_of(&self, speaker: &Speaker) -> impl Iterator<Item = &Request> {
        self.recording.requests.iter().filter(move |request| request.speaker == *speaker)
    }

    /// The id of the conversation, for `resume`.
    pub(crate) fn session_id(&self) -> &str {
        self.lines
            .iter()
            .find_map(|line| line["session_id"].as_str())
            .unwrap_or_else(|| panic!("no session id\n{self}"))
    }

    /// What the user saw of it in the end.
    pub(crate) fn answer(&self) -> &str {
        let end = self.lines.iter().rev().find(|line| line["type"] == "result");
        end.and_then(|line| line["result"].as_str()).unwrap_or_else(|| panic!("no result\n{self}"))
    }

    /// Whether the user was shown `text`, in the end or in a line on the way.
    pub(crate) fn shown(&self, text: &str) -> bool {
        let notices = self.lines.iter().filter(|line| line["subtype"] == "informational");
        notices.filter_map(|line| line["content"].as_str()).any(|notice| notice.contains(text))
            || self.answer().contains(text)
    }

    fn heard_by(&self, speaker: &Speaker, text: &str) -> bool {
        self.requests_of(speaker).any(|request| request.heard().iter().any(|heard| heard.contains(text)))
    }

    fn result_of(&self, label: &str) -> (String, bool) {
        let calls = self.recording.calls.iter().filter(|(own, _)| own == label);
        let mut results = calls.filter_map(|(_, id)| self.latest(id));
        let result = results.next().unwrap_or_else(|| panic!("no call {label:?} came back\n{self}"));
        assert!(results.next().is_none(), "several calls {label:?}: give them names with .named(…)");
        result
    }

    fn latest(&self, id: &str) -> Option<(String, bool)> {
        self.recording.requests.iter().rev().find_map(|request| request.tool_result(id))
    }
}

/// The whole of it, for the message of a failed test.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "── the client ended with {:?}", self.status)?;
        for line in self.lines.iter().filter(|line| line["subtype"] != "init") {
            writeln!(f, "{line}")?;
        }
        for (label, id) in &self.recording.calls {
            writeln!(f, "── call {label} ({id})")?;
        }
        for request in &self.recording.requests {
            writeln!(f, "── {:?} asked {}; last heard:", request.speaker, request.model())?;
            let heard = request.heard();
            for text in heard.iter().rev().take(3).rev() {
                writeln!(f, "   {}", text.chars().take(600).collect::<String>())?;
            }
        }
        write!(f, "── stderr\n{}", self.stderr)
    }
}
