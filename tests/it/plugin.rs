//! The repository as a plugin, judged by the published client.

use std::path::Path;
use std::process::Command;

/// Gives what `claude plugin …` prints, and whether it was content.
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
fn claude(client: &Path, home: &Path, args: &[&str]) -> (bool, String) {
    let output = Command::new(client)
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", home)
        .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
#[ignore = "needs the client: REDRAFT_CLIENT_DIR=<directory with <version>/claude>"]
#[expect(clippy::disallowed_methods, reason = "the test is told where the client is")]
fn the_plugin_passes_the_clients_own_check() {
    let clients = std::env::var_os("REDRAFT_CLIENT_DIR").expect("REDRAFT_CLIENT_DIR is set");
    let home = tempfile::tempdir().unwrap();
    let mut n_clients = 0;
    for entry in std::fs::read_dir(&clients).unwrap() {
        let client = entry.unwrap().path().join("claude");
        if !client.exists() {
            continue;
        }
        n_clients += 1;
        let (_, help) = claude(&client, home.path(), &["plugin", "validate", "--help"]);
        let mut args = vec!["plugin", "validate", "--strict", "."];
        if help.contains("--profile") {
            args.splice(3..3, ["--profile", "directory"]);
        }
        let (content, text) = claude(&client, home.path(), &args);
        assert!(content && text.contains("Validation passed"), "{}: {text}", client.display());
    }
    assert!(n_clients > 0, "no <version>/claude below REDRAFT_CLIENT_DIR");
}
