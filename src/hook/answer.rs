//! Claude Code's JSON out: the answers there are, written by hand because a rewrite carries the client's own bytes.

use serde::Serialize;

use super::event::Kind;

/// What is said to the client.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing at all.
    Silence,
    /// `PreToolUse`: other arguments, without a word about permission.
    Rewrite {
        /// The whole of them.
        input: String,
        /// What the model is told beside it.
        context: Option<String>,
    },
    /// `PreToolUse`: the call is refused.
    Deny(String),
    /// The model is told something.
    Context(Kind, String),
    /// The model is told something, and the person in one line that it happened.
    Announced {
        /// The event.
        kind: Kind,
        /// What the model is told.
        context: String,
        /// What the person sees.
        line: String,
    },
    /// The person is told something, the model is not.
    Tell(String),
    /// `UserPromptExpansion`: the person has the answer, the model is not asked.
    Block(String),
}

impl Answer {
    /// Makes the context of an event; silence when there is nothing to say.
    pub fn context(kind: Kind, text: Option<String>) -> Self {
        text.map_or(Self::Silence, |text| Self::Context(kind, text))
    }

    /// Writes the answer as the client reads it.
    pub fn to_json(&self) -> Option<String> {
        let mut out = String::with_capacity(512);
        let mut put = |parts: &[Part<'_>]| parts.iter().for_each(|part| part.write(&mut out));
        match self {
            Self::Silence => return None,
            Self::Rewrite { input, context } => {
                put(&[
                    Part::Raw(r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","updatedInput":"#),
                    Part::Raw(input),
                ]);
                if let Some(context) = context {
                    put(&[Part::Raw(r#","additionalContext":"#), Part::Text(context)]);
                }
                put(&[Part::Raw("}}")]);
            }
            Self::Deny(reason) => put(&[
                Part::Raw(
                    r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","#,
                ),
                Part::Raw(r#""permissionDecisionReason":"#),
                Part::Text(reason),
                Part::Raw("}}"),
            ]),
            Self::Context(kind, text) => put(&[
                Part::Raw(r#"{"hookSpecificOutput":{"hookEventName":"#),
                Part::Text(kind.as_str()),
                Part::Raw(r#","additionalContext":"#),
                Part::Text(text),
                Part::Raw("}}"),
            ]),
            Self::Announced { kind, context, line } => put(&[
                Part::Raw(r#"{"systemMessage":"#),
                Part::Text(line),
                Part::Raw(r#","hookSpecificOutput":{"hookEventName":"#),
                Part::Text(kind.as_str()),
                Part::Raw(r#","additionalContext":"#),
                Part::Text(context),
                Part::Raw("}}"),
            ]),
            Self::Tell(text) => put(&[Part::Raw(r#"{"systemMessage":"#), Part::Text(text), Part::Raw("}")]),
            Self::Block(reason) => put(&[
                Part::Raw(r#"{"decision":"block","reason":"#),
                Part::Text(reason),
                Part::Raw(r#","hookSpecificOutput":{"hookEventName":"UserPromptExpansion","#),
                Part::Raw(r#""suppressOriginalPrompt":true}}"#),
            ]),
        }
        Some(out)
    }
}

enum Part<'a> {
    Raw(&'a str),
    Text(&'a str),
}

impl Part<'_> {
    fn write(&self, out: &mut String) {
        match self {
            Self::Raw(text) => out.push_str(text),
            Self::Text(text) => push_string(out, text),
        }
    }
}

/// Writes a JSON string.
pub(super) fn push_string(out: &mut String, text: &str) {
    // Serialising text into text cannot fail: neither has a fallible part.
    let _ = text.serialize(&mut serde_json::Serializer::new(Utf8(out)));
}

/// A `String` as a writer: JSON is cut only at whole characters.
struct Utf8<'a>(&'a mut String);

impl std::io::Write for Utf8<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(std::io::Error::other)?;
        self.0.push_str(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_what_the_client_reads() {
        let json = |answer: Answer| answer.to_json().unwrap();
        assert_eq!(Answer::Silence.to_json(), None);
        assert_eq!(
            json(Answer::Rewrite { input: "{\"a\": 1}".into(), context: Some("say \"S\"".into()) }),
            r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","updatedInput":{"a": 1},"additionalContext":"say \"S\""}}"#
        );
        assert_eq!(
            json(Answer::Deny("no\nway".into())),
            r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"no\nway"}}"#
        );
        assert_eq!(
            json(Answer::Context(Kind::Stop, "é".into())),
            r#"{"hookSpecificOutput":{"hookEventName":"Stop","additionalContext":"é"}}"#
        );
        assert_eq!(json(Answer::Tell("x".into())), r#"{"systemMessage":"x"}"#);
        let announced =
            Answer::Announced { kind: Kind::UserPromptExpansion, context: "all".into(), line: "done".into() };
        assert_eq!(
            json(announced),
            r#"{"systemMessage":"done","hookSpecificOutput":{"hookEventName":"UserPromptExpansion","additionalContext":"all"}}"#
        );
        assert_eq!(
            json(Answer::Block("x".into())),
            r#"{"decision":"block","reason":"x","hookSpecificOutput":{"hookEventName":"UserPromptExpansion","suppressOriginalPrompt":true}}"#
        );
    }
}
