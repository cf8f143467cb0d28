//! `trim.toml`: what an image can do without.
//!
//! Three kinds of savings: test folders of single packages, files that nothing opens when a program runs,
//! and parts of GPU wheels that cost a feature. The first two are harmless as far as was tried; a part is
//! left out only when somebody asks, and its row says what is lost.

use std::fmt;

use pep508_rs::PackageName;
use serde::Deserialize;

use super::pattern::{NamePattern, fits_wildcards};
use super::table::{Row, Rows, embedded};

/// A path pattern below site-packages: `*` stands for any run of characters within a name, `**` for any
/// folders. Only letters, digits and `_ . - * /`, so that it is safe in a shell line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct PathPattern(String);

impl PathPattern {
    /// Whether a path is meant, or a folder that it is in.
    pub(crate) fn covers(&self, path: &str) -> bool {
        let pattern: Vec<&str> = self.0.split('/').collect();
        let parts: Vec<&str> = path.split('/').collect();
        starts(&pattern, &parts)
    }
}

/// Whether a path, or a folder that it is in, fits a pattern.
fn starts(pattern: &[&str], parts: &[&str]) -> bool {
    match pattern.split_first() {
        None => true,
        Some((&"**", rest)) => (0..=parts.len()).any(|skipped| starts(rest, &parts[skipped..])),
        Some((name, rest)) => {
            let fits = |part: &&str| fits_wildcards(name.as_bytes(), part.as_bytes());
            parts.first().is_some_and(fits) && starts(rest, &parts[1..])
        }
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

/// The test folders of a distribution.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestFolders {
    folders: Vec<PathPattern>,
    bytes: u64,
}

impl TestFolders {
    /// The folders.
    pub(crate) fn folders(&self) -> &[PathPattern] {
        &self.folders
    }

    /// What they held in the newest version that was measured.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// How a rule makes a package smaller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TrimAction {
    /// Files and folders are left out.
    #[default]
    Remove,
    /// What only debuggers read is cut out of shared libraries.
    Strip,
    /// The test folders of packages for which that was tried are left out.
    Tests,
}

/// What is left out of every package, because no program needs it when it runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrimRule {
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
    pub(crate) fn about(&self) -> &str {
        &self.about
    }

    /// How.
    pub(crate) fn action(&self) -> TrimAction {
        self.action
    }

    /// The files and folders, where it removes any.
    pub(crate) fn paths(&self) -> &[PathPattern] {
        &self.paths
    }

    /// Distributions beside which the rule is not applied.
    pub(crate) fn unless(&self) -> &[NamePattern] {
        &self.unless
    }

    /// Whether the rule may be applied to a closure: nothing in it opens such files.
    pub(crate) fn fits<'n>(&self, closure: impl IntoIterator<Item = &'n PackageName>) -> bool {
        let mut names = closure.into_iter();
        !names.any(|name| self.unless.iter().any(|pattern| pattern.matches(name)))
    }
}

/// Distributions whose licence lets nobody change their files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AsBuilt {
    distributions: Vec<NamePattern>,
}

/// A part of GPU wheels that costs a feature.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GpuPart {
    distributions: Vec<NamePattern>,
    paths: Vec<PathPattern>,
    bytes: u64,
    loses: String,
}

impl GpuPart {
    /// Whether a distribution has this part.
    pub(crate) fn is_in(&self, name: &PackageName) -> bool {
        let mut patterns = self.distributions.iter();
        patterns.any(|pattern| pattern.matches(name))
    }

    /// Its files and folders.
    pub(crate) fn paths(&self) -> &[PathPattern] {
        &self.paths
    }

    /// Whether all of it is below folders of another part.
    fn lies_in(&self, other: &Self) -> bool {
        self.paths.iter().all(|path| {
            let mut folders = other.paths.iter();
            folders.any(|folder| path.0.starts_with(&format!("{folder}/")))
        })
    }

    /// What it held where it was measured.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The distributions that have it.
    pub(crate) fn distributions(&self) -> &[NamePattern] {
        &self.distributions
    }

    /// What an image without it cannot do, to be read after "loses".
    pub(crate) fn loses(&self) -> &str {
        &self.loses
    }
}

/// A distribution of which something refers to what rules would take.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Needed {
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    paths: Vec<PathPattern>,
}

/// The rows of `trim.toml`.
#[derive(Debug)]
pub(crate) struct Trim {
    tests: Rows<PackageName, TestFolders>,
    rules: Rows<String, TrimRule>,
    parts: Rows<String, GpuPart>,
    as_built: Rows<String, AsBuilt>,
    needed: Rows<PackageName, Needed>,
}

impl Trim {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("trim");
        let read = Self {
            tests: file.rows("tests"),
            rules: file.rows("rule"),
            parts: file.rows("part"),
            as_built: file.rows("as-built"),
            needed: file.rows("needed"),
        };
        file.finish();
        read
    }

    /// The test folders of a distribution that nothing else imports.
    pub(crate) fn tests(&self, name: &PackageName) -> Option<&Row<TestFolders>> {
        self.tests.get(name)
    }

    /// Every distribution with such folders.
    pub(crate) fn all_tests(&self) -> impl Iterator<Item = (&PackageName, &Row<TestFolders>)> {
        self.tests.iter()
    }

    /// What is left out of every package, by name.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (&str, &Row<TrimRule>)> {
        self.rules.iter().map(|(name, rule)| (name.as_str(), rule))
    }

    /// Whether the build keeps a file that a rule would take of a distribution: something in it refers to that.
    pub(crate) fn needs(&self, name: &PackageName, rule: &str, path: &str) -> bool {
        let row = self.needed.get(name);
        row.is_some_and(|row| {
            let mut paths = row.paths.iter();
            row.rules.iter().any(|one| one == rule) || paths.any(|one| one.covers(path))
        })
    }

    /// Distributions whose files stay whole as they were built, or are left out: their licences let nobody change them.
    pub(crate) fn as_built(&self) -> impl Iterator<Item = &NamePattern> {
        self.as_built.values().flat_map(|row| &row.distributions)
    }

    /// The wanted parts of GPU wheels that lie in no other wanted one: what they hold adds up.
    pub(crate) fn outermost(&self, wanted: impl Fn(&str) -> bool) -> Vec<(&str, &GpuPart)> {
        let parts: Vec<(&str, &GpuPart)> = self
            .all_parts()
            .filter(|(name, _)| wanted(name))
            .map(|(name, part)| (name, &**part))
            .collect();
        let is_outermost = |(name, part): &&(&str, &GpuPart)| {
            let mut others = parts.iter().filter(|(other, _)| other != name);
            !others.any(|(_, other)| part.lies_in(other))
        };
        parts.iter().filter(is_outermost).copied().collect()
    }

    /// Every part of GPU wheels, by name.
    pub(crate) fn all_parts(&self) -> impl Iterator<Item = (&str, &Row<GpuPart>)> {
        self.parts.iter().map(|(name, part)| (name.as_str(), part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PackageName {
        PackageName::new(text.to_owned()).unwrap()
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
        let stubs = &trim.rules["type-stubs"];
        assert!(stubs.fits(&[name("numpy")]));
        assert!(!stubs.fits(&[name("scikit-image"), name("lazy-loader")]));
    }

    /// The program of the build knows a test folder by its name, and looks in it for what is needed elsewhere.
    #[test]
    fn test_folders_are_called_so() {
        let trim = Trim::embedded();
        for (name, row) in trim.all_tests() {
            let ends = |folder: &PathPattern| {
                let folder = folder.to_string();
                folder.ends_with("/tests") || folder.ends_with("/test")
            };
            assert!(row.folders().iter().all(ends), "{name}");
        }
    }

    #[test]
    fn what_is_needed_is_of_rules_that_there_are() {
        let trim = Trim::embedded();
        for (name, row) in &trim.needed {
            for rule in &row.rules {
                assert!(trim.rules.contains_key(rule), "{name}: {rule}");
                assert!(trim.needs(name, rule, "a.h"));
            }
        }
    }

    #[test]
    fn what_lies_in_another_part_is_counted_with_that() {
        let trim = Trim::embedded();
        let names = |wanted: fn(&str) -> bool| -> Vec<&str> {
            trim.outermost(wanted)
                .into_iter()
                .map(|(name, _)| name)
                .collect()
        };
        assert_eq!(names(|name| name.starts_with("triton")), ["triton"]);
        assert_eq!(
            names(|name| name.starts_with("triton-")),
            ["triton-amd", "triton-static-libraries"]
        );
    }

    #[test]
    fn parts_belong_to_distributions() {
        let trim = Trim::embedded();
        let cusolver = name("nvidia-cusolver-cu12");
        let of = |name: &PackageName| {
            let parts = trim.all_parts().filter(|(_, part)| part.is_in(name));
            parts.map(|(name, _)| name).collect::<Vec<_>>()
        };
        let parts = of(&cusolver);
        assert!(parts.contains(&"cusolver-mg"));
        assert_eq!(of(&name("numpy")).len(), 0);
        assert!(trim.parts["triton"].bytes() > 500_000_000);
        assert!(trim.tests(&name("pandas")).is_some());
    }
}
