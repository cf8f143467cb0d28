//! Commands of the build whose results an image has: those of the profile, else what the source collects.

use crate::application::static_files::Folder;
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::plan::files::app::copied;
use crate::plan::inputs::Subject;
use crate::plan::run::static_files::Collection;
use crate::plan::source::paths;
use crate::plan::{AppPlan, Decision, StepIn, StepPlan};
use crate::profile::{BuildStep, ContextPath, ImagePath, KeptPath, Needs, ShellLine, StepPlace};
use crate::rules;
use crate::target::PythonVersion;

/// What a build runs, and what somebody should look at.
#[derive(Default)]
pub(crate) struct Steps {
    pub(crate) plans: Vec<Decision<StepPlan>>,
    pub(crate) finding: Option<Diagnostic>,
}

/// Decides. Errors: files for another image that are not there.
pub(crate) fn steps(
    subject: &Subject<'_>,
    app: &AppPlan,
    python: &PythonVersion,
    browsers: Vec<Decision<StepPlan>>,
    collection: Option<Collection>,
) -> Result<Steps> {
    let said = &subject.profile.build_steps;
    if said.origin.is_said() && said.value.is_empty() {
        return Ok(Steps::default());
    }
    let settings = collection.as_ref().map(|one| one.env.clone());
    let collected = collection.map(|collection| collecting(subject, app, python, collection));
    let mut found = collected.unwrap_or_default();
    found.plans.splice(0..0, browsers);
    let own = said.value.iter().flat_map(|step| &step.keep);
    let own: Vec<ImagePath> = own.map(KeptPath::in_image).collect();
    // Who makes the same does it in their own way.
    found.plans.retain(|step| !step.value.keeps(&own));
    let because = said.origin.to_string();
    let missing = said.value.iter().flat_map(|step| missing(subject, step));
    Diagnostics::check(missing.collect())?;
    let steps = said.value.iter().map(|step| {
        let mut plan = plan(subject, step)?;
        if reads_settings(step) {
            // Settings that fail without a variable have some value when files are collected; so here.
            for (name, value) in settings.iter().flatten() {
                plan.env
                    .entry(name.clone())
                    .or_insert_with(|| value.clone());
            }
        }
        Ok(plan)
    });
    let steps = steps.map(|step: Result<StepPlan>| Ok(Decision::new(step?, because.clone())));
    let mut plans: Vec<Decision<StepPlan>> = steps.collect::<Result<_>>()?;
    plans.append(&mut found.plans);
    let finding = found.finding.filter(|_| own.is_empty());
    Ok(Steps { plans, finding })
}

/// Whether a step runs a command of Django's, which reads the settings.
fn reads_settings(step: &BuildStep) -> bool {
    let mut lines = step.run.iter().map(AsRef::<str>::as_ref);
    matches!(step.place, StepPlace::Here { .. })
        && lines.any(|line| line.contains("manage") || line.contains("django"))
}

/// The step that collects files that pages are made with.
fn collecting(
    subject: &Subject<'_>,
    app: &AppPlan,
    python: &PythonVersion,
    collection: Collection,
) -> Steps {
    let Some(folder) = collected(app, python, &collection) else {
        return Steps {
            plans: Vec::new(),
            finding: Some(uncollected(subject, &collection)),
        };
    };
    let because = collection.files.place.location();
    let step = StepPlan {
        comment: "Files that pages are made with. Where this fails, see `dfgen explain uncollected-files`."
            .to_owned(),
        run: vec![command(&collection)],
        folder: collection.folder,
        env: collection.env,
        secrets: Vec::new(),
        place: StepIn::Here {
            needs: Needs::Application,
            apt: Vec::new(),
            keep: vec![folder],
        },
    };
    Steps {
        plans: vec![Decision::new(step, because)],
        finding: None,
    }
}

fn command(collection: &Collection) -> ShellLine {
    let words = collection.files.how.command.fill(|_| String::new());
    let line = words.join(" ").parse();
    line.expect("a test reads every command of the catalog")
}

/// The folder that files are collected into; `None` where it is not known, or in no image.
fn collected(app: &AppPlan, python: &PythonVersion, collection: &Collection) -> Option<ImagePath> {
    let path = match &collection.files.root {
        Folder::Unknown => return None,
        Folder::Absolute(path) => path.clone(),
        Folder::OfApplication { parts, of_source } => {
            let below = parts.join("/");
            if *of_source && app.form.value.is_package() {
                let inside = below
                    .strip_prefix(&collection.root)?
                    .trim_start_matches('/');
                format!(
                    "/opt/venv/lib/python3.{}/site-packages/{inside}",
                    python.minor()
                )
            } else {
                format!("/app/{below}")
            }
        }
    };
    path.parse().ok()
}

fn uncollected(subject: &Subject<'_>, collection: &Collection) -> Diagnostic {
    let name = &subject.profile.name;
    let problem = format!("files that the pages of `{name}` are made with are not collected");
    let line = command(collection);
    Diagnostic::new(rules::UNCOLLECTED_FILES, problem)
        .at(collection.files.place.clone())
        .with_note("only running it tells where they go")
        .with_help(format!(
            "say it in dfgen.toml:\n[profile.{name}]\nbuild-steps = [{{ run = [\"{}\"], keep = [\"staticfiles\"] }}]",
            line.as_ref()
        ))
}

/// Errors: a folder with a name that no Dockerfile can say.
fn plan(subject: &Subject<'_>, step: &BuildStep) -> Result<StepPlan> {
    let folder = match step.folder.as_ref() {
        "." => "",
        folder => folder,
    };
    let folder = paths::in_app(folder, "what `build-steps` runs in")?;
    let (comment, place) = match &step.place {
        StepPlace::Here { needs, apt } => (
            "What `build-steps` makes with the image's own packages. What it keeps is a layer of its own.",
            StepIn::Here {
                needs: *needs,
                apt: apt.clone(),
                keep: step.keep.iter().map(|path| path.in_image()).collect(),
            },
        ),
        StepPlace::Image { image, copy } => (
            "What `build-steps` makes in another image. What it keeps is part of the project's files below.",
            StepIn::Elsewhere {
                image: image.clone(),
                files: copy
                    .iter()
                    .map(|path| copied(&subject.inputs.tree, path.clone()))
                    .collect(),
                keep: step
                    .keep
                    .iter()
                    .filter_map(|path| path.in_project())
                    .collect(),
            },
        ),
    };
    Ok(StepPlan {
        comment: comment.to_owned(),
        run: step.run.clone(),
        folder,
        env: step.env.clone(),
        secrets: step.from_environment.clone(),
        place,
    })
}

/// What another image is to get, and is not there.
fn missing(subject: &Subject<'_>, step: &BuildStep) -> Vec<Diagnostic> {
    let StepPlace::Image { copy, .. } = &step.place else {
        return Vec::new();
    };
    let tree = &subject.inputs.tree;
    let lacking = copy
        .iter()
        .filter(|path| path.as_ref() != "." && tree.lies_there(path.as_ref()).is_none());
    lacking.map(|path| not_there(subject, path)).collect()
}

fn not_there(subject: &Subject<'_>, path: &ContextPath) -> Diagnostic {
    let origin = &subject.profile.build_steps.origin;
    let path = path.as_ref();
    let problem = format!("`{path}` is to be copied for `build-steps`, and is not there");
    Diagnostic::new(rules::MISSING_FILE, problem)
        .at_some(origin.place_of(path, "not in the project's folder"))
        .with_help("paths are relative to the project's folder")
}
