//! The plan for machines. Sizes are bytes, compressed; a decision is a `value` and its `because`.

use dfgen::bytes::Bytes;
use dfgen::plan::{
    AppForm, AppPlan, AptNeed, BackingPlan, BuildPlan, ComposePlan, Condition, Copied, CopiedKind,
    Decision, EnvValue, HealthPlan, HealthTimes, ImagePlan, LayerPlan, Plan, PlatformPlan, RunPlan,
    ServiceEnv, ServicePlan, ServiceRole, TrimPlan,
};
use dfgen::profile::{EnvName, Line};
use indexmap::IndexMap;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PlanView {
    output: String,
    images: Vec<ImageView>,
    compose: ComposeView,
    download_bytes: Bytes,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ImageView {
    name: String,
    purpose: String,
    taken_because: String,
    project: String,
    labels: IndexMap<String, String>,
    python: DecisionView<String>,
    base: DecisionView<String>,
    uv: DecisionView<String>,
    platforms: DecisionView<Vec<PlatformView>>,
    recipe: RecipeView,
    apt: AptView,
    build: BuildView,
    layers: Vec<LayerView>,
    app: AppView,
    run: RunView,
    env: IndexMap<String, DecisionView<String>>,
    bytecode: bool,
    instructions: InstructionsView,
}

#[derive(Serialize)]
struct DecisionView<T> {
    value: T,
    because: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PlatformView {
    platform: String,
    packages: usize,
    download_bytes: Bytes,
    built: Vec<String>,
}

#[derive(Serialize)]
struct RecipeView {
    flags: Vec<String>,
    exclude: Vec<String>,
}

#[derive(Serialize)]
struct AptView {
    runtime: Vec<NeedView>,
    optional: Vec<NeedView>,
    build: Vec<NeedView>,
}

#[derive(Serialize)]
struct NeedView {
    package: String,
    because: String,
}

#[derive(Serialize)]
struct BuildView {
    packages: Vec<String>,
    rust: Option<DecisionView<String>>,
    git: bool,
    ssh: bool,
    netrc: bool,
    secrets: Vec<String>,
    constraints: Vec<String>,
    env: IndexMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct LayerView {
    name: String,
    comment: String,
    patterns: Vec<String>,
    download_bytes: Bytes,
    packages: Vec<PackageView>,
    built: Vec<String>,
    trim: Vec<TrimView>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PackageView {
    package: String,
    download_bytes: Option<Bytes>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct TrimView {
    rule: String,
    patterns: Vec<String>,
    saves_bytes: Option<Bytes>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct AppView {
    form: DecisionView<&'static str>,
    import_roots: Vec<String>,
    packages: Vec<LocalView>,
    files: Vec<CopiedView>,
    left: Vec<String>,
    rust: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct LocalView {
    name: String,
    version_variable: Option<String>,
    files: Vec<CopiedView>,
}

#[derive(Serialize)]
struct CopiedView {
    path: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct RunView {
    command: DecisionView<Vec<String>>,
    port: Option<DecisionView<u16>>,
    health: DecisionView<HealthView>,
    stop_signal: DecisionView<String>,
    user: DecisionView<u32>,
    migrate: Option<DecisionView<Vec<String>>>,
    beat: Option<DecisionView<Vec<String>>>,
    model_cache: Option<String>,
    shm_size: Option<String>,
    gpu: bool,
    development: bool,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum HealthView {
    Off,
    Http {
        path: String,
        #[serde(flatten)]
        times: TimesView,
    },
    Port {
        #[serde(flatten)]
        times: TimesView,
    },
    Command {
        command: Vec<String>,
        #[serde(flatten)]
        times: TimesView,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct TimesView {
    interval: String,
    timeout: String,
    start_period: String,
    retries: u32,
}

#[derive(Serialize)]
struct InstructionsView {
    base: Vec<String>,
    build: Vec<String>,
    app: Vec<String>,
    runtime: Vec<String>,
}

#[derive(Serialize)]
struct ComposeView {
    name: String,
    services: Vec<ServiceView>,
    backing: Vec<BackingView>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ServiceView {
    name: String,
    image: String,
    command: Option<Vec<String>>,
    folder: String,
    once: bool,
    host_port: Option<u16>,
    port: Option<u16>,
    depends_on: IndexMap<String, &'static str>,
    env: Vec<VariableView>,
    gpu: bool,
}

#[derive(Serialize)]
struct BackingView {
    name: String,
    image: String,
    env: Vec<VariableView>,
    data: Option<String>,
}

#[derive(Serialize)]
struct VariableView {
    name: String,
    kind: &'static str,
    default: Option<String>,
}

impl PlanView {
    pub(super) fn new(plan: &Plan) -> Self {
        let downloads = plan.images.iter();
        Self {
            output: plan.output.as_ref().to_owned(),
            images: plan.images.iter().map(ImageView::new).collect(),
            compose: ComposeView::new(&plan.compose),
            download_bytes: downloads
                .map(|image| image.platforms.value[0].download.bytes)
                .sum(),
        }
    }
}

impl ImageView {
    fn new(image: &ImagePlan) -> Self {
        let labels = image.project.labels.iter();
        Self {
            name: image.name.to_string(),
            purpose: image.purpose.as_ref().to_owned(),
            taken_because: image.taken_because.clone(),
            project: image.project.name.clone(),
            labels: labels
                .map(|(name, value)| (name.clone(), value.as_ref().to_owned()))
                .collect(),
            python: shown(&image.python),
            base: shown(&image.base),
            uv: shown(&image.uv),
            platforms: DecisionView::new(&image.platforms, |platforms| {
                platforms.iter().map(PlatformView::new).collect()
            }),
            recipe: RecipeView {
                flags: image.recipe.flags.clone(),
                exclude: strings(&image.recipe.exclude),
            },
            apt: AptView {
                runtime: image.apt_runtime.iter().map(NeedView::new).collect(),
                optional: image.apt_optional.iter().map(NeedView::new).collect(),
                build: image.build.apt.iter().map(NeedView::new).collect(),
            },
            build: BuildView::new(&image.build),
            layers: image.layers.iter().map(LayerView::new).collect(),
            app: AppView::new(&image.app),
            run: RunView::new(&image.run),
            env: env(&image.env),
            bytecode: image.bytecode,
            instructions: InstructionsView {
                base: strings(&image.instructions.base.value),
                build: strings(&image.instructions.build.value),
                app: strings(&image.instructions.app.value),
                runtime: strings(&image.instructions.runtime.value),
            },
        }
    }
}

impl<T> DecisionView<T> {
    fn new<V>(decision: &Decision<V>, value: impl Fn(&V) -> T) -> Self {
        Self {
            value: value(&decision.value),
            because: decision.because.clone(),
        }
    }
}

fn shown<T: ToString>(decision: &Decision<T>) -> DecisionView<String> {
    DecisionView::new(decision, ToString::to_string)
}

fn command(decision: &Decision<Vec<Line>>) -> DecisionView<Vec<String>> {
    DecisionView::new(decision, |words| strings(words))
}

fn strings<T: AsRef<str>>(values: &[T]) -> Vec<String> {
    values.iter().map(|one| one.as_ref().to_owned()).collect()
}

fn env(env: &IndexMap<EnvName, Decision<Line>>) -> IndexMap<String, DecisionView<String>> {
    let view = |(name, value): (&EnvName, &Decision<Line>)| {
        let value = DecisionView::new(value, |value| value.as_ref().to_owned());
        (name.as_ref().to_owned(), value)
    };
    env.iter().map(view).collect()
}

impl PlatformView {
    fn new(platform: &PlatformPlan) -> Self {
        Self {
            platform: platform.platform.to_string(),
            packages: platform.packages,
            download_bytes: platform.download.bytes,
            built: strings(&platform.built),
        }
    }
}

impl NeedView {
    fn new(need: &AptNeed) -> Self {
        Self {
            package: need.package.as_str().to_owned(),
            because: need.because.clone(),
        }
    }
}

impl BuildView {
    fn new(build: &BuildPlan) -> Self {
        let env = build.env.iter();
        Self {
            packages: strings(&build.packages),
            rust: build.rust.as_ref().map(shown),
            git: build.git,
            ssh: build.ssh,
            netrc: build.netrc,
            secrets: strings(&build.secrets),
            constraints: strings(&build.constraints),
            env: env
                .map(|(name, value)| (name.as_ref().to_owned(), value.as_ref().to_owned()))
                .collect(),
        }
    }
}

impl LayerView {
    fn new(layer: &LayerPlan) -> Self {
        let packages = layer.packages.iter().map(|one| PackageView {
            package: one.label.clone(),
            download_bytes: one.download,
        });
        Self {
            name: layer.name.clone(),
            comment: layer.comment.clone(),
            patterns: layer.patterns.clone(),
            download_bytes: layer.download,
            packages: packages.collect(),
            built: strings(&layer.built),
            trim: layer.trim.iter().map(TrimView::new).collect(),
        }
    }
}

impl TrimView {
    fn new(trim: &TrimPlan) -> Self {
        Self {
            rule: trim.rule.clone(),
            patterns: trim.patterns.clone(),
            saves_bytes: trim.saves,
        }
    }
}

impl AppView {
    fn new(app: &AppPlan) -> Self {
        let (form, roots) = match &app.form.value {
            AppForm::Package => ("package", [].as_slice()),
            AppForm::Source(roots) => ("source", roots.as_slice()),
        };
        let packages = app.packages.iter().map(|local| LocalView {
            name: local.name.to_string(),
            version_variable: local.version.as_ref().map(|name| name.as_ref().to_owned()),
            files: local.files.iter().map(CopiedView::new).collect(),
        });
        Self {
            form: DecisionView::new(&app.form, |_| form),
            import_roots: strings(roots),
            packages: packages.collect(),
            files: app.files.iter().map(CopiedView::new).collect(),
            left: app.left.clone(),
            rust: app.rust,
        }
    }
}

impl CopiedView {
    fn new(copied: &Copied) -> Self {
        Self {
            path: copied.path.as_ref().to_owned(),
            kind: match copied.kind {
                CopiedKind::File => "file",
                CopiedKind::Folder => "folder",
            },
        }
    }
}

impl RunView {
    fn new(run: &RunPlan) -> Self {
        Self {
            command: command(&run.command),
            port: run
                .port
                .as_ref()
                .map(|port| DecisionView::new(port, |port| *port)),
            health: DecisionView::new(&run.health, HealthView::new),
            stop_signal: shown(&run.stop_signal),
            user: DecisionView::new(&run.user, |user| *user),
            migrate: run.migrate.as_ref().map(|step| command(&step.command)),
            beat: run.beat.as_ref().map(command),
            model_cache: run.model_cache.as_ref().map(text),
            shm_size: run.shm_size.as_ref().map(text),
            gpu: run.gpu,
            development: run.development,
        }
    }
}

fn text(value: &impl AsRef<str>) -> String {
    value.as_ref().to_owned()
}

impl HealthView {
    fn new(health: &HealthPlan) -> Self {
        match health {
            HealthPlan::Off => Self::Off,
            HealthPlan::Http { path, times } => Self::Http {
                path: text(path),
                times: TimesView::new(times),
            },
            HealthPlan::Port { times } => Self::Port {
                times: TimesView::new(times),
            },
            HealthPlan::Command { command, times } => Self::Command {
                command: strings(command),
                times: TimesView::new(times),
            },
        }
    }
}

impl TimesView {
    fn new(times: &HealthTimes) -> Self {
        Self {
            interval: text(&times.interval),
            timeout: text(&times.timeout),
            start_period: text(&times.start_period),
            retries: times.retries,
        }
    }
}

impl ComposeView {
    fn new(compose: &ComposePlan) -> Self {
        Self {
            name: compose.name.clone(),
            services: compose.services.iter().map(ServiceView::new).collect(),
            backing: compose.backing.iter().map(BackingView::new).collect(),
        }
    }
}

impl ServiceView {
    fn new(service: &ServicePlan) -> Self {
        let waits = service.depends_on.iter().map(|(name, condition)| {
            let condition = match condition {
                Condition::Started => "started",
                Condition::Healthy => "healthy",
                Condition::Completed => "completed",
            };
            (name.clone(), condition)
        });
        Self {
            name: service.name.clone(),
            image: service.image.to_string(),
            command: service.command.as_deref().map(strings),
            folder: service.folder.as_ref().to_owned(),
            once: service.role == ServiceRole::Migration,
            host_port: service.port.map(|(host, _)| host),
            port: service.port.map(|(_, port)| port),
            depends_on: waits.collect(),
            env: service.env.iter().map(VariableView::new).collect(),
            gpu: service.gpu,
        }
    }
}

impl BackingView {
    fn new(backing: &BackingPlan) -> Self {
        Self {
            name: backing.name.clone(),
            image: backing.image.to_string(),
            env: backing.env.iter().map(VariableView::new).collect(),
            data: backing.data.as_ref().map(text),
        }
    }
}

impl VariableView {
    fn new(variable: &ServiceEnv) -> Self {
        let (kind, default) = match &variable.value {
            EnvValue::Fixed(value) => ("fixed", Some(text(value))),
            EnvValue::Default(value) => ("default", Some(text(value))),
            EnvValue::Connection(value) => ("connection", Some(value.as_ref().to_owned())),
            EnvValue::Required => ("required", None),
            EnvValue::Optional => ("optional", None),
        };
        Self {
            name: text(&variable.name),
            kind,
            default,
        }
    }
}
