//! The name of an image, and what its tag says about versions.

use std::fmt;
use std::str::FromStr;

use pep508_rs::pep440_rs::Version;
use schemars::JsonSchema;

/// The name of an image: `[host[:port]/]path[:tag][@digest]`.
///
/// Source: <https://github.com/distribution/reference>
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct ImageRef(
    #[schemars(regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9_./:-]*(@sha256:[0-9A-Fa-f]{64})?$"))]
    String,
);

impl FromStr for ImageRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || "not an image name such as `python:3.13-slim-trixie`".to_owned();
        let (rest, digest) = text
            .split_once('@')
            .map_or((text, None), |(rest, digest)| (rest, Some(digest)));
        let last = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (path, tag) = match rest[last..].split_once(':') {
            Some((_, tag)) => (&rest[..rest.len() - tag.len() - 1], Some(tag)),
            None => (rest, None),
        };
        let hex = |hex: &str| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let digest_fits =
            digest.is_none_or(|digest| digest.strip_prefix("sha256:").is_some_and(hex));
        let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        let starts = |text: &str| {
            text.bytes()
                .next()
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let tag_fits =
            tag.is_none_or(|tag| tag.len() <= 128 && starts(tag) && tag.bytes().all(word));
        let part_fits = |(index, part): (usize, &str)| {
            let host = index == 0 && path.contains('/');
            let fits = |byte: u8| {
                word(byte) && (host || !byte.is_ascii_uppercase()) || (host && byte == b':')
            };
            starts(part) && part.bytes().all(fits)
        };
        let path_fits = !path.is_empty() && path.split('/').enumerate().all(part_fits);
        if path_fits && tag_fits && !digest_fits {
            return Err("its digest is no `sha256:` with 64 hexadecimal digits".to_owned());
        }
        (path_fits && tag_fits)
            .then(|| Self(text.to_owned()))
            .ok_or_else(bad)
    }
}

impl ImageRef {
    /// Where it comes from: without tag and digest.
    pub(crate) fn repository(&self) -> &str {
        let whole = self.0.split('@').next().unwrap_or_default();
        let tag = self.tag().map_or(0, |tag| tag.len() + 1);
        &whole[..whole.len() - tag]
    }

    /// Whether it is held by digest: no tag moves it.
    pub(crate) fn is_digest(&self) -> bool {
        self.0.contains('@')
    }

    /// Its tag.
    pub(crate) fn tag(&self) -> Option<&str> {
        let whole = self.0.split('@').next()?;
        let last = whole.rsplit('/').next()?;
        last.split_once(':').map(|(_, tag)| tag)
    }

    /// What its tag says about versions.
    pub(crate) fn version(&self) -> Option<TagVersion<'_>> {
        TagVersion::of(self.tag()?)
    }
}

impl AsRef<str> for ImageRef {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A mirror of Docker Hub, or a cache that pulls through to it: a host, and a path where there is one.
///
/// There, an image without a namespace is in `library`, which Docker alone puts before its name.
/// Source: <https://goharbor.io/docs/2.12.0/administration/configure-proxy-cache>,
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-working-pulling.html>
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Mirror(
    #[schemars(regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9_./:-]*[A-Za-z0-9_-]$"))] String,
);

impl Mirror {
    /// An image of Docker Hub, as it is called there. One of another registry stays as it is.
    pub(crate) fn image(&self, image: &ImageRef) -> ImageRef {
        let name = image.0.strip_prefix("docker.io/").unwrap_or(&image.0);
        let path = image.repository();
        let path = path.strip_prefix("docker.io/").unwrap_or(path);
        let name = match path.split_once('/') {
            Some((host, _)) if is_host(host) => return image.clone(),
            Some(_) => format!("{}/{name}", self.0),
            None => format!("{}/library/{name}", self.0),
        };
        ImageRef(name)
    }
}

/// Whether the first part of an image's name is a host, as Docker tells them apart.
fn is_host(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost"
}

impl FromStr for Mirror {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_name = format!("{text}/library/python").parse::<ImageRef>().is_ok();
        let host = text.split('/').next().unwrap_or_default();
        if is_name && is_host(host) && !host.ends_with(':') {
            return Ok(Self(text.to_owned()));
        }
        Err("a registry's host, and a path where there is one: `registry.company.example/mirror`, without `https://` and tag".to_owned())
    }
}

impl AsRef<str> for Mirror {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The uv that builds the images: a version, or an image of one's own.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct UvSource(#[schemars(regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9_./:@-]*$"))] String);

impl UvSource {
    /// The image, if it is one.
    pub(crate) fn image(&self) -> Option<ImageRef> {
        self.0
            .parse()
            .ok()
            .filter(|_| self.0.contains(['/', ':', '@']))
    }

    /// The version, as far as it says one.
    pub(crate) fn version(&self) -> Option<Version> {
        let Some(image) = self.image() else {
            return self.0.parse().ok();
        };
        image.version()?.version().parse().ok()
    }
}

impl FromStr for UvSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let source = Self(text.to_owned());
        if text.contains(['/', ':', '@']) {
            let image: ImageRef = text.parse()?;
            return if text.contains('@') || image.tag().is_some() {
                Ok(source)
            } else {
                Err("an image of uv with a tag or a digest".to_owned())
            };
        }
        let is_version = text.starts_with(|c: char| c.is_ascii_digit())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
            && source.version().is_some();
        if is_version {
            return Ok(source);
        }
        Err("a version of uv such as `0.13.9`, or an image such as `registry.company.example/uv:0.13.9`".to_owned())
    }
}

impl AsRef<str> for UvSource {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// What a tag such as `3.13.15-slim-trixie` says: a version, and the variant that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TagVersion<'t> {
    /// `3`, `13`, `15`; one at least.
    pub(crate) numbers: Vec<u64>,
    /// What is before the version: `v`, or nothing.
    pub(crate) start: &'t str,
    /// What follows the version: `-slim-trixie`, or nothing.
    pub(crate) variant: &'t str,
}

impl<'t> TagVersion<'t> {
    fn of(tag: &'t str) -> Option<Self> {
        let rest = tag.strip_prefix('v').unwrap_or(tag);
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut numbers = Vec::new();
        let mut at = 0;
        loop {
            let length = digits(&rest[at..]);
            if length == 0 {
                break;
            }
            numbers.push(rest[at..at + length].parse().ok()?);
            at += length;
            match rest[at..].strip_prefix('.') {
                Some(more) if digits(more) > 0 => at += 1,
                _ => break,
            }
        }
        (!numbers.is_empty()).then(|| Self {
            start: &tag[..tag.len() - rest.len()],
            variant: &rest[at..],
            numbers,
        })
    }

    /// Whether it is not older, as far as both of them say: `3.13.15` and `3.13` are not older than each other.
    pub(crate) fn is_as_new_as(&self, other: &Self) -> bool {
        let pairs = self.numbers.iter().zip(&other.numbers);
        let mut differing = pairs.skip_while(|(own, other)| own == other);
        differing.next().is_none_or(|(own, other)| own > other)
    }

    /// Its numbers as they are written.
    pub(crate) fn version(&self) -> String {
        let numbers: Vec<String> = self.numbers.iter().map(u64::to_string).collect();
        numbers.join(".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(text: &str) -> ImageRef {
        text.parse().unwrap()
    }

    #[test]
    fn a_mirror_has_what_docker_hub_has() {
        let mirror: Mirror = "registry.example:5000/hub".parse().unwrap();
        let of = |text: &str| mirror.image(&image(text)).to_string();
        assert_eq!(
            of("python:3.13-slim"),
            "registry.example:5000/hub/library/python:3.13-slim"
        );
        assert_eq!(
            of("nvidia/cuda:13.0.3"),
            "registry.example:5000/hub/nvidia/cuda:13.0.3"
        );
        assert_eq!(
            of("docker.io/astral/uv:1"),
            "registry.example:5000/hub/astral/uv:1"
        );
        assert_eq!(of("ghcr.io/a/b:1"), "ghcr.io/a/b:1");
        for bad in [
            "",
            "mirror",
            "https://registry.example",
            "registry.example/a:1",
            "registry.example/",
            "registry.example/A",
        ] {
            assert!(bad.parse::<Mirror>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_tag_is_a_version_and_a_variant() {
        let tag = |text| {
            let image = image(text);
            let version = image.version()?;
            Some((version.version(), version.variant.to_owned()))
        };
        let some = |version: &str, variant: &str| Some((version.to_owned(), variant.to_owned()));
        assert_eq!(
            tag("python:3.13.15-slim-trixie"),
            some("3.13.15", "-slim-trixie")
        );
        assert_eq!(
            tag(
                "a.b:5000/rust:1-slim@sha256:0000000000000000000000000000000000000000000000000000000000000000"
            ),
            some("1", "-slim")
        );
        assert_eq!(tag("qdrant/qdrant:v1.19.1"), some("1.19.1", ""));
        assert_eq!(tag("python:3.14.0rc2"), some("3.14.0", "rc2"));
        assert_eq!(tag("node:lts"), None);
        assert_eq!(tag("node"), None);
    }

    #[test]
    fn versions_are_compared_as_far_as_both_say() {
        let is_as_new = |one, other| {
            let (one, other) = (image(one), image(other));
            one.version()
                .unwrap()
                .is_as_new_as(&other.version().unwrap())
        };
        assert!(is_as_new("a:3.13", "a:3.13.2"));
        assert!(is_as_new("a:3.13.10", "a:3.13.9"));
        assert!(!is_as_new("a:3.9", "a:3.13"));
    }
}
