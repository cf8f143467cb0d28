//! One Dockerfile: a text for each stage, in the order in which they are built.

use serde::Serialize;

use super::{Placement, text};
use crate::names::PackageName;
use crate::plan::{
    AppForm, AptNeed, Copied, CopiedKind, HealthPlan, HealthTimes, ImagePlan, LayerPlan,
    LocalPackage, PythonSource,
};
use crate::profile::{Instruction, Line};

/// The Dockerfile of an image.
pub(super) fn render(image: &ImagePlan, placement: &Placement) -> String {
    let steps = steps(image, placement);
    let texts: Vec<&str> = steps.iter().map(|(_, text)| text.trim_end()).collect();
    let (header, stages) = texts.split_at(1);
    format!("{}\n\n{}\n", header[0], stages.join("\n\n\n"))
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
        let name = &image.name;
        Self {
            title: format!(
                "The image {name} of {}: {}.",
                image.project.name,
                image.purpose.as_ref()
            ),
            syntax: image.syntax,
            build_command: format!(
                "docker build{ca}{secrets}{ssh} --file {}/{name}.Dockerfile --tag {}-{name} .",
                placement.folder, image.project.name
            ),
        }
    }
}

#[derive(Serialize)]
struct UvView {
    uv_image: String,
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

fn names(names: &[PackageName]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn lines<T: AsRef<str>>(lines: &[T]) -> Vec<String> {
    lines.iter().map(|line| line.as_ref().to_owned()).collect()
}

#[derive(Serialize)]
struct BaseView {
    base_image: String,
    /// The version of uv's own Python; empty where the image has one.
    python: String,
    bytecode: bool,
    user: u32,
    model_cache: String,
    apt: Vec<AptView>,
    ca_certificates: bool,
    instructions: Vec<String>,
}

impl BaseView {
    fn new(image: &ImagePlan) -> Self {
        Self {
            base_image: image.base.value.as_ref().to_owned(),
            python: match image.python_source {
                PythonSource::Image => String::new(),
                PythonSource::Uv => image.python.value.to_string(),
            },
            bytecode: image.bytecode,
            user: image.run.user.value,
            model_cache: image
                .run
                .model_cache
                .as_ref()
                .map_or_else(String::new, |path| path.as_ref().to_owned()),
            apt: apt(&image.apt_runtime),
            ca_certificates: image.ca_certificates,
            instructions: lines::<Instruction>(&image.instructions.base.value),
        }
    }
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

#[derive(Serialize)]
struct BuildView {
    ca_certificates: bool,
    finish_layer: String,
    uv_settings: String,
    instructions: Vec<String>,
}

#[derive(Serialize)]
struct FinishLayerView {
    bytecode: bool,
    strip: bool,
}

/// Whether layers get bytecode. In development the source is replaced under its bytecode: none is compiled.
fn compiles_bytecode(image: &ImagePlan) -> bool {
    image.bytecode && !image.run.development
}

/// The program that turns what was installed into a layer.
pub(super) fn finish_layer(image: &ImagePlan) -> String {
    text(
        "dockerfile/finish-layer.tera",
        &FinishLayerView {
            bytecode: compiles_bytecode(image),
            strip: image.strip,
        },
    )
}

impl BuildView {
    fn new(image: &ImagePlan) -> Self {
        Self {
            ca_certificates: image.ca_certificates,
            finish_layer: finish_layer(image),
            uv_settings: image.build.uv_settings.clone(),
            instructions: lines::<Instruction>(&image.instructions.build.value),
        }
    }
}

/// Whether something is built that needs more than uv and Python.
fn compiles(image: &ImagePlan) -> bool {
    let build = &image.build;
    !build.apt.is_empty() || !build.env.is_empty() || build.rust.is_some()
}

#[derive(Serialize)]
struct CompileView {
    apt: Vec<AptView>,
    env: Vec<VariableView>,
    rust: bool,
    ca_certificates: bool,
    constraints: Vec<String>,
}

impl CompileView {
    fn new(image: &ImagePlan) -> Self {
        Self {
            apt: apt(&image.build.apt),
            env: variables(&image.build.env),
            rust: image.build.rust.is_some(),
            ca_certificates: image.ca_certificates,
            constraints: lines::<Line>(&image.build.constraints),
        }
    }
}

#[derive(Serialize)]
struct LockView {
    split_recipe: String,
    manifests: Vec<CopyView>,
    flags: Vec<String>,
}

#[derive(Serialize)]
struct SplitRecipeView {
    layers: Vec<SplitLayerView>,
    members: Vec<String>,
    unisolated: Vec<String>,
}

#[derive(Serialize)]
struct SplitLayerView {
    name: String,
    patterns: Vec<String>,
}

/// What is copied, and where to.
#[derive(Serialize)]
struct CopyView {
    from: Vec<String>,
    to: String,
}

/// Copies to the same places below a folder: one line for the files of a folder, one for each folder.
fn copies<'a>(
    files: impl IntoIterator<Item = &'a Copied>,
    to: impl Fn(&str) -> String,
) -> Vec<CopyView> {
    let mut views: Vec<CopyView> = Vec::new();
    for file in files {
        let path = file.path.as_ref();
        let parent = path.rfind('/').map_or("", |slash| &path[..=slash]);
        let to = match file.kind {
            CopiedKind::Folder => to(path),
            CopiedKind::File => format!("{}/", to(parent).trim_end_matches('/')),
        };
        match views
            .iter_mut()
            .find(|view| view.to == to && file.kind == CopiedKind::File)
        {
            Some(view) if !view.from.contains(&path.to_owned()) => view.from.push(path.to_owned()),
            Some(_) => {}
            None => views.push(CopyView {
                from: vec![path.to_owned()],
                to,
            }),
        }
    }
    views
}

/// Below the working directory.
fn here(path: &str) -> String {
    if path.is_empty() {
        ".".to_owned()
    } else {
        path.to_owned()
    }
}

/// The program that splits the recipe by layer.
pub(super) fn split_recipe(image: &ImagePlan) -> String {
    let layers = image.layers.iter().map(|layer| SplitLayerView {
        name: layer.name.clone(),
        patterns: layer.patterns.clone(),
    });
    let members = members(image).iter();
    let view = SplitRecipeView {
        layers: layers.collect(),
        members: members.map(|package| package.name.to_string()).collect(),
        unisolated: names(&image.build.unisolated),
    };
    text("dockerfile/split-recipe.tera", &view)
}

impl LockView {
    fn new(image: &ImagePlan) -> Self {
        let manifests = image.recipe.manifests.iter().map(|path| Copied {
            path: path.clone(),
            kind: CopiedKind::File,
        });
        let manifests: Vec<Copied> = manifests.collect();
        Self {
            split_recipe: split_recipe(image),
            manifests: copies(&manifests, here),
            flags: image.recipe.flags.clone(),
        }
    }
}

/// The local packages that have a layer of their own: all but the application.
fn members(image: &ImagePlan) -> &[LocalPackage] {
    let packages = image.app.packages.as_slice();
    match (&image.app.form.value, packages) {
        (AppForm::Package, [members @ .., _]) => members,
        _ => packages,
    }
}

#[derive(Serialize)]
struct DepsView {
    comment: String,
    from: &'static str,
    stage: String,
    layer: String,
    rust: bool,
    /// What of it is built without isolation.
    unisolated: Vec<String>,
    ca_certificates: bool,
    secrets: Vec<String>,
    ssh: bool,
    trim: Vec<Vec<String>>,
}

impl DepsView {
    fn new(image: &ImagePlan, layer: &LayerPlan) -> Self {
        Self {
            comment: layer.comment.clone(),
            from: stage_of_builds(image, layer.compiles),
            stage: stage(layer),
            layer: layer.name.clone(),
            rust: layer.compiles && image.build.rust_for_dependencies,
            unisolated: unisolated(image, layer.packages.iter().map(|package| &package.name)),
            ca_certificates: image.ca_certificates,
            secrets: image
                .build
                .secrets
                .iter()
                .map(|name| name.as_ref().to_owned())
                .collect(),
            ssh: image.build.ssh,
            trim: layer
                .trim
                .iter()
                .map(|rule| rule.patterns.clone())
                .filter(|patterns| !patterns.is_empty())
                .collect(),
        }
    }
}

/// What of some packages is built without isolation.
fn unisolated<'n>(image: &ImagePlan, names: impl Iterator<Item = &'n PackageName>) -> Vec<String> {
    let unisolated = names.filter(|name| image.build.unisolated.contains(name));
    unisolated.map(ToString::to_string).collect()
}

/// The stage that a layer is made on.
fn stage_of_builds(image: &ImagePlan, builds: bool) -> &'static str {
    if builds && compiles(image) {
        "compile"
    } else {
        "build"
    }
}

fn stage(layer: &LayerPlan) -> String {
    if layer.name == "deps" {
        layer.name.clone()
    } else {
        format!("deps-{}", layer.name)
    }
}

#[derive(Serialize)]
struct AppView {
    comment: String,
    from: &'static str,
    stage: &'static str,
    installs: bool,
    unisolated: Vec<String>,
    copies: Vec<CopyView>,
    rust: bool,
    ca_certificates: bool,
    secrets: Vec<String>,
    instructions: Vec<String>,
}

impl AppView {
    /// The members, if there are any, and the application.
    fn all(image: &ImagePlan) -> Vec<Self> {
        let members = members(image);
        let own = &image.app.packages[members.len()..];
        let mut views = Vec::new();
        if !members.is_empty() {
            let comment = "The project's own packages that the application needs, each built and installed as a wheel.";
            views.push(Self::new(image, "members", comment, members));
        }
        let mut app = Self::new(image, "app", Self::comment(image), own);
        app.copies
            .extend(copies(&image.app.files, |path| to_app(image, path)));
        app.instructions = lines::<Instruction>(&image.instructions.app.value);
        views.push(app);
        views
    }

    fn new(
        image: &ImagePlan,
        stage: &'static str,
        comment: &str,
        packages: &[LocalPackage],
    ) -> Self {
        let root = Copied {
            path: "pyproject.toml".parse().expect("a plain name"),
            kind: CopiedKind::File,
        };
        let mut files: Vec<&Copied> = packages.iter().flat_map(|package| &package.files).collect();
        files.extend((!packages.is_empty()).then_some(&root));
        files.sort_by_key(|file| (file.kind, &file.path));
        files.dedup();
        Self {
            comment: comment.to_owned(),
            from: stage_of_builds(image, !packages.is_empty()),
            stage,
            installs: !packages.is_empty(),
            unisolated: unisolated(image, packages.iter().map(|package| &package.name)),
            copies: copies(files, here),
            rust: image.app.rust,
            ca_certificates: image.ca_certificates,
            secrets: image
                .build
                .secrets
                .iter()
                .map(|name| name.as_ref().to_owned())
                .collect(),
            instructions: Vec::new(),
        }
    }

    fn comment(image: &ImagePlan) -> &'static str {
        match (&image.app.form.value, image.app.rust) {
            (AppForm::Package, false) => "The project itself, built and installed as a wheel.",
            (AppForm::Package, true) => {
                "The project itself, built and installed as a wheel. Its Rust code is compiled here."
            }
            (AppForm::Source(_), _) => "The project itself, as source.",
        }
    }
}

/// Files of the application's folder lie in `/app` as they lie there.
fn to_app(image: &ImagePlan, path: &str) -> String {
    let folder = format!("{}/", image.app.folder);
    let below = path.strip_prefix(&folder).unwrap_or(path);
    format!(
        "/app/{}",
        below.trim_start_matches("./").trim_start_matches('.')
    )
}

/// The stages that the image's layers come from, lowest first.
fn layer_stages(image: &ImagePlan) -> Vec<String> {
    let dependencies = image.layers.iter().map(stage);
    let own = AppView::all(image)
        .into_iter()
        .map(|view| view.stage.to_owned());
    dependencies.chain(own).collect()
}

#[derive(Serialize)]
struct ScanView {
    scan_libraries: String,
    layers: Vec<String>,
    ca_certificates: bool,
}

impl ScanView {
    fn new(image: &ImagePlan) -> Option<Self> {
        Some(Self {
            scan_libraries: scan_libraries(image)?,
            layers: layer_stages(image),
            ca_certificates: image.ca_certificates,
        })
    }
}

#[derive(Serialize)]
struct ScanLibrariesView {
    libraries: Vec<AbsentView>,
    parts: Vec<AbsentView>,
    apt_build: Vec<String>,
    apt_runtime: Vec<String>,
    ignore: Vec<String>,
    heading: String,
}

/// What may be missing, and why.
#[derive(Serialize)]
struct AbsentView {
    pattern: String,
    because: String,
}

fn absent(pattern: &str, because: &str) -> AbsentView {
    AbsentView {
        pattern: pattern.to_owned(),
        because: because.to_owned(),
    }
}

/// The program that looks for missing libraries.
pub(super) fn scan_libraries(image: &ImagePlan) -> Option<String> {
    let scan = image.scan.as_ref()?;
    let libraries = scan.libraries.iter();
    let parts = scan.files.iter();
    let view = ScanLibrariesView {
        libraries: libraries
            .map(|(library, because)| absent(library.as_ref(), because))
            .collect(),
        parts: parts
            .map(|(file, because)| absent(&file.to_string(), because))
            .collect(),
        apt_build: lines(&scan.said.apt_build),
        apt_runtime: lines(&scan.said.apt_runtime),
        ignore: lines(&scan.said.ignore),
        heading: format!("[profile.{}]", image.name),
    };
    Some(text("dockerfile/scan-libraries.tera", &view))
}

#[derive(Serialize)]
struct RuntimeView {
    labels: Vec<VariableView>,
    layers: Vec<String>,
    scan: bool,
    instructions: Vec<String>,
    user: u32,
    bytecode: bool,
    env: Vec<VariableView>,
    /// 0 for none.
    port: u16,
    stop_signal: String,
    health: HealthView,
    command: Vec<String>,
}

/// Without a command there is no health check.
#[derive(Serialize, Default)]
struct HealthView {
    command: Vec<String>,
    interval: String,
    timeout: String,
    start_period: String,
    retries: u32,
}

impl RuntimeView {
    fn new(image: &ImagePlan) -> Self {
        let run = &image.run;
        let port = run.port.as_ref().map_or(0, |port| port.value);
        Self {
            labels: variables(
                image
                    .project
                    .labels
                    .iter()
                    .map(|(name, value)| (name, value)),
            ),
            layers: layer_stages(image),
            scan: image.scan.is_some(),
            instructions: lines::<Instruction>(&image.instructions.runtime.value),
            user: run.user.value,
            bytecode: compiles_bytecode(image),
            env: variables(image.env.iter().map(|(name, said)| (name, &said.value))),
            port,
            stop_signal: run.stop_signal.value.to_string(),
            health: HealthView::new(&run.health.value, port),
            command: lines::<Line>(&run.command.value),
        }
    }
}

impl HealthView {
    fn new(plan: &HealthPlan, port: u16) -> Self {
        match plan {
            HealthPlan::Off => Self::default(),
            HealthPlan::Http { path, times } => {
                Self::with(python(&http_probe(path.as_ref(), port)), times)
            }
            HealthPlan::Port { times } => Self::with(python(&port_probe(port)), times),
            HealthPlan::Command { command, times } => Self::with(lines::<Line>(command), times),
        }
    }

    fn with(command: Vec<String>, times: &HealthTimes) -> Self {
        Self {
            command,
            interval: times.interval.as_ref().to_owned(),
            timeout: times.timeout.as_ref().to_owned(),
            start_period: times.start_period.as_ref().to_owned(),
            retries: times.retries,
        }
    }
}

/// Python alone, without the packages of the image: half a tenth of a second.
fn python(program: &str) -> Vec<String> {
    ["python", "-IS", "-c", program].map(str::to_owned).to_vec()
}

/// `http.client` and not `urllib`, which would ask a proxy for 127.0.0.1.
fn http_probe(path: &str, port: u16) -> String {
    let path = serde_json::Value::from(path);
    format!(
        "import sys, http.client as http; c = http.HTTPConnection('127.0.0.1', {port}, timeout=4); \
         c.request('GET', {path}); sys.exit(c.getresponse().status >= 400)"
    )
}

fn port_probe(port: u16) -> String {
    format!("import socket; socket.create_connection(('127.0.0.1', {port}), timeout=4).close()")
}
