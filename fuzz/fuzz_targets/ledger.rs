//! Any bytes as cow-files.jsonl; what was read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redraft::store::ledger;

fuzz_target!(|bytes: &[u8]| {
    let Ok(entries) = ledger::parse(bytes) else { return };
    let mut text = Vec::new();
    for entry in &entries {
        serde_json::to_writer(&mut text, entry).unwrap();
        text.push(b'\n');
    }
    assert_eq!(ledger::parse(&text).as_ref(), Ok(&entries));
    // A torn tail is never an error.
    for cut in [text.len() / 3, text.len() / 2, text.len().saturating_sub(1)] {
        let torn = ledger::parse(&text[..cut]).unwrap();
        assert_eq!(torn, entries[..torn.len()]);
    }
});
