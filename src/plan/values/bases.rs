//! The images that an image of the project starts from.

use super::{Decision, PythonSource};
use crate::catalog::BaseImages;
use crate::profile::ImageRef;
use crate::target::Libc;

/// What an image starts from.
#[derive(Debug, Clone)]
pub(crate) struct Bases {
    /// What the application runs on.
    pub(crate) runtime: Decision<ImageRef>,
    /// What packages are installed on, where that is another image.
    pub(crate) builder: Option<Decision<ImageRef>>,
}

impl Bases {
    /// One image for both.
    pub(crate) fn one(image: Decision<ImageRef>) -> Self {
        Self {
            runtime: image,
            builder: None,
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        let images = std::iter::once(&self.runtime).chain(&self.builder);
        images.map(|image| image.value.as_ref())
    }

    /// The C library of both.
    pub(crate) fn libc(&self, images: &BaseImages) -> Option<Libc> {
        self.all().find_map(|image| images.libc(image))
    }

    /// Where Python comes from.
    pub(crate) fn python_source(&self, images: &BaseImages) -> PythonSource {
        if images.brings_python(self.runtime.value.as_ref()) {
            PythonSource::Image
        } else {
            PythonSource::Uv
        }
    }

    /// Whether one of them may run as another user than root, or start a program of its own.
    pub(crate) fn foreign(&self, images: &BaseImages) -> bool {
        !self.all().all(|image| images.is_plain(image))
    }
}
