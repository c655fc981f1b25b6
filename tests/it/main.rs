//! The integration tests: what redraft promises, checked from outside.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should stop right there"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests look at the disk and at their own environment directly"
)]

mod support;

mod archive;
mod checkpoint;
mod commit;
mod concurrent;
mod crash;
mod disk;
mod docs;
mod escape;
mod fail_closed;
mod find;
mod gates;
mod handover;
mod hook_contract;
mod hook_prompts;
mod hook_rescue;
mod intent;
mod isolation;
mod layers;
mod lookback;
mod lost_writes;
mod mcp;
mod mcp_peers;
mod model;
mod notebook;
mod plugin;
mod prefix;
mod programs;
mod real_client;
mod real_hooks;
mod repair;
mod screens;
mod search_index;
mod seed_commands;
mod seed_table;
mod start_for_task;
mod tool;
mod views;
mod views_again;
mod watch;
mod without_views;
