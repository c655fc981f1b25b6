//! The published Claude Code client, in the three set-ups that differ, against a scripted model.
//!
//! [`ground`] is about the client alone. Everything else is redraft in it, as a person has it: put in by `redraft install`,
//! a session started by typing `/session start`, a model that reads what it is told and calls tools. How many calls fail
//! on the way is part of what is promised, and a difference between the set-ups is asserted with its reason.

mod author;
mod closed;
mod commands;
mod edits;
mod ground;
mod notebooks;
mod prompts;
mod shell;
mod tools;
mod view;
mod windows;
