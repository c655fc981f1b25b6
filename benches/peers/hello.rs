//! What a static Rust program costs that does nothing but say hello.
fn main() {
    println!("hello");
}
