//! Container files that a project already has, read for what they intend.
//!
//! Beside the pipeline: `dfgen init` asks what a person has already decided (base, Debian packages,
//! environment, port, health check, command) so that nobody types it again, and what of it is a fault.
//! [`Dockerfile`] is the text as instructions, [`Image`] what the image that it builds is meant to be, each
//! value with its line; [`Compose`] is the same for a compose file. Nothing is run, and a file that
//! cannot be read is an error with its line, never a guess.

mod apt;
mod compose;
mod dockerfile;
mod expand;
mod faults;
mod gaps;
mod health;
mod image;
mod install;
mod procfile;
mod shell;
mod start;

pub use apt::{AptUse, is_build_tool};
pub use compose::{Compose, ComposeService, Gpu};
pub use dockerfile::{Dockerfile, Instruction, Kind, Stage, Words};
pub use faults::{FAULTS, Fault, FaultRule, faults, is_debug, is_for_developers, start_faults};
pub use health::{HealthCheck, HealthQuestion};
pub use image::{Copied, Image, Variable};
pub use install::{Install, Installer};
pub use procfile::{Process, processes};
pub use shell::{Command, Joint, split};
pub use start::{Start, default_of_script, start_of_script};

use crate::diagnostic::Place;

/// A text with variables put in: `$NAME` and `${NAME:-default}`. What is not known stays as written.
pub fn expanded(text: &str, variables: &[(String, String)]) -> String {
    let mut known = expand::Variables::default();
    for (name, value) in variables {
        known.set(name, value.clone());
    }
    known.expand(text)
}

/// A value and the place in a file that says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it is said.
    pub place: Place,
}

impl<T> Placed<T> {
    /// A value and its place.
    pub fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }
}
