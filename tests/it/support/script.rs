//! What the scripted model says: turns of text and tool calls, fixed or computed from what the client sent.
//!
//! Claude Code asks the Messages API for three kinds of things: the next step of the main agent, the next step of a subagent,
//! and small side jobs (a title, a summary) that offer no tools. A script answers the first two and says "ok" to the rest.
//! Which turn is next is counted in the request itself, so a request that the client repeats gets the same turn again.

use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// One answer of the model.
pub(crate) type Turn = Vec<Block>;

/// Several blocks as one answer: `turn![say("first"), tool("Read", json!({…}))]`.
macro_rules! turn {
    ($($block:expr),+ $(,)?) => { vec![$($block),+] };
}
pub(crate) use turn;

/// A piece of an answer.
pub(crate) enum Block {
    Text(String),
    Tool { label: String, name: String, input: Input },
}

/// Where the input of a tool call comes from.
pub(crate) enum Input {
    Fixed(Value),
    Computed(Box<dyn Fn(&Request) -> Value + Send + Sync>),
}

/// Text for the user.
pub(crate) fn say(text: &str) -> Block {
    Block::Text(text.to_owned())
}

/// A call of the tool `name`; its result is later asked for by the tool's name, or by [`Block::named`].
pub(crate) fn tool(name: &str, input: Value) -> Block {
    Block::Tool { label: name.to_owned(), name: name.to_owned(), input: Input::Fixed(input) }
}

/// A call whose input follows from what the client has sent by then; a panic in `input` fails the test, with its message.
pub(crate) fn tool_from(name: &str, input: impl Fn(&Request) -> Value + Send + Sync + 'static) -> Block {
    Block::Tool { label: name.to_owned(), name: name.to_owned(), input: Input::Computed(Box::new(input)) }
}

impl Block {
    /// Gives this call a name of its own, for when a script calls the same tool twice.
    pub(crate) fn named(mut self, own: &str) -> Self {
        if let Block::Tool { label, .. } = &mut self {
            own.clone_into(label);
        }
        self
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    Main,
    /// A subagent, by the marker in the prompt that it was given.
    Subagent(String),
    Side,
}

/// One request of the client, as it came.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) speaker: Speaker,
    body: Value,
}

impl Request {
    /// The model that the client asked for.
    pub(crate) fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }

    /// Everything that the model hears here and has not said itself: prompts, tool results, hook context, system text.
    ///
    /// The client puts hook context into a system message, into the user's, or at the end of a tool result's text, depending
    /// on its version and on the model.
    pub(crate) fn heard(&self) -> Vec<&str> {
        let messages = self.messages().iter().filter(|message| message["role"] != "assistant");
        texts(&self.body["system"]).into_iter().chain(messages.flat_map(|m| texts(&m["content"]))).collect()
    }

    /// What of it came since the model's last answer.
    pub(crate) fn news(&self) -> Vec<&str> {
        let messages = self.messages().iter();
        let mut latest: Vec<_> =
            messages.rev().take_while(|message| message["role"] != "assistant").collect();
        latest.reverse();
        latest.into_iter().flat_map(|message| texts(&message["content"])).collect()
    }

    /// What stands between `before` and the next `after` in the latest text that has both.
    pub(crate) fn between(&self, before: &str, after: &str) -> String {
        let found = self.heard().into_iter().rev().find_map(|text| {
            let (_, rest) = text.split_once(before)?;
            rest.split_once(after).map(|(wanted, _)| wanted.to_owned())
        });
        found.unwrap_or_else(|| {
            panic!("the model never heard {before:?} … {after:?}; it heard {:#?}", self.heard())
        })
    }

    /// The result of one call: its text, and whether the client calls it an error.
    pub(crate) fn tool_result(&self, id: &str) -> Option<(String, bool)> {
        let blocks = self.messages().iter().filter_map(|message| message["content"].as_array()).flatten();
        let result =
            blocks.into_iter().find(|block| block["type"] == "tool_result" && block["tool_use_id"] == id)?;
        Some((texts(&result["content"]).join("\n"), result["is_error"] == true))
    }

    fn messages(&self) -> &[Value] {
        self.body["messages"].as_array().map_or(&[], Vec::as_slice)
    }

    fn n_answers(&self) -> usize {
        self.messages().iter().filter(|message| message["role"] == "assistant").count()
    }
}

/// The texts in a message's `content`, which is a string or a list of blocks, tool results opened.
fn texts(content: &Value) -> Vec<&str> {
    match content {
        Value::String(text) => vec![text],
        Value::Array(blocks) => blocks.iter().flat_map(texts).collect(),
        Value::Object(block) if block.get("type").is_some_and(|kind| kind == "tool_result") => {
            block.get("content").map(texts).unwrap_or_default()
        }
        Value::Object(block) => block.get("text").map(texts).unwrap_or_default(),
        _ => vec![],
    }
}

/// The answers for one run of the client.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) main: Vec<Turn>,
    /// Marker in the subagent's prompt, and its turns.
    pub(crate) subagents: Vec<(String, Vec<Turn>)>,
}

/// What happened in one run, as the model saw it.
#[derive(Default)]
pub(crate) struct Recording {
    pub(crate) requests: Vec<Request>,
    /// Label and id of every tool call that was answered with.
    pub(crate) calls: Vec<(String, String)>,
    /// What went wrong on our side: a request out of bounds, a closure that panicked.
    pub(crate) faults: Vec<String>,
    /// How many answers the main conversation held before this run: more than none after `--resume`.
    answers_before: Option<usize>,
}

/// A script being played.
pub(crate) struct Play {
    script: Script,
    recording: Mutex<Recording>,
}

/// An id is never used twice in a process: a resumed conversation holds the calls of earlier runs too.
static NEXT_CALL: AtomicU64 = AtomicU64::new(1);

impl Play {
    pub(crate) fn new(script: Script) -> Self {
        Play { script, recording: Mutex::default() }
    }

    /// The content blocks to answer `body` with; an `Err` is our fault and ends the run.
    pub(crate) fn answer(&self, body: Value) -> Result<Vec<Value>, String> {
        let request = Request { speaker: self.speaker(&body), body };
        let turn = self.record(&request);
        let (turns, at_the_end) = match &request.speaker {
            Speaker::Main => (self.script.main.as_slice(), "done"),
            Speaker::Subagent(marker) => (self.turns_of(marker), "done"),
            Speaker::Side => (&[][..], "ok"),
        };
        match turns.get(turn) {
            Some(blocks) => blocks.iter().map(|block| self.content(block, &request)).collect(),
            None => Ok(vec![json!({"type": "text", "text": at_the_end})]),
        }
    }

    /// Notes that something went wrong on our side.
    pub(crate) fn fault(&self, what: String) {
        self.recording.lock().unwrap().faults.push(what);
    }

    /// Everything recorded since the last time this was asked.
    pub(crate) fn take_recording(&self) -> Recording {
        std::mem::take(&mut self.recording.lock().unwrap())
    }

    fn speaker(&self, body: &Value) -> Speaker {
        let offers =
            |name| body["tools"].as_array().is_some_and(|tools| tools.iter().any(|t| t["name"] == name));
        if !offers("Bash") && !offers("Read") {
            return Speaker::Side;
        }
        let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
        let opening = messages.iter().take_while(|message| message["role"] != "assistant");
        let opening: Vec<&str> = opening.flat_map(|message| texts(&message["content"])).collect();
        let marked = |marker: &String| opening.iter().any(|text| text.contains(marker.as_str()));
        let mut markers = self.script.subagents.iter().map(|(marker, _)| marker);
        markers
            .find(|marker| marked(marker))
            .map_or(Speaker::Main, |marker| Speaker::Subagent(marker.clone()))
    }

    /// Records the request and says which turn of its script it asks for.
    fn record(&self, request: &Request) -> usize {
        let mut recording = self.recording.lock().unwrap();
        recording.requests.push(request.clone());
        match request.speaker {
            Speaker::Main => {
                let before = *recording.answers_before.get_or_insert(request.n_answers());
                request.n_answers().saturating_sub(before)
            }
            _ => request.n_answers(),
        }
    }

    fn turns_of(&self, marker: &str) -> &[Turn] {
        self.script.subagents.iter().find(|(own, _)| own == marker).map_or(&[], |(_, turns)| turns)
    }

    fn content(&self, block: &Block, request: &Request) -> Result<Value, String> {
        let (label, name, input) = match block {
            Block::Text(text) => return Ok(json!({"type": "text", "text": text})),
            Block::Tool { label, name, input } => (label, name, input),
        };
        let input = match input {
            Input::Fixed(input) => input.clone(),
            Input::Computed(compute) => {
                catch_unwind(AssertUnwindSafe(|| compute(request))).map_err(|panic| {
                    let why = panic.downcast_ref::<String>().map_or("it panicked", String::as_str);
                    format!("the input of {label} could not be computed: {why}")
                })?
            }
        };
        let id = format!("toolu_{label}_{}", NEXT_CALL.fetch_add(1, Ordering::Relaxed));
        self.recording.lock().unwrap().calls.push((label.clone(), id.clone()));
        Ok(json!({"type": "tool_use", "id": id, "name": name, "input": input}))
    }
}
