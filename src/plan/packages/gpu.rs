//! What the closure says about GPUs: who brings CUDA, which version, and what the image must then be.
//!
//! Wheels of CUDA need nothing but a driver: their image starts from slim Python. What loads CUDA
//! without bringing it needs a CUDA image, in which Python is uv's own build. Versions are read off
//! the locked packages, never off a name alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::bytes::Bytes;
use crate::catalog::{
    Accelerator, Catalog, CudaFlavour, CudaNeed, CudaVersion, LockedCuda, MlKind, Row,
};
use crate::closure::{Chain, Closure, Weight};
use crate::diagnostic::{Diagnostic, Result};
use crate::lock::{Distribution, PackageId, Source};
use crate::names::PackageName;
use crate::plan::Decision;
use crate::plan::inputs::Subject;
use crate::profile::{EnvName, ImageRef, Line};
use crate::rules;

/// Whether any package of a closure brings CUDA.
pub(crate) fn has_cuda(catalog: &Catalog, closure: &Closure<'_>) -> bool {
    closure.packages().any(|(id, _, _)| {
        of_package(catalog, closure, id)
            .and_then(LockedCuda::major)
            .is_some()
    })
}

/// What a package of a closure says of CUDA.
pub(crate) fn of_package(
    catalog: &Catalog,
    closure: &Closure<'_>,
    id: PackageId,
) -> Option<LockedCuda> {
    let package = closure.lock().package(id);
    // An index of PyTorch's has NumPy too, for every accelerator the same.
    let index = match &package.source {
        Source::Registry(url) | Source::Url(url) if catalog.ml().get(&package.name).is_some() => {
            Some(url.as_written())
        }
        _ => None,
    };
    let version = package.version.as_ref()?;
    let platform = closure.target().platform;
    let gpu = catalog.gpu();
    gpu.locked_cuda(&package.name, version, index, platform)
}

/// The packages of a closure that have to do with CUDA.
pub(crate) struct Cuda<'c> {
    catalog: &'c Catalog,
    closure: &'c Closure<'c>,
    packages: BTreeMap<PackageId, LockedCuda>,
}

impl<'c> Cuda<'c> {
    pub(crate) fn new(catalog: &'c Catalog, closure: &'c Closure<'c>) -> Self {
        let all = closure
            .packages()
            .filter_map(|(id, _, _)| Some((id, of_package(catalog, closure, id)?)));
        let packages = all.filter(|(_, cuda)| cuda.major().is_some()).collect();
        Self {
            catalog,
            closure,
            packages,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// The newest version that a package was built for; of a package that tells no more than its
    /// major version, the first of that.
    pub(crate) fn version(&self) -> Option<CudaVersion> {
        self.packages
            .values()
            .filter_map(|cuda| at_least(*cuda))
            .max()
    }

    /// The version as far as it is known: `12.8`, or `13` where no package tells more.
    pub(crate) fn in_words(&self) -> String {
        let newest = self.packages.values().max_by_key(|cuda| at_least(**cuda));
        match newest {
            Some(LockedCuda::Version(version)) => version.to_string(),
            Some(other) => other
                .major()
                .map_or_else(String::new, |major| major.to_string()),
            None => String::new(),
        }
    }

    /// As [`Self::version`], among the packages of one major version.
    fn version_of(&self, major: u16) -> CudaVersion {
        let same = self
            .packages
            .values()
            .filter_map(|cuda| at_least(*cuda))
            .filter(|cuda| cuda.major() == major);
        same.max().unwrap_or(CudaVersion::new(major, 0))
    }

    /// The major versions, each with its packages.
    pub(crate) fn majors(&self) -> BTreeMap<u16, Vec<PackageId>> {
        let mut majors: BTreeMap<u16, Vec<PackageId>> = BTreeMap::new();
        for (id, cuda) in &self.packages {
            if let Some(major) = cuda.major() {
                majors.entry(major).or_default().push(*id);
            }
        }
        majors
    }

    /// The packages through which CUDA comes in, for which the libraries are there, in the closure's
    /// order: torch for `nvidia-cublas-cu12`, xgboost for `nvidia-nccl-cu12`.
    pub(crate) fn bringers(&self) -> Vec<PackageId> {
        let bringers: BTreeSet<PackageId> =
            self.packages.keys().map(|id| self.bringer(*id)).collect();
        bringers.into_iter().collect()
    }

    /// The first package on the way to one of CUDA's that is about CUDA, or what a bare library is
    /// there for.
    pub(crate) fn bringer(&self, id: PackageId) -> PackageId {
        let chain = self.closure.shortest_chain(id);
        let steps: Vec<PackageId> = chain.iter().flat_map(Chain::packages).collect();
        let first = steps
            .iter()
            .position(|step| self.packages.contains_key(step))
            .unwrap_or_default();
        let before = first
            .checked_sub(1)
            .and_then(|before| steps.get(before))
            .copied();
        let before = before.filter(|step| !self.closure.lock().is_member(*step));
        match steps.get(first) {
            Some(found) if !self.is_library(*found) => *found,
            Some(found) => before.unwrap_or(*found),
            None => id,
        }
    }

    /// Whether a package is of use to other packages only: CUDA itself, Triton.
    pub(crate) fn is_library(&self, id: PackageId) -> bool {
        let row = self.catalog.ml().get(&self.closure.lock().package(id).name);
        row.is_some_and(|row| row.kind() == MlKind::GpuLibrary)
    }

    /// The GPU libraries that are there for these packages only.
    pub(crate) fn libraries_of(&self, bringers: &[PackageId]) -> Vec<PackageId> {
        let with = self.closure.only_needed_by(bringers).into_iter();
        let with = with.chain(bringers.iter().copied());
        with.filter(|id| self.is_library(*id)).collect()
    }
}

/// `nvidia-cublas-cu12, nvidia-cudnn-cu12, nvidia-nccl-cu12 and 14 more`.
pub(crate) fn listed(closure: &Closure<'_>, packages: &[PackageId]) -> String {
    let mut sorted = packages.to_vec();
    sorted.sort_by_key(|id| std::cmp::Reverse(closure.download_size(*id).unwrap_or(Bytes(0))));
    let names: Vec<&str> = sorted
        .iter()
        .map(|id| closure.lock().package(*id).name.as_ref())
        .collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] if first.len() < 4 => format!("{} and {last}", first.join(", ")),
        [a, b, c, rest @ ..] => format!("{a}, {b}, {c} and {} more", rest.len()),
        [..] => names.join(", "),
    }
}

/// What packages come to, in words.
pub(crate) fn weight(closure: &Closure<'_>, packages: &[PackageId]) -> Weight {
    closure.weight(packages.iter().copied())
}

/// The version that a package is built for; of a major version alone, its first.
pub(crate) fn at_least(cuda: LockedCuda) -> Option<CudaVersion> {
    match cuda {
        LockedCuda::Version(version) => Some(version),
        other => other.major().map(|major| CudaVersion::new(major, 0)),
    }
}

/// What an image for GPUs tells the container runtime and people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) env: Vec<(EnvName, Line)>,
    pub(crate) labels: Vec<(String, Line)>,
}

/// Decides. Nothing for a profile without GPUs.
///
/// Sources: <https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html>
/// for the variables. A driver runs every program of its CUDA major version, so no more than the
/// first version of that is required: <https://docs.nvidia.com/deploy/cuda-compatibility/>.
pub(crate) fn facts(subject: &Subject<'_>, closure: &Closure<'_>) -> Facts {
    let mut facts = Facts::default();
    let accelerator = subject.profile.accelerator.as_ref();
    let is_nvidia = accelerator.is_none_or(|said| said.value == Accelerator::Cuda);
    if !subject.profile.gpu.value.is_on() || !is_nvidia {
        return facts;
    }
    let catalog = &subject.inputs.catalog;
    let cuda = Cuda::new(catalog, closure);
    if let Some(version) = cuda.version() {
        facts.label("dfgen.cuda", &cuda.in_words());
        if let Some(drivers) = catalog.gpu().drivers(version) {
            facts.label("dfgen.nvidia-driver", &format!(">={}", drivers.minimum()));
        }
        facts.variable(
            "NVIDIA_REQUIRE_CUDA",
            &format!("cuda>={}.0", version.major()),
        );
    }
    facts.variable("NVIDIA_VISIBLE_DEVICES", "all");
    facts.variable("NVIDIA_DRIVER_CAPABILITIES", "compute,utility");
    let folders = library_path(catalog, closure);
    if !folders.is_empty() {
        facts.variable("LD_LIBRARY_PATH", &folders.join(":"));
    }
    facts
}

impl Facts {
    /// Labels and variables are dfgen's own words with a version or folder in them; nothing of them is left out.
    fn label(&mut self, name: &str, value: &str) {
        self.labels
            .extend(value.parse().ok().map(|value| (name.to_owned(), value)));
    }

    fn variable(&mut self, name: &str, value: &str) {
        self.env.extend(name.parse().ok().zip(value.parse().ok()));
    }
}

/// Folders with CUDA from wheels, for what opens its libraries by name and does not look there.
fn library_path(catalog: &Catalog, closure: &Closure<'_>) -> Vec<String> {
    let site = format!(
        "/opt/venv/lib/python{}/site-packages",
        closure.target().python.short()
    );
    let met = needs(catalog, closure)
        .into_iter()
        .filter(|need| need.is_met);
    let folders: BTreeSet<String> = met
        .flat_map(|need| need.row.library_path())
        .map(|folder| format!("{site}/{folder}"))
        .collect();
    folders.into_iter().collect()
}

/// A package that loads CUDA without bringing it.
pub(crate) struct Need<'c> {
    pub(crate) id: PackageId,
    pub(crate) row: &'c Row<CudaNeed>,
    /// Whether another package brings what it loads.
    is_met: bool,
    /// Whether it has to be compiled, with a compiler that no image has that runs.
    pub(crate) wants_nvcc: bool,
}

/// Everything in a closure that loads CUDA without bringing it.
pub(crate) fn needs<'c>(catalog: &'c Catalog, closure: &Closure<'_>) -> Vec<Need<'c>> {
    let names: BTreeSet<&PackageName> = closure
        .packages()
        .map(|(_, package, _)| &package.name)
        .collect();
    let rows = closure
        .packages()
        .filter_map(|(id, package, _)| Some((id, catalog.gpu().cuda_need(&package.name)?)));
    rows.map(|(id, row)| Need {
        id,
        row,
        is_met: row.unless().iter().any(|other| names.contains(other)),
        wants_nvcc: row.compiles_with_nvcc()
            && !matches!(closure.distribution(id), Distribution::Wheel(_)),
    })
    .collect()
}

/// The base image and its Python, for what is installed in an image for GPUs. `None` leaves both as
/// they are. Errors: no CUDA image is known for what is locked.
pub(crate) fn cuda_image(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
) -> Result<Option<Decision<ImageRef>>> {
    if !subject.profile.gpu.value.is_on() || subject.profile.base.is_some() {
        return Ok(None);
    }
    let catalog = &subject.inputs.catalog;
    let open: Vec<Need<'_>> = needs(catalog, closure)
        .into_iter()
        .filter(|need| !need.is_met && !need.wants_nvcc)
        .collect();
    let Some(flavour) = open.iter().map(|need| need.row.flavour()).max() else {
        return Ok(None);
    };
    let cuda = Cuda::new(catalog, closure);
    let majors = open.iter().filter_map(|need| {
        need.row
            .major()
            .or_else(|| of_package(catalog, closure, need.id)?.major())
    });
    let version = majors
        .max()
        .map(|major| cuda.version_of(major))
        .or(cuda.version())
        .unwrap_or(CudaVersion::new(12, 0));
    let labels: Vec<String> = open
        .iter()
        .map(|need| closure.lock().package(need.id).label().replace("==", " "))
        .collect();
    let image = catalog
        .base_images()
        .cuda(version, flavour)
        .and_then(|image| subject.inputs.named(&image).ok());
    let Some(image) = image else {
        return Err(no_image(subject, &labels, version, flavour).into());
    };
    let because = format!("{} loads CUDA {version} and brings none", labels.join(", "));
    Ok(Some(Decision::new(image, because)))
}

fn no_image(
    subject: &Subject<'_>,
    labels: &[String],
    version: CudaVersion,
    flavour: CudaFlavour,
) -> Diagnostic {
    let name = &subject.profile.name;
    Diagnostic::new(
        rules::NO_CUDA_IMAGE,
        format!("dfgen knows no nvidia/cuda image for CUDA {version}"),
    )
    .with_note(format!(
        "{} loads CUDA and brings none, so `{name}` needs one of the flavour `{}`",
        labels.join(", "),
        flavour.as_str()
    ))
    .with_help(format!(
        "name it: `base = \"nvidia/cuda:X.Y.Z-{}-ubuntu24.04\"` in [profile.{name}] of dfgen.toml",
        flavour.as_str()
    ))
}

#[cfg(test)]
mod tests;
