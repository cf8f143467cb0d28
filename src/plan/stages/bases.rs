//! The stages that others are built on.

use super::{StageBase, StageKind, StageName, StagePlan};
use crate::plan::{Decision, ImagePlan, PythonSource};
use crate::profile::ImageRef;

impl ImagePlan {
    /// What everything else stands on.
    pub(super) fn bases(&self) -> Vec<StagePlan> {
        let image = |image: &Decision<ImageRef>| StageBase::Image(image.value.clone());
        let mut stages = Vec::new();
        if self.python_source == PythonSource::Uv {
            let base = image(self.build_base.as_ref().unwrap_or(&self.base));
            stages.push(StagePlan::new(StageName::PYTHON, base, StageKind::Python));
        }
        let base = image(&self.base);
        stages.push(StagePlan::new(StageName::BASE, base, StageKind::Base));
        stages.extend(self.build_base.as_ref().map(|builder| {
            StagePlan::new(StageName::BUILD_BASE, image(builder), StageKind::BuildBase)
        }));
        stages.push(StagePlan::on(
            StageName::SKELETON,
            self.built_on(),
            StageKind::Skeleton,
        ));
        stages
    }

    /// The stage that building stands on.
    pub(super) fn built_on(&self) -> &'static str {
        match self.build_base {
            Some(_) => StageName::BUILD_BASE,
            None => StageName::BASE,
        }
    }

    /// The stage on which commands see the image as it will be: the image that runs may have no shell, unless Debian
    /// packages are installed in it.
    pub(super) fn tried_on(&self) -> &'static str {
        if self.apt_runtime.is_empty() {
            self.built_on()
        } else {
            StageName::BASE
        }
    }

    /// The image below [`Self::tried_on`].
    pub(super) fn image_with_shell(&self) -> &ImageRef {
        let builder = self
            .build_base
            .as_ref()
            .filter(|_| self.is_tried_elsewhere());
        &builder.unwrap_or(&self.base).value
    }

    /// Whether [`Self::tried_on`] is another image than the one that runs.
    pub(crate) fn is_tried_elsewhere(&self) -> bool {
        self.tried_on() != StageName::BASE
    }
}
