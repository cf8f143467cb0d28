//! Which Dockerfile a service of compose is built from, and the images that Dockerfiles build.

use super::above::seen;
use super::compose::{Compose, ComposeService};
use super::dockerfile::Dockerfile;
use super::image::Image;
use crate::diagnostic::Result;
use crate::project::source_tree::{join, parent, plain};

/// A path of a compose file, relative to the project's root.
pub(crate) fn beside(compose: &Compose, path: &str) -> String {
    let file = compose.file.path().to_string_lossy();
    match &compose.above {
        Some(name) => seen(&file, path, name),
        None => beside_file(&file, path),
    }
}

/// A path that a file names, relative to the project's root.
pub(super) fn beside_file(file: &str, path: &str) -> String {
    plain(&join(parent(file), path))
}

/// The images of existing Dockerfiles: the last stage of each, and each other stage that a compose file
/// builds and that is not for development.
pub(super) fn images_of(dockerfiles: &[Dockerfile], composes: &[Compose]) -> Result<Vec<Image>> {
    let mut images = Vec::new();
    for dockerfile in dockerfiles {
        let path = dockerfile.file.path().to_string_lossy();
        let mut targets: Vec<Option<&str>> = Vec::new();
        for compose in composes {
            let services = compose
                .services
                .iter()
                .filter_map(|service| service.build.as_ref());
            let here = services.filter(|(built, _)| beside(compose, built) == path);
            targets.extend(here.map(|(_, target)| production(target.as_deref())));
        }
        if targets.is_empty() {
            targets.push(None);
        }
        targets.sort_unstable();
        targets.dedup();
        for target in targets {
            images.push(Image::of(dockerfile, target)?);
        }
    }
    Ok(images)
}

/// A build target that is not for development.
fn production(target: Option<&str>) -> Option<&str> {
    let development = [
        "dev",
        "develop",
        "development",
        "debug",
        "test",
        "testing",
        "local",
    ];
    target.filter(|target| !development.contains(target))
}

/// Whether a service of compose is built from the Dockerfile of an image, and its stage.
pub(crate) fn is_built_from(compose: &Compose, service: &ComposeService, image: &Image) -> bool {
    let built = service.build.as_ref();
    built.is_some_and(|(path, target)| {
        beside(compose, path) == image.file.path().to_string_lossy()
            && production(target.as_deref()) == image.target.as_deref()
    })
}
