//! A Messages API on 127.0.0.1 that plays a [`Script`]: just enough HTTP for Claude Code to be content with it.
//!
//! One request per connection, one thread per connection; every size and every wait is bounded, and the server is gone when
//! it is dropped. A request out of bounds is a fault of the test and is reported as one, not worked around.

use super::script::{Play, Recording, Script};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const MAX_HEAD: u64 = 64 * 1024;
const MAX_BODY: u64 = 32 * 1024 * 1024;
/// More steps than any scenario takes; a hook that re-prompts the model in a loop ends here.
const MAX_REQUESTS: usize = 200;
const IO_TIMEOUT: Duration = Duration::from_secs(10);

/// A running server.
#[must_use = "the server stops when it is dropped"]
pub(crate) struct MessagesApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    play: Play,
    stopping: AtomicBool,
    n_requests: AtomicUsize,
}

impl MessagesApi {
    /// Starts answering with `script`, on a free port.
    pub(crate) fn start(script: Script) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
        let address = listener.local_addr().unwrap();
        let play = Play::new(script);
        let shared =
            Arc::new(Shared { play, stopping: AtomicBool::new(false), n_requests: AtomicUsize::new(0) });
        let accepting = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        MessagesApi { address, shared, accepting: Some(accepting) }
    }

    /// What `ANTHROPIC_BASE_URL` has to be.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops and hands over what was recorded.
    pub(crate) fn finish(mut self) -> Recording {
        self.stop();
        self.shared.play.take_recording()
    }

    fn stop(&mut self) {
        let Some(accepting) = self.accepting.take() else { return };
        self.shared.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect_timeout(&self.address, IO_TIMEOUT)); // wakes the thread that waits in accept
        drop(accepting.join());
    }
}

impl Drop for MessagesApi {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Takes connections until told to stop, then waits for those that are still being answered.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut answering = vec![];
    for connection in listener.incoming() {
        if shared.stopping.load(Ordering::SeqCst) {
            break;
        }
        let Ok(connection) = connection else { continue };
        let shared = Arc::clone(shared);
        // A client that hangs up in the middle is the client's business: what it did not hear it asks again.
        answering.push(thread::spawn(move || drop(serve(&connection, &shared))));
    }
    for answer in answering {
        drop(answer.join());
    }
}

struct Head {
    method: String,
    path: String,
    length: u64,
}

/// Answers the one request of a connection.
fn serve(connection: &TcpStream, shared: &Shared) -> io::Result<()> {
    connection.set_read_timeout(Some(IO_TIMEOUT))?;
    connection.set_write_timeout(Some(IO_TIMEOUT))?;
    let mut input = BufReader::new(connection);
    let Some(head) = read_head(&mut input)? else { return Ok(()) };
    let reply = match (head.method.as_str(), head.path.as_str()) {
        ("POST", path) if path.contains("count_tokens") => json_reply(&json!({"input_tokens": 10})),
        ("POST", path) if path.contains("/v1/messages") => match next_message(&head, &mut input, shared) {
            Ok(reply) => reply,
            Err(fault) => {
                let body =
                    json!({"type": "error", "error": {"type": "invalid_request_error", "message": fault}});
                shared.play.fault(fault);
                Reply { status: "400 Bad Request", ..json_reply(&body) }
            }
        },
        ("HEAD", _) => Reply { body: String::new(), ..json_reply(&Value::Null) },
        _ => json_reply(&json!({})),
    };
    reply.send(connection)
}

/// The request line and the one header that matters here; none when the connection was closed unused.
fn read_head(input: &mut impl BufRead) -> io::Result<Option<Head>> {
    let mut lines = input.take(MAX_HEAD).lines();
    let Some(first) = lines.next().transpose()? else { return Ok(None) };
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut length = 0;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            return Ok(Some(Head { method, path, length }));
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    Err(io::Error::other("the head of the request has no end"))
}

fn next_message(head: &Head, input: &mut impl Read, shared: &Shared) -> Result<Reply, String> {
    let nth = shared.n_requests.fetch_add(1, Ordering::SeqCst) + 1;
    if nth > MAX_REQUESTS {
        return Err(format!("the client asked more than {MAX_REQUESTS} times"));
    }
    if head.length > MAX_BODY {
        return Err(format!("a request of {} bytes: more than {MAX_BODY}", head.length));
    }
    let mut body = vec![];
    input
        .take(head.length)
        .read_to_end(&mut body)
        .map_err(|error| format!("a request broke off: {error}"))?;
    let body: Value =
        serde_json::from_slice(&body).map_err(|error| format!("a request is no JSON: {error}"))?;
    let (streaming, model) = (body["stream"] == true, body["model"].clone());
    let content = shared.play.answer(body)?;
    let calls_a_tool = content.iter().any(|block| block["type"] == "tool_use");
    let message = json!({
        "id": format!("msg_{nth}"), "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": if calls_a_tool { "tool_use" } else { "end_turn" }, "stop_sequence": null,
        "usage": {"input_tokens": 10, "output_tokens": 10},
    });
    Ok(if streaming { stream_reply(&message) } else { json_reply(&message) })
}

struct Reply {
    status: &'static str,
    kind: &'static str,
    body: String,
}

impl Reply {
    fn send(&self, mut to: impl Write) -> io::Result<()> {
        let Reply { status, kind, body } = self;
        let length = body.len();
        let head = format!("content-type: {kind}\r\ncontent-length: {length}\r\nconnection: close");
        write!(to, "HTTP/1.1 {status}\r\n{head}\r\n\r\n{body}")?;
        to.flush()
    }
}

fn json_reply(body: &Value) -> Reply {
    Reply { status: "200 OK", kind: "application/json", body: body.to_string() }
}

/// The same message as server-sent events, each block in one piece.
fn stream_reply(message: &Value) -> Reply {
    let mut body = String::new();
    let mut event = |data: Value| {
        let name = data["type"].as_str().unwrap_or_default();
        write!(body, "event: {name}\ndata: {data}\n\n").expect("a String takes all");
    };
    let mut start = message.clone();
    start["content"] = json!([]);
    start["stop_reason"] = Value::Null;
    event(json!({"type": "message_start", "message": start}));
    for (index, block) in message["content"].as_array().into_iter().flatten().enumerate() {
        let mut empty = block.clone();
        let delta = if block["type"] == "text" {
            empty["text"] = json!("");
            json!({"type": "text_delta", "text": block["text"]})
        } else {
            empty["input"] = json!({});
            json!({"type": "input_json_delta", "partial_json": block["input"].to_string()})
        };
        event(json!({"type": "content_block_start", "index": index, "content_block": empty}));
        event(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        event(json!({"type": "content_block_stop", "index": index}));
    }
    let end = json!({"stop_reason": message["stop_reason"], "stop_sequence": null});
    event(json!({"type": "message_delta", "delta": end, "usage": {"output_tokens": 10}}));
    event(json!({"type": "message_stop"}));
    Reply { status: "200 OK", kind: "text/event-stream", body }
}

#[cfg(test)]
mod tests {
    use super::super::script::{Request, Speaker, say, tool, tool_from, turn};
    use super::*;

    /// Sends one request by hand and gives the whole reply back.
    fn ask(api: &MessagesApi, method: &str, path: &str, body: &str) -> String {
        let mut connection = TcpStream::connect(api.address).unwrap();
        let length = body.len();
        write!(connection, "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}")
            .unwrap();
        let mut reply = String::new();
        connection.read_to_string(&mut reply).unwrap();
        reply
    }

    fn step(api: &MessagesApi, messages: &Value) -> String {
        let body = json!({"model": "m", "tools": [{"name": "Bash"}], "messages": messages});
        ask(api, "POST", "/v1/messages?beta=true", &body.to_string())
    }

    #[test]
    fn a_turn_is_chosen_by_the_conversation_so_a_repeated_request_gets_it_again() {
        let main = vec![turn![say("first")], turn![say("second")]];
        let api = MessagesApi::start(Script { main, ..Script::default() });
        let (user, model) =
            (json!({"role": "user", "content": "go"}), json!({"role": "assistant", "content": "x"}));
        assert!(
            step(&api, &json!([user, model, user])).contains("first"),
            "a resumed conversation begins at the first turn"
        );
        assert!(step(&api, &json!([user, model, user])).contains("first"));
        assert!(step(&api, &json!([user, model, user, model, user])).contains("second"));
        assert!(step(&api, &json!([user, model, user, model, user, model, user])).contains("done"));
        assert_eq!(api.finish().requests.len(), 4);
    }

    #[test]
    fn side_jobs_subagents_and_the_main_agent_are_told_apart() {
        let main = vec![turn![say("for main")]];
        let subagents = vec![("MARK".to_owned(), vec![turn![say("for the subagent")]])];
        let api = MessagesApi::start(Script { main, subagents });
        assert!(step(&api, &json!([{"role": "user", "content": "go"}])).contains("for main"));
        let marked = json!([{"role": "user", "content": [{"type": "text", "text": "MARK: look"}]}]);
        assert!(step(&api, &marked).contains("for the subagent"));
        assert!(
            ask(&api, "POST", "/v1/messages", &json!({"messages": marked}).to_string())
                .contains(r#""text":"ok""#)
        );
        let speakers: Vec<Speaker> =
            api.finish().requests.into_iter().map(|request| request.speaker).collect();
        assert_eq!(speakers, [Speaker::Main, Speaker::Subagent("MARK".to_owned()), Speaker::Side]);
    }

    #[test]
    fn a_tool_input_can_follow_from_what_the_client_sent() {
        let input = |seen: &Request| json!({"file_path": seen.between("use `", "`")});
        let api =
            MessagesApi::start(Script { main: vec![turn![tool_from("Read", input)]], ..Script::default() });
        let result = json!({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "use `/s`."}]});
        assert!(
            step(&api, &json!([{"role": "user", "content": [result]}])).contains(r#"{"file_path":"/s"}"#)
        );
        assert!(step(&api, &json!([{"role": "user", "content": "nothing"}])).starts_with("HTTP/1.1 400 "));
        let recording = api.finish();
        assert!(recording.faults[0].contains("the model never heard"), "{:?}", recording.faults);
    }

    #[test]
    fn a_streamed_message_ends_in_message_stop() {
        let call = tool("Bash", json!({"command": "true"}));
        let api = MessagesApi::start(Script { main: vec![turn![say("hm"), call]], ..Script::default() });
        let body = json!({"stream": true, "tools": [{"name": "Bash"}], "messages": []});
        let reply = ask(&api, "POST", "/v1/messages", &body.to_string());
        assert!(reply.contains(r#""partial_json":"{\"command\":\"true\"}""#), "{reply}");
        assert!(reply.ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"), "{reply}");
        assert_eq!(api.finish().calls[0].0, "Bash");
    }

    #[test]
    fn what_else_the_client_asks_is_answered_and_nonsense_is_a_fault() {
        let api = MessagesApi::start(Script::default());
        assert!(ask(&api, "HEAD", "/", "").starts_with("HTTP/1.1 200 OK"));
        assert!(ask(&api, "GET", "/api/hello", "").ends_with("{}"));
        assert!(ask(&api, "POST", "/v1/messages/count_tokens", "{}").ends_with(r#"{"input_tokens":10}"#));
        assert!(ask(&api, "POST", "/v1/messages", "no json").starts_with("HTTP/1.1 400 "));
        assert_eq!(api.finish().faults.len(), 1);
    }
}
