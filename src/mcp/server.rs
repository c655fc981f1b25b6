//! The server: what a client may ask, each answered from the table or the module that knows.
//!
//! Every call looks for its project anew and happens at its own time; what touches the disk runs on a thread that may
//! wait. A refusal is the tool's answer with `isError`, and its text names the next step; only what is no call of a tool
//! at all (an unknown tool, an unknown resource) is a protocol error.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, GetPromptRequestParams,
    GetPromptResponse, Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
    ReadResourceResult, ResourceUpdatedNotificationParam, ServerCapabilities, ServerConfig,
    SubscribeRequestParams, SubscriptionFilter, ToolAnnotations, UnsubscribeRequestParams,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{Peer, RoleServer, ServerHandler};
use tokio::sync::Notify;

use super::parameters::{self, Given};
use super::schema::Answers;
use super::tools::{self, Effect, Tool};
use super::watch::{self, Look};
use super::{prompts, resources};
use crate::error::{Error, Kind, Result};
use crate::ui::{self, Said, Style, Voice};
use crate::verbs::{self, Desk};

/// What the client's model is told about the whole.
const INSTRUCTIONS: &str = "redraft keeps work in named, copy-on-write sessions. create_session starts one; from then on \
edits of tracked files belong to the session, and the project's files stay as they are until commit_session lands them. \
Read and edit a tracked file at its session path, which resolve_path gives. Commit in two steps: force=false shows what \
would land; after the human's yes, force=true with expect=<fingerprint>. When the human rejects what was written, call \
record_human_retry before writing it anew.";

/// One client's server.
#[derive(Clone)]
pub(super) struct Server {
    desk: Arc<Desk>,
    tools: Arc<Vec<rmcp::model::Tool>>,
    /// Resources that the client wants to hear about.
    subscribed: Arc<Mutex<BTreeSet<String>>>,
    /// A tool changed something, or a subscription was added.
    nudge: Arc<Notify>,
}

impl Server {
    /// Makes a server for whoever asks from this desk.
    pub(super) fn new(desk: Desk) -> Self {
        let answers = Answers::new();
        Self {
            desk: Arc::new(desk),
            tools: Arc::new(tools::all().map(|tool| described(tool, &answers)).collect()),
            subscribed: Arc::default(),
            nudge: Arc::default(),
        }
    }

    /// Does something that may wait, at its own time.
    async fn at_the_desk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let desk = Arc::clone(&self.desk);
        let done = tokio::task::spawn_blocking(move || work(&desk.at_root()?)).await;
        done.unwrap_or_else(|_| Err(Error::new(Kind::Bug, "redraft has a bug: this call stopped half-way")))
    }

    /// Calls a tool.
    async fn call(&self, tool: &'static Tool, given: Given) -> CallToolResult {
        let style = Style::plain(Voice::Cli, &self.desk.env.at_present());
        let outcome = self.at_the_desk(move |desk| Ok(answer(tool, desk, &given))).await;
        if tool.effect != Effect::Reads {
            self.nudge.notify_waiters();
        }
        let said = outcome.unwrap_or_else(|error| ui::said(&Err(error), &style));
        let mut result = CallToolResult::success(vec![ContentBlock::text(said.text)]);
        result.structured_content = Some(said.json);
        result.is_error = Some(said.failed);
        result
    }

    fn subscriptions(&self) -> BTreeSet<String> {
        self.subscribed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells the client what changed among the resources it subscribed to, for as long as it is there.
    async fn follow(self, client: Peer<RoleServer>) {
        let mut seen = None;
        loop {
            let wanted = self.subscriptions();
            if wanted.is_empty() {
                seen = None;
                self.nudge.notified().await;
                continue;
            }
            let before = match seen {
                Some(before) => before,
                None => self.look().await,
            };
            let Ok(desk) = self.at_the_desk(|desk| Ok(desk.clone())).await else { return };
            let now = watch::changed(&desk, before, &self.nudge).await;
            seen = Some(now);
            if now.list != before.list && client.notify_resource_list_changed().await.is_err() {
                return;
            }
            for uri in self.subscriptions() {
                if client.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri)).await.is_err() {
                    return;
                }
            }
        }
    }

    async fn look(&self) -> Look {
        self.at_the_desk(|desk| Ok(watch::look(desk))).await.unwrap_or_default()
    }
}

/// Does what a tool was asked for and says what came of it.
fn answer(tool: &Tool, desk: &Desk, given: &Given) -> Said {
    let session = parameters::optional(given, "session");
    let desk = Desk { session: session.or_else(|| desk.session.clone()), ..desk.clone() };
    let command = parameters::check(tool.name, tool.parameters, given).and_then(|()| (tool.command)(given));
    let outcome = command.and_then(|command| verbs::run(&desk, &command));
    let said = ui::said(&outcome, &Style::plain(Voice::Cli, &desk.env));
    match &outcome {
        // Who calls this tool knows its answers, refusals too.
        Err(error) if tool.verb == "tool" => Said { text: ui::tool_refusal(error), ..said },
        _ => said,
    }
}

/// Describes a tool for the client.
fn described(tool: &Tool, answers: &Answers) -> rmcp::model::Tool {
    let annotations = ToolAnnotations::with_title(tool.title)
        .read_only(tool.effect == Effect::Reads)
        .destructive(tool.effect == Effect::Replaces)
        .idempotent(tool.idempotent)
        .open_world(false);
    rmcp::model::Tool::new(tool.name, tool.about, parameters::schema(tool.parameters))
        .with_title(tool.title)
        .with_raw_output_schema(Arc::new(answers.of(tool.reports)))
        .with_annotations(annotations)
}

/// Gives an error of the disk or the records as the protocol's, with its next step.
fn internal(error: &Error) -> ErrorData {
    ErrorData::internal_error(error.message.clone(), Some(ui::error_value(error)))
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_resources_list_changed()
            .build();
        let mut about = Implementation::new("redraft", env!("CARGO_PKG_VERSION")).with_title("redraft");
        about.description = Some(env!("CARGO_PKG_DESCRIPTION").into());
        ServerConfig::new(capabilities).with_server_info(about).with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> std::result::Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.to_vec()))
    }

    async fn call_tool(
        &self,
        asked: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> std::result::Result<CallToolResponse, ErrorData> {
        let Some(tool) = tools::find(&asked.name) else {
            let names: Vec<_> = tools::all().map(|tool| tool.name).collect();
            let message = format!("there is no tool {:?}; there are: {}", asked.name, names.join(", "));
            return Err(ErrorData::invalid_params(message, None));
        };
        Ok(self.call(tool, asked.arguments.unwrap_or_default()).await.into())
    }

    async fn list_resources(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> std::result::Result<ListResourcesResult, ErrorData> {
        let resources = self.at_the_desk(resources::list).await.map_err(|error| internal(&error))?;
        Ok(ListResourcesResult::with_all_items(resources))
    }

    async fn list_resource_templates(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> std::result::Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(resources::templates()))
    }

    async fn read_resource(
        &self,
        asked: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> std::result::Result<ReadResourceResponse, ErrorData> {
        let uri = asked.uri.clone();
        let read = self.at_the_desk(move |desk| resources::read(desk, &uri)).await;
        match read.map_err(|error| internal(&error))? {
            Some(contents) => Ok(ReadResourceResult::new(contents).into()),
            None => Err(ErrorData::resource_not_found(
                format!("there is no {} now; resources/list names what there is", asked.uri),
                None,
            )),
        }
    }

    async fn list_prompts(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> std::result::Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts::list()))
    }

    async fn get_prompt(
        &self,
        asked: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> std::result::Result<GetPromptResponse, ErrorData> {
        match prompts::get(&asked.name, &asked.arguments.unwrap_or_default()) {
            Some(Ok(prompt)) => Ok(prompt.into()),
            Some(Err(why)) => Err(ErrorData::invalid_params(why, None)),
            None => Err(ErrorData::invalid_params(
                format!("there is no prompt {:?}; there are: session, retry", asked.name),
                None,
            )),
        }
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        tokio::spawn(self.clone().follow(context.peer));
    }

    async fn subscribe(
        &self,
        asked: SubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> std::result::Result<(), ErrorData> {
        self.subscribed.lock().unwrap_or_else(PoisonError::into_inner).insert(asked.uri);
        self.nudge.notify_waiters();
        Ok(())
    }

    async fn unsubscribe(
        &self,
        asked: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> std::result::Result<(), ErrorData> {
        self.subscribed.lock().unwrap_or_else(PoisonError::into_inner).remove(&asked.uri);
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let mut accepted = SubscriptionFilter::new();
        accepted.resources_list_changed = requested.resources_list_changed;
        accepted.resource_subscriptions.clone_from(&requested.resource_subscriptions);
        Some(accepted)
    }

    async fn listen(&self, subscription: SubscriptionContext) -> std::result::Result<(), ErrorData> {
        let Ok(desk) = self.at_the_desk(|desk| Ok(desk.clone())).await else { return Ok(()) };
        let (sink, mut seen) = (subscription.sink(), self.look().await);
        loop {
            let now = tokio::select! {
                () = subscription.cancelled() => return Ok(()),
                now = watch::changed(&desk, seen, &self.nudge) => now,
            };
            if now.list != seen.list && sink.accepted().resources_list_changed == Some(true) {
                let _ = sink.notify_resource_list_changed().await; // a client that is gone is seen by the transport
            }
            for uri in sink.accepted().resource_subscriptions.iter().flatten() {
                let _ = sink.notify_resource_updated(uri.clone()).await;
            }
            seen = now;
        }
    }
}
