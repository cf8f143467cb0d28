//! What is decided about commands of the build whose results an image has.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::Copied;
use crate::profile::{
    AptPackage, ContextPath, EnvName, ImagePath, ImageRef, Line, Needs, ShellLine,
};

/// Commands of the build whose results an image has.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct StepPlan {
    /// What they do, as a sentence.
    pub comment: String,
    /// The command lines, each run by a shell.
    pub run: Vec<ShellLine>,
    /// The folder that they run in.
    pub folder: ImagePath,
    /// Environment variables that only they have.
    pub env: IndexMap<EnvName, Line>,
    /// Build secrets that they see as environment variables.
    pub secrets: Vec<EnvName>,
    /// Where they run, and what of it is kept.
    #[serde(flatten)]
    pub place: StepIn,
}

/// Where commands of a build run, and what of their results is kept.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(
    tag = "runs-in",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum StepIn {
    /// The image itself: what is kept is a layer of its own.
    Here {
        /// What of the image is there.
        needs: Needs,
        /// Debian packages that only they need.
        apt: Vec<AptPackage>,
        /// The files and folders that are kept.
        keep: Vec<ImagePath>,
    },
    /// Another image: what is kept is part of the project's files.
    Elsewhere {
        /// That image.
        image: ImageRef,
        /// The files of the project that it gets, below `/app`.
        files: Vec<Copied>,
        /// The files and folders that are kept, below `/app` there.
        keep: Vec<ContextPath>,
    },
}

impl StepPlan {
    /// Whether it runs in the image itself, with this much of it.
    pub(crate) fn runs_with(&self, wanted: Needs) -> bool {
        matches!(&self.place, StepIn::Here { needs, .. } if *needs == wanted)
    }

    /// Whether it keeps one of these paths.
    pub(crate) fn keeps(&self, paths: &[ImagePath]) -> bool {
        match &self.place {
            StepIn::Here { keep, .. } => keep.iter().any(|path| paths.contains(path)),
            StepIn::Elsewhere { .. } => false,
        }
    }

    /// The files of the project that another image gets.
    pub(crate) fn files(&self) -> &[Copied] {
        match &self.place {
            StepIn::Here { .. } => &[],
            StepIn::Elsewhere { files, .. } => files,
        }
    }

    /// What it keeps of another image.
    pub(crate) fn brought(&self) -> &[ContextPath] {
        match &self.place {
            StepIn::Here { .. } => &[],
            StepIn::Elsewhere { keep, .. } => keep,
        }
    }
}
