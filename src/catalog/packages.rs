//! `packages.toml`: what Python packages need from Debian beyond their wheels.
//!
//! A wheel may load a library that it does not carry (`libGL.so.1`), an sdist needs headers and a
//! compiler, and some packages run a program (`git`, `ffmpeg`). A package without a row is not known to
//! need anything. Nothing here says whether a package is compiled: the lock does.

use std::collections::BTreeSet;

use pep508_rs::PackageName;
use schemars::JsonSchema;
use serde::Deserialize;

use super::debian::{AptPackage, AptPackages, DebianRelease};
use super::table::{Row, Rows, embedded};
use crate::bytes::Bytes;
use crate::names::EnvName;

/// What one Python package needs from the system.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Package {
    /// Apt packages that the image needs whatever the package was installed from.
    #[serde(default)]
    runtime: AptPackages,
    /// Apt packages that the image needs too when the package was compiled.
    #[serde(default)]
    compiled_runtime: AptPackages,
    /// Apt packages that only one use of the package needs; told, and not installed.
    #[serde(default)]
    optional: Vec<OptionalNeed>,
    /// Apt packages that compiling its sdist needs, the toolchain's own left out.
    #[serde(default)]
    build: AptPackages,
    /// Toolchains that compiling its sdist needs.
    #[serde(default)]
    #[schemars(with = "Vec<Toolchain>")]
    toolchain: BTreeSet<Toolchain>,
    /// Distributions that carry what `runtime` would install.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    unless: BTreeSet<PackageName>,
    /// Distributions that do the same and need less.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    prefer: BTreeSet<PackageName>,
}

impl Package {
    /// Apt packages that the image needs whatever the package was installed from.
    pub(crate) fn runtime(&self, release: DebianRelease) -> &BTreeSet<AptPackage> {
        self.runtime.on(release)
    }

    /// Apt packages that the image needs too when the package was compiled from its sdist: a wheel
    /// would have carried these libraries.
    pub(crate) fn compiled_runtime(&self, release: DebianRelease) -> &BTreeSet<AptPackage> {
        self.compiled_runtime.on(release)
    }

    /// Apt packages that only one use of the package needs. Not installed unless asked for.
    pub(crate) fn optional(&self) -> &[OptionalNeed] {
        &self.optional
    }

    /// Apt packages that compiling its sdist needs, the toolchain's own left out.
    pub(crate) fn build(&self, release: DebianRelease) -> &BTreeSet<AptPackage> {
        self.build.on(release)
    }

    /// Toolchains that compiling its sdist needs.
    pub(crate) fn toolchain(&self) -> &BTreeSet<Toolchain> {
        &self.toolchain
    }

    /// Distributions that carry what [`Self::runtime`] would install: with one of them in the closure
    /// the runtime packages are not needed (`psycopg-binary` for `psycopg`).
    pub(crate) fn unless(&self) -> &BTreeSet<PackageName> {
        &self.unless
    }

    /// Distributions that do the same and need less.
    pub(crate) fn prefer(&self) -> &BTreeSet<PackageName> {
        &self.prefer
    }
}

/// Apt packages for one use of a package.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OptionalNeed {
    /// The use that needs them, to be read after "when".
    when: String,
    /// The packages.
    apt: AptPackages,
    /// Words of source that show that it may be made: who imports the package and has one of them is told.
    #[serde(default, rename = "shown-by")]
    shown_by: Vec<String>,
}

impl OptionalNeed {
    /// Words of source that show that it may be made.
    pub(crate) fn shown_by(&self) -> &[String] {
        &self.shown_by
    }

    /// The use that needs them, to be read after "when".
    pub(crate) fn when(&self) -> &str {
        &self.when
    }

    /// The packages on one release.
    pub(crate) fn apt(&self, release: DebianRelease) -> &BTreeSet<AptPackage> {
        self.apt.on(release)
    }
}

/// What compiles an sdist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Toolchain {
    /// A C compiler and the C library's headers.
    C,
    /// A C++ compiler.
    #[serde(rename = "c++")]
    Cxx,
    /// `CMake`.
    Cmake,
    /// A Fortran compiler.
    Fortran,
    /// git, for versions and submodules read from a repository.
    Git,
    /// GNU make.
    Make,
    /// Ninja.
    Ninja,
    /// rustc and cargo.
    Rust,
}

/// How to get a toolchain into a build stage.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolchainSource {
    apt: AptPackages,
    #[serde(default)]
    image: ToolchainImage,
}

impl ToolchainSource {
    /// Apt packages that are the toolchain, or that the toolchain of [`Self::image`] needs beside it.
    pub(crate) fn apt(&self, release: DebianRelease) -> &BTreeSet<AptPackage> {
        self.apt.on(release)
    }

    /// The image to copy the toolchain from, where the release's own is too old.
    pub(crate) fn image(&self, release: DebianRelease) -> Option<&str> {
        match release {
            DebianRelease::Bookworm => self.image.bookworm.as_deref(),
            DebianRelease::Trixie => self.image.trixie.as_deref(),
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolchainImage {
    bookworm: Option<String>,
    trixie: Option<String>,
}

/// A build requirement that compiles, or that asks Git for the version.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Backend {
    #[serde(default)]
    toolchain: BTreeSet<Toolchain>,
    version: Option<VersionSource>,
}

/// How to tell a build the version that it would ask Git for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionSource {
    variable: String,
    key: Option<String>,
    value: Option<String>,
}

impl VersionSource {
    /// The environment variable that takes the version.
    ///
    /// # Panics
    ///
    /// Never: a test asks for each.
    pub(crate) fn variable(&self) -> EnvName {
        self.variable.parse().expect("the name of a variable")
    }

    /// The key of pyproject.toml that must have a value for Git to be asked; `None` where it always is.
    pub(crate) fn condition(&self) -> Option<(&str, &str)> {
        Some((self.key.as_deref()?, self.value.as_deref()?))
    }
}

/// What an apt package, with all that it pulls in, adds to a slim image.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct AptSize {
    bookworm: u64,
    trixie: u64,
}

/// The rows of `packages.toml`.
#[derive(Debug)]
pub(crate) struct Packages {
    pub(super) rows: Rows<PackageName, Package>,
    toolchains: Rows<Toolchain, ToolchainSource>,
    backends: Rows<PackageName, Backend>,
    sizes: Rows<AptPackage, AptSize>,
}

impl Packages {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("packages");
        let read = Self {
            rows: file.rows("package"),
            toolchains: file.rows("toolchain"),
            backends: file.rows("backend"),
            sizes: file.rows("apt"),
        };
        file.finish();
        read
    }

    /// Where a toolchain comes from.
    ///
    /// # Panics
    ///
    /// Never: a test asks for each toolchain.
    pub(crate) fn toolchain(&self, toolchain: Toolchain) -> &Row<ToolchainSource> {
        self.toolchains
            .get(&toolchain)
            .expect("every toolchain has a row")
    }

    /// The toolchains that a project needs whose `build-system.requires` names a distribution.
    pub(crate) fn backend(&self, name: &PackageName) -> impl Iterator<Item = &Toolchain> {
        let row = self.backends.get(name);
        row.into_iter().flat_map(|backend| &backend.toolchain)
    }

    /// How to tell the version to a build that asks Git for it, when its `build-system.requires` names a
    /// distribution.
    pub(crate) fn version_source(&self, name: &PackageName) -> Option<&VersionSource> {
        self.backends.get(name)?.version.as_ref()
    }

    /// Bytes that an apt package and what it pulls in add to a slim image, where it was measured.
    pub(crate) fn apt_bytes(&self, package: &AptPackage, release: DebianRelease) -> Option<Bytes> {
        let size = self.sizes.get(package)?;
        Some(Bytes(match release {
            DebianRelease::Bookworm => size.bookworm,
            DebianRelease::Trixie => size.trixie,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    fn package(name: &str) -> &'static Row<Package> {
        let name = PackageName::new(name.to_owned()).unwrap();
        Catalog::embedded().package(&name).unwrap()
    }

    fn words(packages: &BTreeSet<AptPackage>) -> Vec<&str> {
        packages.iter().map(AptPackage::as_str).collect()
    }

    #[test]
    fn names_follow_the_release() {
        let magic = package("python-magic");
        assert_eq!(words(magic.runtime(DebianRelease::Bookworm)), ["libmagic1"]);
        assert_eq!(
            words(magic.runtime(DebianRelease::Trixie)),
            ["libmagic1t64"]
        );
    }

    #[test]
    fn an_sdist_needs_what_its_wheel_would_carry() {
        let psycopg2 = package("psycopg2");
        assert_eq!(words(psycopg2.build(DebianRelease::Trixie)), ["libpq-dev"]);
        assert_eq!(words(psycopg2.runtime(DebianRelease::Trixie)), ["libpq5"]);
        let h5py = package("h5py");
        assert!(h5py.runtime(DebianRelease::Trixie).is_empty());
        assert!(!h5py.compiled_runtime(DebianRelease::Trixie).is_empty());
    }

    #[test]
    fn every_toolchain_can_be_had() {
        use Toolchain::{C, Cmake, Cxx, Fortran, Git, Make, Ninja, Rust};
        let packages = Packages::embedded();
        for toolchain in [C, Cxx, Cmake, Fortran, Git, Make, Ninja, Rust] {
            let source = packages.toolchain(toolchain);
            assert!(!source.apt(DebianRelease::Trixie).is_empty());
        }
    }

    #[test]
    fn every_source_of_a_version_is_a_variable() {
        let packages = Packages::embedded();
        let sources = packages
            .backends
            .values()
            .filter_map(|row| row.version.as_ref());
        let variables: BTreeSet<EnvName> = sources.map(VersionSource::variable).collect();
        assert!(variables.len() > 3, "{variables:?}");
    }

    #[test]
    fn there_are_rows_for_more_than_150_packages() {
        assert!(Packages::embedded().rows.len() > 150);
    }
}
