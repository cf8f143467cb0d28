//! `leftovers.toml`: what is in built images and need not be.

use serde::Deserialize;

use super::pattern::fits_wildcards;
use super::table::{Row, Rows, embedded};

/// Whose files are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Whose {
    /// The project's own.
    Application,
    /// Those of Python packages.
    Distribution,
    /// Those of the system.
    System,
}

/// What it takes to be without something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ease {
    /// A line.
    Easy,
    /// Something may need it.
    Medium,
}

/// Something that an image can do without.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Leftover {
    order: u32,
    pub(crate) what: String,
    #[serde(default)]
    below: Vec<String>,
    #[serde(default)]
    folders: Vec<String>,
    #[serde(default)]
    ends: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    packages: Vec<String>,
    of: Option<Whose>,
    pub(crate) effort: Ease,
    pub(crate) write: String,
    pub(crate) because: String,
    /// Whether an image that dfgen planned may not have it.
    #[serde(default)]
    pub(crate) verify: bool,
}

impl Leftover {
    /// Whether a folder is meant with all that is in it; without a slash before it.
    pub(crate) fn has_folder(&self, path: &str) -> bool {
        let ends = |end: &String| {
            let before = path.strip_suffix(end.as_str());
            before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
        };
        self.below
            .iter()
            .any(|folder| fits_wildcards(folder.as_bytes(), path.as_bytes()))
            || self.folders.iter().any(ends)
    }

    /// Whether a file of this name is meant.
    pub(crate) fn has_file(&self, folder: &str, name: &str) -> bool {
        let in_bin = || folder == "bin" && self.names.iter().any(|known| known == name);
        self.ends
            .iter()
            .any(|end| name.len() > end.len() && name.ends_with(end.as_str()))
            || in_bin()
    }

    /// Whether the files of a Debian package are meant.
    pub(crate) fn has_package(&self, name: &str) -> bool {
        self.packages
            .iter()
            .any(|pattern| fits_wildcards(pattern.as_bytes(), name.as_bytes()))
    }

    /// Whether it is known by packages of the system.
    pub(crate) fn is_of_packages(&self) -> bool {
        !self.packages.is_empty()
    }

    /// Whether somebody's files may be meant.
    pub(crate) fn is_of(&self, whose: Option<Whose>) -> bool {
        self.of.is_none() || self.of == whose
    }
}

/// The rows of `leftovers.toml`.
#[derive(Debug)]
pub(crate) struct Leftovers(Vec<(String, Row<Leftover>)>);

impl Leftovers {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("leftovers");
        let rows: Rows<String, Leftover> = file.rows("leftover");
        file.finish();
        let mut rows: Vec<(String, Row<Leftover>)> = rows.into_iter().collect();
        rows.sort_by_key(|(_, row)| row.order);
        Self(rows)
    }

    /// All of them, in the order in which they are asked.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&str, &Leftover)> {
        self.0.iter().map(|(name, row)| (name.as_str(), &**row))
    }
}
