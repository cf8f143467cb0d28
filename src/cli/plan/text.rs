//! The plan for people: a chapter for each image, one for what runs them together, and a total.

use std::cmp::Reverse;

use dfgen::plan::{
    AppForm, AppPlan, AptNeed, BuildLabel, Copied, CopiedKind, Decision, HealthPlan, HealthTimes,
    ImagePlan, Lasting, LayerContents, LayerPlan, LinkPlan, MigrationPlan, Plan, PlatformPlan,
    RunPlan, SnapshotPlan, StopLimit, TrimPlan,
};
use dfgen::profile::Gpu;
use dfgen::size::Sizes;

use super::lists::{held, listed, packages, words};
use super::{built, compose, total};
use crate::cli::rows::Rows;

pub(super) fn text(plan: &Plan, sizes: &Sizes) -> String {
    let images = plan.images.iter().map(|one| image(one, sizes));
    let images: Vec<String> = images.collect();
    format!(
        "{}\n{}\n{}",
        images.join("\n"),
        compose::chapter(plan),
        total::total(plan)
    )
}

/// Takes the whole image apart: what is new does not compile before it has its line in a chapter.
fn image(image: &ImagePlan, sizes: &Sizes) -> String {
    let ImagePlan {
        name,
        tag,
        tag_because,
        taken_because,
        purpose,
        serves_models: _, // as other images' services wait for it
        project: _,       // its labels are in the files, and in JSON
        said_labels: _,
        build_labels: _,
        uv: _,
        python: _,
        base: _,
        build_base: _,
        foreign_base: _,
        python_source: _,
        platforms: _,
        only_platform: _,
        apt_runtime: _,
        apt_optional: _,
        steps: _,
        build: _,
        recipe: _,
        layers: _,
        app: _,
        context: _,
        run: _,
        env: _,
        bytecode: _,
        strip: _,
        scan: _,
        instructions: _,
        builder: _,
        snapshot: _,
        unpinned: _,
        syntax: _,
        frontend: _,
        kept: _, // why each image is that one
        ca_certificates: _,
    } = image;
    let purpose = purpose.as_ref();
    let called = match tag_because.as_str() {
        "" => tag.to_string(),
        said => format!("{tag}  {said}"),
    };
    let heading = format!("{name}: {purpose}\n  taken: {taken_because}\n  called: {called}\n");
    heading + &chapters(image, sizes)
}

fn chapters(image: &ImagePlan, sizes: &Sizes) -> String {
    let chapters = [
        ("what it is made from", made_from(image)),
        ("Debian packages", debian(image)),
        (
            "layers, from the bottom; who has one does not download it again",
            layers(image),
        ),
        ("how it is built", built::chapter(image)),
        ("how it runs", run(image)),
        ("labels that are said", labels(image)),
        (
            "what it takes: `dfgen size` has the parts",
            super::takes::rows(image, sizes),
        ),
        (
            "not held: a build takes it as it is that day",
            built::unpinned(image),
        ),
    ];
    let told = chapters.into_iter().filter_map(|(title, rows)| {
        let rows = rows.text(4);
        (!rows.is_empty()).then(|| format!("\n  {title}\n{rows}"))
    });
    told.collect()
}

fn labels(image: &ImagePlan) -> Rows {
    let mut rows = Rows::default();
    for (name, said) in &image.said_labels {
        rows.push(name, said.value.as_ref(), said.because.clone());
    }
    for BuildLabel { label, argument } in &image.build_labels {
        let value = format!("${}", argument.as_ref());
        rows.push(label, value, "`build-labels`: the build says it");
    }
    rows
}

fn made_from(image: &ImagePlan) -> Rows {
    let mut rows = Rows::default();
    decided(&mut rows, "Python", &image.python);
    decided(&mut rows, "base image", &image.base);
    if let Some(builder) = &image.build_base {
        rows.push(
            "built on",
            builder.value.to_string(),
            format!("{}; another image than the one that runs", builder.because),
        );
    }
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
    if let Some(only) = &image.only_platform {
        decided(&mut rows, "runs on", only);
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

fn built(platform: &PlatformPlan) -> String {
    let names: Vec<&str> = platform.built.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [] => "compressed; all of it ready-made".to_owned(),
        names => format!("compressed; no wheel, so built here: {}", names.join(", ")),
    }
}

fn debian(image: &ImagePlan) -> Rows {
    let mut rows = Rows::default();
    for need in &image.apt_runtime {
        rows.push(need.package.as_str(), "to run", asked(need));
    }
    for need in &image.build.apt {
        rows.push(
            need.package.as_str(),
            "to build, not in the image",
            asked(need),
        );
    }
    if image.apt_runtime.is_empty() && image.build.apt.is_empty() {
        rows.push("none", "", "");
    }
    if let Some(SnapshotPlan { day, release }) = &image.snapshot {
        let because = format!("`apt.snapshot`; {release}, from snapshot.debian.org");
        rows.push("as of", day.to_string(), because);
    }
    for need in &image.apt_optional {
        let because = format!("only {}: add it to `apt.runtime` then", need.because);
        rows.push(need.package.as_str(), "not in the image", because);
    }
    rows
}

/// Who asks for a Debian package, and what it costs.
fn asked(need: &AptNeed) -> String {
    let AptNeed {
        package: _,
        because,
        size,
    } = need;
    match size {
        Some(size) => format!("asked for by {because}; {size} unpacked, with what comes with it"),
        None => format!("asked for by {because}"),
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one row after the other: nothing to share"
)]
fn layers(image: &ImagePlan) -> Rows {
    let mut rows = Rows::default();
    rows.push(
        "base image",
        "",
        "Python itself, shared by all images on it",
    );
    for layer in &image.layers {
        let first = layer.first();
        rows.push(
            layer.name.as_str(),
            first.download.to_string(),
            content(first),
        );
        for other in layer.contents.iter().filter(|other| differs(first, other)) {
            let what = format!("{}, {}", packages(other.packages.len()), other.download);
            rows.below(format!("for {}: {what}", other.platform));
        }
        left_out(&mut rows, layer);
    }
    let AppPlan {
        form,
        members: _,
        package: _,
        folder: _,
        files,
        left,
        told: _,
        metadata,
        rust,
    } = &image.app;
    let app = &image.app;
    let how = match &form.value {
        AppForm::Package => "built and installed as a wheel",
        AppForm::Source(_) => "as source in /app",
    };
    rows.push("application", "", format!("{how}: {}", form.because));
    if let Some(metadata) = metadata {
        rows.below(format!("its source asks for its own metadata: {metadata}"));
    }
    if *rust {
        rows.below("its Rust code is compiled");
    }
    for package in app.packages() {
        let files = package.files.iter().map(path);
        rows.below(format!("{}: {}", package.name, listed(files)));
    }
    if app.takes_version() {
        rows.below("its version comes from Git, which a build does not see: 0.0.0, or what `--build-arg VERSION=1.2.3` says");
    }
    if !files.is_empty() {
        let files = files.iter().map(path);
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
    if !left.is_empty() {
        let left = left.iter().map(|folder| format!("{folder}/"));
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

/// Whether it is worth a line of its own what a layer is on another platform.
fn differs(first: &LayerContents, other: &LayerContents) -> bool {
    (first.packages.len(), first.download) != (other.packages.len(), other.download)
}

/// The heaviest packages first: they are what a person would look at.
fn content(contents: &LayerContents) -> String {
    let mut heaviest: Vec<_> = contents.packages.iter().collect();
    heaviest.sort_by_key(|one| std::cmp::Reverse(one.download));
    let names = heaviest.iter().map(|one| one.name.to_string());
    match heaviest.len() {
        0 => "no package".to_owned(),
        count => format!("{}: {}", packages(count), listed(names)),
    }
}

fn left_out(rows: &mut Rows, layer: &LayerPlan) {
    if layer.trim.is_empty() || layer.names().is_empty() {
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
    if !layer.stripped.is_empty() {
        let names = layer.stripped.iter().map(ToString::to_string);
        let names: Vec<String> = names.collect();
        rows.below(format!(
            "changed, as their debug symbols are cut (the label `dfgen.stripped` says so): {}",
            names.join(", ")
        ));
    }
    if !layer.as_built.is_empty() {
        rows.below(format!(
            "as built, since their licences let nobody change them: {}",
            layer.as_built.join(", ")
        ));
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one row after the other: nothing to share"
)]
fn run(image: &ImagePlan) -> Rows {
    let RunPlan {
        command,
        port,
        port_variable,
        health,
        stop_signal,
        stop_limit,
        user,
        migrate,
        beat,
        processes: _, // with the services of the compose file
        lasts,
        connections: _, // with the services of the compose file
        neighbours: _,  // with the services of the compose file
        tuning,
        services: _, // there, too
        model_cache,
        volumes,
        links,
        env_files: _, // with the services of the compose file
        shm_size,
        gpu,
        development,
    } = &image.run;
    let mut rows = Rows::default();
    rows.push("command", words(&command.value), command.because.clone());
    match port {
        Some(port) => decided(&mut rows, "port", port),
        None => rows.push("port", "none", "it listens on none"),
    }
    if let Some(variable) = port_variable {
        let name = format!("${}", variable.as_ref());
        rows.push("port from", name, "where a platform sets it");
    }
    rows.push(
        "health check",
        self::health(&health.value),
        health.because.clone(),
    );
    decided(&mut rows, "stop signal", stop_signal);
    match stop_limit.value {
        StopLimit::Within(0) => rows.push("stops", "at once", stop_limit.because.clone()),
        StopLimit::Within(seconds) => rows.push(
            "stops",
            format!("within {seconds} s"),
            stop_limit.because.clone(),
        ),
        StopLimit::UntilDone => rows.push("stops", "when done", stop_limit.because.clone()),
        StopLimit::Unknown => {}
    }
    decided(&mut rows, "user", user);
    let lasting = match lasts.value {
        Lasting::Always => None,
        Lasting::UntilDone => Some("until it is done"),
        Lasting::Session => Some("as long as somebody speaks to it"),
    };
    if let Some(lasting) = lasting {
        rows.push("runs", lasting, lasts.because.clone());
    }
    if let Some(MigrationPlan { command, folder }) = migrate {
        let because = format!(
            "{}; once in {}, before the service starts",
            command.because,
            folder.as_ref()
        );
        rows.push("migration", words(&command.value), because);
    }
    if let Some(beat) = beat {
        rows.push("beat", words(&beat.value), beat.because.clone());
    }
    let gpus = match gpu {
        Gpu::Off => None,
        Gpu::All => Some("all of the host's".to_owned()),
        Gpu::Count(count) => Some(format!("{count} of the host's")),
    };
    if let Some(gpus) = gpus {
        rows.push("GPU", gpus, "the profile asks for it");
    }
    if let Some(volume) = model_cache {
        rows.push(
            "models",
            volume.folder.as_ref(),
            "a volume: kept when the container goes",
        );
    }
    for volume in volumes {
        rows.push(
            "kept",
            compose::mounted(&volume.value),
            volume.because.clone(),
        );
    }
    for link in links {
        let LinkPlan { path, target } = &link.value;
        let line = format!("{} in {}", path.as_ref(), target.as_ref());
        rows.push("linked", line, link.because.clone());
    }
    if let Some(size) = shm_size {
        rows.push("shared memory", size.as_ref(), "the profile asks for it");
    }
    if *development {
        rows.push(
            "development",
            "yes",
            "for a developer's machine, never for production",
        );
    }
    for variable in tuning {
        let label = format!("${}", variable.name.as_ref());
        rows.push(label, "not set", variable.because.clone());
    }
    for (name, value) in &image.env {
        let label = format!("${}", name.as_ref());
        rows.push(label, value.value.as_ref(), value.because.clone());
    }
    rows
}

fn health(health: &HealthPlan) -> String {
    let every = |times: &HealthTimes| format!("every {}", times.interval.as_ref());
    match health {
        HealthPlan::Off => "none".to_owned(),
        HealthPlan::Http {
            path,
            host: _,      // told with why it is asked
            any_host: _,  // there, too
            protected: _, // there, too
            times,
        } => format!("GET {}, {}", path.as_ref(), every(times)),
        HealthPlan::Port { times } => format!("connects to the port, {}", every(times)),
        HealthPlan::Command { command, times } => format!("{}, {}", words(command), every(times)),
    }
}
