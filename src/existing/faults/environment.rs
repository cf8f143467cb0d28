//! Variables that an image should not hold: secrets, and what switches debugging on.

use super::Seen;
use crate::catalog::Dockerfiles;
use crate::existing::image::Image;
use crate::secret::is_secret;

pub(super) fn secrets(image: &Image) -> Vec<Seen> {
    let found = image
        .env
        .iter()
        .filter(|one| is_secret(&one.value.name, &one.value.value));
    found
        .map(|one| (one.place.clone(), one.value.name.clone()))
        .collect()
}

/// Whether a variable switches debugging on.
pub(crate) fn is_debug(name: &str, value: &str) -> bool {
    let known = Dockerfiles::embedded();
    known.debug_variables().contains(name) && known.debug_values().contains(&value.to_lowercase())
}

pub(super) fn debug_environment(image: &Image) -> Vec<Seen> {
    let found = image
        .env
        .iter()
        .filter(|one| is_debug(&one.value.name, &one.value.value));
    found
        .map(|one| {
            (
                one.place.clone(),
                format!("{}={}", one.value.name, one.value.value),
            )
        })
        .collect()
}
