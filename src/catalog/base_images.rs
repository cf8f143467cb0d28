//! `base_images.toml`: the images that a Dockerfile may start from, and what system is in them.
//!
//! The official Python images are named by minor version and Debian release; NVIDIA's by CUDA version,
//! flavour and Ubuntu release. A look-up gives only tags that are published.

use std::collections::BTreeSet;
use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use pep508_rs::pep440_rs::VersionSpecifiers;
use serde::Deserialize;
use toml::value::Date;

use super::cuda::{CudaFlavour, CudaVersion};
use super::debian::DebianRelease;
use crate::target::{Libc, PythonVersion};

use super::table::{Evidence, Row, Rows, embedded};

/// A minor version of Python, `3.13`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PythonMinor {
    major: u8,
    minor: u8,
}

impl PythonMinor {
    /// `PythonMinor::new(3, 13)` is Python 3.13.
    pub(crate) const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for PythonMinor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for PythonMinor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('.').map(|(major, minor)| {
            let minor = Self::new(major.parse()?, minor.parse()?);
            Ok::<_, ParseIntError>(minor)
        });
        match parsed {
            Some(Ok(minor)) => Ok(minor),
            _ => Err(format!("`{text}` is not a minor version such as `3.13`")),
        }
    }
}

impl TryFrom<String> for PythonMinor {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// What is under an image: the distribution that a tag names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct System {
    libc: Libc,
    pub(crate) debian: Option<DebianRelease>,
    #[serde(rename = "packages-like")]
    packages_like: Option<DebianRelease>,
    #[serde(default)]
    aliases: BTreeSet<String>,
    /// Another package manager than apt.
    manager: Option<String>,
}

/// What is known of the images of a repository.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Repository {
    /// Whether they start as root, without a program of their own.
    #[serde(default)]
    plain: bool,
    /// The Python in them, where the tag does not tell.
    python: Option<PythonMinor>,
    /// Whether there is none: uv's own is installed.
    #[serde(default)]
    without_python: bool,
    /// The word of a tag with a shell, where others have none.
    shell_tag: Option<String>,
    /// Another image that is easier to pair: this one has a Python that no image with a shell has.
    instead: Option<String>,
    /// The system under them, where no word of their name tells.
    system: Option<String>,
    /// Why nothing of Python's runs in them.
    unfit: Option<String>,
}

/// The official slim images of one Python minor version.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct PythonImages {
    newest: PythonVersion,
    patches_since: PythonVersion,
    end_of_life: Date,
    releases: BTreeSet<DebianRelease>,
    default: DebianRelease,
}

impl PythonImages {
    /// The newest patch version, which the tag of the minor version stands for.
    pub(crate) fn newest(&self) -> &PythonVersion {
        &self.newest
    }

    /// The newest patch version with an image that a range allows.
    pub(crate) fn newest_within(&self, range: &VersionSpecifiers) -> Option<PythonVersion> {
        let mut patches = self.patches().rev();
        let known = patches.find(|python| range.contains(python.version()));
        known.or_else(|| self.newer_within(range))
    }

    /// One that came after this table was made, where a range allows no older one: the range names it.
    fn newer_within(&self, range: &VersionSpecifiers) -> Option<PythonVersion> {
        let named = range.iter().map(|one| one.version());
        let mut named: Vec<PythonVersion> = named
            .filter(|version| version.release().len() > 2 && !version.any_prerelease())
            .filter_map(|version| version.to_string().parse().ok())
            .filter(|python| self.is_newer(python) && range.contains(python.version()))
            .collect();
        named.sort_by(|one, other| one.version().cmp(other.version()));
        named.into_iter().next()
    }

    /// Whether it is a later patch version than this table knows.
    fn is_newer(&self, python: &PythonVersion) -> bool {
        python.short() == self.newest.short() && python.version() > self.newest.version()
    }

    /// Whether exactly this one has an image.
    pub(crate) fn has(&self, python: &PythonVersion) -> bool {
        self.patches().any(|patch| patch == *python)
    }

    /// The patch versions that have an image, oldest first.
    fn patches(&self) -> impl DoubleEndedIterator<Item = PythonVersion> {
        let patch = |python: &PythonVersion| python.version().release().get(2).copied();
        let (first, last) = (patch(&self.patches_since), patch(&self.newest));
        let minor = self.newest.short();
        let patches = first.unwrap_or_default()..=last.unwrap_or_default();
        patches.filter_map(move |patch| format!("{minor}.{patch}").parse().ok())
    }

    /// The Debian releases that have a tag.
    pub(crate) fn releases(&self) -> &BTreeSet<DebianRelease> {
        &self.releases
    }

    /// The release to take when nothing asks for another.
    pub(crate) fn default(&self) -> DebianRelease {
        self.default
    }
}

/// The `nvidia/cuda` images of one CUDA release.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct CudaImages {
    systems: BTreeSet<String>,
    flavours: BTreeSet<CudaFlavour>,
}

/// A full CUDA version, as tags have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct CudaRelease {
    version: CudaVersion,
    patch: u16,
}

impl TryFrom<String> for CudaRelease {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a CUDA release such as `12.8.1`");
        let (version, patch) = text.rsplit_once('.').ok_or_else(wrong)?;
        Ok(Self {
            version: version.parse()?,
            patch: patch.parse().map_err(|_| wrong())?,
        })
    }
}

/// What reads Dockerfiles, and what says what is in an image.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Helper {
    image: String,
}

/// The rows of `base_images.toml`.
#[derive(Debug)]
pub(crate) struct BaseImages {
    frontends: Rows<String, Helper>,
    generators: Rows<String, Helper>,
    python: Rows<PythonMinor, PythonImages>,
    cuda: Rows<CudaRelease, CudaImages>,
    systems: Rows<String, System>,
    repositories: Rows<String, Repository>,
}

impl BaseImages {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("base_images");
        let read = Self {
            frontends: file.rows("frontend"),
            generators: file.rows("generator"),
            python: file.rows("python"),
            cuda: file.rows("cuda"),
            systems: file.rows("system"),
            repositories: file.rows("repository"),
        };
        file.finish();
        read
    }

    /// The image that reads a Dockerfile, as `# syntax=` names it.
    pub(crate) fn frontend(&self) -> &str {
        let row = self.frontends.get("dockerfile");
        &row.expect("the table has its row").image
    }

    /// The image that says what is in an image, as `BuildKit` names it by itself.
    pub(crate) fn scanner(&self) -> &str {
        let row = self.generators.get("sbom");
        &row.expect("the table has its row").image
    }

    /// The slim images of a Python minor version, if it has any that is known.
    pub(crate) fn python(&self, minor: PythonMinor) -> Option<&Row<PythonImages>> {
        self.python.get(&minor)
    }

    /// The day from which nobody mends a Python any more, where it was over when its row was last looked at: the day of
    /// the render decides nothing.
    pub(crate) fn ended(&self, minor: PythonMinor) -> Option<Date> {
        let images = self.python.get(&minor)?;
        match images.evidence() {
            Evidence::Checked { date, .. } if images.end_of_life < *date => {
                Some(images.end_of_life)
            }
            _ => None,
        }
    }

    /// The Python minor versions that have images, oldest first.
    pub(crate) fn python_minors(&self) -> impl Iterator<Item = PythonMinor> {
        self.python.keys().copied()
    }

    /// The minor version to take when nothing asks for another: the newest but one, so that packages
    /// have had a year to publish wheels for it.
    pub(crate) fn default_python(&self) -> PythonMinor {
        let newest_but_one = self.python.keys().rev().nth(1);
        *newest_but_one.expect("the table has rows: a test asks for this one")
    }

    /// The slim image of a Python minor version on a release, `python:3.13-slim-trixie`.
    pub(crate) fn slim(&self, minor: PythonMinor, release: DebianRelease) -> Option<String> {
        let images = self.python.get(&minor)?;
        images
            .releases
            .contains(&release)
            .then(|| format!("python:{minor}-slim-{release}"))
    }

    /// The slim image of a Python minor version on its default release.
    pub(crate) fn default_slim(&self, minor: PythonMinor) -> Option<String> {
        self.slim(minor, self.python.get(&minor)?.default)
    }

    /// The slim image of one patch version, which has it for good.
    pub(crate) fn patch_slim(&self, minor: PythonMinor, python: &PythonVersion) -> Option<String> {
        let images = self.python.get(&minor)?;
        if images.is_newer(python) {
            return Some(format!("python:{python}-slim-{}", images.default));
        }
        let release = DebianRelease::Bookworm;
        let is_there = images.releases.contains(&release) && images.has(python);
        is_there.then(|| format!("python:{python}-slim-{release}"))
    }

    /// The `nvidia/cuda` image for programs built for a CUDA version: the oldest one that is new enough
    /// within the major version, on the newest system that it is published for.
    pub(crate) fn cuda(&self, wanted: CudaVersion, flavour: CudaFlavour) -> Option<String> {
        let mut fitting = self.cuda.iter().filter(|(release, images)| {
            release.version.major() == wanted.major()
                && release.version >= wanted
                && images.flavours.contains(&flavour)
        });
        let (release, images) = fitting.next()?;
        let system = images.systems.last()?;
        let CudaRelease { version, patch } = release;
        let flavour = flavour.as_str();
        Some(format!("nvidia/cuda:{version}.{patch}-{flavour}-{system}"))
    }

    /// The system under an image, as far as its name tells: a codename or alias among the words of its
    /// tag or repository (`python:3.13-slim-trixie`, `gcr.io/distroless/python3-debian13`). A Python
    /// image that names none is on its default release. A digest is not looked at.
    pub(crate) fn system(&self, image: &str) -> Option<&Row<System>> {
        let image = image.split('@').next().unwrap_or(image);
        let word_names =
            |name: &str, word: &str| word == name || (name == "alpine" && word.starts_with(name));
        let mut words = image.rsplit(['/', ':', '-']);
        let named = words.find_map(|word| {
            let mut systems = self.systems.iter();
            systems
                .find(|(name, system)| word_names(name, word) || system.aliases.contains(word))
                .map(|(_, system)| system)
        });
        let of_repository = || {
            let name = self.repository(image)?.system.as_ref()?;
            self.systems.get(name)
        };
        named
            .or_else(of_repository)
            .or_else(|| self.unnamed_system(image))
    }

    /// The Debian release whose apt packages have the names that they have in an image: its own, or
    /// for Ubuntu the one that is nearest.
    pub(crate) fn apt_names(&self, image: &str) -> Option<DebianRelease> {
        let system = self.system(image)?;
        system.debian.or(system.packages_like)
    }

    /// The Debian release that is under an image, where it is one.
    pub(crate) fn debian(&self, image: &str) -> Option<DebianRelease> {
        self.system(image)?.debian
    }

    /// What is known of an image's repository, also in another registry: the longest name that it ends with.
    fn repository(&self, image: &str) -> Option<&Row<Repository>> {
        let (path, _) = parts(image);
        let ends_with = |name: &str| {
            let rest = path.strip_suffix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        let fitting = self.repositories.iter().filter(|(name, _)| ends_with(name));
        let longest = fitting.max_by_key(|(name, _)| name.len());
        longest.map(|(_, row)| row)
    }

    /// Whether an image comes with Python. One that is not known is taken to.
    pub(crate) fn brings_python(&self, image: &str) -> bool {
        self.repository(image).is_none_or(|row| !row.without_python)
    }

    /// Whether an image is known to start as root, without a program of its own: those of Docker's own library are.
    pub(crate) fn is_plain(&self, image: &str) -> bool {
        let (path, _) = parts(image);
        // Mirrors of Docker Hub have that name in their paths too.
        let own = path.rsplit_once("library/").map_or(path, |(_, own)| own);
        let row = self.repositories.get(own);
        row.is_some_and(|row| row.plain)
    }

    /// Whether commands can run in an image. One that is not known has a shell.
    pub(crate) fn has_shell(&self, image: &str) -> bool {
        let word = self
            .repository(image)
            .and_then(|row| row.shell_tag.as_ref());
        let (_, tag) = parts(image);
        word.is_none_or(|word| tag.split('-').any(|part| part == word))
    }

    /// The word of a tag with a shell, for an image that has none.
    pub(crate) fn shell_tag(&self, image: &str) -> Option<&str> {
        let row = self.repository(image).filter(|_| !self.has_shell(image))?;
        row.shell_tag.as_deref()
    }

    /// An image that is easier to pair.
    pub(crate) fn instead(&self, image: &str) -> Option<&str> {
        self.repository(image)?.instead.as_deref()
    }

    /// Why nothing of Python's runs in an image, where that is known.
    pub(crate) fn unfit(&self, image: &str) -> Option<&str> {
        self.repository(image)?.unfit.as_deref()
    }

    /// Another package manager than apt, where an image is known to have one.
    pub(crate) fn manager(&self, image: &str) -> Option<&str> {
        self.system(image)?.manager.as_deref()
    }

    /// The Python in an image, as far as its name tells: `python:3.12-slim`, `registry.example/python:3.12.4`,
    /// `ubi9/python-312`, `uv:python3.12-bookworm`.
    pub(crate) fn python_in(&self, image: &str) -> Option<PythonVersion> {
        let (path, tag) = parts(image);
        let name = path.rsplit('/').next()?;
        let first = tag.split('-').next()?;
        let joined = || {
            let (major, minor) = name.strip_prefix("python-")?.split_at_checked(1)?;
            Some(format!("{major}.{minor}"))
        };
        let word = || {
            let mut words = tag.split('-');
            words.find_map(|word| word.strip_prefix("python").map(str::to_owned))
        };
        let known = || Some(self.repository(image)?.python?.to_string());
        // `python:3` may be any.
        let of_tag = (name == "python" && first.contains('.')).then(|| first.to_owned());
        let said = of_tag.or_else(joined).or_else(word).or_else(known)?;
        said.contains('.').then(|| said.parse().ok()).flatten()
    }

    /// The C library under an image.
    pub(crate) fn libc(&self, image: &str) -> Option<Libc> {
        Some(self.system(image)?.libc)
    }

    /// `python:3.13` and `python:3.13.2-slim` name no release: they follow the default one.
    fn unnamed_system(&self, image: &str) -> Option<&Row<System>> {
        let (repository, tag) = image.rsplit_once(':')?;
        let official = ["python", "library/python", "docker.io/library/python"];
        if !official.contains(&repository) {
            return None;
        }
        let version = tag.split('-').next()?;
        let mut numbers = version.split('.');
        let minor = PythonMinor::new(numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        let release = self.python.get(&minor)?.default;
        self.systems.get(release.codename())
    }
}

/// The repository and the tag of an image; empty where it has none.
fn parts(image: &str) -> (&str, &str) {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (image, ""),
    }
}

#[cfg(test)]
mod tests;
