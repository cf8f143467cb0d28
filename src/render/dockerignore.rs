//! What of the project's folder is sent to Docker.

use serde::Serialize;

use super::Placement;
use crate::plan::ImagePlan;

#[derive(Serialize)]
struct DockerignoreView {
    /// Whether the whole folder is sent, less what never belongs in an image.
    everything: bool,
    paths: Vec<String>,
}

pub(super) fn render(image: &ImagePlan, placement: &Placement) -> String {
    let mut paths = vec!["pyproject.toml".to_owned(), "uv.lock".to_owned()];
    paths.extend(
        image
            .recipe
            .manifests
            .iter()
            .map(|path| path.as_ref().to_owned()),
    );
    paths.extend(placement.program());
    let local = image.app.packages.iter().flat_map(|package| &package.files);
    paths.extend(
        local
            .chain(&image.app.files)
            .map(|file| file.path.as_ref().to_owned()),
    );
    paths.sort();
    paths.dedup();
    super::text(
        "dockerignore.tera",
        &DockerignoreView {
            everything: paths.iter().any(|path| path == "."),
            paths,
        },
    )
}
