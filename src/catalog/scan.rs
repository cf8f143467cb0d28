//! `scan.toml`: shared libraries that are missing in an image and not missed.
//!
//! A scan of a built environment looks for every library that something in it names. Some come only when
//! the image runs, others belong to parts that nothing has to load: each is a row, with the reason.

use std::fmt;
use std::str::FromStr;

use pep508_rs::PackageName;
use schemars::JsonSchema;
use serde::Deserialize;

use super::pattern::{NamePattern, fits_wildcards};
use super::table::{Row, Rows, embedded};
use super::trim::PathPattern;

/// The file name of a shared library, `*` for any run of characters: `libcuda.so.*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(!try_from)]
pub struct LibraryPattern(#[schemars(regex(pattern = r"^[A-Za-z0-9_.+*-]+$"))] String);

impl LibraryPattern {
    /// Whether a library of this name is meant.
    pub(crate) fn fits(&self, name: &str) -> bool {
        fits_wildcards(self.0.as_bytes(), name.as_bytes())
    }
}

impl AsRef<str> for LibraryPattern {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LibraryPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LibraryPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.+-*".contains(c);
        if !text.is_empty() && text.chars().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err("the file name of a shared library, as `libcuda.so.1` or `libcuda.so.*`".to_owned())
        }
    }
}

impl TryFrom<String> for LibraryPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// The file name of a shared library: `libGL.so.1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct LibraryName(LibraryPattern);

impl fmt::Display for LibraryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for LibraryName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(pattern) if !text.contains('*') => Ok(Self(pattern)),
            _ => Err("the file name of a shared library, as `libGL.so.1`".to_owned()),
        }
    }
}

impl TryFrom<String> for LibraryName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// A library that nothing in an image has to bring.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AbsentLibrary {
    because: String,
}

impl AbsentLibrary {
    /// Why it is not missed.
    pub(crate) fn because(&self) -> &str {
        &self.because
    }
}

/// Files of a distribution that an image works without being able to load.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OptionalPart {
    files: Vec<PathPattern>,
    because: String,
}

impl OptionalPart {
    /// The files, below site-packages.
    pub(crate) fn files(&self) -> &[PathPattern] {
        &self.files
    }

    /// Whether a file below site-packages is one of them: `*` goes through folders, as it does for the scan of a build.
    pub(crate) fn has(&self, path: &str) -> bool {
        let mut patterns = self.files.iter().map(ToString::to_string);
        patterns.any(|pattern| fits_wildcards(pattern.as_bytes(), path.as_bytes()))
    }

    /// What only they do.
    pub(crate) fn because(&self) -> &str {
        &self.because
    }
}

/// The rows of `scan.toml`.
#[derive(Debug)]
pub(crate) struct Scan {
    libraries: Rows<LibraryPattern, AbsentLibrary>,
    parts: Rows<NamePattern, OptionalPart>,
}

impl Scan {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("scan");
        let read = Self {
            libraries: file.rows("library"),
            parts: file.rows("part"),
        };
        file.finish();
        read
    }

    /// Libraries that are not missed, whatever needs them.
    pub(crate) fn libraries(&self) -> impl Iterator<Item = (&LibraryPattern, &Row<AbsentLibrary>)> {
        self.libraries.iter()
    }

    /// The optional parts of a distribution.
    pub(crate) fn parts_of(&self, name: &PackageName) -> impl Iterator<Item = &Row<OptionalPart>> {
        let parts = self.parts.iter();
        parts.filter_map(|(pattern, part)| pattern.matches(name).then_some(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_a_file_name() {
        for text in ["", "lib/libc.so", "libc.so.6'", "lib c.so", "libc.so\n"] {
            assert!(text.parse::<LibraryPattern>().is_err(), "{text:?}");
        }
        assert!("libstdc++.so.6".parse::<LibraryPattern>().is_ok());
    }

    #[test]
    fn a_part_is_known_by_its_distribution() {
        let name = |text: &str| PackageName::new(text.to_owned()).unwrap();
        let scan = Scan::embedded();
        assert_eq!(scan.parts_of(&name("opencv-python")).count(), 1);
        assert_eq!(scan.parts_of(&name("opencv-python-headless")).count(), 0);
    }
}
