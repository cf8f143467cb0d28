//! What packages compute on, and the words in versions, addresses and names that tell it.

use schemars::JsonSchema;
use serde::Deserialize;

/// What an image, or a package in it, computes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Accelerator {
    /// The processor alone.
    Cpu,
    /// GPUs of NVIDIA's.
    Cuda,
    /// GPUs of AMD's.
    Rocm,
    /// GPUs of Intel's.
    Xpu,
    /// Intel's processors, GPUs and NPUs, through `OpenVINO`.
    Openvino,
    /// Google's TPUs.
    Tpu,
    /// Ascend's and other makers' NPUs.
    Npu,
}

impl Accelerator {
    const ALL: [Self; 7] = [
        Self::Cpu,
        Self::Cuda,
        Self::Rocm,
        Self::Xpu,
        Self::Openvino,
        Self::Tpu,
        Self::Npu,
    ];

    /// The word for it in dfgen.toml.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Rocm => "rocm",
            Self::Xpu => "xpu",
            Self::Openvino => "openvino",
            Self::Tpu => "tpu",
            Self::Npu => "npu",
        }
    }

    /// What the name of an extra or a group says: `cpu`, `gpu`, `cu128`, `torch-rocm`. The last hint only.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let mut words = name.split(['-', '_', '.']);
        words.find_map(|word| match word {
            "gpu" | "nvidia" => Some(Self::Cuda),
            "amd" => Some(Self::Rocm),
            "intel" => Some(Self::Xpu),
            word => of_tag(word)
                .map(|(accelerator, _)| accelerator)
                .or_else(|| {
                    let known = Self::ALL.into_iter();
                    let mut known = known.filter(|one| word.starts_with(one.word()));
                    known.find(|one| *one != Self::Cpu || word == "cpu")
                }),
        })
    }
}

/// Words in names of extras and groups for systems that no image has: Apple's and Microsoft's.
const OF_OTHER_SYSTEMS: [&str; 10] = [
    "apple", "coreml", "darwin", "directml", "macos", "metal", "mlx", "mps", "win32", "windows",
];

/// Whether the name of an extra or a group says that it is for another system than Linux.
pub(crate) fn is_of_another_system(name: &str) -> bool {
    let mut words = name.split(['-', '_', '.']);
    words.any(|word| OF_OTHER_SYSTEMS.contains(&word))
}

impl std::fmt::Display for Accelerator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for Accelerator {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.word() == text);
        found.ok_or_else(|| {
            let words = Self::ALL.map(|one| format!("`{}`", one.word()));
            format!("one of {}", words.join(", "))
        })
    }
}

/// The version of CUDA that a tag tells: all of it, or the major number.
pub(super) type TaggedCuda = Option<(u16, Option<u16>)>;

/// What one word of a local version (`2.9.0+cu128`) or one part of an index's address (`/whl/rocm6.3`) says.
pub(super) fn of_tag(tag: &str) -> Option<(Accelerator, TaggedCuda)> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match tag {
        "cpu" => Some((Accelerator::Cpu, None)),
        "xpu" => Some((Accelerator::Xpu, None)),
        tag if tag.starts_with("rocm") => Some((Accelerator::Rocm, None)),
        tag => {
            let rest = tag.strip_prefix("cu")?;
            let end = rest.find(|c: char| !c.is_ascii_digit());
            let numbers = &rest[..end.unwrap_or(rest.len())];
            let (major, minor) = (numbers.get(..2)?, numbers.get(2..)?);
            let major = major.parse().ok()?;
            let minor = digits(minor).then(|| minor.parse().ok()).flatten();
            Some((Accelerator::Cuda, Some((major, minor))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Accelerator, is_of_another_system, of_tag};

    #[test]
    fn names_are_hints() {
        let of = Accelerator::of_name;
        assert_eq!(of("cpu"), Some(Accelerator::Cpu));
        assert_eq!(of("gpu"), Some(Accelerator::Cuda));
        assert_eq!(of("torch-cu128"), Some(Accelerator::Cuda));
        assert_eq!(of("cuda12"), Some(Accelerator::Cuda));
        assert_eq!(of("rocm"), Some(Accelerator::Rocm));
        assert_eq!(of("openvino"), Some(Accelerator::Openvino));
        for plain in ["ml", "models", "cpuinfo", "culture", "train"] {
            assert_eq!(of(plain), None, "{plain}");
        }
        assert!(is_of_another_system("metal") && is_of_another_system("whisper-mlx"));
        assert!(!is_of_another_system("metallurgy") && !is_of_another_system("cpu"));
    }

    #[test]
    fn tags_tell_the_version_as_far_as_they_know_it() {
        assert_eq!(
            of_tag("cu128"),
            Some((Accelerator::Cuda, Some((12, Some(8)))))
        );
        assert_eq!(of_tag("cu12"), Some((Accelerator::Cuda, Some((12, None)))));
        assert_eq!(
            of_tag("cu13torch2"),
            Some((Accelerator::Cuda, Some((13, None))))
        );
        assert_eq!(of_tag("rocm6.3"), Some((Accelerator::Rocm, None)));
        assert_eq!(of_tag("curl"), None);
        assert_eq!(of_tag("simple"), None);
    }
}
