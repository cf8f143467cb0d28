//! The stages that others are built on: `base`, `build` and `compile`.

use serde::Serialize;

use super::install::CopyView;
use super::{AptView, FromView, VariableView, apt, lines, variables};
use crate::plan::{ImagePlan, PythonSource, SnapshotPlan, TrimKind, TrimPlan};
use crate::profile::{Instruction, Line};
use crate::render::Placement;
use crate::render::program::NAME;

#[derive(Serialize)]
pub(super) struct PythonView {
    #[serde(flatten)]
    from: FromView,
    /// Its version.
    python: String,
    ca_certificates: bool,
}

impl PythonView {
    pub(super) fn new(image: &ImagePlan, from: FromView) -> Self {
        Self {
            from,
            python: image.python.value.to_string(),
            ca_certificates: image.ca_certificates,
        }
    }
}

/// Where Debian's packages of a day are.
#[derive(Serialize)]
pub(super) struct SnapshotView {
    #[serde(flatten)]
    from: FromView,
    /// Whether it may run as somebody else than root.
    foreign: bool,
    day: String,
    timestamp: String,
    archives: [ArchiveView; 2],
}

/// One of Debian's archives.
#[derive(Serialize)]
struct ArchiveView {
    name: &'static str,
    suites: String,
}

impl SnapshotView {
    pub(super) fn new(image: &ImagePlan, snapshot: SnapshotPlan, from: FromView) -> Self {
        let release = snapshot.release;
        let archive = |name, suites| ArchiveView { name, suites };
        Self {
            from,
            foreign: image.foreign_base,
            day: snapshot.day.to_string(),
            timestamp: snapshot.day.timestamp(),
            archives: [
                archive("debian", format!("{release} {release}-updates")),
                archive("debian-security", format!("{release}-security")),
            ],
        }
    }
}

#[derive(Serialize)]
pub(super) struct BaseView {
    #[serde(flatten)]
    from: FromView,
    comment: &'static str,
    /// Whether it may run as somebody else than root.
    foreign: bool,
    /// Whether its Python comes from another stage.
    python: bool,
    apt: Vec<AptView>,
    snapshot: bool,
    ca_certificates: bool,
    instructions: Vec<String>,
}

impl BaseView {
    /// What runs, and builds too unless another image does.
    pub(super) fn new(image: &ImagePlan, from: FromView) -> Self {
        Self {
            from,
            comment: match image.build_base {
                Some(_) => {
                    "What running stands on. Nothing is installed in it: it may have no shell."
                }
                None => "What building and running share.",
            },
            foreign: image.foreign_base,
            python: image.python_source == PythonSource::Uv,
            apt: apt(&image.apt_runtime),
            snapshot: image.snapshot.is_some(),
            ca_certificates: image.ca_certificates,
            instructions: lines::<Instruction>(&image.instructions.base.value),
        }
    }

    /// What builds where another image runs.
    pub(super) fn building(image: &ImagePlan, from: FromView) -> Self {
        Self {
            comment: "What building stands on. It has the same Python, and is never shipped.",
            apt: Vec::new(),
            instructions: Vec::new(),
            ..Self::new(image, from)
        }
    }
}

#[derive(Serialize)]
pub(super) struct SkeletonView {
    #[serde(flatten)]
    from: FromView,
    user: u32,
    bytecode: bool,
    /// Whether another image runs than the one that builds.
    pair: bool,
}

impl SkeletonView {
    pub(super) fn new(image: &ImagePlan, from: FromView) -> Self {
        Self {
            from,
            user: image.run.user.value,
            bytecode: image.bytecode,
            pair: image.build_base.is_some(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct BuildView {
    #[serde(flatten)]
    from: FromView,
    /// The program that makes layers.
    copy: CopyView,
    /// Whether another context than the project's has it.
    elsewhere: bool,
    ca_certificates: bool,
    /// What is left out of every layer with dependencies, and by which rules.
    unused: Vec<String>,
    rules: Vec<String>,
    uv_settings: Vec<String>,
    instructions: Vec<String>,
}

impl BuildView {
    pub(super) fn new(image: &ImagePlan, from: FromView, placement: &Placement) -> Self {
        let rules = image
            .layers
            .first()
            .into_iter()
            .flat_map(|layer| &layer.trim);
        let unused: Vec<&TrimPlan> = rules
            .filter(|rule| rule.kind == TrimKind::Unused && !rule.patterns.is_empty())
            .collect();
        Self {
            from,
            elsewhere: placement.program().is_none(),
            copy: CopyView::of(&placement.program().unwrap_or_else(|| NAME.to_owned()), "/"),
            ca_certificates: image.ca_certificates,
            unused: unused
                .iter()
                .flat_map(|rule| rule.patterns.clone())
                .collect(),
            rules: unused.iter().map(|rule| rule.rule.clone()).collect(),
            uv_settings: image.build.uv_settings.lines().map(str::to_owned).collect(),
            instructions: lines::<Instruction>(&image.instructions.build.value),
        }
    }
}

#[derive(Serialize)]
pub(super) struct CompileView {
    #[serde(flatten)]
    from: FromView,
    apt: Vec<AptView>,
    snapshot: bool,
    env: Vec<VariableView>,
    rust: bool,
    ca_certificates: bool,
    constraints: Vec<String>,
}

impl CompileView {
    pub(super) fn new(image: &ImagePlan, from: FromView) -> Self {
        Self {
            from,
            apt: apt(&image.build.apt),
            snapshot: image.snapshot.is_some(),
            env: variables(&image.build.env),
            rust: image.build.rust.is_some(),
            ca_certificates: image.ca_certificates,
            constraints: lines::<Line>(&image.build.constraints),
        }
    }
}
