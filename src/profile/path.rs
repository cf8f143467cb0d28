//! The types of paths: in the project, in the image, and of folders that an application writes to.

use std::str::FromStr;

use schemars::JsonSchema;

use crate::unseen::is_unseen;

/// A path below the project's folder: relative, no `..`, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(extend("not" = { "pattern": r"(^|/)\.\.(/|$)" }))]
pub struct ContextPath(
    #[schemars(regex(
        pattern = r"^[^/ *?\[\]\\$!#\x00-\x1f\x7f-\x9f]([^*?\[\]\\$!#\x00-\x1f\x7f-\x9f]*[^ *?\[\]\\$!#\x00-\x1f\x7f-\x9f])?$"
    ))]
    String,
);

impl FromStr for ContextPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.trim() != text {
            return Err("a path that neither is empty nor begins or ends with a space".to_owned());
        }
        if text.starts_with('/') || text.split('/').any(|part| part == "..") {
            return Err(
                "files come from the project's folder: a relative path without `..`".to_owned(),
            );
        }
        let refused =
            |c: char| is_unseen(c) || matches!(c, '*' | '?' | '[' | ']' | '$' | '!' | '#');
        if text.contains('\\') {
            return Err("a path with `/` between its parts, on Windows too".to_owned());
        }
        if let Some(c) = text.chars().find(|c| refused(*c)) {
            return Err(format!("a path here may not hold {c:?}"));
        }
        let path = parts(text).join("/");
        Ok(Self(if path.is_empty() {
            ".".to_owned()
        } else {
            path
        }))
    }
}

/// The parts of a path that lead somewhere: neither empty nor `.`.
fn parts(path: &str) -> Vec<&str> {
    let leads = |part: &&str| !matches!(*part, "" | ".");
    path.split('/').filter(leads).collect()
}

impl AsRef<str> for ContextPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// An absolute path in the image.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct ImagePath(#[schemars(regex(pattern = r"^/[A-Za-z0-9/_.-]+$"))] String);

impl ImagePath {
    /// A path whose parts were checked before.
    pub(super) fn of_parts(path: String) -> Self {
        Self(path)
    }
}

impl FromStr for ImagePath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
        let parts = parts(text);
        let leads_up = parts.contains(&"..");
        if text.starts_with('/') && !parts.is_empty() && !leads_up && text.chars().all(fits) {
            Ok(Self(format!("/{}", parts.join("/"))))
        } else {
            Err(
                "an absolute path of letters, digits, `-`, `_` and `.`, as `/var/cache/models`"
                    .to_owned(),
            )
        }
    }
}

impl AsRef<str> for ImagePath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A folder that an application writes to: relative to its own, which is `/app` in the image, or absolute.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct DataFolder(#[schemars(regex(pattern = r"^[A-Za-z0-9/_.-]+$"))] String);

/// Folders in which, and below which, an image has files that a volume would hide.
const OF_THE_IMAGE: [&str; 11] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/opt/venv",
    "/proc",
    "/sbin",
    "/sys",
    "/usr",
];

/// Folders that hold those of others.
const OF_OTHERS: [&str; 6] = ["/app", "/opt", "/root", "/run", "/tmp", "/var"];

/// Whether a path is one of these folders itself.
pub(super) fn is_shared(path: &str) -> bool {
    OF_OTHERS.contains(&path) || OF_THE_IMAGE.contains(&path)
}

impl DataFolder {
    /// Where it is in the image.
    pub(crate) fn in_image(&self) -> ImagePath {
        let absolute = if self.0.starts_with('/') {
            self.0.clone()
        } else {
            format!("/app/{}", self.0)
        };
        ImagePath::of_parts(absolute)
    }
}

impl FromStr for DataFolder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let root = if text.starts_with('/') { "/" } else { "" };
        let path = format!("{root}{}", parts(text).join("/"));
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
        let leads_up = parts(text).contains(&"..");
        if path == root || leads_up || !path.chars().all(fits) {
            return Err(
                "a folder beside the source, as `data`, or an absolute one, as `/var/lib/shop`; letters, digits, `-`, `_` and `.`"
                    .to_owned(),
            );
        }
        let below = |top: &str| path == top || path.starts_with(&format!("{top}/"));
        if OF_OTHERS.contains(&path.as_str()) || OF_THE_IMAGE.into_iter().any(below) {
            return Err(format!(
                "a folder of the application's own: a volume at `{path}` would hide what the image has there"
            ));
        }
        Ok(Self(path))
    }
}

impl AsRef<str> for DataFolder {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
