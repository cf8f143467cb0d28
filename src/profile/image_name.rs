//! What the images of a project are called: `image` of dfgen.toml, and what comes of it.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;

use super::image_ref::ImageRef;

/// A name with places for what differs from image to image and from build to build:
/// `registry.company.example/shop/{project}-{profile}:{TAG}`.
///
/// Small letters are known when the files are written. Capital ones are variables of the environment of whoever builds,
/// and stand in the tag alone.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct ImagePattern(#[schemars(regex(pattern = r"^[A-Za-z0-9_{][A-Za-z0-9_./:{}-]*$"))] String);

/// The name of an image that the project builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageName {
    /// Without what differs from build to build.
    start: String,
    /// Text and variables of the rest, in turn: a variable comes first.
    rest: Vec<(String, String)>,
}

impl ImagePattern {
    /// Whether each image gets a name of its own.
    pub(crate) fn tells_profiles(&self) -> bool {
        self.0.contains("{profile}")
    }

    /// The name of one image. Errors: why it cannot be one.
    pub(crate) fn name(&self, project: &str, profile: &str) -> Result<ImageName, String> {
        let text = self.0.replace("{project}", project);
        ImageName::read(&text.replace("{profile}", profile))
    }
}

impl FromStr for ImagePattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pattern = Self(text.to_owned());
        pattern.name("project", "profile")?;
        Ok(pattern)
    }
}

impl AsRef<str> for ImagePattern {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl ImageName {
    /// A name without variables, `shop-api`. Errors: why it cannot be one.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut parts = text.split('{');
        let start = parts.next().unwrap_or_default().to_owned();
        let mut rest = Vec::new();
        for part in parts {
            let Some((name, text)) = part.split_once('}') else {
                return Err("each `{` has its `}`".to_owned());
            };
            if !is_variable(name) {
                return Err(format!(
                    "`{{{name}}}` is nothing that is filled in: `{{project}}` and `{{profile}}` are, and in the tag variables \
                     of the build, as `{{TAG}}`"
                ));
            }
            rest.push((name.to_owned(), text.to_owned()));
        }
        let name = Self { start, rest };
        let tag = name.start.rsplit('/').next().unwrap_or_default();
        if !name.rest.is_empty() && !tag.contains(':') {
            return Err("a variable of the build stands in the tag, behind a `:`".to_owned());
        }
        let filled: ImageRef = name
            .with(|variable| default_of(variable).to_owned())
            .parse()?;
        if filled.is_digest() {
            return Err("a name without a digest, which the build makes".to_owned());
        }
        Ok(name)
    }

    /// With something in the place of each variable.
    pub(crate) fn with(&self, filled: impl Fn(&str) -> String) -> String {
        let rest = self.rest.iter();
        let rest: String = rest.map(|(name, text)| filled(name) + text).collect();
        format!("{}{rest}", self.start)
    }
}

impl ImageName {
    /// The variables of whoever builds.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.rest.iter().map(|(name, _)| name.as_str())
    }

    /// Without the tag.
    pub(crate) fn repository(&self) -> &str {
        let path = self.start.rfind('/').map_or(0, |slash| slash + 1);
        let tag = self.start[path..].find(':');
        tag.map_or(&self.start, |tag| &self.start[..path + tag])
    }

    /// Whether it says which registry has it.
    pub(crate) fn has_registry(&self) -> bool {
        self.start.contains('/')
    }
}

/// What stands for a variable that nobody sets.
pub(crate) fn default_of(variable: &str) -> &'static str {
    match variable {
        "VERSION" => "0.0.0",
        _ => "latest",
    }
}

fn is_variable(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    name.starts_with(|first: char| first.is_ascii_uppercase()) && name.bytes().all(fits)
}

/// As shells and compose fill it in.
impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with(|name| format!("${{{name}:-{}}}", default_of(name))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_filled_in_once_for_the_files_and_once_for_each_build() {
        let pattern: ImagePattern =
            "registry.example:5000/shop/{project}-{profile}:v{VERSION}-{TAG}"
                .parse()
                .unwrap();
        let name = pattern.name("shop", "core-api").unwrap();
        assert_eq!(
            name.to_string(),
            "registry.example:5000/shop/shop-core-api:v${VERSION:-0.0.0}-${TAG:-latest}"
        );
        assert_eq!(
            name.repository(),
            "registry.example:5000/shop/shop-core-api"
        );
        let plain = ImageName::read("shop-api").unwrap();
        assert_eq!(
            (plain.repository(), plain.has_registry()),
            ("shop-api", false)
        );
        assert_eq!(plain.to_string(), "shop-api");
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        for bad in [
            "",
            "a b",
            "https://registry.example/a",
            "{profile",
            "a/{version}:1",
            "a/{TAG}",
            "{HOST}/a:1",
            "a:{TAG}@sha256:0000000000000000000000000000000000000000000000000000000000000000",
            "a:${TAG}",
            "A/{Profile}",
        ] {
            assert!(bad.parse::<ImagePattern>().is_err(), "{bad}");
        }
    }
}
