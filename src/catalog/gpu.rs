//! `gpu.toml`: where CUDA comes from, which version a lock means, and what driver it wants.
//!
//! Everything is read from locked names and versions: `torch 2.9.0+cu128` says CUDA 12.8, and so does
//! `nvidia-cuda-runtime-cu12 12.8.90`. Where a name tells the major version only, that is all that is
//! claimed.

use std::collections::BTreeSet;

use pep508_rs::PackageName;
use pep508_rs::pep440_rs::Version;
use serde::Deserialize;

use super::accelerator::{Accelerator, of_tag};
use super::cuda::{CudaFlavour, CudaVersion};
use super::pattern::PatternRows;
use super::table::{Row, Rows, embedded};
use crate::target::Platform;

/// What a locked distribution says of CUDA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LockedCuda {
    /// It is built to run without a GPU (`+cpu`).
    CpuOnly,
    /// It is built for another maker's hardware (`+rocm6.3`, `+xpu`).
    Other(Accelerator),
    /// It belongs to this major version of CUDA; its name tells no more.
    Major(u16),
    /// It belongs to this version of CUDA.
    Version(CudaVersion),
}

impl LockedCuda {
    /// From a part of a local version or of an index's address: `cu128` is CUDA 12.8, `cu13torch2` some CUDA 13.
    fn from_tag(tag: &str) -> Option<Self> {
        Some(match of_tag(tag)? {
            (Accelerator::Cpu, _) => Self::CpuOnly,
            (_, Some((major, None))) => Self::Major(major),
            (_, Some((major, Some(minor)))) => Self::Version(CudaVersion::new(major, minor)),
            (other, None) => Self::Other(other),
        })
    }

    /// What it computes on.
    pub(crate) fn accelerator(self) -> Accelerator {
        match self {
            Self::CpuOnly => Accelerator::Cpu,
            Self::Other(other) => other,
            Self::Major(_) | Self::Version(_) => Accelerator::Cuda,
        }
    }

    /// The major version, if there is CUDA in it.
    pub(crate) fn major(self) -> Option<u16> {
        match self {
            Self::CpuOnly | Self::Other(_) => None,
            Self::Major(major) => Some(major),
            Self::Version(version) => Some(version.major()),
        }
    }
}

/// How the CUDA version is read off a locked distribution: exactly one of the four keys is there.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "SignalWire")]
enum Signal {
    Version,
    Torch,
    Majors(Vec<MajorSince>),
    Other(Accelerator),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignalWire {
    other: Option<Accelerator>,
    reads: Option<Reads>,
    major: Option<u16>,
    majors: Option<Vec<MajorSince>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reads {
    Version,
    Torch,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MajorSince {
    from: Version,
    major: u16,
}

impl TryFrom<SignalWire> for Signal {
    type Error = &'static str;

    fn try_from(wire: SignalWire) -> Result<Self, &'static str> {
        match (wire.reads, wire.major, wire.majors, wire.other) {
            (Some(Reads::Version), None, None, None) => Ok(Self::Version),
            (Some(Reads::Torch), None, None, None) => Ok(Self::Torch),
            (None, Some(major), None, None) => Ok(Self::Majors(vec![MajorSince {
                from: Version::new([0]),
                major,
            }])),
            (None, None, Some(majors), None) => Ok(Self::Majors(majors)),
            (None, None, None, Some(other)) => Ok(Self::Other(other)),
            _ => Err("expected one of `reads`, `major`, `majors` and `other`"),
        }
    }
}

/// A distribution that loads CUDA without bringing it: what the image must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct CudaNeed {
    flavour: CudaFlavour,
    major: Option<u16>,
    #[serde(default)]
    unless: Vec<PackageName>,
    #[serde(default)]
    library_path: Vec<String>,
    #[serde(default)]
    compile: Compiler,
    #[serde(default)]
    gpus_only: bool,
    #[serde(default)]
    note: String,
}

impl CudaNeed {
    /// The `nvidia/cuda` flavour that it runs on.
    pub(crate) fn flavour(&self) -> CudaFlavour {
        self.flavour
    }

    /// The CUDA major version that it is built for, where its version does not matter.
    pub(crate) fn major(&self) -> Option<u16> {
        self.major
    }

    /// Distributions that bring CUDA in wheels: with one of them the slim image is enough.
    pub(crate) fn unless(&self) -> &[PackageName] {
        &self.unless
    }

    /// Folders of site-packages that must then be on `LD_LIBRARY_PATH`.
    pub(crate) fn library_path(&self) -> &[String] {
        &self.library_path
    }

    /// Whether compiling it needs nvcc, from a CUDA `devel` image in the build stage.
    pub(crate) fn compiles_with_nvcc(&self) -> bool {
        self.compile == Compiler::Nvcc
    }

    /// Whether it is compiled for GPUs and nothing else.
    pub(crate) fn is_for_gpus_only(&self) -> bool {
        self.gpus_only
    }

    /// What a person should know; empty when there is nothing.
    pub(crate) fn note(&self) -> &str {
        &self.note
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Compiler {
    #[default]
    None,
    Nvcc,
}

/// The NVIDIA drivers for a CUDA version, as `nvidia-smi` prints them (`525.60.13`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drivers {
    minimum: String,
}

impl Drivers {
    /// The oldest driver that runs programs of this major version.
    pub(crate) fn minimum(&self) -> &str {
        &self.minimum
    }
}

/// What `PyPI`'s Linux wheels of a torch version were built for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct TorchWheels {
    cuda: CudaVersion,
    platforms: Vec<Platform>,
}

/// PyTorch's own indexes: one with wheels for CPUs, and one for each version of CUDA.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PytorchIndexes {
    url: String,
    distributions: BTreeSet<PackageName>,
}

impl PytorchIndexes {
    /// Where the index with a tag is, as `cpu` or `cu128`.
    pub(crate) fn url(&self, tag: &str) -> String {
        format!("{}{tag}", self.url)
    }

    /// Whether they have a distribution, with and without CUDA.
    pub(crate) fn have(&self, name: &PackageName) -> bool {
        self.distributions.contains(name)
    }
}

/// A distribution for GPUs that has a twin for CPUs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Twin {
    cpu: PackageName,
    requirement: Option<String>,
}

/// A distribution that holds the same import packages as others do, for another accelerator.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Flavour {
    of: PackageName,
}

/// The rows of `gpu.toml`.
#[derive(Debug)]
pub(crate) struct Gpu {
    signals: PatternRows<Signal>,
    images: Rows<PackageName, CudaNeed>,
    indexes: Rows<String, PytorchIndexes>,
    toolkits: Rows<CudaVersion, Drivers>,
    torch: Rows<Version, TorchWheels>,
    twins: Rows<PackageName, Twin>,
    flavours: PatternRows<Flavour>,
}

impl Gpu {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("gpu");
        let read = Self {
            signals: PatternRows::new(file.rows("cuda")),
            flavours: PatternRows::new(file.rows("flavour")),
            images: file.rows("image"),
            indexes: file.rows("index"),
            toolkits: file.rows("toolkit"),
            torch: file.rows("torch"),
            twins: file.rows("twin"),
        };
        file.finish();
        read
    }

    /// PyTorch's own indexes.
    ///
    /// # Panics
    ///
    /// Never: a test asks for them.
    pub(crate) fn pytorch_indexes(&self) -> &PytorchIndexes {
        self.indexes.get("pytorch").expect("the table has its row")
    }

    /// What a locked distribution says of CUDA on a platform; `None` when it says nothing. `index` is where it comes
    /// from.
    pub(crate) fn locked_cuda(
        &self,
        name: &PackageName,
        version: &Version,
        index: Option<&str>,
        platform: Platform,
    ) -> Option<LockedCuda> {
        let of_index = || index?.split('/').rev().find_map(LockedCuda::from_tag);
        if let Some(told) = local_build(version).or_else(of_index) {
            return Some(told);
        }
        match &**self.signals.get(name)? {
            Signal::Version => first_two(version).map(LockedCuda::Version),
            Signal::Torch => self.torch_from_pypi(version, platform),
            Signal::Other(other) => Some(LockedCuda::Other(*other)),
            Signal::Majors(majors) => {
                let newest = majors.iter().rfind(|since| since.from <= *version)?;
                Some(LockedCuda::Major(newest.major))
            }
        }
    }

    /// What the image must hold for a distribution that loads CUDA without bringing it.
    pub(crate) fn cuda_need(&self, name: &PackageName) -> Option<&Row<CudaNeed>> {
        self.images.get(name)
    }

    /// What does the same on CPUs as a distribution for GPUs.
    pub(crate) fn cpu_twin(&self, name: &PackageName) -> Option<&PackageName> {
        self.twins.get(name).map(|twin| &twin.cpu)
    }

    /// What distributions are flavours of, that exclude each other as they hold the same files.
    pub(crate) fn family(&self, name: &PackageName) -> Option<&PackageName> {
        self.flavours.get(name).map(|row| &row.of)
    }

    /// The requirement that does the same on GPUs as a distribution for CPUs.
    pub(crate) fn gpu_twin(&self, name: &PackageName) -> Option<&str> {
        let (gpu, twin) = self.twins.iter().rfind(|(_, twin)| twin.cpu == *name)?;
        Some(twin.requirement.as_deref().unwrap_or(gpu.as_ref()))
    }

    /// The drivers for a CUDA version: its own row, else the nearest older one of its major version.
    pub(crate) fn drivers(&self, cuda: CudaVersion) -> Option<&Row<Drivers>> {
        let first = CudaVersion::new(cuda.major(), 0);
        let older = self.toolkits.range(first..=cuda).next_back();
        let newer = || self.toolkits.range(cuda..).next();
        let (version, drivers) = older.or_else(newer)?;
        (version.major() == cuda.major()).then_some(drivers)
    }

    /// A torch version newer than the table is taken to be built as the newest known.
    fn torch_from_pypi(&self, version: &Version, platform: Platform) -> Option<LockedCuda> {
        let (_, wheels) = self.torch.range(..=version.only_release()).next_back()?;
        Some(if wheels.platforms.contains(&platform) {
            LockedCuda::Version(wheels.cuda)
        } else {
            LockedCuda::CpuOnly
        })
    }
}

/// What a local version says: `+cu128`, `+cpu`, `+rocm6.3`, `+xpu`.
fn local_build(version: &Version) -> Option<LockedCuda> {
    let mut tags = version.local().iter().map(ToString::to_string);
    tags.find_map(|tag| LockedCuda::from_tag(&tag))
}

fn first_two(version: &Version) -> Option<CudaVersion> {
    let mut numbers = version
        .release()
        .iter()
        .map(|number| u16::try_from(*number));
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Some(CudaVersion::new(major, minor)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(name: &str, version: &str, platform: Platform) -> Option<LockedCuda> {
        let name = PackageName::new(name.to_owned()).unwrap();
        Gpu::embedded().locked_cuda(&name, &version.parse().unwrap(), None, platform)
    }

    fn on_amd64(name: &str, version: &str) -> Option<LockedCuda> {
        locked(name, version, Platform::LinuxAmd64)
    }

    const fn version(major: u16, minor: u16) -> LockedCuda {
        LockedCuda::Version(CudaVersion::new(major, minor))
    }

    #[test]
    fn the_cuda_version_is_read_off_the_lock() {
        assert_eq!(on_amd64("torch", "2.9.0"), Some(version(12, 8)));
        assert_eq!(on_amd64("torch", "2.10.0"), Some(version(12, 8)));
        assert_eq!(on_amd64("torch", "2.11.0"), Some(version(13, 0)));
        assert_eq!(on_amd64("torch", "2.9.1+cu126"), Some(version(12, 6)));
        assert_eq!(
            on_amd64("torchvision", "0.24.1+cu130"),
            Some(version(13, 0))
        );
        assert_eq!(
            on_amd64("nvidia-cuda-runtime-cu12", "12.8.90"),
            Some(version(12, 8))
        );
        assert_eq!(
            on_amd64("nvidia-cufft", "12.2.0.46"),
            Some(LockedCuda::Major(13))
        );
        assert_eq!(
            on_amd64("nvidia-nccl-cu12", "2.27.3"),
            Some(LockedCuda::Major(12))
        );
        assert_eq!(
            on_amd64("onnxruntime-gpu", "1.26.0"),
            Some(LockedCuda::Major(12))
        );
        assert_eq!(
            on_amd64("onnxruntime-gpu", "1.28.0"),
            Some(LockedCuda::Major(13))
        );
        assert_eq!(
            on_amd64("flash-attn", "2.8.1+cu13torch2.10cxx11abitrue"),
            Some(LockedCuda::Major(13))
        );
        assert_eq!(on_amd64("numpy", "2.3.0"), None);
    }

    #[test]
    fn wheels_without_cuda_are_told_apart() {
        assert_eq!(on_amd64("torch", "2.9.1+cpu"), Some(LockedCuda::CpuOnly));
        assert_eq!(
            on_amd64("torch", "2.9.1+rocm6.3"),
            Some(LockedCuda::Other(Accelerator::Rocm))
        );
        let arm = |release| locked("torch", release, Platform::LinuxArm64);
        assert_eq!(arm("2.9.0"), Some(LockedCuda::CpuOnly));
        assert_eq!(arm("2.11.0"), Some(version(13, 0)));
        assert_eq!(LockedCuda::CpuOnly.major(), None);
    }

    #[test]
    fn an_index_tells_what_its_wheels_are_for() {
        let from = |index: &str| {
            let name = PackageName::new("torch".to_owned()).unwrap();
            let version = "2.9.0".parse().unwrap();
            Gpu::embedded().locked_cuda(&name, &version, Some(index), Platform::LinuxAmd64)
        };
        let pytorch = "https://download.pytorch.org/whl";
        assert_eq!(from(&format!("{pytorch}/cpu")), Some(LockedCuda::CpuOnly));
        assert_eq!(from(&format!("{pytorch}/cu126")), Some(version(12, 6)));
        let rocm = Some(LockedCuda::Other(Accelerator::Rocm));
        assert_eq!(from(&format!("{pytorch}/rocm6.4")), rocm);
        assert_eq!(from("https://pypi.org/simple"), Some(version(12, 8)));
    }

    #[test]
    fn flavours_of_one_distribution_are_known() {
        let gpu = Gpu::embedded();
        let family = |name: &str| {
            let name = PackageName::new(name.to_owned()).unwrap();
            gpu.family(&name).map(ToString::to_string)
        };
        for flavour in ["onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino"] {
            assert_eq!(family(flavour).as_deref(), Some("onnxruntime"), "{flavour}");
        }
        assert_eq!(family("cupy-cuda12x").as_deref(), Some("cupy"));
        assert_eq!(family("numpy"), None);
    }

    #[test]
    fn every_cuda_of_torch_has_a_driver() {
        let gpu = Gpu::embedded();
        let minimum = |text: &str| gpu.drivers(text.parse().unwrap()).unwrap().minimum();
        assert_eq!(minimum("12.8"), "525.60.13");
        assert_eq!(minimum("13.5"), "580.65.06");
        assert_eq!(minimum("12.0"), "525.60.13");
        for wheels in gpu.torch.values() {
            assert!(gpu.drivers(wheels.cuda).is_some());
        }
        assert!(gpu.drivers(CudaVersion::new(9, 0)).is_none());
    }

    #[test]
    fn who_brings_no_cuda_is_known() {
        let gpu = Gpu::embedded();
        let need = |name: &str| gpu.cuda_need(&PackageName::new(name.to_owned()).unwrap());
        assert_eq!(
            need("onnxruntime-gpu").unwrap().flavour(),
            CudaFlavour::CudnnRuntime
        );
        assert!(need("flash-attn").unwrap().compiles_with_nvcc());
        assert!(need("torch").is_none());
    }

    #[test]
    fn pytorch_has_an_index_for_cpus_and_each_cuda() {
        let gpu = Gpu::embedded();
        let indexes = gpu.pytorch_indexes();
        assert_eq!(indexes.url("cpu"), "https://download.pytorch.org/whl/cpu");
        assert!(indexes.have(&PackageName::new("torchvision".to_owned()).unwrap()));
    }
}
