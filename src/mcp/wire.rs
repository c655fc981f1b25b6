//! Lines of JSON over standard input and output: the transport, with a bound on every line and an answer to every mistake.
//!
//! Both streams have a thread of their own, so that a client that sends nothing, or reads nothing, holds up neither the
//! other direction nor the end of the process. The SDK's own transport drops a line that is no JSON without a word; here
//! the client is told, as JSON-RPC wants it.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{ErrorCode, ErrorData, RequestId};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::Value;
use tokio::sync::{Notify, mpsc, oneshot};

/// The longest line, in bytes.
pub(super) const MAX_LINE: usize = 16 * 1024 * 1024;

/// Lines that may wait in each direction.
const WAITING: usize = 16;

/// How long the last answers may take to go out.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A line as it came in.
enum Line {
    Whole(Vec<u8>),
    TooLong,
}

/// A line on its way out, and whom to tell when it has gone.
type Outgoing = (Vec<u8>, oneshot::Sender<io::Result<()>>);

/// The client at the other end of two streams.
pub(super) struct Wire {
    incoming: mpsc::Receiver<Line>,
    outgoing: Option<mpsc::Sender<Outgoing>>,
    /// The client no longer reads.
    deaf: Arc<Notify>,
    written: Option<oneshot::Receiver<()>>,
}

impl Wire {
    /// Starts to read and to write.
    pub(super) fn new(input: impl Read + Send + 'static, output: impl Write + Send + 'static) -> Self {
        let (line, incoming) = mpsc::channel(WAITING);
        let (outgoing, queue) = mpsc::channel(WAITING);
        let (done, written) = oneshot::channel();
        let deaf = Arc::new(Notify::new());
        std::thread::spawn(move || read_lines(input, &line));
        let broken = Arc::clone(&deaf);
        std::thread::spawn(move || {
            write_lines(output, queue, &broken);
            let _ = done.send(()); // nobody may be waiting any more
        });
        Self { incoming, outgoing: Some(outgoing), deaf, written: Some(written) }
    }
}

impl Transport<RoleServer> for Wire {
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let outgoing = self.outgoing.clone();
        async move {
            let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
            let mut line = serde_json::to_vec(&message)?;
            line.push(b'\n');
            let (told, sent) = oneshot::channel();
            outgoing.ok_or_else(gone)?.send((line, told)).await.map_err(|_| gone())?;
            sent.await.unwrap_or_else(|_| Err(gone()))
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            let line = tokio::select! {
                line = self.incoming.recv() => line?,
                () = self.deaf.notified() => return None,
            };
            match parse(&line) {
                Parsed::Message(message) => return Some(*message),
                Parsed::Nothing => {}
                Parsed::Mistake(error, id) => {
                    self.send(TxJsonRpcMessage::<RoleServer>::error(error, id)).await.ok()?;
                }
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.outgoing = None;
        if let Some(written) = self.written.take() {
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, written).await; // a client that does not read is not waited for
        }
        Ok(())
    }
}

/// What a line says.
enum Parsed {
    Message(Box<RxJsonRpcMessage<RoleServer>>),
    Nothing,
    Mistake(ErrorData, Option<RequestId>),
}

fn parse(line: &Line) -> Parsed {
    let mistake = |code, message: String, id| Parsed::Mistake(ErrorData::new(code, message, None), id);
    let Line::Whole(bytes) = line else {
        return mistake(ErrorCode::INVALID_REQUEST, format!("a line may have {MAX_LINE} bytes"), None);
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    if bytes.is_empty() {
        return Parsed::Nothing;
    }
    let error = match serde_json::from_slice(bytes) {
        Ok(message) => return Parsed::Message(Box::new(message)),
        Err(error) => error,
    };
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return mistake(ErrorCode::PARSE_ERROR, format!("this line is no JSON: {error}"), None);
    };
    // A notification that is not understood is passed over: nobody waits for an answer to it.
    if value.get("method").is_some() && value.get("id").is_none() {
        return Parsed::Nothing;
    }
    let id = value.get("id").and_then(|id| serde_json::from_value(id.clone()).ok());
    mistake(ErrorCode::INVALID_REQUEST, "this is no JSON-RPC 2.0 request".into(), id)
}

/// Hands on each line until the client closes its end, or nobody listens.
fn read_lines(input: impl Read, to: &mpsc::Sender<Line>) {
    let mut input = BufReader::new(input);
    loop {
        let mut bytes = Vec::new();
        let most = MAX_LINE as u64 + 1;
        let ended = match input.by_ref().take(most).read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return,
            Ok(_) => bytes.ends_with(b"\n"),
        };
        let line = if ended || bytes.len() <= MAX_LINE {
            Line::Whole(bytes)
        } else {
            drop(bytes);
            skip_line(&mut input);
            Line::TooLong
        };
        if to.blocking_send(line).is_err() {
            return;
        }
    }
}

/// Reads to the end of a line without keeping any of it.
fn skip_line(input: &mut impl io::BufRead) {
    loop {
        let (used, ended) = match input.fill_buf() {
            Ok([]) | Err(_) => return,
            Ok(bytes) => match bytes.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (bytes.len(), false),
            },
        };
        input.consume(used);
        if ended {
            return;
        }
    }
}

/// Writes each line whole; the first that cannot be written is the last.
fn write_lines(mut output: impl Write, mut queue: mpsc::Receiver<Outgoing>, deaf: &Notify) {
    while let Some((line, told)) = queue.blocking_recv() {
        let written = output.write_all(&line).and_then(|()| output.flush());
        let broken = written.is_err();
        let _ = told.send(written); // whoever sent it may have given up
        if broken {
            deaf.notify_one();
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        match parse(&Line::Whole(line.as_bytes().to_vec())) {
            Parsed::Message(_) => "message".into(),
            Parsed::Nothing => "nothing".into(),
            Parsed::Mistake(error, id) => format!("{} for {id:?}", error.code.0),
        }
    }

    #[test]
    fn every_line_is_a_message_a_mistake_or_nothing() {
        for (line, expected) in [
            ("", "nothing"),
            ("  \r", "nothing"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "message"),
            ("\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", "message"),
            (r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, "message"),
            ("hello", "-32700 for None"),
            (r#"{"jsonrpc":"2.0","id":1"#, "-32700 for None"),
            ("[]", "-32600 for None"),
            ("{}", "-32600 for None"),
            (r#"{"id":7,"method":5}"#, "-32600 for Some(Number(7))"),
        ] {
            assert_eq!(said(line), expected, "{line:?}");
        }
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let (to, mut lines) = mpsc::channel(4);
        let mut input = vec![b'x'; MAX_LINE + 5];
        input.extend_from_slice(b"\nnext\nlast");
        std::thread::spawn(move || read_lines(io::Cursor::new(input), &to));
        assert!(matches!(lines.blocking_recv(), Some(Line::TooLong)));
        for expected in ["next\n", "last"] {
            let Some(Line::Whole(line)) = lines.blocking_recv() else { panic!("{expected}") };
            assert_eq!(line, expected.as_bytes());
        }
        assert!(lines.blocking_recv().is_none());
    }
}
