//! What the project's own containers have beside their command: Debian packages, folders that they keep, extras and groups
//! that they install, and variables. An image has the same where its profile says nothing of them.

use crate::application::{Candidate, Kind};
use crate::catalog::{DebianRelease, Dockerfiles, Executables, Package};
use crate::closure::{Closure, Via};
use crate::command::StartCommand;
use crate::diagnostic::Place;
use crate::existing::{
    Carried, Image, Install, Mount, Mounts, Placed, Variable, is_build_tool, is_debug,
    is_for_developers, kept_lines, volumes_of,
};
use crate::plan::base::{python, system};
use crate::plan::inputs::{Inputs, Subject};
use crate::plan::run::composed_env;
use crate::plan::run::containers::Own;
use crate::plan::run::entry::Application;
use crate::plan::run::own::{own, runs_with};
use crate::plan::run::told_packages::{named_here, unversioned};
use crate::plan::run::{static_files, told_start, told_steps};
use crate::plan::{member, run, variants};
use crate::profile::{
    AptPackage, BuildStep, ContextPath, DataFolder, EnvName, Instruction, Line, ListenPort,
    Migrate, Origin, Profile, Setting, Wanted,
};
use crate::project::source_tree::has_extension;
use crate::secret::{in_setting, is_secret};
use crate::target::Target;

/// The profile with what its own container has.
pub(crate) fn told(inputs: &Inputs, profile: Profile) -> Profile {
    let (existing, images) = inputs.containers();
    if profile.development.value || images.is_empty() && existing.composes.is_empty() {
        return profile;
    }
    let told = read(inputs, &profile);
    let Some(told) = told else {
        return profile;
    };
    let mut profile = profile;
    if let Some(packages) = told
        .packages
        .filter(|_| !profile.apt.runtime.origin.is_own())
    {
        profile.apt.runtime = packages;
    }
    if let Some(folders) = told.folders.filter(|_| !profile.volumes.origin.is_own()) {
        profile.volumes = folders;
    }
    for (via, place) in told.parts {
        match via {
            Via::Extra(extra) => add(&mut profile.extras, extra, place),
            Via::Group(group) => add(&mut profile.groups, group, place),
            Via::Project => {}
        }
    }
    if let Some(copied) = told.copied.filter(|_| !profile.copy.origin.is_own()) {
        profile.copy = copied;
    }
    if let Some(files) = told
        .env_files
        .filter(|_| !profile.env_files.origin.is_own())
    {
        profile.env_files.value.extend(files.value);
        profile.env_files.origin = files.origin;
    }
    of_build(&mut profile, told.steps, told.lines);
    if let Some(migrate) = told.migrate {
        profile.migrate = migrate;
    }
    profile.command = profile.command.or(told.command);
    if profile.port.is_none() && profile.command.is_none() {
        profile.port = told.port;
    }
    for (name, said) in told.env {
        profile.env.entry(name).or_insert(said);
    }
    profile
}

/// Adds what a build runs, where the user says nothing of it.
fn of_build(
    profile: &mut Profile,
    steps: Option<Setting<Vec<BuildStep>>>,
    lines: Option<Setting<Vec<Instruction>>>,
) {
    if let Some(steps) = steps.filter(|_| !profile.build_steps.origin.is_own()) {
        profile.build_steps = steps;
    }
    let instructions = &mut profile.instructions.runtime;
    if let Some(lines) = lines.filter(|_| !instructions.origin.is_own()) {
        *instructions = lines;
    }
}

/// Adds an extra or group, where the user says nothing of them.
fn add<T>(said: &mut Setting<Vec<Wanted<T>>>, name: T, place: Place) {
    let is_container = said.origin.of_container_file().is_some();
    if said.origin.is_own() && !is_container {
        return;
    }
    said.value.push(Wanted::Name(name));
    if !is_container {
        said.origin = Origin::User(place);
    }
}

/// What containers have.
struct Told {
    packages: Option<Setting<Vec<AptPackage>>>,
    folders: Option<Setting<Vec<DataFolder>>>,
    copied: Option<Setting<Vec<ContextPath>>>,
    parts: Vec<(Via, Place)>,
    env: Vec<(EnvName, Setting<Line>)>,
    /// Besides the usual one.
    env_files: Option<Setting<Vec<ContextPath>>>,
    lines: Option<Setting<Vec<Instruction>>>,
    port: Option<Setting<ListenPort>>,
    steps: Option<Setting<Vec<BuildStep>>>,
    migrate: Option<Setting<Migrate>>,
    command: Option<Setting<Vec<Line>>>,
}

fn read(inputs: &Inputs, profile: &Profile) -> Option<Told> {
    let subject = member::subject(inputs, profile).ok()?;
    let interpreter = python::interpreter(&subject).ok()?;
    let target = interpreter.target(profile.platforms.value[0]);
    let closure = inputs.closure(&interpreter.selection, &target).ok()?;
    let application = Application::new(&subject, &closure);
    let candidate = run::started(&subject, &application).ok()?;
    let own = own(&subject, &application, candidate);
    let started: Vec<_> = candidate.into_iter().collect();
    let images = inputs.catalog.base_images();
    let release = images.apt_names(interpreter.bases.runtime.value.as_ref());
    let scene = Scene {
        subject: &subject,
        application: &application,
        candidate,
        closure: &closure,
        release: release.unwrap_or(DebianRelease::Trixie),
        executables: application.executables(&started).into_keys().collect(),
    };
    let packages = scene.packages(&own);
    let folders = scene.folders(&own);
    let kept: Vec<&DataFolder> = if profile.volumes.origin.is_own() {
        profile.volumes.value.iter().collect()
    } else {
        folders.iter().map(|(folder, _)| folder).collect()
    };
    let steps = told_steps::steps(&subject, &own);
    let mut copied = scene.copied(&own);
    for (path, place) in steps
        .iter()
        .flat_map(|said| told_steps::sources(&subject, said))
    {
        if copied.iter().all(|(known, _)| *known != path) {
            copied.push((path, place));
        }
    }
    Some(Told {
        parts: scene.parts(&target, &own),
        env: scene.env(&own, &kept),
        env_files: said(composed_env::files(&own, &profile.env_files.value)),
        lines: said(lines(&own)),
        port: scene.port(&own),
        steps,
        migrate: told_start::migrate(&subject, &own),
        command: told_start::command(&subject, candidate),
        copied: said(copied),
        packages: said(packages),
        folders: said(folders),
    })
}

/// The extras that an image takes of it.
pub(crate) fn installed_extras(
    inputs: &Inputs,
    profile: &Profile,
    install: &Install,
) -> Vec<String> {
    let found = || {
        let subject = member::subject(inputs, profile).ok()?;
        variants::installed(&subject, &python::reference(&subject).ok()?, install).ok()
    };
    let extras = found().into_iter().flatten().filter_map(|via| match via {
        Via::Extra(extra) => Some(extra.to_string()),
        Via::Group(_) | Via::Project => None,
    });
    extras.collect()
}

/// Labels, and variables that arguments of the build decide.
fn lines(own: &[Own<'_>]) -> Vec<(Instruction, Place)> {
    let Some(image) = own.iter().find_map(|own| own.image) else {
        return Vec::new();
    };
    let lines = kept_lines(&image.instructions).into_iter();
    let lines = lines.filter(|(line, _)| !in_setting(&["instructions", "runtime"], line));
    let lines = lines.filter_map(|(line, place)| Some((line.parse().ok()?, place)));
    lines.collect()
}

/// The values as a setting, said where the first one is.
fn said<T>(found: Vec<(T, Place)>) -> Option<Setting<Vec<T>>> {
    let (_, place) = found.first()?;
    let origin = Origin::User(place.clone());
    let value = found.into_iter().map(|(one, _)| one).collect();
    Some(Setting { value, origin })
}

struct Scene<'s, 'p> {
    subject: &'s Subject<'p>,
    closure: &'s Closure<'p>,
    application: &'s Application<'p>,
    candidate: Option<&'s Candidate>,
    release: DebianRelease,
    /// The programs that the application starts.
    executables: Vec<String>,
}

impl Scene<'_, '_> {
    /// The Debian packages that the image needs when it runs.
    fn packages(&self, own: &[Own<'_>]) -> Vec<(AptPackage, Place)> {
        let mut found: Vec<(AptPackage, Place)> = Vec::new();
        if !system::can_install(self.subject) {
            return found;
        }
        for image in own.iter().filter_map(|own| own.image) {
            for package in &image.apt_runtime {
                let name = unversioned(image, &package.value.package);
                let name = Dockerfiles::embedded().renamed(name);
                let Some(name) = self.needed(image, name) else {
                    continue;
                };
                if found.iter().all(|(known, _)| *known != name) {
                    found.push((name, package.place.clone()));
                }
            }
        }
        found
    }

    /// A package of a Dockerfile under the name that the image's release has for it, where the image needs it.
    fn needed(&self, image: &Image, name: &str) -> Option<AptPackage> {
        let package: AptPackage = name.parse().ok()?;
        let is_started = self.executables.iter().any(|program| {
            let row = Executables::embedded().executable(program);
            row.is_some_and(|(_, row)| row.apt(self.release).contains(&package))
        });
        let is_idle = is_build_tool(name) || Dockerfiles::embedded().unneeded(name).is_some();
        if is_idle && !is_started {
            return None;
        }
        let package = named_here(self.subject.inputs, self.release, image, package)?;
        (!self.is_judged(&package)).then_some(package)
    }

    /// Whether the catalog knows that something locked needs a library where it is compiled, or from wherever it is
    /// installed: then that decided about it.
    fn is_judged(&self, package: &AptPackage) -> bool {
        let catalog = &self.subject.inputs.catalog;
        let asks = |needs: &Package| {
            needs.runtime(self.release).contains(package)
                || needs.compiled_runtime(self.release).contains(package)
        };
        let mut packages = self.closure.packages();
        package.as_str().starts_with("lib")
            && packages.any(|(_, locked, _)| {
                let row = catalog.package(&locked.name);
                row.is_some_and(|row| asks(row))
            })
    }

    /// The extras and groups that they install.
    fn parts(&self, target: &Target, own: &[Own<'_>]) -> Vec<(Via, Place)> {
        let mut found: Vec<(Via, Place)> = Vec::new();
        let images = own.iter().filter_map(|own| own.image);
        for install in images.flat_map(|image| &image.installs) {
            let parts = variants::installed(self.subject, target, &install.value);
            for via in parts.unwrap_or_default() {
                if found.iter().all(|(known, _)| *known != via) {
                    found.push((via, install.place.clone()));
                }
            }
        }
        found
    }

    /// The folders of data that it copies by their names.
    fn copied(&self, own: &[Own<'_>]) -> Vec<(ContextPath, Place)> {
        let tree = &self.subject.inputs.tree;
        let mut found: Vec<(ContextPath, Place)> = Vec::new();
        let images = own.iter().filter_map(|own| own.image);
        for copied in images.flat_map(|image| &image.copied) {
            let path = copied
                .value
                .source
                .trim_start_matches("./")
                .trim_matches('/');
            let mut below = tree.below(path);
            let is_data = tree.has_folder(path) && !below.any(|file| has_extension(file, "py"));
            let Ok(path) = path.parse::<ContextPath>() else {
                continue;
            };
            let is_new = found
                .iter()
                .all(|(known, _)| known.as_ref() != path.as_ref());
            if is_new && is_data && !is_for_developers(path.as_ref()) {
                found.push((path, copied.place.clone()));
            }
        }
        found
    }

    /// The variables that it has, as far as they mean the same in an image of dfgen's; `kept` are the folders outside.
    fn env(&self, own: &[Own<'_>], kept: &[&DataFolder]) -> Vec<(EnvName, Setting<Line>)> {
        let (variables, mounts) = self.variables(own);
        let paths: Vec<&str> = kept.iter().map(|folder| folder.as_ref()).collect();
        let told = variables.iter().filter_map(|variable| {
            let Variable { name, value } = &variable.value;
            if is_secret(name, value) || is_debug(name, value) {
                return None;
            }
            let stored = mounts.stored(&variable.value);
            let stored = stored.and_then(|folder| folder.parse::<DataFolder>().ok());
            if stored.is_some_and(|folder| !kept.iter().any(|known| is_within(&folder, known))) {
                return None;
            }
            let Carried::As(value) = mounts.carried(&variable.value, &paths) else {
                return None;
            };
            let is_line = self.has_line(own, &variable.place);
            let origin = Origin::User(variable.place.clone());
            let value = self.named(&value).unwrap_or(value).parse().ok()?;
            (!is_line).then_some((name.parse().ok()?, Setting { value, origin }))
        });
        let told: Vec<(EnvName, Setting<Line>)> = told.collect();
        let given = self.given(own, &paths);
        let is_given = |name: &EnvName| given.iter().any(|(known, _)| known == name);
        let of_image: Vec<_> = told
            .into_iter()
            .filter(|(name, _)| !is_given(name))
            .collect();
        of_image.into_iter().chain(given).collect()
    }

    /// Whether an argument of the build decides a variable: the image has its line.
    fn has_line(&self, own: &[Own<'_>], place: &Place) -> bool {
        let images = own.iter().filter_map(|own| own.image);
        let mut images = images.filter(|image| image.by_argument(place));
        let said = &self.subject.profile.instructions.runtime;
        let text = place.whole_lines().text().trim().to_owned();
        let is_own = said.origin.is_own();
        let mut lines = said.value.iter();
        images.next().is_some() && (!is_own || lines.any(|line| line.as_ref() == text))
    }

    /// The port of the only container, where that starts the application in a way that is not followed: what serves it is
    /// told to listen there.
    fn port(&self, own: &[Own<'_>]) -> Option<Setting<ListenPort>> {
        let served = |one: &&Candidate| matches!(one.kind, Kind::Asgi | Kind::Wsgi);
        let candidate = self.candidate.filter(served)?;
        if candidate.port.is_some() || candidate.confidence.told_at().is_some() {
            return None;
        }
        let exposed = own.iter().filter_map(|own| own.image?.ports.first());
        let exposed = exposed.map(|port| (port.value, port.place.clone()));
        let services = own.iter().filter_map(|own| own.service);
        let published = services.filter_map(|service| match service.ports.as_slice() {
            [port] => Some((*port, service.place_of("ports").clone())),
            _ => None,
        });
        let (number, place) = published.chain(exposed).next()?;
        let value = ListenPort {
            number,
            variable: None,
        };
        let origin = Origin::User(place);
        (number >= 1024).then_some(Setting { value, origin })
    }

    /// What its services are given: the first word of each variable counts.
    fn given(&self, own: &[Own<'_>], kept: &[&str]) -> Vec<(EnvName, Setting<Line>)> {
        let mut found: Vec<(EnvName, Setting<Line>)> = Vec::new();
        for one in own {
            let service = one
                .service
                .filter(|service| !composed_env::is_at_work(service));
            let mounts = Mounts {
                tree: &self.subject.inputs.tree,
                folder: self.subject.folder,
                image: one.image,
            };
            for (name, said) in service.iter().flat_map(|service| &service.environment) {
                let said = said.as_deref().unwrap_or_default();
                let value = composed_env::carried(&mounts, kept, name, said);
                let value = value.map(|value| self.named(&value).unwrap_or(value));
                let line = value.and_then(|value| value.parse::<Line>().ok());
                let around = service.map(|service| service.place_of("environment").within(name));
                let (Some(value), Some(place), Ok(name)) = (line, around, name.parse::<EnvName>())
                else {
                    continue;
                };
                if found.iter().all(|(known, _)| *known != name) {
                    let origin = Origin::User(place);
                    found.push((name, Setting { value, origin }));
                }
            }
        }
        found
    }

    /// A module that a variable names, as it is called where the image starts: the `src.shop.settings` of one that starts
    /// beside `src` is `shop.settings` in it.
    fn named(&self, value: &str) -> Option<String> {
        let (module, attribute) = value.split_at(value.find(':').unwrap_or(value.len()));
        let candidate = self.candidate.filter(|_| module.contains('.'))?;
        let code = self.application.code();
        let found = code.locate(&candidate.path, module)?;
        let folder = found.path.strip_prefix(&candidate.root)?;
        let file = folder.trim_start_matches('/').strip_suffix(".py")?;
        let name = file.trim_end_matches("/__init__").replace('/', ".");
        (found.root != candidate.root).then(|| format!("{name}{attribute}"))
    }

    /// The variables of the image that it is made from, for the hardware that this one is for.
    fn variables<'m>(&'m self, own: &'m [Own<'m>]) -> (&'m [Placed<Variable>], Mounts<'m>) {
        let existing = &self.subject.inputs.containers().0;
        let wants_gpus = self.subject.profile.gpu.value.is_on();
        let image = own.iter().find_map(|own| own.image);
        let is_for_developers = |image: &&Image| {
            let start = image.start.as_ref();
            start.is_some_and(|start| {
                let read = StartCommand::read(&start.value.words);
                read.development_server().is_some()
            })
        };
        let image = image
            .filter(|image| runs_with(existing, image, wants_gpus))
            .filter(|image| !is_for_developers(image));
        let mounts = Mounts {
            tree: &self.subject.inputs.tree,
            folder: self.subject.folder,
            image,
        };
        (image.map_or(&[], |image| &image.env), mounts)
    }

    /// The folders that its containers keep.
    fn folders(&self, own: &[Own<'_>]) -> Vec<(DataFolder, Place)> {
        let collected = static_files::folder(self.application, self.candidate);
        let mut found: Vec<(DataFolder, Place)> = Vec::new();
        for one in own {
            let mounts = Mounts {
                tree: &self.subject.inputs.tree,
                folder: self.subject.folder,
                image: one.image,
            };
            let composed = one.service.iter();
            let composed = composed.map(|service| (service.place.clone(), service.mounts.clone()));
            let of_image = one.image.map(volumes_of).unwrap_or_default();
            let all: Vec<(Place, Vec<Mount>)> = composed.chain(of_image).collect();
            for (place, all) in all {
                let folders = all.iter().filter_map(|mount| mounts.data(mount, &place));
                let folders = folders.filter(|folder| collected.as_ref() != Some(folder));
                for folder in folders.filter_map(|folder| folder.parse::<DataFolder>().ok()) {
                    if found.iter().all(|(known, _)| !is_within(&folder, known)) {
                        found.retain(|(known, _)| !is_within(known, &folder));
                        found.push((folder, place.clone()));
                    }
                }
            }
        }
        let (variables, mounts) = self.variables(own);
        for variable in variables {
            let folder = mounts.stored(&variable.value);
            let folder = folder.and_then(|folder| folder.parse::<DataFolder>().ok());
            let is_new = |folder: &DataFolder| {
                let mut known = found.iter().map(|(known, _)| known);
                !known.any(|known| is_within(folder, known))
            };
            if let Some(folder) = folder.filter(is_new) {
                found.push((folder, variable.place.clone()));
            }
        }
        found
    }
}

/// Whether a folder is another one, or lies in it.
fn is_within(folder: &DataFolder, other: &DataFolder) -> bool {
    let rest = folder.as_ref().strip_prefix(other.as_ref());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
