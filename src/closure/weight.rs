//! How much the packages of a closure are to download.
//!
//! A lock gives the compressed size of most files, and nothing about what they come to once
//! installed. What has no size in the lock is counted, never guessed.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::Closure;
use crate::bytes::Bytes;
use crate::lock::{Distribution, PackageId};

/// The compressed size of some packages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Weight {
    /// The sum of the sizes that are known.
    pub bytes: Bytes,
    /// How many packages have no size in the lock.
    pub unknown: usize,
}

impl Weight {
    /// Counts a package in; `None` is a size that the lock does not give.
    pub(crate) fn add(&mut self, size: Option<Bytes>) {
        match size {
            Some(bytes) => self.bytes += bytes,
            None => self.unknown += 1,
        }
    }
}

impl FromIterator<Option<Bytes>> for Weight {
    fn from_iter<I: IntoIterator<Item = Option<Bytes>>>(sizes: I) -> Self {
        let mut weight = Self::default();
        sizes.into_iter().for_each(|size| weight.add(size));
        weight
    }
}

/// `57 MB`, `57 MB and 2 packages of unknown size`, `2 packages of unknown size`.
impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.unknown == 1 { "" } else { "s" };
        let unknown = format!("{} package{plural} of unknown size", self.unknown);
        match (self.bytes, self.unknown) {
            (bytes, 0) => write!(f, "{bytes}"),
            (Bytes(0), _) => f.write_str(&unknown),
            (bytes, _) => write!(f, "{bytes} and {unknown}"),
        }
    }
}

impl Closure<'_> {
    /// The compressed size of the file that is downloaded for a package: the wheel that fits the
    /// target, else the source distribution. Nothing is downloaded for a local folder. `None` when
    /// the lock gives no size (Git, some indexes) or nothing fits the target.
    pub fn download_size(&self, id: PackageId) -> Option<Bytes> {
        let package = self.lock().package(id);
        match self.distribution(id) {
            _ if package.source.folder().is_some() => Some(Bytes(0)),
            Distribution::Wheel(file) | Distribution::Sdist(file) => file.size.map(Bytes),
            Distribution::Source | Distribution::Virtual | Distribution::Missing => None,
        }
    }

    /// The compressed size of several packages.
    pub fn weight(&self, packages: impl IntoIterator<Item = PackageId>) -> Weight {
        let sizes = packages.into_iter().map(|id| self.download_size(id));
        sizes.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Weight;
    use crate::bytes::Bytes;
    use crate::closure::fixture::{SHOP, project, target};
    use crate::closure::{Closure, Selection};

    #[test]
    fn a_package_weighs_what_its_file_for_the_target_does() {
        let project = project(SHOP);
        let closure = Closure::select(&project, &Selection::default(), &target()).unwrap();
        let size = |name: &str| {
            let ids = project.lock.named(&name.parse().unwrap());
            closure.download_size(ids[0])
        };
        assert_eq!(size("numpy"), Some(Bytes(16_600_000)));
        assert_eq!(
            size("psycopg2"),
            Some(Bytes(385_000)),
            "the source distribution"
        );
        assert_eq!(size("shop-api"), Some(Bytes(0)), "nothing is downloaded");
        assert_eq!(size("transformers"), None);
    }

    #[test]
    fn a_sum_says_what_it_does_not_know() {
        let sum = |sizes: &[Option<u64>]| -> String {
            let sizes = sizes.iter().map(|size| size.map(Bytes));
            sizes.collect::<Weight>().to_string()
        };
        assert_eq!(sum(&[]), "0 B");
        assert_eq!(sum(&[Some(1_000), Some(500)]), "1.5 kB");
        assert_eq!(
            sum(&[Some(1_000), None]),
            "1.0 kB and 1 package of unknown size"
        );
        assert_eq!(sum(&[None, None]), "2 packages of unknown size");
    }
}
