//! The `dfgen` program: parse the arguments, run one command, print, exit.
//!
//! Exit code 0: done. 1: something was found (stale files, findings). 2: dfgen could not do its work.

mod cli;

use std::process::ExitCode;

/// Bytes of stack.
const STACK: usize = 512 << 20;

fn main() -> ExitCode {
    // Source is walked as deep as it is nested, and generated code is nested deeper than a usual
    // stack can hold. Memory is taken only as far as it is used.
    let roomy = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(cli::run);
    match roomy {
        Ok(program) => program.join().unwrap_or(ExitCode::from(101)),
        Err(_) => cli::run(),
    }
}
