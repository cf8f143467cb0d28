//! The images that a generated file names: what bots raise.
//!
//! A line is read by itself, as the bots do: `# syntax=`, `FROM`, `COPY --from=`, `RUN --mount=...,from=` in a
//! Dockerfile, `image:` of services that are not built in a compose file.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

use crate::profile::ImageRef;

/// What an image is there for: by this it is found again in another text of the same file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ImageUse {
    /// It reads the Dockerfile: `# syntax=`.
    Frontend,
    /// The stage of this name starts from it.
    Stage(String),
    /// Files are taken from it, as the given of those from this repository.
    Files(String, usize),
    /// The service of this name runs it.
    Service(String),
}

impl fmt::Display for ImageUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frontend => f.write_str("`# syntax=`"),
            Self::Stage(name) => write!(f, "the stage `{name}`"),
            Self::Files(repository, _) => write!(f, "files from `{repository}`"),
            Self::Service(name) => write!(f, "the service `{name}`"),
        }
    }
}

/// An image that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedImage {
    /// What for.
    pub(crate) used: ImageUse,
    /// Which.
    pub(crate) image: ImageRef,
    /// Where in the text its name is.
    pub(crate) span: Range<usize>,
}

/// The images that a file of this name and text names, in order.
pub(crate) fn named_images(file: &str, text: &str) -> Vec<NamedImage> {
    let extension = |wanted: &str| {
        let found = file.rsplit('.').next().unwrap_or_default();
        found.eq_ignore_ascii_case(wanted)
    };
    if extension("Dockerfile") {
        of_dockerfile(text)
    } else if extension("yaml") {
        of_compose(text)
    } else {
        Vec::new()
    }
}

/// A text without the tags and digests of the images that it names.
pub(crate) fn without_versions(file: &str, text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    for named in named_images(file, text) {
        left.push_str(&text[at..named.span.start]);
        left.push_str(named.image.repository());
        at = named.span.end;
    }
    left.push_str(&text[at..]);
    left
}

/// The lines of a text, each with the place where it begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

fn of_dockerfile(text: &str) -> Vec<NamedImage> {
    let mut found = Found::default();
    for (start, line) in lines(text) {
        if start == 0
            && let Some(image) = line.strip_prefix("# syntax=")
        {
            found.add(ImageUse::Frontend, image, line.len() - image.len());
            continue;
        }
        let mut words = words(line).map(|(at, word)| (start + at, word));
        let Some((at, first)) = words.next() else {
            continue;
        };
        match first.to_ascii_uppercase().as_str() {
            "FROM" => found.from(words),
            "COPY" => found.files(words),
            "RUN" => found.files(words),
            // A line that goes on with the options of a `RUN`.
            _ if first.starts_with("--mount=") => {
                found.files([(at, first)].into_iter().chain(words))
            }
            _ => {}
        }
    }
    found.images
}

#[derive(Default)]
struct Found {
    images: Vec<NamedImage>,
    stages: Vec<String>,
    files: BTreeMap<String, usize>,
}

impl Found {
    fn add(&mut self, used: ImageUse, image: &str, start: usize) {
        let span = start..start + image.len();
        if let Ok(image) = image.parse() {
            self.images.push(NamedImage { used, image, span });
        }
    }

    fn from<'l>(&mut self, words: impl Iterator<Item = (usize, &'l str)>) {
        let mut words = words.skip_while(|(_, word)| word.starts_with("--"));
        let Some((at, image)) = words.next() else {
            return;
        };
        let name = words
            .nth(1)
            .map_or_else(String::new, |(_, name)| name.to_lowercase());
        if image != "scratch" && !self.is_stage(image) {
            self.add(ImageUse::Stage(name.clone()), image, at);
        }
        self.stages.push(name);
    }

    /// Options that take files from an image: `--from=IMAGE`, `--mount=type=bind,from=IMAGE`.
    fn files<'l>(&mut self, words: impl Iterator<Item = (usize, &'l str)>) {
        for (at, word) in words.take_while(|(_, word)| word.starts_with("--")) {
            if let Some(image) = word.strip_prefix("--from=") {
                self.add_files(image, at + word.len() - image.len());
            }
            let Some(mount) = word.strip_prefix("--mount=") else {
                continue;
            };
            let mut start = at + word.len() - mount.len();
            for field in mount.split(',') {
                if let Some(image) = field.strip_prefix("from=") {
                    self.add_files(image, start + field.len() - image.len());
                }
                start += field.len() + 1;
            }
        }
    }

    fn add_files(&mut self, image: &str, start: usize) {
        let is_number = image.bytes().all(|byte| byte.is_ascii_digit());
        if is_number || self.is_stage(image) {
            return;
        }
        let Ok(parsed) = image.parse::<ImageRef>() else {
            return;
        };
        let repository = parsed.repository().to_owned();
        let seen = self.files.entry(repository.clone()).or_default();
        let used = ImageUse::Files(repository, *seen);
        *seen += 1;
        self.add(used, image, start);
    }

    fn is_stage(&self, name: &str) -> bool {
        self.stages.contains(&name.to_lowercase())
    }
}

fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let words = line.split([' ', '\t']).scan(0, |at, word| {
        let start = *at;
        *at += word.len() + 1;
        Some((start, word))
    });
    words.filter(|(_, word)| !word.is_empty())
}

/// As dfgen writes them: a service's name two spaces in, what it has four.
fn of_compose(text: &str) -> Vec<NamedImage> {
    let mut images = Vec::new();
    let mut built = Vec::new();
    let (mut is_service, mut service, mut image) = (false, String::new(), None);
    for (start, line) in lines(text) {
        let depth = line.len() - line.trim_start().len();
        let Some((key, value)) = line.trim_start().split_once(':') else {
            continue;
        };
        match (depth, key) {
            (0, key) => is_service = key == "services",
            (2, name) => (service, image) = (unquoted(name).to_owned(), None),
            (4, "image") if is_service => {
                let word = unquoted(value.trim());
                let at = line.find(word).unwrap_or_default();
                let Ok(read) = word.parse::<ImageRef>() else {
                    continue;
                };
                image = Some(read.clone());
                images.push(NamedImage {
                    used: ImageUse::Service(service.clone()),
                    image: read,
                    span: start + at..start + at + word.len(),
                });
            }
            (4, "build") => built.extend(image.clone()),
            _ => {}
        }
    }
    let is_built = |one: &NamedImage| {
        let mut built = built.iter();
        built.any(|built| built.repository() == one.image.repository())
    };
    images.retain(|image| !is_built(image));
    images
}

fn unquoted(text: &str) -> &str {
    let quotes = ['"', '\''];
    let inner = quotes.iter().find_map(|quote| {
        let inner = text.strip_prefix(*quote)?;
        inner.strip_suffix(*quote)
    });
    inner.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, text: &str) -> Vec<String> {
        let all = named_images(file, text).into_iter();
        all.map(|one| {
            assert_eq!(&text[one.span.clone()], one.image.as_ref());
            format!("{}: {}", one.used, one.image)
        })
        .collect()
    }

    #[test]
    fn images_of_a_dockerfile_and_not_its_stages() {
        let text = "# syntax=docker/dockerfile:1\nFROM ghcr.io/astral-sh/uv:0.13.9 AS uv\nFROM scratch AS dfgen\n\
            FROM --platform=$BUILDPLATFORM python:3.13-slim AS base\nFROM base AS build\nCOPY --from=uv /uv /bin/\n\
            COPY --link --from=busybox:1.36 /bin/busybox /bin/\ncopy --from=busybox:1.37 /bin/sh /bin/\n\
            RUN --mount=type=bind,from=dfgen,source=/a \\\n    --mount=type=bind,from=alpine:3.20,source=/b \\\n    echo --from=a:1\n\
            ENV FROM=a:1\n# FROM a:1\n";
        insta::assert_snapshot!(found("api.Dockerfile", text).join("\n"), @r"
        `# syntax=`: docker/dockerfile:1
        the stage `uv`: ghcr.io/astral-sh/uv:0.13.9
        the stage `base`: python:3.13-slim
        files from `busybox`: busybox:1.36
        files from `busybox`: busybox:1.37
        files from `alpine`: alpine:3.20
        ");
        assert!(found("dfgen.py", text).is_empty());
    }

    #[test]
    fn images_of_a_compose_file_and_not_those_that_it_builds() {
        let text = "name: \"shop\"\n\nservices:\n  api-migrate:\n    image: \"shop-api:1\"\n  api:\n    image: \"shop-api\"\n    build:\n      context: \"..\"\n  \
            postgresql:\n    image: \"postgres:18@sha256:0000000000000000000000000000000000000000000000000000000000000000\"\n    environment:\n      image: a:1\n  redis:\n    image: redis:8.6\nvolumes:\n  a:\n";
        insta::assert_snapshot!(found("compose.yaml", text).join("\n"), @r"
        the service `postgresql`: postgres:18@sha256:0000000000000000000000000000000000000000000000000000000000000000
        the service `redis`: redis:8.6
        ");
        assert!(without_versions("compose.yaml", text).contains("    image: \"postgres\"\n"));
    }
}
