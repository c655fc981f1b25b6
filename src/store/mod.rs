//! What is kept about sessions: locks, records, the ledger, the notebook, the bases.
//!
//! Each file here owns one format on disk and nothing else; what the formats mean together is the session floor's.

pub mod blobs;
pub mod index;
pub mod ledger;
pub mod lines;
pub mod lock;
pub mod notebook;
pub(crate) mod plain;
pub mod record;
pub mod windows;
