//! What one package of a closure takes in an image.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::estimate::{Estimate, Size};
use super::exact::{KindSize, Weigher};
use super::trimming::Trimming;
use crate::bytes::Bytes;
use crate::catalog::{Catalog, MlKind, WheelKind};
use crate::closure::Closure;
use crate::lock::{Distribution, PackageId};
use crate::names::PackageName;

/// What a package takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PackageSize {
    /// Its name.
    #[schemars(with = "String")]
    pub name: PackageName,
    /// Its version, where the lock has one.
    pub version: Option<String>,
    /// What of it is downloaded when the image is built: compressed, where the lock tells.
    pub download: Option<Bytes>,
    /// What it takes in the image, bytecode included; null where that cannot be told from the lock.
    pub size: Option<Size>,
    /// What of its size on disk is bytecode.
    pub bytecode: Estimate,
    /// What its files are, most bytes first, where they were read; empty otherwise.
    pub kinds: Vec<KindSize>,
    /// How that is known.
    pub basis: Basis,
    /// The shortest way from the project to it.
    pub chain: String,
    /// What rules take of it, where its files were read.
    #[serde(skip)]
    pub(crate) trimmed: BTreeMap<String, Bytes>,
    /// What parts of GPU wheels hold of it, where its files were read.
    #[serde(skip)]
    pub(crate) parts: BTreeMap<String, Size>,
}

/// How the size of a package is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The list of its wheel's files was read.
    Files,
    /// A version of the package was measured; its wheel of today is compared with that.
    Measured,
    /// By the ratio of wheels of its kind.
    Ratio,
    /// It is built from a source distribution: what that comes to is not in the lock.
    Sdist,
    /// It is built from Git or from a folder: no size is in the lock.
    Source,
    /// Its index tells no size.
    NoSize,
}

impl Basis {
    /// Why a size is unknown; `None` where it is known.
    pub fn unknown(self) -> Option<&'static str> {
        match self {
            Self::Files | Self::Measured | Self::Ratio => None,
            Self::Sdist => Some("built from a source distribution"),
            Self::Source => Some("built from its source"),
            Self::NoSize => Some("its index tells no size"),
        }
    }
}

/// What is known of the packages of an image beforehand.
pub(crate) struct Weighing<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) closure: &'a Closure<'a>,
    pub(crate) trimming: Trimming<'a>,
    /// Whether bytecode is compiled into the image.
    pub(crate) bytecode: bool,
    /// What its wheels hold, where they were read.
    pub(crate) exact: Option<Weigher<'a>>,
}

impl Weighing<'_> {
    /// What a package takes.
    pub(crate) fn package(&self, id: PackageId, chain: String) -> PackageSize {
        let package = self.closure.lock().package(id);
        if let Some(contents) = self.exact.as_ref().and_then(|exact| exact.contents(id)) {
            return PackageSize {
                name: package.name.clone(),
                version: package.version.as_ref().map(ToString::to_string),
                download: self.closure.download_size(id),
                size: Some(contents.size),
                bytecode: contents.bytecode,
                kinds: contents.kinds,
                basis: Basis::Files,
                chain,
                trimmed: contents.trimmed,
                parts: contents.parts,
            };
        }
        let (basis, wheel) = self.basis(id);
        let (size, bytecode) = match wheel {
            Some(wheel) => {
                let (size, bytecode) = self.installed(&package.name, self.kind(id), wheel);
                (Some(size), bytecode)
            }
            None => (None, Estimate::default()),
        };
        PackageSize {
            name: package.name.clone(),
            version: package.version.as_ref().map(ToString::to_string),
            download: self.closure.download_size(id),
            size,
            bytecode,
            kinds: Vec::new(),
            basis,
            chain,
            trimmed: BTreeMap::new(),
            parts: BTreeMap::new(),
        }
    }

    /// How the size is known, and the wheel that it is known by.
    fn basis(&self, id: PackageId) -> (Basis, Option<Bytes>) {
        let name = &self.closure.lock().package(id).name;
        match self.closure.distribution(id) {
            Distribution::Wheel(wheel) => match wheel.size.map(Bytes) {
                Some(size) if self.catalog.sizes().measured(name) => (Basis::Measured, Some(size)),
                Some(size) => (Basis::Ratio, Some(size)),
                None => (Basis::NoSize, None),
            },
            Distribution::Sdist(_) => (Basis::Sdist, None),
            Distribution::Source | Distribution::Virtual | Distribution::Missing => {
                (Basis::Source, None)
            }
        }
    }

    fn kind(&self, id: PackageId) -> WheelKind {
        let name = &self.closure.lock().package(id).name;
        let gpu = self.catalog.ml().get(name);
        match self.closure.distribution(id) {
            Distribution::Wheel(wheel) if wheel.filename.ends_with("-any.whl") => WheelKind::Pure,
            _ if gpu.is_some_and(|row| row.kind() == MlKind::GpuLibrary) => WheelKind::Gpu,
            _ => WheelKind::Native,
        }
    }

    /// The size, and what of it on disk is bytecode.
    fn installed(&self, name: &PackageName, kind: WheelKind, wheel: Bytes) -> (Size, Estimate) {
        let installed = self.catalog.sizes().installed(name, kind, wheel);
        let kept = self.trimming.kept(name);
        let (bytecode, bytecode_pull) = if self.bytecode {
            (installed.bytecode, installed.bytecode_pull)
        } else {
            (Bytes(0), Bytes(0))
        };
        let disk = installed.files + bytecode + kept;
        let pull =
            installed.pull + bytecode_pull + compressed(kept, installed.files, installed.pull);
        let size = Size {
            disk: Estimate::about(disk, installed.spread),
            pull: Estimate::about(pull, installed.pull_spread),
        };
        let cut = self.trimming.asked(name);
        let size = Size {
            disk: size.disk.less(cut),
            pull: size
                .pull
                .less(compressed(cut, installed.files, installed.pull)),
        };
        (size, Estimate::about(bytecode, installed.spread))
    }
}

/// A part of files, compressed as the whole of them is.
fn compressed(part: Bytes, files: Bytes, pull: Bytes) -> Bytes {
    let bytes = u128::from(part.0) * u128::from(pull.0) / u128::from(files.0.max(1));
    Bytes(u64::try_from(bytes).unwrap_or(u64::MAX))
}
