//! `ml.toml`: the ML stack, by name or pattern.
//!
//! `core-api` forbids it, and an ML image puts it into layers of its own. Telling a heavy framework from
//! a small library that happens to be used beside one is what this table is for.

use pep508_rs::PackageName;
use serde::Deserialize;

use super::pattern::PatternRows;
use super::table::{Row, embedded};

/// What part of the ML stack a distribution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MlKind {
    /// Trains or runs networks.
    Framework,
    /// CUDA, and what is written for it.
    GpuLibrary,
    /// Serves language models.
    Serving,
    /// Of no use without a framework.
    Tool,
    /// Learns on CPUs, in tens of megabytes.
    Classical,
}

/// A distribution, or a family of them, in the ML stack.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MlPackage {
    kind: MlKind,
}

impl MlPackage {
    /// What part of the stack it is.
    pub(crate) fn kind(&self) -> MlKind {
        self.kind
    }

    /// Whether it makes a closure an ML closure, which `core-api` forbids. Classical ML does not.
    pub(crate) fn is_heavy(&self) -> bool {
        self.kind != MlKind::Classical
    }
}

/// The rows of `ml.toml`.
#[derive(Debug)]
pub(crate) struct MlStack(pub(super) PatternRows<MlPackage>);

impl MlStack {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("ml");
        let read = Self(PatternRows::new(file.rows("ml")));
        file.finish();
        read
    }

    /// The row of a distribution, if it belongs to the ML stack.
    pub(crate) fn get(&self, name: &PackageName) -> Option<&Row<MlPackage>> {
        self.0.get(name)
    }

    /// Whether a distribution makes a closure an ML closure.
    pub(crate) fn is_heavy(&self, name: &PackageName) -> bool {
        self.get(name).is_some_and(|package| package.is_heavy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str) -> Option<MlKind> {
        let name = PackageName::new(name.to_owned()).unwrap();
        MlStack::embedded().get(&name).map(|row| row.kind())
    }

    #[test]
    fn the_stack_is_known_by_name_and_by_pattern() {
        assert_eq!(kind("torch"), Some(MlKind::Framework));
        assert_eq!(kind("nvidia-cublas-cu12"), Some(MlKind::GpuLibrary));
        assert_eq!(kind("nvidia-cuda-runtime"), Some(MlKind::GpuLibrary));
        assert_eq!(kind("jax-cuda12-pjrt"), Some(MlKind::GpuLibrary));
        assert_eq!(kind("sentence_transformers"), Some(MlKind::Tool));
    }

    #[test]
    fn what_only_looks_like_it_is_not_in_it() {
        for name in [
            "numpy",
            "pandas",
            "scipy",
            "tokenizers",
            "nvidia-ml-py",
            "nvidia-sphinx-theme",
            "opencv-python",
            "pytorch-lightning-fake",
            "openai",
        ] {
            assert_eq!(kind(name), None, "{name}");
        }
        let stack = MlStack::embedded();
        let heavy = |name: &str| stack.is_heavy(&PackageName::new(name.to_owned()).unwrap());
        assert!(!heavy("scikit-learn"));
        assert!(!heavy("xgboost"));
        assert!(heavy("nvidia-nccl-cu12"));
    }
}
