//! Arguments in, exit code out. A C `main`: `redraft::sys` says why.

#![no_main]
#![expect(unsafe_code, reason = "a C `main` is an exported symbol, and its arguments are pointers")]

use std::ffi::{c_char, c_int};

use redraft::cli;
use redraft::env::Env;
use redraft::fs::failpoint;
use redraft::hook;
use redraft::sys;
use redraft::sys::arena::Arena;

#[global_allocator]
static MEMORY: Arena = Arena::new();

/// # Safety
/// Called by the C runtime, once.
#[unsafe(no_mangle)]
unsafe extern "C" fn main(n_arguments: c_int, argv: *const *const c_char) -> c_int {
    // SAFETY: passed on as they came.
    let arguments = unsafe { sys::begin(n_arguments, argv) };
    let env = Env::read();
    if let Some(plan) = &env.failpoint {
        failpoint::arm(plan);
    }
    let code = match arguments.get(1) {
        Some(first) if first == "hook" => hook::main(env),
        _ => cli::main(env, &arguments),
    };
    sys::end(code)
}
