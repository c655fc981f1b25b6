//! Three texts, cut out of the input at two bytes 0xff: what must be true of every merge is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redraft::landing::merge::invariants::check_invariants;

fuzz_target!(|bytes: &[u8]| {
    let mut sides = bytes.splitn(3, |b| *b == 0xff);
    let (base, project, session) = (sides.next(), sides.next(), sides.next());
    check_invariants(base.unwrap_or_default(), project.unwrap_or_default(), session.unwrap_or_default());
});
