//! The images that a build has besides the one that it starts from: uv's, and what reads the Dockerfile.

use pep508_rs::pep440_rs::Version;

use super::Decision;
use super::inputs::Inputs;
use crate::catalog::UvVersions;
use crate::diagnostic::{Diagnostic, Place, Result};
use crate::profile::{ImageRef, Setting, UvSource};
use crate::rules;

/// What reads the Dockerfile.
pub(super) fn frontend(inputs: &Inputs) -> Result<Decision<ImageRef>> {
    let image = inputs.named(inputs.catalog.base_images().frontend())?;
    Ok(Decision::new(image, "the newest of its major version"))
}

/// uv's image: what dfgen.toml says, else of the version that the project requires, else of the newest that the catalog
/// knows. Errors: dfgen.toml and the project ask for two, or for one that nobody knows.
pub(super) fn uv(inputs: &Inputs) -> Result<Decision<ImageRef>> {
    let known = inputs.catalog.uv();
    let required = Required::of(inputs)?;
    if let Some(said) = &inputs.config.uv {
        return said_uv(inputs, said, required.as_ref());
    }
    let Some(required) = required else {
        let newest = known.default_version().to_string();
        let image = image(inputs, &newest)?;
        return Ok(Decision::new(
            image,
            "the newest that dfgen was tested with",
        ));
    };
    let wanted = &required.range;
    let version: Version = known.satisfying(wanted).ok_or_else(|| {
        let newest = known.default_version();
        Diagnostic::new(
            rules::NO_UV,
            format!("dfgen knows no uv that fits `{wanted}`"),
        )
        .at(required.place("asked for here"))
        .with_note(format!("the newest that it knows is {newest}"))
        .with_help("ask for an exact version: `required-version = \"==X.Y.Z\"`")
        .with_help("or say one that fits, in dfgen.toml: `uv = \"X.Y.Z\"`")
    })?;
    Ok(Decision::new(
        image(inputs, &version.to_string())?,
        format!("required-version of {}", required.place("").location()),
    ))
}

fn said_uv(
    inputs: &Inputs,
    said: &Setting<UvSource>,
    required: Option<&Required<'_>>,
) -> Result<Decision<ImageRef>> {
    let because = said.origin.to_string();
    if let (Some(version), Some(required)) = (said.value.version(), required)
        && !required.range.contains(&version)
    {
        let range = &required.range;
        let problem =
            format!("`uv` asks for {version}, and `required-version` of [tool.uv] for {range}");
        return Err(Diagnostic::new(rules::NO_UV, problem)
            .at_some(
                said.origin
                    .place_of(said.value.as_ref(), "outside of that range"),
            )
            .at(required.place("the range"))
            .with_help("take a uv that the range allows, or leave `uv` out")
            .into());
    }
    let image = match said.value.image() {
        Some(image) => image,
        None => image(inputs, said.value.as_ref())?,
    };
    Ok(Decision::new(image, because))
}

/// The image of a version: where there is a mirror of Docker Hub, the one that it has.
fn image(inputs: &Inputs, version: &str) -> Result<ImageRef> {
    let known = inputs.catalog.uv();
    match &inputs.config.registry {
        Some(_) => inputs.named(&known.hub_image(version)),
        None => inputs.named(&known.image(version)),
    }
}

/// What the project says of uv.
struct Required<'i> {
    inputs: &'i Inputs,
    range: pep508_rs::pep440_rs::VersionSpecifiers,
}

impl<'i> Required<'i> {
    /// Errors: no range.
    fn of(inputs: &'i Inputs) -> Result<Option<Self>> {
        let manifest = &inputs.project.pyproject;
        let Some(text) = &manifest.uv.required_version else {
            return Ok(None);
        };
        let range = UvVersions::range(text.get_ref()).map_err(|_| {
            Diagnostic::new(
                rules::INVALID_VALUE,
                "`tool.uv.required-version` is not a version range",
            )
            .at(manifest
                .file
                .place(text.span(), "not a range such as `>=0.9`"))
        })?;
        Ok(Some(Self { inputs, range }))
    }

    fn place(&self, label: &str) -> Place {
        let manifest = &self.inputs.project.pyproject;
        let text = manifest.uv.required_version.as_ref();
        let span = text.map_or(0..0, |text| text.span());
        manifest.file.place(span, label)
    }
}
