//! The `dfgen` program.

fn main() {}
