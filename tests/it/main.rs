//! The `dfgen` program from outside: one file per command, each test one situation.

mod bad_input;
mod dockerfile;
mod findings;
mod harness;
mod init;
mod values;
mod why;
