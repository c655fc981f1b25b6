//! A client of the MCP server, made of lines: what is sent is what the test says, what comes back is looked at as it is.

use super::world::{WINDOW, World};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Nothing here takes a second; beyond this the server hangs.
const DEADLINE: Duration = Duration::from_secs(20);

/// A running server and the client's end of it.
pub(crate) struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    /// What came while something else was waited for.
    waiting: Vec<Value>,
    next_id: u64,
}

/// What a tool answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) failed: bool,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Server {
    /// Starts a server in the project, for this test's window, and shakes hands.
    pub(crate) fn start(world: &World) -> Self {
        let mut server = Self::spawn(world, &[]);
        server.shake_hands();
        server
    }

    /// Starts a server without a word to it.
    pub(crate) fn spawn(world: &World, arguments: &[&str]) -> Self {
        let mut command = world.command();
        command.args(arguments).arg("mcp").env("CLAUDE_CODE_SESSION_ID", WINDOW);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let (to, lines) = channel();
        let stdout = child.stdout.take().unwrap();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                if line.is_err() || to.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        let stdin = child.stdin.take();
        Server { child, stdin, lines, waiting: vec![], next_id: 1 }
    }

    pub(crate) fn shake_hands(&mut self) -> Value {
        let hello = self.ask(
            "initialize",
            json!({
                "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
            }),
        );
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        hello
    }

    /// Sends a message.
    pub(crate) fn send(&mut self, message: &Value) {
        self.send_line(&message.to_string());
    }

    /// Sends a line, whatever it is.
    pub(crate) fn send_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Sends a request and gives its result; fails when it is answered with an error.
    #[track_caller]
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask_for_anything(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Sends a request and gives the whole answer.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "a test writes json!(…) where it is used")]
    pub(crate) fn ask_for_anything(&mut self, method: &str, params: Value) -> Value {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        self.wait_for(|message| message["id"] == id)
    }

    /// Calls a tool.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "a test writes json!(…) where it is used")]
    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Answer {
        let result = self.ask("tools/call", json!({"name": tool, "arguments": arguments}));
        let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}")).to_string();
        assert_eq!(result["content"].as_array().unwrap().len(), 1, "{result}");
        Answer { failed: result["isError"] == true, text, json: result["structuredContent"].clone() }
    }

    /// Gives the first message that fits, of those that came and those to come.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        self.wait_for_until(DEADLINE, fits).expect("the server answers in time")
    }

    /// The same; nothing when the time is over.
    pub(crate) fn wait_for_until(
        &mut self,
        timeout: Duration,
        fits: impl Fn(&Value) -> bool,
    ) -> Option<Value> {
        let end = Instant::now() + timeout;
        loop {
            if let Some(at) = self.waiting.iter().position(&fits) {
                return Some(self.waiting.remove(at));
            }
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                // Whatever is on stdout is protocol.
                Ok(line) => {
                    self.waiting.push(serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}")));
                }
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => panic!("the server is gone"),
            }
        }
    }

    /// Closes the client's end and gives how the server ended.
    pub(crate) fn close(mut self) -> ExitStatus {
        self.stdin = None;
        self.ended().expect("the server ends when its client is gone")
    }

    /// Waits for the end of the process.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(5));
        }
        None
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    /// Checks that it was done.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(!self.failed, "{}", self.text);
        self
    }

    /// Checks that it was refused, as an error with a next step.
    #[track_caller]
    pub(crate) fn refused(self) -> Self {
        assert!(self.failed, "{}", self.text);
        assert!(self.text.contains("ERROR: ") && self.text.contains("Next steps:\n   - "), "{}", self.text);
        assert_eq!(self.json["ok"], false);
        assert!(!self.json["error"]["hints"].as_array().unwrap().is_empty(), "{}", self.json);
        self
    }
}
