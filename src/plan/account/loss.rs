//! Something that the project's own container does and the new image does not.

use crate::diagnostic::Place;

/// One such thing.
#[derive(Debug, Clone)]
pub(super) struct Loss {
    pub(super) weight: Weight,
    pub(super) place: Place,
    /// What it is, in one line.
    pub(super) what: String,
    /// What keeps it.
    pub(super) keep: Keep,
}

/// What matters most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// What is started, and how.
    Start,
    /// What is installed.
    Package,
    /// What a build brings in or changes.
    Step,
    /// Files of the project.
    File,
    /// The environment.
    Variable,
    /// What the host lets it do.
    Access,
}

/// What keeps something in the new image.
#[derive(Debug, Clone)]
pub(super) enum Keep {
    /// A Debian package.
    Package(String),
    /// Lines of a Dockerfile that end the image, and the Debian packages that they call.
    Lines(Vec<String>, Vec<String>),
    /// A file or folder of the project.
    Copy(String),
    /// A variable.
    Variable(String, String),
    /// Words that the image starts, and a file that these need.
    Command(Vec<String>, Option<String>),
    /// Words that run once, before the image starts.
    Before(Vec<String>),
    /// A setting of its own.
    Setting(&'static str, String),
    /// A table of a step of the build.
    Step(String),
    /// A key of the service in a compose file of the user's own, and its value as YAML has it in one line.
    Override(String, String),
    /// No line of dfgen.toml: what to do.
    Look(&'static str),
}
