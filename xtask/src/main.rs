//! Set-up, tests and packaging.
fn main() {}
