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

mod intent;
mod plugin;
mod real_client;
