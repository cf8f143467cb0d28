//! What a start command does: which program it is, which application it serves, where that listens, and
//! whether it serves, works on a queue, brings a database up to date or is for developers.
//!
//! The one reader of such commands, wherever they stand: `command` in dfgen.toml, `CMD`, `ENTRYPOINT` and
//! start scripts of an existing Dockerfile, a compose file. It reads words, and never a project: what the
//! words leave open (a variable, a file of settings) is asked of the caller. All that it knows of programs
//! is in the catalog (`servers.toml`, `frameworks.toml`, `runners.toml`); what is not said stays unknown,
//! and a port is never made up for a program that nobody knows.

mod options;
mod read;
mod runner;
mod settings;

pub(crate) use options::Listens;
pub(crate) use read::{StartCommand, without_call};
pub(crate) use runner::without_runner;
