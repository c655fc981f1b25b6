//! Links the release binary statically and without PIE on Linux/glibc, where a hook's time is mostly process start.
//!
//! `.cargo/config.toml` asks for a static C runtime; the position-independent loader step that remains costs
//! 55–110 µs a start, so the executables (only they: a proc macro is a shared object) are linked `-no-pie`.

#![expect(clippy::disallowed_methods, reason = "a build script is configured by its environment")]

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |key: &str, value: &str| std::env::var(key).is_ok_and(|v| v == value);
    let features = std::env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    if is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && features.contains("crt-static")
    {
        println!("cargo:rustc-link-arg-bins=-static");
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
