//! What is in an image, read once, from one end to the other: archives, layouts, and what an engine sends.
//!
//! Nothing is unpacked to the disk and nothing of an image is run. What is read may have been made to do harm: every
//! length is bounded by what is really there, names that leave the image are told and not followed, links are never
//! followed at all.

mod archive;
mod configuration;
mod digest;
mod elf;
mod engine;
mod layout;
mod manifest;
mod paths;
mod reference;
mod scan;
mod tape;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod unpacked;
mod wire;

use std::io;

pub use configuration::{Configuration, Instruction};
pub use digest::Digest;
pub(crate) use elf::Object;
#[cfg(test)]
pub(crate) use elf::tests::library;
pub(crate) use paths::{PathId, Paths};
pub use reference::Reference;
pub(crate) use scan::{Entry, Kept, Kind};

use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::rules;
use crate::target::Platform;

/// An image, read.
#[derive(Debug)]
pub struct Image {
    /// What it was called.
    pub(crate) name: String,
    /// The digest of its configuration, which engines call its ID.
    pub(crate) id: Digest,
    /// What its configuration says.
    pub(crate) configuration: Configuration,
    /// Its layers, from the bottom.
    pub(crate) layers: Vec<Layer>,
    /// All paths of all layers.
    pub(crate) paths: Paths,
}

/// A layer of an image.
#[derive(Debug)]
pub(crate) struct Layer {
    /// What made it, as the image says it.
    pub(crate) instruction: Instruction,
    /// The digest of what it unpacks to, which is the same however it is packed.
    pub(crate) diff: Digest,
    /// Its own bytes where it is packed: what is pulled.
    pub(crate) packed: Option<u64>,
    /// Why nothing is known of what is in it.
    pub(crate) sealed: Option<String>,
    /// What is in it, in its order.
    pub(crate) contents: scan::Scanned,
}

/// How an image is read.
pub struct Reading<'r> {
    /// The platform, where it has several.
    pub platform: Option<Platform>,
    /// Whether the files of packages are hashed, so that they can be compared with their RECORD.
    pub hashes: bool,
    /// Is told of bytes as they are read: so many more, of so many where that is known.
    pub progress: &'r (dyn Fn(u64, Option<u64>) + Sync),
}

impl Image {
    /// Its platform, as `linux/amd64`.
    pub fn platform(&self) -> &str {
        &self.configuration.platform
    }

    /// What it was called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A label of it.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.configuration.labels.get(key).map(String::as_str)
    }

    /// What is odd about its layers, each named by its number from 1.
    pub(crate) fn odd(&self) -> Vec<String> {
        let layers = self.layers.iter().enumerate();
        let odd = layers.flat_map(|(number, layer)| {
            let sealed = layer
                .sealed
                .iter()
                .map(|why| format!("nothing is known of what is in it: {why}"));
            let odd = sealed.chain(layer.contents.odd.iter().cloned());
            odd.map(move |what| format!("layer {}: {what}", number + 1))
        });
        odd.collect()
    }

    /// Reads an image. Errors: it is not there, cannot be read, is damaged or made to do harm; no engine answers.
    pub fn read(reference: &Reference, reading: &Reading<'_>) -> Result<Self> {
        match reference {
            Reference::Folder(folder) => layout::read(folder, reading),
            Reference::File(path) => archive::read_file(path, reading),
            Reference::Input => archive::read_stream(io::stdin(), "standard input", reading),
            Reference::Engine { program, name } => engine::read(program, name, reading),
        }
    }
}

/// More than is read of anything: told apart from what is damaged.
#[derive(Debug)]
struct Limit(String);

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Limit {}

fn limit(message: String) -> io::Error {
    io::Error::other(Limit(message))
}

/// What went wrong with reading something of an image.
fn unreadable(what: &str, error: &io::Error) -> Diagnostics {
    let is_limit = error.get_ref().is_some_and(|error| error.is::<Limit>());
    let diagnostic = if is_limit {
        Diagnostic::new(rules::IMAGE_LIMIT, format!("{what}: {error}"))
            .with_help("if the image is what it should be, take it apart: no image that somebody means to run has this")
    } else {
        let message = match error.kind() {
            io::ErrorKind::UnexpectedEof => format!("{what} ends in the middle"),
            _ => format!("{what} cannot be read: {error}"),
        };
        Diagnostic::new(rules::UNREADABLE_IMAGE, message)
            .with_help("save the image again, with `docker image save NAME --output FILE`")
    };
    diagnostic.into()
}

fn wrong_digest(what: &str, expected: &Digest, found: &Digest) -> Diagnostics {
    let message = format!("{what} is not what the image says it is");
    Diagnostic::new(rules::WRONG_DIGEST, message)
        .with_note(format!("expected {expected}"))
        .with_note(format!("found {found}"))
        .with_help("copy or pull the image again: it was damaged or changed on its way")
        .into()
}
