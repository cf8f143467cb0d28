//! The program of the build stages: one file beside the Dockerfiles, the same for every image.
//!
//! It is Python as it stands in `program/`, with nothing put in but the line that says who wrote it: what differs
//! between images and layers are arguments in their Dockerfiles. The version of dfgen stands here and in no other
//! generated file, so that a new release does not change every file of a project.

use super::File;

/// Its name in the folder of generated files.
pub(super) const NAME: &str = "dfgen.py";

const TEXT: &str = include_str!("program/dfgen.py");

/// The file.
pub(super) fn file() -> File {
    let version = env!("CARGO_PKG_VERSION");
    let head = format!(
        "# Made by dfgen {version}, which replaces it whole: `dfgen render` writes it again.\n"
    );
    File::new(NAME.to_owned(), &(head + TEXT))
}
