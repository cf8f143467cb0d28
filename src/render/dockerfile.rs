//! One Dockerfile: a text for each stage, in the order in which they are built.

mod install;
mod runtime;
mod scan;
mod tools;

use serde::Serialize;

use self::install::{AppView, CopyView, DepsView, LockView};
use self::runtime::RuntimeView;
use self::scan::ScanView;
use self::tools::{BaseView, BuildView, CompileView, compiles};
use super::filters::word;
use super::{Placement, text};
use crate::plan::{AptNeed, ImagePlan, LayerPlan};

/// The Dockerfile of an image.
pub(super) fn render(image: &ImagePlan, placement: &Placement) -> String {
    let steps = steps(image, placement);
    let texts: Vec<&str> = steps.iter().map(|(_, text)| text.trim_end()).collect();
    let (header, stages) = texts.split_at(1);
    format!("{}\n\n{}\n", header[0], stages.join("\n\n"))
}

/// The text of each step, with the template that it is made from: the header, then the stages.
pub(super) fn steps(image: &ImagePlan, placement: &Placement) -> Vec<(&'static str, String)> {
    let uv = UvView {
        uv_image: format!("ghcr.io/astral-sh/uv:{}", image.uv.value),
    };
    let rust = image.build.rust.iter().map(|rust| RustView {
        rust_image: rust.value.as_ref().to_owned(),
    });
    let layers = image.layers.iter();
    let layers = layers.map(|layer| DepsView::new(image, layer));
    let mut steps = vec![
        step("dockerfile/header.tera", &HeaderView::new(image, placement)),
        step("dockerfile/uv.tera", &uv),
    ];
    let program = placement.program().map(|program| ProgramView {
        program: CopyView::of(&program, "/"),
    });
    steps.extend(program.map(|view| step("dockerfile/program.tera", &view)));
    steps.extend(rust.map(|view| step("dockerfile/rust.tera", &view)));
    steps.push(step("dockerfile/base.tera", &BaseView::new(image)));
    steps.push(step("dockerfile/build.tera", &BuildView::new(image)));
    if compiles(image) {
        steps.push(step("dockerfile/compile.tera", &CompileView::new(image)));
    }
    steps.push(step("dockerfile/lock.tera", &LockView::new(image)));
    steps.extend(layers.map(|view| step("dockerfile/deps.tera", &view)));
    let apps = AppView::all(image);
    steps.extend(apps.iter().map(|view| step("dockerfile/app.tera", view)));
    steps.extend(ScanView::new(image).map(|view| step("dockerfile/scan.tera", &view)));
    steps.push(step("dockerfile/runtime.tera", &RuntimeView::new(image)));
    steps
}

fn step(template: &'static str, view: &impl Serialize) -> (&'static str, String) {
    (template, text(template, view))
}

#[derive(Serialize)]
struct HeaderView {
    title: String,
    syntax: bool,
    netrc: bool,
    build_command: String,
}

impl HeaderView {
    fn new(image: &ImagePlan, placement: &Placement) -> Self {
        let secrets: String = image
            .build
            .secrets
            .iter()
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
        let version = if image.app.takes_version() {
            " --build-arg VERSION=0.0.0"
        } else {
            ""
        };
        let program = match placement {
            Placement::Below(_) => String::new(),
            Placement::Outside { folder, .. } => format!(" --build-context dfgen={folder}"),
        };
        let name = &image.name;
        Self {
            title: format!(
                "The image {name} of {}: {}.",
                image.project.name,
                image.purpose.as_ref()
            ),
            syntax: image.syntax,
            netrc: image.build.netrc,
            build_command: format!(
                "docker build{program}{version}{ca}{secrets}{ssh} --file {}/{name}.Dockerfile --tag {}-{name} .",
                placement.folder(),
                image.project.name
            ),
        }
    }
}

#[derive(Serialize)]
struct UvView {
    uv_image: String,
}

#[derive(Serialize)]
struct ProgramView {
    program: CopyView,
}

#[derive(Serialize)]
struct RustView {
    rust_image: String,
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

fn stage(layer: &LayerPlan) -> String {
    if layer.name == "deps" {
        layer.name.clone()
    } else {
        format!("deps-{}", layer.name)
    }
}

/// The stages that the image's layers come from, lowest first.
fn layer_stages(image: &ImagePlan) -> Vec<String> {
    let dependencies = image.layers.iter().map(stage);
    let own = AppView::all(image)
        .into_iter()
        .map(|view| view.stage.to_owned());
    dependencies.chain(own).collect()
}
