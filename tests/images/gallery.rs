//! The images of the examples, and what each is for.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use crate::build::{Build, build};
use crate::context::{Context, below, examples};
use crate::engine::Image;

/// An image of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Example {
    /// Its folder in `examples`.
    pub(crate) project: &'static str,
    /// The profile: `docker/<profile>.Dockerfile`.
    pub(crate) profile: &'static str,
    /// What of the lock it must hold, in the words of `uv export` and `dfgen closure`.
    pub(crate) selection: &'static [&'static str],
}

/// All of them.
pub(crate) const GALLERY: &[Example] = &[
    example("django-site", "core-api", &["--no-default-groups"]),
    example("django-site", "worker", &["--no-default-groups"]),
    example("rust-extension", "core-api", &["--no-default-groups"]),
    example("two-images", "core-api", &["--no-default-groups"]),
    example(
        "two-images",
        "ml-inference-cpu",
        &["--no-default-groups", "--extra", "ml"],
    ),
    example(
        "workspace",
        "orders",
        &["--no-default-groups", "--package", "orders"],
    ),
    example(
        "workspace",
        "quotes",
        &["--no-default-groups", "--package", "quotes"],
    ),
];

const fn example(
    project: &'static str,
    profile: &'static str,
    selection: &'static [&'static str],
) -> Example {
    Example {
        project,
        profile,
        selection,
    }
}

impl Example {
    /// Builds it.
    pub(crate) fn build(&self) -> Build {
        build(&Context::of(self.project), self.profile)
    }
}

impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.project, self.profile)
    }
}

/// The image of an example.
pub(crate) fn image(project: &str, profile: &str) -> Image {
    build(&Context::of(project), profile).image
}

#[test]
fn every_dockerfile_of_the_examples_is_tested() {
    let files = below(&examples())
        .into_iter()
        .filter_map(|path| dockerfile(&path));
    let tested = GALLERY.iter().map(ToString::to_string);
    assert_eq!(files.collect::<BTreeSet<_>>(), tested.collect());
}

/// The example that a Dockerfile belongs to, as it is printed.
fn dockerfile(path: &Path) -> Option<String> {
    let path = path.strip_prefix(examples()).ok()?.to_str()?;
    let (project, file) = path.strip_suffix(".Dockerfile")?.split_once("/docker/")?;
    Some(format!("{project}, {file}"))
}
