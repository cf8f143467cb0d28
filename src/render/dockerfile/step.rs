//! Commands of the build whose results the image has.

use serde::Serialize;

use super::install::{CopyView, below_app, copies, kept_words};
use super::{FromView, VariableView, lines, names, variables};
use crate::plan::{ImagePlan, StageName, StepIn, StepPlan};
use crate::profile::{AptPackage, EnvName, ShellLine};
use crate::render::filters::word;

#[derive(Serialize)]
pub(super) struct StepView {
    #[serde(flatten)]
    from: FromView,
    comment: String,
    folder: String,
    run: Vec<String>,
    /// What a shell exports before each of them: `NAME=value`.
    exports: Vec<String>,
    secrets: Vec<String>,
    ca_certificates: bool,
    /// The image's own variables.
    env: Vec<VariableView>,
    apt: Vec<String>,
    snapshot: bool,
    /// The stages whose layers are there.
    layers: Vec<String>,
    copies: Vec<CopyView>,
    /// What makes a layer of the results; empty where another stage copies them.
    keep: Vec<String>,
}

impl StepView {
    pub(super) fn new(
        image: &ImagePlan,
        from: FromView,
        step: &StepPlan,
        layers: &[StageName],
    ) -> Self {
        let exports = step.env.iter();
        let exports =
            exports.map(|(name, value)| format!("{}={}", name.as_ref(), word(value.as_ref())));
        let view = Self {
            from,
            comment: step.comment.clone(),
            folder: step.folder.as_ref().to_owned(),
            run: lines::<ShellLine>(&step.run),
            exports: exports.collect(),
            secrets: lines::<EnvName>(&step.secrets),
            ca_certificates: image.ca_certificates,
            env: Vec::new(),
            apt: Vec::new(),
            snapshot: image.snapshot.is_some(),
            layers: names(layers),
            copies: Vec::new(),
            keep: Vec::new(),
        };
        match &step.place {
            StepIn::Here { apt, keep, .. } => {
                let paths = keep.iter().map(|path| path.as_ref().to_owned());
                Self {
                    env: variables(image.env.iter().map(|(name, said)| (name, &said.value))),
                    apt: apt
                        .iter()
                        .map(|name| AptPackage::as_str(name).to_owned())
                        .collect(),
                    keep: paths.chain(kept_words(image, keep)).collect(),
                    ..view
                }
            }
            StepIn::Elsewhere { files, .. } => Self {
                copies: copies(files, below_app),
                ..view
            },
        }
    }
}
