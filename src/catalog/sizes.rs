//! `sizes.toml`: what wheels come to once they are installed, and what base images weigh.
//!
//! A lock knows how large a wheel is and nothing else. A package that was measured is taken by its own row, scaled by
//! its wheel of today; any other by the ratios of its kind.

use pep508_rs::PackageName;
use pep508_rs::pep440_rs::Version;
use serde::Deserialize;

use super::base_images::{BaseImages, PythonMinor};
use super::table::{Row, Rows, embedded};
use crate::bytes::Bytes;
use crate::target::Platform;

/// What is in a wheel, as far as its size on disk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WheelKind {
    /// The same wheel for every platform: Python.
    Pure,
    /// The same wheel for every platform, and a large one: most of it is data.
    Data,
    /// Shared libraries too.
    Native,
    /// Libraries for GPUs.
    Gpu,
}

/// What a wheel comes to, for each 1000 bytes of it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Ratio {
    files: u64,
    bytecode: u64,
    pull: u64,
    bytecode_pull: u64,
    /// By how many percent two of three such wheels miss that at most, on disk and compressed.
    spread: u64,
    pull_spread: u64,
}

/// What a wheel came to.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Measured {
    wheel: u64,
    files: u64,
    bytecode: u64,
    pull: u64,
    bytecode_pull: u64,
    /// Of its files: the Python, and what all of them were compressed in the wheel. Some were not listed.
    #[serde(default)]
    python: u64,
    #[serde(default)]
    packed: u64,
}

/// What is in a wheel by the list of its files, after the trimming rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    /// How many files.
    pub(crate) files: u64,
    /// All bytes.
    pub(crate) all: Bytes,
    /// Those of Python.
    pub(crate) python: Bytes,
    /// What Python was compressed in the wheel.
    pub(crate) packed_python: Bytes,
    /// And shared libraries.
    pub(crate) packed_libraries: Bytes,
    /// And everything else.
    pub(crate) packed_others: Bytes,
}

/// What files come to that are known by name and size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Made {
    /// Bytecode on disk.
    pub(crate) bytecode: Bytes,
    /// By how many percent that may be off.
    pub(crate) bytecode_spread: u64,
    /// Files compressed.
    pub(crate) pull: Bytes,
    /// What bytecode adds to that.
    pub(crate) bytecode_pull: Bytes,
    /// By how many percent what is compressed may be off.
    pub(crate) pull_spread: u64,
}

/// What files of a list come to, for each 1000 bytes.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ByList {
    /// Bytecode of Python, and what that is compressed.
    bytecode: u64,
    bytecode_pull: u64,
    /// What was compressed in a wheel is in a layer, by kind; so many bytes less for each file: layers have them in one
    /// piece.
    python: u64,
    libraries: u64,
    others: u64,
    file: u64,
    /// What of debug symbols is compressed.
    symbols: u64,
    /// By how many percent two of three wheels miss the bytecode, and what is compressed.
    bytecode_spread: u64,
    pull_spread: u64,
}

/// What a wheel is expected to come to: its files without bytecode, the bytecode, and both compressed as a layer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Installed {
    /// Files on disk, without bytecode.
    pub(crate) files: Bytes,
    /// Bytecode on disk.
    pub(crate) bytecode: Bytes,
    /// Files compressed.
    pub(crate) pull: Bytes,
    /// What bytecode adds to that.
    pub(crate) bytecode_pull: Bytes,
    /// By how many percent the size on disk may be off.
    pub(crate) spread: u64,
    /// By how many percent the compressed size may be off.
    pub(crate) pull_spread: u64,
    /// Whether a version of the package itself was measured.
    pub(crate) measured: bool,
}

/// By how many percent another version of a measured package misses what its row makes of it, where its wheel has much the
/// same size.
const OTHER_VERSION: u64 = 5;

/// What is measured tells less of a wheel the more that differs: by so many percent for each percent.
const OTHER_WHEEL: (u64, u64) = (1, 2);

/// And no less than what its kind does.
const AT_MOST: u64 = 60;

/// A wheel of this size without a platform is mostly data.
const LARGE: Bytes = Bytes(1_000_000);

impl Installed {
    fn of_ratio(wheel: Bytes, ratio: &Ratio) -> Self {
        let of = |ratio: u64| scaled(wheel.0, ratio, 1000);
        Self {
            files: of(ratio.files),
            bytecode: of(ratio.bytecode),
            pull: of(ratio.pull),
            bytecode_pull: of(ratio.bytecode_pull),
            spread: ratio.spread,
            pull_spread: ratio.pull_spread,
            measured: false,
        }
    }

    fn of_row(wheel: Bytes, row: &Measured) -> Self {
        let of = |bytes: u64| scaled(wheel.0, bytes, row.wheel);
        let apart = wheel.0.abs_diff(row.wheel).saturating_mul(100) / row.wheel.max(1);
        let spread = match apart.saturating_mul(OTHER_WHEEL.0) / OTHER_WHEEL.1 {
            0 if wheel.0 == row.wheel => 1,
            more => more.saturating_add(OTHER_VERSION).min(AT_MOST),
        };
        Self {
            files: of(row.files),
            bytecode: of(row.bytecode),
            pull: of(row.pull),
            bytecode_pull: of(row.bytecode_pull),
            spread,
            pull_spread: spread,
            measured: true,
        }
    }
}

impl Made {
    fn of_row(row: &Measured, wheel: Option<Bytes>, listed: &Listed) -> Self {
        let spread = match wheel {
            Some(wheel) if wheel.0 == row.wheel => 1,
            _ => OTHER_VERSION,
        };
        let packed = listed.packed_python + listed.packed_libraries + listed.packed_others;
        Self {
            bytecode: scaled(listed.python.0, row.bytecode, row.python),
            bytecode_spread: spread,
            pull: scaled(packed.0, row.pull, row.packed),
            bytecode_pull: scaled(listed.python.0, row.bytecode_pull, row.python),
            pull_spread: spread,
        }
    }
}

fn scaled(wheel: u64, part: u64, whole: u64) -> Bytes {
    let bytes = u128::from(wheel) * u128::from(part) / u128::from(whole.max(1));
    Bytes(u64::try_from(bytes).unwrap_or(u64::MAX))
}

/// Bytes on disk, and of compressed layers by platform.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaseSize {
    disk: u64,
    pull: ByPlatform,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByPlatform {
    amd64: u64,
    arm64: u64,
}

impl ByPlatform {
    fn on(self, platform: Platform) -> Bytes {
        Bytes(match platform {
            Platform::LinuxAmd64 => self.amd64,
            Platform::LinuxArm64 => self.arm64,
        })
    }
}

/// Something that every image gets.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    disk: u64,
    pull: u64,
}

/// What compresses to what, for each 1000 bytes.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Compressed {
    pull: u64,
}

/// Source code that is compiled and compressed, for each 1000 bytes.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Source {
    bytecode: u64,
    pull: u64,
    bytecode_pull: u64,
}

/// A release from which on a package is smaller.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Smaller {
    since: Version,
    /// The wheel of the newest release before, and the first one of it.
    before: u64,
    after: u64,
    because: String,
}

impl Smaller {
    /// The release.
    pub(crate) fn since(&self) -> &Version {
        &self.since
    }

    /// What a wheel of `wheel` bytes is less with it; of what the package has of its own alone.
    pub(crate) fn saves(&self, wheel: Bytes) -> Bytes {
        scaled(wheel.0, self.before.saturating_sub(self.after), self.before)
    }

    /// What has become of the difference.
    pub(crate) fn because(&self) -> &str {
        &self.because
    }
}

/// The rows of `sizes.toml`.
#[derive(Debug)]
pub(crate) struct Sizes {
    bases: Rows<String, BaseSize>,
    kinds: Rows<WheelKind, Ratio>,
    packages: Rows<PackageName, Measured>,
    parts: Rows<String, Part>,
    compressed: Rows<String, Compressed>,
    sources: Rows<String, Source>,
    smaller: Rows<PackageName, Smaller>,
    lists: Rows<String, ByList>,
}

impl Sizes {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("sizes");
        let read = Self {
            bases: file.rows("base"),
            kinds: file.rows("kind"),
            packages: file.rows("package"),
            parts: file.rows("part"),
            compressed: file.rows("compressed"),
            sources: file.rows("source"),
            smaller: file.rows("smaller"),
            lists: file.rows("list"),
        };
        file.finish();
        read
    }

    /// What a wheel of this size comes to.
    pub(crate) fn installed(&self, name: &PackageName, kind: WheelKind, wheel: Bytes) -> Installed {
        let installed = match self.packages.get(name) {
            Some(row) => Installed::of_row(wheel, row),
            None => Installed::of_ratio(wheel, self.ratio(kind, wheel)),
        };
        Installed {
            pull: self.compressed("layer", installed.pull),
            bytecode_pull: self.compressed("layer", installed.bytecode_pull),
            ..installed
        }
    }

    /// What files come to whose names and sizes are known: as a version of the package did that was measured, else by
    /// what files are in general.
    pub(crate) fn listed(&self, name: &PackageName, wheel: Option<Bytes>, listed: &Listed) -> Made {
        let row = self.packages.get(name).filter(|row| row.packed > 0);
        let made = row.map_or_else(
            || self.of_list(listed),
            |row| Made::of_row(row, wheel, listed),
        );
        Made {
            pull: self.compressed("layer", made.pull),
            bytecode_pull: self.compressed("layer", made.bytecode_pull),
            ..made
        }
    }

    /// What is compressed of a file of which so many bytes are debug symbols that are cut: they compress better than code.
    pub(crate) fn without_symbols(&self, size: Bytes, packed: Bytes, cut: Bytes) -> Bytes {
        let row = self.lists.get("wheel").expect("the table has its row");
        let rest = packed.0.saturating_sub(scaled(cut.0, row.symbols, 1000).0);
        let alike = scaled(packed.0, size.0.saturating_sub(cut.0), size.0);
        Bytes(rest.max(scaled(alike.0, 8, 10).0)).min(packed)
    }

    fn of_list(&self, listed: &Listed) -> Made {
        let row = self.lists.get("wheel").expect("the table has its row");
        let of = |bytes: Bytes, ratio: u64| scaled(bytes.0, ratio, 1000);
        let bytecode = of(listed.python, row.bytecode);
        let packed = of(listed.packed_python, row.python)
            + of(listed.packed_libraries, row.libraries)
            + of(listed.packed_others, row.others);
        let less = listed.files.saturating_mul(row.file);
        Made {
            bytecode,
            bytecode_spread: row.bytecode_spread,
            pull: Bytes(packed.0.saturating_sub(less.min(packed.0 / 2))),
            bytecode_pull: of(bytecode, row.bytecode_pull),
            pull_spread: row.pull_spread,
        }
    }

    fn compressed(&self, what: &str, bytes: Bytes) -> Bytes {
        let row = self.compressed.get(what).expect("the table has its row");
        scaled(bytes.0, row.pull, 1000)
    }

    /// Whether a version of a package was measured.
    pub(crate) fn measured(&self, name: &PackageName) -> bool {
        self.packages.contains_key(name)
    }

    fn ratio(&self, kind: WheelKind, wheel: Bytes) -> &Ratio {
        let kind = match kind {
            WheelKind::Pure if wheel >= LARGE => WheelKind::Data,
            kind => kind,
        };
        self.kinds.get(&kind).expect("a test asks for every kind")
    }

    /// A base image, on disk and to pull. `None` for one that was not looked up: only the slim images of Python were.
    pub(crate) fn base(
        &self,
        images: &BaseImages,
        image: &str,
        platform: Platform,
    ) -> Option<(Bytes, Bytes)> {
        let minor = slim_python(image)?;
        let named = image.split('@').next()?.rsplit_once(':')?.1;
        let official = format!("python:{named}");
        let release = images.debian(&official)?;
        let row = self.bases.get(&format!("{minor}-slim-{release}"))?;
        Some((Bytes(row.disk), row.pull.on(platform)))
    }

    /// Bytecode of the standard library: on disk, and to pull.
    pub(crate) fn standard_library(&self) -> (Bytes, Bytes) {
        let part = self.parts.get("standard-library");
        let part = part.expect("the table has its row");
        (Bytes(part.disk), Bytes(part.pull))
    }

    /// What so many bytes of Debian packages are compressed.
    pub(crate) fn debian_pull(&self, disk: Bytes) -> Bytes {
        self.compressed("debian", disk)
    }

    /// What source of a project's own comes to: bytecode, compressed files, compressed bytecode.
    pub(crate) fn source(&self, bytes: Bytes) -> (Bytes, Bytes, Bytes) {
        let row = self.sources.get("python").expect("the table has its row");
        let of = |ratio| scaled(bytes.0, ratio, 1000);
        (of(row.bytecode), of(row.pull), of(row.bytecode_pull))
    }

    /// The release from which on a package is smaller.
    pub(crate) fn smaller(&self, name: &PackageName) -> Option<&Row<Smaller>> {
        self.smaller.get(name)
    }
}

/// The minor version of an official slim image: `python:3.13-slim`, `python:3.12.4-slim-bookworm`, at any mirror.
fn slim_python(image: &str) -> Option<PythonMinor> {
    let image = image.split('@').next()?;
    let (path, tag) = image.rsplit_once(':')?;
    let name = path.rsplit('/').next()?;
    let mut words = tag.split('-');
    let version = words.next()?;
    let is_slim = name == "python" && words.next() == Some("slim");
    let mut numbers = version.split('.');
    let (major, minor) = (numbers.next()?, numbers.next()?);
    is_slim.then(|| format!("{major}.{minor}").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_ratios() {
        let sizes = Sizes::embedded();
        let name = PackageName::new("not-measured".to_owned()).unwrap();
        for kind in [
            WheelKind::Pure,
            WheelKind::Data,
            WheelKind::Native,
            WheelKind::Gpu,
        ] {
            let installed = sizes.installed(&name, kind, Bytes(1_000_000));
            assert!(installed.files > Bytes(1_000_000), "{kind:?}");
            assert!(installed.spread > 0 && !installed.measured);
        }
        assert!(sizes.standard_library().0 > sizes.standard_library().1);
        assert!(sizes.debian_pull(Bytes(1000)) < Bytes(1000));
    }

    #[test]
    fn a_measured_package_grows_with_its_wheel() {
        let sizes = Sizes::embedded();
        let (name, row) = sizes.packages.iter().next().unwrap();
        let once = sizes.installed(name, WheelKind::Native, Bytes(row.wheel));
        let twice = sizes.installed(name, WheelKind::Native, Bytes(row.wheel * 2));
        assert_eq!(once.files.0 * 2, twice.files.0);
        assert!(once.spread < twice.spread);
    }

    #[test]
    fn slim_images_of_any_mirror_are_known_and_others_are_not() {
        let (sizes, images) = (Sizes::embedded(), BaseImages::embedded());
        let base = |image| sizes.base(&images, image, Platform::LinuxAmd64);
        let known = base("python:3.13-slim-trixie").unwrap();
        assert!(known.0 > known.1);
        for image in [
            "registry.example/hub/library/python:3.13.4-slim-trixie",
            "docker.io/library/python:3.13-slim",
        ] {
            assert_eq!(base(image).unwrap(), known, "{image}");
        }
        for image in ["python:3.13-trixie", "nvidia/cuda:12.8.1-base-ubuntu24.04"] {
            assert_eq!(base(image), None, "{image}");
        }
    }
}
