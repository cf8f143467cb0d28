//! Layers that two images of one project have in common, as planned: who has one image pulls them for none of the others.

use super::expected::Expected;
use super::{About, Check, base};
use crate::image::reading::{Digest, Image};

/// Where an image lacks a layer of another one that its plan says it has, too.
pub fn shared(one: (&Image, &Expected), other: (&Image, &Expected)) -> Check {
    let mut differences = Vec::new();
    if one.1.base == other.1.base {
        let [own, others] = [one, other].map(|(image, _)| base_layers(image));
        if own != others {
            differences.push(format!(
                "the layers of the base are others than those of {}: build both from the same `{}`",
                other.0.name, one.1.base
            ));
        }
    }
    for (stage, contents) in &one.1.layers {
        if other.1.layers.get(stage) != Some(contents) {
            continue;
        }
        let [own, others] = [one, other].map(|(image, expected)| digest(image, expected, stage));
        if own != others {
            differences.push(format!(
                "`{stage}` is another layer than that of {}, and the plan has the same in both: build both from one lock",
                other.0.name
            ));
        }
    }
    Check {
        about: About::Shared,
        differences,
    }
}

fn base_layers(image: &Image) -> Vec<Digest> {
    let layers = image.layers[..base(image)].iter();
    layers.map(|layer| layer.diff).collect()
}

/// The layer that a stage becomes: each line that copies one is a layer, in their order. Other lines may be layers, too, as
/// `WORKDIR` is with most builders.
fn digest(image: &Image, expected: &Expected, stage: &str) -> Option<Digest> {
    let at = expected.copies.iter().position(|copied| copied == stage)?;
    let is_copy = |text: &str| text.starts_with("COPY ") && text.contains("/layer/ /");
    let layers = image.layers[base(image)..].iter();
    let copied: Vec<Digest> = layers
        .filter(|layer| is_copy(&layer.instruction.text))
        .map(|layer| layer.diff)
        .collect();
    // A builder that writes its history in another way tells nothing.
    (copied.len() == expected.copies.len()).then(|| copied[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::reading::testing::{ImageOf, LayerOf};

    fn expected(packages: &[&str]) -> Expected {
        let packages: Vec<String> = packages.iter().map(ToString::to_string).collect();
        Expected {
            base: "python:3.13-slim".to_owned(),
            copies: vec![
                "deps-medium".to_owned(),
                "deps-rest".to_owned(),
                "app".to_owned(),
            ],
            layers: [
                ("deps-medium".to_owned(), vec!["numpy==2".to_owned()]),
                ("deps-rest".to_owned(), packages),
            ]
            .into(),
            ..Expected::default()
        }
    }

    fn image(base: &str, medium: &str, rest: &str) -> ImageOf {
        let file = |text: &str| LayerOf::new().file("a", text);
        ImageOf::new()
            .layer("FROM", file(base))
            .layer("ENV PATH=/opt/venv/bin:/bin", file("skeleton"))
            .layer("COPY /layer/ /", file(medium))
            .layer("COPY /layer/ /", file(rest))
            .layer("COPY /layer/ /", file("app"))
            .layer("WORKDIR /app", file("none"))
    }

    fn differences(one: (&ImageOf, &Expected), other: (&ImageOf, &Expected)) -> Vec<String> {
        shared((&one.0.read(), one.1), (&other.0.read(), other.1)).differences
    }

    #[test]
    fn what_is_planned_to_be_the_same_is_the_same() {
        let same = expected(&["anyio==4"]);
        let [one, other] = [image("b", "m", "r"), image("b", "m", "r")];
        assert_eq!(differences((&one, &same), (&other, &same)), [""; 0]);
        // What is planned to be another layer may be.
        let more = expected(&["anyio==4", "onnx==1"]);
        let further = image("b", "m", "more");
        assert_eq!(differences((&one, &same), (&further, &more)), [""; 0]);
    }

    #[test]
    fn what_is_not_is_named() {
        let same = expected(&["anyio==4"]);
        let one = image("b", "m", "r");
        let found = differences((&one, &same), (&image("b", "other", "r"), &same));
        assert!(
            found.len() == 1 && found[0].starts_with("`deps-medium` is another layer"),
            "{found:?}"
        );
        let found = differences((&one, &same), (&image("newer", "m", "r"), &same));
        assert!(
            found.len() == 1 && found[0].starts_with("the layers of the base are others"),
            "{found:?}"
        );
    }
}
