//! The stages that others are built on: `base`, `build` and `compile`.

use serde::Serialize;

use super::{AptView, FromView, VariableView, apt, lines, variables};
use crate::plan::{ImagePlan, PythonSource, SnapshotPlan, TrimKind, TrimPlan};
use crate::profile::{Instruction, Line};

/// Where Debian's packages of a day are.
#[derive(Serialize)]
pub(super) struct SnapshotView {
    #[serde(flatten)]
    from: FromView,
    day: String,
    timestamp: String,
    release: String,
}

impl SnapshotView {
    pub(super) fn new(snapshot: SnapshotPlan, from: FromView) -> Self {
        Self {
            from,
            day: snapshot.day.to_string(),
            timestamp: snapshot.day.timestamp(),
            release: snapshot.release.to_string(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct BaseView {
    #[serde(flatten)]
    from: FromView,
    /// The version of uv's own Python; empty where the image has one.
    python: String,
    bytecode: bool,
    user: u32,
    apt: Vec<AptView>,
    snapshot: bool,
    ca_certificates: bool,
    instructions: Vec<String>,
}

impl BaseView {
    pub(super) fn new(image: &ImagePlan, from: FromView) -> Self {
        Self {
            from,
            python: match image.python_source {
                PythonSource::Image => String::new(),
                PythonSource::Uv => image.python.value.to_string(),
            },
            bytecode: image.bytecode,
            user: image.run.user.value,
            apt: apt(&image.apt_runtime),
            snapshot: image.snapshot.is_some(),
            ca_certificates: image.ca_certificates,
            instructions: lines::<Instruction>(&image.instructions.base.value),
        }
    }
}

#[derive(Serialize)]
pub(super) struct BuildView {
    #[serde(flatten)]
    from: FromView,
    ca_certificates: bool,
    /// What is left out of every layer with dependencies, and by which rules.
    unused: Vec<String>,
    rules: Vec<String>,
    uv_settings: Vec<String>,
    instructions: Vec<String>,
}

impl BuildView {
    pub(super) fn new(image: &ImagePlan, from: FromView) -> Self {
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
