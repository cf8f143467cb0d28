//! What container files say only together: services that extend others, services of an image that another one builds or
//! the project publishes, and a command of compose behind the `ENTRYPOINT` of its image.
//!
//! Sources: <https://docs.docker.com/reference/compose-file/services/#extends>,
//! <https://docs.docker.com/reference/compose-file/services/#command>

use super::built::{beside, beside_file, images_of, is_built_from};
use super::compose::{Compose, ComposeService};
use super::dockerfile::{Dockerfile, Words};
use super::image::Image;
use super::{Placed, start};
use crate::command::StartCommand;
use crate::project::source_tree::parent;

/// How many services are followed that extend each other.
const DEPTH: usize = 5;

/// Puts together what the files say; `project` is the name of the project.
pub(super) fn joined(composes: &mut [Compose], dockerfiles: &[Dockerfile], project: Option<&str>) {
    extended(composes);
    let paths: Vec<String> = dockerfiles
        .iter()
        .map(|one| one.file.path().to_string_lossy().into_owned())
        .collect();
    for compose in composes.iter_mut() {
        rooted(compose);
        named(compose);
        published(compose, &paths, project);
    }
    let images = images_of(dockerfiles, composes).unwrap_or_default();
    behind_entrypoints(composes, &images);
}

fn extended(composes: &mut [Compose]) {
    for _ in 0..DEPTH {
        let all: Vec<Compose> = composes.to_vec();
        for compose in composes.iter_mut() {
            let own = compose.file.path().to_string_lossy().into_owned();
            for service in &mut compose.services {
                let Some((file, name)) = service.extends.clone() else {
                    continue;
                };
                let path = file.map_or_else(|| own.clone(), |file| beside_file(&own, &file));
                let mut files = all.iter();
                let file = files.find(|one| one.file.path().to_string_lossy() == path);
                let base = file.and_then(|file| file.services.iter().find(|one| one.name == name));
                if let Some(base) = base {
                    service.extend(base);
                }
            }
        }
    }
}

/// Files of variables are named from the project's root, as everything else is. Those that lie elsewhere stay as they are.
fn rooted(compose: &mut Compose) {
    let file = compose.file.path().to_string_lossy().into_owned();
    let deep = parent(&file)
        .split('/')
        .filter(|part| !part.is_empty())
        .count();
    let is_elsewhere = |path: &str| {
        let up = path
            .split('/')
            .take_while(|part| matches!(*part, "." | ".."));
        let up = up.filter(|part| *part == "..").count();
        path.starts_with(['/', '~']) || compose.above.is_none() && up > deep
    };
    let mut services = std::mem::take(&mut compose.services);
    let paths = services.iter_mut().flat_map(|one| &mut one.env_files);
    for path in paths.filter(|path| !is_elsewhere(path)) {
        *path = beside(compose, path);
    }
    compose.services = services;
}

/// A service that names the image which another one builds is built by that.
fn named(compose: &mut Compose) {
    let built: Vec<(String, (String, Option<String>))> = compose
        .services
        .iter()
        .filter_map(|one| Some((one.image.clone()?, one.build.clone()?)))
        .collect();
    for service in compose
        .services
        .iter_mut()
        .filter(|one| one.build.is_none())
    {
        let mut same = built.iter();
        let same = same.find(|(image, _)| service.image.as_ref() == Some(image));
        service.build = same.map(|(_, build)| build.clone());
    }
}

/// A service of the image that the project publishes: it has the project's name, or its command starts a Python program.
/// It is built from the `Dockerfile` beside the compose file, else from the only one
/// that there is.
fn published(compose: &mut Compose, dockerfiles: &[String], project: Option<&str>) {
    let folder = parent(&compose.file.path().to_string_lossy()).to_owned();
    let below = |path: &'_ String| path.strip_prefix(&folder).map(str::to_owned);
    let plain_one = dockerfiles
        .iter()
        .filter_map(below)
        .find(|path| path.trim_start_matches('/') == "Dockerfile");
    let only = || {
        dockerfiles
            .first()
            .filter(|_| dockerfiles.len() == 1)
            .and_then(below)
    };
    let Some(path) = plain_one.or_else(only) else {
        return;
    };
    let path = path.trim_start_matches('/').to_owned();
    let project = project.map(plain);
    for service in compose
        .services
        .iter_mut()
        .filter(|one| one.build.is_none())
    {
        let repository = service.image.as_deref().map(repository);
        let is_named = repository.is_some() && repository.as_deref().map(plain) == project;
        let starts = service.start.as_ref();
        let starts_python = starts.is_some_and(|start| {
            let read = StartCommand::read(&start.value.words);
            read.may_last() && read.program.is_some()
        });
        let is_open = repository.is_some_and(|name| name != "python");
        if is_named || is_open && starts_python {
            service.build = Some((path.clone(), None));
        }
    }
}

/// `shop` of `ghcr.io/me/shop:1`.
fn repository(image: &str) -> String {
    let image = image.split('@').next().unwrap_or(image);
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split(':').next().unwrap_or(last).to_owned()
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

/// `command` alone takes the place of `CMD`: what the image enters stays.
fn behind_entrypoints(composes: &mut [Compose], images: &[Image]) {
    for compose in composes {
        let read = compose.clone();
        for (service, said) in compose.services.iter_mut().zip(&read.services) {
            let mut images = images.iter();
            if let Some(image) = images.find(|image| is_built_from(&read, said, image)) {
                behind(service, image);
            }
        }
    }
}

fn behind(service: &mut ComposeService, image: &Image) {
    let (Some(entrypoint), Some(command), None) =
        (&image.entrypoint, &service.command, &service.entrypoint)
    else {
        return;
    };
    // One that begins as the entrypoint does is meant as a whole.
    if let (Words::Exec(entrypoint), Words::Exec(command)) = (entrypoint, command)
        && entrypoint.first() == command.first()
    {
        return;
    }
    let both = start::start(Some(entrypoint), Some(command));
    if let (Some(both), Some(known)) = (both, &service.start) {
        service.start = Some(Placed::new(both, known.place.clone()));
    }
}
