//! Any text after `/session` and `/retry`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redraft::slash;

fuzz_target!(|args: &str| {
    for command in ["session", "retry", "redraft:session"] {
        let _ = slash::parse(command, args);
    }
});
