//! Arguments in, exit code out.

use std::ffi::OsString;
use std::process::ExitCode;

use redraft::cli;
use redraft::env::Env;
use redraft::fs::failpoint;
use redraft::hook;

fn main() -> ExitCode {
    let env = Env::read();
    if let Some(plan) = &env.failpoint {
        failpoint::arm(plan);
    }
    let args: Vec<OsString> = std::env::args_os().collect();
    match args.get(1) {
        Some(first) if first == "hook" => hook::main(env),
        _ => cli::main(env, args),
    }
}
