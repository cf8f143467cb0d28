//! One Dockerfile: a text for each stage, in the order in which they are built.

mod buildah;
mod install;
mod runtime;
mod scan;
mod step;
mod tools;

use serde::Serialize;

use self::install::{AppView, DepsView, LockView};
use self::runtime::RuntimeView;
use self::scan::ScanView;
use self::step::StepView;
use self::tools::{BaseView, BuildView, CompileView, PythonView, SkeletonView, SnapshotView};
use super::filters::word;
use super::{Placement, text};
use crate::plan::{AptNeed, ImagePlan, StageBase, StageKind, StagePlan};
use crate::profile::Builder;

/// The Dockerfile of an image.
pub(super) fn render(image: &ImagePlan, placement: &Placement) -> String {
    let steps = steps(image, placement);
    let texts: Vec<&str> = steps.iter().map(|(_, text)| text.trim_end()).collect();
    let (header, stages) = texts.split_at(1);
    let text = format!("{}\n\n{}\n", header[0], stages.join("\n\n"));
    match image.builder {
        Builder::Buildkit => text,
        Builder::Buildah => buildah::translated(&text),
    }
}

/// The text of each step, with the template that it is made from: the header, then the stages.
pub(super) fn steps(image: &ImagePlan, placement: &Placement) -> Vec<(&'static str, String)> {
    let stages = image.stages();
    let stages = stages
        .iter()
        .filter_map(|stage| of_stage(image, stage, placement));
    let header = step(
        "dockerfile/header.jinja",
        &HeaderView::new(image, placement),
    );
    std::iter::once(header).chain(stages).collect()
}

/// `None` for what a build has from elsewhere.
fn of_stage(
    image: &ImagePlan,
    stage: &StagePlan,
    placement: &Placement,
) -> Option<(&'static str, String)> {
    let from = FromView::new(stage, placement);
    Some(match &stage.makes {
        StageKind::Uv => step("dockerfile/uv.jinja", &from),
        StageKind::Rust => step("dockerfile/rust.jinja", &from),
        StageKind::Python => step("dockerfile/python.jinja", &PythonView::new(image, from)),
        StageKind::Snapshot => step(
            "dockerfile/snapshot.jinja",
            &SnapshotView::new(image, image.snapshot?, from),
        ),
        StageKind::Base => step("dockerfile/base.jinja", &BaseView::new(image, from)),
        StageKind::BuildBase => step("dockerfile/base.jinja", &BaseView::building(image, from)),
        StageKind::Skeleton => step("dockerfile/skeleton.jinja", &SkeletonView::new(image, from)),
        StageKind::Build => step(
            "dockerfile/build.jinja",
            &BuildView::new(image, from, placement),
        ),
        StageKind::Compile => step("dockerfile/compile.jinja", &CompileView::new(image, from)),
        StageKind::Lock(parts) => step("dockerfile/lock.jinja", &LockView::new(image, from, parts)),
        StageKind::Dependencies { layer, install } => {
            let view = DepsView::new(image, from, *layer, install);
            step("dockerfile/deps.jinja", &view)
        }
        StageKind::Members(install) => step(
            "dockerfile/app.jinja",
            &AppView::members(image, from, install),
        ),
        StageKind::App(install) => {
            step("dockerfile/app.jinja", &AppView::app(image, from, install))
        }
        StageKind::Step {
            step: index,
            layers,
        } => {
            let plan = &image.steps[*index].value;
            let view = StepView::new(image, from, plan, layers);
            step("dockerfile/step.jinja", &view)
        }
        StageKind::Scan(layers) => {
            let view = ScanView::new(image, from, image.scan.as_ref()?, layers);
            step("dockerfile/scan.jinja", &view)
        }
        StageKind::Runtime(layers) => step(
            "dockerfile/runtime.jinja",
            &RuntimeView::new(image, from, layers),
        ),
    })
}

/// `FROM base AS name`.
#[derive(Serialize)]
struct FromView {
    from: String,
    stage: String,
    /// How a step mounts the program that makes layers.
    program: String,
}

impl FromView {
    fn new(stage: &StagePlan, placement: &Placement) -> Self {
        Self {
            program: placement.program_mount(),
            from: match &stage.from {
                StageBase::Image(image) => image.to_string(),
                StageBase::Stage(stage) => stage.to_string(),
            },
            stage: stage.name.to_string(),
        }
    }
}

fn step(template: &'static str, view: &impl Serialize) -> (&'static str, String) {
    (template, text(template, view))
}

#[derive(Serialize)]
struct HeaderView {
    title: String,
    /// The image that reads the file; empty for the builder's own.
    syntax: String,
    netrc: bool,
    /// Whether podman builds it.
    podman: bool,
    build_command: String,
}

impl HeaderView {
    fn new(image: &ImagePlan, placement: &Placement) -> Self {
        let secrets: String = image
            .secrets()
            .into_iter()
            .map(|name| format!(" --secret id={0},env={0}", name.as_ref()))
            .collect();
        let ca = if image.ca_certificates {
            " --secret id=ca-certificates,src=FILE"
        } else {
            ""
        };
        let ssh = if image.build.ssh {
            " --ssh default"
        } else {
            ""
        };
        let arguments: String = image.arguments().into_iter().map(argument).collect();
        let program = match placement {
            Placement::Below(_) => String::new(),
            Placement::Outside { folder, .. } => {
                format!(" --build-context {}", word(&format!("dfgen={folder}")))
            }
        };
        let platform = platform(image);
        let name = &image.name;
        Self {
            title: format!(
                "The image {name} of {}: {}.",
                image.project.name,
                image.purpose.as_ref()
            ),
            syntax: syntax(image),
            netrc: image.build.netrc,
            podman: image.builder == Builder::Buildah,
            build_command: format!(
                "{}{platform}{program}{arguments}{ca}{secrets}{ssh} --file {} --tag {} .",
                build_command(image.builder),
                word(&format!("{}/{name}.Dockerfile", placement.folder())),
                image.tag
            ),
        }
    }
}

/// A build argument, with what says its value where anything here does.
fn argument((name, unsaid): (&str, &'static str)) -> String {
    let value = match name {
        "REVISION" => "$(git rev-parse HEAD)",
        // The commit's and not the build's, so that one commit is one image.
        "CREATED" => "$(git show --no-patch --format=%cI HEAD)",
        _ if unsaid.is_empty() => return String::new(),
        _ => unsaid,
    };
    format!(" --build-arg {name}={value}")
}

/// The option that names the platforms, where not the builder's own is meant.
fn platform(image: &ImagePlan) -> String {
    let platforms: Vec<String> = match (&image.only_platform, &image.platforms.value[..]) {
        (Some(only), _) => vec![only.value.to_string()],
        (None, [_]) => Vec::new(),
        (None, several) => several.iter().map(|one| one.platform.to_string()).collect(),
    };
    match &platforms[..] {
        [] => String::new(),
        platforms => format!(" --platform {}", platforms.join(",")),
    }
}

/// Without its own format, podman's images have no health check.
fn build_command(builder: Builder) -> &'static str {
    match builder {
        Builder::Buildkit => "docker build",
        Builder::Buildah => "podman build --format docker",
    }
}

fn syntax(image: &ImagePlan) -> String {
    let frontend = image.syntax.then(|| image.frontend.value.to_string());
    frontend.unwrap_or_default()
}

#[derive(Serialize)]
struct AptView {
    name: String,
    because: String,
}

fn apt(needs: &[AptNeed]) -> Vec<AptView> {
    let view = |need: &AptNeed| AptView {
        name: need.package.as_str().to_owned(),
        because: need.because.clone(),
    };
    needs.iter().map(view).collect()
}

/// What a command of the program is told: `name` and a list, where there is something to list.
fn option(name: &str, list: &[impl ToString]) -> Option<String> {
    let list: Vec<String> = list.iter().map(ToString::to_string).collect();
    (!list.is_empty()).then(|| format!("{name} {}", word(&list.join(","))))
}

fn lines<T: AsRef<str>>(lines: &[T]) -> Vec<String> {
    lines.iter().map(|line| line.as_ref().to_owned()).collect()
}

#[derive(Serialize)]
struct VariableView {
    name: String,
    value: String,
}

fn variables<'a, N: AsRef<str> + 'a, V: AsRef<str> + 'a>(
    pairs: impl IntoIterator<Item = (&'a N, &'a V)>,
) -> Vec<VariableView> {
    let view = |(name, value): (&N, &V)| VariableView {
        name: name.as_ref().to_owned(),
        value: value.as_ref().to_owned(),
    };
    pairs.into_iter().map(view).collect()
}

fn names<T: ToString>(names: &[T]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
