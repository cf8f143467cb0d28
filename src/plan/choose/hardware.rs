//! Whether the project's own containers run what needs the ML stack without a GPU: then so does the image, whatever wheels
//! are locked.

use crate::catalog::Dockerfiles;
use crate::diagnostic::{Diagnostic, Place};
use crate::existing::{Compose, ComposeService, Image, is_built_from};
use crate::plan::inputs::Inputs;
use crate::rules;

/// Where a container of the project's own says that it runs without a GPU. None where one has a GPU, or nothing says it.
pub(super) fn on_cpu(inputs: &Inputs) -> Option<Place> {
    let (existing, images) = inputs.seen();
    let is_base_for_gpus = |image: &Image| {
        let words = ["cuda", "nvidia", "rocm"];
        words.iter().any(|word| image.base.value.contains(word))
    };
    let built = |compose: &Compose, service: &ComposeService| {
        images
            .iter()
            .any(|image| is_built_from(compose, service, image))
    };
    if images.iter().any(is_base_for_gpus) {
        return None;
    }
    let own = existing.composes.iter().flat_map(|compose| {
        let services = compose.services.iter();
        services.filter(move |service| built(compose, service))
    });
    let own: Vec<&ComposeService> = own.collect();
    if own.iter().any(|service| service.gpu.is_some()) {
        return None;
    }
    let said = Dockerfiles::embedded().of_cpu();
    let says = |name: &str, value: &str| said.contains(&format!("{name}={}", value.to_lowercase()));
    let variables = images.iter().flat_map(|image| &image.env);
    let mut variables = variables.filter(|one| says(&one.value.name, &one.value.value));
    let by_image = variables.next().map(|one| one.place.clone());
    by_image.or_else(|| own.first().map(|service| service.place.clone()))
}

/// Told with the image that is taken for it.
pub(super) fn note(place: &Place) -> Diagnostic {
    let what = format!(
        "`ml-inference-cpu` runs without a GPU, as {} does",
        place.location()
    );
    Diagnostic::new(rules::CONTAINER_FILE, what).with_help(
        "to keep it without that file, at the top of dfgen.toml: profiles = [\"ml-inference-cpu\"]; with a GPU: profiles = [\"ml-inference-gpu\"]",
    )
}
