//! One image, decided from its profile.

use super::findings::{self, Planned, Scene};
use super::inputs::{Inputs, Subject};
use super::{
    AppForm, AppPlan, Bases, Decision, ImagePlan, PlatformPlan, RecipePlan, RunPlan, Taken, member,
    named, policies, raised, run, started, tools, unpinned,
};
use crate::catalog::DebianRelease;
use crate::closure::{Choice, Closure, Include, Members, Selection};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::plan::VolumePlan;
use crate::plan::base::image::refuse_packages;
use crate::plan::base::python::{Interpreter, interpreter};
use crate::plan::base::{scan, snapshot, system};
use crate::plan::files::{app, context, front_end, shipped, steps};
use crate::plan::packages::local_index;
use crate::plan::packages::{credentials, forbid, gpu, layers, trim};
use crate::profile::{Line, Origin, Profile};
use crate::project::rust::RustNeed;
use crate::rules::{self, Severity};
use crate::target::Platform;

/// Decides everything about the image of a profile.
#[expect(
    clippy::too_many_lines,
    reason = "one value after the other: nothing to share"
)]
pub(super) fn plan<'p>(inputs: &'p Inputs, taken: &'p Taken) -> Result<Planned<'p>> {
    let profile = &taken.profile;
    let subject = member::subject(inputs, profile)?;
    let (interpreter, closures) = decided(&subject)?;
    let platforms = &profile.platforms;
    let closure = &closures[0];
    forbid::refuse_forbidden(&subject, closure)?;
    let images = inputs.catalog.base_images();
    let release = images
        .apt_names(interpreter.bases.runtime.value.as_ref())
        .unwrap_or(DebianRelease::Trixie);
    let rust = RustNeed::find(&inputs.tree, subject.folder, subject.manifest)?;
    let rules = trim::Rules::new(&subject, closure)?;
    let run = run::run(&subject, closure)?;
    let (here, programs) = (&run.driven.here, &run.executables);
    let system = system::system(&subject, &closures, release, rust.as_ref(), here, programs)?;
    let (runtime, build) = (&system.runtime, &system.build.apt);
    let python = &interpreter.python.value;
    refuse_packages(&subject, &interpreter.bases, runtime, build, python)?;
    let app = app::app(&subject, closure, &run, rust.is_some())?;
    let mut findings = run.findings;
    findings.extend(interpreter.notes.iter().cloned());
    findings.extend(app::not_packaged(&subject, &run.not_packaged));
    findings.extend(app::not_copied(&subject, &app));
    let gpu = gpu::facts(&subject, closure);
    let mut env = run.env;
    findings.extend(run.driven.findings);
    env.extend(run.driven.env);
    let because = "what NVIDIA's container toolkit reads";
    let gpu_env = gpu.env.into_iter();
    env.extend(gpu_env.map(|(name, value)| (name, Decision::new(value, because))));
    let home = run::writes::home(&subject, &run.writes);
    env.entry("HOME".parse().expect("it is a name"))
        .or_insert_with(|| home_folder(home.as_ref()));
    let run_plan = RunPlan {
        volumes: home.into_iter().chain(run.plan.volumes).collect(),
        ..run.plan
    };
    if let Some(path) = run::python_path(&app.form.value) {
        let path = Decision::new(path, "where the source lies");
        env.extend("PYTHONPATH".parse().ok().map(|name| (name, path)));
    }
    for (name, said) in &profile.env {
        // What a container of the project's own has goes behind what dfgen knows better.
        let mut connections = run_plan.connections.iter();
        let is_known = env.contains_key(name) || connections.any(|known| known.name == *name);
        if said.origin.of_container_file().is_none() || !is_known {
            env.insert(name.clone(), said.into());
        }
    }
    findings.extend(run::kept::env_note(profile, &env));
    findings.extend(run::kept::copied_note(profile, &app.told));
    let written = run::writes::written(&subject, &app, &run_plan, &env, &run.writes);
    findings.extend(written.findings);
    let run_plan = run::processes::in_form(&subject, &app.form.value, run_plan);
    let run_plan = RunPlan {
        volumes: [run_plan.volumes, written.volumes].concat(),
        links: written.links,
        ..run_plan
    };
    let only_platform = only_platform(&subject, &interpreter);
    let recipe = recipe(&subject, &interpreter.selection, &app);
    let steps = steps::steps(
        &subject,
        &app,
        &interpreter.python.value,
        run.driven.steps,
        run.collection,
    )?;
    findings.extend(steps.finding);
    let steps = steps.plans;
    findings.extend(front_end::findings(&subject, &steps));
    let missing = run::reads::missing(&subject, &run.missing, &steps, &findings);
    findings.extend(missing);
    let context = context::context(&subject, &app, &recipe, &steps, &run_plan.command.value);
    findings.extend(context::stray_file(&context));
    findings.extend(context::unread_list(&inputs.tree));
    findings.extend(shipped::shipped_secrets(&subject, &app));
    findings.extend(crate::plan::source::links::dangling(&subject, &app));
    let layers = layers::layers(&subject, &closures, &rules);
    let mut labels = gpu.labels;
    labels.extend(named::stripped_label(&rules, &layers));
    let project = named::project(&subject, labels);
    let mut image = ImagePlan {
        tag: named::tag(inputs, profile)?,
        tag_because: named::tag_because(inputs),
        name: profile.name.clone(),
        taken_because: taken.because.clone(),
        purpose: profile.purpose.value.clone(),
        serves_models: profile.model_cache.is_some() || profile.gpu.value.is_on(),
        said_labels: named::said_labels(inputs),
        build_labels: named::build_labels(inputs, &project),
        project,
        uv: tools::uv(inputs)?,
        platforms: Decision::new(
            platforms
                .value
                .iter()
                .zip(&closures)
                .map(|(platform, closure)| platform_plan(*platform, closure))
                .collect(),
            platforms.origin.to_string(),
        ),
        only_platform,
        apt_runtime: system.runtime,
        apt_optional: system.optional,
        steps,
        context,
        recipe,
        layers,
        build: system.build,
        bytecode: profile.bytecode.value,
        strip: rules.strip(),
        scan: scan::scan(&subject, &closures, release),
        instructions: profile.instructions.clone(),
        builder: inputs.config.builder.value,
        snapshot: snapshot::snapshot(&subject, &interpreter.bases.runtime.value)?,
        unpinned: Vec::new(),
        syntax: inputs.config.syntax.value,
        frontend: tools::frontend(inputs)?,
        kept: Vec::new(),
        ca_certificates: inputs.config.ca_certificates.value,
        python_source: interpreter.bases.python_source(images),
        foreign_base: interpreter.bases.foreign(images),
        python: interpreter.python,
        base: interpreter.bases.runtime,
        build_base: interpreter.bases.builder,
        run: run_plan,
        app,
        env,
    };
    findings.extend(raised::images(&subject, interpreter.planned, &mut image));
    let image = ImagePlan {
        unpinned: unpinned::unpinned(&subject, &image),
        ..image
    };
    findings.extend(findings::find(&Scene {
        subject: &subject,
        closures: &closures,
        base: &image.base.value,
        imported: &run.imported,
        shown: &run.shown,
        runtime: &image.apt_runtime,
        release,
    }));
    findings.extend(taken.notes.iter().cloned());
    let absent = started::check(&subject, closure, &image, run.wheel.as_ref());
    findings.extend(absent);
    let findings = findings::without_silenced(&subject, findings)?;
    let is_silenced = findings::is_silenced(&subject, rules::LOCAL_ADDRESS);
    let (problems, findings) = findings
        .into_iter()
        .partition(|one| one.severity() == Severity::Error);
    let problems: Vec<Diagnostic> = problems;
    let lacking = policies::check(&subject, &image);
    Diagnostics::check(problems.into_iter().chain(lacking).collect())?;
    Ok(Planned {
        subject,
        image,
        findings,
        own: run.own,
        locals: run.locals.silenced(is_silenced),
    })
}

/// The user's home: kept, or where every user can write. Another user than the image's has none in /etc/passwd.
fn home_folder(kept: Option<&Decision<VolumePlan>>) -> Decision<Line> {
    let (folder, because) = match kept {
        Some(volume) => (volume.value.folder.as_ref(), volume.because.as_ref()),
        None => ("/tmp", "whoever it runs as can write there"),
    };
    Decision::new(folder.parse().expect("it is one line"), because)
}

/// The closures of a profile, one for each of its platforms. Errors: a member, extra, group or
/// package that is not there, no Python that fits.
pub fn closures<'p>(inputs: &'p Inputs, profile: &'p Profile) -> Result<Vec<Closure<'p>>> {
    let subject = member::subject(inputs, profile)?;
    Ok(decided(&subject)?.1)
}

/// The interpreter, and what is installed for it on each platform. What needs a CUDA image gets one:
/// its C library is another, and so may its wheels be.
fn decided<'p>(subject: &Subject<'p>) -> Result<(Interpreter, Vec<Closure<'p>>)> {
    let explained = |problems| explained(subject.profile, problems);
    let interpreter = interpreter(subject).map_err(explained)?;
    let closures = select(subject, &interpreter)?;
    let Some(base) = gpu::cuda_image(subject, &closures[0])? else {
        return Ok((interpreter, closures));
    };
    let images = subject.inputs.catalog.base_images();
    let planned = Bases::one(base);
    let interpreter = Interpreter {
        libc: planned.libc(images).unwrap_or(interpreter.libc),
        bases: raised::bases(subject, &planned),
        planned,
        ..interpreter
    };
    let closures = select(subject, &interpreter)?;
    Ok((interpreter, closures))
}

/// Names that the selection does not know, with the profile's line that asks for them.
fn explained(profile: &Profile, problems: Diagnostics) -> Diagnostics {
    let extras = profile.extras.value.iter().map(ToString::to_string);
    let groups = profile.groups.value.iter().map(ToString::to_string);
    let asked = extras.map(|name| (rules::UNKNOWN_EXTRA, &profile.extras.origin, name));
    let asked =
        asked.chain(groups.map(|name| (rules::UNKNOWN_GROUP, &profile.groups.origin, name)));
    let asked: Vec<_> = asked.collect();
    let explained = problems.into_iter().map(|problem| {
        let named = |name: &str| problem.message().ends_with(&format!("`{name}`"));
        let asked = asked
            .iter()
            .find(|(rule, _, name)| *rule == problem.rule() && named(name));
        let Some((_, origin, name)) = asked else {
            return problem;
        };
        let note = format!("asked for by the profile `{}` ({origin})", profile.name);
        problem
            .at_some(origin.place_of(name, "not there"))
            .with_note(note)
    });
    Diagnostics::from_iter(explained)
}

fn select<'p>(subject: &Subject<'p>, interpreter: &Interpreter) -> Result<Vec<Closure<'p>>> {
    let platforms = subject.profile.platforms.value.iter();
    let select = |platform: &Platform| {
        let target = interpreter.target(*platform);
        subject.inputs.closure(&interpreter.selection, &target)
    };
    let closures: Vec<Closure<'p>> = platforms.map(select).collect::<Result<_>>()?;
    let problems = closures.iter().filter_map(|closure| closure.check().err());
    Diagnostics::check(problems.flatten().collect())?;
    Ok(closures)
}

/// The one platform that an image runs on: the profile's, or the one that nobody asked for where the other cannot be.
fn only_platform(subject: &Subject<'_>, interpreter: &Interpreter) -> Option<Decision<Platform>> {
    let said = &subject.profile.platforms;
    let [platform] = said.value[..] else {
        return None;
    };
    if !matches!(said.origin, Origin::Default) {
        return Some(Decision::new(platform, said.origin.to_string()));
    }
    let mut others = Platform::ALL.into_iter().filter(|other| *other != platform);
    let other = others.find(|other| !can_be_installed(subject, interpreter, *other))?;
    let because =
        format!("not all of its packages can be installed on {other}; there it is emulated");
    Some(Decision::new(platform, because))
}

fn can_be_installed(subject: &Subject<'_>, interpreter: &Interpreter, platform: Platform) -> bool {
    let target = interpreter.target(platform);
    let closure = subject.inputs.closure(&interpreter.selection, &target);
    closure.is_ok_and(|closure| closure.check().is_ok())
}

fn platform_plan(platform: Platform, closure: &Closure<'_>) -> PlatformPlan {
    let built = closure.packages().filter(|(id, _, _)| closure.builds(*id));
    PlatformPlan {
        platform,
        packages: closure.installed().count(),
        download: forbid::download(closure),
        built: built.map(|(_, package, _)| package.name.clone()).collect(),
    }
}

/// The selection in the flags of `uv export`.
fn recipe(subject: &Subject<'_>, selection: &Selection, app: &AppPlan) -> RecipePlan {
    let mut flags = Vec::new();
    match &selection.members {
        Members::Root => {}
        Members::All => flags.push("--all-packages".to_owned()),
        Members::Named(names) => flags.extend(names.iter().map(|name| format!("--package {name}"))),
    }
    if selection.default_groups == crate::closure::DefaultGroupsUse::Leave {
        flags.push("--no-default-groups".to_owned());
    }
    flags.extend(choice_flags(&selection.extras, "extra"));
    flags.extend(choice_flags(&selection.groups, "group"));
    flags.extend(
        selection
            .exclude
            .iter()
            .map(|name| format!("--prune {name}")),
    );
    // A package that runs from source is not built: the recipe leaves it out.
    let from_source = subject.manifest.is_package() && !app.form.value.is_package();
    let own = subject.manifest.name().filter(|_| from_source);
    flags.extend(own.map(|name| format!("--no-emit-package {name}")));
    let folder = Some(subject.folder).filter(|folder| !folder.is_empty());
    let members = subject
        .inputs
        .project
        .members
        .iter()
        .map(|member| member.path.as_str());
    let manifests: Vec<&str> = match &selection.members {
        Members::Root if subject.inputs.project.pyproject.project.is_some() => Vec::new(),
        Members::Named(_) => folder.into_iter().collect(),
        Members::Root | Members::All => members.collect(),
    };
    RecipePlan {
        flags,
        downloads: credentials::recipe_downloads(&subject.inputs.project.lock),
        // One that cannot be named is an error: see `app::unfit_manifests`.
        manifests: manifests
            .into_iter()
            .filter_map(|folder| format!("{folder}/pyproject.toml").parse().ok())
            .chain(local_index::of_recipe(subject))
            .collect(),
        exclude: selection.exclude.clone(),
    }
}

fn choice_flags<T: std::fmt::Display>(choice: &Choice<T>, word: &str) -> Vec<String> {
    let mut flags = match &choice.include {
        Include::All => vec![format!("--all-{word}s")],
        Include::Some(names) => names
            .iter()
            .map(|name| format!("--{word} {name}"))
            .collect(),
    };
    flags.extend(
        choice
            .exclude
            .iter()
            .map(|name| format!("--no-{word} {name}")),
    );
    flags
}

impl AppForm {
    /// Whether the project is built and installed.
    pub(crate) fn is_package(&self) -> bool {
        *self == Self::Package
    }
}
