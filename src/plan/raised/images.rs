//! What is kept in the files of one image, and of what they run beside.

use pep508_rs::pep440_rs::VersionSpecifiers;

use super::{Choice, Verdict, fits};
use crate::catalog::UvVersions;
use crate::diagnostic::Diagnostic;
use crate::existing::{ImageUse, Written, named_images};
use crate::plan::inputs::{Inputs, Subject};
use crate::plan::stages::StageName;
use crate::plan::values::{BackingPlan, Bases, Decision, ImagePlan, KeptImage, StepIn};
use crate::profile::{ImageRef, Instruction, Instructions};

/// Holds the images of one file against those that stand there.
pub(in crate::plan) struct Keeper<'k> {
    written: &'k Written,
    file: String,
    /// What is kept.
    pub(in crate::plan) kept: Vec<KeptImage>,
    /// What is not, and why.
    pub(in crate::plan) findings: Vec<Diagnostic>,
}

/// Who says an image, and how.
struct Saying {
    is_said: bool,
    /// How to have another, `{image}`; empty for none.
    way: String,
}

impl<'k> Keeper<'k> {
    fn new(inputs: &'k Inputs, file: String) -> Self {
        Self {
            written: &inputs.written,
            file,
            kept: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Keeps what stands in the file where it fits.
    fn keep(
        &mut self,
        used: ImageUse,
        planned: &mut Decision<ImageRef>,
        saying: &Saying,
        fits: impl FnOnce(&ImageRef, &ImageRef) -> Result<(), fits::Misfit>,
    ) {
        let choice = Choice {
            file: &self.file,
            used,
            planned,
            way: &saying.way,
            is_said: saying.is_said,
        };
        match choice.judge(self.written, |there| fits(&choice.planned.value, there)) {
            Verdict::Planned => {}
            Verdict::Kept(kept) => {
                *planned = planned.kept(&kept, &self.written.path(&self.file));
                self.kept.push(kept);
            }
            Verdict::Replaced(finding) => self.findings.push(finding),
        }
    }
}

fn of_image(name: impl std::fmt::Display) -> String {
    format!("{name}.Dockerfile")
}

fn of_stage(name: &str) -> ImageUse {
    ImageUse::Stage(name.to_owned())
}

/// What an image starts from: what its Dockerfile has, where that fits what is planned.
pub(in crate::plan) fn bases(subject: &Subject<'_>, planned: &Bases) -> Bases {
    let mut keeper = Keeper::new(subject.inputs, of_image(&subject.profile.name));
    let mut bases = planned.clone();
    keeper.bases(subject, &mut bases.runtime, bases.builder.as_mut());
    bases
}

/// Keeps what stands in the Dockerfile of an image; what it starts from is told anew from what was planned. What does
/// not fit is told.
pub(in crate::plan) fn images(
    subject: &Subject<'_>,
    planned: Bases,
    image: &mut ImagePlan,
) -> Vec<Diagnostic> {
    let mut keeper = Keeper::new(subject.inputs, of_image(&image.name));
    image.base = planned.runtime;
    image.build_base = planned.builder;
    keeper.bases(subject, &mut image.base, image.build_base.as_mut());
    let unsaid = Saying {
        is_said: false,
        way: String::new(),
    };
    if image.syntax {
        keeper.keep(
            ImageUse::Frontend,
            &mut image.frontend,
            &unsaid,
            fits::same_major,
        );
    }
    keeper.uv(subject, &mut image.uv);
    if let Some(rust) = &mut image.build.rust {
        keeper.keep(of_stage("rust"), rust, &unsaid, fits::same_major_or_newer);
    }
    keeper.steps(image);
    keeper.instructions(&mut image.instructions);
    image.kept = keeper.kept;
    keeper.findings
}

impl Keeper<'_> {
    /// Keeps the major version of what has data in a volume: another one would not read it. Returns whether it is another.
    fn keep_data(&mut self, used: &ImageUse, planned: &mut Decision<ImageRef>) -> bool {
        let there = self.written.image(&self.file, used);
        let Some(there) = there.filter(|there| !there.is_raised()) else {
            return false;
        };
        let image = &there.named.image;
        let is_other = image.repository() == planned.value.repository()
            && fits::same_major(&planned.value, image).is_err();
        if is_other {
            let path = self.written.path(&self.file);
            let kept = KeptImage {
                used: used.clone(),
                // So it is kept again the next time.
                chosen: image.clone(),
                image: image.clone(),
            };
            let because = format!(
                "{path} has it, and the data in its volume is of that version; a new project gets {}",
                planned.value
            );
            *planned = Decision::new(image.clone(), because);
            self.kept.push(kept);
        }
        is_other
    }

    fn bases(
        &mut self,
        subject: &Subject<'_>,
        runtime: &mut Decision<ImageRef>,
        builder: Option<&mut Decision<ImageRef>>,
    ) {
        let profile = subject.profile;
        let requires = subject.inputs.project.lock.requires_python();
        let patch = profile.python.as_ref().filter(|_| profile.base.is_none());
        let wants_patch = patch.is_some_and(|said| said.value.version().release().len() > 2);
        let is_own = profile.base.is_some();
        let fits = |planned: &ImageRef, there: &ImageRef| {
            let name = planned.repository().rsplit('/').next();
            match name {
                Some("python") => fits::same_python(planned, there, requires, wants_patch),
                _ if is_own => fits::same_major(planned, there),
                _ => fits::same_major_or_newer(planned, there),
            }
        };
        let saying = Saying {
            is_said: is_own || profile.python.is_some(),
            way: format!(
                "`base = \"{{image}}\"` in [profile.{}] of dfgen.toml",
                profile.name
            ),
        };
        self.keep(of_stage("base"), runtime, &saying, fits);
        if let Some(builder) = builder {
            self.keep(of_stage("build-base"), builder, &saying, fits);
        }
    }

    fn uv(&mut self, subject: &Subject<'_>, planned: &mut Decision<ImageRef>) {
        let manifest = &subject.inputs.project.pyproject;
        let required = manifest.uv.required_version.as_ref();
        let required: Option<VersionSpecifiers> =
            required.and_then(|text| UvVersions::range(text.get_ref()).ok());
        let is_said = subject.inputs.config.uv.is_some();
        let saying = Saying {
            is_said: is_said || required.is_some(),
            way: match (&required, is_said) {
                (Some(_), false) => "`required-version` in [tool.uv] of pyproject.toml".to_owned(),
                _ => "`uv = \"{image}\"` at the top of dfgen.toml".to_owned(),
            },
        };
        self.keep(of_stage("uv"), planned, &saying, |planned, there| {
            fits::allowed_uv(planned, there, required.as_ref())
        });
    }

    fn steps(&mut self, image: &mut ImagePlan) {
        let saying = Saying {
            is_said: true,
            way: format!(
                "`image = \"{{image}}\"` in `build-steps` of [profile.{}] of dfgen.toml",
                image.name
            ),
        };
        for (index, step) in image.steps.iter_mut().enumerate() {
            let StepIn::Elsewhere { image, .. } = &mut step.value.place else {
                continue;
            };
            let stage = StageName::of_step(index);
            let mut planned = Decision::new(image.clone(), step.because.clone());
            self.keep(
                of_stage(stage.as_ref()),
                &mut planned,
                &saying,
                fits::same_major,
            );
            *image = planned.value;
        }
    }

    /// Lines of the user's, read together as they stand in the file one after another.
    fn instructions(&mut self, instructions: &mut Instructions) {
        let Instructions {
            base,
            build,
            app,
            runtime,
        } = instructions;
        let mut all = [base, build, app, runtime];
        let stages = [
            "uv",
            "rust",
            "python",
            "base",
            "build-base",
            "skeleton",
            "build",
            "compile",
            "lock",
            "members",
            "app",
        ];
        let mut text: String = stages
            .iter()
            .map(|name| format!("FROM scratch AS {name}\n"))
            .collect();
        for line in all.iter().flat_map(|setting| &setting.value) {
            text.push_str(line.as_ref());
            text.push('\n');
        }
        let saying = Saying {
            is_said: true,
            way: "that line in `instructions` in dfgen.toml".to_owned(),
        };
        for named in named_images("Dockerfile", &text.clone()).into_iter().rev() {
            let mut planned = Decision::new(named.image, "a line of `instructions`");
            self.keep(named.used, &mut planned, &saying, fits::same_major);
            text.replace_range(named.span, planned.value.as_ref());
        }
        let mut lines = text.lines().skip(stages.len());
        let own = all.iter_mut().flat_map(|setting| &mut setting.value);
        for (own, line) in own.zip(&mut lines) {
            *own = line
                .parse::<Instruction>()
                .expect("an image has another version, which is no other word");
        }
    }
}

/// Keeps what stands in the compose file; what does not fit is told.
pub(in crate::plan) fn services(
    inputs: &Inputs,
    images: &[ImagePlan],
    backing: &mut [BackingPlan],
) -> (Vec<KeptImage>, Vec<Diagnostic>) {
    let mut keeper = Keeper::new(inputs, "compose.yaml".to_owned());
    for plan in backing {
        let needed = images.iter().flat_map(|image| &image.run.services);
        let mut pinned = needed.filter(|needed| needed.value.is_pinned);
        let saying = Saying {
            is_said: pinned.any(|needed| needed.value.name == plan.name),
            way: "`services = [\"{image}\"]` in the profile, in dfgen.toml".to_owned(),
        };
        let used = ImageUse::Service(plan.name.clone());
        if !saying.is_said && plan.data.is_some() && keeper.keep_data(&used, &mut plan.image) {
            continue;
        }
        keeper.keep(used, &mut plan.image, &saying, fits::same_major);
    }
    (keeper.kept, keeper.findings)
}
