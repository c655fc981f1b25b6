//! redraft: isolated, copy-on-write work sessions for people who write and code with Claude Code.
//!
//! A *session* holds its own copies of the *project*'s files (the *layer*); what an agent reads is the *merged view*,
//! layer over project; what it writes comes into the layer first (*copy-up*) and what it deletes is a *whiteout* there.
//! The project's files change in one place only, when a person lands the session (`landing`), whole or not at all.
//!
//! The modules stand on floors, lowest first: each uses its own floor and those above it in this list, never in a circle
//! (`tests/it/layers.rs` reads the list). `references/architecture.md` is the map, `references/glossary.md` the words.

// ── words: pure, no I/O ──
pub mod compare;
pub mod error;
pub mod name;
pub mod relpath;
pub mod report;
pub mod text;

// ── ground: the disk, without opinions ──
mod child;
pub mod env;
pub mod fs;
mod git;
pub mod project;
pub mod stdin;
pub mod sys;

// ── store: what is kept about a session ──
pub mod store;

// ── session: one tree seen through two ──
pub mod session;

// ── landing: from session to project ──
pub mod landing;

// ── view: every other program sees the session ──
pub mod view;

// ── verbs: the story of each command ──
pub mod verbs;

// ── doors: no logic ──
pub mod cli;
pub mod demo;
pub mod doctor;
pub mod hook;
pub mod install;
pub mod mcp;
pub mod slash;
pub mod statusline;
pub mod ui;
