//! Any bytes as journal.jsonl; no proper prefix of a whole one is taken for whole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redraft::landing::journal::Journal;

fuzz_target!(|bytes: &[u8]| {
    let Some(journal) = Journal::parse(bytes) else { return };
    let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()).count();
    assert!(lines >= journal.steps.len() + 2, "a head, the steps, a tail");
    for step in &journal.steps {
        assert!(step.path.as_path().is_relative());
    }
});
