//! The `dfgen` program: parse the arguments, run one command, print, exit.
//!
//! Exit code 0: done. 1: something was found (stale files, findings). 2: dfgen could not do its work.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
