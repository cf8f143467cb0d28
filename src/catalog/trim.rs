//! `trim.toml`: what an image can do without.
//!
//! Three kinds of savings: test folders of single packages, files that nothing opens when a program runs,
//! and parts of GPU wheels that cost a feature. The first two are harmless as far as was tried; a part is
//! left out only when somebody asks, and its row says what is lost.

use std::fmt;

use pep508_rs::PackageName;
use pep508_rs::pep440_rs::Version;
use serde::Deserialize;

use super::pattern::NamePattern;
use super::table::{EmbeddedFile, Row, Rows};

/// A path pattern below site-packages: `*` stands for any run of characters within a name, `**` for any
/// folders. Only letters, digits and `_ . - * /`, so that it is safe in a shell line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct PathPattern(String);

impl PathPattern {
    /// Whether the pattern stands for a path below site-packages, `/` between its names.
    pub fn matches(&self, path: &str) -> bool {
        let pattern: Vec<&str> = self.0.split('/').collect();
        let path: Vec<&str> = path.split('/').collect();
        names_match(&pattern, &path)
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PathPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.-*/".contains(c);
        let inside = text.split('/').all(|name| !name.is_empty() && name != "..");
        if inside && text.chars().all(plain) {
            Ok(Self(text))
        } else {
            Err(format!(
                "`{text}` is not a path pattern below site-packages"
            ))
        }
    }
}

fn names_match(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) if names_match(rest, path) => true,
        (Some((&"**", _)), Some((_, path_rest))) => names_match(pattern, path_rest),
        (Some((wanted, rest)), Some((found, path_rest))) => {
            name_matches(wanted, found) && names_match(rest, path_rest)
        }
        _ => false,
    }
}

fn name_matches(pattern: &str, name: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(rest) = name.strip_prefix(before) else {
        return false;
    };
    let mut starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    starts.any(|at| name_matches(after, &rest[at..]))
}

/// The test folders of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFolders {
    folders: Vec<PathPattern>,
    bytes: u64,
    measured: Vec<Version>,
}

impl TestFolders {
    /// The folders.
    pub fn folders(&self) -> &[PathPattern] {
        &self.folders
    }

    /// What they held in the newest version that was measured.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The versions that it was seen with, oldest first.
    pub fn measured(&self) -> &[Version] {
        &self.measured
    }
}

/// How a rule makes a package smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrimAction {
    /// Files and folders are left out.
    #[default]
    Remove,
    /// What only debuggers read is cut out of shared libraries.
    Strip,
    /// The test folders of packages for which that was tried are left out.
    Tests,
}

/// What is left out of every package, because no program needs it when it runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrimRule {
    about: String,
    #[serde(default)]
    action: TrimAction,
    #[serde(default)]
    paths: Vec<PathPattern>,
    #[serde(default)]
    unless: Vec<NamePattern>,
}

impl TrimRule {
    /// What it is that is left out, and why nobody misses it.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// How.
    pub fn action(&self) -> TrimAction {
        self.action
    }

    /// The files and folders, where it removes any.
    pub fn paths(&self) -> &[PathPattern] {
        &self.paths
    }

    /// Distributions beside which the rule is not applied.
    pub fn unless(&self) -> &[NamePattern] {
        &self.unless
    }

    /// Whether the rule may be applied to a closure: nothing in it opens such files.
    pub fn fits<'n>(&self, closure: impl IntoIterator<Item = &'n PackageName>) -> bool {
        let mut names = closure.into_iter();
        !names.any(|name| self.unless.iter().any(|pattern| pattern.matches(name)))
    }
}

/// A part of GPU wheels that costs a feature.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpuPart {
    distributions: Vec<NamePattern>,
    paths: Vec<PathPattern>,
    bytes: u64,
    loses: String,
}

impl GpuPart {
    /// Whether a distribution has this part.
    pub fn is_in(&self, name: &PackageName) -> bool {
        let mut patterns = self.distributions.iter();
        patterns.any(|pattern| pattern.matches(name))
    }

    /// Its files and folders.
    pub fn paths(&self) -> &[PathPattern] {
        &self.paths
    }

    /// What it held where it was measured.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The distributions that have it.
    pub fn distributions(&self) -> &[NamePattern] {
        &self.distributions
    }

    /// What an image without it cannot do, to be read after "loses".
    pub fn loses(&self) -> &str {
        &self.loses
    }
}

/// The rows of `trim.toml`.
#[derive(Debug)]
pub struct Trim {
    tests: Rows<PackageName, TestFolders>,
    rules: Rows<String, TrimRule>,
    parts: Rows<String, GpuPart>,
}

impl Trim {
    pub(super) fn embedded() -> Self {
        let mut file = EmbeddedFile::parse("trim.toml", include_str!("data/trim.toml"));
        let read = Self {
            tests: file.rows("tests"),
            rules: file.rows("rule"),
            parts: file.rows("part"),
        };
        file.finish();
        read
    }

    /// The test folders of a distribution that nothing else imports.
    pub fn tests(&self, name: &PackageName) -> Option<&Row<TestFolders>> {
        self.tests.get(name)
    }

    /// Every distribution with such folders.
    pub fn all_tests(&self) -> impl Iterator<Item = (&PackageName, &Row<TestFolders>)> {
        self.tests.iter()
    }

    /// What is left out of every package, by name.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &Row<TrimRule>)> {
        self.rules.iter().map(|(name, rule)| (name.as_str(), rule))
    }

    /// The rule of a name.
    pub fn rule(&self, name: &str) -> Option<&Row<TrimRule>> {
        self.rules.get(name)
    }

    /// The parts of a distribution that an image can do without, by name.
    pub fn parts(&self, name: &PackageName) -> impl Iterator<Item = (&str, &Row<GpuPart>)> {
        let parts = self.parts.iter().filter(move |(_, part)| part.is_in(name));
        parts.map(|(name, part)| (name.as_str(), part))
    }

    /// Every part of GPU wheels, by name.
    pub fn all_parts(&self) -> impl Iterator<Item = (&str, &Row<GpuPart>)> {
        self.parts.iter().map(|(name, part)| (name.as_str(), part))
    }

    /// The part of a name.
    pub fn part(&self, name: &str) -> Option<&Row<GpuPart>> {
        self.parts.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PackageName {
        PackageName::new(text.to_owned()).unwrap()
    }

    fn pattern(text: &str) -> PathPattern {
        PathPattern::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_path_pattern_stands_for_whole_paths() {
        assert!(pattern("scipy/**/tests").matches("scipy/tests"));
        assert!(pattern("scipy/**/tests").matches("scipy/sparse/linalg/tests"));
        assert!(!pattern("scipy/**/tests").matches("scipy/sparse/tests/data.npz"));
        assert!(pattern("**/*.pyi").matches("numpy/__init__.pyi"));
        assert!(!pattern("**/*.h").matches("numpy/x.hpp"));
        assert!(
            pattern("nvidia/*/lib/libcusolverMg.so*")
                .matches("nvidia/cu13/lib/libcusolverMg.so.12")
        );
    }

    #[test]
    fn a_pattern_that_leaves_site_packages_is_refused() {
        for text in ["", "/etc/passwd", "../x", "a/$(id)", "a b"] {
            assert!(PathPattern::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn type_stubs_stay_where_a_program_reads_them() {
        let trim = Trim::embedded();
        let stubs = trim.rule("type-stubs").unwrap();
        assert!(stubs.fits(&[name("numpy")]));
        assert!(!stubs.fits(&[name("scikit-image"), name("lazy-loader")]));
    }

    /// The program of the build knows a test folder by its name, and looks in it for what is needed elsewhere.
    #[test]
    fn test_folders_are_called_so_and_rows_name_the_versions_they_were_seen_with() {
        let trim = Trim::embedded();
        for (name, row) in trim.all_tests() {
            let ends = |folder: &PathPattern| {
                let folder = folder.to_string();
                folder.ends_with("/tests") || folder.ends_with("/test")
            };
            assert!(row.folders().iter().all(ends), "{name}");
            assert!(row.measured().is_sorted(), "{name}");
            assert!(!row.measured().is_empty(), "{name}");
        }
    }

    #[test]
    fn parts_belong_to_distributions() {
        let trim = Trim::embedded();
        let cusolver = name("nvidia-cusolver-cu12");
        let parts: Vec<&str> = trim.parts(&cusolver).map(|(name, _)| name).collect();
        assert!(parts.contains(&"cusolver-mg"));
        assert_eq!(trim.parts(&name("numpy")).count(), 0);
        assert!(trim.part("triton").unwrap().bytes() > 500_000_000);
        assert!(trim.tests(&name("pandas")).is_some());
    }
}
