//! The MCP server: the verbs as tools for any client of the Model Context Protocol, over standard input and output.
//!
//! The protocol itself is the official SDK's. Here stand the tools (`tools` and `notebook`, with `parameters` in and `schema` out),
//! the resources and who hears of their changes (`resources`, `watch`), the prompts, and the two streams (`wire`).
//! What a tool does is `verbs::run` of the command that the command line makes of the same words; what it answers is
//! what `ui` prints, as text and as JSON. Stdout carries protocol and nothing else. The server holds nothing between two
//! calls but who subscribed to what, so any number of them, and the hooks, may work on one project.

mod lookback;
mod notebook;
mod parameters;
mod prompts;
mod resources;
mod schema;
mod server;
mod tools;
mod watch;
mod wire;

use std::io;
use std::path::Path;
use std::time::Duration;

use rmcp::service::{ServerInitializeError, serve_server};

use self::server::Server;
use self::wire::Wire;
use crate::error::{Error, Result};
use crate::verbs::Desk;

/// Calls that may be at work on the disk at once.
const MAX_AT_WORK: usize = 8;

/// How long a call that is at work when the client goes may still take.
const LAST_CALL: Duration = Duration::from_secs(30);

/// How long a call may take whose answer can be given in part; clients give up after a minute or so.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves one client until it closes its end.
pub fn serve(desk: &Desk) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .max_blocking_threads(MAX_AT_WORK)
        .build()
        .map_err(|error| Error::io("start threads for", Path::new("the server"), &error))?;
    let served = runtime.block_on(async {
        let desk = Desk { patience: Some(PATIENCE), ..desk.clone() };
        let running = serve_server(Server::new(desk), Wire::new(io::stdin(), io::stdout())).await?;
        let _ = running.waiting().await; // however it ended, the client is gone
        Ok(())
    });
    runtime.shutdown_timeout(LAST_CALL);
    match served {
        Ok(()) | Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => {
            Err(Error::usage(format!("the client does not speak MCP as this server does: {error}"))
                .hint("look at the messages it sends first; this server is for MCP clients: redraft --help"))
        }
    }
}

/// Gives each tool's name with each verb of the command line that it stands for.
pub fn tools() -> impl Iterator<Item = (&'static str, &'static str)> {
    tools::all().flat_map(|tool| tool.verb.split(' ').map(|verb| (tool.name, verb)))
}
