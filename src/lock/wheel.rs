//! Which file of a package an image would install: wheel names, compatibility tags and their order.
//!
//! Source: PEP 427 (names, build tags), PEP 425 (tags), PEP 600 (`manylinux_x_y`), PEP 656
//! (`musllinux_x_y`), and `crates/uv-platform-tags` in uv for the order.

use std::cmp::Reverse;

use super::{Artifact, Package};
use crate::target::{Libc, Target};

/// A wheel's file name, taken apart (PEP 427). The tags of a kind stand between full stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WheelName<'a> {
    /// The build tag, empty where there is none.
    pub(super) build: &'a str,
    pythons: &'a str,
    abis: &'a str,
    platforms: &'a str,
}

impl<'a> WheelName<'a> {
    /// `None` when the name is not a wheel's.
    pub(crate) fn parse(filename: &'a str) -> Option<Self> {
        let mut fields = filename.strip_suffix(".whl")?.rsplit('-');
        let (platforms, abis, pythons) = (fields.next()?, fields.next()?, fields.next()?);
        let build = match (fields.next()?, fields.next()?, fields.next()) {
            (_version, _name, None) => "",
            (build, _version, Some(_name)) if fields.next().is_none() => build,
            _ => return None,
        };
        Some(Self {
            build,
            pythons,
            abis,
            platforms,
        })
    }

    /// Python tags, as `cp313` or `py3`.
    pub(crate) fn pythons(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.pythons.split('.')
    }

    /// ABI tags, as `cp313`, `abi3` or `none`.
    pub(crate) fn abis(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.abis.split('.')
    }

    /// Platform tags, as `manylinux_2_17_x86_64` or `any`.
    pub(crate) fn platforms(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.platforms.split('.')
    }

    /// The number of the build tag and the rest of it, for ordering.
    fn build_order(&self) -> (u64, &'a str) {
        let digits = self.build.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.build.split_at(digits);
        (number.parse().unwrap_or(0), rest)
    }
}

/// What an image can install, as a question over wheel names.
#[derive(Debug, Clone)]
pub struct Tags {
    minor: u64,
    machine: &'static str,
    libc: Libc,
}

/// How well a wheel fits: smaller is better. Python and ABI first, platform second.
type Fit = (u64, u64);

impl Tags {
    /// The tags of a target.
    pub fn new(target: &Target) -> Self {
        Self {
            minor: target.python.minor(),
            machine: target.platform.machine(),
            libc: target.libc,
        }
    }

    /// How well a wheel fits, or `None` when it cannot be installed.
    fn fit(&self, wheel: &WheelName<'_>) -> Option<Fit> {
        let platforms = wheel.platforms();
        let platform = platforms.filter_map(|tag| self.platform_fit(tag)).min()?;
        let interpreter = wheel
            .pythons()
            .flat_map(|python| wheel.abis().map(move |abi| (python, abi)))
            .filter_map(|(python, abi)| self.interpreter_fit(python, abi))
            .min()?;
        Some((interpreter, platform))
    }

    /// Whether a wheel fits the platform, whatever Python it is for.
    pub(crate) fn has_platform(&self, wheel: &WheelName<'_>) -> bool {
        wheel
            .platforms()
            .any(|tag| self.platform_fit(tag).is_some())
    }

    /// Whether the last field of a wheel's name, its platforms, says that it is for another one. Most wheels are.
    fn is_elsewhere(&self, filename: &str) -> bool {
        if !filename.contains(self.machine) && !filename.contains("any") {
            return true;
        }
        let stem = filename.strip_suffix(".whl").unwrap_or(filename);
        let platforms = stem.rsplit_once('-').map_or(stem, |(_, last)| last);
        let mut platforms = platforms.split('.');
        !platforms.any(|tag| self.platform_fit(tag).is_some())
    }

    fn interpreter_fit(&self, python: &str, abi: &str) -> Option<u64> {
        let minor_of = |prefix: &str| python.strip_prefix(prefix)?.parse::<u64>().ok();
        match (minor_of("cp3"), minor_of("py3"), abi) {
            (Some(minor), _, abi) if minor == self.minor && self.is_own_abi(abi) => Some(0),
            (Some(minor), _, "abi3") if (2..=self.minor).contains(&minor) => {
                Some(1 + self.minor - minor)
            }
            (Some(minor), _, "none") if minor == self.minor => Some(100),
            (_, Some(minor), "none") if minor == self.minor => Some(101),
            (_, None, "none") if python == "py3" => Some(102),
            (_, Some(minor), "none") if minor < self.minor => Some(103 + self.minor - minor),
            _ => None,
        }
    }

    /// `cp313`; before 3.8 the tag had an `m` behind it.
    fn is_own_abi(&self, abi: &str) -> bool {
        abi.strip_prefix("cp3").and_then(|minor| minor.parse().ok()) == Some(self.minor)
    }

    fn platform_fit(&self, tag: &str) -> Option<u64> {
        if tag == "any" {
            return Some(u64::MAX);
        }
        let rest = tag.strip_suffix(self.machine)?.strip_suffix('_')?;
        if rest == "linux" {
            return Some(u64::MAX - 1);
        }
        let (Libc::Glibc(_, have) | Libc::Musl(_, have)) = self.libc;
        let needed = self.libc_minor(rest)?;
        (needed <= have).then(|| u64::from(have - needed))
    }

    /// The minor version of the C library that a platform tag asks for, if it is ours.
    fn libc_minor(&self, tag: &str) -> Option<u16> {
        match (self.libc, tag) {
            (Libc::Glibc(..), "manylinux1") => (self.machine == "x86_64").then_some(5),
            (Libc::Glibc(..), "manylinux2010") => (self.machine == "x86_64").then_some(12),
            (Libc::Glibc(..), "manylinux2014") => Some(17),
            (Libc::Glibc(major, _), _) => versioned(tag, "manylinux", major),
            (Libc::Musl(major, _), _) => versioned(tag, "musllinux", major),
        }
    }
}

/// The minor of `name_major_minor`.
fn versioned(tag: &str, name: &str, major: u16) -> Option<u16> {
    let numbers = tag.strip_prefix(name)?.strip_prefix('_')?;
    let (have, minor) = numbers.split_once('_')?;
    (have.parse() == Ok(major)).then(|| minor.parse().ok())?
}

/// What of a package is installed on a target.
#[derive(Debug, Clone, Copy)]
pub enum Distribution<'a> {
    /// This wheel, as it is.
    Wheel(&'a Artifact),
    /// The source distribution, which is built into a wheel first.
    Sdist(&'a Artifact),
    /// The package's own files: a folder, a Git commit, an archive; always built.
    Source,
    /// A folder that is not installed itself.
    Virtual,
    /// Nothing that fits: no wheel for the target and no source distribution.
    Missing,
}

impl Package {
    /// What would be installed on a target: the best wheel, else the source distribution.
    pub fn distribution(&self, tags: &Tags) -> Distribution<'_> {
        self.with_wheel(self.best_wheel(tags))
    }

    /// The same, where the best wheel was looked for before: its place among the package's.
    pub(crate) fn with_wheel(&self, best: Option<usize>) -> Distribution<'_> {
        use super::Source;
        let wheel = best.and_then(|place| self.wheels.get(place));
        match (&self.source, wheel, &self.sdist) {
            (Source::Virtual(_), _, _) => Distribution::Virtual,
            (Source::Git(_) | Source::Directory(_) | Source::Editable(_), _, _) => {
                Distribution::Source
            }
            (_, Some(wheel), _) => Distribution::Wheel(wheel),
            (_, None, Some(sdist)) => Distribution::Sdist(sdist),
            (_, None, None) => Distribution::Missing,
        }
    }

    /// The place of the wheel that fits best: by interpreter and platform tag, then the highest build tag.
    pub(crate) fn best_wheel(&self, tags: &Tags) -> Option<usize> {
        let here = self.wheels.iter().enumerate();
        let here = here.filter(|(_, wheel)| !tags.is_elsewhere(&wheel.filename));
        let fitting = here.filter_map(|(place, wheel)| {
            let name = WheelName::parse(&wheel.filename)?;
            Some(((tags.fit(&name)?, Reverse(name.build_order())), place))
        });
        let best = fitting.min_by(|(a, _), (b, _)| a.cmp(b));
        best.map(|(_, place)| place)
    }
}
