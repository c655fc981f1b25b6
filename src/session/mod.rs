//! One tree seen through two: what a session says about the project's paths.
//!
//! `layer` is copy-on-write itself, `stage` what it copies aside for it; `changes` tells what a layer changes and `lines` by how much; `lifecycle` makes, finds and ends sessions, `archive` puts them away, `repair` mends them and `stray` finds what is none;
//! `edit` deletes and renames inside one; `retry` keeps rejected versions and `find` knows which file a person means; `intent` reads prompts;
//! `notes` is what its notebook comes to, `checkpoint` what its layer was, `brief` what whoever comes should know, `words` compares what people say, and `search` finds it in a session's `texts`;
//! `documents` and `tasks` are what programs keep in one by JSON.

pub mod archive;
pub mod brief;
pub mod changes;
pub mod checkpoint;
pub mod documents;
pub mod edit;
pub mod find;
pub mod intent;
pub mod layer;
pub mod lifecycle;
pub mod lines;
pub mod notes;
pub mod repair;
pub mod retry;
pub mod search;
mod stage;
pub mod stray;
pub mod tasks;
pub mod texts;
pub mod words;
