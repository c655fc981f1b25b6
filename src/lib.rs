//! redraft: isolated, copy-on-write work sessions for people who write and code with Claude Code.

pub mod env;
pub mod error;
pub mod name;
pub mod relpath;
pub mod words;

pub mod fs;
pub mod project;
pub mod session;
pub mod store;

pub mod report;
pub mod verbs;
