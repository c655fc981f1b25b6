//! What the integration tests are made of.

pub(crate) mod client;
pub(crate) mod filter;
pub(crate) mod mcp;
pub(crate) mod messages_api;
pub(crate) mod run;
pub(crate) mod script;
pub(crate) mod views;
pub(crate) mod world;
