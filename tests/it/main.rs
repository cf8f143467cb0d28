//! The `dfgen` program from outside: one file per command, each test one situation.

mod findings;
mod harness;
mod init;
mod why;
