//! Container files that a project already has, read for what they intend.
//!
//! Beside the pipeline: `dfgen init` asks what a person has already decided (base, Debian packages,
//! environment, port, health check, command) so that nobody types it again, and what of it is a fault.
//! [`Dockerfile`] is the text as instructions, [`Image`] what the image that it builds is meant to be, each
//! value with its line; [`Compose`] is the same for a compose file. Nothing is run, and a file that
//! cannot be read is an error with its line, never a guess.

mod above;
mod apt;
mod around;
mod branches;
mod built;
mod carried;
pub(crate) mod checksum;
mod compose;
mod copied;
mod dockerfile;
mod expand;
mod faults;
mod follow;
mod found;
mod functions;
mod gaps;
mod health;
mod image;
mod image_lines;
mod install;
mod items;
mod joined;
mod kept_lines;
mod mounts;
mod named;
mod platforms;
mod procfile;
pub(crate) mod shell;
mod stages;
mod start;
mod steps;
mod stored;
mod written;

pub use around::Surroundings;
pub use compose::Compose;
pub(crate) use compose::ComposeService;
pub use dockerfile::Dockerfile;
pub(crate) use dockerfile::{Instruction, Kind, Words};
pub use faults::{Fault, FaultRule, faults};
pub(crate) use faults::{is_debug, is_for_developers, start_faults};
pub(crate) use follow::{Through, followed};
pub(crate) use found::is_dockerfile;
pub use found::{Existing, images};
pub use image::Image;
pub(crate) use image::Variable;

pub(crate) use apt::{added, is_build_tool};
pub(crate) use built::{beside, is_built_from};
pub(crate) use carried::Carried;
pub(crate) use compose::{Mount, Said};
pub(crate) use expand::PLATFORM_PORT;
pub(crate) use health::{HealthCheck, HealthQuestion};
pub use image_lines::ImageUse;
pub(crate) use image_lines::named_images;
pub(crate) use install::Install;
pub(crate) use items::{Item, ItemKind, of_image, of_script, of_service};
pub(crate) use kept_lines::kept_lines;
pub(crate) use mounts::{Mounts, volumes_of};
pub(crate) use platforms::{of_platforms, of_supervisor, of_supervisors};
pub(crate) use procfile::Process;
pub(crate) use shell::{Command, Joint};
pub(crate) use start::Start;
pub(crate) use written::Written;

use crate::diagnostic::Place;

/// A text with variables put in: `$NAME` and `${NAME:-default}`. What is not known stays as written.
pub(crate) fn expanded(text: &str, variables: &[(String, String)]) -> String {
    let mut known = expand::Variables::default();
    for (name, value) in variables {
        known.set(name, value.clone());
    }
    known.expand(text)
}

/// A value and the place in a file that says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed<T> {
    /// The value.
    pub(crate) value: T,
    /// Where it is said.
    pub(crate) place: Place,
}

impl<T> Placed<T> {
    /// A value and its place.
    pub(crate) fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }
}
