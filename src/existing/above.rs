//! Container files one folder above the project that build it: a repository with a folder for each of its parts has them
//! there, or in a folder beside the project's own.
//!
//! Their paths begin with `../`, and what they copy of the project is seen from the project's folder.

use std::fs;
use std::path::Path;

use super::compose::Compose;
use super::dockerfile::{Dockerfile, Kind};
use crate::catalog::Folders;
use crate::project::SourceTree;
use crate::project::source_tree::{join, parent, plain};

/// Files of one folder that are looked at; a longer list is no folder of container files.
const FILES: usize = 200;

/// The container files above that build the project.
#[derive(Default)]
pub(super) struct Above {
    pub(super) dockerfiles: Vec<Dockerfile>,
    pub(super) composes: Vec<Compose>,
}

impl Above {
    /// Reads them, where the project is a folder of a repository and not the repository itself.
    pub(super) fn find(
        tree: &SourceTree,
        is_dockerfile: impl Fn(&str) -> bool,
        is_compose: impl Fn(&str) -> bool,
        is_foreign: impl Fn(&SourceTree, &str) -> bool,
    ) -> Self {
        let Some((around, name)) = tree.around() else {
            return Self::default();
        };
        let mut found = Self::default();
        for path in paths(around, name) {
            let (is_compose, is_dockerfile) = (is_compose(&path), is_dockerfile(&path));
            if !is_compose && !is_dockerfile || !is_foreign(tree, &path) {
                continue;
            }
            let read = tree.lying_text(&path);
            if is_compose {
                let read = read.and_then(|file| Compose::parse(file).ok());
                found.composes.extend(read);
            } else {
                let read = read.and_then(|file| Dockerfile::parse(file).ok());
                found.dockerfiles.extend(read);
            }
        }
        found.of(name)
    }

    /// Those that build the project of this name.
    fn of(self, name: &str) -> Self {
        let path = |one: &Dockerfile| one.file.path().to_string_lossy().into_owned();
        let copying = self.dockerfiles.iter().filter(|one| copies(one, name));
        let mut own: Vec<String> = copying.map(path).collect();
        let mut composes = Vec::new();
        for mut compose in self.composes {
            compose.above = Some(name.to_owned());
            let file = compose.file.path().to_string_lossy().into_owned();
            let mut is_own = false;
            for service in &compose.services {
                let Some((built, _)) = &service.build else {
                    continue;
                };
                let built = seen(&file, built, name);
                let sources = service
                    .mounts
                    .iter()
                    .filter_map(|mount| mount.source.as_deref());
                let mut sources = sources.map(|source| source.trim_end_matches('/'));
                let mounts = sources.any(|source| parent_named(source) == name);
                if mounts && !own.contains(&built) {
                    own.push(built.clone());
                }
                is_own |= !built.starts_with("../") || own.contains(&built);
            }
            if is_own {
                composes.push(compose);
            }
        }
        let dockerfiles = self.dockerfiles.into_iter();
        let dockerfiles = dockerfiles.filter(|one| own.contains(&path(one)));
        Self {
            dockerfiles: dockerfiles.map(|one| seen_from(one, name)).collect(),
            composes,
        }
    }
}

/// The last part of a path of at least two.
fn parent_named(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(_, name)| name)
}

/// Where files that build something are usual, `../` before each.
fn paths(around: &Path, name: &str) -> Vec<String> {
    let mut folders = vec![String::new()];
    for usual in Folders::embedded().containers().iter() {
        let inside = listed(&around.join(usual), true);
        folders.push(usual.to_owned());
        folders.extend(inside.into_iter().map(|inside| join(usual, &inside)));
    }
    let mut found = Vec::new();
    for folder in folders.iter().filter(|folder| *folder != name) {
        let files = listed(&around.join(folder), false);
        found.extend(
            files
                .into_iter()
                .map(|file| format!("../{}", join(folder, &file))),
        );
    }
    found
}

/// The names of the folders or files in a folder, sorted.
fn listed(folder: &Path, folders: bool) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let entries = entries.filter(|entry| {
        let kind = entry.file_type();
        kind.is_ok_and(|kind| {
            if folders {
                kind.is_dir()
            } else {
                kind.is_file()
            }
        })
    });
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.take(FILES).collect();
    names.sort();
    names
}

/// Whether a Dockerfile copies the folder of this name, or something of it.
fn copies(dockerfile: &Dockerfile, name: &str) -> bool {
    let instructions = dockerfile
        .stages
        .iter()
        .flat_map(|stage| &stage.instructions);
    let mut sources = instructions.flat_map(|instruction| match &instruction.kind {
        Kind::Copy {
            from: None,
            sources,
            ..
        } => sources.as_slice(),
        _ => &[],
    });
    sources.any(|source| {
        let source = plain(source);
        let rest = source.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The same Dockerfile with what it copies seen from the project's folder.
fn seen_from(mut dockerfile: Dockerfile, name: &str) -> Dockerfile {
    let stages = dockerfile.stages.iter_mut();
    for instruction in stages.flat_map(|stage| &mut stage.instructions) {
        let Kind::Copy {
            from: None,
            sources,
            target,
            ..
        } = &mut instruction.kind
        else {
            continue;
        };
        for source in sources.iter_mut().filter(|source| !source.contains("://")) {
            if plain(source).is_empty() {
                ".".clone_into(source);
                *target = join(target.trim_end_matches('/'), name);
            } else {
                *source = seen("../x", source, name);
            }
        }
    }
    dockerfile
}

/// A path that a file above names, seen from the project's folder.
pub(super) fn seen(file: &str, path: &str, name: &str) -> String {
    let folder = parent(file.trim_start_matches("../"));
    let path = plain(&join(folder, path));
    match path.strip_prefix(name) {
        Some("") => ".".to_owned(),
        Some(rest) if rest.starts_with('/') => rest.trim_start_matches('/').to_owned(),
        _ => format!("../{path}"),
    }
}
