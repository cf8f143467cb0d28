//! What an image is called, and its labels.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::inputs::{Inputs, Subject};
use super::{BuildLabel, Decision, ImagePlan, LayerPlan, ProjectPlan, compose};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::plan::packages::trim;
use crate::profile::{ImageName, Line, Profile};
use crate::rules;
use crate::unseen::is_unseen;

const SOURCE: &str = "org.opencontainers.image.source";

/// Labels that a build gives a value, each with its argument.
///
/// Source: <https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md>
const OF_BUILDS: [(&str, &str); 6] = [
    (SOURCE, "SOURCE"),
    ("org.opencontainers.image.revision", "REVISION"),
    ("org.opencontainers.image.created", "CREATED"),
    ("org.opencontainers.image.version", "VERSION"),
    ("org.opencontainers.image.base.name", "BASE_NAME"),
    ("org.opencontainers.image.base.digest", "BASE_DIGEST"),
];

/// What an image of this profile is called: the names of the images of a project begin alike, unless `image` says
/// otherwise.
pub(super) fn tag(inputs: &Inputs, profile: &Profile) -> Result<ImageName> {
    let (project, profile) = (compose::project_name(inputs), profile.name.as_ref());
    let said = inputs.config.image.as_ref();
    let name = match said {
        Some(said) => said.value.name(&project, profile),
        None => ImageName::read(&format!("{project}-{profile}")),
    };
    let refused = |expected: String| {
        let problem = format!("the image of `{profile}` of `{project}` cannot be called so");
        let pattern = said.map_or("", |said| said.value.as_ref());
        Diagnostic::new(rules::INVALID_VALUE, problem)
            .at_some(said.and_then(|said| said.origin.place_of(pattern, "filled in with these")))
            .with_note(expected)
    };
    Ok(name.map_err(refused)?)
}

/// Where its name is said, if it is.
pub(super) fn tag_because(inputs: &Inputs) -> String {
    let said = inputs.config.image.as_ref();
    said.map_or_else(String::new, |said| said.origin.to_string())
}

/// Errors: several images of one name.
pub(super) fn refuse_one_name(inputs: &Inputs, images: &[ImagePlan]) -> Result<()> {
    let Some(said) = &inputs.config.image else {
        return Ok(());
    };
    let pattern = said.value.as_ref();
    let ([one, two, ..], false) = (images, said.value.tells_profiles()) else {
        return Ok(());
    };
    let problem = format!(
        "the images of `{}` and `{}` would both be called `{}`",
        one.name, two.name, one.tag
    );
    let place = said.origin.place_of(pattern, "the same for each image");
    let diagnostic = Diagnostic::new(rules::INVALID_VALUE, problem)
        .at_some(place)
        .with_help("say which one it is: `{profile}`, as in \"registry.company.example/shop/{profile}:{TAG}\"");
    Err(Diagnostics::from(diagnostic))
}

/// Labels that the settings say, each with where.
pub(super) fn said_labels(inputs: &Inputs) -> IndexMap<String, Decision<Line>> {
    let said = inputs.config.labels.iter();
    said.map(|(name, said)| (name.as_ref().to_owned(), said.into()))
        .collect()
}

/// Labels whose values a build says; none of those that have one already.
pub(super) fn build_labels(inputs: &Inputs, project: &ProjectPlan) -> Vec<BuildLabel> {
    let wanted = OF_BUILDS.iter().filter(|(label, _)| {
        inputs.config.build_labels.value && !project.labels.contains_key(*label)
    });
    let label = |(label, argument): &(&str, &str)| BuildLabel {
        label: (*label).to_owned(),
        argument: argument.parse().expect("they are names of variables"),
    };
    wanted.map(label).collect()
}

/// The project, and the labels that every build of it has.
pub(super) fn project(subject: &Subject<'_>, more: Vec<(String, Line)>) -> ProjectPlan {
    let table = subject.manifest.project.as_ref();
    let name = table.map_or_else(
        || "app".to_owned(),
        |table| table.name.get_ref().to_string(),
    );
    let mut labels: Vec<(String, Line)> = Vec::new();
    let mut label = |key: &str, value: Option<&str>| {
        // A description may hold line breaks; a label is one line of plain text.
        let blank = |c: char| c.is_whitespace() || is_unseen(c);
        let words = value.map(|value| value.split(blank).filter(|word| !word.is_empty()));
        let line = words.map(|words| words.collect::<Vec<_>>().join(" "));
        // Nothing is left out: what a line refuses was taken for blank.
        let line = line.and_then(|line| line.parse().ok());
        labels.extend(line.map(|line| (key.to_owned(), line)));
    };
    label(
        "org.opencontainers.image.title",
        Some(&format!("{name} {}", subject.profile.name)),
    );
    label(
        "org.opencontainers.image.description",
        table.and_then(|table| table.description.as_deref()),
    );
    let licence = table.and_then(|table| table.license.as_ref()?.as_str());
    label("org.opencontainers.image.licenses", licence);
    let url = |wanted: &[&str]| {
        let urls = table?.urls.iter();
        let mut found = urls.filter(|(key, _)| wanted.contains(&key.to_lowercase().as_str()));
        found.next().map(|(_, url)| url.as_str())
    };
    label(
        SOURCE,
        url(&["source", "repository", "source code", "code", "github"]),
    );
    label("org.opencontainers.image.url", url(&["homepage", "home"]));
    label(
        "org.opencontainers.image.documentation",
        url(&["documentation", "docs"]),
    );
    label("dfgen.profile", Some(subject.profile.name.as_ref()));
    if subject.profile.development.value {
        label("dfgen.development", Some("true"));
    }
    labels.extend(more);
    let said = subject.inputs.config.labels.iter();
    labels.extend(said.map(|(name, said)| (name.as_ref().to_owned(), said.value.clone())));
    ProjectPlan {
        name,
        labels: labels.into_iter().collect(),
    }
}

/// Whose files the image has changed, though others built them: licences may ask that it is said. A plan names them; the
/// label says what stays true when the lock moves.
pub(super) fn stripped_label(
    rules: &trim::Rules<'_, '_>,
    layers: &[LayerPlan],
) -> Option<(String, Line)> {
    if !rules.strip() || layers.iter().all(|layer| layer.names().is_empty()) {
        return None;
    }
    let kept: BTreeSet<&str> = layers
        .iter()
        .flat_map(|layer| layer.as_built.iter().map(String::as_str))
        .collect();
    let mut label = "debug symbols of all packages".to_owned();
    for (index, pattern) in kept.into_iter().enumerate() {
        label.push_str(if index == 0 { " but " } else { ", " });
        label.push_str(pattern);
    }
    Some(("dfgen.stripped".to_owned(), label.parse().ok()?))
}
