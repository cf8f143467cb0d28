//! The `dfgen` program from outside: one file per command, each test one situation.

mod bad_input;
mod dockerfile;
mod harness;
mod values;
mod why;
