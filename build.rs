//! Links the release binary statically and without PIE on Linux/glibc, where a hook's time is mostly process start, and lays
//! what a hook runs through side by side: the first touch of a piece of the program costs more than what is done there.
//!
//! `.cargo/config.toml` asks for a static C runtime; the position-independent loader step that remains costs
//! 55–110 µs a start, so the executables (only they: a proc macro is a shared object) are linked `-no-pie`.

#![expect(clippy::disallowed_methods, reason = "a build script is configured by its environment")]

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=link/hook-first.ld");
    let is = |key: &str, value: &str| std::env::var(key).is_ok_and(|v| v == value);
    let features = std::env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    if is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && features.contains("crt-static")
    {
        println!("cargo:rustc-link-arg-bins=-static");
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
    // Not by the profile, which is part of what Rust makes the functions' names of: `benches/run --order` looks at names.
    println!("cargo:rerun-if-env-changed=REDRAFT_KEEP_NAMES");
    if is("CARGO_CFG_TARGET_OS", "linux") && is("PROFILE", "release") && !is("REDRAFT_KEEP_NAMES", "1") {
        println!("cargo:rustc-link-arg-bins=-Wl,--strip-all");
    }
    // Code and constants in one piece: a segment less to map and to unmap at every start, and no page of headers apart.
    if is("CARGO_CFG_TARGET_OS", "linux") && is("PROFILE", "release") {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,noseparate-code");
    }
    // `link/hook-first.ld` is for the linkers that Rust uses unasked; mold knows no such scripts.
    let asked = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    if is("CARGO_CFG_TARGET_OS", "linux") && is("PROFILE", "release") && !asked.contains("mold") {
        let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo:rustc-link-arg-bins=-T{root}/link/hook-first.ld");
    }
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") && is("PROFILE", "release") {
        name_the_faster_target();
    }
}

/// Says that a faster build is to be had where Rust's library for it is installed: cargo cannot choose by that.
fn name_the_faster_target() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let target = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default() + "-unknown-linux-musl";
    let asked = std::process::Command::new(rustc).args(["--print", "sysroot"]).output();
    let Ok(root) = asked.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_string()) else { return };
    if std::path::Path::new(&root).join("lib/rustlib").join(&target).exists() {
        println!(
            "cargo:warning=a hook starts faster, in a virtual machine several times, when built for musl: --target {target}"
        );
    }
}
