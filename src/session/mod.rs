//! One tree seen through two: what a session says about the project's paths.
//!
//! `layer` is copy-on-write itself; `changes` tells what a layer changes; `lifecycle` makes, finds and ends sessions;
//! `edit` deletes and renames inside one; `retry` keeps rejected versions and `find` knows which file a person means; `intent` reads prompts.

pub mod changes;
pub mod edit;
pub mod find;
pub mod layer;
pub mod lifecycle;
pub mod retry;
