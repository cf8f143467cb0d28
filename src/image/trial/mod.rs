//! An image tried: started as its plan says, with nothing to write to and as a user that it does not know.
//!
//! It works through the engine's own program (`docker`, `podman`), and asks from within the container, with the image's own
//! Python: whatever that program reaches can be tried, also on another machine, and the image needs no shell. What was
//! started is gone afterwards, whatever happens.

mod container;
mod engine;
mod imports;
mod planned;
mod start;

use std::sync::atomic::{AtomicBool, Ordering};

pub use planned::Planned;

use super::verify::{Check, Ran};
use crate::diagnostic::Result;
use crate::secret;
use crate::target::Platform;

/// A variable of a container.
pub type Variable = (String, String);

/// What is tried, and how.
pub struct Trial<'t> {
    /// The engine's program.
    pub program: &'t str,
    /// What the engine calls the image.
    pub image: &'t str,
    /// The platform, where the image has several.
    pub platform: Option<Platform>,
    /// The network of its container.
    pub network: &'t str,
    /// Variables beside those of the compose file.
    pub env: Vec<Variable>,
    /// Set by whoever wants it to end early.
    pub stopped: &'t AtomicBool,
}

impl Trial<'_> {
    /// Runs the image. Gives what is not as planned, and how it ran. Errors: no engine answers.
    pub fn run(&self, planned: &Planned) -> Result<(Vec<Check>, Ran)> {
        let mut ran = Ran::default();
        let mut checks = start::checks(self, planned, &mut ran)?;
        checks.push(imports::check(self, &mut ran)?);
        Ok((checks, ran))
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// A line that the image printed, without secrets: those that it was given among them.
    fn without_secrets(&self, line: &str) -> String {
        let given = self.env.iter().filter(|(name, value)| {
            secret::told_in_variable(name, value).is_some() && value.len() > 3
        });
        let line = given.fold(line.to_owned(), |line, (_, value)| {
            line.replace(value, "****")
        });
        secret::mask_line(&line)
    }
}
