//! Whether an image is what its company asks of every image: `require`. What is not is an error, which nobody silences.

use indexmap::IndexMap;

use super::inputs::{Inputs, Subject};
use super::{HealthPlan, ImagePlan, StepIn};
use crate::diagnostic::Diagnostic;
use crate::profile::{ImageRef, Instruction, Instructions, Origin, Policy, Setting};
use crate::rules;

/// What an image lacks.
struct Lack {
    what: String,
    /// Where the project says it, if it does.
    said: Option<Origin>,
    /// What to write.
    help: String,
}

impl Lack {
    fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            said: None,
            help: help.into(),
        }
    }

    fn said(self, origin: &Origin) -> Self {
        Self {
            said: Some(origin.clone()),
            ..self
        }
    }
}

/// What an image is not. One for development is asked nothing: it is never shipped.
pub(super) fn check(subject: &Subject<'_>, image: &ImagePlan) -> Vec<Diagnostic> {
    let required = &subject.inputs.config.require.0;
    let asked = required.iter().filter(|_| !image.run.development);
    asked
        .flat_map(|asked| {
            let lacks = lacks(subject, image, asked.value).into_iter();
            lacks.map(|lack| told(image, asked, lack))
        })
        .collect()
}

/// What is asked, each with where.
pub(super) fn asked(inputs: &Inputs) -> IndexMap<String, String> {
    let required = inputs.config.require.0.iter();
    let asked = required.map(|asked| (asked.value.to_string(), asked.origin.to_string()));
    asked.collect()
}

fn told(image: &ImagePlan, asked: &Setting<Policy>, lack: Lack) -> Diagnostic {
    let name = asked.value.to_string();
    let problem = format!("`{}` is not what `{name}` asks: {}", image.name, lack.what);
    let said = lack
        .said
        .and_then(|said| said.place_of("", "this says otherwise"));
    Diagnostic::new(rules::POLICY, problem)
        .at_some(asked.origin.place_of(&name, "asked of every image"))
        .at_some(said)
        .with_help(lack.help)
}

fn lacks(subject: &Subject<'_>, image: &ImagePlan, policy: Policy) -> Vec<Lack> {
    let profile = subject.profile;
    let table = format!("in [profile.{}] of dfgen.toml", image.name);
    let lack = |is_lacking: bool, what: &str, line: &str| {
        is_lacking.then(|| Lack::new(what, format!("{table}: {line}")))
    };
    let lack = match policy {
        Policy::Digest => return without_digest(image, &table),
        Policy::NoInstructions => return lines(image, &table),
        Policy::Wheels => compiled(image),
        Policy::BuildLabels => untold(subject),
        Policy::Budget => lack(
            profile.budget.is_none(),
            "it has no budget",
            "budget = \"300 MB\"; `dfgen size` says what it takes",
        ),
        Policy::NoRoot => lack(image.run.user.value == 0, "it runs as root", "user = 10001"),
        Policy::Health => lack(
            image.run.health.value == HealthPlan::Off && image.run.port.is_some(),
            "it answers and has no health check",
            "health = \"/health\"",
        )
        .map(|lack| lack.said(&profile.health.probe.origin)),
        Policy::Scan => lack(
            image.scan.is_none(),
            "its build does not look for missing libraries",
            "scan = true",
        )
        .map(|lack| lack.said(&profile.scan.origin)),
        Policy::Snapshot => lack(
            image.snapshot.is_none() && image.apt().next().is_some(),
            "its Debian packages are those of the day of the build",
            "apt.snapshot = \"YYYY-MM-DD\", a day not before that of the base image",
        ),
    };
    lack.into_iter().collect()
}

/// Packages without a wheel.
fn compiled(image: &ImagePlan) -> Option<Lack> {
    let names: Vec<&str> = image.build.packages.iter().map(AsRef::as_ref).collect();
    let help = "in pyproject.toml, then `uv lock`: versions that have wheels; `dfgen why PACKAGE` says who asks for one";
    (!names.is_empty()).then(|| Lack::new(format!("{} would be compiled", names.join(", ")), help))
}

/// Without labels of each build.
fn untold(subject: &Subject<'_>) -> Option<Lack> {
    let labels = &subject.inputs.config.build_labels;
    let help = "at the top of dfgen.toml: build-labels = true";
    let lack = Lack::new("it does not say of which commit it is", help);
    (!labels.value).then(|| lack.said(&labels.origin))
}

/// The images that its Dockerfile names by tag alone.
fn without_digest(image: &ImagePlan, table: &str) -> Vec<Lack> {
    let steps = image
        .steps
        .iter()
        .filter_map(|step| match &step.value.place {
            StepIn::Elsewhere { image, .. } => Some(("image", table, image)),
            StepIn::Here { .. } => None,
        });
    let top = "at the top of dfgen.toml";
    let file = "in the FROM line itself, which stays";
    let base = match &image.build_base {
        None => "base",
        Some(_) => "base.runtime",
    };
    let builder = image.build_base.as_ref();
    let named = std::iter::once((base, table, &image.base.value))
        .chain(builder.map(|builder| ("base.build", table, &builder.value)))
        .chain([("uv", top, &image.uv.value)])
        .chain(
            image
                .build
                .rust
                .as_ref()
                .map(|rust| ("", file, &rust.value)),
        )
        .chain(steps);
    let mut lacks: Vec<Lack> = named
        .filter(|(_, _, image)| !image.is_digest())
        .map(|(key, place, image)| {
            let key = match key {
                "" => String::new(),
                key => format!("{key} = "),
            };
            Lack::new(
                format!("`{image}` has no digest"),
                format!("{place}: {key}\"{image}@sha256:...\"; {}", inspected(image)),
            )
        })
        .collect();
    let frontend = &image.frontend.value;
    if image.syntax && !frontend.is_digest() {
        let help = format!(
            "{top}: syntax = false, which leaves that line out; or in the line itself, which stays: {frontend}@sha256:..."
        );
        lacks.push(Lack::new(
            format!("`# syntax={frontend}` has no digest"),
            help,
        ));
    }
    lacks
}

fn inspected(image: &ImageRef) -> String {
    format!("`docker buildx imagetools inspect {image}` prints it")
}

/// Dockerfile lines of the project's own.
fn lines(image: &ImagePlan, table: &str) -> Vec<Lack> {
    let Instructions {
        base,
        build,
        app,
        runtime,
    } = &image.instructions;
    let said: [&Setting<Vec<Instruction>>; 4] = [base, build, app, runtime];
    let said = said.into_iter().filter(|said| !said.value.is_empty());
    let lack = |said: &Setting<Vec<Instruction>>| {
        let help = format!(
            "{table}: take `instructions` out; other keys say most of it, `dfgen explain settings` has them"
        );
        Lack::new("it has Dockerfile lines of its own", help).said(&said.origin)
    };
    said.map(lack).collect()
}
