//! What the source tree says about the application, without running Python.
//!
//! `find` lists what an image could run, each with how sure that is; `Code` holds the parsed
//! files between questions, so that no file is parsed twice.

mod candidate;
mod code;
mod constants;
pub(crate) mod executables;
mod find;
pub(crate) mod hosts;
pub(crate) mod imports;
mod manifest;
mod mentioned;
mod modules;
pub(crate) mod packaging;
mod paths;
mod python;
pub(crate) mod reads;
pub(crate) mod revisions;
pub(crate) mod settings;
pub(crate) mod settings_package;
pub(crate) mod static_files;
pub(crate) mod stdlib;
pub(crate) mod unmigrated;
pub(crate) mod variables;
pub(crate) mod writes;

pub use candidate::{Candidate, Confidence};

pub(crate) use crate::catalog::ApplicationKind as Kind;
pub(crate) use crate::catalog::Framework;
pub(crate) use candidate::{Choice, Local, Port, Program, Rank, Target, choose};
pub(crate) use code::Code;
pub(crate) use find::migrations::{developers_database, lost_scripts, wrapped};
pub(crate) use find::{STREAMLIT, find};
pub(crate) use manifest::ManifestFacts;
pub(crate) use modules::Modules;
#[cfg(test)]
pub(crate) use python::Module;
