//! `libraries.toml`: which Debian package brings a shared library.
//!
//! A build that ends for a missing library says what to install. The table answers without a download, for
//! the common libraries; Debian's own index of files is asked for the rest, where it can be had.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::debian::{AptPackage, DebianRelease};
use super::scan::LibraryName;
use super::table::{Rows, embedded};

/// The libraries that each Debian package of a release brings.
pub(crate) type Brought = BTreeMap<AptPackage, BTreeSet<LibraryName>>;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    packages: Brought,
}

/// The rows of `libraries.toml`.
#[derive(Debug)]
pub(crate) struct Libraries(Rows<DebianRelease, Release>);

impl Libraries {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("libraries");
        let read = Self(file.rows("release"));
        file.finish();
        read
    }

    /// What the packages of a release bring.
    pub(crate) fn on(&self, release: DebianRelease) -> &Brought {
        &self.0[&release].packages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package_of(release: DebianRelease, library: &str) -> Vec<String> {
        let name = library.parse().unwrap();
        let packages = Libraries::embedded();
        let packages = packages.on(release).iter();
        let bring = packages.filter(|(_, libraries)| libraries.contains(&name));
        bring.map(|(package, _)| package.to_string()).collect()
    }

    #[test]
    fn names_are_those_of_the_release() {
        let glib = |release| package_of(release, "libglib-2.0.so.0");
        assert_eq!(glib(DebianRelease::Bookworm), ["libglib2.0-0"]);
        assert_eq!(glib(DebianRelease::Trixie), ["libglib2.0-0t64"]);
    }

    #[test]
    fn every_release_has_what_packages_ask_for_most() {
        for release in DebianRelease::ALL {
            for library in [
                "libGL.so.1",
                "libSM.so.6",
                "libX11.so.6",
                "libasound.so.2",
                "libgomp.so.1",
                "libnss3.so",
                "libodbc.so.2",
                "libportaudio.so.2",
                "libpq.so.5",
                "libxcb-icccm.so.4",
            ] {
                assert_eq!(package_of(release, library).len(), 1, "{release} {library}");
            }
        }
    }

    #[test]
    fn one_package_brings_a_library() {
        let libraries = Libraries::embedded();
        for release in DebianRelease::ALL {
            let mut seen = BTreeSet::new();
            for name in libraries.on(release).values().flatten() {
                assert!(seen.insert(name), "{release} {name}");
            }
        }
    }
}
