//! The base image, and the Python in it.

use super::Keeper;
use crate::catalog::PythonMinor;
use crate::profile::ImageRef;
use crate::target::PythonVersion;

impl Keeper<'_, '_, '_> {
    pub(super) fn base(&mut self) {
        let Some(run) = self.run else {
            return;
        };
        let base = &run.image.base;
        let name = base.value.clone();
        let Ok(image) = name.parse::<ImageRef>() else {
            self.leave(&base.place, &name, "the base image is only known when it is built: set `base` if it is not Python's slim image");
            return;
        };
        let minor = python_minor(&name);
        if let Some(minor) = minor {
            self.python(minor, &base.place);
        }
        let default = self.plan.as_ref().map(|plan| plan.base.value.clone());
        if default.as_ref() == Some(&image) {
            return;
        }
        match judge(&name, minor.is_some(), |name| self.is_known_slim(name)) {
            Verdict::Keep => self.add(&["base"], image.as_ref(), &base.place),
            Verdict::Default => {}
            Verdict::Drop(why) => self.drop(&base.place, &name, why),
            Verdict::Leave(why) => self.leave(&base.place, &name, why),
        }
    }

    /// A Python that differs from the one that the plan takes.
    fn python(&mut self, minor: PythonMinor, place: &crate::diagnostic::Place) {
        let text = minor.to_string();
        let planned = self.plan.as_ref().map(|plan| plan.python.value.short());
        if planned.as_deref() == Some(text.as_str()) {
            return;
        }
        let Ok(python) = text.parse::<PythonVersion>() else {
            return;
        };
        let requires = self.survey.inputs.project.lock.requires_python();
        if requires.contains(python.version()) {
            self.add(&["python"], text, place);
        } else {
            self.drop(
                place,
                &format!("Python {text}"),
                &format!("the project asks for {requires}"),
            );
        }
    }

    /// A slim image on a release that the catalog knows and that is not the default one.
    fn is_known_slim(&self, name: &str) -> bool {
        let images = self.survey.inputs.catalog.base_images();
        let minor = python_minor(name);
        let releases = minor.and_then(|minor| Some((minor, images.python(minor)?)));
        releases.is_some_and(|(minor, row)| {
            row.releases().iter().any(|release| {
                *release != row.default()
                    && images
                        .slim(minor, *release)
                        .as_deref()
                        .is_some_and(|slim| is_same_tag(slim, name))
            })
        })
    }
}

enum Verdict {
    Keep,
    Default,
    Drop(&'static str),
    Leave(&'static str),
}

/// What to do with a base image that is not the default one.
fn judge(name: &str, has_python: bool, is_known_slim: impl Fn(&str) -> bool) -> Verdict {
    let path = name.split('@').next().unwrap_or(name);
    let (repository, tag) = split(path);
    let last = repository.rsplit('/').next().unwrap_or(repository);
    let official = matches!(
        repository,
        "python" | "library/python" | "docker.io/python" | "docker.io/library/python"
    );
    match last {
        _ if tag.contains("alpine") => {
            Verdict::Drop("Alpine has musl: many wheels do not exist for it and would be compiled")
        }
        "python" if official && name.contains('@') => Verdict::Keep,
        "python" if official && is_known_slim(path) => Verdict::Keep,
        "python" if official && tag.contains("slim") && has_old_debian(tag) => {
            Verdict::Drop("a Debian release that gets no more fixes, or that dfgen does not know")
        }
        "python" if official && tag.contains("slim") => Verdict::Default,
        "python" if official => Verdict::Drop(
            "the full image has compilers and headers: the slim one is the same Python",
        ),
        "python" => Verdict::Keep,
        "uv" => Verdict::Drop("uv's image ships uv: Python's slim image is the same without it"),
        "cuda" | "pytorch" => Verdict::Drop(
            "CUDA comes with the locked wheels, and a second one in the base only weighs",
        ),
        _ if has_python => Verdict::Keep,
        _ => Verdict::Leave(
            "it brings no Python that dfgen knows: set `base` to an image with Python in /usr/local if it must be another",
        ),
    }
}

fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (path, ""),
    }
}

fn has_old_debian(tag: &str) -> bool {
    ["stretch", "buster", "bullseye"]
        .iter()
        .any(|release| tag.contains(release))
}

/// `3.12` of `python:3.12.4-slim` and of `ghcr.io/astral-sh/uv:python3.12-bookworm`.
fn python_minor(name: &str) -> Option<PythonMinor> {
    let (repository, tag) = split(name.split('@').next().unwrap_or(name));
    let of_python = repository.rsplit('/').next() == Some("python");
    let version = match tag.find("python") {
        Some(at) => &tag[at + "python".len()..],
        None if of_python => tag,
        None => return None,
    };
    // `python:latest` names no version: the caller tells what is taken.
    let mut numbers = version.split(|c: char| !c.is_ascii_digit());
    let (major, minor) = (numbers.next()?, numbers.next()?);
    format!("{major}.{minor}").parse().ok()
}

/// `python:3.12-slim-bookworm` and `python:3.12.4-slim-bookworm` are one image for this.
fn is_same_tag(known: &str, name: &str) -> bool {
    let suffix = |tag: &str| tag.split_once('-').map(|(_, rest)| rest.to_owned());
    suffix(split(known).1) == suffix(split(name).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_python_of_a_tag() {
        let minor = |name: &str| python_minor(name).map(|minor| minor.to_string());
        assert_eq!(minor("python:3.12.4-slim"), Some("3.12".to_owned()));
        assert_eq!(
            minor("ghcr.io/astral-sh/uv:0.9-python3.11-bookworm"),
            Some("3.11".to_owned())
        );
        assert_eq!(
            minor("public.ecr.aws/lambda/python:3.12"),
            Some("3.12".to_owned())
        );
        assert_eq!(minor("ubuntu:22.04"), None);
        assert_eq!(minor("python:slim"), None);
    }

    #[test]
    fn every_kind_of_base() {
        let kind = |name: &str| match judge(name, python_minor(name).is_some(), |name| {
            name.ends_with("slim-bookworm")
        }) {
            Verdict::Keep => "keep",
            Verdict::Default => "default",
            Verdict::Drop(_) => "drop",
            Verdict::Leave(_) => "leave",
        };
        assert_eq!(kind("python:3.13-slim"), "default");
        assert_eq!(kind("python:3.13-slim-bookworm"), "keep");
        assert_eq!(kind("registry.corp:5000/base/python:3.13-slim"), "keep");
        assert_eq!(kind("python:3.13"), "drop");
        assert_eq!(kind("python:3.13-alpine"), "drop");
        assert_eq!(kind("python:3.13-slim-bullseye"), "drop");
        assert_eq!(
            kind("ghcr.io/astral-sh/uv:python3.12-bookworm-slim"),
            "drop"
        );
        assert_eq!(kind("nvidia/cuda:12.8.0-devel-ubuntu22.04"), "drop");
        assert_eq!(kind("ubuntu:24.04"), "leave");
    }
}
