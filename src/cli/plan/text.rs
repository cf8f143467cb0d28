//! The plan for people: a chapter for each image, one for what runs them together, and a total.

use std::cmp::Reverse;

use dfgen::closure::Weight;
use dfgen::plan::{
    AppForm, BackingPlan, Condition, Copied, CopiedKind, Decision, EnvValue, HealthPlan,
    HealthTimes, ImagePlan, LayerPlan, Plan, PlatformPlan, ServiceEnv, ServicePlan, ServiceRole,
    TrimPlan,
};
use dfgen::profile::Line;

use crate::cli::rows::Rows;

/// How many names of a list are shown before the rest is counted.
const SHOWN: usize = 6;

pub(super) fn text(plan: &Plan) -> String {
    let images: Vec<String> = plan.images.iter().map(image).collect();
    format!("{}\n{}\n{}", images.join("\n"), compose(plan), total(plan))
}

fn image(image: &ImagePlan) -> String {
    let sections = [
        ("what it is made from", made_from(image)),
        ("Debian packages", debian(image)),
        (
            "layers, from the bottom; who has one does not download it again",
            layers(image),
        ),
        ("how it runs", run(image)),
    ];
    let mut text = format!(
        "{}: {}\n  taken: {}\n",
        image.name,
        image.purpose.as_ref(),
        image.taken_because
    );
    for (title, rows) in sections {
        let rows = rows.text(4);
        if !rows.is_empty() {
            text.push_str(&format!("\n  {title}\n{rows}"));
        }
    }
    text
}

fn made_from(image: &ImagePlan) -> Rows {
    let mut rows = Rows::default();
    decided(&mut rows, "Python", &image.python);
    decided(&mut rows, "base image", &image.base);
    rows.push(
        "uv",
        image.uv.value.to_string(),
        format!(
            "{}; it builds the image, and is not in it",
            image.uv.because
        ),
    );
    if let Some(rust) = &image.build.rust {
        rows.push(
            "Rust",
            rust.value.to_string(),
            format!("{}; it builds, and is not in the image", rust.because),
        );
    }
    for platform in &image.platforms.value {
        let label = format!("for {}", platform.platform);
        rows.push(label, held(platform), built(platform));
    }
    let flags = image.recipe.flags.join(" ");
    let flags = if flags.is_empty() { "no flags" } else { &flags };
    rows.push(
        "from uv.lock",
        flags,
        "what of the lock is taken, in the flags of `uv export`",
    );
    rows
}

fn decided<T: ToString>(rows: &mut Rows, label: &str, decision: &Decision<T>) {
    rows.push(label, decision.value.to_string(), decision.because.clone());
}

/// `31 packages, 12 MB`
fn held(platform: &PlatformPlan) -> String {
    format!("{}, {}", packages(platform.packages), platform.download)
}

fn built(platform: &PlatformPlan) -> String {
    let names: Vec<&str> = platform.built.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [] => "compressed; all of it ready-made".to_owned(),
        names => format!("compressed; no wheel, so built here: {}", names.join(", ")),
    }
}

fn packages(count: usize) -> String {
    match count {
        1 => "1 package".to_owned(),
        count => format!("{count} packages"),
    }
}

fn debian(image: &ImagePlan) -> Rows {
    let mut rows = Rows::default();
    for need in &image.apt_runtime {
        let because = format!("asked for by {}", need.because);
        rows.push(need.package.as_str(), "to run", because);
    }
    for need in &image.build.apt {
        let because = format!("asked for by {}", need.because);
        rows.push(need.package.as_str(), "to build, not in the image", because);
    }
    if image.apt_runtime.is_empty() && image.build.apt.is_empty() {
        rows.push("none", "", "");
    }
    for need in &image.apt_optional {
        let because = format!("only {}: add it to `apt.runtime` then", need.because);
        rows.push(need.package.as_str(), "not in the image", because);
    }
    rows
}

fn layers(image: &ImagePlan) -> Rows {
    let mut rows = Rows::default();
    rows.push(
        "base image",
        "",
        "Python itself, shared by all images on it",
    );
    for layer in &image.layers {
        rows.push(layer.name.as_str(), size(layer), content(layer));
        left_out(&mut rows, layer);
    }
    let app = &image.app;
    let form = match &app.form.value {
        AppForm::Package => "built and installed as a wheel",
        AppForm::Source(_) => "as source in /app",
    };
    rows.push("application", "", format!("{form}: {}", app.form.because));
    for package in &app.packages {
        let files = package.files.iter().map(path);
        rows.below(format!("{}: {}", package.name, listed(files)));
    }
    if app.takes_version() {
        rows.below("its version comes from Git, which a build does not see: 0.0.0, or what `--build-arg VERSION=1.2.3` says");
    }
    if !app.files.is_empty() {
        let files = app.files.iter().map(path);
        rows.below(format!("to /app as they are: {}", listed(files)));
    }
    let kept = image.context.kept.iter();
    let kept = kept.map(|(path, because)| format!("{path} ({because})"));
    if kept.len() > 0 {
        rows.below(format!(
            "sent to Docker though its name or an ignore file speaks against it: {}",
            listed(kept)
        ));
    }
    if !app.left.is_empty() {
        let left = app.left.iter().map(|folder| format!("{folder}/"));
        rows.below(format!(
            "not taken, as the source names nothing in it (`copy` takes it): {}",
            listed(left)
        ));
    }
    rows
}

fn path(copied: &Copied) -> String {
    match copied.kind {
        CopiedKind::File => copied.path.as_ref().to_owned(),
        CopiedKind::Folder => format!("{}/", copied.path.as_ref()),
    }
}

fn size(layer: &LayerPlan) -> String {
    let unknown = layer.packages.iter().filter(|one| one.download.is_none());
    match unknown.count() {
        0 => layer.download.to_string(),
        count if count == layer.packages.len() => "unknown".to_owned(),
        count => format!("{} + {count} unknown", layer.download),
    }
}

/// The heaviest packages first: they are what a person would look at.
fn content(layer: &LayerPlan) -> String {
    let mut heaviest: Vec<_> = layer.packages.iter().collect();
    heaviest.sort_by_key(|one| std::cmp::Reverse(one.download));
    let names = heaviest.iter().map(|one| one.name.to_string());
    match heaviest.len() {
        0 => "no package".to_owned(),
        count => format!("{}: {}", packages(count), listed(names)),
    }
}

/// `a, b and 3 more`
fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.len() <= SHOWN {
        return names.join(", ");
    }
    let shown = names[..SHOWN].join(", ");
    format!("{shown} and {} more", names.len() - SHOWN)
}

fn left_out(rows: &mut Rows, layer: &LayerPlan) {
    if layer.trim.is_empty() || layer.packages.is_empty() {
        return;
    }
    let mut rules: Vec<&TrimPlan> = layer.trim.iter().collect();
    rules.sort_by_key(|rule| Reverse(rule.saves));
    let words = rules.iter().map(|rule| match rule.saves {
        Some(saves) => format!("{} (saves {saves} on disk)", rule.rule),
        None => rule.rule.clone(),
    });
    let rules: Vec<String> = words.collect();
    rows.below(format!("left out: {}", rules.join(", ")));
}

fn run(image: &ImagePlan) -> Rows {
    let run = &image.run;
    let mut rows = Rows::default();
    rows.push(
        "command",
        words(&run.command.value),
        run.command.because.clone(),
    );
    match &run.port {
        Some(port) => decided(&mut rows, "port", port),
        None => rows.push("port", "none", "it listens on none"),
    }
    rows.push(
        "health check",
        health(&run.health.value),
        run.health.because.clone(),
    );
    decided(&mut rows, "stop signal", &run.stop_signal);
    decided(&mut rows, "user", &run.user);
    if let Some(migrate) = &run.migrate {
        rows.push(
            "migration",
            words(&migrate.command.value),
            format!(
                "{}; once, before the service starts",
                migrate.command.because
            ),
        );
    }
    if let Some(beat) = &run.beat {
        rows.push("beat", words(&beat.value), beat.because.clone());
    }
    if run.gpu {
        rows.push("GPU", "all of the host's", "the profile asks for it");
    }
    if let Some(folder) = &run.model_cache {
        rows.push(
            "models",
            folder.as_ref(),
            "a volume: kept when the container goes",
        );
    }
    if let Some(size) = &run.shm_size {
        rows.push("shared memory", size.as_ref(), "the profile asks for it");
    }
    for (name, value) in &image.env {
        let label = format!("${}", name.as_ref());
        rows.push(label, value.value.as_ref(), value.because.clone());
    }
    rows
}

/// A command as one would type it.
fn words(words: &[Line]) -> String {
    let word = |word: &Line| {
        let plain = |c: char| c.is_alphanumeric() || "-_./:=@,+%".contains(c);
        let text = word.as_ref();
        if !text.is_empty() && text.chars().all(plain) {
            text.to_owned()
        } else {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
    };
    let words: Vec<String> = words.iter().map(word).collect();
    words.join(" ")
}

fn health(health: &HealthPlan) -> String {
    let every = |times: &HealthTimes| format!("every {}", times.interval.as_ref());
    match health {
        HealthPlan::Off => "none".to_owned(),
        HealthPlan::Http { path, times } => format!("GET {}, {}", path.as_ref(), every(times)),
        HealthPlan::Port { times } => format!("connects to the port, {}", every(times)),
        HealthPlan::Command { command, times } => format!("{}, {}", words(command), every(times)),
    }
}

fn compose(plan: &Plan) -> String {
    let mut rows = Rows::default();
    for one in &plan.compose.services {
        service(&mut rows, one);
    }
    for one in &plan.compose.backing {
        backing(&mut rows, one);
    }
    format!(
        "compose.yaml: runs them together, as `{}`\n{}",
        plan.compose.name,
        rows.text(4)
    )
}

fn service(rows: &mut Rows, service: &ServicePlan) {
    let reach = match (&service.port, service.role == ServiceRole::Migration) {
        (Some((host, _)), _) => format!("127.0.0.1:{host}"),
        (None, true) => "runs once".to_owned(),
        (None, false) => "no port".to_owned(),
    };
    let waits = service.depends_on.iter().map(|(name, condition)| {
        let until = match condition {
            Condition::Started => "has started",
            Condition::Healthy => "is healthy",
            Condition::Completed => "has ended well",
        };
        format!("{name} {until}")
    });
    let waits: Vec<String> = waits.collect();
    let waits = match waits.as_slice() {
        [] => format!("the image {}", service.image),
        waits => format!(
            "the image {}; waits until {}",
            service.image,
            waits.join(" and ")
        ),
    };
    rows.push(service.name.as_str(), reach, waits);
    for variable in &service.env {
        rows.below(setting(variable));
    }
}

fn backing(rows: &mut Rows, backing: &BackingPlan) {
    rows.push(
        backing.name.as_str(),
        "backing service",
        format!("the image {}", backing.image),
    );
    for variable in &backing.env {
        rows.below(setting(variable));
    }
}

fn setting(variable: &ServiceEnv) -> String {
    let name = variable.name.as_ref();
    match &variable.value {
        EnvValue::Default(value) | EnvValue::Connection(value) => {
            format!("${name}: {} unless the host sets it", value.as_ref())
        }
        EnvValue::Fixed(value) => format!("${name}: {}", value.as_ref()),
        EnvValue::Required => format!("${name}: the host must set it"),
        EnvValue::Optional => format!("${name}: where the host sets it"),
    }
}

fn total(plan: &Plan) -> String {
    let mut rows = Rows::default();
    for image in &plan.images {
        let first = &image.platforms.value[0];
        rows.push(image.name.as_ref(), held(first), "");
    }
    let mut sum = Weight::default();
    for image in &plan.images {
        let download = image.platforms.value[0].download;
        sum.bytes += download.bytes;
        sum.unknown += download.unknown;
    }
    if plan.images.len() > 1 {
        rows.push("in all", sum.to_string(), "");
    }
    format!(
        "to download, compressed, beside base images and the project's own files\n{}\
         `dfgen render` writes all of it to {}/\n",
        rows.text(4),
        plan.output.as_ref()
    )
}
