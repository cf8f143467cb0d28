//! dfgen held against uv on a corpus of real projects.
//!
//! Runs when asked for by name, with the corpus unpacked and `DFGEN_CORPUS` set to its folder:
//! `DFGEN_CORPUS=DIR cargo test --test corpus`. Without the variable every test here fails.

#![expect(
    clippy::unwrap_used,
    reason = "what the corpus promises is not there: the test fails, and says where"
)]

mod audit;
mod closure;
mod freshness;
mod init;
mod layers;
mod oracle;
mod render;
mod same_answer;
#[path = "../states/mod.rs"]
mod states;
mod system;
