//! dfgen held against uv on a corpus of real projects.
//!
//! Runs when asked for by name, with the corpus unpacked and `DFGEN_CORPUS` set to its folder:
//! `DFGEN_CORPUS=DIR cargo test --test corpus`. Without the variable every test here fails.

mod closure;
mod freshness;
mod init;
mod oracle;
mod render;
mod same_answer;
#[path = "../states/mod.rs"]
mod states;
mod system;
