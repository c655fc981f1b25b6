//! redraft
fn main() {}
