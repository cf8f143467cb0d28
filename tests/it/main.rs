//! The `dfgen` program from outside: one file per command, each test one situation.

#![expect(
    clippy::too_many_lines,
    reason = "what is expected stands beside what is asked"
)]

mod bad_input;
mod closure;
mod commands;
mod context;
mod context_kinds;
mod dockerfile;
mod entries;
mod examples;
mod explain;
mod findings;
mod forms;
mod harness;
mod init;
mod known;
mod plan;
mod profiles;
mod program;
mod secrets;
mod terminal;
mod values;
mod why;
