//! How an image is built, for people: only what is not so in every image.

use dfgen::plan::{
    BuildPlan, Decision, ImagePlan, PythonSource, RecipePlan, ScanPlan, StepIn, StepPlan, Unpinned,
};
use dfgen::profile::{Builder, Instruction, Instructions, Needs, Setting};

use super::lists::{listed, named};
use crate::cli::rows::Rows;

/// A chapter. Everything that decides about the build is taken apart here or in the other chapters: what is new
/// does not compile before it has its line.
pub(super) fn chapter(image: &ImagePlan) -> Rows {
    let mut rows = Rows::default();
    if image.python_source == PythonSource::Uv {
        rows.push("Python", "uv's own build", "the base image has none");
    }
    recipe(&mut rows, &image.recipe);
    build(&mut rows, &image.build);
    if !image.bytecode {
        rows.push(
            "bytecode",
            "none",
            "compiled when a module is first imported, in each container",
        );
    }
    if !image.strip {
        rows.push(
            "debug symbols",
            "kept",
            "`keep` says so, or development wants them",
        );
    }
    if let Some(scan) = &image.scan {
        self::scan(&mut rows, scan);
    }
    for step in &image.steps {
        self::step(&mut rows, step);
    }
    instructions(&mut rows, &image.instructions);
    if image.ca_certificates {
        rows.push(
            "secret",
            "ca-certificates",
            "steps that download trust the company's certificates",
        );
    }
    if image.builder == Builder::Buildah {
        rows.push(
            "for",
            "podman and buildah",
            "`builder`: layers are copied onto each other, without `--link`",
        );
    }
    frontend(&mut rows, image);
    rows
}

/// What reads the Dockerfile, where that is not what it is everywhere.
fn frontend(rows: &mut Rows, image: &ImagePlan) {
    let frontend = &image.frontend;
    if !image.syntax {
        rows.push(
            "# syntax=",
            "none",
            "the builder's own Dockerfile frontend reads it",
        );
    } else if image.kept.iter().any(|kept| kept.image == frontend.value) {
        rows.push(
            "# syntax=",
            frontend.value.to_string(),
            frontend.because.clone(),
        );
    }
}

/// What moves under a build, and what holds it.
pub(super) fn unpinned(image: &ImagePlan) -> Rows {
    let mut rows = Rows::default();
    for Unpinned { what, which, hold } in &image.unpinned {
        rows.push(what, which, hold);
    }
    rows
}

/// Commands whose results the image has.
fn step(rows: &mut Rows, step: &Decision<StepPlan>) {
    let StepPlan {
        comment: _, // what the rows below tell
        run,
        folder,
        env,
        secrets,
        place,
    } = &step.value;
    let lines: Vec<&str> = run.iter().map(AsRef::as_ref).collect();
    rows.push("runs", lines.join("; "), step.because.clone());
    rows.below(match place {
        StepIn::Here { needs, apt, keep } => {
            let with = match needs {
                Needs::Dependencies => "with the dependencies",
                Needs::Application => "with all of it there",
            };
            let apt = match apt.as_slice() {
                [] => String::new(),
                apt => format!(
                    ", {} of Debian",
                    listed(apt.iter().map(|name| name.as_str().to_owned()))
                ),
            };
            let keep = keep.iter().map(|path| path.as_ref().to_owned());
            format!(
                "in {}, {with}{apt}; a layer of its own: {}",
                folder.as_ref(),
                listed(keep)
            )
        }
        StepIn::Elsewhere { image, files, keep } => {
            let files = files.iter().map(|file| file.path.as_ref().to_owned());
            let keep = keep.iter().map(|path| path.as_ref().to_owned());
            format!(
                "in {image}, with {}; what is taken from there: {}",
                listed(files),
                listed(keep)
            )
        }
    });
    if !env.is_empty() || !secrets.is_empty() {
        let names = env
            .keys()
            .chain(secrets)
            .map(|name| name.as_ref().to_owned());
        rows.below(format!("variables that only this has: {}", listed(names)));
    }
}

fn recipe(rows: &mut Rows, recipe: &RecipePlan) {
    let RecipePlan {
        flags: _, // with what it is made from
        downloads,
        manifests,
        exclude,
    } = recipe;
    if *downloads {
        rows.push("recipe", "downloads", "the lock does not have all hashes");
    }
    if !manifests.is_empty() {
        let paths = manifests.iter().map(|path| path.as_ref().to_owned());
        rows.push(
            "manifests",
            listed(paths),
            "uv reads them, beside the root's",
        );
    }
    if !exclude.is_empty() {
        rows.push("left out", named(exclude), "`exclude` names them");
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one row after the other: nothing to share"
)]
fn build(rows: &mut Rows, build: &BuildPlan) {
    let BuildPlan {
        packages: _, // with each platform
        unisolated,
        matched,
        apt: _,  // with the Debian packages
        rust: _, // with what it is made from
        rust_for_dependencies,
        git,
        ssh,
        netrc,
        secrets,
        constraints,
        uv_settings,
        env,
    } = build;
    if *rust_for_dependencies {
        rows.push(
            "Rust",
            "for dependencies too",
            "not only the project's own code is compiled",
        );
    }
    if !unisolated.is_empty() {
        rows.push(
            "without isolation",
            named(unisolated),
            "built with what the environment holds",
        );
    }
    for (package, others) in matched {
        let because = format!("in the versions of the image, to build {package}");
        rows.push("built with", named(others), because);
    }
    if *git {
        rows.push(
            "Git",
            "to build, not in the image",
            "sources are fetched with it",
        );
    }
    if *ssh {
        rows.push(
            "SSH agent",
            "the builder's",
            "a Git source is fetched over SSH",
        );
    }
    if *netrc {
        rows.push(
            "secret",
            "netrc",
            "where a host asks who asks; without it, what asks nobody is fetched",
        );
    }
    for secret in secrets {
        rows.push("secret", secret.as_ref(), "a package index asks for it");
    }
    for constraint in constraints {
        rows.push(
            "builds keep to",
            constraint.as_ref(),
            "build-constraint-dependencies",
        );
    }
    for line in uv_settings.lines() {
        rows.push("uv.toml", line, "from [tool.uv]");
    }
    for (name, value) in env {
        rows.push(
            format!("${}", name.as_ref()),
            value.as_ref(),
            "while it is built",
        );
    }
}

fn scan(rows: &mut Rows, scan: &ScanPlan) {
    let ScanPlan {
        libraries,
        files,
        release,
        brought: _, // the catalog's table
        said: _,    // what messages add to
    } = scan;
    rows.push(
        "scan",
        "for missing shared libraries",
        format!("the build ends where one is needed and nothing brings it; Debian {release}"),
    );
    let pairs = libraries
        .iter()
        .map(|(pattern, because)| (pattern.to_string(), because));
    let pairs = pairs.chain(
        files
            .iter()
            .map(|(pattern, because)| (pattern.to_string(), because)),
    );
    for (pattern, because) in pairs {
        rows.below(format!("not missed: {pattern} ({because})"));
    }
}

fn instructions(rows: &mut Rows, instructions: &Instructions) {
    let Instructions {
        base,
        build,
        app,
        runtime,
    } = instructions;
    let mut stage = |name: &str, lines: &Setting<Vec<Instruction>>| {
        for line in &lines.value {
            let because = format!("at the end of `{name}`; {}", lines.origin);
            rows.push("instruction", line.as_ref(), because);
        }
    };
    stage("base", base);
    stage("build", build);
    stage("app", app);
    stage("runtime", runtime);
}
