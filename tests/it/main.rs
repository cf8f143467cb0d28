//! The `dfgen` program from outside: one file per command, each test one situation.

mod bad_input;
mod closure;
mod dockerfile;
mod examples;
mod findings;
mod harness;
mod init;
mod plan;
mod profiles;
mod values;
mod why;
